//! SIGKILL at random instants of whatever the program is doing, each start on what the last one left.
//!
//! `DOCKET_KILLS` says how often, over all platforms; `DOCKETCTL_BIN` names the program: `cargo xtask soak` gives the one
//! that is built for release. Named points are in `crash`, a thousand orders at once in `storm`.

use std::time::Duration;

use docket_practice::{FaultKind, PracticePlatform};
use docket_tests::chance::{chance, say, seed};
use docket_tests::orders;
use docket_tests::shop::Shop;
use docket_tests::truth::{ABSENT, NO_CONTROL, compare, existing};
use docket_tests::waiting::{LONG, Stopwatch};
use rand::Rng as _;
use rand::rngs::StdRng;
use serde_json::Value;

/// Kills, unless `DOCKET_KILLS` says otherwise.
const KILLS: usize = 100;
const PLATFORMS: usize = 6;
/// Orders that one dispatch is about.
const TOGETHER: usize = 3;
/// A run that ends before its kill is none; so many to one kill are enough for any machine.
const TRIES: usize = 4;

/// For these a person may be asked.
const REASONS: [&str; 5] = [
    "not found, and that proves nothing: no order that has ended was shown",
    NO_CONTROL,
    ABSENT,
    "more than one new platform order looks like this one",
    // FoxReload: many orders of one second say little of the order in which its list has them.
    "not found, and that proves nothing: the list does not show that it is newest first",
];

/// What is killed in the middle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Act {
    Dispatch,
    Reconcile,
    Cancel,
    Import,
}

/// How long each act takes here, learnt from those that came to their end: kills are spread over all of it.
struct Windows([Duration; 4]);

impl Windows {
    fn instant(&self, act: Act, chance: &mut StdRng) -> Duration {
        Duration::from_micros(chance.random_range(0..=u64::try_from(self.0[act as usize].as_micros()).unwrap_or(0)))
    }

    fn learn(&mut self, act: Act, ended: Option<Duration>) {
        let window = &mut self.0[act as usize];
        *window = ended.unwrap_or(*window * 21 / 20);
    }
}

struct Street {
    platform: PracticePlatform,
    shop: Shop,
    file: String,
    orders: usize,
    /// So many were asked for.
    begun: usize,
    /// Cancels that were asked for.
    cancels: usize,
}

impl Street {
    fn open(platform: PracticePlatform, kills: usize) -> Street {
        let orders = kills * TRIES * TOGETHER;
        let shop = Shop::with_orders(platform, orders, &[("exclusive", "true")]);
        shop.without_limit(platform);
        let file = orders::write(shop.folder.path(), platform, orders).display().to_string();
        let street = Street { platform, shop, file, orders, begun: 1, cancels: 0 };
        // A list that holds nothing yet is a case of its own.
        street.shop.ctl.run(&["dispatch", "SO-1", "--wait", "60"]).code(0);
        street
    }

    fn draw(&self, chance: &mut StdRng) -> Act {
        match chance.random_range(0..10) {
            0..6 if self.begun + TOGETHER <= self.orders => Act::Dispatch,
            8 if self.platform != PracticePlatform::Foxreload => Act::Cancel,
            9 => Act::Import,
            _ => Act::Reconcile,
        }
    }

    fn words(&mut self, act: Act, chance: &mut StdRng) -> Vec<String> {
        let words: Vec<String> = match act {
            Act::Dispatch => {
                match chance.random_range(0..10) {
                    0..2 => self.shop.strike(FaultKind::LoseResponse, 1),
                    2..4 => self.shop.strike(FaultKind::LoseRequest, 1),
                    _ => {}
                }
                let numbers = (self.begun + 1..=self.begun + TOGETHER).map(|n| format!("SO-{n}"));
                self.begun += TOGETHER;
                ["dispatch".to_owned()].into_iter().chain(numbers).collect()
            }
            Act::Reconcile => vec!["reconcile".into()],
            Act::Cancel => {
                self.cancels += 1;
                vec!["cancel".into(), format!("SO-{}", chance.random_range(1..=self.begun))]
            }
            Act::Import => ["order", "import", &self.file, "--account", "main"].map(str::to_owned).to_vec(),
        };
        let waits = matches!(act, Act::Dispatch | Act::Reconcile);
        words.into_iter().chain(["--wait", "20"].map(str::to_owned).into_iter().filter(|_| waits)).collect()
    }

    /// Settles all that the kills left, as a merchant would: what was never asked for is asked for now.
    fn settle(&self) {
        let ctl = &self.shop.ctl;
        let settled = |args: &[&str]| {
            let ran = ctl.run(args);
            assert!(matches!(ran.status(), Some(0 | 4)), "{ran:?}");
        };
        settled(&["reconcile", "--wait", "100"]);
        let drafts = (1..=self.begun).map(|n| format!("SO-{n}")).filter(|no| ctl.order(no)["state"] == "draft");
        for no in drafts.collect::<Vec<_>>() {
            settled(&["dispatch", &no, "--wait", "100"]);
        }
        settled(&["reconcile", "--wait", "100"]);
    }
}

fn kills(platform: PracticePlatform) {
    let wanted =
        std::env::var("DOCKET_KILLS").map_or(KILLS, |text| text.trim().parse().expect("DOCKET_KILLS is a number"));
    let (seed, wanted) = (seed(), wanted.div_ceil(PLATFORMS));
    let (mut chance, mut street) = (chance(seed, &format!("kills {platform}")), Street::open(platform, wanted));
    let (mut windows, mut killed) = (Windows([Duration::from_millis(200); 4]), [0_usize; 4]);
    for _ in 0..wanted * TRIES {
        let act = street.draw(&mut chance);
        let words = street.words(act, &mut chance);
        let watch = Stopwatch::start();
        let mut running = street.shop.ctl.start(&words.iter().map(String::as_str).collect::<Vec<_>>());
        if running.has_ended(windows.instant(act, &mut chance)) {
            windows.learn(act, Some(watch.elapsed()));
            running.end(LONG);
        } else {
            windows.learn(act, None);
            killed[act as usize] += usize::from(running.kill().was_killed());
        }
        if killed.iter().sum::<usize>() == wanted {
            break;
        }
    }
    street.settle();
    street.shop.ctl.verifies();
    let orders: Vec<_> = street.shop.ctl.orders().into_iter().filter(|order| order["state"] != "draft").collect();
    let tally = compare(&orders, &existing(&street.shop.truth_file(), platform));
    say(&format!("{platform}: killed {killed:?} (dispatch, reconcile, cancel, import): {tally:?}"));
    let count = |state: &str| tally.states.get(state).copied().unwrap_or(0);
    let (asked, cancelled) = (count("needs_review"), count("cancelled"));
    assert_eq!(killed.iter().sum::<usize>(), wanted, "as many as were wanted");
    assert!(killed[Act::Dispatch as usize] > 0, "{killed:?}");
    // Each is drawn now and then, and is over soon.
    assert!(wanted < 100 || platform == PracticePlatform::Foxreload || killed.iter().all(|n| *n > 0), "{killed:?}");
    assert_eq!(orders.len(), street.begun, "no order was lost");
    // One that looks like another waits behind it, as long as that one is with a person.
    let state_of = |order_no: &Value| orders.iter().find(|other| other["order_no"] == *order_no).map(|o| &o["state"]);
    let behind = |order: &&Value| {
        order["state"] == "queued" && state_of(&order["waits_for"]).is_some_and(|state| state == "needs_review")
    };
    let waiting = orders.iter().filter(behind).count();
    let settled = count("dispatched") + cancelled + asked + waiting;
    assert_eq!(settled, street.begun, "each is settled, or with a person: {tally:?}");
    // After a cancel nothing is sent again: what was in doubt then has to be proven absent, and the last orders of a run have
    // no newer one beside them. Without a fence a person is asked anyway. None of it exists unknown.
    let explained = |reason: &String| REASONS.iter().any(|beginning| reason.starts_with(beginning));
    assert!(tally.reviews.keys().all(explained), "{tally:?}");
    assert!(
        platform == PracticePlatform::Foxreload || asked <= street.cancels,
        "{} cancels: {tally:?}",
        street.cancels
    );
    assert!(
        tally.unbound <= cancelled + asked,
        "what nobody is bound to was cancelled, or is with a person: {tally:?}"
    );
}

#[test]
fn at_pathao() {
    kills(PracticePlatform::Pathao);
}

#[test]
fn at_postmates() {
    kills(PracticePlatform::Postmates);
}

#[test]
fn at_uber_direct() {
    kills(PracticePlatform::UberDirect);
}

#[test]
fn at_foxreload() {
    kills(PracticePlatform::Foxreload);
}

#[test]
fn at_print_one() {
    kills(PracticePlatform::PrintOne);
}

#[test]
fn at_doordash() {
    kills(PracticePlatform::Doordash);
}
