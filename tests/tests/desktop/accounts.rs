//! Accounts: what a platform promises in plain words, an account of a merchant's own, settings, and removal.

use docket_core::secrets::SecretStore;
use docket_practice::FaultKind;
use docket_practice::PracticePlatform::Pathao;
use docket_tests::window::{BRISK, Home, Page, test_id};

/// Something on an account's card.
fn on(account: &str, id: &str) -> String {
    format!("{}[data-account=\"{account}\"] {}", test_id("account"), test_id(id))
}

/// Fills the form for an account at the practice FoxReload, on a system whose key store does not answer.
async fn fill(page: &Page, name: &str, key: &str) {
    page.click("nav-accounts").await;
    let practice = format!("{}[data-account=\"Practice FoxReload\"] dd .mono", test_id("account"));
    let address = page.until("the practice account is listed", async || page.text(&practice).await).await;
    page.click("account-add").await;
    page.fill("add-name", name).await;
    page.choose("add-platform", "foxreload").await;
    page.fill("add-base-url", &address).await;
    page.fill("secret-api_key", key).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn credentials_are_tried_before_they_are_kept_and_without_a_key_store_a_file_is_offered() {
    let home = Home::new(BRISK);
    let window = home.start().await;
    let page = &window.page;
    let practice = SecretStore::new(Some(&home.data().join("practice/secrets.json")));
    let good = practice.read("Practice FoxReload").await.expect("the practice accounts are set up");
    let file = home.data().join("secrets.json");

    fill(page, "Shop", "practice").await;
    page.click("add-save").await;
    let problem = format!("{} [role=\"alert\"]", test_id("add-account"));
    let said = page.until("the platform refuses them", async || page.text(&problem).await).await;
    assert!(said.contains("FoxReload refused the credential"), "{said}");
    assert!(!file.exists(), "nothing is kept");
    assert_eq!(page.text(&test_id("add-untested")).await, None, "what is known for wrong is not to be kept");
    assert_eq!(page.text(&format!("{}[data-account=\"Shop\"]", test_id("account"))).await, None);

    page.fill("secret-api_key", good.get("api_key").expect("its key")).await;
    page.click("add-save").await;
    page.seen("no-key-store").await;
    let said = page.text(&test_id("no-key-store")).await.expect("it is seen");
    assert!(said.contains(&file.display().to_string()) && said.contains("not encrypted"), "{said}");
    assert!(!file.exists(), "nothing is written before a person says so");
    page.click("keep-in-file").await;
    page.seen("account-added").await;
    let said = page.text(&test_id("account-added")).await.expect("it was seen");
    assert!(said.contains("Shop was added") && said.contains("accepts the credentials"), "{said}");
    let mode = std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(&file).expect("the file").permissions());
    assert_eq!(mode & 0o777, 0o600, "nobody else may read it");
    let card = format!("{}[data-account=\"Shop\"]", test_id("account"));
    let shown = page.until("the account is listed", async || page.text(&card).await).await;
    assert!(shown.contains(&file.display().to_string()), "where its secrets are stands there: {shown}");

    // New ones that the platform refuses do not take their place.
    page.click_css(&on("Shop", "account-credentials")).await;
    page.fill("secret-api_key", "another").await;
    page.click("credentials-save").await;
    let problem = format!("{} [role=\"alert\"]", test_id("credentials-form"));
    page.until("they are refused", async || page.text(&problem).await).await;
    let kept = SecretStore::new(Some(&file)).read("Shop").await.expect("its secrets");
    assert_eq!(kept, good, "the old ones are still there");
    window.quit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_form_asks_for_what_each_platform_needs() {
    let home = Home::new(BRISK);
    let window = home.start().await;
    let page = &window.page;
    page.click("nav-accounts").await;
    page.click("account-add").await;
    let asked: [(&str, &[&str], bool, bool); 6] = [
        ("pathao", &["api_key"], true, false),
        ("postmates", &["api_key"], true, false),
        ("foxreload", &["api_key"], true, true),
        ("print-one", &["api_key"], true, false),
        ("uber-direct", &["client_id", "client_secret", "customer_id", "token_url"], false, false),
        ("doordash", &["developer_id", "key_id", "signing_secret"], false, false),
    ];
    for (platform, members, merchant, exclusive) in asked {
        page.choose("add-platform", platform).await;
        let script = "return [...document.querySelectorAll('[data-testid^=\"secret-\"]')].map((e) =>
            [e.dataset.testid.replace('secret-', ''), e.type === 'password', e.required])";
        let shown = page
            .until(&format!("{platform} is asked for"), async || {
                let found = page.script(script, vec![]).await;
                let found: Vec<(String, bool, bool)> = serde_json::from_value(found).ok()?;
                found.iter().map(|(name, ..)| name.as_str()).eq(members.iter().copied()).then_some(found)
            })
            .await;
        for (name, hidden, required) in shown {
            let secret = name.contains("secret") || name == "api_key";
            assert_eq!(hidden, secret, "{platform}: {name} is hidden only if it is secret");
            assert_eq!(required, name != "token_url", "{platform}: {name}");
        }
        assert_eq!(page.text(&test_id("add-merchant")).await.is_some(), merchant, "{platform}");
        assert_eq!(page.text(&test_id("add-exclusive")).await.is_some(), exclusive, "{platform}");
    }
    window.quit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_account_says_what_its_platform_promises_in_either_language() {
    let home = Home::new(BRISK);
    let window = home.start().await;
    let page = &window.page;
    for (language, sign) in [("en", "Docket"), ("bn", "।")] {
        page.speak(language).await;
        page.click("nav-accounts").await;
        for account in ["Pathao", "Postmates", "FoxReload", "Print.one", "Uber Direct", "DoorDash"] {
            let account = format!("Practice {account}");
            let protects = on(&account, "promise-protects");
            let said = page.until("the card is there", async || page.text(&protects).await).await;
            assert!(said.len() > 10, "{account}: {said}");
            for part in ["promise-how-long", "promise-in-doubt", "promise-cannot-know"] {
                let said = page.text(&on(&account, part)).await.unwrap_or_default();
                assert!(said.len() > 4, "{account}: {part} says {said:?} in {language}");
                assert!(part == "promise-how-long" || said.contains(sign), "{account}: {said}");
                assert!(!said.contains('{') && !said.contains("undefined"), "{account}: {said}");
            }
            let open = page.texts(&format!("{} li", on(&account, "promise-cannot-know"))).await;
            assert!(open.len() >= 4, "{account}: {open:?}");
        }
    }
    // The times are the account's own: quiet is 1.5 s in these.
    page.speak("en").await;
    let promised = on("Practice Pathao", "promise-in-doubt");
    let said = page.until("the card is there", async || page.text(&promised).await).await;
    assert!(said.contains("once 1.5 sec have passed"), "{said}");
    window.quit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn settings_have_units_and_defaults_and_who_orders_here_is_asked() {
    let home = Home::new(BRISK);
    let window = home.start().await;
    let page = &window.page;
    page.click("nav-accounts").await;
    page.click_css(&on("Practice Uber Direct", "account-settings")).await;
    page.seen("account-settings-form").await;
    let form = page.text(&test_id("account-settings-form")).await.expect("it was seen");
    for words in ["Default: 30 sec", "Default: 60 min", "Default: 60", "seconds", "minutes"] {
        assert!(form.contains(words), "{words} in {form}");
    }
    page.fill("setting-timeout_ms", "soon").await;
    assert_eq!(page.attribute(&test_id("setting-timeout_ms"), "aria-invalid").await.as_deref(), Some("true"));
    page.fill("setting-timeout_ms", "7.5").await;
    page.click("settings-save").await;
    page.seen("settings-saved").await;
    let limits = page.text(&on("Practice Uber Direct", "account-limits")).await.unwrap_or_default();
    assert!(limits.contains("7.5 sec"), "{limits}");

    let fox = |id: &str| on("Practice FoxReload", id);
    assert_eq!(page.texts(&test_id("account-exclusive")).await.len(), 1, "asked only where a scan alone can tell");
    let said = page.text(&fox("promise-in-doubt")).await.unwrap_or_default();
    assert!(said.contains("only where you have said"), "{said}");
    page.choose("account-exclusive", "true").await;
    page.until("the promise says so", async || {
        let said = page.text(&fox("promise-in-doubt")).await?;
        said.contains("You have said that nobody but Docket").then_some(())
    })
    .await;
    window.quit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_with_open_work_is_not_removed_and_its_last_error_is_told() {
    let home = Home::new(BRISK);
    let window = home.start().await;
    let page = &window.page;
    home.fault(Pathao, FaultKind::LoseResponse, None).await;
    page.dispatch("DHK-10401").await;
    page.reaches("DHK-10401", "dispatched").await;
    home.fault(Pathao, FaultKind::Hold, None).await;
    page.dispatch("DHK-10402").await;
    home.holds_an_answer(Pathao).await;

    page.click("nav-accounts").await;
    let error = page
        .until("the last error is told", async || {
            let said = page.text(&on("Practice Pathao", "account-last-error")).await?;
            said.contains("DHK-10401").then_some(said)
        })
        .await;
    assert!(error.contains("No clear answer came"), "{error}");
    let calm = page.text(&on("Practice DoorDash", "account-last-error")).await.unwrap_or_default();
    assert!(calm.starts_with("None"), "{calm}");

    page.click_css(&on("Practice Pathao", "account-remove")).await;
    page.click("confirm-yes").await;
    let problem = format!("{}[data-account=\"Practice Pathao\"] [role=\"alert\"]", test_id("account"));
    let said = page.until("it is refused", async || page.text(&problem).await).await;
    assert!(said.contains("Practice Pathao") && said.contains('1'), "{said}");
    home.release().await;
    page.click("nav-orders").await;
    page.search("DHK-10402").await;
    page.reaches("DHK-10402", "dispatched").await;
    page.click("nav-accounts").await;
    page.click_css(&on("Practice Pathao", "account-remove")).await;
    page.click("confirm-yes").await;
    let card = format!("{}[data-account=\"Practice Pathao\"]", test_id("account"));
    page.until("it is gone", async || page.text(&card).await.is_none().then_some(())).await;
    window.quit().await;
}
