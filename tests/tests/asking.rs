//! What a merchant asks a platform before sending: prices, and what a field of the form may hold. Over HTTP, with the
//! practice platforms; and once with the real `docketctl`.

#[path = "asking/agreed.rs"]
mod agreed;
#[path = "asking/choices.rs"]
mod choices;
#[path = "asking/prices.rs"]
mod prices;
#[path = "asking/terminal.rs"]
mod terminal;

use std::collections::BTreeMap;

use docket_core::api::{ApiError, Command, QuoteView, Reply};
use docket_core::domain::FieldError;
use docket_practice::{AppliesTo, FaultKind, OneShot, PracticePlatform};
use docket_tests::shift::{Shift, key};

/// The price of an order, or why there is none.
async fn quote(shift: &Shift, number: &str) -> Result<QuoteView, ApiError> {
    match shift.ask(Command::Quote { order: key(number) }).await? {
        Reply::Quoted(quote) => Ok(quote),
        other => panic!("{other:?}"),
    }
}

/// Changes an order's fields.
async fn edit(shift: &Shift, number: &str, set: &[(&str, &str)]) {
    let set: BTreeMap<String, String> = set.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
    shift.ask(Command::Edit { order: key(number), set }).await.expect("a draft is changed");
}

/// A desk with one draft whose price can be asked for.
async fn priced(platform: PracticePlatform) -> Shift {
    let shift = Shift::begin(platform, 1, &[]).await;
    addressed(&shift, "SO-1").await;
    shift
}

/// Pathao quotes for addresses, which its orders need not have.
async fn addressed(shift: &Shift, number: &str) {
    if shift.order(number).await.platform == docket_core::domain::Platform::Pathao {
        let set = [("pickup_address_text", "Gulshan 2, Dhaka"), ("receiver_address_text", "Banani 11, Dhaka")];
        edit(shift, number, &set).await;
    }
}

/// Strikes the next requests, whatever they are.
fn strike(shift: &Shift, kind: FaultKind, ms: Option<u32>) {
    let shot = OneShot { ms, applies_to: AppliesTo::All, ..OneShot::next(kind) };
    shift.desk.practice.queue_fault(shot).expect("a fault that can strike");
}

/// Field errors as text.
fn said(wrong: &[FieldError]) -> String {
    wrong.iter().map(|e| format!("{}: {}", e.field, e.reason)).collect::<Vec<_>>().join("; ")
}
