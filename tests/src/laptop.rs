//! The machine under a core, as far as its clocks go: a test moves time ahead, and restarts the machine.
//!
//! Time also runs by itself, as the sockets' does. Not here: any restart of the program.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};

use docket_core::clock::{Clock, SystemClock};
use docket_core::domain::{BootId, Stamp};
use tokio::sync::watch;

/// How long a machine has run when the program is started on it.
const START_MS: i64 = 5_000;

/// A machine that a test moves ahead and restarts. Cheap to clone; clones are one machine.
#[derive(Clone)]
pub struct Laptop {
    real: Arc<SystemClock>,
    ahead: Arc<watch::Sender<Ahead>>,
    starts: Arc<Mutex<u32>>,
}

/// How far this machine is ahead of the real one.
#[derive(Clone, Debug)]
struct Ahead {
    wall_ms: i64,
    since_start_ms: i64,
    boot_id: BootId,
}

impl Laptop {
    /// A machine that has just been started.
    pub fn new() -> Laptop {
        let real = SystemClock::new();
        let ahead = Ahead { wall_ms: 0, since_start_ms: START_MS - real.now().awake_ms, boot_id: boot(1) };
        Laptop { real: Arc::new(real), ahead: Arc::new(watch::Sender::new(ahead)), starts: Arc::new(Mutex::new(1)) }
    }

    /// So many milliseconds pass at once, awake.
    pub fn pass(&self, ms: i64) {
        self.ahead.send_modify(|ahead| {
            ahead.wall_ms += ms;
            ahead.since_start_ms += ms;
        });
    }

    /// The machine is restarted: its clocks count anew, and only the wall clock goes on.
    pub fn restart(&self) {
        let mut starts = self.starts.lock().unwrap_or_else(PoisonError::into_inner);
        *starts += 1;
        let awake_ms = self.real.now().awake_ms;
        self.ahead.send_modify(|ahead| {
            ahead.since_start_ms = START_MS - awake_ms;
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
            boot_ms: since_start_ms,
            awake_ms: since_start_ms,
            boot_id: ahead.boot_id.clone(),
        }
    }

    fn sleep(&self, ms: u64) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        let laptop = self.clone();
        let until_ms = self.now().awake_ms + i64::try_from(ms).unwrap_or(i64::MAX / 2);
        Box::pin(async move {
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
