//! Lists: pages, filters and sorting.
//!
//! A filter that cannot be read is ignored, like one on an unknown field, unless the switch has both refused: the
//! pages do not say what happens, and an ignored filter returns every row.

use std::{cmp::Ordering, collections::BTreeSet};

use serde_json::{Value, json};

use super::{orders, refusal, templates};
use crate::{
    book::Book,
    order::Order,
    wire::{Reply, Request, from_iso},
};

/// What a filter asks of a field.
#[derive(Debug, PartialEq)]
enum Test {
    In(Vec<String>),
    Between(i64, i64),
    Null(bool),
}

/// A filter: a field and what is asked of it.
type Filter = (String, Test);

const TEXTS: [&str; 6] = ["billingId", "friendlyStatus", "format", "csvOrderId", "batchId", "isBillable"];
const TIMES: [&str; 2] = ["createdAt", "anonymizedAt"];

pub(super) fn templates(book: &Book, request: &Request) -> Reply {
    let all: Vec<Value> = templates::ALL.iter().map(templates::row).collect();
    page(book, request, &all, Value::clone)
}

pub(super) fn orders(book: &Book, request: &Request, now: i64) -> Reply {
    let mut filters = Vec::new();
    for (name, value) in form_urlencoded::parse(request.query.as_bytes()) {
        let Some(field) = name.strip_prefix("filter.").filter(|_| !book.switches.filter_ignored) else { continue };
        match read(field, &value) {
            Some(test) => filters.push((field.to_owned(), test)),
            None if book.switches.unknown_filter_refused => {
                return refusal(book, 400, &format!("filter.{field} cannot be used so."));
            }
            None => {}
        }
    }
    let asks_for = |name: &str| filters.iter().any(|(field, _)| field == name);
    let hides_ended = book.switches.lookup_hides_ended && asks_for("billingId") && !asks_for("friendlyStatus");
    let mut found: Vec<&Order> = candidates(book, &filters)
        .into_iter()
        .filter(|order| now >= order.listed_from && !(hides_ended && book.standing(order, now).ended))
        .filter(|order| filters.iter().all(|(field, test)| passes(book, order, field, test, now)))
        .collect();
    let sort = request.param("sortBy").unwrap_or_default();
    found.sort_by(|a, b| compare(book, &sort, a, b, now));
    page(book, request, &found, |order| orders::row(book, order, now))
}

/// Newest first; by the index where a filter names references.
fn candidates<'a>(book: &'a Book, filters: &[Filter]) -> Vec<&'a Order> {
    let named = filters.iter().find_map(|(field, test)| match test {
        Test::In(names) if field == "billingId" => Some(names),
        Test::In(_) | Test::Between(..) | Test::Null(_) => None,
    });
    match named {
        Some(names) => {
            let names: BTreeSet<&String> = names.iter().collect();
            names.into_iter().flat_map(|name| book.open_with_reference(name)).collect()
        }
        None => book.open_orders().rev().collect(),
    }
}

/// What `filter.{field}={text}` asks for; nothing when that makes no sense.
fn read(field: &str, text: &str) -> Option<Test> {
    if matches!(text, "$null" | "$not:$null") {
        return (TIMES.contains(&field) || TEXTS.contains(&field)).then_some(Test::Null(text == "$null"));
    }
    let (operator, value) = text.strip_prefix('$')?.split_once(':')?;
    match operator {
        "in" if TEXTS.contains(&field) => Some(Test::In(value.split(',').map(str::to_owned).collect())),
        "eq" if TEXTS.contains(&field) => Some(Test::In(vec![value.to_owned()])),
        "gte" if TIMES.contains(&field) => Some(Test::Between(from_iso(value)?, i64::MAX)),
        "lte" if TIMES.contains(&field) => Some(Test::Between(i64::MIN, from_iso(value)?)),
        "btw" if TIMES.contains(&field) => {
            let (from, to) = value.split_once(',')?;
            Some(Test::Between(from_iso(from)?, from_iso(to)?))
        }
        _ => None,
    }
}

fn passes(book: &Book, order: &Order, field: &str, test: &Test, now: i64) -> bool {
    let time = (field == "createdAt").then_some(order.created_at);
    let text = || match field {
        "billingId" => order.reference.clone(),
        "friendlyStatus" => Some(orders::friendly(book, &book.standing(order, now)).to_owned()),
        "format" => templates::find(order.text("templateId")).map(|template| template.format.to_owned()),
        "isBillable" => Some(order.live.to_string()),
        _ => None,
    };
    match test {
        Test::In(values) => text().is_some_and(|text| values.contains(&text)),
        Test::Between(from, to) => time.is_some_and(|time| (*from..=*to).contains(&time)),
        Test::Null(null) => (time.is_none() && text().is_none()) == *null,
    }
}

/// By the fields of `sortBy`, else newest first.
fn compare(book: &Book, sort: &str, a: &Order, b: &Order, now: i64) -> Ordering {
    let mut order = Ordering::Equal;
    for (field, direction) in sort.split(',').filter_map(|part| part.split_once(':')) {
        let (a, b) = if direction == "DESC" { (b, a) } else { (a, b) };
        order = order.then_with(|| match field {
            "createdAt" => a.created_at.cmp(&b.created_at),
            "updatedAt" => book.standing(a, now).since.cmp(&book.standing(b, now).since),
            "sendDate" => orders::send_date(a).cmp(&orders::send_date(b)),
            "friendlyStatus" => {
                let word = |order: &Order| orders::friendly(book, &book.standing(order, now));
                word(a).cmp(word(b))
            }
            _ => Ordering::Equal,
        });
    }
    order.then_with(|| b.created_at.cmp(&a.created_at))
}

/// One page in the vendor's envelope.
fn page<T>(book: &Book, request: &Request, all: &[T], row: impl Fn(&T) -> Value) -> Reply {
    let most = book.switches.list_max.max(1) as usize;
    let limit = request.number("limit", book.switches.page_default as usize).clamp(1, most);
    let (number, pages) = (request.number("page", 1).max(1), all.len().div_ceil(limit).max(1));
    let rows: Vec<Value> = all.iter().skip((number - 1).saturating_mul(limit)).take(limit).map(row).collect();
    let url = |page: usize| page_url(request, page, limit);
    Reply::json(
        200,
        &json!({
            "data": rows, "total": all.len(), "page": number, "pages": pages, "pageSize": limit,
            "previousUrl": (number > 1).then(|| url(number - 1)), "currentUrl": url(number),
            "nextUrl": (number < pages).then(|| url(number + 1)), "meta": {"filterOptions": {}},
        }),
    )
}

fn page_url(request: &Request, page: usize, limit: usize) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    for (name, value) in form_urlencoded::parse(request.query.as_bytes()) {
        if name != "page" && name != "limit" {
            query.append_pair(&name, &value);
        }
    }
    query.append_pair("limit", &limit.to_string()).append_pair("page", &page.to_string());
    format!("http://{}{}?{}", request.host(), request.path, query.finish())
}
