//! Postmates' requests and answers, all in this one file.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Value, json};

use super::super::courier::{Dialect, Refusal, Said, ended, money, said};
use super::super::reading::{echo, id, parties, priced, query, retry_after_ms, segment, signature, text, time_ms};
use super::super::{BuildError, LookupBy, Sent};
use crate::domain::http::{HttpRequest, HttpResponse};
use crate::domain::remote::{CreateReply, Page, RemoteOrder};
use crate::domain::{Fingerprint, OrderPayload, Reference, RemoteId};

const DELIVERIES: &str = "/v1/deliveries";
const QUOTES: &str = "/v1/delivery_quotes";

/// How Postmates' answers to what creates nothing read.
pub(super) static DIALECT: Dialect = Dialect {
    whose: "Postmates'",
    unknown: &["delivery_not_found", "not_found"],
    refusal,
    delivery: |body| row(body).filter(|_| is_delivery(body)),
};

/// The create body, in JSON: the platform's later clients sent it, and it keeps every text as it is. Members stand in
/// this order on the wire.
#[derive(Serialize)]
struct Create<'a> {
    reference: &'a str,
    manifest: &'a str,
    manifest_reference: &'a str,
    pickup_name: &'a str,
    pickup_address: &'a str,
    pickup_phone_number: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    pickup_business_name: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    pickup_notes: &'a str,
    dropoff_name: &'a str,
    dropoff_address: &'a str,
    dropoff_phone_number: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    dropoff_business_name: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    dropoff_notes: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    requires_id: Option<bool>,
}

pub(super) fn create_request(order: &OrderPayload, reference: &Reference) -> Result<HttpRequest, BuildError> {
    let needed = |field: &'static str| match order.get(field) {
        "" => Err(BuildError { field: field.to_owned(), reason: "is missing".into() }),
        value => Ok(value),
    };
    let body = Create {
        reference: reference.as_str(),
        manifest: needed("manifest")?,
        manifest_reference: reference.as_str(),
        pickup_name: needed("pickup_name")?,
        pickup_address: needed("pickup_address")?,
        pickup_phone_number: needed("pickup_phone_number")?,
        pickup_business_name: order.get("pickup_business_name"),
        pickup_notes: order.get("pickup_notes"),
        dropoff_name: needed("dropoff_name")?,
        dropoff_address: needed("dropoff_address")?,
        dropoff_phone_number: needed("dropoff_phone_number")?,
        dropoff_business_name: order.get("dropoff_business_name"),
        dropoff_notes: order.get("dropoff_notes"),
        requires_id: order.get("requires_id").parse().ok(),
    };
    let body = serde_json::to_vec(&body).map_err(|e| BuildError { field: "-".into(), reason: e.to_string() })?;
    Ok(HttpRequest { method: "POST".into(), path: DELIVERIES.into(), headers: Vec::new(), body }
        .header("content-type", "application/json"))
}

fn refusal(answer: &HttpResponse) -> Option<Refusal> {
    let body = answer.json()?;
    let code = text(&body, "code")?.to_owned();
    if text(&body, "kind") != Some("error") && !body.get("message").is_some_and(Value::is_string) {
        return None;
    }
    let mut message = text(&body, "message").unwrap_or_default().to_owned();
    for (field, why) in body.get("params").and_then(Value::as_object).into_iter().flatten().take(20) {
        let why = why.as_str().map_or_else(|| why.to_string(), str::to_owned);
        message.push_str(&format!("; {field}: {}", why.chars().take(200).collect::<String>()));
    }
    let pointer = body.get("metadata").and_then(|m| id(m, "delivery_id")).map(RemoteId);
    Some(Refusal { code, message, pointer })
}

/// The delivery that a `Location` names, if it names one.
fn located(answer: &HttpResponse) -> Option<RemoteId> {
    let path = answer.header("location")?.split(['?', '#']).next()?;
    let (before, last) = path.trim_end_matches('/').rsplit_once('/')?;
    let plain = last.len() <= 200 && last.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-'));
    (before.ends_with("/deliveries") && plain && !last.is_empty()).then(|| RemoteId::from(last))
}

fn success(status: u16) -> bool {
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
    match refusal(answer) {
        Some(refusal) => refused(sent, answer, refusal),
        // The seed promises a status and no body. A proxy's page is no duplicate answer, nor is its redirect.
        None if status == 409 && (answer.body.is_empty() || answer.json().is_some_and(|b| b.is_object())) => {
            CreateReply::Exists { pointer: located(answer), why: "http 409".into() }
        }
        None => match located(answer).filter(|_| status == 303) {
            Some(pointer) => CreateReply::Exists { pointer: Some(pointer), why: "http 303".into() },
            None => CreateReply::Unclear { why: format!("http {status} without Postmates' envelope"), failure: None },
        },
    }
}

fn refused(sent: &Sent<'_>, answer: &HttpResponse, refusal: Refusal) -> CreateReply {
    let status = answer.status;
    let Refusal { code, message, pointer } = refusal;
    if status == 303 {
        return CreateReply::Exists { pointer: pointer.or_else(|| located(answer)), why: code };
    }
    match said(status, &code) {
        Said::Duplicate => CreateReply::Exists { pointer: pointer.or_else(|| located(answer)), why: code },
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

fn created(sent: &Sent<'_>, answer: &HttpResponse) -> CreateReply {
    let body = answer.json().unwrap_or_default();
    let unclear = || CreateReply::Unclear { why: format!("http {} without a delivery", answer.status), failure: None };
    if !is_delivery(&body) {
        return unclear();
    }
    match row(&body) {
        Some(order) => match order.reference.as_deref().filter(|echo| *echo != sent.reference.as_str()) {
            Some(echo) => CreateReply::ExistsDifferent { why: format!("the answer names another reference, {echo}") },
            None => CreateReply::Created(order),
        },
        None => CreateReply::Exists { pointer: None, why: "success without a delivery id".into() },
    }
}

/// A delivery says so, or at least looks like one; a quote is none.
fn is_delivery(body: &Value) -> bool {
    match text(body, "kind") {
        Some(kind) => kind == "delivery",
        None => text(body, "id").is_some_and(|id| !id.starts_with("dqt_")) && text(body, "status").is_some(),
    }
}

fn row(data: &Value) -> Option<RemoteOrder> {
    let status = text(data, "status");
    let (ended, succeeded) = ended(status, data.get("complete").and_then(Value::as_bool));
    let reference = text(data, "reference")
        .or_else(|| text(data, "manifest_reference"))
        .or_else(|| text(data.get("manifest")?, "reference"));
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

fn shown(data: &Value) -> BTreeMap<String, String> {
    let at = |place: &'static str, member: &'static str| data.get(place).and_then(|p| p.get(member));
    echo([
        ("manifest", at("manifest", "description")),
        ("pickup_name", at("pickup", "name")),
        ("pickup_address", at("pickup", "address")),
        ("pickup_phone_number", at("pickup", "phone_number")),
        ("dropoff_name", at("dropoff", "name")),
        ("dropoff_address", at("dropoff", "address")),
        ("dropoff_phone_number", at("dropoff", "phone_number")),
    ])
}

fn echoed(data: &Value) -> Option<Fingerprint> {
    let dropoff = data.get("dropoff")?;
    let pickup_phone = text(data.get("pickup")?, "phone_number")?;
    Some(parties(pickup_phone, text(dropoff, "phone_number")?, text(dropoff, "name")?))
}

pub(super) fn lookup_request(by: &LookupBy) -> Option<HttpRequest> {
    Some(HttpRequest::get(match by {
        LookupBy::Reference(reference) => format!("{DELIVERIES}?reference={}", segment(reference.as_str())?),
        LookupBy::Newest => format!("{DELIVERIES}?limit=32"),
    }))
}

pub(super) fn read_page(by: &LookupBy, request: &HttpRequest, answer: &HttpResponse) -> Page {
    let status = answer.status;
    if status == 429 {
        return Page::Busy { retry_after_ms: retry_after_ms(answer) };
    }
    if !success(status) {
        return match refusal(answer) {
            Some(Refusal { code, .. }) => match said(status, &code) {
                Said::Account => Page::Unauthorised { code },
                Said::Limited => Page::Busy { retry_after_ms: retry_after_ms(answer) },
                _ => Page::Unclear { why: format!("http {status} {code}") },
            },
            None => Page::Unclear { why: format!("http {status} without Postmates' envelope") },
        };
    }
    let body = answer.json().unwrap_or_default();
    let Some(data) = body.get("data").and_then(Value::as_array) else {
        return Page::Unclear { why: "the answer is no list".into() };
    };
    let Some(rows) = data.iter().map(row).collect::<Option<Vec<_>>>() else {
        return Page::Unclear { why: "a row has no id".into() };
    };
    let next = text(&body, "next_href").and_then(relative).map(HttpRequest::get);
    let named = body.get("next_href").is_some_and(|n| !n.is_null());
    // Only the first page can be held against the total.
    let first = lookup_request(by).is_some_and(|first| first.path == request.path);
    let total = body.get("total_count").and_then(Value::as_u64);
    let short = first && total.is_some_and(|total| total > rows.len() as u64);
    Page::Rows { to_end: !named && !short, rows, next: next.filter(|n| n.path != request.path) }
}

/// A link as path and query. The account's own base URL goes before it, so that credentials never follow a link to
/// another host. Classic links lead to the customer's path; they are followed as they are, but a brace would name a secret
/// to be put in its place.
fn relative(link: &str) -> Option<String> {
    let path = match link.split_once("://") {
        Some((_, rest)) => &rest[rest.find('/')?..],
        None => link,
    };
    let plain = path.len() <= 2_000 && path.bytes().all(|b| b.is_ascii_graphic() && !matches!(b, b'{' | b'}'));
    (path.starts_with('/') && plain && query(path, "reference").is_none_or(|r| !r.is_empty())).then(|| path.to_owned())
}

pub(super) fn get_request(id: &RemoteId) -> Option<HttpRequest> {
    Some(HttpRequest::get(format!("{DELIVERIES}/{}", segment(id.as_str())?)))
}

pub(super) fn cancel_request(id: &RemoteId) -> Option<HttpRequest> {
    let path = format!("{DELIVERIES}/{}/cancel", segment(id.as_str())?);
    Some(HttpRequest { method: "POST".into(), path, headers: Vec::new(), body: Vec::new() })
}

pub(super) fn quote_request(order: &OrderPayload) -> Result<HttpRequest, BuildError> {
    let pickup = priced(order, "pickup_address")?;
    let body = json!({ "pickup_address": pickup, "dropoff_address": priced(order, "dropoff_address")? });
    Ok(HttpRequest::post_json(QUOTES, &body))
}
