//! Pathao Parcel: an idempotency key that lives 24 hours from its first request.
//!
//! Documented: create, quotation, the error envelope, the key's rules, the rate headers, that an API key can be renewed.
//! Assumed, since the pages do not show them: the routes of get and cancel, the list's parameters and the envelope of
//! success.

use serde_json::{Map, Value, json};

use crate::{
    Switches,
    book::{Book, KeyOutcome, Merchant, body_digest},
    order::{Order, Standing, digest},
    switches::{ReadRoutes, ReplayBody},
    twin::{Minted, Rate, Trouble, Twin, api_key, short},
    wire::{Reply, Request, iso},
};

/// The service area: greater Dhaka, as latitude and longitude from and to.
const DHAKA: ([f64; 2], [f64; 2]) = ([23.55, 24.00], [90.25, 90.60]);

const KEY_MAX: usize = 255;

/// Pathao's twin.
#[derive(Debug)]
pub(crate) struct Pathao;

/// What Pathao's sandbox allows in a minute when no limit is set.
const SANDBOX_PER_MINUTE: u32 = 1000;

impl Twin for Pathao {
    fn has_path(&self, path: &str) -> bool {
        path.starts_with("/v1/business/")
    }

    fn create_path(&self, _merchant: &Merchant) -> String {
        "/v1/business/order/create".into()
    }

    fn mint(&self, secret: &dyn Fn(&str) -> String) -> Minted {
        let key = format!("sandbox_key_test_{}", secret("key"));
        (format!("partner_{}", short(secret("merchant"))), api_key(key))
    }

    fn first_switches(&self, switches: &mut Switches) {
        switches.stage_ms = 30_000;
        // What a live key is allowed. The sandbox allows ten times as much, and hides who asks too often.
        switches.rate_limit_per_minute = 100;
        switches.retention_ms = 24 * 3_600_000;
    }

    fn knows(&self, book: &Book, request: &Request, _now: i64) -> bool {
        request.header("x-api-key") == Some(book.merchant.secret("api_key")) || is_renewed(book, request)
    }

    fn refuse(&self, _book: &Book, _request: &Request, trouble: Trouble) -> Reply {
        match trouble {
            Trouble::Unauthorised => refusal(401, "UNAUTHORIZED", "The credentials are missing or wrong.", &[]),
            Trouble::Inactive => refusal(403, "FORBIDDEN", "The account is not active.", &[]),
            Trouble::TooMany => refusal(429, "RATE_LIMIT_EXCEEDED", "Too many requests.", &[]),
            Trouble::Broken => refusal(500, "INTERNAL_ERROR", "Something went wrong on our side.", &[]),
        }
    }

    /// Every answer carries the rate headers.
    fn sign(&self, book: &Book, rate: Rate, reply: Reply) -> Reply {
        let limit = match book.switches.rate_limit_per_minute {
            0 => SANDBOX_PER_MINUTE,
            limit => limit,
        };
        reply
            .with("x-ratelimit-limit", limit)
            .with("x-ratelimit-remaining", limit.saturating_sub(rate.used))
            .with("x-ratelimit-reset", rate.resets_at / 1000)
    }

    fn answer(&self, book: &mut Book, request: &Request, now: i64) -> Reply {
        let parts: Vec<&str> = request.path.trim_matches('/').split('/').collect();
        match (request.method.as_str(), parts.as_slice()) {
            ("GET", _) if book.switches.read_routes != ReadRoutes::Served => no_route(book),
            ("POST", ["v1", "business", "order", "create"]) => create(book, request, now),
            ("POST", ["v1", "business", "order", "quotation"]) => quotation(book, request),
            ("GET", ["v1", "business", "orders"]) => list(book, request, now),
            ("GET", ["v1", "business", "order", id]) => get(book, id, now),
            ("POST", ["v1", "business", "order", id, "cancel"]) => cancel(book, id, now),
            _ => no_route(book),
        }
    }

    fn stored_key(&self, book: &Book, request: &Request) -> Option<String> {
        let key = request.header("x-idempotency-key")?;
        let apart = book.switches.renewed_key_forgets && is_renewed(book, request);
        Some(if apart { format!("renewed {key}") } else { key.to_owned() })
    }

    fn standing(&self, order: &Order, switches: &Switches, now: i64) -> Standing {
        // The sandbox's magic numbers choose another course.
        let course: &[&str] = match order.text("receiver_phone") {
            "01700000002" => &["PENDING", "ASSIGNED"],
            "01700000003" => &["PENDING", "ASSIGNED", "ACCEPTED", "CANCELLED"],
            "01700000004" => &["PENDING", "ASSIGNED", "ACCEPTED", "STARTED", "PICKED", "FAILED"],
            _ => &["PENDING", "ASSIGNED", "ACCEPTED", "STARTED", "PICKED", "COMPLETED"],
        };
        order.stands(order.walk(course, switches.stage_ms, now), &["COMPLETED", "CANCELLED"])
    }

    fn summary(&self, content: &Map<String, Value>) -> String {
        let text = |name: &str| content.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        format!("{}, {}", text("receiver_name"), text("receiver_phone"))
    }

    /// No key, and the stranger's own reference or none.
    fn new_order(&self, book: &Book, content: Map<String, Value>, reference: Option<String>, now: i64) -> Order {
        let id = format!("PB-{}", 1001 + book.orders().len());
        Order { reference, ..Order::new(id, content, "PENDING", now) }
    }

    fn identity(&self, request: &Request) -> String {
        let mut body = request.object().unwrap_or_default();
        body.remove("partner_reference_id");
        digest(&["pathao", &Value::Object(body).to_string()])
    }
}

/// Whether the request shows the partner's renewed API key: the minted one and `_renewed`. Both are good, as they are
/// for a day at the platform.
fn is_renewed(book: &Book, request: &Request) -> bool {
    let old = request.header("x-api-key").and_then(|key| key.strip_suffix("_renewed"));
    old == Some(book.merchant.secret("api_key"))
}

/// The error envelope.
fn refusal(status: u16, code: &str, message: &str, details: &[Value]) -> Reply {
    Reply::json(status, &json!({"success": false, "error": {"code": code, "message": message, "details": details}}))
}

fn no_route(book: &Book) -> Reply {
    match book.switches.read_routes {
        ReadRoutes::Page => Reply::html(404, "404 Not Found"),
        ReadRoutes::Served | ReadRoutes::NotFound => refusal(404, "NOT_FOUND", "No such route.", &[]),
    }
}

fn create(book: &mut Book, request: &Request, now: i64) -> Reply {
    let key = request.header("x-idempotency-key").map(str::to_owned);
    if key.as_ref().is_some_and(|key| key.is_empty() || key.len() > KEY_MAX) {
        let detail = json!({"field": "X-Idempotency-Key", "message": "must have 1 to 255 characters"});
        return refusal(400, "VALIDATION_ERROR", "The request is not valid.", &[detail]);
    }
    let stored_under = Pathao.stored_key(book, request);
    if let Some(reply) = stored_under.as_deref().and_then(|key| replay(book, key, request, now)) {
        return reply;
    }
    let (reference, content) = match read_create(request) {
        Ok(read) => read,
        Err(reply) => return *reply,
    };
    let mut order = Pathao.new_order(book, content, reference, now);
    order.idempotency_key = key;
    order.by_stranger = book.by_stranger;
    order.listed_from = now + i64::from(book.switches.list_lag_ms);
    let reply = Reply::json(201, &json!({"success": true, "data": row(book, &order, now)}));
    let outcome = stored_under.map(|key| KeyOutcome::new(key, request, &reply, now));
    book.create(order, outcome);
    reply
}

/// What a request under a known key gets: the stored answer, however stale, or the conflict.
fn replay(book: &Book, key: &str, request: &Request, now: i64) -> Option<Reply> {
    let known = book.outcome(key, now)?;
    if now < known.first_at + i64::from(book.switches.race_window_ms) {
        return None;
    }
    if known.body_digest != body_digest(request) {
        let message = "This idempotency key was used with another body.";
        return Some(refusal(409, "IDEMPOTENCY_CONFLICT", message, &[]));
    }
    Some(match book.switches.replay_body {
        ReplayBody::Full => Reply::json_text(known.status, known.body.clone()),
        ReplayBody::Empty => Reply::json_text(known.status, String::new()),
        ReplayBody::StatusOnly => Reply::empty(known.status),
    })
}

type Read<T> = Result<T, Box<Reply>>;

/// The reference and the content of a create, or the refusal.
fn read_create(request: &Request) -> Read<(Option<String>, Map<String, Value>)> {
    let body = request.object().ok_or_else(|| invalid(&[("body", "must be a JSON object")]))?;
    let mut wrong: Vec<(&str, &str)> = Vec::new();
    let name = body.get("receiver_name").and_then(Value::as_str).unwrap_or_default();
    if name.trim().is_empty() {
        wrong.push(("receiver_name", "is required"));
    }
    let phone = body.get("receiver_phone").and_then(Value::as_str).unwrap_or_default();
    if !is_bangladeshi_mobile(phone) {
        wrong.push(("receiver_phone", "must be a mobile number such as 01712345678"));
    }
    if body.get("driver_type").is_some_and(|kind| !kind.is_u64()) {
        wrong.push(("driver_type", "must be a whole number"));
    }
    let reference = match body.get("partner_reference_id") {
        None | Some(Value::Null) => None,
        Some(Value::String(reference)) if !reference.is_empty() => Some(reference.clone()),
        Some(_) => {
            wrong.push(("partner_reference_id", "must be a text"));
            None
        }
    };
    let points = places(&body, &mut wrong);
    if !wrong.is_empty() {
        return Err(invalid(&wrong));
    }
    within_dhaka(points)?;
    let mut content = body;
    content.remove("partner_reference_id");
    content.remove("callback_url");
    Ok((reference, content))
}

/// The four coordinates under either of their spellings, and the parcel type, which quotation shares.
fn places<'a>(body: &Map<String, Value>, wrong: &mut Vec<(&'a str, &'a str)>) -> [Option<f64>; 4] {
    let kind = body.get("parcel_type").and_then(Value::as_u64);
    if !kind.is_some_and(|kind| (1..=4).contains(&kind)) {
        wrong.push(("parcel_type", "must be 1, 2, 3 or 4"));
    }
    [
        ("pickup_latitude", "estimated_pickup_address_latitude"),
        ("pickup_longitude", "estimated_pickup_address_longitude"),
        ("delivery_latitude", "estimated_receiver_address_latitude"),
        ("delivery_longitude", "estimated_receiver_address_longitude"),
    ]
    .map(|(short, long)| {
        let number = body.get(short).or_else(|| body.get(long)).and_then(Value::as_f64);
        if number.is_none() {
            wrong.push((short, "must be a number"));
        }
        number
    })
}

fn within_dhaka(points: [Option<f64>; 4]) -> Read<()> {
    let inside = |value: Option<f64>, [from, to]: [f64; 2]| value.is_some_and(|value| (from..=to).contains(&value));
    let [pickup_lat, pickup_lng, lat, lng] = points;
    let served = inside(pickup_lat, DHAKA.0) && inside(pickup_lng, DHAKA.1) && inside(lat, DHAKA.0);
    if served && inside(lng, DHAKA.1) {
        return Ok(());
    }
    Err(Box::new(refusal(400, "INVALID_COORDINATES", "The coordinates are outside the service area of Dhaka.", &[])))
}

/// Bangladeshi mobile numbers: 11 digits, 013 to 019.
fn is_bangladeshi_mobile(phone: &str) -> bool {
    phone.len() == 11
        && phone.bytes().all(|byte| byte.is_ascii_digit())
        && phone.starts_with("01")
        && matches!(phone.as_bytes()[2], b'3'..=b'9')
}

fn invalid(wrong: &[(&str, &str)]) -> Box<Reply> {
    let details: Vec<Value> = wrong.iter().map(|(field, why)| json!({"field": field, "message": why})).collect();
    Box::new(refusal(400, "VALIDATION_ERROR", "The request is not valid.", &details))
}

fn quotation(book: &Book, request: &Request) -> Reply {
    let Some(body) = request.object() else { return *invalid(&[("body", "must be a JSON object")]) };
    let mut wrong: Vec<(&str, &str)> = Vec::new();
    for field in ["pickup_address_text", "receiver_address_text"] {
        if body.get(field).and_then(Value::as_str).is_none_or(|text| text.trim().is_empty()) {
            wrong.push((field, "is required"));
        }
    }
    let points = places(&body, &mut wrong);
    if !wrong.is_empty() {
        return *invalid(&wrong);
    }
    match within_dhaka(points) {
        Err(reply) => *reply,
        Ok(()) => {
            let total = book.switches.quoted(price(&body));
            Reply::json(200, &json!({"success": true, "data": {"total": total, "currency": "BDT"}}))
        }
    }
}

/// 60 taka and 15 for each kilometre, dearer for a larger parcel.
fn price(content: &Map<String, Value>) -> u32 {
    let [lat_from, lng_from, lat, lng] = places(content, &mut Vec::new()).map(Option::unwrap_or_default);
    let kilometres = f64::hypot((lat - lat_from) * 111.0, (lng - lng_from) * 102.0);
    let parcel = content.get("parcel_type").and_then(Value::as_u64).unwrap_or(1);
    let taka = 60.0 + 15.0 * kilometres.round();
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a few hundred at most")]
    let taka = taka as u32;
    taka + 10 * u32::try_from(parcel).unwrap_or(1)
}

fn row(book: &Book, order: &Order, now: i64) -> Value {
    json!({
        "order_id": order.id,
        "partner_reference_id": order.reference,
        "status": book.standing(order, now).status,
        "receiver_name": order.content.get("receiver_name"),
        "receiver_phone": order.content.get("receiver_phone"),
        "quotation": {"total": price(&order.content), "currency": "BDT"},
        "tracking_url": format!("https://track.pathao.example/{}", order.id),
        "created_at": iso(order.created_at),
    })
}

fn list(book: &Book, request: &Request, now: i64) -> Reply {
    let wanted = request.param("partner_reference_id").filter(|_| !book.switches.filter_ignored);
    let limit = request.number("limit", 10).clamp(1, book.switches.list_max.max(1) as usize);
    let skip = request.number("page", 1).saturating_sub(1).saturating_mul(limit);
    let hides_ended = wanted.is_some() && book.switches.lookup_hides_ended;
    let shown = |order: &&Order| {
        now >= order.listed_from && book.keeps(order, now) && !(hides_ended && book.standing(order, now).ended)
    };
    let rows: Vec<Value> = match &wanted {
        Some(reference) => {
            book.with_reference(reference).filter(shown).skip(skip).take(limit).map(|o| row(book, o, now)).collect()
        }
        None => book.orders().iter().rev().filter(shown).skip(skip).take(limit).map(|o| row(book, o, now)).collect(),
    };
    Reply::json(200, &json!({"success": true, "data": rows}))
}

fn get(book: &Book, id: &str, now: i64) -> Reply {
    match book.order(id).filter(|order| book.keeps(order, now)) {
        Some(order) => Reply::json(200, &json!({"success": true, "data": row(book, order, now)})),
        None => unknown_order(),
    }
}

fn unknown_order() -> Reply {
    refusal(404, "NOT_FOUND", "No order has this order_id or partner_reference_id.", &[])
}

fn cancel(book: &mut Book, id: &str, now: i64) -> Reply {
    let Some(order) = book.order(id).filter(|order| book.keeps(order, now)) else { return unknown_order() };
    let status = book.standing(order, now).status;
    if !matches!(status.as_str(), "PENDING" | "ASSIGNED" | "ACCEPTED" | "STARTED") {
        let message = format!("An order in status {status} cannot be cancelled.");
        return refusal(409, "INVALID_STATUS_TRANSITION", &message, &[]);
    }
    let (id, reason) = (order.id.clone(), Some("cancelled by the merchant".into()));
    book.set_status(&id, "CANCELLED", now, reason);
    Reply::json(200, &json!({"success": true, "data": {"order_id": id, "status": "CANCELLED"}}))
}
