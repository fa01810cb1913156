//! Accounts: adding, settings, credentials and removal. Not here: trying credentials on their platform (`api::trying`).

use crate::adapters::{Adapter, registry};
use crate::domain::{AccountIdentity, CredentialDigest, Platform, Settings};
use crate::ledger::{AccountRow, NewAccountRow};
use crate::secrets::{KEYSTORE, SecretStore, Secrets};

use super::holder::Holder;
use super::{ApiError, ErrorCode, NewAccount, Reply};

impl Holder {
    pub(super) async fn add_account(&self, new: NewAccount) -> Result<Reply, ApiError> {
        let adapter = adapter_for(new.platform)?;
        let name = new.name.trim().to_owned();
        if name.is_empty() || name.chars().count() > 64 || name.chars().any(char::is_control) {
            return Err(ApiError::new(ErrorCode::Invalid, "an account's name has 1 to 64 characters"));
        }
        let settings = settings(Settings::default(), &new.set)?;
        let base_url = base_url_of(&new, adapter)?;
        let store = SecretStore::new(new.secrets_file.as_ref().map(std::path::Path::new));
        let file = new.secrets_file.as_ref().map(std::path::Path::new);
        let entry = super::holder::secret_entry(self.reader(), file, &name);
        let secrets = self.reader().beside(store.read(&entry)).await?;
        let credential = digest(adapter, &secrets, new.test)?;
        let merchant = merchant(adapter, &secrets, new.merchant.as_deref())?.unwrap_or_else(|| credential.0.clone());
        let row = NewAccountRow {
            name: name.clone(),
            platform: new.platform,
            test: new.test,
            identity: AccountIdentity::new(new.platform, new.test, &merchant),
            base_url,
            practice: new.practice,
            secrets: new.secrets_file.clone().unwrap_or_else(|| KEYSTORE.to_owned()),
            credential,
            settings,
            confirmed: new.test || new.confirmed,
        };
        let id = self.ledger.add_account(row).await?;
        self.reopen(id, true).await?;
        let mode = if new.test { "test" } else { "live" };
        Ok(Reply::Done { message: format!("account {name} was added ({}, {mode})", new.platform.title()) })
    }

    pub(super) async fn set_account(&self, name: &str, set: &[(String, String)]) -> Result<Reply, ApiError> {
        // One change after the other: of two at once, neither undoes the other.
        let _setting = self.setting.lock().await;
        let row = self.reader().account(name).await?;
        if set.iter().any(|(key, value)| key == "distinct_from" && *value == row.name) {
            let message = format!("{name} cannot be distinct from itself; name another account");
            return Err(ApiError::new(ErrorCode::Invalid, message));
        }
        // Only what is promised now: earlier promises are about accounts that may have lost their names since.
        let kept = Settings { distinct_from: Vec::new(), ..row.settings.clone() };
        let settings = settings(kept, set)?;
        self.ledger.set_settings(row.id, settings).await?;
        self.reopen(row.id, false).await?;
        Ok(Reply::Done { message: format!("account {name} was set") })
    }

    pub(super) async fn set_credentials(&self, name: &str) -> Result<Reply, ApiError> {
        let row = self.reader().account(name).await?;
        let adapter = adapter_of(&row)?;
        let secrets = self.secrets_of(&row).await?;
        let credential = digest(adapter, &secrets, row.test)?;
        // An account is one merchant for good: under another one's id, nothing that was sent could be found again.
        if let Some(merchant) = merchant(adapter, &secrets, None)?
            && AccountIdentity::new(row.platform, row.test, &merchant) != row.identity
        {
            let message = format!("these credentials are another merchant's ({merchant}); add an account for it");
            return Err(ApiError::new(ErrorCode::Invalid, message));
        }
        self.ledger.set_credential(row.id, credential, &row.secrets).await?;
        self.reopen(row.id, true).await?;
        Ok(Reply::Done { message: format!("account {name} has new credentials; work on it goes on") })
    }

    pub(super) async fn confirm_account(&self, name: &str) -> Result<Reply, ApiError> {
        let row = self.reader().account(name).await?;
        self.ledger.confirm_account(row.id).await?;
        self.reopen(row.id, true).await?;
        Ok(Reply::Done { message: format!("account {name} may be used") })
    }

    pub(super) async fn remove_account(&self, name: &str) -> Result<Reply, ApiError> {
        let row = self.reader().account(name).await?;
        self.ledger.remove_account(row.id).await?;
        self.driver.close_lane(row.id);
        let store = SecretStore::new(super::holder::secrets_file(&row).as_deref());
        if let Err(error) = store.delete(&self.secret_entry(&row)).await {
            tracing::warn!(account = name, %error, "the account's secrets could not be removed");
        }
        Ok(Reply::Done { message: format!("account {name} was removed; its orders and its log stay") })
    }
}

/// The adapter of a platform that an account is to be added for.
pub(super) fn adapter_for(platform: Platform) -> Result<&'static dyn Adapter, ApiError> {
    registry::adapter(platform).ok_or_else(|| {
        let message = format!("{} has no adapter in this version of Docket", platform.title());
        ApiError::new(ErrorCode::Invalid, message)
    })
}

/// Scheme, host and port of a new account: as given, else the platform's own.
pub(super) fn base_url_of(new: &NewAccount, adapter: &dyn Adapter) -> Result<String, ApiError> {
    match &new.base_url {
        Some(url) => base_url(url, new.test),
        None => Ok(adapter.base_url(new.test).to_owned()),
    }
}

pub(super) fn adapter_of(row: &AccountRow) -> Result<&'static dyn Adapter, ApiError> {
    registry::adapter(row.platform)
        .ok_or_else(|| ApiError::new(ErrorCode::NotAllowed, "this account's platform has no adapter"))
}

pub(super) fn settings(mut settings: Settings, set: &[(String, String)]) -> Result<Settings, ApiError> {
    for (key, value) in set {
        settings.set(key, value).map_err(|e| ApiError::new(ErrorCode::Invalid, e.to_string()))?;
    }
    Ok(settings)
}

/// The digest by which the ledger knows the credential, after the adapter's own checks.
pub(super) fn digest(adapter: &dyn Adapter, secrets: &Secrets, test: bool) -> Result<CredentialDigest, ApiError> {
    for name in adapter.secret_names() {
        if secrets.get(name).is_none() {
            let message = format!("the secrets have no {name}; give one JSON object such as {{\"{name}\": \"...\"}}");
            return Err(ApiError::new(ErrorCode::Invalid, message));
        }
    }
    adapter.check_secrets(secrets.members(), test).map_err(|why| ApiError::new(ErrorCode::Invalid, why))?;
    let text: Vec<_> = adapter.secret_names().iter().filter_map(|n| secrets.get(n)).collect();
    Ok(CredentialDigest::of(&text.join("\u{1f}")))
}

/// The merchant's id: among the secrets where the platform has it there, else as told. The two must not contradict.
fn merchant(adapter: &dyn Adapter, secrets: &Secrets, told: Option<&str>) -> Result<Option<String>, ApiError> {
    let own = adapter.merchant_member().and_then(|member| secrets.get(member));
    match (own, told) {
        (Some(own), Some(told)) if own != told => {
            let message = format!("the secrets name the merchant {own}, and {told} was given; leave one of them out");
            Err(ApiError::new(ErrorCode::Invalid, message))
        }
        (own, told) => Ok(own.or(told).map(str::to_owned)),
    }
}

/// Scheme, host and port. A live account's secrets never travel in the clear, except to this machine.
fn base_url(url: &str, test: bool) -> Result<String, ApiError> {
    let url = url.trim().trim_end_matches('/');
    let invalid = |why: &str| Err(ApiError::new(ErrorCode::Invalid, format!("--base-url {url}: {why}")));
    let Some((scheme, rest)) = url.split_once("://") else {
        return invalid("give scheme and host, such as https://api.example.com");
    };
    if rest.is_empty() || rest.contains(['/', '?', '#', '@']) {
        return invalid("give scheme, host and port only");
    }
    let host = rest.rsplit_once(':').map_or(rest, |(host, port)| if port.parse::<u16>().is_ok() { host } else { rest });
    let address = host.trim_matches(['[', ']']).parse::<std::net::IpAddr>();
    let loopback = host == "localhost" || address.is_ok_and(|address| address.is_loopback());
    match scheme {
        "https" => Ok(url.to_owned()),
        "http" if test || loopback => Ok(url.to_owned()),
        "http" => invalid("a live account needs https"),
        _ => invalid("http or https is needed"),
    }
}
