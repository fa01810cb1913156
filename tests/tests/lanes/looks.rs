//! Lookups of a platform that gives no answers, and of one that answers half of them.

use docket_core::domain::{LogKind, State};
use docket_practice::{AppliesTo, FaultKind, FaultPlan, PracticePlatform};
use docket_tests::shift::Shift;

const MINUTE: i64 = 60_000;
/// Pauses as an account has them by itself.
const PAUSES: [(&str, &str); 3] =
    [("settle_ms", "90000"), ("lookup_interval_ms", "2000"), ("lookup_interval_max_ms", "300000")];

/// Half an hour in which nothing is answered costs requests by its length, and not by the orders in doubt.
#[tokio::test(flavor = "multi_thread")]
async fn while_a_platform_is_silent_one_lookup_asks_for_all() {
    let mut asked = Vec::new();
    for orders in [4_u32, 16] {
        let more = [&PAUSES[..], &[("max_in_flight", "16"), ("patience_s", "86400")]].concat();
        let shift = Shift::begin(PracticePlatform::Doordash, orders as usize, &more).await;
        shift.strike(FaultKind::LoseResponse, None, orders);
        let plan = FaultPlan {
            seed: 1,
            rate: 1.0,
            kinds: vec![FaultKind::UnavailableBefore],
            platforms: None,
            applies_to: AppliesTo::Lookup,
            late_ms: [0, 0],
            slow_ms: [0, 0],
            switches: std::collections::BTreeMap::new(),
        };
        shift.desk.practice.set_plan(Some(plan)).expect("a plan that makes sense");
        shift.dispatch_all().await;
        shift.until("all have been sent", async |shift| shift.creates() == orders).await;
        for _ in 0..60 {
            shift.pass(MINUTE / 30).await;
        }
        asked.push(shift.requests() - shift.creates());
        shift.desk.practice.set_plan(None).expect("the plan goes");
        for _ in 0..10 {
            shift.pass(MINUTE).await;
        }
        let bound = shift.core.counts(None).await.expect("counts").dispatched;
        assert_eq!((bound, shift.ours().len()), (orders, orders as usize), "all are found when it answers again");
        shift.verifies().await;
        shift.core.stop().await;
    }
    // Whatever is under way when the silence is noticed comes to its end: one for each request in flight.
    assert!(asked[1] <= asked[0] + 16, "{asked:?} lookups of 4 and of 16 orders in doubt");
    assert!(asked[1] <= 32, "{asked:?} lookups in two minutes");
}

/// A positive control whose answer is lost is not one that is not shown: it is asked for again.
#[tokio::test(flavor = "multi_thread")]
async fn a_control_whose_answer_is_lost_is_asked_for_again() {
    let more = [("key_lifetime_s", "0"), ("fence_margin_s", "0"), ("settle_ms", "60000"), ("patience_s", "86400")];
    let shift = Shift::begin(PracticePlatform::PrintOne, 3, &more).await;
    shift.dispatch(&["SO-3"]).await;
    shift.until_state("SO-3", State::Dispatched).await;
    shift.ends("SO-3").await;
    shift.strike(FaultKind::LoseRequest, None, 1);
    shift.dispatch(&["SO-1"]).await;
    shift.until_state("SO-1", State::InDoubt).await;
    // Newer, and known: the control.
    shift.dispatch(&["SO-2"]).await;
    shift.until_state("SO-2", State::Dispatched).await;
    shift.rest().await;
    // The lookup itself is answered, and the control beside it is not.
    shift.strike_lookups(FaultKind::Slow, Some(0), 1);
    shift.strike_lookups(FaultKind::LoseResponse, None, 1);
    shift.pass(61_000).await;
    assert_eq!(shift.state("SO-1").await, State::InDoubt, "nothing follows from it");
    for _ in 0..4 {
        shift.pass(30_000).await;
    }
    shift.until_state("SO-1", State::NeedsReview).await;
    let order = shift.order("SO-1").await;
    assert_eq!(order.reason.as_deref(), Some("proven absent: the platform has no such order"), "{order:?}");
    assert_eq!((shift.told(Some("SO-1"), LogKind::ProvenAbsent).await, shift.creates()), (1, 3));
    shift.core.stop().await;
}
