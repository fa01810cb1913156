//! How what a script says is done: by people at the core, by the machine, by the platform.
//!
//! A command is given and not waited for, as a click is not. People are honest here: whoever decides on a case has looked
//! at the platform's own pages. Not here: which acts there are (`script`), or a ledger that comes back (`past`).

use std::collections::BTreeMap;

use docket_core::api::{Command, DispatchRequest, NewAccount, OrderKey, Request};
use docket_core::domain::{PersonDecision, Platform, RemoteId, State};
use docket_practice::{PracticePlatform, StrangerOrder, Switches};
use docket_tests::chance::chance;
use docket_tests::orders;
use rand::Rng as _;

use crate::check;
use crate::machine::EPOCH_MS;
use crate::scene::{BASE_URL, Scene};
use crate::script::Act;
use crate::weather;

/// The account's name.
pub const MAIN: &str = "main";

fn key(order_no: &str) -> OrderKey {
    OrderKey { order_no: order_no.into(), account: None }
}

impl Scene {
    /// The account is added, and the orders come in.
    pub fn begin(&mut self) {
        self.start();
        let platform = self.script.platform;
        let secrets = self.secrets();
        let stored = self.ask(async |core| core.store_secrets(MAIN, secrets).await.expect("secrets are kept"));
        let new = NewAccount {
            name: MAIN.to_owned(),
            platform: Platform::from_code(platform.name()).expect("a platform of ours"),
            test: true,
            base_url: Some(BASE_URL.to_owned()),
            set: self.script.settings.clone(),
            secrets_file: stored.flatten(),
            merchant: self.world.merchant_id(platform).map(str::to_owned),
            practice: true,
            confirmed: true,
        };
        self.carry_out(Command::AddAccount(new));
        orders::write(self.folder.path(), platform, self.script.orders);
        self.carry_out(self.import());
        self.rest();
    }

    fn secrets(&self) -> BTreeMap<String, String> {
        let secrets = self.world.secrets(self.script.platform, BASE_URL).expect("it is there");
        // What the second key is called there.
        let second = match self.script.platform {
            PracticePlatform::Pathao if self.renewed => "_renewed",
            PracticePlatform::PrintOne if self.renewed => "_2",
            _ => "",
        };
        secrets.into_iter().filter_map(|(name, value)| Some((name, format!("{}{second}", value.as_str()?)))).collect()
    }

    fn give_secrets(&mut self) {
        let secrets = self.secrets();
        self.ask(async |core| core.store_secrets(MAIN, secrets).await.expect("secrets are kept"));
        self.give(Command::SetCredentials { name: MAIN.to_owned() });
    }

    fn import(&self) -> Command {
        let name = format!("{}-{}.csv", self.script.platform.name(), self.script.orders);
        Command::Import {
            path: self.folder.path().join(name).display().to_string(),
            account: MAIN.to_owned(),
            dry_run: false,
            update: false,
            mapping: BTreeMap::new(),
        }
    }

    /// A command that asks no platform, and has to succeed.
    fn carry_out(&mut self, command: Command) {
        let id = self.next_id();
        let done = self.ask(async |core| core.execute(Request { id, command }).await);
        done.expect("the program runs").expect("the command is carried out");
    }

    fn next_id(&mut self) -> String {
        self.asked += 1;
        format!("command-{}", self.asked)
    }

    /// A command is given.
    pub fn give(&mut self, command: Command) {
        let id = self.next_id();
        self.give_as(&id, command);
    }

    fn give_as(&self, id: &str, command: Command) {
        let Some(process) = &self.process else { return };
        let (core, request) = (process.core.clone(), Request { id: id.to_owned(), command });
        process.runtime.spawn(async move {
            let _ = core.execute(request).await;
        });
    }

    /// The numbers of the orders in these states; of all, where none is named.
    fn numbers(&self, states: &[State]) -> Vec<String> {
        let wanted = |state| states.is_empty() || states.contains(&state);
        let rows = self.orders().into_iter().filter(|order| wanted(order.state));
        rows.map(|order| order.order_no.as_str().to_owned()).collect()
    }

    fn pick(&self, states: &[State], number: u32) -> Option<String> {
        let numbers = self.numbers(states);
        (!numbers.is_empty()).then(|| numbers[number as usize % numbers.len()].clone())
    }

    /// Changes the platform's switches.
    pub fn switch(&mut self, change: impl FnOnce(&mut Switches)) {
        let (platform, at) = (self.script.platform, EPOCH_MS + self.machine.at());
        let mut switches = self.world.switches(platform).expect("it is there");
        change(&mut switches);
        if let Some(pin) = &self.script.pin {
            switches = pin.held(&switches);
        }
        self.world.set_switches(platform, switches, at).expect("switches that fit");
    }

    /// Does one thing.
    pub fn perform(&mut self, act: Act) {
        match act {
            Act::Kill(readings, away_ms) => {
                self.away_ms = away_ms;
                self.kill_after(Some(readings));
            }
            Act::Stop(away_ms) => {
                self.stop();
                self.pass(self.machine.at() + away_ms, false);
                self.start();
            }
            Act::Sleep(ms) => self.pass(self.machine.at() + ms, true),
            Act::Restart(ms) => {
                self.kill();
                self.pass(self.machine.at() + ms, false);
                self.machine.restart();
                self.start();
            }
            Act::StepWall(ms) => self.machine.step_wall(ms),
            Act::Offline(ms) => self.line.offline_until(self.machine.at() + ms),
            Act::Switches
            | Act::Down(_)
            | Act::Revoke
            | Act::Restore
            | Act::Renew
            | Act::Stranger
            | Act::PlatformEnds(_) => self.at_the_platform(act),
            Act::Keep => self.keep(),
            Act::BringBack(away_ms) => self.bring_back(away_ms),
            Act::CheckPast => self.check_past(),
            Act::DispatchAll
            | Act::Dispatch(_)
            | Act::DoubleClick(_)
            | Act::Again(_)
            | Act::Withdraw(_)
            | Act::Cancel(_)
            | Act::Decide(_)
            | Act::LookAgain(_)
            | Act::Edit(_)
            | Act::Import
            | Act::Track => self.by_a_person(act),
        }
    }

    fn by_a_person(&mut self, act: Act) {
        let dispatch = |orders: Vec<OrderKey>, again| {
            Command::Dispatch(DispatchRequest { orders, again, ..DispatchRequest::default() })
        };
        match act {
            Act::Dispatch(many) => {
                let numbers = self.numbers(&[State::Draft, State::Refused, State::Cancelled]);
                self.give(dispatch(numbers.iter().take(many as usize).map(|no| key(no)).collect(), false));
            }
            Act::DoubleClick(n) => {
                let Some(no) = self.pick(&[State::Draft, State::Queued, State::Refused], n) else { return };
                let id = self.next_id();
                self.give_as(&id, dispatch(vec![key(&no)], false));
                self.give_as(&id, dispatch(vec![key(&no)], false));
                self.give(dispatch(vec![key(&no)], false));
            }
            Act::Again(n) => {
                let Some(no) = self.pick(&[State::Dispatched, State::Cancelled], n) else { return };
                self.give(dispatch(vec![key(&no)], true));
            }
            Act::Withdraw(n) => {
                let Some(no) = self.pick(&[State::Queued, State::Sending], n) else { return };
                self.give(Command::Withdraw { orders: vec![key(&no)] });
            }
            Act::Cancel(n) => {
                let states = [State::Dispatched, State::InDoubt, State::Sending, State::NeedsReview];
                let Some(no) = self.pick(&states, n) else { return };
                self.give(Command::Cancel { order: key(&no) });
            }
            Act::Decide(n) => self.decide(n),
            Act::LookAgain(n) => {
                let Some(no) = self.pick(&[State::InDoubt, State::NeedsReview], n) else { return };
                self.give(Command::LookAgain { order: key(&no) });
            }
            Act::Edit(n) => {
                let Some(no) = self.pick(&[], n) else { return };
                let (field, value) = edited(self.script.platform);
                let set = BTreeMap::from([(field.to_owned(), value.to_owned())]);
                self.give(Command::Edit { order: key(&no), set });
            }
            Act::Import => self.give(self.import()),
            Act::Track => self.give(Command::Track { orders: Vec::new() }),
            _ => {
                self.give(Command::Dispatch(DispatchRequest { all: true, ..DispatchRequest::default() }));
            }
        }
    }

    fn at_the_platform(&mut self, act: Act) {
        let (platform, at) = (self.script.platform, EPOCH_MS + self.machine.at());
        match act {
            Act::Switches => {
                let (climate, seed) = (self.script.climate, self.script.seed);
                let mut chance = chance(seed, &format!("switches {at}"));
                self.switch(|switches| *switches = weather::draw(&climate, switches, &mut chance));
            }
            Act::Down(ms) => self.switch(|switches| switches.down_until_ms = at + ms),
            // By 401 or by 403.
            Act::Revoke => {
                let unknown = chance(self.script.seed, &format!("revoked {at}")).random_bool(0.5);
                self.switch(|switches| {
                    (switches.credentials_revoked, switches.account_inactive) = (unknown, !unknown);
                });
            }
            Act::Restore => {
                self.switch(|switches| {
                    (switches.credentials_revoked, switches.account_inactive) = (false, false);
                });
                self.give_secrets();
            }
            Act::Renew => {
                self.renewed = !self.renewed;
                self.give_secrets();
            }
            Act::Stranger => {
                let _ = self.world.place_stranger(&StrangerOrder::copy_of_newest(platform), at);
            }
            Act::PlatformEnds(n) => {
                let ours: Vec<_> = self.world.truth(at).into_iter().filter(|o| o.platform == platform).collect();
                let Some(order) = ours.get(n as usize % ours.len().max(1)) else { return };
                let _ = self.world.advance(platform, &order.platform_order_id, ended(platform), at);
            }
            _ => {}
        }
    }

    /// A person decides on one case, after a look at the platform's own pages.
    fn decide(&mut self, n: u32) {
        let cases = self.ask(async |core| core.cases().await.expect("cases")).unwrap_or_default();
        if cases.is_empty() {
            return;
        }
        let order = &cases[n as usize % cases.len()].order;
        let (no, generation) = (order.order_no.as_str().to_owned(), order.generation);
        let bound: Vec<_> = self.orders().into_iter().filter_map(|order| order.platform_order_id).collect();
        let there = check::existing(self).into_iter().find(|there| there.owner == no && !bound.contains(&there.id));
        let decision = match (there, n % 4) {
            (Some(there), _) => PersonDecision::Adopt { remote: RemoteId::from(there.id.as_str()) },
            (None, 0) => PersonDecision::Close,
            (None, _) => PersonDecision::Release,
        };
        self.tell(format!("a person decides on {no}, generation {generation}: {decision:?}"));
        self.give(Command::Decide {
            order: key(&no),
            decision,
            reason: Some("seen on its pages".to_owned()),
            shown: None,
        });
    }

    /// A person decides on all cases that are left, one after the other.
    pub fn decide_all(&mut self) {
        for n in 0..u32::try_from(self.script.orders).unwrap_or(u32::MAX) {
            self.decide(n * 4 + 1);
            self.rest();
        }
    }
}

/// A field that may be edited, and what it is changed to.
fn edited(platform: PracticePlatform) -> (&'static str, &'static str) {
    match platform {
        PracticePlatform::Pathao => ("parcel_type", "1"),
        PracticePlatform::Postmates => ("pickup_name", "Wick & Sons"),
        PracticePlatform::Foxreload => ("quantity", "3"),
        PracticePlatform::PrintOne => ("finish", "MATTE"),
        PracticePlatform::UberDirect => ("tip", "2.50"),
        PracticePlatform::Doordash => ("order_value", "99.50"),
    }
}

/// A status in which an order has ended.
fn ended(platform: PracticePlatform) -> &'static str {
    match platform {
        PracticePlatform::Pathao => "CANCELLED",
        PracticePlatform::Postmates | PracticePlatform::UberDirect => "canceled",
        PracticePlatform::Foxreload => "cancelled",
        PracticePlatform::PrintOne => "order_cancelled",
        PracticePlatform::Doordash => "cancelled",
    }
}
