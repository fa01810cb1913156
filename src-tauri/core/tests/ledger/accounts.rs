//! Accounts among themselves: who holds a number, who was promised to be another shop, and what is kept of them.

use docket_core::domain::{AccountId, AccountIdentity, Reference, ServerTime, Settings};
use docket_core::ledger::{Ledger, LedgerError, OtherHolder, Reservation};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection, Executor, SqliteConnection};

use crate::support::{House, new_account, row};

/// What the first migration alone lays down.
const SCHEMA_1: &str = include_str!("../../../../migrations/0001_ledger.sql");
/// A ledger of that schema.
const LANDED: &str = include_str!("landed.sql");

fn distinct_from(name: &str) -> Settings {
    Settings { distinct_from: vec![name.to_owned()], ..Settings::default() }
}

/// A draft of that number in an account, ready to be reserved.
async fn draft(house: &House, account: AccountId, order_no: &str) -> Reservation {
    house.ledger.import_batch(account, vec![row(2, order_no, "R. Das")], false).await.unwrap();
    let order = house.ledger.order(&order_no.into(), Some(account)).await.unwrap();
    let identity = AccountIdentity(format!("account {account}"));
    Reservation { reference: Reference::mint(&identity, &order.order_no, 1), ..house.reservation(&order) }
}

async fn reserve(house: &House, reservation: Reservation) -> Result<(), LedgerError> {
    house.ledger.reserve(vec![reservation]).await.unwrap().remove(0).map(|_| ())
}

#[track_caller]
fn in_the_way(refused: Result<(), LedgerError>) -> Vec<String> {
    match refused {
        Err(LedgerError::HeldElsewhere { holders, .. }) => holders.into_iter().map(|h: OtherHolder| h.called).collect(),
        other => panic!("somebody should be in the way: {other:?}"),
    }
}

async fn names_of(ledger: &Ledger, account: AccountId) -> Vec<String> {
    ledger.account_by_id(account).await.unwrap().settings.distinct_from
}

#[tokio::test]
async fn every_holder_that_no_word_names_is_in_the_way() {
    let house = House::new().await;
    let second = house.ledger.add_account(new_account("second", "pathao:test:m2", "key-2")).await.unwrap();
    let third = house.ledger.add_account(new_account("third", "pathao:test:m3", "key-3")).await.unwrap();
    let first = draft(&house, house.account, "SO-1").await;
    reserve(&house, first).await.unwrap();
    let despite = |names: &[&str]| names.iter().map(|n| (*n).to_owned()).collect();
    let other = Reservation { despite: despite(&["main"]), ..draft(&house, second, "SO-1").await };
    reserve(&house, other).await.unwrap();
    let wanted = draft(&house, third, "SO-1").await;
    assert_eq!(in_the_way(reserve(&house, wanted.clone()).await), ["main", "second"]);
    let one = Reservation { despite: despite(&["main"]), ..wanted.clone() };
    assert_eq!(in_the_way(reserve(&house, one).await), ["second"], "one word is for one holder");
    let both = Reservation { despite: despite(&["second", "pathao:test:m1"]), ..wanted };
    reserve(&house, both).await.unwrap();
    assert!(house.ledger.verify().await.unwrap().ok);
}

#[tokio::test]
async fn two_accounts_at_once_do_not_both_get_one_number() {
    let house = House::new().await;
    let second = house.ledger.add_account(new_account("second", "pathao:test:m2", "key-2")).await.unwrap();
    let (a, b) = (draft(&house, house.account, "SO-1").await, draft(&house, second, "SO-1").await);
    let stamp = house.arming(docket_core::domain::DispatchId(0), 0, 1);
    let commits = house.ledger.commits();
    let (a, b) = tokio::join!(reserve(&house, a), house.ledger.reserve_and_arm(b, stamp));
    assert_eq!(house.ledger.commits(), commits + 1, "both were of one group");
    assert_eq!(a, Ok(()));
    assert_eq!(in_the_way(b.map(drop)), ["main"], "the look and the reserving are one transaction");
    let mixed = vec![draft(&house, house.account, "SO-2").await, draft(&house, second, "SO-2").await];
    assert!(matches!(house.ledger.reserve(mixed).await, Err(LedgerError::Misuse(_))), "one account in one job");
}

#[tokio::test]
async fn a_promise_is_about_an_account_and_not_about_its_name() {
    let house = House::new().await;
    let ledger = &house.ledger;
    let other = ledger.add_account(new_account("other", "pathao:test:m2", "key-2")).await.unwrap();
    ledger.set_settings(house.account, distinct_from("other")).await.unwrap();
    assert_eq!(names_of(ledger, house.account).await, ["other"]);
    reserve(&house, draft(&house, other, "SO-1").await).await.unwrap();
    let id = house.ledger.order(&"SO-1".into(), Some(other)).await.unwrap().dispatch_id.unwrap();
    reserve(&house, draft(&house, house.account, "SO-1").await).await.unwrap();
    let mut armed = house.arming(id, 1, 1);
    armed.credential = docket_core::domain::CredentialDigest::of("key-2");
    let armed = ledger.arm(armed).await.unwrap();
    let (change, log) = house.bound(1, "PB-1");
    ledger.commit(id, armed.version(), &change, log, None).await.unwrap();
    ledger.remove_account(other).await.unwrap();
    assert_eq!(names_of(ledger, house.account).await, ["other (removed)"]);

    // Another shop under the name that is free again.
    let heir = ledger.add_account(new_account("other", "pathao:test:m3", "key-3")).await.unwrap();
    assert_ne!(heir, other);
    let inherited = reserve(&house, draft(&house, heir, "SO-1").await).await;
    assert_eq!(in_the_way(inherited), ["main", "pathao:test:m2"], "the promise stays with the tombstone");
    // Settings that are set anew do not turn the old promise to the new bearer of the name either.
    ledger.set_settings(house.account, Settings { patience_s: Some(7), ..Settings::default() }).await.unwrap();
    assert_eq!(in_the_way(reserve(&house, draft_again(&house, heir).await).await).len(), 2);
    // The old shop comes back under a new name: to it the promise was made.
    let back = ledger.add_account(new_account("renamed", "pathao:test:m2", "key-2")).await.unwrap();
    assert_eq!(back, other);
    assert_eq!(names_of(ledger, house.account).await, ["renamed"]);
    reserve(&house, draft(&house, back, "SO-2").await).await.unwrap();
    reserve(&house, draft(&house, house.account, "SO-2").await).await.unwrap();
    let nobody = ledger.set_settings(house.account, distinct_from("nobody")).await;
    assert!(matches!(nobody, Err(LedgerError::NotFound { .. })));
    assert!(ledger.set_settings(house.account, distinct_from("main")).await.is_err(), "not from itself");
    assert!(ledger.verify().await.unwrap().ok);
}

async fn draft_again(house: &House, account: AccountId) -> Reservation {
    let order = house.ledger.order(&"SO-1".into(), Some(account)).await.unwrap();
    house.reservation(&order)
}

#[tokio::test]
async fn names_in_the_settings_of_an_older_ledger_become_the_accounts_they_meant() {
    let house = House::new().await;
    let path = house.folder.path().join("landed.db");
    let mut conn = SqliteConnectOptions::new().filename(&path).create_if_missing(true).connect().await.unwrap();
    conn.execute(SCHEMA_1).await.unwrap();
    conn.execute(LANDED).await.unwrap();
    pretend_migrated(&mut conn).await;
    conn.close().await.unwrap();

    let ledger = Ledger::open(&path, house.clock.clone()).await.unwrap();
    let mut conn = SqliteConnectOptions::new().filename(&path).connect().await.unwrap();
    let promises: Vec<(String, String)> = sqlx::query_as(
        "SELECT a.identity, o.identity FROM account_distinct x JOIN account a ON a.id = x.account_id
         JOIN account o ON o.id = x.other_id ORDER BY 1, 2",
    )
    .fetch_all(&mut conn)
    .await
    .unwrap();
    let promises: Vec<(&str, &str)> = promises.iter().map(|(a, o)| (a.as_str(), o.as_str())).collect();
    // `main` meant the first `north` and the `east` that is called `west` now; `second` the second `north`; and the
    // name that `third` was added with was nobody's.
    let meant = [
        ("pathao:test:m1", "pathao:test:e1"),
        ("pathao:test:m1", "pathao:test:n1"),
        ("pathao:test:s1", "pathao:test:n2"),
    ];
    assert_eq!(promises, meant);
    let settings = ledger.account("main").await.unwrap().settings;
    assert_eq!(settings.distinct_from, ["north (removed)", "west"]);
    assert_eq!(settings.patience_s, Some(7), "what else was set is as it was");
    assert!(ledger.account("third").await.unwrap().settings.distinct_from.is_empty());
    let found = ledger.verify().await.unwrap();
    assert!(found.ok, "{:?}", found.broken);
    let backup = house.folder.path().join("landed.db.schema-1.backup");
    assert!(backup.exists(), "it was copied before it was changed");
    conn.close().await.unwrap();
    ledger.close().await;
}

/// Notes the first migration as done, as sqlx does.
async fn pretend_migrated(conn: &mut SqliteConnection) {
    conn.execute(
        "CREATE TABLE _sqlx_migrations (version BIGINT PRIMARY KEY, description TEXT NOT NULL,
             installed_on TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP, success BOOLEAN NOT NULL, checksum BLOB NOT NULL,
             execution_time BIGINT NOT NULL)",
    )
    .await
    .unwrap();
    let migrations = sqlx::migrate!("../../migrations");
    let first = migrations.iter().find(|m| m.version == 1).unwrap();
    sqlx::query(
        "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
                 VALUES (1, 'ledger', 1, $1, 1)",
    )
    .bind(first.checksum.as_ref())
    .execute(conn)
    .await
    .unwrap();
}

#[tokio::test]
async fn a_platforms_clock_is_kept_until_its_account_is_another() {
    let house = House::new().await;
    let heard = ServerTime { date_ms: 1_700_000_000_000, at: docket_core::clock::Clock::now(house.clock.as_ref()) };
    house.ledger.save_server_times(vec![(house.account, heard.clone())]).await.unwrap();
    assert_eq!(house.ledger.server_time(house.account).await.unwrap(), Some(heard));
    house.ledger.remove_account(house.account).await.unwrap();
    house.ledger.add_account(new_account("main", crate::support::IDENTITY, "key-1")).await.unwrap();
    assert_eq!(house.ledger.server_time(house.account).await.unwrap(), None, "its platform may be elsewhere now");
}
