//! Waiting, as `dispatch --wait` does: neither over too early, nor for ever.

use docket_core::api::{Command, Core, Standing};
use docket_core::domain::{BoundBy, LogKind, PersonDecision, State};
use docket_practice::{FaultKind, PracticePlatform};
use docket_tests::desk::run;
use docket_tests::shift::{Shift, key};
use tokio::task::JoinHandle;

const HOUR: i64 = 3_600_000;

fn waiter(core: &Core, seconds: Option<f64>) -> JoinHandle<Standing> {
    let core = core.clone();
    tokio::spawn(async move { core.wait(seconds).await.expect("waiting works") })
}

async fn ended(shift: &Shift, waiting: JoinHandle<Standing>) -> Standing {
    shift.until("the waiting ends", async |_| waiting.is_finished()).await;
    waiting.await.expect("it ended well")
}

#[tokio::test(flavor = "multi_thread")]
async fn waiting_lasts_through_a_deferral() {
    let shift = Shift::begin(PracticePlatform::Pathao, 3, &[]).await;
    shift.strike(FaultKind::RateLimited, Some(3_600_000), 1);
    shift.dispatch(&["SO-1"]).await;
    shift.until("it is put off", async |shift| shift.told(None, LogKind::SendFinished).await == 1).await;
    shift.dispatch(&["SO-2", "SO-3"]).await;
    let waiting = waiter(&shift.core, Some(7_200.0));
    for _ in 0..3 {
        shift.pass(HOUR / 4).await;
        assert!(!waiting.is_finished(), "three orders are open, and will go on");
    }
    shift.laptop.pass(HOUR / 4 + 2_000);
    assert_eq!(ended(&shift, waiting).await.open, 0);
    assert_eq!(shift.ours().len(), 3);
    shift.core.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn waiting_lasts_while_an_answer_is_awaited_though_settings_change() {
    for seconds in [None, Some(7_200.0)] {
        let (shift, gate) = Shift::behind_gate(PracticePlatform::Pathao, 2, &[("timeout_ms", "60000")]).await;
        gate.hold(1);
        shift.dispatch(&["SO-1", "SO-2"]).await;
        shift.until("one is held", async |_| gate.held() == 1).await;
        shift.until("one is bound", async |shift| shift.ours().len() == 1).await;
        let waiting = waiter(&shift.core, seconds);
        shift.rest_beside().await;
        assert!(!waiting.is_finished(), "{seconds:?}: a request is on its way");
        shift.set("max_in_flight", "3").await;
        shift.rest_beside().await;
        assert!(!waiting.is_finished(), "{seconds:?}: it still is");
        gate.let_go();
        assert_eq!(ended(&shift, waiting).await.open, 0, "{seconds:?}");
        shift.core.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn waiting_lasts_through_the_pauses_of_a_breaker() {
    let more = [("lookup_interval_ms", "60000"), ("settle_ms", "1000"), ("max_in_flight", "1")];
    let shift = Shift::begin(PracticePlatform::Pathao, 8, &more).await;
    shift.strike(FaultKind::UnavailableBefore, None, 4);
    shift.dispatch_all().await;
    let waiting = waiter(&shift.core, Some(7_200.0));
    shift.rest().await;
    assert!(!waiting.is_finished(), "most are queued, and will go on");
    for _ in 0..40 {
        shift.pass(60_000).await;
        if waiting.is_finished() {
            break;
        }
    }
    assert_eq!(ended(&shift, waiting).await.open, 0);
    assert_eq!((shift.ours().len(), shift.core.counts(None).await.expect("counts").dispatched), (8, 8));
    shift.core.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn waiting_lasts_until_a_cancel_has_ended() {
    let more = [("settle_ms", "600000"), ("lookup_interval_ms", "1000")];
    let shift = Shift::begin(PracticePlatform::Postmates, 1, &more).await;
    shift.strike(FaultKind::LoseResponse, None, 1);
    shift.dispatch(&["SO-1"]).await;
    shift.until_state("SO-1", State::InDoubt).await;
    shift.pass(2_000).await;
    shift.until_state("SO-1", State::Dispatched).await;
    run(&shift.core, Command::Cancel { order: key("SO-1") }).await;
    let waiting = waiter(&shift.core, Some(7_200.0));
    shift.pass(300_000).await;
    assert!(!waiting.is_finished(), "the cancel waits for quiet");
    shift.laptop.pass(310_000);
    assert_eq!(ended(&shift, waiting).await.open, 0);
    assert_eq!(shift.state("SO-1").await, State::Cancelled);
    shift.core.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn waiting_lasts_until_a_released_case_has_gone_on() {
    let shift = super::restarts::case().await;
    let decision = PersonDecision::Release;
    run(
        &shift.core,
        Command::Decide { order: key("SO-1"), decision, reason: Some("it was never made".into()), shown: None },
    )
    .await;
    let open = Standing { open: 1, ..Standing::default() };
    assert_eq!(shift.core.standing(&[]).await.expect("it is counted"), open, "it asks nobody any more");
    assert_eq!(shift.core.standing(&[key("SO-1")]).await.expect("it is counted"), open);
    let waiting = waiter(&shift.core, Some(7_200.0));
    shift.pass(300_000).await;
    assert!(!waiting.is_finished(), "the release waits for quiet");
    shift.laptop.pass(310_000);
    assert_eq!(ended(&shift, waiting).await, Standing::default());
    assert_eq!((shift.state("SO-1").await, shift.ours().len()), (State::Dispatched, 1));
    shift.core.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn waiting_ends_when_nothing_goes_on_by_itself() {
    // A pause ends only by a person; the waiting must not last its two hours.
    let shift = Shift::begin(PracticePlatform::Pathao, 40, &[]).await;
    shift.switch(|switches| switches.credentials_revoked = true);
    shift.dispatch_all().await;
    let waiting = waiter(&shift.core, Some(7_200.0));
    assert_eq!(ended(&shift, waiting).await.open, 40);
    let waiting = waiter(&shift.core, None);
    assert_eq!(ended(&shift, waiting).await.open, 40);
    shift.core.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn waiting_ends_where_everything_waits_for_a_person() {
    let shift = Shift::begin(PracticePlatform::Foxreload, 10, &[]).await;
    shift.strike(FaultKind::LoseResponse, None, 1);
    shift.dispatch(&["SO-9"]).await;
    shift.until_state("SO-9", State::NeedsReview).await;
    shift.dispatch(&["SO-10"]).await;
    let waiting = waiter(&shift.core, Some(7_200.0));
    let standing = ended(&shift, waiting).await;
    assert_eq!(standing, Standing { open: 0, waiting_for_person: 1, needs_review: 1 });
    shift.core.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_time_waiting_ends_with_what_can_be_done_at_once() {
    let shift = Shift::begin(PracticePlatform::Pathao, 20, &[("lookup_interval_ms", "600000")]).await;
    shift.strike(FaultKind::LoseRequest, None, 1);
    shift.dispatch_all().await;
    let waiting = waiter(&shift.core, None);
    let standing = ended(&shift, waiting).await;
    let counts = shift.core.counts(None).await.expect("counts");
    assert_eq!((standing.open, counts.in_doubt, counts.dispatched), (1, 1, 19), "{counts:?}");
    shift.core.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_order_of_an_empty_list_goes_alone_and_is_found() {
    let more = [("exclusive", "true"), ("max_in_flight", "4"), ("patience_s", "100000")];
    let shift = Shift::begin(PracticePlatform::Foxreload, 15, &more).await;
    shift.strike(FaultKind::LoseResponse, None, 1);
    shift.dispatch_all().await;
    shift.until_state("SO-1", State::InDoubt).await;
    shift.rest().await;
    assert_eq!(shift.creates(), 1, "with nothing to read back to, none leaves beside it");
    for _ in 0..60 {
        shift.pass(10_000).await;
        if shift.state("SO-1").await != State::InDoubt {
            break;
        }
    }
    let first = shift.order("SO-1").await;
    assert_eq!((first.state, first.bound_by), (State::Dispatched, Some(BoundBy::Scan)), "{first:?}");
    shift
        .until("the others follow", async |shift| shift.core.counts(None).await.expect("counts").dispatched == 15)
        .await;
    assert_eq!((shift.creates(), shift.ours().len()), (15, 15));
    shift.verifies().await;
    shift.core.stop().await;
}
