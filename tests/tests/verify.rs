//! `docketctl verify` finds what was changed behind its back, and says what and where. Each break is in a copy of one
//! good ledger.

use std::path::PathBuf;
use std::sync::OnceLock;

use docket_practice::{FaultKind, PracticePlatform};
use docket_tests::shop::Shop;
use docket_tests::tamper::{broken_copy, number};

/// A ledger with dispatched, refused and queued work in it.
fn good() -> &'static Shop {
    static GOOD: OnceLock<Shop> = OnceLock::new();
    GOOD.get_or_init(|| {
        let shop = Shop::with_orders(PracticePlatform::Pathao, 6, &[]);
        shop.strike(FaultKind::LoseResponse, 2);
        shop.ctl.run(&["dispatch", "SO-1", "SO-2", "SO-3", "SO-4", "--wait", "60"]).code(0);
        shop
    })
}

/// Breaks a copy and returns what `verify` says of it.
#[track_caller]
fn said(name: &str, statements: &[&str]) -> String {
    let copy: PathBuf = broken_copy(&good().ctl.ledger, name, statements);
    let ran = good().ctl.on(copy).run(&["verify"]).code(1);
    format!("{}\n{}", ran.stdout(), ran.stderr())
}

#[track_caller]
fn assert_says(said: &str, wanted: &str) {
    assert!(said.contains(wanted), "it names {wanted:?}:\n{said}");
}

fn entries() -> i64 {
    number(&good().ctl.ledger, "SELECT max(seq) FROM log")
}

#[test]
fn a_good_ledger_is_good() {
    good().ctl.verifies();
    // A copy is as good: what the others find is the break, not the copying.
    let copy = broken_copy(&good().ctl.ledger, "same", &["UPDATE account SET name = 'main'"]);
    good().ctl.on(copy).verifies();
}

#[test]
fn a_changed_log_row() {
    let said = said("changed", &["UPDATE log SET detail = json_set(detail, '$.attempt', 99) WHERE seq = 9"]);
    assert_says(&said, "log entry 9 was changed");
}

#[test]
fn a_changed_time_of_a_log_row() {
    assert_says(&said("time", &["UPDATE log SET at_ms = at_ms + 1 WHERE seq = 10"]), "log entry 10 was changed");
}

#[test]
fn a_log_row_changed_with_its_hash() {
    // Whoever mends the one hash breaks the next entry.
    let said = said("hash", &["UPDATE log SET detail = '{}', hash = randomblob(32) WHERE seq = 8"]);
    assert_says(&said, "log entry 8");
}

#[test]
fn a_removed_log_row_in_the_middle() {
    let said = said("middle", &["DELETE FROM log WHERE seq = 11"]);
    assert_says(&said, "log entries 11 to 11 are missing");
}

#[test]
fn a_removed_last_log_row() {
    let last = entries();
    let said = said("last", &["DELETE FROM log WHERE seq = (SELECT max(seq) FROM log)"]);
    assert_says(&said, &format!("log entries {last} to {last} are missing: the log was cut off"));
}

#[test]
fn a_moved_head() {
    let said = said("head", &["UPDATE log_head SET seq = seq - 1"]);
    assert_says(&said, "its head says");
}

#[test]
fn two_bindings_to_one_remote_id() {
    let other = "SELECT remote_id FROM dispatch WHERE order_no = 'SO-1'";
    let said = said("twice", &[&format!("UPDATE dispatch SET remote_id = ({other}) WHERE order_no = 'SO-2'")]);
    assert_says(&said, "is bound to 2 dispatches");
    assert_says(&said, "SO-1");
    assert_says(&said, "SO-2");
}

#[test]
fn a_state_that_its_log_does_not_come_to() {
    let said = said("state", &["UPDATE orders SET state = 'refused' WHERE order_no = 'SO-3'"]);
    assert_says(&said, "order SO-3 is refused, its log comes to dispatched");
}

#[test]
fn an_order_and_its_dispatch_that_do_not_agree() {
    let said = said("dispatch", &["UPDATE dispatch SET state = 'in_doubt' WHERE order_no = 'SO-4'"]);
    assert_says(&said, "order SO-4 is dispatched, its dispatch");
}

#[test]
fn an_attempt_that_is_gone() {
    let said = said("attempt", &["DELETE FROM attempt WHERE dispatch_id = 1"]);
    assert_says(&said, "send_started entries");
}

#[test]
fn a_file_that_is_not_whole() {
    let copy = broken_copy(&good().ctl.ledger, "torn", &["UPDATE account SET name = 'main'"]);
    let bytes = std::fs::read(&copy).expect("the copy is readable");
    let mut torn = bytes.clone();
    let middle = bytes.len() / 2;
    torn[middle..middle + 8_192].fill(0x5a);
    std::fs::write(&copy, torn).expect("the copy is writable");
    good().ctl.on(copy).run(&["verify"]).code(1);
}

/// One more entry of an order, as another of its entries stands.
fn also(kind: &str, of: &str) -> String {
    format!(
        "INSERT INTO log (at_ms, account_id, order_id, order_no, dispatch_id, generation, reference, kind, state, detail,
                          prev_hash, hash)
         SELECT at_ms, account_id, order_id, order_no, dispatch_id, generation, reference, '{kind}', state, detail,
                prev_hash, hash FROM log WHERE kind = '{of}' AND order_no = 'SO-1' LIMIT 1"
    )
}

#[test]
fn a_send_after_proof_of_presence() {
    assert_says(&said("again", &[&also("send_started", "send_started")]), "again, which entry");
}

#[test]
fn a_send_after_a_cancel() {
    let said = said("cancelled", &[&also("cancel_asked", "bound"), &also("send_started", "send_started")]);
    assert_says(&said, "whose cancel entry");
}

#[test]
fn a_cancel_that_is_forgotten() {
    assert_says(&said("forgotten", &[&also("cancel_asked", "bound")]), "has forgotten the cancel of entry");
}

#[test]
fn a_binding_of_what_was_never_bound() {
    let said = said("never", &["UPDATE dispatch SET state = 'refused' WHERE order_no = 'SO-2'"]);
    assert_says(&said, "is refused and bound to");
}
