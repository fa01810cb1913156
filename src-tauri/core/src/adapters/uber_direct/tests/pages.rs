//! The scan of the list, against lists that behave and lists that do not. The small platform here is a list in memory.

use serde_json::{Value, json};

use super::REFERENCE;
use crate::adapters::testing::json_answer;
use crate::adapters::uber_direct::UberDirect;
use crate::adapters::{Adapter, LookupBy};
use crate::domain::http::HttpRequest;
use crate::domain::remote::{Page, RemoteOrder};

/// How a list answers.
#[derive(Clone, Copy, Default)]
struct Server {
    total: usize,
    /// The most rows it gives, whatever is asked for.
    cap: usize,
    /// Whether it names the next page.
    links: bool,
    /// Whether it names one even after the last.
    links_always: bool,
    /// Whether it takes no notice of the offset.
    ignores_offset: bool,
    /// Orders that come in at the top before each further page.
    moves: usize,
    /// Orders that go from the top before each further page.
    goes: usize,
    /// Takes the offset for a page's number.
    counts_pages: bool,
}

impl Server {
    fn page(&self, request: &HttpRequest, asked: usize) -> Value {
        let sent = request.path.split('#').next().unwrap_or_default();
        let (path, query) = sent.split_once('?').unwrap();
        assert_eq!(path, "/v1/customers/{customer_id}/deliveries");
        let member = |name: &str| {
            let found = query.split('&').filter_map(|pair| pair.split_once('=')).find(|(n, _)| *n == name);
            found.map(|(_, value)| value.parse::<usize>().unwrap())
        };
        assert_eq!(member("offset"), member("Offset"), "both spellings, the same value");
        assert!(!query.contains("filter"), "a scan sees every status");
        let mut offset = if self.ignores_offset { 0 } else { member("offset").unwrap() };
        let limit = member("limit").unwrap().min(self.cap);
        if self.counts_pages {
            offset *= limit;
        }
        let total = self.total + asked * self.moves - asked * self.goes;
        let rows: Vec<Value> = (offset..total.min(offset + limit))
            .map(|at| {
                let number = total - at;
                json!({"id": format!("del_{number}"), "external_id": format!("ref-{number}"), "status": "delivered"})
            })
            .collect();
        let more = self.links_always || offset + limit < total;
        let link = format!("api.uber.com/v1/customers/c1/deliveries?limit=9&offset={}", offset + rows.len());
        let next = if self.links && more { json!(link) } else { Value::Null };
        json!({"data": rows, "next_href": next, "total_count": -1})
    }

    /// Reads as the driver does: to the end, or to a page without a next one. Rows are kept once.
    fn scan(&self) -> (Vec<RemoteOrder>, bool, usize) {
        let mut request = UberDirect.lookup_request(&LookupBy::Newest).unwrap();
        let mut rows: Vec<RemoteOrder> = Vec::new();
        for asked in 0..60 {
            let answer = json_answer(200, &self.page(&request, asked));
            let page = UberDirect.read_page(&LookupBy::Newest, &request, &answer);
            let Page::Rows { rows: page, next, to_end } = page else { panic!("{page:?}") };
            for row in page {
                if !rows.iter().any(|known| known.id == row.id) {
                    rows.push(row);
                }
            }
            match next {
                Some(next) if !to_end => request = next,
                Some(_) | None => return (rows, to_end, asked + 1),
            }
        }
        panic!("it never ends");
    }
}

const PLAIN: Server = Server {
    total: 0,
    cap: 50,
    links: false,
    links_always: false,
    ignores_offset: false,
    moves: 0,
    goes: 0,
    counts_pages: false,
};

#[test]
fn the_first_page_asks_for_all_statuses_in_both_spellings() {
    let first = UberDirect.lookup_request(&LookupBy::Newest).unwrap();
    assert_eq!(first.path, "/v1/customers/{customer_id}/deliveries?limit=50&offset=0&Offset=0");
    assert_eq!(UberDirect.lookup_request(&LookupBy::Reference(REFERENCE.into())), None, "no filter is documented");
}

#[test]
fn a_list_is_read_to_its_end_with_links_and_without() {
    for total in [0, 1, 2, 9, 10, 11, 45, 49, 50, 51, 95, 96, 99, 100, 101, 500] {
        for cap in [10, 20, 50] {
            for links in [false, true] {
                let server = Server { total, cap, links, ..PLAIN };
                let (rows, to_end, _) = server.scan();
                assert_eq!((rows.len(), to_end), (total, true), "{total} by {cap}, links: {links}");
            }
        }
    }
    let (_, _, pages) = Server { total: 500, links: true, ..PLAIN }.scan();
    assert_eq!(pages, 12, "pages overlap a little, not much: {pages}");
}

#[test]
fn pages_that_shift_lose_no_row() {
    for moves in 1..=5 {
        for links in [false, true] {
            let (rows, to_end, _) = Server { total: 230, moves, links, ..PLAIN }.scan();
            assert!(to_end, "{moves}");
            for number in 1..=230 {
                let id = format!("del_{number}");
                assert!(rows.iter().any(|row| row.id.as_str() == id), "{id} is missing, {moves} came in a page");
            }
        }
    }
}

#[test]
fn rows_that_go_are_seen_to_have_gone() {
    let (_, to_end, _) = Server { total: 230, goes: 3, ..PLAIN }.scan();
    assert!(to_end, "the overlap takes up what went");
    let (rows, to_end, _) = Server { total: 230, goes: 6, ..PLAIN }.scan();
    assert!(!to_end, "pages that do not join prove no end, after {} rows", rows.len());
}

#[test]
fn an_ignored_offset_neither_loops_nor_counts_as_the_end() {
    for total in [10, 49, 50, 51, 500] {
        for links in [false, true] {
            for moves in [0, 1, 7] {
                let server = Server { total, links, moves, links_always: true, ignores_offset: true, ..PLAIN };
                let (_, to_end, pages) = server.scan();
                assert!(!to_end && pages <= 2, "{total}: {pages} pages");
            }
        }
    }
}

#[test]
fn an_offset_that_means_something_else_proves_no_end() {
    for total in [50, 100, 500] {
        let (rows, to_end, pages) = Server { total, counts_pages: true, ..PLAIN }.scan();
        assert!(!to_end && pages <= 2, "{total}: {} rows, {pages} pages", rows.len());
    }
}

#[test]
fn a_link_that_never_stops_is_no_end() {
    let (rows, to_end, pages) = Server { total: 120, links: true, links_always: true, ..PLAIN }.scan();
    assert_eq!((rows.len(), to_end), (120, false), "every row was read, and the platform says that there is more");
    assert!(pages <= 8, "{pages}");
}

#[test]
fn a_link_leads_to_its_offset_and_nowhere_else() {
    let first = UberDirect.lookup_request(&LookupBy::Newest).unwrap();
    let rows: Vec<Value> = (0..20).map(|n| json!({"id": format!("del_{n}"), "status": "pending"})).collect();
    let next = |link: Value| {
        let body = json!({"data": rows, "next_href": link});
        match UberDirect.read_page(&LookupBy::Newest, &first, &json_answer(200, &body)) {
            Page::Rows { next: Some(next), to_end: false, .. } => next.path,
            other => panic!("{other:?}"),
        }
    };
    let own = "/v1/customers/{customer_id}/deliveries?limit=50&offset=18&Offset=18#first=del_0&last=del_19";
    for link in [
        json!("api.uber.com/v1/customers/c1/deliveries?offset=20"),
        json!("https://evil.example/v1/customers/c1/deliveries?Offset=20&x=1"),
        json!("/v1/customers/c1/deliveries?offset=50"),
        json!("?offset=99999999999999999999"),
        json!("?offset=0"),
        json!("?cursor=abc"),
        json!(7),
    ] {
        assert_eq!(next(link.clone()), own, "{link}");
    }
    let nearer = next(json!("x?offset=12"));
    assert!(nearer.ends_with("&offset=10&Offset=10#first=del_0&last=del_11"), "never past what it names: {nearer}");
}

#[test]
fn ids_stand_in_a_fragment_that_says_nothing_else() {
    let first = UberDirect.lookup_request(&LookupBy::Newest).unwrap();
    let rows: Vec<Value> = (0..50).map(|n| json!({"id": format!("a&last={{client_secret}}#{n}")})).collect();
    let answer = json_answer(200, &json!({"data": rows}));
    let Page::Rows { next: Some(next), .. } = UberDirect.read_page(&LookupBy::Newest, &first, &answer) else {
        panic!()
    };
    assert_eq!(next.path.matches(['{', '#']).count(), 2, "the customer's id and one fragment: {}", next.path);
    let same = UberDirect.read_page(&LookupBy::Newest, &next, &answer);
    assert!(matches!(same, Page::Rows { next: None, to_end: false, .. }), "the same page again");
}

#[test]
fn what_is_no_list_is_no_absence() {
    let first = UberDirect.lookup_request(&LookupBy::Newest).unwrap();
    let read = |status: u16, body: &Value| UberDirect.read_page(&LookupBy::Newest, &first, &json_answer(status, body));
    for body in [json!({}), json!([]), json!({"data": [{"status": "pending"}]}), json!({"data": {}})] {
        assert!(matches!(read(200, &body), Page::Unclear { .. }), "{body}");
    }
    let error = |code: &str| json!({"code": code, "message": "m"});
    assert!(matches!(read(401, &error("unauthorized")), Page::Unauthorised { .. }));
    assert!(matches!(read(404, &error("customer_not_found")), Page::Unauthorised { .. }));
    for (status, code) in [(400, "invalid_params"), (408, "request_timeout"), (500, "unknown_error"), (404, "x")] {
        assert!(matches!(read(status, &error(code)), Page::Unclear { .. }), "{status} {code}");
    }
}

#[test]
fn a_row_shows_the_reference_and_the_mode() {
    let first = UberDirect.lookup_request(&LookupBy::Newest).unwrap();
    let body: Value = serde_json::from_str(include_str!("../fixtures/list.json")).unwrap();
    let page = UberDirect.read_page(&LookupBy::Newest, &first, &json_answer(200, &body));
    let Page::Rows { rows, next: None, to_end: true } = page else { panic!("{page:?}") };
    assert_eq!(rows[1].reference.as_deref(), Some(REFERENCE));
    assert_eq!((rows[0].test, rows[1].test), (None, Some(true)));
    let more: Value = serde_json::from_str(include_str!("../fixtures/list_more.json")).unwrap();
    let page = UberDirect.read_page(&LookupBy::Newest, &first, &json_answer(200, &more));
    assert!(matches!(page, Page::Rows { next: Some(_), to_end: false, .. }));
}
