//! `sweep`: what is found when the platforms and the ledger are compared, a line each, and what could not be looked at.
//!
//! Not here: what a finding is; the core says that.

use docket_core::api::{Command, Core, Reply};
use docket_core::sweep::{SweepFinding, SweepReport, Unseen};
use serde_json::json;

use crate::args::SweepArgs;
use crate::desk::{Desk, Need, execute};
use crate::exit::{Done, Failure, Status};
use crate::output::say;
use crate::{progress, words};

/// Carries out `sweep`: account by account, and what is found is printed as it is found.
pub async fn run(desk: &Desk, args: &SweepArgs) -> Done {
    let reports = desk.with(Need::Change, async |core| all(desk, core, args).await).await?;
    summary(desk, &reports)?;
    desk.out.flush()?;
    let unasked: Vec<&str> = reports
        .iter()
        .filter(|report| report.unseen.iter().any(|unseen| matches!(unseen, Unseen::Unasked { .. })))
        .map(|report| report.account.as_str())
        .collect();
    if reports.iter().any(SweepReport::needs_person) {
        Ok(Status::Person)
    } else if unasked.is_empty() {
        Ok(Status::Done)
    } else {
        Err(Failure::Wrong(format!("{} could not be asked; the lines above say why.", unasked.join(", "))))
    }
}

async fn all(desk: &Desk, core: &Core, args: &SweepArgs) -> Result<Vec<SweepReport>, Failure> {
    let accounts = match &args.account {
        Some(name) => vec![name.clone()],
        None => core.accounts().await?.into_iter().map(|account| account.name).collect(),
    };
    let since_ms = args.since.map(|since| since.wall_ms());
    let mut reports = Vec::new();
    for account in accounts {
        let work = execute(core, Command::Sweep { account: account.clone(), since_ms });
        let reply = progress::telling(async || Some(format!("asking {account}")), work).await?;
        let Reply::Swept(report) = reply else {
            return Err(Failure::Wrong("The holder of the ledger does not know `sweep`. Update it.".into()));
        };
        for finding in &report.findings {
            if desk.out.is_json() {
                desk.out.object(finding)?
            } else {
                desk.out.line(&words::one_line(&line(finding)))?
            }
        }
        reports.push(report);
    }
    Ok(reports)
}

/// Such as `SO-1 del_9 double: a second platform order ... (main, bound to del_1); cancel the second one at the platform`.
fn line(finding: &SweepFinding) -> String {
    let order_no = finding.order_no.as_ref().map_or("-", |no| no.as_str());
    let bound = finding.bound.as_ref().map(|id| format!(", bound to {id}")).unwrap_or_default();
    let status = finding.platform_status.as_ref().map(|status| format!(", {status} there")).unwrap_or_default();
    let todo = if finding.needs_person { finding.kind.remedy() } else { "it has ended there: nothing to do" };
    format!(
        "{order_no} {} {}: {} ({}{bound}{status}); {todo}",
        finding.platform_order_id,
        finding.kind.code(),
        finding.kind.sentence(),
        finding.account,
    )
}

fn summary(desk: &Desk, reports: &[SweepReport]) -> std::io::Result<()> {
    let total = |count: fn(&SweepReport) -> u32| reports.iter().map(count).sum::<u32>();
    let findings = reports.iter().map(|report| report.findings.len()).sum::<usize>();
    let person = reports.iter().flat_map(|report| &report.findings).filter(|finding| finding.needs_person).count();
    let told = reports.iter().flat_map(|report| &report.findings).filter(|finding| finding.told_before).count();
    if desk.out.is_json() {
        let accounts: Vec<_> = reports
            .iter()
            .map(|r| {
                let unseen: Vec<_> =
                    r.unseen.iter().map(|unseen| json!({ "fact": unseen, "says": unseen.sentence() })).collect();
                json!({ "account": r.account, "platform": r.platform, "since": r.since, "whole": r.is_whole(),
                        "seen": r.seen, "compared": r.compared, "by_others": r.by_others, "in_hand": r.in_hand,
                        "requests": r.requests, "findings": r.findings.len(), "unseen": unseen })
            })
            .collect();
        return desk.out.object(&json!({
            "summary": true, "findings": findings, "needs_person": person, "told_before": told,
            "whole": reports.iter().all(SweepReport::is_whole), "accounts": accounts,
        }));
    }
    for report in reports {
        if report.since.is_none() {
            say(&format!("{}: nothing was ever sent from it", report.account));
        }
        for unseen in &report.unseen {
            say(&words::one_line(&format!("{}: {}", report.account, unseen.sentence())));
        }
    }
    let whole = if reports.iter().all(SweepReport::is_whole) { "" } else { "; NOT WHOLE, the lines above say why" };
    desk.out.line(&format!(
        "found {findings} ({person} for a person, {told} told before) among {} platform orders and {} dispatches, {} placed \
         by others, {} in hand{whole}",
        total(|r| r.seen),
        total(|r| r.compared),
        total(|r| r.by_others),
        total(|r| r.in_hand),
    ))
}
