//! FoxReload's form: fields, checks, and the small notations for notes and further items.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use serde_json::{Map, Value};

use super::super::values::{Checker, decimal, limited, pairs, shown, whole};
use crate::domain::order::{Field, FieldKind};
use crate::domain::wrong::{MANY_IN_ALL, NO_NUMBER, NOT_AMOUNT, NOT_PRODUCT};
use crate::domain::{FieldError, OrderPayload};

/// The platform takes one to ten items an order.
const MOST_ITEMS: usize = 10;
const MOST_QUANTITY: i64 = 100_000;

pub(super) static FORM: [Field; 6] = [
    Field::new("recipient", "Customer (for your lists; not sent)", false, FieldKind::Text, "R. Das"),
    Field::new("item_id", "Product id", true, FieldKind::Text, "product_01abc"),
    Field::new("quantity", "Quantity", true, FieldKind::Integer, "2"),
    Field::new("note", "Note (key=value; key=value)", false, FieldKind::Text, "player_id=12345"),
    Field::new("more_items", "Further items (product_x*2; product_y*1)", false, FieldKind::Text, "product_02def*1"),
    Field::new("total_price", "Price you expect", false, FieldKind::Amount, "18.40"),
];

pub(super) fn check(values: &BTreeMap<String, String>) -> Result<OrderPayload, Vec<FieldError>> {
    let mut c = Checker::new(&FORM, values);
    c.text("recipient", 100);
    c.field("item_id", item_id);
    c.field("quantity", |v| whole(v, 1, MOST_QUANTITY));
    c.field("note", |v| {
        let pairs = note(&limited(v, 1_000)?)?;
        let one = |(name, value): (&String, &Value)| format!("{name}={}", value.as_str().unwrap_or_default());
        Ok(pairs.iter().map(one).collect::<Vec<_>>().join("; "))
    });
    c.field("more_items", |v| {
        let items = more_items(&limited(v, 2_000)?)?;
        Ok(items.iter().map(|(item, quantity)| format!("{item}*{quantity}")).collect::<Vec<_>>().join("; "))
    });
    c.field("total_price", |v| {
        let price = decimal(v).ok().filter(|p| *p > Decimal::ZERO && p.scale() <= 4 && p.mantissa() < 10_i128.pow(15));
        price.map(|p| p.to_string()).ok_or_else(|| NOT_AMOUNT.with(&[("value", &shown(v)), ("example", &"18.40")]))
    });
    c.finish()
}

fn item_id(value: &str) -> Result<String, String> {
    let rest = value.strip_prefix("product_").unwrap_or_default();
    let plain = rest.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-'));
    if rest.is_empty() || !plain || value.len() > 100 {
        return Err(NOT_PRODUCT.with(&[("value", &shown(value))]));
    }
    Ok(value.to_owned())
}

/// Reads `key=value; key=value`. Keys stand once.
pub(super) fn note(text: &str) -> Result<Map<String, Value>, String> {
    Ok(pairs(text, "player_id=12345")?.into_iter().map(|(name, value)| (name, Value::String(value))).collect())
}

/// Reads `product_x*2; product_y*1`. A quantity may be left out when it is one.
pub(super) fn more_items(text: &str) -> Result<Vec<(String, i64)>, String> {
    let mut items = Vec::new();
    for part in text.split(';').map(str::trim).filter(|p| !p.is_empty()) {
        let (item, quantity) = part.split_once('*').unwrap_or((part, "1"));
        let quantity = whole(quantity.trim(), 1, MOST_QUANTITY)?;
        items.push((item_id(item.trim())?, quantity.parse().map_err(|_| NO_NUMBER.plain())?));
    }
    if items.len() >= MOST_ITEMS {
        return Err(MANY_IN_ALL.with(&[("count", &items.len()), ("most", &MOST_ITEMS)]));
    }
    Ok(items)
}

/// All items of a checked order, the first one first.
pub(super) fn items(order: &OrderPayload) -> Result<Vec<(String, i64)>, FieldError> {
    let wrong = |field: &str, reason: String| FieldError { field: field.to_owned(), reason };
    let first = item_id(order.get("item_id")).map_err(|reason| wrong("item_id", reason))?;
    let quantity = order.get("quantity").parse().map_err(|_| wrong("quantity", NO_NUMBER.plain()))?;
    let mut items = vec![(first, quantity)];
    items.extend(more_items(order.get("more_items")).map_err(|reason| wrong("more_items", reason))?);
    Ok(items)
}
