//! Access tokens: fetched or signed when a request needs one, kept in memory, never stored, never shown.
//!
//! A token that a platform refuses is thrown away once; only a fresh one's refusal says something about the
//! credential. Not here: plain keys (`target`), or what a refusal means for an account (`driver`).

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use base64::Engine;
use jwt_compact::alg::{Hs256, Hs256Key};
use jwt_compact::{AlgorithmExt, Claims, Header};
use reqwest::header::{AUTHORIZATION, HeaderName, HeaderValue};
use serde::Serialize;
use serde_json::Value;

use super::target::Target;
use super::wire::Line;
use super::{TOKEN_ANSWER_MAX, millis};
use crate::adapters::reading::retry_after_ms;
use crate::adapters::{Auth, TokenEndpoint, TokenForm};
use crate::clock::Clock;
use crate::domain::http::HttpResponse;

/// A token is not used in the last of its life: the request that carries it takes time, too.
const SPARE_MS: i64 = 60_000;
/// What a token without `expires_in` is trusted for.
const UNSTATED_LIFE_MS: i64 = 300_000;
/// How long a signed token is good. A platform may allow more.
const SIGNED_LIFE_S: i64 = 300;
/// A signed token is dated back a little: the platform's clock may be behind, and refuses what comes from its future.
const DATED_BACK_S: i64 = 30;
/// A platform's clock this far from ours is used in place of ours.
const SKEW_MS: i64 = 20_000;

/// How a request is authorised.
pub(super) struct Authorisation {
    pub header: (HeaderName, HeaderValue),
    /// The token was not made for this very request: if it is refused, a fresh one may not be.
    pub may_be_stale: bool,
    /// The token itself, so that a late refusal throws away no fresher one.
    token: Option<String>,
    /// How far ahead of ours the platform's clock was taken to be when the token was signed.
    ahead_ms: i64,
}

/// Why a request cannot be authorised. Nothing of it has left.
#[derive(Debug)]
pub(super) enum NoToken {
    /// The token server refused the credential.
    Refused { code: String },
    /// The token server is asked too often.
    Limited { retry_after_ms: Option<i64> },
    /// No token could be had.
    Failed { why: String },
}

struct Held {
    value: String,
    good_until_boot_ms: i64,
}

type Slot = Arc<tokio::sync::Mutex<Option<Held>>>;

/// The tokens of all accounts, and what was learnt of platforms' clocks.
#[derive(Default)]
pub(super) struct Tokens {
    held: Mutex<HashMap<String, Slot>>,
    /// How far a platform's clock is ahead of ours, in milliseconds, by base URL.
    ahead: Mutex<HashMap<String, i64>>,
}

impl Tokens {
    /// The authorisation for one request to `target`.
    pub async fn authorise(
        &self,
        target: &Target,
        line: &Line,
        clock: &dyn Clock,
        timeout_ms: i64,
    ) -> Result<Authorisation, NoToken> {
        match target.auth() {
            Auth::BasicUser { .. } | Auth::Header { .. } => {
                let header = target.authorisation().map_err(|why| NoToken::Failed { why })?;
                Ok(Authorisation { header, may_be_stale: false, token: None, ahead_ms: 0 })
            }
            Auth::ClientCredentials(endpoint) => self.bearer(target, endpoint, line, clock, timeout_ms).await,
            Auth::SignedToken(form) => {
                let ahead_ms = self.ahead_of(target.base_url());
                let token = sign(target, form, clock.now().wall_ms + ahead_ms)?;
                Ok(Authorisation { header: bearer_header(&token)?, may_be_stale: false, token: None, ahead_ms })
            }
        }
    }

    /// A request was answered 401. Whether a fresh token may do better: an old one is thrown away, and a clock that was
    /// wrong is put right.
    ///
    /// Only for an answer that is a JSON object: a captive portal has a clock and a 401, too.
    pub fn refused(&self, target: &Target, sent: &Authorisation, date_ms: Option<i64>, clock: &dyn Clock) -> bool {
        match target.auth() {
            Auth::BasicUser { .. } | Auth::Header { .. } => false,
            Auth::ClientCredentials(_) => {
                let mut newer = false;
                if let Ok(mut held) = self.slot(&target.token_key()).try_lock() {
                    newer = held.as_ref().is_some_and(|token| Some(&token.value) != sent.token.as_ref());
                    if !newer {
                        *held = None;
                    }
                }
                sent.may_be_stale || newer
            }
            Auth::SignedToken(_) => {
                let Some(date_ms) = date_ms else { return false };
                let ahead = date_ms - clock.now().wall_ms;
                // Against what this very token was signed with: another request's refusal may have put the clock right since.
                let moved = (ahead - sent.ahead_ms).abs() > SKEW_MS;
                if moved {
                    let mut all = self.ahead.lock().unwrap_or_else(PoisonError::into_inner);
                    all.insert(target.base_url().to_owned(), ahead);
                }
                moved
            }
        }
    }

    fn ahead_of(&self, base_url: &str) -> i64 {
        self.ahead.lock().unwrap_or_else(PoisonError::into_inner).get(base_url).copied().unwrap_or_default()
    }

    fn slot(&self, key: &str) -> Slot {
        self.held.lock().unwrap_or_else(PoisonError::into_inner).entry(key.to_owned()).or_default().clone()
    }

    /// One fetch at a time for each credential; whoever waited uses what it brought.
    async fn bearer(
        &self,
        target: &Target,
        endpoint: &TokenEndpoint,
        line: &Line,
        clock: &dyn Clock,
        timeout_ms: i64,
    ) -> Result<Authorisation, NoToken> {
        let slot = self.slot(&target.token_key());
        let mut held = slot.lock().await;
        if let Some(token) = held.as_ref().filter(|t| clock.now().boot_ms < t.good_until_boot_ms) {
            let header = bearer_header(&token.value)?;
            return Ok(Authorisation { header, may_be_stale: true, token: Some(token.value.clone()), ahead_ms: 0 });
        }
        let asked = clock.now().boot_ms;
        let answer = ask(target, endpoint, line, timeout_ms).await?;
        let (value, life_ms) = read(&answer)?;
        let header = bearer_header(&value)?;
        let token = Some(value.clone());
        *held = Some(Held { value, good_until_boot_ms: asked + life_ms - SPARE_MS.min(life_ms / 2) });
        Ok(Authorisation { header, may_be_stale: false, token, ahead_ms: 0 })
    }
}

async fn ask(target: &Target, endpoint: &TokenEndpoint, line: &Line, timeout_ms: i64) -> Result<HttpResponse, NoToken> {
    let failed = |why: String| NoToken::Failed { why };
    let form = [
        ("client_id", target.secret("client_id").map_err(failed)?),
        ("client_secret", target.secret("client_secret").map_err(failed)?),
        ("grant_type", "client_credentials"),
        ("scope", endpoint.scope),
    ];
    let body = form.map(|(name, value)| format!("{name}={}", form_value(value))).join("&");
    let prepared = line
        .client
        .post(target.token_url(endpoint).map_err(failed)?)
        .header("content-type", "application/x-www-form-urlencoded")
        .timeout(millis(timeout_ms))
        .body(body);
    line.finish(prepared, TOKEN_ANSWER_MAX).await.map_err(|failure| failed(format!("no access token: {}", failure.why)))
}

fn form_value(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'*');
    text.bytes().map(|b| if plain(b) { char::from(b).to_string() } else { format!("%{b:02X}") }).collect()
}

/// The token and its life in milliseconds. OAuth says `error` when it refuses a client (RFC 6749, 5.2).
pub(super) fn read(answer: &HttpResponse) -> Result<(String, i64), NoToken> {
    let failed = |why: &str| NoToken::Failed { why: format!("no access token: http {} {why}", answer.status) };
    if answer.status == 429 {
        return Err(NoToken::Limited { retry_after_ms: retry_after_ms(answer) });
    }
    let body = answer.json().filter(Value::is_object).ok_or_else(|| failed("without a JSON object"))?;
    let error = body.get("error").and_then(Value::as_str);
    // A 400 without OAuth's `error` is about this one request, such as a time-out that looks final.
    if matches!(answer.status, 401 | 403) || answer.status == 400 && error.is_some() {
        let code = error.or_else(|| body.get("code").and_then(Value::as_str));
        let code = code.unwrap_or("no code").chars().take(60).collect();
        return Err(NoToken::Refused { code });
    }
    if !(200..300).contains(&answer.status) {
        return Err(failed("from the token server"));
    }
    let token = body.get("access_token").and_then(Value::as_str).filter(|t| !t.is_empty());
    let token = token.ok_or_else(|| failed("without access_token"))?;
    let life_s = body.get("expires_in").and_then(Value::as_i64).filter(|s| *s > 0);
    Ok((token.to_owned(), life_s.map_or(UNSTATED_LIFE_MS, |s| s.min(366 * 86_400) * 1_000)))
}

fn bearer_header(token: &str) -> Result<(HeaderName, HeaderValue), NoToken> {
    let mut value = HeaderValue::from_str(&format!("Bearer {token}"))
        .map_err(|_| NoToken::Failed { why: "the access token holds characters that no header can".into() })?;
    value.set_sensitive(true);
    Ok((AUTHORIZATION, value))
}

#[derive(Serialize)]
struct Version {
    #[serde(rename = "dd-ver")]
    dd_ver: &'static str,
}

#[derive(Serialize)]
struct Named<'a> {
    aud: &'static str,
    iss: &'a str,
    kid: &'a str,
}

fn sign(target: &Target, form: &TokenForm, now_ms: i64) -> Result<String, NoToken> {
    let failed = |why: String| NoToken::Failed { why };
    let secret = target.secret(form.secret).map_err(failed)?;
    let key = base64::engine::general_purpose::URL_SAFE_NO_PAD
        .decode(secret.trim_end_matches('='))
        .map_err(|_| failed(format!("{} is not base64url; copy it again", form.secret)))?;
    let named = Named {
        aud: form.audience,
        iss: target.secret(form.issuer).map_err(failed)?,
        kid: target.secret(form.key_id).map_err(failed)?,
    };
    let at = now_ms.div_euclid(1_000) - DATED_BACK_S;
    let time =
        |s: i64| chrono::DateTime::from_timestamp(s, 0).ok_or_else(|| failed("the clock is out of range".into()));
    let mut claims = Claims::new(named);
    claims.issued_at = Some(time(at)?);
    claims.expiration = Some(time(at + SIGNED_LIFE_S)?);
    let header = Header::new(Version { dd_ver: form.version }).with_token_type("JWT");
    Hs256.token(&header, &claims, &Hs256Key::new(key)).map_err(|e| failed(format!("no token could be signed: {e}")))
}
