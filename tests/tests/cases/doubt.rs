//! An answer or a request is lost: what the program finds out by itself.

use docket_practice::{FaultKind, PracticePlatform, StrangerOrder};
use docket_tests::shop::Shop;
use docket_tests::waiting::{LONG, until};

/// Settings under which no fence is alive: the key's life is over before it began.
const NO_FENCE: [(&str, &str); 2] = [("key_lifetime_s", "0"), ("fence_margin_s", "0")];

fn kinds(shop: &Shop) -> Vec<String> {
    shop.ctl.log("SO-1").iter().map(|entry| entry["kind"].as_str().unwrap_or_default().to_owned()).collect()
}

#[test]
fn a_lost_answer_is_found_by_lookup() {
    for platform in [PracticePlatform::Pathao, PracticePlatform::Postmates] {
        let shop = Shop::with_orders(platform, 1, &[]);
        shop.strike(FaultKind::LoseResponse, 1);
        shop.ctl.run(&["dispatch", "SO-1", "--wait", "60"]).code(0);
        let order = shop.ctl.order("SO-1");
        assert_eq!((&order["state"], &order["bound_by"]), (&"dispatched".into(), &"lookup".into()), "{order}");
        let there = shop.ours();
        assert_eq!((there.len(), shop.creates(platform)), (1, 1), "one order, one request");
        assert_eq!(order["platform_order_id"], there[0].platform_order_id.as_str());
        assert_eq!(order["reference"].as_str(), there[0].reference.as_deref());
        let log = kinds(&shop);
        let started = log.iter().filter(|kind| *kind == "send_started").count();
        assert_eq!(started, 1, "one send_started for each arming: {log:?}");
        assert!(log.ends_with(&["lookup_finished".into(), "bound".into()]), "{log:?}");
        shop.ctl.verifies();
    }
}

#[test]
fn a_lost_request_is_replayed_and_makes_one_order() {
    for platform in [PracticePlatform::Pathao, PracticePlatform::Postmates] {
        for fault in [FaultKind::LoseRequest, FaultKind::BadGatewayBefore, FaultKind::HtmlPage, FaultKind::Redirect] {
            let shop = Shop::with_orders(platform, 1, &[]);
            shop.strike(fault, 1);
            shop.ctl.run(&["dispatch", "SO-1", "--wait", "60"]).code(0);
            let order = shop.ctl.order("SO-1");
            assert_eq!((&order["state"], &order["attempts"]), (&"dispatched".into(), &2.into()), "{fault:?} {order}");
            assert_eq!(order["generation"], 1, "a replay is the same dispatch: {order}");
            assert_eq!((shop.ours().len(), shop.creates(platform)), (1, 2), "{fault:?}");
        }
    }
}

#[test]
fn a_request_that_lands_late_is_one_order() {
    // Where no key is remembered nothing is sent again, and it is found.
    for (remembered_ms, more) in [(86_400_000, &[][..]), (0, &NO_FENCE)] {
        let shop = Shop::with_orders(PracticePlatform::Pathao, 1, more);
        shop.switch(PracticePlatform::Pathao, |switches| switches.key_lifetime_ms = remembered_ms);
        let late = docket_practice::OneShot { ms: Some(200), ..docket_practice::OneShot::next(FaultKind::LateCommit) };
        shop.strike_with(late);
        shop.ctl.run(&["dispatch", "SO-1", "--wait", "60"]).code(0);
        assert_eq!(shop.ours().len(), 1, "{remembered_ms}");
        assert_eq!(shop.ctl.order("SO-1")["state"], "dispatched", "{remembered_ms}");
    }
}

#[test]
fn a_busy_platform_is_not_doubt() {
    let shop = Shop::with_orders(PracticePlatform::Postmates, 1, &[]);
    shop.strike(FaultKind::RateLimited, 1);
    shop.ctl.run(&["dispatch", "SO-1", "--wait", "60"]).code(0);
    let order = shop.ctl.order("SO-1");
    assert_eq!((&order["state"], &order["bound_by"]), (&"dispatched".into(), &"response".into()), "{order}");
    assert_eq!(shop.ours().len(), 1);
}

#[test]
fn without_a_fence_absence_is_for_a_person_or_for_a_new_generation() {
    for (on_absent, status, state, generation, there) in
        [("ask", 4, "needs_review", 1, 2), ("resend", 0, "dispatched", 2, 3)]
    {
        let mut more = NO_FENCE.to_vec();
        more.extend([("on_absent", on_absent), ("max_in_flight", "1")]);
        let shop = Shop::with_orders(PracticePlatform::Pathao, 3, &more);
        shop.goes_well(PracticePlatform::Pathao, "SO-3");
        // One after the other: the second is the known order that is newer than the lost request of the first.
        shop.strike(FaultKind::LoseRequest, 1);
        shop.ctl.run(&["dispatch", "--all", "--wait", "60"]).code(status);
        let order = shop.ctl.order("SO-1");
        assert_eq!(order["state"], state, "{on_absent}: {order}");
        assert_eq!(order["generation"], generation, "{on_absent}: {order}");
        assert_eq!(shop.ours().len(), there, "{on_absent}");
        assert!(kinds(&shop).contains(&"proven_absent".to_owned()), "{on_absent}: {:?}", kinds(&shop));
        shop.ctl.verifies();
    }
}

#[test]
fn at_foxreload_a_lost_answer_is_never_sent_again() {
    let shop = Shop::with_orders(PracticePlatform::Foxreload, 1, &[("exclusive", "true")]);
    shop.strike(FaultKind::LoseResponse, 1);
    shop.ctl.run(&["dispatch", "SO-1", "--wait", "60"]).code(0);
    let order = shop.ctl.order("SO-1");
    assert_eq!((&order["state"], &order["bound_by"]), (&"dispatched".into(), &"scan".into()), "{order}");
    assert_eq!((shop.ours().len(), shop.creates(PracticePlatform::Foxreload)), (1, 1));
}

#[test]
fn at_foxreload_a_strangers_twin_leads_to_a_person() {
    for exclusive in ["false", "true"] {
        let shop = Shop::with_orders(PracticePlatform::Foxreload, 1, &[("exclusive", exclusive)]);
        shop.strike(FaultKind::StrangerTwin, 1);
        let ran = shop.ctl.run(&["dispatch", "SO-1", "--wait", "60"]).code(4);
        let order = shop.ctl.order("SO-1");
        assert_eq!(order["state"], "needs_review", "{ran:?}");
        assert!(order["reason"].as_str().is_some_and(|reason| !reason.is_empty()), "{order}");
        assert_eq!(shop.creates(PracticePlatform::Foxreload), 1, "nothing is sent again");
        assert_eq!(shop.ours().len(), 1, "never two of ours");
        let case = shop.ctl.run(&["--json", "review", "list"]).code(0).objects().remove(0);
        assert_eq!(case["candidates"].as_array().map(Vec::len), Some(2), "both are shown: {case}");
    }
}

#[test]
fn a_lost_request_while_a_stranger_orders_the_same_leads_to_a_person() {
    let shop = Shop::with_orders(PracticePlatform::Foxreload, 1, &[]);
    shop.strike(FaultKind::LoseRequest, 1);
    shop.ctl.run(&["dispatch", "SO-1"]);
    let body = serde_json::json!({"items": [{"itemId": "product_0001", "quantity": 2}]});
    let stranger = StrangerOrder {
        platform: PracticePlatform::Foxreload,
        order_id: None,
        body: body.as_object().cloned(),
        reference: None,
    };
    shop.served().place_stranger(&stranger).expect("a stranger orders");
    shop.ctl.run(&["reconcile", "--wait", "60"]).code(4);
    assert_eq!(shop.ctl.order("SO-1")["state"], "needs_review", "it might be ours");
    assert_eq!(shop.ours().len(), 0);
}

#[test]
fn a_platform_that_is_down_leaves_orders_queued() {
    let mut shop = Shop::with_orders(PracticePlatform::Pathao, 1, &[]);
    shop.shut();
    shop.ctl.run(&["dispatch", "SO-1", "--wait", "1"]).code(3);
    let order = shop.ctl.order("SO-1");
    assert_eq!((&order["state"], &order["attempts"]), (&"queued".into(), &0.into()), "nothing left: {order}");
    shop.serve();
    shop.ctl.run(&["reconcile", "--wait", "60"]).code(0);
    assert_eq!((shop.ours().len(), &shop.ctl.order("SO-1")["state"]), (1, &"dispatched".into()));
}

#[test]
fn a_platform_that_goes_down_in_the_middle_leaves_doubt_and_never_failure() {
    let mut shop = Shop::with_orders(PracticePlatform::Pathao, 1, &[("timeout_ms", "60000")]);
    shop.strike(FaultKind::Hold, 1);
    let running = shop.ctl.start(&["dispatch", "SO-1", "--wait", "3"]);
    until("the answer is held back", LONG, || (shop.held() == 1).then_some(()));
    shop.shut();
    running.end(LONG).code(3);
    assert_eq!(shop.ctl.order("SO-1")["state"], "in_doubt");
    shop.ctl.run(&["reconcile", "--wait", "1"]).code(3);
    assert_eq!(shop.ctl.order("SO-1")["state"], "in_doubt", "what is unknown stays unknown");
    shop.serve();
    shop.ctl.run(&["reconcile", "--wait", "60"]).code(0);
    assert_eq!((shop.ours().len(), &shop.ctl.order("SO-1")["bound_by"]), (1, &"lookup".into()));
}

#[test]
fn patience_ends_with_a_person() {
    let shop = Shop::with_orders(PracticePlatform::Foxreload, 1, &[("patience_s", "1")]);
    shop.strike(FaultKind::LoseResponse, 1);
    shop.ctl.run(&["dispatch", "SO-1"]);
    shop.strike_lookups(FaultKind::Error500Before, 1_000);
    shop.ctl.run(&["reconcile", "--wait", "60"]).code(4);
    let order = shop.ctl.order("SO-1");
    assert_eq!(order["state"], "needs_review", "{order}");
    assert_eq!(shop.creates(PracticePlatform::Foxreload), 1);
}
