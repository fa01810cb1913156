//! One intent, one dispatch: double clicks, the Enter key, a reload, and commands that arrive together.

use docket_practice::FaultKind;
use docket_practice::PracticePlatform::{Foxreload, Pathao};
use docket_tests::window::{BRISK, Home, test_id};

// At FoxReload nothing but Docket stands between a second request and a second order.

#[tokio::test(flavor = "multi_thread")]
async fn a_double_click_with_enter_is_one_dispatch() {
    let home = Home::new(BRISK);
    let window = home.start().await;
    let page = &window.page;
    page.search("TOP-30201").await;
    page.pick("TOP-30201").await;
    page.double_click_and_enter(&test_id("dispatch-button")).await;
    page.reaches("TOP-30201", "dispatched").await;
    page.open_panel("TOP-30201").await;
    assert_eq!(page.entries("reserved").await.len(), 1, "reserved once");
    assert_eq!(page.entries("send_started").await.len(), 1, "armed once");
    assert_eq!(home.truth(Foxreload).len(), 1, "one order at the platform");
    assert_eq!(home.platforms().await.platforms.iter().map(|each| each.creates).sum::<u32>(), 1, "one request");
    window.quit().await;
}

/// Three windows' worth of clicks: each with an id of its own, all at once.
const TOGETHER: &str = r#"
    const orders = [{ order_no: "TOP-30202", account: "Practice FoxReload" }];
    const command = { command: "dispatch", orders, all: false, account: null, again: false, despite: null };
    const run = (id) => window.__TAURI_INTERNALS__.invoke("run", { request: { id, command } });
    const ended = await Promise.allSettled(["a", "b", "c"].map((each) => run("together-" + each)));
    return ended.map((each) => each.status === "fulfilled" && each.value.lines.every((line) => line.done));
"#;

#[tokio::test(flavor = "multi_thread")]
async fn commands_that_arrive_together_are_one_dispatch() {
    let home = Home::new(BRISK);
    let window = home.start().await;
    let page = &window.page;
    page.search("TOP-30202").await;
    let ended = page.promise(TOGETHER).await;
    let won = ended.as_array().expect("three ends").iter().filter(|end| **end == true).count();
    assert_eq!(won, 1, "one of them dispatches, the others are told why not: {ended}");
    page.reaches("TOP-30202", "dispatched").await;
    page.open_panel("TOP-30202").await;
    assert_eq!(page.entries("reserved").await.len(), 1, "reserved once");
    assert_eq!(home.truth(Foxreload).len(), 1, "one order at the platform");
    window.quit().await;
}

/// The answer may be held for as long as the test needs.
const PATIENT: &str = "settle_ms=1500,timeout_ms=100000,lookup_interval_ms=200,lookup_interval_max_ms=1000";

#[tokio::test(flavor = "multi_thread")]
async fn a_reload_during_a_send_is_one_attempt() {
    let home = Home::new(PATIENT);
    let window = home.start().await;
    let page = &window.page;
    home.fault(Pathao, FaultKind::Hold, None).await;
    page.dispatch("DHK-10401").await;
    home.holds_an_answer(Pathao).await;
    page.reload().await;
    page.search("DHK-10401").await;
    page.reaches("DHK-10401", "sending").await;
    home.release().await;
    page.reaches("DHK-10401", "dispatched").await;
    page.open_panel("DHK-10401").await;
    assert_eq!(page.entries("reserved").await.len(), 1, "reserved once");
    assert_eq!(page.entries("send_started").await.len(), 1, "one attempt");
    assert_eq!(home.truth(Pathao).len(), 1, "one order at the platform");
    window.quit().await;
}
