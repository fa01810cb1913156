//! What comes next for an order, and by when: told by `decide` itself, which is asked what it would do at the moment that
//! is due, and what it would do if the platform then showed nothing.
//!
//! Not here: what is known (`knowing`), and the sentences (`saying`).

use crate::clock::rfc3339;
use crate::decide::{Facts, FenceLife, before_set, decide, fence_life, quiet_left_ms};
use crate::domain::remote::LookupOutcome;
use crate::domain::{Control, Dispatch, Effect, Event, Lookup, RemoteId, RemoteOrder, Seen, Stamp, State};

use super::saying::Next;

/// Lookups after which what follows from nothing being there has followed, whatever the settings.
const LOOKS: u32 = 64;

/// An account, as far as it holds its orders back.
#[derive(Clone, Copy, Debug)]
pub(super) struct HeldBack<'a> {
    /// Its name.
    pub account: &'a str,
    /// Why it is paused, when it is.
    pub paused: Option<&'a str>,
    /// Why nothing is sent for it, when its past is not known.
    pub shut: Option<&'a str>,
    /// Its past is not wholly known, and this order is looked for before it is sent.
    pub looked_for_first: bool,
}

/// What comes next by itself. Empty where nothing will.
pub(super) fn next(f: &Facts<'_>, held: HeldBack<'_>) -> Vec<Next> {
    let d = f.dispatch;
    let due = d.progress.next_at.as_ref();
    let goes_on = d.state.is_open() || due.is_some();
    let account = || held.account.to_owned();
    if let Some(why) = held.paused
        && goes_on
        && d.state != State::Sending
    {
        return vec![Next::AccountPaused { account: account(), why: why.to_owned() }];
    }
    if let Some(why) = held.shut
        && d.state != State::Queued
    {
        return while_shut(steps(f), Next::AccountShut { account: account(), why: why.to_owned() });
    }
    match d.state {
        State::Queued => match (&d.progress.waits_for, held.shut) {
            (_, Some(why)) => vec![Next::AccountShut { account: account(), why: why.to_owned() }],
            (_, None) if held.looked_for_first => vec![Next::LookedForFirst { account: account() }],
            (Some(other), None) => vec![Next::AfterOther { order_no: other.to_string() }],
            (None, None) => vec![if due.is_some_and(|due| !f.now.reached(due)) {
                Next::SentAt { at: moment(f, due) }
            } else {
                Next::InTurn {}
            }],
        },
        _ => steps(f),
    }
}

/// What of it holds at an account for which nothing is sent.
fn while_shut(steps: Vec<Next>, shut: Next) -> Vec<Next> {
    let sends = |step: &Next| {
        matches!(
            step,
            Next::SentAgain { .. }
                | Next::SafeUntil { .. }
                | Next::SafeAlways {}
                | Next::ReplayUntil { .. }
                | Next::ReplayAlways {}
                | Next::ReleasedReplay { .. }
                | Next::ReleasedAnew { .. }
                | Next::SentAnew { .. }
                | Next::AbsentAnew {}
        )
    };
    let told = steps.iter().any(sends).then_some(shut);
    steps.into_iter().filter(|step| !sends(step)).chain(told).collect()
}

/// What comes next for a dispatch that is not queued, at an account that sends.
fn steps(f: &Facts<'_>) -> Vec<Next> {
    let d = f.dispatch;
    let due = d.progress.next_at.as_ref();
    match d.state {
        State::Sending => answer_due(f).into_iter().collect(),
        State::InDoubt => in_doubt(f),
        State::NeedsReview | State::Closed if d.progress.released.is_some() => released(f),
        State::NeedsReview => looks_at(f).map(|at| Next::LooksOn { at }).into_iter().collect(),
        State::Dispatched => match effect_when_due(f) {
            Some(Effect::Cancel(_)) => vec![Next::CancelLeaves { at: moment(f, due) }],
            Some(Effect::Track(_)) => vec![Next::CancelAsked { at: moment(f, due) }],
            _ => Vec::new(),
        },
        State::Refused | State::Cancelled | State::Closed => {
            looks_at(f).map(|at| Next::LooksLate { at }).into_iter().collect()
        }
        State::Draft | State::Queued => Vec::new(),
    }
}

/// A moment that was set, as wall time: now, where it has come.
fn moment(f: &Facts<'_>, due: Option<&Stamp>) -> String {
    rfc3339(f.now.wall_ms + due.map_or(0, |due| left_ms(f.now, due)))
}

fn left_ms(now: &Stamp, due: &Stamp) -> i64 {
    if now.same_boot(due) { (due.awake_ms - now.awake_ms).max(0) } else { 0 }
}

/// The same facts so many milliseconds on, awake.
fn later<'a>(f: &Facts<'a>, dispatch: &'a Dispatch, now: &'a Stamp) -> Facts<'a> {
    let passed = now.wall_ms - f.now.wall_ms;
    Facts { dispatch, now, server_ms: f.server_ms.map(|ms| ms + passed), ..*f }
}

/// What `decide` would do at the moment that is due. `None`: nothing is due.
fn effect_when_due(f: &Facts<'_>) -> Option<Effect> {
    let due = f.dispatch.progress.next_at.as_ref()?;
    let then = f.now.plus(left_ms(f.now, due));
    decide(&later(f, f.dispatch, &then), &Event::Due { held_by: None }).ok().map(|decision| decision.effect)
}

/// When a look at a case, or at what was given up, is made, if the next thing due is one. The latter waits by the clock that
/// counts sleep, and by wall time where the machine has restarted.
fn looks_at(f: &Facts<'_>) -> Option<String> {
    let due = f.dispatch.progress.next_at.as_ref()?;
    let by_case = left_ms(f.now, due);
    let by_boot = if f.now.same_boot(due) { due.boot_ms - f.now.boot_ms } else { due.wall_ms - f.now.wall_ms };
    let wait = if f.dispatch.state == State::NeedsReview { by_case } else { by_boot.max(0) };
    let then = f.now.plus(wait);
    let decision = decide(&later(f, f.dispatch, &then), &Event::Due { held_by: None }).ok()?;
    (decision.effect == Effect::LookUp).then(|| rfc3339(f.now.wall_ms + wait))
}

/// When a silent request counts as lost.
fn answer_due(f: &Facts<'_>) -> Option<Next> {
    let decision = decide(f, &Event::Due { held_by: None }).ok()?;
    let due = match decision.change.state {
        State::Sending => Some(decision.change.progress.next_at?),
        // It does already.
        _ => None,
    };
    Some(Next::AnswerDue { at: moment(f, due.as_ref()) })
}

fn in_doubt(f: &Facts<'_>) -> Vec<Next> {
    let due = f.dispatch.progress.next_at.as_ref();
    let at = moment(f, due);
    let then = f.now.plus(due.map_or(0, |due| left_ms(f.now, due)));
    let at_due = later(f, f.dispatch, &then);
    let Ok(decision) = decide(&at_due, &Event::Due { held_by: None }) else { return Vec::new() };
    match decision.effect {
        Effect::LookUp => std::iter::once(Next::Looks { at }).chain(if_absent(f, &then)).collect(),
        Effect::Arm => std::iter::once(Next::SentAgain { at }).chain(safe(f)).collect(),
        // Without a lookup, the end of quiet decides.
        _ if decision.change.state == State::NeedsReview => vec![Next::Asks { at }],
        _ => without_lookup(f, &then),
    }
}

/// The platform has no lookup: what happens when quiet is over.
fn without_lookup(f: &Facts<'_>, from: &Stamp) -> Vec<Next> {
    let quiet = from.plus(quiet_left_ms(f.dispatch, f.rules, from));
    let mut ready = f.dispatch.clone();
    ready.progress.next_at = None;
    let at = rfc3339(quiet.wall_ms);
    match decide(&later(f, &ready, &quiet), &Event::Due { held_by: None }) {
        Ok(decision) if decision.effect == Effect::Arm => {
            std::iter::once(Next::SentAgain { at }).chain(safe(f)).collect()
        }
        Ok(decision) if decision.change.state == State::NeedsReview => vec![Next::Asks { at }],
        Ok(_) | Err(_) => Vec::new(),
    }
}

fn safe(f: &Facts<'_>) -> Option<Next> {
    match fence_life(f) {
        FenceLife::Alive { left_ms: Some(ms) } => Some(Next::SafeUntil { until: rfc3339(f.now.wall_ms + ms) }),
        FenceLife::Alive { left_ms: None } => Some(Next::SafeAlways {}),
        FenceLife::Dead { .. } | FenceLife::Absent => None,
    }
}

/// Where it leads that whole lookups, begun after quiet and with a known order in them, show nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Absent {
    Replayed,
    Anew,
    Refused,
    Cancelled,
    Asked,
    LookedForOn,
}

/// Plays such lookups through, from a moment on.
fn absent(f: &Facts<'_>, from: &Stamp) -> Absent {
    let mut dispatch = f.dispatch.clone();
    let mut now = from.plus(quiet_left_ms(f.dispatch, f.rules, from));
    for _ in 0..LOOKS {
        let facts = later(f, &dispatch, &now);
        let Ok(decision) = decide(&facts, &Event::LookedUp(nothing_there(&facts, &now))) else {
            return Absent::LookedForOn;
        };
        match (decision.effect, decision.change.state) {
            (Effect::Arm, _) => return Absent::Replayed,
            (Effect::NewGeneration, _) => return Absent::Anew,
            (_, State::Refused) => return Absent::Refused,
            (_, State::Cancelled) => return Absent::Cancelled,
            (_, State::NeedsReview | State::Closed) if decision.change.progress.released.is_none() => {
                return Absent::Asked;
            }
            _ => {}
        }
        dispatch.progress = decision.change.progress;
        let pause = dispatch.progress.next_at.as_ref().map_or(0, |due| left_ms(&now, due));
        now = now.plus(pause.max(f.rules.proof_spacing_ms()));
    }
    Absent::LookedForOn
}

/// A lookup that proves absence: a list shows an order of before our request, which has ended, too.
fn nothing_there(f: &Facts<'_>, now: &Stamp) -> LookupOutcome {
    let control = |id: &RemoteId, armed: Stamp| Control { remote: id.clone(), armed, shown: true };
    let mut controls = vec![control(&RemoteId::from("newer"), now.clone())];
    let (before, lookup) = (before_set(f), f.rules.contract.lookup);
    let mut rows = Vec::new();
    if lookup == Lookup::ScanForReference || lookup == Lookup::ScanForLookalike && !before.is_empty() {
        let older = before.first().cloned().unwrap_or_else(|| RemoteId::from("older"));
        rows.push(RemoteOrder { ended: Some(true), ..RemoteOrder::bare(older.as_str()) });
        let first = f.dispatch.attempts.iter().find(|attempt| attempt.is_unknown());
        controls.extend(first.map(|first| control(&older, first.armed.plus(-1))));
    }
    let seen = Seen { rows: rows.into(), to_end: true, controls, shows_ended: true, claimed: Vec::new() };
    LookupOutcome { began: now.clone(), result: Ok(seen) }
}

fn if_absent(f: &Facts<'_>, from: &Stamp) -> Vec<Next> {
    let progress = &f.dispatch.progress;
    let leads_to = absent(f, from);
    if leads_to == Absent::Replayed {
        return vec![match fence_life(f) {
            FenceLife::Alive { left_ms: Some(ms) } => Next::ReplayUntil { until: rfc3339(f.now.wall_ms + ms) },
            FenceLife::Alive { left_ms: None } | FenceLife::Dead { .. } | FenceLife::Absent => Next::ReplayAlways {},
        }];
    }
    let why_not = if progress.presence.is_some() {
        Some(Next::NotSentAsPresent {})
    } else if progress.cancel_asked {
        Some(Next::NotSentAsCancelled {})
    } else if leads_to == Absent::Anew {
        None
    } else {
        match fence_life(f) {
            FenceLife::Absent => Some(Next::NeverSentAgain {}),
            FenceLife::Dead { why } => Some(Next::NoLongerSentAgain { why }),
            FenceLife::Alive { .. } => None,
        }
    };
    let end = match leads_to {
        Absent::Anew => Some(Next::AbsentAnew {}),
        Absent::Refused => Some(Next::AbsentRefused {}),
        Absent::Cancelled => Some(Next::AbsentCancelled {}),
        Absent::Asked => Some(Next::AbsentAsk {}),
        Absent::Replayed | Absent::LookedForOn => None,
    };
    why_not.into_iter().chain(end).collect()
}

/// A case that a person released goes on by itself, when quiet is over.
fn released(f: &Facts<'_>) -> Vec<Next> {
    let due = f.dispatch.progress.next_at.as_ref();
    let then = f.now.plus(due.map_or(0, |due| left_ms(f.now, due)));
    let quiet = then.plus(quiet_left_ms(f.dispatch, f.rules, &then));
    let at = rfc3339(quiet.wall_ms);
    if f.rules.contract.lookup == Lookup::None {
        let decision = decide(&later(f, f.dispatch, &quiet), &Event::Due { held_by: None });
        return vec![match decision.map(|decision| decision.effect) {
            Ok(Effect::Arm) => Next::SentAgain { at },
            Ok(Effect::NewGeneration) => Next::SentAnew { at },
            Ok(_) | Err(_) => Next::GoesOn { at },
        }];
    }
    vec![match absent(f, &then) {
        Absent::Replayed => Next::ReleasedReplay { at },
        Absent::Anew => Next::ReleasedAnew { at },
        Absent::Refused | Absent::Cancelled | Absent::Asked | Absent::LookedForOn => Next::GoesOn { at },
    }]
}
