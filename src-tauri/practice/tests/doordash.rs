//! DoorDash Drive's contract, row by row. Rows are named DD-1, DD-2, ...; each test says which it holds.

mod common;

use common::{
    HOUR, MINUTE, SECOND, T0, answered, claims, drive, drive_order, json_of, jwt_header, net, set, signed, world,
};
use docket_practice::{FaultKind, OneShot, PracticePlatform::Doordash, StrangerOrder, World};
use serde_json::{Value, json};

fn call(world: &mut World, method: &str, target: &str, body: &str, now: i64) -> (u16, Value) {
    let request = drive(world, method, target, body, now);
    let reply = answered(world, &request, now);
    (reply.status, json_of(&reply))
}

fn create(world: &mut World, id: &str, now: i64) -> (u16, Value) {
    call(world, "POST", "/drive/v2/deliveries", &order(id), now)
}

fn order(id: &str) -> String {
    drive_order(id, "90 Oak St, San Francisco, CA 94102")
}

fn get(world: &mut World, id: &str, now: i64) -> (u16, Value) {
    call(world, "GET", &format!("/drive/v2/deliveries/{id}"), "", now)
}

fn quote(world: &mut World, id: &str, now: i64) -> (u16, Value) {
    call(world, "POST", "/drive/v2/quotes", &order(id), now)
}

fn accept(world: &mut World, id: &str, body: &str, now: i64) -> (u16, Value) {
    call(world, "POST", &format!("/drive/v2/quotes/{id}/accept"), body, now)
}

fn cancel(world: &mut World, id: &str, now: i64) -> (u16, Value) {
    call(world, "PUT", &format!("/drive/v2/deliveries/{id}/cancel"), "{}", now)
}

fn edited(field: &str, value: Value) -> String {
    let mut body: Value = serde_json::from_str(&order("SO-1")).unwrap();
    body[field] = value;
    body.to_string()
}

fn count(world: &mut World, now: i64) -> usize {
    world.truth(now).len()
}

/// DD-1: an id holds letters, digits and -._~ only. How long it may be is not documented.
#[test]
fn dd_1_the_charset_of_an_id() {
    let mut world = world();
    for (id, status) in
        [("SO-1", 200), ("a.b_c~d", 200), ("SO 1", 400), ("SO/1", 400), ("SO#1", 400), ("Ø", 400), ("", 400)]
    {
        assert_eq!(create(&mut world, id, T0).0, status, "{id:?}");
    }
    assert_eq!(create(&mut world, &"x".repeat(65), T0).0, 200);
    set(&mut world, Doordash, json!({"reference_max": 64}), T0);
    assert_eq!(create(&mut world, &"y".repeat(65), T0).0, 400);
    assert_eq!(create(&mut world, &"y".repeat(64), T0).0, 200);
    let (_, escaped) = get(&mut world, "a.b_c%7Ed", T0);
    assert_eq!(escaped["external_delivery_id"], "a.b_c~d");
}

/// DD-2: every request carries a signed token: HS256 with DoorDash's version, audience, issuer and key, issued no later
/// than now and good for half an hour at most.
#[test]
fn dd_2_the_signed_token() {
    let mut world = world();
    let with = |field: &str, value: Value| {
        let mut claims = claims(&world, T0);
        claims[field] = value;
        claims
    };
    let (header, second) = (jwt_header(), T0 / 1000);
    let other = json!({"alg": "HS512", "typ": "JWT", "dd-ver": "DD-JWT-V1"});
    let rows = [
        (200, signed(&world, &header, &claims(&world, T0), None)),
        (200, signed(&world, &header, &with("exp", json!(second + 1800)), None)),
        (401, signed(&world, &header, &with("exp", json!(second + 1801)), None)),
        (401, signed(&world, &header, &with("exp", json!(second)), None)),
        (401, signed(&world, &header, &with("iat", json!(second + 1)), None)),
        (401, signed(&world, &header, &with("aud", json!("uber")), None)),
        (401, signed(&world, &header, &with("iss", json!("dev_other")), None)),
        (401, signed(&world, &header, &with("kid", json!("other")), None)),
        (401, signed(&world, &header, &with("iat", Value::Null), None)),
        (401, signed(&world, &json!({"alg": "HS256", "typ": "JWT"}), &claims(&world, T0), None)),
        (401, signed(&world, &other, &claims(&world, T0), None)),
        (401, signed(&world, &json!({"alg": "none", "dd-ver": "DD-JWT-V1"}), &claims(&world, T0), None)),
        (401, signed(&world, &header, &claims(&world, T0), Some(b"another secret"))),
        (401, "no.token".into()),
        (401, String::new()),
    ];
    for (row, (status, token)) in rows.into_iter().enumerate() {
        let mut posted = drive(&world, "POST", "/drive/v2/deliveries", &order(&format!("SO-{row}")), T0);
        posted.headers[0].1 = format!("Bearer {token}");
        let reply = answered(&mut world, &posted, T0);
        assert_eq!(reply.status, status, "row {row}");
        if status == 401 {
            assert_eq!(json_of(&reply)["code"], "authentication_error");
        }
    }
    // The platform's own clock counts.
    let behind = drive(&world, "GET", "/drive/v2/deliveries/SO-0", "", T0);
    set(&mut world, Doordash, json!({"clock_offset_ms": -2000}), T0);
    assert_eq!(answered(&mut world, &behind, T0).status, 401, "issued in the platform's future");
    set(&mut world, Doordash, json!({"clock_offset_ms": 300_000}), T0);
    assert_eq!(answered(&mut world, &behind, T0).status, 401, "expired");
    set(&mut world, Doordash, json!({"clock_offset_ms": 0, "account_inactive": true}), T0);
    assert_eq!(json_of(&answered(&mut world, &behind, T0))["code"], "authorization_error");
}

/// DD-3: an id is used once: the same again is 409. One page, as compiled by others, has the existing delivery come
/// back when the body is the same: a switch.
#[test]
fn dd_3_the_same_id_again() {
    let other = drive_order("SO-1", "1 Elm St, San Francisco, CA");
    for (answer, same) in [("conflict", 409), ("existing", 200)] {
        let mut world = world();
        set(&mut world, Doordash, json!({"repeat_answer": answer}), T0);
        let (status, first) = create(&mut world, "SO-1", T0);
        assert_eq!((status, &first["delivery_status"], &first["currency"]), (200, &json!("created"), &json!("USD")));
        let (status, again) = create(&mut world, "SO-1", T0 + 1);
        assert_eq!((status, &again["external_delivery_id"]), (same, &json!("SO-1")), "{answer}");
        assert_eq!(again.get("code").is_some(), same == 409);
        let (status, conflict) = call(&mut world, "POST", "/drive/v2/deliveries", &other, T0 + 2);
        assert_eq!((status, &conflict["code"]), (409, &json!("duplicate_delivery_id")), "{answer}");
        assert_eq!(count(&mut world, T0 + 2), 1);
    }
}

/// DD-4: an id is taken to be spent for ever, also when its delivery has ended; both ways by switch.
#[test]
fn dd_4_an_id_is_spent_for_ever() {
    let rows = [
        ("delivered", json!({}), 409),
        ("cancelled", json!({}), 409),
        ("returned", json!({}), 409),
        ("delivered", json!({"delivered_frees_reference": true}), 200),
        ("cancelled", json!({"canceled_frees_reference": true}), 200),
        ("confirmed", json!({"delivered_frees_reference": true, "canceled_frees_reference": true}), 409),
    ];
    for (status, switches, again) in rows {
        let mut world = world();
        set(&mut world, Doordash, switches, T0);
        create(&mut world, "SO-1", T0);
        world.advance(Doordash, "SO-1", status, T0).unwrap();
        let later = if status == "confirmed" { T0 + 1 } else { T0 + 1000 * HOUR };
        assert_eq!(create(&mut world, "SO-1", later).0, again, "{status}");
        let truth = world.truth(later);
        assert_eq!(truth.len(), if again == 200 { 2 } else { 1 }, "{status}");
        assert!(truth.iter().all(|order| order.reference.as_deref() == Some("SO-1")), "counted under one reference");
    }
}

/// DD-5: a quote is no order, but has its id: another quote or a create with it is refused, and get shows `quote`.
/// Whether a create is refused is not documented: with the switch it takes the quote over.
#[test]
fn dd_5_a_quote_occupies_its_id() {
    for (occupies, status, orders) in [(true, 409, 0), (false, 200, 1)] {
        let mut world = world();
        set(&mut world, Doordash, json!({"quote_occupies_id": occupies}), T0);
        let (quoted, body) = quote(&mut world, "SO-1", T0);
        assert_eq!((quoted, &body["delivery_status"], count(&mut world, T0)), (200, &json!("quote"), 0));
        assert_eq!(quote(&mut world, "SO-1", T0 + 1).0, 409);
        let (code, created) = create(&mut world, "SO-1", T0 + 2);
        assert_eq!((code, count(&mut world, T0 + 2)), (status, orders));
        let shown = if occupies { "quote" } else { "created" };
        assert_eq!(get(&mut world, "SO-1", T0 + 3).1["delivery_status"], shown);
        if !occupies {
            assert_eq!(created["fee"], body["fee"]);
            assert_eq!(accept(&mut world, "SO-1", "{}", T0 + 4).0, 409);
        }
        assert_eq!(cancel(&mut world, "SO-2", T0).1["code"], "unknown_delivery_id");
    }
}

/// DD-6: a quote with an id that a delivery has is refused.
#[test]
fn dd_6_a_used_id_cannot_be_quoted() {
    let mut world = world();
    create(&mut world, "SO-1", T0);
    assert_eq!(quote(&mut world, "SO-1", T0 + 1).1["code"], "duplicate_delivery_id");
    assert_eq!(quote(&mut world, "SO-1~q1", T0 + 1).0, 200);
}

/// DD-7: a quote is good for five minutes; whether its id is free then is not documented.
#[test]
fn dd_7_an_expired_quote() {
    for (frees, status) in [(false, 409), (true, 200)] {
        let mut world = world();
        set(&mut world, Doordash, json!({"expired_quote_frees_id": frees}), T0);
        quote(&mut world, "SO-1", T0);
        quote(&mut world, "SO-2", T0);
        let late = T0 + 5 * MINUTE;
        assert_eq!(quote(&mut world, "SO-1", late - 1).0, 409);
        assert_eq!(accept(&mut world, "SO-1", "{}", late).0, if frees { 404 } else { 400 });
        assert_eq!(quote(&mut world, "SO-1", late).0, status);
        assert_eq!(create(&mut world, "SO-2", late).0, status);
        assert_eq!(count(&mut world, late), usize::from(frees));
    }
}

/// DD-8: accepting makes the quoted delivery, once; it may change the tip and a few other fields.
#[test]
fn dd_8_a_quote_is_accepted_once() {
    let mut world = world();
    let (_, quoted) = quote(&mut world, "SO-1", T0);
    assert_eq!(accept(&mut world, "SO-9", "{}", T0).1["code"], "unknown_delivery_id");
    let changes = json!({"tip": 300, "dropoff_address": "elsewhere"}).to_string();
    let (status, made) = accept(&mut world, "SO-1", &changes, T0 + 5 * MINUTE - 1);
    assert_eq!((status, &made["delivery_status"], &made["fee"]), (200, &json!("created"), &quoted["fee"]));
    assert_eq!((&made["tip"], &made["dropoff_address"]), (&json!(300), &quoted["dropoff_address"]));
    assert_eq!(accept(&mut world, "SO-1", "{}", T0 + 5 * MINUTE - 1).1["code"], "duplicate_delivery_id");
    assert_eq!(create(&mut world, "SO-1", T0 + HOUR).0, 409);
    assert_eq!(count(&mut world, T0 + HOUR), 1);
}

/// DD-9: after a 500 nobody knows: get tells, and the same id again is safe.
#[test]
fn dd_9_a_500_is_an_unknown_outcome() {
    for (kind, found, again) in [(FaultKind::Error500After, 200, 409), (FaultKind::Error500Before, 404, 200)] {
        let mut world = world();
        world.queue_fault(OneShot::next(kind)).unwrap();
        assert_eq!(create(&mut world, "SO-1", T0), (500, create_failure()));
        assert_eq!(get(&mut world, "SO-1", T0 + 1).0, found, "{kind:?}");
        assert_eq!(create(&mut world, "SO-1", T0 + 2).0, again, "{kind:?}");
        assert_eq!(count(&mut world, T0 + 2), 1);
    }
}

fn create_failure() -> Value {
    json!({"code": "service_fault", "message": "Something went wrong on our side."})
}

/// DD-10: while a creation still runs, get finds nothing and cancel says so, but the id is taken.
#[test]
fn dd_10_a_creation_takes_its_time() {
    let mut world = world();
    set(&mut world, Doordash, json!({"creation_ms": 3000}), T0);
    assert_eq!(create(&mut world, "SO-1", T0).0, 200);
    assert_eq!(get(&mut world, "SO-1", T0 + 2999).1["code"], "unknown_delivery_id");
    assert_eq!(cancel(&mut world, "SO-1", T0 + 2999).1["reason"], "delivery_creation_in_progress");
    assert_eq!(create(&mut world, "SO-1", T0 + 2999).0, 409);
    assert_eq!(get(&mut world, "SO-1", T0 + 3000).0, 200);
    assert_eq!(common::defaults(Doordash).creation_ms, 0);
    // A fault does the same to a single one.
    world.queue_fault(OneShot { ms: Some(9000), ..OneShot::next(FaultKind::ListLag) }).unwrap();
    let posted = drive(&world, "POST", "/drive/v2/deliveries", &order("SO-2"), T0);
    world.request(&posted, T0);
    assert_eq!((get(&mut world, "SO-2", T0 + 8999).0, get(&mut world, "SO-2", T0 + 9000).0), (404, 200));
    set(&mut world, Doordash, json!({"creation_ms": 0}), T0);
    create(&mut world, "SO-3", T0);
    assert_eq!(get(&mut world, "SO-3", T0).0, 200, "the other way: at once");
}

/// DD-11: get is exact; there is no list.
#[test]
fn dd_11_get_is_exact() {
    let mut world = world();
    create(&mut world, "SO-10", T0);
    let (status, body) = get(&mut world, "SO-1", T0);
    assert_eq!((status, &body["external_delivery_id"]), (404, &json!("SO-1")));
    let (status, body) = get(&mut world, "SO-10", T0);
    assert_eq!((status, &body["order_value"], &body["cancellation_reason"]), (200, &json!(2400), &Value::Null));
    assert_eq!(call(&mut world, "GET", "/drive/v2/deliveries", "", T0).0, 404);
    assert_eq!(call(&mut world, "POST", "/drive/v2/serviceability", "{}", T0).1["is_serviceable"], true);
}

/// DD-12: a cancel works until a courier is found, costs nothing, and is refused with its reason after that.
#[test]
fn dd_12_cancel_and_its_reasons() {
    let rows = [
        ("created", ""),
        ("confirmed", "cancellation_window_closed"),
        ("arrived_at_pickup", "cancellation_window_closed"),
        ("picked_up", "delivery_picked_up"),
        ("arrived_at_dropoff", "delivery_picked_up"),
        ("delivered", "delivery_completed"),
        ("returned", "delivery_abandoned"),
        ("cancelled", "delivery_cancelled"),
    ];
    for (status, reason) in rows {
        let mut world = world();
        create(&mut world, "SO-1", T0);
        world.advance(Doordash, "SO-1", status, T0).unwrap();
        let (code, body) = cancel(&mut world, "SO-1", T0 + 1);
        if reason.is_empty() {
            let (fee, why) = (&body["fee"], &body["cancellation_reason"]);
            assert_eq!((code, &body["delivery_status"]), (200, &json!("cancelled")));
            assert_eq!((fee, why), (&json!(0), &json!("cancelled_by_creator")));
        } else {
            assert_eq!((code, &body["code"], &body["reason"]), (409, &json!("cancel_not_allowed"), &json!(reason)));
        }
    }
}

/// DD-13: sandbox and production share the host: with the other key a delivery is not found, and its id not taken.
#[test]
fn dd_13_the_other_environment_knows_nothing() {
    let mut world = world();
    create(&mut world, "SO-1", T0);
    quote(&mut world, "SO-2", T0);
    set(&mut world, Doordash, json!({"wrong_environment": true}), T0);
    assert_eq!((get(&mut world, "SO-1", T0).0, get(&mut world, "SO-2", T0).0), (404, 404));
    assert_eq!((create(&mut world, "SO-1", T0).0, create(&mut world, "SO-2", T0).0), (200, 200));
    assert_eq!(cancel(&mut world, "SO-1", T0).0, 200);
    set(&mut world, Doordash, json!({"wrong_environment": false}), T0);
    assert_eq!(get(&mut world, "SO-1", T0).1["delivery_status"], "created", "the other one was cancelled");
    assert_eq!(get(&mut world, "SO-2", T0).1["delivery_status"], "quote");
    let truth = world.truth(T0);
    assert_eq!(truth.iter().filter(|order| order.reference.as_deref() == Some("SO-1")).count(), 2);
}

/// DD-14: 300 requests in 60 seconds, then 429 without any rate header. Its body is not documented, and may be none.
#[test]
fn dd_14_three_hundred_requests_a_minute() {
    let mut world = world();
    let get = drive(&world, "GET", "/drive/v2/deliveries/SO-1", "", T0);
    for _ in 0..300 {
        assert_eq!(answered(&mut world, &get, T0).status, 404);
    }
    let over = answered(&mut world, &get, T0 + 59 * SECOND);
    assert_eq!(over.status, 429);
    assert!(over.headers.iter().all(|(name, _)| name == "content-type"), "{over:?}");
    set(&mut world, Doordash, json!({"limit_without_body": true}), T0 + 59 * SECOND);
    let over = answered(&mut world, &get, T0 + 59 * SECOND);
    assert_eq!((over.status, over.body.len()), (429, 0));
    set(&mut world, Doordash, json!({"retry_after_shown": true}), T0 + 59 * SECOND);
    assert!(answered(&mut world, &get, T0 + 59 * SECOND).headers.contains(&("retry-after".into(), "1".into())));
    assert_eq!(answered(&mut world, &get, T0 + MINUTE).status, 404);
}

/// DD-15: refusals that nothing in a request provokes, by reason or code; none has made a delivery, unless switched.
#[test]
fn dd_15_refusals_with_their_reasons() {
    let rows = [
        ("distance_too_long", 422),
        ("pickup_address_not_in_coverage", 422),
        ("delivery_address_not_in_coverage", 422),
        ("outside_of_delivery_time", 422),
        ("authorization_error", 403),
        ("service_fault", 500),
    ];
    for (word, status) in rows {
        for (commits, orders) in [(false, 0), (true, 1)] {
            let mut world = world();
            set(&mut world, Doordash, json!({"create_refused_as": word, "refused_create_commits": commits}), T0);
            let (code, body) = create(&mut world, "SO-1", T0);
            let (field, value) = if status == 422 { ("reason", word) } else { ("code", word) };
            assert_eq!((code, &body[field], count(&mut world, T0)), (status, &json!(value), orders));
            assert!(status != 422 || body["code"] == "invalid_delivery_parameters");
        }
    }
}

/// DD-16: what is not valid is told field by field.
#[test]
fn dd_16_fields_that_are_not_valid() {
    let rows = [
        ("dropoff_address", Value::Null),
        ("dropoff_phone_number", json!("415-555-0177")),
        ("dropoff_phone_number", Value::Null),
        ("pickup_address", json!(" ")),
        ("pickup_phone_number", Value::Null),
        ("order_value", json!(-1)),
        ("tip", json!(1.5)),
        ("locale", json!("de-DE")),
        ("items", json!([{"name": "x".repeat(101), "quantity": 1}])),
        ("pickup_external_business_id", json!("wick")),
    ];
    let mut world = world();
    for (field, value) in rows {
        let (status, body) = call(&mut world, "POST", "/drive/v2/deliveries", &edited(field, value), T0);
        assert_eq!((status, &body["code"]), (400, &json!("validation_error")), "{field}");
        assert!(body["field_errors"][0]["field"].is_string(), "{field}");
    }
    assert_eq!(call(&mut world, "POST", "/drive/v2/deliveries", "[]", T0).0, 400);
    assert_eq!(count(&mut world, T0), 0);
    let by_store = json!({"external_delivery_id": "SO-1", "pickup_external_business_id": "wick", "pickup_external_store_id": "mint-st",
        "dropoff_address": "90 Oak St", "dropoff_phone_number": "+14155550177"});
    assert_eq!(call(&mut world, "POST", "/drive/v2/deliveries", &by_store.to_string(), T0).0, 200);
}

/// DD-17: the statuses in their order; a test delivery that has not ended after an hour is cancelled.
#[test]
fn dd_17_a_delivery_goes_its_way_or_is_cancelled() {
    let stage = i64::from(common::defaults(Doordash).stage_ms);
    let way = ["created", "confirmed", "enroute_to_pickup", "arrived_at_pickup", "picked_up"];
    let mut world = world();
    create(&mut world, "SO-1", T0);
    for (at, status) in way.into_iter().enumerate() {
        assert_eq!(get(&mut world, "SO-1", T0 + at as i64 * stage).1["delivery_status"], status);
    }
    assert_eq!(world.truth(T0 + 2 * HOUR)[0].ended_at_ms, Some(T0 + 7 * stage), "delivered long before");
    for (auto_cancel_ms, status) in [(3_600_000, "cancelled"), (0, "created")] {
        let mut world = common::world();
        set(&mut world, Doordash, json!({"stage_ms": 0, "auto_cancel_ms": auto_cancel_ms}), T0);
        create(&mut world, "SO-1", T0);
        assert_eq!(get(&mut world, "SO-1", T0 + HOUR - 1).1["delivery_status"], "created");
        assert_eq!(get(&mut world, "SO-1", T0 + HOUR).1["delivery_status"], status);
    }
}

/// DD-18: a straggler meets its own id and makes nothing; so does a request that a middle box sent twice.
#[test]
fn dd_18_stragglers_and_doubles_meet_the_id() {
    let mut world = world();
    let posted = drive(&world, "POST", "/drive/v2/deliveries", &order("SO-1"), T0);
    world.queue_fault(OneShot { ms: Some(90_000), ..OneShot::next(FaultKind::LateCommit) }).unwrap();
    world.request(&posted, T0);
    assert_eq!((get(&mut world, "SO-1", T0 + SECOND).0, count(&mut world, T0 + SECOND)), (404, 0));
    assert_eq!(create(&mut world, "SO-1", T0 + 2 * SECOND).0, 200);
    assert_eq!(count(&mut world, T0 + 2 * MINUTE), 1);
    world.queue_fault(OneShot::next(FaultKind::Doubled)).unwrap();
    assert_eq!(create(&mut world, "SO-2", T0 + 2 * MINUTE).0, 409);
    assert_eq!(count(&mut world, T0 + 2 * MINUTE), 2);
    world.place_stranger(&StrangerOrder::copy_of_newest(Doordash), T0 + 2 * MINUTE).unwrap();
    let truth = world.truth(T0 + 2 * MINUTE);
    assert_eq!((truth[2].by_stranger, &truth[2].fingerprint), (true, &truth[1].fingerprint));
    assert_ne!(truth[2].reference, truth[1].reference);
}

/// DD-2 and DD-3 over HTTP: the printed secrets suffice; ids are still taken after a restart.
#[tokio::test]
async fn over_http_and_a_restart() {
    use base64::Engine as _;
    use hmac::Mac as _;
    let folder = tempfile::tempdir().unwrap();
    let (served, client) = (net::served(folder.path()).await, net::client());
    let endpoint = served.endpoint(Doordash).unwrap().clone();
    let base64 = &base64::engine::general_purpose::URL_SAFE_NO_PAD;
    let secret = base64.decode(endpoint.secrets["signing_secret"].as_str().unwrap()).unwrap();
    let url = format!("{}/drive/v2/deliveries", endpoint.base_url);
    let date = client.get(&url).send().await.unwrap().headers()["date"].to_str().unwrap().to_owned();
    let now = httpdate::parse_http_date(&date).unwrap().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    let claims = json!({"aud": "doordash", "iss": endpoint.secrets["developer_id"], "kid": endpoint.secrets["key_id"],
        "iat": now, "exp": now + 1800});
    let text = format!("{}.{}", base64.encode(jwt_header().to_string()), base64.encode(claims.to_string()));
    let mut mac = hmac::Hmac::<sha2::Sha256>::new_from_slice(&secret).unwrap();
    mac.update(text.as_bytes());
    let token = format!("{text}.{}", base64.encode(mac.finalize().into_bytes()));
    let send = || client.post(&url).bearer_auth(&token).body(order("SO-1")).send();
    assert_eq!(send().await.unwrap().status(), 200);
    served.stop().await;
    let served = net::served(folder.path()).await;
    assert_eq!(send().await.unwrap().status(), 409);
    let got = client.get(format!("{url}/SO-1")).bearer_auth(&token).send().await.unwrap();
    assert_eq!(got.json::<Value>().await.unwrap()["external_delivery_id"], "SO-1");
    assert_eq!(client.get(format!("{url}/SO-1")).bearer_auth(format!("{token}x")).send().await.unwrap().status(), 401);
    assert_eq!(served.truth().unwrap().len(), 1);
    served.stop().await;
}
