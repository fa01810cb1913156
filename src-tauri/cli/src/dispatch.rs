//! `dispatch`, `reconcile`, `withdraw`, `track`: asking for work on orders, waiting for it, and telling what came of it.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::time::Duration;

use docket_core::api::views::OrderView;
use docket_core::api::{Command, DispatchRequest, OrderKey, OrderLine, Reply};
use docket_core::api::{Core, Standing};
use docket_core::domain::State;

use crate::args::{DispatchArgs, OrderArgs};
use crate::desk::{Desk, Need, execute, key, keys};
use crate::exit::{Done, Failure, Status};
use crate::output::say;
use crate::{pages, progress, words};

/// Up to so many orders, each has a line; beyond that only those that are not dispatched, and the sums.
const LINES: usize = 20;
/// A signal leaves this long to tell what came of the orders.
const TELL_WITHIN: Duration = Duration::from_millis(250);

/// Which orders are told about, and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Telling {
    /// A line for each.
    Each,
    /// The sums, and a line for each when there are few.
    Sums,
}

/// Marks orders and works on everything open.
pub async fn dispatch(desk: &Desk, args: DispatchArgs) -> Done {
    let telling = if args.all { Telling::Sums } else { Telling::Each };
    let request = DispatchRequest {
        orders: keys(&args.order_nos, args.account.as_deref()),
        all: args.all,
        account: args.account,
        again: args.again,
        despite: args.despite,
        max_fee: args.max_fee,
    };
    work(desk, Command::Dispatch(request), args.wait, telling).await
}

/// Works on whatever is open.
pub async fn reconcile(desk: &Desk, wait: Option<f64>) -> Done {
    work(desk, Command::Reconcile, wait, Telling::Sums).await
}

async fn work(desk: &Desk, command: Command, wait: Option<f64>, telling: Telling) -> Done {
    let everything = matches!(command, Command::Reconcile);
    let mut lines = if everything { open_lines(desk).await? } else { Vec::new() };
    let core = desk.until_stopped(desk.open(Need::Work)).await?;
    let mut answered = false;
    let worked = match desk.until_stopped(execute(&core, command)).await {
        Ok(reply) => {
            answered = true;
            add_lines(&mut lines, reply);
            // Beside a holder, without a time to wait: until its own orders are done. The rest is the holder's.
            let own = if everything { Vec::new() } else { line_keys(&lines) };
            let waited = progress::beside(&core, progress::work, core.wait_for(&own, wait));
            desk.until_stopped(waited).await.map(|_| ())
        }
        Err(failure) => Err(failure),
    };
    desk.close(&core).await;
    match worked {
        Ok(()) => {}
        Err(Failure::Stopped(_)) => return stopped(desk, answered, &lines, telling).await,
        Err(failure) => return Err(failure),
    }
    // Read afresh: a core that was stopped reads no more, and what it abandoned is in doubt by now.
    let core = desk.open(Need::Read).await?;
    let orders = told(desk, &core, &lines, telling).await?;
    let standing = if everything { core.standing(&[]).await? } else { standing_of(&core, &orders).await? };
    conclude(&lines, standing)
}

/// A signal came: what is known is told if that is quick, and the status says what is left. Where the command had no answer
/// yet, nobody knows here what it has come to, and it is never said to be done.
async fn stopped(desk: &Desk, answered: bool, lines: &[OrderLine], telling: Telling) -> Done {
    let core = desk.open(Need::Read).await?;
    if !lines.is_empty() {
        // Too slow is no loss: the ledger has it all.
        let _ = tokio::time::timeout(TELL_WITHIN, told(desk, &core, lines, telling)).await;
    }
    let standing = core.standing(&[]).await?;
    if standing.open > 0 || !answered { Err(Failure::Stopped(standing)) } else { Ok(standing.into()) }
}

/// Orders of which nobody asked anything can still have gone wrong: then the status is that of an error.
fn conclude(lines: &[OrderLine], standing: Standing) -> Done {
    let wrong: Vec<_> = lines.iter().filter(|line| words::is_error(line)).collect();
    match wrong.as_slice() {
        [] => Ok(standing.into()),
        [one] => Err(Failure::Wrong(format!("{} was not dispatched: {}", one.order_no, words::reasons(one)))),
        [one, ..] => Err(Failure::Wrong(format!(
            "{} orders were not dispatched. The first, {}: {}",
            wrong.len(),
            one.order_no,
            words::reasons(one)
        ))),
    }
}

/// The orders that lines are about.
fn line_keys(lines: &[OrderLine]) -> Vec<OrderKey> {
    lines.iter().map(|line| key(line.order_no.as_str(), Some(&line.account))).collect()
}

/// How much is open, of these orders.
async fn standing_of(core: &Core, orders: &[OrderView]) -> Result<Standing, Failure> {
    // Those that are settled are known to be; a hundred thousand of them need not be asked about again. A few may have a
    // cancel under way.
    let few = orders.len() <= LINES;
    let stands = |state: State| match state {
        State::Dispatched => few,
        State::NeedsReview | State::Closed => true,
        State::Draft | State::Refused | State::Cancelled => false,
        State::Queued | State::Sending | State::InDoubt => true,
    };
    let open: Vec<_> = orders.iter().filter(|order| stands(order.state)).collect();
    let open: Vec<_> = open.iter().map(|order| key(order.order_no.as_str(), Some(&order.account))).collect();
    if open.is_empty() { Ok(Standing::default()) } else { Ok(core.standing(&open).await?) }
}

/// What is open before anything is done about it.
async fn open_lines(desk: &Desk) -> Result<Vec<OrderLine>, Failure> {
    desk.with(Need::Read, async |core| {
        let mut lines = Vec::new();
        pages::each(core, &[State::Queued, State::Sending, State::InDoubt], None, |page| {
            lines.extend(page.iter().map(|order| OrderLine {
                order_no: order.order_no.clone(),
                account: order.account.clone(),
                done: true,
                state: order.state,
                message: String::new(),
                fields: Vec::new(),
                held_by: Vec::new(),
                turned_away: false,
            }));
            Ok(true)
        })
        .await?;
        Ok(lines)
    })
    .await
}

/// Takes a reply's lines over; an order that has one already keeps it.
fn add_lines(lines: &mut Vec<OrderLine>, reply: Reply) {
    if let Reply::Orders { lines: more } = reply {
        let known: HashSet<_> = lines.iter().map(|line| (line.account.clone(), line.order_no.clone())).collect();
        lines.extend(more.into_iter().filter(|line| !known.contains(&(line.account.clone(), line.order_no.clone()))));
    }
}

/// Tells what came of the orders; with `--json` the order objects, one a line.
async fn told(desk: &Desk, core: &Core, lines: &[OrderLine], telling: Telling) -> Result<Vec<OrderView>, Failure> {
    let names: Vec<_> = lines.iter().map(|line| (line.account.clone(), line.order_no.clone())).collect();
    let orders = pages::named(core, &names).await?;
    if desk.out.is_json() {
        orders.iter().try_for_each(|order| desk.out.object(order))?;
        lines.iter().filter(|line| !line.done).for_each(|line| say(&words::outcome(line, None)));
    } else {
        let by_name: HashMap<_, _> = orders.iter().map(|order| (pages::name_of(order), order)).collect();
        let several = names.iter().any(|(account, _)| *account != names[0].0);
        let few = telling == Telling::Each || lines.len() <= LINES;
        for (line, name) in lines.iter().zip(&names) {
            let order = by_name.get(name).copied();
            if few || order.is_none_or(|order| order.state != State::Dispatched) {
                let text = words::outcome(line, order);
                desk.out.line(&if several { format!("{text} [{}]", line.account) } else { text })?;
            }
        }
        if telling == Telling::Sums {
            desk.out.line(&sums(&orders))?;
        }
    }
    desk.out.flush()?;
    Ok(orders)
}

/// `12 orders: 10 dispatched, 1 in_doubt, 1 refused`.
fn sums(orders: &[OrderView]) -> String {
    let mut counts: BTreeMap<usize, (&str, u32)> = BTreeMap::new();
    for order in orders {
        let place = State::ALL.iter().position(|state| *state == order.state).unwrap_or_default();
        counts.entry(place).or_insert((order.state.code(), 0)).1 += 1;
    }
    let counts: Vec<_> = counts.values().map(|(state, count)| format!("{count} {state}")).collect();
    let all = orders.len();
    let word = if all == 1 { "order" } else { "orders" };
    if counts.is_empty() {
        "0 orders: there was nothing to do".to_owned()
    } else {
        format!("{all} {word}: {}", counts.join(", "))
    }
}

/// Takes queued orders back.
pub async fn withdraw(desk: &Desk, args: &OrderArgs) -> Done {
    let command = Command::Withdraw { orders: keys(&args.order_nos, args.account.as_deref()) };
    let lines = desk.with(Need::Change, async |core| plain(desk, core, command).await).await?;
    let left: Vec<_> = lines.iter().filter(|line| !line.done).collect();
    match left.as_slice() {
        [] => Ok(Status::Done),
        [one, rest @ ..] => {
            let more = if rest.is_empty() { String::new() } else { format!(" ({} more)", rest.len()) };
            Err(Failure::Wrong(format!("{} was not withdrawn: {}{more}", one.order_no, words::reasons(one))))
        }
    }
}

/// Fetches the platform's status.
pub async fn track(desk: &Desk, order_nos: &[String], account: Option<&str>) -> Done {
    let command = Command::Track { orders: keys(order_nos, account) };
    desk.with(Need::Work, async |core| {
        let asked = execute(core, command).await?;
        let mut lines = Vec::new();
        add_lines(&mut lines, asked);
        if !lines.is_empty() {
            core.wait_for(&line_keys(&lines), None).await?;
        }
        let names: Vec<_> = lines.iter().map(|line| (line.account.clone(), line.order_no.clone())).collect();
        let orders = pages::named(core, &names).await?;
        if desk.out.is_json() {
            orders.iter().try_for_each(|order| desk.out.object(order))?;
        } else {
            let by_name: HashMap<_, _> = orders.iter().map(|order| (pages::name_of(order), order)).collect();
            for (line, name) in lines.iter().zip(&names) {
                let status =
                    by_name.get(name).and_then(|order| order.platform_status.as_deref()).unwrap_or("no status");
                let text = if line.done { status.to_owned() } else { format!("not asked: {}", words::reasons(line)) };
                desk.out.line(&words::one_line(&format!("{} {text}", line.order_no)))?;
            }
        }
        desk.out.flush()?;
        let unheard = |line: &&OrderLine| !line.done && line.state == State::Dispatched;
        if let Some(one) = lines.iter().find(unheard) {
            let why = words::reasons(one);
            return Err(Failure::Wrong(format!("the status of {} could not be fetched: {why}", one.order_no)));
        }
        standing_of(core, &orders).await.map(Status::from)
    })
    .await
}

/// Carries out a command and prints what it came to for each order.
async fn plain(desk: &Desk, core: &Core, command: Command) -> Result<Vec<OrderLine>, Failure> {
    let mut lines = Vec::new();
    add_lines(&mut lines, execute(core, command).await?);
    let names: Vec<_> = lines.iter().map(|line| (line.account.clone(), line.order_no.clone())).collect();
    let orders = pages::named(core, &names).await?;
    if desk.out.is_json() {
        orders.iter().try_for_each(|order| desk.out.object(order))?;
    } else {
        for line in &lines {
            desk.out.line(&words::one_line(&format!("{} {}", line.order_no, words::reasons(line))))?;
        }
    }
    desk.out.flush()?;
    Ok(lines)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::tests::order;
    use docket_core::domain::OrderNo;

    fn line(order_no: &str, done: bool, state: State) -> OrderLine {
        OrderLine {
            order_no: OrderNo::from(order_no),
            account: "main".into(),
            done,
            state,
            message: "why".into(),
            fields: Vec::new(),
            held_by: Vec::new(),
            turned_away: false,
        }
    }

    #[test]
    fn sums_name_only_the_states_that_occur() {
        let orders = [order(State::Refused), order(State::Dispatched), order(State::Dispatched)];
        assert_eq!(sums(&orders), "3 orders: 2 dispatched, 1 refused");
        assert_eq!(sums(&[]), "0 orders: there was nothing to do");
    }

    #[test]
    fn an_order_that_could_not_be_marked_makes_an_error() {
        let review = Standing { needs_review: 1, ..Standing::default() };
        let lines = [line("SO-1", true, State::Queued), line("SO-2", false, State::Dispatched)];
        assert_eq!(conclude(&lines, review).unwrap(), Status::Person);
        let lines = [line("SO-1", true, State::Queued), line("SO-3", false, State::Draft)];
        let failure = conclude(&lines, review).unwrap_err();
        assert_eq!(failure.status(), Status::Error);
        assert_eq!(failure.line(), "SO-3 was not dispatched: why");
        let dearer = OrderLine { turned_away: true, ..line("SO-4", false, State::Dispatched) };
        assert_eq!(conclude(&[dearer], review).unwrap_err().status(), Status::Error);
    }

    #[test]
    fn an_order_is_told_about_once() {
        let mut lines = vec![line("SO-1", true, State::InDoubt)];
        let more = vec![line("SO-1", false, State::InDoubt), line("SO-2", true, State::Queued)];
        add_lines(&mut lines, Reply::Orders { lines: more });
        assert_eq!(lines.iter().map(|line| line.order_no.as_str()).collect::<Vec<_>>(), ["SO-1", "SO-2"]);
        assert!(lines[0].done);
    }
}
