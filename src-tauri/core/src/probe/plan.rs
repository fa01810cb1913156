//! What a probe makes and asks at one platform, and the requests that no lookup sends.

use std::collections::BTreeMap;

use super::Check;
use crate::adapters::reading::query;
use crate::adapters::{Adapter, LookupBy};
use crate::domain::http::HttpRequest;
use crate::domain::order::FieldKind;
use crate::domain::{Fence, FieldError, Lookup, OrderPayload, RemoteId};

/// The names by which a list's next page may be asked for.
pub const PAGING: [&str; 3] = ["page", "offset", "Offset"];

/// What a run costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cost {
    /// Orders that are made for certain.
    pub orders: u32,
    /// Deliberate repeats, each of which makes one more order if the platform's promise does not hold.
    pub repeats: u32,
    /// Whether what is made can be cancelled.
    pub can_cancel: bool,
}

/// What a run at this platform costs.
pub fn cost(adapter: &dyn Adapter) -> Cost {
    let can_cancel = can_cancel(adapter);
    // A second order tells in which order a list comes; where there is no list, one is enough.
    let orders = 1 + u32::from(adapter.lookup_request(&LookupBy::Newest).is_some());
    let repeats = match adapter.contract().fence {
        Fence::None => 0,
        Fence::Key { .. } | Fence::Reference { .. } => 2 + u32::from(can_cancel),
    };
    Cost { orders, repeats, can_cancel }
}

fn can_cancel(adapter: &dyn Adapter) -> bool {
    adapter.cancel_request(&RemoteId::from("x")).is_some()
}

/// Why a check cannot be made at this platform at all. `None`: it can.
pub fn out_of_reach(adapter: &dyn Adapter, check: Check) -> Option<&'static str> {
    let contract = adapter.contract();
    let by_reference = matches!(contract.lookup, Lookup::ByReference { .. });
    let list = adapter.lookup_request(&LookupBy::Newest).is_some();
    const NO_LIST: &str = "the platform has no list";
    match check {
        Check::Create | Check::TestMark | Check::Clock => None,
        Check::Replay | Check::Conflict | Check::CancelFrees if contract.fence == Fence::None => {
            Some("no repeat is ever sent here: nothing makes one harmless")
        }
        Check::Replay | Check::Conflict => None,
        Check::CancelFrees | Check::EndedShown if !can_cancel(adapter) => Some("the platform has no cancel"),
        Check::CancelFrees => None,
        Check::LookupLag | Check::EndedShown => {
            (contract.lookup == Lookup::None).then_some("the platform has no lookup")
        }
        Check::ListOrder | Check::ListLimit | Check::Paging => (!list).then_some(NO_LIST),
        Check::Filter => (!by_reference).then_some("the platform is asked for no reference: its list is read"),
        Check::UnknownFilter if !by_reference || !list => Some("no filter is sent to this platform"),
        Check::UnknownFilter => None,
        Check::NoteEcho => {
            let noted = adapter.form().iter().any(|field| field.name == NOTE);
            (!noted).then_some("an order has no note here")
        }
        Check::FenceLife => Some(match contract.fence {
            Fence::Key { .. } => "a key's whole life is longer than one run",
            Fence::Reference { .. } => "no run lasts until an order has ended by itself",
            Fence::None => "there is no fence whose life could be measured",
        }),
    }
}

/// The form field whose content some platforms may give back.
pub const NOTE: &str = "note";

/// A valid order of the form's own examples, with `fields` in their place. What names a day or an amount is left out
/// unless it is needed: an example ages.
pub fn example(adapter: &dyn Adapter, fields: &BTreeMap<String, String>) -> Result<OrderPayload, Vec<FieldError>> {
    let form = adapter.form();
    let ages = |name: &str| ["_date", "_dt", "_time"].iter().any(|end| name.ends_with(end));
    let kept = form.iter().filter(|f| f.required || (f.kind != FieldKind::Amount && !ages(f.name)));
    let mut values: BTreeMap<String, String> = kept.map(|f| (f.name.to_owned(), f.example.to_owned())).collect();
    let unknown: Vec<FieldError> = fields
        .keys()
        .filter(|name| !form.iter().any(|f| f.name == name.as_str()))
        .map(|name| FieldError { field: name.clone(), reason: "there is no such field; see `order template`".into() })
        .collect();
    if !unknown.is_empty() {
        return Err(unknown);
    }
    values.extend(fields.clone());
    adapter.check(&values)
}

/// The same order with one harmless text changed: a name, where the form has one.
pub fn changed(adapter: &dyn Adapter, order: &OrderPayload) -> Option<OrderPayload> {
    let texts = || adapter.form().iter().filter(|f| f.kind == FieldKind::Text && !order.get(f.name).is_empty());
    let field = texts().find(|f| f.name.ends_with("name")).or_else(|| texts().next())?;
    let mut values = order.0.clone();
    values.insert(field.name.to_owned(), format!("{} B", order.get(field.name)));
    adapter.check(&values).ok().filter(|other| other != order)
}

/// A list's request with another limit, and asking for what comes after the first rows in one way only.
pub fn page_of(list: &HttpRequest, limit: usize, onward: Option<(&str, usize)>) -> HttpRequest {
    let (path, rest) = list.path.split_once('?').unwrap_or((&list.path, ""));
    let kept = rest.split('&').filter(|pair| {
        let name = pair.split('=').next().unwrap_or_default();
        !name.is_empty() && name != "limit" && !PAGING.contains(&name)
    });
    let mut pairs: Vec<String> = kept.map(str::to_owned).collect();
    pairs.push(format!("limit={limit}"));
    if let Some((name, at)) = onward {
        pairs.push(format!("{name}={at}"));
    }
    HttpRequest::get(format!("{path}?{}", pairs.join("&")))
}

/// Where `name` has the second row alone, when pages have one row: pages count from 1, offsets from 0.
pub fn second_row(name: &'static str) -> (&'static str, usize) {
    (name, if name == "page" { 2 } else { 1 })
}

/// Whether the adapter reads its list on by numbered pages; else it goes where the answer leads, or asks for more.
pub fn counts_pages(list: &HttpRequest) -> bool {
    query(&list.path, "page").is_some()
}

/// A lookup by reference whose filter has a name that no platform knows.
pub fn unknown_filter(lookup: &HttpRequest, reference: &str) -> Option<HttpRequest> {
    let (path, rest) = lookup.path.split_once('?')?;
    let mut found = false;
    let pairs: Vec<String> = rest
        .split('&')
        .map(|pair| match pair.split_once('=') {
            Some((name, value)) if value.contains(reference) => {
                found = true;
                format!("{name}Probe={value}")
            }
            _ => pair.to_owned(),
        })
        .collect();
    found.then(|| HttpRequest::get(format!("{path}?{}", pairs.join("&"))))
}
