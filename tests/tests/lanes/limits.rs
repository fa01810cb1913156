//! Deferral and the breaker: asked again when the time is over and never earlier, one at a time after an outage.

use docket_core::domain::{LogKind, State};
use docket_practice::{FaultKind, PracticePlatform};
use docket_tests::shift::Shift;

const HOUR: i64 = 3_600_000;

async fn dispatched(shift: &Shift) -> u32 {
    shift.core.counts(None).await.expect("counts").dispatched
}

#[tokio::test(flavor = "multi_thread")]
async fn a_limited_account_is_asked_again_when_the_time_is_over_and_never_earlier() {
    // The second time, settings change meanwhile: what the platform asked for holds for the new ones, too.
    for replaced in [false, true] {
        let shift = Shift::begin(PracticePlatform::Pathao, 6, &[]).await;
        shift.strike(FaultKind::RateLimited, Some(3_600_000), 1);
        shift.dispatch(&["SO-1"]).await;
        shift.until("it is put off", async |shift| shift.told(None, LogKind::SendFinished).await == 1).await;
        shift.dispatch(&["SO-2"]).await;
        shift.dispatch(&["SO-3", "SO-4"]).await;
        shift.rest().await;
        if replaced {
            shift.set("max_in_flight", "3").await;
        }
        shift.dispatch(&["SO-5", "SO-6"]).await;
        for _ in 0..5 {
            shift.pass(HOUR / 6).await;
            assert_eq!(shift.creates(), 1, "replaced {replaced}: nobody asks before the hour is over");
        }
        shift.pass(HOUR / 6 + 2_000).await;
        shift.until("all are bound", async |shift| dispatched(shift).await == 6).await;
        assert_eq!((shift.creates(), shift.ours().len()), (7, 6));
        shift.verifies().await;
        shift.core.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_limit_that_is_told_to_a_request_of_before_holds_for_the_new_settings_too() {
    let more = [("timeout_ms", "60000")];
    let (shift, gate) = Shift::behind_gate(PracticePlatform::Pathao, 2, &more).await;
    gate.hold(1);
    shift.strike(FaultKind::RateLimited, Some(3_600_000), 1);
    shift.dispatch(&["SO-1"]).await;
    shift.until("it is held", async |_| gate.held() == 1).await;
    shift.set("max_in_flight", "3").await;
    gate.let_go();
    shift.until("it is put off", async |shift| shift.told(None, LogKind::SendFinished).await == 1).await;
    shift.dispatch(&["SO-2"]).await;
    shift.pass(HOUR - 60_000).await;
    assert_eq!(gate.creates(), 1);
    shift.pass(62_000).await;
    shift.until("both are bound", async |shift| dispatched(shift).await == 2).await;
    shift.core.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_limit_told_to_a_lookup_puts_nobody_off_for_ever() {
    let shift = Shift::begin(PracticePlatform::Pathao, 2, &[]).await;
    shift.strike(FaultKind::LoseResponse, None, 1);
    // Seven weeks.
    shift.strike_lookups(FaultKind::RateLimited, Some(u32::MAX), 1);
    shift.dispatch(&["SO-1"]).await;
    shift.until_state("SO-1", State::InDoubt).await;
    shift.until("it was looked up", async |shift| shift.order("SO-1").await.lookups == 1).await;
    shift.dispatch(&["SO-2"]).await;
    shift.pass(23 * HOUR).await;
    assert_eq!((shift.state("SO-1").await, shift.creates()), (State::InDoubt, 1));
    shift.pass(2 * HOUR).await;
    shift.until("both are bound", async |shift| dispatched(shift).await == 2).await;
    assert_eq!(shift.ours().len(), 2);
    shift.core.stop().await;
}

/// Lets time pass in steps of a second until one more create has come, and says how many.
async fn seconds_to_the_next(shift: &Shift) -> u32 {
    let before = shift.creates();
    for second in 1..=400 {
        shift.pass(1_000).await;
        match shift.creates() - before {
            0 => {}
            1 => return second,
            more => panic!("{more} creates at once while the platform is down"),
        }
    }
    panic!("no create for 400 s");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_outage_puts_a_handful_in_doubt_with_growing_pauses_and_not_the_whole_queue() {
    let more = [
        ("max_in_flight", "4"),
        ("settle_ms", "604800000"),
        ("lookup_interval_ms", "4000"),
        ("lookup_interval_max_ms", "64000"),
        ("patience_s", "1000000"),
    ];
    let shift = Shift::begin(PracticePlatform::Pathao, 60, &more).await;
    shift.strike(FaultKind::UnavailableBefore, None, 100_000);
    shift.dispatch_all().await;
    shift.rest().await;
    let first = shift.creates();
    assert!((3..=6).contains(&first), "three, and what was beside the third: {first}");
    let mut pauses = Vec::new();
    for _ in 0..4 {
        pauses.push(seconds_to_the_next(&shift).await);
    }
    assert!(pauses.windows(2).all(|two| two[1] >= two[0]), "they grow: {pauses:?}");
    assert!(pauses[3] >= 30 && pauses[3] <= 66, "to the longest: {pauses:?}");
    let counts = shift.core.counts(None).await.expect("counts");
    assert_eq!((counts.in_doubt, counts.queued), (first + 4, 56 - first), "{counts:?}");
    // The platform is back: after the one answer that says so, the rest follow without another pause.
    shift.desk.practice.clear_faults().expect("no more faults");
    let before = shift.creates();
    for _ in 0..70 {
        if shift.creates() > before {
            break;
        }
        shift.pass(1_000).await;
    }
    shift.until("the rest is bound", async |shift| dispatched(shift).await == 56 - first).await;
    assert_eq!(shift.told(None, LogKind::SendStarted).await, 60, "and nothing was sent twice");
    shift.verifies().await;
    shift.core.stop().await;
}

/// A limit is the account's: were each order to find it out for itself, a long queue would ask as often as it is long.
#[tokio::test(flavor = "multi_thread")]
async fn a_limit_without_a_word_of_when_to_come_back_is_met_by_one_order_at_a_time_with_growing_pauses() {
    let shift = Shift::begin(PracticePlatform::Pathao, 41, &[("max_in_flight", "4")]).await;
    shift.switch(|switches| switches.retry_after_shown = false);
    shift.strike(FaultKind::RateLimited, None, 100_000);
    let numbers: Vec<String> = (1..=40).map(|number| format!("SO-{number}")).collect();
    shift.dispatch(&numbers.iter().map(String::as_str).collect::<Vec<_>>()).await;
    shift.rest().await;
    let first = shift.creates();
    assert!((1..=4).contains(&first), "what was on its way together: {first}");
    let mut pauses = Vec::new();
    for _ in 0..6 {
        pauses.push(seconds_to_the_next(&shift).await);
    }
    assert!(pauses.windows(2).all(|two| two[1] >= two[0]), "they grow: {pauses:?}");
    assert!(pauses[5] >= 55 && pauses[5] <= 75, "to the longest: {pauses:?}");
    // A click does not go past it.
    let before = shift.creates();
    shift.dispatch(&["SO-41"]).await;
    shift.rest().await;
    assert_eq!(shift.creates(), before, "the account is left alone");
    shift.desk.practice.clear_faults().expect("no more faults");
    shift.pass(75_000).await;
    shift.until("all are bound", async |shift| dispatched(shift).await == 41).await;
    assert_eq!(shift.creates(), before + 41, "after the one that was let in, all the others");
    shift.verifies().await;
    shift.core.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn clicks_and_the_loop_share_the_accounts_limit() {
    let more = [("max_in_flight", "1"), ("timeout_ms", "60000")];
    let (shift, gate) = Shift::behind_gate(PracticePlatform::Pathao, 4, &more).await;
    gate.hold(4);
    // Two clicks at once, then two for the loop: one is on its way, and the others wait for the place.
    tokio::join!(shift.dispatch(&["SO-1"]), shift.dispatch(&["SO-2"]));
    shift.dispatch(&["SO-3", "SO-4"]).await;
    for made in 1..=4 {
        shift.until("one is held", async |_| gate.held() == 1).await;
        shift.rest_beside().await;
        assert_eq!((gate.held(), gate.creates()), (1, made), "one at a time");
        gate.let_go();
    }
    shift.until("all are bound", async |shift| dispatched(shift).await == 4).await;
    assert_eq!(shift.ours().len(), 4);
    shift.core.stop().await;
}

/// Every try is written down before it is made, so a night without a network must not fill the log.
#[tokio::test(flavor = "multi_thread")]
async fn a_machine_that_is_offline_tries_one_order_with_growing_pauses_and_not_each() {
    const ORDERS: u32 = 12;
    let more = [("lookup_interval_ms", "2000"), ("lookup_interval_max_ms", "300000")];
    let (shift, mut gate) = Shift::behind_gate(PracticePlatform::Pathao, ORDERS as usize, &more).await;
    gate.shut().await;
    shift.dispatch_all().await;
    for _ in 0..60 {
        shift.pass(60_000).await;
    }
    let tries = shift.told(None, LogKind::SendStarted).await;
    assert!((30..=80).contains(&tries), "{tries} tries of {ORDERS} orders in an hour");
    gate.reopen().await;
    for _ in 0..3 {
        shift.pass(60_000).await;
    }
    shift.until("all are bound", async |shift| dispatched(shift).await == ORDERS).await;
    assert_eq!((gate.creates(), shift.ours().len()), (ORDERS as usize, ORDERS as usize));
    shift.verifies().await;
    shift.core.stop().await;
}
