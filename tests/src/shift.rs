//! A shift at a desk: the core in this process, one account `main`, on a machine whose time the test moves.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use docket_core::api::OrderKey;
use docket_core::api::views::{AccountView, LogQuery, OrderView};
use docket_core::api::{ApiError, Command, Core, CoreOptions, DispatchRequest, ErrorCode, Reply, Request};
use docket_core::domain::{LogKind, OrderNo, PersonDecision, State};
use docket_core::ids::random_id;
use docket_practice::{AppliesTo, FaultKind, OneShot, PracticePlatform, Switches, TruthOrder};
use tokio::runtime::Runtime;

use crate::desk::{Desk, run};
use crate::gate::Gate;
use crate::laptop::Laptop;
use crate::liar::Liar;
use crate::orders;
use crate::waiting::LONG;

/// Between two looks at a condition, and how many there are at most: two minutes in all.
const STEP: Duration = Duration::from_millis(5);
const LOOKS: u32 = 24_000;
/// So many looks without a round of a loop: it rests.
const QUIET_LOOKS: u32 = 12;

/// A core at work on `SO-1`, `SO-2`, ...
pub struct Shift {
    /// The folder and the platforms.
    pub desk: Desk,
    /// The machine.
    pub laptop: Laptop,
    /// The core. Another one after each restart.
    pub core: Core,
    /// Where it is.
    pub platform: PracticePlatform,
    follow: bool,
    /// Where the core's tasks run, if not among the test's own.
    apart: Option<Runtime>,
}

impl Shift {
    /// One account, and `n` drafts.
    pub async fn begin(platform: PracticePlatform, n: usize, more: &[(&str, &str)]) -> Shift {
        let shift = Shift::bare(platform).await;
        shift.desk.add(&shift.core, "main", platform, more).await;
        shift.drafts(n).await;
        shift
    }

    /// The same in a program that stays: it follows what is bound by itself.
    pub async fn following(platform: PracticePlatform, n: usize, more: &[(&str, &str)]) -> Shift {
        let mut shift = Shift::begin(platform, n, more).await;
        shift.follow = true;
        shift.restart(|_| {}).await
    }

    /// The same with a gate before the platform.
    pub async fn behind_gate(platform: PracticePlatform, n: usize, more: &[(&str, &str)]) -> (Shift, Gate) {
        let shift = Shift::bare(platform).await;
        let gate = Gate::before(shift.desk.practice.endpoint(platform).expect("it is served")).await;
        shift.desk.add_at(&shift.core, "main", &gate.endpoint, more).await;
        shift.drafts(n).await;
        (shift, gate)
    }

    /// The same with a liar before the platform.
    pub async fn behind_liar(platform: PracticePlatform, n: usize, more: &[(&str, &str)]) -> (Shift, Liar) {
        let shift = Shift::bare(platform).await;
        let liar = Liar::before(shift.desk.practice.endpoint(platform).expect("it is served"));
        shift.desk.add_at(&shift.core, "main", &liar.endpoint, more).await;
        shift.drafts(n).await;
        (shift, liar)
    }

    async fn bare(platform: PracticePlatform) -> Shift {
        let (desk, laptop) = (Desk::new(None).await, Laptop::new());
        let core = open(&desk, &laptop, false).await;
        Shift { desk, laptop, core, platform, follow: false, apart: None }
    }

    /// The program ends and starts again as one that can be killed: its tasks run apart from the test's.
    pub async fn apart(mut self) -> Shift {
        self.core.stop().await;
        let apart = Runtime::new().expect("a runtime");
        let options = self.desk.options();
        let clock = Arc::new(self.laptop.clone());
        let opened = apart.spawn(Core::open_on(options, clock)).await;
        self.core = opened.expect("it does not panic").expect("the core opens");
        self.apart = Some(apart);
        self
    }

    /// The program is killed: every task of it stops where it stands, and nothing is written any more. Then it starts
    /// again.
    pub async fn killed(mut self) -> Shift {
        let apart = self.apart.take().expect("its tasks run apart");
        apart.shutdown_background();
        let Shift { desk, laptop, core, platform, follow, .. } = self;
        drop(core);
        for _ in 0..LOOKS {
            let options = CoreOptions { follow, ..desk.options() };
            match Core::open_on(options, Arc::new(laptop.clone())).await {
                Ok(core) => return Shift { desk, laptop, core, platform, follow, apart: None },
                Err(error) => assert_eq!(error.code, ErrorCode::Held, "its lock is let go: {error:?}"),
            }
            std::thread::park_timeout(STEP);
        }
        panic!("the killed program never lets its lock go");
    }

    async fn drafts(&self, n: usize) {
        let file = orders::write(self.desk.folder.path(), self.platform, n);
        let Reply::Imported(report) = self.desk.import(&self.core, "main", &file).await else { panic!("a report") };
        assert_eq!(report.imported as usize, n, "every row is right: {:?}", report.wrong_rows);
    }

    /// The program ends, something happens, and it starts again.
    pub async fn restart(mut self, meanwhile: impl FnOnce(&Shift)) -> Shift {
        self.core.stop().await;
        meanwhile(&self);
        self.core = open(&self.desk, &self.laptop, self.follow).await;
        self
    }

    /// The whole machine is restarted.
    pub async fn restart_machine(self) -> Shift {
        self.restart(|shift| shift.laptop.restart()).await
    }

    /// Asks for a command.
    pub async fn ask(&self, command: Command) -> Result<Reply, ApiError> {
        self.core.execute(Request { id: random_id(), command }).await
    }

    /// Dispatches these, one command for all.
    pub async fn dispatch(&self, numbers: &[&str]) {
        let orders = numbers.iter().map(|no| key(no)).collect();
        run(&self.core, Command::Dispatch(DispatchRequest { orders, ..Default::default() })).await;
    }

    /// Dispatches one more time.
    pub async fn again(&self, number: &str) {
        let request = DispatchRequest { orders: vec![key(number)], again: true, ..Default::default() };
        run(&self.core, Command::Dispatch(request)).await;
    }

    /// Dispatches all.
    pub async fn dispatch_all(&self) {
        run(&self.core, Command::Dispatch(DispatchRequest { all: true, ..Default::default() })).await;
    }

    /// A person's decision.
    pub async fn decide(&self, number: &str, decision: PersonDecision, reason: &str) -> Result<Reply, ApiError> {
        self.ask(Command::Decide { order: key(number), decision, reason: Some(reason.to_owned()), shown: None }).await
    }

    /// Changes settings: what the account works with is replaced.
    pub async fn set(&self, setting: &str, value: &str) {
        let set = vec![(setting.to_owned(), value.to_owned())];
        run(&self.core, Command::SetAccount { name: "main".into(), set }).await;
    }

    /// Puts another key where the account's secrets are, and tells nobody.
    pub async fn swap_key(&self, api_key: &str) {
        let secrets = BTreeMap::from([("api_key".to_owned(), api_key.to_owned())]);
        self.core.store_secrets("main", secrets).await.expect("secrets are kept");
    }

    /// One order.
    pub async fn order(&self, number: &str) -> OrderView {
        self.core.order(key(number)).await.expect("it is there").order
    }

    /// One order's state.
    pub async fn state(&self, number: &str) -> State {
        self.order(number).await.state
    }

    /// The account.
    pub async fn account(&self) -> AccountView {
        self.core.accounts().await.expect("accounts").remove(0)
    }

    /// How often the log tells this of one order, or of all.
    pub async fn told(&self, number: Option<&str>, kind: LogKind) -> usize {
        let order_no = number.map(OrderNo::from);
        let query = LogQuery { order_no, kinds: vec![kind], limit: 100_000, ..LogQuery::default() };
        self.core.log(query).await.expect("the log").len()
    }

    /// The ledger says of itself that it is right.
    pub async fn verifies(&self) {
        let found = self.core.verify().await.expect("verify runs");
        assert!(found.ok, "{:?}", found.broken);
    }

    /// Strikes the next creates.
    pub fn strike(&self, kind: FaultKind, ms: Option<u32>, times: u32) {
        self.strike_with(OneShot { ms, times, ..OneShot::next(kind) });
    }

    /// Strikes the next requests that read.
    pub fn strike_lookups(&self, kind: FaultKind, ms: Option<u32>, times: u32) {
        self.strike_with(OneShot { ms, times, applies_to: AppliesTo::Lookup, ..OneShot::next(kind) });
    }

    /// Strikes the next requests, whatever they are.
    pub fn strike_all(&self, kind: FaultKind, ms: Option<u32>, times: u32) {
        self.strike_with(OneShot { ms, times, applies_to: AppliesTo::All, ..OneShot::next(kind) });
    }

    fn strike_with(&self, shot: OneShot) {
        self.desk.practice.queue_fault(shot).expect("a fault that can strike");
    }

    /// Changes the platform's switches.
    pub fn switch(&self, change: impl FnOnce(&mut Switches)) {
        let mut switches = self.desk.practice.switches(self.platform).expect("it is served");
        change(&mut switches);
        self.desk.practice.set_switches(self.platform, switches).expect("switches that fit");
    }

    /// Create requests that the platform has seen.
    pub fn creates(&self) -> u32 {
        let state = self.desk.practice.state().expect("the state is readable");
        state.platforms.iter().find(|p| p.platform == self.platform).map_or(0, |p| p.creates)
    }

    /// Requests of any kind that the platform has seen.
    pub fn requests(&self) -> u32 {
        let state = self.desk.practice.state().expect("the state is readable");
        state.platforms.iter().find(|p| p.platform == self.platform).map_or(0, |p| p.requests)
    }

    /// What really exists of ours.
    pub fn ours(&self) -> Vec<TruthOrder> {
        self.desk.truth(self.platform).into_iter().filter(|order| !order.by_stranger).collect()
    }

    /// A bound order goes well at the platform, and the ledger learns of it.
    pub async fn ends(&self, number: &str) {
        let id = self.order(number).await.platform_order_id.expect("it is bound");
        let word = orders::went_well(self.platform);
        self.desk.practice.advance(self.platform, &id, word).expect("it is there");
        run(&self.core, Command::Track { orders: vec![key(number)] }).await;
        assert!(self.order(number).await.platform_ended, "{number}");
    }

    /// Waits until something is so.
    pub async fn until(&self, what: &str, holds: impl AsyncFn(&Shift) -> bool) {
        for _ in 0..LOOKS {
            if holds(self).await {
                return;
            }
            std::thread::park_timeout(STEP);
        }
        let page = self.core.orders(docket_core::api::views::OrderQuery { limit: 10, ..Default::default() }).await;
        panic!("waited in vain: {what}; the first orders: {:#?}", page.map(|page| page.rows));
    }

    /// Waits until an order has come to a state.
    pub async fn until_state(&self, number: &str, state: State) {
        self.until(&format!("{number} is {state}"), async |shift| shift.state(number).await == state).await;
    }

    /// Waits until nothing can be done at once, and the loops make no more rounds. A loop that spins never rests.
    pub async fn rest(&self) {
        let idle = tokio::time::timeout(LONG, self.core.wait(None)).await;
        idle.expect("something can be done at once, and never is").expect("waiting works");
        self.rest_beside().await;
    }

    /// The same while requests are held: nothing but their answers can make the loops go on.
    pub async fn rest_beside(&self) {
        let (mut rounds, mut looks) = (self.core.rounds(), 0);
        for _ in 0..LOOKS / 10 {
            std::thread::park_timeout(STEP);
            let now = self.core.rounds();
            (rounds, looks) = (now, if now == rounds { looks + 1 } else { 0 });
            if looks == QUIET_LOOKS {
                return;
            }
        }
        panic!("the loops never rest: {rounds} rounds");
    }

    /// Lets time pass until this status of a bound order has been read: half an hour at most.
    pub async fn read_status(&self, number: &str, status: &str) {
        for _ in 0..30 {
            if self.order(number).await.platform_status.as_deref() == Some(status) {
                return;
            }
            self.pass(60_000).await;
        }
        panic!("{status} is never read: {:#?}", self.order(number).await);
    }

    /// Lets time pass, and the loops do what is due by then.
    pub async fn pass(&self, ms: i64) {
        self.laptop.pass(ms);
        self.rest().await;
    }
}

async fn open(desk: &Desk, laptop: &Laptop, follow: bool) -> Core {
    let options = CoreOptions { follow, ..desk.options() };
    Core::open_on(options, Arc::new(laptop.clone())).await.expect("the core opens")
}

/// An order of the one account.
pub fn key(number: &str) -> OrderKey {
    OrderKey { order_no: OrderNo::from(number), account: None }
}
