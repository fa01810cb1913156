//! `restore`: what to do about a ledger that was restored from a backup, or copied from another computer.

use docket_core::api::{Command, Reply};

use crate::args::RestoreVerb;
use crate::desk::{Desk, Need, execute};
use crate::exit::{Done, Status};
use crate::output::say;
use crate::{progress, words};

/// Carries out one of the `restore` commands.
pub async fn run(desk: &Desk, verb: RestoreVerb) -> Done {
    match verb {
        RestoreVerb::Show => show(desk).await,
        RestoreVerb::Check { account } => check(desk, account).await,
        RestoreVerb::Open { account, reason } => open(desk, account, reason).await,
    }
}

async fn show(desk: &Desk) -> Done {
    desk.with(Need::Read, async |core| {
        let pasts = core.pasts().await?;
        if desk.out.is_json() {
            pasts.iter().try_for_each(|past| desk.out.object(past))?;
        } else {
            for past in &pasts {
                let opened =
                    format!("account {} is open; its orders are looked for before they are sent", past.account);
                desk.out.line(&words::one_line(if past.shut { &past.why } else { &opened }))?;
            }
            if pasts.is_empty() {
                say("Nothing is missing from this ledger, as far as anybody knows.");
            }
        }
        desk.out.flush()?;
        Ok(if pasts.iter().any(|past| past.shut) { Status::Person } else { Status::Done })
    })
    .await
}

async fn check(desk: &Desk, account: Option<String>) -> Done {
    desk.with(Need::Work, async |core| {
        let asked = execute(core, Command::CheckPast { account });
        let reply = progress::beside(core, progress::work, asked).await?;
        if let Reply::Orders { lines } = &reply {
            if desk.out.is_json() {
                lines.iter().try_for_each(|line| desk.out.object(line))?;
            } else {
                for line in lines {
                    desk.out.line(&words::one_line(&format!("{} {}", line.order_no, line.message)))?;
                }
            }
        }
        let pasts = core.pasts().await?;
        let shut: Vec<_> = pasts.iter().filter(|past| past.shut).collect();
        shut.iter().for_each(|past| say(&words::one_line(&past.why)));
        if shut.is_empty() && !desk.out.is_json() {
            desk.out.line("No account is shut.")?;
        }
        desk.out.flush()?;
        Ok(if shut.is_empty() { Status::Done } else { Status::Person })
    })
    .await
}

async fn open(desk: &Desk, account: String, reason: String) -> Done {
    desk.with(Need::Change, async |core| {
        if let Reply::Done { message } = execute(core, Command::AcceptPast { account, reason }).await? {
            say(&message);
        }
        Ok(Status::Done)
    })
    .await
}
