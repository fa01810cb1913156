//! The sequence of a probe: what is asked, in which order, and what is noted of it.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Value, json};

use crate::adapters::LookupBy;
use crate::domain::http::HttpRequest;
use crate::domain::remote::Page;
use crate::domain::{Dispatch, DispatchId, Fence, OrderPayload, Reference, RemoteId, RemoteOrder, State};
use crate::driver::Lane;
use crate::ledger::AccountRow;
use crate::probe::observation::{Repeated, order_of, repeated};
use crate::probe::plan::{self, NOTE, PAGING, page_of, second_row};
use crate::probe::{Check, Observation, ProbeOrder};
use crate::transport::Exchange;

use super::entry;
use crate::api::holder::Holder;
use crate::api::{ApiError, ErrorCode};

/// The least time for which a new order is looked for.
const LOOK_MS: i64 = 60_000;
/// Our two orders are made so far apart at least: some platforms show times in whole seconds.
const APART_MS: i64 = 1_100;
/// The pause between two looks, unless the account's rate asks for a longer one.
const LOOK_PAUSE_MS: i64 = 50;

/// One run.
pub(super) struct Run<'a> {
    pub holder: &'a Holder,
    pub lane: Arc<Lane>,
    pub account: &'a AccountRow,
    /// Its orders bear it.
    pub name: String,
    /// The example.
    pub order: OrderPayload,
    /// What was seen so far.
    pub seen: BTreeMap<Check, Observation>,
    /// What was made and is to be told of.
    pub orders: Vec<ProbeOrder>,
    /// What was made through the ledger, and is to be cancelled.
    pub dispatches: Vec<DispatchId>,
    /// Nothing is cancelled before that awake time: a repeat may still take effect.
    pub quiet_until_ms: i64,
    /// How long the lookup took to show a new order.
    pub lag_ms: i64,
    /// When the first order was answered, on the awake clock.
    pub made_at_ms: i64,
}

impl<'a> Run<'a> {
    pub fn new(
        holder: &'a Holder,
        lane: Arc<Lane>,
        account: &'a AccountRow,
        name: &str,
        order: OrderPayload,
    ) -> Run<'a> {
        Run {
            holder,
            lane,
            account,
            name: name.to_owned(),
            order,
            seen: BTreeMap::new(),
            orders: Vec::new(),
            dispatches: Vec::new(),
            quiet_until_ms: 0,
            lag_ms: 0,
            made_at_ms: 0,
        }
    }

    /// Writes an entry of this run.
    pub async fn log(&self, detail: Value) -> Result<(), ApiError> {
        Ok(self.holder.ledger.append_account_entry(self.account.id, entry(detail)).await?)
    }

    /// Notes what a check saw.
    async fn note(&mut self, check: Check, seen: Observation) -> Result<(), ApiError> {
        self.log(json!({ "what": "measured", "check": check, "seen": seen })).await?;
        self.seen.insert(check, seen);
        Ok(())
    }

    fn reachable(&self, check: Check) -> bool {
        plan::out_of_reach(self.lane.adapter, check).is_none()
    }

    /// Everything that can be measured at this platform. It ends early where an order's outcome is not known, or where
    /// Docket stops.
    pub async fn measure(&mut self) -> Result<(), ApiError> {
        self.ask_first().await?;
        let first = self.make(1).await?;
        let made = self.outcome(&first).await?;
        self.note(Check::Create, made).await?;
        let (State::Dispatched, Some(id)) = (first.state, first.remote_id.clone()) else { return Ok(()) };
        let mark = first.remote.as_ref().and_then(|remote| remote.test);
        self.note(Check::TestMark, Observation::Mark { test: mark }).await?;
        let heard = self.lane.heard().server.clone();
        let clock = match heard {
            Some(heard) => Observation::Clock { ahead_ms: heard.date_ms - heard.at.wall_ms },
            None => Observation::nothing("its answers bear no Date"),
        };
        self.note(Check::Clock, clock).await?;
        self.lag(&first, &id).await?;
        self.note_echo(&id).await?;
        for (check, other) in [(Check::Replay, false), (Check::Conflict, true)] {
            if self.reachable(check) && !self.holder.driver.stops() {
                let seen = self.repeat(&first, &id, check, other).await?;
                self.note(check, seen).await?;
            }
        }
        self.list(&id).await?;
        self.after_cancel(&first, &id).await
    }

    /// Before anything is made: whether the platform answers at all, and whether a filter lets nothing through.
    async fn ask_first(&mut self) -> Result<(), ApiError> {
        let nobody = LookupBy::Reference(Reference(format!("docket-nobody-{}", self.name)));
        let (by, filters) = match self.reachable(Check::Filter) {
            true => (nobody, true),
            false => (LookupBy::Newest, false),
        };
        let read = self.holder.driver.rows(&self.lane, &by, |_| true).await;
        match (filters, read) {
            (true, Ok(rows)) => {
                let rows = count(&rows);
                self.note(Check::Filter, Observation::Filtered { rows, refused: None }).await
            }
            (false, Ok(_)) => Ok(()),
            (_, Err(why)) => {
                let message = format!(
                    "{} answers no lookup ({why}): nothing was made. Try `docketctl account test {}`",
                    self.account.platform.title(),
                    self.account.name
                );
                Err(ApiError::new(ErrorCode::Platform, message))
            }
        }
    }

    /// How long after the create's answer the lookup shows the order.
    async fn lag(&mut self, d: &Dispatch, id: &RemoteId) -> Result<(), ApiError> {
        let (holder, t) = (self.holder, self.lane.rules.contract.timings);
        let now = || holder.clock.now().awake_ms;
        let answered = d.attempts.last().and_then(|a| a.end.as_ref()).map_or_else(now, |end| end.at.awake_ms);
        self.made_at_ms = answered;
        let most = (t.settle_ms * 2).max(LOOK_MS);
        let pause = (60_000 / i64::from(t.requests_per_minute.max(1))).max(LOOK_PAUSE_MS);
        let mut hidden_for_ms = 0;
        let seen = loop {
            let began = now() - answered;
            let read = self.rows_about(d, |rows| rows.iter().any(|row| row.id == *id)).await;
            match read {
                Ok(rows) if rows.iter().any(|row| row.id == *id) => {
                    self.lag_ms = now() - answered;
                    break Observation::Lag { shown_after_ms: Some(self.lag_ms), hidden_for_ms };
                }
                Err(why) if self.lane.heard().paused.is_some() => break Observation::nothing(why),
                Ok(_) => hidden_for_ms = began,
                Err(_) => {}
            }
            if began >= most {
                break Observation::Lag { shown_after_ms: None, hidden_for_ms };
            }
            if !holder.driver.pause_for(pause).await {
                break Observation::nothing("Docket was stopped");
            }
        };
        self.note(Check::LookupLag, seen).await
    }

    async fn note_echo(&mut self, id: &RemoteId) -> Result<(), ApiError> {
        if !self.reachable(Check::NoteEcho) {
            return Ok(());
        }
        // What stands behind the sign is what the platform was given.
        let note = self.order.get(NOTE).rsplit('=').next().unwrap_or_default().to_owned();
        let seen = match self.lane.adapter.get_request(id) {
            Some(request) if !note.is_empty() => match self.holder.driver.measure(&self.lane, &request).await {
                Ok(answer) => {
                    Observation::Note { echoed: String::from_utf8_lossy(&answer.body).contains(&format!("\"{note}\"")) }
                }
                Err(why) => Observation::nothing(why),
            },
            Some(_) | None => Observation::nothing("the example has no note, or no order can be read"),
        };
        self.note(Check::NoteEcho, seen).await
    }

    /// One deliberate repeat, and a look for what it may have made.
    async fn repeat(
        &mut self,
        d: &Dispatch,
        id: &RemoteId,
        check: Check,
        other: bool,
    ) -> Result<Observation, ApiError> {
        let (driver, adapter) = (&self.holder.driver, self.lane.adapter);
        let other_body = match (other, plan::changed(adapter, &self.order)) {
            (false, _) => None,
            (true, Some(changed)) => {
                let built = adapter.create_request(&changed, &d.reference, d.key.as_ref(), self.account.test);
                Some(built.map_err(|e| ApiError::new(ErrorCode::Invalid, e.to_string()))?.body)
            }
            (true, None) => return Ok(Observation::nothing("the form has no text that could be changed")),
        };
        let report = driver.repeat(&self.lane, d, check, other_body).await?;
        let answer = match &report.observed {
            Exchange::Answered(answer) => answer,
            Exchange::NotSent { why } => return Ok(Observation::nothing(format!("not sent: {why}"))),
            Exchange::NoToken { code } => return Ok(Observation::nothing(format!("no access token ({code})"))),
            Exchange::Limited { .. } => return Ok(Observation::nothing("no access token: the platform is busy (429)")),
            Exchange::Lost { why } => {
                // It may still take effect; what it makes is looked for once it no longer can.
                self.quiet_until_ms = self.holder.clock.now().awake_ms + self.lane.rules.contract.timings.settle_ms;
                self.wait_quiet().await;
                self.take_seconds(d).await?;
                return Ok(Observation::nothing(format!("the repeat was not answered: {why}")));
            }
        };
        let mut seen = repeated(adapter, &d.reference, &d.fingerprint, id, answer);
        self.second_of(d, id, check, &mut seen).await?;
        Ok(Observation::Repeated(seen))
    }

    /// Whether a repeat has made a second order: by its answer, or by the lookup once that shows what is new.
    async fn second_of(
        &mut self,
        d: &Dispatch,
        id: &RemoteId,
        check: Check,
        seen: &mut Repeated,
    ) -> Result<(), ApiError> {
        self.holder.driver.pause_for(self.lag_ms).await;
        let by_answer = seen.names.clone().filter(|named| named != id);
        let found = self.take_seconds(d).await?;
        seen.second = found.or(by_answer.clone());
        if let Some(named) =
            by_answer.filter(|named| !self.orders.iter().any(|o| o.platform_order_id.as_ref() == Some(named)))
        {
            let shown = self.holder.driver.shown(&self.lane, &named).await;
            if shown.is_some_and(|order| order.reference.as_deref() == Some(d.reference.as_str())) {
                self.cancel_second(&d.order_no, &named).await?;
            } else {
                self.left_second(&d.order_no, &named).await?;
            }
        }
        // Where the reference is the id, a second order bears the first one's: it is told by being alive again.
        if check == Check::CancelFrees && seen.second.is_none() && seen.same == Some(true) {
            let alive = self.holder.driver.shown(&self.lane, id).await.is_some_and(|order| order.ended == Some(false));
            if alive {
                seen.second = Some(id.clone());
                self.cancel_second(&d.order_no, id).await?;
            }
        }
        Ok(())
    }

    /// Cancels what bears an order's reference beside it; the first of them.
    async fn take_seconds(&mut self, d: &Dispatch) -> Result<Option<RemoteId>, ApiError> {
        let found = self.seconds_of(d).await.unwrap_or_default();
        for second in &found {
            self.cancel_second(&d.order_no, second).await?;
        }
        Ok(found.into_iter().next())
    }

    /// What a list shows of two orders: their order, how many rows it gives, how it is read on.
    async fn list(&mut self, first: &RemoteId) -> Result<(), ApiError> {
        let Some(list) = self.lane.adapter.lookup_request(&LookupBy::Newest) else { return Ok(()) };
        if self.holder.driver.stops() {
            return Ok(());
        }
        if self.reachable(Check::UnknownFilter) {
            let seen = self.unknown_filter(first).await;
            self.note(Check::UnknownFilter, seen).await?;
        }
        let made = self.made_at_ms + APART_MS - self.holder.clock.now().awake_ms;
        if self.lane.heard().paused.is_some() || !self.holder.driver.pause_for(made).await {
            return Ok(());
        }
        let second = self.make(2).await?;
        let Some(id) = second.remote_id.clone() else { return Ok(()) };
        self.holder.driver.pause_for(self.lag_ms).await;
        let own = self.page(&list).await;
        let one = self.page(&page_of(&list, 1, None)).await;
        let order = match &own {
            Ok((rows, ..)) => order_of(rows, first, &id)
                .unwrap_or_else(|| Observation::nothing("the first page does not show both of our orders")),
            Err(why) => Observation::nothing(why.clone()),
        };
        self.note(Check::ListOrder, order).await?;
        let limit = match (&own, &one) {
            (Ok((rows, next, to_end)), Ok((single, ..))) => {
                let lacks = |rows: &[RemoteOrder]| [first, &id].iter().any(|id| !rows.iter().any(|row| row.id == **id));
                // What the first page leaves open, as few rows for a large limit do, the next request settles.
                let more = match next.as_ref().filter(|_| lacks(rows)) {
                    Some(next) => self.page(next).await.ok(),
                    None => None,
                };
                let all = more.map_or((rows.clone(), *to_end), |(more, _, end)| ([rows.clone(), more].concat(), end));
                let taken_for_all = lacks(&all.0) && all.1;
                Observation::Limit { of_one: count(single), rows: count(rows), missing: lacks(rows), taken_for_all }
            }
            (Err(why), _) | (_, Err(why)) => Observation::nothing(why.clone()),
        };
        self.note(Check::ListLimit, limit).await?;
        let paging = match one {
            Ok((rows, next, _)) => self.paging(&list, &rows, next).await,
            Err(why) => Observation::nothing(why),
        };
        self.note(Check::Paging, paging).await
    }

    /// One page of the list, as the adapter reads it: rows, the request for more, whether it is the end.
    async fn page(&self, request: &HttpRequest) -> Result<(Vec<RemoteOrder>, Option<HttpRequest>, bool), String> {
        let answer = self.holder.driver.measure(&self.lane, request).await?;
        match self.lane.adapter.read_page(&LookupBy::Newest, request, &answer) {
            Page::Rows { rows, next, to_end } => Ok((rows, next, to_end)),
            Page::Unauthorised { code } => Err(format!("not authorised ({code})")),
            Page::Busy { .. } => Err("the platform is busy (429)".into()),
            Page::Unclear { why } => Err(why),
        }
    }

    /// Whether what is asked for next shows another order than the one row of the first page.
    async fn paging(&self, list: &HttpRequest, one: &[RemoteOrder], next: Option<HttpRequest>) -> Observation {
        let [row] = one else {
            return Observation::nothing(format!("one row was asked for, and {} came", one.len()));
        };
        let mut heeded = Vec::new();
        for name in PAGING {
            if let Ok((rows, ..)) = self.page(&page_of(list, 1, Some(second_row(name)))).await
                && rows.first().is_some_and(|other| other.id != row.id)
            {
                heeded.push(name.to_owned());
            }
        }
        let leads_on = match next {
            _ if plan::counts_pages(list) => heeded.iter().any(|name| name == "page"),
            Some(next) => {
                let read = self.page(&next).await;
                read.is_ok_and(|(rows, ..)| rows.iter().any(|other| other.id != row.id))
            }
            None => false,
        };
        Observation::Paging { leads_on, heeded }
    }

    async fn unknown_filter(&self, first: &RemoteId) -> Observation {
        let reference = Reference(format!("docket-nobody-{}", self.name));
        let lookup = self.lane.adapter.lookup_request(&LookupBy::Reference(reference.clone()));
        let Some(request) = lookup.and_then(|lookup| plan::unknown_filter(&lookup, reference.as_str())) else {
            return Observation::nothing("the lookup has no filter");
        };
        match self.page(&request).await {
            Ok((rows, ..)) if rows.iter().any(|row| row.id == *first) || !rows.is_empty() => {
                Observation::Filtered { rows: count(&rows), refused: None }
            }
            Ok(_) => Observation::Filtered { rows: 0, refused: None },
            Err(why) => Observation::Filtered { rows: 0, refused: Some(why) },
        }
    }

    /// What a cancelled order is still shown as, and what its reference is good for.
    async fn after_cancel(&mut self, first: &Dispatch, id: &RemoteId) -> Result<(), ApiError> {
        if !self.can_cancel() || self.holder.driver.stops() {
            return Ok(());
        }
        self.wait_quiet().await;
        let d = self.cancel(first).await?;
        if d.state != State::Cancelled {
            let why = d.progress.cancel_refused.clone().unwrap_or_else(|| "its outcome is not known".into());
            for check in [Check::EndedShown, Check::CancelFrees] {
                self.note(check, Observation::nothing(format!("the order could not be cancelled: {why}"))).await?;
            }
            return Ok(());
        }
        let read = self.rows_about(&d, |rows| rows.iter().any(|row| row.id == *id)).await;
        let ended = match read {
            Ok(rows) => Observation::Ended { shown: rows.iter().any(|row| row.id == *id) },
            Err(why) => Observation::nothing(why),
        };
        self.note(Check::EndedShown, ended).await?;
        if self.lane.rules.contract.fence != Fence::None && self.reachable(Check::CancelFrees) {
            let seen = self.repeat(&d, id, Check::CancelFrees, false).await?;
            self.note(Check::CancelFrees, seen).await?;
        }
        Ok(())
    }
}

fn count(rows: &[RemoteOrder]) -> u32 {
    u32::try_from(rows.len()).unwrap_or(u32::MAX)
}
