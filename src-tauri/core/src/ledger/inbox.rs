//! Requests of other processes to the one that holds the ledger, and the answers to commands by their ids.
//!
//! A guest writes its request with a connection of its own, holds SQLite's lock for an instant, and waits. Not here:
//! what a request means.

use std::time::Duration;

use sqlx::{ConnectOptions, Connection, Executor};

use super::error::{Doing, Result};
use super::open::writing;
use super::tx::Tx;
use super::writer::Write;
use super::{Ledger, LedgerReader};
use crate::clock::Clock;

/// How often a waiting guest looks.
const LOOK_MS: u64 = 50;

struct Take;
struct Answer(String, String);
struct Seen(String, String);

impl Write for Take {
    type Out = Vec<(String, String)>;

    async fn run(&self, tx: &mut Tx) -> Result<Self::Out> {
        let rows = sqlx::query!(
            r#"UPDATE inbox SET taken = 1 WHERE taken = 0 AND answer IS NULL
               RETURNING request_id AS "request_id!", body AS "body!""#
        )
        .fetch_all(&mut tx.conn)
        .await
        .doing("taking requests")?;
        Ok(rows.into_iter().map(|row| (row.request_id, row.body)).collect())
    }
}

impl Write for Answer {
    type Out = ();

    async fn run(&self, tx: &mut Tx) -> Result<()> {
        sqlx::query!("UPDATE inbox SET answer = $2, taken = 1 WHERE request_id = $1", self.0, self.1)
            .execute(&mut tx.conn)
            .await
            .doing("answering a request")?;
        Ok(())
    }
}

impl Write for Seen {
    type Out = ();

    async fn run(&self, tx: &mut Tx) -> Result<()> {
        sqlx::query!(
            "INSERT INTO command_seen (request_id, at_ms, answer) VALUES ($1, $2, $3)
             ON CONFLICT (request_id) DO NOTHING",
            self.0,
            tx.now_ms,
            self.1
        )
        .execute(&mut tx.conn)
        .await
        .doing("noting a command")?;
        Ok(())
    }
}

impl Ledger {
    /// Requests that nobody took yet, oldest first.
    pub async fn take_pending(&self) -> Result<Vec<(String, String)>> {
        if self.pending().await? == 0 {
            return Ok(Vec::new());
        }
        self.write(Take).await
    }

    /// Requests that an earlier holder took and did not answer are to be taken again. Called once, at start.
    pub async fn requeue_inbox(&self) -> Result<()> {
        self.write(Requeue).await
    }

    /// Answers a guest.
    pub async fn answer(&self, request_id: &str, answer: &str) -> Result<()> {
        self.write(Answer(request_id.to_owned(), answer.to_owned())).await
    }

    /// Notes what a command came to, so that its id, given again, gets the same answer. The first answer stays.
    pub async fn note_command(&self, request_id: &str, answer: &str) -> Result<()> {
        self.write(Seen(request_id.to_owned(), answer.to_owned())).await
    }
}

struct Requeue;

impl Write for Requeue {
    type Out = ();

    async fn run(&self, tx: &mut Tx) -> Result<()> {
        sqlx::query!("UPDATE inbox SET taken = 0 WHERE taken = 1 AND answer IS NULL")
            .execute(&mut tx.conn)
            .await
            .doing("looking through the inbox")?;
        Ok(())
    }
}

impl LedgerReader {
    /// What a command with this id came to, if it was carried out.
    pub async fn command_seen(&self, request_id: &str) -> Result<Option<String>> {
        let found = sqlx::query_scalar!("SELECT answer FROM command_seen WHERE request_id = $1", request_id)
            .fetch_optional(&self.pool)
            .await
            .doing("looking for a command")?;
        Ok(found.flatten())
    }

    async fn pending(&self) -> Result<i64> {
        sqlx::query_scalar!(r#"SELECT count(*) AS "n!: i64" FROM inbox WHERE taken = 0"#)
            .fetch_one(&self.pool)
            .await
            .doing("reading the inbox")
    }

    /// Puts a request in. The same id twice is one request.
    pub async fn put_request(&self, request_id: &str, body: &str, now_ms: i64) -> Result<()> {
        let doing = "handing a request to the holder";
        let mut conn = writing(&self.path).create_if_missing(false).connect().await.doing(doing)?;
        let put = async {
            conn.execute("BEGIN IMMEDIATE").await?;
            sqlx::query!(
                "INSERT INTO inbox (request_id, body, put_ms) VALUES ($1, $2, $3) ON CONFLICT (request_id) DO NOTHING",
                request_id,
                body,
                now_ms
            )
            .execute(&mut conn)
            .await?;
            conn.execute("COMMIT").await
        }
        .await;
        let _ = conn.close().await;
        put.doing(doing).map(|_| ())
    }

    /// The answer to a request, if it was given.
    pub async fn answer_to(&self, request_id: &str) -> Result<Option<String>> {
        let found = sqlx::query_scalar!("SELECT answer FROM inbox WHERE request_id = $1", request_id)
            .fetch_optional(&self.pool)
            .await
            .doing("looking for an answer")?;
        Ok(found.flatten())
    }

    /// Waits for the answer to a request, looking every 50 ms, for at most `patience`. `None`: none came; the holder may
    /// be gone, and the caller may try to take the lock itself.
    pub async fn wait_answer(&self, request_id: &str, clock: &dyn Clock, patience: Duration) -> Result<Option<String>> {
        let looks = (patience.as_millis() as u64 / LOOK_MS).max(1);
        for _ in 0..looks {
            if let Some(answer) = self.answer_to(request_id).await? {
                return Ok(Some(answer));
            }
            clock.sleep(LOOK_MS).await;
        }
        self.answer_to(request_id).await
    }
}
