//! What a desktop expects of a program: one of it, files that open with it, a window that stays as it was left, and a word
//! before work is left alone.

use std::path::{Path, PathBuf};

use docket_practice::FaultKind;
use docket_practice::PracticePlatform::{Foxreload, Pathao};
use docket_tests::bus::{Notices, TrayHost};
use docket_tests::window::{BRISK, Home, Page, UNHURRIED, Window, test_id, until};

/// The answer may be held for as long as the test needs.
const PATIENT: &str = "settle_ms=1500,timeout_ms=100000,lookup_interval_ms=200,lookup_interval_max_ms=1000";

const ORDER: &str = "DHK-10401";

fn orders(home: &Home, name: &str) -> PathBuf {
    let file = home.folder().join(name);
    let rows = "order_no,item_id,quantity,order_type\nNEW-1,1,1,topup\n";
    std::fs::write(&file, rows).expect("the file is written");
    file
}

/// The import screen has looked at this file.
async fn is_looked_at(page: &Page, file: &Path) {
    page.seen("import-preview").await;
    let shown = page.script("return document.querySelector('[data-testid=\"import-path\"]').value", vec![]).await;
    assert_eq!(shown.as_str(), file.to_str());
    assert_eq!(page.attribute(&test_id("nav-import"), "aria-current").await.as_deref(), Some("page"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_opens_on_the_import_screen_at_the_first_start_and_at_a_second() {
    let home = Home::new(BRISK);
    let first = orders(&home, "first orders.csv");
    let window = home.start_with(&[first.to_str().expect("a path")]).await;
    is_looked_at(&window.page, &first).await;
    window.page.click("nav-orders").await;
    let second = orders(&home, "second.csv");
    let address = format!("file://{}", second.display());
    assert!(home.start_second_with(&[&address]).await, "it hands the file over and ends");
    is_looked_at(&window.page, &second).await;
    // What was taken is not taken again.
    window.page.click("nav-orders").await;
    window.page.reload().await;
    window.page.seen("filter-account").await;
    assert_eq!(window.page.text(&test_id("import-path")).await, None);
    window.quit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_dropped_on_any_screen_is_looked_at() {
    let home = Home::new(BRISK);
    let window = home.start().await;
    let page = &window.page;
    let first = orders(&home, "dropped.csv");
    page.reaches(ORDER, "draft").await;
    window.drag_over(&first).await.drop_here().await;
    is_looked_at(page, &first).await;
    // On the import screen itself, and it is shown that it would be taken.
    let second = orders(&home, "dropped too.csv");
    let drag = window.drag_over(&second).await;
    page.until("it is shown", async || {
        (page.attribute("main", "data-over").await.as_deref() == Some("true")).then_some(())
    })
    .await;
    drag.drop_here().await;
    is_looked_at(page, &second).await;
    assert_eq!(page.attribute("main", "data-over").await.as_deref(), Some("false"));
    window.quit().await;
}

/// An order whose answer the platform holds back: work is open.
async fn at_work(home: &Home) -> Window {
    let window = home.start().await;
    home.fault(Pathao, FaultKind::Hold, None).await;
    window.page.dispatch(ORDER).await;
    home.holds_an_answer(Pathao).await;
    window
}

#[tokio::test(flavor = "multi_thread")]
async fn closing_with_work_open_asks_and_goes_on() {
    let home = Home::new(PATIENT);
    let window = at_work(&home).await;
    window.ask_to_close();
    window.page.seen("closing").await;
    let said = window.page.text(&test_id("closing")).await.unwrap_or_default();
    assert!(said.contains("minimised"), "there is no tray here: {said}");
    window.page.click("confirm-yes").await;
    home.release().await;
    window.page.reaches(ORDER, "dispatched").await;
    assert_eq!(home.truth(Pathao).len(), 1, "one order at the platform");
    // Nothing is open now: closing asks nothing.
    window.ask_to_close();
    window.ends().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn closing_with_work_open_can_end_it_and_the_next_start_settles_it() {
    let home = Home::new(PATIENT);
    let window = at_work(&home).await;
    window.ask_to_close();
    window.page.seen("closing").await;
    window.page.click("confirm-no").await;
    window.ends().await;
    let window = home.start().await;
    window.page.search(ORDER).await;
    window.page.reaches(ORDER, "dispatched").await;
    assert_eq!(home.truth(Pathao).len(), 1, "one order at the platform");
    window.quit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn where_there_is_a_tray_work_goes_on_in_it() {
    let home = Home::new(PATIENT);
    let tray = TrayHost::start().await;
    let window = at_work(&home).await;
    until("the icon is up", async || (tray.icons() == 1).then_some(())).await;
    assert!(window.is_shown());
    window.ask_to_close();
    window.page.seen("closing").await;
    let said = window.page.text(&test_id("closing")).await.unwrap_or_default();
    assert!(said.contains("in the tray"), "{said}");
    window.page.click("confirm-yes").await;
    until("the window is gone from the screen", async || (!window.is_shown()).then_some(())).await;
    home.release().await;
    assert!(home.start_second().await, "a second start brings the window back");
    until("the window is back", async || window.is_shown().then_some(())).await;
    window.page.reaches(ORDER, "dispatched").await;
    window.quit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_window_is_as_large_as_it_was_left() {
    let home = Home::new(BRISK);
    let window = home.start().await;
    window.page.resize(900, 640).await;
    window.quit().await;
    let window = home.start().await;
    window
        .page
        .until("it is as it was", async || {
            (window.page.script("return [innerWidth, innerHeight]", vec![]).await == serde_json::json!([900, 640]))
                .then_some(())
        })
        .await;
    window.quit().await;
}

/// A page that nobody sees still takes commands.
async fn dispatch_unseen(page: &Page, order_no: &str, account: &str) {
    let script = r#"
        const orders = [{ order_no: "ORDER", account: "ACCOUNT" }];
        const command = { command: "dispatch", orders, all: false, account: null, again: false, despite: null };
        await window.__TAURI_INTERNALS__.invoke("run", { request: { id: "unseen-ORDER", command } });
        return true;
    "#;
    page.promise(&script.replace("ORDER", order_no).replace("ACCOUNT", account)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_case_for_a_person_is_told_once_to_who_is_not_looking() {
    let home = Home::new(PATIENT);
    let (_tray, notices) = (TrayHost::start().await, Notices::start().await);
    let window = at_work(&home).await;
    window.ask_to_close();
    window.page.seen("closing").await;
    window.page.click("confirm-yes").await;
    until("the window is gone from the screen", async || (!window.is_shown()).then_some(())).await;
    for (told, order_no) in [(1, "TOP-30201"), (2, "TOP-30202")] {
        home.fault(Foxreload, FaultKind::StrangerTwin, None).await;
        dispatch_unseen(&window.page, order_no, "Practice FoxReload").await;
        until("it is told", async || (notices.shown().len() >= told).then_some(())).await;
    }
    let told: Vec<String> = notices.shown().into_iter().map(|notice| notice.body).collect();
    let of = |order_no: &str| format!("Order {order_no} waits for your decision");
    assert_eq!(told, [of("TOP-30201"), of("TOP-30202")], "each once");
    home.release().await;
    window.quit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_tray_counts_what_is_in_doubt() {
    let home = Home::new(UNHURRIED);
    let tray = TrayHost::start().await;
    let window = home.start().await;
    until("the icon is up", async || (tray.icons() == 1).then_some(())).await;
    assert_eq!(tray.label().await.as_deref(), Some(""));
    home.fault(Pathao, FaultKind::LoseRequest, None).await;
    window.page.dispatch(ORDER).await;
    until("one is in doubt", async || tray.label().await.filter(|label| label == "1")).await;
    window.page.reaches(ORDER, "dispatched").await;
    until("none is in doubt", async || tray.label().await.filter(String::is_empty)).await;
    window.quit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn it_starts_at_login_when_somebody_asks_for_it() {
    let home = Home::new(BRISK);
    let window = home.start().await;
    let entry = home.folder().join(".config/autostart/docket.desktop");
    assert!(!entry.exists(), "off until asked for");
    window.page.click("nav-settings").await;
    window.page.click("start-at-login").await;
    let text = until("it is there", async || std::fs::read_to_string(&entry).ok()).await;
    assert!(text.contains("--hidden"), "in the background: {text}");
    window.page.click("start-at-login").await;
    until("it is gone", async || (!entry.exists()).then_some(())).await;
    window.quit().await;
}

/// WebDriver cannot answer the system's print dialog, so the page counts what it would have opened.
const COUNT_PRINTS: &str = "window.printed = 0; window.print = () => { window.printed += 1; }";

async fn prints(page: &Page) {
    page.script(COUNT_PRINTS, vec![]).await;
    page.click("slip-print").await;
    page.until("it is printed", async || {
        (page.script("return window.printed", vec![]).await.as_u64() == Some(1)).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slip_is_printed_once_and_then_marked_as_a_copy_over_a_kill() {
    let home = Home::new(BRISK);
    let window = home.start().await;
    let page = &window.page;
    page.search(ORDER).await;
    page.open_panel(ORDER).await;
    assert_eq!(page.text(&test_id("slip-print")).await, None, "nothing to pack yet");
    page.click("panel-close").await;
    page.dispatch(ORDER).await;
    page.reaches(ORDER, "dispatched").await;
    page.open_panel(ORDER).await;
    prints(page).await;
    let slip = page.text(&test_id("slip")).await.unwrap_or_default();
    assert!(slip.contains(ORDER) && slip.contains(&home.truth(Pathao)[0].platform_order_id), "{slip}");
    assert_eq!(page.text(&test_id("slip-copy")).await, None, "the first is no copy: {slip}");
    window.kill().await;

    let window = home.start().await;
    let page = &window.page;
    page.search(ORDER).await;
    page.open_panel(ORDER).await;
    page.seen("slip-before").await;
    prints(page).await;
    assert_eq!(page.text(&test_id("slip-copy")).await.as_deref(), Some("COPY"));
    page.until("both are in the log", async || (page.entries("printed").await.len() == 2).then_some(())).await;
    window.quit().await;
}
