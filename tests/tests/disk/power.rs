//! The power goes at each moment that differs from the one before for what lasts, and takes what was not synced with it.

use docket_practice::PracticePlatform;
use docket_tests::disk::Fault;

use crate::scene::{Flow, at_each};

#[test]
fn in_a_dispatch() {
    assert!(at_each(PracticePlatform::PrintOne, Flow::Dispatch, |n| Fault::none().power(n)) >= 7);
}

#[test]
fn in_a_dispatch_without_a_fence() {
    assert!(at_each(PracticePlatform::Foxreload, Flow::Dispatch, |n| Fault::none().power(n)) >= 7);
}

#[test]
fn when_an_answer_is_lost() {
    assert!(at_each(PracticePlatform::PrintOne, Flow::Lost, |n| Fault::none().power(n)) >= 9);
}

#[test]
fn in_a_cancel() {
    assert!(at_each(PracticePlatform::Pathao, Flow::Cancel, |n| Fault::none().power(n)) >= 7);
}

/// Some sectors of what was not synced have come to the disk, others not, so that writes look torn and out of order.
#[test]
fn and_tears_what_was_not_synced() {
    at_each(PracticePlatform::PrintOne, Flow::Dispatch, |n| Fault::none().power(n).torn(n));
    at_each(PracticePlatform::Foxreload, Flow::Dispatch, |n| Fault::none().power(n).torn(200 + n));
}
