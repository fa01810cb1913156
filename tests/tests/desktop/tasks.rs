//! What a merchant does in a day, by the keyboard alone: no test here clicks.

use std::fmt::Write as _;

use docket_practice::FaultKind;
use docket_practice::PracticePlatform::Pathao;
use docket_tests::window::{BRISK, Home, Page, test_id};
use thirtyfour::Key;

/// The platform's answers set the pace, and quiet is short.
const BUSY: &str = "settle_ms=1500,timeout_ms=8000,lookup_interval_ms=200,lookup_interval_max_ms=1000,patience_s=120,\
                    requests_per_minute=6000,max_in_flight=8";
const ROWS: usize = 200;
const LOST: usize = 20;

fn two_hundred(home: &Home) -> String {
    let mut csv = "order_no,receiver_name,receiver_phone,delivery_latitude,delivery_longitude,pickup_latitude,pickup_longitude,parcel_type,driver_type\n".to_owned();
    for row in 0..ROWS {
        writeln!(csv, "KEY-{row:03},R. Das {row},01711{row:06},23.7744,90.3658,23.7546,90.3744,2,1").expect("a text");
    }
    let file = home.folder().join("two hundred.csv");
    std::fs::write(&file, csv).expect("the file is written");
    file.display().to_string()
}

/// A screen by its number.
async fn screen(page: &Page, number: &str, then: &str) {
    page.keys(number).await;
    page.seen(then).await;
}

/// Searches, and comes back to the list with the first that is found.
async fn find(page: &Page, words: &str, found: usize) {
    page.keys("/").await;
    page.until("the search has the focus", async || page.focused().await.filter(|id| id == "search")).await;
    page.chord(Key::Control, "a").await;
    page.keys(words).await;
    let tab = test_id("select-all");
    page.until(&format!("{words}: {found} are found"), async || {
        let text = page.text(&tab).await?;
        let digits: String = text.chars().filter(char::is_ascii_digit).collect();
        (digits == found.to_string()).then_some(())
    })
    .await;
    page.press(Key::Down).await;
    page.until("the list has the focus", async || page.focused().await.filter(|id| id == "order-grid")).await;
}

async fn number(page: &Page, id: &str) -> Option<usize> {
    let text = page.text(&test_id(id)).await?;
    text.chars().filter(char::is_ascii_digit).collect::<String>().parse().ok()
}

#[tokio::test(flavor = "multi_thread")]
async fn two_hundred_are_imported_and_dispatched_while_answers_are_lost_and_the_strip_tells_the_truth() {
    let home = Home::new(BUSY);
    let file = two_hundred(&home);
    let window = home.start().await;
    let page = &window.page;
    page.reaches("DHK-10401", "draft").await;
    screen(page, "4", "import-path").await;
    page.tab_to("import-path").await;
    page.keys(&file).await;
    page.tab_to("import-account").await;
    let chosen = "return document.querySelector('[data-testid=\"import-account\"]').value";
    page.until("the arrow reaches the account", async || {
        let there = page.script(chosen, vec![]).await.as_str() == Some("Practice Pathao");
        if !there {
            page.press(Key::Down).await;
        }
        there.then_some(())
    })
    .await;
    page.tab_to("import-look").await;
    page.press(Key::Enter).await;
    page.tab_to("import-run").await;
    page.press(Key::Enter).await;
    page.seen("import-result").await;
    assert_eq!(page.attribute(&test_id("import-result"), "data-imported").await, Some(ROWS.to_string()));

    for _ in 0..LOST {
        home.fault(Pathao, FaultKind::LoseResponse, None).await;
    }
    screen(page, "1", "order-grid").await;
    find(page, "KEY-", ROWS).await;
    page.chord(Key::Control, "a").await;
    page.until("all are chosen", async || number(page, "chosen-count").await.filter(|count| *count == ROWS)).await;
    page.keys("d").await;
    let mut doubted = 0;
    page.until("all are dispatched", async || {
        let sent = number(page, "strip-sent").await?;
        // What is told was true when it was told: since then there can only be more.
        let there = home.truth(Pathao).len();
        assert!(sent <= there, "{sent} are told, and {there} exist");
        doubted = doubted.max(number(page, "strip-in-doubt").await?);
        (page.text(&test_id("strip-batch")).await.is_none() && sent == ROWS).then_some(())
    })
    .await;
    assert!((1..=LOST).contains(&doubted), "{doubted} were seen in doubt");
    let truth = home.truth(Pathao);
    let mut references: Vec<_> = truth.iter().map(|order| order.reference.clone()).collect();
    references.sort();
    references.dedup();
    assert_eq!((truth.len(), references.len()), (ROWS, ROWS), "one order at the platform for each");
    assert_eq!(number(page, "strip-doubles").await, Some(0));
    window.quit().await;
}

/// The page counts what it would have opened: nobody answers the system's print dialog here.
const COUNT_PRINTS: &str = "window.printed = 0; window.print = () => { window.printed += 1; }";

#[tokio::test(flavor = "multi_thread")]
async fn one_is_dispatched_its_slip_printed_then_it_is_cancelled_and_the_log_exported() {
    let home = Home::new(BRISK);
    let window = home.start().await;
    let page = &window.page;
    page.script(COUNT_PRINTS, vec![]).await;
    page.reaches("DHK-10401", "draft").await;
    find(page, "DHK-10405", 1).await;
    page.keys("d").await;
    page.reaches("DHK-10405", "dispatched").await;
    page.press(Key::Enter).await;
    page.tab_to("slip-print").await;
    page.press(Key::Enter).await;
    page.until("it is printed, once", async || {
        (page.script("return window.printed", vec![]).await.as_u64() == Some(1)).then_some(())
    })
    .await;

    page.tab_to("panel-action-cancel").await;
    page.press(Key::Enter).await;
    page.tab_to("confirm-yes").await;
    page.press(Key::Enter).await;
    page.reaches("DHK-10405", "cancelled").await;
    assert_eq!(home.truth(Pathao).len(), 1, "one order was ever made");
    page.press(Key::Escape).await;
    page.until("the list has the focus again", async || page.focused().await.filter(|id| id == "order-grid")).await;

    screen(page, "3", "log-export-open").await;
    page.tab_to("log-order").await;
    page.keys("DHK-10405").await;
    page.tab_to("log-export-open").await;
    page.press(Key::Enter).await;
    page.tab_to("log-export-path").await;
    let file = home.folder().join("log of one.csv");
    page.keys(&file.display().to_string()).await;
    page.press(Key::Enter).await;
    page.seen("log-export-done").await;
    let text = std::fs::read_to_string(&file).expect("the file is there");
    for kind in ["reserved", "send_started", "bound", "printed", "cancelled"] {
        assert!(text.lines().any(|line| line.contains(kind)), "{kind} is in it: {text}");
    }
    let others = text.lines().skip(1).filter(|line| !line.contains("DHK-10405")).count();
    assert_eq!(others, 0, "only what the filter lets through: {text}");
    window.quit().await;
}
