//! Uber Direct's contract, row by row: quotes, cancels, the courier, refusals, limits and stragglers. UD-1 to UD-11 are
//! in `uber_direct.rs`.

mod common;

use common::{
    HOUR, MINUTE, SECOND, T0, answered,
    direct::{Direct, open, order},
    json_of,
};
use docket_practice::{FaultKind, OneShot, PracticePlatform::UberDirect};
use serde_json::{Value, json};

/// UD-12: a quote is good for 15 minutes, once, for the same addresses. A repeat may meet its own used quote first.
#[test]
fn ud_12_a_quote_is_used_once() {
    let mut direct = open();
    let addresses = json!({"pickup_address": "12 Mint St, San Francisco, CA 94103", "dropoff_address": "90 Oak St, San Francisco, CA 94102"});
    let quote = |direct: &mut Direct| {
        let (status, body) = direct.call("POST", "/delivery_quotes", &addresses.to_string(), T0);
        assert_eq!(
            (status, &body["kind"], &body["expires"]),
            (200, &json!("delivery_quote"), &json!("2026-03-02T10:15:00Z"))
        );
        body
    };
    let with = |reference: &str, quote: &Value| {
        let mut body = order(reference, reference);
        body["quote_id"] = quote["id"].clone();
        body
    };
    let first = quote(&mut direct);
    let (status, made) = direct.create(&with("SO-1", &first), T0 + 1);
    assert_eq!((status, &made["fee"], &made["quote_id"]), (200, &first["fee"], &first["id"]));
    assert_eq!(direct.create(&with("SO-2", &first), T0 + 2).1["code"], "used_quote");
    for (used_first, code) in [(false, "duplicate_delivery"), (true, "used_quote")] {
        direct.set(json!({"used_quote_first": used_first}), T0 + 3);
        assert_eq!(direct.create(&with("SO-1", &first), T0 + 3).1["code"], code);
    }
    let second = quote(&mut direct);
    let mut elsewhere = with("SO-3", &second);
    elsewhere["dropoff_address"] = json!("1 Elm St");
    assert_eq!(direct.create(&elsewhere, T0 + 4).1["code"], "mismatched_price_quote");
    let mut store = with("SO-3", &second);
    store["external_store_id"] = json!("store-1");
    assert_eq!(direct.create(&store, T0 + 4).1["code"], "invalid_params");
    assert_eq!(direct.create(&with("SO-3", &second), T0 + 15 * MINUTE).1["code"], "expired_quote");
    assert_eq!(direct.create(&with("SO-3", &json!({"id": "dqt_none"})), T0 + 5).1["code"], "invalid_params");
    assert_eq!(direct.orders(T0 + 5), 1);
    assert_eq!(direct.create(&with("SO-3", &second), T0 + 15 * MINUTE - 1).0, 200);
    assert_eq!(direct.call("POST", "/delivery_quotes", "{}", T0).1["code"], "invalid_params");
}

/// UD-13: a delivery can be cancelled until it is picked up.
#[test]
fn ud_13_cancel_until_pickup() {
    for (status, code) in
        [("pending", 200), ("pickup", 200), ("pickup_complete", 400), ("delivered", 400), ("canceled", 400)]
    {
        let mut direct = open();
        let id = direct.create(&order("SO-1", "k"), T0).1["id"].as_str().unwrap().to_owned();
        direct.world.advance(UberDirect, &id, status, T0).unwrap();
        let (answer, body) = direct.call("POST", &format!("/deliveries/{id}/cancel"), "", T0 + 1);
        assert_eq!(answer, code, "{status}");
        let expected = if code == 200 { ("status", "canceled") } else { ("code", "noncancelable_delivery") };
        assert_eq!(body[expected.0], expected.1, "{status}");
    }
    let mut direct = open();
    assert_eq!(direct.call("POST", "/deliveries/del_none/cancel", "", T0).1["code"], "delivery_not_found");
    assert_eq!(direct.call("GET", "/deliveries/del_none", "", T0).0, 404);
}

/// UD-14: a robot courier takes 150 seconds; without one a delivery takes its time by the switch.
#[test]
fn ud_14_the_robot_courier() {
    let mut direct = open();
    let mut body = order("SO-1", "k");
    body["test_specifications"] = json!({"robo_courier_specification": {"mode": "auto"}});
    let id = direct.create(&body, T0).1["id"].as_str().unwrap().to_owned();
    direct.create(&order("SO-2", "k2"), T0);
    let rows = [
        (0, "pickup", false),
        (59, "pickup", false),
        (60, "pickup", true),
        (90, "pickup_complete", false),
        (120, "dropoff", true),
        (150, "delivered", false),
    ];
    for (seconds, status, imminent) in rows {
        let now = T0 + seconds * SECOND;
        let (_, got) = direct.call("GET", &format!("/deliveries/{id}"), "", now);
        assert_eq!((&got["status"], &got["courier_imminent"]), (&json!(status), &json!(imminent)), "{seconds}");
        // What is pinned by a change of switches goes on at the same pace.
        direct.set(json!({"list_lag_ms": seconds}), now);
    }
    let truth = direct.world.truth(T0 + 151 * SECOND);
    assert_eq!((truth[0].ended_at_ms, truth[1].status.as_str()), (Some(T0 + 150 * SECOND), "pending"));
    let four_stages = T0 + 4 * i64::from(common::defaults(UberDirect).stage_ms);
    assert_eq!(direct.world.truth(four_stages)[1].status, "delivered");
}

/// UD-15: the documented refusals, each with its status. Whether a busy answer or a time-out has made a delivery is
/// assumed one way and switched the other.
#[test]
fn ud_15_the_codes_of_the_table() {
    let rows = [
        ("unknown_location", 400),
        ("address_undeliverable", 400),
        ("address_undeliverable_limited_couriers", 400),
        ("missing_payment", 400),
        ("not_allowed", 400),
        ("request_timeout", 400),
        ("customer_suspended", 402),
        ("customer_blocked", 403),
        ("customer_limited", 429),
        ("unknown_error", 500),
        ("couriers_busy", 503),
        ("robo_couriers_busy", 503),
        ("service_unavailable", 503),
    ];
    for (code, status) in rows {
        for (commits, orders, later) in [(false, 0, 200), (true, 1, 409)] {
            let mut direct = open();
            direct.set(json!({"create_refused_as": code, "refused_create_commits": commits}), T0);
            let (answer, body) = direct.create(&order("SO-1", "k"), T0);
            assert_eq!((answer, &body["code"], direct.orders(T0)), (status, &json!(code), orders));
            direct.set(json!({"create_refused_as": ""}), T0);
            assert_eq!(direct.create(&order("SO-1", "k"), T0 + 1).0, later, "{code} {commits}");
        }
    }
    let mut direct = open();
    let unknown = json!({"create_refused_as": "out_of_stock"}).as_object().unwrap().clone();
    let switches = direct.world.switches(UberDirect).unwrap().changed(&unknown).unwrap();
    assert!(direct.world.set_switches(UberDirect, switches, T0).unwrap_err().contains("couriers_busy"));
}

/// UD-16: a request that took too long is answered 408, or 400 with the same code. The delivery exists.
#[test]
fn ud_16_a_time_out_looks_final_and_is_not() {
    for (as_400, status) in [(false, 408), (true, 400)] {
        let mut direct = open();
        direct.set(json!({"timeout_as_400": as_400}), T0);
        direct.world.queue_fault(OneShot::next(FaultKind::RequestTimeoutAfter)).unwrap();
        let (answer, body) = direct.create(&order("SO-1", "k"), T0);
        assert_eq!((answer, &body["code"], direct.orders(T0)), (status, &json!("request_timeout"), 1));
    }
}

/// UD-17: 200 requests in 10 minutes, then 429. Whether it says Retry-After is not documented.
#[test]
fn ud_17_two_hundred_requests_in_ten_minutes() {
    let mut direct = open();
    let limit = common::defaults(UberDirect).rate_limit_per_minute;
    direct.set(json!({"rate_limit_per_minute": limit}), T0);
    let get = direct.request("GET", "/deliveries/del_none", "");
    let at = T0 + 20 * MINUTE;
    for _ in 0..200 {
        assert_eq!(answered(&mut direct.world, &get, at).status, 404);
    }
    let over = answered(&mut direct.world, &get, at + 9 * MINUTE);
    assert_eq!((over.status, &json_of(&over)["code"]), (429, &json!("customer_limited")));
    assert!(!over.headers.iter().any(|(name, _)| name == "retry-after"));
    direct.set(json!({"retry_after_shown": true}), at + 9 * MINUTE);
    let over = answered(&mut direct.world, &get, at + 9 * MINUTE);
    assert!(over.headers.contains(&("retry-after".into(), "60".into())), "{over:?}");
    assert_eq!(answered(&mut direct.world, &get, at + 10 * MINUTE).status, 404);
}

/// UD-18: test and live deliveries are apart; `live_mode` says which it is.
#[test]
fn ud_18_live_mode_is_another_data_set() {
    let mut direct = open();
    assert_eq!(direct.create(&order("SO-1", "k"), T0).1["live_mode"], false);
    direct.set(json!({"wrong_environment": true}), T0);
    assert!(direct.list("", T0).is_empty());
    assert_eq!(direct.create(&order("SO-1", "k"), T0).1["live_mode"], true);
    assert_eq!(direct.orders(T0), 2);
    direct.set(json!({"wrong_environment": false}), T0);
    assert_eq!(direct.create(&order("SO-1", "k"), T0).0, 409);
}

/// UD-19: what a create has to say.
#[test]
fn ud_19_what_is_not_valid_is_refused() {
    let rows = [
        ("pickup_name", json!("")),
        ("dropoff_address", Value::Null),
        ("pickup_phone_number", json!("415-555-0100")),
        ("dropoff_phone_number", json!("+")),
        ("manifest_items", json!([])),
        ("manifest_items", json!([{"name": "Candles", "quantity": 0}])),
        ("manifest_items", json!([{"name": "Candles", "quantity": 1, "size": "huge"}])),
        ("dropoff_notes", json!("n".repeat(281))),
        ("external_id", json!(7)),
    ];
    let mut direct = open();
    for (field, value) in rows {
        let mut body = order("SO-1", "k");
        body[field] = value;
        let (status, answer) = direct.create(&body, T0);
        assert_eq!((status, &answer["code"]), (400, &json!("invalid_params")), "{field}");
        assert!(!answer["metadata"].as_object().unwrap().is_empty(), "{field}");
    }
    let mut early = order("SO-1", "k");
    early["pickup_deadline_dt"] = json!(common::iso(T0 + MINUTE));
    assert_eq!(direct.create(&early, T0).1["code"], "pickup_deadline_too_early");
    assert_eq!(direct.call("POST", "/deliveries", "{", T0).0, 400);
    assert_eq!(direct.orders(T0), 0);
    direct.set(json!({"reference_max": 4}), T0);
    assert_eq!(direct.create(&order("SO-12", "k"), T0).0, 400);
    direct.set(json!({"reference_max": 5}), T0);
    assert_eq!(direct.create(&order("SO-12", "k"), T0).0, 200);
}

/// UD-20: a request may take effect later, within its key's life or after; lists may lag behind.
#[test]
fn ud_20_stragglers_and_lag() {
    for (late_by, pair_rule, orders) in
        [(90 * SECOND, "off", 1), (61 * MINUTE, "off", 2), (61 * MINUTE, "while_active", 1)]
    {
        let mut direct = open();
        direct.set(json!({"pair_rule": pair_rule, "stage_ms": 0}), T0);
        let late = OneShot { ms: Some(u32::try_from(late_by).unwrap()), ..OneShot::next(FaultKind::LateCommit) };
        direct.world.queue_fault(late).unwrap();
        let posted = direct.request("POST", "/deliveries", &order("SO-1", "k").to_string());
        direct.world.request(&posted, T0);
        assert_eq!(direct.orders(T0), 0);
        assert_eq!(direct.create(&order("SO-1", "k"), T0 + SECOND).0, 200);
        assert_eq!(direct.orders(T0 + 2 * HOUR), orders, "{late_by} {pair_rule}");
    }
    let mut direct = open();
    direct.set(json!({"list_lag_ms": 5000}), T0);
    let id = direct.create(&order("SO-1", "k"), T0).1["id"].as_str().unwrap().to_owned();
    assert!(direct.list("", T0 + 4999).is_empty());
    assert_eq!(direct.call("GET", &format!("/deliveries/{id}"), "", T0).0, 200);
    assert_eq!(direct.list("", T0 + 5000), ["SO-1"]);
}
