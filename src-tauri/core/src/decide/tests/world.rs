//! A small world around the real decision: one order, one platform, lost and late messages, crashes, a clock.
//!
//! The platform is the ground truth; what the client knows of it comes only through answers and lookups.

use crate::domain::dispatch::Progress;
use crate::domain::{
    CancelReply, CreateReply, Effect, Enforced, Event, Fence, Lookup, Observed, OnAbsent, PersonDecision, RemoteId,
    RemoteOrder, State,
};

use super::build::*;

/// One step of the clock. All times of the model are whole steps.
pub const STEP: i64 = 10_000;
/// How long after an attempt ended for us it may still take effect: true in the world, whatever the rules say.
pub const FLIGHT: i64 = 2 * STEP;
/// The true life of a key, and the shortest in which an order ends.
pub const LIFE: i64 = 8 * STEP;

/// An order that the platform made.
#[derive(Clone, Debug, Hash, PartialEq, Eq)]
pub struct Made {
    pub generation: u32,
    pub at: i64,
    pub ended: bool,
}

/// What is true of the platform.
#[derive(Clone, Debug)]
pub struct Truth {
    pub fence: Fence,
    /// Whether its lookup shows orders that have ended.
    pub shows_ended: bool,
    pub made: Vec<Made>,
    /// Create requests still on their way: generation, and the moment from which they no longer take effect.
    pub flying: Vec<(u32, i64)>,
}

impl Truth {
    /// Carries out one create request, and answers it.
    fn create(&mut self, generation: u32, now: i64, row: RemoteOrder) -> CreateReply {
        let mine = self.made.iter().enumerate().filter(|(_, m)| m.generation == generation);
        let standing = match self.fence {
            Fence::None => None,
            Fence::Key { .. } => mine.clone().find(|(_, m)| now - m.at < LIFE),
            Fence::Reference { enforced: Enforced::Active { .. } } => mine.clone().find(|(_, m)| !m.ended),
            Fence::Reference { enforced: Enforced::Forever } => mine.clone().next(),
        };
        let named = |at: usize| RemoteOrder { id: RemoteId(format!("r{at}")), ..row.clone() };
        match (standing, self.fence) {
            (Some((at, _)), Fence::Key { .. } | Fence::None) => CreateReply::Created(named(at)),
            (Some(_), Fence::Reference { .. }) => CreateReply::Exists { pointer: None, why: "duplicate".into() },
            (None, _) => {
                self.made.push(Made { generation, at: now, ended: false });
                CreateReply::Created(named(self.made.len() - 1))
            }
        }
    }
}

/// The world at one moment.
#[derive(Clone, Debug)]
pub struct World {
    pub case: Case,
    pub truth: Truth,
    pub t: i64,
    pub faults: u32,
    /// Whether a middle box may repeat a request whose answer was lost.
    pub doubled: bool,
    pub cancels: u32,
    pub releases: u32,
}

impl World {
    pub fn new(fence: Fence, lookup: Lookup, faults: u32) -> World {
        let mut case = Case::new(fence, lookup);
        let t = &mut case.rules.contract.timings;
        t.timeout_ms = STEP;
        t.settle_ms = FLIGHT;
        t.lookup_interval_ms = STEP;
        t.lookup_interval_max_ms = STEP;
        t.patience_s = 200;
        case.rules.on_absent = OnAbsent::Resend;
        case.rules.exclusive = true;
        case.frees = matches!(fence, Fence::Reference { enforced: Enforced::Active { .. } });
        let truth = Truth { fence, shows_ended: true, made: Vec::new(), flying: Vec::new() };
        World { case, truth, t: 0, faults, doubled: false, cancels: 0, releases: 0 }
    }

    /// What tells two worlds apart. Counters that only bound how long something goes on are left out.
    pub fn key(&self) -> String {
        let d = &self.case.d;
        let mut p = d.progress.clone();
        p.lookups = 0;
        p.lookups_since_start = p.lookups_since_start.min(3);
        p.echoes_done = 0;
        format!(
            "{:?}{:?}{:?}{:?}{}{}{}{}{:?}{:?}",
            d.state,
            d.attempts,
            p,
            d.remote_id,
            d.generation,
            self.t,
            self.faults,
            self.cancels,
            self.truth.made,
            (&self.truth.flying, self.releases, &self.case.now.boot_id)
        )
    }

    /// Settled, or with a person, and no cancel is owed.
    pub fn at_rest(&self) -> bool {
        let d = &self.case.d;
        match d.state {
            State::Queued | State::Sending | State::InDoubt => false,
            State::Dispatched => !d.progress.cancel_asked,
            State::NeedsReview => d.progress.released.is_none(),
            State::Draft | State::Refused | State::Cancelled | State::Closed => true,
        }
    }

    fn rows(&self) -> Vec<RemoteOrder> {
        let shown = |m: &Made| m.generation == self.case.d.generation && (self.truth.shows_ended || !m.ended);
        let exact = self.case.rules.contract.lookup.is_exact();
        let made = self.truth.made.iter().enumerate().filter(|(_, m)| shown(m));
        let row = |(at, _): (usize, &Made)| RemoteOrder {
            id: RemoteId(format!("r{at}")),
            ..if exact { self.case.ours() } else { lookalike("") }
        };
        made.map(row).collect()
    }

    /// Time passes; requests too old to take effect are gone.
    pub fn tick(&self) -> World {
        let mut next = self.clone();
        next.case.wait(STEP);
        next.t += STEP;
        let now = next.t;
        next.truth.flying.retain(|(_, until)| *until > now);
        next
    }

    /// Everything that may happen next.
    pub fn successors(&self) -> Vec<World> {
        let mut all = vec![self.tick()];
        for at in 0..self.truth.flying.len() {
            let mut next = self.clone();
            let (generation, _) = next.truth.flying.remove(at);
            let row = next.case.ours();
            next.truth.create(generation, next.t, row);
            all.push(next);
        }
        for (at, made) in self.truth.made.iter().enumerate() {
            if !made.ended && self.t - made.at >= LIFE {
                let mut next = self.clone();
                next.truth.made[at].ended = true;
                all.push(next);
            }
        }
        all.extend(self.due());
        all.extend(self.crash());
        if self.cancels > 0 && matches!(self.case.d.state, State::InDoubt | State::Dispatched) {
            let mut next = self.clone();
            next.cancels -= 1;
            all.extend(next.event(&Event::CancelAsked));
        }
        // A person releases when the platform's own pages show nothing; what is still flying, nobody sees.
        if self.releases > 0 && self.case.d.state == State::NeedsReview && self.truth.made.is_empty() {
            let mut next = self.clone();
            next.releases -= 1;
            let lookup = (next.case.rules.contract.lookup != Lookup::None).then(|| next.case.saw(next.rows()));
            all.extend(next.event(&decided(PersonDecision::Release, Some("nothing is there"), lookup)));
        }
        all
    }

    /// What the driver does when something is due.
    pub fn due(&self) -> Vec<World> {
        let state = self.case.d.state;
        let waits = self.case.d.progress.next_at.as_ref().is_some_and(|at| !self.case.now.reached(at));
        if waits || matches!(state, State::Sending | State::Cancelled | State::Refused) {
            return Vec::new();
        }
        self.event(&Event::Due { held_by: None })
    }

    fn crash(&self) -> Vec<World> {
        let reboots = [false, true];
        let open = !self.at_rest();
        reboots.into_iter().filter(|_| self.faults > 0 && open).flat_map(|reboot| self.restart(reboot)).collect()
    }

    fn restart(&self, reboot: bool) -> Vec<World> {
        let mut next = self.clone();
        next.faults = next.faults.saturating_sub(1);
        if reboot {
            let boot = format!("boot-{}", 10 - next.faults);
            next.case.reboot(&boot);
        }
        next.event(&Event::Recovered)
    }

    /// Decides, commits, and carries the effect out in every way it may go.
    fn event(&self, event: &Event) -> Vec<World> {
        let Ok(decision) = self.case.decide(event) else { return Vec::new() };
        check(&self.case, matches!(event, Event::Due { .. }), &decision);
        let mut next = self.clone();
        next.case.apply(&decision);
        next.effect(&decision.effect)
    }

    fn effect(mut self, effect: &Effect) -> Vec<World> {
        match effect {
            Effect::Wait | Effect::PauseAccount { .. } | Effect::DeferAccount { .. } => vec![self],
            Effect::Arm => self.send(),
            Effect::LookUp => {
                let mut all = self.event(&Event::LookedUp(self.case.saw(self.rows())));
                if self.faults > 0 {
                    let mut unclear = self.clone();
                    unclear.faults -= 1;
                    all.extend(unclear.event(&Event::LookedUp(unclear.case.saw_unclear())));
                }
                all
            }
            Effect::Cancel(remote) => {
                let at: usize = remote.0[1..].parse().unwrap();
                self.truth.made[at].ended = true;
                let mut all = self.event(&Event::CancelEnded(CancelReply::Cancelled { fee: None }));
                if self.faults > 0 {
                    let mut unheard = self.clone();
                    unheard.faults -= 1;
                    all.extend(unheard.event(&Event::CancelEnded(CancelReply::Unclear { why: "lost".into() })));
                }
                all
            }
            Effect::Track(remote) => {
                let at: usize = remote.0[1..].parse().unwrap();
                let mut row = self.case.ours();
                row.id = remote.clone();
                row.ended = Some(self.truth.made[at].ended);
                row.succeeded = self.truth.made[at].ended.then_some(false);
                row.status = self.truth.made[at].ended.then(|| "cancelled".into());
                self.event(&Event::StatusSeen(row))
            }
            Effect::NewGeneration => {
                let d = &mut self.case.d;
                d.generation += 1;
                d.reference.0 = format!("reference-{}", d.generation);
                d.attempts.clear();
                d.state = State::Queued;
                d.progress = Progress { auto_generations: d.progress.auto_generations + 1, ..Progress::default() };
                vec![self]
            }
        }
    }

    /// Arms and sends: executed and answered; and, as faults, answered unheard, late, lost, not sent, or a crash.
    fn send(self) -> Vec<World> {
        let mut armed = self.clone();
        let Ok(n) = armed.case.arm() else { return vec![self] };
        let generation = armed.case.d.generation;
        let row = armed.case.ours();
        let mut done = armed.clone();
        let reply = done.truth.create(generation, done.t, row);
        let mut all = done.event(&answered(n, 200, reply));
        if armed.faults == 0 {
            return all;
        }
        armed.faults -= 1;
        all.extend(armed.event(&ended(n, Observed::NotSent { why: "refused".into() })));
        all.extend(armed.event(&rejected(n)));
        done.faults -= 1;
        // Executed and unheard; lost on the way; or lost for us, and still flying.
        for (mut world, flies) in [(done, self.doubled), (armed.clone(), false), (armed, true)] {
            let mut silent = world.tick();
            if flies {
                // It ends for us now, by a crash, or a timeout from now; so long after that it may take effect.
                world.truth.flying.push((generation, world.t + FLIGHT));
                silent.truth.flying.push((generation, silent.t + FLIGHT));
            }
            all.extend(world.restart_free());
            all.extend(silent.event(&lost(n)));
        }
        all
    }

    /// A crash right after sending, on the same fault.
    fn restart_free(&self) -> Vec<World> {
        let mut next = self.clone();
        next.faults += 1;
        next.restart(false)
    }
}
