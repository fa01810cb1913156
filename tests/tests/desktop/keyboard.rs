//! Without a pointer.

use docket_practice::PracticePlatform::Pathao;
use docket_tests::window::{BRISK, Home, Page, test_id};
use thirtyfour::Key;

async fn focused(page: &Page, id: &str) {
    page.until(&format!("the focus is on {id}"), async || {
        let script = "return document.activeElement?.dataset.testid ?? null";
        (page.script(script, vec![]).await.as_str() == Some(id)).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_palette_runs_a_command_and_the_focus_is_seen() {
    let home = Home::new(BRISK);
    let window = home.start().await;
    let page = &window.page;
    page.reaches("DHK-10401", "draft").await;
    page.chord(Key::Control, "k").await;
    focused(page, "palette-input").await;
    page.keys("SF-2075").await;
    page.keys(&String::from(char::from(Key::Enter))).await;
    page.until("the search is carried out", async || {
        let rows = page.texts(&test_id("order-row")).await;
        (!rows.is_empty() && rows.iter().all(|row| row.starts_with("SF-2075"))).then_some(())
    })
    .await;
    focused(page, "order-grid").await;
    page.keys(&String::from(char::from(Key::Down))).await;
    let seen = "const row = document.querySelector('[data-testid=\"order-row\"].active');
                return getComputedStyle(row).outlineStyle + ' ' + getComputedStyle(row).outlineWidth";
    page.until("the row of the keyboard is outlined", async || {
        (page.script(seen, vec![]).await.as_str() == Some("solid 2px")).then_some(())
    })
    .await;
    window.quit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_keyboard_alone_finds_chooses_opens_and_dispatches() {
    let home = Home::new(BRISK);
    let window = home.start().await;
    let page = &window.page;
    page.reaches("DHK-10401", "draft").await;
    page.keys("/").await;
    focused(page, "search").await;
    page.keys("DHK-1040").await;
    page.until("nine or fewer are found", async || {
        let rows = page.texts(&test_id("order-row")).await;
        (!rows.is_empty() && rows.len() < 10).then_some(())
    })
    .await;
    let down = String::from(char::from(Key::Down));
    page.keys(&down).await;
    focused(page, "order-grid").await;
    page.keys(&down).await;
    page.keys(" ").await;
    let chosen = "[data-testid=\"order-row\"][aria-selected=\"true\"]";
    page.until("Space chooses the row", async || page.text(chosen).await).await;
    let order_no = page.attribute(chosen, "data-order-no").await.expect("a row has a number");
    assert_ne!(order_no, "DHK-10401", "the arrow has moved");
    page.keys(&String::from(char::from(Key::Enter))).await;
    page.until("Enter opens it", async || {
        let shown = page.attribute(&test_id("order-panel"), "data-order-no").await;
        (shown.as_ref() == Some(&order_no)).then_some(())
    })
    .await;
    focused(page, "order-grid").await;
    page.keys("dd").await;
    page.reaches(&order_no, "dispatched").await;
    focused(page, "order-grid").await;
    let entries = page.entries("reserved").await;
    assert_eq!(entries.len(), 1, "d twice is one dispatch: {entries:?}");
    assert_eq!(home.truth(Pathao).len(), 1, "one order at the platform");
    window.quit().await;
}
