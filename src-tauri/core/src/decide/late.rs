//! Answers that came after their attempt had been given up, or after the order was settled. None is thrown away.
//!
//! Not here: the answer to the attempt that is on its way (`attempt`).

use serde_json::{Value, json};

use crate::domain::dispatch::Presence;
use crate::domain::{
    BoundBy, CreateReply, Decision, Effect, LogDraft, LogKind, NotAllowed, Observed, Progress, RemoteId, State,
};

use super::attempt::told;
use super::{Facts, ask, attempt, bind};

/// An answer to an attempt that had been given up as unknown. A created order is taken over; any other proof of
/// presence ends replays, and re-opens a release that was decided without it.
pub(super) fn ended(f: &Facts<'_>, n: u32, observed: &Observed) -> Result<Decision, NotAllowed> {
    if attempt(f.dispatch, n).is_none() {
        return Err(f.not_allowed("record an answer", format!("there is no attempt {n}")));
    }
    let state = f.state();
    let note = told(f, n, observed, state);
    let reply = match observed {
        Observed::Answered { reply, .. } => reply,
        Observed::NotSent { .. } | Observed::Lost { .. } => return Ok(noted(f, f.progress(), note)),
    };
    match reply {
        CreateReply::Created(remote) if state == State::Sending => {
            // A later attempt is on its way: its own answer or a lookup binds. No third one may follow it.
            let why = "an earlier request was answered late: created".to_owned();
            Ok(present(f, Presence { pointer: Some(remote.id.clone()), why, different: false, shown: false }, note))
        }
        CreateReply::Created(remote) => {
            let by = if f.dispatch.others_unknown(n) { BoundBy::Replay } else { BoundBy::Response };
            Ok(bind(f, remote, by, vec![note], None))
        }
        CreateReply::Exists { pointer, why } => Ok(present(
            f,
            Presence { pointer: pointer.clone(), why: why.clone(), different: false, shown: false },
            note,
        )),
        CreateReply::ExistsDifferent { why } => {
            Ok(present(f, Presence { pointer: None, why: why.clone(), different: true, shown: false }, note))
        }
        CreateReply::Rejected { code, .. } => {
            let mut progress = f.progress();
            if f.dispatch.others_unknown(n) {
                progress.fence_dead = Some("a replay was refused by the platform".to_owned());
                progress.last_rejected = Some(code.clone());
            }
            Ok(noted(f, progress, note))
        }
        CreateReply::Unauthorised { .. }
        | CreateReply::TokenExpired { .. }
        | CreateReply::Busy { .. }
        | CreateReply::Unclear { .. } => Ok(noted(f, f.progress(), note)),
    }
}

fn noted(f: &Facts<'_>, progress: Progress, note: LogDraft) -> Decision {
    f.step(f.state(), progress, vec![note], Effect::Wait)
}

fn present(f: &Facts<'_>, presence: Presence, note: LogDraft) -> Decision {
    let mut progress = f.progress();
    let different = presence.different;
    let why = format!("the platform has something under our reference or key that differs ({})", presence.why);
    if progress.released.take().is_some() {
        progress.reason =
            Some(format!("the platform answered since the release ({}): please decide again", presence.why));
    }
    progress.presence = Some(presence);
    progress.absences = Vec::new();
    if different && f.state() == State::InDoubt {
        return ask(f, &why, Vec::new(), Value::Null, vec![note], progress);
    }
    noted(f, progress, note)
}

/// An answer after the order was settled. A platform order other than the one that is bound is a second one.
pub(super) fn ended_settled(f: &Facts<'_>, n: u32, observed: &Observed) -> Result<Decision, NotAllowed> {
    if attempt(f.dispatch, n).is_none() {
        return Err(f.not_allowed("record an answer", format!("there is no attempt {n}")));
    }
    let state = f.state();
    let mut log = vec![told(f, n, observed, state)];
    let made = match observed {
        Observed::Answered { reply: CreateReply::Created(remote), .. } => Some(&remote.id),
        Observed::Answered { .. } | Observed::NotSent { .. } | Observed::Lost { .. } => None,
    };
    if let Some(made) = made.filter(|id| f.dispatch.remote_id.as_ref() != Some(*id)) {
        log.push(second(f, made));
    }
    Ok(f.step(state, f.progress(), log, Effect::Wait))
}

fn second(f: &Facts<'_>, made: &RemoteId) -> LogDraft {
    let detail = json!({
        "why": "a late answer names a platform order that is not the one bound",
        "platform_order_id": made,
        "bound": f.dispatch.remote_id,
        "generation": f.dispatch.generation,
    });
    LogDraft::new(LogKind::Incident, f.state(), detail)
}
