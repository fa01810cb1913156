//! Orders that have ended. No platform here says that its lookup shows them: where it hides them, that ours is not found
//! proves nothing; where it shows another that has ended, absence is proven as ever.

use docket_core::api::Command;
use docket_core::domain::State;
use docket_practice::{FaultKind, PracticePlatform};
use docket_tests::orders::went_well;
use docket_tests::shift::{Shift, key};

const MINUTE: i64 = 60_000;

/// And how many minutes later no fence lives any more. At Pathao it dies when orders may be gone, which is another reason.
const PLATFORMS: [(PracticePlatform, i64); 3] =
    [(PracticePlatform::UberDirect, 70), (PracticePlatform::Foxreload, 5), (PracticePlatform::PrintOne, 25 * 60)];

/// `SO-1` ended long ago, and the ledger knows. `SO-2` is in doubt; if it is there, it ends as well. `SO-3` is placed, which
/// any lookup shows, and the fence of `SO-2` dies.
async fn in_doubt_beside_an_ended_one(
    (platform, minutes): (PracticePlatform, i64),
    lost: FaultKind,
    hides: bool,
    cancel: bool,
) -> Shift {
    let settings = [("settle_ms", "60000"), ("on_absent", "resend"), ("exclusive", "true")];
    let shift = Shift::begin(platform, 3, &settings).await;
    shift.switch(|switches| switches.stage_ms = 0);
    shift.dispatch(&["SO-1"]).await;
    shift.until_state("SO-1", State::Dispatched).await;
    shift.ends("SO-1").await;
    shift.switch(|switches| switches.lookup_hides_ended = hides);
    shift.strike_lookups(FaultKind::Error500Before, None, 2);
    shift.strike(lost, None, 1);
    shift.dispatch(&["SO-2"]).await;
    shift.until_state("SO-2", State::InDoubt).await;
    if let [_, second] = shift.ours().as_slice() {
        let practice = &shift.desk.practice;
        practice.advance(platform, &second.platform_order_id, went_well(platform)).expect("it is there");
    }
    shift.dispatch(&["SO-3"]).await;
    shift.until_state("SO-3", State::Dispatched).await;
    if cancel {
        shift.ask(Command::Cancel { order: key("SO-2") }).await.expect("it is written down");
    }
    shift.switch(|switches| switches.clock_offset_ms += minutes * MINUTE);
    // Long enough for the looks of a proof, too.
    for passes in [minutes, 1, 1, 1] {
        shift.pass(passes * MINUTE).await;
    }
    shift
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_that_has_ended_and_is_hidden_is_not_ordered_again() {
    // Whether the order was made, whether ended ones are hidden; how it ends, and how many creates there were in all.
    let rows = [
        (FaultKind::LoseResponse, true, State::NeedsReview, 3),
        (FaultKind::LoseResponse, false, State::Dispatched, 3),
        (FaultKind::LoseRequest, true, State::NeedsReview, 3),
        (FaultKind::LoseRequest, false, State::Dispatched, 4),
    ];
    for at in PLATFORMS {
        for (lost, hides, state, creates) in rows {
            let shift = in_doubt_beside_an_ended_one(at, lost, hides, false).await;
            let told = format!("{} {lost:?} hides {hides}", at.0);
            shift.until_state("SO-2", state).await;
            if state == State::NeedsReview {
                let why = shift.order("SO-2").await.reason.unwrap_or_default();
                assert!(why.contains("no order that has ended was shown"), "{told}: {why}");
            }
            let lacks = usize::from(state == State::NeedsReview && lost == FaultKind::LoseRequest);
            assert_eq!((shift.creates(), shift.ours().len()), (creates, 3 - lacks), "{told}");
            shift.verifies().await;
            shift.core.stop().await;
        }
    }
}

/// A cancel in doubt is over when the order is proven absent. One that has ended was not cancelled.
#[tokio::test(flavor = "multi_thread")]
async fn a_cancel_in_doubt_says_nothing_of_an_order_that_may_have_ended() {
    let rows = [
        (FaultKind::LoseResponse, true, State::NeedsReview),
        (FaultKind::LoseResponse, false, State::Dispatched),
        (FaultKind::LoseRequest, true, State::NeedsReview),
        (FaultKind::LoseRequest, false, State::Cancelled),
    ];
    for (lost, hides, state) in rows {
        let at = (PracticePlatform::Pathao, 5);
        let shift = in_doubt_beside_an_ended_one(at, lost, hides, true).await;
        shift.until_state("SO-2", state).await;
        assert_eq!(shift.creates(), 3, "{lost:?} hides {hides}");
        shift.verifies().await;
        shift.core.stop().await;
    }
}
