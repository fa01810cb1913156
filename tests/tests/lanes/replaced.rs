//! Settings or credentials change while work is under way, by command or behind Docket's back.

use docket_core::api::{Command, ErrorCode};
use docket_core::domain::{LogKind, PersonDecision, State};
use docket_practice::{FaultKind, PracticePlatform};
use docket_tests::desk::run;
use docket_tests::gate::Gate;
use docket_tests::shift::{Shift, key};

/// Another key of the same merchant.
const NEW: &str = "sandbox_key_the_new_one_0123456789";
/// Requests may be held for as long as a test takes.
const PATIENT: [(&str, &str); 1] = [("timeout_ms", "60000")];

/// One order on its way, held before it arrives.
async fn held() -> (Shift, Gate) {
    let (shift, gate) = Shift::behind_gate(PracticePlatform::Pathao, 4, &PATIENT).await;
    gate.hold(1);
    shift.dispatch(&["SO-1"]).await;
    shift.until("it is held", async |_| gate.held() == 1).await;
    (shift, gate)
}

async fn new_credential(shift: &Shift) {
    shift.swap_key(NEW).await;
    run(&shift.core, Command::SetCredentials { name: "main".into() }).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn new_settings_lose_no_request_that_is_on_its_way() {
    let (shift, gate) = held().await;
    shift.set("max_in_flight", "3").await;
    shift.dispatch(&["SO-2", "SO-3"]).await;
    for number in ["SO-2", "SO-3"] {
        shift.until_state(number, State::Dispatched).await;
    }
    assert_eq!(shift.state("SO-1").await, State::Sending, "its answer is still awaited");
    gate.let_go();
    shift.until_state("SO-1", State::Dispatched).await;
    shift.rest().await;
    let order = shift.order("SO-1").await;
    assert_eq!(order.bound_by.map(|by| by.code()), Some("response"), "by the answer to the old request");
    assert_eq!((order.attempts, order.lookups), (1, 0));
    assert_eq!((gate.creates(), shift.ours().len()), (3, 3));
    shift.verifies().await;
    shift.core.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn settings_that_change_all_the_time_lose_nothing_and_send_nothing_twice() {
    let (shift, gate) = Shift::behind_gate(PracticePlatform::Pathao, 60, &[("max_in_flight", "2")]).await;
    shift.dispatch_all().await;
    for round in 0..40 {
        shift.set("patience_s", if round % 2 == 0 { "61" } else { "60" }).await;
    }
    shift.until("all are bound", async |shift| shift.core.counts(None).await.expect("counts").dispatched == 60).await;
    shift.rest().await;
    assert_eq!((gate.creates(), shift.ours().len()), (60, 60));
    assert_eq!(shift.told(None, LogKind::SendStarted).await, 60);
    shift.verifies().await;
    shift.core.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_of_the_old_credential_does_not_pause_the_new_one() {
    let (shift, gate) = held().await;
    gate.take(NEW);
    new_credential(&shift).await;
    gate.refuse(&gate.key());
    gate.let_go();
    // Refused under the old key, and sent again under the new one.
    shift.until_state("SO-1", State::Dispatched).await;
    shift.dispatch(&["SO-2"]).await;
    shift.until_state("SO-2", State::Dispatched).await;
    shift.rest().await;
    assert_eq!(shift.account().await.paused, None);
    let keys: Vec<_> = gate.knocks().into_iter().filter(|k| k.creates()).map(|k| k.key).collect();
    assert_eq!(keys, [gate.key(), NEW.to_owned(), NEW.to_owned()]);
    assert_eq!(shift.ours().len(), 2);
    shift.verifies().await;
    shift.core.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_credential_that_is_refused_pauses_the_account_until_there_is_a_new_one() {
    let (shift, gate) = held().await;
    gate.refuse(&gate.key());
    gate.let_go();
    shift.until("it pauses", async |shift| shift.account().await.paused.is_some()).await;
    shift.dispatch(&["SO-2"]).await;
    shift.rest().await;
    assert_eq!(
        (gate.creates(), shift.state("SO-1").await, shift.state("SO-2").await),
        (1, State::Queued, State::Queued)
    );
    gate.take(NEW);
    new_credential(&shift).await;
    for number in ["SO-1", "SO-2"] {
        shift.until_state(number, State::Dispatched).await;
    }
    assert_eq!((shift.account().await.paused, shift.ours().len()), (None, 2));
    shift.verifies().await;
    shift.core.stop().await;
}

/// Three orders: in doubt, bound, a draft; the key in the store is another one since the program ended.
async fn swapped() -> (Shift, Gate) {
    let more = [("settle_ms", "0"), ("lookup_interval_ms", "60000"), ("lookup_interval_max_ms", "60000")];
    let (shift, gate) = Shift::behind_gate(PracticePlatform::Pathao, 3, &more).await;
    shift.dispatch(&["SO-2"]).await;
    shift.until_state("SO-2", State::Dispatched).await;
    shift.strike(FaultKind::LoseRequest, None, 1);
    shift.dispatch(&["SO-1"]).await;
    shift.until_state("SO-1", State::InDoubt).await;
    // Another account's key, and it would be taken.
    gate.take(NEW);
    shift.swap_key(NEW).await;
    let shift = shift.restart(|_| {}).await;
    (shift, gate)
}

fn under_new(gate: &Gate) -> usize {
    gate.knocks().iter().filter(|knock| knock.key == NEW).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_credential_swapped_behind_dockets_back_pauses_the_account_until_it_is_given_again() {
    let (shift, gate) = swapped().await;
    let paused = shift.account().await.paused.expect("it is paused");
    assert!(paused.contains("account credentials main"), "it names the remedy: {paused}");
    shift.dispatch(&["SO-3"]).await;
    shift.pass(120_000).await;
    assert_eq!((shift.state("SO-1").await, shift.state("SO-3").await), (State::InDoubt, State::Queued));
    assert_eq!(under_new(&gate), 0, "nothing goes out under it");
    run(&shift.core, Command::SetCredentials { name: "main".into() }).await;
    shift.until_state("SO-3", State::Dispatched).await;
    assert_eq!(shift.account().await.paused, None);
    shift.pass(120_000).await;
    // A replay under another credential is not known to be harmless; a proof of absence needs a newer known order.
    shift.until("it is with a person", async |shift| shift.state("SO-1").await == State::NeedsReview).await;
    assert_eq!(shift.ours().len(), 2);
    shift.verifies().await;
    shift.core.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_goes_out_under_a_swapped_credential_for_a_person_either() {
    let (shift, gate) = swapped().await;
    let asked = [
        Command::LookAgain { order: key("SO-1") },
        Command::Track { orders: vec![key("SO-2")] },
        Command::Cancel { order: key("SO-2") },
    ];
    for command in asked {
        let name = format!("{command:?}");
        match shift.ask(command).await {
            Err(refused) => {
                assert_eq!(refused.code, ErrorCode::NotAllowed, "{name}");
                assert!(refused.message.contains("paused"), "{name}: {refused}");
            }
            Ok(reply) => drop(reply),
        }
        assert_eq!(under_new(&gate), 0, "{name}");
    }
    // The cancel is not lost: it is carried out under the credential that is given.
    run(&shift.core, Command::SetCredentials { name: "main".into() }).await;
    shift.pass(120_000).await;
    shift.until_state("SO-2", State::Cancelled).await;
    shift.verifies().await;
    shift.core.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_release_under_a_swapped_credential_replays_nothing() {
    let more = [("settle_ms", "0"), ("patience_s", "0"), ("lookup_interval_ms", "20")];
    let (shift, gate) = Shift::behind_gate(PracticePlatform::Pathao, 1, &more).await;
    shift.strike(FaultKind::LoseRequest, None, 1);
    shift.strike_lookups(FaultKind::Error500Before, None, 100_000);
    shift.dispatch(&["SO-1"]).await;
    // No patience, and no clear lookup: a person is asked, and the key is still alive.
    shift.until_state("SO-1", State::NeedsReview).await;
    gate.take(NEW);
    shift.swap_key(NEW).await;
    let shift = shift.restart(|shift| shift.desk.practice.clear_faults().expect("no more faults")).await;
    let refused = shift.decide("SO-1", PersonDecision::Release, "send it").await.expect_err("the account is paused");
    assert_eq!(refused.code, ErrorCode::NotAllowed);
    assert!(refused.message.contains("paused"), "{refused}");
    shift.rest().await;
    assert_eq!((under_new(&gate), shift.ours().len()), (0, 0));
    assert_eq!(shift.state("SO-1").await, State::NeedsReview);
    shift.decide("SO-1", PersonDecision::Close, "never mind").await.expect("closing asks nobody");
    assert_eq!((shift.state("SO-1").await, under_new(&gate)), (State::Closed, 0));
    shift.verifies().await;
    shift.core.stop().await;
}
