//! Named points at which a test kills the process: around every commit, every request and every answer.
//!
//! Nothing happens unless `DOCKET_CRASH_AT` names a point; the kill is SIGKILL, so nothing is cleaned up. A release build
//! has no such points.

/// A point of no return: what is done before it is done, and what comes after it never happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Point {
    /// The writer has run a group, and not committed it.
    Committing,
    /// A group is on disk, and nobody has been told.
    Committed,
    /// An attempt is written down as having perhaps left; no connection is open.
    Armed,
    /// The connection has asked for the request's body.
    Sending,
    /// The answer to a create, or the loss of it, is known and not written down.
    Answered,
    /// A lookup has ended, and what it found is not written down.
    Looked,
    /// The answer to a cancel is known and not written down.
    CancelAnswered,
    /// A probe's repeat is written down, and has not left.
    Probed,
    /// The answer to a probe's repeat is known and not written down.
    ProbedAnswered,
}

impl Point {
    /// Every point.
    pub const ALL: [Point; 9] = [
        Point::Committing,
        Point::Committed,
        Point::Armed,
        Point::Sending,
        Point::Answered,
        Point::Looked,
        Point::CancelAnswered,
        Point::Probed,
        Point::ProbedAnswered,
    ];

    /// As `DOCKET_CRASH_AT` names it: `NAME`, or `NAME:N` for the N-th time it is reached.
    pub const fn name(self) -> &'static str {
        match self {
            Point::Committing => "committing",
            Point::Committed => "committed",
            Point::Armed => "armed",
            Point::Sending => "sending",
            Point::Answered => "answered",
            Point::Looked => "looked",
            Point::CancelAnswered => "cancel_answered",
            Point::Probed => "probed",
            Point::ProbedAnswered => "probed_answered",
        }
    }
}

/// Kills this process here if that was asked for.
#[cfg(debug_assertions)]
pub(crate) fn point(here: Point) {
    use std::sync::OnceLock;
    use std::sync::atomic::{AtomicU32, Ordering};

    static WANTED: OnceLock<Option<(String, u32)>> = OnceLock::new();
    static SEEN: AtomicU32 = AtomicU32::new(0);

    let wanted = WANTED.get_or_init(|| {
        let text = std::env::var("DOCKET_CRASH_AT").ok()?;
        let (name, times) = text.split_once(':').unwrap_or((&text, "1"));
        Some((name.to_owned(), times.parse().ok()?))
    });
    if let Some((at, times)) = wanted
        && at == here.name()
        && SEEN.fetch_add(1, Ordering::SeqCst) + 1 == *times
    {
        let _ = rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::KILL);
    }
}

/// A release build goes on.
#[cfg(not(debug_assertions))]
pub(crate) const fn point(_: Point) {}
