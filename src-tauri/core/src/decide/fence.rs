//! Quiet and fence life: whether anything sent may still land, and whether a replay is still harmless.

use crate::domain::{Attempt, Dispatch, Enforced, Fence, Rules, Stamp};

use super::Facts;

/// Whether a replay of the same bytes is harmless now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FenceLife {
    /// It is, and for so many milliseconds more. `None`: for ever.
    Alive {
        /// Milliseconds until it no longer is.
        left_ms: Option<i64>,
    },
    /// It no longer is, or cannot be shown to be.
    Dead {
        /// Why.
        why: String,
    },
    /// The platform has none.
    Absent,
}

impl FenceLife {
    /// Whether a replay is harmless.
    pub fn is_alive(&self) -> bool {
        match self {
            FenceLife::Alive { .. } => true,
            FenceLife::Dead { .. } | FenceLife::Absent => false,
        }
    }
}

/// The fence's life: `elapsed + timeout + quiet < life - margin`, counted from the first attempt that may have left.
/// Without the timeout and quiet on the left, a replay begun in time could arrive too late.
pub fn fence_life(f: &Facts<'_>) -> FenceLife {
    let dead = |why: &str| FenceLife::Dead { why: why.to_owned() };
    let (life_s, margin_s) = match f.rules.contract.fence {
        Fence::None => return FenceLife::Absent,
        Fence::Key { lifetime_s, margin_s, .. } => (lifetime_s, margin_s),
        Fence::Reference { enforced: Enforced::Active { life_s, margin_s } } => (life_s, margin_s),
        Fence::Reference { enforced: Enforced::Forever } => {
            return match standing_reason(f) {
                Some(why) => FenceLife::Dead { why },
                None => FenceLife::Alive { left_ms: None },
            };
        }
    };
    if let Some(why) = standing_reason(f) {
        return FenceLife::Dead { why };
    }
    let Some(first) = f.dispatch.first_left() else {
        return FenceLife::Alive { left_ms: Some((life_s - margin_s) * 1_000) };
    };
    let Some(elapsed) = elapsed_ms(first, f.now, f.server_ms) else {
        return dead("the machine restarted and the platform's time is not known, so the key's age cannot be told");
    };
    let t = &f.rules.contract.timings;
    let left = (life_s - margin_s) * 1_000 - elapsed - t.timeout_ms - t.settle_ms;
    if left > 0 {
        FenceLife::Alive { left_ms: Some(left) }
    } else {
        dead("the platform may have forgotten the first request by now")
    }
}

fn standing_reason(f: &Facts<'_>) -> Option<String> {
    if let Some(why) = &f.dispatch.progress.fence_dead {
        return Some(why.clone());
    }
    let changed = f.dispatch.first_left().is_some_and(|a| a.credential != *f.credential);
    changed.then(|| "the account's credential is another one than the first request had".to_owned())
}

/// How long ago the attempt was armed, by the largest of wall clock, boot clock and the platform's own time. `None`
/// when the machine restarted since and the platform's time then or now is unknown, or the wall clock went back.
pub(super) fn elapsed_ms(attempt: &Attempt, now: &Stamp, server_now: Option<i64>) -> Option<i64> {
    let wall = now.wall_ms - attempt.armed.wall_ms;
    let server = attempt.server_ms.zip(server_now).map(|(then, now)| now - then);
    if now.same_boot(&attempt.armed) {
        let boot = now.boot_ms - attempt.armed.boot_ms;
        return Some(wall.max(boot).max(server.unwrap_or(i64::MIN)));
    }
    match server {
        Some(server) if wall >= 0 => Some(wall.max(server)),
        Some(_) | None => None,
    }
}

/// How long until nothing sent for this dispatch can still take effect and become visible, in milliseconds of awake
/// time from `at`; 0 when that time is over. An attempt that is on its way, or whose clock was of another start of the
/// machine, counts in full. What was answered counts no more: where a copy of it may still do harm, `quiet_of_all_ms`.
pub fn quiet_left_ms(d: &Dispatch, rules: &Rules, at: &Stamp) -> i64 {
    longest_left(d.attempts.iter().filter(|a| a.is_unknown()), rules, at)
}

/// The same for every attempt that may have left, answered or not: a middle box may hold a copy of one whose answer was
/// heard.
pub(super) fn quiet_of_all_ms(d: &Dispatch, rules: &Rules, at: &Stamp) -> i64 {
    longest_left(d.attempts.iter().filter(|a| a.may_have_left()), rules, at)
}

fn longest_left<'a>(attempts: impl Iterator<Item = &'a Attempt>, rules: &Rules, at: &Stamp) -> i64 {
    let quiet = rules.contract.timings.settle_ms;
    attempts
        .map(|a| match &a.end {
            None => quiet,
            Some(end) => at.awake_since(&end.quiet_from).map_or(quiet, |since| quiet - since),
        })
        .max()
        .unwrap_or(0)
        .max(0)
}

/// Whether the platform may have stopped showing the first order, ended or not, because of its age.
pub(super) fn may_be_gone(f: &Facts<'_>) -> bool {
    let Some(shown_s) = f.rules.contract.shown_s else { return false };
    let Some(first) = f.dispatch.first_left() else { return false };
    // Over a restart without the platform's time of then, the wall clock of then has to do; but not today's alone.
    let by_wall = || {
        let (wall, then) = (f.now.wall_ms, first.armed.wall_ms);
        f.server_ms.filter(|_| wall >= then).map(|server| wall.max(server) - then)
    };
    let elapsed = elapsed_ms(first, f.now, f.server_ms).or_else(by_wall);
    elapsed.is_none_or(|elapsed| elapsed >= shown_s * 1_000)
}

/// Whether the first order could have ended by now, and a lookup might leave it out for that.
pub fn hidden_if_ended(f: &Facts<'_>) -> bool {
    !f.rules.contract.lookup.sees_ended() && may_have_ended(f)
}

fn may_have_ended(f: &Facts<'_>) -> bool {
    let (life_s, margin_s) = match f.rules.contract.fence {
        Fence::Reference { enforced: Enforced::Active { life_s, margin_s } } => (life_s, margin_s),
        Fence::None | Fence::Key { .. } | Fence::Reference { enforced: Enforced::Forever } => return true,
    };
    let Some(first) = f.dispatch.first_left() else { return false };
    elapsed_ms(first, f.now, f.server_ms).is_none_or(|elapsed| elapsed >= (life_s - margin_s) * 1_000)
}
