//! Starting and steering the practice platforms.

use std::{net::Ipv4Addr, path::PathBuf, sync::Arc};

use serde::{Deserialize, Serialize};
use tokio::{net::TcpListener, sync::watch, task::JoinHandle};

use crate::{
    FaultPlan, OneShot, PracticeError, PracticePlatform, PracticeState, StrangerOrder, Switches, TruthOrder,
    book::Entry, server, server::Shared, truth::TruthFile,
};

/// What to serve, and where its memory is.
#[derive(Debug, Clone)]
pub struct PracticeOptions {
    /// The ground truth's file; made when there is none.
    pub truth: PathBuf,
    /// The port on 127.0.0.1. Without one: the port recorded in the truth file, or, for a new file, any.
    pub port: Option<u16>,
    /// Which platforms; all when empty.
    pub platforms: Vec<PracticePlatform>,
    /// Faults by plan. A plan is not kept in the truth file; how often it was asked is, and so are its switches.
    pub plan: Option<FaultPlan>,
}

/// How to reach a platform, and as whom.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct Endpoint {
    /// Which.
    pub platform: PracticePlatform,
    /// Scheme, host and port, without a slash at the end.
    pub base_url: String,
    /// The merchant's id there.
    pub merchant_id: String,
    /// The account's secrets as one JSON object of texts, such as `{"api_key": "..."}`.
    #[specta(type = std::collections::BTreeMap<String, String>)]
    pub secrets: serde_json::Value,
}

/// Practice platforms that are being served. Dropping this stops them at once.
#[derive(Debug)]
pub struct Served {
    shared: Arc<Shared>,
    endpoints: Vec<Endpoint>,
    port: u16,
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
}

/// Starts serving, on the current tokio runtime.
///
/// # Errors
/// When the truth file cannot be used, is served already, or the port cannot be had.
pub async fn serve(options: PracticeOptions) -> Result<Served, PracticeError> {
    let (mut file, mut world, recorded) = TruthFile::open(&options.truth)?;
    let port = options.port.or(recorded).unwrap_or(0);
    let in_the_way = |source| PracticeError::Port { port, source };
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await.map_err(in_the_way)?;
    let port = listener.local_addr().map_err(in_the_way)?.port();
    if recorded != Some(port) {
        file.append(&[Entry::Address { port }])?;
    }
    if !options.platforms.is_empty() {
        world.keep(&options.platforms);
    }
    let endpoints = world
        .merchants()
        .map(|merchant| {
            let base_url = format!("http://127.0.0.1:{port}");
            let secrets = merchant.platform.twin().secrets(merchant, &base_url).into();
            Endpoint { platform: merchant.platform, base_url, merchant_id: merchant.merchant_id.clone(), secrets }
        })
        .collect();
    let shared = Arc::new(Shared::new(world, file));
    shared.with(|world, wall| world.set_plan(options.plan, wall))?.map_err(PracticeError::Refused)?;
    let (stop, stopped) = watch::channel(false);
    let task = tokio::spawn(server::run(listener, Arc::clone(&shared), stopped));
    Ok(Served { shared, endpoints, port, stop, task })
}

impl Served {
    /// How to reach each platform.
    pub fn endpoints(&self) -> Vec<Endpoint> {
        self.endpoints.clone()
    }

    /// How to reach one platform, if it is served.
    pub fn endpoint(&self, platform: PracticePlatform) -> Option<&Endpoint> {
        self.endpoints.iter().find(|endpoint| endpoint.platform == platform)
    }

    /// The port on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Every order that exists now.
    ///
    /// # Errors
    /// When the truth file cannot be written or this has been stopped; so for all that follow.
    pub fn truth(&self) -> Result<Vec<TruthOrder>, PracticeError> {
        self.shared.with(|world, wall| world.truth(wall))
    }

    /// Switches, queued faults, counters and held answers.
    ///
    /// # Errors
    /// As [`Served::truth`].
    pub fn state(&self) -> Result<PracticeState, PracticeError> {
        self.shared.with(|world, wall| world.state(wall))
    }

    /// A platform's switches.
    ///
    /// # Errors
    /// As [`Served::truth`], and when the platform is not served.
    pub fn switches(&self, platform: PracticePlatform) -> Result<Switches, PracticeError> {
        self.shared.with(|world, _| world.switches(platform))?.map_err(PracticeError::Refused)
    }

    /// Sets a platform's switches; they stay over restarts.
    ///
    /// # Errors
    /// As [`Served::truth`], and when the platform is not served.
    pub fn set_switches(&self, platform: PracticePlatform, switches: Switches) -> Result<(), PracticeError> {
        let set = self.shared.with(|world, wall| world.set_switches(platform, switches, wall))?;
        set.map_err(PracticeError::Refused)
    }

    /// Queues a fault for the next requests that it fits.
    ///
    /// # Errors
    /// As [`Served::truth`], and when it can strike nothing.
    pub fn queue_fault(&self, shot: OneShot) -> Result<(), PracticeError> {
        self.shared.with(|world, _| world.queue_fault(shot))?.map_err(PracticeError::Refused)
    }

    /// Empties the queue of faults.
    ///
    /// # Errors
    /// As [`Served::truth`].
    pub fn clear_faults(&self) -> Result<(), PracticeError> {
        self.shared.with(|world, _| world.clear_faults())
    }

    /// Sets or removes the fault plan.
    ///
    /// # Errors
    /// As [`Served::truth`], and when the plan makes no sense.
    pub fn set_plan(&self, plan: Option<FaultPlan>) -> Result<(), PracticeError> {
        self.shared.with(|world, wall| world.set_plan(plan, wall))?.map_err(PracticeError::Refused)
    }

    /// A stranger places an order; its id.
    ///
    /// # Errors
    /// As [`Served::truth`], and when there is nothing to copy or the body is refused.
    pub fn place_stranger(&self, order: &StrangerOrder) -> Result<String, PracticeError> {
        self.shared.with(|world, wall| world.place_stranger(order, wall))?.map_err(PracticeError::Refused)
    }

    /// Moves an order to a status.
    ///
    /// # Errors
    /// As [`Served::truth`], and when there is no such order.
    pub fn advance(&self, platform: PracticePlatform, order_id: &str, status: &str) -> Result<(), PracticeError> {
        let moved = self.shared.with(|world, wall| world.advance(platform, order_id, status, wall))?;
        moved.map_err(PracticeError::Refused)
    }

    /// Lets every held answer go; how many there were.
    ///
    /// # Errors
    /// As [`Served::truth`].
    pub fn release(&self) -> Result<usize, PracticeError> {
        self.shared.release()
    }

    /// Stops: every connection is closed, the port and the truth file are free when this returns.
    pub async fn stop(mut self) {
        self.shared.close();
        let _ = self.stop.send(true);
        let _ = (&mut self.task).await;
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        self.shared.close();
        self.task.abort();
    }
}
