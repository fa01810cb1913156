//! What a person does or has to decide: cancel, mend what was refused, and orders that are not ours.

use docket_practice::{FaultKind, PairRule, PracticePlatform, StrangerOrder, Switches};
use docket_tests::shop::Shop;

use super::all_three::{THREE, one_there};

#[test]
fn a_bound_order_is_cancelled_and_dispatched_again() {
    // Whether the end sets pair or id free is never tried out: a later generation has one of its own.
    let turned: fn(&mut Switches) = |s| (s.pair_rule, s.canceled_frees_reference) = (PairRule::Forever, true);
    let loose: fn(&mut Switches) = |s| (s.pair_rule, s.ended_frees_key) = (PairRule::Off, true);
    let unturned: fn(&mut Switches) = |_| {};
    let more = [(THREE[1], turned), (THREE[1], loose), (THREE[2], turned)];
    for (platform, turn) in THREE.map(|platform| (platform, unturned)).into_iter().chain(more) {
        let shop = Shop::with_orders(platform, 1, &[]);
        shop.switch(platform, turn);
        shop.ctl.run(&["dispatch", "SO-1", "--wait", "60"]).code(0);
        let first = shop.ctl.order("SO-1");
        let id = first["platform_order_id"].as_str().expect("an id").to_owned();
        if platform == PracticePlatform::PrintOne {
            shop.served().advance(platform, &id, "order_pdf_created").expect("it is printed");
        }
        // It waits for the quiet and for the answer: when it has ended, nobody else would send the cancel.
        shop.ctl.run(&["cancel", "SO-1"]).code(0);
        assert_eq!(shop.ctl.order("SO-1")["state"], "cancelled", "{platform}: {}", shop.ctl.order("SO-1"));
        shop.ctl.run(&["dispatch", "SO-1", "--again", "--wait", "60"]).code(0);
        let second = shop.ctl.order("SO-1");
        assert_eq!((&second["state"], &second["generation"]), (&"dispatched".into(), &2.into()), "{second}");
        assert_ne!(first["reference"], second["reference"], "{platform}");
        assert_eq!(shop.ours().len(), 2, "{platform}");
        shop.ctl.verifies();
    }
}

/// The goods are on their way or there: the order stays, and says what became of the cancel.
#[test]
fn a_cancel_that_comes_too_late_says_so() {
    let late = [
        (PracticePlatform::Postmates, "pickup_complete"),
        (PracticePlatform::Pathao, "PICKED"),
        (PracticePlatform::PrintOne, "order_pdf_delivered"),
        (PracticePlatform::UberDirect, "dropoff"),
        (PracticePlatform::Doordash, "picked_up"),
    ];
    for (platform, status) in late {
        let shop = Shop::with_orders(platform, 1, &[]);
        shop.ctl.run(&["dispatch", "SO-1", "--wait", "60"]).code(0);
        let id = shop.ours()[0].platform_order_id.clone();
        shop.served().advance(platform, &id, status).expect("a status of its course");
        let refused = shop.ctl.run(&["cancel", "SO-1"]).code(1).stderr();
        assert!(refused.contains("SO-1: it was not cancelled"), "{platform}: {refused}");
        let order = one_there(&shop, platform.name());
        let finished = shop.ctl.log("SO-1").into_iter().rfind(|entry| entry["kind"] == "cancel_finished");
        assert_eq!(finished.expect("it was tried")["detail"]["outcome"], "too_late", "{platform}: {order}");
        let said = shop.ctl.run(&["order", "show", "SO-1"]).code(0).stdout();
        assert!(said.contains("cancel"), "{platform}: it says what became of the cancel: {order} {said}");
    }
}

#[test]
fn a_refused_order_is_mended_and_dispatched_again() {
    for platform in THREE {
        let shop = Shop::with_orders(platform, 1, &[]);
        let refused_as = match platform {
            PracticePlatform::UberDirect => "address_undeliverable",
            PracticePlatform::Doordash => "delivery_address_not_in_coverage",
            _ => "",
        };
        shop.switch(platform, |switches| switches.create_refused_as = refused_as.into());
        let (wrong, right) = match platform {
            PracticePlatform::PrintOne => ("template_id=tmpl_nowhere", "template_id=tmpl_welcome"),
            _ => ("dropoff_address=1 Far Away Rd", "dropoff_address=1 Near Rd"),
        };
        shop.ctl.run(&["order", "edit", "SO-1", "--set", wrong]).code(0);
        shop.ctl.run(&["dispatch", "SO-1", "--wait", "60"]).code(0);
        let order = shop.ctl.order("SO-1");
        assert_eq!(order["state"], "refused", "{order}");
        assert!(order["reason"].as_str().is_some_and(|why| why.len() > 20), "a sentence: {order}");
        shop.switch(platform, |switches| switches.create_refused_as = String::new());
        shop.ctl.run(&["order", "edit", "SO-1", "--set", right]).code(0);
        shop.ctl.run(&["dispatch", "SO-1", "--wait", "60"]).code(0);
        assert_eq!(one_there(&shop, platform.name())["generation"], 2, "{platform}");
    }
}

/// A stranger who orders the same has another reference or none, and is never taken for us.
#[test]
fn a_strangers_twin_is_never_adopted() {
    for (platform, lag_ms) in THREE.map(|platform| (platform, 0)).into_iter().chain([(THREE[0], 1_500)]) {
        for fault in [FaultKind::StrangerTwin, FaultKind::LoseRequest] {
            let shop = Shop::with_orders(platform, 2, &[]);
            shop.switch(platform, |switches| switches.list_lag_ms = lag_ms);
            shop.ctl.run(&["dispatch", "SO-2", "--wait", "60"]).code(0);
            let twin =
                StrangerOrder { reference: Some("not-ours-1".into()), ..StrangerOrder::copy_of_newest(platform) };
            shop.served().place_stranger(&twin).expect("a stranger orders");
            shop.strike(fault, 1);
            shop.ctl.run(&["dispatch", "SO-1", "--wait", "60"]).code(0);
            let (order, there) = (shop.ctl.order("SO-1"), shop.ours());
            assert_eq!((&order["state"], there.len()), (&"dispatched".into(), 2), "{platform} {fault:?}: {order}");
            let bound = there.iter().find(|there| order["platform_order_id"] == there.platform_order_id.as_str());
            assert!(bound.is_some(), "{platform} {fault:?}: ours is adopted: {order}");
            shop.ctl.verifies();
        }
    }
}

/// A key that may be forgotten is not leaned on: what cannot be proven is for a person, and nothing is sent again.
#[test]
fn a_key_that_may_be_forgotten_guards_nothing() {
    for platform in [PracticePlatform::PrintOne, PracticePlatform::UberDirect] {
        let shop = Shop::with_orders(platform, 1, &[("key_lifetime_s", "0"), ("fence_margin_s", "0")]);
        shop.switch(platform, |switches| switches.key_lifetime_ms = 0);
        shop.strike(FaultKind::LoseRequest, 1);
        shop.ctl.run(&["dispatch", "SO-1", "--wait", "60"]).code(4);
        let order = shop.ctl.order("SO-1");
        assert_eq!((&order["state"], &order["attempts"]), (&"needs_review".into(), &1.into()), "{platform}: {order}");
        assert_eq!((shop.ours().len(), shop.creates(platform)), (0, 1), "{platform}: {order}");
        shop.ctl.verifies();
    }
}

/// A key of the other mode: the order that it made says so, and the account makes no more.
#[test]
fn an_order_of_the_other_mode_stops_the_account() {
    for platform in [PracticePlatform::PrintOne, PracticePlatform::UberDirect] {
        let shop = Shop::with_orders(platform, 2, &[]);
        shop.switch(platform, |switches| switches.wrong_environment = true);
        shop.ctl.run(&["dispatch", "SO-1", "--wait", "10"]);
        let account = shop.ctl.run(&["--json", "account", "list"]).code(0).objects().remove(0);
        assert!(account["paused"].as_str().is_some_and(|why| why.contains("live")), "{platform}: {account}");
        shop.ctl.run(&["dispatch", "SO-2", "--wait", "1"]).code(3);
        assert_eq!((shop.ours().len(), shop.creates(platform)), (1, 1), "{platform}");
        shop.ctl.verifies();
    }
}
