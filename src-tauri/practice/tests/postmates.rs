//! Postmates' contract, row by row.

mod common;

use common::{HOUR, MINUTE, T0, answered, call, delivery, request, set, world};
use docket_practice::{Delivery, FaultKind, OneShot, PracticePlatform::Postmates, StrangerOrder, World};
use serde_json::{Value, json};

fn create(world: &mut World, body: &str, now: i64) -> (u16, Value) {
    call(world, "POST", "/v1/deliveries", body, now)
}

fn list(world: &mut World, query: &str, now: i64) -> Vec<String> {
    let (status, body) = call(world, "GET", &format!("/v1/deliveries?{query}"), "", now);
    assert_eq!(status, 200);
    body["data"].as_array().unwrap().iter().map(|row| row["id"].as_str().unwrap().to_owned()).collect()
}

fn edited(field: &str, value: Value) -> String {
    let mut body: Value = serde_json::from_str(&delivery("SO-1")).unwrap();
    body[field] = value;
    body.to_string()
}

#[test]
fn pm_1_3_a_reference_is_taken_while_its_delivery_is_active() {
    // (status of the first, switches, expected)
    let rows = [
        ("pending", json!({}), 409),
        ("dropoff", json!({}), 409),
        ("delivered", json!({}), 200),
        ("delivered", json!({"delivered_frees_reference": false}), 409),
        ("canceled", json!({}), 200),
        ("canceled", json!({"canceled_frees_reference": false}), 409),
        ("returned", json!({"canceled_frees_reference": false}), 409),
    ];
    for (status, switches, expected) in rows {
        let mut world = world();
        set(&mut world, Postmates, switches, T0);
        let (_, first) = create(&mut world, &delivery("SO-1"), T0);
        let id = first["id"].as_str().unwrap();
        world.advance(Postmates, id, status, T0).unwrap();
        let (code, body) = create(&mut world, &delivery("SO-1"), T0 + 1);
        assert_eq!(code, expected, "{status}");
        assert_eq!(world.truth(T0 + 1).len(), if expected == 200 { 2 } else { 1 }, "{status}");
        if expected == 409 {
            assert_eq!((&body["code"], &body["metadata"]["delivery_id"]), (&json!("duplicate_delivery"), &json!(id)));
        }
    }
}

#[test]
fn pm_2_only_the_reference_is_compared() {
    let mut world = world();
    create(&mut world, &delivery("SO-1"), T0);
    assert_eq!(create(&mut world, &edited("manifest", json!("another thing")), T0).0, 409);
    assert_eq!(create(&mut world, &delivery("SO-2"), T0).0, 200);
    assert_eq!(create(&mut world, &edited("reference", Value::Null), T0).0, 200);
    assert_eq!(create(&mut world, &edited("reference", Value::Null), T0).0, 200);
}

#[test]
fn pm_5_a_duplicate_is_answered_in_three_ways() {
    for (answer, status, pointer) in
        [("conflict_with_pointer", 409, true), ("conflict_without_pointer", 409, false), ("see_other", 303, false)]
    {
        let mut world = world();
        set(&mut world, Postmates, json!({"duplicate_answer": answer}), T0);
        let (_, first) = create(&mut world, &delivery("SO-1"), T0);
        let id = first["id"].as_str().unwrap();
        let again = request(&world, "POST", "/v1/deliveries", &delivery("SO-1"));
        let reply = answered(&mut world, &again, T0);
        let body = common::json_of(&reply);
        assert_eq!((reply.status, body["metadata"]["delivery_id"] == id), (status, pointer), "{answer}");
        let location = reply.headers.iter().find(|(name, _)| name == "location").map(|(_, value)| value.clone());
        assert_eq!(location, (status == 303).then(|| format!("/v1/deliveries/{id}")));
    }
}

#[test]
fn pm_6_the_lookup_hides_ended_ones_unless_switched() {
    let mut world = world();
    let (_, first) = create(&mut world, &delivery("SO-1"), T0);
    let id = first["id"].as_str().unwrap().to_owned();
    assert_eq!(list(&mut world, "reference=SO-1", T0), std::slice::from_ref(&id));
    assert!(list(&mut world, "reference=SO-2", T0).is_empty());
    world.advance(Postmates, &id, "delivered", T0).unwrap();
    assert!(list(&mut world, "reference=SO-1", T0).is_empty());
    assert_eq!(list(&mut world, "limit=5", T0), std::slice::from_ref(&id));
    assert_eq!(call(&mut world, "GET", &format!("/v1/deliveries/{id}"), "", T0).1["complete"], true);
    set(&mut world, Postmates, json!({"lookup_hides_ended": false}), T0);
    assert_eq!(list(&mut world, "reference=SO-1", T0), [id]);
}

#[test]
fn pm_13_the_list_filters_and_pages() {
    let mut world = world();
    for number in 0..7 {
        create(&mut world, &delivery(&format!("SO-{number}")), T0 + number);
    }
    let all = list(&mut world, "limit=7", T0 + MINUTE);
    world.advance(Postmates, &all[0], "canceled", T0 + MINUTE).unwrap();
    assert_eq!(list(&mut world, "filter=ongoing", T0 + MINUTE), all[1..]);
    assert_eq!(list(&mut world, "filter=canceled", T0 + MINUTE), all[..1]);
    let mut target = "/v1/deliveries?limit=3".to_owned();
    let mut walked = Vec::new();
    loop {
        let (_, page) = call(&mut world, "GET", &target, "", T0 + MINUTE);
        assert_eq!(page["total_count"], 7);
        walked.extend(page["data"].as_array().unwrap().iter().map(|row| row["id"].as_str().unwrap().to_owned()));
        let Some(next) = page["next_href"].as_str() else { break };
        next.clone_into(&mut target);
    }
    assert_eq!(walked, all);
}

#[test]
fn pm_18_what_is_not_valid_is_refused_and_named() {
    let rows = [
        ("pickup_phone_number", json!("0171234567")),
        ("dropoff_phone_number", json!("+4915112345678")),
        ("dropoff_name", json!("")),
        ("manifest", Value::Null),
        ("reference", json!(7)),
    ];
    for (field, value) in rows {
        let mut world = world();
        let (status, body) = create(&mut world, &edited(field, value), T0);
        assert_eq!((status, &body["code"]), (400, &json!("invalid_params")), "{field}");
        assert!(body["params"][field].is_string(), "{field}");
        assert!(world.truth(T0).is_empty());
    }
    for phone in ["415-555-0100", "(415) 555-0100", "+14155550100", "4155550100"] {
        assert_eq!(create(&mut world(), &edited("pickup_phone_number", json!(phone)), T0).0, 200, "{phone}");
    }
}

#[test]
fn pm_22_times_must_fit_together() {
    let at = |minutes: i64| json!(format!("2026-03-02T{:02}:{:02}:00Z", 10 + minutes / 60, minutes % 60));
    let rows = [
        (vec![("pickup_deadline_dt", at(10))], "pickup_deadline_too_early"),
        (vec![("pickup_ready_dt", at(30)), ("pickup_deadline_dt", at(35))], "pickup_window_too_small"),
        (
            vec![("pickup_deadline_dt", at(60)), ("dropoff_deadline_dt", at(50))],
            "dropoff_deadline_before_pickup_deadline",
        ),
        (vec![("pickup_ready_dt", json!("2026-05-02T10:00:00Z"))], "pickup_ready_too_late"),
        (vec![("pickup_ready_dt", json!("tomorrow"))], "invalid_params"),
    ];
    for (fields, code) in rows {
        let mut body: Value = serde_json::from_str(&delivery("SO-1")).unwrap();
        for (field, value) in fields {
            body[field] = value;
        }
        let (status, reply) = create(&mut world(), &body.to_string(), T0);
        assert_eq!((status, reply["code"].as_str()), (400, Some(code)));
    }
}

#[test]
fn pm_19_a_form_is_as_good_as_json() {
    let mut world = world();
    let fields: serde_json::Map<String, Value> = serde_json::from_str(&delivery("SO 1&2")).unwrap();
    let form = form_urlencoded::Serializer::new(String::new())
        .extend_pairs(fields.iter().map(|(name, value)| (name, value.as_str().unwrap())))
        .finish();
    let mut posted = request(&world, "POST", "/v1/deliveries", &form);
    posted.headers[1].1 = "application/x-www-form-urlencoded".into();
    assert_eq!(answered(&mut world, &posted, T0).status, 200);
    assert_eq!(world.truth(T0)[0].reference.as_deref(), Some("SO 1&2"));
    assert_eq!(create(&mut world, &delivery("SO 1&2"), T0).0, 409);
}

#[test]
fn pm_7_10_a_quote_serves_once_and_not_for_long() {
    let mut world = world();
    let addresses = json!({"pickup_address": "12 Mint St", "dropoff_address": "90 Oak St"}).to_string();
    let (_, quote) = call(&mut world, "POST", "/v1/delivery_quotes", &addresses, T0);
    let with = |reference: &str, id: &Value| {
        let mut body: Value = serde_json::from_str(&delivery(reference)).unwrap();
        body["quote_id"] = id.clone();
        body.to_string()
    };
    let late = create(&mut world, &with("SO-1", &quote["id"]), T0 + 5 * MINUTE);
    assert_eq!((late.0, &late.1["code"]), (400, &json!("expired_quote")));
    let first = create(&mut world, &with("SO-1", &quote["id"]), T0 + MINUTE);
    assert_eq!((first.0, &first.1["fee"]), (200, &quote["fee"]));
    assert_eq!(create(&mut world, &with("SO-2", &quote["id"]), T0 + MINUTE).1["code"], "used_quote");
    assert_eq!(create(&mut world, &with("SO-3", &json!("dqt_none")), T0).1["code"], "quote_not_found");
    assert_eq!(create(&mut world, &with("SO-1", &quote["id"]), T0 + MINUTE).1["code"], "duplicate_delivery");
    set(&mut world, Postmates, json!({"used_quote_first": true}), T0 + MINUTE);
    assert_eq!(create(&mut world, &with("SO-1", &quote["id"]), T0 + MINUTE).1["code"], "used_quote");
}

#[test]
fn pm_15_cancel_works_until_the_pickup_is_complete() {
    for (status, expected) in [("pending", 200), ("pickup", 200), ("pickup_complete", 400), ("canceled", 400)] {
        let mut world = world();
        let (_, first) = create(&mut world, &delivery("SO-1"), T0);
        let id = first["id"].as_str().unwrap();
        world.advance(Postmates, id, status, T0).unwrap();
        let (code, body) = call(&mut world, "POST", &format!("/v1/deliveries/{id}/cancel"), "", T0);
        assert_eq!(code, expected, "{status}");
        let word = if expected == 200 { &body["status"] } else { &body["code"] };
        assert_eq!(word, if expected == 200 { "canceled" } else { "noncancelable_delivery" });
    }
}

#[test]
fn pm_14_no_delivery_ends_within_ten_minutes_by_itself() {
    let mut world = world();
    create(&mut world, &delivery("SO-1"), T0);
    assert_eq!(world.truth(T0 + 10 * MINUTE)[0].ended_at_ms, None);
    assert_eq!(world.truth(T0 + HOUR)[0].status, "delivered");
}

#[test]
fn pm_16_basic_credentials_are_checked() {
    let mut world = world();
    let mut wrong = request(&world, "GET", "/v1/deliveries", "");
    for value in ["Basic bm86", "Bearer x", ""] {
        wrong.headers[0].1 = value.into();
        assert_eq!(answered(&mut world, &wrong, T0).status, 401, "{value}");
    }
    for (switch, wanted, code) in [("credentials_revoked", 401, "unauthorized"), ("account_inactive", 403, "forbidden")]
    {
        set(&mut world, Postmates, json!({switch: true}), T0);
        let (status, body) = create(&mut world, &delivery("SO-1"), T0);
        assert_eq!((status, &body["code"]), (wanted, &json!(code)), "{switch}");
        set(&mut world, Postmates, json!({switch: false}), T0);
    }
    assert!(world.truth(T0).is_empty());
    assert_eq!(create(&mut world, &delivery("SO-1"), T0).0, 200);
}

#[test]
fn pm_8_a_stranger_may_hold_our_reference() {
    let mut world = world();
    let Value::Object(body) = serde_json::from_str(&delivery("SO-1")).unwrap() else { panic!() };
    let order = StrangerOrder { platform: Postmates, order_id: None, body: Some(body), reference: None };
    let id = world.place_stranger(&order, T0).unwrap();
    let (status, answer) = create(&mut world, &delivery("SO-1"), T0);
    assert_eq!((status, answer["metadata"]["delivery_id"].as_str()), (409, Some(id.as_str())));
    assert!(world.truth(T0)[0].by_stranger);
    assert!(world.place_stranger(&StrangerOrder { body: Some(serde_json::Map::new()), ..order }, T0).is_err());
}

#[test]
fn pm_9_two_at_once_both_commit_or_the_first_wins() {
    for (window, stories) in
        [(100, [(T0, 200, 1), (T0 + 50, 200, 2), (T0 + 250, 409, 2)]), (0, [(T0, 200, 1), (T0, 409, 1), (T0, 409, 1)])]
    {
        let mut world = world();
        set(&mut world, Postmates, json!({"race_window_ms": window}), T0);
        for (now, status, there) in stories {
            assert_eq!(create(&mut world, &delivery("SO-1"), now).0, status, "{window} at {now}");
            assert_eq!(world.truth(now).len(), there, "{window} at {now}");
        }
    }
}

/// What the status says of the delivery is nothing: it may exist or not. Asking once more tells.
#[test]
fn pm_4_after_a_5xx_the_delivery_exists_or_not() {
    // (fault, what the client sees, deliveries, what the next create is answered)
    let rows = [
        (FaultKind::Error500After, "500", 1, 409),
        (FaultKind::Error500Before, "500", 0, 200),
        (FaultKind::BadGatewayAfter, "502", 1, 409),
        (FaultKind::BadGatewayBefore, "502", 0, 200),
        (FaultKind::GatewayTimeoutAfter, "504", 1, 409),
        (FaultKind::UnavailableBefore, "503", 0, 200),
        (FaultKind::RequestTimeoutAfter, "408", 1, 409),
        (FaultKind::LoseResponse, "nothing", 1, 409),
        (FaultKind::LoseRequest, "nothing", 0, 200),
    ];
    for (fault, seen, there, next) in rows {
        let mut world = world();
        world.queue_fault(OneShot::next(fault)).unwrap();
        let posted = request(&world, "POST", "/v1/deliveries", &delivery("SO-1"));
        let saw = match world.request(&posted, T0).delivery {
            Delivery::Answer { reply, .. } => reply.status.to_string(),
            Delivery::Dropped => "nothing".to_owned(),
            other => panic!("{other:?}"),
        };
        assert_eq!((saw.as_str(), world.truth(T0).len()), (seen, there), "{fault:?}");
        assert_eq!(list(&mut world, "reference=SO-1", T0).len(), there, "{fault:?}");
        assert_eq!(create(&mut world, &delivery("SO-1"), T0).0, next, "{fault:?}: no failure is remembered");
        assert_eq!(world.truth(T0).len(), 1, "{fault:?}");
    }
}

/// The name of the parameter is assumed: a platform that does not know it shows every row.
#[test]
fn pm_11_the_lookups_parameter_is_heeded_or_ignored() {
    for ignored in [false, true] {
        let mut world = world();
        set(&mut world, Postmates, json!({"filter_ignored": ignored}), T0);
        for number in 1..=3 {
            create(&mut world, &delivery(&format!("SO-{number}")), T0);
        }
        assert_eq!(list(&mut world, "reference=SO-1", T0).len(), if ignored { 3 } else { 1 }, "{ignored}");
        assert_eq!(list(&mut world, "reference=SO-9", T0).len(), if ignored { 3 } else { 0 }, "{ignored}");
    }
}

/// The reference is the account's, not a program's: what another one of ours ordered stands in the way as well.
#[test]
fn pm_12_a_first_create_may_be_answered_409() {
    let mut world = world();
    create(&mut world, &delivery("SO-1"), T0 - HOUR / 6);
    assert_eq!(create(&mut world, &delivery("SO-1"), T0).0, 409, "our own, forgotten");
    let Value::Object(body) = serde_json::from_str(&delivery("SO-2")).unwrap() else { panic!() };
    let theirs = StrangerOrder { platform: Postmates, order_id: None, body: Some(body), reference: None };
    world.place_stranger(&theirs, T0).unwrap();
    assert_eq!(create(&mut world, &delivery("SO-2"), T0).0, 409, "somebody else's");
    assert_eq!(world.truth(T0).len(), 2);
}

#[test]
fn pm_17_too_many_requests_are_429_with_or_without_a_time() {
    for shown in [true, false] {
        let mut world = world();
        set(&mut world, Postmates, json!({"rate_limit_per_minute": 1, "retry_after_shown": shown}), T0);
        assert_eq!(create(&mut world, &delivery("SO-1"), T0).0, 200);
        let again = request(&world, "POST", "/v1/deliveries", &delivery("SO-2"));
        let reply = answered(&mut world, &again, T0);
        assert_eq!((reply.status, &common::json_of(&reply)["code"]), (429, &json!("request_rate_limit_exceeded")));
        assert_eq!(reply.headers.iter().any(|(name, _)| name == "retry-after"), shown);
        assert_eq!(world.truth(T0).len(), 1, "nothing was created");
        assert_eq!(create(&mut world, &delivery("SO-2"), T0 + MINUTE).0, 200);
    }
}

#[test]
fn pm_20_a_lagging_list_does_not_show_what_exists() {
    for lag in [0, 5_000] {
        let mut world = world();
        set(&mut world, Postmates, json!({"list_lag_ms": lag}), T0);
        let (_, first) = create(&mut world, &delivery("SO-1"), T0);
        let id = first["id"].as_str().unwrap().to_owned();
        assert_eq!(list(&mut world, "reference=SO-1", T0).is_empty(), lag > 0);
        assert_eq!(call(&mut world, "GET", &format!("/v1/deliveries/{id}"), "", T0).0, 200, "by its id at once");
        assert_eq!(create(&mut world, &delivery("SO-1"), T0).0, 409, "and its reference is taken");
        assert_eq!(list(&mut world, "reference=SO-1", T0 + 5_000), [id]);
    }
}

#[test]
fn pm_21_a_delivery_says_which_mode_it_is_of() {
    let mut world = world();
    let (_, made) = create(&mut world, &delivery("SO-1"), T0);
    assert_eq!((&made["live_mode"], &made["kind"]), (&json!(false), &json!("delivery")));
}

/// A request that is still on its way meets the reference free again when the delivery was canceled meanwhile.
#[test]
fn pm_23_a_straggler_after_a_cancel_is_a_second_delivery() {
    for (frees, there) in [(true, 2), (false, 1)] {
        let mut world = world();
        set(&mut world, Postmates, json!({"canceled_frees_reference": frees}), T0);
        world.queue_fault(OneShot { ms: Some(90_000), ..OneShot::next(FaultKind::LateCommit) }).unwrap();
        let posted = request(&world, "POST", "/v1/deliveries", &delivery("SO-1"));
        assert_eq!(world.request(&posted, T0).delivery, Delivery::Dropped);
        let (_, replayed) = create(&mut world, &delivery("SO-1"), T0 + 1);
        let cancel = format!("/v1/deliveries/{}/cancel", replayed["id"].as_str().unwrap());
        assert_eq!(call(&mut world, "POST", &cancel, "", T0 + 2).0, 200);
        assert_eq!(world.truth(T0 + 2 * MINUTE).len(), there, "{frees}");
    }
}
