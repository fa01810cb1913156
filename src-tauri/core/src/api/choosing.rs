//! What a field of the form may hold at an account's platform: FoxReload's products, Print.one's templates.
//!
//! Lists are kept in memory for a moment, so that a person who types is not a burst of requests. Not here: the rate and the
//! pauses of an account (`driver::ask`), or what a platform's list looks like (`adapters`).

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use crate::adapters::Adapter;
use crate::domain::ask::Choice;
use crate::domain::{AccountId, Stamp};
use crate::driver::Lane;

use super::accounts::adapter_of;
use super::holder::Holder;
use super::{ApiError, ChoiceView, ErrorCode, Reply};

/// How long a list is good that was read.
const GOOD_MS: i64 = 60_000;
/// Pages of one list, at most.
const PAGES_MAX: usize = 10;
/// Rows that are told at once.
const TOLD: usize = 50;
/// Lists that are kept, before those that are no longer good are looked for.
const KEPT: usize = 64;

/// A place for one list: whoever reads it holds the place, and others wait for what comes of it.
type Place = Arc<tokio::sync::Mutex<Option<(Stamp, Vec<Choice>)>>>;

/// Lists by account and first request.
#[derive(Default)]
pub(super) struct Lists(Mutex<HashMap<(AccountId, String), Place>>);

impl Lists {
    fn place(&self, account: AccountId, path: &str, now: &Stamp) -> Place {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() >= KEPT {
            all.retain(|_, place| {
                place.try_lock().map_or(true, |list| list.as_ref().is_some_and(|(read, _)| is_good(read, now)))
            });
        }
        all.entry((account, path.to_owned())).or_default().clone()
    }
}

fn is_good(read: &Stamp, now: &Stamp) -> bool {
    now.same_boot(read) && now.boot_ms - read.boot_ms < GOOD_MS
}

impl Holder {
    pub(super) async fn choices(
        &self,
        account: &str,
        field: &str,
        search: &str,
        values: &BTreeMap<String, String>,
    ) -> Result<Reply, ApiError> {
        let account = self.reader().account(account).await?;
        let adapter = adapter_of(&account)?;
        let lane = self.lane(account.id)?;
        let search = search.trim();
        let rows = self.list(&lane, adapter, field, search).await?;
        let found: Vec<Choice> = rows.into_iter().filter(|row| fits(row, search)).collect();
        let total = u32::try_from(found.len()).unwrap_or(u32::MAX);
        let lacks = |choice: &Choice| {
            if values.is_empty() { Vec::new() } else { adapter.lacks(field, choice, values) }
        };
        let choices = found.into_iter().take(TOLD).map(|choice| ChoiceView { lacks: lacks(&choice), choice }).collect();
        Ok(Reply::Choices { choices, total })
    }

    /// The platform's list, read now or not long ago.
    async fn list(
        &self,
        lane: &Lane,
        adapter: &'static dyn Adapter,
        field: &str,
        search: &str,
    ) -> Result<Vec<Choice>, ApiError> {
        let mut request = adapter.choices_request(field, search).ok_or_else(|| {
            let message = format!("{} has no list that {field} is chosen from", adapter.platform().title());
            ApiError::new(ErrorCode::Invalid, message)
        })?;
        let place = self.lists.place(lane.account_id, &request.path, &self.clock.now());
        let mut known = place.lock().await;
        let now = self.clock.now();
        if let Some((_, rows)) = known.as_ref().filter(|(read, _)| is_good(read, &now)) {
            return Ok(rows.clone());
        }
        *known = None;
        let mut rows: Vec<Choice> = Vec::new();
        for _ in 0..PAGES_MAX {
            let told = self.driver.ask(lane, &request, |answer| adapter.read_choices(field, answer)).await?;
            rows.extend(told.value.rows);
            match told.value.next {
                Some(next) => request = next,
                None => break,
            }
        }
        *known = Some((self.clock.now(), rows.clone()));
        Ok(rows)
    }
}

/// Whether a row is one that was searched for: a platform's own search may be none.
fn fits(row: &Choice, search: &str) -> bool {
    let text = format!("{} {}", row.id, row.name).to_lowercase();
    search.to_lowercase().split_whitespace().all(|word| text.contains(word))
}
