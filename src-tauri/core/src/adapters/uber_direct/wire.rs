//! Uber Direct's requests and answers, without the list.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;

use super::super::courier::{Dialect, Refusal, Said, ended, money, said};
use super::super::reading::{echo, id, parties, retry_after_ms, segment, signature, text, time_ms};
use super::super::{BuildError, Sent};
use super::form;
use crate::domain::http::{HttpRequest, HttpResponse};
use crate::domain::remote::{CreateReply, RemoteOrder};
use crate::domain::{Fingerprint, IdempotencyKey, OrderPayload, Reference, RemoteId};

pub(super) const DELIVERIES: &str = "/v1/customers/{customer_id}/deliveries";
const QUOTES: &str = "/v1/customers/{customer_id}/delivery_quotes";

/// How Uber's answers to what creates nothing read.
pub(super) static DIALECT: Dialect = Dialect {
    whose: "Uber's",
    unknown: &["delivery_not_found"],
    refusal,
    delivery: |body| row(body).filter(|_| is_delivery(body)),
};

/// The create body. Members stand in this order on the wire, and a replay sends the stored bytes.
#[derive(Serialize)]
struct Create<'a> {
    external_id: &'a str,
    manifest_reference: &'a str,
    idempotency_key: &'a str,
    #[serde(flatten)]
    way: Way<'a>,
    pickup_name: &'a str,
    dropoff_name: &'a str,
    manifest_items: Vec<Item>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tip: Option<i64>,
    #[serde(skip_serializing_if = "str::is_empty")]
    pickup_notes: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    dropoff_notes: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    dropoff_seller_notes: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    deliverable_action: Option<String>,
    #[serde(skip_serializing_if = "str::is_empty")]
    undeliverable_action: &'a str,
}

/// What a quote is asked for as well: from where, to where, when.
#[derive(Serialize)]
struct Way<'a> {
    pickup_address: &'a str,
    pickup_phone_number: &'a str,
    dropoff_address: &'a str,
    dropoff_phone_number: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    pickup_ready_dt: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    pickup_deadline_dt: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    dropoff_ready_dt: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    dropoff_deadline_dt: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    manifest_total_value: Option<i64>,
    #[serde(skip_serializing_if = "str::is_empty")]
    external_store_id: &'a str,
}

#[derive(Serialize)]
struct Item {
    name: String,
    quantity: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    size: Option<&'static str>,
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

fn cents(order: &OrderPayload, field: &str) -> Result<Option<i64>, BuildError> {
    match order.get(field) {
        "" => Ok(None),
        amount => form::cents(amount).map(Some).ok_or_else(|| wrong(field, "is not an amount")),
    }
}

fn way(order: &OrderPayload) -> Result<Way<'_>, BuildError> {
    Ok(Way {
        pickup_address: needed(order, "pickup_address")?,
        pickup_phone_number: needed(order, "pickup_phone_number")?,
        dropoff_address: needed(order, "dropoff_address")?,
        dropoff_phone_number: needed(order, "dropoff_phone_number")?,
        pickup_ready_dt: order.get("pickup_ready_dt"),
        pickup_deadline_dt: order.get("pickup_deadline_dt"),
        dropoff_ready_dt: order.get("dropoff_ready_dt"),
        dropoff_deadline_dt: order.get("dropoff_deadline_dt"),
        manifest_total_value: cents(order, "manifest_total_value")?,
        external_store_id: order.get("external_store_id"),
    })
}

pub(super) fn create_request(
    order: &OrderPayload,
    reference: &Reference,
    key: Option<&IdempotencyKey>,
) -> Result<HttpRequest, BuildError> {
    let key = key.ok_or_else(|| wrong("-", "Uber Direct needs an idempotency key, and none was minted"))?;
    let items = form::items(needed(order, "items")?).map_err(|reason| wrong("items", reason))?;
    let action = order.get("deliverable_action");
    let body = Create {
        external_id: reference.as_str(),
        manifest_reference: reference.as_str(),
        idempotency_key: key.as_str(),
        way: way(order)?,
        pickup_name: needed(order, "pickup_name")?,
        dropoff_name: needed(order, "dropoff_name")?,
        manifest_items: items.into_iter().map(|i| Item { name: i.name, quantity: i.quantity, size: i.size }).collect(),
        tip: cents(order, "tip")?,
        pickup_notes: order.get("pickup_notes"),
        dropoff_notes: order.get("dropoff_notes"),
        dropoff_seller_notes: order.get("dropoff_seller_notes"),
        deliverable_action: (!action.is_empty()).then(|| format!("deliverable_action_{action}")),
        undeliverable_action: order.get("undeliverable_action"),
    };
    post(DELIVERIES, &body)
}

fn post(path: &str, body: &impl Serialize) -> Result<HttpRequest, BuildError> {
    let body = serde_json::to_vec(body).map_err(|e| wrong("-", e.to_string()))?;
    Ok(HttpRequest { method: "POST".into(), path: path.into(), headers: Vec::new(), body }
        .header("content-type", "application/json"))
}

pub(super) fn refusal(answer: &HttpResponse) -> Option<Refusal> {
    let body = answer.json()?;
    let code = text(&body, "code")?.to_owned();
    if text(&body, "kind") != Some("error") && !body.get("message").is_some_and(Value::is_string) {
        return None;
    }
    let mut message = text(&body, "message").unwrap_or_default().to_owned();
    let metadata = body.get("metadata");
    let details = metadata.and_then(|m| m.get("param_details")).or(metadata).and_then(Value::as_object);
    for (field, why) in details.into_iter().flatten().filter(|(field, _)| *field != "delivery_id").take(20) {
        let why = why.as_str().map_or_else(|| why.to_string(), str::to_owned);
        message.push_str(&format!("; {field}: {}", why.chars().take(200).collect::<String>()));
    }
    let pointer = metadata.and_then(|m| id(m, "delivery_id")).map(RemoteId);
    Some(Refusal { code, message, pointer })
}

pub(super) fn success(status: u16) -> bool {
    (200..300).contains(&status)
}

pub(super) fn read_create(sent: &Sent<'_>, answer: &HttpResponse) -> CreateReply {
    let status = answer.status;
    if status == 429 {
        return CreateReply::Busy { retry_after_ms: retry_after_ms(answer) };
    }
    if success(status) {
        return created(sent, answer);
    }
    let Some(Refusal { code, message, pointer }) = refusal(answer) else {
        // A gateway's 502, 503 or 504 is not stored under a key; a bare 500 may be.
        let failure = (status == 500).then(|| signature(status, None));
        return CreateReply::Unclear { why: format!("http {status} without Uber's envelope"), failure };
    };
    match said(status, &code) {
        Said::Duplicate => CreateReply::Exists { pointer, why: code },
        Said::Account => CreateReply::Unauthorised { code },
        Said::Limited => CreateReply::Busy { retry_after_ms: retry_after_ms(answer) },
        // A quote is used up by the create that succeeded: on a replay that was most likely ours.
        Said::QuoteUsed if sent.replay => CreateReply::Exists { pointer: None, why: code },
        Said::QuoteUsed | Said::Refused => CreateReply::Rejected { code, message },
        Said::Nothing => {
            CreateReply::Unclear { why: format!("http {status} {code}"), failure: Some(signature(status, Some(&code))) }
        }
    }
}

/// A success may be the stored answer to an earlier request with our key. What the key's memory does with another body
/// is not documented, so whatever is echoed is compared.
fn created(sent: &Sent<'_>, answer: &HttpResponse) -> CreateReply {
    let body = answer.json().unwrap_or_default();
    let ours = text(&body, "external_id") == Some(sent.reference.as_str());
    if !is_delivery(&body) && !ours {
        return CreateReply::Unclear { why: format!("http {} without a delivery", answer.status), failure: None };
    }
    let Some(order) = row(&body) else {
        return CreateReply::Exists { pointer: None, why: "success without a delivery id".into() };
    };
    if order.quote {
        return CreateReply::Unclear { why: "answered with a quote".into(), failure: None };
    }
    if let Some(echo) = order.reference.as_deref().filter(|echo| *echo != sent.reference.as_str()) {
        return CreateReply::ExistsDifferent { why: format!("the answer names another reference, {echo}") };
    }
    if order.fingerprint.as_ref().is_some_and(|echo| echo != sent.fingerprint) {
        return CreateReply::ExistsDifferent { why: "the answer shows another recipient or other phones".into() };
    }
    if sent.replay {
        // A replayed answer may be the stored one: its status is as old as the order.
        return CreateReply::Created(RemoteOrder {
            status: None,
            ended: None,
            succeeded: None,
            courier: None,
            ..order
        });
    }
    CreateReply::Created(order)
}

/// A delivery says so, or at least looks like one; a quote is none.
fn is_delivery(body: &Value) -> bool {
    match text(body, "kind") {
        Some(kind) => kind == "delivery",
        None => text(body, "id").is_some_and(|id| id.starts_with("del_")) && text(body, "status").is_some(),
    }
}

/// A delivery with its id, in a list or alone.
pub(super) fn row(data: &Value) -> Option<RemoteOrder> {
    let status = text(data, "status");
    let (ended, succeeded) = ended(status, data.get("complete").and_then(Value::as_bool));
    let reference = text(data, "external_id").or_else(|| text(data.get("manifest")?, "reference"));
    Some(RemoteOrder {
        reference: reference.map(str::to_owned),
        fingerprint: echoed(data),
        status: status.map(str::to_owned),
        ended,
        succeeded,
        quote: text(data, "kind") == Some("delivery_quote"),
        test: data.get("live_mode").and_then(Value::as_bool).map(|live| !live),
        created_ms: time_ms(data, "created"),
        fee: money(data),
        tracking_url: text(data, "tracking_url").map(str::to_owned),
        courier: data.get("courier").and_then(|c| text(c, "name")).map(str::to_owned),
        echo: shown(data),
        ..RemoteOrder::bare(id(data, "id")?)
    })
}

fn echoed(data: &Value) -> Option<Fingerprint> {
    let dropoff = data.get("dropoff")?;
    let pickup_phone = text(data.get("pickup")?, "phone_number")?;
    Some(parties(pickup_phone, text(dropoff, "phone_number")?, text(dropoff, "name")?))
}

fn shown(data: &Value) -> BTreeMap<String, String> {
    let at = |place: &'static str, member: &'static str| data.get(place).and_then(|p| p.get(member));
    let mut shown = echo([
        ("pickup_name", at("pickup", "name")),
        ("pickup_address", at("pickup", "address")),
        ("pickup_phone_number", at("pickup", "phone_number")),
        ("pickup_notes", at("pickup", "notes")),
        ("dropoff_name", at("dropoff", "name")),
        ("dropoff_address", at("dropoff", "address")),
        ("dropoff_phone_number", at("dropoff", "phone_number")),
        ("dropoff_notes", at("dropoff", "notes")),
        ("dropoff_seller_notes", at("dropoff", "seller_notes")),
    ]);
    for (field, cents) in [("manifest_total_value", at("manifest", "total_value")), ("tip", data.get("tip"))] {
        if let Some(cents) = cents.and_then(Value::as_u64) {
            shown.insert(field.to_owned(), format!("{}.{:02}", cents / 100, cents % 100));
        }
    }
    let items = data.get("manifest_items").and_then(Value::as_array).into_iter().flatten().take(100);
    let items: Vec<String> = items.filter_map(item).collect();
    if !items.is_empty() {
        shown.insert("items".to_owned(), items.join("; ").chars().take(300).collect());
    }
    shown
}

/// One line of the manifest as the form writes it.
fn item(item: &Value) -> Option<String> {
    let size = text(item, "size").map(|size| format!("*{size}")).unwrap_or_default();
    Some(format!("{}*{}{size}", text(item, "name")?, item.get("quantity")?.as_u64()?))
}

pub(super) fn get_request(id: &RemoteId) -> Option<HttpRequest> {
    Some(HttpRequest::get(format!("{DELIVERIES}/{}", segment(id.as_str())?)))
}

/// The cancel takes no body.
pub(super) fn cancel_request(id: &RemoteId) -> Option<HttpRequest> {
    let path = format!("{DELIVERIES}/{}/cancel", segment(id.as_str())?);
    Some(HttpRequest { method: "POST".into(), path, headers: Vec::new(), body: Vec::new() })
}

pub(super) fn quote_request(order: &OrderPayload) -> Result<HttpRequest, BuildError> {
    post(QUOTES, &way(order)?)
}
