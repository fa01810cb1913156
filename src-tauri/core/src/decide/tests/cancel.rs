//! Cancel: remembered while nothing is known, carried out once, never before a straggler could find the reference free.

use crate::domain::{
    CancelReply, Effect, Event, Fence, LogKind, Lookup, Money, Observed, PersonDecision, RemoteId, RemoteOrder, State,
};

use super::build::*;

#[test]
fn a_cancel_in_doubt_forbids_replays_and_proven_absence_settles_it() {
    let mut case = Case::quiet(FOREVER, BY_REF);
    case.resend();
    case.take(Event::CancelAsked);
    assert_eq!(case.look(Vec::new()).effect, Effect::Wait, "no replay, though the fence lives");
    assert!(case.arm().is_err());
    case.wait(case.rules.proof_spacing_ms());
    let decision = case.look(Vec::new());
    assert_eq!((case.d.state, decision.effect.clone()), (State::Cancelled, Effect::Wait), "and no new generation");
    assert_eq!(kinds(&decision), [LogKind::LookupFinished, LogKind::ProvenAbsent]);
}

#[test]
fn a_cancel_in_doubt_is_carried_out_once_when_the_order_is_found() {
    let mut case = Case::in_doubt(KEY, BY_REF);
    case.take(Event::CancelAsked);
    let ours = case.ours();
    assert_eq!(case.look(vec![ours]).effect, Effect::Cancel(RemoteId::from("r1")));
    assert_eq!(case.due().effect, Effect::Wait, "it is on its way");
    assert!(case.decide(&Event::CancelAsked).is_err());
    case.take(Event::CancelEnded(CancelReply::Cancelled { fee: None }));
    assert_eq!(case.d.state, State::Cancelled);
}

#[test]
fn what_a_cancelled_order_costs_is_logged_and_shown() {
    let fee = |amount| Some(Money { amount, currency: "USD".into() });
    for (told, shown) in [(fee(250), fee(250)), (None, fee(975))] {
        let mut case = Case::in_doubt(KEY, BY_REF);
        let ours = RemoteOrder { fee: fee(975), ..case.ours() };
        case.look(vec![ours.clone()]);
        case.take(Event::CancelAsked);
        let decision = case.take(Event::CancelEnded(CancelReply::Cancelled { fee: told.clone() }));
        assert_eq!(case.d.state, State::Cancelled);
        assert_eq!(decision.log[0].detail.get("fee"), told.map(|fee| serde_json::json!(fee)).as_ref());
        let remote = decision.change.remote.unwrap_or(ours);
        assert_eq!(remote.fee, shown, "what the platform does not say stays as it was");
    }
}

#[test]
fn a_cancel_that_frees_the_reference_waits_for_the_quiet_of_every_attempt() {
    let mut case = Case::in_doubt(ACTIVE, BY_REF);
    case.frees = true;
    case.take(Event::CancelAsked);
    let ours = case.ours();
    assert_eq!(case.look(vec![ours]).effect, Effect::Wait);
    assert_eq!(case.d.state, State::Dispatched);
    case.wait(QUIET - 1);
    assert_eq!(case.due().effect, Effect::Wait);
    case.wait(1);
    assert_eq!(case.due().effect, Effect::Cancel(RemoteId::from("r1")));
}

#[test]
fn a_cancel_that_frees_the_reference_waits_for_copies_of_answered_requests_too() {
    let mut case = Case::quiet(ACTIVE, BY_REF);
    case.frees = true;
    case.look(Vec::new());
    case.arm().unwrap();
    let ours = case.ours();
    case.take(created(2, ours));
    assert_eq!(case.take(Event::CancelAsked).effect, Effect::Wait, "a middle box may hold a copy of the replay");
    case.wait(QUIET - 1);
    assert_eq!(case.due().effect, Effect::Wait);
    case.wait(1);
    assert_eq!(case.due().effect, Effect::Cancel(RemoteId::from("r1")));
    // Asked for while the request was on its way, it waits from the answer on.
    let mut remembered = Case::sending(ACTIVE, BY_REF);
    remembered.frees = true;
    remembered.take(Event::CancelAsked);
    let ours = remembered.ours();
    assert_eq!(remembered.take(created(1, ours)).effect, Effect::Wait);
    remembered.wait(QUIET);
    assert_eq!(remembered.due().effect, Effect::Cancel(RemoteId::from("r1")));
}

#[test]
fn what_never_left_holds_up_no_cancel() {
    let mut case = Case::sending(ACTIVE, BY_REF);
    case.frees = true;
    case.take(ended(1, Observed::NotSent { why: "refused".into() }));
    case.wait_due();
    case.arm().unwrap();
    let ours = case.ours();
    case.take(created(2, ours));
    case.reboot("boot-2");
    // What was not sent stays as it is; what was answered counts anew from here.
    let decision = case.take(Event::CancelAsked);
    assert_eq!(decision.effect, Effect::Wait);
    assert_eq!(decision.change.progress.next_at, Some(case.now.plus(QUIET)));
    case.wait(QUIET);
    assert_eq!(case.due().effect, Effect::Cancel(RemoteId::from("r1")));
}

#[test]
fn a_cancel_that_waits_for_quiet_ends_however_often_the_machine_restarts() {
    for answered in [true, false] {
        let mut case = if answered { Case::sending(ACTIVE, BY_REF) } else { Case::in_doubt(ACTIVE, BY_REF) };
        case.frees = true;
        let ours = case.ours();
        if answered {
            case.take(created(1, ours.clone()));
        } else {
            case.look(vec![ours.clone()]);
        }
        case.reboot("boot-2");
        assert_eq!(case.take(Event::CancelAsked).effect, Effect::Wait);
        case.wait(QUIET - 1);
        case.reboot("boot-3");
        case.take(Event::Recovered);
        assert_eq!(case.due().effect, Effect::Track(RemoteId::from("r1")), "after a start the status is read first");
        let running = RemoteOrder { ended: Some(false), ..ours };
        assert_eq!(case.take(Event::StatusSeen(running)).effect, Effect::Wait, "quiet counts from this start");
        case.wait(QUIET);
        assert_eq!(case.due().effect, Effect::Cancel(RemoteId::from("r1")), "and not for ever");
    }
}

#[test]
fn a_cancel_remembered_while_nothing_was_sent_takes_the_order_back() {
    let mut case = Case::sending(KEY, BY_REF);
    case.take(Event::CancelAsked);
    let decision = case.take(ended(1, Observed::NotSent { why: "refused".into() }));
    assert_eq!(case.d.state, State::Draft);
    assert_eq!(kinds(&decision), [LogKind::SendFinished, LogKind::Withdrawn]);
}

#[test]
fn a_cancel_remembered_while_a_second_dispatch_was_not_carried_out_does_not_bring_the_first_back() {
    for came_from in [State::Draft, State::Refused, State::Cancelled, State::Dispatched] {
        let mut case = Case::new(KEY, BY_REF);
        case.d.came_from = came_from;
        let unarmed = case.decide(&Event::Withdrawn).unwrap().change.state;
        assert_eq!(unarmed, came_from, "nothing was armed: as it was");
        case.arm().unwrap();
        case.take(Event::CancelAsked);
        case.take(ended(1, Observed::NotSent { why: "refused".into() }));
        let spent = if came_from == State::Dispatched { State::Cancelled } else { came_from };
        assert_eq!(case.d.state, spent, "its generation is spent, and nothing is bound to it");
    }
}

#[test]
fn a_lookalike_is_not_cancelled_without_a_person() {
    let mut case = Case::quiet(Fence::None, Lookup::ScanForLookalike);
    case.rules.exclusive = true;
    case.take(Event::CancelAsked);
    case.look(vec![lookalike("r3")]);
    case.wait(case.rules.proof_spacing_ms());
    case.look(vec![lookalike("r3")]);
    assert_eq!(case.d.state, State::NeedsReview);
    let lookup = case.saw(vec![lookalike("r3")]);
    let adopt = PersonDecision::Adopt { remote: RemoteId::from("r3") };
    let decision = case.take(decided(adopt, None, Some(lookup)));
    assert_eq!(decision.effect, Effect::Cancel(RemoteId::from("r3")), "adopted by a person, it is");
}

#[test]
fn an_unknown_cancel_reads_the_status_before_another() {
    let mut case = Case::sending(KEY, BY_REF);
    let ours = case.ours();
    case.take(created(1, ours.clone()));
    case.take(Event::CancelAsked);
    case.take(Event::CancelEnded(CancelReply::Unclear { why: "http 502".into() }));
    case.wait_due();
    assert_eq!(case.due().effect, Effect::Track(RemoteId::from("r1")));
    let mut ended = ours.clone();
    ended.ended = Some(true);
    ended.succeeded = Some(false);
    let mut returned = case.clone();
    ended.status = Some("returned".into());
    returned.take(Event::StatusSeen(ended.clone()));
    assert_eq!(returned.d.state, State::Dispatched, "it came back, which is no cancel");
    assert!(returned.d.progress.cancel_unclear && !returned.d.progress.cancel_asked);
    ended.status = Some("canceled".into());
    let mut gone = case.clone();
    gone.take(Event::StatusSeen(ended));
    assert_eq!(gone.d.state, State::Cancelled);
    let mut untold = case.clone();
    let mut over = ours.clone();
    over.ended = Some(true);
    untold.take(Event::StatusSeen(over));
    let p = &untold.d.progress;
    assert_eq!(untold.d.state, State::Dispatched, "it may have been delivered");
    assert_eq!((p.cancel_asked, p.cancel_unclear, p.cancel_refused.is_some()), (false, true, true));
    let mut running = ours;
    running.ended = Some(false);
    assert_eq!(case.take(Event::StatusSeen(running)).effect, Effect::Cancel(RemoteId::from("r1")));
}

#[test]
fn a_cancel_whose_end_is_never_heard_is_looked_after() {
    let mut case = Case::sending(KEY, BY_REF);
    let ours = case.ours();
    case.take(created(1, ours.clone()));
    case.take(Event::CancelAsked);
    let mut running = ours;
    running.ended = Some(false);
    assert_eq!(case.take(Event::StatusSeen(running)).effect, Effect::Wait, "no second cancel beside the first");
    case.wait_due();
    assert_eq!(case.due().effect, Effect::Track(RemoteId::from("r1")));
}

#[test]
fn a_status_of_another_order_is_not_ours_and_is_never_cancelled() {
    let mut case = Case::sending(KEY, BY_REF);
    let ours = case.ours();
    case.take(created(1, ours));
    case.take(Event::CancelAsked);
    case.take(Event::CancelEnded(CancelReply::Unclear { why: "http 502".into() }));
    case.wait_due();
    let mut other = lookalike("r77");
    other.ended = Some(false);
    let decision = case.take(Event::StatusSeen(other));
    assert_eq!((decision.effect, decision.change.remote), (Effect::Wait, None));
}

#[test]
fn in_review_nothing_is_cancelled_and_in_the_queue_it_is_withdrawn() {
    assert!(Case::review(KEY, BY_REF).decide(&Event::CancelAsked).is_err());
    let mut queued = Case::new(KEY, BY_REF);
    assert_eq!(kinds(&queued.take(Event::CancelAsked)), [LogKind::Withdrawn]);
    assert_eq!(queued.d.state, State::Draft);
}
