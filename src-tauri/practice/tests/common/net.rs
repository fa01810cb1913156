//! The practice platforms served on loopback, and a client for them.

use std::{path::Path, time::Duration};

use docket_practice::{PracticeOptions, Served, serve};

/// Serves all platforms from a folder: same address and same memory each time.
pub async fn served(folder: &Path) -> Served {
    let truth = folder.join("truth.jsonl");
    serve(PracticeOptions { truth, port: None, platforms: Vec::new(), plan: None }).await.unwrap()
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
