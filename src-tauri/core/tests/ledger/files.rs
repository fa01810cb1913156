//! The file itself: lock, schema, backup, full disk, damage, crash, inbox.

use std::path::Path;

use docket_core::api::views::LogQuery;
use docket_core::clock::Clock;
use docket_core::domain::{DispatchId, State};
use docket_core::ledger::{Ledger, LedgerError, LedgerReader};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection, Executor, SqliteConnection};

use crate::support::House;

async fn raw(path: &Path) -> SqliteConnection {
    SqliteConnectOptions::new().filename(path).connect().await.unwrap()
}

#[tokio::test]
async fn one_process_holds_a_ledger_and_the_next_is_told_who() {
    let house = House::new().await;
    let second = Ledger::open(&house.path(), house.clock.clone()).await.err().unwrap();
    let LedgerError::Held { by, .. } = &second else { panic!("{second}") };
    assert!(by.contains(&format!("process {}", std::process::id())), "{by}");
    let link = house.folder.path().join("same.db");
    std::os::unix::fs::symlink(house.path(), &link).unwrap();
    let by_link = Ledger::open(&link, house.clock.clone()).await.err();
    assert!(matches!(by_link, Some(LedgerError::Held { .. })), "the canonical path is what is locked");
    let reader = LedgerReader::open(&house.path()).await.unwrap();
    assert_eq!(reader.accounts().await.unwrap().len(), 1, "reading needs no lock");
    house.reopen().await;
}

#[tokio::test]
async fn files_are_the_owners_alone() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("data/docket/ledger.db");
    let house = House::new().await;
    let ledger = Ledger::open(&path, house.clock.clone()).await.unwrap();
    let mode = |p: &Path| p.metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&path), 0o600);
    assert_eq!(mode(path.parent().unwrap()), 0o700);
    ledger.close().await;
}

#[tokio::test]
async fn a_newer_schema_is_refused_and_nothing_is_touched() {
    let house = House::new().await;
    house.ledger.close().await;
    let mut conn = raw(&house.path()).await;
    conn.execute(
        "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
         VALUES (9999, 'from the future', 1, x'00', 1)",
    )
    .await
    .unwrap();
    conn.execute("PRAGMA wal_checkpoint(TRUNCATE)").await.unwrap();
    conn.close().await.unwrap();
    let before = std::fs::read(house.path()).unwrap();
    let refused = Ledger::open(&house.path(), house.clock.clone()).await.err().unwrap();
    assert!(matches!(refused, LedgerError::Newer { found: 9999, .. }), "{refused}");
    assert!(matches!(LedgerReader::open(&house.path()).await.err(), Some(LedgerError::Newer { .. })));
    assert_eq!(std::fs::read(house.path()).unwrap(), before);
}

#[tokio::test]
async fn a_ledger_is_backed_up_before_it_is_migrated() {
    let house = House::new().await;
    house.import(&["SO-1"]).await;
    house.ledger.close().await;
    let mut conn = raw(&house.path()).await;
    // What an older Docket would have left: the newest migration of this one is not there yet.
    conn.execute("DELETE FROM _sqlx_migrations WHERE version > 1; UPDATE _sqlx_migrations SET version = 0")
        .await
        .unwrap();
    conn.close().await.unwrap();
    let opened = Ledger::open(&house.path(), house.clock.clone()).await.err();
    assert!(opened.is_some(), "the made-up older schema cannot be migrated");
    let backup = house.folder.path().join("ledger.db.schema-0.backup");
    let mut conn = raw(&backup).await;
    let orders: i64 = sqlx::query_scalar("SELECT count(*) FROM orders").fetch_one(&mut conn).await.unwrap();
    assert_eq!(orders, 1);
    conn.close().await.unwrap();
}

#[tokio::test]
async fn a_strange_or_damaged_file_is_refused() {
    let house = House::new().await;
    let junk = house.folder.path().join("junk.db");
    std::fs::write(&junk, "order_no,recipient\n".repeat(500)).unwrap();
    let refused = Ledger::open(&junk, house.clock.clone()).await.err();
    assert!(matches!(refused, Some(LedgerError::Corrupt { .. })), "{refused:?}");
    let other = house.folder.path().join("other.db");
    let mut conn = SqliteConnectOptions::new().filename(&other).create_if_missing(true).connect().await.unwrap();
    conn.execute("CREATE TABLE notes (text TEXT)").await.unwrap();
    conn.close().await.unwrap();
    let refused = Ledger::open(&other, house.clock.clone()).await.err();
    assert!(matches!(refused, Some(LedgerError::Corrupt { .. })), "{refused:?}");
    let missing = LedgerReader::open(&house.folder.path().join("none.db")).await.err();
    assert!(matches!(missing, Some(LedgerError::NotFound { .. })));
}

#[tokio::test]
async fn a_cut_off_log_is_not_worked_on() {
    let house = House::new().await;
    house.import(&["SO-1", "SO-2"]).await;
    house.ledger.close().await;
    let mut conn = raw(&house.path()).await;
    conn.execute("DROP TRIGGER log_append_only_delete; DELETE FROM log WHERE seq = 3").await.unwrap();
    conn.close().await.unwrap();
    let refused = Ledger::open(&house.path(), house.clock.clone()).await.err();
    assert!(matches!(refused, Some(LedgerError::Corrupt { .. })), "{refused:?}");
    let reader = LedgerReader::open(&house.path()).await.unwrap();
    assert!(!reader.verify().await.unwrap().ok, "reading goes on");
}

#[tokio::test]
async fn a_locked_ledger_makes_no_armed_and_goes_on_afterwards() {
    let house = House::new().await;
    house.import(&["SO-1"]).await;
    let id = house.reserve("SO-1", false).await;
    let mut conn = raw(&house.path()).await;
    conn.execute("BEGIN IMMEDIATE").await.unwrap();
    let arming = tokio::spawn({
        let (ledger, arming) = (house.ledger.clone(), house.arming(id, 1, 1));
        async move { ledger.arm(arming).await }
    });
    tokio::task::yield_now().await;
    assert!(!arming.is_finished(), "nothing is armed before its commit");
    assert_eq!(house.ledger.dispatch(id).await.unwrap().state, State::Queued);
    conn.execute("ROLLBACK").await.unwrap();
    conn.close().await.unwrap();
    assert_eq!(arming.await.unwrap().unwrap().n(), 1);
}

#[tokio::test]
async fn a_copy_of_the_files_taken_in_mid_run_has_all_that_was_answered() {
    let house = House::new().await;
    house.import(&["SO-1", "SO-2"]).await;
    house.dispatched("SO-1", "PB-1").await;
    let id = house.reserve("SO-2", false).await;
    let armed = house.arm(id).await;
    // As a crash leaves them: the database and its log of pages, without the shared memory.
    let crashed = tempfile::tempdir().unwrap();
    let path = crashed.path().join("ledger.db");
    std::fs::copy(house.path(), &path).unwrap();
    std::fs::copy(house.path().with_extension("db-wal"), path.with_extension("db-wal")).unwrap();
    let ledger = Ledger::open(&path, house.clock.clone()).await.unwrap();
    assert_eq!(ledger.dispatch(armed.dispatch_id()).await.unwrap().state, State::Sending);
    assert_eq!(ledger.open_dispatches().await.unwrap().len(), 1);
    let found = ledger.verify().await.unwrap();
    assert!(found.ok, "{:?}", found.broken);
    ledger.close().await;
}

#[tokio::test]
async fn a_torn_last_write_loses_only_what_was_not_answered() {
    let house = House::new().await;
    house.import(&["SO-1"]).await;
    let wal = house.path().with_extension("db-wal");
    let before = std::fs::metadata(&wal).unwrap().len();
    house.reserve("SO-1", false).await;
    let torn = tempfile::tempdir().unwrap();
    let path = torn.path().join("ledger.db");
    std::fs::copy(house.path(), &path).unwrap();
    let bytes = std::fs::read(&wal).unwrap();
    let cut = (before as usize + bytes.len()) / 2;
    std::fs::write(path.with_extension("db-wal"), &bytes[..cut]).unwrap();
    let ledger = Ledger::open(&path, house.clock.clone()).await.unwrap();
    let order = ledger.order(&"SO-1".into(), None).await.unwrap();
    assert_eq!((order.state, order.dispatch_id), (State::Draft, None));
    assert!(ledger.verify().await.unwrap().ok);
    ledger.close().await;
}

#[tokio::test]
async fn a_backup_is_a_whole_ledger() {
    let house = House::new().await;
    house.import(&["SO-1"]).await;
    let to = house.folder.path().join("copy.db");
    house.ledger.back_up(&to).await.unwrap();
    let copy = LedgerReader::open(&to).await.unwrap();
    assert!(copy.verify().await.unwrap().ok);
    assert_eq!(copy.counts(None).await.unwrap().draft, 1);
}

#[tokio::test]
async fn a_guest_hands_a_request_in_and_gets_its_answer() {
    let house = House::new().await;
    let guest = LedgerReader::open(&house.path()).await.unwrap();
    guest.put_request("r-1", "{\"command\":1}", 5).await.unwrap();
    guest.put_request("r-1", "{\"command\":2}", 6).await.unwrap();
    let taken = house.ledger.take_pending().await.unwrap();
    assert_eq!(taken, [("r-1".to_owned(), "{\"command\":1}".to_owned())], "the same id twice is one request");
    assert!(house.ledger.take_pending().await.unwrap().is_empty());
    house.ledger.requeue_inbox().await.unwrap();
    assert_eq!(house.ledger.take_pending().await.unwrap().len(), 1, "a holder that went away had not answered");
    assert_eq!(guest.answer_to("r-1").await.unwrap(), None);
    house.ledger.answer("r-1", "done").await.unwrap();
    assert_eq!(guest.answer_to("r-1").await.unwrap().as_deref(), Some("done"));
    assert!(matches!(guest.answer_to("r-2").await, Err(LedgerError::NotFound { .. })), "nobody asked that");
    house.ledger.note_command("r-1", "first").await.unwrap();
    house.ledger.note_command("r-1", "second").await.unwrap();
    assert_eq!(guest.command_seen("r-1").await.unwrap().as_deref(), Some("first"));
}

#[tokio::test]
async fn old_answers_go_and_requests_without_one_stay() {
    let house = House::new().await;
    let mut conn = raw(&house.path()).await;
    // Five requests that nobody answered, 1,200 old answers, three young ones; and 1,100 old commands.
    conn.execute(
        "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1208)
         INSERT INTO inbox (request_id, body, put_ms, taken, answer)
         SELECT 'r' || i, '{}', iif(i > 1205, 900, i / 100), i % 2, iif(i <= 5, NULL, 'done') FROM n;
         WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1100)
         INSERT INTO command_seen (request_id, at_ms, answer) SELECT 'c' || i, 1, 'done' FROM n",
    )
    .await
    .unwrap();
    assert_eq!(house.ledger.prune_answers(0).await.unwrap(), 0, "nothing is as old as that");
    let mut pieces = Vec::new();
    loop {
        match house.ledger.prune_answers(100).await.unwrap() {
            0 => break,
            n => pieces.push(n),
        }
    }
    assert_eq!(pieces, [300, 3], "in small pieces, and the newest thousand of each stay");
    let commits = house.ledger.commits();
    house.ledger.prune_answers(100).await.unwrap();
    assert_eq!(house.ledger.commits(), commits, "with nothing to remove nothing is written");
    let left: (i64, i64, i64, i64) = sqlx::query_as(
        "SELECT (SELECT count(*) FROM inbox WHERE answer IS NULL), (SELECT count(*) FROM inbox),
                (SELECT count(*) FROM inbox WHERE put_ms = 900), (SELECT count(*) FROM command_seen)",
    )
    .fetch_one(&mut conn)
    .await
    .unwrap();
    assert_eq!(left, (5, 1_005, 3, 1_000));
    conn.close().await.unwrap();
}

#[tokio::test]
async fn changes_are_told_after_the_commit() {
    let house = House::new().await;
    let mut changes = house.ledger.changes();
    changes.borrow_and_update();
    house.import(&["SO-1"]).await;
    assert!(changes.has_changed().unwrap());
    let seq = *changes.borrow_and_update();
    assert_eq!(house.ledger.last_seq().await.unwrap().0, seq);
    let log = house.ledger.log_page(&LogQuery { newest_first: true, limit: 1, ..LogQuery::default() }).await.unwrap();
    assert_eq!(log[0].seq.0, seq);
    assert_eq!(house.clock.now().wall_ms, 1_700_000_000_000);
    assert!(house.ledger.dispatches(&[DispatchId(1)]).await.unwrap().is_empty());
}
