//! What is known of an order: from the facts that `decide` reads, and never more than they say.
//!
//! Not here: what comes next (`coming`), and the sentences themselves (`saying`).

use crate::adapters::registry;
use crate::clock::rfc3339;
use crate::domain::{Attempt, AttemptOutcome, BoundBy, Dispatch, Platform, Rules, State};

use super::saying::Known;

/// What is told of an order, besides its dispatch.
#[derive(Clone, Copy, Debug)]
pub(super) struct Standing<'a> {
    /// Where the order stands.
    pub state: State,
    /// Since when, wall time in milliseconds.
    pub since_ms: i64,
    /// The account's platform.
    pub platform: Platform,
    /// The contract with the account's settings; absent where this version has no adapter for the platform.
    pub rules: Option<&'a Rules>,
}

/// What is known, where it stands first.
pub(super) fn known(order: Standing<'_>, dispatch: Option<&Dispatch>) -> Vec<Known> {
    let platform = order.platform.title().to_owned();
    let since = rfc3339(order.since_ms);
    let Some(d) = dispatch else {
        return vec![match order.state {
            State::Draft => Known::NothingSent {},
            // The platform has said no or yes to something that is not here: a broken ledger, and no guess.
            State::Queued
            | State::Sending
            | State::InDoubt
            | State::NeedsReview
            | State::Dispatched
            | State::Refused
            | State::Cancelled
            | State::Closed => Known::NoDispatch {},
        }];
    };
    match order.state {
        State::Draft if d.attempts_left() > 0 => vec![Known::TakenBack { platform }],
        State::Draft => vec![Known::NothingSent {}],
        State::Queued => queued(d, platform, since),
        State::Sending => with_cancel(d, vec![sending(d, platform, since)]),
        State::InDoubt => with_cancel(d, in_doubt(d, order.rules, platform)),
        State::NeedsReview => review(d, platform),
        State::Dispatched => dispatched(order.platform, d, &since),
        State::Refused => refused(order.platform, d),
        State::Cancelled => vec![cancelled(d, platform, since)],
        State::Closed => {
            let closed = Known::Closed { platform: platform.clone(), since };
            std::iter::once(closed).chain(presence(d, &platform)).chain(released(d)).collect()
        }
    }
}

/// Nothing of a queued dispatch was executed, or it would not be queued; how its last try ended is told.
fn queued(d: &Dispatch, platform: String, since: String) -> Vec<Known> {
    let last = d.attempts.last().and_then(|a| a.end.as_ref()).map(|end| end.outcome);
    let first = match last {
        Some(AttemptOutcome::NotSent) => Known::QueuedNotSent { since },
        Some(AttemptOutcome::Busy) => Known::QueuedBusy { since, platform: platform.clone() },
        Some(AttemptOutcome::Unauthorised) => Known::QueuedUnauthorised { since, platform: platform.clone() },
        Some(AttemptOutcome::Created | AttemptOutcome::Exists | AttemptOutcome::Rejected | AttemptOutcome::Unknown)
        | None => {
            if d.generation > 1 {
                Known::QueuedAnew { since, generation: d.generation }
            } else {
                Known::Queued { since }
            }
        }
    };
    let behind = d.progress.waits_for.as_ref();
    let behind = behind.map(|other| Known::WaitsBehind { order_no: other.to_string(), platform });
    std::iter::once(first).chain(behind).collect()
}

fn left_at(attempt: &Attempt) -> String {
    rfc3339(attempt.armed.wall_ms)
}

fn sending(d: &Dispatch, platform: String, since: String) -> Known {
    // The one on its way is unknown itself.
    match d.attempts.iter().find(|a| a.end.as_ref().is_some_and(|end| end.outcome.is_unknown())) {
        Some(first) => Known::SendingAgain { platform, since, first: left_at(first) },
        None => Known::Sending { platform, since },
    }
}

fn in_doubt(d: &Dispatch, rules: Option<&Rules>, platform: String) -> Vec<Known> {
    let mut facts = Vec::new();
    let unknown: Vec<&Attempt> = d.attempts.iter().filter(|a| a.is_unknown()).collect();
    match unknown.as_slice() {
        [] => {}
        [one] => facts.push(Known::InDoubt { platform: platform.clone(), left: left_at(one) }),
        [first, ..] => facts.push(Known::InDoubtAgain {
            platform: platform.clone(),
            first: left_at(first),
            count: unknown.len() as u32,
        }),
    }
    facts.extend(presence(d, &platform));
    if let Some(why) = &d.progress.last_rejected {
        facts.push(Known::ReplayRefused { platform, why: why.clone() });
    }
    let needed = rules.map_or(Rules::FEWEST_PROOFS, Rules::proofs_needed);
    match (d.progress.absences.len() as u32, d.progress.lookups) {
        (0, 0) => {}
        (0, lookups) => facts.push(Known::Looked { lookups }),
        (count, _) => facts.push(Known::Absences { count, needed }),
    }
    facts
}

fn presence(d: &Dispatch, platform: &str) -> Option<Known> {
    let presence = d.progress.presence.as_ref()?;
    let (platform, why) = (platform.to_owned(), presence.why.clone());
    Some(if presence.different {
        Known::PlatformHasOther { platform, why }
    } else {
        Known::PlatformHasIt { platform, why }
    })
}

fn released(d: &Dispatch) -> Option<Known> {
    let why = d.progress.reason.clone().unwrap_or_default();
    d.progress.released.as_ref().map(|_| Known::Released { why })
}

fn review(d: &Dispatch, platform: String) -> Vec<Known> {
    let why = d.progress.reason.clone().unwrap_or_default();
    // The reason of such a case quotes what the platform said.
    let told = d.progress.presence.as_ref().is_some_and(|presence| why.contains(&presence.why));
    let present = presence(d, &platform).filter(|_| !told);
    let first = released(d).unwrap_or(Known::NeedsReview { why });
    std::iter::once(first).chain(present).collect()
}

fn with_cancel(d: &Dispatch, mut facts: Vec<Known>) -> Vec<Known> {
    if d.progress.cancel_asked {
        facts.push(Known::CancelRemembered {});
    }
    facts
}

fn dispatched(of: Platform, d: &Dispatch, since: &str) -> Vec<Known> {
    let platform = of.title().to_owned();
    let Some(id) = d.remote_id.as_ref().map(ToString::to_string) else { return vec![Known::NoDispatch {}] };
    let mut facts = vec![Known::Dispatched { platform: platform.clone(), id }];
    let since = since.to_owned();
    facts.extend(match d.bound_by {
        Some(BoundBy::Response) | None => None,
        Some(BoundBy::Replay) => Some(Known::BoundByReplay { since }),
        Some(BoundBy::Conflict) => Some(Known::BoundByConflict { since }),
        Some(BoundBy::Lookup) => Some(Known::BoundByLookup { since }),
        Some(BoundBy::Scan) => Some(Known::BoundByScan { since }),
        Some(BoundBy::Person) => Some(Known::BoundByPerson { since }),
    });
    if let Some(remote) = &d.remote {
        if let Some(status) = &remote.status {
            facts.push(Known::Status { platform: platform.clone(), status: status.clone() });
            facts.extend(registry::adapter(of).and_then(|adapter| adapter.words().status(status)).map(Known::from));
        } else if remote.ended == Some(true) {
            facts.push(Known::Ended { platform });
        }
    }
    facts.extend(match (d.progress.cancel_asked, &d.progress.cancel_since, &d.progress.cancel_refused) {
        (true, None, _) => Some(Known::CancelWaits {}),
        (true, Some(_), _) => Some(Known::CancelSent {}),
        (false, _, Some(why)) if d.progress.cancel_unclear => Some(Known::CancelUntold { why: why.clone() }),
        (false, _, Some(why)) => Some(Known::CancelRefused { why: why.clone() }),
        (false, _, None) => None,
    });
    facts
}

fn refused(of: Platform, d: &Dispatch) -> Vec<Known> {
    let platform = of.title().to_owned();
    let Some(why) = d.progress.reason.clone() else { return vec![Known::RefusedBefore { platform }] };
    // The reason begins with the platform's code, which its adapter may know more about.
    let code = why.split(": ").next().unwrap_or_default();
    let remedy = registry::adapter(of).and_then(|adapter| adapter.explain(code)).map(Known::from);
    let first = if !d.progress.absences.is_empty() {
        Known::RefusedAbsent { platform, why }
    } else if d.generation > 1 {
        Known::RefusedAnew { platform, why, generation: d.generation }
    } else {
        Known::Refused { platform, why }
    };
    std::iter::once(first).chain(remedy).collect()
}

fn cancelled(d: &Dispatch, platform: String, since: String) -> Known {
    match &d.remote_id {
        Some(id) => Known::Cancelled { platform, id: id.to_string(), since },
        None if d.progress.cancel_asked && !d.progress.absences.is_empty() => Known::CancelledAbsent { platform },
        // Only a person's word gives a generation up while how its request ended is not known.
        None if d.any_unknown() && d.progress.absences.is_empty() => Known::CancelledByWord { platform },
        None if d.generation > 1 => Known::CancelledAnew { platform, generation: d.generation },
        None => Known::CancelledBefore { platform },
    }
}
