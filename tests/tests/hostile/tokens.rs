//! Every lie as the answer to a request for an access token: nothing is sent, nothing is refused, nobody is shut out.

use docket_core::domain::State;
use docket_practice::PracticePlatform;
use docket_tests::liar::{Ask, Lie, Say};
use docket_tests::shift::Shift;

use crate::{about_anything, was_not_led_on};

/// Tokens that are none.
fn no_tokens() -> Vec<Lie> {
    let bodies = [
        "{}",
        "{\"access_token\":5,\"expires_in\":3600}",
        "{\"access_token\":\"\",\"expires_in\":3600}",
        "{\"access_token\":\"a\\nx-more: b\",\"expires_in\":3600}",
        "{\"access_token\":\"a\",\"access_token\":\"b\",\"expires_in\":3600}",
    ];
    let lie = |body: &str| Lie {
        name: body.to_owned(),
        say: Say::Bytes(format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len()).into_bytes()),
    };
    bodies.into_iter().map(lie).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lie_about_a_token_leaves_the_order_queued() {
    let (shift, liar) = Shift::behind_liar(PracticePlatform::UberDirect, 1, &[]).await;
    for lie in about_anything(&liar.endpoint.base_url).iter().chain(&no_tokens()) {
        liar.lie(Ask::Token, lie, true);
    }
    shift.dispatch(&["SO-1"]).await;
    shift.rest().await;
    for _ in 0..200 {
        if liar.left() == 0 {
            break;
        }
        let state = shift.state("SO-1").await;
        assert!(matches!(state, State::Queued | State::Sending), "{state} {:?}", liar.told().last());
        assert_eq!(shift.creates(), 0, "{:?}", liar.told().last());
        assert_eq!(shift.account().await.paused, None, "{:?}", liar.told().last());
        shift.pass(61_000).await;
    }
    assert_eq!(liar.left(), 0, "each was told: {:?}", liar.told());
    shift.laptop.pass(61_000);
    shift.until_state("SO-1", State::Dispatched).await;
    shift.rest().await;
    assert_eq!((shift.ours().len(), shift.creates()), (1, 1));
    was_not_led_on(&liar);
    shift.verifies().await;
    shift.core.stop().await;
}
