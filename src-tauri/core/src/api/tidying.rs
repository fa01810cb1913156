//! What the holder does now and then, beside the work: old answers go, and what was heard of the platforms' clocks is
//! written down.

use std::sync::Arc;

use crate::domain::{AccountId, ServerTime};
use crate::ledger::LedgerError;

use super::holder::Holder;

/// How long an answer is kept. A guest may be stopped before it has read its answer (a laptop asleep), and a window
/// that was left open sends a command's id again when its page is loaded anew: either can last over the holidays of a
/// shop. Two weeks cover that, and beyond them nobody waits; a guest that does is told to look at the orders.
const ANSWERS_KEPT_MS: i64 = 14 * 24 * 3_600_000;
/// How often there is a look for what has become too old.
const TIDY_MS: u64 = 3_600_000;

impl Holder {
    /// At the start, and then every hour.
    pub(super) fn spawn_tidying(self: Arc<Self>) {
        tokio::spawn(async move {
            while !self.driver.stop.is_cancelled() {
                if let Err(error) = self.tidy().await {
                    tracing::warn!(%error, "old answers could not be removed; tried again later");
                }
                tokio::select! {
                    () = self.clock.sleep(TIDY_MS) => {}
                    () = self.driver.stop.cancelled() => {}
                }
            }
        });
    }

    async fn tidy(&self) -> Result<(), LedgerError> {
        let before_ms = self.clock.now().wall_ms - ANSWERS_KEPT_MS;
        // In small pieces: whatever else is to be written comes in between.
        while self.ledger.prune_answers(before_ms).await? > 0 && !self.driver.stop.is_cancelled() {}
        self.keep_server_times().await
    }

    /// What is known of a platform's clock: heard by this process, else by an earlier one since the machine started.
    /// It is stored with every arming, so that the first one of a process has it, too: after a restart of the machine a
    /// fence without it is dead.
    pub(super) async fn server_time(&self, id: AccountId) -> Result<Option<ServerTime>, LedgerError> {
        if let Some(heard) = self.driver.lane(id).and_then(|lane| lane.heard().server.clone()) {
            return Ok(Some(heard));
        }
        let kept = self.reader().server_time(id).await?;
        Ok(kept.filter(|time| time.at.same_boot(&self.clock.now())))
    }

    /// Writes down what was heard of the platforms' clocks since the last time.
    pub(super) async fn keep_server_times(&self) -> Result<(), LedgerError> {
        let mut fresh = Vec::new();
        for row in self.reader().accounts().await? {
            let heard = self.driver.lane(row.id).and_then(|lane| lane.heard().server.clone());
            if let Some(heard) = heard
                && self.reader().server_time(row.id).await?.as_ref() != Some(&heard)
            {
                fresh.push((row.id, heard));
            }
        }
        if fresh.is_empty() { Ok(()) } else { self.ledger.save_server_times(fresh).await }
    }
}
