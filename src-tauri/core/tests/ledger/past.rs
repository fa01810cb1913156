//! A ledger and its witness: what is noticed, what is shut, and what opens it again.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use docket_core::domain::LogKind;
use docket_core::ledger::{Checked, Ledger, LedgerError, WhatPast};

use crate::support::{House, IDENTITY, new_account};

fn station(house: &House, name: &str) -> PathBuf {
    house.folder.path().join(name)
}

async fn open_at(path: &Path, house: &House, name: &str) -> Ledger {
    Ledger::open_at(path, house.clock.clone(), &station(house, name)).await.unwrap()
}

/// A house whose ledger a station has held, with a copy from before its last order was imported.
async fn house_and_copy() -> (House, PathBuf) {
    let house = House::new().await;
    house.import(&["SO-1"]).await;
    house.ledger.close().await;
    let ledger = open_at(&house.path(), &house, "here").await;
    let copy = house.folder.path().join("copy.db");
    ledger.back_up(&copy).await.unwrap();
    let house = House { ledger, ..house };
    house.import(&["SO-1", "SO-2"]).await;
    house.ledger.close().await;
    (house, copy)
}

/// What is said of the accounts of a ledger that a station opens.
async fn noticed(path: &Path, house: &House, name: &str) -> Vec<WhatPast> {
    let ledger = open_at(path, house, name).await;
    let pasts = ledger.pasts().await.unwrap();
    ledger.close().await;
    pasts.into_iter().filter(|past| past.shut).map(|past| past.what).collect()
}

#[tokio::test]
async fn an_older_copy_is_noticed_and_its_accounts_are_shut() {
    let (house, copy) = house_and_copy().await;
    assert_eq!(noticed(&house.path(), &house, "here").await, []);
    assert_eq!(noticed(&copy, &house, "here").await, [WhatPast::RolledBack]);
    // It stays shut, and is told once.
    assert_eq!(noticed(&copy, &house, "here").await, [WhatPast::RolledBack]);
    let ledger = open_at(&copy, &house, "here").await;
    let entries = ledger.log_page(&Default::default()).await.unwrap();
    assert_eq!(entries.iter().filter(|entry| entry.kind == LogKind::Incident).count(), 1);
    assert!(ledger.verify().await.unwrap().ok);
    ledger.close().await;
    // The newer one has not seen what was written to the older one since: their ways have parted.
    assert_eq!(noticed(&house.path(), &house, "here").await, [WhatPast::Replaced]);
}

#[tokio::test]
async fn another_station_is_noticed_once_and_then_known() {
    let (house, _) = house_and_copy().await;
    assert_eq!(noticed(&house.path(), &house, "there").await, [WhatPast::Moved]);
    let ledger = open_at(&house.path(), &house, "there").await;
    let reason = "the other computer is gone".to_owned();
    ledger.open_again(house.account, Checked::Person { reason }).await.unwrap();
    ledger.close().await;
    for name in ["there", "here", "there", "here"] {
        assert_eq!(noticed(&house.path(), &house, name).await, [], "both have seen this very ledger: {name}");
    }
}

#[tokio::test]
async fn nothing_is_armed_before_the_account_is_open_and_the_order_was_looked_for() {
    let (house, copy) = house_and_copy().await;
    let ledger = open_at(&copy, &house, "here").await;
    let house = House { ledger, ..house };
    let id = house.reserve("SO-1", false).await;
    let refused = house.ledger.arm(house.arming(id, 1, 1)).await.unwrap_err();
    assert!(matches!(&refused, LedgerError::Shut(past) if past.shut && past.account == "main"), "{refused}");
    assert!(refused.to_string().contains("docketctl restore check"), "{refused}");
    let order = house.order("SO-1").await;
    house.ledger.looked_for(vec![order.id]).await.unwrap();
    assert!(matches!(house.ledger.arm(house.arming(id, 1, 1)).await, Err(LedgerError::Shut(_))), "it is shut still");
    house.ledger.open_again(house.account, Checked::Asked { found: 0, absent: 1 }).await.unwrap();
    assert_eq!(house.ledger.arm(house.arming(id, 1, 1)).await.unwrap().n(), 1);
    // What comes in later was not looked for.
    house.import(&["SO-1", "SO-3"]).await;
    let later = house.reserve("SO-3", false).await;
    assert!(matches!(house.ledger.arm(house.arming(later, 1, 1)).await, Err(LedgerError::Shut(_))));
    let reason = "it is a new one".to_owned();
    house.ledger.open_again(house.account, Checked::Person { reason }).await.unwrap();
    assert_eq!(house.ledger.arm(house.arming(later, 1, 1)).await.unwrap().n(), 1);
    assert!(house.ledger.verify().await.unwrap().ok);
}

#[tokio::test]
async fn where_another_computer_may_go_on_what_was_not_there_is_so_for_minutes_only() {
    let (house, _) = house_and_copy().await;
    let ledger = open_at(&house.path(), &house, "there").await;
    let house = House { ledger, ..house };
    let ids = [house.reserve("SO-1", false).await, house.reserve("SO-2", false).await];
    house.ledger.looked_for(vec![house.order("SO-1").await.id, house.order("SO-2").await.id]).await.unwrap();
    house.ledger.open_again(house.account, Checked::Asked { found: 0, absent: 2 }).await.unwrap();
    assert_eq!(house.ledger.arm(house.arming(ids[0], 1, 1)).await.unwrap().n(), 1);
    house.clock.forward(6 * 60_000);
    assert!(matches!(house.ledger.arm(house.arming(ids[1], 1, 1)).await, Err(LedgerError::Shut(past)) if !past.shut));
    house.ledger.looked_for(vec![house.order("SO-2").await.id]).await.unwrap();
    assert_eq!(house.ledger.arm(house.arming(ids[1], 1, 1)).await.unwrap().n(), 1);
}

#[tokio::test]
async fn a_click_arms_nothing_either_and_leaves_no_reservation() {
    let (house, copy) = house_and_copy().await;
    let ledger = open_at(&copy, &house, "here").await;
    let house = House { ledger, ..house };
    let order = house.order("SO-1").await;
    let arming = house.arming(docket_core::domain::DispatchId(0), 0, 1);
    let refused = house.ledger.reserve_and_arm(house.reservation(&order), arming).await;
    assert!(matches!(refused, Err(LedgerError::Shut(_))), "{refused:?}");
    assert_eq!(house.order("SO-1").await, order, "as if nobody had clicked");
}

#[tokio::test]
async fn an_account_that_is_added_after_a_restore_is_shut_too() {
    let (house, copy) = house_and_copy().await;
    let ledger = open_at(&copy, &house, "here").await;
    ledger.open_again(house.account, Checked::Person { reason: "well".into() }).await.unwrap();
    ledger.add_account(new_account("second", "pathao:test:m2", "key-2")).await.unwrap();
    let shut: Vec<String> = ledger.pasts().await.unwrap().into_iter().map(|past| past.account).collect();
    assert_eq!(shut, ["second"]);
    assert_ne!(IDENTITY, "pathao:test:m2");
    ledger.close().await;
}

#[tokio::test]
async fn a_witness_that_cannot_be_written_tells_the_same_only_once() {
    let (house, copy) = house_and_copy().await;
    let place = std::fs::read_dir(station(&house, "here")).unwrap().map(|entry| entry.unwrap().path());
    let witness = place.into_iter().find(|path| path.extension().is_some_and(|e| e == "witness")).unwrap();
    let before = std::fs::read(&witness).unwrap();
    assert_eq!(noticed(&copy, &house, "here").await, [WhatPast::RolledBack]);
    let ledger = open_at(&copy, &house, "here").await;
    ledger.open_again(house.account, Checked::Person { reason: "well".into() }).await.unwrap();
    ledger.close().await;
    // As if it had never been told of what came after.
    std::fs::write(&witness, before).unwrap();
    assert_eq!(noticed(&copy, &house, "here").await, [], "nobody is shut out twice for one thing");
}

#[tokio::test]
async fn a_witness_costs_no_commit_of_its_own() {
    let house = House::new().await;
    house.ledger.close().await;
    let ledger = open_at(&house.path(), &house, "here").await;
    let house = House { ledger, clock: Arc::clone(&house.clock), folder: house.folder, account: house.account };
    let before = house.ledger.commits();
    house.import(&["SO-1"]).await;
    assert_eq!(house.ledger.commits() - before, 1);
}
