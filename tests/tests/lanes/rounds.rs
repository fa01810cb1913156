//! A loop that has nothing to do makes no rounds: its wake-ups are counted, and bounded.

use std::time::Duration;

use docket_core::domain::{LogKind, State};
use docket_practice::{FaultKind, PracticePlatform};
use docket_tests::shift::Shift;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{ConnectOptions as _, Connection as _};

/// How long the loops are watched.
const WATCH: Duration = Duration::from_millis(10);
const WATCHES: u32 = 60;
/// More orders than are read ahead, twice over.
const LONG_QUEUE: usize = 600;

/// How many rounds the loops make while nothing happens, and a second passes on their clock in the end.
async fn rounds(shift: &Shift) -> u64 {
    let before = shift.core.rounds();
    for _ in 0..WATCHES {
        std::thread::park_timeout(WATCH);
    }
    shift.core.rounds() - before
}

const SLOW: [(&str, &str); 5] = [
    ("timeout_ms", "60000"),
    ("lookup_interval_ms", "600000"),
    ("lookup_interval_max_ms", "600000"),
    ("settle_ms", "604800000"),
    ("max_in_flight", "2"),
];

#[tokio::test(flavor = "multi_thread")]
async fn a_long_queue_behind_requests_on_their_way() {
    let (shift, gate) = Shift::behind_gate(PracticePlatform::Pathao, LONG_QUEUE, &SLOW).await;
    gate.hold(LONG_QUEUE);
    shift.dispatch_all().await;
    shift.until("two are held", async |_| gate.held() == 2).await;
    shift.rest_beside().await;
    assert_eq!(rounds(&shift).await, 0);
    shift.core.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_queue_behind_a_breaker() {
    let shift = Shift::begin(PracticePlatform::Pathao, LONG_QUEUE, &SLOW).await;
    shift.strike(FaultKind::UnavailableBefore, None, 100_000);
    shift.dispatch_all().await;
    shift.rest().await;
    assert!((3..=4).contains(&shift.creates()), "it has tripped: {}", shift.creates());
    assert_eq!(rounds(&shift).await, 0);
    // And one on its way while the breaker allows no other.
    let before = shift.core.rounds();
    shift.pass(601_000).await;
    assert!(shift.core.rounds() - before < 60, "{} rounds for one request", shift.core.rounds() - before);
    shift.core.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_probe_of_a_tripped_breaker_that_is_on_its_way() {
    let (shift, gate) = Shift::behind_gate(PracticePlatform::Pathao, LONG_QUEUE, &SLOW).await;
    shift.strike(FaultKind::UnavailableBefore, None, 100_000);
    shift.dispatch_all().await;
    shift.rest().await;
    gate.hold(1);
    // Those in doubt are looked up once, too; that is no round for nothing.
    let in_doubt = shift.core.counts(None).await.expect("counts").in_doubt as usize;
    let looked = shift.told(None, LogKind::LookupFinished).await;
    shift.laptop.pass(601_000);
    shift.until("the probe is held", async |_| gate.held() == 1).await;
    let all = async |shift: &Shift| shift.told(None, LogKind::LookupFinished).await >= looked + in_doubt;
    shift.until("each in doubt was looked up", all).await;
    shift.rest_beside().await;
    assert_eq!(rounds(&shift).await, 0);
    shift.core.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_queue_of_a_paused_account() {
    let shift = Shift::begin(PracticePlatform::Pathao, LONG_QUEUE, &SLOW).await;
    shift.switch(|switches| switches.credentials_revoked = true);
    shift.dispatch_all().await;
    shift.until("it pauses", async |shift| shift.account().await.paused.is_some()).await;
    shift.rest().await;
    assert_eq!(rounds(&shift).await, 0);
    shift.laptop.pass(24 * 3_600_000);
    assert!(rounds(&shift).await <= 1, "time alone wakes nobody");
    shift.core.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_queue_of_a_limited_account() {
    let shift = Shift::begin(PracticePlatform::Pathao, LONG_QUEUE, &SLOW).await;
    shift.strike(FaultKind::RateLimited, Some(36_000_000), 10);
    shift.dispatch_all().await;
    shift.rest().await;
    assert_eq!(rounds(&shift).await, 0);
    for _ in 0..5 {
        shift.laptop.pass(3_600_000);
        assert!(rounds(&shift).await <= 1, "not before the time is over");
    }
    shift.core.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replaced_loop_that_ends_what_it_began() {
    let (shift, gate) = Shift::behind_gate(PracticePlatform::Pathao, 20, &SLOW).await;
    gate.hold(2);
    shift.dispatch_all().await;
    shift.until("two are held", async |_| gate.held() == 2).await;
    shift.set("patience_s", "1000000").await;
    // One of the two ends: the old loop has room and a queue, and must not look at them any more.
    gate.let_go();
    shift.until("the others are bound", async |shift| shift.ours().len() == 19).await;
    shift.rest_beside().await;
    assert_eq!((rounds(&shift).await, gate.held()), (0, 1));
    gate.let_go();
    shift.until("all are bound", async |shift| shift.core.counts(None).await.expect("counts").dispatched == 20).await;
    shift.core.stop().await;
}

async fn tamper(shift: &Shift, sql: &'static str) {
    let options = SqliteConnectOptions::new().filename(shift.desk.ledger());
    let mut other: SqliteConnection = options.connect().await.expect("another connection");
    sqlx::raw_sql(sql).execute(&mut other).await.expect("it is done");
    other.close().await.expect("it closes");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ledger_that_cannot_be_read_is_tried_again_now_and_then() {
    let shift = Shift::begin(PracticePlatform::Pathao, 3, &SLOW).await;
    shift.switch(|switches| switches.credentials_revoked = true);
    shift.dispatch(&["SO-1", "SO-2"]).await;
    shift.until("it pauses", async |shift| shift.account().await.paused.is_some()).await;
    tamper(&shift, "ALTER TABLE attempt RENAME TO attempt_hidden; ALTER TABLE dispatch RENAME TO dispatch_hidden")
        .await;
    shift.switch(|switches| switches.credentials_revoked = false);
    docket_tests::desk::run(&shift.core, docket_core::api::Command::TestAccount { name: "main".into() }).await;
    let made = rounds(&shift).await;
    assert!(made <= 4, "{made} rounds in a second at most");
    for _ in 0..3 {
        let before = shift.core.rounds();
        shift.laptop.pass(1_000);
        shift.until("it tries again", async |shift| shift.core.rounds() > before).await;
        assert!(shift.core.rounds() - before <= 3);
    }
    tamper(&shift, "ALTER TABLE dispatch_hidden RENAME TO dispatch; ALTER TABLE attempt_hidden RENAME TO attempt")
        .await;
    shift.laptop.pass(2_000);
    for number in ["SO-1", "SO-2"] {
        shift.until_state(number, State::Dispatched).await;
    }
    assert_eq!(shift.ours().len(), 2);
    shift.verifies().await;
    shift.core.stop().await;
}
