//! What a create has to say, and the documented refusals.

use serde_json::{Map, Value, json};

use super::{super::delivery_times, refusal};
use crate::{
    book::Book,
    wire::{Reply, Request},
};

const TEXTS: [&str; 6] =
    ["pickup_name", "pickup_address", "pickup_phone_number", "dropoff_name", "dropoff_address", "dropoff_phone_number"];
const NOTES: [&str; 3] = ["pickup_notes", "dropoff_notes", "dropoff_seller_notes"];
const NOTES_MAX: usize = 280;

/// The refusals of a create that nothing in a request provokes, by code.
pub(super) const NAMED: &[&str] = &[
    "unknown_location",
    "address_undeliverable",
    "address_undeliverable_limited_couriers",
    "missing_payment",
    "not_allowed",
    "request_timeout",
    "customer_suspended",
    "customer_blocked",
    "customer_limited",
    "unknown_error",
    "couriers_busy",
    "robo_couriers_busy",
    "service_unavailable",
];

/// The refusal of that code.
pub(super) fn named(code: &str) -> Reply {
    let status = match code {
        "customer_suspended" => 402,
        "customer_blocked" => 403,
        "customer_limited" => 429,
        "unknown_error" => 500,
        "couriers_busy" | "robo_couriers_busy" | "service_unavailable" => 503,
        _ => 400,
    };
    refusal(status, code, "The delivery could not be created.")
}

/// A create as it was understood.
#[derive(Debug)]
pub(super) struct Create {
    pub external_id: Option<String>,
    pub manifest_reference: Option<String>,
    pub idempotency_key: Option<String>,
    pub quote_id: Option<String>,
    /// Everything else.
    pub content: Map<String, Value>,
}

/// A text that is there and not empty.
pub(super) fn text(body: &Map<String, Value>, name: &str) -> Option<String> {
    body.get(name).and_then(Value::as_str).filter(|text| !text.is_empty()).map(str::to_owned)
}

fn invalid(params: &Map<String, Value>) -> Box<Reply> {
    let message = "The parameters of your request were invalid.";
    let body = json!({"code": "invalid_params", "message": message, "kind": "error", "metadata": params});
    Box::new(Reply::json(400, &body))
}

/// What a create says, or the refusal.
pub(super) fn read_create(book: &Book, request: &Request, now: i64) -> Result<Create, Box<Reply>> {
    let mut wrong = Map::new();
    let Some(mut body) = request.object() else {
        wrong.insert("body".into(), "must be a JSON object".into());
        return Err(invalid(&wrong));
    };
    check_texts(&body, &mut wrong);
    check_items(&body, &mut wrong);
    for field in ["external_id", "manifest_reference", "idempotency_key", "quote_id"] {
        if body.get(field).is_some_and(|value| !value.is_string() && !value.is_null()) {
            wrong.insert(field.into(), "must be a string".into());
        }
    }
    let most = book.switches.reference_max as usize;
    let too_long = |field: &&str| most > 0 && text(&body, field).is_some_and(|text| text.chars().count() > most);
    if let Some(field) = ["external_id", "manifest_reference"].into_iter().find(too_long) {
        wrong.insert(field.into(), "is too long".into());
    }
    if !wrong.is_empty() {
        return Err(invalid(&wrong));
    }
    if let Some((code, message)) = delivery_times::check(&body, now) {
        return Err(Box::new(refusal(400, code, message)));
    }
    let mut take = |name: &str| match body.remove(name) {
        Some(Value::String(text)) if !text.is_empty() => Some(text),
        Some(_) | None => None,
    };
    let (external_id, manifest_reference) = (take("external_id"), take("manifest_reference"));
    let (idempotency_key, quote_id) = (take("idempotency_key"), take("quote_id"));
    Ok(Create { external_id, manifest_reference, idempotency_key, quote_id, content: body })
}

fn check_texts(body: &Map<String, Value>, wrong: &mut Map<String, Value>) {
    for field in TEXTS {
        match body.get(field).and_then(Value::as_str).map(str::trim) {
            None | Some("") => {
                wrong.insert(field.into(), "is required".into());
            }
            Some(phone) if field.ends_with("phone_number") && !is_phone(phone) => {
                wrong.insert(field.into(), "must be a phone number such as +14155550100".into());
            }
            Some(_) => {}
        }
    }
    for field in NOTES {
        if text(body, field).is_some_and(|notes| notes.chars().count() > NOTES_MAX) {
            wrong.insert(field.into(), "must not be longer than 280 characters".into());
        }
    }
}

fn is_phone(phone: &str) -> bool {
    phone.strip_prefix('+').is_some_and(|digits| !digits.is_empty() && digits.bytes().all(|c| c.is_ascii_digit()))
}

fn check_items(body: &Map<String, Value>, wrong: &mut Map<String, Value>) {
    let items = body.get("manifest_items").and_then(Value::as_array).filter(|items| !items.is_empty());
    let Some(items) = items else {
        wrong.insert("manifest_items".into(), "must have at least one item".into());
        return;
    };
    for (index, item) in items.iter().enumerate() {
        let named = item["name"].as_str().is_some_and(|name| !name.trim().is_empty());
        let counted = item["quantity"].as_u64().is_some_and(|quantity| quantity >= 1);
        let sized = match item.get("size") {
            None => true,
            Some(size) => matches!(size.as_str(), Some("small" | "medium" | "large" | "xlarge")),
        };
        if !(named && counted && sized) {
            wrong.insert(format!("manifest_items[{index}]"), "needs a name, a quantity and a known size".into());
        }
    }
}

/// What a quote is asked for, or the refusal.
pub(super) fn read_quote(request: &Request) -> Result<Map<String, Value>, Box<Reply>> {
    let (body, mut wrong) = (request.object().unwrap_or_default(), Map::new());
    for field in ["pickup_address", "dropoff_address"] {
        if text(&body, field).is_none_or(|address| address.trim().is_empty()) {
            wrong.insert(field.into(), "is required".into());
        }
    }
    if wrong.is_empty() { Ok(body) } else { Err(invalid(&wrong)) }
}

/// Why a quote cannot be used for a create, if it cannot.
pub(super) fn unusable_quote(book: &Book, create: &Create, now: i64) -> Option<Reply> {
    let id = create.quote_id.as_deref()?;
    let Some(quote) = book.quote(id) else {
        return Some(*invalid(&Map::from_iter([("quote_id".to_owned(), "does not exist".into())])));
    };
    if book.quote_is_used(id) {
        return Some(used_quote());
    }
    if now >= quote.expires {
        return Some(refusal(400, "expired_quote", "The quote has expired."));
    }
    let quoted = |name: &str| quote.content.get(name) == create.content.get(name);
    if !quoted("external_store_id") {
        let params = [("external_store_id".to_owned(), "differs from the quote's".into())];
        return Some(*invalid(&Map::from_iter(params)));
    }
    let message = "The quote was made for other addresses.";
    (!quoted("pickup_address") || !quoted("dropoff_address")).then(|| refusal(400, "mismatched_price_quote", message))
}

pub(super) fn used_quote() -> Reply {
    refusal(400, "used_quote", "The quote has been used already.")
}
