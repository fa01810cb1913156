//! What a program without Docket's ledger would do: one SQLite transaction for each step, synced.

use std::path::Path;

use docket_tests::waiting::Stopwatch;
use serde::{Deserialize, Serialize};
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqliteSynchronous};
use sqlx::{ConnectOptions as _, Connection as _, Executor as _};

/// What it took.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Naive {
    /// In seconds.
    pub seconds: f64,
}

/// An open file with the pragmas of Docket's own ledger and one table.
pub async fn open(path: &Path) -> Result<SqliteConnection, sqlx::Error> {
    let options = SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .disable_statement_logging();
    let mut conn = options.connect().await?;
    conn.execute("CREATE TABLE reserved (reference TEXT PRIMARY KEY, request TEXT NOT NULL) STRICT").await?;
    Ok(conn)
}

/// Reserves one number, unless it is taken.
pub async fn insert(conn: &mut SqliteConnection, reference: &str, request: &str) -> Result<(), sqlx::Error> {
    let insert = "INSERT INTO reserved (reference, request) VALUES ($1, $2) ON CONFLICT DO NOTHING";
    sqlx::query(insert).bind(reference).bind(request).execute(conn).await.map(drop)
}

/// Writes so many rows.
pub async fn write(folder: &Path, rows: usize, bytes: usize) -> Result<Naive, String> {
    let written = async {
        let mut conn = open(&folder.join("naive.db")).await?;
        let request = "x".repeat(bytes);
        let watch = Stopwatch::start();
        for row in 0..rows {
            insert(&mut conn, &format!("SO-{row}"), &request).await?;
        }
        let seconds = watch.elapsed().as_secs_f64();
        conn.close().await?;
        Ok::<f64, sqlx::Error>(seconds)
    };
    written.await.map(|seconds| Naive { seconds }).map_err(|e| e.to_string())
}
