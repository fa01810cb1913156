//! A ledger that does not know all of its own past: its accounts are shut until their platforms were asked, and after
//! that each of their orders is looked for before it is sent.
//!
//! Not here: noticing it (`ledger::past`), or the asking itself (`driver::lost`).

use crate::domain::{OrderId, State};
use crate::driver::{AdvanceError, Lost, may_take_up};
use crate::ledger::{AccountRow, Checked, LedgerError, OrderRow, Past, WhatPast};

use super::holder::Holder;
use super::{ApiError, ErrorCode, OrderLine, Reply};

/// Orders that are looked for together.
const BATCH: u32 = 200;

/// What came of looking for one order.
enum Outcome {
    /// It was there, and stands in this state now.
    TakenUp(State),
    Absent,
    Stays(String),
}

impl Holder {
    /// What is not wholly known of an account's past.
    pub(in crate::api) async fn past_of(&self, account: &AccountRow) -> Result<Option<Past>, ApiError> {
        Ok(self.reader().pasts().await?.into_iter().find(|past| past.account_id == account.id))
    }

    /// Refuses what would be sent from a shut account.
    pub(in crate::api) async fn is_open(&self, account: &AccountRow) -> Result<(), ApiError> {
        match self.past_of(account).await? {
            Some(past) if past.shut => Err(LedgerError::Shut(past).into()),
            Some(_) | None => Ok(()),
        }
    }

    /// Asks the platforms for every order that could be sent, of one account or of all with a past. What is there is bound;
    /// an account of which nothing stays unclear is open again.
    pub(super) async fn check_past(&self, account: Option<&str>) -> Result<Reply, ApiError> {
        let mut lines = Vec::new();
        let named = match account {
            Some(name) => Some(self.reader().account(name).await?.id),
            None => None,
        };
        for past in self.reader().pasts().await? {
            if named.is_none_or(|id| id == past.account_id) {
                lines.append(&mut self.check_account(&past).await?);
            }
        }
        Ok(Reply::Orders { lines })
    }

    async fn check_account(&self, past: &Past) -> Result<Vec<OrderLine>, ApiError> {
        let account = self.reader().account_by_id(past.account_id).await?;
        let mut lines = Vec::new();
        let (mut found, mut absent, mut stays) = (0, 0, 0);
        // What is found first may have ended, and show that the lookup shows such: what stays is asked for once more.
        for last in [false, true] {
            let before = found;
            let mut after = OrderId(0);
            stays = 0;
            loop {
                let ids = self.reader().not_looked_for(account.id, after, BATCH).await?;
                let Some(end) = ids.last() else { break };
                after = *end;
                let mut orders = Vec::with_capacity(ids.len());
                for id in ids {
                    orders.push(self.reader().order_by_id(id).await?);
                }
                for (order, outcome) in self.look_for(&account, past, orders).await? {
                    match outcome {
                        Outcome::Absent => absent += 1,
                        Outcome::TakenUp(state) => {
                            found += 1;
                            lines.push(said(&account, &order, state != State::InDoubt, state, FOUND));
                        }
                        Outcome::Stays(why) => {
                            stays += 1;
                            if last || found == before {
                                lines.push(said(&account, &order, false, order.state, &why));
                            }
                        }
                    }
                }
            }
            if stays == 0 || found == before {
                break;
            }
            lines.retain(|line| line.done);
        }
        if past.shut && stays == 0 && self.may_open(past)? {
            self.ledger.open_again(account.id, Checked::Asked { found, absent }).await?;
            self.reopen(account.id, false).await?;
        }
        Ok(lines)
    }

    /// An account without orders could still be sent from later: where its platform cannot be asked for them then, only a
    /// person opens it.
    fn may_open(&self, past: &Past) -> Result<bool, ApiError> {
        Ok(self.lane(past.account_id)?.rules.contract.lookup.is_exact())
    }

    /// A person says that an account may be used as it is.
    pub(super) async fn accept_past(&self, account: &str, reason: &str) -> Result<Reply, ApiError> {
        if reason.trim().is_empty() {
            return Err(ApiError::new(
                ErrorCode::Invalid,
                "say why it is safe to send from this ledger again, for the log",
            ));
        }
        let account = self.reader().account(account).await?;
        if self.past_of(&account).await?.is_none() {
            return Err(ApiError::new(ErrorCode::NotAllowed, format!("account {} is not shut", account.name)));
        }
        self.ledger.open_again(account.id, Checked::Person { reason: reason.to_owned() }).await?;
        self.reopen(account.id, false).await?;
        Ok(Reply::Done { message: format!("account {} is open: its orders are sent as usual", account.name) })
    }

    /// Of orders that are to be sent, those that may be: where the account was shut once, they are looked for first.
    pub(super) async fn looked_for_first(
        &self,
        account: &AccountRow,
        orders: Vec<OrderRow>,
    ) -> Result<(Vec<OrderRow>, Vec<OrderLine>), ApiError> {
        let Some(past) = self.past_of(account).await? else { return Ok((orders, Vec::new())) };
        let (mut may, mut unknown, mut lines) = (Vec::new(), Vec::new(), Vec::new());
        for order in orders {
            // Where the other computer may go on, what was not there may be there by now.
            let known = past.what != WhatPast::Moved && self.reader().was_looked_for(order.id).await?;
            if known { may.push(order) } else { unknown.push(order) }
        }
        for (order, outcome) in self.look_for(account, &past, unknown).await? {
            match outcome {
                Outcome::Absent => may.push(order),
                Outcome::TakenUp(state) => lines.push(said(account, &order, false, state, FOUND)),
                Outcome::Stays(why) => lines.push(said(account, &order, false, order.state, &why)),
            }
        }
        Ok((may, lines))
    }

    /// Looks for orders, takes up what is there, and notes what is not.
    async fn look_for(
        &self,
        account: &AccountRow,
        past: &Past,
        orders: Vec<OrderRow>,
    ) -> Result<Vec<(OrderRow, Outcome)>, ApiError> {
        if orders.is_empty() {
            return Ok(Vec::new());
        }
        let lane = self.lane(account.id)?;
        let seen = self.driver.look_for_lost(&lane, past, &orders).await;
        let remedy = format!(
            "Compare with the platform's own pages; then `docketctl restore open {} --reason TEXT`",
            account.name
        );
        let mut outcomes = Vec::with_capacity(orders.len());
        let mut absent = Vec::new();
        for (order, seen) in orders.into_iter().zip(seen) {
            let outcome = match seen {
                Lost::Absent => {
                    absent.push(order.id);
                    Outcome::Absent
                }
                Lost::Unproven(why) => Outcome::Stays(format!("it may be at the platform: {why}. {remedy}")),
                Lost::Found(generation, id) if may_take_up(&order) => {
                    // What was noted before is not so any more.
                    self.ledger.not_looked_for(order.id).await?;
                    match self.driver.take_up(&lane, order.id, (generation, &id)).await {
                        Ok(state) => Outcome::TakenUp(state),
                        Err(AdvanceError::NotAllowed(refused)) => Outcome::Stays(refused.why),
                        Err(AdvanceError::Ledger(error)) => {
                            Outcome::Stays(format!("platform order {id} is its own, and could not be noted: {error}"))
                        }
                    }
                }
                Lost::Found(_, id) => {
                    Outcome::Stays(format!("platform order {id} was made for it since this ledger ends. {remedy}"))
                }
            };
            outcomes.push((order, outcome));
        }
        if !absent.is_empty() {
            self.ledger.looked_for(absent).await?;
        }
        Ok(outcomes)
    }
}

const FOUND: &str =
    "it is at the platform: it was sent in the time that this ledger does not know; nothing was sent now";

fn said(account: &AccountRow, order: &OrderRow, done: bool, state: State, message: &str) -> OrderLine {
    OrderLine {
        order_no: order.order_no.clone(),
        account: account.name.clone(),
        done,
        state,
        message: message.to_owned(),
        fields: Vec::new(),
        held_by: Vec::new(),
        turned_away: false,
    }
}
