//! Reading answers, as far as platforms agree: retry hints, times, ids, path segments.
//!
//! Not here: any platform's envelope.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::BuildError;
use crate::domain::http::HttpResponse;
use crate::domain::{Fingerprint, Money, OrderPayload};

/// `Retry-After` in milliseconds: seconds, or an HTTP date that counts from the answer's own `Date`.
pub(crate) fn retry_after_ms(answer: &HttpResponse) -> Option<i64> {
    const MOST_MS: i64 = 24 * 3_600_000;
    let text = answer.header("retry-after")?.trim();
    if let Ok(seconds) = text.parse::<u32>() {
        return Some((i64::from(seconds) * 1_000).min(MOST_MS));
    }
    let until = httpdate::parse_http_date(text).ok()?;
    let from = httpdate::parse_http_date(answer.header("date")?).ok()?;
    let ms = until.duration_since(from).map_or(0, |d| i64::try_from(d.as_millis()).unwrap_or(MOST_MS));
    Some(ms.min(MOST_MS))
}

/// A member's text, if it is a text that is not empty.
pub(crate) fn text<'a>(value: &'a Value, member: &str) -> Option<&'a str> {
    value.get(member)?.as_str().filter(|t| !t.is_empty())
}

/// What an answer shows of an order's content, by form field: members that are texts or numbers, cut to a sane length.
pub(crate) fn echo<'a>(shown: impl IntoIterator<Item = (&'a str, Option<&'a Value>)>) -> BTreeMap<String, String> {
    let text = |value: &Value| match value {
        Value::String(text) if !text.is_empty() => Some(text.chars().take(300).collect()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    };
    shown.into_iter().filter_map(|(field, value)| Some((field.to_owned(), text(value?)?))).collect()
}

/// A member as an id: a short text of plain characters. No platform documents another kind, and what is no id that they
/// give out is not bound to.
pub(crate) fn id(value: &Value, member: &str) -> Option<String> {
    value.get(member)?.as_str().filter(|text| is_id(text)).map(str::to_owned)
}

/// What came back where our own text ought to: a text, or a number as it is written. What differs from ours is not ours.
pub(crate) fn returned(value: &Value, member: &str) -> Option<String> {
    match value.get(member)? {
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

fn is_id(text: &str) -> bool {
    !text.is_empty() && text.len() <= 200 && text.bytes().all(|b| b.is_ascii_graphic())
}

/// A field that a price depends on.
pub(crate) fn priced<'a>(order: &'a OrderPayload, field: &str) -> Result<&'a str, BuildError> {
    match order.get(field) {
        "" => Err(BuildError { field: field.to_owned(), reason: "is missing, and the price depends on it".into() }),
        value => Ok(value),
    }
}

/// A member as a time, in milliseconds since the epoch.
pub(crate) fn time_ms(value: &Value, member: &str) -> Option<i64> {
    chrono::DateTime::parse_from_rfc3339(text(value, member)?).ok().map(|t| t.timestamp_millis())
}

/// Whether a text has the shape of an ISO 4217 code.
pub(crate) fn is_currency(text: &str) -> bool {
    text.len() == 3 && text.bytes().all(|b| b.is_ascii_alphabetic())
}

/// An amount in major units.
pub(crate) fn major(amount: &Value, currency: &str) -> Option<Money> {
    let text = match amount {
        Value::Number(number) => number.to_string(),
        Value::String(text) => text.clone(),
        _ => return None,
    };
    Money::from_major(text.parse::<Decimal>().ok().filter(|_| is_currency(currency))?, currency)
}

/// A text as one segment of a path, or as a query value. `None` for what a URL would swallow.
pub(crate) fn segment(text: &str) -> Option<String> {
    if text.is_empty() || text.chars().all(|c| c == '.') {
        return None;
    }
    let mut out = String::new();
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => out.push(char::from(byte)),
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    Some(out)
}

/// The value of a parameter in a path that Docket itself has built; not decoded.
pub(crate) fn query<'a>(path: &'a str, name: &str) -> Option<&'a str> {
    let (_, query) = path.split_once('?')?;
    query.split('&').find_map(|pair| pair.split_once('=').filter(|(n, _)| *n == name).map(|(_, v)| v))
}

/// The digest that makes up a fingerprint.
pub(crate) fn fingerprint(parts: &[&str]) -> Fingerprint {
    let mut digest = Sha256::new();
    for part in parts {
        digest.update((part.len() as u64).to_be_bytes());
        digest.update(part.as_bytes());
    }
    Fingerprint(crate::domain::id::hex(&digest.finalize()[..16]))
}

/// The last `n` digits of a text: what stays of a phone number however it is written.
pub(crate) fn last_digits(text: &str, n: usize) -> String {
    let digits: Vec<char> = text.chars().filter(char::is_ascii_digit).collect();
    digits[digits.len().saturating_sub(n)..].iter().collect()
}

/// The fingerprint of a courier's order: phones and a name. A platform re-formats addresses, but not these.
pub(crate) fn parties(pickup_phone: &str, dropoff_phone: &str, dropoff_name: &str) -> Fingerprint {
    fingerprint(&[
        &last_digits(pickup_phone, 10),
        &last_digits(dropoff_phone, 10),
        &dropoff_name.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase(),
    ])
}

/// A failure's signature: the status, and the platform's code where there is one.
pub(crate) fn signature(status: u16, code: Option<&str>) -> String {
    code.map_or_else(|| status.to_string(), |code| format!("{status} {code}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(headers: &[(&str, &str)]) -> HttpResponse {
        let headers = headers.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect();
        HttpResponse { status: 429, headers, body: Vec::new() }
    }

    #[test]
    fn retry_after_is_read_in_both_forms() {
        assert_eq!(retry_after_ms(&answer(&[("retry-after", "42")])), Some(42_000));
        let dated =
            answer(&[("date", "Mon, 02 Mar 2026 10:00:00 GMT"), ("retry-after", "Mon, 02 Mar 2026 10:01:30 GMT")]);
        assert_eq!(retry_after_ms(&dated), Some(90_000), "a date counts from the answer's own Date");
        let past =
            answer(&[("date", "Mon, 02 Mar 2026 10:00:00 GMT"), ("retry-after", "Mon, 02 Mar 2026 09:00:00 GMT")]);
        assert_eq!(retry_after_ms(&past), Some(0));
        assert_eq!(retry_after_ms(&answer(&[("retry-after", "soon")])), None);
        assert_eq!(retry_after_ms(&answer(&[])), None);
    }

    #[test]
    fn an_id_cannot_leave_its_path_segment() {
        assert_eq!(segment("PB-88").as_deref(), Some("PB-88"));
        assert_eq!(segment("a/../b?c").as_deref(), Some("a%2F..%2Fb%3Fc"));
        assert_eq!(segment(".."), None);
        assert_eq!(query("/x?a=1&limit=20", "limit"), Some("20"));
        assert_eq!(query("/x", "limit"), None);
    }

    #[test]
    fn parts_of_a_fingerprint_do_not_run_together() {
        assert_ne!(fingerprint(&["ab", "c"]), fingerprint(&["a", "bc"]));
        assert_eq!(fingerprint(&["ab", "c"]), fingerprint(&["ab", "c"]));
    }
}
