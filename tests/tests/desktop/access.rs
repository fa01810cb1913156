//! Every screen for everybody: axe finds nothing serious, nothing is cut off in a small window or at 200 % zoom, in any
//! language and either theme.
//!
//! Pictures are no test here: another machine's fonts draw other pixels. What is asserted is measured in the window.
//! `cargo xtask looks` writes sheets of what was measured, for the eye; `DOCKET_LOOKS` names their folder.

use std::collections::BTreeMap;
use std::path::PathBuf;

use docket_practice::FaultKind;
use docket_practice::PracticePlatform::{Foxreload, Pathao};
use docket_tests::window::{BRISK, Home, Page, Picture, test_id};
use serde_json::json;
use thirtyfour::Key;

/// Every screen, and what opens over one.
const VIEWS: [&str; 12] = [
    "orders", "panel", "day", "palette", "write", "review", "decide", "log", "import", "accounts", "practice",
    "settings",
];
/// 640 by 400 is what a window of 1280 by 800 has at 200 % zoom.
const SIZES: [(u32, u32); 3] = [(640, 400), (1600, 900), (1024, 700)];

/// What axe finds serious or critical on the page, one line each.
async fn faults(page: &Page) -> Vec<String> {
    let there = page.script("return typeof axe", vec![]).await;
    if there.as_str() != Some("object") {
        let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../ui/node_modules/axe-core/axe.min.js");
        let axe = std::fs::read_to_string(file).expect("axe-core is there: `npm ci` in ui/ brings it");
        page.script(&format!("{axe}; window.axe = axe;"), vec![]).await;
    }
    let found = page
        .promise(
            "const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
             const { violations, passes } = await axe.run(document, { runOnly: tags });
             const lines = violations.filter((v) => ['serious', 'critical'].includes(v.impact)).flatMap((v) =>
               v.nodes.map((n) => `${v.id}: ${n.html.slice(0, 160)} (${n.any.concat(n.all).map((c) => c.message)[0]})`));
             return { lines, passes: passes.length };",
        )
        .await;
    assert!(found["passes"].as_u64() > Some(10), "axe has looked: {found}");
    serde_json::from_value(found["lines"].clone()).expect("lines")
}

/// What stands out of the page to the side, and what words are cut off though nothing says so.
async fn misfits(page: &Page) -> Vec<String> {
    let found = page
        .script(
            "const wide = document.documentElement.scrollWidth - innerWidth;
             const seen = (e) => e.getBoundingClientRect().width > 1 && !e.closest('.unseen');
             const out = [...document.querySelectorAll('button, input, select, h1, h2, p')].filter((e) => {
               if (!seen(e) || e.closest('.scroll, [data-scrolls], nav, .tabs')) return false;
               const box = e.getBoundingClientRect();
               return box.right > innerWidth + 1 || box.left < -1;
             });
             const worded = 'button, h1, h2, h3, label, legend, dt, dd, th, summary, p, li, [role=columnheader]';
             const cut = [...document.querySelectorAll(worded)].filter((e) => {
               if (!seen(e) || e.closest('.cut') || e.querySelector('.cut, .unseen, .of-account') || !e.textContent.trim()) return false;
               const { overflowX, overflowY } = getComputedStyle(e);
               return (overflowX === 'hidden' && e.scrollWidth > e.clientWidth + 1)
                 || (overflowY === 'hidden' && e.scrollHeight > e.clientHeight + 2);
             });
             const told = (why) => (e) => `${why}: ${e.outerHTML.slice(0, 140)} (${e.textContent.trim().slice(0, 60)})`;
             return [...(wide > 0 ? [`the page is ${wide} too wide`] : []), ...out.map(told('out')), ...cut.map(told('cut'))];",
            vec![],
        )
        .await;
    serde_json::from_value(found).expect("lines")
}

/// Everything that can be folded out on the screen.
async fn unfold(page: &Page) {
    page.script("document.querySelectorAll('.screen details').forEach((each) => (each.open = true))", vec![]).await;
}

fn on(account: &str, id: &str) -> String {
    format!("{}[data-account=\"{account}\"] {}", test_id("account"), test_id(id))
}

/// One order dispatched after its answer was lost, one in review, and a file with a wrong row.
async fn work(home: &Home, page: &Page) {
    home.fault(Foxreload, FaultKind::StrangerTwin, None).await;
    page.dispatch("TOP-30201").await;
    page.reaches("TOP-30201", "needs_review").await;
    home.fault(Pathao, FaultKind::LoseResponse, None).await;
    page.dispatch("DHK-10401").await;
    page.reaches("DHK-10401", "dispatched").await;
    page.fill("search", "").await;
    std::fs::write(file(home), "order_no,item_id,quantity\nNEW-1,product_1,1\nNEW-2,product_1,many\n").expect("a file");
}

fn file(home: &Home) -> PathBuf {
    home.folder().join("new.csv")
}

/// Shows a view with everything open on it.
async fn show(home: &Home, page: &Page, view: &str) {
    match view {
        "orders" | "panel" | "day" | "palette" | "write" => page.click("nav-orders").await,
        "review" | "decide" => page.click("nav-review").await,
        screen => page.click(&format!("nav-{screen}")).await,
    }
    match view {
        "orders" => page.reaches("DHK-10402", "draft").await,
        "panel" => page.open_panel("DHK-10401").await,
        "day" => {
            page.click("strip-day").await;
            page.seen("day").await;
        }
        "palette" => {
            page.chord(Key::Control, "k").await;
            page.seen("palette-go-orders").await;
        }
        "write" => {
            page.click("new-order").await;
            page.choose("write-account", "Practice Pathao").await;
            page.seen("field-receiver_name").await;
            page.click("write-keep").await;
            page.seen("wrong-receiver_name").await;
        }
        "review" => page.seen("review-candidate").await,
        "decide" => {
            page.seen("review-candidate").await;
            page.keys("s").await;
            page.seen("decide").await;
        }
        "log" => {
            page.seen("log-entry").await;
            page.click("log-export-open").await;
        }
        "import" => {
            page.choose("import-account", "Practice FoxReload").await;
            page.fill("import-path", &file(home).display().to_string()).await;
            page.click("import-look").await;
            page.seen("wrong-row").await;
        }
        "accounts" => {
            page.click("account-add").await;
            page.seen("add-account").await;
            unfold(page).await;
            page.click_css(&on("Practice Uber Direct", "account-settings")).await;
            page.click_css(&on("Practice DoorDash", "account-credentials")).await;
            page.seen("credentials-form").await;
        }
        "practice" => {
            page.seen("truth-order").await;
            unfold(page).await;
            page.choose("switches-of", "uber-direct").await;
            page.seen("switch-pair_rule-uber-direct").await;
        }
        _ => page.seen("backup").await,
    }
}

/// Closes what was opened over a screen.
async fn leave(page: &Page, view: &str) {
    match view {
        "panel" => page.click("panel-close").await,
        "day" => page.click("strip-day").await,
        "decide" | "palette" => page.press(Key::Escape).await,
        _ => {}
    }
}

/// Where sheets are wanted.
fn sheets() -> Option<PathBuf> {
    std::env::var_os("DOCKET_LOOKS").filter(|folder| !folder.is_empty()).map(PathBuf::from)
}

/// Looks at every view in one language: at every size in the light, and once more in the dark.
async fn holds_in(language: &str) {
    let home = Home::new(BRISK);
    let window = home.start().await;
    let page = &window.page;
    work(&home, page).await;
    page.speak(language).await;
    let mut wrong = Vec::new();
    let mut seen: BTreeMap<&str, Vec<Picture>> = BTreeMap::new();
    let light = SIZES.map(|(width, height)| ("light", width, height));
    for (theme, width, height) in light.into_iter().chain([("dark", 1024, 700)]) {
        page.resize(width, height).await;
        page.wear(theme).await;
        for view in VIEWS {
            show(&home, page, view).await;
            let mut found = misfits(page).await;
            if width == 1024 {
                found.extend(faults(page).await);
            }
            wrong.extend(found.into_iter().map(|line| format!("{view} at {width}, {theme}: {line}")));
            if sheets().is_some() {
                seen.entry(view).or_default().push(window.picture().await.half());
            }
            leave(page, view).await;
        }
    }
    if let Some(folder) = sheets() {
        std::fs::create_dir_all(&folder).expect("the folder for sheets");
        for (view, pictures) in seen {
            Picture::sheet(&[pictures]).write(&folder.join(format!("{view}-{language}.png")));
        }
    }
    assert!(wrong.is_empty(), "{language}:\n{}", wrong.join("\n"));
    window.quit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_screen_holds_in_english() {
    holds_in("en").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_screen_holds_in_bangla() {
    holds_in("bn").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_screen_holds_in_hindi() {
    holds_in("hi").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_screen_holds_in_chinese() {
    holds_in("zh").await;
}

/// Whether the whole of the first that matches is seen without scrolling.
async fn in_sight(page: &Page, css: &str) -> bool {
    let script = "const box = document.querySelector(arguments[0]).getBoundingClientRect();
                  return box.top >= 0 && box.bottom <= innerHeight - 30";
    page.script(script, vec![json!(css)]).await == json!(true)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_timeline_is_in_sight_and_the_columns_that_matter_stay() {
    let home = Home::new(BRISK);
    let window = home.start().await;
    let page = &window.page;
    page.search("DHK-10401").await;
    page.open_panel("DHK-10401").await;
    let entry = test_id("timeline-entry");
    assert!(in_sight(page, &entry).await, "below the fields of a draft");
    page.click("panel-action-dispatch").await;
    page.reaches("DHK-10401", "dispatched").await;
    page.until("the sentence is there", async || {
        let said = page.entries("bound").await;
        (said.len() == 1 && said[0].starts_with("Dispatched: it is platform order")).then_some(())
    })
    .await;
    assert!(in_sight(page, &format!("{entry}:last-child")).await, "all of it, once it is dispatched");
    assert_eq!(page.attribute(&test_id("fields-fold"), "aria-expanded").await.as_deref(), Some("false"));
    let id = format!("{} .id", Page::row("DHK-10401"));
    let seen = page.script("return document.querySelector(arguments[0]).offsetWidth > 40", vec![json!(id)]).await;
    assert_eq!(seen, json!(true), "the platform's id is in the list beside the panel");
    window.quit().await;
}
