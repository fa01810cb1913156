//! FoxReload's public API: contract, form and checks. Requests and answers are in `wire`.
//!
//! Facts are from FoxReload's article on idempotency keys and its current API pages. The API takes no reference and no
//! key: every repeated create is another order, paid again. All that can be done is one try, and a look at the list.

mod codes;
mod form;
mod products;
#[cfg(test)]
mod tests;
mod wire;
mod words;

use std::collections::BTreeMap;

use serde_json::Value;

use super::reading::fingerprint;
use super::{Adapter, Auth, BuildError, LookupBy, Polling, Sent, Sentence, Words, promise};
use crate::domain::ask::ChoicesReply;
use crate::domain::http::{HttpRequest, HttpResponse};
use crate::domain::order::{Field, Summary};
use crate::domain::remote::{CancelReply, CreateReply, GetReply, Page};
use crate::domain::{
    DedupContract, Fence, FieldError, Fingerprint, IdempotencyKey, Lookup, OrderPayload, Platform, Reference, RemoteId,
    Timings,
};

/// The adapter.
#[derive(Clone, Copy, Debug)]
pub struct FoxReload;

impl Adapter for FoxReload {
    fn platform(&self) -> Platform {
        Platform::Foxreload
    }

    fn contract(&self) -> DedupContract {
        DedupContract {
            fence: Fence::None,
            lookup: Lookup::ScanForLookalike,
            shown_s: None,
            timings: Timings {
                timeout_ms: 30_000,
                connect_timeout_ms: 10_000,
                send_before_ms: 10_000,
                settle_ms: 150_000,
                lookup_interval_ms: 5_000,
                lookup_interval_max_ms: 300_000,
                proof_lookups: 3,
                max_in_flight: 2,
                requests_per_minute: 60,
                patience_s: 1_800,
            },
        }
    }

    fn auth(&self) -> Auth {
        Auth::Header { name: "x-api-key", secret: "api_key" }
    }

    fn secret_names(&self) -> &'static [&'static str] {
        &["api_key"]
    }

    /// There is no sandbox host; a test order is marked in its body.
    fn base_url(&self, _test: bool) -> &'static str {
        "https://public-api.foxreload.com"
    }

    /// Nothing in a key tells its mode.
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
        let more = form::more_items(order.get("more_items")).map_or(0, |items| items.len());
        let mut what = format!("{} x {}", order.get("quantity"), order.get("item_id"));
        if more > 0 {
            what.push_str(&format!(" and {more} more"));
        }
        Summary { recipient: order.get("recipient").to_owned(), what }
    }

    fn fingerprint(&self, order: &OrderPayload) -> Fingerprint {
        // A payload that was not checked has no items to compare; it cannot be sent either.
        look(form::items(order).unwrap_or_default())
    }

    fn create_request(
        &self,
        order: &OrderPayload,
        _reference: &Reference,
        _key: Option<&IdempotencyKey>,
        test: bool,
    ) -> Result<HttpRequest, BuildError> {
        wire::create_request(order, test)
    }

    fn read_create(&self, sent: &Sent<'_>, answer: &HttpResponse) -> CreateReply {
        wire::read_create(sent, answer)
    }

    fn lookup_request(&self, by: &LookupBy) -> Option<HttpRequest> {
        match by {
            LookupBy::Reference(_) => None,
            LookupBy::Newest => Some(wire::newest(wire::FIRST_LIMIT)),
        }
    }

    fn read_page(&self, _by: &LookupBy, request: &HttpRequest, answer: &HttpResponse) -> Page {
        wire::read_page(request, answer)
    }

    fn get_request(&self, id: &RemoteId) -> Option<HttpRequest> {
        wire::get_request(id)
    }

    fn read_get(&self, answer: &HttpResponse) -> GetReply {
        wire::read_get(answer)
    }

    /// No cancel is documented.
    fn cancel_request(&self, _id: &RemoteId) -> Option<HttpRequest> {
        None
    }

    fn read_cancel(&self, _answer: &HttpResponse) -> CancelReply {
        CancelReply::Unclear { why: "FoxReload has no cancel".into() }
    }

    fn choices_request(&self, field: &str, search: &str) -> Option<HttpRequest> {
        (field == products::FIELD).then(|| products::request(search))
    }

    fn read_choices(&self, _field: &str, answer: &HttpResponse) -> ChoicesReply {
        products::read(answer)
    }

    /// As its pages advise: every five seconds for a minute, then every fifteen to thirty. It has no web hooks.
    fn polling(&self) -> Polling {
        Polling { first_ms: 5_000, most_ms: 30_000 }
    }

    fn words(&self) -> &'static Words {
        &words::WORDS
    }

    fn delivers_codes(&self) -> bool {
        true
    }

    fn cancel_frees_reference(&self) -> bool {
        false
    }

    /// Without the delivered codes: evidence is written into the log as it is.
    fn evidence(&self, answer: &HttpResponse) -> Value {
        codes::without(answer)
    }

    fn cannot_know(&self) -> &'static [Sentence] {
        &[
            Sentence {
                id: "foxreload_lookalikes",
                english: "Which order is yours, when two look alike: no reference of yours is stored there.",
            },
            Sentence {
                id: "foxreload_list_complete",
                english: "Whether its list is complete and newest first. Docket checks both as far as the rows show it, and asks a person otherwise.",
            },
            promise::ENDED_SHOWN,
            promise::LIST_KEPT,
            Sentence {
                id: "foxreload_refusal_form",
                english: "How a refusal looks: no error bodies are documented. Docket takes a JSON object with status 400, 404 or 422 for one.",
            },
            Sentence {
                id: "foxreload_mock_free",
                english: "Whether a test order is really free. Docket marks each one as a mock; try one before you rely on it.",
            },
            Sentence {
                id: "foxreload_products",
                english: "How its products are searched and what a product costs: neither is written down. Docket shows what the list says, and compares names itself.",
            },
        ]
    }
}

/// What an order asks for: items and quantities, whatever their order or grouping. Notes are left out, because nobody
/// says that they are echoed; prices, because they move.
fn look(items: Vec<(String, i64)>) -> Fingerprint {
    let mut sums: BTreeMap<String, i64> = BTreeMap::new();
    for (item, quantity) in items {
        let sum = sums.entry(item).or_default();
        *sum = sum.saturating_add(quantity);
    }
    let parts: Vec<String> = sums.into_iter().flat_map(|(item, sum)| [item, sum.to_string()]).collect();
    fingerprint(&parts.iter().map(String::as_str).collect::<Vec<_>>())
}
