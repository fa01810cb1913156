//! What the faces may ask for. Every change goes through one of these, at the holder or through its inbox.
//!
//! Not here: how it is carried out (`api`), or any text for a terminal or a window.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::domain::{FieldError, OrderNo, PersonDecision, Platform, State};

/// Names one order.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, specta::Type)]
pub struct OrderKey {
    /// The merchant's number.
    pub order_no: OrderNo,
    /// The account's name; needed when two accounts have that number.
    pub account: Option<String>,
}

/// Something to do. `Request` gives it an id.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "snake_case", tag = "command")]
pub enum Command {
    /// Adds an account. The secrets are in their store already.
    AddAccount(NewAccount),
    /// Sets settings, as `KEY=VALUE` pairs.
    SetAccount {
        /// The account's name.
        name: String,
        /// Pairs of key and value.
        set: Vec<(String, String)>,
    },
    /// New secrets stand in the store for this account.
    SetCredentials {
        /// The account's name.
        name: String,
    },
    /// Makes one harmless authenticated read.
    TestAccount {
        /// The account's name.
        name: String,
    },
    /// A person says that this live account may be used.
    ConfirmAccount {
        /// The account's name.
        name: String,
    },
    /// Removes an account; refused while work is open.
    RemoveAccount {
        /// The account's name.
        name: String,
    },
    /// Imports a file.
    Import {
        /// Absolute path.
        path: String,
        /// The account's name.
        account: String,
        /// Only look.
        dry_run: bool,
        /// Change drafts and refused orders whose content differs.
        update: bool,
        /// Column of the file by form field, where the names differ.
        mapping: BTreeMap<String, String>,
    },
    /// Changes fields of an order.
    Edit {
        /// Which.
        order: OrderKey,
        /// New values by field.
        set: BTreeMap<String, String>,
    },
    /// Deletes an order.
    Delete {
        /// Which.
        order: OrderKey,
    },
    /// Marks orders for dispatch.
    Dispatch(DispatchRequest),
    /// Takes queued orders back.
    Withdraw {
        /// Which.
        orders: Vec<OrderKey>,
    },
    /// A person decides on a case; the lookup is repeated first.
    Decide {
        /// Which.
        order: OrderKey,
        /// What.
        decision: PersonDecision,
        /// Why, in the person's words.
        reason: Option<String>,
    },
    /// Looks an order up now.
    LookAgain {
        /// Which.
        order: OrderKey,
    },
    /// Cancels an order on the platform.
    Cancel {
        /// Which.
        order: OrderKey,
    },
    /// Fetches the platform's status; empty for every bound order that has not ended.
    Track {
        /// Which.
        orders: Vec<OrderKey>,
    },
    /// Work on whatever is open.
    Reconcile,
}

/// What to mark for dispatch.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(default)]
pub struct DispatchRequest {
    /// These orders.
    pub orders: Vec<OrderKey>,
    /// Every draft, of `account` if one is named.
    pub all: bool,
    /// Limits `all`, and finds orders that two accounts have.
    pub account: Option<String>,
    /// Also those that were cancelled or that their platform ended.
    pub again: bool,
    /// Go on although these accounts hold the same number: each names one of them.
    #[serde(deserialize_with = "none_one_or_many")]
    #[specta(type = Option<Vec<String>>)]
    pub despite: Vec<String>,
}

/// A list; or, as an older Docket beside this one may have left it in the inbox, one text or nothing.
fn none_one_or_many<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Vec<String>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Given {
        One(String),
        Many(Vec<String>),
    }
    Ok(match Option::<Given>::deserialize(from)? {
        None => Vec::new(),
        Some(Given::One(name)) => vec![name],
        Some(Given::Many(names)) => names,
    })
}

/// An account to add.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
pub struct NewAccount {
    /// Its name, unique among living accounts.
    pub name: String,
    /// Its platform.
    pub platform: Platform,
    /// Test or live.
    pub test: bool,
    /// Scheme, host and port, when not the platform's own.
    pub base_url: Option<String>,
    /// Settings as pairs.
    pub set: Vec<(String, String)>,
    /// The file with its secrets, absolute; absent when they are in the key store.
    pub secrets_file: Option<String>,
    /// The merchant's id at the platform, where it is known.
    pub merchant: Option<String>,
    /// One of the practice accounts that the app serves itself.
    pub practice: bool,
    /// A person has said in so many words that a live account may be used: always so on the command line, where
    /// `--test` was left out on purpose. In the window the first use is confirmed.
    #[serde(default)]
    pub confirmed: bool,
}

/// A command with its id. The same id twice is one command.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct Request {
    /// Made by the face, once for each click.
    pub id: String,
    /// What to do.
    pub command: Command,
}

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
    /// What a person's decision, or a lookup, came to.
    Settled {
        /// The state after it.
        state: State,
        /// What happened, and whether the answer had changed.
        message: String,
    },
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
