//! What a field may hold: FoxReload's products and Print.one's templates, and what an order lacks for one.

use std::collections::BTreeMap;

use docket_core::api::{ApiError, ChoiceView, Command, ErrorCode, Reply};
use docket_practice::{FaultKind, PracticePlatform};
use docket_tests::shift::Shift;

use super::{said, strike};

async fn choices(
    shift: &Shift,
    field: &str,
    search: &str,
    values: &[(&str, &str)],
) -> Result<Vec<ChoiceView>, ApiError> {
    let values: BTreeMap<String, String> = values.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
    let command = Command::Choices { account: "main".into(), field: field.into(), search: search.into(), values };
    match shift.ask(command).await? {
        Reply::Choices { choices, total } => {
            assert_eq!(choices.len(), total as usize, "all are told: {choices:?}");
            Ok(choices)
        }
        other => panic!("{other:?}"),
    }
}

fn names(found: &[ChoiceView]) -> Vec<&str> {
    found.iter().map(|row| row.choice.name.as_str()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn products_are_found_by_name_with_price_and_stock() {
    let shift = Shift::begin(PracticePlatform::Foxreload, 1, &[]).await;
    assert_eq!(choices(&shift, "item_id", "", &[]).await.expect("products").len(), 5);
    let found = choices(&shift, "item_id", " diamonds  FREE ", &[]).await.expect("products");
    assert_eq!(names(&found), ["Free Fire 1080 diamonds"], "every word counts, in whatever order");
    let choice = &found[0].choice;
    assert_eq!(choice.id, "product_01ff1080");
    assert!(choice.price.as_ref().is_some_and(|price| price.ends_with(" USD")) && choice.stock.is_some(), "{choice:?}");
    assert!(choices(&shift, "item_id", "no such thing", &[]).await.expect("products").is_empty());
    let none = choices(&shift, "note", "", &[]).await.expect_err("no list");
    assert_eq!(none.code, ErrorCode::Invalid, "{none}");
    assert_eq!(shift.creates(), 0);
    shift.core.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn templates_say_what_an_order_lacks() {
    let shift = Shift::begin(PracticePlatform::PrintOne, 1, &[]).await;
    let requests = shift.requests();
    let given = [("template_id", "tmpl_welcome"), ("merge_variables", "code=X1")];
    let found = choices(&shift, "template_id", "", &given).await.expect("templates");
    assert_eq!(names(&found), ["Welcome card", "Thank you", "Autumn sale", "Birthday greeting"]);
    assert_eq!(found[0].choice.variables.as_deref(), Some(&["firstName".to_owned(), "code".to_owned()][..]));
    let lacks: Vec<String> = found.iter().map(|row| said(&row.lacks)).collect();
    assert!(lacks[0].starts_with("merge_variables: lacks firstName,"), "{lacks:?}");
    assert!(lacks[2].is_empty() && lacks[3].contains("firstName, message"), "{lacks:?}");
    let found = choices(&shift, "template_id", "welcome", &[("merge_variables", "code=; firstName=A")]).await;
    assert!(found.expect("templates")[0].lacks.is_empty());
    assert_eq!(shift.requests(), requests + 1, "one list serves whoever types");
    shift.laptop.pass(61_000);
    choices(&shift, "template_id", "", &[]).await.expect("templates");
    assert_eq!(shift.requests(), requests + 2, "and is read again after a minute");
    shift.core.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_goes_wrong_is_said() {
    for (platform, field) in [(PracticePlatform::Foxreload, "item_id"), (PracticePlatform::PrintOne, "template_id")] {
        let shift = Shift::begin(platform, 1, &[]).await;
        strike(&shift, FaultKind::HtmlPage, None);
        let garbage = choices(&shift, field, "", &[]).await.expect_err("garbage");
        assert!(garbage.message.contains("nothing readable"), "{platform}: {garbage}");
        strike(&shift, FaultKind::RateLimited, Some(60_000));
        let busy = choices(&shift, field, "", &[]).await.expect_err("429");
        assert!(busy.message.contains("ask again after"), "{platform}: {busy}");
        shift.laptop.pass(70_000);
        shift.switch(|switches| switches.credentials_revoked = true);
        let refused = choices(&shift, field, "", &[]).await.expect_err("401");
        assert!(refused.message.contains("refused the credential"), "{platform}: {refused}");
        assert!(shift.account().await.paused.is_some(), "{platform}");
        shift.core.stop().await;
    }
}
