//! Following what is bound: its platform's status is read by itself until the platform has ended it, seldom and cheaply.
//!
//! A task of its own beside each account's loop, so that nothing here can hold a create or a lookup up: one request at a
//! time, and at most a quarter of the account's rate. Not here: reading a status when a person asks (`Driver::follow`).

use std::collections::{HashMap, HashSet};
use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};
use tokio_util::sync::CancellationToken;

use crate::adapters::Polling;
use crate::domain::{Dispatch, DispatchId};

use super::Driver;
use super::lane::Lane;

/// Bound orders that are followed, newest first. Older ones that have not ended are read when a person asks.
const FOLLOWED_MAX: u32 = 2_000;

/// How soon, and how seldom at last, an ended order is asked for codes that are not here yet: whoever has to unlock a key
/// store may be away, and a platform may never show any.
const CODES: Polling = Polling { first_ms: 30_000, most_ms: 3_600_000 };

/// One bound order.
struct Followed {
    status: Option<String>,
    /// Since when it stands there, as far as this task has seen. Awake clock.
    since_ms: i64,
    next_ms: i64,
}

/// All bound orders of an account.
pub(super) struct Follower {
    driver: Arc<Driver>,
    lane: Arc<Lane>,
    polling: Polling,
    orders: HashMap<DispatchId, Followed>,
    limiter: DefaultDirectRateLimiter,
}

impl Follower {
    pub(super) fn new(driver: Arc<Driver>, lane: Arc<Lane>) -> Follower {
        let share = lane.rules.contract.timings.requests_per_minute / 4;
        let quota = Quota::per_minute(NonZeroU32::new(share).unwrap_or(NonZeroU32::MIN)).allow_burst(NonZeroU32::MIN);
        let polling = lane.adapter.polling();
        Follower { driver, lane, polling, orders: HashMap::new(), limiter: RateLimiter::direct(quota) }
    }

    pub(super) async fn run(mut self, stop: CancellationToken) {
        let clock = self.driver.clock.clone();
        while !stop.is_cancelled() {
            let pause = self.round(&stop).await;
            self.driver.rounds.fetch_add(1, Ordering::Relaxed);
            tokio::select! {
                () = stop.cancelled() => {}
                () = clock.sleep(pause.max(1).unsigned_abs()) => {}
            }
        }
    }

    /// Reads what is due; how long until the next round, in milliseconds.
    async fn round(&mut self, stop: &CancellationToken) -> i64 {
        self.look_round().await;
        loop {
            let now = self.driver.clock.now().awake_ms;
            let held_up = {
                let heard = self.lane.heard();
                heard.paused.is_some() || heard.deferred_until_ms > now
            };
            let first = self.orders.iter().min_by_key(|(id, order)| (order.next_ms, id.0));
            let Some((id, next_ms)) = first.map(|(id, order)| (*id, order.next_ms)) else {
                return self.polling.first_ms;
            };
            if held_up || stop.is_cancelled() || next_ms > now || self.limiter.check().is_err() {
                return (next_ms - now).clamp(1_000, self.polling.first_ms);
            }
            match self.driver.follow(&self.lane, id).await {
                Ok(Some(dispatch)) => self.seen(&dispatch),
                Ok(None) => self.unheard(id),
                // Not bound any more, or not to be read now: the next look round tells.
                Err(error) => {
                    tracing::debug!(account = %self.lane.name, dispatch = id.0, %error, "not followed");
                    self.orders.remove(&id);
                }
            }
        }
    }

    /// What is bound and not ended. What came in since is read after the first pause, and a little later.
    async fn look_round(&mut self) {
        let account = self.lane.account_id;
        let Ok(bound) = self.driver.ledger.reader().followed(account, FOLLOWED_MAX).await else { return };
        let bound: HashSet<DispatchId> = bound.into_iter().collect();
        self.orders.retain(|id, _| bound.contains(id));
        let now = self.driver.clock.now().awake_ms;
        for id in bound {
            let next_ms = now + self.polling.first_ms + self.driver.clock.spread(self.polling.first_ms / 4);
            self.orders.entry(id).or_insert(Followed { status: None, since_ms: now, next_ms });
        }
    }

    /// Nothing was heard that says anything: asked again as if it had not changed.
    fn unheard(&mut self, id: DispatchId) {
        let now = self.driver.clock.now().awake_ms;
        if let Some(order) = self.orders.get_mut(&id) {
            order.next_ms = now + self.polling.pause_ms(now - order.since_ms);
        }
    }

    fn seen(&mut self, d: &Dispatch) {
        let now = self.driver.clock.now().awake_ms;
        let status = d.remote.as_ref().and_then(|r| r.status.clone());
        // What has ended and is looked at again has codes that are not here; one that was seen to end leaves with the next
        // look round, unless that is so.
        let ended = d.remote.as_ref().and_then(|r| r.ended) == Some(true);
        let polling = if ended { CODES } else { self.polling };
        if let Some(order) = self.orders.get_mut(&d.id) {
            if order.status != status {
                (order.status, order.since_ms) = (status, now);
            }
            order.next_ms = now + polling.pause_ms(now - order.since_ms);
        }
    }
}
