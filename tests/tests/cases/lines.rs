//! What stands on each line, to the letter: the order object, the log entry, the formats of the log, and what is said
//! of a ledger that cannot be worked with.

use std::time::Duration;

use docket_practice::PracticePlatform;
use docket_tests::program::Ran;
use docket_tests::shop::Shop;
use docket_tests::tamper::broken_copy;
use docket_tests::waiting::{LONG, Stopwatch};
use rustix::process::Signal;
use serde_json::Value;

/// What scripts find in an order object, in this order. `?`: it may be null.
const ORDER: [(&str, &str); 20] = [
    ("order_no", "string"),
    ("account", "string"),
    ("platform", "string"),
    ("test", "boolean"),
    ("state", "string"),
    ("reference", "string?"),
    ("platform_order_id", "string?"),
    ("platform_status", "string?"),
    ("bound_by", "string?"),
    ("generation", "number"),
    ("attempts", "number"),
    ("lookups", "number"),
    ("waits_for", "string?"),
    ("reason", "string?"),
    ("recipient", "string"),
    ("fee", "object?"),
    ("tracking_url", "string?"),
    ("created_at", "string"),
    ("settled_at", "string?"),
    ("what", "string"),
];

/// What they find in a log entry.
const ENTRY: [(&str, &str); 8] = [
    ("seq", "number"),
    ("at", "string"),
    ("order_no", "string?"),
    ("generation", "number"),
    ("reference", "string?"),
    ("kind", "string"),
    ("detail", "object"),
    ("hash", "string"),
];

#[track_caller]
fn has_members(object: &Value, wanted: &[(&str, &str)]) {
    let members = object.as_object().expect("an object");
    let mut place = 0;
    for (name, kind) in wanted {
        let at = members.keys().position(|key| key == name).unwrap_or_else(|| panic!("{name} is missing: {object}"));
        assert!(at >= place, "{name} stands out of its order: {object}");
        place = at;
        let found = match &members[*name] {
            Value::Null => "null",
            Value::Bool(_) => "boolean",
            Value::Number(_) => "number",
            Value::String(_) => "string",
            Value::Array(_) => "array",
            Value::Object(_) => "object",
        };
        let fits = found == kind.trim_end_matches('?') || (found == "null" && kind.ends_with('?'));
        assert!(fits, "{name} is {found}, not {kind}: {object}");
    }
}

/// An error is one line on stderr, and nothing on stdout.
#[track_caller]
fn one_line(ran: Ran, wanted: &str) {
    let said = ran.stderr();
    assert!(ran.stdout().is_empty() && said.trim_end().lines().count() == 1, "{ran:?}");
    assert!(said.starts_with("docketctl: ") && said.contains(wanted), "it says {wanted:?}: {ran:?}");
}

#[test]
fn the_order_object_and_the_log_entry() {
    let shop = Shop::with_orders(PracticePlatform::Pathao, 2, &[]);
    shop.ctl.run(&["dispatch", "SO-1", "--wait", "60"]).code(0);
    let orders = shop.ctl.orders();
    orders.iter().for_each(|order| has_members(order, &ORDER));
    let done = shop.ctl.order("SO-1");
    assert!(done["fee"]["amount"].is_i64() && done["fee"]["currency"] == "BDT", "{done}");
    assert!(done["settled_at"].as_str().is_some_and(|at| at.ends_with('Z')), "{done}");
    let entries = shop.ctl.run(&["log", "--format", "json"]).code(0).objects();
    entries.iter().for_each(|entry| has_members(entry, &ENTRY));
    assert_eq!(entries, shop.ctl.run(&["--json", "log"]).code(0).objects(), "both ask for the same");
    let kinds: Vec<_> = shop.ctl.log("SO-1").iter().map(|e| e["kind"].as_str().unwrap_or("").to_owned()).collect();
    assert_eq!(kinds, ["imported", "reserved", "send_started", "send_finished", "bound"]);
}

#[test]
fn the_log_in_its_formats_and_from_a_time_on() {
    let shop = Shop::with_orders(PracticePlatform::Pathao, 1, &[]);
    let csv = shop.ctl.run(&["log", "--format", "csv"]).code(0).stdout();
    assert_eq!(csv.lines().next(), Some("seq,at,order_no,account,generation,reference,kind,detail,hash"));
    let all = shop.ctl.run(&["--json", "log"]).code(0).objects();
    assert_eq!(csv.lines().count(), all.len() + 1);
    let last = all.last().expect("an entry")["at"].as_str().expect("a time").to_owned();
    let since = shop.ctl.run(&["--json", "log", "--since", &last]).code(0).objects();
    assert!(!since.is_empty() && since.iter().all(|e| e["at"].as_str() >= Some(last.as_str())), "{since:?}");
    assert!(shop.ctl.run(&["--json", "log", "--since", "2999-01-01"]).code(0).stdout().is_empty());
    shop.ctl.run(&["--json", "log", "--format", "csv"]).code(2);
    one_line(shop.ctl.run(&["log", "--order", "SO-99"]).code(1), "docketctl order list");
    one_line(shop.ctl.run(&["log", "--account", "nobody"]).code(1), "docketctl account list");
}

#[test]
fn the_log_followed_until_a_signal_comes() {
    let shop = Shop::with_orders(PracticePlatform::Pathao, 1, &[]);
    for signal in [Signal::INT, Signal::TERM] {
        let mut follower = shop.ctl.start(&["--json", "log", "--follow"]);
        shop.ctl.run(&["dispatch", "SO-1", "--wait", "60"]).code(0);
        assert!(!follower.has_ended(Duration::from_millis(1_500)), "it goes on");
        let watch = Stopwatch::start();
        follower.signal(signal);
        let ran = follower.end(LONG).code(0);
        assert!(watch.elapsed() < Duration::from_secs(2), "it took {:?}", watch.elapsed());
        let bound = ran.objects().iter().filter(|e| e["order_no"] == "SO-1" && e["kind"] == "bound").count();
        assert_eq!(bound, 1, "what came after its start is there, once: {ran:?}");
    }
}

#[test]
fn nothing_is_coloured_where_nobody_looks() {
    let shop = Shop::with_orders(PracticePlatform::Pathao, 1, &[]);
    for ctl in [shop.ctl.clone(), shop.ctl.with("NO_COLOR", "1")] {
        for args in [&["order", "list"][..], &["account", "list"], &["log"], &["order", "show", "SO-1"]] {
            let ran = ctl.run(args).code(0);
            assert!(!ran.stdout().contains('\u{1b}') && !ran.stderr().contains('\u{1b}'), "{ran:?}");
        }
    }
}

#[test]
fn a_ledger_that_cannot_be_worked_with() {
    let shop = Shop::with_orders(PracticePlatform::Pathao, 1, &[]);
    let future = "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
                  VALUES (9999, 'from the future', 1, x'00', 1)";
    let newer = shop.ctl.on(broken_copy(&shop.ctl.ledger, "newer", &[future]));
    let junk = shop.folder.path().join("junk.db");
    std::fs::write(&junk, "order_no,recipient\n".repeat(500)).expect("the file is written");
    let junk = shop.ctl.on(junk);
    for args in [&["order", "list"][..], &["dispatch", "--all"], &["verify"], &["log"], &["account", "list"]] {
        one_line(newer.run(args).code(1), "update Docket");
        one_line(junk.run(args).code(1), "the ledger is damaged");
    }
    // A log that was cut off can be read, and is not worked on.
    let cut = broken_copy(&shop.ctl.ledger, "cut", &["DELETE FROM log WHERE seq = (SELECT max(seq) FROM log)"]);
    let cut = shop.ctl.on(cut);
    cut.run(&["order", "list"]).code(0);
    one_line(cut.run(&["dispatch", "--all", "--wait", "5"]).code(1), "the ledger is damaged");
    assert_eq!(shop.creates(PracticePlatform::Pathao), 0);
}

#[test]
fn a_name_that_is_not_there_says_where_to_look() {
    let shop = Shop::with_orders(PracticePlatform::Pathao, 1, &[]);
    one_line(shop.ctl.run(&["order", "show", "SO-99"]).code(1), "docketctl order list");
    one_line(shop.ctl.run(&["order", "list", "--account", "nobody"]).code(1), "docketctl account list");
    one_line(shop.ctl.run(&["dispatch", "--all", "--account", "nobody"]).code(1), "docketctl account list");
    one_line(shop.ctl.run(&["track", "SO-1"]).code(1), "SO-1");
}
