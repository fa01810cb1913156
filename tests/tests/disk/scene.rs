//! A shop whose program meets a failing disk, once for each order, and what has to hold afterwards.

use std::path::Path;

use docket_practice::{FaultKind, PracticePlatform};
use docket_tests::chance::say;
use docket_tests::disk::{FailingDisk, Fault};
use docket_tests::program::Ran;
use docket_tests::shop::Shop;
use docket_tests::tamper::number;
use serde_json::Value;

/// Shops at work at once: most of a run is waiting.
const LANES: u32 = 4;
/// More orders than one shop uses.
const ORDERS: usize = 60;
const WAIT: [&str; 2] = ["--wait", "60"];

/// What a program was doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flow {
    /// One order, answered.
    Dispatch,
    /// One order whose answer is lost, and which is found.
    Lost,
    /// A bound order is cancelled.
    Cancel,
}

/// A shop with orders.
pub struct Scene {
    pub shop: Shop,
    platform: PracticePlatform,
    flow: Flow,
    used: usize,
}

/// Plays on a disk with a fault, one call later each time, until a run is struck no more. Each lane has a player of its own,
/// which says whether its run was struck. Returns how many runs were.
pub fn until_unstruck<P: FnMut(u32) -> bool>(what: &str, player: impl Fn() -> P + Sync) -> usize {
    let lane = |first: u32| {
        let mut play = player();
        (first..).step_by(LANES as usize).take_while(|n| play(*n)).count()
    };
    let struck = std::thread::scope(|scope| {
        let lane = &lane;
        let lanes: Vec<_> = (1..=LANES).map(|first| scope.spawn(move || lane(first))).collect();
        lanes.into_iter().map(|lane| lane.join().expect("a lane ends well")).sum()
    });
    say(&format!("{what}: struck {struck} times"));
    struck
}

/// The same with a flow: every order is settled after its strike, and must then exist once.
pub fn at_each(platform: PracticePlatform, flow: Flow, fault: impl Fn(u32) -> Fault + Sync) -> usize {
    let fault = &fault;
    until_unstruck(&format!("{platform} {flow:?}"), || {
        let mut scene = Scene::open(platform, flow);
        move |n| scene.is_struck(&fault(n), n)
    })
}

impl Scene {
    /// A shop that has dispatched one order: a list that holds nothing yet is a case of its own. Where orders are to be
    /// cancelled, all are dispatched.
    pub fn open(platform: PracticePlatform, flow: Flow) -> Scene {
        let shop = Shop::with_orders(platform, ORDERS, &[("exclusive", "true"), ("timeout_ms", "2000")]);
        shop.without_limit(platform);
        let first: &[&str] = if flow == Flow::Cancel { &["dispatch", "--all"] } else { &["dispatch", "SO-1"] };
        shop.ctl.run(&[first, &WAIT].concat()).code(0);
        Scene { shop, platform, flow, used: 1 }
    }

    /// One order, on a disk with this fault; then settled on a good one. Whether anything was struck.
    fn is_struck(&mut self, fault: &Fault, n: u32) -> bool {
        self.used += 1;
        assert!(self.used <= ORDERS, "{}: more orders are needed", self.platform);
        let order_no = format!("SO-{}", self.used);
        // What the last program left to be done at the next start is done, so that each run begins with the same calls.
        assert_eq!(number(&self.shop.ctl.ledger, "PRAGMA wal_checkpoint(TRUNCATE)"), 0);
        let disk = FailingDisk::under(&self.shop.ctl, fault);
        if self.flow == Flow::Lost {
            self.shop.strike(FaultKind::LoseResponse, 1);
        }
        let before = self.shop.creates(self.platform);
        let ran = match self.flow {
            Flow::Dispatch | Flow::Lost => disk.ctl.run(&[&["--json", "dispatch", &order_no][..], &WAIT].concat()),
            Flow::Cancel => disk.ctl.run(&["--json", "cancel", &order_no]),
        };
        let sent = self.shop.creates(self.platform) - before;
        let about = format!("{} {:?} {n} {:?}\n{ran:?}", self.platform, self.flow, disk.calls().last());
        self.shop.ctl.verifies();
        let order = self.shop.ctl.order(&order_no);
        match self.flow {
            Flow::Dispatch | Flow::Lost => {
                // A read that fails after the request has left is told in the words of a write that failed before it:
                // owed (PROOF.md).
                let by_a_read = disk.calls().iter().any(|call| call.struck && call.kind == "read");
                assert!(by_a_read || sent == 0 || !says_not_sent(&ran), "whoever is told so can rely on it\n{about}");
                self.dispatched(&ran, &order, sent, &about);
            }
            Flow::Cancel => self.cancelled(&ran, &order, &about),
        }
        ran.was_killed() || disk.has_struck()
    }

    /// What holds after a dispatch that was struck, and after it is settled.
    fn dispatched(&self, ran: &Ran, order: &Value, sent: u32, about: &str) {
        // Nothing is sent that is not written down, whatever became of the program.
        let unsent = ["draft", "queued"].contains(&order["state"].as_str().unwrap_or_default());
        assert!(sent == 0 || (!unsent && order["attempts"] != 0), "sent and not known: {order}\n{about}");
        // What was told stays.
        let told = told(ran);
        if let Some(told) = told.iter().find(|told| told["state"] == "dispatched") {
            assert_eq!(told["platform_order_id"], order["platform_order_id"], "what was told is kept\n{about}");
        }
        assert!(ran.was_killed() || ran.status() == Some(0) || has_remedy(ran), "it says what to do\n{about}");
        let order_no = order["order_no"].as_str().expect("a number");
        let ctl = &self.shop.ctl;
        if order["state"] != "dispatched" {
            ctl.run(&[&["reconcile"][..], &WAIT].concat());
        }
        if ctl.order(order_no)["state"] == "draft" {
            assert_eq!(sent, 0, "{about}");
            ctl.run(&[&["dispatch", order_no][..], &WAIT].concat()).code(0);
        }
        // No fence: what is proven absent, or has no newer order to prove it by, is for a person.
        if self.platform == PracticePlatform::Foxreload && ctl.order(order_no)["state"] == "needs_review" {
            assert_eq!(self.shop.ours().len(), self.used - 1, "{about}");
            ctl.run(&["review", "release", order_no, "--reason", "the platform has none"]);
            ctl.run(&[&["reconcile"][..], &WAIT].concat());
        }
        let settled = ctl.order(order_no);
        assert_eq!((&settled["state"], self.shop.there(&settled)), (&"dispatched".into(), 1), "{settled}\n{about}");
        assert_eq!(self.shop.ours().len(), self.used, "one for each, and no more: {settled}\n{about}");
    }

    /// What holds after a cancel that was struck, and after it is settled.
    fn cancelled(&self, ran: &Ran, order: &Value, about: &str) {
        if ran.status() == Some(0) {
            assert_ne!(order["state"], "dispatched", "what was told is kept\n{about}");
        }
        assert!(ran.was_killed() || ran.status() != Some(1) || has_remedy(ran), "it says what to do\n{about}");
        let (order_no, ctl) = (order["order_no"].as_str().expect("a number"), &self.shop.ctl);
        ctl.run(&[&["reconcile"][..], &WAIT].concat()).code(0);
        if ctl.order(order_no)["state"] == "dispatched" {
            ctl.run(&["cancel", order_no]);
            ctl.run(&[&["reconcile"][..], &WAIT].concat()).code(0);
        }
        let settled = ctl.order(order_no);
        assert_eq!((&settled["state"], self.shop.there(&settled)), (&"cancelled".into(), 1), "{settled}\n{about}");
        assert_eq!(self.shop.ours().len(), ORDERS, "none was made anew\n{about}");
    }
}

/// The order objects that a program printed, whole.
fn told(ran: &Ran) -> Vec<Value> {
    ran.stdout().lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
}

/// Whether a program said that nothing was sent.
pub fn says_not_sent(ran: &Ran) -> bool {
    ran.stderr().lines().any(|line| line.to_lowercase().contains("nothing was sent"))
}

/// Whether a program that did not do what it was told said what to do about it.
pub fn has_remedy(ran: &Ran) -> bool {
    let remedies = ["try again", "docketctl verify", "writable", "docketctl reconcile", "check the path"];
    ran.stderr().lines().any(|line| remedies.iter().any(|remedy| line.contains(remedy)))
}

/// Copies a folder with all that is in it: a shop's ledger, its secrets and its station.
pub fn copy_folder(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("a folder");
    for entry in std::fs::read_dir(from).expect("the folder is readable") {
        let path = entry.expect("an entry").path();
        let there = to.join(path.file_name().expect("a name"));
        if path.is_dir() {
            copy_folder(&path, &there);
        } else {
            std::fs::copy(&path, &there).expect("the file is copied");
        }
    }
}
