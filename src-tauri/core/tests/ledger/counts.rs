//! The shape of the work in exact counts: how many syncs, and how many pages, dispatches take. Times are the bench's business
//! (`cargo xtask bench`); a count that grows is seen here, on any machine. A change that is meant changes the count, too.

use docket_core::domain::DispatchId;
use docket_core::ledger::{Armed, Reservation};
use futures_util::future::join_all;

use crate::support::House;

const DISPATCHES: usize = 1_000;
const TOGETHER: usize = 50;

/// The pages that the ledger has written since its write-ahead log began anew. A frame is a header and a page of 4 KiB.
fn pages(house: &House) -> u64 {
    let log = house.path().with_file_name("ledger.db-wal");
    (std::fs::metadata(log).unwrap().len() - 32) / (24 + 4_096)
}

async fn reservations(house: &House, n: usize) -> Vec<Reservation> {
    let numbers: Vec<String> = (1..=n).map(|i| format!("SO-{i}")).collect();
    house.import(&numbers.iter().map(String::as_str).collect::<Vec<_>>()).await;
    let mut all = Vec::new();
    for number in &numbers {
        all.push(house.reservation(&house.order(number).await));
    }
    all
}

/// One thread: whatever is asked for before the writer's turn is one group.
#[tokio::test]
async fn a_thousand_dispatches_take_a_sync_for_each_group_and_no_more() {
    let house = House::new().await;
    let reservations = reservations(&house, DISPATCHES).await;
    let before = house.ledger.commits();
    let tickets = house.ledger.reserve(reservations).await.unwrap();
    assert_eq!(house.ledger.commits() - before, 1, "all are reserved with one sync");
    let ids: Vec<DispatchId> = tickets.into_iter().map(|t| t.unwrap().dispatch_id).collect();
    for some in ids.chunks(TOGETHER) {
        let armed = join_all(some.iter().map(|id| house.ledger.arm(house.arming(*id, 1, 1)))).await;
        let armed: Vec<Armed> = armed.into_iter().map(Result::unwrap).collect();
        let bound = armed.iter().map(async |a| {
            let (change, log) = house.bound(1, &format!("PB-{}", a.dispatch_id()));
            house.ledger.commit(a.dispatch_id(), a.version(), &change, log, None).await.unwrap()
        });
        join_all(bound).await;
    }
    assert_eq!(house.ledger.commits() - before, 1 + 2 * (DISPATCHES / TOGETHER) as u64);
    assert!(house.ledger.verify().await.unwrap().ok);
}

#[tokio::test]
async fn a_lone_dispatch_takes_two_syncs_and_few_pages() {
    let house = House::new().await;
    let reservations = reservations(&house, LONE).await;
    let (commits, written) = (house.ledger.commits(), pages(&house));
    for r in reservations {
        let armed = house.ledger.reserve_and_arm(r, house.arming(DispatchId(0), 0, 1)).await.unwrap();
        let (change, log) = house.bound(1, &format!("PB-{}", armed.dispatch_id()));
        house.ledger.commit(armed.dispatch_id(), armed.version(), &change, log, None).await.unwrap();
    }
    assert_eq!(house.ledger.commits() - commits, 2 * LONE as u64);
    assert!(pages(&house) < CHECKPOINT, "the log began anew in between, and what was counted is too little");
    assert_eq!(pages(&house) - written, PAGES, "pages that {LONE} dispatches write in {} commits", 2 * LONE);
}

const LONE: usize = 10;
/// As it was counted: a commit writes some sixteen pages, most of them of indexes. What adds an index, or a column that an
/// index has, adds pages here.
const PAGES: u64 = 326;
/// After so many pages SQLite moves them to the file, and begins its log anew.
const CHECKPOINT: u64 = 1_000;
