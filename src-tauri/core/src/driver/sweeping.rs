//! What a sweep asks a platform: its list, single references, single orders. Each is a question like a merchant's, one at a
//! time, behind everything that creates or recovers, and all of them within a bound.
//!
//! Not here: what is asked for, and what it means (`api::sweeping`, `sweep`).

use std::collections::HashSet;

use crate::adapters::LookupBy;
use crate::domain::ask::AskReply;
use crate::domain::http::{HttpRequest, HttpResponse};
use crate::domain::remote::{GetReply, Page, newest_first};
use crate::domain::{Reference, RemoteId, RemoteOrder};
use crate::sweep::{PAGES_MAX, REQUESTS_MAX};

use super::Driver;
use super::ask::AskError;
use super::lane::Lane;

/// How often one question is asked again that was not answered.
const AGAIN: u32 = 4;
/// A platform that wants to be left alone for longer is not waited for.
const WAIT_MS: i64 = 60_000;
/// Pages of a lookup by one reference, at most: it has one row, or a few.
const FEW_PAGES: u32 = 3;

/// One run: what was read, and what may still be asked.
pub(crate) struct Sweeping<'a> {
    driver: &'a Driver,
    lane: &'a Lane,
    /// Requests that may still leave.
    pub left: u32,
    /// Every platform order that was shown, once.
    pub rows: Vec<RemoteOrder>,
    ids: HashSet<RemoteId>,
}

struct PageRead {
    rows: Vec<RemoteOrder>,
    next: Option<HttpRequest>,
    to_end: bool,
}

impl Driver {
    /// A run over one account.
    pub(crate) fn sweeping<'a>(&'a self, lane: &'a Lane) -> Sweeping<'a> {
        Sweeping { driver: self, lane, left: REQUESTS_MAX, rows: Vec::new(), ids: HashSet::new() }
    }
}

impl Sweeping<'_> {
    /// Requests that have left.
    pub fn used(&self) -> u32 {
        REQUESTS_MAX - self.left
    }

    /// Reads the list back to `since_ms`. An error says why it was not read so far; what was read stands.
    pub async fn list(&mut self, since_ms: i64) -> Result<(), String> {
        let back = |rows: &[RemoteOrder]| {
            newest_first(rows) && rows.last().and_then(|row| row.created_ms).is_some_and(|at| at < since_ms)
        };
        self.pages(&LookupBy::Newest, PAGES_MAX, back).await
    }

    /// Reads what stands under one reference.
    pub async fn reference(&mut self, reference: &Reference) -> Result<(), String> {
        self.pages(&LookupBy::Reference(reference.clone()), FEW_PAGES, |_| false).await
    }

    /// Whether the platform knows an order by its id. What it shows is kept.
    pub async fn order(&mut self, id: &RemoteId) -> Result<bool, String> {
        let request = self.lane.adapter.get_request(id).ok_or("the platform shows no single order")?;
        let adapter = self.lane.adapter;
        let read = |answer: &HttpResponse| match adapter.read_get(answer) {
            GetReply::Shown(order) => AskReply::Told(Some(order)),
            GetReply::NotThere => AskReply::Told(None),
            GetReply::Unauthorised { code } => AskReply::Unauthorised { code },
            GetReply::Busy { retry_after_ms } => AskReply::Busy { retry_after_ms },
            GetReply::Unclear { why } => AskReply::Unclear { why },
        };
        let shown = self.ask(&request, read).await?;
        let there = shown.is_some();
        self.keep(shown.into_iter().collect()).await?;
        Ok(there)
    }

    async fn pages(
        &mut self,
        by: &LookupBy,
        pages_max: u32,
        enough: impl Fn(&[RemoteOrder]) -> bool,
    ) -> Result<(), String> {
        let adapter = self.lane.adapter;
        let mut request = adapter.lookup_request(by).ok_or("the platform has no such lookup")?;
        let mut read_so_far = Vec::new();
        for _ in 0..pages_max {
            let read = |answer: &HttpResponse| match adapter.read_page(by, &request, answer) {
                Page::Rows { rows, next, to_end } => AskReply::Told(PageRead { rows, next, to_end }),
                Page::Unauthorised { code } => AskReply::Unauthorised { code },
                Page::Busy { retry_after_ms } => AskReply::Busy { retry_after_ms },
                Page::Unclear { why } => AskReply::Unclear { why },
            };
            let PageRead { rows, next, to_end } = self.ask(&request, read).await?;
            let known: HashSet<RemoteId> = read_so_far.iter().map(|row: &RemoteOrder| row.id.clone()).collect();
            read_so_far.extend(rows.iter().filter(|row| !known.contains(&row.id)).cloned());
            self.keep(rows).await?;
            if to_end || enough(&read_so_far) {
                return Ok(());
            }
            match next {
                Some(more) => request = more,
                None => return Err("the platform gives no more of it".into()),
            }
        }
        Err(format!("no more than {pages_max} pages are read in one run"))
    }

    async fn keep(&mut self, rows: Vec<RemoteOrder>) -> Result<(), String> {
        if let Some(why) = rows.iter().find_map(|row| self.lane.contradicts(row)) {
            self.driver.pause_because(self.lane, why.clone()).await;
            return Err(why);
        }
        for row in rows.into_iter().map(RemoteOrder::bounded) {
            if self.ids.insert(row.id.clone()) {
                self.rows.push(row);
            }
        }
        Ok(())
    }

    /// Asks one question, and again if nothing readable comes.
    async fn ask<T>(
        &mut self,
        request: &HttpRequest,
        read: impl Fn(&HttpResponse) -> AskReply<T>,
    ) -> Result<T, String> {
        let mut again = 0;
        loop {
            if self.left == 0 {
                return Err(format!("no more than {REQUESTS_MAX} requests are made in one run"));
            }
            self.left -= 1;
            let error = match self.driver.ask(self.lane, request, &read).await {
                Ok(told) => return Ok(told.value),
                Err(error) => error,
            };
            if matches!(error, AskError::Paused { .. } | AskError::Occupied { .. }) {
                // It has not left.
                self.left += 1;
            }
            let pause = match &error {
                AskError::Busy { .. } => self.lane.heard().deferred_until_ms - self.driver.clock.now().awake_ms,
                AskError::Occupied { .. }
                | AskError::TokenExpired { .. }
                | AskError::Silent { .. }
                | AskError::Unclear { .. } => self.lane.rules.contract.timings.lookup_interval_ms,
                AskError::Paused { .. } | AskError::Unauthorised { .. } | AskError::Rejected { .. } => i64::MAX,
            };
            if again >= AGAIN || pause > WAIT_MS || !self.driver.pause_for(pause).await {
                return Err(error.to_string());
            }
            again += 1;
        }
    }
}
