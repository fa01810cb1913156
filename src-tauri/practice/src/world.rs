//! All practice platforms as one pure state machine: a request and the time go in, what becomes of it comes out.
//!
//! No clock, no randomness, no socket and no file. The server drives it with real time; a simulation may drive it
//! with its own. Late commits, list lag, key expiry, quotes and the life of orders are worked out from the time
//! that is passed in.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::{
    PracticePlatform, Switches, TruthOrder,
    book::{Entry, Merchant},
    faults::{Fault, FaultKind, FaultPlan, OneShot, Scope},
    order::digest,
    site::Site,
    state::{FaultCount, HeldAnswer, PlatformState, PracticeState, StrangerOrder},
    switches::Positions,
    twin::mint,
    wire::{Reply, Request},
};

/// What becomes of one request.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    /// How the answer travels, if it does.
    pub delivery: Delivery,
    /// The platform's clock, for the `Date` header; milliseconds since 1970.
    pub server_time: i64,
}

/// How an answer travels back.
#[derive(Debug, Clone, PartialEq)]
pub enum Delivery {
    /// Whole, after a pause.
    Answer {
        /// The answer.
        reply: Reply,
        /// The pause, in milliseconds.
        after_ms: u32,
    },
    /// Not at all: the connection is closed.
    Dropped,
    /// Not at all, and from here on nobody is connected for so long, in milliseconds: not at this platform, and not at
    /// another one of the same address.
    Unreachable {
        /// How long.
        ms: u32,
    },
    /// Its head; then the connection is closed.
    HeadOnly(Reply),
    /// Its head and the first half of its body; then the connection is closed.
    Truncated(Reply),
    /// Held back until [`World::release`] or until the client has left.
    Held {
        /// The answer.
        reply: Reply,
        /// Its number among the held ones.
        ticket: u64,
    },
}

/// All practice platforms.
#[derive(Debug)]
pub struct World {
    sites: Vec<Site>,
    queue: Vec<OneShot>,
    plan: Option<FaultPlan>,
    held: BTreeMap<u64, HeldAnswer>,
    tickets: u64,
}

impl World {
    /// A world in which nothing has been ordered, with merchants that follow from `seed`. For simulations; a served
    /// world mints its merchants from randomness.
    pub fn seeded(seed: u64) -> Self {
        Self::new(mint(&PracticePlatform::ALL, |name| digest(&[&seed.to_string(), name])))
    }

    pub(crate) fn new(merchants: Vec<Merchant>) -> Self {
        let mut world = Self { sites: Vec::new(), queue: Vec::new(), plan: None, held: BTreeMap::new(), tickets: 0 };
        world.enrol(merchants);
        world
    }

    fn enrol(&mut self, merchants: Vec<Merchant>) {
        self.sites.extend(merchants.into_iter().map(Site::new));
        self.sites.sort_by_key(Site::platform);
    }

    /// Serves only these from now on. What the others hold stays in the file.
    pub(crate) fn keep(&mut self, platforms: &[PracticePlatform]) {
        self.sites.retain(|site| platforms.contains(&site.platform()));
    }

    /// Folds in an entry from the file.
    pub(crate) fn apply(&mut self, entry: Entry) {
        if let Entry::Enrolled { merchants } = entry {
            return self.enrol(merchants);
        }
        if let Some(site) = entry.platform().and_then(|platform| self.site_mut(platform)) {
            site.book.apply(entry);
        }
    }

    /// What happened since the last call, to be written.
    pub(crate) fn take_fresh(&mut self) -> Vec<Entry> {
        self.sites.iter_mut().flat_map(|site| site.book.fresh.drain(..)).collect()
    }

    pub(crate) fn merchants(&self) -> impl Iterator<Item = &Merchant> {
        self.sites.iter().map(|site| &site.book.merchant)
    }

    /// What an account needs to reach a platform at `base_url`: one JSON object of texts, as [`crate::Endpoint`] has.
    pub fn secrets(&self, platform: PracticePlatform, base_url: &str) -> Option<Map<String, Value>> {
        self.site(platform).map(|site| site.twin().secrets(&site.book.merchant, base_url))
    }

    /// The merchant's id at a platform.
    pub fn merchant_id(&self, platform: PracticePlatform) -> Option<&str> {
        self.site(platform).map(|site| site.book.merchant.merchant_id.as_str())
    }

    fn site(&self, platform: PracticePlatform) -> Option<&Site> {
        self.sites.iter().find(|site| site.platform() == platform)
    }

    fn site_mut(&mut self, platform: PracticePlatform) -> Option<&mut Site> {
        self.sites.iter_mut().find(|site| site.platform() == platform)
    }

    fn existing(&mut self, platform: PracticePlatform) -> Result<&mut Site, String> {
        self.site_mut(platform).ok_or_else(|| format!("{platform} is not served here"))
    }

    /// How long carrying out this request takes, in milliseconds.
    pub fn latency(&self, request: &Request) -> u32 {
        PracticePlatform::of_path(&request.path)
            .and_then(|platform| self.site(platform))
            .filter(|site| site.scope(request) == Scope::Create)
            .map_or(0, |site| site.book.switches.create_latency_ms)
    }

    /// One request that came in whole at `wall` (milliseconds since 1970).
    pub fn request(&mut self, request: &Request, wall: i64) -> Outcome {
        let platform = PracticePlatform::of_path(&request.path);
        let Some(index) = self.sites.iter().position(|site| Some(site.platform()) == platform) else {
            let reply = Reply::html(404, "No practice platform has this path");
            return Outcome { delivery: Delivery::Answer { reply, after_ms: 0 }, server_time: wall };
        };
        let site = &mut self.sites[index];
        let server_time = site.clock(wall);
        if wall < site.book.switches.down_until_ms {
            site.requests = site.requests.saturating_add(1);
            let reply = Reply::html(503, "503 Service Temporarily Unavailable");
            return Outcome { delivery: Delivery::Answer { reply, after_ms: 0 }, server_time };
        }
        let delivery = self.deliver(index, request, server_time);
        Outcome { delivery, server_time }
    }

    fn deliver(&mut self, index: usize, request: &Request, now: i64) -> Delivery {
        let site = &mut self.sites[index];
        site.settle(now);
        let refused = site.gate(request, now);
        if let Some(refused) = refused {
            return Delivery::Answer { reply: site.signed(refused), after_ms: 0 };
        }
        if site.scope(request) == Scope::Create {
            site.creates = site.creates.saturating_add(1);
        }
        let delivery = match self.fault(index, request) {
            None => Delivery::Answer { reply: self.sites[index].execute(request, now), after_ms: 0 },
            Some(fault) => {
                *self.sites[index].faults.entry(fault.kind).or_default() += 1;
                self.strike(index, request, now, fault)
            }
        };
        let site = &self.sites[index];
        match delivery {
            Delivery::Answer { reply, after_ms } => Delivery::Answer { reply: site.signed(reply), after_ms },
            Delivery::HeadOnly(reply) => Delivery::HeadOnly(site.signed(reply)),
            Delivery::Truncated(reply) => Delivery::Truncated(site.signed(reply)),
            Delivery::Held { reply, ticket } => Delivery::Held { reply: site.signed(reply), ticket },
            unanswered @ (Delivery::Dropped | Delivery::Unreachable { .. }) => unanswered,
        }
    }

    /// The fault that strikes this request: a queued one first, else by plan.
    fn fault(&mut self, index: usize, request: &Request) -> Option<Fault> {
        let site = &mut self.sites[index];
        let (platform, scope) = (site.platform(), site.scope(request));
        if let Some(at) = self.queue.iter().position(|shot| shot.fits(platform, scope)) {
            let shot = &mut self.queue[at];
            let fault = shot.fault();
            shot.times = shot.times.saturating_sub(1);
            if shot.times == 0 {
                self.queue.remove(at);
            }
            return Some(fault);
        }
        let plan = self.plan.as_ref().filter(|plan| plan.covers(platform, scope))?;
        let identity = site.identity(request);
        let seen = site.book.draw(&identity);
        plan.draw(platform, &identity, seen)
    }

    fn strike(&mut self, index: usize, request: &Request, now: i64, fault: Fault) -> Delivery {
        let site = &mut self.sites[index];
        let creates = site.scope(request) == Scope::Create;
        let before = site.book.orders().len();
        let known = site.remembers(request, now);
        let executed = runs_now(fault.kind).then(|| site.execute(request, now));
        let made = site.book.orders().get(before).map(|order| (order.id.clone(), order.content.clone()));
        let answer = |reply| Delivery::Answer { reply, after_ms: 0 };
        let (platform, done) = (site.platform(), executed.unwrap_or_else(|| site.failure(request)));
        match fault.kind {
            FaultKind::LoseResponse | FaultKind::LoseRequest => Delivery::Dropped,
            FaultKind::HalfBody => Delivery::Truncated(done),
            FaultKind::HeadersOnly => Delivery::HeadOnly(done),
            FaultKind::Unreachable => Delivery::Unreachable { ms: fault.ms },
            FaultKind::LateCommit => {
                if site.scope(request) != Scope::Lookup {
                    site.book.delay(request, now + i64::from(fault.ms));
                }
                Delivery::Dropped
            }
            FaultKind::Error500Before | FaultKind::Error500After => {
                let failure = site.failure(request);
                if creates && site.book.switches.stored_failures && !known {
                    site.keep_failure(request, &failure, now);
                }
                answer(failure)
            }
            FaultKind::BadGatewayBefore | FaultKind::BadGatewayAfter => answer(Reply::html(502, "502 Bad Gateway")),
            FaultKind::GatewayTimeoutAfter => answer(Reply::html(504, "504 Gateway Time-out")),
            FaultKind::UnavailableBefore => answer(Reply::html(503, "503 Service Temporarily Unavailable")),
            FaultKind::RequestTimeoutAfter => answer(site.twin().timed_out(&site.book)),
            FaultKind::Slow => Delivery::Answer { reply: done, after_ms: fault.ms },
            FaultKind::RateLimited => answer(site.too_many(request, fault.ms, now)),
            FaultKind::HtmlPage => answer(Reply::html(200, "Welcome to our wireless network. Please sign in")),
            FaultKind::Redirect => {
                let moved = Reply::html(307, "307 Temporary Redirect");
                answer(moved.with("location", format!("https://moved.example{}", request.path)))
            }
            // A stored failure stays one: nothing exists that a success could be missing the id of.
            FaultKind::EmptySuccess if done.status >= 300 => answer(done),
            FaultKind::EmptySuccess => answer(Reply::json_text(200, "{}".into())),
            FaultKind::GarbledAfter => answer(Reply::json_text(done.status, "{\"id\": \u{fffd}!".into())),
            FaultKind::ListLag => {
                if let Some((id, _)) = made {
                    let until = now + i64::from(fault.ms);
                    site.book.commit(Entry::Hidden { platform, id, until });
                }
                Delivery::Dropped
            }
            FaultKind::Hold => {
                self.tickets += 1;
                let held = HeldAnswer { platform, path: request.path.clone(), since_ms: now };
                self.held.insert(self.tickets, held);
                Delivery::Held { reply: done, ticket: self.tickets }
            }
            FaultKind::Doubled => answer(site.execute(request, now)),
            FaultKind::StrangerTwin => {
                if let Some((_, content)) = made {
                    site.place_twin(content, None, now);
                }
                Delivery::Dropped
            }
        }
    }

    /// Whether an answer is still held back.
    pub fn is_held(&self, ticket: u64) -> bool {
        self.held.contains_key(&ticket)
    }

    /// Forgets a held answer whose client has left.
    pub fn forget(&mut self, ticket: u64) {
        self.held.remove(&ticket);
    }

    /// Lets every held answer go; how many there were.
    pub fn release(&mut self) -> usize {
        std::mem::take(&mut self.held).len()
    }

    /// Every order that really exists at `wall`, oldest first for each platform.
    pub fn truth(&mut self, wall: i64) -> Vec<TruthOrder> {
        let mut orders = Vec::new();
        for site in &mut self.sites {
            let now = site.clock(wall);
            site.settle(now);
            let (platform, switches) = (site.platform(), &site.book.switches);
            orders.extend(site.book.orders().iter().map(|order| order.truth(platform, switches, now)));
        }
        orders
    }

    /// What an order holds that exists: what was ordered, without reference or key.
    pub fn content(&self, platform: PracticePlatform, id: &str) -> Option<&Map<String, Value>> {
        self.site(platform)?.book.order(id).map(|order| &order.content)
    }

    /// Switches, queued faults, counters and held answers at `wall`.
    pub fn state(&mut self, wall: i64) -> PracticeState {
        let platforms = self.sites.iter_mut().map(|site| {
            let now = site.clock(wall);
            site.settle(now);
            let count = |strangers: bool| site.book.orders().iter().filter(|o| o.by_stranger == strangers).count();
            PlatformState {
                platform: site.platform(),
                switches: site.book.switches.clone(),
                orders: small(count(false)),
                orders_by_strangers: small(count(true)),
                requests: site.requests,
                creates: site.creates,
                waiting: small(site.book.waiting()),
                faults: site.faults.iter().map(|(kind, count)| FaultCount { kind: *kind, count: *count }).collect(),
            }
        });
        let platforms = platforms.collect();
        let held = self.held.values().cloned().collect();
        PracticeState { platforms, queue: self.queue.clone(), plan: self.plan.clone(), held }
    }

    /// The switches of a platform.
    ///
    /// # Errors
    /// In words, when it is not served here.
    pub fn switches(&mut self, platform: PracticePlatform) -> Result<Switches, String> {
        self.existing(platform).map(|site| site.book.switches.clone())
    }

    /// Sets a platform's switches at `wall`. What has happened by then stays as it was.
    ///
    /// # Errors
    /// In words, when it is not served here or has no such refusal.
    pub fn set_switches(&mut self, platform: PracticePlatform, switches: Switches, wall: i64) -> Result<(), String> {
        let site = self.existing(platform)?;
        let (word, known) = (switches.create_refused_as.as_str(), site.twin().named_refusals());
        if !word.is_empty() && !known.contains(&word) {
            return Err(format!("switches: {platform} has no refusal {word:?}; there are: {}", known.join(", ")));
        }
        let now = site.clock(wall);
        site.settle(now);
        site.pin(now);
        site.book.commit(Entry::Switched(Positions { platform, switches }));
        Ok(())
    }

    /// Queues a fault for the next requests that it fits.
    ///
    /// # Errors
    /// In words, when it strikes nothing.
    pub fn queue_fault(&mut self, shot: OneShot) -> Result<(), String> {
        if shot.times == 0 {
            return Err("fault: times is 0; give how many requests it is to strike".into());
        }
        if let Some(platform) = shot.platform {
            self.existing(platform)?;
        }
        self.queue.push(shot);
        Ok(())
    }

    /// Empties the queue of faults.
    pub fn clear_faults(&mut self) {
        self.queue.clear();
    }

    /// Sets the fault plan and its switches at `wall`, or removes the plan.
    ///
    /// # Errors
    /// In words, when the plan makes no sense or names a platform that is not served here; then nothing is changed.
    pub fn set_plan(&mut self, plan: Option<FaultPlan>, wall: i64) -> Result<(), String> {
        let plan = plan.map(FaultPlan::checked).transpose()?;
        let changes = plan.iter().flat_map(|plan| &plan.switches);
        let changed = changes.map(|(platform, change)| Ok((*platform, self.switches(*platform)?.changed(change)?)));
        let changed = changed.collect::<Result<Vec<_>, String>>()?;
        changed.into_iter().try_for_each(|(platform, switches)| self.set_switches(platform, switches, wall))?;
        self.plan = plan;
        Ok(())
    }

    /// A stranger orders at `wall`; the new order's id.
    ///
    /// # Errors
    /// In words, when there is nothing to copy or the platform refuses the body.
    pub fn place_stranger(&mut self, order: &StrangerOrder, wall: i64) -> Result<String, String> {
        let site = self.existing(order.platform)?;
        let now = site.clock(wall);
        site.settle(now);
        if let Some(body) = &order.body {
            let placed = site.order_as_stranger(body, now);
            return placed.map_err(|reply| format!("stranger: refused: {}", String::from_utf8_lossy(&reply.body)));
        }
        let model = match &order.order_id {
            Some(id) => site.book.order(id),
            None => site.book.orders().iter().rev().find(|order| !order.by_stranger),
        };
        let content = model.map(|order| order.content.clone()).ok_or("stranger: there is no such order to copy")?;
        Ok(site.place_twin(content, order.reference.clone(), now))
    }

    /// Moves an order to a status at `wall`, a known one or not.
    ///
    /// # Errors
    /// In words, when there is no such order.
    pub fn advance(&mut self, platform: PracticePlatform, id: &str, status: &str, wall: i64) -> Result<(), String> {
        let site = self.existing(platform)?;
        let at = site.clock(wall);
        site.settle(at);
        site.book.order(id).ok_or_else(|| format!("{platform} has no order {id}"))?;
        let (id, status) = (id.to_owned(), status.to_owned());
        site.book.commit(Entry::Moved { platform, id, status, at, reason: None });
        Ok(())
    }
}

/// Whether the request takes its effect at once when this strikes.
fn runs_now(kind: FaultKind) -> bool {
    match kind {
        FaultKind::LoseRequest
        | FaultKind::LateCommit
        | FaultKind::Error500Before
        | FaultKind::BadGatewayBefore
        | FaultKind::UnavailableBefore
        | FaultKind::RateLimited
        | FaultKind::HtmlPage
        | FaultKind::Redirect
        | FaultKind::Unreachable => false,
        FaultKind::LoseResponse
        | FaultKind::HalfBody
        | FaultKind::HeadersOnly
        | FaultKind::Error500After
        | FaultKind::BadGatewayAfter
        | FaultKind::GatewayTimeoutAfter
        | FaultKind::RequestTimeoutAfter
        | FaultKind::Slow
        | FaultKind::EmptySuccess
        | FaultKind::GarbledAfter
        | FaultKind::ListLag
        | FaultKind::Hold
        | FaultKind::Doubled
        | FaultKind::StrangerTwin => true,
    }
}

fn small(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}
