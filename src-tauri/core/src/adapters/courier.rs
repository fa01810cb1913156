//! What Postmates' classic API and its successor Uber Direct have in common: error codes, what they mean, statuses, and
//! how the answers to a get, a cancel and a question for a price read.
//!
//! Not here: requests, envelopes, or what only one of the two says.

use serde_json::Value;

use super::Words;
use super::reading::{id, is_currency, retry_after_ms, text, time_ms};
use crate::domain::ask::{Quote, QuoteReply};
use crate::domain::http::HttpResponse;
use crate::domain::remote::{CancelReply, GetReply, RemoteOrder};
use crate::domain::{Money, RemoteId};

/// Codes given before anything is carried out, under a 4xx. What is not here settles nothing.
const REFUSED: [&str; 17] = [
    "invalid_params",
    "unknown_location",
    "address_undeliverable",
    "address_undeliverable_limited_couriers",
    "expired_quote",
    "mismatched_price_quote",
    "missing_payment",
    "not_allowed",
    "pickup_window_too_small",
    "pickup_ready_too_early",
    "pickup_ready_too_late",
    "pickup_deadline_too_early",
    "dropoff_deadline_too_early",
    "dropoff_deadline_before_pickup_deadline",
    "dropoff_ready_after_pickup_deadline",
    "quote_not_found",
    "delivery_limit_exceeded",
];

/// Codes that speak of the merchant and not of one order. Every order would be refused alike, so the account waits.
const ACCOUNT: [&str; 4] = ["customer_suspended", "customer_blocked", "account_suspended", "customer_not_found"];

/// Codes that ask to come back later, whatever 4xx they stand under.
const LIMITED: [&str; 2] = ["request_rate_limit_exceeded", "customer_limited"];

/// What an error in the platform's own envelope says of any request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Said {
    /// Not executed: the account is not let in.
    Account,
    /// Not executed: too many requests.
    Limited,
    /// Not executed: this order is not taken.
    Refused,
    /// Something with this order's reference or key exists.
    Duplicate,
    /// The quote was used up, by whichever create came first.
    QuoteUsed,
    /// Nothing follows.
    Nothing,
}

/// The class of a status and a code. A 408 and everything from 500 on may have been carried out, whatever the code.
pub(crate) fn said(status: u16, code: &str) -> Said {
    if !(400..500).contains(&status) || status == 408 {
        return Said::Nothing;
    }
    match code {
        _ if status == 429 => Said::Limited,
        // A conflict is a reason to look, whatever it is called.
        _ if status == 409 || code == "duplicate_delivery" => Said::Duplicate,
        _ if LIMITED.contains(&code) => Said::Limited,
        _ if matches!(status, 401 | 403) || ACCOUNT.contains(&code) => Said::Account,
        "used_quote" => Said::QuoteUsed,
        _ if REFUSED.contains(&code) => Said::Refused,
        _ => Said::Nothing,
    }
}

/// An error in the platform's own envelope.
pub(crate) struct Refusal {
    pub code: String,
    pub message: String,
    /// The delivery that it names.
    pub pointer: Option<RemoteId>,
}

/// What the two platforms' answers differ in.
pub(crate) struct Dialect {
    /// Whose envelope it is, for a person: `Uber's`.
    pub whose: &'static str,
    /// The codes of a 404 that mean that there is no such delivery.
    pub unknown: &'static [&'static str],
    /// The platform's envelope, if it is one.
    pub refusal: fn(&HttpResponse) -> Option<Refusal>,
    /// A delivery, if the body is one.
    pub delivery: fn(&Value) -> Option<RemoteOrder>,
}

impl Dialect {
    pub fn read_get(&self, answer: &HttpResponse) -> GetReply {
        let status = answer.status;
        match self.read(answer) {
            Read::Busy(retry_after_ms) => GetReply::Busy { retry_after_ms },
            Read::Done(body) => match (self.delivery)(&body) {
                Some(order) => GetReply::Shown(order),
                None => GetReply::Unclear { why: format!("http {status} without a delivery") },
            },
            Read::Refused(Refusal { code, .. }, _) if status == 404 && self.unknown.contains(&code.as_str()) => {
                GetReply::NotThere
            }
            Read::Refused(Refusal { code, .. }, Said::Account) => GetReply::Unauthorised { code },
            Read::Refused(refusal, _) => GetReply::Unclear { why: format!("http {status} {}", refusal.code) },
            Read::Foreign(why) => GetReply::Unclear { why },
        }
    }

    pub fn read_cancel(&self, answer: &HttpResponse) -> CancelReply {
        let status = answer.status;
        match self.read(answer) {
            Read::Busy(retry_after_ms) => CancelReply::Busy { retry_after_ms },
            Read::Done(body) => match (self.delivery)(&body).map(|order| (order.status.unwrap_or_default(), order.fee))
            {
                Some((word, fee)) if word == "canceled" => {
                    CancelReply::Cancelled { fee: fee.filter(|fee| fee.amount >= 0) }
                }
                Some((word, _)) => CancelReply::Unclear { why: format!("answered with the status {word}") },
                None => CancelReply::Unclear { why: format!("http {status} without a delivery") },
            },
            Read::Refused(Refusal { code, .. }, _) if status == 400 && code == "noncancelable_delivery" => {
                CancelReply::TooLate { code }
            }
            Read::Refused(Refusal { code, .. }, Said::Account) => CancelReply::Unauthorised { code },
            Read::Refused(refusal, _) => CancelReply::Unclear { why: format!("http {status} {}", refusal.code) },
            Read::Foreign(why) => CancelReply::Unclear { why },
        }
    }

    pub fn read_quote(&self, answer: &HttpResponse) -> QuoteReply {
        let status = answer.status;
        match self.read(answer) {
            Read::Busy(retry_after_ms) => QuoteReply::Busy { retry_after_ms },
            Read::Done(body) => match quote(&body) {
                Some(quote) => QuoteReply::Told(quote),
                None => QuoteReply::Unclear { why: format!("http {status} without a quote") },
            },
            Read::Refused(Refusal { code, .. }, Said::Account) => QuoteReply::Unauthorised { code },
            Read::Refused(Refusal { code, message, .. }, Said::Refused) => QuoteReply::Rejected { code, message },
            Read::Refused(refusal, _) => QuoteReply::Unclear { why: format!("http {status} {}", refusal.code) },
            Read::Foreign(why) => QuoteReply::Unclear { why },
        }
    }

    fn read(&self, answer: &HttpResponse) -> Read {
        let status = answer.status;
        if (200..300).contains(&status) {
            return Read::Done(answer.json().unwrap_or_default());
        }
        match (self.refusal)(answer) {
            _ if status == 429 => Read::Busy(retry_after_ms(answer)),
            Some(refusal) => match said(status, &refusal.code) {
                Said::Limited => Read::Busy(retry_after_ms(answer)),
                said => Read::Refused(refusal, said),
            },
            None => Read::Foreign(format!("http {status} without {} envelope", self.whose)),
        }
    }
}

/// An answer to a request that creates nothing, as far as every such answer is read alike.
enum Read {
    /// 2xx, with its body.
    Done(Value),
    /// Too many requests; when to come back, in milliseconds.
    Busy(Option<i64>),
    /// An error in the platform's envelope, and what it says of any request.
    Refused(Refusal, Said),
    /// Not the platform's envelope.
    Foreign(String),
}

/// What a status means, and whether the delivery has ended, and ended well.
pub(crate) fn ended(status: Option<&str>, complete: Option<bool>) -> (Option<bool>, Option<bool>) {
    match status {
        Some("delivered") => (Some(true), Some(true)),
        Some("canceled" | "returned") => (Some(true), Some(false)),
        Some("pending" | "pickup" | "pickup_complete" | "dropoff") => (Some(false), None),
        _ => (complete, None),
    }
}

/// A price, if the body is a quote with one.
fn quote(body: &Value) -> Option<Quote> {
    let is_quote = match text(body, "kind") {
        Some(kind) => kind == "delivery_quote",
        None => text(body, "id").is_some_and(|id| id.starts_with("dqt_")),
    };
    let fee = money(body).filter(|fee| is_quote && fee.amount >= 0)?;
    Some(Quote {
        id: id(body, "id"),
        fee,
        expires_ms: time_ms(body, "expires"),
        arrives_ms: time_ms(body, "dropoff_eta"),
        takes_min: body.get("duration").and_then(Value::as_i64).filter(|minutes| *minutes >= 0),
    })
}

/// What a delivery or a quote costs. Amounts are in cents; samples are in dollars where no currency is named.
pub(crate) fn money(body: &Value) -> Option<Money> {
    let currency = text(body, "currency").or_else(|| text(body, "currency_type")).unwrap_or("usd");
    let amount = body.get("fee").and_then(Value::as_i64).filter(|_| is_currency(currency))?;
    Some(Money { amount, currency: currency.to_ascii_uppercase() })
}

/// What the two platforms' words mean.
pub(crate) static WORDS: Words = Words { of: "courier", codes: &CODES, statuses: &STATUSES };

/// The documented codes, each in words a merchant understands, with the remedy.
pub(crate) static CODES: [(&str, &str); 36] = [
    ("invalid_params", "A value of the order was not accepted. Correct the field that is named and dispatch again."),
    (
        "unknown_location",
        "An address was not found. Write street, town, state and postcode in full and dispatch again.",
    ),
    (
        "address_undeliverable",
        "One of the addresses is outside the area served. Use another address or another platform.",
    ),
    (
        "address_undeliverable_limited_couriers",
        "Too few couriers serve this address at the moment. Dispatch again later, or use another platform.",
    ),
    ("expired_quote", "The price offer ran out before it was used. Dispatch again; a new price applies."),
    (
        "used_quote",
        "The price offer has been used already, most likely by this very order. Look the delivery up before anything else.",
    ),
    (
        "mismatched_price_quote",
        "The order differs from what the price was asked for. Dispatch again; a new price applies.",
    ),
    ("quote_not_found", "The price offer is not known. Dispatch again; a new price applies."),
    ("missing_payment", "The account has no way to pay. Enter a payment method at the platform and dispatch again."),
    ("not_allowed", "The account may not order this. Ask the platform to allow it, or change the order's options."),
    (
        "pickup_window_too_small",
        "The time for the pickup is too short. Leave at least 10 minutes between its beginning and its end.",
    ),
    ("pickup_ready_too_early", "The pickup begins in the past. Give a later time, or none, and dispatch again."),
    ("pickup_ready_too_late", "The pickup begins more than 30 days ahead. Give an earlier time and dispatch again."),
    (
        "pickup_deadline_too_early",
        "The pickup ends too soon. Let it end at least 20 minutes from now and dispatch again.",
    ),
    ("dropoff_deadline_too_early", "The delivery ends too soon. Give a later end and dispatch again."),
    (
        "dropoff_deadline_before_pickup_deadline",
        "The delivery ends before the pickup does. Give the delivery a later end and dispatch again.",
    ),
    (
        "dropoff_ready_after_pickup_deadline",
        "The delivery begins after the pickup has ended. Give the delivery an earlier beginning and dispatch again.",
    ),
    (
        "duplicate_delivery",
        "The platform has a delivery like this one already. Docket looks it up and compares; do not order it again.",
    ),
    (
        "noncancelable_delivery",
        "It is too late to cancel: the courier has the goods, or it has ended. Speak to the platform's support.",
    ),
    (
        "customer_suspended",
        "The platform has suspended the account. Settle it with the platform, then test the account to go on.",
    ),
    (
        "customer_blocked",
        "The platform has blocked the account. Settle it with the platform, then test the account to go on.",
    ),
    (
        "account_suspended",
        "The platform has suspended the account. Settle it with the platform, then test the account to go on.",
    ),
    (
        "customer_not_found",
        "The platform does not know this customer. Check the customer's id and give the credentials again.",
    ),
    ("customer_limited", "The account has reached its limit of requests. Docket comes back by itself; nothing to do."),
    ("request_rate_limit_exceeded", "Too many requests in a short time. Docket comes back by itself; nothing to do."),
    (
        "delivery_limit_exceeded",
        "The account has too many deliveries under way. Wait until one has ended and dispatch again.",
    ),
    ("delivery_not_found", "The platform does not know this delivery. Check that the account and its mode are right."),
    ("not_found", "The platform does not know what was asked for. Check the account's base URL and customer."),
    ("unauthorized", "The platform does not accept the credentials. Give them again with new ones from its dashboard."),
    ("forbidden", "The credentials may not do this. Ask the platform for the right, or give other credentials."),
    (
        "request_timeout",
        "The platform took too long and does not say whether it made the delivery. Docket finds out; do not order again.",
    ),
    (
        "couriers_busy",
        "All couriers are busy. Docket looks whether the delivery was made before it tries again; nothing to do.",
    ),
    ("robo_couriers_busy", "All of the test couriers are busy. Docket looks before it tries again; nothing to do."),
    (
        "service_unavailable",
        "The platform is down for the moment. Docket looks whether the delivery was made before it tries again.",
    ),
    (
        "unknown_error",
        "The platform failed and does not say whether it made the delivery. Docket finds out; do not order again.",
    ),
    (
        "internal_server_error",
        "The platform failed and does not say whether it made the delivery. Docket finds out; do not order again.",
    ),
];

/// The documented statuses.
pub(crate) static STATUSES: [(&str, &str); 7] = [
    ("pending", "Ordered; no courier has it yet."),
    ("pickup", "A courier is on the way to the pickup."),
    ("pickup_complete", "The courier has picked the goods up."),
    ("dropoff", "The courier is on the way to the recipient."),
    ("delivered", "Delivered."),
    ("canceled", "Cancelled; nothing will be delivered."),
    ("returned", "Not delivered; the goods go back to the pickup."),
];
