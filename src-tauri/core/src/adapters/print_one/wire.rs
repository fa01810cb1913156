//! Print.one's requests and answers, all in this one file.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Map, Value};

use super::super::reading::{echo, id, query, retry_after_ms, returned, segment, text, time_ms};
use super::super::values::pairs;
use super::super::{BuildError, LookupBy, Sent};
use super::form::look;
use crate::domain::http::{HttpRequest, HttpResponse};
use crate::domain::remote::{CancelReply, CreateReply, GetReply, Page, RemoteOrder};
use crate::domain::{Fingerprint, IdempotencyKey, OrderPayload, Reference, RemoteId};

const ORDERS: &str = "/v2/orders";
/// Behind a day: the time at which an order for later is due.
const MIDNIGHT: &str = "T00:00:00.000Z";
const PAGE_ROWS: usize = 20;
/// The window of the rate limit: no Retry-After is documented.
pub(super) const BUSY_MS: i64 = 30_000;
/// Our word for an answer that says that the key was used with another content.
const CONFLICT: &str = "Idempotency Conflict";

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Address<'a> {
    name: &'a str,
    address: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    address_line2: &'a str,
    postal_code: &'a str,
    city: &'a str,
    country: &'a str,
}

/// The create body. The order of its members is the order on the wire: a platform that compares bytes must see the
/// same ones again.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Create<'a> {
    template_id: &'a str,
    finish: &'a str,
    billing_id: &'a str,
    recipient: Address<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sender: Option<Address<'a>>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    merge_variables: BTreeMap<String, String>,
    /// A time in UTC, as their own answers write it: that a day alone is taken is nowhere said.
    #[serde(skip_serializing_if = "Option::is_none")]
    send_date: Option<String>,
}

fn wrong(field: &str, reason: impl Into<String>) -> BuildError {
    BuildError { field: field.to_owned(), reason: reason.into() }
}

fn needed<'a>(order: &'a OrderPayload, field: &str) -> Result<&'a str, BuildError> {
    match order.get(field) {
        "" => Err(wrong(field, "is missing")),
        value => Ok(value),
    }
}

pub(super) fn create_request(
    order: &OrderPayload,
    reference: &Reference,
    key: Option<&IdempotencyKey>,
) -> Result<HttpRequest, BuildError> {
    let key = key.ok_or_else(|| wrong("-", "Print.one needs an idempotency key, and none was minted"))?;
    let recipient = Address {
        name: needed(order, "recipient_name")?,
        address: needed(order, "recipient_address")?,
        address_line2: order.get("recipient_address2"),
        postal_code: needed(order, "recipient_postal_code")?,
        city: needed(order, "recipient_city")?,
        country: needed(order, "recipient_country")?,
    };
    let sender = match order.get("sender_name") {
        "" => None,
        name => Some(Address {
            name,
            address: needed(order, "sender_address")?,
            address_line2: order.get("sender_address2"),
            postal_code: needed(order, "sender_postal_code")?,
            city: needed(order, "sender_city")?,
            country: needed(order, "sender_country")?,
        }),
    };
    let body = Create {
        template_id: needed(order, "template_id")?,
        finish: needed(order, "finish")?,
        billing_id: reference.as_str(),
        recipient,
        sender,
        merge_variables: pairs(order.get("merge_variables"), "code=X1").map_err(|r| wrong("merge_variables", r))?,
        send_date: Some(order.get("send_date")).filter(|day| !day.is_empty()).map(|day| format!("{day}{MIDNIGHT}")),
    };
    let body = serde_json::to_vec(&body).map_err(|e| wrong("-", e.to_string()))?;
    Ok(HttpRequest { method: "POST".into(), path: ORDERS.into(), headers: Vec::new(), body }
        .header("content-type", "application/json")
        .header("idempotency-key", key.as_str()))
}

/// An error in one of the platform's three shapes: a status with messages, a message, or a list of errors.
pub(super) struct Refusal {
    pub code: String,
    pub message: String,
}

impl Refusal {
    /// What an answer about a key that was used with another content says; its status is not documented.
    fn names_the_key(&self) -> bool {
        self.message.to_lowercase().contains("idempoten")
    }
}

pub(super) fn refusal(answer: &HttpResponse) -> Option<Refusal> {
    let body = answer.json()?;
    let stated = body.as_object()?.get("statusCode");
    if stated.is_some_and(|s| s.as_u64() != Some(u64::from(answer.status))) {
        return None;
    }
    let said = |value: &Value| match value {
        Value::String(text) => Some(text.chars().take(200).collect::<String>()),
        Value::Object(error) => Some(error.get("message")?.as_str()?.chars().take(200).collect()),
        _ => None,
    };
    let messages: Vec<String> = match (body.get("message"), body.get("errors")) {
        (Some(Value::Array(list)), _) | (None, Some(Value::Array(list))) => {
            list.iter().take(20).filter_map(said).collect()
        }
        (Some(one), _) => said(one).into_iter().collect(),
        _ => Vec::new(),
    };
    if messages.is_empty() && stated.is_none() {
        return None;
    }
    let code = named(answer.status).or_else(|| text(&body, "error")).map(|c| c.chars().take(60).collect());
    Some(Refusal { code: code.unwrap_or_else(|| answer.status.to_string()), message: messages.join("; ") })
}

/// The names that the platform's error bodies give to statuses.
fn named(status: u16) -> Option<&'static str> {
    Some(match status {
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        429 => "Too Many Requests",
        500 => "Internal Server Error",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        504 => "Gateway Timeout",
        _ => return None,
    })
}

fn success(status: u16) -> bool {
    (200..300).contains(&status)
}

fn busy_ms(answer: &HttpResponse) -> Option<i64> {
    retry_after_ms(answer).or(Some(BUSY_MS))
}

fn foreign(status: u16) -> String {
    format!("http {status} without Print.one's envelope")
}

pub(super) fn read_create(sent: &Sent<'_>, answer: &HttpResponse) -> CreateReply {
    let status = answer.status;
    if status == 429 {
        return CreateReply::Busy { retry_after_ms: busy_ms(answer) };
    }
    if success(status) {
        return created(sent, answer);
    }
    let refusal = refusal(answer);
    let why = match &refusal {
        Some(refusal) => format!("http {status} {}", refusal.code),
        None => foreign(status),
    };
    match refusal {
        Some(Refusal { code, .. }) if status == 401 => CreateReply::Unauthorised { code },
        // On a replay this is the first request's refusal, as stored. It ends the replays; what is refused for good is
        // decided by lookups all the same.
        Some(refusal) if matches!(status, 400 | 404) && !refusal.names_the_key() => {
            CreateReply::Rejected { code: refusal.code, message: refusal.message }
        }
        // Any other refusal of a replay may say that the key is known with another content. The lookup decides.
        Some(refusal) if !sent.replay => match status {
            400..=499 if status == 409 || (status != 408 && refusal.names_the_key()) => {
                CreateReply::ExistsDifferent { why: CONFLICT.into() }
            }
            403 => CreateReply::Unauthorised { code: refusal.code },
            _ => CreateReply::Unclear { why, failure: stored(status, true) },
        },
        refusal => CreateReply::Unclear { why, failure: stored(status, refusal.is_some()) },
    }
}

/// The signature of a failure that may be stored under the key. Its replay has the same status and perhaps no body, so
/// the status is all of it. A gateway's own page is not stored.
fn stored(status: u16, enveloped: bool) -> Option<String> {
    let may = match status {
        408 => false,
        400..=500 => true,
        501..=599 => enveloped,
        _ => false,
    };
    may.then(|| status.to_string())
}

fn created(sent: &Sent<'_>, answer: &HttpResponse) -> CreateReply {
    let unclear = || CreateReply::Unclear { why: format!("http {} without an order", answer.status), failure: None };
    let exists = |pointer: Option<RemoteId>| CreateReply::Exists { pointer, why: "success without an order id".into() };
    let body = match answer.json() {
        Some(Value::Object(members)) => Value::Object(members),
        // A replay is the stored status and headers; its body may be empty. Any other text is not the platform's.
        None if answer.body.trim_ascii().is_empty() && (sent.replay || answer.status == 201) => return exists(None),
        _ => return unclear(),
    };
    if !is_order(&body) && (!sent.replay || refusal_under_success(&body)) {
        return unclear();
    }
    if let Some(other) = returned(&body, "billingId").filter(|echo| *echo != sent.reference.as_str()) {
        return CreateReply::ExistsDifferent { why: format!("the answer names another reference, {other}") };
    }
    let Some(order) = row(&body) else { return exists(None) };
    if order.fingerprint.as_ref().is_some_and(|print| print != sent.fingerprint) {
        return CreateReply::ExistsDifferent { why: "the answer shows another template, finish or postal code".into() };
    }
    match sent.replay {
        false => CreateReply::Created(order),
        // A replayed answer is the stored one: its status is as old as the order.
        true if order.reference.is_some() => {
            CreateReply::Created(RemoteOrder { status: None, ended: None, succeeded: None, ..order })
        }
        true => {
            CreateReply::Exists { pointer: Some(order.id), why: "a replay that does not name our reference".into() }
        }
    }
}

/// Whether a body looks like an order: it has a status, or names what an order is made of.
fn is_order(body: &Value) -> bool {
    let named = ["friendlyStatus", "billingId", "templateId"].iter().any(|member| returned(body, member).is_some());
    named || text(body, "status").is_some_and(|status| status.starts_with("order_"))
}

fn refusal_under_success(body: &Value) -> bool {
    body.get("statusCode").is_some() || (body.get("message").is_some() && body.get("id").is_none())
}

fn row(data: &Value) -> Option<RemoteOrder> {
    let status = text(data, "status").or_else(|| text(data, "friendlyStatus"));
    let (ended, succeeded) = match status {
        Some("order_pdf_delivered" | "Sent") => (Some(true), Some(true)),
        Some("order_cancelled" | "Cancelled" | "order_failed" | "Failed") => (Some(true), Some(false)),
        Some("order_created" | "order_pdf_created" | "order_pdf_queued" | "order_scheduled") => (Some(false), None),
        Some("Processing" | "Scheduled") => (Some(false), None),
        _ => (None, None),
    };
    Some(RemoteOrder {
        reference: returned(data, "billingId"),
        fingerprint: echoed(data),
        status: status.map(str::to_owned),
        ended,
        succeeded,
        // What a LIVE key ordered is printed and charged, what a TEST key ordered is neither.
        test: data.get("isBillable").and_then(Value::as_bool).map(|billable| !billable),
        created_ms: time_ms(data, "createdAt"),
        echo: content(data),
        ..RemoteOrder::bare(id(data, "id")?)
    })
}

/// The fingerprint of an echo that has every part of it. An order made anonymous has lost its address.
fn echoed(data: &Value) -> Option<Fingerprint> {
    if data.get("anonymizedAt").is_some_and(|at| !at.is_null()) {
        return None;
    }
    let postal_code = text(data.get("recipient")?, "postalCode")?;
    Some(look(text(data, "templateId")?, text(data, "finish")?, postal_code))
}

fn content(data: &Value) -> BTreeMap<String, String> {
    let address = |whose: &'static str, member: &'static str| data.get(whose).and_then(|a| a.get(member));
    let joined = |value: Option<&Value>| value.map(|list| Value::String(listed(list)));
    let variables = joined(data.get("mergeVariables"));
    let errors = joined(data.get("errors"));
    let day = text(data, "sendDate").map(|time| Value::from(time.strip_suffix(MIDNIGHT).unwrap_or(time)));
    echo([
        ("template_id", data.get("templateId")),
        ("recipient_name", address("recipient", "name")),
        ("recipient_address", address("recipient", "address")),
        ("recipient_address2", address("recipient", "addressLine2")),
        ("recipient_postal_code", address("recipient", "postalCode")),
        ("recipient_city", address("recipient", "city")),
        ("recipient_country", address("recipient", "country")),
        ("finish", data.get("finish")),
        ("merge_variables", variables.as_ref()),
        ("sender_name", address("sender", "name")),
        ("send_date", day.as_ref()),
        ("errors", errors.as_ref()),
    ])
}

/// A list or an object of texts in one line.
fn listed(value: &Value) -> String {
    let plain = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let parts: Vec<String> = match value {
        Value::Array(list) => list.iter().take(20).map(plain).collect(),
        Value::Object(map) => map.iter().take(40).map(|(k, v)| format!("{k}={}", plain(v))).collect(),
        _ => Vec::new(),
    };
    parts.join("; ")
}

pub(super) fn lookup_request(by: &LookupBy, page: usize) -> Option<HttpRequest> {
    let filter = match by {
        LookupBy::Reference(reference) => format!("filter.billingId=$in:{}&", segment(reference.as_str())?),
        LookupBy::Newest => String::new(),
    };
    Some(HttpRequest::get(format!("{ORDERS}?{filter}sortBy=createdAt:DESC&limit={PAGE_ROWS}&page={page}")))
}

pub(super) fn read_page(by: &LookupBy, request: &HttpRequest, answer: &HttpResponse) -> Page {
    let status = answer.status;
    if status == 429 {
        return Page::Busy { retry_after_ms: busy_ms(answer) };
    }
    if success(status) {
        return rows(by, request, &answer.json().unwrap_or_default());
    }
    match refusal(answer) {
        Some(Refusal { code, .. }) if matches!(status, 401 | 403) => Page::Unauthorised { code },
        Some(Refusal { code, .. }) => Page::Unclear { why: format!("http {status} {code}") },
        None => Page::Unclear { why: foreign(status) },
    }
}

fn rows(by: &LookupBy, request: &HttpRequest, body: &Value) -> Page {
    let Some(list) = body.get("data").and_then(Value::as_array) else {
        return Page::Unclear { why: "the answer is no list".into() };
    };
    let Some(rows) = list.iter().map(row).collect::<Option<Vec<_>>>() else {
        return Page::Unclear { why: "a row has no order id".into() };
    };
    let page = query(&request.path, "page").and_then(|p| p.parse::<usize>().ok()).unwrap_or(1);
    let count = |member: &str| body.get(member).and_then(Value::as_u64);
    let named = text(body, "nextUrl").is_some();
    let counted = count("pages").is_some_and(|pages| pages > page as u64);
    let says = body.get("nextUrl").is_some() || count("pages").is_some();
    let more = named || counted || (!says && rows.len() >= PAGE_ROWS);
    // Only the first page can be held against the total.
    let short = page == 1 && !more && count("total").is_some_and(|total| total > rows.len() as u64);
    // The next page is asked for in our own words: credentials never follow a link.
    let next = if more && !rows.is_empty() { lookup_request(by, page.saturating_add(1)) } else { None };
    Page::Rows { rows, next, to_end: !more && !short }
}

pub(super) fn get_request(id: &RemoteId) -> Option<HttpRequest> {
    Some(HttpRequest::get(format!("{ORDERS}/{}", segment(id.as_str())?)))
}

pub(super) fn read_get(answer: &HttpResponse) -> GetReply {
    let status = answer.status;
    if status == 429 {
        return GetReply::Busy { retry_after_ms: busy_ms(answer) };
    }
    if success(status) {
        let body = answer.json().unwrap_or_default();
        return match row(&body).filter(|_| is_order(&body)) {
            Some(order) => GetReply::Shown(order),
            None => GetReply::Unclear { why: format!("http {status} without an order") },
        };
    }
    match refusal(answer) {
        Some(_) if status == 404 => GetReply::NotThere,
        Some(Refusal { code, .. }) if matches!(status, 401 | 403) => GetReply::Unauthorised { code },
        Some(Refusal { code, .. }) => GetReply::Unclear { why: format!("http {status} {code}") },
        None => GetReply::Unclear { why: foreign(status) },
    }
}

pub(super) fn cancel_request(id: &RemoteId) -> Option<HttpRequest> {
    let path = format!("{ORDERS}/{}/cancel", segment(id.as_str())?);
    Some(HttpRequest::post_json(path, &Value::Object(Map::new())))
}

/// A refused cancel may be too early (the order is still being prepared) or too late, in answers that are not
/// documented: it is `Unclear`, and the order's own status decides, which ends as cancelled or sent.
pub(super) fn read_cancel(answer: &HttpResponse) -> CancelReply {
    let status = answer.status;
    if status == 429 {
        return CancelReply::Busy { retry_after_ms: busy_ms(answer) };
    }
    if success(status) {
        let body = answer.json().unwrap_or_default();
        return match row(&body).filter(|_| is_order(&body)).and_then(|order| order.status) {
            Some(word) if matches!(word.as_str(), "order_cancelled" | "Cancelled") => {
                CancelReply::Cancelled { fee: None }
            }
            Some(word) if matches!(word.as_str(), "order_pdf_delivered" | "Sent") => {
                CancelReply::TooLate { code: word }
            }
            Some(word) => CancelReply::Unclear { why: format!("answered with the status {word}") },
            None => CancelReply::Unclear { why: format!("http {status} without an order") },
        };
    }
    match refusal(answer) {
        Some(Refusal { code, .. }) if matches!(status, 401 | 403) => CancelReply::Unauthorised { code },
        Some(Refusal { code, .. }) => CancelReply::Unclear { why: format!("http {status} {code}") },
        None => CancelReply::Unclear { why: foreign(status) },
    }
}
