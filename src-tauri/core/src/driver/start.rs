//! What a start of the program mends before any command is served: whatever was on its way may have left.

use std::sync::Arc;

use crate::decide::decide;
use crate::domain::Event;
use crate::ledger::LedgerError;

use super::Driver;
use super::lane::Lane;

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
    pub(crate) async fn recover(self: &Arc<Self>, lane: &Lane) -> Result<Recovered, LedgerError> {
        let mut found = Recovered::default();
        for id in self.ledger.reader().in_hand(lane.account_id).await? {
            loop {
                let dispatch = self.ledger.reader().dispatch(id).await?;
                let now = self.clock.now();
                let Ok(decision) = decide(&lane.facts(&dispatch, &now), &Event::Recovered) else { break };
                if decision.log.is_empty()
                    && decision.change.quiet_anew.is_none()
                    && decision.change.progress == dispatch.progress
                {
                    break;
                }
                match self.ledger.commit(id, dispatch.version, &decision.change, decision.log.clone(), None).await {
                    Ok(_) => {
                        found.sending += u32::from(dispatch.state == crate::domain::State::Sending);
                        found.in_doubt += u32::from(dispatch.state == crate::domain::State::InDoubt);
                        break;
                    }
                    Err(LedgerError::Stale { .. }) => {}
                    Err(error) => return Err(error),
                }
            }
        }
        Ok(found)
    }
}
