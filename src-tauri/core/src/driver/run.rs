//! The loop of one account: take what is due, within the account's limits, best first.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::Arc;
use std::sync::atomic::Ordering;

use tokio::sync::mpsc;
use tokio::task::JoinSet;

use crate::domain::{Dispatch, DispatchId, Fingerprint, Lookup, State};
use crate::ledger::LedgerError;
use crate::plan::{self, Agenda, Due, Rank};

use super::advance::AdvanceError;
use super::lane::{Heard, Lane};
use super::work::Done;
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
    /// The ledger was opened again: what is in hand may be more than is known.
    Reload,
}

pub(super) struct LaneLoop {
    driver: Arc<Driver>,
    lane: Arc<Lane>,
    /// Which of the loops of this process it is.
    number: u64,
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
    /// Dispatches of which a request may have left, and nobody knows yet what came of it.
    unknown: HashSet<DispatchId>,
    /// Whether what was open at the start has been read.
    loaded: bool,
    /// The ledger could not be read; not before this moment of the awake clock again.
    read_again_ms: i64,
    /// Touched from outside while a task was on them: read again when it is done.
    again: HashSet<DispatchId>,
    /// Which dispatches a task is on, in case it ends early.
    running: HashMap<tokio::task::Id, Vec<DispatchId>>,
    /// Signals heeded since it was last told what the account is doing.
    heeded: usize,
}

impl LaneLoop {
    pub(super) fn new(driver: Arc<Driver>, lane: Arc<Lane>, number: u64) -> LaneLoop {
        LaneLoop {
            driver,
            lane,
            number,
            agenda: Agenda::default(),
            ready: VecDeque::new(),
            read_to: DispatchId(0),
            more: true,
            loaded: false,
            read_again_ms: i64::MIN,
            again: HashSet::new(),
            running: HashMap::new(),
            // Opening the lane counts as a signal.
            heeded: 1,
            waiting: HashMap::new(),
            working: HashSet::new(),
            creating: HashSet::new(),
            unknown: HashSet::new(),
        }
    }

    pub(super) async fn run(
        mut self,
        mut inbox: mpsc::UnboundedReceiver<Signal>,
        stop: tokio_util::sync::CancellationToken,
    ) {
        let mut tasks: JoinSet<Done> = JoinSet::new();
        loop {
            self.driver.rounds.fetch_add(1, Ordering::Relaxed);
            // Asked once a round: a stop that comes within it is seen below, by the branch that waits for it.
            let stopped = stop.is_cancelled();
            if !stopped {
                self.fill(&mut tasks).await;
            }
            self.tell(stopped);
            // Only now that it is told what came of them do the signals no longer count.
            self.driver.unheeded.fetch_sub(std::mem::take(&mut self.heeded), Ordering::SeqCst);
            if stopped && tasks.is_empty() {
                inbox.close();
                while inbox.try_recv().is_ok() {
                    self.driver.unheeded.fetch_sub(1, Ordering::SeqCst);
                }
                let place = (self.lane.account_id, self.number);
                self.driver.activity.send_if_modified(|all| all.remove(&place).is_some());
                return;
            }
            // Nothing is started any more after a stop, so nothing is waited for but what is on its way.
            let wait = if stopped { None } else { self.wait_ms() };
            let clock = self.driver.clock.clone();
            tokio::select! {
                // In this order, so that a run can be repeated. Signals are drained, so they keep nothing waiting.
                biased;
                () = stop.cancelled(), if !stopped => {}
                Some(signal) = inbox.recv() => {
                    self.heed(signal).await;
                    while let Ok(signal) = inbox.try_recv() {
                        self.heed(signal).await;
                    }
                }
                Some(done) = tasks.join_next_with_id(), if !tasks.is_empty() => {
                    self.absorb(done, stopped).await;
                }
                () = clock.sleep(wait.unwrap_or(0)), if wait.is_some() => {}
            }
        }
    }

    /// Open dispatches other than queued ones; those are read as they come up.
    async fn load_open(&mut self, now: i64) {
        if self.loaded || now < self.read_again_ms {
            return;
        }
        match self.driver.ledger.reader().in_hand(self.lane.account_id).await {
            Ok(ids) => {
                self.loaded = true;
                self.unknown.extend(ids.iter().copied());
                for id in ids.into_iter().filter(|id| !self.working.contains(id)) {
                    self.agenda.put(id, Some(Due { at_awake_ms: now, rank: Rank::LookUp }));
                }
            }
            Err(error) => {
                self.read_again_ms = now + REST_MS;
                tracing::error!(account = %self.lane.name, %error, "open dispatches could not be read; tried again");
            }
        }
    }

    /// Says what this loop is doing. What is held back by a limit or a pause is not ready: nothing can be done about it
    /// at once. A loop that has been replaced only ends what it began; the rest is the other's.
    fn tell(&self, stopped: bool) {
        let now = self.driver.clock.now().awake_ms;
        let (paused, shut, held_back) = {
            let heard = self.lane.heard();
            let (creates, from) = self.creates_allowed(&heard);
            (heard.paused.is_some(), heard.shut, heard.deferred_until_ms > now || from > now || creates == 0)
        };
        // What is queued at a shut account waits for a person, not for a time.
        let queued = if shut { 0 } else { self.ready.len() } + usize::from(self.more || !self.loaded);
        let activity = match (paused || stopped, held_back) {
            (true, _) => Activity { working: self.working.len(), ready: 0, scheduled: 0 },
            (false, true) => Activity { working: self.working.len(), ready: 0, scheduled: self.agenda.len() + queued },
            (false, false) => Activity { working: self.working.len(), ready: queued, scheduled: self.agenda.len() },
        };
        self.driver.activity.send_if_modified(|all| {
            let old = all.insert((self.lane.account_id, self.number), activity);
            old != Some(activity)
        });
    }

    /// How long until something is due. `None`: nothing is, or nothing may be asked.
    fn wait_ms(&self) -> Option<u64> {
        let now = self.driver.clock.now().awake_ms;
        let heard = self.lane.heard();
        if heard.paused.is_some() || self.working.len() >= self.max_in_flight() {
            return None;
        }
        let (creates, from) = self.creates_allowed(&heard);
        let next_create = (!self.ready.is_empty() && self.creating.len() < creates).then_some(from);
        let to_read = (self.wants_page() || !self.loaded).then_some(self.read_again_ms);
        let (from, overdue_ms) = (heard.looks.allows(1).1, self.lane.rules.contract.timings.lookup_interval_max_ms);
        let probing = heard.looks.tripped() && self.looking() > 0;
        let look = self.agenda.next_at(|rank| rank != Rank::Create).map(|at| {
            let held_until = if probing { i64::MAX } else { at.max(from) };
            held_until.min(at + overdue_ms)
        });
        let queued = self.agenda.next_at(|rank| rank == Rank::Create);
        let next = [look, queued, next_create, to_read].into_iter().flatten().min()?;
        Some((next.max(heard.deferred_until_ms).saturating_sub(now)).max(0) as u64)
    }

    /// How many dispatches this loop may be on: the account's limit, less the clicks that are on their way.
    fn max_in_flight(&self) -> usize {
        let limit = self.lane.rules.contract.timings.max_in_flight as usize;
        limit.saturating_sub(self.lane.clicks.load(Ordering::SeqCst))
    }

    /// How many creates may be on their way at once, and from when on the next may leave. While the platform's list holds
    /// nothing that a scan could read back to, it is one, and none beside an unknown one: the list stays so short that it
    /// is seen whole, and the one can be told from nothing. None while the account is shut.
    fn creates_allowed(&self, heard: &Heard) -> (usize, i64) {
        let (answered, from) = heard.breaker.allows(self.max_in_flight());
        let (reached, reached_from) = heard.reach.allows(self.max_in_flight());
        let limited = heard.limits.allows(self.max_in_flight());
        let (creates, from) = (answered.min(reached).min(limited), from.max(reached_from));
        if heard.shut {
            return (0, from);
        }
        let most = match (heard.nothing_before, self.unknown.is_empty()) {
            (false, _) => usize::MAX,
            (true, true) => 1,
            (true, false) => 0,
        };
        (creates.min(most), from)
    }

    /// How many tasks of this loop are on lookups.
    fn looking(&self) -> usize {
        self.working.len().saturating_sub(self.creating.len())
    }

    /// By when something must have been due to be looked up now, and how many lookups may begin. While the platform gives
    /// no answers one lookup at a time asks for all, with pauses; but nothing is held back for longer than the longest
    /// pause of its own.
    fn may_look(&self, now: i64) -> (i64, usize) {
        let room = self.max_in_flight().saturating_sub(self.working.len());
        let looks = self.lane.heard().looks;
        if !looks.tripped() {
            return (now, room);
        }
        let held = self.looking() > 0 || looks.allows(1).1 > now;
        let overdue = now - self.lane.rules.contract.timings.lookup_interval_max_ms;
        (if held { overdue } else { now }, room.min(1))
    }

    async fn heed(&mut self, signal: Signal) {
        match signal {
            Signal::Queued => self.more = true,
            Signal::Reload => (self.more, self.loaded) = (true, false),
            Signal::Touched(id) if self.working.contains(&id) => drop(self.again.insert(id)),
            Signal::Touched(id) => self.read_and_schedule(id).await,
        }
        self.heeded += 1;
    }

    async fn read_and_schedule(&mut self, id: DispatchId) {
        match self.driver.ledger.reader().dispatch(id).await {
            Ok(dispatch) => self.schedule(&dispatch, None).await,
            Err(LedgerError::NotFound { .. }) => self.forget(id),
            Err(error) => {
                tracing::warn!(account = %self.lane.name, dispatch = id.0, error = error.in_a_log(), "could not be read; tried again");
                let at_awake_ms = self.driver.clock.now().awake_ms + REST_MS;
                self.agenda.put(id, Some(Due { at_awake_ms, rank: Rank::LookUp }));
            }
        }
    }

    /// A dispatch that was withdrawn before anything was armed has no row any more. Whoever waited behind it looks anew.
    fn forget(&mut self, id: DispatchId) {
        self.agenda.put(id, None);
        self.unknown.remove(&id);
        self.ready.retain(|other| *other != id);
        let now = self.driver.clock.now().awake_ms;
        for mut waiting in std::mem::take(&mut self.waiting).into_values() {
            waiting.retain(|other| *other != id);
            for other in waiting {
                self.agenda.put(other, Some(Due { at_awake_ms: now, rank: Rank::Create }));
            }
        }
    }

    /// Starts as much as the account's limits allow: dying fences first, then creates, then the rest.
    async fn fill(&mut self, tasks: &mut JoinSet<Done>) {
        let now = self.driver.clock.now().awake_ms;
        {
            let heard = self.lane.heard();
            if heard.paused.is_some() || heard.deferred_until_ms > now {
                return;
            }
        }
        self.load_open(now).await;
        self.read_ahead(now).await;
        self.start_due(tasks, now, |rank| rank == Rank::Cancel);
        if self.scans() {
            self.start_scan(tasks, now);
        } else {
            self.start_due(tasks, now, |rank| matches!(rank, Rank::Dying { .. }));
        }
        let one_for_all = {
            let heard = self.lane.heard();
            heard.reach.tripped() || heard.limits.met_lately()
        };
        for (id, _) in self.agenda.take_due(now, READ_AHEAD as usize, |rank| rank == Rank::Create) {
            // Where one is tried for all, each gets its turn.
            if one_for_all {
                self.ready.push_back(id);
            } else {
                self.ready.push_front(id);
            }
        }
        let (creates, from) = self.creates_allowed(&self.lane.heard());
        while self.working.len() < self.max_in_flight() && self.creating.len() < creates && now >= from {
            let Some(id) = self.ready.pop_front() else { break };
            if !self.working.contains(&id) {
                self.start(tasks, vec![id], true);
            }
        }
        if !self.scans() {
            self.start_due(tasks, now, |rank| matches!(rank, Rank::LookUp | Rank::Track));
        }
    }

    fn start_due(&mut self, tasks: &mut JoinSet<Done>, now: i64, wanted: fn(Rank) -> bool) {
        let (due_by, room) = self.may_look(now);
        for (id, _) in self.agenda.take_due(due_by, room, wanted) {
            self.start(tasks, vec![id], false);
        }
    }

    /// One scan serves everything that is due: it costs pages, not orders.
    fn start_scan(&mut self, tasks: &mut JoinSet<Done>, now: i64) {
        let (due_by, room) = self.may_look(now);
        if room == 0 {
            return;
        }
        let due = self.agenda.take_due(due_by, usize::MAX, |rank| !matches!(rank, Rank::Cancel | Rank::Create));
        let ids: Vec<DispatchId> = due.into_iter().map(|(id, _)| id).filter(|id| !self.working.contains(id)).collect();
        if !ids.is_empty() {
            self.start(tasks, ids, false);
        }
    }

    fn scans(&self) -> bool {
        match self.lane.rules.contract.lookup {
            Lookup::ScanForReference | Lookup::ScanForLookalike => true,
            Lookup::ByReference { .. } | Lookup::None => false,
        }
    }

    /// Whether more queued dispatches are to be read now. While enough are at hand there is nothing to read, and nothing
    /// to wake for.
    fn wants_page(&self) -> bool {
        self.more && self.ready.len() < READ_AHEAD as usize / 2
    }

    async fn read_ahead(&mut self, now: i64) {
        if !self.wants_page() || now < self.read_again_ms {
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
                self.read_again_ms = now + REST_MS;
                tracing::error!(account = %self.lane.name, %error, "queued dispatches could not be read; tried again");
            }
        }
    }

    fn start(&mut self, tasks: &mut JoinSet<Done>, ids: Vec<DispatchId>, create: bool) {
        self.working.extend(ids.iter().copied());
        if create {
            self.creating.extend(ids.iter().copied());
        }
        let (driver, lane) = (self.driver.clone(), self.lane.clone());
        let mine = ids.clone();
        let task = tasks.spawn(async move { driver.work(&lane, ids).await });
        self.running.insert(task.id(), mine);
    }

    async fn absorb(&mut self, done: Result<(tokio::task::Id, Done), tokio::task::JoinError>, stopped: bool) {
        let now = self.driver.clock.now().awake_ms;
        let done = match done {
            Ok((task, done)) => {
                self.running.remove(&task);
                done
            }
            Err(error) => {
                tracing::error!(account = %self.lane.name, %error, "a task ended early; its work is taken up again");
                for id in self.running.remove(&error.id()).unwrap_or_default() {
                    self.working.remove(&id);
                    self.creating.remove(&id);
                    self.agenda.put(id, Some(Due { at_awake_ms: now + REST_MS, rank: Rank::LookUp }));
                }
                return;
            }
        };
        for (id, result) in done {
            self.working.remove(&id);
            self.creating.remove(&id);
            let touched = self.again.remove(&id);
            match result {
                // This loop has been replaced: the one in its place takes it up.
                _ if stopped => self.driver.touched(self.lane.account_id, id),
                Ok(_) if touched => self.read_and_schedule(id).await,
                Ok(advanced) => self.schedule(&advanced.dispatch, Some(advanced.not_before_ms.unwrap_or(0))).await,
                Err(AdvanceError::Ledger(LedgerError::NotFound { .. })) => self.forget(id),
                Err(error) => {
                    tracing::warn!(account = %self.lane.name, dispatch = id.0, error = error.in_a_log(), "could not go on; tried again");
                    if matches!(error, AdvanceError::Ledger(LedgerError::Io { .. })) {
                        (self.more, self.loaded, self.read_again_ms) = (true, false, now + REST_MS);
                    }
                    self.agenda.put(id, Some(Due { at_awake_ms: now + REST_MS, rank: Rank::LookUp }));
                }
            }
        }
    }

    /// Puts a dispatch where it belongs: into the agenda, among those that wait for a look-alike, or nowhere.
    async fn schedule(&mut self, d: &Dispatch, not_before_ms: Option<i64>) {
        let now = self.driver.clock.now();
        if matches!(d.state, State::Sending | State::InDoubt) {
            self.unknown.insert(d.id);
        } else {
            self.unknown.remove(&d.id);
        }
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
            // It has just been looked at: what settled state leaves behind must not make it due again at once for ever.
            let rest = if d.state.is_open() { 0 } else { self.lane.rules.contract.timings.lookup_interval_ms };
            due.at_awake_ms = due.at_awake_ms.max(now.awake_ms + ms.max(rest));
        }
        self.agenda.put(d.id, due);
    }
}
