//! Orders: reading one, paging through many, changing and deleting.

use std::collections::BTreeSet;

use serde_json::json;
use sqlx::Arguments;

use super::error::{Doing, LedgerError, Result};
use super::rows::{from_json, state, to_json};
use super::tx::{About, Tx, args, list};
use super::writer::Write;
use super::{Ledger, LedgerReader};
use crate::domain::order::Summary;
use crate::domain::{
    AccountId, DispatchId, Fingerprint, LogDraft, LogKind, OrderId, OrderNo, OrderPayload, Seq, State,
};

/// An order as stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrderRow {
    /// Its row.
    pub id: OrderId,
    /// Its account.
    pub account_id: AccountId,
    /// The merchant's number.
    pub order_no: OrderNo,
    /// Where it stands.
    pub state: State,
    /// Raised by every change.
    pub version: i64,
    /// Its fields.
    pub payload: OrderPayload,
    /// What a list shows.
    pub summary: Summary,
    /// What makes it look like another.
    pub fingerprint: Fingerprint,
    /// Its current dispatch.
    pub dispatch_id: Option<DispatchId>,
    /// The last generation in use or spent under its number; 0 before any.
    pub generation: u32,
    /// Whether the platform has ended the bound order.
    pub remote_ended: bool,
    /// Since when it stands there, wall time in milliseconds.
    pub since_ms: i64,
}

/// New content of an order, checked by its adapter.
#[derive(Clone, Debug)]
pub struct NewContent {
    /// All fields.
    pub payload: OrderPayload,
    /// What a list shows.
    pub summary: Summary,
    /// What makes it look like another.
    pub fingerprint: Fingerprint,
}

/// Orders, each with the name of its account, with a tail and its arguments.
macro_rules! order_query {
    ($tail:tt $(, $argument:expr)*) => {
        sqlx::query!(
            r#"SELECT o.id AS "id!", o.account_id AS "account_id!", o.order_no AS "order_no!", o.state AS "state!",
                      o.version AS "version!", o.payload AS "payload!", o.recipient AS "recipient!", o.what AS "what!",
                      o.fingerprint AS "fingerprint!", o.dispatch_id AS "dispatch_id?",
                      o.generation AS "generation!: u32", o.since_ms AS "since_ms!",
                      coalesce(d.ended, 0) AS "ended!: bool", a.name AS "account!"
               FROM orders o JOIN account a ON a.id = o.account_id LEFT JOIN dispatch d ON d.id = o.dispatch_id "# + $tail
            $(, $argument)*
        )
        .map(|row| {
            let order = OrderRow {
                id: OrderId(row.id),
                account_id: AccountId(row.account_id),
                order_no: OrderNo(row.order_no),
                state: state(&row.state)?,
                version: row.version,
                payload: from_json("an order's fields", &row.payload)?,
                summary: Summary { recipient: row.recipient, what: row.what },
                fingerprint: Fingerprint(row.fingerprint),
                dispatch_id: row.dispatch_id.map(DispatchId),
                generation: row.generation,
                remote_ended: row.ended,
                since_ms: row.since_ms,
            };
            Ok((order, row.account))
        })
    };
}

/// What a write needs to know of an order first.
pub(super) struct Standing {
    pub account_id: i64,
    pub order_no: OrderNo,
    pub state: State,
    pub version: i64,
    pub generation: u32,
    pub payload: OrderPayload,
    pub dispatch_id: Option<i64>,
}

fn not_found(id: OrderId) -> LedgerError {
    LedgerError::NotFound { what: format!("order in row {id}") }
}

pub(super) async fn standing(tx: &mut Tx, id: OrderId) -> Result<Standing> {
    let row = sqlx::query!(
        r#"SELECT account_id, order_no, state, version, generation AS "generation: u32", payload, dispatch_id FROM orders
           WHERE id = $1 AND deleted_ms IS NULL"#,
        id.0
    )
    .fetch_optional(&mut tx.conn)
    .await
    .doing("reading an order")?
    .ok_or_else(|| not_found(id))?;
    Ok(Standing {
        account_id: row.account_id,
        order_no: OrderNo(row.order_no),
        state: state(&row.state)?,
        version: row.version,
        generation: row.generation,
        payload: from_json("an order's fields", &row.payload)?,
        dispatch_id: row.dispatch_id,
    })
}

impl Standing {
    pub(super) fn about(&self, id: OrderId) -> About {
        About {
            account_id: Some(AccountId(self.account_id)),
            order_id: Some(id),
            order_no: Some(self.order_no.clone()),
            dispatch_id: self.dispatch_id.map(DispatchId),
            generation: self.generation,
            reference: None,
        }
    }
}

/// The names of the fields that differ.
pub(super) fn differing(a: &OrderPayload, b: &OrderPayload) -> BTreeSet<String> {
    let all: BTreeSet<&String> = a.0.keys().chain(b.0.keys()).collect();
    all.into_iter().filter(|key| a.0.get(*key) != b.0.get(*key)).cloned().collect()
}

/// Writes new content of an order, and its search index. The caller has checked state and version.
pub(super) async fn replace(tx: &mut Tx, id: i64, order_no: &str, content: &NewContent) -> Result<()> {
    let payload = to_json("an order's fields", &content.payload)?;
    let now = tx.now_ms;
    tx.run(
        "changing an order",
        "UPDATE orders SET payload = $2, recipient = $3, what = $4, fingerprint = $5, version = version + 1,
                changed_ms = $6 WHERE id = $1;
         INSERT OR REPLACE INTO orders_text (rowid, order_no, recipient) VALUES ($1, $7, $3)",
        args(|a| {
            a.add(id)?;
            a.add(payload)?;
            a.add(content.summary.recipient.clone())?;
            a.add(content.summary.what.clone())?;
            a.add(content.fingerprint.0.clone())?;
            a.add(now)?;
            a.add(order_no.to_owned())
        }),
    )
    .await
}

enum Set {
    Edit { id: OrderId, version: i64, content: Box<NewContent> },
    Delete { id: OrderId, version: i64 },
    Entry { id: OrderId, draft: LogDraft },
}

impl Write for Set {
    /// The order's version after it; of an entry, its place in the log.
    type Out = i64;

    async fn run(&self, tx: &mut Tx) -> Result<i64> {
        let (id, wanted_version) = match self {
            Set::Edit { id, version, .. } | Set::Delete { id, version } => (*id, Some(*version)),
            Set::Entry { id, .. } => (*id, None),
        };
        let order = standing(tx, id).await?;
        if wanted_version.is_some_and(|v| v != order.version) {
            return Err(LedgerError::Stale { what: format!("order {}", order.order_no) });
        }
        let refuse = |wanted| LedgerError::NotAllowed { order_no: order.order_no.clone(), state: order.state, wanted };
        match self {
            Set::Edit { content, .. } => {
                if !order.state.may_edit() {
                    return Err(refuse("edited"));
                }
                let fields = differing(&order.payload, &content.payload);
                replace(tx, id.0, &order.order_no.0, content).await?;
                let draft = LogDraft::new(LogKind::Edited, order.state, json!({"fields": fields}));
                tx.append(order.about(id), Some(order.state), &draft)?;
                Ok(order.version + 1)
            }
            Set::Delete { .. } => {
                if !order.state.may_delete() {
                    return Err(refuse("deleted"));
                }
                delete(tx, id, &order).await?;
                let draft = LogDraft::new(LogKind::Deleted, order.state, json!({}));
                tx.append(order.about(id), Some(order.state), &draft)?;
                tx.count(order.account_id, order.state, -1);
                Ok(order.version + 1)
            }
            Set::Entry { draft, .. } => tx.append(order.about(id), Some(order.state), draft),
        }
    }
}

async fn delete(tx: &mut Tx, id: OrderId, order: &Standing) -> Result<()> {
    let now = tx.now_ms;
    tx.run(
        "deleting an order",
        "UPDATE orders SET deleted_ms = $2, changed_ms = $2, version = version + 1, payload = '{}', recipient = '',
                what = '' WHERE id = $1;
         DELETE FROM orders_text WHERE rowid = $1;
         INSERT INTO generation_spent (account_id, order_no, last_generation) SELECT $3, $4, $5 WHERE $5 > 0
             ON CONFLICT DO UPDATE SET last_generation = max(last_generation, excluded.last_generation)",
        args(|a| {
            a.add(id.0)?;
            a.add(now)?;
            a.add(order.account_id)?;
            a.add(order.order_no.0.clone())?;
            a.add(order.generation)
        }),
    )
    .await
}

impl Ledger {
    /// Changes an order's content: draft, refused or cancelled. Returns its new version.
    pub async fn edit(&self, id: OrderId, version: i64, content: NewContent) -> Result<i64> {
        self.write(Set::Edit { id, version, content: Box::new(content) }).await
    }

    /// Deletes an order: draft or refused. Its content goes; what it has spent stays.
    pub async fn delete(&self, id: OrderId, version: i64) -> Result<()> {
        self.write(Set::Delete { id, version }).await.map(|_| ())
    }

    /// Appends an entry about an order without changing its state; the entry carries the order's own state.
    /// Its place in the log.
    pub async fn append_order_entry(&self, id: OrderId, draft: LogDraft) -> Result<Seq> {
        self.write(Set::Entry { id, draft }).await.map(Seq)
    }
}

impl LedgerReader {
    /// The order of that number: of that account, or of the only account that has it. Errors: `NotFound`, `Ambiguous`.
    pub async fn order(&self, order_no: &OrderNo, account: Option<AccountId>) -> Result<OrderRow> {
        let rows = order_query!(
            "WHERE o.order_no = $1 AND ($2 IS NULL OR o.account_id = $2) AND o.deleted_ms IS NULL",
            order_no.0,
            account.map(|id| id.0)
        )
        .fetch_all(&self.reading)
        .await
        .doing("reading an order")?;
        let mut found = rows.into_iter().collect::<Result<Vec<_>>>()?;
        if found.len() > 1 {
            let names: Vec<String> = found.into_iter().map(|(_, account)| account).collect();
            return Err(LedgerError::Ambiguous { order_no: order_no.clone(), accounts: names.join(", ") });
        }
        let (order, _) = found.pop().ok_or_else(|| LedgerError::NotFound { what: format!("order {order_no}") })?;
        Ok(order)
    }

    /// An order by its row.
    pub async fn order_by_id(&self, id: OrderId) -> Result<OrderRow> {
        let row = order_query!("WHERE o.id = $1 AND o.deleted_ms IS NULL", id.0)
            .fetch_optional(&self.reading)
            .await
            .doing("reading an order")?;
        row.ok_or_else(|| not_found(id))?.map(|(order, _)| order)
    }

    /// Orders in these states, in the order they came in, after `after`; for walking through all of them.
    pub async fn orders_in_state(
        &self,
        states: &[State],
        account: Option<AccountId>,
        after: OrderId,
        limit: u32,
    ) -> Result<Vec<OrderRow>> {
        let codes: Vec<&str> = states.iter().map(|s| s.code()).collect();
        let rows = order_query!(
            "WHERE o.id IN (SELECT i.id FROM orders i WHERE i.deleted_ms IS NULL AND i.id > $3
                            AND i.state IN (SELECT value FROM json_each($1)) AND ($2 IS NULL OR i.account_id = $2)
                            ORDER BY i.id LIMIT $4) ORDER BY o.id",
            list(&codes)?,
            account.map(|id| id.0),
            after.0,
            limit
        )
        .fetch_all(&self.reading)
        .await
        .doing("reading orders")?;
        rows.into_iter().map(|row| row.map(|(order, _)| order)).collect()
    }
}
