//! The transport against real sockets on loopback.

use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use super::*;
use crate::adapters::Auth;
use crate::clock::SystemClock;
use crate::domain::BootId;
use crate::secrets::Secrets;

const OK: &str = "HTTP/1.1 200 OK\r\nDate: Mon, 02 Mar 2026 10:00:00 GMT\r\nContent-Length: 2\r\n\r\n{}";

/// What a server does with a connection once the whole request has come.
#[derive(Clone)]
enum Then {
    /// Writes this and closes.
    Say(String),
    /// Closes.
    Close,
    /// Holds the connection open until the client goes.
    Hold,
    /// Writes a head and then bytes without end.
    Flood,
}

/// A server that reports every request it has read, as text, and counts connections.
struct Server {
    base_url: String,
    requests: UnboundedReceiver<String>,
    connections: Arc<AtomicUsize>,
}

async fn serve(then: Then) -> Server {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base_url = format!("http://{}", listener.local_addr().unwrap());
    let (seen, requests) = unbounded_channel();
    let connections = Arc::new(AtomicUsize::new(0));
    let count = connections.clone();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            count.fetch_add(1, Ordering::SeqCst);
            tokio::spawn(connection(stream, then.clone(), seen.clone()));
        }
    });
    Server { base_url, requests, connections }
}

async fn connection(mut stream: TcpStream, then: Then, seen: tokio::sync::mpsc::UnboundedSender<String>) {
    // Requests on a kept connection are read one after the other, as a real server would.
    loop {
        let text = request(&mut stream).await;
        let whole = text.contains("\r\n\r\n");
        // Whatever came is reported, so that a single stray byte would be seen.
        let _ = seen.send(text);
        if !whole {
            return;
        }
        match &then {
            Then::Say(answer) => {
                if stream.write_all(answer.as_bytes()).await.is_err() {
                    return;
                }
                if !answer.starts_with("HTTP/1.1 200 OK") {
                    return;
                }
            }
            Then::Close => return,
            Then::Hold => {
                let _ = stream.read(&mut [0; 1]).await;
                return;
            }
            Then::Flood => {
                let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n").await;
                while stream.write_all(&[b'x'; 65_536]).await.is_ok() {}
                return;
            }
        }
    }
}

/// Reads a head and as many bytes of body as it announces. What came until the client closed, if it closes early.
async fn request(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    let mut chunk = [0; 4096];
    loop {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head
                .lines()
                .find_map(|l| l.to_ascii_lowercase().strip_prefix("content-length: ").map(str::to_owned))
                .map_or(0, |n| n.parse().unwrap());
            if body.len() >= length {
                return text;
            }
        }
        match stream.read(&mut chunk).await {
            Ok(n) if n > 0 => bytes.extend_from_slice(&chunk[..n]),
            _ => return text,
        }
    }
}

fn transport() -> Transport {
    Transport::new(Arc::new(SystemClock::new()))
}

fn target(base_url: &str) -> Target {
    let secrets = Secrets::new(BTreeMap::from([("api_key".to_owned(), "live_key_s3cret".to_owned())]));
    Target::new(base_url, Auth::Header { name: "x-api-key", secret: "api_key" }, secrets)
}

fn create(base_url: &str) -> CreateCall {
    let request = HttpRequest {
        method: "POST".into(),
        path: "/v1/orders?a=b%20c".into(),
        headers: vec![("content-type".into(), "application/json".into()), ("x-idempotency-key".into(), "k-1".into())],
        body: br#"{"a":23.7937}"#.to_vec(),
    };
    CreateCall::new(target(base_url), request, i64::MAX, 5_000, 2_000)
}

fn not_sent(report: &SendReport) -> &str {
    match &report.observed {
        Exchange::NotSent { why } => why,
        other => panic!("not sent was expected, not {other:?}"),
    }
}

fn lost(report: &SendReport) -> &str {
    match &report.observed {
        Exchange::Lost { why } => why,
        other => panic!("lost was expected, not {other:?}"),
    }
}

#[tokio::test]
async fn a_create_is_one_request_with_the_stored_bytes_and_one_authorisation() {
    let mut server = serve(Then::Say(OK.into())).await;
    let report = transport().send(create(&server.base_url)).await;
    assert!(matches!(&report.observed, Exchange::Answered(a) if a.status == 200 && a.body == b"{}"), "{report:?}");
    assert_eq!(report.date_ms, Some(1_772_445_600_000));
    assert!(!report.began.after(&report.ended));
    let text = server.requests.recv().await.unwrap();
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    assert_eq!(body, r#"{"a":23.7937}"#);
    assert!(head.starts_with("POST /v1/orders?a=b%20c HTTP/1.1\r\n"), "{head}");
    let head = head.to_ascii_lowercase();
    for line in ["content-length: 13", "x-api-key: live_key_s3cret", "x-idempotency-key: k-1"] {
        assert_eq!(head.matches(line).count(), 1, "{line} in {head}");
    }
    assert!(!head.contains("transfer-encoding"), "a create is never chunked: {head}");
    assert!(server.requests.try_recv().is_err(), "one request a send");
}

#[tokio::test]
async fn creates_never_share_a_connection() {
    let mut server = serve(Then::Say(OK.into())).await;
    let transport = transport();
    for _ in 0..3 {
        let report = transport.send(create(&server.base_url)).await;
        assert!(matches!(report.observed, Exchange::Answered(_)), "{report:?}");
        server.requests.recv().await.unwrap();
    }
    assert_eq!(server.connections.load(Ordering::SeqCst), 3);
}

#[tokio::test]
async fn what_never_left_is_not_sent() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let gone = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let transport = transport();
    assert_eq!(not_sent(&transport.send(create(&gone)).await), "connection refused");

    let nowhere = create("http://no-such-host.invalid");
    assert_eq!(not_sent(&transport.send(nowhere).await), "the host name was not found");

    let plain = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let tls = create(&format!("https://{}", plain.local_addr().unwrap()));
    let hello = tokio::spawn(async move {
        let (mut stream, _) = plain.accept().await.unwrap();
        let mut bytes = [0; 4096];
        let n = stream.read(&mut bytes).await.unwrap();
        stream.write_all(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n").await.unwrap();
        String::from_utf8_lossy(&bytes[..n]).into_owned()
    });
    let report = transport.send(tls).await;
    assert!(not_sent(&report).starts_with("cannot connect"), "{report:?}");
    assert!(!hello.await.unwrap().contains("POST"), "a TLS hello at most, never a request");

    let mut bare = create(&gone);
    bare.target = Target::new(&gone, Auth::Header { name: "x-api-key", secret: "api_key" }, Secrets::default());
    assert!(not_sent(&transport.send(bare).await).contains("api_key"), "a missing secret is named");
}

#[tokio::test]
async fn no_answer_or_half_of_one_is_lost() {
    let transport = transport();
    let half = "HTTP/1.1 201 Created\r\nContent-Length: 100\r\n\r\n{\"id\":";
    let half_head = "HTTP/1.1 201 Crea";
    let half_chunks = "HTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{\"id\"\r\n";
    for then in [
        Then::Close,
        Then::Say(half.into()),
        Then::Say(half_head.into()),
        Then::Say(half_chunks.into()),
        Then::Say("garbage\r\n\r\n".into()),
    ] {
        let mut server = serve(then).await;
        let report = transport.send(create(&server.base_url)).await;
        assert!(!lost(&report).is_empty());
        assert!(server.requests.recv().await.unwrap().ends_with(r#"{"a":23.7937}"#));
        assert!(server.requests.try_recv().is_err(), "nothing is sent a second time");
        assert_eq!(server.connections.load(Ordering::SeqCst), 1);
    }
}

#[tokio::test]
async fn a_timeout_after_the_request_is_lost() {
    let mut server = serve(Then::Hold).await;
    let mut call = create(&server.base_url);
    call.timeout_ms = 150;
    assert_eq!(lost(&transport().send(call).await), "timeout");
    assert!(server.requests.recv().await.unwrap().contains("23.7937"));
}

#[tokio::test]
async fn an_endless_answer_is_lost() {
    let server = serve(Then::Flood).await;
    let report = transport().send(create(&server.base_url)).await;
    assert!(lost(&report).contains("longer than"), "{report:?}");
}

#[tokio::test]
async fn a_redirect_is_an_answer_and_is_not_followed() {
    // A 303 would be followed as a GET, and turn a duplicate answer into a success.
    for status in [301, 302, 303, 307, 308] {
        let answer = format!("HTTP/1.1 {status} Elsewhere\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n");
        let mut server = serve(Then::Say(answer)).await;
        let report = transport().send(create(&server.base_url)).await;
        let Exchange::Answered(answer) = &report.observed else { panic!("{report:?}") };
        assert_eq!((answer.status, answer.header("location")), (status, Some("/elsewhere")));
        server.requests.recv().await.unwrap();
        assert!(server.requests.try_recv().is_err());
    }
}

/// A boot clock that stands still, as far after a machine's start as it is told.
struct Stopped(i64);

impl Clock for Stopped {
    fn now(&self) -> Stamp {
        Stamp { wall_ms: 0, boot_ms: self.0, awake_ms: 0, boot_id: BootId::from("b") }
    }

    fn sleep(&self, _ms: u64) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        Box::pin(std::future::pending())
    }
}

#[tokio::test]
async fn past_its_deadline_not_one_byte_of_a_create_leaves() {
    let mut server = serve(Then::Say(OK.into())).await;
    let transport = Transport::new(Arc::new(Stopped(1_001)));
    let mut call = create(&server.base_url);
    call.send_before_boot_ms = 1_000;
    assert_eq!(not_sent(&transport.send(call).await), "deadline passed");
    assert_eq!(server.requests.recv().await.unwrap(), "", "the connection was closed without a byte");

    let mut call = create(&server.base_url);
    call.send_before_boot_ms = 1_001;
    let report = transport.send(call).await;
    assert!(matches!(report.observed, Exchange::Answered(_)), "in time it goes out: {report:?}");
}

#[test]
fn a_gate_that_was_closed_lets_nothing_through() {
    let gate = Gate::new(Arc::new(Stopped(0)), 10);
    assert_eq!(gate.close(), body::Passed::Never);
    let mut late = std::pin::pin!(GatedBody::new(gate.clone(), b"x".to_vec()));
    let mut cx = std::task::Context::from_waker(std::task::Waker::noop());
    let polled = http_body::Body::poll_frame(late.as_mut(), &mut cx);
    assert!(matches!(polled, std::task::Poll::Ready(Some(Err(_)))), "given up means never sent");
    assert_eq!(gate.close(), body::Passed::Never);
}

#[tokio::test]
async fn reads_are_bounded_and_classed_alike() {
    let mut server = serve(Then::Say(OK.into())).await;
    let read = |base_url: &str, request: HttpRequest| ReadCall {
        target: target(base_url),
        request,
        timeout_ms: 5_000,
        connect_timeout_ms: 2_000,
    };
    let transport = transport();
    let report = transport.read(read(&server.base_url, HttpRequest::get("/v1/x"))).await;
    assert!(matches!(report.observed, Exchange::Answered(_)), "{report:?}");
    assert!(server.requests.recv().await.unwrap().starts_with("GET /v1/x HTTP/1.1\r\n"));
    let cancel =
        HttpRequest { method: "POST".into(), path: "/v1/x/cancel".into(), headers: Vec::new(), body: Vec::new() };
    let report = transport.read(read(&server.base_url, cancel)).await;
    assert!(matches!(report.observed, Exchange::Answered(_)), "{report:?}");
    assert_eq!(server.connections.load(Ordering::SeqCst), 2, "a cancel has a connection of its own");

    let server = serve(Then::Close).await;
    lost(&transport.read(read(&server.base_url, HttpRequest::get("/"))).await);
    not_sent(&transport.read(read("http://no-such-host.invalid", HttpRequest::get("/"))).await);
}

#[test]
fn no_secret_shows_in_debug_output() {
    let text = format!("{:?}", create("http://127.0.0.1:1"));
    assert!(!text.contains("s3cret"), "{text}");
    assert!(text.contains("api_key"), "the member's name may show");
}
