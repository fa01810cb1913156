//! FoxReload: no key, no reference, and a list of which little is written. Every open point both ways: one request for
//! one order, and what the list cannot show is for a person.

use docket_practice::{FaultKind, ListShape, OneShot, PracticePlatform, Slash, StrangerOrder, Switches};
use docket_tests::shop::Shop;
use docket_tests::waiting::{LONG, until};
use serde_json::{Value, json};

const FOX: PracticePlatform = PracticePlatform::Foxreload;
/// Nobody else orders on the account: a single new look-alike is ours.
const OWN: [(&str, &str); 2] = [("exclusive", "true"), ("max_in_flight", "1")];

fn shop(orders: usize, turn: impl FnOnce(&mut Switches)) -> Shop {
    let shop = Shop::with_orders(FOX, orders, &OWN);
    shop.switch(FOX, |switches| {
        switches.rate_limit_per_minute = 0;
        switches.stage_ms = 0;
        turn(switches);
    });
    shop
}

/// Others order something else, a second apart.
fn strangers(shop: &Shop, count: usize) {
    for _ in 0..count {
        stranger(shop);
        pass(shop, 1_000);
    }
}

fn stranger(shop: &Shop) {
    let body = json!({"items": [{"itemId": "product_other", "quantity": 3}]});
    let order = StrangerOrder { platform: FOX, order_id: None, body: body.as_object().cloned(), reference: None };
    shop.served().place_stranger(&order).expect("a stranger orders");
}

/// So many milliseconds pass at the platform.
fn pass(shop: &Shop, ms: i64) {
    shop.switch(FOX, |switches| switches.clock_offset_ms += ms);
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

fn proven(shop: &Shop) -> bool {
    shop.ctl.log("SO-1").iter().any(|entry| entry["kind"] == "proven_absent")
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
    for ended in [None, Some("failed"), Some("cancelled"), Some("completed")] {
        let shop = shop(1, |_| {});
        strangers(&shop, 12);
        lose(&shop, FaultKind::LoseResponse);
        strangers(&shop, 12);
        if let Some(status) = ended {
            shop.served().advance(FOX, &shop.ours()[0].platform_order_id, status).expect("a status of its course");
        }
        shop.ctl.run(&["reconcile", "--wait", "60"]).code(0);
        let order = one_there_by_scan(&shop, &format!("{ended:?}"));
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

/// Newest first, what is there is found and what is not there is proven absent. In any other order a cut list hides
/// what it may: nothing is proven, nothing is adopted, and nothing is sent again. Nor is it where the rows are of one
/// second, so that nobody can tell in which order they stand.
#[test]
fn a_list_that_does_not_show_that_it_is_newest_first_proves_nothing() {
    let newest_first = (false, false, false);
    let positions =
        [newest_first, (true, false, false), (false, true, false), (false, false, true), (false, true, true)];
    for position in positions {
        for fault in [FaultKind::LoseResponse, FaultKind::LoseRequest] {
            let (oldest_first, unsorted, burst) = position;
            let shop = shop(2, |switches| {
                (switches.oldest_first, switches.list_unsorted, switches.list_max) = (oldest_first, unsorted, 10);
            });
            if burst {
                (0..14).for_each(|_| stranger(&shop))
            } else {
                strangers(&shop, 14)
            }
            lose(&shop, fault);
            // A known order that is newer than the request: the control that a proof needs.
            dispatch_beside(&shop);
            let (what, there) = (format!("{position:?} {fault:?}"), fault == FaultKind::LoseResponse);
            if position == newest_first && there {
                let order = shop.ctl.order("SO-1");
                assert_eq!((&order["state"], &order["bound_by"]), (&"dispatched".into(), &"scan".into()), "{order}");
                assert_eq!((shop.creates(FOX), shop.ours().len()), (2, 2), "{what}");
                continue;
            }
            asked(&shop, 2, 1 + usize::from(there), &what);
            assert_eq!(proven(&shop), position == newest_first, "{what}: {:?}", shop.ctl.log("SO-1"));
        }
    }
}

/// The second order is dispatched, whatever is asked about the first.
fn dispatch_beside(shop: &Shop) {
    shop.ctl.run(&["dispatch", "SO-2", "--wait", "60"]);
    shop.ctl.run(&["reconcile", "--wait", "60"]);
    assert_eq!(shop.ctl.order("SO-2")["state"], "dispatched", "{}", shop.ctl.order("SO-2"));
}

/// Shown within quiet, it is found. Later, its absence is for a person: unproven where the list has shown nothing newer,
/// and never a second request.
#[test]
fn a_list_that_lags_is_waited_for_and_never_leads_to_a_second_order() {
    let within = shop(1, |switches| switches.list_lag_ms = 150);
    within.strike(FaultKind::LoseResponse, 1);
    dispatch(&within, "SO-1");
    one_there_by_scan(&within, "within quiet");
    for shown_again in [false, true] {
        let shop = shop(2, |switches| switches.list_lag_ms = 600_000);
        lose(&shop, FaultKind::LoseResponse);
        if shown_again {
            shop.switch(FOX, |switches| switches.list_lag_ms = 0);
        }
        dispatch_beside(&shop);
        asked(&shop, 2, 2, &format!("{shown_again}"));
        assert_eq!(proven(&shop), shown_again, "{:?}", shop.ctl.log("SO-1"));
    }
}

/// The request lands when its absence has been proven as far as it can be: a person is asked, the one order is theirs to
/// adopt, and a case that was closed meanwhile is told of by a sweep.
#[test]
fn a_request_that_lands_after_every_look_is_one_order_and_is_told() {
    for close in [false, true] {
        let shop = shop(2, |_| {});
        shop.strike_with(OneShot { ms: Some(600_000), ..OneShot::next(FaultKind::LateCommit) });
        shop.ctl.run(&["dispatch", "SO-1"]);
        dispatch_beside(&shop);
        asked(&shop, 2, 1, "it has not landed");
        assert!(proven(&shop), "{:?}", shop.ctl.log("SO-1"));
        if close {
            shop.ctl.run(&["review", "close", "SO-1", "--reason", "the customer called it off"]).code(0);
        }
        pass(&shop, 601_000);
        assert_eq!(shop.ours().len(), 2, "the late request has landed");
        let bound = shop.ctl.order("SO-2")["platform_order_id"].clone();
        let late =
            shop.ours().into_iter().find(|there| bound != there.platform_order_id.as_str()).expect("the late one");
        if close {
            let told = shop.ctl.run(&["--json", "sweep"]).code(4).objects().remove(0);
            assert_eq!(told["platform_order_id"], late.platform_order_id.as_str(), "{told}");
        } else {
            shop.ctl.run(&["reconcile", "--wait", "5"]).code(4);
            asked(&shop, 2, 2, "it has landed");
            shop.ctl.run(&["review", "adopt", "SO-1", &late.platform_order_id, "--reason", "it came late"]).code(0);
            assert_eq!(shop.ctl.order("SO-1")["state"], "dispatched");
        }
        assert_eq!((shop.creates(FOX), shop.ours().len()), (2, 2), "nothing was sent again");
        shop.ctl.verifies();
    }
}

/// What a row shows beside the products and quantities settles nothing: neither its price, nor a note, nor its shape.
#[test]
fn an_order_is_known_by_its_items_whatever_else_it_shows() {
    for drifts in [false, true] {
        for echoed in [false, true] {
            for shape in [ListShape::Array, ListShape::Orders] {
                let shop = shop(1, |switches| {
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
        let shop = shop(1, |switches| (switches.slash, switches.slash_redirect_status) = (Slash::With, status));
        shop.ctl.run(&["dispatch", "SO-1", "--wait", "60"]).code(4);
        asked(&shop, 1, 0, &format!("{status}"));
    }
    let shop = shop(1, |switches| switches.slash = Slash::Without);
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
        let shop = shop(1, |switches| (switches.balance_too_low, switches.errors_as_text) = (true, as_text));
        shop.ctl.run(&["dispatch", "SO-1", "--wait", "60"]).code(if as_text { 4 } else { 0 });
        let order = shop.ctl.order("SO-1");
        assert_eq!(order["state"], if as_text { "needs_review" } else { "refused" }, "{order}");
        assert_eq!((shop.creates(FOX), shop.ours().len()), (1, 0), "{order}");
        shop.ctl.verifies();
    }
}

/// A list that has gone on without ours is not its end, however few rows it gives to a limit that it does not take.
#[test]
fn a_list_that_takes_no_large_limit_is_not_taken_for_all() {
    for (ignored, usual) in [(false, 10), (true, 10), (true, 5)] {
        let shop = shop(2, |switches| {
            (switches.large_limit_ignored, switches.page_default, switches.list_max) = (ignored, usual, 50);
        });
        strangers(&shop, 3);
        lose(&shop, FaultKind::LoseResponse);
        strangers(&shop, 20);
        dispatch_beside(&shop);
        if ignored {
            asked(&shop, 2, 2, &format!("{usual}"));
            assert!(!proven(&shop), "{usual}: {:?}", shop.ctl.log("SO-1"));
        } else {
            assert_eq!(shop.ctl.order("SO-1")["state"], "dispatched", "{}", shop.ctl.order("SO-1"));
        }
    }
}

/// Where the list leaves test orders out, it proves nothing about one.
#[test]
fn test_orders_that_no_list_shows_are_for_a_person() {
    for unlisted in [false, true] {
        let shop = shop(2, |switches| switches.mocks_unlisted = unlisted);
        lose(&shop, FaultKind::LoseResponse);
        dispatch_beside(&shop);
        if unlisted {
            asked(&shop, 2, 2, "unlisted");
            assert!(!proven(&shop), "{:?}", shop.ctl.log("SO-1"));
        } else {
            assert_eq!(shop.ctl.order("SO-1")["state"], "dispatched", "{}", shop.ctl.order("SO-1"));
        }
    }
}

/// Paid by the balance an order goes its way; unpaid it waits, and is read as cancelled when its time is over.
#[test]
fn an_unpaid_order_is_followed_to_its_end() {
    for auto_pay in [true, false] {
        let shop =
            shop(1, |switches| (switches.auto_pay, switches.stage_ms) = (auto_pay, if auto_pay { 1 } else { 0 }));
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
    let shop = shop(1, |_| {});
    dispatch(&shop, "SO-1");
    let ran = shop.ctl.run(&["cancel", "SO-1"]);
    assert_ne!(ran.status(), Some(0), "{ran:?}");
    assert_eq!(one_there_once(&shop)["state"], "dispatched");
    shop.ctl.verifies();
}
