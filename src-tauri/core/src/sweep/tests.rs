//! Rows against dispatches, case by case.

use std::collections::HashSet;

use super::*;
use crate::domain::AccountIdentity;

const NOW: i64 = 1_800_000_000_000;

fn identity() -> AccountIdentity {
    AccountIdentity::new(Platform::UberDirect, true, "cus_1")
}

fn reference(order_no: &str, generation: u32) -> Reference {
    Reference::mint(&identity(), &OrderNo::from(order_no), generation)
}

fn known(order_no: &str, generation: u32, state: State, bound: Option<&str>) -> Known {
    Known {
        id: DispatchId(i64::from(generation)),
        order_id: OrderId(1),
        order_no: order_no.into(),
        generation,
        reference: reference(order_no, generation),
        fingerprint: Fingerprint::from(order_no),
        state,
        superseded: false,
        remote_id: bound.map(RemoteId::from),
        ended: false,
        attempts: 1,
        unknown: false,
        armed_ms: Some(NOW),
    }
}

fn row(id: &str, reference: Option<&Reference>) -> RemoteOrder {
    let reference = reference.map(|r| r.0.clone());
    RemoteOrder { reference, created_ms: Some(NOW), ..RemoteOrder::bare(id) }
}

fn side(known: Vec<Known>) -> Side {
    Side { account: "main".into(), exact: true, since_ms: NOW - 1_000, until_ms: NOW, known, ..Side::default() }
}

/// The kinds found among rows, with the platform's ids.
fn kinds(rows: &[RemoteOrder], side: &Side) -> Vec<(FindingKind, String)> {
    compare(rows, side).findings.into_iter().map(|f| (f.kind, f.platform_order_id.0)).collect()
}

#[test]
fn what_is_bound_is_ours_and_a_second_one_is_a_double() {
    let ours = known("SO-1", 1, State::Dispatched, Some("a"));
    let rows = [row("a", Some(&ours.reference)), row("b", Some(&ours.reference))];
    let side = side(vec![ours]);
    let found = compare(&rows, &side).findings;
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!((found[0].kind, found[0].platform_order_id.as_str()), (FindingKind::Double, "b"));
    assert_eq!(found[0].bound, Some("a".into()));
    assert!(found[0].needs_person);
}

#[test]
fn a_double_is_told_however_old_it_is_and_one_that_was_cancelled_needs_nobody() {
    let ours = known("SO-1", 1, State::Dispatched, Some("a"));
    let old = RemoteOrder { created_ms: Some(0), ..row("b", Some(&ours.reference)) };
    let ended = RemoteOrder { ended: Some(true), succeeded: Some(false), ..row("c", Some(&ours.reference)) };
    let found = compare(&[old, ended], &side(vec![ours])).findings;
    assert_eq!(found.iter().map(|f| f.needs_person).collect::<Vec<_>>(), [true, false]);
}

#[test]
fn an_order_that_was_given_up_and_exists_is_a_finding_unless_somebody_is_at_work_on_it() {
    for state in [State::Draft, State::Refused, State::Cancelled, State::Closed] {
        let ours = known("SO-1", 1, state, None);
        let rows = [row("b", Some(&ours.reference))];
        assert_eq!(kinds(&rows, &side(vec![ours])), [(FindingKind::GivenUp, "b".into())], "{state}");
    }
    for state in [State::Queued, State::Sending, State::InDoubt, State::NeedsReview] {
        let ours = known("SO-1", 1, state, None);
        let rows = [row("b", Some(&ours.reference))];
        let open = compare(&rows, &side(vec![ours.clone()]));
        assert_eq!((open.findings.len(), open.in_hand), (0, 1), "{state}");
        let superseded = Known { superseded: true, ..ours.clone() };
        assert_eq!(kinds(&rows, &side(vec![superseded])), [(FindingKind::GivenUp, "b".into())], "{state}");
    }
    let never_sent = Known { attempts: 0, ..known("SO-1", 1, State::Queued, None) };
    let rows = [row("b", Some(&never_sent.reference))];
    assert_eq!(kinds(&rows, &side(vec![never_sent])), [(FindingKind::GivenUp, "b".into())], "another ledger sent it");
}

#[test]
fn a_generation_that_the_ledger_lost_is_told_by_its_number() {
    let lost = reference("SO-1", 2);
    let rows = [row("b", Some(&lost)), row("c", Some(&"SO-1".into())), row("d", None)];
    let mut side = side(vec![known("SO-1", 1, State::Dispatched, Some("a"))]);
    let wanted = bare_of_owner(&rows, &side.known);
    assert_eq!(wanted, HashSet::from([lost.as_str()]), "only what has our form is tried");
    side.lost = minted(&identity(), &[("SO-1".into(), 1)], &wanted);
    let compared = compare(&rows, &side);
    assert_eq!(compared.by_others, 2);
    let found = &compared.findings[0];
    assert_eq!((found.kind, found.generation), (FindingKind::LostGeneration, 2));
    assert_eq!(found.order_no, Some("SO-1".into()));
    side.lost.clear();
    assert_eq!(kinds(&rows, &side), [(FindingKind::Unowned, "b".into())], "our form, and no number of ours");
}

#[test]
fn a_quote_is_no_order() {
    let ours = known("SO-1", 1, State::Closed, None);
    let quote = RemoteOrder { quote: true, ..row("b", Some(&ours.reference)) };
    assert_eq!(compare(&[quote], &side(vec![ours])), Compared::default());
}

#[test]
fn where_only_looks_can_tell_a_row_is_perhaps_a_double_or_somebody_elses() {
    let ours = known("SO-1", 1, State::Dispatched, Some("a"));
    let alike = |id: &str| RemoteOrder { fingerprint: Some("SO-1".into()), ..row(id, None) };
    let before = RemoteOrder { created_ms: Some(NOW - 3_600_001), ..alike("c") };
    let older = RemoteOrder { created_ms: Some(NOW - 500), ..alike("d") };
    let rows = [alike("a"), alike("b"), before, older, row("e", None)];
    let mut side = Side { exact: false, since_ms: NOW - 10_000_000, ..side(vec![ours.clone()]) };
    let perhaps = |id: &str| (FindingKind::PerhapsDouble, id.to_owned());
    assert_eq!(kinds(&rows, &side), [perhaps("b"), perhaps("d")]);
    assert_eq!(compare(&rows, &side).by_others, 2);
    side.exclusive = true;
    let unowned = |id: &str| (FindingKind::Unowned, id.to_owned());
    assert_eq!(kinds(&rows, &side), [perhaps("b"), unowned("c"), perhaps("d"), unowned("e")]);
    side.known.push(known("SO-1", 2, State::InDoubt, None));
    assert_eq!(kinds(&rows, &side), [unowned("c"), unowned("e")], "the doubt is at work on its look-alikes");
}

#[test]
fn bound_orders_that_no_row_shows_are_asked_for_newest_first() {
    let old = Known { armed_ms: Some(NOW - 5_000), ..known("SO-1", 1, State::Dispatched, Some("a")) };
    let ended = Known { ended: true, ..known("SO-2", 2, State::Dispatched, Some("b")) };
    let first = Known { armed_ms: Some(NOW - 10), ..known("SO-3", 3, State::Dispatched, Some("c")) };
    let last = known("SO-4", 4, State::Dispatched, Some("d"));
    let shown = known("SO-5", 5, State::Dispatched, Some("e"));
    let fresh = Known { armed_ms: Some(NOW + 1), ..known("SO-6", 6, State::Dispatched, Some("f")) };
    let side = side(vec![old, ended, first, last, shown, fresh]);
    let absent = absent(&[row("e", None)], &side);
    assert_eq!(absent.iter().map(|k| k.order_no.as_str()).collect::<Vec<_>>(), ["SO-4", "SO-3"]);
    let gone = gone(absent[0], &side);
    assert_eq!((gone.kind, gone.platform_order_id.as_str()), (FindingKind::Missing, "d"));
    assert!(gone.needs_person);
}

#[test]
fn an_end_without_success_is_told_once() {
    let ours = known("SO-1", 1, State::Dispatched, Some("a"));
    let ended = RemoteOrder { ended: Some(true), succeeded: Some(false), ..row("a", Some(&ours.reference)) };
    let read = Known { ended: true, ..ours.clone() };
    assert_eq!(cancelled(std::slice::from_ref(&ended), &side(vec![ours.clone()])).len(), 1);
    assert!(cancelled(&[ended], &side(vec![read])).is_empty(), "the ledger has read it");
    let delivered = RemoteOrder { ended: Some(true), succeeded: Some(true), ..row("a", None) };
    assert!(cancelled(&[delivered], &side(vec![ours])).is_empty());
}

#[test]
fn the_references_that_could_hide_something_are_asked_for_the_doubtful_first() {
    let refused = known("SO-1", 1, State::Refused, None);
    let bound = known("SO-2", 2, State::Dispatched, Some("a"));
    let doubtful = Known { unknown: true, ..known("SO-3", 3, State::Closed, None) };
    let replayed = Known { unknown: true, ..known("SO-4", 4, State::Dispatched, Some("b")) };
    let open = Known { unknown: true, ..known("SO-5", 5, State::InDoubt, None) };
    let given_up = Known { superseded: true, unknown: true, ..known("SO-6", 6, State::NeedsReview, None) };
    let withdrawn = Known { attempts: 0, ..known("SO-7", 7, State::Draft, None) };
    let all = [refused, bound, doubtful, replayed, open, given_up, withdrawn];
    let asked: Vec<&str> = may_hide(&all).iter().map(|k| k.order_no.as_str()).collect();
    assert_eq!(asked, ["SO-6", "SO-4", "SO-3", "SO-1"]);
}

#[test]
fn never_further_back_than_the_first_request() {
    assert_eq!(begin(NOW - 100, NOW), NOW - 100, "a little: clocks differ");
    assert_eq!(begin(0, NOW), NOW - 3_600_000);
    assert_eq!(begin(NOW, 0), NOW);
}
