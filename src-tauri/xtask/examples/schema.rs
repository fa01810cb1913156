//! Makes an empty ledger with today's tables: `schema FILE MIGRATIONS`. For `cargo xtask sqlx` only.

use std::path::Path;

use sqlx::ConnectOptions;
use sqlx::migrate::Migrator;
use sqlx::sqlite::SqliteConnectOptions;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args_os().skip(1);
    let (Some(file), Some(migrations)) = (arguments.next(), arguments.next()) else {
        return Err("usage: schema FILE MIGRATIONS".into());
    };
    let mut database = SqliteConnectOptions::new().filename(&file).create_if_missing(true).connect().await?;
    Migrator::new(Path::new(&migrations)).await?.run(&mut database).await?;
    Ok(())
}
