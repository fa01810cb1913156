//! Whom a request goes to and as whom: base URL, kind of authorisation, secrets.

use base64::Engine;
use reqwest::Url;
use reqwest::header::{AUTHORIZATION, HeaderName, HeaderValue};

use crate::adapters::Auth;
use crate::domain::http::HttpRequest;
use crate::secrets::Secrets;

/// An account as the transport sees it. `Debug` shows no secret.
#[derive(Clone, Debug)]
pub struct Target {
    base_url: String,
    auth: Auth,
    secrets: Secrets,
}

impl Target {
    /// `base_url` is scheme, host and port, such as `https://api.pathao.com`.
    pub fn new(base_url: impl Into<String>, auth: Auth, secrets: Secrets) -> Target {
        Target { base_url: base_url.into(), auth, secrets }
    }

    /// Whether the host is this machine: no proxy stands in between then.
    pub(super) fn is_loopback(&self) -> bool {
        let Ok(url) = Url::parse(&self.base_url) else { return false };
        match url.host_str() {
            Some("localhost") => true,
            Some(host) => {
                host.trim_matches(['[', ']']).parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
            }
            None => false,
        }
    }

    /// The request with its authorisation, without its body. An error says what is missing; nothing was sent then.
    pub(super) fn prepare(
        &self,
        client: &reqwest::Client,
        request: &HttpRequest,
    ) -> Result<reqwest::RequestBuilder, String> {
        let method = reqwest::Method::from_bytes(request.method.as_bytes())
            .map_err(|_| format!("{:?} is no HTTP method", request.method))?;
        let mut prepared = client.request(method, self.url(&request.path)?);
        for (name, value) in &request.headers {
            let name = HeaderName::from_bytes(name.as_bytes()).map_err(|_| format!("{name:?} is no header name"))?;
            let value = HeaderValue::from_str(value).map_err(|_| format!("the header {name} cannot hold its value"))?;
            prepared = prepared.header(name, value);
        }
        let (name, value) = self.authorisation()?;
        Ok(prepared.header(name, value))
    }

    fn url(&self, path: &str) -> Result<Url, String> {
        if !path.starts_with('/') {
            return Err("a request path must begin with a slash".into());
        }
        let url = Url::parse(&format!("{}{path}", self.base_url.trim_end_matches('/')))
            .map_err(|e| format!("the base URL {:?} cannot be used: {e}", self.base_url))?;
        match url.scheme() {
            "http" | "https" => Ok(url),
            other => Err(format!("the base URL's scheme is {other}; http or https is needed")),
        }
    }

    fn authorisation(&self) -> Result<(HeaderName, HeaderValue), String> {
        let secret = |name: &str| {
            self.secrets
                .get(name)
                .ok_or_else(|| format!("the secrets have no {name}; give them again with `account credentials`"))
        };
        let (name, text) = match self.auth {
            Auth::BasicUser { secret: member } => {
                let pair = base64::engine::general_purpose::STANDARD.encode(format!("{}:", secret(member)?));
                (AUTHORIZATION, format!("Basic {pair}"))
            }
            Auth::Header { name, secret: member } => {
                let name =
                    HeaderName::from_bytes(name.as_bytes()).map_err(|_| format!("{name:?} is no header name"))?;
                (name, secret(member)?.to_owned())
            }
        };
        let mut value = HeaderValue::from_str(&text)
            .map_err(|_| "the secret holds characters that no header can; give it again".to_owned())?;
        value.set_sensitive(true);
        Ok((name, value))
    }
}
