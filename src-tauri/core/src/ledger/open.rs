//! Opening a ledger: the folder, the file and their modes, the schema, the backup before a migration.
//!
//! A file of a newer schema, or one that is no ledger, is left as it is.

use std::path::{Path, PathBuf};
use std::time::Duration;

use sqlx::migrate::Migrator;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sqlx::{ConnectOptions, Connection, SqliteConnection};

use super::backup;
use super::error::{Doing, LedgerError, Result};
use super::writer::connect;

/// Every migration, compiled in.
pub(super) static MIGRATIONS: Migrator = sqlx::migrate!("../../migrations");

/// The newest schema this program knows.
pub(super) fn newest() -> i64 {
    MIGRATIONS.iter().map(|m| m.version).max().unwrap_or(0)
}

/// The path by which everybody knows this ledger. The folder is made if it is missing.
pub(super) fn canonical(path: &Path, make_folder: bool) -> Result<PathBuf> {
    if let Ok(found) = path.canonicalize() {
        return Ok(found);
    }
    let folder = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let failed = |e: &std::io::Error| LedgerError::file(format!("opening {}", path.display()), e);
    if make_folder && !folder.exists() {
        let mut builder = std::fs::DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        {
            use std::os::unix::fs::DirBuilderExt;
            builder.mode(0o700);
        }
        builder.create(folder).map_err(|e| failed(&e))?;
    }
    let folder = folder.canonicalize().map_err(|e| failed(&e))?;
    let name = path.file_name().ok_or_else(|| LedgerError::NotFound { what: format!("file in {}", path.display()) })?;
    Ok(folder.join(name))
}

/// What the writer's connection is opened with.
pub(super) fn writing(path: &Path) -> SqliteConnectOptions {
    let options = SqliteConnectOptions::new()
        .filename(path)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .busy_timeout(Duration::from_millis(10_000))
        .pragma("recursive_triggers", "ON")
        // What a statement or a savepoint may have to undo; a crash needs none of it. In files it would be personal data
        // in a folder of everybody's, and a file made and removed for every other write.
        .pragma("temp_store", "MEMORY")
        .statement_cache_capacity(200)
        .disable_statement_logging();
    if cfg!(target_os = "macos") {
        options.pragma("fullfsync", "1").pragma("checkpoint_fullfsync", "1")
    } else {
        options
    }
}

/// What a reader's connection is opened with.
pub(super) fn reading(path: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(path)
        .foreign_keys(true)
        .busy_timeout(Duration::from_millis(10_000))
        .pragma("query_only", "ON")
        .statement_cache_capacity(200)
        .disable_statement_logging()
}

/// The schema of an existing file; `None` where nothing was laid down yet.
pub(super) async fn schema_of(conn: &mut SqliteConnection) -> Result<Option<i64>> {
    let doing = "reading the ledger's schema";
    let laid: i64 = sqlx::query_scalar("SELECT count(*) FROM sqlite_master WHERE name = '_sqlx_migrations'")
        .fetch_one(&mut *conn)
        .await
        .doing(doing)?;
    if laid == 0 {
        let other: i64 =
            sqlx::query_scalar("SELECT count(*) FROM sqlite_master").fetch_one(&mut *conn).await.doing(doing)?;
        if other > 0 {
            return Err(LedgerError::Corrupt { what: "the file is a database of something else".into() });
        }
        return Ok(None);
    }
    sqlx::query_scalar("SELECT max(version) FROM _sqlx_migrations WHERE success").fetch_one(conn).await.doing(doing)
}

/// Refuses what a newer Docket wrote. Changes nothing.
pub(super) async fn check_schema(path: &Path) -> Result<Option<i64>> {
    let mut conn = reading(path).connect().await.doing(&format!("opening {}", path.display()))?;
    let found = schema_of(&mut conn).await;
    let _ = conn.close().await;
    let found = found?;
    let known = newest();
    match found {
        Some(found) if found > known => Err(LedgerError::Newer { path: path.display().to_string(), found, known }),
        found => Ok(found),
    }
}

/// Makes the file, or brings an existing one up to date after a backup. Returns the writer's connection.
pub(super) async fn prepare(path: &Path) -> Result<SqliteConnection> {
    let context = format!("opening {}", path.display());
    let existing = path.metadata().map(|m| m.len() > 0).unwrap_or(false);
    if existing {
        let found = check_schema(path).await?;
        if let Some(found) = found.filter(|found| *found < newest()) {
            backup::before_migration(path, found).await?;
        }
    } else {
        let mut options = std::fs::OpenOptions::new();
        options.write(true).create(true).truncate(false);
        #[cfg(unix)]
        {
            use std::os::unix::fs::OpenOptionsExt;
            options.mode(0o600);
        }
        options.open(path).map_err(|e| LedgerError::file(context, &e))?;
    }
    let mut conn = connect(&writing(path)).await?;
    // `run` would do; but a future that holds it cannot be shown to move between threads ("Acquire is not general enough").
    MIGRATIONS.run_direct(None, &mut conn, false).await.map_err(|e| match e {
        sqlx::migrate::MigrateError::Execute(e) | sqlx::migrate::MigrateError::ExecuteMigration(e, _) => {
            LedgerError::sqlx("migrating the ledger", e)
        }
        other => LedgerError::Corrupt { what: format!("its schema does not fit this Docket: {other}") },
    })?;
    Ok(conn)
}
