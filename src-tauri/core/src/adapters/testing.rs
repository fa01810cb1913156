//! What the adapters' tests share: answers, example orders, and the rule that garbage settles nothing.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{Adapter, LookupBy, Sent};
use crate::domain::Reference;
use crate::domain::ask::{ChoicesReply, QuoteReply};
use crate::domain::http::HttpResponse;
use crate::domain::order::Field;
use crate::domain::remote::{CancelReply, CreateReply, GetReply, Page};

pub(crate) fn answer(status: u16, headers: &[(&str, &str)], body: &[u8]) -> HttpResponse {
    let headers = headers.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect();
    HttpResponse { status, headers, body: body.to_vec() }
}

pub(crate) fn json_answer(status: u16, body: &Value) -> HttpResponse {
    answer(status, &[("content-type", "application/json")], body.to_string().as_bytes())
}

/// The form's example order with some values replaced.
pub(crate) fn order(form: &[Field], changed: &[(&str, &str)]) -> BTreeMap<String, String> {
    let mut values: BTreeMap<String, String> = form.iter().map(|f| (f.name.to_owned(), f.example.to_owned())).collect();
    values.extend(changed.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())));
    values
}

/// Reads a body that is no envelope with every reader. None may panic, and none may say anything definite.
pub(crate) fn never_definite_without_envelope(adapter: &dyn Adapter, status: u16, body: &[u8]) {
    let answer = answer(status, &[("retry-after", "x"), ("location", "//\u{fffd}")], body);
    let reference = Reference::from("r");
    let payload = adapter.check(&order(adapter.form(), &[])).unwrap();
    let fingerprint = adapter.fingerprint(&payload);
    for replay in [false, true] {
        let sent = Sent { reference: &reference, fingerprint: &fingerprint, replay };
        let reply = adapter.read_create(&sent, &answer);
        let definite = matches!(
            reply,
            CreateReply::Created(_)
                | CreateReply::Rejected { .. }
                | CreateReply::Unauthorised { .. }
                | CreateReply::ExistsDifferent { .. }
        );
        assert!(!definite, "{status} {body:?} was read as {reply:?}");
    }
    for by in [LookupBy::Reference(reference.clone()), LookupBy::Newest] {
        if let Some(request) = adapter.lookup_request(&by) {
            let page = adapter.read_page(&by, &request, &answer);
            assert!(matches!(page, Page::Unclear { .. } | Page::Busy { .. }), "{status} {body:?} was read as {page:?}");
        }
    }
    let got = adapter.read_get(&answer);
    assert!(matches!(got, GetReply::Unclear { .. } | GetReply::Busy { .. }), "{got:?}");
    let quoted = adapter.read_quote(&answer);
    assert!(matches!(quoted, QuoteReply::Unclear { .. } | QuoteReply::Busy { .. }), "{quoted:?}");
    for field in adapter.form() {
        let told = adapter.read_choices(field.name, &answer);
        assert!(
            matches!(told, ChoicesReply::Unclear { .. } | ChoicesReply::Busy { .. }),
            "{status} {body:?}: {told:?}"
        );
    }
    let cancelled = adapter.read_cancel(&answer);
    assert!(matches!(cancelled, CancelReply::Unclear { .. } | CancelReply::Busy { .. }), "{cancelled:?}");
}
