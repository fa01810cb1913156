//! Whom a request goes to and as whom: base URL, kind of authorisation, secrets.

use base64::Engine;
use reqwest::Url;
use reqwest::header::{AUTHORIZATION, HeaderName, HeaderValue};

use super::token::Authorisation;
use crate::adapters::reading::segment;
use crate::adapters::{Auth, TokenEndpoint};
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
        authorisation: &Authorisation,
    ) -> Result<reqwest::RequestBuilder, String> {
        let method = reqwest::Method::from_bytes(request.method.as_bytes())
            .map_err(|_| format!("{:?} is no HTTP method", request.method))?;
        let mut prepared = client.request(method, self.url(&request.path)?);
        for (name, value) in &request.headers {
            let name = HeaderName::from_bytes(name.as_bytes()).map_err(|_| format!("{name:?} is no header name"))?;
            let value = HeaderValue::from_str(value).map_err(|_| format!("the header {name} cannot hold its value"))?;
            prepared = prepared.header(name, value);
        }
        let (name, value) = &authorisation.header;
        Ok(prepared.header(name, value))
    }

    /// `{member}` in a path is the member of the secrets, such as the merchant's id: what is stored and logged does not
    /// hold it.
    fn filled(&self, path: &str) -> Result<String, String> {
        let mut filled = String::new();
        let mut rest = path;
        while let Some((before, after)) = rest.split_once('{') {
            let (member, after) = after.split_once('}').ok_or("a request path has an open brace")?;
            let value = segment(self.secret(member)?).ok_or_else(|| format!("{member} cannot stand in a path"))?;
            filled.push_str(before);
            filled.push_str(&value);
            rest = after;
        }
        filled.push_str(rest);
        Ok(filled)
    }

    fn url(&self, path: &str) -> Result<Url, String> {
        if !path.starts_with('/') {
            return Err("a request path must begin with a slash".into());
        }
        let url = Url::parse(&format!("{}{}", self.base_url.trim_end_matches('/'), self.filled(path)?))
            .map_err(|e| format!("the base URL {:?} cannot be used: {e}", self.base_url))?;
        match url.scheme() {
            "http" | "https" => Ok(url),
            other => Err(format!("the base URL's scheme is {other}; http or https is needed")),
        }
    }

    pub(super) fn auth(&self) -> Auth {
        self.auth
    }

    pub(super) fn base_url(&self) -> &str {
        &self.base_url
    }

    /// One member of the secrets. An error says which is missing.
    pub(super) fn secret(&self, member: &str) -> Result<&str, String> {
        self.secrets
            .get(member)
            .ok_or_else(|| format!("the secrets have no {member}; give them again with `account credentials`"))
    }

    /// Where this account's tokens are handed out: where its secrets say, else at the platform's own token server, or,
    /// for an account with a base URL of its own, there.
    pub(super) fn token_url(&self, endpoint: &TokenEndpoint) -> Result<Url, String> {
        let text = match self.secrets.get("token_url") {
            Some(url) => url.to_owned(),
            None if self.base_url == endpoint.base_url => format!("{}{}", endpoint.host, endpoint.path),
            None => format!("{}{}", self.base_url.trim_end_matches('/'), endpoint.path),
        };
        let url = Url::parse(&text).map_err(|e| format!("the token URL cannot be used: {e}"))?;
        match url.scheme() {
            "http" | "https" => Ok(url),
            other => Err(format!("the token URL's scheme is {other}; http or https is needed")),
        }
    }

    /// What tells this credential's token from another's. Never shown: it is held in memory only.
    pub(super) fn token_key(&self) -> String {
        let member = |name| self.secrets.get(name).unwrap_or_default();
        let parts = [self.base_url.as_str(), member("token_url"), member("client_id"), member("client_secret")];
        parts.join("\u{1f}")
    }

    /// The header that holds a plain key.
    pub(super) fn authorisation(&self) -> Result<(HeaderName, HeaderValue), String> {
        let (name, text) = match self.auth {
            Auth::BasicUser { secret: member } => {
                let pair = base64::engine::general_purpose::STANDARD.encode(format!("{}:", self.secret(member)?));
                (AUTHORIZATION, format!("Basic {pair}"))
            }
            Auth::Header { name, secret: member } => {
                let name =
                    HeaderName::from_bytes(name.as_bytes()).map_err(|_| format!("{name:?} is no header name"))?;
                (name, self.secret(member)?.to_owned())
            }
            Auth::ClientCredentials(_) | Auth::SignedToken(_) => return Err("a token is needed here".into()),
        };
        let mut value = HeaderValue::from_str(&text)
            .map_err(|_| "the secret holds characters that no header can; give it again".to_owned())?;
        value.set_sensitive(true);
        Ok((name, value))
    }
}
