//! Postmates against its documented answers, and against garbage.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::adapters::testing::{answer, json_answer, never_definite_without_envelope, order};

const REFERENCE: &str = "0b0c1f0e-5a67-5b3e-9c5f-0b6f4a7a0001";

fn payload() -> OrderPayload {
    Postmates.check(&order(&FORM, &[])).unwrap()
}

fn read_answer(answer: &HttpResponse, replay: bool) -> CreateReply {
    let reference = Reference::from(REFERENCE);
    let fingerprint = Postmates.fingerprint(&payload());
    Postmates.read_create(&Sent { reference: &reference, fingerprint: &fingerprint, replay }, answer)
}

fn read(status: u16, body: &Value) -> CreateReply {
    read_answer(&json_answer(status, body), false)
}

fn error(code: &str) -> Value {
    json!({"kind": "error", "code": code, "message": "m", "params": {"manifest": "why"}})
}

#[test]
fn a_create_request_has_the_bytes_of_the_fixture() {
    let request = Postmates.create_request(&payload(), &Reference::from(REFERENCE), None, true).unwrap();
    assert_eq!((request.method.as_str(), request.path.as_str()), ("POST", "/v1/deliveries"));
    assert_eq!(String::from_utf8(request.body).unwrap(), include_str!("fixtures/create.json").trim_end());
}

#[test]
fn a_success_is_read() {
    let body: Value = serde_json::from_str(include_str!("fixtures/created.json")).unwrap();
    let CreateReply::Created(order) = read(200, &body) else { panic!() };
    assert_eq!((order.id.as_str(), order.status.as_deref()), ("del_A1b2C3", Some("pending")));
    assert_eq!(order.fee, Some(crate::domain::Money { amount: 1250, currency: "USD".into() }));
    assert_eq!(order.created_ms, Some(1_772_445_600_000));
    let other = json!({"kind": "delivery", "id": "del_1", "status": "pending", "reference": "x"});
    assert!(matches!(read(200, &other), CreateReply::ExistsDifferent { .. }));
    assert!(matches!(read(202, &json!({"kind": "delivery"})), CreateReply::Exists { pointer: None, .. }));
    for body in [json!({}), json!([]), json!({"kind": "delivery_quote", "id": "dqt_1"}), json!({"ok": true, "id": 1})] {
        assert!(matches!(read(200, &body), CreateReply::Unclear { .. }), "{body}");
    }
}

/// A platform writes phones, names and addresses its own way.
#[test]
fn an_order_is_ours_however_its_echo_is_spelled() {
    let ours = Some(Postmates.fingerprint(&payload()));
    let echoed = |name: &str, phone: &str| {
        let pickup = json!({"name": "WICK & CO", "address": "12 MINT STREET, US", "phone_number": "+1 (415) 555-0100"});
        let dropoff = json!({"name": name, "address": "90 OAK STREET, US", "phone_number": phone});
        let body =
            json!({"kind": "delivery", "id": "del_1", "status": "pending", "pickup": pickup, "dropoff": dropoff});
        let CreateReply::Created(order) = read(200, &body) else { panic!("{body}") };
        order.fingerprint
    };
    for (name, phone) in [("R. Diaz", "415-555-0177"), (" r.  DIAZ ", "+1 (415) 555-0177"), ("R. diaz", "14155550177")]
    {
        assert_eq!(echoed(name, phone), ours, "{name:?} {phone}");
    }
    assert_ne!(echoed("R. Diaz", "415-555-0178"), ours, "another phone");
    assert_ne!(echoed("S. Diaz", "415-555-0177"), ours, "another name");
}

#[test]
fn a_duplicate_is_presence_in_every_documented_form() {
    let pointed = json!({"kind": "error", "code": "duplicate_delivery", "metadata": {"delivery_id": "del_9"}});
    for status in [400, 403, 409, 303] {
        let CreateReply::Exists { pointer, .. } = read(status, &pointed) else { panic!("{status}") };
        assert_eq!(pointer, Some(RemoteId::from("del_9")), "{status}");
    }
    for location in ["/v1/deliveries/del_9", "https://api.postmates.com/v1/customers/c/deliveries/del_9?x=1"] {
        let read = read_answer(&answer(303, &[("location", location)], b""), false);
        assert_eq!(read, CreateReply::Exists { pointer: Some(RemoteId::from("del_9")), why: "http 303".into() });
    }
    assert!(matches!(read_answer(&answer(409, &[], b""), false), CreateReply::Exists { pointer: None, .. }));
    assert!(matches!(read(409, &json!({})), CreateReply::Exists { pointer: None, .. }));
    for strange in [answer(409, &[], b"<html>"), answer(303, &[("location", "http://portal/login")], b"")] {
        assert!(matches!(read_answer(&strange, false), CreateReply::Unclear { .. }), "{strange:?}");
    }
}

#[test]
fn every_documented_code_has_its_class() {
    for code in [
        "invalid_params",
        "unknown_location",
        "address_undeliverable",
        "expired_quote",
        "mismatched_price_quote",
        "missing_payment",
        "pickup_window_too_small",
        "quote_not_found",
        "delivery_limit_exceeded",
    ] {
        let CreateReply::Rejected { message, .. } = read(400, &error(code)) else { panic!("{code}") };
        assert!(message.contains("manifest: why"), "{message}");
    }
    // Every order of a suspended account would be refused alike: the account waits, and the orders with it.
    for (status, code) in [
        (401, "unauthorized"),
        (403, "forbidden"),
        (403, "customer_blocked"),
        (402, "customer_suspended"),
        (404, "customer_not_found"),
    ] {
        assert_eq!(read(status, &error(code)), CreateReply::Unauthorised { code: code.into() });
    }
    for (status, code) in [
        (400, "request_timeout"),
        (408, "request_timeout"),
        (408, "invalid_params"),
        (500, "unknown_error"),
        (500, "invalid_params"),
        (500, "duplicate_delivery"),
        (503, "couriers_busy"),
        (503, "robo_couriers_busy"),
        (503, "service_unavailable"),
        (400, "noncancelable_delivery"),
        (400, "something_new"),
    ] {
        let CreateReply::Unclear { failure, .. } = read(status, &error(code)) else { panic!("{status} {code}") };
        assert_eq!(failure, Some(format!("{status} {code}")));
    }
    assert!(matches!(read(429, &error("customer_limited")), CreateReply::Busy { .. }));
    assert!(matches!(read(400, &error("request_rate_limit_exceeded")), CreateReply::Busy { .. }));
}

#[test]
fn a_used_quote_means_another_thing_on_a_replay() {
    assert!(matches!(read(400, &error("used_quote")), CreateReply::Rejected { .. }));
    let replayed = read_answer(&json_answer(400, &error("used_quote")), true);
    assert!(matches!(replayed, CreateReply::Exists { pointer: None, .. }));
}

#[test]
fn a_lookup_follows_its_links_on_the_same_host() {
    let by = LookupBy::Reference(Reference::from(REFERENCE));
    let request = Postmates.lookup_request(&by).unwrap();
    assert_eq!(request.path, format!("/v1/deliveries?reference={REFERENCE}"));
    let page = |body: &Value| Postmates.read_page(&by, &request, &json_answer(200, body));
    let row = json!({"id": "del_1", "reference": REFERENCE, "status": "canceled", "complete": true});
    let one = json!({"object": "list", "total_count": 1, "next_href": null, "data": [row]});
    let Page::Rows { rows, next: None, to_end: true } = page(&one) else { panic!("{:?}", page(&one)) };
    assert_eq!((rows[0].ended, rows[0].succeeded), (Some(true), Some(false)));
    let more =
        json!({"total_count": 9, "next_href": "https://elsewhere.example/v1/deliveries?offset=1", "data": [row]});
    let Page::Rows { next: Some(next), to_end: false, .. } = page(&more) else { panic!() };
    assert_eq!(next.path, "/v1/deliveries?offset=1", "credentials stay with the account's host");
    let classic = json!({"total_count": 9, "data": [row],
        "next_href": "https://api.postmates.com/v1/customers/cus_1/deliveries?limit=1&offset=1"});
    let Page::Rows { next: Some(next), to_end: false, .. } = page(&classic) else { panic!() };
    assert_eq!(next.path, "/v1/customers/cus_1/deliveries?limit=1&offset=1", "as it is, on the account's host");
    let short = json!({"total_count": 9, "data": [row]});
    assert!(matches!(page(&short), Page::Rows { to_end: false, next: None, .. }), "a total that is not reached");
    let itself = json!({"next_href": request.path, "data": [row]});
    assert!(matches!(page(&itself), Page::Rows { to_end: false, next: None, .. }), "a link to itself leads nowhere");
    for body in [json!({}), json!([]), json!({"data": [{"status": "pending"}]})] {
        assert!(matches!(page(&body), Page::Unclear { .. }), "{body}");
    }
    let unauthorised = Postmates.read_page(&by, &request, &json_answer(401, &error("unauthorized")));
    assert!(matches!(unauthorised, Page::Unauthorised { .. }));
}

#[test]
fn a_quote_is_asked_for_and_read() {
    let request = Postmates.quote_request(&payload(), "n1").unwrap().unwrap();
    assert_eq!((request.method.as_str(), request.path.as_str()), ("POST", "/v1/delivery_quotes"));
    let body: Value = serde_json::from_slice(&request.body).unwrap();
    assert_eq!(body["pickup_address"], "12 Mint St, San Francisco, CA");
    assert_eq!(body.as_object().unwrap().len(), 2, "a quote never holds the reference");
    let quoted: Value = serde_json::from_str(include_str!("fixtures/quote.json")).unwrap();
    let QuoteReply::Told(quote) = Postmates.read_quote(&json_answer(200, &quoted)) else { panic!() };
    assert_eq!(quote.fee, crate::domain::Money { amount: 1250, currency: "USD".into() });
    assert_eq!((quote.expires_ms, quote.arrives_ms), (Some(1_772_445_780_000), Some(1_772_448_180_000)));
    let refused = Postmates.read_quote(&json_answer(400, &error("address_undeliverable")));
    assert!(matches!(refused, QuoteReply::Rejected { code, .. } if code == "address_undeliverable"));
    let created: Value = serde_json::from_str(include_str!("fixtures/created.json")).unwrap();
    assert!(matches!(Postmates.read_quote(&json_answer(200, &created)), QuoteReply::Unclear { .. }), "no quote");
}

#[test]
fn the_mode_is_read_back() {
    for (name, test) in [
        (include_str!("fixtures/created.json"), Some(true)),
        (include_str!("fixtures/under_way.json"), Some(false)),
        (include_str!("fixtures/canceled.json"), None),
    ] {
        let GetReply::Shown(seen) = Postmates.read_get(&answer(200, &[], name.as_bytes())) else { panic!("{name}") };
        assert_eq!(seen.test, test, "{name}");
    }
}

#[test]
fn cancel_and_get_are_read() {
    let canceled = json!({"kind": "delivery", "id": "del_1", "status": "canceled", "complete": true});
    assert_eq!(Postmates.read_cancel(&json_answer(200, &canceled)), CancelReply::Cancelled { fee: None });
    let late = Postmates.read_cancel(&json_answer(400, &error("noncancelable_delivery")));
    assert_eq!(late, CancelReply::TooLate { code: "noncancelable_delivery".into() });
    assert!(matches!(Postmates.read_get(&json_answer(200, &canceled)), GetReply::Shown(_)));
    assert_eq!(Postmates.read_get(&json_answer(404, &error("delivery_not_found"))), GetReply::NotThere);
    assert!(matches!(Postmates.read_get(&answer(404, &[], b"nginx")), GetReply::Unclear { .. }));
    assert_eq!(Postmates.cancel_request(&RemoteId::from("del_1")).unwrap().path, "/v1/deliveries/del_1/cancel");
}

#[test]
fn values_are_forgiven_what_they_can_be_and_told_the_rest() {
    let with = |name: &str, value: &str| Postmates.check(&order(&FORM, &[(name, value)]));
    for phone in ["(415) 555-0177", "+1 415 555 0177", "4155550177", "1-415-555-0177"] {
        assert_eq!(with("dropoff_phone_number", phone).unwrap().get("dropoff_phone_number"), "415-555-0177", "{phone}");
    }
    assert_eq!(with("requires_id", "YES").unwrap().get("requires_id"), "true");
    for (name, value) in [("dropoff_phone_number", "555-0177"), ("dropoff_notes", &"x".repeat(281)), ("manifest", "")] {
        let errors = with(name, value).unwrap_err();
        assert_eq!((errors.len(), errors[0].field.as_str()), (1, name));
    }
}

proptest! {
    #[test]
    fn garbage_settles_nothing(status in 100u16..600, body in prop::collection::vec(any::<u8>(), 1..200), n in 0usize..9) {
        never_definite_without_envelope(&Postmates, status, &body);
        let cut = include_bytes!("fixtures/created.json");
        never_definite_without_envelope(&Postmates, status, &cut[..cut.len().saturating_sub(2 + n)]);
    }
}
