//! Fences that have died: time goes on while an order is in doubt, on the machine and at the platform, and nothing is
//! sent again. Whether the first request made an order or not, there is one create and at most one order.

use docket_core::domain::State;
use docket_practice::{FaultKind, PairRule, PracticePlatform, Switches};
use docket_tests::shift::Shift;

const MINUTE: i64 = 60_000;

/// One order in doubt whose lookups were not answered so far; then so many minutes pass, and `meanwhile` happens.
async fn aged(platform: PracticePlatform, fault: FaultKind, minutes: i64, meanwhile: impl FnOnce(&Shift)) -> Shift {
    let shift = Shift::begin(platform, 1, &[("settle_ms", "60000")]).await;
    shift.strike_lookups(FaultKind::Error500Before, None, 2);
    shift.strike(fault, None, 1);
    shift.dispatch(&["SO-1"]).await;
    shift.until_state("SO-1", State::InDoubt).await;
    meanwhile(&shift);
    shift.switch(|switches| switches.clock_offset_ms = minutes * MINUTE);
    shift.laptop.pass(minutes * MINUTE);
    shift
}

async fn ends(shift: Shift, state: State, exists: usize, why: &str) {
    shift.until_state("SO-1", state).await;
    assert_eq!((shift.creates(), shift.ours().len()), (1, exists), "{why}");
    shift.verifies().await;
    shift.core.stop().await;
}

/// 70 minutes at Uber Direct, 25 hours at Print.one and Pathao. What exists is found, whether the platform really forgot
/// the key by then or not, and whatever else would have held.
#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_has_died_of_age_is_not_leaned_on() {
    let kept: fn(&mut Switches) = |s| s.key_lifetime_ms = u32::MAX;
    let uber: [fn(&mut Switches); 5] = [
        |s| s.pair_rule = PairRule::Off,
        |s| s.pair_rule = PairRule::WhileActive,
        |s| s.pair_rule = PairRule::Forever,
        |s| (s.pair_rule, s.key_lifetime_ms) = (PairRule::Off, u32::MAX),
        |s| (s.pair_rule, s.key_lifetime_ms) = (PairRule::Off, 1),
    ];
    let platforms = [
        (PracticePlatform::UberDirect, 70, &uber[..]),
        (PracticePlatform::PrintOne, 25 * 60, &[|_| {}, kept]),
        (PracticePlatform::Pathao, 25 * 60, &[|_| {}, kept]),
    ];
    for (platform, minutes, turns) in platforms {
        for (n, turn) in turns.iter().enumerate() {
            for fault in [FaultKind::LoseRequest, FaultKind::LoseResponse] {
                let turned = |shift: &Shift| {
                    shift.switch(|switches| {
                        switches.retention_ms = 0;
                        turn(switches);
                    });
                };
                let shift = aged(platform, fault, minutes, turned).await;
                let lost = fault == FaultKind::LoseRequest;
                let state = if lost { State::NeedsReview } else { State::Dispatched };
                ends(shift, state, usize::from(!lost), &format!("{platform} {n} {fault:?}")).await;
            }
        }
    }
}

/// Pathao's sandbox deletes orders after a day: one that was there is not found any more, and the key is dead as well.
/// Where it keeps them, it is found.
#[tokio::test(flavor = "multi_thread")]
async fn an_order_that_pathao_has_deleted_is_not_ordered_again() {
    for (keeps, state) in [(false, State::NeedsReview), (true, State::Dispatched)] {
        let shift = aged(PracticePlatform::Pathao, FaultKind::LoseResponse, 25 * 60, |shift| {
            shift.switch(|switches| {
                assert!(switches.retention_ms > 0, "the sandbox deletes");
                switches.retention_ms = if keeps { 0 } else { switches.retention_ms };
            });
        })
        .await;
        ends(shift, state, 1, &format!("it was there; kept: {keeps}")).await;
    }
}

/// The same beside a newer order that the list does show, on an account that sends again what is proven absent: an order that
/// was deleted is not found either.
#[tokio::test(flavor = "multi_thread")]
async fn a_newer_order_beside_a_deleted_one_proves_nothing() {
    let settings = [("settle_ms", "60000"), ("on_absent", "resend")];
    let shift = Shift::begin(PracticePlatform::Pathao, 2, &settings).await;
    shift.strike_lookups(FaultKind::Error500Before, None, 2);
    shift.strike(FaultKind::LoseResponse, None, 1);
    shift.dispatch(&["SO-1"]).await;
    shift.until_state("SO-1", State::InDoubt).await;
    shift.switch(|switches| switches.clock_offset_ms = 25 * 60 * MINUTE);
    shift.laptop.pass(25 * 60 * MINUTE);
    shift.dispatch(&["SO-2"]).await;
    shift.until_state("SO-2", State::Dispatched).await;
    shift.until_state("SO-1", State::NeedsReview).await;
    let why = shift.order("SO-1").await.reason.unwrap_or_default();
    assert!(why.contains("could be gone by now"), "{why}");
    assert_eq!((shift.creates(), shift.ours().len()), (2, 2), "each was ordered once");
    shift.verifies().await;
    shift.core.stop().await;
}

/// Postmates may forget a reference when its delivery ends, and may not show it any more: not finding it is no proof, and
/// a replay would be a second delivery. Where the lookup does show it, it is found; whether the reference was free is
/// never tried out.
#[tokio::test(flavor = "multi_thread")]
async fn a_reference_whose_delivery_has_ended_is_not_leaned_on() {
    for (fault, ended) in [
        (FaultKind::LoseResponse, Some("delivered")),
        (FaultKind::LoseResponse, Some("canceled")),
        (FaultKind::LoseRequest, None),
    ] {
        for position in 0..8 {
            let [hides, delivered, canceled] = [1, 2, 4].map(|bit| position & bit == 0);
            let shift = aged(PracticePlatform::Postmates, fault, 11, |shift| {
                shift.switch(|s| {
                    s.lookup_hides_ended = hides;
                    (s.delivered_frees_reference, s.canceled_frees_reference) = (delivered, canceled);
                });
                if let Some(status) = ended {
                    let id = shift.ours()[0].platform_order_id.clone();
                    shift.desk.practice.advance(PracticePlatform::Postmates, &id, status).expect("it ends");
                }
            })
            .await;
            let what = format!("{fault:?} {ended:?} hides {hides} frees {delivered} {canceled}");
            let found = !hides && ended.is_some();
            let state = if found { State::Dispatched } else { State::NeedsReview };
            shift.until_state("SO-1", state).await;
            let order = shift.order("SO-1").await;
            let why = order.reason.clone().unwrap_or_default();
            assert!(found || why.contains("no order that has ended was shown"), "{what}: {order:?}");
            ends(shift, state, usize::from(ended.is_some()), &what).await;
        }
    }
}

/// While its delivery has not ended a reference holds, whatever its end would set free: a lost request is sent again, and a
/// lost answer's repeat finds the first.
#[tokio::test(flavor = "multi_thread")]
async fn a_reference_holds_while_its_delivery_is_active() {
    for frees in [true, false] {
        for fault in [FaultKind::LoseRequest, FaultKind::LoseResponse] {
            let shift = Shift::begin(PracticePlatform::Postmates, 1, &[("settle_ms", "30000")]).await;
            // The list does not show it, so that the reference alone decides.
            shift.switch(|s| {
                (s.delivered_frees_reference, s.canceled_frees_reference) = (frees, frees);
                s.list_lag_ms = 3_600_000;
            });
            shift.strike(fault, None, 1);
            shift.dispatch(&["SO-1"]).await;
            shift.until_state("SO-1", State::InDoubt).await;
            shift
                .until("it is sent again and bound", async |shift| {
                    shift.pass(20_000).await;
                    shift.state("SO-1").await == State::Dispatched
                })
                .await;
            assert_eq!((shift.creates(), shift.ours().len()), (2, 1), "{frees} {fault:?}");
            shift.verifies().await;
            shift.core.stop().await;
        }
    }
}

/// For how long a list shows an order is open. `SO-2` has become too old for it, and so has `SO-1`, if that was there before:
/// that the newer `SO-3` is shown, ended as it is, proves nothing. (At FoxReload nothing is sent beside the first of an
/// empty list.)
#[tokio::test(flavor = "multi_thread")]
async fn a_list_that_forgets_what_is_old_proves_nothing() {
    let settings = [("settle_ms", "60000"), ("on_absent", "resend"), ("exclusive", "true")];
    let rows = [
        (PracticePlatform::UberDirect, 70, true),
        (PracticePlatform::UberDirect, 70, false),
        (PracticePlatform::Foxreload, 5, true),
    ];
    for ((platform, minutes, earlier), forgets) in rows.into_iter().flat_map(|row| [(row, false), (row, true)]) {
        let shift = Shift::begin(platform, 3, &settings).await;
        shift.switch(|switches| (switches.stage_ms, switches.pair_rule) = (0, PairRule::Off));
        if earlier {
            shift.dispatch(&["SO-1"]).await;
            shift.until_state("SO-1", State::Dispatched).await;
            shift.pass(2_000).await;
        }
        // It is in no list yet, and later in none any more.
        shift.switch(|switches| switches.list_lag_ms = 120_000);
        shift.strike(FaultKind::LoseResponse, None, 1);
        shift.dispatch(&["SO-2"]).await;
        shift.until_state("SO-2", State::InDoubt).await;
        shift.switch(|switches| (switches.list_lag_ms, switches.clock_offset_ms) = (0, 40_000));
        shift.pass(40_000).await;
        shift.dispatch(&["SO-3"]).await;
        shift.until_state("SO-3", State::Dispatched).await;
        shift.ends("SO-3").await;
        let kept = u32::try_from(minutes * MINUTE).expect("it fits") + 35_000;
        shift.switch(|switches| {
            switches.clock_offset_ms += minutes * MINUTE;
            switches.retention_ms = if forgets { kept } else { 0 };
        });
        shift.pass(minutes * MINUTE).await;
        shift.pass(25_000).await;
        shift.until_state("SO-2", if forgets { State::NeedsReview } else { State::Dispatched }).await;
        let told = format!("{platform} {earlier} {forgets}");
        if forgets {
            let why = shift.order("SO-2").await.reason.unwrap_or_default();
            assert!(why.contains("ends before the orders that were there before"), "{told}: {why}");
        }
        let there = 2 + usize::from(earlier);
        assert_eq!((shift.creates() as usize, shift.ours().len()), (there, there), "{told}");
        shift.verifies().await;
        shift.core.stop().await;
    }
}
