//! Uber Direct's contract, row by row: tokens, keys, references and the scan. Rows are named UD-1, UD-2, ...; each test
//! says which it holds. UD-12 and following are in `uber_direct_operations.rs`.

mod common;

use common::{
    HOUR, MINUTE, SECOND, T0, answered, ask_token,
    direct::{Direct, open, order},
    direct_order, json_of, net, set, token_form, world,
};
use docket_practice::{FaultKind, OneShot, PracticePlatform::UberDirect, StrangerOrder};
use serde_json::{Value, json};

/// UD-1: a token is had for client id and secret in a form, with the right grant and scope, and opens the door.
#[test]
fn ud_1_a_token_opens_the_door() {
    let mut world = world();
    let good = token_form(&world);
    let rows = [
        (good.replace("client_credentials", "password"), 400, "unsupported_grant_type"),
        (good.replace("eats.deliveries", "profile"), 400, "invalid_scope"),
        (good.replace("client_secret=", "client_secret=x"), 401, "invalid_client"),
        ("{}".into(), 401, "invalid_client"),
    ];
    for (form, status, error) in rows {
        let (refused, body) = ask_token(&mut world, &form, T0);
        assert_eq!((refused, &body["error"]), (status, &json!(error)), "{form}");
    }
    let (_, body) = ask_token(&mut world, &good, T0);
    assert_eq!(
        (&body["token_type"], &body["expires_in"], &body["scope"]),
        (&json!("Bearer"), &json!(2_592_000), &json!("eats.deliveries"))
    );
    let token = body["access_token"].as_str().unwrap();
    let got = common::direct(&world, token, "GET", "/deliveries", "");
    assert_eq!(answered(&mut world, &got, T0).status, 200);
    let wrong = common::direct(&world, "IA.none", "GET", "/deliveries", "");
    let refused = answered(&mut world, &wrong, T0);
    assert_eq!((refused.status, &json_of(&refused)["code"]), (401, &json!("unauthorized")));
    let mut other = got.clone();
    other.path = "/v1/customers/cus_other/deliveries".into();
    assert_eq!(json_of(&answered(&mut world, &other, T0))["code"], "customer_not_found");
    set(&mut world, UberDirect, json!({"credentials_revoked": true}), T0);
    assert_eq!(ask_token(&mut world, &good, T0).0, 401);
    assert_eq!(answered(&mut world, &got, T0).status, 401);
    set(&mut world, UberDirect, json!({"credentials_revoked": false, "account_inactive": true}), T0);
    assert_eq!(json_of(&answered(&mut world, &got, T0))["code"], "customer_blocked");
}

/// UD-2: a token expires, or is revoked before its time; a new one is good at once.
#[test]
fn ud_2_a_token_ends_and_is_renewed() {
    let mut direct = open();
    direct.set(json!({"token_life_s": 60}), T0);
    assert_eq!(direct.call("GET", "/deliveries", "", T0 + MINUTE - 1).0, 200);
    assert_eq!(direct.call("GET", "/deliveries", "", T0 + MINUTE).0, 401);
    let form = token_form(&direct.world);
    let renew = |direct: &mut Direct, now: i64| {
        let token = ask_token(&mut direct.world, &form, now).1["access_token"].as_str().unwrap().to_owned();
        std::mem::replace(&mut direct.token, token)
    };
    let first = renew(&mut direct, T0 + MINUTE);
    assert_ne!(first, direct.token);
    assert_eq!(direct.call("GET", "/deliveries", "", T0 + MINUTE).0, 200);
    for _ in 0..2 {
        direct.set(json!({"tokens_revoked": true}), T0 + MINUTE);
        assert_eq!(direct.call("GET", "/deliveries", "", T0 + MINUTE).0, 401);
        renew(&mut direct, T0 + MINUTE);
        assert_eq!(direct.call("GET", "/deliveries", "", T0 + MINUTE).0, 200, "later ones are good");
        direct.set(json!({"tokens_revoked": false}), T0 + MINUTE);
        assert_eq!(direct.call("GET", "/deliveries", "", T0 + MINUTE).0, 200);
    }
}

/// UD-3: a key makes no second order within 60 minutes of its first request. Whether it is answered 409 or with the
/// delivery is not documented; nor is it sure that the 409 names the delivery.
#[test]
fn ud_3_a_known_key_makes_no_second_order() {
    for (switches, status, pointer) in [
        (json!({}), 409, "/metadata/delivery_id"),
        (json!({"duplicate_answer": "conflict_without_pointer"}), 409, "/none"),
        (json!({"repeat_answer": "existing"}), 200, "/id"),
    ] {
        let mut direct = open();
        direct.set(switches.clone(), T0);
        let (created, first) = direct.create(&order("SO-1", "SO-1#1"), T0);
        assert_eq!(
            (created, &first["external_id"], &first["manifest"]["reference"]),
            (200, &json!("SO-1"), &json!("SO-1"))
        );
        let (again, body) = direct.create(&order("SO-1", "SO-1#1"), T0 + HOUR - 1);
        assert_eq!((again, direct.orders(T0 + HOUR)), (status, 1), "{switches}");
        assert_eq!(body.pointer(pointer), first.get("id").filter(|_| pointer != "/none"), "{switches}: {body}");
        if status == 409 {
            assert_eq!((&body["code"], &body["kind"]), (&json!("duplicate_delivery"), &json!("error")));
        }
    }
}

/// UD-4: a known key with another body: the body is ignored, or the request refused.
#[test]
fn ud_4_another_body_under_a_known_key() {
    for (refused, status) in [(false, 200), (true, 409)] {
        let mut direct = open();
        direct.set(json!({"repeat_answer": "existing", "key_other_body_refused": refused}), T0);
        direct.create(&order("SO-1", "k"), T0);
        let (code, body) = direct.create(&order("SO-2", "k"), T0 + 1);
        assert_eq!((code, direct.orders(T0 + 1)), (status, 1));
        if status == 200 {
            assert_eq!(body["external_id"], "SO-1", "the echo tells that it is not ours");
        }
    }
}

/// UD-5: two at once are not documented: one waits in vain, or both are made.
#[test]
fn ud_5_two_at_once() {
    for (switches, second, orders) in [
        (json!({"in_progress_ms": 300, "repeat_answer": "existing"}), 409, 1),
        (json!({"create_latency_ms": 600, "repeat_answer": "existing"}), 409, 1),
        (json!({"race_window_ms": 300}), 200, 2),
    ] {
        let mut direct = open();
        direct.set(switches.clone(), T0);
        direct.create(&order("SO-1", "k"), T0);
        assert_eq!(direct.create(&order("SO-1", "k"), T0 + 299).0, second, "{switches}");
        assert_eq!(direct.orders(T0 + 299), orders, "{switches}");
        direct.create(&order("SO-1", "k"), T0 + 2 * SECOND);
        assert_eq!(direct.orders(T0 + 2 * SECOND), orders, "{switches}");
    }
}

/// UD-6: whether a 500 is stored under its key is not documented.
#[test]
fn ud_6_a_500_is_stored_or_not() {
    for (stored, kind, replayed, orders) in [
        (true, FaultKind::Error500After, 500, 1),
        (true, FaultKind::Error500Before, 500, 0),
        (false, FaultKind::Error500After, 409, 1),
        (false, FaultKind::Error500Before, 200, 1),
    ] {
        let mut direct = open();
        direct.set(json!({"stored_failures": stored}), T0);
        direct.world.queue_fault(OneShot::next(kind)).unwrap();
        let (status, body) = direct.create(&order("SO-1", "k"), T0);
        assert_eq!((status, &body["code"]), (500, &json!("internal_server_error")));
        assert_eq!(direct.create(&order("SO-1", "k"), T0 + 1).0, replayed, "{stored} {kind:?}");
        assert_eq!(direct.orders(T0 + 1), orders, "{stored} {kind:?}");
    }
}

/// UD-7: a key that has expired creates again, unless the pair of references is still held.
#[test]
fn ud_7_an_expired_key_leaves_the_pair() {
    for (rule, status, orders) in [("while_active", 409, 1), ("forever", 409, 1), ("off", 200, 2)] {
        let mut direct = open();
        direct.set(json!({"pair_rule": rule, "stage_ms": 0}), T0);
        direct.create(&order("SO-1", "k"), T0);
        assert_eq!(direct.create(&order("SO-1", "k"), T0 + HOUR).0, status, "{rule}");
        assert_eq!(direct.orders(T0 + HOUR), orders, "{rule}");
        // Older pages say six hours.
        direct.set(json!({"key_lifetime_ms": 6 * HOUR}), T0 + HOUR);
        direct.create(&order("SO-1", "k"), T0 + 6 * HOUR - 1);
        assert_eq!(direct.orders(T0 + 6 * HOUR), orders, "{rule}: a key that lives longer is still known");
    }
    assert_eq!(common::defaults(UberDirect).key_lifetime_ms, 3_600_000);
}

/// UD-8: once the first delivery has ended, pair and key may be free or not.
#[test]
fn ud_8_what_an_ended_delivery_gives_free() {
    let rows = [
        (json!({}), "k", 409, 1),
        (json!({}), "k2", 200, 2),
        (json!({"pair_rule": "forever"}), "k2", 409, 1),
        (json!({"ended_frees_key": true}), "k", 200, 2),
        (json!({"ended_frees_key": true, "pair_rule": "forever"}), "k", 409, 1),
    ];
    for status in ["delivered", "canceled", "returned"] {
        for (switches, key, again, orders) in &rows {
            let mut direct = open();
            direct.set(switches.clone(), T0);
            let (_, first) = direct.create(&order("SO-1", "k"), T0);
            direct.world.advance(UberDirect, first["id"].as_str().unwrap(), status, T0 + 1).unwrap();
            assert_eq!(direct.create(&order("SO-1", key), T0 + 2).0, *again, "{status} {switches} {key}");
            assert_eq!(direct.orders(T0 + 2), *orders, "{status} {switches} {key}");
        }
    }
}

/// UD-9: the pair counts as a whole, and only where both are given; a key of its own may overrule it.
#[test]
fn ud_9_the_pair_of_references() {
    let edited = |field: &str, value: Value| {
        let mut body = order("SO-1", "k2");
        body[field] = value;
        body
    };
    let rows = [
        (json!({}), order("SO-1", "k2"), 409),
        (json!({"key_overrules_pair": true}), order("SO-1", "k2"), 200),
        (json!({"key_overrules_pair": true}), edited("idempotency_key", Value::Null), 409),
        (json!({}), edited("manifest_reference", json!("SO-1-r2")), 200),
        (json!({}), edited("external_id", json!("SO-1-r2")), 200),
        (json!({}), edited("manifest_reference", Value::Null), 200),
        (json!({"pair_rule": "off"}), order("SO-1", "k2"), 200),
    ];
    for (row, (switches, body, status)) in rows.into_iter().enumerate() {
        let mut direct = open();
        direct.set(switches, T0);
        direct.create(&order("SO-1", "k"), T0);
        assert_eq!(direct.create(&body, T0 + 1).0, status, "row {row}");
        assert_eq!(direct.orders(T0 + 1), if status == 200 { 2 } else { 1 }, "row {row}");
    }
}

/// UD-10: a lookup is a scan: no filter on a reference, `external_id` is echoed, two spellings of the offset, a
/// `next_href` without a scheme, and an order that is not documented.
#[test]
fn ud_10_the_list_is_scanned_page_by_page() {
    let mut direct = open();
    for number in 0..25 {
        direct.create(&order(&format!("SO-{number}"), &format!("k{number}")), T0 + number);
    }
    let now = T0 + SECOND;
    assert_eq!(direct.list("external_id=SO-3&limit=50", now).len(), 25, "no such filter");
    assert_eq!(direct.list("", now).len(), 10);
    assert_eq!(direct.list("limit=2", now), ["SO-24", "SO-23"]);
    let (_, page) = direct.call("GET", "/deliveries?limit=10&filter=ongoing", "", now);
    let next = page["next_href"].as_str().unwrap();
    let customer = direct.world.merchant_id(UberDirect).unwrap();
    assert_eq!(next, format!("localhost/v1/customers/{customer}/deliveries?filter=ongoing&limit=10&offset=10"));
    let (_, last) = direct.call("GET", "/deliveries?limit=10&offset=20", "", now);
    assert_eq!((last["data"].as_array().unwrap().len(), &last["next_href"]), (5, &Value::Null));
    for (spelling, capital, small) in
        [("both", "SO-19", "SO-19"), ("capital", "SO-19", "SO-24"), ("small", "SO-24", "SO-19")]
    {
        direct.set(json!({"offset_spelling": spelling}), now);
        assert_eq!(direct.list("limit=1&Offset=5", now), [capital], "{spelling}");
        assert_eq!(direct.list("limit=1&offset=5", now), [small], "{spelling}");
    }
    direct.set(json!({"oldest_first": true, "list_max": 3}), now);
    assert_eq!(direct.list("limit=50", now), ["SO-0", "SO-1", "SO-2"]);
    direct.set(json!({"list_unsorted": true, "list_max": 50}), now);
    let mixed = direct.list("limit=50", now);
    let mut sorted = mixed.clone();
    sorted.sort_by_key(|reference| reference[3..].parse::<u32>().unwrap());
    assert_eq!(sorted.len(), 25, "every one is there");
    assert!(mixed != sorted && mixed.iter().rev().ne(&sorted), "{mixed:?}");
    direct.set(json!({"list_unsorted": false}), now);
    assert_eq!(direct.call("GET", "/deliveries?filter=lost", "", now).0, 400);
    assert!(direct.list("filter=delivered", now).is_empty());
    direct.set(json!({"filter_ignored": true, "page_default": 2}), now);
    assert_eq!(direct.list("filter=delivered", now).len(), 2);
}

/// UD-11: another client of the same account may have taken the pair: the delivery that the 409 names has to be looked
/// at. Others' deliveries stand in the same list.
#[test]
fn ud_11_a_stranger_may_have_the_references() {
    let mut direct = open();
    let Value::Object(body) = direct_order("SO-1", None, "Somebody else") else { unreachable!() };
    let stranger = StrangerOrder { body: Some(body), ..StrangerOrder::copy_of_newest(UberDirect) };
    let theirs = direct.world.place_stranger(&stranger, T0).unwrap();
    let (status, body) = direct.create(&order("SO-1", "k"), T0 + 1);
    assert_eq!((status, &body["metadata"]["delivery_id"]), (409, &json!(theirs)));
    let (_, got) = direct.call("GET", &format!("/deliveries/{theirs}"), "", T0 + 1);
    assert_eq!((&got["external_id"], &got["dropoff"]["name"]), (&json!("SO-1"), &json!("Somebody else")));
    let twin = StrangerOrder { reference: Some("SO-9".into()), ..StrangerOrder::copy_of_newest(UberDirect) };
    assert_eq!(direct.create(&order("SO-2", "k2"), T0 + 2).0, 200);
    direct.world.place_stranger(&twin, T0 + 3).unwrap();
    assert_eq!(direct.list("", T0 + 3), ["SO-9", "SO-2", "SO-1"]);
    assert_eq!(direct.world.truth(T0 + 3).iter().filter(|order| order.by_stranger).count(), 2);
}

/// UD-1, UD-2 and UD-3 over HTTP: the printed secrets suffice; token, key and delivery outlive a restart.
#[tokio::test]
async fn over_http_and_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let (served, client) = (net::served(folder.path()).await, net::client());
    let endpoint = served.endpoint(UberDirect).unwrap().clone();
    let secret = |name: &str| endpoint.secrets[name].as_str().unwrap().to_owned();
    let form = format!(
        "client_id={}&client_secret={}&grant_type=client_credentials&scope=eats.deliveries",
        secret("client_id"),
        secret("client_secret")
    );
    assert_eq!(secret("token_url"), format!("{}/oauth/v2/token", endpoint.base_url));
    let asked = client.post(secret("token_url")).header("content-type", "application/x-www-form-urlencoded").body(form);
    let body: Value = asked.send().await.unwrap().json().await.unwrap();
    let token = body["access_token"].as_str().unwrap().to_owned();
    let url = format!("{}/v1/customers/{}/deliveries", endpoint.base_url, secret("customer_id"));
    let send = || client.post(&url).bearer_auth(&token).json(&order("SO-1", "SO-1#1")).send();
    let first: Value = send().await.unwrap().json().await.unwrap();
    assert_eq!(first["external_id"], "SO-1");
    served.stop().await;

    let served = net::served(folder.path()).await;
    assert_eq!(served.endpoint(UberDirect), Some(&endpoint), "same address, same secrets");
    let again = send().await.unwrap();
    assert_eq!(again.status(), 409);
    assert_eq!(again.json::<Value>().await.unwrap()["metadata"]["delivery_id"], first["id"]);
    for number in 2..5 {
        let body = order(&format!("SO-{number}"), &format!("k{number}"));
        assert_eq!(client.post(&url).bearer_auth(&token).json(&body).send().await.unwrap().status(), 200);
    }
    // The link to the next page has no scheme.
    let (mut next, mut seen) = (format!("{url}?limit=3"), Vec::new());
    for _ in 0..2 {
        let page: Value = client.get(&next).bearer_auth(&token).send().await.unwrap().json().await.unwrap();
        seen.extend(page["data"].as_array().unwrap().iter().map(|row| row["external_id"].clone()));
        next = format!("http://{}", page["next_href"].as_str().unwrap_or_default());
    }
    assert_eq!(seen, ["SO-4", "SO-3", "SO-2", "SO-1"]);
    let mut switches = served.switches(UberDirect).unwrap();
    switches.tokens_revoked = true;
    served.set_switches(UberDirect, switches).unwrap();
    served.stop().await;
    let served = net::served(folder.path()).await;
    assert_eq!(client.get(&url).bearer_auth(&token).send().await.unwrap().status(), 401, "revoked for good");
    assert_eq!(served.truth().unwrap().len(), 4);
    served.stop().await;
}

/// UD-24: whether the list shows deliveries that have ended, unless it is asked for such.
#[test]
fn ud_25_the_list_may_forget_what_is_old() {
    let mut direct = open();
    direct.create(&order("SO-1", "SO-1"), T0);
    for (kept, shown) in [(0, 1), (60_000, 0)] {
        direct.set(json!({"retention_ms": kept}), T0 + 1);
        assert_eq!(direct.list("limit=10", T0 + 60_000).len(), shown, "{kept}");
    }
}

#[test]
fn ud_24_the_list_shows_ended_ones_or_hides_them() {
    let mut direct = open();
    let [first, _] = ["SO-1", "SO-2"].map(|number| direct.create(&order(number, number), T0).1["id"].clone());
    direct.world.advance(UberDirect, first.as_str().unwrap(), "delivered", T0 + 1).unwrap();
    for (hides, shown) in [(false, 2), (true, 1)] {
        direct.set(json!({"lookup_hides_ended": hides}), T0 + 2);
        assert_eq!(direct.list("limit=10", T0 + 2).len(), shown, "{hides}");
        assert_eq!(direct.list("filter=delivered", T0 + 2), ["SO-1"], "{hides}");
    }
}
