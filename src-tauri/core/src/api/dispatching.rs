//! Marking orders for dispatch: frozen, reserved, synced; then the driver works on them.
//!
//! A lone order and a hundred thousand go the same way; many are reserved in groups of one sync each.

use crate::adapters::{Adapter, registry};
use crate::domain::{OrderId, Progress, State};
use crate::freeze::freeze;
use crate::ledger::{AccountRow, LedgerError, OrderRow, Reservation};
use crate::reserve::reservation;

use super::holder::Holder;
use super::run::sentences;
use super::{ApiError, DispatchRequest, ErrorCode, OrderLine, Reply};

/// Orders that are frozen and reserved together.
const BATCH: u32 = 1_000;

/// What is said of an order that was reserved.
const QUEUED: &str = "queued: its reference and exact request are on disk";

/// What is said of an order that this command reserved before whoever carried it out was killed.
const BEFORE: &str = "this command dispatched it already, before Docket was started anew";

struct Work<'a> {
    /// The command's id.
    command: &'a str,
    request: &'a DispatchRequest,
    account: AccountRow,
    adapter: &'static dyn Adapter,
    lines: Vec<OrderLine>,
    /// Whether others were marked by this command already: then an error is told order by order, and never as if
    /// nothing had been done.
    begun: bool,
}

impl Holder {
    pub(super) async fn dispatch(&self, command: &str, request: DispatchRequest) -> Result<Reply, ApiError> {
        // Whatever is named is found, and every account asked, before anything is marked: a wrong number changes nothing.
        let listed = self.listed(&request).await?;
        let accounts = match (&request.account, request.all) {
            (_, false) => Vec::new(),
            (Some(name), true) => vec![self.reader().account(name).await?],
            (None, true) => self.reader().accounts().await?,
        };
        for account in accounts.iter().chain(listed.iter().map(|(account, _)| account)) {
            self.work(command, &request, account.clone())?;
            self.is_open(account).await?;
        }
        self.may_agree(&request, &listed)?;
        let mut lines = Vec::new();
        if request.all {
            for account in accounts {
                let Some(mut work) = self.work(command, &request, account)? else { continue };
                work.begun = marked(&lines);
                let mut after = OrderId(0);
                loop {
                    let page =
                        self.reader().orders_in_state(&[State::Draft], Some(work.account.id), after, BATCH).await?;
                    let Some(last) = page.last() else { break };
                    after = last.id;
                    self.mark(&mut work, page).await?;
                }
                lines.append(&mut work.lines);
            }
        }
        for (account, orders) in listed {
            let Some(mut work) = self.work(command, &request, account)? else { continue };
            work.begun = marked(&lines);
            self.mark(&mut work, orders).await?;
            lines.append(&mut work.lines);
        }
        Ok(Reply::Orders { lines })
    }

    /// The orders that the request names, account by account, each once.
    async fn listed(&self, request: &DispatchRequest) -> Result<Vec<(AccountRow, Vec<OrderRow>)>, ApiError> {
        let mut listed: Vec<(AccountRow, Vec<OrderRow>)> = Vec::new();
        for key in &request.orders {
            let mut key = key.clone();
            key.account = key.account.or_else(|| request.account.clone());
            let (order, account) = self.find(&key).await?;
            match listed.iter_mut().find(|(known, _)| known.id == account.id) {
                Some((_, orders)) if orders.iter().any(|o| o.id == order.id) => {}
                Some((_, orders)) => orders.push(order),
                None => listed.push((account, vec![order])),
            }
        }
        Ok(listed)
    }

    fn work<'a>(
        &self,
        command: &'a str,
        request: &'a DispatchRequest,
        account: AccountRow,
    ) -> Result<Option<Work<'a>>, ApiError> {
        if !account.test && !account.confirmed {
            let message =
                format!("account {} is live, and its first use was not confirmed; confirm it first", account.name);
            return Err(ApiError::new(ErrorCode::Unconfirmed, message));
        }
        let Some(adapter) = registry::adapter(account.platform) else { return Ok(None) };
        Ok(Some(Work { command, request, account, adapter, lines: Vec::new(), begun: false }))
    }

    /// Reserves what may be dispatched of `orders`, and says why not of the rest.
    async fn mark(&self, work: &mut Work<'_>, orders: Vec<OrderRow>) -> Result<(), ApiError> {
        let mut reservations: Vec<(OrderRow, Reservation)> = Vec::new();
        let mut wanted = Vec::with_capacity(orders.len());
        for order in orders {
            match self.turned_away(work, &order) {
                Some(line) => work.lines.push(line),
                None => wanted.push(order),
            }
        }
        let (wanted, found) = self.looked_for_first(&work.account, wanted).await?;
        work.lines.extend(found);
        for order in wanted {
            match self.reservation(work, &order) {
                Ok(r) => match self.not_agreed(&work.request.max_fee, &work.account, work.adapter, &order).await {
                    None => reservations.push((order, r)),
                    Some(why) => work.lines.push(said(work, &order, false, order.state, &why)),
                },
                Err(line) => work.lines.push(*line),
            }
        }
        if let [(order, one)] = reservations.as_slice()
            && !work.request.all
            && work.request.orders.len() == 1
        {
            return self.click(work, order, one.clone()).await;
        }
        let (orders, wanted): (Vec<_>, Vec<_>) = reservations.into_iter().unzip();
        if wanted.is_empty() {
            return Ok(());
        }
        // What a failed commit left behind may come back when the file is opened again.
        let reserved = self.ledger.reserve(wanted).await.inspect_err(|_| self.driver.reload(work.account.id));
        let results = match reserved {
            Ok(results) => results,
            Err(error) if work.begun || marked(&work.lines) => {
                // The orders before these are on their way.
                let text = error.to_string();
                work.lines.extend(orders.iter().map(|o| said(work, o, false, o.state, &text)).collect::<Vec<_>>());
                return Ok(());
            }
            Err(error) => return Err(error.into()),
        };
        for (order, result) in orders.iter().zip(results) {
            work.lines.push(match result {
                Ok(_) => said(work, order, true, State::Queued, QUEUED),
                Err(error) => self.not_reserved(work, order, error).await?,
            });
        }
        self.driver.queued(work.account.id);
        Ok(())
    }

    /// One order by itself: on its way at once, where the account has room.
    async fn click(&self, work: &mut Work<'_>, order: &OrderRow, reservation: Reservation) -> Result<(), ApiError> {
        let lane = self.lane(work.account.id)?;
        let line = match self.driver.click(lane, work.account.platform, order, reservation).await {
            Ok(State::Sending) => said(work, order, true, State::Sending, "its request is on disk, and on its way"),
            Ok(state) => said(work, order, true, state, QUEUED),
            Err(error) => self.not_reserved(work, order, error).await?,
        };
        work.lines.push(line);
        Ok(())
    }

    /// What is said of an order that the ledger did not reserve.
    async fn not_reserved(&self, work: &Work<'_>, order: &OrderRow, error: LedgerError) -> Result<OrderLine, ApiError> {
        match error {
            LedgerError::Stale { .. } | LedgerError::OrderHeld { .. } => {
                Ok(self.left_alone(work, &self.reader().order_by_id(order.id).await?))
            }
            LedgerError::CommandRepeated { .. } => {
                let order = self.reader().order_by_id(order.id).await?;
                Ok(said(work, &order, true, order.state, BEFORE))
            }
            LedgerError::HeldElsewhere { ref holders, .. } => {
                let message = format!("it stays {}, for another account may have it: {error}", order.state);
                let mut line = said(work, order, false, order.state, &message);
                line.held_by = holders.iter().map(|holder| holder.called.clone()).collect();
                Ok(line)
            }
            other => Err(other.into()),
        }
    }

    fn reservation(&self, work: &Work<'_>, order: &OrderRow) -> Result<Reservation, Box<OrderLine>> {
        // Checked again with today's rules: an order may have been imported by an older Docket.
        let payload = work.adapter.check(&order.payload.0).map_err(|wrong| {
            let mut line = said(work, order, false, order.state, &sentences(&wrong));
            line.fields = wrong;
            Box::new(line)
        })?;
        let account = &work.account;
        let frozen =
            freeze(work.adapter, &account.identity, account.test, &order.order_no, &payload, order.generation + 1)
                .map_err(|e| Box::new(said(work, order, false, order.state, &e.to_string())))?;
        let reservation = reservation(order, frozen, order.state, Progress::default(), "asked for");
        let command = Some(work.command.to_owned());
        Ok(Reservation { despite: work.request.despite.clone(), command, ..reservation })
    }

    /// Why an order in its state is not dispatched now. `None`: it may be, as far as its own account is concerned.
    fn turned_away(&self, work: &Work<'_>, order: &OrderRow) -> Option<OrderLine> {
        let allowed = match order.state {
            State::Draft | State::Refused => true,
            State::Cancelled => work.request.again,
            State::Dispatched => work.request.again && order.remote_ended,
            State::Queued | State::Sending | State::InDoubt | State::NeedsReview | State::Closed => false,
        };
        (!allowed).then(|| self.left_alone(work, order))
    }

    fn left_alone(&self, work: &Work<'_>, order: &OrderRow) -> OrderLine {
        let since = crate::clock::rfc3339(order.since_ms);
        let hint = match order.state {
            State::Cancelled => "; say --again to dispatch it once more",
            State::Dispatched if order.remote_ended => {
                "; its platform has ended it; say --again to dispatch it once more"
            }
            State::Dispatched => "; it exists at the platform",
            State::NeedsReview => "; a person must decide (review)",
            State::Closed => "; it was closed by a person (review adopt or release)",
            State::Draft | State::Queued | State::Sending | State::InDoubt | State::Refused => "",
        };
        let message = format!("{} since {since}{hint}", order.state.code().replace('_', " "));
        OrderLine { turned_away: false, ..said(work, order, false, order.state, &message) }
    }
}

/// Whether one of them was marked.
fn marked(lines: &[OrderLine]) -> bool {
    lines.iter().any(|line| line.done)
}

fn said(work: &Work<'_>, order: &OrderRow, done: bool, state: State, message: &str) -> OrderLine {
    OrderLine {
        order_no: order.order_no.clone(),
        account: work.account.name.clone(),
        done,
        state,
        message: message.to_owned(),
        fields: Vec::new(),
        held_by: Vec::new(),
        turned_away: !done,
    }
}
