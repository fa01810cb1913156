//! The Practice screen: six platforms in a calm layout, what can be made to go wrong, and what really exists.

use docket_practice::PracticePlatform::{self, Doordash, PrintOne, UberDirect};
use docket_practice::{PairRule, Switches};
use docket_tests::window::{BRISK, Home, Page, test_id};
use serde_json::json;
use thirtyfour::Key;

/// Left edges, tops and heights of the six cards.
async fn cards(page: &Page) -> Vec<(i64, i64, i64)> {
    let script = "return [...document.querySelectorAll('[data-testid^=\"practice-counter-\"]')].map((e) => {
        const box = e.getBoundingClientRect(); return [box.left, box.top, box.height].map(Math.round) })";
    serde_json::from_value(page.script(script, vec![]).await).unwrap_or_default()
}

fn distinct(numbers: impl Iterator<Item = i64>) -> usize {
    numbers.collect::<std::collections::BTreeSet<_>>().len()
}

#[tokio::test(flavor = "multi_thread")]
async fn six_cards_of_one_height_stand_calmly_at_any_width() {
    let home = Home::new(BRISK);
    let window = home.start().await;
    let page = &window.page;
    page.dispatch("NYC-51301").await;
    page.reaches("NYC-51301", "dispatched").await;
    page.click("nav-practice").await;
    page.seen("practice-counter-doordash").await;
    page.seen("truth-order").await;
    // One card has a line more to say than the others.
    page.choose("practice-where", "doordash").await;
    page.click("practice-down").await;
    page.seen("practice-is-down").await;
    for language in ["en", "bn"] {
        page.resize(1440, 900).await;
        page.speak(language).await;
        for (width, columns) in [(1440, 3), (1024, 3), (720, 2)] {
            page.resize(width, 800).await;
            let cards = cards(page).await;
            assert_eq!(cards.len(), PracticePlatform::ALL.len());
            let heights: Vec<_> = cards.iter().map(|card| card.2).collect();
            let spread = heights.iter().max().unwrap() - heights.iter().min().unwrap();
            assert!(spread <= 1, "{language} at {width}: heights {heights:?}");
            assert_eq!(distinct(cards.iter().map(|card| card.0)), columns, "{language} at {width}: {cards:?}");
            let wide = page.script("return document.querySelector('.screen').scrollWidth - document.querySelector('.screen').clientWidth", vec![]).await;
            assert_eq!(wide, json!(0), "{language} at {width}: nothing stands out to the side");
        }
    }
    window.quit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_platform_that_is_down_is_waited_out_and_the_counter_agrees() {
    let home =
        Home::new("settle_ms=1000,timeout_ms=4000,lookup_interval_ms=200,lookup_interval_max_ms=500,patience_s=600");
    let window = home.start().await;
    let page = &window.page;
    page.click("nav-practice").await;
    page.choose("practice-where", "doordash").await;
    page.click("practice-down").await;
    page.until("the card says so", async || {
        page.text(&format!("{} {}", test_id("practice-counter-doordash"), test_id("practice-is-down"))).await
    })
    .await;
    page.dispatch("SEA-60801").await;
    page.reaches("SEA-60801", "in_doubt").await;
    assert!(home.truth(Doordash).is_empty(), "nothing was carried out");
    page.click("nav-practice").await;
    page.choose("practice-where", "doordash").await;
    page.click("practice-down").await;
    page.search("SEA-60801").await;
    page.reaches("SEA-60801", "dispatched").await;
    assert_eq!(home.truth(Doordash).len(), 1, "one order at the platform");
    page.click("nav-practice").await;
    let counter = test_id("practice-counter-doordash");
    page.until("the counter agrees", async || {
        let there = page.attribute(&counter, "data-platform-orders").await?;
        let here = page.attribute(&counter, "data-ledger-orders").await?;
        (there == "1" && here == "1").then_some(())
    })
    .await;
    window.quit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn switches_are_those_that_matter_and_can_be_set_back() {
    let home = Home::new(BRISK);
    let window = home.start().await;
    let page = &window.page;
    page.click("nav-practice").await;
    page.choose("switches-of", "uber-direct").await;
    page.seen("switch-oldest_first-uber-direct").await;
    assert_eq!(page.text(&test_id("switch-auto_pay-uber-direct")).await, None, "that is FoxReload's");
    page.click("switch-oldest_first-uber-direct").await;
    page.choose("switch-pair_rule-uber-direct", "forever").await;
    let uber = async || {
        let state = home.platforms().await;
        state.platforms.into_iter().find(|each| each.platform == UberDirect).expect("it is served").switches
    };
    page.until("both are set", async || {
        let switches = uber().await;
        (switches.oldest_first && switches.pair_rule == PairRule::Forever).then_some(())
    })
    .await;
    page.until("both are marked", async || {
        (page.attribute(&test_id("switches-changed"), "data-count").await.as_deref() == Some("2")).then_some(())
    })
    .await;
    page.click("switches-first").await;
    page.until("they are as at first", async || {
        // Without the limit, which is left for a person to switch on.
        let first = Switches { rate_limit_per_minute: 0, ..Switches::of(UberDirect) };
        (uber().await == first).then_some(())
    })
    .await;
    window.quit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn by_keyboard_alone_something_goes_wrong_and_is_come_through() {
    let home = Home::new(BRISK);
    let window = home.start().await;
    let page = &window.page;
    page.click("nav-practice").await;
    page.seen("practice-fault-lose_response").await;
    // From the screen's name in the list on, Tab alone.
    for wanted in ["practice-where", "practice-fault-lose_response"] {
        page.tab_to(wanted).await;
    }
    page.press(Key::Enter).await;
    page.until("the fault waits", async || {
        (page.attribute(&test_id("practice-queue"), "data-count").await.as_deref() == Some("1")).then_some(())
    })
    .await;
    assert_eq!(page.focused().await.as_deref(), Some("practice-fault-lose_response"), "the focus stays where it was");
    page.dispatch("CARD-40101").await;
    page.reaches("CARD-40101", "dispatched").await;
    assert_eq!(home.truth(PrintOne).len(), 1, "one order at the platform");
    window.quit().await;
}
