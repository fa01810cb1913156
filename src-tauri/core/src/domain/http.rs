//! HTTP as plain values, so that adapters build and read it without touching a network.
//!
//! Not here: connections, timeouts and authorisation; `crate::transport` has them.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A request without its authorisation. A create request is stored in this form and re-sent exactly as stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HttpRequest {
    /// `GET`, `POST` or `PUT`.
    pub method: String,
    /// Path and query, from the slash on. The account's base URL goes before it.
    pub path: String,
    /// Headers that matter, in order. Never `Authorization` or a key.
    pub headers: Vec<(String, String)>,
    /// The exact body.
    #[serde(with = "body_text")]
    pub body: Vec<u8>,
}

impl HttpRequest {
    /// A request without body.
    pub fn get(path: impl Into<String>) -> HttpRequest {
        HttpRequest { method: "GET".into(), path: path.into(), headers: Vec::new(), body: Vec::new() }
    }

    /// A POST with a JSON body.
    pub fn post_json(path: impl Into<String>, body: &serde_json::Value) -> HttpRequest {
        HttpRequest {
            method: "POST".into(),
            path: path.into(),
            headers: vec![("content-type".into(), "application/json".into())],
            body: body.to_string().into_bytes(),
        }
    }

    /// The same request with one more header.
    pub fn header(mut self, name: &str, value: impl Into<String>) -> HttpRequest {
        self.headers.push((name.into(), value.into()));
        self
    }
}

/// A complete answer: status line, headers and a body that was read to its end. The body may hold delivered codes: it is
/// never stored, and `Debug` shows its length only.
#[derive(Clone, PartialEq, Eq)]
pub struct HttpResponse {
    /// Status code.
    pub status: u16,
    /// Header names in lower case.
    pub headers: Vec<(String, String)>,
    /// The whole body.
    pub body: Vec<u8>,
}

impl fmt::Debug for HttpResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (status, headers, bytes) = (&self.status, &self.headers, self.body.len());
        f.debug_struct("HttpResponse")
            .field("status", status)
            .field("headers", headers)
            .field("body_bytes", &bytes)
            .finish()
    }
}

impl HttpResponse {
    /// The first header of that name (lower case).
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str())
    }

    /// The body as JSON, if it is JSON that says one thing and fits into memory.
    pub fn json(&self) -> Option<serde_json::Value> {
        super::json::document(&self.body)
    }
}

/// Bodies are text on every platform; what is not UTF-8 is kept as bytes.
mod body_text {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    #[derive(Serialize, Deserialize)]
    #[serde(untagged)]
    enum Body {
        Text(String),
        Bytes(Vec<u8>),
    }

    pub fn serialize<S: Serializer>(body: &[u8], s: S) -> Result<S::Ok, S::Error> {
        match std::str::from_utf8(body) {
            Ok(text) => Body::Text(text.to_owned()).serialize(s),
            Err(_) => Body::Bytes(body.to_vec()).serialize(s),
        }
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(d: D) -> Result<Vec<u8>, D::Error> {
        Ok(match Body::deserialize(d)? {
            Body::Text(text) => text.into_bytes(),
            Body::Bytes(bytes) => bytes,
        })
    }
}
