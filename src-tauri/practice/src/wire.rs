//! A request and a reply as plain values, so that the platforms need no HTTP library and no socket.

use base64::Engine as _;
use bytes::Bytes;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

/// One request as a platform reads it, its body complete.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Request {
    /// Upper case: `GET`, `POST`.
    pub method: String,
    /// Without the query.
    pub path: String,
    /// Without the question mark; empty when there is none.
    pub query: String,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    /// The exact bytes.
    #[serde(serialize_with = "to_base64", deserialize_with = "from_base64")]
    pub body: Bytes,
}

impl Request {
    /// A header's value; `name` in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str())
    }

    /// The first value of a query parameter.
    pub fn param(&self, name: &str) -> Option<String> {
        form_urlencoded::parse(self.query.as_bytes()).find(|(n, _)| n == name).map(|(_, value)| value.into_owned())
    }

    /// A query parameter as a whole number, or `default` when it is missing or unreadable.
    pub fn number(&self, name: &str, default: usize) -> usize {
        self.param(name).and_then(|value| value.parse().ok()).unwrap_or(default)
    }

    /// Where the client says it has reached the platform, without a scheme.
    pub fn host(&self) -> &str {
        self.header("host").unwrap_or("localhost")
    }

    /// The body as a JSON object, whether it came as JSON or as a form. A form's values are all strings.
    pub fn object(&self) -> Option<serde_json::Map<String, Value>> {
        let form =
            self.header("content-type").is_some_and(|kind| kind.starts_with("application/x-www-form-urlencoded"));
        if form {
            return Some(
                form_urlencoded::parse(&self.body)
                    .map(|(name, value)| (name.into_owned(), Value::String(value.into_owned())))
                    .collect(),
            );
        }
        match serde_json::from_slice(&self.body) {
            Ok(Value::Object(object)) => Some(object),
            Ok(_) | Err(_) => None,
        }
    }

    /// The same request without its credentials, as it may be stored.
    pub(crate) fn without_credentials(&self) -> Self {
        let mut kept = self.clone();
        kept.headers.retain(|(name, _)| !matches!(name.as_str(), "authorization" | "x-api-key" | "cookie"));
        kept
    }
}

/// One complete answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Reply {
    /// HTTP status.
    pub status: u16,
    /// Names in lower case. `date` and `content-length` are added when the reply is written.
    pub headers: Vec<(String, String)>,
    /// The exact bytes.
    pub body: Bytes,
}

impl Reply {
    /// A JSON answer.
    pub fn json(status: u16, body: &Value) -> Self {
        Self::json_text(status, body.to_string())
    }

    /// A JSON answer from text that is JSON already.
    pub fn json_text(status: u16, body: String) -> Self {
        Self { status, headers: vec![("content-type".into(), "application/json".into())], body: body.into() }
    }

    /// A status and nothing else.
    pub fn empty(status: u16) -> Self {
        Self { status, headers: Vec::new(), body: Bytes::new() }
    }

    /// A page as a proxy, a firewall or a captive portal would answer it.
    pub fn html(status: u16, title: &str) -> Self {
        let page = format!("<html><head><title>{title}</title></head><body><h1>{title}</h1></body></html>\n");
        Self { status, headers: vec![("content-type".into(), "text/html".into())], body: page.into() }
    }

    /// The same answer with one header more.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl ToString) -> Self {
        self.headers.push((name.into(), value.to_string()));
        self
    }
}

/// A wall time in milliseconds as an ISO 8601 text in UTC, whole seconds.
pub(crate) fn iso(at: i64) -> String {
    chrono::DateTime::from_timestamp_millis(at).unwrap_or_default().to_rfc3339_opts(chrono::SecondsFormat::Secs, true)
}

/// The same with milliseconds.
pub(crate) fn iso_ms(at: i64) -> String {
    chrono::DateTime::from_timestamp_millis(at).unwrap_or_default().to_rfc3339_opts(chrono::SecondsFormat::Millis, true)
}

/// The wall time that an ISO 8601 text names, in milliseconds; nothing when it cannot be read.
pub(crate) fn from_iso(text: &str) -> Option<i64> {
    chrono::DateTime::parse_from_rfc3339(text).ok().map(|time| time.timestamp_millis())
}

fn to_base64<S: Serializer>(body: &Bytes, out: S) -> Result<S::Ok, S::Error> {
    out.serialize_str(&base64::engine::general_purpose::STANDARD.encode(body))
}

fn from_base64<'de, D: Deserializer<'de>>(text: D) -> Result<Bytes, D::Error> {
    let text = String::deserialize(text)?;
    base64::engine::general_purpose::STANDARD.decode(text).map(Bytes::from).map_err(serde::de::Error::custom)
}
