//! The first start: practice accounts with sample orders, so that the first dispatch needs no account anywhere.
//!
//! Every step can be repeated, so a first start that was cut off goes on at the next one.

use std::collections::BTreeMap;
use std::path::Path;

use docket_core::api::{ApiError, Command, Core, ErrorCode, NewAccount, Request};
use docket_core::domain::Platform;
use docket_core::secrets::{SecretStore, Secrets};
use docket_practice::{Endpoint, PracticePlatform, Switches};

use crate::paths::Paths;

/// Times short enough to watch a recovery in two minutes.
const SETTINGS: [(&str, &str); 7] = [
    ("settle_ms", "6000"),
    ("timeout_ms", "5000"),
    ("lookup_interval_ms", "1000"),
    ("lookup_interval_max_ms", "5000"),
    ("send_before_ms", "5000"),
    ("patience_s", "120"),
    ("requests_per_minute", "600"),
];

/// A practice account and the file of its sample orders.
struct Sample {
    platform: Platform,
    account: &'static str,
    file: &'static str,
    content: &'static [u8],
}

fn sample(platform: PracticePlatform) -> Sample {
    match platform {
        PracticePlatform::Pathao => Sample {
            platform: Platform::Pathao,
            account: "Practice Pathao",
            file: "pathao-dhaka.csv",
            content: include_bytes!("../../samples/pathao-dhaka.csv"),
        },
        PracticePlatform::Postmates => Sample {
            platform: Platform::Postmates,
            account: "Practice Postmates",
            file: "postmates-san-francisco.csv",
            content: include_bytes!("../../samples/postmates-san-francisco.csv"),
        },
        PracticePlatform::Foxreload => Sample {
            platform: Platform::Foxreload,
            account: "Practice FoxReload",
            file: "foxreload-topups.csv",
            content: include_bytes!("../../samples/foxreload-topups.csv"),
        },
        PracticePlatform::PrintOne => Sample {
            platform: Platform::PrintOne,
            account: "Practice Print.one",
            file: "print-one-amsterdam.csv",
            content: include_bytes!("../../samples/print-one-amsterdam.csv"),
        },
        PracticePlatform::UberDirect => Sample {
            platform: Platform::UberDirect,
            account: "Practice Uber Direct",
            file: "uber-direct-new-york.csv",
            content: include_bytes!("../../samples/uber-direct-new-york.csv"),
        },
        PracticePlatform::Doordash => Sample {
            platform: Platform::Doordash,
            account: "Practice DoorDash",
            file: "doordash-seattle.csv",
            content: include_bytes!("../../samples/doordash-seattle.csv"),
        },
    }
}

/// How a practice platform of this app starts. Limits that last ten minutes, as some real platforms have them, are left
/// for a person to switch on: two hundred sample orders would run into them.
pub fn switches(platform: PracticePlatform) -> Switches {
    Switches { rate_limit_per_minute: 0, ..Switches::of(platform) }
}

/// Sets the practice accounts up. `false` when there are accounts already that are none of them: nothing was done.
pub async fn set_up(core: &Core, paths: &Paths, endpoints: &[Endpoint]) -> Result<bool, ApiError> {
    let accounts = core.accounts().await?;
    let own_accounts = accounts.iter().any(|account| !account.practice);
    if !own_accounts {
        let told = std::env::var("DOCKET_PRACTICE_SET").unwrap_or_default();
        let set = settings(&told)?;
        for endpoint in endpoints {
            let sample = sample(endpoint.platform);
            if !accounts.iter().any(|account| account.name == sample.account) {
                add_account(core, &sample, endpoint, &paths.practice_secrets(), set.clone()).await?;
            }
            import(core, &sample, &paths.practice()).await?;
        }
    }
    let mark = paths.set_up_mark();
    std::fs::write(&mark, "The practice accounts were set up.\n").map_err(|error| file_error(&mark, &error))?;
    Ok(!own_accounts)
}

async fn add_account(
    core: &Core,
    sample: &Sample,
    endpoint: &Endpoint,
    secrets_file: &Path,
    set: Vec<(String, String)>,
) -> Result<(), ApiError> {
    let secrets: BTreeMap<String, String> =
        serde_json::from_value(endpoint.secrets.clone()).map_err(|error| ApiError {
            code: ErrorCode::Secrets,
            message: format!("{}: its secrets cannot be read: {error}", sample.account),
        })?;
    // Not through the core: its key store is for secrets that open something real.
    SecretStore::new(Some(secrets_file)).write(sample.account, &Secrets::new(secrets)).await?;
    let account = NewAccount {
        name: sample.account.to_owned(),
        platform: sample.platform,
        test: true,
        base_url: Some(endpoint.base_url.clone()),
        set,
        secrets_file: Some(secrets_file.display().to_string()),
        merchant: Some(endpoint.merchant_id.clone()),
        practice: true,
        confirmed: true,
    };
    // The id names the intent, so a start that was cut off and repeated is one command. The merchant is part of it:
    // another truth file is another intent.
    let id = format!("first-start/account/{}/{}", sample.account, endpoint.merchant_id);
    core.execute(Request { id, command: Command::AddAccount(account) }).await.map(drop)
}

async fn import(core: &Core, sample: &Sample, folder: &Path) -> Result<(), ApiError> {
    let path = folder.join(sample.file);
    std::fs::write(&path, sample.content).map_err(|error| file_error(&path, &error))?;
    let command = Command::Import {
        path: path.display().to_string(),
        account: sample.account.to_owned(),
        dry_run: false,
        update: false,
        mapping: BTreeMap::new(),
    };
    // Rows that are wrong on purpose stay out; what came of the import is in the log.
    core.execute(Request { id: format!("first-start/import/{}", sample.file), command }).await.map(drop)
}

/// The short times, with `told` (`key=value,key=value`) over them.
fn settings(told: &str) -> Result<Vec<(String, String)>, ApiError> {
    let mut pairs: BTreeMap<String, String> =
        SETTINGS.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
    for pair in told.split(',').map(str::trim).filter(|pair| !pair.is_empty()) {
        let (key, value) = pair.split_once('=').ok_or_else(|| ApiError {
            code: ErrorCode::Invalid,
            message: format!("DOCKET_PRACTICE_SET: {pair:?} is not key=value"),
        })?;
        pairs.insert(key.trim().to_owned(), value.trim().to_owned());
    }
    Ok(pairs.into_iter().collect())
}

fn file_error(path: &Path, error: &std::io::Error) -> ApiError {
    ApiError {
        code: ErrorCode::Ledger,
        message: format!("{}: {error}. Check the folder and the disk.", path.display()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn told_settings_lie_over_the_short_times() {
        let set = settings("settle_ms=100, patience_s=9,").unwrap();
        assert!(set.contains(&("settle_ms".to_owned(), "100".to_owned())));
        assert!(set.contains(&("timeout_ms".to_owned(), "5000".to_owned())));
        assert_eq!(set.iter().filter(|(key, _)| key == "settle_ms").count(), 1);
        assert!(settings("settle_ms").is_err(), "a pair without a value is refused");
    }

    #[test]
    fn a_practice_platform_has_sample_orders_of_its_own() {
        for platform in PracticePlatform::ALL {
            let sample = sample(platform);
            assert!(sample.content.starts_with(b"order_no,"), "{} has a header", sample.file);
            assert_eq!(sample.platform.code(), platform.name());
        }
    }
}
