//! `review` and `cancel`: a person's decisions about single orders.

use std::time::Duration;

use docket_core::api::saying::Known;
use docket_core::api::views::CaseView;
use docket_core::api::{Command, Core, OrderKey, Reply};
use docket_core::domain::{PersonDecision, RemoteId, State};

use crate::args::{Because, OneOrder, ReviewVerb};
use crate::desk::{Desk, Need, execute, key};
use crate::exit::{Done, Failure, Status};
use crate::order::candidate_line;
use crate::output::{Output, say};
use crate::{progress, words};

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
    let account = because.account.as_deref();
    let order = key(order_no, account);
    // What the ledger has now is what `review list` shows; what comes later is for a decision of its own.
    let shown = desk.with(Need::Read, async |core| Ok(core.shown(order.clone()).await?)).await?;
    let command = Command::Decide { order, decision, reason: because.reason, shown: Some(shown) };
    settle(desk, order_no, account, command).await
}

/// How long a cancel of a bound order is waited for: nothing else would send it when this program has ended. As long as
/// what went out before it can still arrive, and a little more.
const CANCEL_WITHIN: Duration = Duration::from_secs(120);
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// Cancels an order on its platform, and waits until the platform has said what became of that.
pub async fn cancel(desk: &Desk, order: &OneOrder) -> Done {
    let account = order.account.as_deref();
    let wanted = key(&order.order_no, account);
    desk.with(Need::Work, async |core| {
        let mut message = message_of(execute(core, Command::Cancel { order: wanted.clone() }).await?)?;
        core.wait_for(std::slice::from_ref(&wanted), None).await?;
        if cancelling(core, &wanted).await? {
            let ended = async {
                while cancelling(core, &wanted).await? {
                    tokio::time::sleep(LOOK_EVERY).await;
                }
                Ok::<(), Failure>(())
            };
            let waited = async { Ok(core.wait_for(&[], Some(CANCEL_WITHIN.as_secs_f64())).await.map(drop)?) };
            let both = async {
                tokio::select! { ended = ended => ended, waited = waited => waited }
            };
            progress::beside(core, progress::work, both).await?;
            message.clear();
        }
        let refused = core.order(wanted.clone()).await?.facts.iter().find_map(|fact| match fact {
            Known::CancelRefused { why } => Some(format!("it was not cancelled: {why}")),
            Known::CancelUntold { why } => Some(format!("what came of the cancel is not known: {why}")),
            _ => None,
        });
        let status = tell(desk, core, &order.order_no, account, &message).await?;
        match refused {
            Some(why) => Err(Failure::Wrong(format!("{}: {why}", order.order_no))),
            None => Ok(status),
        }
    })
    .await
}

/// Whether a cancel of a bound order has not ended.
async fn cancelling(core: &Core, order: &OrderKey) -> Result<bool, Failure> {
    let state = core.order(order.clone()).await?.order.state;
    Ok(state == State::Dispatched && core.standing(std::slice::from_ref(order)).await?.open > 0)
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
            turned_away: false,
        };
        assert_eq!(message_of(Reply::Orders { lines: vec![line(true)] }).unwrap(), "it is a draft");
        let failure = message_of(Reply::Orders { lines: vec![line(true), line(false)] }).unwrap_err();
        assert_eq!(failure.line(), "SO-1: it is a draft");
    }
}
