//! A sync that fails loses more than it says: the kernel takes the pages for clean then, and no later sync writes them.
//! What stands in front of a later commit, and is not on the disk, takes that commit with it when the power goes.

use docket_practice::PracticePlatform;
use docket_tests::chance::say;
use docket_tests::disk::{FailingDisk, Fault};
use docket_tests::shop::Shop;

const PLATFORM: PracticePlatform = PracticePlatform::PrintOne;
const ORDERS: usize = 3;
/// Syncs of a run that fail, one in each.
const SYNCS: std::ops::RangeInclusive<u32> = 2..=6;
/// So many moments after it the power goes, one in each run.
const LATER: std::ops::RangeInclusive<u32> = 4..=7;

/// Orders go out one after the other; one sync fails, and later the power goes. What had left by then is known.
fn the_power_goes_after_a_sync_failed(sync: u32, later: u32) -> (bool, bool) {
    let shop = Shop::with_orders(PLATFORM, ORDERS, &[("max_in_flight", "1"), ("timeout_ms", "2000")]);
    shop.without_limit(PLATFORM);
    let fault = Fault::of("EIO", "sync").on("main wal").at(sync).times(1).power(sync + later);
    let disk = FailingDisk::under(&shop.ctl, &fault);
    let ran = disk.ctl.run(&["dispatch", "--all", "--wait", "10"]);
    let about = format!("sync {sync}, power {later} later: {:?}\n{ran:?}", disk.calls());
    shop.ctl.verifies();
    for truth in shop.ours() {
        let orders = shop.ctl.orders();
        let known = orders.iter().find(|o| o["reference"].as_str() == truth.reference.as_deref());
        assert!(known.is_some_and(|o| o["attempts"] != 0), "sent and not known: {truth:?}\n{about}");
    }
    let sent = !shop.ours().is_empty();
    shop.ctl.run(&["reconcile", "--wait", "60"]).code(0);
    shop.ctl.run(&["dispatch", "--all", "--wait", "60"]);
    let orders = shop.ctl.orders();
    assert!(orders.iter().all(|order| order["state"] == "dispatched"), "{orders:?}\n{about}");
    assert_eq!(shop.ours().len(), ORDERS, "{about}");
    shop.ctl.verifies();
    (ran.was_killed() && disk.has_struck(), sent)
}

#[test]
fn a_sync_that_failed_takes_no_later_commit_with_it() {
    let runs: Vec<(u32, u32)> = SYNCS.flat_map(|sync| LATER.map(move |later| (sync, later))).collect();
    let lane = |first: usize| {
        let mine = runs.iter().skip(first).step_by(4);
        mine.map(|(sync, later)| the_power_goes_after_a_sync_failed(*sync, *later)).collect::<Vec<_>>()
    };
    let ends: Vec<(bool, bool)> = std::thread::scope(|scope| {
        let lanes: Vec<_> = (0..4).map(|first| scope.spawn(move || lane(first))).collect();
        lanes.into_iter().flat_map(|lane| lane.join().expect("a lane ends well")).collect()
    });
    let struck = ends.iter().filter(|(struck, _)| *struck).count();
    let after = ends.iter().filter(|(struck, sent)| *struck && *sent).count();
    say(&format!("{struck} runs were struck twice, {after} of them after something was sent"));
    assert!(struck >= 10 && after >= 5, "{struck}, {after}");
}
