//! The process that holds the ledger: it recovers, opens an account's lane for each account, carries out commands, and
//! serves the inbox of other processes.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use tokio::sync::watch;

use crate::adapters::registry;
use crate::clock::Clock;
use crate::domain::{AccountId, Rules};
use crate::driver::{Driver, Lane, OTHER_MODE};
use crate::ledger::{AccountRow, Ledger, LedgerReader};
use crate::secrets::{KEYSTORE, SecretStore, Secrets};
use crate::transport::{Target, Transport};

use super::choosing::Lists;
use super::pricing::Prices;
use super::{ApiError, ErrorCode, Reply, Request};

/// How often the inbox is looked into.
const INBOX_MS: u64 = 100;
/// How long until an answer is written again that the ledger did not take.
const AGAIN_MS: u64 = 1_000;

/// The holder's side of the core.
pub(super) struct Holder {
    pub ledger: Ledger,
    pub driver: Arc<Driver>,
    pub transport: Transport,
    pub clock: Arc<dyn Clock>,
    /// Held while an account is put to work: of two commands, the one that read later is not undone by the other.
    opening: tokio::sync::Mutex<()>,
    /// Held while an account's settings are changed.
    pub setting: tokio::sync::Mutex<()>,
    /// Held while an account is probed.
    pub probing: tokio::sync::Mutex<()>,
    /// Commands that are being carried out, by id.
    turns: Mutex<HashMap<String, Weak<tokio::sync::Mutex<()>>>>,
    /// What commands came to that the ledger could not note yet, by id.
    unnoted: Mutex<HashMap<String, String>>,
    /// Prices that are still good.
    pub prices: Prices,
    /// What fields may hold, as it was read not long ago.
    pub lists: Lists,
}

impl Holder {
    /// Recovers every account before any command is served, and only then goes to work, if it is to work.
    pub async fn start(
        ledger: Ledger,
        clock: Arc<dyn Clock>,
        transport: Transport,
        works: bool,
        follows: bool,
    ) -> Result<Arc<Holder>, ApiError> {
        let driver = Driver::new(ledger.clone(), transport.clone(), clock.clone(), works, follows);
        let holder = Arc::new(Holder {
            ledger,
            driver,
            transport,
            clock,
            opening: tokio::sync::Mutex::default(),
            setting: tokio::sync::Mutex::default(),
            probing: tokio::sync::Mutex::default(),
            turns: Mutex::default(),
            unnoted: Mutex::default(),
            prices: Prices::default(),
            lists: Lists::default(),
        });
        if let Err(error) = super::wrong_rows::clear(holder.reader().path(), holder.clock.now().wall_ms) {
            tracing::warn!(%error, "what earlier imports left beside the ledger could not be removed");
        }
        holder.ledger.requeue_inbox().await?;
        let mut lanes = Vec::new();
        for mut row in holder.reader().accounts().await? {
            if row.paused.as_ref().is_some_and(|why| !why.starts_with(OTHER_MODE)) {
                holder.ledger.set_paused(row.id, None).await?;
                row.paused = None;
            }
            let Some(lane) = holder.lane_for(&row).await? else { continue };
            let lane = Arc::new(lane);
            let found = holder.driver.recover(&lane).await?;
            if found.sending + found.in_doubt > 0 {
                tracing::info!(account = %row.name, sending = found.sending, in_doubt = found.in_doubt, "recovered");
            }
            lanes.push(lane);
        }
        for lane in lanes {
            holder.driver.open_lane(lane);
        }
        holder.clone().spawn_inbox();
        holder.clone().spawn_tidying();
        Ok(holder)
    }

    pub fn reader(&self) -> &LedgerReader {
        self.ledger.reader()
    }

    /// An account ready for work. `None` where its platform has no adapter. Without its secrets it stands paused.
    async fn lane_for(&self, row: &AccountRow) -> Result<Option<Lane>, ApiError> {
        let Some(adapter) = registry::adapter(row.platform) else { return Ok(None) };
        let rules = Rules::new(adapter.contract(), &row.settings);
        let (secrets, missing) = match self.secrets_of(row).await {
            Ok(secrets) => (secrets, None),
            Err(error) => (Secrets::default(), Some(error.message)),
        };
        let known = super::accounts::digest(adapter, &secrets, row.test).is_ok_and(|digest| digest == row.credential);
        let target = Target::new(row.base_url.clone(), adapter.auth(), secrets);
        let lane = Lane::new(
            row.id,
            row.name.clone(),
            row.identity.clone(),
            row.test,
            adapter,
            rules,
            row.credential.clone(),
            target,
            row.secrets.clone(),
            self.clock.clone(),
        );
        // A replay under another credential is not known to be harmless, and another credential may be another mode's.
        let other = (missing.is_none() && !known).then(|| {
            format!(
                "its stored credential is not the one the ledger knows; give it again with `account credentials {}`",
                row.name
            )
        });
        let unconfirmed = (!row.test && !row.confirmed)
            .then(|| "a live account: its first use must be confirmed by a person".to_owned());
        if let Some(why) = missing.or(other).or(unconfirmed).or(row.paused.clone()) {
            if row.paused.as_ref() != Some(&why) {
                self.ledger.set_paused(row.id, Some(why.clone())).await?;
            }
            lane.heard().paused = Some(why);
        }
        lane.heard().shut = self.past_of(row).await?.is_some_and(|past| past.shut);
        lane.heard().server = self.server_time(row.id).await?;
        Ok(Some(lane))
    }

    pub async fn secrets_of(&self, row: &AccountRow) -> Result<Secrets, ApiError> {
        let (store, entry) = (self.store_of(row), self.secret_entry(row));
        Ok(self.reader().beside(store.read(&entry)).await?)
    }

    /// Where an account's secrets are: the key store, or the file it remembers.
    fn store_of(&self, row: &AccountRow) -> SecretStore {
        SecretStore::new(secrets_file(row).as_deref())
    }

    /// Under which name an account's secrets are kept.
    pub fn secret_entry(&self, row: &AccountRow) -> String {
        secret_entry(self.reader(), secrets_file(row).as_deref(), &row.name)
    }

    /// The account goes to work with what the ledger says of it now. `resume` ends its pause: new credentials, a good
    /// test, or a person's word.
    pub async fn reopen(&self, id: AccountId, resume: bool) -> Result<(), ApiError> {
        let _opening = self.opening.lock().await;
        let mut row = self.reader().account_by_id(id).await?;
        if resume && row.paused.take().is_some() {
            self.ledger.set_paused(id, None).await?;
        }
        if row.removed {
            self.driver.close_lane(id);
            return Ok(());
        }
        if let Some(lane) = self.lane_for(&row).await? {
            let lane = Arc::new(lane);
            // An account that was away may have something in hand from another start of the machine.
            if self.driver.lane(id).is_none() {
                self.driver.recover(&lane).await?;
            }
            self.driver.open_lane(lane);
        }
        Ok(())
    }

    /// The lane of an account.
    pub fn lane(&self, id: AccountId) -> Result<Arc<Lane>, ApiError> {
        self.driver.lane(id).ok_or_else(|| {
            ApiError::new(ErrorCode::NotAllowed, "this account's platform has no adapter in this version of Docket")
        })
    }

    /// Carries out a command once for each id: a click, its double and an Enter key wait here for the first of them,
    /// and get its answer.
    pub async fn execute(self: &Arc<Self>, request: Request) -> Result<Reply, ApiError> {
        if request.command.is_question() {
            return self.run(&request.id, request.command).await;
        }
        let turn = self.turn(&request.id);
        let _turn = turn.lock().await;
        if let Some(stored) = self.reader().command_seen(&request.id).await? {
            return read_answer(&stored);
        }
        if let Some(stored) = self.unnoted().get(&request.id).cloned() {
            return read_answer(&stored);
        }
        let answer = self.run(&request.id, request.command).await;
        if is_unfinished(&answer) || self.ended_under(&answer) {
            return answer;
        }
        if let Ok(text) = serde_json::to_string(&answer)
            && let Err(error) = self.ledger.note_command(&request.id, &text).await
        {
            // What was done was done. To answer with this error would say that nothing was.
            tracing::warn!(error = error.in_a_log(), "what a command came to could not be noted; tried again");
            self.unnoted().insert(request.id.clone(), text.clone());
            self.clone().note_later(request.id, text);
        }
        answer
    }

    fn unnoted(&self) -> std::sync::MutexGuard<'_, HashMap<String, String>> {
        self.unnoted.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A full disk is waited out, as long as this process lives.
    fn note_later(self: Arc<Self>, id: String, text: String) {
        tokio::spawn(async move {
            loop {
                tokio::select! {
                    () = self.clock.sleep(AGAIN_MS) => {}
                    () = self.driver.stop.cancelled() => return,
                }
                if self.ledger.note_command(&id, &text).await.is_ok() {
                    self.unnoted().remove(&id);
                    return;
                }
            }
        });
    }

    fn turn(&self, id: &str) -> Arc<tokio::sync::Mutex<()>> {
        let mut turns = self.turns.lock().unwrap_or_else(PoisonError::into_inner);
        turns.retain(|_, weak| weak.strong_count() > 0);
        if let Some(turn) = turns.get(id).and_then(Weak::upgrade) {
            return turn;
        }
        let fresh = Arc::new(tokio::sync::Mutex::new(()));
        turns.insert(id.to_owned(), Arc::downgrade(&fresh));
        fresh
    }

    /// Whether nothing can be done at once, or, if `for_now` is false, nothing will happen by itself at all.
    pub fn rests(&self, for_now: bool) -> bool {
        let activity = self.driver.activity();
        activity.is_idle() && (for_now || activity.scheduled == 0)
    }

    pub async fn something_changed(&self) {
        let mut activity = self.driver.activity_changes();
        let mut ledger = self.ledger.changes();
        tokio::select! {
            _ = activity.changed() => {}
            _ = ledger.changed() => {}
        }
    }

    pub fn changes(&self) -> watch::Receiver<i64> {
        self.ledger.changes()
    }

    fn spawn_inbox(self: Arc<Self>) {
        tokio::spawn(async move {
            while !self.driver.stop.is_cancelled() {
                if let Err(error) = self.serve_inbox_once().await {
                    tracing::warn!(%error, "the inbox could not be read");
                }
                tokio::select! {
                    () = self.clock.sleep(INBOX_MS) => {}
                    () = self.driver.stop.cancelled() => {}
                }
            }
        });
    }

    /// Takes up what other processes have left in the inbox, each as a task of its own: a long one holds up nobody.
    pub async fn serve_inbox_once(self: &Arc<Self>) -> Result<(), ApiError> {
        for (id, body) in self.ledger.take_pending().await? {
            let holder = self.clone();
            tokio::spawn(async move { holder.serve(&id, &body).await });
        }
        Ok(())
    }

    /// Whether the ledger was closed under a command, because this process stops: that says nothing of the command.
    fn ended_under(&self, answer: &Result<Reply, ApiError>) -> bool {
        self.driver.stop.is_cancelled() && answer.as_ref().is_err_and(|error| error.code == ErrorCode::Ledger)
    }

    async fn serve(self: &Arc<Self>, id: &str, body: &str) {
        let answer = match serde_json::from_str::<Request>(body) {
            Ok(request) => self.execute(request).await,
            Err(error) => Err(ApiError::new(ErrorCode::Invalid, format!("the command does not read: {error}"))),
        };
        if is_unfinished(&answer) || self.ended_under(&answer) {
            // The next holder takes it up again.
            return;
        }
        let text = match serde_json::to_string(&answer) {
            Ok(text) => text,
            Err(error) => return tracing::error!(%error, "an answer cannot be written down"),
        };
        // Somebody waits for it: a full disk is waited out, as long as this process lives.
        while let Err(error) = self.ledger.answer(id, &text).await {
            tracing::warn!(error = error.in_a_log(), "an answer to another process could not be written; tried again");
            tokio::select! {
                () = self.clock.sleep(AGAIN_MS) => {}
                () = self.driver.stop.cancelled() => return,
            }
        }
    }

    pub async fn stop(&self) {
        self.driver.stop().await;
        if let Err(error) = self.keep_server_times().await {
            tracing::debug!(%error, "the platforms' clocks could not be written down");
        }
        self.ledger.close().await;
    }
}

/// The file an account's secrets are in; `None` for the key store.
pub(super) fn secrets_file(row: &AccountRow) -> Option<PathBuf> {
    (row.secrets != KEYSTORE).then(|| PathBuf::from(&row.secrets))
}

/// A key store is one for all ledgers of a person: there the entry names the ledger too, so that an account of the same
/// name in another ledger keeps a secret of its own.
pub(super) fn secret_entry(reader: &LedgerReader, file: Option<&std::path::Path>, name: &str) -> String {
    match file {
        Some(_) => name.to_owned(),
        None => format!("{name} in {}", reader.path().display()),
    }
}

/// Whether a command was cut short because this process stops. That is no answer to its id.
fn is_unfinished(answer: &Result<Reply, ApiError>) -> bool {
    matches!(answer, Ok(Reply::Imported(report)) if report.stopped)
}

fn read_answer(text: &str) -> Result<Reply, ApiError> {
    serde_json::from_str::<Result<Reply, ApiError>>(text)
        .map_err(|e| ApiError::new(ErrorCode::Ledger, format!("the stored answer does not read: {e}")))?
}
