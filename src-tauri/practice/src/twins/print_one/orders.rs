//! Orders: made under a key, read, cancelled.

use serde_json::{Map, Value, json};

use super::{PrintOne, refusal, templates};
use crate::{
    book::{Book, KeyOutcome, body_digest, json_digest},
    order::{Order, Standing},
    switches::ReplayBody,
    twin::Twin as _,
    wire::{Reply, Request, from_iso, iso_ms},
};

const KEY_MAX: usize = 255;

/// What an address has to say.
const ADDRESS: [&str; 5] = ["name", "address", "postalCode", "city", "country"];

/// The key of a create, if it has one, as the platform remembers it; or why it is refused.
pub(super) fn key(book: &Book, request: &Request) -> Result<Option<String>, Reply> {
    let Some(key) = request.header("idempotency-key").filter(|key| !key.is_empty()) else { return Ok(None) };
    if key.chars().count() > KEY_MAX && !book.switches.long_key_cut {
        return Err(refusal(book, 400, "The Idempotency-Key must not be longer than 255 characters."));
    }
    Ok(Some(key.chars().take(KEY_MAX).collect()))
}

/// The company has a second API key: the first one with `_2` behind it. A request that lands late has lost its
/// credentials, and counts as one by the first.
pub(super) fn by_second_key(book: &Book, request: &Request) -> bool {
    let first = request.header("x-api-key").and_then(|key| key.strip_suffix("_2"));
    first == Some(book.merchant.secret("api_key"))
}

/// What a key is remembered as: apart in each environment and, unless the switch says otherwise, for each API key.
pub(super) fn stored_under(book: &Book, request: &Request, key: &str) -> String {
    let key = book.in_environment(key);
    if by_second_key(book, request) && !book.switches.keys_per_company { format!("second {key}") } else { key }
}

pub(super) fn create(book: &mut Book, request: &Request, now: i64) -> Reply {
    let key = match key(book, request) {
        Ok(key) => key,
        Err(refused) => return refused,
    };
    let stored_under = key.as_deref().map(|key| stored_under(book, request, key));
    if let Some(reply) = stored_under.as_deref().and_then(|key| replay(book, key, request, now)) {
        return reply;
    }
    let (reference, content) = match read_create(book, request) {
        Ok(read) => read,
        Err(refused) => {
            if let Some(key) = stored_under.filter(|_| book.switches.stored_refusals) {
                book.keep(key, request, &refused, now);
            }
            return *refused;
        }
    };
    if book.switches.balance_too_low {
        return refusal(book, 402, "The balance is too low.");
    }
    let mut order = PrintOne.new_order(book, content, reference, now);
    order.idempotency_key = key;
    order.by_stranger = book.by_stranger;
    order.listed_from = now + i64::from(book.switches.list_lag_ms);
    let reply = Reply::json(201, &row(book, &order, now));
    let outcome = stored_under.map(|key| KeyOutcome::new(key, request, &reply, now));
    book.create(order, outcome);
    reply
}

/// What a request under a known key gets: whatever came first, or the conflict.
fn replay(book: &Book, key: &str, request: &Request, now: i64) -> Option<Reply> {
    let (switches, known) = (&book.switches, book.outcome(key, now)?);
    let age = now - known.first_at;
    if age < i64::from(switches.race_window_ms) {
        return None;
    }
    if age < switches.in_progress() {
        let message = "A request with this Idempotency-Key is still being worked on.";
        return Some(refusal(book, switches.conflict_status, message));
    }
    let same = if switches.key_compares_json {
        known.json_digest == json_digest(request)
    } else {
        known.body_digest == body_digest(request)
    };
    if !same {
        let message = "This Idempotency-Key was used with other parameters.";
        return Some(refusal(book, switches.conflict_status, message));
    }
    Some(match switches.replay_body {
        ReplayBody::Full => Reply::json_text(known.status, known.body.clone()),
        ReplayBody::Empty => Reply::json_text(known.status, String::new()),
        ReplayBody::StatusOnly => Reply::empty(known.status),
    })
}

/// A `billingId` and what is ordered.
type Read = (Option<String>, Map<String, Value>);

/// What a create says, or the refusal.
fn read_create(book: &Book, request: &Request) -> Result<Read, Box<Reply>> {
    let bad = |message: &str| Box::new(refusal(book, 400, message));
    let mut body = request.object().ok_or_else(|| bad("The body must be a JSON object."))?;
    let template = body.get("templateId").and_then(Value::as_str).and_then(templates::find);
    let template = template.ok_or_else(|| bad("templateId names no template."))?;
    check_address(body.get("recipient")).map_err(|why| bad(&format!("recipient {why}")))?;
    if let Some(sender) = body.get("sender").filter(|sender| !sender.is_null()) {
        check_address(Some(sender)).map_err(|why| bad(&format!("sender {why}")))?;
    }
    match body.get("finish").and_then(Value::as_str) {
        Some("GLOSSY" | "MATTE") => {}
        None if !book.switches.finish_required && body.get("finish").is_none() => {}
        Some(_) | None => return Err(bad("finish must be GLOSSY or MATTE.")),
    }
    let variables = body.get("mergeVariables").and_then(Value::as_object);
    let missing = template.variables.iter().find(|name| variables.is_none_or(|given| !given.contains_key(**name)));
    if let Some(name) = missing {
        return Err(bad(&format!("mergeVariables.{name} is missing.")));
    }
    if body.get("sendDate").is_some_and(|date| date.as_str().and_then(from_iso).is_none()) {
        return Err(bad("sendDate must be an ISO 8601 date."));
    }
    match body.remove("billingId") {
        None | Some(Value::Null) => Ok((None, body)),
        Some(Value::String(reference)) => Ok((Some(reference), body)),
        Some(_) => Err(bad("billingId must be a string.")),
    }
}

fn check_address(address: Option<&Value>) -> Result<(), String> {
    let address = address.and_then(Value::as_object).ok_or("must be an address.")?;
    let given = |name: &str| address.get(name).and_then(Value::as_str).is_some_and(|text| !text.trim().is_empty());
    ADDRESS.into_iter().find(|name| !given(name)).map_or(Ok(()), |name| Err(format!("has no {name}.")))
}

/// The word for people that goes with a status. The pages list both sets of words, but not which belongs to which.
pub(super) fn friendly(book: &Book, standing: &Standing) -> &'static str {
    match standing.status.as_str() {
        "order_pdf_created" | "order_pdf_queued" if book.switches.pdf_is_success => "Success",
        "order_scheduled" => "Scheduled",
        "order_pdf_delivered" => "Sent",
        "order_cancelled" => "Cancelled",
        "order_failed" => "Failed",
        _ => "Processing",
    }
}

/// The order object. An anonymised one has lost what is about people.
pub(super) fn row(book: &Book, order: &Order, now: i64) -> Value {
    let standing = book.standing(order, now);
    let anonymized = anonymized_at(book, order).filter(|at| now >= *at);
    let field = |name: &str| order.content.get(name).cloned().unwrap_or(Value::Null);
    let personal = |name: &str| if anonymized.is_some() { Value::Null } else { field(name) };
    let template = templates::find(order.text("templateId"));
    let errors: &[&str] = if standing.status == "order_failed" { &["The order could not be printed."] } else { &[] };
    json!({
        "id": order.id, "companyId": book.merchant.merchant_id, "templateId": field("templateId"),
        "finish": order.content.get("finish").and_then(Value::as_str).unwrap_or("GLOSSY"),
        "format": template.map(|template| template.format), "mergeVariables": personal("mergeVariables"),
        "sender": personal("sender"), "recipient": personal("recipient"),
        "definitiveCountryId": order.content.get("recipient").and_then(|recipient| recipient.get("country")),
        "deliverySpeed": "FAST", "billingId": order.reference, "isBillable": order.live,
        "status": standing.status, "friendlyStatus": friendly(book, &standing), "errors": errors, "warnings": [],
        "metadata": {}, "sendDate": send_date(order), "createdAt": iso_ms(order.created_at),
        "updatedAt": iso_ms(standing.since), "anonymizedAt": anonymized.map(iso_ms), "csvOrderId": null, "batchId": null,
    })
}

/// When an order loses what is about people, if ever.
fn anonymized_at(book: &Book, order: &Order) -> Option<i64> {
    let after = book.switches.anonymized_after_ms;
    (after > 0).then(|| order.created_at + i64::from(after))
}

/// When it is to be sent: as ordered, else at once.
pub(super) fn send_date(order: &Order) -> String {
    iso_ms(from_iso(order.text("sendDate")).unwrap_or(order.created_at))
}

pub(super) fn get(book: &Book, id: &str, now: i64) -> Reply {
    match book.open_order(id) {
        Some(order) => Reply::json(200, &row(book, order, now)),
        None => refusal(book, 404, "Order not found"),
    }
}

/// Only once the processing is finished and before it is sent.
pub(super) fn cancel(book: &mut Book, id: &str, now: i64) -> Reply {
    let Some(order) = book.open_order(id) else { return refusal(book, 404, "Order not found") };
    let why_not = match book.standing(order, now).status.as_str() {
        "order_pdf_created" | "order_pdf_queued" | "order_scheduled" => None,
        "order_created" => Some("The order is still being processed."),
        "order_cancelled" => Some("The order is cancelled already."),
        "order_pdf_delivered" => Some("The order has been sent."),
        _ => Some("The order cannot be cancelled."),
    };
    if let Some(message) = why_not {
        return refusal(book, book.switches.cancel_refused_status, message);
    }
    book.set_status(id, "order_cancelled", now, None);
    let cancelled = book.open_order(id).map(|order| row(book, order, now)).unwrap_or_default();
    Reply::json(201, &cancelled)
}

/// The proof, once it is made.
pub(super) fn preview(book: &Book, id: &str, now: i64) -> Reply {
    let made = book.open_order(id).filter(|order| book.standing(order, now).status != "order_created");
    match made {
        Some(_) => {
            Reply { body: "%PDF-1.4\n%%EOF\n".into(), ..Reply::empty(200).with("content-type", "application/pdf") }
        }
        None => refusal(book, 404, "Preview not found"),
    }
}
