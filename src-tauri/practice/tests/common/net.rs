//! The practice platforms served on loopback, and a client for them.

use std::{path::Path, time::Duration};

use docket_practice::{PracticeOptions, PracticePlatform, Served, serve};

/// Serves all platforms from a folder: same address and same memory each time. A create takes no time.
pub async fn served(folder: &Path) -> Served {
    let truth = folder.join("truth.jsonl");
    let served = serve(PracticeOptions { truth, port: None, platforms: Vec::new(), plan: None }).await.unwrap();
    at_once(&served);
    served
}

/// A create takes no time any more.
pub fn at_once(served: &Served) {
    for platform in PracticePlatform::ALL {
        let mut switches = served.switches(platform).unwrap();
        switches.create_latency_ms = 0;
        served.set_switches(platform, switches).unwrap();
    }
}

/// A client that resends nothing, follows nothing and keeps no connection.
pub fn client() -> reqwest::Client {
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .pool_max_idle_per_host(0)
        .timeout(Duration::from_secs(20))
        .build()
        .unwrap()
}
