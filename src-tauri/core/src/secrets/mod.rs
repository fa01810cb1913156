//! Credentials: the one type that carries them, and the two places that keep them.
//!
//! Secrets never reach the ledger, the log, an export or a trace. Not here: how a request is authorised with them
//! (`transport`), or which members a platform needs (its adapter).

use std::collections::BTreeMap;
use std::fmt;

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

/// Why secrets could not be read or kept. Never holds a secret.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    /// What was given is not a secrets object.
    #[error("the secrets must be one JSON object of texts, such as {{\"api_key\": \"...\"}}")]
    NotAnObject,
}
