//! Recorded answers, changed by chance: what they hold, what they are made of, their bytes, status and headers.
//!
//! Not here: what may be read out of them (`reader`).

use docket_core::domain::http::HttpResponse;
use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};
use serde_json::{Map, Value};

/// Chance from a seed: the same every time.
pub struct Dice(StdRng);

impl Dice {
    /// Of a seed.
    pub fn of(seed: u64) -> Dice {
        Dice(StdRng::seed_from_u64(seed))
    }

    /// Below `n`; 0 where there is nothing below it.
    fn below(&mut self, n: usize) -> usize {
        self.0.random_range(0..n.max(1))
    }

    fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.below(from.len())]
    }

    /// Once in `n` times.
    fn once_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }
}

/// One recorded answer as a document and as bytes.
pub struct Recorded {
    document: Value,
    bytes: &'static [u8],
    /// How many places the document has.
    places: usize,
}

/// What the changes start from.
pub fn recorded(corpus: &[&'static [u8]]) -> Vec<Recorded> {
    let record = |bytes: &&'static [u8]| {
        let document: Value = serde_json::from_slice(bytes).expect("a recorded answer is JSON");
        Recorded { places: places(&document), document, bytes }
    };
    corpus.iter().map(record).collect()
}

const STATUSES: [u16; 28] = [
    200, 200, 200, 200, 200, 201, 201, 202, 204, 206, 301, 303, 304, 400, 400, 400, 401, 402, 403, 404, 408, 409, 409,
    422, 422, 429, 500, 503,
];

/// Names that mean something to one reader or another.
const NAMES: [&str; 20] = [
    "id",
    "order_id",
    "external_delivery_id",
    "status",
    "delivery_status",
    "code",
    "kind",
    "data",
    "success",
    "external_id",
    "reference",
    "billingId",
    "next_href",
    "nextUrl",
    "pages",
    "total",
    "total_count",
    "statusCode",
    "message",
    "metadata",
];

/// Words that mean something as a value.
const WORDS: [&str; 16] = [
    "error",
    "delivery",
    "delivery_quote",
    "quote",
    "duplicate_delivery",
    "used_quote",
    "invalid_params",
    "VALIDATION_ERROR",
    "IDEMPOTENCY_CONFLICT",
    "validation_error",
    "duplicate_delivery_id",
    "customer_blocked",
    "customer_limited",
    "NOT_FOUND",
    "Idempotency key already used",
    "0b0c1f0e-5a67-5b3e-9c5f-0b6f4a7a0001",
];

/// Pieces of text that are at a limit of JSON, or beyond it.
const TOKENS: [&str; 18] = [
    "-0",
    "01",
    "1e999",
    "-1e-999",
    "18446744073709551616",
    "9007199254740993",
    "0.1000000000000000055511151231257827",
    "NaN",
    "tru",
    "\"\\ud800\"",
    "\"\\u0000\"",
    "\"\\ud83e\\udd80\"",
    "\"\u{feff}\"",
    "[[[[[[[[[[]]]]]]]]]]",
    "{\"id\":{\"id\":{\"id\":\"x\"}}}",
    "\"del_1\u{202e}\"",
    "'x'",
    "null,\"id\":\"del_again\"",
];

/// Values that take a reader by surprise.
fn strange(dice: &mut Dice) -> Value {
    match dice.below(18) {
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
        11 => Value::from("\u{1f980}".repeat(if dice.once_in(400) { 60_000 } else { 60 })),
        12 => Value::Array(Vec::new()),
        13 => Value::Object(Map::new()),
        _ => Value::from(*dice.pick(&WORDS)),
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

/// The place with that number. `at` is counted down on the way.
fn place<'a>(value: &'a mut Value, at: &mut usize) -> Option<&'a mut Value> {
    if *at == 0 {
        return Some(value);
    }
    *at -= 1;
    match value {
        Value::Array(items) => items.iter_mut().find_map(|item| place(item, at)),
        Value::Object(members) => members.values_mut().find_map(|member| place(member, at)),
        _ => None,
    }
}

fn piece<'a>(value: &'a Value, at: &mut usize) -> Option<&'a Value> {
    if *at == 0 {
        return Some(value);
    }
    *at -= 1;
    match value {
        Value::Array(items) => items.iter().find_map(|item| piece(item, at)),
        Value::Object(members) => members.values().find_map(|member| piece(member, at)),
        _ => None,
    }
}

/// Changes one place of a document: its value, its type, or what it is made of.
fn twist(document: &mut Value, size: usize, donor: &Recorded, dice: &mut Dice) {
    let taken = piece(&donor.document, &mut dice.below(donor.places)).cloned().unwrap_or_default();
    let Some(found) = place(document, &mut dice.below(size)) else { return };
    match (dice.below(9), &mut *found) {
        (0, Value::Object(members)) if !members.is_empty() => {
            let name = members.keys().nth(dice.below(members.len())).cloned().unwrap_or_default();
            members.remove(&name);
        }
        (1, Value::Object(members)) => drop(members.insert((*dice.pick(&NAMES)).to_owned(), taken)),
        (2, Value::Object(members)) => {
            members.insert((*dice.pick(&NAMES)).to_owned(), strange(dice));
        }
        (3, Value::Array(items)) if !items.is_empty() => {
            let again = items[0].clone();
            let times = if dice.once_in(24) { dice.below(120) } else { dice.below(4) };
            items.extend(std::iter::repeat_n(again, times));
        }
        (4, _) => *found = retyped(found.take()),
        (5, _) => *found = Value::Array(vec![found.take()]),
        (6 | 7, _) => *found = taken,
        _ => *found = strange(dice),
    }
}

/// The same in another type.
fn retyped(value: Value) -> Value {
    match value {
        Value::String(text) => text.parse::<i64>().map_or(Value::Bool(true), Value::from),
        Value::Array(mut items) => items.pop().unwrap_or_default(),
        Value::Object(members) => members.into_iter().next().map(|(_, value)| value).unwrap_or_default(),
        other @ (Value::Number(_) | Value::Bool(_) | Value::Null) => Value::String(other.to_string()),
    }
}

/// The list of a page grows or is emptied, or the page says something else of how much there is.
fn stretch(document: &mut Value, dice: &mut Dice) {
    let n = if dice.once_in(8) { dice.below(130) } else { dice.below(24) };
    if dice.once_in(2) {
        let says = [Value::from(n), Value::from("/v1/deliveries?offset=50"), Value::from(""), Value::Null];
        let name = *dice.pick(&["pages", "total", "total_count", "next_href", "nextUrl"]);
        if let Value::Object(members) = &mut *document {
            members.insert(name.to_owned(), dice.pick(&says).clone());
        }
    }
    let places = ["", "/data", "/orders", "/data/orders"];
    let list = places.into_iter().find(|place| document.pointer(place).is_some_and(Value::is_array));
    if let Some(Value::Array(rows)) = list.and_then(|place| document.pointer_mut(place)) {
        let row = rows.first().cloned().unwrap_or_default();
        rows.resize(n, row);
    }
}

/// Changes bytes, whatever they mean.
fn tear(body: &mut Vec<u8>, donor: &[u8], dice: &mut Dice) {
    let at = dice.below(body.len() + 1);
    match dice.below(9) {
        0 => body.truncate(at),
        1 if at < body.len() => body[at] ^= 1 << dice.below(8),
        2 if at < body.len() => body[at] = *dice.pick(b"\"{}[]:,\\0-e. \x00\xff"),
        3 => drop(body.splice(at..at, donor[dice.below(donor.len())..].iter().copied().take(40))),
        4 => drop(body.splice(at..at, [0xf0, 0x9f, 0xa6])),
        5 => graft(body, at, dice),
        6 => repeat_a_member(body, at, dice),
        7 if dice.once_in(50) => {
            let deep = if dice.once_in(20) { 100_000 } else { 200 };
            body.splice(at..at, std::iter::repeat_n(*dice.pick(b"[{"), deep));
        }
        _ => drop(body.drain(at..(at + dice.below(20)).min(body.len()))),
    }
}

/// Puts a piece of text in place of the next value after `at`.
fn graft(body: &mut Vec<u8>, at: usize, dice: &mut Dice) {
    let Some(colon) = body[at..].iter().position(|b| *b == b':') else { return };
    let from = at + colon + 1;
    let end = body[from..].iter().position(|b| matches!(b, b',' | b'}' | b']')).unwrap_or(body.len() - from);
    body.splice(from..from + end, dice.pick(&TOKENS).bytes());
}

/// A member that the object has, or may have, stands in it once more.
fn repeat_a_member(body: &mut Vec<u8>, at: usize, dice: &mut Dice) {
    let Some(open) = body[at..].iter().position(|b| *b == b'{') else { return };
    let again = format!("\"{}\":\"{}\",", dice.pick(&NAMES), dice.pick(&WORDS));
    body.splice(at + open + 1..at + open + 1, again.bytes());
}

/// Headers that readers look at, as they should be and as they should not.
const HEADERS: [&[(&str, &str)]; 8] = [
    &[("retry-after", "42"), ("location", "/v1/deliveries/del_9")],
    &[("retry-after", "-1"), ("location", "http://portal.example/deliveries/x y")],
    &[("retry-after", "Mon, 02 Mar 2026 10:00:00 GMT"), ("date", "never")],
    &[("retry-after", "Fri, 31 Dec 9999 23:59:59 GMT"), ("date", "Mon, 02 Mar 2026 10:00:00 GMT")],
    &[("retry-after", "99999999999999999999"), ("location", "//")],
    &[("location", "/v1/deliveries/"), ("date", "Mon, 02 Mar 2026 10:00:00 GMT")],
    &[("content-type", "text/html"), ("location", "/v1/deliveries/\u{fffd}")],
    &[],
];

/// One changed answer.
pub fn mutated(corpus: &[Recorded], dice: &mut Dice) -> HttpResponse {
    let (one, donor) = (dice.pick(corpus), dice.pick(corpus));
    let mut body = if dice.below(4) > 0 {
        let mut document = one.document.clone();
        if dice.once_in(30) {
            stretch(&mut document, dice);
        }
        for _ in 0..=dice.below(4) {
            twist(&mut document, one.places, donor, dice);
        }
        document.to_string().into_bytes()
    } else {
        one.bytes.to_vec()
    };
    if dice.once_in(3) {
        for _ in 0..=dice.below(6) {
            tear(&mut body, donor.bytes, dice);
        }
    }
    let status = if dice.once_in(20) { 100 + dice.below(900) as u16 } else { *dice.pick(&STATUSES) };
    let headers = dice.pick(&HEADERS).iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    HttpResponse { status, headers, body }
}
