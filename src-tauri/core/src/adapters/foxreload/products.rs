//! FoxReload's products, which an order's `item_id` is chosen from.
//!
//! Documented: `GET /api/products/` and `GET /api/products/search`, and that a product's id is what an order names. Not
//! documented: the search's parameter, paging, and a product's members beside its id. So the reader takes what it finds,
//! and what was searched for is sought once more on our side.

use serde_json::Value;

use super::super::reading::{id, retry_after_ms, segment, text};
use super::wire::{code, success};
use crate::domain::ask::{Choice, Choices, ChoicesReply};
use crate::domain::http::{HttpRequest, HttpResponse};

const PRODUCTS: &str = "/api/products/";
const SEARCH: &str = "/api/products/search";
/// The form's field that holds a product's id.
pub(super) const FIELD: &str = "item_id";

/// By one word: how several are read is not documented.
pub(super) fn request(search: &str) -> HttpRequest {
    match search.split_whitespace().next().and_then(segment) {
        Some(word) => HttpRequest::get(format!("{SEARCH}?query={word}")),
        None => HttpRequest::get(PRODUCTS),
    }
}

pub(super) fn read(answer: &HttpResponse) -> ChoicesReply {
    let status = answer.status;
    if status == 429 {
        return ChoicesReply::Busy { retry_after_ms: retry_after_ms(answer) };
    }
    let Some(body) = answer.json() else {
        return ChoicesReply::Unclear { why: format!("http {status} without JSON") };
    };
    if matches!(status, 401 | 403) && body.is_object() {
        return ChoicesReply::Unauthorised { code: code(&body, status) };
    }
    if !success(status) {
        return ChoicesReply::Unclear { why: format!("http {status}") };
    }
    let named = || ["products", "data", "results", "items"].iter().find_map(|name| body.get(name)?.as_array());
    let Some(list) = body.as_array().or_else(named) else {
        return ChoicesReply::Unclear { why: "the answer is no list of products".into() };
    };
    let rows: Vec<Choice> = list.iter().filter_map(product).collect();
    if rows.is_empty() && !list.is_empty() {
        return ChoicesReply::Unclear { why: "no row is a product with an id".into() };
    }
    ChoicesReply::Told(Choices { rows, next: None })
}

fn product(row: &Value) -> Option<Choice> {
    let id = id(row, "id").or_else(|| id(row, "productId"))?;
    let name = text(row, "name").or_else(|| text(row, "title")).unwrap_or(&id);
    let name = name.chars().take(200).collect();
    Some(Choice { name, price: price(row), stock: stock(row), variables: None, id })
}

/// A number or a text, with the currency where one is named beside it or within it.
fn price(row: &Value) -> Option<String> {
    let shown = |value: &Value, beside: &Value| {
        let amount = match value {
            Value::Number(number) => number.to_string(),
            Value::String(text) if !text.is_empty() => text.chars().take(40).collect(),
            _ => return None,
        };
        let currency = text(beside, "currency").filter(|code| code.len() <= 8);
        Some(currency.map_or(amount.clone(), |code| format!("{amount} {code}")))
    };
    ["price", "totalPrice", "amount"].iter().find_map(|name| match row.get(name)? {
        nested @ Value::Object(_) => shown(nested.get("amount").or_else(|| nested.get("value"))?, nested),
        plain => shown(plain, row),
    })
}

fn stock(row: &Value) -> Option<i64> {
    let counted = ["stock", "quantity", "available"].iter().find_map(|name| row.get(name)?.as_i64());
    let none = || ["inStock", "available", "isAvailable"].iter().any(|name| row.get(name) == Some(&Value::Bool(false)));
    counted.filter(|count| *count >= 0).or_else(|| none().then_some(0))
}
