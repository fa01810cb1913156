//! Tells the page that the ledger moved on. The page reads again, so a lost event costs nothing.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use tauri::AppHandle;
use tauri_specta::Event;
use tokio::sync::watch;

/// The pause after an event. What is committed meanwhile is told in one: the page reads what it shows after each, and
/// nobody reads a batch's progress more than four times a second. A click's own answer does not wait for it.
const PAUSE: Duration = Duration::from_millis(250);

/// Something was committed.
#[derive(Clone, Debug, Serialize, Deserialize, specta::Type, Event)]
pub struct LedgerChanged {
    /// The last committed place in the log.
    pub seq: i64,
}

/// Tells until the core is gone.
pub async fn tell(app: AppHandle, mut changes: watch::Receiver<i64>) {
    while changes.changed().await.is_ok() {
        let seq = *changes.borrow_and_update();
        if let Err(error) = (LedgerChanged { seq }).emit(&app) {
            tracing::warn!(%error, "the page was not told of a change");
        }
        tokio::time::sleep(PAUSE).await;
    }
}
