//! The reconciliation log: kinds of entries, drafts of them, and the fold that turns entries into a state.
//!
//! Not here: the hash chain and its storage, which are the ledger's.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::state::State;

/// What a log entry tells. Each is fixed by the terminal program's contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "snake_case")]
pub enum LogKind {
    /// An order came in.
    Imported,
    /// Its fields were changed.
    Edited,
    /// It was deleted before anything was bound.
    Deleted,
    /// Queued, nothing sent: taken back.
    Withdrawn,
    /// A dispatch was written down with its reference and exact request.
    Reserved,
    /// An attempt was armed: from here on a request may have left.
    SendStarted,
    /// An attempt ended for us, with its class.
    SendFinished,
    /// A lookup began.
    LookupStarted,
    /// A lookup ended, with what it showed.
    LookupFinished,
    /// One platform order is ours.
    Bound,
    /// The platform said no before executing.
    Refused,
    /// Absence is proven; the entry holds the proof.
    ProvenAbsent,
    /// A person is asked.
    ReviewAsked,
    /// A person decided.
    ReviewDecided,
    /// The platform's own status changed.
    StatusChanged,
    /// A cancel was asked for.
    CancelAsked,
    /// A cancel ended.
    CancelFinished,
    /// An account paused.
    Paused,
    /// Something that must not happen was seen, such as a second platform order.
    Incident,
    /// Work was found in flight at start.
    Recovered,
    /// A probe of an account: what it sends on purpose, before it leaves, what came back, and what it found.
    Probed,
    /// Somebody asked to see delivered codes. Written before any of them was shown.
    Revealed,
    /// A slip of an order was asked for. Written before it was printed: whatever is printed later is a copy.
    Printed,
}

impl LogKind {
    /// Every kind.
    pub const ALL: [LogKind; 23] = [
        LogKind::Imported,
        LogKind::Edited,
        LogKind::Deleted,
        LogKind::Withdrawn,
        LogKind::Reserved,
        LogKind::SendStarted,
        LogKind::SendFinished,
        LogKind::LookupStarted,
        LogKind::LookupFinished,
        LogKind::Bound,
        LogKind::Refused,
        LogKind::ProvenAbsent,
        LogKind::ReviewAsked,
        LogKind::ReviewDecided,
        LogKind::StatusChanged,
        LogKind::CancelAsked,
        LogKind::CancelFinished,
        LogKind::Paused,
        LogKind::Incident,
        LogKind::Recovered,
        LogKind::Probed,
        LogKind::Revealed,
        LogKind::Printed,
    ];

    /// The word in the ledger and in JSON.
    pub fn code(self) -> &'static str {
        match self {
            LogKind::Imported => "imported",
            LogKind::Edited => "edited",
            LogKind::Deleted => "deleted",
            LogKind::Withdrawn => "withdrawn",
            LogKind::Reserved => "reserved",
            LogKind::SendStarted => "send_started",
            LogKind::SendFinished => "send_finished",
            LogKind::LookupStarted => "lookup_started",
            LogKind::LookupFinished => "lookup_finished",
            LogKind::Bound => "bound",
            LogKind::Refused => "refused",
            LogKind::ProvenAbsent => "proven_absent",
            LogKind::ReviewAsked => "review_asked",
            LogKind::ReviewDecided => "review_decided",
            LogKind::StatusChanged => "status_changed",
            LogKind::CancelAsked => "cancel_asked",
            LogKind::CancelFinished => "cancel_finished",
            LogKind::Paused => "paused",
            LogKind::Incident => "incident",
            LogKind::Recovered => "recovered",
            LogKind::Probed => "probed",
            LogKind::Revealed => "revealed",
            LogKind::Printed => "printed",
        }
    }

    /// The kind with that word.
    pub fn from_code(code: &str) -> Option<LogKind> {
        LogKind::ALL.into_iter().find(|k| k.code() == code)
    }
}

/// An entry before the ledger gives it a number, a time and a hash.
#[derive(Clone, Debug, PartialEq)]
pub struct LogDraft {
    /// What it tells.
    pub kind: LogKind,
    /// The order's state after it. The ledger writes it into the detail as `state`.
    pub state: State,
    /// Facts without personal data. A JSON object; it is hashed.
    pub detail: Value,
    /// What may hold personal data (a platform's own words, an answer's body). Only a salted digest of it is hashed,
    /// so that it can be erased later without breaking the chain.
    pub private: Option<Value>,
}

impl LogDraft {
    /// An entry with a detail and nothing private.
    pub fn new(kind: LogKind, state: State, detail: Value) -> LogDraft {
        LogDraft { kind, state, detail, private: None }
    }

    /// The same entry with private evidence.
    pub fn with_private(mut self, private: Value) -> LogDraft {
        self.private = Some(private);
        self
    }
}

/// An entry that its order's earlier entries do not allow.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("entry {place}: {} cannot lead from {from} to {to}", kind.code())]
pub struct IllegalEntry {
    /// Place among the order's entries, from 0.
    pub place: usize,
    /// The entry's kind.
    pub kind: LogKind,
    /// State before.
    pub from: State,
    /// State it claims.
    pub to: State,
}

/// The state an order's log comes to: a fold over (kind, state after) in log order.
pub fn fold(entries: impl IntoIterator<Item = (LogKind, State)>) -> Result<State, IllegalEntry> {
    let mut state = State::Draft;
    for (place, (kind, to)) in entries.into_iter().enumerate() {
        if !state.may_become(kind, to) {
            return Err(IllegalEntry { place, kind, from: state, to });
        }
        state = to;
    }
    Ok(state)
}
