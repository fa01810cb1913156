//! What a merchant meets first: the sample orders, an import of their own, and the log.

use docket_practice::PracticePlatform::Pathao;
use docket_tests::window::{BRISK, Home, test_id};

#[tokio::test(flavor = "multi_thread")]
async fn the_first_click_dispatches_a_sample_order() {
    let home = Home::new(BRISK);
    let window = home.start().await;
    let page = &window.page;
    page.seen("first-start").await;
    page.reaches("DHK-10401", "draft").await;
    page.pick("DHK-10401").await;
    page.click("dispatch-button").await;
    page.reaches("DHK-10401", "dispatched").await;
    let truth = home.truth(Pathao);
    assert_eq!(truth.len(), 1, "one order at the platform: {truth:?}");
    let row = page.text("[data-order-no=\"DHK-10401\"] .id").await;
    assert_eq!(row.as_deref(), Some(truth[0].platform_order_id.as_str()), "the row shows the platform's id");
    window.quit().await;
}

const OWN: &str = "order_no,receiver_name,receiver_phone,delivery_latitude,delivery_longitude,pickup_latitude,pickup_longitude,parcel_type,driver_type
MY-1,Rahima Khatun,01711112222,23.7744,90.3658,23.7546,90.3744,2,1
MY-2,Kamal Uddin,0171-bad,23.7744,90.3658,23.7546,90.3744,2,1
MY-3,Shirin Akter,01811112222,23.7944,90.4058,23.7546,90.3744,2,1
MY-4,Tanvir Islam,01911112222,123.5,90.3658,23.7546,90.3744,2,1
";

#[tokio::test(flavor = "multi_thread")]
async fn an_import_shows_what_is_wrong_by_row_and_brings_the_rest_in() {
    let home = Home::new(BRISK);
    let file = home.folder().join("own.csv");
    std::fs::write(&file, OWN).expect("the file is written");
    let window = home.start().await;
    let page = &window.page;
    page.click("nav-import").await;
    page.choose("import-account", "Practice Pathao").await;
    page.fill("import-path", &file.display().to_string()).await;
    page.click("import-look").await;
    page.seen("import-preview").await;
    let wrong = page.texts(&test_id("wrong-row")).await;
    let named = |row: &str, line: &str, column: &str| row.starts_with(line) && row.contains(column);
    assert!(wrong.iter().any(|row| named(row, "3", "MY-2") && row.contains("receiver_phone")), "{wrong:?}");
    assert!(wrong.iter().any(|row| named(row, "5", "MY-4") && row.contains("delivery_latitude")), "{wrong:?}");
    assert_eq!(page.text(&test_id("import-result")).await, None, "nothing was imported by looking");
    page.click("import-run").await;
    page.seen("import-result").await;
    let result = test_id("import-result");
    assert_eq!(page.attribute(&result, "data-imported").await.as_deref(), Some("2"));
    assert_eq!(page.attribute(&result, "data-wrong").await.as_deref(), Some("2"));
    page.search("MY-1").await;
    page.reaches("MY-1", "draft").await;
    page.search("MY-3").await;
    page.fill("search", "MY-2").await;
    page.seen("orders-empty").await;
    assert!(home.truth(Pathao).is_empty(), "an import sends nothing");
    window.quit().await;
}

/// The number in a text, however it is grouped.
fn number(text: &str) -> Option<u64> {
    text.chars().filter(char::is_ascii_digit).collect::<String>().parse().ok()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_log_is_verified_to_its_last_entry() {
    let home = Home::new(BRISK);
    let window = home.start().await;
    let page = &window.page;
    page.dispatch("DHK-10401").await;
    page.reaches("DHK-10401", "dispatched").await;
    page.click("nav-log").await;
    let newest = page
        .until("the log is shown", async || {
            let first = page.text("tbody tr td").await?;
            number(&first)
        })
        .await;
    page.click("log-verify").await;
    page.seen("log-verified").await;
    let said = page.text(&test_id("log-verified")).await.expect("it was seen");
    assert_eq!(page.attribute(&test_id("log-verified"), "data-ok").await.as_deref(), Some("true"), "{said}");
    assert!(said.contains("verified") && said.contains("entries"), "{said}");
    assert!(number(&said) >= Some(newest), "{said}, and entry {newest} was shown");
    assert!(newest > 1_000, "the samples and a dispatch: {newest}");
    window.quit().await;
}
