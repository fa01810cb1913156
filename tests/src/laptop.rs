//! The machine under a core, as far as its clocks go: a test moves time ahead, lets it sleep, and restarts it.
//!
//! Time also runs by itself, as the sockets' does. Not here: any restart of the program.

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};

use docket_core::clock::{Clock, SystemClock};
use docket_core::domain::{BootId, Stamp};
use tokio::sync::watch;

/// How long a machine has run when the program is started on it.
const START_MS: i64 = 5_000;

/// Naps of exactly these lengths are a program looking for something now and then; it waits for nothing.
const LOOKING_MS: [u64; 4] = [50, 100, 200, 1_000];

/// A machine that a test moves ahead and restarts. Cheap to clone; clones are one machine.
#[derive(Clone)]
pub struct Laptop {
    real: Arc<SystemClock>,
    ahead: Arc<watch::Sender<Ahead>>,
    starts: Arc<Mutex<u32>>,
    naps: Arc<Mutex<Naps>>,
}

/// Who waits for a moment of the awake clock.
#[derive(Default)]
struct Naps {
    begun: u64,
    until_ms: BTreeMap<u64, i64>,
}

/// One of them, until it no longer waits.
struct Nap {
    naps: Arc<Mutex<Naps>>,
    number: u64,
}

impl Drop for Nap {
    fn drop(&mut self) {
        self.naps.lock().unwrap_or_else(PoisonError::into_inner).until_ms.remove(&self.number);
    }
}

/// How far this machine is ahead of the real one.
#[derive(Clone, Debug)]
struct Ahead {
    wall_ms: i64,
    since_start_ms: i64,
    asleep_ms: i64,
    boot_id: BootId,
}

impl Laptop {
    /// A machine that has just been started.
    pub fn new() -> Laptop {
        let real = SystemClock::new();
        let ahead =
            Ahead { wall_ms: 0, since_start_ms: START_MS - real.now().awake_ms, asleep_ms: 0, boot_id: boot(1) };
        Laptop {
            real: Arc::new(real),
            ahead: Arc::new(watch::Sender::new(ahead)),
            starts: Arc::new(Mutex::new(1)),
            naps: Arc::default(),
        }
    }

    /// So many milliseconds pass at once, awake.
    pub fn pass(&self, ms: i64) {
        self.ahead.send_modify(|ahead| {
            ahead.wall_ms += ms;
            ahead.since_start_ms += ms;
        });
    }

    /// So many milliseconds pass at once while the machine sleeps: its awake clock stands, the others go on.
    pub fn sleep_through(&self, ms: i64) {
        self.ahead.send_modify(|ahead| {
            ahead.wall_ms += ms;
            ahead.asleep_ms += ms;
        });
    }

    /// How far its wall clock is ahead of the real one, in milliseconds.
    pub fn ahead_ms(&self) -> i64 {
        self.ahead.borrow().wall_ms
    }

    /// How long until the first of those that wait is woken, in milliseconds; 0 when that is due. `None`: nobody waits.
    pub fn next_wake_ms(&self) -> Option<i64> {
        let now = self.now().awake_ms;
        let naps = self.naps.lock().unwrap_or_else(PoisonError::into_inner);
        naps.until_ms.values().min().map(|until| (until - now).max(0))
    }

    /// How many waits have begun so far.
    pub fn naps_begun(&self) -> u64 {
        self.naps.lock().unwrap_or_else(PoisonError::into_inner).begun
    }

    fn nap(&self, until_ms: i64) -> Nap {
        let mut naps = self.naps.lock().unwrap_or_else(PoisonError::into_inner);
        naps.begun += 1;
        let number = naps.begun;
        naps.until_ms.insert(number, until_ms);
        Nap { naps: self.naps.clone(), number }
    }

    /// The machine is restarted: its clocks count anew, and only the wall clock goes on.
    pub fn restart(&self) {
        let mut starts = self.starts.lock().unwrap_or_else(PoisonError::into_inner);
        *starts += 1;
        let awake_ms = self.real.now().awake_ms;
        self.ahead.send_modify(|ahead| {
            ahead.since_start_ms = START_MS - awake_ms;
            ahead.asleep_ms = 0;
            ahead.boot_id = boot(*starts);
        });
    }
}

impl Default for Laptop {
    fn default() -> Self {
        Laptop::new()
    }
}

fn boot(n: u32) -> BootId {
    BootId(format!("start-{n}"))
}

impl Clock for Laptop {
    fn now(&self) -> Stamp {
        let ahead = self.ahead.borrow();
        let real = self.real.now();
        let since_start_ms = real.awake_ms + ahead.since_start_ms;
        Stamp {
            wall_ms: real.wall_ms + ahead.wall_ms,
            boot_ms: since_start_ms + ahead.asleep_ms,
            awake_ms: since_start_ms,
            boot_id: ahead.boot_id.clone(),
        }
    }

    fn sleep(&self, ms: u64) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        let laptop = self.clone();
        let until_ms = self.now().awake_ms + i64::try_from(ms).unwrap_or(i64::MAX / 2);
        Box::pin(async move {
            let _nap = (!LOOKING_MS.contains(&ms)).then(|| laptop.nap(until_ms));
            let mut moved = laptop.ahead.subscribe();
            loop {
                let left_ms = until_ms - laptop.now().awake_ms;
                if left_ms <= 0 {
                    return;
                }
                tokio::select! {
                    () = laptop.real.sleep(left_ms.unsigned_abs()) => {}
                    _ = moved.changed() => {}
                }
            }
        })
    }
}
