//! The list: a filter on the state, a limit, and an offset that is spelled in two ways.
//!
//! There is no filter on a reference. `total_count` is always -1, `next_href` has no scheme and spells `offset` small.

use serde_json::{Value, json};

use super::{deliveries::delivery, refusal};
use crate::{
    book::Book,
    order::{Order, hash},
    switches::OffsetSpelling,
    wire::{Reply, Request},
};

const FILTERS: [&str; 8] =
    ["pending", "pickup", "pickup_complete", "dropoff", "delivered", "canceled", "returned", "ongoing"];

pub(super) fn deliveries(book: &Book, request: &Request, now: i64) -> Reply {
    let switches = &book.switches;
    let filter = request.param("filter").filter(|filter| !filter.is_empty() && !switches.filter_ignored);
    if filter.as_deref().is_some_and(|filter| !FILTERS.contains(&filter)) {
        return refusal(400, "invalid_params", "The filter is not a status of a delivery.");
    }
    let most = switches.list_max.max(1) as usize;
    let limit = request.number("limit", switches.page_default as usize).clamp(1, most);
    let offset = match switches.offset_spelling {
        OffsetSpelling::Both => request.number("Offset", request.number("offset", 0)),
        OffsetSpelling::Capital => request.number("Offset", 0),
        OffsetSpelling::Small => request.number("offset", 0),
    };
    let shown = |order: &&Order| {
        if now < order.listed_from || !book.keeps(order, now) {
            return false;
        }
        match filter.as_deref() {
            None => !(switches.lookup_hides_ended && book.standing(order, now).ended),
            Some("ongoing") => !book.standing(order, now).ended,
            Some(status) => book.standing(order, now).status == status,
        }
    };
    let mut found: Vec<&Order> = book.open_orders().filter(shown).collect();
    if switches.list_unsorted {
        found.sort_by_key(|order| hash(&["place", &order.id]));
    }
    if !switches.oldest_first {
        found.reverse();
    }
    let rows: Vec<Value> = found.iter().skip(offset).take(limit).map(|order| delivery(book, order, now)).collect();
    let end = offset.saturating_add(rows.len());
    let next = (!rows.is_empty() && end < found.len()).then(|| next_href(request, filter.as_deref(), limit, end));
    Reply::json(200, &json!({"data": rows, "next_href": next, "total_count": -1}))
}

fn next_href(request: &Request, filter: Option<&str>, limit: usize, offset: usize) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.extend_pairs(filter.map(|filter| ("filter", filter)));
    query.append_pair("limit", &limit.to_string()).append_pair("offset", &offset.to_string());
    format!("{}{}?{}", request.host(), request.path, query.finish())
}
