//! The ledger: the only SQL. Whatever is answered with `Ok` by a write is on disk, synced.
//!
//! A [`Ledger`] holds the lock and writes; a [`LedgerReader`] only reads, and needs no lock. Not here: what to do next
//! (`decide`), and anything that leaves the machine (`transport`).

mod accounts;
mod arm;
mod backup;
mod chain;
mod commit;
mod dispatches;
mod dry_import;
mod elsewhere;
mod error;
mod import;
mod inbox;
mod lock;
mod log;
mod open;
mod orders;
mod reserve;
mod rows;
mod standing;
mod tx;
mod verify;
mod views;
mod writer;
#[cfg(test)]
mod writer_tests;

use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use sqlx::sqlite::{SqlitePool, SqlitePoolOptions};
use tokio::sync::watch;

pub use accounts::{AccountRow, NewAccountRow};
pub use arm::{Armed, Arming};
pub use commit::Committed;
pub use dispatches::{KnownOrder, OpenDispatch};
pub use dry_import::DryImport;
pub use elsewhere::OtherHolder;
pub use error::{LedgerError, Result};
pub use import::{ImportRow, RowOutcome};
pub use orders::{NewContent, OrderRow};
pub use reserve::{Reservation, Ticket};

use crate::clock::Clock;
use lock::LedgerLock;
use tx::{Book, Tx};
use writer::{Desk, Write, Writer};

/// A ledger that is read. Cheap to clone.
#[derive(Clone)]
pub struct LedgerReader {
    pool: SqlitePool,
    path: PathBuf,
}

/// A ledger that is held: the only one that writes. Cheap to clone; the lock goes when the last clone does.
#[derive(Clone)]
pub struct Ledger {
    reader: LedgerReader,
    desk: Desk,
    seq: watch::Receiver<i64>,
    commits: Arc<AtomicU64>,
}

impl Deref for Ledger {
    type Target = LedgerReader;

    fn deref(&self) -> &LedgerReader {
        &self.reader
    }
}

impl LedgerReader {
    /// Opens a ledger for reading, beside whoever holds it. Errors: no such file, newer schema, damaged.
    pub async fn open(path: &Path) -> Result<LedgerReader> {
        let path = open::canonical(path, false)?;
        if !path.exists() {
            return Err(LedgerError::NotFound { what: format!("ledger at {}", path.display()) });
        }
        match open::check_schema(&path).await? {
            Some(_) => Ok(LedgerReader::on(path)),
            None => Err(LedgerError::NotFound { what: format!("ledger in {}: the file is empty", path.display()) }),
        }
    }

    fn on(path: PathBuf) -> LedgerReader {
        let pool = SqlitePoolOptions::new().max_connections(4).connect_lazy_with(open::reading(&path));
        LedgerReader { pool, path }
    }

    /// The canonical path.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Copies the ledger to a new file, whole and consistent, while it is in use.
    pub async fn back_up(&self, to: &Path) -> Result<()> {
        backup::copy(&self.path, to).await
    }
}

impl Ledger {
    /// Takes the lock, makes or migrates the file, checks pragmas and the log's head, and starts the writer.
    pub async fn open(path: &Path, clock: Arc<dyn Clock>) -> Result<Ledger> {
        let path = open::canonical(path, true)?;
        let lock = LedgerLock::take(&path)?;
        let mut conn = open::prepare(&path).await?;
        let book = Book::read(&mut conn).await?;
        let (seq_to, seq) = watch::channel(book.head_seq);
        let commits = Arc::new(AtomicU64::new(0));
        let tx = Tx { conn, book, now_ms: 0 };
        let desk = Writer::start(open::writing(&path), tx, clock, seq_to, Arc::clone(&commits), lock);
        Ok(Ledger { reader: LedgerReader::on(path), desk, seq, commits })
    }

    /// A reader on the same ledger.
    pub fn reader(&self) -> &LedgerReader {
        &self.reader
    }

    /// Tells the last committed entry's number whenever it grows.
    pub fn changes(&self) -> watch::Receiver<i64> {
        let mut seq = self.seq.clone();
        // What was committed before somebody began to listen is no change.
        seq.mark_unchanged();
        seq
    }

    /// How many transactions were committed, each with one sync. For tests and benches.
    pub fn commits(&self) -> u64 {
        self.commits.load(Ordering::Relaxed)
    }

    /// Writes what waits, closes the file and lets the lock go. Later calls come to `Closed`.
    pub async fn close(&self) {
        self.reader.pool.close().await;
        self.desk.close().await;
    }

    async fn write<W: Write>(&self, write: W) -> Result<W::Out> {
        self.desk.write(write).await
    }
}
