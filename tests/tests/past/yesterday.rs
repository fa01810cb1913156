//! Keeping a ledger's file of yesterday, and bringing it back.

use std::path::{Path, PathBuf};

use docket_practice::PracticePlatform;
use docket_tests::program::{Docketctl, Ran};
use docket_tests::shop::Shop;
use docket_tests::tamper::{copy, number};

/// A shop with `n` orders, on a machine that may be slow, at platforms whose limits are over in a moment.
pub fn opened(platform: PracticePlatform, n: usize, more: &[(&str, &str)]) -> Shop {
    let shop = Shop::with_orders(platform, n, &[&[("timeout_ms", "4000")], more].concat());
    shop.switch(platform, |switches| switches.rate_window_ms = 400);
    shop
}

/// Keeps the ledger as it is now.
pub fn keep(shop: &Shop) -> PathBuf {
    let kept = shop.folder.path().join("kept.db");
    copy(&shop.ctl.ledger, &kept);
    kept
}

/// Brings the ledger back that was kept.
pub fn bring_back(shop: &Shop, kept: &Path) {
    copy(kept, &shop.ctl.ledger);
}

/// Dispatches orders by their numbers, and waits until they are.
pub fn dispatch(ctl: &Docketctl, numbers: std::ops::RangeInclusive<usize>) {
    let numbers: Vec<String> = numbers.map(|n| format!("SO-{n}")).collect();
    let mut args = vec!["dispatch"];
    args.extend(numbers.iter().map(String::as_str));
    args.extend(["--wait", "60"]);
    ctl.run(&args).code(0);
}

/// A dispatch is refused, and says why and what to do.
#[track_caller]
pub fn is_shut(ctl: &Docketctl, why: &str) -> Ran {
    let refused = ctl.run(&["dispatch", "--all"]).code(1);
    let said = refused.stderr();
    assert!(said.contains("dispatch is shut for account main") && said.contains(why), "{said}");
    assert!(said.contains("docketctl restore check") && said.contains("docketctl restore open main"), "{said}");
    refused
}

/// Every order of the ledger is bound to the platform order that exists for it, each to its own; nothing else exists.
#[track_caller]
pub fn all_bound(shop: &Shop, ctl: &Docketctl, platform: PracticePlatform, n: usize) {
    let (orders, ours) = (ctl.orders(), shop.ours());
    assert_eq!((orders.len(), ours.len()), (n, n), "one platform order for each order");
    for order in orders {
        assert_eq!(order["state"], "dispatched", "{order}");
        let bound = ours.iter().find(|o| order["platform_order_id"] == o.platform_order_id.as_str());
        let bound = bound.unwrap_or_else(|| panic!("it exists: {order}"));
        assert!(bound.reference.is_none() || order["reference"].as_str() == bound.reference.as_deref(), "{order}");
    }
    assert_eq!(shop.creates(platform) as usize, n, "no create request left for what was there");
    ctl.verifies();
}

/// How often it was noticed that the ledger does not know all of its past.
pub fn incidents(ledger: &Path) -> i64 {
    number(ledger, "SELECT count(*) FROM past_incident")
}
