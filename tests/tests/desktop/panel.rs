//! An order's panel: what the platform delivered and what it would ask, each only when a person wants to know.

use std::path::PathBuf;

use docket_practice::PracticePlatform::{Foxreload, UberDirect};
use docket_tests::plain::files_with;
use docket_tests::window::{BRISK, Home, test_id};

#[tokio::test(flavor = "multi_thread")]
async fn codes_are_masked_until_somebody_asks_and_the_asking_is_in_the_log_first() {
    let home = Home::new(BRISK);
    let window = home.start().await;
    let page = &window.page;
    home.switch(Foxreload, "stage_ms", 1).await;
    page.dispatch("TOP-30202").await;
    page.reaches("TOP-30202", "dispatched").await;
    page.open_panel("TOP-30202").await;
    page.seen("codes-count").await;
    let masked = page.text(&test_id("codes-count")).await.expect("it was seen");
    assert!(masked.contains("1 code, masked"), "{masked}");
    assert_eq!(page.text(&test_id("code")).await, None, "nothing is shown by itself");

    page.click("codes-reveal").await;
    assert!(page.entries("revealed").await.is_empty(), "a question is no reveal");
    page.fill("codes-reason", "read out on the telephone").await;
    page.click("codes-show").await;
    page.seen("code").await;
    let code = page.text(&test_id("code")).await.expect("it was seen");
    assert!(code.len() >= 8, "{code}");
    page.until("the reveal is in the timeline", async || (page.entries("revealed").await.len() == 1).then_some(()))
        .await;
    assert_eq!(files_with(&code, home.folder()), Vec::<PathBuf>::new(), "the code stands in no file");

    // Neither another order nor the way back shows them again.
    page.keys("\u{e00c}").await;
    page.until("the panel is closed", async || page.text(&test_id("code")).await.is_none().then_some(())).await;
    page.open_panel("TOP-30202").await;
    page.seen("codes-count").await;
    assert_eq!(page.text(&test_id("code")).await, None, "masked again");
    window.quit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_price_is_asked_by_a_click_and_a_stale_one_says_so() {
    let home = Home::new(BRISK);
    let window = home.start().await;
    let page = &window.page;
    home.switch(UberDirect, "quote_life_ms", 4_000).await;
    page.search("NYC-51301").await;
    page.open_panel("NYC-51301").await;
    page.seen("price-ask").await;
    assert_eq!(page.text(&test_id("price-fee")).await, None, "nothing is asked by itself");
    page.click("price-ask").await;
    page.seen("price-fee").await;
    let fee = page.text(&test_id("price-fee")).await.expect("it was seen");
    assert!(fee.contains('$') && fee.chars().any(|c| c.is_ascii_digit()), "{fee}");
    page.seen("price-stale").await;
    page.click("price-ask").await;
    page.seen("price-good").await;
    assert!(home.truth(UberDirect).is_empty(), "a price is no order");
    window.quit().await;
}
