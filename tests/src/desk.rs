//! A folder with a ledger and practice platforms in it, and the core in this process.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use docket_core::api::{Command, Core, CoreOptions, NewAccount, Reply, Request};
use docket_core::domain::Platform;
use docket_core::ids::random_id;
use docket_practice::{Endpoint, FaultPlan, PracticeOptions, PracticePlatform, Served, TruthOrder};

/// Settings that fit a test: everything is over in seconds.
pub const QUICK: [(&str, &str); 9] = [
    ("timeout_ms", "400"),
    ("connect_timeout_ms", "400"),
    ("send_before_ms", "2000"),
    ("settle_ms", "300"),
    ("lookup_interval_ms", "30"),
    ("lookup_interval_max_ms", "200"),
    ("requests_per_minute", "1000000"),
    ("max_in_flight", "8"),
    ("patience_s", "60"),
];

/// A folder of a test's own, with practice platforms at work.
pub struct Desk {
    /// Where everything is.
    pub folder: tempfile::TempDir,
    /// The platforms.
    pub practice: Served,
}

impl Desk {
    /// Serves the practice platforms, with a plan of faults or without.
    pub async fn new(plan: Option<FaultPlan>) -> Desk {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let truth = folder.path().join("truth.jsonl");
        let options = PracticeOptions { truth, port: None, platforms: Vec::new(), plan };
        let practice = docket_practice::serve(options).await.expect("practice platforms");
        at_once(&practice);
        Desk { folder, practice }
    }

    /// The ledger's file.
    pub fn ledger(&self) -> PathBuf {
        self.folder.path().join("ledger.db")
    }

    /// Opens the core on this folder's ledger.
    pub async fn open(&self) -> Core {
        Core::open(self.options()).await.expect("the core opens")
    }

    /// How to open it.
    pub fn options(&self) -> CoreOptions {
        CoreOptions {
            ledger: self.ledger(),
            secrets_file: Some(self.folder.path().join("secrets.json")),
            station: self.folder.path().join("data").join("station"),
            program: "docket-tests",
            follow: false,
        }
    }

    /// Adds an account on a practice platform, with settings that fit a test and some more.
    pub async fn add(&self, core: &Core, name: &str, platform: PracticePlatform, more: &[(&str, &str)]) {
        let endpoint = self.practice.endpoint(platform).expect("it is served").clone();
        self.add_at(core, name, &endpoint, more).await;
    }

    /// The same at an address of the caller's.
    pub async fn add_at(&self, core: &Core, name: &str, endpoint: &Endpoint, more: &[(&str, &str)]) {
        let secrets: BTreeMap<String, String> =
            serde_json::from_value(endpoint.secrets.clone()).expect("secrets are texts");
        let secrets_file = core.store_secrets(name, secrets).await.expect("secrets are kept");
        let kept = QUICK.iter().filter(|(key, _)| !more.iter().any(|(other, _)| other == key));
        let set = kept.chain(more).map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        let new = NewAccount {
            name: name.to_owned(),
            platform: Platform::from_code(endpoint.platform.name()).expect("a platform of ours"),
            test: true,
            base_url: Some(endpoint.base_url.clone()),
            set,
            secrets_file,
            merchant: Some(endpoint.merchant_id.clone()),
            practice: true,
            confirmed: true,
        };
        run(core, Command::AddAccount(new)).await;
    }

    /// Imports a file.
    pub async fn import(&self, core: &Core, account: &str, file: &Path) -> Reply {
        let command = Command::Import {
            path: file.display().to_string(),
            account: account.to_owned(),
            dry_run: false,
            update: false,
            mapping: BTreeMap::new(),
        };
        run(core, command).await
    }

    /// What the platform really has of ours, by reference where it carries one.
    pub fn truth(&self, platform: PracticePlatform) -> Vec<TruthOrder> {
        let all = self.practice.truth().expect("truth is readable");
        all.into_iter().filter(|o| o.platform == platform).collect()
    }
}

/// The platforms answer a create at once, and Pathao counts no requests: a test has no time for the pace at which they
/// start. One that is about the pace sets it.
pub fn at_once(practice: &Served) {
    for endpoint in practice.endpoints() {
        let platform = endpoint.platform;
        let mut switches = practice.switches(platform).expect("it is served");
        switches.create_latency_ms = 0;
        if platform == PracticePlatform::Pathao {
            switches.rate_limit_per_minute = 0;
        }
        practice.set_switches(platform, switches).expect("switches that fit");
    }
}

/// Carries out a command that has to succeed.
pub async fn run(core: &Core, command: Command) -> Reply {
    core.execute(Request { id: random_id(), command }).await.expect("the command is carried out")
}
