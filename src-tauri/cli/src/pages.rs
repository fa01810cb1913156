//! Reading orders in pages, so that a million of them need no more memory than a page.

use std::collections::HashMap;

use docket_core::api::Core;
use docket_core::api::views::{OrderQuery, OrderSort, OrderView};
use docket_core::api::{ApiError, ErrorCode, OrderKey};
use docket_core::domain::{OrderNo, State};

use crate::exit::Failure;

/// Orders read at once.
const PAGE: u32 = 2_000;
/// Up to so many orders are read one by one; for more, the pages are read.
const ONE_BY_ONE: usize = 100;

/// Shows every order that matches, page by page, oldest first. `act` says whether to go on.
pub async fn each(
    core: &Core,
    states: &[State],
    account: Option<&str>,
    mut act: impl FnMut(&[OrderView]) -> Result<bool, Failure>,
) -> Result<(), Failure> {
    let mut query = OrderQuery {
        states: states.to_vec(),
        account: account.map(str::to_owned),
        sort: OrderSort::Created,
        limit: PAGE,
        ..OrderQuery::default()
    };
    loop {
        let page = core.orders(query.clone()).await?;
        let read = u32::try_from(page.rows.len()).unwrap_or(PAGE);
        if !act(&page.rows)? || read == 0 {
            return Ok(());
        }
        query.offset += read;
        if query.offset >= page.total {
            return Ok(());
        }
    }
}

/// An account's name and an order number: what an order is found by.
type Name = (String, OrderNo);

/// The orders with these names, in the same order; one that is gone is left out.
pub async fn named(core: &Core, names: &[Name]) -> Result<Vec<OrderView>, Failure> {
    if names.len() <= ONE_BY_ONE {
        let mut orders = Vec::with_capacity(names.len());
        for (account, order_no) in names {
            let key = OrderKey { order_no: order_no.clone(), account: Some(account.clone()) };
            match core.order(key).await {
                Ok(detail) => orders.push(detail.order),
                Err(ApiError { code: ErrorCode::NotFound, .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }
        return Ok(orders);
    }
    let mut found: HashMap<Name, Option<OrderView>> = names.iter().map(|name| (name.clone(), None)).collect();
    let one_account = names.iter().all(|(account, _)| *account == names[0].0).then(|| names[0].0.as_str());
    each(core, &[], one_account, |page| {
        for order in page {
            if let Some(place) = found.get_mut(&(order.account.clone(), order.order_no.clone())) {
                *place = Some(order.clone());
            }
        }
        Ok(true)
    })
    .await?;
    Ok(names.iter().filter_map(|name| found.get_mut(name).and_then(Option::take)).collect())
}

/// What an order is found by again.
pub fn name_of(order: &OrderView) -> Name {
    (order.account.clone(), order.order_no.clone())
}
