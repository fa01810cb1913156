//! Print.one, print and mail: contract and what the adapter declares. The form is in `form`, requests and answers in
//! `wire`, sentences for people in `words`.
//!
//! Facts are from Print.one's public pages on idempotency, keys, rate limits and status codes, and from its published
//! JavaScript client. Our reference travels as `billingId`, which the platform filters by and does not keep unique.
//! Not here: templates, batches and CSV orders, which a single order's dispatch does not need.

mod form;
mod templates;
#[cfg(test)]
mod tests;
mod wire;
mod words;

use std::collections::BTreeMap;

use super::{Adapter, Auth, BuildError, LookupBy, Polling, Sent, Sentence, Words, promise};
use crate::domain::ask::{Choice, ChoicesReply};
use crate::domain::http::{HttpRequest, HttpResponse};
use crate::domain::order::{Field, Summary};
use crate::domain::remote::{CancelReply, CreateReply, GetReply, Page};
use crate::domain::{
    DedupContract, Fence, FieldError, Fingerprint, IdempotencyKey, Lookup, OrderPayload, Platform, Reference, RemoteId,
    StoredOutcomes, Timings,
};

/// The adapter.
#[derive(Clone, Copy, Debug)]
pub struct PrintOne;

impl Adapter for PrintOne {
    fn platform(&self) -> Platform {
        Platform::PrintOne
    }

    /// Keys live 24 h, and failures are stored under them as well as successes. The list knows cancelled and sent orders.
    /// Printing takes days, so an order may stay in doubt for as long as its key lives.
    fn contract(&self) -> DedupContract {
        DedupContract {
            fence: Fence::Key { lifetime_s: 24 * 3600, margin_s: 3600, stored: StoredOutcomes::FailuresToo },
            lookup: Lookup::ByReference { sees_ended: false },
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
                requests_per_minute: 110,
                patience_s: 24 * 3600,
            },
        }
    }

    fn auth(&self) -> Auth {
        Auth::Header { name: "x-api-key", secret: "api_key" }
    }

    fn secret_names(&self) -> &'static [&'static str] {
        &["api_key"]
    }

    /// One host; the key decides the mode.
    fn base_url(&self, _test: bool) -> &'static str {
        "https://api.print.one"
    }

    /// Nothing documented in a key tells its mode; the orders do (`RemoteOrder::test`).
    fn check_secrets(&self, secrets: &BTreeMap<String, String>, _test: bool) -> Result<(), String> {
        super::values::api_key(secrets).map(|_| ())
    }

    fn form(&self) -> &'static [Field] {
        &form::FORM
    }

    fn check(&self, values: &BTreeMap<String, String>) -> Result<OrderPayload, Vec<FieldError>> {
        form::check(values)
    }

    fn summary(&self, order: &OrderPayload) -> Summary {
        Summary {
            recipient: order.get("recipient_name").to_owned(),
            what: format!(
                "{} to {}, {}",
                order.get("template_id"),
                order.get("recipient_city"),
                order.get("recipient_country")
            ),
        }
    }

    fn fingerprint(&self, order: &OrderPayload) -> Fingerprint {
        form::look(order.get("template_id"), order.get("finish"), order.get("recipient_postal_code"))
    }

    /// The key decides the mode; nothing in the body does.
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

    fn lookup_request(&self, by: &LookupBy) -> Option<HttpRequest> {
        wire::lookup_request(by, 1)
    }

    fn read_page(&self, by: &LookupBy, request: &HttpRequest, answer: &HttpResponse) -> Page {
        wire::read_page(by, request, answer)
    }

    fn get_request(&self, id: &RemoteId) -> Option<HttpRequest> {
        wire::get_request(id)
    }

    fn read_get(&self, answer: &HttpResponse) -> GetReply {
        wire::read_get(answer)
    }

    fn cancel_request(&self, id: &RemoteId) -> Option<HttpRequest> {
        wire::cancel_request(id)
    }

    fn read_cancel(&self, answer: &HttpResponse) -> CancelReply {
        wire::read_cancel(answer)
    }

    /// All templates, whatever is searched for: names are compared on our side.
    fn choices_request(&self, field: &str, _search: &str) -> Option<HttpRequest> {
        (field == templates::FIELD).then(|| templates::request(1))
    }

    fn read_choices(&self, _field: &str, answer: &HttpResponse) -> ChoicesReply {
        templates::read(answer)
    }

    fn lacks(&self, field: &str, choice: &Choice, values: &BTreeMap<String, String>) -> Vec<FieldError> {
        if field == templates::FIELD { templates::lacks(choice, values) } else { Vec::new() }
    }

    /// Mail takes days: after the first minutes nothing changes quickly. No advice is published.
    fn polling(&self) -> Polling {
        Polling { first_ms: 30_000, most_ms: 3_600_000 }
    }

    fn words(&self) -> &'static Words {
        &words::WORDS
    }

    /// The key, not the reference, is the fence, and inside its life a cancelled order's key still answers with that order.
    fn cancel_frees_reference(&self) -> bool {
        false
    }

    fn cannot_know(&self) -> &'static [Sentence] {
        &[
            Sentence {
                id: "print_one_other_content",
                english: "How an answer looks when a key was used with another content. Docket takes no error of a repeat for a refusal, and looks the order up.",
            },
            Sentence {
                id: "print_one_failed_made",
                english: "Whether a request that failed made an order all the same. Print.one keeps the failure under the key, so Docket looks, and asks a person before it tries another key.",
            },
            Sentence {
                id: "print_one_two_at_once",
                english: "Whether two requests with one key at the same moment make two orders. Docket never has two on their way.",
            },
            Sentence {
                id: "print_one_billing_unique",
                english: "Whether the billing id is unique at Print.one. If two orders bear it, a person is asked.",
            },
            Sentence {
                id: "print_one_list_delay",
                english: "How long a new order takes to show in the list. Docket looks more than once.",
            },
            promise::ENDED_SHOWN,
            Sentence {
                id: "print_one_key_mode",
                english: "Which mode a key is of, before its first order. Docket reads it back from each order.",
            },
            Sentence {
                id: "print_one_cancel_charged",
                english: "Whether a cancelled order is charged. Check the invoice.",
            },
        ]
    }
}
