//! Every recorded answer of an adapter's platform and how it is read, in one table. The test walks the folders: an answer that lies there and
//! stands in no line is an error, and so is a line without its answer.
//!
//! It lies outside the adapters, which read no file. Not here: what is in an answer, which each adapter's own tests say, and
//! codes without a recording (`documented`).

use std::collections::BTreeSet;
use std::path::Path;

use crate::adapters::testing::{answer, order};
use crate::adapters::{Adapter, LookupBy, Sent, registry};
use crate::domain::http::HttpResponse;
use crate::domain::remote::Page;
use crate::domain::{Platform, Reference};

/// The reference that the recorded answers name.
const REFERENCE: &str = "0b0c1f0e-5a67-5b3e-9c5f-0b6f4a7a0001";
/// What Docket sends, not what it reads.
const REQUESTS: [&str; 2] = ["create", "quote_request"];

/// What was asked.
#[derive(Clone, Copy, Debug)]
enum Asked {
    Create,
    Lookup,
    Get,
    Cancel,
    Quote,
    /// What a field of this name may hold.
    Choices(&'static str),
}

use Asked::{Cancel, Choices, Create, Get, Lookup, Quote};

/// A file's name, the status it came with, what was asked, and the reply's name.
type Line = (&'static str, u16, Asked, &'static str);

const POSTMATES: &[Line] = &[
    ("created", 200, Create, "Created"),
    ("under_way", 200, Get, "Shown"),
    ("canceled", 200, Cancel, "Cancelled"),
    ("conflict", 409, Create, "Exists"),
    ("see_other", 303, Create, "Exists"),
    ("invalid", 400, Create, "Rejected"),
    ("unauthorized", 401, Create, "Unauthorised"),
    ("unauthorized", 401, Lookup, "Unauthorised"),
    ("suspended", 403, Create, "Unauthorised"),
    ("limited", 429, Create, "Busy"),
    ("limited", 429, Lookup, "Busy"),
    ("list", 200, Lookup, "Rows 1"),
    ("list_more", 200, Lookup, "Rows 1"),
    ("noncancelable", 400, Cancel, "TooLate"),
    ("noncancelable", 400, Create, "Unclear"),
    ("quote", 200, Quote, "Told"),
    ("quote", 200, Create, "Unclear"),
    ("returned", 200, Get, "Shown"),
    ("unknown", 404, Get, "NotThere"),
    ("unknown", 404, Create, "Unclear"),
    ("used_quote", 400, Create, "Rejected"),
    ("timeout", 408, Create, "Unclear"),
    ("timeout", 400, Create, "Unclear"),
    ("fault", 500, Create, "Unclear"),
    ("fault", 500, Lookup, "Unclear"),
    ("fault", 500, Cancel, "Unclear"),
    ("unavailable", 503, Create, "Unclear"),
    ("unavailable", 503, Lookup, "Unclear"),
    ("unavailable", 503, Quote, "Unclear"),
];

const UBER_DIRECT: &[Line] = &[
    ("created", 200, Create, "Created"),
    ("created_bare", 200, Create, "Created"),
    ("under_way", 200, Get, "Shown"),
    ("returned", 200, Get, "Shown"),
    ("canceled", 200, Cancel, "Cancelled"),
    ("duplicate", 409, Create, "Exists"),
    ("invalid", 400, Create, "Rejected"),
    ("invalid_details", 400, Create, "Rejected"),
    ("unauthorized", 401, Create, "Unauthorised"),
    ("server_error", 500, Create, "Unclear"),
    ("list", 200, Lookup, "Rows 2"),
    ("list_more", 200, Lookup, "Rows 1"),
    ("noncancelable", 400, Cancel, "TooLate"),
    ("quote", 200, Quote, "Told"),
    ("used_quote", 400, Create, "Rejected"),
    ("suspended", 402, Create, "Unauthorised"),
    ("suspended", 402, Cancel, "Unauthorised"),
    ("unknown", 404, Get, "NotThere"),
    ("unknown", 404, Create, "Unclear"),
    ("timeout", 408, Create, "Unclear"),
    ("timeout", 408, Lookup, "Unclear"),
    ("timeout", 408, Cancel, "Unclear"),
    ("timeout", 400, Create, "Unclear"),
    ("limited", 429, Create, "Busy"),
    ("limited", 429, Lookup, "Busy"),
    ("limited", 429, Get, "Busy"),
    ("limited", 429, Cancel, "Busy"),
    ("limited", 429, Quote, "Busy"),
    ("busy", 503, Create, "Unclear"),
    ("busy", 503, Quote, "Unclear"),
    ("unavailable", 503, Create, "Unclear"),
    ("unavailable", 503, Lookup, "Unclear"),
    ("unavailable", 503, Get, "Unclear"),
    ("unavailable", 503, Cancel, "Unclear"),
];

const PATHAO: &[Line] = &[
    ("created", 201, Create, "Created"),
    ("under_way", 200, Get, "Shown"),
    ("cancelled", 200, Cancel, "Cancelled"),
    ("conflict", 409, Create, "ExistsDifferent"),
    ("invalid", 400, Create, "Rejected"),
    ("coordinates", 400, Create, "Rejected"),
    ("coordinates", 400, Quote, "Rejected"),
    ("forbidden", 403, Create, "Unauthorised"),
    ("forbidden", 403, Lookup, "Unauthorised"),
    ("unauthorized", 401, Create, "Unauthorised"),
    ("limited", 429, Create, "Busy"),
    ("not_found", 404, Get, "NotThere"),
    ("not_found", 404, Lookup, "Rows 0"),
    ("not_found", 404, Create, "Unclear"),
    ("fault", 500, Create, "Unclear"),
    ("fault", 500, Lookup, "Unclear"),
    ("list", 200, Lookup, "Rows 1"),
    ("too_late", 409, Cancel, "TooLate"),
    ("too_late", 409, Create, "Unclear"),
    ("quote", 200, Quote, "Told"),
];

/// FoxReload's pages show no error body: the recorded errors have the two members of its refusal, and are read by their
/// status alone.
const FOXRELOAD: &[Line] = &[
    ("created", 201, Create, "Created"),
    ("completed", 200, Get, "Shown"),
    ("cancelled", 200, Get, "Shown"),
    ("failed", 200, Get, "Shown"),
    ("list", 200, Lookup, "Rows 1"),
    ("list_named", 200, Lookup, "Rows 1"),
    ("refused", 400, Create, "Rejected"),
    ("under_way", 200, Get, "Shown"),
    ("not_found", 404, Get, "NotThere"),
    ("unauthorized", 401, Create, "Unauthorised"),
    ("unauthorized", 401, Lookup, "Unauthorised"),
    ("unauthorized", 401, Get, "Unauthorised"),
    ("forbidden", 403, Create, "Unauthorised"),
    ("forbidden", 403, Lookup, "Unauthorised"),
    ("timeout", 408, Create, "Unclear"),
    ("limited", 429, Create, "Busy"),
    ("limited", 429, Lookup, "Busy"),
    ("limited", 429, Get, "Busy"),
    ("fault", 500, Create, "Unclear"),
    ("fault", 500, Lookup, "Unclear"),
    ("fault", 500, Get, "Unclear"),
    ("unavailable", 503, Create, "Unclear"),
    ("unavailable", 503, Lookup, "Unclear"),
    ("unavailable", 503, Get, "Unclear"),
    ("products", 200, Choices("item_id"), "Told"),
    ("products_named", 200, Choices("item_id"), "Told"),
];

const PRINT_ONE: &[Line] = &[
    ("created", 201, Create, "Created"),
    ("shown", 200, Get, "Shown"),
    ("listed", 200, Lookup, "Rows 1"),
    ("cancelled", 200, Cancel, "Cancelled"),
    ("conflict", 409, Create, "ExistsDifferent"),
    ("fault", 500, Create, "Unclear"),
    ("error_list", 400, Create, "Rejected"),
    ("error_text", 400, Create, "Rejected"),
    ("error_objects", 400, Create, "Rejected"),
    ("failed", 200, Get, "Shown"),
    ("unauthorized", 401, Create, "Unauthorised"),
    ("unauthorized", 401, Lookup, "Unauthorised"),
    ("unauthorized", 401, Get, "Unauthorised"),
    ("unauthorized", 401, Cancel, "Unauthorised"),
    ("not_found", 404, Get, "NotThere"),
    ("not_found", 404, Lookup, "Unclear"),
    ("limited", 429, Create, "Busy"),
    ("limited", 429, Lookup, "Busy"),
    ("limited", 429, Get, "Busy"),
    ("limited", 429, Cancel, "Busy"),
    ("unavailable", 503, Create, "Unclear"),
    ("unavailable", 503, Lookup, "Unclear"),
    ("unavailable", 503, Cancel, "Unclear"),
    ("templates", 200, Choices("template_id"), "Told"),
];

const DOORDASH: &[Line] = &[
    ("created", 200, Create, "Created"),
    ("shown", 200, Lookup, "Rows 1"),
    ("cancelled", 200, Cancel, "Cancelled"),
    ("cancel_refused", 409, Cancel, "TooLate"),
    ("creating", 409, Cancel, "Busy"),
    ("duplicate", 409, Create, "Exists"),
    ("unknown", 404, Lookup, "Rows 0"),
    ("unknown", 404, Get, "NotThere"),
    ("validation", 400, Create, "Rejected"),
    ("parameters", 422, Create, "Rejected"),
    ("unauthenticated", 401, Create, "Unauthorised"),
    ("unauthenticated", 401, Lookup, "Unauthorised"),
    ("unauthorized", 403, Create, "Unauthorised"),
    ("fault", 500, Create, "Unclear"),
    ("quoted", 200, Quote, "Told"),
    ("quote_held", 200, Lookup, "Rows 1"),
];

fn lines(platform: Platform) -> &'static [Line] {
    match platform {
        Platform::Postmates => POSTMATES,
        Platform::UberDirect => UBER_DIRECT,
        Platform::Pathao => PATHAO,
        Platform::Foxreload => FOXRELOAD,
        Platform::PrintOne => PRINT_ONE,
        Platform::Doordash => DOORDASH,
    }
}

/// The name of the reply that an answer is read into; of a lookup, with how many rows.
fn read(adapter: &dyn Adapter, asked: Asked, answer: &HttpResponse) -> String {
    let reference = Reference::from(REFERENCE);
    let fingerprint = adapter.fingerprint(&adapter.check(&order(adapter.form(), &[])).unwrap());
    let reply = match asked {
        Create => {
            let sent = Sent { reference: &reference, fingerprint: &fingerprint, replay: false };
            format!("{:?}", adapter.read_create(&sent, answer))
        }
        Lookup => {
            let exact = LookupBy::Reference(reference);
            let by = if adapter.lookup_request(&exact).is_some() { exact } else { LookupBy::Newest };
            let request = adapter.lookup_request(&by).unwrap();
            match adapter.read_page(&by, &request, answer) {
                Page::Rows { rows, .. } => return format!("Rows {}", rows.len()),
                other => format!("{other:?}"),
            }
        }
        Get => format!("{:?}", adapter.read_get(answer)),
        Cancel => format!("{:?}", adapter.read_cancel(answer)),
        Quote => format!("{:?}", adapter.read_quote(answer)),
        Choices(field) => format!("{:?}", adapter.read_choices(field, answer)),
    };
    reply.split(|c: char| !c.is_alphanumeric()).next().unwrap_or_default().to_owned()
}

fn folder(platform: Platform) -> std::path::PathBuf {
    let name = platform.code().replace('-', "_");
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src/adapters").join(name).join("fixtures")
}

#[test]
fn each_recorded_answer_is_read_as_its_line_says() {
    for platform in Platform::ALL {
        let adapter = registry::adapter(platform).unwrap();
        for (name, status, asked, wanted) in lines(platform) {
            let body = std::fs::read(folder(platform).join(format!("{name}.json")));
            let body = body.unwrap_or_else(|error| panic!("{platform} {name}: {error}"));
            let said = read(adapter, *asked, &answer(*status, &[], &body));
            assert_eq!(said, *wanted, "{platform} {name} {status} {asked:?}");
        }
    }
}

#[test]
fn each_recorded_answer_has_a_line() {
    for platform in Platform::ALL {
        let told: BTreeSet<&str> = lines(platform).iter().map(|(name, ..)| *name).chain(REQUESTS).collect();
        for file in std::fs::read_dir(folder(platform)).unwrap() {
            let file = file.unwrap().path();
            let name = file.file_stem().and_then(|name| name.to_str()).unwrap();
            assert!(told.contains(name), "{platform}: say how {name}.json is read");
        }
    }
}
