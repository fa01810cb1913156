//! A ledger with many orders. `DOCKET_MANY` says how many; the figures are printed.

use std::fmt::Write as _;
use std::time::Duration;

use docket_core::clock::{Clock, SystemClock};
use docket_tests::window::{BRISK, Home, Page, test_id, within};
use thirtyfour::Key;

/// An import of many rows takes longer than anything else that is waited for.
const IMPORT: Duration = Duration::from_secs(540);
/// As many as are chosen at once.
const MOST: usize = 20_000;

fn how_many() -> usize {
    std::env::var("DOCKET_MANY").ok().and_then(|told| told.parse().ok()).unwrap_or(3_000)
}

fn rows(count: usize) -> String {
    let mut csv = "order_no,receiver_name,receiver_phone,delivery_latitude,delivery_longitude,pickup_latitude,pickup_longitude,parcel_type,driver_type\n".to_owned();
    for row in 0..count {
        let phone = 10_000_000 + row % 90_000_000;
        writeln!(csv, "BIG-{row:07},Customer {row},017{phone:08},23.7744,90.3658,23.7546,90.3744,2,1").expect("a text");
    }
    csv
}

/// Starts a watch over the page's own thread: how long it was away, whenever that was more than 50 ms.
async fn watch(page: &Page) {
    page.script(
        "window.__away = []; let last = performance.now();
         const beat = new MessageChannel();
         beat.port1.onmessage = () => { const now = performance.now();
           if (now - last > 50) window.__away.push(Math.round(now - last)); last = now; setTimeout(() => beat.port2.postMessage(0), 4); };
         beat.port2.postMessage(0);",
        vec![],
    )
    .await;
}

/// What the watch has seen since it was last asked.
async fn away(page: &Page) -> Vec<u64> {
    let seen = page.script("const seen = window.__away; window.__away = []; return seen", vec![]).await;
    serde_json::from_value(seen).unwrap_or_default()
}

#[expect(clippy::print_stdout, reason = "the figures are what this test tells")]
async fn measured(page: &Page, what: &str, done: impl AsyncFnOnce()) {
    away(page).await;
    let clock = SystemClock::new();
    let begun = clock.now().awake_ms;
    done().await;
    let took = clock.now().awake_ms - begun;
    println!("{what}: {took} ms; the page was away for {:?} ms", away(page).await);
}

async fn import(home: &Home, page: &Page, many: usize) {
    let file = home.folder().join("many.csv");
    std::fs::write(&file, rows(many)).expect("the file is written");
    page.click("nav-import").await;
    page.choose("import-account", "Practice Pathao").await;
    page.fill("import-path", &file.display().to_string()).await;
    page.click("import-look").await;
    within(IMPORT, async || page.text(&test_id("import-preview-counts")).await).await.expect("a preview");
    watch(page).await;
    measured(page, "import", async || {
        page.click("import-run").await;
        let came = within(IMPORT, async || page.attribute(&test_id("import-result"), "data-imported").await).await;
        assert_eq!(came, Some(many.to_string()), "all are imported");
    })
    .await;
}

/// The digits in a text, as one number.
fn number(text: &str) -> Option<usize> {
    text.chars().filter(char::is_ascii_digit).collect::<String>().parse().ok()
}

/// Waits until so many are chosen.
async fn chosen(page: &Page, count: usize) {
    page.until(&format!("{count} are chosen"), async || {
        let text = page.text(&test_id("chosen-count")).await?;
        (number(&text) == Some(count)).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn many_orders_are_scrolled_found_and_chosen() {
    let many = how_many();
    let home = Home::new(BRISK);
    let window = home.start().await;
    let page = &window.page;
    import(&home, page, many).await;
    let last = format!("BIG-{:07}", many - 1);
    measured(page, "the list opens", async || {
        page.click("nav-orders").await;
        page.reaches("DHK-10401", "draft").await;
    })
    .await;
    measured(page, "to the end", async || {
        page.script("document.querySelector('[data-testid=\"order-grid\"]').focus()", vec![]).await;
        page.keys(&String::from(char::from(Key::End))).await;
        page.reaches(&last, "draft").await;
    })
    .await;
    measured(page, "through the list", async || {
        let through = "const body = document.querySelector('[data-testid=\"order-grid\"] .body');
            for (let i = 0; i < 60; i++) {
              body.scrollTop = body.scrollHeight * i / 60;
              await new Promise(requestAnimationFrame);
            }
            return 0";
        page.promise(through).await;
        page.until("rows are shown", async || page.text(&test_id("order-row")).await).await;
    })
    .await;
    measured(page, "search", async || page.search(&last).await).await;
    measured(page, "open one", async || page.open_panel(&last).await).await;
    page.click("panel-close").await;
    // The click comes while the list still shows what was searched before.
    measured(page, "choose all of a search", async || {
        page.fill("search", "BIG-00000").await;
        page.click("select-all").await;
        chosen(page, many.min(100)).await;
    })
    .await;
    page.fill("search", "").await;
    let total = page
        .until("the search is over", async || {
            let shown = number(&page.text(&test_id("tab-all")).await?)?;
            (number(&page.text(&test_id("select-all")).await?)? >= shown).then_some(shown)
        })
        .await;
    measured(page, "choose all", async || {
        page.click("select-all").await;
        chosen(page, total.min(MOST)).await;
    })
    .await;
    let drawn = page.script("return document.querySelectorAll('[data-testid=\"order-row\"]').length", vec![]).await;
    assert!(drawn.as_u64() < Some(80), "only what is seen is drawn: {drawn}");
    window.quit().await;
}
