//! What to do next. One match over events and states, no wildcard arm: a new event or state does not compile until
//! every pair has an answer.
//!
//! Pure: facts in, decision out. Not here: how facts are stored (`ledger`), how effects are carried out (`driver`),
//! and which of many dispatches comes first (`plan`).

mod arming;
mod attempt;
mod cancel;
mod doubt;
mod echo;
mod fence;
mod judge;
mod late;
mod person;

#[cfg(test)]
pub(crate) mod tests;

use serde_json::{Value, json};

use crate::domain::remote::without_codes;
use crate::domain::{
    Attempt, AttemptEnd, AttemptOutcome, BoundBy, Change, CredentialDigest, Decision, Dispatch, Effect, Event,
    LogDraft, LogKind, NotAllowed, Progress, RemoteOrder, Rules, Stamp, State,
};

pub use arming::{Arm, arm};
pub(crate) use attempt::pause_ms;
pub use doubt::SLACK_MS as SILENCE_SLACK_MS;
pub use fence::{FenceLife, fence_life, hidden_if_ended, quiet_left_ms};
pub use judge::{Finding, before_set, judge};
pub use person::unsendable;

/// Everything a decision is taken from.
#[derive(Clone, Copy, Debug)]
pub struct Facts<'a> {
    /// The dispatch as the ledger has it.
    pub dispatch: &'a Dispatch,
    /// The contract with the account's settings.
    pub rules: &'a Rules,
    /// All clocks now.
    pub now: &'a Stamp,
    /// The platform's time now, by a `Date` header received since the machine started.
    pub server_ms: Option<i64>,
    /// The credential the account would use now.
    pub credential: &'a CredentialDigest,
    /// Whether the platform can cancel at all.
    pub can_cancel: bool,
    /// Whether cancelling lets the platform take the reference again.
    pub cancel_frees_reference: bool,
    /// Whether the account is a test account.
    pub test: bool,
}

impl Facts<'_> {
    fn state(&self) -> State {
        self.dispatch.state
    }

    fn progress(&self) -> Progress {
        self.dispatch.progress.clone()
    }

    fn not_allowed(&self, wanted: &'static str, why: impl Into<String>) -> NotAllowed {
        NotAllowed { state: self.state(), wanted, why: why.into() }
    }

    /// Nothing changes but `progress`; nothing is told to the log.
    fn wait(&self, progress: Progress) -> Decision {
        self.step(self.state(), progress, Vec::new(), Effect::Wait)
    }

    fn step(&self, state: State, progress: Progress, log: Vec<LogDraft>, effect: Effect) -> Decision {
        let change = Change { state, progress, bind: None, remote: None, end: None, quiet_anew: None };
        Decision { change, log, effect }
    }

    fn after(&self, ms: i64) -> Option<Stamp> {
        Some(self.now.plus(ms.max(0)))
    }
}

/// What to do about `event`. An event that the state does not take is refused with a reason for a person.
pub fn decide(f: &Facts<'_>, event: &Event) -> Result<Decision, NotAllowed> {
    use State as S;
    let state = f.state();
    match event {
        Event::Due { held_by } => Ok(match state {
            S::Queued => doubt::due_queued(f, held_by.as_ref()),
            S::Sending => doubt::due_sending(f),
            S::InDoubt => doubt::due_in_doubt(f),
            S::NeedsReview => person::due_in_review(f),
            S::Dispatched => cancel::due_dispatched(f),
            S::Closed => person::due_closed(f),
            S::Refused | S::Cancelled => echo::due(f),
            S::Draft => f.wait(f.progress()),
        }),
        Event::Recovered => Ok(match state {
            S::Sending => doubt::recovered_sending(f),
            S::InDoubt | S::NeedsReview => doubt::recovered_waiting(f),
            S::Dispatched => cancel::recovered_dispatched(f),
            S::Closed => person::recovered_closed(f),
            S::Draft | S::Queued | S::Refused | S::Cancelled => f.wait(f.progress()),
        }),
        Event::AttemptEnded { n, observed } => match state {
            S::Sending => attempt::ended(f, *n, observed),
            S::InDoubt | S::NeedsReview | S::Closed => late::ended(f, *n, observed),
            S::Dispatched | S::Refused | S::Cancelled => late::ended_settled(f, *n, observed),
            S::Draft | S::Queued => {
                Err(f.not_allowed("record an answer", format!("no attempt is on its way in state {state}")))
            }
        },
        Event::LookupBegan => match state {
            S::InDoubt | S::NeedsReview | S::Closed | S::Refused | S::Cancelled => Ok(doubt::looking_up(f)),
            S::Draft | S::Queued | S::Sending | S::Dispatched => {
                Err(f.not_allowed("look up", format!("nothing is looked up in state {state}")))
            }
        },
        Event::LookedUp(outcome) => match state {
            S::InDoubt => Ok(doubt::looked_up(f, outcome)),
            S::NeedsReview => Ok(person::looked_up(f, outcome)),
            S::Closed => Ok(person::looked_up_closed(f, outcome)),
            S::Refused | S::Cancelled => Ok(echo::looked_up(f, outcome)),
            S::Draft | S::Queued | S::Sending | S::Dispatched => {
                Err(f.not_allowed("use a lookup", format!("nothing is looked up in state {state}")))
            }
        },
        Event::CancelAsked => cancel_asked(f),
        Event::CancelEnded(reply) => match state {
            S::Dispatched => Ok(cancel::ended(f, reply)),
            S::Draft | S::Queued | S::Sending | S::InDoubt | S::NeedsReview | S::Refused | S::Cancelled | S::Closed => {
                Err(f.not_allowed("record a cancel", format!("no cancel is on its way in state {state}")))
            }
        },
        Event::Withdrawn => withdraw(f),
        Event::ElderFound => elder_found(f),
        Event::Decided { decision, reason, lookup } => match state {
            S::NeedsReview | S::Closed => person::decided(f, decision, reason.as_deref(), lookup.as_ref()),
            S::Draft | S::Queued | S::Sending | S::InDoubt | S::Dispatched | S::Refused | S::Cancelled => {
                Err(f.not_allowed("decide", format!("no case is open: the order is {state}")))
            }
        },
        Event::StatusSeen(remote) => match state {
            S::Dispatched => Ok(cancel::status_seen(f, remote)),
            S::Draft | S::Queued | S::Sending | S::InDoubt | S::NeedsReview | S::Refused | S::Cancelled | S::Closed => {
                Err(f.not_allowed("record a status", format!("nothing is bound in state {state}")))
            }
        },
    }
}

fn cancel_asked(f: &Facts<'_>) -> Result<Decision, NotAllowed> {
    use State as S;
    let state = f.state();
    match state {
        S::Queued => doubt::withdrawn(f),
        S::Sending | S::InDoubt => cancel::asked_in_flight(f),
        S::Dispatched => cancel::asked_bound(f),
        S::NeedsReview => Err(f.not_allowed("cancel", "it is in review: adopt, release or close it first")),
        S::Draft => Err(f.not_allowed("cancel", "nothing was dispatched; delete the order instead")),
        S::Refused | S::Cancelled | S::Closed => {
            Err(f.not_allowed("cancel", format!("there is nothing to cancel in state {state}")))
        }
    }
}

fn elder_found(f: &Facts<'_>) -> Result<Decision, NotAllowed> {
    use State as S;
    let state = f.state();
    match state {
        S::Queued => doubt::elder_found(f),
        S::Draft | S::Sending | S::InDoubt | S::NeedsReview | S::Dispatched | S::Refused | S::Cancelled | S::Closed => {
            Err(f.not_allowed("take back", format!("nothing waits to be sent in state {state}")))
        }
    }
}

fn withdraw(f: &Facts<'_>) -> Result<Decision, NotAllowed> {
    use State as S;
    match f.state() {
        S::Queued => doubt::withdrawn(f),
        S::Draft | S::Sending | S::InDoubt | S::NeedsReview | S::Dispatched | S::Refused | S::Cancelled | S::Closed => {
            Err(f.not_allowed("withdraw", cannot_withdraw(f.state())))
        }
    }
}

fn cannot_withdraw(state: State) -> String {
    match state {
        State::Sending | State::InDoubt => {
            "a request may have left; cancel it instead, and the cancel is remembered until the outcome is known".into()
        }
        State::Dispatched => "it exists at the platform; cancel it instead".into(),
        State::NeedsReview | State::Closed => "it is with a person; adopt, release or close it".into(),
        State::Draft | State::Refused | State::Cancelled | State::Queued => {
            format!("it is {state}: nothing is queued")
        }
    }
}

/// Binds the dispatch, remembers a cancel that was asked for in the meantime, and says so.
fn bind(
    f: &Facts<'_>,
    remote: &RemoteOrder,
    by: BoundBy,
    mut before: Vec<LogDraft>,
    end: Option<(u32, AttemptEnd)>,
) -> Decision {
    let mut progress = f.progress();
    progress.in_doubt_since = None;
    progress.next_at = None;
    progress.waits_for = None;
    progress.reason = None;
    progress.candidates = Vec::new();
    progress.sightings = None;
    progress.absences = Vec::new();
    progress.released = None;
    let mut detail = json!({ "platform_order_id": remote.id, "by": by });
    if let Some(status) = &remote.status {
        detail["platform_status"] = json!(status);
    }
    if !remote.codes.is_empty() {
        detail["codes"] = json!(remote.codes.count());
    }
    before.push(LogDraft::new(LogKind::Bound, State::Dispatched, detail));
    if remote.test.is_some_and(|test| test != f.test) {
        // It exists, and it is ours; but it is live where it was meant as a test, or the other way round.
        let why = "the platform made it in another mode than the account's: the credential is the other mode's";
        let detail = json!({ "why": why, "platform_order_id": remote.id, "test": remote.test });
        before.push(LogDraft::new(LogKind::Incident, State::Dispatched, detail));
    }
    let effect = cancel::after_binding(f, &mut progress, &remote.id, end.as_ref(), &mut before);
    let mut decision = f.step(State::Dispatched, progress, before, effect);
    decision.change.bind = Some((remote.id.clone(), by));
    decision.change.remote = Some(remote.clone());
    decision.change.end = end;
    decision
}

/// Asks a person, and says why.
fn ask(
    f: &Facts<'_>,
    why: &str,
    candidates: Vec<RemoteOrder>,
    detail: Value,
    mut before: Vec<LogDraft>,
    mut progress: Progress,
) -> Decision {
    progress.reason = Some(why.to_owned());
    progress.candidates = without_codes(&candidates);
    progress.released = None;
    // A release starts a new spell of doubt, with patience of its own.
    progress.in_doubt_since = None;
    progress.next_at = if f.rules.contract.lookup.is_exact() {
        f.after(f.rules.contract.timings.lookup_interval_max_ms)
    } else {
        None
    };
    let ids: Vec<_> = progress.candidates.iter().map(|c| c.id.clone()).collect();
    before.push(LogDraft::new(
        LogKind::ReviewAsked,
        State::NeedsReview,
        json!({ "why": why, "candidates": ids, "evidence": detail }),
    ));
    f.step(State::NeedsReview, progress, before, Effect::Wait)
}

fn end_now(f: &Facts<'_>, outcome: AttemptOutcome, failure: Option<String>) -> AttemptEnd {
    AttemptEnd { at: f.now.clone(), quiet_from: f.now.clone(), outcome, failure }
}

fn attempt(d: &Dispatch, n: u32) -> Option<&Attempt> {
    d.attempts.iter().find(|a| a.n == n)
}
