//! Checking a ledger: SQLite's own checks, the log's chain, and every invariant that can be read off the rows.
//!
//! Nothing is trusted because an index is there: each uniqueness is asked for by a query. Pages keep memory bounded.

use std::ops::ControlFlow;

use sqlx::SqliteConnection;
use sqlx::sqlite::SqliteRow;

use super::LedgerReader;
use super::chain::{self, Fields};
use super::error::{Doing, Result};
use super::never::NEVER;
use super::rows::get;
use crate::api::views::Verification;
use crate::domain::{Broken, Invariant, LogKind, State};

/// Entries or rows read at once.
const PAGE: i64 = 2_000;
/// What is broken is named so often for each check, then only counted.
const NAMED: usize = 50;

/// What is found, with a bound on how much of it is told.
struct Findings {
    broken: Vec<Broken>,
    /// What is being looked at.
    invariant: Invariant,
    here: usize,
    untold: usize,
}

impl Findings {
    fn new() -> Findings {
        Findings { broken: Vec::new(), invariant: Invariant::Told, here: 0, untold: 0 }
    }

    fn add(&mut self, what: String) {
        self.here += 1;
        if self.here <= NAMED { self.broken.push(Broken::new(self.invariant, what)) } else { self.untold += 1 }
    }

    /// Ends a check.
    fn next(&mut self) {
        if self.untold > 0 {
            let more = format!("and {} more of the same kind", self.untold);
            self.broken.push(Broken::new(self.invariant, more));
        }
        (self.here, self.untold) = (0, 0);
    }
}

impl LedgerReader {
    /// Checks everything, in one snapshot. An error only where the file cannot be read at all; what is broken is
    /// told in the answer.
    pub async fn verify(&self) -> Result<Verification> {
        let mut conn = self.reading.pool.begin().await.doing("checking the ledger")?;
        let mut found = Findings::new();
        integrity(&mut conn, &mut found).await?;
        let entries = check_chain(&mut conn, &mut found).await?;
        let orders = check_folds(&mut conn, &mut found).await?;
        for (invariant, sql) in NEVER {
            found.invariant = *invariant;
            let places: Vec<Option<String>> =
                sqlx::query_scalar(*sql).fetch_all(&mut *conn).await.doing("checking an invariant")?;
            places.into_iter().for_each(|place| found.add(place.unwrap_or_else(|| "a row that does not read".into())));
            found.next();
        }
        let _ = conn.rollback().await;
        Ok(Verification { ok: found.broken.is_empty(), entries, orders, broken: found.broken })
    }
}

async fn integrity(conn: &mut SqliteConnection, found: &mut Findings) -> Result<()> {
    let said: Vec<String> =
        sqlx::query_scalar("PRAGMA integrity_check").fetch_all(&mut *conn).await.doing("checking integrity")?;
    said.into_iter().filter(|line| line != "ok").for_each(|line| found.add(format!("SQLite says: {line}")));
    found.next();
    let keys = sqlx::query("PRAGMA foreign_key_check").fetch_all(&mut *conn).await.doing("checking foreign keys")?;
    for row in &keys {
        let (table, parent): (String, String) = (get(row, "table")?, get(row, "parent")?);
        let rowid: Option<i64> = get(row, "rowid")?;
        found.add(format!("row {} of {table} points at no row of {parent}", rowid.unwrap_or(0)));
    }
    found.next();
    Ok(())
}

/// Whether an entry is whole; its hash is handed on to the next.
fn check_entry(row: &SqliteRow, seq: i64, prev: &[u8], found: &mut Findings) -> Result<Vec<u8>> {
    let private: Option<&str> = get(row, "private")?;
    let salt: Option<&str> = get(row, "salt")?;
    let digest: Option<Vec<u8>> = get(row, "private_digest")?;
    let stored: Vec<u8> = get(row, "hash")?;
    let stored_prev: Vec<u8> = get(row, "prev_hash")?;
    let hash = chain::hash(
        &stored_prev,
        &Fields {
            seq,
            at_ms: get(row, "at_ms")?,
            account_id: get(row, "account_id")?,
            order_id: get(row, "order_id")?,
            order_no: get(row, "order_no")?,
            dispatch_id: get(row, "dispatch_id")?,
            generation: get(row, "generation")?,
            reference: get(row, "reference")?,
            kind: get(row, "kind")?,
            state: get(row, "state")?,
            detail: get(row, "detail")?,
            private_digest: digest.as_deref(),
        },
    );
    if hash.as_slice() != stored {
        found.add(format!("log entry {seq} was changed: its hash does not fit its content"));
    } else if stored_prev != prev {
        found.add(format!("log entry {seq} does not follow the entry before it: one was changed or removed"));
    }
    if let (Some(private), Some(salt)) = (private, salt)
        && digest.as_deref() != Some(chain::private_digest(salt, private).as_slice())
    {
        found.add(format!("the evidence of log entry {seq} was changed"));
    }
    Ok(stored)
}

async fn check_chain(conn: &mut SqliteConnection, found: &mut Findings) -> Result<i64> {
    let (mut last, mut prev, mut entries) = (0_i64, vec![0_u8; 32], 0_i64);
    loop {
        let rows = sqlx::query(
            "SELECT seq, at_ms, account_id, order_id, order_no, dispatch_id, generation, reference, kind, state,
                    detail, private, salt, private_digest, prev_hash, hash
             FROM log WHERE seq > $1 ORDER BY seq LIMIT $2",
        )
        .bind(last)
        .bind(PAGE)
        .fetch_all(&mut *conn)
        .await
        .doing("reading the log")?;
        if rows.is_empty() {
            break;
        }
        for row in &rows {
            let seq: i64 = get(row, "seq")?;
            if seq != last + 1 {
                found.add(format!("log entries {} to {} are missing", last + 1, seq - 1));
            }
            prev = check_entry(row, seq, &prev, found)?;
            last = seq;
            entries += 1;
        }
    }
    found.next();
    let head = sqlx::query!("SELECT seq, hash FROM log_head")
        .fetch_optional(&mut *conn)
        .await
        .doing("reading the log's head")?;
    match head {
        None => found.add("the log has no head".into()),
        Some(row) => {
            let (seq, hash) = (row.seq, row.hash);
            if seq > last {
                found.add(format!("log entries {} to {seq} are missing: the log was cut off", last + 1));
            } else if seq < last {
                found.add(format!("the log goes to entry {last}, its head says {seq}"));
            } else if hash != prev {
                found.add(format!("the log's head does not fit entry {last}"));
            }
        }
    }
    found.next();
    Ok(entries)
}

/// Folds each order's log and compares. Reads the log in the order of orders, a page at a time.
async fn check_folds(conn: &mut SqliteConnection, found: &mut Findings) -> Result<i64> {
    let (mut after, mut orders) = (0_i64, 0_i64);
    loop {
        let rows =
            sqlx::query!("SELECT id, order_no, state FROM orders WHERE id > $1 ORDER BY id LIMIT $2", after, PAGE)
                .fetch_all(&mut *conn)
                .await
                .doing("reading orders")?;
        let Some(end) = rows.last() else { break };
        let end = end.id;
        let mut folds: std::collections::HashMap<i64, Fold> =
            rows.iter().map(|row| (row.id, Fold { order_no: row.order_no.clone(), ..Fold::new() })).collect();
        fold_entries(conn, after, end, &mut folds).await?;
        for row in &rows {
            let Some(fold) = folds.remove(&row.id) else { continue };
            fold.judge(&row.state, found);
            orders += 1;
        }
        after = end;
    }
    found.next();
    Ok(orders)
}

struct Fold {
    order_no: String,
    state: ControlFlow<String, State>,
    entries: u64,
}

impl Fold {
    fn new() -> Fold {
        Fold { order_no: String::new(), state: ControlFlow::Continue(State::Draft), entries: 0 }
    }

    /// One more entry: the same rule as `domain::log::fold`, a step at a time.
    fn step(&mut self, seq: i64, kind: &str, to: Option<&str>) {
        self.entries += 1;
        let ControlFlow::Continue(from) = self.state else { return };
        let read = LogKind::from_code(kind).zip(to.and_then(State::from_code));
        self.state = match read {
            Some((kind, to)) if from.may_become(kind, to) => ControlFlow::Continue(to),
            Some((kind, to)) => {
                ControlFlow::Break(format!("entry {seq}: {} cannot lead from {from} to {to}", kind.code()))
            }
            None => ControlFlow::Break(format!("entry {seq}: {kind} to {} does not read", to.unwrap_or("nothing"))),
        };
    }

    fn judge(self, stored: &str, found: &mut Findings) {
        let no = &self.order_no;
        match self.state {
            ControlFlow::Break(why) => found.add(format!("the log of order {no} does not fold: {why}")),
            ControlFlow::Continue(_) if self.entries == 0 => found.add(format!("order {no} has no log entry")),
            ControlFlow::Continue(state) if state.code() != stored => {
                found.add(format!("order {no} is {stored}, its log comes to {state}"));
            }
            ControlFlow::Continue(_) => {}
        }
    }
}

async fn fold_entries(
    conn: &mut SqliteConnection,
    after: i64,
    end: i64,
    folds: &mut std::collections::HashMap<i64, Fold>,
) -> Result<()> {
    let (mut order, mut seq) = (after, i64::MAX);
    loop {
        let rows = sqlx::query!(
            r#"SELECT order_id AS "order_id!", seq AS "seq!", kind, state FROM log WHERE order_id IS NOT NULL
               AND order_id <= $1 AND (order_id, seq) > ($2, $3) ORDER BY order_id, seq LIMIT $4"#,
            end,
            order,
            seq,
            PAGE
        )
        .fetch_all(&mut *conn)
        .await
        .doing("reading the log")?;
        let Some(last) = rows.last() else { return Ok(()) };
        (order, seq) = (last.order_id, last.seq);
        for row in &rows {
            if let Some(fold) = folds.get_mut(&row.order_id) {
                fold.step(row.seq, &row.kind, row.state.as_deref());
            }
        }
    }
}
