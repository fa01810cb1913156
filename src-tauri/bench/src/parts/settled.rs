//! A ledger of settled orders, written by the ledger's own writes: as many as wait together share a sync.

use std::path::Path;
use std::sync::Arc;

use docket_core::adapters::registry;
use docket_core::api::Core;
use docket_core::clock::{Clock as _, SystemClock};
use docket_core::decide::{Facts, arm, decide};
use docket_core::domain::{CreateReply, Dispatch, DispatchId, Event, Observed, RemoteOrder, Rules, Stamp};
use docket_core::ledger::{AccountRow, Armed, Arming, Ledger};
use docket_practice::Endpoint;
use docket_tests::waiting::Stopwatch;
use futures_util::future::try_join_all;
use serde::{Deserialize, Serialize};

use super::reserve::nobody;
use crate::shop;

/// How many are written together.
const TOGETHER: u32 = 256;

/// What it took.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Settled {
    /// In seconds.
    pub seconds: f64,
}

/// A ledger whose queue is worked on by hand.
pub struct Bare {
    /// It.
    pub ledger: Ledger,
    /// Its one account.
    pub account: AccountRow,
    rules: Rules,
    clock: SystemClock,
}

impl Bare {
    /// Opens a folder's ledger that nobody else holds.
    pub async fn open(folder: &Path) -> Result<Bare, String> {
        let wrong = |e: docket_core::ledger::LedgerError| e.to_string();
        let clock = Arc::new(SystemClock::new());
        let opened = Ledger::open_at(&shop::ledger(folder), clock, &shop::station(folder)).await;
        let ledger = opened.map_err(wrong)?;
        let account = ledger.account(shop::ACCOUNT).await.map_err(wrong)?;
        let adapter = registry::adapter(account.platform).ok_or("it has an adapter")?;
        let rules = Rules::new(adapter.contract(), &account.settings);
        Ok(Bare { ledger, account, rules, clock: SystemClock::new() })
    }

    fn facts<'a>(&'a self, dispatch: &'a Dispatch, now: &'a Stamp) -> Facts<'a> {
        Facts {
            dispatch,
            rules: &self.rules,
            now,
            server_ms: None,
            credential: &self.account.credential,
            can_cancel: true,
            cancel_frees_reference: false,
            test: self.account.test,
        }
    }

    /// The next that are queued, armed: nothing was sent yet.
    pub async fn arm_some(&self, after: DispatchId) -> Result<Vec<(Dispatch, Armed)>, String> {
        let wrong = |e: docket_core::ledger::LedgerError| e.to_string();
        let queued = self.ledger.queued(self.account.id, after, TOGETHER).await.map_err(wrong)?;
        let ids: Vec<DispatchId> = queued.iter().map(|q| q.id).collect();
        let now = self.clock.now();
        let armings = self.ledger.dispatches(&ids).await.map_err(wrong)?.into_iter().map(|d| {
            let may = arm(&self.facts(&d, &now), None).map_err(|e| e.why)?;
            let arming = Arming {
                dispatch_id: d.id,
                version: d.version,
                attempt_n: may.n,
                server_ms: None,
                credential: self.account.credential.clone(),
                before_set: None,
                send_before_boot_ms: now.boot_ms + may.send_before_ms,
                stamp: now.clone(),
                progress: may.progress,
                log: vec![may.log],
            };
            Ok((d, arming))
        });
        let armings = armings.collect::<Result<Vec<_>, String>>()?;
        try_join_all(
            armings.into_iter().map(async |(d, arming)| Ok((d, self.ledger.arm(arming).await.map_err(wrong)?))),
        )
        .await
    }

    /// Binds each of these to a platform order of its own, as an answer would.
    async fn bind(&self, armed: Vec<(Dispatch, Armed)>) -> Result<(), String> {
        let wrong = |e: docket_core::ledger::LedgerError| e.to_string();
        let ids: Vec<DispatchId> = armed.iter().map(|(d, _)| d.id).collect();
        let now = self.clock.now();
        let sending = self.ledger.dispatches(&ids).await.map_err(wrong)?;
        let bound = sending.into_iter().map(async |d| {
            let remote = RemoteOrder {
                reference: Some(d.reference.0.clone()),
                status: Some("PENDING".into()),
                ..RemoteOrder::bare(format!("PB-{}", d.id))
            };
            let observed = Observed::Answered { status: 200, reply: CreateReply::Created(remote) };
            let decision = decide(&self.facts(&d, &now), &Event::AttemptEnded { n: 1, observed });
            let decision = decision.map_err(|e| e.to_string())?;
            let done = self.ledger.commit(d.id, d.version, &decision.change, decision.log, None).await;
            done.map(drop).map_err(wrong)
        });
        try_join_all(bound).await.map(drop)
    }
}

/// Orders of a CSV file, reserved and not worked on.
pub async fn reserved(folder: &Path, endpoint: &Endpoint, orders: usize) -> Result<(), String> {
    let core = Core::attach_to_change(shop::options(folder)).await.map_err(|e| e.to_string())?;
    shop::add_account(&core, endpoint, 64).await?;
    let file = shop::csv(folder, endpoint.platform, orders);
    shop::import(&core, &file, orders).await?;
    shop::dispatch_all(&core).await?;
    core.stop().await;
    Ok(())
}

/// Makes the ledger.
pub async fn settle(folder: &Path, orders: usize) -> Result<Settled, String> {
    let watch = Stopwatch::start();
    reserved(folder, &nobody(), orders).await?;
    let bare = Bare::open(folder).await?;
    let mut after = DispatchId(0);
    loop {
        let armed = bare.arm_some(after).await?;
        let Some((last, _)) = armed.last() else { break };
        after = last.id;
        bare.bind(armed).await?;
    }
    bare.ledger.close().await;
    Ok(Settled { seconds: watch.elapsed().as_secs_f64() })
}
