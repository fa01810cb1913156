//! Which accounts are at work: putting one to work, replacing what it works with, taking it off, and signalling to it.
//!
//! Not here: the loop itself (`driver::run`), or what one account has to work with (`driver::lane`).

use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::domain::{AccountId, DispatchId};

use super::Driver;
use super::follow::Follower;
use super::lane::Lane;
use super::run::{LaneLoop, Signal};

/// The way to an account's loop.
pub(super) struct LaneHandle {
    pub lane: Arc<Lane>,
    signals: mpsc::UnboundedSender<Signal>,
    stop: CancellationToken,
}

impl Driver {
    /// Puts an account to work. What it had in hand before is replaced: settings or credentials have changed. What was
    /// learnt of its platform meanwhile (its clock, its limit, its health) stays true.
    pub(crate) fn open_lane(self: &Arc<Self>, lane: Arc<Lane>) {
        let account = lane.account_id;
        if let Some(before) = self.lane(account) {
            lane.learn_from(&before);
        }
        let (signals, inbox) = mpsc::unbounded_channel();
        let stop = self.stop.child_token();
        let handle = LaneHandle { lane: lane.clone(), signals, stop: stop.clone() };
        if self.works {
            // Not idle before the loop has looked for the first time.
            self.unheeded.fetch_add(1, Ordering::SeqCst);
        }
        // In one step: whoever asks for the account's lane meanwhile gets the one or the other.
        let before = self.lanes.lock().unwrap_or_else(PoisonError::into_inner).insert(account, handle);
        if let Some(before) = before {
            before.stop.cancel();
        }
        if self.works {
            if self.follows {
                self.tasks.spawn(Follower::new(self.clone(), lane.clone()).run(stop.clone()));
            }
            let number = self.opened.fetch_add(1, Ordering::SeqCst);
            self.tasks.spawn(LaneLoop::new(self.clone(), lane, number).run(inbox, stop));
        }
    }

    /// Takes an account off work; what is on its way is finished first.
    pub(crate) fn close_lane(&self, account: AccountId) {
        let handle = self.lanes.lock().unwrap_or_else(PoisonError::into_inner).remove(&account);
        if let Some(handle) = handle {
            handle.stop.cancel();
        }
    }

    pub(crate) fn lane(&self, account: AccountId) -> Option<Arc<Lane>> {
        let lanes = self.lanes.lock().unwrap_or_else(PoisonError::into_inner);
        lanes.get(&account).map(|handle| handle.lane.clone())
    }

    fn signal(&self, account: AccountId, signal: Signal) {
        if !self.works {
            return;
        }
        let lanes = self.lanes.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(handle) = lanes.get(&account) {
            // Counted until the loop has heeded it, so that nobody takes the moment in between for idleness.
            self.unheeded.fetch_add(1, Ordering::SeqCst);
            if handle.signals.send(signal).is_err() {
                self.unheeded.fetch_sub(1, Ordering::SeqCst);
            }
        }
    }

    pub(crate) fn touched(&self, account: AccountId, id: DispatchId) {
        self.signal(account, Signal::Touched(id));
    }

    /// New dispatches were reserved for this account, or its pause has ended.
    pub(crate) fn queued(&self, account: AccountId) {
        self.signal(account, Signal::Queued);
    }
    /// A commit failed and the file was opened again: everything in hand is read anew.
    pub(crate) fn reload(&self, account: AccountId) {
        self.signal(account, Signal::Reload);
    }
}
