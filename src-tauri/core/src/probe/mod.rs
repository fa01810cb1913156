//! Measuring what a platform's pages leave open, with orders of Docket's own on a test account.
//!
//! Pure: `plan` says what is made and asked, `observation` reads what came back, `findings` says what it means for the
//! adapter's descriptor. Not here: making orders and sending anything (`api::probing`, `driver::probing`).

mod findings;
pub mod observation;
pub mod plan;
#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};

use crate::domain::{OrderNo, Platform, RemoteId};
pub use findings::{Judge, judge};
pub use observation::Observation;

/// What must be typed, whole, before a probe runs on an account whose orders are real.
pub const REAL_ORDERS: &str = "I accept real orders";

/// How the numbers of a probe's orders begin. Nothing else is ever repeated on purpose.
pub const ORDER_PREFIX: &str = "PROBE-";

/// One thing that a platform's pages leave open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "snake_case")]
pub enum Check {
    /// Whether the example order is made, and its answer read.
    Create,
    /// What the same bytes under the same key or reference are answered.
    Replay,
    /// What another body under the same key or reference is answered.
    Conflict,
    /// How long after the answer the lookup shows a new order.
    LookupLag,
    /// Whether the list begins with the newest.
    ListOrder,
    /// Whether the list gives as many rows as it is asked for.
    ListLimit,
    /// Whether the list can be read on from its first page.
    Paging,
    /// Whether a reference that nobody has returns nothing.
    Filter,
    /// What becomes of a filter that the platform does not know.
    UnknownFilter,
    /// Whether the lookup shows an order that was cancelled.
    EndedShown,
    /// Whether a cancelled order sets its reference or key free.
    CancelFrees,
    /// Whether a note comes back with the order.
    NoteEcho,
    /// Whether an order says that it is a test.
    TestMark,
    /// The platform's clock against this machine's.
    Clock,
    /// How long a key is remembered, or how soon an order can end.
    FenceLife,
}

impl Check {
    /// Every check, in the order of a report.
    pub const ALL: [Check; 15] = [
        Check::Create,
        Check::Replay,
        Check::Conflict,
        Check::LookupLag,
        Check::ListOrder,
        Check::ListLimit,
        Check::Paging,
        Check::Filter,
        Check::UnknownFilter,
        Check::EndedShown,
        Check::CancelFrees,
        Check::NoteEcho,
        Check::TestMark,
        Check::Clock,
        Check::FenceLife,
    ];

    /// The word in the log and in JSON.
    pub fn code(self) -> &'static str {
        match self {
            Check::Create => "create",
            Check::Replay => "replay",
            Check::Conflict => "conflict",
            Check::LookupLag => "lookup_lag",
            Check::ListOrder => "list_order",
            Check::ListLimit => "list_limit",
            Check::Paging => "paging",
            Check::Filter => "filter",
            Check::UnknownFilter => "unknown_filter",
            Check::EndedShown => "ended_shown",
            Check::CancelFrees => "cancel_frees",
            Check::NoteEcho => "note_echo",
            Check::TestMark => "test_mark",
            Check::Clock => "clock",
            Check::FenceLife => "fence_life",
        }
    }
}

/// What a measurement means for what Docket relies on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// As the descriptor says, or it says nothing about it.
    Measured,
    /// The platform promises more than Docket relies on: no harm.
    Safer,
    /// The descriptor relies on something that is not so.
    Differs,
    /// Nothing was learnt; the finding says why.
    NotMeasured,
}

impl Verdict {
    /// The word for people.
    pub fn word(self) -> &'static str {
        match self {
            Verdict::Measured => "measured",
            Verdict::Safer => "safer",
            Verdict::Differs => "DIFFERS",
            Verdict::NotMeasured => "not measured",
        }
    }
}

/// One thing that was measured, and what it means.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
pub struct Finding {
    /// What.
    pub check: Check,
    /// What it means for the descriptor.
    pub verdict: Verdict,
    /// What was seen, or why nothing could be.
    pub measured: String,
    /// What Docket relies on, as the adapter's descriptor and the account's settings have it.
    pub relies_on: String,
    /// What to do, where something is wrong.
    pub remedy: Option<String>,
    /// The line of what Docket cannot know that this answers.
    pub answers: Option<String>,
    /// The observation itself, for programs.
    pub seen: Observation,
}

/// One order that the probe made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
pub struct ProbeOrder {
    /// Its number in the ledger; the order that a repeat made has that of the order repeated.
    pub order_no: OrderNo,
    /// The platform's order, once one is known.
    pub platform_order_id: Option<RemoteId>,
    /// Where it stands, in a word.
    pub state: String,
    /// Whether it is still there, and why it could not be cancelled.
    pub left: Option<String>,
    /// Whether a repeat made it: the ledger has no order of its own for it.
    pub second: bool,
}

/// What one run of the probe came to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
pub struct ProbeReport {
    /// The account.
    pub account: String,
    /// Its platform.
    pub platform: Platform,
    /// Whether the account is a test account.
    pub test: bool,
    /// The run's name; its orders bear it.
    pub run: String,
    /// When it ended, RFC 3339.
    pub at: String,
    /// What was found, in the order of [`Check::ALL`].
    pub findings: Vec<Finding>,
    /// What was made on the platform.
    pub orders: Vec<ProbeOrder>,
}

impl ProbeReport {
    /// The findings with something to do about: what contradicts the descriptor, and what kept the probe from measuring.
    pub fn to_mend(&self) -> impl Iterator<Item = (&Finding, &str)> {
        self.findings.iter().filter_map(|finding| Some((finding, finding.remedy.as_deref()?)))
    }
}
