//! Print.one's contract, the rest of it: whose a key is, what a balance that is too low is answered, and what is left of an
//! old order.

mod common;

use common::{HOUR, T0, answered, call, json_of, postcard, request, set, world};
use docket_practice::{PracticePlatform::PrintOne, Reply, World};
use serde_json::{Value, json};

/// A create under a key, by the company's first API key or by its second.
fn create(world: &mut World, second: bool, key: &str, now: i64) -> Reply {
    let mut posted = request(world, "POST", "/v2/orders", &postcard("SO-1", "X1"));
    if second {
        posted.headers[0].1.push_str("_2");
    }
    posted.headers.push(("idempotency-key".into(), key.into()));
    answered(world, &posted, now)
}

/// PO-22: whether a key is known under the API key that it came with or under all of the company is not documented.
#[test]
fn po_22_a_key_is_the_api_keys_or_the_companys() {
    for (companys, orders) in [(false, 2), (true, 1)] {
        let mut world = world();
        set(&mut world, PrintOne, json!({"keys_per_company": companys}), T0);
        for second in [false, true, true, false] {
            assert_eq!(create(&mut world, second, "k", T0 + HOUR).status, 201);
        }
        assert_eq!(world.truth(T0 + HOUR).len(), orders, "the company's: {companys}");
        let mut other = request(&world, "GET", "/v2/orders", "");
        other.headers[0].1.push_str("_3");
        assert_eq!(answered(&mut world, &other, T0 + HOUR).status, 401, "there are two API keys");
    }
}

/// PO-23: an old order loses what is about people, and keeps its billing id.
#[test]
fn po_23_an_old_order_loses_its_addresses_and_not_its_billing_id() {
    let mut world = world();
    let made = json_of(&create(&mut world, false, "k", T0));
    set(&mut world, PrintOne, json!({"anonymized_after_ms": HOUR}), T0);
    let path = format!("/v2/orders/{}", made["id"].as_str().unwrap());
    let before = call(&mut world, "GET", &path, "", T0 + HOUR - 1).1;
    assert_eq!((&before["anonymizedAt"], &before["recipient"]), (&Value::Null, &made["recipient"]));
    let after = call(&mut world, "GET", &path, "", T0 + HOUR).1;
    assert_eq!(
        (&after["recipient"], &after["mergeVariables"], &after["sender"]),
        (&Value::Null, &Value::Null, &Value::Null)
    );
    assert_eq!((&after["billingId"], &after["templateId"]), (&json!("SO-1"), &made["templateId"]));
    assert!(after["anonymizedAt"].is_string(), "{after}");
    let found = call(&mut world, "GET", "/v2/orders?filter.billingId=$in:SO-1", "", T0 + HOUR).1;
    assert_eq!(found["data"][0]["id"], made["id"]);
}

/// PO-24: the balance is prepaid; how an empty one is told is not documented. 402 is an assumption.
#[test]
fn po_24_a_balance_that_is_too_low_makes_nothing() {
    let mut world = world();
    set(&mut world, PrintOne, json!({"balance_too_low": true}), T0);
    assert_eq!((create(&mut world, false, "k", T0).status, world.truth(T0).len()), (402, 0));
    set(&mut world, PrintOne, json!({"balance_too_low": false}), T0);
    assert_eq!((create(&mut world, false, "k", T0).status, world.truth(T0).len()), (201, 1), "it was not stored");
}

/// PO-26: whether the lookup by billing id shows orders that have ended, unless it is asked for such.
#[test]
fn po_26_the_lookup_shows_ended_ones_or_hides_them() {
    let mut world = world();
    let made = json_of(&create(&mut world, false, "k", T0));
    world.advance(PrintOne, made["id"].as_str().unwrap(), "order_pdf_delivered", T0 + 1).unwrap();
    let mut find = |hides: bool, query: &str| {
        set(&mut world, PrintOne, json!({"lookup_hides_ended": hides}), T0 + 2);
        let (_, page) = call(&mut world, "GET", &format!("/v2/orders?{query}"), "", T0 + 2);
        page["data"].as_array().unwrap().len()
    };
    let billing_id = made["billingId"].as_str().unwrap();
    for (hides, shown) in [(false, 1), (true, 0)] {
        assert_eq!(find(hides, &format!("filter.billingId=$in:{billing_id}")), shown, "{hides}");
        assert_eq!(find(hides, "limit=10"), 1, "{hides}");
    }
}
