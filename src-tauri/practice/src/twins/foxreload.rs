//! FoxReload: no protection against duplicates. Every create is an order, every key is ignored, and an order does
//! not say whose it is.
//!
//! Documented: create, get, list with `statuses` and `limit`, pay, products, the life cycle. Assumed: the body of
//! errors, the order of the list, the `page` parameter, what becomes of a large limit, that a balance too low is a 400;
//! whether notes are echoed and test orders are listed. Each is a switch.

use serde_json::{Map, Value, json};

use crate::{
    Switches,
    book::{Book, Merchant},
    order::{Order, Standing, digest, hash},
    switches::{ListShape, Slash},
    twin::{Minted, Trouble, Twin, api_key, short},
    wire::{Reply, Request, iso},
};

/// FoxReload's twin.
#[derive(Debug)]
pub(crate) struct Foxreload;

impl Twin for Foxreload {
    fn has_path(&self, path: &str) -> bool {
        path.starts_with("/api/")
    }

    fn create_path(&self, _merchant: &Merchant) -> String {
        "/api/orders".into()
    }

    fn mint(&self, secret: &dyn Fn(&str) -> String) -> Minted {
        let key = format!("fxr_test_{}", secret("key"));
        (format!("fox_{}", short(secret("merchant"))), api_key(key))
    }

    fn first_switches(&self, switches: &mut Switches) {
        switches.stage_ms = 5_000;
    }

    fn knows(&self, book: &Book, request: &Request, _now: i64) -> bool {
        request.header("x-api-key") == Some(book.merchant.secret("api_key"))
    }

    fn refuse(&self, book: &Book, _request: &Request, trouble: Trouble) -> Reply {
        let refusal = |status, message| refusal(book, status, message);
        match trouble {
            Trouble::Unauthorised => refusal(401, "The credentials are missing or wrong."),
            Trouble::Inactive => refusal(403, "The account is not active."),
            Trouble::TooMany => refusal(429, "Too many requests."),
            Trouble::Broken => refusal(500, "Something went wrong on our side."),
        }
    }

    fn answer(&self, book: &mut Book, request: &Request, now: i64) -> Reply {
        if let Some(redirect) = redirect(book, request) {
            return redirect;
        }
        let parts: Vec<&str> = request.path.trim_matches('/').split('/').collect();
        match (request.method.as_str(), parts.as_slice()) {
            ("POST", ["api", "orders"]) => create(book, request, now),
            ("GET", ["api", "orders"]) => list(book, request, now),
            ("GET", ["api", "orders", id]) => match book.order(id) {
                Some(order) => Reply::json(200, &row(book, order, now)),
                None => refusal(book, 404, "Order not found"),
            },
            ("POST", ["api", "orders", id, "pay"]) => pay(book, id, now),
            ("GET", ["api", "products"]) => Reply::json(200, &products(&request.param("category_id_or_slug"), &None)),
            ("GET", ["api", "products", "search"]) => Reply::json(200, &products(&None, &request.param("query"))),
            ("GET", ["api", "categories"]) => Reply::json(
                200,
                &json!([{"id": "steam", "slug": "steam", "name": "Steam"}, {"id": "mobile", "slug": "mobile", "name": "Mobile games"}]),
            ),
            _ => refusal(book, 404, "Not found"),
        }
    }

    fn standing(&self, order: &Order, switches: &Switches, now: i64) -> Standing {
        if order.status == "active" && !switches.auto_pay {
            return unpaid(order, i64::from(switches.payment_life_ms), now);
        }
        let course = ["active", "paid", "processing", "completed"];
        order.stands(order.walk(&course, switches.stage_ms, now), &["completed", "cancelled", "failed"])
    }

    fn summary(&self, content: &Map<String, Value>) -> String {
        let items = content.get("items").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        let item = |item: &Value| format!("{} x {}", item["quantity"], item["itemId"].as_str().unwrap_or_default());
        items.iter().map(item).collect::<Vec<_>>().join(", ")
    }

    /// No reference: an order does not say whose it is.
    fn new_order(&self, book: &Book, content: Map<String, Value>, _reference: Option<String>, now: i64) -> Order {
        let id = uuid_shaped(&hash(&[&book.merchant.merchant_id, "order", &book.orders().len().to_string()]));
        Order::new(id, content, "active", now)
    }

    fn identity(&self, request: &Request) -> String {
        digest(&["foxreload", &Value::Object(request.object().unwrap_or_default()).to_string()])
    }
}

/// Where an order stands that nobody has paid, `life` milliseconds from its creation to its end.
fn unpaid(order: &Order, life: i64, now: i64) -> Standing {
    let expires = order.created_at + life;
    if now < expires {
        return Standing { status: "active".into(), since: order.status_at, ended: false, reason: None };
    }
    let reason = Some("payment_expiration".into());
    Standing { status: "cancelled".into(), since: expires, ended: true, reason }
}

/// An error. The documents show no body for errors; both of these are assumptions.
fn refusal(book: &Book, status: u16, message: &str) -> Reply {
    if book.switches.errors_as_text {
        return Reply { body: message.to_owned().into(), ..Reply::empty(status) }.with("content-type", "text/plain");
    }
    let name = http::StatusCode::from_u16(status).ok().and_then(|status| status.canonical_reason()).unwrap_or("Error");
    Reply::json(status, &json!({"statusCode": status, "error": name, "message": message}))
}

fn redirect(book: &Book, request: &Request) -> Option<Reply> {
    let target = match (book.switches.slash, request.path.as_str()) {
        (Slash::With, "/api/orders") => "/api/orders/",
        (Slash::Without, "/api/orders/") => "/api/orders",
        (Slash::Either | Slash::With | Slash::Without, _) => return None,
    };
    let query = if request.query.is_empty() { String::new() } else { format!("?{}", request.query) };
    let empty = Reply::empty(book.switches.slash_redirect_status);
    Some(empty.with("location", format!("{target}{query}")))
}

fn create(book: &mut Book, request: &Request, now: i64) -> Reply {
    let content = match read_create(book, request) {
        Ok(content) => content,
        Err(reply) => return *reply,
    };
    if book.switches.balance_too_low {
        return refusal(book, 400, "Balance is too low");
    }
    let mut order = Foxreload.new_order(book, content, None, now);
    order.by_stranger = book.by_stranger;
    order.listed_from = now + i64::from(book.switches.list_lag_ms);
    let body = row(book, &order, now);
    book.create(order, None);
    Reply::json(201, &body)
}

fn read_create(book: &Book, request: &Request) -> Result<Map<String, Value>, Box<Reply>> {
    let bad = |message: String| Box::new(refusal(book, 400, &message));
    let body = request.object().ok_or_else(|| bad("body must be a JSON object".into()))?;
    let items = body.get("items").and_then(Value::as_array).ok_or_else(|| bad("items must be an array".into()))?;
    if items.is_empty() || items.len() > 10 {
        return Err(bad("items must contain 1 to 10 elements".into()));
    }
    for (index, item) in items.iter().enumerate() {
        let id = item["itemId"].as_str().unwrap_or_default();
        if id.len() <= "product_".len() || !id.starts_with("product_") {
            return Err(bad(format!("items.{index}.itemId is not a known product")));
        }
        if !item["quantity"].as_u64().is_some_and(|quantity| (1..=1000).contains(&quantity)) {
            return Err(bad(format!("items.{index}.quantity must be a whole number from 1 to 1000")));
        }
        if item.get("note").is_some_and(|note| !note.is_object()) {
            return Err(bad(format!("items.{index}.note must be an object")));
        }
    }
    if body.get("totalPrice").is_some_and(|price| !price.is_number()) {
        return Err(bad("totalPrice must be a number".into()));
    }
    if body.get("isMock").is_some_and(|mock| !mock.is_boolean()) {
        return Err(bad("isMock must be true or false".into()));
    }
    // Only what is documented is kept: nothing else can carry a mark of whose order it is.
    Ok(["items", "isMock", "totalPrice"]
        .iter()
        .filter_map(|name| Some(((*name).to_owned(), body.get(*name)?.clone())))
        .collect())
}

fn pay(book: &mut Book, id: &str, now: i64) -> Reply {
    let Some(order) = book.order(id) else { return refusal(book, 404, "Order not found") };
    if book.standing(order, now).status != "active" {
        return refusal(book, 400, "Order is not active");
    }
    book.set_status(id, "paid", now, None);
    book.order(id)
        .map_or_else(|| refusal(book, 404, "Order not found"), |order| Reply::json(200, &row(book, order, now)))
}

fn list(book: &Book, request: &Request, now: i64) -> Reply {
    let switches = &book.switches;
    let statuses = request.param("statuses").filter(|names| !names.is_empty() && !switches.filter_ignored);
    let (most, usual) = (switches.list_max.max(1) as usize, switches.page_default as usize);
    let asked = request.number("limit", usual);
    let limit = if asked > most && switches.large_limit_ignored { usual } else { asked }.clamp(1, most);
    let page = if switches.paging_works { request.number("page", 1) } else { 1 };
    let shown = |order: &&Order| {
        let status = || book.standing(order, now).status;
        let hidden = switches.mocks_unlisted && order.content.get("isMock").is_some_and(|mock| *mock == json!(true));
        let asked = match &statuses {
            Some(names) => names.split(',').any(|name| name.trim() == status()),
            None => !(switches.lookup_hides_ended && book.standing(order, now).ended),
        };
        now >= order.listed_from && book.keeps(order, now) && !hidden && asked
    };
    let mut found: Vec<&Order> = book.orders().iter().filter(shown).collect();
    if switches.list_unsorted {
        found.sort_by_key(|order| hash(&["place", &order.id]));
    }
    if !switches.oldest_first {
        found.reverse();
    }
    let rows = found.into_iter().skip(page.saturating_sub(1).saturating_mul(limit)).take(limit);
    let rows: Vec<Value> = rows.map(|order| row(book, order, now)).collect();
    match book.switches.list_shape {
        ListShape::Array => Reply::json(200, &Value::Array(rows)),
        ListShape::Orders => Reply::json(200, &json!({"orders": rows})),
    }
}

/// The order object: no reference, no key, and a note only by the switch.
fn row(book: &Book, order: &Order, now: i64) -> Value {
    let standing = book.standing(order, now);
    let items = order.content.get("items").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let cents: u64 = items.iter().map(cents).sum();
    let shown: Vec<Value> = items
        .iter()
        .enumerate()
        .map(|(index, item)| {
            let codes = (standing.status == "completed").then(|| codes(order, index, item));
            let error = (standing.status == "failed").then_some("supplier refused");
            let mut shown =
                json!({"product": {"id": item["itemId"]}, "quantity": item["quantity"], "externalData": codes, "error": error});
            if book.switches.note_echoed {
                shown["note"] = item["note"].clone();
            }
            shown
        })
        .collect();
    #[expect(clippy::cast_precision_loss, reason = "prices are small")]
    let current = cents as f64 / 100.0;
    let agreed = order.content.get("totalPrice").and_then(Value::as_f64).filter(|_| !book.switches.price_drifts);
    json!({
        "id": order.id,
        "status": standing.status,
        "cancelReason": standing.reason,
        "createdAt": iso(order.created_at),
        "paymentExpiresAt": iso(order.created_at + i64::from(book.switches.payment_life_ms)),
        "totalPrice": agreed.unwrap_or(current),
        "items": shown,
    })
}

fn codes(order: &Order, index: usize, item: &Value) -> Vec<String> {
    let count = item["quantity"].as_u64().unwrap_or(1);
    let code = |number: u64| digest(&[&order.id, &index.to_string(), &number.to_string()]);
    (0..count).map(|number| code(number)[..16].to_uppercase()).collect()
}

/// A product's price follows from its id, so that it is the same everywhere.
fn cents(item: &Value) -> u64 {
    let id = item["itemId"].as_str().unwrap_or_default();
    let unit = 199 + u64::from(hash(&["price", id])[0]) * 20;
    unit * item["quantity"].as_u64().unwrap_or(1)
}

/// Those of a category, or with a text in the name; each with a price and a stock. The pages show neither the search's
/// parameter nor a product's members beside its id.
fn products(category: &Option<String>, search: &Option<String>) -> Value {
    let all = [
        ("product_01steam10", "Steam wallet 10 USD", "steam"),
        ("product_01steam20", "Steam wallet 20 USD", "steam"),
        ("product_01pubg600", "PUBG Mobile 600 UC", "mobile"),
        ("product_01ff1080", "Free Fire 1080 diamonds", "mobile"),
        ("product_01mlbb500", "Mobile Legends 500 diamonds", "mobile"),
    ];
    let search = search.as_deref().unwrap_or_default().to_lowercase();
    all.iter()
        .filter(|(_, _, group)| category.as_deref().is_none_or(|wanted| wanted == *group))
        .filter(|(_, name, _)| name.to_lowercase().contains(&search))
        .map(|(id, name, group)| {
            #[expect(clippy::cast_precision_loss, reason = "prices are small")]
            let price = cents(&json!({"itemId": id, "quantity": 1})) as f64 / 100.0;
            let stock = hash(&["stock", id])[0];
            json!({"id": id, "name": name, "price": price, "currency": "USD", "stock": stock, "category": group})
        })
        .collect()
}

fn uuid_shaped(hash: &[u8; 32]) -> String {
    let hex: String = hash.iter().take(16).map(|byte| format!("{byte:02x}")).collect();
    format!("{}-{}-4{}-a{}-{}", &hex[..8], &hex[8..12], &hex[13..16], &hex[17..20], &hex[20..32])
}
