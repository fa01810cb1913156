//! Pathao's contract, row by row.

mod common;

use common::{HOUR, MINUTE, T0, answered, call, json_of, parcel, request, set, world};
use docket_practice::{Delivery, FaultKind, OneShot, PracticePlatform::Pathao, Reply, StrangerOrder, World};
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
fn pa_16_a_create_answers_in_the_envelope_and_exists() {
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
fn pa_1_3_the_key_decides_for_24_hours_from_its_first_request() {
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
fn pa_2_a_number_written_in_another_way_is_another_body() {
    let mut world = world();
    let body = parcel("SO-1", "01712345678");
    create(&mut world, Some("k"), &body, T0);
    let same = body.replace("23.7937", "23.79370");
    assert_eq!(code(&create(&mut world, Some("k"), &same, T0)), (409, "IDEMPOTENCY_CONFLICT".into()));
}

#[test]
fn pa_6_a_replay_has_a_stale_status() {
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
    set(&mut world, Pathao, json!({"replay_body": "empty"}), later);
    let empty = create(&mut world, Some("k"), &body, later);
    assert_eq!(
        (empty.status, empty.body.len(), empty.headers.iter().any(|(n, _)| n == "content-type")),
        (201, 0, true)
    );
}

#[test]
fn pa_17_what_is_not_valid_is_refused_and_nothing_exists() {
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
}

#[test]
fn pa_18_both_spellings_of_the_coordinates_are_read() {
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
fn pa_10_a_quotation_makes_nothing_and_may_become_dearer() {
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
fn pa_7_the_list_finds_by_reference_and_pages() {
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
fn pa_14_list_lag_hides_from_the_list_but_not_by_id() {
    for lag in [5_000, 0] {
        let mut world = world();
        set(&mut world, Pathao, json!({"list_lag_ms": lag}), T0);
        create(&mut world, None, &parcel("SO-1", "01712345678"), T0);
        for (now, rows) in [(T0 + 4_999, usize::from(lag == 0)), (T0 + 5_000, 1)] {
            let (_, list) = call(&mut world, "GET", "/v1/business/orders?partner_reference_id=SO-1", "", now);
            assert_eq!(list["data"].as_array().unwrap().len(), rows, "{lag}");
            assert_eq!(call(&mut world, "GET", "/v1/business/order/PB-1001", "", now).0, 200, "{lag}");
        }
    }
}

#[test]
fn pa_19_cancel_works_until_it_is_picked() {
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
fn pa_9_the_sandbox_forgets_orders_after_a_day_but_the_truth_does_not() {
    let mut world = world();
    create(&mut world, None, &parcel("SO-1", "01712345678"), T0);
    let late = T0 + 24 * HOUR;
    assert_eq!(call(&mut world, "GET", "/v1/business/order/PB-1001", "", late).0, 404);
    assert_eq!(world.truth(late).len(), 1);
    set(&mut world, Pathao, json!({"retention_ms": 0}), late);
    assert_eq!(call(&mut world, "GET", "/v1/business/order/PB-1001", "", late).0, 200, "the other way");
}

#[test]
fn pa_12_orders_walk_their_course_and_magic_numbers_choose_another() {
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
fn pa_21_credentials_and_limits_stand_at_the_door() {
    let mut world = world();
    let mut wrong = request(&world, "GET", "/v1/business/orders", "");
    wrong.headers[0].1 = "sandbox_key_test_1234567890".into();
    assert_eq!(code(&answered(&mut world, &wrong, T0)), (401, "UNAUTHORIZED".into()));
    wrong.headers.clear();
    assert_eq!(answered(&mut world, &wrong, T0).status, 401);
    set(&mut world, Pathao, json!({"credentials_revoked": true}), T0);
    assert_eq!(call(&mut world, "GET", "/v1/business/orders", "", T0).0, 401);
    set(&mut world, Pathao, json!({"credentials_revoked": false, "account_inactive": true}), T0);
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
fn pa_4_a_stored_failure_is_replayed_only_with_the_switch() {
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
fn pa_5_two_at_once_both_commit_or_the_first_wins() {
    for (window, there) in [(100, [1, 2, 2]), (0, [1, 1, 1])] {
        let mut world = world();
        set(&mut world, Pathao, json!({"race_window_ms": window}), T0);
        let body = parcel("SO-1", "01712345678");
        for (now, orders) in [T0, T0 + 50, T0 + 250].into_iter().zip(there) {
            create(&mut world, Some("k"), &body, now);
            assert_eq!(world.truth(now).len(), orders, "{window} at {now}");
        }
    }
}

#[test]
fn pa_8_a_409_says_by_its_code_what_it_means() {
    let mut world = world();
    create(&mut world, Some("k"), &parcel("SO-1", "01712345678"), T0);
    let other = create(&mut world, Some("k"), &parcel("SO-1", "01812345678"), T0);
    assert_eq!(code(&other), (409, "IDEMPOTENCY_CONFLICT".into()));
    world.advance(Pathao, "PB-1001", "PICKED", T0).unwrap();
    let late = call(&mut world, "POST", "/v1/business/order/PB-1001/cancel", "", T0);
    assert_eq!((late.0, &late.1["error"]["code"]), (409, &json!("INVALID_STATUS_TRANSITION")));
    world.advance(Pathao, "PB-1001", "COMPLETED", T0).unwrap();
    let ended = call(&mut world, "POST", "/v1/business/order/PB-1001/cancel", "", T0);
    assert_eq!((ended.0, &ended.1["error"]["code"]), (409, &json!("INVALID_STATUS_TRANSITION")));
    assert_eq!(world.truth(T0).len(), 1);
}

/// Orders exist, and nobody can be asked for them: neither answer says that an order is not there.
#[test]
fn pa_11_the_routes_for_reading_are_there_or_not() {
    for (routes, status, envelope) in [("served", 200, true), ("not_found", 404, true), ("page", 404, false)] {
        let mut world = world();
        set(&mut world, Pathao, json!({"read_routes": routes}), T0);
        create(&mut world, Some("k"), &parcel("SO-1", "01712345678"), T0);
        for target in ["/v1/business/orders?partner_reference_id=SO-1", "/v1/business/order/PB-1001"] {
            let asked = request(&world, "GET", target, "");
            let reply = answered(&mut world, &asked, T0);
            assert_eq!(
                (reply.status, json_of(&reply)["success"].is_boolean()),
                (status, envelope),
                "{routes} {target}"
            );
            assert_eq!(code(&reply).1, if routes == "not_found" { "NOT_FOUND" } else { "" }, "{routes} {target}");
        }
        let again = create(&mut world, Some("k"), &parcel("SO-1", "01712345678"), T0);
        assert_eq!((again.status, world.truth(T0).len()), (201, 1), "{routes}: the key is remembered");
    }
}

/// The limit of the pages that a live key has, as the twin starts: every request counts, whatever it asks.
#[test]
fn pa_13_a_hundred_requests_a_minute_are_shared() {
    let limit = common::defaults(Pathao).rate_limit_per_minute;
    assert_eq!(limit, 100);
    for (limit, last) in [(limit, 429), (0, 200)] {
        let mut world = world();
        set(&mut world, Pathao, json!({"rate_limit_per_minute": limit}), T0);
        create(&mut world, Some("k"), &parcel("SO-1", "01712345678"), T0);
        for number in 1..100 {
            assert_eq!(call(&mut world, "GET", "/v1/business/order/PB-1001", "", T0).0, 200, "{number}");
        }
        assert_eq!(call(&mut world, "GET", "/v1/business/orders", "", T0).0, last, "{limit}");
        if last == 429 {
            assert_eq!(code(&create(&mut world, Some("k2"), &parcel("SO-2", "01712345678"), T0)).0, 429);
        }
        assert_eq!(world.truth(T0).len(), 1, "nothing was created");
        assert_eq!(call(&mut world, "GET", "/v1/business/orders", "", T0 + MINUTE).0, 200, "a minute later");
    }
}

#[test]
fn pa_15_a_renewed_api_key_knows_the_keys_of_the_old_one_or_not() {
    for (forgets, there) in [(true, 2), (false, 1)] {
        let mut world = world();
        set(&mut world, Pathao, json!({"renewed_key_forgets": forgets}), T0);
        let body = parcel("SO-1", "01712345678");
        create(&mut world, Some("k"), &body, T0);
        let mut renewed = request(&world, "POST", CREATE, &body);
        renewed.headers[0].1.push_str("_renewed");
        renewed.headers.push(("x-idempotency-key".into(), "k".into()));
        assert_eq!(answered(&mut world, &renewed, T0).status, 201, "{forgets}");
        assert_eq!(world.truth(T0).len(), there, "{forgets}");
        create(&mut world, Some("k"), &body, T0);
        assert_eq!(answered(&mut world, &renewed, T0).status, 201, "{forgets}: both are good side by side");
        assert_eq!(world.truth(T0).len(), there, "{forgets}: and each knows its own keys");
    }
}

/// The key decides, not the reference: two orders with one reference are two orders, and a stranger may have it, too.
#[test]
fn pa_20_a_reference_is_not_unique() {
    let mut world = world();
    create(&mut world, Some("k1"), &parcel("SO-1", "01712345678"), T0);
    create(&mut world, Some("k2"), &parcel("SO-1", "01712345678"), T0);
    let twin = StrangerOrder { reference: Some("SO-1".into()), ..StrangerOrder::copy_of_newest(Pathao) };
    world.place_stranger(&twin, T0).unwrap();
    let (_, list) = call(&mut world, "GET", "/v1/business/orders?partner_reference_id=SO-1", "", T0);
    assert_eq!(list["data"].as_array().unwrap().len(), 3);
}

#[test]
fn pa_22_a_key_has_1_to_255_characters_and_may_be_missing() {
    let mut world = world();
    let body = parcel("SO-1", "01712345678");
    for (key, status) in [("", 400), (&*"k".repeat(256), 400), (&*"k".repeat(255), 201)] {
        assert_eq!(create(&mut world, Some(key), &body, T0).status, status, "{}", key.len());
    }
    for orders in [2, 3] {
        assert_eq!(create(&mut world, None, &body, T0).status, 201);
        assert_eq!(world.truth(T0).len(), orders, "without a key nothing is recognised");
    }
}

#[test]
fn pa_23_a_cancelled_order_does_not_free_its_key() {
    let mut world = world();
    let body = parcel("SO-1", "01712345678");
    let first = create(&mut world, Some("k"), &body, T0);
    assert_eq!(call(&mut world, "POST", "/v1/business/order/PB-1001/cancel", "", T0).0, 200);
    let again = create(&mut world, Some("k"), &body, T0 + 1);
    assert_eq!((again.status, &again.body), (201, &first.body), "the stored answer, which says PENDING");
    assert_eq!(json_of(&again)["data"]["status"], "PENDING");
    assert_eq!(call(&mut world, "GET", "/v1/business/order/PB-1001", "", T0 + 1).1["data"]["status"], "CANCELLED");
    assert_eq!(world.truth(T0 + 1).len(), 1);
}

#[test]
fn pa_24_a_straggler_meets_its_key_while_that_is_remembered() {
    for (life, there) in [(24 * HOUR, 1), (MINUTE, 2)] {
        let mut world = world();
        set(&mut world, Pathao, json!({"key_lifetime_ms": life}), T0);
        world.queue_fault(OneShot { ms: Some(90_000), ..OneShot::next(FaultKind::LateCommit) }).unwrap();
        let mut posted = request(&world, "POST", CREATE, &parcel("SO-1", "01712345678"));
        posted.headers.push(("x-idempotency-key".into(), "k".into()));
        assert_eq!(world.request(&posted, T0).delivery, Delivery::Dropped);
        assert_eq!(answered(&mut world, &posted, T0 + 1).status, 201, "the replay");
        assert_eq!(world.truth(T0 + 2 * MINUTE).len(), there, "{life}");
    }
}

#[test]
fn pa_25_a_key_says_its_mode() {
    let world = world();
    let secrets = world.secrets(Pathao, "http://localhost").unwrap();
    assert!(secrets["api_key"].as_str().unwrap().starts_with("sandbox_key_test_"));
}

#[test]
fn pa_26_the_list_by_reference_shows_ended_ones_or_hides_them() {
    let mut world = world();
    let made = json_of(&create(&mut world, Some("k"), &parcel("SO-1", "01712345678"), T0));
    let id = made["data"]["order_id"].as_str().unwrap();
    world.advance(Pathao, id, "COMPLETED", T0 + 1).unwrap();
    for (hides, shown) in [(false, 1), (true, 0)] {
        set(&mut world, Pathao, json!({"lookup_hides_ended": hides}), T0 + 2);
        let (_, found) = call(&mut world, "GET", "/v1/business/orders?partner_reference_id=SO-1", "", T0 + 2);
        assert_eq!(found["data"].as_array().unwrap().len(), shown, "{hides}");
        let (status, _) = call(&mut world, "GET", &format!("/v1/business/order/{id}"), "", T0 + 2);
        assert_eq!(status, 200, "by its own id it is shown: {hides}");
    }
}
