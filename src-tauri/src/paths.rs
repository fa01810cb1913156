//! Where the app keeps its files.

use std::path::{Path, PathBuf};

/// The data folder and what stands in it.
#[derive(Clone, Debug)]
pub struct Paths {
    data: PathBuf,
}

impl Paths {
    /// `DOCKET_DATA`, else the user's data folder; the working folder where the system names none.
    pub fn of_this_user() -> Paths {
        let told = std::env::var_os("DOCKET_DATA").filter(|folder| !folder.is_empty()).map(PathBuf::from);
        let own = || directories::ProjectDirs::from("app", "docket", "Docket").map(|dirs| dirs.data_dir().to_owned());
        let data = told.or_else(own).unwrap_or_default();
        // The core and its inbox want absolute paths; a folder that cannot be made absolute is reported at open.
        Paths { data: std::path::absolute(&data).unwrap_or(data) }
    }

    /// The folder itself.
    pub fn data(&self) -> &Path {
        &self.data
    }

    /// The ledger.
    pub fn ledger(&self) -> PathBuf {
        self.data.join("ledger.db")
    }

    /// The folder of the practice platforms.
    pub fn practice(&self) -> PathBuf {
        self.data.join("practice")
    }

    /// What the practice platforms hold.
    pub fn truth(&self) -> PathBuf {
        self.practice().join("truth.jsonl")
    }

    /// Secrets of accounts that a person keeps in a file, where the system has no key store.
    pub fn secrets(&self) -> PathBuf {
        self.data.join("secrets.json")
    }

    /// The secrets of the practice accounts; they open nothing but the practice platforms.
    pub fn practice_secrets(&self) -> PathBuf {
        self.practice().join("secrets.json")
    }

    /// Stands there once the practice accounts and the sample orders were set up.
    pub fn set_up_mark(&self) -> PathBuf {
        self.practice().join("set-up")
    }
}
