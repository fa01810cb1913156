//! Reading the reconciliation log, and erasing private evidence from it.

use super::error::{Doing, LedgerError, Result};
use super::rows::from_json;
use super::tx::{Tx, list};
use super::writer::Write;
use super::{Ledger, LedgerReader};
use crate::api::views::{LogQuery, LogView};
use crate::clock::rfc3339;
use crate::domain::{LogKind, OrderId, OrderNo, Seq};

/// Entries, with a tail and its arguments.
macro_rules! log_query {
    ($($tail:literal)+ $(, $argument:expr)*) => {
        sqlx::query!(
            r#"SELECT l.seq AS "seq!", l.at_ms AS "at_ms!", l.order_no AS "order_no?", a.name AS "account?",
                      l.generation AS "generation!: u32", l.reference AS "reference?", l.kind AS "kind!",
                      l.detail AS "detail!", l.private AS "private?", l.hash AS "hash!"
               FROM log l LEFT JOIN account a ON a.id = l.account_id "# $(+ $tail)+
            $(, $argument)*
        )
        .map(|row| {
            let what = "a log entry's kind".to_owned();
            Ok(LogView {
                seq: Seq(row.seq),
                at: rfc3339(row.at_ms),
                order_no: row.order_no.map(OrderNo),
                account: row.account,
                generation: row.generation,
                reference: row.reference,
                kind: LogKind::from_code(&row.kind).ok_or(LedgerError::Unreadable { what, why: row.kind })?,
                detail: from_json("a log entry's detail", &row.detail)?,
                evidence: row.private.map(|text| from_json("a log entry's evidence", &text)).transpose()?,
                hash: crate::domain::id::hex(&row.hash),
            })
        })
    };
}

struct Erase(OrderId);

impl Write for Erase {
    type Out = ();

    async fn run(&self, tx: &mut Tx) -> Result<()> {
        sqlx::query!(
            "UPDATE log SET private = NULL, salt = NULL WHERE order_id = $1 AND private IS NOT NULL",
            self.0.0
        )
        .execute(&mut tx.conn)
        .await
        .doing("erasing private evidence")?;
        Ok(())
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
        let kinds = list(&kinds)?;
        let order_no = query.order_no.as_ref().map(OrderNo::as_str);
        let (after, before) = (query.after.map_or(0, |s| s.0), query.before.map_or(i64::MAX, |s| s.0));
        let limit = if query.limit == 0 { 1_000 } else { query.limit };
        macro_rules! page {
            ($of:literal, $way:literal) => {
                log_query!(
                    $of " AND ($2 IS NULL OR a.name = $2) AND ($4 IS NULL OR l.at_ms >= $4)
                          AND ($3 = '[]' OR l.kind IN (SELECT value FROM json_each($3)))
                          AND l.seq > $5 AND l.seq < $6 ORDER BY l.seq " $way " LIMIT $7",
                    order_no, query.account, kinds, query.since_ms, after, before, limit
                )
                .fetch_all(&self.reading)
                .await
            };
        }
        let rows = match (order_no, query.newest_first) {
            (None, false) => page!("WHERE $1 IS NULL", "ASC"),
            (None, true) => page!("WHERE $1 IS NULL", "DESC"),
            (Some(_), false) => page!("WHERE l.order_id IN (SELECT id FROM orders WHERE order_no = $1)", "ASC"),
            (Some(_), true) => page!("WHERE l.order_id IN (SELECT id FROM orders WHERE order_no = $1)", "DESC"),
        };
        rows.doing("reading the log")?.into_iter().collect()
    }

    /// Everything about one order, oldest first.
    pub async fn order_log(&self, order: OrderId) -> Result<Vec<LogView>> {
        let rows = log_query!("WHERE l.order_id = $1 ORDER BY l.seq", order.0)
            .fetch_all(&self.reading)
            .await
            .doing("reading an order's log")?;
        rows.into_iter().collect()
    }

    /// The number of the last committed entry; 0 before any.
    pub async fn last_seq(&self) -> Result<Seq> {
        sqlx::query_scalar!("SELECT seq FROM log_head")
            .fetch_one(&self.reading)
            .await
            .doing("reading the log's head")
            .map(Seq)
    }
}
