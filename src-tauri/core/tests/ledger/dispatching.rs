//! Reserving, arming and committing: what is written, and what the schema refuses.

use std::sync::Arc;

use docket_core::domain::{AttemptOutcome, BoundBy, Change, DispatchId, LogDraft, LogKind, RemoteId, Stamp, State};
use docket_core::ledger::{LedgerError, Reservation};
use serde_json::json;

use crate::support::{House, plain, row};

#[tokio::test]
async fn a_click_is_one_sync_and_the_request_goes_out_as_stored() {
    let house = House::new().await;
    house.import(&["SO-1"]).await;
    let mut reservation = house.reservation(&house.order("SO-1").await);
    // As no library writes it: whoever reads it and writes it anew is seen.
    reservation.request.body = br#"{ "z": 23.790, "a": 1 }"#.to_vec();
    let (request, reference) = (reservation.request.clone(), reservation.reference.clone());
    let before = house.ledger.commits();
    let armed = house.ledger.reserve_and_arm(reservation, house.arming(DispatchId(0), 0, 1)).await.unwrap();
    assert_eq!(house.ledger.commits() - before, 1);
    assert_eq!((armed.request(), armed.reference(), armed.n()), (&request, &reference, 1));
    let d = house.ledger.dispatch(armed.dispatch_id()).await.unwrap();
    assert_eq!((d.state, d.version, d.attempts.len()), (State::Sending, armed.version(), 1));
    assert_eq!(d.attempts[0].before_set, Some(vec![RemoteId::from("old")]));
    assert_eq!(house.order("SO-1").await.state, State::Sending);
    assert!(house.ledger.verify().await.unwrap().ok);
}

#[tokio::test]
async fn a_bound_dispatch_survives_a_restart_whole() {
    let house = House::new().await;
    house.import(&["SO-1"]).await;
    let id = house.dispatched("SO-1", "PB-1").await;
    let before = house.ledger.dispatch(id).await.unwrap();
    let house = house.reopen().await;
    let after = house.ledger.dispatch(id).await.unwrap();
    assert_eq!(before, after);
    assert_eq!((after.state, after.bound_by), (State::Dispatched, Some(BoundBy::Response)));
    let known = async |key: &str| {
        let credential = docket_core::domain::CredentialDigest::of(key);
        house.ledger.known_orders(house.account, &credential, 5).await.unwrap()
    };
    assert_eq!(known("key-1").await[0].remote_id.0, "PB-1");
    assert!(known("key-2").await.is_empty(), "what another credential made is no control for this one");
    let found = house.ledger.verify().await.unwrap();
    assert!(found.ok, "{:?}", found.broken);
}

#[tokio::test]
async fn a_change_names_the_version_it_read() {
    let house = House::new().await;
    house.import(&["SO-1"]).await;
    let id = house.reserve("SO-1", false).await;
    let armed = house.arm(id).await;
    let again = house.ledger.arm(house.arming(id, 1, 2)).await;
    assert!(matches!(again, Err(LedgerError::Stale { .. })), "the version is an old one");
    let twice = house.ledger.arm(house.arming(id, armed.version(), 2)).await;
    assert!(matches!(twice, Err(LedgerError::Stale { .. })), "a dispatch that is sending is not armed");
    let (change, log) = house.in_doubt(1);
    let stale = house.ledger.commit(id, armed.version() - 1, &change, log.clone(), None).await;
    assert!(matches!(stale, Err(LedgerError::Stale { .. })));
    assert_eq!(house.ledger.dispatch(id).await.unwrap().state, State::Sending);
    house.ledger.commit(id, armed.version(), &change, log, None).await.unwrap();
    assert_eq!(house.ledger.dispatch(id).await.unwrap().state, State::InDoubt);
    let replay = house.arm(id).await;
    assert_eq!(replay.n(), 2, "a replay is the next attempt");
    assert!(house.ledger.verify().await.unwrap().ok);
}

#[tokio::test]
async fn one_dispatch_holds_an_order_and_generations_have_no_gaps() {
    let house = House::new().await;
    house.import(&["SO-1"]).await;
    let order = house.order("SO-1").await;
    let one = house.reservation(&order);
    let said = house.ledger.reserve(vec![one.clone(), one.clone()]).await.unwrap();
    assert!(said[0].is_ok());
    assert!(matches!(said[1], Err(LedgerError::Stale { .. })), "the same order twice in one call");
    let held = house.ledger.reserve(vec![one]).await.unwrap();
    assert!(matches!(held[0], Err(LedgerError::OrderHeld { .. })));
    house.import(&["SO-2"]).await;
    let order = house.order("SO-2").await;
    let skipped = Reservation { generation: 2, ..house.reservation(&order) };
    assert!(matches!(house.ledger.reserve(vec![skipped]).await.unwrap()[0], Err(LedgerError::Stale { .. })));
}

#[tokio::test]
async fn a_reference_is_taken_once_and_costs_only_its_own_row() {
    let house = House::new().await;
    house.import(&["SO-1", "SO-2", "SO-3"]).await;
    let mut all = Vec::new();
    for no in ["SO-1", "SO-2", "SO-3"] {
        all.push(house.reservation(&house.order(no).await));
    }
    all[1].reference = all[0].reference.clone();
    let said = house.ledger.reserve(all).await.unwrap();
    assert!(said[0].is_ok() && said[2].is_ok());
    assert!(matches!(said[1], Err(LedgerError::ReferenceTaken { .. })));
    assert_eq!(house.order("SO-2").await.state, State::Draft);
    let found = house.ledger.verify().await.unwrap();
    assert!(found.ok, "{:?}", found.broken);
}

#[tokio::test]
async fn a_platform_order_belongs_to_one_dispatch() {
    let house = House::new().await;
    house.import(&["SO-1", "SO-2"]).await;
    let first = house.dispatched("SO-1", "PB-1").await;
    let id = house.reserve("SO-2", false).await;
    let armed = house.arm(id).await;
    let seq = house.ledger.last_seq().await.unwrap();
    let (change, log) = house.bound(1, "PB-1");
    let taken = house.ledger.commit(id, armed.version(), &change, log, None).await.unwrap_err();
    let wanted = LedgerError::RemoteIdTaken {
        remote_id: RemoteId::from("PB-1"),
        order_no: "SO-1".into(),
        account: "main".into(),
    };
    assert_eq!(taken, wanted);
    assert_eq!(house.ledger.last_seq().await.unwrap(), seq, "nothing was written");
    let ids = [RemoteId::from("PB-1"), RemoteId::from("PB-2")];
    assert_eq!(house.ledger.owners(house.account, &ids).await.unwrap(), [(RemoteId::from("PB-1"), first)]);
}

#[tokio::test]
async fn look_alikes_are_armed_one_after_the_other_where_there_is_no_fence() {
    let house = House::new().await;
    let twins = vec![row(2, "SO-1", "R. Das"), row(3, "SO-2", "R. Das")];
    house.ledger.import_batch(house.account, twins, false).await.unwrap();
    let first = house.reserve("SO-1", true).await;
    let second = house.reserve("SO-2", true).await;
    let armed = house.arm(first).await;
    let held = house.ledger.arm(house.arming(second, 1, 1)).await.unwrap_err();
    assert_eq!(held, LedgerError::LookalikeHeld { order_no: "SO-1".into() });
    let fingerprint = "R. Das".into();
    let holder = house.ledger.holder_of_fingerprint(house.account, &fingerprint).await.unwrap().unwrap();
    assert_eq!((holder.0.as_str(), holder.1), ("SO-1", State::Sending));
    assert_eq!(house.ledger.waiting_behind(house.account, &fingerprint).await.unwrap(), 1);
    let (change, log) = house.bound(1, "PB-1");
    house.ledger.commit(first, armed.version(), &change, log, None).await.unwrap();
    let _ = house.arm(second).await;
}

#[tokio::test]
async fn a_withdrawal_spends_the_generation_only_after_an_arming() {
    let house = House::new().await;
    house.import(&["SO-1"]).await;
    let id = house.reserve("SO-1", false).await;
    let withdrawn = || vec![LogDraft::new(LogKind::Withdrawn, State::Draft, json!({}))];
    house.ledger.commit(id, 1, &plain(State::Draft), withdrawn(), None).await.unwrap();
    let order = house.order("SO-1").await;
    assert_eq!((order.state, order.generation, order.dispatch_id), (State::Draft, 0, None));
    let id = house.reserve("SO-1", false).await;
    let armed = house.arm(id).await;
    let not_sent = Change { end: Some((1, house.end(AttemptOutcome::NotSent))), ..plain(State::Queued) };
    let log = vec![LogDraft::new(LogKind::SendFinished, State::Queued, json!({"outcome": "not_sent"}))];
    let done = house.ledger.commit(id, armed.version(), &not_sent, log, None).await.unwrap();
    house.ledger.commit(id, done.version, &plain(State::Draft), withdrawn(), None).await.unwrap();
    let order = house.order("SO-1").await;
    assert_eq!((order.state, order.generation), (State::Draft, 1));
    house.ledger.delete(order.id, order.version).await.unwrap();
    house.import(&["SO-1"]).await;
    assert_eq!(house.order("SO-1").await.generation, 1, "what was spent outlives the order");
    house.dispatched("SO-1", "PB-1").await;
    let found = house.ledger.verify().await.unwrap();
    assert!(found.ok, "{:?}", found.broken);
}

#[tokio::test]
async fn a_new_generation_is_made_in_the_commit_that_gives_the_old_one_up() {
    let house = House::new().await;
    house.import(&["SO-1"]).await;
    let id = house.reserve("SO-1", false).await;
    let armed = house.arm(id).await;
    let (change, log) = house.in_doubt(1);
    let done = house.ledger.commit(id, armed.version(), &change, log, None).await.unwrap();
    let order = house.order("SO-1").await;
    let next = Reservation { came_from: State::InDoubt, ..house.reservation(&order) };
    let absent = vec![LogDraft::new(LogKind::ProvenAbsent, State::InDoubt, json!({}))];
    let done = house.ledger.commit(id, done.version, &plain(State::InDoubt), absent, Some(next)).await.unwrap();
    let new = done.new_dispatch.unwrap();
    let current = house.ledger.current_dispatch(order.id).await.unwrap().unwrap();
    assert_eq!((current.id, current.generation, current.state), (new, 2, State::Queued));
    let echoes = house.ledger.echoes(house.account).await.unwrap();
    assert_eq!(echoes.len(), 1, "the old one has an unknown attempt and is looked up again later");
    let looked = Change { ..plain(State::InDoubt) };
    let log = vec![LogDraft::new(LogKind::LookupFinished, State::InDoubt, json!({"found": 0}))];
    house.ledger.commit(id, done.version, &looked, log, None).await.unwrap();
    assert_eq!(house.order("SO-1").await.state, State::Queued, "a later look moves nothing");
    let found = house.ledger.verify().await.unwrap();
    assert!(found.ok, "{:?}", found.broken);
}

#[tokio::test]
async fn dispatch_again_waits_for_the_platforms_end() {
    let house = House::new().await;
    house.import(&["SO-1"]).await;
    let id = house.dispatched("SO-1", "PB-1").await;
    let order = house.order("SO-1").await;
    let again = house.ledger.reserve(vec![house.reservation(&order)]).await.unwrap();
    assert!(matches!(again[0], Err(LedgerError::OrderHeld { .. })));
    let d = house.ledger.dispatch(id).await.unwrap();
    assert_eq!(house.ledger.tracked(house.account, DispatchId(0), 9).await.unwrap().len(), 1);
    let mut remote = docket_core::domain::RemoteOrder::bare("PB-1");
    remote.ended = Some(true);
    let ended = Change { remote: Some(remote), ..plain(State::Dispatched) };
    let log = vec![LogDraft::new(LogKind::StatusChanged, State::Dispatched, json!({"status": "returned"}))];
    house.ledger.commit(id, d.version, &ended, log, None).await.unwrap();
    assert!(house.ledger.tracked(house.account, DispatchId(0), 9).await.unwrap().is_empty());
    let order = house.order("SO-1").await;
    assert!(house.ledger.reserve(vec![house.reservation(&order)]).await.unwrap()[0].is_ok());
    let found = house.ledger.verify().await.unwrap();
    assert!(found.ok, "{:?}", found.broken);
}

#[tokio::test]
async fn quiet_counts_anew_after_a_restart_of_the_machine() {
    let house = House::new().await;
    house.import(&["SO-1"]).await;
    let id = house.reserve("SO-1", false).await;
    let armed = house.arm(id).await;
    let (change, log) = house.in_doubt(1);
    let done = house.ledger.commit(id, armed.version(), &change, log, None).await.unwrap();
    let now = Stamp { wall_ms: 9, boot_ms: 9, awake_ms: 9, boot_id: "other".into() };
    let anew = Change { quiet_anew: Some(now.clone()), ..plain(State::InDoubt) };
    let log = vec![LogDraft::new(LogKind::Recovered, State::InDoubt, json!({}))];
    house.ledger.commit(id, done.version, &anew, log, None).await.unwrap();
    let end = house.ledger.dispatch(id).await.unwrap().attempts[0].end.clone().unwrap();
    assert_eq!(end.quiet_from, now);
    assert_ne!(end.at, now);
}

/// A cancel that frees the reference waits for copies of answered requests, too; what never left has no quiet.
#[tokio::test]
async fn quiet_of_an_answered_attempt_counts_anew_after_a_restart_of_the_machine() {
    let house = House::new().await;
    house.import(&["SO-1"]).await;
    let id = house.dispatched("SO-1", "PB-1").await;
    let bound = house.ledger.dispatch(id).await.unwrap();
    let now = Stamp { wall_ms: 9, boot_ms: 9, awake_ms: 9, boot_id: "other".into() };
    let anew = Change { quiet_anew: Some(now.clone()), ..plain(State::Dispatched) };
    let log = vec![LogDraft::new(LogKind::CancelAsked, State::Dispatched, json!({}))];
    house.ledger.commit(id, bound.version, &anew, log, None).await.unwrap();
    let end = house.ledger.dispatch(id).await.unwrap().attempts[0].end.clone().unwrap();
    assert_eq!((end.outcome, &end.quiet_from), (AttemptOutcome::Created, &now));
    assert_ne!(end.at, now);
}

#[tokio::test]
async fn many_waiting_jobs_share_one_sync_and_fail_alone() {
    let house = House::new().await;
    let numbers: Vec<String> = (0..100).map(|i| format!("SO-{i}")).collect();
    house.import(&numbers.iter().map(String::as_str).collect::<Vec<_>>()).await;
    let mut all = Vec::new();
    for no in &numbers {
        all.push(house.reservation(&house.order(no).await));
    }
    all[50].order_version += 1;
    let before = house.ledger.commits();
    let ledger = Arc::new(house.ledger.clone());
    // All are handed in before the writer runs: this runtime has one thread.
    let tasks: Vec<_> = all
        .into_iter()
        .map(|r| {
            let (ledger, arming) = (Arc::clone(&ledger), house.arming(DispatchId(0), 0, 1));
            tokio::spawn(async move { ledger.reserve_and_arm(r, arming).await })
        })
        .collect();
    let mut failed = 0;
    for task in tasks {
        match task.await.unwrap() {
            Ok(_) => {}
            Err(LedgerError::Stale { .. }) => failed += 1,
            Err(e) => panic!("{e}"),
        }
    }
    assert_eq!(failed, 1);
    assert_eq!(house.ledger.commits() - before, 1, "one sync for a hundred jobs");
    assert_eq!(house.ledger.counts(None).await.unwrap().sending, 99);
    let found = house.ledger.verify().await.unwrap();
    assert!(found.ok, "{:?}", found.broken);
}

#[tokio::test]
async fn ten_thousand_are_reserved_in_one_transaction() {
    let house = House::new().await;
    let rows = (0..10_000).map(|i| row(i + 2, &format!("SO-{i}"), &format!("R. Das {i}"))).collect();
    house.ledger.import_batch(house.account, rows, false).await.unwrap();
    let orders =
        house.ledger.orders_in_state(&[State::Draft], None, docket_core::domain::OrderId(0), 20_000).await.unwrap();
    let all: Vec<_> = orders.iter().map(|o| house.reservation(o)).collect();
    let before = house.ledger.commits();
    let tickets = house.ledger.reserve(all).await.unwrap();
    assert_eq!(tickets.iter().filter(|t| t.is_ok()).count(), 10_000);
    assert_eq!(house.ledger.commits() - before, 1);
    assert_eq!(house.ledger.queued(house.account, DispatchId(0), 20_000).await.unwrap().len(), 10_000);
    let found = house.ledger.verify().await.unwrap();
    assert!(found.ok && found.entries == 20_001, "{:?}", found.broken);
}

#[tokio::test]
async fn one_command_makes_one_dispatch_of_an_order() {
    let house = House::new().await;
    house.import(&["SO-1", "SO-2"]).await;
    let asked = async |command: &str| {
        let order = house.order("SO-1").await;
        Reservation { command: Some(command.into()), ..house.reservation(&order) }
    };
    let first = house.ledger.reserve(vec![asked("c-1").await]).await.unwrap().remove(0).unwrap();
    let armed = house.arm(first.dispatch_id).await;
    let refused = Change { end: Some((1, house.end(AttemptOutcome::Rejected))), ..plain(State::Refused) };
    let log = vec![LogDraft::new(LogKind::SendFinished, State::Refused, json!({"outcome": "refused"}))];
    house.ledger.commit(first.dispatch_id, armed.version(), &refused, log, None).await.unwrap();
    // Carried out anew, alone and among others, with and without a request that leaves at once.
    let other = house.reservation(&house.order("SO-2").await);
    let said = house.ledger.reserve(vec![asked("c-1").await, other]).await.unwrap();
    assert!(matches!(said[0], Err(LedgerError::CommandRepeated { .. })), "{said:?}");
    assert!(said[1].is_ok(), "{said:?}");
    let click = house.ledger.reserve_and_arm(asked("c-1").await, house.arming(DispatchId(0), 0, 1)).await;
    assert!(matches!(click, Err(LedgerError::CommandRepeated { .. })));
    // Another command is another wish, and so is what no command asked for.
    let by_itself = house.ledger.reserve(vec![asked("c-2").await]).await.unwrap();
    assert!(by_itself[0].is_ok(), "{by_itself:?}");
}

/// What a person released comes back to a person, and not as if it were at its end.
#[tokio::test]
async fn a_withdrawal_gives_the_case_back_that_was_released() {
    for back in [State::NeedsReview, State::Closed] {
        let house = House::new().await;
        house.import(&["SO-1"]).await;
        let id = house.reserve("SO-1", false).await;
        let armed = house.arm(id).await;
        let (change, log) = house.in_doubt(1);
        let done = house.ledger.commit(id, armed.version(), &change, log, None).await.unwrap();
        let asked = vec![LogDraft::new(LogKind::ReviewAsked, State::NeedsReview, json!({}))];
        let mut version =
            house.ledger.commit(id, done.version, &plain(State::NeedsReview), asked, None).await.unwrap().version;
        if back == State::Closed {
            let closed = vec![LogDraft::new(LogKind::ReviewDecided, State::Closed, json!({}))];
            version = house.ledger.commit(id, version, &plain(State::Closed), closed, None).await.unwrap().version;
        }
        let next = Reservation { came_from: back, ..house.reservation(&house.order("SO-1").await) };
        let decided = vec![LogDraft::new(LogKind::ReviewDecided, back, json!({}))];
        let done = house.ledger.commit(id, version, &plain(State::Cancelled), decided, Some(next)).await.unwrap();
        let new = house.ledger.dispatch(done.new_dispatch.unwrap()).await.unwrap();
        let taken = vec![LogDraft::new(LogKind::Withdrawn, back, json!({}))];
        house.ledger.commit(new.id, new.version, &plain(back), taken, None).await.unwrap();
        let order = house.order("SO-1").await;
        let current = house.ledger.current_dispatch(order.id).await.unwrap().unwrap();
        assert_eq!((order.state, current.id, current.state), (back, id, back));
        assert!(house.ledger.echoes(house.account).await.unwrap().is_empty(), "it is nothing given up any more");
        let found = house.ledger.verify().await.unwrap();
        assert!(found.ok, "{back}: {:?}", found.broken);
    }
}
