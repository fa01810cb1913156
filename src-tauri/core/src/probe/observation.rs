//! What came back, reduced to what a finding is made of. No personal data: it goes into the log.

use serde::{Deserialize, Serialize};

use crate::adapters::{Adapter, Sent};
use crate::domain::http::HttpResponse;
use crate::domain::{CreateReply, Fingerprint, Reference, RemoteId, RemoteOrder};

/// How an answer's body looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "snake_case")]
pub enum Body {
    /// Nothing in it.
    Empty,
    /// A JSON object.
    Json,
    /// Anything else.
    Other,
}

/// How Docket reads an answer to a create request, in a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "each is the variant of CreateReply with the same name")]
pub enum Reading {
    Created,
    Exists,
    ExistsDifferent,
    Rejected,
    Unauthorised,
    Busy,
    Unclear,
}

impl Reading {
    /// The word for a reply.
    pub fn of(reply: &CreateReply) -> Reading {
        match reply {
            CreateReply::Created(_) => Reading::Created,
            CreateReply::Exists { .. } => Reading::Exists,
            CreateReply::ExistsDifferent { .. } => Reading::ExistsDifferent,
            CreateReply::Rejected { .. } => Reading::Rejected,
            CreateReply::Unauthorised { .. } | CreateReply::TokenExpired { .. } => Reading::Unauthorised,
            CreateReply::Busy { .. } => Reading::Busy,
            CreateReply::Unclear { .. } => Reading::Unclear,
        }
    }
}

/// The answer to a deliberate repeat.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
pub struct Repeated {
    /// Status code.
    pub status: u16,
    /// How its body looks.
    pub body: Body,
    /// The platform's code, or Docket's word for it.
    pub code: Option<String>,
    /// The platform order that the answer names.
    pub names: Option<RemoteId>,
    /// Whether that is the first one.
    pub same: Option<bool>,
    /// How Docket reads it as the answer to a replay.
    pub as_replay: Reading,
    /// How Docket would read it as the answer to a first request, as after a restored ledger.
    pub as_first: Reading,
    /// A second platform order, which the repeat has made.
    pub second: Option<RemoteId>,
}

/// What one check saw.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "snake_case", tag = "seen")]
pub enum Observation {
    /// What became of the first order.
    Made {
        /// The order's state.
        state: String,
        /// By what it was bound; `None` where it is not.
        bound_by: Option<String>,
        /// What the platform said, where it was not made.
        why: Option<String>,
    },
    /// The answer to a repeat.
    Repeated(Repeated),
    /// When the lookup showed a new order.
    Lag {
        /// Milliseconds from the create's answer to the answer that showed it; `None`: not in the time waited.
        shown_after_ms: Option<i64>,
        /// Milliseconds to the last look that did not show it: how long it was hidden at least. What lies between the
        /// two may be our own slowness.
        hidden_for_ms: i64,
    },
    /// In which order the list comes.
    Order {
        /// Whether the younger of our two orders came first.
        newest_first: bool,
        /// Whether the rows' own times say so; `None` where they do not tell our orders apart.
        by_times: Option<bool>,
    },
    /// How many rows the list gives.
    Limit {
        /// Rows when one was asked for.
        of_one: u32,
        /// Rows when as many were asked for as the adapter does.
        rows: u32,
        /// Whether one of our orders was missing from them.
        missing: bool,
        /// Whether the adapter takes them for all there are.
        taken_for_all: bool,
    },
    /// How the list is read on.
    Paging {
        /// Whether the adapter's own way leads on.
        leads_on: bool,
        /// Which parameters the platform heeds.
        heeded: Vec<String>,
    },
    /// What a filter let through.
    Filtered {
        /// Rows that came back.
        rows: u32,
        /// Why they say nothing, such as a refusal.
        refused: Option<String>,
    },
    /// Whether a cancelled order is shown.
    Ended {
        /// Whether it is.
        shown: bool,
    },
    /// Whether a note came back.
    Note {
        /// Whether it did.
        echoed: bool,
    },
    /// What an order says of its mode.
    Mark {
        /// Whether it says that it is a test; `None` where it says nothing.
        test: Option<bool>,
    },
    /// The platform's clock.
    Clock {
        /// How far it is ahead of ours, in milliseconds; a second is its resolution.
        ahead_ms: i64,
    },
    /// Nothing was learnt.
    Nothing {
        /// Why.
        why: String,
    },
}

impl Observation {
    /// Nothing was learnt.
    pub fn nothing(why: impl Into<String>) -> Observation {
        Observation::Nothing { why: why.into() }
    }
}

/// The answer to a repeat of what made `first`.
pub fn repeated(
    adapter: &dyn Adapter,
    reference: &Reference,
    fingerprint: &Fingerprint,
    first: &RemoteId,
    answer: &HttpResponse,
) -> Repeated {
    let read = |replay| adapter.read_create(&Sent { reference, fingerprint, replay }, answer);
    let (as_replay, as_first) = (read(true), read(false));
    let named = |reply: &CreateReply| match reply {
        CreateReply::Created(order) => Some(order.id.clone()),
        CreateReply::Exists { pointer, .. } => pointer.clone(),
        _ => None,
    };
    let code = match &as_replay {
        CreateReply::Created(_) | CreateReply::Busy { .. } => None,
        CreateReply::Exists { why, .. } | CreateReply::ExistsDifferent { why } | CreateReply::Unclear { why, .. } => {
            Some(why.chars().take(200).collect())
        }
        CreateReply::Rejected { code, .. }
        | CreateReply::Unauthorised { code }
        | CreateReply::TokenExpired { code } => Some(code.clone()),
    };
    let body = match answer.json() {
        _ if answer.body.trim_ascii().is_empty() => Body::Empty,
        Some(value) if value.is_object() => Body::Json,
        _ => Body::Other,
    };
    let names = named(&as_replay).or_else(|| named(&as_first));
    Repeated {
        status: answer.status,
        body,
        code,
        same: names.as_ref().map(|id| id == first),
        names,
        as_replay: Reading::of(&as_replay),
        as_first: Reading::of(&as_first),
        second: None,
    }
}

/// In which order a list shows two orders, the second made after the first. `None` where it does not show both. Times
/// say nothing where they do not tell the two apart: some platforms show whole seconds.
pub fn order_of(rows: &[RemoteOrder], first: &RemoteId, second: &RemoteId) -> Option<Observation> {
    let place = |id: &RemoteId| rows.iter().position(|row| row.id == *id);
    let (older, younger) = (place(first)?, place(second)?);
    let apart = rows[older].created_ms.zip(rows[younger].created_ms).is_some_and(|(a, b)| a != b);
    let timed = apart && rows.iter().all(|row| row.created_ms.is_some());
    let by_times = timed.then(|| crate::domain::remote::newest_first(rows));
    Some(Observation::Order { newest_first: younger < older, by_times })
}
