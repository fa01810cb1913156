//! The ledger: the only SQL. Whatever is answered with `Ok` by a write is on disk, synced.
//!
//! A [`Ledger`] holds the lock and writes; a [`LedgerReader`] only reads, and needs no lock. Not here: what to do next
//! (`decide`), and anything that leaves the machine (`transport`).

mod accounts;
mod arm;
mod backup;
mod chain;
mod codes;
mod commit;
mod day;
mod dispatches;
mod dry_import;
mod elsewhere;
mod error;
mod import;
mod inbox;
mod lock;
mod log;
mod never;
mod open;
mod orders;
mod past;
mod place;
mod probing;
mod reading;
mod reserve;
mod rows;
mod standing;
mod sweeping;
mod tx;
mod verify;
mod views;
mod witness;
mod writer;
#[cfg(test)]
mod writer_tests;

use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use sqlx::sqlite::SqlitePoolOptions;
use tokio::sync::watch;

pub use accounts::{AccountRow, NewAccountRow};
pub use arm::{Armed, Arming};
pub use codes::{CodesChange, CodesStanding, StoredCodes};
pub use commit::Committed;
pub use dispatches::{KnownOrder, OpenDispatch};
pub use dry_import::DryImport;
pub use elsewhere::OtherHolder;
pub use error::{LedgerError, Result};
pub use import::{ImportRow, RowOutcome};
pub use orders::{NewContent, OrderRow};
pub use past::{Checked, Past, WhatPast};
pub use probing::{Repeat, Repeating};
pub use reserve::{Reservation, Ticket};

use crate::clock::Clock;
use lock::LedgerLock;
use reading::{Reading, Turns};
use tx::{Book, Tx};
use writer::{Desk, Hold, Write, Writer};

/// A ledger that is read. Cheap to clone.
#[derive(Clone)]
pub struct LedgerReader {
    reading: Reading,
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
            Some(_) => Ok(LedgerReader::on(path, Turns::default())),
            None => Err(LedgerError::NotFound { what: format!("ledger in {}: the file is empty", path.display()) }),
        }
    }

    fn on(path: PathBuf, turns: Turns) -> LedgerReader {
        // A connection to a file does not go away as one to a server does: to ask it for a sign of life before each
        // statement would cost as much as the statement.
        let pool = SqlitePoolOptions::new().max_connections(4).test_before_acquire(false);
        let pool = pool.connect_lazy_with(open::reading(&path));
        LedgerReader { reading: Reading::new(pool, turns), path }
    }

    /// The canonical path.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Whether what works beside the ledger takes turns with it: in a simulation.
    pub(crate) fn takes_turns(&self) -> bool {
        self.reading.turns.0.is_some()
    }

    /// Waits for what blocks beside the ledger, such as a store of secrets: in a simulation its answer may not come beside
    /// one of the ledger's. Nothing is asked of the ledger meanwhile.
    pub(crate) async fn beside<T>(&self, work: impl Future<Output = T>) -> T {
        let turn = self.reading.turns.take().await;
        let done = work.await;
        if let Some(turn) = turn {
            turn.end().await;
        }
        done
    }

    /// Copies the ledger to a new file, whole and consistent, while it is in use.
    pub async fn back_up(&self, to: &Path) -> Result<()> {
        backup::copy(&self.path, to).await
    }
}

impl Ledger {
    /// Takes the lock, makes or migrates the file, checks pragmas and the log's head, and starts the writer. Nobody
    /// outside the file knows how far it has come: for tests, and for ledgers that nothing is sent from.
    pub async fn open(path: &Path, clock: Arc<dyn Clock>) -> Result<Ledger> {
        Ledger::open_as(path, clock, None).await
    }

    /// The same by a station: a folder of this installation, away from the ledger, where a witness is kept of how far
    /// each ledger had come. A ledger that has gone back behind its witness, or that another station held, is opened with
    /// its accounts shut.
    pub async fn open_at(path: &Path, clock: Arc<dyn Clock>, station: &Path) -> Result<Ledger> {
        Ledger::open_as(path, clock, Some(station)).await
    }

    async fn open_as(path: &Path, clock: Arc<dyn Clock>, station: Option<&Path>) -> Result<Ledger> {
        let path = open::canonical(path, true)?;
        place::refuse_network(&path)?;
        if let Some(whose) = place::synced(&path) {
            tracing::warn!(
                "{} is in a folder that {whose} keeps in step with other machines: it may be replaced by an older copy, or \
                 opened there at the same time. Move it to a folder of this machine",
                path.display()
            );
        }
        let lock = LedgerLock::take(&path)?;
        let mut conn = open::prepare(&path).await?;
        let book = Book::read(&mut conn).await?;
        let mut tx = Tx { conn, book, now_ms: clock.now().wall_ms };
        let witness = match station {
            Some(folder) => past::meet(&mut tx, folder).await?,
            None => None,
        };
        let (seq_to, seq) = watch::channel(tx.book.head_seq);
        let commits = Arc::new(AtomicU64::new(0));
        let turns = Turns(clock.turns());
        let hold = Hold { _lock: lock, witness };
        let desk = Writer::start(open::writing(&path), tx, clock, seq_to, Arc::clone(&commits), hold);
        Ok(Ledger { reader: LedgerReader::on(path, turns), desk, seq, commits })
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
        self.reader.reading.close().await;
        self.desk.close().await;
    }

    async fn write<W: Write>(&self, write: W) -> Result<W::Out> {
        self.desk.write(write).await
    }
}
