//! A million histories of a machine's clocks, drawn by chance, and what the decision makes of a fence's age and of quiet:
//! never a replay that could arrive when its key is dead, and a living fence wherever the clocks are right.
//!
//! The histories are drawn from a seed: the same ones come up in every run of one seed (`DOCKET_SEED`).

use docket_core::decide::{Facts, FenceLife, arm, fence_life, quiet_left_ms};
use docket_core::domain::time::ServerTime;
use docket_core::domain::{
    Attempt, AttemptEnd, AttemptOutcome, BootId, CredentialDigest, DedupContract, Dispatch, Enforced, Fence, Lookup,
    Rules, Settings, Stamp, State, StoredOutcomes, Timings,
};
use docket_model::scene::Shape;
use docket_model::world::{Troubles, World};
use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};

const HISTORIES: u64 = 1_000_000;
/// They are shared out to so many threads.
const THREADS: u64 = 4;
/// When `DOCKET_SEED` is not set, so that a plain run is the same everywhere.
const FIXED: u64 = 20_260_302;
const SECOND: i64 = 1_000;
const HOUR: i64 = 3_600_000;
const DAY: i64 = 24 * HOUR;
/// How wrong a quartz may go, in millionths.
const DRIFT: i64 = 200;
/// How old a platform's `Date` may be when we read it, and how far its servers may differ.
const DATE_AGE: i64 = 30_000;
const DATE_SKEW: i64 = 2_000;

/// The fences that end: Print.one's and Pathao's, Uber Direct's, Postmates'.
const FENCES: [Fence; 3] = [
    Fence::Key { lifetime_s: 86_400, margin_s: 3_600, stored: StoredOutcomes::FailuresToo },
    Fence::Key { lifetime_s: 3_600, margin_s: 600, stored: StoredOutcomes::FailuresToo },
    Fence::Reference { enforced: Enforced::Active { life_s: 600, margin_s: 60 } },
];

struct Dice(StdRng);

impl Dice {
    fn below(&mut self, n: i64) -> i64 {
        self.0.random_range(0..n.max(1))
    }

    fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len() as i64) as usize]
    }

    fn once_in(&mut self, n: i64) -> bool {
        self.below(n) == 0
    }
}

/// One machine and one platform: what is true, and what each clock says.
struct Machine {
    /// The platform's time.
    truth: i64,
    clocks: Stamp,
    starts: usize,
    drift: i64,
    heard: Option<ServerTime>,
    /// Nobody has set the wall clock, and nothing is missing that the age is told by.
    calm: bool,
    told: Vec<String>,
}

impl Machine {
    fn new(dice: &mut Dice) -> Machine {
        let truth = 1_700_000_000_000 + dice.below(DAY);
        let wrong = if dice.once_in(3) { dice.below(4 * DAY) - 2 * DAY } else { 0 };
        let (boot_ms, slept) = (dice.below(10 * DAY), dice.below(DAY));
        let awake_ms = (boot_ms - slept).max(0);
        let clocks = Stamp { wall_ms: truth + wrong, boot_ms, awake_ms, boot_id: boot_id(0) };
        let drift = dice.below(2 * DRIFT + 1) - DRIFT;
        Machine { truth, clocks, starts: 0, drift, heard: None, calm: true, told: Vec::new() }
    }

    /// So long by the machine's own quartz.
    fn quartz(&self, ms: i64) -> i64 {
        ms + ms * self.drift / 1_000_000
    }

    fn pass(&mut self, ms: i64) {
        let own = self.quartz(ms);
        (self.truth, self.clocks.wall_ms) = (self.truth + ms, self.clocks.wall_ms + own);
        (self.clocks.boot_ms, self.clocks.awake_ms) = (self.clocks.boot_ms + own, self.clocks.awake_ms + own);
    }

    fn suspend(&mut self, ms: i64) {
        let awake = self.clocks.awake_ms;
        self.pass(ms);
        self.clocks.awake_ms = awake;
    }

    /// A `Date` header: whole seconds, from a server whose clock may differ, read after it was written.
    fn hear(&mut self, dice: &mut Dice) {
        let written = self.truth - dice.below(DATE_AGE) + dice.below(2 * DATE_SKEW + 1) - DATE_SKEW;
        let date_ms = written - written.rem_euclid(SECOND);
        self.heard = Some(ServerTime { date_ms, at: self.clocks.clone() });
    }

    fn server_ms(&self) -> Option<i64> {
        self.heard.as_ref().and_then(|heard| heard.estimate(&self.clocks))
    }

    fn set_wall(&mut self, dice: &mut Dice) {
        let zone = (dice.below(27) - 12) * HOUR;
        let by = dice.pick(&[-DAY, 2 * DAY, HOUR, -HOUR, zone, -30 * SECOND, -400 * DAY]);
        self.clocks.wall_ms += by;
        self.calm = false;
        self.told.push(format!("wall clock by {by}"));
    }

    fn restart(&mut self, off: i64) {
        let wall = self.clocks.wall_ms + off;
        self.truth += off;
        self.starts += 1;
        let up = 20 * SECOND;
        self.clocks = Stamp { wall_ms: wall, boot_ms: up, awake_ms: up, boot_id: boot_id(self.starts) };
        self.told.push(format!("restart, off for {off}"));
    }

    fn event(&mut self, dice: &mut Dice) {
        let length = dice.pick(&[5 * SECOND, 90 * SECOND, 8 * 60 * SECOND, HOUR, 12 * HOUR]);
        let ms = dice.below(length) + 1;
        match dice.below(10) {
            0..=3 => {
                self.pass(ms);
                self.told.push(format!("awake for {ms}"));
            }
            4 | 5 => {
                self.suspend(ms);
                self.told.push(format!("asleep for {ms}"));
            }
            6 => self.set_wall(dice),
            7 => self.restart(ms),
            _ => {
                self.hear(dice);
                self.told.push("a Date".into());
            }
        }
    }
}

fn boot_id(n: usize) -> BootId {
    const NAMES: [&str; 12] = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l"];
    NAMES[n].into()
}

/// How often each was seen, so that a check that looks at nothing is noticed.
#[derive(Default)]
struct Counts {
    alive: u64,
    dead: u64,
    armed: u64,
    calm: u64,
}

/// One order whose first request was lost, on a machine whose clocks live through something.
struct History {
    machine: Machine,
    dispatch: Dispatch,
    rules: Rules,
    credential: CredentialDigest,
    life_ms: i64,
    /// When the first request may have reached the platform.
    first: i64,
    /// How long a straggler had: the platform's time less the machine's sleep and its time off, since the attempt ended.
    straggled: i64,
}

impl History {
    fn of(base: &Dispatch, dice: &mut Dice) -> History {
        let fence = dice.pick(&FENCES);
        let (life_s, margin_s) = match fence {
            Fence::Key { lifetime_s, margin_s, .. } => (lifetime_s, margin_s),
            Fence::Reference { enforced: Enforced::Active { life_s, margin_s } } => (life_s, margin_s),
            Fence::None | Fence::Reference { enforced: Enforced::Forever } => unreachable!("these have no age"),
        };
        assert!(margin_s > 0);
        let contract = DedupContract {
            fence,
            lookup: Lookup::ByReference { sees_ended: true },
            shown_s: None,
            timings: timings(),
        };
        let rules = Rules::new(contract, &Settings::default());
        let mut machine = Machine::new(dice);
        if !dice.once_in(4) {
            machine.hear(dice);
            machine.pass(dice.below(HOUR));
        }
        let credential = CredentialDigest::of("key");
        let (first, armed, server_ms) = (machine.truth, machine.clocks.clone(), machine.server_ms());
        machine.pass(dice.below(timings().timeout_ms) + 1);
        let end = AttemptEnd {
            at: machine.clocks.clone(),
            quiet_from: machine.clocks.clone(),
            outcome: AttemptOutcome::Unknown,
            failure: None,
        };
        let mut dispatch = base.clone();
        dispatch.state = State::InDoubt;
        dispatch.attempts =
            vec![Attempt { n: 1, armed, server_ms, credential: credential.clone(), before_set: None, end: Some(end) }];
        History { machine, dispatch, rules, credential, life_ms: life_s * SECOND, first, straggled: 0 }
    }

    fn step(&mut self, dice: &mut Dice) {
        let (awake, starts) = (self.machine.clocks.awake_ms, self.machine.starts);
        self.machine.event(dice);
        if self.machine.starts == starts {
            self.straggled += self.machine.clocks.awake_ms - awake;
            return;
        }
        // The program starts: what was counted in another start of the machine counts anew, as the ledger stores it.
        let now = self.machine.clocks.clone();
        for end in self.dispatch.attempts.iter_mut().filter_map(|a| a.end.as_mut()) {
            end.quiet_from = now.clone();
        }
        self.straggled = 0;
        if dice.once_in(2) {
            self.machine.hear(dice);
        }
    }

    fn check(&self, counts: &mut Counts) {
        let m = &self.machine;
        let facts = Facts {
            dispatch: &self.dispatch,
            rules: &self.rules,
            now: &m.clocks,
            server_ms: m.server_ms(),
            credential: &self.credential,
            can_cancel: true,
            cancel_frees_reference: false,
            test: true,
        };
        let t = timings();
        let story = || format!("{:?} {:?} {:?}", self.rules.contract.fence, m.told, m.clocks);
        let age = m.truth - self.first;
        let left = match fence_life(&facts) {
            FenceLife::Alive { left_ms } => left_ms,
            FenceLife::Dead { .. } | FenceLife::Absent => None,
        };
        if let Some(left) = left {
            let arrives = age + t.send_before_ms.min(left) + t.timeout_ms + t.settle_ms;
            assert!(arrives <= self.life_ms, "a replay may arrive {arrives} ms after the first: {}", story());
            counts.alive += 1;
        } else {
            counts.dead += 1;
        }
        let quiet = quiet_left_ms(&self.dispatch, &self.rules, &m.clocks);
        assert!(
            quiet > 0 || self.straggled >= t.settle_ms,
            "quiet, and a straggler had {}: {}",
            self.straggled,
            story()
        );
        assert!(quiet == 0 || self.straggled < t.settle_ms, "quiet never ends: {}", story());
        let armed = arm(&facts, None);
        match (&armed, left) {
            (Ok(armed), Some(left)) => {
                assert!(quiet == 0 && armed.replay && armed.send_before_ms <= left, "{}", story());
                counts.armed += 1;
            }
            (Ok(_), None) => panic!("armed behind a dead fence: {}", story()),
            (Err(_), left) => assert!(left.is_none() || quiet > 0, "alive, quiet, and not armed: {}", story()),
        }
        let known = m.starts == 0 || (m.server_ms().is_some() && self.dispatch.attempts[0].server_ms.is_some());
        if m.calm && known {
            counts.calm += 1;
            let margin = match self.rules.contract.fence {
                Fence::Key { margin_s, .. } | Fence::Reference { enforced: Enforced::Active { margin_s, .. } } => {
                    margin_s
                }
                Fence::None | Fence::Reference { enforced: Enforced::Forever } => 0,
            };
            // What the clocks may make of the age beyond what it is.
            let more = DATE_AGE + 2 * DATE_SKEW + SECOND + age * 2 * DRIFT / 1_000_000;
            let lives = age + more + t.timeout_ms + t.settle_ms < self.life_ms - margin * SECOND;
            assert!(!lives || left.is_some(), "dead at {age} ms, with clocks that are right: {}", story());
        }
    }
}

fn timings() -> Timings {
    Timings {
        timeout_ms: 30_000,
        connect_timeout_ms: 10_000,
        send_before_ms: 10_000,
        settle_ms: 90_000,
        lookup_interval_ms: 2_000,
        lookup_interval_max_ms: 300_000,
        proof_lookups: 2,
        max_in_flight: 4,
        requests_per_minute: 60,
        patience_s: 1_800,
    }
}

fn part(seed: u64, histories: u64) -> Counts {
    let base = World::new(Shape::KeyAlone, 1, Troubles::default()).orders[0].last().clone();
    let (mut dice, mut counts) = (Dice(StdRng::seed_from_u64(seed)), Counts::default());
    for _ in 0..histories {
        let mut history = History::of(&base, &mut dice);
        for _ in 0..=dice.below(8) {
            history.step(&mut dice);
            history.check(&mut counts);
        }
    }
    counts
}

#[test]
fn no_history_of_the_clocks_brings_a_dead_key_back_to_life() {
    let seed = std::env::var("DOCKET_SEED").map_or(FIXED, |text| text.trim().parse().expect("DOCKET_SEED is a number"));
    let seeds = (0..THREADS).map(|n| seed.wrapping_add(n.wrapping_mul(0x5851_f42d_4c95_7f2d)));
    let threads: Vec<_> = seeds.map(|seed| std::thread::spawn(move || part(seed, HISTORIES / THREADS))).collect();
    let mut counts = Counts::default();
    for thread in threads {
        let part = thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        counts.alive += part.alive;
        counts.dead += part.dead;
        counts.armed += part.armed;
        counts.calm += part.calm;
    }
    let rare = [counts.alive, counts.dead, counts.armed, counts.calm].into_iter().any(|n| n < HISTORIES / 10);
    assert!(!rare, "alive {}, dead {}, armed {}, calm {}", counts.alive, counts.dead, counts.armed, counts.calm);
}
