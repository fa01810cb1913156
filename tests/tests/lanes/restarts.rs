//! The machine is restarted while something waits for quiet: it waits anew, and then goes on.

use docket_core::api::{Command, ErrorCode, Reply};
use docket_core::domain::{LogKind, PersonDecision, State};
use docket_practice::{FaultKind, PracticePlatform};
use docket_tests::desk::run;
use docket_tests::shift::{Shift, key};
use docket_tests::waiting::LONG;

const MINUTE: i64 = 60_000;
/// Quiet is ten minutes; lookups are slow enough that a loop can be seen to rest.
const SLOW: [(&str, &str); 3] =
    [("settle_ms", "600000"), ("lookup_interval_ms", "5000"), ("lookup_interval_max_ms", "60000")];

/// FoxReload, the first request lost, and a person asked while quiet still runs.
pub(super) async fn case() -> Shift {
    let mut more = SLOW.to_vec();
    more.push(("patience_s", "10"));
    let shift = Shift::begin(PracticePlatform::Foxreload, 1, &more).await;
    shift.strike(FaultKind::LoseRequest, None, 1);
    shift.dispatch(&["SO-1"]).await;
    shift.until_state("SO-1", State::InDoubt).await;
    // Three lookups and ten seconds: patience is over, quiet is not.
    for _ in 0..4 {
        shift.pass(11_000).await;
    }
    shift.until_state("SO-1", State::NeedsReview).await;
    shift
}

#[tokio::test(flavor = "multi_thread")]
async fn a_released_case_waits_for_quiet_anew_and_is_carried_out() {
    for closed in [false, true] {
        let shift = case().await;
        if closed {
            shift.decide("SO-1", PersonDecision::Close, "not now").await.expect("it is closed");
        }
        shift.decide("SO-1", PersonDecision::Release, "they have none").await.expect("it is released");
        shift.rest().await;
        let shift = shift.restart_machine().await;
        shift.pass(9 * MINUTE).await;
        assert_eq!((shift.creates(), shift.order("SO-1").await.generation), (1, 1), "closed {closed}: too early");
        shift.pass(2 * MINUTE).await;
        shift.until_state("SO-1", State::Dispatched).await;
        assert_eq!(shift.order("SO-1").await.generation, 2, "closed {closed}");
        assert_eq!((shift.creates(), shift.ours().len()), (2, 1), "closed {closed}");
        shift.verifies().await;
        shift.core.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_closed_case_that_nobody_released_stays_closed() {
    let shift = case().await;
    shift.decide("SO-1", PersonDecision::Close, "never").await.expect("it is closed");
    let shift = shift.restart_machine().await;
    for _ in 0..6 {
        shift.pass(24 * 60 * MINUTE).await;
    }
    assert_eq!((shift.state("SO-1").await, shift.creates()), (State::Closed, 1));
    shift.core.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancel_that_would_free_the_reference_waits_for_quiet_anew_and_is_carried_out() {
    let shift = Shift::begin(PracticePlatform::Postmates, 1, &SLOW).await;
    shift.strike(FaultKind::LoseResponse, None, 1);
    shift.dispatch(&["SO-1"]).await;
    shift.until_state("SO-1", State::InDoubt).await;
    shift.pass(6_000).await;
    shift.until_state("SO-1", State::Dispatched).await;
    run(&shift.core, Command::Cancel { order: key("SO-1") }).await;
    shift.pass(8 * MINUTE).await;
    assert_eq!(shift.state("SO-1").await, State::Dispatched, "a straggler may still come");
    let shift = shift.restart_machine().await;
    shift.pass(9 * MINUTE).await;
    assert_eq!(shift.state("SO-1").await, State::Dispatched, "quiet counts from the machine's start");
    assert!(shift.ours().iter().all(|order| order.ended_at_ms.is_none()), "and nothing is cancelled there");
    shift.pass(2 * MINUTE).await;
    shift.until_state("SO-1", State::Cancelled).await;
    assert!(shift.ours().iter().all(|order| order.ended_at_ms.is_some()));
    assert_eq!((shift.ours().len(), shift.creates()), (1, 1));
    shift.verifies().await;
    shift.core.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancel_that_would_free_the_reference_waits_for_the_quiet_of_an_answered_request_and_says_so() {
    let shift = Shift::begin(PracticePlatform::Postmates, 1, &SLOW).await;
    shift.dispatch(&["SO-1"]).await;
    shift.until_state("SO-1", State::Dispatched).await;
    let reply = run(&shift.core, Command::Cancel { order: key("SO-1") }).await;
    let Reply::Settled { message, .. } = &reply else { panic!("{reply:?}") };
    assert!(message.contains("sent when nothing that went out before can still arrive"), "{message}");
    shift.pass(9 * MINUTE).await;
    let shown = shift.core.order(key("SO-1")).await.expect("it is there");
    assert_eq!(shown.order.state, State::Dispatched, "a middle box may hold a copy of the request");
    assert!(shown.known.contains("it is sent when nothing"), "{}", shown.known);
    assert!(shown.next.contains("The cancel is sent in "), "{}", shown.next);
    // Asked for before the machine restarts, it waits anew and goes on.
    let shift = shift.restart_machine().await;
    shift.pass(9 * MINUTE).await;
    assert!(shift.ours().iter().all(|order| order.ended_at_ms.is_none()), "quiet counts from the machine's start");
    shift.pass(2 * MINUTE).await;
    shift.until_state("SO-1", State::Cancelled).await;
    assert_eq!((shift.ours().len(), shift.creates()), (1, 1));
    shift.verifies().await;
    shift.core.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancel_remembered_in_doubt_ends_with_proven_absence_after_the_new_quiet() {
    let shift = Shift::begin(PracticePlatform::Pathao, 3, &SLOW).await;
    shift.dispatch(&["SO-3"]).await;
    shift.until_state("SO-3", State::Dispatched).await;
    shift.ends("SO-3").await;
    shift.strike(FaultKind::LoseRequest, None, 1);
    shift.dispatch(&["SO-1"]).await;
    shift.until_state("SO-1", State::InDoubt).await;
    // With the one that has ended, the known orders that a proof needs.
    shift.dispatch(&["SO-2"]).await;
    shift.until_state("SO-2", State::Dispatched).await;
    run(&shift.core, Command::Cancel { order: key("SO-1") }).await;
    let shift = shift.restart_machine().await;
    shift.pass(9 * MINUTE).await;
    assert_eq!(shift.state("SO-1").await, State::InDoubt, "absence before quiet proves nothing");
    // Two lookups, a third of quiet apart at most.
    for _ in 0..6 {
        shift.pass(2 * MINUTE).await;
    }
    shift.until_state("SO-1", State::Cancelled).await;
    assert_eq!((shift.ours().len(), shift.creates()), (2, 3), "only the other ones exist, and nothing was replayed");
    assert_eq!(shift.told(Some("SO-1"), LogKind::ProvenAbsent).await, 1);
    shift.verifies().await;
    shift.core.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancel_asked_while_a_request_is_on_its_way_is_written_down_at_once() {
    // Answered, and stopped before any answer: the cancel is remembered either way, and carried out once.
    for stopped in [false, true] {
        let more = [("timeout_ms", "60000"), ("settle_ms", "1000")];
        let (shift, gate) = Shift::behind_gate(PracticePlatform::Pathao, 1, &more).await;
        shift.strike(FaultKind::Hold, None, 1);
        shift.dispatch(&["SO-1"]).await;
        shift.until("it is there, and unanswered", async |shift| shift.ours().len() == 1).await;
        let asked = tokio::time::timeout(LONG / 4, shift.ask(Command::Cancel { order: key("SO-1") })).await;
        let reply = asked.expect("it does not wait for the answer").expect("it is taken");
        assert!(matches!(reply, Reply::Settled { state: State::Sending, .. }), "{reply:?}");
        assert!(shift.order("SO-1").await.cancel_asked);
        let twice = shift.ask(Command::Cancel { order: key("SO-1") }).await.expect_err("once is enough");
        assert_eq!(twice.code, ErrorCode::NotAllowed);
        let shift = if stopped { shift.restart_machine().await } else { shift };
        if !stopped {
            shift.desk.practice.release().expect("answers can be let go");
        }
        shift.until_state("SO-1", State::Cancelled).await;
        let cancels = gate.knocks().iter().filter(|knock| knock.line.contains("cancel")).count();
        assert_eq!((cancels, gate.creates(), shift.ours().len()), (1, 1, 1), "stopped {stopped}");
        assert!(shift.ours()[0].ended_at_ms.is_some());
        shift.verifies().await;
        shift.core.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_with_a_release_that_waits_is_not_removed() {
    let shift = case().await;
    shift.decide("SO-1", PersonDecision::Close, "not now").await.expect("it is closed");
    let remove = || shift.ask(Command::RemoveAccount { name: "main".into() });
    shift.decide("SO-1", PersonDecision::Release, "they have none").await.expect("it is released");
    let refused = remove().await.expect_err("it waits to be sent");
    assert_eq!(refused.code, ErrorCode::NotAllowed, "{refused}");
    shift.pass(11 * MINUTE).await;
    shift.until_state("SO-1", State::Dispatched).await;
    remove().await.expect("nothing is open any more");
    shift.core.stop().await;
}
