//! What goes wrong, and what it takes until every order in doubt is settled: real ledger, real HTTP, the settings and
//! switches that each platform has by itself.

use std::collections::BTreeMap;

use docket_core::adapters::registry;
use docket_core::api::views::OrderQuery;
use docket_core::clock::Clock as _;
use docket_core::domain::{LogKind, Platform, State, Timings};
use docket_practice::{AppliesTo, FaultKind, FaultPlan, PracticePlatform};
use docket_tests::shift::Shift;
use docket_tests::truth::{compare, existing};
use serde_json::Value;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{ConnectOptions as _, Connection as _, Row as _};

use super::course::{go, in_step, pass};

const SECOND: i64 = 1_000;
const MINUTE: i64 = 60 * SECOND;
/// Pairs of orders: the last is on its way before the first is sent again, so that no fault strikes a replay.
const PAIRS: usize = 15;
/// Nothing may take longer than this until it is settled or with a person.
const LONGEST_MS: i64 = 30 * 60 * MINUTE;
/// Windows of every platform's rate limit begin at multiples of this.
const WINDOW_MS: i64 = 10 * MINUTE;

/// What goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scene {
    /// Every second answer of thirty is lost on its way.
    AnswerLost,
    /// Every second request of thirty is lost on its way.
    RequestLost,
    /// Sixty orders are being dispatched, and the platform answers 502 and 503 for ten minutes.
    Down,
    /// The program is killed with so many in doubt, half of which exist, and starts again.
    Killed(usize),
    /// Ten orders are in doubt, half of which exist, and the machine sleeps two hours.
    Asleep,
}

impl Scene {
    /// All of them. The kill comes with few and with many in doubt: where there is a list, that costs much the same.
    pub const ALL: [Scene; 6] =
        [Scene::AnswerLost, Scene::RequestLost, Scene::Down, Scene::Killed(40), Scene::Killed(200), Scene::Asleep];

    /// In words.
    pub fn name(self) -> String {
        match self {
            Scene::AnswerLost => "answer lost".to_owned(),
            Scene::RequestLost => "request lost".to_owned(),
            Scene::Down => "platform down for 10 minutes".to_owned(),
            Scene::Killed(n) => format!("killed with {n} in doubt"),
            Scene::Asleep => "asleep for 2 hours".to_owned(),
        }
    }
}

/// What it took.
#[derive(Clone, Debug)]
pub struct Settled {
    /// Where.
    pub platform: PracticePlatform,
    /// A person has said that nobody else orders there.
    pub exclusive: bool,
    /// What went wrong.
    pub scene: Scene,
    /// From the first request of each order in doubt to its end or to a person, in milliseconds, shortest first.
    pub took_ms: Vec<i64>,
    /// Requests beyond the first create of each order: lookups, replays, tokens.
    pub requests: u32,
    /// Of these, the creates.
    pub creates: u32,
    /// Orders that ended with a person, by reason.
    pub reviews: BTreeMap<String, usize>,
}

impl Settled {
    /// Requests for each order that was in doubt.
    pub fn requests_for_each(&self) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "a few thousand at most")]
        let orders = self.took_ms.len().max(1) as f64;
        f64::from(self.requests) / orders
    }

    /// Requests that only read.
    pub fn reads(&self) -> u32 {
        self.requests - self.creates
    }
}

/// A platform, with what a person may have said of its account.
#[derive(Clone, Copy, Debug)]
pub struct Place {
    /// Where.
    pub platform: PracticePlatform,
    /// A person has said that nobody else orders there.
    pub exclusive: bool,
}

fn timings(platform: PracticePlatform) -> Timings {
    let platform = Platform::from_code(platform.name()).expect("a platform of ours");
    registry::adapter(platform).expect("it has an adapter").contract().timings
}

/// The settings that the platform's account has by itself.
fn by_itself(place: Place) -> Vec<(&'static str, String)> {
    let t = timings(place.platform);
    let mut all: Vec<(&str, String)> = [
        ("timeout_ms", t.timeout_ms),
        ("connect_timeout_ms", t.connect_timeout_ms),
        ("send_before_ms", t.send_before_ms),
        ("settle_ms", t.settle_ms),
        ("lookup_interval_ms", t.lookup_interval_ms),
        ("lookup_interval_max_ms", t.lookup_interval_max_ms),
        ("requests_per_minute", i64::from(t.requests_per_minute)),
        ("max_in_flight", i64::from(t.max_in_flight)),
        ("patience_s", t.patience_s),
    ]
    .map(|(key, value)| (key, value.to_string()))
    .to_vec();
    all.push(("exclusive", place.exclusive.to_string()));
    all
}

/// Numbers of orders that look like no other one: every tenth looks like the one before it.
fn numbers() -> impl Iterator<Item = String> {
    (1..).filter(|i| i % 10 != 0).map(|i| format!("SO-{i}"))
}

/// Where only a list of look-alikes can tell, an account that is in use: with nothing in the list, orders go one by one.
async fn in_use(shift: &Shift, place: Place) -> (u32, u32) {
    if place.platform == PracticePlatform::Foxreload {
        shift.dispatch(&["SO-10"]).await;
        shift.until("the first order goes well", async |shift| shift.state("SO-10").await == State::Dispatched).await;
    }
    spent(shift).await
}

/// Lets one thing go wrong at one place.
pub async fn run(place: Place, scene: Scene) -> Settled {
    let wanted = match scene {
        Scene::AnswerLost | Scene::RequestLost | Scene::Asleep => 60,
        Scene::Down => 80,
        Scene::Killed(n) => n * 2,
    };
    let settings = by_itself(place);
    let settings: Vec<(&str, &str)> = settings.iter().map(|(key, value)| (*key, value.as_str())).collect();
    let mut shift = Shift::begin(place.platform, wanted, &settings).await;
    let base = in_use(&shift, place).await;
    let before = match scene {
        Scene::AnswerLost => {
            every_second(&shift, &[FaultKind::LoseResponse], PAIRS).await;
            base
        }
        Scene::RequestLost => {
            every_second(&shift, &[FaultKind::LoseRequest], PAIRS).await;
            base
        }
        Scene::Down => {
            down(&shift).await;
            base
        }
        Scene::Asleep => {
            every_second(&shift, &[FaultKind::LoseResponse, FaultKind::LoseRequest], 10).await;
            shift.laptop.sleep_through(120 * MINUTE);
            in_step(&shift);
            base
        }
        Scene::Killed(n) => {
            many_in_doubt(&shift, n, place).await;
            let before = spent(&shift).await;
            shift = shift.apart().await.killed().await;
            before
        }
    };
    let settled = go(&shift, LONGEST_MS, async |shift| open(shift).await == 0).await;
    assert!(settled, "{place:?} {scene:?}: somebody is stuck: {:#?}", shift.core.counts(None).await);
    let after = spent(&shift).await;
    let done = Settled {
        platform: place.platform,
        exclusive: place.exclusive,
        scene,
        requests: after.0 - before.0,
        creates: after.1 - before.1,
        ..told(&shift, place, scene).await
    };
    nothing_twice(&shift).await;
    shift.verifies().await;
    shift.core.stop().await;
    done
}

/// Nothing exists twice, and what is bound is its own.
async fn nothing_twice(shift: &Shift) {
    let query = OrderQuery { limit: 10_000, ..OrderQuery::default() };
    let page = shift.core.orders(query).await.expect("the orders");
    let orders: Vec<Value> = page.rows.iter().map(|row| serde_json::to_value(row).expect("it is JSON")).collect();
    let tally = compare(&orders, &existing(&shift.desk.folder.path().join("truth.jsonl"), shift.platform));
    let asked = tally.states.get("needs_review").copied().unwrap_or(0);
    assert!(tally.unbound <= asked, "what nobody is bound to is with a person: {tally:?}");
}

async fn open(shift: &Shift) -> u32 {
    shift.core.standing(&[]).await.expect("a standing").open
}

/// Requests beyond each order's first create, and creates among them, so far.
async fn spent(shift: &Shift) -> (u32, u32) {
    let firsts = shift.told(None, LogKind::Reserved).await as u32;
    let queued = shift.core.counts(None).await.expect("counts").queued;
    let firsts = firsts.saturating_sub(queued).min(shift.creates());
    (shift.requests() - firsts, shift.creates() - firsts)
}

/// Dispatches pairs, a click at a time: the first of each is struck. The next one comes five seconds later.
async fn every_second(shift: &Shift, kinds: &[FaultKind], n: usize) {
    let mut numbers = numbers();
    for (_, kind) in (0..n).zip(kinds.iter().cycle()) {
        for struck in [true, false] {
            if struck {
                shift.strike(*kind, None, 1);
            }
            let number = numbers.next().expect("there are enough");
            let before = shift.creates();
            shift.dispatch(&[&number]).await;
            assert!(go(shift, 10 * MINUTE, async |shift| shift.creates() > before).await, "{number} is sent");
        }
        pass(shift, 5 * SECOND).await;
    }
}

/// Sixty orders, of which the first go well; then ten minutes in which nothing is carried out.
async fn down(shift: &Shift) {
    let some: Vec<String> = numbers().take(60).collect();
    shift.dispatch(&some.iter().map(String::as_str).collect::<Vec<_>>()).await;
    assert!(go(shift, 10 * MINUTE, async |shift| shift.creates() >= 8).await, "it begins well");
    let plan = FaultPlan {
        seed: 1,
        rate: 1.0,
        kinds: vec![FaultKind::UnavailableBefore, FaultKind::BadGatewayBefore],
        platforms: None,
        applies_to: AppliesTo::All,
        late_ms: [0, 0],
        slow_ms: [0, 0],
        switches: BTreeMap::new(),
    };
    shift.desk.practice.set_plan(Some(plan)).expect("a plan that makes sense");
    pass(shift, 10 * MINUTE).await;
    shift.desk.practice.set_plan(None).expect("the plan goes");
}

/// Two of three creates go wrong, so that no outage is seen, and nobody looks before there are enough. One more is on
/// its way.
async fn many_in_doubt(shift: &Shift, n: usize, place: Place) {
    let limit = shift.desk.practice.switches(place.platform).expect("it is served").rate_limit_per_minute;
    shift.switch(|switches| switches.rate_limit_per_minute = 0);
    for (key, value) in
        [("max_in_flight", "1"), ("requests_per_minute", "1000000"), ("lookup_interval_max_ms", "3000000")]
    {
        shift.set(key, value).await;
    }
    shift.set("lookup_interval_ms", "3000000").await;
    // What was used up by then is used up of another window.
    let now = || shift.laptop.now().wall_ms;
    let window_ends = now() + WINDOW_MS - now().rem_euclid(WINDOW_MS);
    shift.laptop.pass((window_ends - 30 * SECOND - now()).max(0));
    in_step(shift);
    let mut numbers = numbers();
    for group in 0..n / 2 {
        shift.strike(FaultKind::LoseResponse, None, 1);
        shift.strike(FaultKind::LoseRequest, None, 1);
        let three: Vec<String> = numbers.by_ref().take(3).collect();
        shift.dispatch(&three.iter().map(String::as_str).collect::<Vec<_>>()).await;
        let last = &three[2];
        shift
            .until(&format!("group {group} is sent"), async |shift| shift.state(last).await == State::Dispatched)
            .await;
    }
    assert_eq!(shift.core.counts(None).await.expect("counts").in_doubt as usize, n, "as many are in doubt");
    for (key, value) in by_itself(place) {
        shift.set(key, &value).await;
    }
    shift.laptop.pass((window_ends - now()).max(0));
    shift.switch(|switches| switches.rate_limit_per_minute = limit);
    in_step(shift);
}

/// What the ledger tells of every order that was ever in doubt.
async fn told(shift: &Shift, place: Place, scene: Scene) -> Settled {
    let options = SqliteConnectOptions::new().filename(shift.desk.ledger()).read_only(true);
    let mut ledger: SqliteConnection = options.connect().await.expect("the ledger can be read");
    let sql = "SELECT o.order_no AS order_no, o.state AS state,
                      min(CASE WHEN l.kind = 'send_started' THEN l.at_ms END) AS began,
                      min(CASE WHEN l.state IN ('dispatched', 'needs_review', 'refused') THEN l.at_ms END) AS ended
               FROM log l JOIN orders o ON o.id = l.order_id
               GROUP BY o.id HAVING sum(l.state = 'in_doubt') > 0";
    let rows = sqlx::query(sql).fetch_all(&mut ledger).await.expect("the log can be read");
    let mut settled = Settled {
        platform: place.platform,
        exclusive: place.exclusive,
        scene,
        took_ms: Vec::new(),
        requests: 0,
        creates: 0,
        reviews: BTreeMap::new(),
    };
    for row in rows {
        settled.took_ms.push(row.get::<i64, _>("ended") - row.get::<i64, _>("began"));
        if row.get::<String, _>("state") == "needs_review" {
            let order = shift.order(&row.get::<String, _>("order_no")).await;
            *settled.reviews.entry(order.reason.unwrap_or_default()).or_default() += 1;
        }
    }
    settled.took_ms.sort_unstable();
    ledger.close().await.expect("it closes");
    settled
}
