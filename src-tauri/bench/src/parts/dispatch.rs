//! Orders all at once: reserved, armed, sent, bound and logged, every step synced.

use std::path::Path;

use docket_core::api::{Core, OrderKey};
use docket_core::domain::OrderNo;
use docket_practice::Endpoint;
use docket_tests::waiting::Stopwatch;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::usage;
use crate::{shop, syncs};

/// What it took.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Dispatched {
    /// From the command until all were bound, in seconds.
    pub seconds: f64,
    /// Processor time in it, in seconds. The platform's is not in it.
    pub cpu_s: f64,
    /// One stored request, without its authorisation.
    pub request: Value,
    /// The reference in it.
    pub reference: String,
}

/// Dispatches.
pub async fn dispatch(
    folder: &Path,
    endpoint: &Endpoint,
    orders: usize,
    in_flight: usize,
) -> Result<Dispatched, String> {
    let wrong = |e: docket_core::api::ApiError| e.to_string();
    let core = Core::open(shop::options(folder)).await.map_err(wrong)?;
    shop::add_account(&core, endpoint, in_flight).await?;
    let file = shop::csv(folder, endpoint.platform, orders);
    shop::import(&core, &file, orders).await?;
    syncs::mark("begins");
    let (watch, cpu) = (Stopwatch::start(), usage::cpu_s());
    shop::dispatch_all(&core).await?;
    core.wait(None).await.map_err(wrong)?;
    let (seconds, cpu_s) = (watch.elapsed().as_secs_f64(), usage::cpu_s() - cpu);
    syncs::mark("is done");
    let counts = core.counts(None).await.map_err(wrong)?;
    if counts.dispatched as usize != orders {
        return Err(format!("not all of {orders} orders were dispatched: {counts:?}"));
    }
    let key = OrderKey { order_no: OrderNo::from("SO-1"), account: None };
    let detail = core.order(key).await.map_err(wrong)?;
    core.stop().await;
    let request = detail.request.ok_or("no request")?;
    let reference = detail.order.reference.ok_or("no reference")?;
    Ok(Dispatched { seconds, cpu_s, request, reference })
}
