//! Print.one's contract, row by row. Rows are named PO-1, PO-2, ...; each test says which it holds.

mod common;

use common::{HOUR, MINUTE, SECOND, T0, answered, call, json_of, net, postcard, request, set, world};
use docket_practice::{FaultKind, OneShot, PracticePlatform::PrintOne, Reply, StrangerOrder, World};
use serde_json::{Value, json};

fn create(world: &mut World, key: Option<&str>, body: &str, now: i64) -> Reply {
    let mut request = request(world, "POST", "/v2/orders", body);
    request.headers.extend(key.map(|key| ("idempotency-key".to_owned(), key.to_owned())));
    answered(world, &request, now)
}

/// What a lookup finds: the ids, in the order of the list.
fn find(world: &mut World, query: &str, now: i64) -> Vec<String> {
    let (status, body) = call(world, "GET", &format!("/v2/orders?{query}"), "", now);
    assert_eq!(status, 200, "{query}: {body}");
    body["data"].as_array().unwrap().iter().map(|row| row["id"].as_str().unwrap().to_owned()).collect()
}

fn edited(field: &str, value: Value) -> String {
    let mut body: Value = serde_json::from_str(&postcard("SO-1", "X1")).unwrap();
    body[field] = value;
    body.to_string()
}

fn count(world: &mut World, now: i64) -> usize {
    world.truth(now).len()
}

/// PO-1: the key is the header `Idempotency-Key` of a POST; on a GET it does nothing. Without one, every create is an
/// order: so the vendor's own SDKs send it.
#[test]
fn po_1_only_the_header_of_a_create_is_a_key() {
    let mut world = world();
    let body = postcard("SO-1", "X1");
    let first = json_of(&create(&mut world, Some("k"), &body, T0));
    assert_eq!((&first["status"], &first["billingId"]), (&json!("order_created"), &json!("SO-1")));
    let mut get = request(&world, "GET", &format!("/v2/orders/{}", first["id"].as_str().unwrap()), "");
    get.headers.push(("idempotency-key".into(), "k".into()));
    assert_eq!(json_of(&answered(&mut world, &get, T0))["id"], first["id"]);
    for orders in [2, 3] {
        assert_eq!(create(&mut world, None, &body, T0).status, 201);
        assert_eq!(count(&mut world, T0), orders);
    }
    let mut other_name = request(&world, "POST", "/v2/orders", &body);
    other_name.headers.push(("x-idempotency-key".into(), "k".into()));
    assert_eq!(answered(&mut world, &other_name, T0).status, 201);
    assert_eq!(count(&mut world, T0), 4);
    assert_eq!(world.truth(T0)[0].idempotency_key.as_deref(), Some("k"));
}

/// PO-2: a key has at most 255 characters. What becomes of a longer one is not documented: refused, or cut.
#[test]
fn po_2_a_long_key_is_refused_or_cut() {
    let (longest, body) = ("k".repeat(255), postcard("SO-1", "X1"));
    let longer = format!("{longest}a");
    let mut world = world();
    assert_eq!(create(&mut world, Some(&longer), &body, T0).status, 400);
    assert_eq!(count(&mut world, T0), 0);
    assert_eq!(create(&mut world, Some(&longest), &body, T0).status, 201);
    set(&mut world, PrintOne, json!({"long_key_cut": true}), T0);
    assert_eq!(create(&mut world, Some(&longer), &body, T0).status, 201);
    assert_eq!(count(&mut world, T0), 1, "both keys are cut to the same one");
}

/// PO-3: stored are status and headers of the first result. A replay's body is empty, whole, or not there at all.
#[test]
fn po_3_a_replay_has_the_stored_status_and_a_body_by_switch() {
    for (replay_body, full, kind) in [("empty", false, true), ("full", true, true), ("status_only", false, false)] {
        let mut world = world();
        set(&mut world, PrintOne, json!({"replay_body": replay_body}), T0);
        let body = postcard("SO-1", "X1");
        let first = create(&mut world, Some("k"), &body, T0);
        let again = create(&mut world, Some("k"), &body, T0 + HOUR);
        assert_eq!((again.status, count(&mut world, T0 + HOUR)), (201, 1), "{replay_body}");
        assert_eq!(again.body == first.body, full, "{replay_body}");
        assert_eq!(again.body.is_empty(), !full, "{replay_body}");
        assert_eq!(!again.headers.is_empty(), kind, "{replay_body}");
    }
    assert_eq!(common::defaults(PrintOne).replay_body, docket_practice::ReplayBody::Empty);
}

/// PO-4: the same key with other parameters is an error; its status is not documented.
#[test]
fn po_4_another_body_under_a_key_is_a_conflict() {
    for status in [400, 409, 422] {
        let mut world = world();
        set(&mut world, PrintOne, json!({"conflict_status": status}), T0);
        create(&mut world, Some("k"), &postcard("SO-1", "X1"), T0);
        assert_eq!(create(&mut world, Some("k"), &postcard("SO-1", "X2"), T0).status, status);
        assert_eq!(count(&mut world, T0), 1);
    }
    assert_eq!(common::defaults(PrintOne).conflict_status, 409);
    let wrong = json!({"conflict_status": 500}).as_object().unwrap().clone();
    assert!(common::defaults(PrintOne).changed(&wrong).is_err());
}

/// PO-5: whether bodies are compared by their bytes or by their meaning is not documented.
#[test]
fn po_5_the_same_meaning_in_other_bytes() {
    let first: Value = serde_json::from_str(&postcard("SO-1", "X1")).unwrap();
    let mut turned = serde_json::Map::new();
    turned.extend(first.as_object().unwrap().clone().into_iter().rev());
    let turned = serde_json::to_string_pretty(&turned).unwrap();
    for (as_json, status) in [(false, 409), (true, 201)] {
        let mut world = world();
        set(&mut world, PrintOne, json!({"key_compares_json": as_json}), T0);
        create(&mut world, Some("k"), &first.to_string(), T0);
        assert_eq!(create(&mut world, Some("k"), &turned, T0).status, status);
        assert_eq!(create(&mut world, Some("k"), &postcard("SO-1", "X2"), T0).status, 409);
        assert_eq!(count(&mut world, T0), 1);
    }
}

/// PO-6: two at once with one key are not documented: the second waits in vain, or makes a second order.
#[test]
fn po_6_two_at_once() {
    for (switches, status, orders) in
        [(json!({}), 201, 1), (json!({"in_progress_ms": 300}), 409, 1), (json!({"race_window_ms": 300}), 201, 2)]
    {
        let mut world = world();
        set(&mut world, PrintOne, switches.clone(), T0);
        let body = postcard("SO-1", "X1");
        create(&mut world, Some("k"), &body, T0);
        assert_eq!(create(&mut world, Some("k"), &body, T0 + 299).status, status, "{switches}");
        assert_eq!(count(&mut world, T0 + 299), orders, "{switches}");
        assert_eq!(create(&mut world, Some("k"), &body, T0 + 2 * SECOND).status, 201, "{switches}");
        assert_eq!(count(&mut world, T0 + 2 * SECOND), orders, "{switches}");
    }
}

/// PO-7: failures are stored like successes: a refusal of the platform's own checks is replayed though it was mended,
/// and a new key goes through. 401 stands before the keys; 429 does so unless the switch says otherwise.
#[test]
fn po_7_a_refusal_is_stored_too() {
    let (bad, good) = (edited("templateId", json!("tmpl_none")), postcard("SO-1", "X1"));
    for (stored, again) in [(true, 400), (false, 201)] {
        let mut world = world();
        set(&mut world, PrintOne, json!({"stored_refusals": stored, "replay_body": "full"}), T0);
        assert_eq!(create(&mut world, Some("k"), &bad, T0).status, 400);
        assert_eq!(create(&mut world, Some("k"), &bad, T0 + 1).status, 400);
        assert_eq!(create(&mut world, Some("k"), &good, T0 + 2).status, if stored { 409 } else { again });
        assert_eq!(create(&mut world, Some("k2"), &good, T0 + 3).status, 201);
    }
    let mut unknown = world();
    set(&mut unknown, PrintOne, json!({"credentials_revoked": true}), T0);
    assert_eq!(create(&mut unknown, Some("k"), &good, T0).status, 401);
    set(&mut unknown, PrintOne, json!({"credentials_revoked": false}), T0);
    assert_eq!(create(&mut unknown, Some("k"), &good, T0).status, 201);
    for (stored, again) in [(false, 201), (true, 429)] {
        let mut world = world();
        set(&mut world, PrintOne, json!({"stored_limits": stored}), T0);
        world.queue_fault(OneShot::next(FaultKind::RateLimited)).unwrap();
        assert_eq!(create(&mut world, Some("k"), &good, T0).status, 429);
        assert_eq!(create(&mut world, Some("k"), &good, T0 + 1).status, again);
    }
}

/// PO-8: a stored 500 is replayed until the key expires, whether it hides an order or not; only the lookup tells.
#[test]
fn po_8_a_stored_500_may_hide_an_order() {
    let body = postcard("SO-1", "X1");
    for (stored, kind, replayed, orders) in [
        (true, FaultKind::Error500After, 500, 1),
        (true, FaultKind::Error500Before, 500, 0),
        (false, FaultKind::Error500After, 201, 1),
        (false, FaultKind::Error500Before, 201, 1),
    ] {
        let mut world = world();
        set(&mut world, PrintOne, json!({"stored_failures": stored}), T0);
        world.queue_fault(OneShot::next(kind)).unwrap();
        assert_eq!(create(&mut world, Some("k"), &body, T0).status, 500);
        for later in [1, 23 * HOUR] {
            assert_eq!(create(&mut world, Some("k"), &body, T0 + later).status, replayed, "{stored} {kind:?}");
            assert_eq!(find(&mut world, "filter.billingId=$in:SO-1", T0 + later).len(), orders, "{stored} {kind:?}");
        }
    }
    assert!(common::defaults(PrintOne).stored_failures);
    // A success may lose its body, a stored failure does not turn into one.
    let mut world = self::world();
    world.queue_fault(OneShot::next(FaultKind::Error500Before)).unwrap();
    world.queue_fault(OneShot { times: 2, ..OneShot::next(FaultKind::EmptySuccess) }).unwrap();
    assert_eq!(create(&mut world, Some("k"), &body, T0).status, 500);
    assert_eq!(create(&mut world, Some("k"), &body, T0 + 1).status, 500);
    assert_eq!(create(&mut world, Some("other"), &body, T0 + 2).status, 200);
    // A proxy's 502 is not the platform's own: nothing is stored.
    let mut world = self::world();
    world.queue_fault(OneShot::next(FaultKind::BadGatewayBefore)).unwrap();
    assert_eq!(create(&mut world, Some("k"), &body, T0).status, 502);
    assert_eq!(create(&mut world, Some("k"), &body, T0 + 1).status, 201);
}

/// PO-9: a key is deleted when it is 24 hours old, counted from its first request; then it creates again.
#[test]
fn po_9_a_key_lives_24_hours_from_its_first_request() {
    let mut world = world();
    let body = postcard("SO-1", "X1");
    for (now, orders) in [(T0, 1), (T0 + 12 * HOUR, 1), (T0 + 24 * HOUR - 1, 1), (T0 + 24 * HOUR, 2)] {
        assert_eq!(create(&mut world, Some("k"), &body, now).status, 201);
        assert_eq!(count(&mut world, now), orders, "after {}", now - T0);
    }
    set(&mut world, PrintOne, json!({"clock_offset_ms": 25 * HOUR}), T0 + 24 * HOUR);
    create(&mut world, Some("k"), &body, T0 + 24 * HOUR);
    assert_eq!(count(&mut world, T0 + 24 * HOUR), 3, "the platform's own clock counts");
}

/// PO-10: after a cancel the key still replays.
#[test]
fn po_10_a_cancelled_order_does_not_free_its_key() {
    let mut world = world();
    let body = postcard("SO-1", "X1");
    let id = json_of(&create(&mut world, Some("k"), &body, T0))["id"].as_str().unwrap().to_owned();
    let cancel = format!("/v2/orders/{id}/cancel");
    assert_eq!(call(&mut world, "POST", &cancel, "{}", T0 + 15 * SECOND).0, 201);
    assert_eq!(create(&mut world, Some("k"), &body, T0 + HOUR).status, 201);
    assert_eq!(count(&mut world, T0 + HOUR), 1);
}

/// PO-11: `filter.billingId=$in:...` finds exactly the orders with these references. `billingId` is not unique, and a
/// comma separates values. Filters nobody knows are ignored or refused; with the switch all are ignored.
#[test]
fn po_11_the_lookup_by_billing_id() {
    let mut world = world();
    let ids: Vec<String> = ["SO-1", "SO-10", "SO-2", "SO-1", "a,b"]
        .iter()
        .enumerate()
        .map(|(at, billing_id)| {
            let reply = create(&mut world, None, &postcard(billing_id, "X1"), T0 + at as i64);
            json_of(&reply)["id"].as_str().unwrap().to_owned()
        })
        .collect();
    let (now, pick) = (T0 + SECOND, |at: &[usize]| at.iter().map(|at| ids[*at].clone()).collect::<Vec<_>>());
    assert_eq!(find(&mut world, "filter.billingId=$in:SO-1", now), pick(&[3, 0]));
    assert_eq!(find(&mut world, "filter.billingId=$in:SO-2,SO-10", now), pick(&[2, 1]));
    assert_eq!(find(&mut world, "filter.billingId=$in:SO-2,SO-2", now), pick(&[2]));
    assert_eq!(find(&mut world, "filter.billingId=$in:a,b", now), pick(&[]));
    assert_eq!(find(&mut world, "filter.billingId=%24in%3ASO-2", now), pick(&[2]));
    for ignored in ["filter.billingid=$in:SO-1", "filter.billingId=SO-1", "filter.metadata=$eq:x"] {
        assert_eq!(find(&mut world, ignored, now).len(), 5, "{ignored}");
    }
    set(&mut world, PrintOne, json!({"unknown_filter_refused": true}), now);
    assert_eq!(call(&mut world, "GET", "/v2/orders?filter.metadata=$eq:x", "", now).0, 400);
    assert_eq!(find(&mut world, "filter.billingId=$in:SO-2", now), pick(&[2]));
    set(&mut world, PrintOne, json!({"filter_ignored": true}), now);
    assert_eq!(find(&mut world, "filter.billingId=$in:SO-2", now).len(), 5);
}

/// PO-12: the list has pages with links, is newest first unless `sortBy` says otherwise, and filters on times.
#[test]
fn po_12_pages_sorting_and_times() {
    let mut world = world();
    for number in 0..25 {
        create(&mut world, None, &postcard(&format!("SO-{number}"), "X1"), T0 + number * MINUTE);
    }
    let now = T0 + HOUR;
    let (_, page) = call(&mut world, "GET", "/v2/orders", "", now);
    assert_eq!((page["data"].as_array().unwrap().len(), &page["total"], &page["pages"]), (10, &json!(25), &json!(3)));
    assert_eq!((&page["data"][0]["billingId"], &page["previousUrl"]), (&json!("SO-24"), &Value::Null));
    let next = page["nextUrl"].as_str().unwrap().split_once("/v2/orders?").unwrap().1.to_owned();
    assert_eq!(find(&mut world, &next, now).len(), 10);
    let (_, last) = call(&mut world, "GET", "/v2/orders?page=3&limit=10", "", now);
    assert_eq!((last["data"].as_array().unwrap().len(), &last["nextUrl"]), (5, &Value::Null));
    assert_eq!(find(&mut world, "limit=1000", now).len(), 25);
    let (_, oldest) = call(&mut world, "GET", "/v2/orders?sortBy=createdAt:ASC&limit=2", "", now);
    assert_eq!((&oldest["data"][0]["billingId"], &oldest["pageSize"]), (&json!("SO-0"), &json!(2)));
    let iso = |minutes: i64| common::iso(T0 + minutes * MINUTE);
    let rows = [
        (format!("filter.createdAt=$gte:{}", iso(20)), 5),
        (format!("filter.createdAt=$lte:{}", iso(3)), 4),
        (format!("filter.createdAt=$btw:{},{}", iso(3), iso(5)), 3),
        ("filter.isBillable=$eq:false".into(), 25),
        ("filter.isBillable=$eq:true".into(), 0),
        ("filter.batchId=$null".into(), 25),
        ("filter.anonymizedAt=$not:$null".into(), 0),
        ("filter.friendlyStatus=$in:Sent,Processing".into(), 25),
        ("filter.format=$in:POSTCARD_A6".into(), 0),
    ];
    for (query, rows) in rows {
        assert_eq!(find(&mut world, &format!("{query}&limit=200"), now).len(), rows, "{query}");
    }
    set(&mut world, PrintOne, json!({"page_default": 20}), now);
    assert_eq!(find(&mut world, "", now).len(), 20);
}

/// PO-13: with a key of the other environment another data set is seen, and its orders are billable.
#[test]
fn po_13_test_and_live_see_different_orders() {
    let mut world = world();
    let (body, lookup) = (postcard("SO-1", "X1"), "filter.billingId=$in:SO-1");
    let first = json_of(&create(&mut world, Some("k"), &body, T0));
    assert_eq!(first["isBillable"], false);
    set(&mut world, PrintOne, json!({"wrong_environment": true}), T0);
    assert!(find(&mut world, lookup, T0).is_empty(), "absence that proves nothing");
    let order = format!("/v2/orders/{}", first["id"].as_str().unwrap());
    assert_eq!(call(&mut world, "GET", &order, "", T0).0, 404);
    let live = json_of(&create(&mut world, Some("k"), &body, T0));
    assert_eq!((&live["isBillable"], count(&mut world, T0)), (&json!(true), 2));
    set(&mut world, PrintOne, json!({"wrong_environment": false}), T0);
    assert_eq!(find(&mut world, lookup, T0), [first["id"].as_str().unwrap()]);
}

/// PO-14: a cancel works only once the processing is finished and before the order is sent.
#[test]
fn po_14_cancel_has_its_time() {
    let stage = i64::from(common::defaults(PrintOne).stage_ms);
    for (age, status) in [(0, 400), (stage, 201), (2 * stage, 201), (3 * stage, 400)] {
        let mut world = world();
        let id = json_of(&create(&mut world, None, &postcard("SO-1", "X1"), T0))["id"].as_str().unwrap().to_owned();
        let (code, body) = call(&mut world, "POST", &format!("/v2/orders/{id}/cancel"), "{}", T0 + age);
        assert_eq!(code, status, "after {age}");
        if status == 201 {
            assert_eq!((&body["status"], &body["friendlyStatus"]), (&json!("order_cancelled"), &json!("Cancelled")));
            assert_eq!(world.truth(T0 + HOUR)[0].ended_at_ms, Some(T0 + age));
            assert_eq!(call(&mut world, "POST", &format!("/v2/orders/{id}/cancel"), "{}", T0 + age).0, 400);
        }
        set(&mut world, PrintOne, json!({"cancel_refused_status": 409}), T0 + age);
        assert_eq!(call(&mut world, "POST", &format!("/v2/orders/{id}/cancel"), "{}", T0 + HOUR).0, 409);
    }
    let mut world = world();
    assert_eq!(call(&mut world, "POST", "/v2/orders/ord_none/cancel", "{}", T0).0, 404);
}

/// PO-15: the statuses, and the words for people that go with them, one of which is an assumption.
#[test]
fn po_15_an_order_goes_its_way() {
    let stage = i64::from(common::defaults(PrintOne).stage_ms);
    let rows = [
        (0, "order_created", "Processing", "Processing"),
        (stage, "order_pdf_created", "Processing", "Success"),
        (2 * stage, "order_pdf_queued", "Processing", "Success"),
        (3 * stage, "order_pdf_delivered", "Sent", "Sent"),
    ];
    for (age, status, word, with_switch) in rows {
        let mut world = world();
        let id = json_of(&create(&mut world, None, &postcard("SO-1", "X1"), T0))["id"].as_str().unwrap().to_owned();
        let order = format!("/v2/orders/{id}");
        let (_, body) = call(&mut world, "GET", &order, "", T0 + age);
        assert_eq!((&body["status"], &body["friendlyStatus"]), (&json!(status), &json!(word)));
        set(&mut world, PrintOne, json!({"pdf_is_success": true}), T0 + age);
        assert_eq!(call(&mut world, "GET", &order, "", T0 + age).1["friendlyStatus"], with_switch);
        let preview = call(&mut world, "GET", &format!("/v2/storage/order/preview/{id}"), "", T0 + age).0;
        assert_eq!(preview, if age == 0 { 404 } else { 200 });
    }
    let mut world = world();
    let id = json_of(&create(&mut world, None, &postcard("SO-1", "X1"), T0))["id"].as_str().unwrap().to_owned();
    world.advance(PrintOne, &id, "order_failed", T0).unwrap();
    let (_, failed) = call(&mut world, "GET", &format!("/v2/orders/{id}"), "", T0 + HOUR);
    assert_eq!((&failed["friendlyStatus"], failed["errors"].as_array().unwrap().len()), (&json!("Failed"), 1));
}

/// PO-16: an order with a `sendDate` waits as scheduled until then, and can be cancelled so long.
#[test]
fn po_16_an_order_for_later_is_scheduled() {
    let mut world = world();
    let send = T0 + 10 * HOUR;
    let reply = create(&mut world, None, &edited("sendDate", json!(common::iso(send))), T0);
    let order = format!("/v2/orders/{}", json_of(&reply)["id"].as_str().unwrap());
    let rows = [
        (T0, "order_created"),
        (T0 + HOUR, "order_scheduled"),
        (send - 1, "order_scheduled"),
        (send, "order_pdf_queued"),
        (send + HOUR, "order_pdf_delivered"),
    ];
    for (now, status) in rows {
        assert_eq!(call(&mut world, "GET", &order, "", now).1["status"], status, "at {}", now - T0);
    }
    // Pinned by a change of switches, it goes on from where it stood.
    set(&mut world, PrintOne, json!({"pdf_is_success": true}), send + 1);
    assert_eq!(call(&mut world, "GET", &order, "", send + HOUR).1["status"], "order_pdf_delivered");
    let waiting = json_of(&create(&mut world, None, &edited("sendDate", json!(common::iso(send + HOUR))), send));
    let cancel = format!("/v2/orders/{}/cancel", waiting["id"].as_str().unwrap());
    assert_eq!(call(&mut world, "POST", &cancel, "{}", send + MINUTE).0, 201);
}

/// PO-17: every variable of the template must be there; templates are listed with theirs.
#[test]
fn po_17_templates_and_their_variables() {
    let mut world = world();
    let (_, list) = call(&mut world, "GET", "/v2/templates", "", T0);
    assert!(list["data"].as_array().unwrap().iter().any(|template| template["id"] == "tmpl_welcome"));
    let (_, template) = call(&mut world, "GET", "/v2/templates/tmpl_welcome", "", T0);
    assert_eq!(template["mergeVariables"], json!(["firstName", "code"]));
    assert_eq!(call(&mut world, "GET", "/v2/templates/tmpl_welcome/2", "", T0).0, 200);
    assert_eq!(call(&mut world, "GET", "/v2/templates/tmpl_welcome/9", "", T0).0, 404);
    assert_eq!(call(&mut world, "GET", "/v2/templates/tmpl_none", "", T0).0, 404);
    let (status, company) = call(&mut world, "GET", "/v2/companies/me", "", T0);
    assert_eq!((status, company["id"].as_str()), (200, world.merchant_id(PrintOne)));
    let rows = [
        ("mergeVariables", json!({"firstName": "R."})),
        ("mergeVariables", Value::Null),
        ("templateId", json!("tmpl_none")),
        ("templateId", Value::Null),
        ("recipient", Value::Null),
        ("recipient", json!({"name": "R. Diaz"})),
        ("sender", json!({"name": "W"})),
        ("finish", json!("MATT")),
        ("sendDate", json!("tomorrow")),
        ("billingId", json!(7)),
    ];
    for (field, value) in rows {
        assert_eq!(create(&mut world, None, &edited(field, value), T0).status, 400, "{field}");
    }
    assert_eq!(create(&mut world, None, "{", T0).status, 400);
    assert_eq!(count(&mut world, T0), 0);
    // An order without `finish` is glossy, or refused.
    let without = postcard("SO-1", "X1").replace("\"finish\":\"GLOSSY\",", "");
    assert_eq!(json_of(&create(&mut world, None, &without, T0))["finish"], "GLOSSY");
    set(&mut world, PrintOne, json!({"finish_required": true}), T0);
    assert_eq!(create(&mut world, None, &without, T0).status, 400);
}

/// PO-18: errors have one of three shapes.
#[test]
fn po_18_errors_have_three_shapes() {
    let mut world = world();
    for (shape, at) in [("messages", "/message/0"), ("message", "/message"), ("errors", "/errors/0/message")] {
        set(&mut world, PrintOne, json!({"error_shape": shape}), T0);
        let (status, body) = call(&mut world, "GET", "/v2/orders/ord_none", "", T0);
        assert_eq!((status, body.pointer(at).is_some_and(Value::is_string)), (404, true), "{shape}: {body}");
    }
}

/// PO-19: 60 requests in 30 seconds; whether a 429 says Retry-After is not documented.
#[test]
fn po_19_sixty_requests_in_thirty_seconds() {
    let mut world = world();
    let get = request(&world, "GET", "/v2/companies/me", "");
    for _ in 0..60 {
        assert_eq!(answered(&mut world, &get, T0 + SECOND).status, 200);
    }
    let over = answered(&mut world, &get, T0 + 29 * SECOND);
    assert_eq!(over.status, 429);
    assert!(!over.headers.iter().any(|(name, _)| name == "retry-after"));
    assert_eq!(answered(&mut world, &get, T0 + 30 * SECOND).status, 200);
    set(&mut world, PrintOne, json!({"retry_after_shown": true, "rate_limit_per_minute": 1}), T0 + 40 * SECOND);
    let over = answered(&mut world, &get, T0 + 40 * SECOND);
    assert!(over.headers.contains(&("retry-after".into(), "20".into())), "{over:?}");
}

/// PO-20: a request may take effect later, lists may lag behind, and a stranger may order the same: all are counted.
#[test]
fn po_20_stragglers_lag_and_strangers() {
    let (body, lookup) = (postcard("SO-1", "X1"), "filter.billingId=$in:SO-1");
    let mut late = world();
    late.queue_fault(OneShot { ms: Some(90_000), ..OneShot::next(FaultKind::LateCommit) }).unwrap();
    let mut posted = request(&late, "POST", "/v2/orders", &body);
    posted.headers.push(("idempotency-key".into(), "k".into()));
    late.request(&posted, T0);
    assert_eq!(count(&mut late, T0 + 89 * SECOND), 0);
    assert_eq!(answered(&mut late, &posted, T0 + 60 * SECOND).status, 201);
    assert_eq!(count(&mut late, T0 + 2 * MINUTE), 1, "the straggler carries its key, and is recognised by it");

    let mut world = world();
    set(&mut world, PrintOne, json!({"list_lag_ms": 5000}), T0);
    let id = json_of(&create(&mut world, Some("k"), &body, T0))["id"].as_str().unwrap().to_owned();
    assert!(find(&mut world, lookup, T0 + 4999).is_empty());
    assert_eq!(call(&mut world, "GET", &format!("/v2/orders/{id}"), "", T0).0, 200);
    assert_eq!(find(&mut world, lookup, T0 + 5000), [id.as_str()]);

    let twin = StrangerOrder { reference: Some("SO-1".into()), ..StrangerOrder::copy_of_newest(PrintOne) };
    world.place_stranger(&twin, T0 + 6000).unwrap();
    let truth = world.truth(T0 + 6000);
    assert_eq!((truth.len(), truth[1].by_stranger, &truth[1].fingerprint), (2, true, &truth[0].fingerprint));
    assert_eq!(find(&mut world, lookup, T0 + 6000).len(), 2, "two rows: somebody has to look");
}

/// PO-1, PO-3 and PO-9 over HTTP: a key outlives a restart; a replay has the status and an empty body; the platform's
/// clock, which its `Date` shows, makes it old.
#[tokio::test]
async fn over_http_and_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let (served, client) = (net::served(folder.path()).await, net::client());
    let endpoint = served.endpoint(PrintOne).unwrap().clone();
    let url = format!("{}/v2/orders", endpoint.base_url);
    let key = endpoint.secrets["api_key"].as_str().unwrap().to_owned();
    let send = || {
        let posted = client.post(&url).header("x-api-key", &key).header("Idempotency-Key", "k");
        posted.header("content-type", "application/json").body(postcard("SO-1", "X1")).send()
    };
    let first: Value = send().await.unwrap().json().await.unwrap();
    served.queue_fault(OneShot::next(FaultKind::LoseResponse)).unwrap();
    assert!(send().await.is_err());
    served.stop().await;
    let served = net::served(folder.path()).await;
    let again = send().await.unwrap();
    assert_eq!((again.status().as_u16(), again.headers()["content-type"].as_bytes()), (201, &b"application/json"[..]));
    assert!(again.bytes().await.unwrap().is_empty());
    let list = client.get(format!("{url}?filter.billingId=$in:SO-1")).header("x-api-key", &key).send();
    let list: Value = list.await.unwrap().json().await.unwrap();
    assert_eq!((&list["total"], &list["data"][0]["id"]), (&json!(1), &first["id"]));
    let mut switches = served.switches(PrintOne).unwrap();
    switches.clock_offset_ms = 25 * HOUR;
    served.set_switches(PrintOne, switches).unwrap();
    assert_eq!((send().await.unwrap().status().as_u16(), served.truth().unwrap().len()), (201, 2));
    assert_eq!(client.get(&url).send().await.unwrap().status(), 401);
    served.stop().await;
}
