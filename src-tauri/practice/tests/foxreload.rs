//! FoxReload's contract, row by row.

mod common;

use common::{MINUTE, SECOND, T0, answered, call, request, set, top_up, world};
use docket_practice::{PracticePlatform::Foxreload, StrangerOrder, World};
use serde_json::{Value, json};

fn create(world: &mut World, body: &str, now: i64) -> (u16, Value) {
    call(world, "POST", "/api/orders", body, now)
}

fn ids(list: &Value) -> Vec<String> {
    list.as_array().unwrap().iter().map(|row| row["id"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn every_create_is_an_order_whatever_key_it_carries() {
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

#[test]
fn an_order_does_not_say_whose_it_is() {
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

#[test]
fn what_is_not_valid_is_refused_and_nothing_exists() {
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
    assert_eq!(create(&mut world, &top_up("product_01a", 1), T0).0, 400);
    assert!(world.truth(T0).is_empty());
}

#[test]
fn the_price_is_the_one_it_came_with_unless_it_drifts() {
    let mut world = world();
    let body = json!({"items": [{"itemId": "product_01a", "quantity": 1}], "totalPrice": 18.4}).to_string();
    assert_eq!(create(&mut world, &body, T0).1["totalPrice"], 18.4);
    set(&mut world, Foxreload, json!({"price_drifts": true}), T0);
    assert_ne!(create(&mut world, &body, T0).1["totalPrice"], 18.4);
}

#[test]
fn the_list_is_newest_first_with_limit_page_and_statuses() {
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

#[test]
fn the_shape_and_the_slash_are_switches() {
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

#[test]
fn without_automatic_payment_an_order_waits_and_expires() {
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

#[test]
fn a_stranger_places_an_equal_order() {
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

#[test]
fn products_are_listed_by_category_and_found_by_name() {
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

#[test]
fn the_key_is_checked() {
    let mut world = world();
    let mut wrong = request(&world, "POST", "/api/orders", &top_up("product_01a", 1));
    wrong.headers[0].1.push('x');
    assert_eq!(answered(&mut world, &wrong, T0).status, 401);
    assert!(world.truth(T0).is_empty());
}
