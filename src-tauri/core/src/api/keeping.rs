//! Secrets on their way from a face to their store. They pass no command, no inbox and no ledger.

use std::collections::BTreeMap;

use crate::ledger::LedgerError;
use crate::secrets::{SecretError, SecretStore, Secrets};

use super::command::ApiError;
use super::core::Core;

/// What was done with an account's secrets, and what undoes it.
#[must_use = "secrets that a command refuses have to be put back"]
pub struct Stored {
    /// The file they are in; `None` is the key store.
    pub file: Option<String>,
    store: SecretStore,
    entry: String,
    before: Option<Secrets>,
}

impl Core {
    /// Puts secrets where they belong, before `AddAccount` or `SetCredentials` names them. Returns the file used;
    /// `None` is the key store.
    pub async fn store_secrets(
        &self,
        account_name: &str,
        secrets: BTreeMap<String, String>,
    ) -> Result<Option<String>, ApiError> {
        Ok(self.replace_secrets(account_name, secrets).await?.file)
    }

    /// The same, and it can be undone when the command that needs them is refused.
    pub async fn replace_secrets(
        &self,
        account_name: &str,
        secrets: BTreeMap<String, String>,
    ) -> Result<Stored, ApiError> {
        // An account keeps the place it was added with; only a new one takes the place that was named now.
        let file = match self.reader().account(account_name).await {
            Ok(row) => super::holder::secrets_file(&row),
            Err(LedgerError::NotFound { .. }) => self.options().secrets_file.clone(),
            Err(error) => return Err(error.into()),
        };
        let entry = super::holder::secret_entry(self.reader(), file.as_deref(), account_name);
        let store = SecretStore::new(file.as_deref());
        let before = match store.read(&entry).await {
            Ok(before) => Some(before),
            Err(SecretError::Missing { .. }) => None,
            Err(error) => return Err(error.into()),
        };
        store.write(&entry, &Secrets::new(secrets)).await?;
        Ok(Stored { file: file.map(|f| f.display().to_string()), store, entry, before })
    }
}

impl Stored {
    /// What stood there before stands there again; where nothing did, nothing does.
    pub async fn put_back(self) -> Result<(), ApiError> {
        match &self.before {
            Some(before) => self.store.write(&self.entry, before).await?,
            None => self.store.delete(&self.entry).await?,
        }
        Ok(())
    }
}
