//! The wrong rows of an import: the first in memory, more in a file beside the ledger, so that none is lost and memory
//! is bounded.
//!
//! They hold personal data: the file is for its owner alone, and goes when the import comes to nothing, when whoever
//! asked has read it, or at a later start.

use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, Write as _};
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use super::WrongRow;

/// Wrong rows that a report holds itself.
const IN_REPORT: usize = 10_000;
/// How long whoever asked has for reading a file before a start removes it.
const READ_WITHIN_MS: i64 = 10 * 60 * 1_000;
/// What a file is called after the ledger's name, while it is written and when it is whole.
const MARK: &str = ".wrong-";
const UNDER_WAY: &str = ".part";
const WHOLE: &str = ".jsonl";

pub(super) struct WrongRows {
    first: Vec<WrongRow>,
    place: PathBuf,
    rest: Option<BufWriter<File>>,
}

impl WrongRows {
    /// None yet, of an import into this ledger.
    pub fn new(ledger: &Path) -> WrongRows {
        let mut place = ledger.as_os_str().to_owned();
        place.push(format!("{MARK}{}{UNDER_WAY}", crate::ids::random_id()));
        WrongRows { first: Vec::new(), place: place.into(), rest: None }
    }

    pub fn push(&mut self, row: WrongRow) -> io::Result<()> {
        if self.first.len() < IN_REPORT {
            self.first.push(row);
            return Ok(());
        }
        let mut file = match self.rest.take() {
            Some(file) => file,
            None => BufWriter::new(create(&self.place)?),
        };
        let written = serde_json::to_writer(&mut file, &row).map_err(io::Error::from).and_then(|()| writeln!(file));
        self.rest = Some(file);
        written
    }

    /// The first rows, and the file with the others if there are more. Whoever takes it removes it.
    pub fn hand_over(mut self) -> io::Result<(Vec<WrongRow>, Option<PathBuf>)> {
        let first = std::mem::take(&mut self.first);
        let Some(file) = &mut self.rest else { return Ok((first, None)) };
        file.flush()?;
        let whole = self.place.with_extension(&WHOLE[1..]);
        std::fs::rename(&self.place, &whole)?;
        self.rest = None;
        Ok((first, Some(whole)))
    }

    /// Where the rows go that the report does not hold.
    pub fn place(&self) -> &Path {
        &self.place
    }
}

impl Drop for WrongRows {
    fn drop(&mut self) {
        if self.rest.take().is_some() {
            // What stays is removed at the next start.
            let _ = std::fs::remove_file(&self.place);
        }
    }
}

fn create(place: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    options.open(place)
}

/// Removes what imports into this ledger left behind: files whose import was killed, and those that nobody took. Only
/// for the process that holds the ledger, before it imports anything.
pub(super) fn clear(ledger: &Path, now_ms: i64) -> io::Result<()> {
    let (Some(folder), Some(name)) = (ledger.parent(), ledger.file_name()) else { return Ok(()) };
    let start = format!("{}{MARK}", name.to_string_lossy());
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let found = entry.file_name();
        let Some(kind) = found.to_str().and_then(|found| found.strip_prefix(&start)) else { continue };
        let old = || {
            let written = entry.metadata().and_then(|about| about.modified()).ok();
            let written = written.and_then(|at| at.duration_since(UNIX_EPOCH).ok()).map_or(0, |at| at.as_millis());
            now_ms.saturating_sub(i64::try_from(written).unwrap_or(0)) > READ_WITHIN_MS
        };
        if kind.ends_with(UNDER_WAY) || (kind.ends_with(WHOLE) && old()) {
            std::fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(line: u32) -> WrongRow {
        WrongRow { line, column: "-".into(), reason: "torn".into(), order_no: None }
    }

    fn many(ledger: &Path) -> WrongRows {
        let mut rows = WrongRows::new(ledger);
        (1..=IN_REPORT as u32 + 2).for_each(|line| rows.push(row(line)).unwrap());
        rows
    }

    fn files(folder: &Path) -> Vec<PathBuf> {
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect()
    }

    #[test]
    fn what_a_report_does_not_hold_is_for_its_owner_alone() {
        let folder = tempfile::tempdir().unwrap();
        let rows = many(&folder.path().join("ledger.db"));
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            assert_eq!(rows.place().metadata().unwrap().permissions().mode() & 0o777, 0o600);
        }
        let (first, rest) = rows.hand_over().unwrap();
        assert_eq!((first.len(), first.last()), (IN_REPORT, Some(&row(IN_REPORT as u32))));
        let text = std::fs::read_to_string(rest.unwrap()).unwrap();
        let rest: Vec<WrongRow> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(rest, [row(IN_REPORT as u32 + 1), row(IN_REPORT as u32 + 2)]);
    }

    #[test]
    fn an_import_that_ends_early_leaves_no_file() {
        let folder = tempfile::tempdir().unwrap();
        let rows = many(&folder.path().join("ledger.db"));
        assert_eq!(files(folder.path()), [rows.place()]);
        drop(rows);
        assert!(files(folder.path()).is_empty());
    }

    #[test]
    fn a_start_removes_what_was_left_behind_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let (ledger, other) = (folder.path().join("ledger.db"), folder.path().join("other.db"));
        std::mem::forget(many(&ledger));
        let (_, taken) = many(&ledger).hand_over().unwrap();
        let (_, strange) = many(&other).hand_over().unwrap();
        let (taken, strange) = (taken.unwrap(), strange.unwrap());
        let written = taken.metadata().unwrap().modified().unwrap().duration_since(UNIX_EPOCH).unwrap();
        let now_ms = written.as_millis() as i64;
        clear(&ledger, now_ms).unwrap();
        let mut left = files(folder.path());
        left.sort();
        assert_eq!(left, [taken.clone(), strange.clone()], "what is being read stays for a while");
        clear(&ledger, now_ms + READ_WITHIN_MS + 60_000).unwrap();
        assert_eq!(files(folder.path()), [strange]);
    }
}
