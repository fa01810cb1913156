//! `cargo xtask sqlx`: keeps .sqlx fresh, so that the ledger's SQL is checked at compile time without a database.
//!
//! sqlx's macros ask the database that DATABASE_URL names, and with SQLX_OFFLINE_DIR write down what it answered.
//! The database is made from migrations/ by the example `schema`, so that sqlx is not compiled into every task.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use crate::shell::{self, Done, Workspace};

/// File name and content of what sqlx knows of each query.
type Known = BTreeMap<String, serde_json::Value>;

/// Refreshes .sqlx, or only says whether it is fresh.
pub fn sqlx(workspace: &Workspace, check: bool) -> Done {
    shell::run(&mut workspace.with("cargo", &["build", "--package", "xtask", "--example", "schema"]))?;
    let fresh = ask(workspace)?;
    let folder = workspace.root.join(".sqlx");
    if check {
        return compare(&read(&folder)?, &fresh);
    }
    replace(&folder, &fresh)?;
    println!(".sqlx is fresh: {} queries", fresh.len());
    Ok(())
}

/// The same check after a build of the whole workspace, which has built the example.
pub fn check_built(workspace: &Workspace) -> Done {
    compare(&read(&workspace.root.join(".sqlx"))?, &ask(workspace)?)
}

/// Lets sqlx's macros describe every query of docket-core against a database that has just been migrated.
fn ask(workspace: &Workspace) -> Done<Known> {
    let scratch = tempfile::tempdir().map_err(|e| format!("a temporary folder: {e}"))?;
    let database = scratch.path().join("ledger.db");
    let answers = scratch.path().join("answers");
    std::fs::create_dir(&answers).map_err(|e| format!("{}: {e}", answers.display()))?;
    let schema = workspace.debug_program("examples/schema");
    let migrations = workspace.root.join("migrations");
    shell::run(&mut workspace.with(shell::text(&schema)?, &[shell::text(&database)?, shell::text(&migrations)?]))?;
    shell::run(&mut expand(workspace, &database, &answers)?)?;
    read(&answers)
}

/// A check of docket-core that expands every macro again: the `--cfg` is new each time, so cargo can't take an old result,
/// and no source file is touched.
fn expand(workspace: &Workspace, database: &Path, answers: &Path) -> Done<Command> {
    let nonce = answers.parent().and_then(Path::file_name).unwrap_or_default().to_string_lossy().into_owned();
    let mut command = workspace.with("cargo", &["rustc", "--quiet", "--package", "docket-core", "--lib"]);
    command.args(["--profile", "check", "--", "--cfg", &format!("sqlx_run=\"{nonce}\"")]);
    command.env("DATABASE_URL", format!("sqlite://{}", shell::text(database)?));
    command.env("SQLX_OFFLINE", "false").env("SQLX_OFFLINE_DIR", answers);
    Ok(command)
}

fn read(folder: &Path) -> Done<Known> {
    let mut known = Known::new();
    for (path, bytes) in crate::test::contents(folder) {
        let value = serde_json::from_slice(&bytes).map_err(|e| format!("{}: {e}", path.display()))?;
        known.insert(path.file_name().unwrap_or_default().to_string_lossy().into_owned(), value);
    }
    Ok(known)
}

fn compare(committed: &Known, fresh: &Known) -> Done {
    let differs = |name: &&String| committed.get(*name) != fresh.get(*name);
    let stale: Vec<_> = committed.keys().chain(fresh.keys()).filter(differs).collect();
    match stale.first() {
        None => {
            println!(".sqlx is fresh: {} queries", fresh.len());
            Ok(())
        }
        Some(name) => Err(format!(
            ".sqlx is not fresh: {name} and {} more differ. Run `cargo xtask sqlx` and commit .sqlx",
            stale.len() - 1
        )),
    }
}

fn replace(folder: &Path, fresh: &Known) -> Done {
    let told = |e: std::io::Error| format!("{}: {e}", folder.display());
    std::fs::create_dir_all(folder).map_err(told)?;
    for (path, _) in crate::test::contents(folder) {
        std::fs::remove_file(path).map_err(told)?;
    }
    for (name, value) in fresh {
        let text = serde_json::to_string_pretty(value).map_err(|e| e.to_string())? + "\n";
        std::fs::write(folder.join(name), text).map_err(told)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known(pairs: &[(&str, i64)]) -> Known {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), serde_json::json!(value))).collect()
    }

    #[test]
    fn what_was_replaced_is_fresh() {
        let scratch = tempfile::tempdir().unwrap();
        let fresh = known(&[("query-a.json", 1), ("query-b.json", 2)]);
        replace(scratch.path(), &known(&[("query-old.json", 0)])).unwrap();
        replace(scratch.path(), &fresh).unwrap();
        assert_eq!(read(scratch.path()).unwrap(), fresh);
        assert_eq!(compare(&fresh, &fresh), Ok(()));
    }

    #[test]
    fn a_changed_a_missing_and_a_superfluous_query_are_stale() {
        let fresh = known(&[("query-a.json", 1)]);
        assert!(compare(&known(&[("query-a.json", 2)]), &fresh).is_err());
        assert!(compare(&known(&[]), &fresh).is_err());
        assert!(compare(&known(&[("query-a.json", 1), ("query-b.json", 2)]), &fresh).is_err());
    }
}
