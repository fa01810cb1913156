//! The machine under the core, as far as its clocks go: one line of time, which only the simulator moves.
//!
//! The wall clock may be stepped, the awake clock stands while the machine sleeps, and a restart begins boot and awake
//! clock anew. Not here: what happens at which moment (`scene`).

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use docket_core::clock::Clock;
use docket_core::domain::{BootId, Stamp};
use docket_tests::chance::chance;
use rand::Rng as _;
use tokio::sync::Semaphore;

use crate::quiet::Quiet;

/// The platforms' wall clock when a run begins: the second of March 2026.
pub const EPOCH_MS: i64 = 1_772_409_600_000;
/// How long a machine has run when the program is started on it.
const STARTED_MS: i64 = 5_000;
/// Naps of these lengths are a program that looks for something now and then: the inbox, and what is to be tidied.
/// Nothing depends on them, and time does not stop for them.
const LOOKING_MS: [u64; 2] = [100, 3_600_000];
/// So long overdue they are woken all the same: something else may wait for just as long.
const OVERDUE_MS: i64 = 60_000;

struct Hands {
    /// Milliseconds since the run began.
    at: i64,
    wall_off: i64,
    started_at: i64,
    slept: i64,
    starts: u32,
    seed: u64,
    naps: BTreeMap<(i64, u64), Nap>,
    naps_begun: u64,
    turns: Arc<Semaphore>,
}

struct Nap {
    looking: bool,
    waker: Waker,
}

impl Hands {
    fn awake(&self) -> i64 {
        STARTED_MS + self.at - self.started_at - self.slept
    }
}

/// A machine. Cheap to clone; clones are one machine.
#[derive(Clone)]
pub struct Machine {
    hands: Arc<Mutex<Hands>>,
    quiet: Quiet,
}

impl Machine {
    /// A machine that was just started.
    pub fn new(seed: u64, quiet: Quiet) -> Machine {
        let hands = Hands {
            at: 0,
            wall_off: 0,
            started_at: 0,
            slept: 0,
            starts: 1,
            seed,
            naps: BTreeMap::new(),
            naps_begun: 0,
            turns: Arc::new(Semaphore::new(1)),
        };
        Machine { hands: Arc::new(Mutex::new(hands)), quiet }
    }

    fn hands(&self) -> MutexGuard<'_, Hands> {
        self.hands.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Milliseconds since the run began.
    pub fn at(&self) -> i64 {
        self.hands().at
    }

    /// When the first of those that wait is to be woken. With `looking`, also those that only look now and then.
    pub fn next_wake(&self, looking: bool) -> Option<i64> {
        let hands = self.hands();
        let first = hands.naps.iter().find(|(_, nap)| looking || !nap.looking);
        first.map(|((until, _), _)| hands.at + (until - hands.awake()).max(0))
    }

    /// Time goes on, awake, and whoever waited until then is woken. Those that only look are let sleep, unless asked for.
    pub fn go_to(&self, at: i64, looking: bool) {
        let woken: Vec<Waker> = {
            let mut hands = self.hands();
            hands.at = hands.at.max(at);
            let now = hands.awake();
            let due = hands.naps.range(..=(now, u64::MAX));
            let due = due.filter(|((until, _), nap)| looking || !nap.looking || until + OVERDUE_MS <= now);
            let due: Vec<_> = due.map(|(key, _)| *key).collect();
            due.iter().filter_map(|key| hands.naps.remove(key)).map(|nap| nap.waker).collect()
        };
        woken.into_iter().for_each(Waker::wake);
    }

    /// Time goes on while the machine sleeps.
    pub fn sleep_until(&self, at: i64) {
        let mut hands = self.hands();
        hands.slept += (at - hands.at).max(0);
        hands.at = hands.at.max(at);
    }

    /// The machine is restarted. The program must have ended.
    pub fn restart(&self) {
        let mut hands = self.hands();
        hands.started_at = hands.at;
        hands.slept = 0;
        hands.starts += 1;
    }

    /// The wall clock is set so much ahead, or back.
    pub fn step_wall(&self, ms: i64) {
        self.hands().wall_off += ms;
    }
}

impl Clock for Machine {
    fn now(&self) -> Stamp {
        self.quiet.reading();
        let hands = self.hands();
        Stamp {
            wall_ms: EPOCH_MS + hands.at + hands.wall_off,
            boot_ms: hands.awake() + hands.slept,
            awake_ms: hands.awake(),
            boot_id: BootId(format!("start-{}", hands.starts)),
        }
    }

    fn sleep(&self, ms: u64) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        let mut hands = self.hands();
        hands.naps_begun += 1;
        let until = hands.awake().saturating_add(i64::try_from(ms).unwrap_or(i64::MAX / 4));
        let key = (until, hands.naps_begun);
        Box::pin(Asleep { machine: self.clone(), key, looking: LOOKING_MS.contains(&ms) })
    }

    fn turns(&self) -> Option<Arc<Semaphore>> {
        Some(self.hands().turns.clone())
    }

    fn spread(&self, ms: i64) -> i64 {
        let hands = self.hands();
        if ms <= 1 { ms } else { chance(hands.seed, &format!("spread {} {ms}", hands.at)).random_range(ms / 2..=ms) }
    }
}

/// Somebody who waits for a moment of the awake clock.
struct Asleep {
    machine: Machine,
    key: (i64, u64),
    looking: bool,
}

impl Future for Asleep {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let mut hands = self.machine.hands();
        // Those that only look are woken when they are let; the moment may have passed long ago.
        if hands.awake() >= self.key.0 && !(self.looking && hands.naps.contains_key(&self.key)) {
            return Poll::Ready(());
        }
        hands.naps.insert(self.key, Nap { looking: self.looking, waker: context.waker().clone() });
        Poll::Pending
    }
}

impl Drop for Asleep {
    fn drop(&mut self) {
        self.machine.hands().naps.remove(&self.key);
    }
}
