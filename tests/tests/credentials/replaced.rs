//! New credentials in the middle: what is there is still adopted, and what cannot be proven under them is for a person.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use docket_practice::PracticePlatform;
use docket_tests::liar::{Ask, Liar, Lie, Say};
use docket_tests::shop::Shop;
use hmac::{Hmac, Mac as _};
use serde_json::Value;
use sha2::Sha256;

const SETTINGS: [(&str, &str); 5] = [
    ("patience_s", "600"),
    ("exclusive", "true"),
    ("settle_ms", "200"),
    ("max_in_flight", "1"),
    ("on_absent", "resend"),
];

/// A liar that passes on, and a shop before it with three drafts: `SO-1` is bound, `SO-2` is there and `SO-3` is not,
/// and of neither is known what became of it.
fn two_in_doubt(platform: PracticePlatform) -> (Shop, Liar) {
    let (shop, liar) = Shop::behind_liar(platform, 5, &SETTINGS);
    shop.ctl.run(&["dispatch", "SO-1", "--wait", "60"]).code(0);
    let broken = Lie { name: "nothing".into(), say: Say::Bytes(Vec::new()) };
    let honest =
        Lie { name: "the truth".into(), say: Say::Remade(Arc::new(|h, b| format!("{h}\r\n\r\n{b}").into_bytes())) };
    if platform == PracticePlatform::Foxreload {
        // Its list is read before anything is sent.
        liar.lie(Ask::Lookup, &honest, true);
    }
    liar.lie(Ask::Create, &broken, true);
    liar.lie(Ask::Create, &broken, false);
    // No lookup says anything, and no replay arrives, until there are new credentials.
    for ask in [Ask::Create, Ask::Lookup, Ask::Get] {
        (0..1_000).for_each(|_| liar.lie(ask, &broken, false));
    }
    shop.ctl.run(&["dispatch", "SO-2", "SO-3"]);
    for order in ["SO-2", "SO-3"] {
        assert_eq!(shop.ctl.order(order)["state"], "in_doubt", "{platform}: {}", shop.ctl.order(order));
    }
    liar.repent();
    (shop, liar)
}

/// The secret that is the credential, and the same with one character changed.
fn renewed(platform: PracticePlatform, secrets: &Value) -> (String, String, Value) {
    let name = match platform {
        PracticePlatform::UberDirect => "client_secret",
        PracticePlatform::Doordash => "signing_secret",
        _ => "api_key",
    };
    let old = secrets[name].as_str().expect("a secret").to_owned();
    let middle = old.len() / 2;
    let other = if old.as_bytes()[middle] == b'a' { "b" } else { "a" };
    let new = format!("{}{other}{}", &old[..middle], &old[middle + 1..]);
    let mut secrets = secrets.clone();
    secrets[name] = new.clone().into();
    (old, new, secrets)
}

/// Lets the new credential in at a platform that knows the old one only.
fn let_in(liar: &Liar, platform: PracticePlatform, old: String, new: String) {
    liar.translate(Arc::new(move |head, body| match platform {
        PracticePlatform::Postmates => {
            let basic = |key: &str| STANDARD.encode(format!("{key}:"));
            (head.replace(&basic(&new), &basic(&old)), body)
        }
        PracticePlatform::UberDirect => {
            let body = String::from_utf8(body).expect("text").replace(&new, &old);
            (head, body.into_bytes())
        }
        PracticePlatform::Doordash => (signed_again(&head, &old), body),
        _ => (head.replace(&new, &old), body),
    }));
}

/// The same claims, signed with another secret.
fn signed_again(head: &str, secret: &str) -> String {
    let token = head.lines().find_map(|line| line.strip_prefix("authorization: Bearer ")).expect("a token");
    let (claims, signature) = token.rsplit_once('.').expect("a signature");
    let key = URL_SAFE_NO_PAD.decode(secret).expect("a secret in base64");
    let mut mac = Hmac::<Sha256>::new_from_slice(&key).expect("any length");
    mac.update(claims.as_bytes());
    head.replace(signature, &URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes()))
}

fn new_credentials(shop: &Shop, liar: &Liar, platform: PracticePlatform) {
    let (old, new, secrets) = renewed(platform, &liar.endpoint.secrets);
    let_in(liar, platform, old, new);
    shop.ctl.tell(&["account", "credentials", "main"], &secrets.to_string()).code(0);
    shop.ctl.run(&["account", "test", "main"]).code(0);
}

fn a_new_key(platform: PracticePlatform) {
    let (shop, liar) = two_in_doubt(platform);
    let creates = shop.creates(platform);
    new_credentials(&shop, &liar, platform);
    // One that is bound under the new key, and newer than both: a control for lookups of the new key alone.
    shop.ctl.run(&["dispatch", "SO-4", "--wait", "20"]);
    shop.ctl.run(&["reconcile", "--wait", "60"]).code(4);
    let (found, lost, control) = (shop.ctl.order("SO-2"), shop.ctl.order("SO-3"), shop.ctl.order("SO-4"));
    assert_eq!(control["state"], "dispatched", "{platform}: {control}");
    assert_eq!(found["state"], "dispatched", "{platform}: {found}");
    assert_eq!(lost["state"], "needs_review", "{platform}: {lost}");
    assert!(lost["reason"].as_str().is_some_and(|reason| !reason.is_empty()), "{platform}: {lost}");
    assert_eq!(shop.creates(platform), creates + 1, "{platform}: nothing is sent again under another key");
    assert_eq!(shop.ours().len(), 3, "{platform}: {:?}", shop.ours());
    assert!(shop.ctl.log("SO-3").iter().all(|entry| entry["kind"] != "proven_absent"), "{platform}");
    shop.ctl.verifies();
}

#[test]
fn a_new_key_at_postmates() {
    a_new_key(PracticePlatform::Postmates);
}

#[test]
fn a_new_key_at_uber_direct() {
    a_new_key(PracticePlatform::UberDirect);
}

#[test]
fn a_new_key_at_pathao() {
    a_new_key(PracticePlatform::Pathao);
}

#[test]
fn a_new_key_at_foxreload() {
    a_new_key(PracticePlatform::Foxreload);
}

#[test]
fn a_new_key_at_print_one() {
    a_new_key(PracticePlatform::PrintOne);
}

#[test]
fn a_new_key_at_doordash() {
    a_new_key(PracticePlatform::Doordash);
}

/// A key of the other environment sees none of the orders: that proves nothing, and nothing is sent again.
#[test]
fn a_key_that_sees_another_data_set_proves_no_absence() {
    for platform in [PracticePlatform::PrintOne, PracticePlatform::UberDirect, PracticePlatform::Doordash] {
        let (shop, liar) = two_in_doubt(platform);
        new_credentials(&shop, &liar, platform);
        shop.switch(platform, |switches| switches.wrong_environment = true);
        let creates = shop.creates(platform);
        // What is made there now is newer than both, and would be a control; some platforms say that it is live.
        shop.ctl.run(&["dispatch", "SO-4", "--wait", "5"]);
        shop.ctl.run(&["reconcile", "--wait", "5"]);
        for number in ["SO-2", "SO-3"] {
            let order = shop.ctl.order(number);
            let open = ["in_doubt", "needs_review"].iter().any(|state| order["state"] == *state);
            assert!(open && order["generation"] == 1, "{platform}: {order}");
            let log = shop.ctl.log(number);
            assert!(log.iter().all(|entry| entry["kind"] != "proven_absent"), "{platform}: {log:?}");
        }
        assert!(shop.creates(platform) <= creates + 1, "{platform}: only SO-4 may have been sent");
        // The right environment again: what is there is found, by the exact lookups that go on in review, too.
        shop.switch(platform, |switches| switches.wrong_environment = false);
        shop.ctl.tell(&["account", "credentials", "main"], &liar.endpoint.secrets.to_string()).code(0);
        shop.ctl.run(&["reconcile", "--wait", "20"]);
        let found = shop.ctl.order("SO-2");
        assert!(found["generation"] == 1 && shop.ours().len() <= 4, "{platform}: {found} {:?}", shop.ours());
        let twice =
            shop.ours().iter().filter(|there| there.reference.as_deref() == found["reference"].as_str()).count();
        assert_eq!(twice, 1, "{platform}: {:?}", shop.ours());
        shop.ctl.verifies();
    }
}
