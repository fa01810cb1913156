//! `Retry-After`, at every platform that may send it, in both of its forms: before its time nobody asks that account
//! anything, and after it the work goes on by itself. Whichever request was told: a create, a lookup, a cancel.
//!
//! Not here: a 429 that names no time (`open`), and settings that change meanwhile (`lanes/limits`).

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, SystemTime};

use docket_core::api::Command;
use docket_core::domain::State;
use docket_practice::{AppliesTo, FaultKind, OneShot, PracticePlatform};
use docket_tests::liar::{Ask, Liar, Lie, Say};
use docket_tests::shift::{Shift, key};

use PracticePlatform::{Doordash, Foxreload, Pathao, Postmates, PrintOne, UberDirect};

/// What the platform asks for, in seconds.
const HOLD_S: u32 = 600;
/// Lookups and their quiet begin late enough for a fault to be laid before them.
const SETTINGS: [(&str, &str); 6] = [
    ("timeout_ms", "10000"),
    ("settle_ms", "30000"),
    ("lookup_interval_ms", "60000"),
    ("lookup_interval_max_ms", "60000"),
    ("patience_s", "86400"),
    ("exclusive", "true"),
];

/// How the time is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Seconds,
    Date,
}

/// The platform's own 429, with the moment in place of the seconds, and whether it was one. Any other answer is passed on.
fn dated(head: &str, body: &str) -> (Vec<u8>, bool) {
    let value = |name: &str| head.lines().find_map(|line| line.strip_prefix(name)).map(str::trim);
    let until = value("retry-after:").map(|seconds| {
        let from = httpdate::parse_http_date(value("date:").expect("an answer has a date")).expect("it is one");
        let until: SystemTime = from + Duration::from_secs(seconds.parse().expect("in seconds"));
        (format!("retry-after: {seconds}"), format!("retry-after: {}", httpdate::fmt_http_date(until)))
    });
    let told = until.as_ref().map_or_else(|| head.to_owned(), |(seconds, moment)| head.replace(seconds, moment));
    (format!("{told}\r\n\r\n{body}").into_bytes(), until.is_some())
}

/// The next such request is told to come back when the time is over. How many moments have been told is counted.
fn limit(shift: &Shift, liar: &Liar, asks: &[Ask], applies_to: AppliesTo, moments: Option<&Arc<AtomicUsize>>) {
    let shot = OneShot { ms: Some(HOLD_S * 1_000), applies_to, ..OneShot::next(FaultKind::RateLimited) };
    shift.desk.practice.queue_fault(shot).expect("a fault that can strike");
    if let Some(moments) = moments.cloned() {
        let remade = move |head: &str, body: &str| {
            let (answer, is_limit) = dated(head, body);
            moments.fetch_add(usize::from(is_limit), Ordering::SeqCst);
            answer
        };
        let lie = Lie { name: "a moment".into(), say: Say::Remade(Arc::new(remade)) };
        asks.iter().for_each(|ask| liar.lie(*ask, &lie, true));
    }
}

/// It was told; until its time nobody asks anything.
async fn nobody_asks(shift: &Shift, liar: &Liar, what: &str) {
    let told = async |shift: &Shift| shift.desk.practice.state().expect("the state is readable").queue.is_empty();
    shift.until("the limit is told", told).await;
    liar.repent();
    shift.rest().await;
    let asked = liar.lines();
    for _ in 0..9 {
        shift.pass(i64::from(HOLD_S) * 100).await;
        assert_eq!(liar.lines().get(asked.len()..), Some(&[][..]), "{what}: asked before its time: {asked:?}");
    }
    shift.pass(i64::from(HOLD_S) * 100 + 1_000).await;
}

/// Time passes until an order has come to a state.
async fn comes_to(shift: &Shift, number: &str, state: State) {
    shift
        .until("it goes on", async |shift| {
            shift.pass(20_000).await;
            shift.state(number).await == state
        })
        .await;
}

async fn heeds(platform: PracticePlatform, form: Form) {
    let what = format!("{platform} {form:?}");
    let told = Arc::<AtomicUsize>::default();
    let moments = (form == Form::Date).then_some(&told);
    let (shift, liar) = Shift::behind_liar(platform, 4, &SETTINGS).await;
    shift.switch(|switches| (switches.retry_after_shown, switches.stage_ms) = (true, 0));
    // A create: neither it nor another leaves before the time.
    limit(&shift, &liar, &[Ask::Create], AppliesTo::Create, moments);
    shift.dispatch(&["SO-1"]).await;
    shift.until("it was sent", async |shift| shift.creates() == 1).await;
    shift.until_state("SO-1", State::Queued).await;
    shift.dispatch(&["SO-2"]).await;
    nobody_asks(&shift, &liar, &format!("{what}, a create")).await;
    comes_to(&shift, "SO-1", State::Dispatched).await;
    comes_to(&shift, "SO-2", State::Dispatched).await;
    // A lookup: the doubt waits, and so does another order.
    shift.strike(FaultKind::LoseResponse, None, 1);
    shift.dispatch(&["SO-3"]).await;
    shift.until_state("SO-3", State::InDoubt).await;
    let lookup = if platform == Doordash { Ask::Get } else { Ask::Lookup };
    limit(&shift, &liar, &[lookup], AppliesTo::Lookup, moments);
    shift.pass(61_000).await;
    shift.dispatch(&["SO-4"]).await;
    nobody_asks(&shift, &liar, &format!("{what}, a lookup")).await;
    comes_to(&shift, "SO-3", State::Dispatched).await;
    comes_to(&shift, "SO-4", State::Dispatched).await;
    if platform != Foxreload {
        let id = shift.order("SO-1").await.platform_order_id.expect("it is bound");
        if platform == PrintOne {
            shift.desk.practice.advance(platform, &id, "order_pdf_created").expect("it is printed");
        }
        // Quiet is over, so that the cancel leaves at once.
        shift.pass(120_000).await;
        limit(&shift, &liar, &[Ask::Cancel, Ask::Get], AppliesTo::All, moments);
        shift.ask(Command::Cancel { order: key("SO-1") }).await.expect("a cancel is asked for");
        nobody_asks(&shift, &liar, &format!("{what}, a cancel")).await;
        comes_to(&shift, "SO-1", State::Cancelled).await;
    }
    assert_eq!(
        (shift.creates(), shift.ours().len()),
        (5, 4),
        "{what}: one is sent again after its limit, and no other"
    );
    shift.verifies().await;
    shift.core.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_time_in_seconds_is_heeded() {
    for platform in [Pathao, Postmates, UberDirect, Doordash, PrintOne, Foxreload] {
        heeds(platform, Form::Seconds).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_moment_is_heeded() {
    for platform in [Pathao, Postmates, UberDirect, Doordash, PrintOne, Foxreload] {
        heeds(platform, Form::Date).await;
    }
}
