//! README's pictures, of the real window with work in it.

use std::path::{Path, PathBuf};

use docket_practice::FaultKind;
use docket_practice::PracticePlatform::{Foxreload, Pathao, Postmates};
use docket_tests::window::{Home, Page, Window};

/// Quiet is long enough for a picture of an order in doubt.
const UNHURRIED: &str =
    "settle_ms=20000,timeout_ms=4000,lookup_interval_ms=1000,lookup_interval_max_ms=2000,patience_s=120";

/// Drives the app into a lively state and takes the pictures, into `DOCKET_SCREENSHOTS` when that is set.
pub async fn take() {
    let home = Home::new(UNHURRIED);
    let told = std::env::var_os("DOCKET_SCREENSHOTS").filter(|folder| !folder.is_empty());
    let folder = told.map_or_else(|| home.folder().to_owned(), PathBuf::from);
    std::fs::create_dir_all(&folder).expect("the folder for pictures");
    let window = home.start().await;
    let page = &window.page;
    work(&home, page).await;

    page.click("nav-review").await;
    page.seen("review-candidate").await;
    picture(&window, &folder, "review.png").await;
    page.click("nav-practice").await;
    page.seen("truth-order").await;
    picture(&window, &folder, "practice.png").await;
    in_doubt(&home, page).await;
    page.reaches("DHK-10416", "in_doubt").await;
    picture(&window, &folder, "orders.png").await;
    page.wear("dark").await;
    picture(&window, &folder, "orders-dark.png").await;
    page.wear("light").await;
    page.scroll_to("[data-testid=\"timeline-entry\"]").await;
    page.click_css("[data-testid=\"timeline-entry\"][data-kind=\"bound\"] summary").await;
    picture(&window, &folder, "timeline.png").await;
    page.search("TOP-30202").await;
    page.open_panel("TOP-30202").await;
    page.click("codes-reveal").await;
    page.click("codes-show").await;
    page.seen("code").await;
    picture(&window, &folder, "codes.png").await;
    page.click("nav-accounts").await;
    page.scroll_to("[data-account=\"Practice DoorDash\"]").await;
    picture(&window, &folder, "accounts.png").await;
    page.click("nav-orders").await;
    page.click("new-order").await;
    page.choose("write-account", "Practice Pathao").await;
    page.fill("write-order-no", "DHK-10700").await;
    page.fill("field-receiver_phone", "0170-00").await;
    page.fill("field-receiver_name", "R. Das").await;
    page.seen("wrong-receiver_phone").await;
    picture(&window, &folder, "write.png").await;
    page.click("nav-import").await;
    page.choose("import-account", "Practice Pathao").await;
    page.fill("import-path", &home.data().join("practice/pathao-dhaka.csv").display().to_string()).await;
    page.click("import-look").await;
    page.seen("wrong-row").await;
    picture(&window, &folder, "import.png").await;
    page.click("nav-log").await;
    page.click("log-verify").await;
    page.seen("log-verified").await;
    picture(&window, &folder, "log.png").await;
    page.click("nav-settings").await;
    page.seen("backup").await;
    picture(&window, &folder, "settings.png").await;
    window.quit().await;
}

/// Orders dispatched at each platform, one found by lookup, one that waits for a person.
async fn work(home: &Home, page: &Page) {
    page.wear("light").await;
    home.switch(Foxreload, "stage_ms", 1).await;
    home.fault(Foxreload, FaultKind::StrangerTwin, None).await;
    page.dispatch("TOP-30201").await;
    page.reaches("TOP-30201", "in_doubt").await;
    for order_no in ["TOP-30202", "TOP-30205", "SF-20751", "SF-20752"] {
        page.dispatch(order_no).await;
        page.reaches(order_no, "dispatched").await;
    }
    home.fault(Pathao, FaultKind::LoseResponse, None).await;
    page.dispatch("DHK-10403").await;
    page.reaches("DHK-10403", "dispatched").await;
    for order_no in ["DHK-10401", "DHK-10402", "DHK-10404", "DHK-10405"] {
        page.dispatch(order_no).await;
        page.reaches(order_no, "dispatched").await;
    }
    page.search("TOP-30201").await;
    page.reaches("TOP-30201", "needs_review").await;
}

/// The orders that changed last stand first, two in doubt among them; open is the one found by lookup.
async fn in_doubt(home: &Home, page: &Page) {
    page.click("nav-orders").await;
    page.click_css("[role=\"columnheader\"]:nth-child(6) button").await;
    for (platform, order_no) in [(Postmates, "SF-20753"), (Pathao, "DHK-10416")] {
        home.fault(platform, FaultKind::LoseRequest, None).await;
        page.dispatch(order_no).await;
        page.reaches(order_no, "in_doubt").await;
    }
    page.fill("search", "").await;
    page.open_panel("DHK-10403").await;
    page.click_css("[data-testid=\"dispatch-lines\"] > div button").await;
    // Under the pointer the list would keep its places.
    page.point_at("strip").await;
}

async fn picture(window: &Window, folder: &Path, name: &str) {
    let picture = window.picture().await;
    assert_eq!(picture.colours(), 100, "{name} has something on it");
    picture.write(&folder.join(name));
}
