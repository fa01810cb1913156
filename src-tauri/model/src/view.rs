//! What of a dispatch counts for what may still happen, seen from one moment. What only tells of the past is left out.
//!
//! Not here: what of a world counts beside its dispatches (`world`).

use std::hash::{Hash, Hasher};

use docket_core::domain::{Attempt, AttemptEnd, AttemptOutcome, BoundBy, Dispatch, Stamp};

use crate::scene::LIFE;
use crate::world::{FLIGHT, PATIENCE, STEP, World};

/// First requests older than this many steps are alike: no fence lives so long, and the order may have ended.
const OLD: i64 = LIFE + 1;
/// No quiet, no spacing of a proof and no timeout is longer than so many steps.
const QUIET: i64 = FLIGHT as i64 + 2;
/// How far the wall clock may lie behind.
const BACK: i64 = -40;

/// What of a dispatch counts, seen from now.
pub struct View<'a> {
    pub world: &'a World,
    pub now: &'a Stamp,
}

impl View<'_> {
    pub fn dispatch(&self, d: &Dispatch, named: impl Fn(usize) -> usize, to: &mut impl Hasher) {
        let p = &d.progress;
        let first = d.first_left().map(|a| a.n);
        d.attempts.len().hash(to);
        for attempt in &d.attempts {
            self.attempt(attempt, first == Some(attempt.n), p.cancel_asked, to);
        }
        // Patience counts on the boot clock, and after a restart of the machine on the wall clock.
        if let Some(since) = &p.in_doubt_since {
            let same = self.now.same_boot(since);
            same.then(|| steps(self.now.boot_ms, since.boot_ms, PATIENCE)).hash(to);
            (!same || self.world.left.reboots > 0).then(|| steps(self.now.wall_ms, since.wall_ms, PATIENCE)).hash(to);
        }
        p.in_doubt_since.is_some().hash(to);
        // What is due stays due.
        p.next_at.as_ref().map(|at| self.awake_since(at).unwrap_or(0).min(0)).hash(to);
        p.presence.as_ref().map(|x| x.different).hash(to);
        (p.fence_dead.is_some(), p.last_rejected.is_some(), p.cancel_asked, p.cancel_unclear).hash(to);
        (p.cancel_refused.is_some(), p.lookups_since_start.min(3), p.unclear_after_quiet.min(3), p.pause_ms).hash(to);
        (p.deferred.min(5), p.released.is_some(), p.auto_generations).hash(to);
        p.waits_for.as_ref().and_then(|no| no.as_str().strip_prefix("SO-")?.parse().ok()).map(named).hash(to);
        (d.bound_by == Some(BoundBy::Person), d.remote.as_ref().and_then(|r| r.ended)).hash(to);
        p.candidates.iter().for_each(|row| row.id.hash(to));
        (p.candidates.len(), p.absences.len()).hash(to);
        p.absences.last().map(|a| self.awake_since(&a.began).map(|steps| steps.min(QUIET))).hash(to);
        p.sightings.as_ref().map(|s| (&s.remote, s.times)).hash(to);
        p.sightings.as_ref().map(|s| self.awake_since(&s.last).map(|steps| steps.min(QUIET))).hash(to);
    }

    fn attempt(&self, attempt: &Attempt, first: bool, cancel_asked: bool, to: &mut impl Hasher) {
        let armed = &attempt.armed;
        if first && self.world.ages_by_rule() {
            // The fence's age: by the largest of three clocks.
            self.now.same_boot(armed).then(|| steps(self.now.boot_ms, armed.boot_ms, OLD)).hash(to);
            steps(self.now.wall_ms, armed.wall_ms, OLD).hash(to);
            attempt.server_ms.map(|then| steps(self.world.clock.truth * STEP, then, OLD)).hash(to);
        }
        (first || attempt.is_unknown()).then_some(&attempt.credential).hash(to);
        attempt.before_set.as_ref().map(Vec::len).hash(to);
        let Some(AttemptEnd { quiet_from, outcome, failure, .. }) = &attempt.end else {
            // It must begin in time, and is lost when it is silent for too long.
            (self.awake_since(armed).map(|steps| steps.min(QUIET)), steps(self.now.boot_ms, armed.boot_ms, 2)).hash(to);
            return;
        };
        (outcome_number(*outcome), failure).hash(to);
        let cancel = cancel_asked || self.world.left.cancels > 0;
        if attempt.is_unknown() || cancel && attempt.may_have_left() {
            self.awake_since(quiet_from).map(|steps| steps.min(QUIET)).hash(to);
        }
    }

    /// Whole steps of awake time since then, or, below zero, until then.
    fn awake_since(&self, then: &Stamp) -> Option<i64> {
        self.now.awake_since(then).map(|ms| ms.div_euclid(STEP))
    }
}

/// Whole steps from then to now, up to `most`.
fn steps(now_ms: i64, then_ms: i64, most: i64) -> i64 {
    (now_ms - then_ms).div_euclid(STEP).clamp(BACK, most)
}

fn outcome_number(outcome: AttemptOutcome) -> u8 {
    match outcome {
        AttemptOutcome::NotSent => 0,
        AttemptOutcome::Created => 1,
        AttemptOutcome::Exists => 2,
        AttemptOutcome::Rejected => 3,
        AttemptOutcome::Unauthorised => 4,
        AttemptOutcome::Busy => 5,
        AttemptOutcome::Unknown => 6,
    }
}
