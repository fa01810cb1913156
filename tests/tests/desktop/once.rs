//! One intent, one dispatch: double clicks, the Enter key, a reload, and commands that arrive together.

use docket_practice::FaultKind;
use docket_practice::PracticePlatform::{Foxreload, Pathao};
use docket_tests::program::Docketctl;
use docket_tests::waiting::LONG;
use docket_tests::window::{BRISK, Home, Page, test_id};
use thirtyfour::Key;

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
    is_one(&home, page).await;
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

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_repeats_itself_is_one_dispatch() {
    let home = Home::new(BRISK);
    let window = home.start().await;
    let page = &window.page;
    page.search("TOP-30203").await;
    page.pick("TOP-30203").await;
    page.until("the list has the focus", async || page.focused().await.filter(|id| id == "order-grid")).await;
    page.hold('d', 30).await;
    page.reaches("TOP-30203", "dispatched").await;
    page.open_panel("TOP-30203").await;
    is_one(&home, page).await;
    window.quit().await;
}

/// The palette's command, the bar's button and the panel's, in one turn of the page.
const AT_ONCE: &str = r#"
    for (const id of ["palette-dispatch", "dispatch-button", "panel-action-dispatch", "dispatch-button"])
      document.querySelector(`[data-testid="${id}"]`).click();
"#;

#[tokio::test(flavor = "multi_thread")]
async fn the_palette_and_both_buttons_at_once_are_one_dispatch() {
    let home = Home::new(BRISK);
    let window = home.start().await;
    let page = &window.page;
    page.search("TOP-30204").await;
    page.open_panel("TOP-30204").await;
    page.pick("TOP-30204").await;
    page.chord(Key::Control, "k").await;
    page.seen("palette-dispatch").await;
    page.script(AT_ONCE, vec![]).await;
    page.reaches("TOP-30204", "dispatched").await;
    is_one(&home, page).await;
    window.quit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_instance_and_another_program_during_a_send_are_one_dispatch() {
    let home = Home::new(PATIENT);
    let window = home.start().await;
    let page = &window.page;
    home.fault(Foxreload, FaultKind::Hold, None).await;
    page.dispatch("TOP-30206").await;
    home.holds_an_answer(Foxreload).await;
    assert!(home.start_second().await, "the second instance hands over and ends");
    // A program beside the app leaves its command with whoever holds the ledger.
    let other = Docketctl::new(home.folder()).on(home.data().join("ledger.db"));
    let asked = other.start(&["dispatch", "TOP-30206"]);
    home.release().await;
    page.reaches("TOP-30206", "dispatched").await;
    let told = asked.end(LONG);
    assert!(told.stdout().contains("TOP-30206 left alone"), "it is told why not: {told:?}");
    page.open_panel("TOP-30206").await;
    is_one(&home, page).await;
    window.quit().await;
}

/// Reserved once, armed once, one request, one order.
async fn is_one(home: &Home, page: &Page) {
    assert_eq!(page.entries("reserved").await.len(), 1, "reserved once");
    assert_eq!(page.entries("send_started").await.len(), 1, "armed once");
    assert_eq!(home.truth(Foxreload).len(), 1, "one order at the platform");
    assert_eq!(home.platforms().await.platforms.iter().map(|each| each.creates).sum::<u32>(), 1, "one request");
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

#[tokio::test(flavor = "multi_thread")]
async fn a_number_that_another_account_holds_is_dispatched_only_on_purpose() {
    let home = Home::new(BRISK);
    let file = home.folder().join("same.csv");
    let header = "order_no,receiver_name,receiver_phone,delivery_latitude,delivery_longitude,pickup_latitude,pickup_longitude,parcel_type,driver_type";
    let row = "TOP-30201,Rahima Khatun,01711112222,23.7744,90.3658,23.7546,90.3744,2,1";
    std::fs::write(&file, format!("{header}\n{row}\n")).expect("the file is written");
    let window = home.start().await;
    let page = &window.page;
    page.dispatch("TOP-30201").await;
    page.reaches("TOP-30201", "dispatched").await;
    page.click("nav-import").await;
    page.choose("import-account", "Practice Pathao").await;
    page.fill("import-path", &file.display().to_string()).await;
    page.click("import-look").await;
    page.click("import-run").await;
    page.seen("import-result").await;
    page.click("nav-orders").await;
    page.choose("filter-account", "Practice Pathao").await;
    page.search("TOP-30201").await;
    page.pick("TOP-30201").await;
    page.click("dispatch-button").await;
    page.seen("dispatch-despite").await;
    assert!(home.truth(Pathao).is_empty(), "it was turned away");
    page.click("dispatch-despite").await;
    page.seen("confirm-despite").await;
    page.click("confirm-yes").await;
    page.reaches("TOP-30201", "dispatched").await;
    assert_eq!(home.truth(Pathao).len(), 1, "once, on purpose");
    assert_eq!(home.truth(Foxreload).len(), 1, "and the other stays one");
    window.quit().await;
}
