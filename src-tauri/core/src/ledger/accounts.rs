//! Accounts: one row for each identity, a tombstone once it is removed.

use serde_json::json;
use sqlx::sqlite::SqliteQueryResult;

use super::error::{Doing, LedgerError, Result, violated};
use super::rows::{from_json, platform, to_json};
use super::tx::{About, Raw, Tx};
use super::writer::Write;
use super::{Ledger, LedgerReader};
use crate::domain::{
    AccountId, AccountIdentity, CredentialDigest, LogDraft, LogKind, Platform, ServerTime, Settings, State,
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
    /// What differs from the defaults. `distinct_from` names living accounts; what is kept of it is who they are.
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

/// Accounts, with a tail and its arguments.
macro_rules! account_query {
    ($tail:tt $(, $argument:expr)*) => {
        sqlx::query!(
            r#"SELECT a.id AS "id!", a.name, a.platform, a.test AS "test: bool", a.identity, a.base_url,
                      a.practice AS "practice: bool", a.secrets, a.credential, a.settings,
                      a.confirmed AS "confirmed: bool", a.paused, a.removed_ms IS NOT NULL AS "removed!: bool",
                      (SELECT json_group_array(o.name || iif(o.removed_ms IS NULL, '', ' (removed)') ORDER BY o.name)
                       FROM account_distinct x JOIN account o ON o.id = x.other_id WHERE x.account_id = a.id)
                          AS "distinct_from!: String",
                      (SELECT coalesce(sum(t.n), 0) FROM tally t WHERE t.account_id = a.id
                       AND t.state IN ('queued', 'sending', 'in_doubt')) AS "open!: u32" FROM account a "# + $tail
            $(, $argument)*
        )
        .map(|row| {
            Ok(AccountRow {
                id: AccountId(row.id),
                name: row.name,
                platform: platform(&row.platform)?,
                test: row.test,
                identity: AccountIdentity(row.identity),
                base_url: row.base_url,
                practice: row.practice,
                secrets: row.secrets,
                credential: CredentialDigest(row.credential),
                settings: Settings {
                    distinct_from: from_json("an account's promises", &row.distinct_from)?,
                    ..from_json("an account's settings", &row.settings)?
                },
                confirmed: row.confirmed,
                paused: row.paused,
                removed: row.removed,
                open: row.open,
            })
        })
    };
}

/// What may be changed of an account.
enum Set {
    Add(Box<NewAccountRow>),
    Settings(AccountId, Box<Settings>),
    Credential(AccountId, CredentialDigest, String),
    Paused(AccountId, Option<String>),
    Confirmed(AccountId),
    Removed(AccountId),
    Entry(AccountId, LogDraft),
}

impl Write for Set {
    type Out = AccountId;

    async fn run(&self, tx: &mut Tx) -> Result<AccountId> {
        let (id, kind, detail) = match self {
            Set::Add(new) => {
                // Before the account is there: nobody is distinct from itself.
                let others = named(tx, &new.settings.distinct_from).await?;
                let id = add(tx, new).await?;
                let mut detail = json!({"account": new.name, "what": "added", "platform": new.platform.code(),
                                        "test": new.test, "identity": new.identity.0});
                if !others.is_empty() {
                    detail["distinct_identities"] = promise(tx, id, &others).await?;
                }
                (id, LogKind::Edited, detail)
            }
            Set::Settings(id, settings) => {
                let text = stored(settings)?;
                let set = sqlx::query!("UPDATE account SET settings = $2 WHERE id = $1", id.0, text);
                changed(*id, set.execute(&mut tx.conn).await)?;
                let mut detail = json!({"what": "settings", "settings": settings});
                let others = named(tx, &settings.distinct_from).await?;
                if !others.is_empty() {
                    detail["distinct_identities"] = promise(tx, *id, &others).await?;
                }
                (*id, LogKind::Edited, detail)
            }
            Set::Credential(id, digest, secrets) => {
                credential(tx, *id, digest, secrets).await?;
                (*id, LogKind::Edited, json!({"what": "credentials", "credential": digest.0}))
            }
            Set::Paused(id, why) => {
                let set = sqlx::query!("UPDATE account SET paused = $2 WHERE id = $1", id.0, why);
                changed(*id, set.execute(&mut tx.conn).await)?;
                (*id, LogKind::Paused, json!({"paused": why.is_some(), "why": why}))
            }
            Set::Confirmed(id) => {
                let set = sqlx::query!("UPDATE account SET confirmed = 1 WHERE id = $1", id.0);
                changed(*id, set.execute(&mut tx.conn).await)?;
                (*id, LogKind::Edited, json!({"what": "confirmed"}))
            }
            Set::Removed(id) => {
                remove(tx, *id).await?;
                (*id, LogKind::Edited, json!({"what": "removed"}))
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

struct ServerTimes(Vec<(AccountId, ServerTime)>);

impl Write for ServerTimes {
    type Out = ();

    async fn run(&self, tx: &mut Tx) -> Result<()> {
        for (id, time) in &self.0 {
            let text = to_json("a server's time", time)?;
            let set = sqlx::query!("UPDATE account SET server_time = $2 WHERE id = $1", id.0, text);
            changed(*id, set.execute(&mut tx.conn).await)?;
        }
        Ok(())
    }
}

fn not_found(id: AccountId) -> LedgerError {
    LedgerError::NotFound { what: format!("account in row {id}") }
}

/// What came of a change of one account.
fn changed(id: AccountId, done: Raw<SqliteQueryResult>) -> Result<()> {
    match done.doing("changing an account")?.rows_affected() {
        0 => Err(not_found(id)),
        _ => Ok(()),
    }
}

/// Writes a credential down under its mode, or refuses it because it is known under the other.
async fn know(tx: &mut Tx, digest: &CredentialDigest, test: bool) -> Result<()> {
    let doing = "noting a credential";
    sqlx::query!("INSERT OR IGNORE INTO credential_mode (digest, test) VALUES ($1, $2)", digest.0, test)
        .execute(&mut tx.conn)
        .await
        .doing(doing)?;
    let known = sqlx::query_scalar!(r#"SELECT test AS "test: bool" FROM credential_mode WHERE digest = $1"#, digest.0)
        .fetch_one(&mut tx.conn)
        .await
        .doing(doing)?;
    let word = |test: bool| if test { "test" } else { "live" };
    if known != test {
        return Err(LedgerError::OtherMode { known: word(known), wanted: word(test) });
    }
    Ok(())
}

async fn credential(tx: &mut Tx, id: AccountId, digest: &CredentialDigest, secrets: &str) -> Result<()> {
    let test = sqlx::query_scalar!(r#"SELECT test AS "test: bool" FROM account WHERE id = $1"#, id.0)
        .fetch_optional(&mut tx.conn)
        .await
        .doing("reading an account")?
        .ok_or_else(|| not_found(id))?;
    know(tx, digest, test).await?;
    sqlx::query!("UPDATE account SET credential = $2, secrets = $3 WHERE id = $1", id.0, digest.0, secrets)
        .execute(&mut tx.conn)
        .await
        .doing("setting credentials")?;
    Ok(())
}

async fn add(tx: &mut Tx, new: &NewAccountRow) -> Result<AccountId> {
    know(tx, &new.credential, new.test).await?;
    let living =
        sqlx::query_scalar!("SELECT name FROM account WHERE identity = $1 AND removed_ms IS NULL", new.identity.0)
            .fetch_optional(&mut tx.conn)
            .await
            .doing("reading accounts")?;
    if let Some(name) = living {
        return Err(LedgerError::IdentityTaken { identity: new.identity.0.clone(), name });
    }
    let settings = stored(&new.settings)?;
    // The tombstone of the same identity comes back under the new name, with everything it ever dispatched.
    sqlx::query_scalar!(
        r#"INSERT INTO account (name, platform, test, identity, base_url, practice, secrets, credential, settings,
                                confirmed, created_ms)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
           ON CONFLICT (identity) DO UPDATE SET name = $1, base_url = $5, practice = $6, secrets = $7,
               credential = $8, settings = $9, confirmed = $10, removed_ms = NULL, paused = NULL, server_time = NULL
           RETURNING id AS "id!""#,
        new.name,
        new.platform.code(),
        new.test,
        new.identity.0,
        new.base_url,
        new.practice,
        new.secrets,
        new.credential.0,
        settings,
        new.confirmed,
        tx.now_ms
    )
    .fetch_one(&mut tx.conn)
    .await
    .map(AccountId)
    .map_err(|e| match violated(&e).as_deref() {
        Some("account.name") => LedgerError::NameTaken { name: new.name.clone() },
        _ => LedgerError::sqlx("adding an account", e),
    })
}

/// Settings as they stand in the account's row: without the promises, which are about accounts and not about names.
fn stored(settings: &Settings) -> Result<String> {
    to_json("settings", &Settings { distinct_from: Vec::new(), ..settings.clone() })
}

/// The living accounts with these names.
async fn named(tx: &mut Tx, names: &[String]) -> Result<Vec<(AccountId, AccountIdentity)>> {
    let mut found = Vec::with_capacity(names.len());
    for name in names {
        let row = sqlx::query!("SELECT id, identity FROM account WHERE name = $1 AND removed_ms IS NULL", name)
            .fetch_optional(&mut tx.conn)
            .await
            .doing("reading an account")?
            .ok_or_else(|| LedgerError::NotFound { what: format!("account {name}") })?;
        found.push((AccountId(row.id), AccountIdentity(row.identity)));
    }
    Ok(found)
}

/// A person's promise that an account and these others serve different shops. Returns their identities, for the log.
async fn promise(tx: &mut Tx, id: AccountId, others: &[(AccountId, AccountIdentity)]) -> Result<serde_json::Value> {
    for (other, _) in others {
        if *other == id {
            return Err(LedgerError::Misuse("an account is not distinct from itself; name another one".into()));
        }
        sqlx::query!("INSERT OR IGNORE INTO account_distinct (account_id, other_id) VALUES ($1, $2)", id.0, other.0)
            .execute(&mut tx.conn)
            .await
            .doing("noting a promise")?;
    }
    Ok(others.iter().map(|(_, identity)| identity.0.clone()).collect::<Vec<_>>().into())
}

async fn remove(tx: &mut Tx, id: AccountId) -> Result<()> {
    let row = sqlx::query!(
        r#"SELECT a.name, (SELECT count(*) FROM dispatch d WHERE d.account_id = a.id AND d.superseded = 0
                           AND (d.state IN ('queued', 'sending', 'in_doubt', 'needs_review')
                                OR (d.state = 'dispatched' AND d.progress->>'$.cancel_asked' = 1)
                                OR (d.state = 'closed' AND d.progress->>'$.released' IS NOT NULL))) AS "count!: i64"
           FROM account a WHERE a.id = $1 AND a.removed_ms IS NULL"#,
        id.0
    )
    .fetch_optional(&mut tx.conn)
    .await
    .doing("reading an account")?
    .ok_or_else(|| not_found(id))?;
    // The tally is written at a group's end; dispatches stand in their table at once, also those of the same group.
    if row.count > 0 {
        return Err(LedgerError::OpenWork { name: row.name, count: row.count });
    }
    sqlx::query!("UPDATE account SET removed_ms = $2 WHERE id = $1", id.0, tx.now_ms)
        .execute(&mut tx.conn)
        .await
        .doing("removing an account")?;
    Ok(())
}

impl Ledger {
    /// Adds an account, or brings the tombstone of the same identity back. Errors: `NameTaken`, `IdentityTaken`,
    /// `OtherMode`.
    pub async fn add_account(&self, new: NewAccountRow) -> Result<AccountId> {
        self.write(Set::Add(Box::new(new))).await
    }

    /// Replaces an account's settings. `distinct_from` names the living accounts that are promised to be other shops
    /// from now on; earlier promises stay. Errors: `NotFound` for a name that nobody has.
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

    /// Notes what was heard of the platforms' clocks. Not in the log.
    pub async fn save_server_times(&self, heard: Vec<(AccountId, ServerTime)>) -> Result<()> {
        self.write(ServerTimes(heard)).await
    }

    /// Appends an entry about an account; its draft's state is not used.
    pub async fn append_account_entry(&self, id: AccountId, draft: LogDraft) -> Result<()> {
        self.write(Set::Entry(id, draft)).await.map(|_| ())
    }
}

impl LedgerReader {
    /// The identities of all accounts, removed ones among them.
    pub async fn identities(&self) -> Result<Vec<String>> {
        sqlx::query_scalar!("SELECT identity FROM account").fetch_all(&self.reading).await.doing("reading accounts")
    }

    /// Living accounts, by name.
    pub async fn accounts(&self) -> Result<Vec<AccountRow>> {
        let rows = account_query!("WHERE a.removed_ms IS NULL ORDER BY a.name")
            .fetch_all(&self.reading)
            .await
            .doing("reading accounts")?;
        rows.into_iter().collect()
    }

    /// The living account of that name.
    pub async fn account(&self, name: &str) -> Result<AccountRow> {
        account_query!("WHERE a.name = $1 AND a.removed_ms IS NULL", name)
            .fetch_optional(&self.reading)
            .await
            .doing("reading an account")?
            .ok_or_else(|| LedgerError::NotFound { what: format!("account {name}") })?
    }

    /// An account by its row, tombstones included.
    pub async fn account_by_id(&self, id: AccountId) -> Result<AccountRow> {
        account_query!("WHERE a.id = $1", id.0)
            .fetch_optional(&self.reading)
            .await
            .doing("reading an account")?
            .ok_or_else(|| not_found(id))?
    }

    /// The platform's clock when last written down. Of use only within the same start of the machine.
    pub async fn server_time(&self, id: AccountId) -> Result<Option<ServerTime>> {
        let text = sqlx::query_scalar!("SELECT server_time FROM account WHERE id = $1", id.0)
            .fetch_optional(&self.reading)
            .await
            .doing("reading a server's time")?;
        text.flatten().map(|text| from_json("a server's time", &text)).transpose()
    }
}
