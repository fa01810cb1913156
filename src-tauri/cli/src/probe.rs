//! `account probe`: what it will do, said before it does, and what it found.
//!
//! Not here: what is measured, and what it means; the core says that.

use comfy_table::Cell;
use docket_core::api::views::LogQuery;
use docket_core::api::{Command, Core, ProbeRequest, Reply};
use docket_core::domain::LogKind;
use docket_core::ids::random_id;
use docket_core::probe::{Finding, ProbeOrder, ProbeReport, REAL_ORDERS, Verdict};

use crate::args::ProbeArgs;
use crate::desk::{Desk, Need, execute};
use crate::exit::{Done, Failure, Status};
use crate::output::say;
use crate::{progress, table, words};

/// Letters of a run's name: enough to tell the runs of one account apart, few enough to read.
const NAME: usize = 8;

/// Carries out `account probe`.
pub async fn run(desk: &Desk, args: ProbeArgs) -> Done {
    if args.last {
        let last = desk.with(Need::Read, async |core| Ok(core.last_probe(&args.name).await?)).await?;
        let none = || Failure::Wrong(format!("{} was never probed to the end: leave out --last.", args.name));
        return show(desk, &last.ok_or_else(none)?);
    }
    let reply = desk.with(Need::Change, async |core| probe(core, &args).await).await?;
    match reply {
        Reply::Probed(report) => show(desk, &report),
        _ => Err(Failure::Wrong(format!("The holder of the ledger does not know `account probe {}`.", args.name))),
    }
}

async fn probe(core: &Core, args: &ProbeArgs) -> Result<Reply, Failure> {
    let plan = core.probe_plan(&args.name).await?;
    say(&plan.sentence());
    if !plan.test && args.orders_are_real.as_deref() != Some(REAL_ORDERS) {
        return Err(Failure::Wrong(format!(
            "{} is not a test account, and the orders would be real: nothing was made. Add a test account, or say \
             --orders-are-real \"{REAL_ORDERS}\".",
            args.name
        )));
    }
    // The end of a time-ordered id is its random part.
    let id = random_id();
    let request = ProbeRequest {
        account: args.name.clone(),
        run: id[id.len() - NAME..].to_owned(),
        accept: args.orders_are_real.clone(),
        fields: args.set.clone(),
    };
    let work = execute(core, Command::ProbeAccount(request));
    Ok(progress::telling(async || step(core, &args.name).await, work).await?)
}

/// What the probe did last, as far as its log says.
async fn step(core: &Core, account: &str) -> Option<String> {
    let query = LogQuery {
        account: Some(account.to_owned()),
        kinds: vec![LogKind::Probed],
        newest_first: true,
        limit: 1,
        ..LogQuery::default()
    };
    let entry = core.log(query).await.ok()?.pop()?;
    let word = |name: &str| entry.detail[name].as_str().unwrap_or_default().replace('_', " ");
    Some(format!("{} {}", word("what"), word("check")))
}

fn show(desk: &Desk, report: &ProbeReport) -> Done {
    if desk.out.is_json() {
        desk.out.object(report)?;
    } else {
        desk.out.line(&format!("{} at {}, probed {}", report.account, report.platform.title(), report.at))?;
        let mut rows = table::table(&desk.out, &["CHECK", "RESULT", "MEASURED", "DOCKET RELIES ON"]);
        for finding in &report.findings {
            rows.add_row(row(finding));
        }
        table::print(&desk.out, &rows)?;
        for finding in report.findings.iter().filter(|finding| finding.verdict != Verdict::Measured) {
            if let Some(line) = &finding.answers {
                desk.out.line(&format!("{}: answers \"{line}\"", finding.check.code()))?;
            }
        }
        for order in &report.orders {
            desk.out.line(&words::one_line(&made(order)))?;
        }
    }
    desk.out.flush()?;
    for (finding, remedy) in report.to_mend() {
        say(&words::one_line(&format!(
            "warning: {}: {}; Docket relies on: {}. {remedy}",
            finding.check.code(),
            finding.measured,
            finding.relies_on
        )));
    }
    for order in report.orders.iter().filter(|order| order.left.is_some()) {
        say(&words::one_line(&format!("warning: left at {}: {}", report.platform.title(), made(order))));
    }
    Ok(if report.to_mend().next().is_some() { Status::Error } else { Status::Done })
}

fn row(finding: &Finding) -> Vec<Cell> {
    let texts = [finding.check.code(), finding.verdict.word(), &finding.measured, &finding.relies_on];
    texts.iter().map(|text| Cell::new(words::one_line(text))).collect()
}

fn made(order: &ProbeOrder) -> String {
    let id = order.platform_order_id.as_ref().map_or("-", |id| id.as_str());
    let whose = if order.second { "SECOND ORDER OF " } else { "" };
    let left = order.left.as_ref().map(|why| format!(": {why}")).unwrap_or_default();
    format!("{whose}{} {id} {}{left}", order.order_no, order.state.replace('_', " "))
}
