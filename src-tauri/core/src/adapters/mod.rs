//! One folder a platform: building requests and reading answers. The registry has a line for each.
//!
//! Pure and total: no I/O, clock or randomness; garbage in gives `Unclear`, never a panic. Not here: what an answer
//! means for a dispatch (`decide`) and how a request gets its authorisation (`transport`).

pub(crate) mod courier;
#[cfg(test)]
mod documented;
pub mod doordash;
pub mod foxreload;
pub mod pathao;
pub mod postmates;
pub mod print_one;
pub mod promise;
#[cfg(test)]
mod reach;
pub(crate) mod reading;
pub mod registry;
#[cfg(test)]
pub(crate) mod testing;
pub mod uber_direct;
pub(crate) mod values;
mod words;

use std::collections::BTreeMap;

use serde_json::Value;
pub use words::{Meaning, Words};

use crate::domain::ask::{Choice, ChoicesReply, QuoteReply};
use crate::domain::http::{HttpRequest, HttpResponse};
use crate::domain::order::{Field, Summary};
use crate::domain::remote::{CancelReply, CreateReply, GetReply, Page};
use crate::domain::{
    DedupContract, FieldError, Fingerprint, IdempotencyKey, OrderPayload, Platform, Reference, RemoteId,
};

/// A sentence for a merchant. `id` stays as it is for good: the window words the sentence by it, in its languages, from
/// the message `promise_` and the id. `{name}` in the text stands for a length of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sentence {
    /// What it is known by.
    pub id: &'static str,
    /// The sentence itself.
    pub english: &'static str,
}

/// How the transport authorises a request. Declared here, carried out there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Auth {
    /// HTTP Basic: the secret is the user name, the password is empty.
    BasicUser {
        /// The member of the secrets object.
        secret: &'static str,
    },
    /// A header that holds the secret.
    Header {
        /// Header name, lower case.
        name: &'static str,
        /// The member of the secrets object.
        secret: &'static str,
    },
    /// OAuth 2 client credentials: a bearer token, fetched when one is needed and kept in memory only. The secrets object
    /// has `client_id` and `client_secret`, and may name a `token_url` of its own.
    ClientCredentials(&'static TokenEndpoint),
    /// A JSON web token signed for each request with HS256. The members are those of the secrets object.
    SignedToken(&'static TokenForm),
}

/// Where a platform hands out bearer tokens.
#[derive(Debug, PartialEq, Eq)]
pub struct TokenEndpoint {
    /// Scheme and host of the platform's token server.
    pub host: &'static str,
    /// Path of the endpoint. An account with a base URL of its own has it there, unless its secrets name a `token_url`.
    pub path: &'static str,
    /// The platform's own base URL, with which `host` goes.
    pub base_url: &'static str,
    /// What the token is to be good for.
    pub scope: &'static str,
}

/// What a signed token holds.
#[derive(Debug, PartialEq, Eq)]
pub struct TokenForm {
    /// The member that is the issuer.
    pub issuer: &'static str,
    /// The member that is the key's id.
    pub key_id: &'static str,
    /// The member that is the secret, in base64url.
    pub secret: &'static str,
    /// Whom it is for.
    pub audience: &'static str,
    /// The header member `dd-ver`.
    pub version: &'static str,
}

/// What a lookup asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LookupBy {
    /// The order with this reference.
    Reference(Reference),
    /// The newest orders, whatever they are. Ended ones included, where the platform shows them.
    Newest,
}

/// What was sent, as far as reading its answer needs it.
#[derive(Clone, Debug)]
pub struct Sent<'a> {
    /// The reference the request carried.
    pub reference: &'a Reference,
    /// The fingerprint of the order as frozen.
    pub fingerprint: &'a Fingerprint,
    /// Whether an earlier attempt of the dispatch may have left.
    pub replay: bool,
}

/// How often a bound order's status is read: the longer nothing has changed, the more seldom.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Polling {
    /// The shortest pause, in milliseconds.
    pub first_ms: i64,
    /// The longest pause, in milliseconds.
    pub most_ms: i64,
}

impl Polling {
    /// For platforms that would rather call back, which a desktop app cannot take: seldom enough to be cheap.
    pub const WITH_WEB_HOOKS: Polling = Polling { first_ms: 30_000, most_ms: 600_000 };

    /// The pause after which a status that has not changed for so long is read again: a quarter of that time.
    pub fn pause_ms(self, unchanged_ms: i64) -> i64 {
        (unchanged_ms / 4).clamp(self.first_ms, self.most_ms)
    }
}

/// A payload that no request can be built from. It is found before anything is reserved.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {reason}")]
pub struct BuildError {
    /// The form field.
    pub field: String,
    /// What is wrong with it.
    pub reason: String,
}

/// One platform: its contract, its form, its requests, and how its answers read.
pub trait Adapter: Send + Sync {
    /// Which platform.
    fn platform(&self) -> Platform;
    /// What it promises about duplicates, with default times.
    fn contract(&self) -> DedupContract;
    /// How requests are authorised.
    fn auth(&self) -> Auth;
    /// The members a secrets object must have.
    fn secret_names(&self) -> &'static [&'static str];
    /// The members it may have besides.
    fn optional_secret_names(&self) -> &'static [&'static str] {
        &[]
    }
    /// The merchant's own id among the secrets, where it is one of them: it is the account's identity then, and
    /// `{member}` in a request's path stands for it.
    fn merchant_member(&self) -> Option<&'static str> {
        None
    }
    /// Scheme and host when the account names none.
    fn base_url(&self, test: bool) -> &'static str;
    /// What contradicts a credential used in this mode, such as a live key for a test account.
    fn check_secrets(&self, secrets: &BTreeMap<String, String>, test: bool) -> Result<(), String>;
    /// What an order needs: drives the form, the CSV template and the checks.
    fn form(&self) -> &'static [Field];
    /// Checks and normalises the values of one order. Every wrong field is reported.
    fn check(&self, values: &BTreeMap<String, String>) -> Result<OrderPayload, Vec<FieldError>>;
    /// What a list shows of an order.
    fn summary(&self, order: &OrderPayload) -> Summary;
    /// What makes two orders look alike on this platform.
    fn fingerprint(&self, order: &OrderPayload) -> Fingerprint;
    /// The exact create request. `test` sets the platform's own test mark where it has one.
    fn create_request(
        &self,
        order: &OrderPayload,
        reference: &Reference,
        key: Option<&IdempotencyKey>,
        test: bool,
    ) -> Result<HttpRequest, BuildError>;
    /// What a complete answer to a create request says.
    fn read_create(&self, sent: &Sent<'_>, answer: &HttpResponse) -> CreateReply;
    /// The first request of a lookup, where the platform has that kind.
    fn lookup_request(&self, by: &LookupBy) -> Option<HttpRequest>;
    /// One page of a lookup. `request` is the one that was answered.
    fn read_page(&self, by: &LookupBy, request: &HttpRequest, answer: &HttpResponse) -> Page;
    /// Reads one order by the platform's id.
    fn get_request(&self, id: &RemoteId) -> Option<HttpRequest>;
    /// The answer to that.
    fn read_get(&self, answer: &HttpResponse) -> GetReply;
    /// Cancels one order, where the platform can.
    fn cancel_request(&self, id: &RemoteId) -> Option<HttpRequest>;
    /// The answer to that.
    fn read_cancel(&self, answer: &HttpResponse) -> CancelReply;
    /// Asks for a price; `None` where the platform quotes nothing, an error where it quotes and this order lacks something.
    /// A quote never uses the order's own reference: on some platforms it would occupy it. `nonce` makes the id it uses
    /// instead.
    fn quote_request(&self, order: &OrderPayload, nonce: &str) -> Option<Result<HttpRequest, BuildError>> {
        let _ = (order, nonce);
        None
    }
    /// The answer to that.
    fn read_quote(&self, answer: &HttpResponse) -> QuoteReply {
        QuoteReply::Unclear { why: format!("http {}", answer.status) }
    }
    /// Asks which values a field of the form may hold, where the platform has a list of them. `search` narrows it as far as
    /// the platform can; what comes back is narrowed again on our side.
    fn choices_request(&self, field: &str, search: &str) -> Option<HttpRequest> {
        let _ = (field, search);
        None
    }
    /// One page of the answer to that.
    fn read_choices(&self, field: &str, answer: &HttpResponse) -> ChoicesReply {
        let _ = field;
        ChoicesReply::Unclear { why: format!("http {}", answer.status) }
    }
    /// What an order with these values lacks if a field holds that choice.
    fn lacks(&self, field: &str, choice: &Choice, values: &BTreeMap<String, String>) -> Vec<FieldError> {
        let _ = (field, choice, values);
        Vec::new()
    }
    /// How often a bound order's status is worth reading.
    fn polling(&self) -> Polling {
        Polling::WITH_WEB_HOOKS
    }
    /// What the platform's codes and statuses mean for a merchant.
    fn words(&self) -> &'static Words;
    /// What a code means as it stands in an answer, with the remedy in it. `None` for a code nobody documents.
    fn explain(&self, code: &str) -> Option<Meaning> {
        self.words().code(code)
    }
    /// What the platform's pages leave open, each with how Docket lives with it, in a sentence for a merchant. The ids
    /// begin with the platform's name.
    fn cannot_know(&self) -> &'static [Sentence] {
        &[]
    }
    /// Whether what is bought are codes, which the platform shows with a completed order.
    fn delivers_codes(&self) -> bool {
        false
    }
    /// Whether cancelling an order lets the platform take its reference again.
    fn cancel_frees_reference(&self) -> bool;
    /// The platform's retry hint and body as far as a person may want it, for the log's private part.
    fn evidence(&self, answer: &HttpResponse) -> Value {
        answer.json().unwrap_or_else(|| {
            let text = String::from_utf8_lossy(&answer.body);
            Value::String(text.chars().take(2_000).collect())
        })
    }
}
