//! A thousand orders for each platform through the real `docketctl`, with a third of the creates struck and the program
//! killed again and again. Then the platform's ground truth is held against what the ledger says.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use docket_practice::{Endpoint, PracticePlatform};
use docket_tests::chance::{chance, say, seed};
use docket_tests::orders;
use docket_tests::program::{Docketctl, Running, docketctl};
use docket_tests::shop::add_account;
use docket_tests::truth::{Tally, compare, existing};
use docket_tests::waiting::{LONG, Stopwatch, until};
use rand::Rng as _;
use rand::rngs::StdRng;
use rustix::process::Signal;
use tokio::runtime::Runtime;

/// Orders for each platform.
const ORDERS: usize = 1_000;
/// Kills at random instants.
const KILLS: usize = 10;
/// Kills at named points of the program: between commit and effect, and between answer and commit.
const POINTS: [&str; 2] = ["armed", "answered"];
/// How long the last run may take.
const REST: Duration = Duration::from_secs(300);

/// `docketctl practice` as a process of its own.
struct Practice {
    process: Option<Running>,
    endpoints: Vec<Endpoint>,
    truth: PathBuf,
}

impl Practice {
    fn start(folder: &Path, seed: u64) -> Practice {
        let (plan, truth, said) = (folder.join("plan.json"), folder.join("truth.jsonl"), folder.join("practice.out"));
        // Late commits and slow answers end within the quiet time: the account's settings say so to the client.
        let faults = format!(r#"{{"seed":{seed},"rate":0.33,"late_ms":[10,150],"slow_ms":[10,600]}}"#);
        std::fs::write(&plan, faults).expect("the plan is written");
        let mut command = Command::new("sh");
        let line = "exec \"$0\" --json practice --port 0 --faults \"$1\" --truth \"$2\" > \"$3\"";
        command.args(["-c", line]).arg(docketctl()).args([&plan, &truth, &said]);
        let process = Some(Running::start(command, ""));
        let endpoints = until("the practice platforms tell their addresses", LONG, || {
            let text = std::fs::read_to_string(&said).ok()?;
            let read = |line: &str| serde_json::from_str::<Endpoint>(line).ok();
            let endpoints: Vec<Endpoint> = text.lines().filter_map(read).collect();
            (endpoints.len() == PracticePlatform::ALL.len()).then_some(endpoints)
        });
        Practice { process, endpoints, truth }
    }

    /// Takes the platforms' own limits away, which are for days, and has a 429 name its time: Print.one, which names
    /// none, is left alone for half a minute after each.
    fn hurry(&self) {
        let put = |address: String| async move {
            // Another test in this process may have done it.
            let _ = rustls::crypto::ring::default_provider().install_default();
            let client = reqwest::Client::builder().no_proxy().build().expect("a client");
            let change = r#"{"rate_limit_per_minute":0,"retry_after_shown":true}"#;
            let answer = client.put(address).body(change).send().await.expect("the control face answers");
            assert!(answer.status().is_success(), "the switches are set: {answer:?}");
        };
        let runtime = Runtime::new().expect("a runtime");
        let address = format!("{}/_practice/switches", self.endpoints[0].base_url);
        runtime.block_on(put(address));
    }

    fn endpoint(&self, platform: PracticePlatform) -> &Endpoint {
        self.endpoints.iter().find(|e| e.platform == platform).expect("all are served")
    }

    /// Stops it, so that what it holds is complete in its file.
    fn stop(&mut self) {
        if let Some(mut process) = self.process.take() {
            process.signal(Signal::TERM);
            process.end(LONG).code(0);
        }
    }
}

/// Runs the program until it has been killed often enough, and says how often that was.
fn kill_again_and_again(ctl: &Docketctl, chance: &mut StdRng) -> usize {
    let (mut kills, mut points) = (0, POINTS.iter().cycle());
    for round in 0..3 * KILLS {
        let drafts = !ctl.run(&["--json", "order", "list", "--state", "draft"]).code(0).stdout().is_empty();
        let marking = ["dispatch", "--all", "--wait", "120"];
        let args: &[&str] = if drafts { &marking } else { &["reconcile", "--wait", "120"] };
        if round % 4 == 3 {
            let point = format!("{}:{}", points.next().expect("they go round"), chance.random_range(1..40));
            let ran = ctl.with("DOCKET_CRASH_AT", &point).start(args).end(REST);
            assert!(ran.was_killed(), "it passes {point} and is killed there: {ran:?}");
            continue;
        }
        let mut running = ctl.start(args);
        let instant = Duration::from_millis(chance.random_range(60..1_500));
        if running.has_ended(instant) {
            running.end(LONG);
            break;
        }
        kills += usize::from(running.kill().was_killed());
        if kills == KILLS {
            break;
        }
    }
    kills
}

fn storm(platform: PracticePlatform, more: &[(&str, &str)]) -> Tally {
    let (seed, watch) = (seed(), Stopwatch::start());
    let mut chance = chance(seed, platform.name());
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut practice = Practice::start(folder.path(), seed);
    practice.hurry();
    let ctl = Docketctl::new(folder.path());
    // A pace that no machine outruns, so that there is work left for every kill; and patience for the whole of a run at
    // that pace, in which a fault may strike one order again and again.
    let pace = [("requests_per_minute", "3000"), ("patience_s", "270")];
    let settings: Vec<_> = more.iter().copied().chain(pace).collect();
    add_account(&ctl, "main", practice.endpoint(platform), &settings).code(0);
    let file = orders::write(folder.path(), platform, ORDERS).display().to_string();
    let imported = ctl.run(&["order", "import", &file, "--account", "main"]).code(0);
    assert_eq!(imported.last_line(), format!("imported {ORDERS}, updated 0, skipped 0, wrong 0"));
    let kills = kill_again_and_again(&ctl, &mut chance);
    assert_eq!(kills, KILLS, "there was work left for every kill");
    let killed_after = watch.elapsed();
    let last = ctl.start(&["reconcile", "--wait", "280"]).end(REST);
    assert!(matches!(last.status(), Some(0 | 4)), "everything is settled or with a person: {last:?}");
    practice.stop();
    let orders = ctl.orders();
    assert_eq!(orders.len(), ORDERS, "no order was lost");
    let tally = compare(&orders, &existing(&practice.truth, platform));
    say(&format!(
        "{platform}: {tally:#?}\n{platform}: {kills} kills in {:.0} s, all in {:.0} s",
        killed_after.as_secs_f64(),
        watch.elapsed().as_secs_f64()
    ));
    ctl.verifies();
    let settled = |state: &String| matches!(state.as_str(), "dispatched" | "refused" | "needs_review" | "queued");
    assert!(tally.states.keys().all(settled), "every order is dispatched, refused or in review: {tally:?}");
    for order in orders.iter().filter(|order| order["state"] == "queued") {
        let first = order["waits_for"].as_str().unwrap_or_default();
        let first = orders.iter().find(|other| other["order_no"] == first).map(|other| &other["state"]);
        assert_eq!(first, Some(&"needs_review".into()), "only behind a look-alike in review: {order}");
    }
    tally
}

/// Each order exists once, and nobody had to be asked.
fn all_dispatched(tally: &Tally) {
    assert!(tally.reviews.is_empty(), "this contract allows a proof of everything: {tally:?}");
    assert_eq!((tally.unbound, tally.states["dispatched"]), (0, ORDERS), "{tally:?}");
    assert_eq!(tally.existing, ORDERS, "{tally:?}");
}

/// The same where a failure may end a key's use: absence is then proven beside a newer order only, and the last orders
/// of a run have none. They are for a person, and none of them exists.
fn dispatched_or_the_last(tally: &Tally) {
    let last = |reason: &String| reason.contains("no known order that is newer than our request");
    assert!(tally.reviews.keys().all(last), "this contract allows a proof of everything else: {tally:?}");
    let asked: usize = tally.reviews.values().sum();
    assert!(asked <= ORDERS / 100, "only the last of a run: {tally:?}");
    let dispatched = tally.states["dispatched"];
    assert_eq!((tally.unbound, dispatched + asked, tally.existing), (0, ORDERS, dispatched), "{tally:?}");
}

/// A key that has stored a failure is dead; `on_absent=resend` then makes a new generation by itself, so that nothing
/// is left to a person.
#[test]
fn pathao() {
    all_dispatched(&storm(PracticePlatform::Pathao, &[("on_absent", "resend")]));
}

#[test]
fn postmates() {
    let tally = storm(PracticePlatform::Postmates, &[]);
    let fences = |reason: &String| reason.contains("fence") || reason.contains("no longer");
    assert!(tally.reviews.keys().all(fences), "review only where the fence had died: {tally:?}");
}

/// A failure stays stored under its key, and ends the key's use.
#[test]
fn print_one() {
    dispatched_or_the_last(&storm(PracticePlatform::PrintOne, &[("on_absent", "resend")]));
}

/// Nobody says whether a failure is stored under a key, so one that comes twice ends the key's use here as well.
#[test]
fn uber_direct() {
    dispatched_or_the_last(&storm(PracticePlatform::UberDirect, &[("on_absent", "resend")]));
}

/// The reference is the id, for ever.
#[test]
fn doordash() {
    all_dispatched(&storm(PracticePlatform::Doordash, &[]));
}

/// Nobody else orders on this account, so a single new look-alike is ours. What was lost on the way is for a person.
#[test]
fn foxreload() {
    let tally = storm(PracticePlatform::Foxreload, &[("exclusive", "true")]);
    let proofs =
        ["not found, and that proves nothing", "proven absent", "the list could not be read back", "more than one"];
    let known = |reason: &String| proofs.iter().any(|proof| reason.starts_with(proof));
    assert!(tally.reviews.keys().all(known), "review only where a list of look-alikes is no proof: {tally:?}");
    let review = tally.states.get("needs_review").copied().unwrap_or(0);
    assert!(tally.unbound <= review, "what nobody is bound to is with a person: {tally:?}");
}
