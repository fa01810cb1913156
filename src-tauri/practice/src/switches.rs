//! The switches of one platform: what the documents leave open, and how fast time runs there.
//!
//! A switch stays until it is changed, and survives a restart. Faults that strike single requests are in
//! `faults.rs`. Each switch names the platforms it matters to; the others ignore it.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::PracticePlatform;

/// How a Postmates create is answered when its reference is taken (all three are found in the documents).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "snake_case")]
pub enum DuplicateAnswer {
    /// 409 that names the delivery.
    ConflictWithPointer,
    /// 409 that names nothing.
    ConflictWithoutPointer,
    /// 303 with a `Location`.
    SeeOther,
}

/// What a Pathao replay under a known key gets back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "snake_case")]
pub enum ReplayBody {
    /// The stored answer.
    Full,
    /// The stored status with an empty body.
    StatusOnly,
}

/// The shape of FoxReload's list; its documents show both.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "snake_case")]
pub enum ListShape {
    /// A bare array.
    Array,
    /// `{"orders": [...]}`.
    Orders,
}

/// Which form of FoxReload's `/api/orders` is served; the other one is redirected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "snake_case")]
pub enum Slash {
    /// Both.
    Either,
    /// `/api/orders/` only.
    With,
    /// `/api/orders` only.
    Without,
}

/// All switches of one platform. Times are in milliseconds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, specta::Type)]
#[serde(deny_unknown_fields)]
pub struct Switches {
    /// All: how long a create takes. Half of it passes before the order exists, half after.
    pub create_latency_ms: u32,
    /// All: the platform's clock is this far ahead of ours. Moves keys, quotes, orders and the `Date` header.
    #[specta(type = specta_typescript::Number<i64>)]
    pub clock_offset_ms: i64,
    /// All: how long an order stays in each status on its way. 0: it never moves by itself.
    pub stage_ms: u32,
    /// All: a new order stays out of lists for so long. Reading it by its id works at once.
    pub list_lag_ms: u32,
    /// All: requests allowed in a minute; beyond it 429 with Retry-After. 0: no limit.
    pub rate_limit_per_minute: u32,
    /// All: every credential is answered 401.
    pub credentials_revoked: bool,
    /// All: good credentials are answered 403.
    pub account_inactive: bool,
    /// All with a list: filters are ignored, every row comes back.
    pub filter_ignored: bool,
    /// Pathao, Postmates: a repeat that comes within this time of the first is not recognised. 0: always recognised.
    pub race_window_ms: u32,
    /// Pathao: how long a key is remembered, from its first request.
    pub key_lifetime_ms: u32,
    /// Pathao: a 500 is stored under its key and replayed.
    pub stored_failures: bool,
    /// Pathao: what a replay gets back.
    pub replay_body: ReplayBody,
    /// Pathao: orders older than this are gone from list and get. 0: kept for ever.
    pub retention_ms: u32,
    /// Postmates: how a taken reference is answered.
    pub duplicate_answer: DuplicateAnswer,
    /// Postmates: a delivered order gives its reference free.
    pub delivered_frees_reference: bool,
    /// Postmates: a canceled or returned order gives its reference free.
    pub canceled_frees_reference: bool,
    /// Postmates: a list by reference leaves out deliveries that have ended.
    pub lookup_hides_ended: bool,
    /// Postmates: a used quote is noticed before a taken reference.
    pub used_quote_first: bool,
    /// Postmates: how long a quote can be used.
    pub quote_life_ms: u32,
    /// FoxReload: shape of the list.
    pub list_shape: ListShape,
    /// FoxReload: which form of the path is served.
    pub slash: Slash,
    /// FoxReload: status of the redirect to the form that is served: 301, 307 or 308.
    pub slash_redirect_status: u16,
    /// FoxReload: the `page` parameter works. Off: every page is the first one's rows, cut at `list_max`.
    pub paging_works: bool,
    /// All with a list: most rows that one answer holds.
    pub list_max: u32,
    /// FoxReload: the balance covers the order, so it is paid by itself. Off: it waits for payment and expires.
    pub auto_pay: bool,
    /// FoxReload: how long an unpaid order waits.
    pub payment_life_ms: u32,
    /// FoxReload: an order costs the current price, whatever `totalPrice` it came with.
    pub price_drifts: bool,
    /// FoxReload: the balance is too low, a create is refused.
    pub balance_too_low: bool,
}

impl Switches {
    /// The switches a platform starts with: the documents' word where they have one, else the cautious reading.
    pub fn of(platform: PracticePlatform) -> Self {
        const HOUR: u32 = 3_600_000;
        Self {
            create_latency_ms: 0,
            clock_offset_ms: 0,
            // A Postmates delivery must not end within ten minutes: its reference would be free again.
            stage_ms: match platform {
                PracticePlatform::Pathao => 30_000,
                PracticePlatform::Postmates => 180_000,
                PracticePlatform::Foxreload => 5_000,
            },
            list_lag_ms: 0,
            rate_limit_per_minute: 0,
            credentials_revoked: false,
            account_inactive: false,
            filter_ignored: false,
            race_window_ms: 0,
            key_lifetime_ms: 24 * HOUR,
            stored_failures: false,
            replay_body: ReplayBody::Full,
            retention_ms: 24 * HOUR,
            duplicate_answer: DuplicateAnswer::ConflictWithPointer,
            delivered_frees_reference: true,
            canceled_frees_reference: true,
            lookup_hides_ended: true,
            used_quote_first: false,
            quote_life_ms: 300_000,
            list_shape: ListShape::Array,
            slash: Slash::Either,
            slash_redirect_status: 308,
            paging_works: true,
            list_max: 100,
            auto_pay: true,
            payment_life_ms: 30 * 60_000,
            price_drifts: false,
            balance_too_low: false,
        }
    }

    /// These switches with the named ones changed. `change` is a JSON object of switch names.
    ///
    /// # Errors
    /// In words, when a name or a value is not one that a switch has.
    pub fn changed(&self, change: &serde_json::Map<String, Value>) -> Result<Self, String> {
        let mut whole = serde_json::to_value(self).map_err(|error| error.to_string())?;
        if let Value::Object(fields) = &mut whole {
            fields.extend(change.clone());
        }
        let switches: Self = serde_json::from_value(whole).map_err(|error| format!("switches: {error}"))?;
        if !matches!(switches.slash_redirect_status, 301 | 307 | 308) {
            return Err("switches: slash_redirect_status must be 301, 307 or 308".into());
        }
        Ok(switches)
    }
}
