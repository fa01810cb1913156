//! Shared by the tests that call the platforms as a pure state machine.
#![allow(dead_code, reason = "each test file uses its part")]

pub mod direct;
pub mod net;
pub mod rows;

use base64::Engine as _;
use docket_practice::{Delivery, PracticePlatform, Reply, Request, Switches, World};
use serde_json::{Value, json};

/// Some Saturday, on a full minute.
pub const T0: i64 = 1_772_445_600_000;
pub const SECOND: i64 = 1_000;
pub const MINUTE: i64 = 60 * SECOND;
pub const HOUR: i64 = 60 * MINUTE;

pub fn world() -> World {
    world_of(1)
}

/// A world of a seed in which a create takes no time, and Pathao has no limit: tests that are about these say so.
pub fn world_of(seed: u64) -> World {
    let mut world = World::seeded(seed);
    for platform in PracticePlatform::ALL {
        set(&mut world, platform, json!({"create_latency_ms": 0}), T0);
    }
    set(&mut world, PracticePlatform::Pathao, json!({"rate_limit_per_minute": 0}), T0);
    world
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

/// A DoorDash token with these claims over the good ones, signed with `secret` or the merchant's own.
pub fn signed(world: &World, header: &Value, claims: &Value, secret: Option<&[u8]>) -> String {
    use hmac::Mac as _;
    let base64 = &base64::engine::general_purpose::URL_SAFE_NO_PAD;
    let secrets = world.secrets(PracticePlatform::Doordash, "http://localhost").unwrap();
    let own = base64.decode(secrets["signing_secret"].as_str().unwrap()).unwrap();
    let part = |value: &Value| base64.encode(value.to_string());
    let text = format!("{}.{}", part(header), part(claims));
    let mut mac = hmac::Hmac::<sha2::Sha256>::new_from_slice(secret.unwrap_or(&own)).unwrap();
    mac.update(text.as_bytes());
    format!("{text}.{}", base64.encode(mac.finalize().into_bytes()))
}

/// The claims of a good DoorDash token, issued at `now` for five minutes.
pub fn claims(world: &World, now: i64) -> Value {
    let secrets = world.secrets(PracticePlatform::Doordash, "http://localhost").unwrap();
    let iat = now / 1000;
    json!({"aud": "doordash", "iss": secrets["developer_id"], "kid": secrets["key_id"], "iat": iat, "exp": iat + 300})
}

/// The header of a good DoorDash token.
pub fn jwt_header() -> Value {
    json!({"alg": "HS256", "typ": "JWT", "dd-ver": "DD-JWT-V1"})
}

/// A DoorDash request with a token that is good at `now`.
pub fn drive(world: &World, method: &str, target: &str, body: &str, now: i64) -> Request {
    let mut request = request(world, method, target, body);
    let token = signed(world, &jwt_header(), &claims(world, now), None);
    request.headers[0].1 = format!("Bearer {token}");
    request
}

/// A DoorDash create; `address` makes one differ from another.
pub fn drive_order(id: &str, address: &str) -> String {
    json!({
        "external_delivery_id": id, "pickup_address": "12 Mint St, San Francisco, CA 94103",
        "pickup_phone_number": "+14155550100", "dropoff_address": address, "dropoff_phone_number": "+14155550177",
        "order_value": 2400,
    })
    .to_string()
}

/// A form that asks Uber Direct for an access token.
pub fn token_form(world: &World) -> String {
    let secrets = world.secrets(PracticePlatform::UberDirect, "http://localhost").unwrap();
    let (id, secret) = (secrets["client_id"].as_str().unwrap(), secrets["client_secret"].as_str().unwrap());
    format!("client_id={id}&client_secret={secret}&grant_type=client_credentials&scope=eats.deliveries")
}

/// Asks Uber Direct for an access token with this form.
pub fn ask_token(world: &mut World, form: &str, now: i64) -> (u16, Value) {
    let mut request = request(world, "POST", "/oauth/v2/token", form);
    request.headers = vec![("content-type".into(), "application/x-www-form-urlencoded".into())];
    let reply = answered(world, &request, now);
    (reply.status, json_of(&reply))
}

/// An Uber Direct request with an access token; `target` begins behind the customer.
pub fn direct(world: &World, token: &str, method: &str, target: &str, body: &str) -> Request {
    let customer = world.merchant_id(PracticePlatform::UberDirect).unwrap().to_owned();
    let mut request = request(world, method, &format!("/v1/customers/{customer}{target}"), body);
    request.headers[0].1 = format!("Bearer {token}");
    request
}

/// An Uber Direct create; `name` makes one differ from another.
pub fn direct_order(reference: &str, key: Option<&str>, name: &str) -> Value {
    let mut body = json!({
        "external_id": reference, "manifest_reference": reference, "pickup_name": "Wick & Co",
        "pickup_address": "12 Mint St, San Francisco, CA 94103", "pickup_phone_number": "+14155550100",
        "dropoff_name": name, "dropoff_address": "90 Oak St, San Francisco, CA 94102",
        "dropoff_phone_number": "+14155550177",
        "manifest_items": [{"name": "Candles", "quantity": 2, "size": "small"}],
    });
    if let Some(key) = key {
        body["idempotency_key"] = key.into();
    }
    body
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

/// A create at any platform, with good credentials at `now`. `text` makes what is ordered differ, the reference does
/// not. Where a platform knows keys, the reference is the key too.
pub fn create_anywhere(
    world: &mut World,
    platform: PracticePlatform,
    reference: &str,
    text: &str,
    now: i64,
) -> Request {
    let keyed = |mut request: Request, name: &str| {
        request.headers.push((name.to_owned(), reference.to_owned()));
        request
    };
    match platform {
        PracticePlatform::Pathao => {
            let body = parcel(reference, "01712345678").replace("R. Das", text);
            keyed(request(world, "POST", "/v1/business/order/create", &body), "x-idempotency-key")
        }
        PracticePlatform::Postmates => {
            request(world, "POST", "/v1/deliveries", &delivery(reference).replace("R. Diaz", text))
        }
        PracticePlatform::Foxreload => request(world, "POST", "/api/orders", &top_up(&format!("product_{text}"), 1)),
        PracticePlatform::PrintOne => {
            keyed(request(world, "POST", "/v2/orders", &postcard(reference, text)), "idempotency-key")
        }
        PracticePlatform::UberDirect => {
            let form = token_form(world);
            let token = ask_token(world, &form, now).1["access_token"].as_str().unwrap_or_default().to_owned();
            let body = direct_order(reference, Some(reference), text).to_string();
            direct(world, &token, "POST", "/deliveries", &body)
        }
        PracticePlatform::Doordash => {
            let body = drive_order(reference, &format!("{text} Oak St"));
            drive(world, "POST", "/drive/v2/deliveries", &body, now)
        }
    }
}

/// Sends it and expects a whole answer at once.
pub fn answered(world: &mut World, request: &Request, now: i64) -> Reply {
    rows::met(world, request);
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
