//! FoxReload's list, which alone tells what became of a lost answer: its order, its lag, its limits and what it leaves out
//! are open. Whatever they are, an order is sent once; what the list shows beyond doubt is adopted or proven absent, and
//! everything else is for a person.

use docket_core::api::{Command, Reply};
use docket_core::domain::{BoundBy, LogKind, PersonDecision, State};
use docket_practice::{FaultKind, PracticePlatform, Switches};
use docket_tests::orders::went_well;
use docket_tests::others::{order_something_else, pass_there};
use docket_tests::shift::Shift;

const FOX: PracticePlatform = PracticePlatform::Foxreload;
/// Nobody else orders on the account; a busy machine's answers are waited for, and doubt lasts long enough for another
/// order to be dispatched beside it.
const SETTINGS: [(&str, &str); 4] =
    [("exclusive", "true"), ("timeout_ms", "10000"), ("settle_ms", "60000"), ("patience_s", "7200")];

/// Two drafts, and an account on which others have ordered something else before: at one moment, or a second apart. The
/// newest of theirs has ended.
async fn begin(others: usize, burst: bool, turn: impl FnOnce(&mut Switches)) -> Shift {
    let shift = Shift::begin(FOX, 2, &SETTINGS).await;
    shift.switch(|switches| {
        switches.stage_ms = 0;
        turn(switches);
    });
    strangers(&shift, others, burst);
    if let Some(newest) = shift.desk.truth(FOX).last() {
        shift.desk.practice.advance(FOX, &newest.platform_order_id, went_well(FOX)).expect("it is there");
    }
    shift
}

fn strangers(shift: &Shift, count: usize, burst: bool) {
    order_something_else(&shift.desk.practice, count, if burst { 0 } else { 1_000 });
}

/// The first order's request is struck.
async fn lose(shift: &Shift, fault: FaultKind, ms: Option<u32>) {
    shift.strike(fault, ms, 1);
    shift.dispatch(&["SO-1"]).await;
    // A first look may have asked a person by now.
    let lost = async |shift: &Shift| matches!(shift.state("SO-1").await, State::InDoubt | State::NeedsReview);
    shift.until("its request is lost", lost).await;
}

/// The second one is dispatched meanwhile: the known order, newer than the first, that a proof of absence needs. Then
/// quiet is over, and it is found out what became of the first, as far as it can be.
async fn find_out(shift: &Shift) {
    pass_there(&shift.desk.practice, FOX, 2_000);
    shift.dispatch(&["SO-2"]).await;
    shift.until_state("SO-2", State::Dispatched).await;
    shift
        .until("the first is settled, or a person is asked", async |shift| {
            shift.pass(20_000).await;
            shift.state("SO-1").await != State::InDoubt
        })
        .await;
}

/// A person is asked about the first, and nothing was sent again; so many orders of ours exist. Whether it was proven
/// absent.
async fn asked(shift: &Shift, there: usize, what: &str) -> bool {
    let order = shift.order("SO-1").await;
    assert_eq!((order.state, order.generation), (State::NeedsReview, 1), "{what}: {order:?}");
    assert!(order.reason.as_ref().is_some_and(|why| why.len() > 20), "{what}: it says why: {order:?}");
    assert_eq!((shift.creates(), shift.ours().len()), (2, there), "{what}: {order:?}");
    shift.verifies().await;
    shift.told(Some("SO-1"), LogKind::ProvenAbsent).await > 0
}

/// The first is bound to its own order by the list, and nothing was sent again.
async fn found(shift: &Shift, what: &str) {
    let order = shift.order("SO-1").await;
    assert_eq!((order.state, order.bound_by), (State::Dispatched, Some(BoundBy::Scan)), "{what}: {order:?}");
    let second = shift.order("SO-2").await.platform_order_id;
    let ours: Vec<_> = shift.ours().into_iter().map(|there| Some(there.platform_order_id)).collect();
    assert_eq!((shift.creates(), ours.len()), (2, 2), "{what}: {ours:?}");
    assert!(ours.contains(&order.platform_order_id) && order.platform_order_id != second, "{what}: {order:?}");
    shift.verifies().await;
}

/// Newest first, what is there is found and what is not there is proven absent. In any other order a cut list hides
/// what it may: nothing is proven, and nothing is sent again. Nor is it where the rows are of one second, so that nobody
/// can tell in which order they stand; what is there may then be found, and is ours or nobody's.
#[tokio::test(flavor = "multi_thread")]
async fn a_list_that_does_not_show_that_it_is_newest_first_proves_nothing() {
    let newest_first = (false, false, false);
    let others =
        [(true, false, false), (false, true, false), (false, false, true), (true, false, true), (false, true, true)];
    for position in [newest_first].into_iter().chain(others) {
        for fault in [FaultKind::LoseResponse, FaultKind::LoseRequest] {
            let (oldest_first, unsorted, burst) = position;
            let shift = begin(14, burst, |switches| {
                (switches.oldest_first, switches.list_unsorted, switches.list_max) = (oldest_first, unsorted, 10);
            })
            .await;
            lose(&shift, fault, None).await;
            find_out(&shift).await;
            let (what, there) = (format!("{position:?} {fault:?}"), fault == FaultKind::LoseResponse);
            let bound = shift.state("SO-1").await == State::Dispatched;
            if there && (position == newest_first || burst && bound) {
                found(&shift, &what).await;
            } else {
                let proven = asked(&shift, 1 + usize::from(there), &what).await;
                assert_eq!(proven, !there && position == newest_first, "{what}");
            }
            shift.core.stop().await;
        }
    }
}

/// Shown within quiet, it is found. Later, its absence is for a person: unproven where the list has shown nothing newer
/// either, and even where it has, never a second request.
#[tokio::test(flavor = "multi_thread")]
async fn a_list_that_lags_never_leads_to_a_second_order() {
    for (lag_ms, both) in [(300, true), (600_000, true), (600_000, false)] {
        let shift = begin(3, false, |_| {}).await;
        shift.switch(|switches| switches.list_lag_ms = lag_ms);
        lose(&shift, FaultKind::LoseResponse, None).await;
        if !both {
            shift.switch(|switches| switches.list_lag_ms = 0);
        }
        find_out(&shift).await;
        let what = format!("{lag_ms} both: {both}");
        if lag_ms == 300 {
            found(&shift, &what).await;
        } else {
            assert_eq!(asked(&shift, 2, &what).await, !both, "{what}");
        }
        shift.core.stop().await;
    }
}

/// The request lands when its absence has been proven as far as it can be. Nothing was sent again, so it is one order:
/// the person adopts it, or has closed the case, and then a sweep tells of it.
#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_lands_after_every_look_is_one_order_and_is_told() {
    for close in [false, true] {
        let shift = begin(3, false, |_| {}).await;
        lose(&shift, FaultKind::LateCommit, Some(600_000)).await;
        find_out(&shift).await;
        assert!(asked(&shift, 1, "it has not landed").await, "proven absent, as far as that goes");
        if close {
            shift.decide("SO-1", PersonDecision::Close, "the customer called it off").await.expect("it is closed");
        }
        pass_there(&shift.desk.practice, FOX, 601_000);
        let second = shift.order("SO-2").await.platform_order_id;
        let late = shift.ours().into_iter().map(|there| there.platform_order_id).find(|id| Some(id) != second.as_ref());
        let late = late.expect("the late request has landed");
        if close {
            let sweep = Command::Sweep { account: "main".into(), since_ms: None };
            let Ok(Reply::Swept(report)) = shift.ask(sweep).await else { panic!("a report") };
            let told = report.findings.iter().find(|found| found.platform_order_id.as_str() == late);
            let told = told.unwrap_or_else(|| panic!("the late one is told: {report:?}"));
            assert!(told.needs_person, "{told:?}");
        } else {
            asked(&shift, 2, "it has landed").await;
            let adopt = PersonDecision::Adopt { remote: late.as_str().into() };
            shift.decide("SO-1", adopt, "it came late").await.expect("it is adopted");
            shift.until_state("SO-1", State::Dispatched).await;
        }
        assert_eq!((shift.creates(), shift.ours().len()), (2, 2), "nothing was sent again");
        shift.verifies().await;
        shift.core.stop().await;
    }
}

/// A list that goes on without ours is not its end, however few rows it gives to a limit that it does not take.
#[tokio::test(flavor = "multi_thread")]
async fn a_list_that_takes_no_large_limit_is_not_taken_for_all() {
    for (ignored, usual) in [(false, 10), (true, 10), (true, 5)] {
        let shift = begin(3, false, |switches| {
            (switches.large_limit_ignored, switches.page_default, switches.list_max) = (ignored, usual, 50);
        })
        .await;
        lose(&shift, FaultKind::LoseResponse, None).await;
        strangers(&shift, 20, false);
        find_out(&shift).await;
        if ignored {
            assert!(!asked(&shift, 2, &format!("{usual}")).await, "{usual}: nothing is proven");
        } else {
            found(&shift, "cut at fifty").await;
        }
        shift.core.stop().await;
    }
}

/// Where the list leaves test orders out, it proves nothing about one.
#[tokio::test(flavor = "multi_thread")]
async fn test_orders_that_no_list_shows_are_for_a_person() {
    for unlisted in [false, true] {
        let shift = begin(3, false, |switches| switches.mocks_unlisted = unlisted).await;
        lose(&shift, FaultKind::LoseResponse, None).await;
        find_out(&shift).await;
        if unlisted {
            assert!(!asked(&shift, 2, "unlisted").await, "nothing is proven");
        } else {
            found(&shift, "listed").await;
        }
        shift.core.stop().await;
    }
}
