//! What a run has to ask, and how much it may.

use std::collections::{HashMap, HashSet};

use crate::domain::{AccountIdentity, OrderNo, Reference, State};

use super::Known;

/// Requests of one run over one account, at most.
pub const REQUESTS_MAX: u32 = 300;
/// Pages of its list, at most.
pub const PAGES_MAX: u32 = 50;
/// The platform's clock may be behind ours.
const MARGIN_MS: i64 = 3_600_000;
/// Generations beyond the last one in the ledger that are tried: a ledger that was set back has lost a few.
const BEYOND: u32 = 3;

/// From when on is looked: as asked, but never further back than the account's first request.
pub fn begin(wanted_ms: i64, first_ms: i64) -> i64 {
    wanted_ms.max(first_ms.saturating_sub(MARGIN_MS))
}

/// The dispatches whose reference is asked for: something may stand under it that is not bound. Those of which an attempt
/// is unknown come first, then the others that were settled without a platform order; in each, the newest.
pub fn may_hide(known: &[Known]) -> Vec<&Known> {
    let settled = |k: &&Known| {
        let open = matches!(k.state, State::Queued | State::Sending | State::InDoubt | State::NeedsReview);
        k.attempts > 0 && (k.superseded || !open) && (k.unknown || k.remote_id.is_none())
    };
    let mut wanted: Vec<&Known> = known.iter().filter(settled).collect();
    wanted.sort_by_key(|k| (!k.unknown, std::cmp::Reverse(k.id.0)));
    wanted
}

/// Which of these references our numbering mints for one of these orders. With each number goes the last generation in
/// the ledger; a few beyond it are tried.
pub fn minted(
    identity: &AccountIdentity,
    numbers: &[(OrderNo, u32)],
    wanted: &HashSet<&str>,
) -> HashMap<String, (OrderNo, u32)> {
    let mut found = HashMap::new();
    for (order_no, last) in numbers {
        for generation in 1..=last.saturating_add(BEYOND) {
            let Reference(reference) = Reference::mint(identity, order_no, generation);
            if wanted.contains(reference.as_str()) {
                found.insert(reference, (order_no.clone(), generation));
            }
        }
    }
    found
}
