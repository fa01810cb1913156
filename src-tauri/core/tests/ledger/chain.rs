//! The log is append-only, and `verify` finds whoever changed it anyway.

use docket_core::domain::LogKind;
use docket_core::ledger::{Ledger, LedgerReader};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection, Executor, SqliteConnection};

use crate::support::House;

async fn house() -> House {
    let house = House::new().await;
    house.import(&["SO-1", "SO-2"]).await;
    house.dispatched("SO-1", "PB-1").await;
    house.dispatched("SO-2", "PB-2").await;
    house
}

/// Somebody with a database tool and no respect for triggers.
async fn intruder(house: &House) -> SqliteConnection {
    let options = SqliteConnectOptions::new().filename(house.path()).foreign_keys(false);
    let mut conn = options.connect().await.unwrap();
    for trigger in ["log_append_only_delete", "log_append_only_update", "dispatch_bound_once", "log_head_kept"] {
        conn.execute(sqlx::AssertSqlSafe(format!("DROP TRIGGER {trigger}"))).await.unwrap();
    }
    conn
}

async fn finds(sql: &'static str, wanted: &str) {
    let house = house().await;
    assert!(house.ledger.verify().await.unwrap().ok);
    let mut conn = intruder(&house).await;
    conn.execute(sql).await.unwrap();
    conn.close().await.unwrap();
    let found = house.ledger.verify().await.unwrap();
    assert!(!found.ok && found.broken.iter().any(|b| b.what.contains(wanted)), "{sql}: {:?}", found.broken);
}

#[tokio::test]
async fn a_changed_entry_is_found() {
    finds("UPDATE log SET detail = json_set(detail, '$.line', 99) WHERE seq = 2", "entry 2 was changed").await;
}

#[tokio::test]
async fn a_changed_state_of_an_entry_is_found() {
    finds("UPDATE log SET state = 'refused' WHERE seq = 3", "entry 3 was changed").await;
}

#[tokio::test]
async fn changed_evidence_is_found() {
    finds("UPDATE log SET private = '{}' WHERE private IS NOT NULL", "evidence of log entry").await;
}

#[tokio::test]
async fn a_removed_entry_is_found() {
    finds("DELETE FROM log WHERE seq = 3", "entries 3 to 3 are missing").await;
}

#[tokio::test]
async fn removed_last_entries_are_found() {
    finds("DELETE FROM log WHERE seq >= 10", "the log was cut off").await;
}

#[tokio::test]
async fn a_head_that_does_not_fit_is_found() {
    finds("UPDATE log_head SET hash = zeroblob(32)", "head does not fit").await;
}

#[tokio::test]
async fn a_state_that_its_log_does_not_come_to_is_found() {
    finds("UPDATE orders SET state = 'refused' WHERE order_no = 'SO-1'", "its log comes to dispatched").await;
}

#[tokio::test]
async fn two_bindings_to_one_platform_order_are_found() {
    finds("DROP INDEX dispatch_remote; UPDATE dispatch SET remote_id = 'PB-1'", "is bound to 2 dispatches").await;
}

#[tokio::test]
async fn two_dispatches_that_hold_one_order_are_found() {
    finds(
        "DROP INDEX dispatch_holds_order;
         INSERT INTO dispatch (order_id, account_id, order_no, generation, reference, fingerprint, serialised, came_from,
                               request, state, version, progress, reserved_ms, changed_ms)
         SELECT order_id, account_id, order_no, 2, 'r', fingerprint, 0, came_from, request, 'queued', 1, '{}', 0, 0
         FROM dispatch LIMIT 1",
        "is held by 2 dispatches",
    )
    .await;
}

#[tokio::test]
async fn a_binding_that_the_log_does_not_tell_is_found() {
    finds("UPDATE dispatch SET remote_id = 'PB-9' WHERE remote_id = 'PB-1'", "its dispatch says PB-9").await;
}

#[tokio::test]
async fn an_arming_without_its_entry_is_found() {
    finds(
        "INSERT INTO attempt (dispatch_id, n, armed, credential) VALUES (1, 2, '{}', '')",
        "has 2 attempts and 1 send_started",
    )
    .await;
}

#[tokio::test]
async fn triggers_keep_the_log_and_what_was_reserved() {
    let house = house().await;
    let options = SqliteConnectOptions::new().filename(house.path());
    let mut conn = options.connect().await.unwrap();
    for sql in [
        "DELETE FROM log",
        "UPDATE log SET detail = '{}'",
        "UPDATE log SET private = '\"other\"' WHERE private IS NOT NULL",
        "DELETE FROM log_head",
        "UPDATE dispatch SET request = '{}'",
        "UPDATE dispatch SET reference = 'other'",
        "UPDATE dispatch SET remote_id = 'other'",
        "UPDATE attempt SET armed = '{}'",
        "DELETE FROM attempt",
        "DELETE FROM orders",
        "DELETE FROM account",
        "UPDATE account SET identity = 'other'",
        "UPDATE orders SET state = 'lost'",
    ] {
        assert!(conn.execute(sql).await.is_err(), "{sql} must be refused");
    }
    conn.close().await.unwrap();
}

#[tokio::test]
async fn evidence_can_be_erased_and_the_chain_still_holds() {
    let house = house().await;
    let order = house.order("SO-1").await;
    let with = |l: &Ledger| {
        let reader: LedgerReader = l.reader().clone();
        async move { reader.order_log(order.id).await.unwrap().into_iter().filter(|e| e.evidence.is_some()).count() }
    };
    assert_eq!(with(&house.ledger).await, 1);
    house.ledger.erase_evidence(order.id).await.unwrap();
    assert_eq!(with(&house.ledger).await, 0);
    let found = house.ledger.verify().await.unwrap();
    assert!(found.ok, "{:?}", found.broken);
    let log = house.ledger.order_log(order.id).await.unwrap();
    assert_eq!(log[0].kind, LogKind::Imported);
    assert_eq!(log[0].detail["state"], "draft");
}
