//! What one order costs, in exact counts: requests until it is known again after a lost answer, entries of the log and the
//! bytes in them. Times are the bench's business (`cargo xtask bench`); syncs and pages are counted beside the ledger.

use docket_core::domain::{LogKind, State};
use docket_practice::{FaultKind, PracticePlatform};
use docket_tests::shift::{Shift, key};
use serde_json::Value;

const ORDERS: usize = 20;
/// No answer is given up on a busy machine, and the first lookup comes at once.
const UNHURRIED: [(&str, &str); 3] =
    [("timeout_ms", "20000"), ("connect_timeout_ms", "20000"), ("send_before_ms", "20000")];

/// An order whose answer was lost is found by its first lookup: one request beside the create.
#[tokio::test(flavor = "multi_thread")]
async fn a_lost_answer_costs_one_request() {
    for platform in [PracticePlatform::Pathao, PracticePlatform::PrintOne, PracticePlatform::Postmates] {
        let shift = Shift::begin(platform, ORDERS, &UNHURRIED).await;
        for n in 1..=ORDERS {
            shift.strike(FaultKind::LoseResponse, None, 1);
            let number = format!("SO-{n}");
            shift.dispatch(&[&number]).await;
            shift.until_state(&number, State::Dispatched).await;
        }
        let (requests, creates) = (shift.requests() as usize, shift.creates() as usize);
        assert_eq!((creates, requests - creates), (ORDERS, ORDERS), "{platform}: creates, and requests beside them");
        assert_eq!(shift.told(None, LogKind::LookupStarted).await, ORDERS, "{platform}");
        shift.core.stop().await;
    }
}

/// What the log says of a dispatch that goes well, and in how many bytes.
#[tokio::test(flavor = "multi_thread")]
async fn a_dispatch_takes_so_many_entries_and_bytes() {
    let shift = Shift::begin(PracticePlatform::Pathao, ORDERS, &UNHURRIED).await;
    for n in 1..=ORDERS {
        let number = format!("SO-{n}");
        shift.dispatch(&[&number]).await;
        shift.until_state(&number, State::Dispatched).await;
    }
    for n in 1..=ORDERS {
        let timeline = shift.core.order(key(&format!("SO-{n}"))).await.expect("it is there").timeline;
        let kinds: Vec<&str> = timeline.iter().map(|entry| entry.kind.code()).collect();
        assert_eq!(kinds, ["imported", "reserved", "send_started", "send_finished", "bound"]);
        let bytes: Vec<usize> = timeline.iter().map(|entry| bytes_of(&entry.detail)).collect();
        assert_eq!(bytes, BYTES, "{timeline:#?}");
    }
    shift.core.stop().await;
}

/// The bytes of each of these entries' details, as they were counted. What adds a fact to an entry adds bytes here.
const BYTES: [usize; 5] = [25, 93, 106, 90, 96];

/// The bytes of a detail, without the digits of what differs from run to run and from row to row.
fn bytes_of(detail: &Value) -> usize {
    let digits = |name: &str| detail.get(name).map_or(0, |value| value.to_string().len());
    detail.to_string().len() - digits("after_ms") - digits("line")
}
