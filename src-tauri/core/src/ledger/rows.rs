//! Rows as domain types. A value that does not read is an error that names its place, never a guess.

use serde::de::DeserializeOwned;
use serde_json::Value;
use sqlx::sqlite::SqliteRow;
use sqlx::{Decode, Row, Sqlite, Type};

use super::error::{Doing, LedgerError, Result};
use crate::domain::{BoundBy, Platform, Progress, State};

/// A column by name.
pub(super) fn get<'r, T>(row: &'r SqliteRow, column: &str) -> Result<T>
where
    T: Decode<'r, Sqlite> + Type<Sqlite>,
{
    row.try_get(column).doing("reading a row")
}

/// A column by place.
pub(super) fn at<'r, T>(row: &'r SqliteRow, place: usize) -> Result<T>
where
    T: Decode<'r, Sqlite> + Type<Sqlite>,
{
    row.try_get(place).doing("reading a row")
}

fn unreadable(what: &str, why: impl ToString) -> LedgerError {
    LedgerError::Unreadable { what: what.to_owned(), why: why.to_string() }
}

/// JSON text as a value.
pub(super) fn from_json<T: DeserializeOwned>(what: &str, text: &str) -> Result<T> {
    serde_json::from_str(text).map_err(|e| unreadable(what, e))
}

/// A value as JSON text.
pub(super) fn to_json<T: serde::Serialize>(what: &str, value: &T) -> Result<String> {
    serde_json::to_string(value).map_err(|e| LedgerError::Misuse(format!("{what} cannot be written: {e}")))
}

/// A state by its word.
pub(super) fn state(text: &str) -> Result<State> {
    State::from_code(text).ok_or_else(|| unreadable("a state", text))
}

/// What bound a dispatch, by its code.
pub(super) fn bound_by(text: &str) -> Result<BoundBy> {
    BoundBy::from_code(text).ok_or_else(|| unreadable("bound_by", text))
}

/// A platform by its code.
pub(super) fn platform(text: &str) -> Result<Platform> {
    Platform::from_code(text).ok_or_else(|| unreadable("a platform", text))
}

/// Progress as stored: only what differs from the default, which keeps a million rows small.
pub(super) fn progress_text(progress: &Progress) -> Result<String> {
    if *progress == Progress::default() {
        return Ok("{}".to_owned());
    }
    let plain = serde_json::to_value(Progress::default()).map_err(|e| LedgerError::Misuse(e.to_string()))?;
    let mut full = serde_json::to_value(progress).map_err(|e| LedgerError::Misuse(e.to_string()))?;
    if let Value::Object(map) = &mut full {
        map.retain(|key, value| plain.get(key) != Some(value));
    }
    Ok(full.to_string())
}
