//! What a probe asks of the driver: to settle one dispatch, to repeat a create on purpose, to read what no lookup reads.
//!
//! Orders are dispatched and cancelled the ordinary way, by `advance`. Not here: which check does what (`api::probing`).

use serde_json::json;

use crate::adapters::LookupBy;
use crate::crash::{self, Point};
use crate::domain::http::{HttpRequest, HttpResponse};
use crate::domain::remote::GetReply;
use crate::domain::{CancelReply, Dispatch, DispatchId, Event, LogDraft, LogKind, RemoteId, RemoteOrder, State};
use crate::ledger::{LedgerError, Repeating};
use crate::probe::Check;
use crate::transport::{Exchange, SendReport};

use super::Driver;
use super::advance::AdvanceError;
use super::lane::{Lane, STOPPED};

/// How often a dispatch is looked at that moves by itself.
const LOOK_MS: i64 = 50;
/// Between two cancels of an order that cannot be cancelled yet, at least.
const CANCEL_AGAIN_MS: i64 = 500;
/// How often a busy platform is asked again.
const ASK_AGAIN: u32 = 5;

impl Driver {
    /// Whether Docket is to stop.
    pub(crate) fn stops(&self) -> bool {
        self.stop.is_cancelled()
    }

    /// Waits so long, unless Docket stops. Whether it may go on.
    pub(crate) async fn pause_for(&self, ms: i64) -> bool {
        tokio::select! {
            () = self.clock.sleep(ms.max(0).unsigned_abs()) => true,
            () = self.stop.cancelled() => false,
        }
    }

    /// Works on one dispatch until it is settled and no cancel of it is on its way, or so long. The account's loop may do
    /// the same beside; a dispatch is worked on by one at a time.
    pub(crate) async fn settle(&self, lane: &Lane, id: DispatchId, ms: i64) -> Result<Dispatch, AdvanceError> {
        let until = self.clock.now().awake_ms + ms;
        loop {
            let d = self.ledger.reader().dispatch(id).await?;
            let open = d.state.is_open() || (d.state == State::Dispatched && d.progress.cancel_asked);
            let now = self.clock.now();
            let ends = now.awake_ms >= until || self.stops() || lane.heard().paused.is_some();
            if !open || ends || self.waits_for_a_person(&d).await? {
                return Ok(d);
            }
            let due = d.progress.next_at.as_ref().is_none_or(|at| now.reached(at));
            let deferred = lane.heard().deferred_until_ms > now.awake_ms;
            if due && !deferred && d.state != State::Sending {
                self.apply(lane, id, Event::Due { held_by: None }).await?;
            }
            self.pause_for(LOOK_MS).await;
        }
    }

    /// Whether a dispatch is queued behind a look-alike that only a person can settle.
    async fn waits_for_a_person(&self, d: &Dispatch) -> Result<bool, LedgerError> {
        if d.state != State::Queued || d.progress.waits_for.is_none() {
            return Ok(false);
        }
        let holder = self.ledger.reader().holder_of_fingerprint(d.account_id, &d.fingerprint).await?;
        Ok(holder.is_some_and(|(_, state, id)| state == State::NeedsReview && id != d.id))
    }

    /// Sends what a probe's order was made by once more, on purpose: the stored bytes, or another body in their place. It
    /// is in the log before it leaves, and so is what came back.
    pub(crate) async fn repeat(
        &self,
        lane: &Lane,
        d: &Dispatch,
        check: Check,
        other_body: Option<Vec<u8>>,
    ) -> Result<SendReport, LedgerError> {
        for asked in 1.. {
            let report = self.repeat_once(lane, d, check, other_body.clone()).await?;
            let busy = matches!(&report.observed, Exchange::Answered(answer) if answer.status == 429);
            if !busy || asked >= ASK_AGAIN || !self.pause_for(self.limited_for(&report)).await {
                return Ok(report);
            }
        }
        unreachable!("a count has no end")
    }

    async fn repeat_once(
        &self,
        lane: &Lane,
        d: &Dispatch,
        check: Check,
        other_body: Option<Vec<u8>>,
    ) -> Result<SendReport, LedgerError> {
        let t = lane.rules.contract.timings;
        let held_back = if lane.turn(&self.clock, &self.stop).await {
            lane.heard().paused.as_ref().map(|why| format!("the account is paused: {why}"))
        } else {
            Some(STOPPED.to_owned())
        };
        let began = self.clock.now();
        if let Some(why) = held_back {
            return Ok(SendReport::given_up(Exchange::NotSent { why }, began.clone(), began));
        }
        let send_before_boot_ms = began.boot_ms + t.send_before_ms;
        let repeating = Repeating { dispatch_id: d.id, check, other_body, send_before_boot_ms };
        let repeat = self.ledger.write_repeat(repeating).await?;
        crash::point(Point::Probed);
        let sending = self.transport.send_repeat(repeat, lane.target.clone(), t.timeout_ms, t.connect_timeout_ms);
        let report = tokio::select! {
            report = sending => report,
            () = self.stop.cancelled() => {
                SendReport::given_up(Exchange::Lost { why: STOPPED.into() }, began, self.clock.now())
            }
        };
        crash::point(Point::ProbedAnswered);
        let (detail, private) = match &report.observed {
            Exchange::Answered(answer) => {
                (json!({ "outcome": "answered", "status": answer.status }), Some(lane.adapter.evidence(answer)))
            }
            Exchange::NotSent { why } => (json!({ "outcome": "not_sent", "why": why }), None),
            Exchange::NoToken { code } => (json!({ "outcome": "not_sent", "why": code }), None),
            Exchange::Limited { .. } => (json!({ "outcome": "not_sent", "why": "429" }), None),
            Exchange::Lost { why } => (json!({ "outcome": "unknown", "why": why }), None),
        };
        let mut entry = LogDraft::new(LogKind::Probed, State::Draft, detail);
        entry.detail["what"] = json!("answered");
        entry.detail["check"] = json!(check);
        entry.detail["order_no"] = json!(d.order_no);
        entry.private = private;
        self.ledger.append_account_entry(lane.account_id, entry).await?;
        Ok(report)
    }

    /// How long a limited platform is left alone.
    fn limited_for(&self, report: &SendReport) -> i64 {
        let told = match &report.observed {
            Exchange::Answered(answer) => crate::adapters::reading::retry_after_ms(answer),
            Exchange::Limited { retry_after_ms } => *retry_after_ms,
            Exchange::NotSent { .. } | Exchange::NoToken { .. } | Exchange::Lost { .. } => None,
        };
        told.unwrap_or(super::SPREAD_MS * 5)
    }

    /// One read as it was answered. A busy platform is asked again.
    pub(crate) async fn measure(&self, lane: &Lane, request: &HttpRequest) -> Result<HttpResponse, String> {
        for asked in 1.. {
            let report = lane.read(&self.transport, &self.clock, &self.stop, request).await;
            match &report.observed {
                Exchange::Answered(answer) if answer.status == 429 && asked < ASK_AGAIN => {
                    self.pause_for(self.limited_for(&report)).await;
                }
                Exchange::Answered(answer) => return Ok(answer.clone()),
                Exchange::NotSent { why } | Exchange::Lost { why } => return Err(why.clone()),
                Exchange::NoToken { code } => return Err(format!("no access token ({code})")),
                Exchange::Limited { .. } if asked < ASK_AGAIN => {
                    self.pause_for(self.limited_for(&report)).await;
                }
                Exchange::Limited { .. } => return Err("the platform is busy (429)".into()),
            }
        }
        unreachable!("a count has no end")
    }

    /// The rows of a lookup, read on until `enough`. A busy platform is asked again.
    pub(crate) async fn rows(
        &self,
        lane: &Lane,
        by: &LookupBy,
        enough: impl Fn(&[RemoteOrder]) -> bool,
    ) -> Result<Vec<RemoteOrder>, String> {
        for asked in 1.. {
            let read = self.pages(lane, by, &enough).await;
            let wait = lane.heard().deferred_until_ms - self.clock.now().awake_ms;
            match read {
                Err(_) if wait > 0 && asked < ASK_AGAIN && self.pause_for(wait).await => {}
                Ok(pages) => return Ok(pages.rows),
                Err(why) => return Err(why),
            }
        }
        unreachable!("a count has no end")
    }

    /// The order with that id, as the platform shows it.
    pub(crate) async fn shown(&self, lane: &Lane, id: &RemoteId) -> Option<RemoteOrder> {
        match self.get(lane, id).await? {
            GetReply::Shown(order) => Some(order),
            GetReply::NotThere | GetReply::Unauthorised { .. } | GetReply::Busy { .. } | GetReply::Unclear { .. } => {
                None
            }
        }
    }

    /// Cancels an order that no dispatch owns: one that a repeat has made. An error says why it is still there.
    pub(crate) async fn cancel_second(&self, lane: &Lane, id: &RemoteId, ms: i64) -> Result<(), String> {
        let request = lane.adapter.cancel_request(id).ok_or("the platform has no cancel")?;
        let until = self.clock.now().awake_ms + ms;
        loop {
            let answer = self.measure(lane, &request).await?;
            let why = match lane.adapter.read_cancel(&answer) {
                CancelReply::Cancelled { .. } => return Ok(()),
                CancelReply::TooLate { code } => return Err(format!("the platform will not cancel it ({code})")),
                CancelReply::Unauthorised { code } => return Err(format!("not authorised ({code})")),
                CancelReply::Unclear { why } => why,
                CancelReply::Busy { .. } | CancelReply::NotShown => "no clear answer".to_owned(),
            };
            if self.shown(lane, id).await.and_then(|order| order.ended) == Some(true) {
                return Ok(());
            }
            let pause = lane.rules.contract.timings.lookup_interval_ms.max(CANCEL_AGAIN_MS);
            if self.clock.now().awake_ms >= until || !self.pause_for(pause).await {
                return Err(format!("the cancel was answered unclearly ({why})"));
            }
        }
    }
}
