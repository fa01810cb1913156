//! What the window holds while it is open: the core, the practice platforms, and how far the start has come.

use std::sync::OnceLock;
use std::sync::atomic::AtomicBool;

use docket_core::api::{ApiError, Core, ErrorCode};
use docket_practice::Served;
use serde::{Deserialize, Serialize};
use tokio::sync::{Mutex, watch};

use crate::handed::Handed;
use crate::paths::Paths;
use crate::tray::Tray;
use crate::words::Words;

/// How far the start has come.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "snake_case", tag = "startup")]
pub enum Startup {
    /// Under way.
    Opening {
        /// What is being done now.
        step: OpeningStep,
    },
    /// The ledger is open and every command works.
    Ready {
        /// Where it is.
        ledger: String,
        /// The practice accounts were set up in this start.
        first: bool,
        /// Where secrets go when a person keeps them in a file.
        secrets_file: String,
        /// Orders that were queued or in doubt when the ledger was opened.
        open_at_start: u32,
        /// Why there are no practice platforms, when there are none.
        practice_error: Option<String>,
    },
    /// The ledger is not open and will not be before a person tries again.
    Failed {
        /// Where it is.
        ledger: String,
        /// Why, and what to do.
        error: ApiError,
    },
}

/// What a start does, in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "snake_case")]
pub enum OpeningStep {
    /// The practice platforms come first: recovery must find them.
    Practice,
    /// The lock, the checks, the recovery.
    Ledger,
    /// The practice accounts and sample orders of a first start.
    Samples,
}

/// Everything that outlives a command.
pub struct Shell {
    /// Where the files are.
    pub paths: Paths,
    startup: watch::Sender<Startup>,
    core: OnceLock<Core>,
    practice: Mutex<Option<Served>>,
    /// The page has been asked whether to close, and has not answered.
    pub close_asked: AtomicBool,
    /// A file that waits for the page.
    pub handed: Handed,
    /// What the system shows for Docket is said in these.
    pub words: Words,
    /// The icon in the system's tray.
    pub tray: Tray,
}

impl Shell {
    /// Nothing is open yet.
    pub fn new(paths: Paths) -> Shell {
        Shell {
            paths,
            startup: watch::Sender::new(Startup::Opening { step: OpeningStep::Practice }),
            core: OnceLock::new(),
            practice: Mutex::new(None),
            close_asked: AtomicBool::new(false),
            handed: Handed::default(),
            words: Words::default(),
            tray: Tray::default(),
        }
    }

    /// How far the start has come.
    pub fn startup(&self) -> Startup {
        self.startup.borrow().clone()
    }

    /// The start has come this far.
    pub fn reached(&self, startup: Startup) {
        self.startup.send_replace(startup);
    }

    /// The core.
    ///
    /// # Errors
    /// Before the ledger is open, and when it could not be opened.
    pub fn core(&self) -> Result<&Core, ApiError> {
        self.core.get().ok_or_else(|| match self.startup() {
            Startup::Failed { error, .. } => error,
            Startup::Opening { .. } | Startup::Ready { .. } => ApiError {
                code: ErrorCode::NotAllowed,
                message: "The ledger is still being opened; try again in a moment.".to_owned(),
            },
        })
    }

    /// The ledger is open.
    pub fn set_core(&self, core: Core) {
        if self.core.set(core).is_err() {
            tracing::error!("the ledger was opened twice");
        }
    }

    /// The practice platforms, `None` when they are not served.
    pub fn practice(&self) -> &Mutex<Option<Served>> {
        &self.practice
    }
}
