//! A ledger restored from yesterday's file.

use std::time::Duration;

use docket_practice::PracticePlatform;
use docket_tests::orders;
use docket_tests::shop::Shop;
use docket_tests::tamper::{change, number};
use docket_tests::waiting::{LONG, Stopwatch, until};

use crate::yesterday::{all_bound, bring_back, dispatch, incidents, is_shut, keep, opened};

const RESTORED: &str = "older copy";

/// Three orders that the kept ledger knows, twenty that it forgets, three that are still to be sent.
fn forgets_twenty(platform: PracticePlatform) {
    let shop = opened(platform, 26, &[]);
    dispatch(&shop.ctl, 1..=3);
    shop.ends(platform, "SO-1");
    let kept = keep(&shop);
    dispatch(&shop.ctl, 4..=23);
    bring_back(&shop, &kept);
    is_shut(&shop.ctl, RESTORED);
    is_shut(&shop.ctl, RESTORED);
    assert_eq!((shop.creates(platform), incidents(&shop.ctl.ledger)), (23, 1), "noticed once, and nothing left");
    assert_eq!(number(&shop.ctl.ledger, "SELECT count(*) FROM log WHERE kind = 'incident'"), 1);
    shop.ctl.run(&["restore", "show"]).code(4);
    let checked = shop.ctl.run(&["restore", "check"]).code(0);
    assert_eq!(checked.stdout().matches("it is at the platform").count(), 20, "{checked:?}");
    assert_eq!(shop.creates(platform), 23, "a check creates nothing");
    // What was shown once and then hidden behind the platform's limit is in doubt, and looked up again.
    shop.ctl.run(&["reconcile", "--wait", "60"]).code(0);
    assert_eq!(shop.creates(platform), 23, "and nothing is sent again");
    let bound = shop.ctl.orders().iter().filter(|order| order["state"] == "dispatched").count();
    assert_eq!(bound, 23, "what was sent is bound, and the rest are drafts");
    assert!(shop.ctl.log("SO-9").iter().any(|entry| entry["kind"] == "bound" && entry["detail"]["by"] == "lookup"));
    shop.ctl.run(&["dispatch", "--all", "--wait", "60"]).code(0);
    all_bound(&shop, &shop.ctl, platform, 26);
    assert_eq!(number(&shop.ctl.ledger, "SELECT count(*) FROM past_incident WHERE closed_ms IS NULL"), 0);
}

#[test]
fn at_pathao() {
    forgets_twenty(PracticePlatform::Pathao);
}

#[test]
fn at_uber_direct() {
    forgets_twenty(PracticePlatform::UberDirect);
}

#[test]
fn at_print_one() {
    forgets_twenty(PracticePlatform::PrintOne);
}

#[test]
fn at_doordash() {
    forgets_twenty(PracticePlatform::Doordash);
}

#[test]
fn what_was_queued_when_the_backup_was_made_is_bound_too() {
    let mut shop = opened(PracticePlatform::Pathao, 5, &[]);
    dispatch(&shop.ctl, 1..=1);
    shop.shut();
    shop.ctl.run(&["dispatch", "--all"]).code(3);
    let kept = keep(&shop);
    shop.serve();
    shop.ctl.run(&["reconcile", "--wait", "60"]).code(0);
    let creates = shop.creates(PracticePlatform::Pathao);
    bring_back(&shop, &kept);
    // Its queue is not worked on, neither here nor by whoever waits for it.
    shop.ctl.run(&["reconcile", "--wait", "60"]).code(3);
    is_shut(&shop.ctl, RESTORED);
    assert_eq!(shop.creates(PracticePlatform::Pathao), creates);
    shop.ctl.run(&["restore", "check"]).code(0);
    assert_eq!((shop.creates(PracticePlatform::Pathao), shop.ours().len()), (creates, 5));
    assert!(shop.ctl.orders().iter().all(|order| order["state"] == "dispatched"));
    shop.ctl.verifies();
}

#[test]
fn what_was_in_doubt_when_the_backup_was_made_is_not_sent_again() {
    let mut shop = opened(PracticePlatform::Pathao, 2, &[("lookup_interval_max_ms", "400")]);
    dispatch(&shop.ctl, 1..=1);
    let killed = shop.ctl.with("DOCKET_CRASH_AT", "armed:1").run(&["dispatch", "SO-2"]);
    assert!(killed.was_killed(), "{killed:?}");
    let kept = keep(&shop);
    shop.ctl.run(&["reconcile", "--wait", "60"]).code(0);
    bring_back(&shop, &kept);
    // It is found by the ordinary recovery, shut or not.
    shop.ctl.run(&["reconcile", "--wait", "60"]).code(0);
    assert_eq!(shop.ctl.order("SO-2")["state"], "dispatched");
    is_shut(&shop.ctl, RESTORED);
    shop.ctl.run(&["restore", "check"]).code(0);
    assert_eq!(shop.ours().len(), 2);
    shop.ctl.verifies();
    shop.shut();
}

#[test]
fn a_file_that_is_imported_again_is_not_sent_again() {
    let platform = PracticePlatform::Pathao;
    let shop = opened(platform, 2, &[]);
    dispatch(&shop.ctl, 1..=2);
    shop.ends(platform, "SO-1");
    let kept = keep(&shop);
    let file = orders::write(shop.folder.path(), platform, 12).display().to_string();
    let import = || shop.ctl.run(&["order", "import", &file, "--account", "main"]).code(0);
    import();
    dispatch(&shop.ctl, 3..=10);
    bring_back(&shop, &kept);
    is_shut(&shop.ctl, RESTORED);
    // Nothing is left to ask for: the account opens. What comes in later is asked for when it is to be sent.
    shop.ctl.run(&["restore", "check"]).code(0);
    import();
    let done = shop.ctl.run(&["dispatch", "--all", "--wait", "60"]).code(0);
    assert_eq!(done.last_line(), "10 orders: 10 dispatched", "{done:?}");
    all_bound(&shop, &shop.ctl, platform, 12);
}

#[test]
fn an_order_that_was_sent_twice_in_the_lost_time_is_bound_to_what_came_last() {
    let platform = PracticePlatform::Doordash;
    let shop = opened(platform, 2, &[]);
    dispatch(&shop.ctl, 1..=1);
    let kept = keep(&shop);
    dispatch(&shop.ctl, 2..=2);
    shop.ctl.run(&["cancel", "SO-2"]).code(0);
    shop.ctl.run(&["dispatch", "SO-2", "--again", "--wait", "60"]).code(0);
    let (last, creates) = (shop.ctl.order("SO-2"), shop.creates(platform));
    bring_back(&shop, &kept);
    is_shut(&shop.ctl, RESTORED);
    shop.ctl.run(&["restore", "check"]).code(0);
    let order = shop.ctl.order("SO-2");
    assert_eq!(order["platform_order_id"], last["platform_order_id"]);
    assert_eq!((&order["generation"], shop.creates(platform)), (&2.into(), creates));
    shop.ctl.verifies();
}

#[test]
fn where_ended_orders_are_hidden_a_person_opens() {
    let platform = PracticePlatform::Postmates;
    let shop = opened(platform, 3, &[("reference_life_s", "1"), ("fence_margin_s", "0")]);
    dispatch(&shop.ctl, 1..=1);
    let kept = keep(&shop);
    let forgotten = Stopwatch::start();
    dispatch(&shop.ctl, 2..=2);
    bring_back(&shop, &kept);
    is_shut(&shop.ctl, RESTORED);
    until("the shortest life is over", LONG, || (forgotten.elapsed() > Duration::from_secs(1)).then_some(()));
    let checked = shop.ctl.run(&["restore", "check"]).code(4);
    assert!(checked.stdout().contains("no order that has ended was shown"), "{checked:?}");
    assert_eq!(shop.ctl.order("SO-2")["state"], "dispatched", "what is shown is bound all the same");
    is_shut(&shop.ctl, RESTORED);
    shop.ctl.run(&["restore", "open", "main", "--reason", " "]).code(1);
    shop.ctl.run(&["restore", "open", "main", "--reason", "SO-3 was never sent"]).code(0);
    shop.ctl.run(&["dispatch", "--all", "--wait", "60"]).code(0);
    all_bound(&shop, &shop.ctl, platform, 3);
    let reasons = "SELECT count(*) FROM log WHERE private LIKE '%SO-3 was never sent%'";
    assert_eq!(number(&shop.ctl.ledger, reasons), 1, "the reason is in the log");
}

/// One order that the kept ledger knows, one that it forgets, one that was never sent. The account is open, the platform is
/// away, and `orders` are queued and were not looked for, as it is where an order is given up and reserved anew by itself.
fn queued_without_a_look(orders: &[&str]) -> Shop {
    let platform = PracticePlatform::Pathao;
    let mut shop = opened(platform, 3, &[("lookup_interval_max_ms", "400")]);
    dispatch(&shop.ctl, 1..=1);
    shop.ends(platform, "SO-1");
    let kept = keep(&shop);
    dispatch(&shop.ctl, 2..=2);
    bring_back(&shop, &kept);
    is_shut(&shop.ctl, RESTORED);
    let ledger = shop.ctl.ledger.clone();
    change(&ledger, "UPDATE account_past SET shut = 0");
    change(&ledger, "INSERT INTO order_looked_for (order_id, at_ms) SELECT id, 0 FROM orders");
    shop.shut();
    shop.ctl.run(&[&["dispatch"], orders].concat()).code(3);
    change(&ledger, "DELETE FROM order_looked_for");
    shop
}

#[test]
fn what_is_queued_and_was_not_looked_for_is_looked_for_before_it_is_sent() {
    let mut shop = queued_without_a_look(&["SO-2", "SO-3"]);
    let said = shop.ctl.order("SO-3");
    assert!(said["next"].as_str().is_some_and(|text| text.contains("before the platform was asked")), "{said}");
    shop.serve();
    shop.ctl.run(&["reconcile", "--wait", "60"]).code(0);
    let bound = shop.ctl.orders().iter().filter(|order| order["state"] == "dispatched").count();
    let creates = shop.creates(PracticePlatform::Pathao);
    assert_eq!((bound, shop.ours().len(), creates), (3, 3, 1), "only SO-3 was sent since the platform is back");
    shop.ctl.verifies();
    assert!(shop.ctl.log("SO-2").iter().any(|entry| entry["kind"] == "bound" && entry["detail"]["by"] == "lookup"));
}

/// Pathao deletes sandbox orders after a day: asked later than that, it can tell nothing.
#[test]
fn what_asking_can_never_tell_shuts_the_account_again() {
    let mut shop = queued_without_a_look(&["SO-3"]);
    change(&shop.ctl.ledger, "UPDATE account_past SET known_to_ms = known_to_ms - 90000000");
    shop.serve();
    shop.ctl.run(&["reconcile", "--wait", "60"]).code(3);
    is_shut(&shop.ctl, RESTORED);
    let incident = shop.ctl.log("SO-3").into_iter().find(|entry| entry["kind"] == "incident");
    let why = incident.expect("a person is told").to_string();
    assert!(why.contains("it may be at the platform"), "{why}");
    assert_eq!(shop.creates(PracticePlatform::Pathao), 0, "and nothing was sent");
}

#[test]
fn a_platform_that_does_not_answer_opens_nothing() {
    let mut shop = opened(PracticePlatform::Pathao, 3, &[]);
    dispatch(&shop.ctl, 1..=1);
    shop.ends(PracticePlatform::Pathao, "SO-1");
    let kept = keep(&shop);
    dispatch(&shop.ctl, 2..=2);
    bring_back(&shop, &kept);
    shop.shut();
    shop.ctl.run(&["restore", "check"]).code(4);
    is_shut(&shop.ctl, RESTORED);
    shop.serve();
    shop.ctl.run(&["restore", "check"]).code(0);
    shop.ctl.run(&["dispatch", "--all", "--wait", "60"]).code(0);
    let bound = shop.ctl.orders().iter().filter(|order| order["state"] == "dispatched").count();
    assert_eq!((bound, shop.ours().len()), (3, 3));
    shop.ctl.verifies();
}
