//! The practice platforms without a pace of their own.

use std::path::Path;

use docket_practice::{PracticeOptions, PracticePlatform};
use docket_tests::desk::at_once;
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncBufReadExt as _, BufReader};

/// What one platform has counted.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Counted {
    /// Which.
    pub platform: PracticePlatform,
    /// Requests of any kind.
    pub requests: u32,
    /// Creates among them.
    pub creates: u32,
    /// Orders that exist.
    pub orders: u32,
}

/// Serves until standard input ends.
pub async fn serve(folder: &Path) -> Result<String, String> {
    let wrong = |e: &dyn std::fmt::Display| e.to_string();
    let truth = folder.join("truth.jsonl");
    let options = PracticeOptions { truth, port: None, platforms: Vec::new(), plan: None };
    let served = docket_practice::serve(options).await.map_err(|e| wrong(&e))?;
    at_once(&served);
    for endpoint in served.endpoints() {
        let mut switches = served.switches(endpoint.platform).map_err(|e| wrong(&e))?;
        switches.rate_limit_per_minute = 0;
        served.set_switches(endpoint.platform, switches).map_err(|e| wrong(&e))?;
    }
    println!("{}", serde_json::to_string(&served.endpoints()).map_err(|e| wrong(&e))?);
    // Blocking reads of standard input are tokio's business; `io-std` is a feature that nothing else needs.
    let stdin = std::fs::File::open("/dev/stdin").map_err(|e| wrong(&e))?;
    let mut lines = BufReader::new(tokio::fs::File::from_std(stdin)).lines();
    while let Some(_asked) = lines.next_line().await.map_err(|e| wrong(&e))? {
        let state = served.state().map_err(|e| wrong(&e))?;
        let counted: Vec<Counted> = state
            .platforms
            .iter()
            .map(|p| Counted { platform: p.platform, requests: p.requests, creates: p.creates, orders: p.orders })
            .collect();
        println!("{}", serde_json::to_string(&counted).map_err(|e| wrong(&e))?);
    }
    served.stop().await;
    Ok("{}".into())
}
