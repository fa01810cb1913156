//! Orders that were on their way when the program was killed, and what it takes until all are settled.

use std::path::Path;
use std::sync::Arc;

use docket_core::adapters::registry;
use docket_core::api::Core;
use docket_core::clock::SystemClock;
use docket_core::domain::DispatchId;
use docket_core::secrets::Secrets;
use docket_core::transport::{Exchange, Target, Transport};
use docket_practice::Endpoint;
use docket_tests::waiting::Stopwatch;
use futures_util::{StreamExt as _, stream};
use rustix::process::{Signal, getpid, kill_process};
use serde::{Deserialize, Serialize};

use super::settled::{Bare, reserved};
use super::usage;
use crate::shop;

/// What it took.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Recovered {
    /// From the start of the program until nothing was open, in seconds.
    pub seconds: f64,
    /// Bound to their platform order.
    pub dispatched: u32,
    /// Left to a person.
    pub needs_review: u32,
    /// Still open when the time was over.
    pub open: u32,
    /// The most memory, in MiB.
    pub peak_mib: f64,
}

/// Arms orders and kills this process. Every second request has arrived at the platform; no answer was written down.
pub async fn interrupted(folder: &Path, endpoint: &Endpoint, orders: usize) -> Result<String, String> {
    reserved(folder, endpoint, orders).await?;
    let bare = Bare::open(folder).await?;
    let secrets: std::collections::BTreeMap<String, String> =
        serde_json::from_value(endpoint.secrets.clone()).map_err(|e| e.to_string())?;
    let adapter = registry::adapter(bare.account.platform).ok_or("it has an adapter")?;
    let target = Target::new(endpoint.base_url.clone(), adapter.auth(), Secrets::new(secrets));
    let transport = Transport::new(Arc::new(SystemClock::new()));
    let mut after = DispatchId(0);
    loop {
        let armed = bare.arm_some(after).await?;
        let Some((last, _)) = armed.last() else { break };
        after = last.id;
        let leave = armed.into_iter().filter(|(d, _)| d.id.0 % 2 == 0).map(|(_, armed)| armed);
        let sent = stream::iter(leave).map(|armed| transport.send(armed, target.clone(), 30_000, 30_000));
        let failed = sent
            .buffer_unordered(16)
            .filter(|report| std::future::ready(!matches!(report.observed, Exchange::Answered(_))))
            .count()
            .await;
        if failed > 0 {
            return Err(format!("{failed} requests did not arrive"));
        }
    }
    println!("armed");
    kill_process(getpid(), Signal::KILL).map_err(|e| e.to_string())?;
    std::future::pending::<()>().await;
    Ok(String::new())
}

/// Starts, and works until nothing is open or the time is over.
pub async fn recover(folder: &Path, longest_s: f64) -> Result<Recovered, String> {
    let wrong = |e: docket_core::api::ApiError| e.to_string();
    let watch = Stopwatch::start();
    let core = Core::open(shop::options(folder)).await.map_err(wrong)?;
    let standing = core.wait(Some(longest_s)).await.map_err(wrong)?;
    let seconds = watch.elapsed().as_secs_f64();
    let counts = core.counts(None).await.map_err(wrong)?;
    let peak_mib = usage::peak_mib();
    core.stop().await;
    Ok(Recovered {
        seconds,
        dispatched: counts.dispatched,
        needs_review: counts.needs_review,
        open: standing.open,
        peak_mib,
    })
}
