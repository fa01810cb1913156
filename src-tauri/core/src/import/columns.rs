//! Which column of a file is which field of the form.

use std::collections::BTreeMap;

use crate::adapters::values::{clean, shown};
use crate::domain::order::Field;
use crate::domain::wrong::{COLUMNS, NO_COLUMN, NO_SUCH_COLUMN, TWICE_IN_HEADER};

use super::csv::Shape;
use super::{ORDER_NO, UNKNOWN_MAX};

pub(super) struct Columns {
    form: &'static [Field],
    mapping: BTreeMap<String, String>,
    header: Vec<String>,
    fields: Vec<Option<&'static str>>,
    unknown: Vec<String>,
}

impl Columns {
    /// `mapping`: the file's column by form field, where the names differ.
    pub(super) fn new(form: &'static [Field], mapping: &BTreeMap<String, String>) -> Columns {
        Columns { form, mapping: mapping.clone(), header: Vec::new(), fields: Vec::new(), unknown: Vec::new() }
    }

    /// Lays the form over a header. Every missing or doubled column is an error, once.
    pub(super) fn lay(mut self, header: &[String]) -> Result<Columns, Vec<(String, String)>> {
        self.header = header.iter().map(|name| clean(name)).collect();
        let mut errors = Vec::new();
        let mut fields: Vec<Option<&'static str>> = Vec::new();
        for name in &self.header {
            let field = self.name_of(name);
            if let Some(field) = field.filter(|f| fields.contains(&Some(f))) {
                errors.push((field.to_owned(), TWICE_IN_HEADER.plain()));
            }
            if field.is_none() && !name.is_empty() && self.unknown.len() < UNKNOWN_MAX {
                self.unknown.push(name.clone());
            }
            fields.push(field);
        }
        for (field, column) in &self.mapping {
            if !self.header.iter().any(|name| plain(name) == plain(column)) {
                errors.push((field.clone(), NO_SUCH_COLUMN.with(&[("value", &shown(column))])));
            }
        }
        let required = self.form.iter().filter(|f| f.required).map(|f| f.name);
        for name in std::iter::once(ORDER_NO).chain(required) {
            let mapped = self.mapping.contains_key(name);
            if !mapped && !fields.contains(&Some(name)) {
                errors.push((name.to_owned(), NO_COLUMN.plain()));
            }
        }
        self.fields = fields;
        if errors.is_empty() { Ok(self) } else { Err(errors) }
    }

    /// What the rows under this header look like.
    pub(super) fn shape(&self) -> Shape {
        let required = |name: &str| name == ORDER_NO || self.form.iter().any(|f| f.required && f.name == name);
        let last_required = self.fields.iter().rposition(|field| field.is_some_and(required)).unwrap_or(0);
        Shape { width: self.fields.len(), last_required }
    }

    /// The column at a place, from 0, by the field's name or else the file's own.
    pub(super) fn name(&self, place: usize) -> String {
        let field = self.fields.get(place).copied().flatten().map(str::to_owned);
        let own = || self.header.get(place).filter(|name| !name.is_empty()).cloned();
        field.or_else(own).unwrap_or_else(|| "-".to_owned())
    }

    /// The values of one CSV row by field. A row may be short; what is too much must be empty.
    pub(super) fn take(&self, row: &[String]) -> Result<BTreeMap<String, String>, String> {
        let extra = row.iter().skip(self.fields.len()).any(|value| !value.trim().is_empty());
        if extra {
            return Err(COLUMNS.with(&[("count", &row.len()), ("header", &self.fields.len())]));
        }
        let pairs = self.fields.iter().zip(row);
        Ok(pairs.filter_map(|(field, value)| Some(((*field)?.to_owned(), value.clone()))).collect())
    }

    /// The field that a name of the file stands for.
    pub(super) fn field_of(&self, name: &str) -> Option<String> {
        self.name_of(&clean(name)).map(str::to_owned)
    }

    pub(super) fn unknown(&self) -> &[String] {
        &self.unknown
    }

    /// The header, or the form's own columns where there is no header.
    pub(super) fn names(&self) -> Vec<String> {
        if self.header.is_empty() {
            return std::iter::once(ORDER_NO).chain(self.form.iter().map(|f| f.name)).map(str::to_owned).collect();
        }
        self.header.clone()
    }

    /// A mapping goes before an equal name: the merchant has said it.
    fn name_of(&self, name: &str) -> Option<&'static str> {
        let known = || std::iter::once(ORDER_NO).chain(self.form.iter().map(|f| f.name));
        let name = plain(name);
        if let Some((field, _)) = self.mapping.iter().find(|(_, column)| plain(column) == name) {
            return known().find(|f| f == field);
        }
        known().find(|f| *f == name && !self.mapping.contains_key(*f))
    }
}

/// Column names differ in case, blanks and dashes, and mean the same.
fn plain(name: &str) -> String {
    name.trim().chars().map(|c| if c == ' ' || c == '-' { '_' } else { c.to_ascii_lowercase() }).collect()
}
