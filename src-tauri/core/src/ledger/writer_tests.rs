//! What the writer does when the disk fails: seen from inside, where a failure can be made.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use serde_json::json;
use sqlx::Executor;

use super::error::{Doing, LedgerError, Result};
use super::tx::{About, Tx};
use super::writer::Write;
use super::{Ledger, LedgerReader};
use crate::clock::SystemClock;
use crate::domain::{LogDraft, LogKind, State};

/// Runs a statement on the writer's own connection.
struct Run(&'static str);

impl Write for Run {
    type Out = ();

    async fn run(&self, tx: &mut Tx) -> Result<()> {
        tx.conn.execute(self.0).await.doing("testing").map(|_| ())
    }
}

/// Appends an entry, with so many bytes of detail.
struct Append(usize);

impl Write for Append {
    type Out = i64;

    async fn run(&self, tx: &mut Tx) -> Result<i64> {
        let draft = LogDraft::new(LogKind::Incident, State::Draft, json!({"text": "x".repeat(self.0)}));
        tx.append(About::default(), None, &draft)
    }
}

/// Appends an entry and then meets a failing disk; the first `0` times.
struct FailingDisk(Arc<AtomicU32>);

impl Write for FailingDisk {
    type Out = ();

    async fn run(&self, tx: &mut Tx) -> Result<()> {
        Append(10).run(tx).await?;
        match self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |n| n.checked_sub(1)) {
            Ok(_) => Err(LedgerError::Io { context: "testing".into(), why: "fsync".into() }),
            Err(_) => Ok(()),
        }
    }
}

async fn ledger() -> (tempfile::TempDir, Ledger) {
    let folder = tempfile::tempdir().unwrap();
    let ledger = Ledger::open(&folder.path().join("ledger.db"), Arc::new(SystemClock::new())).await.unwrap();
    (folder, ledger)
}

async fn holds(ledger: &LedgerReader, seq: i64) {
    let found = ledger.verify().await.unwrap();
    assert!(found.ok, "{:?}", found.broken);
    assert_eq!(ledger.last_seq().await.unwrap().0, seq);
}

#[tokio::test]
async fn a_full_disk_writes_nothing_and_says_so() {
    let (_folder, ledger) = ledger().await;
    ledger.write(Append(10)).await.unwrap();
    ledger.write(Run("PRAGMA max_page_count = 1")).await.unwrap();
    let full = ledger.write(Append(1_000_000)).await;
    assert!(matches!(full, Err(LedgerError::Full { .. })), "{full:?}");
    holds(&ledger, 1).await;
    ledger.write(Run("PRAGMA max_page_count = 1000000")).await.unwrap();
    assert_eq!(ledger.write(Append(1_000_000)).await, Ok(2));
    holds(&ledger, 2).await;
}

#[tokio::test]
async fn a_read_only_ledger_writes_nothing_and_says_so() {
    let (_folder, ledger) = ledger().await;
    ledger.write(Run("PRAGMA query_only = 1")).await.unwrap_or(());
    let refused = ledger.write(Append(10)).await;
    assert!(matches!(refused, Err(LedgerError::ReadOnly { .. })), "{refused:?}");
    holds(&ledger, 0).await;
}

#[tokio::test]
async fn after_a_failed_sync_the_file_is_opened_anew_and_nobody_is_told_that_it_was_written() {
    let (_folder, ledger) = ledger().await;
    ledger.write(Run("CREATE TEMP TABLE of_this_handle (x)")).await.unwrap();
    let failures = Arc::new(AtomicU32::new(1));
    let (a, b, c) = tokio::join!(
        ledger.write(Append(10)),
        ledger.write(FailingDisk(Arc::clone(&failures))),
        ledger.write(Append(10))
    );
    for end in [a.map(|_| ()), b, c.map(|_| ())] {
        assert!(matches!(end, Err(LedgerError::Io { .. })), "the whole group is in question: {end:?}");
    }
    holds(&ledger, 0).await;
    let handle = ledger.write(Run("SELECT * FROM of_this_handle")).await;
    assert!(matches!(handle, Err(LedgerError::Sql { .. })), "the handle is a new one: {handle:?}");
    ledger.write(FailingDisk(failures)).await.unwrap();
    holds(&ledger, 1).await;
}

#[tokio::test]
async fn a_job_that_fails_leaves_no_gap_in_the_chain() {
    let (_folder, ledger) = ledger().await;
    let (a, b, c) = tokio::join!(ledger.write(Append(10)), ledger.write(AppendAndRefuse), ledger.write(Append(10)));
    assert_eq!((a, b.is_err(), c), (Ok(1), true, Ok(2)));
    assert_eq!(ledger.commits(), 1);
    holds(&ledger, 2).await;
}

struct AppendAndRefuse;

impl Write for AppendAndRefuse {
    type Out = ();

    async fn run(&self, tx: &mut Tx) -> Result<()> {
        Append(10).run(tx).await?;
        Err(LedgerError::Stale { what: "a test".into() })
    }
}

#[tokio::test]
async fn a_wrong_pragma_refuses_to_open() {
    let (folder, ledger) = ledger().await;
    ledger.close().await;
    let path = folder.path().join("ledger.db");
    let options = super::open::writing(&path).synchronous(sqlx::sqlite::SqliteSynchronous::Normal);
    let refused = super::writer::connect(&options).await.err();
    assert!(matches!(refused, Some(LedgerError::Pragma { pragma: "synchronous", .. })), "{refused:?}");
    let options = super::open::writing(&path).foreign_keys(false);
    let refused = super::writer::connect(&options).await.err();
    assert!(matches!(refused, Some(LedgerError::Pragma { pragma: "foreign_keys", .. })), "{refused:?}");
}
