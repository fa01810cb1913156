//! One world: a core at work on a ledger's file, a platform in the same process, and what happens between and around
//! them, one thing at a time.
//!
//! Whatever is to come has its moment on the one line of time; the next is taken when nothing moves any more. Not here:
//! what is done from outside (`acts`), or whether it went well (`check`).

use std::collections::{BTreeMap, VecDeque};
use std::path::PathBuf;
use std::sync::Arc;

use docket_core::api::views::{OrderQuery, OrderView};
use docket_core::api::{Core, CoreOptions};
use docket_core::domain::State;
use docket_core::domain::http::HttpResponse;
use docket_practice::{AppliesTo, Delivery, FaultKind, OneShot, Outcome, PracticePlatform, Reply, Request, World};
use docket_tests::chance::chance;
use rand::Rng as _;
use tempfile::TempDir;
use tokio::runtime::Runtime;

use crate::fate::{Back, Reach};
use crate::machine::{EPOCH_MS, Machine};
use crate::quiet::{Quiet, Rest};
use crate::script::{Act, Script};
use crate::turn::block_on;
use crate::weather;
use crate::wire::{Left, Line, Waits};

/// Where the platforms are said to be. Nobody connects to it.
pub const BASE_URL: &str = "http://127.0.0.1:9";
/// So many things may happen in one world before it is said to spin.
const MOST_EVENTS: u64 = 40_000;
/// So long after the weather has cleared everything is settled, or it is stuck: patience is a day at most.
const PATIENCE_MS: i64 = 4 * 24 * 3_600_000;
/// So long what is in doubt at a shut account is looked up before it is said to wait for whoever opens it: a key that would
/// settle it may not be leaned on meanwhile.
const SHUT_MS: i64 = 2 * 3_600_000;
/// When nothing else is to come, whoever only looks now and then does so this often.
const LOOKS_MS: i64 = 60_000;
/// What is told of a failure.
const LAST_EVENTS: usize = 60;

/// The program, running.
pub struct Process {
    pub runtime: Runtime,
    pub core: Core,
}

/// Something that is to come.
enum Event {
    Reached(Waits<()>, Result<(), String>),
    Arrives { request: Request, fault: Option<(FaultKind, u32)>, answers: Option<(Waits<HttpResponse>, i64)> },
    Told(Waits<HttpResponse>, Result<HttpResponse, String>),
}

/// How a scene ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// Everything is settled, or with a person.
    Settled,
    /// It is not, and nothing more will come of it.
    Stuck,
}

/// One world.
pub struct Scene {
    pub script: Script,
    pub machine: Machine,
    pub line: Line,
    pub world: World,
    pub process: Option<Process>,
    pub folder: TempDir,
    pub events: u64,
    /// The last things that happened.
    pub last: VecDeque<String>,
    /// Commands asked for so far.
    pub asked: u64,
    /// How long the program is away when it has been killed.
    pub away_ms: i64,
    /// Whether an older ledger came back.
    pub brought_back: bool,
    /// Whether the second of the merchant's API keys is the one in use.
    pub renewed: bool,
    quiet: Quiet,
    to_come: BTreeMap<(i64, String, u64), Event>,
    numbered: u64,
    /// Whoever waits for an answer that will not come.
    silence: Vec<Waits<HttpResponse>>,
}

impl Scene {
    /// A scene in which nothing has happened.
    pub fn new(script: Script, quiet: &Quiet) -> Scene {
        let machine = Machine::new(script.seed, quiet.clone());
        let line = Line::new(script.seed, script.strength.clone(), machine.clone(), quiet.clone());
        let world = calm(&script);
        // Memory where there is some: what is synced is then synced at once.
        let shared = std::path::Path::new("/dev/shm");
        let folder = if shared.is_dir() { tempfile::tempdir_in(shared) } else { tempfile::tempdir() };
        Scene {
            script,
            machine,
            line,
            world,
            process: None,
            folder: folder.expect("a temporary folder"),
            events: 0,
            last: VecDeque::new(),
            asked: 0,
            away_ms: 0,
            brought_back: false,
            renewed: false,
            quiet: quiet.clone(),
            to_come: BTreeMap::new(),
            numbered: 0,
            silence: Vec::new(),
        }
    }

    /// Tells what happens.
    pub fn tell(&mut self, what: String) {
        if self.last.len() == LAST_EVENTS {
            self.last.pop_front();
        }
        self.last.push_back(format!("{:>10} {what}", self.machine.at()));
    }

    fn options(&self) -> CoreOptions {
        CoreOptions {
            ledger: self.ledger(),
            secrets_file: Some(self.folder.path().join("secrets.json")),
            program: "docket-sim",
            follow: false,
            station: self.folder.path().join("station"),
        }
    }

    /// The ledger's file.
    pub fn ledger(&self) -> PathBuf {
        self.folder.path().join("ledger.db")
    }

    /// The program starts.
    pub fn start(&mut self) {
        if self.process.is_some() {
            return;
        }
        let runtime = self.quiet.runtime();
        let opening = Core::open_over(self.options(), Arc::new(self.machine.clone()), Arc::new(self.line.clone()));
        let core = block_on(&runtime, opening).expect("the core opens");
        self.process = Some(Process { runtime, core });
        self.rest();
    }

    /// The program is killed where it stands: nothing of it goes on, and its files are what they are.
    pub fn kill(&mut self) {
        let Some(Process { runtime, core }) = self.process.take() else { return };
        self.quiet.kill_after(Some(0));
        self.quiet.reading();
        {
            let _here = runtime.enter();
            drop(core);
        }
        drop(runtime);
        self.quiet.until_gone();
        self.quiet.kill_after(None);
        self.take_up();
    }

    /// The program is asked to end, and does.
    pub fn stop(&mut self) {
        self.quiet.kill_after(None);
        if let Some(process) = &self.process {
            block_on(&process.runtime, process.core.stop());
        }
        self.kill();
    }

    /// The program will be killed when it has read the clock so many times more.
    pub fn kill_after(&mut self, readings: Option<u32>) {
        self.quiet.kill_after(readings);
    }

    /// Something is asked of the core, and waited for: only what asks no platform.
    pub fn ask<T>(&self, ask: impl AsyncFnOnce(&Core) -> T) -> Option<T> {
        let process = self.process.as_ref()?;
        Some(block_on(&process.runtime, ask(&process.core)))
    }

    /// All orders, in the order in which they came in.
    pub fn orders(&self) -> Vec<OrderView> {
        let query = OrderQuery { limit: 100_000, ..OrderQuery::default() };
        let page = self.ask(async |core| core.orders(query).await.expect("orders"));
        page.map(|page| page.rows).unwrap_or_default()
    }

    /// Waits until nothing moves, and takes up what has left meanwhile.
    pub fn rest(&mut self) {
        let Some(process) = &self.process else { return };
        let rest = process.runtime.block_on(self.quiet.rest());
        self.take_up();
        if rest == Rest::Killed {
            self.tell(format!("the program is killed, and away for {} ms", self.away_ms));
            self.kill();
            self.pass(self.machine.at() + self.away_ms, false);
            self.start();
        }
    }

    fn put(&mut self, at: i64, key: &str, event: Event) {
        self.numbered += 1;
        self.to_come.insert((at, key.to_owned(), self.numbered), event);
    }

    /// What has come to the wire gets its moments.
    fn take_up(&mut self) {
        let (fresh, now) = (self.line.take(), self.machine.at());
        for connecting in fresh.connecting {
            let (after, told) = match connecting.reach {
                Reach::After(ms) => (ms, Ok(())),
                Reach::Never(ms, why) => (ms, Err(why.to_owned())),
            };
            self.put(now + after, &connecting.key, Event::Reached(connecting.waits, told));
        }
        for Left { request, waits, fate, key } in fresh.left {
            let (short, copies) = (brief(&request), fate.copies.len());
            self.tell(format!("left: {short}; {copies} arrive, {:?}", fate.back));
            let mut waits = Some(waits);
            let latency = i64::from(self.world.latency(&request));
            for (n, copy) in fate.copies.iter().enumerate() {
                let answers = match fate.back {
                    Back::Answer(ms) if n == 0 => waits.take().map(|waits| (waits, ms + latency - latency / 2)),
                    _ => None,
                };
                let event = Event::Arrives { request: request.clone(), fault: copy.fault, answers };
                self.put(now + copy.after_ms + latency / 2, &format!("{key} {n}"), event);
            }
            let Some(waits) = waits else { continue };
            match fate.back {
                Back::Broken(ms) => self.put(now + ms, &key, Event::Told(waits, Err("connection reset".into()))),
                Back::Page(status, ms) => self.put(now + ms, &key, Event::Told(waits, Ok(page(status)))),
                Back::Silence | Back::Answer(_) => self.silence.push(waits),
            }
        }
    }

    /// A request reaches the platform at its moment.
    fn arrive(
        &mut self,
        at: i64,
        key: &str,
        request: &Request,
        fault: Option<(FaultKind, u32)>,
        answers: Option<(Waits<HttpResponse>, i64)>,
    ) {
        if let Some((kind, ms)) = fault {
            let shot = OneShot { ms: Some(ms), applies_to: AppliesTo::All, ..OneShot::next(kind) };
            self.world.queue_fault(shot).expect("a fault that can strike");
        }
        let Outcome { delivery, server_time } = self.world.request(request, EPOCH_MS + at);
        self.world.clear_faults();
        let (short, said) = (brief(request), saying(&delivery));
        self.tell(format!("at {at} arrived: {short}; {fault:?}; {said}"));
        let Some((waits, back)) = answers else { return };
        let broken = || Err("connection broke off".to_owned());
        let (after, told) = match delivery {
            Delivery::Answer { reply, after_ms } => {
                let after = i64::from(after_ms);
                (after, Ok(whole(&reply, server_time + after)))
            }
            Delivery::Dropped | Delivery::Unreachable { .. } | Delivery::HeadOnly(_) | Delivery::Truncated(_) => {
                (0, broken())
            }
            Delivery::Held { ticket, .. } => {
                self.world.forget(ticket);
                return self.silence.push(waits);
            }
        };
        self.put(at + back + after, key, Event::Told(waits, told));
    }

    /// Time passes without the program: it is away, or, `asleep`, the machine stands still. The platforms go on.
    pub fn pass(&mut self, until: i64, asleep: bool) {
        while let Some(entry) = self.to_come.first_entry() {
            if entry.key().0 > until {
                break;
            }
            let ((at, key, _), event) = entry.remove_entry();
            match event {
                Event::Arrives { request, fault, answers } => self.arrive(at, &key, &request, fault, answers),
                Event::Reached(waits, told) => self.put(until + 1, &key, Event::Reached(waits, told)),
                Event::Told(waits, told) => {
                    // A connection may not outlive the sleep.
                    let outlives = chance(self.script.seed, &format!("outlives {key}")).random_bool(0.5);
                    let told = if outlives { told } else { Err("connection reset".to_owned()) };
                    self.put(until + 1, &key, Event::Told(waits, told));
                }
            }
        }
        if asleep {
            self.machine.sleep_until(until);
        }
        self.machine.go_to(until, false);
    }

    /// The next thing happens: the first of what is to come, before `before`. `false`: there is none.
    fn step(&mut self, before: i64) -> bool {
        let event = self.to_come.keys().next().map(|(at, ..)| *at);
        let wake = self.machine.next_wake(false);
        let Some(next) = [event, wake].into_iter().flatten().min() else { return false };
        if next >= before {
            return false;
        }
        self.events += 1;
        if event == Some(next) {
            self.machine.go_to(next, false);
            let Some(((_, key, _), event)) = self.to_come.pop_first() else { return false };
            match event {
                Event::Arrives { request, fault, answers } => {
                    self.arrive(next, &key, &request, fault, answers);
                    // Nothing of the program moves; unless its time was up at this very moment.
                    if wake != Some(next) {
                        return true;
                    }
                }
                Event::Reached(waits, told) => drop(waits.send(told)),
                Event::Told(waits, told) => drop(waits.send(told)),
            }
        } else {
            self.machine.go_to(next, false);
        }
        self.silence.retain(|waits| !waits.is_closed());
        self.rest();
        true
    }

    /// Nothing is to come: those that only look now and then get their turn.
    fn look_around(&mut self, before: i64) -> bool {
        let Some(at) = self.machine.next_wake(true).map(|at| at + LOOKS_MS).filter(|at| *at < before) else {
            return false;
        };
        self.events += 1;
        self.machine.go_to(at, true);
        self.rest();
        true
    }

    /// Plays the script, clears the weather, and lets everything settle.
    pub fn play(&mut self) -> Ending {
        self.begin();
        let mut acts = std::mem::take(&mut self.script.acts).into_iter().peekable();
        while let Some((at, act)) = acts.next_if(|_| self.events < MOST_EVENTS) {
            while self.step(at) {}
            if self.machine.at() < at {
                self.pass(at, false);
            }
            self.tell(format!("{act:?}"));
            self.perform(act);
            self.rest();
        }
        let clears_at = self.script.clears_at;
        while self.events < MOST_EVENTS && self.step(clears_at) {}
        self.clear();
        let mut ending = self.settle();
        if self.script.decided && ending == Ending::Settled {
            self.decide_all();
            ending = self.settle();
        }
        ending
    }

    /// No fault strikes any more, the program runs, and its credential is good.
    fn clear(&mut self) {
        self.tell("the weather clears".to_owned());
        self.kill_after(None);
        self.start();
        self.line.set(|strength| strength.rate = 0.0);
        self.line.offline_until(0);
        self.switch(weather::clear);
        self.perform(Act::Restore);
        self.rest();
        self.clear_up_the_past();
    }

    /// Goes on until nothing is open but what waits for a person.
    pub fn settle(&mut self) -> Ending {
        let began = self.machine.at();
        let (until, mut steps) = (began + PATIENCE_MS, 0_u32);
        loop {
            if steps.is_multiple_of(8) && !self.is_any_on_its_way() && self.is_settled(began) {
                return Ending::Settled;
            }
            steps += 1;
            if self.events >= MOST_EVENTS || !(self.step(until) || self.look_around(until)) {
                return if self.is_settled(began) { Ending::Settled } else { Ending::Stuck };
            }
        }
    }

    /// Whether a request has left that has not arrived yet.
    pub fn is_any_on_its_way(&self) -> bool {
        self.to_come.values().any(|event| matches!(event, Event::Arrives { .. }))
    }

    fn is_settled(&self, began: i64) -> bool {
        let standing = self.ask(async |core| core.standing(&[]).await.expect("the standing"));
        standing.is_some_and(|standing| standing.open == 0) || self.waits_for_whoever_opens(began)
    }

    /// Nothing is open but what is queued at an account that is shut, or was looked up there for long: that is with a person.
    fn waits_for_whoever_opens(&self, began: i64) -> bool {
        let fenced = self.script.platform != PracticePlatform::Foxreload;
        let long = fenced && self.machine.at() - began >= SHUT_MS;
        let waits = |state| state == State::Queued || state == State::InDoubt && long;
        let open = |order: &OrderView| order.state.is_open() && order.state != State::NeedsReview;
        self.is_shut() && self.orders().iter().filter(|order| open(order)).all(|order| waits(order.state))
    }
}

/// The platforms at the pace of a script: only its own weather makes them slow, or count requests at Pathao.
fn calm(script: &Script) -> World {
    let (mut world, platform) = (World::seeded(script.seed), script.platform);
    let mut switches = world.switches(platform).expect("it is there");
    switches.create_latency_ms = 0;
    if platform == PracticePlatform::Pathao {
        switches.rate_limit_per_minute = 0;
    }
    world.set_switches(platform, switches, EPOCH_MS).expect("switches that fit");
    world
}

/// A request in a few words, without what it authorises with.
fn brief(request: &Request) -> String {
    let body = String::from_utf8_lossy(&request.body);
    let owner = crate::check::owner_in(&body).unwrap_or_default();
    format!("{} {} {} {owner}", request.method, request.path, request.query)
}

fn saying(delivery: &Delivery) -> String {
    let (word, reply) = match delivery {
        Delivery::Answer { reply, .. } => ("answered", Some(reply)),
        Delivery::Dropped => ("dropped", None),
        Delivery::Unreachable { .. } => ("unreachable", None),
        Delivery::HeadOnly(reply) => ("head only", Some(reply)),
        Delivery::Truncated(reply) => ("truncated", Some(reply)),
        Delivery::Held { reply, .. } => ("held", Some(reply)),
    };
    let Some(reply) = reply else { return word.to_owned() };
    let body: String = String::from_utf8_lossy(&reply.body).chars().take(120).collect();
    format!("{word} {} {body}", reply.status)
}

/// An answer as it comes from a socket.
fn whole(reply: &Reply, time: i64) -> HttpResponse {
    let time = std::time::UNIX_EPOCH + std::time::Duration::from_millis(u64::try_from(time).unwrap_or(0));
    let mut headers = reply.headers.clone();
    headers.push(("date".to_owned(), httpdate::fmt_http_date(time)));
    HttpResponse { status: reply.status, headers, body: reply.body.to_vec() }
}

/// A page of a box in between. Its clock is its own, and wrong.
fn page(status: u16) -> HttpResponse {
    let mut reply = Reply::html(status, "Please sign in");
    if (300..400).contains(&status) {
        reply = reply.with("location", "https://sign-in.example/");
    }
    whole(&reply, 1_000_000_000_000)
}
