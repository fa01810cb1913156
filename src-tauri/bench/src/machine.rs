//! What was measured on: cores, memory, kernel, file system, and how often the bare disk syncs.

use std::fmt;
use std::io::Write as _;
use std::path::Path;
use std::process::Command;

use docket_tests::waiting::Stopwatch;
use serde::Serialize;

use crate::figures::Spread;
use crate::process::output;

/// Syncs in one round of the bare disk.
const SYNCS: u32 = 500;

/// The machine.
#[derive(Clone, Debug, Serialize)]
pub struct Machine {
    /// Processors that this may use.
    pub cores: usize,
    /// Memory in MiB.
    pub memory_mib: u64,
    /// Kernel name and release.
    pub kernel: String,
    /// Type of the file system that is measured.
    pub file_system: String,
    /// How many others wanted a processor when this began, on average over the last minute.
    pub load: f64,
    /// Appends of 4 KiB with `fdatasync`, each second.
    pub syncs_per_second: Option<Spread>,
}

impl Machine {
    /// Looks at the machine, and at the disk under a folder.
    pub fn look(folder: &Path) -> Result<Machine, String> {
        let read = |path: &str| std::fs::read_to_string(path).map_err(|e| format!("{path}: {e}"));
        let memory = read("/proc/meminfo")?;
        let kib = memory.lines().find_map(|line| line.strip_prefix("MemTotal:"));
        let kib = kib.and_then(|rest| rest.split_whitespace().next()?.parse::<u64>().ok());
        let load = read("/proc/loadavg")?.split(' ').next().and_then(|text| text.parse().ok());
        let mut stat = Command::new("stat");
        stat.args(["--file-system", "--format=%T"]).arg(folder);
        Ok(Machine {
            cores: std::thread::available_parallelism().map_or(1, usize::from),
            memory_mib: kib.unwrap_or(0) / 1_024,
            kernel: read("/proc/sys/kernel/osrelease")?.trim().to_owned(),
            file_system: output("stat", stat)?,
            load: load.unwrap_or(0.0),
            syncs_per_second: Spread::of(&bare_syncs(folder)?),
        })
    }
}

fn bare_syncs(folder: &Path) -> Result<Vec<f64>, String> {
    let path = folder.join("bare");
    let mut rates = Vec::new();
    for _ in 0..3 {
        let appended = || -> std::io::Result<()> {
            let mut file = std::fs::File::create(&path)?;
            let block = [7; 4_096];
            for _ in 0..SYNCS {
                file.write_all(&block)?;
                file.sync_data()?;
            }
            Ok(())
        };
        let watch = Stopwatch::start();
        appended().map_err(|e| format!("{}: {e}", path.display()))?;
        rates.push(f64::from(SYNCS) / watch.elapsed().as_secs_f64());
    }
    Ok(rates)
}

impl fmt::Display for Machine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Machine { cores, memory_mib, kernel, file_system, load, .. } = self;
        writeln!(f, "{cores} cores, {memory_mib} MiB, kernel {kernel}, {file_system}, load {load} at the start")?;
        match self.syncs_per_second {
            Some(s) => write!(
                f,
                "the bare disk: {:.0} appends of 4 KiB with fdatasync a second ({:.0} to {:.0})",
                s.median, s.least, s.most
            ),
            None => Ok(()),
        }
    }
}
