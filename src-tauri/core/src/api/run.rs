//! Carrying out commands. Each is small: check, ask the ledger or the driver, say what came of it.
//!
//! Not here: accounts (`api::accounts`), imports (`api::importing`), dispatching many (`api::dispatching`).

use std::collections::BTreeMap;

use crate::adapters::values::unknown_field;
use crate::domain::{DispatchId, Event, FieldError, PersonDecision, Shown, State};
use crate::driver::AdvanceError;
use crate::ledger::{AccountRow, NewContent, OrderRow};

use super::accounts::adapter_of;
use super::holder::Holder;
use super::{ApiError, Command, ErrorCode, OrderKey, OrderLine, Reply};

impl Holder {
    pub(super) async fn run(&self, id: &str, command: Command) -> Result<Reply, ApiError> {
        match command {
            Command::AddAccount(new) => self.add_account(new).await,
            Command::SetAccount { name, set } => self.set_account(&name, &set).await,
            Command::SetCredentials { name } => self.set_credentials(&name).await,
            Command::TestAccount { name } => self.test_account(&name).await,
            Command::ProbeAccount(request) => self.probe_account(&request).await,
            Command::ConfirmAccount { name } => self.confirm_account(&name).await,
            Command::RemoveAccount { name } => self.remove_account(&name).await,
            Command::Import { path, account, dry_run, update, mapping } => {
                self.import(&path, &account, dry_run, update, &mapping).await
            }
            Command::Write { account, order_no, values } => self.write(&account, &order_no, &values).await,
            Command::Edit { order, set } => self.edit(&order, set).await,
            Command::Delete { order } => self.delete(&order).await,
            Command::Dispatch(request) => self.dispatch(id, request).await,
            Command::Withdraw { orders } => self.withdraw(&orders).await,
            Command::Decide { order, decision, reason, shown } => self.decide(&order, decision, reason, shown).await,
            Command::LookAgain { order } => self.look_again(&order).await,
            Command::Cancel { order } => self.cancel(&order).await,
            Command::Track { orders } => self.track(&orders).await,
            Command::Reveal { order, asked_by, items, reason } => {
                self.log_reveal(&order, &asked_by, &items, reason).await
            }
            Command::PrintSlip { order, asked_by } => self.log_slip(&order, &asked_by).await,
            Command::Quote { order } => self.quote(&order).await,
            Command::Choices { account, field, search, values } => {
                self.choices(&account, &field, &search, &values).await
            }
            Command::CheckPast { account } => self.check_past(account.as_deref()).await,
            Command::AcceptPast { account, reason } => self.accept_past(&account, &reason).await,
            Command::Sweep { account, since_ms } => self.sweep(&account, since_ms).await,
            Command::Reconcile => Ok(Reply::Done { message: "working on whatever is open".into() }),
        }
    }

    pub(super) async fn find(&self, key: &OrderKey) -> Result<(OrderRow, AccountRow), ApiError> {
        let account = match &key.account {
            Some(name) => Some(self.reader().account(name).await?),
            None => None,
        };
        let order = self.reader().order(&key.order_no, account.as_ref().map(|a| a.id)).await?;
        let account = match account {
            Some(account) => account,
            None => self.reader().account_by_id(order.account_id).await?,
        };
        Ok((order, account))
    }

    fn dispatch_of(&self, order: &OrderRow, wanted: &str) -> Result<DispatchId, ApiError> {
        order.dispatch_id.ok_or_else(|| {
            let no = &order.order_no;
            ApiError::new(
                ErrorCode::NotAllowed,
                format!("order {no} was never dispatched: there is nothing to {wanted}"),
            )
        })
    }

    async fn edit(&self, key: &OrderKey, set: BTreeMap<String, String>) -> Result<Reply, ApiError> {
        let (order, account) = self.find(key).await?;
        let adapter = adapter_of(&account)?;
        if let Some(unknown) = set.keys().find(|k| !adapter.form().iter().any(|f| f.name == k.as_str())) {
            return Err(ApiError::new(ErrorCode::Invalid, sentences(&[unknown_field(adapter.form(), unknown)])));
        }
        let mut values = order.payload.0.clone();
        values.extend(set);
        let payload = adapter.check(&values).map_err(|wrong| ApiError::new(ErrorCode::Invalid, sentences(&wrong)))?;
        let content =
            NewContent { summary: adapter.summary(&payload), fingerprint: adapter.fingerprint(&payload), payload };
        self.ledger.edit(order.id, order.version, content).await?;
        Ok(Reply::Done { message: format!("order {} was changed", order.order_no) })
    }

    async fn delete(&self, key: &OrderKey) -> Result<Reply, ApiError> {
        let (order, _) = self.find(key).await?;
        self.ledger.delete(order.id, order.version).await?;
        Ok(Reply::Done { message: format!("order {} was deleted", order.order_no) })
    }

    async fn withdraw(&self, orders: &[OrderKey]) -> Result<Reply, ApiError> {
        // All are found before anything is done: a wrong number changes nothing.
        let mut targets = Vec::new();
        for key in orders {
            targets.push(self.find(key).await?);
        }
        let mut lines = Vec::new();
        for (order, account) in targets {
            let done = match order.dispatch_id {
                Some(id) => {
                    let lane = self.lane(account.id)?;
                    self.driver.apply(&lane, id, Event::Withdrawn).await.map(|d| d.state)
                }
                None => {
                    let why = format!("it is {}: nothing is queued", order.state);
                    Err(AdvanceError::NotAllowed(not_allowed(order.state, "withdraw", why)))
                }
            };
            lines.push(line(&order, &account, done, super::words::WITHDRAWN)?);
        }
        Ok(Reply::Orders { lines })
    }

    async fn decide(
        &self,
        key: &OrderKey,
        decision: PersonDecision,
        reason: Option<String>,
        shown: Option<Shown>,
    ) -> Result<Reply, ApiError> {
        let (order, account) = self.find(key).await?;
        let id = self.dispatch_of(&order, "decide")?;
        let lane = self.lane(account.id)?;
        let before = self.reader().dispatch(id).await?;
        let after =
            self.driver.decide_by_person(&lane, id, decision.clone(), reason, shown.as_ref()).await.map_err(refusal)?;
        let message = super::words::decided(&before, &after, &decision);
        Ok(Reply::Settled { state: self.reader().order_by_id(order.id).await?.state, message })
    }

    async fn look_again(&self, key: &OrderKey) -> Result<Reply, ApiError> {
        let (order, account) = self.find(key).await?;
        let id = self.dispatch_of(&order, "look up")?;
        let lane = self.lane(account.id)?;
        let after = self.driver.look_again(&lane, id).await.map_err(refusal)?;
        let message = super::words::looked(&after);
        Ok(Reply::Settled { state: after.state, message })
    }

    async fn cancel(&self, key: &OrderKey) -> Result<Reply, ApiError> {
        let (order, account) = self.find(key).await?;
        let id = self.dispatch_of(&order, "cancel")?;
        let lane = self.lane(account.id)?;
        let after = self.driver.apply(&lane, id, Event::CancelAsked).await.map_err(refusal)?;
        let message = super::words::cancelled(&after);
        Ok(Reply::Settled { state: self.reader().order_by_id(order.id).await?.state, message })
    }

    async fn track(&self, orders: &[OrderKey]) -> Result<Reply, ApiError> {
        let mut lines = Vec::new();
        let mut targets = Vec::new();
        for key in orders {
            targets.push(self.find(key).await?);
        }
        if orders.is_empty() {
            for account in self.reader().accounts().await? {
                for id in self.tracked(&account).await? {
                    let d = self.reader().dispatch(id).await?;
                    targets.push((self.reader().order_by_id(d.order_id).await?, account.clone()));
                }
            }
        }
        // A wrong number, or one of which there is nothing to ask, asks for nothing.
        let asked: Result<Vec<_>, ApiError> = targets
            .into_iter()
            .map(|(order, account)| Ok((self.dispatch_of(&order, "track")?, order, account)))
            .collect();
        for (id, order, account) in asked? {
            let lane = self.lane(account.id)?;
            let before = self.reader().dispatch(id).await.ok();
            let done = match self.driver.follow(&lane, id).await {
                Ok(Some(after)) => Ok(after),
                Ok(None) => {
                    let why = super::words::not_heard(before.as_ref());
                    Err(AdvanceError::NotAllowed(not_allowed(order.state, "track", why)))
                }
                Err(error) => Err(error),
            };
            let message = done.as_ref().map(super::words::tracked).unwrap_or_default();
            lines.push(line(&order, &account, done.map(|d| d.state), &message)?);
        }
        Ok(Reply::Orders { lines })
    }

    async fn tracked(&self, account: &AccountRow) -> Result<Vec<DispatchId>, ApiError> {
        let mut ids = Vec::new();
        let mut after = DispatchId(0);
        loop {
            let page = self.reader().tracked(account.id, after, 500).await?;
            let Some(last) = page.last() else { return Ok(ids) };
            after = last.id;
            ids.extend(page.into_iter().map(|d| d.id));
        }
    }
}

/// One line for an order: what was done, or why not.
pub(super) fn line(
    order: &OrderRow,
    account: &AccountRow,
    done: Result<State, AdvanceError>,
    message: &str,
) -> Result<OrderLine, ApiError> {
    let (done, state, message) = match done {
        Ok(state) => (true, state, message.to_owned()),
        Err(AdvanceError::NotAllowed(refused)) => (false, refused.state, refused.why),
        Err(AdvanceError::Ledger(error)) => return Err(error.into()),
    };
    let (order_no, account) = (order.order_no.clone(), account.name.clone());
    Ok(OrderLine {
        order_no,
        account,
        done,
        state,
        message,
        fields: Vec::new(),
        held_by: Vec::new(),
        turned_away: false,
    })
}

pub(super) fn not_allowed(state: State, wanted: &'static str, why: String) -> crate::domain::NotAllowed {
    crate::domain::NotAllowed { state, wanted, why }
}

/// Field errors as one sentence.
pub(super) fn sentences(wrong: &[FieldError]) -> String {
    wrong.iter().map(|e| format!("{}: {}", e.field, e.reason)).collect::<Vec<_>>().join("; ")
}

pub(super) fn refusal(error: AdvanceError) -> ApiError {
    match error {
        AdvanceError::NotAllowed(refused) => ApiError::new(ErrorCode::NotAllowed, refused.why),
        AdvanceError::Ledger(error) => error.into(),
    }
}
