//! Reading dispatches: whole ones for a decision, light rows for planning.

use sqlx::sqlite::SqliteRow;

use super::LedgerReader;
use super::error::{Doing, LedgerError, Result};
use super::rows::{self, at, dispatch_sql, from_json, state};
use super::tx::list;
use crate::domain::http::HttpRequest;
use crate::domain::{
    AccountId, Dispatch, DispatchId, Fingerprint, OrderId, OrderNo, Reference, RemoteId, Stamp, State,
};

/// An open dispatch, as far as planning needs it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenDispatch {
    /// Its row.
    pub id: DispatchId,
    /// Its account.
    pub account_id: AccountId,
    /// Its order.
    pub order_id: OrderId,
    /// The merchant's number.
    pub order_no: OrderNo,
    /// Where it stands.
    pub state: State,
    /// What makes it look like another.
    pub fingerprint: Fingerprint,
    /// Whether look-alikes go one after the other.
    pub serialised: bool,
    /// When something is due; `None`: at once, or not before somebody acts.
    pub next_at: Option<Stamp>,
}

/// A bound order that a lookup ought to show.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownOrder {
    /// The platform's id.
    pub remote_id: RemoteId,
    /// The reference it was made with.
    pub reference: Reference,
    /// When the first attempt that may have made it was armed: it is no older than that.
    pub armed: Stamp,
}

macro_rules! open_sql {
    ($tail:literal) => {
        concat!(
            "SELECT d.id, d.account_id, d.order_id, d.order_no, d.state, d.fingerprint, d.serialised, \
             d.progress->'$.next_at' FROM dispatch d ",
            $tail
        )
    };
}

fn open_row(row: &SqliteRow) -> Result<OpenDispatch> {
    let next: Option<String> = at(row, 7)?;
    Ok(OpenDispatch {
        id: DispatchId(at(row, 0)?),
        account_id: AccountId(at(row, 1)?),
        order_id: OrderId(at(row, 2)?),
        order_no: OrderNo(at(row, 3)?),
        state: state(at(row, 4)?)?,
        fingerprint: Fingerprint(at(row, 5)?),
        serialised: at(row, 6)?,
        next_at: next.map(|text| from_json("a stamp", &text)).transpose()?,
    })
}

impl LedgerReader {
    /// One dispatch with its attempts.
    pub async fn dispatch(&self, id: DispatchId) -> Result<Dispatch> {
        let found = self.dispatches(&[id]).await?;
        found.into_iter().next().ok_or_else(|| LedgerError::NotFound { what: format!("dispatch in row {id}") })
    }

    /// These dispatches with their attempts, by row; missing ones are left out.
    pub async fn dispatches(&self, ids: &[DispatchId]) -> Result<Vec<Dispatch>> {
        let rows = sqlx::query(dispatch_sql!("WHERE d.id IN (SELECT value FROM json_each($1)) ORDER BY d.id"))
            .bind(list(ids)?)
            .fetch_all(&self.pool)
            .await
            .doing("reading dispatches")?;
        rows.iter().map(rows::dispatch).collect()
    }

    /// The current dispatch of an order.
    pub async fn current_dispatch(&self, order: OrderId) -> Result<Option<Dispatch>> {
        let row = sqlx::query(dispatch_sql!("JOIN orders o ON o.dispatch_id = d.id WHERE o.id = $1"))
            .bind(order.0)
            .fetch_optional(&self.pool)
            .await
            .doing("reading a dispatch")?;
        row.as_ref().map(rows::dispatch).transpose()
    }

    /// The exact request of a dispatch, as stored.
    pub async fn stored_request(&self, id: DispatchId) -> Result<HttpRequest> {
        let text: Option<String> = sqlx::query_scalar("SELECT request FROM dispatch WHERE id = $1")
            .bind(id.0)
            .fetch_optional(&self.pool)
            .await
            .doing("reading a stored request")?;
        let text = text.ok_or_else(|| LedgerError::NotFound { what: format!("dispatch in row {id}") })?;
        from_json("a stored request", &text)
    }

    /// Dispatches that are sending, in doubt or in review.
    pub async fn unsettled(&self) -> Result<Vec<OpenDispatch>> {
        let rows = sqlx::query(open_sql!(
            "WHERE d.state IN ('sending', 'in_doubt', 'needs_review') AND d.superseded = 0 ORDER BY d.id"
        ))
        .fetch_all(&self.pool)
        .await
        .doing("reading open dispatches")?;
        rows.iter().map(open_row).collect()
    }

    /// Queued dispatches of an account in the order of their reservation, after `after`.
    pub async fn queued(&self, account: AccountId, after: DispatchId, limit: u32) -> Result<Vec<OpenDispatch>> {
        let rows = sqlx::query(open_sql!(
            "WHERE d.account_id = $1 AND d.state = 'queued' AND d.id > $2 ORDER BY d.id LIMIT $3"
        ))
        .bind(account.0)
        .bind(after.0)
        .bind(limit)
        .fetch_all(&self.pool)
        .await
        .doing("reading the queue")?;
        rows.iter().map(open_row).collect()
    }

    /// Every open dispatch: queued, sending, in doubt.
    pub async fn open_dispatches(&self) -> Result<Vec<OpenDispatch>> {
        let rows = sqlx::query(open_sql!(
            "WHERE d.id IN (SELECT q.id FROM account a CROSS JOIN dispatch q INDEXED BY dispatch_queued
                                ON q.account_id = a.id WHERE q.state = 'queued'
                            UNION ALL SELECT i.id FROM dispatch i WHERE i.superseded = 0
                                AND i.state IN ('sending', 'in_doubt', 'needs_review') AND i.state <> 'needs_review')
             ORDER BY d.id"
        ))
        .fetch_all(&self.pool)
        .await
        .doing("reading open dispatches")?;
        rows.iter().map(open_row).collect()
    }

    /// Who holds a fingerprint where look-alikes are serialised.
    pub async fn holder_of_fingerprint(
        &self,
        account: AccountId,
        fingerprint: &Fingerprint,
    ) -> Result<Option<(OrderNo, State, DispatchId)>> {
        let row = sqlx::query(
            "SELECT order_no, state, id FROM dispatch WHERE account_id = $1 AND fingerprint = $2
             AND state IN ('sending', 'in_doubt', 'needs_review') AND serialised = 1 AND superseded = 0",
        )
        .bind(account.0)
        .bind(fingerprint.as_str())
        .fetch_optional(&self.pool)
        .await
        .doing("looking for a look-alike")?;
        row.map(|row| Ok((OrderNo(at(&row, 0)?), state(at(&row, 1)?)?, DispatchId(at(&row, 2)?)))).transpose()
    }

    /// How many queued look-alikes wait behind a fingerprint.
    pub async fn waiting_behind(&self, account: AccountId, fingerprint: &Fingerprint) -> Result<u32> {
        sqlx::query_scalar(
            "SELECT count(*) FROM dispatch WHERE account_id = $1 AND fingerprint = $2 AND state = 'queued'
             AND serialised = 1",
        )
        .bind(account.0)
        .bind(fingerprint.as_str())
        .fetch_one(&self.pool)
        .await
        .doing("counting look-alikes")
    }

    /// The newest bound orders of an account, for positive controls.
    pub async fn known_orders(&self, account: AccountId, limit: u32) -> Result<Vec<KnownOrder>> {
        let rows = sqlx::query(
            "SELECT d.remote_id, d.reference,
                    (SELECT t.armed FROM attempt t WHERE t.dispatch_id = d.id
                     AND coalesce(t.outcome, '') <> 'not_sent' ORDER BY t.n LIMIT 1)
             FROM dispatch d WHERE d.account_id = $1 AND d.state = 'dispatched' AND d.remote_id IS NOT NULL
             ORDER BY d.id DESC LIMIT $2",
        )
        .bind(account.0)
        .bind(limit)
        .fetch_all(&self.pool)
        .await
        .doing("reading known orders")?;
        let mut known = Vec::with_capacity(rows.len());
        for row in &rows {
            let armed: Option<String> = at(row, 2)?;
            let Some(armed) = armed else { continue };
            known.push(KnownOrder {
                remote_id: RemoteId(at(row, 0)?),
                reference: Reference(at(row, 1)?),
                armed: from_json("an arming", &armed)?,
            });
        }
        Ok(known)
    }

    /// Which of these platform orders other dispatches of the account own.
    pub async fn claimed(
        &self,
        account: AccountId,
        remote_ids: &[RemoteId],
        except: DispatchId,
    ) -> Result<Vec<RemoteId>> {
        let ids: Vec<String> = sqlx::query_scalar(
            "SELECT d.remote_id FROM json_each($1) j CROSS JOIN dispatch d ON d.account_id = $2 AND d.remote_id = j.value
             WHERE d.id <> $3",
        )
        .bind(list(remote_ids)?)
        .bind(account.0)
        .bind(except.0)
        .fetch_all(&self.pool)
        .await
        .doing("reading who owns platform orders")?;
        Ok(ids.into_iter().map(RemoteId).collect())
    }

    /// Bound dispatches that their platform has not ended, after `after`; for tracking.
    pub async fn tracked(&self, account: AccountId, after: DispatchId, limit: u32) -> Result<Vec<OpenDispatch>> {
        let rows = sqlx::query(open_sql!(
            "WHERE d.account_id = $1 AND d.state = 'dispatched' AND d.ended = 0 AND d.id > $2 ORDER BY d.id LIMIT $3"
        ))
        .bind(account.0)
        .bind(after.0)
        .bind(limit)
        .fetch_all(&self.pool)
        .await
        .doing("reading bound dispatches")?;
        rows.iter().map(open_row).collect()
    }

    /// Generations that were given up while an attempt was unknown, and have later looks before them.
    pub async fn echoes(&self, account: AccountId) -> Result<Vec<OpenDispatch>> {
        let rows = sqlx::query(open_sql!("WHERE d.account_id = $1 AND d.echo = 1 ORDER BY d.id"))
            .bind(account.0)
            .fetch_all(&self.pool)
            .await
            .doing("reading generations that were given up")?;
        rows.iter().map(open_row).collect()
    }
}
