//! Postmates: a reference that is enforced while the delivery that carries it is not completed.
//!
//! Only the reference is compared, never the body. From the seed contract: the path, `reference`, the 409. From the
//! classic pages: Basic credentials, the delivery object, the error codes, cancel, quotes. Assumed: the name of the
//! query parameter, whether the query covers ended deliveries, and whether cancelling frees the reference.

use base64::Engine as _;
use serde_json::{Map, Value, json};

use super::delivery_times;
use crate::{
    Switches,
    book::{Book, Entry, Merchant, Quote},
    order::{Order, Standing, digest},
    switches::DuplicateAnswer,
    twin::{Minted, Trouble, Twin, api_key, short},
    wire::{Reply, Request, iso},
};

const REQUIRED: [&str; 7] = [
    "manifest",
    "pickup_name",
    "pickup_address",
    "pickup_phone_number",
    "dropoff_name",
    "dropoff_address",
    "dropoff_phone_number",
];

/// Postmates' twin.
#[derive(Debug)]
pub(crate) struct Postmates;

impl Twin for Postmates {
    fn has_path(&self, path: &str) -> bool {
        path.starts_with("/v1/deliver")
    }

    fn create_path(&self, _merchant: &Merchant) -> String {
        "/v1/deliveries".into()
    }

    fn mint(&self, secret: &dyn Fn(&str) -> String) -> Minted {
        let key = format!("pm_test_{}", secret("key"));
        (format!("cus_{}", short(secret("merchant"))), api_key(key))
    }

    fn first_switches(&self, switches: &mut Switches) {
        // A delivery must not end within ten minutes: its reference would be free again.
        switches.stage_ms = 180_000;
        switches.lookup_hides_ended = true;
    }

    fn knows(&self, book: &Book, request: &Request, _now: i64) -> bool {
        let expected =
            base64::engine::general_purpose::STANDARD.encode(format!("{}:", book.merchant.secret("api_key")));
        request.header("authorization").and_then(|value| value.strip_prefix("Basic ")) == Some(&expected)
    }

    fn refuse(&self, _book: &Book, _request: &Request, trouble: Trouble) -> Reply {
        match trouble {
            Trouble::Unauthorised => refusal(401, "unauthorized", "The credentials are missing or wrong."),
            Trouble::Inactive => refusal(403, "forbidden", "The account is not active."),
            Trouble::TooMany => refusal(429, "request_rate_limit_exceeded", "Too many requests."),
            Trouble::Broken => refusal(500, "unknown_error", "Something went wrong on our side."),
        }
    }

    fn answer(&self, book: &mut Book, request: &Request, now: i64) -> Reply {
        let parts: Vec<&str> = request.path.trim_matches('/').split('/').collect();
        match (request.method.as_str(), parts.as_slice()) {
            ("POST", ["v1", "deliveries"]) => create(book, request, now),
            ("GET", ["v1", "deliveries"]) => list(book, request, now),
            ("GET", ["v1", "deliveries", id]) => match book.order(id) {
                Some(order) => Reply::json(200, &delivery(book, order, now)),
                None => refusal(404, "delivery_not_found", "The requested delivery does not exist."),
            },
            ("POST", ["v1", "deliveries", id, "cancel"]) => cancel(book, id, now),
            ("POST", ["v1", "delivery_quotes"]) => quote(book, request, now),
            _ => refusal(404, "not_found", "No such route."),
        }
    }

    fn standing(&self, order: &Order, switches: &Switches, now: i64) -> Standing {
        let course = ["pending", "pickup", "pickup_complete", "dropoff", "delivered"];
        order.stands(order.walk(&course, switches.stage_ms, now), &["delivered", "canceled", "returned"])
    }

    fn summary(&self, content: &Map<String, Value>) -> String {
        let text = |name: &str| content.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        format!("{} to {}, {}", text("manifest"), text("dropoff_name"), text("dropoff_address"))
    }

    fn new_order(&self, book: &Book, content: Map<String, Value>, reference: Option<String>, now: i64) -> Order {
        let number = book.orders().len().to_string();
        let id = format!("del_{}", &digest(&[&book.merchant.merchant_id, "delivery", &number])[..14]);
        Order { reference, ..Order::new(id, content, "pending", now) }
    }

    fn identity(&self, request: &Request) -> String {
        let mut body = request.object().unwrap_or_default();
        body.retain(|name, _| !matches!(name.as_str(), "reference" | "manifest_reference" | "quote_id"));
        digest(&["postmates", &Value::Object(body).to_string()])
    }
}

/// The error object.
fn refusal(status: u16, code: &str, message: &str) -> Reply {
    Reply::json(status, &json!({"kind": "error", "code": code, "message": message}))
}

fn invalid(params: Map<String, Value>) -> Box<Reply> {
    let message = "The parameters of your request were invalid.";
    Box::new(Reply::json(
        400,
        &json!({"kind": "error", "code": "invalid_params", "message": message, "params": params}),
    ))
}

fn create(book: &mut Book, request: &Request, now: i64) -> Reply {
    let (reference, quote_id, content) = match read_create(request, now) {
        Ok(read) => read,
        Err(reply) => return *reply,
    };
    if book.switches.used_quote_first && quote_id.as_deref().is_some_and(|id| book.quote_is_used(id)) {
        return used_quote();
    }
    if let Some(reply) = reference.as_deref().and_then(|reference| duplicate(book, reference, now)) {
        return reply;
    }
    if let Some(reply) = quote_id.as_deref().and_then(|id| unusable(book, id, now)) {
        return reply;
    }
    let mut order = Postmates.new_order(book, content, reference, now);
    order.by_stranger = book.by_stranger;
    order.quote_id = quote_id;
    order.listed_from = now + i64::from(book.switches.list_lag_ms);
    let body = delivery(book, &order, now);
    book.create(order, None);
    Reply::json(200, &body)
}

type Created = (Option<String>, Option<String>, Map<String, Value>);

fn read_create(request: &Request, now: i64) -> Result<Created, Box<Reply>> {
    let mut wrong = Map::new();
    let Some(mut body) = request.object() else {
        wrong.insert("body".into(), "must be a form or a JSON object".into());
        return Err(invalid(wrong));
    };
    let text = |name: &str| body.get(name).and_then(Value::as_str).unwrap_or_default().trim();
    for field in REQUIRED.into_iter().filter(|field| text(field).is_empty()) {
        wrong.insert(field.into(), "This field is required.".into());
    }
    for field in ["pickup_phone_number", "dropoff_phone_number"] {
        if !text(field).is_empty() && !is_us_phone(text(field)) {
            wrong.insert(field.into(), "Must be a phone number such as 415-555-0100.".into());
        }
    }
    for field in ["reference", "quote_id", "manifest_reference"] {
        if body.get(field).is_some_and(|value| !value.is_string() && !value.is_null()) {
            wrong.insert(field.into(), "Must be a text.".into());
        }
    }
    if !wrong.is_empty() {
        return Err(invalid(wrong));
    }
    if let Some((code, message)) = delivery_times::check(&body, now) {
        return Err(Box::new(refusal(400, code, message)));
    }
    let mut take = |name: &str| match body.remove(name) {
        Some(Value::String(text)) if !text.is_empty() => Some(text),
        Some(_) | None => None,
    };
    let (reference, quote_id) = (take("reference"), take("quote_id"));
    take("manifest_reference");
    Ok((reference, quote_id, body))
}

/// North American numbers: ten digits, optionally after +1, neither area nor exchange beginning with 0 or 1.
fn is_us_phone(phone: &str) -> bool {
    if !phone.chars().all(|c| c.is_ascii_digit() || matches!(c, '+' | '-' | ' ' | '(' | ')' | '.')) {
        return false;
    }
    let digits: Vec<u8> = phone.bytes().filter(u8::is_ascii_digit).collect();
    let national = match digits.as_slice() {
        [b'1', rest @ ..] if rest.len() == 10 => rest,
        ten if ten.len() == 10 && !phone.starts_with('+') => ten,
        _ => return false,
    };
    national[0] > b'1' && national[3] > b'1'
}

/// The answer to a reference that is taken, if it is.
fn duplicate(book: &Book, reference: &str, now: i64) -> Option<Reply> {
    let switches = &book.switches;
    let holder = book.with_reference(reference).find(|order| {
        if now < order.created_at + i64::from(switches.race_window_ms) {
            return false;
        }
        let standing = book.standing(order, now);
        match standing.status.as_str() {
            "delivered" => !switches.delivered_frees_reference,
            "canceled" | "returned" => !switches.canceled_frees_reference,
            _ => true,
        }
    })?;
    let (code, message) = ("duplicate_delivery", "An active delivery with this reference exists already.");
    Some(match switches.duplicate_answer {
        DuplicateAnswer::ConflictWithPointer => Reply::json(
            409,
            &json!({"kind": "error", "code": code, "message": message, "metadata": {"delivery_id": holder.id}}),
        ),
        DuplicateAnswer::ConflictWithoutPointer => refusal(409, code, message),
        DuplicateAnswer::SeeOther => {
            refusal(303, code, message).with("location", format!("/v1/deliveries/{}", holder.id))
        }
    })
}

fn used_quote() -> Reply {
    refusal(400, "used_quote", "The quote has been used already.")
}

fn unusable(book: &Book, id: &str, now: i64) -> Option<Reply> {
    let Some(quote) = book.quote(id) else {
        return Some(refusal(404, "quote_not_found", "The quote does not exist."));
    };
    if book.quote_is_used(id) {
        return Some(used_quote());
    }
    (now >= quote.expires).then(|| refusal(400, "expired_quote", "The quote has expired."))
}

fn quote(book: &mut Book, request: &Request, now: i64) -> Reply {
    let body = request.object().unwrap_or_default();
    let mut wrong = Map::new();
    for field in ["pickup_address", "dropoff_address"] {
        if body.get(field).and_then(Value::as_str).is_none_or(|text| text.trim().is_empty()) {
            wrong.insert(field.into(), "This field is required.".into());
        }
    }
    if !wrong.is_empty() {
        return *invalid(wrong);
    }
    let number = book.quotes_made().to_string();
    let quote = Quote {
        id: format!("dqt_{}", &digest(&[&book.merchant.merchant_id, "quote", &number])[..14]),
        expires: now + i64::from(book.switches.quote_life_ms),
        fee: book.switches.quoted(fee(&body)),
        content: Map::new(),
    };
    let reply = json!({
        "kind": "delivery_quote", "id": quote.id, "fee": quote.fee, "currency": "usd", "created": iso(now),
        "expires": iso(quote.expires), "duration": 45, "dropoff_eta": iso(now + 45 * 60_000),
    });
    book.commit(Entry::Quoted { platform: book.platform, quote });
    Reply::json(200, &reply)
}

/// Cents, from 7.99 to 20.74, the same for the same addresses.
pub(super) fn fee(content: &Map<String, Value>) -> u32 {
    let text = |name: &str| content.get(name).and_then(Value::as_str).unwrap_or_default();
    799 + u32::from(crate::order::hash(&[text("pickup_address"), text("dropoff_address")])[0]) * 5
}

fn delivery(book: &Book, order: &Order, now: i64) -> Value {
    let standing = book.standing(order, now);
    let field = |name: &str| order.content.get(name).cloned().unwrap_or(Value::Null);
    let stop = |side: &str| {
        json!({
            "name": field(&format!("{side}_name")),
            "phone_number": field(&format!("{side}_phone_number")),
            "address": field(&format!("{side}_address")),
            "notes": field(&format!("{side}_notes")),
        })
    };
    let fee = order.quote_id.as_deref().and_then(|id| book.quote(id)).map_or_else(|| fee(&order.content), |q| q.fee);
    json!({
        "kind": "delivery", "id": order.id, "reference": order.reference, "status": standing.status,
        "complete": standing.ended, "live_mode": false, "fee": fee, "currency": "usd",
        "quote_id": order.quote_id, "created": iso(order.created_at), "updated": iso(standing.since),
        "manifest": {"reference": order.reference, "description": field("manifest")},
        "pickup": stop("pickup"), "dropoff": stop("dropoff"),
        "dropoff_eta": iso(order.created_at + 45 * 60_000), "courier": null, "related_deliveries": [],
        "tracking_url": format!("https://track.postmates.example/{}", order.id),
    })
}

fn list(book: &Book, request: &Request, now: i64) -> Reply {
    let reference = request.param("reference").filter(|_| !book.switches.filter_ignored);
    let filter = request.param("filter").filter(|_| !book.switches.filter_ignored);
    let limit = request.number("limit", 10).clamp(1, book.switches.list_max.max(1) as usize);
    let offset = request.number("offset", 0);
    let hides_ended = reference.is_some() && book.switches.lookup_hides_ended;
    let shown = |order: &&Order| {
        if now < order.listed_from {
            return false;
        }
        let standing = book.standing(order, now);
        if hides_ended && standing.ended {
            return false;
        }
        match filter.as_deref() {
            None => true,
            Some("ongoing") => !standing.ended,
            Some(status) => standing.status == status,
        }
    };
    let found: Vec<&Order> = match &reference {
        Some(reference) => book.with_reference(reference).filter(shown).collect(),
        None => book.orders().iter().rev().filter(shown).collect(),
    };
    let rows: Vec<Value> = found.iter().skip(offset).take(limit).map(|order| delivery(book, order, now)).collect();
    let next = (offset + rows.len() < found.len()).then(|| next_href(request, offset + rows.len(), limit));
    Reply::json(
        200,
        &json!({"object": "list", "url": "/v1/deliveries", "total_count": found.len(), "next_href": next, "data": rows}),
    )
}

fn next_href(request: &Request, offset: usize, limit: usize) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    for (name, value) in form_urlencoded::parse(request.query.as_bytes()) {
        if name != "offset" && name != "limit" {
            query.append_pair(&name, &value);
        }
    }
    query.append_pair("limit", &limit.to_string()).append_pair("offset", &offset.to_string());
    format!("/v1/deliveries?{}", query.finish())
}

fn cancel(book: &mut Book, id: &str, now: i64) -> Reply {
    let Some(order) = book.order(id) else {
        return refusal(404, "delivery_not_found", "The requested delivery does not exist.");
    };
    if !matches!(book.standing(order, now).status.as_str(), "pending" | "pickup") {
        return refusal(400, "noncancelable_delivery", "The delivery can no longer be canceled.");
    }
    book.set_status(id, "canceled", now, None);
    book.order(id).map_or_else(
        || refusal(404, "delivery_not_found", "The requested delivery does not exist."),
        |order| Reply::json(200, &delivery(book, order, now)),
    )
}
