//! Single calls fail once, each in a run of its own.
//!
//! A dispatch makes about 130 calls that write, and meets a fault at every one. A lost answer makes 160 and a cancel 140; there
//! every commit fails once, by its sync, and every open, cut and removal. Their writes are those of a dispatch's commits.
//! A run reads some 250 times, mostly while the ledger is opened: every third read of a dispatch fails once, every ninth of the
//! others; with which it begins depends on the seed.

use docket_practice::PracticePlatform;
use docket_tests::chance::{chance, seed};
use docket_tests::disk::{FailingDisk, Fault};
use docket_tests::shop::Shop;
use rand::Rng as _;

use crate::scene::{Flow, at_each};

#[test]
fn fails_in_a_dispatch() {
    let fault = |n| Fault::of("EIO", "open write sync cut unlink").at(n).times(1);
    assert!(at_each(PracticePlatform::PrintOne, Flow::Dispatch, fault) >= 80);
}

#[test]
fn fails_when_an_answer_is_lost() {
    let fault = |n| Fault::of("EIO", "open sync cut unlink").at(n).times(1);
    assert!(at_each(PracticePlatform::PrintOne, Flow::Lost, fault) >= 20);
}

#[test]
fn fails_in_a_cancel() {
    let fault = |n| Fault::of("EIO", "open sync cut unlink").at(n).times(1);
    assert!(at_each(PracticePlatform::Pathao, Flow::Cancel, fault) >= 20);
}

/// One read of so many in a row fails, one later in each run.
fn reads(platform: PracticePlatform, flow: Flow, of: u32) -> usize {
    let first = chance(seed(), &format!("reads {platform} {flow:?}")).random_range(0..of);
    at_each(platform, flow, |n| Fault::of("EIO", "read").at((n - 1) * of + first + 1).times(1))
}

#[test]
fn a_read_fails_in_a_dispatch() {
    assert!(reads(PracticePlatform::PrintOne, Flow::Dispatch, 3) >= 40);
}

#[test]
fn a_read_fails_when_an_answer_is_lost() {
    assert!(reads(PracticePlatform::PrintOne, Flow::Lost, 9) >= 15);
}

#[test]
fn a_read_fails_in_a_cancel() {
    assert!(reads(PracticePlatform::Pathao, Flow::Cancel, 9) >= 15);
}

/// The first half of what is written finds room, the rest does not.
#[test]
fn finds_no_space_in_a_dispatch() {
    assert!(at_each(PracticePlatform::PrintOne, Flow::Dispatch, |n| Fault::of("full", "write").at(n).times(2)) >= 50);
}

/// A write that takes half of its bytes is no fault: the rest is written by the next. All of them do.
#[test]
fn falls_short_and_nobody_notices() {
    let shop = Shop::with_orders(PracticePlatform::PrintOne, 3, &[]);
    let disk = FailingDisk::under(&shop.ctl, &Fault::of("short", "write"));
    let ran = disk.ctl.run(&["dispatch", "--all", "--wait", "60"]).code(0);
    assert!(disk.has_struck() && ran.stderr().is_empty(), "{ran:?}");
    assert_eq!(shop.ours().len(), 3);
    shop.ctl.verifies();
}
