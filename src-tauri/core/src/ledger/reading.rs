//! The readers' connections; and, in a simulation, turns: one statement of the ledger at a time.
//!
//! SQLite works on threads of its own, so of two statements that are under way either may be answered first, and what
//! follows of them comes in that order. A run that has to be the same twice takes turns. Nobody else does.

use std::sync::Arc;

use futures_util::future::BoxFuture;
use futures_util::stream::BoxStream;
use futures_util::{StreamExt, TryStreamExt, stream};
use sqlx::sqlite::{SqlitePool, SqliteQueryResult, SqliteRow, SqliteStatement, SqliteTypeInfo};
use sqlx::{Describe, Either, Error, Execute, Executor, SqlStr, Sqlite};
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

/// A pool whose statements take turns, if they have to.
#[derive(Clone, Debug)]
pub(super) struct Reading {
    pub pool: SqlitePool,
    pub turns: Turns,
}

/// A connection is looked at before it is kept for the next; that belongs to the turn.
async fn put_back(pool: &SqlitePool) {
    while pool.num_idle() < pool.size() as usize && !pool.is_closed() {
        tokio::task::yield_now().await;
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
        let Reading { pool, turns } = self.clone();
        let rows = async move {
            let _turn = turns.take().await;
            let rows: Result<Vec<_>, _> = (&pool).fetch_many(query).try_collect().await;
            put_back(&pool).await;
            let rows = rows?;
            Ok::<_, Error>(stream::iter(rows).map(Ok))
        };
        stream::once(rows).try_flatten().boxed()
    }

    fn fetch_optional<'e, 'q: 'e, E>(self, query: E) -> BoxFuture<'e, Result<Option<SqliteRow>, Error>>
    where
        E: 'q + Execute<'q, Sqlite>,
    {
        let Reading { pool, turns } = self.clone();
        Box::pin(async move {
            let turn = turns.take().await;
            let row = (&pool).fetch_optional(query).await;
            if turn.is_some() {
                put_back(&pool).await;
            }
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
        let Reading { pool, turns } = self.clone();
        Box::pin(async move {
            let _turn = turns.take().await;
            (&pool).prepare_with(sql, parameters).await
        })
    }

    #[doc(hidden)]
    fn describe<'e>(self, sql: SqlStr) -> BoxFuture<'e, Result<Describe<Sqlite>, Error>> {
        let pool = self.pool.clone();
        Box::pin(async move { (&pool).describe(sql).await })
    }
}
