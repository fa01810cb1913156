//! Uber Direct's delivery API: contract, form and checks. Requests and answers are in `wire`, the list in `list`.
//!
//! Facts are from developer.uber.com's pages on deliveries and the description in Uber's own SDK. Not documented: how a
//! known key is answered (200 or 409, both are read), what else is answered 409, and the order of the list.

mod form;
mod list;
#[cfg(test)]
mod tests;
mod wire;

use std::collections::BTreeMap;

use super::reading::parties;
use super::{Adapter, Auth, BuildError, LookupBy, Sent, Sentence, TokenEndpoint, Words, courier, promise};
use crate::domain::ask::QuoteReply;
use crate::domain::http::{HttpRequest, HttpResponse};
use crate::domain::order::{Field, Summary};
use crate::domain::remote::{CancelReply, CreateReply, GetReply, Page};
use crate::domain::{
    DedupContract, Fence, FieldError, Fingerprint, IdempotencyKey, Lookup, OrderPayload, Platform, Reference, RemoteId,
    StoredOutcomes, Timings,
};

/// The adapter.
#[derive(Clone, Copy, Debug)]
pub struct UberDirect;

/// Older pages name `login.uber.com`; an account that needs it says so in its `token_url`.
static TOKENS: TokenEndpoint = TokenEndpoint {
    host: "https://auth.uber.com",
    path: "/oauth/v2/token",
    base_url: "https://api.uber.com",
    scope: "eats.deliveries",
};

impl Adapter for UberDirect {
    fn platform(&self) -> Platform {
        Platform::UberDirect
    }

    /// Keys live 60 minutes by default, say the current pages; older ones say six hours. Whether failures are stored
    /// under them is not documented. The rule that the pair of `external_id` and `manifest_reference` is unique has no
    /// documented end, and is not leaned on.
    fn contract(&self) -> DedupContract {
        DedupContract {
            fence: Fence::Key { lifetime_s: 3_600, margin_s: 600, stored: StoredOutcomes::FailuresToo },
            lookup: Lookup::ScanForReference,
            shown_s: None,
            timings: Timings {
                timeout_ms: 30_000,
                connect_timeout_ms: 10_000,
                send_before_ms: 10_000,
                settle_ms: 90_000,
                lookup_interval_ms: 2_000,
                lookup_interval_max_ms: 300_000,
                proof_lookups: 2,
                max_in_flight: 4,
                requests_per_minute: 60,
                patience_s: 1_800,
            },
        }
    }

    fn auth(&self) -> Auth {
        Auth::ClientCredentials(&TOKENS)
    }

    fn secret_names(&self) -> &'static [&'static str] {
        &["client_id", "client_secret", "customer_id"]
    }

    fn optional_secret_names(&self) -> &'static [&'static str] {
        &["token_url"]
    }

    fn merchant_member(&self) -> Option<&'static str> {
        Some("customer_id")
    }

    /// One host; the credentials decide the mode.
    fn base_url(&self, _test: bool) -> &'static str {
        TOKENS.base_url
    }

    /// Nothing in the credentials tells their mode: deliveries do, with `live_mode`.
    fn check_secrets(&self, secrets: &BTreeMap<String, String>, _test: bool) -> Result<(), String> {
        let member = |name: &str| secrets.get(name).map(String::as_str).unwrap_or_default();
        for name in self.secret_names() {
            if member(name).is_empty() {
                return Err(format!("{name} is missing; it stands in Uber Direct's dashboard under Developer"));
            }
            if !member(name).chars().all(|c| c.is_ascii_graphic()) {
                return Err(format!("{name} holds a blank or a character that none has; copy it again"));
            }
        }
        if !member("customer_id").bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_')) {
            return Err("customer_id is a UUID or begins with cus_; copy it again".into());
        }
        match secrets.get("token_url") {
            Some(url) if !safe_url(url) => {
                Err("token_url must be an https address, or one of this machine; leave it out to use Uber's own".into())
            }
            Some(_) | None => Ok(()),
        }
    }

    fn form(&self) -> &'static [Field] {
        &form::FORM
    }

    fn check(&self, values: &BTreeMap<String, String>) -> Result<OrderPayload, Vec<FieldError>> {
        form::check(values)
    }

    fn summary(&self, order: &OrderPayload) -> Summary {
        let items = form::items(order.get("items")).unwrap_or_default();
        let first = items.first().map(|item| format!("{} x {}", item.quantity, item.name)).unwrap_or_default();
        let more = match items.len() {
            0 | 1 => String::new(),
            n => format!(" and {} more", n - 1),
        };
        Summary {
            recipient: order.get("dropoff_name").to_owned(),
            what: format!("{first}{more} to {}", order.get("dropoff_address")),
        }
    }

    fn fingerprint(&self, order: &OrderPayload) -> Fingerprint {
        parties(order.get("pickup_phone_number"), order.get("dropoff_phone_number"), order.get("dropoff_name"))
    }

    /// The credentials decide the mode. The test courier that walks a delivery through its states is not asked for.
    fn create_request(
        &self,
        order: &OrderPayload,
        reference: &Reference,
        key: Option<&IdempotencyKey>,
        _test: bool,
    ) -> Result<HttpRequest, BuildError> {
        wire::create_request(order, reference, key)
    }

    fn read_create(&self, sent: &Sent<'_>, answer: &HttpResponse) -> CreateReply {
        wire::read_create(sent, answer)
    }

    /// No filter by reference is documented: the list is read.
    fn lookup_request(&self, by: &LookupBy) -> Option<HttpRequest> {
        match by {
            LookupBy::Reference(_) => None,
            LookupBy::Newest => Some(list::first()),
        }
    }

    fn read_page(&self, _by: &LookupBy, request: &HttpRequest, answer: &HttpResponse) -> Page {
        list::read_page(request, answer)
    }

    fn get_request(&self, id: &RemoteId) -> Option<HttpRequest> {
        wire::get_request(id)
    }

    fn read_get(&self, answer: &HttpResponse) -> GetReply {
        wire::DIALECT.read_get(answer)
    }

    fn cancel_request(&self, id: &RemoteId) -> Option<HttpRequest> {
        wire::cancel_request(id)
    }

    fn read_cancel(&self, answer: &HttpResponse) -> CancelReply {
        wire::DIALECT.read_cancel(answer)
    }

    /// The platform makes the quote's id itself.
    fn quote_request(&self, order: &OrderPayload, _nonce: &str) -> Option<Result<HttpRequest, BuildError>> {
        Some(wire::quote_request(order))
    }

    fn read_quote(&self, answer: &HttpResponse) -> QuoteReply {
        wire::DIALECT.read_quote(answer)
    }

    fn words(&self) -> &'static Words {
        &courier::WORDS
    }

    /// Not documented. The conflict speaks of an active delivery, so a cancelled one may not stand in the way.
    fn cancel_frees_reference(&self) -> bool {
        true
    }

    fn cannot_know(&self) -> &'static [Sentence] {
        &[
            Sentence {
                id: "uber_direct_repeat_answer",
                english: "Whether a repeat with the same key is answered with the first order or with a conflict. Docket takes both.",
            },
            Sentence {
                id: "uber_direct_pair_rule",
                english: "How long the rule holds that reference and manifest reference are unique. Docket relies on the key, and only while it surely lives.",
            },
            Sentence {
                id: "uber_direct_list_order",
                english: "In which order the list comes, and how many rows a page may have. Docket reads to the end, or as far back as it can show to be enough.",
            },
            Sentence {
                id: "uber_direct_ended_key",
                english: "Whether a delivery that has ended gives its key free before the hour is over. Docket looks before it repeats; where the list hides that delivery, too, it could be ordered twice.",
            },
            promise::ENDED_SHOWN,
            promise::LIST_KEPT,
            Sentence {
                id: "uber_direct_live_limit",
                english: "How many requests a live account may make. Docket keeps below 60 a minute unless you set another limit.",
            },
        ]
    }
}

/// Whether a credential may be sent there: over TLS, or no further than this machine.
fn safe_url(url: &str) -> bool {
    let Some((scheme, rest)) = url.split_once("://") else { return false };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = match authority.strip_prefix('[') {
        Some(v6) => v6.split(']').next().unwrap_or_default(),
        None => authority.split(':').next().unwrap_or_default(),
    };
    let loopback = host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback());
    let plain = url.chars().all(|c| c.is_ascii_graphic()) && !authority.contains(['@', '\\']) && !host.is_empty();
    plain && (scheme == "https" || (scheme == "http" && loopback))
}
