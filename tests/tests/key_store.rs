//! The operating system's key store, the real one: a session bus of the test's own, and GNOME Keyring on it, unlocked
//! with an empty password. No prompt, no screen.

use std::process::Command;

use docket_practice::{Endpoint, PracticePlatform};
use docket_tests::program::{Docketctl, Ran, Running};
use docket_tests::shop::Shop;
use docket_tests::waiting::{LONG, until};
use serde_json::json;

/// A session bus with a key store on it, as long as this lives.
struct KeyStore {
    address: String,
    _folder: tempfile::TempDir,
    _bus: Running,
}

impl KeyStore {
    fn open() -> KeyStore {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let socket = folder.path().join("bus");
        let address = format!("unix:path={}", socket.display());
        let mut bus = Command::new("dbus-daemon");
        bus.args(["--session", "--nofork", "--nopidfile", "--address", address.as_str()]);
        let bus = Running::start(bus, "");
        until("the session bus is there", LONG, || socket.exists().then_some(()));
        let mut keyring = Command::new("sh");
        // It goes on in the background when it is ready, and ends with its bus.
        keyring.args(["-c", "echo | gnome-keyring-daemon --unlock --components=secrets > /dev/null 2>&1"]);
        keyring.env("DBUS_SESSION_BUS_ADDRESS", &address);
        for (name, part) in [("HOME", ""), ("XDG_DATA_HOME", "data"), ("XDG_RUNTIME_DIR", "")] {
            keyring.env(name, folder.path().join(part));
        }
        Running::start(keyring, "").end(LONG).code(0);
        KeyStore { address, _folder: folder, _bus: bus }
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
