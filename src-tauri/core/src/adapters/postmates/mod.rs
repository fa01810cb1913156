//! Postmates' classic delivery API: contract, form and checks. Requests and answers are in `wire`.
//!
//! The duplicate rule is from the public answer on preventing duplicate Postmates deliveries with reference ids; the
//! rest from the classic API documentation. Whether the lookup shows ended deliveries is documented nowhere.

#[cfg(test)]
mod tests;
mod wire;

use std::collections::BTreeMap;

use phonenumber::country::Id;

use super::reading::parties;
use super::values::{Checker, phone, shown, truth};
use super::{Adapter, Auth, BuildError, LookupBy, Sent, Sentence, Words, courier, promise};
use crate::domain::ask::QuoteReply;
use crate::domain::http::{HttpRequest, HttpResponse};
use crate::domain::order::{Field, FieldKind, Summary};
use crate::domain::remote::{CancelReply, CreateReply, GetReply, Page};
use crate::domain::wrong::PHONE_US;
use crate::domain::{
    DedupContract, Enforced, Fence, FieldError, Fingerprint, IdempotencyKey, Lookup, OrderPayload, Platform, Reference,
    RemoteId, Timings,
};

/// The adapter.
#[derive(Clone, Copy, Debug)]
pub struct Postmates;

const fn field(name: &'static str, label: &'static str, required: bool, example: &'static str) -> Field {
    Field { name, label, required, kind: FieldKind::Text, example }
}

const fn phone_field(name: &'static str, label: &'static str, example: &'static str) -> Field {
    Field { name, label, required: true, kind: FieldKind::Phone, example }
}

static FORM: [Field; 12] = [
    field("manifest", "What is delivered", true, "2 boxes of candles"),
    field("pickup_name", "Pickup name", true, "Wick & Co"),
    field("pickup_address", "Pickup address", true, "12 Mint St, San Francisco, CA"),
    phone_field("pickup_phone_number", "Pickup phone", "415-555-0100"),
    field("pickup_business_name", "Pickup business", false, "Wick & Co"),
    field("pickup_notes", "Notes for the pickup", false, "Ring at the side door"),
    field("dropoff_name", "Recipient", true, "R. Diaz"),
    field("dropoff_address", "Delivery address", true, "90 Oak St, San Francisco, CA"),
    phone_field("dropoff_phone_number", "Recipient's phone", "415-555-0177"),
    field("dropoff_business_name", "Recipient's business", false, "Diaz Books"),
    field("dropoff_notes", "Notes for the delivery", false, "Second floor"),
    field("requires_id", "Ask for an id (true or false)", false, "false"),
];

impl Adapter for Postmates {
    fn platform(&self) -> Platform {
        Platform::Postmates
    }

    /// A reference is refused only while a delivery with it is not completed. That a delivery takes at least ten
    /// minutes is our assumption, and an account setting.
    fn contract(&self) -> DedupContract {
        DedupContract {
            fence: Fence::Reference { enforced: Enforced::Active { life_s: 600, margin_s: 60 } },
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
                requests_per_minute: 60,
                patience_s: 1_800,
            },
        }
    }

    fn auth(&self) -> Auth {
        Auth::BasicUser { secret: "api_key" }
    }

    fn secret_names(&self) -> &'static [&'static str] {
        &["api_key"]
    }

    /// One host; the key decides the mode.
    fn base_url(&self, _test: bool) -> &'static str {
        "https://api.postmates.com"
    }

    /// Nothing in a key tells its mode.
    fn check_secrets(&self, secrets: &BTreeMap<String, String>, _test: bool) -> Result<(), String> {
        super::values::api_key(secrets).map(|_| ())
    }

    fn form(&self) -> &'static [Field] {
        &FORM
    }

    fn check(&self, values: &BTreeMap<String, String>) -> Result<OrderPayload, Vec<FieldError>> {
        let mut c = Checker::new(&FORM, values);
        c.text("manifest", 500);
        c.text("pickup_name", 100);
        c.text("pickup_address", 250);
        c.field("pickup_phone_number", us_phone);
        c.text("pickup_business_name", 100);
        c.text("pickup_notes", 280);
        c.text("dropoff_name", 100);
        c.text("dropoff_address", 250);
        c.field("dropoff_phone_number", us_phone);
        c.text("dropoff_business_name", 100);
        c.text("dropoff_notes", 280);
        c.field("requires_id", truth);
        c.finish()
    }

    fn summary(&self, order: &OrderPayload) -> Summary {
        Summary {
            recipient: order.get("dropoff_name").to_owned(),
            what: format!("{} to {}", order.get("manifest"), order.get("dropoff_address")),
        }
    }

    fn fingerprint(&self, order: &OrderPayload) -> Fingerprint {
        parties(order.get("pickup_phone_number"), order.get("dropoff_phone_number"), order.get("dropoff_name"))
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

    fn lookup_request(&self, by: &LookupBy) -> Option<HttpRequest> {
        wire::lookup_request(by)
    }

    fn read_page(&self, by: &LookupBy, request: &HttpRequest, answer: &HttpResponse) -> Page {
        wire::read_page(by, request, answer)
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

    /// A cancelled delivery is completed, so its reference is free again for a request that is still on its way.
    fn cancel_frees_reference(&self) -> bool {
        true
    }

    fn cannot_know(&self) -> &'static [Sentence] {
        &[
            promise::ENDED_SHOWN,
            Sentence {
                id: "postmates_cancel_frees",
                english: "Whether a cancelled delivery sets its reference free. Docket assumes so, and cancels only when nothing is on its way.",
            },
            Sentence {
                id: "postmates_how_soon_ended",
                english: "How soon a delivery can end. Docket assumes ten minutes at the earliest; one that somebody else ends sooner, while its answer was lost, could be ordered twice.",
            },
            Sentence {
                id: "postmates_list_delay",
                english: "How long the platform takes to show a new delivery in its list. Docket looks more than once.",
            },
        ]
    }
}

/// A United States number as the platform's own samples write it, `415-555-0100`. Only its shape is checked: the
/// numbers reserved for examples must pass.
fn us_phone(value: &str) -> Result<String, String> {
    match phone(value, Id::US) {
        Some((1, n)) if n.len() == 10 && n.as_bytes()[0] >= b'2' && n.as_bytes()[3] >= b'2' => {
            Ok(format!("{}-{}-{}", &n[..3], &n[3..6], &n[6..]))
        }
        _ => Err(PHONE_US.with(&[("value", &shown(value))])),
    }
}
