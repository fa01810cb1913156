//! Every lie as the answer to a create, carried out or not: doubt, and in the end one order.

use docket_practice::PracticePlatform;
use docket_tests::liar::{Ask, Lie, Say};
use docket_tests::lies;
use docket_tests::truth::{compare, existing};

use crate::{about_anything, lied_to, was_not_led_on};

/// A request may take 400 ms; the rest is for a busy machine.
const LONGEST_MS: u64 = 8_000;

fn every_lie_about_a_create(platform: PracticePlatform) {
    let twisted = [lies::other_ids(platform), lies::doubled()].concat();
    // Without a fence, a create that was not carried out is for a person: that is another test.
    let fence = platform != PracticePlatform::Foxreload;
    let carried_out = |lie: &Lie| fence || !matches!(lie.say, Say::Early(_));
    let lies = |base_url: &str| [about_anything(base_url), twisted.clone()].concat().into_iter().filter(carried_out);
    let n = lies("").count();
    let (shop, liar) = lied_to(platform, n, &[("max_in_flight", "1")]);
    for (i, lie) in lies(&liar.endpoint.base_url).enumerate() {
        // The answer to a replay that has no body says that the first was carried out: if that is a lie, a person is asked.
        liar.lie(Ask::Create, &lie, !fence || i % 2 == 0 || lie.name == "no content");
    }
    let told = liar.left();
    let ran = shop.ctl.run(&["dispatch", "--all", "--wait", "110"]);
    assert_eq!((ran.status(), liar.left()), (Some(0), 0), "{platform}: {ran:?}\n{:?}", open(&shop));
    was_not_led_on(&liar);
    let tally = compare(&shop.ctl.orders(), &existing(&shop.truth_file(), platform));
    assert_eq!((tally.states.len(), tally.unbound, tally.later_generations), (1, 0, 0), "{platform}: {tally:?}");
    assert_eq!(tally.existing, n, "{platform}: {tally:?}");
    // Each is in the log: as doubt, or as proof of presence, in words. What a busy machine was too slow to send is no lie.
    let log = shop.ctl.run(&["--json", "log"]).code(0).objects();
    let ends = log.iter().filter(|entry| entry["kind"] == "send_finished");
    let ends: Vec<_> = ends.filter(|entry| entry["detail"]["outcome"] != "not_sent").collect();
    let settled = ["created", "unknown", "exists", "exists_different"];
    for end in &ends {
        let outcome = end["detail"]["outcome"].as_str().unwrap_or_default();
        assert!(settled.contains(&outcome), "{platform}: {end}");
        let took_ms = end["detail"]["after_ms"].as_u64().unwrap_or(u64::MAX);
        assert!(took_ms < LONGEST_MS, "{platform}: it is over with the request's own time: {end}");
        assert!(outcome == "created" || end["detail"]["why"].as_str().is_some_and(|why| !why.is_empty()), "{end}");
    }
    let doubtful = ends.iter().filter(|end| end["detail"]["outcome"] != "created").count();
    assert!(doubtful >= told, "{platform}: {doubtful} of {told}");
    shop.ctl.verifies();
}

/// What is not settled, for a person who reads why.
fn open(shop: &docket_tests::shop::Shop) -> Vec<String> {
    let orders = shop.ctl.orders();
    let open = orders.iter().filter(|order| order["state"] != "dispatched");
    let log = shop.ctl.run(&["--json", "log"]).objects();
    let told = |order: &serde_json::Value| {
        let its = log.iter().filter(|entry| entry["order_no"] == order["order_no"]).take(12);
        let its: Vec<String> =
            its.map(|entry| format!("{} {} {}", entry["at"], entry["kind"], entry["detail"])).collect();
        format!("{} {} {}: {its:#?}", order["order_no"], order["state"], order["reason"])
    };
    open.map(told).collect()
}

#[test]
fn at_postmates() {
    every_lie_about_a_create(PracticePlatform::Postmates);
}

#[test]
fn at_uber_direct() {
    every_lie_about_a_create(PracticePlatform::UberDirect);
}

#[test]
fn at_pathao() {
    every_lie_about_a_create(PracticePlatform::Pathao);
}

#[test]
fn at_foxreload() {
    every_lie_about_a_create(PracticePlatform::Foxreload);
}

#[test]
fn at_print_one() {
    every_lie_about_a_create(PracticePlatform::PrintOne);
}

#[test]
fn at_doordash() {
    every_lie_about_a_create(PracticePlatform::Doordash);
}
