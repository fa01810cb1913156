//! The whole line in one process: file, ledger, driver, platform, and the log that tells of it.

use std::collections::BTreeMap;

use docket_core::api::views::{LogQuery, OrderQuery};
use docket_core::api::{Command, DispatchRequest, Reply};
use docket_core::domain::State;
use docket_practice::{FaultPlan, PracticePlatform};
use docket_tests::desk::{Desk, run};
use docket_tests::orders;

/// A third of the creates are struck; whatever comes late comes within the quiet time.
const FAULTS: &str = r#"{"seed":7,"rate":0.33,"late_ms":[10,150],"slow_ms":[10,600]}"#;

async fn storm(platform: PracticePlatform, n: usize, plan: Option<&str>, more: &[(&str, &str)]) {
    let plan = plan.map(|text| FaultPlan::parse(text).expect("a plan"));
    let desk = Desk::new(plan).await;
    // The platforms' own limits are for days, not for tests; nor is the half minute that Print.one, which names no
    // time, is left alone for.
    let mut switches = desk.practice.switches(platform).expect("it is served");
    (switches.rate_limit_per_minute, switches.retry_after_shown) = (0, true);
    desk.practice.set_switches(platform, switches).expect("switches that fit");
    let core = desk.open().await;
    desk.add(&core, "main", platform, more).await;
    let file = orders::write(desk.folder.path(), platform, n);
    let Reply::Imported(report) = desk.import(&core, "main", &file).await else { panic!("an import reports") };
    assert_eq!(report.imported as usize, n, "every row is right: {:?}", report.wrong_rows);
    run(&core, Command::Dispatch(DispatchRequest { all: true, ..Default::default() })).await;
    let standing = core.wait(Some(120.0)).await.expect("waiting works");
    let counts = core.counts(None).await.expect("counts");
    let page = core.orders(OrderQuery { limit: n as u32, ..Default::default() }).await.expect("orders");
    let truth = desk.truth(platform);
    eprintln!("{platform}: {counts:?}, {standing:?}, {} at the platform", truth.len());
    for order in page.rows.iter().filter(|o| o.state == State::NeedsReview || o.state.is_open()).take(5) {
        eprintln!("  {} {} {:?}", order.order_no, order.state, order.reason);
    }
    let mut by_id: BTreeMap<String, u32> = BTreeMap::new();
    for order in &page.rows {
        if let Some(id) = &order.platform_order_id {
            *by_id.entry(id.clone()).or_default() += 1;
        }
    }
    assert!(by_id.values().all(|n| *n == 1), "no platform order is bound twice");
    for order in page.rows.iter().filter(|o| o.state == State::Dispatched) {
        let id = order.platform_order_id.as_deref();
        assert!(truth.iter().any(|t| Some(t.platform_order_id.as_str()) == id), "{} exists", order.order_no);
    }
    assert!(truth.len() <= n, "never more platform orders than orders");
    assert_eq!(standing.open, 0, "everything is settled");
    let verification = core.verify().await.expect("verify runs");
    assert!(verification.ok, "{:?}", verification.broken);
    let log = core.log(LogQuery { limit: 100_000, ..Default::default() }).await.expect("the log");
    assert!(log.len() >= n * 5, "imported, reserved, armed, ended and bound for each");
    core.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn pathao_without_faults() {
    storm(PracticePlatform::Pathao, 50, None, &[]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn pathao_with_faults() {
    storm(PracticePlatform::Pathao, 200, Some(FAULTS), &[("on_absent", "resend")]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn postmates_with_faults() {
    storm(PracticePlatform::Postmates, 200, Some(FAULTS), &[]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn foxreload_with_faults() {
    storm(PracticePlatform::Foxreload, 200, Some(FAULTS), &[("exclusive", "true")]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn print_one_without_faults() {
    storm(PracticePlatform::PrintOne, 50, None, &[]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn print_one_with_faults() {
    storm(PracticePlatform::PrintOne, 200, Some(FAULTS), &[("on_absent", "resend")]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn uber_direct_without_faults() {
    storm(PracticePlatform::UberDirect, 50, None, &[]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn uber_direct_with_faults() {
    storm(PracticePlatform::UberDirect, 200, Some(FAULTS), &[]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn doordash_without_faults() {
    storm(PracticePlatform::Doordash, 50, None, &[]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn doordash_with_faults() {
    storm(PracticePlatform::Doordash, 200, Some(FAULTS), &[]).await;
}
