//! The practice platforms over real sockets, and their memory over restarts.

mod common;

use std::{io::Write as _, path::Path, time::Duration};

use common::{delivery, parcel, top_up};
use docket_practice::{
    FaultKind, FaultPlan, OneShot, PracticeError, PracticeOptions, PracticePlatform, Served, StrangerOrder, read_truth,
    serve,
};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

const CREATE: &str = "/v1/business/order/create";
const PATIENCE: Duration = Duration::from_secs(20);

async fn served(folder: &Path) -> Served {
    let served = serve(options(folder)).await.unwrap();
    common::net::at_once(&served);
    served
}

fn options(folder: &Path) -> PracticeOptions {
    PracticeOptions { truth: folder.join("truth.jsonl"), port: None, platforms: Vec::new(), plan: None }
}

/// A client that resends nothing, follows nothing and keeps no connection.
fn client() -> reqwest::Client {
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .pool_max_idle_per_host(0)
        .timeout(PATIENCE)
        .build()
        .unwrap()
}

fn pathao(served: &Served, client: &reqwest::Client, key: &str, body: String) -> reqwest::RequestBuilder {
    let endpoint = served.endpoint(PracticePlatform::Pathao).unwrap();
    client
        .post(format!("{}{CREATE}", endpoint.base_url))
        .header("X-API-Key", endpoint.secrets["api_key"].as_str().unwrap())
        .header("X-Idempotency-Key", key)
        .header("Content-Type", "application/json")
        .body(body)
}

/// Everything that comes back for a create over a bare socket, until the server closes.
async fn bare(served: &Served, body: &str) -> Vec<u8> {
    let mut stream = post_bare(served, body).await;
    let mut received = Vec::new();
    tokio::time::timeout(PATIENCE, stream.read_to_end(&mut received)).await.unwrap().unwrap();
    received
}

async fn post_bare(served: &Served, body: &str) -> TcpStream {
    let key = served.endpoint(PracticePlatform::Pathao).unwrap().secrets["api_key"].as_str().unwrap().to_owned();
    let mut stream = TcpStream::connect(("127.0.0.1", served.port())).await.unwrap();
    let head = format!(
        "POST {CREATE} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\nx-api-key: {key}\r\n\
         content-type: application/json\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    stream.write_all(format!("{head}{body}").as_bytes()).await.unwrap();
    stream
}

/// Asks again and again, over HTTP, until the answer is right.
async fn until(served: &Served, call: &str, right: impl Fn(&Value) -> bool) -> Value {
    let (client, url) = (client(), format!("http://127.0.0.1:{}/_practice/{call}", served.port()));
    let asking = async {
        loop {
            let answer: Value = client.get(&url).send().await.unwrap().json().await.unwrap();
            if right(&answer) {
                return answer;
            }
        }
    };
    tokio::time::timeout(PATIENCE, asking).await.expect("it never came true")
}

#[tokio::test]
async fn each_platform_is_reached_with_its_own_credentials() {
    let folder = tempfile::tempdir().unwrap();
    let (served, client) = (served(folder.path()).await, client());
    let reply = pathao(&served, &client, "k", parcel("SO-1", "01712345678")).send().await.unwrap();
    assert_eq!(reply.status(), 201);
    assert!(reply.headers().contains_key("x-ratelimit-reset"));
    assert!(httpdate::parse_http_date(reply.headers()["date"].to_str().unwrap()).is_ok());
    let postmates = served.endpoint(PracticePlatform::Postmates).unwrap();
    let url = format!("{}/v1/deliveries", postmates.base_url);
    let key = postmates.secrets["api_key"].as_str();
    let posted = client.post(&url).basic_auth(key.unwrap(), Some("")).body(delivery("SO-1"));
    assert_eq!(posted.send().await.unwrap().status(), 200);
    assert_eq!(client.get(&url).send().await.unwrap().status(), 401);
    let fox = served.endpoint(PracticePlatform::Foxreload).unwrap();
    let url = format!("{}/api/orders", fox.base_url);
    let posted = client.post(&url).header("x-api-key", fox.secrets["api_key"].as_str().unwrap());
    assert_eq!(posted.body(top_up("product_01a", 1)).send().await.unwrap().status(), 201);
    assert_eq!(client.post(&url).body(top_up("product_01a", 1)).send().await.unwrap().status(), 401);
    assert_eq!(client.get(format!("{}/nowhere", fox.base_url)).send().await.unwrap().status(), 404);
    assert_eq!(served.truth().unwrap().len(), 3);
    assert_eq!(read_truth(&folder.path().join("truth.jsonl")).unwrap(), served.truth().unwrap());
    served.stop().await;
}

#[tokio::test]
async fn lost_answers_really_close_the_connection() {
    let folder = tempfile::tempdir().unwrap();
    let served = served(folder.path()).await;
    // (fault, orders afterwards, bytes come back)
    for (kind, orders) in [(FaultKind::LoseResponse, 1), (FaultKind::LoseRequest, 1), (FaultKind::ListLag, 2)] {
        served.queue_fault(OneShot::next(kind)).unwrap();
        assert_eq!(bare(&served, &parcel("SO-1", "01712345678")).await, b"", "{kind:?}");
        assert_eq!(served.truth().unwrap().len(), orders, "{kind:?}");
    }
    served.queue_fault(OneShot::next(FaultKind::HalfBody)).unwrap();
    let received = String::from_utf8(bare(&served, &parcel("SO-1", "01712345678")).await).unwrap();
    let (head, body) = received.split_once("\r\n\r\n").unwrap();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap();
    assert!(head.starts_with("HTTP/1.1 201"));
    assert_eq!(body.len(), length.parse::<usize>().unwrap() / 2);
    assert_eq!(served.truth().unwrap().len(), 3);
    served.queue_fault(OneShot::next(FaultKind::HeadersOnly)).unwrap();
    let received = String::from_utf8(bare(&served, &parcel("SO-1", "01712345678")).await).unwrap();
    let (head, body) = received.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("HTTP/1.1 201") && head.contains("content-length: "), "{head}");
    assert_eq!((body, served.truth().unwrap().len()), ("", 4));
    served.queue_fault(OneShot::next(FaultKind::LoseResponse)).unwrap();
    let error = pathao(&served, &client(), "k", parcel("SO-1", "01712345678")).send().await.unwrap_err();
    assert!(!error.is_connect() && !error.is_timeout());
    served.stop().await;
}

/// Not refused and not reset: silence, at every platform and on kept connections, too; and then all is as before.
#[tokio::test]
async fn while_the_network_is_gone_nobody_is_connected() {
    let folder = tempfile::tempdir().unwrap();
    let served = served(folder.path()).await;
    let mut kept = TcpStream::connect(("127.0.0.1", served.port())).await.unwrap();
    kept.write_all(b"GET /_practice/state HTTP/1.1\r\nhost: localhost\r\n\r\n").await.unwrap();
    assert!(kept.read(&mut [0; 1024]).await.unwrap() > 0);
    served.queue_fault(OneShot { ms: Some(2_000), ..OneShot::next(FaultKind::Unreachable) }).unwrap();
    let error = pathao(&served, &client(), "k", parcel("SO-1", "01712345678")).send().await.unwrap_err();
    assert!(!error.is_connect(), "it had been connected: {error:?}");
    tokio::time::timeout(PATIENCE, kept.read_to_end(&mut Vec::new())).await.unwrap().unwrap();
    let hurried = reqwest::Client::builder().connect_timeout(Duration::from_millis(300)).build().unwrap();
    let error = pathao(&served, &hurried, "k", parcel("SO-1", "01712345678")).send().await.unwrap_err();
    assert!(error.is_connect() && error.is_timeout(), "{error:?}");
    let postmates = served.endpoint(PracticePlatform::Postmates).unwrap();
    let other = hurried.get(format!("{}/v1/deliveries", postmates.base_url)).send().await.unwrap_err();
    assert!(other.is_connect() && other.is_timeout(), "{other:?}");
    assert!(served.truth().unwrap().is_empty(), "nothing was carried out");
    // Whoever has patience is connected when it is back.
    let reply = pathao(&served, &client(), "k", parcel("SO-1", "01712345678")).send().await.unwrap();
    assert_eq!((reply.status().as_u16(), served.truth().unwrap().len()), (201, 1));
    let reply = pathao(&served, &hurried, "k", parcel("SO-1", "01712345678")).send().await.unwrap();
    assert_eq!(reply.status().as_u16(), 201);
    served.stop().await;
}

/// A fresh file starts at the pace that the platforms' pages suggest.
#[tokio::test]
async fn a_create_takes_its_time_at_first() {
    let folder = tempfile::tempdir().unwrap();
    let served = serve(options(folder.path())).await.unwrap();
    for platform in PracticePlatform::ALL {
        assert_eq!(served.switches(platform).unwrap().create_latency_ms, 300, "{platform}");
    }
    let asked = tokio::time::Instant::now();
    pathao(&served, &client(), "k", parcel("SO-1", "01712345678")).send().await.unwrap();
    assert!(asked.elapsed() >= Duration::from_millis(300));
    served.stop().await;
}

#[tokio::test]
async fn a_request_is_carried_out_though_its_client_left() {
    let folder = tempfile::tempdir().unwrap();
    let served = served(folder.path()).await;
    let mut switches = served.switches(PracticePlatform::Pathao).unwrap();
    switches.create_latency_ms = 300;
    served.set_switches(PracticePlatform::Pathao, switches).unwrap();
    drop(post_bare(&served, &parcel("SO-1", "01712345678")).await);
    until(&served, "truth", |truth| truth.as_array().unwrap().len() == 1).await;
    served.stop().await;
}

#[tokio::test]
async fn a_held_answer_is_committed_and_goes_when_released_or_left() {
    let folder = tempfile::tempdir().unwrap();
    let served = served(folder.path()).await;
    let hold = OneShot { times: 2, ..OneShot::next(FaultKind::Hold) };
    served.queue_fault(hold).unwrap();
    let waiting = tokio::spawn(pathao(&served, &client(), "k", parcel("SO-1", "01712345678")).send());
    until(&served, "state", |state| state["held"].as_array().unwrap().len() == 1).await;
    assert_eq!(served.truth().unwrap().len(), 1);
    assert!(!waiting.is_finished());
    assert_eq!(served.release().unwrap(), 1);
    assert_eq!(waiting.await.unwrap().unwrap().status(), 201);
    let stream = post_bare(&served, &parcel("SO-2", "01712345678")).await;
    until(&served, "state", |state| state["held"].as_array().unwrap().len() == 1).await;
    drop(stream);
    until(&served, "state", |state| state["held"].as_array().unwrap().is_empty()).await;
    assert_eq!(served.truth().unwrap().len(), 2);
    served.stop().await;
}

#[tokio::test]
async fn stopping_lets_go_of_everything_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let first = served(folder.path()).await;
    first.queue_fault(OneShot::next(FaultKind::Hold)).unwrap();
    let mut stream = post_bare(&first, &parcel("SO-1", "01712345678")).await;
    until(&first, "state", |state| state["held"].as_array().unwrap().len() == 1).await;
    first.stop().await;
    let second = served(folder.path()).await;
    let mut received = Vec::new();
    let _ = tokio::time::timeout(PATIENCE, stream.read_to_end(&mut received)).await.unwrap();
    assert_eq!(received, b"");
    assert_eq!(second.truth().unwrap().len(), 1);
}

#[tokio::test]
async fn memory_survives_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("truth.jsonl");
    let first = served(folder.path()).await;
    let (endpoints, client) = (first.endpoints(), client());
    let body = parcel("SO-1", "01712345678");
    let answer = pathao(&first, &client, "k", body.clone()).send().await.unwrap().bytes().await.unwrap();
    first.queue_fault(OneShot { ms: Some(3_600_000), ..OneShot::next(FaultKind::LateCommit) }).unwrap();
    pathao(&first, &client, "late", parcel("SO-2", "01712345678")).send().await.unwrap_err();
    let order = first.truth().unwrap()[0].platform_order_id.clone();
    first.advance(PracticePlatform::Pathao, &order, "PICKED").unwrap();
    let mut switches = first.switches(PracticePlatform::Pathao).unwrap();
    switches.stage_ms = 0;
    first.set_switches(PracticePlatform::Pathao, switches.clone()).unwrap();
    first.stop().await;
    // A write that was cut short.
    std::fs::OpenOptions::new().append(true).open(&path).unwrap().write_all(b"{\"entry\":\"crea").unwrap();
    assert_eq!(read_truth(&path).unwrap().len(), 1);

    let second = served(folder.path()).await;
    assert_eq!(second.endpoints(), endpoints);
    assert_eq!(second.switches(PracticePlatform::Pathao).unwrap(), switches);
    let again = pathao(&second, &client, "k", body).send().await.unwrap().bytes().await.unwrap();
    assert_eq!(again, answer);
    let truth = second.truth().unwrap();
    assert_eq!((truth.len(), truth[0].status.as_str()), (1, "PICKED"));
    switches.clock_offset_ms = 3_600_000;
    second.set_switches(PracticePlatform::Pathao, switches).unwrap();
    let truth = second.truth().unwrap();
    assert_eq!((truth.len(), truth[1].reference.as_deref()), (2, Some("SO-2")));
    second.stop().await;
    assert_eq!(read_truth(&path).unwrap(), truth);
}

#[tokio::test]
async fn how_often_the_plan_was_asked_survives_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let plan = FaultPlan::parse(r#"{"seed": 3, "rate": 0.5, "kinds": ["error_500_before"]}"#).unwrap();
    let options = PracticeOptions { plan: Some(plan.clone()), ..options(folder.path()) };
    let client = client();
    let mut met = Vec::new();
    for _ in 0..12 {
        let served = serve(options.clone()).await.unwrap();
        met.push(pathao(&served, &client, "k", parcel("SO-1", "01712345678")).send().await.unwrap().status().as_u16());
        served.stop().await;
    }
    assert!(met.contains(&500) && met.contains(&201), "{met:?}");
}

#[tokio::test]
async fn what_is_in_the_way_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let first = served(folder.path()).await;
    assert!(matches!(serve(options(folder.path())).await.unwrap_err(), PracticeError::InUse { .. }));
    let port = first.port();
    first.stop().await;
    let squatter = std::net::TcpListener::bind(("127.0.0.1", port)).unwrap();
    let error = serve(options(folder.path())).await.unwrap_err();
    assert!(error.to_string().contains(&port.to_string()), "{error}");
    drop(squatter);
    served(folder.path()).await.stop().await;
    std::fs::write(folder.path().join("truth.jsonl"), "{\"entry\":\"address\",\"port\":1}\n").unwrap();
    assert!(matches!(serve(options(folder.path())).await.unwrap_err(), PracticeError::Damaged { line: 1, .. }));
}

#[tokio::test]
async fn another_file_is_another_merchant() {
    let (one, two) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (one, two) = (served(one.path()).await, served(two.path()).await);
    for (a, b) in one.endpoints().iter().zip(two.endpoints()) {
        assert_ne!(a.merchant_id, b.merchant_id);
        assert_ne!(a.secrets, b.secrets);
    }
    let key = one.endpoints()[0].secrets["api_key"].as_str().unwrap().to_owned();
    assert!(key.starts_with("sandbox_key_test_"));
}

#[tokio::test]
async fn only_the_named_platforms_are_served() {
    let folder = tempfile::tempdir().unwrap();
    let options = PracticeOptions { platforms: vec![PracticePlatform::Foxreload], ..options(folder.path()) };
    let served = serve(options).await.unwrap();
    assert_eq!(served.endpoints().len(), 1);
    let url = format!("http://127.0.0.1:{}/v1/deliveries", served.port());
    assert_eq!(client().get(url).send().await.unwrap().status(), 404);
    assert!(served.switches(PracticePlatform::Pathao).is_err());
}

#[tokio::test]
async fn the_control_face_does_what_the_handle_does() {
    let folder = tempfile::tempdir().unwrap();
    let (served, client) = (served(folder.path()).await, client());
    let call = |method: reqwest::Method, call: &str, body: Value| {
        let url = format!("http://127.0.0.1:{}/_practice/{call}", served.port());
        let sent = client.request(method, url).body(body.to_string()).send();
        async move {
            let reply = sent.await.unwrap();
            (reply.status().as_u16(), reply.json::<Value>().await.unwrap())
        }
    };
    use reqwest::Method;
    let switches = json!({"platform": "pathao", "key_lifetime_ms": 5});
    let (status, state) = call(Method::PUT, "switches", switches).await;
    assert_eq!((status, &state["platforms"][0]["switches"]["key_lifetime_ms"]), (200, &json!(5)));
    assert_eq!(call(Method::PUT, "switches", json!({"create_latency_ms": 1})).await.0, 200);
    assert_eq!(served.switches(PracticePlatform::Foxreload).unwrap().create_latency_ms, 1);
    let (status, error) = call(Method::PUT, "switches", json!({"key_lifetime": 5})).await;
    assert!(status == 400 && error["error"].as_str().unwrap().contains("key_lifetime"));
    let (_, state) = call(Method::POST, "faults", json!({"kind": "lose_response"})).await;
    assert_eq!(state["queue"][0]["times"], 1);
    assert_eq!(bare(&served, &parcel("SO-1", "01712345678")).await, b"");
    let (_, state) = call(Method::PUT, "plan", json!({"seed": 1, "rate": 0.5})).await;
    assert_eq!(state["plan"]["rate"], 0.5);
    assert_eq!(call(Method::PUT, "plan", json!({"seed": 1, "rate": 5})).await.0, 400);
    assert_eq!(call(Method::PUT, "plan", Value::Null).await.1["plan"], Value::Null);
    let (_, stranger) = call(Method::POST, "stranger", json!({"platform": "pathao"})).await;
    let to = json!({"platform": "pathao", "order_id": stranger["platform_order_id"], "status": "FAILED"});
    assert_eq!(call(Method::POST, "advance", to).await.0, 200);
    assert_eq!(call(Method::POST, "release", json!({})).await.1["released"], 0);
    let (_, truth) = call(Method::GET, "truth", json!({})).await;
    assert_eq!((&truth[1]["by_stranger"], &truth[1]["status"]), (&json!(true), &json!("FAILED")));
    let url = format!("http://127.0.0.1:{}/_practice/state", served.port());
    assert_eq!(client.get(url).header("Origin", "http://evil.example").send().await.unwrap().status(), 403);
    assert!(served.place_stranger(&StrangerOrder::copy_of_newest(PracticePlatform::Postmates)).is_err());
    served.stop().await;
}
