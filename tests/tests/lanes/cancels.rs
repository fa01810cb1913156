//! A cancel whose outcome nobody says: looked after with growing pauses, and given up with a sentence, not for ever.

use docket_core::api::Command;
use docket_core::api::views::LogQuery;
use docket_core::domain::{LogKind, State};
use docket_practice::{AppliesTo, FaultKind, FaultPlan, PracticePlatform};
use docket_tests::shift::{Shift, key};

/// How each cancel of the order ended, oldest first.
async fn outcomes(shift: &Shift) -> Vec<String> {
    let query = LogQuery { kinds: vec![LogKind::CancelFinished], limit: 1_000, ..LogQuery::default() };
    let mut entries = shift.core.log(query).await.expect("the log");
    entries.sort_by_key(|entry| entry.seq);
    entries.iter().map(|entry| entry.detail["outcome"].as_str().unwrap_or_default().to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_that_its_platform_no_longer_shows_is_not_asked_for_for_ever() {
    let shift = Shift::begin(PracticePlatform::Pathao, 1, &[("patience_s", "1")]).await;
    shift.dispatch(&["SO-1"]).await;
    shift.until_state("SO-1", State::Dispatched).await;
    // As Pathao's sandbox does with orders of yesterday.
    shift.switch(|switches| switches.retention_ms = 1);
    shift.ask(Command::Cancel { order: key("SO-1") }).await.expect("a cancel is asked for");
    shift
        .until("it is given up", async |shift| outcomes(shift).await.last().is_some_and(|last| last == "untold"))
        .await;
    let told = outcomes(&shift).await;
    assert!(told[..told.len() - 1].iter().all(|outcome| outcome == "unknown"), "{told:?}");
    assert!((3..=12).contains(&told.len()), "with growing pauses: {told:?}");
    assert_eq!(shift.state("SO-1").await, State::Dispatched, "nothing says that it was cancelled");
    let (requests, entries) = (shift.requests(), told.len());
    shift.pass(24 * 3_600_000).await;
    assert_eq!((shift.requests(), outcomes(&shift).await.len()), (requests, entries), "it rests");
    shift.core.stop().await;
}

/// Pauses as an account has them by itself.
const PAUSES: [(&str, &str); 4] = [
    ("settle_ms", "90000"),
    ("lookup_interval_ms", "2000"),
    ("lookup_interval_max_ms", "300000"),
    ("patience_s", "86400"),
];

/// A platform that answers nothing is asked what became of a cancel as seldom as it is asked for anything else.
#[tokio::test(flavor = "multi_thread")]
async fn while_a_platform_is_silent_a_cancel_is_asked_for_with_growing_pauses() {
    let shift = Shift::begin(PracticePlatform::Doordash, 1, &PAUSES).await;
    shift.dispatch(&["SO-1"]).await;
    shift.until_state("SO-1", State::Dispatched).await;
    let plan = FaultPlan {
        seed: 1,
        rate: 1.0,
        kinds: vec![FaultKind::UnavailableBefore],
        platforms: None,
        applies_to: AppliesTo::All,
        late_ms: [0, 0],
        slow_ms: [0, 0],
        switches: std::collections::BTreeMap::new(),
    };
    shift.desk.practice.set_plan(Some(plan)).expect("a plan that makes sense");
    let before = shift.requests();
    shift.ask(Command::Cancel { order: key("SO-1") }).await.expect("a cancel is asked for");
    for _ in 0..150 {
        shift.pass(2_000).await;
    }
    let asked = shift.requests() - before;
    assert!((3..=20).contains(&asked), "{asked} requests in five minutes, and not one every two seconds");
    shift.desk.practice.set_plan(None).expect("the plan goes");
    for _ in 0..10 {
        shift.pass(60_000).await;
    }
    assert_eq!(shift.state("SO-1").await, State::Cancelled, "it is carried out when it answers again");
    shift.core.stop().await;
}
