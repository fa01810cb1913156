//! An order's content: named values by a platform's form, checked and normalised by its adapter.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// The checked, normalised fields of an order, by form field name. Empty optional fields are left out.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(transparent)]
pub struct OrderPayload(pub BTreeMap<String, String>);

impl OrderPayload {
    /// The value of a field, or the empty text.
    pub fn get(&self, field: &str) -> &str {
        self.0.get(field).map_or("", String::as_str)
    }
}

/// What is wrong with one field of an order, said so that a merchant can mend it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
pub struct FieldError {
    /// The form field, which is also the CSV column.
    pub field: String,
    /// What is wrong and what would be right.
    pub reason: String,
}

/// One field of a platform's order form. It drives the form, the CSV template and the checks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, specta::Type)]
pub struct Field {
    /// Column and key.
    pub name: &'static str,
    /// What a merchant reads beside it.
    pub label: &'static str,
    /// Whether an order cannot do without.
    pub required: bool,
    /// How it is entered.
    pub kind: FieldKind,
    /// A valid value, used in the template row.
    pub example: &'static str,
}

impl Field {
    /// A field of a form. `required`: an order cannot do without.
    pub const fn new(
        name: &'static str,
        label: &'static str,
        required: bool,
        kind: FieldKind,
        example: &'static str,
    ) -> Field {
        Field { name, label, required, kind, example }
    }
}

/// How a field is entered and checked in outline; the adapter has the exact rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, specta::Type)]
#[serde(rename_all = "snake_case")]
pub enum FieldKind {
    /// One line of text.
    Text,
    /// A phone number.
    Phone,
    /// Degrees north.
    Latitude,
    /// Degrees east.
    Longitude,
    /// A whole number.
    Integer,
    /// A decimal amount in major units.
    Amount,
}

/// What a list shows of an order.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
pub struct Summary {
    /// Whom it goes to.
    pub recipient: String,
    /// What it is, or where it goes, in a few words.
    pub what: String,
}
