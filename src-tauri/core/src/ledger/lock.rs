//! One process at a time: an operating system lock on a file beside the ledger, held for life.
//!
//! The lock is on a sidecar, not on the database: SQLite has locks of its own there.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{ErrorKind, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use super::error::{LedgerError, Result};

/// Held as long as it lives.
#[derive(Debug)]
pub(super) struct LedgerLock {
    _file: File,
}

/// The sidecar of a canonical ledger path.
pub(super) fn sidecar(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".lock");
    PathBuf::from(name)
}

/// Who may open a file that this user may not: one ledger is one person's.
#[cfg(unix)]
fn others(place: &Path) -> String {
    use std::os::unix::fs::MetadataExt;
    match std::fs::metadata(place) {
        Ok(found) => format!(", which belongs to another user of this computer (user id {})", found.uid()),
        Err(_) => String::new(),
    }
}

#[cfg(not(unix))]
fn others(_: &Path) -> String {
    String::new()
}

impl LedgerLock {
    /// Takes the lock, or says who has it.
    pub(super) fn take(path: &Path) -> Result<LedgerLock> {
        let place = sidecar(path);
        let failed = |e: &std::io::Error| {
            let whose = if e.kind() == ErrorKind::PermissionDenied { others(&place) } else { String::new() };
            LedgerError::file(format!("locking {}{whose}", place.display()), e)
        };
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false);
        #[cfg(unix)]
        {
            use std::os::unix::fs::OpenOptionsExt;
            options.mode(0o600);
        }
        let mut file = options.open(&place).map_err(|e| failed(&e))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut by = String::new();
                let _ = file.read_to_string(&mut by);
                let by = if by.trim().is_empty() { "another process" } else { by.trim() };
                return Err(LedgerError::Held { path: path.display().to_string(), by: by.to_owned() });
            }
            Err(TryLockError::Error(e)) => return Err(failed(&e)),
        }
        let program = std::env::current_exe()
            .ok()
            .and_then(|p| p.file_name().map(|n| n.to_string_lossy().into_owned()))
            .unwrap_or_else(|| "docket".to_owned());
        let write = |file: &mut File| -> std::io::Result<()> {
            file.set_len(0)?;
            file.seek(SeekFrom::Start(0))?;
            write!(file, "{program}, process {}", std::process::id())
        };
        write(&mut file).map_err(|e| failed(&e))?;
        Ok(LedgerLock { _file: file })
    }
}
