//! Deliveries and the quotes that occupy their ids.

use serde_json::{Map, Value, json};

use super::{
    super::postmates,
    Doordash,
    checks::{self, read_create, read_quote},
    refusal, refusal_of,
};
use crate::{
    book::{Book, Entry, Quote},
    order::Order,
    switches::RepeatAnswer,
    twin::Twin as _,
    wire::{Reply, Request, iso},
};

/// Who has an id.
enum Holder<'a> {
    Delivery(&'a Order),
    Quote(&'a Quote),
    Nobody,
}

fn holder<'a>(book: &'a Book, id: &str, now: i64) -> Holder<'a> {
    let switches = &book.switches;
    let keeps = |order: &&Order| match book.standing(order, now) {
        standing if !standing.ended => true,
        standing if standing.status == "delivered" => !switches.delivered_frees_reference,
        _ => !switches.canceled_frees_reference,
    };
    if let Some(order) = book.open_with_reference(id).find(keeps) {
        return Holder::Delivery(order);
    }
    let quote = book.quote(&book.in_environment(id)).filter(|quote| !book.quote_is_used(&quote.id));
    match quote {
        Some(quote) if now < quote.expires || !switches.expired_quote_frees_id => Holder::Quote(quote),
        Some(_) | None => Holder::Nobody,
    }
}

pub(super) fn quote(book: &mut Book, request: &Request, now: i64) -> Reply {
    let (id, content) = match read_quote(book, request) {
        Ok(asked) => asked,
        Err(refused) => return *refused,
    };
    if !matches!(holder(book, &id, now), Holder::Nobody) {
        return refusal_of(409, "duplicate_delivery_id", &id);
    }
    let expires = now + i64::from(book.switches.quote_life_ms);
    let fee = book.switches.quoted(postmates::fee(&content));
    let quote = Quote { id: book.in_environment(&id), expires, fee, content };
    let reply = Reply::json(200, &quoted(&id, &quote));
    book.commit(Entry::Quoted { platform: book.platform, quote });
    reply
}

/// A quote as it is shown: like a delivery, in the status `quote`.
fn quoted(id: &str, quote: &Quote) -> Value {
    let mut body = shown(&quote.content);
    let made = json!({"external_delivery_id": id, "delivery_status": "quote", "fee": quote.fee, "currency": "USD"});
    body.extend(made.as_object().cloned().unwrap_or_default());
    Value::Object(body)
}

/// What is echoed of the fields.
fn shown(content: &Map<String, Value>) -> Map<String, Value> {
    let hidden = |name: &str| matches!(name, "tip" | "currency" | "fee" | "delivery_status");
    content.iter().filter(|(name, _)| !hidden(name)).map(|(name, value)| (name.clone(), value.clone())).collect()
}

/// Makes the delivery that was quoted. Some fields may be changed on the way.
pub(super) fn accept(book: &mut Book, id: &str, request: &Request, now: i64) -> Reply {
    const CHANGEABLE: [&str; 10] = [
        "tip",
        "order_value",
        "pickup_phone_number",
        "dropoff_phone_number",
        "pickup_instructions",
        "dropoff_instructions",
        "dropoff_contact_given_name",
        "dropoff_contact_family_name",
        "dropoff_contact_send_notifications",
        "items",
    ];
    let quote = match holder(book, id, now) {
        Holder::Delivery(_) => return refusal_of(409, "duplicate_delivery_id", id),
        Holder::Nobody => return refusal_of(404, "unknown_delivery_id", id),
        Holder::Quote(quote) => quote.clone(),
    };
    if now >= quote.expires {
        return refusal(400, "validation_error", "The quote has expired.");
    }
    let mut content = quote.content;
    content.extend(request.object().unwrap_or_default().into_iter().filter(|(n, _)| CHANGEABLE.contains(&n.as_str())));
    make(book, id, content, Some(quote.id), now)
}

pub(super) fn create(book: &mut Book, request: &Request, now: i64) -> Reply {
    let (id, content) = match read_create(book, request) {
        Ok(asked) => asked,
        Err(refused) => return *refused,
    };
    let quote_id = match holder(book, &id, now) {
        Holder::Delivery(order) => {
            let same = book.switches.repeat_answer == RepeatAnswer::Existing && order.content == content;
            let existing = same.then(|| Reply::json(200, &delivery(book, order, now)));
            return existing.unwrap_or_else(|| refusal_of(409, "duplicate_delivery_id", &id));
        }
        Holder::Quote(_) if book.switches.quote_occupies_id => return refusal_of(409, "duplicate_delivery_id", &id),
        Holder::Quote(quote) => Some(quote.id.clone()),
        Holder::Nobody => None,
    };
    let refused_as = book.switches.create_refused_as.clone();
    if !refused_as.is_empty() && !book.switches.refused_create_commits {
        return checks::named(&refused_as);
    }
    let reply = make(book, &id, content, quote_id, now);
    if refused_as.is_empty() { reply } else { checks::named(&refused_as) }
}

fn make(book: &mut Book, id: &str, content: Map<String, Value>, quote_id: Option<String>, now: i64) -> Reply {
    let mut order = Doordash.new_order(book, content, Some(id.to_owned()), now);
    order.by_stranger = book.by_stranger;
    order.quote_id = quote_id;
    order.listed_from = now + i64::from(book.switches.creation_ms);
    let reply = Reply::json(200, &delivery(book, &order, now));
    book.create(order, None);
    reply
}

/// The newest delivery with an id, if its creation is over.
fn readable<'a>(book: &'a Book, id: &str, now: i64) -> Option<&'a Order> {
    book.open_with_reference(id).find(|order| now >= order.listed_from)
}

pub(super) fn get(book: &Book, id: &str, now: i64) -> Reply {
    if let Some(order) = readable(book, id, now) {
        return Reply::json(200, &delivery(book, order, now));
    }
    match holder(book, id, now) {
        Holder::Quote(quote) => Reply::json(200, &quoted(id, quote)),
        Holder::Delivery(_) | Holder::Nobody => refusal_of(404, "unknown_delivery_id", id),
    }
}

/// Until a courier has taken it on.
pub(super) fn cancel(book: &mut Book, id: &str, now: i64) -> Reply {
    let Some(order) = book.open_with_reference(id).next() else { return refusal_of(404, "unknown_delivery_id", id) };
    let why_not = match book.standing(order, now).status.as_str() {
        _ if now < order.listed_from => "delivery_creation_in_progress",
        "created" => "",
        "confirmed" | "enroute_to_pickup" | "arrived_at_pickup" => "cancellation_window_closed",
        "delivered" => "delivery_completed",
        "cancelled" => "delivery_cancelled",
        "returned" => "delivery_abandoned",
        _ => "delivery_picked_up",
    };
    if !why_not.is_empty() {
        let message = "The delivery cannot be cancelled any more.";
        return Reply::json(409, &json!({"code": "cancel_not_allowed", "message": message, "reason": why_not}));
    }
    let internal = order.id.clone();
    book.set_status(&internal, "cancelled", now, Some("cancelled_by_creator".into()));
    book.order(&internal)
        .map(|order| Reply::json(200, &delivery(book, order, now)))
        .unwrap_or_else(|| Reply::empty(500))
}

/// The delivery object. A cancelled one costs nothing.
pub(super) fn delivery(book: &Book, order: &Order, now: i64) -> Value {
    let standing = book.standing(order, now);
    let quoted = order.quote_id.as_deref().and_then(|id| book.quote(id)).map(|quote| quote.fee);
    let fee = if standing.status == "cancelled" { 0 } else { quoted.unwrap_or_else(|| postmates::fee(&order.content)) };
    let mut body = shown(&order.content);
    let made = json!({
        "external_delivery_id": order.reference, "delivery_status": standing.status, "fee": fee, "currency": "USD",
        "tip": order.content.get("tip").cloned().unwrap_or_else(|| 0.into()),
        "support_reference": (86_411 + order.created_at.rem_euclid(1_000_000_000)).to_string(),
        "tracking_url": format!("https://track.doordash.example/{}", order.reference.as_deref().unwrap_or_default()),
        "updated_at": iso(standing.since), "cancellation_reason": standing.reason,
        "pickup_time_estimated": iso(order.created_at + 20 * 60_000),
        "dropoff_time_estimated": iso(order.created_at + 45 * 60_000),
    });
    body.extend(made.as_object().cloned().unwrap_or_default());
    Value::Object(body)
}
