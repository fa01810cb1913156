//! Print.one against its documented answers, and against garbage.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::adapters::testing::{answer, json_answer, never_definite_without_envelope, order};

const REFERENCE: &str = "0b0c1f0e-5a67-5b3e-9c5f-0b6f4a7a0001";
const CREATED: &str = include_str!("fixtures/created.json");
const LISTED: &str = include_str!("fixtures/listed.json");
const SHOWN: &str = include_str!("fixtures/shown.json");
const CANCELLED: &str = include_str!("fixtures/cancelled.json");
const CONFLICT: &str = include_str!("fixtures/conflict.json");
const FAULT: &str = include_str!("fixtures/fault.json");
const ERRORS: [&str; 3] = [
    include_str!("fixtures/error_list.json"),
    include_str!("fixtures/error_text.json"),
    include_str!("fixtures/error_objects.json"),
];

fn payload() -> OrderPayload {
    PrintOne.check(&order(&form::FORM, &[])).unwrap()
}

fn read_answer(answer: &HttpResponse, replay: bool) -> CreateReply {
    let reference = Reference::from(REFERENCE);
    let fingerprint = PrintOne.fingerprint(&payload());
    PrintOne.read_create(&Sent { reference: &reference, fingerprint: &fingerprint, replay }, answer)
}

fn read(status: u16, body: &str) -> CreateReply {
    read_answer(&answer(status, &[], body.as_bytes()), false)
}

fn replayed(status: u16, body: &str) -> CreateReply {
    read_answer(&answer(status, &[], body.as_bytes()), true)
}

fn changed(body: &str, member: &str, value: Value) -> String {
    let mut body: Value = serde_json::from_str(body).unwrap();
    body[member] = value;
    body.to_string()
}

fn error(status: u16) -> String {
    json!({"statusCode": status, "message": "m"}).to_string()
}

#[test]
fn a_create_request_has_the_bytes_of_the_fixture() {
    let reference = Reference::from(REFERENCE);
    let request = PrintOne.create_request(&payload(), &reference, Some(&IdempotencyKey::from("key-1")), true).unwrap();
    assert_eq!((request.method.as_str(), request.path.as_str()), ("POST", "/v2/orders"));
    assert_eq!(String::from_utf8(request.body).unwrap(), include_str!("fixtures/create.json").trim_end());
    assert!(request.headers.contains(&("idempotency-key".into(), "key-1".into())));
    assert!(PrintOne.create_request(&payload(), &reference, None, true).is_err(), "never without a key");
}

#[test]
fn what_is_empty_is_left_out_and_the_finish_is_always_sent() {
    let mut values = order(&form::FORM, &[("finish", ""), ("merge_variables", ""), ("send_date", "")]);
    values.retain(|name, _| !name.starts_with("sender_") && name != "recipient_address2");
    let payload = PrintOne.check(&values).unwrap();
    let key = IdempotencyKey::from("k");
    let request = PrintOne.create_request(&payload, &Reference::from(REFERENCE), Some(&key), false).unwrap();
    let body: Value = serde_json::from_slice(&request.body).unwrap();
    assert_eq!(body["finish"], "GLOSSY");
    for member in ["sender", "mergeVariables", "sendDate"] {
        assert!(body.get(member).is_none(), "{member}");
    }
    assert!(body["recipient"].get("addressLine2").is_none());
}

#[test]
fn a_success_is_read() {
    let CreateReply::Created(order) = read(201, CREATED) else { panic!() };
    assert_eq!(
        (order.id.as_str(), order.status.as_deref(), order.ended),
        ("ord_77", Some("order_created"), Some(false))
    );
    assert_eq!(order.reference.as_deref(), Some(REFERENCE));
    assert_eq!(order.fingerprint, Some(PrintOne.fingerprint(&payload())), "blanks in a postal code do not matter");
    assert_eq!(order.created_ms, Some(1_772_445_600_000));
    for (field, shown) in [("recipient_city", "Amsterdam"), ("merge_variables", "code=X1"), ("send_date", "2026-03-03")]
    {
        assert_eq!(order.echo.get(field).map(String::as_str), Some(shown), "{field}");
    }
    assert!(matches!(read(200, CREATED), CreateReply::Created(_)), "any 2xx");
    let failed = changed(&changed(CREATED, "status", json!("order_failed")), "errors", json!(["no such street"]));
    let CreateReply::Created(order) = read(201, &failed) else { panic!() };
    assert_eq!((order.ended, order.succeeded), (Some(true), Some(false)));
    assert_eq!(order.echo.get("errors").map(String::as_str), Some("no such street"));
}

#[test]
fn a_success_that_is_not_ours_is_never_bound() {
    for other in [json!("another"), json!("an other"), json!(7)] {
        let reply = read(201, &changed(CREATED, "billingId", other.clone()));
        assert!(matches!(reply, CreateReply::ExistsDifferent { .. }), "{other}");
    }
    for (member, value) in [
        ("templateId", json!("tmpl_other")),
        ("finish", json!("MATTE")),
        ("recipient", json!({"name": "R. Diaz", "postalCode": "9999 ZZ"})),
    ] {
        for replay in [false, true] {
            let body = changed(CREATED, member, value.clone());
            let reply = read_answer(&answer(201, &[], body.as_bytes()), replay);
            assert!(matches!(reply, CreateReply::ExistsDifferent { .. }), "{member} {reply:?}");
        }
    }
    let anonymous = changed(CREATED, "anonymizedAt", json!("2026-04-02T10:00:00.000Z"));
    let CreateReply::Created(order) = read(201, &anonymous) else { panic!() };
    assert_eq!(order.fingerprint, None, "an order that lost its address is not compared by it");
}

#[test]
fn a_success_without_an_id_is_proof_of_presence() {
    let bare = json!({"status": "order_created", "billingId": REFERENCE}).to_string();
    for body in ["", "\n", "{}", bare.as_str()] {
        for status in [200, 201, 204] {
            assert!(matches!(replayed(status, body), CreateReply::Exists { pointer: None, .. }), "{status} {body:?}");
        }
    }
    assert!(matches!(read(201, ""), CreateReply::Exists { pointer: None, .. }));
    assert!(matches!(read(201, &bare), CreateReply::Exists { pointer: None, .. }));
    for body in ["{}", "[]", "<html>sign in</html>", "{\"status\":\"ok\"}"] {
        assert!(matches!(read(200, body), CreateReply::Unclear { .. }), "{body}: nothing shows that it is Print.one's");
    }
    for body in ["<html>sign in</html>", "[]", FAULT] {
        assert!(matches!(replayed(200, body), CreateReply::Unclear { .. }), "{body}");
    }
}

#[test]
fn a_replay_is_bound_only_when_it_names_our_reference() {
    let CreateReply::Created(order) = replayed(201, CREATED) else { panic!() };
    assert_eq!((order.status, order.ended), (None, None), "a stored status is stale");
    let reply = replayed(201, "{\"id\":\"ord_77\"}");
    let CreateReply::Exists { pointer, .. } = reply else { panic!("{reply:?}") };
    assert_eq!(pointer, Some(RemoteId::from("ord_77")));
}

#[test]
fn every_documented_status_of_a_first_request_has_its_class() {
    for (body, words) in ERRORS.into_iter().zip(["recipient.city", "template", "no JSON"]) {
        let CreateReply::Rejected { code, message } = read(400, body) else { panic!("{body}") };
        assert_eq!(code, "Bad Request");
        assert!(message.contains(words), "{message}");
    }
    assert!(matches!(read(404, &error(404)), CreateReply::Rejected { .. }));
    for status in [401, 403] {
        assert!(matches!(read(status, &error(status)), CreateReply::Unauthorised { .. }));
    }
    assert_eq!(read(429, "<html>"), CreateReply::Busy { retry_after_ms: Some(30_000) });
    let limited = answer(429, &[("retry-after", "7")], b"");
    assert_eq!(read_answer(&limited, true), CreateReply::Busy { retry_after_ms: Some(7_000) });
    assert!(matches!(read(409, CONFLICT), CreateReply::ExistsDifferent { .. }));
    for status in [400, 422] {
        let body = changed(CONFLICT, "statusCode", json!(status));
        assert!(matches!(read(status, &body), CreateReply::ExistsDifferent { .. }), "whatever status a conflict has");
    }
    for (status, body, failure) in [
        (500, FAULT.to_owned(), Some("500")),
        (500, String::new(), Some("500")),
        (503, error(503), Some("503")),
        (502, "<html>".into(), None),
        (504, String::new(), None),
        (402, error(402), Some("402")),
        (422, error(422), Some("422")),
        (408, error(408), None),
        (400, "<html>".into(), Some("400")),
        (400, error(401), Some("400")),
        (302, String::new(), None),
    ] {
        let CreateReply::Unclear { failure: read, .. } = read(status, &body) else { panic!("{status} {body}") };
        assert_eq!(read.as_deref(), failure, "{status} {body}");
    }
}

/// A replay shows the first request's refusal, as stored, or that the key is known with another content. What is not
/// clearly the one leads to a lookup; and so, by way of the decision, does the other.
#[test]
fn a_replay_is_refused_only_as_the_first_request_was() {
    for status in [400, 404] {
        assert!(matches!(replayed(status, &error(status)), CreateReply::Rejected { .. }), "{status}");
    }
    for status in [400, 402, 403, 404, 405, 409, 410, 413, 422, 451] {
        for body in [error(status), String::new(), changed(CONFLICT, "statusCode", json!(status))] {
            if matches!(status, 400 | 404) && body == error(status) {
                continue;
            }
            let CreateReply::Unclear { failure, .. } = replayed(status, &body) else { panic!("{status} {body}") };
            assert_eq!(failure, Some(status.to_string()), "the same failure again ends the replays");
        }
    }
    assert!(matches!(replayed(401, &error(401)), CreateReply::Unauthorised { .. }));
    let (first, again) = (read(500, FAULT), replayed(500, ""));
    let (CreateReply::Unclear { failure: first, .. }, CreateReply::Unclear { failure: again, .. }) = (first, again)
    else {
        panic!()
    };
    assert_eq!(first, again, "a stored failure is known again without its body");
}

#[test]
fn a_lookup_reads_every_page_and_keeps_each_reference() {
    let by = LookupBy::Reference(Reference::from(REFERENCE));
    let request = PrintOne.lookup_request(&by).unwrap();
    let path = format!("/v2/orders?filter.billingId=$in:{REFERENCE}&sortBy=createdAt:DESC&limit=20&page=1");
    assert_eq!(request.path, path);
    let page = |body: &str| PrintOne.read_page(&by, &request, &answer(200, &[], body.as_bytes()));
    let Page::Rows { rows, next: None, to_end: true } = page(LISTED) else { panic!() };
    assert_eq!((rows.len(), rows[0].reference.as_deref(), rows[0].fingerprint.clone()), (1, Some(REFERENCE), None));
    assert_eq!((rows[0].status.as_deref(), rows[0].ended), (Some("Processing"), Some(false)));
    for (member, value) in [("nextUrl", json!("https://other.example/v2/orders?page=2")), ("pages", json!(2))] {
        let Page::Rows { next: Some(next), to_end: false, .. } = page(&changed(LISTED, member, value)) else {
            panic!()
        };
        assert_eq!(next.path, path.replace("page=1", "page=2"), "asked for in our own words");
    }
    let short = page(&changed(LISTED, "total", json!(2)));
    assert!(matches!(short, Page::Rows { next: None, to_end: false, .. }), "a row is missing");
    let ignored = page(&changed(LISTED, "data", json!([{"id": "ord_1", "billingId": "x"}, {"id": "ord_2"}])));
    let Page::Rows { rows, .. } = ignored else { panic!() };
    assert_eq!(rows.iter().map(|r| r.reference.as_deref()).collect::<Vec<_>>(), [Some("x"), None]);
    let full = json!({"data": vec![json!({"id": "ord_1"}); 20]}).to_string();
    assert!(matches!(page(&full), Page::Rows { next: Some(_), to_end: false, .. }), "a full page that says nothing");
    for body in ["{}", "[]", "{\"data\":[{}]}", "{\"data\":{}}", "<html>"] {
        assert!(matches!(page(body), Page::Unclear { .. }), "{body}");
    }
    let refused = |status| PrintOne.read_page(&by, &request, &answer(status, &[], error(status).as_bytes()));
    assert!(matches!(refused(401), Page::Unauthorised { .. }));
    assert!(matches!(refused(404), Page::Unclear { .. }), "a list that is not there proves nothing");
    assert!(matches!(refused(500), Page::Unclear { .. }));
    assert!(matches!(refused(429), Page::Busy { retry_after_ms: Some(30_000) }));
}

#[test]
fn get_and_cancel_are_read() {
    let get = |status, body: &str| PrintOne.read_get(&answer(status, &[], body.as_bytes()));
    let GetReply::Shown(order) = get(200, SHOWN) else { panic!() };
    assert_eq!((order.status.as_deref(), order.ended), (Some("order_scheduled"), Some(false)));
    assert_eq!(get(404, &error(404)), GetReply::NotThere);
    assert!(matches!(get(404, "nginx"), GetReply::Unclear { .. }));
    assert!(matches!(get(401, &error(401)), GetReply::Unauthorised { .. }));
    assert_eq!(PrintOne.get_request(&RemoteId::from("a/b")).unwrap().path, "/v2/orders/a%2Fb");
    let request = PrintOne.cancel_request(&RemoteId::from("ord_77")).unwrap();
    assert_eq!((request.path.as_str(), request.body.as_slice()), ("/v2/orders/ord_77/cancel", b"{}".as_slice()));
    assert_eq!(PrintOne.cancel_request(&RemoteId::from("..")), None);
    let cancel = |status, body: &str| PrintOne.read_cancel(&answer(status, &[], body.as_bytes()));
    assert_eq!(cancel(201, CANCELLED), CancelReply::Cancelled { fee: None });
    let sent = changed(CANCELLED, "status", json!("order_pdf_delivered"));
    assert!(matches!(cancel(200, &sent), CancelReply::TooLate { .. }));
    for (status, body) in [(200, SHOWN), (201, ""), (400, ERRORS[0]), (409, CONFLICT), (404, "x"), (500, FAULT)] {
        assert!(matches!(cancel(status, body), CancelReply::Unclear { .. }), "{status}: the order's status decides");
    }
    assert!(matches!(cancel(401, &error(401)), CancelReply::Unauthorised { .. }));
    assert!(matches!(cancel(429, ""), CancelReply::Busy { .. }));
}

#[test]
fn an_order_says_whether_it_is_a_test() {
    for (billable, test) in [(json!(true), Some(false)), (json!(false), Some(true)), (json!(null), None)] {
        let CreateReply::Created(order) = read(201, &changed(CREATED, "isBillable", billable)) else { panic!() };
        assert_eq!(order.test, test);
    }
}

/// The platform's tables of statuses and errors: each has its class and its sentence.
#[test]
fn every_status_and_code_is_explained() {
    for (status, friendly, ended) in [
        ("order_created", "Processing", Some(false)),
        ("order_pdf_created", "Processing", Some(false)),
        ("order_pdf_queued", "Processing", Some(false)),
        ("order_scheduled", "Scheduled", Some(false)),
        ("order_pdf_delivered", "Sent", Some(true)),
        ("order_cancelled", "Cancelled", Some(true)),
        ("order_failed", "Failed", Some(true)),
    ] {
        for (member, word) in [("status", status), ("friendlyStatus", friendly)] {
            let body = json!({"id": "ord_1", "billingId": REFERENCE, member: word}).to_string();
            let GetReply::Shown(order) = PrintOne.read_get(&answer(200, &[], body.as_bytes())) else {
                panic!("{word}")
            };
            assert_eq!((order.ended, order.status.as_deref()), (ended, Some(word)));
            assert_eq!(order.succeeded.is_some(), ended == Some(true), "{word}");
            assert!(PrintOne.words().status(word).is_some(), "{word}");
        }
    }
    assert!(PrintOne.words().status("Success").is_some());
    assert_eq!(PrintOne.words().status("order_eaten"), None);
    let body = json!({"id": "ord_1", "status": "order_eaten", "billingId": REFERENCE}).to_string();
    let GetReply::Shown(order) = PrintOne.read_get(&answer(200, &[], body.as_bytes())) else { panic!() };
    assert_eq!((order.ended, order.status.as_deref()), (None, Some("order_eaten")), "shown as it is, never as ended");
    for status in [400, 404] {
        let CreateReply::Rejected { code, .. } = read(status, &error(status)) else { panic!() };
        assert!(PrintOne.explain(&code).is_some(), "{code}");
    }
    for status in [401, 403] {
        let CreateReply::Unauthorised { code } = read(status, &error(status)) else { panic!() };
        assert!(PrintOne.explain(&code).is_some(), "{code}");
    }
    for status in [500, 502, 503, 504] {
        let CreateReply::Unclear { why, .. } = read(status, &error(status)) else { panic!() };
        let code = why.split_once(&format!("{status} ")).unwrap().1;
        assert!(PrintOne.explain(code).is_some(), "{why}");
    }
    let CreateReply::ExistsDifferent { why } = read(409, CONFLICT) else { panic!() };
    assert!(PrintOne.explain(&why).is_some() && PrintOne.explain("Too Many Requests").is_some());
    assert_eq!(PrintOne.explain("Teapot"), None);
}

#[test]
fn values_are_forgiven_what_they_can_be_and_told_the_rest() {
    let with = |name: &str, value: &str| PrintOne.check(&order(&form::FORM, &[(name, value)]));
    for (name, value, checked) in [
        ("recipient_country", "nl", "NL"),
        ("finish", "matt", "MATTE"),
        ("finish", "", "GLOSSY"),
        ("merge_variables", " b = 2 ;a=1=1; ", "a=1=1; b=2"),
        ("send_date", "", ""),
    ] {
        assert_eq!(with(name, value).unwrap().get(name), checked, "{name} {value}");
    }
    for (name, value, remedy) in [
        ("template_id", "5d", "tmpl_5d"),
        ("recipient_name", "", "missing"),
        ("recipient_country", "Netherlands", "two-letter"),
        ("recipient_country", "UK", "GB"),
        ("finish", "shiny", "MATTE"),
        ("merge_variables", "X1", "key=value"),
        ("merge_variables", "a=1; a=2", "twice"),
        ("sender_city", "", "a sender needs"),
        ("send_date", "3 March", "2026-03-03"),
        ("send_date", "2026-02-30", "2026-03-03"),
        ("colour", "red", "no such field"),
    ] {
        let errors = with(name, value).unwrap_err();
        assert_eq!((errors.len(), errors[0].field.as_str()), (1, name));
        assert!(errors[0].reason.contains(remedy), "{}", errors[0].reason);
    }
}

proptest! {
    #[test]
    fn garbage_settles_nothing(status in 100u16..600, body in prop::collection::vec(any::<u8>(), 0..200), n in 0usize..9) {
        never_definite_without_envelope(&PrintOne, status, &body);
        let cut = CREATED.trim_end().as_bytes();
        never_definite_without_envelope(&PrintOne, status, &cut[..cut.len().saturating_sub(1 + n)]);
    }
}

#[test]
fn an_error_that_states_another_status_is_not_print_ones() {
    assert!(matches!(
        read_answer(&json_answer(400, &json!({"statusCode": 500, "message": "m"})), false),
        CreateReply::Unclear { .. }
    ));
    assert!(matches!(read_answer(&json_answer(401, &json!({"ok": false})), false), CreateReply::Unclear { .. }));
}

#[test]
fn templates_are_read_page_by_page_with_their_variables() {
    let first = PrintOne.choices_request("template_id", "welcome").unwrap();
    assert_eq!(first.path, "/v2/templates?limit=200&page=1");
    assert_eq!(PrintOne.choices_request("finish", ""), None, "only templates are chosen from a list");
    let read = |status, body: &str| PrintOne.read_choices("template_id", &answer(status, &[], body.as_bytes()));
    let ChoicesReply::Told(listed) = read(200, include_str!("fixtures/templates.json")) else { panic!() };
    assert_eq!(listed.next.map(|next| next.path).as_deref(), Some("/v2/templates?limit=200&page=2"));
    let names: Vec<_> = listed.rows.iter().map(|c| (c.id.as_str(), c.name.as_str(), c.variables.clone())).collect();
    let named = |names: &[&str]| Some(names.iter().map(|n| (*n).to_owned()).collect::<Vec<_>>());
    assert_eq!(
        names,
        [
            ("tmpl_5d", "Welcome card", named(&["firstName", "code"])),
            ("tmpl_6e", "Autumn sale", named(&[])),
            ("tmpl_7f", "tmpl_7f", named(&["message"])),
        ]
    );
    let lacks = |given: &str| {
        let values = std::collections::BTreeMap::from([("merge_variables".to_owned(), given.to_owned())]);
        PrintOne.lacks("template_id", &listed.rows[0], &values)
    };
    let missing = lacks("code=X1");
    assert_eq!((missing.len(), missing[0].field.as_str()), (1, "merge_variables"));
    assert!(missing[0].reason.contains("firstName") && !missing[0].reason.contains("code,"), "{}", missing[0].reason);
    assert!(lacks("code=X1; firstName=").is_empty(), "an empty text is given");
    assert!(matches!(read(401, r#"{"statusCode":401,"message":"no"}"#), ChoicesReply::Unauthorised { .. }));
    assert!(matches!(read(429, ""), ChoicesReply::Busy { retry_after_ms: Some(30_000) }));
    for (status, wrong) in [(200, r#"{"data":[{"name":"x"}]}"#), (200, "[]"), (500, "{}"), (200, "<html>")] {
        assert!(matches!(read(status, wrong), ChoicesReply::Unclear { .. }), "{status} {wrong}");
    }
}
