//! Rows of a platform against dispatches of the ledger. Each row is ours, somebody else's, in hand, or a finding.

use std::collections::{HashMap, HashSet};

use uuid::{Uuid, Version};

use super::*;

/// How far the platform's clock and ours may be apart when it is asked whether an order can be younger than a request.
const SKEW_MS: i64 = 3_600_000;

/// One dispatch, as far as it matters here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    /// Its row.
    pub id: DispatchId,
    /// Its order's row.
    pub order_id: OrderId,
    /// The merchant's number.
    pub order_no: OrderNo,
    /// Its number among the order's dispatches.
    pub generation: u32,
    /// Its reference.
    pub reference: Reference,
    /// What makes it look like another.
    pub fingerprint: Fingerprint,
    /// Where it stands.
    pub state: State,
    /// Whether a later generation took its place.
    pub superseded: bool,
    /// What it is bound to.
    pub remote_id: Option<RemoteId>,
    /// Whether the platform's status, as last read, is final.
    pub ended: bool,
    /// Attempts that may have left.
    pub attempts: u32,
    /// Whether one of them may have made an order of which we do not know.
    pub unknown: bool,
    /// When the first attempt was armed, in milliseconds since the epoch.
    pub armed_ms: Option<i64>,
}

impl Known {
    /// Whether recovery or a person is at work on it: what shows under its reference is their case already.
    fn in_hand(&self) -> bool {
        let open = matches!(self.state, State::Queued | State::Sending | State::InDoubt | State::NeedsReview);
        open && !self.superseded && self.attempts > 0
    }
}

/// The ledger's side.
#[derive(Clone, Debug, Default)]
pub struct Side {
    /// The account's name.
    pub account: String,
    /// Whether the platform shows references.
    pub exact: bool,
    /// Whether a person has said that nobody but Docket orders there.
    pub exclusive: bool,
    /// From when on is looked, in milliseconds since the epoch.
    pub since_ms: i64,
    /// Requests armed after that are too fresh: a platform may not show what they made yet.
    pub until_ms: i64,
    /// The dispatches of that time, and those that a row names.
    pub known: Vec<Known>,
    /// Generations that are not in the ledger, by the reference they would have.
    pub lost: HashMap<String, (OrderNo, u32)>,
}

/// What comparing came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Compared {
    /// Platform orders that are not as the ledger has them.
    pub findings: Vec<SweepFinding>,
    /// How many others placed.
    pub by_others: u32,
    /// How many belong to a case that is open.
    pub in_hand: u32,
}

enum Told {
    Ours,
    Others,
    InHand,
    Finding(Box<SweepFinding>),
}

/// Looks at every row that nothing is bound to. A quote is no order.
pub fn compare(rows: &[RemoteOrder], side: &Side) -> Compared {
    let bound: HashSet<&RemoteId> = side.known.iter().filter_map(|known| known.remote_id.as_ref()).collect();
    let by_reference: HashMap<&str, &Known> = side.known.iter().map(|k| (k.reference.as_str(), k)).collect();
    let mut out = Compared::default();
    for row in rows.iter().filter(|row| !row.quote) {
        let told = if bound.contains(&row.id) {
            Told::Ours
        } else if let Some(known) = row.reference.as_deref().and_then(|r| by_reference.get(r)) {
            under_a_reference(row, known, side)
        } else if row.created_ms.is_some_and(|at| at < side.since_ms) {
            Told::Others
        } else if side.exact {
            without_one(row, side)
        } else {
            by_looks(row, side)
        };
        match told {
            Told::Ours => {}
            Told::Others => out.by_others += 1,
            Told::InHand => out.in_hand += 1,
            Told::Finding(finding) => out.findings.push(*finding),
        }
    }
    out
}

fn under_a_reference(row: &RemoteOrder, known: &Known, side: &Side) -> Told {
    if known.remote_id.is_some() {
        found(FindingKind::Double, row, Some(known), side)
    } else if known.in_hand() {
        Told::InHand
    } else {
        found(FindingKind::GivenUp, row, Some(known), side)
    }
}

/// References tell ours from another's, and this one is not in the ledger.
fn without_one(row: &RemoteOrder, side: &Side) -> Told {
    let Some(reference) = row.reference.as_deref() else { return Told::Others };
    if let Some((order_no, generation)) = side.lost.get(reference) {
        let mut finding = plain(FindingKind::LostGeneration, row, side);
        finding.order_no = Some(order_no.clone());
        finding.generation = *generation;
        return Told::Finding(Box::new(finding));
    }
    if is_of_our_form(reference) { found(FindingKind::Unowned, row, None, side) } else { Told::Others }
}

/// Only looks can tell. An order cannot be older than the request that made it.
fn by_looks(row: &RemoteOrder, side: &Side) -> Told {
    let could = |known: &&Known| {
        let alike = row.fingerprint.as_ref() == Some(&known.fingerprint);
        let younger = match (known.armed_ms, row.created_ms) {
            (Some(armed), Some(created)) => created >= armed - SKEW_MS,
            (Some(_), None) => true,
            (None, _) => false,
        };
        alike && younger
    };
    let alike: Vec<&Known> = side.known.iter().filter(could).collect();
    if alike.iter().any(|known| known.in_hand()) {
        return Told::InHand;
    }
    match alike.iter().max_by_key(|known| known.armed_ms) {
        Some(known) => found(FindingKind::PerhapsDouble, row, Some(known), side),
        None if side.exclusive => found(FindingKind::Unowned, row, None, side),
        None => Told::Others,
    }
}

/// Docket's references are name-based UUIDs. Others may mint such, too; hardly anybody does.
fn is_of_our_form(reference: &str) -> bool {
    Uuid::try_parse(reference).is_ok_and(|id| id.get_version() == Some(Version::Sha1))
}

/// The references among rows that the ledger does not know, and that may be ours.
pub fn bare_of_owner<'r>(rows: &'r [RemoteOrder], known: &[Known]) -> HashSet<&'r str> {
    let ours: HashSet<&str> = known.iter().map(|k| k.reference.as_str()).collect();
    let references = rows.iter().filter(|row| !row.quote).filter_map(|row| row.reference.as_deref());
    references.filter(|r| is_of_our_form(r) && !ours.contains(r)).collect()
}

/// Bound orders that are under way by the ledger's word and that no row shows: they are asked for by their id. Newest
/// first. What the platform has ended may leave its list.
pub fn absent<'k>(rows: &[RemoteOrder], side: &'k Side) -> Vec<&'k Known> {
    let shown: HashSet<&RemoteId> = rows.iter().map(|row| &row.id).collect();
    let unseen = |known: &&Known| {
        let there = known.remote_id.as_ref().is_some_and(|id| !shown.contains(id));
        let recent = known.armed_ms.is_some_and(|at| (side.since_ms..=side.until_ms).contains(&at));
        there && recent && known.state == State::Dispatched && !known.ended
    };
    let mut absent: Vec<&Known> = side.known.iter().filter(unseen).collect();
    absent.sort_by_key(|known| std::cmp::Reverse(known.armed_ms));
    absent
}

/// Rows that say of a bound order what the ledger does not know yet: it has ended without success.
pub fn cancelled(rows: &[RemoteOrder], side: &Side) -> Vec<SweepFinding> {
    let under_way = side.known.iter().filter(|k| k.state == State::Dispatched && !k.ended && !k.superseded);
    let bound: HashMap<&RemoteId, &Known> = under_way.filter_map(|k| Some((k.remote_id.as_ref()?, k))).collect();
    let ended = rows.iter().filter(|row| failed(row));
    let told = ended.filter_map(|row| Some(about(FindingKind::Cancelled, row, Some(bound.get(&row.id)?), side)));
    told.map(|finding| SweepFinding { needs_person: true, ..finding }).collect()
}

/// A bound order that the platform does not show, asked by its own id.
pub fn gone(known: &Known, side: &Side) -> SweepFinding {
    let row = RemoteOrder::bare(known.remote_id.as_ref().map_or("", RemoteId::as_str));
    SweepFinding { reference: Some(known.reference.0.clone()), ..about(FindingKind::Missing, &row, Some(known), side) }
}

fn failed(row: &RemoteOrder) -> bool {
    row.ended == Some(true) && row.succeeded == Some(false)
}

fn plain(kind: FindingKind, row: &RemoteOrder, side: &Side) -> SweepFinding {
    SweepFinding {
        kind,
        account: side.account.clone(),
        platform_order_id: row.id.clone(),
        order_no: None,
        generation: 0,
        reference: row.reference.clone(),
        bound: None,
        state: None,
        platform_status: row.status.clone(),
        ended_there: failed(row),
        needs_person: !failed(row),
        told_before: false,
        about: None,
    }
}

fn about(kind: FindingKind, row: &RemoteOrder, known: Option<&Known>, side: &Side) -> SweepFinding {
    let plain = plain(kind, row, side);
    let Some(known) = known else { return plain };
    SweepFinding {
        order_no: Some(known.order_no.clone()),
        generation: known.generation,
        bound: known.remote_id.clone().filter(|bound| *bound != row.id),
        state: Some(known.state),
        about: Some((known.order_id, known.id)),
        ..plain
    }
}

fn found(kind: FindingKind, row: &RemoteOrder, known: Option<&Known>, side: &Side) -> Told {
    Told::Finding(Box::new(about(kind, row, known, side)))
}
