//! The operating system's key store, the real one: a session bus of the test's own, and GNOME Keyring on it, unlocked
//! with an empty password. No prompt, no screen. And a file in its place, which may be unusable, too.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;

use docket_practice::{Endpoint, FaultKind, PracticePlatform};
use docket_tests::program::{Docketctl, Ran, Running};
use docket_tests::shop::{Shop, add_account};
use docket_tests::waiting::{LONG, until};
use serde_json::json;

const PATHAO: PracticePlatform = PracticePlatform::Pathao;

/// A session bus with a key store on it, as long as this lives and is not shut.
struct KeyStore {
    address: String,
    folder: tempfile::TempDir,
    bus: Option<Running>,
    opened: u32,
}

impl KeyStore {
    fn open() -> KeyStore {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let address = format!("unix:path={}", folder.path().join("bus").display());
        let mut store = KeyStore { address, folder, bus: None, opened: 0 };
        store.open_again();
        store
    }

    /// On the same address, with what was kept in it before.
    fn open_again(&mut self) {
        let mut bus = Command::new("dbus-daemon");
        bus.args(["--session", "--nofork", "--nopidfile", "--address", self.address.as_str()]);
        self.bus = Some(Running::start(bus, ""));
        let socket = self.folder.path().join("bus");
        until("the session bus is there", LONG, || socket.exists().then_some(()));
        let mut keyring = Command::new("sh");
        // It goes on in the background when it is ready, and ends with its bus.
        keyring.args(["-c", "echo | gnome-keyring-daemon --unlock --components=secrets > /dev/null 2>&1"]);
        keyring.env("DBUS_SESSION_BUS_ADDRESS", &self.address);
        self.opened += 1;
        let own = format!("run-{}", self.opened);
        std::fs::create_dir(self.folder.path().join(&own)).expect("a folder for its sockets");
        for (name, part) in [("HOME", ""), ("XDG_DATA_HOME", "data"), ("XDG_RUNTIME_DIR", own.as_str())] {
            keyring.env(name, self.folder.path().join(part));
        }
        Running::start(keyring, "").end(LONG).code(0);
    }

    /// Nobody answers any more.
    fn shut(&mut self) {
        self.bus.take().expect("it is open").kill();
        std::fs::remove_file(self.folder.path().join("bus")).expect("its socket was there");
    }

    /// `docketctl` with this key store, and no file for secrets.
    fn of(&self, ctl: &Docketctl) -> Docketctl {
        ctl.with("DOCKET_SECRETS_FILE", "").with("DBUS_SESSION_BUS_ADDRESS", &self.address)
    }
}

fn add(ctl: &Docketctl, name: &str, endpoint: &Endpoint, key: &str) -> Ran {
    let (platform, base) = (endpoint.platform.name(), endpoint.base_url.as_str());
    let args = ["account", "add", name, "--platform", platform, "--base-url", base, "--test"];
    ctl.tell(&args, &json!({ "api_key": key }).to_string())
}

#[test]
fn secrets_are_kept_in_the_key_store() {
    let store = KeyStore::open();
    let shop = Shop::open();
    let ctl = store.of(&shop.ctl);
    let endpoint = shop.served().endpoint(PracticePlatform::Pathao).expect("it is served").clone();
    let key = endpoint.secrets["api_key"].as_str().expect("a key").to_owned();
    let added = add(&ctl, "main", &endpoint, &key).code(0);
    assert!(!added.stderr().contains("warning"), "there is nothing to warn of: {added:?}");
    let account = ctl.run(&["--json", "account", "list"]).code(0).objects().remove(0);
    assert_eq!(account["secrets"], "keystore");
    ctl.run(&["account", "test", "main"]).code(0);
    assert!(!shop.folder.path().join("secrets.json").exists(), "no file holds them");
    for ending in ["", "-wal"] {
        let bytes = std::fs::read(format!("{}{ending}", ctl.ledger.display())).unwrap_or_default();
        assert!(!bytes.windows(key.len()).any(|part| part == key.as_bytes()), "the ledger{ending} holds no key");
    }
    let file = docket_tests::orders::write(shop.folder.path(), PracticePlatform::Pathao, 1);
    ctl.run(&["order", "import", &file.display().to_string(), "--account", "main"]).code(0);
    ctl.run(&["dispatch", "SO-1", "--wait", "60"]).code(0);
    assert_eq!(shop.ours().len(), 1);

    // What is refused does not take the place of what was accepted before.
    ctl.tell(&["account", "credentials", "main"], "{\"no_key\": \"x\"}").code(1);
    ctl.run(&["account", "test", "main"]).code(0);
    // An account of the same name in another ledger has secrets of its own.
    let other = ctl.on(shop.folder.path().join("other.db"));
    add(&other, "main", &endpoint, "sandbox_key_test_other").code(0);
    other.run(&["account", "test", "main"]).code(1);
    ctl.run(&["account", "test", "main"]).code(0);
    // With the account its secrets go.
    ctl.run(&["account", "remove", "main"]).code(0);
    other.run(&["account", "test", "main"]).code(1);
    ctl.verifies();
}

/// One order in doubt, which exists, and one that is queued; and the platform answers again.
fn two_that_wait(ctl: &Docketctl, shop: &mut Shop) {
    let endpoint = shop.served().endpoint(PATHAO).expect("it is served").clone();
    add_account(ctl, "main", &endpoint, &[("lookup_interval_ms", "60000")]).code(0);
    let file = docket_tests::orders::write(shop.folder.path(), PATHAO, 2);
    ctl.run(&["order", "import", &file.display().to_string(), "--account", "main"]).code(0);
    shop.strike(FaultKind::LoseResponse, 1);
    ctl.run(&["dispatch", "SO-1", "--wait", "1"]).code(3);
    shop.shut();
    ctl.run(&["dispatch", "SO-2", "--wait", "1"]).code(3);
    shop.serve();
    still_wait(ctl, shop);
}

/// Nothing has left, nothing was lost.
#[track_caller]
fn still_wait(ctl: &Docketctl, shop: &Shop) {
    let [first, second] = ["SO-1", "SO-2"].map(|no| ctl.order(no));
    assert_eq!((&first["state"], &first["attempts"]), (&"in_doubt".into(), &1.into()), "{first}");
    assert_eq!((&second["state"], &second["attempts"]), (&"queued".into(), &0.into()), "{second}");
    assert_eq!(shop.ours().len(), 1);
    ctl.verifies();
}

/// The account stands still and says why; what waits goes on waiting.
#[track_caller]
fn pauses(ctl: &Docketctl, shop: &Shop, why: &str) {
    ctl.run(&["reconcile", "--wait", "2"]).code(3);
    let account = ctl.run(&["--json", "account", "list"]).code(0).objects().remove(0);
    assert!(account["paused"].as_str().is_some_and(|told| told.contains(why)), "{account}");
    still_wait(ctl, shop);
}

/// The secrets are there again, and nobody has to say so: each order is settled, and exists once.
#[track_caller]
fn go_on(ctl: &Docketctl, shop: &Shop) {
    ctl.run(&["reconcile", "--wait", "60"]).code(0);
    let account = ctl.run(&["--json", "account", "list"]).code(0).objects().remove(0);
    assert!(account["paused"].is_null(), "{account}");
    let [first, second] = ["SO-1", "SO-2"].map(|no| ctl.order(no));
    assert_eq!((&first["state"], &first["bound_by"]), (&"dispatched".into(), &"lookup".into()), "{first}");
    assert_eq!((&second["state"], &second["bound_by"]), (&"dispatched".into(), &"response".into()), "{second}");
    assert_eq!(shop.ours().len(), 2);
    ctl.verifies();
}

#[test]
fn a_key_store_that_falls_silent_pauses_the_account_and_loses_nothing() {
    let (mut store, mut shop) = (KeyStore::open(), Shop::open());
    let ctl = store.of(&shop.ctl);
    two_that_wait(&ctl, &mut shop);
    store.shut();
    pauses(&ctl, &shop, "key store cannot be used");
    store.open_again();
    go_on(&ctl, &shop);
}

/// The same with a file: others may read it, it is damaged, it is gone.
#[test]
fn a_secrets_file_that_cannot_be_used_pauses_the_account_and_loses_nothing() {
    let mut shop = Shop::open();
    let (ctl, file) = (shop.ctl.clone(), shop.folder.path().join("secrets.json"));
    two_that_wait(&ctl, &mut shop);
    let mode = |bits| std::fs::set_permissions(&file, Permissions::from_mode(bits)).expect("the mode is changed");
    mode(0o644);
    pauses(&ctl, &shop, "chmod 600");
    mode(0o600);
    let whole = std::fs::read(&file).expect("the secrets");
    std::fs::write(&file, &whole[..whole.len() / 2]).expect("a half of them");
    pauses(&ctl, &shop, "is not a secrets file");
    std::fs::remove_file(&file).expect("it was there");
    pauses(&ctl, &shop, "account credentials");
    std::fs::write(&file, whole).expect("the secrets");
    mode(0o600);
    go_on(&ctl, &shop);
}

#[test]
fn without_a_key_store_it_is_said_what_to_do() {
    let shop = Shop::open();
    let endpoint = shop.served().endpoint(PracticePlatform::Pathao).expect("it is served").clone();
    let nowhere = format!("unix:path={}", shop.folder.path().join("no-bus").display());
    let ctl = shop.ctl.with("DOCKET_SECRETS_FILE", "").with("DBUS_SESSION_BUS_ADDRESS", &nowhere);
    let refused = add(&ctl, "main", &endpoint, "sandbox_key_test_1").code(1);
    assert!(refused.stderr().contains("--secrets-file FILE"), "{refused:?}");
    assert!(ctl.run(&["--json", "account", "list"]).code(0).objects().is_empty());
}
