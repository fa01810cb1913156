//! One platform: its memory, its door (credentials and rate limit), and its counters.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::{
    PracticePlatform,
    book::{Book, Entry, Merchant},
    faults::{FaultKind, Scope},
    twin::{Rate, Trouble, Twin},
    wire::{Reply, Request},
};

#[derive(Debug)]
pub(crate) struct Site {
    pub book: Book,
    pub requests: u32,
    pub creates: u32,
    pub faults: BTreeMap<FaultKind, u32>,
    window: i64,
    in_window: u32,
}

impl Site {
    pub fn new(merchant: Merchant) -> Self {
        let book = Book::new(merchant);
        Self { book, requests: 0, creates: 0, faults: BTreeMap::new(), window: 0, in_window: 0 }
    }

    pub fn platform(&self) -> PracticePlatform {
        self.book.platform
    }

    pub fn twin(&self) -> &'static dyn Twin {
        self.book.platform.twin()
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
        self.twin().answer(&mut self.book, request, now)
    }

    /// Counts the request, and says why it may not come in, if it may not.
    pub fn gate(&mut self, request: &Request, now: i64) -> Option<Reply> {
        self.requests = self.requests.saturating_add(1);
        let window = now.div_euclid(self.window_ms());
        if window != self.window {
            self.window = window;
            self.in_window = 0;
        }
        self.in_window = self.in_window.saturating_add(1);
        let (twin, book) = (self.twin(), &self.book);
        if book.switches.credentials_revoked || !twin.knows(book, request, now) {
            return Some(twin.refuse(book, request, Trouble::Unauthorised));
        }
        if book.switches.account_inactive {
            return Some(twin.refuse(book, request, Trouble::Inactive));
        }
        let limit = book.switches.rate_limit_per_minute;
        let over = limit > 0 && self.in_window > limit;
        let left = u32::try_from(self.rate().resets_at - now).unwrap_or(0);
        over.then(|| self.too_many(request, left, now))
    }

    fn window_ms(&self) -> i64 {
        i64::from(self.book.switches.rate_window_ms.max(1))
    }

    fn rate(&self) -> Rate {
        Rate { used: self.in_window, resets_at: (self.window + 1) * self.window_ms() }
    }

    /// 429, to come back after `ms`.
    pub fn too_many(&mut self, request: &Request, ms: u32, now: i64) -> Reply {
        let mut reply = self.twin().refuse(&self.book, request, Trouble::TooMany);
        if self.book.switches.retry_after_shown {
            reply = reply.with("retry-after", ms.div_ceil(1000).max(1));
        }
        if self.book.switches.stored_limits && !self.remembers(request, now) {
            self.keep_failure(request, &reply, now);
        }
        reply
    }

    /// Whether an answer is stored under the key that a create carries.
    pub fn remembers(&self, request: &Request, now: i64) -> bool {
        let key = self.twin().stored_key(&self.book, request);
        key.is_some_and(|key| self.book.outcome(&key, now).is_some())
    }

    /// The platform's own 500.
    pub fn failure(&self, request: &Request) -> Reply {
        self.twin().refuse(&self.book, request, Trouble::Broken)
    }

    /// An answer as the platform sends it, whatever it says.
    pub fn signed(&self, reply: Reply) -> Reply {
        self.twin().sign(&self.book, self.rate(), reply)
    }

    /// What faults need to know about a request.
    pub fn scope(&self, request: &Request) -> Scope {
        match request.method.as_str() {
            "POST" if request.path.trim_end_matches('/') == self.twin().create_path(&self.book.merchant) => {
                Scope::Create
            }
            "GET" => Scope::Lookup,
            _ => Scope::Other,
        }
    }

    /// What the fault plan knows a request by.
    pub fn identity(&self, request: &Request) -> String {
        if self.scope(request) == Scope::Create { self.twin().identity(request) } else { self.twin().route(request) }
    }

    /// Stores a failure under the key that a create carries, in place of whatever stands there.
    pub fn keep_failure(&mut self, request: &Request, failure: &Reply, now: i64) {
        let key = self.twin().stored_key(&self.book, request).filter(|_| self.scope(request) == Scope::Create);
        if let Some(key) = key {
            self.book.keep(key, request, failure, now);
        }
    }

    /// A stranger orders some content that was ordered before.
    pub fn place_twin(&mut self, content: Map<String, Value>, reference: Option<String>, now: i64) -> String {
        let order = self.twin().new_order(&self.book, content, reference, now);
        let id = order.id.clone();
        self.book.create(order, None);
        id
    }

    /// A stranger orders a body of the platform's own; the new order's id, or the refusal.
    pub fn order_as_stranger(&mut self, body: &Map<String, Value>, now: i64) -> Result<String, Reply> {
        let before = self.book.orders().len();
        let request = Request {
            method: "POST".into(),
            path: self.twin().create_path(&self.book.merchant),
            query: String::new(),
            headers: Vec::new(),
            body: Value::Object(body.clone()).to_string().into(),
        };
        self.book.by_stranger = true;
        let reply = self.execute(&request, now);
        self.book.by_stranger = false;
        self.book.orders().get(before).map(|order| order.id.clone()).ok_or(reply)
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
