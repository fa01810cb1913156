//! DoorDash against its documented answers, and against garbage.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::adapters::testing::{answer, json_answer, never_definite_without_envelope, order};

const REFERENCE: &str = "0b0c1f0e-5a67-5b3e-9c5f-0b6f4a7a0001";
const CREATED: &str = include_str!("fixtures/created.json");
const SHOWN: &str = include_str!("fixtures/shown.json");
const DUPLICATE: &str = include_str!("fixtures/duplicate.json");
const UNKNOWN: &str = include_str!("fixtures/unknown.json");
const QUOTE_HELD: &str = include_str!("fixtures/quote_held.json");
const QUOTED: &str = include_str!("fixtures/quoted.json");
const CANCELLED: &str = include_str!("fixtures/cancelled.json");
const CANCEL_REFUSED: &str = include_str!("fixtures/cancel_refused.json");
const VALIDATION: &str = include_str!("fixtures/validation.json");
const PARAMETERS: &str = include_str!("fixtures/parameters.json");
const FAULT: &str = include_str!("fixtures/fault.json");

const REASONS_422: [&str; 4] = [
    "distance_too_long",
    "pickup_address_not_in_coverage",
    "delivery_address_not_in_coverage",
    "outside_of_delivery_time",
];

fn payload() -> OrderPayload {
    DoorDash.check(&order(&form::FORM, &[])).unwrap()
}

fn read_as(status: u16, body: &str, replay: bool) -> CreateReply {
    let reference = Reference::from(REFERENCE);
    let fingerprint = DoorDash.fingerprint(&payload());
    let sent = Sent { reference: &reference, fingerprint: &fingerprint, replay };
    DoorDash.read_create(&sent, &answer(status, &[], body.as_bytes()))
}

fn read(status: u16, body: &str) -> CreateReply {
    read_as(status, body, false)
}

fn changed(body: &str, member: &str, value: Value) -> String {
    let mut body: Value = serde_json::from_str(body).unwrap();
    body[member] = value;
    body.to_string()
}

fn error(code: &str) -> String {
    json!({"code": code, "message": "m"}).to_string()
}

#[test]
fn a_create_request_has_the_bytes_of_the_fixture() {
    let request = DoorDash.create_request(&payload(), &Reference::from(REFERENCE), None, true).unwrap();
    assert_eq!((request.method.as_str(), request.path.as_str()), ("POST", "/drive/v2/deliveries"));
    assert_eq!(String::from_utf8(request.body).unwrap(), include_str!("fixtures/create.json").trim_end());
    for reference in ["", "SO/1", "SO 1", "SO#1", "é", &"x".repeat(65)] {
        let built = DoorDash.create_request(&payload(), &Reference::from(reference), None, true);
        assert!(built.is_err(), "{reference:?}: an id is never made by leaving characters out");
    }
}

#[test]
fn what_is_empty_is_left_out() {
    let mut values = order(&form::FORM, &[]);
    values.retain(|name, _| FORM_NEEDS.contains(&name.as_str()));
    let payload = DoorDash.check(&values).unwrap();
    let request = DoorDash.create_request(&payload, &Reference::from(REFERENCE), None, false).unwrap();
    let body: Value = serde_json::from_slice(&request.body).unwrap();
    assert_eq!(body.as_object().unwrap().len(), 1 + FORM_NEEDS.len(), "{body}");
}

const FORM_NEEDS: [&str; 4] = ["pickup_address", "pickup_phone_number", "dropoff_address", "dropoff_phone_number"];

#[test]
fn a_success_is_read() {
    for replay in [false, true] {
        let CreateReply::Created(order) = read_as(200, CREATED, replay) else { panic!() };
        assert_eq!((order.id.as_str(), order.reference.as_deref()), (REFERENCE, Some(REFERENCE)));
        assert_eq!((order.status.as_deref(), order.ended, order.quote), (Some("created"), Some(false), false));
        assert_eq!(order.fee, Some(crate::domain::Money { amount: 975, currency: "USD".into() }));
        assert_eq!(order.fingerprint, Some(DoorDash.fingerprint(&payload())));
        for (field, shown) in [("support_reference", "86411"), ("order_value", "24.00"), ("tip", "3.00")] {
            assert_eq!(order.echo.get(field).map(String::as_str), Some(shown), "{field}");
        }
    }
    let CreateReply::Created(order) = read(200, SHOWN) else { panic!() };
    assert_eq!((order.courier.as_deref(), order.fingerprint), (Some("Sam"), None));
}

#[test]
fn a_success_that_is_not_ours_is_never_bound() {
    for other in [json!("another"), json!("an other"), json!(7)] {
        let reply = read(200, &changed(CREATED, "external_delivery_id", other.clone()));
        assert!(matches!(reply, CreateReply::ExistsDifferent { .. }), "{other}");
    }
    for phone in ["pickup_phone_number", "dropoff_phone_number"] {
        let reply = read(200, &changed(CREATED, phone, json!("+14155550199")));
        assert!(matches!(reply, CreateReply::ExistsDifferent { .. }), "{phone}: the delivery that is there is another");
    }
}

#[test]
fn a_quote_is_no_order() {
    for replay in [false, true] {
        assert!(matches!(read_as(200, QUOTE_HELD, replay), CreateReply::Unclear { .. }));
    }
    let by = LookupBy::Reference(Reference::from(REFERENCE));
    let request = DoorDash.lookup_request(&by).unwrap();
    let page = DoorDash.read_page(&by, &request, &answer(200, &[], QUOTE_HELD.as_bytes()));
    let Page::Rows { rows, .. } = page else { panic!() };
    assert!(rows[0].quote && rows[0].ended.is_none());
}

#[test]
fn a_success_without_id_or_status_is_proof_of_presence() {
    let by_id = json!({"external_delivery_id": REFERENCE}).to_string();
    let CreateReply::Exists { pointer, .. } = read(200, &by_id) else { panic!() };
    assert_eq!(pointer, Some(RemoteId::from(REFERENCE)));
    for body in [json!({"delivery_status": "created"}), json!({"support_reference": "86411"})] {
        assert!(matches!(read(200, &body.to_string()), CreateReply::Exists { pointer: None, .. }), "{body}");
    }
    for body in ["", "{}", "[]", "<html>sign in</html>", FAULT] {
        assert!(matches!(read(200, body), CreateReply::Unclear { .. }), "{body}");
    }
}

#[test]
fn a_duplicate_is_information() {
    for replay in [false, true] {
        let CreateReply::Exists { pointer, why } = read_as(409, DUPLICATE, replay) else { panic!() };
        assert_eq!((pointer, why.as_str()), (Some(RemoteId::from(REFERENCE)), "duplicate_delivery_id"));
    }
    let CreateReply::Exists { pointer, .. } = read(409, &error("duplicate_delivery_id")) else { panic!() };
    assert_eq!(pointer, Some(RemoteId::from(REFERENCE)), "the id is our own");
    let other = changed(DUPLICATE, "external_delivery_id", json!("another"));
    assert!(matches!(read(409, &other), CreateReply::Exists { pointer: None, .. }));
    let classic = |error: &str| {
        let fields = json!([{"field": "external_delivery_id", "error": error}]);
        read(400, &changed(VALIDATION, "field_errors", fields))
    };
    assert!(matches!(classic("Duplicate delivery id"), CreateReply::Exists { pointer: None, .. }));
    assert!(matches!(classic("no good"), CreateReply::Unclear { .. }), "never a plain refusal");
}

#[test]
fn a_lookup_is_a_read_by_our_own_id() {
    let by = LookupBy::Reference(Reference::from(REFERENCE));
    let request = DoorDash.lookup_request(&by).unwrap();
    assert_eq!(request.path, format!("/drive/v2/deliveries/{REFERENCE}"));
    assert_eq!(DoorDash.lookup_request(&LookupBy::Newest), None, "there is no list");
    let page = |status, body: &str| DoorDash.read_page(&by, &request, &answer(status, &[], body.as_bytes()));
    let Page::Rows { rows, next: None, to_end: true } = page(200, SHOWN) else { panic!() };
    assert_eq!((rows.len(), rows[0].reference.as_deref()), (1, Some(REFERENCE)));
    for body in [UNKNOWN, &error("unknown_delivery_id")] {
        let Page::Rows { rows, next: None, to_end: true } = page(404, body) else { panic!("{body}") };
        assert!(rows.is_empty());
    }
    let other = changed(UNKNOWN, "external_delivery_id", json!("another"));
    for (status, body) in
        [(404, "<html>"), (404, "{}"), (404, other.as_str()), (404, FAULT), (200, UNKNOWN), (200, "{}"), (500, FAULT)]
    {
        assert!(matches!(page(status, body), Page::Unclear { .. }), "{status} {body}: not absence");
    }
    assert!(matches!(page(401, &error("authentication_error")), Page::Unauthorised { .. }));
    assert!(matches!(page(429, ""), Page::Busy { retry_after_ms: None }));
}

#[test]
fn get_and_cancel_are_read() {
    let get = |status, body: &str| DoorDash.read_get(&answer(status, &[], body.as_bytes()));
    assert!(matches!(get(200, SHOWN), GetReply::Shown(_)));
    assert_eq!(get(404, UNKNOWN), GetReply::NotThere);
    assert!(matches!(get(403, &error("authorization_error")), GetReply::Unauthorised { .. }));
    let request = DoorDash.cancel_request(&RemoteId::from(REFERENCE)).unwrap();
    assert_eq!((request.method.as_str(), request.body.as_slice()), ("PUT", b"{}".as_slice()));
    assert_eq!(request.path, format!("/drive/v2/deliveries/{REFERENCE}/cancel"));
    assert_eq!(DoorDash.cancel_request(&RemoteId::from("..")), None);
    let cancel = |status, body: &str| DoorDash.read_cancel(&answer(status, &[], body.as_bytes()));
    let free = Some(crate::domain::Money { amount: 0, currency: "USD".into() });
    assert_eq!(cancel(200, CANCELLED), CancelReply::Cancelled { fee: free }, "what it still costs is told");
    let refused = |reason: &str| cancel(409, &changed(CANCEL_REFUSED, "reason", json!(reason)));
    assert_eq!(refused("delivery_cancelled"), CancelReply::Cancelled { fee: None });
    assert!(matches!(refused("delivery_creation_in_progress"), CancelReply::Busy { retry_after_ms: Some(5_000) }));
    assert!(matches!(refused("duplicate_request"), CancelReply::Unclear { .. }));
    for late in [
        "delivery_abandoned",
        "delivery_completed",
        "delivery_picked_up",
        "cancellation_window_closed",
        "something_new",
    ] {
        let code = format!("cancel_not_allowed.{late}");
        assert_eq!(refused(late), CancelReply::TooLate { code }, "{late}");
    }
    for (status, body) in [(200, SHOWN), (200, ""), (404, UNKNOWN), (500, FAULT), (409, "x"), (409, DUPLICATE)] {
        assert!(matches!(cancel(status, body), CancelReply::Unclear { .. }), "{status} {body}");
    }
    assert!(matches!(cancel(401, &error("authentication_error")), CancelReply::Unauthorised { .. }));
    assert!(matches!(cancel(429, ""), CancelReply::Busy { .. }));
}

#[test]
fn a_price_is_asked_for_under_an_id_that_is_thrown_away() {
    let request = DoorDash.quote_request(&payload(), "7").unwrap().unwrap();
    let body: Value = serde_json::from_slice(&request.body).unwrap();
    assert_eq!((request.path.as_str(), &body["external_delivery_id"]), ("/drive/v2/quotes", &json!("quote~7")));
    for nonce in ["", "a/b", "a b", &"x".repeat(60)] {
        assert!(DoorDash.quote_request(&payload(), nonce).unwrap().is_err(), "{nonce:?}");
    }
    let dated = [("date", "Mon, 02 Mar 2026 10:00:00 GMT")];
    let quote = |status, body: &str| DoorDash.read_quote(&answer(status, &dated, body.as_bytes()));
    let QuoteReply::Told(price) = quote(200, QUOTED) else { panic!() };
    assert_eq!((price.fee.amount, price.fee.currency.as_str()), (975, "USD"));
    assert_eq!(price.expires_ms, Some(1_772_445_900_000), "five minutes from the answer's date");
    assert_eq!(price.arrives_ms, Some(1_772_448_900_000));
    let QuoteReply::Told(price) = DoorDash.read_quote(&answer(200, &[], QUOTED.as_bytes())) else { panic!() };
    assert_eq!(price.expires_ms, None);
    assert!(matches!(quote(422, PARAMETERS), QuoteReply::Rejected { .. }));
    assert!(matches!(quote(401, &error("authentication_error")), QuoteReply::Unauthorised { .. }));
    assert!(matches!(quote(429, ""), QuoteReply::Busy { .. }));
    for (status, body) in [(200, CREATED), (200, "{}"), (409, DUPLICATE), (500, FAULT), (400, "x")] {
        assert!(matches!(quote(status, body), QuoteReply::Unclear { .. }), "{status} {body}");
    }
}

/// The platform's tables of errors: each code has its class and its sentence.
#[test]
fn every_code_has_its_class_and_its_sentence() {
    let explained = |code: &str| DoorDash.explain(code).unwrap_or_else(|| panic!("{code} has no sentence"));
    let CreateReply::Rejected { code, message } = read(400, VALIDATION) else { panic!() };
    assert!(message.contains("dropoff_phone_number: no such number"), "{message}");
    explained(&code);
    for reason in REASONS_422 {
        for replay in [false, true] {
            let reply = read_as(422, &changed(PARAMETERS, "reason", json!(reason)), replay);
            let CreateReply::Rejected { code, .. } = reply else { panic!("{reason}") };
            assert_eq!(code, format!("invalid_delivery_parameters.{reason}"));
            assert_eq!(explained(&code), explained(reason), "the reason has a sentence of its own");
        }
    }
    for (status, code) in [(401, "authentication_error"), (403, "authorization_error")] {
        assert_eq!(read(status, &error(code)), CreateReply::Unauthorised { code: code.into() });
        explained(code);
    }
    for (status, code) in
        [(404, "unknown_delivery_id"), (409, "update_not_allowed"), (409, "cancel_not_allowed"), (500, "service_fault")]
    {
        let CreateReply::Unclear { failure, .. } = read(status, &error(code)) else { panic!("{code}") };
        assert_eq!(failure, Some(format!("{status} {code}")));
        explained(code);
    }
    for (status, body) in [(400, FAULT), (422, VALIDATION), (409, "{}"), (500, VALIDATION), (503, ""), (301, "")] {
        assert!(matches!(read(status, body), CreateReply::Unclear { .. }), "{status} {body}");
    }
    explained("duplicate_delivery_id");
    for reason in [
        "delivery_abandoned",
        "delivery_cancelled",
        "delivery_completed",
        "delivery_creation_in_progress",
        "delivery_picked_up",
        "cancellation_window_closed",
        "duplicate_request",
    ] {
        assert_eq!(explained(&format!("cancel_not_allowed.{reason}")), explained(reason));
    }
    assert_eq!(explained("cancel_not_allowed.something_new"), explained("cancel_not_allowed"));
    for reason in [
        "cancelled_by_creator",
        "failed_to_process_payment",
        "failed_to_assign_and_refunded",
        "failed_to_pickup",
        "failed_to_deliver",
        "failed_to_return",
    ] {
        explained(reason);
    }
    assert_eq!(DoorDash.explain("something_new"), None);
    let at_once = answer(429, &[("retry-after", "0")], b"slow down");
    let reply = DoorDash.read_get(&at_once);
    assert_eq!(reply, GetReply::Busy { retry_after_ms: Some(1_000) }, "a second at least");
}

#[test]
fn every_status_has_its_class_and_its_sentence() {
    for (status, ended, succeeded) in [
        ("quote", None, None),
        ("created", Some(false), None),
        ("confirmed", Some(false), None),
        ("enroute_to_pickup", Some(false), None),
        ("arrived_at_pickup", Some(false), None),
        ("picked_up", Some(false), None),
        ("enroute_to_dropoff", Some(false), None),
        ("arrived_at_dropoff", Some(false), None),
        ("delivered", Some(true), Some(true)),
        ("enroute_to_return", Some(false), None),
        ("arrived_at_return", Some(false), None),
        ("returned", Some(true), Some(false)),
        ("cancelled", Some(true), Some(false)),
        ("teleported", None, None),
    ] {
        let body = changed(SHOWN, "delivery_status", json!(status));
        let GetReply::Shown(order) = DoorDash.read_get(&answer(200, &[], body.as_bytes())) else { panic!("{status}") };
        assert_eq!((order.ended, order.succeeded, order.quote), (ended, succeeded, status == "quote"), "{status}");
        assert_eq!(DoorDash.words().status(status).is_some(), status != "teleported", "{status}");
    }
}

#[test]
fn values_are_forgiven_what_they_can_be_and_told_the_rest() {
    let with = |name: &str, value: &str| DoorDash.check(&order(&form::FORM, &[(name, value)]));
    for (name, value, checked) in [
        ("dropoff_phone_number", "(415) 555 0177", "+14155550177"),
        ("dropoff_phone_number", "+61 2 5550 0177", "+61255500177"),
        ("dropoff_phone_number", "+64 9 555 0177", "+6495550177"),
        ("dropoff_phone_number", "+1 604 555 0177", "+16045550177"),
        ("order_value", "24", "24.00"),
        ("order_value", "24.500", "24.50"),
        ("items", "Card; Box of 6*2 * 3", "Card*1; Box of 6*2*3"),
        ("contactless_dropoff", "YES", "true"),
        ("action_if_undeliverable", "Dispose", "dispose"),
        ("pickup_time", "2026-03-02T11:30:00+01:00", "2026-03-02T10:30:00Z"),
        ("pickup_time", "", ""),
    ] {
        assert_eq!(with(name, value).unwrap().get(name), checked, "{name} {value}");
    }
    for (name, value, remedy) in [
        ("dropoff_phone_number", "0412 345 678", "+61"),
        ("dropoff_phone_number", "+31 6 12345678", "Australia"),
        ("dropoff_phone_number", "", "missing"),
        ("order_value", "24.005", "24.00"),
        ("order_value", "-1", "24.00"),
        ("order_value", "99999999999", "more than"),
        ("items", "*2", "no name"),
        ("items", "Card*0", "from 1 to 100"),
        ("items", &"x".repeat(101), "shorten"),
        ("contactless_dropoff", "perhaps", "true or false"),
        ("action_if_undeliverable", "keep", "dispose"),
        ("pickup_time", "2026-03-02 10:30", "zone"),
        ("dropoff_time", "2026-03-02T10:30:00Z", "not after"),
    ] {
        let errors = with(name, value).unwrap_err();
        assert_eq!((errors.len(), errors[0].field.as_str()), (1, name));
        assert!(errors[0].reason.contains(remedy), "{}", errors[0].reason);
    }
}

#[test]
fn secrets_that_cannot_sign_are_refused() {
    let check = |changed: (&str, &str)| {
        let mut secrets = BTreeMap::from([
            ("developer_id".to_owned(), "dev-1".to_owned()),
            ("key_id".to_owned(), "key-1".to_owned()),
            ("signing_secret".to_owned(), "c2lnbmluZy1zZWNyZXQ_LQ".to_owned()),
        ]);
        secrets.insert(changed.0.to_owned(), changed.1.to_owned());
        DoorDash.check_secrets(&secrets, true)
    };
    assert_eq!(check(("key_id", "key-2")), Ok(()));
    assert_eq!(check(("signing_secret", "c2lnbmluZw==")), Ok(()), "padding is forgiven");
    for (name, value) in [
        ("developer_id", ""),
        ("key_id", "a b"),
        ("signing_secret", ""),
        ("signing_secret", "==="),
        ("signing_secret", "a+b/"),
        ("signing_secret", "not base64"),
    ] {
        let why = check((name, value)).unwrap_err();
        assert!(why.contains(name), "{why}");
    }
    let member = DoorDash.merchant_member().unwrap();
    assert!(DoorDash.secret_names().contains(&member));
}

proptest! {
    #[test]
    fn garbage_settles_nothing(status in 100u16..600, body in prop::collection::vec(any::<u8>(), 0..200), n in 0usize..9) {
        never_definite_without_envelope(&DoorDash, status, &body);
        let cut = CREATED.trim_end().as_bytes();
        never_definite_without_envelope(&DoorDash, status, &cut[..cut.len().saturating_sub(1 + n)]);
    }
}

#[test]
fn an_error_without_code_or_message_is_not_doordashs() {
    for body in [json!({"code": "validation_error"}), json!({"message": "m"}), json!({"code": 7, "message": "m"})] {
        for status in [400, 401, 409, 422] {
            let reply = DoorDash.read_cancel(&json_answer(status, &body));
            assert!(matches!(reply, CancelReply::Unclear { .. }), "{status} {body}");
            assert!(matches!(read(status, &body.to_string()), CreateReply::Unclear { .. }), "{status} {body}");
        }
    }
}
