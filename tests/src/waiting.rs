//! The one place where a test waits: for a condition, in short steps, and never longer than a limit.

use std::time::{Duration, Instant};

/// Long enough for anything in these tests on a busy machine; whatever takes longer hangs.
pub const LONG: Duration = Duration::from_secs(120);
/// Between two looks at a condition.
const STEP: Duration = Duration::from_millis(5);

/// Waits until `condition` gives something, and returns it. Panics when that takes longer than `limit`.
pub fn until<T>(what: &str, limit: Duration, mut condition: impl FnMut() -> Option<T>) -> T {
    let watch = Stopwatch::start();
    loop {
        if let Some(found) = condition() {
            return found;
        }
        assert!(watch.elapsed() < limit, "waited {limit:?} in vain: {what}");
        std::thread::park_timeout(STEP);
    }
}

/// How long something takes.
#[derive(Clone, Copy, Debug)]
pub struct Stopwatch(Instant);

impl Stopwatch {
    /// Begins to count.
    #[expect(clippy::disallowed_methods, reason = "the one clock of these tests")]
    pub fn start() -> Stopwatch {
        Stopwatch(Instant::now())
    }

    /// Since the start.
    pub fn elapsed(self) -> Duration {
        self.0.elapsed()
    }
}
