//! FoxReload against its documented answers, and against garbage.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::adapters::testing::{answer, json_answer, never_definite_without_envelope, order};

fn payload() -> OrderPayload {
    FoxReload.check(&order(&form::FORM, &[])).unwrap()
}

fn read_answer(answer: &HttpResponse) -> CreateReply {
    let reference = Reference::from("never sent");
    let fingerprint = FoxReload.fingerprint(&payload());
    FoxReload.read_create(&Sent { reference: &reference, fingerprint: &fingerprint, replay: false }, answer)
}

fn read(status: u16, body: &Value) -> CreateReply {
    read_answer(&json_answer(status, body))
}

fn created() -> Value {
    serde_json::from_str(include_str!("fixtures/created.json")).unwrap()
}

#[test]
fn a_create_request_has_the_bytes_of_the_fixture() {
    let reference = Reference::from("r");
    let request = FoxReload.create_request(&payload(), &reference, None, true).unwrap();
    assert_eq!((request.method.as_str(), request.path.as_str()), ("POST", "/api/orders"));
    assert_eq!(String::from_utf8(request.body).unwrap(), include_str!("fixtures/create.json").trim_end());
    let live = FoxReload.create_request(&payload(), &reference, None, false).unwrap();
    assert!(!String::from_utf8(live.body).unwrap().contains("isMock"), "a live order is not marked");
}

#[test]
fn a_success_is_read_and_its_echo_compared() {
    let CreateReply::Created(order) = read(201, &created()) else { panic!() };
    assert_eq!(order.fingerprint, Some(FoxReload.fingerprint(&payload())), "the order of items does not matter");
    assert_eq!((order.status.as_deref(), order.ended), (Some("active"), Some(false)));
    assert_eq!(order.expires_ms, Some(1_772_447_400_000));
    let mut other = created();
    other["items"][0]["quantity"] = json!(7);
    assert!(matches!(read(201, &other), CreateReply::ExistsDifferent { .. }));
    let mut partial = created();
    partial["items"][0].as_object_mut().unwrap().remove("quantity");
    let CreateReply::Created(order) = read(201, &partial) else { panic!() };
    assert_eq!(order.fingerprint, None, "too little is echoed to compare");
    for (status, body) in [(201, json!({})), (202, json!({"queued": true})), (200, json!({"items": []}))] {
        assert!(matches!(read(status, &body), CreateReply::Exists { pointer: None, .. }), "{status} {body}");
    }
    for body in [json!({}), json!({"id": "session"}), json!([])] {
        assert!(matches!(read(200, &body), CreateReply::Unclear { .. }), "{body}");
    }
}

#[test]
fn statuses_have_their_class() {
    for status in [400, 404, 422] {
        let reply = read(status, &json!({"error": "bad_request", "message": "too little balance"}));
        assert_eq!(
            reply,
            CreateReply::Rejected { code: "bad_request".into(), message: "too little balance".into() },
            "{status}"
        );
        assert!(matches!(read_answer(&answer(status, &[], b"<html>")), CreateReply::Unclear { .. }));
    }
    for status in [401, 403] {
        assert!(matches!(read(status, &json!({})), CreateReply::Unauthorised { .. }));
        assert!(matches!(read_answer(&answer(status, &[], b"blocked")), CreateReply::Unclear { .. }));
    }
    for status in [402, 408, 409, 425, 500, 502, 503, 504, 301, 307] {
        assert!(matches!(read(status, &json!({"error": "x"})), CreateReply::Unclear { .. }), "{status}");
    }
    assert!(matches!(read(429, &json!({})), CreateReply::Busy { .. }));
}

#[test]
fn a_list_is_read_in_every_shape_and_asks_for_more_when_it_is_full() {
    let request = FoxReload.lookup_request(&LookupBy::Newest).unwrap();
    assert_eq!(request.path, "/api/orders/?limit=100");
    assert_eq!(FoxReload.lookup_request(&LookupBy::Reference(Reference::from("r"))), None);
    let page =
        |request: &HttpRequest, body: &Value| FoxReload.read_page(&LookupBy::Newest, request, &json_answer(200, body));
    for body in [json!([created()]), json!({"orders": [created()]}), json!({"data": [created()]})] {
        // One row may be all there is, or what comes where a limit of a hundred is not taken.
        let Page::Rows { rows, next: Some(known), to_end: false } = page(&request, &body) else { panic!("{body}") };
        assert_eq!((rows.len(), known.path.as_str()), (1, "/api/orders/?limit=10"));
        assert!(matches!(page(&known, &body), Page::Rows { next: None, to_end: true, .. }), "{body}");
    }
    let many = |n: usize| Value::Array(vec![created(); n]);
    assert!(matches!(page(&request, &many(10)), Page::Rows { next: None, to_end: false, .. }));
    let known = HttpRequest::get("/api/orders/?limit=10".to_owned());
    assert!(matches!(page(&known, &many(10)), Page::Rows { next: None, to_end: false, .. }));
    let Page::Rows { next: Some(next), to_end: false, .. } = page(&request, &many(100)) else { panic!() };
    assert_eq!(next.path, "/api/orders/?limit=400");
    let Page::Rows { next: Some(last), .. } = page(&next, &many(400)) else { panic!() };
    assert_eq!(last.path, "/api/orders/?limit=1600");
    assert!(matches!(page(&last, &many(1_600)), Page::Rows { next: None, to_end: false, .. }));
    assert!(matches!(page(&request, &json!([])), Page::Rows { to_end: true, .. }));
    for body in [json!({}), created(), json!([{"id": "x"}]), json!("x")] {
        assert!(matches!(page(&request, &body), Page::Unclear { .. }), "{body}");
    }
    let refused = FoxReload.read_page(&LookupBy::Newest, &request, &json_answer(500, &json!([])));
    assert!(matches!(refused, Page::Unclear { .. }));
}

#[test]
fn statuses_are_read_as_often_as_its_pages_advise() {
    let pauses = [0, 20_000, 60_000, 120_000, 600_000].map(|unchanged| FoxReload.polling().pause_ms(unchanged));
    assert_eq!(pauses, [5_000, 5_000, 15_000, 30_000, 30_000]);
    assert_eq!(FoxReload.quote_request(&payload(), "n1"), None, "FoxReload quotes nothing");
}

#[test]
fn a_get_is_read() {
    let mut order = created();
    order["status"] = json!("failed");
    let GetReply::Shown(seen) = FoxReload.read_get(&json_answer(200, &order)) else { panic!() };
    assert_eq!((seen.ended, seen.succeeded, seen.expires_ms), (Some(true), Some(false), None));
    assert_eq!(FoxReload.read_get(&json_answer(404, &json!({"error": "not found"}))), GetReply::NotThere);
    assert_eq!(FoxReload.cancel_request(&RemoteId::from("x")), None);
}

#[test]
fn values_are_forgiven_what_they_can_be_and_told_the_rest() {
    let with = |name: &str, value: &str| FoxReload.check(&order(&form::FORM, &[(name, value)]));
    let checked = with("more_items", " product_x * 2;product_y ; ").unwrap();
    assert_eq!(checked.get("more_items"), "product_x*2; product_y*1");
    let ten = ["product_x*1"; 10].join(";");
    for (name, value, remedy) in [
        ("item_id", "abc", "product_01abc"),
        ("quantity", "0", "from 1"),
        ("quantity", "1.5", "from 1"),
        ("note", "player", "key=value"),
        ("note", "a=1; a=2", "twice"),
        ("more_items", "x*2", "product_"),
        ("more_items", ten.as_str(), "at most 10"),
        ("total_price", "cheap", "18.40"),
        ("total_price", "-1", "18.40"),
    ] {
        let errors = with(name, value).unwrap_err();
        assert_eq!((errors.len(), errors[0].field.as_str()), (1, name));
        assert!(errors[0].reason.contains(remedy), "{}", errors[0].reason);
    }
    let a = with("note", "player_id=1").unwrap();
    assert_eq!(FoxReload.fingerprint(&a), FoxReload.fingerprint(&payload()), "notes do not tell orders apart");
    assert_ne!(FoxReload.fingerprint(&with("quantity", "3").unwrap()), FoxReload.fingerprint(&payload()));
}

proptest! {
    #[test]
    fn garbage_settles_nothing(status in 100u16..600, body in prop::collection::vec(any::<u8>(), 0..200), n in 0usize..9) {
        never_definite_without_envelope(&FoxReload, status, &body);
        let cut = include_bytes!("fixtures/created.json");
        never_definite_without_envelope(&FoxReload, status, &cut[..cut.len().saturating_sub(2 + n)]);
    }
}

fn completed() -> Value {
    serde_json::from_str(include_str!("fixtures/completed.json")).unwrap()
}

fn plain(order: &crate::domain::RemoteOrder) -> Vec<(u32, Vec<&str>)> {
    order.codes.0.iter().map(|item| (item.item, item.codes.iter().map(|code| code.expose()).collect())).collect()
}

#[test]
fn delivered_codes_are_read_wherever_an_order_is_shown() {
    let body = completed();
    let GetReply::Shown(order) = FoxReload.read_get(&json_answer(200, &body)) else { panic!() };
    assert_eq!(plain(&order), [(0, vec!["CODE-1", "CODE-2"])]);
    let request = FoxReload.lookup_request(&LookupBy::Newest).unwrap();
    for list in [include_str!("fixtures/list.json"), include_str!("fixtures/list_named.json")] {
        let list = json_answer(200, &serde_json::from_str(list).unwrap());
        let Page::Rows { rows, .. } = FoxReload.read_page(&LookupBy::Newest, &request, &list) else { panic!() };
        assert_eq!(plain(&rows[0]), [(0, vec!["CODE-1", "CODE-2"])]);
    }
    let mut made = created();
    made["items"][1]["externalData"] = json!(["A", null, "", 7, {"code": "B", "pin": "1"}]);
    let CreateReply::Created(order) = read(201, &made) else { panic!() };
    assert_eq!(plain(&order), [(1, vec!["A", "7", "{\"code\":\"B\",\"pin\":\"1\"}"])], "what was paid for is kept");
    made["items"][1]["externalData"] = json!("ONE");
    let CreateReply::Created(order) = read(201, &made) else { panic!() };
    assert_eq!(plain(&order), [(1, vec!["ONE"])]);
    let CreateReply::Created(order) = read(201, &created()) else { panic!() };
    assert!(order.codes.is_empty());
}

#[test]
fn codes_leave_an_answer_through_nothing_that_is_stored_or_traced() {
    let answer = json_answer(200, &completed());
    let GetReply::Shown(order) = FoxReload.read_get(&answer) else { panic!() };
    for text in [format!("{order:?}"), serde_json::to_string(&order).unwrap(), format!("{answer:?}")] {
        assert!(!text.contains("CODE-"), "{text}");
    }
    let evidence = FoxReload.evidence(&answer);
    assert_eq!(evidence["items"][0]["externalData"], json!({"codes": 2}));
    assert!(!evidence.to_string().contains("CODE-") && evidence.to_string().contains("7b0e3f52"));
    let list = json_answer(200, &serde_json::from_str(include_str!("fixtures/list_named.json")).unwrap());
    assert!(!FoxReload.evidence(&list).to_string().contains("CODE-"));
    let torn = HttpResponse { body: b"{\"externalData\":[\"CODE-1\"".to_vec(), ..answer };
    assert_eq!(FoxReload.evidence(&torn), json!({"bytes": 25}));
}

#[test]
fn products_are_asked_for_and_read_in_every_shape() {
    let path = |search: &str| FoxReload.choices_request("item_id", search).unwrap().path;
    assert_eq!(path(""), "/api/products/");
    assert_eq!(path("10&x steam"), "/api/products/search?query=10%26x");
    assert_eq!(FoxReload.choices_request("note", ""), None, "only products are chosen from a list");
    let read = |body: &str| FoxReload.read_choices("item_id", &answer(200, &[], body.as_bytes()));
    let ChoicesReply::Told(listed) = read(include_str!("fixtures/products.json")) else { panic!() };
    let seen: Vec<_> =
        listed.rows.iter().map(|c| (c.id.as_str(), c.name.as_str(), c.price.as_deref(), c.stock)).collect();
    assert_eq!(
        seen,
        [
            ("product_01steam10", "Steam wallet 10 USD", Some("10.49 USD"), Some(25)),
            ("product_01pubg600", "PUBG Mobile 600 UC", Some("8.90 EUR"), Some(0)),
            ("product_01plain", "product_01plain", None, None),
        ]
    );
    let ChoicesReply::Told(named) = read(include_str!("fixtures/products_named.json")) else { panic!() };
    assert_eq!((named.rows[0].name.as_str(), named.rows[0].stock), ("Free Fire 1080 diamonds", Some(3)));
    assert!(matches!(read("[]"), ChoicesReply::Told(none) if none.rows.is_empty()));
    for wrong in [r#"[{"name":"x"}]"#, r#"{"id":"x"}"#, "<html>", ""] {
        assert!(matches!(read(wrong), ChoicesReply::Unclear { .. }), "{wrong}");
    }
    let refused = FoxReload.read_choices("item_id", &json_answer(401, &json!({"error": "no"})));
    assert!(matches!(refused, ChoicesReply::Unauthorised { .. }));
}
