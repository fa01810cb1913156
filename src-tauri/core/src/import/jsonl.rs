//! JSON Lines: one object a line.

use std::collections::BTreeMap;
use std::io::{self, Read};

use serde_json::{Map, Value};

use super::columns::Columns;
use super::source::Source;
use super::{RECORD_MAX, UNKNOWN_MAX};

pub(super) enum Next {
    Line { line: u64, text: String },
    TooLong { line: u64 },
    End,
}

/// The next line that is not blank, of at most `RECORD_MAX` bytes.
pub(super) fn next<R: Read>(source: &mut Source<R>) -> io::Result<Next> {
    if source.first()?.is_none() {
        return Ok(Next::End);
    }
    let line = source.line();
    let mut bytes = Vec::new();
    let mut too_long = false;
    loop {
        let buffer = source.buffer()?;
        let end = buffer.iter().position(|b| *b == b'\n');
        let part = &buffer[..end.unwrap_or(buffer.len())];
        let (length, last) = (part.len(), end.is_some() || part.is_empty());
        if bytes.len() + length > RECORD_MAX {
            too_long = true;
        } else {
            bytes.extend_from_slice(part);
        }
        source.consume(length + usize::from(end.is_some()));
        if last {
            break;
        }
    }
    if too_long {
        return Ok(Next::TooLong { line });
    }
    Ok(Next::Line { line, text: String::from_utf8_lossy(&bytes).into_owned() })
}

/// The values of one line by field. An error names the column.
pub(super) fn values(
    text: &str,
    columns: &Columns,
    unknown: &mut Vec<String>,
) -> Result<BTreeMap<String, String>, (String, String)> {
    let object: Map<String, Value> = serde_json::from_str(text)
        .map_err(|e| ("-".to_owned(), format!("the line is not one JSON object: {}", words(&e))))?;
    let mut values = BTreeMap::new();
    for (name, value) in object {
        let Some(field) = columns.field_of(&name) else {
            if !unknown.contains(&name) && unknown.len() < UNKNOWN_MAX {
                unknown.push(name);
            }
            continue;
        };
        let value = match value {
            Value::Null => continue,
            Value::String(text) => text,
            Value::Number(number) => number.to_string(),
            Value::Bool(flag) => flag.to_string(),
            Value::Array(_) | Value::Object(_) => {
                return Err((field, "holds a list or an object; give a text or a number".into()));
            }
        };
        if values.insert(field.clone(), value).is_some() {
            return Err((field, "stands in the line twice; give it once".into()));
        }
    }
    Ok(values)
}

/// The parser's words without its own line number, which is always 1.
fn words(error: &serde_json::Error) -> String {
    let text = error.to_string();
    match text.split_once(" at line ") {
        Some((what, _)) => format!("{what} at character {}", error.column()),
        None => text,
    }
}
