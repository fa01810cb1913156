//! SIGKILL at every named point that an order reaches, every time it is reached, at every platform: the next start ends with
//! one order.
//!
//! Random instants are in `storm`; the two points of a probe, and what it leaves when it is killed, are in `probe`.

use docket_core::crash::Point;
use docket_practice::{FaultKind, PracticePlatform};
use docket_tests::orders;
use docket_tests::points::IN_A_PROBE;
use docket_tests::program::Docketctl;
use docket_tests::shop::Shop;
use docket_tests::truth::{compare, existing};

/// What a dispatch meets on its way, and where it is killed then.
const SCENES: [(Option<FaultKind>, &[Point]); 3] = [
    (None, &[Point::Committing, Point::Committed, Point::Armed, Point::Sending, Point::Answered]),
    (Some(FaultKind::LoseResponse), &[Point::Committing, Point::Committed, Point::Answered, Point::Looked]),
    (Some(FaultKind::LoseRequest), &[Point::Committing, Point::Committed, Point::Armed, Point::Sending, Point::Looked]),
];
/// Where a cancel is killed.
const IN_A_CANCEL: [Point; 3] = [Point::Committing, Point::Committed, Point::CancelAnswered];
/// More orders than all scenes use.
const ORDERS: usize = 250;
const WAIT: [&str; 2] = ["--wait", "60"];

/// A shop that has dispatched one order: a list that holds nothing yet is a case of its own.
struct Scenes {
    platform: PracticePlatform,
    shop: Shop,
    used: usize,
    kills: usize,
}

impl Scenes {
    fn open(platform: PracticePlatform) -> Scenes {
        let shop = Shop::with_orders(platform, ORDERS, &[("exclusive", "true")]);
        shop.without_limit(platform);
        if platform == PracticePlatform::PrintOne {
            for_later(&shop);
        }
        let mut scenes = Scenes { platform, shop, used: 0, kills: 0 };
        let first = scenes.next();
        scenes.shop.ctl.run(&["dispatch", &first, "--wait", "60"]).code(0);
        scenes
    }

    fn next(&mut self) -> String {
        self.used += 1;
        assert!(self.used <= ORDERS, "{}: more orders are needed", self.platform);
        format!("SO-{}", self.used)
    }

    /// Plays a scene again and again, killed one time later each time, until it is killed no more. A scene says which order
    /// it was about, and whether its program was killed.
    fn killed_at_each(
        &mut self,
        point: Point,
        scene: impl Fn(&mut Scenes, &Docketctl) -> (String, bool),
        end: impl Fn(&Scenes, &str),
    ) {
        let before = self.kills;
        for n in 1.. {
            let crashing = self.shop.ctl.with("DOCKET_CRASH_AT", &format!("{}:{n}", point.name()));
            let (order_no, killed) = scene(self, &crashing);
            self.kills += usize::from(killed);
            end(self, &order_no);
            if !killed {
                break;
            }
        }
        assert!(self.kills > before, "{}: {} was never reached", self.platform, point.name());
    }

    /// Settles an order that the kill left in any state, as a merchant would.
    fn settle(&self, order_no: &str) {
        let ctl = &self.shop.ctl;
        let before = self.shop.ours().len();
        ctl.run(&[&["reconcile"][..], &WAIT].concat());
        if ctl.order(order_no)["state"] == "draft" {
            assert_eq!(self.shop.ours().len(), before, "{order_no}: nothing was written down, so nothing was sent");
            ctl.run(&[&["dispatch", order_no][..], &WAIT].concat());
        }
        // No fence: what is proven absent, or has no newer order to prove it by, is for a person. A fault that the kill kept
        // from striking may strike the release, too.
        for _ in 0..2 {
            let order = ctl.order(order_no);
            if self.platform != PracticePlatform::Foxreload || order["state"] != "needs_review" {
                break;
            }
            assert_eq!(self.shop.ours().len(), before, "{order}");
            let why = order["reason"].as_str().unwrap_or_default();
            assert!(why.contains("proven absent") || why.starts_with("not found"), "{order}");
            ctl.run(&["review", "release", order_no, "--reason", "the platform has none"]);
            ctl.run(&[&["reconcile"][..], &WAIT].concat());
        }
        let order = ctl.order(order_no);
        assert_eq!((&order["state"], self.shop.there(&order)), (&"dispatched".into(), 1), "{}: {order}", self.platform);
        assert_eq!(self.shop.ours().len(), self.used, "{}: one for each, and no more: {order}", self.platform);
    }
}

/// Print.one takes a cancel once the PDF is made and until it is queued for printing: soon, and then for as long as the
/// order is for later.
fn for_later(shop: &Shop) {
    shop.switch(PracticePlatform::PrintOne, |switches| switches.stage_ms = 20);
    let file = orders::write(shop.folder.path(), PracticePlatform::PrintOne, ORDERS);
    let text = std::fs::read_to_string(&file).expect("the orders were written");
    let dated = text
        .lines()
        .enumerate()
        .map(|(n, line)| format!("{line},{}\n", if n == 0 { "send_date" } else { "2099-12-01" }));
    std::fs::write(&file, dated.collect::<String>()).expect("the orders can be written");
    let done = shop.ctl.run(&["order", "import", &file.display().to_string(), "--account", "main", "--update"]).code(0);
    assert_eq!(done.last_line(), format!("imported 0, updated {ORDERS}, skipped 0, wrong 0"));
}

#[expect(clippy::print_stdout, reason = "the figures are what this test tells")]
fn every_point(platform: PracticePlatform) {
    let mut scenes = Scenes::open(platform);
    for (fault, points) in SCENES {
        for point in points {
            let dispatch = |scenes: &mut Scenes, crashing: &Docketctl| {
                fault.into_iter().for_each(|fault| scenes.shop.strike(fault, 1));
                let order_no = scenes.next();
                let killed = crashing.run(&[&["dispatch", &order_no][..], &WAIT].concat()).was_killed();
                (order_no, killed)
            };
            scenes.killed_at_each(*point, dispatch, Scenes::settle);
        }
    }
    // FoxReload has no cancel.
    if platform != PracticePlatform::Foxreload {
        for point in IN_A_CANCEL {
            let cancel = |scenes: &mut Scenes, crashing: &Docketctl| {
                let order_no = scenes.next();
                scenes.shop.ctl.run(&["dispatch", &order_no, "--wait", "60"]).code(0);
                // Where it would free the reference, a cancel waits for quiet, and is carried out by whoever is there then.
                let killed = crashing.run(&["cancel", &order_no]).was_killed()
                    || crashing.run(&[&["reconcile"][..], &WAIT].concat()).was_killed();
                (order_no, killed)
            };
            scenes.killed_at_each(point, cancel, |scenes, order_no| {
                scenes.shop.ctl.run(&[&["reconcile"][..], &WAIT].concat()).code(0);
                if scenes.shop.ctl.order(order_no)["state"] == "dispatched" {
                    // The wish was not written down yet; the merchant was not told that it was.
                    scenes.shop.ctl.run(&["cancel", order_no]);
                    scenes.shop.ctl.run(&[&["reconcile"][..], &WAIT].concat()).code(0);
                }
                let order = scenes.shop.ctl.order(order_no);
                assert_eq!(
                    (&order["state"], scenes.shop.there(&order)),
                    (&"cancelled".into(), 1),
                    "{platform}: {order}"
                );
            });
        }
    }
    scenes.shop.ctl.verifies();
    // By content: each is the order that it says it is.
    let tally = compare(&scenes.shop.ctl.orders(), &existing(&scenes.shop.truth_file(), platform));
    let cancelled = tally.states.get("cancelled").copied().unwrap_or(0);
    assert_eq!((tally.existing, tally.unbound), (scenes.used, cancelled), "{platform}: {tally:?}");
    println!("{platform}: killed {} times over {} orders", scenes.kills, scenes.used);
}

/// A new point is struck by a scene, or told of in `probe`.
#[test]
fn every_point_is_struck() {
    let in_a_dispatch = SCENES.iter().flat_map(|(_, points)| points.iter());
    let struck: Vec<&Point> = in_a_dispatch.chain(&IN_A_CANCEL).chain(&IN_A_PROBE).collect();
    let missing: Vec<Point> = Point::ALL.into_iter().filter(|point| !struck.contains(&point)).collect();
    assert!(missing.is_empty(), "no scene is killed at {missing:?}");
}

#[test]
fn at_pathao() {
    every_point(PracticePlatform::Pathao);
}

#[test]
fn at_postmates() {
    every_point(PracticePlatform::Postmates);
}

#[test]
fn at_uber_direct() {
    every_point(PracticePlatform::UberDirect);
}

#[test]
fn at_foxreload() {
    every_point(PracticePlatform::Foxreload);
}

#[test]
fn at_print_one() {
    every_point(PracticePlatform::PrintOne);
}

#[test]
fn at_doordash() {
    every_point(PracticePlatform::Doordash);
}
