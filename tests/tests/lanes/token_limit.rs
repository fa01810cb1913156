//! A token server that is asked too often: the account is left alone, and nothing is armed in vain.

use docket_core::domain::{LogKind, State};
use docket_practice::PracticePlatform;
use docket_tests::shift::Shift;

/// Uber Direct counts requests for tokens like any others.
#[tokio::test(flavor = "multi_thread")]
async fn a_limited_token_server_is_left_alone() {
    let shift = Shift::begin(PracticePlatform::UberDirect, 9, &[("requests_per_minute", "6000")]).await;
    shift.switch(|switches| switches.token_life_s = 60);
    shift.dispatch(&["SO-9"]).await;
    shift.until_state("SO-9", State::Dispatched).await;
    // The next request needs a new token, and its window has no room; the refusal says for how long.
    shift.switch(|switches| {
        (switches.rate_limit_per_minute, switches.rate_window_ms, switches.retry_after_shown) = (1, 3_600_000, true);
    });
    shift.pass(60_000).await;
    let creates = shift.creates();
    shift.dispatch_all().await;
    shift.rest().await;
    let so_far = async |shift: &Shift| (shift.requests(), shift.told(None, LogKind::SendStarted).await);
    let told = so_far(&shift).await;
    for _ in 0..10 {
        shift.pass(30_000).await;
    }
    assert_eq!(so_far(&shift).await, told, "requests and armings while it was told to stay away");
    assert_eq!(shift.told(None, LogKind::LookupStarted).await, 0, "nothing is in doubt");
    assert_eq!(shift.creates(), creates, "no create can leave without a token");
    assert_eq!(shift.account().await.paused, None, "a limit says nothing of the credential");
    shift.switch(|switches| switches.rate_limit_per_minute = 0);
    for number in 1..9 {
        let bound = async |shift: &Shift| {
            shift.pass(30_000).await;
            shift.state(&format!("SO-{number}")).await == State::Dispatched
        };
        shift.until("it is dispatched when there is room again", bound).await;
    }
    assert_eq!(shift.ours().len(), 9);
    shift.verifies().await;
    shift.core.stop().await;
}
