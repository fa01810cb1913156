//! A ledger with many orders, and a batch at work: what the page does then is told in a table, and held by counts.
//!
//! `cargo xtask measure-window` walks this with 300,000 orders and a batch of 5,000, and prints what it took. A test run
//! walks it with fewer. What is asserted are counts alone: rows in the page, questions to the core, orders at the platform.
//! Times are for the eye.

use std::fmt::Write as _;
use std::time::Duration;

use docket_core::clock::{Clock, SystemClock};
use docket_practice::PracticePlatform::Doordash;
use docket_tests::window::{Home, Memory, Page, Seen, Window, test_id, within};
use thirtyfour::Key;

/// An import or a batch of many takes longer than anything else that is waited for.
const LONG: Duration = Duration::from_secs(900);
/// As many as are chosen at once.
const MOST: usize = 20_000;
/// The platform's pace is what holds the batch back, and nothing times out.
const PACE: &str = "settle_ms=1500,timeout_ms=20000,send_before_ms=20000,lookup_interval_ms=200,\
                    lookup_interval_max_ms=1000,patience_s=600,requests_per_minute=60000,max_in_flight=8";
const BATCH_ACCOUNT: &str = "Practice DoorDash";

fn told(name: &str, otherwise: usize) -> usize {
    std::env::var(name).ok().and_then(|told| told.parse().ok()).unwrap_or(otherwise)
}

fn pathao_rows(count: usize) -> String {
    let mut csv = "order_no,receiver_name,receiver_phone,delivery_latitude,delivery_longitude,pickup_latitude,pickup_longitude,parcel_type,driver_type\n".to_owned();
    for row in 0..count {
        let phone = 10_000_000 + row % 90_000_000;
        writeln!(csv, "BIG-{row:07},Customer {row},017{phone:08},23.7744,90.3658,23.7546,90.3744,2,1").expect("a text");
    }
    csv
}

fn doordash_rows(count: usize) -> String {
    let mut csv = "order_no,pickup_business_name,pickup_address,pickup_phone_number,dropoff_contact_given_name,dropoff_address,dropoff_phone_number\n".to_owned();
    for row in 0..count {
        let from = "Fern & Foxglove,\"1912 NW Market St, Seattle, WA 98107\",+12065550100";
        writeln!(csv, "BAT-{row:05},{from},Guest {row},\"{row} 15th Ave E, Seattle, WA 98112\",+12065550115")
            .expect("a text");
    }
    csv
}

/// One line of the table.
struct Line {
    when: &'static str,
    what: &'static str,
    took_ms: i64,
    /// How long the page's processes computed.
    cpu_ms: u64,
    seen: Seen,
}

/// What was measured, in the order in which it was done.
struct Table {
    when: &'static str,
    lines: Vec<Line>,
}

impl Table {
    async fn measure(&mut self, window: &Window, what: &'static str, done: impl AsyncFnOnce()) {
        let page = &window.page;
        page.take_meter().await;
        let clock = SystemClock::new();
        let (begun, computed) = (clock.now().awake_ms, window.page_cpu_ms());
        done().await;
        let took_ms = clock.now().awake_ms - begun;
        let cpu_ms = window.page_cpu_ms() - computed;
        self.lines.push(Line { when: self.when, what, took_ms, cpu_ms, seen: page.take_meter().await });
    }

    /// The figures of one line.
    fn line(&self, when: &str, what: &str) -> &Seen {
        &self.lines.iter().find(|line| line.when == when && line.what == what).expect("it was measured").seen
    }

    #[expect(clippy::print_stdout, reason = "the table is what the measurement tells")]
    fn print(&self, memory: &[(&str, Memory)]) {
        println!(
            "\n{:<8} {:<24} {:>8} {:>8} {:>7} {:>8} {:>12} {:>10} {:>12} {:>5} {:>9}",
            "",
            "",
            "took ms",
            "cpu ms",
            "frames",
            "dropped",
            "longest gap",
            "held >50",
            "longest held",
            "rows",
            "questions"
        );
        for Line { when, what, took_ms, cpu_ms, seen } in &self.lines {
            println!(
                "{when:<8} {what:<24} {took_ms:>8} {cpu_ms:>8} {:>7} {:>8} {:>9} ms {:>10} {:>9} ms {:>5} {:>9}",
                seen.frames,
                seen.dropped,
                seen.longest_frame,
                seen.held.len(),
                seen.held.iter().max().unwrap_or(&0),
                seen.rows,
                seen.asked.values().sum::<u32>(),
            );
        }
        println!("\n{:<32} {:>10} {:>10}", "memory (RSS)", "app MiB", "page MiB");
        for (when, memory) in memory {
            println!("{when:<32} {:>10} {:>10}", memory.app, memory.page);
        }
    }
}

async fn import(home: &Home, page: &Page, account: &str, csv: String) {
    let many = csv.lines().count() - 1;
    let file = home.folder().join("many.csv");
    std::fs::write(&file, csv).expect("the file is written");
    page.click("nav-import").await;
    page.choose("import-account", account).await;
    page.fill("import-path", &file.display().to_string()).await;
    page.click("import-look").await;
    within(LONG, async || page.text(&test_id("import-preview-counts")).await).await.expect("a preview");
    page.click("import-run").await;
    let came = within(LONG, async || page.attribute(&test_id("import-result"), "data-imported").await).await;
    assert_eq!(came, Some(many.to_string()), "all are imported");
}

/// The digits in a text, as one number.
fn number(text: &str) -> Option<usize> {
    text.chars().filter(char::is_ascii_digit).collect::<String>().parse().ok()
}

/// The number that something shows.
async fn shown(page: &Page, id: &str) -> Option<usize> {
    number(&page.text(&test_id(id)).await?)
}

/// Waits until so many are chosen.
async fn chosen(page: &Page, count: usize) {
    let long = within(LONG, async || (shown(page, "chosen-count").await == Some(count)).then_some(()));
    assert!(long.await.is_some(), "{count} are chosen: {:?}", page.text(&test_id("chosen-count")).await);
}

/// Waits until the list has rows, each of which fits.
async fn listed(page: &Page, what: &str, css: &str) {
    let rows = format!("{}{css}", test_id("order-row"));
    page.until(what, async || {
        let all = page.texts(&test_id("order-row")).await.len();
        (all > 0 && page.texts(&rows).await.len() == all).then_some(())
    })
    .await;
}

/// Scrolls by some rows with each frame, as a wheel does: three hundred frames from the middle on.
const WHEEL: &str = "const body = document.querySelector('[data-testid=\"order-grid\"] .body');
    body.scrollTop = body.scrollHeight / 2;
    for (let i = 0; i < 300; i++) {
      body.scrollTop += 108;
      await new Promise(requestAnimationFrame);
    }
    return 0";

/// Takes the list's bar through all of it.
const THROUGH: &str = "const body = document.querySelector('[data-testid=\"order-grid\"] .body');
    for (let i = 0; i < 60; i++) {
      body.scrollTop = body.scrollHeight * i / 60;
      await new Promise(requestAnimationFrame);
    }
    body.scrollTop = 0;
    return 0";

/// What a merchant does with the list, whether or not a batch is at work.
async fn use_the_list(table: &mut Table, window: &Window, many: usize) {
    let page = &window.page;
    let last = format!("BIG-{:07}", many - 1);
    page.click("nav-log").await;
    page.seen("log-verify").await;
    table
        .measure(window, "open the list", async || {
            page.click("nav-orders").await;
            listed(page, "the list is there", "").await;
        })
        .await;
    page.choose("filter-account", "Practice Pathao").await;
    listed(page, "those of one account", "[data-account=\"Practice Pathao\"]").await;
    table.measure(window, "scroll 300 frames", async || drop(page.promise(WHEEL).await)).await;
    table
        .measure(window, "drag through all", async || {
            page.promise(THROUGH).await;
            listed(page, "rows are shown", "").await;
        })
        .await;
    let last_row = Page::row(&last);
    table
        .measure(window, "to the end and back", async || {
            page.script("document.querySelector('[data-testid=\"order-grid\"]').focus()", vec![]).await;
            page.keys(&String::from(char::from(Key::End))).await;
            page.until("the end", async || page.text(&last_row).await).await;
            page.keys(&String::from(char::from(Key::Home))).await;
            page.until("the beginning", async || page.text(&Page::row("DHK-10401")).await).await;
        })
        .await;
    table
        .measure(window, "60 times arrow down", async || {
            page.keys(&String::from(char::from(Key::Down)).repeat(60)).await;
        })
        .await;
    find_in_it(table, window, &last).await;
}

/// Filters, sorts, searches, and opens what is found.
async fn find_in_it(table: &mut Table, window: &Window, last: &str) {
    let page = &window.page;
    let last_row = Page::row(last);
    table
        .measure(window, "filter", async || {
            page.click("tab-draft").await;
            listed(page, "drafts", "[data-state=\"draft\"]").await;
            page.choose("filter-days", "today").await;
            listed(page, "of today", "[data-state=\"draft\"]").await;
            page.choose("filter-days", "any").await;
            page.click("tab-all").await;
            page.choose("filter-account", "").await;
            listed(page, "all", "").await;
        })
        .await;
    table
        .measure(window, "sort", async || {
            for column in [5, 2] {
                page.click_css(&format!("[role=\"columnheader\"]:nth-child({column}) button")).await;
                listed(page, "sorted", "").await;
            }
            page.click_css("[role=\"columnheader\"]:nth-child(2) button").await;
            page.click_css("[role=\"columnheader\"]:nth-child(2) button").await;
            listed(page, "as before", "").await;
        })
        .await;
    let name = format!("Customer {}", last.trim_start_matches("BIG-").trim_start_matches('0'));
    table
        .measure(window, "type in search", async || {
            page.keys("/").await;
            for letter in name.chars() {
                page.keys(&letter.to_string()).await;
            }
            page.until("it is found", async || page.text(&last_row).await).await;
        })
        .await;
    table
        .measure(window, "open one", async || {
            page.open_panel(last).await;
            page.click("panel-close").await;
        })
        .await;
    page.fill("search", "").await;
    listed(page, "all again", "").await;
}

/// Chooses every order of an account by one click; how many there are.
async fn choose_all_of(page: &Page, account: &str) -> usize {
    page.choose("filter-account", account).await;
    page.click("tab-draft").await;
    listed(page, "drafts of the account", &format!("[data-account=\"{account}\"][data-state=\"draft\"]")).await;
    let count = page
        .until("the number of them is told", async || {
            let tab = shown(page, "tab-draft").await?;
            (shown(page, "select-all").await? == tab).then_some(tab)
        })
        .await;
    page.click("select-all").await;
    chosen(page, count.min(MOST)).await;
    count
}

/// Waits until none of the batch is open, and compares with what the platform really has.
async fn over(home: &Home, page: &Page, batch: usize) {
    page.choose("filter-account", BATCH_ACCOUNT).await;
    let done = within(LONG, async || {
        let open = shown(page, "strip-waiting").await? + shown(page, "strip-in-doubt").await?;
        (open == 0 && shown(page, "tab-dispatched").await? == batch).then_some(())
    });
    assert!(done.await.is_some(), "the batch comes to its end: {:?}", page.text(&test_id("strip")).await);
    assert_eq!(home.truth(Doordash).len(), batch, "one order at the platform for each");
}

/// What can be held by counts: only what is seen is in the page, and only what is seen is asked for.
fn assert_counts(table: &Table) {
    for Line { when, what, seen, .. } in &table.lines {
        assert!(seen.rows < 80, "only what is seen is in the page: {} rows, {when}, {what}", seen.rows);
    }
    // Nine hundred rows are ten pages of a hundred; each is asked for once, with what is on the screen beside it.
    let scrolled = table.line("quiet", "scroll 300 frames").asked("orders");
    assert!((1..=30).contains(&scrolled), "{scrolled} questions for ten pages of rows");
    let walked = table.line("quiet", "60 times arrow down").asked("orders");
    assert!(walked <= 3, "{walked} questions for rows that were there");
    let typed = table.line("quiet", "type in search").asked("orders");
    assert!((1..=40).contains(&typed), "{typed} questions for some letters");
}

async fn begun(home: &Home) -> Window {
    let window = home.start().await;
    window.page.meter().await;
    window
}

#[tokio::test(flavor = "multi_thread")]
async fn many_orders_and_a_batch_are_at_hand() {
    let (many, batch) = (told("DOCKET_MANY", 3_000), told("DOCKET_BATCH", 100));
    let home = Home::new(PACE);
    let mut table = Table { when: "import", lines: Vec::new() };
    let window = begun(&home).await;
    let page = &window.page;
    table
        .measure(&window, "the orders", async || import(&home, page, "Practice Pathao", pathao_rows(many)).await)
        .await;
    table.measure(&window, "the batch", async || import(&home, page, BATCH_ACCOUNT, doordash_rows(batch)).await).await;
    let mut memory = vec![("after the imports", window.memory())];
    window.quit().await;

    let window = begun(&home).await;
    let page = &window.page;
    memory.push(("after a start", window.memory()));
    table.when = "quiet";
    use_the_list(&mut table, &window, many).await;
    memory.push(("after use", window.memory()));
    table.when = "batch";
    let count = choose_all_of(page, BATCH_ACCOUNT).await;
    assert!(count >= batch, "{count} of {batch}");
    table
        .measure(&window, "dispatch by one click", async || {
            page.click("dispatch-button").await;
            chosen_is_empty(page).await;
        })
        .await;
    page.click("tab-all").await;
    page.choose("filter-account", "").await;
    use_the_list(&mut table, &window, many).await;
    memory.push(("after use, the batch at work", window.memory()));
    let left = shown(page, "strip-waiting").await.unwrap_or(0);
    table.measure(&window, "until it is over", async || over(&home, page, count).await).await;
    memory.push(("the batch is over", window.memory()));
    table.print(&memory);
    tell(&format!("Load of the machine over the last 1, 5 and 15 minutes: {}", load()));
    tell(&format!("{many} orders, a batch of {count}, of which {left} still waited after the list was used"));
    assert_counts(&table);
    window.quit().await;
}

/// What else the machine does decides about times as much as the page does.
fn load() -> String {
    let text = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split_whitespace().take(3).collect::<Vec<_>>().join(", ")
}

#[expect(clippy::print_stdout, reason = "the figures are what this test tells")]
fn tell(text: &str) {
    println!("\n{text}");
}

/// Waits until the dispatch has been taken: what is on its way is chosen no more.
async fn chosen_is_empty(page: &Page) {
    let none = within(LONG, async || page.text(&test_id("chosen-count")).await.filter(|text| number(text).is_none()));
    assert!(none.await.is_some(), "{:?}", page.text(&test_id("chosen-count")).await);
}
