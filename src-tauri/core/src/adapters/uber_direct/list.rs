//! The list of deliveries, page by page. No filter is sent: an exact scan has to see every status.
//!
//! The offset is spelled `Offset` in the reference and `offset` in the platform's own links, so both are sent. Pages
//! overlap, and each request keeps the first and the last row of the page before in its fragment, which no client
//! sends: so a page shows by itself whether it goes on where the one before it stopped.

use serde_json::Value;

use super::super::courier::{Refusal, Said, said};
use super::super::reading::{query, retry_after_ms, segment, text};
use super::wire::{DELIVERIES, refusal, row, success};
use crate::domain::http::{HttpRequest, HttpResponse};
use crate::domain::remote::{Page, RemoteOrder};

/// Rows asked for. The largest limit is not documented: a platform may give fewer.
const LIMIT: usize = 50;
/// Fewer rows than this are the end when no next page is named. A smaller limit of the platform's own is not likely.
const SURELY_ALLOWED: usize = 10;
/// One row in so many is shown again by the next page.
const OVERLAP: usize = 10;
/// No account has so many deliveries; an offset beyond it is a mistake.
const OFFSET_MAX: usize = 10_000_000;

fn at(offset: usize, fragment: &str) -> HttpRequest {
    HttpRequest::get(format!("{DELIVERIES}?limit={LIMIT}&offset={offset}&Offset={offset}{fragment}"))
}

pub(super) fn first() -> HttpRequest {
    at(0, "")
}

/// Where a page was asked for, and what the page before it showed.
struct Asked<'a> {
    offset: usize,
    /// The first row of the page before, as it stands in the fragment.
    first: Option<&'a str>,
    /// The last row of the page before, if this page is to show it again.
    last: Option<&'a str>,
}

fn asked(path: &str) -> Asked<'_> {
    let (path, fragment) = path.split_once('#').unwrap_or((path, ""));
    let kept = |name: &str| fragment.split('&').find_map(|p| p.split_once('=').filter(|(n, _)| *n == name));
    Asked {
        offset: query(path, "offset").and_then(|o| o.parse().ok()).unwrap_or(0),
        first: kept("first").map(|(_, id)| id),
        last: kept("last").map(|(_, id)| id),
    }
}

pub(super) fn read_page(request: &HttpRequest, answer: &HttpResponse) -> Page {
    let status = answer.status;
    if status == 429 {
        return Page::Busy { retry_after_ms: retry_after_ms(answer) };
    }
    if !success(status) {
        return match refusal(answer) {
            Some(Refusal { code, .. }) => match said(status, &code) {
                Said::Account => Page::Unauthorised { code },
                Said::Limited => Page::Busy { retry_after_ms: retry_after_ms(answer) },
                _ => Page::Unclear { why: format!("http {status} {code}") },
            },
            None => Page::Unclear { why: format!("http {status} without Uber's envelope") },
        };
    }
    let body = answer.json().unwrap_or_default();
    let Some(data) = body.get("data").and_then(Value::as_array) else {
        return Page::Unclear { why: "the answer is no list".into() };
    };
    match data.iter().map(row).collect::<Option<Vec<_>>>() {
        Some(rows) => page(&asked(&request.path), rows, &body),
        None => Page::Unclear { why: "a row has no id".into() },
    }
}

/// What a page's rows say of the list's end. `total_count` is always -1 and says nothing.
fn page(asked: &Asked<'_>, rows: Vec<RemoteOrder>, body: &Value) -> Page {
    let named = body.get("next_href").is_some_and(|link| !link.is_null() && link.as_str() != Some(""));
    let place = |id: &str| rows.iter().position(|row| segment(row.id.as_str()).as_deref() == Some(id));
    // The page before once more, or one that does not join it: the offset was ignored or means something else, or the
    // list moved by more than the overlap. What was read stands; that it is all does not.
    let repeated = asked.first.is_some_and(|id| place(id).is_some());
    let apart = asked.last.is_some_and(|id| place(id).is_none());
    if repeated || apart {
        return Page::Rows { rows, next: None, to_end: false };
    }
    let joined = asked.offset == 0 || asked.last.is_some();
    let fresh = match asked.last.and_then(place) {
        Some(place) => place + 1 < rows.len(),
        None => !rows.is_empty(),
    };
    if !fresh {
        return Page::Rows { rows, next: None, to_end: joined && !named };
    }
    let more = named || rows.len() >= SURELY_ALLOWED;
    let next = if more { after(asked.offset, &rows, linked(body)) } else { None };
    Page::Rows { to_end: joined && !more, rows, next }
}

/// The request for what comes after these rows: where the platform's link says, but never further than was read.
fn after(offset: usize, rows: &[RemoteOrder], linked: Option<usize>) -> Option<HttpRequest> {
    let read = offset.checked_add(rows.len())?;
    let end = linked.filter(|link| *link > offset).map_or(read, |link| link.min(read));
    let overlap = (end - offset).div_ceil(OVERLAP).min(end - offset - 1);
    let first = segment(rows.first()?.id.as_str())?;
    // The row that stands last before `end` is the last one that the next page shows again.
    let last = match overlap {
        0 => String::new(),
        _ => format!("&last={}", segment(rows.get(end - offset - 1)?.id.as_str())?),
    };
    (end < OFFSET_MAX).then(|| at(end - overlap, &format!("#first={first}{last}")))
}

/// The offset that the platform's link names. Nothing else of the link is used: credentials stay with the account's
/// host.
fn linked(body: &Value) -> Option<usize> {
    let link = text(body, "next_href")?;
    query(link, "offset").or_else(|| query(link, "Offset"))?.parse().ok()
}
