//! DoorDash Drive: the reference is the id, and no two deliveries of a developer ever have the same one.
//!
//! From the vendor's pages: the signed token, paths, fields, the codes with their reasons, quotes of five minutes that
//! occupy their id, statuses. Not documented, each a switch: whether a repeat may be answered with the existing
//! delivery, whether an open or an expired quote is in the way of a create, whether an id becomes free again, for how
//! long a new delivery cannot be read, how long an id may be. There is no list.

mod checks;
mod deliveries;
mod jwt;

use std::collections::BTreeMap;

use base64::Engine as _;
use serde_json::{Map, Value, json};

use crate::{
    Switches,
    book::{Book, Merchant},
    order::{Order, Standing, digest},
    twin::{Minted, Trouble, Twin, short},
    wire::{Reply, Request},
};

/// DoorDash Drive's twin.
#[derive(Debug)]
pub(crate) struct Doordash;

/// The way of a delivery; a return leg only by hand.
const COURSE: [&str; 8] = [
    "created",
    "confirmed",
    "enroute_to_pickup",
    "arrived_at_pickup",
    "picked_up",
    "enroute_to_dropoff",
    "arrived_at_dropoff",
    "delivered",
];

impl Twin for Doordash {
    fn has_path(&self, path: &str) -> bool {
        path.starts_with("/drive/v2/")
    }

    fn create_path(&self, _merchant: &Merchant) -> String {
        "/drive/v2/deliveries".into()
    }

    fn mint(&self, secret: &dyn Fn(&str) -> String) -> Minted {
        let developer = format!("dev_{}", short(secret("merchant")));
        let signing = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(secret("secret"));
        let secrets = BTreeMap::from([
            ("developer_id".to_owned(), developer.clone()),
            ("key_id".to_owned(), secret("key")),
            ("signing_secret".to_owned(), signing),
        ]);
        (developer, secrets)
    }

    fn first_switches(&self, switches: &mut Switches) {
        switches.stage_ms = 60_000;
        switches.rate_limit_per_minute = 300;
        switches.retry_after_shown = false;
        // Ids are spent for ever.
        switches.delivered_frees_reference = false;
        switches.canceled_frees_reference = false;
    }

    fn knows(&self, book: &Book, request: &Request, now: i64) -> bool {
        let token = request.header("authorization").and_then(|value| value.strip_prefix("Bearer "));
        token.is_some_and(|token| jwt::is_good(&book.merchant, token, now))
    }

    fn refuse(&self, book: &Book, _request: &Request, trouble: Trouble) -> Reply {
        match trouble {
            Trouble::Unauthorised => refusal(401, "authentication_error", "The token is missing or not valid."),
            Trouble::Inactive => refusal(403, "authorization_error", "The credentials do not allow this."),
            // The pages show no body for this one.
            Trouble::TooMany if book.switches.limit_without_body => Reply::empty(429),
            Trouble::TooMany => Reply::json(429, &json!({"message": "Too many requests."})),
            Trouble::Broken => refusal(500, "service_fault", "Something went wrong on our side."),
        }
    }

    fn named_refusals(&self) -> &'static [&'static str] {
        checks::NAMED
    }

    fn answer(&self, book: &mut Book, request: &Request, now: i64) -> Reply {
        let parts: Vec<String> = request.path.trim_matches('/').split('/').skip(2).map(unescaped).collect();
        let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
        match (request.method.as_str(), parts.as_slice()) {
            ("POST", ["quotes"]) => deliveries::quote(book, request, now),
            ("POST", ["quotes", id, "accept"]) => deliveries::accept(book, id, request, now),
            ("POST", ["deliveries"]) => deliveries::create(book, request, now),
            ("GET", ["deliveries", id]) => deliveries::get(book, id, now),
            ("PUT", ["deliveries", id, "cancel"]) => deliveries::cancel(book, id, now),
            ("POST", ["serviceability"]) => {
                Reply::json(200, &json!({"is_serviceable": true, "reasons_not_serviceable": []}))
            }
            _ => refusal(404, "not_found", "No such route."),
        }
    }

    /// A test delivery that has not ended in time is cancelled.
    fn standing(&self, order: &Order, switches: &Switches, now: i64) -> Standing {
        let ended = ["delivered", "returned", "cancelled"];
        let reached = order.stands(order.walk(&COURSE, switches.stage_ms, now), &ended);
        let last = order.created_at + i64::from(switches.auto_cancel_ms);
        let runs_on = !reached.ended || reached.since > last;
        if switches.auto_cancel_ms == 0 || now < last || order.status_at > last || !runs_on {
            return reached;
        }
        let reason = Some("failed_to_assign_and_refunded".into());
        Standing { status: "cancelled".into(), since: last, ended: true, reason }
    }

    fn summary(&self, content: &Map<String, Value>) -> String {
        let text = |name: &str| content.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        format!("from {} to {}", text("pickup_address"), text("dropoff_address"))
    }

    /// Where the id is spent already, in the other environment or by an order that gave it free, the ground truth
    /// counts on: `SO-1#2`. No client can use such an id.
    fn new_order(&self, book: &Book, content: Map<String, Value>, reference: Option<String>, now: i64) -> Order {
        let number = book.orders().len() + 1;
        let reference = reference.unwrap_or_else(|| format!("stranger-{number}"));
        let id = if book.order(&reference).is_none() { reference.clone() } else { format!("{reference}#{number}") };
        let live = book.switches.wrong_environment;
        Order { reference: Some(reference), live, ..Order::new(id, content, COURSE[0], now) }
    }

    fn identity(&self, request: &Request) -> String {
        let mut body = request.object().unwrap_or_default();
        body.remove("external_delivery_id");
        digest(&["doordash", &Value::Object(body).to_string()])
    }
}

/// The error object.
fn refusal(status: u16, code: &str, message: &str) -> Reply {
    Reply::json(status, &json!({"code": code, "message": message}))
}

/// The error object of a refusal that is about one id.
fn refusal_of(status: u16, code: &str, id: &str) -> Reply {
    let message = "The request cannot be carried out for this id.";
    Reply::json(status, &json!({"code": code, "message": message, "external_delivery_id": id}))
}

/// One part of a path. Ids hold unreserved characters only, but a client may escape even those.
fn unescaped(part: &str) -> String {
    let plain = part.replace('+', "%2B");
    form_urlencoded::parse(plain.as_bytes()).next().map(|(name, _)| name.into_owned()).unwrap_or_default()
}
