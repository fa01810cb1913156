//! What comes of a step. The client's part is the production decision, committed and carried out
//! as the driver does it; a crash may come between any two steps.

use docket_core::decide::{Facts, arm, decide};
use docket_core::domain::dispatch::Progress;
use docket_core::domain::remote::LookupOutcome;
use docket_core::domain::{
    Attempt, CancelReply, Change, Control, Effect, Event, Fence, Invariant, Lookup, LookupOutcome as Outcome, Observed,
    PersonDecision, RemoteId, RemoteOrder, Seen, State,
};

use crate::action::{Action, Crash, How};
use crate::broken::Broken;
use crate::platform::{Verdict, land};
use crate::scene::{SLEEP, STALL, Scene};
use crate::world::{Aside, FLIGHT, Flight, Made, STEP, Todo, World, credential, made_of, remote_id};

impl Scene {
    /// The world after a step; `None` where the step changes nothing.
    pub fn after(&self, before: &World, action: Action) -> Option<World> {
        let mut w = before.clone();
        match action {
            Action::Tick => tick(&mut w),
            Action::Stall => {
                w.left.stalls -= 1;
                (0..STALL).for_each(|_| tick(&mut w));
            }
            Action::Sleep => {
                w.left.sleeps -= 1;
                sleep(&mut w);
            }
            Action::WallBack => {
                w.left.wall_back -= 1;
                w.clock.wall -= SLEEP - 1;
            }
            Action::Crash(crash) => self.crash(&mut w, crash),
            Action::NewKey => {
                w.left.new_keys -= 1;
                (w.credential, w.paused) = (w.credential + 1, false);
            }
            Action::Mend => w.paused = false,
            Action::Due(order) => {
                let held_by = self.holder(&w, order);
                self.take(&mut w, order, &Event::Due { held_by });
            }
            Action::Do(order, how) => self.act(&mut w, order, how),
            Action::GiveUp { order, late } => self.give_up(&mut w, order, late),
            Action::Land { flight, verdict, heard } => self.land(&mut w, flight, verdict, heard),
            Action::Repeat(flight) => {
                w.left.doubled -= 1;
                let copy = Flight { left: w.flying[flight].left.or(Some(FLIGHT)), ..w.flying[flight].clone() };
                w.flying.push(copy);
            }
            Action::Ends(at) => w.made[at].ended = true,
            Action::Stranger(order) => {
                w.left.strangers -= 1;
                let bears = (order, w.orders[order].last().generation);
                let (credential, at) = (w.credential, w.clock.truth);
                w.made.push(Made { owner: None, n: 0, bears, credential, at, ended: false, replaced: false });
            }
            Action::Cancel(order) => {
                w.left.cancels -= 1;
                self.take(&mut w, order, &Event::CancelAsked).then_some(())?;
                w.orders[order].cancel_wanted = true;
            }
            Action::Release(order) => {
                w.left.releases -= 1;
                self.decided(&mut w, order, PersonDecision::Release)?;
                w.orders[order].cancel_wanted = false;
            }
            Action::Adopt(order, made) => {
                self.decided(&mut w, order, PersonDecision::Adopt { remote: remote_id(made) })?;
            }
            Action::Again(order) => self.again(&mut w, order),
            Action::Restore(order) => self.restore(&mut w, order),
            Action::Read(order) => {
                w.left.writers -= 1;
                w.aside = Some(Aside { order, read: self.parts(&w, order) });
            }
            Action::Write => self.write_aside(&mut w)?,
            Action::Elsewhere => {
                w.left.elsewhere -= 1;
                self.replace(&mut w, 0);
                w.reserve_elsewhere();
            }
        }
        Some(w)
    }

    /// Whether the order would be another one, or something would be sent or asked, if its time had come now.
    pub(crate) fn due_does_something(&self, w: &World, order: usize) -> bool {
        let parts = self.parts(w, order);
        let facts = self.facts(&parts);
        let event = Event::Due { held_by: self.holder(w, order) };
        let Ok(mut decision) = decide(&facts, &event) else { return false };
        if let Some(broken) = self.broken {
            broken.twist(&event, &mut decision);
        }
        let change = &decision.change;
        match decision.effect {
            Effect::Wait => change.state != parts.dispatch.state || change.progress != w.orders[order].last().progress,
            Effect::Arm if self.broken == Some(Broken::ArmedInMemory) && !w.flying.is_empty() => false,
            Effect::Arm => self.holder(w, order).is_none() && arm(&facts, self.before_set(w).as_deref()).is_ok(),
            _ => true,
        }
    }

    /// A second writer writes what it has decided from what it read. The ledger refuses what names another version, and
    /// what is due is decided again from what is there.
    fn write_aside(&self, w: &mut World) -> Option<()> {
        let aside = w.aside.take()?;
        if w.is_stale(&aside) && self.broken != Some(Broken::StaleWritten) {
            return Some(());
        }
        let held_by = self.holder(w, aside.order);
        self.take_from(w, aside.order, &Event::Due { held_by }, &aside.read);
        Some(())
    }

    /// Somebody has said that a second one is right, where the first one has ended: of this order, and of whichever else
    /// is the same purchase.
    fn replace(&self, w: &mut World, order: usize) {
        for at in (0..w.orders.len()).filter(|at| *at == order || self.troubles.elsewhere > 0) {
            let bound = w.orders[at].last().remote_id.as_ref().and_then(made_of);
            bound.into_iter().for_each(|at| w.made[at].replaced = w.made[at].ended);
        }
    }

    fn decided(&self, w: &mut World, order: usize, decision: PersonDecision) -> Option<()> {
        let lookup = (self.rules.contract.lookup != Lookup::None).then(|| self.look(w, order, How::Well));
        let event = Event::Decided { decision, reason: Some("seen".into()), lookup };
        self.take(w, order, &event).then_some(())
    }

    fn again(&self, w: &mut World, order: usize) {
        w.left.again -= 1;
        self.replace(w, order);
        let spent = w.orders[order].last().generation;
        let generation = if self.broken == Some(Broken::SpentKeyAgain) { spent } else { spent + 1 };
        w.orders[order].reserve_as(order, generation, Progress::default());
    }

    /// Nothing is known any more of what was sent. The reference is minted from the order, and comes out the same.
    fn restore(&self, w: &mut World, order: usize) {
        w.left.restores -= 1;
        let_go(w);
        let generation = if self.broken == Some(Broken::RandomKeyAfterRestore) { 99 } else { 1 };
        w.orders[order].dispatches.clear();
        w.orders[order].reserve_as(order, generation, Progress::default());
    }

    fn crash(&self, w: &mut World, crash: Crash) {
        w.left.crashes -= 1;
        let_go(w);
        if crash == Crash::Night {
            sleep(w);
        }
        if crash != Crash::Kill {
            w.left.reboots -= 1;
            w.clock.boot_number += 1;
            (w.clock.boot, w.clock.awake, w.server_known) = (0, 0, false);
        }
        for order in 0..w.orders.len() {
            (w.orders[order].todo, w.orders[order].running) = (None, None);
            let d = w.orders[order].last_mut();
            if self.broken == Some(Broken::ReservedIsArmed) && d.state == State::Sending {
                // One row says that it is to be sent; whether it was, nothing says.
                d.state = State::Queued;
                d.attempts.pop();
            }
            self.take(w, order, &Event::Recovered);
        }
    }

    /// The look-alike that holds the fingerprint, where there is no fence.
    fn holder(&self, w: &World, order: usize) -> Option<docket_core::domain::OrderNo> {
        let serialised = self.shape.fence() == Fence::None && self.broken != Some(Broken::LookalikesTogether);
        let holds =
            |(at, other): &(usize, &crate::world::Order)| *at != order && other.last().state.holds_fingerprint();
        let mut others = w.orders.iter().enumerate();
        others.find(holds).filter(|_| serialised).map(|(_, other)| other.last().order_no.clone())
    }

    fn facts<'a>(&'a self, parts: &'a Parts) -> Facts<'a> {
        Facts {
            dispatch: &parts.dispatch,
            rules: &self.rules,
            now: &parts.now,
            server_ms: parts.server_ms,
            credential: &parts.credential,
            can_cancel: true,
            cancel_frees_reference: self.cancel_frees() && self.broken != Some(Broken::CancelAtOnce),
            test: true,
        }
    }

    fn parts(&self, w: &World, order: usize) -> Parts {
        let mut parts = Parts {
            dispatch: w.orders[order].last().clone(),
            now: w.clock.stamp(),
            server_ms: w.server_known.then_some(w.clock.truth * STEP),
            credential: credential(w.credential),
        };
        if let Some(broken) = self.broken {
            broken.see(&mut parts);
        }
        parts
    }

    /// Decides, commits, and notes what is to be done. `false`: the state does not take the event.
    fn take(&self, w: &mut World, order: usize, event: &Event) -> bool {
        let parts = self.parts(w, order);
        self.take_from(w, order, event, &parts)
    }

    fn take_from(&self, w: &mut World, order: usize, event: &Event, parts: &Parts) -> bool {
        let Ok(mut decision) = decide(&self.facts(parts), event) else { return false };
        if let Some(broken) = self.broken {
            broken.twist(event, &mut decision);
        }
        if let Event::AttemptEnded { observed: Observed::Answered { reply, .. }, .. } = event {
            use docket_core::domain::CreateReply as R;
            w.orders[order].proved |= matches!(reply, R::Exists { .. } | R::ExistsDifferent { .. });
        }
        if self.broken == Some(Broken::CancelReplayed) && parts.dispatch.state == State::InDoubt {
            decision.change.progress.cancel_asked |= w.orders[order].last().progress.cancel_asked;
        }
        commit(w, order, &decision.change);
        w.orders[order].todo = None;
        match decision.effect {
            Effect::Wait | Effect::DeferAccount { .. } => {}
            Effect::Arm => self.arm(w, order),
            Effect::LookUp => w.orders[order].todo = Some(Todo::LookUp),
            Effect::Cancel(remote) => w.orders[order].todo = Some(Todo::Cancel(remote)),
            Effect::Track(remote) => w.orders[order].todo = Some(Todo::Track(remote)),
            Effect::NewGeneration => {
                let by_itself = u32::from(parts.dispatch.state == State::InDoubt);
                let auto_generations = decision.change.progress.auto_generations + by_itself;
                w.orders[order].reserve(order, Progress { auto_generations, ..Progress::default() });
            }
            Effect::PauseAccount { .. } => w.paused = true,
        }
        true
    }

    /// Writes down that the next attempt may leave, if it still may.
    fn arm(&self, w: &mut World, order: usize) {
        let parts = self.parts(w, order);
        let before = self.before_set(w);
        if self.holder(w, order).is_some() {
            return;
        }
        let Ok(may) = arm(&self.facts(&parts), before.as_deref()) else { return };
        if w.orders[order].proved {
            w.wrong = Some(Invariant::ProofCounts);
        }
        if w.orders[order].cancel_wanted {
            w.wrong = Some(Invariant::CancelStops);
        }
        w.orders[order].todo = Some(Todo::Send(may.n));
        if self.broken == Some(Broken::ArmedInMemory) {
            // The ticket is handed out, and the row is not on disk.
            w.flying.push(Flight {
                order,
                generation: parts.dispatch.generation,
                n: may.n,
                credential: w.credential,
                left: Some(FLIGHT),
                beside: false,
            });
        }
        let d = w.orders[order].last_mut();
        if self.broken == Some(Broken::ArmedInMemory) {
            w.orders[order].todo = None;
            return;
        }
        d.state = State::Sending;
        d.progress = may.progress;
        d.attempts.push(Attempt {
            n: may.n,
            armed: parts.now,
            server_ms: parts.server_ms,
            credential: parts.credential,
            before_set: before,
            end: None,
        });
    }

    /// What the list shows, and what the ledger knows: only where a scan has to tell.
    fn before_set(&self, w: &World) -> Option<Vec<RemoteId>> {
        match self.shape.lookup() {
            Lookup::ByReference { .. } | Lookup::None => None,
            Lookup::ScanForReference | Lookup::ScanForLookalike => {
                let shown = (0..w.made.len()).filter(|at| self.shows(w, *at)).map(remote_id);
                let bound = w.orders.iter().flat_map(|o| &o.dispatches).filter_map(|d| d.remote_id.clone());
                let mut set: Vec<RemoteId> = shown.chain(bound).collect();
                set.sort();
                set.dedup();
                Some(set)
            }
        }
    }

    /// Whether a lookup shows that platform order now.
    pub(crate) fn shows(&self, w: &World, at: usize) -> bool {
        let made = &w.made[at];
        w.clock.truth - made.at >= self.shape.lag() && !(self.hides_ended() && made.ended)
    }

    fn look(&self, w: &World, order: usize, how: How) -> Outcome {
        let d = w.orders[order].last();
        let began = w.clock.stamp();
        if how == How::Badly && self.broken != Some(Broken::UnclearIsAbsent) {
            return LookupOutcome { began, result: Err("http 502".into()) };
        }
        let exact = self.shape.lookup().is_exact();
        let asked = |at: &usize| match self.shape.lookup() {
            Lookup::ByReference { .. } => w.made[*at].bears == (order, d.generation),
            Lookup::ScanForReference | Lookup::ScanForLookalike | Lookup::None => true,
        };
        let mut rows: Vec<RemoteOrder> = (0..w.made.len())
            .filter(|at| how == How::Well && self.shows(w, *at))
            .filter(asked)
            .map(|at| w.row(at, exact))
            .collect();
        rows.reverse();
        if how == How::Ignored {
            let mut row = RemoteOrder::bare("another's");
            row.reference = Some("another's".into());
            rows.push(row);
        }
        // Another order of ours was made since, and is shown beside.
        let armed = d.attempts.last().map_or(began.clone(), |a| a.armed.plus(1));
        let control = Control { remote: RemoteId::from("known"), armed, shown: how != How::WrongMode };
        let others = w.orders.iter().flat_map(|o| &o.dispatches).filter(|other| other.id != d.id);
        let claimed = others.filter_map(|other| other.remote_id.clone()).collect();
        let mut seen = Seen {
            rows: rows.into(),
            to_end: true,
            controls: vec![control],
            shows_ended: !self.hides_ended(),
            claimed,
        };
        if let Some(broken) = self.broken {
            broken.show(d, w.clock.truth * STEP, &mut seen);
        }
        LookupOutcome { began, result: Ok(seen) }
    }

    fn act(&self, w: &mut World, order: usize, how: How) {
        match how {
            How::Well => {}
            How::Badly | How::WrongMode => w.left.faults -= 1,
            How::Missing => w.left.misses -= 1,
            How::Ignored => w.left.ignored -= 1,
        }
        let Some(todo) = w.orders[order].todo.take() else { return };
        match todo {
            Todo::Send(n) => self.send(w, order, n, how),
            Todo::LookUp => {
                let outcome = self.look(w, order, how);
                w.server_known |= how != How::Badly;
                self.take(w, order, &Event::LookedUp(outcome));
            }
            Todo::Cancel(remote) => {
                if let Some(at) = made_of(&remote) {
                    w.made[at].ended = true;
                }
                let reply = match how {
                    How::Badly => CancelReply::Unclear { why: "lost".into() },
                    How::Well | How::WrongMode | How::Missing | How::Ignored => CancelReply::Cancelled { fee: None },
                };
                self.take(w, order, &Event::CancelEnded(reply));
            }
            Todo::Track(remote) => {
                if let Some(at) = made_of(&remote) {
                    let row = w.row(at, self.shape.lookup().is_exact());
                    self.take(w, order, &Event::StatusSeen(row));
                }
            }
        }
    }

    fn send(&self, w: &mut World, order: usize, n: u32, how: How) {
        let d = w.orders[order].last();
        let Some(attempt) = d.attempts.iter().find(|a| a.n == n) else { return };
        let late = w.clock.boot * STEP > attempt.armed.boot_ms + self.rules.contract.timings.send_before_ms;
        if how == How::Badly || (late && self.broken != Some(Broken::SentWhenever)) {
            let observed = Observed::NotSent { why: "not begun in time".into() };
            self.take(w, order, &Event::AttemptEnded { n, observed });
            return;
        }
        // Sent under the key that it was armed under, whatever has come since.
        let credential = if attempt.credential == credential(w.credential) { w.credential } else { w.credential - 1 };
        let generation = d.generation;
        w.flying.push(Flight { order, generation, n, credential, left: None, beside: false });
        w.orders[order].running = Some((n, w.clock.awake));
    }

    fn give_up(&self, w: &mut World, order: usize, late: bool) {
        let Some((n, _)) = w.orders[order].running.take() else { return };
        if let Some(at) = w.flying.iter().position(|f| f.order == order && f.left.is_none()) {
            w.left.faults -= 1;
            if late {
                w.flying[at].left = Some(FLIGHT);
            } else {
                w.flying.remove(at);
            }
        }
        self.take(w, order, &Event::AttemptEnded { n, observed: Observed::Lost { why: "timeout".into() } });
    }

    fn land(&self, w: &mut World, at: usize, verdict: Verdict, heard: bool) {
        let flight = w.flying.remove(at);
        let listening = flight.left.is_none();
        if listening && (!heard || verdict != Verdict::Carry) {
            w.left.faults -= 1;
        }
        let observed = land(self, w, &flight, verdict);
        if heard && listening && verdict.is_no() {
            // A refusal that was heard is taken for every copy of its request: that a middle box doubles a request, and one
            // copy is refused and the other carried out, nothing a client is told could tell.
            w.flying.retain(|f| (f.order, f.generation, f.n) != (flight.order, flight.generation, flight.n));
        }
        if !listening {
            return;
        }
        w.orders[flight.order].running = None;
        w.server_known |= heard;
        let observed = if heard { observed } else { Observed::Lost { why: "timeout".into() } };
        self.take(w, flight.order, &Event::AttemptEnded { n: flight.n, observed });
    }
}

/// What a decision is taken from, kept together while it is taken.
#[derive(Clone, Debug)]
pub struct Parts {
    pub dispatch: docket_core::domain::Dispatch,
    pub now: docket_core::domain::Stamp,
    pub server_ms: Option<i64>,
    pub credential: docket_core::domain::CredentialDigest,
}

/// Nobody waits any more for what is on its way.
fn let_go(w: &mut World) {
    for flight in &mut w.flying {
        flight.left.get_or_insert(FLIGHT);
    }
}

fn tick(w: &mut World) {
    let c = &mut w.clock;
    (c.truth, c.wall, c.boot, c.awake) = (c.truth + 1, c.wall + 1, c.boot + 1, c.awake + 1);
    for flight in &mut w.flying {
        flight.left = flight.left.map(|left| left - 1);
    }
    w.flying.retain(|f| f.left != Some(0));
}

/// Time passes, and the machine sleeps or is off. Assumed: what was on its way arrived before, or its connection was given
/// up meanwhile. A replay that sleeps in the kernel until its key has died, and is taken all the same, is residue.
fn sleep(w: &mut World) {
    let c = &mut w.clock;
    (c.truth, c.wall, c.boot) = (c.truth + SLEEP, c.wall + SLEEP, c.boot + SLEEP);
    w.flying.clear();
    for order in &mut w.orders {
        order.running = order.running.map(|(n, _)| (n, w.clock.awake - 1));
    }
}

/// As the ledger commits a change.
fn commit(w: &mut World, order: usize, change: &Change) {
    let d = w.orders[order].last_mut();
    d.version += 1;
    d.state = change.state;
    d.progress = change.progress.clone();
    if let Some(stamp) = &change.quiet_anew {
        let ends = d.attempts.iter_mut().filter(|a| a.may_have_left()).filter_map(|a| a.end.as_mut());
        ends.filter(|e| e.quiet_from.boot_id != stamp.boot_id).for_each(|e| e.quiet_from = stamp.clone());
    }
    if let Some((n, end)) = &change.end
        && let Some(attempt) = d.attempts.iter_mut().find(|a| a.n == *n)
    {
        attempt.end = Some(end.clone());
    }
    if let Some((id, by)) = &change.bind {
        (d.remote_id, d.bound_by) = (Some(id.clone()), Some(*by));
    }
    if let Some(remote) = &change.remote {
        d.remote = Some(remote.clone());
    }
}
