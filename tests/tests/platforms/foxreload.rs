//! FoxReload: no key, no reference, and a list of which little is written. Every open point both ways: one request for
//! one order, and what the list cannot show is for a person. What its list's order and lag do is in `foxreload_list`.

use docket_practice::{FaultKind, ListShape, PracticePlatform, Slash, Switches};
use docket_tests::others::order_something_else;
use docket_tests::shop::Shop;
use docket_tests::waiting::{LONG, until};
use serde_json::Value;

const FOX: PracticePlatform = PracticePlatform::Foxreload;
/// Nobody else orders on the account: a single new look-alike is ours.
const OWN: [(&str, &str); 2] = [("exclusive", "true"), ("max_in_flight", "1")];

fn shop(turn: impl FnOnce(&mut Switches)) -> Shop {
    shop_with(&[], turn)
}

fn shop_with(more: &[(&str, &str)], turn: impl FnOnce(&mut Switches)) -> Shop {
    let shop = Shop::with_orders(FOX, 1, &[&OWN, more].concat());
    shop.without_pace(FOX);
    shop.switch(FOX, |switches| {
        turn(switches);
    });
    shop
}

fn dispatch(shop: &Shop, number: &str) {
    shop.ctl.run(&["dispatch", number, "--wait", "60"]).code(0);
}

/// Dispatches the first, whose request is struck; the program ends without knowing what became of it.
fn lose(shop: &Shop, fault: FaultKind) {
    shop.strike(fault, 1);
    shop.ctl.run(&["dispatch", "SO-1"]);
    assert_eq!(shop.ctl.order("SO-1")["state"], "in_doubt", "{}", shop.ctl.order("SO-1"));
}

/// A person is asked about the first, nothing was sent again, and so many orders of ours exist.
#[track_caller]
fn asked(shop: &Shop, creates: u32, there: usize, what: &str) -> Value {
    let order = shop.ctl.order("SO-1");
    assert_eq!((&order["state"], &order["generation"]), (&"needs_review".into(), &1.into()), "{what}: {order}");
    assert!(order["reason"].as_str().is_some_and(|why| why.len() > 20), "{what}: it says why: {order}");
    assert_eq!((shop.creates(FOX), shop.ours().len()), (creates, there), "{what}: {order}");
    shop.ctl.verifies();
    order
}

/// The article's own scan reads the newest five or ten, in four statuses. Ours lies deeper, or has ended.
#[test]
fn an_order_that_lies_deep_or_has_ended_is_found() {
    // A list that does not page, cuts a large limit and heeds no filter hides nothing either: no filter is sent.
    let ends = [(None, false), (Some("failed"), false), (Some("cancelled"), true), (Some("completed"), false)];
    for (ended, turned) in ends.into_iter().chain([(None, true)]) {
        // Quiet is long enough for all that happens before the first look that counts.
        let shop = shop_with(&[("settle_ms", "3000")], |switches| {
            if turned {
                (switches.paging_works, switches.filter_ignored, switches.list_max) = (false, true, 40);
            }
        });
        order_something_else(shop.served(), 12, 1_000);
        lose(&shop, FaultKind::LoseResponse);
        order_something_else(shop.served(), 12, 1_000);
        if let Some(status) = ended {
            shop.served().advance(FOX, &shop.ours()[0].platform_order_id, status).expect("a status of its course");
        }
        shop.ctl.run(&["reconcile", "--wait", "60"]).code(0);
        let order = one_there_by_scan(&shop, &format!("{ended:?} {turned}"));
        assert_eq!(order["platform_status"], ended.unwrap_or("active"), "{order}");
    }
}

#[track_caller]
fn one_there_by_scan(shop: &Shop, what: &str) -> Value {
    let (order, there) = (shop.ctl.order("SO-1"), shop.ours());
    assert_eq!((&order["state"], &order["bound_by"]), (&"dispatched".into(), &"scan".into()), "{what}: {order}");
    assert_eq!(order["platform_order_id"], there[0].platform_order_id.as_str(), "{what}: {order}");
    assert_eq!((shop.creates(FOX), there.len()), (1, 1), "{what}: {order}");
    shop.ctl.verifies();
    order
}

/// What a row shows beside the products and quantities settles nothing: neither its price, nor a note, nor its shape.
#[test]
fn an_order_is_known_by_its_items_whatever_else_it_shows() {
    for drifts in [false, true] {
        for echoed in [false, true] {
            for shape in [ListShape::Array, ListShape::Orders] {
                let shop = shop(|switches| {
                    (switches.price_drifts, switches.note_echoed, switches.list_shape) = (drifts, echoed, shape);
                });
                shop.ctl.run(&["order", "edit", "SO-1", "--set", "total_price=18.40"]).code(0);
                shop.strike(FaultKind::LoseResponse, 1);
                dispatch(&shop, "SO-1");
                one_there_by_scan(&shop, &format!("{drifts} {echoed} {shape:?}"));
            }
        }
    }
}

/// A create that is redirected is followed nowhere, and what became of it is for a person. A list that is redirected
/// lets no create begin.
#[test]
fn a_redirect_is_followed_nowhere() {
    for status in [301, 307, 308] {
        let shop = shop(|switches| (switches.slash, switches.slash_redirect_status) = (Slash::With, status));
        shop.ctl.run(&["dispatch", "SO-1", "--wait", "60"]).code(4);
        asked(&shop, 1, 0, &format!("{status}"));
    }
    let shop = shop(|switches| switches.slash = Slash::Without);
    shop.ctl.run(&["dispatch", "SO-1", "--wait", "2"]).code(3);
    assert_eq!((&shop.ctl.order("SO-1")["state"], shop.creates(FOX)), (&"queued".into(), 0));
    shop.switch(FOX, |switches| switches.slash = Slash::Either);
    shop.ctl.run(&["reconcile", "--wait", "60"]).code(0);
    assert_eq!(one_there_once(&shop)["bound_by"], "response");
}

/// The first order is bound to the only one that is there, after one request.
#[track_caller]
fn one_there_once(shop: &Shop) -> Value {
    assert_eq!(shop.creates(FOX), 1);
    let (order, there) = (shop.ctl.order("SO-1"), shop.ours());
    assert_eq!((&order["state"], there.len()), (&"dispatched".into(), 1), "{order}");
    assert_eq!(order["platform_order_id"], there[0].platform_order_id.as_str(), "{order}");
    order
}

/// A refusal in JSON has made nothing, and is told at once. In any other form it may have: a person is asked.
#[test]
fn a_refusal_that_is_no_json_settles_nothing() {
    for as_text in [false, true] {
        let shop = shop(|switches| (switches.balance_too_low, switches.errors_as_text) = (true, as_text));
        shop.ctl.run(&["dispatch", "SO-1", "--wait", "60"]).code(if as_text { 4 } else { 0 });
        let order = shop.ctl.order("SO-1");
        assert_eq!(order["state"], if as_text { "needs_review" } else { "refused" }, "{order}");
        assert_eq!((shop.creates(FOX), shop.ours().len()), (1, 0), "{order}");
        shop.ctl.verifies();
    }
}

/// Paid by the balance an order goes its way; unpaid it waits, and is read as cancelled when its time is over.
#[test]
fn an_unpaid_order_is_followed_to_its_end() {
    for auto_pay in [true, false] {
        let shop = shop(|switches| (switches.auto_pay, switches.stage_ms) = (auto_pay, if auto_pay { 1 } else { 0 }));
        dispatch(&shop, "SO-1");
        if !auto_pay {
            assert_eq!(shop.ctl.order("SO-1")["platform_status"], "active");
            shop.switch(FOX, |switches| switches.payment_life_ms = 1);
        }
        let end = if auto_pay { "completed" } else { "cancelled" };
        until("it has ended", LONG, || {
            shop.ctl.run(&["track", "SO-1"]);
            (shop.ctl.order("SO-1")["platform_status"] == end).then_some(())
        });
        one_there_once(&shop);
        shop.ctl.verifies();
    }
}

/// There is no cancel to ask for: it says so, and the order stands.
#[test]
fn a_cancel_is_not_pretended() {
    let shop = shop(|_| {});
    dispatch(&shop, "SO-1");
    let ran = shop.ctl.run(&["cancel", "SO-1"]);
    assert_ne!(ran.status(), Some(0), "{ran:?}");
    assert_eq!(one_there_once(&shop)["state"], "dispatched");
    shop.ctl.verifies();
}
