//! Pathao: a key for a day, and routes for reading that nobody has seen.

use docket_practice::{FaultKind, PracticePlatform, ReadRoutes, ReplayBody, StrangerOrder};
use docket_tests::shop::Shop;
use serde_json::json;

use super::all_three::{dispatch, one_there};

const PATHAO: PracticePlatform = PracticePlatform::Pathao;
/// Settings under which no fence is alive: the key's life is over before it began.
const NO_FENCE: [(&str, &str); 2] = [("key_lifetime_s", "0"), ("fence_margin_s", "0")];

/// The key settles it, whether a request was lost or its answer.
#[test]
fn without_a_route_for_reading_the_key_settles_it() {
    for routes in [ReadRoutes::NotFound, ReadRoutes::Page, ReadRoutes::Served] {
        for (fault, by) in [(FaultKind::LoseResponse, "lookup"), (FaultKind::LoseRequest, "replay")] {
            let shop = Shop::unhurried(PATHAO, 1, &[]);
            shop.switch(PATHAO, |switches| switches.read_routes = routes);
            shop.strike(fault, 1);
            dispatch(&shop);
            let order = one_there(&shop, &format!("{routes:?} {fault:?}"));
            let (by, creates) = if routes == ReadRoutes::Served && by == "lookup" { (by, 1) } else { ("replay", 2) };
            assert_eq!((&order["bound_by"], shop.creates(PATHAO)), (&by.into(), creates), "{routes:?}: {order}");
        }
    }
}

/// With the key dead, nothing else can tell. A route that is not there shows no known order either, so not finding ours
/// proves nothing, though the account says that what is proven absent is to be sent again.
#[test]
fn a_route_that_is_not_there_proves_no_absence() {
    for routes in [ReadRoutes::NotFound, ReadRoutes::Page] {
        for (fault, there) in [(FaultKind::LoseResponse, 2), (FaultKind::LoseRequest, 1)] {
            // One after the other: the second is the known order that is newer than the first one's lost request, as a
            // proof would need one.
            let more =
                [&NO_FENCE[..], &[("on_absent", "resend"), ("patience_s", "3"), ("max_in_flight", "1")]].concat();
            let shop = Shop::unhurried(PATHAO, 2, &more);
            shop.switch(PATHAO, |switches| switches.read_routes = routes);
            shop.strike(fault, 1);
            shop.ctl.run(&["dispatch", "--all", "--wait", "60"]).code(4);
            let order = shop.ctl.order("SO-1");
            let what = format!("{routes:?} {fault:?}: {order}");
            assert_eq!((&order["state"], &order["attempts"]), (&"needs_review".into(), &1.into()), "{what}");
            let proven = shop.ctl.log("SO-1").into_iter().any(|entry| entry["kind"] == "proven_absent");
            assert!(!proven, "{what}");
            assert_eq!((shop.ours().len(), shop.creates(PATHAO)), (there, 2), "{what}");
            shop.ctl.verifies();
        }
    }
}

/// What the platform does not show any more stays dispatched: that a status cannot be read ends nothing.
#[test]
fn a_bound_order_that_cannot_be_read_stays_bound() {
    for routes in [ReadRoutes::NotFound, ReadRoutes::Page] {
        let shop = Shop::unhurried(PATHAO, 1, &[]);
        dispatch(&shop);
        shop.switch(PATHAO, |switches| switches.read_routes = routes);
        let unheard = shop.ctl.run(&["track", "SO-1"]).code(1).stderr();
        assert!(unheard.contains("no answer that says anything"), "what was known is not told as new: {unheard}");
        one_there(&shop, &format!("{routes:?}"));
        shop.ctl.run(&["dispatch", "SO-1", "--again", "--wait", "2"]);
        assert_eq!((shop.ours().len(), shop.creates(PATHAO)), (1, 1), "{routes:?}: it has not ended");
    }
}

/// The sandbox's magic number for an address that cannot be found leads to a status that no page explains: it is shown
/// as it is, and ends nothing.
#[test]
fn a_status_that_no_page_explains_is_shown_and_ends_nothing() {
    let shop = Shop::unhurried(PATHAO, 1, &[]);
    shop.ctl.run(&["order", "edit", "SO-1", "--set", "receiver_phone=01700000004"]).code(0);
    dispatch(&shop);
    let id = shop.ours()[0].platform_order_id.clone();
    shop.served().advance(PATHAO, &id, "FAILED").expect("a status of its course");
    shop.ctl.run(&["track", "SO-1"]).code(0);
    let order = one_there(&shop, "FAILED");
    assert_eq!(order["platform_status"], "FAILED", "{order}");
    shop.ctl.run(&["dispatch", "SO-1", "--again", "--wait", "2"]);
    assert_eq!(shop.ours().len(), 1, "nobody says that it has ended");
    shop.served().advance(PATHAO, &id, "CANCELLED").expect("a status of its course");
    shop.ctl.run(&["track", "SO-1"]).code(0);
    shop.ctl.run(&["dispatch", "SO-1", "--again", "--wait", "60"]).code(0);
    assert_eq!(shop.ours().len(), 2, "this one says so");
}

/// The limit is shared: what asks too often is told to come back, and neither a create nor a lookup is taken for more
/// than that.
#[test]
fn a_shared_limit_delays_and_doubles_nothing() {
    let shop = Shop::unhurried(PATHAO, 6, &[]);
    shop.switch(PATHAO, |switches| {
        (switches.rate_limit_per_minute, switches.rate_window_ms) = (4, 700);
    });
    shop.strike(FaultKind::LoseResponse, 2);
    shop.ctl.run(&["dispatch", "--all", "--wait", "100"]).code(0);
    let orders = shop.ctl.orders();
    assert!(orders.iter().all(|order| order["state"] == "dispatched" && order["generation"] == 1), "{orders:?}");
    assert_eq!(shop.ours().len(), 6);
    let told = shop.ctl.run(&["--json", "log"]).code(0).objects();
    assert!(told.iter().any(|entry| entry.to_string().contains("busy")), "somebody was told to wait");
    shop.ctl.verifies();
}

/// The list shows the order late, so the request is sent again, and what comes back may be the stored answer, its status
/// alone, or a body of nothing.
#[test]
fn a_lagging_list_leads_to_a_repeat_and_to_the_first() {
    for replay_body in [ReplayBody::Full, ReplayBody::Empty, ReplayBody::StatusOnly] {
        let shop = Shop::unhurried(PATHAO, 1, &[]);
        shop.switch(PATHAO, |switches| (switches.list_lag_ms, switches.replay_body) = (2_000, replay_body));
        shop.strike(FaultKind::LoseResponse, 1);
        dispatch(&shop);
        let order = one_there(&shop, &format!("{replay_body:?}"));
        assert_eq!((shop.creates(PATHAO) >= 2, &order["generation"]), (true, &1.into()), "{replay_body:?}: {order}");
    }
}

/// Two that meet within a quarter of a second are two orders here, whatever their key. The list does not show the first,
/// so it is sent again, and that waits until the first is surely over.
#[test]
fn a_repeat_waits_until_the_first_is_over() {
    let shop = Shop::unhurried(PATHAO, 1, &[]);
    shop.switch(PATHAO, |switches| (switches.race_window_ms, switches.list_lag_ms) = (250, 3_000));
    shop.strike(FaultKind::LoseResponse, 1);
    dispatch(&shop);
    let order = one_there(&shop, "two at once");
    assert_eq!(shop.creates(PATHAO), 2, "it was repeated: {order}");
}

/// A failure that is stored comes back under its key, and the second time it ends the repeats; one that is not stored is
/// over with the first repeat.
#[test]
fn a_failure_that_is_stored_ends_the_repeats() {
    for (stored, fault, state, there) in [
        (false, FaultKind::Error500Before, "dispatched", 1),
        (false, FaultKind::Error500After, "dispatched", 1),
        (true, FaultKind::Error500Before, "needs_review", 0),
        (true, FaultKind::Error500After, "dispatched", 1),
    ] {
        let shop = Shop::unhurried(PATHAO, 1, &[]);
        shop.switch(PATHAO, |switches| switches.stored_failures = stored);
        shop.strike(fault, 1);
        shop.ctl.run(&["dispatch", "SO-1", "--wait", "60"]).code(if state == "dispatched" { 0 } else { 4 });
        let order = shop.ctl.order("SO-1");
        let what = format!("{stored} {fault:?}: {order}");
        assert_eq!((&order["state"], shop.ours().len()), (&state.into(), there), "{what}");
        assert!(shop.creates(PATHAO) <= 2, "the dead key is not sent a third time: {what}");
        shop.ctl.verifies();
    }
}

/// The partner's API key is renewed while an order is in doubt. Whether the platform still knows our key then is open:
/// it is not leaned on, and what is there is found.
#[test]
fn a_renewed_api_key_ends_the_fence() {
    for forgets in [true, false] {
        for (fault, state, there) in
            [(FaultKind::LoseResponse, "dispatched", 1), (FaultKind::LoseRequest, "needs_review", 0)]
        {
            let shop = Shop::unhurried(PATHAO, 1, &[("settle_ms", "1500")]);
            shop.switch(PATHAO, |switches| switches.renewed_key_forgets = forgets);
            shop.strike(fault, 1);
            shop.strike_lookups(FaultKind::Error500Before, 1_000);
            shop.ctl.run(&["dispatch", "SO-1"]);
            assert_eq!(shop.ctl.order("SO-1")["state"], "in_doubt");
            shop.served().clear_faults().expect("faults can be cleared");
            let endpoint = shop.served().endpoint(PATHAO).expect("it is served");
            let renewed = format!("{}_renewed", endpoint.secrets["api_key"].as_str().expect("a key"));
            let secrets = json!({ "api_key": renewed }).to_string();
            shop.ctl.tell(&["account", "credentials", "main"], &secrets).code(0);
            shop.ctl.run(&["reconcile", "--wait", "60"]).code(if state == "dispatched" { 0 } else { 4 });
            let order = shop.ctl.order("SO-1");
            let what = format!("{forgets} {fault:?}: {order}");
            assert_eq!((&order["state"], &order["attempts"]), (&state.into(), &1.into()), "{what}");
            assert_eq!((shop.ours().len(), shop.creates(PATHAO)), (there, 1), "{what}");
            shop.ctl.verifies();
        }
    }
}

/// A reference is not unique there: two rows that carry ours are for a person.
#[test]
fn two_rows_with_our_reference_are_for_a_person() {
    let mut shop = Shop::unhurried(PATHAO, 2, &[]);
    let reference = Some(shop.reserve_first());
    let twin = StrangerOrder { reference, ..StrangerOrder::copy_of_newest(PATHAO) };
    shop.served().place_stranger(&twin).expect("a stranger orders");
    shop.strike(FaultKind::LoseResponse, 1);
    shop.ctl.run(&["reconcile", "--wait", "60"]).code(4);
    let order = shop.ctl.order("SO-1");
    assert_eq!(order["state"], "needs_review", "{order}");
    assert_eq!((shop.ours().len(), shop.creates(PATHAO)), (2, 1), "nothing is sent again: {order}");
    shop.ctl.verifies();
}
