//! Credentials: the one type that carries them, and the two places that keep them.
//!
//! Secrets never reach the ledger, the log, an export or a trace. Not here: how a request is authorised with them
//! (`transport`), or which members a platform needs (its adapter).

mod file;
mod key_store;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

/// One account's secrets, as the JSON object that the merchant gave. `Debug` shows the members' names only.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Secrets(BTreeMap<String, String>);

impl Secrets {
    /// Wraps a secrets object.
    pub fn new(members: BTreeMap<String, String>) -> Secrets {
        Secrets(members)
    }

    /// Reads a secrets object such as `{"api_key": "..."}`. Every member is a text.
    pub fn from_json(text: &str) -> Result<Secrets, SecretError> {
        serde_json::from_str(text).map(Secrets).map_err(|_| SecretError::NotAnObject)
    }

    /// The same object again, to be stored. Never log it.
    pub fn to_json(&self) -> String {
        serde_json::to_string(&self.0).expect("a map of texts is always JSON")
    }

    /// One member, if it is there and not empty.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str).filter(|text| !text.is_empty())
    }

    /// All members, for an adapter's checks.
    pub fn members(&self) -> &BTreeMap<String, String> {
        &self.0
    }
}

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Secrets").field("members", &self.0.keys().collect::<Vec<_>>()).finish_non_exhaustive()
    }
}

/// What the ledger says of secrets that are in the key store; otherwise it names the file.
pub const KEYSTORE: &str = "keystore";

/// Where an account's secrets are kept. The ledger remembers which.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SecretStore {
    /// The operating system's key store.
    KeyStore,
    /// A file that only its owner may read.
    File(PathBuf),
}

impl SecretStore {
    /// The store for an account that names a file, or none.
    pub fn new(file: Option<&Path>) -> SecretStore {
        file.map_or(SecretStore::KeyStore, |path| SecretStore::File(path.to_owned()))
    }

    /// The store that the ledger names: `keystore` or a file's path.
    pub fn kept(place: &str) -> SecretStore {
        SecretStore::new((place != KEYSTORE).then(|| Path::new(place)))
    }

    /// The secrets of one account, by the name they were kept under.
    pub async fn read(&self, account: &str) -> Result<Secrets, SecretError> {
        let (store, account) = (self.clone(), account.to_owned());
        blocking(move || match store {
            SecretStore::KeyStore => key_store::read(&account),
            SecretStore::File(path) => file::read(&path, &account),
        })
        .await
    }

    /// Keeps the secrets of one account in place of what was there. On disk when it returns.
    pub async fn write(&self, account: &str, secrets: &Secrets) -> Result<(), SecretError> {
        let (store, account, secrets) = (self.clone(), account.to_owned(), secrets.clone());
        blocking(move || match store {
            SecretStore::KeyStore => key_store::write(&account, &secrets),
            SecretStore::File(path) => file::write(&path, &account, Some(&secrets)),
        })
        .await
    }

    /// Forgets the secrets of one account. None there is as good.
    pub async fn delete(&self, account: &str) -> Result<(), SecretError> {
        let (store, account) = (self.clone(), account.to_owned());
        blocking(move || match store {
            SecretStore::KeyStore => key_store::delete(&account),
            SecretStore::File(path) => file::write(&path, &account, None),
        })
        .await
    }
}

/// Key stores and disks block, and a locked key store blocks for as long as its owner thinks.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, SecretError> + Send + 'static,
) -> Result<T, SecretError> {
    tokio::task::spawn_blocking(work).await.unwrap_or(Err(SecretError::Interrupted))
}

/// Why secrets could not be read or kept. Never holds a secret.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    /// What was given is not a secrets object.
    #[error("the secrets must be one JSON object of texts, such as {{\"api_key\": \"...\"}}")]
    NotAnObject,
    /// There are none for this account.
    #[error("no secrets are kept for the account {account}; give them with `account credentials {account}`")]
    Missing {
        /// The name they would be kept under.
        account: String,
    },
    /// The operating system has no key store, or it does not answer.
    #[error(
        "the system's key store cannot be used ({why}); unlock or start it, or keep the secrets in a file with `--secrets-file FILE`"
    )]
    NoKeyStore {
        /// The store's words.
        why: String,
    },
    /// Others than the owner may read the file.
    #[error(
        "{path} may be read or changed by others (mode {mode:03o}); run `chmod 600 {path}`, and replace the secrets if others have seen them"
    )]
    Exposed {
        /// The file.
        path: String,
        /// Its permission bits.
        mode: u32,
    },
    /// The file is not what Docket wrote.
    #[error("{path} is not a secrets file: {why}; mend it, or name another with `--secrets-file FILE`")]
    Damaged {
        /// The file.
        path: String,
        /// What is wrong, without its content.
        why: String,
    },
    /// The file cannot be read or written.
    #[error("{path}: {source}; check the path and its permissions")]
    Io {
        /// The file.
        path: String,
        /// The system's words.
        source: std::io::Error,
    },
    /// The program is stopping.
    #[error("stopped while the secrets were read; nothing was changed, try again")]
    Interrupted,
}
