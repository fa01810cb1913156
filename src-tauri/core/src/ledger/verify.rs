//! Checking a ledger: SQLite's own checks, the log's chain, and every invariant that can be read off the rows.
//!
//! Nothing is trusted because an index is there: each uniqueness is asked for by a query. Pages keep memory bounded.

use std::ops::ControlFlow;

use sqlx::SqliteConnection;
use sqlx::sqlite::SqliteRow;

use super::LedgerReader;
use super::chain::{self, Fields};
use super::error::{Doing, Result};
use super::rows::get;
use crate::api::views::Verification;
use crate::domain::{LogKind, State};

/// Entries or rows read at once.
const PAGE: i64 = 2_000;
/// What is broken is named so often for each check, then only counted.
const NAMED: usize = 50;

/// What is found, with a bound on how much of it is told.
#[derive(Default)]
struct Findings {
    broken: Vec<String>,
    here: usize,
    untold: usize,
}

impl Findings {
    fn add(&mut self, what: String) {
        self.here += 1;
        if self.here <= NAMED { self.broken.push(what) } else { self.untold += 1 }
    }

    /// Ends a check.
    fn next(&mut self) {
        if self.untold > 0 {
            self.broken.push(format!("and {} more of the same kind", self.untold));
        }
        (self.here, self.untold) = (0, 0);
    }
}

/// Each finds rows that must not be, as one column of text that names the place.
const NEVER: &[&str] = &[
    "SELECT 'platform order ' || remote_id || ' is bound to ' || count(*) || ' dispatches of account '
            || account_id || ': orders ' || group_concat(order_no, ', ')
     FROM dispatch NOT INDEXED WHERE remote_id IS NOT NULL GROUP BY account_id, remote_id HAVING count(*) > 1",
    "SELECT 'order ' || min(order_no) || ' is held by ' || count(*) || ' dispatches' FROM dispatch NOT INDEXED
     WHERE superseded = 0 AND state IN ('queued', 'sending', 'in_doubt', 'needs_review', 'dispatched', 'closed')
     GROUP BY order_id HAVING count(*) > 1",
    "SELECT 'look-alikes ' || group_concat(order_no, ', ') || ' are under way at once' FROM dispatch NOT INDEXED
     WHERE superseded = 0 AND serialised = 1 AND state IN ('sending', 'in_doubt', 'needs_review')
     GROUP BY account_id, fingerprint HAVING count(*) > 1",
    "SELECT 'reference ' || reference || ' stands in ' || count(*) || ' dispatches' FROM dispatch NOT INDEXED
     GROUP BY reference HAVING count(*) > 1",
    "SELECT 'number ' || order_no || ' stands twice in account ' || account_id FROM orders NOT INDEXED
     WHERE deleted_ms IS NULL GROUP BY account_id, order_no HAVING count(*) > 1",
    "SELECT 'order ' || o.order_no || ' is ' || o.state || ', its dispatch ' || d.id || ' is ' || d.state
     FROM orders o JOIN dispatch d ON d.id = o.dispatch_id WHERE o.state <> d.state AND o.deleted_ms IS NULL",
    "SELECT 'order ' || o.order_no || ' points at dispatch ' || o.dispatch_id || ', which is not its own'
     FROM orders o LEFT JOIN dispatch d ON d.id = o.dispatch_id
     WHERE o.dispatch_id IS NOT NULL AND d.order_id IS NOT o.id",
    "SELECT 'order ' || o.order_no || ' is ' || o.state || ' without a dispatch' FROM orders o
     WHERE o.dispatch_id IS NULL AND o.state NOT IN ('draft', 'refused', 'cancelled')",
    "SELECT 'dispatch ' || d.id || ' of order ' || d.order_no || ' is ' || d.state || ' and is not current'
     FROM dispatch d JOIN orders o ON o.id = d.order_id
     WHERE d.superseded = 0 AND d.id IS NOT o.dispatch_id
           AND d.state IN ('queued', 'sending', 'in_doubt', 'needs_review', 'dispatched', 'closed')",
    "SELECT 'dispatch ' || d.id || ' of order ' || d.order_no || ' is ' || d.state || ' without an attempt'
     FROM dispatch d WHERE d.state IN ('sending', 'in_doubt')
     AND NOT EXISTS (SELECT 1 FROM attempt t WHERE t.dispatch_id = d.id)",
    "SELECT 'dispatch ' || d.id || ' of order ' || d.order_no || ' is dispatched and not bound' FROM dispatch d
     WHERE d.state = 'dispatched' AND d.remote_id IS NULL",
    "SELECT 'attempts of dispatch ' || dispatch_id || ' are not numbered from 1' FROM attempt
     GROUP BY dispatch_id HAVING min(n) <> 1 OR max(n) <> count(*)",
    "SELECT 'order ' || o.order_no || ': its last generation is ' || o.generation || ', its dispatches end at '
            || max(d.generation)
     FROM orders o JOIN dispatch d ON d.order_id = o.id GROUP BY o.id HAVING o.generation <> max(d.generation)",
    "SELECT 'order ' || order_no || ': its generations are not gapless' FROM dispatch
     GROUP BY order_id HAVING max(generation) - min(generation) + 1 <> count(*)",
    "SELECT 'dispatch ' || d.id || ' of order ' || d.order_no || ' has ' || d.attempts || ' attempts and '
            || d.entries || ' send_started entries'
     FROM (SELECT d.id, d.order_no, (SELECT count(*) FROM attempt t WHERE t.dispatch_id = d.id) AS attempts,
                  (SELECT count(*) FROM log l WHERE l.order_id = d.order_id AND l.dispatch_id = d.id
                   AND l.kind = 'send_started') AS entries FROM dispatch d) d
     WHERE d.attempts <> d.entries",
    "SELECT 'dispatch ' || d.id || ' of order ' || d.order_no || ' has no reserved entry' FROM dispatch d
     WHERE NOT EXISTS (SELECT 1 FROM log l WHERE l.order_id = d.order_id AND l.dispatch_id = d.id
                       AND l.kind = 'reserved')",
    "SELECT 'dispatch ' || d.id || ' of order ' || d.order_no || ' is bound without a bound entry' FROM dispatch d
     WHERE d.remote_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM log l WHERE l.order_id = d.order_id
           AND l.dispatch_id = d.id AND l.kind = 'bound')",
    "SELECT 'entry ' || l.seq || ' binds order ' || l.order_no || ' to ' || l.remote || ', its dispatch says '
            || coalesce(d.remote_id, 'nothing')
     FROM (SELECT seq, order_no, dispatch_id,
                  coalesce(detail->>'$.platform_order_id', detail->>'$.remote_id') AS remote
           FROM log WHERE kind = 'bound') l LEFT JOIN dispatch d ON d.id = l.dispatch_id
     WHERE l.remote IS NOT NULL AND d.remote_id IS NOT l.remote",
    "SELECT 'account ' || t.account_id || ' counts ' || t.n || ' orders as ' || t.state || ', there are '
            || (SELECT count(*) FROM orders o WHERE o.account_id = t.account_id AND o.state = t.state
                AND o.deleted_ms IS NULL)
     FROM tally t WHERE t.n <> (SELECT count(*) FROM orders o WHERE o.account_id = t.account_id
                                AND o.state = t.state AND o.deleted_ms IS NULL)",
    "SELECT 'orders of account ' || o.account_id || ' that are ' || o.state || ' are not counted' FROM orders o
     WHERE o.deleted_ms IS NULL AND NOT EXISTS (SELECT 1 FROM tally t WHERE t.account_id = o.account_id
                                                AND t.state = o.state) GROUP BY o.account_id, o.state",
];

impl LedgerReader {
    /// Checks everything, in one snapshot. An error only where the file cannot be read at all; what is broken is
    /// told in the answer.
    pub async fn verify(&self) -> Result<Verification> {
        let mut conn = self.pool.begin().await.doing("checking the ledger")?;
        let mut found = Findings::default();
        integrity(&mut conn, &mut found).await?;
        let entries = check_chain(&mut conn, &mut found).await?;
        let orders = check_folds(&mut conn, &mut found).await?;
        for sql in NEVER {
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
