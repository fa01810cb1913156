//! Delivered codes as rows: sealed, one row for an item, and the names of the keys that open them.
//!
//! Not here: sealing and opening (`crate::codes`). No code stands here in plain text at any time.

use sqlx::Arguments;

use super::error::{Doing, Result};
use super::tx::{Tx, args};
use super::writer::Write;
use super::{Ledger, LedgerReader};
use crate::codes::{NONCE_BYTES, SealedCodes};
use crate::domain::{AccountId, DispatchId, OrderId, RemoteId};
use crate::ledger::LedgerError;

/// What an answer showed of a dispatch's codes. Committed with the change that the answer led to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CodesChange {
    /// Codes that were sealed.
    Sealed {
        /// The key they were sealed with.
        key_id: String,
        /// One for each item that has codes.
        rows: Vec<SealedCodes>,
    },
    /// Codes were shown and could not be sealed: they are fetched again later.
    Unsealed,
    /// The order is completed, and no codes were shown. Fetched again, unless there are some already.
    NotShown,
}

/// The codes of one item, as stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredCodes {
    /// The dispatch's number among the order's.
    pub generation: u32,
    /// The platform order.
    pub remote: RemoteId,
    /// The name of the key.
    pub key_id: String,
    /// Where the key is kept: `keystore` or a file's path.
    pub kept: String,
    /// The codes.
    pub sealed: SealedCodes,
}

/// How many codes of an order are here, and whether more are at its platform.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CodesStanding {
    /// Stored codes, over all its dispatches.
    pub count: u32,
    /// Whether codes are still to be fetched.
    pub due: bool,
}

impl CodesChange {
    pub(super) async fn write(&self, tx: &mut Tx, id: DispatchId) -> Result<()> {
        let due = match self {
            CodesChange::Sealed { key_id, rows } => {
                for row in rows {
                    put(tx, id, key_id, row).await?;
                }
                return set_due(tx, id, false).await;
            }
            CodesChange::Unsealed => true,
            CodesChange::NotShown => sqlx::query_scalar!(
                r#"SELECT count(*) = 0 AS "none!: bool" FROM delivered_codes WHERE dispatch_id = $1"#,
                id.0
            )
            .fetch_one(&mut tx.conn)
            .await
            .doing("counting codes")?,
        };
        if due { set_due(tx, id, true).await } else { Ok(()) }
    }
}

async fn set_due(tx: &mut Tx, id: DispatchId, due: bool) -> Result<()> {
    sqlx::query!("UPDATE dispatch SET codes_due = $2 WHERE id = $1 AND codes_due <> $2", id.0, due)
        .execute(&mut tx.conn)
        .await
        .doing("noting whether codes are due")?;
    Ok(())
}

/// What is there is replaced by the same or more, never by fewer, unless its own key is not in use any more.
async fn put(tx: &mut Tx, id: DispatchId, key_id: &str, row: &SealedCodes) -> Result<()> {
    let now = tx.now_ms;
    tx.run(
        "storing codes",
        "INSERT INTO delivered_codes (dispatch_id, item, count, key_id, nonce, ciphertext, stored_ms)
         VALUES ($1, $2, $3, $4, $5, $6, $7)
         ON CONFLICT (dispatch_id, item) DO UPDATE SET count = excluded.count, key_id = excluded.key_id,
             nonce = excluded.nonce, ciphertext = excluded.ciphertext, stored_ms = excluded.stored_ms
         WHERE excluded.count >= delivered_codes.count OR excluded.key_id <> delivered_codes.key_id",
        args(|a| {
            a.add(id.0)?;
            a.add(row.item)?;
            a.add(row.count)?;
            a.add(key_id.to_owned())?;
            a.add(row.nonce.to_vec())?;
            a.add(row.ciphertext.clone())?;
            a.add(now)
        }),
    )
    .await
}

struct NewKey {
    id: String,
    account: AccountId,
    kept: String,
}

impl Write for NewKey {
    type Out = ();

    async fn run(&self, tx: &mut Tx) -> Result<()> {
        sqlx::query!(
            "INSERT INTO codes_key (id, account_id, kept, made_ms) VALUES ($1, $2, $3, $4)",
            self.id,
            self.account.0,
            self.kept,
            tx.now_ms
        )
        .execute(&mut tx.conn)
        .await
        .doing("noting a key's name")?;
        Ok(())
    }
}

impl Ledger {
    /// Notes the name of a key that is in its store already.
    pub async fn add_codes_key(&self, id: String, account: AccountId, kept: String) -> Result<()> {
        self.write(NewKey { id, account, kept }).await
    }
}

impl LedgerReader {
    /// The name of the newest key of an account that is kept there.
    pub async fn codes_key(&self, account: AccountId, kept: &str) -> Result<Option<String>> {
        sqlx::query_scalar!(
            r#"SELECT id AS "id!" FROM codes_key WHERE account_id = $1 AND kept = $2 ORDER BY made_ms DESC, id DESC LIMIT 1"#,
            account.0,
            kept
        )
        .fetch_optional(&self.reading)
        .await
        .doing("reading a key's name")
    }

    /// The codes of an order as stored, over all its dispatches, oldest first.
    pub async fn codes(&self, order: OrderId) -> Result<Vec<StoredCodes>> {
        let rows = sqlx::query!(
            r#"SELECT d.generation AS "generation!: u32", d.remote_id AS "remote_id!", c.item AS "item!: u32",
                      c.count AS "count!: u32", c.key_id AS "key_id!", k.kept AS "kept!", c.nonce AS "nonce!",
                      c.ciphertext AS "ciphertext!"
               FROM dispatch d JOIN delivered_codes c ON c.dispatch_id = d.id JOIN codes_key k ON k.id = c.key_id
               WHERE d.order_id = $1 ORDER BY d.generation, c.item"#,
            order.0
        )
        .fetch_all(&self.reading)
        .await
        .doing("reading codes")?;
        let read = rows.into_iter().map(|row| {
            let nonce: [u8; NONCE_BYTES] = row.nonce.try_into().map_err(|_| LedgerError::Unreadable {
                what: "a nonce".into(),
                why: format!("it has not {NONCE_BYTES} bytes"),
            })?;
            let sealed = SealedCodes { item: row.item, count: row.count, nonce, ciphertext: row.ciphertext };
            let (remote, generation) = (RemoteId(row.remote_id), row.generation);
            Ok(StoredCodes { generation, remote, key_id: row.key_id, kept: row.kept, sealed })
        });
        read.collect()
    }

    /// How an order stands with its codes.
    pub async fn codes_standing(&self, order: OrderId) -> Result<CodesStanding> {
        let row = sqlx::query!(
            r#"SELECT coalesce(sum(d.codes_due), 0) AS "due!: u32",
                      coalesce(sum((SELECT sum(c.count) FROM delivered_codes c WHERE c.dispatch_id = d.id)), 0)
                          AS "count!: u32"
               FROM dispatch d WHERE d.order_id = $1"#,
            order.0
        )
        .fetch_one(&self.reading)
        .await
        .doing("counting codes")?;
        Ok(CodesStanding { count: row.count, due: row.due > 0 })
    }
}
