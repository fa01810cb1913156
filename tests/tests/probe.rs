//! `account probe`: what the platforms' pages leave open, measured by the real program against practice platforms whose
//! switches are moved one by one.

#[path = "probe/findings.rs"]
mod findings;
#[path = "probe/runs.rs"]
mod runs;

use docket_practice::{PracticePlatform, Switches};
use docket_tests::program::Ran;
use docket_tests::shop::Shop;
use serde_json::Value;

/// A shop with a test account `main` on one platform.
fn shop(platform: PracticePlatform, change: impl FnOnce(&mut Switches)) -> Shop {
    let shop = Shop::open();
    shop.add("main", platform, &[]);
    shop.switch(platform, |switches| {
        // An order at Print.one cannot be cancelled at once, nor once it is sent.
        if platform == PracticePlatform::PrintOne {
            switches.stage_ms = 4_000;
            // Docket's pauses are a test's: its limit would be used up by them.
            switches.rate_limit_per_minute = 0;
        }
        change(switches);
    });
    shop
}

/// The command line that probes `main`. The example of Print.one's form names a template that no account has.
fn line(platform: PracticePlatform) -> Vec<&'static str> {
    let mut line = vec!["--json", "account", "probe", "main"];
    if platform == PracticePlatform::PrintOne {
        line.extend(["--set", "template_id=tmpl_plain"]);
    }
    line
}

/// Probes `main`, which has to end with that exit status.
#[track_caller]
fn probe(shop: &Shop, platform: PracticePlatform, status: i32) -> (Ran, Value) {
    let ran = shop.ctl.run(&line(platform)).code(status);
    let report = ran.objects().remove(0);
    (ran, report)
}

/// The finding of one check.
#[track_caller]
fn finding<'a>(report: &'a Value, check: &str) -> &'a Value {
    let found = report["findings"].as_array().into_iter().flatten().find(|finding| finding["check"] == check);
    found.unwrap_or_else(|| panic!("no finding {check}: {report}"))
}

/// Its verdict.
#[track_caller]
fn verdict<'a>(report: &'a Value, check: &str) -> &'a str {
    finding(report, check)["verdict"].as_str().unwrap_or_default()
}

/// Orders that really exist at a platform and have not ended, by its own word.
fn alive(shop: &Shop) -> Vec<String> {
    let ended = ["CANCELLED", "canceled", "cancelled", "order_cancelled"];
    let there = shop.ours().into_iter().filter(|order| !ended.contains(&order.status.as_str()));
    there.map(|order| order.platform_order_id).collect()
}
