//! Named points at which a test kills the process: between commit and effect, and between answer and commit.
//!
//! Nothing happens unless `DOCKET_CRASH_AT` names the point; the kill is SIGKILL, so nothing is cleaned up.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

static WANTED: OnceLock<Option<(String, u32)>> = OnceLock::new();
static SEEN: AtomicU32 = AtomicU32::new(0);

/// Kills this process here when `DOCKET_CRASH_AT` is `NAME` or `NAME:N` (the N-th time it is reached).
pub(crate) fn point(name: &str) {
    let wanted = WANTED.get_or_init(|| {
        let text = std::env::var("DOCKET_CRASH_AT").ok()?;
        let (name, times) = text.split_once(':').unwrap_or((&text, "1"));
        Some((name.to_owned(), times.parse().ok()?))
    });
    if let Some((at, times)) = wanted
        && at == name
        && SEEN.fetch_add(1, Ordering::SeqCst) + 1 == *times
    {
        let _ = rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::KILL);
    }
}
