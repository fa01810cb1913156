//! What makes one platform differ from another. Each has a twin under `twins/`, and a line in its registry.
//!
//! Whatever is the same everywhere is not here: counting, faults, the truth file, sockets.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::{
    PracticePlatform, Switches,
    book::{Book, Merchant},
    order::{Order, Standing},
    wire::{Reply, Request},
};

/// A refusal that every platform has, each in its own envelope.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Trouble {
    /// 401: the credentials are missing, wrong or revoked.
    Unauthorised,
    /// 403: the account is not active.
    Inactive,
    /// 429: too many requests.
    TooMany,
    /// 500: the platform's own failure.
    Broken,
}

/// How far the platform's rate limit is used up.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rate {
    /// Requests in this window, this one included.
    pub used: u32,
    /// When the window ends, in milliseconds since 1970.
    pub resets_at: i64,
}

/// A merchant's id and secrets, as a platform mints them.
pub(crate) type Minted = (String, BTreeMap<String, String>);

/// One platform's contract. A twin has no state of its own: what it knows is in its [`Book`].
pub(crate) trait Twin: std::fmt::Debug + Sync {
    /// Whether this path is one of the platform's. No two platforms share a path, so one address serves all.
    fn has_path(&self, path: &str) -> bool;

    /// Where orders are created, without a slash at the end.
    fn create_path(&self, merchant: &Merchant) -> String;

    /// A new merchant. `secret` gives a text that is hard to guess for each name.
    fn mint(&self, secret: &dyn Fn(&str) -> String) -> Minted;

    /// What an account needs to reach the platform at `base_url`, as one JSON object of texts.
    fn secrets(&self, merchant: &Merchant, _base_url: &str) -> Map<String, Value> {
        merchant.secrets.iter().map(|(name, value)| (name.clone(), Value::String(value.clone()))).collect()
    }

    /// Sets what differs here from the common first positions of the switches.
    fn first_switches(&self, switches: &mut Switches);

    /// Whether the request shows good credentials at `now`.
    fn knows(&self, book: &Book, request: &Request, now: i64) -> bool;

    /// A refusal in the platform's own envelope.
    fn refuse(&self, book: &Book, request: &Request, trouble: Trouble) -> Reply;

    /// The documented refusals of a create that nothing in a request provokes, by the word that the switch
    /// `create_refused_as` takes.
    fn named_refusals(&self) -> &'static [&'static str] {
        &[]
    }

    /// 408, or what the platform has in its place.
    fn timed_out(&self, _book: &Book) -> Reply {
        Reply::empty(408)
    }

    /// Adds what every answer carries.
    fn sign(&self, _book: &Book, _rate: Rate, reply: Reply) -> Reply {
        reply
    }

    /// Carries out one authorised request at `now`.
    fn answer(&self, book: &mut Book, request: &Request, now: i64) -> Reply;

    /// What an answer to this request is stored under, where the platform keeps answers.
    fn stored_key(&self, _book: &Book, _request: &Request) -> Option<String> {
        None
    }

    /// Where an order stands at `now`.
    fn standing(&self, order: &Order, switches: &Switches, now: i64) -> Standing;

    /// What was ordered, in a few words.
    fn summary(&self, content: &Map<String, Value>) -> String;

    /// A new order of some content, as a stranger would place it.
    fn new_order(&self, book: &Book, content: Map<String, Value>, reference: Option<String>, now: i64) -> Order;

    /// What a fault plan knows a create by: its content without reference and key, so that the same orders draw the
    /// same faults in another file.
    fn identity(&self, request: &Request) -> String;

    /// What a fault plan knows any other request by.
    fn route(&self, request: &Request) -> String {
        format!("{} {}", request.method, request.path.split('/').take(4).collect::<Vec<_>>().join("/"))
    }
}

/// A merchant at each of these platforms; `secret` gives a text that is hard to guess for each name.
pub(crate) fn mint(platforms: &[PracticePlatform], secret: impl Fn(&str) -> String) -> Vec<Merchant> {
    let merchant = |platform: PracticePlatform| {
        let (merchant_id, secrets) = platform.twin().mint(&|name| secret(&format!("{platform} {name}")));
        Merchant { platform, merchant_id, secrets }
    };
    platforms.iter().copied().map(merchant).collect()
}

/// The first characters of a minted text.
pub(crate) fn short(secret: String) -> String {
    secret.chars().take(12).collect()
}

/// The secrets of a platform that knows its merchants by one key.
pub(crate) fn api_key(key: String) -> BTreeMap<String, String> {
    BTreeMap::from([("api_key".to_owned(), key)])
}
