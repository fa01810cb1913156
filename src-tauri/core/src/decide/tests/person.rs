//! A person's decision: the lookup is repeated, and its answer counts. Release waits for quiet.

use crate::domain::dispatch::Released;
use crate::domain::{BoundBy, Effect, Event, Fence, LogKind, Lookup, PersonDecision, RemoteId, State};

use super::build::*;

fn release(case: &mut Case, reason: Option<&str>) -> Effect {
    let lookup = (case.rules.contract.lookup != Lookup::None).then(|| case.saw(Vec::new()));
    case.take(decided(PersonDecision::Release, reason, lookup)).effect
}

fn adopt(id: &str) -> PersonDecision {
    PersonDecision::Adopt { remote: RemoteId::from(id) }
}

/// In review while quiet has not begun to run.
fn early(fence: Fence, lookup: Lookup) -> Case {
    let mut case = Case::in_doubt(fence, lookup);
    case.d.state = State::NeedsReview;
    case.d.progress.next_at = None;
    case
}

#[test]
fn release_inside_a_live_fence_replays_the_stored_bytes() {
    let mut case = Case::review(KEY, BY_REF);
    assert_eq!(release(&mut case, None), Effect::Arm);
    assert_eq!(case.arm().unwrap(), 2);
    assert_eq!(case.d.generation, 1);
}

#[test]
fn release_behind_a_dead_fence_makes_a_new_generation() {
    let mut case = Case::review(KEY, BY_REF);
    case.wait(2 * HOUR);
    assert_eq!(release(&mut case, None), Effect::NewGeneration);
}

#[test]
fn release_waits_for_quiet_and_looks_once_more() {
    for state in [State::NeedsReview, State::Closed] {
        let mut case = early(FOREVER, BY_REF);
        case.d.state = state;
        assert_eq!(release(&mut case, None), Effect::Wait);
        assert!(case.arm().is_err());
        case.wait_due();
        assert_eq!(case.due().effect, Effect::LookUp, "{state}");
        assert_eq!(case.look(Vec::new()).effect, Effect::Arm);
        assert_eq!(case.arm().unwrap(), 2);
    }
}

/// Whether a decision carries a release out.
fn sends(effect: &Effect) -> bool {
    matches!(effect, Effect::Arm | Effect::NewGeneration)
}

#[test]
fn a_release_waits_for_quiet_anew_after_a_restart_of_the_machine_and_is_then_carried_out() {
    for (name, fence, lookup) in SHAPES {
        for state in [State::NeedsReview, State::Closed] {
            let mut case = early(fence, lookup);
            case.d.state = state;
            assert_eq!(release(&mut case, Some("sure")), Effect::Wait);
            case.wait(QUIET / 2).reboot("boot-2");
            case.take(Event::Recovered);
            let started = case.now.clone();
            let mut effect = Effect::Wait;
            for _ in 0..6 {
                effect = case.wait_due().due().effect;
                if effect == Effect::LookUp {
                    effect = case.look(Vec::new()).effect;
                }
                if sends(&effect) {
                    break;
                }
            }
            assert!(sends(&effect), "{name} {state}: it sleeps for ever: {:?}", case.d.progress);
            assert!(case.now.awake_ms - started.awake_ms >= QUIET, "{name} {state}: too early");
        }
    }
}

#[test]
fn release_without_any_lookup_is_carried_out_when_quiet_is_over() {
    for (fence, effect) in [(Fence::None, Effect::NewGeneration), (FOREVER, Effect::Arm)] {
        let mut case = early(fence, Lookup::None);
        assert_eq!(release(&mut case, Some("I asked them")), Effect::Wait);
        case.wait_due();
        assert_eq!(case.due().effect, effect);
    }
}

#[test]
fn a_release_of_a_closed_case_outlives_a_reboot() {
    let mut case = early(Fence::None, Lookup::ScanForLookalike);
    case.take(decided(PersonDecision::Close, None, None));
    case.reboot("boot-2");
    case.take(Event::Recovered);
    assert_eq!(release(&mut case, None), Effect::Wait);
    case.reboot("boot-3");
    case.take(Event::Recovered);
    case.due();
    case.look(Vec::new());
    case.wait(QUIET);
    assert_eq!(case.due().effect, Effect::LookUp);
    assert_eq!(case.look(Vec::new()).effect, Effect::NewGeneration);
}

#[test]
fn release_repeats_the_lookup_and_a_find_settles_it() {
    let mut case = Case::review(KEY, BY_REF);
    assert!(case.decide(&decided(PersonDecision::Release, Some("now"), None)).is_err(), "it has to be asked first");
    let lookup = case.saw(vec![case.ours()]);
    let decision = case.take(decided(PersonDecision::Release, None, Some(lookup)));
    assert_eq!(decision.change.bind, Some((RemoteId::from("r1"), BoundBy::Lookup)));
    assert_eq!(decision.effect, Effect::Wait, "nothing is sent");
}

#[test]
fn a_changed_answer_asks_again_before_anything_is_sent() {
    let mut case = Case::review(Fence::None, Lookup::ScanForLookalike);
    let lookup = case.saw(vec![lookalike("r3")]);
    let event = decided(PersonDecision::Release, Some("none exists"), Some(lookup));
    assert_eq!(case.take(event.clone()).effect, Effect::Wait);
    assert!(case.d.progress.reason.as_ref().unwrap().contains("something new"));
    assert_eq!(case.take(event).effect, Effect::NewGeneration, "decided again in sight of it");
}

#[test]
fn a_changed_answer_while_a_release_waits_opens_the_case_again() {
    let mut case = early(Fence::None, Lookup::ScanForLookalike);
    release(&mut case, Some("none exists"));
    case.wait(QUIET);
    assert_eq!(case.look(vec![lookalike("r3")]).effect, Effect::Wait);
    assert!(case.d.progress.released.is_none());
}

#[test]
fn whoever_releases_an_order_does_not_want_it_cancelled_any_more() {
    let mut case = Case::review(KEY, BY_REF);
    case.d.progress.cancel_asked = true;
    let lookup = case.saw(vec![case.ours()]);
    let decision = case.take(decided(PersonDecision::Release, Some("send it"), Some(lookup)));
    assert_eq!((decision.effect, case.d.state), (Effect::Wait, State::Dispatched), "the find is bound, and stays");
    let mut waits = early(FOREVER, BY_REF);
    waits.d.progress.cancel_asked = true;
    assert_eq!(release(&mut waits, None), Effect::Wait);
    waits.wait(QUIET);
    let found = waits.look(vec![waits.ours()]);
    assert_eq!((found.effect, waits.d.state), (Effect::Wait, State::Dispatched));
}

#[test]
fn after_presence_a_release_needs_a_reason_and_never_replays() {
    let mut case = Case::sending(FOREVER, BY_REF);
    case.take(exists(1));
    case.wait(QUIET);
    case.d.state = State::NeedsReview;
    let lookup = case.saw(Vec::new());
    for reason in [None, Some("")] {
        assert!(case.decide(&decided(PersonDecision::Release, reason, Some(lookup.clone()))).is_err());
    }
    assert_eq!(release(&mut case, Some("the platform confirmed by phone")), Effect::NewGeneration);
}

#[test]
fn presence_that_comes_while_a_release_waits_takes_the_release_back() {
    let mut case = early(FOREVER, BY_REF);
    release(&mut case, None);
    case.take(exists(1));
    case.wait(QUIET);
    case.due();
    assert_eq!(case.look(Vec::new()).effect, Effect::Wait);
    assert!(case.arm().is_err());
}

#[test]
fn two_orders_under_our_reference_are_never_replayed_by_a_release() {
    let mut case = Case::quiet(FOREVER, BY_REF);
    let mut second = case.ours();
    second.id = RemoteId::from("r2");
    let rows = vec![case.ours(), second];
    case.look(rows.clone());
    let lookup = case.saw(rows);
    assert!(case.decide(&decided(PersonDecision::Release, None, Some(lookup.clone()))).is_err());
    let decision = case.take(decided(PersonDecision::Release, Some("both are void"), Some(lookup)));
    assert_eq!(decision.effect, Effect::NewGeneration);
}

#[test]
fn an_unclear_lookup_stops_a_release_that_no_fence_guards() {
    let unfenced = Case::review(Fence::None, Lookup::ScanForLookalike);
    let event = decided(PersonDecision::Release, Some("now"), Some(unfenced.saw_unclear()));
    assert!(unfenced.decide(&event).is_err());
    let mut fenced = Case::review(FOREVER, BY_REF);
    let unclear = fenced.saw_unclear();
    assert_eq!(fenced.take(decided(PersonDecision::Release, None, Some(unclear))).effect, Effect::Arm);
}

#[test]
fn nothing_in_review_is_armed_that_nobody_released() {
    for state in [State::NeedsReview, State::Closed] {
        let mut case = Case::review(FOREVER, BY_REF);
        case.d.state = state;
        assert!(case.arm().is_err());
    }
}

#[test]
fn adopt_takes_only_what_the_platform_shows_and_nobody_else_owns() {
    let case = Case::review(Fence::None, Lookup::ScanForLookalike);
    let mut claimed = case.saw(vec![lookalike("r3")]);
    claimed.result.as_mut().unwrap().claimed.push(RemoteId::from("r3"));
    let mut stranger = lookalike("r3");
    stranger.reference = Some("another".into());
    let mut quote = lookalike("r3");
    quote.quote = true;
    let refused = [
        Some(claimed),
        Some(case.saw(Vec::new())),
        Some(case.saw(vec![stranger])),
        Some(case.saw(vec![quote])),
        Some(case.saw_unclear()),
        None,
    ];
    for lookup in refused {
        assert!(case.decide(&decided(adopt("r3"), None, lookup)).is_err());
    }
    for state in [State::NeedsReview, State::Closed] {
        let mut good = case.clone();
        good.d.state = state;
        let lookup = good.saw(vec![lookalike("r3")]);
        let decision = good.take(decided(adopt("r3"), None, Some(lookup)));
        assert_eq!(decision.change.bind, Some((RemoteId::from("r3"), BoundBy::Person)));
    }
}

#[test]
fn a_closed_case_comes_back_only_through_adopt_or_release() {
    let mut case = Case::review(KEY, BY_REF);
    assert_eq!(kinds(&case.take(decided(PersonDecision::Close, None, None))), [LogKind::ReviewDecided]);
    assert!(case.decide(&decided(PersonDecision::Close, None, None)).is_err());
    assert!(case.decide(&Event::CancelAsked).is_err());
    assert!(case.decide(&Event::Withdrawn).is_err());
    case.wait_due();
    assert_eq!(case.due().effect, Effect::LookUp, "it is looked at later all the same");
    let ours = case.ours();
    assert_eq!(kinds(&case.look(vec![ours])), [LogKind::Incident]);
    assert_eq!(case.d.state, State::Closed);
    case.wait(2 * HOUR);
    assert_eq!(release(&mut case, Some("sure")), Effect::NewGeneration);
}

#[test]
fn closing_takes_back_a_release_that_still_waits() {
    for state in [State::NeedsReview, State::Closed] {
        let mut case = early(FOREVER, BY_REF);
        case.d.state = state;
        release(&mut case, None);
        case.take(decided(PersonDecision::Close, None, None));
        assert_eq!((case.d.state, case.d.progress.released.clone()), (State::Closed, None));
        case.wait(QUIET);
        assert!(case.arm().is_err());
    }
}

#[test]
fn a_case_in_review_keeps_its_exact_lookups_and_a_find_settles_it() {
    let mut case = Case::unfenced(KEY, BY_REF);
    case.prove_absence();
    for _ in 0..3 {
        case.wait_due();
        assert_eq!(case.due().effect, Effect::LookUp);
        case.look(Vec::new());
        assert_eq!(case.d.state, State::NeedsReview);
    }
    let ours = case.ours();
    case.look(vec![ours]);
    assert_eq!(case.d.state, State::Dispatched);
}

#[test]
fn a_scan_in_review_is_not_repeated_and_a_start_does_not_spin() {
    let mut case = Case::review(Fence::None, Lookup::ScanForLookalike);
    case.take(Event::Recovered);
    assert_eq!(case.d.progress.next_at, None);
    assert_eq!(case.due().effect, Effect::Wait);
}

#[test]
fn content_that_can_no_longer_be_sent_is_shown_to_a_person_and_not_tried_for_ever() {
    let mut doubt = Case::quiet(Fence::None, Lookup::ScanForLookalike);
    let decision = super::super::unsendable(&doubt.facts(), "template_id: is missing");
    assert_eq!((decision.change.state, decision.effect.clone()), (State::NeedsReview, Effect::Wait));
    doubt.d.state = State::NeedsReview;
    doubt.d.progress.released = Some(Released { reason: None });
    let decision = super::super::unsendable(&doubt.facts(), "template_id: is missing");
    assert_eq!((decision.change.state, kinds(&decision)), (State::NeedsReview, vec![LogKind::Incident]));
    let p = &decision.change.progress;
    assert!(p.released.is_none() && p.next_at.is_none(), "it rests until somebody acts");
    assert!(p.reason.as_ref().is_some_and(|why| why.contains("template_id")));
}
