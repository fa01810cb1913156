//! One run: where its folder is, how much is measured, and how its parts are started.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde::de::DeserializeOwned;

use crate::parts::Part;
use crate::process::{Started, command};

/// A run of the bench.
pub struct Bench {
    /// Everything is in here; it goes away with this.
    pub folder: PathBuf,
    /// How often each thing is measured.
    pub rounds: usize,
    /// Fewer orders.
    pub quick: bool,
    _kept: tempfile::TempDir,
}

impl Bench {
    /// Makes the folder.
    pub fn begin(inside: &Path, quick: bool) -> Result<Bench, String> {
        let wrong = |e: std::io::Error| format!("{}: {e}", inside.display());
        let kept = tempfile::Builder::new().prefix("docket-bench-").tempdir_in(inside).map_err(wrong)?;
        // A database server that runs as a user of its own has to get through; it reads nothing but its own folder.
        let open = std::os::unix::fs::PermissionsExt::from_mode(0o711);
        std::fs::set_permissions(kept.path(), open).map_err(wrong)?;
        Ok(Bench { folder: kept.path().to_owned(), rounds: if quick { 3 } else { 5 }, quick, _kept: kept })
    }

    /// `full`, or `quick` where little is to be measured.
    pub fn size(&self, full: usize, quick: usize) -> usize {
        if self.quick { quick } else { full }
    }

    /// A new folder for one measurement.
    pub fn fresh(&self, name: &str) -> Result<tempfile::TempDir, String> {
        let made = tempfile::Builder::new().prefix(name).tempdir_in(&self.folder);
        made.map_err(|e| format!("{}: {e}", self.folder.display()))
    }

    /// The command line of a part.
    pub fn part_command(&self, part: &Part) -> Result<Command, String> {
        self.part_command_under(&[], part)
    }

    /// The same under another program, such as strace.
    pub fn part_command_under(&self, wrapper: &[&str], part: &Part) -> Result<Command, String> {
        let program = std::env::current_exe().map_err(|e| e.to_string())?;
        let mut command = match wrapper {
            [] => command(&program.display().to_string(), &[]),
            [first, rest @ ..] => {
                let mut command = command(first, &[]);
                command.args(rest).arg(&program);
                command
            }
        };
        command.arg("part").arg(serde_json::to_string(part).map_err(|e| e.to_string())?);
        Ok(command)
    }

    /// Starts a part and goes on.
    pub fn start(&self, part: &Part) -> Result<Started, String> {
        Started::start(&part.name(), self.part_command(part)?, Stdio::inherit())
    }

    /// Runs a part to its end; what it found.
    pub fn run<T: DeserializeOwned>(&self, part: &Part) -> Result<T, String> {
        found(&part.name(), self.start(part)?)
    }
}

/// What a part says last is what it found.
pub fn found<T: DeserializeOwned>(name: &str, part: Started) -> Result<T, String> {
    let (well, said) = part.finish()?;
    let last = said.last().filter(|_| well).ok_or_else(|| format!("the part {name} failed"))?;
    serde_json::from_str(last).map_err(|e| format!("{name}: {e}: {last}"))
}
