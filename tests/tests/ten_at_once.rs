//! One order from ten programs and a window at the same moment, on each platform: one platform order, one request.

use std::sync::Barrier;

use docket_core::api::{Command, Core, CoreOptions, DispatchRequest, OrderKey, Request};
use docket_core::domain::OrderNo;
use docket_core::ids::random_id;
use docket_practice::PracticePlatform;
use docket_tests::shop::Shop;
use docket_tests::waiting::LONG;

/// `docketctl dispatch SO-1`, so many times at once.
const PROGRAMS: usize = 10;

/// Eleven programs on a busy machine may all wait for one another: no request is given up meanwhile, since a second one
/// would be right then.
const UNHURRIED: [(&str, &str); 3] =
    [("timeout_ms", "30000"), ("connect_timeout_ms", "30000"), ("send_before_ms", "30000")];

/// A window on the shop's ledger that clicks three times when everybody is ready, each a command of its own; how many
/// were answered.
fn window(shop: &Shop, ready: &Barrier, opens_first: bool) -> usize {
    let options = CoreOptions {
        ledger: shop.ctl.ledger.clone(),
        secrets_file: Some(shop.folder.path().join("secrets.json")),
        station: shop.ctl.station(),
        program: "docket-tests",
        follow: false,
    };
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let wait = || tokio::task::block_in_place(|| ready.wait());
        if !opens_first {
            wait();
        }
        let core = Core::attach(options).await.expect("it opens, whoever holds the ledger");
        if opens_first {
            wait();
        }
        let click = || {
            let order = OrderKey { order_no: OrderNo::from("SO-1"), account: None };
            let dispatch = DispatchRequest { orders: vec![order], ..DispatchRequest::default() };
            core.execute(Request { id: random_id(), command: Command::Dispatch(dispatch) })
        };
        let clicks = tokio::join!(click(), click(), click());
        let carried_out = [clicks.0, clicks.1, clicks.2].iter().filter(|clicked| clicked.is_ok()).count();
        let standing = core.wait(Some(60.0)).await.expect("waiting works");
        assert_eq!((standing.open, standing.needs_review), (0, 0), "nothing is left");
        core.stop().await;
        carried_out
    })
}

/// Once with the ledger in the window's hands before, and once with everybody at its lock at the same moment.
fn at_once(platform: PracticePlatform) {
    for opens_first in [true, false] {
        once(platform, opens_first);
    }
}

fn once(platform: PracticePlatform, opens_first: bool) {
    let shop = Shop::with_orders(platform, 1, &[&[("exclusive", "true")][..], &UNHURRIED].concat());
    // No key and no reference saves the second of two: where a repeat is known at all, it is not known within a minute.
    shop.switch(platform, |switches| switches.race_window_ms = 60_000);
    let ready = Barrier::new(2);
    let (clicks, programs) = std::thread::scope(|scope| {
        let window = scope.spawn(|| window(&shop, &ready, opens_first));
        ready.wait();
        let programs = [(); PROGRAMS].map(|()| shop.ctl.start(&["dispatch", "SO-1", "--wait", "60"]));
        (window.join().expect("the window works"), programs.map(|program| program.end(LONG)))
    });
    assert_eq!(clicks, 3, "{platform}: each click is answered");
    for program in programs {
        program.code(0);
    }
    let told = shop.ctl.log("SO-1");
    let times = |kind: &str| told.iter().filter(|entry| entry["kind"] == kind).count();
    assert_eq!((times("reserved"), times("send_started")), (1, 1), "{platform}: {told:#?}");
    assert_eq!((shop.ours().len(), shop.creates(platform)), (1, 1), "{platform}");
    let order = shop.ctl.order("SO-1");
    assert_eq!((&order["state"], &order["attempts"]), (&"dispatched".into(), &1.into()), "{platform}: {order}");
    assert_eq!(order["platform_order_id"], shop.ours()[0].platform_order_id.as_str(), "{platform}: {order}");
    shop.ctl.verifies();
}

#[test]
fn pathao() {
    at_once(PracticePlatform::Pathao);
}

#[test]
fn postmates() {
    at_once(PracticePlatform::Postmates);
}

#[test]
fn foxreload() {
    at_once(PracticePlatform::Foxreload);
}

#[test]
fn print_one() {
    at_once(PracticePlatform::PrintOne);
}

#[test]
fn uber_direct() {
    at_once(PracticePlatform::UberDirect);
}

#[test]
fn doordash() {
    at_once(PracticePlatform::Doordash);
}
