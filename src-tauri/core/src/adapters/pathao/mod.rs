//! Pathao Parcel business API: contract, form and checks. Requests and answers are in `wire`.
//!
//! Facts are from Pathao's public pages on idempotency, authentication, errors, rate limiting and the sandbox. Routes
//! for get, list and cancel, and the success envelope, are inferred from those pages and stand in `wire` alone.
//! Not to be confused with the older Courier merchant API.

#[cfg(test)]
mod tests;
mod wire;
mod words;

use std::collections::BTreeMap;

use phonenumber::country::Id;
use rust_decimal::Decimal;

use super::reading::{fingerprint, last_digits};
use super::values::{Checker, degrees, phone, shown, whole};
use super::{Adapter, Auth, BuildError, LookupBy, Polling, Sent, Sentence, Words, promise};
use crate::domain::ask::QuoteReply;
use crate::domain::http::{HttpRequest, HttpResponse};
use crate::domain::order::{Field, FieldKind, Summary};
use crate::domain::remote::{CancelReply, CreateReply, GetReply, Page};
use crate::domain::wrong::{NOT_PARCEL, PHONE_BANGLADESH};
use crate::domain::{
    DedupContract, Fence, FieldError, Fingerprint, IdempotencyKey, Lookup, OrderPayload, Platform, Reference, RemoteId,
    StoredOutcomes, Timings,
};

/// The adapter.
#[derive(Clone, Copy, Debug)]
pub struct Pathao;

/// The Dhaka service area, in degrees. Pathao answers `INVALID_COORDINATES` outside it; its exact bounds are not
/// published.
const LATITUDE: (Decimal, Decimal) =
    (Decimal::from_parts(2355, 0, 0, false, 2), Decimal::from_parts(2400, 0, 0, false, 2));
const LONGITUDE: (Decimal, Decimal) =
    (Decimal::from_parts(9025, 0, 0, false, 2), Decimal::from_parts(9060, 0, 0, false, 2));

static FORM: [Field; 10] = [
    Field::new("receiver_name", "Receiver", true, FieldKind::Text, "R. Das"),
    Field::new("receiver_phone", "Receiver's phone", true, FieldKind::Phone, "01700000001"),
    Field::new("delivery_latitude", "Delivery latitude", true, FieldKind::Latitude, "23.7465"),
    Field::new("delivery_longitude", "Delivery longitude", true, FieldKind::Longitude, "90.3762"),
    Field::new("receiver_address_text", "Delivery address", false, FieldKind::Text, "House 12, Road 5, Dhanmondi"),
    Field::new("pickup_latitude", "Pickup latitude", true, FieldKind::Latitude, "23.7937"),
    Field::new("pickup_longitude", "Pickup longitude", true, FieldKind::Longitude, "90.4066"),
    Field::new("pickup_address_text", "Pickup address", false, FieldKind::Text, "House 3, Road 11, Banani"),
    Field::new("parcel_type", "Parcel type (1 document, 2 small, 3 medium, 4 large)", true, FieldKind::Integer, "2"),
    Field::new("driver_type", "Driver type (1 when empty)", false, FieldKind::Integer, "1"),
];

const LIVE_PREFIX: &str = "live_key_";
const TEST_PREFIX: &str = "sandbox_key_";

impl Adapter for Pathao {
    fn platform(&self) -> Platform {
        Platform::Pathao
    }

    /// Keys live 24 h from the first request; whether failures are stored under them is not documented. The list of
    /// orders knows no status filter, so ended orders are in it; but the sandbox deletes orders after a day, and nothing is
    /// said of how long the live list goes back.
    fn contract(&self) -> DedupContract {
        DedupContract {
            fence: Fence::Key { lifetime_s: 24 * 3600, margin_s: 3600, stored: StoredOutcomes::FailuresToo },
            lookup: Lookup::ByReference { sees_ended: false },
            shown_s: Some(23 * 3600),
            timings: Timings {
                timeout_ms: 30_000,
                connect_timeout_ms: 10_000,
                send_before_ms: 10_000,
                settle_ms: 90_000,
                lookup_interval_ms: 2_000,
                lookup_interval_max_ms: 300_000,
                proof_lookups: 2,
                max_in_flight: 4,
                requests_per_minute: 90,
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

    fn base_url(&self, test: bool) -> &'static str {
        if test { "https://sandbox.pathao.com" } else { "https://api.pathao.com" }
    }

    /// Pathao's keys say which mode they are for. A key with neither prefix is let through.
    fn check_secrets(&self, secrets: &BTreeMap<String, String>, test: bool) -> Result<(), String> {
        let key = super::values::api_key(secrets)?;
        if test && key.starts_with(LIVE_PREFIX) {
            return Err(format!(
                "this is a live key ({LIVE_PREFIX}...); a test account needs one that begins with {TEST_PREFIX}test_"
            ));
        }
        if !test && key.starts_with(TEST_PREFIX) {
            return Err(format!(
                "this is a sandbox key ({TEST_PREFIX}...); add the account with --test, or use a live key"
            ));
        }
        Ok(())
    }

    fn form(&self) -> &'static [Field] {
        &FORM
    }

    fn check(&self, values: &BTreeMap<String, String>) -> Result<OrderPayload, Vec<FieldError>> {
        let mut c = Checker::new(&FORM, values);
        c.text("receiver_name", 100);
        c.field("receiver_phone", mobile);
        c.field("delivery_latitude", |v| degrees(v, LATITUDE, LONGITUDE));
        c.field("delivery_longitude", |v| degrees(v, LONGITUDE, LATITUDE));
        c.text("receiver_address_text", 250);
        c.field("pickup_latitude", |v| degrees(v, LATITUDE, LONGITUDE));
        c.field("pickup_longitude", |v| degrees(v, LONGITUDE, LATITUDE));
        c.text("pickup_address_text", 250);
        c.field("parcel_type", |v| whole(v, 1, 4).map_err(|_| NOT_PARCEL.with(&[("value", &shown(v))])));
        c.field("driver_type", |v| whole(v, 0, 1_000));
        c.default("driver_type", "1");
        c.finish()
    }

    fn summary(&self, order: &OrderPayload) -> Summary {
        let size = match order.get("parcel_type") {
            "1" => "document",
            "2" => "small parcel",
            "3" => "medium parcel",
            _ => "large parcel",
        };
        let place = match order.get("receiver_address_text") {
            "" => format!("{}, {}", order.get("delivery_latitude"), order.get("delivery_longitude")),
            address => address.to_owned(),
        };
        Summary { recipient: order.get("receiver_name").to_owned(), what: format!("{size} to {place}") }
    }

    fn fingerprint(&self, order: &OrderPayload) -> Fingerprint {
        look(
            order.get("receiver_phone"),
            order.get("delivery_latitude").parse().unwrap_or_default(),
            order.get("delivery_longitude").parse().unwrap_or_default(),
            order.get("parcel_type"),
        )
    }

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

    /// Pathao quotes for two places with their addresses; an order without an address has no quote.
    fn quote_request(&self, order: &OrderPayload, _nonce: &str) -> Option<Result<HttpRequest, BuildError>> {
        Some(wire::quote_request(order))
    }

    fn read_quote(&self, answer: &HttpResponse) -> QuoteReply {
        wire::read_quote(answer)
    }

    /// Pathao would rather call back, and its limit is shared by all of a partner's machines: seldom is enough.
    fn polling(&self) -> Polling {
        Polling::WITH_WEB_HOOKS
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
                id: "pathao_errors_kept",
                english: "Whether an error is kept under a key. Docket reckons with both: the same error twice ends the repeats.",
            },
            Sentence {
                id: "pathao_two_at_once",
                english: "Whether two requests with one key at the same moment make two orders. Docket never has two on their way.",
            },
            Sentence {
                id: "pathao_key_replaced",
                english: "Whether a key is remembered when your API key is replaced. With another API key, Docket no longer relies on it.",
            },
            Sentence {
                id: "pathao_reference_unique",
                english: "Whether the reference is unique at Pathao. If two orders bear it, a person is asked.",
            },
            promise::ENDED_SHOWN,
            Sentence {
                id: "pathao_sandbox_deleted",
                english: "What became of a sandbox order after a day: Pathao deletes them, and a missing one is no proof.",
            },
        ]
    }
}

/// A Bangladeshi mobile number in the form the platform takes, `01XXXXXXXXX`.
fn mobile(value: &str) -> Result<String, String> {
    match phone(value, Id::BD) {
        Some((880, national)) if national.len() == 10 && matches!(national.as_bytes(), [b'1', b'3'..=b'9', ..]) => {
            Ok(format!("0{national}"))
        }
        _ => Err(PHONE_BANGLADESH.with(&[("value", &shown(value))])),
    }
}

/// Four decimals are about ten metres: a platform that rounds coordinates still shows the same place.
fn look(phone: &str, latitude: f64, longitude: f64, parcel_type: &str) -> Fingerprint {
    fingerprint(&[&last_digits(phone, 10), &format!("{latitude:.4}"), &format!("{longitude:.4}"), parcel_type])
}
