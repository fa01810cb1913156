//! Reading the reconciliation log, and erasing private evidence from it.

use serde_json::Value;
use sqlx::Arguments;
use sqlx::sqlite::SqliteRow;

use super::error::{Doing, LedgerError, Result};
use super::rows::{from_json, get};
use super::tx::{Tx, args, list};
use super::writer::Write;
use super::{Ledger, LedgerReader};
use crate::api::views::{LogQuery, LogView};
use crate::clock::rfc3339;
use crate::domain::{LogKind, OrderId, OrderNo, Seq};

macro_rules! log_sql {
    ($tail:literal) => {
        concat!(
            "SELECT l.seq, l.at_ms, l.order_no, a.name AS account, l.generation, l.reference, l.kind, l.detail, \
             l.private, l.hash FROM log l LEFT JOIN account a ON a.id = l.account_id ",
            $tail
        )
    };
}

fn entry(row: &SqliteRow) -> Result<LogView> {
    let kind: &str = get(row, "kind")?;
    let private: Option<String> = get(row, "private")?;
    let hash: Vec<u8> = get(row, "hash")?;
    Ok(LogView {
        seq: Seq(get(row, "seq")?),
        at: rfc3339(get(row, "at_ms")?),
        order_no: get::<Option<String>>(row, "order_no")?.map(OrderNo),
        account: get(row, "account")?,
        generation: get(row, "generation")?,
        reference: get(row, "reference")?,
        kind: LogKind::from_code(kind)
            .ok_or_else(|| LedgerError::Unreadable { what: "a log entry's kind".into(), why: kind.to_owned() })?,
        detail: from_json("a log entry's detail", get(row, "detail")?)?,
        evidence: private.map(|text| from_json::<Value>("a log entry's evidence", &text)).transpose()?,
        hash: crate::domain::id::hex(&hash),
    })
}

/// Entries of one order, whichever way they are asked for.
const PAGE_OLDEST: &str = log_sql!(
    "WHERE ($1 IS NULL OR l.order_id IN (SELECT id FROM orders WHERE order_no = $1)) \
     AND ($2 IS NULL OR a.name = $2) AND ($3 = '[]' OR l.kind IN (SELECT value FROM json_each($3))) \
     AND ($4 IS NULL OR l.at_ms >= $4) AND l.seq > $5 AND l.seq < $6 ORDER BY l.seq LIMIT $7"
);
const PAGE_NEWEST: &str = log_sql!(
    "WHERE ($1 IS NULL OR l.order_id IN (SELECT id FROM orders WHERE order_no = $1)) \
     AND ($2 IS NULL OR a.name = $2) AND ($3 = '[]' OR l.kind IN (SELECT value FROM json_each($3))) \
     AND ($4 IS NULL OR l.at_ms >= $4) AND l.seq > $5 AND l.seq < $6 ORDER BY l.seq DESC LIMIT $7"
);
const ORDER_OLDEST: &str = log_sql!(
    "WHERE l.order_id IN (SELECT id FROM orders WHERE order_no = $1) \
     AND ($2 IS NULL OR a.name = $2) AND ($3 = '[]' OR l.kind IN (SELECT value FROM json_each($3))) \
     AND ($4 IS NULL OR l.at_ms >= $4) AND l.seq > $5 AND l.seq < $6 ORDER BY l.seq LIMIT $7"
);
const ORDER_NEWEST: &str = log_sql!(
    "WHERE l.order_id IN (SELECT id FROM orders WHERE order_no = $1) \
     AND ($2 IS NULL OR a.name = $2) AND ($3 = '[]' OR l.kind IN (SELECT value FROM json_each($3))) \
     AND ($4 IS NULL OR l.at_ms >= $4) AND l.seq > $5 AND l.seq < $6 ORDER BY l.seq DESC LIMIT $7"
);

struct Erase(OrderId);

impl Write for Erase {
    type Out = ();

    async fn run(&self, tx: &mut Tx) -> Result<()> {
        tx.run(
            "erasing private evidence",
            "UPDATE log SET private = NULL, salt = NULL WHERE order_id = $1 AND private IS NOT NULL",
            args(|a| a.add(self.0.0)),
        )
        .await
    }
}

impl Ledger {
    /// Erases the private evidence of an order's log entries. The chain still verifies.
    pub async fn erase_evidence(&self, order: OrderId) -> Result<()> {
        self.write(Erase(order)).await
    }
}

impl LedgerReader {
    /// A page of the log. A limit of 0 means a thousand.
    pub async fn log_page(&self, query: &LogQuery) -> Result<Vec<LogView>> {
        let kinds: Vec<&str> = query.kinds.iter().map(|k| k.code()).collect();
        let sql = match (&query.order_no, query.newest_first) {
            (None, false) => PAGE_OLDEST,
            (None, true) => PAGE_NEWEST,
            (Some(_), false) => ORDER_OLDEST,
            (Some(_), true) => ORDER_NEWEST,
        };
        let rows = sqlx::query(sql)
            .bind(query.order_no.as_ref().map(OrderNo::as_str))
            .bind(query.account.as_deref())
            .bind(list(&kinds)?)
            .bind(query.since_ms)
            .bind(query.after.map_or(0, |s| s.0))
            .bind(query.before.map_or(i64::MAX, |s| s.0))
            .bind(if query.limit == 0 { 1_000 } else { query.limit })
            .fetch_all(&self.pool)
            .await
            .doing("reading the log")?;
        rows.iter().map(entry).collect()
    }

    /// Everything about one order, oldest first.
    pub async fn order_log(&self, order: OrderId) -> Result<Vec<LogView>> {
        let rows = sqlx::query(log_sql!("WHERE l.order_id = $1 ORDER BY l.seq"))
            .bind(order.0)
            .fetch_all(&self.pool)
            .await
            .doing("reading an order's log")?;
        rows.iter().map(entry).collect()
    }

    /// The number of the last committed entry; 0 before any.
    pub async fn last_seq(&self) -> Result<Seq> {
        sqlx::query_scalar("SELECT seq FROM log_head")
            .fetch_one(&self.pool)
            .await
            .doing("reading the log's head")
            .map(Seq)
    }
}
