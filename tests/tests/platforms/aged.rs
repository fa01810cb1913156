//! Fences that have died: time goes on while an order is in doubt, on the machine and at the platform, and nothing is
//! sent again. Whether the first request made an order or not, there is one create and at most one order.

use docket_core::domain::State;
use docket_practice::{FaultKind, PracticePlatform};
use docket_tests::shift::Shift;

const MINUTE: i64 = 60_000;

/// One order in doubt whose lookups were not answered so far; then so many minutes pass, and `meanwhile` happens.
async fn aged(platform: PracticePlatform, fault: FaultKind, minutes: i64, meanwhile: impl FnOnce(&Shift)) -> Shift {
    let shift = Shift::begin(platform, 1, &[("settle_ms", "60000")]).await;
    shift.strike_lookups(FaultKind::Error500Before, None, 2);
    shift.strike(fault, None, 1);
    shift.dispatch(&["SO-1"]).await;
    shift.until_state("SO-1", State::InDoubt).await;
    meanwhile(&shift);
    shift.switch(|switches| switches.clock_offset_ms = minutes * MINUTE);
    shift.laptop.pass(minutes * MINUTE);
    shift
}

async fn ends(shift: Shift, state: State, exists: usize, why: &str) {
    shift.until_state("SO-1", state).await;
    assert_eq!((shift.creates(), shift.ours().len()), (1, exists), "{why}");
    shift.verifies().await;
    shift.core.stop().await;
}

/// 70 minutes at Uber Direct, 25 hours at Print.one and Pathao. What exists is found.
#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_has_died_of_age_is_not_leaned_on() {
    let platforms = [
        (PracticePlatform::UberDirect, 70),
        (PracticePlatform::PrintOne, 25 * 60),
        (PracticePlatform::Pathao, 25 * 60),
    ];
    for (platform, minutes) in platforms {
        for fault in [FaultKind::LoseRequest, FaultKind::LoseResponse] {
            let keeps = |shift: &Shift| shift.switch(|switches| switches.retention_ms = 0);
            let shift = aged(platform, fault, minutes, keeps).await;
            let lost = fault == FaultKind::LoseRequest;
            let state = if lost { State::NeedsReview } else { State::Dispatched };
            ends(shift, state, usize::from(!lost), &format!("{platform} {fault:?}")).await;
        }
    }
}

/// Pathao's sandbox deletes orders after a day: one that was there is not found any more, and the key is dead as well.
#[tokio::test(flavor = "multi_thread")]
async fn an_order_that_pathao_has_deleted_is_not_ordered_again() {
    let shift = aged(PracticePlatform::Pathao, FaultKind::LoseResponse, 25 * 60, |_| {}).await;
    ends(shift, State::NeedsReview, 1, "it may have been there").await;
}

/// The same beside a newer order that the list does show, on an account that sends again what is proven absent: an order that
/// was deleted is not found either.
#[tokio::test(flavor = "multi_thread")]
async fn a_newer_order_beside_a_deleted_one_proves_nothing() {
    let settings = [("settle_ms", "60000"), ("on_absent", "resend")];
    let shift = Shift::begin(PracticePlatform::Pathao, 2, &settings).await;
    shift.strike_lookups(FaultKind::Error500Before, None, 2);
    shift.strike(FaultKind::LoseResponse, None, 1);
    shift.dispatch(&["SO-1"]).await;
    shift.until_state("SO-1", State::InDoubt).await;
    shift.switch(|switches| switches.clock_offset_ms = 25 * 60 * MINUTE);
    shift.laptop.pass(25 * 60 * MINUTE);
    shift.dispatch(&["SO-2"]).await;
    shift.until_state("SO-2", State::Dispatched).await;
    shift.until_state("SO-1", State::NeedsReview).await;
    let why = shift.order("SO-1").await.reason.unwrap_or_default();
    assert!(why.contains("could be gone by now"), "{why}");
    assert_eq!((shift.creates(), shift.ours().len()), (2, 2), "each was ordered once");
    shift.verifies().await;
    shift.core.stop().await;
}

/// Postmates forgets a reference when its delivery ends, and does not show it any more: not finding it is no proof, and
/// a replay would be a second delivery.
#[tokio::test(flavor = "multi_thread")]
async fn a_reference_whose_delivery_has_ended_is_not_leaned_on() {
    for (fault, ended) in [
        (FaultKind::LoseResponse, Some("delivered")),
        (FaultKind::LoseResponse, Some("canceled")),
        (FaultKind::LoseRequest, None),
    ] {
        let shift = aged(PracticePlatform::Postmates, fault, 11, |shift| {
            if let Some(status) = ended {
                let id = shift.ours()[0].platform_order_id.clone();
                shift.desk.practice.advance(PracticePlatform::Postmates, &id, status).expect("it ends");
            }
        })
        .await;
        shift.until_state("SO-1", State::NeedsReview).await;
        let order = shift.order("SO-1").await;
        let why = order.reason.clone().unwrap_or_default();
        assert!(why.contains("no order that has ended was shown"), "{fault:?} {ended:?}: {order:?}");
        ends(shift, State::NeedsReview, usize::from(ended.is_some()), &format!("{fault:?} {ended:?}")).await;
    }
}
