//! Where nobody but a person can know: a FoxReload order whose answer was lost while a stranger placed the same.

use docket_practice::FaultKind;
use docket_practice::PracticePlatform::Foxreload;
use docket_tests::window::{BRISK, Home, Page, test_id};
use thirtyfour::Key;

#[tokio::test(flavor = "multi_thread")]
async fn a_strangers_twin_ends_in_review_and_a_person_settles_it() {
    let home = Home::new(BRISK);
    let window = home.start().await;
    let page = &window.page;
    home.fault(Foxreload, FaultKind::StrangerTwin, None).await;
    page.dispatch("TOP-30201").await;
    page.reaches("TOP-30201", "needs_review").await;
    assert_eq!(home.ours(Foxreload).len(), 1, "nothing was sent again");
    assert_eq!(home.truth(Foxreload).len(), 2, "and a stranger has the same");

    page.click("nav-review").await;
    let case = format!("{}[data-order-no=\"TOP-30201\"]", test_id("review-case"));
    page.until("the case is shown", async || page.text(&case).await).await;
    let ours = home.ours(Foxreload).remove(0).platform_order_id;
    for order in home.truth(Foxreload) {
        let candidate = format!("[data-remote-id=\"{}\"]", order.platform_order_id);
        page.until("both are candidates", async || page.text(&candidate).await).await;
    }
    let line = format!("{}[data-field=\"item_id\"]", test_id("review-line"));
    let same = format!("{line} [data-verdict=\"same\"]");
    let both = async || Some(page.texts(&same).await).filter(|texts| texts.len() == 2);
    page.until("what both show stands beside what was sent", both).await;
    page.click_css(&format!("[data-remote-id=\"{ours}\"] {}", test_id("review-adopt"))).await;
    page.seen("decide").await;
    assert!(page.attribute(&test_id("decide-yes"), "disabled").await.is_some(), "no decision without a reason");
    page.fill("review-reason", "The customer has this one").await;
    page.click("decide-yes").await;
    page.seen("review-empty").await;

    page.search("TOP-30201").await;
    page.reaches("TOP-30201", "dispatched").await;
    page.open_panel("TOP-30201").await;
    let decided = page.texts(&format!("{}[data-kind=\"review_decided\"]", test_id("timeline-entry"))).await;
    assert!(decided.len() == 1 && decided[0].contains("The customer has this one"), "the reason is kept: {decided:?}");
    assert_eq!(page.entries("send_started").await.len(), 1, "one request was ever sent");
    let known = page.text(&test_id("panel-known")).await.unwrap_or_default();
    assert!(known.contains(&ours), "{known}");
    assert_eq!(home.ours(Foxreload).len(), 1, "never two orders of ours");
    window.quit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn three_keys_finish_a_case() {
    let home = Home::new(BRISK);
    let window = home.start().await;
    let page = &window.page;
    home.fault(Foxreload, FaultKind::StrangerTwin, None).await;
    page.dispatch("TOP-30201").await;
    page.reaches("TOP-30201", "needs_review").await;
    page.click("nav-review").await;
    page.seen("review-candidate").await;
    let first = page.attribute(&test_id("review-candidate"), "data-remote-id").await.expect("a candidate has an id");
    page.keys("a").await;
    page.seen("decide").await;
    page.keys("1").await;
    page.keys(&String::from(char::from(Key::Enter))).await;
    page.seen("review-empty").await;
    // A number in the dialog is a reason, and no screen.
    assert_eq!(page.attribute(&test_id("nav-review"), "aria-current").await.as_deref(), Some("page"));
    page.search("TOP-30201").await;
    page.reaches("TOP-30201", "dispatched").await;
    let id = page.text(&format!("{} .id", Page::row("TOP-30201"))).await;
    assert_eq!(id.as_deref(), Some(first.as_str()), "the first candidate was taken");
    window.quit().await;
}
