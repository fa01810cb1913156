//! Slips: what goes with a parcel is printed once, and every later one says that it is a copy.
//!
//! That it was asked for is in the log before anything is printed, so a crash, a restart or a second window cannot make a
//! second first one. A printer that ate the first makes a copy of the next: the ledger knows what was asked for, and not
//! what came out. Not here: what a slip looks like; the window prints it.

use serde_json::json;

use crate::domain::{LogDraft, LogKind, Seq, State};

use super::holder::Holder;
use super::views::LogView;
use super::{ApiError, ErrorCode, OrderKey, Reply};

/// How many slips the entries of an order tell of.
pub(super) fn asked_for(entries: &[LogView]) -> u32 {
    before(entries, Seq(i64::MAX))
}

fn before(entries: &[LogView], seq: Seq) -> u32 {
    entries.iter().filter(|entry| entry.kind == LogKind::Printed && entry.seq < seq).count() as u32
}

impl Holder {
    /// Writes down that a slip is about to be printed. Two that are asked for at once have a first and a second entry, and
    /// so there is one that is no copy.
    pub(super) async fn log_slip(&self, key: &OrderKey, asked_by: &str) -> Result<Reply, ApiError> {
        let (order, _) = self.find(key).await?;
        if order.state != State::Dispatched {
            let word = order.state.code().replace('_', " ");
            let message =
                format!("order {} is {word}: a slip is printed once one order exists at the platform", order.order_no);
            return Err(ApiError::new(ErrorCode::NotAllowed, message));
        }
        let draft = LogDraft::new(LogKind::Printed, order.state, json!({ "asked_by": asked_by }));
        let seq = self.ledger.append_order_entry(order.id, draft).await?;
        Ok(Reply::Slip { seq, before: before(&self.reader().order_log(order.id).await?, seq) })
    }
}
