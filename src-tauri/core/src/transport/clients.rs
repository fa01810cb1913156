//! HTTP clients, one for each use and each pair of time limits.
//!
//! Not here: a request's own total time, which each request carries.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use super::millis;
use super::target::Target;

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
}

impl Clients {
    pub(super) fn new() -> Clients {
        // An error says that another part of the process has installed a provider already, which is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
        Clients { made: Mutex::new(HashMap::new()) }
    }

    /// The client for a use and a target. An error says why there is none; nothing was sent then.
    pub(super) fn get(
        &self,
        use_: Use,
        target: &Target,
        timeout_ms: i64,
        connect_timeout_ms: i64,
    ) -> Result<reqwest::Client, String> {
        let kind = Kind {
            use_,
            loopback: target.is_loopback(),
            connect_timeout: millis(connect_timeout_ms),
            timeout: millis(timeout_ms),
        };
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(client) = made.get(&kind) {
            return Ok(client.clone());
        }
        let client = build(&kind).map_err(|e| format!("no HTTP client: {}", super::root(&e)))?;
        made.insert(kind, client.clone());
        Ok(client)
    }
}

fn build(kind: &Kind) -> Result<reqwest::Client, reqwest::Error> {
    let mut builder = reqwest::Client::builder()
        .user_agent(concat!("docket/", env!("CARGO_PKG_VERSION")))
        .http1_only()
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .referer(false)
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
