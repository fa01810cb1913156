//! Access tokens: OAuth client credentials, as the vendor's page on authentication shows them.
//!
//! A token is derived from the client's secret and its number, and written down: a restart keeps it good.

use serde_json::json;

use crate::{
    book::{Book, Entry},
    order::digest,
    wire::{Reply, Request},
};

/// Where tokens are issued.
pub(super) const PATH: &str = "/oauth/v2/token";

const SCOPE: &str = "eats.deliveries";

fn field(request: &Request, name: &str) -> Option<String> {
    form_urlencoded::parse(&request.body).find(|(n, _)| n == name).map(|(_, value)| value.into_owned())
}

/// Whether a request for a token shows the client's id and secret. Both stand in a form.
pub(super) fn knows(book: &Book, request: &Request) -> bool {
    let form = request.header("content-type").is_some_and(|kind| kind.starts_with("application/x-www-form-urlencoded"));
    let shown = |name: &str| field(request, name).as_deref() == Some(book.merchant.secret(name));
    form && shown("client_id") && shown("client_secret")
}

/// Whether a request carries a token that is neither expired nor revoked.
pub(super) fn is_good(book: &Book, request: &Request, now: i64) -> bool {
    let token = request.header("authorization").and_then(|value| value.strip_prefix("Bearer "));
    let life = i64::from(book.switches.token_life_s) * 1000;
    token.and_then(|token| book.token_issued_at(token)).is_some_and(|issued| now < issued + life)
}

/// The error object of the token endpoint (RFC 6749, section 5.2).
pub(super) fn refusal(error: &str) -> Reply {
    let status = if error == "invalid_client" { 401 } else { 400 };
    Reply::json(status, &json!({"error": error, "error_description": "The request for a token was refused."}))
}

pub(super) fn issue(book: &mut Book, request: &Request, now: i64) -> Reply {
    if request.method != "POST" {
        return refusal("invalid_request");
    }
    if field(request, "grant_type").as_deref() != Some("client_credentials") {
        return refusal("unsupported_grant_type");
    }
    if !field(request, "scope").is_some_and(|scopes| scopes.split(' ').any(|scope| scope == SCOPE)) {
        return refusal("invalid_scope");
    }
    let (secret, number) = (book.merchant.secret("client_secret"), book.tokens_issued().to_string());
    let token = format!("IA.{}{}", digest(&["token", secret, &number]), digest(&["more", secret, &number]));
    book.commit(Entry::Issued { platform: book.platform, token: token.clone(), at: now });
    let life = book.switches.token_life_s;
    Reply::json(200, &json!({"access_token": token, "token_type": "Bearer", "expires_in": life, "scope": SCOPE}))
}
