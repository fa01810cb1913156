//! Deliveries: quoted, created once under a key or a pair of references, read, cancelled.

use serde_json::{Value, json};

use super::{
    super::postmates::fee,
    UberDirect,
    checks::{self, Create, read_create, read_quote, unusable_quote, used_quote},
    is_imminent, refusal,
};
use crate::{
    book::{Book, Entry, KeyOutcome, Quote, body_digest},
    order::{Order, digest},
    switches::{DuplicateAnswer, PairRule, RepeatAnswer},
    twin::Twin as _,
    wire::{Reply, Request, iso},
};

pub(super) fn create(book: &mut Book, request: &Request, now: i64) -> Reply {
    let create = match read_create(book, request, now) {
        Ok(create) => create,
        Err(refused) => return *refused,
    };
    let used = create.quote_id.as_deref().is_some_and(|id| book.quote_is_used(id));
    if book.switches.used_quote_first && used {
        return used_quote();
    }
    let key = create.idempotency_key.as_deref().map(|key| book.in_environment(key));
    if let Some(reply) = key.as_deref().and_then(|key| repeated_key(book, key, request, now)) {
        return reply;
    }
    if let Some(reply) = taken_pair(book, &create, now) {
        return reply;
    }
    if let Some(reply) = unusable_quote(book, &create, now) {
        return reply;
    }
    let refused_as = book.switches.create_refused_as.clone();
    if !refused_as.is_empty() && !book.switches.refused_create_commits {
        return checks::named(&refused_as);
    }
    let mut order = UberDirect.new_order(book, create.content, create.external_id, now);
    order.second_reference = create.manifest_reference;
    order.idempotency_key = create.idempotency_key;
    order.quote_id = create.quote_id;
    order.by_stranger = book.by_stranger;
    order.listed_from = now + i64::from(book.switches.list_lag_ms);
    let reply = Reply::json(200, &delivery(book, &order, now));
    let outcome = key.map(|key| KeyOutcome::new(key, request, &reply, now));
    book.create(order, outcome);
    if refused_as.is_empty() { reply } else { checks::named(&refused_as) }
}

/// What a request under a known key gets, unless the key is forgotten or free again.
fn repeated_key(book: &Book, key: &str, request: &Request, now: i64) -> Option<Reply> {
    let (switches, known) = (&book.switches, book.outcome(key, now)?);
    let age = now - known.first_at;
    if age < i64::from(switches.race_window_ms) {
        return None;
    }
    if known.status >= 500 {
        return Some(Reply::json_text(known.status, known.body.clone()));
    }
    let first: Value = serde_json::from_str(&known.body).unwrap_or_default();
    let order = book.order(first["id"].as_str().unwrap_or_default())?;
    if switches.ended_frees_key && book.standing(order, now).ended {
        return None;
    }
    let other_body = switches.key_other_body_refused && known.body_digest != body_digest(request);
    if age < switches.in_progress() || other_body {
        return Some(duplicate(book, order));
    }
    Some(match switches.repeat_answer {
        RepeatAnswer::Conflict => duplicate(book, order),
        RepeatAnswer::Existing => Reply::json(200, &delivery(book, order, now)),
    })
}

/// The refusal of a pair of references that another delivery has.
fn taken_pair(book: &Book, create: &Create, now: i64) -> Option<Reply> {
    let (switches, external_id) = (&book.switches, create.external_id.as_deref()?);
    let manifest_reference = create.manifest_reference.as_deref()?;
    if switches.key_overrules_pair && create.idempotency_key.is_some() {
        return None;
    }
    let holder = book
        .open_with_reference(external_id)
        .filter(|order| order.second_reference.as_deref() == Some(manifest_reference))
        .filter(|order| now >= order.created_at + i64::from(switches.race_window_ms))
        .find(|order| match switches.pair_rule {
            PairRule::WhileActive => !book.standing(order, now).ended,
            PairRule::Forever => true,
            PairRule::Off => false,
        })?;
    Some(duplicate(book, holder))
}

/// 409; `metadata` names the delivery unless the switch leaves that out.
fn duplicate(book: &Book, holder: &Order) -> Reply {
    let metadata = match book.switches.duplicate_answer {
        DuplicateAnswer::ConflictWithPointer => json!({"delivery_id": holder.id}),
        DuplicateAnswer::ConflictWithoutPointer | DuplicateAnswer::SeeOther => json!({}),
    };
    let message = "An active delivery like this already exists.";
    let body = json!({"code": "duplicate_delivery", "message": message, "kind": "error", "metadata": metadata});
    Reply::json(409, &body)
}

pub(super) fn quote(book: &mut Book, request: &Request, now: i64) -> Reply {
    let content = match read_quote(request) {
        Ok(content) => content,
        Err(refused) => return *refused,
    };
    let number = book.quotes_made().to_string();
    let quote = Quote {
        id: format!("dqt_{}", &digest(&[&book.merchant.merchant_id, "quote", &number])[..20]),
        expires: now + i64::from(book.switches.quote_life_ms),
        fee: book.switches.quoted(fee(&content)),
        content,
    };
    let reply = json!({
        "kind": "delivery_quote", "id": quote.id, "created": iso(now), "expires": iso(quote.expires),
        "fee": quote.fee, "currency": "usd", "currency_type": "USD", "duration": 33, "pickup_duration": 12,
        "dropoff_eta": iso(now + 33 * 60_000), "dropoff_deadline": iso(now + 60 * 60_000),
    });
    book.commit(Entry::Quoted { platform: book.platform, quote });
    Reply::json(200, &reply)
}

pub(super) fn get(book: &Book, id: &str, now: i64) -> Reply {
    match book.open_order(id) {
        Some(order) => Reply::json(200, &delivery(book, order, now)),
        None => unknown(),
    }
}

fn unknown() -> Reply {
    refusal(404, "delivery_not_found", "The requested delivery does not exist.")
}

/// Until the courier has picked it up.
pub(super) fn cancel(book: &mut Book, id: &str, now: i64) -> Reply {
    let Some(order) = book.open_order(id) else { return unknown() };
    if !matches!(book.standing(order, now).status.as_str(), "pending" | "pickup") {
        return refusal(400, "noncancelable_delivery", "The delivery can no longer be canceled.");
    }
    book.set_status(id, "canceled", now, None);
    book.open_order(id).map_or_else(unknown, |order| Reply::json(200, &delivery(book, order, now)))
}

/// The delivery object.
pub(super) fn delivery(book: &Book, order: &Order, now: i64) -> Value {
    let standing = book.standing(order, now);
    let field = |name: &str| order.content.get(name).cloned().unwrap_or(Value::Null);
    let stop = |side: &str| {
        json!({
            "name": field(&format!("{side}_name")), "phone_number": field(&format!("{side}_phone_number")),
            "address": field(&format!("{side}_address")), "notes": field(&format!("{side}_notes")),
        })
    };
    let tip = order.content.get("tip").and_then(Value::as_u64).unwrap_or_default();
    let quoted = order.quote_id.as_deref().and_then(|id| book.quote(id)).map(|quote| quote.fee);
    let moving = matches!(standing.status.as_str(), "pickup" | "pickup_complete" | "dropoff");
    json!({
        "id": order.id, "uuid": digest(&["uuid", &order.id]), "kind": "delivery", "status": standing.status,
        "complete": standing.ended, "external_id": order.reference, "live_mode": order.live,
        "manifest": {"reference": order.second_reference, "total_value": field("manifest_total_value")},
        "manifest_items": field("manifest_items"), "pickup": stop("pickup"), "dropoff": stop("dropoff"),
        "courier": moving.then(|| json!({"name": "Robo C.", "vehicle_type": "car"})),
        "courier_imminent": is_imminent(order, now), "created": iso(order.created_at),
        "updated": iso(standing.since), "quote_id": order.quote_id,
        "fee": u64::from(quoted.unwrap_or_else(|| fee(&order.content))) + tip, "tip": tip, "currency": "usd",
        "pickup_eta": iso(order.created_at + 12 * 60_000), "dropoff_eta": iso(order.created_at + 33 * 60_000),
        "tracking_url": format!("https://delivery.uber.example/{}", order.id),
        "undeliverable_action": "", "undeliverable_reason": "", "related_deliveries": [],
    })
}
