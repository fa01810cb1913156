//! Credentials are tried on their platform before anything is kept; what is refused leaves nothing behind.

use std::collections::BTreeMap;
use std::path::PathBuf;

use docket_core::api::{ApiError, Core, ErrorCode, NewAccount};
use docket_core::domain::Platform;
use docket_core::ids::random_id;
use docket_core::secrets::{SecretError, SecretStore, Secrets};
use docket_practice::PracticePlatform;
use docket_tests::desk::Desk;

type Members = BTreeMap<String, String>;

/// The credentials of a practice platform.
fn credentials(desk: &Desk, platform: PracticePlatform) -> Members {
    let endpoint = desk.practice.endpoint(platform).expect("it is served");
    serde_json::from_value(endpoint.secrets.clone()).expect("secrets are texts")
}

fn account(desk: &Desk, name: &str, platform: PracticePlatform) -> NewAccount {
    let endpoint = desk.practice.endpoint(platform).expect("it is served");
    NewAccount {
        name: name.to_owned(),
        platform: Platform::from_code(platform.name()).expect("a platform of ours"),
        test: true,
        base_url: Some(endpoint.base_url.clone()),
        set: vec![("timeout_ms".to_owned(), "2000".to_owned())],
        secrets_file: None,
        merchant: None,
        practice: true,
        confirmed: true,
    }
}

fn file(desk: &Desk) -> PathBuf {
    desk.folder.path().join("secrets.json")
}

async fn kept(desk: &Desk, name: &str) -> Option<Secrets> {
    match SecretStore::new(Some(&file(desk))).read(name).await {
        Ok(secrets) => Some(secrets),
        Err(SecretError::Missing { .. }) => None,
        Err(other) => panic!("{other}"),
    }
}

async fn add(core: &Core, new: &NewAccount, secrets: &Members, untried: bool) -> Result<Option<u32>, ApiError> {
    core.add_account(random_id(), new.clone(), secrets.clone(), untried).await
}

/// The credentials with one character of the secret changed.
fn spoiled(secrets: &Members) -> Members {
    let mut other = secrets.clone();
    let secret = ["api_key", "client_secret", "signing_secret"].into_iter().find(|name| secrets.contains_key(*name));
    let value = other.get_mut(secret.expect("every platform has one")).expect("it is there");
    value.replace_range(0..1, if value.starts_with('Q') { "R" } else { "Q" });
    other
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_credentials_of_any_platform_are_refused_before_they_are_kept() {
    let desk = Desk::new(None).await;
    let core = desk.open().await;
    for platform in PracticePlatform::ALL {
        let (name, good) = (platform.name(), credentials(&desk, platform));
        let new = account(&desk, name, platform);
        let refused = add(&core, &new, &spoiled(&good), false).await.expect_err("the platform refuses them");
        assert_eq!(refused.code, ErrorCode::Invalid, "{platform}: {refused}");
        assert!(refused.message.contains("credential"), "{platform}: {refused}");
        assert!(kept(&desk, name).await.is_none(), "{platform}: nothing is kept");
        assert!(core.accounts().await.unwrap().iter().all(|a| a.name != name), "{platform}: nothing is added");

        assert_eq!(add(&core, &new, &good, false).await.expect("good ones"), Some(0), "{platform}");
        assert_eq!(kept(&desk, name).await.map(|s| s.members().clone()), Some(good), "{platform}");
        let added = core.accounts().await.unwrap().into_iter().find(|a| a.name == name).expect("it is there");
        assert_eq!(added.paused, None, "{platform}");
    }
    let tokens = SecretStore::new(Some(&file(&desk))).read("uber-direct").await.unwrap();
    assert_eq!(tokens.members().keys().filter(|name| name.contains("access")).count(), 0, "no token is kept");
    core.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_platform_that_cannot_be_asked_leaves_the_choice_to_the_person() {
    let desk = Desk::new(None).await;
    let core = desk.open().await;
    let good = credentials(&desk, PracticePlatform::Pathao);
    let mut switches = desk.practice.switches(PracticePlatform::Pathao).unwrap();
    switches.down_until_ms = i64::MAX;
    desk.practice.set_switches(PracticePlatform::Pathao, switches).unwrap();
    let new = account(&desk, "shop", PracticePlatform::Pathao);
    let refused = add(&core, &new, &good, false).await.expect_err("nobody answers");
    assert_eq!(refused.code, ErrorCode::Platform, "{refused}");
    assert!(kept(&desk, "shop").await.is_none() && core.accounts().await.unwrap().is_empty());
    assert_eq!(add(&core, &new, &good, true).await.expect("as the person says"), None, "it was not asked");
    assert!(kept(&desk, "shop").await.is_some());

    // Members that are missing need no platform to be found wrong.
    let other = account(&desk, "other", PracticePlatform::Doordash);
    let refused = add(&core, &other, &good, true).await.expect_err("these are Pathao's");
    assert_eq!(refused.code, ErrorCode::Invalid, "{refused}");
    core.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_ledger_refuses_leaves_no_secrets_and_replaces_none() {
    let desk = Desk::new(None).await;
    let core = desk.open().await;
    let good = credentials(&desk, PracticePlatform::Doordash);
    let new = account(&desk, "shop", PracticePlatform::Doordash);
    add(&core, &new, &good, false).await.expect("good ones");

    // One merchant is one account: the second is refused, after its secrets were stored.
    let second = NewAccount { name: "again".into(), ..new.clone() };
    let refused = add(&core, &second, &good, false).await.expect_err("this merchant has an account");
    assert_eq!(refused.code, ErrorCode::Invalid, "{refused}");
    assert!(kept(&desk, "again").await.is_none(), "they were put back");

    // A name that is taken keeps its secrets.
    let other = credentials(&desk, PracticePlatform::Pathao);
    let clash = NewAccount { name: " shop ".into(), ..account(&desk, "shop", PracticePlatform::Pathao) };
    let refused = add(&core, &clash, &other, false).await.expect_err("the name is taken");
    assert_eq!(refused.code, ErrorCode::Invalid, "{refused}");
    assert_eq!(kept(&desk, "shop").await.map(|s| s.members().clone()), Some(good));
    core.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn new_credentials_take_the_place_of_old_ones_only_when_the_platform_takes_them() {
    let desk = Desk::new(None).await;
    let core = desk.open().await;
    for platform in [PracticePlatform::UberDirect, PracticePlatform::Foxreload] {
        let (name, good) = (platform.name(), credentials(&desk, platform));
        add(&core, &account(&desk, name, platform), &good, false).await.expect("good ones");
        let bad = spoiled(&good);
        let refused = core.change_credentials(random_id(), name, bad.clone(), false).await;
        let refused = refused.expect_err("the platform refuses them");
        assert_eq!(refused.code, ErrorCode::Invalid, "{platform}: {refused}");
        assert_eq!(kept(&desk, name).await.map(|s| s.members().clone()), Some(good.clone()), "{platform}");
        let shown = core.change_credentials(random_id(), name, good, false).await.expect("the same again");
        assert_eq!(shown, Some(0), "{platform}");
    }
    core.stop().await;
}
