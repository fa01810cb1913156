//! What comes of a command, or why it was not carried out.
//!
//! Not here: what may be asked (`command`), or any text for a terminal or a window.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::domain::ask::Choice;
use crate::domain::{FieldError, Money, OrderNo, Seq, State};
use crate::probe::ProbeReport;
use crate::sweep::SweepReport;

/// What came of a command.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "snake_case", tag = "reply")]
pub enum Reply {
    /// Done, with a sentence that says what.
    Done {
        /// What was done.
        message: String,
    },
    /// What came of each order, in the order asked.
    Orders {
        /// One line for each.
        lines: Vec<OrderLine>,
    },
    /// What an import came to.
    Imported(ImportReport),
    /// What a probe of an account found.
    Probed(ProbeReport),
    /// What comparing an account's platform with the ledger came to.
    Swept(SweepReport),
    /// It stands in the reconciliation log, on disk.
    Logged {
        /// Where.
        seq: Seq,
    },
    /// A slip stands in the reconciliation log, on disk, and may be printed.
    Slip {
        /// Where.
        seq: Seq,
        /// How many slips of this order were asked for before: from 1 on it is a copy, and has to say so.
        before: u32,
    },
    /// What a person's decision, or a lookup, came to.
    Settled {
        /// The state after it.
        state: State,
        /// What happened, and whether the answer had changed.
        message: String,
    },
    /// What an order would cost.
    Quoted(QuoteView),
    /// What a field may hold.
    Choices {
        /// Those that fit what was searched for, the first fifty.
        choices: Vec<ChoiceView>,
        /// How many fit in all, as far as the platform's list was read.
        total: u32,
    },
}

/// A platform's price for an order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
pub struct QuoteView {
    /// The merchant's number.
    pub order_no: OrderNo,
    /// The account's name.
    pub account: String,
    /// What the order would cost, as it stands.
    pub fee: Money,
    /// The platform's own id of the quote, where it has one that means anything.
    pub quote_id: Option<String>,
    /// When the platform was asked. RFC 3339, UTC.
    pub asked_at: String,
    /// Until when the platform offers it, by the platform's clock. RFC 3339, UTC; absent where it does not say.
    pub expires_at: Option<String>,
    /// For how many milliseconds more it is relied on; then it is asked for anew.
    pub good_ms: i64,
    /// When the order would be there. RFC 3339, UTC; absent where the platform does not say.
    pub arrives_at: Option<String>,
    /// How long it would take, in minutes; absent where the platform does not say.
    pub takes_min: Option<i64>,
}

/// One value that a field may hold, and what the order lacks for it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
pub struct ChoiceView {
    /// The value.
    pub choice: Choice,
    /// What the given values lack with it.
    pub lacks: Vec<FieldError>,
}

/// What came of one order.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct OrderLine {
    /// The merchant's number.
    pub order_no: OrderNo,
    /// The account's name.
    pub account: String,
    /// Whether something was done.
    pub done: bool,
    /// The state after it.
    pub state: State,
    /// What was done, or why not and since when.
    pub message: String,
    /// What is wrong, field by field, when the order cannot be built.
    pub fields: Vec<FieldError>,
    /// The other accounts that have an order of this number, when that is why nothing was done. A person who knows that
    /// they are different orders dispatches despite them.
    #[serde(default)]
    pub held_by: Vec<String>,
    /// Its state allowed what was asked for, and something else did not: a wrong field, a price, another account. An order
    /// that is open, bound, or with a person is left alone, and not turned away.
    #[serde(default)]
    pub turned_away: bool,
}

/// What an import came to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
pub struct ImportReport {
    /// New orders.
    pub imported: u32,
    /// Orders whose content was changed.
    pub updated: u32,
    /// Orders that were here already with the same content.
    pub skipped: u32,
    /// Rows that were not imported.
    pub wrong: u32,
    /// Whether it was asked to stop before the file's end. What was imported until then stays.
    #[serde(default)]
    pub stopped: bool,
    /// The wrong rows, the first ten thousand; one row may stand here once for each wrong field.
    pub wrong_rows: Vec<WrongRow>,
    /// A file beside the ledger with the wrong rows beyond those, one JSON object a line. Whoever reads it removes it;
    /// a later start does so too.
    #[serde(default)]
    pub wrong_file: Option<String>,
    /// The encoding that was found, such as `UTF-8`.
    pub encoding: String,
    /// The delimiter that was found; empty for JSON Lines.
    pub delimiter: String,
    /// The file's own columns.
    pub columns: Vec<String>,
    /// The first rows as they would be imported, for a preview.
    pub preview: Vec<PreviewRow>,
}

/// One wrong row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
pub struct WrongRow {
    /// Line in the file, from 1.
    pub line: u32,
    /// The column, or `-` for the whole row.
    pub column: String,
    /// What is wrong and what would be right.
    pub reason: String,
    /// The order number, when it could be read.
    pub order_no: Option<OrderNo>,
}

/// One row of a preview.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
pub struct PreviewRow {
    /// Line in the file.
    pub line: u32,
    /// The merchant's number.
    pub order_no: OrderNo,
    /// Its fields, normalised.
    pub fields: BTreeMap<String, String>,
    /// `new`, `updated`, `skipped` or `wrong`.
    pub verdict: String,
}

/// Why a command was not carried out. The faces switch on the code, never on the text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, specta::Type, thiserror::Error)]
#[error("{message}")]
pub struct ApiError {
    /// A closed set.
    pub code: ErrorCode,
    /// What is wrong and what to do about it, in one line.
    pub message: String,
}

/// Kinds of refusal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "snake_case")]
pub enum ErrorCode {
    /// No such order, account or file.
    NotFound,
    /// Two accounts have that number.
    Ambiguous,
    /// What was given does not fit.
    Invalid,
    /// The state does not allow it.
    NotAllowed,
    /// Another process holds the ledger and did not answer.
    Held,
    /// The ledger cannot be written, or is damaged.
    Ledger,
    /// The key store cannot be used.
    Secrets,
    /// The platform could not be asked.
    Platform,
    /// A live account that no person has confirmed.
    Unconfirmed,
}

impl ApiError {
    /// A refusal with its code and what to do.
    pub fn new(code: ErrorCode, message: impl Into<String>) -> ApiError {
        ApiError { code, message: message.into() }
    }
}
