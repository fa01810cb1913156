//! What a write works with: the writer's connection inside a transaction, and the book of what it will append.
//!
//! The log's entries and the counts of a whole group are kept here and written once, just before the commit.

use std::collections::BTreeMap;

use serde_json::Value;
use sqlx::sqlite::{SqliteArguments, SqliteRow};
use sqlx::{Arguments, AssertSqlSafe, SqliteConnection};

use super::chain::{self, Fields, Hash};
use super::error::{Doing, LedgerError, Result};
use crate::domain::{AccountId, DispatchId, LogDraft, OrderId, OrderNo, Reference, State};

/// Rows in one INSERT. Columns times rows stays below SQLite's limit of 32,766 variables.
pub(super) const CHUNK: usize = 500;

/// Whom an entry is about.
#[derive(Clone, Debug, Default)]
pub(super) struct About {
    pub account_id: Option<AccountId>,
    pub order_id: Option<OrderId>,
    pub order_no: Option<OrderNo>,
    pub dispatch_id: Option<DispatchId>,
    pub generation: u32,
    pub reference: Option<Reference>,
}

/// An entry that has its number and its hash, and waits for the end of the group.
struct Entry {
    seq: i64,
    at_ms: i64,
    about: About,
    kind: &'static str,
    state: Option<&'static str>,
    detail: String,
    private: Option<(String, String, Hash)>,
    prev: Hash,
    hash: Hash,
}

/// What the writer knows by heart, being the only one who writes.
pub(super) struct Book {
    pub head_seq: i64,
    pub head_hash: Hash,
    pub next_order: i64,
    pub next_dispatch: i64,
    pending: Vec<Entry>,
    tally: BTreeMap<(i64, &'static str), i64>,
}

/// A place to come back to when a job is undone.
pub(super) struct Mark {
    head_seq: i64,
    head_hash: Hash,
    pending: usize,
    tally: BTreeMap<(i64, &'static str), i64>,
}

impl Book {
    /// Reads the book from a ledger, and checks that the head stands on the last entry.
    pub(super) async fn read(conn: &mut SqliteConnection) -> Result<Book> {
        let row = sqlx::query!(
            r#"SELECT h.seq AS "head_seq!", h.hash AS "head_hash!", l.seq AS "last_seq?", l.hash AS "last_hash?",
                      (SELECT coalesce(max(id), 0) FROM orders) AS "last_order!: i64",
                      max((SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = 'dispatch'),
                          (SELECT coalesce(max(id), 0) FROM dispatch)) AS "last_dispatch!: i64"
               FROM log_head h LEFT JOIN (SELECT seq, hash FROM log ORDER BY seq DESC LIMIT 1) l ON 1"#
        )
        .fetch_optional(conn)
        .await
        .doing("reading the log's head")?
        .ok_or_else(|| LedgerError::Corrupt { what: "the log has no head".into() })?;
        let (head_seq, last_seq) = (row.head_seq, row.last_seq.unwrap_or(0));
        if last_seq != head_seq || row.last_hash.is_some_and(|h| h != row.head_hash) {
            let what = format!("the log ends at {last_seq}, its head says {head_seq}");
            return Err(LedgerError::Corrupt { what });
        }
        let no_hash = |_| LedgerError::Corrupt { what: "the log's head is no SHA-256".into() };
        Ok(Book {
            head_seq,
            head_hash: row.head_hash.try_into().map_err(no_hash)?,
            next_order: row.last_order + 1,
            next_dispatch: row.last_dispatch + 1,
            pending: Vec::new(),
            tally: BTreeMap::new(),
        })
    }

    pub(super) fn mark(&self) -> Mark {
        Mark {
            head_seq: self.head_seq,
            head_hash: self.head_hash,
            pending: self.pending.len(),
            tally: self.tally.clone(),
        }
    }

    pub(super) fn go_back(&mut self, mark: &Mark) {
        self.head_seq = mark.head_seq;
        self.head_hash = mark.head_hash;
        self.pending.truncate(mark.pending);
        self.tally.clone_from(&mark.tally);
    }
}

/// A transaction of the writer's.
pub(super) struct Tx {
    pub conn: SqliteConnection,
    pub book: Book,
    /// Wall time of the group.
    pub now_ms: i64,
}

impl Tx {
    /// Appends an entry. `state` is the order's state after it, `None` for an account's own entry.
    pub(super) fn append(&mut self, about: About, state: Option<State>, draft: &LogDraft) -> Result<i64> {
        let mut detail = match &draft.detail {
            Value::Object(map) => map.clone(),
            Value::Null => serde_json::Map::new(),
            other => {
                return Err(LedgerError::Misuse(format!("a log detail must be a JSON object, not {other}")));
            }
        };
        let state = state.map(State::code);
        if let Some(state) = state {
            detail.insert("state".into(), Value::String(state.into()));
        }
        let detail = Value::Object(detail).to_string();
        let private = draft.private.as_ref().map(|value| {
            let (salt, text) = (crate::ids::salt(), value.to_string());
            let digest = chain::private_digest(&salt, &text);
            (salt, text, digest)
        });
        let book = &mut self.book;
        let (seq, prev) = (book.head_seq + 1, book.head_hash);
        let hash = chain::hash(
            &prev,
            &Fields {
                seq,
                at_ms: self.now_ms,
                account_id: about.account_id.map(|id| id.0),
                order_id: about.order_id.map(|id| id.0),
                order_no: about.order_no.as_ref().map(OrderNo::as_str),
                dispatch_id: about.dispatch_id.map(|id| id.0),
                generation: i64::from(about.generation),
                reference: about.reference.as_ref().map(Reference::as_str),
                kind: draft.kind.code(),
                state,
                detail: &detail,
                private_digest: private.as_ref().map(|p| p.2.as_slice()),
            },
        );
        book.pending.push(Entry {
            seq,
            at_ms: self.now_ms,
            about,
            kind: draft.kind.code(),
            state,
            detail,
            private,
            prev,
            hash,
        });
        book.head_seq = seq;
        book.head_hash = hash;
        Ok(seq)
    }

    /// Counts living orders that moved: `n` more (or fewer) of an account in a state.
    pub(super) fn count(&mut self, account: i64, state: State, n: i64) {
        *self.book.tally.entry((account, state.code())).or_default() += n;
    }

    /// Writes what the group appended and counted.
    pub(super) async fn flush(&mut self) -> Result<()> {
        let entries = std::mem::take(&mut self.book.pending);
        let wrote = !entries.is_empty();
        let mut entries = entries.into_iter().peekable();
        while entries.peek().is_some() {
            let chunk: Vec<Entry> = entries.by_ref().take(CHUNK).collect();
            self.insert_entries(chunk).await?;
        }
        let tally = std::mem::take(&mut self.book.tally);
        let moved: Vec<_> = tally.into_iter().filter(|(_, n)| *n != 0).collect();
        if wrote || !moved.is_empty() {
            let rows: Vec<Value> = moved.iter().map(|((a, s), n)| serde_json::json!([a, s, n])).collect();
            let (seq, hash) = (self.book.head_seq, self.book.head_hash.to_vec());
            // A count below nought would fail the insert's CHECK before the upsert, so what exists is moved first.
            self.run(
                "writing the log's head and counting orders",
                "UPDATE log_head SET seq = $1, hash = $2 WHERE id = 1;
                 INSERT OR IGNORE INTO tally (account_id, state, n) SELECT value->>0, value->>1, 0 FROM json_each($3);
                 UPDATE tally SET n = tally.n + (j.value->>2) FROM json_each($3) AS j
                 WHERE tally.account_id = j.value->>0 AND tally.state = j.value->>1",
                args(|a| {
                    a.add(seq)?;
                    a.add(hash)?;
                    a.add(Value::Array(rows).to_string())
                }),
            )
            .await?;
        }
        Ok(())
    }

    async fn insert_entries(&mut self, chunk: Vec<Entry>) -> Result<()> {
        let n = chunk.len();
        let sql = values(
            "INSERT INTO log (seq, at_ms, account_id, order_id, order_no, dispatch_id, generation, reference, kind, \
             state, detail, private, salt, private_digest, prev_hash, hash)",
            "(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
            n,
        );
        let arguments = args(|a| {
            a.reserve(n * 16, 0);
            for e in chunk {
                let (salt, private, digest) = match e.private {
                    Some((salt, text, digest)) => (Some(salt), Some(text), Some(digest.to_vec())),
                    None => (None, None, None),
                };
                a.add(e.seq)?;
                a.add(e.at_ms)?;
                a.add(e.about.account_id.map(|id| id.0))?;
                a.add(e.about.order_id.map(|id| id.0))?;
                a.add(e.about.order_no.map(|no| no.0))?;
                a.add(e.about.dispatch_id.map(|id| id.0))?;
                a.add(i64::from(e.about.generation))?;
                a.add(e.about.reference.map(|r| r.0))?;
                a.add(e.kind)?;
                a.add(e.state)?;
                a.add(e.detail)?;
                a.add(private)?;
                a.add(salt)?;
                a.add(digest)?;
                a.add(e.prev.to_vec())?;
                a.add(e.hash.to_vec())?;
            }
            Ok(())
        });
        self.bulk("appending to the log", sql, n, arguments).await?;
        Ok(())
    }

    /// Runs a fixed script. Parameters are `$1`, `$2` and so on, counted over the whole script.
    pub(super) async fn run(&mut self, context: &str, sql: &'static str, args: Args) -> Result<()> {
        sqlx::query_with(sql, args?).execute(&mut self.conn).await.doing(context)?;
        Ok(())
    }

    /// Runs a fixed script and collects the rows of all its statements. The raw error is left to the caller, who knows
    /// which constraints may be violated.
    pub(super) async fn rows(&mut self, sql: &'static str, args: Args) -> Result<Raw<Vec<SqliteRow>>> {
        Ok(sqlx::query_with(sql, args?).fetch_all(&mut self.conn).await)
    }

    /// Runs a statement over `n` rows of values. Only the usual sizes are kept prepared.
    pub(super) async fn bulk(&mut self, context: &str, sql: String, n: usize, args: Args) -> Result<()> {
        self.bulk_rows(sql, n, args).await?.doing(context)?;
        Ok(())
    }

    /// The same, with the rows it returns.
    pub(super) async fn bulk_rows(&mut self, sql: String, n: usize, args: Args) -> Result<Raw<Vec<SqliteRow>>> {
        let keep = n == CHUNK || n <= 8;
        Ok(sqlx::query_with(AssertSqlSafe(sql), args?).persistent(keep).fetch_all(&mut self.conn).await)
    }
}

/// A result with SQLite's own error.
pub(super) type Raw<T> = std::result::Result<T, sqlx::Error>;
/// Arguments, or why one could not be encoded.
pub(super) type Args = Result<SqliteArguments>;
type Encoded = std::result::Result<(), sqlx::error::BoxDynError>;

/// Collects arguments.
pub(super) fn args(fill: impl FnOnce(&mut SqliteArguments) -> Encoded) -> Args {
    let mut arguments = SqliteArguments::default();
    fill(&mut arguments).map_err(|e| LedgerError::Misuse(format!("a value cannot be written: {e}")))?;
    Ok(arguments)
}

/// `head VALUES row, row ..` with `n` rows.
pub(super) fn values(head: &str, row: &str, n: usize) -> String {
    let mut sql = String::with_capacity(head.len() + n * (row.len() + 1) + 16);
    sql.push_str(head);
    sql.push_str(" VALUES ");
    for place in 0..n {
        if place > 0 {
            sql.push(',');
        }
        sql.push_str(row);
    }
    sql
}

/// A list as JSON text, for `json_each`.
pub(super) fn list<T: serde::Serialize>(items: &[T]) -> Result<String> {
    serde_json::to_string(items).map_err(|e| LedgerError::Misuse(format!("a list cannot be written: {e}")))
}
