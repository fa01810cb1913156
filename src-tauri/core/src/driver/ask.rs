//! A merchant's questions to a platform: what an order would cost, what a field may hold. They come after everything that
//! creates or recovers, one at a time for an account.
//!
//! A question changes nothing, so nothing is written down before it, and nothing is logged after. Not here: what is asked,
//! and how long an answer is good (`api`).

use crate::domain::Stamp;
use crate::domain::ask::AskReply;
use crate::domain::http::{HttpRequest, HttpResponse};
use crate::transport::Exchange;

use super::Driver;
use super::lane::Lane;

/// What a platform told.
#[derive(Debug)]
pub(crate) struct Told<T> {
    pub value: T,
    /// When the answer was there.
    pub at: Stamp,
    /// The platform's own time then, in milliseconds since the epoch; ours where it does not say.
    pub platform_ms: i64,
}

/// Why a question has no answer. Each is a sentence for a merchant, with what to do.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AskError {
    /// Nothing is asked of the account.
    #[error("account {account} is paused: {why}")]
    Paused { account: String, why: String },
    /// The platform has asked to be left alone.
    #[error("the platform is busy (429) and asked to be left alone; ask again after {}", crate::clock::rfc3339(*.until_ms))]
    Busy { until_ms: i64 },
    /// The account's rate is used up by its orders.
    #[error("account {account} is at work on its orders, and they come first; ask again in a while")]
    Occupied { account: String },
    /// The credential, or the access token, was refused. The account is paused.
    #[error("the platform refused the credential ({code}); give it again")]
    Unauthorised { code: String },
    /// A token ran out at that moment.
    #[error("the access token had run out ({code}); ask again")]
    TokenExpired { code: String },
    /// The platform would not carry out such an order.
    #[error("the platform would not carry it out: {message} ({code})")]
    Rejected { code: String, message: String },
    /// No answer.
    #[error("the platform did not answer: {why}; check the network and the account's base URL, and ask again")]
    Silent { why: String },
    /// An answer that says nothing.
    #[error("the platform answered with nothing readable ({why}); ask again, or go on without")]
    Unclear { why: String },
}

impl Driver {
    /// Asks one question, within the account's rate and rules.
    pub(crate) async fn ask<T>(
        &self,
        lane: &Lane,
        request: &HttpRequest,
        read: impl FnOnce(&HttpResponse) -> AskReply<T>,
    ) -> Result<Told<T>, AskError> {
        let _asking = lane.asking.lock().await;
        self.may_ask(lane)?;
        let within_ms = lane.rules.contract.timings.timeout_ms;
        if !lane.turn_behind(&self.clock, &self.stop, within_ms, || self.is_at_work(lane.account_id)).await {
            return Err(AskError::Occupied { account: lane.name.clone() });
        }
        // Waiting for the turn may have taken a while.
        self.may_ask(lane)?;
        let report = lane.carry(&self.transport, &self.clock, &self.stop, request).await;
        let answer = match &report.observed {
            Exchange::Answered(answer) => answer,
            Exchange::NotSent { why } | Exchange::Lost { why } => return Err(AskError::Silent { why: why.clone() }),
            Exchange::NoToken { code } => {
                self.pause(lane, code).await;
                return Err(AskError::Unauthorised { code: code.clone() });
            }
            Exchange::Limited { retry_after_ms } => return Err(self.ask_later(lane, *retry_after_ms)),
        };
        match read(answer) {
            AskReply::Told(value) => {
                lane.hear(&report);
                let platform_ms = report.date_ms.unwrap_or(report.ended.wall_ms);
                Ok(Told { value, at: report.ended, platform_ms })
            }
            AskReply::Rejected { code, message } => {
                let message = lane.adapter.explain(&code).map_or(message, |words| words.english.to_owned());
                Err(AskError::Rejected { code, message })
            }
            AskReply::Unauthorised { code } if report.token_expired => Err(AskError::TokenExpired { code }),
            AskReply::Unauthorised { code } => {
                self.pause(lane, &code).await;
                Err(AskError::Unauthorised { code })
            }
            AskReply::Busy { retry_after_ms } => Err(self.ask_later(lane, retry_after_ms)),
            AskReply::Unclear { why } => Err(AskError::Unclear { why }),
        }
    }

    /// The account is left alone for a while, and so is whoever asks.
    fn ask_later(&self, lane: &Lane, retry_after_ms: Option<i64>) -> AskError {
        self.defer(lane, retry_after_ms.unwrap_or(lane.rules.contract.timings.lookup_interval_ms));
        self.may_ask(lane).err().unwrap_or(AskError::Busy { until_ms: self.clock.now().wall_ms })
    }

    /// A paused account is not asked, and one that was told to come back later is asked then.
    fn may_ask(&self, lane: &Lane) -> Result<(), AskError> {
        let now = self.clock.now();
        let heard = lane.heard();
        if let Some(why) = &heard.paused {
            return Err(AskError::Paused { account: lane.name.clone(), why: why.clone() });
        }
        if heard.deferred_until_ms > now.awake_ms {
            return Err(AskError::Busy { until_ms: now.wall_ms + heard.deferred_until_ms - now.awake_ms });
        }
        Ok(())
    }
}
