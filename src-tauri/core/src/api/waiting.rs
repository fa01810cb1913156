//! Waiting until the work is done: at the holder by what it is doing, at a guest by what the ledger shows of it.

use std::collections::{BTreeSet, VecDeque};

use crate::domain::{OrderNo, State};

use super::core::{Core, LOOK_MS, Standing};
use super::holder::Holder;
use super::views::Counts;
use super::words;
use super::{ApiError, OrderKey};

/// A queue that has not moved for so long has nothing to do at once: its account is paused, limited, or waits for a
/// person.
const STILL_MS: i64 = 2_000;

impl Core {
    /// Waits until there is nothing to do at once (`None`), or until nothing is open but what waits for a person, the
    /// time is up, or nothing more will happen by itself (`Some` seconds). A guest takes the work over when its holder
    /// goes away, and then waits as a holder does.
    pub async fn wait(&self, seconds: Option<f64>) -> Result<Standing, ApiError> {
        self.wait_for(&[], seconds).await
    }

    /// The same; but a guest without a time to wait waits for these orders only, if any are named: what else the holder
    /// has to do is not its business.
    pub async fn wait_for(&self, orders: &[OrderKey], seconds: Option<f64>) -> Result<Standing, ApiError> {
        let until = seconds.map(|s| self.clock().now().awake_ms + (s.max(0.0) * 1_000.0) as i64);
        let mut watch = Watch::new(orders);
        loop {
            let holder = self.take_over().await?;
            let standing = self.standing(&[]).await?;
            let done = match (holder, until) {
                (Some(holder), None) => holder.rests(true),
                (Some(holder), Some(_)) => holder.rests(false) || (standing.open == 0 && works_on_nothing(holder)),
                (None, None) => watch.rests(self).await?,
                (None, Some(_)) => standing.open == 0,
            };
            let left = until.map_or(i64::MAX, |until| until - self.clock().now().awake_ms);
            if done || left <= 0 {
                return Ok(standing);
            }
            let nap = self.clock().sleep(left.min(LOOK_MS as i64) as u64);
            match holder {
                Some(holder) => tokio::select! { () = nap => {}, () = holder.something_changed() => {} },
                None => nap.await,
            }
        }
    }

    /// How much is open, of these orders or of all.
    pub async fn standing(&self, orders: &[OrderKey]) -> Result<Standing, ApiError> {
        if orders.is_empty() {
            return Ok(self.reader().standing().await?);
        }
        let mut standing = Standing::default();
        for key in orders {
            let order = self.find(key).await?;
            words::count(&mut standing, self.reader(), &order).await?;
        }
        Ok(standing)
    }
}

fn works_on_nothing(holder: &Holder) -> bool {
    holder.driver.activity().working == 0
}

/// What a guest watches: the first of its orders that still moves, and how the queue of its account does. Each look
/// is a read or two, however many the orders are.
struct Watch {
    everything: bool,
    orders: VecDeque<OrderKey>,
    /// Accounts whose queue was found to stand still.
    still: BTreeSet<String>,
    seen: Option<(Option<OrderNo>, Counts, i64)>,
}

impl Watch {
    fn new(orders: &[OrderKey]) -> Watch {
        Watch {
            everything: orders.is_empty(),
            orders: orders.iter().cloned().collect(),
            still: BTreeSet::new(),
            seen: None,
        }
    }

    /// Whether the holder has nothing to do at once about them, as far as the ledger shows.
    async fn rests(&mut self, core: &Core) -> Result<bool, ApiError> {
        if self.everything {
            let counts = core.counts(None).await?;
            let moving = counts.queued + counts.sending;
            return Ok(moving == 0 || (counts.sending == 0 && self.stands_still(core, None, counts)));
        }
        while let Some(first) = self.orders.front().cloned() {
            let state = match core.find(&first).await {
                Ok(order) => order.state,
                // Deleted meanwhile, or its account removed: there is nothing to wait for.
                Err(error) if error.code == super::ErrorCode::NotFound => State::Draft,
                Err(error) => return Err(error),
            };
            let account = first.account.clone().unwrap_or_default();
            let rests = match state {
                State::Sending => false,
                State::Queued if self.still.contains(&account) => true,
                State::Queued => {
                    let counts = core.counts(first.account.clone()).await?;
                    self.stands_still(core, Some(first.order_no), counts)
                }
                State::Draft
                | State::InDoubt
                | State::NeedsReview
                | State::Dispatched
                | State::Refused
                | State::Cancelled
                | State::Closed => true,
            };
            if !rests {
                return Ok(false);
            }
            if state == State::Queued {
                self.still.insert(account);
            }
            self.orders.pop_front();
        }
        Ok(true)
    }

    /// Whether the same was seen for so long that it does not move.
    fn stands_still(&mut self, core: &Core, first: Option<OrderNo>, counts: Counts) -> bool {
        let now = core.clock().now().awake_ms;
        match &self.seen {
            Some((order, before, since)) if *order == first && *before == counts => {
                counts.sending == 0 && now - since >= STILL_MS
            }
            Some(_) | None => {
                self.seen = Some((first, counts, now));
                false
            }
        }
    }
}
