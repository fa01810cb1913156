//! Uber Direct: tokens, the answers to a repeated create, and a list that has to be read whole.

use docket_core::domain::{Reference, State};
use docket_practice::{
    DuplicateAnswer, FaultKind, OffsetSpelling, PairRule, PracticePlatform, RepeatAnswer, StrangerOrder,
};
use docket_tests::shift::Shift;
use docket_tests::shop::Shop;
use serde_json::{Value, json};

use super::all_three::one_there;

const UBER: PracticePlatform = PracticePlatform::UberDirect;

/// The list shows the delivery late, so the create is repeated under its key.
#[test]
fn a_repeat_is_answered_409_or_200_and_finds_the_first() {
    let positions = [
        (RepeatAnswer::Existing, DuplicateAnswer::ConflictWithPointer),
        (RepeatAnswer::Conflict, DuplicateAnswer::ConflictWithPointer),
        (RepeatAnswer::Conflict, DuplicateAnswer::ConflictWithoutPointer),
    ];
    for (repeat, duplicate) in positions {
        let shop = Shop::with_orders(UBER, 1, &[]);
        shop.switch(UBER, |switches| {
            (switches.repeat_answer, switches.duplicate_answer) = (repeat, duplicate);
            switches.list_lag_ms = 3_000;
        });
        shop.strike(FaultKind::LoseResponse, 1);
        shop.ctl.run(&["dispatch", "SO-1", "--wait", "60"]).code(0);
        let order = one_there(&shop, &format!("{repeat:?} {duplicate:?}"));
        assert_eq!(shop.creates(UBER), 2, "it was repeated: {order}");
        assert_eq!(order["generation"], 1, "{order}");
    }
}

/// Ours stands in the middle of a list of several pages, and is found there in every order and spelling that the
/// platform may have, without a second request.
#[test]
fn the_list_is_read_whole_however_it_is_paged() {
    for spelling in [OffsetSpelling::Both, OffsetSpelling::Capital, OffsetSpelling::Small] {
        for (oldest_first, unsorted) in [(false, false), (true, false), (false, true)] {
            let shop = Shop::with_orders(UBER, 1, &[("settle_ms", "3000")]);
            shop.switch(UBER, |switches| {
                (switches.offset_spelling, switches.oldest_first) = (spelling, oldest_first);
                switches.list_unsorted = unsorted;
                (switches.list_max, switches.rate_limit_per_minute) = (15, 0);
            });
            let strangers = |from: usize| {
                for i in from..from + 20 {
                    shop.served().place_stranger(&stranger(&format!("other-{i}"))).expect("a stranger orders");
                }
            };
            strangers(1);
            shop.strike(FaultKind::LoseResponse, 1);
            shop.strike_lookups(FaultKind::Error500Before, 1_000);
            shop.ctl.run(&["dispatch", "SO-1"]);
            strangers(21);
            shop.served().clear_faults().expect("faults can be cleared");
            shop.ctl.run(&["reconcile", "--wait", "60"]).code(0);
            let what = format!("{spelling:?} oldest first: {oldest_first}, unsorted: {unsorted}");
            let order = one_there(&shop, &what);
            assert_eq!((&order["bound_by"], shop.creates(UBER)), (&"lookup".into(), 1), "{what}: {order}");
        }
    }
}

/// Somebody else's delivery, under references of their choice.
fn stranger(reference: &str) -> StrangerOrder {
    let body = json!({"external_id": reference, "manifest_reference": reference, "pickup_name": "Wick & Co",
        "pickup_address": "12 Mint St", "pickup_phone_number": "+14155550100", "dropoff_name": "Somebody Else",
        "dropoff_address": "1 Other St", "dropoff_phone_number": "+14155550999",
        "manifest_items": [{"name": "Vase", "quantity": 1}]});
    StrangerOrder { platform: UBER, order_id: None, body: body.as_object().cloned(), reference: None }
}

/// A token that is revoked in the middle is renewed once, without a pause and without doubt.
#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_token_is_renewed() {
    let shift = Shift::begin(UBER, 2, &[]).await;
    shift.dispatch(&["SO-1"]).await;
    shift.until_state("SO-1", State::Dispatched).await;
    let mut switches = shift.desk.practice.switches(UBER).expect("it is served");
    switches.tokens_revoked = true;
    shift.desk.practice.set_switches(UBER, switches).expect("switches that fit");
    shift.dispatch(&["SO-2"]).await;
    shift.until_state("SO-2", State::Dispatched).await;
    assert_eq!(shift.ours().len(), 2);
    assert_eq!(shift.account().await.paused, None);
    shift.core.stop().await;
}

/// Somebody else's create took the pair of references first, for another recipient: the 409 names that delivery, and it
/// is not ours. Without the rule ours is made, and two rows carry our reference only where a lookup is needed.
#[test]
fn a_conflict_with_another_content_is_for_a_person() {
    for pair_rule in [PairRule::WhileActive, PairRule::Forever, PairRule::Off] {
        let mut shop = Shop::with_orders(UBER, 1, &[]);
        shop.switch(UBER, |switches| switches.pair_rule = pair_rule);
        shop.shut();
        shop.ctl.run(&["dispatch", "SO-1", "--wait", "1"]).code(3);
        let reference = shop.ctl.order("SO-1")["reference"].as_str().expect("a reference").to_owned();
        shop.serve();
        let theirs = shop.served().place_stranger(&stranger(&reference)).expect("a stranger orders");
        shop.ctl.run(&["reconcile", "--wait", "60"]);
        let order = shop.ctl.order("SO-1");
        let free = pair_rule == PairRule::Off;
        let state = if free { "dispatched" } else { "needs_review" };
        assert_eq!(order["state"], state, "{pair_rule:?}: {order}");
        assert_ne!(order["platform_order_id"], theirs.as_str(), "{pair_rule:?}: {order}");
        assert_eq!((shop.ours().len(), shop.creates(UBER)), (usize::from(free), 1), "{pair_rule:?}: {order}");
        shop.ctl.verifies();
    }
}

/// Another content was sent under our key before. The platform ignores the new body or refuses it, and answers with that
/// delivery or without: it is not ours, and a person is asked.
#[test]
fn a_key_that_another_content_has_is_for_a_person() {
    let positions = [
        (false, RepeatAnswer::Existing, DuplicateAnswer::ConflictWithPointer),
        (false, RepeatAnswer::Conflict, DuplicateAnswer::ConflictWithoutPointer),
        (true, RepeatAnswer::Existing, DuplicateAnswer::ConflictWithPointer),
    ];
    for (refused, repeat, duplicate) in positions {
        let mut shop = Shop::with_orders(UBER, 1, &[("patience_s", "4")]);
        shop.switch(UBER, |switches| {
            (switches.key_other_body_refused, switches.pair_rule) = (refused, PairRule::Off);
            (switches.repeat_answer, switches.duplicate_answer) = (repeat, duplicate);
        });
        shop.shut();
        shop.ctl.run(&["dispatch", "SO-1", "--wait", "1"]).code(3);
        let reference = shop.ctl.order("SO-1")["reference"].as_str().expect("a reference").to_owned();
        shop.serve();
        let mut theirs = stranger("somebody-elses");
        let key = Reference(reference).idempotency_key();
        theirs.body.as_mut().expect("a body").insert("idempotency_key".into(), key.as_str().into());
        shop.served().place_stranger(&theirs).expect("a stranger orders");
        shop.ctl.run(&["reconcile", "--wait", "60"]).code(4);
        let (order, what) = (shop.ctl.order("SO-1"), format!("{refused} {repeat:?} {duplicate:?}"));
        assert_eq!(
            (&order["state"], &order["platform_order_id"]),
            (&"needs_review".into(), &Value::Null),
            "{what}: {order}"
        );
        assert_eq!((shop.ours().len(), shop.creates(UBER)), (0, 1), "{what}: {order}");
        shop.ctl.verifies();
    }
}

/// The courier walks: each status is read as it comes, down to the end, and then nothing more is asked.
#[tokio::test(flavor = "multi_thread")]
async fn a_delivery_is_followed_through_every_status_to_its_end() {
    let shift = Shift::following(UBER, 1, &[]).await;
    shift.switch(|switches| (switches.stage_ms, switches.rate_limit_per_minute) = (0, 0));
    shift.dispatch(&["SO-1"]).await;
    shift.until_state("SO-1", State::Dispatched).await;
    let id = shift.ours()[0].platform_order_id.clone();
    for status in ["pickup", "pickup_complete", "dropoff", "delivered"] {
        shift.desk.practice.advance(UBER, &id, status).expect("a status of its course");
        shift.read_status("SO-1", status).await;
    }
    let (order, asked) = (shift.order("SO-1").await, shift.requests());
    assert_eq!((order.state, order.platform_ended), (State::Dispatched, true), "{order:?}");
    for _ in 0..10 {
        shift.pass(3_600_000).await;
    }
    assert_eq!((shift.requests(), shift.creates()), (asked, 1), "it has ended");
    shift.core.stop().await;
}

/// 408, and 400 with `request_timeout`, look final and are not.
#[test]
fn a_request_timeout_is_doubt() {
    for as_400 in [false, true] {
        let shop = Shop::with_orders(UBER, 1, &[]);
        shop.switch(UBER, |switches| switches.timeout_as_400 = as_400);
        shop.strike(FaultKind::RequestTimeoutAfter, 1);
        shop.ctl.run(&["dispatch", "SO-1", "--wait", "60"]).code(0);
        assert_eq!(one_there(&shop, &format!("as 400: {as_400}"))["bound_by"], "lookup");
    }
}
