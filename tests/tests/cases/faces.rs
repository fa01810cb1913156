//! What scripts rely on: exit statuses, accounts, two accounts with one number.

use std::process::Command;

use docket_practice::{Endpoint, FaultKind, PracticePlatform};
use docket_tests::orders;
use docket_tests::program::{Docketctl, Running, docketctl};
use docket_tests::shop::{Shop, add_account};
use docket_tests::waiting::{LONG, until};
use serde_json::json;

#[test]
fn exit_statuses() {
    let mut shop = Shop::with_orders(PracticePlatform::Pathao, 2, &[]);
    shop.ctl.run(&["dispatch", "SO-1", "--wait", "60"]).code(0);
    let unknown = shop.ctl.run(&["dispatch", "SO-99"]).code(1);
    assert_eq!(unknown.stderr().trim_end().lines().count(), 1, "one line, with what to do: {unknown:?}");
    assert!(unknown.stderr().contains("SO-99"), "{unknown:?}");
    shop.ctl.run(&["order", "show", "SO-99"]).code(1);
    shop.ctl.run(&["dispatch"]).code(2);
    shop.ctl.run(&["no-such-command"]).code(2);
    shop.ctl.run(&["account", "set", "main", "--set", "settle=5"]).code(2);
    shop.shut();
    shop.ctl.run(&["dispatch", "SO-2", "--wait", "1"]).code(3);
    shop.ctl.run(&["--help"]).code(0);
}

#[test]
fn an_order_already_open_or_bound_is_left_alone() {
    let shop = Shop::with_orders(PracticePlatform::Pathao, 1, &[]);
    shop.ctl.run(&["dispatch", "SO-1", "--wait", "60"]).code(0);
    let again = shop.ctl.run(&["dispatch", "SO-1", "--wait", "5"]).code(0);
    assert!(again.stdout().contains("SO-1"), "the line says since when: {again:?}");
    shop.ctl.run(&["dispatch", "--all", "--wait", "5"]).code(0);
    assert_eq!((shop.ours().len(), shop.creates(PracticePlatform::Pathao)), (1, 1));
}

/// "Send it again" is what a merchant tries first when nothing is heard: it is not done, and the line says why and since
/// when.
#[test]
fn an_order_in_doubt_is_not_sent_again_on_demand() {
    let mut shop = Shop::with_orders(PracticePlatform::Pathao, 1, &[("lookup_interval_ms", "60000")]);
    shop.strike(FaultKind::LoseResponse, 1);
    shop.ctl.run(&["dispatch", "SO-1", "--wait", "2"]).code(3);
    assert_eq!(shop.ctl.order("SO-1")["state"], "in_doubt");
    assert_eq!((shop.ours().len(), shop.creates(PracticePlatform::Pathao)), (1, 1));
    // Nobody answers any more, so it stays in doubt.
    shop.shut();
    for more in [&["--wait", "1"][..], &["--again", "--wait", "1"]] {
        let again = shop.ctl.run(&[&["dispatch", "SO-1"], more].concat()).code(3);
        assert!(again.stdout().contains("in doubt") && again.stdout().contains("since"), "{again:?}");
    }
    let order = shop.ctl.order("SO-1");
    assert_eq!((&order["state"], &order["generation"], &order["attempts"]), (&"in_doubt".into(), &1.into(), &1.into()));
    shop.ctl.verifies();
}

/// What is in doubt was sent as it stands in the ledger: neither by hand nor by a file is it changed, and it does not go away.
#[test]
fn an_order_in_doubt_is_not_edited_updated_or_deleted() {
    let mut shop = Shop::with_orders(PracticePlatform::Pathao, 1, &[("lookup_interval_ms", "60000")]);
    shop.strike(FaultKind::LoseResponse, 1);
    shop.ctl.run(&["dispatch", "SO-1", "--wait", "1"]).code(3);
    // Nobody answers any more, so it stays in doubt.
    shop.shut();
    let before = shop.ctl.order("SO-1");
    assert_eq!(
        (&before["state"], &before["fields"]["receiver_name"]),
        (&"in_doubt".into(), &"R. Das 1".into()),
        "{before}"
    );
    let other = shop.folder.path().join("other.csv");
    let text = std::fs::read_to_string(orders::write(shop.folder.path(), PracticePlatform::Pathao, 1));
    let text = text.expect("the orders were written").replace("R. Das 1", "Somebody Else");
    std::fs::write(&other, text).expect("the file is written");
    let other = other.display().to_string();
    let refused = [
        shop.ctl.run(&["order", "edit", "SO-1", "--set", "receiver_name=Somebody Else"]),
        shop.ctl.run(&["order", "import", &other, "--account", "main", "--update"]),
        shop.ctl.run(&["order", "delete", "SO-1"]),
    ];
    for ran in refused {
        let said = format!("{}{}", ran.stdout(), ran.stderr());
        assert!(said.contains("in doubt") || said.contains("in_doubt"), "it says why: {ran:?}");
        ran.code(1);
    }
    let after = shop.ctl.order("SO-1");
    for part in ["state", "fields", "request", "generation", "attempts", "reference"] {
        assert_eq!(after[part], before[part], "{part}: {after}");
    }
    let kinds: Vec<String> = shop.ctl.log("SO-1").iter().map(|entry| entry["kind"].to_string()).collect();
    assert!(!kinds.iter().any(|kind| kind.contains("edited") || kind.contains("deleted")), "{kinds:?}");
    shop.ctl.verifies();
    shop.serve();
    shop.ctl.run(&["reconcile", "--wait", "60"]).code(0);
    let order = shop.ctl.order("SO-1");
    assert_eq!((&order["state"], shop.there(&order)), (&"dispatched".into(), 1), "{order}");
    shop.ctl.verifies();
}

#[test]
fn a_wrong_key_pauses_the_account_until_a_right_one_comes() {
    let shop = Shop::open();
    let mut endpoint = shop.served().endpoint(PracticePlatform::Pathao).expect("it is served").clone();
    let right = std::mem::replace(&mut endpoint.secrets, serde_json::json!({"api_key": "sandbox_key_test_wrong"}));
    add_account(&shop.ctl, "main", &endpoint, &[]).code(0);
    let file = docket_tests::orders::write(shop.folder.path(), PracticePlatform::Pathao, 2);
    shop.ctl.run(&["order", "import", &file.display().to_string(), "--account", "main"]).code(0);
    shop.ctl.run(&["dispatch", "SO-1", "--wait", "3"]).code(3);
    let order = shop.ctl.order("SO-1");
    assert_eq!(order["state"], "queued", "a refused key means that nothing was carried out: {order}");
    let account = shop.ctl.run(&["--json", "account", "list"]).code(0).objects().remove(0);
    assert!(account["paused"].as_str().is_some_and(|why| !why.is_empty()), "{account}");
    assert_eq!(shop.ctl.run(&["account", "test", "main"]).status(), Some(1), "the test says no");
    shop.ctl.tell(&["account", "credentials", "main"], &right.to_string()).code(0);
    shop.ctl.run(&["account", "test", "main"]).code(0);
    shop.ctl.run(&["reconcile", "--wait", "60"]).code(0);
    let order = shop.ctl.order("SO-1");
    // The request that was turned away for its key counts: it was sent.
    assert_eq!((&order["state"], &order["attempts"]), (&"dispatched".into(), &2.into()), "{order}");
    assert_eq!((&order["bound_by"], shop.ours().len()), (&"response".into(), 1), "{order}");
    shop.ctl.verifies();
}

#[test]
fn a_number_that_another_account_holds_needs_a_word() {
    let shop = Shop::with_orders(PracticePlatform::Pathao, 2, &[]);
    shop.add("other", PracticePlatform::Postmates, &[]);
    let file = docket_tests::orders::write(shop.folder.path(), PracticePlatform::Postmates, 2);
    shop.ctl.run(&["order", "import", &file.display().to_string(), "--account", "other"]).code(0);
    let unclear = shop.ctl.run(&["dispatch", "SO-1", "--wait", "5"]).code(1);
    assert!(unclear.stderr().contains("--account NAME"), "it says what is needed: {unclear:?}");
    shop.ctl.run(&["dispatch", "SO-1", "--account", "main", "--wait", "60"]).code(0);
    let held = shop.ctl.run(&["dispatch", "SO-1", "--account", "other", "--wait", "5"]).code(1);
    assert!(held.stderr().contains("main"), "it names the holder: {held:?}");
    assert_eq!(shop.ours().len(), 1);
    shop.ctl.run(&["dispatch", "SO-1", "--account", "other", "--despite", "main", "--wait", "60"]).code(0);
    assert_eq!(shop.ours().len(), 2);
    // A third account has two holders in its way, and each has to be named.
    shop.add("third", PracticePlatform::Foxreload, &[]);
    let file = docket_tests::orders::write(shop.folder.path(), PracticePlatform::Foxreload, 1);
    shop.ctl.run(&["order", "import", &file.display().to_string(), "--account", "third"]).code(0);
    let third = ["dispatch", "SO-1", "--account", "third", "--wait", "60"];
    let held = shop.ctl.run(&third).code(1);
    assert!(held.stderr().contains("--despite main --despite other"), "it names every holder: {held:?}");
    let held = shop.ctl.run(&[&third[..], &["--despite", "main"]].concat()).code(1);
    assert!(held.stderr().contains("--despite other") && !held.stderr().contains("--despite main"), "{held:?}");
    assert_eq!(shop.ours().len(), 2);
    shop.ctl.run(&[&third[..], &["--despite", "main", "--despite", "other"]].concat()).code(0);
    assert_eq!(shop.ours().len(), 3);
    shop.ctl.run(&["account", "set", "other", "--set", "distinct_from=main"]).code(0);
    let other = shop.ctl.run(&["account", "list"]).code(0);
    assert!(other.stdout().contains("distinct_from=[\"main\"]"), "it speaks names: {other:?}");
    shop.ctl.run(&["dispatch", "SO-2", "--account", "main", "--wait", "60"]).code(0);
    shop.ctl.run(&["dispatch", "SO-2", "--account", "other", "--wait", "60"]).code(0);
    assert_eq!(shop.ours().len(), 5);
    shop.ctl.verifies();
}

#[test]
fn an_account_with_open_work_is_not_removed() {
    let mut shop = Shop::with_orders(PracticePlatform::Pathao, 1, &[]);
    shop.shut();
    shop.ctl.run(&["dispatch", "SO-1", "--wait", "1"]).code(3);
    shop.ctl.run(&["account", "remove", "main"]).code(1);
    shop.ctl.run(&["withdraw", "SO-1"]).code(0);
    shop.ctl.run(&["account", "remove", "main"]).code(0);
    shop.ctl.verifies();
}

#[test]
fn secrets_appear_nowhere() {
    let shop = Shop::with_orders(PracticePlatform::Pathao, 1, &[]);
    shop.ctl.run(&["dispatch", "SO-1", "--wait", "60"]).code(0);
    let endpoint = shop.served().endpoint(PracticePlatform::Pathao).expect("it is served").clone();
    let key = endpoint.secrets["api_key"].as_str().expect("a key").to_owned();
    for ending in ["", "-wal"] {
        let bytes = std::fs::read(format!("{}{ending}", shop.ctl.ledger.display())).unwrap_or_default();
        assert!(!bytes.windows(key.len()).any(|part| part == key.as_bytes()), "the ledger{ending} holds no key");
    }
    for args in [&["--json", "log"][..], &["--json", "account", "list"], &["--json", "order", "show", "SO-1"]] {
        assert!(!shop.ctl.run(args).code(0).stdout().contains(&key), "{args:?} shows no key");
    }
}

/// `docketctl practice` with a plan of faults and switches in one file: the switches count from the first request.
#[test]
fn a_plan_file_brings_its_switches_to_the_practice_platforms() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let [plan, truth, said] = ["plan.json", "truth.jsonl", "said"].map(|name| folder.path().join(name));
    let text = json!({"seed": 1, "rate": 1.0, "kinds": ["headers_only"],
        "switches": {"pathao": {"credentials_revoked": true}, "postmates": {"create_latency_ms": 0}}});
    std::fs::write(&plan, text.to_string()).expect("the plan is written");
    let mut command = Command::new("sh");
    let line = "exec \"$0\" --json practice --port 0 --truth \"$1\" --faults \"$2\" > \"$3\"";
    command.args(["-c", line]).arg(docketctl()).args([&truth, &plan, &said]);
    let _serving = Running::start(command, "");
    let endpoints = until("the practice platforms tell their addresses", LONG, || {
        let text = std::fs::read_to_string(&said).ok()?;
        let endpoints: Vec<Endpoint> = text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
        (endpoints.len() == PracticePlatform::ALL.len()).then_some(endpoints)
    });
    let ctl = Docketctl::new(folder.path());
    let at = |platform| endpoints.iter().find(|endpoint| endpoint.platform == platform).expect("all are served");
    add_account(&ctl, "revoked", at(PracticePlatform::Pathao), &[]).code(0);
    ctl.run(&["account", "test", "revoked"]).code(1);
    add_account(&ctl, "struck", at(PracticePlatform::Postmates), &[]).code(0);
    ctl.run(&["account", "test", "struck"]).code(0);
    let file = orders::write(folder.path(), PracticePlatform::Postmates, 1);
    ctl.run(&["order", "import", &file.display().to_string(), "--account", "struck"]).code(0);
    ctl.run(&["dispatch", "SO-1", "--wait", "60"]).code(0);
    assert_eq!(ctl.order("SO-1")["bound_by"], "lookup", "its create was struck: {}", ctl.order("SO-1"));
    std::fs::write(&plan, r#"{"seed": 1, "rate": 1.0, "switches": {"pathao": {"revoked": true}}}"#).expect("written");
    let [plan, truth] = [plan, folder.path().join("other.jsonl")].map(|path| path.display().to_string());
    let refused = ctl.run(&["practice", "--truth", &truth, "--port", "0", "--faults", &plan]).code(1);
    assert!(refused.stderr().contains("revoked"), "it names what is wrong: {refused:?}");
}
