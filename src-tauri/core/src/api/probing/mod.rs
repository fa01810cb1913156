//! `account probe`: what a platform's pages leave open, measured with a few orders of Docket's own.
//!
//! `steps` has the sequence, `orders` what is made and taken away again. What it means is judged in `probe`, where
//! nothing acts. Not here: the promise that a repeat is in the log before it leaves; `ledger::probing` keeps it.

mod orders;
mod steps;

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::adapters::Adapter;
use crate::clock::rfc3339;
use crate::domain::{LogDraft, LogKind, State};
use crate::ledger::AccountRow;
use crate::probe::plan::{self, Cost};
use crate::probe::{Check, Judge, ORDER_PREFIX, Observation, ProbeReport, REAL_ORDERS, judge};

use super::accounts::adapter_of;
use super::core::Core;
use super::holder::Holder;
use super::run::sentences;
use super::views::LogQuery;
use super::{ApiError, ErrorCode, ProbeRequest, Reply};
use steps::Run;

/// What a probe would do, said before it does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProbePlan {
    /// The account's platform, as a merchant knows it.
    pub title: &'static str,
    /// Whether the account is a test account.
    pub test: bool,
    /// What it costs.
    pub cost: Cost,
}

impl ProbePlan {
    /// The plan in a sentence.
    pub fn sentence(&self) -> String {
        let Cost { orders, repeats, can_cancel } = self.cost;
        let (real, s) = (if self.test { "test" } else { "REAL" }, if orders == 1 { "" } else { "s" });
        let repeated = match repeats {
            0 => "and repeats none of them".to_owned(),
            n => format!(
                "and repeats one of them {n} times on purpose; a repeat that {} does not recognise makes one more",
                self.title
            ),
        };
        let after =
            if can_cancel { "What it made is cancelled at the end." } else { "Nothing can be cancelled there." };
        format!("The probe makes {orders} {real} order{s} at {}, {repeated}. {after}", self.title)
    }
}

impl Core {
    /// What a probe of an account would do.
    pub async fn probe_plan(&self, account: &str) -> Result<ProbePlan, ApiError> {
        let row = self.reader().account(account).await?;
        let adapter = adapter_of(&row)?;
        Ok(ProbePlan { title: row.platform.title(), test: row.test, cost: plan::cost(adapter) })
    }

    /// What the last probe of an account found. `None`: there was none that came to its end.
    pub async fn last_probe(&self, account: &str) -> Result<Option<ProbeReport>, ApiError> {
        self.reader().account(account).await?;
        let mut query = LogQuery {
            account: Some(account.to_owned()),
            kinds: vec![LogKind::Probed],
            newest_first: true,
            limit: 500,
            ..LogQuery::default()
        };
        loop {
            let page = self.reader().log_page(&query).await?;
            let Some(last) = page.last() else { return Ok(None) };
            query.before = Some(last.seq);
            let found = page.iter().find(|entry| entry.detail["what"] == "result");
            if let Some(entry) = found {
                let unreadable = |e| ApiError::new(ErrorCode::Ledger, format!("the stored result does not read: {e}"));
                return serde_json::from_value(entry.detail["report"].clone()).map(Some).map_err(unreadable);
            }
        }
    }
}

impl Holder {
    pub(super) async fn probe_account(&self, request: &ProbeRequest) -> Result<Reply, ApiError> {
        let row = self.reader().account(&request.account).await?;
        let adapter = adapter_of(&row)?;
        self.is_open(&row).await?;
        if !row.test && request.accept.as_deref() != Some(REAL_ORDERS) {
            let message = format!(
                "account {} is not a test account: what a probe orders there is real and costs money. Add a test account, \
                 or say --orders-are-real \"{REAL_ORDERS}\"",
                row.name
            );
            return Err(ApiError::new(ErrorCode::NotAllowed, message));
        }
        let fields: BTreeMap<String, String> = request.fields.iter().cloned().collect();
        let order =
            plan::example(adapter, &fields).map_err(|wrong| ApiError::new(ErrorCode::Invalid, sentences(&wrong)))?;
        let lane = self.lane(row.id)?;
        if let Some(why) = lane.heard().paused.clone() {
            return Err(ApiError::new(ErrorCode::NotAllowed, format!("account {} is paused: {why}", row.name)));
        }
        // One probe of an account at a time: two would take each other's orders away.
        let _probing = self.probing.lock().await;
        let mut run = Run::new(self, lane, &row, &request.run, order);
        run.begin().await?;
        let measured = run.measure().await;
        if self.driver.stops() {
            return Err(cut_short(&row.name));
        }
        measured?;
        run.clean_up().await?;
        let report = self.report(&row, adapter, run).await?;
        if self.driver.stops() {
            return Err(cut_short(&row.name));
        }
        Ok(Reply::Probed(report))
    }

    /// Judges what was seen, and stores it with its date.
    async fn report(&self, row: &AccountRow, adapter: &dyn Adapter, mut run: Run<'_>) -> Result<ProbeReport, ApiError> {
        let lane = run.lane.clone();
        let by = Judge { adapter, rules: &lane.rules, account: &row.name, test: row.test };
        let finding = |check: Check| {
            let seen = match plan::out_of_reach(adapter, check) {
                Some(why) => Observation::nothing(why),
                None => {
                    run.seen.remove(&check).unwrap_or_else(|| Observation::nothing("the probe did not come so far"))
                }
            };
            judge(&by, check, seen)
        };
        let findings = Check::ALL.map(finding).into();
        let report = ProbeReport {
            account: row.name.clone(),
            platform: row.platform,
            test: row.test,
            run: run.name.clone(),
            at: rfc3339(self.clock.now().wall_ms),
            findings,
            orders: std::mem::take(&mut run.orders),
        };
        let detail = json!({ "what": "result", "run": report.run, "report": report });
        self.ledger.append_account_entry(row.id, entry(detail)).await?;
        Ok(report)
    }
}

/// An entry of a probe: it is the account's, and no order's state follows from it.
fn entry(detail: Value) -> LogDraft {
    LogDraft::new(LogKind::Probed, State::Draft, detail)
}

fn cut_short(account: &str) -> ApiError {
    let message = format!(
        "the probe of {account} was cut short; run it again: what it made (orders {ORDER_PREFIX}...) is taken away first"
    );
    ApiError::new(ErrorCode::Platform, message)
}
