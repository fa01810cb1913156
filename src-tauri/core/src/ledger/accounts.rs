//! Accounts: one row for each identity, a tombstone once it is removed.

use serde_json::json;
use sqlx::Arguments;
use sqlx::sqlite::SqliteRow;

use super::error::{Doing, LedgerError, Result, violated};
use super::rows::{at, from_json, get, platform, state, to_json};
use super::tx::{About, Tx, args, list};
use super::writer::Write;
use super::{Ledger, LedgerReader};
use crate::domain::{
    AccountId, AccountIdentity, CredentialDigest, LogDraft, LogKind, OrderNo, Platform, ServerTime, Settings, State,
};

/// An account to add.
#[derive(Clone, Debug)]
pub struct NewAccountRow {
    /// Unique among living accounts.
    pub name: String,
    /// Its platform.
    pub platform: Platform,
    /// Test or live.
    pub test: bool,
    /// Platform, mode and merchant; unique for ever.
    pub identity: AccountIdentity,
    /// Scheme, host and port.
    pub base_url: String,
    /// Whether the app serves its platform itself.
    pub practice: bool,
    /// Where its secrets are: `keystore` or a file's path.
    pub secrets: String,
    /// How the ledger knows its credential.
    pub credential: CredentialDigest,
    /// What differs from the defaults.
    pub settings: Settings,
    /// Whether it may be used already; a live account is confirmed by a person first.
    pub confirmed: bool,
}

/// An account as stored.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields of NewAccountRow, and what came since")]
pub struct AccountRow {
    pub id: AccountId,
    pub name: String,
    pub platform: Platform,
    pub test: bool,
    pub identity: AccountIdentity,
    pub base_url: String,
    pub practice: bool,
    pub secrets: String,
    pub credential: CredentialDigest,
    pub settings: Settings,
    pub confirmed: bool,
    /// Why it is paused, when it is.
    pub paused: Option<String>,
    /// Whether it is a tombstone.
    pub removed: bool,
    /// Orders queued, sending or in doubt.
    pub open: u32,
}

/// Another account that has the same order number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OtherHolder {
    /// The number.
    pub order_no: OrderNo,
    /// The account's name.
    pub account: String,
    /// Its platform.
    pub platform: Platform,
    /// Whether it is a tombstone.
    pub removed: bool,
    /// Where its order stands; `None` when it was deleted after a dispatch.
    pub state: Option<State>,
    /// Whether that order is held now.
    pub holds: bool,
    /// How many generations it has spent.
    pub generation: u32,
}

macro_rules! account_sql {
    ($tail:literal) => {
        concat!(
            "SELECT a.id, a.name, a.platform, a.test, a.identity, a.base_url, a.practice, a.secrets, a.credential, \
             a.settings, a.confirmed, a.paused, a.removed_ms IS NOT NULL AS removed, \
             (SELECT coalesce(sum(t.n), 0) FROM tally t WHERE t.account_id = a.id \
              AND t.state IN ('queued', 'sending', 'in_doubt')) AS open FROM account a ",
            $tail
        )
    };
}

fn account(row: &SqliteRow) -> Result<AccountRow> {
    Ok(AccountRow {
        id: AccountId(get(row, "id")?),
        name: get(row, "name")?,
        platform: platform(get(row, "platform")?)?,
        test: get(row, "test")?,
        identity: AccountIdentity(get(row, "identity")?),
        base_url: get(row, "base_url")?,
        practice: get(row, "practice")?,
        secrets: get(row, "secrets")?,
        credential: CredentialDigest(get(row, "credential")?),
        settings: from_json("an account's settings", get(row, "settings")?)?,
        confirmed: get(row, "confirmed")?,
        paused: get(row, "paused")?,
        removed: get(row, "removed")?,
        open: get(row, "open")?,
    })
}

/// What may be changed of an account.
enum Set {
    Add(Box<NewAccountRow>),
    Settings(AccountId, Box<Settings>),
    Credential(AccountId, CredentialDigest, String),
    Paused(AccountId, Option<String>),
    Confirmed(AccountId),
    Removed(AccountId),
    ServerTime(AccountId, Box<ServerTime>),
    Entry(AccountId, LogDraft),
}

impl Write for Set {
    type Out = AccountId;

    async fn run(&self, tx: &mut Tx) -> Result<AccountId> {
        let (id, kind, detail) = match self {
            Set::Add(new) => {
                let id = add(tx, new).await?;
                let detail = json!({"account": new.name, "what": "added", "platform": new.platform.code(),
                                    "test": new.test, "identity": new.identity.0});
                (id, LogKind::Edited, detail)
            }
            Set::Settings(id, settings) => {
                let text = to_json("settings", settings)?;
                change(tx, *id, "UPDATE account SET settings = $2 WHERE id = $1 RETURNING name", Some(text)).await?;
                (*id, LogKind::Edited, json!({"what": "settings", "settings": settings}))
            }
            Set::Credential(id, digest, secrets) => {
                credential(tx, *id, digest, secrets).await?;
                (*id, LogKind::Edited, json!({"what": "credentials", "credential": digest.0}))
            }
            Set::Paused(id, why) => {
                let sql = "UPDATE account SET paused = $2 WHERE id = $1 RETURNING name";
                change(tx, *id, sql, why.clone()).await?;
                (*id, LogKind::Paused, json!({"paused": why.is_some(), "why": why}))
            }
            Set::Confirmed(id) => {
                change(tx, *id, "UPDATE account SET confirmed = 1 WHERE id = $1 RETURNING name", None).await?;
                (*id, LogKind::Edited, json!({"what": "confirmed"}))
            }
            Set::Removed(id) => {
                remove(tx, *id).await?;
                (*id, LogKind::Edited, json!({"what": "removed"}))
            }
            Set::ServerTime(id, time) => {
                let text = to_json("a server's time", time)?;
                change(tx, *id, "UPDATE account SET server_time = $2 WHERE id = $1 RETURNING name", Some(text)).await?;
                return Ok(*id);
            }
            Set::Entry(id, draft) => {
                let about = About { account_id: Some(*id), ..About::default() };
                tx.append(about, None, draft)?;
                return Ok(*id);
            }
        };
        let about = About { account_id: Some(id), ..About::default() };
        tx.append(about, None, &LogDraft::new(kind, State::Draft, detail))?;
        Ok(id)
    }
}

/// Runs a change of one account; `$2` is its value. Returns the account's name.
async fn change(tx: &mut Tx, id: AccountId, sql: &'static str, value: Option<String>) -> Result<String> {
    let rows = tx
        .rows(
            sql,
            args(|a| {
                a.add(id.0)?;
                a.add(value)
            }),
        )
        .await?
        .map_err(|e| LedgerError::sqlx("changing an account", e))?;
    let row = rows.first().ok_or_else(|| LedgerError::NotFound { what: format!("account in row {id}") })?;
    at(row, 0)
}

/// Writes a credential down under its mode, or refuses it because it is known under the other.
async fn know(tx: &mut Tx, digest: &CredentialDigest, test: bool) -> Result<()> {
    let rows = tx
        .rows(
            "INSERT OR IGNORE INTO credential_mode (digest, test) VALUES ($1, $2);
             SELECT test FROM credential_mode WHERE digest = $1",
            args(|a| {
                a.add(digest.0.clone())?;
                a.add(test)
            }),
        )
        .await?
        .map_err(|e| LedgerError::sqlx("noting a credential", e))?;
    let known: bool = at(rows.first().ok_or(LedgerError::Closed)?, 0)?;
    let word = |test: bool| if test { "test" } else { "live" };
    if known != test {
        return Err(LedgerError::OtherMode { known: word(known), wanted: word(test) });
    }
    Ok(())
}

async fn credential(tx: &mut Tx, id: AccountId, digest: &CredentialDigest, secrets: &str) -> Result<()> {
    let rows = tx
        .rows("SELECT test FROM account WHERE id = $1", args(|a| a.add(id.0)))
        .await?
        .map_err(|e| LedgerError::sqlx("reading an account", e))?;
    let row = rows.first().ok_or_else(|| LedgerError::NotFound { what: format!("account in row {id}") })?;
    know(tx, digest, at(row, 0)?).await?;
    tx.run(
        "setting credentials",
        "UPDATE account SET credential = $2, secrets = $3 WHERE id = $1",
        args(|a| {
            a.add(id.0)?;
            a.add(digest.0.clone())?;
            a.add(secrets.to_owned())
        }),
    )
    .await
}

async fn add(tx: &mut Tx, new: &NewAccountRow) -> Result<AccountId> {
    know(tx, &new.credential, new.test).await?;
    let rows = tx
        .rows(
            "SELECT name, removed_ms IS NOT NULL FROM account WHERE identity = $1",
            args(|a| a.add(new.identity.0.clone())),
        )
        .await?
        .map_err(|e| LedgerError::sqlx("reading accounts", e))?;
    if let Some(row) = rows.first()
        && !at::<bool>(row, 1)?
    {
        return Err(LedgerError::IdentityTaken { identity: new.identity.0.clone(), name: at(row, 0)? });
    }
    let settings = to_json("settings", &new.settings)?;
    let now = tx.now_ms;
    let rows = tx
        .rows(
            // The tombstone of the same identity comes back under the new name, with everything it ever dispatched.
            "INSERT INTO account (name, platform, test, identity, base_url, practice, secrets, credential, settings,
                                  confirmed, created_ms)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
             ON CONFLICT (identity) DO UPDATE SET name = $1, base_url = $5, practice = $6, secrets = $7,
                 credential = $8, settings = $9, confirmed = $10, removed_ms = NULL, paused = NULL
             RETURNING id",
            args(|a| {
                a.add(new.name.clone())?;
                a.add(new.platform.code())?;
                a.add(new.test)?;
                a.add(new.identity.0.clone())?;
                a.add(new.base_url.clone())?;
                a.add(new.practice)?;
                a.add(new.secrets.clone())?;
                a.add(new.credential.0.clone())?;
                a.add(settings)?;
                a.add(new.confirmed)?;
                a.add(now)
            }),
        )
        .await?
        .map_err(|e| match violated(&e).as_deref() {
            Some("account.name") => LedgerError::NameTaken { name: new.name.clone() },
            _ => LedgerError::sqlx("adding an account", e),
        })?;
    Ok(AccountId(at(rows.first().ok_or(LedgerError::Closed)?, 0)?))
}

async fn remove(tx: &mut Tx, id: AccountId) -> Result<()> {
    let rows = tx
        .rows(
            "SELECT a.name, (SELECT coalesce(sum(t.n), 0) FROM tally t WHERE t.account_id = a.id
                             AND t.state IN ('queued', 'sending', 'in_doubt', 'needs_review'))
             FROM account a WHERE a.id = $1 AND a.removed_ms IS NULL",
            args(|a| a.add(id.0)),
        )
        .await?
        .map_err(|e| LedgerError::sqlx("reading an account", e))?;
    let row = rows.first().ok_or_else(|| LedgerError::NotFound { what: format!("account in row {id}") })?;
    let count: i64 = at(row, 1)?;
    // Counts of this group that are not written yet do not matter: they would be of jobs that go first.
    if count > 0 {
        return Err(LedgerError::OpenWork { name: at(row, 0)?, count });
    }
    let now = tx.now_ms;
    tx.run(
        "removing an account",
        "UPDATE account SET removed_ms = $2 WHERE id = $1",
        args(|a| {
            a.add(id.0)?;
            a.add(now)
        }),
    )
    .await
}

impl Ledger {
    /// Adds an account, or brings the tombstone of the same identity back. Errors: `NameTaken`, `IdentityTaken`,
    /// `OtherMode`.
    pub async fn add_account(&self, new: NewAccountRow) -> Result<AccountId> {
        self.write(Set::Add(Box::new(new))).await
    }

    /// Replaces an account's settings.
    pub async fn set_settings(&self, id: AccountId, settings: Settings) -> Result<()> {
        self.write(Set::Settings(id, Box::new(settings))).await.map(|_| ())
    }

    /// New credentials; the identity stays. `secrets` says where they are.
    pub async fn set_credential(&self, id: AccountId, digest: CredentialDigest, secrets: &str) -> Result<()> {
        self.write(Set::Credential(id, digest, secrets.to_owned())).await.map(|_| ())
    }

    /// Pauses an account, or with `None` lets it go on.
    pub async fn set_paused(&self, id: AccountId, why: Option<String>) -> Result<()> {
        self.write(Set::Paused(id, why)).await.map(|_| ())
    }

    /// A person has said that this live account may be used.
    pub async fn confirm_account(&self, id: AccountId) -> Result<()> {
        self.write(Set::Confirmed(id)).await.map(|_| ())
    }

    /// Leaves a tombstone: the name is free again, the identity is not. Error: `OpenWork`.
    pub async fn remove_account(&self, id: AccountId) -> Result<()> {
        self.write(Set::Removed(id)).await.map(|_| ())
    }

    /// Notes the platform's clock. Not in the log.
    pub async fn save_server_time(&self, id: AccountId, time: ServerTime) -> Result<()> {
        self.write(Set::ServerTime(id, Box::new(time))).await.map(|_| ())
    }

    /// Appends an entry about an account; its draft's state is not used.
    pub async fn append_account_entry(&self, id: AccountId, draft: LogDraft) -> Result<()> {
        self.write(Set::Entry(id, draft)).await.map(|_| ())
    }
}

impl LedgerReader {
    /// Living accounts, by name.
    pub async fn accounts(&self) -> Result<Vec<AccountRow>> {
        let rows = sqlx::query(account_sql!("WHERE a.removed_ms IS NULL ORDER BY a.name"))
            .fetch_all(&self.pool)
            .await
            .doing("reading accounts")?;
        rows.iter().map(account).collect()
    }

    /// The living account of that name.
    pub async fn account(&self, name: &str) -> Result<AccountRow> {
        let row = sqlx::query(account_sql!("WHERE a.name = $1 AND a.removed_ms IS NULL"))
            .bind(name)
            .fetch_optional(&self.pool)
            .await
            .doing("reading an account")?;
        account(&row.ok_or_else(|| LedgerError::NotFound { what: format!("account {name}") })?)
    }

    /// An account by its row, tombstones included.
    pub async fn account_by_id(&self, id: AccountId) -> Result<AccountRow> {
        let row = sqlx::query(account_sql!("WHERE a.id = $1"))
            .bind(id.0)
            .fetch_optional(&self.pool)
            .await
            .doing("reading an account")?;
        account(&row.ok_or_else(|| LedgerError::NotFound { what: format!("account in row {id}") })?)
    }

    /// The platform's clock when last seen.
    pub async fn server_time(&self, id: AccountId) -> Result<Option<ServerTime>> {
        let text: Option<Option<String>> = sqlx::query_scalar("SELECT server_time FROM account WHERE id = $1")
            .bind(id.0)
            .fetch_optional(&self.pool)
            .await
            .doing("reading a server's time")?;
        text.flatten().map(|text| from_json("a server's time", &text)).transpose()
    }

    /// Which of these numbers other accounts hold, or have ever dispatched; tombstones included, accounts declared
    /// distinct (either way) left out.
    pub async fn other_holders(&self, order_nos: &[OrderNo], account: AccountId) -> Result<Vec<OtherHolder>> {
        let doing = "looking for the number in other accounts";
        let me = self.account_by_id(account).await?;
        let rows = sqlx::query(
            "SELECT j.value AS order_no, a.name, a.platform, a.settings, a.removed_ms IS NOT NULL AS removed, o.state,
                    max(coalesce(o.generation, 0), coalesce(s.last_generation, 0)) AS generation
             FROM json_each($1) j CROSS JOIN account a ON a.id <> $2
             LEFT JOIN orders o INDEXED BY orders_no ON o.order_no = j.value AND o.account_id = a.id AND o.deleted_ms IS NULL
             LEFT JOIN generation_spent s ON s.account_id = a.id AND s.order_no = j.value
             WHERE o.id IS NOT NULL OR s.order_no IS NOT NULL",
        )
        .bind(list(order_nos)?)
        .bind(account.0)
        .fetch_all(&self.pool)
        .await
        .doing(doing)?;
        let mut holders = Vec::new();
        for row in &rows {
            let name: String = get(row, "name")?;
            let settings: Settings = from_json("an account's settings", get(row, "settings")?)?;
            if me.settings.distinct_from.contains(&name) || settings.distinct_from.contains(&me.name) {
                continue;
            }
            let state = get::<Option<String>>(row, "state")?.map(|s| state(&s)).transpose()?;
            let holds = state.is_some_and(State::holds_order);
            let generation: u32 = get(row, "generation")?;
            if holds || generation > 0 {
                holders.push(OtherHolder {
                    order_no: OrderNo(get(row, "order_no")?),
                    account: name,
                    platform: platform(get(row, "platform")?)?,
                    removed: get(row, "removed")?,
                    state,
                    holds,
                    generation,
                });
            }
        }
        Ok(holders)
    }
}
