//! What the faces (the window, `docketctl`) may ask for, in serialisable types.
//!
//! `core` is what a face holds; `holder` the side that has the lock; `run` and its neighbours carry out commands;
//! `knowing` and `coming` say what is known of an order and what comes next, in the sentences of `saying`; `words` makes the
//! other ones. Not here: rules. Every decision is `decide`'s.

mod accounts;
mod choosing;
mod codes;
mod coming;
mod command;
mod core;
mod dispatching;
mod holder;
mod importing;
mod keeping;
mod knowing;
mod pricing;
mod probing;
mod reply;
mod restoring;
mod run;
pub mod saying;
#[cfg(test)]
mod saying_tests;
mod slips;
mod sweeping;
mod tidying;
mod trying;
pub mod views;
mod waiting;
mod words;
mod writing;
mod wrong_rows;

pub use codes::{Revealed, RevealedItem};
pub use command::{Command, DispatchRequest, MaxFee, NewAccount, OrderKey, ProbeRequest, Request};
pub use core::{Core, CoreOptions, Standing};
pub use keeping::Stored;
pub use probing::ProbePlan;
pub use reply::{ApiError, ChoiceView, ErrorCode, ImportReport, OrderLine, PreviewRow, QuoteView, Reply, WrongRow};

use crate::driver::AskError;
use crate::ledger::LedgerError;
use crate::secrets::SecretError;

impl From<LedgerError> for ApiError {
    fn from(error: LedgerError) -> ApiError {
        let code = match &error {
            LedgerError::Held { .. } => ErrorCode::Held,
            LedgerError::NotFound { .. } => ErrorCode::NotFound,
            LedgerError::Stale { .. }
            | LedgerError::NotAllowed { .. }
            | LedgerError::OrderHeld { .. }
            | LedgerError::CommandRepeated { .. }
            | LedgerError::HeldElsewhere { .. }
            | LedgerError::RemoteIdTaken { .. }
            | LedgerError::LookalikeHeld { .. }
            | LedgerError::ReferenceTaken { .. }
            | LedgerError::Shut(_)
            | LedgerError::OpenWork { .. } => ErrorCode::NotAllowed,
            LedgerError::OrderNoTaken { .. }
            | LedgerError::NameTaken { .. }
            | LedgerError::IdentityTaken { .. }
            | LedgerError::OtherMode { .. } => ErrorCode::Invalid,
            LedgerError::Ambiguous { .. } => ErrorCode::Ambiguous,
            LedgerError::Newer { .. }
            | LedgerError::Network { .. }
            | LedgerError::ReadOnly { .. }
            | LedgerError::Full { .. }
            | LedgerError::Corrupt { .. }
            | LedgerError::Pragma { .. }
            | LedgerError::Io { .. }
            | LedgerError::Busy { .. }
            | LedgerError::Sql { .. }
            | LedgerError::Unreadable { .. }
            | LedgerError::Closed
            | LedgerError::Misuse(_) => ErrorCode::Ledger,
        };
        ApiError::new(code, error.to_string())
    }
}

impl From<AskError> for ApiError {
    fn from(error: AskError) -> ApiError {
        let code = match &error {
            AskError::Paused { .. } | AskError::Occupied { .. } => ErrorCode::NotAllowed,
            AskError::Busy { .. }
            | AskError::Unauthorised { .. }
            | AskError::TokenExpired { .. }
            | AskError::Rejected { .. }
            | AskError::Silent { .. }
            | AskError::Unclear { .. } => ErrorCode::Platform,
        };
        ApiError::new(code, error.to_string())
    }
}

impl From<SecretError> for ApiError {
    fn from(error: SecretError) -> ApiError {
        ApiError::new(ErrorCode::Secrets, error.to_string())
    }
}
