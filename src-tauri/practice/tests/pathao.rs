//! Pathao's contract, row by row.

mod common;

use common::{HOUR, MINUTE, T0, answered, call, json_of, parcel, request, set, world};
use docket_practice::{FaultKind, OneShot, PracticePlatform::Pathao, Reply, World};
use serde_json::{Value, json};

const CREATE: &str = "/v1/business/order/create";

fn create(world: &mut World, key: Option<&str>, body: &str, now: i64) -> Reply {
    let mut request = request(world, "POST", CREATE, body);
    request.headers.extend(key.map(|key| ("x-idempotency-key".to_owned(), key.to_owned())));
    answered(world, &request, now)
}

fn code(reply: &Reply) -> (u16, String) {
    (reply.status, json_of(reply)["error"]["code"].as_str().unwrap_or_default().to_owned())
}

#[test]
fn a_create_answers_in_the_envelope_and_exists() {
    let mut world = world();
    let reply = create(&mut world, Some("k"), &parcel("SO-1", "01712345678"), T0);
    let body = json_of(&reply);
    assert_eq!((reply.status, &body["success"], &body["data"]["status"]), (201, &json!(true), &json!("PENDING")));
    assert!(body["data"]["quotation"]["total"].as_u64().unwrap() > 60);
    let truth = world.truth(T0);
    assert_eq!(truth.len(), 1);
    assert_eq!(truth[0].platform_order_id, body["data"]["order_id"].as_str().unwrap());
    assert_eq!(truth[0].reference.as_deref(), Some("SO-1"));
    assert_eq!(truth[0].idempotency_key.as_deref(), Some("k"));
}

#[test]
fn the_key_decides_for_24_hours_from_its_first_request() {
    let body = parcel("SO-1", "01712345678");
    let other = parcel("SO-1", "01812345678");
    // (key, body, when, status, code, orders afterwards)
    let rows = [
        (Some("k"), &body, T0 + 1, 201, "", 1),
        (Some("k"), &other, T0 + 2, 409, "IDEMPOTENCY_CONFLICT", 1),
        (Some("k"), &body, T0 + 24 * HOUR - 1, 201, "", 1),
        (Some("k"), &body, T0 + 24 * HOUR, 201, "", 2),
        (Some("k2"), &body, T0 + 24 * HOUR, 201, "", 3),
        (None, &body, T0 + 24 * HOUR, 201, "", 4),
        (None, &body, T0 + 24 * HOUR, 201, "", 5),
    ];
    let mut world = world();
    create(&mut world, Some("k"), &body, T0);
    for (row, (key, body, now, status, error, orders)) in rows.into_iter().enumerate() {
        let reply = create(&mut world, key, body, now);
        assert_eq!(code(&reply), (status, error.to_owned()), "row {row}");
        assert_eq!(world.truth(now).len(), orders, "row {row}");
    }
}

#[test]
fn a_number_written_in_another_way_is_another_body() {
    let mut world = world();
    let body = parcel("SO-1", "01712345678");
    create(&mut world, Some("k"), &body, T0);
    let same = body.replace("23.7937", "23.79370");
    assert_eq!(code(&create(&mut world, Some("k"), &same, T0)), (409, "IDEMPOTENCY_CONFLICT".into()));
}

#[test]
fn a_replay_has_a_stale_status() {
    let mut world = world();
    let body = parcel("SO-1", "01712345678");
    let first = create(&mut world, Some("k"), &body, T0);
    let later = T0 + HOUR;
    let again = create(&mut world, Some("k"), &body, later);
    assert_eq!(again.body, first.body);
    let (_, got) = call(&mut world, "GET", "/v1/business/order/PB-1001", "", later);
    assert_eq!(got["data"]["status"], "COMPLETED");
    set(&mut world, Pathao, json!({"replay_body": "status_only"}), later);
    let bare = create(&mut world, Some("k"), &body, later);
    assert_eq!((bare.status, bare.body.len()), (201, 0));
}

#[test]
fn what_is_not_valid_is_refused_and_nothing_exists() {
    let good: Value = serde_json::from_str(&parcel("SO-1", "01712345678")).unwrap();
    let rows = [
        ("receiver_phone", json!("0171234567"), "VALIDATION_ERROR"),
        ("receiver_phone", json!("01212345678"), "VALIDATION_ERROR"),
        ("receiver_phone", json!("+8801712345678"), "VALIDATION_ERROR"),
        ("receiver_name", json!(" "), "VALIDATION_ERROR"),
        ("parcel_type", json!(5), "VALIDATION_ERROR"),
        ("parcel_type", json!(0), "VALIDATION_ERROR"),
        ("pickup_latitude", json!("23.79"), "VALIDATION_ERROR"),
        ("driver_type", json!("bike"), "VALIDATION_ERROR"),
        ("delivery_latitude", json!(24.3636), "INVALID_COORDINATES"),
        ("delivery_longitude", json!(88.6241), "INVALID_COORDINATES"),
        ("pickup_longitude", json!(90.7), "INVALID_COORDINATES"),
    ];
    for (field, value, expected) in rows {
        let (mut world, mut body) = (world(), good.clone());
        body[field] = value;
        let reply = create(&mut world, Some("k"), &body.to_string(), T0);
        assert_eq!(code(&reply), (400, expected.to_owned()), "{field}");
        assert!(world.truth(T0).is_empty(), "{field}");
    }
    let mut world = world();
    assert_eq!(code(&create(&mut world, Some("k"), "not json", T0)).0, 400);
    assert_eq!(code(&create(&mut world, Some(&"k".repeat(256)), &good.to_string(), T0)).0, 400);
}

#[test]
fn both_spellings_of_the_coordinates_are_read() {
    let mut body: Value = serde_json::from_str(&parcel("SO-1", "01712345678")).unwrap();
    let fields = body.as_object_mut().unwrap();
    for (short, long) in [
        ("pickup_latitude", "estimated_pickup_address_latitude"),
        ("pickup_longitude", "estimated_pickup_address_longitude"),
        ("delivery_latitude", "estimated_receiver_address_latitude"),
        ("delivery_longitude", "estimated_receiver_address_longitude"),
    ] {
        let value = fields.remove(short).unwrap();
        fields.insert(long.into(), value);
    }
    let mut world = world();
    assert_eq!(create(&mut world, Some("k"), &body.to_string(), T0).status, 201);
    body["pickup_address_text"] = json!("Banani");
    body["receiver_address_text"] = json!("Dhanmondi");
    let (status, quote) = call(&mut world, "POST", "/v1/business/order/quotation", &body.to_string(), T0);
    assert_eq!((status, &quote["data"]["currency"]), (200, &json!("BDT")));
}

#[test]
fn a_quotation_makes_nothing_and_may_become_dearer() {
    let mut body: Value = serde_json::from_str(&parcel("SO-1", "01712345678")).unwrap();
    body["pickup_address_text"] = json!("Banani");
    body["receiver_address_text"] = json!("Dhanmondi");
    let mut world = world();
    let total = |world: &mut World| {
        let (_, quote) = call(world, "POST", "/v1/business/order/quotation", &body.to_string(), T0);
        quote["data"]["total"].as_u64().unwrap()
    };
    let usual = total(&mut world);
    set(&mut world, Pathao, json!({"surcharge_percent": 50}), T0);
    assert_eq!(total(&mut world), usual + usual / 2);
    assert!(world.truth(T0).is_empty());
    body.as_object_mut().unwrap().remove("pickup_address_text");
    assert_eq!(call(&mut world, "POST", "/v1/business/order/quotation", &body.to_string(), T0).0, 400);
}

#[test]
fn the_list_finds_by_reference_and_pages() {
    let mut world = world();
    for number in 0..25 {
        create(&mut world, None, &parcel(&format!("SO-{}", number % 5), "01712345678"), T0 + number);
    }
    let mut list = |query: &str| {
        let (_, body) = call(&mut world, "GET", &format!("/v1/business/orders{query}"), "", T0 + MINUTE);
        body["data"].as_array().unwrap().iter().map(|row| row["order_id"].as_str().unwrap().to_owned()).collect()
    };
    let all: Vec<String> = list("");
    assert_eq!((all.len(), all[0].as_str()), (10, "PB-1025"));
    let page: Vec<String> = list("?page=3&limit=10");
    assert_eq!((page.len(), page[0].as_str()), (5, "PB-1005"));
    let found: Vec<String> = list("?partner_reference_id=SO-3&limit=20");
    assert_eq!(found, ["PB-1024", "PB-1019", "PB-1014", "PB-1009", "PB-1004"]);
    let none: Vec<String> = list("?partner_reference_id=SO-9");
    assert!(none.is_empty());
    set(&mut world, Pathao, json!({"filter_ignored": true}), T0 + MINUTE);
    let (_, ignored) = call(&mut world, "GET", "/v1/business/orders?partner_reference_id=SO-9", "", T0 + MINUTE);
    assert_eq!(ignored["data"].as_array().unwrap().len(), 10);
}

#[test]
fn list_lag_hides_from_the_list_but_not_by_id() {
    let mut world = world();
    set(&mut world, Pathao, json!({"list_lag_ms": 5000}), T0);
    create(&mut world, None, &parcel("SO-1", "01712345678"), T0);
    for (now, rows) in [(T0 + 4999, 0), (T0 + 5000, 1)] {
        let (_, list) = call(&mut world, "GET", "/v1/business/orders?partner_reference_id=SO-1", "", now);
        assert_eq!(list["data"].as_array().unwrap().len(), rows);
        assert_eq!(call(&mut world, "GET", "/v1/business/order/PB-1001", "", now).0, 200);
    }
}

#[test]
fn cancel_works_until_it_is_picked() {
    let mut world = world();
    for (order, status, expected) in [(1001, None, 200), (1002, Some("STARTED"), 200), (1003, Some("PICKED"), 409)] {
        create(&mut world, None, &parcel("SO", "01712345678"), T0);
        let id = format!("PB-{order}");
        if let Some(status) = status {
            world.advance(Pathao, &id, status, T0).unwrap();
        }
        let cancelled = call(&mut world, "POST", &format!("/v1/business/order/{id}/cancel"), "", T0);
        assert_eq!(cancelled.0, expected, "{id}");
        if expected == 409 {
            assert_eq!(cancelled.1["error"]["code"], "INVALID_STATUS_TRANSITION");
        }
    }
    let again = call(&mut world, "POST", "/v1/business/order/PB-1001/cancel", "", T0);
    assert_eq!((again.0, &again.1["error"]["code"]), (409, &json!("INVALID_STATUS_TRANSITION")));
    assert_eq!(call(&mut world, "POST", "/v1/business/order/PB-9/cancel", "", T0).0, 404);
    assert_eq!(world.truth(T0)[0].ended_at_ms, Some(T0));
}

#[test]
fn the_sandbox_forgets_orders_after_a_day_but_the_truth_does_not() {
    let mut world = world();
    create(&mut world, None, &parcel("SO-1", "01712345678"), T0);
    let late = T0 + 24 * HOUR;
    assert_eq!(call(&mut world, "GET", "/v1/business/order/PB-1001", "", late).0, 404);
    assert_eq!(world.truth(late).len(), 1);
    set(&mut world, Pathao, json!({"retention_ms": 0}), late);
    assert_eq!(call(&mut world, "GET", "/v1/business/order/PB-1001", "", late).0, 200, "the other way");
}

#[test]
fn orders_walk_their_course_by_age_and_magic_numbers_choose_another() {
    let stage = i64::from(common::defaults(Pathao).stage_ms);
    let rows = [
        ("01712345678", 0, "PENDING"),
        ("01712345678", 1, "ASSIGNED"),
        ("01712345678", 4, "PICKED"),
        ("01712345678", 99, "COMPLETED"),
        ("01700000002", 99, "ASSIGNED"),
        ("01700000003", 99, "CANCELLED"),
        ("01700000004", 99, "FAILED"),
    ];
    for (phone, stages, status) in rows {
        let mut world = world();
        create(&mut world, None, &parcel("SO-1", phone), T0);
        assert_eq!(world.truth(T0 + stages * stage)[0].status, status, "{phone} after {stages}");
    }
}

#[test]
fn a_change_of_switches_does_not_rewrite_the_past() {
    let mut world = world();
    create(&mut world, None, &parcel("SO-1", "01712345678"), T0);
    let stage = i64::from(common::defaults(Pathao).stage_ms);
    set(&mut world, Pathao, json!({"stage_ms": 0}), T0 + 2 * stage);
    assert_eq!(world.truth(T0 + 99 * stage)[0].status, "ACCEPTED");
}

#[test]
fn credentials_and_limits_stand_at_the_door() {
    let mut world = world();
    let mut wrong = request(&world, "GET", "/v1/business/orders", "");
    wrong.headers[0].1 = "sandbox_key_test_1234567890".into();
    assert_eq!(code(&answered(&mut world, &wrong, T0)), (401, "UNAUTHORIZED".into()));
    wrong.headers.clear();
    assert_eq!(answered(&mut world, &wrong, T0).status, 401);
    set(&mut world, Pathao, json!({"account_inactive": true}), T0);
    assert_eq!(call(&mut world, "GET", "/v1/business/orders", "", T0).0, 403);
    set(&mut world, Pathao, json!({"account_inactive": false, "rate_limit_per_minute": 4}), T0);
    let good = request(&world, "GET", "/v1/business/orders", "");
    let last = answered(&mut world, &good, T0 + 18_000);
    let header = |reply: &Reply, name: &str| reply.headers.iter().find(|(n, _)| n == name).map(|(_, v)| v.clone());
    assert_eq!(header(&last, "x-ratelimit-remaining").as_deref(), Some("0"));
    assert_eq!(header(&last, "x-ratelimit-limit").as_deref(), Some("4"));
    assert_eq!(header(&last, "x-ratelimit-reset"), Some(((T0 + MINUTE) / 1000).to_string()));
    let over = answered(&mut world, &good, T0 + 18_000);
    assert_eq!(code(&over), (429, "RATE_LIMIT_EXCEEDED".into()));
    assert_eq!(header(&over, "retry-after").as_deref(), Some("42"));
    assert_eq!(answered(&mut world, &good, T0 + MINUTE).status, 200);
}

#[test]
fn a_stored_failure_is_replayed_only_with_the_switch() {
    for (stored, kind, replayed, orders) in [
        (false, FaultKind::Error500After, 201, 1),
        (false, FaultKind::Error500Before, 201, 1),
        (true, FaultKind::Error500After, 500, 1),
        (true, FaultKind::Error500Before, 500, 0),
    ] {
        let mut world = world();
        set(&mut world, Pathao, json!({"stored_failures": stored}), T0);
        world.queue_fault(OneShot::next(kind)).unwrap();
        let body = parcel("SO-1", "01712345678");
        assert_eq!(create(&mut world, Some("k"), &body, T0).status, 500);
        assert_eq!(create(&mut world, Some("k"), &body, T0 + 1).status, replayed, "{stored} {kind:?}");
        assert_eq!(world.truth(T0 + 1).len(), orders, "{stored} {kind:?}");
    }
}

#[test]
fn the_race_switch_lets_two_at_once_both_commit() {
    let mut world = world();
    set(&mut world, Pathao, json!({"race_window_ms": 100}), T0);
    let body = parcel("SO-1", "01712345678");
    for (now, orders) in [(T0, 1), (T0 + 50, 2), (T0 + 250, 2)] {
        create(&mut world, Some("k"), &body, now);
        assert_eq!(world.truth(now).len(), orders);
    }
}
