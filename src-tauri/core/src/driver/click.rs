//! A lone click: reserved and armed in one transaction with one sync, and on its way at once.
//!
//! Where that cannot be (no room at the account, or a list must be read first), it is reserved and waits its turn.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use crate::decide::arm;
use crate::domain::{Dispatch, DispatchId, Platform, State};
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
        // Before one that is not an order's first, the earlier ones are looked at.
        let first = reservation.generation == 1;
        let Some(mut room) = first.then(|| Room::take(self, &lane)).flatten() else {
            let reserved = self.ledger.reserve(vec![reservation]).await.inspect_err(|_| self.reload(lane.account_id));
            for result in reserved? {
                result?;
            }
            self.queued(lane.account_id);
            return Ok(State::Queued);
        };
        let provisional = provisional(platform, order, &reservation);
        // Asks nothing of the platform here: where a list would have to be read first, there is no room for a click.
        let before_set = self.before_set(&lane).await.unwrap_or_default();
        let now = self.clock.now();
        let may =
            arm(&lane.facts(&provisional, &now), before_set.as_deref()).map_err(|e| LedgerError::Misuse(e.why))?;
        let arming = Arming {
            dispatch_id: provisional.id,
            version: provisional.version,
            attempt_n: may.n,
            server_ms: lane.server_ms(&now),
            credential: lane.credential.clone(),
            before_set,
            send_before_boot_ms: now.boot_ms + may.send_before_ms,
            stamp: now,
            progress: may.progress,
            log: vec![may.log],
        };
        let armed = match self.ledger.reserve_and_arm(reservation, arming).await {
            Ok(armed) => armed,
            Err(
                error @ (LedgerError::Stale { .. }
                | LedgerError::OrderHeld { .. }
                | LedgerError::CommandRepeated { .. }),
            ) => return Err(error),
            Err(error) => {
                // What a failed commit left behind may come back when the file is opened again.
                self.reload(lane.account_id);
                return Err(error);
            }
        };
        let id = armed.dispatch_id();
        room.id = Some(id);
        self.tasks.spawn(async move {
            let driver = &room.driver;
            let claim = driver.claim(id);
            let guard = claim.lock().await;
            let event = driver.send(&lane, armed, &Dispatch { id, ..provisional }, false).await;
            if let Err(error) = driver.advance(&lane, id, event).await {
                tracing::warn!(account = %lane.name, dispatch = id.0, error = error.in_a_log(), "the answer could not be used");
            }
            drop(guard);
        });
        Ok(State::Sending)
    }
}

/// Room for one create at an account, held by a click until it ends. However it ends, the account's loop takes its
/// dispatch over.
struct Room {
    driver: Arc<Driver>,
    lane: Arc<Lane>,
    id: Option<DispatchId>,
}

impl Room {
    /// Where the account can take one more create at this moment, without a list to be read first.
    fn take(driver: &Arc<Driver>, lane: &Arc<Lane>) -> Option<Room> {
        if !driver.works || serialises(lane.rules.contract.fence) || driver.stop.is_cancelled() {
            return None;
        }
        let free = {
            let heard = lane.heard();
            let asked = heard.paused.is_none() && heard.deferred_until_ms <= driver.clock.now().awake_ms;
            asked && !heard.breaker.tripped() && !heard.limits.met_lately()
        };
        driver.clicks.fetch_add(1, Ordering::SeqCst);
        let clicks = lane.clicks.fetch_add(1, Ordering::SeqCst) + 1;
        // Counted from here on, so that two clicks at once do not both take the last place.
        let room = Room { driver: driver.clone(), lane: lane.clone(), id: None };
        let working = driver.working_of(lane.account_id) + clicks;
        (free && working <= lane.rules.contract.timings.max_in_flight as usize && lane.has_turn()).then_some(room)
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        self.lane.clicks.fetch_sub(1, Ordering::SeqCst);
        match self.id {
            Some(id) => self.driver.touched(self.lane.account_id, id),
            // The loop may wait for the place.
            None => self.driver.queued(self.lane.account_id),
        }
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
