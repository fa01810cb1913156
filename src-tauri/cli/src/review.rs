//! `review` and `cancel`: a person's decisions about single orders.

use docket_core::api::Core;
use docket_core::api::views::CaseView;
use docket_core::api::{Command, Reply};
use docket_core::domain::{PersonDecision, RemoteId};

use crate::args::{Because, OneOrder, ReviewVerb};
use crate::desk::{Desk, Need, execute, key};
use crate::exit::{Done, Failure, Status};
use crate::order::candidate_line;
use crate::output::{Output, say};
use crate::words;

/// Carries out one of the `review` commands.
pub async fn run(desk: &Desk, verb: ReviewVerb) -> Done {
    match verb {
        ReviewVerb::List => list(desk).await,
        ReviewVerb::Adopt { order_no, platform_order_id, because } => {
            let remote = RemoteId(platform_order_id);
            decide(desk, &order_no, because, PersonDecision::Adopt { remote }).await
        }
        ReviewVerb::Release { order_no, because } => decide(desk, &order_no, because, PersonDecision::Release).await,
        ReviewVerb::Close { order_no, because } => decide(desk, &order_no, because, PersonDecision::Close).await,
    }
}

async fn list(desk: &Desk) -> Done {
    let cases = desk.with(Need::Read, async |core| Ok(core.cases().await?)).await?;
    if desk.out.is_json() {
        cases.iter().try_for_each(|case| desk.out.object(case))?;
    } else if cases.is_empty() {
        say("No case waits for a person.");
    }
    if !desk.out.is_json() {
        cases.iter().try_for_each(|case| print_case(&desk.out, case))?;
    }
    desk.out.flush()?;
    Ok(Status::Done)
}

fn print_case(out: &Output, case: &CaseView) -> std::io::Result<()> {
    let order = &case.order;
    out.line(&words::one_line(&format!("{} [{}] since {}", order.order_no, order.account, order.since)))?;
    let reason = order.reason.clone().unwrap_or_default();
    let behind =
        if case.waiting_behind == 0 { String::new() } else { format!("{} orders wait behind it", case.waiting_behind) };
    let presence = case.presence.clone().unwrap_or_default();
    for (name, text) in [("reason", reason), ("known", case.known.clone()), ("warning", presence), ("behind", behind)] {
        if !text.is_empty() {
            out.line(&format!("  {name:<8} {}", words::one_line(&text)))?;
        }
    }
    case.candidates
        .iter()
        .try_for_each(|candidate| out.line(&format!("  {:<8} {}", "perhaps", candidate_line(candidate))))
}

async fn decide(desk: &Desk, order_no: &str, because: Because, decision: PersonDecision) -> Done {
    let order = key(order_no, because.account.as_deref());
    let command = Command::Decide { order, decision, reason: because.reason };
    settle(desk, order_no, because.account.as_deref(), command).await
}

/// Cancels an order on its platform.
pub async fn cancel(desk: &Desk, order: &OneOrder) -> Done {
    let account = order.account.as_deref();
    settle(desk, &order.order_no, account, Command::Cancel { order: key(&order.order_no, account) }).await
}

/// Carries out what a person asked for one order, as far as it goes at once, and tells what came of it.
async fn settle(desk: &Desk, order_no: &str, account: Option<&str>, command: Command) -> Done {
    desk.with(Need::Work, async |core| {
        let message = message_of(execute(core, command).await?)?;
        core.wait_for(&[key(order_no, account)], None).await?;
        tell(desk, core, order_no, account, &message).await
    })
    .await
}

async fn tell(desk: &Desk, core: &Core, order_no: &str, account: Option<&str>, message: &str) -> Done {
    let wanted = key(order_no, account);
    let order = core.order(wanted.clone()).await?.order;
    if desk.out.is_json() {
        desk.out.object(&order)?;
        if !message.is_empty() {
            say(&words::one_line(&format!("{order_no}: {message}")));
        }
    } else {
        let standing = words::standing(&order);
        let text = if message.is_empty() { standing } else { format!("{message}; now {standing}") };
        desk.out.line(&words::one_line(&format!("{order_no}: {text}")))?;
    }
    desk.out.flush()?;
    Ok(core.standing(&[wanted]).await?.into())
}

/// What the core says of it; an order that was left alone is an error.
fn message_of(reply: Reply) -> Result<String, Failure> {
    match reply {
        Reply::Done { message } | Reply::Settled { message, .. } => Ok(message),
        Reply::Orders { lines } => match lines.iter().find(|line| !line.done) {
            Some(left) => Err(Failure::Wrong(format!("{}: {}", left.order_no, words::reasons(left)))),
            None => Ok(lines.into_iter().map(|line| line.message).collect::<Vec<_>>().join("; ")),
        },
        Reply::Imported(_)
        | Reply::Probed(_)
        | Reply::Swept(_)
        | Reply::Logged { .. }
        | Reply::Slip { .. }
        | Reply::Quoted(_)
        | Reply::Choices { .. } => Ok(String::new()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use docket_core::api::OrderLine;
    use docket_core::domain::{OrderNo, State};

    #[test]
    fn an_order_that_was_left_alone_is_an_error() {
        let line = |done| OrderLine {
            order_no: OrderNo::from("SO-1"),
            account: "main".into(),
            done,
            state: State::Draft,
            message: "it is a draft".into(),
            fields: Vec::new(),
            held_by: Vec::new(),
        };
        assert_eq!(message_of(Reply::Orders { lines: vec![line(true)] }).unwrap(), "it is a draft");
        let failure = message_of(Reply::Orders { lines: vec![line(true), line(false)] }).unwrap_err();
        assert_eq!(failure.line(), "SO-1: it is a draft");
    }
}
