//! The simulator: the real core on a real ledger file, the practice platforms in the same process, a clock that only the
//! simulator moves, and faults, crashes and people that are drawn from a seed.
//!
//! A world is a few orders at one account; there are many. `script` says what will happen to it, `fate` what becomes of
//! each request, `weather` what the platform's documents leave open, `scene` lets it happen, `acts` carries out what is
//! done from outside, `past` brings an older ledger back, `pin` keeps
//! one open point as it is, `check` holds the end against what really exists, `tally` counts. `machine` is the clock, `wire` the
//! core's way out, `quiet` knows when nothing moves, `turn` waits in turn. Not here: sockets, and any rule of Docket's.

mod acts;
mod check;
mod fate;
mod machine;
mod past;
mod pin;
mod quiet;
mod scene;
mod script;
mod tally;
mod turn;
mod weather;
mod wire;

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, Once, PoisonError};

use docket_core::api::views::LogView;
use docket_practice::PracticePlatform;

pub use check::Findings;
pub use pin::Pin;
use quiet::{Quiet, Watched};
use scene::Scene;
use script::Script;
pub use tally::Tally;

/// What one world came to.
#[derive(Clone, Debug)]
pub struct World {
    /// Its number.
    pub number: u64,
    /// Where.
    pub platform: PracticePlatform,
    /// How many orders.
    pub orders: usize,
    /// What was found at its end.
    pub findings: Findings,
    /// Requests that left.
    pub requests: u64,
    /// Things that happened.
    pub events: u64,
    /// Its script and the last things that happened.
    pub told: String,
    /// Every entry of its log, in a line each.
    pub log: Vec<String>,
}

/// The worlds of one seed, one after the other. One at a time in a process: who rests is asked of all its threads.
pub struct Worlds {
    seed: u64,
    only: Option<PracticePlatform>,
    pin: Option<Pin>,
    quiet: Watched,
    _alone: MutexGuard<'static, ()>,
}

static ALONE: Mutex<()> = Mutex::new(());
static PANICS: AtomicU64 = AtomicU64::new(0);
static COUNTING: Once = Once::new();

/// Tasks that panic are not heard of otherwise: the runtime ends them.
fn count_panics() {
    COUNTING.call_once(|| {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            PANICS.fetch_add(1, Ordering::SeqCst);
            before(info);
        }));
    });
}

/// An entry of the log, as a failure's story has it.
fn in_a_line(entry: &LogView) -> String {
    let no = entry.order_no.as_ref().map_or("-", |no| no.as_str());
    format!("{:>5} {} {no} {} {}", entry.seq.0, entry.at, entry.kind.code(), entry.detail)
}

impl Worlds {
    /// The worlds of a seed, at all platforms or at one only.
    pub fn new(seed: u64, only: Option<PracticePlatform>) -> Worlds {
        count_panics();
        let alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
        Worlds { seed, only, pin: None, quiet: Watched(Quiet::new()), _alone: alone }
    }

    /// The same with one switch in one position throughout.
    pub fn pinned(self, pin: Option<Pin>) -> Worlds {
        Worlds { pin, ..self }
    }

    /// Plays one of them.
    pub fn play(&self, number: u64) -> World {
        let drawn = Script::draw(self.seed, number, self.only);
        let script = match &self.pin {
            Some(pin) => drawn.pinned(pin.clone()),
            None => drawn,
        };
        let (platform, orders) = (script.platform, script.orders);
        let described = format!("{script:#?}");
        let panics = PANICS.load(Ordering::SeqCst);
        let mut scene = Scene::new(script, &self.quiet.0);
        let ending = scene.play();
        let mut findings = check::check(&mut scene, ending);
        let panicked = PANICS.load(Ordering::SeqCst) - panics;
        findings.panicked = panicked;
        let told = scene.last.iter().map(|line| format!("{line}\n")).collect::<String>();
        let world = World {
            number,
            platform,
            orders,
            findings,
            requests: scene.line.requests(),
            events: scene.events,
            told: format!("{described}\n{told}"),
            log: scene.log().iter().map(in_a_line).collect(),
        };
        scene.kill();
        world
    }

    /// The command that plays just this world again.
    pub fn again(&self, number: u64) -> String {
        let only = self.only.map(|platform| format!(" --platform {platform}")).unwrap_or_default();
        let pin = self.pin.as_ref().map(|pin| format!(" --pin '{pin}'")).unwrap_or_default();
        format!("cargo run -p docket-sim -- --seed {} --world {number}{only}{pin}", self.seed)
    }
}
