//! Postmates: a reference that guards while its first delivery is active, and a lookup that may hide what has ended.

use docket_practice::{DuplicateAnswer, FaultKind, OneShot, PracticePlatform, StrangerOrder};
use docket_tests::orders;
use docket_tests::program::Docketctl;
use docket_tests::shop::{Shop, add_account};
use docket_tests::waiting::{LONG, until};

use super::all_three::{dispatch, one_there};

const POSTMATES: PracticePlatform = PracticePlatform::Postmates;
/// A reference that guards nothing: its delivery could have ended before it began.
const NO_FENCE: [(&str, &str); 2] = [("reference_life_s", "0"), ("fence_margin_s", "0")];

/// Whatever the status says of the delivery, nothing follows from it but doubt. What exists is found, and what does not
/// is sent again once.
#[test]
fn a_5xx_is_doubt_and_in_the_end_one_order() {
    let made = [
        FaultKind::Error500After,
        FaultKind::BadGatewayAfter,
        FaultKind::GatewayTimeoutAfter,
        FaultKind::RequestTimeoutAfter,
    ];
    let not_made = [FaultKind::Error500Before, FaultKind::BadGatewayBefore, FaultKind::UnavailableBefore];
    for (fault, creates) in made.map(|fault| (fault, 1)).into_iter().chain(not_made.map(|fault| (fault, 2))) {
        let shop = Shop::unhurried(POSTMATES, 1, &[]);
        shop.strike(fault, 1);
        dispatch(&shop);
        let order = one_there(&shop, &format!("{fault:?}"));
        assert_eq!((shop.creates(POSTMATES), &order["attempts"]), (creates, &creates.into()), "{fault:?}: {order}");
        assert_eq!(order["generation"], 1, "{fault:?}: {order}");
        let log = shop.ctl.log("SO-1");
        let first = log.iter().find(|entry| entry["kind"] == "send_finished").expect("it ended");
        assert_eq!(first["detail"]["outcome"], "unknown", "{fault:?}: {first}");
    }
}

/// Two that meet within a quarter of a second are two deliveries here. The list does not show the first, so it is
/// repeated, and the repeat waits until the first is surely over.
#[test]
fn a_repeat_waits_until_the_first_is_over() {
    let shop = Shop::unhurried(POSTMATES, 1, &[]);
    shop.switch(POSTMATES, |switches| (switches.race_window_ms, switches.list_lag_ms) = (250, 3_000));
    shop.strike(FaultKind::LoseResponse, 1);
    dispatch(&shop);
    let order = one_there(&shop, "two at once");
    assert_eq!(shop.creates(POSTMATES), 2, "it was repeated: {order}");
    assert_eq!(order["bound_by"], "conflict", "{order}");
}

/// The list does not show the delivery yet. The repeat finds it, in each form that the documents know.
#[test]
fn a_repeat_is_answered_in_three_ways_and_finds_the_first() {
    let answers =
        [DuplicateAnswer::ConflictWithPointer, DuplicateAnswer::ConflictWithoutPointer, DuplicateAnswer::SeeOther];
    for answer in answers {
        let shop = Shop::unhurried(POSTMATES, 1, &[]);
        shop.switch(POSTMATES, |switches| (switches.duplicate_answer, switches.list_lag_ms) = (answer, 2_000));
        shop.strike(FaultKind::LoseResponse, 1);
        dispatch(&shop);
        let order = one_there(&shop, &format!("{answer:?}"));
        assert_eq!(shop.creates(POSTMATES), 2, "{answer:?}: it was repeated, once: {order}");
        assert_eq!((&order["bound_by"], &order["generation"]), (&"conflict".into(), &1.into()), "{answer:?}: {order}");
    }
}

/// A parameter that the platform does not know shows every row: ours is found among them, and that it is not among them
/// proves nothing.
#[test]
fn an_ignored_filter_finds_ours_and_proves_no_absence() {
    let cases = [
        (FaultKind::LoseResponse, &[][..], "dispatched", 1),
        (FaultKind::LoseRequest, &[], "dispatched", 2),
        (FaultKind::LoseResponse, &NO_FENCE, "dispatched", 1),
        (FaultKind::LoseRequest, &NO_FENCE, "needs_review", 1),
    ];
    for (fault, more, state, creates) in cases {
        let shop = Shop::unhurried(POSTMATES, 3, &[more, &[("on_absent", "resend")]].concat());
        shop.switch(POSTMATES, |switches| switches.filter_ignored = true);
        shop.ctl.run(&["dispatch", "SO-2", "SO-3", "--wait", "60"]).code(0);
        shop.strike(fault, 1);
        shop.ctl.run(&["dispatch", "SO-1", "--wait", "60"]).code(if state == "dispatched" { 0 } else { 4 });
        let (order, there) = (shop.ctl.order("SO-1"), shop.ours().len());
        let what = format!("{fault:?} {more:?}: {order}");
        assert_eq!(order["state"], state, "{what}");
        assert_eq!((shop.creates(POSTMATES) - 2, order["generation"].as_u64()), (creates, Some(1)), "{what}");
        assert_eq!(there, if state == "dispatched" { 3 } else { 2 }, "{what}");
        if state == "needs_review" {
            let why = order["reason"].as_str().unwrap_or_default();
            assert!(why.contains("other references"), "{what}");
        }
        shop.ctl.verifies();
    }
}

/// Another ledger of the same shop ordered it before: the first create of this one is answered 409, and what is there is
/// adopted, not ordered again and not called failed.
#[test]
fn a_409_to_the_first_create_finds_our_own_earlier_delivery() {
    for answer in [DuplicateAnswer::ConflictWithPointer, DuplicateAnswer::ConflictWithoutPointer] {
        let shop = Shop::unhurried(POSTMATES, 1, &[]);
        shop.switch(POSTMATES, |switches| switches.duplicate_answer = answer);
        dispatch(&shop);
        let first = one_there(&shop, "the first ledger");
        let folder = tempfile::tempdir().expect("a temporary folder");
        let other = Docketctl::new(folder.path());
        add_account(&other, "main", shop.served().endpoint(POSTMATES).expect("it is served"), &[]).code(0);
        let file = orders::write(folder.path(), POSTMATES, 1);
        other.run(&["order", "import", &file.display().to_string(), "--account", "main"]).code(0);
        other.run(&["dispatch", "SO-1", "--wait", "60"]).code(0);
        let order = other.order("SO-1");
        assert_eq!((&order["state"], &order["bound_by"]), (&"dispatched".into(), &"conflict".into()), "{order}");
        assert_eq!(order["reference"], first["reference"], "references follow from the order: {order}");
        assert_eq!(order["platform_order_id"], first["platform_order_id"], "{order}");
        assert_eq!((shop.ours().len(), shop.creates(POSTMATES)), (1, 2), "{answer:?}");
        other.verifies();
    }
}

/// Somebody else's delivery has our reference: the 409 means that, and not that ours exists.
#[test]
fn a_409_to_the_first_create_may_be_a_strangers() {
    for answer in [DuplicateAnswer::ConflictWithPointer, DuplicateAnswer::ConflictWithoutPointer] {
        let mut shop = Shop::unhurried(POSTMATES, 2, &[]);
        let reference = Some(shop.reserve_first());
        shop.switch(POSTMATES, |switches| switches.duplicate_answer = answer);
        let stranger = StrangerOrder { reference, ..StrangerOrder::copy_of_newest(POSTMATES) };
        shop.served().place_stranger(&stranger).expect("a stranger orders");
        shop.ctl.run(&["reconcile", "--wait", "60"]).code(4);
        let order = shop.ctl.order("SO-1");
        assert_eq!(order["state"], "needs_review", "{answer:?}: {order}");
        assert!(order["platform_order_id"].is_null(), "{answer:?}: it is not taken for ours: {order}");
        assert_eq!((shop.ours().len(), shop.creates(POSTMATES)), (1, 1), "{answer:?}: nor ordered anew: {order}");
        shop.ctl.verifies();
    }
}

/// The first request is still on its way when its repeat has won. A cancel sets the reference free, so it waits until
/// nothing can be on its way any more: the straggler meets the active delivery.
#[test]
fn a_cancel_waits_for_a_straggler_that_it_would_let_in() {
    for frees in [true, false] {
        a_cancel_waits_for_a_straggler(frees);
    }
}

fn a_cancel_waits_for_a_straggler(frees: bool) {
    let shop = Shop::unhurried(POSTMATES, 1, &[("settle_ms", "1500")]);
    shop.switch(POSTMATES, |switches| switches.canceled_frees_reference = frees);
    shop.strike_with(OneShot { ms: Some(2_200), ..OneShot::next(FaultKind::LateCommit) });
    dispatch(&shop);
    shop.ctl.run(&["cancel", "SO-1"]);
    shop.ctl.run(&["reconcile", "--wait", "60"]).code(0);
    until("the straggler has landed", LONG, || {
        let state = shop.served().state().expect("the state is readable");
        state.platforms.iter().find(|p| p.platform == POSTMATES).is_some_and(|p| p.waiting == 0).then_some(())
    });
    let order = shop.ctl.order("SO-1");
    assert_eq!((&order["state"], shop.ours().len()), (&"cancelled".into(), 1), "{order}");
    shop.ctl.verifies();
}
