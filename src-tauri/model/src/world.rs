//! The world at one moment: what the ledger says of each order, what is on its way, and what is true of the platform.
//!
//! Not here: what may happen next (`step`), or what must always hold (`properties`).

use std::fmt;
use std::hash::{DefaultHasher, Hash, Hasher};

use docket_core::domain::{
    AccountId, CredentialDigest, Dispatch, DispatchId, Enforced, Fence, Fingerprint, Invariant, OrderId, OrderNo,
    Platform, Progress, Reference, RemoteId, RemoteOrder, Stamp, State,
};

use crate::scene::{LIFE, Shape};
use crate::step::Parts;
use crate::view::View;

/// One step of the clock, in milliseconds. All times of the model are whole steps.
pub const STEP: i64 = 10_000;
/// How many steps after an attempt ended for us it may still take effect: true in the world, whatever the rules say.
pub const FLIGHT: u8 = 3;
/// How many steps patience has.
pub const PATIENCE: i64 = 24;

/// All clocks, in steps. `truth` is the platform's.
#[derive(Clone, Debug)]
pub struct Clock {
    pub truth: i64,
    pub wall: i64,
    pub boot: i64,
    pub awake: i64,
    pub boot_number: u8,
}

impl Clock {
    /// One reading, as the production code takes it.
    pub fn stamp(&self) -> Stamp {
        Stamp {
            wall_ms: self.wall * STEP,
            boot_ms: self.boot * STEP,
            awake_ms: self.awake * STEP,
            boot_id: format!("boot-{}", self.boot_number).as_str().into(),
        }
    }
}

/// What an order's client is to do next. Lost in a crash.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Todo {
    /// Send attempt `n`, which is armed.
    Send(u32),
    LookUp,
    Cancel(RemoteId),
    Track(RemoteId),
}

/// One order in the ledger.
#[derive(Clone, Debug)]
pub struct Order {
    /// Its dispatches, one a generation; the last one is the order's.
    pub dispatches: Vec<Dispatch>,
    pub todo: Option<Todo>,
    /// The attempt whose answer the client waits for, and since when on the awake clock.
    pub running: Option<(u32, i64)>,
    /// Somebody asked for a cancel since it was last sent.
    pub cancel_wanted: bool,
    /// The platform has said that it has the last generation.
    pub proved: bool,
}

impl Order {
    pub fn last(&self) -> &Dispatch {
        self.dispatches.last().expect("an order has a dispatch")
    }

    pub fn last_mut(&mut self) -> &mut Dispatch {
        self.dispatches.last_mut().expect("an order has a dispatch")
    }

    /// Reserves a generation.
    pub fn reserve(&mut self, order: usize, progress: Progress) {
        self.reserve_as(order, self.dispatches.len() as u32 + 1, progress);
    }

    /// Reserves under that number, whatever there was.
    pub fn reserve_as(&mut self, order: usize, generation: u32, progress: Progress) {
        self.dispatches.push(dispatch(order, generation, progress));
        (self.todo, self.running, self.cancel_wanted, self.proved) = (None, None, false, false);
    }
}

/// An order that the platform made.
#[derive(Clone, Debug)]
pub struct Made {
    /// Which of ours caused it, and its generation; `None`: a stranger's that looks like ours.
    pub owner: Option<(usize, u32)>,
    /// The attempt that caused it.
    pub n: u32,
    /// The reference it bears: that of this order and generation.
    pub bears: (usize, u32),
    /// The credential it was made under.
    pub credential: u8,
    /// When, by the platform's clock.
    pub at: i64,
    pub ended: bool,
    /// It had ended, and somebody has dispatched the order again.
    pub replaced: bool,
}

/// A create request on its way.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Flight {
    pub order: usize,
    pub generation: u32,
    pub n: u32,
    /// The credential it went out under.
    pub credential: u8,
    /// How many steps it still has; `None` while its client waits for it.
    pub left: Option<u8>,
    /// Another attempt of its order made one while this was on its way. What a platform makes of two requests at a time
    /// under one key or reference, none says: here it makes two orders.
    pub beside: bool,
}

/// A failure that the platform stored under a key.
#[derive(Clone, Debug)]
pub struct StoredFailure {
    pub key: (usize, u32),
    pub credential: u8,
    pub at: i64,
}

/// How often each trouble may still strike.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Troubles {
    /// Lost, late, failed or refused messages, and unclear lookups.
    pub faults: u8,
    /// Crashes of the program.
    pub crashes: u8,
    /// How many of those restart the machine.
    pub reboots: u8,
    /// Orders that a person releases.
    pub releases: u8,
    /// Cancels that somebody asks for.
    pub cancels: u8,
    /// Refused orders that somebody dispatches again.
    pub again: u8,
    /// Orders of strangers that look like ours, or bear our reference.
    pub strangers: u8,
    /// Lookups that miss a row that is there.
    pub misses: u8,
    /// Lookups whose filter is ignored: they show the order of somebody else.
    pub ignored: u8,
    /// Times the ledger is put back to before the order was dispatched, and the order is dispatched again.
    pub restores: u8,
    /// Sleeps of the machine, `SLEEP` steps each.
    pub sleeps: u8,
    /// Times the wall clock is put back.
    pub wall_back: u8,
    /// New API keys.
    pub new_keys: u8,
    /// Requests that a middle box repeats.
    pub doubled: u8,
    /// Times the machine is too busy for what is due, `STALL` steps each.
    pub stalls: u8,
    /// Times somebody else reads an order that is due, and writes what was decided from that reading later.
    pub writers: u8,
    /// Times the same purchase is dispatched under another name of this account.
    pub elsewhere: u8,
}

impl fmt::Display for Troubles {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let all = [
            ("faults", self.faults),
            ("crashes", self.crashes),
            ("of them restarts of the machine", self.reboots),
            ("releases", self.releases),
            ("cancels", self.cancels),
            ("dispatched again", self.again),
            ("strangers", self.strangers),
            ("misses", self.misses),
            ("filters ignored", self.ignored),
            ("restores", self.restores),
            ("sleeps", self.sleeps),
            ("wall clock back", self.wall_back),
            ("new keys", self.new_keys),
            ("doubled", self.doubled),
            ("stalls", self.stalls),
            ("second writers", self.writers),
            ("dispatched elsewhere", self.elsewhere),
        ];
        let told: Vec<_> = all.iter().filter(|(_, n)| *n > 0).map(|(what, n)| format!("{what} {n}")).collect();
        f.write_str(&told.join(", "))
    }
}

/// A second writer between its reading and its writing: another task, which decides from what it read.
#[derive(Clone, Debug)]
pub struct Aside {
    pub order: usize,
    /// The decision's facts as it read them.
    pub read: Parts,
}

/// The world at one moment.
#[derive(Clone, Debug)]
pub struct World {
    /// The platform's contract: what of the past counts depends on it.
    pub shape: Shape,
    pub clock: Clock,
    /// Whether a `Date` of the platform was heard since the machine started.
    pub server_known: bool,
    pub credential: u8,
    pub paused: bool,
    pub orders: Vec<Order>,
    pub made: Vec<Made>,
    pub flying: Vec<Flight>,
    pub stored: Vec<StoredFailure>,
    pub aside: Option<Aside>,
    pub left: Troubles,
    /// What a step did that it must never do.
    pub wrong: Option<Invariant>,
}

/// The digest of the `number`th credential.
pub fn credential(number: u8) -> CredentialDigest {
    CredentialDigest::of(&format!("key {number}"))
}

/// The platform's id of what it made as its `at`th.
pub fn remote_id(at: usize) -> RemoteId {
    RemoteId(format!("r{at}"))
}

/// The other way round.
pub fn made_of(id: &RemoteId) -> Option<usize> {
    id.as_str().strip_prefix('r')?.parse().ok()
}

/// The reference of an order's generation.
pub fn reference((order, generation): (usize, u32)) -> Reference {
    Reference(format!("ref-{order}-{generation}"))
}

/// All orders of a model look alike.
pub fn fingerprint() -> Fingerprint {
    Fingerprint::from("print")
}

fn dispatch(order: usize, generation: u32, progress: Progress) -> Dispatch {
    let order_no = OrderNo::from(format!("SO-{order}").as_str());
    Dispatch {
        id: DispatchId(order as i64 * 100 + i64::from(generation)),
        order_id: OrderId(order as i64),
        account_id: AccountId(1),
        order_no,
        platform: Platform::Postmates,
        generation,
        reference: reference((order, generation)),
        key: None,
        fingerprint: fingerprint(),
        state: State::Queued,
        version: 1,
        came_from: State::Draft,
        attempts: Vec::new(),
        progress,
        remote_id: None,
        bound_by: None,
        remote: None,
    }
}

impl World {
    /// `orders` orders that look alike are reserved, and nothing was sent.
    pub fn new(shape: Shape, orders: usize, left: Troubles) -> World {
        let order = |at| {
            let mut order =
                Order { dispatches: Vec::new(), todo: None, running: None, cancel_wanted: false, proved: false };
            order.reserve(at, Progress::default());
            order
        };
        World {
            shape,
            clock: Clock { truth: 100, wall: 100, boot: 10, awake: 10, boot_number: 1 },
            server_known: true,
            credential: 1,
            paused: false,
            orders: (0..orders).map(order).collect(),
            made: Vec::new(),
            flying: Vec::new(),
            stored: Vec::new(),
            aside: None,
            left,
            wrong: None,
        }
    }

    /// The one order of this world is reserved a second time, beside the first.
    pub fn reserve_elsewhere(&mut self) {
        let mut order = self.orders[0].clone();
        order.dispatches.clear();
        order.reserve_as(1, 1, Progress::default());
        self.orders.push(order);
    }

    /// Whether what the second writer has read is what is there no more.
    pub fn is_stale(&self, aside: &Aside) -> bool {
        let (read, now) = (&aside.read.dispatch, self.orders[aside.order].last());
        (read.id, read.version) != (now.id, now.version)
    }

    /// The platform orders that an order of ours caused.
    pub fn made_for(&self, order: usize) -> impl Iterator<Item = (usize, &Made)> {
        let ours = move |made: &Made| made.owner.is_some_and(|(owner, _)| owner == order);
        self.made.iter().enumerate().filter(move |(_, made)| ours(made))
    }

    /// What the platform shows of one of its orders.
    pub fn row(&self, at: usize, exact: bool) -> RemoteOrder {
        let made = &self.made[at];
        let mut row = RemoteOrder::bare(remote_id(at).as_str());
        row.reference = exact.then(|| reference(made.bears).0);
        // A stranger's order under our reference is another one; without references, it looks just like ours.
        let same = made.owner.is_some() || !exact;
        row.fingerprint = Some(if same { fingerprint() } else { Fingerprint::from("another") });
        row.ended = Some(made.ended);
        row.succeeded = made.ended.then_some(false);
        row.status = made.ended.then(|| "cancelled".into());
        row.created_ms = Some(made.at * STEP);
        row
    }

    /// Everything on which what may still happen depends, relative to now, and nothing else: two worlds with one view have
    /// one future. What only tells of the past (counters, texts, the ages of what can age no more) is left out. `named`
    /// says by which number an order goes: orders of one scene are alike, so a world and its mirror image are one.
    fn view(&self, named: impl Fn(usize) -> usize + Copy, to: &mut impl Hasher) {
        let now = self.clock.stamp();
        (self.server_known, self.credential, self.paused, self.left, self.wrong).hash(to);
        for at in 0..self.orders.len() {
            let order = &self.orders[named(at)];
            (&order.todo, order.cancel_wanted, order.proved).hash(to);
            order.running.map(|(n, since)| (n, self.clock.awake - since)).hash(to);
            let (last, earlier) = order.dispatches.split_last().expect("an order has a dispatch");
            // Of an earlier generation only what it is bound to counts.
            (last.generation, last.state.code(), &last.remote_id).hash(to);
            earlier.iter().for_each(|d| d.remote_id.hash(to));
            if self.may_go_on(last) {
                View { world: self, now: &now }.dispatch(last, named, to);
            }
        }
        let oldest = if self.ages() { LIFE } else { self.shape.lag() };
        let renamed = |(order, generation): (usize, u32)| (named(order), generation);
        for made in &self.made {
            (made.owner.map(renamed), made.n, renamed(made.bears), made.credential).hash(to);
            (made.ended, made.replaced).hash(to);
            (self.clock.truth - made.at).min(oldest).hash(to);
        }
        let one = |f: &Flight| (named(f.order), f.generation, f.n, f.credential, f.left, f.beside);
        let mut flying: Vec<_> = self.flying.iter().map(one).collect();
        flying.sort_unstable();
        flying.hash(to);
        for stored in &self.stored {
            (renamed(stored.key), stored.credential, (self.clock.truth - stored.at).min(LIFE)).hash(to);
        }
        if let Some(aside) = &self.aside {
            let read = &aside.read;
            (named(aside.order), self.is_stale(aside), read.dispatch.state.code()).hash(to);
            (read.dispatch.attempts.len(), &read.credential).hash(to);
            read.server_ms.map(|ms| self.clock.truth * STEP - ms).hash(to);
            (now.boot_ms - read.now.boot_ms, now.wall_ms - read.now.wall_ms, now.awake_since(&read.now)).hash(to);
            // What it read, as old as it was then.
            View { world: self, now: &read.now }.dispatch(&read.dispatch, named, to);
        }
    }

    /// Whether time changes what becomes of a platform order: by its key's age, or because it may end and that counts.
    fn ages(&self) -> bool {
        matches!(self.shape.fence(), Fence::Key { .. }) || self.ends_count()
    }

    /// Whether the rules ask how old the first request is.
    pub fn ages_by_rule(&self) -> bool {
        match self.shape.fence() {
            Fence::Key { .. } | Fence::Reference { enforced: Enforced::Active { .. } } => true,
            Fence::None | Fence::Reference { enforced: Enforced::Forever } => false,
        }
    }

    /// Whether it makes a difference to anything that the platform ends an order.
    pub fn ends_count(&self) -> bool {
        let active = matches!(self.shape.fence(), Fence::Reference { enforced: Enforced::Active { .. } });
        active || self.left.cancels > 0 || self.orders.iter().any(|o| o.last().progress.cancel_asked)
    }

    /// Whether anything that a dispatch remembers of its requests can still count.
    pub fn may_go_on(&self, d: &Dispatch) -> bool {
        match d.state {
            State::Queued | State::Sending | State::InDoubt | State::NeedsReview | State::Closed => true,
            State::Dispatched => self.left.cancels > 0 || d.progress.cancel_asked,
            State::Draft | State::Refused | State::Cancelled => false,
        }
    }

    fn digest(&self) -> u64 {
        let seen = |named: fn(usize) -> usize| {
            let mut hasher = DefaultHasher::new();
            self.view(named, &mut hasher);
            hasher.finish()
        };
        match self.orders.len() {
            2 => seen(|at| at).min(seen(|at| 1 - at)),
            _ => seen(|at| at),
        }
    }
}

impl Hash for World {
    fn hash<H: Hasher>(&self, to: &mut H) {
        self.digest().hash(to);
    }
}

impl PartialEq for World {
    fn eq(&self, other: &World) -> bool {
        self.digest() == other.digest()
    }
}
