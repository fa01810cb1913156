//! What is below a request: a socket; or, in a simulation, a platform in the same process.
//!
//! A simulation takes the place of connecting and of the bytes on their way, and of nothing else: a request is written by
//! the same client, its body comes through the same gate, its time is bounded by the program's clock. Not here: who may
//! send (`transport`), or any platform.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use http_body_util::BodyExt;

use super::Failure;
use crate::clock::Clock;
use crate::domain::http::HttpResponse;

/// What is awaited of a wire.
pub type Pending<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// A request of which every byte has left.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Departed {
    /// Such as `POST`.
    pub method: String,
    /// Host and port.
    pub host: String,
    /// Without the query.
    pub path: String,
    /// Without the question mark; empty when there is none.
    pub query: String,
    /// Names in lower case. They hold the account's secrets.
    pub headers: Vec<(String, String)>,
    /// The exact bytes.
    pub body: Vec<u8>,
}

/// What carries requests in place of sockets. Only the simulator has one.
pub trait Wire: Send + Sync {
    /// Reaches the host, before any byte is asked for. An error, in words, says that nothing left.
    fn connect(&self, method: &str, path: &str) -> Pending<Result<(), String>>;
    /// Carries a request that has left. An error, in words, says that no complete answer came. Dropping what is returned
    /// takes nothing back.
    fn carry(&self, request: Departed) -> Pending<Result<HttpResponse, String>>;
}

/// A client, and where its requests go.
#[derive(Clone)]
pub(super) struct Line {
    pub client: reqwest::Client,
    near: Option<(Arc<dyn Wire>, Arc<dyn Clock>)>,
}

impl Line {
    pub(super) fn to_sockets(client: reqwest::Client) -> Line {
        Line { client, near: None }
    }

    pub(super) fn over(client: reqwest::Client, wire: Arc<dyn Wire>, clock: Arc<dyn Clock>) -> Line {
        Line { client, near: Some((wire, clock)) }
    }

    /// Sends, and reads the answer to its end or to `max` bytes.
    pub(super) async fn finish(&self, prepared: reqwest::RequestBuilder, max: usize) -> Result<HttpResponse, Failure> {
        match &self.near {
            None => over_sockets(prepared, max).await,
            Some((wire, clock)) => within(wire.as_ref(), clock.as_ref(), prepared.build()?, max).await,
        }
    }
}

async fn over_sockets(prepared: reqwest::RequestBuilder, max: usize) -> Result<HttpResponse, Failure> {
    let mut answer = prepared.send().await?;
    if answer.content_length().is_some_and(|length| length > max as u64) {
        return Err(Failure::too_long(max));
    }
    let status = answer.status().as_u16();
    let headers = texts(answer.headers());
    let mut body = Vec::new();
    while let Some(chunk) = answer.chunk().await? {
        if body.len() + chunk.len() > max {
            return Err(Failure::too_long(max));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(HttpResponse { status, headers, body })
}

/// The same in this process. The body is asked for once the host is reached, as HTTP/1.1 does.
async fn within(
    wire: &dyn Wire,
    clock: &dyn Clock,
    mut request: reqwest::Request,
    max: usize,
) -> Result<HttpResponse, Failure> {
    let whole = request.timeout().map_or(u64::MAX / 4, |limit| limit.as_millis() as u64);
    let mut limit = clock.sleep(whole);
    let failed = |connecting, why| Failure { connecting, why };
    tokio::select! {
        biased;
        reached = wire.connect(request.method().as_str(), request.url().path()) => {
            reached.map_err(|why| failed(true, why))?;
        }
        () = &mut limit => return Err(failed(true, "connect timeout".into())),
    }
    let body = match request.body_mut().take() {
        Some(body) => body.collect().await?.to_bytes().to_vec(),
        None => Vec::new(),
    };
    let url = request.url();
    let departed = Departed {
        method: request.method().as_str().to_owned(),
        host: url.authority().to_owned(),
        path: url.path().to_owned(),
        query: url.query().unwrap_or_default().to_owned(),
        headers: texts(request.headers()),
        body,
    };
    let answer = tokio::select! {
        biased;
        answer = wire.carry(departed) => answer.map_err(|why| failed(false, why))?,
        () = limit => return Err(failed(false, "timeout".into())),
    };
    if answer.body.len() > max { Err(Failure::too_long(max)) } else { Ok(answer) }
}

fn texts(headers: &reqwest::header::HeaderMap) -> Vec<(String, String)> {
    let text = |value: &reqwest::header::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    headers.iter().map(|(name, value)| (name.as_str().to_owned(), text(value))).collect()
}
