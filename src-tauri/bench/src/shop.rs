//! A merchant's folder: a ledger with one account, and orders for it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use docket_core::api::{Command, Core, CoreOptions, DispatchRequest, NewAccount, Reply, Request};
use docket_core::domain::Platform;
use docket_core::ids::random_id;
use docket_practice::{Endpoint, PracticePlatform};
use docket_tests::orders;

/// The one account's name.
pub const ACCOUNT: &str = "main";

/// Settings under which nothing but the work takes time: no pace, and a patience that a busy machine does not use up.
const UNHURRIED: [(&str, &str); 8] = [
    ("timeout_ms", "30000"),
    ("connect_timeout_ms", "30000"),
    ("send_before_ms", "30000"),
    ("settle_ms", "300"),
    ("lookup_interval_ms", "30"),
    ("lookup_interval_max_ms", "200"),
    ("requests_per_minute", "1000000"),
    ("patience_s", "3600"),
];

/// How to open the core on a folder's ledger.
pub fn options(folder: &Path) -> CoreOptions {
    CoreOptions {
        ledger: ledger(folder),
        secrets_file: Some(folder.join("secrets.json")),
        station: station(folder),
        program: "docket-bench",
        follow: false,
    }
}

/// The ledger's file.
pub fn ledger(folder: &Path) -> PathBuf {
    folder.join("ledger.db")
}

/// Where the ledger's witness is.
pub fn station(folder: &Path) -> PathBuf {
    folder.join("station")
}

/// Carries out a command that has to succeed.
pub async fn run(core: &Core, command: Command) -> Result<Reply, String> {
    core.execute(Request { id: random_id(), command }).await.map_err(|e| e.to_string())
}

/// Adds the account, with so many requests in flight.
pub async fn add_account(core: &Core, endpoint: &Endpoint, in_flight: usize) -> Result<(), String> {
    let secrets: BTreeMap<String, String> =
        serde_json::from_value(endpoint.secrets.clone()).map_err(|e| e.to_string())?;
    let secrets_file = core.store_secrets(ACCOUNT, secrets).await.map_err(|e| e.to_string())?;
    let mut set: Vec<(String, String)> = UNHURRIED.map(|(k, v)| (k.to_owned(), v.to_owned())).to_vec();
    set.push(("max_in_flight".to_owned(), in_flight.to_string()));
    let new = NewAccount {
        name: ACCOUNT.to_owned(),
        platform: Platform::from_code(endpoint.platform.name()).ok_or("a platform of ours")?,
        test: true,
        base_url: Some(endpoint.base_url.clone()),
        set,
        secrets_file,
        merchant: Some(endpoint.merchant_id.clone()),
        practice: true,
        confirmed: true,
    };
    run(core, Command::AddAccount(new)).await.map(drop)
}

/// Writes so many orders into a CSV file.
pub fn csv(folder: &Path, platform: PracticePlatform, n: usize) -> PathBuf {
    orders::write(folder, platform, n)
}

/// Imports a file, every row of which is right.
pub async fn import(core: &Core, file: &Path, n: usize) -> Result<(), String> {
    let command = Command::Import {
        path: file.display().to_string(),
        account: ACCOUNT.to_owned(),
        dry_run: false,
        update: false,
        mapping: BTreeMap::new(),
    };
    match run(core, command).await? {
        Reply::Imported(report) if report.imported as usize == n => Ok(()),
        other => Err(format!("not all of {n} rows were imported: {other:?}")),
    }
}

/// Marks every draft for dispatch: frozen, reserved, synced.
pub async fn dispatch_all(core: &Core) -> Result<(), String> {
    run(core, Command::Dispatch(DispatchRequest { all: true, ..Default::default() })).await.map(drop)
}
