//! DoorDash Drive: contract and what the adapter declares. The form is in `form`, requests and answers in `wire`,
//! sentences for people in `words`.
//!
//! Facts are from DoorDash's developer pages: the Drive API specification, its reference of errors, tokens, retries and
//! statuses, and its guides to quotes and cancelling. Our reference is the delivery's id (`external_delivery_id`), and
//! ids are taken to be spent for ever. Not here: accepting quotes, because a quote would occupy the reference.

mod form;
#[cfg(test)]
mod tests;
mod wire;
mod words;

use std::collections::BTreeMap;

use base64::Engine;

use super::{Adapter, Auth, BuildError, LookupBy, Meaning, Sent, Sentence, TokenForm, Words};
use crate::domain::ask::QuoteReply;
use crate::domain::http::{HttpRequest, HttpResponse};
use crate::domain::order::{Field, Summary};
use crate::domain::remote::{CancelReply, CreateReply, GetReply, Page};
use crate::domain::{
    DedupContract, Enforced, Fence, FieldError, Fingerprint, IdempotencyKey, Lookup, OrderPayload, Platform, Reference,
    RemoteId, Timings,
};

/// The adapter.
#[derive(Clone, Copy, Debug)]
pub struct DoorDash;

static TOKEN: TokenForm = TokenForm {
    issuer: "developer_id",
    key_id: "key_id",
    secret: "signing_secret",
    audience: "doordash",
    version: "DD-JWT-V1",
};

impl Adapter for DoorDash {
    fn platform(&self) -> Platform {
        Platform::Doordash
    }

    /// An id is unique for a developer, and no time is published after which it may be used again. Reading a delivery by
    /// its id shows ended ones as well.
    fn contract(&self) -> DedupContract {
        DedupContract {
            fence: Fence::Reference { enforced: Enforced::Forever },
            lookup: Lookup::ByReference { sees_ended: true },
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
                requests_per_minute: 250,
                patience_s: 1_800,
            },
        }
    }

    fn auth(&self) -> Auth {
        Auth::SignedToken(&TOKEN)
    }

    fn secret_names(&self) -> &'static [&'static str] {
        &["developer_id", "key_id", "signing_secret"]
    }

    fn merchant_member(&self) -> Option<&'static str> {
        Some("developer_id")
    }

    /// One host; the access key decides the mode.
    fn base_url(&self, _test: bool) -> &'static str {
        "https://openapi.doordash.com"
    }

    /// Nothing in an access key tells its mode.
    fn check_secrets(&self, secrets: &BTreeMap<String, String>, _test: bool) -> Result<(), String> {
        for name in self.secret_names() {
            let value = secrets.get(*name).map(String::as_str).unwrap_or_default();
            if value.is_empty() {
                return Err(format!("{name} is missing; copy it from the access key in DoorDash's developer portal"));
            }
            if !value.chars().all(|c| c.is_ascii_graphic()) {
                return Err(format!("{name} holds a blank or a character that none has; copy it again"));
            }
        }
        let secret = secrets.get(TOKEN.secret).map(String::as_str).unwrap_or_default();
        let key = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(secret.trim_end_matches('='));
        match key {
            Ok(key) if !key.is_empty() => Ok(()),
            Ok(_) | Err(_) => Err("signing_secret is not base64url; copy it again, whole".into()),
        }
    }

    fn form(&self) -> &'static [Field] {
        &form::FORM
    }

    fn check(&self, values: &BTreeMap<String, String>) -> Result<OrderPayload, Vec<FieldError>> {
        form::check(values)
    }

    fn summary(&self, order: &OrderPayload) -> Summary {
        let names = [order.get("dropoff_contact_given_name"), order.get("dropoff_contact_family_name")];
        let name = names.into_iter().filter(|n| !n.is_empty()).collect::<Vec<_>>().join(" ");
        let recipient = match (name.as_str(), order.get("dropoff_business_name")) {
            ("", "") => order.get("dropoff_phone_number").to_owned(),
            ("", business) => business.to_owned(),
            _ => name,
        };
        let what = match order.get("items") {
            "" => format!("delivery to {}", order.get("dropoff_address")),
            items => format!("{items} to {}", order.get("dropoff_address")),
        };
        Summary { recipient, what }
    }

    fn fingerprint(&self, order: &OrderPayload) -> Fingerprint {
        form::look(order.get("pickup_phone_number"), order.get("dropoff_phone_number"))
    }

    fn create_request(
        &self,
        order: &OrderPayload,
        reference: &Reference,
        _key: Option<&IdempotencyKey>,
        _test: bool,
    ) -> Result<HttpRequest, BuildError> {
        wire::create_request(order, reference)
    }

    fn read_create(&self, sent: &Sent<'_>, answer: &HttpResponse) -> CreateReply {
        wire::read_create(sent, answer)
    }

    /// There is no list.
    fn lookup_request(&self, by: &LookupBy) -> Option<HttpRequest> {
        match by {
            LookupBy::Reference(reference) => wire::get_request(reference.as_str()),
            LookupBy::Newest => None,
        }
    }

    fn read_page(&self, _by: &LookupBy, request: &HttpRequest, answer: &HttpResponse) -> Page {
        wire::read_page(request, answer)
    }

    fn get_request(&self, id: &RemoteId) -> Option<HttpRequest> {
        wire::get_request(id.as_str())
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

    fn quote_request(&self, order: &OrderPayload, nonce: &str) -> Option<Result<HttpRequest, BuildError>> {
        Some(wire::quote_request(order, nonce))
    }

    fn read_quote(&self, answer: &HttpResponse) -> QuoteReply {
        wire::read_quote(answer)
    }

    fn words(&self) -> &'static Words {
        &words::WORDS
    }

    fn explain(&self, code: &str) -> Option<Meaning> {
        words::explain(code)
    }

    /// A cancelled delivery keeps its id.
    fn cancel_frees_reference(&self) -> bool {
        false
    }

    fn cannot_know(&self) -> &'static [Sentence] {
        &[
            Sentence {
                id: "doordash_id_reuse",
                english: "Whether an id may be used again one day. Docket never uses one twice.",
            },
            Sentence {
                id: "doordash_repeat_answer",
                english: "Whether a repeat is answered with the delivery or with an error. Docket takes either for proof that it exists, and compares the phone numbers.",
            },
            Sentence {
                id: "doordash_quote_under_id",
                english: "What a quote under an order's id does to it. Docket asks for prices under ids that are thrown away.",
            },
            Sentence {
                id: "doordash_creation_delay",
                english: "How long DoorDash takes to make a delivery that it can show. Docket waits, and looks more than once, before it repeats a request.",
            },
            Sentence {
                id: "doordash_key_mode",
                english: "Which mode an access key is of. A key of the other mode sees none of your deliveries, so a missing one proves nothing by itself.",
            },
        ]
    }
}
