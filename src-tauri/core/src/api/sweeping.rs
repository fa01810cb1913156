//! `sweep`: what an account's platform has, compared with the ledger, both ways.
//!
//! The platform is read first and the ledger after, so that an order that was made in between is not taken for a
//! stranger's. Not here: what a finding is (`sweep`), or how a platform is asked (`driver::sweeping`).

use std::collections::{HashMap, HashSet};

use crate::adapters::LookupBy;
use crate::clock::rfc3339;
use crate::domain::{Enforced, Fence, Lookup, OrderId, OrderNo};
use crate::driver::{Lane, Sweeping};
use crate::ledger::AccountRow;
use crate::sweep::{self, Known, Side, SweepFinding, SweepReport, USUAL_MS, Unseen};

use super::holder::Holder;
use super::{ApiError, Reply};

/// Order numbers that references are tried against, at most, and at once.
const NUMBERS_MAX: usize = 200_000;
const NUMBERS: u32 = 5_000;
/// A platform that leaves so many questions in a row unanswered is asked no more.
const UNANSWERED_MAX: u32 = 3;

impl Holder {
    pub(super) async fn sweep(&self, account: &str, since_ms: Option<i64>) -> Result<Reply, ApiError> {
        let row = self.reader().account(account).await?;
        let lane = self.lane(row.id)?;
        let mut report = SweepReport {
            account: row.name.clone(),
            platform: row.platform,
            since: None,
            findings: Vec::new(),
            unseen: Vec::new(),
            seen: 0,
            compared: 0,
            by_others: 0,
            in_hand: 0,
            requests: 0,
        };
        let Some(first_ms) = self.reader().first_sent(row.id).await? else { return Ok(Reply::Swept(report)) };
        let wanted_ms = since_ms.unwrap_or_else(|| self.clock.now().wall_ms - USUAL_MS);
        let since_ms = sweep::begin(wanted_ms, first_ms);
        report.since = Some(rfc3339(since_ms));
        report.unseen = out_of_sight(&lane);
        let mut run = self.driver.sweeping(&lane);
        if let Err(why) = self.read(&mut run, &lane, since_ms, &mut report).await? {
            report.unseen = vec![Unseen::Unasked { why }];
        } else {
            self.compare_and_tell(&mut run, &row, &lane, since_ms, &mut report).await?;
        }
        report.requests = run.used();
        Ok(Reply::Swept(report))
    }

    /// Reads the list, and what stands under references where there is none or it was not read far enough. The inner error
    /// says why the account could not be asked at all.
    async fn read(
        &self,
        run: &mut Sweeping<'_>,
        lane: &Lane,
        since_ms: i64,
        report: &mut SweepReport,
    ) -> Result<Result<(), String>, ApiError> {
        if lane.adapter.lookup_request(&LookupBy::Newest).is_some() {
            match run.list(since_ms).await {
                Ok(()) => return Ok(Ok(())),
                Err(why) if run.rows.is_empty() => return Ok(Err(why)),
                Err(why) => report.unseen.push(Unseen::ListShort { rows: count(run.rows.len()), why }),
            }
        }
        if !matches!(lane.rules.contract.lookup, Lookup::ByReference { .. }) {
            return Ok(Ok(()));
        }
        let known = self.reader().dispatched_since(lane.account_id, since_ms).await?;
        let wanted = sweep::may_hide(&known);
        // The other half is for bound orders that are not shown.
        let spare = run.left / 2;
        let (mut left_out, mut in_a_row, mut answered) = (0, 0, 0);
        let mut why_not = None;
        for dispatch in wanted {
            if run.left <= spare || in_a_row >= UNANSWERED_MAX {
                left_out += 1;
            } else if let Err(why) = run.reference(&dispatch.reference).await {
                (left_out, in_a_row, why_not) = (left_out + 1, in_a_row + 1, Some(why));
            } else {
                (in_a_row, answered) = (0, answered + 1);
            }
        }
        match why_not.filter(|_| answered == 0 && run.rows.is_empty()) {
            Some(why) => return Ok(Err(why)),
            None if left_out > 0 => report.unseen.push(Unseen::References { count: left_out }),
            None => {}
        }
        Ok(Ok(()))
    }

    /// Compares, asks for what is missing, and tells what was found.
    async fn compare_and_tell(
        &self,
        run: &mut Sweeping<'_>,
        row: &AccountRow,
        lane: &Lane,
        since_ms: i64,
        report: &mut SweepReport,
    ) -> Result<(), ApiError> {
        let mut side = self.side(run, row, lane, since_ms).await?;
        let gone = ask_for_absent(run, &side, report).await;
        side.lost = self.lost(run, row, &side.known, report).await?;
        let compared = sweep::compare(&run.rows, &side);
        let cancelled = sweep::cancelled(&run.rows, &side);
        for (_, dispatch) in cancelled.iter().filter_map(|finding| finding.about) {
            // From here on the ledger knows. What cannot be read now is found again.
            let _ = self.driver.follow(lane, dispatch).await;
        }
        report.findings = compared.findings;
        report.findings.extend(gone);
        report.findings.extend(cancelled);
        let told = self.ledger.tell_findings(row.id, report.findings.clone()).await?;
        report.findings.iter_mut().zip(told).for_each(|(finding, before)| finding.told_before = before);
        report.seen = count(run.rows.iter().filter(|row| !row.quote).count());
        report.compared = count(side.known.len());
        (report.by_others, report.in_hand) = (compared.by_others, compared.in_hand);
        Ok(())
    }

    /// The ledger's side: the dispatches of that time, and whatever the rows name.
    async fn side(&self, run: &Sweeping<'_>, row: &AccountRow, lane: &Lane, since_ms: i64) -> Result<Side, ApiError> {
        let mut known = self.reader().dispatched_since(row.id, since_ms).await?;
        let mut there: HashSet<_> = known.iter().map(|k| k.id).collect();
        let references: Vec<&str> = run.rows.iter().filter_map(|r| r.reference.as_deref()).collect();
        let ids: Vec<&str> = run.rows.iter().map(|r| r.id.as_str()).collect();
        let named = self.reader().known_by(row.id, &references, &ids).await?;
        known.extend(named.into_iter().filter(|k| there.insert(k.id)));
        Ok(Side {
            account: row.name.clone(),
            exact: lane.rules.contract.lookup.is_exact(),
            exclusive: lane.rules.exclusive,
            since_ms,
            until_ms: self.clock.now().wall_ms - lane.rules.contract.timings.settle_ms,
            known,
            lost: HashMap::new(),
        })
    }

    /// Tries references that the ledger does not know against its order numbers, newest first.
    async fn lost(
        &self,
        run: &Sweeping<'_>,
        row: &AccountRow,
        known: &[Known],
        report: &mut SweepReport,
    ) -> Result<HashMap<String, (OrderNo, u32)>, ApiError> {
        let wanted = sweep::bare_of_owner(&run.rows, known);
        let mut lost = HashMap::new();
        let (mut before, mut tried) = (OrderId(i64::MAX), 0);
        while lost.len() < wanted.len() {
            if tried >= NUMBERS_MAX {
                report.unseen.push(Unseen::Numbers { count: count(tried) });
                break;
            }
            let page = self.reader().numbers(row.id, before, NUMBERS).await?;
            let Some((last, ..)) = page.last() else { break };
            (before, tried) = (*last, tried + page.len());
            let numbers: Vec<(OrderNo, u32)> = page.into_iter().map(|(_, no, last)| (no, last)).collect();
            lost.extend(sweep::minted(&row.identity, &numbers, &wanted));
        }
        Ok(lost)
    }
}

/// What this platform cannot show to anybody.
fn out_of_sight(lane: &Lane) -> Vec<Unseen> {
    let contract = &lane.rules.contract;
    let mut unseen = Vec::new();
    if lane.adapter.lookup_request(&LookupBy::Newest).is_none() {
        unseen.push(Unseen::NoList);
        if contract.fence == (Fence::Reference { enforced: Enforced::Forever }) {
            unseen.push(Unseen::OneForEachReference);
        }
    }
    if contract.lookup == Lookup::ScanForLookalike {
        unseen.push(Unseen::LookalikesOnly);
    }
    unseen
}

/// Asks for each bound order that no row shows by its own id. Those that the platform does not know are gone. One that is
/// not answered is left out; after a few in a row nothing is asked any more.
async fn ask_for_absent(run: &mut Sweeping<'_>, side: &Side, report: &mut SweepReport) -> Vec<SweepFinding> {
    let absent = sweep::absent(&run.rows, side);
    let (mut gone, mut left_out, mut in_a_row) = (Vec::new(), 0, 0);
    for known in absent {
        let Some(id) = known.remote_id.as_ref().filter(|_| in_a_row < UNANSWERED_MAX && run.left > 0) else {
            left_out += 1;
            continue;
        };
        match run.order(id).await {
            Ok(there) => {
                in_a_row = 0;
                if !there {
                    gone.push(sweep::gone(known, side));
                }
            }
            Err(_) => (left_out, in_a_row) = (left_out + 1, in_a_row + 1),
        }
    }
    if left_out > 0 {
        report.unseen.push(Unseen::Bound { count: left_out });
    }
    gone
}

fn count(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}
