//! What a lookup's rows mean for one dispatch. Matching is done here, on our side, never trusted to a platform's filter.

use crate::domain::remote::{LookupOutcome, newest_first, reach_beyond, surely_newest_first};
use crate::domain::{BoundBy, Control, Lookup, RemoteId, RemoteOrder, Seen};

use super::Facts;
use super::fence::{hidden_if_ended, may_be_gone, quiet_left_ms};

/// What a lookup says about one dispatch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Finding {
    /// One platform order is ours for certain.
    Ours(RemoteOrder, BoundBy),
    /// One new platform order looks like ours; only a scan can tell.
    Candidate(RemoteOrder),
    /// Several match, or one that differs or belongs to another dispatch: a person has to look.
    Puzzling {
        /// What they have against them.
        why: &'static str,
        /// They.
        rows: Vec<RemoteOrder>,
    },
    /// Not there. With the known order that the same lookup did show, or why that absence proves nothing.
    NotThere {
        /// Evidence for, or the missing condition.
        proof: Result<RemoteId, &'static str>,
        /// How many rows were read.
        rows: u32,
    },
    /// Nothing follows.
    Unclear(String),
}

/// Judges one lookup for one dispatch.
pub fn judge(f: &Facts<'_>, outcome: &LookupOutcome) -> Finding {
    let seen = match &outcome.result {
        Ok(seen) => seen,
        Err(why) => return Finding::Unclear(why.clone()),
    };
    match f.rules.contract.lookup {
        Lookup::ByReference { .. } => by_reference(f, seen),
        Lookup::ScanForReference => exact_in(f, seen, || whole(f, seen, hides_none)),
        Lookup::ScanForLookalike => lookalike(f, seen),
        Lookup::None => Finding::Unclear("the platform has no lookup".into()),
    }
}

fn by_reference(f: &Facts<'_>, seen: &Seen) -> Finding {
    exact_in(f, seen, || {
        if seen.rows.iter().any(|r| r.reference.as_deref() != Some(f.dispatch.reference.as_str())) {
            return Err("the platform answered with other references than the one asked for: it ignores its filter");
        }
        if !seen.to_end {
            return Err("not every page could be read");
        }
        Ok(())
    })
}

fn exact_in(f: &Facts<'_>, seen: &Seen, complete: impl Fn() -> Result<(), &'static str>) -> Finding {
    let ours: Vec<&RemoteOrder> = seen
        .rows
        .iter()
        .filter(|r| !r.quote && r.reference.as_deref() == Some(f.dispatch.reference.as_str()))
        .collect();
    match ours.as_slice() {
        [] => not_there(f, seen, complete()),
        [one] => {
            if seen.claimed.contains(&one.id) {
                return puzzling("it bears our reference and belongs to another dispatch", &ours);
            }
            let different = f.dispatch.progress.presence.as_ref().is_some_and(|p| p.different);
            if different && one.fingerprint.is_none() {
                return puzzling(
                    "the platform said that its content differs, and it shows too little to compare",
                    &ours,
                );
            }
            if one.fingerprint.as_ref().is_some_and(|print| *print != f.dispatch.fingerprint) {
                return puzzling("it bears our reference, and its content differs from what was sent", &ours);
            }
            let said = f.dispatch.progress.presence.as_ref().is_some_and(|presence| !presence.shown);
            let by = if said { BoundBy::Conflict } else { BoundBy::Lookup };
            Finding::Ours((*one).clone(), by)
        }
        _ => puzzling("more than one platform order bears our reference", &ours),
    }
}

fn lookalike(f: &Facts<'_>, seen: &Seen) -> Finding {
    let before = before_set(f);
    let fresh = |r: &&RemoteOrder| !r.quote && !before.contains(&r.id) && !seen.claimed.contains(&r.id);
    let candidates: Vec<&RemoteOrder> =
        seen.rows.iter().filter(fresh).filter(|r| r.fingerprint.as_ref() == Some(&f.dispatch.fingerprint)).collect();
    match candidates.as_slice() {
        [] => {
            let bare = seen.rows.iter().filter(fresh).any(|r| r.fingerprint.is_none());
            let complete =
                if bare { Err("a new row shows too little to be compared") } else { whole(f, seen, hides_none) };
            not_there(f, seen, complete)
        }
        [one] if older_than_before(f, seen, one) => {
            puzzling("it is older than orders that were there before our request", &candidates)
        }
        [_] if !before_known(f) => puzzling("what the platform had before our request is not known", &candidates),
        // What is there is not hidden: its place in the list is less to be sure of.
        [one] => match whole(f, seen, |rows, _| newest_first(rows)) {
            Ok(()) => Finding::Candidate((*one).clone()),
            Err(why) => puzzling(why, &candidates),
        },
        _ => puzzling("more than one new platform order looks like this one", &candidates),
    }
}

/// Ids the platform had before the first attempt that is unknown.
pub fn before_set<'a>(f: &'a Facts<'_>) -> &'a [RemoteId] {
    f.dispatch.attempts.iter().find(|a| a.is_unknown()).and_then(|a| a.before_set.as_deref()).unwrap_or(&[])
}

fn before_known(f: &Facts<'_>) -> bool {
    f.dispatch.attempts.iter().find(|a| a.is_unknown()).is_none_or(|a| a.before_set.is_some())
}

/// Whether a row says that it was made before one that was there before our request: the before-set is the list's first
/// rows, and what lies deeper is in nobody's set.
fn older_than_before(f: &Facts<'_>, seen: &Seen, row: &RemoteOrder) -> bool {
    let before = before_set(f);
    let newest = seen.rows.iter().filter(|r| before.contains(&r.id)).filter_map(|r| r.created_ms).max();
    newest.zip(row.created_ms).is_some_and(|(newest, at)| at < newest)
}

/// Whether rows that were read back into the before-set leave none out that is newer.
fn hides_none(rows: &[RemoteOrder], before: &[RemoteId]) -> bool {
    surely_newest_first(rows) && reach_beyond(rows, |row| before.contains(&row.id))
}

/// A scan is whole when it reaches the end of the list, or, in a list that is newest first, back into the before-set.
fn whole(f: &Facts<'_>, seen: &Seen, in_order: fn(&[RemoteOrder], &[RemoteId]) -> bool) -> Result<(), &'static str> {
    let before = before_set(f);
    if seen.to_end {
        return Ok(());
    }
    if !seen.rows.iter().any(|r| before.contains(&r.id)) {
        return Err("the list could not be read back to the orders that were there before");
    }
    if in_order(&seen.rows, before) {
        Ok(())
    } else {
        Err("the list does not show that it is newest first, and could not be read to its end")
    }
}

fn not_there(f: &Facts<'_>, seen: &Seen, complete: Result<(), &'static str>) -> Finding {
    let rows = seen.rows.len() as u32;
    let last = f.dispatch.attempts.iter().rfind(|a| a.is_unknown());
    // Under another credential a platform may show another set of orders: there, absence is no absence.
    let same = f.dispatch.attempts.iter().filter(|a| a.is_unknown()).all(|a| a.credential == *f.credential);
    let under = if same { Ok(()) } else { Err("the account's credential is another one than the request had") };
    let proof = complete.and(under).and(could_be_seen(f, seen)).and_then(|()| {
        seen.controls
            .iter()
            .find(|c| c.shown && last.is_none_or(|a| c.armed.after(&a.armed)))
            .map(|c| c.remote.clone())
            .ok_or("no known order that is newer than our request was shown by the same lookup")
    });
    Finding::NotThere { proof, rows }
}

/// Whether the lookup would show ours whatever became of it since.
fn could_be_seen(f: &Facts<'_>, seen: &Seen) -> Result<(), &'static str> {
    const NO_ENDED: &str =
        "no order that has ended was shown: the platform may hide such, and ours could have ended by now";
    if may_be_gone(f) {
        return Err("the platform shows orders for a time only, and ours could be gone by now");
    }
    let may_hide = hidden_if_ended(f);
    if !seen.shows_ended && may_hide {
        return Err(NO_ENDED);
    }
    if !f.rules.contract.lookup.is_scan() || was_empty_before(f) {
        return Ok(());
    }
    // A list that ends sooner than it did then is cut by number or by age, and who cuts says nothing of it.
    let mut older = seen.rows.iter().filter(|row| is_older(f, seen, row)).peekable();
    if older.peek().is_none() {
        return Err("the list ends before the orders that were there before our request");
    }
    // One that has ended only now may be shown for a while, and ours no more.
    if may_hide && older.all(|row| row.ended != Some(true)) { Err(NO_ENDED) } else { Ok(()) }
}

/// Whether a list of everybody's orders was read before our request, and held nothing.
fn was_empty_before(f: &Facts<'_>) -> bool {
    f.rules.contract.lookup == Lookup::ScanForLookalike && before_known(f) && before_set(f).is_empty()
}

/// Whether a row is an order that is surely older than our request.
fn is_older(f: &Facts<'_>, seen: &Seen, row: &RemoteOrder) -> bool {
    let first = f.dispatch.attempts.iter().find(|attempt| attempt.is_unknown());
    let known = |control: &Control| {
        control.shown && control.remote == row.id && first.is_some_and(|first| first.armed.after(&control.armed))
    };
    before_set(f).contains(&row.id) || seen.controls.iter().any(known)
}

fn puzzling(why: &'static str, rows: &[&RemoteOrder]) -> Finding {
    Finding::Puzzling { why, rows: rows.iter().map(|r| (*r).clone()).collect() }
}

/// What stands under our reference, if that is a quote: it takes the reference, and it is no order.
pub(super) fn quote_under_ours<'a>(f: &Facts<'_>, outcome: &'a LookupOutcome) -> Option<&'a RemoteOrder> {
    let seen = outcome.result.as_ref().ok().filter(|_| f.rules.contract.lookup.is_exact())?;
    seen.rows.iter().find(|r| r.quote && r.reference.as_deref() == Some(f.dispatch.reference.as_str()))
}

/// Whether a lookup that began then began after the quiet of every attempt.
pub(super) fn began_after_quiet(f: &Facts<'_>, outcome: &LookupOutcome) -> bool {
    quiet_left_ms(f.dispatch, f.rules, &outcome.began) == 0
}
