//! What one platform knows, as a fold of the entries that the truth file holds.
//!
//! Nothing here changes but through [`Book::commit`], so what is read back from the file is what was in memory.

use std::collections::{BTreeMap, HashMap};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{
    PracticePlatform,
    order::{Order, Standing, digest},
    switches::{Positions, Switches},
    wire::{Reply, Request},
};

/// An answer kept under an idempotency key.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct KeyOutcome {
    pub key: String,
    pub first_at: i64,
    pub body_digest: String,
    /// A digest of what the body says, however it is written.
    #[serde(default)]
    pub json_digest: String,
    pub status: u16,
    pub body: String,
}

impl KeyOutcome {
    pub fn new(key: String, request: &Request, answer: &Reply, first_at: i64) -> Self {
        let body = String::from_utf8_lossy(&answer.body).into_owned();
        let (body_digest, json_digest) = (body_digest(request), json_digest(request));
        Self { key, first_at, body_digest, json_digest, status: answer.status, body }
    }
}

/// What a body is known by under a key: its bytes, so a number written in another way is another body.
pub(crate) fn body_digest(request: &Request) -> String {
    use sha2::{Digest as _, Sha256};
    Sha256::digest(&request.body).iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}

/// What a body is known by where only its meaning counts.
pub(crate) fn json_digest(request: &Request) -> String {
    let mut body = Value::Object(request.object().unwrap_or_default());
    body.sort_all_objects();
    digest(&[&body.to_string()])
}

/// A price that was quoted and may be used once.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Quote {
    pub id: String,
    pub expires: i64,
    pub fee: u32,
    /// What was asked for, where that matters later.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub content: Map<String, Value>,
}

/// A merchant's standing at one platform: who it is and how it proves that.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Merchant {
    pub platform: PracticePlatform,
    pub merchant_id: String,
    /// By name. They stand beside the id in the file, where the first files had only an `api_key`.
    #[serde(flatten)]
    pub secrets: BTreeMap<String, String>,
}

impl Merchant {
    /// One of the secrets; empty when there is none of this name.
    pub fn secret(&self, name: &str) -> &str {
        self.secrets.get(name).map_or("", String::as_str)
    }
}

/// One line of the truth file: something that happened at a platform.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "entry", rename_all = "snake_case")]
pub(crate) enum Entry {
    /// The first line of every file.
    Opened { version: u32, merchants: Vec<Merchant> },
    /// Merchants at platforms that did not exist when the file was begun.
    Enrolled { merchants: Vec<Merchant> },
    /// Where the platforms are served. The last one counts.
    Address { port: u16 },
    /// An order exists, and, under a key, the answer that goes with it.
    Created { platform: PracticePlatform, order: Box<Order>, outcome: Option<KeyOutcome> },
    /// An answer was stored under a key, in place of what stood there.
    Kept { platform: PracticePlatform, outcome: KeyOutcome },
    /// A price was quoted.
    Quoted { platform: PracticePlatform, quote: Quote },
    /// An access token was issued.
    Issued { platform: PracticePlatform, token: String, at: i64 },
    /// An order was moved to a status.
    Moved { platform: PracticePlatform, id: String, status: String, at: i64, reason: Option<String> },
    /// Lists leave an order out until a later time than first said.
    Hidden { platform: PracticePlatform, id: String, until: i64 },
    /// A request was received that takes effect only at `due`.
    Delayed { platform: PracticePlatform, number: u64, due: i64, request: Request },
    /// That request has taken its effect.
    Arrived { platform: PracticePlatform, number: u64 },
    /// The switches were set.
    Switched(Positions),
    /// The fault plan was asked about a request once more.
    Drawn { platform: PracticePlatform, identity: String },
}

/// One platform's memory.
#[derive(Debug)]
pub(crate) struct Book {
    pub platform: PracticePlatform,
    pub merchant: Merchant,
    pub switches: Switches,
    orders: Vec<Order>,
    by_id: HashMap<String, usize>,
    by_reference: HashMap<String, Vec<usize>>,
    keys: HashMap<String, KeyOutcome>,
    quotes: HashMap<String, Quote>,
    used_quotes: HashMap<String, usize>,
    /// When each access token that is not revoked was issued.
    tokens: HashMap<String, i64>,
    tokens_issued: usize,
    delayed: BTreeMap<(i64, u64), Request>,
    numbers: u64,
    drawn: HashMap<String, u32>,
    /// Whoever creates an order now is not the merchant's own client.
    pub by_stranger: bool,
    /// Entries not written to the file yet.
    pub fresh: Vec<Entry>,
}

impl Entry {
    /// The platform it happened at; none for the file's own entries.
    pub fn platform(&self) -> Option<PracticePlatform> {
        match self {
            Self::Opened { .. } | Self::Enrolled { .. } | Self::Address { .. } => None,
            Self::Switched(Positions { platform, .. })
            | Self::Created { platform, .. }
            | Self::Kept { platform, .. }
            | Self::Quoted { platform, .. }
            | Self::Issued { platform, .. }
            | Self::Moved { platform, .. }
            | Self::Hidden { platform, .. }
            | Self::Delayed { platform, .. }
            | Self::Arrived { platform, .. }
            | Self::Drawn { platform, .. } => Some(*platform),
        }
    }
}

impl Book {
    pub fn new(merchant: Merchant) -> Self {
        Self {
            platform: merchant.platform,
            switches: Switches::of(merchant.platform),
            merchant,
            orders: Vec::new(),
            by_id: HashMap::new(),
            by_reference: HashMap::new(),
            keys: HashMap::new(),
            quotes: HashMap::new(),
            used_quotes: HashMap::new(),
            tokens: HashMap::new(),
            tokens_issued: 0,
            delayed: BTreeMap::new(),
            numbers: 0,
            drawn: HashMap::new(),
            by_stranger: false,
            fresh: Vec::new(),
        }
    }

    /// Makes something happen: it is true from here on, and will be written.
    pub fn commit(&mut self, entry: Entry) {
        self.fresh.push(entry.clone());
        self.apply(entry);
    }

    /// Folds one entry in. Entries of other platforms must not come here.
    pub fn apply(&mut self, entry: Entry) {
        match entry {
            Entry::Opened { .. } | Entry::Enrolled { .. } | Entry::Address { .. } => {}
            Entry::Created { order, outcome, .. } => {
                if let Some(outcome) = outcome {
                    self.keys.insert(outcome.key.clone(), outcome);
                }
                self.add(*order);
            }
            Entry::Kept { outcome, .. } => {
                self.keys.insert(outcome.key.clone(), outcome);
            }
            Entry::Quoted { quote, .. } => {
                self.used_quotes.remove(&quote.id);
                self.quotes.insert(quote.id.clone(), quote);
            }
            Entry::Moved { id, status, at, reason, .. } => {
                if let Some(order) = self.by_id.get(&id).and_then(|index| self.orders.get_mut(*index)) {
                    order.status = status;
                    order.status_at = at;
                    order.reason = reason;
                }
            }
            Entry::Hidden { id, until, .. } => {
                if let Some(order) = self.by_id.get(&id).and_then(|index| self.orders.get_mut(*index)) {
                    order.listed_from = until;
                }
            }
            Entry::Delayed { number, due, request, .. } => {
                self.numbers = self.numbers.max(number + 1);
                self.delayed.insert((due, number), request);
            }
            Entry::Arrived { number, .. } => self.delayed.retain(|(_, waiting), _| *waiting != number),
            Entry::Issued { token, at, .. } => {
                self.tokens_issued += 1;
                self.tokens.insert(token, at);
            }
            Entry::Switched(Positions { switches, .. }) => {
                if switches.tokens_revoked && !self.switches.tokens_revoked {
                    self.tokens.clear();
                }
                self.switches = switches;
            }
            Entry::Drawn { identity, .. } => *self.drawn.entry(identity).or_default() += 1,
        }
    }

    fn add(&mut self, order: Order) {
        let index = self.orders.len();
        self.by_id.insert(order.id.clone(), index);
        if let Some(reference) = &order.reference {
            self.by_reference.entry(reference.clone()).or_default().push(index);
        }
        if let Some(quote) = &order.quote_id {
            self.used_quotes.insert(quote.clone(), index);
        }
        self.orders.push(order);
    }

    /// Makes an order exist, with the answer that is stored under its key.
    pub fn create(&mut self, order: Order, outcome: Option<KeyOutcome>) {
        self.commit(Entry::Created { platform: self.platform, order: Box::new(order), outcome });
    }

    /// Moves an order to a status, for a reason or none.
    pub fn set_status(&mut self, id: &str, status: &str, at: i64, reason: Option<String>) {
        self.commit(Entry::Moved { platform: self.platform, id: id.into(), status: status.into(), at, reason });
    }

    pub fn order(&self, id: &str) -> Option<&Order> {
        self.by_id.get(id).and_then(|index| self.orders.get(*index))
    }

    /// Every order, oldest first.
    pub fn orders(&self) -> &[Order] {
        &self.orders
    }

    /// The orders that came with a reference, newest first.
    pub fn with_reference(&self, reference: &str) -> impl Iterator<Item = &Order> {
        let indices = self.by_reference.get(reference).map(Vec::as_slice).unwrap_or_default();
        indices.iter().rev().filter_map(|index| self.orders.get(*index))
    }

    /// The orders of the environment that the merchant's credentials open, oldest first.
    pub fn open_orders(&self) -> impl DoubleEndedIterator<Item = &Order> {
        self.orders.iter().filter(|order| order.live == self.switches.wrong_environment)
    }

    /// One of [`Self::open_orders`], by its id.
    pub fn open_order(&self, id: &str) -> Option<&Order> {
        self.order(id).filter(|order| order.live == self.switches.wrong_environment)
    }

    /// Those of [`Self::open_orders`] that came with a reference, newest first.
    pub fn open_with_reference(&self, reference: &str) -> impl Iterator<Item = &Order> {
        self.with_reference(reference).filter(|order| order.live == self.switches.wrong_environment)
    }

    /// A key or id, kept apart from the same one in the other environment.
    pub fn in_environment(&self, key: &str) -> String {
        if self.switches.wrong_environment { format!("live {key}") } else { key.to_owned() }
    }

    pub fn standing(&self, order: &Order, now: i64) -> Standing {
        self.platform.twin().standing(order, &self.switches, now)
    }

    /// Whether an order is not too old to be shown.
    pub fn keeps(&self, order: &Order, now: i64) -> bool {
        let life = i64::from(self.switches.retention_ms);
        life == 0 || now < order.created_at + life
    }

    /// What is stored under a key that has not expired.
    pub fn outcome(&self, key: &str, now: i64) -> Option<&KeyOutcome> {
        let life = i64::from(self.switches.key_lifetime_ms);
        self.keys.get(key).filter(|outcome| now < outcome.first_at + life)
    }

    /// Stores an answer under a key, in place of whatever stands there; the key's age stays.
    pub fn keep(&mut self, key: String, request: &Request, answer: &Reply, now: i64) {
        let first_at = self.outcome(&key, now).map_or(now, |known| known.first_at);
        let outcome = KeyOutcome::new(key, request, answer, first_at);
        self.commit(Entry::Kept { platform: self.platform, outcome });
    }

    pub fn quote(&self, id: &str) -> Option<&Quote> {
        self.quotes.get(id)
    }

    /// How many access tokens were ever issued.
    pub fn tokens_issued(&self) -> usize {
        self.tokens_issued
    }

    /// When an access token was issued that is not revoked.
    pub fn token_issued_at(&self, token: &str) -> Option<i64> {
        self.tokens.get(token).copied()
    }

    pub fn quotes_made(&self) -> usize {
        self.quotes.len()
    }

    pub fn quote_is_used(&self, id: &str) -> bool {
        self.used_quotes.contains_key(id)
    }

    /// Takes out the next request that is due by `now`, with the time at which it takes effect.
    pub fn next_due(&mut self, now: i64) -> Option<(i64, Request)> {
        let (&(due, number), _) = self.delayed.first_key_value().filter(|((due, _), _)| *due <= now)?;
        let request = self.delayed.remove(&(due, number))?;
        self.commit(Entry::Arrived { platform: self.platform, number });
        Some((due, request))
    }

    pub fn delay(&mut self, request: &Request, due: i64) {
        let (platform, number) = (self.platform, self.numbers);
        self.commit(Entry::Delayed { platform, number, due, request: request.without_credentials() });
    }

    pub fn waiting(&self) -> usize {
        self.delayed.len()
    }

    /// How often the plan was asked about a request before, and counts this time.
    pub fn draw(&mut self, identity: &str) -> u32 {
        let seen = self.drawn.get(identity).copied().unwrap_or_default();
        self.commit(Entry::Drawn { platform: self.platform, identity: identity.to_owned() });
        seen
    }
}
