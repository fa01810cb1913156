//! The operating system's key store, through the Secret Service.
//!
//! Every call may wait for the owner to unlock it.

use keyring_core::api::CredentialStoreApi;
use keyring_core::{Entry, Error};
use zbus_secret_service_keyring_store::Store;

use super::{SecretError, Secrets};

/// The name under which the store groups Docket's entries.
const SERVICE: &str = "docket";

pub(super) fn read(account: &str) -> Result<Secrets, SecretError> {
    match entry(account)?.get_password() {
        Ok(text) => Secrets::from_json(&text),
        Err(Error::NoEntry) => Err(SecretError::Missing { account: account.to_owned() }),
        Err(e) => Err(unusable(&e)),
    }
}

pub(super) fn write(account: &str, secrets: &Secrets) -> Result<(), SecretError> {
    entry(account)?.set_password(&secrets.to_json()).map_err(|e| unusable(&e))
}

pub(super) fn delete(account: &str) -> Result<(), SecretError> {
    match entry(account)?.delete_credential() {
        Ok(()) | Err(Error::NoEntry) => Ok(()),
        Err(e) => Err(unusable(&e)),
    }
}

fn entry(account: &str) -> Result<Entry, SecretError> {
    let store = Store::new().map_err(|e| unusable(&e))?;
    store.build(SERVICE, account, None).map_err(|e| unusable(&e))
}

/// Some of the store's errors carry what was stored; only their kind is told then.
fn unusable(error: &Error) -> SecretError {
    let why = match error {
        Error::BadEncoding(_) | Error::BadDataFormat(..) => "what it holds for the account is damaged".to_owned(),
        other => other.to_string(),
    };
    SecretError::NoKeyStore { why }
}
