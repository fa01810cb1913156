//! Trying credentials on their platform with one harmless authenticated read: those of an account, and those that are
//! not kept anywhere yet.
//!
//! What is to be kept is tried first, then stored, then named in a command; when that is refused, what stood in the store
//! before stands there again. Not here: the store itself (`api::keeping`).

use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::adapters::{Adapter, LookupBy};
use crate::domain::remote::Page;
use crate::domain::{Reference, Rules, Settings, Timings};
use crate::driver::contradiction;
use crate::secrets::Secrets;
use crate::transport::{Exchange, ReadCall, Target, Transport};

use super::accounts::{adapter_for, adapter_of, base_url_of, digest, settings};
use super::core::Core;
use super::holder::Holder;
use super::{ApiError, Command, ErrorCode, NewAccount, Reply, Request};

/// Credentials and whom they are tried on.
struct Trial {
    adapter: &'static dyn Adapter,
    test: bool,
    base_url: String,
    secrets: Secrets,
    timings: Timings,
}

/// Why a trial did not end well.
enum Failed {
    /// The platform knows the credentials for wrong: refused, or of the other mode.
    Wrong(String),
    /// Nothing was learnt of them.
    Unknown(String),
}

impl Trial {
    /// How many orders the platform showed.
    async fn run(self, transport: &Transport) -> Result<u32, Failed> {
        let title = self.adapter.platform().title();
        let newest = LookupBy::Newest;
        let made_up = LookupBy::Reference(Reference::from("docket-account-test"));
        let mut harmless = [newest, made_up].into_iter();
        let asked = harmless.find_map(|by| self.adapter.lookup_request(&by).map(|request| (by, request)));
        let Some((by, request)) = asked else {
            return Err(Failed::Unknown("this platform has nothing harmless to read".into()));
        };
        let call = ReadCall {
            target: Target::new(self.base_url.clone(), self.adapter.auth(), self.secrets),
            request: request.clone(),
            timeout_ms: self.timings.timeout_ms,
            connect_timeout_ms: self.timings.connect_timeout_ms,
        };
        let refused = |code: &str| Failed::Wrong(format!("{title} refused the credential ({code}); give it again"));
        let answer = match transport.read(call).await.observed {
            Exchange::Answered(answer) => answer,
            Exchange::NotSent { why } | Exchange::Lost { why } => {
                let message = format!("{} did not answer: {why}; check the base URL and the network", self.base_url);
                return Err(Failed::Unknown(message));
            }
            Exchange::NoToken { code } => return Err(refused(&code)),
            Exchange::Limited { .. } => {
                let message = format!("{title} is asked too often just now (429); try again in a minute");
                return Err(Failed::Unknown(message));
            }
        };
        match self.adapter.read_page(&by, &request, &answer) {
            Page::Rows { rows, .. } => match rows.iter().find_map(|row| contradiction(self.test, row)) {
                Some(why) => Err(Failed::Wrong(why)),
                None => Ok(u32::try_from(rows.len()).unwrap_or(u32::MAX)),
            },
            Page::Unauthorised { code } => Err(refused(&code)),
            Page::Busy { .. } => Err(Failed::Unknown("the platform is busy (429); try again later".into())),
            Page::Unclear { why } => {
                let message = format!("{} answered with nothing readable ({why}); check the base URL", self.base_url);
                Err(Failed::Unknown(message))
            }
        }
    }
}

impl Holder {
    pub(super) async fn test_account(&self, name: &str) -> Result<Reply, ApiError> {
        let row = self.reader().account(name).await?;
        let adapter = adapter_of(&row)?;
        let trial = Trial {
            adapter,
            test: row.test,
            base_url: row.base_url.clone(),
            secrets: self.secrets_of(&row).await?,
            timings: self.lane(row.id)?.rules.contract.timings,
        };
        match trial.run(&self.transport).await {
            Ok(shown) => {
                self.reopen(row.id, true).await?;
                let message = format!("{} accepts the credential and showed {shown} orders", row.platform.title());
                Ok(Reply::Done { message })
            }
            Err(Failed::Wrong(why) | Failed::Unknown(why)) => Err(ApiError::new(ErrorCode::Platform, why)),
        }
    }
}

impl Core {
    /// Adds an account with these secrets, tried before anything is kept, unless `untried`. Returns how many orders the
    /// platform showed. Once refused, the account is not there and neither are its secrets.
    ///
    /// # Errors
    /// `Invalid` when the platform knows the credentials for wrong, `Platform` when it could not be asked, `Secrets` when
    /// the store cannot be used; and those of `Command::AddAccount`.
    pub async fn add_account(
        &self,
        id: String,
        mut new: NewAccount,
        secrets: BTreeMap<String, String>,
        untried: bool,
    ) -> Result<Option<u32>, ApiError> {
        new.name = new.name.trim().to_owned();
        // Before the secrets are stored: those of an account that has this name must not be replaced.
        if self.accounts().await?.iter().any(|account| account.name == new.name) {
            let message = format!("there is an account {} already; take another name", new.name);
            return Err(ApiError::new(ErrorCode::Invalid, message));
        }
        let adapter = adapter_for(new.platform)?;
        let rules = Rules::new(adapter.contract(), &settings(Settings::default(), &new.set)?);
        let trial = Trial {
            adapter,
            test: new.test,
            base_url: base_url_of(&new, adapter)?,
            secrets: Secrets::new(secrets.clone()),
            timings: rules.contract.timings,
        };
        let shown = self.tried(trial, untried).await?;
        let stored = self.replace_secrets_in(&new.name, secrets, new.secrets_file.clone().map(PathBuf::from)).await?;
        new.secrets_file.clone_from(&stored.file);
        self.keep(stored, Request { id, command: Command::AddAccount(new) }).await?;
        Ok(shown)
    }

    /// Gives an account new credentials, tried before they take the place of the old ones, unless `untried`. Returns how
    /// many orders the platform showed. Once refused, the old ones are still there.
    ///
    /// # Errors
    /// As of [`Core::add_account`], and those of `Command::SetCredentials`.
    pub async fn change_credentials(
        &self,
        id: String,
        name: &str,
        secrets: BTreeMap<String, String>,
        untried: bool,
    ) -> Result<Option<u32>, ApiError> {
        let row = self.reader().account(name).await?;
        let adapter = adapter_of(&row)?;
        let trial = Trial {
            adapter,
            test: row.test,
            base_url: row.base_url.clone(),
            secrets: Secrets::new(secrets.clone()),
            timings: Rules::new(adapter.contract(), &row.settings).contract.timings,
        };
        let shown = self.tried(trial, untried).await?;
        let stored = self.replace_secrets(name, secrets).await?;
        self.keep(stored, Request { id, command: Command::SetCredentials { name: name.to_owned() } }).await?;
        Ok(shown)
    }

    async fn tried(&self, trial: Trial, untried: bool) -> Result<Option<u32>, ApiError> {
        digest(trial.adapter, &trial.secrets, trial.test)?;
        if untried {
            return Ok(None);
        }
        // A transport of its own: no token that other credentials fetched stands in for these.
        match trial.run(&self.transport()).await {
            Ok(shown) => Ok(Some(shown)),
            Err(Failed::Wrong(why)) => Err(ApiError::new(ErrorCode::Invalid, why)),
            Err(Failed::Unknown(why)) => Err(ApiError::new(ErrorCode::Platform, why)),
        }
    }
}
