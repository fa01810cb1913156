//! SIGKILL at random instants of whatever the program is doing, each start on what the last one left.
//!
//! `DOCKET_KILLS` says how often, over all platforms; `DOCKETCTL_BIN` names the program: `cargo xtask soak` gives the one
//! that is built for release. Named points are in `crash`, a thousand orders at once in `storm`.

use std::ops::RangeInclusive;
use std::time::Duration;

use docket_practice::{FaultKind, PracticePlatform};
use docket_tests::chance::{chance, say, seed};
use docket_tests::orders;
use docket_tests::shop::Shop;
use docket_tests::tamper::number;
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
/// New rows of each import: more than one batch, so that a kill may leave a part of them.
const ROWS: usize = 1_100;
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

impl Act {
    /// FoxReload has no cancel.
    fn all(platform: PracticePlatform) -> &'static [Act] {
        match platform {
            PracticePlatform::Foxreload => &[Act::Dispatch, Act::Reconcile, Act::Import],
            _ => &[Act::Dispatch, Act::Reconcile, Act::Cancel, Act::Import],
        }
    }
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
    /// Orders that are there to be dispatched.
    orders: usize,
    /// So many were asked for.
    begun: usize,
    /// Imports that were asked for, each with rows of its own behind those orders.
    imports: usize,
    /// Cancels that were asked for.
    cancels: usize,
}

impl Street {
    fn open(platform: PracticePlatform, kills: usize) -> Street {
        let orders = (kills * TRIES + 1) * TOGETHER;
        let shop = Shop::with_orders(platform, orders, &[("exclusive", "true")]);
        shop.without_limit(platform);
        let street = Street { platform, shop, orders, begun: 1, imports: 1, cancels: 0 };
        // A list that holds nothing yet is a case of its own.
        street.shop.ctl.run(&["dispatch", "SO-1", "--wait", "60"]).code(0);
        street
    }

    fn draw(&self, chance: &mut StdRng, killed: &[usize; 4], left: usize) -> Act {
        // The last kills of a run are for what was never killed until then.
        let mut owed = Act::all(self.platform).iter().filter(|act| killed[**act as usize] == 0);
        if let Some(act) = owed.next().filter(|_| owed.count() + 1 >= left) {
            return *act;
        }
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
            Act::Import => {
                self.imports += 1;
                let last = self.orders + self.imports * ROWS;
                self.import(last - ROWS + 1..=last)
            }
        };
        let waits = matches!(act, Act::Dispatch | Act::Reconcile);
        words.into_iter().chain(["--wait", "20"].map(str::to_owned).into_iter().filter(|_| waits)).collect()
    }

    /// One that is not killed, and how long it takes: most of a kill's instants would else be before the first row.
    fn first_import(&self) -> Duration {
        let (words, watch) = (self.import(self.orders + 1..=self.orders + ROWS), Stopwatch::start());
        self.shop.ctl.run(&words.iter().map(String::as_str).collect::<Vec<_>>()).code(0);
        watch.elapsed()
    }

    fn import(&self, numbers: RangeInclusive<usize>) -> Vec<String> {
        let file = orders::write_some(self.shop.folder.path(), self.platform, numbers).display().to_string();
        ["order", "import", &file, "--account", "main"].map(str::to_owned).to_vec()
    }

    /// All rows once more, of which `told` came in with an import that came to its end: those are there, and in the end
    /// each is, once. How many the killed ones had brought.
    fn imported(&self, told: usize) -> usize {
        let rows = self.imports * ROWS;
        let words = self.import(self.orders + 1..=self.orders + rows);
        let words: Vec<&str> = ["--json"].into_iter().chain(words.iter().map(String::as_str)).collect();
        let report = self.shop.ctl.run(&words).code(0).objects().remove(0);
        let [imported, skipped] = ["imported", "skipped"].map(|name| report[name].as_u64().expect("a count") as usize);
        assert_eq!(imported + skipped, rows, "{report}");
        assert!(skipped >= told, "{told} rows were told of, and stay: {report}");
        let there = number(&self.shop.ctl.ledger, "SELECT count(DISTINCT order_no) FROM orders");
        assert_eq!(usize::try_from(there), Ok(self.orders + rows), "{report}");
        skipped - told
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
    let (seed, wanted) = (seed(), wanted.div_ceil(PLATFORMS).max(Act::all(platform).len()));
    let (mut chance, mut street) = (chance(seed, &format!("kills {platform}")), Street::open(platform, wanted));
    let (mut windows, mut killed, mut told) = (Windows([Duration::from_millis(200); 4]), [0_usize; 4], ROWS);
    windows.learn(Act::Import, Some(street.first_import()));
    for _ in 0..wanted * TRIES {
        let left = wanted - killed.iter().sum::<usize>();
        if left == 0 {
            break;
        }
        let act = street.draw(&mut chance, &killed, left);
        let words = street.words(act, &mut chance);
        let watch = Stopwatch::start();
        let mut running = street.shop.ctl.start(&words.iter().map(String::as_str).collect::<Vec<_>>());
        let ran = if running.has_ended(windows.instant(act, &mut chance)) {
            windows.learn(act, Some(watch.elapsed()));
            running.end(LONG)
        } else {
            windows.learn(act, None);
            running.kill()
        };
        if ran.was_killed() {
            killed[act as usize] += 1;
        } else if act == Act::Import {
            ran.code(0);
            told += ROWS;
        }
    }
    street.settle();
    let half_way = street.imported(told);
    street.shop.ctl.verifies();
    let orders: Vec<_> = street.shop.ctl.orders().into_iter().filter(|order| order["state"] != "draft").collect();
    let tally = compare(&orders, &existing(&street.shop.truth_file(), platform));
    say(&format!("{platform}: killed {killed:?} (dispatch, reconcile, cancel, import), {half_way} rows: {tally:?}"));
    let count = |state: &str| tally.states.get(state).copied().unwrap_or(0);
    let (asked, cancelled) = (count("needs_review"), count("cancelled"));
    assert_eq!(killed.iter().sum::<usize>(), wanted, "as many as were wanted");
    assert!(Act::all(platform).iter().all(|act| killed[*act as usize] > 0), "each was killed: {killed:?}");
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
