//! What happens to an honest merchant's ledger, and shuts nothing.

use std::path::PathBuf;
use std::time::Duration;

use docket_practice::PracticePlatform;
use docket_tests::chance::{chance, seed};
use docket_tests::shop::Shop;
use docket_tests::tamper::{copy, number};
use rand::Rng as _;

use crate::yesterday::{dispatch, incidents, keep, opened};

/// The witness of the shop's only ledger.
fn witness(shop: &Shop) -> PathBuf {
    let all = std::fs::read_dir(shop.ctl.station()).expect("a station").map(|entry| entry.expect("an entry").path());
    all.into_iter().find(|path| path.extension().is_some_and(|e| e == "witness")).expect("a witness")
}

#[test]
fn a_program_that_is_killed_at_any_moment() {
    let shop = opened(PracticePlatform::Pathao, 60, &[]);
    let mut chance = chance(seed(), "past");
    for _ in 0..30 {
        let mut running = shop.ctl.start(&["dispatch", "--all", "--wait", "60"]);
        running.has_ended(Duration::from_millis(chance.random_range(5..120)));
        running.kill();
        assert_eq!(incidents(&shop.ctl.ledger), 0, "no alarm");
    }
    shop.ctl.run(&["dispatch", "--all", "--wait", "60"]);
    shop.ctl.run(&["reconcile", "--wait", "60"]).code(0);
    assert_eq!((incidents(&shop.ctl.ledger), shop.ours().len()), (0, 60));
    shop.ctl.verifies();
}

#[test]
fn a_witness_that_is_lost_or_torn_or_old() {
    let shop = opened(PracticePlatform::Pathao, 8, &[]);
    let place = witness(&shop);
    let old = std::fs::read(&place).expect("a witness");
    dispatch(&shop.ctl, 1..=1);
    std::fs::remove_file(&place).expect("it was there");
    dispatch(&shop.ctl, 2..=2);
    let whole = std::fs::read(&place).expect("it is there again");
    std::fs::write(&place, &whole[..whole.len() / 2]).expect("it can be torn");
    dispatch(&shop.ctl, 3..=3);
    std::fs::write(&place, b"").expect("it can be emptied");
    dispatch(&shop.ctl, 4..=4);
    // A power loss may bring an older one back, and nothing worse.
    std::fs::write(&place, old).expect("it can be written");
    dispatch(&shop.ctl, 5..=5);
    assert_eq!(incidents(&shop.ctl.ledger), 0);
    // And after all that it tells.
    let kept = keep(&shop);
    dispatch(&shop.ctl, 6..=6);
    copy(&kept, &shop.ctl.ledger);
    shop.ctl.run(&["dispatch", "SO-7"]).code(1);
    assert_eq!(incidents(&shop.ctl.ledger), 1);
}

#[test]
fn a_ledger_that_is_moved_and_a_data_folder_that_is() {
    let shop = opened(PracticePlatform::Pathao, 4, &[]);
    dispatch(&shop.ctl, 1..=1);
    let elsewhere = shop.folder.path().join("elsewhere.db");
    copy(&shop.ctl.ledger, &elsewhere);
    let moved = shop.ctl.on(elsewhere);
    dispatch(&moved, 2..=2);
    let data = shop.ctl.station().parent().expect("a data folder").to_owned();
    let other = shop.folder.path().join("other");
    std::fs::rename(data, &other).expect("it can be moved");
    dispatch(&moved.with("DOCKET_DATA", &other.display().to_string()), 3..=3);
    assert_eq!(incidents(&moved.ledger), 0);
}

#[test]
fn a_copy_that_is_only_read_and_one_that_is_as_new() {
    let shop = opened(PracticePlatform::Pathao, 3, &[]);
    dispatch(&shop.ctl, 1..=1);
    let kept = shop.ctl.on(keep(&shop));
    dispatch(&shop.ctl, 2..=2);
    // Looking into a backup changes nothing, and is no incident.
    assert_eq!(kept.orders().len(), 3);
    kept.verifies();
    assert_eq!(incidents(&kept.ledger), 0);
    // A backup of this moment lacks nothing.
    let now = keep(&shop);
    copy(&now, &shop.ctl.ledger);
    dispatch(&shop.ctl, 3..=3);
    assert_eq!(incidents(&shop.ctl.ledger), 0);
}

#[test]
fn a_place_where_no_witness_can_be_kept() {
    let shop = opened(PracticePlatform::Pathao, 2, &[]);
    let file = shop.folder.path().join("a-file");
    std::fs::write(&file, "no folder").expect("it can be written");
    let without = shop.ctl.with("DOCKET_DATA", &file.display().to_string());
    let done = without.run(&["dispatch", "SO-1", "--wait", "60"]).code(0);
    assert!(done.stderr().contains("no witness of the ledger can be kept"), "{done:?}");
    dispatch(&shop.ctl, 2..=2);
    assert_eq!(incidents(&shop.ctl.ledger), 0);
}

#[test]
fn a_ledger_from_before_there_were_witnesses_has_one_from_now_on() {
    let shop = opened(PracticePlatform::Pathao, 3, &[]);
    dispatch(&shop.ctl, 1..=1);
    let from_before = shop.folder.path().join("before.db");
    copy(&shop.ctl.ledger, &from_before);
    assert_eq!(number(&from_before, "DELETE FROM ledger_self RETURNING one"), 1);
    let kept = shop.folder.path().join("kept.db");
    copy(&from_before, &kept);
    let ctl = shop.ctl.on(from_before);
    dispatch(&ctl, 2..=2);
    dispatch(&ctl, 3..=3);
    let told = "SELECT count(*) FROM log WHERE detail->>'$.what' = 'ledger_id'";
    assert_eq!((number(&ctl.ledger, told), incidents(&ctl.ledger)), (1, 0), "told once");
    // A backup of that time is known to be of the same ledger.
    copy(&kept, &ctl.ledger);
    ctl.run(&["dispatch", "SO-2"]).code(1);
    assert_eq!(incidents(&ctl.ledger), 1);
}
