//! DoorDash's requests and answers, all in this one file.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;

use super::super::reading::{echo, id, is_currency, retry_after_ms, returned, segment, signature, text, time_ms};
use super::super::{BuildError, Sent};
use super::form::{cents, items, look, major};
use crate::domain::ask::{Quote, QuoteReply};
use crate::domain::http::{HttpRequest, HttpResponse};
use crate::domain::remote::{CancelReply, CreateReply, GetReply, Page, RemoteOrder};
use crate::domain::{Fingerprint, Money, OrderPayload, Reference, RemoteId};

const DELIVERIES: &str = "/drive/v2/deliveries";
const QUOTES: &str = "/drive/v2/quotes";
/// After a 429 no request for at least this long, whatever a header says.
const BUSY_LEAST_MS: i64 = 1_000;
/// A delivery that is still being made is asked for again after this.
const STILL_MADE_MS: i64 = 5_000;
/// How long a quote stands.
const QUOTE_MS: i64 = 300_000;
/// The status of what holds an id and is no delivery.
const QUOTE: &str = "quote";

#[derive(Serialize)]
struct Item {
    name: String,
    quantity: i64,
}

/// The body of a create, and of a question for a price. Members stand in this order on the wire.
#[derive(Serialize)]
struct Delivery<'a> {
    external_delivery_id: &'a str,
    pickup_address: &'a str,
    pickup_phone_number: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    pickup_business_name: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    pickup_instructions: &'a str,
    dropoff_address: &'a str,
    dropoff_phone_number: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    dropoff_contact_given_name: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    dropoff_contact_family_name: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    dropoff_business_name: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    dropoff_instructions: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    order_value: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tip: Option<i64>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    items: Vec<Item>,
    #[serde(skip_serializing_if = "Option::is_none")]
    contactless_dropoff: Option<bool>,
    #[serde(skip_serializing_if = "str::is_empty")]
    action_if_undeliverable: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    pickup_time: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    dropoff_time: &'a str,
}

fn wrong(field: &str, reason: impl Into<String>) -> BuildError {
    BuildError { field: field.to_owned(), reason: reason.into() }
}

fn post(path: &str, order: &OrderPayload, delivery_id: &str) -> Result<HttpRequest, BuildError> {
    let needed = |field: &'static str| match order.get(field) {
        "" => Err(wrong(field, "is missing")),
        value => Ok(value),
    };
    let amount = |field: &'static str| match order.get(field) {
        "" => Ok(None),
        value => cents(value).map(Some).ok_or_else(|| wrong(field, "is not an amount")),
    };
    let items = items(order.get("items")).map_err(|why| wrong("items", why))?;
    let body = Delivery {
        external_delivery_id: delivery_id,
        pickup_address: needed("pickup_address")?,
        pickup_phone_number: needed("pickup_phone_number")?,
        pickup_business_name: order.get("pickup_business_name"),
        pickup_instructions: order.get("pickup_instructions"),
        dropoff_address: needed("dropoff_address")?,
        dropoff_phone_number: needed("dropoff_phone_number")?,
        dropoff_contact_given_name: order.get("dropoff_contact_given_name"),
        dropoff_contact_family_name: order.get("dropoff_contact_family_name"),
        dropoff_business_name: order.get("dropoff_business_name"),
        dropoff_instructions: order.get("dropoff_instructions"),
        order_value: amount("order_value")?,
        tip: amount("tip")?,
        items: items.into_iter().map(|(name, quantity)| Item { name, quantity }).collect(),
        contactless_dropoff: order.get("contactless_dropoff").parse().ok(),
        action_if_undeliverable: order.get("action_if_undeliverable"),
        pickup_time: order.get("pickup_time"),
        dropoff_time: order.get("dropoff_time"),
    };
    let body = serde_json::to_vec(&body).map_err(|e| wrong("-", e.to_string()))?;
    Ok(HttpRequest { method: "POST".into(), path: path.into(), headers: Vec::new(), body }
        .header("content-type", "application/json"))
}

/// An id may hold these characters only; one that holds another is never rewritten, because two could become one.
fn is_delivery_id(text: &str) -> bool {
    let plain = text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_' | b'~'));
    plain && !text.is_empty() && text.len() <= 64
}

pub(super) fn create_request(order: &OrderPayload, reference: &Reference) -> Result<HttpRequest, BuildError> {
    if !is_delivery_id(reference.as_str()) {
        return Err(wrong("-", "the reference holds a character that DoorDash's ids cannot"));
    }
    post(DELIVERIES, order, reference.as_str())
}

/// A quote takes the id it is asked under: never the order's own.
pub(super) fn quote_request(order: &OrderPayload, nonce: &str) -> Result<HttpRequest, BuildError> {
    let throw_away = format!("quote~{nonce}");
    if nonce.is_empty() || !is_delivery_id(&throw_away) {
        return Err(BuildError {
            field: "-".into(),
            reason: "a price needs an id of its own, and this is none".into(),
        });
    }
    post(QUOTES, order, &throw_away)
}

/// An error in the platform's envelope, `{code, message, ...}`.
struct Refusal {
    code: String,
    reason: Option<String>,
    message: String,
    fields: Vec<(String, String)>,
    delivery_id: Option<String>,
}

impl Refusal {
    /// The code with its reason, where it has one.
    fn full(&self) -> String {
        match &self.reason {
            Some(reason) => format!("{}.{reason}", self.code),
            None => self.code.clone(),
        }
    }

    /// Message and fields, for a person.
    fn words(&self) -> String {
        let mut words = self.message.clone();
        for (field, error) in &self.fields {
            words.push_str(&format!("; {field}: {error}"));
        }
        words
    }
}

fn refusal(answer: &HttpResponse) -> Option<Refusal> {
    let body = answer.json()?;
    let message = body.get("message")?.as_str()?;
    let short = |text: &str| text.chars().take(200).collect::<String>();
    let fields = body.get("field_errors").and_then(Value::as_array).into_iter().flatten().take(20);
    Some(Refusal {
        code: text(&body, "code").map(short)?,
        reason: text(&body, "reason").map(short),
        message: short(message),
        fields: fields.filter_map(|e| Some((short(text(e, "field")?), short(text(e, "error")?)))).collect(),
        delivery_id: id(&body, "external_delivery_id"),
    })
}

fn success(status: u16) -> bool {
    (200..300).contains(&status)
}

fn busy_ms(answer: &HttpResponse) -> Option<i64> {
    retry_after_ms(answer).map(|ms| ms.max(BUSY_LEAST_MS))
}

fn foreign(status: u16) -> String {
    format!("http {status} without DoorDash's envelope")
}

pub(super) fn read_create(sent: &Sent<'_>, answer: &HttpResponse) -> CreateReply {
    let status = answer.status;
    if status == 429 {
        return CreateReply::Busy { retry_after_ms: busy_ms(answer) };
    }
    if success(status) {
        return created(sent, answer);
    }
    let Some(refusal) = refusal(answer) else {
        return CreateReply::Unclear { why: foreign(status), failure: None };
    };
    match (status, refusal.code.as_str()) {
        (409, "duplicate_delivery_id") => {
            let ours = refusal.delivery_id.as_ref().is_none_or(|id| id == sent.reference.as_str());
            let pointer = ours.then(|| RemoteId::from(sent.reference.as_str()));
            CreateReply::Exists { pointer, why: refusal.code }
        }
        // The older Drive API says of a duplicate that a field is wrong. Our ids are always well formed, so an error of
        // that field is never taken for a plain refusal.
        (400, "validation_error") if refusal.fields.iter().any(|(field, _)| field == "external_delivery_id") => {
            about_the_id(status, &refusal)
        }
        (400, "validation_error") | (422, "invalid_delivery_parameters") => {
            CreateReply::Rejected { code: refusal.full(), message: refusal.words() }
        }
        (401 | 403, _) => CreateReply::Unauthorised { code: refusal.code },
        _ => {
            let why = format!("http {status} {}", refusal.full());
            CreateReply::Unclear { why, failure: Some(signature(status, Some(&refusal.code))) }
        }
    }
}

fn about_the_id(status: u16, refusal: &Refusal) -> CreateReply {
    let words = refusal.words().to_lowercase();
    let why = format!("{} of external_delivery_id", refusal.code);
    if ["duplicate", "already", "exist", "unique", "taken"].iter().any(|word| words.contains(word)) {
        return CreateReply::Exists { pointer: None, why };
    }
    CreateReply::Unclear { why, failure: Some(signature(status, Some(&refusal.code))) }
}

fn created(sent: &Sent<'_>, answer: &HttpResponse) -> CreateReply {
    let body = answer.json().unwrap_or_default();
    let echoed = returned(&body, "external_delivery_id");
    if echoed.is_none() && !["delivery_status", "support_reference"].iter().any(|m| text(&body, m).is_some()) {
        let why = format!("http {} without a delivery", answer.status);
        return CreateReply::Unclear { why, failure: None };
    }
    if let Some(other) = echoed.as_ref().filter(|echo| *echo != sent.reference.as_str()) {
        return CreateReply::ExistsDifferent { why: format!("the answer names another delivery, {other}") };
    }
    if text(&body, "delivery_status") == Some(QUOTE) {
        // The id is taken by a price, and no courier comes: neither an order nor its absence.
        return CreateReply::Unclear { why: "a quote holds the delivery's id".into(), failure: None };
    }
    let Some(order) = row(&body) else {
        let why = "success without the delivery's id or status".to_owned();
        return CreateReply::Exists { pointer: echoed.map(RemoteId), why };
    };
    // A repeat may be answered with the delivery that is there, whatever the repeat asked for.
    if order.fingerprint.as_ref().is_some_and(|print| print != sent.fingerprint) {
        return CreateReply::ExistsDifferent { why: "the answer shows other phone numbers".into() };
    }
    CreateReply::Created(order)
}

/// A delivery: both its id and its status are always shown.
fn row(data: &Value) -> Option<RemoteOrder> {
    let delivery_id = id(data, "external_delivery_id")?;
    let status = text(data, "delivery_status")?;
    let (ended, succeeded) = match status {
        "delivered" => (Some(true), Some(true)),
        "returned" | "cancelled" => (Some(true), Some(false)),
        "created" | "confirmed" | "enroute_to_pickup" | "arrived_at_pickup" | "picked_up" | "enroute_to_dropoff" => {
            (Some(false), None)
        }
        "arrived_at_dropoff" | "enroute_to_return" | "arrived_at_return" => (Some(false), None),
        _ => (None, None),
    };
    Some(RemoteOrder {
        reference: Some(delivery_id.clone()),
        fingerprint: echoed(data),
        status: Some(status.to_owned()),
        ended,
        succeeded,
        quote: status == QUOTE,
        created_ms: time_ms(data, "created_at"),
        fee: fee(data),
        tracking_url: text(data, "tracking_url").map(str::to_owned),
        courier: text(data, "dasher_name").map(str::to_owned),
        echo: content(data),
        ..RemoteOrder::bare(delivery_id)
    })
}

fn fee(data: &Value) -> Option<Money> {
    let amount = data.get("fee")?.as_i64().filter(|cents| *cents >= 0)?;
    let currency = text(data, "currency").filter(|c| is_currency(c))?;
    Some(Money { amount, currency: currency.to_ascii_uppercase() })
}

fn echoed(data: &Value) -> Option<Fingerprint> {
    Some(look(text(data, "pickup_phone_number")?, text(data, "dropoff_phone_number")?))
}

/// What is shown of the content. `support_reference` is DoorDash's own number, which its support asks for.
fn content(data: &Value) -> BTreeMap<String, String> {
    const SAME: [&str; 15] = [
        "pickup_address",
        "pickup_phone_number",
        "pickup_business_name",
        "pickup_instructions",
        "dropoff_address",
        "dropoff_phone_number",
        "dropoff_contact_given_name",
        "dropoff_contact_family_name",
        "dropoff_business_name",
        "dropoff_instructions",
        "action_if_undeliverable",
        "pickup_time",
        "dropoff_time",
        "support_reference",
        "cancellation_reason",
    ];
    let amount = |member: &str| data.get(member).and_then(Value::as_i64).map(|cents| Value::String(major(cents)));
    let (order_value, tip) = (amount("order_value"), amount("tip"));
    let amounts = [("order_value", order_value.as_ref()), ("tip", tip.as_ref())];
    echo(SAME.into_iter().map(|member| (member, data.get(member))).chain(amounts))
}

pub(super) fn get_request(delivery_id: &str) -> Option<HttpRequest> {
    Some(HttpRequest::get(format!("{DELIVERIES}/{}", segment(delivery_id)?)))
}

/// The answer to a read of one delivery by its id is a page of at most one row.
pub(super) fn read_page(request: &HttpRequest, answer: &HttpResponse) -> Page {
    // A 404 that speaks of another delivery says nothing about the one asked for.
    let other = refusal(answer).and_then(|r| r.delivery_id).filter(|id| get_request(id).as_ref() != Some(request));
    if let (404, Some(other)) = (answer.status, other) {
        return Page::Unclear { why: format!("http 404 about another delivery, {other}") };
    }
    match read_get(answer) {
        GetReply::Shown(order) => Page::Rows { rows: vec![order], next: None, to_end: true },
        GetReply::NotThere => Page::Rows { rows: Vec::new(), next: None, to_end: true },
        GetReply::Unauthorised { code } => Page::Unauthorised { code },
        GetReply::Busy { retry_after_ms } => Page::Busy { retry_after_ms },
        GetReply::Unclear { why } => Page::Unclear { why },
    }
}

pub(super) fn read_get(answer: &HttpResponse) -> GetReply {
    let status = answer.status;
    if status == 429 {
        return GetReply::Busy { retry_after_ms: busy_ms(answer) };
    }
    if success(status) {
        return match row(&answer.json().unwrap_or_default()) {
            Some(order) => GetReply::Shown(order),
            None => GetReply::Unclear { why: format!("http {status} without a delivery") },
        };
    }
    match refusal(answer) {
        Some(refusal) if status == 404 && refusal.code == "unknown_delivery_id" => GetReply::NotThere,
        Some(refusal) if matches!(status, 401 | 403) => GetReply::Unauthorised { code: refusal.code },
        Some(refusal) => GetReply::Unclear { why: format!("http {status} {}", refusal.full()) },
        None => GetReply::Unclear { why: foreign(status) },
    }
}

/// No reason is given: it is optional, and Docket does not know the merchant's.
pub(super) fn cancel_request(id: &RemoteId) -> Option<HttpRequest> {
    let path = format!("{DELIVERIES}/{}/cancel", segment(id.as_str())?);
    Some(
        HttpRequest { method: "PUT".into(), path, headers: Vec::new(), body: b"{}".to_vec() }
            .header("content-type", "application/json"),
    )
}

pub(super) fn read_cancel(answer: &HttpResponse) -> CancelReply {
    let status = answer.status;
    if status == 429 {
        return CancelReply::Busy { retry_after_ms: busy_ms(answer) };
    }
    if success(status) {
        let order = row(&answer.json().unwrap_or_default());
        return match order.map(|order| (order.status.unwrap_or_default(), order.fee)) {
            Some((word, fee)) if word == "cancelled" => CancelReply::Cancelled { fee },
            Some((word, _)) => CancelReply::Unclear { why: format!("answered with the status {word}") },
            None => CancelReply::Unclear { why: format!("http {status} without a delivery") },
        };
    }
    let Some(refusal) = refusal(answer) else {
        return CancelReply::Unclear { why: foreign(status) };
    };
    match (status, refusal.code.as_str(), refusal.reason.as_deref()) {
        (409, "cancel_not_allowed", Some("delivery_cancelled")) => CancelReply::Cancelled { fee: None },
        (409, "cancel_not_allowed", Some("delivery_creation_in_progress")) => {
            CancelReply::Busy { retry_after_ms: Some(STILL_MADE_MS) }
        }
        // The cancel that was sent before may have been carried out or not: the status tells.
        (409, "cancel_not_allowed", Some("duplicate_request")) => CancelReply::Unclear { why: refusal.full() },
        (409, "cancel_not_allowed", _) => CancelReply::TooLate { code: refusal.full() },
        (401 | 403, _, _) => CancelReply::Unauthorised { code: refusal.code },
        _ => CancelReply::Unclear { why: format!("http {status} {}", refusal.full()) },
    }
}

pub(super) fn read_quote(answer: &HttpResponse) -> QuoteReply {
    let status = answer.status;
    if status == 429 {
        return QuoteReply::Busy { retry_after_ms: busy_ms(answer) };
    }
    if success(status) {
        return quoted(answer);
    }
    let Some(refusal) = refusal(answer) else {
        return QuoteReply::Unclear { why: foreign(status) };
    };
    match (status, refusal.code.as_str()) {
        (400, "validation_error") | (422, "invalid_delivery_parameters") => {
            QuoteReply::Rejected { code: refusal.full(), message: refusal.words() }
        }
        (401 | 403, _) => QuoteReply::Unauthorised { code: refusal.code },
        _ => QuoteReply::Unclear { why: format!("http {status} {}", refusal.full()) },
    }
}

/// A quote stands for five minutes; where it does not say until when, they count from the answer's own date.
fn quoted(answer: &HttpResponse) -> QuoteReply {
    let body = answer.json().unwrap_or_default();
    let stated = text(&body, "delivery_status");
    if let Some(other) = stated.filter(|status| *status != QUOTE) {
        return QuoteReply::Unclear { why: format!("answered with the status {other}") };
    }
    let (Some(fee), Some(_)) = (fee(&body), id(&body, "external_delivery_id")) else {
        return QuoteReply::Unclear { why: format!("http {} without a price", answer.status) };
    };
    let dated = answer.header("date").and_then(|d| httpdate::parse_http_date(d).ok());
    let dated_ms = dated.and_then(|at| at.duration_since(std::time::UNIX_EPOCH).ok());
    let dated_ms = dated_ms.and_then(|since| i64::try_from(since.as_millis()).ok());
    let expires_ms = time_ms(&body, "expires_at").or_else(|| dated_ms?.checked_add(QUOTE_MS));
    let arrives_ms = time_ms(&body, "dropoff_time_estimated").or_else(|| time_ms(&body, "delivery_time"));
    // The id is the throw-away one: it is worth nothing to anybody.
    QuoteReply::Told(Quote { expires_ms, arrives_ms, ..Quote::bare(fee) })
}
