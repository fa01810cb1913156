//! JSON Lines: one object a line.

use std::collections::BTreeMap;
use std::fmt;
use std::io::{self, Read};

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::UNKNOWN_MAX;
use super::columns::Columns;
use super::source::{Line, Source};

/// The next line that is not blank.
pub(super) fn next<R: Read>(source: &mut Source<R>) -> io::Result<Option<Line>> {
    loop {
        match source.next_line()? {
            Some(line) if line.is_blank() => {}
            other => return Ok(other),
        }
    }
}

/// The values of one line by field. An error names the column.
pub(super) fn values(
    text: &str,
    columns: &Columns,
    unknown: &mut Vec<String>,
) -> Result<BTreeMap<String, String>, (String, String)> {
    let wrong = |e: serde_json::Error| ("-".to_owned(), format!("the line is not one JSON object: {}", words(&e)));
    let Object(pairs) = serde_json::from_str(text).map_err(wrong)?;
    let mut values = BTreeMap::new();
    for (name, raw) in pairs {
        let Some(field) = columns.field_of(&name) else {
            if !unknown.contains(&name) && unknown.len() < UNKNOWN_MAX {
                unknown.push(name);
            }
            continue;
        };
        let raw = raw.get();
        let value = match raw.as_bytes().first() {
            Some(b'n') => String::new(),
            Some(b'"') => serde_json::from_str(raw).map_err(wrong)?,
            Some(b'[' | b'{') => return Err((field, "holds a list or an object; give a text or a number".into())),
            // A number or a truth value, as it is written: read as a number it might lose digits.
            _ => raw.to_owned(),
        };
        if values.insert(field.clone(), value).is_some() {
            return Err((field, "stands in the line twice; give it once".into()));
        }
    }
    Ok(values)
}

/// An object's names and values in the order written, with those that come twice.
struct Object<'a>(Vec<(String, &'a RawValue)>);

impl<'de> Deserialize<'de> for Object<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Pairs;
        impl<'de> Visitor<'de> for Pairs {
            type Value = Object<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut pairs = Vec::new();
                while let Some(pair) = map.next_entry()? {
                    pairs.push(pair);
                }
                Ok(Object(pairs))
            }
        }
        deserializer.deserialize_map(Pairs)
    }
}

/// The parser's words without its own line number, which is always 1.
fn words(error: &serde_json::Error) -> String {
    let text = error.to_string();
    match text.split_once(" at line ") {
        Some((what, _)) => format!("{what} at character {}", error.column()),
        None => text,
    }
}
