//! The templates that every practice merchant has.

use serde_json::{Value, json};

use super::refusal;
use crate::{book::Book, wire::Reply};

/// A design that orders are printed from. Every variable has to be given with an order.
#[derive(Debug)]
pub(super) struct Template {
    pub id: &'static str,
    pub name: &'static str,
    pub format: &'static str,
    pub variables: &'static [&'static str],
    pub version: u32,
}

pub(super) const ALL: [Template; 4] = [
    Template {
        id: "tmpl_welcome",
        name: "Welcome card",
        format: "POSTCARD_A5",
        variables: &["firstName", "code"],
        version: 2,
    },
    Template { id: "tmpl_thanks", name: "Thank you", format: "POSTCARD_A6", variables: &["firstName"], version: 1 },
    Template { id: "tmpl_plain", name: "Autumn sale", format: "POSTCARD_SQ15", variables: &[], version: 5 },
    Template {
        id: "tmpl_birthday",
        name: "Birthday greeting",
        format: "GREETINGCARD_SQ14",
        variables: &["firstName", "message"],
        version: 1,
    },
];

pub(super) fn find(id: &str) -> Option<&'static Template> {
    ALL.iter().find(|template| template.id == id)
}

/// The template object, as the vendor's SDK reads it.
pub(super) fn row(template: &Template) -> Value {
    json!({
        "id": template.id, "name": template.name, "format": template.format, "labels": ["practice"],
        "mergeVariables": template.variables, "thumbnail": "", "apiVersion": 2, "version": template.version,
        "updatedAt": "2026-01-05T09:00:00.000Z",
    })
}

pub(super) fn get(book: &Book, id: &str, version: Option<&str>) -> Reply {
    let wanted = |template: &&Template| version.is_none_or(|version| version == template.version.to_string());
    match find(id).filter(wanted) {
        Some(template) => {
            let mut body = row(template);
            body["pages"] = json!([{"orderingKey": 0, "content": format!("<h1>{}</h1>", template.name)}]);
            Reply::json(200, &body)
        }
        None => refusal(book, 404, "Template not found"),
    }
}
