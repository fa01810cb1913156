//! Breaking a ledger's file on purpose, past everything that protects it.

use std::path::{Path, PathBuf};

use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{Connection as _, Executor as _, Row as _};

/// Copies a ledger that no process holds.
pub fn copy(from: &Path, to: &Path) {
    for ending in ["", "-wal", "-shm"] {
        let with = |path: &Path| PathBuf::from(format!("{}{ending}", path.display()));
        // What is there of another time must not be taken for this file's.
        let _ = std::fs::remove_file(with(to));
        if with(from).exists() {
            std::fs::copy(with(from), with(to)).expect("the ledger can be copied");
        }
    }
}

/// Copies a ledger that no process holds, and breaks the copy: triggers and unique indexes go first, then the
/// statements run. Each must change at least one row.
pub fn broken_copy(ledger: &Path, name: &str, statements: &[&str]) -> PathBuf {
    let to = ledger.with_file_name(format!("{name}.db"));
    copy(ledger, &to);
    on(&to, async |conn| {
        let protection = "SELECT 'DROP ' || type || ' ' || name AS sql FROM sqlite_schema
                          WHERE type = 'trigger' OR (type = 'index' AND sql LIKE 'CREATE UNIQUE%')";
        for row in conn.fetch_all(protection).await.expect("the schema") {
            let sql: String = row.get("sql");
            conn.execute(sqlx::AssertSqlSafe(sql)).await.expect("protection goes");
        }
        for sql in statements {
            let done = conn.execute(sqlx::AssertSqlSafe((*sql).to_owned())).await;
            let done = done.unwrap_or_else(|error| panic!("{sql}: {error}"));
            assert!(done.rows_affected() > 0, "{sql} changes nothing");
        }
    });
    to
}

/// Does something while another program, this one, keeps a ledger locked for writing.
pub fn locked(ledger: &Path, act: impl FnOnce()) {
    on(ledger, async |conn| {
        conn.execute("BEGIN IMMEDIATE").await.expect("the lock is taken");
        act();
        conn.execute("ROLLBACK").await.expect("the lock is let go");
    });
}

/// Runs one statement on a ledger that no process holds.
pub fn change(ledger: &Path, sql: &str) {
    on(ledger, async |conn| {
        conn.execute(sqlx::AssertSqlSafe(sql.to_owned())).await.unwrap_or_else(|error| panic!("{sql}: {error}"));
    });
}

/// One number out of a ledger's file.
pub fn number(ledger: &Path, sql: &str) -> i64 {
    on(ledger, async |conn| {
        sqlx::query_scalar(sqlx::AssertSqlSafe(sql.to_owned())).fetch_one(conn).await.expect("a number")
    })
}

fn on<T>(file: &Path, act: impl AsyncFnOnce(&mut SqliteConnection) -> T) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let options = SqliteConnectOptions::new().filename(file).foreign_keys(false);
        let mut conn = SqliteConnection::connect_with(&options).await.expect("the file opens");
        let out = act(&mut conn).await;
        conn.close().await.expect("the file closes");
        out
    })
}
