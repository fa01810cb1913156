//! FoxReload's delivered codes are money: they are stored sealed, stand nowhere in plain text, are shown only after a log
//! entry, and are fetched again when their key is lost. The codes themselves are asked of the platform, past Docket.

use std::path::PathBuf;

use docket_practice::{FaultKind, PracticePlatform};
use docket_tests::plain::{files_with, stands_in};
use docket_tests::program::{Docketctl, Ran, Running};
use docket_tests::shop::Shop;
use docket_tests::tamper::{broken_copy, number};
use docket_tests::waiting::{LONG, until};
use serde_json::Value;

const FOX: PracticePlatform = PracticePlatform::Foxreload;

/// A shop whose orders are completed a moment after they are dispatched.
fn shop(n: usize, more: &[(&str, &str)]) -> Shop {
    let shop = Shop::with_orders(FOX, n, more);
    shop.switch(FOX, |switches| switches.stage_ms = 1);
    shop
}

/// Dispatches an order and tracks it until the platform has completed it.
fn completed(ctl: &Docketctl, order_no: &str) {
    ctl.run(&["dispatch", order_no, "--wait", "60"]).code(0);
    until("it is completed", LONG, || {
        ctl.run(&["track", order_no]).code(0);
        (ctl.order(order_no)["platform_status"] == "completed").then_some(())
    });
}

/// The codes of an order, from the platform itself.
fn truth(shop: &Shop, order_no: &str) -> Vec<String> {
    codes_of(shop, shop.ctl.order(order_no)["platform_order_id"].as_str().expect("it is bound"))
}

/// The codes of a platform order.
fn codes_of(shop: &Shop, id: &str) -> Vec<String> {
    let endpoint = shop.served().endpoint(FOX).expect("it is served").clone();
    let key = endpoint.secrets["api_key"].as_str().expect("a key").to_owned();
    // An earlier provider is as good: the client only needs one.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let shown: Value = runtime.block_on(async {
        let url = format!("{}/api/orders/{id}", endpoint.base_url);
        let answer = reqwest::Client::builder().build().expect("a client").get(url).header("x-api-key", key).send();
        answer.await.expect("the platform answers").json().await.expect("an order")
    });
    let items = shown["items"].as_array().expect("items");
    let codes: Vec<String> = items
        .iter()
        .flat_map(|item| item["externalData"].as_array().expect("codes").clone())
        .map(|code| code.as_str().expect("a text").to_owned())
        .collect();
    assert!(!codes.is_empty() && codes.iter().all(|code| code.len() >= 8), "{codes:?}");
    codes
}

fn revealed(ran: &Ran) -> Vec<String> {
    let objects = ran.objects();
    let items = objects[0]["items"].as_array().expect("items");
    items.iter().flat_map(|i| i["codes"].as_array().expect("codes")).map(|c| c.as_str().unwrap().to_owned()).collect()
}

fn reveals(ctl: &Docketctl, order_no: &str) -> usize {
    ctl.log(order_no).iter().filter(|entry| entry["kind"] == "revealed").count()
}

#[track_caller]
fn stands_nowhere(shop: &Shop, codes: &[String]) {
    for code in codes {
        assert_eq!(files_with(code, shop.folder.path()), Vec::<PathBuf>::new(), "{code} stands in a file");
    }
}

#[test]
fn delivered_codes_stand_nowhere_in_plain_text() {
    let shop = shop(3, &[]);
    let ctl = shop.ctl.with("RUST_LOG", "trace").with("DOCKET_LOG", "trace");
    let mut said = String::new();
    let mut hear = |ran: Ran| said.push_str(&format!("{}\n{}", ran.stdout(), ran.stderr()));
    hear(ctl.run(&["dispatch", "SO-1", "SO-2", "--wait", "60"]).code(0));
    for order_no in ["SO-1", "SO-2"] {
        until("it is completed", LONG, || {
            hear(ctl.run(&["--json", "track", order_no]).code(0));
            (shop.ctl.order(order_no)["platform_status"] == "completed").then_some(())
        });
    }
    // Codes are shown in the list that is read before the next create, in a scan, and to a person's candidates.
    shop.strike(FaultKind::LoseResponse, 1);
    hear(ctl.run(&["dispatch", "SO-3", "--wait", "60"]));
    let file = |name: &str| shop.folder.path().join(name).display().to_string();
    let (csv, lines) = (file("out.csv"), file("out.jsonl"));
    for args in [
        &["order", "show", "SO-1"][..],
        &["--json", "order", "show", "SO-1"],
        &["--json", "order", "list"],
        &["--json", "review", "list"],
        &["order", "export", csv.as_str()],
        &["order", "export", lines.as_str()],
        &["log", "--format", "json"],
        &["log", "--format", "csv"],
        &["log", "--format", "text"],
        &["verify"],
    ] {
        hear(ctl.run(args).code(0));
    }
    assert!(said.contains("TRACE") || said.contains("DEBUG"), "everything was traced");
    let stored = number(&shop.ctl.ledger, "SELECT sum(count) FROM delivered_codes WHERE dispatch_id <= 2");
    assert_eq!(stored as usize, truth(&shop, "SO-1").len() + truth(&shop, "SO-2").len());
    let codes: Vec<String> = shop.ours().iter().flat_map(|order| codes_of(&shop, &order.platform_order_id)).collect();
    assert!(codes.len() > stored as usize || shop.ctl.order("SO-3")["state"] == "dispatched", "its codes, too");
    for code in &codes {
        assert!(!stands_in(code, said.as_bytes()), "{code} was said");
    }
    stands_nowhere(&shop, &codes);
}

#[test]
fn a_reveal_is_in_the_log_and_shows_what_the_platform_delivered() {
    let shop = shop(2, &[]);
    completed(&shop.ctl, "SO-2");
    let codes = truth(&shop, "SO-2");
    let shown = shop.ctl.run(&["order", "show", "SO-2"]).code(0).stdout();
    assert!(shown.contains(&format!("{} codes, masked; `docketctl order reveal SO-2`", codes.len())), "{shown}");
    assert_eq!(shop.ctl.order("SO-2")["codes"], serde_json::json!({"count": codes.len(), "due": false}));
    let refused = shop.ctl.run(&["order", "reveal", "SO-1"]).code(1);
    assert!(refused.stderr().contains("SO-1 has no delivered codes"), "{refused:?}");

    let ran = shop.ctl.run(&["--json", "order", "reveal", "SO-2", "--reason", "the customer asked"]).code(0);
    assert_eq!(revealed(&ran), codes);
    let log = shop.ctl.log("SO-2");
    let entry = log.last().expect("entries");
    assert_eq!((&entry["kind"], &entry["seq"]), (&"revealed".into(), &ran.objects()[0]["logged_as"]));
    assert_eq!(entry["detail"]["asked_by"], "docketctl");
    assert_eq!(entry["detail"]["count"], codes.len());
    assert_eq!(entry["evidence"]["reason"], "the customer asked");
    let text = shop.ctl.run(&["order", "reveal", "SO-2"]).code(0).stdout();
    assert!(codes.iter().all(|code| text.lines().any(|line| line.trim() == code)), "{text}");
    assert_eq!((reveals(&shop.ctl, "SO-2"), reveals(&shop.ctl, "SO-1")), (2, 0));
    stands_nowhere(&shop, &codes);
    shop.ctl.verifies();
}

#[test]
fn a_reveal_that_cannot_be_written_down_shows_nothing() {
    let shop = shop(1, &[]);
    completed(&shop.ctl, "SO-1");
    let codes = truth(&shop, "SO-1");
    let mut failed = 0;
    for n in 1..=4 {
        let (before, out) = (reveals(&shop.ctl, "SO-1"), shop.folder.path().join("trace").display().to_string());
        let inject = format!("inject=fsync,fdatasync:error=EIO:when={n}+");
        let mut wrapper = vec!["strace", "-o", out.as_str(), "-e", inject.as_str()];
        // Calls that read and write are not traced here: a trace of them would hold what is printed.
        wrapper.extend(["-f", "-etrace=fsync,fdatasync"]);
        let ran = Running::start(shop.ctl.command_under(&wrapper, &["order", "reveal", "SO-1"]), "").end(LONG);
        let shows = codes.iter().any(|code| stands_in(code, format!("{}{}", ran.stdout(), ran.stderr()).as_bytes()));
        let after = reveals(&shop.ctl, "SO-1");
        if shows {
            assert_eq!((ran.status(), after), (Some(0), before + 1), "what is shown is in the log: {ran:?}");
        } else {
            assert_ne!(ran.status(), Some(0), "{ran:?}");
            failed += 1;
        }
    }
    assert!(failed > 0, "a sync was struck before the codes were shown");
    shop.ctl.verifies();
}

#[test]
fn a_reveal_through_the_holder_leaves_no_code_in_the_ledger() {
    let shop = shop(2, &[("timeout_ms", "60000")]);
    completed(&shop.ctl, "SO-1");
    shop.strike(FaultKind::Hold, 1);
    let holder = shop.ctl.start(&["dispatch", "SO-2", "--wait", "100"]);
    until("the answer is held back", LONG, || (shop.held() == 1).then_some(()));
    let ran = shop.ctl.run(&["--json", "order", "reveal", "SO-1"]).code(0);
    assert_eq!(shop.ctl.order("SO-2")["state"], "sending", "the holder is still at it, and has logged it");
    let codes = truth(&shop, "SO-1");
    assert_eq!(revealed(&ran), codes);
    assert_eq!(reveals(&shop.ctl, "SO-1"), 1);
    assert_eq!(number(&shop.ctl.ledger, "SELECT count(*) FROM inbox WHERE body LIKE '%\"reveal\"%'"), 1);
    stands_nowhere(&shop, &codes);
    shop.served().release().expect("answers can be let go");
    holder.end(LONG).code(0);
    shop.ctl.verifies();
}

#[test]
fn a_lost_key_costs_nothing() {
    let shop = shop(1, &[]);
    completed(&shop.ctl, "SO-1");
    let codes = truth(&shop, "SO-1");
    let file = shop.folder.path().join("secrets.json");
    let mut kept: serde_json::Map<String, Value> =
        serde_json::from_str(&std::fs::read_to_string(&file).expect("secrets")).expect("an object");
    let all = kept.len();
    kept.retain(|name, _| !name.starts_with("key of delivered codes"));
    assert_eq!(kept.len(), all - 1, "one key for the account");
    std::fs::write(&file, Value::Object(kept).to_string()).expect("the key is lost");
    let refused = shop.ctl.run(&["order", "reveal", "SO-1"]).code(1);
    assert!(
        refused.stderr().contains("no longer where it was kept") && refused.stderr().contains("`track SO-1`"),
        "{refused:?}"
    );
    assert_eq!(reveals(&shop.ctl, "SO-1"), 0, "nothing was shown, and nothing is told");
    shop.ctl.run(&["track", "SO-1"]).code(0);
    let ran = shop.ctl.run(&["--json", "order", "reveal", "SO-1"]).code(0);
    assert_eq!(revealed(&ran), codes);
    stands_nowhere(&shop, &codes);
    shop.ctl.verifies();
}

#[test]
fn without_a_key_an_order_still_settles_and_its_codes_come_later() {
    let shop = shop(1, &[]);
    // Nothing can be added to the secrets: their lock is no file. The account's own can still be read.
    let lock = shop.folder.path().join("secrets.json.lock");
    std::fs::remove_file(&lock).expect("the lock of the secrets");
    std::fs::create_dir(&lock).expect("something stands in its place");
    completed(&shop.ctl, "SO-1");
    let codes = truth(&shop, "SO-1");
    assert_eq!(shop.ctl.order("SO-1")["codes"], serde_json::json!({"count": 0, "due": true}));
    let warned = shop.ctl.run(&["track", "SO-1"]).code(0).stderr();
    assert!(warned.contains("delivered codes could not be stored"), "{warned}");
    let shown = shop.ctl.run(&["order", "show", "SO-1"]).code(0).stdout();
    assert!(shown.contains("`docketctl track SO-1` fetches them"), "{shown}");
    let refused = shop.ctl.run(&["order", "reveal", "SO-1"]).code(1);
    assert!(refused.stderr().contains("`track SO-1`"), "{refused:?}");
    stands_nowhere(&shop, &codes);

    std::fs::remove_dir(&lock).expect("the way is free");
    // Without a name: what has ended and lacks its codes is tracked, too.
    shop.ctl.run(&["track"]).code(0);
    assert_eq!(shop.ctl.order("SO-1")["codes"], serde_json::json!({"count": codes.len(), "due": false}));
    assert_eq!(revealed(&shop.ctl.run(&["--json", "order", "reveal", "SO-1"]).code(0)), codes);
    shop.ctl.verifies();
}

#[test]
fn codes_that_were_moved_do_not_open_and_foreign_rows_are_found() {
    let shop = shop(3, &[]);
    completed(&shop.ctl, "SO-1");
    completed(&shop.ctl, "SO-2");
    shop.ctl.run(&["dispatch", "SO-3", "--wait", "60"]).code(0);
    let swapped = broken_copy(
        &shop.ctl.ledger,
        "swapped",
        &[
            "UPDATE delivered_codes SET item = 9 WHERE dispatch_id = 1",
            "UPDATE delivered_codes AS a SET (nonce, ciphertext) = (SELECT nonce, ciphertext FROM delivered_codes b
             WHERE b.dispatch_id = 1) WHERE a.dispatch_id = 2",
        ],
    );
    let swapped = shop.ctl.on(swapped);
    for order_no in ["SO-1", "SO-2"] {
        let refused = swapped.run(&["order", "reveal", order_no]).code(1);
        assert!(refused.stderr().contains("does not open") && refused.stdout().is_empty(), "{refused:?}");
    }
    let says = |name: &str, sql: &str, wanted: &str| {
        let ran = shop.ctl.on(broken_copy(&shop.ctl.ledger, name, &[sql])).run(&["verify"]).code(1);
        assert!(format!("{}{}", ran.stdout(), ran.stderr()).contains(wanted), "{wanted}: {ran:?}");
    };
    says(
        "unbound",
        "UPDATE dispatch SET remote_id = NULL, bound_by = NULL WHERE id = 1",
        "stand at dispatch 1, which is bound to nothing",
    );
    shop.add("other", PracticePlatform::Pathao, &[]);
    says("foreign", "UPDATE codes_key SET account_id = 2", "are sealed with a key of another account");
    shop.ctl.verifies();
}
