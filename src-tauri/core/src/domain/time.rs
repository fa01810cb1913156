//! Readings of the clock, as arguments. Nothing in this folder reads one: `crate::clock` does.

use serde::{Deserialize, Serialize};

use super::id::BootId;

/// One reading of all the clocks of this machine. Milliseconds throughout.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
pub struct Stamp {
    /// Since the Unix epoch; may jump either way.
    pub wall_ms: i64,
    /// Since the machine started, sleep included.
    pub boot_ms: i64,
    /// Since the machine started, sleep left out.
    pub awake_ms: i64,
    /// Which start of the machine `boot_ms` and `awake_ms` count from.
    pub boot_id: BootId,
}

impl Stamp {
    /// Whether the boot and awake clocks of both readings can be compared.
    pub fn same_boot(&self, other: &Stamp) -> bool {
        self.boot_id == other.boot_id
    }

    /// This reading moved by `ms` on every clock.
    pub fn plus(&self, ms: i64) -> Stamp {
        Stamp {
            wall_ms: self.wall_ms.saturating_add(ms),
            boot_ms: self.boot_ms.saturating_add(ms),
            awake_ms: self.awake_ms.saturating_add(ms),
            boot_id: self.boot_id.clone(),
        }
    }

    /// Awake time from `earlier` to this reading; `None` after a restart of the machine.
    pub fn awake_since(&self, earlier: &Stamp) -> Option<i64> {
        self.same_boot(earlier).then(|| self.awake_ms - earlier.awake_ms)
    }

    /// Whether this reading was taken after `other`: by the boot clock within one start, by the wall clock otherwise.
    pub fn after(&self, other: &Stamp) -> bool {
        if self.same_boot(other) { self.boot_ms > other.boot_ms } else { self.wall_ms > other.wall_ms }
    }

    /// Whether a moment that was set for `due` has come. A moment set before the machine restarted has.
    pub fn reached(&self, due: &Stamp) -> bool {
        !self.same_boot(due) || self.awake_ms >= due.awake_ms
    }
}

/// The last `Date` header of a platform, with our reading when it came.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServerTime {
    /// The header, in milliseconds since the epoch (its resolution is a second).
    pub date_ms: i64,
    /// Our clocks at that moment.
    pub at: Stamp,
}

impl ServerTime {
    /// The platform's time now: the last `Date` plus boot time since. `None` when the machine restarted in between.
    pub fn estimate(&self, now: &Stamp) -> Option<i64> {
        self.at.same_boot(now).then(|| self.date_ms + (now.boot_ms - self.at.boot_ms))
    }
}

/// A fixed reading for tests: `ms` after an arbitrary start, in boot `boot`.
#[cfg(test)]
pub(crate) fn test_stamp(ms: i64, boot: &str) -> Stamp {
    Stamp { wall_ms: 1_700_000_000_000 + ms, boot_ms: 50_000 + ms, awake_ms: 40_000 + ms, boot_id: BootId::from(boot) }
}
