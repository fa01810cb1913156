//! A probe's own orders: made the ordinary way, and cancelled again.

use serde_json::json;

use crate::adapters::LookupBy;
use crate::domain::{Dispatch, Event, Lookup, OrderNo, Progress, RemoteId, RemoteOrder, State};
use crate::freeze::freeze;
use crate::ledger::{ImportRow, LedgerError};
use crate::probe::{ORDER_PREFIX, Observation, ProbeOrder};
use crate::reserve::reservation;

use super::cut_short;
use super::steps::Run;
use crate::api::run::{not_allowed, refusal};
use crate::api::views::LogQuery;
use crate::api::{ApiError, ErrorCode};
use crate::domain::LogKind;
use crate::driver::AdvanceError;

/// How long the probe waits until an order of its own is settled; ordinary recovery has longer.
const MAKE_MS: i64 = 300_000;
/// How long it waits for a cancel.
const CANCEL_MS: i64 = 45_000;
/// Entries in which earlier runs are looked for.
const EARLIER: u32 = 1_000;

impl Run<'_> {
    /// The number of one of a run's orders.
    fn number(run: &str, n: u32) -> OrderNo {
        OrderNo(format!("{ORDER_PREFIX}{run}-{n}"))
    }

    /// Writes down that this run begins, and takes away what earlier runs that were cut short have left.
    pub(super) async fn begin(&mut self) -> Result<(), ApiError> {
        let (earlier, unanswered) = self.cut_short_before().await?;
        if unanswered {
            self.quiet_until_ms = self.holder.clock.now().awake_ms + self.lane.rules.contract.timings.settle_ms;
        }
        if earlier.contains(&self.name) {
            // The command of a holder that was killed, taken up by this one: nobody has said that it may order again.
            return Err(cut_short(&self.account.name));
        }
        self.log(json!({ "what": "begun", "run": self.name })).await?;
        for run in earlier {
            self.take_away(&run).await?;
        }
        Ok(())
    }

    /// Runs that began and came to no result, and whose orders were not taken away since; and whether the last of them
    /// has left a repeat that may still be on its way.
    async fn cut_short_before(&self) -> Result<(Vec<String>, bool), ApiError> {
        let query = LogQuery {
            account: Some(self.account.name.clone()),
            kinds: vec![LogKind::Probed],
            newest_first: true,
            limit: EARLIER,
            ..LogQuery::default()
        };
        let entries = self.holder.reader().log_page(&query).await?;
        let runs = |what: &str| -> Vec<String> {
            let found = entries.iter().filter(|entry| entry.detail["what"] == what);
            found.filter_map(|entry| entry.detail["run"].as_str().map(str::to_owned)).collect()
        };
        let ended: Vec<String> = [runs("result"), runs("taken_away")].concat();
        let unanswered = entries.first().is_some_and(|entry| entry.detail["what"] == "repeat");
        Ok((runs("begun").into_iter().filter(|run| !ended.contains(run)).collect(), unanswered))
    }

    /// Takes away what a run has left. A request of it that may still be on its way is waited for first.
    async fn take_away(&mut self, run: &str) -> Result<(), ApiError> {
        self.wait_quiet().await;
        let mut left = false;
        for n in 1..=2 {
            let Some(d) = self.made(&Self::number(run, n)).await? else { continue };
            let d = self.settled(&d).await?;
            for second in self.seconds_of(&d).await.unwrap_or_default() {
                left |= self.cancel_second(&d.order_no, &second).await?.is_some();
            }
            left |= still_there(&self.cancel(&d).await?, self.can_cancel()).is_some();
        }
        if !left {
            self.log(json!({ "what": "taken_away", "run": run })).await?;
        }
        Ok(())
    }

    /// Makes one order of the example, and waits until its outcome is known.
    pub(super) async fn make(&mut self, n: u32) -> Result<Dispatch, ApiError> {
        let order_no = Self::number(&self.name, n);
        let (adapter, payload) = (self.lane.adapter, self.order.clone());
        let row = ImportRow {
            line: Some(1),
            order_no: order_no.clone(),
            summary: adapter.summary(&payload),
            fingerprint: adapter.fingerprint(&payload),
            payload,
        };
        let ledger = &self.holder.ledger;
        ledger.import_batch(self.account.id, vec![row], false).await?;
        let order = ledger.reader().order(&order_no, Some(self.account.id)).await?;
        let (identity, test) = (&self.account.identity, self.account.test);
        let frozen = freeze(adapter, identity, test, &order_no, &order.payload, order.generation + 1)
            .map_err(|e| ApiError::new(ErrorCode::Invalid, e.to_string()))?;
        if self.holder.past_of(self.account).await?.is_some() {
            // Of a number that was made for this run nothing can have been sent before.
            ledger.looked_for(vec![order.id]).await?;
        }
        let wanted = reservation(&order, frozen, order.state, Progress::default(), "a probe of the account");
        for reserved in ledger.reserve(vec![wanted]).await? {
            reserved?;
        }
        let d = self.made(&order_no).await?.ok_or_else(|| cut_short(&self.account.name))?;
        let d = self.settled(&d).await?;
        self.dispatches.push(d.id);
        Ok(d)
    }

    /// The dispatch of an order that a run may have made.
    async fn made(&self, order_no: &OrderNo) -> Result<Option<Dispatch>, ApiError> {
        match self.holder.reader().order(order_no, Some(self.account.id)).await {
            Ok(order) => Ok(self.holder.reader().current_dispatch(order.id).await?),
            Err(LedgerError::NotFound { .. }) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    async fn settled(&self, d: &Dispatch) -> Result<Dispatch, ApiError> {
        self.holder.driver.settle(&self.lane, d.id, MAKE_MS).await.map_err(refusal)
    }

    /// What became of an order, and why, as far as its log says.
    pub(super) async fn outcome(&self, d: &Dispatch) -> Result<Observation, ApiError> {
        let log = self.holder.reader().order_log(d.order_id).await?;
        let told = log.iter().rev().filter(|entry| entry.kind == LogKind::SendFinished);
        let answered = told.filter_map(|entry| entry.detail["why"].as_str()).next().map(str::to_owned);
        let p = &d.progress;
        let waits = p.waits_for.as_ref().map(|other| format!("it waits for {other}, which looks the same"));
        let why = [waits, p.last_rejected.clone(), answered, p.reason.clone()]
            .into_iter()
            .flatten()
            .find(|why| !why.is_empty());
        Ok(Observation::Made {
            state: d.state.code().to_owned(),
            bound_by: d.bound_by.map(|by| by.code().to_owned()),
            why,
        })
    }

    pub(super) fn can_cancel(&self) -> bool {
        self.lane.adapter.cancel_request(&RemoteId::from("x")).is_some()
    }

    /// Cancels an order of the probe's own, or takes it back if nothing was sent.
    pub(super) async fn cancel(&self, d: &Dispatch) -> Result<Dispatch, ApiError> {
        let driver = &self.holder.driver;
        let event = match d.state {
            State::Queued => Event::Withdrawn,
            State::Dispatched if self.can_cancel() => Event::CancelAsked,
            _ => return Ok(d.clone()),
        };
        match driver.apply(&self.lane, d.id, event).await {
            Ok(after) if after.state != State::Dispatched => return Ok(after),
            Ok(_) | Err(AdvanceError::NotAllowed(_)) => {}
            Err(error) => return Err(refusal(error)),
        }
        // Where a cancel frees the reference, it waits for quiet first.
        let ms = CANCEL_MS + self.lane.rules.contract.timings.settle_ms;
        driver.settle(&self.lane, d.id, ms).await.map_err(refusal)
    }

    /// Platform orders that bear an order's reference beside the one that is bound to it, and have not ended.
    pub(super) async fn seconds_of(&self, d: &Dispatch) -> Result<Vec<RemoteId>, String> {
        let Some(bound) = &d.remote_id else { return Ok(Vec::new()) };
        let rows = self
            .rows_about(d, |rows| crate::domain::remote::newest_first(rows) && rows.iter().any(|row| row.id == *bound));
        let ours = |row: &RemoteOrder| row.reference.as_deref() == Some(d.reference.as_str());
        let others = |row: &RemoteOrder| ours(row) && row.id != *bound && row.ended != Some(true);
        Ok(rows.await?.into_iter().filter(others).map(|row| row.id).collect())
    }

    /// What the platform's lookup shows for an order.
    pub(super) async fn rows_about(
        &self,
        d: &Dispatch,
        enough: impl Fn(&[RemoteOrder]) -> bool,
    ) -> Result<Vec<RemoteOrder>, String> {
        let by = match self.lane.rules.contract.lookup {
            Lookup::ByReference { .. } => LookupBy::Reference(d.reference.clone()),
            Lookup::ScanForReference | Lookup::ScanForLookalike => LookupBy::Newest,
            Lookup::None => return Err("the platform has no lookup".into()),
        };
        self.holder.driver.rows(&self.lane, &by, enough).await
    }

    /// Cancels what a repeat has made; says why it is left, if it is.
    pub(super) async fn cancel_second(&mut self, of: &OrderNo, id: &RemoteId) -> Result<Option<String>, ApiError> {
        let left = self.holder.driver.cancel_second(&self.lane, id, CANCEL_MS).await.err();
        self.tell_second(of, id, left).await
    }

    /// What a repeat was answered with, and what does not bear its reference, may be somebody else's: nothing is done to it.
    pub(super) async fn left_second(&mut self, of: &OrderNo, id: &RemoteId) -> Result<Option<String>, ApiError> {
        let why = "it does not show this order's reference, and may be somebody else's: look at it at the platform";
        self.tell_second(of, id, Some(why.to_owned())).await
    }

    async fn tell_second(
        &mut self,
        of: &OrderNo,
        id: &RemoteId,
        left: Option<String>,
    ) -> Result<Option<String>, ApiError> {
        let detail = json!({ "what": "second_order", "order_no": of, "platform_order_id": id, "left": left });
        self.log(detail).await?;
        let state = if left.is_some() { "left" } else { "cancelled" };
        let (order_no, platform_order_id) = (of.clone(), Some(id.clone()));
        let order = ProbeOrder { order_no, platform_order_id, state: state.into(), left: left.clone(), second: true };
        self.orders.push(order);
        Ok(left)
    }

    /// Cancels what this run has made, and lists what is left.
    pub(super) async fn clean_up(&mut self) -> Result<(), ApiError> {
        self.wait_quiet().await;
        for id in std::mem::take(&mut self.dispatches) {
            let d = self.holder.reader().dispatch(id).await?;
            let d = match d.state {
                State::Cancelled => d,
                _ => self.cancel(&d).await?,
            };
            self.orders.push(ProbeOrder {
                order_no: d.order_no.clone(),
                platform_order_id: d.remote_id.clone(),
                state: d.state.code().to_owned(),
                left: still_there(&d, self.can_cancel()),
                second: false,
            });
        }
        self.orders.sort_by(|a, b| (a.second, &a.order_no).cmp(&(b.second, &b.order_no)));
        Ok(())
    }

    /// After a repeat whose outcome is not known nothing is cancelled before it can no longer take effect.
    pub(super) async fn wait_quiet(&self) {
        let left = self.quiet_until_ms - self.holder.clock.now().awake_ms;
        if left > 0 {
            self.holder.driver.pause_for(left).await;
        }
    }
}

/// Why an order of the probe's own is still there, if it is.
fn still_there(d: &Dispatch, can_cancel: bool) -> Option<String> {
    let ended = d.remote.as_ref().and_then(|remote| remote.ended) == Some(true);
    match d.state {
        State::Draft | State::Refused | State::Cancelled => None,
        State::Dispatched if ended => None,
        State::Dispatched if !can_cancel => Some("the platform has no cancel".into()),
        State::Dispatched => Some(match &d.progress.cancel_refused {
            Some(code) => format!("the platform did not cancel it ({code})"),
            None => "it could not be cancelled now; `docketctl cancel` tries again".into(),
        }),
        State::Queued | State::Sending | State::InDoubt | State::NeedsReview | State::Closed => Some(
            not_allowed(d.state, "cancel", "its outcome is not known; `docketctl reconcile` settles it".into()).why,
        ),
    }
}
