//! A disk that fails, under the real program: each call fails once, the power goes at each moment, the disk is full, the file
//! read-only, locked, rotten, cut, or kept by a disk that lies. Nothing is sent that is not written down and synced, nothing
//! that was told is lost, it is said what to do, and in the end each order exists once.
//!
//! `docket_tests::disk` is the layer that does it, and says why it is what it is. A newer schema is in `cases`, changed rows
//! are in `verify`. Here: strace, which shows from outside what the layer shows from inside, lets the n-th sync of each
//! thread come to EIO, once for every place in a dispatch where one may happen.

#[path = "disk/calls.rs"]
mod calls;
#[path = "disk/damage.rs"]
mod damage;
#[path = "disk/full.rs"]
mod full;
#[path = "disk/making.rs"]
mod making;
#[path = "disk/pages.rs"]
mod pages;
#[path = "disk/power.rs"]
mod power;
#[path = "disk/scene.rs"]
mod scene;

use docket_practice::PracticePlatform;
use docket_tests::chance::say;
use docket_tests::program::Running;
use docket_tests::shop::Shop;
use docket_tests::strace::{ARGS, armed_before_sent, read};
use docket_tests::waiting::LONG;

/// A dispatch of one order comes to five syncs or so in the writer's thread.
const PLACES: std::ops::RangeInclusive<u32> = 1..=5;

/// What one failing sync led to.
struct End {
    status: Option<i32>,
    told: String,
    injected: bool,
}

fn with_a_failing_sync(n: u32) -> End {
    let shop = Shop::with_orders(PracticePlatform::Pathao, 1, &[("timeout_ms", "10000"), ("send_before_ms", "20000")]);
    let file = shop.folder.path().join("trace");
    let (out, inject) = (file.display().to_string(), format!("inject=fsync,fdatasync:error=EIO:when={n}"));
    let mut wrapper = vec!["strace", "-o", out.as_str(), "-e", inject.as_str()];
    wrapper.extend(ARGS);
    let command = shop.ctl.command_under(&wrapper, &["dispatch", "SO-1", "--wait", "30"]);
    let ran = Running::start(command, "").end(LONG);
    let trace = std::fs::read_to_string(&file).expect("strace wrote a trace");
    let (order, ours) = (shop.ctl.order("SO-1"), shop.ours().len());
    let told = ran.stderr();
    say(&format!("sync {n}: status {:?}, then {}, {ours} at the platform: {told}", ran.status(), order["state"]));

    // What left had its arming on disk: written, and synced well, before the first byte.
    assert!(ours <= 1 && shop.creates(PracticePlatform::Pathao) <= 1, "{order}");
    if shop.creates(PracticePlatform::Pathao) > 0 {
        let reference = order["reference"].as_str().expect("what was sent has its reference in the ledger");
        let ledger = std::fs::canonicalize(&shop.ctl.ledger).expect("a ledger").display().to_string();
        armed_before_sent(&read(&trace), &ledger, reference).unwrap_or_else(|why| panic!("sync {n}: {why}"));
    }
    let refused = told.lines().find(|line| line.starts_with("docketctl: "));
    match ran.status() {
        // Whoever is told that nothing was sent can rely on it.
        Some(1) => {
            assert!(
                refused.is_some_and(|line| line.contains("the disk failed") && line.contains("try again")),
                "{told}"
            );
            assert_eq!((ours, shop.creates(PracticePlatform::Pathao)), (0, 0), "nothing was sent: {order}");
            assert_eq!(order["attempts"], 0, "nothing was armed, so nothing can be on its way: {order}");
        }
        Some(0) => assert_eq!((&order["state"], ours), (&"dispatched".into(), 1), "{told}"),
        other => panic!("sync {n}: {other:?} {told}"),
    }
    // The disk is well again: the ledger is sound, and the order goes out once.
    shop.ctl.verifies();
    shop.ctl.run(&["dispatch", "SO-1", "--wait", "60"]).code(0);
    shop.ctl.run(&["reconcile", "--wait", "60"]).code(0);
    assert_eq!((&shop.ctl.order("SO-1")["state"], shop.ours().len()), (&"dispatched".into(), 1));
    shop.ctl.verifies();
    End { status: ran.status(), told, injected: trace.contains("(INJECTED)") }
}

#[test]
fn a_sync_that_fails_sends_nothing_and_loses_nothing() {
    let ends: Vec<End> = PLACES.map(with_a_failing_sync).collect();
    assert!(ends.iter().filter(|end| end.injected).count() >= 3, "syncs were struck");
    assert!(ends.iter().any(|end| end.status == Some(1)), "some were on the way to the first byte");
    assert!(ends.iter().any(|end| end.status == Some(0)), "some were not");
    let anew = "the ledger was opened again after a failure of its disk";
    assert!(ends.iter().any(|end| end.told.contains(anew)), "the handle was thrown away");
}
