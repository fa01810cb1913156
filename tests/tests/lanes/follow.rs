//! Following what is bound: read by itself until its platform has ended it, seldom, and not while the account is paused.

use docket_core::domain::State;
use docket_practice::PracticePlatform;
use docket_tests::shift::Shift;

const SECOND: i64 = 1_000;
const HOUR: i64 = 3_600 * SECOND;

async fn status(shift: &Shift) -> Option<String> {
    shift.order("SO-1").await.platform_status
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bound_order_is_followed_to_its_end_and_no_further() {
    let shift = Shift::following(PracticePlatform::Pathao, 1, &[]).await;
    shift.switch(|switches| switches.stage_ms = 1);
    shift.dispatch(&["SO-1"]).await;
    shift.until_state("SO-1", State::Dispatched).await;
    let before = shift.requests();
    shift
        .until("it has ended", async |shift| {
            shift.pass(10 * SECOND).await;
            status(shift).await.as_deref() == Some("COMPLETED")
        })
        .await;
    assert!(shift.requests() - before <= 3, "{} requests for one order", shift.requests() - before);
    let ended = shift.requests();
    for _ in 0..10 {
        shift.pass(HOUR).await;
    }
    assert_eq!(shift.requests(), ended, "nothing is asked of an order that has ended");
    shift.core.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_that_stands_still_is_read_more_and_more_seldom() {
    let shift = Shift::following(PracticePlatform::Pathao, 1, &[]).await;
    shift.switch(|switches| switches.stage_ms = 0);
    shift.dispatch(&["SO-1"]).await;
    shift.until_state("SO-1", State::Dispatched).await;
    let mut hours = Vec::new();
    for _ in 0..3 {
        let before = shift.requests();
        for _ in 0..60 {
            shift.pass(60 * SECOND).await;
        }
        hours.push(shift.requests() - before);
    }
    assert!(hours[0] > 8 && hours[0] <= 30, "reads an hour: {hours:?}");
    assert!(hours[1..].iter().all(|reads| (4..=7).contains(reads)), "every ten minutes in the end: {hours:?}");
    shift.switch(|switches| switches.credentials_revoked = true);
    shift
        .until("it is paused", async |shift| {
            shift.laptop.pass(60 * SECOND);
            shift.account().await.paused.is_some()
        })
        .await;
    let before = shift.requests();
    for _ in 0..12 {
        shift.pass(HOUR).await;
    }
    assert_eq!(shift.requests(), before, "nothing is asked of a paused account");
    shift.core.stop().await;
}
