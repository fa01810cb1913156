//! Every screen for everybody: axe finds nothing serious, nothing is cut off in a small window or at 200 % zoom, and a
//! look that a person chose is kept. `DOCKET_LOOKS` names a folder for pictures of what was checked.

use std::path::PathBuf;

use docket_practice::FaultKind;
use docket_practice::PracticePlatform::{Foxreload, Pathao};
use docket_tests::window::{BRISK, Home, Page, test_id};
use serde_json::{Value, json};
use thirtyfour::Key;

const SCREENS: [&str; 7] = ["orders", "review", "log", "import", "accounts", "practice", "settings"];

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

/// What stands out of the page to the side, and what text is cut off though nothing says so.
async fn overflow(page: &Page) -> Value {
    page.script(
        "const wide = document.documentElement.scrollWidth - innerWidth;
         const out = [...document.querySelectorAll('button, input, select, h1, h2, p')].filter((e) => {
           const box = e.getBoundingClientRect();
           if (box.width === 0 || e.closest('.unseen, .scroll, [data-scrolls], nav, .tabs')) return false;
           return box.right > innerWidth + 1 || box.left < -1;
         });
         return out.length || wide > 0 ? [wide, ...out.map((e) => e.outerHTML.slice(0, 120))] : [];",
        vec![],
    )
    .await
}

/// Everything that can be folded out on the screen.
async fn unfold(page: &Page) {
    page.script("document.querySelectorAll('.screen details').forEach((each) => (each.open = true))", vec![]).await;
}

fn card(account: &str) -> String {
    format!("{}[data-account=\"{account}\"]", test_id("account"))
}

async fn picture(page: &Page, name: &str) {
    // WebKitWebDriver does not come back from a picture of the screen that takes dropped files.
    if name.starts_with("import") {
        return;
    }
    if let Some(folder) = std::env::var_os("DOCKET_LOOKS").filter(|folder| !folder.is_empty()).map(PathBuf::from) {
        std::fs::create_dir_all(&folder).expect("the folder for pictures");
        page.picture(&folder.join(format!("{name}.png"))).await;
    }
}

/// One order dispatched after its answer was lost, one in review.
async fn work(home: &Home, page: &Page) {
    home.fault(Foxreload, FaultKind::StrangerTwin, None).await;
    page.dispatch("TOP-30201").await;
    page.reaches("TOP-30201", "needs_review").await;
    home.fault(Pathao, FaultKind::LoseResponse, None).await;
    page.dispatch("DHK-10401").await;
    page.reaches("DHK-10401", "dispatched").await;
    page.fill("search", "").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn axe_finds_nothing_serious_on_any_screen_in_either_theme() {
    let home = Home::new(BRISK);
    let window = home.start().await;
    let page = &window.page;
    work(&home, page).await;
    let mut wrong = Vec::new();
    for theme in ["light", "dark"] {
        page.wear(theme).await;
        for screen in SCREENS {
            page.click(&format!("nav-{screen}")).await;
            match screen {
                "orders" => page.open_panel("DHK-10401").await,
                "review" => page.seen("review-candidate").await,
                "log" => page.seen("log-entry").await,
                "accounts" => {
                    page.click("account-add").await;
                    page.seen("add-account").await;
                    unfold(page).await;
                    page.click_css(&format!("{} {}", card("Practice Uber Direct"), test_id("account-settings"))).await;
                    page.click_css(&format!("{} {}", card("Practice DoorDash"), test_id("account-credentials"))).await;
                    page.seen("credentials-form").await;
                }
                "practice" => {
                    page.seen("truth-order").await;
                    unfold(page).await;
                    page.choose("switches-of", "uber-direct").await;
                    page.seen("switch-pair_rule-uber-direct").await;
                }
                _ => {}
            }
            wrong.extend(faults(page).await.into_iter().map(|line| format!("{theme} {screen}: {line}")));
            picture(page, &format!("{screen}-{theme}")).await;
            if screen == "orders" {
                page.click("strip-day").await;
                page.seen("day").await;
                wrong.extend(faults(page).await.into_iter().map(|line| format!("{theme} day: {line}")));
                page.click("strip-day").await;
                page.click("new-order").await;
                page.choose("write-account", "Practice Pathao").await;
                page.seen("field-receiver_name").await;
                page.click("write-keep").await;
                page.seen("wrong-receiver_name").await;
                wrong.extend(faults(page).await.into_iter().map(|line| format!("{theme} write: {line}")));
                picture(page, &format!("write-{theme}")).await;
            }
            if screen == "review" {
                page.keys("s").await;
                page.seen("decide").await;
                wrong.extend(faults(page).await.into_iter().map(|line| format!("{theme} decide: {line}")));
                picture(page, &format!("decide-{theme}")).await;
                page.keys(&String::from(char::from(Key::Escape))).await;
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    window.quit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_cut_off_in_a_small_window_a_large_one_or_in_another_language() {
    let home = Home::new(BRISK);
    let window = home.start().await;
    let page = &window.page;
    work(&home, page).await;
    // 640 by 400 is what a window of 1280 by 800 has at 200 % zoom.
    let mut wrong = Vec::new();
    for language in ["en", "bn", "hi", "zh"] {
        page.resize(1280, 800).await;
        page.speak(language).await;
        for (width, height) in [(640, 400), (900, 700), (1280, 800), (1600, 900)] {
            page.resize(width, height).await;
            for screen in SCREENS {
                page.click(&format!("nav-{screen}")).await;
                match screen {
                    "review" => page.seen("review-candidate").await,
                    "accounts" | "practice" => unfold(page).await,
                    _ => {}
                }
                let out = overflow(page).await;
                if out.as_array().is_none_or(|out| !out.is_empty()) {
                    wrong.push(format!("{language} {screen} at {width}: {out}"));
                }
                picture(page, &format!("{screen}-{language}-{width}")).await;
            }
            page.click("nav-orders").await;
            page.click("new-order").await;
            page.seen("write-order-no").await;
            let out = overflow(page).await;
            if out.as_array().is_none_or(|out| !out.is_empty()) {
                wrong.push(format!("{language} write at {width}: {out}"));
            }
            page.click("nav-orders").await;
            page.open_panel("DHK-10401").await;
            picture(page, &format!("panel-{language}-{width}")).await;
            page.click("panel-close").await;
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    window.quit().await;
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
