//! Rows as domain types. A value that does not read is an error that names its place, never a guess.

use serde::de::DeserializeOwned;
use serde_json::Value;
use sqlx::sqlite::SqliteRow;
use sqlx::{Decode, Row, Sqlite, Type};

use super::error::{Doing, LedgerError, Result};
use crate::domain::{
    AccountId, BoundBy, Dispatch, DispatchId, Fingerprint, IdempotencyKey, OrderId, OrderNo, Platform, Progress,
    Reference, RemoteId, State,
};

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

/// The columns that `dispatch` reads, with a tail. One statement, so that a dispatch and its attempts are of the same
/// moment.
macro_rules! dispatch_sql {
    ($tail:literal) => {
        concat!(
            "SELECT d.id, d.order_id, d.account_id, d.order_no, a.platform, d.generation, d.reference, \
             d.idempotency_key, d.fingerprint, d.state, d.version, d.came_from, d.progress, d.remote_id, d.bound_by, \
             d.remote, \
             (SELECT json_group_array(json_object('n', t.n, 'armed', json(t.armed), 'server_ms', t.server_ms, \
              'credential', t.credential, 'before_set', json(t.before_set), 'end', json(t.ended)) ORDER BY t.n) \
              FROM attempt t WHERE t.dispatch_id = d.id) AS attempts FROM dispatch d JOIN account a ON a.id = d.account_id ",
            $tail
        )
    };
}
pub(super) use dispatch_sql;

/// A dispatch from those columns.
pub(super) fn dispatch(row: &SqliteRow) -> Result<Dispatch> {
    let bound_by: Option<String> = get(row, "bound_by")?;
    let remote: Option<String> = get(row, "remote")?;
    Ok(Dispatch {
        id: DispatchId(get(row, "id")?),
        order_id: OrderId(get(row, "order_id")?),
        account_id: AccountId(get(row, "account_id")?),
        order_no: OrderNo(get(row, "order_no")?),
        platform: platform(get(row, "platform")?)?,
        generation: get(row, "generation")?,
        reference: Reference(get(row, "reference")?),
        key: get::<Option<String>>(row, "idempotency_key")?.map(IdempotencyKey),
        fingerprint: Fingerprint(get(row, "fingerprint")?),
        state: state(get(row, "state")?)?,
        version: get(row, "version")?,
        came_from: state(get(row, "came_from")?)?,
        attempts: from_json("attempts", get(row, "attempts")?)?,
        progress: from_json("the progress of a dispatch", get(row, "progress")?)?,
        remote_id: get::<Option<String>>(row, "remote_id")?.map(RemoteId),
        bound_by: bound_by.map(|b| BoundBy::from_code(&b).ok_or_else(|| unreadable("bound_by", &b))).transpose()?,
        remote: remote.map(|text| from_json("a platform order", &text)).transpose()?,
    })
}
