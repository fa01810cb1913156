//! Delivered codes on their way to the page: only when asked for, and written into the log first. Kept nowhere here.

use docket_core::api::{ApiError, OrderKey, Revealed};
use docket_core::domain::{RemoteId, Seq};
use serde::Serialize;
use tauri::State;

use crate::shell::Shell;

/// Codes in plain text, for the page alone.
#[derive(Serialize, specta::Type)]
pub struct ShownCodes {
    /// The log entry that says so.
    pub seq: Seq,
    /// Item by item.
    pub items: Vec<ShownItem>,
}

/// The codes of one item.
#[derive(Serialize, specta::Type)]
pub struct ShownItem {
    /// The platform order.
    pub platform_order_id: RemoteId,
    /// The item's place in it, from 1.
    pub item: u32,
    /// The codes.
    pub codes: Vec<String>,
    /// Why there are none.
    pub problem: Option<String>,
}

impl From<Revealed> for ShownCodes {
    fn from(revealed: Revealed) -> ShownCodes {
        let items = revealed.items.into_iter().map(|item| ShownItem {
            platform_order_id: item.platform_order_id,
            item: item.item,
            codes: item.codes.iter().map(|code| code.expose().to_owned()).collect(),
            problem: item.problem,
        });
        ShownCodes { seq: revealed.seq, items: items.collect() }
    }
}

/// Shows the codes of an order, once it is in the log that they were asked for.
#[tauri::command]
#[specta::specta]
pub async fn reveal_codes(
    shell: State<'_, Shell>,
    order: OrderKey,
    reason: Option<String>,
) -> Result<ShownCodes, ApiError> {
    Ok(shell.core()?.reveal(order, reason).await?.into())
}
