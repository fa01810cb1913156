//! Pathao against its documented answers, and against garbage.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::adapters::testing::{answer, json_answer, never_definite_without_envelope, order};

const REFERENCE: &str = "0b0c1f0e-5a67-5b3e-9c5f-0b6f4a7a0001";

fn payload() -> OrderPayload {
    let values = FORM.iter().map(|f| (f.name.to_owned(), f.example.to_owned())).collect();
    Pathao.check(&values).unwrap()
}

fn read(status: u16, body: &Value) -> CreateReply {
    read_as(status, body, false)
}

fn read_as(status: u16, body: &Value, replay: bool) -> CreateReply {
    let reference = Reference::from(REFERENCE);
    let fingerprint = Pathao.fingerprint(&payload());
    let sent = Sent { reference: &reference, fingerprint: &fingerprint, replay };
    Pathao.read_create(&sent, &json_answer(status, body))
}

fn error(code: &str) -> Value {
    json!({"success": false, "error": {"code": code, "message": "m", "details": ["receiver_phone: bad"]}})
}

#[test]
fn a_create_request_has_the_bytes_of_the_fixture() {
    let reference = Reference::from(REFERENCE);
    let request = Pathao.create_request(&payload(), &reference, Some(&IdempotencyKey::from("key-1")), true).unwrap();
    assert_eq!(request.path, "/v1/business/order/create");
    assert_eq!(String::from_utf8(request.body).unwrap(), include_str!("fixtures/create.json").trim_end());
    assert!(request.headers.contains(&("x-idempotency-key".into(), "key-1".into())));
    assert!(Pathao.create_request(&payload(), &reference, None, true).is_err(), "never without a key");
}

#[test]
fn empty_addresses_are_left_out() {
    let mut payload = payload();
    payload.0.remove("receiver_address_text");
    payload.0.remove("pickup_address_text");
    let request =
        Pathao.create_request(&payload, &Reference::from(REFERENCE), Some(&IdempotencyKey::from("k")), false).unwrap();
    assert!(!String::from_utf8(request.body).unwrap().contains("address_text"));
}

#[test]
fn a_success_is_read() {
    let body: Value = serde_json::from_str(include_str!("fixtures/created.json")).unwrap();
    let CreateReply::Created(order) = read(201, &body) else { panic!() };
    assert_eq!((order.id.as_str(), order.status.as_deref(), order.ended), ("PB-88", Some("PENDING"), Some(false)));
    assert_eq!(order.fee, Some(crate::domain::Money { amount: 12_000, currency: "BDT".into() }));
    let CreateReply::Created(order) = read_as(200, &body, true) else { panic!() };
    assert_eq!((order.status, order.ended), (None, None), "a replayed status is stale");
}

#[test]
fn a_success_without_an_id_is_proof_of_presence() {
    for body in [json!({"success": true}), json!({"success": true, "data": {"status": "PENDING"}})] {
        assert!(matches!(read(202, &body), CreateReply::Exists { pointer: None, .. }), "{body}");
    }
    let other = json!({"success": true, "data": {"order_id": "PB-1", "partner_reference_id": "another"}});
    assert!(matches!(read(200, &other), CreateReply::ExistsDifferent { .. }));
}

#[test]
fn every_documented_code_has_its_class() {
    for code in ["VALIDATION_ERROR", "INVALID_COORDINATES"] {
        let CreateReply::Rejected { code: read_code, message } = read(400, &error(code)) else { panic!("{code}") };
        assert_eq!(read_code, code);
        assert!(message.contains("receiver_phone: bad"), "{message}");
    }
    for (status, code) in [(401, "UNAUTHORIZED"), (403, "FORBIDDEN")] {
        assert_eq!(read(status, &error(code)), CreateReply::Unauthorised { code: code.into() });
    }
    assert!(matches!(read(409, &error("IDEMPOTENCY_CONFLICT")), CreateReply::ExistsDifferent { .. }));
    for (status, code) in [
        (404, "NOT_FOUND"),
        (409, "INVALID_STATUS_TRANSITION"),
        (500, "INTERNAL_ERROR"),
        (500, "VALIDATION_ERROR"),
        (400, "SOMETHING_NEW"),
        (200, "VALIDATION_ERROR"),
    ] {
        let CreateReply::Unclear { failure, .. } = read(status, &error(code)) else { panic!("{status} {code}") };
        assert_eq!(failure, Some(format!("{status} {code}")));
    }
    let limited = answer(429, &[("retry-after", "42")], b"<html>");
    let reference = Reference::from(REFERENCE);
    let fingerprint = Pathao.fingerprint(&payload());
    let sent = Sent { reference: &reference, fingerprint: &fingerprint, replay: false };
    assert_eq!(Pathao.read_create(&sent, &limited), CreateReply::Busy { retry_after_ms: Some(42_000) });
    for (status, failure) in [(502, None), (500, Some("500".to_owned())), (200, None), (302, None)] {
        let read = Pathao.read_create(&sent, &answer(status, &[], b"<html>sign in</html>"));
        assert!(matches!(read, CreateReply::Unclear { failure: f, .. } if f == failure), "{status}");
    }
}

#[test]
fn a_lookup_reads_every_page() {
    let by = LookupBy::Reference(Reference::from(REFERENCE));
    let request = Pathao.lookup_request(&by).unwrap();
    assert_eq!(request.path, format!("/v1/business/orders?partner_reference_id={REFERENCE}&page=1&limit=20"));
    let row = json!({"order_id": "PB-88", "partner_reference_id": REFERENCE, "status": "COMPLETED"});
    let one = json!({"success": true, "data": [row]});
    let Page::Rows { rows, next, to_end } = Pathao.read_page(&by, &request, &json_answer(200, &one)) else { panic!() };
    assert_eq!((rows.len(), next, to_end), (1, None, true));
    assert_eq!((rows[0].ended, rows[0].succeeded), (Some(true), Some(true)));
    let full = json!({"success": true, "data": vec![row; 20]});
    let Page::Rows { next, to_end, .. } = Pathao.read_page(&by, &request, &json_answer(200, &full)) else { panic!() };
    assert!(next.unwrap().path.contains("page=2&"));
    assert!(!to_end);
    let none = Pathao.read_page(&by, &request, &json_answer(404, &error("NOT_FOUND")));
    assert!(matches!(none, Page::Rows { rows, .. } if rows.is_empty()));
    for (status, body) in
        [(404, json!({})), (500, error("INTERNAL_ERROR")), (200, json!({"success": true, "data": [{}]}))]
    {
        assert!(matches!(Pathao.read_page(&by, &request, &json_answer(status, &body)), Page::Unclear { .. }), "{body}");
    }
    assert!(matches!(
        Pathao.read_page(&by, &request, &json_answer(401, &error("UNAUTHORIZED"))),
        Page::Unauthorised { .. }
    ));
    assert!(matches!(Pathao.read_page(&by, &request, &answer(429, &[], b"")), Page::Busy { retry_after_ms: None }));
}

#[test]
fn a_quote_is_asked_for_and_read() {
    let request = Pathao.quote_request(&payload(), "n1").unwrap().unwrap();
    assert_eq!((request.method.as_str(), request.path.as_str()), ("POST", "/v1/business/order/quotation"));
    assert_eq!(String::from_utf8(request.body).unwrap(), include_str!("fixtures/quote_request.json").trim_end());
    assert!(request.headers.iter().all(|(name, _)| name != "x-idempotency-key"), "keys are for creates only");
    let mut bare = payload();
    bare.0.remove("pickup_address_text");
    let lacking = Pathao.quote_request(&bare, "n1").unwrap().unwrap_err();
    assert_eq!(lacking.field, "pickup_address_text", "Pathao needs both addresses for a quote: {lacking}");
    let quoted: Value = serde_json::from_str(include_str!("fixtures/quote.json")).unwrap();
    let fee = crate::domain::Money { amount: 12_000, currency: "BDT".into() };
    let quote = crate::domain::ask::Quote::bare(fee);
    assert_eq!(Pathao.read_quote(&json_answer(200, &quoted)), QuoteReply::Told(quote));
    let refused = Pathao.read_quote(&json_answer(400, &error("INVALID_COORDINATES")));
    assert!(matches!(refused, QuoteReply::Rejected { code, .. } if code == "INVALID_COORDINATES"));
    for data in [json!({}), json!({"total": -1}), json!({"total": "x"}), json!({"total": 1, "currency": "taka"})] {
        let body = json!({"success": true, "data": data});
        assert!(matches!(Pathao.read_quote(&json_answer(200, &body)), QuoteReply::Unclear { .. }), "{body}");
    }
}

#[test]
fn cancel_and_get_are_read() {
    let cancelled = json!({"success": true, "data": {"order_id": "PB-88", "status": "CANCELLED"}});
    assert_eq!(Pathao.read_cancel(&json_answer(200, &cancelled)), CancelReply::Cancelled { fee: None });
    let late = Pathao.read_cancel(&json_answer(409, &error("INVALID_STATUS_TRANSITION")));
    assert!(matches!(late, CancelReply::TooLate { .. }));
    assert!(matches!(Pathao.read_cancel(&answer(502, &[], b"")), CancelReply::Unclear { .. }));
    assert!(matches!(Pathao.read_get(&json_answer(200, &cancelled)), GetReply::Shown(o) if o.ended == Some(true)));
    assert_eq!(Pathao.read_get(&json_answer(404, &error("NOT_FOUND"))), GetReply::NotThere);
    assert!(matches!(Pathao.read_get(&answer(404, &[], b"nginx")), GetReply::Unclear { .. }));
    let failed = json!({"success": true, "data": {"order_id": "PB-88", "status": "FAILED"}});
    assert!(matches!(Pathao.read_get(&json_answer(200, &failed)), GetReply::Shown(o) if o.ended.is_none()));
    assert_eq!(Pathao.get_request(&RemoteId::from("a/b")).unwrap().path, "/v1/business/order/a%2Fb");
    assert_eq!(Pathao.cancel_request(&RemoteId::from("..")), None);
}

#[test]
fn values_are_forgiven_what_they_can_be_and_told_the_rest() {
    let with = |name: &str, value: &str| Pathao.check(&order(&FORM, &[(name, value)]));
    for phone in ["+880 1700-000001", "8801700000001", "\u{a0}“01700000001” "] {
        assert_eq!(with("receiver_phone", phone).unwrap().get("receiver_phone"), "01700000001", "{phone}");
    }
    assert_eq!(with("driver_type", "").unwrap().get("driver_type"), "1");
    assert_eq!(with("delivery_latitude", "23,7465").unwrap().get("delivery_latitude"), "23.7465");
    for (name, value, remedy) in [
        ("receiver_phone", "01200000001", "01700000001"),
        ("receiver_phone", "", "missing"),
        ("delivery_latitude", "90.3762", "swapped"),
        ("delivery_latitude", "24.3636", "outside"),
        ("pickup_longitude", "east", "number"),
        ("parcel_type", "5", "1 (document)"),
        ("receiver_name", &"x".repeat(101), "shorten"),
        ("colour", "red", "no such field"),
    ] {
        let errors = with(name, value).unwrap_err();
        assert_eq!((errors.len(), errors[0].field.as_str()), (1, name));
        assert!(errors[0].reason.contains(remedy), "{}", errors[0].reason);
    }
}

#[test]
fn a_key_for_the_other_mode_is_refused() {
    let check = |key: &str, test| Pathao.check_secrets(&BTreeMap::from([("api_key".into(), key.into())]), test);
    assert!(check("sandbox_key_test_1", true).is_ok() && check("live_key_1", false).is_ok());
    assert!(check("sandbox_key_test_1", false).is_err() && check("live_key_1", true).is_err());
    assert!(check("", true).is_err());
}

proptest! {
    #[test]
    fn garbage_settles_nothing(status in 100u16..600, body in prop::collection::vec(any::<u8>(), 0..200), n in 0usize..9) {
        never_definite_without_envelope(&Pathao, status, &body);
        let cut = include_bytes!("fixtures/created.json");
        never_definite_without_envelope(&Pathao, status, &cut[..cut.len().saturating_sub(2 + n)]);
    }
}
