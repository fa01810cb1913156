//! The only loop: what is due is taken, decided on, committed, carried out, and its outcome fed back.
//!
//! `lane` is one account at work, `lanes` are all of them, `advance` the way of one dispatch, `click` that of a lone
//! one, `codes` what is sealed on that way, `look` its lookups, `lost` those for orders of a time that the ledger forgot, `ask` a merchant's questions before any dispatch, `follow`
//! what comes after, `run` the loop, `work` one task of it, `start` what a start of the program has to mend first,
//! `probing` what a probe of an account asks for, `sweeping` what a sweep does.
//! Not here: decisions (`decide`), order of work (`plan`), SQL or HTTP.

mod advance;
mod ask;
mod click;
mod codes;
mod follow;
mod lane;
mod lanes;
mod look;
mod lost;
mod probing;
mod run;
mod start;
mod sweeping;
mod work;

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::clock::Clock;
use crate::domain::remote::{GetReply, LookupOutcome};
use crate::domain::{AccountId, Dispatch, DispatchId, Event, PersonDecision, RemoteId, Shown, State};
use crate::ledger::Ledger;
use crate::transport::Transport;

pub use advance::AdvanceError;
pub(crate) use ask::AskError;
pub use lane::Lane;
pub(crate) use lane::{OTHER_MODE, contradiction};
use lanes::LaneHandle;
pub(crate) use lost::{Lost, may_take_up};
pub(crate) use sweeping::Sweeping;

/// How much later than asked a limited account is asked again, at most.
const SPREAD_MS: i64 = 1_000;

/// What the driver is doing, for whoever waits for it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Activity {
    /// Dispatches being worked on at this moment.
    pub working: usize,
    /// Dispatches that could be worked on at once, if the account's limits let them.
    pub ready: usize,
    /// Dispatches with a time at which they are due.
    pub scheduled: usize,
}

impl Activity {
    /// Nothing is under way, and nothing can be done at once.
    pub fn is_idle(&self) -> bool {
        self.working == 0 && self.ready == 0
    }
}

/// Works on everything open, account by account.
pub struct Driver {
    pub(crate) ledger: Ledger,
    transport: Transport,
    clock: Arc<dyn Clock>,
    pub(crate) stop: CancellationToken,
    tasks: TaskTracker,
    lanes: Mutex<HashMap<AccountId, LaneHandle>>,
    busy: Mutex<HashMap<DispatchId, Weak<tokio::sync::Mutex<()>>>>,
    /// What each loop is doing; a replaced one stands beside its successor until it has ended what it began.
    activity: watch::Sender<HashMap<(AccountId, u64), Activity>>,
    /// Loops opened so far.
    opened: AtomicU64,
    /// Rounds that all loops and followers have made.
    rounds: AtomicU64,
    /// Lone clicks on their way.
    clicks: AtomicUsize,
    /// Signals that no lane has heeded yet: until then nobody may take the driver for idle.
    unheeded: AtomicUsize,
    works: bool,
    follows: bool,
}

/// How the reason begins for which a refused credential pauses an account.
const REFUSED: &str = "the platform refused the credential (";

/// The platform's code in such a reason.
pub(crate) fn refused_code(paused: &str) -> Option<&str> {
    paused.strip_prefix(REFUSED)?.split_once(')').map(|(code, _)| code)
}

impl Driver {
    /// A driver that does nothing yet. Without `works` it only serves what a person asks for, and leaves open work alone. With
    /// `follows` it also reads the platforms' status of what is bound by itself.
    pub fn new(ledger: Ledger, transport: Transport, clock: Arc<dyn Clock>, works: bool, follows: bool) -> Arc<Driver> {
        Arc::new(Driver {
            ledger,
            transport,
            clock,
            stop: CancellationToken::new(),
            tasks: TaskTracker::new(),
            lanes: Mutex::default(),
            busy: Mutex::default(),
            activity: watch::Sender::new(HashMap::new()),
            opened: AtomicU64::new(0),
            rounds: AtomicU64::new(0),
            clicks: AtomicUsize::new(0),
            unheeded: AtomicUsize::new(0),
            works,
            follows,
        })
    }

    /// How many dispatches one account's loops are working on.
    fn working_of(&self, account: AccountId) -> usize {
        self.activity.borrow().iter().filter(|((of, _), _)| *of == account).map(|(_, a)| a.working).sum()
    }

    /// Whether one account's loops work on something, or could at once.
    fn is_at_work(&self, account: AccountId) -> bool {
        self.activity.borrow().iter().any(|((of, _), activity)| *of == account && !activity.is_idle())
    }

    /// What all accounts are doing together.
    pub fn activity(&self) -> Activity {
        let unheeded = self.unheeded.load(Ordering::SeqCst);
        let clicks = Activity { working: self.clicks.load(Ordering::SeqCst), ready: unheeded, ..Activity::default() };
        self.activity.borrow().values().fold(clicks, |a, b| Activity {
            working: a.working + b.working,
            ready: a.ready + b.ready,
            scheduled: a.scheduled + b.scheduled,
        })
    }

    /// Told whenever that changes.
    pub fn activity_changes(&self) -> watch::Receiver<HashMap<(AccountId, u64), Activity>> {
        self.activity.subscribe()
    }

    /// How often the accounts' loops have woken since the start.
    pub fn rounds(&self) -> u64 {
        self.rounds.load(Ordering::Relaxed)
    }

    /// Starts nothing new, abandons open requests as in doubt, finishes what is being written, and returns.
    pub async fn stop(&self) {
        self.stop.cancel();
        self.tasks.close();
        self.tasks.wait().await;
    }

    /// One dispatch is worked on by one task at a time. The version in the ledger would catch a second; this saves the
    /// requests.
    fn claim(&self, id: DispatchId) -> Arc<tokio::sync::Mutex<()>> {
        let mut busy = self.busy.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(held) = busy.get(&id).and_then(Weak::upgrade) {
            return held;
        }
        if busy.len() > 4_096 {
            busy.retain(|_, weak| weak.strong_count() > 0);
        }
        let fresh = Arc::new(tokio::sync::Mutex::new(()));
        busy.insert(id, Arc::downgrade(&fresh));
        fresh
    }

    /// Feeds an event of a person to a dispatch, carries out what follows, and lets the account's loop know.
    pub async fn apply(&self, lane: &Lane, id: DispatchId, event: Event) -> Result<Dispatch, AdvanceError> {
        if event == Event::CancelAsked
            && let Some(remembered) = self.remember_cancel(lane, id).await?
        {
            return Ok(remembered);
        }
        let claim = self.claim(id);
        let guard = claim.lock().await;
        let advanced = self.advance(lane, id, event).await;
        drop(guard);
        self.touched(lane.account_id, id);
        Ok(advanced?.dispatch)
    }

    /// A person's decision, with the lookup it repeats first. An adoption also asks for that very order.
    pub async fn decide_by_person(
        &self,
        lane: &Lane,
        id: DispatchId,
        decision: PersonDecision,
        reason: Option<String>,
        shown: Option<&Shown>,
    ) -> Result<Dispatch, AdvanceError> {
        let claim = self.claim(id);
        let guard = claim.lock().await;
        let dispatch = self.ledger.reader().dispatch(id).await?;
        if decision != PersonDecision::Close {
            at_work(lane, &dispatch, "decide")?;
        }
        let open = matches!(dispatch.state, State::NeedsReview | State::Closed);
        if decision == PersonDecision::Release
            && open
            && shown.is_some_and(|shown| shown.is_less_than(&dispatch.progress))
        {
            let why =
                "the platform has shown more than you had before you: look at the case in review, and decide again";
            let (state, why) = (dispatch.state, why.to_owned());
            return Err(AdvanceError::NotAllowed(crate::domain::NotAllowed { state, wanted: "release", why }));
        }
        let wanted = match (&decision, lane.rules.contract.lookup) {
            // Where no case is open, the decision is refused without asking the platform.
            _ if !matches!(dispatch.state, State::NeedsReview | State::Closed) => None,
            (PersonDecision::Close, _) | (_, crate::domain::Lookup::None) => None,
            (PersonDecision::Adopt { remote }, _) => Some(Some(remote)),
            (PersonDecision::Release, _) => Some(None),
        };
        let lookup = match wanted {
            None => None,
            Some(wanted) => {
                self.begin_lookup(lane, id).await?;
                Some(self.look_for(lane, &dispatch, wanted).await?)
            }
        };
        let advanced = self.advance(lane, id, Event::Decided { decision, reason, lookup }).await;
        drop(guard);
        self.touched(lane.account_id, id);
        Ok(advanced?.dispatch)
    }

    /// A lookup, and the platform order that a person named, if one was.
    async fn look_for(
        &self,
        lane: &Lane,
        d: &Dispatch,
        wanted: Option<&RemoteId>,
    ) -> Result<LookupOutcome, AdvanceError> {
        let mut outcome = self.look_up(lane, d).await?;
        let Some(wanted) = wanted else { return Ok(outcome) };
        if let Some(GetReply::Shown(order)) = self.get(lane, wanted).await {
            let owners = self.ledger.reader().owners(lane.account_id, std::slice::from_ref(wanted)).await?;
            outcome.show(order, look::others(&owners, d));
        }
        Ok(outcome)
    }

    /// Looks one open dispatch up now, whatever its pause.
    pub async fn look_again(&self, lane: &Lane, id: DispatchId) -> Result<Dispatch, AdvanceError> {
        let claim = self.claim(id);
        let guard = claim.lock().await;
        let dispatch = self.ledger.reader().dispatch(id).await?;
        at_work(lane, &dispatch, "look again")?;
        let advanced = match dispatch.state {
            State::InDoubt | State::NeedsReview => {
                self.begin_lookup(lane, id).await?;
                let outcome = self.look_up(lane, &dispatch).await?;
                self.advance(lane, id, Event::LookedUp(outcome)).await
            }
            State::Draft
            | State::Queued
            | State::Sending
            | State::Dispatched
            | State::Refused
            | State::Cancelled
            | State::Closed => Err(AdvanceError::NotAllowed(crate::domain::NotAllowed {
                state: dispatch.state,
                wanted: "look again",
                why: format!("there is nothing to look up: the order is {}", dispatch.state),
            })),
        };
        drop(guard);
        self.touched(lane.account_id, id);
        Ok(advanced?.dispatch)
    }

    /// Reads the status of a bound order. `None`: nothing was heard that says anything of it.
    pub async fn follow(&self, lane: &Lane, id: DispatchId) -> Result<Option<Dispatch>, AdvanceError> {
        let claim = self.claim(id);
        let guard = claim.lock().await;
        let dispatch = self.ledger.reader().dispatch(id).await?;
        at_work(lane, &dispatch, "track")?;
        let event = match &dispatch.remote_id {
            Some(remote) if dispatch.state == State::Dispatched => self.track(lane, remote).await,
            Some(_) | None => {
                return Err(AdvanceError::NotAllowed(crate::domain::NotAllowed {
                    state: dispatch.state,
                    wanted: "track",
                    why: format!("nothing is bound: the order is {}", dispatch.state.code().replace('_', " ")),
                }));
            }
        };
        let after = match event {
            Some(event) => self.advance(lane, id, event).await.map(|a| Some(a.dispatch)),
            None => Ok(None),
        };
        drop(guard);
        self.touched(lane.account_id, id);
        after
    }

    /// The account's credential was refused: nothing is asked of it until new credentials, a good test or a new start.
    pub(super) async fn pause(&self, lane: &Lane, code: &str) {
        let remedy = lane.adapter.explain(code).map(|words| format!(": {}", words.english)).unwrap_or_default();
        let code: String = code.chars().take(200).collect();
        self.pause_because(lane, format!("{REFUSED}{code}){remedy}")).await;
    }

    /// Nothing is asked of the account until a person has mended it, or Docket starts anew.
    pub(super) async fn pause_because(&self, lane: &Lane, why: String) {
        // A lane that was replaced may hear of an old credential's end; that says nothing of the new one.
        if self.lane(lane.account_id).is_some_and(|current| !std::ptr::eq(Arc::as_ptr(&current), lane)) {
            return;
        }
        let fresh = lane.heard().paused.replace(why.clone()).is_none();
        if fresh && let Err(error) = self.ledger.set_paused(lane.account_id, Some(why)).await {
            tracing::warn!(account = %lane.name, error = error.in_a_log(), "the pause could not be written down");
        }
        // Replaced while that was written: the pause was the old lane's, and the account works on.
        let current = self.lane(lane.account_id).filter(|current| !std::ptr::eq(Arc::as_ptr(current), lane));
        if current.is_some_and(|current| current.heard().paused.is_none())
            && let Err(error) = self.ledger.set_paused(lane.account_id, None).await
        {
            tracing::warn!(account = %lane.name, error = error.in_a_log(), "the end of a pause could not be written down");
        }
    }

    /// A request that changes something was told that it is too much. Without a word of when to come back the account's own
    /// pauses grow.
    pub(super) fn too_much(&self, lane: &Lane, said_ms: Option<i64>) {
        let now = self.clock.now().awake_ms;
        let grown_ms = || {
            let mut heard = lane.heard();
            let paused = heard.deferred_until_ms > now;
            heard.limits.met(paused)
        };
        let ms = said_ms.unwrap_or_else(grown_ms);
        self.defer(lane, ms);
    }

    /// The account is limited: nothing is asked of it for so long. That is true of what took this lane's place, too.
    pub(super) fn defer(&self, lane: &Lane, ms: i64) {
        // A little later than it says, never earlier: not everybody who was told the same comes back at that moment.
        let until = self.clock.now().awake_ms + ms + self.clock.spread(ms.min(SPREAD_MS));
        lane.defer_until(until);
        if let Some(current) = self.lane(lane.account_id) {
            current.defer_until(until);
        }
    }
}

/// Nothing is asked of a paused account, not even for a person: its credential may be another one's.
fn at_work(lane: &Lane, d: &Dispatch, wanted: &'static str) -> Result<(), AdvanceError> {
    let Some(paused) = lane.heard().paused.clone() else { return Ok(()) };
    let why = format!("account {} is paused: {paused}", lane.name);
    Err(AdvanceError::NotAllowed(crate::domain::NotAllowed { state: d.state, wanted, why }))
}
