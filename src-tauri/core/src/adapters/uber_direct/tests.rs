//! Uber Direct against its documented answers, and against garbage. Its list has tests of its own.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::adapters::Polling;
use crate::adapters::testing::{answer, json_answer, never_definite_without_envelope, order};
use crate::domain::Money;

mod pages;

const REFERENCE: &str = "0b0c1f0e-5a67-5b3e-9c5f-0b6f4a7a0001";

macro_rules! fixture {
    ($name:literal) => {
        serde_json::from_str::<Value>(include_str!(concat!("fixtures/", $name, ".json"))).unwrap()
    };
}

fn payload() -> OrderPayload {
    UberDirect.check(&order(&form::FORM, &[])).unwrap()
}

fn read_answer(answer: &HttpResponse, replay: bool) -> CreateReply {
    let reference = Reference::from(REFERENCE);
    let fingerprint = UberDirect.fingerprint(&payload());
    UberDirect.read_create(&Sent { reference: &reference, fingerprint: &fingerprint, replay }, answer)
}

fn read(status: u16, body: &Value) -> CreateReply {
    read_answer(&json_answer(status, body), false)
}

fn replayed(status: u16, body: &Value) -> CreateReply {
    read_answer(&json_answer(status, body), true)
}

fn error(code: &str) -> Value {
    json!({"kind": "error", "code": code, "message": "m", "metadata": {"dropoff_address": "why"}})
}

#[test]
fn the_contract_is_the_documented_one() {
    let contract = UberDirect.contract();
    let key = Fence::Key { lifetime_s: 3_600, margin_s: 600, stored: StoredOutcomes::FailuresToo };
    assert_eq!((contract.fence, contract.lookup), (key, Lookup::ScanForReference));
    let Auth::ClientCredentials(endpoint) = UberDirect.auth() else { panic!() };
    assert_eq!(format!("{}{}", endpoint.host, endpoint.path), "https://auth.uber.com/oauth/v2/token");
    assert_eq!((endpoint.scope, endpoint.base_url), ("eats.deliveries", UberDirect.base_url(false)));
    assert_eq!(UberDirect.polling(), Polling::WITH_WEB_HOOKS, "Uber would rather call back");
    assert!(UberDirect.cancel_frees_reference(), "the cautious reading");
}

#[test]
fn a_create_request_has_the_bytes_of_the_fixture() {
    let reference = Reference::from(REFERENCE);
    let key = IdempotencyKey::from("key-1");
    let request = UberDirect.create_request(&payload(), &reference, Some(&key), true).unwrap();
    let target = (request.method.as_str(), request.path.as_str());
    assert_eq!(target, ("POST", "/v1/customers/{customer_id}/deliveries"));
    assert_eq!(String::from_utf8(request.body.clone()).unwrap(), include_str!("fixtures/create.json").trim_end());
    let live = UberDirect.create_request(&payload(), &reference, Some(&key), false).unwrap();
    assert_eq!(live, request, "the credentials decide the mode, and no test courier is asked for");
    assert!(UberDirect.create_request(&payload(), &reference, None, true).is_err(), "never without a key");
}

#[test]
fn what_was_left_out_is_not_sent_and_the_rest_is() {
    let changed = [
        ("tip", "3.5"),
        ("pickup_ready_dt", "2026-03-02T11:00:00+01:00"),
        ("pickup_deadline_dt", "2026-03-02T10:10:00Z"),
        ("external_store_id", "store-7"),
        ("deliverable_action", "Leave at door"),
    ];
    let payload = UberDirect.check(&order(&form::FORM, &changed)).unwrap();
    let request =
        UberDirect.create_request(&payload, &Reference::from("r"), Some(&IdempotencyKey::from("k")), false).unwrap();
    let body: Value = serde_json::from_slice(&request.body).unwrap();
    assert_eq!(body["tip"], 350);
    assert_eq!(body["pickup_ready_dt"], "2026-03-02T10:00:00Z");
    assert_eq!(body["deliverable_action"], "deliverable_action_leave_at_door");
    assert_eq!(body["external_store_id"], "store-7");
    assert_eq!(body.get("dropoff_ready_dt"), None);
    let quote: Value = serde_json::from_slice(&UberDirect.quote_request(&payload, "n").unwrap().unwrap().body).unwrap();
    assert_eq!(quote["external_store_id"], "store-7", "a store on the create must be on the quote");
    assert_eq!(quote["pickup_deadline_dt"], "2026-03-02T10:10:00Z");
    assert_eq!((quote.get("tip"), quote.get("external_id")), (None, None), "a quote never holds the reference");
}

#[test]
fn a_success_is_read() {
    let CreateReply::Created(order) = read(200, &fixture!("created")) else { panic!() };
    assert_eq!((order.id.as_str(), order.status.as_deref()), ("del_x7", Some("pending")));
    assert_eq!((order.ended, order.test, order.created_ms), (Some(false), Some(true), Some(1_772_445_600_000)));
    assert_eq!(order.fee, Some(Money { amount: 799, currency: "USD".into() }));
    assert_eq!(order.fingerprint, Some(UberDirect.fingerprint(&payload())));
    let sent = payload();
    for (field, value) in &order.echo {
        let expected = if field == "tip" { "0.00" } else { sent.get(field) };
        assert_eq!(value, expected, "{field} can be compared with what was sent");
    }
    assert_eq!(order.echo.len(), 12, "{:?}", order.echo);
    assert!(matches!(read(200, &fixture!("created_bare")), CreateReply::Created(o) if o.id.as_str() == "del_x7"));
}

#[test]
fn a_replayed_success_says_nothing_of_today() {
    let CreateReply::Created(order) = replayed(200, &fixture!("under_way")) else { panic!() };
    assert_eq!((order.status, order.ended, order.courier), (None, None, None), "it may be the stored answer");
}

#[test]
fn a_success_that_is_not_ours_is_no_success() {
    let mut other = fixture!("created");
    other["external_id"] = json!("another");
    assert!(matches!(read(200, &other), CreateReply::ExistsDifferent { .. }));
    let mut other = fixture!("created_bare");
    other.as_object_mut().unwrap().remove("external_id");
    assert!(matches!(read(200, &other), CreateReply::Created(_)), "the manifest's reference is ours");
    other["manifest"]["reference"] = json!("another");
    assert!(matches!(read(200, &other), CreateReply::ExistsDifferent { .. }));
    let mut other = fixture!("created");
    other["dropoff"]["phone_number"] = json!("+14155550199");
    assert!(matches!(read(200, &other), CreateReply::ExistsDifferent { .. }), "a key that knew another body");
    let mut same = fixture!("created");
    same["dropoff"]["phone_number"] = json!("(415) 555-0177");
    same["dropoff"]["name"] = json!(" r.  DIAZ");
    assert!(matches!(read(200, &same), CreateReply::Created(_)), "written in another way");
}

#[test]
fn a_success_without_an_id_is_presence_or_nothing() {
    for body in [json!({"kind": "delivery"}), json!({"external_id": REFERENCE}), json!({"kind": "delivery", "id": ""})]
    {
        assert!(matches!(read(202, &body), CreateReply::Exists { pointer: None, .. }), "{body}");
    }
    for body in [
        json!({}),
        json!([]),
        json!({"ok": true, "id": 1}),
        json!({"id": "session", "status": "ok"}),
        fixture!("quote"),
        fixture!("list"),
        fixture!("duplicate"),
    ] {
        assert!(matches!(read(200, &body), CreateReply::Unclear { .. }), "{body}");
    }
}

#[test]
fn a_conflict_is_presence_on_the_first_attempt_and_on_a_replay() {
    for reply in [read(409, &fixture!("duplicate")), replayed(409, &fixture!("duplicate"))] {
        let pointer = Some(RemoteId::from("del_x7"));
        assert_eq!(reply, CreateReply::Exists { pointer, why: "duplicate_delivery".into() });
    }
    for metadata in [json!(null), json!({}), json!({"delivery_id": ""}), json!({"delivery_id": {}})] {
        let body = json!({"code": "duplicate_delivery", "message": "m", "metadata": metadata});
        assert!(matches!(read(409, &body), CreateReply::Exists { pointer: None, .. }), "{body}");
    }
    assert!(matches!(read(409, &error("something_new")), CreateReply::Exists { .. }), "a conflict all the same");
    for strange in [answer(409, &[], b""), answer(409, &[], b"<html>"), answer(409, &[], b"{}")] {
        assert!(matches!(read_answer(&strange, false), CreateReply::Unclear { .. }), "not Uber's: {strange:?}");
    }
}

#[test]
fn a_used_quote_means_another_thing_on_a_replay() {
    assert!(matches!(read(400, &error("used_quote")), CreateReply::Rejected { .. }));
    assert!(matches!(replayed(400, &error("used_quote")), CreateReply::Exists { pointer: None, .. }));
}

#[test]
fn a_refusal_names_what_is_wrong() {
    for (body, named) in [
        (fixture!("invalid"), "dropoff_phone_number: is no phone number"),
        (fixture!("invalid_details"), "dropoff_address: was not found"),
    ] {
        let CreateReply::Rejected { message, .. } = read(400, &body) else { panic!("{body}") };
        assert!(message.contains(named), "{message}");
    }
    assert_eq!(read(401, &fixture!("unauthorized")), CreateReply::Unauthorised { code: "unauthorized".into() });
}

#[test]
fn a_failure_is_unknown_with_its_signature() {
    for (status, body, signature) in [
        (500, fixture!("server_error"), "500 internal_server_error"),
        (400, error("request_timeout"), "400 request_timeout"),
        (408, error("request_timeout"), "408 request_timeout"),
        (503, error("couriers_busy"), "503 couriers_busy"),
        (500, error("duplicate_delivery"), "500 duplicate_delivery"),
    ] {
        let CreateReply::Unclear { failure, .. } = read(status, &body) else { panic!("{status} {body}") };
        assert_eq!(failure.as_deref(), Some(signature), "the key may answer with it again");
    }
    for (status, failure) in [(502, None), (503, None), (504, None), (500, Some("500".to_owned())), (302, None)] {
        let read = read_answer(&answer(status, &[], b"<html>"), false);
        assert!(matches!(read, CreateReply::Unclear { failure: f, .. } if f == failure), "{status}");
    }
    let limited = read_answer(&answer(429, &[("retry-after", "7")], b""), false);
    assert_eq!(limited, CreateReply::Busy { retry_after_ms: Some(7_000) });
}

#[test]
fn cancel_and_get_are_read() {
    let cancel = UberDirect.cancel_request(&RemoteId::from("del_x7")).unwrap();
    assert_eq!(cancel.path, "/v1/customers/{customer_id}/deliveries/del_x7/cancel");
    assert!(cancel.body.is_empty());
    assert_eq!(UberDirect.read_cancel(&json_answer(200, &fixture!("canceled"))), CancelReply::Cancelled { fee: None });
    let late = UberDirect.read_cancel(&json_answer(400, &fixture!("noncancelable")));
    assert_eq!(late, CancelReply::TooLate { code: "noncancelable_delivery".into() });
    for body in [fixture!("under_way"), json!({}), fixture!("quote")] {
        assert!(matches!(UberDirect.read_cancel(&json_answer(200, &body)), CancelReply::Unclear { .. }), "{body}");
    }
    let GetReply::Shown(seen) = UberDirect.read_get(&json_answer(200, &fixture!("under_way"))) else { panic!() };
    assert_eq!((seen.courier.as_deref(), seen.ended, seen.test), (Some("Lee"), Some(false), Some(false)));
    let GetReply::Shown(seen) = UberDirect.read_get(&json_answer(200, &fixture!("returned"))) else { panic!() };
    assert_eq!((seen.ended, seen.succeeded), (Some(true), Some(false)));
    assert_eq!(UberDirect.read_get(&json_answer(404, &error("delivery_not_found"))), GetReply::NotThere);
    assert!(matches!(UberDirect.read_get(&answer(404, &[], b"nginx")), GetReply::Unclear { .. }));
    // A brace would name a secret to the transport.
    let path = UberDirect.get_request(&RemoteId::from("a/{client_secret}")).unwrap().path;
    assert_eq!(path, "/v1/customers/{customer_id}/deliveries/a%2F%7Bclient_secret%7D");
    assert_eq!(UberDirect.cancel_request(&RemoteId::from("..")), None);
}

#[test]
fn a_quote_that_names_our_reference_is_no_delivery() {
    let body = json!({"kind": "delivery_quote", "id": "dqt_1", "external_id": REFERENCE, "status": "pending"});
    for replay in [false, true] {
        let read = read_answer(&json_answer(200, &body), replay);
        assert!(matches!(read, CreateReply::Unclear { .. }), "{read:?}");
    }
}

#[test]
fn a_quote_is_asked_for_and_read() {
    let request = UberDirect.quote_request(&payload(), "n1").unwrap().unwrap();
    assert_eq!(request.path, "/v1/customers/{customer_id}/delivery_quotes");
    assert_eq!(String::from_utf8(request.body).unwrap(), include_str!("fixtures/quote_request.json").trim_end());
    let QuoteReply::Told(quote) = UberDirect.read_quote(&json_answer(200, &fixture!("quote"))) else { panic!() };
    assert_eq!(quote.fee, Money { amount: 799, currency: "USD".into() });
    assert_eq!((quote.expires_ms, quote.arrives_ms), (Some(1_772_446_500_000), Some(1_772_447_580_000)));
    let refused = UberDirect.read_quote(&json_answer(400, &error("address_undeliverable")));
    assert!(matches!(refused, QuoteReply::Rejected { code, .. } if code == "address_undeliverable"));
    for body in [fixture!("created"), json!({}), json!({"kind": "delivery_quote", "fee": -1})] {
        assert!(matches!(UberDirect.read_quote(&json_answer(200, &body)), QuoteReply::Unclear { .. }), "{body}");
    }
}

#[test]
fn values_are_forgiven_what_they_can_be_and_told_the_rest() {
    let with = |name: &str, value: &str| UberDirect.check(&order(&form::FORM, &[(name, value)]));
    for (name, value, checked) in [
        ("pickup_phone_number", "+1 (415) 555-0100", "+14155550100"),
        ("items", " Candles ;Mug * 3* LARGE; ", "Candles*1; Mug*3*large"),
        ("items", "Small", "Small*1"),
        ("manifest_total_value", "7.5", "7.50"),
        ("undeliverable_action", "Leave-at-door", "leave_at_door"),
        ("dropoff_deadline_dt", "2026-03-02T12:00:00.000+02:00", "2026-03-02T10:00:00Z"),
    ] {
        assert_eq!(with(name, value).unwrap().get(name), checked);
    }
    for (name, value, remedy) in [
        ("pickup_phone_number", "415-555-0100", "+14155550100"),
        ("dropoff_phone_number", "+1415555010a", "country code"),
        ("items", ";", "names no item"),
        ("items", "Mug*none", "whole number"),
        ("items", "Mug*0", "whole number"),
        ("items", "*2", "name*quantity*size"),
        ("items", "a*b*2", "name*quantity*size"),
        ("pickup_notes", &"x".repeat(281), "280 is the most"),
        ("tip", "-1", "24.00"),
        ("tip", "1.005", "24.00"),
        ("manifest_total_value", "79228162514264337593", "24.00"),
        ("deliverable_action", "throw", "meet_at_door"),
        ("pickup_ready_dt", "tomorrow", "2026-03-02T10:00:00Z"),
        ("dropoff_name", "", "missing"),
        ("colour", "red", "no such field"),
    ] {
        let errors = with(name, value).unwrap_err();
        assert_eq!((errors.len(), errors[0].field.as_str()), (1, name), "{value}");
        assert!(errors[0].reason.contains(remedy), "{}", errors[0].reason);
    }
}

#[test]
fn windows_obey_the_rules_that_need_no_clock() {
    let at = |minute: &str| format!("2026-03-02T{minute}:00Z");
    let check = |times: [&str; 4]| {
        let names = ["pickup_ready_dt", "pickup_deadline_dt", "dropoff_ready_dt", "dropoff_deadline_dt"];
        let mut values = order(&form::FORM, &[]);
        for (name, time) in names.into_iter().zip(times).filter(|(_, time)| !time.is_empty()) {
            values.insert(name.to_owned(), at(time));
        }
        UberDirect.check(&values).err().map(|errors| errors.into_iter().map(|e| e.field).collect::<Vec<_>>())
    };
    assert_eq!(check(["10:00", "10:10", "10:10", "10:30"]), None, "each rule just kept");
    assert_eq!(check(["10:00", "", "", "10:00"]), None, "what is not given is not compared");
    for (times, wrong) in [
        (["10:00", "10:09", "", ""], "pickup_deadline_dt"),
        (["10:00", "09:00", "", ""], "pickup_deadline_dt"),
        (["", "", "10:10", "10:29"], "dropoff_deadline_dt"),
        (["", "10:10", "10:11", ""], "dropoff_ready_dt"),
        (["", "10:10", "", "10:09"], "dropoff_deadline_dt"),
    ] {
        assert_eq!(check(times), Some(vec![wrong.to_owned()]), "{times:?}");
    }
}

#[test]
fn credentials_are_whole_and_go_nowhere_in_the_open() {
    let check = |changed: &[(&str, &str)]| {
        let mut secrets: BTreeMap<String, String> =
            UberDirect.secret_names().iter().map(|name| ((*name).to_owned(), "cus_1-a".to_owned())).collect();
        secrets.extend(changed.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())));
        UberDirect.check_secrets(&secrets, true)
    };
    assert_eq!(check(&[]), Ok(()));
    for name in UberDirect.secret_names() {
        assert!(check(&[(name, "")]).unwrap_err().contains(name));
        assert!(check(&[(name, "two words")]).unwrap_err().contains(name));
    }
    assert!(check(&[("customer_id", "../other")]).is_err());
    for url in [
        "https://login.uber.com/oauth/v2/token",
        "http://127.0.0.1:8080/token",
        "http://[::1]:1/t",
        "http://localhost/t",
    ] {
        assert_eq!(check(&[("token_url", url)]), Ok(()), "{url}");
    }
    for url in [
        "",
        "http://auth.uber.com/t",
        "ftp://127.0.0.1/t",
        "https://",
        "http://127.0.0.1@evil.example/",
        "http://localhost.evil.example/",
    ] {
        assert!(check(&[("token_url", url)]).is_err(), "{url}");
    }
    assert_eq!(UberDirect.merchant_member(), Some("customer_id"));
}

proptest! {
    #[test]
    fn garbage_settles_nothing(status in 100u16..600, body in prop::collection::vec(any::<u8>(), 0..200), n in 0usize..9) {
        never_definite_without_envelope(&UberDirect, status, &body);
        let cut = include_bytes!("fixtures/created.json");
        never_definite_without_envelope(&UberDirect, status, &cut[..cut.len().saturating_sub(2 + n)]);
    }

    #[test]
    fn checking_never_panics_and_checks_to_itself(items in ".{0,60}", amount in "[0-9.+-]{0,25}", time in "[0-9TZ:.+-]{0,30}") {
        let changed = [("items", items.as_str()), ("tip", &amount), ("pickup_ready_dt", &time)];
        if let Ok(payload) = UberDirect.check(&order(&form::FORM, &changed)) {
            prop_assert_eq!(UberDirect.check(&payload.0).ok(), Some(payload.clone()));
            let key = IdempotencyKey::from("k");
            prop_assert!(UberDirect.create_request(&payload, &Reference::from("r"), Some(&key), false).is_ok());
        }
    }
}
