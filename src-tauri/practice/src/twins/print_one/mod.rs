//! Print.one: a key that lives 24 hours and replays whatever came first, failures included, but not its body.
//!
//! From the seed contract: `Idempotency-Key`, what is stored under it and for how long. From the vendor's pages and
//! SDK: the order, its filters, templates, cancel, the rate limit. Assumed, each a switch: the status of a conflict,
//! what is stored besides successes and failures, how bodies are compared, whether a key is the API key's or the
//! company's, what happens to a key that is too long or still being worked on, filters nobody knows, the shape of errors,
//! what a balance that is too low is answered.

mod listing;
mod orders;
mod templates;

use serde_json::{Map, Value, json};

use crate::{
    Switches,
    book::{Book, Merchant},
    order::{Order, Standing, digest},
    switches::{ErrorShape, ReplayBody},
    twin::{Minted, Trouble, Twin, api_key, short},
    wire::{Reply, Request, from_iso},
};

/// Print.one's twin.
#[derive(Debug)]
pub(crate) struct PrintOne;

impl Twin for PrintOne {
    fn has_path(&self, path: &str) -> bool {
        path.starts_with("/v2/")
    }

    fn create_path(&self, _merchant: &Merchant) -> String {
        "/v2/orders".into()
    }

    fn mint(&self, secret: &dyn Fn(&str) -> String) -> Minted {
        // The pages name no prefix for TEST and LIVE keys.
        (format!("comp_{}", short(secret("merchant"))), api_key(secret("key")))
    }

    fn first_switches(&self, switches: &mut Switches) {
        switches.stage_ms = 10_000;
        switches.rate_limit_per_minute = 60;
        switches.rate_window_ms = 30_000;
        switches.retry_after_shown = false;
        switches.stored_failures = true;
        switches.replay_body = ReplayBody::Empty;
        switches.list_max = 200;
    }

    fn knows(&self, book: &Book, request: &Request, _now: i64) -> bool {
        request.header("x-api-key") == Some(book.merchant.secret("api_key")) || orders::by_second_key(book, request)
    }

    fn refuse(&self, book: &Book, _request: &Request, trouble: Trouble) -> Reply {
        match trouble {
            Trouble::Unauthorised => refusal(book, 401, "The API key is missing or wrong."),
            Trouble::Inactive => refusal(book, 403, "The company is not active."),
            Trouble::TooMany => refusal(book, 429, "Too many requests."),
            Trouble::Broken => refusal(book, 500, "Something went wrong on our side."),
        }
    }

    fn answer(&self, book: &mut Book, request: &Request, now: i64) -> Reply {
        let parts: Vec<&str> = request.path.trim_matches('/').split('/').skip(1).collect();
        match (request.method.as_str(), parts.as_slice()) {
            ("POST", ["orders"]) => orders::create(book, request, now),
            ("GET", ["orders"]) => listing::orders(book, request, now),
            ("GET", ["orders", id]) => orders::get(book, id, now),
            ("POST", ["orders", id, "cancel"]) => orders::cancel(book, id, now),
            ("GET", ["storage", "order", "preview", id]) => orders::preview(book, id, now),
            ("GET", ["templates"]) => listing::templates(book, request),
            ("GET", ["templates", id]) => templates::get(book, id, None),
            ("GET", ["templates", id, version]) => templates::get(book, id, Some(version)),
            ("GET", ["companies", "me"]) => company(book),
            _ => refusal(book, 404, "Not found"),
        }
    }

    fn stored_key(&self, book: &Book, request: &Request) -> Option<String> {
        orders::key(book, request).ok().flatten().map(|key| orders::stored_under(book, request, &key))
    }

    /// An order for later waits as `order_scheduled` until its `sendDate`.
    fn standing(&self, order: &Order, switches: &Switches, now: i64) -> Standing {
        let (stage, ended) = (switches.stage_ms, ["order_pdf_delivered", "order_cancelled", "order_failed"]);
        let send = from_iso(order.text("sendDate")).filter(|send| *send > order.created_at);
        let Some(send) = send else {
            let course = ["order_created", "order_pdf_created", "order_pdf_queued", "order_pdf_delivered"];
            return order.stands(order.walk(&course, stage, now), &ended);
        };
        let behind_the_wait = ["order_pdf_queued", "order_pdf_delivered"];
        let (status, since) = order.walk(&["order_created", "order_pdf_created", "order_scheduled"], stage, now);
        let reached = if status == "order_scheduled" && now >= send {
            let from = send.max(since);
            Order { status: behind_the_wait[0].into(), status_at: from, ..order.clone() }.walk(
                &behind_the_wait,
                stage,
                now,
            )
        } else if behind_the_wait.contains(&status.as_str()) {
            order.walk(&behind_the_wait, stage, now)
        } else {
            (status, since)
        };
        order.stands(reached, &ended)
    }

    fn summary(&self, content: &Map<String, Value>) -> String {
        let text = |value: Option<&Value>| value.and_then(Value::as_str).unwrap_or_default().to_owned();
        let to = |name: &str| text(content.get("recipient").and_then(|recipient| recipient.get(name)));
        format!("{} to {}, {}", text(content.get("templateId")), to("name"), to("city"))
    }

    fn new_order(&self, book: &Book, content: Map<String, Value>, reference: Option<String>, now: i64) -> Order {
        let number = book.orders().len().to_string();
        let id = format!("ord_{}", &digest(&[&book.merchant.merchant_id, "order", &number])[..20]);
        let live = book.switches.wrong_environment;
        Order { reference, live, ..Order::new(id, content, "order_created", now) }
    }

    fn identity(&self, request: &Request) -> String {
        let mut body = request.object().unwrap_or_default();
        body.remove("billingId");
        digest(&["print-one", &Value::Object(body).to_string()])
    }
}

/// An error, in the shape that the switch says.
fn refusal(book: &Book, status: u16, message: &str) -> Reply {
    let name = http::StatusCode::from_u16(status).ok().and_then(|status| status.canonical_reason()).unwrap_or("Error");
    let body = match book.switches.error_shape {
        ErrorShape::Messages => json!({"statusCode": status, "message": [message], "error": name}),
        ErrorShape::Message => json!({"statusCode": status, "message": message}),
        ErrorShape::Errors => json!({"errors": [{"message": message}]}),
    };
    Reply::json(status, &body)
}

fn company(book: &Book) -> Reply {
    let body = json!({
        "id": book.merchant.merchant_id, "companyName": "Wick & Co", "firstName": "Wanda", "lastName": "Wick",
        "email": "wanda@wick.example", "country": "NL", "city": "Amsterdam",
        "canBeBilled": book.switches.wrong_environment,
    });
    Reply::json(200, &body)
}
