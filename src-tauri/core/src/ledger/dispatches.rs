//! Reading dispatches: whole ones for a decision, light rows for planning.

use super::LedgerReader;
use super::error::{Doing, LedgerError, Result};
use super::rows::{bound_by, from_json, platform, state};
use super::tx::list;
use crate::domain::http::HttpRequest;
use crate::domain::{
    AccountId, CredentialDigest, Dispatch, DispatchId, Fingerprint, IdempotencyKey, OrderId, OrderNo, Reference,
    RemoteId, RemoteOrder, Stamp, State,
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
    /// When the last attempt that may have made it was armed: what was armed after that is younger than it.
    pub armed: Stamp,
}

impl KnownOrder {
    /// Whether a platform's row is this order.
    pub fn is(&self, row: &RemoteOrder) -> bool {
        row.id == self.remote_id && row.reference.as_deref() == Some(self.reference.as_str())
    }
}

/// Bound orders of an account, with the rest of the condition and their order. What was taken up from a forgotten time is
/// none: when it was armed is not known, and what is written of that is too late (`driver::lost`).
macro_rules! known_orders {
    ($reader:expr, $account:expr, $credential:expr, $limit:expr, $tail:literal $(, $more:expr)*) => {{
        let rows = sqlx::query!(
            r#"SELECT d.remote_id AS "remote_id!", d.reference AS "reference!", t.armed AS "armed!"
               FROM dispatch d JOIN attempt t ON t.dispatch_id = d.id AND t.n =
                    (SELECT max(x.n) FROM attempt x WHERE x.dispatch_id = d.id AND coalesce(x.outcome, '') <> 'not_sent')
               WHERE d.account_id = $1 AND d.state = 'dispatched' AND d.remote_id IS NOT NULL AND t.credential = $2
                     AND coalesce(json_extract(d.progress, '$.fence_dead'), '') NOT LIKE '%this ledger does not know' "#
                + $tail,
            $account.0,
            $credential.0,
            $limit
            $(, $more)*
        )
        .fetch_all(&$reader.reading)
        .await
        .doing("reading known orders")?;
        let known = |armed: &str, remote_id, reference| {
            let armed = from_json("an arming", armed)?;
            Ok(KnownOrder { remote_id: RemoteId(remote_id), reference: Reference(reference), armed })
        };
        rows.into_iter().map(|row| known(&row.armed, row.remote_id, row.reference)).collect()
    }};
}

/// Whole dispatches, with a tail and its arguments. One statement, so that a dispatch and its attempts are of the same
/// moment.
macro_rules! dispatch_query {
    ($tail:tt $(, $argument:expr)*) => {
        sqlx::query!(
            r#"SELECT d.id AS "id!", d.order_id AS "order_id!", d.account_id AS "account_id!", d.order_no AS "order_no!",
                      a.platform AS "platform!", d.generation AS "generation!: u32", d.reference AS "reference!",
                      d.idempotency_key, d.fingerprint AS "fingerprint!", d.state AS "state!", d.version AS "version!",
                      d.came_from AS "came_from!", d.progress AS "progress!", d.remote_id, d.bound_by, d.remote,
                      (SELECT json_group_array(json_object('n', t.n, 'armed', json(t.armed), 'server_ms', t.server_ms,
                       'credential', t.credential, 'before_set', json(t.before_set), 'end', json(t.ended)) ORDER BY t.n)
                       FROM attempt t WHERE t.dispatch_id = d.id) AS "attempts!: String"
               FROM dispatch d JOIN account a ON a.id = d.account_id "# + $tail
            $(, $argument)*
        )
        .map(|row| {
            Ok(Dispatch {
                id: DispatchId(row.id),
                order_id: OrderId(row.order_id),
                account_id: AccountId(row.account_id),
                order_no: OrderNo(row.order_no),
                platform: platform(&row.platform)?,
                generation: row.generation,
                reference: Reference(row.reference),
                key: row.idempotency_key.map(IdempotencyKey),
                fingerprint: Fingerprint(row.fingerprint),
                state: state(&row.state)?,
                version: row.version,
                came_from: state(&row.came_from)?,
                attempts: from_json("attempts", &row.attempts)?,
                progress: from_json("the progress of a dispatch", &row.progress)?,
                remote_id: row.remote_id.map(RemoteId),
                bound_by: row.bound_by.as_deref().map(bound_by).transpose()?,
                remote: row.remote.map(|text| from_json("a platform order", &text)).transpose()?,
            })
        })
    };
}

/// Open dispatches, with a tail and its arguments.
macro_rules! open_query {
    ($tail:tt $(, $argument:expr)*) => {
        sqlx::query!(
            r#"SELECT d.id AS "id!", d.account_id AS "account_id!", d.order_id AS "order_id!", d.order_no AS "order_no!",
                      d.state AS "state!", d.fingerprint AS "fingerprint!", d.serialised AS "serialised!: bool",
                      d.progress->'$.next_at' AS "next_at?: String" FROM dispatch d "# + $tail
            $(, $argument)*
        )
        .map(|row| {
            Ok(OpenDispatch {
                id: DispatchId(row.id),
                account_id: AccountId(row.account_id),
                order_id: OrderId(row.order_id),
                order_no: OrderNo(row.order_no),
                state: state(&row.state)?,
                fingerprint: Fingerprint(row.fingerprint),
                serialised: row.serialised,
                next_at: row.next_at.map(|text| from_json("a stamp", &text)).transpose()?,
            })
        })
    };
}

impl LedgerReader {
    /// One dispatch with its attempts.
    pub async fn dispatch(&self, id: DispatchId) -> Result<Dispatch> {
        let found = dispatch_query!("WHERE d.id = $1", id.0)
            .fetch_optional(&self.reading)
            .await
            .doing("reading a dispatch")?
            .transpose()?;
        found.ok_or_else(|| LedgerError::NotFound { what: format!("dispatch in row {id}") })
    }

    /// These dispatches with their attempts, by row; missing ones are left out.
    pub async fn dispatches(&self, ids: &[DispatchId]) -> Result<Vec<Dispatch>> {
        let rows = dispatch_query!("WHERE d.id IN (SELECT value FROM json_each($1)) ORDER BY d.id", list(ids)?)
            .fetch_all(&self.reading)
            .await
            .doing("reading dispatches")?;
        rows.into_iter().collect()
    }

    /// The current dispatch of an order.
    pub async fn current_dispatch(&self, order: OrderId) -> Result<Option<Dispatch>> {
        dispatch_query!("JOIN orders o ON o.dispatch_id = d.id WHERE o.id = $1", order.0)
            .fetch_optional(&self.reading)
            .await
            .doing("reading a dispatch")?
            .transpose()
    }

    /// The exact request of a dispatch, as stored.
    pub async fn stored_request(&self, id: DispatchId) -> Result<HttpRequest> {
        let text = sqlx::query_scalar!("SELECT request FROM dispatch WHERE id = $1", id.0)
            .fetch_optional(&self.reading)
            .await
            .doing("reading a stored request")?;
        let text = text.ok_or_else(|| LedgerError::NotFound { what: format!("dispatch in row {id}") })?;
        from_json("a stored request", &text)
    }

    /// Dispatches that are sending, in doubt or in review.
    pub async fn unsettled(&self) -> Result<Vec<OpenDispatch>> {
        let rows =
            open_query!("WHERE d.state IN ('sending', 'in_doubt', 'needs_review') AND d.superseded = 0 ORDER BY d.id")
                .fetch_all(&self.reading)
                .await
                .doing("reading open dispatches")?;
        rows.into_iter().collect()
    }

    /// Queued dispatches of an account in the order of their reservation, after `after`.
    pub async fn queued(&self, account: AccountId, after: DispatchId, limit: u32) -> Result<Vec<OpenDispatch>> {
        let rows = open_query!(
            "WHERE d.account_id = $1 AND d.state = 'queued' AND d.id > $2 ORDER BY d.id LIMIT $3",
            account.0,
            after.0,
            limit
        )
        .fetch_all(&self.reading)
        .await
        .doing("reading the queue")?;
        rows.into_iter().collect()
    }

    /// Every open dispatch: queued, sending, in doubt.
    pub async fn open_dispatches(&self) -> Result<Vec<OpenDispatch>> {
        let rows = open_query!(
            "WHERE d.id IN (SELECT q.id FROM account a CROSS JOIN dispatch q INDEXED BY dispatch_queued
                                ON q.account_id = a.id WHERE q.state = 'queued'
                            UNION ALL SELECT i.id FROM dispatch i WHERE i.superseded = 0
                                AND i.state IN ('sending', 'in_doubt', 'needs_review') AND i.state <> 'needs_review')
             ORDER BY d.id"
        )
        .fetch_all(&self.reading)
        .await
        .doing("reading open dispatches")?;
        rows.into_iter().collect()
    }

    /// Who holds a fingerprint where look-alikes are serialised.
    pub async fn holder_of_fingerprint(
        &self,
        account: AccountId,
        fingerprint: &Fingerprint,
    ) -> Result<Option<(OrderNo, State, DispatchId)>> {
        let row = sqlx::query!(
            "SELECT order_no, state, id FROM dispatch WHERE account_id = $1 AND fingerprint = $2
             AND state IN ('sending', 'in_doubt', 'needs_review') AND serialised = 1 AND superseded = 0",
            account.0,
            fingerprint.0
        )
        .fetch_optional(&self.reading)
        .await
        .doing("looking for a look-alike")?;
        row.map(|row| Ok((OrderNo(row.order_no), state(&row.state)?, DispatchId(row.id)))).transpose()
    }

    /// How many queued look-alikes wait behind a fingerprint.
    pub async fn waiting_behind(&self, account: AccountId, fingerprint: &Fingerprint) -> Result<u32> {
        sqlx::query_scalar!(
            r#"SELECT count(*) AS "n!: u32" FROM dispatch WHERE account_id = $1 AND fingerprint = $2
               AND state = 'queued' AND serialised = 1"#,
            account.0,
            fingerprint.0
        )
        .fetch_one(&self.reading)
        .await
        .doing("counting look-alikes")
    }

    /// The newest bound orders of an account, for positive controls.
    pub async fn known_orders(
        &self,
        account: AccountId,
        credential: &CredentialDigest,
        limit: u32,
    ) -> Result<Vec<KnownOrder>> {
        known_orders!(self, account, credential, limit, "ORDER BY d.id DESC LIMIT $3")
    }

    /// The newest of them that the platform has ended and that is older than `than`; or, where none is known to be both, the
    /// oldest of all.
    pub async fn known_ended(
        &self,
        account: AccountId,
        credential: &CredentialDigest,
        than: DispatchId,
    ) -> Result<Option<KnownOrder>> {
        let (one, than) = (1_u32, than.0);
        let newest: Result<Vec<KnownOrder>> = known_orders!(
            self,
            account,
            credential,
            one,
            "AND d.ended = 1 AND d.id < $4 ORDER BY d.id DESC LIMIT $3",
            than
        );
        if let Some(ended) = newest?.pop() {
            return Ok(Some(ended));
        }
        let oldest: Result<Vec<KnownOrder>> = known_orders!(self, account, credential, one, "ORDER BY d.id LIMIT $3");
        Ok(oldest?.pop())
    }

    /// The newest of them that the platform has ended and that was made by that wall time, if there is one.
    pub async fn known_ended_by(
        &self,
        account: AccountId,
        credential: &CredentialDigest,
        wall_ms: i64,
    ) -> Result<Option<KnownOrder>> {
        let one = 1_u32;
        let newest: Result<Vec<KnownOrder>> = known_orders!(
            self,
            account,
            credential,
            one,
            "AND d.ended = 1 AND t.armed->>'$.wall_ms' <= $4 ORDER BY d.id DESC LIMIT $3",
            wall_ms
        );
        Ok(newest?.pop())
    }

    /// Which of these platform orders dispatches of the account own, and which dispatches.
    pub async fn owners(&self, account: AccountId, remote_ids: &[RemoteId]) -> Result<Vec<(RemoteId, DispatchId)>> {
        let rows = sqlx::query!(
            r#"SELECT d.remote_id AS "remote_id!", d.id AS "id!: i64" FROM json_each($1) j
               CROSS JOIN dispatch d ON d.account_id = $2 AND d.remote_id = j.value"#,
            list(remote_ids)?,
            account.0
        )
        .fetch_all(&self.reading)
        .await
        .doing("reading who owns platform orders")?;
        Ok(rows.into_iter().map(|row| (RemoteId(row.remote_id), DispatchId(row.id))).collect())
    }

    /// Bound dispatches that their platform has not ended, or whose codes are not here yet, after `after`; for tracking.
    pub async fn tracked(&self, account: AccountId, after: DispatchId, limit: u32) -> Result<Vec<OpenDispatch>> {
        let rows = open_query!(
            "WHERE d.id IN (SELECT id FROM dispatch WHERE account_id = $1 AND state = 'dispatched' AND ended = 0
                             AND id > $2
                             UNION SELECT id FROM dispatch WHERE account_id = $1 AND codes_due = 1
                             AND state = 'dispatched' AND id > $2
                             ORDER BY id LIMIT $3) ORDER BY d.id",
            account.0,
            after.0,
            limit
        )
        .fetch_all(&self.reading)
        .await
        .doing("reading bound dispatches")?;
        rows.into_iter().collect()
    }

    /// The newest bound dispatches that their platform has not ended, or whose codes are not here yet, at most `limit`;
    /// for following.
    pub async fn followed(&self, account: AccountId, limit: u32) -> Result<Vec<DispatchId>> {
        let ids = sqlx::query_scalar!(
            r#"SELECT id AS "id!: i64" FROM dispatch WHERE account_id = $1 AND state = 'dispatched' AND ended = 0
               UNION SELECT id FROM dispatch WHERE account_id = $1 AND codes_due = 1 AND state = 'dispatched'
               ORDER BY 1 DESC LIMIT $2"#,
            account.0,
            limit
        )
        .fetch_all(&self.reading)
        .await
        .doing("reading bound dispatches")?;
        Ok(ids.into_iter().map(DispatchId).collect())
    }

    /// Generations that were given up while an attempt was unknown, and have later looks before them.
    pub async fn echoes(&self, account: AccountId) -> Result<Vec<OpenDispatch>> {
        let rows = open_query!("WHERE d.account_id = $1 AND d.echo = 1 ORDER BY d.id", account.0)
            .fetch_all(&self.reading)
            .await
            .doing("reading generations that were given up")?;
        rows.into_iter().collect()
    }

    /// Whether an earlier dispatch of its order has been found at the platform after it was given up.
    pub async fn elder_found(&self, d: &Dispatch) -> Result<bool> {
        sqlx::query_scalar!(
            r#"SELECT EXISTS (SELECT 1 FROM dispatch e WHERE e.order_id = $1 AND e.generation < $2
                              AND e.progress->>'$.reappeared' = 1) AS "found!: bool""#,
            d.order_id.0,
            d.generation
        )
        .fetch_one(&self.reading)
        .await
        .doing("looking for earlier dispatches")
    }
}
