//! FoxReload's requests and answers, all in this one file.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Map, Number, Value};

use super::super::reading::{echo, id, query, retry_after_ms, segment, signature, text, time_ms};
use super::super::values::number;
use super::super::{BuildError, Sent};
use super::{codes, form, look};
use crate::domain::http::{HttpRequest, HttpResponse};
use crate::domain::remote::{CreateReply, GetReply, Page, RemoteOrder};
use crate::domain::{FieldError, Fingerprint, OrderPayload, RemoteId};

const CREATE: &str = "/api/orders";
const ORDERS: &str = "/api/orders/";

/// FoxReload documents no error bodies. We assume that a JSON object with one of these statuses is its own refusal,
/// given before anything was charged. Without the assumption, every refusal would be in doubt.
const JSON_REFUSALS_ARE_FINAL: bool = true;
const REFUSALS: [u16; 3] = [400, 404, 422];

/// The first list asks for this many; the paging parameter is not documented, so more is asked for by a larger limit.
pub(super) const FIRST_LIMIT: usize = 100;
const LARGEST_LIMIT: usize = 1_600;
/// A limit of ten works, says the documentation: fewer rows than that, when ten were asked for, are all there are. What
/// becomes of a larger limit, and how many rows come without one, is not documented.
const KNOWN_LIMIT: usize = 10;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Create {
    items: Vec<Item>,
    #[serde(skip_serializing_if = "Option::is_none")]
    total_price: Option<Number>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    is_mock: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Item {
    item_id: String,
    quantity: i64,
    #[serde(skip_serializing_if = "Map::is_empty")]
    note: Map<String, Value>,
}

/// `test` marks the order as a mock: there is no sandbox, so a test account that left the mark out would buy.
pub(super) fn create_request(order: &OrderPayload, test: bool) -> Result<HttpRequest, BuildError> {
    let build = |e: FieldError| BuildError { field: e.field, reason: e.reason };
    let mut items: Vec<Item> = form::items(order)
        .map_err(build)?
        .into_iter()
        .map(|(item_id, quantity)| Item { item_id, quantity, note: Map::new() })
        .collect();
    if let Some(first) = items.first_mut() {
        first.note = form::note(order.get("note")).map_err(|reason| BuildError { field: "note".into(), reason })?;
    }
    let total_price = match order.get("total_price") {
        "" => None,
        price => Some(
            number(price)
                .ok_or_else(|| BuildError { field: "total_price".into(), reason: "is not a number".into() })?,
        ),
    };
    let body = serde_json::to_vec(&Create { items, total_price, is_mock: test })
        .map_err(|e| BuildError { field: "-".into(), reason: e.to_string() })?;
    Ok(HttpRequest { method: "POST".into(), path: CREATE.into(), headers: Vec::new(), body }
        .header("content-type", "application/json"))
}

pub(super) fn success(status: u16) -> bool {
    (200..300).contains(&status)
}

/// An error's code; its status where it names none.
pub(super) fn code(body: &Value, status: u16) -> String {
    said(body, ["code", "error", "type", "name"]).unwrap_or_else(|| format!("http {status}"))
}

/// The first text among the names an error may stand under.
fn said(body: &Value, names: [&str; 4]) -> Option<String> {
    names.iter().find_map(|name| match body.get(name)? {
        Value::String(said) if !said.is_empty() => Some(said.chars().take(500).collect()),
        nested @ Value::Object(_) => text(nested, "code").or_else(|| text(nested, "message")).map(str::to_owned),
        _ => None,
    })
}

pub(super) fn read_create(sent: &Sent<'_>, answer: &HttpResponse) -> CreateReply {
    let status = answer.status;
    if status == 429 {
        return CreateReply::Busy { retry_after_ms: retry_after_ms(answer) };
    }
    let Some(body) = answer.json().filter(Value::is_object) else {
        return CreateReply::Unclear { why: format!("http {status} without a JSON object"), failure: None };
    };
    if success(status) {
        return created(sent, status, &body);
    }
    let code = said(&body, ["code", "error", "type", "name"]);
    match status {
        401 | 403 => CreateReply::Unauthorised { code: code.unwrap_or_else(|| format!("http {status}")) },
        _ if JSON_REFUSALS_ARE_FINAL && REFUSALS.contains(&status) => CreateReply::Rejected {
            message: said(&body, ["message", "detail", "error", "title"]).unwrap_or_default(),
            code: code.unwrap_or_else(|| format!("http {status}")),
        },
        _ => CreateReply::Unclear { why: format!("http {status}"), failure: Some(signature(status, code.as_deref())) },
    }
}

fn created(sent: &Sent<'_>, status: u16, body: &Value) -> CreateReply {
    match row(body) {
        Some(order) if order.fingerprint.as_ref().is_some_and(|echo| echo != sent.fingerprint) => {
            CreateReply::ExistsDifferent { why: "the answer shows other items".into() }
        }
        Some(order) => CreateReply::Created(order),
        // No portal or proxy answers 201 or 202, and an order without an id is still an order.
        None if matches!(status, 201 | 202) || looks_like_order(body) => {
            CreateReply::Exists { pointer: None, why: "success without an order id".into() }
        }
        None => CreateReply::Unclear { why: format!("http {status} without an order"), failure: None },
    }
}

fn looks_like_order(body: &Value) -> bool {
    body.get("items").is_some_and(Value::is_array)
}

/// An order with its id. A status or items must stand beside it: an id alone may be anything.
fn row(data: &Value) -> Option<RemoteOrder> {
    let status = text(data, "status");
    if status.is_none() && !looks_like_order(data) {
        return None;
    }
    let (ended, succeeded) = match status {
        Some("completed") => (Some(true), Some(true)),
        Some("cancelled" | "failed") => (Some(true), Some(false)),
        Some("active" | "paid" | "processing") => (Some(false), None),
        _ => (None, None),
    };
    Some(RemoteOrder {
        fingerprint: echoed(data),
        status: status.map(str::to_owned),
        ended,
        succeeded,
        created_ms: time_ms(data, "createdAt"),
        // Only an unpaid order can expire.
        expires_ms: time_ms(data, "paymentExpiresAt").filter(|_| status == Some("active")),
        echo: shown(data),
        codes: codes::delivered(data),
        ..RemoteOrder::bare(id(data, "id")?)
    })
}

/// Product ids and quantities; `None` where an item lacks either.
fn items(data: &Value) -> Option<Vec<(String, i64)>> {
    let items = data.get("items")?.as_array().filter(|items| !items.is_empty())?;
    let item = |item: &Value| {
        let product = item.get("product").and_then(|p| id(p, "id")).or_else(|| id(item, "itemId"))?;
        Some((product, item.get("quantity")?.as_i64()?))
    };
    items.iter().map(item).collect()
}

fn echoed(data: &Value) -> Option<Fingerprint> {
    items(data).map(look)
}

fn shown(data: &Value) -> BTreeMap<String, String> {
    let mut shown = echo([("total_price", data.get("totalPrice"))]);
    let items = items(data).unwrap_or_default();
    if let Some(((first, quantity), more)) = items.split_first() {
        shown.insert("item_id".to_owned(), first.clone());
        shown.insert("quantity".to_owned(), quantity.to_string());
        let more: Vec<String> = more.iter().map(|(item, quantity)| format!("{item}*{quantity}")).collect();
        if !more.is_empty() {
            shown.insert("more_items".to_owned(), more.join("; "));
        }
    }
    shown
}

/// The newest orders, in every status: a filter would hide those that ended at once.
pub(super) fn newest(limit: usize) -> HttpRequest {
    HttpRequest::get(format!("{ORDERS}?limit={limit}"))
}

pub(super) fn read_page(request: &HttpRequest, answer: &HttpResponse) -> Page {
    let status = answer.status;
    if status == 429 {
        return Page::Busy { retry_after_ms: retry_after_ms(answer) };
    }
    let Some(body) = answer.json() else {
        return Page::Unclear { why: format!("http {status} without JSON") };
    };
    if matches!(status, 401 | 403) && body.is_object() {
        return Page::Unauthorised { code: code(&body, status) };
    }
    if !success(status) {
        return Page::Unclear { why: format!("http {status}") };
    }
    // The articles read a bare array and `orders`; the other names are for what is not written yet.
    let list = body
        .as_array()
        .or_else(|| ["orders", "data", "results", "items"].iter().find_map(|name| body.get(name)?.as_array()));
    let Some(list) = list.filter(|_| body.is_array() || !body.get("id").is_some_and(Value::is_string)) else {
        return Page::Unclear { why: "the answer is no list of orders".into() };
    };
    let Some(rows) = list.iter().map(row).collect::<Option<Vec<_>>>() else {
        return Page::Unclear { why: "a row is no order".into() };
    };
    let limit = query(&request.path, "limit").and_then(|l| l.parse().ok()).unwrap_or(FIRST_LIMIT);
    // Few rows: all there are, or a limit that is not taken and counts as none. The known limit tells.
    let next = match rows.len() {
        0 => None,
        _ if limit == KNOWN_LIMIT => None,
        few if few < KNOWN_LIMIT => Some(KNOWN_LIMIT),
        full if full >= limit && limit < LARGEST_LIMIT => Some(limit.saturating_mul(4).min(LARGEST_LIMIT)),
        _ => None,
    };
    let to_end = rows.is_empty() || (limit == KNOWN_LIMIT && rows.len() < limit);
    Page::Rows { to_end, rows, next: next.map(newest) }
}

pub(super) fn get_request(id: &RemoteId) -> Option<HttpRequest> {
    Some(HttpRequest::get(format!("{ORDERS}{}", segment(id.as_str())?)))
}

pub(super) fn read_get(answer: &HttpResponse) -> GetReply {
    let status = answer.status;
    if status == 429 {
        return GetReply::Busy { retry_after_ms: retry_after_ms(answer) };
    }
    let Some(body) = answer.json().filter(Value::is_object) else {
        return GetReply::Unclear { why: format!("http {status} without a JSON object") };
    };
    match status {
        404 => GetReply::NotThere,
        401 | 403 => GetReply::Unauthorised { code: code(&body, status) },
        _ if success(status) => match row(&body) {
            Some(order) => GetReply::Shown(order),
            None => GetReply::Unclear { why: format!("http {status} without an order") },
        },
        _ => GetReply::Unclear { why: format!("http {status}") },
    }
}
