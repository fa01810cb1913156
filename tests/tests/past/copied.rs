//! A ledger that was copied to a second machine, and one that lies where another machine may replace it.

use docket_practice::PracticePlatform;
use docket_tests::shop::Shop;
use docket_tests::tamper::copy;

use crate::yesterday::{all_bound, dispatch, incidents, is_shut, opened};

const COPIED: &str = "comes from another computer";

/// The program on a copy of the ledger, with another data folder: a second machine.
fn second(shop: &Shop) -> docket_tests::program::Docketctl {
    let there = shop.folder.path().join("there");
    std::fs::create_dir(&there).expect("a folder");
    copy(&shop.ctl.ledger, &there.join("ledger.db"));
    shop.ctl.on(there.join("ledger.db")).with("DOCKET_DATA", &there.join("data").display().to_string())
}

#[test]
fn a_second_machine_asks_before_it_sends() {
    let platform = PracticePlatform::Pathao;
    let shop = opened(platform, 9, &[]);
    dispatch(&shop.ctl, 1..=2);
    shop.ends(platform, "SO-1");
    let there = second(&shop);
    dispatch(&shop.ctl, 3..=4);
    is_shut(&there, COPIED);
    there.run(&["restore", "check"]).code(0);
    // The first one goes on, as it may; the second one asks for each order, and finds what the first has sent since.
    dispatch(&shop.ctl, 5..=6);
    let told = there.run(&["dispatch", "--all", "--wait", "60"]).code(0);
    assert_eq!(shop.creates(platform), 9, "{told:?}");
    all_bound(&shop, &there, platform, 9);
    assert_eq!(incidents(&shop.ctl.ledger), 0, "the first one has seen nothing strange");
}

#[test]
fn without_a_fence_the_second_machine_waits_for_a_person() {
    let platform = PracticePlatform::Foxreload;
    let shop = opened(platform, 4, &[]);
    dispatch(&shop.ctl, 1..=2);
    let there = second(&shop);
    is_shut(&there, COPIED);
    let checked = there.run(&["restore", "check"]).code(4);
    assert!(checked.stdout().contains("cannot be told from another's"), "{checked:?}");
    is_shut(&there, COPIED);
    there.run(&["restore", "open", "main", "--reason", "the old computer is gone"]).code(0);
    there.run(&["dispatch", "--all", "--wait", "60"]).code(0);
    all_bound(&shop, &there, platform, 4);
}

#[test]
fn a_ledger_in_a_synced_folder_is_opened_with_a_warning() {
    let shop = opened(PracticePlatform::Pathao, 1, &[]);
    let quiet = shop.ctl.run(&["dispatch", "SO-1", "--wait", "60"]).code(0);
    assert!(!quiet.stderr().contains("keeps in step"), "{quiet:?}");
    std::fs::create_dir(shop.folder.path().join(".stfolder")).expect("a folder");
    let warned = shop.ctl.run(&["reconcile"]).code(0);
    assert!(warned.stderr().contains("Syncthing keeps in step with other machines"), "{warned:?}");
}
