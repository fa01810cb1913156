//! Print.one's templates, which an order's `template_id` is chosen from, and the variables that each one asks for.
//!
//! From the vendor's pages and its SDK: the route, the envelope of a list, and that every variable of a template must be
//! given or the create is refused (400). The list's filters are not relied on: names are sought on our side.

use std::collections::BTreeMap;

use serde_json::Value;

use super::super::reading::{id, retry_after_ms, text};
use super::super::values::pairs;
use super::wire::{BUSY_MS, refusal};
use crate::domain::FieldError;
use crate::domain::ask::{Choice, Choices, ChoicesReply};
use crate::domain::http::{HttpRequest, HttpResponse};
use crate::domain::wrong::LACKS;

const TEMPLATES: &str = "/v2/templates";
/// Most rows of a page, says a third party's index of the API.
const PAGE_ROWS: usize = 200;
/// The form's field that holds a template's id, and the one that holds what it is filled with.
pub(super) const FIELD: &str = "template_id";
const VARIABLES: &str = "merge_variables";

pub(super) fn request(page: u64) -> HttpRequest {
    HttpRequest::get(format!("{TEMPLATES}?limit={PAGE_ROWS}&page={page}"))
}

pub(super) fn read(answer: &HttpResponse) -> ChoicesReply {
    let status = answer.status;
    if status == 429 {
        return ChoicesReply::Busy { retry_after_ms: retry_after_ms(answer).or(Some(BUSY_MS)) };
    }
    if matches!(status, 401 | 403)
        && let Some(refusal) = refusal(answer)
    {
        return ChoicesReply::Unauthorised { code: refusal.code };
    }
    if !(200..300).contains(&status) {
        return ChoicesReply::Unclear { why: format!("http {status}") };
    }
    let body = answer.json().unwrap_or_default();
    let Some(list) = body.get("data").and_then(Value::as_array) else {
        return ChoicesReply::Unclear { why: "the answer is no list of templates".into() };
    };
    let rows: Vec<Choice> = list.iter().filter_map(template).collect();
    if rows.is_empty() && !list.is_empty() {
        return ChoicesReply::Unclear { why: "no row is a template with an id".into() };
    }
    let number = |name: &str| body.get(name).and_then(Value::as_u64);
    let next = number("page").zip(number("pages")).filter(|(page, pages)| (1..*pages).contains(page));
    ChoicesReply::Told(Choices { rows, next: next.map(|(page, _)| request(page + 1)) })
}

fn template(row: &Value) -> Option<Choice> {
    let id = id(row, "id")?;
    let name: String = text(row, "name").unwrap_or(&id).chars().take(200).collect();
    Some(Choice { name, price: None, stock: None, variables: variables(row), id })
}

/// Names, or objects that have one.
fn variables(row: &Value) -> Option<Vec<String>> {
    let list = row.get("mergeVariables").or_else(|| row.get("variables"))?.as_array()?;
    let name = |value: &Value| match value {
        Value::String(name) if !name.is_empty() => Some(name.clone()),
        Value::Object(_) => text(value, "name").or_else(|| text(value, "key")).map(str::to_owned),
        _ => None,
    };
    list.iter().take(200).map(name).collect()
}

/// The variables of the template that the order does not give. One that is given as an empty text is given.
pub(super) fn lacks(choice: &Choice, values: &BTreeMap<String, String>) -> Vec<FieldError> {
    let given = values.get(VARIABLES).map(String::as_str).unwrap_or_default();
    // What cannot be read is told by the form's own check.
    let Ok(given) = pairs(given, "code=X1") else { return Vec::new() };
    let missing: Vec<&str> =
        choice.variables.iter().flatten().map(String::as_str).filter(|name| !given.contains_key(*name)).collect();
    if missing.is_empty() {
        return Vec::new();
    }
    let written: Vec<String> = missing.iter().map(|name| format!("{name}=...")).collect();
    let (missing, added) = (missing.join(", "), written.join("; "));
    let reason = LACKS.with(&[("missing", &missing), ("template", &choice.name), ("added", &added)]);
    vec![FieldError { field: VARIABLES.to_owned(), reason }]
}
