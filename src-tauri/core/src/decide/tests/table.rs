//! The table of what to do in doubt, row by row, both columns.

use crate::domain::{BoundBy, Effect, Event, Fence, Fingerprint, LogKind, Lookup, PersonDecision, RemoteId, State};

use super::build::*;

#[test]
fn found_one_ours_is_adopted_in_both_columns() {
    for mut case in [Case::quiet(KEY, BY_REF), Case::unfenced(KEY, BY_REF), Case::in_doubt(ACTIVE, BY_REF)] {
        let ours = case.ours();
        let decision = case.look(vec![ours]);
        assert_eq!(decision.change.bind, Some((RemoteId::from("r1"), BoundBy::Lookup)));
        assert_eq!(kinds(&decision), [LogKind::LookupFinished, LogKind::Bound]);
        assert_eq!((case.d.state, decision.effect), (State::Dispatched, Effect::Wait));
    }
}

#[test]
fn a_quote_is_not_an_order() {
    let mut case = Case::unfenced(KEY, BY_REF);
    let mut quote = case.ours();
    quote.quote = true;
    assert_eq!(case.look(vec![quote]).change.state, State::InDoubt);
}

#[test]
fn a_single_lookalike_on_an_exclusive_account_is_adopted_when_repeated_after_quiet() {
    let mut case = Case::in_doubt(Fence::None, Lookup::ScanForLookalike);
    case.rules.exclusive = true;
    assert_eq!(case.look(vec![lookalike("r3")]).change.state, State::InDoubt, "before quiet nothing is adopted");
    assert!(case.d.progress.sightings.is_none(), "and it does not count");
    case.wait(QUIET);
    assert_eq!(case.look(vec![lookalike("r3")]).change.state, State::InDoubt, "once is not repeated");
    case.wait(case.rules.proof_spacing_ms() - 1);
    assert_eq!(case.look(vec![lookalike("r3")]).change.state, State::InDoubt, "too soon to count");
    case.wait(case.rules.proof_spacing_ms());
    assert_eq!(case.look(vec![lookalike("r3")]).change.bind, Some((RemoteId::from("r3"), BoundBy::Scan)));
}

#[test]
fn a_single_lookalike_on_a_shared_account_is_for_a_person() {
    let mut case = Case::quiet(Fence::None, Lookup::ScanForLookalike);
    case.look(vec![lookalike("r3")]);
    case.wait(case.rules.proof_spacing_ms());
    let decision = case.look(vec![lookalike("r3")]);
    assert_eq!(case.d.state, State::NeedsReview);
    assert_eq!(decision.change.progress.candidates, [lookalike("r3")]);
}

#[test]
fn several_or_one_that_differs_is_for_a_person_in_both_columns() {
    for case in [Case::quiet(KEY, BY_REF), Case::unfenced(KEY, BY_REF)] {
        let mut several = case.clone();
        let mut second = case.ours();
        second.id = RemoteId::from("r2");
        several.look(vec![case.ours(), second]);
        assert_eq!(several.d.state, State::NeedsReview);
        let mut differs = case.clone();
        let mut other = case.ours();
        other.fingerprint = Some(Fingerprint::from("another"));
        differs.look(vec![other]);
        assert_eq!(differs.d.state, State::NeedsReview);
        assert!(differs.d.progress.presence.is_some(), "something bears our reference: no replay any more");
        let mut claimed = case.clone();
        let mut outcome = case.saw(vec![case.ours()]);
        outcome.result.as_mut().unwrap().claimed.push(RemoteId::from("r1"));
        claimed.take(Event::LookedUp(outcome));
        assert_eq!(claimed.d.state, State::NeedsReview);
    }
    let mut scan = Case::quiet(Fence::None, Lookup::ScanForLookalike);
    scan.look(vec![lookalike("r3"), lookalike("r4")]);
    assert_eq!(scan.d.state, State::NeedsReview);
}

#[test]
fn not_there_and_the_fence_alive_replays_the_same_bytes() {
    for lookup in [BY_REF, HIDES, Lookup::ScanForReference] {
        let mut case = Case::quiet(KEY, lookup);
        assert_eq!(case.look(Vec::new()).effect, Effect::Arm);
        assert_eq!(case.arm().unwrap(), 2);
    }
}

#[test]
fn proven_absent_without_a_fence_asks_with_the_proof() {
    let mut case = Case::unfenced(KEY, BY_REF);
    let decision = case.prove_absence();
    assert_eq!(case.d.state, State::NeedsReview);
    assert_eq!(kinds(&decision), [LogKind::LookupFinished, LogKind::ProvenAbsent, LogKind::ReviewAsked]);
    assert_eq!(decision.log[1].detail["proof"].as_array().unwrap().len(), 2, "the log stores the proof");
}

#[test]
fn proven_absent_with_resend_makes_two_generations_and_then_asks() {
    for (made, effect) in [(0, Effect::NewGeneration), (1, Effect::NewGeneration), (2, Effect::Wait)] {
        let mut case = Case::unfenced(KEY, BY_REF);
        case.resend();
        case.d.progress.auto_generations = made;
        assert_eq!(case.prove_absence().effect, effect);
        assert_eq!(case.d.state, if made < 2 { State::Cancelled } else { State::NeedsReview });
    }
}

#[test]
fn proof_that_cannot_be_had_asks_at_once_without_a_fence_and_replays_with_one() {
    let mut case = Case::unfenced(KEY, HIDES);
    case.resend();
    case.look(Vec::new());
    assert_eq!(case.d.state, State::NeedsReview);
    assert!(case.d.progress.reason.as_ref().unwrap().contains("no order that has ended was shown"));
    let mut fenced = Case::quiet(KEY, HIDES);
    assert_eq!(fenced.look(Vec::new()).effect, Effect::Arm);
}

#[test]
fn three_unclear_lookups_after_quiet_replay_inside_a_fence() {
    let mut case = Case::in_doubt(KEY, BY_REF);
    for _ in 0..5 {
        assert_eq!(case.look_unclear().effect, Effect::Wait, "those before quiet do not count");
    }
    case.wait(QUIET);
    assert_eq!(case.look_unclear().effect, Effect::Wait);
    assert_eq!(case.look_unclear().effect, Effect::Wait);
    assert_eq!(case.look_unclear().effect, Effect::Arm);
}

#[test]
fn unclear_lookups_without_a_fence_are_asked_again_until_patience_is_spent() {
    let mut case = Case::unfenced(KEY, BY_REF);
    let mut looks = 0;
    while case.d.state == State::InDoubt {
        assert_eq!(case.look_unclear().effect, Effect::Wait);
        looks += 1;
        if case.d.state == State::InDoubt {
            case.wait_due();
        }
        assert!(looks < 100, "patience has an end");
    }
    assert_eq!(case.d.state, State::NeedsReview);
    assert!(looks > 5);
}

#[test]
fn a_quote_that_takes_our_reference_is_told_and_not_waited_out() {
    let mut case = Case::sending(FOREVER, BY_REF);
    case.take(exists(1));
    let mut quote = case.ours();
    quote.quote = true;
    let decision = case.look(vec![quote.clone()]);
    assert_eq!((case.d.state, decision.effect), (State::NeedsReview, Effect::Wait), "at once");
    let reason = case.d.progress.reason.clone().unwrap_or_default();
    assert!(reason.contains("a quote, which is no order"), "{reason}");
    let release = |reason| decided(PersonDecision::Release, reason, Some(case.saw(vec![quote.clone()])));
    assert!(case.decide(&release(None)).is_err(), "the platform did say that the reference is taken");
    let decision = case.decide(&release(Some("a colleague asked"))).unwrap();
    assert_eq!(
        (decision.change.state, decision.effect),
        (State::NeedsReview, Effect::Wait),
        "a release waits for quiet"
    );
    // Where nothing was said to be there, a quote is no presence: the fence is leaned on as ever.
    let mut case = Case::quiet(FOREVER, BY_REF);
    assert_eq!(case.look(vec![quote]).effect, Effect::Arm);
}

#[test]
fn presence_overrides_the_table() {
    for (fence, lookup) in [(KEY, BY_REF), (FOREVER, BY_REF), (Fence::None, Lookup::ScanForLookalike)] {
        let mut case = Case::sending(fence, lookup);
        case.resend();
        case.take(exists(1));
        assert_eq!(case.d.state, State::InDoubt);
        case.wait(QUIET + 1);
        while case.d.state == State::InDoubt {
            assert_eq!(case.look(Vec::new()).effect, Effect::Wait, "no replay and no new generation");
            if case.d.state == State::InDoubt {
                case.wait_due();
            }
        }
        assert_eq!(case.d.state, State::NeedsReview, "it ends in adopt or review, never in absence");
    }
}

#[test]
fn patience_bounds_doubt_but_three_lookups_are_tried_after_each_start() {
    for case in [Case::quiet(KEY, BY_REF), Case::unfenced(KEY, BY_REF)] {
        let mut case = case;
        case.wait(1_800_000);
        case.take(Event::Recovered);
        case.look_unclear();
        case.look_unclear();
        assert_eq!(case.d.state, State::InDoubt);
        case.look_unclear();
        assert_eq!(case.d.state, State::NeedsReview);
    }
}

/// Two hours asleep, or a night switched off: patience is over on the clock, and nobody has leaned on the fence yet.
#[test]
fn patience_does_not_end_before_a_living_fence_was_leaned_on_once() {
    let mut case = Case::in_doubt(FOREVER, BY_REF);
    for _ in 0..3 {
        case.wait_due();
        case.look(Vec::new());
    }
    case.now.wall_ms += 2 * HOUR;
    case.now.boot_ms += 2 * HOUR;
    case.wait_due();
    case.look(Vec::new());
    assert_eq!(case.d.state, State::InDoubt, "the end of quiet is waited for");
    case.wait(QUIET);
    assert_eq!(case.look(Vec::new()).effect, Effect::Arm, "and what is harmless is done");
    let mut dead = case.clone();
    dead.d.progress.fence_dead = Some("for this test".into());
    dead.look(Vec::new());
    assert_ne!(dead.d.state, State::Sending, "a dead fence is not leaned on");
    let mut replayed = case;
    replayed.arm().expect("a replay is armed");
    replayed.take(lost(2));
    replayed.wait_due();
    replayed.look(Vec::new());
    assert_eq!(replayed.d.state, State::NeedsReview, "once; patience is over");
}

#[test]
fn a_lost_request_costs_five_lookups_until_quiet_is_over() {
    let mut case = Case::in_doubt(KEY, BY_REF);
    let began = case.now.awake_ms;
    let mut looked_at = Vec::new();
    loop {
        case.wait_due();
        looked_at.push((case.now.awake_ms - began) / 1_000);
        if case.look(Vec::new()).effect == Effect::Arm {
            break;
        }
    }
    assert_eq!(looked_at, [2, 6, 14, 30, 90], "pauses double, and a look just before the end of quiet is saved");
}

#[test]
fn without_any_lookup_the_fence_alone_decides_and_patience_ends_it() {
    let mut case = Case::in_doubt(FOREVER, Lookup::None);
    case.wait_due();
    assert_eq!(case.due().effect, Effect::Wait, "quiet first");
    case.wait_due();
    assert_eq!(case.due().effect, Effect::Arm);
    case.wait(HOUR);
    case.due();
    assert_eq!(case.d.state, State::NeedsReview, "replays do not go on for ever");
    let mut bare = Case::quiet(Fence::None, Lookup::None);
    bare.due();
    assert_eq!(bare.d.state, State::NeedsReview);
}

#[test]
fn unknown_never_decays_into_failed() {
    for (_, fence, lookup) in SHAPES {
        let mut case = Case::in_doubt(fence, lookup);
        for round in 0..200 {
            case.wait(HOUR);
            // Patience ends only where lookups have failed since the last start: not every hour brings one.
            if round % 7 == 6 {
                case.reboot(&format!("boot-{round}"));
                case.take(Event::Recovered);
            }
            if case.due().effect == Effect::LookUp {
                case.look_unclear();
            }
            assert!(matches!(case.d.state, State::InDoubt | State::NeedsReview), "{fence:?} {lookup:?}");
        }
        assert_eq!(case.d.state, State::NeedsReview, "{fence:?} {lookup:?}: patience ends with a person");
    }
}
