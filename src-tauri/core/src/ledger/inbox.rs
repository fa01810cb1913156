//! Requests of other processes to the one that holds the ledger, and the answers to commands by their ids.
//!
//! A guest writes its request with a connection of its own, holds SQLite's lock for an instant, and waits. Not here:
//! what a request means.

use sqlx::{ConnectOptions, Connection, Executor};

use super::error::{Doing, LedgerError, Result};
use super::open::writing;
use super::tx::Tx;
use super::writer::Write;
use super::{Ledger, LedgerReader};

/// The newest answers stay, however old the clock says that they are: a wall clock may jump.
const NEWEST_KEPT: i64 = 1_000;
/// So many answers are removed in one job: a click that comes meanwhile waits for no more.
const PIECE: i64 = 200;
/// What is not there when an answer was not fetched in time.
const GONE: &str = "answer to this command any more: it was given long ago and has been removed; look at the orders, and \
                    at the log, for what came of it";

struct Take;
struct Answer(String, String);
struct Seen(String, String);
struct Prune(i64);

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

impl Write for Prune {
    type Out = u64;

    async fn run(&self, tx: &mut Tx) -> Result<u64> {
        let inbox = sqlx::query!(
            "DELETE FROM inbox WHERE rowid IN (SELECT rowid FROM inbox WHERE answer IS NOT NULL AND put_ms < $1
             AND rowid <= (SELECT max(rowid) FROM inbox) - $2 ORDER BY put_ms LIMIT $3)",
            self.0,
            NEWEST_KEPT,
            PIECE
        );
        let inbox = inbox.execute(&mut tx.conn).await.doing("removing old answers")?;
        let seen = sqlx::query!(
            "DELETE FROM command_seen WHERE rowid IN (SELECT rowid FROM command_seen WHERE at_ms < $1
             AND rowid <= (SELECT max(rowid) FROM command_seen) - $2 ORDER BY at_ms LIMIT $3)",
            self.0,
            NEWEST_KEPT,
            PIECE
        );
        let seen = seen.execute(&mut tx.conn).await.doing("removing old answers")?;
        Ok(inbox.rows_affected() + seen.rows_affected())
    }
}

impl Ledger {
    /// Removes some of the answers that were given before that wall time: those to guests, and those that are kept for
    /// a repeated command. Never a request that has no answer, and never the newest thousand. Returns how many went; 0
    /// when there is no more to remove.
    pub async fn prune_answers(&self, before_ms: i64) -> Result<u64> {
        if !self.has_old_answers(before_ms).await? {
            return Ok(0);
        }
        self.write(Prune(before_ms)).await
    }

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
            .fetch_optional(&self.reading)
            .await
            .doing("looking for a command")?;
        Ok(found.flatten())
    }

    async fn pending(&self) -> Result<i64> {
        sqlx::query_scalar!(r#"SELECT count(*) AS "n!: i64" FROM inbox WHERE taken = 0"#)
            .fetch_one(&self.reading)
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

    /// The answer to a request, if it was given. Error: `NotFound` when the request is not in the inbox (any more).
    pub async fn answer_to(&self, request_id: &str) -> Result<Option<String>> {
        sqlx::query_scalar!("SELECT answer FROM inbox WHERE request_id = $1", request_id)
            .fetch_optional(&self.reading)
            .await
            .doing("looking for an answer")?
            .ok_or_else(|| LedgerError::NotFound { what: GONE.into() })
    }

    /// Whether there are answers from before that time that need not be kept.
    async fn has_old_answers(&self, before_ms: i64) -> Result<bool> {
        sqlx::query_scalar!(
            r#"SELECT EXISTS (SELECT 1 FROM inbox WHERE answer IS NOT NULL AND put_ms < $1
                              AND rowid <= (SELECT max(rowid) FROM inbox) - $2)
                   OR EXISTS (SELECT 1 FROM command_seen WHERE at_ms < $1
                              AND rowid <= (SELECT max(rowid) FROM command_seen) - $2) AS "found!: bool""#,
            before_ms,
            NEWEST_KEPT
        )
        .fetch_one(&self.reading)
        .await
        .doing("looking for old answers")
    }
}
