//! What an order would cost, asked before it is dispatched, and what a person has agreed to pay.
//!
//! A price is kept in memory until it is no longer good or the order's content is another; then it is asked for anew. It is
//! asked for before an order is reserved and never after: what is frozen is sent, whatever it costs by then. Not here: the
//! rate and the pauses of an account (`driver::ask`).

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use crate::adapters::{Adapter, registry};
use crate::clock::rfc3339;
use crate::domain::ask::Quote;
use crate::domain::{Money, OrderId, OrderPayload, Stamp, State};
use crate::ledger::{AccountRow, OrderRow};

use super::accounts::adapter_of;
use super::holder::Holder;
use super::run::sentences;
use super::{ApiError, DispatchRequest, ErrorCode, MaxFee, OrderKey, QuoteView, Reply};

/// How long before its end a price is no longer relied on: the click, the reservation and the way there take a while.
const MARGIN_MS: i64 = 10_000;
/// How long a price is good whose platform names no end.
const UNDATED_MS: i64 = 300_000;
/// So many orders' prices are remembered before those that are no longer good are looked for.
const KEPT: usize = 1_024;

/// Prices by order. Whoever asks for one holds its place: a second click waits for the first, and gets its answer.
#[derive(Default)]
pub(super) struct Prices(Mutex<HashMap<OrderId, Arc<tokio::sync::Mutex<Option<Price>>>>>);

/// A price as it was told.
#[derive(Clone, Debug)]
pub(super) struct Price {
    /// The content that it is for.
    of: OrderPayload,
    quote: Quote,
    told: Stamp,
    /// For how long it is good from then on: by the platform's own clock, where ours may be wrong.
    good_ms: i64,
}

impl Price {
    fn new(of: OrderPayload, quote: Quote, told: Stamp, platform_ms: i64) -> Price {
        let good_ms = quote.expires_ms.map_or(UNDATED_MS, |end| end.saturating_sub(platform_ms) - MARGIN_MS);
        Price { of, quote, told, good_ms }
    }

    /// For how long it is still good, in milliseconds; the boot clock counts sleep, too.
    fn left_ms(&self, now: &Stamp) -> i64 {
        if now.same_boot(&self.told) { (self.told.boot_ms + self.good_ms - now.boot_ms).max(0) } else { 0 }
    }
}

impl Prices {
    fn place(&self, order: OrderId, now: &Stamp) -> Arc<tokio::sync::Mutex<Option<Price>>> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() >= KEPT {
            let good = |price: &Option<Price>| price.as_ref().is_some_and(|price| price.left_ms(now) > 0);
            all.retain(|_, place| place.try_lock().map_or(true, |price| good(&price)));
        }
        all.entry(order).or_default().clone()
    }
}

impl Holder {
    /// What an order costs as it stands, for whoever may still dispatch it.
    pub(super) async fn quote(&self, key: &OrderKey) -> Result<Reply, ApiError> {
        let (order, account) = self.find(key).await?;
        let adapter = adapter_of(&account)?;
        let open = match order.state {
            State::Draft | State::Refused | State::Cancelled => true,
            State::Dispatched => order.remote_ended,
            State::Queued | State::Sending | State::InDoubt | State::NeedsReview | State::Closed => false,
        };
        if !open {
            let state = order.state.code().replace('_', " ");
            let message =
                format!("order {} is {state}: its price is asked for before it is dispatched", order.order_no);
            return Err(ApiError::new(ErrorCode::NotAllowed, message));
        }
        let price = self.price(&account, adapter, &order).await?;
        Ok(Reply::Quoted(self.shown(&order, &account, &price)))
    }

    fn shown(&self, order: &OrderRow, account: &AccountRow, price: &Price) -> QuoteView {
        let quote = &price.quote;
        QuoteView {
            order_no: order.order_no.clone(),
            account: account.name.clone(),
            fee: quote.fee.clone(),
            quote_id: quote.id.clone(),
            asked_at: rfc3339(price.told.wall_ms),
            expires_at: quote.expires_ms.map(rfc3339),
            good_ms: price.left_ms(&self.clock.now()),
            arrives_at: quote.arrives_ms.map(rfc3339),
            takes_min: quote.takes_min,
        }
    }

    /// The price of an order's content: the one that is known, while it is good, or a new one.
    async fn price(
        &self,
        account: &AccountRow,
        adapter: &'static dyn Adapter,
        order: &OrderRow,
    ) -> Result<Price, ApiError> {
        let content =
            adapter.check(&order.payload.0).map_err(|wrong| ApiError::new(ErrorCode::Invalid, sentences(&wrong)))?;
        let place = self.prices.place(order.id, &self.clock.now());
        let mut known = place.lock().await;
        let now = self.clock.now();
        if let Some(price) = known.as_ref().filter(|price| price.of == content && price.left_ms(&now) > 0) {
            return Ok(price.clone());
        }
        *known = None;
        // Under an id of its own: the order's reference is for the order.
        let request = adapter
            .quote_request(&content, &crate::ids::random_id())
            .ok_or_else(|| no_quotes(account))?
            .map_err(|wrong| ApiError::new(ErrorCode::Invalid, wrong.to_string()))?;
        let lane = self.lane(account.id)?;
        let told = self.driver.ask(&lane, &request, |answer| adapter.read_quote(answer)).await?;
        let price = Price::new(content, told.value, told.at, told.platform_ms);
        *known = Some(price.clone());
        Ok(price)
    }

    /// Whether the request's highest fee can be held to at all.
    pub(super) fn may_agree(
        &self,
        request: &DispatchRequest,
        listed: &[(AccountRow, Vec<OrderRow>)],
    ) -> Result<(), ApiError> {
        if request.max_fee.is_none() {
            return Ok(());
        }
        if request.all {
            let message = "a highest fee goes with orders that are named, since each one's price is asked for first";
            return Err(ApiError::new(ErrorCode::Invalid, message));
        }
        let quotes = |account: &AccountRow| {
            let adapter = registry::adapter(account.platform);
            adapter.is_none_or(|adapter| adapter.quote_request(&OrderPayload::default(), "x").is_some())
        };
        match listed.iter().find(|(account, _)| !quotes(account)) {
            Some((account, _)) => Err(no_quotes(account)),
            None => Ok(()),
        }
    }

    /// Why an order is not dispatched at its price. `None`: nothing was agreed, or it costs no more than that.
    pub(super) async fn not_agreed(
        &self,
        max_fee: &Option<MaxFee>,
        account: &AccountRow,
        adapter: &'static dyn Adapter,
        order: &OrderRow,
    ) -> Option<String> {
        let agreed = max_fee.as_ref()?;
        match self.price(account, adapter, order).await {
            Ok(price) => dearer(agreed, &price.quote.fee),
            Err(error) => Some(format!("its price could not be had, so it was not dispatched: {error}")),
        }
    }
}

fn no_quotes(account: &AccountRow) -> ApiError {
    let platform = account.platform.title();
    let message = format!("{platform} tells no price before an order is placed; dispatch without a highest fee");
    ApiError::new(ErrorCode::Invalid, message)
}

fn dearer(agreed: &MaxFee, fee: &Money) -> Option<String> {
    let currency = agreed.currency.as_deref().unwrap_or(&fee.currency);
    let old = Money { amount: agreed.amount, currency: currency.to_owned() };
    let again = "it was not dispatched; dispatch it again if that is all right";
    if fee.currency != currency {
        return Some(format!("it costs {fee} now, and {old} was agreed, in another currency: {again}"));
    }
    (fee.amount > agreed.amount).then(|| format!("it costs {fee} now, more than the {old} that was agreed: {again}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::time::test_stamp;

    fn price(expires_ms: Option<i64>, platform_ms: i64) -> Price {
        let quote = Quote { expires_ms, ..Quote::bare(Money { amount: 1, currency: "USD".into() }) };
        Price::new(OrderPayload::default(), quote, test_stamp(0, "a"), platform_ms)
    }

    #[test]
    fn a_price_is_good_until_shortly_before_its_end_by_the_platforms_clock() {
        // The platform's clock is a day ahead of ours.
        let day = 86_400_000;
        let (ours, theirs) = (test_stamp(0, "a").wall_ms, test_stamp(0, "a").wall_ms + day);
        let good = price(Some(theirs + 60_000), theirs);
        assert_eq!(good.left_ms(&test_stamp(0, "a")), 60_000 - MARGIN_MS);
        assert_eq!(good.left_ms(&test_stamp(49_999, "a")), 1);
        assert_eq!(good.left_ms(&test_stamp(50_000, "a")), 0);
        assert_eq!(good.left_ms(&test_stamp(0, "b")), 0, "another start of the machine");
        assert_eq!(price(Some(ours + 60_000), theirs).left_ms(&test_stamp(0, "a")), 0, "it has ended there");
        assert_eq!(price(None, theirs).left_ms(&test_stamp(0, "a")), UNDATED_MS);
    }

    #[test]
    fn a_higher_price_or_another_currency_is_not_what_was_agreed() {
        let agreed = |currency: Option<&str>| MaxFee { amount: 1_200, currency: currency.map(str::to_owned) };
        let fee = |amount, currency: &str| Money { amount, currency: currency.into() };
        assert_eq!(dearer(&agreed(None), &fee(1_200, "BDT")), None);
        assert_eq!(dearer(&agreed(Some("BDT")), &fee(1_199, "BDT")), None);
        let more = dearer(&agreed(None), &fee(1_201, "BDT")).unwrap();
        assert!(more.starts_with("it costs BDT 12.01 now, more than the BDT 12.00 that was agreed"), "{more}");
        let other = dearer(&agreed(Some("USD")), &fee(1, "BDT")).unwrap();
        assert!(other.contains("another currency"), "{other}");
    }
}
