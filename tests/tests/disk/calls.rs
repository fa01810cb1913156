//! Each single call that writes fails once.
//!
//! A dispatch makes about 130 such calls, and meets a fault at every one. A lost answer makes 160 and a cancel 140; there
//! every commit fails once, by its sync, and every open, cut and removal. Their writes are those of a dispatch's commits.

use docket_practice::PracticePlatform;
use docket_tests::disk::{FailingDisk, Fault};
use docket_tests::shop::Shop;

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
