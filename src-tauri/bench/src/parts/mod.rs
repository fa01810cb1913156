//! The pieces of work, each carried out in a process of its own.
//!
//! A part is named by JSON on the command line, and says what it found as one line of JSON at its end.

mod click;
mod dispatch;
mod doubt;
mod grown;
mod naive;
mod platform;
mod reserve;
mod settled;
mod usage;

use std::path::PathBuf;

use docket_practice::Endpoint;
use serde::{Deserialize, Serialize};

pub use click::Clicks;
pub use dispatch::Dispatched;
pub use doubt::Recovered;
pub use grown::Grown;
pub use naive::Naive;
pub use platform::Counted;
pub use reserve::Reserved;
pub use settled::Settled;

/// A piece of work.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// Serves the practice platforms until it is killed. Says their endpoints, and then for each line that it hears what
    /// it has counted.
    Platform {
        /// Where their memory is.
        folder: PathBuf,
    },
    /// Imports orders from CSV and reserves them all.
    Reserve {
        /// A new folder.
        folder: PathBuf,
        /// How many.
        orders: usize,
    },
    /// Writes so many rows, each in a transaction of its own, as a program without Docket's ledger would.
    Naive {
        /// A new folder.
        folder: PathBuf,
        /// How many.
        rows: usize,
        /// Bytes in each.
        bytes: usize,
    },
    /// Dispatches orders one by one; beside each a synced write of as many bytes.
    Click {
        /// A new folder.
        folder: PathBuf,
        /// Where to.
        endpoint: Endpoint,
        /// How many.
        clicks: usize,
    },
    /// Dispatches orders all at once.
    Dispatch {
        /// A new folder.
        folder: PathBuf,
        /// Where to.
        endpoint: Endpoint,
        /// How many.
        orders: usize,
        /// How many at the same time.
        in_flight: usize,
    },
    /// Arms orders, lets every second request arrive, and kills itself.
    Interrupted {
        /// A new folder.
        folder: PathBuf,
        /// Where to.
        endpoint: Endpoint,
        /// How many.
        orders: usize,
    },
    /// Starts on such a folder, and works until nothing is open.
    Recover {
        /// The folder.
        folder: PathBuf,
        /// For so many seconds at most.
        longest_s: f64,
    },
    /// Makes a ledger of settled orders.
    Settle {
        /// A new folder.
        folder: PathBuf,
        /// How many.
        orders: usize,
    },
    /// What work costs in such a ledger.
    Grow {
        /// The folder.
        folder: PathBuf,
        /// How many orders it has.
        orders: usize,
    },
}

impl Part {
    /// What it is called.
    pub fn name(&self) -> String {
        let text = serde_json::to_value(self).ok();
        text.and_then(|value| value.as_object()?.keys().next().cloned()).unwrap_or_default()
    }
}

/// Carries a part out in this process.
pub fn carry_out(work: &str) -> Result<(), String> {
    let part: Part = serde_json::from_str(work).map_err(|e| e.to_string())?;
    let runtime = tokio::runtime::Runtime::new().map_err(|e| e.to_string())?;
    let found = runtime.block_on(async {
        match part {
            Part::Platform { folder } => platform::serve(&folder).await,
            Part::Reserve { folder, orders } => told(reserve::reserve(&folder, orders).await),
            Part::Naive { folder, rows, bytes } => told(naive::write(&folder, rows, bytes).await),
            Part::Click { folder, endpoint, clicks } => told(click::click(&folder, &endpoint, clicks).await),
            Part::Dispatch { folder, endpoint, orders, in_flight } => {
                told(dispatch::dispatch(&folder, &endpoint, orders, in_flight).await)
            }
            Part::Interrupted { folder, endpoint, orders } => doubt::interrupted(&folder, &endpoint, orders).await,
            Part::Recover { folder, longest_s } => told(doubt::recover(&folder, longest_s).await),
            Part::Settle { folder, orders } => told(settled::settle(&folder, orders).await),
            Part::Grow { folder, orders } => told(grown::grow(&folder, orders).await),
        }
    })?;
    println!("{found}");
    Ok(())
}

fn told<T: Serialize>(found: Result<T, String>) -> Result<String, String> {
    serde_json::to_string(&found?).map_err(|e| e.to_string())
}
