//! What the faces are shown: serialisable views of orders, log entries, accounts and cases.
//!
//! Field names of `OrderView` and `LogView` are fixed: scripts rely on them. Not here: commands (`api::command`).

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::saying::{Deed, Known, Next};
use crate::adapters::promise::Promised;
use crate::domain::order::Field;
use crate::domain::{
    BoundBy, Broken, DedupContract, LogKind, Money, OrderNo, Platform, RemoteOrder, Seq, Settings, State,
};

/// One order, as `--json` prints it and the window lists it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct OrderView {
    /// The merchant's number.
    pub order_no: OrderNo,
    /// The account's name.
    pub account: String,
    /// The account's platform.
    pub platform: Platform,
    /// Whether the account is a test account.
    pub test: bool,
    /// Where the order stands.
    pub state: State,
    /// The reference of its latest dispatch.
    pub reference: Option<String>,
    /// The platform order bound to it.
    pub platform_order_id: Option<String>,
    /// The platform's own status, when last seen.
    pub platform_status: Option<String>,
    /// How it was bound.
    pub bound_by: Option<BoundBy>,
    /// How many dispatches it has had; 0 for one never dispatched.
    pub generation: u32,
    /// Armings not known to have been not sent, over all generations.
    pub attempts: u32,
    /// Lookups, over all generations.
    pub lookups: u32,
    /// The look-alike that must be settled first.
    pub waits_for: Option<OrderNo>,
    /// Why it was refused, is in review, or waits.
    pub reason: Option<String>,
    /// Whom it goes to.
    pub recipient: String,
    /// What the platform charges.
    pub fee: Option<Money>,
    /// Where the customer can follow it.
    pub tracking_url: Option<String>,
    /// RFC 3339, UTC.
    pub created_at: String,
    /// RFC 3339, UTC; absent while unsettled.
    pub settled_at: Option<String>,
    /// What it is, or where it goes.
    pub what: String,
    /// Whether the platform has ended the bound order (delivered, cancelled there, failed).
    pub platform_ended: bool,
    /// A cancel was asked for and has not ended.
    pub cancel_asked: bool,
    /// Since when it stands where it stands. RFC 3339, UTC.
    pub since: String,
    /// When Docket does something about it next. RFC 3339, UTC.
    pub next_at: Option<String>,
    /// Raised by every change; lets a list know what moved.
    pub version: i64,
}

/// Everything the panel shows of one order.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct OrderDetail {
    /// The order.
    pub order: OrderView,
    /// Its fields by form name.
    pub fields: std::collections::BTreeMap<String, String>,
    /// What is known, in English: never vaguer than the ledger, and never bolder.
    pub known: String,
    /// The same for a face with a language of its own.
    pub facts: Vec<Known>,
    /// What happens next and by when, in English. Empty when nothing will.
    pub next: String,
    /// The same for a face with a language of its own.
    pub steps: Vec<Next>,
    /// What can be done now, and what cannot, with the reason.
    pub actions: Vec<ActionView>,
    /// Its log, oldest first.
    pub timeline: Vec<LogView>,
    /// The exact request, without secrets, when one was frozen.
    pub request: Option<Value>,
    /// Candidates for a person to choose from.
    pub candidates: Vec<RemoteOrder>,
    /// How many orders wait behind this one.
    pub waiting_behind: u32,
    /// How many slips of it were asked for. One that is printed now is a copy where there is any.
    pub slips: u32,
    /// How it stands with its delivered codes; absent where there are none. Never a code, nor a part of one.
    pub codes: Option<CodesView>,
}

/// How an order stands with its delivered codes. Counted, and no more: the last letters of a code would have to stand
/// somewhere unsealed, and of a short code they are too much.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
pub struct CodesView {
    /// Codes that are stored, sealed.
    pub count: u32,
    /// Codes are at the platform and not here yet: the key store could not be used, or they were not shown.
    pub due: bool,
}

/// One thing a person may want to do with an order.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct ActionView {
    /// Which.
    pub action: Action,
    /// Whether it can be done now.
    pub enabled: bool,
    /// Why not, when it cannot.
    pub why_not: Option<Deed>,
    /// A warning to show before it is done.
    pub warning: Option<Deed>,
}

/// The things a person may want to do with an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// Dispatch it.
    Dispatch,
    /// Dispatch it once more after it was cancelled or ended.
    DispatchAgain,
    /// Take it back before anything was sent.
    Withdraw,
    /// Change its fields.
    Edit,
    /// Delete it.
    Delete,
    /// Cancel it on the platform.
    Cancel,
    /// Look again.
    LookAgain,
    /// A platform order is ours.
    Adopt,
    /// None exists: send.
    Release,
    /// Leave it.
    Close,
}

/// One entry of the reconciliation log.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct LogView {
    /// Its place in the log.
    pub seq: Seq,
    /// RFC 3339, UTC.
    pub at: String,
    /// The order it is about; absent for an account's own entries.
    pub order_no: Option<OrderNo>,
    /// The account's name.
    pub account: Option<String>,
    /// The dispatch's number among the order's; 0 before any.
    pub generation: u32,
    /// The dispatch's reference.
    pub reference: Option<String>,
    /// What it tells.
    pub kind: LogKind,
    /// The facts.
    pub detail: Value,
    /// Evidence that may hold personal data; absent when there is none or it was erased.
    pub evidence: Option<Value>,
    /// Its hash, in hexadecimal.
    pub hash: String,
}

/// One account.
#[derive(Clone, Debug, PartialEq, Serialize, specta::Type)]
pub struct AccountView {
    /// Its name.
    pub name: String,
    /// Its platform.
    pub platform: Platform,
    /// Test or live.
    pub test: bool,
    /// Scheme, host and port.
    pub base_url: String,
    /// Whether it is one of the practice accounts that the app serves itself.
    pub practice: bool,
    /// Platform, mode and merchant.
    pub identity: String,
    /// Settings that differ from the defaults.
    pub settings: Settings,
    /// The contract with those settings; absent where this version has no adapter for the platform.
    pub contract: Option<DedupContract>,
    /// What that means for a merchant, in sentences.
    pub promise: Option<Promised>,
    /// Where its secrets are: `keystore` or a file's path.
    pub secrets: String,
    /// Why it is paused, when it is.
    pub paused: Option<String>,
    /// What to do about that, where the platform's code tells.
    pub remedy: Vec<Known>,
    /// Why nothing is sent for it, and what to do: the ledger does not know all of its past.
    pub shut: Option<String>,
    /// Orders by state.
    pub open: u32,
    /// Whether a live account was confirmed by a person.
    pub confirmed: bool,
}

/// An account at whose platform something may stand that the ledger does not know.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
pub struct PastView {
    /// The account's name.
    pub account: String,
    /// `rolled_back`, `replaced` or `moved`.
    pub what: String,
    /// Nothing is sent for it. Where it is not shut any more, each order is looked for before it is sent.
    pub shut: bool,
    /// Why, and what to do, in one line.
    pub why: String,
    /// What was sent after that may not be known. RFC 3339, UTC; absent where nobody can say.
    pub known_to: Option<String>,
}

/// How many orders stand where.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[expect(missing_docs, reason = "one count for each state")]
pub struct Counts {
    pub all: u32,
    pub draft: u32,
    pub queued: u32,
    pub sending: u32,
    pub in_doubt: u32,
    pub needs_review: u32,
    pub dispatched: u32,
    pub refused: u32,
    pub cancelled: u32,
    pub closed: u32,
}

/// Which orders to list.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(default)]
pub struct OrderQuery {
    /// Only these states; empty for all.
    pub states: Vec<State>,
    /// Only this account.
    pub account: Option<String>,
    /// Text in order number, recipient, reference or platform id.
    pub search: Option<String>,
    /// Only what came in at this wall time or later, in milliseconds since the epoch.
    pub since_ms: Option<i64>,
    /// Only what came in before this wall time, in milliseconds since the epoch.
    pub until_ms: Option<i64>,
    /// Sort by this.
    pub sort: OrderSort,
    /// Largest first.
    pub descending: bool,
    /// Skip so many.
    pub offset: u32,
    /// At most so many.
    pub limit: u32,
}

/// What a list is sorted by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "snake_case")]
pub enum OrderSort {
    /// In the order they came in.
    #[default]
    Created,
    /// By number.
    OrderNo,
    /// By state.
    State,
    /// By the last change.
    Changed,
}

/// A page of orders.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct OrderPage {
    /// The rows.
    pub rows: Vec<OrderView>,
    /// How many the query matches in all.
    pub total: u32,
}

/// What was settled in one hour.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
pub struct HourView {
    /// Which hour after the beginning, from 0.
    pub hour: u32,
    /// Orders that one platform order was bound to.
    pub dispatched: u32,
    /// Orders that a platform refused.
    pub refused: u32,
    /// Orders that were cancelled, or closed by a person.
    pub ended: u32,
}

/// How many orders were certain within a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
pub struct CertaintyView {
    /// Within so many milliseconds of being marked for dispatch, and not within the next smaller time; absent: it took
    /// longer than any of them.
    pub within_ms: Option<i64>,
    /// So many.
    pub orders: u32,
}

/// What was settled since a moment. An order that was dispatched again counts where its last dispatch ended.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
pub struct DayView {
    /// Hours in which something was settled, earliest first.
    pub hours: Vec<HourView>,
    /// Every step of time, shortest first, from the marking for dispatch to the end of doubt.
    pub certainty: Vec<CertaintyView>,
}

/// Which log entries to show.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(default)]
pub struct LogQuery {
    /// Only this order.
    pub order_no: Option<OrderNo>,
    /// Only this account.
    pub account: Option<String>,
    /// Only these kinds; empty for all.
    pub kinds: Vec<LogKind>,
    /// From this wall time on, in milliseconds since the epoch.
    pub since_ms: Option<i64>,
    /// Only entries after this one.
    pub after: Option<Seq>,
    /// Only entries before this one (for paging back).
    pub before: Option<Seq>,
    /// Newest first.
    pub newest_first: bool,
    /// At most so many.
    pub limit: u32,
}

/// What `verify` found.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
pub struct Verification {
    /// Whether nothing is broken.
    pub ok: bool,
    /// Log entries read.
    pub entries: i64,
    /// Orders folded.
    pub orders: i64,
    /// What is broken, and where.
    pub broken: Vec<Broken>,
}

/// A case that waits for a person.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct CaseView {
    /// The order.
    pub order: OrderView,
    /// What is known, in English.
    pub known: String,
    /// The same for a face with a language of its own.
    pub facts: Vec<Known>,
    /// What the platform showed that may be ours.
    pub candidates: Vec<RemoteOrder>,
    /// How many orders wait behind it.
    pub waiting_behind: u32,
    /// A warning that a release must be shown with: the platform has proven that something of ours exists.
    pub presence: Option<String>,
}

/// A platform that has an adapter.
#[derive(Clone, Debug, PartialEq, Serialize, specta::Type)]
pub struct PlatformView {
    /// Its code.
    pub platform: Platform,
    /// The name a merchant knows.
    pub title: String,
    /// Its form.
    pub form: Vec<Field>,
    /// What its secrets object holds.
    pub secret_names: Vec<String>,
    /// What it may hold besides.
    pub optional_secret_names: Vec<String>,
    /// The merchant's own id among them, where it is one: the account is known by it, and it is not asked for twice.
    pub merchant_member: Option<String>,
    /// What it promises about duplicates, with the default times and limits.
    pub contract: DedupContract,
    /// Whether it tells a price before an order is placed.
    pub quotes: bool,
    /// Fields of the form that are chosen from a list of the platform's.
    pub chosen: Vec<String>,
    /// What that means for a merchant, in sentences.
    pub promise: Promised,
}
