//! Faults: what goes wrong with single requests, by plan or on demand.
//!
//! A plan is a JSON file:
//!
//! ```json
//! {"seed": 7, "rate": 0.33,
//!  "kinds": ["lose_response", "lose_request", "half_body", "late_commit", "error_500_after", "list_lag"],
//!  "platforms": ["pathao"], "applies_to": "create", "late_ms": [200, 2000], "slow_ms": [100, 1500],
//!  "switches": {"pathao": {"stored_failures": true, "list_lag_ms": 500}}}
//! ```
//!
//! `kinds` says which faults may strike (all but `hold`, `doubled`, `stranger_twin` and `unreachable` when it is left
//! out), `platforms` where (everywhere when left out), `applies_to` which requests: `create` (when left out), `lookup`
//! (every GET) or `all`. `rate` is the share of requests struck, 0 to 1. `late_ms` bounds the delay of `late_commit`
//! and `list_lag` and the length of `unreachable`, `slow_ms` the delay of `slow`. `switches` are set when the plan
//! comes into force, by platform and name, and stay when it goes.
//!
//! Whether a request is struck, by what and for how long is a pure function of the seed, the platform, what was
//! ordered (not the reference, which differs from file to file) and how often the same was asked before. So a plan
//! replays: the same orders in the same files of orders meet the same faults, in whatever order they are sent.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{PracticePlatform, Switches, order::hash};

/// What can go wrong with one request. "Carried out" means that a create has made its order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "snake_case")]
pub enum FaultKind {
    /// Carried out; the connection is closed without an answer.
    LoseResponse,
    /// Not carried out; the connection is closed without an answer.
    LoseRequest,
    /// Carried out; the answer breaks off in the middle of its body.
    HalfBody,
    /// Carried out; the answer's head comes, and then the connection is closed: its body never comes.
    HeadersOnly,
    /// The connection is closed at once; the request is carried out later.
    LateCommit,
    /// Not carried out; the platform's own 500.
    #[serde(rename = "error_500_before")]
    Error500Before,
    /// Carried out; the platform's own 500.
    #[serde(rename = "error_500_after")]
    Error500After,
    /// Not carried out; a proxy's 502 page.
    BadGatewayBefore,
    /// Carried out; a proxy's 502 page.
    BadGatewayAfter,
    /// Carried out; a proxy's 504 page.
    GatewayTimeoutAfter,
    /// Not carried out; a proxy's 503 page.
    UnavailableBefore,
    /// Carried out; 408 with an empty body.
    RequestTimeoutAfter,
    /// Carried out; the answer comes late.
    Slow,
    /// Not carried out; 429 with Retry-After.
    RateLimited,
    /// Not carried out; a captive portal's page with status 200.
    HtmlPage,
    /// Not carried out; 307 to another host.
    Redirect,
    /// Carried out; success with `{}`, so without an id. What is no success is answered as it is.
    EmptySuccess,
    /// Carried out; success with a body that is not JSON.
    GarbledAfter,
    /// Carried out, the answer is lost, and lists leave the order out for a while.
    ListLag,
    /// Carried out; the answer is held back until it is released or the client leaves.
    Hold,
    /// Carried out twice, as by a middle box; the second answer comes back.
    Doubled,
    /// Carried out, the answer is lost, and at the same moment a stranger orders the same.
    StrangerTwin,
    /// Not carried out; the network goes away for a while: every connection is closed, and whoever connects meets
    /// silence. All platforms share one address, so it is gone for all, and the control face with them.
    Unreachable,
}

impl FaultKind {
    /// What a plan draws from when it names no kinds.
    pub const USUAL: [Self; 19] = [
        Self::LoseResponse,
        Self::LoseRequest,
        Self::HalfBody,
        Self::HeadersOnly,
        Self::LateCommit,
        Self::Error500Before,
        Self::Error500After,
        Self::BadGatewayBefore,
        Self::BadGatewayAfter,
        Self::GatewayTimeoutAfter,
        Self::UnavailableBefore,
        Self::RequestTimeoutAfter,
        Self::Slow,
        Self::RateLimited,
        Self::HtmlPage,
        Self::Redirect,
        Self::EmptySuccess,
        Self::GarbledAfter,
        Self::ListLag,
    ];
}

/// Which requests a fault may strike.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "snake_case")]
pub enum AppliesTo {
    /// Requests that create an order.
    #[default]
    Create,
    /// Requests that only read.
    Lookup,
    /// Every request.
    All,
}

/// What a request is, as far as faults care.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scope {
    Create,
    Lookup,
    Other,
}

impl AppliesTo {
    pub(crate) fn covers(self, scope: Scope) -> bool {
        match self {
            Self::Create => scope == Scope::Create,
            Self::Lookup => scope == Scope::Lookup,
            Self::All => true,
        }
    }
}

/// A fault that strikes the next requests it applies to, then is gone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(deny_unknown_fields)]
pub struct OneShot {
    /// Where; anywhere when absent.
    #[serde(default)]
    pub platform: Option<PracticePlatform>,
    /// What.
    pub kind: FaultKind,
    /// For `late_commit`, `list_lag`, `slow` and `unreachable`: how long, in milliseconds; 5000 when absent. For
    /// `rate_limited`: Retry-After, rounded up to seconds.
    #[serde(default)]
    pub ms: Option<u32>,
    /// Which requests.
    #[serde(default)]
    pub applies_to: AppliesTo,
    /// How many of them.
    #[serde(default = "once")]
    pub times: u32,
}

fn once() -> u32 {
    1
}

impl OneShot {
    /// The next create anywhere, once.
    pub fn next(kind: FaultKind) -> Self {
        Self { platform: None, kind, ms: None, applies_to: AppliesTo::Create, times: 1 }
    }

    pub(crate) fn fits(&self, platform: PracticePlatform, scope: Scope) -> bool {
        self.platform.is_none_or(|wanted| wanted == platform) && self.applies_to.covers(scope)
    }

    pub(crate) fn fault(&self) -> Fault {
        Fault { kind: self.kind, ms: self.ms.unwrap_or(5_000) }
    }
}

/// A fault about to strike: its kind and its length.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Fault {
    pub kind: FaultKind,
    pub ms: u32,
}

/// Seeded faults; see the module's head for the file format.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, specta::Type)]
#[serde(deny_unknown_fields)]
pub struct FaultPlan {
    /// Another seed, other faults. At most 2^53.
    #[specta(type = specta_typescript::Number<u64>)]
    pub seed: u64,
    /// Share of requests struck, 0 to 1.
    pub rate: f64,
    /// Which faults.
    #[serde(default = "usual")]
    pub kinds: Vec<FaultKind>,
    /// Where; everywhere when absent.
    #[serde(default)]
    pub platforms: Option<Vec<PracticePlatform>>,
    /// Which requests.
    #[serde(default)]
    pub applies_to: AppliesTo,
    /// Shortest and longest delay of `late_commit` and `list_lag` and length of `unreachable`, in milliseconds.
    #[serde(default = "late")]
    pub late_ms: [u32; 2],
    /// Shortest and longest delay of `slow`, in milliseconds.
    #[serde(default = "slow")]
    pub slow_ms: [u32; 2],
    /// Switches to set when the plan comes into force, by platform and by their names. They stay when it goes.
    #[serde(default)]
    #[specta(type = BTreeMap<PracticePlatform, BTreeMap<String, specta_typescript::Unknown>>)]
    pub switches: BTreeMap<PracticePlatform, Map<String, Value>>,
}

fn usual() -> Vec<FaultKind> {
    FaultKind::USUAL.to_vec()
}

fn late() -> [u32; 2] {
    [5_000, 120_000]
}

fn slow() -> [u32; 2] {
    [500, 5_000]
}

impl FaultPlan {
    /// Reads a plan from the text of its file.
    ///
    /// # Errors
    /// In words: what is wrong with it and where.
    pub fn parse(text: &str) -> Result<Self, String> {
        let plan: Self = serde_json::from_str(text).map_err(|error| format!("fault plan: {error}"))?;
        plan.checked()
    }

    /// This plan, if it makes sense.
    ///
    /// # Errors
    /// In words: what is wrong with it.
    pub fn checked(self) -> Result<Self, String> {
        if !(0.0..=1.0).contains(&self.rate) {
            return Err(format!("fault plan: rate is {}; give a share from 0 to 1", self.rate));
        }
        if self.kinds.is_empty() {
            return Err("fault plan: kinds is empty; name at least one, or leave it out for the usual ones".into());
        }
        for (name, [from, to]) in [("late_ms", self.late_ms), ("slow_ms", self.slow_ms)] {
            if from > to {
                return Err(format!("fault plan: {name} is [{from}, {to}]; give the shorter time first"));
            }
        }
        for (platform, change) in &self.switches {
            Switches::of(*platform).changed(change).map_err(|error| format!("fault plan: {platform}: {error}"))?;
        }
        Ok(self)
    }

    pub(crate) fn covers(&self, platform: PracticePlatform, scope: Scope) -> bool {
        self.platforms.as_ref().is_none_or(|wanted| wanted.contains(&platform)) && self.applies_to.covers(scope)
    }

    /// The fault that strikes the request with this identity when it is seen for the `seen`th time, from 0.
    pub(crate) fn draw(&self, platform: PracticePlatform, identity: &str, seen: u32) -> Option<Fault> {
        let texts = [&self.seed.to_string(), platform.name(), identity, &seen.to_string()];
        let hash = hash(&texts);
        let number = |at: usize| hash.iter().skip(at).take(4).fold(0u32, |n, byte| n << 8 | u32::from(*byte));
        if f64::from(number(0)) >= self.rate * (f64::from(u32::MAX) + 1.0) {
            return None;
        }
        let kind = *self.kinds.get(number(4) as usize % self.kinds.len().max(1))?;
        let [from, to] = if kind == FaultKind::Slow { self.slow_ms } else { self.late_ms };
        let span = u64::from(to - from) + 1;
        let ms = from + u32::try_from(u64::from(number(8)) % span).unwrap_or(0);
        Some(Fault { kind, ms })
    }
}
