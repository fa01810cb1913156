//! Importing: many rows, one job, a verdict for each.

use std::collections::HashMap;

use serde_json::json;
use sqlx::{Arguments, SqliteConnection};

use super::Ledger;
use super::error::{Doing, LedgerError, Result};
use super::orders::{NewContent, differing, replace};
use super::rows::{from_json, state, to_json};
use super::tx::{About, CHUNK, Tx, args, list, values};
use super::writer::Write;
use crate::domain::order::Summary;
use crate::domain::{AccountId, Fingerprint, LogDraft, LogKind, OrderId, OrderNo, OrderPayload, State};

/// One checked row of a file.
#[derive(Clone, Debug)]
pub struct ImportRow {
    /// Its line, from 1; `None`: a person wrote it, and no file.
    pub line: Option<u32>,
    /// The merchant's number.
    pub order_no: OrderNo,
    /// Its fields.
    pub payload: OrderPayload,
    /// What a list shows.
    pub summary: Summary,
    /// What makes it look like another.
    pub fingerprint: Fingerprint,
}

/// What came of a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RowOutcome {
    /// A new draft.
    Imported,
    /// A draft or refused order has the new content.
    Updated,
    /// It is here already, with the same content.
    Skipped,
    /// It is here already, with other content. Not imported.
    Differs {
        /// The first field that differs.
        field: String,
        /// Where that order stands.
        state: State,
    },
}

/// An order that the account has, or will have when the job is done.
pub(super) struct Here {
    pub id: Option<i64>,
    pub state: State,
    pub generation: u32,
    pub payload: OrderPayload,
}

/// What to do with a row.
pub(super) enum Plan {
    Insert { generation: u32 },
    Update { id: i64, state: State, generation: u32, fields: Vec<String> },
    Nothing,
}

struct Import {
    account: AccountId,
    rows: Vec<ImportRow>,
    update: bool,
}

impl Write for Import {
    type Out = Vec<RowOutcome>;

    async fn run(&self, tx: &mut Tx) -> Result<Vec<RowOutcome>> {
        let living = sqlx::query_scalar!("SELECT id FROM account WHERE id = $1 AND removed_ms IS NULL", self.account.0)
            .fetch_optional(&mut tx.conn)
            .await
            .doing("reading an account")?;
        if living.is_none() {
            return Err(LedgerError::NotFound { what: format!("account in row {}", self.account) });
        }
        let mut outcomes = Vec::with_capacity(self.rows.len());
        // Rows of one chunk are judged together; a number that comes twice in it is judged against its first row.
        for chunk in self.rows.chunks(CHUNK) {
            let first = tx.book.next_order;
            let mut here = here(&mut tx.conn, self.account, chunk).await?;
            let spent = spent(&mut tx.conn, self.account, chunk).await?;
            let judged = judge(&mut here, &spent, chunk, self.update, Some(first));
            self.carry_out(tx, chunk, &judged).await?;
            outcomes.extend(judged.into_iter().map(|(outcome, _)| outcome));
        }
        Ok(outcomes)
    }
}

impl Import {
    async fn carry_out(&self, tx: &mut Tx, chunk: &[ImportRow], judged: &[(RowOutcome, Plan)]) -> Result<()> {
        let new: Vec<(&ImportRow, u32)> = chunk
            .iter()
            .zip(judged)
            .filter_map(|(row, (_, plan))| match plan {
                Plan::Insert { generation } => Some((row, *generation)),
                Plan::Update { .. } | Plan::Nothing => None,
            })
            .collect();
        let first = tx.book.next_order;
        tx.book.next_order += new.len() as i64;
        self.insert(tx, &new, first).await?;
        for (place, (row, generation)) in new.into_iter().enumerate() {
            let id = first + place as i64;
            let detail = row.line.map_or_else(|| json!({"by_hand": true}), |line| json!({"line": line}));
            let draft = LogDraft::new(LogKind::Imported, State::Draft, detail);
            tx.append(self.about(id, row, generation), Some(State::Draft), &draft)?;
            tx.count(self.account.0, State::Draft, 1);
        }
        for (row, (_, plan)) in chunk.iter().zip(judged) {
            if let Plan::Update { id, state, generation, fields } = plan {
                let content = NewContent {
                    payload: row.payload.clone(),
                    summary: row.summary.clone(),
                    fingerprint: row.fingerprint.clone(),
                };
                replace(tx, *id, &row.order_no.0, &content).await?;
                let detail = json!({"line": row.line, "fields": fields});
                let draft = LogDraft::new(LogKind::Edited, *state, detail);
                tx.append(self.about(*id, row, *generation), Some(*state), &draft)?;
            }
        }
        Ok(())
    }

    fn about(&self, id: i64, row: &ImportRow, generation: u32) -> About {
        About {
            account_id: Some(self.account),
            order_id: Some(OrderId(id)),
            order_no: Some(row.order_no.clone()),
            generation,
            ..About::default()
        }
    }

    async fn insert(&self, tx: &mut Tx, new: &[(&ImportRow, u32)], first: i64) -> Result<()> {
        if new.is_empty() {
            return Ok(());
        }
        let n = new.len();
        let now = tx.now_ms;
        let payloads =
            new.iter().map(|(row, _)| to_json("an order's fields", &row.payload)).collect::<Result<Vec<_>>>()?;
        let sql = values(
            "INSERT INTO orders (id, account_id, order_no, payload, fingerprint, recipient, what, generation, \
             created_ms, changed_ms, since_ms, state, version)",
            "(?,?,?,?,?,?,?,?,?,?,?,'draft',1)",
            n,
        );
        let arguments = args(|a| {
            a.reserve(n * 11, 0);
            for (place, ((row, generation), payload)) in new.iter().zip(payloads).enumerate() {
                a.add(first + place as i64)?;
                a.add(self.account.0)?;
                a.add(row.order_no.0.clone())?;
                a.add(payload)?;
                a.add(row.fingerprint.0.clone())?;
                a.add(row.summary.recipient.clone())?;
                a.add(row.summary.what.clone())?;
                a.add(*generation)?;
                a.add(now)?;
                a.add(now)?;
                a.add(now)?;
            }
            Ok(())
        });
        tx.bulk("importing orders", sql, n, arguments).await?;
        sqlx::query!(
            "INSERT INTO orders_text (rowid, order_no, recipient)
             SELECT id, order_no, recipient FROM orders WHERE id >= $1 AND id < $2",
            first,
            first + n as i64
        )
        .execute(&mut tx.conn)
        .await
        .doing("indexing orders")?;
        Ok(())
    }
}

/// The living orders that an account has under the numbers of a chunk.
pub(super) async fn here(
    conn: &mut SqliteConnection,
    account: AccountId,
    chunk: &[ImportRow],
) -> Result<HashMap<String, Here>> {
    let numbers: Vec<&OrderNo> = chunk.iter().map(|row| &row.order_no).collect();
    let rows = sqlx::query!(
        r#"SELECT o.order_no AS "order_no!", o.id AS "id!", o.state AS "state!", o.generation AS "generation!: u32",
                  o.payload AS "payload!"
           FROM json_each($1) j CROSS JOIN orders o INDEXED BY orders_no ON o.order_no = j.value
           WHERE o.account_id = $2 AND o.deleted_ms IS NULL"#,
        list(&numbers)?,
        account.0
    )
    .fetch_all(conn)
    .await
    .doing("reading orders of an import")?;
    let mut here = HashMap::with_capacity(chunk.len());
    for row in rows {
        let payload = from_json("an order's fields", &row.payload)?;
        let order = Here { id: Some(row.id), state: state(&row.state)?, generation: row.generation, payload };
        here.insert(row.order_no, order);
    }
    Ok(here)
}

async fn spent(conn: &mut SqliteConnection, account: AccountId, chunk: &[ImportRow]) -> Result<HashMap<String, u32>> {
    let numbers: Vec<&OrderNo> = chunk.iter().map(|row| &row.order_no).collect();
    let rows = sqlx::query!(
        r#"SELECT s.order_no AS "order_no!", s.last_generation AS "last_generation!: u32"
           FROM json_each($1) j CROSS JOIN generation_spent s ON s.order_no = j.value WHERE s.account_id = $2"#,
        list(&numbers)?,
        account.0
    )
    .fetch_all(conn)
    .await
    .doing("reading spent generations")?;
    Ok(rows.into_iter().map(|row| (row.order_no, row.last_generation)).collect())
}

/// The verdict on each row of a chunk, in order. New rows get ids from `first` on. `here` is as it will be after them.
pub(super) fn judge(
    here: &mut HashMap<String, Here>,
    spent: &HashMap<String, u32>,
    chunk: &[ImportRow],
    update: bool,
    first: Option<i64>,
) -> Vec<(RowOutcome, Plan)> {
    let mut next = first;
    let mut judged = Vec::with_capacity(chunk.len());
    for row in chunk {
        let Some(order) = here.get_mut(&row.order_no.0) else {
            let generation = spent.get(&row.order_no.0).copied().unwrap_or(0);
            let order = Here { id: next, state: State::Draft, generation, payload: row.payload.clone() };
            next = next.map(|id| id + 1);
            here.insert(row.order_no.0.clone(), order);
            judged.push((RowOutcome::Imported, Plan::Insert { generation }));
            continue;
        };
        let fields = differing(&order.payload, &row.payload);
        let Some(field) = fields.first().cloned() else {
            judged.push((RowOutcome::Skipped, Plan::Nothing));
            continue;
        };
        if update && order.state.may_delete() {
            order.payload = row.payload.clone();
            let (state, generation) = (order.state, order.generation);
            let fields = fields.into_iter().collect();
            let plan = order.id.map_or(Plan::Nothing, |id| Plan::Update { id, state, generation, fields });
            judged.push((RowOutcome::Updated, plan));
        } else {
            judged.push((RowOutcome::Differs { field, state: order.state }, Plan::Nothing));
        }
    }
    judged
}

impl Ledger {
    /// Imports rows in one transaction. `update`: content that differs replaces that of a draft or refused order.
    pub async fn import_batch(
        &self,
        account: AccountId,
        rows: Vec<ImportRow>,
        update: bool,
    ) -> Result<Vec<RowOutcome>> {
        self.write(Import { account, rows, update }).await
    }
}
