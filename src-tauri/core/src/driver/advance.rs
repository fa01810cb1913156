//! Commit, then effect, then feed the event back, until nothing is to be done at once. The only way anything leaves.
//!
//! Not here: which dispatch comes when (`driver::run`), or what is to be done (`decide`).

use crate::adapters::{BuildError, Sent};
use crate::crash::{self, Point};
use crate::decide::{arm, decide, unsendable as decide_unsendable};
use crate::domain::remote::GetReply;
use crate::domain::{
    CancelReply, CreateReply, Decision, Dispatch, DispatchId, Effect, Event, Fence, NotAllowed, Observed, RemoteId,
    State,
};
use crate::freeze::freeze;
use crate::ledger::{Armed, Arming, LedgerError, Reservation};
use crate::transport::Exchange;

use super::Driver;
use super::lane::{Lane, STOPPED};

/// How long a write is put off that the disk refused, while its answer is kept in memory.
const WRITE_AGAIN_MS: u64 = 1_000;

/// Why an event led nowhere.
#[derive(Debug, thiserror::Error)]
pub enum AdvanceError {
    /// The state does not take it.
    #[error(transparent)]
    NotAllowed(#[from] NotAllowed),
    /// The ledger did not take it.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
}

impl AdvanceError {
    /// The error as a log says it.
    pub(super) fn in_a_log(&self) -> String {
        match self {
            AdvanceError::NotAllowed(error) => error.to_string(),
            AdvanceError::Ledger(error) => error.in_a_log(),
        }
    }
}

/// How an arming went.
pub(super) enum Ticket {
    /// The attempt may leave; whether it is a replay.
    Armed(Box<Armed>, bool),
    /// Not now; the dispatch stays as it is, and is looked at again after so many milliseconds.
    NotNow(i64),
    /// Something else has come to light, and is to be decided on: a look-alike that holds the fingerprint, or its own order
    /// at the platform.
    Held(Box<Event>),
}

/// A dispatch as it stands after what could be done at once.
pub(super) struct Advanced {
    pub dispatch: Dispatch,
    /// Nothing more is tried for it before so many milliseconds are over, whatever the ledger says is due.
    pub not_before_ms: Option<i64>,
}

impl Driver {
    /// Feeds `event` to a dispatch and does what follows, until it waits. Returns the dispatch as it stands then.
    pub(super) async fn advance(&self, lane: &Lane, id: DispatchId, event: Event) -> Result<Advanced, AdvanceError> {
        let mut event = event;
        let pause = lane.rules.contract.timings.lookup_interval_ms;
        loop {
            let (dispatch, decision) = self.take(lane, id, &mut event).await?;
            let stays = |not_before_ms| Advanced { dispatch: dispatch.clone(), not_before_ms };
            let next = match decision.effect {
                Effect::Wait | Effect::NewGeneration => return Ok(stays(None)),
                Effect::Arm => match self.arm(lane, &dispatch).await? {
                    Ticket::Armed(armed, replay) => self.send(lane, *armed, &dispatch, replay).await,
                    Ticket::Held(next) => *next,
                    Ticket::NotNow(ms) => return Ok(stays(Some(ms))),
                },
                Effect::LookUp => {
                    self.begin_lookup(lane, id).await?;
                    let outcome = self.look_up(lane, &dispatch).await?;
                    crash::point(Point::Looked);
                    Event::LookedUp(outcome)
                }
                Effect::Cancel(remote) => Event::CancelEnded(self.cancel(lane, &remote).await),
                Effect::Track(remote) => match self.after_cancel(lane, &remote).await {
                    Some(next) => next,
                    None => return Ok(stays(Some(pause.max(self.held_ms(lane))))),
                },
                Effect::PauseAccount { code } => {
                    self.pause(lane, &code).await;
                    return Ok(stays(None));
                }
                Effect::DeferAccount { ms } => {
                    self.too_much(lane, ms);
                    return Ok(stays(None));
                }
            };
            event = next;
        }
    }

    /// Writes down that a lookup begins, before its first request.
    pub(super) async fn begin_lookup(&self, lane: &Lane, id: DispatchId) -> Result<(), AdvanceError> {
        self.take(lane, id, &mut Event::LookupBegan).await.map(drop)
    }

    /// Decides on fresh facts and commits. A stale decision is taken again; a platform order that another dispatch owns
    /// turns the event into one that leads to a person; a refused write is tried again while its answer is kept.
    async fn take(&self, lane: &Lane, id: DispatchId, event: &mut Event) -> Result<(Dispatch, Decision), AdvanceError> {
        loop {
            let dispatch = self.ledger.reader().dispatch(id).await?;
            let now = self.clock.now();
            let decision = decide(&lane.facts(&dispatch, &now), event)?;
            if unchanged(&dispatch, &decision) {
                return Ok((dispatch, decision));
            }
            match self.commit(lane, &dispatch, &decision).await {
                Ok(after) => return Ok((after, decision)),
                Err(LedgerError::Stale { .. }) => {}
                Err(LedgerError::RemoteIdTaken { remote_id, order_no, .. }) => {
                    *event = claimed_elsewhere(event.clone(), &remote_id, order_no.as_str());
                }
                Err(error) if self.keeps(event, &error) => {
                    let error = error.in_a_log();
                    tracing::warn!(
                        dispatch = id.0,
                        error,
                        "the ledger did not take an answer; it is kept and written again"
                    );
                    self.clock.sleep(WRITE_AGAIN_MS).await;
                }
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// Writes a cancel down while a request is on its way, beside the task that waits for the answer: that may take long,
    /// and a crash must not lose it. `None`: nothing is on its way.
    pub(super) async fn remember_cancel(&self, lane: &Lane, id: DispatchId) -> Result<Option<Dispatch>, AdvanceError> {
        loop {
            let dispatch = self.ledger.reader().dispatch(id).await?;
            if dispatch.state != State::Sending {
                return Ok(None);
            }
            let now = self.clock.now();
            let decision = decide(&lane.facts(&dispatch, &now), &Event::CancelAsked)?;
            match self.commit(lane, &dispatch, &decision).await {
                Ok(after) => return Ok(Some(after)),
                Err(LedgerError::Stale { .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// Whether an answer is kept in memory until the ledger takes it: an observation is never thrown away.
    fn keeps(&self, event: &Event, error: &LedgerError) -> bool {
        let passing = matches!(
            error,
            LedgerError::Full { .. } | LedgerError::Io { .. } | LedgerError::Busy { .. } | LedgerError::ReadOnly { .. }
        );
        let observed = matches!(event, Event::AttemptEnded { .. } | Event::LookedUp(_) | Event::CancelEnded(_));
        passing && observed && !self.stop.is_cancelled()
    }

    async fn commit(&self, lane: &Lane, d: &Dispatch, decision: &Decision) -> Result<Dispatch, LedgerError> {
        let unsendable;
        let (decision, new_generation) = match decision.effect {
            Effect::NewGeneration => match self.next_generation(lane, d, decision).await? {
                Ok(next) => (decision, Some(next)),
                Err(error) => {
                    let now = self.clock.now();
                    unsendable = decide_unsendable(&lane.facts(d, &now), &error.to_string());
                    (&unsendable, None)
                }
            },
            Effect::Wait | Effect::Arm | Effect::LookUp | Effect::Cancel(_) | Effect::Track(_) => (decision, None),
            Effect::PauseAccount { .. } | Effect::DeferAccount { .. } => (decision, None),
        };
        let reserves = new_generation.is_some();
        let codes = self.codes(lane, d, &decision.change).await;
        let (change, log) = (&decision.change, decision.log.clone());
        let committed = self.ledger.commit_with_codes(d.id, d.version, change, log, new_generation, codes).await?;
        if reserves && committed.new_dispatch.is_some() {
            self.queued(lane.account_id);
        }
        match self.ledger.reader().dispatch(d.id).await {
            // Withdrawn before anything was armed: the ledger keeps no row of it, and its generation is free again.
            Err(LedgerError::NotFound { .. }) => Ok(Dispatch { state: decision.change.state, ..d.clone() }),
            other => other,
        }
    }

    /// The next generation of an order that is given up: same order, new reference, reserved with the giving up.
    async fn next_generation(
        &self,
        lane: &Lane,
        d: &Dispatch,
        decision: &Decision,
    ) -> Result<Result<Reservation, BuildError>, LedgerError> {
        let order = self.ledger.reader().order_by_id(d.order_id).await?;
        let frozen = freeze(lane.adapter, &lane.identity, lane.test, &d.order_no, &order.payload, d.generation + 1);
        let frozen = match frozen {
            Ok(frozen) => frozen,
            Err(error) => return Ok(Err(error)),
        };
        // What a person released does not use up what the account may do by itself.
        let by_itself = u32::from(d.state == State::InDoubt);
        let progress = crate::domain::Progress {
            auto_generations: decision.change.progress.auto_generations + by_itself,
            ..Default::default()
        };
        // Withdrawn before it is armed, the one before is the order's again: with a person, where a person released it.
        let back = if d.state == State::InDoubt { decision.change.state } else { d.state };
        Ok(Ok(crate::reserve::reservation(&order, frozen, back, progress, "the one before was given up")))
    }

    /// Writes down that the next attempt may leave now, if it still may.
    async fn arm(&self, lane: &Lane, d: &Dispatch) -> Result<Ticket, AdvanceError> {
        let pause = lane.rules.contract.timings.lookup_interval_ms;
        if d.generation > 1 && d.state == State::Queued && self.ledger.reader().elder_found(d).await? {
            return Ok(Ticket::Held(Box::new(Event::ElderFound)));
        }
        let before_set = match self.before_set(lane).await {
            Ok(set) => set,
            Err(why) => {
                tracing::info!(account = %lane.name, why, "the list could not be read before a create; it stays queued");
                // While it is not asked for anyway, nobody who is queued looks whether it was.
                let held = lane.heard().looks.allows(1).1.saturating_sub(self.clock.now().awake_ms);
                return Ok(Ticket::NotNow(pause.max(held)));
            }
        };
        // A paused account's credential was refused, or may be somebody else's: no create leaves under it for anybody.
        if !lane.turn(&self.clock, &self.stop).await || lane.heard().paused.is_some() {
            return Ok(Ticket::NotNow(pause));
        }
        let now = self.clock.now();
        let may = match arm(&lane.facts(d, &now), before_set.as_deref()) {
            Ok(may) => may,
            Err(refused) => {
                tracing::info!(order = %d.order_no, why = %refused, "not armed");
                return Ok(Ticket::NotNow(pause));
            }
        };
        let arming = Arming {
            dispatch_id: d.id,
            version: d.version,
            attempt_n: may.n,
            server_ms: lane.server_ms(&now),
            credential: lane.credential.clone(),
            before_set,
            send_before_boot_ms: now.boot_ms + may.send_before_ms,
            stamp: now,
            progress: may.progress,
            log: vec![may.log],
        };
        match self.ledger.arm(arming).await {
            Ok(armed) => Ok(Ticket::Armed(Box::new(armed), may.replay)),
            Err(LedgerError::LookalikeHeld { order_no }) => {
                Ok(Ticket::Held(Box::new(Event::Due { held_by: Some(order_no) })))
            }
            Err(LedgerError::Stale { .. }) => Ok(Ticket::NotNow(0)),
            Err(LedgerError::Shut(past)) => self.look_first(lane, d, &past).await,
            Err(error) => Err(error.into()),
        }
    }

    /// Sends an armed attempt and reads the answer. Stopping abandons it as unknown.
    pub(super) async fn send(&self, lane: &Lane, armed: Armed, d: &Dispatch, replay: bool) -> Event {
        crash::point(Point::Armed);
        let n = armed.n();
        if self.stop.is_cancelled() {
            let observed = Observed::NotSent { why: STOPPED.into() };
            return Event::AttemptEnded { n, observed };
        }
        let t = &lane.rules.contract.timings;
        let sending = self.transport.send(armed, lane.target.clone(), t.timeout_ms, t.connect_timeout_ms);
        let report = tokio::select! {
            // An answer that is here is taken, whatever else is.
            biased;
            report = sending => report,
            () = self.stop.cancelled() => {
                let observed = Observed::Lost { why: STOPPED.into() };
                return Event::AttemptEnded { n, observed };
            }
        };
        crash::point(Point::Answered);
        let observed = match &report.observed {
            Exchange::Answered(answer) => {
                let sent = Sent { reference: &d.reference, fingerprint: &d.fingerprint, replay };
                let reply = match lane.adapter.read_create(&sent, answer).bounded() {
                    CreateReply::Unauthorised { code } if report.token_expired => CreateReply::TokenExpired { code },
                    reply => reply,
                };
                if !matches!(reply, CreateReply::Unclear { .. }) {
                    lane.hear(&report);
                }
                if let CreateReply::Created(order) = &reply
                    && let Some(why) = lane.contradicts(order)
                {
                    self.pause_because(lane, why).await;
                }
                Observed::Answered { status: answer.status, reply }
            }
            Exchange::NotSent { why } => Observed::NotSent { why: why.clone() },
            Exchange::NoToken { code } => {
                self.pause(lane, code).await;
                Observed::NotSent { why: format!("no access token ({code})") }
            }
            // As good as the platform's own: nothing was executed, and the account is left alone for a while.
            Exchange::Limited { retry_after_ms } => {
                Observed::Answered { status: 429, reply: CreateReply::Busy { retry_after_ms: *retry_after_ms } }
            }
            Exchange::Lost { why } => Observed::Lost { why: why.clone() },
        };
        let now = self.clock.now().awake_ms;
        let mut heard = lane.heard();
        heard.reach.asked(!matches!(report.observed, Exchange::NotSent { .. }), &lane.rules, now);
        if let Some(definite) = is_definite(&observed) {
            heard.breaker.ended(definite, &lane.rules, now);
            if definite {
                heard.limits.over();
                heard.looks.asked(true, &lane.rules, now);
            }
        }
        Event::AttemptEnded { n, observed }
    }

    async fn cancel(&self, lane: &Lane, remote: &RemoteId) -> CancelReply {
        let Some(request) = lane.adapter.cancel_request(remote) else {
            return CancelReply::TooLate { code: "the platform has no cancel".into() };
        };
        let report = lane.read(&self.transport, &self.clock, &self.stop, &request).await;
        crash::point(Point::CancelAnswered);
        match report.observed {
            Exchange::Answered(answer) => match lane.adapter.read_cancel(&answer) {
                CancelReply::Unauthorised { .. } if report.token_expired => CancelReply::Busy { retry_after_ms: None },
                reply => reply,
            },
            Exchange::NotSent { .. } => CancelReply::Busy { retry_after_ms: None },
            Exchange::NoToken { code } => CancelReply::Unauthorised { code },
            Exchange::Limited { retry_after_ms } => CancelReply::Busy { retry_after_ms },
            Exchange::Lost { why } => CancelReply::Unclear { why },
        }
    }

    /// For how long nobody asks what became of a cancel, since the platform did not say when it was asked last.
    fn held_ms(&self, lane: &Lane) -> i64 {
        lane.heard().cancels.allows(1).1.saturating_sub(self.clock.now().awake_ms)
    }

    /// What became of an order whose cancel was not answered. `None`: nobody says, or it is not the time to ask.
    async fn after_cancel(&self, lane: &Lane, remote: &RemoteId) -> Option<Event> {
        if self.held_ms(lane) > 0 {
            return None;
        }
        let reply = self.get(lane, remote).await?;
        let silent = matches!(reply, GetReply::Unclear { .. });
        lane.heard().cancels.asked(!silent, &lane.rules, self.clock.now().awake_ms);
        match reply {
            GetReply::NotThere => Some(Event::CancelEnded(CancelReply::NotShown)),
            reply => self.status(lane, reply).await,
        }
    }

    pub(super) async fn track(&self, lane: &Lane, remote: &RemoteId) -> Option<Event> {
        let reply = self.get(lane, remote).await?;
        self.status(lane, reply).await
    }

    async fn status(&self, lane: &Lane, reply: GetReply) -> Option<Event> {
        match reply {
            GetReply::Shown(order) => Some(Event::StatusSeen(order)),
            GetReply::Unauthorised { code } => {
                self.pause(lane, &code).await;
                None
            }
            GetReply::Busy { retry_after_ms } => {
                self.defer(lane, retry_after_ms.unwrap_or(lane.rules.contract.timings.lookup_interval_ms));
                None
            }
            GetReply::NotThere | GetReply::Unclear { .. } => None,
        }
    }
}

/// Whether a decision changes nothing that is stored.
fn unchanged(d: &Dispatch, decision: &Decision) -> bool {
    let c = &decision.change;
    let same = c.state == d.state && c.progress == d.progress && c.bind.is_none() && c.end.is_none();
    let quiet = c.quiet_anew.is_none() && c.remote.as_ref().is_none_or(|r| Some(r) == d.remote.as_ref());
    same && quiet && decision.log.is_empty() && decision.effect != Effect::NewGeneration
}

/// `None`: the attempt says nothing about the platform's health, since it never reached it.
fn is_definite(observed: &Observed) -> Option<bool> {
    match observed {
        Observed::NotSent { .. } => None,
        Observed::Lost { .. } => Some(false),
        Observed::Answered { reply, .. } => match reply {
            CreateReply::Created(_)
            | CreateReply::Exists { .. }
            | CreateReply::ExistsDifferent { .. }
            | CreateReply::Rejected { .. }
            | CreateReply::Unauthorised { .. } => Some(true),
            CreateReply::Busy { .. } | CreateReply::TokenExpired { .. } => None,
            CreateReply::Unclear { .. } => Some(false),
        },
    }
}

/// The platform answered with an order that another dispatch owns: a contradiction, for a person to look at.
fn claimed_elsewhere(event: Event, remote: &RemoteId, holder: &str) -> Event {
    let why = format!("the platform answered with {remote}, which belongs to order {holder}");
    match event {
        Event::AttemptEnded { n, observed: Observed::Answered { status, .. } } => Event::AttemptEnded {
            n,
            observed: Observed::Answered { status, reply: CreateReply::ExistsDifferent { why } },
        },
        Event::LookedUp(mut outcome) => {
            if let Ok(seen) = &mut outcome.result {
                seen.claimed.push(remote.clone());
            }
            Event::LookedUp(outcome)
        }
        Event::Decided { decision, reason, lookup } => {
            let lookup = lookup.map(|mut outcome| {
                if let Ok(seen) = &mut outcome.result {
                    seen.claimed.push(remote.clone());
                }
                outcome
            });
            Event::Decided { decision, reason, lookup }
        }
        Event::AttemptEnded { n, observed: Observed::NotSent { why } } => {
            Event::AttemptEnded { n, observed: Observed::NotSent { why } }
        }
        Event::AttemptEnded { n, observed: Observed::Lost { why } } => {
            Event::AttemptEnded { n, observed: Observed::Lost { why } }
        }
        Event::Due { held_by } => Event::Due { held_by },
        Event::LookupBegan => Event::LookupBegan,
        Event::Recovered => Event::Recovered,
        Event::CancelAsked => Event::CancelAsked,
        Event::CancelEnded(reply) => Event::CancelEnded(reply),
        Event::Withdrawn => Event::Withdrawn,
        Event::ElderFound => Event::ElderFound,
        Event::StatusSeen(remote) => Event::StatusSeen(remote),
    }
}

/// Whether the platform has no fence, so that look-alikes are serialised.
pub(super) fn serialises(fence: Fence) -> bool {
    match fence {
        Fence::None => true,
        Fence::Key { .. } | Fence::Reference { .. } => false,
    }
}
