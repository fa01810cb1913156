//! What a person does about an order: decide a case, cancel, withdraw, mend, dispatch again.

use docket_practice::{FaultKind, PracticePlatform};
use docket_tests::shop::Shop;

/// FoxReload, and the first order's answer lost: a case for a person, its platform order there. The second order looks
/// like nothing else.
fn case() -> Shop {
    let shop = Shop::with_orders(PracticePlatform::Foxreload, 2, &[]);
    shop.strike(FaultKind::LoseResponse, 1);
    shop.ctl.run(&["dispatch", "SO-1", "--wait", "60"]).code(4);
    assert_eq!(shop.ctl.order("SO-1")["state"], "needs_review");
    shop
}

#[test]
fn a_person_adopts_what_is_there() {
    let shop = case();
    let id = shop.ours()[0].platform_order_id.clone();
    shop.ctl.run(&["review", "adopt", "SO-1", "no-such-order", "--reason", "a guess"]);
    assert_ne!(shop.ctl.order("SO-1")["state"], "dispatched", "what does not exist is not adopted");
    shop.ctl.run(&["review", "adopt", "SO-1", &id, "--reason", "the price and the time fit"]).code(0);
    let order = shop.ctl.order("SO-1");
    assert_eq!((&order["state"], &order["bound_by"]), (&"dispatched".into(), &"person".into()), "{order}");
    assert_eq!(order["platform_order_id"], id.as_str());
    let decided = shop.ctl.log("SO-1").into_iter().find(|entry| entry["kind"] == "review_decided");
    assert!(decided.is_some_and(|entry| entry.to_string().contains("the price and the time fit")));
    shop.ctl.verifies();
}

#[test]
fn one_platform_order_is_not_adopted_twice() {
    let shop = Shop::with_orders(PracticePlatform::Foxreload, 2, &[]);
    shop.ctl.run(&["dispatch", "SO-2", "--wait", "60"]).code(0);
    let taken = shop.ours()[0].platform_order_id.clone();
    shop.strike(FaultKind::LoseRequest, 1);
    shop.ctl.run(&["dispatch", "SO-1", "--wait", "60"]).code(4);
    shop.ctl.run(&["review", "adopt", "SO-1", &taken]);
    assert_eq!(shop.ctl.order("SO-1")["state"], "needs_review");
    shop.ctl.verifies();
}

#[test]
fn a_person_releases_what_is_not_there() {
    let shop = Shop::with_orders(PracticePlatform::Foxreload, 1, &[]);
    shop.strike(FaultKind::LoseRequest, 1);
    shop.ctl.run(&["dispatch", "SO-1", "--wait", "60"]).code(4);
    let status = shop.ctl.run(&["review", "release", "SO-1", "--reason", "the platform's own list has none"]).status();
    assert!(matches!(status, Some(0 | 3)), "{status:?}");
    shop.ctl.run(&["reconcile", "--wait", "60"]).code(0);
    let order = shop.ctl.order("SO-1");
    assert_eq!((&order["state"], &order["generation"]), (&"dispatched".into(), &2.into()), "{order}");
    assert_eq!(shop.ours().len(), 1);
    shop.ctl.verifies();
}

#[test]
fn a_person_closes_a_case() {
    let shop = case();
    shop.ctl.run(&["review", "close", "SO-1", "--reason", "the customer called it off"]).code(0);
    assert_eq!(shop.ctl.order("SO-1")["state"], "closed");
    assert_ne!(
        shop.ctl.run(&["dispatch", "SO-1", "--wait", "5"]).status(),
        Some(0),
        "only adopt or release bring it back"
    );
    assert_eq!(shop.creates(PracticePlatform::Foxreload), 1);
    let id = shop.ours()[0].platform_order_id.clone();
    shop.ctl.run(&["review", "adopt", "SO-1", &id, "--reason", "found after all"]).code(0);
    assert_eq!(shop.ctl.order("SO-1")["state"], "dispatched");
    shop.ctl.verifies();
}

#[test]
fn a_cancel_while_in_doubt_waits_for_the_answer() {
    // Found later: cancelled there. Never there: proven absent, and cancelled without a platform order.
    for (fault, there) in [(FaultKind::LoseResponse, 1), (FaultKind::LoseRequest, 0)] {
        // One after the other, and lookups fail until the cancel has been asked: the second order is the known one that
        // a proof of absence needs.
        let shop = Shop::with_orders(PracticePlatform::Pathao, 3, &[("max_in_flight", "1"), ("settle_ms", "4000")]);
        shop.goes_well(PracticePlatform::Pathao, "SO-3");
        shop.strike(fault, 1);
        shop.strike_lookups(FaultKind::Error500Before, 10_000);
        shop.ctl.run(&["dispatch", "--all"]);
        assert_eq!(shop.ctl.order("SO-1")["state"], "in_doubt");
        shop.ctl.run(&["cancel", "SO-1"]);
        shop.served().clear_faults().expect("faults can be cleared");
        shop.ctl.run(&["reconcile", "--wait", "60"]).code(0);
        let order = shop.ctl.order("SO-1");
        assert_eq!(order["state"], "cancelled", "{fault:?}: {order}");
        let ours = shop.ours();
        let reference = order["reference"].as_str();
        let first: Vec<_> = ours.iter().filter(|o| o.reference.as_deref() == reference).collect();
        assert_eq!(first.len(), there, "{fault:?}");
        assert!(first.iter().all(|o| o.status == "CANCELLED"), "{first:?}");
        shop.ctl.verifies();
    }
}

#[test]
fn a_bound_order_is_cancelled_and_dispatched_again() {
    let shop = Shop::with_orders(PracticePlatform::Pathao, 1, &[]);
    shop.ctl.run(&["dispatch", "SO-1", "--wait", "60"]).code(0);
    let first = shop.ctl.order("SO-1");
    shop.ctl.run(&["dispatch", "SO-1", "--again", "--wait", "5"]);
    assert_eq!(shop.ours().len(), 1, "--again does nothing while the platform has not ended it");
    shop.ctl.run(&["cancel", "SO-1"]);
    shop.ctl.run(&["reconcile", "--wait", "60"]).code(0);
    assert_eq!(shop.ctl.order("SO-1")["state"], "cancelled");
    assert_eq!(shop.ctl.run(&["dispatch", "SO-1", "--wait", "5"]).status(), Some(1), "not without --again");
    shop.ctl.run(&["dispatch", "SO-1", "--again", "--wait", "60"]).code(0);
    let second = shop.ctl.order("SO-1");
    assert_eq!((&second["state"], &second["generation"]), (&"dispatched".into(), &2.into()), "{second}");
    assert_ne!(first["reference"], second["reference"]);
    assert_eq!(shop.ours().len(), 2);
    shop.ctl.verifies();
}

#[test]
fn a_refused_order_is_mended_and_dispatched_again() {
    let shop = Shop::with_orders(PracticePlatform::Foxreload, 1, &[]);
    shop.switch(PracticePlatform::Foxreload, |switches| switches.balance_too_low = true);
    shop.ctl.run(&["dispatch", "SO-1", "--wait", "60"]).code(0);
    let order = shop.ctl.order("SO-1");
    assert_eq!(order["state"], "refused", "a refused order is settled: {order}");
    assert!(order["reason"].as_str().is_some_and(|reason| reason.contains("alance")), "{order}");
    shop.switch(PracticePlatform::Foxreload, |switches| switches.balance_too_low = false);
    shop.ctl.run(&["order", "edit", "SO-1", "--set", "quantity=1"]).code(0);
    shop.ctl.run(&["dispatch", "SO-1", "--wait", "60"]).code(0);
    let order = shop.ctl.order("SO-1");
    assert_eq!((&order["state"], &order["generation"]), (&"dispatched".into(), &2.into()), "{order}");
    assert_eq!(shop.ours().len(), 1);
    shop.ctl.run(&["order", "edit", "SO-1", "--set", "quantity=2"]).code(1);
    shop.ctl.verifies();
}

#[test]
fn what_was_not_sent_is_withdrawn() {
    let mut shop = Shop::with_orders(PracticePlatform::Pathao, 1, &[]);
    shop.shut();
    shop.ctl.run(&["dispatch", "SO-1", "--wait", "1"]).code(3);
    shop.ctl.run(&["withdraw", "SO-1"]).code(0);
    assert_eq!(shop.ctl.order("SO-1")["state"], "draft");
    shop.ctl.run(&["withdraw", "SO-1"]).code(1);
    shop.serve();
    shop.ctl.run(&["reconcile", "--wait", "5"]).code(0);
    assert_eq!(shop.ours().len(), 0, "it stays withdrawn");
    shop.ctl.run(&["dispatch", "SO-1", "--wait", "60"]).code(0);
    assert_eq!(shop.ours().len(), 1);
    shop.ctl.verifies();
}

#[test]
fn a_look_alike_waits_behind_a_case() {
    // The ninth and the tenth order look the same.
    let shop = Shop::with_orders(PracticePlatform::Foxreload, 10, &[]);
    shop.ctl.run(&["order", "edit", "SO-10", "--set", "quantity=1"]).code(0);
    shop.strike(FaultKind::LoseResponse, 1);
    shop.ctl.run(&["dispatch", "SO-9", "--wait", "60"]).code(4);
    shop.ctl.run(&["dispatch", "SO-10", "--wait", "10"]).code(4);
    let behind = shop.ctl.order("SO-10");
    assert_eq!((&behind["state"], &behind["waits_for"]), (&"queued".into(), &"SO-9".into()), "{behind}");
    let id = shop.ours()[0].platform_order_id.clone();
    shop.ctl.run(&["review", "adopt", "SO-9", &id]);
    shop.ctl.run(&["reconcile", "--wait", "60"]).code(0);
    assert_eq!(shop.ours().len(), 2, "two orders that look the same are two orders");
    shop.ctl.verifies();
}
