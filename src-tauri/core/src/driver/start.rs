//! What a start of the program mends before any command is served: whatever was on its way may have left.

use std::sync::Arc;

use tokio::task::JoinSet;

use crate::decide::decide;
use crate::domain::{DispatchId, Event, State};
use crate::ledger::LedgerError;

use super::Driver;
use super::lane::Lane;

/// Recoveries that are written together: the ledger commits whatever waits as one group.
const AT_ONCE: usize = 256;

/// What was found in flight.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Recovered {
    /// Attempts that were on their way; they are in doubt now.
    pub sending: u32,
    /// Dispatches that were in doubt.
    pub in_doubt: u32,
}

impl Driver {
    /// Recovers one account's dispatches. No request leaves here; lookups come when the account goes to work.
    pub(crate) async fn recover(self: &Arc<Self>, lane: &Arc<Lane>) -> Result<Recovered, LedgerError> {
        let mut found = Recovered::default();
        let ids = self.ledger.reader().in_hand(lane.account_id).await?;
        for chunk in ids.chunks(AT_ONCE) {
            let mut tasks = JoinSet::new();
            for id in chunk.iter().copied() {
                let (driver, lane) = (self.clone(), lane.clone());
                tasks.spawn(async move { driver.recover_one(&lane, id).await });
            }
            while let Some(done) = tasks.join_next().await {
                match done.map_err(|e| LedgerError::Misuse(format!("a recovery ended early: {e}")))?? {
                    Some(State::Sending) => found.sending += 1,
                    Some(State::InDoubt) => found.in_doubt += 1,
                    Some(_) | None => {}
                }
            }
        }
        Ok(found)
    }

    /// The state that was changed, if anything had to be.
    async fn recover_one(&self, lane: &Lane, id: DispatchId) -> Result<Option<State>, LedgerError> {
        loop {
            let dispatch = self.ledger.reader().dispatch(id).await?;
            let now = self.clock.now();
            let Ok(decision) = decide(&lane.facts(&dispatch, &now), &Event::Recovered) else { return Ok(None) };
            let change = &decision.change;
            if decision.log.is_empty() && change.quiet_anew.is_none() && change.progress == dispatch.progress {
                return Ok(None);
            }
            match self.ledger.commit(id, dispatch.version, change, decision.log.clone(), None).await {
                Ok(_) => return Ok(Some(dispatch.state)),
                Err(LedgerError::Stale { .. }) => {}
                Err(error) => return Err(error),
            }
        }
    }
}
