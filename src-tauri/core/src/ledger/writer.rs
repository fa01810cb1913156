//! The one writer: one task, one connection, groups of jobs with one sync each.
//!
//! It takes whatever waits, runs each job in one transaction, commits once, and only then answers. Where a job fails, the group
//! is run once more with a savepoint for each, so that the others are written.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection, Executor, SqliteConnection};
use tokio::sync::{mpsc, oneshot, watch};

use super::error::{Doing, LedgerError, Result};
use super::lock::LedgerLock;
use super::reading::Turns;
use super::tx::{Book, Tx};
use super::witness::{Seen, Witness};
use crate::clock::Clock;
use crate::crash::{self, Point};

/// At most so many jobs share a sync: enough to hide the disk, few enough to answer soon.
const GROUP: usize = 256;

/// One thing to write. Runs inside a transaction, and may be run again from the start.
pub(super) trait Write: Send + Sync + 'static {
    /// What it comes to.
    type Out: Send + 'static;
    /// Does it. An error undoes everything it did.
    fn run(&self, tx: &mut Tx) -> impl Future<Output = Result<Self::Out>> + Send;
}

/// A write with somebody waiting for it.
struct Asked<W: Write> {
    write: W,
    out: Option<W::Out>,
    to: oneshot::Sender<Result<W::Out>>,
}

/// What the writer sees of it.
trait AnyWrite: Send {
    fn run<'a>(&'a mut self, tx: &'a mut Tx) -> Pin<Box<dyn Future<Output = Result<()>> + Send + 'a>>;
    fn answer(self: Box<Self>, end: Result<()>);
}

impl<W: Write> AnyWrite for Asked<W> {
    fn run<'a>(&'a mut self, tx: &'a mut Tx) -> Pin<Box<dyn Future<Output = Result<()>> + Send + 'a>> {
        Box::pin(async move {
            self.out = None;
            self.out = Some(self.write.run(tx).await?);
            Ok(())
        })
    }

    fn answer(self: Box<Self>, end: Result<()>) {
        let out = match (end, self.out) {
            (Ok(()), Some(out)) => Ok(out),
            (Ok(()), None) => Err(LedgerError::Closed),
            (Err(e), _) => Err(e),
        };
        // Whoever asked may have gone; what was written stays written.
        let _ = self.to.send(out);
    }
}

enum Letter {
    Write(Box<dyn AnyWrite>),
    Close(oneshot::Sender<()>),
}

/// Where jobs are handed in.
#[derive(Clone)]
pub(super) struct Desk {
    letters: mpsc::UnboundedSender<Letter>,
}

impl Desk {
    /// Hands a write in and waits until it is on disk, or is certain not to be.
    pub(super) async fn write<W: Write>(&self, write: W) -> Result<W::Out> {
        let (to, answer) = oneshot::channel();
        let job = Box::new(Asked { write, out: None, to });
        self.letters.send(Letter::Write(job)).map_err(|_| LedgerError::Closed)?;
        answer.await.map_err(|_| LedgerError::Closed)?
    }

    /// Ends the writer after what waits, closes the file and lets the lock go.
    pub(super) async fn close(&self) {
        let (done, wait) = oneshot::channel();
        if self.letters.send(Letter::Close(done)).is_ok() {
            let _ = wait.await;
        }
    }
}

/// What a holder has beside the file, as long as it holds it.
pub(super) struct Hold {
    pub _lock: LedgerLock,
    /// Told of each commit. `None` where no station keeps one.
    pub witness: Option<Witness>,
}

/// The task's own things.
pub(super) struct Writer {
    options: SqliteConnectOptions,
    tx: Option<Tx>,
    clock: Arc<dyn Clock>,
    seq: watch::Sender<i64>,
    commits: Arc<AtomicU64>,
    hold: Hold,
}

impl Writer {
    /// Starts the task on an open, checked connection.
    pub(super) fn start(
        options: SqliteConnectOptions,
        tx: Tx,
        clock: Arc<dyn Clock>,
        seq: watch::Sender<i64>,
        commits: Arc<AtomicU64>,
        hold: Hold,
    ) -> Desk {
        let (letters, inbox) = mpsc::unbounded_channel();
        let writer = Writer { options, tx: Some(tx), clock, seq, commits, hold };
        tokio::spawn(writer.serve(inbox));
        Desk { letters }
    }

    async fn serve(mut self, mut letters: mpsc::UnboundedReceiver<Letter>) {
        let mut waiting = Vec::with_capacity(GROUP);
        let mut closing = Vec::new();
        while closing.is_empty() && letters.recv_many(&mut waiting, GROUP).await > 0 {
            let mut jobs = Vec::with_capacity(waiting.len());
            for letter in waiting.drain(..) {
                match letter {
                    Letter::Write(job) => jobs.push(job),
                    Letter::Close(done) => closing.push(done),
                }
            }
            self.settle(jobs).await;
        }
        if let Some(tx) = self.tx.take() {
            let _ = tx.conn.close().await;
        }
        drop(self);
        for done in closing {
            let _ = done.send(());
        }
    }

    /// Writes a group and answers everybody in it.
    async fn settle(&mut self, mut jobs: Vec<Box<dyn AnyWrite>>) {
        if jobs.is_empty() {
            return;
        }
        match self.group(&mut jobs).await {
            Ok(ends) => jobs.into_iter().zip(ends).for_each(|(job, end)| job.answer(end)),
            // After a failure of the disk it is unknown what the disk has: nobody is told "written", nothing is re-run.
            Err(e) if e.poisons() => {
                self.throw_away().await;
                jobs.into_iter().for_each(|job| job.answer(Err(e.clone())));
            }
            Err(e) if jobs.len() == 1 => jobs.into_iter().for_each(|job| job.answer(Err(e.clone()))),
            Err(_) => {
                for job in jobs {
                    Box::pin(self.settle(vec![job])).await;
                }
            }
        }
    }

    /// One transaction. `Err` means that nothing of it was written, or that nobody can know.
    async fn group(&mut self, jobs: &mut [Box<dyn AnyWrite>]) -> Result<Vec<Result<()>>> {
        let turn = Turns(self.clock.turns()).take().await;
        self.reopen_if_thrown_away().await?;
        let Some(tx) = self.tx.as_mut() else { return Err(LedgerError::Closed) };
        tx.now_ms = self.clock.now().wall_ms;
        if let Some(turn) = &turn {
            turn.begin().await;
        }
        let start = tx.book.mark();
        let result = transaction(tx, jobs).await;
        if result.is_err() {
            tx.book.go_back(&start);
            let _ = tx.conn.execute("ROLLBACK").await;
        }
        if let Some(turn) = turn {
            turn.end().await;
        }
        match &result {
            Ok(ends) if ends.iter().any(Result::is_ok) => {
                self.commits.fetch_add(1, Ordering::Relaxed);
                let seq = tx.book.head_seq;
                if let Some(witness) = &mut self.hold.witness {
                    // After the commit, never before it: a witness that is ahead of its ledger is an alarm.
                    witness.note(Seen { seq, hash: tx.book.head_hash });
                }
                self.seq.send_if_modified(|now| std::mem::replace(now, seq) != seq);
            }
            Ok(_) | Err(_) => {}
        }
        result
    }

    /// Closes a handle that has failed, so that no page of its cache is trusted again.
    async fn throw_away(&mut self) {
        if let Some(tx) = self.tx.take() {
            let _ = tx.conn.close_hard().await;
        }
    }

    async fn reopen_if_thrown_away(&mut self) -> Result<()> {
        if self.tx.is_some() {
            return Ok(());
        }
        let mut conn = connect(&self.options).await?;
        let book = Book::read(&mut conn).await?;
        tracing::warn!(seq = book.head_seq, "the ledger was opened again after a failure of its disk");
        self.seq.send_if_modified(|now| std::mem::replace(now, book.head_seq) != book.head_seq);
        self.tx = Some(Tx { conn, book, now_ms: 0 });
        Ok(())
    }
}

/// Begin, every job, flush, commit. Savepoints are for groups in which a job fails: nearly none does, and a savepoint
/// copies each page that its job changes. A single job needs none: undoing it is undoing the transaction.
async fn transaction(tx: &mut Tx, jobs: &mut [Box<dyn AnyWrite>]) -> Result<Vec<Result<()>>> {
    if jobs.len() > 1 {
        let start = tx.book.mark();
        if let Some(ends) = all_or_none(tx, jobs).await? {
            return Ok(ends);
        }
        tx.book.go_back(&start);
        tx.conn.execute("ROLLBACK").await.doing("undoing a group")?;
    }
    job_by_job(tx, jobs).await
}

/// Writes a group in which every job goes well. `None`: one does not, and nothing is committed; the transaction is open.
async fn all_or_none(tx: &mut Tx, jobs: &mut [Box<dyn AnyWrite>]) -> Result<Option<Vec<Result<()>>>> {
    tx.conn.execute("BEGIN IMMEDIATE").await.doing("beginning to write")?;
    let mut ends = Vec::with_capacity(jobs.len());
    for job in jobs.iter_mut() {
        match job.run(tx).await {
            Ok(()) => ends.push(Ok(())),
            Err(e) if e.ends_group() => return Err(e),
            Err(_) => return Ok(None),
        }
    }
    commit(tx).await?;
    Ok(Some(ends))
}

/// Writes what goes well of a group, and undoes what does not.
async fn job_by_job(tx: &mut Tx, jobs: &mut [Box<dyn AnyWrite>]) -> Result<Vec<Result<()>>> {
    let many = jobs.len() > 1;
    tx.conn.execute("BEGIN IMMEDIATE").await.doing("beginning to write")?;
    let mut ends = Vec::with_capacity(jobs.len());
    for job in jobs.iter_mut() {
        if many {
            tx.conn.execute("SAVEPOINT job").await.doing("beginning a job")?;
        }
        let mark = tx.book.mark();
        let end = job.run(tx).await;
        match &end {
            Err(e) if e.ends_group() => return Err(e.clone()),
            Err(_) => {
                tx.book.go_back(&mark);
                if many {
                    tx.conn.execute("ROLLBACK TO job; RELEASE job").await.doing("undoing a job")?;
                }
            }
            Ok(()) if many => {
                tx.conn.execute("RELEASE job").await.doing("ending a job")?;
            }
            Ok(()) => {}
        }
        ends.push(end);
    }
    if ends.iter().any(Result::is_ok) {
        commit(tx).await?;
    } else {
        tx.conn.execute("ROLLBACK").await.doing("undoing a write")?;
    }
    Ok(ends)
}

async fn commit(tx: &mut Tx) -> Result<()> {
    tx.flush().await?;
    crash::point(Point::Committing);
    tx.conn.execute("COMMIT").await.doing("committing")?;
    crash::point(Point::Committed);
    Ok(())
}

/// Opens a connection that may dispatch: every pragma is read back.
pub(super) async fn connect(options: &SqliteConnectOptions) -> Result<SqliteConnection> {
    let mut conn = options.connect().await.doing("opening the ledger")?;
    let mut wanted: Vec<(&'static str, &'static str, &'static str)> = vec![
        ("journal_mode", "PRAGMA journal_mode", "wal"),
        ("synchronous", "PRAGMA synchronous", "2"),
        ("foreign_keys", "PRAGMA foreign_keys", "1"),
        ("busy_timeout", "PRAGMA busy_timeout", "10000"),
    ];
    if cfg!(target_os = "macos") {
        wanted.push(("fullfsync", "PRAGMA fullfsync", "1"));
    }
    for (pragma, sql, value) in wanted {
        let row = sqlx::query(sql).fetch_one(&mut conn).await.doing("reading a pragma back")?;
        let found = read_any(&row)?;
        if found != value {
            return Err(LedgerError::Pragma { pragma, wanted: value.to_owned(), found });
        }
    }
    Ok(conn)
}

fn read_any(row: &sqlx::sqlite::SqliteRow) -> Result<String> {
    use sqlx::Row;
    match row.try_get_unchecked::<i64, _>(0) {
        Ok(n) if row.try_get_unchecked::<String, _>(0).is_ok_and(|t| t == n.to_string()) => Ok(n.to_string()),
        _ => row.try_get_unchecked::<String, _>(0).doing("reading a pragma back"),
    }
}
