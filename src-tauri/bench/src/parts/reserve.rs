//! Many orders from a file into the ledger, and each reserved, durably. Nothing is sent.

use std::path::Path;

use docket_core::api::{Core, OrderKey};
use docket_core::domain::OrderNo;
use docket_practice::{Endpoint, PracticePlatform};
use docket_tests::waiting::Stopwatch;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::usage;
use crate::shop;

/// What it took.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Reserved {
    /// Reading, checking and writing the rows, in seconds.
    pub import_s: f64,
    /// Freezing, reserving and logging them, in seconds.
    pub reserve_s: f64,
    /// Memory before, in MiB.
    pub before_mib: f64,
    /// The most memory, in MiB.
    pub peak_mib: f64,
    /// Bytes of one stored request.
    pub request_bytes: usize,
}

/// A platform that nobody serves: nothing is sent to it.
pub fn nobody() -> Endpoint {
    Endpoint {
        platform: PracticePlatform::Pathao,
        base_url: "http://127.0.0.1:9".into(),
        merchant_id: "m1".into(),
        secrets: json!({ "api_key": "key" }),
    }
}

/// Imports and reserves in a face that does not work on what is open, as `docketctl dispatch` without `--wait` does it.
pub async fn reserve(folder: &Path, orders: usize) -> Result<Reserved, String> {
    let core = Core::attach_to_change(shop::options(folder)).await.map_err(|e| e.to_string())?;
    shop::add_account(&core, &nobody(), 4).await?;
    let file = shop::csv(folder, PracticePlatform::Pathao, orders);
    let before_mib = usage::memory_mib();
    let watch = Stopwatch::start();
    shop::import(&core, &file, orders).await?;
    let import_s = watch.elapsed().as_secs_f64();
    let watch = Stopwatch::start();
    shop::dispatch_all(&core).await?;
    let reserve_s = watch.elapsed().as_secs_f64();
    let peak_mib = usage::peak_mib();
    let queued = core.counts(None).await.map_err(|e| e.to_string())?.queued as usize;
    if queued != orders {
        return Err(format!("{queued} of {orders} orders were reserved"));
    }
    let key = OrderKey { order_no: OrderNo::from("SO-1"), account: None };
    let detail = core.order(key).await.map_err(|e| e.to_string())?;
    let request_bytes = detail.request.map_or(0, |request| request.to_string().len());
    core.stop().await;
    Ok(Reserved { import_s, reserve_s, before_mib, peak_mib, request_bytes })
}
