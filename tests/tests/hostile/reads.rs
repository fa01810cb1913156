//! Every lie as the answer to a lookup, to a question for a status, and to a cancel: nothing follows from any.

use docket_practice::PracticePlatform;
use docket_tests::liar::{Ask, Lie, Say};
use docket_tests::lies;
use docket_tests::truth::{compare, existing};

use crate::{about_anything, lied_to, was_not_led_on};

/// Orders whose answers are lost, a third of them not carried out, are looked for through nothing but lies at first.
fn every_lie_about_a_lookup(platform: PracticePlatform) {
    const ORDERS: usize = 15;
    let mut more = vec![("max_in_flight", "2")];
    // One scan is for all; without a fence, nothing but a scan tells.
    let scanned = matches!(platform, PracticePlatform::UberDirect | PracticePlatform::Foxreload);
    if scanned {
        more.extend([("key_lifetime_s", "0"), ("fence_margin_s", "0")]);
    }
    let (shop, liar) = lied_to(platform, ORDERS, &more);
    let ask = if platform == PracticePlatform::Doordash { Ask::Get } else { Ask::Lookup };
    let mut lies = about_anything(&liar.endpoint.base_url);
    lies.extend(lies::doubled());
    if platform != PracticePlatform::Doordash {
        lies.extend(lies::emptied());
    }
    lies.iter().for_each(|lie| liar.lie(ask, lie, true));
    let silence = Lie { name: "nothing".into(), say: Say::Hang(Vec::new()) };
    for i in 0..ORDERS {
        liar.lie(Ask::Create, &silence, scanned || i % 3 != 0);
    }
    let ran = shop.ctl.run(&["dispatch", "--all", "--wait", "110"]);
    assert_eq!((ran.status(), liar.left()), (Some(0), 0), "{platform}: {ran:?} {:?}", liar.told());
    was_not_led_on(&liar);
    let tally = compare(&shop.ctl.orders(), &existing(&shop.truth_file(), platform));
    assert_eq!((tally.states.len(), tally.unbound, tally.existing), (1, 0, ORDERS), "{platform}: {tally:?}");
    assert_eq!(tally.later_generations, 0, "{platform}: no lie proves absence: {tally:?}");
    shop.ctl.verifies();
}

#[test]
fn a_lookup_at_postmates() {
    every_lie_about_a_lookup(PracticePlatform::Postmates);
}

#[test]
fn a_lookup_at_uber_direct() {
    every_lie_about_a_lookup(PracticePlatform::UberDirect);
}

#[test]
fn a_lookup_at_pathao() {
    every_lie_about_a_lookup(PracticePlatform::Pathao);
}

#[test]
fn a_lookup_at_foxreload() {
    every_lie_about_a_lookup(PracticePlatform::Foxreload);
}

#[test]
fn a_lookup_at_print_one() {
    every_lie_about_a_lookup(PracticePlatform::PrintOne);
}

#[test]
fn a_lookup_at_doordash() {
    every_lie_about_a_lookup(PracticePlatform::Doordash);
}

/// What is bound stays bound, with the status that was last seen.
#[test]
fn a_lie_about_a_status_changes_nothing() {
    for platform in [PracticePlatform::Pathao, PracticePlatform::UberDirect, PracticePlatform::Foxreload] {
        let (shop, liar) = lied_to(platform, 1, &[]);
        shop.ctl.run(&["dispatch", "SO-1", "--wait", "60"]).code(0);
        let before = shop.ctl.order("SO-1");
        for lie in about_anything(&liar.endpoint.base_url) {
            liar.lie(Ask::Get, &lie, true);
            shop.ctl.run(&["track", "SO-1"]);
            let after = shop.ctl.order("SO-1");
            assert_eq!(liar.left(), 0, "{platform}: it was asked: {}", lie.name);
            for what in ["state", "platform_status", "platform_order_id", "reason"] {
                assert_eq!(before[what], after[what], "{platform}: {}", lie.name);
            }
        }
        shop.ctl.run(&["track", "SO-1"]).code(0);
        was_not_led_on(&liar);
        assert_eq!((shop.ours().len(), shop.creates(platform)), (1, 1), "{platform}");
        shop.ctl.verifies();
    }
}

/// Each order's cancel is answered with a lie, carried out or not: in the end each is cancelled, and said to be.
#[test]
fn a_lie_about_a_cancel_is_cleared_up() {
    for platform in [PracticePlatform::Pathao, PracticePlatform::UberDirect, PracticePlatform::Doordash] {
        let n = about_anything("").len();
        let (shop, liar) = lied_to(platform, n, &[]);
        shop.ctl.run(&["dispatch", "--all", "--wait", "60"]).code(0);
        for (i, lie) in about_anything(&liar.endpoint.base_url).iter().enumerate() {
            liar.lie(Ask::Cancel, lie, i % 2 == 0);
            shop.ctl.run(&["cancel", &format!("SO-{}", i + 1)]);
        }
        shop.ctl.run(&["reconcile", "--wait", "110"]).code(0);
        assert_eq!(liar.left(), 0, "{platform}");
        was_not_led_on(&liar);
        for order in shop.ctl.orders() {
            assert_eq!(order["state"], "cancelled", "{platform}: {order}");
        }
        assert_eq!((shop.ours().len(), shop.creates(platform) as usize), (n, n), "{platform}");
        let ended = |order: &docket_practice::TruthOrder| order.status.to_lowercase().starts_with("cancel");
        assert!(shop.ours().iter().all(ended), "{platform}: {:?}", shop.ours());
        shop.ctl.verifies();
    }
}
