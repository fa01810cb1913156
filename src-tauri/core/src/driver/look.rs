//! Lookups: by reference with a known order beside it, or one scan shared by all dispatches that are due.
//!
//! What was seen is only collected here; `decide` judges it.

use std::collections::HashSet;
use std::sync::Arc;

use crate::adapters::LookupBy;
use crate::domain::http::HttpRequest;
use crate::domain::remote::{GetReply, LookupOutcome, Page};
use crate::domain::{Control, Dispatch, DispatchId, Lookup, RemoteId, RemoteOrder, Seen, Stamp};
use crate::ledger::{KnownOrder, LedgerError};
use crate::plan;
use crate::transport::{Exchange, SendReport};

use super::Driver;
use super::lane::{BeforeSet, Lane};

/// Known orders that a scan may find as its positive control.
const KNOWN_ORDERS: u32 = 50;
/// Known orders that a scan for a reference has to reach back to; one is enough, and one may be gone.
const OVERLAP: u32 = 5;
/// Pages of one lookup, at most.
const PAGES_MAX: usize = 50;
/// How often a page is asked for again that was not answered, once the pages before it were: a long list on a bad line
/// is not begun anew for each.
const PAGE_AGAIN: u32 = 4;
/// Ids that a before-set keeps.
const BEFORE_SET_IDS: usize = 200;

/// The pages of one lookup, or why they say nothing.
pub(super) struct Pages {
    pub rows: Vec<RemoteOrder>,
    pub to_end: bool,
}

/// One scan, before it is told what it means for each dispatch.
pub(super) struct Scan {
    began: Stamp,
    read: Result<Read, String>,
}

/// What a scan has read.
struct Read {
    rows: Arc<Vec<RemoteOrder>>,
    to_end: bool,
    controls: Vec<Control>,
    /// Which dispatches own rows of it.
    owners: Vec<(RemoteId, DispatchId)>,
    shows_ended: bool,
}

/// The rows that other dispatches own.
pub(super) fn others(owners: &[(RemoteId, DispatchId)], d: &Dispatch) -> Vec<RemoteId> {
    owners.iter().filter(|(_, owner)| *owner != d.id).map(|(row, _)| row.clone()).collect()
}

impl Driver {
    /// Looks one dispatch up, by whatever its platform offers.
    pub(super) async fn look_up(&self, lane: &Lane, d: &Dispatch) -> Result<LookupOutcome, LedgerError> {
        match lane.rules.contract.lookup {
            Lookup::ByReference { .. } => self.look_up_by_reference(lane, d).await,
            Lookup::ScanForReference | Lookup::ScanForLookalike => {
                let scan = self.scan(lane, std::slice::from_ref(d)).await?;
                self.in_scan(lane, &scan, d).await
            }
            Lookup::None => Ok(unclear(self.clock.now(), "the platform has no lookup")),
        }
    }

    async fn look_up_by_reference(&self, lane: &Lane, d: &Dispatch) -> Result<LookupOutcome, LedgerError> {
        let began = self.clock.now();
        let wants_control = plan::needs_control(&lane.facts(d, &began));
        let by = LookupBy::Reference(d.reference.clone());
        let pages = match self.pages(lane, &by, |_| false).await {
            Ok(pages) => pages,
            Err(why) => return Ok(unclear(began, &why)),
        };
        let (mut controls, mut shows_ended) = (Vec::new(), false);
        if wants_control && pages.rows.is_empty() {
            let reader = self.ledger.reader();
            let newest = reader.known_orders(lane.account_id, &lane.credential, 1).await?;
            let ended = match plan::needs_ended_control(&lane.facts(d, &began)) {
                true => reader.known_ended(lane.account_id, &lane.credential, d.id).await?,
                false => None,
            };
            for order in newest.into_iter().chain(ended) {
                match self.control(lane, order).await {
                    Ok((control, ended)) => {
                        // One that has ended only now may be shown for a while, and ours no more.
                        let older = d.first_left().is_none_or(|first| first.armed.after(&control.armed));
                        shows_ended |= ended && older;
                        controls.push(control);
                    }
                    // A control that was not answered is none that was not shown: the round says nothing, and is repeated.
                    Err(why) => return Ok(unclear(began, &why)),
                }
            }
        }
        let claimed = self.claimed(lane, &pages.rows, d).await?;
        let seen = Seen { rows: Arc::new(pages.rows), to_end: pages.to_end, controls, shows_ended, claimed };
        self.with_pointer(lane, d, LookupOutcome { began, result: Ok(seen) }).await
    }

    /// A duplicate answer may have named the order that is there: it is asked for by that id, and joins what was seen.
    async fn with_pointer(
        &self,
        lane: &Lane,
        d: &Dispatch,
        mut outcome: LookupOutcome,
    ) -> Result<LookupOutcome, LedgerError> {
        let pointer = d.progress.presence.as_ref().and_then(|presence| presence.pointer.as_ref());
        let Some(pointer) = pointer.filter(|_| lane.rules.contract.lookup.is_exact()) else { return Ok(outcome) };
        if outcome.result.as_ref().is_ok_and(|seen| seen.rows.iter().any(|row| row.id == *pointer)) {
            return Ok(outcome);
        }
        let Some(GetReply::Shown(order)) = self.get(lane, pointer).await else { return Ok(outcome) };
        let claimed = self.claimed(lane, std::slice::from_ref(&order), d).await?;
        outcome.show(order, claimed);
        Ok(outcome)
    }

    /// A lookup of the same form, in the same round, of an order that is known to exist; and whether it showed it as ended.
    async fn control(&self, lane: &Lane, known: KnownOrder) -> Result<(Control, bool), String> {
        let by = LookupBy::Reference(known.reference.clone());
        let pages = self.pages(lane, &by, |_| false).await?;
        let just = match pages.rows.as_slice() {
            [one] => Some(one).filter(|one| known.is(one)),
            _ => None,
        };
        let ended = just.is_some_and(|one| one.ended == Some(true));
        Ok((Control { remote: known.remote_id, armed: known.armed, shown: just.is_some() }, ended))
    }

    /// One scan for all of `targets`: pages are read until they reach back into every before-set. What it means for each is
    /// told apart by `in_scan`: a list of a thousand rows stands in memory once, and not once for each of a thousand.
    pub(super) async fn scan(&self, lane: &Lane, targets: &[Dispatch]) -> Result<Scan, LedgerError> {
        let began = self.clock.now();
        let read = self.pages(lane, &LookupBy::Newest, |rows| plan::reaches_back(rows, targets)).await;
        let pages = match read {
            Ok(pages) => pages,
            Err(why) => return Ok(Scan { began, read: Err(why) }),
        };
        let known = self.ledger.reader().known_orders(lane.account_id, &lane.credential, KNOWN_ORDERS).await?;
        let shown: HashSet<&RemoteId> = pages.rows.iter().map(|row| &row.id).collect();
        let control =
            |k: KnownOrder| Control { shown: shown.contains(&k.remote_id), remote: k.remote_id, armed: k.armed };
        let controls = known.into_iter().map(control).collect();
        let owners = self.owners(lane, &pages.rows).await?;
        let shows_ended = pages.rows.iter().any(|row| row.ended == Some(true));
        let (rows, to_end) = (Arc::new(pages.rows), pages.to_end);
        Ok(Scan { began, read: Ok(Read { rows, to_end, controls, owners, shows_ended }) })
    }

    /// What a scan showed, as far as one dispatch is concerned.
    pub(super) async fn in_scan(&self, lane: &Lane, scan: &Scan, d: &Dispatch) -> Result<LookupOutcome, LedgerError> {
        let result = scan.read.as_ref().map_err(Clone::clone).map(|read| Seen {
            rows: read.rows.clone(),
            to_end: read.to_end,
            controls: read.controls.clone(),
            shows_ended: read.shows_ended,
            claimed: others(&read.owners, d),
        });
        self.with_pointer(lane, d, LookupOutcome { began: scan.began.clone(), result }).await
    }

    async fn claimed(&self, lane: &Lane, rows: &[RemoteOrder], d: &Dispatch) -> Result<Vec<RemoteId>, LedgerError> {
        Ok(others(&self.owners(lane, rows).await?, d))
    }

    /// Which dispatches own these rows already.
    async fn owners(&self, lane: &Lane, rows: &[RemoteOrder]) -> Result<Vec<(RemoteId, DispatchId)>, LedgerError> {
        let ids: Vec<RemoteId> = rows.iter().map(|r| r.id.clone()).collect();
        self.ledger.reader().owners(lane.account_id, &ids).await
    }

    /// Asks for one page. A later one is asked for again when nothing answers.
    async fn answer_to(&self, lane: &Lane, request: &HttpRequest, later: bool) -> SendReport {
        let mut again = if later { PAGE_AGAIN } else { 0 };
        loop {
            let report = lane.read(&self.transport, &self.clock, &self.stop, request).await;
            let answered = answers(&report.observed);
            if let Some(answered) = answered {
                let now = self.clock.now().awake_ms;
                let mut heard = lane.heard();
                if heard.paused.is_none() {
                    heard.looks.asked(answered, &lane.rules, now);
                }
            }
            if answered != Some(false) || again == 0 || self.stop.is_cancelled() {
                return report;
            }
            again -= 1;
        }
    }

    /// Reads pages until `enough`, the end, or a page that says nothing. Rows are kept once, though pages may shift.
    pub(super) async fn pages(
        &self,
        lane: &Lane,
        by: &LookupBy,
        enough: impl Fn(&[RemoteOrder]) -> bool,
    ) -> Result<Pages, String> {
        let Some(mut request) = lane.adapter.lookup_request(by) else {
            return Err("the platform has no such lookup".into());
        };
        let mut rows: Vec<RemoteOrder> = Vec::new();
        for _ in 0..PAGES_MAX {
            let report = self.answer_to(lane, &request, !rows.is_empty()).await;
            let answer = match &report.observed {
                Exchange::Answered(answer) => answer,
                Exchange::NotSent { why } | Exchange::Lost { why } => return Err(why.clone()),
                Exchange::NoToken { code } => {
                    self.pause(lane, code).await;
                    return Err(format!("no access token ({code})"));
                }
                Exchange::Limited { retry_after_ms } => return Err(self.limited(lane, *retry_after_ms)),
            };
            match lane.adapter.read_page(by, &request, answer) {
                Page::Rows { rows: page, next, to_end } => {
                    if let Some(why) = page.iter().find_map(|row| lane.contradicts(row)) {
                        self.pause_because(lane, why.clone()).await;
                        return Err(why);
                    }
                    lane.hear(&report);
                    weave(&mut rows, page.into_iter().map(RemoteOrder::bounded).collect());
                    let done = to_end || enough(&rows);
                    match next {
                        Some(more) if !done => request = more,
                        Some(_) | None => return Ok(Pages { rows, to_end }),
                    }
                }
                // A fresh token was refused because a fresher one took its place: the next look has it.
                Page::Unauthorised { code } if report.token_expired => {
                    return Err(format!("the access token had run out ({code})"));
                }
                Page::Unauthorised { code } => {
                    self.pause(lane, &code).await;
                    return Err(format!("not authorised ({code})"));
                }
                Page::Busy { retry_after_ms } => return Err(self.limited(lane, retry_after_ms)),
                Page::Unclear { why } => return Err(why),
            }
        }
        Ok(Pages { rows, to_end: false })
    }

    /// The account is left alone for a while; why nothing was read.
    fn limited(&self, lane: &Lane, retry_after_ms: Option<i64>) -> String {
        self.defer(lane, retry_after_ms.unwrap_or(lane.rules.contract.timings.lookup_interval_ms));
        "the platform is busy (429)".into()
    }

    /// The platform's order with that id, where the platform can show one.
    pub(super) async fn get(&self, lane: &Lane, id: &RemoteId) -> Option<GetReply> {
        let request = lane.adapter.get_request(id)?;
        let report = lane.read(&self.transport, &self.clock, &self.stop, &request).await;
        let reply = match &report.observed {
            Exchange::Answered(answer) => match lane.adapter.read_get(answer) {
                GetReply::Unauthorised { code } if report.token_expired => GetReply::Unclear { why: code },
                reply => reply,
            },
            Exchange::NotSent { why } | Exchange::Lost { why } => GetReply::Unclear { why: why.clone() },
            Exchange::NoToken { code } => GetReply::Unauthorised { code: code.clone() },
            Exchange::Limited { retry_after_ms } => GetReply::Busy { retry_after_ms: *retry_after_ms },
        };
        let reply = match reply {
            GetReply::Shown(order) => match lane.contradicts(&order) {
                Some(why) => {
                    self.pause_because(lane, why.clone()).await;
                    GetReply::Unclear { why }
                }
                None => {
                    lane.hear(&report);
                    GetReply::Shown(order.bounded())
                }
            },
            other => other,
        };
        Some(reply)
    }

    /// The ids of the newest orders before an arming: read now, or not long ago. An error leaves the order queued.
    pub(super) async fn before_set(&self, lane: &Lane) -> Result<Option<Vec<RemoteId>>, String> {
        match lane.rules.contract.lookup {
            Lookup::ScanForLookalike => {}
            // The reference tells ours from another's; what is known already only says how far back a scan must read.
            Lookup::ScanForReference => return Ok(Some(self.with_known(lane, Vec::new(), OVERLAP).await)),
            Lookup::ByReference { .. } | Lookup::None => return Ok(None),
        }
        let mut held = lane.before.lock().await;
        let now = self.clock.now();
        if let Some(set) = held.as_ref()
            && now.same_boot(&set.read)
            && now.boot_ms - set.read.boot_ms < super::lane::BEFORE_SET_MAX_MS
            && !set.ids.is_empty()
        {
            let ids = set.ids.clone();
            drop(held);
            return Ok(Some(self.with_known(lane, ids, KNOWN_ORDERS).await));
        }
        if lane.heard().looks.allows(1).1 > now.awake_ms {
            return Err("the platform gives no answers, and is asked again after a pause".into());
        }
        // One page is enough: candidates are what is newer than it.
        let pages = self.pages(lane, &LookupBy::Newest, |_| true).await?;
        let ids: Vec<RemoteId> = pages.rows.iter().take(BEFORE_SET_IDS).map(|r| r.id.clone()).collect();
        *held = Some(BeforeSet { ids: ids.clone(), read: now });
        drop(held);
        let set = self.with_known(lane, ids, KNOWN_ORDERS).await;
        lane.heard().nothing_before = set.is_empty();
        Ok(Some(set))
    }

    /// The list's ids and those of the newest orders that the ledger knows: they were there before, too, and a list that
    /// is a minute old does not show them.
    async fn with_known(&self, lane: &Lane, mut ids: Vec<RemoteId>, limit: u32) -> Vec<RemoteId> {
        let known =
            self.ledger.reader().known_orders(lane.account_id, &lane.credential, limit).await.unwrap_or_default();
        for order in known {
            if !ids.contains(&order.remote_id) {
                ids.push(order.remote_id);
            }
        }
        ids
    }
}

/// Takes a further page in, each row once, in the order in which the page has them. A page that overlaps with what was read may
/// begin with what was made since: that comes before what it stands before.
fn weave(rows: &mut Vec<RemoteOrder>, page: Vec<RemoteOrder>) {
    let place = |row: &RemoteOrder, rows: &[RemoteOrder]| rows.iter().position(|r| r.id == row.id);
    let mut at = page.iter().find_map(|row| place(row, rows)).unwrap_or(rows.len());
    for row in page {
        match place(&row, rows) {
            Some(known) => at = at.max(known + 1),
            None => {
                rows.insert(at, row);
                at += 1;
            }
        }
    }
}

/// Whether the platform gives answers, whatever they say. `None`: it was not asked.
fn answers(observed: &Exchange) -> Option<bool> {
    match observed {
        Exchange::Answered(answer) => Some(answer.status < 500),
        Exchange::NotSent { .. } | Exchange::Lost { .. } => Some(false),
        Exchange::NoToken { .. } | Exchange::Limited { .. } => None,
    }
}

fn unclear(began: Stamp, why: &str) -> LookupOutcome {
    LookupOutcome { began, result: Err(why.to_owned()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_taken_in_where_it_overlaps() {
        let page = |ids: &str| ids.chars().map(RemoteOrder::bare).collect::<Vec<_>>();
        let woven = |first: &str, second: &str| {
            let mut rows = page(first);
            weave(&mut rows, page(second));
            rows.iter().map(|row| row.id.as_str()).collect::<String>()
        };
        assert_eq!(woven("", "fed"), "fed");
        assert_eq!(woven("fed", "cba"), "fedcba", "the next page");
        assert_eq!(woven("fed", "edcb"), "fedcb", "it has shifted");
        assert_eq!(woven("fed", "hgfedcb"), "hgfedcb", "the same list, longer, and two were made since");
        assert_eq!(woven("fed", "gfxedc"), "gfxedc", "one is shown late");
        assert_eq!(woven("fed", "def"), "fed", "in another order: nothing is new");
    }
}
