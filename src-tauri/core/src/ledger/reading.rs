//! The readers' connections; and, in a simulation, turns: one statement of the ledger at a time.
//!
//! SQLite works on threads of its own, so of two statements that are under way either may be answered first, and what
//! follows of them comes in that order. A run that has to be the same twice takes turns. Nobody else does.

use std::future::poll_fn;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::Poll;

use futures_util::future::BoxFuture;
use futures_util::stream::BoxStream;
use futures_util::{StreamExt, TryStreamExt, stream};
use sqlx::pool::PoolConnection;
use sqlx::sqlite::{SqlitePool, SqliteQueryResult, SqliteRow, SqliteStatement, SqliteTypeInfo};
use sqlx::{Describe, Either, Error, Execute, Executor, SqlStr, Sqlite, SqliteConnection};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Turns at the ledger. `None`: whoever comes may begin.
#[derive(Clone, Debug, Default)]
pub(super) struct Turns(pub Option<Arc<Semaphore>>);

impl Turns {
    /// Waits for a turn. `None`: nobody takes turns.
    pub(super) async fn take(&self) -> Option<Turn> {
        match &self.0 {
            None => None,
            Some(turns) => turns.clone().acquire_owned().await.ok().map(|permit| Turn { _permit: permit }),
        }
    }
}

/// A turn. It is over when this is dropped; but one that went well is to be ended.
pub(super) struct Turn {
    _permit: OwnedSemaphorePermit,
}

impl Turn {
    /// Before something is written, statement by statement: what else can be done is done by then, and not in between; and
    /// whoever was to be killed by then has been.
    pub(super) async fn begin(&self) {
        after_all_others().await;
    }

    /// Ends it when all has been done that can be done without an answer: an answer may be there already when it is asked
    /// for, or not, and neither may change what comes first.
    pub(super) async fn end(self) {
        after_all_others().await;
    }
}

/// Whoever is woken by another thread comes after everybody that this one has woken.
async fn after_all_others() {
    let over = Arc::new(AtomicBool::new(false));
    let mut asked = false;
    poll_fn(|context| {
        if over.load(Ordering::SeqCst) {
            return Poll::Ready(());
        }
        if !asked {
            asked = true;
            let (over, waker) = (over.clone(), context.waker().clone());
            tokio::task::spawn_blocking(move || {
                over.store(true, Ordering::SeqCst);
                waker.wake();
            });
        }
        Poll::Pending
    })
    .await;
}

/// A pool whose statements take turns, if they have to: then on one connection, which is not given back in between. The
/// pool looks at what it is given back, on a task and a thread of its own, and that would come in no order.
#[derive(Clone, Debug)]
pub(super) struct Reading {
    pub pool: SqlitePool,
    pub turns: Turns,
    kept: Arc<Mutex<Option<PoolConnection<Sqlite>>>>,
}

/// A turn at the connection. It is kept for the next when this is dropped, but for a pool that closes.
struct Held<'a> {
    conn: Option<PoolConnection<Sqlite>>,
    reading: &'a Reading,
}

impl Held<'_> {
    fn conn(&mut self) -> Result<&mut SqliteConnection, Error> {
        self.conn.as_deref_mut().ok_or(Error::PoolClosed)
    }
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        if !self.reading.pool.is_closed() {
            *self.reading.kept.lock().unwrap_or_else(PoisonError::into_inner) = self.conn.take();
        }
    }
}

impl Reading {
    pub(super) fn new(pool: SqlitePool, turns: Turns) -> Reading {
        Reading { pool, turns, kept: Arc::default() }
    }

    /// What the turn that was taken is for.
    async fn held(&self) -> Result<Held<'_>, Error> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner).take();
        let conn = match kept {
            Some(conn) => conn,
            None => self.pool.acquire().await?,
        };
        Ok(Held { conn: Some(conn), reading: self })
    }

    /// Closes all connections, and waits for those that are in use.
    pub(super) async fn close(&self) {
        let closed = self.pool.close();
        drop(self.kept.lock().unwrap_or_else(PoisonError::into_inner).take());
        closed.await;
    }
}

type Rows<'e> = BoxStream<'e, Result<Either<SqliteQueryResult, SqliteRow>, Error>>;

impl<'p> Executor<'p> for &'_ Reading {
    type Database = Sqlite;

    fn fetch_many<'e, 'q: 'e, E>(self, query: E) -> Rows<'e>
    where
        E: 'q + Execute<'q, Sqlite>,
    {
        if self.turns.0.is_none() {
            return (&self.pool).fetch_many(query);
        }
        let reading = self.clone();
        let rows = async move {
            let Some(turn) = reading.turns.take().await else { return Err(Error::PoolClosed) };
            let rows: Result<Vec<_>, _> = reading.held().await?.conn()?.fetch_many(query).try_collect().await;
            turn.end().await;
            Ok::<_, Error>(stream::iter(rows?).map(Ok))
        };
        stream::once(rows).try_flatten().boxed()
    }

    fn fetch_optional<'e, 'q: 'e, E>(self, query: E) -> BoxFuture<'e, Result<Option<SqliteRow>, Error>>
    where
        E: 'q + Execute<'q, Sqlite>,
    {
        let reading = self.clone();
        Box::pin(async move {
            let Some(turn) = reading.turns.take().await else {
                return (&reading.pool).fetch_optional(query).await;
            };
            let row = reading.held().await?.conn()?.fetch_optional(query).await;
            turn.end().await;
            row
        })
    }

    fn prepare_with<'e>(
        self,
        sql: SqlStr,
        parameters: &'e [SqliteTypeInfo],
    ) -> BoxFuture<'e, Result<SqliteStatement, Error>>
    where
        'p: 'e,
    {
        let pool = self.pool.clone();
        Box::pin(async move { (&pool).prepare_with(sql, parameters).await })
    }

    #[doc(hidden)]
    fn describe<'e>(self, sql: SqlStr) -> BoxFuture<'e, Result<Describe<Sqlite>, Error>> {
        let pool = self.pool.clone();
        Box::pin(async move { (&pool).describe(sql).await })
    }
}
