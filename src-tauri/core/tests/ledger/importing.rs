//! Importing, editing, deleting, listing.

use docket_core::api::views::{LogQuery, OrderQuery, OrderSort};
use docket_core::domain::{LogKind, OrderId, OrderNo, State};
use docket_core::ledger::{ImportRow, LedgerError, NewContent, RowOutcome};

use docket_core::clock::Clock;

use crate::support::{House, new_account, row};

#[tokio::test]
async fn a_number_comes_in_once_and_other_content_is_named() {
    let house = House::new().await;
    let rows = vec![row(2, "SO-1", "R. Das"), row(2, "SO-1", "R. Das"), row(3, "SO-1", "S. Khan"), row(5, "SO-2", "X")];
    let said = house.ledger.import_batch(house.account, rows, false).await.unwrap();
    let differs = RowOutcome::Differs { field: "recipient_address".into(), state: State::Draft };
    assert_eq!(said, [RowOutcome::Imported, RowOutcome::Skipped, differs, RowOutcome::Imported]);
    let again = vec![row(2, "SO-1", "R. Das"), row(9, "SO-2", "X"), row(7, "SO-3", "Y")];
    let dry = house.ledger.dry_import(house.account, true).await.unwrap().batch(&again).await.unwrap();
    assert_eq!(dry, [RowOutcome::Skipped, RowOutcome::Updated, RowOutcome::Imported]);
    assert_eq!(house.ledger.counts(None).await.unwrap().all, 2, "a dry run writes nothing");
    let said = house.ledger.import_batch(house.account, again, true).await.unwrap();
    assert_eq!(said, dry);
    assert!(house.order("SO-2").await.payload.get("recipient_address").contains("House 9"));
    assert!(house.ledger.verify().await.unwrap().ok);
}

#[tokio::test]
async fn a_dry_run_tells_of_a_whole_file_what_the_import_will() {
    // A number comes back many batches later: the same (its line is part of the address here), with other content, and
    // changed back.
    let many = |n: u32| (0..600).map(|i| row(i, &format!("M{n}-{i}"), "Many")).collect::<Vec<_>>();
    let batches = [
        vec![row(2, "SO-2", "A"), row(3, "SO-3", "A"), row(4, "SO-1", "Other")],
        many(1),
        vec![row(2, "SO-2", "A"), row(6, "SO-3", "B"), row(6, "SO-3", "B")],
        many(2),
        vec![row(3, "SO-3", "A"), row(6, "SO-3", "B"), row(10, "M1-599", "Few"), row(11, "SO-1", "Other")],
    ];
    for update in [false, true] {
        let house = House::new().await;
        house.import(&["SO-1"]).await;
        house.reserve("SO-1", false).await;
        let mut dry = house.ledger.dry_import(house.account, update).await.unwrap();
        let mut looked = Vec::new();
        for batch in &batches {
            looked.push(dry.batch(batch).await.unwrap());
        }
        assert_eq!(house.ledger.counts(None).await.unwrap().all, 1, "a dry run writes nothing");
        let mut done = Vec::new();
        for batch in &batches {
            done.push(house.ledger.import_batch(house.account, batch.clone(), update).await.unwrap());
        }
        assert_eq!(looked, done, "update: {update}");
        let changed = done.concat().iter().filter(|said| matches!(said, RowOutcome::Updated)).count();
        assert_eq!(changed, if update { 4 } else { 0 });
    }
}

#[tokio::test]
async fn only_a_draft_or_refused_order_is_updated_by_an_import() {
    let house = House::new().await;
    house.import(&["SO-1"]).await;
    house.reserve("SO-1", false).await;
    let said = house.ledger.import_batch(house.account, vec![row(2, "SO-1", "Other")], true).await.unwrap();
    assert_eq!(said, [RowOutcome::Differs { field: "recipient_name".into(), state: State::Queued }]);
}

#[tokio::test]
async fn editing_and_deleting_name_the_version_they_read() {
    let house = House::new().await;
    house.import(&["SO-1"]).await;
    let order = house.order("SO-1").await;
    let other = row(2, "SO-1", "S. Khan");
    let content = NewContent { payload: other.payload, summary: other.summary, fingerprint: other.fingerprint };
    let version = house.ledger.edit(order.id, order.version, content.clone()).await.unwrap();
    let stale = house.ledger.edit(order.id, order.version, content).await;
    assert!(matches!(stale, Err(LedgerError::Stale { .. })));
    assert!(matches!(house.ledger.delete(order.id, order.version).await, Err(LedgerError::Stale { .. })));
    house.ledger.delete(order.id, version).await.unwrap();
    assert!(matches!(house.ledger.order(&OrderNo::from("SO-1"), None).await, Err(LedgerError::NotFound { .. })));
    assert_eq!(house.ledger.counts(None).await.unwrap().all, 0);
    assert!(house.ledger.verify().await.unwrap().ok);
}

#[tokio::test]
async fn an_order_of_no_file_is_said_to_be_written_by_hand() {
    let house = House::new().await;
    let written = ImportRow { line: None, ..row(1, "SO-1", "R. Das") };
    house.ledger.import_batch(house.account, vec![written, row(2, "SO-2", "R. Das")], false).await.unwrap();
    let entries = house.ledger.log_page(&LogQuery::default()).await.unwrap();
    let details: Vec<_> = entries.into_iter().filter(|e| e.kind == LogKind::Imported).map(|e| e.detail).collect();
    let of_a_draft = |name: &str, value: serde_json::Value| serde_json::json!({name: value, "state": "draft"});
    assert_eq!(details, [of_a_draft("by_hand", true.into()), of_a_draft("line", 2.into())]);
    assert!(house.ledger.verify().await.unwrap().ok);
}

#[tokio::test]
async fn a_day_is_counted_by_hour_and_by_time_to_certainty() {
    let house = House::new().await;
    house.import(&["SO-1", "SO-2", "SO-3"]).await;
    let start = house.clock.now().wall_ms;
    house.dispatched("SO-1", "PB-1").await;
    let slow = house.reserve("SO-2", false).await;
    let armed = house.arm(slow).await;
    house.clock.forward(7_200_000);
    let (change, log) = house.bound(1, "PB-2");
    house.ledger.commit(slow, armed.version(), &change, log, None).await.unwrap();
    let day = house.ledger.day(start).await.unwrap();
    let hours: Vec<_> = day.hours.iter().map(|h| (h.hour, h.dispatched, h.refused, h.ended)).collect();
    assert_eq!(hours, [(0, 1, 0, 0), (2, 1, 0, 0)], "an order that is only a draft counts nowhere");
    let told: Vec<_> = day.certainty.iter().filter(|c| c.orders > 0).map(|c| (c.within_ms, c.orders)).collect();
    assert_eq!(told, [(Some(1_000), 1), (None, 1)], "at once, and after two hours");
    assert_eq!(house.ledger.day(start + 7_200_001).await.unwrap().hours, []);
}

#[tokio::test]
async fn pages_are_sorted_searched_and_counted() {
    let house = House::new().await;
    let numbers: Vec<String> = (0..25).map(|i| format!("SO-{i:03}")).collect();
    house.import(&numbers.iter().map(String::as_str).collect::<Vec<_>>()).await;
    house.dispatched("SO-007", "PB-88").await;
    let ask = async |query: OrderQuery| {
        let page = house.ledger.order_page(&query).await.unwrap();
        (page.rows.into_iter().map(|r| r.order_no.0).collect::<Vec<_>>(), page.total)
    };
    let (rows, total) = ask(OrderQuery { limit: 10, offset: 20, ..OrderQuery::default() }).await;
    assert_eq!((rows.len(), total), (5, 25));
    let newest = OrderQuery { sort: OrderSort::OrderNo, descending: true, limit: 2, ..OrderQuery::default() };
    assert_eq!(ask(newest).await.0, ["SO-024", "SO-023"]);
    let (rows, total) = ask(OrderQuery { states: vec![State::Dispatched], ..OrderQuery::default() }).await;
    assert_eq!((rows, total), (vec!["SO-007".to_owned()], 1));
    for text in ["SO-007", "007", "das so-007", "PB-8", "O-007"] {
        let (rows, _) = ask(OrderQuery { search: Some(text.into()), ..OrderQuery::default() }).await;
        assert_eq!(rows, ["SO-007"], "search for {text}");
    }
    let (rows, total) = ask(OrderQuery { search: Some("SO".into()), limit: 3, ..OrderQuery::default() }).await;
    assert_eq!((rows.len(), total), (3, 25));
    let now = house.clock.now().wall_ms;
    let dated = |since_ms, until_ms| OrderQuery { since_ms, until_ms, limit: 2, ..OrderQuery::default() };
    assert_eq!(ask(dated(Some(now + 1), None)).await, (vec![], 0), "nothing came in later");
    assert_eq!(ask(dated(None, Some(now - 3_600_000))).await, (vec![], 0), "nothing came in an hour before");
    let (rows, total) = ask(dated(Some(now - 3_600_000), Some(now + 1))).await;
    assert_eq!((rows.len(), total), (2, 25), "a page of all of them");
    let found = OrderQuery { search: Some("SO".into()), ..dated(Some(now + 1), None) };
    assert_eq!(ask(found).await, (vec![], 0), "a search keeps to the time, too");
    let view = house.ledger.order_view(house.order("SO-007").await.id).await.unwrap();
    assert_eq!((view.attempts, view.generation, view.platform_order_id.as_deref()), (1, 1, Some("PB-88")));
    assert!(view.settled_at.is_some());
}

#[tokio::test]
async fn accounts_are_their_identities() {
    let house = House::new().await;
    let ledger = &house.ledger;
    let taken = ledger.add_account(new_account("main", "pathao:test:m2", "key-2")).await;
    assert_eq!(taken, Err(LedgerError::NameTaken { name: "main".into() }));
    let same = ledger.add_account(new_account("other", crate::support::IDENTITY, "key-1")).await;
    assert!(matches!(same, Err(LedgerError::IdentityTaken { ref name, .. }) if name == "main"));
    let mode = ledger.add_account(new_account("other", "pathao:live:m1", "key-1")).await;
    assert!(matches!(mode, Err(LedgerError::OtherMode { known: "test", .. })));

    house.import(&["SO-1"]).await;
    house.reserve("SO-1", false).await;
    assert!(matches!(ledger.remove_account(house.account).await, Err(LedgerError::OpenWork { count: 1, .. })));
    let second = ledger.add_account(new_account("second", "pathao:test:m2", "key-2")).await.unwrap();

    ledger.remove_account(second).await.unwrap();
    assert!(matches!(ledger.account("second").await, Err(LedgerError::NotFound { .. })));
    let revived = ledger.add_account(new_account("third", "pathao:test:m2", "key-2")).await.unwrap();
    assert_eq!(revived, second, "the tombstone of the identity comes back");
    let log = ledger.log_page(&LogQuery { kinds: vec![LogKind::Edited], ..LogQuery::default() }).await.unwrap();
    assert_eq!(log.len(), 4, "added, added, removed, added");
}

#[tokio::test]
async fn drafts_are_walked_by_keyset() {
    let house = House::new().await;
    house.import(&["A", "B", "C"]).await;
    house.reserve("B", false).await;
    let first = house.ledger.orders_in_state(&[State::Draft], None, OrderId(0), 1).await.unwrap();
    let rest = house.ledger.orders_in_state(&[State::Draft], None, first[0].id, 10).await.unwrap();
    assert_eq!(rest.len(), 1);
    assert_eq!(rest[0].order_no.0, "C");
}
