//! The whole matrix: every state, every event and finding, every contract shape. One line for each different answer.

use std::collections::BTreeMap;
use std::fmt::Write;

use crate::domain::dispatch::{Presence, Released};
use crate::domain::{
    AttemptOutcome, CancelReply, CreateReply, Effect, Event, Fence, Fingerprint, Lookup, Observed, OrderNo,
    PersonDecision, RemoteId, RemoteOrder, State,
};

use super::build::*;

/// A case, changed.
fn make(make: &dyn Fn() -> Case, change: &dyn Fn(&mut Case)) -> Case {
    let mut case = make();
    change(&mut case);
    case
}

/// Every state, with the marks that change what it does.
fn cases(fence: Fence, lookup: Lookup) -> Vec<(&'static str, Case)> {
    let mut cases = unsettled(fence, lookup);
    cases.extend(with_a_person_or_settled(fence, lookup));
    cases
}

fn unsettled(fence: Fence, lookup: Lookup) -> Vec<(&'static str, Case)> {
    let presence = || Some(Presence { pointer: None, why: "duplicate".into(), different: false, shown: false });
    let doubt = || Case::quiet(fence, lookup);
    let state = |s: State| move |c: &mut Case| c.d.state = s;
    vec![
        ("draft", make(&|| Case::new(fence, lookup), &state(State::Draft))),
        ("queued", Case::new(fence, lookup)),
        ("queued, cancel", make(&|| Case::new(fence, lookup), &|c| c.d.progress.cancel_asked = true)),
        ("sending", Case::sending(fence, lookup)),
        ("sending, cancel", make(&|| Case::sending(fence, lookup), &|c| c.d.progress.cancel_asked = true)),
        (
            "sending a replay",
            make(&doubt, &|c| {
                let mut again = Case::sending(fence, lookup).d.attempts.remove(0);
                again.n = 2;
                again.armed = c.now.clone();
                c.d.attempts.push(again);
                c.d.state = State::Sending;
                c.d.progress.next_at = None;
            }),
        ),
        ("in_doubt, early", Case::in_doubt(fence, lookup)),
        ("in_doubt, quiet", doubt()),
        ("in_doubt, fence dead", Case::unfenced(fence, lookup)),
        ("in_doubt, cancel", make(&doubt, &|c| c.d.progress.cancel_asked = true)),
        ("in_doubt, present", make(&doubt, &|c| c.d.progress.presence = presence())),
        (
            "in_doubt, patience spent",
            make(&doubt, &|c| {
                c.wait(HOUR);
                c.d.progress.lookups_since_start = 5;
            }),
        ),
    ]
}

fn with_a_person_or_settled(fence: Fence, lookup: Lookup) -> Vec<(&'static str, Case)> {
    let presence = || Some(Presence { pointer: None, why: "duplicate".into(), different: false, shown: false });
    let released = || Some(Released { reason: Some("I looked".into()) });
    let doubt = || Case::quiet(fence, lookup);
    let review = || Case::review(fence, lookup);
    let bound = || {
        let mut case = Case::sending(fence, lookup);
        let ours = case.ours();
        case.take(created(1, ours));
        case
    };
    vec![
        ("needs_review", review()),
        ("needs_review, present", make(&review, &|c| c.d.progress.presence = presence())),
        (
            "needs_review, released",
            make(&review, &|c| {
                c.d.progress.released = released();
                c.d.progress.next_at = Some(c.now.clone());
            }),
        ),
        ("dispatched", bound()),
        ("dispatched, cancel on its way", make(&bound, &|c| drop(c.take(Event::CancelAsked)))),
        (
            "dispatched, cancel unknown",
            make(&bound, &|c| {
                c.take(Event::CancelAsked);
                c.take(Event::CancelEnded(CancelReply::Unclear { why: "http 502".into() }));
                c.wait_due();
            }),
        ),
        ("refused", make(&|| Case::sending(fence, lookup), &|c| drop(c.take(rejected(1))))),
        (
            "cancelled, proven absent",
            make(&doubt, &|c| {
                c.d.state = State::Cancelled;
                c.d.progress.next_at = Some(c.now.clone());
                c.outcome(1, AttemptOutcome::Unknown);
            }),
        ),
        ("closed", make(&review, &|c| drop(c.take(decided(PersonDecision::Close, None, None))))),
        (
            "closed, released",
            make(&review, &|c| {
                c.d.state = State::Closed;
                c.d.progress.released = released();
                c.d.progress.next_at = Some(c.now.clone());
            }),
        ),
    ]
}

fn attempt_events(c: &Case) -> Vec<(&'static str, Event)> {
    let n = c.d.attempts.last().map_or(1, |a| a.n);
    vec![
        ("not sent", ended(n, Observed::NotSent { why: "refused".into() })),
        ("lost", lost(n)),
        ("created", created(n, c.ours())),
        ("exists", exists(n)),
        ("exists different", answered(n, 409, CreateReply::ExistsDifferent { why: "other address".into() })),
        ("rejected", rejected(n)),
        ("unauthorised", answered(n, 401, CreateReply::Unauthorised { code: "bad_key".into() })),
        ("token expired", answered(n, 401, CreateReply::TokenExpired { code: "unauthorized".into() })),
        ("busy", answered(n, 429, CreateReply::Busy { retry_after_ms: Some(7_000) })),
        ("unclear answer", failed(n, "500 internal")),
    ]
}

fn lookup_events(c: &Case) -> Vec<(&'static str, Event)> {
    let mut other = c.ours();
    other.fingerprint = Some(Fingerprint::from("another"));
    let mut second = c.ours();
    second.id = RemoteId::from("r2");
    let mut uncontrolled = c.saw(Vec::new());
    uncontrolled.result.as_mut().unwrap().controls.clear();
    let mut stranger = lookalike("r9");
    stranger.reference = Some("another reference".into());
    stranger.fingerprint = Some(Fingerprint::from("another"));
    vec![
        ("lookup begins", Event::LookupBegan),
        ("finds ours", Event::LookedUp(c.saw(vec![c.ours()]))),
        ("finds ours, different", Event::LookedUp(c.saw(vec![other]))),
        ("finds two", Event::LookedUp(c.saw(vec![c.ours(), second]))),
        ("finds a look-alike", Event::LookedUp(c.saw(vec![lookalike("r3")]))),
        ("finds a stranger", Event::LookedUp(c.saw(vec![stranger]))),
        ("finds nothing", Event::LookedUp(c.saw(Vec::new()))),
        ("finds nothing, no control", Event::LookedUp(uncontrolled)),
        ("unclear lookup", Event::LookedUp(c.saw_unclear())),
    ]
}

fn other_events(c: &Case) -> Vec<(&'static str, Event)> {
    let looked = (c.rules.contract.lookup != Lookup::None).then(|| c.saw(Vec::new()));
    let status = |ended, succeeded| {
        let mut row = c.ours();
        row.status = Some("word".into());
        row.ended = Some(ended);
        row.succeeded = succeeded;
        Event::StatusSeen(row)
    };
    let cancelled = match status(true, Some(false)) {
        Event::StatusSeen(row) => Event::StatusSeen(RemoteOrder { status: Some("CANCELLED".into()), ..row }),
        other => other,
    };
    let adopt = PersonDecision::Adopt { remote: RemoteId::from("r1") };
    vec![
        ("due", Event::Due { held_by: None }),
        ("due, held", Event::Due { held_by: Some(OrderNo::from("SO-0")) }),
        ("recovered", Event::Recovered),
        ("cancel asked", Event::CancelAsked),
        ("withdrawn", Event::Withdrawn),
        ("elder found", Event::ElderFound),
        ("cancel: done", Event::CancelEnded(CancelReply::Cancelled { fee: None })),
        ("cancel: too late", Event::CancelEnded(CancelReply::TooLate { code: "picked_up".into() })),
        ("cancel: unauthorised", Event::CancelEnded(CancelReply::Unauthorised { code: "bad_key".into() })),
        ("cancel: busy", Event::CancelEnded(CancelReply::Busy { retry_after_ms: None })),
        ("cancel: not shown", Event::CancelEnded(CancelReply::NotShown)),
        ("cancel: unclear", Event::CancelEnded(CancelReply::Unclear { why: "http 502".into() })),
        ("adopt, shown", decided(adopt.clone(), None, Some(c.saw(vec![c.ours()])))),
        ("adopt, not shown", decided(adopt, None, Some(c.saw(Vec::new())))),
        ("release", decided(PersonDecision::Release, None, looked.clone())),
        ("release, reason", decided(PersonDecision::Release, Some("I looked"), looked)),
        ("close", decided(PersonDecision::Close, None, None)),
        ("status: running", status(false, None)),
        ("status: ended well", status(true, Some(true))),
        ("status: ended badly", status(true, Some(false))),
        ("status: cancelled", cancelled),
    ]
}

/// One decision in one line, or `None` where the state does not take the event.
fn line(case: &Case, event: &Event) -> Option<String> {
    let decision = case.decide(event).ok()?;
    check(case, matches!(event, Event::Due { .. }), &decision);
    let c = &decision.change;
    let mut line = format!("{} ", c.state);
    let effect = match &decision.effect {
        Effect::Wait => "wait".to_owned(),
        other => format!("{other:?}").split([' ', '(', '{']).next().unwrap_or_default().to_owned(),
    };
    write!(line, "{effect}").unwrap();
    if let (Effect::Wait, Some(next)) = (&decision.effect, &c.progress.next_at) {
        write!(line, " {}s", (next.awake_ms - case.now.awake_ms) / 1_000).unwrap();
    }
    if let Some((_, by)) = &c.bind {
        write!(line, " by {}", by.code()).unwrap();
    }
    let log: Vec<_> = decision.log.iter().map(|l| l.kind.code()).collect();
    write!(line, " [{}]", log.join(" ")).unwrap();
    Some(line)
}

#[test]
fn the_whole_matrix() {
    let places: Vec<_> = SHAPES.iter().map(|(name, fence, lookup)| (*name, cases(*fence, *lookup))).collect();
    let mut text = String::new();
    for at in 0..places[0].1.len() {
        let place = places[0].1[at].0;
        writeln!(text, "{place}").unwrap();
        let events = |c: &Case| [attempt_events(c), lookup_events(c), other_events(c)].concat();
        let names: Vec<_> = events(&places[0].1[at].1).iter().map(|(name, _)| *name).collect();
        let mut not_taken = Vec::new();
        for (i, name) in names.iter().enumerate() {
            let mut answers: BTreeMap<String, Vec<&str>> = BTreeMap::new();
            for (shape, cases) in &places {
                let case = &cases[at].1;
                let answer = line(case, &events(case)[i].1).unwrap_or_else(|| "not taken".into());
                answers.entry(answer).or_default().push(shape);
            }
            if answers.len() == 1 && answers.contains_key("not taken") {
                not_taken.push(*name);
                continue;
            }
            for (answer, shapes) in &answers {
                let all = if shapes.len() == SHAPES.len() { "all".to_owned() } else { shapes.join(", ") };
                writeln!(text, "  {name} -> {answer}  ({all})").unwrap();
            }
        }
        writeln!(text, "  not taken: {}\n", not_taken.join("; ")).unwrap();
    }
    insta::assert_snapshot!(text);
}
