//! What a sweep reads of the ledger, and telling its findings: each once.
//!
//! Its statements are few and seldom run. Not here: what a finding is (`sweep`).

use std::collections::HashSet;

use sqlx::Arguments;
use sqlx::sqlite::SqliteRow;

use super::error::{Doing, Result};
use super::rows::{at, state};
use super::tx::{About, Tx, args, list};
use super::writer::Write;
use super::{Ledger, LedgerReader};
use crate::domain::{AccountId, DispatchId, Fingerprint, LogDraft, OrderId, OrderNo, Reference, RemoteId};
use crate::sweep::{FindingKind, Known, SweepFinding};

/// Dispatches read at once.
const PAGE: i64 = 2_000;

/// Columns of a [`Known`], in the order that `known` reads them.
macro_rules! known_sql {
    ($tail:literal) => {
        concat!(
            "SELECT d.id, d.order_id, d.order_no, d.generation, d.reference, d.fingerprint, d.state, d.superseded,
                    d.remote_id, d.ended,
                    (SELECT count(*) FROM attempt t WHERE t.dispatch_id = d.id AND coalesce(t.outcome, '') <> 'not_sent'),
                    EXISTS (SELECT 1 FROM attempt t WHERE t.dispatch_id = d.id
                            AND (t.outcome IS NULL OR t.outcome IN ('unknown', 'exists'))),
                    (SELECT min(t.armed->>'$.wall_ms') FROM attempt t WHERE t.dispatch_id = d.id)
             FROM dispatch d ",
            $tail
        )
    };
}

fn known(row: &SqliteRow) -> Result<Known> {
    Ok(Known {
        id: DispatchId(at(row, 0)?),
        order_id: OrderId(at(row, 1)?),
        order_no: OrderNo(at(row, 2)?),
        generation: at(row, 3)?,
        reference: Reference(at(row, 4)?),
        fingerprint: Fingerprint(at(row, 5)?),
        state: state(at(row, 6)?)?,
        superseded: at(row, 7)?,
        remote_id: at::<Option<String>>(row, 8)?.map(RemoteId),
        ended: at(row, 9)?,
        attempts: at(row, 10)?,
        unknown: at(row, 11)?,
        armed_ms: at(row, 12)?,
    })
}

impl LedgerReader {
    /// When the first dispatch of an account was written down of which a request may have left, in milliseconds since the
    /// epoch. `None`: nothing was ever sent.
    pub async fn first_sent(&self, account: AccountId) -> Result<Option<i64>> {
        sqlx::query_scalar(
            "SELECT d.reserved_ms FROM dispatch d WHERE d.account_id = $1
             AND EXISTS (SELECT 1 FROM attempt t WHERE t.dispatch_id = d.id) ORDER BY d.id LIMIT 1",
        )
        .bind(account.0)
        .fetch_optional(&self.reading)
        .await
        .doing("looking for the first request")
    }

    /// Dispatches of an account that were written down from then on. They are numbered in the order of time.
    pub async fn dispatched_since(&self, account: AccountId, since_ms: i64) -> Result<Vec<Known>> {
        let mut after = self.last_before(since_ms).await?;
        let mut found = Vec::new();
        loop {
            let rows = sqlx::query(known_sql!("WHERE d.id > $2 AND d.account_id = $1 ORDER BY d.id LIMIT $3"))
                .bind(account.0)
                .bind(after)
                .bind(PAGE)
                .fetch_all(&self.reading)
                .await
                .doing("reading the dispatches since a time")?;
            for row in &rows {
                found.push(known(row)?);
            }
            match found.last() {
                Some(last) if rows.len() as i64 == PAGE => after = last.id.0,
                Some(_) | None => return Ok(found),
            }
        }
    }

    /// The last dispatch that was written down before a time. There is no index of times: the place is halved in on.
    async fn last_before(&self, since_ms: i64) -> Result<i64> {
        let max: Option<i64> = sqlx::query_scalar("SELECT max(id) FROM dispatch")
            .fetch_one(&self.reading)
            .await
            .doing("looking for a time")?;
        let (mut low, mut high) = (0, max.unwrap_or(0));
        while low < high {
            let middle = low + (high - low + 1) / 2;
            let reserved: Option<i64> =
                sqlx::query_scalar("SELECT reserved_ms FROM dispatch WHERE id >= $1 ORDER BY id LIMIT 1")
                    .bind(middle)
                    .fetch_optional(&self.reading)
                    .await
                    .doing("looking for a time")?;
            if reserved.is_some_and(|ms| ms < since_ms) { low = middle } else { high = middle - 1 }
        }
        Ok(low)
    }

    /// The dispatches of an account that bear one of these references, or are bound to one of these platform orders.
    pub async fn known_by(&self, account: AccountId, references: &[&str], remote_ids: &[&str]) -> Result<Vec<Known>> {
        let mut found = Vec::new();
        let bear = known_sql!("WHERE d.account_id = $1 AND d.reference IN (SELECT value FROM json_each($2))");
        let bound = known_sql!("WHERE d.account_id = $1 AND d.remote_id IN (SELECT value FROM json_each($2))");
        for (sql, names) in [(bear, references), (bound, remote_ids)] {
            let rows = sqlx::query(sql)
                .bind(account.0)
                .bind(list(names)?)
                .fetch_all(&self.reading)
                .await
                .doing("reading who owns platform orders")?;
            for row in &rows {
                found.push(known(row)?);
            }
        }
        Ok(found)
    }

    /// Order numbers of an account with the last generation of each, newest first, deleted ones too. `before`: the last row
    /// of the page before.
    pub async fn numbers(
        &self,
        account: AccountId,
        before: OrderId,
        limit: u32,
    ) -> Result<Vec<(OrderId, OrderNo, u32)>> {
        let rows = sqlx::query(
            "SELECT id, order_no, generation FROM orders WHERE account_id = $1 AND id < $2 ORDER BY id DESC LIMIT $3",
        )
        .bind(account.0)
        .bind(before.0)
        .bind(limit)
        .fetch_all(&self.reading)
        .await
        .doing("reading order numbers")?;
        rows.iter().map(|row| Ok((OrderId(at(row, 0)?), OrderNo(at(row, 1)?), at(row, 2)?))).collect()
    }
}

/// Findings of one account.
struct Tell(AccountId, Vec<SweepFinding>);

const TOLD: &str = "
SELECT detail->>'$.platform_order_id', detail->>'$.finding' FROM log WHERE kind = 'incident' AND account_id = $1;";

const ORDER: &str = "SELECT state FROM orders WHERE id = $1 AND deleted_ms IS NULL;";

impl Write for Tell {
    type Out = Vec<bool>;

    async fn run(&self, tx: &mut Tx) -> Result<Vec<bool>> {
        let mut told = HashSet::new();
        for row in &tx.rows(TOLD, args(|a| a.add(self.0.0))).await?.doing("reading incidents")? {
            let missing = at::<Option<String>>(row, 1)?.as_deref() == Some(FindingKind::Missing.code());
            told.insert((at::<Option<String>>(row, 0)?.unwrap_or_default(), missing));
        }
        let mut before = Vec::with_capacity(self.1.len());
        for finding in &self.1 {
            let missing = finding.kind == FindingKind::Missing;
            let fresh = told.insert((finding.platform_order_id.0.clone(), missing));
            before.push(!fresh);
            if let Some(entry) = finding.entry().filter(|_| fresh) {
                self.tell(tx, finding, &entry).await?;
            }
        }
        Ok(before)
    }
}

impl Tell {
    /// With the order it is about, if that is not deleted; else it is the account's.
    async fn tell(&self, tx: &mut Tx, finding: &SweepFinding, entry: &LogDraft) -> Result<()> {
        let mut about = About {
            account_id: Some(self.0),
            order_no: finding.order_no.clone(),
            generation: finding.generation,
            reference: finding.reference.clone().map(Reference),
            ..About::default()
        };
        let mut stands = None;
        if let Some((order, dispatch)) = finding.about {
            let rows = tx.rows(ORDER, args(|a| a.add(order.0))).await?.doing("reading where an order stands")?;
            if let Some(row) = rows.first() {
                stands = Some(state(at(row, 0)?)?);
                (about.order_id, about.dispatch_id) = (Some(order), Some(dispatch));
            }
        }
        tx.append(about, stands, entry).map(|_| ())
    }
}

impl Ledger {
    /// Writes findings of an account down, each once: whether the log had told of it before.
    pub async fn tell_findings(&self, account: AccountId, findings: Vec<SweepFinding>) -> Result<Vec<bool>> {
        self.write(Tell(account, findings)).await
    }
}
