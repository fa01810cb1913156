//! What a platform has, against what the ledger knows of it: doubles, orders that nobody owns, orders that are gone.
//!
//! Pure: `compare` finds, `plan` says what has to be asked. Not here: asking (`driver::sweeping`, `api::sweeping`), or
//! what follows for a dispatch. Nothing follows by itself: a find is told, and a person acts.

mod compare;
mod plan;
#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};

use crate::domain::{
    DispatchId, Fingerprint, LogDraft, LogKind, OrderId, OrderNo, Platform, Reference, RemoteId, RemoteOrder, State,
};
pub use compare::{Compared, Known, Side, absent, bare_of_owner, cancelled, compare, gone};
pub use plan::{PAGES_MAX, REQUESTS_MAX, begin, may_hide, minted};

/// How far back is looked when nobody says.
pub const USUAL_MS: i64 = 7 * 86_400_000;

/// What is wrong with one platform order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "snake_case")]
pub enum FindingKind {
    /// It bears the reference of a dispatch that is bound to another one.
    Double,
    /// It bears the reference of a dispatch that was given up, refused, withdrawn, cancelled or closed.
    GivenUp,
    /// It bears a reference that our numbering mints for one of our orders, and no such generation was ever written down.
    LostGeneration,
    /// It looks like an order of ours, and nothing is bound to it.
    PerhapsDouble,
    /// Nobody here knows it, and nobody but Docket should have made it.
    Unowned,
    /// It is bound, and the platform does not show it, not by its id either.
    Missing,
    /// It is bound, and the platform has ended it without success since it was last read.
    Cancelled,
}

impl FindingKind {
    /// The word in the log and in JSON.
    pub fn code(self) -> &'static str {
        match self {
            FindingKind::Double => "double",
            FindingKind::GivenUp => "given_up",
            FindingKind::LostGeneration => "lost_generation",
            FindingKind::PerhapsDouble => "perhaps_double",
            FindingKind::Unowned => "unowned",
            FindingKind::Missing => "missing",
            FindingKind::Cancelled => "cancelled",
        }
    }

    /// What it is. The window knows these sentences by heart (`ui/src/lib/whys.ts`).
    pub fn sentence(self) -> &'static str {
        match self {
            FindingKind::Double => "a second platform order bears the reference of an order that is bound to another",
            FindingKind::GivenUp => {
                "a platform order bears the reference of an order that has none by the word of this ledger"
            }
            FindingKind::LostGeneration => {
                "a platform order bears a reference of ours that this ledger never wrote down"
            }
            FindingKind::PerhapsDouble => "a platform order that nothing is bound to looks like an order of ours",
            FindingKind::Unowned => "a platform order was placed by somebody else, or by a ledger that was lost",
            FindingKind::Missing => "a bound order is not shown by its platform any more",
            FindingKind::Cancelled => "the platform has ended a bound order without success",
        }
    }

    /// What to do about it.
    pub fn remedy(self) -> &'static str {
        match self {
            FindingKind::Double => "cancel the second one at the platform",
            FindingKind::GivenUp => "cancel it at the platform, or adopt it if the order is closed",
            FindingKind::LostGeneration => "cancel it at the platform before the order is dispatched from this ledger",
            FindingKind::PerhapsDouble => "compare the two, and cancel the second one at the platform",
            FindingKind::Unowned => "ask who placed it",
            FindingKind::Missing => "ask the platform; not shown is not the same as cancelled",
            FindingKind::Cancelled => "dispatch the order again if it is still wanted",
        }
    }
}

/// One platform order that is not as the ledger has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
pub struct SweepFinding {
    /// What is wrong.
    pub kind: FindingKind,
    /// The account's name.
    pub account: String,
    /// The platform's order.
    pub platform_order_id: RemoteId,
    /// The merchant's number, where it is known whose it is or looks like.
    pub order_no: Option<OrderNo>,
    /// The generation it belongs to; 0 where there is none.
    pub generation: u32,
    /// The reference it bears, where the platform shows one.
    pub reference: Option<String>,
    /// The platform order that the dispatch is bound to.
    pub bound: Option<RemoteId>,
    /// Where that dispatch stands.
    pub state: Option<State>,
    /// The platform's own status word.
    pub platform_status: Option<String>,
    /// Whether the platform has ended it without success: then nothing is carried out twice.
    pub ended_there: bool,
    /// Whether a person has to act.
    pub needs_person: bool,
    /// Whether the log told of it before this run.
    pub told_before: bool,
    /// The dispatch and the order, for the log.
    #[serde(skip)]
    pub about: Option<(OrderId, DispatchId)>,
}

impl SweepFinding {
    /// What the log says of it. `None` where the log learns of it another way: a status is read as any other.
    pub fn entry(&self) -> Option<LogDraft> {
        let detail = serde_json::json!({
            "why": self.kind.sentence(), "what": "sweep", "finding": self.kind,
            "platform_order_id": self.platform_order_id, "order_no": self.order_no, "generation": self.generation,
            "reference": self.reference, "bound": self.bound, "platform_status": self.platform_status,
            "ended_there": self.ended_there,
        });
        (self.kind != FindingKind::Cancelled).then(|| LogDraft::new(LogKind::Incident, State::Draft, detail))
    }
}

/// Something that a run could not look at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "snake_case", tag = "what")]
pub enum Unseen {
    /// The account could not be asked at all.
    Unasked {
        /// Why, in a sentence.
        why: String,
    },
    /// The platform has no list.
    NoList,
    /// The reference is the platform's own id.
    OneForEachReference,
    /// Its list shows no references.
    LookalikesOnly,
    /// The list was not read back to the time asked for.
    ListShort {
        /// Rows that were read.
        rows: u32,
        /// What ended it.
        why: String,
    },
    /// References that were not asked for.
    References {
        /// How many.
        count: u32,
    },
    /// Bound orders that were not asked for by their id.
    Bound {
        /// How many.
        count: u32,
    },
    /// Only so many of the newest order numbers were tried against references that the ledger does not know.
    Numbers {
        /// How many.
        count: u32,
    },
}

impl Unseen {
    /// Whether the run stopped short. The others are what the platform cannot show to anybody.
    pub fn stopped_short(&self) -> bool {
        match self {
            Unseen::NoList | Unseen::OneForEachReference | Unseen::LookalikesOnly => false,
            Unseen::Unasked { .. }
            | Unseen::ListShort { .. }
            | Unseen::References { .. }
            | Unseen::Bound { .. }
            | Unseen::Numbers { .. } => true,
        }
    }

    /// It in a sentence, for a terminal.
    pub fn sentence(&self) -> String {
        match self {
            Unseen::Unasked { why } => format!("the account could not be asked: {why}"),
            Unseen::NoList => {
                "this platform has no list: an order under a reference that is not in this ledger cannot be found"
                    .into()
            }
            Unseen::OneForEachReference => {
                "the reference is the platform's id: a second order under the same reference would not show".into()
            }
            Unseen::LookalikesOnly => {
                "this platform shows no references: a double can only be told by what it looks like".into()
            }
            Unseen::ListShort { rows, why } => format!("the list was read for {rows} rows and no further: {why}"),
            Unseen::References { count } => format!("{count} references were not asked for"),
            Unseen::Bound { count } => format!("{count} bound orders were not asked for by their id"),
            Unseen::Numbers { count } => {
                format!("only the newest {count} order numbers were tried against references this ledger does not know")
            }
        }
    }
}

/// What one run over one account came to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
pub struct SweepReport {
    /// The account's name.
    pub account: String,
    /// Its platform.
    pub platform: Platform,
    /// From when on was looked. RFC 3339, UTC; absent where nothing was ever sent from this account.
    pub since: Option<String>,
    /// What was found.
    pub findings: Vec<SweepFinding>,
    /// What could not be looked at.
    pub unseen: Vec<Unseen>,
    /// Platform orders that were seen.
    pub seen: u32,
    /// Dispatches of the ledger that were compared with them.
    pub compared: u32,
    /// Those among the platform's orders that others placed.
    pub by_others: u32,
    /// Those among them that belong to what is still in doubt or with a person: their case is open already.
    pub in_hand: u32,
    /// Requests it took.
    pub requests: u32,
}

impl SweepReport {
    /// Whether everything was looked at that the platform can show.
    pub fn is_whole(&self) -> bool {
        !self.unseen.iter().any(Unseen::stopped_short)
    }

    /// Whether a person has to act.
    pub fn needs_person(&self) -> bool {
        self.findings.iter().any(|finding| finding.needs_person)
    }
}
