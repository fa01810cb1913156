//! A lone click: reserved and armed in one transaction with one sync, and on its way at once.
//!
//! Where that cannot be (no room at the account, or a list must be read first), it is reserved and waits its turn.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use crate::decide::arm;
use crate::domain::{AccountId, Dispatch, DispatchId, Platform, State};
use crate::ledger::{Arming, LedgerError, OrderRow, Reservation};

use super::Driver;
use super::advance::serialises;
use super::lane::Lane;

impl Driver {
    /// Reserves one order, and sends it at once where the account has room.
    pub(crate) async fn click(
        self: &Arc<Self>,
        lane: Arc<Lane>,
        platform: Platform,
        order: &OrderRow,
        reservation: Reservation,
    ) -> Result<State, LedgerError> {
        // A stop waits until this is reserved, or on its way: what is armed after it would be left as it stands.
        let _token = self.tasks.token();
        if !self.has_room(&lane) {
            for result in self.ledger.reserve(vec![reservation]).await? {
                result?;
            }
            self.queued(lane.account_id);
            return Ok(State::Queued);
        }
        let provisional = provisional(platform, order, &reservation);
        let now = self.clock.now();
        let may = arm(&lane.facts(&provisional, &now), None).map_err(|e| LedgerError::Misuse(e.why))?;
        let arming = Arming {
            dispatch_id: provisional.id,
            version: provisional.version,
            attempt_n: may.n,
            server_ms: lane.server_ms(&now),
            credential: lane.credential.clone(),
            before_set: None,
            send_before_boot_ms: now.boot_ms + lane.rules.contract.timings.send_before_ms,
            stamp: now,
            progress: may.progress,
            log: vec![may.log],
        };
        let armed = self.ledger.reserve_and_arm(reservation, arming).await?;
        let id = armed.dispatch_id();
        let counted = Counted::new(self.clone(), lane.account_id, id);
        self.tasks.spawn(async move {
            let driver = &counted.driver;
            let claim = driver.claim(id);
            let guard = claim.lock().await;
            let event = driver.send(&lane, armed, &Dispatch { id, ..provisional }, false).await;
            if let Err(error) = driver.advance(&lane, id, event).await {
                tracing::warn!(account = %lane.name, dispatch = id.0, %error, "the answer could not be used");
            }
            drop(guard);
        });
        Ok(State::Sending)
    }

    /// Whether the account can take one more create at this moment, without a list to be read first.
    fn has_room(&self, lane: &Lane) -> bool {
        if !self.works || serialises(lane.rules.contract.fence) || self.stop.is_cancelled() {
            return false;
        }
        let free = {
            let heard = lane.heard();
            heard.paused.is_none() && heard.deferred_until_ms <= self.clock.now().awake_ms && !heard.breaker.tripped()
        };
        let working = self.working_of(lane.account_id) + self.clicks.load(Ordering::SeqCst);
        free && working < lane.rules.contract.timings.max_in_flight as usize && lane.has_turn()
    }
}

/// A click on its way, counted until it ends. However it ends, its account's loop takes the dispatch over.
struct Counted {
    driver: Arc<Driver>,
    account: AccountId,
    id: DispatchId,
}

impl Counted {
    fn new(driver: Arc<Driver>, account: AccountId, id: DispatchId) -> Counted {
        driver.clicks.fetch_add(1, Ordering::SeqCst);
        Counted { driver, account, id }
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.driver.touched(self.account, self.id);
        self.driver.clicks.fetch_sub(1, Ordering::SeqCst);
    }
}

/// The dispatch as it will stand once it is reserved; the ledger gives it its number.
fn provisional(platform: Platform, order: &OrderRow, r: &Reservation) -> Dispatch {
    Dispatch {
        id: DispatchId(0),
        order_id: r.order_id,
        account_id: r.account_id,
        order_no: order.order_no.clone(),
        platform,
        generation: r.generation,
        reference: r.reference.clone(),
        key: r.key.clone(),
        fingerprint: r.fingerprint.clone(),
        state: State::Queued,
        version: 0,
        came_from: r.came_from,
        attempts: Vec::new(),
        progress: r.progress.clone(),
        remote_id: None,
        bound_by: None,
        remote: None,
    }
}
