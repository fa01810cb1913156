//! Answers that come late, and requests that never end.

use crate::domain::{CreateReply, Effect, Event, LogKind, Observed, RemoteId, State};

use super::build::*;

fn different(n: u32) -> Event {
    answered(n, 409, CreateReply::ExistsDifferent { why: "other address".into() })
}

#[test]
fn a_late_answer_binds_in_doubt_in_review_and_when_closed() {
    for state in [State::InDoubt, State::NeedsReview, State::Closed] {
        let mut case = Case::quiet(KEY, BY_REF);
        case.d.state = state;
        let ours = case.ours();
        case.take(created(1, ours));
        assert_eq!(case.d.state, State::Dispatched);
    }
}

#[test]
fn a_late_answer_while_a_replay_is_on_its_way_is_kept() {
    let mut case = Case::quiet(FOREVER, BY_REF);
    case.look(Vec::new());
    case.arm().unwrap();
    let ours = case.ours();
    let decision = case.take(created(1, ours));
    assert_eq!((case.d.state, decision.effect), (State::Sending, Effect::Wait));
    case.take(lost(2));
    case.wait(QUIET);
    assert_eq!(case.look(Vec::new()).effect, Effect::Wait, "presence is proven: no third request");
}

#[test]
fn a_late_difference_is_presence_and_asks() {
    let mut case = Case::quiet(FOREVER, BY_REF);
    case.take(different(1));
    assert_eq!(case.d.state, State::NeedsReview);
    assert!(case.d.progress.presence.as_ref().unwrap().different);
}

#[test]
fn a_difference_is_not_adopted_when_the_lookup_cannot_compare() {
    let mut case = Case::sending(FOREVER, BY_REF);
    case.take(different(1));
    assert_eq!(case.d.state, State::NeedsReview);
    let mut row = case.ours();
    row.fingerprint = None;
    case.look(vec![row]);
    assert_eq!(case.d.state, State::NeedsReview);
    let ours = case.ours();
    case.look(vec![ours]);
    assert_eq!(case.d.state, State::Dispatched, "compared and equal, it is");
}

#[test]
fn a_late_refusal_of_a_replay_ends_the_replays() {
    let mut case = Case::quiet(FOREVER, BY_REF);
    case.look(Vec::new());
    case.arm().unwrap();
    case.take(lost(2));
    case.take(rejected(2));
    case.wait(QUIET);
    assert_eq!(case.look(Vec::new()).effect, Effect::Wait);
    assert_eq!(case.d.state, State::InDoubt);
}

#[test]
fn a_late_answer_that_names_a_second_order_is_an_incident() {
    let mut case = Case::in_doubt(KEY, BY_REF);
    let ours = case.ours();
    case.look(vec![ours.clone()]);
    assert_eq!(kinds(&case.take(created(1, ours))), [LogKind::SendFinished], "the one that is bound");
    let other = lookalike("r8");
    assert_eq!(kinds(&case.take(created(1, other))), [LogKind::SendFinished, LogKind::Incident]);
    assert_eq!(case.d.remote_id, Some(RemoteId::from("r1")));
    let mut absent = Case::unfenced(KEY, BY_REF);
    absent.resend();
    absent.prove_absence();
    let late = absent.ours();
    assert_eq!(kinds(&absent.take(created(1, late))), [LogKind::SendFinished, LogKind::Incident]);
}

#[test]
fn an_attempt_that_stays_silent_is_in_doubt_after_deadline_and_timeout() {
    let mut case = Case::sending(KEY, BY_REF);
    case.wait(10_000 + TIMEOUT);
    assert_eq!(case.due().change.state, State::Sending);
    case.wait_due();
    case.due();
    assert_eq!(case.d.state, State::InDoubt);
}

#[test]
fn a_crash_while_sending_is_in_doubt_and_looked_up_at_once() {
    let mut case = Case::sending(KEY, BY_REF);
    let decision = case.take(Event::Recovered);
    assert_eq!(kinds(&decision), [LogKind::Recovered]);
    assert_eq!(case.due().effect, Effect::LookUp);
}

#[test]
fn queued_stays_queued_over_a_start_and_is_then_worked_on() {
    let mut case = Case::new(KEY, BY_REF);
    case.take(Event::Recovered);
    assert_eq!(case.d.state, State::Queued);
    assert_eq!(case.due().effect, Effect::Arm);
}

#[test]
fn not_sent_busy_and_unauthorised_go_back_to_the_queue() {
    let mut case = Case::sending(KEY, BY_REF);
    case.take(ended(1, Observed::NotSent { why: "refused".into() }));
    assert_eq!(case.d.state, State::Queued);
    assert_eq!(case.due().effect, Effect::Wait, "after a pause");
    case.wait_due();
    assert_eq!(case.due().effect, Effect::Arm);
    case.arm().unwrap();
    case.take(answered(2, 429, CreateReply::Busy { retry_after_ms: Some(i64::MAX) }));
    let due = case.d.progress.next_at.clone().unwrap();
    assert!(due.awake_ms - case.now.awake_ms <= 24 * HOUR, "nothing waits for ever");
    case.wait_due();
    case.due();
    case.arm().unwrap();
    let paused = case.take(answered(3, 401, CreateReply::Unauthorised { code: "bad_key".into() }));
    assert_eq!(paused.effect, Effect::PauseAccount { code: "bad_key".into() });
    assert_eq!(case.d.state, State::Queued);
}

#[test]
fn only_one_request_is_on_its_way() {
    let case = Case::sending(FOREVER, BY_REF);
    for state in State::ALL {
        let mut case = case.clone();
        case.d.state = state;
        assert!(case.arm().is_err(), "{state}");
    }
}

#[test]
fn a_lookalike_waits_and_says_for_whom() {
    let mut case = Case::new(crate::domain::Fence::None, crate::domain::Lookup::ScanForLookalike);
    let holder = crate::domain::OrderNo::from("SO-0");
    let decision = case.take(Event::Due { held_by: Some(holder.clone()) });
    assert_eq!((decision.effect, decision.change.progress.waits_for), (Effect::Wait, Some(holder)));
    assert_eq!(case.due().effect, Effect::Arm, "until that one is settled");
}

#[test]
fn an_order_of_another_mode_is_bound_and_told_as_an_incident() {
    for (mode, told) in [(None, false), (Some(true), false), (Some(false), true)] {
        let mut case = Case::sending(KEY, BY_REF);
        let mut ours = case.ours();
        ours.test = mode;
        let decision = case.take(created(1, ours));
        assert_eq!(decision.change.state, State::Dispatched, "it exists, and it is ours");
        assert_eq!(kinds(&decision).contains(&LogKind::Incident), told, "{mode:?}");
    }
}
