//! A merchant's shop: a folder with a ledger, the real `docketctl` on it, and practice platforms in this process, so
//! that a test can strike single requests and look at what really exists.

use std::path::PathBuf;

use docket_practice::{
    AppliesTo, Endpoint, FaultKind, OneShot, PracticeOptions, PracticePlatform, Served, Switches, TruthOrder,
};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::runtime::Runtime;

use crate::desk::{QUICK, at_once};
use crate::liar::Liar;
use crate::orders;
use crate::program::{Docketctl, Ran};

/// A folder, `docketctl`, and platforms that are served until they are shut.
pub struct Shop {
    /// Where everything is.
    pub folder: TempDir,
    /// The program on this folder's ledger.
    pub ctl: Docketctl,
    /// The platforms, while they are served.
    pub practice: Option<Served>,
    runtime: Runtime,
}

impl Shop {
    /// Serves all practice platforms without faults. No account yet.
    pub fn open() -> Shop {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let runtime = Runtime::new().expect("a runtime");
        let ctl = Docketctl::new(folder.path());
        let mut shop = Shop { folder, ctl, practice: None, runtime };
        shop.serve();
        at_once(shop.served());
        shop
    }

    /// A shop with one account `main` and `n` drafts `SO-1`, `SO-2`, ...
    pub fn with_orders(platform: PracticePlatform, n: usize, more: &[(&str, &str)]) -> Shop {
        let shop = Shop::open();
        shop.add("main", platform, more);
        let file = orders::write(shop.folder.path(), platform, n);
        let done = shop.ctl.run(&["order", "import", &file.display().to_string(), "--account", "main"]).code(0);
        assert_eq!(done.last_line(), format!("imported {n}, updated 0, skipped 0, wrong 0"));
        shop
    }

    /// The same, and a busy machine gives no request up: how many left can be counted.
    pub fn unhurried(platform: PracticePlatform, n: usize, more: &[(&str, &str)]) -> Shop {
        let patient = [("timeout_ms", "10000"), ("connect_timeout_ms", "10000"), ("send_before_ms", "10000")];
        Shop::with_orders(platform, n, &[&patient[..], more].concat())
    }

    /// A shop whose account `main` asks a liar before the platform, with `n` drafts. The platform keeps no pace of its own.
    pub fn behind_liar(platform: PracticePlatform, n: usize, more: &[(&str, &str)]) -> (Shop, Liar) {
        let shop = Shop::open();
        shop.without_pace(platform);
        let liar = Liar::before(shop.served().endpoint(platform).expect("it is served"));
        add_account(&shop.ctl, "main", &liar.endpoint, more).code(0);
        let file = orders::write(shop.folder.path(), platform, n);
        shop.ctl.run(&["order", "import", &file.display().to_string(), "--account", "main"]).code(0);
        (shop, liar)
    }

    /// The second of two drafts is bound; the first gets its reference, which is returned, and is not sent: what stands
    /// under that reference from here on is somebody else's work.
    pub fn reserve_first(&mut self) -> String {
        self.ctl.run(&["dispatch", "SO-2", "--wait", "60"]).code(0);
        self.shut();
        self.ctl.run(&["dispatch", "SO-1", "--wait", "1"]).code(3);
        self.serve();
        self.ctl.order("SO-1")["reference"].as_str().expect("a reference").to_owned()
    }

    /// The platform counts no requests, and no order goes on by itself: a test has no time for its pace.
    pub fn without_pace(&self, platform: PracticePlatform) {
        self.switch(platform, |switches| (switches.rate_limit_per_minute, switches.stage_ms) = (0, 0));
    }

    /// The platform counts no requests.
    pub fn without_limit(&self, platform: PracticePlatform) {
        self.switch(platform, |switches| switches.rate_limit_per_minute = 0);
    }

    /// Serves the platforms (again): same address, same memory.
    pub fn serve(&mut self) {
        let truth = self.truth_file();
        let options = PracticeOptions { truth, port: None, platforms: Vec::new(), plan: None };
        self.practice = Some(self.runtime.block_on(docket_practice::serve(options)).expect("practice platforms"));
    }

    /// Takes the platforms off the network.
    pub fn shut(&mut self) {
        if let Some(practice) = self.practice.take() {
            self.runtime.block_on(practice.stop());
        }
    }

    /// Where the platforms keep what they hold.
    pub fn truth_file(&self) -> PathBuf {
        self.folder.path().join("truth.jsonl")
    }

    /// The platforms; they have to be served.
    pub fn served(&self) -> &Served {
        self.practice.as_ref().expect("the platforms are served")
    }

    /// Adds an account with settings that fit a test, and some more.
    pub fn add(&self, name: &str, platform: PracticePlatform, more: &[(&str, &str)]) {
        let endpoint = self.served().endpoint(platform).expect("it is served").clone();
        add_account(&self.ctl, name, &endpoint, more).code(0);
    }

    /// Strikes the next creates.
    pub fn strike(&self, kind: FaultKind, times: u32) {
        self.strike_with(OneShot { times, ..OneShot::next(kind) });
    }

    /// Strikes the next requests that read.
    pub fn strike_lookups(&self, kind: FaultKind, times: u32) {
        self.strike_with(OneShot { times, applies_to: AppliesTo::Lookup, ..OneShot::next(kind) });
    }

    /// Queues a fault.
    pub fn strike_with(&self, shot: OneShot) {
        self.served().queue_fault(shot).expect("a fault that can strike");
    }

    /// Changes a platform's switches.
    pub fn switch(&self, platform: PracticePlatform, change: impl FnOnce(&mut Switches)) {
        let mut switches = self.served().switches(platform).expect("it is served");
        change(&mut switches);
        self.served().set_switches(platform, switches).expect("switches that fit");
    }

    /// How many answers are held back.
    pub fn held(&self) -> usize {
        self.served().state().expect("the state is readable").held.len()
    }

    /// Create requests that a platform has seen since its start.
    pub fn creates(&self, platform: PracticePlatform) -> u32 {
        let state = self.served().state().expect("the state is readable");
        state.platforms.iter().find(|p| p.platform == platform).map_or(0, |p| p.creates)
    }

    /// Dispatches an order, which goes well at its platform, and the ledger learns of it.
    pub fn goes_well(&self, platform: PracticePlatform, number: &str) {
        self.ctl.run(&["dispatch", number, "--wait", "60"]).code(0);
        self.ends(platform, number);
    }

    /// A bound order goes well at its platform, and the ledger learns of it.
    pub fn ends(&self, platform: PracticePlatform, number: &str) {
        let order = self.ctl.order(number);
        let id = order["platform_order_id"].as_str().expect("it is bound");
        self.served().advance(platform, id, orders::went_well(platform)).expect("it is there");
        self.ctl.run(&["track", number]).code(0);
    }

    /// What really exists of ours.
    pub fn ours(&self) -> Vec<TruthOrder> {
        let all = self.served().truth().expect("truth is readable");
        all.into_iter().filter(|order| !order.by_stranger).collect()
    }

    /// How many platform orders of ours there are under the id that an order is bound to.
    pub fn there(&self, order: &Value) -> usize {
        let ours = self.ours();
        ours.iter()
            .filter(|truth| Some(truth.platform_order_id.as_str()) == order["platform_order_id"].as_str())
            .count()
    }
}

/// Adds an account on a practice platform, with settings that fit a test and some more.
pub fn add_account(ctl: &Docketctl, name: &str, endpoint: &Endpoint, more: &[(&str, &str)]) -> Ran {
    let (platform, base) = (endpoint.platform.name(), endpoint.base_url.as_str());
    let mut args = vec!["account", "add", name, "--platform", platform, "--base-url", base, "--test"];
    args.extend(["--merchant", endpoint.merchant_id.as_str()]);
    let kept = QUICK.iter().filter(|(key, _)| !more.iter().any(|(other, _)| other == key));
    let settings: Vec<String> = kept.chain(more).map(|(key, value)| format!("{key}={value}")).collect();
    settings.iter().for_each(|setting| args.extend(["--set", setting.as_str()]));
    ctl.tell(&args, &json!(endpoint.secrets).to_string())
}
