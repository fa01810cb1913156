//! What one task of an account's loop does: one dispatch that is due, or all that one scan can serve.
//!
//! Not here: which are due (`run`), or how one goes on (`advance`).

use futures_util::{StreamExt, stream};

use crate::crash::{self, Point};
use crate::domain::{Dispatch, DispatchId, Event, Lookup, State};

use super::Driver;
use super::advance::{AdvanceError, Advanced, serialises};
use super::lane::Lane;

/// Dispatches of one scan that are written together.
const SCANNED_AT_ONCE: usize = 256;

/// What came of each dispatch that a task was on.
pub(super) type Done = Vec<(DispatchId, Result<Advanced, AdvanceError>)>;

impl Driver {
    /// Works on dispatches that are due: one, or all that one scan can serve.
    pub(super) async fn work(&self, lane: &Lane, ids: Vec<DispatchId>) -> Done {
        let mut done = Vec::with_capacity(ids.len());
        let mut to_scan = Vec::new();
        for id in ids {
            let claim = self.claim(id);
            let _guard = claim.lock().await;
            match self.due_event(lane, id).await {
                Err(error) => done.push((id, Err(error))),
                Ok((dispatch, _)) if self.scans_for(lane, &dispatch) => to_scan.push(dispatch),
                Ok((_, event)) => done.push((id, self.advance(lane, id, event).await)),
            }
        }
        if !to_scan.is_empty() {
            done.extend(self.scan_all(lane, to_scan).await);
        }
        done
    }

    /// One scan for all that are due. What it led to is written in groups: the ledger syncs once for many.
    async fn scan_all(&self, lane: &Lane, targets: Vec<Dispatch>) -> Done {
        let began = targets.into_iter().map(|d| async move { (self.begin_lookup(lane, d.id).await, d) });
        let (mut done, mut targets) = (Vec::new(), Vec::new());
        for (began, d) in stream::iter(began).buffered(SCANNED_AT_ONCE).collect::<Vec<_>>().await {
            match began {
                Ok(()) => targets.push(d),
                Err(error) => done.push((d.id, Err(error))),
            }
        }
        if targets.is_empty() {
            return done;
        }
        match self.scan(lane, &targets).await {
            Ok(scan) => {
                crash::point(Point::Looked);
                // One after the other: what a platform is asked for beside the scan keeps its order.
                let mut found = Vec::with_capacity(targets.len());
                for d in &targets {
                    match self.in_scan(lane, &scan, d).await {
                        Ok(outcome) => found.push((d.id, outcome)),
                        Err(error) => done.push((d.id, Err(error.into()))),
                    }
                }
                let found = found.into_iter().map(|(id, outcome)| async move {
                    let claim = self.claim(id);
                    let _guard = claim.lock().await;
                    (id, self.advance(lane, id, Event::LookedUp(outcome)).await)
                });
                done.extend(stream::iter(found).buffered(SCANNED_AT_ONCE).collect::<Vec<_>>().await);
            }
            Err(error) => done.extend(targets.iter().map(|d| (d.id, Err(error.clone().into())))),
        }
        done
    }

    /// Whether a dispatch is due for a scan now.
    fn scans_for(&self, lane: &Lane, d: &Dispatch) -> bool {
        let scan = match lane.rules.contract.lookup {
            Lookup::ScanForReference | Lookup::ScanForLookalike => true,
            Lookup::ByReference { .. } | Lookup::None => false,
        };
        let now = self.clock.now();
        let due = d.progress.next_at.as_ref().is_none_or(|due| now.reached(due));
        scan && due && d.state == State::InDoubt
    }

    async fn due_event(&self, lane: &Lane, id: DispatchId) -> Result<(Dispatch, Event), AdvanceError> {
        let dispatch = self.ledger.reader().dispatch(id).await?;
        let held_by = if dispatch.state == State::Queued && serialises(lane.rules.contract.fence) {
            self.ledger.reader().holder_of_fingerprint(lane.account_id, &dispatch.fingerprint).await?
        } else {
            None
        };
        let event =
            Event::Due { held_by: held_by.filter(|(_, _, holder)| *holder != id).map(|(order_no, ..)| order_no) };
        Ok((dispatch, event))
    }
}
