//! What several platforms leave open, both ways: one request is one order, whichever way it is.

use docket_core::domain::State;
use docket_practice::{FaultKind, PairRule, PracticePlatform, RepeatAnswer, Switches};
use docket_tests::shift::Shift;
use docket_tests::shop::Shop;
use docket_tests::waiting::{LONG, until};

use super::all_three::one_there;

use PracticePlatform::{Doordash, Foxreload, PrintOne, UberDirect};

/// A turn of switches, and what it is called when a test fails.
type Turn = (&'static str, fn(&mut Switches));

/// The answer is lost and the list shows the order late, so the request is sent again. A platform may still be at work
/// on the first, and refuse the second in one of several ways; or it knows no repeat that comes too soon, and then only
/// the quiet time before a replay keeps it from making a second order.
#[test]
fn a_repeat_is_one_order_whether_the_first_is_still_worked_on_or_not_yet_known() {
    let at_work: [Turn; 3] = [
        ("at work, 409", |s| (s.in_progress_ms, s.conflict_status) = (4_000, 409)),
        ("at work, 400", |s| (s.in_progress_ms, s.conflict_status, s.key_compares_json) = (4_000, 400, true)),
        ("at work, 422", |s| (s.in_progress_ms, s.conflict_status) = (4_000, 422)),
    ];
    let known: [Turn; 2] = [("known at once", |_| {}), ("not known for a while", |s| s.race_window_ms = 1_200)];
    for platform in [PrintOne, UberDirect] {
        // How a refusal is worded is open at Print.one alone.
        let worded = if platform == PrintOne { &at_work[..] } else { &at_work[..1] };
        for (what, turn) in worded.iter().chain(&known) {
            let shop = Shop::with_orders(platform, 1, &[("settle_ms", "1500")]);
            shop.switch(platform, |switches| {
                (switches.list_lag_ms, switches.pair_rule) = (6_000, PairRule::Off);
                turn(switches);
            });
            shop.strike(FaultKind::LoseResponse, 1);
            shop.ctl.run(&["dispatch", "SO-1", "--wait", "60"]);
            // A refusal of the second may leave it to a person until the list shows the first; exact lookups go on.
            until("it is found", LONG, || {
                shop.ctl.run(&["reconcile", "--wait", "1"]);
                (shop.ctl.order("SO-1")["state"] == "dispatched").then_some(())
            });
            let order = one_there(&shop, &format!("{platform} {what}"));
            assert!(shop.creates(platform) >= 2, "{platform} {what}: it was sent again: {order}");
            assert_eq!(order["generation"], 1, "{platform} {what}: {order}");
        }
    }
}

/// Uber Direct does not say whether a 500 is stored under its key; Print.one says so, and may be wrong. Stored, the same
/// failure comes again and again: what was made is found, and what was not is for a person. Not stored, the replay makes
/// it.
#[test]
fn a_failure_that_may_be_stored_makes_no_second_order() {
    for (platform, stored) in [(UberDirect, false), (UberDirect, true), (PrintOne, false), (PrintOne, true)] {
        for fault in [FaultKind::Error500After, FaultKind::Error500Before] {
            let shop = Shop::with_orders(platform, 1, &[]);
            shop.switch(platform, |switches| switches.stored_failures = stored);
            shop.strike(fault, 1);
            let made = fault == FaultKind::Error500After;
            let asked = stored && !made;
            shop.ctl.run(&["dispatch", "SO-1", "--wait", "60"]).code(if asked { 4 } else { 0 });
            let what = format!("{platform} stored: {stored} {fault:?}");
            assert_eq!(shop.creates(platform), if made { 1 } else { 2 }, "{what}");
            if asked {
                let order = shop.ctl.order("SO-1");
                assert_eq!((&order["state"], shop.ours().len()), (&"needs_review".into(), 0), "{what}: {order}");
                shop.ctl.verifies();
            } else {
                one_there(&shop, &what);
            }
        }
    }
}

/// The order has ended before anybody looks, and its end may have given pair or id free: it is found and bound all the same,
/// and nothing is sent again. (A key of Print.one's is kept whatever happens.)
#[test]
fn an_order_that_ended_before_the_look_is_found() {
    let kept: Turn = ("kept", |s| s.pair_rule = PairRule::Forever);
    let free: Turn = ("free", |s| {
        (s.ended_frees_key, s.pair_rule) = (true, PairRule::WhileActive);
        (s.delivered_frees_reference, s.canceled_frees_reference) = (true, true);
    });
    let ends = [
        (PrintOne, ["order_pdf_delivered", "order_failed"]),
        (UberDirect, ["delivered", "canceled"]),
        (Doordash, ["delivered", "cancelled"]),
    ];
    for (platform, words) in ends {
        for word in words {
            let turns = if platform == PrintOne { &[kept][..] } else { &[kept, free][..] };
            for (what, turn) in turns {
                let shop = Shop::with_orders(platform, 1, &[]);
                shop.switch(platform, turn);
                shop.strike(FaultKind::LoseResponse, 1);
                shop.strike_lookups(FaultKind::Error500Before, 1_000);
                shop.ctl.run(&["dispatch", "SO-1"]);
                shop.served().advance(platform, &shop.ours()[0].platform_order_id, word).expect("it ends");
                let sent = shop.creates(platform);
                shop.served().clear_faults().expect("faults can be cleared");
                shop.ctl.run(&["reconcile", "--wait", "60"]).code(0);
                let order = one_there(&shop, &format!("{platform} {word} {what}"));
                assert_eq!(
                    (&order["platform_status"], shop.creates(platform)),
                    (&word.into(), sent),
                    "{what}: {order}"
                );
            }
        }
    }
}

/// A 429 says when to come back, or does not; its body says something, or there is none. Nothing was made, so it is no
/// doubt, and the request leaves once more when the time is over.
#[tokio::test(flavor = "multi_thread")]
async fn a_limit_is_no_doubt_whatever_it_says() {
    for platform in [PrintOne, UberDirect, Doordash, Foxreload] {
        let bodies = if platform == Doordash { &[false, true][..] } else { &[false][..] };
        for (shown, without_body) in bodies.iter().flat_map(|without| [(true, *without), (false, *without)]) {
            let shift = Shift::begin(platform, 1, &[("timeout_ms", "10000")]).await;
            shift.switch(|switches| {
                (switches.retry_after_shown, switches.limit_without_body) = (shown, without_body);
            });
            shift.strike(FaultKind::RateLimited, Some(5_000), 1);
            shift.dispatch(&["SO-1"]).await;
            let what = format!("{platform} {shown} {without_body}");
            shift.until("the limit was told", async |shift| shift.creates() == 1).await;
            shift.until_state("SO-1", State::Queued).await;
            for _ in 0..20 {
                shift.pass(5_000).await;
            }
            shift.until_state("SO-1", State::Dispatched).await;
            let order = shift.order("SO-1").await;
            assert_eq!((shift.creates(), shift.ours().len(), order.lookups), (2, 1, 0), "{what}: {order:?}");
            shift.verifies().await;
            shift.core.stop().await;
        }
    }
}

/// How long a reference may be is not documented. One that is too long makes nothing: Uber Direct's refusal is told with
/// the field; at DoorDash an error of that field may mean a duplicate (Drive's older API says so), and a person is asked.
#[test]
fn a_reference_that_is_too_long_makes_nothing() {
    for platform in [UberDirect, Doordash] {
        for most in [0, 10] {
            let shop = Shop::with_orders(platform, 1, &[("patience_s", "3")]);
            shop.switch(platform, |switches| switches.reference_max = most);
            let ran = shop.ctl.run(&["dispatch", "SO-1", "--wait", "60"]);
            if most == 0 {
                one_there(&shop, platform.name());
                continue;
            }
            let order = shop.ctl.order("SO-1");
            let state = if platform == UberDirect { "refused" } else { "needs_review" };
            assert_eq!((&order["state"], shop.ours().len()), (&state.into(), 0), "{platform}: {order} {ran:?}");
            let said = format!("{order} {:?}", shop.ctl.log("SO-1"));
            assert!(said.contains("external_"), "{platform}: it names the field: {said}");
            shop.ctl.verifies();
        }
    }
}

/// `couriers_busy` reads like a refusal and comes as a 503: whether the delivery was made is looked up.
#[test]
fn a_busy_answer_is_looked_into() {
    for made in [false, true] {
        let shop = Shop::with_orders(UberDirect, 1, &[]);
        shop.switch(UberDirect, |switches| {
            (switches.create_refused_as, switches.refused_create_commits) = ("couriers_busy".into(), made);
            switches.repeat_answer = RepeatAnswer::Conflict;
        });
        shop.ctl.run(&["dispatch", "SO-1"]);
        assert_eq!(shop.ours().len(), usize::from(made));
        shop.switch(UberDirect, |switches| switches.create_refused_as = String::new());
        shop.ctl.run(&["reconcile", "--wait", "60"]).code(0);
        let order = one_there(&shop, &format!("made: {made}"));
        assert_eq!((&order["bound_by"] == "lookup", shop.creates(UberDirect) == 1), (made, made), "{order}");
    }
}
