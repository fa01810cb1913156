//! What a platform promises about duplicates: a fence, a lookup, and the times that go with them.
//!
//! Not here: the platforms' facts themselves; each adapter declares its own with their sources.

use serde::{Deserialize, Serialize};

/// The two promises and their times.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
pub struct DedupContract {
    /// What makes a replay of the same bytes harmless.
    pub fence: Fence,
    /// How an order is found again.
    pub lookup: Lookup,
    /// For how long the lookup surely shows an order, in seconds from its first request: what is not found later may have
    /// been there. `None`: as long as anybody asks.
    pub shown_s: Option<i64>,
    /// Default times and limits.
    pub timings: Timings,
}

/// What makes a replay of the same bytes harmless.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Fence {
    /// Nothing: every repeated request is a second order.
    None,
    /// An idempotency key that the platform remembers for a while, counted from the first request.
    Key {
        /// How long, in seconds.
        lifetime_s: i64,
        /// How long before that we stop trusting it, in seconds.
        margin_s: i64,
        /// Whether a failure may be stored under the key and returned again.
        stored: StoredOutcomes,
    },
    /// The platform refuses a second order with our reference.
    Reference {
        /// For how long it does.
        enforced: Enforced,
    },
}

/// Which first outcomes a platform may return again for the same key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "snake_case")]
pub enum StoredOutcomes {
    /// Successes only.
    Successes,
    /// Successes and failures alike, or nobody says: two equal failures end the replays.
    FailuresToo,
}

/// For how long a reference is enforced.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "snake_case", tag = "while")]
pub enum Enforced {
    /// Only while the first order is active.
    Active {
        /// The shortest time in which an order can end, in seconds.
        life_s: i64,
        /// How long before that we stop trusting it, in seconds.
        margin_s: i64,
    },
    /// For ever.
    Forever,
}

/// How an order is found again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Lookup {
    /// Exact: one request by our reference.
    ByReference {
        /// Whether its documents say that it shows orders that have ended.
        sees_ended: bool,
    },
    /// Exact: pages are read, and the reference stands in each row.
    ScanForReference,
    /// Never exact: pages are read for rows that look like ours.
    ScanForLookalike,
    /// There is none.
    None,
}

impl Lookup {
    /// Whether it surely shows orders that have ended. No platform says so of its list. Where it is not sure, what is not
    /// found may have ended, unless the same lookup shows another that has.
    pub fn sees_ended(self) -> bool {
        match self {
            Lookup::ByReference { sees_ended } => sees_ended,
            Lookup::ScanForReference | Lookup::ScanForLookalike | Lookup::None => false,
        }
    }

    /// Whether a list of everybody's orders is read.
    pub fn is_scan(self) -> bool {
        matches!(self, Lookup::ScanForReference | Lookup::ScanForLookalike)
    }

    /// Whether a match is certain to be ours.
    pub fn is_exact(self) -> bool {
        match self {
            Lookup::ByReference { .. } | Lookup::ScanForReference => true,
            Lookup::ScanForLookalike | Lookup::None => false,
        }
    }
}

/// Times and limits. Each is an account setting; milliseconds unless the name says otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
pub struct Timings {
    /// How long one request may take in all.
    pub timeout_ms: i64,
    /// How long connecting may take.
    pub connect_timeout_ms: i64,
    /// An armed request that has not begun by then is not sent.
    pub send_before_ms: i64,
    /// Quiet: how long after an attempt ended for us it may still take effect and become visible.
    pub settle_ms: i64,
    /// First pause between lookups.
    pub lookup_interval_ms: i64,
    /// The pause doubles up to this.
    pub lookup_interval_max_ms: i64,
    /// Lookups that make a proof of absence.
    pub proof_lookups: u32,
    /// Requests at once to one account.
    pub max_in_flight: u32,
    /// Requests a minute to one account.
    pub requests_per_minute: u32,
    /// How long an order may be in doubt before a person is asked, in seconds.
    pub patience_s: i64,
}
