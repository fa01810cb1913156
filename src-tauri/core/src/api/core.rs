//! The core as its faces hold it: opened once, asked many times.
//!
//! A holder has the lock, recovers and works; a guest reads, and sends commands through the holder's inbox until the
//! holder goes away. Not here: what each command does (`api::run`), waiting for the work (`api::waiting`), secrets
//! (`api::keeping`), or the views' sentences (`api::words`).

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{OnceCell, watch};

use crate::adapters::{promise, registry};
use crate::clock::{Clock, SystemClock};
use crate::domain::{OrderPayload, Platform, Seq, Shown};
use crate::ledger::{AccountRow, Ledger, LedgerError, LedgerReader};
use crate::transport::{Transport, Wire};

use super::holder::Holder;
use super::views::{
    AccountView, CaseView, Counts, DayView, LogQuery, LogView, OrderDetail, OrderPage, OrderQuery, PastView,
    PlatformView, Verification,
};
use super::words;
use super::{ApiError, ErrorCode, OrderKey, Reply, Request};

/// How often a guest looks whether its answer is there, and whether the holder has gone.
pub(super) const LOOK_MS: u64 = 50;

/// How to open the core.
#[derive(Clone, Debug)]
pub struct CoreOptions {
    /// The ledger's file. Created, and migrated, on first use.
    pub ledger: PathBuf,
    /// Where new accounts' secrets go when not into the key store.
    pub secrets_file: Option<PathBuf>,
    /// A folder of this installation, away from the ledger: it keeps a witness of how far each ledger had come, by which
    /// a restored or copied one is noticed.
    pub station: PathBuf,
    /// The program, for whoever finds the ledger held.
    pub program: &'static str,
    /// Whether the platforms' status of bound orders is read by itself, now and again: for a program that stays.
    pub follow: bool,
}

/// How much is open, for whoever waits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// Open, without what waits for a person. A case that a person has released is open.
    pub open: u32,
    /// Queued behind a look-alike that waits for a person.
    pub waiting_for_person: u32,
    /// In review.
    pub needs_review: u32,
}

/// Docket without a face. Cheap to clone.
#[derive(Clone)]
pub struct Core {
    inner: Arc<Inner>,
}

struct Inner {
    options: CoreOptions,
    clock: Arc<dyn Clock>,
    reader: LedgerReader,
    holder: OnceCell<Arc<Holder>>,
    changes: watch::Sender<i64>,
    following: Mutex<bool>,
    may_hold: bool,
    works: bool,
    /// In a simulation: what carries requests in place of sockets.
    wire: Option<Arc<dyn Wire>>,
}

impl Core {
    /// Takes the lock, recovers what was in flight, and goes to work. Another holder is an error with code `held`.
    pub async fn open(options: CoreOptions) -> Result<Core, ApiError> {
        Core::open_as(options, true, Arc::new(SystemClock::new()), None).await
    }

    /// Like `open`, on another clock: one that a test moves ahead, and whose machine it restarts.
    pub async fn open_on(options: CoreOptions, clock: Arc<dyn Clock>) -> Result<Core, ApiError> {
        Core::open_as(options, true, clock, None).await
    }

    /// Like `open_on`, with the platforms in the same process: for the simulator, and for nobody else.
    pub async fn open_over(options: CoreOptions, clock: Arc<dyn Clock>, wire: Arc<dyn Wire>) -> Result<Core, ApiError> {
        Core::open_as(options, true, clock, Some(wire)).await
    }

    async fn open_as(
        options: CoreOptions,
        works: bool,
        clock: Arc<dyn Clock>,
        wire: Option<Arc<dyn Wire>>,
    ) -> Result<Core, ApiError> {
        let ledger = Ledger::open_at(&options.ledger, clock.clone(), &options.station).await?;
        // A pool of its own: what was done can still be read when the holder's side has been stopped.
        let reader = LedgerReader::open(&options.ledger).await?;
        let core = Core::with(options, clock.clone(), reader, (true, works), wire);
        core.hold(ledger).await?;
        Ok(core)
    }

    /// Like `open`; where another process holds the ledger it becomes that one's guest.
    pub async fn attach(options: CoreOptions) -> Result<Core, ApiError> {
        Core::attach_as(options, true).await
    }

    /// Like `attach`, to change something and no more: open work is recovered and then left alone.
    pub async fn attach_to_change(options: CoreOptions) -> Result<Core, ApiError> {
        Core::attach_as(options, false).await
    }

    async fn attach_as(options: CoreOptions, works: bool) -> Result<Core, ApiError> {
        let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
        match Core::open_as(options.clone(), works, clock.clone(), None).await {
            Err(ApiError { code: ErrorCode::Held, .. }) => {
                let reader = LedgerReader::open(&options.ledger).await?;
                Ok(Core::with(options, clock, reader, (true, works), None))
            }
            other => other,
        }
    }

    /// Only reads. A ledger that is not there is made first.
    pub async fn read_only(options: CoreOptions) -> Result<Core, ApiError> {
        let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
        if !options.ledger.exists() {
            match Ledger::open_at(&options.ledger, clock.clone(), &options.station).await {
                Ok(ledger) => ledger.close().await,
                Err(LedgerError::Held { .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }
        let reader = LedgerReader::open(&options.ledger).await?;
        Ok(Core::with(options, clock, reader, (false, false), None))
    }

    fn with(
        options: CoreOptions,
        clock: Arc<dyn Clock>,
        reader: LedgerReader,
        (may_hold, works): (bool, bool),
        wire: Option<Arc<dyn Wire>>,
    ) -> Core {
        let inner = Inner {
            options,
            clock,
            reader,
            holder: OnceCell::new(),
            changes: watch::Sender::new(0),
            following: Mutex::new(false),
            may_hold,
            works,
            wire,
        };
        Core { inner: Arc::new(inner) }
    }

    async fn hold(&self, ledger: Ledger) -> Result<(), ApiError> {
        let options = &self.inner.options;
        let clock = self.inner.clock.clone();
        let holder = Holder::start(ledger, clock, self.transport(), self.inner.works, options.follow).await?;
        let _ = self.inner.holder.set(holder);
        Ok(())
    }

    /// A transport of its own.
    pub(super) fn transport(&self) -> Transport {
        let clock = self.inner.clock.clone();
        match &self.inner.wire {
            Some(wire) => Transport::over(clock, wire.clone()),
            None => Transport::new(clock),
        }
    }

    /// Whether this process holds the ledger.
    pub fn is_holder(&self) -> bool {
        self.inner.holder.get().is_some()
    }

    pub(super) fn reader(&self) -> &LedgerReader {
        &self.inner.reader
    }

    pub(super) fn clock(&self) -> &Arc<dyn Clock> {
        &self.inner.clock
    }

    pub(super) fn options(&self) -> &CoreOptions {
        &self.inner.options
    }

    /// The holder's side, where this process is the holder.
    pub(super) fn holder(&self) -> Option<&Arc<Holder>> {
        self.inner.holder.get()
    }

    /// Becomes the holder if the ledger is free: whoever held it has gone, and what it left is taken up here. A face
    /// that only reads never does.
    pub(super) async fn take_over(&self) -> Result<Option<&Arc<Holder>>, ApiError> {
        if self.holder().is_none() && self.inner.may_hold {
            let CoreOptions { ledger, station, .. } = &self.inner.options;
            match Ledger::open_at(ledger, self.inner.clock.clone(), station).await {
                Ok(ledger) => {
                    self.hold(ledger).await?;
                }
                Err(LedgerError::Held { .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(self.holder())
    }

    /// Carries out a command, here or at the holder. The same id twice is one command.
    pub async fn execute(&self, request: Request) -> Result<Reply, ApiError> {
        if let Some(holder) = self.inner.holder.get() {
            return holder.execute(request).await;
        }
        if !self.inner.may_hold {
            return Err(ApiError::new(ErrorCode::NotAllowed, "this face only reads"));
        }
        self.through_inbox(request).await
    }

    /// Leaves the request for the holder and waits. If the holder goes away, the work is taken over.
    async fn through_inbox(&self, request: Request) -> Result<Reply, ApiError> {
        let body = serde_json::to_string(&request)
            .map_err(|e| ApiError::new(ErrorCode::Invalid, format!("the command cannot be written down: {e}")))?;
        self.reader().put_request(&request.id, &body, self.inner.clock.now().wall_ms).await?;
        loop {
            if let Some(answer) = self.reader().answer_to(&request.id).await? {
                return serde_json::from_str::<Result<Reply, ApiError>>(&answer).map_err(|e| {
                    ApiError::new(ErrorCode::Ledger, format!("the holder's answer does not read: {e}"))
                })?;
            }
            // A new holder looks into the inbox itself.
            self.take_over().await?;
            self.inner.clock.sleep(LOOK_MS).await;
        }
    }

    /// The platforms that have an adapter.
    pub async fn platforms(&self) -> Vec<PlatformView> {
        registry::all()
            .map(|a| PlatformView {
                platform: a.platform(),
                title: a.platform().title().to_owned(),
                form: a.form().to_vec(),
                secret_names: a.secret_names().iter().map(|s| (*s).to_owned()).collect(),
                optional_secret_names: a.optional_secret_names().iter().map(|s| (*s).to_owned()).collect(),
                merchant_member: a.merchant_member().map(str::to_owned),
                contract: a.contract(),
                quotes: a.quote_request(&OrderPayload::default(), "x").is_some(),
                chosen: a
                    .form()
                    .iter()
                    .filter(|f| a.choices_request(f.name, "").is_some())
                    .map(|f| f.name.to_owned())
                    .collect(),
                promise: promise::usual(a),
            })
            .collect()
    }

    /// Living accounts.
    pub async fn accounts(&self) -> Result<Vec<AccountView>, ApiError> {
        let pasts = self.reader().pasts().await?;
        let past = |row: &AccountRow| pasts.iter().find(|past| past.account_id == row.id);
        Ok(self.reader().accounts().await?.iter().map(|row| words::account_view(row, past(row))).collect())
    }

    /// Accounts of whose past the ledger does not know all, in sentences; whether each is shut.
    pub async fn pasts(&self) -> Result<Vec<PastView>, ApiError> {
        Ok(self.reader().pasts().await?.iter().map(words::past_view).collect())
    }

    /// How many orders stand where.
    pub async fn counts(&self, account: Option<String>) -> Result<Counts, ApiError> {
        let account = match account {
            Some(name) => Some(self.reader().account(&name).await?.id),
            None => None,
        };
        Ok(self.reader().counts(account).await?)
    }

    /// A page of orders.
    pub async fn orders(&self, query: OrderQuery) -> Result<OrderPage, ApiError> {
        Ok(self.reader().order_page(&query).await?)
    }

    /// Everything the panel shows of one order.
    pub async fn order(&self, key: OrderKey) -> Result<OrderDetail, ApiError> {
        let order = self.find(&key).await?;
        words::detail(self.reader(), &self.inner.clock.now(), &order).await
    }

    /// Entries of the reconciliation log.
    pub async fn log(&self, query: LogQuery) -> Result<Vec<LogView>, ApiError> {
        Ok(self.reader().log_page(&query).await?)
    }

    /// The cases that wait for a person, those that hold up most first.
    pub async fn cases(&self) -> Result<Vec<CaseView>, ApiError> {
        words::cases(self.reader(), &self.inner.clock.now()).await
    }

    /// The evidence of one case, as the ledger has it; of an order that is no case, none.
    pub async fn shown(&self, order: OrderKey) -> Result<Shown, ApiError> {
        let order = self.find(&order).await?;
        let Some(dispatch) = self.reader().current_dispatch(order.id).await? else { return Ok(Shown::default()) };
        let progress = dispatch.progress;
        let candidates = progress.candidates.iter().map(|candidate| candidate.id.clone()).collect();
        Ok(Shown { candidates, presence: progress.presence.is_some() })
    }

    /// What was settled since then, hour by hour, and how long certainty took.
    pub async fn day(&self, since_ms: i64) -> Result<DayView, ApiError> {
        Ok(self.reader().day(since_ms).await?)
    }

    /// Copies the ledger to a new file, whole and consistent, while it is in use.
    pub async fn back_up(&self, to: &Path) -> Result<(), ApiError> {
        if to.exists() {
            let message = format!("{} is there already; give the copy a name of its own", to.display());
            return Err(ApiError::new(ErrorCode::Invalid, message));
        }
        Ok(self.reader().back_up(to).await?)
    }

    /// Checks the ledger: SQLite's own check, the hash chain and its head, and every invariant.
    pub async fn verify(&self) -> Result<Verification, ApiError> {
        Ok(self.reader().verify().await?)
    }

    /// A CSV header and one valid example row.
    pub async fn template(&self, platform: Platform) -> Result<String, ApiError> {
        words::template(platform)
    }

    /// How often this process's loops have woken since the start. A number that grows while nothing is due, and nothing
    /// comes in, tells of a loop that spins.
    pub fn rounds(&self) -> u64 {
        self.inner.holder.get().map_or(0, |holder| holder.driver.rounds())
    }

    /// Told the last committed place in the log, whoever commits.
    pub fn changes(&self) -> watch::Receiver<i64> {
        if let Some(holder) = self.inner.holder.get() {
            return holder.changes();
        }
        self.follow();
        self.inner.changes.subscribe()
    }

    /// A guest sees another process's commits by looking.
    fn follow(&self) {
        let mut following = self.inner.following.lock().unwrap_or_else(PoisonError::into_inner);
        if std::mem::replace(&mut *following, true) {
            return;
        }
        let inner = Arc::downgrade(&self.inner);
        tokio::spawn(async move {
            while let Some(inner) = inner.upgrade() {
                if let Ok(Seq(seq)) = inner.reader.last_seq().await {
                    inner.changes.send_if_modified(|old| std::mem::replace(old, seq) != seq);
                }
                inner.clock.sleep(200).await;
            }
        });
    }

    /// Asks what runs long here to come to its end early: an import ends with the rows that are being written.
    pub fn wind_up(&self) {
        if let Some(holder) = self.inner.holder.get() {
            holder.driver.stop.cancel();
        }
    }

    /// Starts nothing new, abandons open requests as in doubt, finishes what is being written. Within 2 s.
    pub async fn stop(&self) {
        if let Some(holder) = self.inner.holder.get() {
            holder.stop().await;
        }
    }

    pub(super) async fn find(&self, key: &OrderKey) -> Result<crate::ledger::OrderRow, ApiError> {
        let account = match &key.account {
            Some(name) => Some(self.reader().account(name).await?.id),
            None => None,
        };
        Ok(self.reader().order(&key.order_no, account).await?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A face may carry a command out on whatever thread it likes; this compiles only if it may.
    #[expect(dead_code, reason = "it is enough that it compiles")]
    fn commands_move_between_threads(core: Core, request: Request) -> impl Send {
        async move { core.execute(request).await.map(drop) }
    }
}
