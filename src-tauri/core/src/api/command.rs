//! What the faces may ask for. Every change goes through one of these, at the holder or through its inbox.
//!
//! Not here: how it is carried out (`api`), or any text for a terminal or a window.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::domain::{OrderNo, PersonDecision, Platform, Shown};

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
    /// Measures what the platform's pages leave open, with a few orders of its own.
    ProbeAccount(ProbeRequest),
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
    /// Writes one order by hand. It becomes a draft; a number that the account has already is refused.
    Write {
        /// The account's name.
        account: String,
        /// The merchant's number.
        order_no: String,
        /// Its fields by form name.
        values: BTreeMap<String, String>,
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
        /// What the person had before their eyes. A release is refused where the ledger has more than that by now, also
        /// when the command is carried out anew. `None`: what the ledger has when the command comes.
        #[serde(default)]
        shown: Option<Shown>,
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
    /// Writes down that somebody is about to see an order's codes. The reply never holds one: it is stored.
    Reveal {
        /// Which.
        order: OrderKey,
        /// The program that asks.
        asked_by: String,
        /// The items, as platform order and place.
        items: Vec<String>,
        /// Why, in the person's words.
        reason: Option<String>,
    },
    /// Writes down that a slip of an order is about to be printed, and says whether it is the first.
    PrintSlip {
        /// Which.
        order: OrderKey,
        /// The program that asks.
        asked_by: String,
    },
    /// Work on whatever is open.
    Reconcile,
    /// Asks the platforms what was sent in a time that the ledger does not know: of one account, or of all that are shut.
    CheckPast {
        /// The account's name.
        account: Option<String>,
    },
    /// A person says that an account may be used as its ledger has it, whatever was sent in a time that is not known.
    AcceptPast {
        /// The account's name.
        account: String,
        /// Why, in the person's words.
        reason: String,
    },
    /// Compares what an account's platform has with the ledger, both ways.
    Sweep {
        /// The account's name.
        account: String,
        /// From when on, in milliseconds since the epoch. `None`: the last seven days.
        since_ms: Option<i64>,
    },
    /// Asks what an order would cost as it stands. A question: it changes nothing, and nothing is logged.
    Quote {
        /// Which.
        order: OrderKey,
    },
    /// Asks which values a field of the form may hold at the account's platform: products, templates. A question, too.
    Choices {
        /// The account's name.
        account: String,
        /// The form field, such as `item_id`.
        field: String,
        /// Part of a name or an id; empty for all.
        search: String,
        /// The order's values as they are being written: each choice says what they lack. Empty: nothing is said.
        values: BTreeMap<String, String>,
    },
}

impl Command {
    /// Whether it only asks. A question asked twice is asked twice, so its answer is not kept under its id.
    pub(crate) fn is_question(&self) -> bool {
        matches!(self, Command::Quote { .. } | Command::Choices { .. })
    }
}

/// The most that an order may cost.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
pub struct MaxFee {
    /// In minor units.
    pub amount: i64,
    /// ISO 4217 code. `None`: in whichever currency the platform quotes.
    pub currency: Option<String>,
}

/// What to probe.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
pub struct ProbeRequest {
    /// The account's name.
    pub account: String,
    /// The run's name, made by the face: its orders bear it, and it is never carried out twice.
    pub run: String,
    /// What a person typed to accept real orders; needed on an account that is not a test account.
    pub accept: Option<String>,
    /// Fields of the example order that differ from the form's own examples.
    pub fields: Vec<(String, String)>,
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
    /// What a person has agreed that each of the named orders may cost. An order whose price is higher, or is not to be had,
    /// is not dispatched.
    pub max_fee: Option<MaxFee>,
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
