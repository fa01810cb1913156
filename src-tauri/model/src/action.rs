//! What may happen next.
//!
//! Not here: what comes of it (`step`).

use docket_core::domain::{Fence, Lookup, State};

use crate::broken::Broken;
use crate::platform::Verdict;
use crate::properties::at_rest;
use crate::scene::{LIFE, STALL, Scene};
use crate::world::{Aside, STEP, Todo, World};

/// One step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    /// Time passes.
    Tick,
    /// The machine is too busy for what is due.
    Stall,
    /// The machine sleeps, and wakes.
    Sleep,
    /// Somebody puts the wall clock back.
    WallBack,
    /// The program ends where it stands, and starts again.
    Crash(Crash),
    /// The merchant gives a new API key.
    NewKey,
    /// The merchant mends a paused account.
    Mend,
    /// The order's time has come.
    Due(usize),
    /// The client does what it was to do next.
    Do(usize, How),
    /// The client gives up on its request; it may still be on its way.
    GiveUp { order: usize, late: bool },
    /// A request arrives; its answer is heard or not.
    Land { flight: usize, verdict: Verdict, heard: bool },
    /// A middle box repeats a request.
    Repeat(usize),
    /// The platform ends an order.
    Ends(usize),
    /// A stranger makes an order that looks like this one, or bears its reference.
    Stranger(usize),
    /// Somebody cancels.
    Cancel(usize),
    /// A person says that nothing is there, and is right.
    Release(usize),
    /// A person says which platform order it is, and is right.
    Adopt(usize, usize),
    /// A refused or cancelled order is dispatched again.
    Again(usize),
    /// Yesterday's ledger is put back, and the order is dispatched from it.
    Restore(usize),
    /// A second writer reads an order that is due.
    Read(usize),
    /// It writes what it decided then.
    Write,
    /// The same purchase is dispatched once more, under another name of the account.
    Elsewhere,
}

/// How the program ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Crash {
    /// It was killed.
    Kill,
    /// The machine started anew at once.
    Reboot,
    /// The machine was off for as long as a sleep takes.
    Night,
}

/// How something that the client does goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum How {
    /// As it should.
    Well,
    /// A send that does not leave; a lookup without a clear answer; a cancel whose answer is lost.
    Badly,
    /// A lookup under a mode that has other orders: nothing, and no known order either.
    WrongMode,
    /// A lookup that misses a row that is there.
    Missing,
    /// A lookup whose filter is ignored: it shows somebody else's order, and not ours.
    Ignored,
}

impl Scene {
    /// Everything that may happen in this world.
    pub fn possible(&self, w: &World) -> Vec<Action> {
        let mut all = Vec::new();
        let due: Vec<bool> = (0..w.orders.len()).map(|order| self.is_due(w, order)).collect();
        if self.may_tick(w) {
            let due = due.contains(&true);
            // A request that was begun ends with its timeout: the kernel's user timeout sees to it, however busy we are.
            if due && w.left.stalls > 0 && w.orders.iter().all(|o| o.running.is_none()) {
                all.push(Action::Stall);
            }
            if !due {
                all.push(Action::Tick);
            }
        }
        for (order, due) in due.into_iter().enumerate() {
            self.of_order(w, order, &mut all);
            all.extend(due.then_some(Action::Due(order)));
            if due && w.left.writers > 0 && w.aside.is_none() {
                all.push(Action::Read(order));
            }
        }
        let faults = w.left.faults > 0;
        for (flight, f) in w.flying.iter().enumerate() {
            all.push(Action::Land { flight, verdict: Verdict::Carry, heard: f.left.is_none() });
            if f.left.is_none() && faults {
                all.push(Action::Land { flight, verdict: Verdict::Carry, heard: false });
                all.extend(Verdict::TROUBLES.map(|verdict| Action::Land { flight, verdict, heard: true }));
            }
            if w.left.doubled > 0 && self.shape.fence() != Fence::None {
                all.push(Action::Repeat(flight));
            }
        }
        for (at, made) in w.made.iter().enumerate() {
            if !made.ended && w.clock.truth - made.at >= LIFE && w.ends_count() && !self.is_over(w) {
                all.push(Action::Ends(at));
            }
        }
        if w.left.crashes > 0 && self.open(w) {
            all.push(Action::Crash(Crash::Kill));
            if w.left.reboots > 0 {
                all.extend([Action::Crash(Crash::Reboot), Action::Crash(Crash::Night)]);
            }
        }
        let rest = [
            (w.left.sleeps > 0 && self.open(w), Action::Sleep),
            (w.left.wall_back > 0 && self.open(w), Action::WallBack),
            (w.left.new_keys > 0 && self.open(w), Action::NewKey),
            (w.paused, Action::Mend),
            (w.aside.is_some(), Action::Write),
            (w.left.elsewhere > 0 && self.may_go_elsewhere(w), Action::Elsewhere),
        ];
        all.extend(rest.into_iter().filter(|(may, _)| *may).map(|(_, action)| action));
        all
    }

    fn of_order(&self, w: &World, at: usize, all: &mut Vec<Action>) {
        let order = &w.orders[at];
        let faults = w.left.faults > 0;
        match &order.todo {
            Some(todo) => {
                all.push(Action::Do(at, How::Well));
                if faults && !matches!(todo, Todo::Track(_)) {
                    all.push(Action::Do(at, How::Badly));
                }
                // The one look before a release is carried out is an honest one: what it misses, a person has said.
                if *todo == Todo::LookUp && order.last().progress.released.is_none() {
                    self.misleading(w, at, all);
                }
            }
            None if order.running.is_some() => {
                let gone = !w.flying.iter().any(|f| f.order == at && f.left.is_none());
                if gone {
                    all.push(Action::GiveUp { order: at, late: false });
                } else if faults {
                    all.push(Action::GiveUp { order: at, late: false });
                    all.push(Action::GiveUp { order: at, late: true });
                }
            }
            None => {}
        }
        self.of_people(w, at, all);
    }

    /// How a lookup may show less than there is.
    fn misleading(&self, w: &World, at: usize, all: &mut Vec<Action>) {
        let filters = matches!(self.shape.lookup(), Lookup::ByReference { .. });
        let ways = [
            (w.left.faults > 0, How::WrongMode),
            (w.left.misses > 0, How::Missing),
            (w.left.ignored > 0 && filters, How::Ignored),
        ];
        all.extend(ways.into_iter().filter(|(may, _)| *may).map(|(_, how)| Action::Do(at, how)));
    }

    /// What a person, or a stranger, may do about the order.
    fn of_people(&self, w: &World, at: usize, all: &mut Vec<Action>) {
        let order = &w.orders[at];
        let d = order.last();
        if w.left.cancels > 0 && matches!(d.state, State::Queued | State::Sending | State::InDoubt | State::Dispatched)
        {
            all.push(Action::Cancel(at));
        }
        if order.todo.is_none() && matches!(d.state, State::NeedsReview | State::Closed) {
            let mistaken = self.broken == Some(Broken::ReleasedAfterProof) && order.proved;
            if w.left.releases > 0 && (mistaken || w.made_for(at).next().is_none()) {
                all.push(Action::Release(at));
            }
            let mine = w.made_for(at).filter(|(made, _)| self.shows(w, *made));
            all.extend(mine.map(|(made, _)| Action::Adopt(at, made)));
        }
        let closed = self.broken == Some(Broken::ClosedAgain) && d.state == State::NeedsReview;
        let free = self.troubles.elsewhere == 0 || !self.is_held_by_another(w, at);
        if free && w.left.again > 0 && (matches!(d.state, State::Refused | State::Cancelled) || closed) {
            all.push(Action::Again(at));
        }
        if w.left.restores > 0 && !d.attempts.is_empty() && w.flying.is_empty() {
            all.push(Action::Restore(at));
        }
        if w.left.strangers > 0 && d.state.is_open() {
            all.push(Action::Stranger(at));
        }
    }

    /// A request that is waited for ends within its timeout, and what is to be done at once is done before time passes.
    /// What is due is done, unless the machine is too busy; a sleep holds up anything. Where nothing can happen any more,
    /// time is not worth following.
    fn may_tick(&self, w: &World) -> bool {
        let late = |o: &crate::world::Order| o.running.is_some_and(|(_, since)| w.clock.awake > since);
        let busy = w.orders.iter().any(|o| o.todo.is_some() || late(o));
        // A second writer is held up for as long as a busy machine holds anything up.
        let written = |aside: &Aside| w.clock.boot * STEP - aside.read.now.boot_ms <= STALL * STEP;
        !busy && !self.is_over(w) && w.aside.as_ref().is_none_or(written)
    }

    /// Whether nothing can happen any more for which it matters when.
    fn is_over(&self, w: &World) -> bool {
        let may_yet = |o: &crate::world::Order| match o.last().state {
            State::Queued | State::Dispatched => w.left.cancels > 0,
            State::NeedsReview | State::Closed => w.left.releases > 0,
            State::Draft | State::Sending | State::InDoubt | State::Refused | State::Cancelled => false,
        };
        w.flying.is_empty() && at_rest(w) && !w.orders.iter().any(may_yet)
    }

    /// Whether the order's time has come for something. Later looks at what was given up are left out: they tell of what
    /// they find, and send and settle nothing.
    pub(crate) fn is_due(&self, w: &World, at: usize) -> bool {
        let order = &w.orders[at];
        let waits = w.paused || order.running.is_some() || order.todo.is_some();
        !waits && w.may_go_on(order.last()) && self.due_does_something(w, at)
    }

    /// An order whose number another account holds is not dispatched.
    fn may_go_elsewhere(&self, w: &World) -> bool {
        w.orders.len() == 1 && (self.broken == Some(Broken::TwoNames) || !w.orders[0].last().state.holds_order())
    }

    fn is_held_by_another(&self, w: &World, at: usize) -> bool {
        w.orders.iter().enumerate().any(|(other, o)| other != at && o.last().state.holds_order())
    }

    fn open(&self, w: &World) -> bool {
        w.orders.iter().any(|order| order.last().state.is_open() || order.todo.is_some())
    }
}
