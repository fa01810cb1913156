//! Recorded answers, changed at random many thousand times, and what no reading of them may ever say.
//!
//! The changes are drawn from a fixed seed: the same answers come up in every run.

use serde_json::Value;

use super::testing::{answer, order};
use super::{Adapter, LookupBy, Sent, registry};
use crate::domain::http::{HttpRequest, HttpResponse};
use crate::domain::remote::{CancelReply, CreateReply, GetReply, Page, QuoteReply};
use crate::domain::{Platform, Reference};

const ROUNDS: usize = 10_000;
const REFERENCE: &str = "0b0c1f0e-5a67-5b3e-9c5f-0b6f4a7a0001";

/// Numbers from a seed (SplitMix64): the same ones every time.
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, n: usize) -> usize {
        (self.next() % n.max(1) as u64) as usize
    }

    fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.below(from.len())]
    }
}

macro_rules! fixtures {
    ($folder:literal: $($name:literal)*) => {
        &[$(include_bytes!(concat!($folder, "/fixtures/", $name, ".json"))),*]
    };
}

const POSTMATES: &[&[u8]] = fixtures!("postmates": "created" "conflict" "invalid" "list" "list_more" "under_way"
    "canceled" "noncancelable" "quote");
const UBER_DIRECT: &[&[u8]] = fixtures!("uber_direct": "created" "created_bare" "under_way" "returned" "duplicate"
    "invalid" "invalid_details" "unauthorized" "server_error" "noncancelable" "canceled" "quote" "list" "list_more");
const PATHAO: &[&[u8]] = fixtures!("pathao": "created" "invalid" "conflict" "limited" "unauthorized" "too_late"
    "quote" "list" "under_way" "cancelled");
const FOXRELOAD: &[&[u8]] = fixtures!("foxreload": "created" "completed" "cancelled" "failed" "list" "list_named"
    "refused");

const PRINT_ONE: &[&[u8]] = fixtures!("print_one": "created" "created" "listed" "shown" "cancelled" "conflict" "fault"
    "error_list" "error_text" "error_objects");
const DOORDASH: &[&[u8]] = fixtures!("doordash": "created" "created" "shown" "duplicate" "unknown" "quote_held" "quoted"
    "cancelled" "cancel_refused" "validation" "parameters" "fault");

const STATUSES: [u16; 24] = [
    200, 200, 200, 200, 201, 202, 204, 206, 301, 303, 304, 400, 400, 401, 402, 403, 404, 408, 409, 409, 422, 429, 500,
    503,
];

/// Values that take a reader by surprise.
fn strange(dice: &mut Dice) -> Value {
    match dice.below(14) {
        0 => Value::Null,
        1 => Value::Bool(true),
        2 => Value::Bool(false),
        3 => Value::from(0),
        4 => Value::from(-1),
        5 => Value::from(u64::MAX),
        6 => Value::from(i64::MIN),
        7 => Value::from(1e300),
        8 => Value::from(""),
        9 => Value::from(" \u{0}\n\u{202e}"),
        10 => Value::from("../..//{customer_id}?x=1#y&z=%"),
        11 => Value::from("\u{1f980}".repeat(300)),
        12 => Value::Array(Vec::new()),
        _ => Value::Object(serde_json::Map::new()),
    }
}

/// Every place of a document, counted in one order.
fn places(value: &Value) -> usize {
    1 + match value {
        Value::Array(items) => items.iter().map(places).sum(),
        Value::Object(members) => members.values().map(places).sum::<usize>(),
        _ => 0,
    }
}

fn place(value: &mut Value, at: usize) -> Option<&mut Value> {
    if at == 0 {
        return Some(value);
    }
    let inner: Vec<&mut Value> = match value {
        Value::Array(items) => items.iter_mut().collect(),
        Value::Object(members) => members.values_mut().collect(),
        _ => return None,
    };
    let mut left = at - 1;
    for value in inner {
        let here = places(value);
        if left < here {
            return place(value, left);
        }
        left -= here;
    }
    None
}

/// Changes one place of a document: its value, or what it is made of.
fn twist(document: &mut Value, other: &Value, dice: &mut Dice) {
    let at = dice.below(places(document));
    let from = dice.below(places(other));
    let taken = place(&mut other.clone(), from).map(|v| v.take()).unwrap_or_default();
    let Some(found) = place(document, at) else { return };
    match (dice.below(5), &mut *found) {
        (0, Value::Object(members)) if !members.is_empty() => {
            let name = members.keys().nth(dice.below(members.len())).cloned().unwrap_or_default();
            members.remove(&name);
        }
        (1, Value::Object(members)) => {
            let names = ["id", "order_id", "status", "code", "kind", "data", "success", "external_id", "reference"];
            members.insert((*dice.pick(&names)).to_owned(), taken);
        }
        (2, Value::Array(items)) if !items.is_empty() => {
            let again = items[0].clone();
            let times = if dice.below(12) == 0 { dice.below(120) } else { dice.below(4) };
            items.extend(std::iter::repeat_n(again, times));
        }
        (3, _) => *found = taken,
        _ => *found = strange(dice),
    }
}

/// Changes bytes, whatever they mean.
fn tear(body: &mut Vec<u8>, other: &[u8], dice: &mut Dice) {
    let at = dice.below(body.len() + 1);
    match dice.below(5) {
        0 => body.truncate(at),
        1 if at < body.len() => body[at] ^= 1 << dice.below(8),
        2 if at < body.len() => body[at] = *dice.pick(b"\"{}[]:,\\0-e. \x00\xff"),
        3 => drop(body.splice(at..at, other[dice.below(other.len())..].iter().copied().take(40))),
        _ => drop(body.drain(at..(at + dice.below(20)).min(body.len()))),
    }
}

fn mutated(corpus: &[&[u8]], dice: &mut Dice) -> HttpResponse {
    let other = *dice.pick(corpus);
    let mut body = dice.pick(corpus).to_vec();
    if dice.below(4) > 0 {
        let mut document: Value = serde_json::from_slice(&body).unwrap();
        let donor: Value = serde_json::from_slice(other).unwrap();
        for _ in 0..=dice.below(4) {
            twist(&mut document, &donor, dice);
        }
        body = document.to_string().into_bytes();
    }
    if dice.below(3) == 0 {
        for _ in 0..=dice.below(6) {
            tear(&mut body, other, dice);
        }
    }
    let headers = [
        [("retry-after", "42"), ("location", "/v1/deliveries/del_9")],
        [("retry-after", "-1"), ("location", "http://portal.example/deliveries/x y")],
        [("retry-after", "Mon, 02 Mar 2026 10:00:00 GMT"), ("date", "never")],
    ];
    let headers = headers[dice.below(headers.len())];
    answer(*dice.pick(&STATUSES), &headers, &body)
}

/// Whether a document holds that id somewhere: an id is never made up.
fn holds(document: &Value, id: &str) -> bool {
    match document {
        Value::String(text) => text == id,
        Value::Number(number) => number.to_string() == id,
        Value::Array(items) => items.iter().any(|item| holds(item, id)),
        Value::Object(members) => members.values().any(|member| holds(member, id)),
        Value::Null | Value::Bool(_) => false,
    }
}

/// How often answers were read as something definite: a test that never gets that far shows nothing.
#[derive(Debug, Default)]
struct Counts {
    created: usize,
    exists: usize,
    refused: usize,
    rows: usize,
    shown: usize,
    quoted: usize,
}

fn has_an_id(id: &str, answer: &HttpResponse) {
    let document = answer.json().unwrap_or_default();
    assert!(!id.trim().is_empty() && id.len() <= 200 && holds(&document, id), "{id:?} from {document}");
}

fn read_create(adapter: &dyn Adapter, sent: &Sent<'_>, answer: &HttpResponse, counts: &mut Counts) {
    let success = (200..300).contains(&answer.status);
    let refusal = (400..500).contains(&answer.status) && answer.status != 408;
    match adapter.read_create(sent, answer) {
        CreateReply::Created(order) => {
            counts.created += 1;
            assert!(success, "{answer:?}");
            has_an_id(order.id.as_str(), answer);
            assert!(order.reference.is_none_or(|echo| echo == sent.reference.as_str()), "{answer:?}");
            assert!(!order.quote, "a price is no order: {answer:?}");
        }
        CreateReply::Exists { pointer, .. } => {
            counts.exists += 1;
            assert!(success || refusal || answer.status == 303, "{answer:?}");
            assert!(pointer.is_none_or(|id| !id.as_str().trim().is_empty()), "{answer:?}");
        }
        CreateReply::ExistsDifferent { .. } => assert!(success || refusal, "{answer:?}"),
        CreateReply::Rejected { code, .. } | CreateReply::Unauthorised { code } => {
            counts.refused += 1;
            assert!(refusal && !code.is_empty(), "{answer:?}");
            let stored = sent.replay && adapter.platform() == Platform::PrintOne && answer.status != 401;
            let first = matches!(answer.status, 400 | 404);
            assert!(!stored || first, "a replay's refusal may say that the key is taken: {answer:?}");
        }
        CreateReply::TokenExpired { .. } => panic!("only the driver says so"),
        CreateReply::Busy { retry_after_ms } => {
            assert!(refusal && retry_after_ms.is_none_or(|ms| (0..=86_400_000).contains(&ms)), "{answer:?}");
        }
        CreateReply::Unclear { why, .. } => assert!(!why.is_empty()),
    }
}

fn read_page(adapter: &dyn Adapter, by: &LookupBy, first: &HttpRequest, answer: &HttpResponse, counts: &mut Counts) {
    let Page::Rows { rows, next, to_end } = adapter.read_page(by, first, answer) else { return };
    counts.rows += 1;
    assert!(
        (200..300).contains(&answer.status) || rows.is_empty() && answer.status == 404,
        "rows from a failure: {answer:?}"
    );
    rows.iter().for_each(|row| has_an_id(row.id.as_str(), answer));
    if let Some(next) = next {
        assert!(!to_end && next.method == "GET" && next.path.starts_with('/') && next.path != first.path, "{next:?}");
        // What follows is a page of the same kind, read by the same rules.
        if let Page::Rows { next: Some(third), .. } = adapter.read_page(by, &next, answer) {
            assert_ne!(third.path, next.path, "a link to itself");
        }
    }
}

fn read_everything(platform: Platform, corpus: &[&[u8]]) {
    let adapter = registry::adapter(platform).unwrap();
    let payload = adapter.check(&order(adapter.form(), &[])).unwrap();
    let (reference, fingerprint) = (Reference::from(REFERENCE), adapter.fingerprint(&payload));
    let lookups: Vec<(LookupBy, HttpRequest)> = [LookupBy::Reference(reference.clone()), LookupBy::Newest]
        .into_iter()
        .filter_map(|by| adapter.lookup_request(&by).map(|request| (by, request)))
        .collect();
    let quotes = adapter.quote_request(&payload, "n").is_some();
    let mut counts = Counts::default();
    let mut dice = Dice(20_260_302);
    for round in 0..ROUNDS {
        let answer = mutated(corpus, &mut dice);
        let sent = Sent { reference: &reference, fingerprint: &fingerprint, replay: round % 2 == 1 };
        read_create(adapter, &sent, &answer, &mut counts);
        for (by, first) in &lookups {
            read_page(adapter, by, first, &answer, &mut counts);
        }
        let success = (200..300).contains(&answer.status);
        match adapter.read_get(&answer) {
            GetReply::Shown(order) => {
                counts.shown += 1;
                assert!(success, "{answer:?}");
                has_an_id(order.id.as_str(), &answer);
            }
            GetReply::NotThere => assert_eq!(answer.status, 404),
            GetReply::Unauthorised { .. } | GetReply::Busy { .. } | GetReply::Unclear { .. } => {}
        }
        match adapter.read_cancel(&answer) {
            // DoorDash says of what was cancelled before that it cannot be cancelled.
            CancelReply::Cancelled => {
                assert!(success || platform == Platform::Doordash && answer.status == 409, "{answer:?}");
            }
            CancelReply::NotShown => panic!("only the driver says so"),
            CancelReply::TooLate { .. } => assert!((400..500).contains(&answer.status), "{answer:?}"),
            CancelReply::Unauthorised { .. } | CancelReply::Busy { .. } | CancelReply::Unclear { .. } => {}
        }
        if let QuoteReply::Quoted(quote) = adapter.read_quote(&answer) {
            counts.quoted += 1;
            assert!(success && quote.fee.amount >= 0 && quote.fee.currency.len() == 3, "{answer:?}");
        }
        let _ = adapter.evidence(&answer);
    }
    assert!(counts.created > 50 && counts.rows > 50 && counts.shown > 50 && counts.refused > 50, "{counts:?}");
    assert!(counts.exists > 50 && (counts.quoted > 50 || !quotes), "{counts:?}");
}

#[test]
fn postmates_reads_no_order_into_a_changed_answer() {
    read_everything(Platform::Postmates, POSTMATES);
}

#[test]
fn uber_direct_reads_no_order_into_a_changed_answer() {
    read_everything(Platform::UberDirect, UBER_DIRECT);
}

#[test]
fn pathao_reads_no_order_into_a_changed_answer() {
    read_everything(Platform::Pathao, PATHAO);
}

#[test]
fn foxreload_reads_no_order_into_a_changed_answer() {
    read_everything(Platform::Foxreload, FOXRELOAD);
}

#[test]
fn print_one_reads_no_order_into_a_changed_answer() {
    read_everything(Platform::PrintOne, PRINT_ONE);
}

#[test]
fn doordash_reads_no_order_into_a_changed_answer() {
    read_everything(Platform::Doordash, DOORDASH);
}
