//! A token server that is asked too often: the account is left alone, and nothing is armed in vain.

use docket_core::domain::{LogKind, State};
use docket_practice::{FaultKind, PracticePlatform};
use docket_tests::shift::Shift;

const MINUTE: i64 = 60_000;
const ORDERS: usize = 9;

/// Uber Direct counts requests for tokens like any others.
#[tokio::test(flavor = "multi_thread")]
async fn a_limited_token_server_is_left_alone() {
    let shift = Shift::begin(PracticePlatform::UberDirect, ORDERS, &[("requests_per_minute", "6000")]).await;
    shift.switch(|switches| (switches.token_life_s, switches.retry_after_shown) = (60, true));
    shift.dispatch(&["SO-9"]).await;
    shift.until_state("SO-9", State::Dispatched).await;
    // The next request needs a new token, and whoever asks for one is told to come back in an hour.
    shift.pass(MINUTE).await;
    shift.strike_all(FaultKind::RateLimited, Some(3_600_000), 100_000);
    let (creates, before) = (shift.creates(), shift.requests());
    shift.dispatch_all().await;
    shift.rest().await;
    let so_far = async |shift: &Shift| (shift.requests(), shift.told(None, LogKind::SendStarted).await);
    let told = so_far(&shift).await;
    assert!(told.0 > before, "the token server was asked");
    for _ in 0..59 {
        shift.pass(MINUTE).await;
    }
    assert_eq!(so_far(&shift).await, told, "requests and armings in the hour that it asked for");
    assert_eq!(shift.told(None, LogKind::LookupStarted).await, 0, "nothing is in doubt");
    assert_eq!(shift.creates(), creates, "no create can leave without a token");
    assert_eq!(shift.account().await.paused, None, "a limit says nothing of the credential");
    shift.desk.practice.clear_faults().expect("no more faults");
    for number in 1..ORDERS {
        let bound = async |shift: &Shift| {
            shift.pass(MINUTE / 2).await;
            shift.state(&format!("SO-{number}")).await == State::Dispatched
        };
        shift.until("it is dispatched when there is room again", bound).await;
    }
    assert_eq!(shift.ours().len(), ORDERS);
    shift.verifies().await;
    shift.core.stop().await;
}
