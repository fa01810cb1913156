//! Secrets on their way from a face to their store. They pass no command, no inbox and no ledger.

use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::ledger::LedgerError;
use crate::secrets::{SecretError, SecretStore, Secrets};

use super::core::Core;
use super::{ApiError, ErrorCode, Request};

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
        self.replace_secrets_in(account_name, secrets, None).await
    }

    /// The same; a new account's go into `file`, where one is named.
    pub(super) async fn replace_secrets_in(
        &self,
        account_name: &str,
        secrets: BTreeMap<String, String>,
        file: Option<PathBuf>,
    ) -> Result<Stored, ApiError> {
        // An account keeps the place it was added with; only a new one takes the place that was named now.
        let file = match self.reader().account(account_name).await {
            Ok(row) => super::holder::secrets_file(&row),
            Err(LedgerError::NotFound { .. }) => file.or_else(|| self.options().secrets_file.clone()),
            Err(error) => return Err(error.into()),
        };
        let entry = super::holder::secret_entry(self.reader(), file.as_deref(), account_name);
        let store = SecretStore::new(file.as_deref());
        let before = match self.reader().beside(store.read(&entry)).await {
            Ok(before) => Some(before),
            Err(SecretError::Missing { .. }) => None,
            Err(error) => return Err(error.into()),
        };
        self.reader().beside(store.write(&entry, &Secrets::new(secrets))).await?;
        Ok(Stored { file: file.map(|f| f.display().to_string()), store, entry, before })
    }

    /// Carries out the command that names what was stored. What it refuses does not stay.
    pub(super) async fn keep(&self, stored: Stored, request: Request) -> Result<(), ApiError> {
        let Err(refused) = self.execute(request).await else { return Ok(()) };
        // With the ledger in trouble, it may have been carried out.
        if !matches!(refused.code, ErrorCode::Ledger | ErrorCode::Held)
            && let Err(error) = stored.put_back().await
        {
            tracing::warn!(%error, "secrets that were refused could not be taken back");
        }
        Err(refused)
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
