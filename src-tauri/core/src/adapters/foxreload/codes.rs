//! The codes that FoxReload delivers: `items[].externalData[]` of its order object.
//!
//! Its pages show an array of texts, there when the order is completed. What an element is when it is no text is not
//! written anywhere; it is kept as it came, because it was paid for. Whatever an order's status, codes that are shown
//! are read: a failed order may have delivered some of its items.

use serde_json::{Value, json};

use crate::domain::codes::{Code, DeliveredCodes, ItemCodes};
use crate::domain::http::HttpResponse;

const MEMBER: &str = "externalData";

/// The codes in an order object, item by item.
pub(super) fn delivered(order: &Value) -> DeliveredCodes {
    let items = order.get("items").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let of_item = |(item, value): (usize, &Value)| {
        let codes = codes(value.get(MEMBER)?);
        (!codes.is_empty()).then_some(ItemCodes { item: u32::try_from(item).ok()?, codes })
    };
    DeliveredCodes(items.iter().enumerate().filter_map(of_item).collect())
}

fn codes(data: &Value) -> Vec<Code> {
    let text = |value: &Value| match value {
        Value::Null => None,
        Value::String(text) => (!text.is_empty()).then(|| text.clone()),
        Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => Some(value.to_string()),
    };
    match data {
        Value::Array(elements) => elements.iter().filter_map(text).map(Code::new).collect(),
        one => text(one).map(Code::new).into_iter().collect(),
    }
}

/// An answer's body with how many codes there are in place of the codes. Of a body that is no JSON, only its length.
pub(super) fn without(answer: &HttpResponse) -> Value {
    let Some(mut body) = answer.json() else { return json!({ "bytes": answer.body.len() }) };
    mask(&mut body);
    body
}

fn mask(value: &mut Value) {
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                if name == MEMBER { *member = json!({ "codes": codes(member).len() }) } else { mask(member) }
            }
        }
        Value::Array(elements) => elements.iter_mut().for_each(mask),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}
