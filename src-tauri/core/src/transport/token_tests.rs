//! Access tokens against a real server on loopback: fetched once, renewed once, refused, signed.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::{get, post};
use base64::Engine;
use serde_json::{Value, json};

use super::token::read;
use super::*;
use crate::adapters::{Auth, TokenEndpoint, TokenForm};
use crate::clock::SystemClock;
use crate::secrets::Secrets;

static ENDPOINT: TokenEndpoint =
    TokenEndpoint { host: "https://auth.example", path: "/token", base_url: "https://api.example", scope: "all.of.it" };
static FORM: TokenForm =
    TokenForm { issuer: "developer_id", key_id: "key_id", secret: "signing_secret", audience: "them", version: "V1" };

/// A token server and an API in one: token `t<n>` is the nth one handed out, and only the `good`th is accepted.
#[derive(Default)]
struct Told {
    handed_out: AtomicUsize,
    good: AtomicUsize,
    asked: AtomicUsize,
    refuses: bool,
}

async fn token(State(told): State<Arc<Told>>, body: String) -> (StatusCode, String) {
    assert_eq!(body, "client_id=me%20too&client_secret=s3cret&grant_type=client_credentials&scope=all.of.it");
    if told.refuses {
        return (StatusCode::UNAUTHORIZED, json!({"error": "invalid_client"}).to_string());
    }
    let n = told.handed_out.fetch_add(1, Ordering::SeqCst) + 1;
    (StatusCode::OK, json!({"access_token": format!("t{n}"), "expires_in": 3600}).to_string())
}

async fn api(State(told): State<Arc<Told>>, headers: HeaderMap) -> (StatusCode, &'static str) {
    told.asked.fetch_add(1, Ordering::SeqCst);
    let good = format!("Bearer t{}", told.good.load(Ordering::SeqCst));
    if headers["authorization"] == good.as_str() { (StatusCode::OK, "{}") } else { (StatusCode::UNAUTHORIZED, "{}") }
}

async fn serve(told: Told) -> (String, Arc<Told>) {
    let told = Arc::new(told);
    let router = Router::new().route("/token", post(token)).route("/c-1/orders", get(api)).with_state(told.clone());
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    (base, told)
}

fn secrets(members: &[(&str, &str)]) -> Secrets {
    Secrets::new(members.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect::<BTreeMap<_, _>>())
}

fn call(base: &str) -> ReadCall {
    let secrets = secrets(&[("client_id", "me too"), ("client_secret", "s3cret"), ("customer_id", "c-1")]);
    let request = HttpRequest::get("/{customer_id}/orders");
    let target = Target::new(base, Auth::ClientCredentials(&ENDPOINT), secrets);
    ReadCall { target, request, timeout_ms: 5_000, connect_timeout_ms: 5_000 }
}

fn transport() -> Transport {
    Transport::new(Arc::new(SystemClock::new()))
}

fn status(report: &ReadReport) -> u16 {
    match &report.observed {
        Exchange::Answered(answer) => answer.status,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_token_is_fetched_once_and_renewed_once() {
    let (base, told) = serve(Told { good: AtomicUsize::new(1), ..Told::default() }).await;
    let transport = transport();
    for _ in 0..3 {
        assert_eq!(status(&transport.read(call(&base)).await), 200);
    }
    assert_eq!(told.handed_out.load(Ordering::SeqCst), 1, "it is kept");
    told.good.store(2, Ordering::SeqCst);
    let report = transport.read(call(&base)).await;
    assert_eq!((status(&report), report.token_expired), (200, false), "the request is made again with a fresh token");
    assert_eq!(told.handed_out.load(Ordering::SeqCst), 2);
    told.good.store(0, Ordering::SeqCst);
    let before = told.asked.load(Ordering::SeqCst);
    let report = transport.read(call(&base)).await;
    assert_eq!((status(&report), report.token_expired), (401, false), "a fresh token's refusal counts");
    assert_eq!(told.asked.load(Ordering::SeqCst) - before, 2, "and nothing is tried over and over");
}

#[tokio::test]
async fn a_create_is_never_made_again_by_itself() {
    let (base, told) = serve(Told { good: AtomicUsize::new(1), ..Told::default() }).await;
    let transport = transport();
    assert_eq!(status(&transport.read(call(&base)).await), 200);
    told.good.store(2, Ordering::SeqCst);
    let ReadCall { target, mut request, .. } = call(&base);
    request.body = b"{}".to_vec();
    let boot = transport.clock.now().boot_ms;
    let create = || CreateCall {
        target: target.clone(),
        request: request.clone(),
        send_before_boot_ms: boot + 60_000,
        timeout_ms: 5_000,
        connect_timeout_ms: 5_000,
    };
    let before = told.asked.load(Ordering::SeqCst);
    let report = transport.carry(create()).await;
    assert_eq!((status(&report), report.token_expired), (401, true), "the driver is told that the token was old");
    assert_eq!(told.asked.load(Ordering::SeqCst) - before, 1, "one arming, one request");
    assert_eq!(status(&transport.carry(create()).await), 200, "the next one carries a fresh token");
}

#[tokio::test]
async fn a_credential_that_the_token_server_refuses_sends_nothing() {
    let (base, told) = serve(Told { refuses: true, ..Told::default() }).await;
    let report = transport().read(call(&base)).await;
    assert_eq!(report.observed, Exchange::NoToken { code: "invalid_client".into() });
    assert_eq!(told.asked.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn a_signed_token_says_who_and_until_when() {
    let seen = Arc::new(std::sync::Mutex::new(String::new()));
    let keep = seen.clone();
    let router = Router::new().route(
        "/x",
        get(move |headers: HeaderMap| async move {
            *keep.lock().unwrap() = headers["authorization"].to_str().unwrap().to_owned();
        }),
    );
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    let secrets = secrets(&[("developer_id", "dev"), ("key_id", "k1"), ("signing_secret", "c2VjcmV0LXNlY3JldA")]);
    let target = Target::new(&base, Auth::SignedToken(&FORM), secrets);
    let call = ReadCall { target, request: HttpRequest::get("/x"), timeout_ms: 5_000, connect_timeout_ms: 5_000 };
    assert_eq!(status(&transport().read(call).await), 200);

    let sent = seen.lock().unwrap().clone();
    let parts: Vec<&str> = sent.strip_prefix("Bearer ").unwrap().split('.').collect();
    let read = |part: &str| -> Value {
        serde_json::from_slice(&base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
    };
    assert_eq!(read(parts[0]), json!({"alg": "HS256", "typ": "JWT", "dd-ver": "V1"}));
    let claims = read(parts[1]);
    assert_eq!((&claims["aud"], &claims["iss"], &claims["kid"]), (&json!("them"), &json!("dev"), &json!("k1")));
    let (from, until) = (claims["iat"].as_i64().unwrap(), claims["exp"].as_i64().unwrap());
    assert!(until - from <= 1_800, "DoorDash takes half an hour at most");
    assert!(from * 1_000 < SystemClock::new().now().wall_ms, "and nothing from the future");
    use hmac::Mac;
    let mut mac = hmac::Hmac::<sha2::Sha256>::new_from_slice(b"secret-secret").unwrap();
    mac.update(format!("{}.{}", parts[0], parts[1]).as_bytes());
    let signature = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(parts[2]).unwrap();
    assert!(mac.verify_slice(&signature).is_ok(), "signed with the decoded secret");
}

fn line() -> Line {
    Line::to_sockets(reqwest::Client::builder().no_proxy().build().unwrap())
}

/// Two requests leave under a clock that was set wrong. The refusal of the first puts the clock right; that of the second
/// says no more of the credential than the first one's did.
#[tokio::test]
async fn two_tokens_that_a_wrong_clock_signed_are_both_put_right() {
    let (transport, clock, line) = (transport(), SystemClock::new(), line());
    let secrets = secrets(&[("developer_id", "dev"), ("key_id", "k1"), ("signing_secret", "c2VjcmV0LXNlY3JldA")]);
    let target = Target::new("http://127.0.0.1:9", Auth::SignedToken(&FORM), secrets);
    let authorise = async || transport.tokens.authorise(&target, &line, &clock, 5_000).await.unwrap();
    let (first, second) = (authorise().await, authorise().await);
    let theirs = Some(clock.now().wall_ms + 3 * 3_600_000);
    assert!(transport.tokens.refused(&target, &first, theirs, &clock), "a token by their clock may do better");
    assert!(transport.tokens.refused(&target, &second, theirs, &clock), "and this one is no better than the first");
    let third = authorise().await;
    assert!(
        !transport.tokens.refused(&target, &third, theirs, &clock),
        "what their clock signed was refused for itself"
    );
}

/// Each file of recorded answers is read here; one more has to say what it is.
#[test]
fn recorded_answers_of_a_token_server_are_read() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/transport/fixtures");
    let mut seen = 0;
    for file in std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path()) {
        let name = file.file_stem().unwrap().to_str().unwrap().to_owned();
        let body = std::fs::read(&file).unwrap();
        let answered = |status| read(&HttpResponse { status, headers: Vec::new(), body: body.clone() });
        match name.as_str() {
            "token" => assert_eq!(answered(200).unwrap(), ("A1b2C3".to_owned(), 2_592_000_000)),
            "refused" => {
                for status in [400, 401] {
                    let Err(NoToken::Refused { code }) = answered(status) else { panic!("{status}") };
                    assert_eq!(code, "invalid_client");
                }
                assert!(matches!(answered(503), Err(NoToken::Failed { .. })), "an outage is no refusal");
                assert!(matches!(answered(429), Err(NoToken::Limited { retry_after_ms: None })), "nor is a limit");
            }
            other => panic!("{other}: say here how this answer is read"),
        }
        seen += 1;
    }
    assert_eq!(seen, 2);
}

#[tokio::test]
async fn a_late_refusal_of_an_old_token_throws_no_fresher_one_away() {
    let (base, told) = serve(Told { good: AtomicUsize::new(1), ..Told::default() }).await;
    let transport = transport();
    let ReadCall { target, timeout_ms, .. } = call(&base);
    let line = line();
    let clock = SystemClock::new();
    let authorise = async || transport.tokens.authorise(&target, &line, &clock, timeout_ms).await.unwrap();
    let (first, also_first) = (authorise().await, authorise().await);
    assert!(transport.tokens.refused(&target, &also_first, None, &clock), "an old token: a fresh one may do better");
    let second = authorise().await;
    assert!(transport.tokens.refused(&target, &first, None, &clock), "a fresher one is there");
    assert_eq!(authorise().await.header, second.header, "and stays");
    assert_eq!(told.handed_out.load(Ordering::SeqCst), 2);
}
