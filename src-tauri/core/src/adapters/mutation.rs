//! Answers changed at random in many ways, fed to every reader: none may panic, and no order is made without an id.
//!
//! The changes come from a seed, so a failure is had again. Not here: what any one answer means.

use serde_json::{Map, Number, Value};

use super::testing::{answer, order};
use super::{Adapter, LookupBy, Sent};
use crate::domain::Reference;
use crate::domain::http::HttpResponse;
use crate::domain::remote::{CreateReply, GetReply, Page, RemoteOrder};

/// Statuses that answers are given; the common ones more than once.
const STATUSES: [u16; 24] = [
    200, 200, 200, 201, 201, 201, 202, 204, 301, 303, 400, 400, 401, 403, 404, 408, 409, 409, 422, 429, 500, 502, 503,
    599,
];
/// Texts that mean something somewhere, put where others stood.
const WORDS: [&str; 14] = [
    "",
    "..",
    " ",
    "\u{0}",
    "null",
    "quote",
    "created",
    "cancelled",
    "order_created",
    "order_cancelled",
    "another",
    "2026-03-02T10:00:00Z",
    "99999999999999999999",
    "\u{1f525}",
];

/// Numbers that follow from a seed alone (SplitMix64).
struct Dice(u64);

impl Dice {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((z ^ (z >> 31)) % n.max(1) as u64).unwrap_or(0)
    }
}

fn scalar(dice: &mut Dice) -> Value {
    match dice.below(9) {
        0 => Value::Null,
        1 => Value::Bool(dice.below(2) == 0),
        2 => Value::Number(Number::from(dice.below(3))),
        3 => Value::Number(Number::from(-1)),
        4 => Value::Number(Number::from(u64::MAX)),
        5 => Value::Array(Vec::new()),
        6 => Value::Object(Map::new()),
        _ => Value::String(WORDS[dice.below(WORDS.len())].to_owned()),
    }
}

/// Changes one member somewhere in a value.
fn change(value: &mut Value, dice: &mut Dice) {
    match value {
        Value::Object(members) if !members.is_empty() && dice.below(6) > 0 => {
            let name = members.keys().nth(dice.below(members.len())).cloned().unwrap_or_default();
            match dice.below(5) {
                0 => {
                    members.remove(&name);
                }
                1 => {
                    let moved = members.remove(&name).unwrap_or_default();
                    members.insert(format!("{name}_"), moved);
                }
                _ => change(members.entry(name).or_insert(Value::Null), dice),
            }
        }
        Value::Array(items) if !items.is_empty() && dice.below(4) > 0 => {
            let at = dice.below(items.len());
            change(&mut items[at], dice);
        }
        other => *other = scalar(dice),
    }
}

/// One answer: a fixture with up to four members changed, and at times with bytes changed or cut off.
fn mutated(fixtures: &[&str], dice: &mut Dice) -> HttpResponse {
    let fixture = fixtures[dice.below(fixtures.len())];
    let mut value: Value = serde_json::from_str(fixture).expect("a fixture is JSON");
    for _ in 0..dice.below(5) {
        change(&mut value, dice);
    }
    let mut body = value.to_string().into_bytes();
    match dice.below(8) {
        0 => body.truncate(dice.below(body.len() + 1)),
        1 => {
            for _ in 0..=dice.below(3) {
                let at = dice.below(body.len());
                body[at] = u8::try_from(dice.below(256)).unwrap_or_default();
            }
        }
        2 if dice.below(4) == 0 => body.clear(),
        _ => {}
    }
    let status = STATUSES[dice.below(STATUSES.len())];
    answer(status, &[("date", "Mon, 02 Mar 2026 10:00:00 GMT"), ("retry-after", WORDS[dice.below(WORDS.len())])], &body)
}

fn has_id(order: &RemoteOrder, body: &Value, member: &str) -> bool {
    let shown = match body.get(member) {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Number(number)) => number.to_string(),
        _ => return false,
    };
    !shown.is_empty() && shown == order.id.as_str() && !shown.chars().any(char::is_control)
}

/// Feeds `rounds` changed answers to every reader. `id` is the member that holds an order's id; `also` is asked about
/// each reading of a create.
pub(crate) fn hold(
    adapter: &dyn Adapter,
    id: &str,
    fixtures: &[&str],
    rounds: u64,
    also: impl Fn(&Sent<'_>, &HttpResponse, &CreateReply),
) {
    let reference = Reference::from("0b0c1f0e-5a67-5b3e-9c5f-0b6f4a7a0001");
    let payload = adapter.check(&order(adapter.form(), &[])).expect("the example order is right");
    let fingerprint = adapter.fingerprint(&payload);
    let mut made = 0;
    for round in 0..rounds {
        let answer = mutated(fixtures, &mut Dice(round));
        let body = answer.json().unwrap_or_default();
        for replay in [false, true] {
            let sent = Sent { reference: &reference, fingerprint: &fingerprint, replay };
            let reply = adapter.read_create(&sent, &answer);
            let well_formed = match &reply {
                CreateReply::Created(order) => {
                    made += 1;
                    let ours = order.reference.as_deref().is_none_or(|r| r == reference.as_str());
                    (200..300).contains(&answer.status) && ours && !order.quote && has_id(order, &body, id)
                }
                CreateReply::Rejected { code, .. } | CreateReply::Unauthorised { code } => {
                    (400..500).contains(&answer.status) && !code.is_empty()
                }
                CreateReply::Busy { .. } => answer.status == 429,
                _ => true,
            };
            assert!(well_formed, "round {round}: {} {body} was read as {reply:?}", answer.status);
            also(&sent, &answer, &reply);
        }
        for by in [LookupBy::Reference(reference.clone()), LookupBy::Newest] {
            if let Some(request) = adapter.lookup_request(&by)
                && let Page::Rows { rows, .. } = adapter.read_page(&by, &request, &answer)
            {
                assert!(rows.iter().all(|r| !r.id.as_str().is_empty()), "round {round}: {body}");
            }
        }
        if let GetReply::Shown(order) = adapter.read_get(&answer) {
            assert!(has_id(&order, &body, id), "round {round}: {body}");
        }
        let _ = (adapter.read_cancel(&answer), adapter.read_quote(&answer), adapter.evidence(&answer));
    }
    assert!(made > rounds / 100, "the changes leave too little to read: {made} of {rounds} made an order");
}
