//! The loop of one account: take what is due, within the account's limits, best first.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::{Arc, PoisonError};

use tokio::sync::mpsc;
use tokio::task::JoinSet;

use crate::domain::{AccountId, Dispatch, DispatchId, Event, Fingerprint, Lookup, State};
use crate::plan::{self, Agenda, Due, Rank};

use super::advance::{AdvanceError, Advanced};
use super::lane::Lane;
use super::{Activity, Driver};

/// Queued dispatches that are held in memory ahead of their turn.
const READ_AHEAD: u32 = 256;
/// How long a dispatch rests after an error of the ledger.
const REST_MS: i64 = 1_000;

pub(super) enum Signal {
    /// Something changed a dispatch from outside.
    Touched(DispatchId),
    /// New dispatches were reserved; they have higher ids than any before.
    Queued,
}

pub(super) struct LaneHandle {
    pub lane: Arc<Lane>,
    pub signals: mpsc::UnboundedSender<Signal>,
    pub stop: tokio_util::sync::CancellationToken,
}

type Done = Vec<(DispatchId, Result<Advanced, AdvanceError>)>;

struct LaneLoop {
    driver: Arc<Driver>,
    lane: Arc<Lane>,
    agenda: Agenda,
    /// Queued dispatches whose turn it is, oldest first.
    ready: VecDeque<DispatchId>,
    /// Every queued dispatch up to this one has been read.
    read_to: DispatchId,
    /// Whether the ledger may have queued dispatches beyond it.
    more: bool,
    /// Dispatches that wait for a look-alike.
    waiting: HashMap<Fingerprint, VecDeque<DispatchId>>,
    working: HashSet<DispatchId>,
    creating: HashSet<DispatchId>,
}

impl Driver {
    /// Puts an account to work. What it had in hand before is replaced: settings or credentials have changed.
    pub(crate) fn open_lane(self: &Arc<Self>, lane: Lane) {
        let account = lane.account_id;
        self.close_lane(account);
        let (signals, inbox) = mpsc::unbounded_channel();
        let lane = Arc::new(lane);
        let stop = self.stop.child_token();
        let handle = LaneHandle { lane: lane.clone(), signals, stop: stop.clone() };
        self.lanes.lock().unwrap_or_else(PoisonError::into_inner).insert(account, handle);
        if !self.works {
            return;
        }
        // Not idle before the loop has looked for the first time.
        self.activity.send_modify(|all| all.entry(account).or_default().ready += 1);
        let work = LaneLoop {
            driver: self.clone(),
            lane,
            agenda: Agenda::default(),
            ready: VecDeque::new(),
            read_to: DispatchId(0),
            more: true,
            waiting: HashMap::new(),
            working: HashSet::new(),
            creating: HashSet::new(),
        };
        self.tasks.spawn(work.run(inbox, stop));
    }

    /// Takes an account off work; what is on its way is finished first.
    pub(crate) fn close_lane(&self, account: AccountId) {
        let handle = self.lanes.lock().unwrap_or_else(PoisonError::into_inner).remove(&account);
        if let Some(handle) = handle {
            handle.stop.cancel();
        }
    }

    fn signal(&self, account: AccountId, signal: Signal) {
        if !self.works {
            return;
        }
        let lanes = self.lanes.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(handle) = lanes.get(&account) {
            // Counted as ready until the loop has looked, so that nobody takes the moment in between for idleness.
            self.activity.send_modify(|all| all.entry(account).or_default().ready += 1);
            let _ = handle.signals.send(signal);
        }
    }

    pub(crate) fn touched(&self, account: AccountId, id: DispatchId) {
        self.signal(account, Signal::Touched(id));
    }

    /// New dispatches were reserved for this account, or its pause has ended.
    pub(crate) fn queued(&self, account: AccountId) {
        self.signal(account, Signal::Queued);
    }
}

impl LaneLoop {
    async fn run(mut self, mut inbox: mpsc::UnboundedReceiver<Signal>, stop: tokio_util::sync::CancellationToken) {
        let mut tasks: JoinSet<Done> = JoinSet::new();
        self.load_open().await;
        loop {
            if !stop.is_cancelled() {
                self.fill(&mut tasks).await;
            }
            self.tell();
            if stop.is_cancelled() && tasks.is_empty() {
                return;
            }
            let wait = self.wait_ms();
            let clock = self.driver.clock.clone();
            tokio::select! {
                () = stop.cancelled(), if !stop.is_cancelled() => {}
                Some(signal) = inbox.recv() => {
                    self.heed(signal).await;
                    while let Ok(signal) = inbox.try_recv() {
                        self.heed(signal).await;
                    }
                }
                Some(done) = tasks.join_next(), if !tasks.is_empty() => self.absorb(done).await,
                () = clock.sleep(wait.unwrap_or(0)), if wait.is_some() => {}
            }
        }
    }

    /// Open dispatches other than queued ones; those are read as they come up.
    async fn load_open(&mut self) {
        match self.driver.ledger.reader().in_hand(self.lane.account_id).await {
            Ok(ids) => {
                let now = self.driver.clock.now().awake_ms;
                for id in ids {
                    self.agenda.put(id, Some(Due { at_awake_ms: now, rank: Rank::LookUp }));
                }
            }
            Err(error) => tracing::error!(account = %self.lane.name, %error, "open dispatches could not be read"),
        }
    }

    fn tell(&self) {
        let stuck = self.lane.heard().paused.is_some();
        let ready = if stuck { 0 } else { self.ready.len() + usize::from(self.more) };
        let activity =
            Activity { working: self.working.len(), ready, scheduled: if stuck { 0 } else { self.agenda.len() } };
        self.driver.activity.send_if_modified(|all| {
            let old = all.insert(self.lane.account_id, activity);
            old != Some(activity)
        });
    }

    /// How long until something is due. `None`: nothing is, or nothing may be asked.
    fn wait_ms(&self) -> Option<u64> {
        let now = self.driver.clock.now().awake_ms;
        let heard = self.lane.heard();
        if heard.paused.is_some() {
            return None;
        }
        let at_limit = self.working.len() >= self.max_in_flight();
        if at_limit {
            return None;
        }
        let (creates, from) = heard.breaker.allows(self.max_in_flight());
        let next_create = (!self.ready.is_empty() && self.creating.len() < creates).then_some(from);
        let next = [self.agenda.next_at(), next_create].into_iter().flatten().min()?;
        Some((next.max(heard.deferred_until_ms) - now).max(0) as u64)
    }

    fn max_in_flight(&self) -> usize {
        self.lane.rules.contract.timings.max_in_flight as usize
    }

    async fn heed(&mut self, signal: Signal) {
        match signal {
            Signal::Queued => self.more = true,
            Signal::Touched(id) => {
                if !self.working.contains(&id)
                    && let Ok(dispatch) = self.driver.ledger.reader().dispatch(id).await
                {
                    self.schedule(&dispatch, None).await;
                }
            }
        }
    }

    /// Starts as much as the account's limits allow.
    async fn fill(&mut self, tasks: &mut JoinSet<Done>) {
        let now = self.driver.clock.now().awake_ms;
        {
            let heard = self.lane.heard();
            if heard.paused.is_some() || heard.deferred_until_ms > now {
                return;
            }
        }
        self.read_ahead().await;
        let room = self.max_in_flight().saturating_sub(self.working.len());
        if room == 0 {
            return;
        }
        let due = self.agenda.take_due(now, if self.scans() { usize::MAX } else { room });
        let (retries, lookups): (Vec<_>, Vec<_>) = due.into_iter().partition(|(_, d)| d.rank == Rank::Create);
        for (id, _) in retries {
            self.ready.push_front(id);
        }
        if self.scans() {
            let ids: Vec<DispatchId> = lookups.into_iter().map(|(id, _)| id).collect();
            if !ids.is_empty() {
                self.start(tasks, ids, false);
            }
        } else {
            for (id, _) in lookups {
                self.start(tasks, vec![id], false);
            }
        }
        let (creates, from) = self.lane.heard().breaker.allows(self.max_in_flight());
        while self.working.len() < self.max_in_flight() && self.creating.len() < creates && now >= from {
            let Some(id) = self.ready.pop_front() else { break };
            if !self.working.contains(&id) {
                self.start(tasks, vec![id], true);
            }
        }
    }

    fn scans(&self) -> bool {
        match self.lane.rules.contract.lookup {
            Lookup::ScanForReference | Lookup::ScanForLookalike => true,
            Lookup::ByReference { .. } | Lookup::None => false,
        }
    }

    async fn read_ahead(&mut self) {
        if !self.more || self.ready.len() >= READ_AHEAD as usize / 2 {
            return;
        }
        match self.driver.ledger.reader().queued(self.lane.account_id, self.read_to, READ_AHEAD).await {
            Ok(page) => {
                self.more = page.len() == READ_AHEAD as usize;
                for dispatch in page {
                    self.read_to = self.read_to.max(dispatch.id);
                    self.ready.push_back(dispatch.id);
                }
            }
            Err(error) => {
                self.more = false;
                tracing::error!(account = %self.lane.name, %error, "queued dispatches could not be read");
            }
        }
    }

    fn start(&mut self, tasks: &mut JoinSet<Done>, ids: Vec<DispatchId>, create: bool) {
        tracing::debug!(account = %self.lane.name, ?ids, create, ready = self.ready.len(), working = self.working.len(), "started");
        self.working.extend(ids.iter().copied());
        if create {
            self.creating.extend(ids.iter().copied());
        }
        let (driver, lane) = (self.driver.clone(), self.lane.clone());
        tasks.spawn(async move { driver.work(&lane, ids).await });
    }

    async fn absorb(&mut self, done: Result<Done, tokio::task::JoinError>) {
        let done = match done {
            Ok(done) => done,
            Err(error) => {
                tracing::error!(account = %self.lane.name, %error, "a task ended early; its work is taken up again");
                self.working.clear();
                self.creating.clear();
                return;
            }
        };
        let now = self.driver.clock.now().awake_ms;
        for (id, result) in done {
            self.working.remove(&id);
            self.creating.remove(&id);
            match result {
                Ok(advanced) => self.schedule(&advanced.dispatch, advanced.not_before_ms).await,
                Err(error) => {
                    tracing::warn!(account = %self.lane.name, dispatch = id.0, %error, "could not go on; tried again");
                    self.agenda.put(id, Some(Due { at_awake_ms: now + REST_MS, rank: Rank::LookUp }));
                }
            }
        }
    }

    /// Puts a dispatch where it belongs: into the agenda, among those that wait for a look-alike, or nowhere.
    async fn schedule(&mut self, d: &Dispatch, not_before_ms: Option<i64>) {
        tracing::debug!(account = %self.lane.name, dispatch = d.id.0, state = %d.state, waits_for = ?d.progress.waits_for, not_before_ms, next_at = ?d.progress.next_at.as_ref().map(|s| s.awake_ms), "scheduled");
        let now = self.driver.clock.now();
        // One that is queued itself has settled nothing: were it to wake another, the two would wake each other for ever.
        if d.state != State::Queued
            && !d.state.holds_fingerprint()
            && let Some(mut next) = self.waiting.remove(&d.fingerprint)
        {
            if let Some(id) = next.pop_front() {
                self.agenda.put(id, Some(Due { at_awake_ms: now.awake_ms, rank: Rank::Create }));
            }
            if !next.is_empty() {
                self.waiting.insert(d.fingerprint.clone(), next);
            }
        }
        if d.state == State::Queued && d.progress.waits_for.is_some() {
            // The look-alike may have been settled between that decision and now; it is woken by nobody then.
            let held = self.driver.ledger.reader().holder_of_fingerprint(self.lane.account_id, &d.fingerprint).await;
            if !matches!(held, Ok(Some(_))) {
                self.agenda.put(d.id, Some(Due { at_awake_ms: now.awake_ms, rank: Rank::Create }));
                return;
            }
            self.agenda.put(d.id, None);
            let queue = self.waiting.entry(d.fingerprint.clone()).or_default();
            if !queue.contains(&d.id) {
                queue.push_back(d.id);
            }
            return;
        }
        let mut due = plan::due(&self.lane.facts(d, &now));
        if let (Some(due), Some(ms)) = (&mut due, not_before_ms) {
            due.at_awake_ms = due.at_awake_ms.max(now.awake_ms + ms);
        }
        self.agenda.put(d.id, due);
    }
}

impl Driver {
    /// Works on dispatches that are due: one, or all that one scan can serve.
    async fn work(&self, lane: &Lane, ids: Vec<DispatchId>) -> Done {
        let mut done = Vec::with_capacity(ids.len());
        let mut to_scan = Vec::new();
        for id in ids {
            let claim = self.claim(id);
            let _guard = claim.lock().await;
            match self.due_event(lane, id).await {
                Err(error) => done.push((id, Err(error))),
                Ok((dispatch, _)) if self.scans_for(lane, &dispatch) => to_scan.push(dispatch),
                Ok((_, event)) => done.push((id, self.advance(lane, id, event).await)),
            }
        }
        if !to_scan.is_empty() {
            done.extend(self.scan_all(lane, to_scan).await);
        }
        done
    }

    /// One scan for all that are due.
    async fn scan_all(&self, lane: &Lane, targets: Vec<Dispatch>) -> Done {
        let mut done = Vec::with_capacity(targets.len());
        match self.scan(lane, &targets).await {
            Ok(outcomes) => {
                for (d, outcome) in targets.iter().zip(outcomes) {
                    let claim = self.claim(d.id);
                    let _guard = claim.lock().await;
                    done.push((d.id, self.advance(lane, d.id, Event::LookedUp(outcome)).await));
                }
            }
            Err(error) => done.extend(targets.iter().map(|d| (d.id, Err(error.clone().into())))),
        }
        done
    }

    /// Whether a dispatch is due for a scan now.
    fn scans_for(&self, lane: &Lane, d: &Dispatch) -> bool {
        let scan = match lane.rules.contract.lookup {
            Lookup::ScanForReference | Lookup::ScanForLookalike => true,
            Lookup::ByReference { .. } | Lookup::None => false,
        };
        let now = self.clock.now();
        let due = d.progress.next_at.as_ref().is_none_or(|due| now.reached(due));
        scan && due && d.state == State::InDoubt
    }

    async fn due_event(&self, lane: &Lane, id: DispatchId) -> Result<(Dispatch, Event), AdvanceError> {
        let dispatch = self.ledger.reader().dispatch(id).await?;
        let held_by = if dispatch.state == State::Queued && super::advance::serialises(lane.rules.contract.fence) {
            self.ledger.reader().holder_of_fingerprint(lane.account_id, &dispatch.fingerprint).await?
        } else {
            None
        };
        let event =
            Event::Due { held_by: held_by.filter(|(_, _, holder)| *holder != id).map(|(order_no, ..)| order_no) };
        Ok((dispatch, event))
    }
}
