//! An import that only looks: the same verdicts as `import`, and the ledger stays as it is.
//!
//! A row is judged against what the account has and against the rows before it. Those stand in a temporary table of
//! this connection: memory stays bounded, and SQLite keeps the table in a file that has no name and goes with the
//! connection (<https://www.sqlite.org/tempfiles.html>, section 2.6).

use std::collections::HashMap;

use sqlx::{ConnectOptions as _, Executor as _, Row as _, SqliteConnection};

use super::LedgerReader;
use super::error::{Doing as _, Result};
use super::import::{Here, ImportRow, RowOutcome, here, judge};
use super::open::reading;
use super::rows::{from_json, state, to_json};
use super::tx::{CHUNK, list};
use crate::domain::{AccountId, OrderNo};

const DOING: &str = "looking through an import";

/// An import that only looks. It goes through one file.
pub struct DryImport {
    conn: SqliteConnection,
    account: AccountId,
    update: bool,
}

impl LedgerReader {
    /// Begins to say what importing a file's rows would come to.
    pub async fn dry_import(&self, account: AccountId, update: bool) -> Result<DryImport> {
        // `query_only` would forbid writing to the temporary table too. Nothing else is written.
        let mut conn = reading(&self.path).pragma("query_only", "OFF").connect().await.doing(DOING)?;
        conn.execute(
            "CREATE TEMP TABLE seen (order_no TEXT PRIMARY KEY, state TEXT NOT NULL, payload TEXT NOT NULL)
             WITHOUT ROWID",
        )
        .await
        .doing(DOING)?;
        Ok(DryImport { conn, account, update })
    }
}

impl DryImport {
    /// What `import_batch` would say of the file's next rows.
    pub async fn batch(&mut self, rows: &[ImportRow]) -> Result<Vec<RowOutcome>> {
        let mut outcomes = Vec::with_capacity(rows.len());
        for chunk in rows.chunks(CHUNK) {
            let mut known = here(&mut self.conn, self.account, chunk).await?;
            known.extend(self.seen(chunk).await?);
            let judged = judge(&mut known, &HashMap::new(), chunk, self.update, None);
            let said: Vec<RowOutcome> = judged.into_iter().map(|(outcome, _)| outcome).collect();
            let would_change = |said: &RowOutcome| matches!(said, RowOutcome::Imported | RowOutcome::Updated);
            let changed = chunk.iter().zip(&said).filter(|(_, said)| would_change(said));
            self.remember(changed.map(|(row, _)| &row.order_no), &known).await?;
            outcomes.extend(said);
        }
        Ok(outcomes)
    }

    /// What earlier rows of the file would have left under these numbers.
    async fn seen(&mut self, chunk: &[ImportRow]) -> Result<HashMap<String, Here>> {
        let numbers: Vec<&OrderNo> = chunk.iter().map(|row| &row.order_no).collect();
        let rows = sqlx::query(
            "SELECT s.order_no, s.state, s.payload FROM json_each($1) j CROSS JOIN seen s ON s.order_no = j.value",
        )
        .bind(list(&numbers)?)
        .fetch_all(&mut self.conn)
        .await
        .doing(DOING)?;
        let mut seen = HashMap::with_capacity(rows.len());
        for row in rows {
            let payload = from_json("an order's fields", row.try_get("payload").doing(DOING)?)?;
            let state = state(row.try_get("state").doing(DOING)?)?;
            seen.insert(row.try_get("order_no").doing(DOING)?, Here { id: None, state, generation: 0, payload });
        }
        Ok(seen)
    }

    async fn remember<'a>(
        &mut self,
        numbers: impl Iterator<Item = &'a OrderNo>,
        known: &HashMap<String, Here>,
    ) -> Result<()> {
        let mut rows = Vec::new();
        for OrderNo(number) in numbers {
            if let Some(order) = known.get(number) {
                rows.push((number, order.state.code(), to_json("an order's fields", &order.payload)?));
            }
        }
        sqlx::query(
            "INSERT OR REPLACE INTO seen (order_no, state, payload)
             SELECT value ->> 0, value ->> 1, value ->> 2 FROM json_each($1)",
        )
        .bind(list(&rows)?)
        .execute(&mut self.conn)
        .await
        .doing(DOING)?;
        Ok(())
    }
}
