//! Checks of an order's values that every platform shares: what is forgiven, what is refused, and how it is said.
//!
//! Not here: which fields a platform has, or their ranges.

use std::collections::BTreeMap;

use rust_decimal::Decimal;

use crate::domain::order::Field;
use crate::domain::wrong::{
    CONTROL, DECIMALS, MISSING, NO_SUCH_FIELD, NOT_DEGREES, NOT_PAIR, NOT_TRUTH, NOT_WHOLE, OUTSIDE, SWAPPED, TOO_LONG,
    TWICE,
};
use crate::domain::{FieldError, OrderPayload};

/// What is wrong with a field that a form does not have.
pub fn unknown_field(form: &[Field], name: &str) -> FieldError {
    let known = form.iter().map(|f| f.name).collect::<Vec<_>>().join(", ");
    FieldError { field: name.to_owned(), reason: NO_SUCH_FIELD.with(&[("known", &known)]) }
}

/// Goes through a form's fields and collects what is right and what is wrong.
pub(crate) struct Checker<'a> {
    form: &'static [Field],
    values: &'a BTreeMap<String, String>,
    checked: BTreeMap<String, String>,
    errors: Vec<FieldError>,
}

impl<'a> Checker<'a> {
    pub(crate) fn new(form: &'static [Field], values: &'a BTreeMap<String, String>) -> Checker<'a> {
        let mut errors = Vec::new();
        for name in values.keys().filter(|name| !form.iter().any(|f| f.name == name.as_str())) {
            errors.push(unknown_field(form, name));
        }
        Checker { form, values, checked: BTreeMap::new(), errors }
    }

    /// Checks one field of the form. `check` sees a cleaned value that is not empty.
    pub(crate) fn field(&mut self, name: &'static str, check: impl FnOnce(&str) -> Result<String, String>) {
        let Some(field) = self.form.iter().find(|f| f.name == name) else { return };
        let value = self.values.get(name).map(|v| clean(v)).unwrap_or_default();
        if value.is_empty() {
            if field.required {
                self.wrong(name, MISSING.with(&[("example", &field.example)]));
            }
            return;
        }
        if value.chars().any(char::is_control) {
            self.wrong(name, CONTROL.plain());
            return;
        }
        match check(&value) {
            Ok(checked) => {
                self.checked.insert(name.to_owned(), checked);
            }
            Err(reason) => self.wrong(name, reason),
        }
    }

    /// One line of text of at most `max` characters.
    pub(crate) fn text(&mut self, name: &'static str, max: usize) {
        self.field(name, |value| limited(value, max));
    }

    /// Sets a value for an optional field that was left empty.
    pub(crate) fn default(&mut self, name: &'static str, value: &str) {
        let wrong = self.errors.iter().any(|e| e.field == name);
        if !wrong {
            self.checked.entry(name.to_owned()).or_insert_with(|| value.to_owned());
        }
    }

    pub(crate) fn wrong(&mut self, name: &str, reason: String) {
        self.errors.push(FieldError { field: name.to_owned(), reason });
    }

    pub(crate) fn finish(self) -> Result<OrderPayload, Vec<FieldError>> {
        if self.errors.is_empty() { Ok(OrderPayload(self.checked)) } else { Err(self.errors) }
    }
}

const QUOTES: [char; 11] = ['"', '“', '”', '„', '‟', '«', '»', '‘', '’', '‚', '＂'];

/// A value without what spreadsheets and chat programs put around it: blanks of every kind, byte order marks, and one
/// pair of quotation marks. Breaks and special blanks inside become plain blanks.
pub(crate) fn clean(value: &str) -> String {
    let blank = |c: char| c.is_whitespace() || matches!(c, '\u{feff}' | '\u{200b}'..='\u{200f}' | '\u{2060}');
    let mut text = value.trim_matches(blank);
    let mut chars = text.chars();
    if let (Some(first), Some(last)) = (chars.next(), chars.next_back()) {
        let inner = chars.as_str();
        if QUOTES.contains(&first) && QUOTES.contains(&last) && !inner.contains(&QUOTES[..7]) {
            text = inner.trim_matches(blank);
        }
    }
    // A line break within a cell is one break, whichever program saved the file.
    text.replace("\r\n", "\n").chars().map(|c| if c.is_whitespace() { ' ' } else { c }).collect()
}

/// A text of at most `max` characters.
pub(crate) fn limited(value: &str, max: usize) -> Result<String, String> {
    let length = value.chars().count();
    if length > max {
        return Err(TOO_LONG.with(&[("length", &length), ("most", &max)]));
    }
    Ok(value.to_owned())
}

/// `true` or `false`, however it is said.
pub(crate) fn truth(value: &str) -> Result<String, String> {
    match value.to_ascii_lowercase().as_str() {
        "true" | "yes" | "1" => Ok("true".into()),
        "false" | "no" | "0" => Ok("false".into()),
        _ => Err(NOT_TRUTH.with(&[("value", &shown(value))])),
    }
}

/// Reads `key=value; key=value`, in the order of the keys, so that the bytes made of them never depend on how they were
/// typed. Keys stand once. `example` is what an error shows.
pub(crate) fn pairs(text: &str, example: &str) -> Result<BTreeMap<String, String>, String> {
    let mut pairs = BTreeMap::new();
    for part in text.split(';').map(str::trim).filter(|p| !p.is_empty()) {
        let pair = part.split_once('=').map(|(name, value)| (name.trim(), value.trim()));
        let Some((name, value)) = pair.filter(|(name, _)| !name.is_empty()) else {
            return Err(NOT_PAIR.with(&[("value", &shown(part)), ("example", &example)]));
        };
        if pairs.insert(name.to_owned(), value.to_owned()).is_some() {
            return Err(TWICE.with(&[("value", &shown(name))]));
        }
    }
    Ok(pairs)
}

/// A whole number within bounds.
pub(crate) fn whole(value: &str, least: i64, most: i64) -> Result<String, String> {
    value
        .parse::<i64>()
        .ok()
        .filter(|n| (least..=most).contains(n))
        .map(|n| n.to_string())
        .ok_or_else(|| NOT_WHOLE.with(&[("value", &shown(value)), ("least", &least), ("most", &most)]))
}

/// Degrees within bounds, with the digits the merchant gave. `other` is the other coordinate's range: a value that
/// lies in it is told to be swapped.
pub(crate) fn degrees(value: &str, range: (Decimal, Decimal), other: (Decimal, Decimal)) -> Result<String, String> {
    let (low, high) = range;
    let plain = value.replace(',', ".");
    let number = decimal(&plain).map_err(|_| NOT_DEGREES.with(&[("value", &shown(value)), ("example", &low)]))?;
    if number.scale() > 12 {
        return Err(DECIMALS.plain());
    }
    if (low..=high).contains(&number) {
        return Ok(plain.trim_start_matches('+').to_owned());
    }
    if (other.0..=other.1).contains(&number) {
        return Err(SWAPPED.with(&[("value", &shown(value))]));
    }
    Err(OUTSIDE.with(&[("value", &shown(value)), ("low", &low), ("high", &high)]))
}

/// A plain decimal number: digits, one dot, a sign; no exponent.
pub(crate) fn decimal(value: &str) -> Result<Decimal, ()> {
    let plain = value.len() <= 20 && value.chars().all(|c| c.is_ascii_digit() || matches!(c, '.' | '+' | '-'));
    if plain { value.parse().map_err(|_| ()) } else { Err(()) }
}

/// A checked decimal as a JSON number with the same digits. `None` when it is no number.
pub(crate) fn number(value: &str) -> Option<serde_json::Number> {
    match value.parse::<i64>() {
        Ok(whole) => Some(whole.into()),
        // The standard library's reading is exact, and the shortest form that reads back is what gets written: the
        // digits given, as long as they are at most fifteen.
        Err(_) => serde_json::Number::from_f64(value.parse().ok()?),
    }
}

/// A phone number's country code and national digits. Blanks, dashes, dots and brackets are forgiven.
pub(crate) fn phone(value: &str, country: phonenumber::country::Id) -> Option<(u16, String)> {
    let mut plain = String::new();
    for c in value.chars() {
        match c {
            '০'..='৯' => plain.push(char::from(b'0' + u8::try_from(u32::from(c) - u32::from('০')).ok()?)),
            '0'..='9' | '+' => plain.push(c),
            ' ' | '-' | '.' | '(' | ')' | '/' | '\u{2010}'..='\u{2015}' => {}
            _ => return None,
        }
    }
    if plain.len() > 20 {
        return None;
    }
    let number = phonenumber::parse(Some(country), &plain).ok()?;
    Some((number.code().value(), number.national().value().to_string()))
}

/// The `api_key` of a secrets object, if a header can carry it.
pub(crate) fn api_key(secrets: &BTreeMap<String, String>) -> Result<&str, String> {
    let key = secrets.get("api_key").map(String::as_str).unwrap_or_default();
    if key.trim().is_empty() {
        return Err("api_key is missing; give {\"api_key\": \"...\"}".into());
    }
    if !key.chars().all(|c| c.is_ascii_graphic()) {
        return Err("api_key holds a blank or a character that no key has; copy it again".into());
    }
    Ok(key)
}

/// A value as an error message shows it.
pub(crate) fn shown(value: &str) -> String {
    let mut short: String = value.chars().take(40).collect();
    if short.len() < value.len() {
        short.push('…');
    }
    format!("\"{short}\"")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_surrounds_a_value_is_forgiven() {
        assert_eq!(clean("\u{a0} “R. Das”\u{200b} "), "R. Das");
        assert_eq!(clean("\u{feff}\"x\""), "x");
        assert_eq!(clean("\"a\" and \"b\""), "\"a\" and \"b\"", "quotation marks within stay");
        assert_eq!(clean("12 Mint St\r\nSan\u{a0}Francisco"), "12 Mint St San Francisco", "a break is one blank");
        assert_eq!(clean("\""), "\"");
        assert_eq!(clean(""), "");
    }

    #[test]
    fn numbers_keep_their_digits() {
        for text in ["23.7937", "90.40660000001", "-0.5", "24"] {
            assert_eq!(number(text).unwrap().to_string(), text);
        }
        assert_eq!(number("x"), None);
    }

    #[test]
    fn phones_are_read_however_they_are_written() {
        use phonenumber::country::Id;
        for text in
            ["01700000001", "+8801700000001", "+880 1700-000001", "8801700000001", "01700 000 001", "০১৭০০০০০০০১"]
        {
            assert_eq!(phone(text, Id::BD), Some((880, "1700000001".into())), "{text}");
        }
        for text in ["415-555-0100", "(415) 555 0100", "+1 415.555.0100", "14155550100"] {
            assert_eq!(phone(text, Id::US), Some((1, "4155550100".into())), "{text}");
        }
        assert_eq!(phone("call me", Id::US), None);
        assert_eq!(phone("", Id::US), None);
    }
}
