//! What a person has agreed to pay: asked for before an order is reserved, never after, and not exceeded.

use docket_core::api::{ApiError, Command, DispatchRequest, ErrorCode, MaxFee, OrderLine, QuoteView, Reply};
use docket_core::domain::State;
use docket_practice::PracticePlatform;
use docket_tests::shift::{Shift, key};

use super::{priced, quote};

const MINUTE: i64 = 60_000;

/// Dispatches one order at the price that was shown.
async fn dispatch_at(shift: &Shift, price: &QuoteView) -> OrderLine {
    let agreed = MaxFee { amount: price.fee.amount, currency: Some(price.fee.currency.clone()) };
    up_to(shift, agreed).await.expect("a line").remove(0)
}

async fn up_to(shift: &Shift, max_fee: MaxFee) -> Result<Vec<OrderLine>, ApiError> {
    let request = DispatchRequest { orders: vec![key("SO-1")], max_fee: Some(max_fee), ..Default::default() };
    match shift.ask(Command::Dispatch(request)).await? {
        Reply::Orders { lines } => Ok(lines),
        other => panic!("{other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_price_that_rose_while_nobody_looked_is_agreed_to_anew() {
    for platform in [
        PracticePlatform::Pathao,
        PracticePlatform::Postmates,
        PracticePlatform::UberDirect,
        PracticePlatform::Doordash,
    ] {
        let shift = priced(platform).await;
        let shown = quote(&shift, "SO-1").await.expect("a price");
        shift.switch(|switches| switches.surcharge_percent = 25);
        shift.laptop.pass(16 * MINUTE);
        let line = dispatch_at(&shift, &shown).await;
        let asked = quote(&shift, "SO-1").await.expect("a price");
        assert!(asked.fee.amount > shown.fee.amount, "{platform}: {asked:?}");
        assert_eq!((line.done, line.state, shift.creates()), (false, State::Draft, 0), "{platform}: {line:?}");
        for fee in [&shown.fee, &asked.fee] {
            assert!(line.message.contains(&fee.to_string()), "{platform}: it names {fee}: {line:?}");
        }
        let requests = shift.requests();
        let line = dispatch_at(&shift, &asked).await;
        assert!(line.done, "{platform}: {line:?}");
        shift.until_state("SO-1", State::Dispatched).await;
        assert_eq!(shift.creates(), 1, "{platform}");
        // The price was good: the create was the only request.
        let tokens = u32::from(platform == PracticePlatform::UberDirect);
        assert!(shift.requests() - requests <= 1 + tokens, "{platform}: no price was asked for again");
        shift.verifies().await;
        shift.core.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stale_price_that_did_not_rise_is_no_reason_to_wait() {
    let shift = priced(PracticePlatform::Postmates).await;
    let shown = quote(&shift, "SO-1").await.expect("a price");
    shift.laptop.pass(6 * MINUTE);
    let requests = shift.requests();
    assert!(dispatch_at(&shift, &shown).await.done);
    shift.until_state("SO-1", State::Dispatched).await;
    assert_eq!(shift.requests(), requests + 2, "asked again, then sent");
    shift.core.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_price_nothing_is_dispatched() {
    let shift = priced(PracticePlatform::Postmates).await;
    super::strike(&shift, docket_practice::FaultKind::HtmlPage, None);
    let dear = MaxFee { amount: 1_000_000, currency: None };
    let line = up_to(&shift, dear.clone()).await.expect("a line").remove(0);
    assert_eq!((line.done, shift.creates()), (false, 0), "{line:?}");
    assert!(line.message.contains("its price could not be had"), "{line:?}");
    let other = MaxFee { currency: Some("BDT".into()), ..dear };
    let line = up_to(&shift, other).await.expect("a line").remove(0);
    assert!(!line.done && line.message.contains("in another currency"), "{line:?}");
    shift.core.stop().await;
    for platform in [PracticePlatform::Foxreload, PracticePlatform::PrintOne] {
        let shift = priced(platform).await;
        let none = up_to(&shift, MaxFee { amount: 1, currency: None }).await.expect_err("it quotes nothing");
        assert_eq!(none.code, ErrorCode::Invalid, "{platform}: {none}");
        assert_eq!((shift.creates(), shift.state("SO-1").await), (0, State::Draft), "{platform}");
        shift.core.stop().await;
    }
}
