//! The rows: what is set beside what. Each measures in turn, round by round, and gives its lines of the table.

mod click;
mod dispatch;
mod growth;
mod recovery;
mod reserve;

use crate::bench::Bench;
use crate::figures::Line;
use crate::parts::{Counted, Part};
use crate::process::Started;

use docket_practice::{Endpoint, PracticePlatform};

/// A row.
pub struct Row {
    /// How it is asked for.
    pub name: &'static str,
    /// What it measures.
    pub what: &'static str,
    /// Measures it.
    pub measure: fn(&Bench) -> Result<Vec<Line>, String>,
}

const ROWS: [Row; 5] = [
    Row { name: "reserve", what: "many orders from a file, reserved durably", measure: reserve::measure },
    Row { name: "click", what: "one click, from the command to armed and synced", measure: click::measure },
    Row { name: "dispatch", what: "orders reserved, sent, bound and logged", measure: dispatch::measure },
    Row { name: "recovery", what: "orders that were in doubt after a kill, settled", measure: recovery::measure },
    Row { name: "growth", what: "the same work in a small and in a large ledger", measure: growth::measure },
];

/// The rows with these names, or all.
pub fn chosen(names: &[String]) -> Result<Vec<Row>, String> {
    if let Some(name) = names.iter().find(|name| !ROWS.iter().any(|row| row.name == **name)) {
        return Err(format!("there is no row {name}; the rows are {}", ROWS.map(|row| row.name).join(", ")));
    }
    Ok(ROWS.into_iter().filter(|row| names.is_empty() || names.iter().any(|name| name == row.name)).collect())
}

/// Practice platforms in a process of their own.
struct Platforms {
    served: Started,
    endpoints: Vec<Endpoint>,
    _folder: tempfile::TempDir,
}

impl Platforms {
    fn start(bench: &Bench) -> Result<Platforms, String> {
        let folder = bench.fresh("platforms-")?;
        let mut served = bench.start(&Part::Platform { folder: folder.path().to_owned() })?;
        let line = served.hear()?.ok_or("the practice platforms did not start")?;
        let endpoints = serde_json::from_str(&line).map_err(|e| e.to_string())?;
        Ok(Platforms { served, endpoints, _folder: folder })
    }

    fn endpoint(&self, platform: PracticePlatform) -> Result<Endpoint, String> {
        self.endpoints.iter().find(|e| e.platform == platform).cloned().ok_or_else(|| "it is served".into())
    }

    fn counted(&mut self, platform: PracticePlatform) -> Result<Counted, String> {
        self.served.say("count")?;
        let line = self.served.hear()?.ok_or("the practice platforms ended")?;
        let all: Vec<Counted> = serde_json::from_str(&line).map_err(|e| e.to_string())?;
        all.into_iter().find(|c| c.platform == platform).ok_or_else(|| "it is served".into())
    }
}

/// A count as a figure.
#[expect(clippy::cast_precision_loss, reason = "counts of a run")]
fn figure(count: usize) -> f64 {
    count as f64
}
