//! The state of an order, and which log entry may lead from one to the next.
//!
//! Not here: why a step is taken. `decide` says that; this table is what the log is folded against.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::log::LogKind;

/// Where an order stands. One of these, always; never a silent maybe.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Imported or written, not marked for dispatch.
    Draft,
    /// Marked; reference and exact request are on disk; nothing was sent.
    Queued,
    /// Armed: a request may have left.
    Sending,
    /// A request left and its outcome is unknown.
    InDoubt,
    /// No proof either way can be had; a person decides.
    NeedsReview,
    /// Exactly one platform order is bound to it.
    Dispatched,
    /// The platform said no, before executing.
    Refused,
    /// Cancelled on the platform, or proven absent after a cancel.
    Cancelled,
    /// A person closed it.
    Closed,
}

impl State {
    /// Every state.
    pub const ALL: [State; 9] = [
        State::Draft,
        State::Queued,
        State::Sending,
        State::InDoubt,
        State::NeedsReview,
        State::Dispatched,
        State::Refused,
        State::Cancelled,
        State::Closed,
    ];

    /// The word in the ledger and in JSON.
    pub fn code(self) -> &'static str {
        match self {
            State::Draft => "draft",
            State::Queued => "queued",
            State::Sending => "sending",
            State::InDoubt => "in_doubt",
            State::NeedsReview => "needs_review",
            State::Dispatched => "dispatched",
            State::Refused => "refused",
            State::Cancelled => "cancelled",
            State::Closed => "closed",
        }
    }

    /// The state with that word.
    pub fn from_code(code: &str) -> Option<State> {
        State::ALL.into_iter().find(|s| s.code() == code)
    }

    /// Open: not settled, work is under way.
    pub fn is_open(self) -> bool {
        matches!(self, State::Queued | State::Sending | State::InDoubt)
    }

    /// Whether a dispatch in this state holds its order: no second dispatch of it may exist beside.
    pub fn holds_order(self) -> bool {
        match self {
            State::Queued
            | State::Sending
            | State::InDoubt
            | State::NeedsReview
            | State::Dispatched
            | State::Closed => true,
            State::Draft | State::Refused | State::Cancelled => false,
        }
    }

    /// Whether a dispatch in this state holds its fingerprint: no look-alike may be armed beside it.
    pub fn holds_fingerprint(self) -> bool {
        match self {
            State::Sending | State::InDoubt | State::NeedsReview => true,
            State::Draft | State::Queued | State::Dispatched | State::Refused | State::Cancelled | State::Closed => {
                false
            }
        }
    }

    /// Whether the order's fields may be changed.
    pub fn may_edit(self) -> bool {
        matches!(self, State::Draft | State::Refused | State::Cancelled)
    }

    /// Whether the order may be deleted.
    pub fn may_delete(self) -> bool {
        matches!(self, State::Draft | State::Refused)
    }

    /// The states a log entry of `kind` may lead to from this one. An entry that leads nowhere names its own state.
    pub fn may_become(self, kind: LogKind, next: State) -> bool {
        use LogKind as K;
        use State as S;
        match kind {
            K::Imported => self == S::Draft && next == S::Draft,
            K::Edited => self.may_edit() && next == self,
            K::Deleted => self.may_delete() && next == self,
            // Back to dispatched: an ended order whose re-dispatch was never armed. Back to a person: one that was released.
            K::Withdrawn => {
                self == S::Queued && (next.may_edit() || matches!(next, S::Dispatched | S::NeedsReview | S::Closed))
            }
            K::Reserved => match self {
                S::Draft | S::Refused | S::Cancelled => next == S::Queued,
                // A new generation: explicit re-dispatch, proven absence, or a person's release.
                S::Dispatched | S::InDoubt | S::NeedsReview | S::Closed => next == S::Queued,
                S::Queued | S::Sending => false,
            },
            K::SendStarted => next == S::Sending && matches!(self, S::Queued | S::InDoubt | S::NeedsReview | S::Closed),
            K::SendFinished => {
                // A late answer is recorded in whatever state the order has reached by then.
                next == self || (self == S::Sending && matches!(next, S::Queued | S::InDoubt))
            }
            K::LookupStarted
            | K::LookupFinished
            | K::StatusChanged
            | K::CancelAsked
            | K::Paused
            | K::Incident
            | K::Revealed
            | K::Printed => next == self,
            // An account's entry: no order's state follows from it.
            K::Probed => next == self,
            K::Bound => next == S::Dispatched && matches!(self, S::Sending | S::InDoubt | S::NeedsReview | S::Closed),
            K::Refused => next == S::Refused && matches!(self, S::Sending | S::InDoubt),
            K::ProvenAbsent => self == S::InDoubt && matches!(next, S::InDoubt | S::Refused | S::Cancelled),
            K::ReviewAsked => next == S::NeedsReview && matches!(self, S::Sending | S::InDoubt),
            K::ReviewDecided => match self {
                S::NeedsReview => matches!(next, S::NeedsReview | S::Closed),
                S::Closed => next == S::Closed,
                S::Draft | S::Queued | S::Sending | S::InDoubt | S::Dispatched | S::Refused | S::Cancelled => false,
            },
            K::CancelFinished => next == self || (self == S::Dispatched && next == S::Cancelled),
            K::Recovered => match self {
                S::Sending => next == S::InDoubt,
                S::Queued | S::InDoubt => next == self,
                S::Draft | S::NeedsReview | S::Dispatched | S::Refused | S::Cancelled | S::Closed => next == self,
            },
        }
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}
