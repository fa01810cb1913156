//! Lone clicks, from the command to the arming that is on disk. Beside each a synced write of as many bytes, and one
//! append to a bare file, so that all three meet the same disk.

use std::io::Write as _;
use std::path::Path;
use std::time::Duration;

use docket_core::api::{Command, Core, DispatchRequest, OrderKey};
use docket_core::domain::{OrderNo, State};
use docket_practice::Endpoint;
use docket_tests::waiting::Stopwatch;
use serde::{Deserialize, Serialize};

use super::naive;
use crate::shop;
use crate::syncs;

/// What each took, in microseconds.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Clicks {
    /// From the command to armed and synced.
    pub click_us: Vec<f64>,
    /// From the command to its answer, which is noted before it is given.
    pub answer_us: Vec<f64>,
    /// A SQLite transaction with as many bytes.
    pub write_us: Vec<f64>,
    /// An append of as many bytes to a bare file, with `fdatasync`.
    pub bare_us: Vec<f64>,
    /// How many bytes.
    pub bytes: usize,
}

fn us(took: Duration) -> f64 {
    took.as_secs_f64() * 1e6
}

fn key(n: usize) -> OrderKey {
    OrderKey { order_no: OrderNo::from(format!("SO-{n}").as_str()), account: Some(shop::ACCOUNT.to_owned()) }
}

/// Bytes that a click writes: the request and what the log says until it is armed.
async fn bytes_of(core: &Core, n: usize) -> Result<usize, String> {
    let detail = core.order(key(n)).await.map_err(|e| e.to_string())?;
    let request = detail.request.map_or(0, |request| request.to_string().len());
    let entries = detail.timeline.iter().filter(|e| ["reserved", "send_started"].contains(&e.kind.code()));
    Ok(request + entries.map(|e| e.detail.to_string().len() + e.hash.len() * 2).sum::<usize>())
}

/// Clicks, one after the other; each is whole before the next.
pub async fn click(folder: &Path, endpoint: &Endpoint, clicks: usize) -> Result<Clicks, String> {
    let core = Core::open(shop::options(folder)).await.map_err(|e| e.to_string())?;
    shop::add_account(&core, endpoint, 4).await?;
    // The first is not counted: it opens what later ones find open.
    let file = shop::csv(folder, endpoint.platform, clicks + 1);
    shop::import(&core, &file, clicks + 1).await?;
    let mut conn = naive::open(&folder.join("naive.db")).await.map_err(|e| e.to_string())?;
    let mut bare = std::fs::File::create(folder.join("bare")).map_err(|e| e.to_string())?;
    let mut found = Clicks::default();
    for n in 1..=clicks + 1 {
        let request = DispatchRequest { orders: vec![key(n)], ..Default::default() };
        let mut changes = core.changes();
        syncs::mark("begins");
        let watch = Stopwatch::start();
        // The first change after a click is its arming: told once it is on disk.
        let armed = async {
            let told = changes.changed().await.map(|()| watch.elapsed());
            syncs::mark("is armed");
            told.map_err(|e| e.to_string())
        };
        let answered = async { (shop::run(&core, Command::Dispatch(request)).await, watch.elapsed()) };
        let (armed, (reply, answered)) = tokio::join!(armed, answered);
        let (click, reply) = (armed?, reply?);
        let docket_core::api::Reply::Orders { lines } = reply else { return Err("no lines".into()) };
        if lines.first().is_none_or(|line| line.state != State::Sending) {
            return Err(format!("a click was not armed at once: {lines:?}"));
        }
        core.wait(None).await.map_err(|e| e.to_string())?;
        if n == 1 {
            found.bytes = bytes_of(&core, 1).await?;
        }
        let bytes = "x".repeat(found.bytes);
        let watch = Stopwatch::start();
        naive::insert(&mut conn, &format!("SO-{n}"), &bytes).await.map_err(|e| e.to_string())?;
        let write = watch.elapsed();
        let watch = Stopwatch::start();
        bare.write_all(bytes.as_bytes()).and_then(|()| bare.sync_data()).map_err(|e| e.to_string())?;
        let append = watch.elapsed();
        if n > 1 {
            found.click_us.push(us(click));
            found.answer_us.push(us(answered));
            found.write_us.push(us(write));
            found.bare_us.push(us(append));
        }
    }
    core.stop().await;
    Ok(found)
}
