//! DoorDash Drive: the reference is the id. Repeats, a delivery that is still being made, a quote on our id.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use docket_core::clock::{Clock as _, SystemClock};
use docket_core::domain::State;
use docket_practice::{FaultKind, PracticePlatform, RepeatAnswer, StrangerOrder};
use docket_tests::shift::Shift;
use docket_tests::shop::Shop;
use hmac::{Hmac, Mac as _};
use serde_json::json;
use sha2::Sha256;
use tokio::runtime::Runtime;

use super::all_three::one_there;

const DOORDASH: PracticePlatform = PracticePlatform::Doordash;

/// The delivery cannot be read yet, so the create is repeated.
#[test]
fn a_repeat_is_answered_409_or_200_and_finds_the_first() {
    for repeat in [RepeatAnswer::Existing, RepeatAnswer::Conflict] {
        let shop = Shop::with_orders(DOORDASH, 1, &[]);
        shop.switch(DOORDASH, |switches| (switches.repeat_answer, switches.creation_ms) = (repeat, 3_000));
        shop.strike(FaultKind::LoseResponse, 1);
        shop.ctl.run(&["dispatch", "SO-1", "--wait", "60"]).code(0);
        let order = one_there(&shop, &format!("{repeat:?}"));
        assert!(shop.creates(DOORDASH) >= 2, "{repeat:?}: it was repeated: {order}");
        assert_eq!(order["generation"], 1, "{repeat:?}: {order}");
    }
}

/// Waiting until it has been made, a cancel is carried out.
#[test]
fn a_cancel_while_the_delivery_is_made_is_carried_out_later() {
    let shop = Shop::with_orders(DOORDASH, 1, &[]);
    shop.switch(DOORDASH, |switches| switches.creation_ms = 1_500);
    shop.ctl.run(&["dispatch", "SO-1", "--wait", "60"]).code(0);
    shop.ctl.run(&["cancel", "SO-1"]);
    shop.ctl.run(&["reconcile", "--wait", "60"]).code(0);
    let order = shop.ctl.order("SO-1");
    assert_eq!((&order["state"], shop.ours()[0].status.as_str()), (&"cancelled".into(), "cancelled"), "{order}");
    shop.ctl.verifies();
}

/// What a cancelled delivery still costs is logged, and shown with the order.
#[test]
fn the_fee_of_a_cancelled_delivery_is_the_one_it_was_cancelled_with() {
    let shop = Shop::with_orders(DOORDASH, 1, &[]);
    shop.switch(DOORDASH, |switches| switches.stage_ms = 0);
    shop.ctl.run(&["dispatch", "SO-1", "--wait", "60"]).code(0);
    assert!(shop.ctl.order("SO-1")["fee"]["amount"].as_i64() > Some(0));
    shop.ctl.run(&["cancel", "SO-1"]).code(0);
    let order = shop.ctl.order("SO-1");
    let free = json!({"amount": 0, "currency": "USD"});
    assert_eq!((&order["state"], &order["fee"]), (&"cancelled".into(), &free), "{order}");
    let log = shop.ctl.log("SO-1");
    let ended = log.iter().find(|entry| entry["kind"] == "cancel_finished").expect("it was cancelled");
    assert_eq!((&ended["detail"]["outcome"], &ended["detail"]["fee"]), (&"cancelled".into(), &free), "{ended}");
    shop.ctl.verifies();
}

/// A shop whose first order has its id, which it may be patient about for so long, and was not sent.
fn reserved(patience_s: &str) -> (Shop, String) {
    let mut shop = Shop::with_orders(DOORDASH, 2, &[("patience_s", patience_s)]);
    let reference = shop.reserve_first();
    (shop, reference)
}

/// Another delivery has our id, with another content: a person is asked, and it is never taken for ours.
#[test]
fn a_strangers_delivery_under_our_id_is_for_a_person() {
    for repeat in [RepeatAnswer::Existing, RepeatAnswer::Conflict] {
        let (shop, reference) = reserved("6");
        shop.switch(DOORDASH, |switches| switches.repeat_answer = repeat);
        let stranger = StrangerOrder { reference: Some(reference), ..StrangerOrder::copy_of_newest(DOORDASH) };
        shop.served().place_stranger(&stranger).expect("a stranger orders");
        shop.ctl.run(&["reconcile", "--wait", "60"]).code(4);
        let order = shop.ctl.order("SO-1");
        assert_eq!(order["state"], "needs_review", "{repeat:?}: {order}");
        assert!(order["platform_order_id"].is_null(), "{repeat:?}: {order}");
        assert_eq!(shop.ours().len(), 1, "{repeat:?}: nothing of ours was made for it");
        shop.ctl.verifies();
    }
}

/// A quote holds our id: 409 then does not mean that a delivery exists. Whether the quote goes or stays, what the 409
/// meant is for a person: told at once, in so many words, and not when the patience of ten minutes is over.
#[test]
fn a_quote_on_our_id_is_no_delivery() {
    for expired_frees in [false, true] {
        let (shop, reference) = reserved("600");
        shop.switch(DOORDASH, |switches| {
            (switches.expired_quote_frees_id, switches.quote_life_ms) = (expired_frees, 2_500);
        });
        quote(&shop, &reference);
        let ran = shop.ctl.run(&["reconcile", "--wait", "60"]);
        let order = shop.ctl.order("SO-1");
        assert_eq!((ran.status(), &order["state"]), (Some(4), &"needs_review".into()), "{expired_frees}: {order}");
        assert_eq!(shop.ours().len(), 1, "the quote is not taken for a delivery, and none is made: {order}");
        let reason = order["reason"].as_str().unwrap_or_default();
        assert!(reason.contains("a quote, which is no order"), "{expired_frees}: {order}");
        assert!(order["lookups"].as_u64().is_some_and(|n| n <= 2), "{expired_frees}: quickly: {order}");
        // A person who knows of the quote sends under a new id.
        shop.ctl.run(&["review", "release", "SO-1", "--reason", "a colleague asked for the price"]);
        shop.ctl.run(&["reconcile", "--wait", "60"]).code(0);
        let order = shop.ctl.order("SO-1");
        assert_eq!((&order["state"], &order["generation"]), (&"dispatched".into(), &2.into()), "{order}");
        assert_eq!(shop.ours().len(), 2);
        shop.ctl.verifies();
    }
}

/// Where an open quote is not in the way, the create takes it over, and the delivery is ours like any other.
#[test]
fn a_quote_that_is_taken_over_is_our_delivery() {
    let (shop, reference) = reserved("600");
    shop.switch(DOORDASH, |switches| switches.quote_occupies_id = false);
    quote(&shop, &reference);
    shop.ctl.run(&["reconcile", "--wait", "60"]).code(0);
    let (order, there) = (shop.ctl.order("SO-1"), shop.ours());
    assert_eq!((&order["state"], &order["bound_by"]), (&"dispatched".into(), &"response".into()), "{order}");
    assert_eq!((there.len(), order["platform_order_id"].as_str()), (2, Some(reference.as_str())), "{order}");
    shop.ctl.verifies();
}

/// A test delivery that nobody has delivered is cancelled by the platform: that is read and told, and not acted on.
#[tokio::test(flavor = "multi_thread")]
async fn a_delivery_that_is_cancelled_by_itself_is_read() {
    for (life_ms, end) in [(60_000, "cancelled"), (0, "delivered")] {
        let shift = Shift::following(DOORDASH, 1, &[]).await;
        shift.switch(|switches| (switches.stage_ms, switches.auto_cancel_ms) = (600_000, life_ms));
        shift.dispatch(&["SO-1"]).await;
        shift.until_state("SO-1", State::Dispatched).await;
        shift.switch(|switches| switches.clock_offset_ms = 8 * 600_000);
        shift.read_status("SO-1", end).await;
        let order = shift.order("SO-1").await;
        assert!(order.platform_ended, "{order:?}");
        assert_eq!((order.state, shift.creates(), shift.ours().len()), (State::Dispatched, 1, 1), "{order:?}");
        shift.core.stop().await;
    }
}

/// Asks for a price under an id, as another program of the shop would, with a token of its own.
fn quote(shop: &Shop, id: &str) {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let endpoint = shop.served().endpoint(DOORDASH).expect("it is served");
    let secret = |name: &str| endpoint.secrets[name].as_str().expect("a secret").to_owned();
    let now = SystemClock::new().now().wall_ms / 1_000;
    let header = json!({"alg": "HS256", "typ": "JWT", "dd-ver": "DD-JWT-V1"});
    let claims = json!({"aud": "doordash", "iss": secret("developer_id"), "kid": secret("key_id"), "iat": now - 5,
        "exp": now + 300});
    let signed = format!("{}.{}", BASE64.encode(header.to_string()), BASE64.encode(claims.to_string()));
    let key = BASE64.decode(secret("signing_secret")).expect("base64url");
    let mut mac = Hmac::<Sha256>::new_from_slice(&key).expect("a key");
    mac.update(signed.as_bytes());
    let token = format!("{signed}.{}", BASE64.encode(mac.finalize().into_bytes()));
    let body = json!({"external_delivery_id": id, "pickup_address": "12 Mint St", "dropoff_address": "90 Oak St"});
    let client = reqwest::Client::builder().no_proxy().build().expect("a client");
    let address = format!("{}/drive/v2/quotes", endpoint.base_url);
    let asked = client.post(address).bearer_auth(token).body(body.to_string()).send();
    let answer = Runtime::new().expect("a runtime").block_on(asked).expect("it is served");
    assert!(answer.status().is_success(), "{answer:?}");
}
