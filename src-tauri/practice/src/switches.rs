//! The switches of one platform: what the documents leave open, and how fast time runs there.
//!
//! A switch stays until it is changed, and survives a restart. Faults that strike single requests are in
//! `faults.rs`. Each switch names the platforms it matters to; the others ignore it.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::PracticePlatform;

/// How a Postmates or Uber Direct create is answered when its reference is taken (all three are found in the
/// documents of Postmates; Uber Direct has the first two).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "snake_case")]
pub enum DuplicateAnswer {
    /// 409 that names the delivery.
    #[default]
    ConflictWithPointer,
    /// 409 that names nothing.
    ConflictWithoutPointer,
    /// 303 with a `Location`.
    SeeOther,
}

/// What becomes of a request that reads orders at Pathao, whose documents do not show these routes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "snake_case")]
pub enum ReadRoutes {
    /// The list and the get that are assumed are there.
    #[default]
    Served,
    /// They are not: 404 in the platform's envelope, with the code that an order gets which it does not know.
    NotFound,
    /// They are not: 404 with a page of its web server.
    Page,
}

/// What a replay under a known key gets back, at Pathao and Print.one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "snake_case")]
pub enum ReplayBody {
    /// The stored answer.
    #[default]
    Full,
    /// The stored status and headers with an empty body.
    Empty,
    /// The stored status and nothing else.
    StatusOnly,
}

/// What a repeated create gets, at Uber Direct under a known key and at DoorDash with the same id and the same body.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "snake_case")]
pub enum RepeatAnswer {
    /// 409.
    #[default]
    Conflict,
    /// 200 with the delivery that exists.
    Existing,
}

/// How long Uber Direct lets no second delivery have the same `external_id` and `manifest_reference`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "snake_case")]
pub enum PairRule {
    /// While the first one is active.
    #[default]
    WhileActive,
    /// For ever.
    Forever,
    /// Not at all.
    Off,
}

/// Which spelling of the list's offset Uber Direct heeds; the other one is ignored.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "snake_case")]
pub enum OffsetSpelling {
    /// `offset` and `Offset`.
    #[default]
    Both,
    /// `Offset`, as the reference page spells it.
    Capital,
    /// `offset`, as `next_href` spells it.
    Small,
}

/// The shape of Print.one's errors; all three are found in code that talks to it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "snake_case")]
pub enum ErrorShape {
    /// `{"statusCode": 400, "message": ["..."], "error": "Bad Request"}`.
    #[default]
    Messages,
    /// `{"statusCode": 400, "message": "..."}`.
    Message,
    /// `{"errors": [{"message": "..."}]}`.
    Errors,
}

/// The shape of FoxReload's list; its documents show both.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "snake_case")]
pub enum ListShape {
    /// A bare array.
    #[default]
    Array,
    /// `{"orders": [...]}`.
    Orders,
}

/// Which form of FoxReload's `/api/orders` is served; the other one is redirected.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "snake_case")]
pub enum Slash {
    /// Both.
    #[default]
    Either,
    /// `/api/orders/` only.
    With,
    /// `/api/orders` only.
    Without,
}

/// All switches of one platform. Times are in milliseconds.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, specta::Type)]
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
    /// All: requests allowed in one window of the rate limit (a minute, unless `rate_window_ms` says otherwise);
    /// beyond it 429. 0: no limit.
    pub rate_limit_per_minute: u32,
    /// All: how long a window of the rate limit is.
    pub rate_window_ms: u32,
    /// All: a 429 says Retry-After.
    pub retry_after_shown: bool,
    /// All: every credential is answered 401.
    pub credentials_revoked: bool,
    /// All: until this time of ours (milliseconds since 1970) the platform is down: a proxy answers every request 503,
    /// and nothing is carried out. 0: it is up.
    #[specta(type = specta_typescript::Number<i64>)]
    pub down_until_ms: i64,
    /// All: good credentials are answered 403.
    pub account_inactive: bool,
    /// All with a list: filters are ignored, every row comes back.
    pub filter_ignored: bool,
    /// Print.one, Uber Direct, DoorDash: the merchant's credentials are of the other environment, live instead of
    /// test, and see its data alone.
    pub wrong_environment: bool,
    /// Uber Direct, DoorDash: every create is refused by this code (DoorDash: or reason) of the platform's table.
    /// Empty: none is.
    pub create_refused_as: String,
    /// Uber Direct, DoorDash: a create that is refused by `create_refused_as` has made its delivery all the same.
    pub refused_create_commits: bool,
    /// Pathao, Postmates, Print.one, Uber Direct: a repeat that comes within this time of the first is not recognised.
    /// 0: always recognised.
    pub race_window_ms: u32,
    /// Print.one, Uber Direct: a repeat that comes within this time of the first is refused, as the first is still
    /// being worked on. At least as long as `create_latency_ms` keeps the first one's answer back.
    pub in_progress_ms: u32,
    /// Pathao, Print.one, Uber Direct: how long a key is remembered, from its first request.
    pub key_lifetime_ms: u32,
    /// Pathao, Print.one, Uber Direct: a 500 is stored under its key and replayed.
    pub stored_failures: bool,
    /// Print.one: a 4xx of the platform's own checks is stored under its key and replayed.
    pub stored_refusals: bool,
    /// Print.one: a 429 is stored under its key and replayed.
    pub stored_limits: bool,
    /// Pathao, Print.one: what a replay gets back.
    pub replay_body: ReplayBody,
    /// Print.one: status of the refusal when a key comes with another body: 400, 409 or 422.
    pub conflict_status: u16,
    /// Print.one: bodies under a key are compared as JSON, not byte by byte.
    pub key_compares_json: bool,
    /// Print.one: a key is known under every API key of the company. Off: under the one that it came with.
    pub keys_per_company: bool,
    /// Print.one: a key of more than 255 characters is cut there. Off: it is refused.
    pub long_key_cut: bool,
    /// Print.one: the shape of errors.
    pub error_shape: ErrorShape,
    /// Print.one: an order without `finish` is refused. Off: it is glossy.
    pub finish_required: bool,
    /// Print.one: a filter on an unknown field is refused. Off: it is ignored.
    pub unknown_filter_refused: bool,
    /// Print.one: status of a cancel that comes too early or too late: 400, 409 or 422.
    pub cancel_refused_status: u16,
    /// Print.one: an order whose PDF is made is called `Success`. Off: `Processing`.
    pub pdf_is_success: bool,
    /// Print.one: an order this old has lost its addresses and variables. 0: never.
    pub anonymized_after_ms: u32,
    /// Print.one, Uber Direct, FoxReload: rows of a list when the request does not say how many.
    pub page_default: u32,
    /// Uber Direct: a repeated key with another body is refused. Off: the body is ignored.
    pub key_other_body_refused: bool,
    /// Uber Direct: a delivery that has ended gives its key free.
    pub ended_frees_key: bool,
    /// Uber Direct: whether the pair of references has to be unique.
    pub pair_rule: PairRule,
    /// Uber Direct: a create with a new key is not held to the pair.
    pub key_overrules_pair: bool,
    /// Uber Direct, DoorDash: what a repeated create gets.
    pub repeat_answer: RepeatAnswer,
    /// Uber Direct: which spelling of the offset is heeded.
    pub offset_spelling: OffsetSpelling,
    /// Uber Direct, FoxReload: lists begin with the oldest. Off: with the newest.
    pub oldest_first: bool,
    /// Uber Direct, FoxReload: lists are in no order of time, but always in the same one.
    pub list_unsorted: bool,
    /// Uber Direct: a request that took too long is answered 400. Off: 408.
    pub timeout_as_400: bool,
    /// Uber Direct: how long an access token is good, in seconds.
    pub token_life_s: u32,
    /// Uber Direct: turning this on revokes every token issued so far. Later ones are good.
    pub tokens_revoked: bool,
    /// Uber Direct, DoorDash: longest reference that is taken. 0: any.
    pub reference_max: u32,
    /// DoorDash: a create with the id of an open quote is refused. Off: it takes the quote over.
    pub quote_occupies_id: bool,
    /// DoorDash: a quote that has expired gives its id free.
    pub expired_quote_frees_id: bool,
    /// DoorDash: how long a new delivery cannot be read or cancelled yet.
    pub creation_ms: u32,
    /// DoorDash: a delivery that has not ended by this age is cancelled. 0: never.
    pub auto_cancel_ms: u32,
    /// Pathao: keys that were used with the partner's old API key are unknown to its renewed one.
    pub renewed_key_forgets: bool,
    /// Pathao: whether the assumed routes for reading orders are there.
    pub read_routes: ReadRoutes,
    /// DoorDash: a 429 has no body. Off: an object with a message.
    pub limit_without_body: bool,
    /// Pathao, FoxReload, Uber Direct: orders older than this are gone from the list, at Pathao from get as well. 0: kept for
    /// ever.
    pub retention_ms: u32,
    /// Postmates, Uber Direct: how a taken reference is answered.
    pub duplicate_answer: DuplicateAnswer,
    /// Postmates, DoorDash: a delivered order gives its reference free.
    pub delivered_frees_reference: bool,
    /// Postmates, DoorDash: a canceled or returned order gives its reference free.
    pub canceled_frees_reference: bool,
    /// Pathao, Postmates, FoxReload, Print.one, Uber Direct: what Docket looks orders up in leaves out those that have
    /// ended, unless it is asked for them by their status. That is the list by reference, at Uber Direct and FoxReload the
    /// whole list.
    pub lookup_hides_ended: bool,
    /// Postmates, Uber Direct: a used quote is noticed before a taken reference or key.
    pub used_quote_first: bool,
    /// Postmates, Uber Direct, DoorDash: how long a quote can be used.
    pub quote_life_ms: u32,
    /// Pathao, Postmates, Uber Direct, DoorDash: a quote is this many per cent dearer than usual.
    pub surcharge_percent: u32,
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
    /// FoxReload: a limit beyond `list_max` counts as none. Off: it is cut there.
    pub large_limit_ignored: bool,
    /// FoxReload: test orders stand in no list.
    pub mocks_unlisted: bool,
    /// FoxReload: an item is shown with its note.
    pub note_echoed: bool,
    /// FoxReload: errors are plain text. Off: JSON objects.
    pub errors_as_text: bool,
    /// FoxReload: the balance covers the order, so it is paid by itself. Off: it waits for payment and expires.
    pub auto_pay: bool,
    /// FoxReload: how long an unpaid order waits.
    pub payment_life_ms: u32,
    /// FoxReload: an order costs the current price, whatever `totalPrice` it came with.
    pub price_drifts: bool,
    /// Print.one, FoxReload: the balance is too low, a create is refused (Print.one: by 402, which is an assumption).
    pub balance_too_low: bool,
}

/// The switches as they were set at a platform. One that did not exist then stands in its first position.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Named")]
pub(crate) struct Positions {
    pub platform: PracticePlatform,
    pub switches: Switches,
}

#[derive(Deserialize)]
struct Named {
    platform: PracticePlatform,
    switches: serde_json::Map<String, Value>,
}

impl TryFrom<Named> for Positions {
    type Error = String;

    fn try_from(Named { platform, switches }: Named) -> Result<Self, String> {
        Switches::of(platform).changed(&switches).map(|switches| Self { platform, switches })
    }
}

impl Switches {
    /// The switches a platform starts with: the documents' word where they have one, else the cautious reading.
    pub fn of(platform: PracticePlatform) -> Self {
        let mut switches = Self::common();
        platform.twin().first_switches(&mut switches);
        switches
    }

    /// The first positions, before a twin has set its own: off, or as they stand first among their own, but for these.
    fn common() -> Self {
        const HOUR: u32 = 3_600_000;
        Self {
            create_latency_ms: 300,
            stage_ms: 30_000,
            rate_window_ms: 60_000,
            retry_after_shown: true,
            key_lifetime_ms: 24 * HOUR,
            stored_refusals: true,
            conflict_status: 409,
            cancel_refused_status: 400,
            page_default: 10,
            token_life_s: 2_592_000,
            quote_occupies_id: true,
            auto_cancel_ms: HOUR,
            renewed_key_forgets: true,
            read_routes: ReadRoutes::Served,
            delivered_frees_reference: true,
            canceled_frees_reference: true,
            quote_life_ms: 300_000,
            slash_redirect_status: 308,
            paging_works: true,
            list_max: 100,
            auto_pay: true,
            payment_life_ms: 30 * 60_000,
            ..Self::default()
        }
    }

    /// What a quote says of an order that usually costs so much.
    pub(crate) fn quoted(&self, usual: u32) -> u32 {
        usual.saturating_add(usual.saturating_mul(self.surcharge_percent) / 100)
    }

    /// How long after an order exists its create is still being worked on, in milliseconds.
    pub(crate) fn in_progress(&self) -> i64 {
        i64::from(self.in_progress_ms.max(self.create_latency_ms - self.create_latency_ms / 2))
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
        for (name, status) in
            [("conflict_status", switches.conflict_status), ("cancel_refused_status", switches.cancel_refused_status)]
        {
            if !matches!(status, 400 | 409 | 422) {
                return Err(format!("switches: {name} must be 400, 409 or 422"));
            }
        }
        Ok(switches)
    }
}
