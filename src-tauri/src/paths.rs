//! Where the app keeps its files.

use std::path::{Path, PathBuf};

/// The data folder and what stands in it.
#[derive(Clone, Debug)]
pub struct Paths {
    data: PathBuf,
    station: PathBuf,
}

impl Paths {
    /// `DOCKET_DATA`, else the user's data folder; the working folder where the system names none.
    pub fn of_this_user() -> Paths {
        let told = std::env::var_os("DOCKET_DATA").filter(|folder| !folder.is_empty()).map(PathBuf::from);
        let dirs = directories::ProjectDirs::from("app", "docket", "Docket");
        let own = |of: fn(&directories::ProjectDirs) -> &Path| told.clone().or(dirs.as_ref().map(|d| of(d).to_owned()));
        let data = own(directories::ProjectDirs::data_dir).unwrap_or_default();
        // Away from the data, so that a backup of the ledger does not bring back what its witness has seen.
        let state = own(|dirs| dirs.state_dir().unwrap_or_else(|| dirs.data_local_dir())).unwrap_or_default();
        // The core and its inbox want absolute paths; a folder that cannot be made absolute is reported at open.
        let absolute = |path: PathBuf| std::path::absolute(&path).unwrap_or(path);
        Paths { data: absolute(data), station: absolute(state.join("station")) }
    }

    /// Everything inside one folder, as `DOCKET_DATA` has it.
    #[cfg(test)]
    pub fn within(folder: &Path) -> Paths {
        Paths { data: folder.to_owned(), station: folder.join("station") }
    }

    /// The folder itself.
    pub fn data(&self) -> &Path {
        &self.data
    }

    /// The ledger.
    pub fn ledger(&self) -> PathBuf {
        self.data.join("ledger.db")
    }

    /// Who this installation is, and what it has seen of ledgers.
    pub fn station(&self) -> PathBuf {
        self.station.clone()
    }

    /// The folder of the practice platforms.
    pub fn practice(&self) -> PathBuf {
        self.data.join("practice")
    }

    /// What a person has chosen for the program on this machine.
    pub fn preferences(&self) -> PathBuf {
        self.data.join("window.json")
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
