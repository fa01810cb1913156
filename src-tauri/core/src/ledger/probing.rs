//! A probe's deliberate repeats: on disk before they leave. Only this commit makes a [`Repeat`].
//!
//! A repeat is no attempt: its order is bound already, and stays as it is. Not here: what a repeat is for (`probe`).

use serde_json::json;
use sqlx::Arguments;

use super::Ledger;
use super::error::{Doing, LedgerError, Result};
use super::rows::{at, from_json};
use super::tx::{About, Tx, args};
use super::writer::Write;
use crate::domain::http::HttpRequest;
use crate::domain::id::hex;
use crate::domain::{AccountId, DispatchId, LogDraft, LogKind, OrderNo, Reference, State};
use crate::probe::{Check, ORDER_PREFIX};

/// One repeat that is on disk and may leave. It cannot be copied or made elsewhere; sending uses it up.
#[derive(Debug)]
#[must_use = "a repeat that is not sent is told of in the log all the same"]
pub struct Repeat {
    request: HttpRequest,
    send_before_boot_ms: i64,
}

impl Repeat {
    /// The request and its deadline. Uses the ticket up.
    pub(crate) fn into_request(self) -> (HttpRequest, i64) {
        (self.request, self.send_before_boot_ms)
    }
}

/// What a repeat writes down.
#[derive(Clone, Debug)]
pub struct Repeating {
    /// The dispatch whose stored bytes go out again.
    pub dispatch_id: DispatchId,
    /// Which check it is for.
    pub check: Check,
    /// The body to send in place of the stored one. It has to name the same reference, where the stored one names it.
    pub other_body: Option<Vec<u8>>,
    /// Deadline of its first byte on the boot clock.
    pub send_before_boot_ms: i64,
}

const DISPATCH: &str = "
SELECT account_id, order_no, generation, reference, request, serialised, remote_id FROM dispatch WHERE id = $1;";

impl Write for Repeating {
    type Out = Repeat;

    async fn run(&self, tx: &mut Tx) -> Result<Repeat> {
        let rows =
            tx.rows(DISPATCH, args(|a| a.add(self.dispatch_id.0))).await?.doing("reading what is to be repeated")?;
        let missing = || LedgerError::NotFound { what: format!("dispatch in row {}", self.dispatch_id) };
        let row = rows.first().ok_or_else(missing)?;
        let (order_no, reference): (String, String) = (at(row, 1)?, at(row, 3)?);
        let refuse = |why: &str| Err(LedgerError::Misuse(format!("order {order_no} is not repeated: {why}")));
        if !order_no.starts_with(ORDER_PREFIX) {
            return refuse("it is not a probe's own");
        }
        if at::<bool>(row, 5)? {
            return refuse("its platform has no fence");
        }
        if at::<Option<String>>(row, 6)?.is_none() {
            return refuse("its outcome is not known");
        }
        let mut request: HttpRequest = from_json("a stored request", at(row, 4)?)?;
        let names = |body: &[u8]| String::from_utf8_lossy(body).contains(&reference);
        if let Some(other) = &self.other_body {
            if names(&request.body) && !names(other) {
                return refuse("the other body names another reference");
            }
            request.body.clone_from(other);
        }
        let digest = hex(&<sha2::Sha256 as sha2::Digest>::digest(&request.body));
        let detail = json!({ "what": "repeat", "check": self.check, "same_bytes": self.other_body.is_none(),
                             "bytes": request.body.len(), "body_sha256": digest });
        let about = About {
            account_id: Some(AccountId(at(row, 0)?)),
            order_no: Some(OrderNo(order_no)),
            generation: at(row, 2)?,
            reference: Some(Reference(reference)),
            ..About::default()
        };
        tx.append(about, None, &LogDraft::new(LogKind::Probed, State::Draft, detail))?;
        Ok(Repeat { request, send_before_boot_ms: self.send_before_boot_ms })
    }
}

impl Ledger {
    /// Writes down that a repeat of a probe's own order may leave now. The `Repeat` is made after the sync. Error:
    /// `Misuse` for an order that is not a probe's, is not bound, or has no fence.
    pub async fn write_repeat(&self, repeating: Repeating) -> Result<Repeat> {
        self.write(repeating).await
    }
}
