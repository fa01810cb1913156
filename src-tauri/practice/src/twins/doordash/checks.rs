//! What a quote and a create have to say, and the documented refusals.

use serde_json::{Map, Value, json};

use super::refusal;
use crate::{
    book::Book,
    wire::{Reply, Request},
};

/// The refusals of a create that nothing in a request provokes: reasons of `invalid_delivery_parameters`, and codes.
pub(super) const NAMED: &[&str] = &[
    "distance_too_long",
    "pickup_address_not_in_coverage",
    "delivery_address_not_in_coverage",
    "outside_of_delivery_time",
    "authorization_error",
    "service_fault",
];

/// The refusal of that name.
pub(super) fn named(word: &str) -> Reply {
    let message = "The delivery could not be created.";
    match word {
        "authorization_error" => refusal(403, word, message),
        "service_fault" => refusal(500, word, message),
        reason => {
            Reply::json(422, &json!({"code": "invalid_delivery_parameters", "message": message, "reason": reason}))
        }
    }
}

/// An id and everything else.
pub(super) type Asked = (String, Map<String, Value>);

/// What is wrong, field by field.
type Wrong = Vec<(String, &'static str)>;

/// What a create asks for, or the refusal.
pub(super) fn read_create(book: &Book, request: &Request) -> Result<Asked, Box<Reply>> {
    read(book, request, true)
}

/// What a quote asks for, or the refusal.
pub(super) fn read_quote(book: &Book, request: &Request) -> Result<Asked, Box<Reply>> {
    read(book, request, false)
}

fn read(book: &Book, request: &Request, creates: bool) -> Result<Asked, Box<Reply>> {
    let Some(mut body) = request.object() else { return Err(invalid(&[("body".into(), "must be a JSON object")])) };
    let mut wrong = Wrong::new();
    let id = text(&body, "external_delivery_id").to_owned();
    let most = book.switches.reference_max as usize;
    if id.is_empty() {
        wrong.push(("external_delivery_id".into(), "is required"));
    } else if !id.bytes().all(|c| c.is_ascii_alphanumeric() || b"-._~".contains(&c)) {
        wrong.push(("external_delivery_id".into(), "must hold letters, digits, -, ., _ and ~ only"));
    } else if most > 0 && id.len() > most {
        wrong.push(("external_delivery_id".into(), "is too long"));
    }
    if text(&body, "dropoff_address").is_empty() {
        wrong.push(("dropoff_address".into(), "is required"));
    }
    check_pickup(&body, creates, &mut wrong);
    if creates && text(&body, "dropoff_phone_number").is_empty() {
        wrong.push(("dropoff_phone_number".into(), "is required"));
    }
    check_values(&body, &mut wrong);
    if !wrong.is_empty() {
        return Err(invalid(&wrong));
    }
    body.remove("external_delivery_id");
    Ok((id, body))
}

fn text<'a>(body: &'a Map<String, Value>, name: &str) -> &'a str {
    body.get(name).and_then(Value::as_str).unwrap_or_default().trim()
}

/// By address and phone number, or by the ids of business and store together.
fn check_pickup(body: &Map<String, Value>, creates: bool, wrong: &mut Wrong) {
    let (business, store) = (text(body, "pickup_external_business_id"), text(body, "pickup_external_store_id"));
    if !business.is_empty() || !store.is_empty() {
        let fits = |c: u8| c.is_ascii_alphanumeric() || b"_-".contains(&c);
        if !(3..=64).contains(&business.len()) || !business.bytes().all(fits) {
            wrong.push(("pickup_external_business_id".into(), "must have 3 to 64 letters, digits, _ and -"));
        }
        if store.is_empty() {
            wrong.push(("pickup_external_store_id".into(), "goes with pickup_external_business_id"));
        }
        return;
    }
    if text(body, "pickup_address").is_empty() {
        wrong.push(("pickup_address".into(), "is required"));
    }
    if creates && text(body, "pickup_phone_number").is_empty() {
        wrong.push(("pickup_phone_number".into(), "is required"));
    }
}

fn check_values(body: &Map<String, Value>, wrong: &mut Wrong) {
    for field in ["pickup_phone_number", "dropoff_phone_number"] {
        if !text(body, field).is_empty() && !is_e164(text(body, field)) {
            wrong.push((field.into(), "must be an E.164 number such as +14155550100"));
        }
    }
    for field in ["order_value", "tip"] {
        if body.get(field).is_some_and(|value| value.as_u64().is_none()) {
            wrong.push((field.into(), "must be a whole number of cents"));
        }
    }
    if body.contains_key("locale") && !matches!(text(body, "locale"), "en-US" | "fr-CA" | "es-US") {
        wrong.push(("locale".into(), "must be en-US, fr-CA or es-US"));
    }
    let items = body.get("items").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    for (index, item) in items.iter().enumerate() {
        let named = item["name"].as_str().is_some_and(|name| (1..=100).contains(&name.chars().count()));
        let counted = item["quantity"].as_u64().is_some_and(|quantity| (1..=100).contains(&quantity));
        let priced = item.get("price").is_none_or(|price| price.as_u64().is_some_and(|price| price <= 9_999_999));
        if !(named && counted && priced) {
            wrong.push((format!("items[{index}]"), "needs a name, a quantity from 1 to 100 and a price in cents"));
        }
    }
}

fn is_e164(phone: &str) -> bool {
    phone.strip_prefix('+').is_some_and(|digits| {
        (2..=15).contains(&digits.len()) && !digits.starts_with('0') && digits.bytes().all(|c| c.is_ascii_digit())
    })
}

fn invalid(wrong: &[(String, &str)]) -> Box<Reply> {
    let errors: Vec<Value> = wrong.iter().map(|(field, error)| json!({"field": field, "error": error})).collect();
    let message = "One or more fields are not valid.";
    Box::new(Reply::json(400, &json!({"code": "validation_error", "message": message, "field_errors": errors})))
}
