//! An order written by hand, and the copy of the ledger that holds it.

use docket_practice::PracticePlatform::Pathao;
use docket_tests::window::{BRISK, Home, Page, test_id};
use serde_json::json;

const ACCOUNT: &str = "Practice Pathao";

/// What stands in a field now.
async fn value(page: &Page, id: &str) -> String {
    let script = "return document.querySelector(arguments[0]).value";
    page.script(script, vec![json!(test_id(id))]).await.as_str().unwrap_or_default().to_owned()
}

/// What the core says of a field.
async fn says(page: &Page, css: &str, words: &str) {
    page.until(&format!("{css} says {words}"), async || {
        page.text(css).await.filter(|said| said.contains(words)).map(drop)
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_is_written_by_hand_checked_while_it_is_typed_and_dispatched_once() {
    let home = Home::new(BRISK);
    let window = home.start().await;
    let page = &window.page;
    page.reaches("DHK-10401", "draft").await;
    page.keys("n").await;
    page.seen("write-account").await;
    page.choose("write-account", ACCOUNT).await;
    page.seen("field-receiver_phone").await;
    page.fill("write-order-no", "DHK-10401").await;
    says(page, "#write-order-no-wrong", "is taken").await;
    page.fill("write-order-no", "HAND-1").await;
    page.fill("field-receiver_phone", "12").await;
    page.fill("field-receiver_name", "R. Das").await;
    page.seen("wrong-receiver_phone").await;
    page.click("write-keep").await;
    page.seen("wrong-parcel_type").await;
    page.fill("field-receiver_phone", "01700000001").await;
    page.fill("field-delivery_latitude", "23.7465").await;
    page.fill("field-delivery_longitude", "90.3762").await;
    page.fill("field-parcel_type", "2").await;
    page.click("write-repeat-sender").await;
    page.until("the sender is the last one's", async || {
        (!value(page, "field-pickup_latitude").await.is_empty()).then_some(())
    })
    .await;
    page.click("write-keep").await;
    page.reaches("HAND-1", "draft").await;
    page.seen("timeline-entry").await;
    assert_eq!(page.entries("imported").await.len(), 1);
    assert!(page.entries("imported").await[0].starts_with("Written by hand."));
    assert!(home.truth(Pathao).is_empty(), "nothing is sent before it is dispatched");
    page.click("panel-action-dispatch").await;
    page.reaches("HAND-1", "dispatched").await;
    assert_eq!(home.truth(Pathao).len(), 1, "one order at the platform");

    let copy = home.folder().join("copy.db");
    page.click("nav-settings").await;
    for _ in 0..2 {
        page.fill("backup-path", &copy.display().to_string()).await;
        page.click("backup").await;
        page.until("the copy is made, or refused", async || {
            let told = page.text(&test_id("backup-done")).await;
            told.or(page.text(".problem").await)
        })
        .await;
    }
    says(page, ".problem", "is there already").await;
    let bytes = std::fs::read(&copy).expect("the copy is there");
    assert!(bytes.starts_with(b"SQLite format 3\0"), "it is a ledger");
    window.quit().await;
}
