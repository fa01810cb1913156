//! HTTP clients, one for each use and each pair of time limits.
//!
//! Not here: a request's own total time, which each request carries.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use super::millis;
use super::target::Target;
use super::wire::{Line, Wire};
use crate::clock::Clock;

/// What a client is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Use {
    /// Creates and cancels: a connection of its own for each, because a library re-sends by itself on a kept one.
    Once,
    /// Reads, which are harmless twice.
    Read,
}

#[derive(PartialEq, Eq, Hash)]
struct Kind {
    use_: Use,
    loopback: bool,
    connect_timeout: Duration,
    timeout: Duration,
}

pub(super) struct Clients {
    made: Mutex<HashMap<Kind, reqwest::Client>>,
    /// In a simulation: what carries requests in place of sockets.
    wire: Option<Arc<dyn Wire>>,
}

/// In a simulation a client only writes requests down, so one serves all.
static WRITES_ONLY: OnceLock<reqwest::Client> = OnceLock::new();

impl Clients {
    pub(super) fn new() -> Clients {
        // An error says that another part of the process has installed a provider already, which is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
        Clients { made: Mutex::new(HashMap::new()), wire: None }
    }

    /// Clients that open no connection: what they would send is handed to `wire`.
    pub(super) fn over(wire: Arc<dyn Wire>) -> Clients {
        Clients { wire: Some(wire), ..Clients::new() }
    }

    /// The client for a use and a target. An error says why there is none; nothing was sent then.
    pub(super) fn get(
        &self,
        use_: Use,
        target: &Target,
        timeout_ms: i64,
        connect_timeout_ms: i64,
        clock: &Arc<dyn Clock>,
    ) -> Result<Line, String> {
        let failed = |e: reqwest::Error| format!("no HTTP client: {}", super::root(&e));
        let kind = Kind {
            use_,
            loopback: target.is_loopback(),
            connect_timeout: millis(connect_timeout_ms),
            timeout: millis(timeout_ms),
        };
        if let Some(wire) = &self.wire {
            if WRITES_ONLY.get().is_none() {
                let _ = WRITES_ONLY.set(build(&kind).map_err(failed)?);
            }
            let client = WRITES_ONLY.get().ok_or("no HTTP client")?.clone();
            return Ok(Line::over(client, wire.clone(), clock.clone()));
        }
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(client) = made.get(&kind) {
            return Ok(Line::to_sockets(client.clone()));
        }
        let client = build(&kind).map_err(failed)?;
        made.insert(kind, client.clone());
        Ok(Line::to_sockets(client))
    }
}

fn build(kind: &Kind) -> Result<reqwest::Client, reqwest::Error> {
    let mut builder = reqwest::Client::builder()
        .user_agent(concat!("docket/", env!("CARGO_PKG_VERSION")))
        .http1_only()
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .referer(false)
        // Another crate of the same build may turn these on: an answer is as long as its bytes, and never unfolds.
        .no_gzip()
        .no_brotli()
        .no_zstd()
        .no_deflate()
        .connect_timeout(kind.connect_timeout);
    // A kernel that keeps on re-sending after we gave up would stretch the quiet time.
    #[cfg(any(target_os = "android", target_os = "fuchsia", target_os = "linux"))]
    {
        builder = builder.tcp_user_timeout(kind.timeout);
    }
    if kind.use_ == Use::Once {
        builder = builder.pool_max_idle_per_host(0);
    }
    if kind.loopback {
        builder = builder.no_proxy();
    }
    builder.build()
}
