//! What was given up and appears at the platform all the same: nothing more is sent for its order before a person decides.

use docket_core::api::Command;
use docket_core::domain::{BoundBy, LogKind, PersonDecision, RemoteId, Shown, State};
use docket_practice::{FaultKind, PracticePlatform};
use docket_tests::shift::{Shift, key};

/// SO-1 was cancelled while in doubt, and proven absent by a platform that shows its orders later than it is taken to. Then it
/// appeared.
async fn reappeared() -> Shift {
    let more = [("settle_ms", "1000"), ("lookup_interval_ms", "500")];
    let shift = Shift::begin(PracticePlatform::Pathao, 3, &more).await;
    shift.dispatch(&["SO-2"]).await;
    shift.until_state("SO-2", State::Dispatched).await;
    shift.ends("SO-2").await;
    shift.pass(2_000).await;
    shift.switch(|switches| switches.list_lag_ms = 3_600_000);
    shift.strike(FaultKind::LoseResponse, None, 1);
    shift.dispatch(&["SO-1"]).await;
    shift.until_state("SO-1", State::InDoubt).await;
    // A newer one is shown, as a proof of absence needs it.
    shift.switch(|switches| switches.list_lag_ms = 0);
    shift.dispatch(&["SO-3"]).await;
    shift.until_state("SO-3", State::Dispatched).await;
    shift.ask(Command::Cancel { order: key("SO-1") }).await.expect("it is remembered");
    shift
        .until("it is taken to be absent", async |shift| {
            shift.pass(2_000).await;
            shift.state("SO-1").await == State::Cancelled
        })
        .await;
    shift.switch(|switches| switches.clock_offset_ms = 3_700_000);
    shift.pass(301_000).await;
    shift
        .until("a later look has found it", async |shift| shift.told(Some("SO-1"), LogKind::Incident).await == 1)
        .await;
    shift
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_given_up_and_appears_is_not_sent_again_before_a_person_decides() {
    let shift = reappeared().await;
    shift.again("SO-1").await;
    shift.until_state("SO-1", State::NeedsReview).await;
    assert_eq!((shift.creates(), shift.ours().len()), (3, 3), "nothing more was sent");
    shift.verifies().await;
    let there = shift.core.cases().await.expect("cases").remove(0);
    assert!(there.presence.is_some(), "a release is warned of");
    let id = RemoteId::from(there.candidates[0].id.as_str());
    shift
        .decide("SO-1", PersonDecision::Adopt { remote: id.clone() }, "it is ours")
        .await
        .expect("it bears our reference");
    let order = shift.order("SO-1").await;
    assert_eq!((order.state, order.platform_order_id), (State::Dispatched, Some(id.0)), "{:?}", order.bound_by);
    assert_ne!(order.bound_by, Some(BoundBy::Response));
    assert_eq!(shift.creates(), 3);
    shift.verifies().await;
    shift.core.stop().await;
}

/// A release counts for what its person had seen; and whoever has seen it all may send it once more.
#[tokio::test(flavor = "multi_thread")]
async fn a_release_counts_for_what_was_shown() {
    let shift = reappeared().await;
    shift.again("SO-1").await;
    shift.until_state("SO-1", State::NeedsReview).await;
    let release = async |shown: Shown| {
        let (order, decision, reason) = (key("SO-1"), PersonDecision::Release, Some("another customer".to_owned()));
        shift.ask(Command::Decide { order, decision, reason, shown: Some(shown) }).await
    };
    let all = shift.core.shown(key("SO-1")).await.expect("a case");
    assert!(all.presence && !all.candidates.is_empty(), "{all:?}");
    for less in
        [Shown::default(), Shown { presence: false, ..all.clone() }, Shown { candidates: Vec::new(), ..all.clone() }]
    {
        let refused = release(less.clone()).await.expect_err("more is known by now");
        assert!(refused.message.contains("look at the case in review"), "{less:?}: {refused}");
    }
    assert_eq!(shift.creates(), 3);
    // Its own reference is shown by now: a release finds that, and takes it.
    release(all).await.expect("it was all shown");
    assert_eq!((shift.state("SO-1").await, shift.creates(), shift.ours().len()), (State::Dispatched, 3, 3));
    shift.verifies().await;
    shift.core.stop().await;
}
