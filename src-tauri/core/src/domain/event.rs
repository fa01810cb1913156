//! Input and output of the state machine.

use serde::{Deserialize, Serialize};

use super::dispatch::{AttemptEnd, BoundBy, Progress};
use super::id::{OrderNo, RemoteId};
use super::log::LogDraft;
use super::remote::{CancelReply, LookupOutcome, Observed, RemoteOrder};
use super::state::State;
use super::time::Stamp;

/// What happened to a dispatch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// Its time came round, or something it waited for may have changed.
    Due {
        /// A look-alike that holds its fingerprint, and whether that one waits for a person.
        held_by: Option<OrderNo>,
    },
    /// It was found in the ledger at a start of the program.
    Recovered,
    /// Attempt `n` ended for us.
    AttemptEnded {
        /// Which.
        n: u32,
        /// How.
        observed: Observed,
    },
    /// A lookup is about to begin: its first request may leave once this is on disk.
    LookupBegan,
    /// A lookup ended.
    LookedUp(LookupOutcome),
    /// Somebody asked for it to be cancelled.
    CancelAsked,
    /// A cancel request ended.
    CancelEnded(CancelReply),
    /// Somebody took it back before anything was sent.
    Withdrawn,
    /// An earlier dispatch of its order, which was given up, has been found at the platform.
    ElderFound,
    /// A person decided, after the lookup that the decision repeats.
    Decided {
        /// What.
        decision: PersonDecision,
        /// Why, in the person's words.
        reason: Option<String>,
        /// The lookup made just before; `None` where the platform has none.
        lookup: Option<LookupOutcome>,
    },
    /// The platform's view of the bound order.
    StatusSeen(RemoteOrder),
}

impl Event {
    /// A word for messages and tests.
    pub fn word(&self) -> &'static str {
        match self {
            Event::Due { .. } => "due",
            Event::Recovered => "recovered",
            Event::AttemptEnded { .. } => "attempt ended",
            Event::LookupBegan => "lookup began",
            Event::LookedUp(_) => "looked up",
            Event::CancelAsked => "cancel asked",
            Event::CancelEnded(_) => "cancel ended",
            Event::Withdrawn => "withdrawn",
            Event::ElderFound => "elder found",
            Event::Decided { .. } => "decided",
            Event::StatusSeen(_) => "status seen",
        }
    }
}

/// A person's decision on a case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "snake_case", tag = "decision")]
pub enum PersonDecision {
    /// This platform order is ours.
    Adopt {
        /// Which.
        remote: RemoteId,
    },
    /// None exists: send.
    Release,
    /// Leave it.
    Close,
}

/// The evidence of a case, as a face has shown it to the person who decides.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
pub struct Shown {
    /// The platform orders that may be ours.
    pub candidates: Vec<RemoteId>,
    /// Whether it warned that the platform has something of ours.
    pub presence: bool,
}

impl Shown {
    /// Whether the case holds evidence beyond it.
    pub fn is_less_than(&self, progress: &Progress) -> bool {
        let unseen = progress.candidates.iter().any(|candidate| !self.candidates.contains(&candidate.id));
        unseen || (progress.presence.is_some() && !self.presence)
    }
}

/// What to do next: the change to commit, what to tell the log, and at most one thing to do after the commit.
#[derive(Clone, Debug, PartialEq)]
pub struct Decision {
    /// What changes. Committed with the log entries in one transaction.
    pub change: Change,
    /// What the log says, in order. The last one's state is the change's state.
    pub log: Vec<LogDraft>,
    /// What to do once that is on disk.
    pub effect: Effect,
}

/// What changes in a dispatch.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// The state after it.
    pub state: State,
    /// The progress after it.
    pub progress: Progress,
    /// The platform order that is ours from now on.
    pub bind: Option<(RemoteId, BoundBy)>,
    /// The platform's view of the bound order.
    pub remote: Option<RemoteOrder>,
    /// The end of an attempt.
    pub end: Option<(u32, AttemptEnd)>,
    /// Attempts whose quiet time counts anew from this moment, because the machine restarted.
    pub quiet_anew: Option<Stamp>,
}

/// What to do after the commit. Nothing else leaves the machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Nothing until `progress.next_at`, or until somebody acts.
    Wait,
    /// Arm the next attempt, and send it. Arming is a commit of its own.
    Arm,
    /// Look it up.
    LookUp,
    /// Cancel the bound order.
    Cancel(RemoteId),
    /// Read the bound order's status.
    Track(RemoteId),
    /// Reserve a new generation of the order, in the same transaction as the change.
    NewGeneration,
    /// The account's credential was refused: pause it.
    PauseAccount {
        /// The platform's code.
        code: String,
    },
    /// The account is limited: nothing to it for a while.
    DeferAccount {
        /// Milliseconds, where somebody said for how long. Else it is for the account to grow its pauses: what one order
        /// knows is too little, each of a thousand would begin anew.
        ms: Option<i64>,
    },
}

/// An event that this state does not take, with the reason for a person.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{why}")]
pub struct NotAllowed {
    /// The state it was in.
    pub state: State,
    /// What was wanted, in a word.
    pub wanted: &'static str,
    /// Why not, and what to do instead.
    pub why: String,
}
