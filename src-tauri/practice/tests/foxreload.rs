//! FoxReload's contract, row by row.

mod common;

use common::{MINUTE, SECOND, T0, answered, call, request, set, top_up, world};
use docket_practice::{FaultKind, OneShot, PracticePlatform::Foxreload, StrangerOrder, World};
use serde_json::{Value, json};

fn create(world: &mut World, body: &str, now: i64) -> (u16, Value) {
    call(world, "POST", "/api/orders", body, now)
}

fn ids(list: &Value) -> Vec<String> {
    list.as_array().unwrap().iter().map(|row| row["id"].as_str().unwrap().to_owned()).collect()
}

/// FR-1: every create is an order, whatever key it carries and however often it comes.
#[test]
fn fr_1_every_create_is_an_order_whatever_key_it_carries() {
    let mut world = world();
    let mut posted = request(&world, "POST", "/api/orders", &top_up("product_01a", 2));
    posted.headers.push(("idempotency-key".into(), "k".into()));
    posted.headers.push(("x-idempotency-key".into(), "k".into()));
    for orders in 1..=3 {
        let reply = answered(&mut world, &posted, T0);
        assert_eq!(reply.status, 201);
        assert_eq!(world.truth(T0).len(), orders);
    }
    let truth = world.truth(T0);
    assert_eq!(truth[0].fingerprint, truth[2].fingerprint);
    assert_ne!(truth[0].platform_order_id, truth[2].platform_order_id);
}

/// FR-2: an order takes no reference and shows none.
#[test]
fn fr_2_an_order_does_not_say_whose_it_is() {
    let mut world = world();
    let body = json!({"items": [{"itemId": "product_01a", "quantity": 1, "note": {"player_id": "SO-77"}}],
        "reference": "SO-77", "isMock": true});
    let (status, order) = create(&mut world, &body.to_string(), T0);
    assert_eq!((status, &order["status"], &order["cancelReason"]), (201, &json!("active"), &Value::Null));
    assert!(!order.to_string().contains("SO-77"));
    assert_eq!(world.truth(T0)[0].reference, None);
    let id = order["id"].as_str().unwrap();
    let (_, later) = call(&mut world, "GET", &format!("/api/orders/{id}"), "", T0 + MINUTE);
    assert_eq!(later["status"], "completed");
    assert_eq!(later["items"][0]["externalData"].as_array().unwrap().len(), 1);
    assert_eq!(later["totalPrice"], order["totalPrice"]);
}

/// FR-10: what is not valid, or not paid for, is refused, and nothing exists. How a refusal looks is not documented.
#[test]
fn fr_10_what_is_not_valid_is_refused_and_nothing_exists() {
    let item = |id: &str, quantity: Value| json!({"itemId": id, "quantity": quantity});
    let eleven: Vec<Value> = (0..11).map(|_| item("product_01a", json!(1))).collect();
    let rows = [
        json!({}),
        json!({"items": []}),
        json!({"items": eleven}),
        json!({"items": [item("", json!(1))]}),
        json!({"items": [item("steam-10", json!(1))]}),
        json!({"items": [item("product_01a", json!(0))]}),
        json!({"items": [item("product_01a", json!("2"))]}),
        json!({"items": [item("product_01a", json!(1))], "isMock": "yes"}),
    ];
    for body in rows {
        let mut world = world();
        assert_eq!(create(&mut world, &body.to_string(), T0).0, 400, "{body}");
        assert!(world.truth(T0).is_empty());
    }
    let mut world = world();
    set(&mut world, Foxreload, json!({"balance_too_low": true}), T0);
    let refused = create(&mut world, &top_up("product_01a", 1), T0);
    assert_eq!((refused.0, &refused.1["message"]), (400, &json!("Balance is too low")));
    set(&mut world, Foxreload, json!({"errors_as_text": true}), T0);
    let posted = request(&world, "POST", "/api/orders", &top_up("product_01a", 1));
    let refused = answered(&mut world, &posted, T0);
    assert_eq!((refused.status, &refused.body[..]), (400, &b"Balance is too low"[..]));
    assert!(world.truth(T0).is_empty());
}

/// FR-6: an order costs what it came with, or the current price.
#[test]
fn fr_6_the_price_is_the_one_it_came_with_unless_it_drifts() {
    let mut world = world();
    let body = json!({"items": [{"itemId": "product_01a", "quantity": 1}], "totalPrice": 18.4}).to_string();
    assert_eq!(create(&mut world, &body, T0).1["totalPrice"], 18.4);
    set(&mut world, Foxreload, json!({"price_drifts": true}), T0);
    assert_ne!(create(&mut world, &body, T0).1["totalPrice"], 18.4);
}

/// FR-3: the list takes a limit and statuses; a parameter for pages is not documented, nor is the largest limit.
#[test]
fn fr_3_the_list_has_limit_page_and_statuses() {
    let mut world = world();
    let made: Vec<String> = (0..25)
        .map(|n| create(&mut world, &top_up("product_01a", 1), T0 + n).1["id"].as_str().unwrap().to_owned())
        .collect();
    let newest: Vec<String> = made.iter().rev().cloned().collect();
    let mut list = |query: &str| ids(&call(&mut world, "GET", &format!("/api/orders/?{query}"), "", T0 + 100).1);
    assert_eq!(list(""), newest[..10]);
    assert_eq!(list("limit=5"), newest[..5]);
    assert_eq!(list("limit=10&page=3"), newest[20..]);
    assert_eq!(list("statuses=paid,processing"), Vec::<String>::new());
    assert_eq!(list("statuses=active,paid&limit=3"), newest[..3]);
    set(&mut world, Foxreload, json!({"paging_works": false, "list_max": 8}), T0 + 100);
    let mut list = |query: &str| ids(&call(&mut world, "GET", &format!("/api/orders/?{query}"), "", T0 + 100).1);
    assert_eq!(list("limit=100&page=2"), newest[..8]);
}

/// FR-7: the list has one of two shapes, and its path one of two forms; the other one is redirected.
#[test]
fn fr_7_the_shape_and_the_slash() {
    let mut world = world();
    create(&mut world, &top_up("product_01a", 1), T0);
    set(&mut world, Foxreload, json!({"list_shape": "orders"}), T0);
    let (_, list) = call(&mut world, "GET", "/api/orders?limit=1", "", T0);
    assert_eq!(ids(&list["orders"]).len(), 1);
    for (slash, path, status) in [
        ("with", "/api/orders", 308),
        ("with", "/api/orders/", 200),
        ("without", "/api/orders", 200),
        ("without", "/api/orders/", 308),
    ] {
        set(&mut world, Foxreload, json!({"slash": slash}), T0);
        assert_eq!(call(&mut world, "GET", &format!("{path}?limit=1"), "", T0).0, status, "{slash} {path}");
    }
    set(&mut world, Foxreload, json!({"slash": "with", "slash_redirect_status": 307}), T0);
    assert_eq!(create(&mut world, &top_up("product_01a", 1), T0).0, 307);
    assert_eq!(world.truth(T0).len(), 1);
}

/// FR-9: an order that is not paid waits and expires.
#[test]
fn fr_9_without_automatic_payment_an_order_waits_and_expires() {
    let mut world = world();
    set(&mut world, Foxreload, json!({"auto_pay": false}), T0);
    let paid = create(&mut world, &top_up("product_01a", 1), T0).1["id"].as_str().unwrap().to_owned();
    let unpaid = create(&mut world, &top_up("product_01a", 1), T0).1["id"].as_str().unwrap().to_owned();
    let late = T0 + 30 * MINUTE;
    assert_eq!(call(&mut world, "POST", &format!("/api/orders/{paid}/pay"), "{}", T0 + MINUTE).1["status"], "paid");
    let (_, order) = call(&mut world, "GET", &format!("/api/orders/{unpaid}"), "", late - 1);
    assert_eq!(order["status"], "active");
    let (_, order) = call(&mut world, "GET", &format!("/api/orders/{unpaid}"), "", late);
    assert_eq!((&order["status"], &order["cancelReason"]), (&json!("cancelled"), &json!("payment_expiration")));
    let (_, order) = call(&mut world, "GET", &format!("/api/orders/{paid}"), "", late);
    assert_eq!(order["status"], "completed");
    assert_eq!(world.truth(late)[1].ended_at_ms, Some(late));
    set(&mut world, Foxreload, json!({"auto_pay": true}), late);
    let paid = create(&mut world, &top_up("product_01a", 1), late).1["id"].as_str().unwrap().to_owned();
    let (_, order) = call(&mut world, "GET", &format!("/api/orders/{paid}"), "", late + 30 * MINUTE);
    assert_eq!(order["status"], "completed", "the other way");
}

/// FR-4 and FR-5: two equal orders differ in nothing but their ids.
#[test]
fn fr_4_5_a_stranger_places_an_equal_order() {
    let mut world = world();
    assert!(world.place_stranger(&StrangerOrder::copy_of_newest(Foxreload), T0).is_err());
    create(&mut world, &top_up("product_01a", 2), T0);
    let id = world.place_stranger(&StrangerOrder::copy_of_newest(Foxreload), T0 + SECOND).unwrap();
    let truth = world.truth(T0 + SECOND);
    assert_eq!((truth[1].by_stranger, &truth[1].platform_order_id), (true, &id));
    assert_eq!(truth[0].fingerprint, truth[1].fingerprint);
    let (_, list) = call(&mut world, "GET", "/api/orders/?limit=5", "", T0 + SECOND);
    let rows = list.as_array().unwrap();
    assert_eq!((rows.len(), &rows[0]["items"]), (2, &rows[1]["items"]));
}

/// FR-11: products are listed and found by name; an order costs what the list says.
#[test]
fn fr_11_products_are_listed_by_category_and_found_by_name() {
    let mut world = world();
    let mut ids_of = |target: &str| ids(&call(&mut world, "GET", target, "", T0).1);
    assert_eq!(ids_of("/api/products/").len(), 5);
    assert_eq!(ids_of("/api/products/?category_id_or_slug=steam"), ["product_01steam10", "product_01steam20"]);
    assert_eq!(ids_of("/api/products/search?query=FIRE"), ["product_01ff1080"]);
    let (_, list) = call(&mut world, "GET", "/api/products/", "", T0);
    assert!(list[0]["price"].is_number() && list[0]["stock"].is_u64(), "{list}");
    let (_, order) = create(&mut world, &top_up("product_01steam10", 1), T0);
    assert_eq!(order["totalPrice"], list[0]["price"], "an order costs what the list says");
}

/// FR-18: a wrong or a revoked key is 401, one that is not let in 403, and nothing exists.
#[test]
fn fr_18_the_key_is_checked() {
    let mut world = world();
    let mut wrong = request(&world, "POST", "/api/orders", &top_up("product_01a", 1));
    wrong.headers[0].1.push('x');
    assert_eq!(answered(&mut world, &wrong, T0).status, 401);
    let good = request(&world, "POST", "/api/orders", &top_up("product_01a", 1));
    for (switch, status) in [("credentials_revoked", 401), ("account_inactive", 403)] {
        set(&mut world, Foxreload, json!({switch: true}), T0);
        assert_eq!(answered(&mut world, &good, T0).status, status, "{switch}");
        set(&mut world, Foxreload, json!({switch: false}), T0);
    }
    assert!(world.truth(T0).is_empty());
}

/// FR-8: a request may be carried out long after its connection closed: nothing stops it, and it is one more order.
#[test]
fn fr_8_a_late_request_is_an_order_all_the_same() {
    let mut world = world();
    world.queue_fault(OneShot { ms: Some(90_000), ..OneShot::next(FaultKind::LateCommit) }).unwrap();
    let posted = request(&world, "POST", "/api/orders", &top_up("product_01a", 1));
    world.request(&posted, T0);
    assert_eq!(listed(&mut world, "", T0 + MINUTE).len(), 0);
    assert_eq!(answered(&mut world, &posted, T0 + MINUTE).status, 201, "sent again, it is made at once");
    assert_eq!(world.truth(T0 + 2 * MINUTE).len(), 2, "and the late one is a second order");
    assert_eq!(listed(&mut world, "", T0 + 2 * MINUTE).len(), 2);
}

fn listed(world: &mut World, query: &str, now: i64) -> Vec<String> {
    ids(&call(world, "GET", &format!("/api/orders/?{query}"), "", now).1)
}

/// So many orders, a second apart; their ids, oldest first.
fn made(world: &mut World, count: i64) -> Vec<String> {
    let one = |n| create(world, &top_up("product_01a", 1), T0 + n * SECOND).1["id"].as_str().unwrap().to_owned();
    (0..count).map(one).collect()
}

/// FR-12: nothing is said of how soon a list shows an order; by its id it is shown at once.
#[test]
fn fr_12_the_list_may_lag_behind() {
    let mut world = world();
    set(&mut world, Foxreload, json!({"list_lag_ms": 5000}), T0);
    let id = made(&mut world, 1).remove(0);
    assert_eq!(call(&mut world, "GET", &format!("/api/orders/{id}"), "", T0).0, 200);
    assert!(listed(&mut world, "", T0 + 4_999).is_empty());
    assert_eq!(listed(&mut world, "", T0 + 5_000), [id]);
    set(&mut world, Foxreload, json!({"list_lag_ms": 0}), T0 + 5_000);
    made(&mut world, 1);
    assert_eq!(listed(&mut world, "", T0 + 5_000).len(), 2, "at once");
}

/// FR-13: the pages speak of recent orders; that the newest come first is an assumption. In another order a list that
/// is cut hides the newest, or any.
#[test]
fn fr_13_the_order_of_the_list() {
    let (mut world, now) = (world(), T0 + MINUTE);
    let oldest = made(&mut world, 25);
    let newest: Vec<String> = oldest.iter().rev().cloned().collect();
    assert_eq!(listed(&mut world, "limit=100", now), newest);
    set(&mut world, Foxreload, json!({"oldest_first": true, "list_max": 10}), now);
    assert_eq!(listed(&mut world, "limit=100", now), oldest[..10]);
    set(&mut world, Foxreload, json!({"oldest_first": false, "list_unsorted": true, "list_max": 100}), now);
    let mixed = listed(&mut world, "limit=100", now);
    assert!(mixed != newest && mixed != oldest, "{mixed:?}");
    assert_eq!(listed(&mut world, "limit=100", now), mixed, "always the same");
    let sorted = |ids: &[String]| ids.iter().cloned().collect::<std::collections::BTreeSet<_>>();
    assert_eq!(sorted(&mixed), sorted(&oldest), "and every one is there");
}

/// FR-14: an order that has ended stays in the list, but for the four statuses that the article's own scan asks for.
#[test]
fn fr_14_an_order_that_has_ended_is_hidden_by_a_filter_alone() {
    let (mut world, now) = (world(), T0 + MINUTE);
    let made = made(&mut world, 3);
    world.advance(Foxreload, &made[0], "failed", now).unwrap();
    world.advance(Foxreload, &made[1], "cancelled", now).unwrap();
    let article = "limit=10&statuses=active,paid,processing,completed";
    assert_eq!(listed(&mut world, article, now), made[2..]);
    assert_eq!(listed(&mut world, "limit=10", now).len(), 3);
    set(&mut world, Foxreload, json!({"filter_ignored": true}), now);
    assert_eq!(listed(&mut world, article, now).len(), 3);
}

/// FR-15: 5 and 10 are shown as limits; what becomes of a larger one is not documented: cut, or as if none was given.
#[test]
fn fr_15_a_large_limit_is_cut_or_ignored() {
    let (mut world, now) = (world(), T0 + MINUTE);
    made(&mut world, 25);
    for (ignored, usual, rows) in [(false, 10, 20), (true, 10, 10), (true, 5, 5)] {
        let change = json!({"list_max": 20, "large_limit_ignored": ignored, "page_default": usual});
        set(&mut world, Foxreload, change, now);
        assert_eq!(listed(&mut world, "limit=100", now).len(), rows);
        assert_eq!(listed(&mut world, "limit=10", now).len(), 10, "what the pages show works");
        assert_eq!(listed(&mut world, "", now).len(), usual);
    }
}

/// FR-16: whether an item's note is shown again is not documented.
#[test]
fn fr_16_a_note_may_be_echoed() {
    let mut world = world();
    let noted = json!({"items": [{"itemId": "product_01a", "quantity": 1, "note": {"player_id": "77"}}]}).to_string();
    for echoed in [false, true] {
        set(&mut world, Foxreload, json!({"note_echoed": echoed}), T0);
        assert_eq!(create(&mut world, &noted, T0).1.to_string().contains("77"), echoed);
        assert_eq!(call(&mut world, "GET", "/api/orders/?limit=1", "", T0).1.to_string().contains("77"), echoed);
    }
}

/// FR-17: what a test order is beyond its name is not documented: it may stand in no list.
#[test]
fn fr_17_test_orders_may_stand_in_no_list() {
    let mut world = world();
    let mock = json!({"items": [{"itemId": "product_01a", "quantity": 1}], "isMock": true}).to_string();
    let (status, order) = create(&mut world, &mock, T0);
    let id = order["id"].as_str().unwrap().to_owned();
    assert_eq!((status, listed(&mut world, "", T0)), (201, vec![id.clone()]));
    set(&mut world, Foxreload, json!({"mocks_unlisted": true}), T0);
    assert!(listed(&mut world, "", T0).is_empty());
    assert_eq!(call(&mut world, "GET", &format!("/api/orders/{id}"), "", T0).0, 200);
    create(&mut world, &mock.replace("true", "false"), T0);
    assert_eq!(listed(&mut world, "", T0).len(), 1, "one that is no test stands there");
}

/// FR-19: neither a rate limit nor what a 429 says is documented.
#[test]
fn fr_19_a_limit_may_say_when_to_come_back() {
    let mut world = world();
    let posted = request(&world, "POST", "/api/orders", &top_up("product_01a", 1));
    for shown in [true, false] {
        set(&mut world, Foxreload, json!({"rate_limit_per_minute": 1, "retry_after_shown": shown}), T0);
        answered(&mut world, &posted, T0);
        let over = answered(&mut world, &posted, T0);
        let says = over.headers.iter().any(|(name, _)| name == "retry-after");
        assert_eq!((over.status, says), (429, shown));
    }
    assert_eq!(world.truth(T0).len(), 1, "what is over the limit makes nothing");
}

/// FR-20: no cancel is documented, though an order may be cancelled by its user.
#[test]
fn fr_20_there_is_no_cancel() {
    let mut world = world();
    let id = made(&mut world, 1).remove(0);
    for (method, path) in [("POST", format!("/api/orders/{id}/cancel")), ("DELETE", format!("/api/orders/{id}"))] {
        assert_eq!(call(&mut world, method, &path, "{}", T0).0, 404, "{method} {path}");
    }
    world.advance(Foxreload, &id, "cancelled", T0).unwrap();
    assert_eq!(call(&mut world, "GET", &format!("/api/orders/{id}"), "", T0).1["status"], "cancelled");
}

/// FR-21: whether the list shows orders that have ended, unless it is asked for such.
#[test]
fn fr_22_the_list_may_forget_what_is_old() {
    let mut world = world();
    let made = made(&mut world, 2);
    for (kept, shown) in [(0, made.len()), (MINUTE, 0)] {
        set(&mut world, Foxreload, json!({"retention_ms": kept}), T0 + MINUTE);
        assert_eq!(listed(&mut world, "limit=10", T0 + 2 * MINUTE).len(), shown, "{kept}");
    }
}

#[test]
fn fr_21_the_list_shows_ended_ones_or_hides_them() {
    let (mut world, now) = (world(), T0 + MINUTE);
    set(&mut world, Foxreload, json!({"stage_ms": 0}), T0);
    let made = made(&mut world, 3);
    world.advance(Foxreload, &made[0], "failed", now).unwrap();
    for (hides, shown) in [(false, 3), (true, 2)] {
        set(&mut world, Foxreload, json!({"lookup_hides_ended": hides}), now);
        assert_eq!(listed(&mut world, "limit=10", now).len(), shown, "{hides}");
        assert_eq!(listed(&mut world, "limit=10&statuses=failed", now), made[..1], "{hides}");
    }
}
