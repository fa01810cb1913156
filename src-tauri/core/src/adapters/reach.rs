//! What an adapter can ask a platform to do, and nothing else: every request that it builds, from any order and any id,
//! is either a question or one of the few that its platform's line names.
//!
//! So FoxReload's `pay` cannot be built, and neither can anything else that a platform offers and Docket does not want.
//! Not here: that no other code makes requests, which the tidy test says, and what is really sent, which the
//! whole-program tests count at the practice platform.

use proptest::prelude::*;

use super::testing::order;
use super::{Adapter, LookupBy, registry};
use crate::domain::http::HttpRequest;
use crate::domain::{IdempotencyKey, Platform, Reference, RemoteId};

/// Everything that changes something at a platform: method and path, where `{}` is one segment.
fn changing(platform: Platform) -> &'static [(&'static str, &'static str)] {
    match platform {
        Platform::Postmates => {
            &[("POST", "/v1/deliveries"), ("POST", "/v1/delivery_quotes"), ("POST", "/v1/deliveries/{}/cancel")]
        }
        Platform::UberDirect => &[
            ("POST", "/v1/customers/{customer_id}/deliveries"),
            ("POST", "/v1/customers/{customer_id}/delivery_quotes"),
            ("POST", "/v1/customers/{customer_id}/deliveries/{}/cancel"),
        ],
        Platform::Pathao => &[
            ("POST", "/v1/business/order/create"),
            ("POST", "/v1/business/order/quotation"),
            ("POST", "/v1/business/order/{}/cancel"),
        ],
        // No pay, no top-up, and no cancel: none is documented.
        Platform::Foxreload => &[("POST", "/api/orders")],
        Platform::PrintOne => &[("POST", "/v2/orders"), ("POST", "/v2/orders/{}/cancel")],
        Platform::Doordash => {
            &[("POST", "/drive/v2/deliveries"), ("POST", "/drive/v2/quotes"), ("PUT", "/drive/v2/deliveries/{}/cancel")]
        }
    }
}

/// Whether a path has the segments of a pattern, one by one.
fn is_like(path: &str, pattern: &str) -> bool {
    let (path, pattern): (Vec<_>, Vec<_>) = (path.split('/').collect(), pattern.split('/').collect());
    let fits = |(is, wanted): (&&str, &&str)| *wanted == "{}" && !is.is_empty() || is == wanted;
    path.len() == pattern.len() && path.iter().zip(&pattern).all(fits) && !path.iter().any(|part| part.contains('?'))
}

/// Every request that an adapter can build around an id, a reference and a search.
fn built(adapter: &dyn Adapter, id: &str, reference: &str, search: &str) -> Vec<HttpRequest> {
    let payload = adapter.check(&order(adapter.form(), &[])).unwrap();
    let (id, reference, key) = (RemoteId::from(id), Reference::from(reference), IdempotencyKey::from("key"));
    let mut requests: Vec<HttpRequest> = [true, false]
        .into_iter()
        .filter_map(|test| adapter.create_request(&payload, &reference, Some(&key), test).ok())
        .collect();
    requests.extend(adapter.get_request(&id));
    requests.extend(adapter.cancel_request(&id));
    requests.extend(adapter.lookup_request(&LookupBy::Reference(reference)));
    requests.extend(adapter.lookup_request(&LookupBy::Newest));
    requests.extend(adapter.quote_request(&payload, search).and_then(Result::ok));
    requests.extend(adapter.form().iter().filter_map(|field| adapter.choices_request(field.name, search)));
    requests
}

fn asks_or_is_named(platform: Platform, request: &HttpRequest) -> bool {
    let named = |(method, path): &(&str, &str)| request.method == *method && is_like(&request.path, path);
    let path = request.path.split(['?', '#']).next().unwrap_or_default();
    let leaves = path.split('/').any(|part| part == ".." || part == "pay");
    !leaves && (request.method == "GET" && request.body.is_empty() || changing(platform).iter().any(named))
}

proptest! {
    #[test]
    fn no_adapter_can_build_anything_else(id in "[ -~]{1,40}", reference in "[ -~]{1,40}", search in "[ -~]{0,20}") {
        for platform in Platform::ALL {
            for request in built(registry::adapter(platform).unwrap(), &id, &reference, &search) {
                prop_assert!(asks_or_is_named(platform, &request), "{platform}: {} {}", request.method, request.path);
            }
        }
    }
}

#[test]
fn an_id_or_a_search_that_is_a_path_leads_nowhere_else() {
    for platform in Platform::ALL {
        for bad in ["7b0e/pay", "../orders/7b0e/pay", "7b0e?x=/pay", "7b0e/pay#", "..", ".", "%2e%2e/pay", "x\\pay"] {
            for request in built(registry::adapter(platform).unwrap(), bad, bad, bad) {
                assert!(asks_or_is_named(platform, &request), "{platform} {bad}: {} {}", request.method, request.path);
            }
        }
    }
}

#[test]
fn every_named_request_is_really_built() {
    for platform in Platform::ALL {
        let requests = built(registry::adapter(platform).unwrap(), "id-1", "reference-1", "n1");
        for (method, path) in changing(platform) {
            let there = requests.iter().any(|request| request.method == *method && is_like(&request.path, path));
            assert!(there, "{platform}: nothing builds {method} {path}");
        }
    }
}
