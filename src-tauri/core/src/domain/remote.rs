//! What came back from a platform, as adapters and the transport report it.
//!
//! Not here: what it means for a dispatch; `decide` says that.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::codes::DeliveredCodes;
use super::id::{Fingerprint, RemoteId};
use super::money::Money;
use super::time::Stamp;

/// An answer to a create request, in a platform's own terms.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "reply")]
pub enum CreateReply {
    /// The platform made an order, with this id.
    Created(RemoteOrder),
    /// Proof of presence: a duplicate answer, or a success without a readable id. The pointer is a hint, not a proof
    /// of ownership.
    Exists {
        /// The order the answer points at.
        pointer: Option<RemoteId>,
        /// What was answered, such as `duplicate_delivery`.
        why: String,
    },
    /// Something exists under our reference or key, and its content is not ours.
    ExistsDifferent {
        /// What differs.
        why: String,
    },
    /// Refused before executing.
    Rejected {
        /// The platform's code.
        code: String,
        /// The platform's words; may hold personal data.
        message: String,
    },
    /// 401 or 403 in the platform's own envelope: not executed.
    Unauthorised {
        /// The platform's code.
        code: String,
    },
    /// 401 to an access token that may have run out: not executed. The next request carries a fresh one. No adapter says
    /// so; the driver does, which knows how old the token was.
    TokenExpired {
        /// The platform's code.
        code: String,
    },
    /// A complete 429: not executed.
    Busy {
        /// When to come back, in milliseconds from the answer.
        retry_after_ms: Option<i64>,
    },
    /// Anything else. Nothing follows from it.
    Unclear {
        /// What it was, in a few fixed words, such as `http 502`.
        why: String,
        /// The failure's signature where the same failure may come again: status and code.
        failure: Option<String>,
    },
}

/// How an attempt ended for us.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "observed")]
pub enum Observed {
    /// No application byte left.
    NotSent {
        /// Such as `connection refused`.
        why: String,
    },
    /// A complete answer, read by the adapter.
    Answered {
        /// Status code.
        status: u16,
        /// What the adapter read.
        reply: CreateReply,
    },
    /// A request may have left and no complete answer came.
    Lost {
        /// Such as `timeout`.
        why: String,
    },
}

/// One order as a platform shows it in a list, a lookup or a get.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
pub struct RemoteOrder {
    /// The platform's id.
    pub id: RemoteId,
    /// Our reference, where the platform echoes it.
    pub reference: Option<String>,
    /// Digest over the echoed fields that make two orders look alike; `None` where too little is echoed to compare.
    pub fingerprint: Option<Fingerprint>,
    /// The platform's own status word.
    pub status: Option<String>,
    /// Whether that status is final. `None` where the word is unknown.
    pub ended: Option<bool>,
    /// Whether it ended well (delivered, completed). `None` while it has not ended.
    pub succeeded: Option<bool>,
    /// A quote holds an id on some platforms and is no order.
    pub quote: bool,
    /// Whether it is a test order, where the platform says. Another mode than the account's is a contradiction: the
    /// credential is not what the merchant takes it for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub test: Option<bool>,
    /// When the platform says it was created, in milliseconds since the epoch.
    pub created_ms: Option<i64>,
    /// What it costs.
    pub fee: Option<Money>,
    /// Where the customer can follow it.
    pub tracking_url: Option<String>,
    /// Who carries it.
    pub courier: Option<String>,
    /// Until when it must be paid, in milliseconds since the epoch.
    pub expires_ms: Option<i64>,
    /// What the platform shows of its content, by form field: for a person to compare with what was sent. Personal
    /// data; never hashed into the log.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub echo: BTreeMap<String, String>,
    /// The codes it delivered. Never serialised: they are stored sealed, in rows of their own.
    #[serde(skip)]
    pub codes: DeliveredCodes,
}

impl RemoteOrder {
    /// Whether its status says that it was cancelled, and not that it failed or came back: each platform's word for it has
    /// that word in it, in one spelling or the other (platforms.md; a test reads the tables).
    pub fn was_cancelled(&self) -> bool {
        self.status.as_ref().is_some_and(|status| status.to_ascii_lowercase().contains("cancel"))
    }

    /// An order of which only the id is known.
    pub fn bare(id: impl Into<String>) -> RemoteOrder {
        RemoteOrder {
            id: RemoteId(id.into()),
            reference: None,
            fingerprint: None,
            status: None,
            ended: None,
            succeeded: None,
            quote: false,
            test: None,
            created_ms: None,
            fee: None,
            tracking_url: None,
            courier: None,
            expires_ms: None,
            echo: BTreeMap::new(),
            codes: DeliveredCodes::default(),
        }
    }
}

/// Longer texts of a platform are cut: it may say a lot, and what it says is kept for ever.
const TEXT_MAX: usize = 2_000;

fn cut(text: &mut String) {
    text.truncate(text.floor_char_boundary(TEXT_MAX));
}

impl RemoteOrder {
    /// The same with every text cut to a sane length. A reference that is cut is still not ours.
    pub fn bounded(mut self) -> RemoteOrder {
        let texts = [&mut self.reference, &mut self.status, &mut self.tracking_url, &mut self.courier];
        texts.into_iter().flatten().for_each(cut);
        self
    }
}

impl CreateReply {
    /// The same with every text cut to a sane length.
    pub fn bounded(mut self) -> CreateReply {
        match &mut self {
            CreateReply::Created(order) => return CreateReply::Created(order.clone().bounded()),
            CreateReply::Rejected { code, message } => [code, message].into_iter().for_each(cut),
            CreateReply::Unauthorised { code: text }
            | CreateReply::TokenExpired { code: text }
            | CreateReply::Exists { why: text, .. }
            | CreateReply::ExistsDifferent { why: text } => cut(text),
            CreateReply::Unclear { why, failure } => {
                cut(why);
                failure.iter_mut().for_each(cut);
            }
            CreateReply::Busy { .. } => {}
        }
        self
    }
}

/// The same orders without their codes, to be shown to a person who is to choose: nobody knows yet whose they are.
pub fn without_codes(rows: &[RemoteOrder]) -> Vec<RemoteOrder> {
    let bare = |row: &RemoteOrder| RemoteOrder { codes: DeliveredCodes::default(), ..row.clone() };
    rows.iter().map(bare).collect()
}

/// Whether rows come newest first, as far as their times say. Only then does a list that was read back to a known order
/// hold everything that is newer.
pub fn newest_first(rows: &[RemoteOrder]) -> bool {
    rows.is_sorted_by(|a, b| matches!((a.created_ms, b.created_ms), (Some(a), Some(b)) if a >= b))
}

/// Whether rows come newest first, and the times of rows that share them leave little to chance. A proof of absence asks
/// for no less.
///
/// Some platforms show whole seconds, and rows of one second are in order however they stand: a list in no order at all
/// could pass for one, and hide ours. So either no two times are equal, or rows that stood anyhow would come like this less
/// than once in a thousand times. A few rows without equals are believed.
pub fn surely_newest_first(rows: &[RemoteOrder]) -> bool {
    // The chance that rows which stand anyhow come in order.
    let (mut chance, mut equals) = (1.0, 0_u32);
    for (place, row) in (1_u32..).zip(rows) {
        let before = rows.get((place as usize).wrapping_sub(2));
        equals = if before.is_some_and(|before| before.created_ms == row.created_ms) { equals + 1 } else { 1 };
        chance *= f64::from(equals) / f64::from(place);
    }
    let without_equals = rows.windows(2).all(|pair| pair[0].created_ms != pair[1].created_ms);
    newest_first(rows) && (without_equals || chance <= BY_CHANCE)
}

/// How likely rows in no order may be to look as if they were in one.
const BY_CHANCE: f64 = 0.001;

/// Whether rows that are newest first hold everything that was made after those which were there `before`: they go on to one
/// that is older. What was made in the same second as one of those may stand behind it, where the rows end.
pub fn reach_beyond(rows: &[RemoteOrder], before: impl Fn(&RemoteOrder) -> bool) -> bool {
    let newest = rows.iter().filter(|row| before(row)).filter_map(|row| row.created_ms).max();
    let last = rows.last().and_then(|row| row.created_ms);
    newest.zip(last).is_some_and(|(newest, last)| last < newest)
}

/// One page of a lookup, as an adapter reads it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Page {
    /// Well formed and authorised.
    Rows {
        /// The rows, newest first where the platform has an order.
        rows: Vec<RemoteOrder>,
        /// The request for more, where more can be had.
        next: Option<super::http::HttpRequest>,
        /// Whether this page reaches the end of what the platform has.
        to_end: bool,
    },
    /// 401 or 403 in the platform's envelope.
    Unauthorised {
        /// The platform's code.
        code: String,
    },
    /// 429.
    Busy {
        /// When to come back, in milliseconds.
        retry_after_ms: Option<i64>,
    },
    /// Error, garbage, no such route. Not absence.
    Unclear {
        /// What it was.
        why: String,
    },
}

/// An answer to a get by the platform's id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GetReply {
    /// The order.
    Shown(RemoteOrder),
    /// The platform's own "no such order".
    NotThere,
    /// 401 or 403 in the platform's envelope.
    Unauthorised {
        /// The platform's code.
        code: String,
    },
    /// 429.
    Busy {
        /// When to come back, in milliseconds.
        retry_after_ms: Option<i64>,
    },
    /// Anything else.
    Unclear {
        /// What it was.
        why: String,
    },
}

/// An answer to a cancel request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "reply")]
pub enum CancelReply {
    /// It is cancelled.
    Cancelled {
        /// What the platform charges for it all the same, where the answer says.
        fee: Option<Money>,
    },
    /// The platform will not cancel it any more.
    TooLate {
        /// The platform's code.
        code: String,
    },
    /// 401 or 403 in the platform's envelope.
    Unauthorised {
        /// The platform's code.
        code: String,
    },
    /// 429 or not sent: nothing happened, to be tried again.
    Busy {
        /// When to come back, in milliseconds.
        retry_after_ms: Option<i64>,
    },
    /// Unknown, and the platform does not show the order either.
    NotShown,
    /// Unknown: the status is read before anything else is done.
    Unclear {
        /// What it was.
        why: String,
    },
}

/// A known order that a lookup ought to show, and whether it did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Control {
    /// The known order.
    pub remote: RemoteId,
    /// When the last attempt that may have made it was armed.
    pub armed: Stamp,
    /// Whether the lookup showed just that one (by reference) or had it in its pages (scan).
    pub shown: bool,
}

/// Everything that one lookup showed, before it is judged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// Every row read, without repeats. Shared by all dispatches that one scan serves.
    pub rows: Arc<Vec<RemoteOrder>>,
    /// Whether the pages read reach the end of what the platform has.
    pub to_end: bool,
    /// The positive controls of this round.
    pub controls: Vec<Control>,
    /// Whether the same lookup showed an order that has ended, be it a stranger's: so it does not hide such.
    pub shows_ended: bool,
    /// Rows that other dispatches of the ledger own already.
    pub claimed: Vec<RemoteId>,
}

/// A lookup that ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LookupOutcome {
    /// When its first request began.
    pub began: Stamp,
    /// What it showed, or why nothing follows from it.
    pub result: Result<Seen, String>,
}

impl LookupOutcome {
    /// Adds an order that was asked for by its id; `claimed` says whether another dispatch owns it. A list that says
    /// nothing takes nothing from an order that is shown.
    pub fn show(&mut self, order: RemoteOrder, claimed: Vec<RemoteId>) {
        match &mut self.result {
            Ok(seen) => {
                if !seen.rows.iter().any(|row| row.id == order.id) {
                    Arc::make_mut(&mut seen.rows).push(order);
                }
                seen.claimed.extend(claimed);
            }
            Err(_) => {
                let (rows, controls) = (Arc::new(vec![order]), Vec::new());
                self.result = Ok(Seen { rows, to_end: false, controls, shows_ended: false, claimed });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(times: &[Option<i64>]) -> Vec<RemoteOrder> {
        let row = |(i, at): (usize, &Option<i64>)| RemoteOrder { created_ms: *at, ..RemoteOrder::bare(i.to_string()) };
        times.iter().enumerate().map(row).collect()
    }

    #[test]
    fn rows_are_surely_newest_first_only_where_their_times_say_so() {
        let times = |times: &[i64]| surely_newest_first(&rows(&times.iter().copied().map(Some).collect::<Vec<_>>()));
        assert!(times(&[]) && times(&[7]) && times(&[7, 3]) && times(&[9, 7, 3, 1]));
        assert!(!times(&[3, 7]) && !times(&[9, 7, 8]));
        // One second says nothing of the order within it, and one row before ten of them says little.
        assert!(newest_first(&rows(&[Some(5), Some(5)])));
        assert!(!times(&[5, 5]) && !times(&[5; 10]) && !times(&[6, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5]));
        // Bursts of several seconds do: 7! * 8! / 15! is less than a thousandth.
        assert!(times(&[6, 6, 6, 6, 6, 6, 6, 5, 5, 5, 5, 5, 5, 5, 5]));
        assert!(times(&[[9; 50], [8; 50]].concat()));
        assert!(!newest_first(&rows(&[None, None])) && !surely_newest_first(&rows(&[Some(9), None, Some(7)])));
    }

    #[test]
    fn rows_that_end_in_the_second_of_what_was_there_before_may_hide_one_of_it() {
        let beyond = |times: &[i64], was_there: usize| {
            let rows = rows(&times.iter().copied().map(Some).collect::<Vec<_>>());
            reach_beyond(&rows, |row| row.id.as_str() == was_there.to_string())
        };
        assert!(beyond(&[9, 7, 5, 4], 2) && beyond(&[9, 5, 5, 4], 2));
        assert!(!beyond(&[9, 7, 5], 2) && !beyond(&[9, 5, 5], 1), "ours could be the next");
        assert!(!beyond(&[9, 7], 5) && !reach_beyond(&rows(&[None, None]), |_| true));
    }

    #[test]
    fn a_text_without_end_is_cut_between_characters() {
        let long = "\u{1f980}".repeat(100_000);
        let order = RemoteOrder { status: Some(long.clone()), reference: Some(long), ..RemoteOrder::bare("del_1") };
        let order = order.bounded();
        assert_eq!(order.status.as_ref().map(String::len), Some(2_000));
        assert_eq!(order.reference, order.status);
        let rejected = CreateReply::Rejected { code: "c".repeat(5_000), message: "m".repeat(5_000) }.bounded();
        assert_eq!(rejected, CreateReply::Rejected { code: "c".repeat(2_000), message: "m".repeat(2_000) });
        let short = RemoteOrder { status: Some("pending".into()), ..RemoteOrder::bare("del_1") };
        assert_eq!(short.clone().bounded(), short);
    }
}
