//! The keys under which codes are sealed: random, and kept where the account keeps its secrets.
//!
//! An account has a key of its own: it lies beside the account's own secrets, in the key store or in its file of mode
//! 0600, and one that is lost costs no other account anything. A key has a random id, which is its entry's name; so a
//! ledger that was moved or copied still finds it. It outlives the account: the codes were bought. Not here: which key
//! sealed what (`ledger::codes`).

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

use crate::secrets::{SecretError, SecretStore, Secrets};

use super::{CodesKey, KEY_BYTES};

/// The member of the entry that holds the key.
const MEMBER: &str = "codes_key";

/// Why there is no key. Never holds one.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// It is not where it was kept: removed, or on another machine.
    #[error("the key is no longer where it was kept")]
    Lost,
    /// The key store or the file cannot be used now.
    #[error(transparent)]
    Store(SecretError),
}

fn entry(id: &str) -> String {
    format!("key of delivered codes {id}")
}

/// Reads a key by its id.
pub async fn read(store: &SecretStore, id: &str) -> Result<CodesKey, KeyError> {
    let secrets = store.read(&entry(id)).await.map_err(|error| match error {
        SecretError::Missing { .. } => KeyError::Lost,
        other => KeyError::Store(other),
    })?;
    let mut key = Zeroizing::new([0; KEY_BYTES]);
    let text = secrets.get(MEMBER).unwrap_or_default();
    match STANDARD.decode_slice(text, &mut *key) {
        Ok(KEY_BYTES) => Ok(CodesKey::new(key)),
        Ok(_) | Err(_) => Err(KeyError::Lost),
    }
}

/// Makes a key and keeps it. It is in its store when this returns.
pub async fn make(store: &SecretStore, id: &str) -> Result<CodesKey, KeyError> {
    let key = crate::ids::key();
    let secrets = Secrets::new(BTreeMap::from([(MEMBER.to_owned(), STANDARD.encode(*key))]));
    store.write(&entry(id), &secrets).await.map_err(KeyError::Store)?;
    Ok(CodesKey::new(key))
}
