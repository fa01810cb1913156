//! Pathao's requests and answers, all in this one file.

use serde::Serialize;
use serde_json::{Number, Value};

use super::super::reading::{echo, id, major, priced, query, retry_after_ms, segment, signature, text, time_ms};
use super::super::values::number;
use super::super::{BuildError, LookupBy, Sent};
use super::{FORM, look};
use crate::domain::ask::{Quote, QuoteReply};
use crate::domain::http::{HttpRequest, HttpResponse};
use crate::domain::remote::{CancelReply, CreateReply, GetReply, Page, RemoteOrder};
use crate::domain::{Fingerprint, IdempotencyKey, Money, OrderPayload, Reference, RemoteId};

const QUOTE: &str = "/v1/business/order/quotation";
const CREATE: &str = "/v1/business/order/create";
const ORDER: &str = "/v1/business/order/";
const LIST: &str = "/v1/business/orders";
const PAGE_ROWS: usize = 20;

/// The create body. The order of its members is the order on the wire: a platform that compares bytes must see the
/// same ones again.
#[derive(Serialize)]
struct Create<'a> {
    partner_reference_id: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    pickup_address_text: &'a str,
    pickup_latitude: Number,
    pickup_longitude: Number,
    #[serde(skip_serializing_if = "str::is_empty")]
    receiver_address_text: &'a str,
    delivery_latitude: Number,
    delivery_longitude: Number,
    receiver_name: &'a str,
    receiver_phone: &'a str,
    parcel_type: Number,
    driver_type: Number,
}

pub(super) fn create_request(
    order: &OrderPayload,
    reference: &Reference,
    key: Option<&IdempotencyKey>,
) -> Result<HttpRequest, BuildError> {
    let wrong = |field: &str, reason: &str| BuildError { field: field.to_owned(), reason: reason.to_owned() };
    let as_number = |field: &str| number(order.get(field)).ok_or_else(|| wrong(field, "is not a number"));
    let as_text = |field: &'static str| match order.get(field) {
        "" => Err(wrong(field, "is missing")),
        value => Ok(value),
    };
    let key = key.ok_or_else(|| wrong("-", "Pathao needs an idempotency key, and none was minted"))?;
    let body = Create {
        partner_reference_id: reference.as_str(),
        pickup_address_text: order.get("pickup_address_text"),
        pickup_latitude: as_number("pickup_latitude")?,
        pickup_longitude: as_number("pickup_longitude")?,
        receiver_address_text: order.get("receiver_address_text"),
        delivery_latitude: as_number("delivery_latitude")?,
        delivery_longitude: as_number("delivery_longitude")?,
        receiver_name: as_text("receiver_name")?,
        receiver_phone: as_text("receiver_phone")?,
        parcel_type: as_number("parcel_type")?,
        driver_type: as_number("driver_type")?,
    };
    let body = serde_json::to_vec(&body).map_err(|e| wrong("-", &e.to_string()))?;
    Ok(HttpRequest { method: "POST".into(), path: CREATE.into(), headers: Vec::new(), body }
        .header("content-type", "application/json")
        .header("x-idempotency-key", key.as_str()))
}

/// Pathao's two envelopes; `None` for anything else, whatever its status.
enum Envelope {
    Success(Value),
    Error { code: String, message: String },
}

fn envelope(answer: &HttpResponse) -> Option<Envelope> {
    let mut body = answer.json()?;
    match body.get("success")?.as_bool()? {
        true => Some(Envelope::Success(body.get_mut("data").map(Value::take).unwrap_or_default())),
        false => {
            let error = body.get("error")?;
            let code = text(error, "code")?.to_owned();
            let mut message = text(error, "message").unwrap_or_default().to_owned();
            let details = error.get("details").and_then(Value::as_array).into_iter().flatten();
            for detail in details.take(10) {
                let detail = detail.as_str().map_or_else(|| detail.to_string(), str::to_owned);
                message.push_str(if message.is_empty() { "" } else { "; " });
                message.extend(detail.chars().take(200));
            }
            Some(Envelope::Error { code, message })
        }
    }
}

fn success(status: u16) -> bool {
    (200..300).contains(&status)
}

pub(super) fn read_create(sent: &Sent<'_>, answer: &HttpResponse) -> CreateReply {
    if answer.status == 429 {
        return CreateReply::Busy { retry_after_ms: retry_after_ms(answer) };
    }
    match (answer.status, envelope(answer)) {
        (status, Some(Envelope::Success(data))) if success(status) => created(sent, &data),
        (400, Some(Envelope::Error { code, message }))
            if matches!(code.as_str(), "VALIDATION_ERROR" | "INVALID_COORDINATES") =>
        {
            CreateReply::Rejected { code, message }
        }
        (401 | 403, Some(Envelope::Error { code, .. })) => CreateReply::Unauthorised { code },
        (409, Some(Envelope::Error { code, .. })) if code == "IDEMPOTENCY_CONFLICT" => {
            CreateReply::ExistsDifferent { why: code }
        }
        (status, Some(Envelope::Error { code, .. })) => {
            CreateReply::Unclear { why: format!("http {status} {code}"), failure: Some(signature(status, Some(&code))) }
        }
        (status, _) => CreateReply::Unclear {
            why: format!("http {status} without Pathao's envelope"),
            // A gateway's 502, 503 or 504 is not stored under a key; a bare 500 may be.
            failure: (status == 500).then(|| signature(status, None)),
        },
    }
}

fn created(sent: &Sent<'_>, data: &Value) -> CreateReply {
    if let Some(echo) = text(data, "partner_reference_id").filter(|echo| *echo != sent.reference.as_str()) {
        return CreateReply::ExistsDifferent { why: format!("the answer names another reference, {echo}") };
    }
    match row(data) {
        // A replayed answer is the stored one: its status is as old as the order.
        Some(order) if sent.replay => {
            CreateReply::Created(RemoteOrder { status: None, ended: None, succeeded: None, courier: None, ..order })
        }
        Some(order) => CreateReply::Created(order),
        None => CreateReply::Exists { pointer: None, why: "success without an order id".into() },
    }
}

fn row(data: &Value) -> Option<RemoteOrder> {
    let status = text(data, "status");
    let (ended, succeeded) = match status {
        Some("COMPLETED") => (Some(true), Some(true)),
        Some("CANCELLED") => (Some(true), Some(false)),
        Some("PENDING" | "ASSIGNED" | "ACCEPTED" | "STARTED" | "PICKED") => (Some(false), None),
        _ => (None, None),
    };
    Some(RemoteOrder {
        reference: text(data, "partner_reference_id").map(str::to_owned),
        fingerprint: echoed(data),
        status: status.map(str::to_owned),
        ended,
        succeeded,
        created_ms: time_ms(data, "created_at"),
        fee: fee(data),
        tracking_url: text(data, "tracking_url").map(str::to_owned),
        courier: data.get("driver_info").and_then(|d| text(d, "name")).map(str::to_owned),
        echo: echo(FORM.iter().map(|field| (field.name, data.get(field.name)))),
        ..RemoteOrder::bare(id(data, "order_id")?)
    })
}

/// The fingerprint of an echo that has every part of it; Pathao's own samples have none of them.
fn echoed(data: &Value) -> Option<Fingerprint> {
    let phone = text(data, "receiver_phone")?;
    let latitude = data.get("delivery_latitude")?.as_f64()?;
    let longitude = data.get("delivery_longitude")?.as_f64()?;
    Some(look(phone, latitude, longitude, &data.get("parcel_type")?.as_u64()?.to_string()))
}

pub(super) fn lookup_request(by: &LookupBy, page: usize) -> Option<HttpRequest> {
    let filter = match by {
        LookupBy::Reference(reference) => format!("partner_reference_id={}&", segment(reference.as_str())?),
        LookupBy::Newest => String::new(),
    };
    Some(HttpRequest::get(format!("{LIST}?{filter}page={page}&limit={PAGE_ROWS}")))
}

pub(super) fn read_page(by: &LookupBy, request: &HttpRequest, answer: &HttpResponse) -> Page {
    if answer.status == 429 {
        return Page::Busy { retry_after_ms: retry_after_ms(answer) };
    }
    match (answer.status, envelope(answer)) {
        (status, Some(Envelope::Success(data))) if success(status) => rows(by, request, &data),
        // The error table words this as "no order with that id or reference". It proves nothing alone: absence takes a
        // lookup of the same form that does show a known order.
        (404, Some(Envelope::Error { code, .. })) if code == "NOT_FOUND" && matches!(by, LookupBy::Reference(_)) => {
            Page::Rows { rows: Vec::new(), next: None, to_end: true }
        }
        (401 | 403, Some(Envelope::Error { code, .. })) => Page::Unauthorised { code },
        (status, Some(Envelope::Error { code, .. })) => Page::Unclear { why: format!("http {status} {code}") },
        (status, _) => Page::Unclear { why: format!("http {status} without Pathao's envelope") },
    }
}

fn rows(by: &LookupBy, request: &HttpRequest, data: &Value) -> Page {
    let Some(list) = data.as_array().or_else(|| data.get("orders")?.as_array()) else {
        return Page::Unclear { why: "the list holds no rows".into() };
    };
    let Some(rows) = list.iter().map(row).collect::<Option<Vec<_>>>() else {
        return Page::Unclear { why: "a row has no order id".into() };
    };
    let page = query(&request.path, "page").and_then(|p| p.parse::<usize>().ok()).unwrap_or(1);
    let full = rows.len() >= PAGE_ROWS;
    let next = if full { lookup_request(by, page.saturating_add(1)) } else { None };
    Page::Rows { rows, next, to_end: !full }
}

pub(super) fn get_request(id: &RemoteId) -> Option<HttpRequest> {
    Some(HttpRequest::get(format!("{ORDER}{}", segment(id.as_str())?)))
}

pub(super) fn read_get(answer: &HttpResponse) -> GetReply {
    if answer.status == 429 {
        return GetReply::Busy { retry_after_ms: retry_after_ms(answer) };
    }
    match (answer.status, envelope(answer)) {
        (status, Some(Envelope::Success(data))) if success(status) => match row(&data) {
            Some(order) => GetReply::Shown(order),
            None => GetReply::Unclear { why: "the order has no id".into() },
        },
        (404, Some(Envelope::Error { code, .. })) if code == "NOT_FOUND" => GetReply::NotThere,
        (401 | 403, Some(Envelope::Error { code, .. })) => GetReply::Unauthorised { code },
        (status, Some(Envelope::Error { code, .. })) => GetReply::Unclear { why: format!("http {status} {code}") },
        (status, _) => GetReply::Unclear { why: format!("http {status} without Pathao's envelope") },
    }
}

pub(super) fn cancel_request(id: &RemoteId) -> Option<HttpRequest> {
    let path = format!("{ORDER}{}/cancel", segment(id.as_str())?);
    Some(HttpRequest { method: "POST".into(), path, headers: Vec::new(), body: Vec::new() })
}

pub(super) fn read_cancel(answer: &HttpResponse) -> CancelReply {
    if answer.status == 429 {
        return CancelReply::Busy { retry_after_ms: retry_after_ms(answer) };
    }
    match (answer.status, envelope(answer)) {
        (status, Some(Envelope::Success(data))) if success(status) => match text(&data, "status") {
            Some("CANCELLED") => CancelReply::Cancelled { fee: fee(&data).filter(|fee| fee.amount >= 0) },
            Some(other) => CancelReply::Unclear { why: format!("answered with the status {other}") },
            None => CancelReply::Unclear { why: "answered without a status".into() },
        },
        (409, Some(Envelope::Error { code, .. })) if code == "INVALID_STATUS_TRANSITION" => {
            CancelReply::TooLate { code }
        }
        (401 | 403, Some(Envelope::Error { code, .. })) => CancelReply::Unauthorised { code },
        (status, Some(Envelope::Error { code, .. })) => CancelReply::Unclear { why: format!("http {status} {code}") },
        (status, _) => CancelReply::Unclear { why: format!("http {status} without Pathao's envelope") },
    }
}

/// What an order costs, in taka where no currency is named.
fn fee(data: &Value) -> Option<Money> {
    let quotation = data.get("quotation")?;
    major(quotation.get("total")?, text(quotation, "currency").unwrap_or("BDT"))
}

/// What a price is asked for. All members are required.
#[derive(Serialize)]
struct Way<'a> {
    pickup_address_text: &'a str,
    estimated_pickup_address_latitude: Number,
    estimated_pickup_address_longitude: Number,
    receiver_address_text: &'a str,
    estimated_receiver_address_latitude: Number,
    estimated_receiver_address_longitude: Number,
    parcel_type: Number,
}

pub(super) fn quote_request(order: &OrderPayload) -> Result<HttpRequest, BuildError> {
    let wrong = |field: &str| BuildError { field: field.into(), reason: "is not a number".into() };
    let number = |field: &str| number(order.get(field)).ok_or_else(|| wrong(field));
    let way = Way {
        pickup_address_text: priced(order, "pickup_address_text")?,
        estimated_pickup_address_latitude: number("pickup_latitude")?,
        estimated_pickup_address_longitude: number("pickup_longitude")?,
        receiver_address_text: priced(order, "receiver_address_text")?,
        estimated_receiver_address_latitude: number("delivery_latitude")?,
        estimated_receiver_address_longitude: number("delivery_longitude")?,
        parcel_type: number("parcel_type")?,
    };
    let body = serde_json::to_vec(&way).map_err(|e| BuildError { field: "-".into(), reason: e.to_string() })?;
    let request = HttpRequest { method: "POST".into(), path: QUOTE.into(), headers: Vec::new(), body };
    Ok(request.header("content-type", "application/json"))
}

/// No expiry is documented.
pub(super) fn read_quote(answer: &HttpResponse) -> QuoteReply {
    if answer.status == 429 {
        return QuoteReply::Busy { retry_after_ms: retry_after_ms(answer) };
    }
    match (answer.status, envelope(answer)) {
        (status, Some(Envelope::Success(data))) if success(status) => {
            let total = data.get("total").and_then(|total| major(total, text(&data, "currency").unwrap_or("BDT")));
            match total.filter(|fee| fee.amount >= 0) {
                Some(fee) => QuoteReply::Told(Quote::bare(fee)),
                None => QuoteReply::Unclear { why: "the quote has no total".into() },
            }
        }
        (400, Some(Envelope::Error { code, message }))
            if matches!(code.as_str(), "VALIDATION_ERROR" | "INVALID_COORDINATES") =>
        {
            QuoteReply::Rejected { code, message }
        }
        (401 | 403, Some(Envelope::Error { code, .. })) => QuoteReply::Unauthorised { code },
        (status, Some(Envelope::Error { code, .. })) => QuoteReply::Unclear { why: format!("http {status} {code}") },
        (status, _) => QuoteReply::Unclear { why: format!("http {status} without Pathao's envelope") },
    }
}
