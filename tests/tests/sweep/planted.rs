//! Doubles and losses that were planted.

use docket_core::domain::{AccountIdentity, Platform, Reference};
use docket_practice::{FaultKind, PracticePlatform};
use docket_tests::shop::Shop;

use super::{incidents, plant, shop, sweep, told};

use PracticePlatform::{Doordash, Foxreload, Pathao, Postmates, PrintOne, UberDirect};

const WITH_REFERENCES: [PracticePlatform; 4] = [Pathao, Postmates, PrintOne, UberDirect];

fn entry(order_no: &str, kind: &str, id: &str) -> (String, String, String) {
    (order_no.to_owned(), kind.to_owned(), id.to_owned())
}

/// The reference that a later generation would have.
fn reference(shop: &Shop, platform: PracticePlatform, order_no: &str, generation: u32) -> String {
    let merchant = &shop.served().endpoint(platform).expect("it is served").merchant_id;
    let platform = Platform::from_code(platform.name()).expect("both name it alike");
    let identity = AccountIdentity::new(platform, true, merchant);
    assert_eq!(
        shop.ctl.order(order_no)["reference"].as_str(),
        Some(Reference::mint(&identity, &order_no.into(), 1).as_str()),
        "the numbering is the ledger's"
    );
    Reference::mint(&identity, &order_no.into(), generation).0
}

#[test]
fn doubles_and_lost_generations_are_found_where_references_are_shown() {
    for platform in WITH_REFERENCES {
        let shop = shop(platform, 3, &[]);
        let ours = shop.ctl.order("SO-1")["reference"].as_str().expect("it has one").to_owned();
        let double = plant(&shop, platform, "SO-1", Some(&ours));
        let lost = plant(&shop, platform, "SO-2", Some(&reference(&shop, platform, "SO-2", 2)));
        plant(&shop, platform, "SO-3", None);
        plant(&shop, platform, "SO-3", Some("somebody-else-1"));
        let (findings, summary) = sweep(&shop, 4);
        let wanted = [entry("SO-1", "double", &double), entry("SO-2", "lost_generation", &lost)];
        assert_eq!(told(&findings), wanted, "{platform}: {findings:?}");
        assert_eq!((&summary["whole"], &summary["accounts"][0]["by_others"]), (&true.into(), &2.into()), "{summary}");
        assert_eq!(incidents(&shop), 2, "{platform}: each is in the log");

        let (again, summary) = sweep(&shop, 4);
        assert_eq!(told(&again), wanted, "{platform}: they are still there");
        assert_eq!((&summary["told_before"], incidents(&shop)), (&2.into(), 2), "{platform}: and are not told again");
    }
}

#[test]
fn a_double_of_a_middle_box_is_found() {
    for platform in [Pathao, Postmates, PrintOne, UberDirect, Foxreload] {
        let shop = Shop::with_orders(platform, 2, &[]);
        shop.switch(platform, |switches| switches.race_window_ms = 60_000);
        shop.strike(FaultKind::Doubled, 1);
        shop.ctl.run(&["dispatch", "SO-1", "--wait", "60"]).code(0);
        shop.ctl.run(&["dispatch", "SO-2", "--wait", "60"]).code(0);
        let bound = shop.ctl.order("SO-1")["platform_order_id"].clone();
        assert_eq!(shop.ours().len(), 3, "{platform}: one is there twice");
        let (findings, _) = sweep(&shop, 4);
        assert_eq!(findings.len(), 1, "{platform}: {findings:?}");
        let kind = if platform == Foxreload { "perhaps_double" } else { "double" };
        let found = &findings[0];
        assert_eq!((&found["kind"], &found["order_no"]), (&kind.into(), &"SO-1".into()), "{platform}: {found}");
        assert_eq!(found["bound"], bound, "{platform}: {found}");
        let there = shop.ours().into_iter().find(|order| bound != order.platform_order_id.as_str());
        assert_eq!(found["platform_order_id"], there.expect("a second one").platform_order_id, "{platform}: {found}");
        let log = shop.ctl.log("SO-1");
        assert!(log.iter().any(|entry| entry["kind"] == "incident"), "{platform}: it stands with its order");
    }
}

#[test]
fn what_was_refused_and_exists_is_found() {
    for (platform, word) in [(UberDirect, "address_undeliverable"), (Doordash, "distance_too_long")] {
        let shop = Shop::with_orders(platform, 2, &[]);
        shop.switch(platform, |switches| {
            (switches.create_refused_as, switches.refused_create_commits) = (word.to_owned(), true);
        });
        shop.ctl.run(&["dispatch", "SO-1", "--wait", "60"]);
        assert_eq!(shop.ctl.order("SO-1")["state"], "refused", "{platform}");
        let there = shop.ours().remove(0).platform_order_id;
        let (findings, summary) = sweep(&shop, 4);
        assert_eq!(told(&findings), [entry("SO-1", "given_up", &there)], "{platform}");
        let unseen = summary["accounts"][0]["unseen"].to_string();
        let no_list = unseen.contains("a reference that is not in this ledger cannot be found");
        assert_eq!(no_list, platform == Doordash, "what cannot be looked at is said: {summary}");
        assert_eq!(incidents(&shop), 1, "{platform}");
    }
}

#[test]
fn where_nobody_else_orders_an_order_that_nobody_knows_is_told() {
    for exclusive in ["true", "false"] {
        let shop = shop(Foxreload, 2, &[("exclusive", exclusive)]);
        let body = serde_json::json!({ "items": [{ "itemId": "product_0099", "quantity": 1 }] });
        let body = body.as_object().expect("an object").clone();
        let order =
            docket_practice::StrangerOrder { platform: Foxreload, order_id: None, body: Some(body), reference: None };
        let id = shop.served().place_stranger(&order).expect("an order of somebody else");
        let told_of = exclusive == "true";
        let (findings, summary) = sweep(&shop, if told_of { 4 } else { 0 });
        let wanted = if told_of { vec![entry("-", "unowned", &id)] } else { Vec::new() };
        assert_eq!(told(&findings), wanted, "{summary}");
        assert_eq!(summary["accounts"][0]["by_others"], i32::from(!told_of), "{summary}");
    }
}

#[test]
fn a_bound_order_that_the_platform_does_not_know_any_more_is_told() {
    let shop = shop(Pathao, 2, &[("settle_ms", "1")]);
    shop.switch(Pathao, |switches| switches.retention_ms = 1);
    let (findings, _) = sweep(&shop, 4);
    let kinds: Vec<_> = told(&findings).into_iter().map(|(order_no, kind, _)| (order_no, kind)).collect();
    assert_eq!(kinds, [("SO-1".into(), "missing".into()), ("SO-2".into(), "missing".into())]);
    assert_eq!(shop.ctl.order("SO-1")["state"], "dispatched", "not shown is not the same as cancelled");
    sweep(&shop, 4);
    assert_eq!(incidents(&shop), 2);
}

#[test]
fn what_the_platform_has_cancelled_is_told_and_then_known() {
    let words = [
        (Pathao, "CANCELLED"),
        (Postmates, "canceled"),
        (PrintOne, "order_cancelled"),
        (UberDirect, "canceled"),
        (Doordash, "cancelled"),
        (Foxreload, "cancelled"),
    ];
    for (platform, word) in words {
        let shop = shop(platform, 2, &[]);
        let id = shop.ctl.order("SO-1")["platform_order_id"].as_str().expect("it is bound").to_owned();
        shop.served().advance(platform, &id, word).expect("a status of its own");
        let (findings, _) = sweep(&shop, 4);
        assert_eq!(told(&findings), [entry("SO-1", "cancelled", &id)], "{platform}");
        assert!(shop.ctl.log("SO-1").iter().any(|entry| entry["kind"] == "status_changed"), "{platform}");
        assert_eq!((sweep(&shop, 0).0.len(), incidents(&shop)), (0, 0), "{platform}: the ledger has read it");
    }
}

/// Nobody has to act on a double that was cancelled.
#[test]
fn a_double_that_was_cancelled_needs_nobody() {
    let shop = shop(UberDirect, 1, &[]);
    let ours = shop.ctl.order("SO-1")["reference"].as_str().expect("it has one").to_owned();
    let double = plant(&shop, UberDirect, "SO-1", Some(&ours));
    shop.served().advance(UberDirect, &double, "canceled").expect("a status of its own");
    let (findings, summary) = sweep(&shop, 0);
    assert_eq!(told(&findings), [entry("SO-1", "double", &double)]);
    assert_eq!((&findings[0]["ended_there"], &summary["needs_person"]), (&true.into(), &0.into()));
    let text = shop.ctl.run(&["sweep"]).code(0).stdout();
    assert!(text.contains("canceled there); it has ended there: nothing to do"), "{text}");
}
