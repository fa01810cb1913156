//! A dispatch and its attempts: the facts on which every decision is taken.
//!
//! Not here: the decision. A fact is only ever changed by committing a decision's `Change`.

use serde::{Deserialize, Serialize};

use super::id::{
    AccountId, CredentialDigest, DispatchId, Fingerprint, IdempotencyKey, OrderId, OrderNo, Platform, Reference,
    RemoteId,
};
use super::remote::RemoteOrder;
use super::state::State;
use super::time::Stamp;

/// One intent to have one order carried out by one platform, with everything known about it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dispatch {
    /// Its row.
    pub id: DispatchId,
    /// Its order's row.
    pub order_id: OrderId,
    /// The account it goes through.
    pub account_id: AccountId,
    /// The merchant's number.
    pub order_no: OrderNo,
    /// The account's platform.
    pub platform: Platform,
    /// Its number among the order's dispatches, from 1.
    pub generation: u32,
    /// Minted and stored before anything was sent.
    pub reference: Reference,
    /// Where the platform takes one.
    pub key: Option<IdempotencyKey>,
    /// What makes it look like another.
    pub fingerprint: Fingerprint,
    /// Where it stands.
    pub state: State,
    /// Raised by every committed change.
    pub version: i64,
    /// The state its order came from; a withdrawal leads back to it.
    pub came_from: State,
    /// Its attempts, oldest first.
    pub attempts: Vec<Attempt>,
    /// What is known beside the attempts.
    pub progress: Progress,
    /// The platform order it is bound to.
    pub remote_id: Option<RemoteId>,
    /// How it was bound.
    pub bound_by: Option<BoundBy>,
    /// The platform's view of the bound order when last seen.
    pub remote: Option<RemoteOrder>,
}

/// How a dispatch was bound to its platform order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "snake_case")]
pub enum BoundBy {
    /// The answer to the first request.
    Response,
    /// The answer to a replay.
    Replay,
    /// A duplicate answer, verified.
    Conflict,
    /// An exact lookup.
    Lookup,
    /// A look-alike scan on an exclusive account.
    Scan,
    /// A person.
    Person,
}

impl BoundBy {
    /// The word in the ledger and in JSON.
    pub fn code(self) -> &'static str {
        match self {
            BoundBy::Response => "response",
            BoundBy::Replay => "replay",
            BoundBy::Conflict => "conflict",
            BoundBy::Lookup => "lookup",
            BoundBy::Scan => "scan",
            BoundBy::Person => "person",
        }
    }

    /// The value with that word.
    pub fn from_code(code: &str) -> Option<BoundBy> {
        [BoundBy::Response, BoundBy::Replay, BoundBy::Conflict, BoundBy::Lookup, BoundBy::Scan, BoundBy::Person]
            .into_iter()
            .find(|b| b.code() == code)
    }
}

/// One HTTP create request of a dispatch, from its arming on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    /// Its number within the dispatch, from 1.
    pub n: u32,
    /// When it was armed.
    pub armed: Stamp,
    /// The platform's time at arming, by its last `Date` and boot time since, in milliseconds since the epoch.
    pub server_ms: Option<i64>,
    /// The credential it went out under.
    pub credential: CredentialDigest,
    /// Ids of the newest orders the platform had before it, where only a scan can tell.
    pub before_set: Option<Vec<RemoteId>>,
    /// How it ended for us; `None` while it is on its way.
    pub end: Option<AttemptEnd>,
}

/// How an attempt ended for us.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttemptEnd {
    /// When.
    pub at: Stamp,
    /// From when its quiet time counts. Moved to the first start after the machine restarted.
    pub quiet_from: Stamp,
    /// The class of what was observed.
    pub outcome: AttemptOutcome,
    /// The failure's signature, where the same failure may be stored and come again.
    pub failure: Option<String>,
}

/// The class of what was observed of an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "snake_case")]
pub enum AttemptOutcome {
    /// No application byte left.
    NotSent,
    /// The platform made an order and said so.
    Created,
    /// The platform said that something exists already.
    Exists,
    /// Refused before executing.
    Rejected,
    /// Not executed: the credential was refused.
    Unauthorised,
    /// Not executed: a limiter stood before the work.
    Busy,
    /// Anything else.
    Unknown,
}

impl AttemptOutcome {
    /// Whether the attempt itself may have made an order of which we do not know.
    pub fn is_unknown(self) -> bool {
        match self {
            AttemptOutcome::Unknown | AttemptOutcome::Exists => true,
            AttemptOutcome::NotSent
            | AttemptOutcome::Created
            | AttemptOutcome::Rejected
            | AttemptOutcome::Unauthorised
            | AttemptOutcome::Busy => false,
        }
    }
}

impl Attempt {
    /// Whether it may have taken effect, or still may, without our knowing.
    pub fn is_unknown(&self) -> bool {
        self.end.as_ref().is_none_or(|end| end.outcome.is_unknown())
    }

    /// Whether the platform may have begun to carry it out.
    pub fn may_have_run(&self) -> bool {
        self.end.as_ref().is_none_or(|end| match end.outcome {
            AttemptOutcome::NotSent | AttemptOutcome::Busy | AttemptOutcome::Unauthorised => false,
            AttemptOutcome::Created | AttemptOutcome::Exists | AttemptOutcome::Rejected | AttemptOutcome::Unknown => {
                true
            }
        })
    }

    /// Whether any byte of it may have reached the platform.
    pub fn may_have_left(&self) -> bool {
        self.end.as_ref().is_none_or(|end| end.outcome != AttemptOutcome::NotSent)
    }
}

/// What is known of a dispatch beside its attempts. Counters and marks; the story itself is in the log.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Progress {
    /// When it first became in doubt in this spell. Patience counts from here.
    pub in_doubt_since: Option<Stamp>,
    /// When something is due next. `None`: nothing until somebody acts, or at once while open.
    pub next_at: Option<Stamp>,
    /// Proof that the platform has something of ours, and what it was.
    pub presence: Option<Presence>,
    /// Why the fence counts as dead for the rest of this generation.
    pub fence_dead: Option<String>,
    /// The platform's refusal of the last attempt that was refused.
    pub last_rejected: Option<String>,
    /// A cancel was asked for: no replay and no new generation any more.
    pub cancel_asked: bool,
    /// A cancel request left and its outcome is unknown; once no cancel is asked for any more, it stays unknown.
    pub cancel_unclear: bool,
    /// When the cancel was first sent, in case nobody says what became of it.
    pub cancel_since: Option<Stamp>,
    /// The platform refused to cancel: its code. Or why nobody says what became of the cancel, where that is unclear.
    pub cancel_refused: Option<String>,
    /// Lookups of this generation.
    pub lookups: u32,
    /// Lookups since this start of the program.
    pub lookups_since_start: u32,
    /// Unclear lookups begun after quiet.
    pub unclear_after_quiet: u32,
    /// Pause before the next lookup.
    pub pause_ms: i64,
    /// Lookups that count towards a proof of absence.
    pub absences: Vec<Absence>,
    /// Whole scans after quiet that showed the same single candidate.
    pub sightings: Option<Sightings>,
    /// Not sent, refused by a limiter or unauthorised: how often in a row, for the back-off.
    pub deferred: u32,
    /// The look-alike that must be settled first.
    pub waits_for: Option<OrderNo>,
    /// Why it was refused, is in review, or waits; for people.
    pub reason: Option<String>,
    /// Look-alikes or matches for a person to choose from.
    pub candidates: Vec<RemoteOrder>,
    /// A person released it and said that a new generation is right; it is made when quiet is over.
    pub released: Option<Released>,
    /// How many generations `on_absent=resend` has made of this order by itself, this one included.
    pub auto_generations: u32,
    /// Later looks at a generation that was given up while an attempt was unknown: how many were done.
    pub echoes_done: u32,
    /// Such a look has found it at the platform, and no person has decided since: nothing is sent for its order.
    #[serde(default)]
    pub reappeared: bool,
}

/// Proof that the platform has something of ours.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Presence {
    /// Where the platform pointed.
    pub pointer: Option<RemoteId>,
    /// What was answered.
    pub why: String,
    /// Whether its content was seen to differ from ours.
    pub different: bool,
    /// Whether a look has shown it, and no answer to a create has said it.
    #[serde(default)]
    pub shown: bool,
}

/// One lookup that counts towards a proof of absence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Absence {
    /// When it began.
    pub began: Stamp,
    /// The known order that it did show.
    pub control: RemoteId,
    /// How many rows it read.
    pub rows: u32,
}

/// How often the same single candidate was seen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sightings {
    /// The candidate.
    pub remote: RemoteId,
    /// When the last sighting began.
    pub last: Stamp,
    /// How often.
    pub times: u32,
}

/// A person's release.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Released {
    /// The reason given.
    pub reason: Option<String>,
}

impl Dispatch {
    /// The first attempt that may have been executed. Fences count from here: what was not sent, or was turned away by
    /// a limiter or for its credential, never reached the work behind.
    pub fn first_left(&self) -> Option<&Attempt> {
        self.attempts.iter().find(|a| a.may_have_run())
    }

    /// Whether any attempt may have made an order of which we do not know.
    pub fn any_unknown(&self) -> bool {
        self.attempts.iter().any(Attempt::is_unknown)
    }

    /// Whether any attempt other than `n` is unknown.
    pub fn others_unknown(&self, n: u32) -> bool {
        self.attempts.iter().any(|a| a.n != n && a.is_unknown())
    }

    /// Armings not known to have been not sent.
    pub fn attempts_left(&self) -> u32 {
        self.attempts.iter().filter(|a| a.may_have_left()).count() as u32
    }
}
