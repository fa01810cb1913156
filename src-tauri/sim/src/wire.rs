//! The simulator's side of the core's wire: what wants to connect, and what has left, is kept here until the scene
//! takes it up.
//!
//! Not here: what becomes of it (`fate`), or any platform.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use docket_core::domain::http::HttpResponse;
use docket_core::transport::{Departed, Pending, Wire};
use docket_practice::Request;
use tokio::sync::oneshot;

use crate::fate::{self, Fate, Reach, Strength};
use crate::machine::Machine;
use crate::quiet::Quiet;

/// Whoever waits for an answer, in words or whole.
pub type Waits<T> = oneshot::Sender<Result<T, String>>;

/// Somebody who connects, and has not been let through at once.
pub struct Connecting {
    /// Who waits.
    pub waits: Waits<()>,
    /// What becomes of it.
    pub reach: Reach,
    /// What it is known by.
    pub key: String,
}

/// A request that has left.
pub struct Left {
    /// The request.
    pub request: Request,
    /// Who waits.
    pub waits: Waits<HttpResponse>,
    /// What becomes of it.
    pub fate: Fate,
    /// What it is known by.
    pub key: String,
}

/// What has happened at the wire since it was last asked.
#[derive(Default)]
pub struct Fresh {
    /// Who connects.
    pub connecting: Vec<Connecting>,
    /// What has left.
    pub left: Vec<Left>,
}

struct Inner {
    seed: u64,
    strength: Strength,
    /// Until then nothing is reached.
    offline_until: i64,
    /// How often each request was sent.
    said: HashMap<String, u32>,
    requests: u64,
    fresh: Fresh,
}

/// The wire. Cheap to clone; clones are one wire.
#[derive(Clone)]
pub struct Line {
    inner: Arc<Mutex<Inner>>,
    machine: Machine,
    quiet: Quiet,
}

impl Line {
    /// A wire of a machine.
    pub fn new(seed: u64, strength: Strength, machine: Machine, quiet: Quiet) -> Line {
        let inner =
            Inner { seed, strength, offline_until: 0, said: HashMap::new(), requests: 0, fresh: Fresh::default() };
        Line { inner: Arc::new(Mutex::new(inner)), machine, quiet }
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What has come since the last time.
    pub fn take(&self) -> Fresh {
        std::mem::take(&mut self.inner().fresh)
    }

    /// The network is away until then.
    pub fn offline_until(&self, at: i64) {
        self.inner().offline_until = at;
    }

    /// From now on so much happens.
    pub fn set(&self, change: impl FnOnce(&mut Strength)) {
        change(&mut self.inner().strength);
    }

    /// Requests that have left so far.
    pub fn requests(&self) -> u64 {
        self.inner().requests
    }
}

impl Wire for Line {
    fn connect(&self, method: &str, path: &str) -> Pending<Result<(), String>> {
        if self.quiet.is_killed() {
            return Box::pin(std::future::pending());
        }
        let at = self.machine.at();
        let key = format!("{method} {path}");
        let mut inner = self.inner();
        let reach = if at < inner.offline_until {
            Reach::Never(0, "network unreachable")
        } else {
            fate::reach(inner.seed, at, &key, &inner.strength)
        };
        match reach {
            Reach::After(0) => Box::pin(std::future::ready(Ok(()))),
            Reach::Never(0, why) => Box::pin(std::future::ready(Err(why.to_owned()))),
            reach @ (Reach::After(_) | Reach::Never(..)) => {
                let (waits, told) = oneshot::channel();
                inner.fresh.connecting.push(Connecting { waits, reach, key });
                Box::pin(async move { told.await.unwrap_or_else(|_| Err("connection refused".into())) })
            }
        }
    }

    fn carry(&self, departed: Departed) -> Pending<Result<HttpResponse, String>> {
        if self.quiet.is_killed() {
            return Box::pin(std::future::pending());
        }
        let Departed { method, host, path, query, mut headers, body } = departed;
        headers.push(("host".to_owned(), host));
        // What it says, without what proves who says it.
        let says = format!("{method} {path}?{query} {}", String::from_utf8_lossy(&body));
        let mut inner = self.inner();
        let times = inner.said.entry(says.clone()).or_default();
        *times += 1;
        let times = *times;
        inner.requests += 1;
        let fate = fate::of(inner.seed, &says, times, &inner.strength);
        let (waits, told) = oneshot::channel();
        let key = format!("{says} {times}");
        inner.fresh.left.push(Left {
            request: Request { method, path, query, headers, body: body.into() },
            waits,
            fate,
            key,
        });
        Box::pin(async move { told.await.unwrap_or_else(|_| Err("connection reset".into())) })
    }
}
