//! The queue: what is taken back, what waits behind what, what a wrong number or a stop leaves alone.

use docket_core::api::{Command, DispatchRequest, ErrorCode, Reply};
use docket_core::domain::{LogKind, PersonDecision, RemoteId, State};
use docket_practice::{FaultKind, PracticePlatform};
use docket_tests::desk::run;
use docket_tests::shift::{Shift, key};

/// Dispatched, and ended by its platform.
async fn ended() -> Shift {
    let shift = Shift::begin(PracticePlatform::Pathao, 1, &[]).await;
    shift.dispatch(&["SO-1"]).await;
    shift.until_state("SO-1", State::Dispatched).await;
    let id = shift.order("SO-1").await.platform_order_id.expect("an id");
    shift.desk.practice.advance(PracticePlatform::Pathao, &id, "COMPLETED").expect("it is brought");
    run(&shift.core, Command::Track { orders: vec![key("SO-1")] }).await;
    assert!(shift.order("SO-1").await.platform_ended, "tracking sees the end");
    shift
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_dispatch_that_was_never_armed_leaves_the_first_as_it_was() {
    let shift = ended().await;
    let first = shift.order("SO-1").await;
    // A paused account arms nothing.
    shift.switch(|switches| switches.credentials_revoked = true);
    let _ = shift.ask(Command::Track { orders: vec![key("SO-1")] }).await;
    assert!(shift.account().await.paused.is_some());
    shift.again("SO-1").await;
    let queued = shift.order("SO-1").await;
    assert_eq!((queued.state, queued.generation), (State::Queued, 2));
    run(&shift.core, Command::Withdraw { orders: vec![key("SO-1")] }).await;
    let back = shift.order("SO-1").await;
    assert_eq!((back.state, back.generation), (State::Dispatched, 1));
    assert_eq!((&back.platform_order_id, &back.reference), (&first.platform_order_id, &first.reference));
    assert_eq!((back.bound_by, back.platform_ended), (first.bound_by, true));
    shift.verifies().await;
    // A cancel of one that is queued takes it back, too, and does not claim that the first is being cancelled.
    shift.again("SO-1").await;
    let reply = run(&shift.core, Command::Cancel { order: key("SO-1") }).await;
    let Reply::Settled { state, message } = reply else { panic!("{reply:?}") };
    assert_eq!((state, message.as_str()), (State::Dispatched, "withdrawn: nothing was sent"));
    assert!(!shift.order("SO-1").await.cancel_asked);
    // The same generation again, and this time it goes out: the same reference as the one that was withdrawn.
    shift.switch(|switches| switches.credentials_revoked = false);
    run(&shift.core, Command::TestAccount { name: "main".into() }).await;
    shift.again("SO-1").await;
    shift
        .until("the second one is bound", async |shift| {
            let order = shift.order("SO-1").await;
            order.state == State::Dispatched && order.generation == 2
        })
        .await;
    let second = shift.order("SO-1").await;
    assert_eq!((second.generation, &second.reference), (2, &queued.reference));
    assert_eq!((shift.ours().len(), shift.creates()), (2, 2));
    shift.verifies().await;
    shift.core.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_dispatch_that_was_armed_and_not_carried_out_is_cancelled() {
    let shift = ended().await;
    shift.strike(FaultKind::RateLimited, Some(3_600_000), 1);
    shift.again("SO-1").await;
    shift
        .until("it came back", async |shift| {
            let order = shift.order("SO-1").await;
            order.state == State::Queued && order.attempts == 2
        })
        .await;
    run(&shift.core, Command::Withdraw { orders: vec![key("SO-1")] }).await;
    let order = shift.order("SO-1").await;
    assert_eq!((order.state, order.generation, order.platform_order_id), (State::Cancelled, 2, None));
    shift.verifies().await;
    shift.core.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_number_among_right_ones_changes_nothing() {
    let shift = Shift::begin(PracticePlatform::Pathao, 3, &[]).await;
    let before = shift.core.counts(None).await.expect("counts");
    let entries = shift.told(None, LogKind::Imported).await;
    let orders = ["SO-1", "SO-2", "SO-99", "SO-3"].map(key).to_vec();
    for account in [None, Some("main".to_owned())] {
        let request = DispatchRequest { orders: orders.clone(), account, ..Default::default() };
        let refused = shift.ask(Command::Dispatch(request)).await.expect_err("there is no SO-99");
        assert_eq!(refused.code, ErrorCode::NotFound, "{refused}");
        assert!(refused.message.contains("SO-99"), "{refused}");
    }
    shift.rest().await;
    assert_eq!(shift.core.counts(None).await.expect("counts"), before);
    assert_eq!((entries, shift.told(None, LogKind::Reserved).await), (3, 0));
    assert_eq!(shift.creates(), 0);
    for number in ["SO-1", "SO-2", "SO-3"] {
        let order = shift.order(number).await;
        assert_eq!((order.state, order.generation, order.reference), (State::Draft, 0, None), "{number}");
    }
    shift.core.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_arms_nothing_more() {
    let (shift, gate) =
        Shift::behind_gate(PracticePlatform::Pathao, 30, &[("max_in_flight", "2"), ("timeout_ms", "60000")]).await;
    gate.hold(2);
    shift.dispatch_all().await;
    shift.until("two are held", async |_| gate.held() == 2).await;
    shift.core.stop().await;
    let armed = shift.told(None, LogKind::SendStarted).await;
    assert_eq!((armed, gate.creates()), (2, 2), "nothing but what was on its way");
    let counts = shift.core.counts(None).await.expect("counts");
    assert_eq!((counts.in_doubt, counts.queued), (2, 28), "{counts:?}");
    shift.verifies().await;
    let shift = shift.restart(|_| {}).await;
    shift.until("all are there", async |shift| shift.ours().len() == 30).await;
    shift.until("all are bound", async |shift| shift.core.counts(None).await.expect("counts").dispatched == 30).await;
    shift.verifies().await;
    shift.core.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_while_the_rate_holds_a_request_back_leaves_it_queued() {
    // One request a minute: the second waits for its turn, within its task.
    let more = [("requests_per_minute", "1"), ("max_in_flight", "2")];
    let shift = Shift::begin(PracticePlatform::Pathao, 2, &more).await;
    shift.dispatch(&["SO-1", "SO-2"]).await;
    shift
        .until("the first is bound", async |shift| shift.core.counts(None).await.expect("counts").dispatched == 1)
        .await;
    // The second one's task is at work, and waits.
    shift.rest_beside().await;
    shift.core.stop().await;
    let counts = shift.core.counts(None).await.expect("counts");
    assert_eq!((counts.dispatched, counts.queued, counts.in_doubt, counts.sending), (1, 1, 0, 0), "{counts:?}");
    assert_eq!((shift.told(None, LogKind::SendStarted).await, shift.creates()), (1, 1));
    shift.verifies().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_withdrawn_row_is_forgotten_and_the_look_alike_behind_it_goes_on() {
    let shift = Shift::begin(PracticePlatform::Foxreload, 10, &[("exclusive", "false")]).await;
    // Three that look the same: the tenth looks like the ninth already.
    let set = [("item_id", "product_0009"), ("quantity", "1")].map(|(k, v)| (k.to_owned(), v.to_owned()));
    run(&shift.core, Command::Edit { order: key("SO-8"), set: set.into() }).await;
    shift.strike(FaultKind::LoseResponse, None, 1);
    shift.dispatch(&["SO-9"]).await;
    shift.until_state("SO-9", State::NeedsReview).await;
    shift.dispatch(&["SO-8", "SO-10"]).await;
    for number in ["SO-8", "SO-10"] {
        shift.until("both wait", async |shift| shift.order(number).await.waits_for.is_some()).await;
    }
    run(&shift.core, Command::Withdraw { orders: vec![key("SO-8")] }).await;
    assert_eq!(shift.state("SO-8").await, State::Draft);
    let remote = RemoteId::from(shift.ours()[0].platform_order_id.as_str());
    shift.decide("SO-9", PersonDecision::Adopt { remote }, "it is ours").await.expect("it is adopted");
    shift.until_state("SO-10", State::Dispatched).await;
    shift.rest().await;
    assert_eq!((shift.state("SO-8").await, shift.ours().len()), (State::Draft, 2));
    shift.verifies().await;
    shift.core.stop().await;
}
