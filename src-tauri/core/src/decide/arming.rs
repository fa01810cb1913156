//! Writing down that attempt n may leave now. The rules are asked once more, from the facts that the arming names.

use serde_json::json;

use crate::domain::{LogDraft, LogKind, Lookup, NotAllowed, Progress, RemoteId, State};

use super::Facts;
use super::doubt::may_replay;
use super::fence::{FenceLife, fence_life, quiet_left_ms};

/// What an arming commits. Only the ledger turns it into the ticket that the transport takes.
#[derive(Clone, Debug, PartialEq)]
pub struct Arm {
    /// The attempt's number.
    pub n: u32,
    /// Progress after it.
    pub progress: Progress,
    /// The log entry.
    pub log: LogDraft,
    /// Whether an earlier attempt may have left.
    pub replay: bool,
    /// How long the request may wait before it begins, in milliseconds. A replay begins while its fence is alive.
    pub send_before_ms: i64,
}

/// Whether attempt n may leave now, and what to write down for it.
pub fn arm(f: &Facts<'_>, before_set: Option<&[RemoteId]>) -> Result<Arm, NotAllowed> {
    let d = f.dispatch;
    let n = d.attempts.last().map_or(1, |a| a.n + 1);
    let replay = d.any_unknown();
    let refuse = |why: String| Err(f.not_allowed("send", why));
    if d.attempts.iter().any(|a| a.end.is_none()) {
        return refuse("a request is on its way already".into());
    }
    if f.rules.contract.lookup == Lookup::ScanForLookalike && before_set.is_none() {
        return refuse(
            "what the platform had before is not known, and only that could tell our order from another".into(),
        );
    }
    if d.progress.cancel_asked {
        return refuse("a cancel was asked for".into());
    }
    match d.state {
        State::Queued if replay => return refuse("an earlier request is unknown".into()),
        State::Queued => {}
        State::NeedsReview | State::Closed if d.progress.released.is_none() => {
            return refuse("nobody has released it".into());
        }
        State::InDoubt | State::NeedsReview | State::Closed => {
            if quiet_left_ms(d, f.rules, f.now) > 0 {
                return refuse("an earlier request may still take effect".into());
            }
            if !may_replay(f, &d.progress) {
                return refuse("sending the same request again is not known to be harmless".into());
            }
        }
        State::Draft | State::Sending | State::Dispatched | State::Refused | State::Cancelled => {
            return refuse(format!("the order is {}", d.state));
        }
    }
    let mut progress = d.progress.clone();
    progress.next_at = None;
    progress.waits_for = None;
    progress.released = None;
    if d.state != State::InDoubt {
        progress.lookups_since_start = 0;
    }
    let life = fence_life(f);
    let longest = f.rules.contract.timings.send_before_ms;
    let send_before_ms = match life {
        FenceLife::Alive { left_ms: Some(left) } if replay => longest.min(left),
        FenceLife::Alive { .. } | FenceLife::Dead { .. } | FenceLife::Absent => longest,
    };
    let fence = match life {
        FenceLife::Alive { left_ms } => json!({ "alive": true, "left_ms": left_ms }),
        FenceLife::Dead { why } => json!({ "alive": false, "why": why }),
        FenceLife::Absent => json!(null),
    };
    let detail = json!({
        "attempt": n,
        "replay": replay,
        "fence": fence,
        "before_set": before_set.map(<[RemoteId]>::len),
    });
    Ok(Arm { n, progress, log: LogDraft::new(LogKind::SendStarted, State::Sending, detail), replay, send_before_ms })
}
