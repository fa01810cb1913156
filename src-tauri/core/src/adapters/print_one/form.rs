//! Print.one's form: fields, checks, and what makes two orders look alike.

use std::collections::BTreeMap;

use phonenumber::country::Id;

use super::super::reading::fingerprint;
use super::super::values::{Checker, limited, pairs, shown};
use crate::domain::order::{Field, FieldKind};
use crate::domain::wrong::{MISSING_SENDER, NONE_OF, NOT_COUNTRY, NOT_DAY, NOT_TEMPLATE, NOT_UK};
use crate::domain::{FieldError, Fingerprint, OrderPayload};

const fn field(name: &'static str, label: &'static str, required: bool, example: &'static str) -> Field {
    Field::new(name, label, required, FieldKind::Text, example)
}

pub(super) static FORM: [Field; 16] = [
    field("template_id", "Template id", true, "tmpl_5d"),
    field("recipient_name", "Recipient", true, "R. Diaz"),
    field("recipient_address", "Street and number", true, "Kade 9"),
    field("recipient_address2", "Second address line", false, "2nd floor"),
    field("recipient_postal_code", "Postal code", true, "1011 AB"),
    field("recipient_city", "City", true, "Amsterdam"),
    field("recipient_country", "Country (two letters)", true, "NL"),
    field("finish", "Finish (GLOSSY or MATTE; GLOSSY when empty)", false, "GLOSSY"),
    field("merge_variables", "Merge variables (key=value; key=value)", false, "code=X1"),
    field("sender_name", "Sender", false, "Wick & Co"),
    field("sender_address", "Sender's street and number", false, "Munt 12"),
    field("sender_address2", "Sender's second address line", false, "Side door"),
    field("sender_postal_code", "Sender's postal code", false, "1012 AC"),
    field("sender_city", "Sender's city", false, "Amsterdam"),
    field("sender_country", "Sender's country (two letters)", false, "NL"),
    field("send_date", "Send on (YYYY-MM-DD; at once when empty)", false, "2026-03-03"),
];

/// What a sender's address cannot do without, once there is one.
const SENDER: [&str; 5] = ["sender_name", "sender_address", "sender_postal_code", "sender_city", "sender_country"];

pub(super) fn check(values: &BTreeMap<String, String>) -> Result<OrderPayload, Vec<FieldError>> {
    let mut c = Checker::new(&FORM, values);
    c.field("template_id", template_id);
    for name in ["recipient_name", "sender_name"] {
        c.text(name, 100);
    }
    for name in ["recipient_address", "recipient_address2", "sender_address", "sender_address2"] {
        c.text(name, 150);
    }
    for name in ["recipient_city", "sender_city"] {
        c.text(name, 100);
    }
    for name in ["recipient_postal_code", "sender_postal_code"] {
        c.text(name, 20);
    }
    for name in ["recipient_country", "sender_country"] {
        c.field(name, country);
    }
    c.field("finish", finish);
    c.default("finish", "GLOSSY");
    c.field("merge_variables", |v| {
        let pairs = pairs(&limited(v, 4_000)?, "code=X1")?;
        Ok(pairs.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("; "))
    });
    c.field("send_date", date);
    let given = |name: &str| values.get(name).is_some_and(|v| !super::super::values::clean(v).is_empty());
    if SENDER.iter().any(|name| given(name)) || given("sender_address2") {
        for name in SENDER.into_iter().filter(|name| !given(name)) {
            c.wrong(name, MISSING_SENDER.plain());
        }
    }
    c.finish()
}

fn template_id(value: &str) -> Result<String, String> {
    let rest = value.strip_prefix("tmpl_").unwrap_or_default();
    let plain = rest.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-'));
    if rest.is_empty() || !plain || value.len() > 100 {
        return Err(NOT_TEMPLATE.with(&[("value", &shown(value))]));
    }
    Ok(value.to_owned())
}

/// ISO 3166 with two letters. The platform takes names as well, and shows them in a form of its own.
fn country(value: &str) -> Result<String, String> {
    let code = value.to_ascii_uppercase();
    if code == "UK" {
        return Err(NOT_UK.plain());
    }
    if code.len() == 2 && code.parse::<Id>().is_ok() {
        return Ok(code);
    }
    Err(NOT_COUNTRY.with(&[("value", &shown(value))]))
}

fn finish(value: &str) -> Result<String, String> {
    match value.to_ascii_uppercase().as_str() {
        "GLOSSY" => Ok("GLOSSY".into()),
        "MATTE" | "MATT" => Ok("MATTE".into()),
        _ => Err(NONE_OF.with(&[("value", &shown(value)), ("known", &"GLOSSY, MATTE")])),
    }
}

/// A day: the platform prints on days, and a day has no time zone to get wrong.
fn date(value: &str) -> Result<String, String> {
    let day = chrono::NaiveDate::parse_from_str(value, "%Y-%m-%d").ok().filter(|_| value.len() == 10);
    day.map(|d| d.format("%Y-%m-%d").to_string()).ok_or_else(|| NOT_DAY.with(&[("value", &shown(value))]))
}

/// What the platform echoes unchanged: template, finish (its pages write MATT as well) and the postal code without its
/// blanks. Names, streets and cities may be set anew for print; variables may be filled up from the template.
pub(super) fn look(template_id: &str, finish: &str, postal_code: &str) -> Fingerprint {
    let postal_code: String = postal_code.chars().filter(char::is_ascii_alphanumeric).collect();
    let finish = finish.to_ascii_uppercase();
    let finish = if finish.starts_with("MATT") { "MATTE" } else { finish.as_str() };
    fingerprint(&[template_id, finish, &postal_code.to_ascii_uppercase()])
}
