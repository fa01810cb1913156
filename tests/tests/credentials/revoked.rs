//! A credential is refused in the middle of sixty orders, some of them in doubt: nothing is sent and nothing decays until
//! it is good again, and then each order is dispatched once.

use docket_practice::{FaultKind, PracticePlatform, Switches};
use docket_tests::shop::Shop;
use docket_tests::truth::{compare, existing};
use docket_tests::waiting::{LONG, until};
use serde_json::Value;

const ORDERS: usize = 60;
/// Creates that the platform has seen when the credential goes.
const BEFORE: u32 = 20;

/// A shop in which answers are lost now and then, and creates take their time.
fn busy_shop(platform: PracticePlatform) -> Shop {
    let settings = [("patience_s", "600"), ("exclusive", "true"), ("max_in_flight", "4"), ("timeout_ms", "2000")];
    let shop = Shop::with_orders(platform, ORDERS, &settings);
    shop.switch(platform, |switches| {
        switches.rate_limit_per_minute = 0;
        switches.create_latency_ms = 30;
    });
    shop.strike(FaultKind::LoseResponse, 5);
    shop
}

fn account(shop: &Shop) -> Value {
    shop.ctl.run(&["--json", "account", "list"]).code(0).objects().remove(0)
}

/// Orders in each state.
fn states(shop: &Shop) -> std::collections::BTreeMap<String, usize> {
    let mut states = std::collections::BTreeMap::new();
    for order in shop.ctl.orders() {
        *states.entry(order["state"].as_str().unwrap_or_default().to_owned()).or_default() += 1;
    }
    states
}

fn each_is_there_once(shop: &Shop, platform: PracticePlatform) {
    let tally = compare(&shop.ctl.orders(), &existing(&shop.truth_file(), platform));
    assert_eq!(tally.states.get("dispatched"), Some(&ORDERS), "{platform}: {tally:?}");
    assert_eq!((tally.existing, tally.unbound, tally.later_generations), (ORDERS, 0, 0), "{platform}: {tally:?}");
    shop.ctl.verifies();
}

fn refused_in_mid_run(platform: PracticePlatform, refuse: impl Fn(&mut Switches, bool)) {
    let shop = busy_shop(platform);
    let running = shop.ctl.start(&["dispatch", "--all", "--wait", "100"]);
    until("a third is sent", LONG, || (shop.creates(platform) >= BEFORE).then_some(()));
    // From here on the next answers are lost, and then nobody is let in.
    shop.strike(FaultKind::LoseResponse, 3);
    let seen = shop.creates(platform);
    until("answers are lost", LONG, || (shop.creates(platform) >= seen + 2).then_some(()));
    shop.switch(platform, |switches| refuse(switches, true));
    until("the account pauses", LONG, || account(&shop)["paused"].is_string().then_some(()));
    until("nothing is on its way", LONG, || (!states(&shop).contains_key("sending")).then_some(()));
    let (creates, there) = (shop.creates(platform), shop.ours().len());
    for _ in 0..10 {
        let states = states(&shop);
        let known = ["queued", "in_doubt", "dispatched"];
        assert!(states.keys().all(|state| known.contains(&state.as_str())), "{platform}: {states:?}");
        assert!(states.get("queued").is_some_and(|n| *n > 0), "{platform}: {states:?}");
    }
    assert_eq!((shop.creates(platform), shop.ours().len()), (creates, there), "{platform}: nothing is sent");
    assert!(account(&shop)["paused"].as_str().is_some_and(|why| !why.is_empty()), "{platform}: it says why");
    let log = shop.ctl.run(&["--json", "log"]).code(0).objects();
    assert!(log.iter().any(|entry| entry["kind"] == "paused"), "{platform}: the log says so, too");
    shop.switch(platform, |switches| refuse(switches, false));
    shop.ctl.run(&["account", "test", "main"]).code(0);
    running.end(LONG);
    shop.ctl.run(&["reconcile", "--wait", "100"]).code(0);
    assert!(account(&shop)["paused"].is_null(), "{platform}: {}", account(&shop));
    each_is_there_once(&shop, platform);
}

fn revoked_and_inactive(platform: PracticePlatform) {
    refused_in_mid_run(platform, |switches, on| switches.credentials_revoked = on);
    refused_in_mid_run(platform, |switches, on| switches.account_inactive = on);
}

#[test]
fn at_postmates() {
    revoked_and_inactive(PracticePlatform::Postmates);
}

#[test]
fn at_uber_direct() {
    revoked_and_inactive(PracticePlatform::UberDirect);
}

#[test]
fn at_pathao() {
    revoked_and_inactive(PracticePlatform::Pathao);
}

#[test]
fn at_foxreload() {
    revoked_and_inactive(PracticePlatform::Foxreload);
}

#[test]
fn at_print_one() {
    revoked_and_inactive(PracticePlatform::PrintOne);
}

#[test]
fn at_doordash() {
    revoked_and_inactive(PracticePlatform::Doordash);
}

/// A token is not a credential: a new one is fetched, and nobody pauses.
#[test]
fn tokens_that_are_revoked_are_renewed_and_nothing_pauses() {
    let platform = PracticePlatform::UberDirect;
    let shop = busy_shop(platform);
    let running = shop.ctl.start(&["dispatch", "--all", "--wait", "100"]);
    for times in 1..=3 {
        until("more are sent", LONG, || (shop.creates(platform) >= 12 * times).then_some(()));
        shop.switch(platform, |switches| switches.tokens_revoked = true);
        shop.switch(platform, |switches| switches.tokens_revoked = false);
    }
    running.end(LONG).code(0);
    assert!(account(&shop)["paused"].is_null(), "{}", account(&shop));
    each_is_there_once(&shop, platform);
}
