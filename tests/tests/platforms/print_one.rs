//! Print.one: failures stored under a key, replays without a body, rows that share a billing id.

use docket_practice::{ErrorShape, FaultKind, PracticePlatform, ReplayBody, StrangerOrder};
use docket_tests::shop::Shop;

use super::all_three::one_there;

const PRINT_ONE: PracticePlatform = PracticePlatform::PrintOne;

/// The key answers with the stored 500 from now on. With the order there it is found; without it the key is dead, and
/// absence is proven only beside an order that is newer than the replay, and an older one that has ended: then a new
/// generation goes on, or a person.
#[test]
fn a_stored_failure_hides_an_order_or_none() {
    for (fault, on_absent, status, state, generation) in [
        (FaultKind::Error500After, "ask", 0, "dispatched", 1),
        (FaultKind::Error500Before, "ask", 4, "needs_review", 1),
        (FaultKind::Error500Before, "resend", 0, "dispatched", 2),
    ] {
        // A pace at which others are still sent when the replay of the first has failed.
        let more = [("on_absent", on_absent), ("max_in_flight", "1"), ("requests_per_minute", "900")];
        let shop = Shop::with_orders(PRINT_ONE, 40, &more);
        shop.without_limit(PRINT_ONE);
        // The others end soon, and are shown all the same.
        shop.switch(PRINT_ONE, |switches| switches.stage_ms = 0);
        shop.goes_well(PRINT_ONE, "SO-40");
        shop.switch(PRINT_ONE, |switches| switches.stage_ms = 100);
        shop.strike(fault, 1);
        shop.ctl.run(&["dispatch", "--all", "--wait", "60"]).code(status);
        let order = shop.ctl.order("SO-1");
        let what = format!("{fault:?} {on_absent}: {order}");
        assert_eq!((&order["state"], &order["generation"]), (&state.into(), &generation.into()), "{what}");
        assert_eq!(shop.ours().len(), if state == "needs_review" { 39 } else { 40 }, "{what}");
        if fault == FaultKind::Error500Before {
            assert_eq!(order["attempts"], 1 + generation, "the dead key is not sent a third time: {what}");
        }
        shop.ctl.verifies();
    }
}

/// The list shows the order late, so the request is replayed, and the replay shows a status and perhaps nothing else.
#[test]
fn a_replay_without_a_body_is_looked_up() {
    for replay_body in [ReplayBody::Empty, ReplayBody::StatusOnly, ReplayBody::Full] {
        let shop = Shop::with_orders(PRINT_ONE, 1, &[]);
        shop.switch(PRINT_ONE, |switches| {
            switches.replay_body = replay_body;
            switches.list_lag_ms = 3_000;
        });
        shop.strike(FaultKind::LoseResponse, 1);
        shop.ctl.run(&["dispatch", "SO-1", "--wait", "60"]).code(0);
        let order = one_there(&shop, &format!("{replay_body:?}"));
        assert_eq!(shop.creates(PRINT_ONE), 2, "{replay_body:?}: it was replayed: {order}");
        let by = if replay_body == ReplayBody::Full { "replay" } else { "conflict" };
        assert_eq!(order["bound_by"], by, "{replay_body:?}: {order}");
    }
}

/// A billing id is not unique there: two rows that carry ours are for a person.
#[test]
fn two_rows_with_our_billing_id_are_for_a_person() {
    let mut shop = Shop::with_orders(PRINT_ONE, 2, &[]);
    let reference = Some(shop.reserve_first());
    let twin = StrangerOrder { reference, ..StrangerOrder::copy_of_newest(PRINT_ONE) };
    shop.served().place_stranger(&twin).expect("a stranger orders");
    shop.strike(FaultKind::LoseResponse, 1);
    shop.ctl.run(&["reconcile", "--wait", "60"]).code(4);
    let order = shop.ctl.order("SO-1");
    assert_eq!(order["state"], "needs_review", "{order}");
    assert_eq!((shop.ours().len(), shop.creates(PRINT_ONE)), (2, 1), "nothing is sent again: {order}");
    shop.ctl.verifies();
}

/// A filter that is ignored shows every row: ours is found by its billing id, and absence is not believed at once.
#[test]
fn an_ignored_filter_finds_and_misses_the_right_rows() {
    for fault in [FaultKind::LoseResponse, FaultKind::LoseRequest] {
        let shop = Shop::with_orders(PRINT_ONE, 30, &[]);
        shop.switch(PRINT_ONE, |switches| {
            switches.filter_ignored = true;
            switches.rate_limit_per_minute = 0;
        });
        let numbers: Vec<String> = (2..=30).map(|i| format!("SO-{i}")).collect();
        let mut args = vec!["dispatch"];
        args.extend(numbers.iter().map(String::as_str));
        args.extend(["--wait", "60"]);
        shop.ctl.run(&args).code(0);
        shop.strike(fault, 1);
        shop.ctl.run(&["dispatch", "SO-1", "--wait", "60"]).code(0);
        assert_eq!(shop.ours().len(), 30, "{fault:?}");
        assert_eq!(shop.ctl.order("SO-1")["state"], "dispatched", "{fault:?}");
        shop.ctl.verifies();
    }
}

#[test]
fn each_shape_of_an_error_is_understood() {
    for shape in [ErrorShape::Messages, ErrorShape::Message, ErrorShape::Errors] {
        let shop = Shop::with_orders(PRINT_ONE, 1, &[]);
        shop.switch(PRINT_ONE, |switches| switches.error_shape = shape);
        shop.ctl.run(&["order", "edit", "SO-1", "--set", "merge_variables=firstName=R. Diaz"]).code(0);
        shop.ctl.run(&["dispatch", "SO-1", "--wait", "60"]).code(0);
        let order = shop.ctl.order("SO-1");
        assert_eq!(order["state"], "refused", "{shape:?}: {order}");
        assert!(order["reason"].as_str().is_some_and(|why| why.contains("code")), "the variable is named: {order}");
    }
}

/// While the order is still prepared it cannot be cancelled yet: the cancel goes on until it can.
#[test]
fn a_cancel_that_comes_too_early_is_carried_out_later() {
    for status in [400, 409, 422] {
        let shop = Shop::with_orders(PRINT_ONE, 1, &[]);
        shop.ctl.run(&["dispatch", "SO-1", "--wait", "60"]).code(0);
        shop.switch(PRINT_ONE, |switches| (switches.stage_ms, switches.cancel_refused_status) = (4_000, status));
        shop.ctl.run(&["cancel", "SO-1"]);
        shop.ctl.run(&["reconcile", "--wait", "60"]).code(0);
        let (order, there) = (shop.ctl.order("SO-1"), shop.ours());
        assert_eq!((&order["state"], there[0].status.as_str()), (&"cancelled".into(), "order_cancelled"), "{order}");
        shop.ctl.verifies();
    }
}

/// Another API key of the company, while it is not known what became of a request: nothing is sent again, whether the
/// idempotency key is known under the new one or not. What is there is found.
#[test]
fn another_api_key_sends_nothing_again_whoever_the_keys_belong_to() {
    for companys in [false, true] {
        for fault in [FaultKind::LoseRequest, FaultKind::LoseResponse] {
            let shop = Shop::with_orders(PRINT_ONE, 1, &[]);
            shop.switch(PRINT_ONE, |switches| switches.keys_per_company = companys);
            shop.strike(fault, 1);
            shop.strike_lookups(FaultKind::Error500Before, 1_000);
            shop.ctl.run(&["dispatch", "SO-1"]);
            let mut secrets = shop.served().endpoint(PRINT_ONE).expect("it is served").secrets.clone();
            let second = format!("{}_2", secrets["api_key"].as_str().expect("a key"));
            secrets["api_key"] = second.into();
            shop.served().clear_faults().expect("faults can be cleared");
            let sent = shop.creates(PRINT_ONE);
            shop.ctl.tell(&["account", "credentials", "main"], &secrets.to_string()).code(0);
            let there = fault == FaultKind::LoseResponse;
            shop.ctl.run(&["reconcile", "--wait", "60"]).code(if there { 0 } else { 4 });
            let (order, what) = (shop.ctl.order("SO-1"), format!("the company's: {companys}, {fault:?}"));
            assert_eq!(order["state"], if there { "dispatched" } else { "needs_review" }, "{what}: {order}");
            assert_eq!((shop.creates(PRINT_ONE), shop.ours().len()), (sent, usize::from(there)), "{what}: {order}");
            shop.ctl.verifies();
        }
    }
}

/// An order that has lost its addresses is still ours by its billing id.
#[test]
fn an_order_without_its_addresses_is_found_by_its_billing_id() {
    for after_ms in [0, 1] {
        let shop = Shop::with_orders(PRINT_ONE, 1, &[]);
        shop.switch(PRINT_ONE, |switches| switches.anonymized_after_ms = after_ms);
        shop.strike(FaultKind::LoseResponse, 1);
        shop.ctl.run(&["dispatch", "SO-1", "--wait", "60"]).code(0);
        let order = one_there(&shop, &format!("{after_ms}"));
        assert_eq!((&order["bound_by"], shop.creates(PRINT_ONE)), (&"lookup".into(), 1), "{order}");
    }
}

/// What an empty balance is answered is not documented, so an error that nobody knows settles nothing: a person is asked,
/// and the order is made once when the balance is there again.
#[test]
fn an_error_that_nobody_documents_is_for_a_person() {
    let shop = Shop::with_orders(PRINT_ONE, 1, &[]);
    shop.switch(PRINT_ONE, |switches| switches.balance_too_low = true);
    shop.ctl.run(&["dispatch", "SO-1", "--wait", "60"]).code(4);
    let order = shop.ctl.order("SO-1");
    assert_eq!((&order["state"], shop.ours().len()), (&"needs_review".into(), 0), "{order}");
    assert!(shop.creates(PRINT_ONE) <= 2, "the same answer twice ends it: {order}");
    shop.switch(PRINT_ONE, |switches| switches.balance_too_low = false);
    shop.ctl.run(&["review", "release", "SO-1", "--reason", "the balance was empty; Print.one's list has none"]);
    shop.ctl.run(&["reconcile", "--wait", "60"]).code(0);
    assert_eq!(one_there(&shop, "topped up")["generation"], 2);
}
