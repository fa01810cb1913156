//! Answers that would fill the memory: the program's own peak, as the kernel tells it.

use std::time::Duration;

use docket_practice::PracticePlatform;
use docket_tests::liar::Ask;
use docket_tests::lies;
use docket_tests::program::Running;

use crate::{lied_to, nothing_but_scans};

/// How much more a run among lies may take at its peak, in kilobytes: eight requests at once, each with an answer that is
/// read up to 4 MB and no further, twice over while it grows.
const MORE_KB: u64 = 64_000;
const ORDERS: usize = 12;

/// The most memory that a program has held until now, in kilobytes.
fn held_kb(running: &Running) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{}/status", running.pid())).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().trim_end_matches(" kB").parse().ok()
}

/// The peak of a whole run, in kilobytes: among floods, each is the answer to a create and to a lookup.
fn peak_kb(platform: PracticePlatform, floods: bool) -> u64 {
    let pace = [("max_in_flight", "8"), ("timeout_ms", "4000")];
    let (shop, liar) = lied_to(platform, ORDERS, &[&pace[..], &nothing_but_scans(platform)].concat());
    let ask = if platform == PracticePlatform::Doordash { Ask::Get } else { Ask::Lookup };
    for lie in lies::floods().iter().filter(|_| floods) {
        liar.lie(Ask::Create, lie, true);
        liar.lie(ask, lie, true);
    }
    let mut running = shop.ctl.start(&["dispatch", "--all", "--wait", "110"]);
    let mut peak = 0;
    while !running.has_ended(Duration::from_millis(2)) {
        peak = held_kb(&running).unwrap_or(0).max(peak);
    }
    running.end(docket_tests::waiting::LONG).code(0);
    assert_eq!(liar.left(), 0, "{:?}", liar.told());
    assert_eq!(shop.ours().len(), ORDERS);
    peak
}

#[test]
fn no_answer_fills_the_memory() {
    for platform in PracticePlatform::ALL {
        let (plain, flooded) = (peak_kb(platform, false), peak_kb(platform, true));
        docket_tests::chance::say(&format!("{platform}: {plain} kB at the peak, {flooded} kB among floods"));
        assert!(plain > 1_000, "a program takes something: {plain}");
        assert!(flooded < plain + MORE_KB, "{platform}: {plain} kB at the peak, {flooded} kB among floods");
    }
}
