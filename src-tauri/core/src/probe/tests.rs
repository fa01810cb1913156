//! The pure part: what is planned for each platform, and what observations mean.

use std::collections::BTreeMap;

use super::plan::{changed, cost, example, out_of_reach, page_of, unknown_filter};
use super::{Check, Judge, Observation, Verdict, judge};
use crate::adapters::{Adapter, LookupBy, registry};
use crate::domain::http::HttpRequest;
use crate::domain::{Fence, Platform, Reference, Rules, Settings};

fn adapter(platform: Platform) -> &'static dyn Adapter {
    registry::adapter(platform).expect("it is registered")
}

fn verdict(platform: Platform, check: Check, seen: Observation) -> (Verdict, Option<String>) {
    let adapter = adapter(platform);
    let rules = Rules::new(adapter.contract(), &Settings::default());
    let finding = judge(&Judge { adapter, rules: &rules, account: "main", test: true }, check, seen);
    (finding.verdict, finding.remedy)
}

#[test]
fn every_platform_has_an_example_and_where_it_is_repeated_a_changed_one() {
    for adapter in registry::all() {
        let order = example(adapter, &BTreeMap::new()).expect("the form's own examples are valid");
        let unknown = BTreeMap::from([("no_such_field".to_owned(), "1".to_owned())]);
        assert!(example(adapter, &unknown).is_err(), "{}: an unknown field is an error", adapter.platform());
        if adapter.contract().fence == Fence::None {
            continue;
        }
        let other = changed(adapter, &order).expect("a text can be changed");
        let reference = Reference::from("5f0c2a7e-0000-5000-8000-000000000000");
        let key = reference.idempotency_key();
        let build = |order| adapter.create_request(order, &reference, Some(&key), true).expect("it can be built");
        let (one, two) = (build(&order), build(&other));
        assert_ne!(one.body, two.body, "{}: the platform sees another body", adapter.platform());
        assert_eq!((one.path, one.headers), (two.path, two.headers), "{}", adapter.platform());
    }
}

#[test]
fn nothing_is_repeated_without_a_fence() {
    for adapter in registry::all() {
        let none = adapter.contract().fence == Fence::None;
        assert_eq!(cost(adapter).repeats == 0, none, "{}", adapter.platform());
        for check in [Check::Replay, Check::Conflict, Check::CancelFrees] {
            assert_eq!(out_of_reach(adapter, check).is_some(), none, "{} {check:?}", adapter.platform());
        }
        assert!(out_of_reach(adapter, Check::FenceLife).is_some(), "no run measures a lifetime");
    }
}

#[test]
fn a_page_is_asked_for_in_one_way_only() {
    let list = |platform| adapter(platform).lookup_request(&LookupBy::Newest).expect("it has a list");
    let uber = page_of(&list(Platform::UberDirect), 1, Some(("Offset", 1)));
    assert!(uber.path.ends_with("/deliveries?limit=1&Offset=1"), "{}", uber.path);
    let print = page_of(&list(Platform::PrintOne), 1, Some(("page", 2)));
    assert_eq!(print.path, "/v2/orders?sortBy=createdAt:DESC&limit=1&page=2");
    let lookup = HttpRequest::get("/v2/orders?filter.billingId=$in:abc&limit=20");
    assert_eq!(unknown_filter(&lookup, "abc").unwrap().path, "/v2/orders?filter.billingIdProbe=$in:abc&limit=20");
    assert_eq!(unknown_filter(&HttpRequest::get("/drive/v2/deliveries/abc"), "abc"), None);
}

#[test]
fn a_lag_is_held_against_the_quiet_time() {
    let lag = |shown_after_ms, hidden_for_ms| Observation::Lag { shown_after_ms, hidden_for_ms };
    let of = |seen| verdict(Platform::Pathao, Check::LookupLag, seen);
    assert_eq!(of(lag(Some(90_500), 90_000)).0, Verdict::Measured);
    let (late, remedy) = of(lag(Some(90_500), 90_001));
    assert_eq!(late, Verdict::Differs);
    assert!(remedy.unwrap().contains("account set main --set settle_ms=181000"));
    assert_eq!(of(lag(Some(200_000), 0)).0, Verdict::Measured, "a slow first look is no lag of the platform's");
    assert_eq!(of(lag(None, 180_000)).0, Verdict::Differs);
}

#[test]
fn hiding_an_ended_order_is_wrong_only_where_docket_relies_on_seeing_it() {
    for (platform, shown, hidden) in [
        (Platform::Postmates, Verdict::Safer, Verdict::Measured),
        (Platform::UberDirect, Verdict::Safer, Verdict::Measured),
        (Platform::Doordash, Verdict::Measured, Verdict::Differs),
    ] {
        let seen = |shown| verdict(platform, Check::EndedShown, Observation::Ended { shown }).0;
        assert_eq!((seen(true), seen(false)), (shown, hidden), "{platform}");
    }
}

#[test]
fn a_line_that_a_check_answers_still_stands_in_an_adapter() {
    for words in super::findings::answer_words() {
        let lines = registry::all().flat_map(|a| a.cannot_know());
        assert!(lines.into_iter().any(|line| line.english.contains(words)), "{words:?} stands nowhere");
    }
}
