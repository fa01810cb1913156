//! A price: asked once while it is good, never under the order's own reference, and behind everything that creates.

use docket_core::api::views::LogQuery;
use docket_core::api::{Command, ErrorCode, Reply, Request};
use docket_core::domain::State;
use docket_core::ids::random_id;
use docket_practice::{FaultKind, PracticePlatform};
use docket_tests::shift::{Shift, key};

use super::{addressed, edit, priced, quote, strike};

const MINUTE: i64 = 60_000;

async fn entries(shift: &Shift) -> usize {
    shift.core.log(LogQuery { limit: 1_000, ..LogQuery::default() }).await.expect("the log").len()
}

#[tokio::test(flavor = "multi_thread")]
async fn each_platform_tells_a_price_or_says_that_it_has_none() {
    for platform in PracticePlatform::ALL {
        let shift = priced(platform).await;
        let (requests, told) = (shift.requests(), entries(&shift).await);
        let answer = quote(&shift, "SO-1").await;
        match platform {
            PracticePlatform::Foxreload | PracticePlatform::PrintOne => {
                let none = answer.expect_err("no price");
                assert_eq!(none.code, ErrorCode::Invalid, "{platform}: {none}");
                assert!(none.message.contains("tells no price before an order is placed"), "{platform}: {none}");
                assert_eq!(shift.requests(), requests, "{platform}: nothing was asked");
            }
            PracticePlatform::Pathao
            | PracticePlatform::Postmates
            | PracticePlatform::UberDirect
            | PracticePlatform::Doordash => {
                let price = answer.unwrap_or_else(|error| panic!("{platform}: {error}"));
                assert!(price.fee.amount > 0 && price.good_ms > 4 * MINUTE, "{platform}: {price:?}");
                let says_when = platform != PracticePlatform::Pathao;
                assert_eq!(price.expires_at.is_some(), says_when, "{platform}: {price:?}");
                let has_id = matches!(platform, PracticePlatform::Postmates | PracticePlatform::UberDirect);
                assert_eq!(price.quote_id.is_some(), has_id, "{platform}: {price:?}");
            }
        }
        assert_eq!((shift.creates(), shift.state("SO-1").await), (0, State::Draft), "{platform}");
        assert_eq!(entries(&shift).await, told, "{platform}: a question is not logged");
        // At DoorDash a price under the order's own id would stand in its way.
        shift.dispatch(&["SO-1"]).await;
        shift.until_state("SO-1", State::Dispatched).await;
        let late = quote(&shift, "SO-1").await.expect_err("it is dispatched");
        assert_eq!(late.code, ErrorCode::NotAllowed, "{platform}: {late}");
        shift.verifies().await;
        shift.core.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_price_is_asked_for_anew_when_it_is_stale_or_the_order_is_another() {
    let shift = priced(PracticePlatform::Postmates).await;
    let first = quote(&shift, "SO-1").await.expect("a price");
    assert!((288_000..=291_000).contains(&first.good_ms), "five minutes less a margin: {first:?}");
    assert_eq!(first.takes_min, Some(45));
    let requests = shift.requests();
    shift.laptop.pass(4 * MINUTE);
    let same = quote(&shift, "SO-1").await.expect("a price");
    assert_eq!((same.quote_id.as_ref(), shift.requests()), (first.quote_id.as_ref(), requests), "it is still good");
    assert!(same.good_ms < MINUTE, "{same:?}");
    shift.laptop.pass(MINUTE);
    let second = quote(&shift, "SO-1").await.expect("a price");
    assert_ne!(second.quote_id, first.quote_id, "it had run out");
    assert_eq!(shift.requests(), requests + 1);
    edit(&shift, "SO-1", &[("dropoff_address", "77 Hayes St San Francisco CA")]).await;
    let third = quote(&shift, "SO-1").await.expect("a price");
    assert_ne!(third.quote_id, second.quote_id, "it goes to another place");
    assert_eq!(shift.requests(), requests + 2);
    shift.core.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_price_ends_by_the_platforms_clock_where_ours_is_wrong() {
    let shift = priced(PracticePlatform::Postmates).await;
    // Our wall clock is a day behind the platform's.
    shift.switch(|switches| switches.clock_offset_ms = 24 * 60 * MINUTE);
    let price = quote(&shift, "SO-1").await.expect("a price");
    assert!((288_000..=291_000).contains(&price.good_ms), "five minutes, not a day: {price:?}");
    let end = price.expires_at.expect("it says when");
    assert!(end > price.asked_at && end[..10] > price.asked_at[..10], "the platform's own time: {end}");
    shift.core.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_clicks_at_once_are_one_question() {
    let more = [("timeout_ms", "60000")];
    let (shift, gate) = Shift::behind_gate(PracticePlatform::Pathao, 1, &more).await;
    let lacking = quote(&shift, "SO-1").await.expect_err("it has no addresses");
    assert!(lacking.message.starts_with("pickup_address_text: is missing"), "{lacking}");
    addressed(&shift, "SO-1").await;
    gate.hold(1);
    let clicked = || {
        let core = shift.core.clone();
        let request = Request { id: random_id(), command: Command::Quote { order: key("SO-1") } };
        tokio::spawn(async move { core.execute(request).await })
    };
    let clicks = [clicked(), clicked()];
    shift.until("one is held", async |_| gate.held() == 1).await;
    shift.rest_beside().await;
    gate.let_go();
    let mut told = Vec::new();
    for click in clicks {
        let Ok(Reply::Quoted(price)) = click.await.expect("it is answered") else { panic!("a price") };
        told.push((price.fee, price.asked_at));
    }
    assert_eq!(told[0], told[1], "the second is told what the first was");
    assert_eq!(gate.knocks().iter().filter(|knock| knock.line.contains("quotation")).count(), 1);
    shift.core.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_credential_is_said_and_pauses_the_account() {
    let shift = priced(PracticePlatform::Postmates).await;
    shift.switch(|switches| switches.credentials_revoked = true);
    let refused = quote(&shift, "SO-1").await.expect_err("401");
    assert_eq!(refused.code, ErrorCode::Platform);
    assert!(refused.message.contains("refused the credential"), "{refused}");
    assert!(shift.account().await.paused.is_some());
    let requests = shift.requests();
    let paused = quote(&shift, "SO-1").await.expect_err("it is paused");
    assert_eq!((paused.code, shift.requests()), (ErrorCode::NotAllowed, requests), "{paused}");
    assert!(paused.message.contains("paused"), "{paused}");
    shift.core.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_limit_is_said_with_when_to_come_back_and_is_kept_to() {
    let shift = priced(PracticePlatform::Postmates).await;
    strike(&shift, FaultKind::RateLimited, Some(90_000));
    let now = docket_core::clock::Clock::now(&shift.laptop).wall_ms;
    let busy = quote(&shift, "SO-1").await.expect_err("429");
    assert_eq!(busy.code, ErrorCode::Platform);
    let until = busy.message.rsplit(' ').next().expect("a time");
    let asked = docket_core::clock::rfc3339(now + 89_000);
    let last = docket_core::clock::rfc3339(now + 100_000);
    assert!(*until > *asked && *until < *last, "{busy}");
    let requests = shift.requests();
    assert!(quote(&shift, "SO-1").await.is_err());
    shift.laptop.pass(80_000);
    assert!(quote(&shift, "SO-1").await.is_err());
    assert_eq!(shift.requests(), requests, "nobody asks before the time is over");
    shift.laptop.pass(12_000);
    quote(&shift, "SO-1").await.expect("a price");
    shift.core.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn garbage_and_silence_are_no_price() {
    let shift = priced(PracticePlatform::Postmates).await;
    for (kind, words) in [
        (FaultKind::HtmlPage, "nothing readable"),
        (FaultKind::EmptySuccess, "nothing readable"),
        (FaultKind::LoseRequest, "did not answer"),
    ] {
        strike(&shift, kind, None);
        let error = quote(&shift, "SO-1").await.expect_err("no price");
        assert_eq!(error.code, ErrorCode::Platform, "{kind:?}: {error}");
        assert!(error.message.contains(words), "{kind:?}: {error}");
    }
    quote(&shift, "SO-1").await.expect("what went wrong is not kept");
    shift.core.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn creates_come_before_a_question() {
    // One request in half a second.
    let more = [("requests_per_minute", "120"), ("max_in_flight", "1"), ("timeout_ms", "60000")];
    let shift = Shift::begin(PracticePlatform::Postmates, 5, &more).await;
    shift.dispatch(&["SO-1", "SO-2", "SO-3", "SO-4"]).await;
    shift.until("the first has been sent", async |shift| shift.creates() >= 1).await;
    let price = quote(&shift, "SO-5").await;
    assert_eq!(shift.creates(), 4, "every create had its turn first: {price:?}");
    price.expect("and then the question");
    shift.core.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_question_gives_up_where_the_orders_take_the_whole_rate() {
    let more = [("requests_per_minute", "1"), ("max_in_flight", "1")];
    let shift = Shift::begin(PracticePlatform::Postmates, 3, &more).await;
    shift.dispatch(&["SO-1", "SO-2"]).await;
    shift.until("the first has been sent", async |shift| shift.creates() == 1).await;
    let requests = shift.requests();
    let busy = shift.ask(Command::Quote { order: key("SO-3") }).await.expect_err("no room");
    assert_eq!((busy.code, shift.requests()), (ErrorCode::NotAllowed, requests), "{busy}");
    assert!(busy.message.contains("they come first"), "{busy}");
    shift.core.stop().await;
}
