//! Accounts of a merchant's own.

use docket_tests::window::{BRISK, Home, Page, test_id};

/// Adds an account at a practice platform, on a system whose key store does not answer.
async fn add(page: &Page, name: &str) {
    page.click("nav-accounts").await;
    let practice = format!("{}[data-account=\"Practice FoxReload\"] p .mono", test_id("account"));
    let address = page.until("the practice account is listed", async || page.text(&practice).await).await;
    page.click("account-add").await;
    page.fill("add-name", name).await;
    page.choose("add-platform", "foxreload").await;
    page.fill("add-base-url", &address).await;
    page.until("its secrets are asked for", async || page.text("[data-testid^=\"secret-\"]").await).await;
    page.fill("secret-api_key", "practice").await;
    page.click("add-save").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_key_store_a_file_is_offered_with_a_warning() {
    let home = Home::new(BRISK);
    let window = home.start().await;
    let page = &window.page;
    add(page, "Shop").await;
    page.seen("no-key-store").await;
    let file = home.data().join("secrets.json");
    let said = page.text(&test_id("no-key-store")).await.expect("it is seen");
    assert!(said.contains(&file.display().to_string()) && said.contains("not encrypted"), "{said}");
    assert!(!file.exists(), "nothing is written before a person says so");
    page.click("keep-in-file").await;
    page.seen("add-done").await;
    let mode = std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(&file).expect("the file").permissions());
    assert_eq!(mode & 0o777, 0o600, "nobody else may read it");
    page.click("add-done").await;
    let card = format!("{}[data-account=\"Shop\"]", test_id("account"));
    let shown = page.until("the account is listed", async || page.text(&card).await).await;
    assert!(shown.contains(&file.display().to_string()), "where its secrets are stands there: {shown}");
    window.quit().await;
}
