//! What the practice platforms say about themselves, and what may be asked of them, in serialisable types.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{FaultKind, FaultPlan, OneShot, PracticePlatform, Switches};

/// Everything but the orders.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct PracticeState {
    /// One for each platform served.
    pub platforms: Vec<PlatformState>,
    /// Faults that wait for a request.
    pub queue: Vec<OneShot>,
    /// The plan in force.
    pub plan: Option<FaultPlan>,
    /// Answers held back now.
    pub held: Vec<HeldAnswer>,
}

/// One platform's switches and counters. Counters of requests begin at each start.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct PlatformState {
    /// Which.
    pub platform: PracticePlatform,
    /// Its switches.
    pub switches: Switches,
    /// Orders that exist and were not placed by strangers.
    pub orders: u32,
    /// Orders that strangers placed.
    pub orders_by_strangers: u32,
    /// Requests that came in.
    pub requests: u32,
    /// Authorised create requests among them.
    pub creates: u32,
    /// Requests that came in and take effect later.
    pub waiting: u32,
    /// Faults that have struck.
    pub faults: Vec<FaultCount>,
}

/// How often a fault has struck.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
pub struct FaultCount {
    /// Which.
    pub kind: FaultKind,
    /// How often.
    pub count: u32,
}

/// An answer that is held back: its request has been carried out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
pub struct HeldAnswer {
    /// Where.
    pub platform: PracticePlatform,
    /// The request's path.
    pub path: String,
    /// Since when, on the platform's clock; milliseconds since 1970.
    #[specta(type = specta_typescript::Number<i64>)]
    pub since_ms: i64,
}

/// An order that somebody else places. With `body` it is that one; else a copy of `order_id`, or of the newest order
/// that no stranger placed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StrangerOrder {
    /// Where.
    pub platform: PracticePlatform,
    /// The order to copy.
    #[serde(default)]
    pub order_id: Option<String>,
    /// A create body of the platform's own.
    #[serde(default)]
    pub body: Option<Map<String, Value>>,
    /// The reference a copy carries.
    #[serde(default)]
    pub reference: Option<String>,
}

impl StrangerOrder {
    /// A copy of the newest order at a platform.
    pub fn copy_of_newest(platform: PracticePlatform) -> Self {
        Self { platform, order_id: None, body: None, reference: None }
    }
}
