//! How much is asked, and what is said of the rest.

use docket_practice::{FaultKind, PracticePlatform, StrangerOrder};
use docket_tests::shop::Shop;

use super::{plant, shop, sweep, told};

use PracticePlatform::{Doordash, Pathao, UberDirect};

#[test]
fn a_list_without_end_is_read_for_a_while_and_that_is_said() {
    let shop = shop(UberDirect, 2, &[]);
    shop.switch(UberDirect, |switches| switches.list_max = 10);
    for _ in 0..600 {
        shop.served().place_stranger(&StrangerOrder::copy_of_newest(UberDirect)).expect("a copy");
    }
    let (findings, summary) = sweep(&shop, 0);
    assert!(findings.is_empty(), "the orders that the list did not reach were asked for: {findings:?}");
    assert_eq!(summary["whole"], false, "{summary}");
    let account = &summary["accounts"][0];
    assert_eq!(account["requests"], 52, "fifty pages and two orders: {account}");
    assert!(account["unseen"].to_string().contains("no more than 50 pages"), "{account}");
    let text = shop.ctl.run(&["sweep"]).code(0);
    assert!(text.last_line().contains("NOT WHOLE"), "{text:?}");
}

#[test]
fn a_list_is_read_back_to_the_time_asked_for_and_no_further() {
    let shop = shop(UberDirect, 1, &[]);
    shop.switch(UberDirect, |switches| (switches.list_max, switches.clock_offset_ms) = (10, -864_000_000));
    for _ in 0..100 {
        shop.served().place_stranger(&StrangerOrder::copy_of_newest(UberDirect)).expect("a copy");
    }
    // An order placed now stands before the hundred, and the next page would only show what is older than asked for.
    shop.switch(UberDirect, |switches| switches.clock_offset_ms = 0);
    let (_, summary) = sweep(&shop, 0);
    let account = &summary["accounts"][0];
    assert_eq!((&summary["whole"], &account["unseen"]), (&true.into(), &serde_json::json!([])), "{summary}");
    assert!(account["requests"].as_u64() < Some(5), "{account}");
}

#[test]
fn every_delivery_without_a_list_is_asked_for_within_the_bound() {
    let shop = Shop::with_orders(Doordash, 310, &[("timeout_ms", "20000"), ("settle_ms", "1")]);
    shop.without_limit(Doordash);
    shop.ctl.run(&["dispatch", "--all", "--wait", "100"]).code(0);
    let (findings, summary) = sweep(&shop, 0);
    assert!(findings.is_empty(), "{findings:?}");
    let account = &summary["accounts"][0];
    assert_eq!((&account["requests"], &account["seen"]), (&300.into(), &300.into()), "{account}");
    assert!(account["unseen"].to_string().contains("10 bound orders were not asked for"), "{account}");
}

#[test]
fn nothing_is_said_of_an_account_that_nothing_was_sent_from() {
    let shop = Shop::with_orders(Pathao, 1, &[]);
    let (findings, summary) = sweep(&shop, 0);
    assert!(findings.is_empty() && summary["accounts"][0]["since"].is_null(), "{summary}");
    assert_eq!(summary["accounts"][0]["requests"], 0, "{summary}");
}

#[test]
fn a_platform_that_does_not_answer_is_an_error_and_no_finding() {
    let mut shop = shop(Pathao, 2, &[]);
    shop.shut();
    let (findings, summary) = sweep(&shop, 1);
    assert!(findings.is_empty(), "{findings:?}");
    assert!(summary["accounts"][0]["unseen"].to_string().contains("could not be asked"), "{summary}");
}

#[test]
fn an_answer_that_is_lost_is_asked_for_again() {
    let shop = shop(Pathao, 2, &[]);
    let double = plant(&shop, Pathao, "SO-1", shop.ctl.order("SO-1")["reference"].as_str());
    shop.strike_lookups(FaultKind::LoseResponse, 2);
    let (findings, summary) = sweep(&shop, 4);
    assert_eq!(told(&findings), [("SO-1".to_owned(), "double".to_owned(), double)]);
    assert_eq!(summary["accounts"][0]["requests"], 3, "{summary}");
}
