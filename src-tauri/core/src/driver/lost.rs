//! Looking for orders that were sent in a time that the ledger does not know: it was restored from a backup, or copied.
//!
//! References are minted from the order, so a ledger that has forgotten them mints them again, and can ask for them.
//! What is found is taken up by the usual way: reserved, armed without a ticket, in doubt, looked up, bound.
//! Not here: which accounts are shut and when one opens again (`ledger::past`, `api::restoring`).

use futures_util::{FutureExt, StreamExt, stream};

use crate::adapters::LookupBy;
use crate::decide::arm;
use crate::domain::dispatch::Presence;
use crate::domain::remote::{reach_beyond, surely_newest_first};
use crate::domain::{
    DedupContract, Dispatch, DispatchId, Enforced, Event, Fence, Lookup, Observed, OrderId, Progress, Reference,
    RemoteId, RemoteOrder, State,
};
use crate::freeze::freeze;
use crate::ledger::{Arming, KnownOrder, OrderRow, Past};
use crate::reserve::reservation;

use super::Driver;
use super::advance::{AdvanceError, Ticket};
use super::lane::Lane;
use super::look::Pages;

/// So many generations of an order are looked for: one that was refused, changed and sent again has more than one.
const GENERATIONS: u32 = 3;
/// Known orders of which one has to be shown.
const KNOWN: u32 = 50;
/// Known orders that are asked for one by one.
const CONTROLS: usize = 3;

/// How long one order is looked for while its turn to be sent waits.
const LOOK_FIRST_MS: u64 = 300_000;

/// How often something is asked for that is not answered.
const TRIES: u32 = 3;
/// How often a limit is waited out for one page.
const LIMITED: u32 = 20;

/// What a platform has of an order that the ledger could send.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Lost {
    /// It is there, under this generation's reference.
    Found(u32, RemoteId),
    /// It is proven not to be there.
    Absent,
    /// Nobody can tell by asking, and why.
    Unproven(String),
}

/// One reading of the platform: what it shows for each order, and whether what it does not show is not there.
type Round = Vec<Result<Option<(u32, RemoteId)>, String>>;

impl Driver {
    /// Looks for orders by every reference under which they could have been sent. Absence takes what it always takes: a
    /// whole reading, a known order shown by it, and the same once more after a pause.
    ///
    /// The known order is older than what is looked for, and need not be newer. Everything looked
    /// for was sent before `past` was noticed, and the quiet time since then is over before the first reading.
    pub(crate) async fn look_for_lost(&self, lane: &Lane, past: &Past, orders: &[OrderRow]) -> Vec<Lost> {
        if let Some(why) = cannot_tell(&lane.rules.contract, past.known_to_ms, self.clock.now().wall_ms) {
            // What is there can be found even so, where a reference finds it.
            if !lane.rules.contract.lookup.is_exact() {
                return orders.iter().map(|_| Lost::Unproven(why.clone())).collect();
            }
            let round = self.read_round(lane, past, orders).await;
            let read = |seen: Result<_, String>| match seen {
                Ok(Some((generation, id))) => Lost::Found(generation, id),
                Ok(None) => Lost::Unproven(why.clone()),
                Err(unread) => Lost::Unproven(unread),
            };
            return round.into_iter().map(read).collect();
        }
        let t = &lane.rules.contract.timings;
        let quiet = past.noticed_ms + t.timeout_ms + t.settle_ms - self.clock.now().wall_ms;
        self.clock.sleep(quiet.clamp(0, t.timeout_ms + t.settle_ms) as u64).await;
        let first = self.read_round(lane, past, orders).await;
        let missing: Vec<OrderRow> = orders
            .iter()
            .zip(&first)
            .filter(|(_, seen)| matches!(seen, Ok(None)))
            .map(|(order, _)| order.clone())
            .collect();
        let mut second = Vec::new().into_iter();
        if !missing.is_empty() {
            self.clock.sleep(lane.rules.proof_spacing_ms().max(0) as u64).await;
            second = self.read_round(lane, past, &missing).await.into_iter();
        }
        // Asking takes its time, and what was shown when it began may be gone by now.
        let since = cannot_tell(&lane.rules.contract, past.known_to_ms, self.clock.now().wall_ms);
        let told = |seen| match seen {
            Ok(Some((generation, id))) => Lost::Found(generation, id),
            Ok(None) => since.clone().map_or(Lost::Absent, Lost::Unproven),
            Err(why) => Lost::Unproven(why),
        };
        first
            .into_iter()
            .map(|seen| match seen {
                Ok(None) => told(second.next().unwrap_or_else(|| Err("it was not asked for again".into()))),
                other => told(other),
            })
            .collect()
    }

    async fn read_round(&self, lane: &Lane, past: &Past, orders: &[OrderRow]) -> Round {
        match lane.rules.contract.lookup {
            Lookup::ByReference { .. } => self.read_by_reference(lane, past, orders).await,
            Lookup::ScanForReference => self.read_list(lane, past, orders).await,
            Lookup::ScanForLookalike | Lookup::None => {
                orders.iter().map(|_| Err("it has no such lookup".into())).collect()
            }
        }
    }

    async fn read_by_reference(&self, lane: &Lane, past: &Past, orders: &[OrderRow]) -> Round {
        let known =
            self.ledger.reader().known_orders(lane.account_id, &lane.credential, KNOWN).await.unwrap_or_default();
        let mut shown = Err(NO_CONTROL.to_owned());
        // What came after that time is no control: a lookup among recent orders shows it, and not what was sent earlier.
        let before = known.into_iter().filter(|order| order.armed.wall_ms <= past.known_to_ms);
        for order in before.take(CONTROLS) {
            shown = match self.read_pages(lane, &LookupBy::Reference(order.reference.clone()), |_| false).await {
                Ok(pages) if is_just(&pages.rows, &order) => Ok(()),
                Ok(_) => Err("a known order was not shown by the same lookup".into()),
                Err(why) => Err(why),
            };
            if shown.is_ok() {
                break;
            }
        }
        let shows_ended = shown.is_ok() && self.shows_ended(lane, past).await;
        let at_once = lane.rules.contract.timings.max_in_flight.max(1) as usize;
        // Boxed: a future that borrows in a closure's way is not seen to move between threads.
        let asked: Vec<_> = orders.iter().map(|order| self.find(lane, order).boxed()).collect();
        let found: Round = stream::iter(asked).buffered(at_once).collect().await;
        if !shows_ended && self.hidden_if_ended(lane, past) {
            shown = Err(NO_ENDED.to_owned());
        }
        // What is found needs no control; what is not found proves nothing without one.
        found.into_iter().map(|seen| if seen == Ok(None) { shown.clone().map(|()| None) } else { seen }).collect()
    }

    /// Whether the lookup shows an order of ours from before that time as ended, or surely shows such. One that has ended only
    /// now may be shown for a while, and one of the forgotten time no more.
    async fn shows_ended(&self, lane: &Lane, past: &Past) -> bool {
        if lane.rules.contract.lookup.sees_ended() {
            return true;
        }
        let reader = self.ledger.reader();
        let known = reader.known_ended_by(lane.account_id, &lane.credential, past.known_to_ms).await;
        let Ok(Some(order)) = known else { return false };
        let by = LookupBy::Reference(order.reference.clone());
        let read = self.read_pages(lane, &by, |_| false).await;
        read.is_ok_and(|pages| is_just(&pages.rows, &order) && pages.rows.iter().all(|row| row.ended == Some(true)))
    }

    fn hidden_if_ended(&self, lane: &Lane, past: &Past) -> bool {
        could_hide(&lane.rules.contract, past.known_to_ms, self.clock.now().wall_ms)
    }

    /// Reads pages; what is not answered is asked for again, and a limit is waited out.
    async fn read_pages(
        &self,
        lane: &Lane,
        by: &LookupBy,
        enough: impl Fn(&[RemoteOrder]) -> bool,
    ) -> Result<Pages, String> {
        let (mut unanswered, mut limited) = (0, 0);
        loop {
            let why = match self.pages(lane, by, &enough).await {
                Ok(pages) => return Ok(pages),
                Err(why) => why,
            };
            let wait = lane.heard().deferred_until_ms - self.clock.now().awake_ms;
            if wait > 0 {
                limited += 1
            } else {
                unanswered += 1
            }
            let given_up = self.stop.is_cancelled() || lane.heard().paused.is_some();
            if given_up || unanswered == TRIES || limited == LIMITED {
                return Err(why);
            }
            self.clock.sleep(wait.max(lane.rules.contract.timings.lookup_interval_ms) as u64).await;
        }
    }

    /// Asks for one order by its references, the latest first.
    async fn find(&self, lane: &Lane, order: &OrderRow) -> Result<Option<(u32, RemoteId)>, String> {
        for (generation, reference) in references(lane, order) {
            let pages = self.read_pages(lane, &LookupBy::Reference(reference.clone()), |_| false).await?;
            if let Some(row) = pages.rows.iter().find(|row| is_ours(row, &reference)) {
                return Ok(Some((generation, row.id.clone())));
            }
            if pages.rows.iter().any(|row| !row.quote) || !pages.to_end {
                return Err("its lookup answered with other orders than the one asked for".into());
            }
        }
        Ok(None)
    }

    /// One reading of the list serves all orders: back to what the ledger had before its past ends, or to the list's end.
    async fn read_list(&self, lane: &Lane, past: &Past, orders: &[OrderRow]) -> Round {
        let known =
            self.ledger.reader().known_orders(lane.account_id, &lane.credential, KNOWN).await.unwrap_or_default();
        let before =
            |row: &RemoteOrder| known.iter().any(|k| k.remote_id == row.id && k.armed.wall_ms <= past.known_to_ms);
        let back = |rows: &[RemoteOrder]| surely_newest_first(rows) && reach_beyond(rows, before);
        let pages = match self.read_pages(lane, &LookupBy::Newest, back).await {
            Ok(pages) => pages,
            Err(why) => return orders.iter().map(|_| Err(why.clone())).collect(),
        };
        let whole = if !pages.to_end && !back(&pages.rows) {
            Err("its list could not be read back to what the ledger knows".to_owned())
        // Here, too, a control is older than that time.
        } else if !pages.rows.iter().any(before) {
            Err(NO_CONTROL.to_owned())
        // And so is one that has ended.
        } else if self.hidden_if_ended(lane, past)
            && pages.rows.iter().filter(|row| before(row)).all(|row| row.ended != Some(true))
        {
            Err(NO_ENDED.to_owned())
        } else {
            Ok(None)
        };
        let find = |order: &OrderRow| {
            let mut references = references(lane, order).into_iter();
            references.find_map(|(generation, reference)| {
                pages.rows.iter().find(|row| is_ours(row, &reference)).map(|row| (generation, row.id.clone()))
            })
        };
        orders.iter().map(|order| find(order).map_or_else(|| whole.clone(), |found| Ok(Some(found)))).collect()
    }

    /// Takes an order up that was found: its generations are reserved up to that one, each as one that may have been sent;
    /// the last is looked up and bound as any dispatch in doubt is. Nothing leaves but the lookup.
    pub(crate) async fn take_up(
        &self,
        lane: &Lane,
        order: OrderId,
        (generation, shown): (u32, &RemoteId),
    ) -> Result<State, AdvanceError> {
        loop {
            let row = self.ledger.reader().order_by_id(order).await?;
            // A look of its own, when its turn came, may have taken it up since it was found: one more would be one too many.
            if !may_take_up(&row) || (row.state != State::Queued && row.generation >= generation) {
                return Ok(row.state);
            }
            let id = match row.dispatch_id {
                Some(id) if row.state == State::Queued => id,
                _ => self.reserve_lost(lane, &row).await?,
            };
            let claim = self.claim(id);
            let guard = claim.lock().await;
            let dispatch = self.ledger.reader().dispatch(id).await?;
            if dispatch.state != State::Queued {
                continue;
            }
            let n = self.arm_lost(lane, id, (dispatch.generation == generation).then_some(shown)).await?;
            if dispatch.generation < generation {
                // A later one is there: this one was refused, or has ended.
                let why = "given up in a time that this ledger does not know: a later generation is at the platform";
                let ended = Event::AttemptEnded { n, observed: Observed::NotSent { why: why.into() } };
                self.advance(lane, id, ended).await?;
                self.advance(lane, id, Event::Withdrawn).await?;
                drop(guard);
                continue;
            }
            self.advance(lane, id, Event::Recovered).await?;
            drop(guard);
            // It was just shown. If it is not shown again at once, it is in doubt, and in the account's own hands.
            return Ok(self.look_again(lane, id).await?.state);
        }
    }

    /// What to do instead of arming at an account whose past is not wholly known. Where it is open, and this order was not
    /// looked for, that is done now: it was reserved without anybody's click, or lost its mark to another incident. What is
    /// shown is taken up; what cannot be told stays as it is, and is tried again at the account's slowest pace.
    pub(super) async fn look_first(&self, lane: &Lane, d: &Dispatch, past: &Past) -> Result<Ticket, AdvanceError> {
        let rest = lane.rules.contract.timings.lookup_interval_max_ms;
        if past.shut {
            tracing::info!(order = %d.order_no, why = %past, "not armed");
            // Until somebody opens the account again; its lane is replaced then.
            return Ok(Ticket::NotNow(rest));
        }
        let order = [self.ledger.reader().order_by_id(d.order_id).await?];
        let seen = tokio::select! {
            seen = self.look_for_lost(lane, past, &order) => seen.into_iter().next(),
            () = self.stop.cancelled() => None,
            // A limit may last a day, and whoever takes the order back waits for this.
            () = self.clock.sleep(LOOK_FIRST_MS) => None,
        };
        match seen {
            Some(Lost::Absent) => {
                self.ledger.looked_for(vec![d.order_id]).await?;
                Ok(Ticket::NotNow(0))
            }
            Some(Lost::Found(generation, id)) if d.state == State::Queued && generation == d.generation => {
                self.arm_lost(lane, d.id, Some(&id)).await?;
                Ok(Ticket::Held(Box::new(Event::Recovered)))
            }
            Some(Lost::Found(_, id)) => {
                self.shut_for(lane, d, format!("platform order {id} was made for it since this ledger ends")).await?;
                Ok(Ticket::NotNow(rest))
            }
            Some(Lost::Unproven(why)) => {
                // What asking again can never tell is for a person.
                let for_good = cannot_tell(&lane.rules.contract, past.known_to_ms, self.clock.now().wall_ms);
                match for_good {
                    Some(why) => self.shut_for(lane, d, format!("it may be at the platform: {why}")).await?,
                    None => tracing::info!(order = %d.order_no, why, "not armed: it may be at the platform"),
                }
                Ok(Ticket::NotNow(rest))
            }
            None => Ok(Ticket::NotNow(rest)),
        }
    }

    /// The account is shut again, until it is checked or a person opens it.
    async fn shut_for(&self, lane: &Lane, d: &Dispatch, why: String) -> Result<(), AdvanceError> {
        tracing::warn!(order = %d.order_no, why, "not armed: the account is shut again");
        self.ledger.shut_again(lane.account_id, d.order_id, why).await?;
        lane.heard().shut = true;
        Ok(())
    }

    async fn reserve_lost(&self, lane: &Lane, order: &OrderRow) -> Result<DispatchId, AdvanceError> {
        let not_frozen = |why: String| {
            AdvanceError::NotAllowed(crate::domain::NotAllowed { state: order.state, wanted: "take up", why })
        };
        let frozen =
            freeze(lane.adapter, &lane.identity, lane.test, &order.order_no, &order.payload, order.generation + 1)
                .map_err(|error| not_frozen(format!("it is at the platform, and does not fit its form ({error})")))?;
        let mut wanted = reservation(
            order,
            frozen,
            order.state,
            Progress::default(),
            "found at the platform after the ledger had forgotten it",
        );
        // Under our own reference it is ours, whoever else holds its number.
        wanted.despite = self.ledger.reader().identities().await?;
        let tickets = self.ledger.reserve(vec![wanted]).await?;
        let ticket = tickets.into_iter().next().unwrap_or(Err(crate::ledger::LedgerError::Closed))?;
        Ok(ticket.dispatch_id)
    }

    /// Writes down that an attempt may have left in the time that is not known; its number. Its fence counts as dead: it
    /// began to count then. What the platform has shown is proof of presence, whatever it shows later.
    async fn arm_lost(&self, lane: &Lane, id: DispatchId, shown: Option<&RemoteId>) -> Result<u32, AdvanceError> {
        let dispatch = self.ledger.reader().dispatch(id).await?;
        let now = self.clock.now();
        let mut may = arm(&lane.facts(&dispatch, &now), Some(&[]))?;
        let why = "it was sent in a time that this ledger does not know";
        may.progress.fence_dead = Some(why.to_owned());
        may.progress.presence = shown.map(|shown| Presence {
            pointer: Some(shown.clone()),
            why: "it was shown when it was looked for".into(),
            different: false,
            shown: true,
        });
        may.log.detail["lost"] = why.into();
        let arming = Arming {
            dispatch_id: id,
            version: dispatch.version,
            attempt_n: may.n,
            server_ms: None,
            credential: lane.credential.clone(),
            before_set: None,
            send_before_boot_ms: now.boot_ms,
            stamp: now,
            progress: may.progress,
            log: vec![may.log],
        };
        Ok(self.ledger.arm_lost(arming).await?)
    }
}

const NO_CONTROL: &str = "the ledger knows no order of this account that the same lookup shows";

const NO_ENDED: &str = "no order that has ended was shown by the same lookup, and one sent in that time could have";

/// Whether so much time went by, from when the past is known to. A clock that went back says nothing of an age.
fn outlives(life_s: i64, known_to_ms: i64, now_ms: i64) -> bool {
    !(0..life_s * 1_000).contains(&(now_ms - known_to_ms))
}

/// Whether what may have been sent since `known_to_ms` could have ended, and be left out of the lookup for that.
fn could_hide(contract: &DedupContract, known_to_ms: i64, now_ms: i64) -> bool {
    let life_s = match contract.fence {
        Fence::Reference { enforced: Enforced::Active { life_s, margin_s } } => life_s - margin_s,
        Fence::None | Fence::Key { .. } | Fence::Reference { enforced: Enforced::Forever } => 0,
    };
    !contract.lookup.sees_ended() && outlives(life_s, known_to_ms, now_ms)
}

/// Why asking proves nothing, whatever is answered, about what may have been sent since `known_to_ms`.
fn cannot_tell(contract: &DedupContract, known_to_ms: i64, now_ms: i64) -> Option<String> {
    if contract.shown_s.is_some_and(|shown_s| outlives(shown_s, known_to_ms, now_ms)) {
        return Some("its platform shows orders for a time only, and one sent in that time could be gone".into());
    }
    match contract.lookup {
        Lookup::ByReference { .. } | Lookup::ScanForReference => None,
        Lookup::ScanForLookalike => {
            Some("its platform shows no reference of ours: what is there cannot be told from another's orders".into())
        }
        Lookup::None => Some("its platform has no lookup".into()),
    }
}

/// Under which references an order could have been sent in the time that is not known: the generation that is queued, and
/// the next ones. The latest first: those before it were refused, or ended.
fn references(lane: &Lane, order: &OrderRow) -> Vec<(u32, Reference)> {
    let first = if order.state == State::Queued { order.generation } else { order.generation + 1 };
    (first..first + GENERATIONS).rev().map(|g| (g, Reference::mint(&lane.identity, &order.order_no, g))).collect()
}

fn is_ours(row: &RemoteOrder, reference: &Reference) -> bool {
    !row.quote && row.reference.as_deref() == Some(reference.as_str())
}

fn is_just(rows: &[RemoteOrder], known: &KnownOrder) -> bool {
    matches!(rows, [one] if known.is(one))
}

/// Whether an order has no dispatch under way, so that another generation may be written down.
pub(crate) fn may_take_up(order: &OrderRow) -> bool {
    match order.state {
        State::Draft | State::Queued | State::Refused | State::Cancelled => true,
        State::Dispatched => order.remote_ended,
        State::Sending | State::InDoubt | State::NeedsReview | State::Closed => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::adapters::registry;
    use crate::domain::Platform;

    const HOUR: i64 = 3_600_000;

    #[test]
    fn of_what_may_be_gone_or_ended_asking_proves_nothing() {
        let tells = |platform, known_to_ms, now_ms| {
            let contract = registry::adapter(platform).expect("every platform has its adapter").contract();
            cannot_tell(&contract, known_to_ms, now_ms).is_none()
        };
        assert!(tells(Platform::Pathao, 0, 23 * HOUR - 1) && !tells(Platform::Pathao, 0, 23 * HOUR));
        assert!(!tells(Platform::Pathao, HOUR, HOUR - 1), "the clock went back");
        assert!(tells(Platform::Doordash, HOUR, 0) && !tells(Platform::Foxreload, 0, 0));
        let hides = |platform, known_to_ms, now_ms| {
            let contract = registry::adapter(platform).expect("every platform has its adapter").contract();
            could_hide(&contract, known_to_ms, now_ms)
        };
        assert!(!hides(Platform::Postmates, 0, 60_000) && hides(Platform::Postmates, 0, HOUR));
        assert!(hides(Platform::Postmates, HOUR, HOUR - 1), "the clock went back");
        assert!(hides(Platform::UberDirect, 0, 0) && !hides(Platform::Doordash, 0, HOUR));
    }
}
