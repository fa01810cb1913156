//! Uber Direct: access tokens, a key that lives 60 minutes, and a pair of references that has to be unique.
//!
//! From the vendor's pages and SDK: the token endpoint, paths, fields, the codes, quotes of 15 minutes for one use,
//! cancel, the robot courier, the list with its two spellings of the offset. Not documented, each a switch: what a
//! repeated key is answered, what becomes of another body, for how long and whether at all the pair is held, whether
//! a delivery that has ended frees its key, the order of the list.

mod checks;
mod deliveries;
mod listing;
mod tokens;

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::{
    Switches,
    book::{Book, Merchant},
    order::{Order, Standing, digest},
    twin::{Minted, Trouble, Twin, short},
    wire::{Reply, Request},
};

/// Uber Direct's twin.
#[derive(Debug)]
pub(crate) struct UberDirect;

/// The walk of a robot courier: status and seconds after the create (vendor's page on robot couriers).
const ROBOT: [(&str, i64); 4] = [("pickup", 0), ("pickup_complete", 90), ("dropoff", 120), ("delivered", 150)];

impl Twin for UberDirect {
    fn has_path(&self, path: &str) -> bool {
        path.starts_with("/v1/customers/") || path == tokens::PATH
    }

    fn create_path(&self, merchant: &Merchant) -> String {
        format!("/v1/customers/{}/deliveries", merchant.secret("customer_id"))
    }

    fn mint(&self, secret: &dyn Fn(&str) -> String) -> Minted {
        let customer = format!("cus_{}", short(secret("merchant")));
        let secrets = BTreeMap::from([
            ("client_id".to_owned(), secret("client")),
            ("client_secret".to_owned(), secret("secret")),
            ("customer_id".to_owned(), customer.clone()),
        ]);
        (customer, secrets)
    }

    fn secrets(&self, merchant: &Merchant, base_url: &str) -> Map<String, Value> {
        let mut secrets: Map<String, Value> =
            merchant.secrets.iter().map(|(name, value)| (name.clone(), Value::String(value.clone()))).collect();
        secrets.insert("token_url".into(), Value::String(format!("{base_url}{}", tokens::PATH)));
        secrets
    }

    fn first_switches(&self, switches: &mut Switches) {
        // A delivery must not end within ten minutes: its pair of references may be free again.
        switches.stage_ms = 180_000;
        switches.key_lifetime_ms = 3_600_000;
        switches.quote_life_ms = 15 * 60_000;
        switches.rate_limit_per_minute = 200;
        switches.rate_window_ms = 10 * 60_000;
        switches.retry_after_shown = false;
    }

    fn knows(&self, book: &Book, request: &Request, now: i64) -> bool {
        if request.path == tokens::PATH { tokens::knows(book, request) } else { tokens::is_good(book, request, now) }
    }

    fn refuse(&self, _book: &Book, request: &Request, trouble: Trouble) -> Reply {
        match trouble {
            Trouble::Unauthorised if request.path == tokens::PATH => tokens::refusal("invalid_client"),
            // The vendor's samples of 401 and 500 have no `kind`.
            Trouble::Unauthorised => Reply::json(
                401,
                &json!({"code": "unauthorized", "message": "The access token is not valid.", "metadata": {}}),
            ),
            Trouble::Inactive => refusal(403, "customer_blocked", "Your account is not allowed to make deliveries."),
            Trouble::TooMany => refusal(429, "customer_limited", "Your account's limits have been exceeded."),
            Trouble::Broken => {
                let message = "Something went wrong on our side.";
                Reply::json(500, &json!({"code": "internal_server_error", "message": message, "metadata": {}}))
            }
        }
    }

    fn named_refusals(&self) -> &'static [&'static str] {
        checks::NAMED
    }

    fn timed_out(&self, book: &Book) -> Reply {
        let status = if book.switches.timeout_as_400 { 400 } else { 408 };
        refusal(status, "request_timeout", "The request timed out.")
    }

    fn answer(&self, book: &mut Book, request: &Request, now: i64) -> Reply {
        if request.path == tokens::PATH {
            return tokens::issue(book, request, now);
        }
        let parts: Vec<&str> = request.path.trim_matches('/').split('/').skip(2).collect();
        let [customer, rest @ ..] = parts.as_slice() else { return refusal(404, "not_found", "No such route.") };
        if *customer != book.merchant.secret("customer_id") {
            return refusal(404, "customer_not_found", "The customer does not exist.");
        }
        match (request.method.as_str(), rest) {
            ("POST", ["delivery_quotes"]) => deliveries::quote(book, request, now),
            ("POST", ["deliveries"]) => deliveries::create(book, request, now),
            ("GET", ["deliveries"]) => listing::deliveries(book, request, now),
            ("GET", ["deliveries", id]) => deliveries::get(book, id, now),
            ("POST", ["deliveries", id, "cancel"]) => deliveries::cancel(book, id, now),
            _ => refusal(404, "not_found", "No such route."),
        }
    }

    fn stored_key(&self, book: &Book, request: &Request) -> Option<String> {
        checks::text(&request.object()?, "idempotency_key").map(|key| book.in_environment(&key))
    }

    fn standing(&self, order: &Order, switches: &Switches, now: i64) -> Standing {
        let ended = ["delivered", "canceled", "returned"];
        if !has_robot(order) {
            let course = ["pending", "pickup", "pickup_complete", "dropoff", "delivered"];
            return order.stands(order.walk(&course, switches.stage_ms, now), &ended);
        }
        let reached = match robot_seconds(order, now) {
            Some(seconds) => {
                let (status, at) = ROBOT.into_iter().rev().find(|(_, at)| seconds >= *at).unwrap_or(ROBOT[0]);
                (status.to_owned(), robot_start(order).unwrap_or_default() + at * 1000)
            }
            None => (order.status.clone(), order.status_at),
        };
        order.stands(reached, &ended)
    }

    fn summary(&self, content: &Map<String, Value>) -> String {
        let text = |name: &str| content.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        let items = content.get("manifest_items").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        let item = |item: &Value| format!("{} x {}", item["quantity"], item["name"].as_str().unwrap_or_default());
        let items = items.iter().map(item).collect::<Vec<_>>().join(", ");
        format!("{items} to {}, {}", text("dropoff_name"), text("dropoff_address"))
    }

    fn new_order(&self, book: &Book, content: Map<String, Value>, reference: Option<String>, now: i64) -> Order {
        let number = book.orders().len().to_string();
        let id = format!("del_{}", &digest(&[&book.merchant.merchant_id, "delivery", &number])[..20]);
        let live = book.switches.wrong_environment;
        Order { reference, live, ..Order::new(id, content, "pending", now) }
    }

    fn identity(&self, request: &Request) -> String {
        let mut body = request.object().unwrap_or_default();
        let marks = ["external_id", "manifest_reference", "idempotency_key", "quote_id"];
        body.retain(|name, _| !marks.contains(&name.as_str()));
        digest(&["uber-direct", &Value::Object(body).to_string()])
    }

    /// The customer's id differs from file to file.
    fn route(&self, request: &Request) -> String {
        let route = request.path.split('/').enumerate().filter(|(at, _)| *at != 3).take(4).map(|(_, part)| part);
        format!("{} {}", request.method, route.collect::<Vec<_>>().join("/"))
    }
}

/// The error object.
fn refusal(status: u16, code: &str, message: &str) -> Reply {
    Reply::json(status, &json!({"code": code, "message": message, "kind": "error", "metadata": {}}))
}

fn has_robot(order: &Order) -> bool {
    let wanted = order.content.get("test_specifications").and_then(|wanted| wanted.get("robo_courier_specification"));
    wanted.is_some_and(|robot| robot["mode"] == "auto")
}

/// When the robot courier set off; nothing when it does not walk from where the order stands.
fn robot_start(order: &Order) -> Option<i64> {
    if order.status == "pending" {
        return Some(order.status_at);
    }
    let (_, at) = ROBOT.into_iter().find(|(status, _)| *status == order.status)?;
    Some(order.status_at - at * 1000)
}

/// For how many seconds the robot courier has been walking.
fn robot_seconds(order: &Order, now: i64) -> Option<i64> {
    robot_start(order).map(|start| (now - start).max(0) / 1000)
}

/// Whether the courier is about to arrive; only a robot says so.
fn is_imminent(order: &Order, now: i64) -> bool {
    has_robot(order) && robot_seconds(order, now).is_some_and(|at| (60..90).contains(&at) || (120..150).contains(&at))
}
