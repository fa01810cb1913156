//! `account`: adding, listing, changing and testing accounts.
//!
//! Secrets come from standard input and go to the core's secret store; nothing here prints or keeps them.

use std::collections::BTreeMap;
use std::io::{IsTerminal as _, Read as _};

use comfy_table::Cell;
use docket_core::api::views::AccountView;
use docket_core::api::{Command, ErrorCode, NewAccount, Reply};
use docket_core::api::{Core, Stored};
use serde_json::{Value, json};

use crate::args::{AccountVerb, AddArgs};
use crate::desk::{Desk, Need, execute};
use crate::exit::{Done, Failure, Status};
use crate::output::say;
use crate::{question, table, words};

/// No platform's secrets come near this.
const SECRETS_LIMIT: u64 = 64 * 1024;

/// Carries out one of the `account` commands.
pub async fn run(desk: &Desk, verb: AccountVerb) -> Done {
    match verb {
        AccountVerb::Add(args) => add(desk, args).await,
        AccountVerb::List => list(desk).await,
        AccountVerb::Set { name, mut set, more } => {
            set.extend(more);
            change(desk, &name, Command::SetAccount { name: name.clone(), set }, "its settings were changed").await
        }
        AccountVerb::Credentials { name } => credentials(desk, &name).await,
        AccountVerb::Test { name } => {
            tell(desk, &name, Command::TestAccount { name: name.clone() }, "the platform answered").await
        }
        AccountVerb::Probe(args) => crate::probe::run(desk, args).await,
        AccountVerb::Products { name, search } => question::choices(desk, &name, "item_id", &search).await,
        AccountVerb::Templates { name, search } => question::choices(desk, &name, "template_id", &search).await,
        AccountVerb::Confirm { name } => {
            change(desk, &name, Command::ConfirmAccount { name: name.clone() }, "it may be used").await
        }
        AccountVerb::Remove { name } => {
            tell(desk, &name, Command::RemoveAccount { name: name.clone() }, "it was removed").await
        }
    }
}

async fn add(desk: &Desk, mut args: AddArgs) -> Done {
    args.name = args.name.trim().to_owned();
    let secrets = read_secrets()?;
    desk.with(Need::Change, async |core| {
        // Before the secrets are stored: those of an account that has this name must not be replaced.
        if core.accounts().await?.iter().any(|account| account.name == args.name) {
            return Err(Failure::Wrong(format!(
                "There is an account {:?} already. Take another name, or change that one with `account set` and \
                 `account credentials`.",
                args.name
            )));
        }
        let stored = store(core, &args.name, secrets).await?;
        let secrets_file = stored.file.clone();
        let account = NewAccount {
            name: args.name.clone(),
            platform: args.platform,
            test: args.test,
            base_url: args.base_url,
            set: args.set,
            secrets_file,
            merchant: args.merchant,
            practice: false,
            // Whoever leaves --test out on a command line has said that the account is live.
            confirmed: true,
        };
        if let Err(refused) = execute(core, Command::AddAccount(account)).await {
            // An account that is not there has no secrets. With the ledger in trouble it may be there.
            if !matches!(refused.code, ErrorCode::Ledger | ErrorCode::Held) {
                let _ = stored.put_back().await;
            }
            return Err(refused.into());
        }
        if !args.test {
            say(&format!(
                "{}: a live account; what is dispatched there is real. (--test adds a test account.)",
                args.name
            ));
        }
        shown(desk, core, &args.name, "it was added").await
    })
    .await
}

async fn credentials(desk: &Desk, name: &str) -> Done {
    let secrets = read_secrets()?;
    desk.with(Need::Change, async |core| {
        let account = find(core, name).await?;
        if desk.secrets_file().is_some_and(|file| file.as_os_str() != account.secrets.as_str()) {
            return Err(Failure::Wrong(format!(
                "{name} keeps its secrets in {}, and remembers that. Leave out --secrets-file (and DOCKET_SECRETS_FILE).",
                account.secrets
            )));
        }
        let stored = store(core, name, secrets).await?;
        if let Err(refused) = execute(core, Command::SetCredentials { name: name.to_owned() }).await {
            // What was refused does not stand in the place of what was accepted before.
            let _ = stored.put_back().await;
            return Err(refused.into());
        }
        shown(desk, core, name, "its credentials were changed").await
    })
    .await
}

async fn store(core: &Core, name: &str, secrets: BTreeMap<String, String>) -> Result<Stored, Failure> {
    let stored = core.replace_secrets(name, secrets).await?;
    if let Some(file) = &stored.file {
        say(&format!(
            "warning: the secrets of {name} are kept in {file} (mode 0600), not in the operating system's key store"
        ));
    }
    Ok(stored)
}

/// Does something to an account and shows the account as it is then.
async fn change(desk: &Desk, name: &str, command: Command, done: &str) -> Done {
    desk.with(Need::Change, async |core| {
        execute(core, command).await?;
        shown(desk, core, name, done).await
    })
    .await
}

async fn shown(desk: &Desk, core: &Core, name: &str, done: &str) -> Done {
    if desk.out.is_json() {
        desk.out.object(&find(core, name).await?)?;
    } else {
        desk.out.line(&format!("{name}: {done}"))?;
    }
    desk.out.flush()?;
    Ok(Status::Done)
}

/// Does something with an account and says what came of it.
async fn tell(desk: &Desk, name: &str, command: Command, otherwise: &str) -> Done {
    let reply = desk.with(Need::Change, async |core| Ok(execute(core, command).await?)).await?;
    let message = match reply {
        Reply::Done { message } | Reply::Settled { message, .. } if !message.is_empty() => message,
        Reply::Done { .. }
        | Reply::Settled { .. }
        | Reply::Orders { .. }
        | Reply::Imported(_)
        | Reply::Probed(_)
        | Reply::Swept(_)
        | Reply::Logged { .. }
        | Reply::Slip { .. }
        | Reply::Quoted(_)
        | Reply::Choices { .. } => otherwise.to_owned(),
    };
    if desk.out.is_json() {
        desk.out.object(&json!({ "account": name, "message": message }))?;
    } else {
        desk.out.line(&words::one_line(&format!("{name}: {message}")))?;
    }
    desk.out.flush()?;
    Ok(Status::Done)
}

/// The account of that name.
pub async fn find(core: &Core, name: &str) -> Result<AccountView, Failure> {
    let account = core.accounts().await?.into_iter().find(|account| account.name == name);
    account.ok_or_else(|| Failure::Wrong(format!("There is no account {name:?}. `docketctl account list` shows them.")))
}

async fn list(desk: &Desk) -> Done {
    let accounts = desk.with(Need::Read, async |core| Ok(core.accounts().await?)).await?;
    if desk.out.is_json() {
        accounts.iter().try_for_each(|account| desk.out.object(account))?;
    } else if accounts.is_empty() {
        say("There is no account yet. `docketctl account add NAME --platform P` adds one.");
    } else {
        let mut rows =
            table::table(&desk.out, &["NAME", "PLATFORM", "MODE", "OPEN", "BASE URL", "SECRETS", "SETTINGS", "NOTE"]);
        for account in &accounts {
            rows.add_row(row(account));
        }
        table::print(&desk.out, &rows)?;
    }
    desk.out.flush()?;
    Ok(Status::Done)
}

fn row(account: &AccountView) -> Vec<Cell> {
    let settings = serde_json::to_value(&account.settings).unwrap_or(Value::Null);
    let note = match &account.paused {
        Some(why) => format!("paused: {why}"),
        None if !account.confirmed && !account.test => "not confirmed".to_owned(),
        None => String::new(),
    };
    let texts = [
        account.name.clone(),
        account.platform.code().to_owned(),
        if account.test { "test".to_owned() } else { "live".to_owned() },
        account.open.to_string(),
        account.base_url.clone(),
        account.secrets.clone(),
        words::facts(&settings),
        note,
    ];
    texts.iter().map(|text| Cell::new(words::one_line(text))).collect()
}

/// One JSON object of texts from standard input. Never from the command line, where everybody could read it.
fn read_secrets() -> Result<BTreeMap<String, String>, Failure> {
    let stdin = std::io::stdin();
    if stdin.is_terminal() {
        say("Type or paste the secrets as one JSON object, such as {\"api_key\": \"...\"}, then Ctrl-D:");
    }
    let mut text = String::new();
    let read = stdin.lock().take(SECRETS_LIMIT).read_to_string(&mut text);
    read.map_err(|error| Failure::Wrong(format!("The secrets on standard input cannot be read: {error}.")))?;
    parse_secrets(&text)
}

/// The error never quotes what was read: it would show a secret.
fn parse_secrets(text: &str) -> Result<BTreeMap<String, String>, Failure> {
    let secrets: Option<BTreeMap<String, String>> = serde_json::from_str(text.trim_start_matches('\u{feff}')).ok();
    secrets.filter(|secrets| !secrets.is_empty()).ok_or_else(|| {
        Failure::Wrong(
            "The secrets must come on standard input as one JSON object of texts, such as {\"api_key\": \"...\"}."
                .to_owned(),
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_one_object_of_texts() {
        let secrets = parse_secrets("\u{feff}{\"api_key\": \"k\"}\n").unwrap();
        assert_eq!(secrets.get("api_key").map(String::as_str), Some("k"));
        for text in ["", "{}", "[]", "k", "{\"api_key\": 7}", "{\"api_key\": \"sesame\""] {
            let line = parse_secrets(text).unwrap_err().line();
            assert!(!line.contains("sesame"), "an error shows no secret");
        }
    }
}
