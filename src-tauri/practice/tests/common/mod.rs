//! Shared by the tests that call the platforms as a pure state machine.
#![allow(dead_code, reason = "each test file uses its part")]

use base64::Engine as _;
use docket_practice::{Delivery, PracticePlatform, Reply, Request, Switches, World};
use serde_json::{Value, json};

/// Some Saturday, on a full minute.
pub const T0: i64 = 1_772_445_600_000;
pub const SECOND: i64 = 1_000;
pub const MINUTE: i64 = 60 * SECOND;
pub const HOUR: i64 = 60 * MINUTE;

pub fn world() -> World {
    World::seeded(1)
}

/// The header that opens a platform's door.
pub fn credentials(world: &World, platform: PracticePlatform) -> (String, String) {
    let secrets = world.secrets(platform, "http://localhost").unwrap();
    let key = || secrets["api_key"].as_str().unwrap();
    match platform {
        PracticePlatform::Postmates => {
            let basic = base64::engine::general_purpose::STANDARD.encode(format!("{}:", key()));
            ("authorization".to_owned(), format!("Basic {basic}"))
        }
        // The first needs a token that was asked for, the second one that was signed: their tests add them.
        PracticePlatform::UberDirect | PracticePlatform::Doordash => ("authorization".to_owned(), String::new()),
        PracticePlatform::Pathao | PracticePlatform::Foxreload | PracticePlatform::PrintOne => {
            ("x-api-key".to_owned(), key().to_owned())
        }
    }
}

/// A request with good credentials; `target` may hold a query.
pub fn request(world: &World, method: &str, target: &str, body: &str) -> Request {
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let platform = PracticePlatform::of_path(path).unwrap();
    let credentials = credentials(world, platform);
    Request {
        method: method.into(),
        path: path.into(),
        query: query.into(),
        headers: vec![credentials, ("content-type".into(), "application/json".into())],
        body: body.to_owned().into(),
    }
}

/// Sends it and expects a whole answer at once.
pub fn answered(world: &mut World, request: &Request, now: i64) -> Reply {
    match world.request(request, now).delivery {
        Delivery::Answer { reply, .. } => reply,
        other => panic!("expected an answer, got {other:?}"),
    }
}

/// Status and body of a call.
pub fn call(world: &mut World, method: &str, target: &str, body: &str, now: i64) -> (u16, Value) {
    let request = request(world, method, target, body);
    let reply = answered(world, &request, now);
    (reply.status, json_of(&reply))
}

pub fn json_of(reply: &Reply) -> Value {
    serde_json::from_slice(&reply.body).unwrap_or(Value::Null)
}

pub fn set(world: &mut World, platform: PracticePlatform, change: Value, now: i64) {
    let Value::Object(change) = change else { panic!("switches are an object") };
    let switches = world.switches(platform).unwrap().changed(&change).unwrap();
    world.set_switches(platform, switches, now).unwrap();
}

/// The switches a platform starts with, for tests that need one of their values.
pub fn defaults(platform: PracticePlatform) -> Switches {
    Switches::of(platform)
}

pub fn parcel(reference: &str, phone: &str) -> String {
    json!({
        "partner_reference_id": reference, "pickup_latitude": 23.7937, "pickup_longitude": 90.4066,
        "delivery_latitude": 23.7465, "delivery_longitude": 90.3762, "receiver_name": "R. Das",
        "receiver_phone": phone, "parcel_type": 2, "driver_type": 1,
    })
    .to_string()
}

pub fn delivery(reference: &str) -> String {
    json!({
        "reference": reference, "manifest": "2 boxes of candles", "pickup_name": "Wick & Co",
        "pickup_address": "12 Mint St, San Francisco, CA", "pickup_phone_number": "415-555-0100",
        "dropoff_name": "R. Diaz", "dropoff_address": "90 Oak St, San Francisco, CA",
        "dropoff_phone_number": "415-555-0177",
    })
    .to_string()
}

pub fn top_up(item: &str, quantity: u32) -> String {
    json!({"items": [{"itemId": item, "quantity": quantity}], "isMock": true}).to_string()
}

/// A time as platforms read it.
pub fn iso(at: i64) -> String {
    chrono::DateTime::from_timestamp_millis(at).unwrap().to_rfc3339_opts(chrono::SecondsFormat::Millis, true)
}

/// A postcard; `text` makes one differ from another.
pub fn postcard(billing_id: &str, text: &str) -> String {
    json!({
        "templateId": "tmpl_welcome", "finish": "GLOSSY", "billingId": billing_id,
        "recipient": {"name": "R. Diaz", "address": "Kade 9", "postalCode": "1011 AB", "city": "Amsterdam", "country": "NL"},
        "mergeVariables": {"firstName": "R.", "code": text},
    })
    .to_string()
}
