//! What an attempt's end means. A definite answer settles its own attempt only.

use serde_json::{Value, json};

use crate::domain::dispatch::Presence;
use crate::domain::{
    AttemptOutcome, BoundBy, CreateReply, Decision, Effect, Fence, LogDraft, LogKind, NotAllowed, Observed, Progress,
    State, StoredOutcomes,
};

use super::{Facts, attempt, bind, end_now};

/// Nothing is put off for longer than this, whatever a Retry-After says: nothing waits for ever.
pub(super) const LONGEST_DEFER_MS: i64 = 24 * 3_600_000;

struct Read<'a> {
    outcome: AttemptOutcome,
    word: &'static str,
    why: &'a str,
    failure: Option<&'a String>,
}

fn read(observed: &Observed) -> Read<'_> {
    use AttemptOutcome as O;
    let (outcome, word, why, failure) = match observed {
        Observed::NotSent { why } => (O::NotSent, "not_sent", why.as_str(), None),
        Observed::Lost { why } => (O::Unknown, "unknown", why.as_str(), None),
        Observed::Answered { reply, .. } => match reply {
            CreateReply::Created(_) => (O::Created, "created", "", None),
            CreateReply::Exists { why, .. } => (O::Exists, "exists", why.as_str(), None),
            CreateReply::ExistsDifferent { why } => (O::Exists, "exists_different", why.as_str(), None),
            CreateReply::Rejected { code, .. } => (O::Rejected, "rejected", code.as_str(), None),
            CreateReply::Unauthorised { code } => (O::Unauthorised, "unauthorised", code.as_str(), None),
            CreateReply::TokenExpired { code } => (O::Unauthorised, "token_expired", code.as_str(), None),
            CreateReply::Busy { .. } => (O::Busy, "busy", "429", None),
            CreateReply::Unclear { why, failure } => (O::Unknown, "unknown", why.as_str(), failure.as_ref()),
        },
    };
    Read { outcome, word, why: brief(why), failure }
}

/// What a platform said, as far as it may stand in the log's hashed part: it is never erased, and a platform may say a lot.
pub(super) fn brief(text: &str) -> &str {
    const MOST: usize = 160;
    text.char_indices().nth(MOST).map_or(text, |(end, _)| &text[..end])
}

pub(super) fn told(f: &Facts<'_>, n: u32, observed: &Observed, state: State) -> LogDraft {
    let r = read(observed);
    let after_ms = attempt(f.dispatch, n).and_then(|a| f.now.awake_since(&a.armed));
    let mut detail = json!({ "attempt": n, "outcome": r.word, "why": r.why, "after_ms": after_ms });
    if let Observed::Answered { status, .. } = observed {
        detail["http_status"] = json!(status);
    }
    let draft = LogDraft::new(LogKind::SendFinished, state, detail);
    match observed {
        Observed::Answered { reply: CreateReply::Rejected { message, .. }, .. } => {
            draft.with_private(json!({ "message": message }))
        }
        Observed::Answered { .. } | Observed::NotSent { .. } | Observed::Lost { .. } => draft,
    }
}

/// Attempt `n` ended while it was the one on its way.
pub(super) fn ended(f: &Facts<'_>, n: u32, observed: &Observed) -> Result<Decision, NotAllowed> {
    if attempt(f.dispatch, n).is_none_or(|a| a.end.is_some()) {
        return super::late::ended(f, n, observed);
    }
    let r = read(observed);
    let end = (n, end_now(f, r.outcome, r.failure.cloned()));
    let others = f.dispatch.others_unknown(n);
    let mut decision = match observed {
        Observed::Answered { reply: CreateReply::Created(remote), .. } => {
            let by = if others { BoundBy::Replay } else { BoundBy::Response };
            return Ok(bind(f, remote, by, vec![told(f, n, observed, State::Sending)], Some(end)));
        }
        Observed::Answered { reply: CreateReply::Exists { pointer, why }, .. } => {
            let presence = Presence { pointer: pointer.clone(), why: why.clone(), different: false, shown: false };
            present(f, n, observed, presence)
        }
        Observed::Answered { reply: CreateReply::ExistsDifferent { why }, .. } => {
            let presence = Presence { pointer: None, why: why.clone(), different: true, shown: false };
            differs(f, n, observed, presence)
        }
        Observed::Answered { reply: CreateReply::Rejected { code, message }, .. } => {
            rejected(f, n, observed, others, code, message)
        }
        Observed::Answered { reply: CreateReply::Unauthorised { code }, .. } => {
            not_executed(f, n, observed, others, 0, Effect::PauseAccount { code: code.clone() })
        }
        Observed::Answered { reply: CreateReply::TokenExpired { .. }, .. } => {
            not_executed(f, n, observed, others, 0, Effect::Wait)
        }
        Observed::Answered { reply: CreateReply::Busy { retry_after_ms }, .. } => {
            // "Now" is no word of when to come back: it was too much now.
            let said = retry_after_ms.filter(|ms| *ms > 0).map(|ms| ms.min(LONGEST_DEFER_MS));
            let own = said.unwrap_or_else(|| defer_ms(f));
            not_executed(f, n, observed, others, own, Effect::DeferAccount { ms: said })
        }
        Observed::NotSent { .. } => not_executed(f, n, observed, others, defer_ms(f), Effect::Wait),
        Observed::Lost { .. } => unknown(f, n, observed),
        Observed::Answered { reply: CreateReply::Unclear { .. }, .. } => unknown(f, n, observed),
    };
    decision.change.end = Some(end);
    Ok(decision)
}

fn defer_ms(f: &Facts<'_>) -> i64 {
    pause_ms(f.dispatch.progress.deferred)
}

/// The pause after a request that was not sent, or was put off, when so many such pauses went before it: from two seconds
/// to a minute.
pub(crate) fn pause_ms(before: u32) -> i64 {
    (2_000 << before.min(10)).min(60_000)
}

/// Nothing was executed by this attempt: back to the queue, or back into doubt while another attempt is unknown.
fn not_executed(f: &Facts<'_>, n: u32, observed: &Observed, others: bool, ms: i64, effect: Effect) -> Decision {
    let mut progress = f.progress();
    progress.deferred += 1;
    progress.next_at = f.after(ms);
    let state = if others { State::InDoubt } else { State::Queued };
    if others {
        doubtful(f, &mut progress);
        progress.next_at = f.after(ms.max(progress.pause_ms));
    }
    let mut log = vec![told(f, n, observed, state)];
    if !others && progress.cancel_asked {
        // Nothing exists and nothing is to be sent: the remembered cancel takes the order back.
        let back = super::doubt::back_to(f);
        progress.next_at = None;
        log.push(LogDraft::new(LogKind::Withdrawn, back, json!({ "armed_before": true, "cancel_asked": true })));
        return f.step(back, progress, log, effect);
    }
    f.step(state, progress, log, effect)
}

fn rejected(f: &Facts<'_>, n: u32, observed: &Observed, others: bool, code: &str, message: &str) -> Decision {
    let mut progress = f.progress();
    let reason = if message.is_empty() { code.to_owned() } else { format!("{code}: {message}") };
    if others {
        // An earlier attempt may still have made the order; this answer speaks for its own attempt only.
        progress.fence_dead = Some("a replay was refused by the platform".to_owned());
        progress.last_rejected = Some(reason);
        doubtful(f, &mut progress);
        return f.step(State::InDoubt, progress, vec![told(f, n, observed, State::InDoubt)], Effect::Wait);
    }
    progress.reason = Some(reason);
    progress.next_at = None;
    progress.in_doubt_since = None;
    let refused = LogDraft::new(LogKind::Refused, State::Refused, json!({ "code": brief(code) }))
        .with_private(json!({ "message": message }));
    f.step(State::Refused, progress, vec![told(f, n, observed, State::Sending), refused], Effect::Wait)
}

fn present(f: &Facts<'_>, n: u32, observed: &Observed, presence: Presence) -> Decision {
    let mut progress = f.progress();
    progress.presence = Some(presence);
    doubtful(f, &mut progress);
    progress.next_at = f.after(0);
    f.step(State::InDoubt, progress, vec![told(f, n, observed, State::InDoubt)], Effect::Wait)
}

fn differs(f: &Facts<'_>, n: u32, observed: &Observed, presence: Presence) -> Decision {
    let mut progress = f.progress();
    let why = format!(
        "the platform has something under our reference or key that differs from this order ({})",
        presence.why
    );
    progress.presence = Some(presence);
    doubtful(f, &mut progress);
    super::ask(f, &why, Vec::new(), Value::Null, vec![told(f, n, observed, State::Sending)], progress)
}

fn unknown(f: &Facts<'_>, n: u32, observed: &Observed) -> Decision {
    let mut progress = f.progress();
    doubtful(f, &mut progress);
    if let Some(why) = fence_ended(f, observed) {
        progress.fence_dead = Some(why);
    }
    f.step(State::InDoubt, progress, vec![told(f, n, observed, State::InDoubt)], Effect::Wait)
}

/// Why an answer from which nothing follows ends the replays of this generation all the same.
fn fence_ended(f: &Facts<'_>, observed: &Observed) -> Option<String> {
    let stored = match f.rules.contract.fence {
        Fence::Key { stored, .. } => stored,
        Fence::None | Fence::Reference { .. } => return None,
    };
    match stored {
        StoredOutcomes::FailuresToo => {
            let failure = read(observed).failure?;
            let mut ends = f.dispatch.attempts.iter().filter_map(|a| a.end.as_ref());
            ends.any(|e| e.failure.as_ref() == Some(failure))
                .then(|| format!("the platform answered twice with {failure}, which it may have stored"))
        }
        // A key that is kept for successes only guards nothing after a failure that came when the work was done.
        StoredOutcomes::Successes => match observed {
            Observed::Answered { status, .. } if !(200..300).contains(status) => {
                Some(format!("the platform answered {status}, and keeps keys for successes only"))
            }
            Observed::Answered { .. } | Observed::NotSent { .. } | Observed::Lost { .. } => None,
        },
    }
}

/// Enters doubt, or stays in it: patience counts on, pauses start small again after every attempt.
pub(super) fn doubtful(f: &Facts<'_>, progress: &mut Progress) {
    let first = f.rules.contract.timings.lookup_interval_ms;
    progress.in_doubt_since.get_or_insert_with(|| f.now.clone());
    progress.pause_ms = first;
    progress.next_at = f.after(first);
    progress.absences = Vec::new();
    progress.sightings = None;
    progress.unclear_after_quiet = 0;
    progress.waits_for = None;
}
