//! Copies of the ledger, made while it is open.

use std::path::{Path, PathBuf};

use sqlx::{ConnectOptions, Connection};

use super::error::{Doing, LedgerError, Result};
use super::open::reading;

/// Where the copy before a migration from `schema` goes.
pub(super) fn place(path: &Path, schema: i64) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".schema-{schema}.backup"));
    PathBuf::from(name)
}

/// Copies a ledger before it is migrated. A copy that is there already is of the same schema and is kept, so that a
/// migration that failed half-way does not lose the good copy.
pub(super) async fn before_migration(path: &Path, schema: i64) -> Result<()> {
    let to = place(path, schema);
    if to.exists() {
        return Ok(());
    }
    copy(path, &to).await
}

/// Copies a ledger to a file that does not exist, whole and consistent, while others read and write.
pub(super) async fn copy(path: &Path, to: &Path) -> Result<()> {
    let context = format!("backing the ledger up to {}", to.display());
    let mut part = to.as_os_str().to_owned();
    part.push(".part");
    let part = PathBuf::from(part);
    let _ = std::fs::remove_file(&part);
    let text = part.to_str().ok_or_else(|| LedgerError::Misuse(format!("{} is no UTF-8", part.display())))?;
    let failed = |e: &std::io::Error| LedgerError::file(context.clone(), e);
    // Personal data: nobody else reads it, also while it is written.
    let mut private = std::fs::OpenOptions::new();
    private.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        private.mode(0o600);
    }
    private.open(&part).map_err(|e| failed(&e))?;
    let mut conn = reading(path).pragma("query_only", "OFF").connect().await.doing(&context)?;
    let copied = sqlx::query("VACUUM INTO $1").bind(text).execute(&mut conn).await.doing(&context);
    let _ = conn.close().await;
    copied?;
    std::fs::File::open(&part).and_then(|f| f.sync_all()).map_err(|e| failed(&e))?;
    std::fs::rename(&part, to).map_err(|e| failed(&e))
}
