//! Any bytes as a platform's answer, through every reader of its adapter. What may never be said is in `reader`, which
//! the bounded run in the core's tests shares.
//!
//! The first byte names the platform, the next two the status, the fourth the headers; the rest is the body.

#![no_main]

#[path = "../../src-tauri/core/tests/answers/reader.rs"]
mod reader;

use std::cell::RefCell;

use docket_core::domain::Platform;
use docket_core::domain::http::HttpResponse;
use libfuzzer_sys::fuzz_target;

use reader::Reader;

const HEADERS: [&[(&str, &str)]; 4] = [
    &[],
    &[("location", "/v1/deliveries/del_9"), ("retry-after", "42")],
    &[("retry-after", "Fri, 31 Dec 9999 23:59:59 GMT"), ("date", "Mon, 02 Mar 2026 10:00:00 GMT")],
    &[("location", "//\u{fffd}/deliveries/"), ("retry-after", "-1"), ("date", "never")],
];

thread_local! {
    static READERS: RefCell<Vec<Reader>> = RefCell::new(Platform::ALL.into_iter().map(Reader::of).collect());
}

fuzz_target!(|input: &[u8]| {
    let [platform, high, low, headers, body @ ..] = input else { return };
    let headers = HEADERS[usize::from(*headers) % HEADERS.len()];
    let answer = HttpResponse {
        status: u16::from_be_bytes([*high, *low]) % 1_000,
        headers: headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
        body: body.to_vec(),
    };
    READERS.with_borrow_mut(|readers| {
        let n = readers.len();
        readers[usize::from(*platform) % n].read_every_way(&answer);
    });
});
