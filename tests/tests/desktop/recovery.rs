//! Lost answers, lost requests, and the app killed in the middle.

use docket_core::api::{Core, CoreOptions};
use docket_practice::FaultKind;
use docket_practice::PracticePlatform::{Pathao, Postmates};
use docket_tests::window::{BRISK, Home, UNHURRIED, test_id};

#[tokio::test(flavor = "multi_thread")]
async fn killed_while_the_answer_is_held_it_finds_the_order_by_lookup() {
    let home = Home::new(BRISK);
    let window = home.start().await;
    home.fault(Pathao, FaultKind::Hold, None).await;
    window.page.dispatch("DHK-10401").await;
    home.holds_an_answer(Pathao).await;
    assert_eq!(home.truth(Pathao).len(), 1, "the order exists, and nobody was told");
    window.kill().await;

    let window = home.start().await;
    let page = &window.page;
    page.search("DHK-10401").await;
    page.reaches("DHK-10401", "dispatched").await;
    page.open_panel("DHK-10401").await;
    let bound = page.entries("bound").await;
    assert!(bound.len() == 1 && bound[0].contains("lookup"), "the timeline says how it was found: {bound:?}");
    let known = page.text(&test_id("panel-known")).await.unwrap_or_default();
    assert!(known.contains("found by lookup"), "and so does the sentence above it: {known}");
    assert_eq!(page.entries("send_started").await.len(), 1, "nothing was sent again");
    let truth = home.truth(Pathao);
    assert_eq!(truth.len(), 1, "one order at the platform: {truth:?}");
    assert!(known.contains(&truth[0].platform_order_id), "{known}");
    window.quit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ledger_that_another_program_holds_is_opened_once_it_is_let_go() {
    let home = Home::new(BRISK);
    home.start().await.quit().await;
    let options = CoreOptions {
        ledger: home.data().join("ledger.db"),
        secrets_file: None,
        station: home.data().join("station"),
        program: "another program",
        follow: false,
    };
    let other = Core::open(options).await.expect("nobody holds it now");
    let window = home.begin().await;
    let page = &window.page;
    page.seen("startup-again").await;
    let said = page.text(&test_id("startup-error")).await.unwrap_or_default();
    assert!(said.contains(&format!("process {}", std::process::id())), "it says who holds it: {said}");
    other.stop().await;
    drop(other);
    page.click("startup-again").await;
    page.seen("nav-orders").await;
    page.reaches("DHK-10401", "draft").await;
    assert!(home.start_second().await, "a second start hands over to the first and ends");
    page.reaches("DHK-10401", "draft").await;
    window.quit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_request_ends_in_exactly_one_order() {
    let home = Home::new(UNHURRIED);
    let window = home.start().await;
    let page = &window.page;
    for (platform, order_no) in [(Pathao, "DHK-10401"), (Postmates, "SF-20751")] {
        home.fault(platform, FaultKind::LoseRequest, None).await;
        page.dispatch(order_no).await;
        page.reaches(order_no, "in_doubt").await;
        assert!(home.truth(platform).is_empty(), "the platform never heard of it");
        page.reaches(order_no, "dispatched").await;
        page.open_panel(order_no).await;
        assert_eq!(page.entries("send_started").await.len(), 2, "the same bytes were sent once more");
        let truth = home.truth(platform);
        assert_eq!(truth.len(), 1, "one order at the platform: {truth:?}");
        page.click("panel-close").await;
    }
    window.quit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_lost_from_the_practice_screen_is_found_by_lookup() {
    let home = Home::new(BRISK);
    let window = home.start().await;
    let page = &window.page;
    page.click("nav-practice").await;
    page.choose("practice-where", "postmates").await;
    page.click("practice-fault-lose_response").await;
    page.until("the fault waits", async || {
        (page.attribute(&test_id("practice-queue"), "data-count").await.as_deref() == Some("1")).then_some(())
    })
    .await;
    page.dispatch("SF-20751").await;
    page.reaches("SF-20751", "dispatched").await;
    page.open_panel("SF-20751").await;
    let known = page.text(&test_id("panel-known")).await.unwrap_or_default();
    assert!(known.contains("found by lookup"), "{known}");
    page.click("nav-practice").await;
    let counter = test_id("practice-counter-postmates");
    page.until("the counter agrees", async || {
        let there = page.attribute(&counter, "data-platform-orders").await?;
        let here = page.attribute(&counter, "data-ledger-orders").await?;
        (there == "1" && here == "1").then_some(())
    })
    .await;
    assert_eq!(page.attribute(&counter, "data-doubles").await.as_deref(), Some("0"));
    window.quit().await;
}
