//! What a pass has to look at, in which order, and how few requests that takes.
//!
//! Pure. Not here: what a single dispatch needs (`decide`) or carrying anything out (`driver`).

use std::collections::BTreeSet;

use crate::decide::{Facts, FenceLife, fence_life, hidden_if_ended, pause_ms, quiet_left_ms};
use crate::domain::remote::{reach_beyond, surely_newest_first};
use crate::domain::{Dispatch, DispatchId, RemoteId, RemoteOrder, Rules, State};

/// What a due dispatch will ask of its account, best first: the order of the fields is the budget.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rank {
    /// In doubt behind a fence that will die: the sooner it dies, the sooner it is looked up.
    Dying {
        /// Boot clock, in milliseconds.
        fence_ends_ms: i64,
    },
    /// A cancel of what is bound. It is no create: an account for which nothing new is sent sends it all the same.
    Cancel,
    /// A create.
    Create,
    /// Any other lookup.
    LookUp,
    /// Following what is bound.
    Track,
}

/// When a dispatch is due, and how urgent it is then.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Due {
    /// Awake clock, in milliseconds; in the past when it is due now.
    pub at_awake_ms: i64,
    /// Its place in the budget.
    pub rank: Rank,
}

/// When the dispatch is due next, if nobody acts before. `None`: it waits for somebody, or for a look-alike.
pub fn due(f: &Facts<'_>) -> Option<Due> {
    let d = f.dispatch;
    let timings = &f.rules.contract.timings;
    let at = |default: Option<i64>| match &d.progress.next_at {
        Some(next) if next.same_boot(f.now) => Some(next.awake_ms),
        Some(_) => Some(f.now.awake_ms),
        None => default,
    };
    let (at, rank) = match d.state {
        State::Queued if d.progress.waits_for.is_some() => return None,
        State::Queued => (at(Some(f.now.awake_ms)), Rank::Create),
        // Only if its answer never comes back to the loop; the decision looks at the attempt's own deadline.
        State::Sending => (at(Some(f.now.awake_ms + timings.send_before_ms + timings.timeout_ms)), Rank::LookUp),
        State::InDoubt => (at(Some(f.now.awake_ms)), in_doubt_rank(f)),
        State::NeedsReview => (at(None), Rank::LookUp),
        State::Dispatched if d.progress.cancel_asked => (at(Some(f.now.awake_ms)), Rank::Cancel),
        State::Dispatched => (None, Rank::Track),
        State::Closed => (at(None), Rank::LookUp),
        State::Refused | State::Cancelled => (at(None), Rank::Track),
        State::Draft => (None, Rank::Track),
    };
    at.map(|at_awake_ms| Due { at_awake_ms, rank })
}

fn in_doubt_rank(f: &Facts<'_>) -> Rank {
    match fence_life(f) {
        FenceLife::Alive { left_ms: Some(left) } => Rank::Dying { fence_ends_ms: f.now.boot_ms + left },
        FenceLife::Alive { left_ms: None } | FenceLife::Dead { .. } | FenceLife::Absent => Rank::LookUp,
    }
}

/// Whether a lookup made now could serve in a proof of absence, so that a known order has to be looked up beside it.
/// Before quiet is over, and while a replay is harmless, absence decides nothing and the second request is saved.
pub fn needs_control(f: &Facts<'_>) -> bool {
    let p = &f.dispatch.progress;
    let replay = !p.cancel_asked && p.presence.is_none() && fence_life(f).is_alive();
    quiet_left_ms(f.dispatch, f.rules, f.now) == 0 && !replay
}

/// Whether that proof needs to see, too, that the lookup shows orders which have ended.
pub fn needs_ended_control(f: &Facts<'_>) -> bool {
    needs_control(f) && hidden_if_ended(f)
}

/// Whether the rows read so far reach back far enough for every target: beyond the newest of what was there before each. In
/// a list that is not newest first they never do; it is read to its end.
pub fn reaches_back(rows: &[RemoteOrder], targets: &[Dispatch]) -> bool {
    if !surely_newest_first(rows) {
        return false;
    }
    let attempts = targets.iter().flat_map(|d| d.attempts.iter().filter(|a| a.is_unknown()));
    // What was there before an attempt is not known: only the end of the list is far enough.
    let sets = attempts.map(|a| a.before_set.as_ref().map(|set| set.iter().map(RemoteId::as_str).collect()));
    let mut sets: Vec<Option<BTreeSet<&str>>> = sets.collect();
    // Attempts of one moment share what was there before.
    sets.dedup();
    sets.iter().all(|set| set.as_ref().is_some_and(|set| reach_beyond(rows, |row| set.contains(row.id.as_str()))))
}

/// After three unknown outcomes in a row an account arms one new create at a time, with growing pauses, until a create
/// is answered definitely: an outage puts a handful in doubt, not the whole queue.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Breaker {
    unknown_in_a_row: u32,
    pause_ms: i64,
    open_until_awake_ms: i64,
}

impl Breaker {
    const TRIPS_AT: u32 = 3;
    /// The longest pause between two questions to a platform that gives no answers: one request is little, and the sooner
    /// its return is seen, the more fences are still alive.
    const PROBE_MOST_MS: i64 = 60_000;

    /// An attempt ended at `now_awake_ms`: with a definite answer, or unknown.
    pub fn ended(&mut self, definite: bool, rules: &Rules, now_awake_ms: i64) {
        self.count(definite, rules, rules.contract.timings.lookup_interval_max_ms, now_awake_ms);
    }

    /// The same for a request of a lookup: whether the platform answered at all, whatever it said; and for whether a
    /// create reached it. What this counts is held back meanwhile, so that an outage costs requests by its length and not
    /// by the orders that wait.
    pub fn asked(&mut self, answered: bool, rules: &Rules, now_awake_ms: i64) {
        let most = rules.contract.timings.lookup_interval_max_ms.min(Self::PROBE_MOST_MS);
        self.count(answered, rules, most.max(rules.contract.timings.lookup_interval_ms), now_awake_ms);
    }

    fn count(&mut self, definite: bool, rules: &Rules, most_ms: i64, now_awake_ms: i64) {
        if definite {
            *self = Breaker::default();
            return;
        }
        self.unknown_in_a_row += 1;
        if self.tripped() {
            self.pause_ms = (self.pause_ms * 2).clamp(rules.contract.timings.lookup_interval_ms, most_ms);
            self.open_until_awake_ms = now_awake_ms + self.pause_ms;
        }
    }

    /// Whether it has tripped.
    pub fn tripped(&self) -> bool {
        self.unknown_in_a_row >= Self::TRIPS_AT
    }

    /// How many new creates may be on their way at once, and from when on the next may leave.
    pub fn allows(&self, max_in_flight: usize) -> (usize, i64) {
        if self.tripped() { (1, self.open_until_awake_ms) } else { (max_in_flight, i64::MIN) }
    }
}

/// How often in a row an account's creates were too much, without a word of when to come back. One is tried for all then,
/// with growing pauses: the limit is the account's, whichever order meets it. A limit that says for how long is kept to,
/// and not counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Limits {
    in_a_row: u32,
}

impl Limits {
    /// It was told so now; the pause that begins with it, in milliseconds. What left before the last pause began and
    /// is told only now has met the same limit: it counts once.
    pub fn met(&mut self, paused: bool) -> i64 {
        if !paused || self.in_a_row == 0 {
            self.in_a_row += 1;
        }
        pause_ms(self.in_a_row - 1)
    }

    /// A create was answered with something else.
    pub fn over(&mut self) {
        *self = Limits::default();
    }

    /// Whether the last that was heard is a limit.
    pub fn met_lately(self) -> bool {
        self.in_a_row > 0
    }

    /// How many creates may be on their way at once.
    pub fn allows(self, max_in_flight: usize) -> usize {
        if self.met_lately() { 1 } else { max_in_flight }
    }
}

/// What is due, in order of time and then of the budget. Small: it holds open work, not the ledger.
#[derive(Debug, Default)]
pub struct Agenda {
    by_time: BTreeSet<(i64, DispatchId)>,
    entries: std::collections::HashMap<DispatchId, Due>,
}

impl Agenda {
    /// Puts a dispatch in, in place of what stood there for it; `None` takes it out.
    pub fn put(&mut self, id: DispatchId, due: Option<Due>) {
        if let Some(old) = self.entries.remove(&id) {
            self.by_time.remove(&(old.at_awake_ms, id));
        }
        if let Some(due) = due {
            self.by_time.insert((due.at_awake_ms, id));
            self.entries.insert(id, due);
        }
    }

    /// Takes out everything of these ranks that is due by then, most urgent first, at most `limit`.
    pub fn take_due(&mut self, now_awake_ms: i64, limit: usize, wanted: fn(Rank) -> bool) -> Vec<(DispatchId, Due)> {
        let mut due: Vec<(DispatchId, Due)> = self
            .by_time
            .iter()
            .take_while(|(at, _)| *at <= now_awake_ms)
            .filter_map(|(_, id)| self.entries.get(id).map(|d| (*id, *d)))
            .filter(|(_, due)| wanted(due.rank))
            .collect();
        due.sort_by_key(|(id, d)| (d.rank, d.at_awake_ms, *id));
        due.truncate(limit);
        for (id, _) in &due {
            self.put(*id, None);
        }
        due
    }

    /// When the next one of these ranks is due.
    pub fn next_at(&self, wanted: fn(Rank) -> bool) -> Option<i64> {
        let is = |(_, id): &&(i64, DispatchId)| self.entries.get(id).is_some_and(|due| wanted(due.rank));
        self.by_time.iter().find(is).map(|(at, _)| *at)
    }

    /// How many are in it.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether nothing is in it.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(at: i64, rank: Rank) -> Due {
        Due { at_awake_ms: at, rank }
    }

    #[test]
    fn dying_fences_come_before_creates_and_creates_before_other_lookups() {
        let mut agenda = Agenda::default();
        agenda.put(DispatchId(1), Some(item(5, Rank::LookUp)));
        agenda.put(DispatchId(2), Some(item(9, Rank::Create)));
        agenda.put(DispatchId(3), Some(item(9, Rank::Dying { fence_ends_ms: 900 })));
        agenda.put(DispatchId(4), Some(item(10, Rank::Dying { fence_ends_ms: 100 })));
        agenda.put(DispatchId(5), Some(item(11, Rank::Dying { fence_ends_ms: 1 })));
        let order: Vec<i64> = agenda.take_due(10, 10, |_| true).into_iter().map(|(id, _)| id.0).collect();
        assert_eq!(order, [4, 3, 2, 1], "by urgency, and nothing that is not due");
        assert_eq!(agenda.next_at(|_| true), Some(11));
    }

    #[test]
    fn a_scan_goes_on_until_every_attempts_place_is_reached() {
        let row = |id: &str, at: i64| RemoteOrder { created_ms: Some(at), ..RemoteOrder::bare(id) };
        let rows = [row("c", 3), row("b", 2), row("a", 1)];
        let case = |before: Option<&str>| {
            let mut case = crate::decide::tests::build::Case::quiet(
                crate::domain::Fence::None,
                crate::domain::Lookup::ScanForReference,
            );
            case.d.attempts[0].before_set = before.map(|id| vec![id.into()]);
            case.d
        };
        assert!(reaches_back(&rows, &[case(Some("b"))]));
        assert!(!reaches_back(&rows, &[case(Some("b")), case(Some("a"))]), "one may be further back");
        assert!(!reaches_back(&rows, &[case(None)]), "a click's place is not known: to the end");
        assert!(
            !reaches_back(&[row("b", 2), row("c", 3), row("a", 1)], &[case(Some("b"))]),
            "not newest first: to the end"
        );
    }

    #[test]
    fn a_platform_without_answers_is_asked_seldom_and_not_less_than_once_a_minute() {
        let case = crate::decide::tests::build::Case::quiet(
            crate::domain::Fence::None,
            crate::domain::Lookup::ByReference { sees_ended: true },
        );
        let (mut looks, mut now) = (Breaker::default(), 0);
        for _ in 0..2 {
            looks.asked(false, &case.rules, now);
        }
        assert!(!looks.tripped(), "two lost answers are no outage");
        let mut pauses = Vec::new();
        for _ in 0..7 {
            looks.asked(false, &case.rules, now);
            let (at_once, from) = looks.allows(4);
            assert_eq!(at_once, 1, "one asks for all");
            pauses.push((from - now) / 1_000);
            now = from;
        }
        assert_eq!(pauses, [2, 4, 8, 16, 32, 60, 60]);
        looks.asked(true, &case.rules, now);
        assert_eq!(looks.allows(4), (4, i64::MIN), "any answer ends it");
    }

    #[test]
    fn what_met_one_limit_together_counts_once_and_the_next_time_doubles_the_pause() {
        let mut limits = Limits::default();
        assert_eq!(limits.allows(4), 4);
        assert_eq!([limits.met(false), limits.met(true), limits.met(true)], [2_000; 3], "they left together");
        assert_eq!((limits.allows(4), limits.met_lately()), (1, true));
        let alone: Vec<i64> = (0..6).map(|_| limits.met(false) / 1_000).collect();
        assert_eq!(alone, [4, 8, 16, 32, 60, 60]);
        limits.over();
        assert_eq!((limits.allows(4), limits.met(false)), (4, 2_000), "an answer ends it");
    }

    #[test]
    fn putting_again_replaces() {
        let mut agenda = Agenda::default();
        agenda.put(DispatchId(1), Some(item(5, Rank::LookUp)));
        agenda.put(DispatchId(1), Some(item(50, Rank::LookUp)));
        assert!(agenda.take_due(10, 10, |_| true).is_empty(), "the earlier time is gone");
        agenda.put(DispatchId(1), None);
        assert!(agenda.is_empty());
    }
}
