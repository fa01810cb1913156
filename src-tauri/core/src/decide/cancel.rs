//! Cancelling a bound order, and following it at its platform. A cancel is remembered while nothing is known.

use serde_json::json;

use crate::domain::{
    AttemptEnd, CancelReply, Decision, Effect, LogDraft, LogKind, Money, NotAllowed, Progress, RemoteId, RemoteOrder,
    State,
};

use super::Facts;
use super::attempt::LONGEST_DEFER_MS;
use super::doubt::SLACK_MS;
use super::fence::quiet_of_all_ms;

/// Asked while a request is in flight or its outcome unknown: remembered. It forbids replays and new generations.
pub(super) fn asked_in_flight(f: &Facts<'_>) -> Result<Decision, NotAllowed> {
    let mut progress = f.progress();
    if progress.cancel_asked {
        return Err(f.not_allowed("cancel", "a cancel was asked for already; it waits until the outcome is known"));
    }
    progress.cancel_asked = true;
    let entry = LogDraft::new(LogKind::CancelAsked, f.state(), json!({ "remembered": true }));
    Ok(f.step(f.state(), progress, vec![entry], Effect::Wait))
}

pub(super) fn asked_bound(f: &Facts<'_>) -> Result<Decision, NotAllowed> {
    if !f.can_cancel {
        let platform = f.dispatch.platform.title();
        return Err(f.not_allowed("cancel", format!("{platform} has no way to cancel an order")));
    }
    if f.dispatch.remote.as_ref().and_then(|r| r.ended) == Some(true) {
        return Err(f.not_allowed("cancel", "the platform has ended it already"));
    }
    let mut progress = f.progress();
    if progress.cancel_asked {
        return Err(f.not_allowed("cancel", "a cancel is on its way already"));
    }
    let Some(remote) = f.dispatch.remote_id.clone() else {
        return Err(f.not_allowed("cancel", "no platform order is bound"));
    };
    progress.cancel_asked = true;
    progress.cancel_refused = None;
    progress.cancel_since = None;
    progress.pause_ms = 0;
    let entry = LogDraft::new(LogKind::CancelAsked, State::Dispatched, json!({ "platform_order_id": remote }));
    let effect = when_quiet(f, &mut progress, &remote, None);
    let mut decision = f.step(State::Dispatched, progress, vec![entry], effect);
    // A bound order is not looked at when the machine has restarted; its quiet counts anew from here.
    decision.change.quiet_anew = Some(f.now.clone());
    Ok(decision)
}

/// Where a cancel frees the reference, it waits for the quiet of every attempt, of answered ones, too: a straggler, or a
/// middle box's copy of a request that was answered, would find the reference free again and make a second order.
fn when_quiet(f: &Facts<'_>, progress: &mut Progress, remote: &RemoteId, end: Option<&(u32, AttemptEnd)>) -> Effect {
    // The attempt that ends with this very decision has its quiet from now; the others are as the ledger has them.
    let mut dispatch = f.dispatch.clone();
    if let Some((n, end)) = end
        && let Some(a) = dispatch.attempts.iter_mut().find(|a| a.n == *n)
    {
        a.end = Some(end.clone());
    }
    let quiet = if f.cancel_frees_reference { quiet_of_all_ms(&dispatch, f.rules, f.now) } else { 0 };
    if quiet > 0 {
        progress.next_at = f.after(quiet);
        return Effect::Wait;
    }
    // From here on a cancel may have left. If its end is never heard, the status is read before another one.
    let t = &f.rules.contract.timings;
    progress.cancel_unclear = true;
    progress.cancel_since.get_or_insert_with(|| f.now.clone());
    progress.next_at = f.after(t.send_before_ms + t.timeout_ms + SLACK_MS);
    Effect::Cancel(remote.clone())
}

/// A cancel that was asked for before the order was bound is carried out now, where the platform can.
pub(super) fn after_binding(
    f: &Facts<'_>,
    progress: &mut Progress,
    remote: &RemoteId,
    end: Option<&(u32, AttemptEnd)>,
    log: &mut Vec<LogDraft>,
) -> Effect {
    if !progress.cancel_asked {
        return Effect::Wait;
    }
    if !f.can_cancel {
        progress.cancel_asked = false;
        progress.cancel_refused = Some("no cancel on this platform".into());
        let detail = json!({ "outcome": "impossible", "why": "the platform has no way to cancel an order" });
        log.push(LogDraft::new(LogKind::CancelFinished, State::Dispatched, detail));
        return Effect::Wait;
    }
    when_quiet(f, progress, remote, end)
}

pub(super) fn due_dispatched(f: &Facts<'_>) -> Decision {
    let mut progress = f.progress();
    let due = progress.next_at.as_ref().is_none_or(|due| f.now.reached(due));
    let (true, true, Some(remote)) = (due, progress.cancel_asked, f.dispatch.remote_id.clone()) else {
        return f.wait(progress);
    };
    let effect =
        if progress.cancel_unclear { Effect::Track(remote) } else { when_quiet(f, &mut progress, &remote, None) };
    f.step(State::Dispatched, progress, Vec::new(), effect)
}

/// A cancel may have been on its way when Docket stopped: the status is read before anything else is done.
pub(super) fn recovered_dispatched(f: &Facts<'_>) -> Decision {
    let mut progress = f.progress();
    if progress.cancel_asked {
        progress.cancel_unclear = true;
        progress.next_at = f.after(0);
    }
    let mut decision = f.wait(progress);
    decision.change.quiet_anew = Some(f.now.clone());
    decision
}

pub(super) fn ended(f: &Facts<'_>, reply: &CancelReply) -> Decision {
    let mut progress = f.progress();
    let pause = progress.pause_ms.max(f.rules.contract.timings.lookup_interval_ms);
    let told = |state, detail| LogDraft::new(LogKind::CancelFinished, state, detail);
    match reply {
        CancelReply::Cancelled { fee } => cancelled(f, progress, json!({ "outcome": "cancelled" }), fee.clone()),
        // Patience bounds this, too: a person hears that nobody says what became of the cancel.
        CancelReply::NotShown if super::doubt::patience_over(f, progress.cancel_since.as_ref()) => {
            untold(f, progress, "the platform does not show the order")
        }
        CancelReply::TooLate { code } => refused(f, progress, code),
        CancelReply::Unauthorised { code } => {
            progress.cancel_unclear = false;
            progress.next_at = f.after(pause);
            let entry = told(State::Dispatched, json!({ "outcome": "unauthorised", "code": code }));
            f.step(State::Dispatched, progress, vec![entry], Effect::PauseAccount { code: code.clone() })
        }
        CancelReply::Busy { retry_after_ms } => {
            let ms = retry_after_ms.unwrap_or(pause).clamp(0, LONGEST_DEFER_MS);
            progress.cancel_unclear = false;
            progress.next_at = f.after(ms);
            f.step(State::Dispatched, progress, Vec::new(), Effect::DeferAccount { ms: Some(ms) })
        }
        CancelReply::NotShown | CancelReply::Unclear { .. } => {
            let why = match reply {
                CancelReply::Unclear { why } => super::attempt::brief(why),
                _ => "the platform does not show the order",
            };
            progress.cancel_unclear = true;
            progress.pause_ms = (pause * 2).min(f.rules.contract.timings.lookup_interval_max_ms);
            progress.next_at = f.after(pause);
            let entry = told(State::Dispatched, json!({ "outcome": "unknown", "why": why }));
            f.step(State::Dispatched, progress, vec![entry], Effect::Wait)
        }
    }
}

/// The platform will not cancel it: the order stays as it is, and says so.
fn refused(f: &Facts<'_>, mut progress: Progress, code: &str) -> Decision {
    progress.cancel_asked = false;
    progress.cancel_unclear = false;
    progress.cancel_refused = Some(code.to_owned());
    progress.next_at = None;
    let detail = json!({ "outcome": "too_late", "code": code });
    let entry = LogDraft::new(LogKind::CancelFinished, State::Dispatched, detail);
    f.step(State::Dispatched, progress, vec![entry], Effect::Wait)
}

/// Nobody will say any more what became of a cancel that was sent: the order stays as it is, and says that.
fn untold(f: &Facts<'_>, mut progress: Progress, why: &str) -> Decision {
    progress.cancel_asked = false;
    progress.cancel_unclear = true;
    progress.cancel_refused = Some(why.to_owned());
    progress.next_at = None;
    let entry = LogDraft::new(LogKind::CancelFinished, State::Dispatched, json!({ "outcome": "untold", "why": why }));
    f.step(State::Dispatched, progress, vec![entry], Effect::Wait)
}

/// `fee` is what the platform names for the order once it is cancelled. It may charge for one; where it names nothing, what
/// was known before stays.
fn cancelled(f: &Facts<'_>, mut progress: Progress, mut detail: serde_json::Value, fee: Option<Money>) -> Decision {
    progress.cancel_asked = false;
    progress.cancel_unclear = false;
    progress.next_at = None;
    if let Some(fee) = &fee {
        detail["fee"] = json!(fee);
    }
    let entry = LogDraft::new(LogKind::CancelFinished, State::Cancelled, detail);
    let mut decision = f.step(State::Cancelled, progress, vec![entry], Effect::Wait);
    if let (Some(fee), Some(known)) = (fee, &f.dispatch.remote) {
        decision.change.remote = Some(RemoteOrder { fee: Some(fee), ..known.clone() });
    }
    decision
}

/// The platform's view of the bound order. What it says about itself is shown beside `dispatched`; only a cancel of
/// ours makes it `cancelled`.
pub(super) fn status_seen(f: &Facts<'_>, remote: &RemoteOrder) -> Decision {
    let mut progress = f.progress();
    if f.dispatch.remote_id.as_ref() != Some(&remote.id) {
        // Not the order that is bound: nothing is learnt from it, and it is never cancelled.
        return f.wait(progress);
    }
    let mut log = Vec::new();
    let before = f.dispatch.remote.as_ref().and_then(|r| r.status.as_ref());
    if remote.status.is_some() && remote.status.as_ref() != before {
        let mut detail = json!({ "from": before, "to": remote.status, "ended": remote.ended });
        if !remote.codes.is_empty() {
            detail["codes"] = json!(remote.codes.count());
        }
        log.push(LogDraft::new(LogKind::StatusChanged, State::Dispatched, detail));
    }
    let mut effect = Effect::Wait;
    // While the cancel is on its way, its own answer decides.
    let silent = progress.next_at.as_ref().is_none_or(|due| f.now.reached(due));
    if progress.cancel_asked && progress.cancel_unclear && silent {
        match (remote.ended, remote.succeeded) {
            (Some(true), Some(true)) => {
                progress.cancel_asked = false;
                progress.cancel_unclear = false;
                progress.cancel_refused = Some("it had ended before the cancel".into());
                progress.next_at = None;
                let detail = json!({ "outcome": "too_late", "code": remote.status });
                log.push(LogDraft::new(LogKind::CancelFinished, State::Dispatched, detail));
            }
            (Some(true), Some(false) | None) if !remote.was_cancelled() => {
                let mut decision =
                    untold(f, progress, "the platform has ended the order, and does not say that it was cancelled");
                decision.log.splice(0..0, log);
                decision.change.remote = Some(remote.clone());
                return decision;
            }
            (Some(true), Some(false) | None) => {
                let seen = json!({ "outcome": "cancelled", "seen_by": "status" });
                let mut decision = cancelled(f, progress, seen, remote.fee.clone());
                decision.log.splice(0..0, log);
                decision.change.remote = Some(remote.clone());
                return decision;
            }
            (Some(false) | None, _) => {
                progress.cancel_unclear = false;
                effect = when_quiet(f, &mut progress, &remote.id, None);
            }
        }
    }
    let mut decision = f.step(State::Dispatched, progress, log, effect);
    decision.change.remote = Some(remote.clone());
    decision
}
