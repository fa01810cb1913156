//! Whether a ledger knows all of its own past: it is compared with its witness at every open, and what does not fit
//! shuts its accounts until the platforms have been asked.
//!
//! Not here: the witness itself (`witness`), or asking (`driver::lost`).

use std::fmt;
use std::path::Path;

use serde_json::json;
use sqlx::{Executor, SqliteConnection};

use super::chain::Hash;
use super::error::{Doing, LedgerError, Result};
use super::tx::{About, Tx, list};
use super::witness::{Seen, Station, Witness};
use super::writer::Write;
use super::{Ledger, LedgerReader};
use crate::clock::rfc3339;
use crate::domain::{AccountId, DispatchId, LogDraft, LogKind, OrderId, State};

/// What does not fit between a ledger and those who knew it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WhatPast {
    /// Its witness has seen more than it holds: it was restored from a backup.
    RolledBack,
    /// Its witness has seen another entry in its place: it was restored and then went on elsewhere, or a copy of it did.
    Replaced,
    /// Another station held it, and this one never has.
    Moved,
}

impl WhatPast {
    const ALL: [WhatPast; 3] = [WhatPast::RolledBack, WhatPast::Replaced, WhatPast::Moved];

    /// The word in the ledger and in its log.
    pub fn code(self) -> &'static str {
        match self {
            WhatPast::RolledBack => "rolled_back",
            WhatPast::Replaced => "replaced",
            WhatPast::Moved => "moved",
        }
    }

    fn from_code(code: &str) -> Result<WhatPast> {
        WhatPast::ALL
            .into_iter()
            .find(|what| what.code() == code)
            .ok_or_else(|| LedgerError::Unreadable { what: "what happened to the ledger".into(), why: code.to_owned() })
    }

    fn sentence(self) -> &'static str {
        match self {
            WhatPast::RolledBack => "this ledger is an older copy than the one that was last in use on this computer",
            WhatPast::Replaced => {
                "this ledger and the one that was last in use on this computer have gone different ways"
            }
            WhatPast::Moved => "this ledger comes from another computer, and it may still be in use there",
        }
    }
}

/// An account whose past at its platform this ledger does not wholly know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Past {
    /// The account.
    pub account_id: AccountId,
    /// Its name.
    pub account: String,
    /// Why.
    pub what: WhatPast,
    /// Wall time of the last entry that the ledger has of before: what was sent later, it may not know. 0 where it is not
    /// known where its ways parted from the other's.
    pub known_to_ms: i64,
    /// Wall time at which it was noticed. What was sent later, it knows.
    pub noticed_ms: i64,
    /// Nothing is armed for the account. Where it is not shut any more, each order is looked for before it is armed.
    pub shut: bool,
}

impl fmt::Display for Past {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Past { account, what, .. } = self;
        let since = match self.known_to_ms {
            0 => "by the other one".to_owned(),
            ms => format!("after {}", rfc3339(ms)),
        };
        write!(
            f,
            "dispatch is shut for account {account}: {}. What was sent {since} it may not know, and would send again. \
             Nothing was sent. Have the platforms asked with `docketctl restore check`, or say that all is well with \
             `docketctl restore open {account} --reason TEXT`",
            what.sentence(),
        )
    }
}

/// How an account came to be open again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Checked {
    /// Its platform was asked for every order that could be sent: how many it had, and how many not.
    Asked {
        /// Orders that were found there, and are bound now.
        found: u32,
        /// Orders of which it has nothing.
        absent: u32,
    },
    /// A person has said so, and why. Its orders are not looked for any more.
    Person {
        /// In the person's words.
        reason: String,
    },
}

/// What the ledger says of itself, before anybody is compared with it.
struct Own {
    ledger: Option<String>,
    station: Option<String>,
    head: Seen,
    last_ms: i64,
    first_hash: Option<Hash>,
}

/// Compares the ledger with what this station knows of it, shuts its accounts where that does not fit, and returns the
/// witness that is told from now on. Writes nothing where everything is as it was.
pub(super) async fn meet(tx: &mut Tx, folder: &Path) -> Result<Option<Witness>> {
    let station = match Station::of(folder) {
        Ok(station) => station,
        Err(error) => {
            // Without a place for witnesses nothing can be noticed; that is no reason to keep a merchant from working.
            tracing::warn!(folder = %folder.display(), %error, "no witness of the ledger can be kept: a restored ledger would go unnoticed");
            return Ok(None);
        }
    };
    let own = own(tx).await?;
    let ledger = own.ledger.clone().unwrap_or_else(|| new_id(own.first_hash));
    let seen = station.seen(&ledger);
    let there = match seen {
        Some(seen) => hash_at(&mut tx.conn, seen.seq).await?,
        None => None,
    };
    let what = compare(&own, &station.id, seen, there);
    let what = if told_already(tx, what, seen).await? { None } else { what };
    if what.is_some() || own.ledger.is_none() || own.station.as_deref() != Some(&station.id) {
        let doing = "noting who holds the ledger";
        tx.conn.execute("BEGIN IMMEDIATE").await.doing(doing)?;
        note(tx, &own, &ledger, &station.id, what, seen).await?;
        tx.flush().await?;
        tx.conn.execute("COMMIT").await.doing(doing)?;
    }
    match station.witness(&ledger) {
        Ok(mut witness) => {
            witness.note(Seen { seq: tx.book.head_seq, hash: tx.book.head_hash });
            Ok(Some(witness))
        }
        Err(error) => {
            tracing::warn!(%error, "the ledger's witness cannot be kept: a restored ledger would go unnoticed");
            Ok(None)
        }
    }
}

/// What does not fit, if anything. A witness that is older than the ledger fits: the ledger has what it has seen.
fn compare(own: &Own, station: &str, seen: Option<Seen>, there: Option<Hash>) -> Option<WhatPast> {
    match seen {
        Some(seen) if seen.seq > own.head.seq => Some(WhatPast::RolledBack),
        Some(seen) if seen.seq > 0 && there != Some(seen.hash) => Some(WhatPast::Replaced),
        Some(_) => None,
        // Nobody held it yet, or this station did and its witness is lost: that tells nothing.
        None => own.station.as_deref().filter(|last| *last != station).map(|_| WhatPast::Moved),
    }
}

/// A ledger from before there were ids is known by its first entry: so are its backups of that time.
fn new_id(first: Option<Hash>) -> String {
    match first {
        Some(hash) => hash.iter().take(16).map(|byte| format!("{byte:02x}")).collect(),
        None => crate::ids::random_id(),
    }
}

async fn own(tx: &mut Tx) -> Result<Own> {
    let doing = "reading whose ledger this is";
    let known =
        sqlx::query!("SELECT ledger_id, station FROM ledger_self").fetch_optional(&mut tx.conn).await.doing(doing)?;
    let last_ms = sqlx::query_scalar!("SELECT at_ms FROM log ORDER BY seq DESC LIMIT 1")
        .fetch_optional(&mut tx.conn)
        .await
        .doing(doing)?;
    let first_hash = hash_at(&mut tx.conn, 1).await?;
    let head = Seen { seq: tx.book.head_seq, hash: tx.book.head_hash };
    let (ledger, station) = known.map_or((None, None), |row| (Some(row.ledger_id), row.station));
    Ok(Own { ledger, station, head, last_ms: last_ms.unwrap_or(0), first_hash })
}

async fn hash_at(conn: &mut SqliteConnection, seq: i64) -> Result<Option<Hash>> {
    let hash = sqlx::query_scalar!("SELECT hash FROM log WHERE seq = $1", seq)
        .fetch_optional(conn)
        .await
        .doing("reading the log")?;
    Ok(hash.and_then(|hash| hash.try_into().ok()))
}

/// A witness that could not be written since tells the same once more: that is no news.
async fn told_already(tx: &mut Tx, what: Option<WhatPast>, seen: Option<Seen>) -> Result<bool> {
    let (Some(_), Some(seen)) = (what, seen) else { return Ok(false) };
    let hash = seen.hash.as_slice();
    let told = sqlx::query_scalar!(
        r#"SELECT count(*) AS "n!: i64" FROM past_incident WHERE witness_seq = $1 AND witness_hash = $2"#,
        seen.seq,
        hash
    )
    .fetch_one(&mut tx.conn)
    .await
    .doing("reading what was noticed before")?;
    Ok(told > 0)
}

async fn note(
    tx: &mut Tx,
    own: &Own,
    ledger: &str,
    station: &str,
    what: Option<WhatPast>,
    seen: Option<Seen>,
) -> Result<()> {
    sqlx::query!(
        "INSERT INTO ledger_self (one, ledger_id, station) VALUES (1, $1, $2)
         ON CONFLICT (one) DO UPDATE SET station = excluded.station",
        ledger,
        station
    )
    .execute(&mut tx.conn)
    .await
    .doing("noting who holds the ledger")?;
    if own.ledger.is_none() && own.head.seq > 0 {
        let detail = json!({ "what": "ledger_id", "ledger": ledger });
        tx.append(About::default(), None, &LogDraft::new(LogKind::Edited, State::Draft, detail))?;
    }
    let Some(what) = what else { return Ok(()) };
    tracing::warn!("{}: dispatch is shut until the platforms have been asked", what.sentence());
    shut(tx, own, what, seen).await?;
    let detail = json!({
        "why": what.sentence(),
        "what": what.code(),
        "ends_at": own.head.seq,
        "known_to": rfc3339(own.last_ms),
        "witness_saw": seen.map(|seen| seen.seq),
    });
    tx.append(About::default(), None, &LogDraft::new(LogKind::Incident, State::Draft, detail))?;
    Ok(())
}

/// Shuts every account, removed ones included: one may be added again. What was looked for before is to be looked for
/// again, from where the ledger's knowledge ended the first time.
async fn shut(tx: &mut Tx, own: &Own, what: WhatPast, seen: Option<Seen>) -> Result<()> {
    let doing = "shutting the accounts";
    let known_to_ms = match what {
        WhatPast::RolledBack | WhatPast::Moved => own.last_ms,
        // Its last entry may be younger than the place where the ways parted.
        WhatPast::Replaced => 0,
    };
    let (seq, hash) = (seen.map(|seen| seen.seq), seen.map(|seen| seen.hash.to_vec()));
    sqlx::query!(
        "INSERT INTO past_incident (what, known_to_ms, noticed_ms, witness_seq, witness_hash) VALUES ($1, $2, $3, $4, $5)",
        what.code(),
        known_to_ms,
        tx.now_ms,
        seq,
        hash
    )
    .execute(&mut tx.conn)
    .await
    .doing(doing)?;
    sqlx::query!(
        "INSERT INTO account_past (account_id, what, known_to_ms, noticed_ms, shut)
         SELECT id, $1, $2, $3, 1 FROM account WHERE 1
         ON CONFLICT (account_id) DO UPDATE SET what = excluded.what, noticed_ms = excluded.noticed_ms, shut = 1,
             known_to_ms = min(account_past.known_to_ms, excluded.known_to_ms)",
        what.code(),
        known_to_ms,
        tx.now_ms
    )
    .execute(&mut tx.conn)
    .await
    .doing(doing)?;
    sqlx::query!("DELETE FROM order_looked_for").execute(&mut tx.conn).await.doing(doing)?;
    Ok(())
}

/// Accounts whose past is not wholly known, with a tail and its arguments.
macro_rules! past_query {
    ($tail:tt $(, $argument:expr)*) => {
        sqlx::query!(
            r#"SELECT p.account_id AS "account_id!", a.name AS "name!", p.what AS "what!", p.known_to_ms AS "known_to_ms!",
                      p.noticed_ms AS "noticed_ms!", p.shut AS "shut!: bool"
               FROM account_past p JOIN account a ON a.id = p.account_id "# + $tail
            $(, $argument)*
        )
        .map(|row| {
            Ok(Past {
                account_id: AccountId(row.account_id),
                account: row.name,
                what: WhatPast::from_code(&row.what)?,
                known_to_ms: row.known_to_ms,
                noticed_ms: row.noticed_ms,
                shut: row.shut,
            })
        })
    };
}

/// What keeps a dispatch from being armed: its account is shut, or its order was not looked for.
pub(super) async fn in_the_way(tx: &mut Tx, id: DispatchId) -> Result<Option<Past>> {
    past_query!(
        "JOIN dispatch d ON d.account_id = p.account_id WHERE d.id = $1
         AND (p.shut = 1 OR NOT EXISTS (SELECT 1 FROM order_looked_for l WHERE l.order_id = d.order_id
              AND (p.what <> 'moved' OR l.at_ms BETWEEN $2 - 300000 AND $2)))",
        id.0,
        tx.now_ms
    )
    .fetch_optional(&mut tx.conn)
    .await
    .doing("reading what keeps an account shut")?
    .transpose()
}

struct LookedFor(Vec<OrderId>);

impl Write for LookedFor {
    type Out = ();

    async fn run(&self, tx: &mut Tx) -> Result<()> {
        let ids: Vec<i64> = self.0.iter().map(|id| id.0).collect();
        let ids = list(&ids)?;
        sqlx::query!(
            "INSERT OR REPLACE INTO order_looked_for (order_id, at_ms) SELECT value, $2 FROM json_each($1)",
            ids,
            tx.now_ms
        )
        .execute(&mut tx.conn)
        .await
        .doing("noting what was looked for")?;
        Ok(())
    }
}

struct NotLookedFor(OrderId);

impl Write for NotLookedFor {
    type Out = ();

    async fn run(&self, tx: &mut Tx) -> Result<()> {
        let id = self.0.0;
        sqlx::query!("DELETE FROM order_looked_for WHERE order_id = $1", id)
            .execute(&mut tx.conn)
            .await
            .doing("noting what was found")?;
        Ok(())
    }
}

struct ShutAgain(AccountId, OrderId, String);

impl Write for ShutAgain {
    type Out = ();

    async fn run(&self, tx: &mut Tx) -> Result<()> {
        let id = self.0.0;
        let shut = sqlx::query!("UPDATE account_past SET shut = 1 WHERE account_id = $1 AND shut = 0", id)
            .execute(&mut tx.conn)
            .await
            .doing("shutting an account")?;
        if shut.rows_affected() > 0 {
            let about = About { account_id: Some(self.0), order_id: Some(self.1), ..About::default() };
            tx.append(about, None, &LogDraft::new(LogKind::Incident, State::Queued, json!({ "why": self.2 })))?;
        }
        Ok(())
    }
}

struct OpenAgain(AccountId, Checked);

impl Write for OpenAgain {
    type Out = ();

    async fn run(&self, tx: &mut Tx) -> Result<()> {
        let (id, doing) = (self.0.0, "opening an account again");
        let changed = match &self.1 {
            Checked::Asked { .. } => sqlx::query!("UPDATE account_past SET shut = 0 WHERE account_id = $1", id),
            Checked::Person { .. } => sqlx::query!("DELETE FROM account_past WHERE account_id = $1", id),
        };
        if changed.execute(&mut tx.conn).await.doing(doing)?.rows_affected() == 0 {
            return Err(LedgerError::NotFound { what: "account with a past to look at".into() });
        }
        let about = || About { account_id: Some(self.0), ..About::default() };
        let entry = match &self.1 {
            Checked::Asked { found, absent } => {
                let detail = json!({ "what": "past_checked", "found": found, "absent": absent });
                LogDraft::new(LogKind::Edited, State::Draft, detail)
            }
            Checked::Person { reason } => {
                LogDraft::new(LogKind::Edited, State::Draft, json!({ "what": "past_accepted" }))
                    .with_private(json!({ "reason": reason }))
            }
        };
        tx.append(about(), None, &entry)?;
        let left = sqlx::query_scalar!(
            r#"SELECT count(*) AS "n!: i64" FROM account_past p JOIN account a ON a.id = p.account_id
               WHERE p.shut = 1 AND a.removed_ms IS NULL"#
        )
        .fetch_one(&mut tx.conn)
        .await
        .doing(doing)?;
        let open =
            sqlx::query!("UPDATE past_incident SET closed_ms = $1 WHERE closed_ms IS NULL AND $2 = 0", tx.now_ms, left)
                .execute(&mut tx.conn)
                .await
                .doing(doing)?;
        if open.rows_affected() > 0 {
            let detail = json!({ "what": "past_closed", "why": "every account was checked, or opened by a person" });
            tx.append(About::default(), None, &LogDraft::new(LogKind::Edited, State::Draft, detail))?;
        }
        Ok(())
    }
}

impl Ledger {
    /// Notes that these orders were looked for, and that the platform has nothing of them: they may be armed.
    pub async fn looked_for(&self, orders: Vec<OrderId>) -> Result<()> {
        self.write(LookedFor(orders)).await
    }

    /// Takes that back: the platform has something of this order.
    pub async fn not_looked_for(&self, order: OrderId) -> Result<()> {
        self.write(NotLookedFor(order)).await
    }

    /// Shuts an account whose past is not wholly known once more: asking cannot tell whether the platform has an order that
    /// is to be sent.
    pub async fn shut_again(&self, account: AccountId, order: OrderId, why: String) -> Result<()> {
        self.write(ShutAgain(account, order, why)).await
    }

    /// Opens an account again. After a check its orders are looked for before they are armed; after a person's word
    /// they are not.
    pub async fn open_again(&self, account: AccountId, how: Checked) -> Result<()> {
        self.write(OpenAgain(account, how)).await
    }
}

impl LedgerReader {
    /// Living accounts whose past is not wholly known, by name.
    pub async fn pasts(&self) -> Result<Vec<Past>> {
        let rows = past_query!("WHERE a.removed_ms IS NULL ORDER BY a.name")
            .fetch_all(&self.reading)
            .await
            .doing("reading which accounts are shut")?;
        rows.into_iter().collect()
    }

    /// Orders of an account that could be armed and were not looked for, after `after`, by row.
    pub async fn not_looked_for(&self, account: AccountId, after: OrderId, limit: u32) -> Result<Vec<OrderId>> {
        let ids = sqlx::query_scalar!(
            "SELECT id FROM orders o WHERE account_id = $1 AND id > $2 AND deleted_ms IS NULL AND state <> 'dispatched'
             AND NOT EXISTS (SELECT 1 FROM order_looked_for l WHERE l.order_id = o.id) ORDER BY id LIMIT $3",
            account.0,
            after.0,
            limit
        )
        .fetch_all(&self.reading)
        .await
        .doing("reading orders to look for")?;
        Ok(ids.into_iter().map(OrderId).collect())
    }

    /// Whether an order of an account with a past was looked for.
    pub async fn was_looked_for(&self, order: OrderId) -> Result<bool> {
        let n =
            sqlx::query_scalar!(r#"SELECT count(*) AS "n!: i64" FROM order_looked_for WHERE order_id = $1"#, order.0)
                .fetch_one(&self.reading)
                .await
                .doing("reading what was looked for")?;
        Ok(n > 0)
    }
}
