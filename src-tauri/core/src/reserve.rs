//! What a reservation tells the ledger and its log. Pure; the ledger writes it.

use serde_json::json;

use crate::domain::{LogDraft, LogKind, Progress, State};
use crate::freeze::Frozen;
use crate::ledger::{OrderRow, Reservation};

/// A reservation of `frozen` for `order`. `came_from` is where a withdrawal leads back to.
pub(crate) fn reservation(
    order: &OrderRow,
    frozen: Frozen,
    came_from: State,
    progress: Progress,
    why: &str,
) -> Reservation {
    let detail = json!({ "bytes": frozen.request.body.len(), "key": frozen.key, "why": why });
    Reservation {
        order_id: order.id,
        order_version: order.version,
        account_id: order.account_id,
        generation: frozen.generation,
        reference: frozen.reference,
        key: frozen.key,
        fingerprint: frozen.fingerprint,
        serialised: frozen.serialised,
        request: frozen.request,
        came_from,
        progress,
        log: vec![LogDraft::new(LogKind::Reserved, State::Queued, detail)],
        despite: Vec::new(),
        command: None,
    }
}
