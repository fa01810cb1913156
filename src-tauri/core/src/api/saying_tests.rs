//! What a merchant reads, in every state under every contract: each case is brought about by real decisions.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::coming::{self, HeldBack};
use super::knowing::{self, Standing};
use super::saying::{Known, Next, told};
use crate::decide::fence_life;
use crate::decide::tests::build::{
    ACTIVE, Case, HOUR, QUIET, SHAPES, TIMEOUT, answered, created, decided, ended, exists, lost, rejected,
};
use crate::domain::{
    CancelReply, CreateReply, Event, Fence, Lookup, Observed, OrderNo, PersonDecision, Platform, RemoteId, State,
};

type Brought = fn(Fence, Lookup) -> Option<Case>;

fn queued_after(fence: Fence, lookup: Lookup, event: Event) -> Option<Case> {
    let mut case = Case::sending(fence, lookup);
    case.take(event);
    Some(case)
}

/// In doubt, and told something by a replay, where one may be made.
fn replayed(fence: Fence, lookup: Lookup) -> Option<Case> {
    let mut case = Case::quiet(fence, lookup);
    fence_life(&case.facts()).is_alive().then(|| case.arm())?.ok()?;
    Some(case)
}

fn dispatched(fence: Fence, lookup: Lookup) -> Case {
    let mut case = Case::sending(fence, lookup);
    let ours = case.ours();
    case.take(created(1, ours));
    case
}

fn looked_up(fence: Fence, lookup: Lookup, seen: fn(&Case) -> Event) -> Option<Case> {
    let mut case = Case::in_doubt(fence, lookup);
    (lookup != Lookup::None).then_some(())?;
    let event = seen(&case);
    case.take(event);
    Some(case)
}

fn absent(fence: Fence, lookup: Lookup, before: fn(&mut Case)) -> Option<Case> {
    (lookup != Lookup::None).then_some(())?;
    let mut case = Case::unfenced(fence, lookup);
    before(&mut case);
    case.prove_absence();
    Some(case)
}

const IN_FLIGHT: [(&str, Brought); 21] = [
    ("queued", |fence, lookup| Some(Case::new(fence, lookup))),
    ("queued as the second dispatch", |fence, lookup| {
        let mut case = Case::new(fence, lookup);
        case.d.generation = 2;
        Some(case)
    }),
    ("queued, not sent", |f, l| queued_after(f, l, ended(1, Observed::NotSent { why: "connection refused".into() }))),
    ("queued, turned away", |f, l| queued_after(f, l, answered(1, 429, CreateReply::Busy { retry_after_ms: None }))),
    ("queued, credential refused", |f, l| {
        queued_after(f, l, answered(1, 401, CreateReply::Unauthorised { code: "invalid_api_key".into() }))
    }),
    ("queued behind a look-alike", |fence, lookup| {
        let mut case = Case::new(fence, lookup);
        case.take(Event::Due { held_by: Some(OrderNo::from("SO-9")) });
        Some(case)
    }),
    ("sending", |fence, lookup| Some(Case::sending(fence, lookup))),
    ("sending, a cancel remembered", |fence, lookup| {
        let mut case = Case::sending(fence, lookup);
        case.take(Event::CancelAsked);
        Some(case)
    }),
    ("sending again", replayed),
    ("in doubt", |fence, lookup| Some(Case::in_doubt(fence, lookup))),
    ("in doubt, looked up once", |f, l| looked_up(f, l, |case| Event::LookedUp(case.saw(Vec::new())))),
    ("in doubt, looked up in vain", |f, l| looked_up(f, l, |case| Event::LookedUp(case.saw_unclear()))),
    ("in doubt, quiet over", |fence, lookup| Some(Case::quiet(fence, lookup))),
    ("in doubt for two days", |fence, lookup| {
        let mut case = Case::in_doubt(fence, lookup);
        case.wait(48 * HOUR);
        Some(case)
    }),
    ("in doubt, the machine restarted", |fence, lookup| {
        let mut case = Case::in_doubt(fence, lookup);
        case.reboot("boot-2").wait(QUIET).server_ms = None;
        case.take(Event::Recovered);
        Some(case)
    }),
    ("in doubt, the platform has it", |fence, lookup| queued_after(fence, lookup, exists(1))),
    ("in doubt, a cancel remembered", |fence, lookup| {
        let mut case = Case::in_doubt(fence, lookup);
        case.take(Event::CancelAsked);
        Some(case)
    }),
    ("in doubt, to be sent anew once absent", |fence, lookup| {
        let mut case = Case::unfenced(fence, lookup);
        case.resend();
        Some(case)
    }),
    ("in doubt, a replay refused", |fence, lookup| {
        let mut case = replayed(fence, lookup)?;
        case.take(rejected(2));
        Some(case)
    }),
    ("in doubt, a replay lost, too", |fence, lookup| {
        let mut case = replayed(fence, lookup)?;
        case.wait(TIMEOUT).take(lost(2));
        Some(case)
    }),
    ("in doubt, half of a proof", |fence, lookup| {
        (lookup != Lookup::None).then_some(())?;
        let mut case = Case::unfenced(fence, lookup);
        case.look(Vec::new());
        (case.d.state == State::InDoubt).then_some(case)
    }),
];

const SETTLED: [(&str, Brought); 19] = [
    ("in review", |fence, lookup| absent(fence, lookup, |_| {})),
    ("in review, it differs", |f, l| {
        queued_after(f, l, answered(1, 409, CreateReply::ExistsDifferent { why: "another amount".into() }))
    }),
    ("in review, released", |fence, lookup| {
        let mut case = Case::in_doubt(fence, lookup);
        case.d.state = State::NeedsReview;
        case.d.progress.reason = Some("a person is asked".into());
        let looked = (lookup != Lookup::None).then(|| case.saw(Vec::new()));
        case.take(decided(PersonDecision::Release, None, looked));
        Some(case)
    }),
    ("closed", |fence, lookup| {
        let mut case = Case::review(fence, lookup);
        case.take(decided(PersonDecision::Close, None, None));
        Some(case)
    }),
    ("dispatched", |fence, lookup| Some(dispatched(fence, lookup))),
    ("dispatched, found", |f, l| {
        l.is_exact().then(|| looked_up(f, l, |case| Event::LookedUp(case.saw(vec![case.ours()]))))?
    }),
    ("dispatched, by a replay", |fence, lookup| {
        let mut case = replayed(fence, lookup)?;
        let ours = case.ours();
        case.take(created(2, ours));
        Some(case)
    }),
    ("dispatched, followed", |fence, lookup| {
        let mut case = dispatched(fence, lookup);
        let mut remote = case.ours();
        remote.status = Some("delivered".into());
        case.take(Event::StatusSeen(remote));
        Some(case)
    }),
    ("dispatched, a cancel waits", |fence, lookup| {
        let mut case = dispatched(fence, lookup);
        case.frees = true;
        case.take(Event::CancelAsked);
        Some(case)
    }),
    ("dispatched, a cancel sent", |fence, lookup| {
        let mut case = dispatched(fence, lookup);
        case.take(Event::CancelAsked);
        Some(case)
    }),
    ("dispatched, a cancel refused", |fence, lookup| {
        let mut case = dispatched(fence, lookup);
        case.take(Event::CancelAsked);
        case.take(Event::CancelEnded(CancelReply::TooLate { code: "noncancelable_delivery".into() }));
        Some(case)
    }),
    ("cancelled", |fence, lookup| {
        let mut case = dispatched(fence, lookup);
        case.take(Event::CancelAsked);
        case.take(Event::CancelEnded(CancelReply::Cancelled { fee: None }));
        Some(case)
    }),
    ("cancelled, never there", |fence, lookup| {
        absent(fence, lookup, |case| {
            case.take(Event::CancelAsked);
        })
        .filter(|case| case.d.state == State::Cancelled)
    }),
    ("cancelled before, taken back since", |fence, lookup| {
        let mut case = Case::new(fence, lookup);
        case.d.came_from = State::Cancelled;
        case.arm().ok()?;
        case.take(ended(1, Observed::NotSent { why: "deadline passed".into() }));
        case.take(Event::Withdrawn);
        Some(case)
    }),
    ("released, the next generation taken back", |fence, lookup| {
        let mut case = Case::review(fence, lookup);
        case.wait(100 * HOUR);
        let lookup = (lookup != Lookup::None).then(|| case.saw(Vec::new()));
        case.take(decided(PersonDecision::Release, Some("it is not there"), lookup));
        (case.d.state == State::Cancelled).then_some(case)
    }),
    ("refused", |fence, lookup| queued_after(fence, lookup, rejected(1))),
    ("refused, never there", |fence, lookup| {
        let mut case = replayed(fence, lookup).filter(|_| lookup != Lookup::None)?;
        case.take(rejected(2));
        case.wait(QUIET).prove_absence();
        (case.d.state == State::Refused).then_some(case)
    }),
    ("refused before, taken back since", |fence, lookup| {
        let mut case = Case::new(fence, lookup);
        case.d.came_from = State::Refused;
        case.arm().ok()?;
        case.take(answered(1, 429, CreateReply::Busy { retry_after_ms: None }));
        case.take(Event::Withdrawn);
        Some(case)
    }),
    ("draft, taken back", |fence, lookup| {
        let mut case = Case::sending(fence, lookup);
        case.take(answered(1, 429, CreateReply::Busy { retry_after_ms: None }));
        case.take(Event::Withdrawn);
        Some(case)
    }),
];

const FREE: HeldBack<'_> = HeldBack { account: "shop", paused: None, shut: None, looked_for_first: false };

fn said(case: &Case, held: HeldBack<'_>) -> (Vec<Known>, Vec<Next>) {
    let order = Standing {
        state: case.d.state,
        since_ms: case.now.wall_ms,
        platform: Platform::Postmates,
        rules: Some(&case.rules),
    };
    (knowing::known(order, Some(&case.d)), coming::next(&case.facts(), held))
}

fn every_case() -> impl Iterator<Item = (&'static str, &'static str, Case)> {
    IN_FLIGHT.iter().chain(&SETTLED).flat_map(|(what, bring)| {
        SHAPES.iter().filter_map(|(shape, fence, lookup)| Some((*what, *shape, bring(*fence, *lookup)?)))
    })
}

#[test]
fn every_state_under_every_contract_has_its_sentences() {
    let mut page = String::new();
    let mut seen: Vec<(&str, BTreeMap<String, Vec<&str>>)> = Vec::new();
    for (what, shape, case) in every_case() {
        let (known, next) = said(&case, FREE);
        let now = case.now.wall_ms;
        let text = format!("{}\n    -> {}", told(&known, now), told(&next, now));
        if seen.last().is_none_or(|(last, _)| *last != what) {
            seen.push((what, BTreeMap::new()));
        }
        let texts = &mut seen.last_mut().expect("it was pushed").1;
        texts.entry(text.trim_end_matches(['-', '>', ' ', '\n']).to_owned()).or_default().push(shape);
    }
    for (what, texts) in &seen {
        writeln!(page, "{what}").unwrap();
        for (text, shapes) in texts {
            let shapes = if shapes.len() == SHAPES.len() { "every contract".to_owned() } else { shapes.join(", ") };
            writeln!(page, "  {shapes}\n    {text}").unwrap();
        }
    }
    insta::assert_snapshot!(page);
}

#[test]
fn no_sentence_is_bolder_than_the_facts() {
    for (what, shape, case) in every_case() {
        let (known, next) = said(&case, FREE);
        let text = told(&known, case.now.wall_ms);
        let unknown = case.d.any_unknown();
        let place = format!("{what}, {shape}: {text}");
        assert!(!known.is_empty(), "{place}");
        assert!(!text.contains("othing was sent") || case.d.attempts_left() == 0, "{place}");
        assert!(!text.contains("Nothing was created") || !unknown || !case.d.progress.absences.is_empty(), "{place}");
        assert_eq!(text.contains("One order exists"), case.d.remote_id.is_some() && case.d.state == State::Dispatched);
        let safe = |step: &Next| {
            matches!(
                step,
                Next::ReplayUntil { .. }
                    | Next::ReplayAlways {}
                    | Next::SafeUntil { .. }
                    | Next::SafeAlways {}
                    | Next::SentAgain { .. }
                    | Next::ReleasedReplay { .. }
            )
        };
        if next.iter().any(safe) {
            assert!(fence_life(&case.facts()).is_alive(), "{place} -> {next:?}");
            assert!(!case.d.progress.cancel_asked && case.d.progress.presence.is_none(), "{place} -> {next:?}");
        }
        if case.d.state == State::InDoubt {
            assert!(unknown && !next.is_empty(), "{place} -> {next:?}");
        }
    }
}

#[test]
fn every_state_is_walked() {
    let mut missing: Vec<State> = State::ALL.to_vec();
    every_case().for_each(|(_, _, case)| missing.retain(|state| *state != case.d.state));
    assert_eq!(missing, Vec::<State>::new());
}

#[test]
fn an_account_that_is_held_back_says_so_and_promises_nothing() {
    for (what, shape, case) in every_case() {
        let paused = HeldBack { paused: Some("the platform refused the credential"), ..FREE };
        let (_, next) = said(&case, paused);
        let alone = matches!(next.as_slice(), [] | [Next::AccountPaused { .. } | Next::AnswerDue { .. }]);
        assert!(alone, "{what}, {shape}: {next:?}");
    }
    let case = Case::new(ACTIVE, Lookup::ScanForReference);
    let (_, next) = said(&case, HeldBack { shut: Some("the ledger was restored"), ..FREE });
    assert!(matches!(next.as_slice(), [Next::AccountShut { .. }]), "{next:?}");
    let (_, next) = said(&case, HeldBack { looked_for_first: true, ..FREE });
    assert!(matches!(next.as_slice(), [Next::LookedForFirst { .. }]), "{next:?}");
}

#[test]
fn a_ledger_without_the_dispatch_says_so_and_guesses_nothing() {
    for state in State::ALL {
        let order = Standing { state, since_ms: 0, platform: Platform::Pathao, rules: None };
        let expected = if state == State::Draft { Known::NothingSent {} } else { Known::NoDispatch {} };
        assert_eq!(knowing::known(order, None), vec![expected], "{state}");
    }
    let mut case = dispatched(ACTIVE, Lookup::ScanForReference);
    case.d.remote_id = None::<RemoteId>;
    assert_eq!(said(&case, FREE).0, vec![Known::NoDispatch {}]);
}
