//! What is done to a scene from outside, and when: by people, by the machine, by the platform. Drawn before it begins.
//!
//! Not here: how it is done (`acts`), or what becomes of single requests (`fate`).

use docket_practice::PracticePlatform;
use docket_tests::chance::chance;
use rand::Rng as _;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom as _;

use crate::fate::Strength;
use crate::pin::Pin;
use crate::weather::Climate;

/// One thing that is done. Numbers pick an order, or a case, among those there are then.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    /// All drafts are dispatched.
    DispatchAll,
    /// Some are.
    Dispatch(u32),
    /// One is, by a double click, and by a second hand with a click of its own.
    DoubleClick(u32),
    /// What was cancelled or has ended is dispatched again.
    Again(u32),
    /// A queued one is taken back.
    Withdraw(u32),
    /// One is cancelled.
    Cancel(u32),
    /// A person decides on a case, having looked at the platform's own pages.
    Decide(u32),
    /// A person lets one be looked up.
    LookAgain(u32),
    /// Fields of one are changed.
    Edit(u32),
    /// The same file comes in again.
    Import,
    /// Everything bound is tracked.
    Track,
    /// The program is killed when it reads the clock for so many times more, and started again after so long.
    Kill(u32, i64),
    /// The program is ended, and started again after so long.
    Stop(i64),
    /// The machine sleeps for so long.
    Sleep(i64),
    /// The machine is switched off, and on again after so long.
    Restart(i64),
    /// The wall clock is set by so much.
    StepWall(i64),
    /// The platform's switches change.
    Switches,
    /// The platform is down for so long.
    Down(i64),
    /// The network is away for so long.
    Offline(i64),
    /// The credential is refused.
    Revoke,
    /// It is good again, and a person gives it again.
    Restore,
    /// The merchant's API key is renewed and given to Docket; the old one is good for a while yet.
    Renew,
    /// A stranger orders what the newest order orders.
    Stranger,
    /// The platform ends an order.
    PlatformEnds(u32),
    /// The ledger is copied, as a backup does.
    Keep,
    /// The program is ended, the copy takes the ledger's place, and the program is started again after so long.
    BringBack(i64),
    /// The platform is asked for what the ledger may not know; and where that does not open the account, a person who has
    /// looked at the platform's own pages may.
    CheckPast,
}

/// A run that is still to come.
#[derive(Clone, Debug)]
pub struct Script {
    /// The seed of this world.
    pub seed: u64,
    /// Where.
    pub platform: PracticePlatform,
    /// How many orders.
    pub orders: usize,
    /// The account's settings.
    pub settings: Vec<(String, String)>,
    /// What the platform may do.
    pub climate: Climate,
    /// What stays as it is whatever is drawn.
    pub pin: Option<Pin>,
    /// What may happen to requests.
    pub strength: Strength,
    /// What is done, in time. Milliseconds since the beginning.
    pub acts: Vec<(i64, Act)>,
    /// When the weather clears.
    pub clears_at: i64,
    /// Whether the cases that are left then are decided on by a person.
    pub decided: bool,
}

const SECOND: i64 = 1_000;
const MINUTE: i64 = 60 * SECOND;
const HOUR: i64 = 60 * MINUTE;

/// The quiet time of a platform's contract.
fn usual_settle(platform: PracticePlatform) -> i64 {
    if platform == PracticePlatform::Foxreload { 150 * SECOND } else { 90 * SECOND }
}

/// The setting that says how long a key, or an active reference, holds there.
fn life_setting(platform: PracticePlatform) -> Option<&'static str> {
    match platform {
        PracticePlatform::Doordash | PracticePlatform::Foxreload => None,
        PracticePlatform::Postmates => Some("reference_life_s"),
        PracticePlatform::UberDirect | PracticePlatform::PrintOne | PracticePlatform::Pathao => Some("key_lifetime_s"),
    }
}

impl Script {
    /// The script of one world.
    pub fn draw(seed: u64, world: u64, only: Option<PracticePlatform>) -> Script {
        let mut chance = chance(seed, &format!("world {world}"));
        let drawn = *PracticePlatform::ALL.choose(&mut chance).expect("there are platforms");
        let platform = only.unwrap_or(drawn);
        let fenced = platform != PracticePlatform::Foxreload;
        let mut settings: Vec<(String, String)> = Vec::new();
        let mut set = |name: &str, value: String| settings.push((name.to_owned(), value));
        let (mut settle, mut timeout) = (usual_settle(platform), 30 * SECOND);
        if chance.random_bool(0.5) {
            (settle, timeout) = (chance.random_range(20..120) * SECOND, chance.random_range(5..30) * SECOND);
            set("settle_ms", settle.to_string());
            set("timeout_ms", timeout.to_string());
        }
        let rough = chance.random_bool(0.35);
        let life = (fenced && chance.random_bool(0.5)).then(|| settle * chance.random_range(4..12));
        if let Some(life) = life {
            life_setting(platform).into_iter().for_each(|name| set(name, (life / SECOND).to_string()));
            set("fence_margin_s", chance.random_range(0..20).to_string());
        }
        if chance.random_bool(0.5) {
            set("on_absent", "resend".to_owned());
        }
        let exclusive = !fenced && chance.random_bool(0.6);
        if exclusive {
            set("exclusive", "true".to_owned());
        }
        if chance.random_bool(0.3) {
            set("max_in_flight", chance.random_range(1..12).to_string());
        }
        let races = fenced && platform != PracticePlatform::Doordash && chance.random_bool(0.3);
        let doubles = fenced && !races;
        let strangers = fenced || (rough && !exclusive);
        let life_ms = life.map(|life| u32::try_from(life).unwrap_or(u32::MAX));
        let climate = Climate {
            platform,
            rough,
            settle_ms: u32::try_from(settle).unwrap_or(u32::MAX),
            life_ms,
            races,
            short_pages: false,
        };
        let rate = *[0.05, 0.2, 0.4, 0.6].choose(&mut chance).expect("there are rates");
        let strength = Strength {
            rate,
            late_ms: settle / 2,
            lag_ms: climate.settle_ms / 4,
            timeout_ms: timeout,
            doubles,
            strangers,
        };
        let span = *[5 * MINUTE, 30 * MINUTE, 2 * HOUR, 12 * HOUR].choose(&mut chance).expect("there are spans");
        let mut acts = first_acts(&mut chance);
        for _ in 0..chance.random_range(2..18) {
            // Half of what happens falls into the first minutes, when most requests are under way.
            let at = if chance.random_bool(0.5) {
                chance.random_range(0..span.min(4 * MINUTE))
            } else {
                chance.random_range(0..span)
            };
            acts.extend(act(&climate, &strength, exclusive, &mut chance).map(|act| (at, act)));
        }
        // Drawn apart: where no past is drawn, a world stays what it was.
        let past = a_past(seed, world, span);
        if !past.is_empty() {
            // What was bought a second time on purpose, in the time that is forgotten, no ledger knows of any more.
            acts.retain(|(_, act)| !matches!(act, Act::Again(_)));
        }
        acts.extend(past);
        acts.extend(renewals(seed, world, platform, span));
        acts.sort_by_key(|(at, _)| *at);
        let orders = chance.random_range(4..=32);
        let decided = chance.random_bool(0.4);
        // Fates are drawn from what a request says, and the same orders say the same in every world.
        let seed = chance.random();
        Script { seed, platform, orders, settings, climate, pin: None, strength, acts, clears_at: span, decided }
    }

    /// The same world with one switch in one position throughout, and made harder where such a position could tell: what
    /// is proven absent is sent again, lists have short pages, and orders end while others are in doubt.
    pub fn pinned(mut self, pin: Pin) -> Script {
        const ENDS: u32 = 12;
        let mut chance = chance(self.seed, &format!("{pin}"));
        self.settings.retain(|(name, _)| name != "on_absent");
        self.settings.push(("on_absent".to_owned(), "resend".to_owned()));
        self.climate.short_pages = true;
        // At Postmates a delivery that somebody else ends in its first minutes is what no client can see.
        let ends = if self.platform == PracticePlatform::Postmates { 0 } else { ENDS };
        for _ in 0..ends {
            let at = chance.random_range(0..self.clears_at.min(20 * MINUTE));
            self.acts.push((at, Act::PlatformEnds(chance.random_range(0..1_000))));
            self.acts.push((at + MINUTE, Act::Track));
        }
        self.acts.sort_by_key(|(at, _)| *at);
        // A middle box that repeats what was answered, after an end that gave the key or the reference free: an open point,
        // told of in ARCHITECTURE.md.
        self.strength.doubles &= !(pin.switch.contains("_frees_") && pin.position == true);
        self.pin = Some(pin);
        self
    }
}

fn first_acts(chance: &mut StdRng) -> Vec<(i64, Act)> {
    let mut acts = vec![(0, Act::Switches)];
    if chance.random_bool(0.5) {
        acts.push((0, Act::DispatchAll));
    } else {
        for _ in 0..chance.random_range(2..8) {
            acts.push((chance.random_range(0..10 * MINUTE), Act::Dispatch(chance.random_range(1..9))));
        }
        acts.push((10 * MINUTE, Act::DispatchAll));
    }
    acts
}

/// In some worlds a ledger of some time ago comes back, and the platform is asked once or twice afterwards.
fn a_past(seed: u64, world: u64, span: i64) -> Vec<(i64, Act)> {
    let mut chance = chance(seed, &format!("the past of world {world}"));
    if !chance.random_bool(0.15) {
        return Vec::new();
    }
    let kept = chance.random_range(0..span / 2);
    let back = chance.random_range(kept..span);
    let mut acts = vec![(kept, Act::Keep), (back, Act::BringBack(chance.random_range(0..10 * MINUTE)))];
    for _ in 0..chance.random_range(0..3) {
        acts.push((chance.random_range(back..span + MINUTE), Act::CheckPast));
    }
    acts
}

/// In some worlds of the platforms that know a second API key, it takes the first one's place, and perhaps gives it back.
fn renewals(seed: u64, world: u64, platform: PracticePlatform, span: i64) -> Vec<(i64, Act)> {
    let mut chance = chance(seed, &format!("the keys of world {world}"));
    let two = matches!(platform, PracticePlatform::Pathao | PracticePlatform::PrintOne);
    if !two || !chance.random_bool(0.25) {
        return Vec::new();
    }
    (0..chance.random_range(1..3)).map(|_| (chance.random_range(0..span.min(20 * MINUTE)), Act::Renew)).collect()
}

/// One act; none where what is drawn is what no client can do anything about.
fn act(climate: &Climate, strength: &Strength, exclusive: bool, chance: &mut StdRng) -> Option<Act> {
    let pick = chance.random_range(0..1_000);
    let postmates = climate.platform == PracticePlatform::Postmates;
    let long = [10 * SECOND, 2 * MINUTE, 40 * MINUTE, 10 * HOUR];
    let longest = *long.choose(chance).expect("there are pauses");
    let pause = chance.random_range(0..longest);
    let act = match chance.random_range(0..30) {
        0 => Act::DoubleClick(pick),
        1 => Act::Again(pick),
        2 | 3 => Act::Withdraw(pick),
        // A middle box that repeats what was answered, and a cancel that frees the reference: an open point, told of in
        // ARCHITECTURE.md.
        4..=6 if postmates && strength.doubles => return None,
        4..=6 => Act::Cancel(pick),
        7..=9 => Act::Decide(pick),
        10 => Act::LookAgain(pick),
        11 => Act::Edit(pick),
        12 => Act::Import,
        13 => Act::Track,
        14..=17 => Act::Kill(chance.random_range(0..60), pause),
        18 => Act::Stop(pause),
        19 | 20 => Act::Sleep(pause),
        21 => Act::Restart(pause),
        22 => Act::StepWall(chance.random_range(-30 * HOUR..30 * HOUR)),
        23 | 24 => Act::Switches,
        25 => Act::Down(pause),
        26 => Act::Offline(pause),
        27 if chance.random_bool(0.5) => Act::Revoke,
        27 => Act::Restore,
        // Where nobody else orders, nobody else orders.
        28 if exclusive => return None,
        28 => Act::Stranger,
        // A delivery that somebody else ends in its first minutes is what no client can see there.
        _ if postmates => return None,
        _ => Act::PlatformEnds(pick),
    };
    Some(act)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_world_has_fates_of_its_own() {
        let seeds: std::collections::BTreeSet<u64> = (0..50).map(|world| Script::draw(1, world, None).seed).collect();
        assert_eq!(seeds.len(), 50, "the same orders would meet the same faults in every world");
        assert_eq!(Script::draw(1, 7, None).seed, Script::draw(1, 7, None).seed, "and a seed replays them");
    }
}
