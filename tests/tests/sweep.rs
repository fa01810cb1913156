//! `sweep`: what the platforms have that the ledger does not know of, and what it knows of that they do not have any more.
//! Real doubles are planted at practice platforms, and the real program has to find them, tell each once, and invent none.

#[path = "sweep/bounds.rs"]
mod bounds;
#[path = "sweep/clean.rs"]
mod clean;
#[path = "sweep/planted.rs"]
mod planted;

use std::time::Duration;

use docket_practice::{PracticePlatform, StrangerOrder};
use docket_tests::program::Ran;
use docket_tests::shop::Shop;
use docket_tests::waiting::{LONG, Stopwatch, until};
use serde_json::Value;

/// More than `timeout_ms` and `settle_ms` of the shop's account.
const PAST_QUIET: Duration = Duration::from_millis(1_500);

/// A shop whose orders are all dispatched.
fn shop(platform: PracticePlatform, n: usize, more: &[(&str, &str)]) -> Shop {
    let shop = Shop::with_orders(platform, n, more);
    shop.ctl.run(&["dispatch", "--all", "--wait", "60"]).code(0);
    // A bound order can be missed only once its request is past quiet.
    let dispatched = Stopwatch::start();
    until("the requests are past quiet", LONG, || (dispatched.elapsed() > PAST_QUIET).then_some(()));
    shop
}

/// Sweeps, which has to end with that exit status: the findings, and the summary.
#[track_caller]
fn sweep(shop: &Shop, status: i32) -> (Vec<Value>, Value) {
    let ran: Ran = shop.ctl.run(&["--json", "sweep"]).code(status);
    let mut objects = ran.objects();
    let summary = objects.pop().expect("a summary");
    assert_eq!(summary["summary"], true, "{ran:?}");
    assert_eq!(summary["findings"], objects.len(), "{ran:?}");
    shop.ctl.verifies();
    (objects, summary)
}

/// What was found, as order number, kind and platform id, sorted.
fn told(findings: &[Value]) -> Vec<(String, String, String)> {
    let text = |finding: &Value, name: &str| finding[name].as_str().unwrap_or("-").to_owned();
    let mut told: Vec<_> = findings
        .iter()
        .map(|finding| (text(finding, "order_no"), text(finding, "kind"), text(finding, "platform_order_id")))
        .collect();
    told.sort();
    told
}

/// Orders once more what an order ordered, under a reference or none: its id at the platform.
fn plant(shop: &Shop, platform: PracticePlatform, order_no: &str, reference: Option<&str>) -> String {
    let id = shop.ctl.order(order_no)["platform_order_id"].as_str().expect("it is bound").to_owned();
    let order = StrangerOrder { platform, order_id: Some(id), body: None, reference: reference.map(str::to_owned) };
    shop.served().place_stranger(&order).expect("a copy")
}

/// Entries of the log that tell of something that must not happen.
fn incidents(shop: &Shop) -> usize {
    let log = shop.ctl.run(&["log", "--format", "json"]).code(0).objects();
    log.iter().filter(|entry| entry["kind"] == "incident").count()
}
