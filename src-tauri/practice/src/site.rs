//! One platform: its memory, its door (credentials and rate limit), and its counters.

use std::collections::BTreeMap;

use base64::Engine as _;
use serde_json::Map;
use serde_json::Value;

use crate::{
    PracticePlatform,
    book::{Book, Entry, Merchant},
    faults::{FaultKind, Scope},
    foxreload,
    order::Order,
    pathao, postmates,
    wire::{Reply, Request},
};

const MINUTE: i64 = 60_000;

/// What Pathao's sandbox allows when nothing else is said.
const SANDBOX_PER_MINUTE: u32 = 1000;

#[derive(Debug)]
pub(crate) struct Site {
    pub book: Book,
    pub requests: u32,
    pub creates: u32,
    pub faults: BTreeMap<FaultKind, u32>,
    minute: i64,
    in_minute: u32,
}

impl Site {
    pub fn new(merchant: Merchant) -> Self {
        let book = Book::new(merchant);
        Self { book, requests: 0, creates: 0, faults: BTreeMap::new(), minute: 0, in_minute: 0 }
    }

    pub fn platform(&self) -> PracticePlatform {
        self.book.platform
    }

    /// The platform's own clock.
    pub fn clock(&self, wall: i64) -> i64 {
        wall + self.book.switches.clock_offset_ms
    }

    /// Lets every request that was delayed until now take its effect, each at its own time.
    pub fn settle(&mut self, now: i64) {
        while let Some((due, request)) = self.book.next_due(now) {
            self.execute(&request, due);
        }
    }

    /// Carries out an authorised request.
    pub fn execute(&mut self, request: &Request, now: i64) -> Reply {
        match self.platform() {
            PracticePlatform::Pathao => pathao::answer(&mut self.book, request, now),
            PracticePlatform::Postmates => postmates::answer(&mut self.book, request, now),
            PracticePlatform::Foxreload => foxreload::answer(&mut self.book, request, now),
        }
    }

    /// Counts the request, and says why it may not come in, if it may not.
    pub fn gate(&mut self, request: &Request, now: i64) -> Option<Reply> {
        self.requests = self.requests.saturating_add(1);
        if now.div_euclid(MINUTE) != self.minute {
            self.minute = now.div_euclid(MINUTE);
            self.in_minute = 0;
        }
        self.in_minute = self.in_minute.saturating_add(1);
        if self.book.switches.credentials_revoked || !self.knows(request) {
            return Some(self.refusal(401, "UNAUTHORIZED", "unauthorized", "The credentials are missing or wrong."));
        }
        if self.book.switches.account_inactive {
            return Some(self.refusal(403, "FORBIDDEN", "forbidden", "The account is not active."));
        }
        let limit = self.book.switches.rate_limit_per_minute;
        let over = limit > 0 && self.in_minute > limit;
        over.then(|| self.too_many(u32::try_from(self.reset_at() - now).unwrap_or(0)))
    }

    fn reset_at(&self) -> i64 {
        (self.minute + 1) * MINUTE
    }

    fn knows(&self, request: &Request) -> bool {
        let key = &self.book.merchant.api_key;
        match self.platform() {
            PracticePlatform::Pathao | PracticePlatform::Foxreload => request.header("x-api-key") == Some(key),
            PracticePlatform::Postmates => {
                let expected = base64::engine::general_purpose::STANDARD.encode(format!("{key}:"));
                request.header("authorization").and_then(|value| value.strip_prefix("Basic ")) == Some(&expected)
            }
        }
    }

    fn refusal(&self, status: u16, pathao_code: &str, postmates_code: &str, message: &str) -> Reply {
        match self.platform() {
            PracticePlatform::Pathao => pathao::refusal(status, pathao_code, message, &[]),
            PracticePlatform::Postmates => postmates::refusal(status, postmates_code, message),
            PracticePlatform::Foxreload => foxreload::refusal(status, message),
        }
    }

    /// 429, to come back after `ms`.
    pub fn too_many(&self, ms: u32) -> Reply {
        let reply = self.refusal(429, "RATE_LIMIT_EXCEEDED", "request_rate_limit_exceeded", "Too many requests.");
        reply.with("retry-after", ms.div_ceil(1000).max(1))
    }

    /// The platform's own 500.
    pub fn failure(&self) -> Reply {
        self.refusal(500, "INTERNAL_ERROR", "unknown_error", "Something went wrong on our side.")
    }

    /// A Pathao answer carries its rate headers, whatever it says.
    pub fn signed(&self, reply: Reply) -> Reply {
        if self.platform() != PracticePlatform::Pathao {
            return reply;
        }
        let limit = match self.book.switches.rate_limit_per_minute {
            0 => SANDBOX_PER_MINUTE,
            limit => limit,
        };
        reply
            .with("x-ratelimit-limit", limit)
            .with("x-ratelimit-remaining", limit.saturating_sub(self.in_minute))
            .with("x-ratelimit-reset", self.reset_at() / 1000)
    }

    /// What faults need to know about a request.
    pub fn scope(&self, request: &Request) -> Scope {
        let create = match self.platform() {
            PracticePlatform::Pathao => "/v1/business/order/create",
            PracticePlatform::Postmates => "/v1/deliveries",
            PracticePlatform::Foxreload => "/api/orders",
        };
        match request.method.as_str() {
            "POST" if request.path.trim_end_matches('/') == create => Scope::Create,
            "GET" => Scope::Lookup,
            _ => Scope::Other,
        }
    }

    /// What the fault plan knows a request by.
    pub fn identity(&self, request: &Request) -> String {
        if self.scope(request) != Scope::Create {
            return format!("{} {}", request.method, request.path.split('/').take(4).collect::<Vec<_>>().join("/"));
        }
        match self.platform() {
            PracticePlatform::Pathao => pathao::identity(request),
            PracticePlatform::Postmates => postmates::identity(request),
            PracticePlatform::Foxreload => foxreload::identity(request),
        }
    }

    /// A stranger orders some content that was ordered before.
    pub fn place_twin(&mut self, content: Map<String, Value>, reference: Option<String>, now: i64) -> String {
        let order: Order = match self.platform() {
            PracticePlatform::Pathao => pathao::twin(&self.book, content, reference, now),
            PracticePlatform::Postmates => postmates::twin(&self.book, content, reference, now),
            PracticePlatform::Foxreload => foxreload::twin(&self.book, content, reference, now),
        };
        let id = order.id.clone();
        self.book.commit(Entry::Created { platform: self.platform(), order, outcome: None });
        id
    }

    /// Writes down where every order stands, so that a change of switches does not rewrite the past.
    pub fn pin(&mut self, now: i64) {
        let platform = self.platform();
        let moved: Vec<Entry> = self
            .book
            .orders()
            .iter()
            .filter_map(|order| {
                let standing = self.book.standing(order, now);
                let (id, reason) = (order.id.clone(), standing.reason);
                let entry = Entry::Moved { platform, id, status: standing.status, at: standing.since, reason };
                (!matches!(&entry, Entry::Moved { status, .. } if *status == order.status)).then_some(entry)
            })
            .collect();
        for entry in moved {
            self.book.commit(entry);
        }
    }
}
