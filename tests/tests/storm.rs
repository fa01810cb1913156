//! Orders by the thousand for each platform through the real `docketctl`, with faults on four of ten requests, switches
//! that change, and the program killed again and again. Then the platform's ground truth is held against what the
//! ledger says: nothing twice, nothing lost, nothing bound to what is not its own, nobody stuck, and a person asked only
//! for the reasons that the platform's contract leaves.

#[path = "storm/practice.rs"]
mod practice;
#[path = "storm/weather.rs"]
mod weather;

use std::time::Duration;

use docket_practice::PracticePlatform;
use docket_tests::chance::{chance, say, seed};
use docket_tests::orders;
use docket_tests::program::Docketctl;
use docket_tests::shop::add_account;
use docket_tests::truth::{ABSENT, NO_CONTROL, Tally, compare, existing};
use docket_tests::waiting::{LONG, Stopwatch};
use practice::Practice;
use rand::Rng as _;
use rand::rngs::StdRng;

/// Kills at named points of the program: between commit and effect, and between answer and commit.
const POINTS: [&str; 2] = ["armed", "answered"];
/// How long the last run may take.
const REST: Duration = Duration::from_secs(300);
/// A thousand orders and twenty kills in fair weather.
const FAIR: Size = Size { orders: 1_000, kills: 20, rough: false };
/// Fewer where the contract allows no proof: most of what is struck is looked at by a person.
const ROUGH: Size = Size { orders: 200, kills: 5, rough: true };

#[derive(Clone, Copy)]
struct Size {
    orders: usize,
    kills: usize,
    rough: bool,
}

/// What a storm leaves.
struct After {
    size: Size,
    tally: Tally,
    /// Reasons and how many are asked about for each that the contract does not explain.
    unexplained: Vec<(String, usize)>,
}

/// Runs the program until it has been killed often enough, in weather that changes with every kill. Says how often that
/// was.
fn kill_again_and_again(
    ctl: &Docketctl,
    practice: &Practice,
    platform: PracticePlatform,
    size: Size,
    chance: &mut StdRng,
) -> usize {
    let (mut kills, mut points, mut drafts) = (0, POINTS.iter().cycle(), true);
    for round in 0..3 * size.kills {
        practice.have(&weather::draw(platform, size.rough, chance));
        drafts = drafts && !ctl.run(&["--json", "order", "list", "--state", "draft"]).code(0).stdout().is_empty();
        let marking = ["dispatch", "--all", "--wait", "120"];
        let args: &[&str] = if drafts { &marking } else { &["reconcile", "--wait", "120"] };
        if round % 4 == 3 {
            let point = format!("{}:{}", points.next().expect("they go round"), chance.random_range(1..20));
            let ran = ctl.with("DOCKET_CRASH_AT", &point).start(args).end(REST);
            if !ran.was_killed() {
                break;
            }
            kills += 1;
        } else {
            let mut running = ctl.start(args);
            let instant = Duration::from_millis(chance.random_range(60..1_500));
            if running.has_ended(instant) {
                running.end(LONG);
                break;
            }
            kills += usize::from(running.kill().was_killed());
        }
        if kills == size.kills {
            break;
        }
    }
    kills
}

/// One storm. `explained` are the beginnings of the reasons for which the contract lets a person be asked.
fn storm(platform: PracticePlatform, size: Size, more: &[(&str, &str)], explained: &[&str]) -> After {
    let (seed, watch) = (seed(), Stopwatch::start());
    let mut chance = chance(seed, &format!("{platform} {}", size.rough));
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut practice = Practice::start(folder.path());
    let ctl = Docketctl::new(folder.path());
    // A pace that no machine outruns, so that there is work left for every kill; and patience for the whole of a run at
    // that pace, in which a fault may strike one order again and again.
    let pace = [("requests_per_minute", "4500"), ("patience_s", if size.rough { "60" } else { "270" })];
    let settings: Vec<_> = more.iter().copied().chain(pace).collect();
    add_account(&ctl, "main", practice.endpoint(platform), &settings).code(0);
    let file = orders::write(folder.path(), platform, size.orders).display().to_string();
    let imported = ctl.run(&["order", "import", &file, "--account", "main"]).code(0);
    assert_eq!(imported.last_line(), format!("imported {}, updated 0, skipped 0, wrong 0", size.orders));
    let kills = kill_again_and_again(&ctl, &practice, platform, size, &mut chance);
    let account = || ctl.run(&["--json", "account", "list"]).stdout();
    assert_eq!(kills, size.kills, "there was work left for every kill: {}", account());
    let killed_after = watch.elapsed();
    // Rough weather passes in the end: what waits for a list that can be read has to be able to go on.
    practice.have(&weather::draw(platform, false, &mut chance));
    let last = ctl.start(&["reconcile", "--wait", "280"]).end(REST);
    assert!(matches!(last.status(), Some(0 | 4)), "everything is settled or with a person: {} {last:?}", account());
    practice.stop();
    let orders = ctl.orders();
    assert_eq!(orders.len(), size.orders, "no order was lost");
    let tally = compare(&orders, &existing(&practice.truth, platform));
    say(&format!(
        "{platform}: {tally:#?}\n{platform}: {kills} kills in {:.0} s, all in {:.0} s",
        killed_after.as_secs_f64(),
        watch.elapsed().as_secs_f64(),
    ));
    ctl.verifies();
    let settled = |state: &String| matches!(state.as_str(), "dispatched" | "needs_review" | "queued");
    assert!(tally.states.keys().all(settled), "every order is dispatched or in review: {tally:?}");
    for order in orders.iter().filter(|order| order["state"] == "queued") {
        let first = order["waits_for"].as_str().unwrap_or_default();
        let first = orders.iter().find(|other| other["order_no"] == first).map(|other| &other["state"]);
        assert_eq!(first, Some(&"needs_review".into()), "only behind a look-alike in review: {order}");
    }
    let known = |reason: &str| explained.iter().any(|beginning| reason.starts_with(beginning));
    let unexplained =
        tally.reviews.iter().filter(|(reason, _)| !known(reason)).map(|(why, n)| (why.clone(), *n)).collect();
    After { size, tally, unexplained }
}

impl After {
    /// A person is asked for these reasons only.
    fn explained(&self) -> &After {
        assert!(self.unexplained.is_empty(), "reviews that the contract does not explain: {:?}", self.unexplained);
        self
    }

    /// What exists is bound or with a person; nobody is asked about more than `most` orders.
    fn asks_at_most(&self, most: usize) -> &After {
        let count = |state: &str| self.tally.states.get(state).copied().unwrap_or(0);
        let (asked, queued) = (count("needs_review"), count("queued"));
        assert!(asked <= most, "{asked} in review: {:?}", self.tally);
        assert_eq!(count("dispatched") + asked + queued, self.size.orders, "{:?}", self.tally);
        assert!(self.tally.unbound <= asked, "what nobody is bound to is with a person: {:?}", self.tally);
        self
    }

    /// Nobody is asked about what exists.
    fn asks_about_nothing_that_exists(&self) {
        assert_eq!(self.tally.unbound, 0, "it was there to be found: {:?}", self.tally);
    }
}

/// Before the first order of a storm has ended, or where the lookup hides such.
const NO_ENDED: &str = "not found, and that proves nothing: no order that has ended was shown";

/// A key that has stored a failure is dead. Absence is then proven beside a newer order, and `on_absent=resend` makes a
/// new generation by itself; the last orders of a run have no newer one beside them, and are for a person.
#[test]
fn pathao() {
    let after = storm(PracticePlatform::Pathao, FAIR, &[("on_absent", "resend")], &[NO_CONTROL, NO_ENDED, ABSENT]);
    after.explained().asks_at_most(10).asks_about_nothing_that_exists();
}

/// The reference guards for as long as the first delivery lasts, which is longer than the storm.
#[test]
fn postmates() {
    storm(PracticePlatform::Postmates, FAIR, &[], &[]).explained().asks_at_most(0).asks_about_nothing_that_exists();
}

/// As with Pathao; here failures are stored as a rule.
#[test]
fn print_one() {
    let after = storm(PracticePlatform::PrintOne, FAIR, &[("on_absent", "resend")], &[NO_CONTROL, NO_ENDED, ABSENT]);
    after.explained().asks_at_most(10).asks_about_nothing_that_exists();
}

/// Nobody says whether a failure is stored under a key, so one that comes twice ends the key's use here as well.
#[test]
fn uber_direct() {
    let after = storm(PracticePlatform::UberDirect, FAIR, &[("on_absent", "resend")], &[NO_CONTROL, NO_ENDED, ABSENT]);
    after.explained().asks_at_most(10).asks_about_nothing_that_exists();
}

/// The reference is the id, for ever.
#[test]
fn doordash() {
    storm(PracticePlatform::Doordash, FAIR, &[], &[]).explained().asks_at_most(0).asks_about_nothing_that_exists();
}

/// FoxReload takes neither key nor reference. What was lost on the way is not sent again by itself, and is for a person
/// (`on_absent=ask`); so is what cannot be told from its look-alike, or lies further back than the list shows.
const FOXRELOAD: [&str; 8] = [
    NO_CONTROL,
    NO_ENDED,
    ABSENT,
    "not found, and that proves nothing: the list could not be read back",
    // Many orders of one second say little of the order in which the list has them.
    "not found, and that proves nothing: the list does not show that it is newest first",
    "the list could not be read back",
    "more than one new platform order looks like this one",
    "no lookup gave a clear answer within the time set for doubt",
];

/// Nobody else orders on this account, so a single new look-alike is ours.
#[test]
fn foxreload() {
    let after = storm(PracticePlatform::Foxreload, FAIR, &[("exclusive", "true")], &FOXRELOAD);
    // Four of ten creates are struck, and half of these faults lose the request: that many are for a person.
    after.explained().asks_at_most(250);
}

/// What is there, has ended and is hidden: the platform says that it has something, and no lookup shows it.
const SAID_AND_HIDDEN: [&str; 3] = [
    "the platform said that it has this order",
    "the platform has something under our reference or key that differs from this order",
    "no lookup gave a clear answer within the time set for doubt",
];

/// What a person is asked where keys die, and what has ended is hidden.
fn rough_reasons<'a>(more: &[&'a str]) -> Vec<&'a str> {
    [NO_CONTROL, NO_ENDED, ABSENT].iter().chain(&SAID_AND_HIDDEN).chain(more).copied().collect()
}

/// Keys that die within seconds; a filter that is ignored, so that nothing is proven by not being found.
const SHORT_KEYS: [(&str, &str); 2] = [("key_lifetime_s", "4"), ("fence_margin_s", "0")];
const IGNORES_FILTER: &str = "not found, and that proves nothing: the platform answered with other references";

#[test]
fn pathao_in_rough_weather() {
    let after = storm(PracticePlatform::Pathao, ROUGH, &SHORT_KEYS, &rough_reasons(&[IGNORES_FILTER]));
    after.explained().asks_at_most(ROUGH.orders / 4);
}

#[test]
fn print_one_in_rough_weather() {
    let after = storm(PracticePlatform::PrintOne, ROUGH, &SHORT_KEYS, &rough_reasons(&[IGNORES_FILTER]));
    after.explained().asks_at_most(ROUGH.orders / 4);
}

#[test]
fn uber_direct_in_rough_weather() {
    let reasons = rough_reasons(&["not found, and that proves nothing: the list"]);
    let after = storm(PracticePlatform::UberDirect, ROUGH, &SHORT_KEYS, &reasons);
    after.explained().asks_at_most(ROUGH.orders / 4);
}

/// Deliveries end after four seconds, are hidden then, and set their reference free: a replay would be a second one.
#[test]
fn postmates_in_rough_weather() {
    let life = [("reference_life_s", "4"), ("fence_margin_s", "0")];
    let after = storm(PracticePlatform::Postmates, ROUGH, &life, &[NO_CONTROL, ABSENT, NO_ENDED]);
    after.explained().asks_at_most(ROUGH.orders / 4);
}

/// There is no weather in which a person has to be asked.
#[test]
fn doordash_in_rough_weather() {
    storm(PracticePlatform::Doordash, ROUGH, &[], &[]).explained().asks_at_most(0).asks_about_nothing_that_exists();
}

/// Strangers order the same at the same moment, creates and lists are redirected: whatever was in doubt is for a person.
#[test]
fn foxreload_in_rough_weather() {
    let stranger = "one new order at the platform looks like this one, and somebody else may have placed it";
    let reasons: Vec<&str> = FOXRELOAD.into_iter().chain([stranger]).collect();
    storm(PracticePlatform::Foxreload, ROUGH, &[], &reasons).explained().asks_at_most(ROUGH.orders);
}
