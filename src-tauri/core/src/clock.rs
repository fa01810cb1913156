//! The only clocks. Everything else takes a `Stamp` as an argument.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};
use tokio::sync::Semaphore;

use crate::domain::{BootId, Stamp};

/// A source of time, and of waiting.
pub trait Clock: Send + Sync {
    /// All clocks at this moment.
    fn now(&self) -> Stamp;
    /// Waits for so many milliseconds of awake time.
    fn sleep(&self, ms: u64) -> Pin<Box<dyn Future<Output = ()> + Send>>;
    /// Turns at the ledger, one statement or one transaction each, and at what blocks beside it: in a simulation, whose runs are the same twice. `None`:
    /// everybody may begin at once.
    fn turns(&self) -> Option<Arc<Semaphore>> {
        None
    }
    /// A pause between half of `ms` and `ms`, so that many do not come back at the same moment. A simulation draws it
    /// from its seed.
    fn spread(&self, ms: i64) -> i64 {
        crate::ids::jitter(ms)
    }
}

/// This machine's clocks.
#[derive(Debug)]
pub struct SystemClock {
    boot_id: BootId,
}

impl SystemClock {
    /// Reads the kernel's boot id once. Where there is none, every start of the program counts as a restart of the
    /// machine, which is the cautious reading.
    pub fn new() -> SystemClock {
        let boot_id = std::fs::read_to_string("/proc/sys/kernel/random/boot_id")
            .map(|text| text.trim().to_owned())
            .unwrap_or_else(|_| crate::ids::random_id());
        SystemClock { boot_id: BootId(boot_id) }
    }
}

impl Default for SystemClock {
    fn default() -> Self {
        SystemClock::new()
    }
}

fn read_ms(id: ClockId) -> i64 {
    let time = clock_gettime(id);
    time.tv_sec * 1_000 + time.tv_nsec / 1_000_000
}

impl Clock for SystemClock {
    fn now(&self) -> Stamp {
        Stamp {
            wall_ms: read_ms(ClockId::Realtime),
            boot_ms: read_ms(ClockId::Boottime),
            awake_ms: read_ms(ClockId::Monotonic),
            boot_id: self.boot_id.clone(),
        }
    }

    fn sleep(&self, ms: u64) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        Box::pin(tokio::time::sleep(Duration::from_millis(ms)))
    }
}

/// A wall time as the ledger's faces write it: RFC 3339, UTC, milliseconds.
pub fn rfc3339(wall_ms: i64) -> String {
    chrono::DateTime::from_timestamp_millis(wall_ms)
        .map(|t| t.to_rfc3339_opts(chrono::SecondsFormat::Millis, true))
        .unwrap_or_else(|| "-".to_owned())
}
