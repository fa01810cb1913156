//! The words of Docket as types: ids, state, contract, dispatch, log entries, events and decisions.
//!
//! Pure: no I/O, clock or randomness reaches this folder. What to do next is not here but in `decide`.

pub mod ask;
pub mod codes;
pub mod contract;
pub mod dispatch;
pub mod event;
pub mod http;
pub mod id;
pub mod invariant;
pub mod json;
pub mod log;
pub mod money;
pub mod order;
pub mod remote;
pub mod settings;
pub mod state;
pub mod time;
pub mod wrong;

pub use codes::{Code, DeliveredCodes, ItemCodes};
pub use contract::{DedupContract, Enforced, Fence, Lookup, StoredOutcomes, Timings};
pub use dispatch::{Attempt, AttemptEnd, AttemptOutcome, BoundBy, Dispatch, Progress};
pub use event::{Change, Decision, Effect, Event, NotAllowed, PersonDecision, Shown};
pub use id::{
    AccountId, AccountIdentity, BootId, CredentialDigest, DispatchId, Fingerprint, IdempotencyKey, OrderId, OrderNo,
    Platform, Reference, RemoteId, Seq,
};
pub use invariant::{Broken, Invariant};
pub use log::{LogDraft, LogKind};
pub use money::Money;
pub use order::{FieldError, OrderPayload};
pub use remote::{CancelReply, Control, CreateReply, LookupOutcome, Observed, RemoteOrder, Seen};
pub use settings::{OnAbsent, Rules, Settings};
pub use state::State;
pub use time::{ServerTime, Stamp};
