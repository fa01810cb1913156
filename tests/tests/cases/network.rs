//! The network fails in the middle of an answer, or goes away: what left is in doubt, and what never left is not.

use docket_practice::{FaultKind, OneShot, PracticePlatform};
use docket_tests::shop::Shop;
use serde_json::Value;

/// Whoever is connected is waited for, however busy the machine is.
const PATIENT: [(&str, &str); 3] = [("timeout_ms", "10000"), ("send_before_ms", "10000"), ("patience_s", "600")];

/// How each create of an order ended, oldest first.
fn ends(shop: &Shop, order_no: &str) -> Vec<Value> {
    let log = shop.ctl.log(order_no).into_iter();
    log.filter(|entry| entry["kind"] == "send_finished").map(|entry| entry["detail"].clone()).collect()
}

/// The head says 200 and how long the body is, and the body never comes: the order exists, and is found.
fn an_answer_without_its_body(platform: PracticePlatform) {
    let shop = Shop::with_orders(platform, 1, &[&PATIENT[..], &[("exclusive", "true")]].concat());
    shop.strike(FaultKind::HeadersOnly, 1);
    shop.ctl.run(&["dispatch", "SO-1", "--wait", "60"]).code(0);
    let (order, first) = (shop.ctl.order("SO-1"), ends(&shop, "SO-1").remove(0));
    assert_eq!(first["outcome"], "unknown", "{platform}: a head is no answer: {first}");
    assert!(first["why"].as_str().is_some_and(|why| why.contains("connection")), "{platform}: {first}");
    let by = if platform == PracticePlatform::Foxreload { "scan" } else { "lookup" };
    assert_eq!((&order["state"], &order["bound_by"]), (&"dispatched".into(), &by.into()), "{platform}: {order}");
    assert_eq!((shop.ours().len(), shop.creates(platform)), (1, 1), "{platform}");
    shop.ctl.verifies();
}

#[test]
fn an_answer_without_its_body_at_pathao() {
    an_answer_without_its_body(PracticePlatform::Pathao);
}

#[test]
fn an_answer_without_its_body_at_postmates() {
    an_answer_without_its_body(PracticePlatform::Postmates);
}

#[test]
fn an_answer_without_its_body_at_foxreload() {
    an_answer_without_its_body(PracticePlatform::Foxreload);
}

#[test]
fn an_answer_without_its_body_at_print_one() {
    an_answer_without_its_body(PracticePlatform::PrintOne);
}

#[test]
fn an_answer_without_its_body_at_uber_direct() {
    an_answer_without_its_body(PracticePlatform::UberDirect);
}

#[test]
fn an_answer_without_its_body_at_doordash() {
    an_answer_without_its_body(PracticePlatform::Doordash);
}

/// The first create was on its way when the network went: it is in doubt, and no lookup reaches anybody. The second meets
/// silence before a byte has left: it is no attempt. When the network is back both are dispatched, once each.
fn a_network_that_goes_away(platform: PracticePlatform) {
    let shop = Shop::with_orders(platform, 2, &[&PATIENT[..], &[("connect_timeout_ms", "300")]].concat());
    shop.strike_with(OneShot { ms: Some(8_000), ..OneShot::next(FaultKind::Unreachable) });
    shop.ctl.run(&["dispatch", "SO-1"]);
    assert_eq!(shop.ctl.order("SO-1")["state"], "in_doubt", "{platform}: {}", shop.ctl.order("SO-1"));
    shop.ctl.run(&["dispatch", "SO-2", "--wait", "1"]).code(3);
    let (first, second) = (shop.ctl.order("SO-1"), shop.ctl.order("SO-2"));
    assert_eq!((&second["state"], &second["attempts"]), (&"queued".into(), &0.into()), "{platform}: {second}");
    let end = ends(&shop, "SO-2").remove(0);
    assert_eq!((&end["outcome"], &end["why"]), (&"not_sent".into(), &"connect timeout".into()), "{platform}");
    assert_eq!(first["state"], "in_doubt", "{platform}: silence proves nothing: {first}");
    assert!(shop.ours().is_empty(), "{platform}");
    shop.ctl.run(&["reconcile", "--wait", "100"]).code(0);
    for order_no in ["SO-1", "SO-2"] {
        let order = shop.ctl.order(order_no);
        assert_eq!((&order["state"], &order["generation"]), (&"dispatched".into(), &1.into()), "{platform}: {order}");
    }
    // A program that ends while it connects leaves an arming of which nobody knows; it never arrived.
    let attempts = shop.ctl.order("SO-1")["attempts"].as_u64();
    assert!(matches!(attempts, Some(2 | 3)), "{platform}: lost, and sent again: {attempts:?}");
    assert_eq!((shop.ours().len(), shop.creates(platform)), (2, 3), "{platform}: one lost, one each that arrived");
    shop.ctl.verifies();
}

#[test]
fn a_network_that_goes_away_at_pathao() {
    a_network_that_goes_away(PracticePlatform::Pathao);
}

#[test]
fn a_network_that_goes_away_at_postmates() {
    a_network_that_goes_away(PracticePlatform::Postmates);
}

/// Without a fence what was lost is for a person, and what never left is sent when the network is back.
#[test]
fn a_network_that_goes_away_at_foxreload() {
    let platform = PracticePlatform::Foxreload;
    let shop = Shop::with_orders(platform, 1, &[&PATIENT[..], &[("connect_timeout_ms", "300")]].concat());
    shop.strike_with(OneShot { ms: Some(3_000), ..OneShot::next(FaultKind::Unreachable) });
    shop.ctl.run(&["dispatch", "SO-1", "--wait", "100"]).code(4);
    let order = shop.ctl.order("SO-1");
    assert_eq!((&order["state"], &order["attempts"]), (&"needs_review".into(), &1.into()), "{order}");
    assert_eq!((shop.ours().len(), shop.creates(platform)), (0, 1), "nothing is sent again");
    shop.ctl.verifies();
}
