//! A probe's deliberate repeats: written down before there is a ticket, and for a probe's own orders alone.

use docket_core::api::views::LogQuery;
use docket_core::domain::{DispatchId, LogKind};
use docket_core::ledger::{LedgerError, Repeating};
use docket_core::probe::Check;

use crate::support::House;

fn repeating(dispatch_id: DispatchId, other_body: Option<&str>) -> Repeating {
    let other_body = other_body.map(|body| body.as_bytes().to_vec());
    Repeating { dispatch_id, check: Check::Replay, other_body, send_before_boot_ms: 1_000 }
}

async fn written(house: &House) -> usize {
    let query = LogQuery { kinds: vec![LogKind::Probed], ..LogQuery::default() };
    house.ledger.log_page(&query).await.unwrap().len()
}

#[tokio::test]
async fn a_repeat_is_in_the_log_and_its_order_stays_as_it_is() {
    let house = House::new().await;
    house.import(&["PROBE-a-1"]).await;
    let id = house.dispatched("PROBE-a-1", "PB-1").await;
    let before = house.ledger.dispatch(id).await.unwrap();
    let _repeat = house.ledger.write_repeat(repeating(id, None)).await.unwrap();
    let other = format!("{{\"merchant_order_id\": \"{}\", \"more\": 1}}", before.reference);
    let _other = house.ledger.write_repeat(repeating(id, Some(&other))).await.unwrap();
    assert_eq!(written(&house).await, 2);
    assert_eq!(house.ledger.dispatch(id).await.unwrap(), before, "a repeat is no attempt");
    let found = house.ledger.verify().await.unwrap();
    assert!(found.ok, "{:?}", found.broken);
}

#[tokio::test]
async fn nothing_else_is_ever_repeated() {
    let house = House::new().await;
    house.import(&["SO-1", "PROBE-a-1", "PROBE-a-2", "PROBE-a-3"]).await;
    let foreign = house.dispatched("SO-1", "PB-1").await;
    let own = house.dispatched("PROBE-a-1", "PB-2").await;
    let unknown = house.reserve("PROBE-a-2", false).await;
    let no_fence = house.reserve("PROBE-a-3", true).await;
    let armed = house.arm(no_fence).await;
    let (change, log) = house.bound(1, "PB-3");
    house.ledger.commit(no_fence, armed.version(), &change, log, None).await.unwrap();
    for (case, why) in [
        (repeating(foreign, None), "not a probe's own"),
        (repeating(unknown, None), "its outcome is not known"),
        (repeating(no_fence, None), "no fence"),
        (repeating(own, Some("{\"merchant_order_id\": \"another\"}")), "another reference"),
    ] {
        match house.ledger.write_repeat(case).await {
            Err(LedgerError::Misuse(said)) => assert!(said.contains(why), "{said}"),
            other => panic!("{why}: {other:?}"),
        }
    }
    let missing = house.ledger.write_repeat(repeating(DispatchId(99), None)).await;
    assert!(matches!(missing, Err(LedgerError::NotFound { .. })));
    assert_eq!(written(&house).await, 0, "what is refused leaves no trace");
}
