//! A ledger of some time ago that comes back: from a backup, by a person who did not know better.
//!
//! What was sent since is not in it. Its witness notices, and the account is shut until the platform was asked. Not here:
//! when that happens (`script`).

use std::path::PathBuf;

use docket_core::api::Command;
use docket_core::api::views::{LogQuery, LogView};
use docket_core::domain::State;
use docket_tests::tamper::copy;

use crate::acts::MAIN;
use crate::check;
use crate::scene::Scene;

impl Scene {
    /// Every entry of the log.
    pub fn log(&self) -> Vec<LogView> {
        let query = LogQuery { limit: 1_000_000, ..LogQuery::default() };
        self.ask(async |core| core.log(query).await.expect("the log")).unwrap_or_default()
    }

    /// Whether nothing may be sent, since the ledger does not know all of its past.
    pub fn is_shut(&self) -> bool {
        let pasts = self.ask(async |core| core.pasts().await.expect("the pasts")).unwrap_or_default();
        pasts.iter().any(|past| past.shut)
    }

    fn kept(&self) -> PathBuf {
        self.folder.path().join("kept.db")
    }

    /// Copies the ledger while nobody has it open.
    pub fn keep(&mut self) {
        self.stop();
        copy(&self.ledger(), &self.kept());
        self.start();
    }

    /// The copy takes the ledger's place, if there is one.
    pub fn bring_back(&mut self, away_ms: i64) {
        if !self.kept().exists() {
            return;
        }
        self.brought_back = true;
        self.stop();
        self.pass(self.machine.at() + away_ms, false);
        copy(&self.kept(), &self.ledger());
        self.start();
    }

    /// The platform is asked. Where the account stays shut, a person opens it who has seen that nothing is there of which the
    /// ledger does not know; or leaves it.
    pub fn check_past(&mut self) {
        if self.is_shut() && !self.is_any_on_its_way() && self.nothing_is_unknown() {
            let reason = "its pages show nothing else".to_owned();
            self.give(Command::AcceptPast { account: MAIN.to_owned(), reason });
        } else {
            self.give(Command::CheckPast { account: None });
        }
    }

    /// Whether this ledger knows of all that exists: it has bound it, or asks for it already.
    fn nothing_is_unknown(&mut self) -> bool {
        let (there, orders) = (check::existing(self), self.orders());
        let known = check::bindings(&self.log());
        let asks = |state| matches!(state, State::Sending | State::InDoubt | State::NeedsReview);
        there.iter().all(|there| {
            let bound = known.get(&there.owner).is_some_and(|bound| bound.contains(&there.id));
            bound || orders.iter().any(|order| order.order_no.as_str() == there.owner && asks(order.state))
        })
    }

    /// The platform is asked as often as it takes, and a person opens what may be opened.
    pub fn clear_up_the_past(&mut self) {
        const TIMES: usize = 3;
        for _ in 0..TIMES {
            if !self.is_shut() {
                return;
            }
            self.give(Command::CheckPast { account: None });
            self.rest();
            let _ = self.settle();
        }
        self.check_past();
        self.rest();
    }
}
