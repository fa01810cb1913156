//! The readers' connections; and, in a simulation, turns: one statement of the ledger at a time.
//!
//! SQLite works on threads of its own, so of two statements that are under way either may be answered first, and what
//! follows of them comes in that order. A run that has to be the same twice takes turns. Nobody else does.

use std::sync::{Arc, Mutex, PoisonError};

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
    /// Waits for a turn, which ends when what is returned is dropped.
    pub(super) async fn take(&self) -> Option<OwnedSemaphorePermit> {
        match &self.0 {
            None => None,
            Some(turns) => turns.clone().acquire_owned().await.ok(),
        }
    }
}

/// A pool whose statements take turns, if they have to: then on one connection, which is not given back in between. The
/// pool looks at what it is given back, on a task and a thread of its own, and that would come in no order.
#[derive(Clone, Debug)]
pub(super) struct Reading {
    pub pool: SqlitePool,
    pub turns: Turns,
    kept: Arc<Mutex<Option<PoolConnection<Sqlite>>>>,
}

/// A turn, with the connection that goes with it.
struct Turn<'a> {
    conn: Option<PoolConnection<Sqlite>>,
    kept: &'a Mutex<Option<PoolConnection<Sqlite>>>,
    _permit: OwnedSemaphorePermit,
}

impl Turn<'_> {
    fn conn(&mut self) -> Result<&mut SqliteConnection, Error> {
        self.conn.as_deref_mut().ok_or(Error::PoolClosed)
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        *self.kept.lock().unwrap_or_else(PoisonError::into_inner) = self.conn.take();
    }
}

impl Reading {
    pub(super) fn new(pool: SqlitePool, turns: Turns) -> Reading {
        Reading { pool, turns, kept: Arc::default() }
    }

    /// `None`: nobody takes turns.
    async fn turn(&self) -> Result<Option<Turn<'_>>, Error> {
        let Some(permit) = self.turns.take().await else { return Ok(None) };
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner).take();
        let conn = match kept {
            Some(conn) => conn,
            None => self.pool.acquire().await?,
        };
        Ok(Some(Turn { conn: Some(conn), kept: &self.kept, _permit: permit }))
    }

    /// Closes all connections, and waits for those that are in use.
    pub(super) async fn close(&self) {
        drop(self.kept.lock().unwrap_or_else(PoisonError::into_inner).take());
        self.pool.close().await;
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
            let Some(mut turn) = reading.turn().await? else { return Err(Error::PoolClosed) };
            let rows: Vec<_> = turn.conn()?.fetch_many(query).try_collect().await?;
            Ok::<_, Error>(stream::iter(rows).map(Ok))
        };
        stream::once(rows).try_flatten().boxed()
    }

    fn fetch_optional<'e, 'q: 'e, E>(self, query: E) -> BoxFuture<'e, Result<Option<SqliteRow>, Error>>
    where
        E: 'q + Execute<'q, Sqlite>,
    {
        let reading = self.clone();
        Box::pin(async move {
            match reading.turn().await? {
                Some(mut turn) => turn.conn()?.fetch_optional(query).await,
                None => (&reading.pool).fetch_optional(query).await,
            }
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
