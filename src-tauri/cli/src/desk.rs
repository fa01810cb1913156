//! What every command has at hand: which ledger, which output, and a core that is stopped again whatever happens.

use std::path::{Path, PathBuf};
use std::time::Duration;

use docket_core::api::{ApiError, Command, OrderKey, Reply, Request};
use docket_core::api::{Core, CoreOptions, Standing};
use docket_core::domain::OrderNo;
use docket_core::ids::random_id;

use crate::args::Cli;
use crate::exit::Failure;
use crate::output::Output;
use crate::stop::Stop;

/// How long the core may take to stop; after a signal the program has 2 s in all.
const STOP_WITHIN: Duration = Duration::from_millis(1_500);

/// How a command needs the ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// Only to read.
    Read,
    /// To change something in the ledger, here or through the process that holds it.
    Change,
    /// To have something done at a platform, here or by the process that holds the ledger.
    Work,
}

/// What every command has at hand.
pub struct Desk {
    /// Text or JSON, on stdout.
    pub out: Output,
    /// Whether a signal has come.
    pub stop: Stop,
    ledger: PathBuf,
    secrets_file: Option<PathBuf>,
}

impl Desk {
    /// From the command line and the environment.
    pub fn new(cli: &Cli, stop: Stop) -> Desk {
        let ledger = cli.ledger.clone().or_else(|| told("DOCKET_LEDGER")).unwrap_or_else(|| data().join("ledger.db"));
        let secrets_file = cli.secrets_file.clone().or_else(|| told("DOCKET_SECRETS_FILE"));
        Desk {
            out: Output::new(cli.json),
            stop,
            ledger: absolute(&ledger),
            secrets_file: secrets_file.as_deref().map(absolute),
        }
    }

    /// Where new secrets go when not into the key store.
    pub fn secrets_file(&self) -> Option<&Path> {
        self.secrets_file.as_deref()
    }

    /// Opens the core, does something, and stops the core. A signal ends what is being done.
    pub async fn with<T>(&self, need: Need, act: impl AsyncFnOnce(&Core) -> Result<T, Failure>) -> Result<T, Failure> {
        let core = self.until_stopped(self.open(need)).await?;
        let outcome = tokio::select! {
            outcome = act(&core) => outcome,
            () = self.stop.asked() => Err(Failure::Stopped(Standing::default())),
        };
        self.close(&core).await;
        match outcome {
            Err(Failure::Stopped(_)) => Err(Failure::Stopped(self.left().await)),
            other => other,
        }
    }

    /// How much is open, read afresh: a core that was stopped reads no more.
    pub async fn left(&self) -> Standing {
        match self.open(Need::Read).await {
            Ok(core) => core.standing(&[]).await.unwrap_or_default(),
            Err(_) => Standing::default(),
        }
    }

    /// Opens the core. Whoever calls this closes it again.
    pub async fn open(&self, need: Need) -> Result<Core, Failure> {
        if let Some(folder) = self.ledger.parent() {
            let wrong = |error| Failure::Wrong(format!("{}: {error}. Give another --ledger.", folder.display()));
            std::fs::create_dir_all(folder).map_err(wrong)?;
        }
        let options = CoreOptions {
            ledger: self.ledger.clone(),
            secrets_file: self.secrets_file.clone(),
            station: station(),
            program: "docketctl",
            follow: false,
        };
        Ok(match need {
            Need::Read => Core::read_only(options).await?,
            Need::Change => Core::attach_to_change(options).await?,
            Need::Work => Core::attach(options).await?,
        })
    }

    /// Stops the core: nothing new starts, what is being written is finished.
    pub async fn close(&self, core: &Core) {
        // Past that, the ledger has what matters, and the next start goes on from there.
        let _ = tokio::time::timeout(STOP_WITHIN, core.stop()).await;
    }

    /// Does something, unless a signal comes first.
    pub async fn until_stopped<T, E: Into<Failure>>(
        &self,
        work: impl Future<Output = Result<T, E>>,
    ) -> Result<T, Failure> {
        tokio::select! {
            outcome = work => outcome.map_err(Into::into),
            () = self.stop.asked() => Err(Failure::Stopped(Standing::default())),
        }
    }
}

/// Has the core carry out a command, under an id of its own.
pub async fn execute(core: &Core, command: Command) -> Result<Reply, ApiError> {
    core.execute(Request { id: random_id(), command }).await
}

/// Names one order.
pub fn key(order_no: &str, account: Option<&str>) -> OrderKey {
    OrderKey { order_no: OrderNo::from(order_no), account: account.map(str::to_owned) }
}

/// Names some orders of one account.
pub fn keys(order_nos: &[String], account: Option<&str>) -> Vec<OrderKey> {
    order_nos.iter().map(|order_no| key(order_no, account)).collect()
}

/// The folder of the app's own files: `DOCKET_DATA`, else the user's data folder, else the working folder.
pub fn data() -> PathBuf {
    let own = || directories::ProjectDirs::from("app", "docket", "Docket").map(|dirs| dirs.data_dir().to_owned());
    absolute(&told("DOCKET_DATA").or_else(own).unwrap_or_default())
}

/// The folder in which this installation keeps its id and its witnesses of ledgers: with `DOCKET_DATA` inside that, else
/// the user's state folder, which no backup of the data folder brings back.
fn station() -> PathBuf {
    let own = || {
        let dirs = directories::ProjectDirs::from("app", "docket", "Docket")?;
        Some(dirs.state_dir().unwrap_or_else(|| dirs.data_local_dir()).to_owned())
    };
    absolute(&told("DOCKET_DATA").or_else(own).unwrap_or_default().join("station"))
}

/// Another process may be the one that opens it.
pub fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}

fn told(name: &str) -> Option<PathBuf> {
    std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from)
}
