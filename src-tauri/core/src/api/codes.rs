//! Showing delivered codes: written into the log first, then opened by whoever asked.
//!
//! The holder only writes that somebody asks; a command's reply is stored, and so it never holds a code. The process that
//! asked reads the sealed rows and the key by itself. Not here: fetching codes (`driver`).

use std::collections::HashMap;

use serde_json::json;

use crate::codes::keys::{self, KeyError};
use crate::codes::{CodesKey, Place, open};
use crate::domain::{AccountIdentity, Code, LogDraft, LogKind, OrderNo, RemoteId, Seq};
use crate::ids::random_id;
use crate::ledger::{OrderRow, StoredCodes};
use crate::secrets::SecretStore;

use super::core::Core;
use super::holder::Holder;
use super::{ApiError, Command, ErrorCode, OrderKey, Reply, Request};

/// Codes in plain text, on their way to whoever asked. Never stored or traced.
pub struct Revealed {
    /// The log entry that says so; on disk before this was made.
    pub seq: Seq,
    /// The account's name.
    pub account: String,
    /// Item by item, over all dispatches of the order, oldest first.
    pub items: Vec<RevealedItem>,
}

/// The codes of one item.
pub struct RevealedItem {
    /// The dispatch's number among the order's.
    pub generation: u32,
    /// The platform order.
    pub platform_order_id: RemoteId,
    /// The item's place in it, from 1.
    pub item: u32,
    /// The codes.
    pub codes: Vec<Code>,
    /// Why there are none: the key is lost, or the row does not open.
    pub problem: Option<String>,
}

impl Core {
    /// Shows the codes of an order, once it is in the log that they were asked for. `reason` is a person's, for the log.
    ///
    /// Where nothing can be opened, nothing is written and nothing is shown. Errors: `not_found`; `not_allowed` where
    /// there are no codes; `secrets` where no key can be read.
    pub async fn reveal(&self, key: OrderKey, reason: Option<String>) -> Result<Revealed, ApiError> {
        let order = self.find(&key).await?;
        let account = self.reader().account_by_id(order.account_id).await?;
        let rows = self.reader().codes(order.id).await?;
        if rows.is_empty() {
            return Err(none_here(&order, self.reader().codes_standing(order.id).await?.due));
        }
        let items = opened(&account.identity, &rows).await?;
        if items.iter().all(|item| item.problem.is_some()) {
            let why = items.into_iter().find_map(|item| item.problem).unwrap_or_default();
            return Err(ApiError::new(ErrorCode::Secrets, fetch_again(&order.order_no, &why)));
        }
        let shown = items.iter().filter(|item| item.problem.is_none());
        let shown = shown.map(|item| format!("{} item {}", item.platform_order_id, item.item)).collect();
        let key = OrderKey { order_no: order.order_no, account: Some(account.name.clone()) };
        let asked_by = self.options().program.to_owned();
        let command = Command::Reveal { order: key, asked_by, items: shown, reason };
        match self.execute(Request { id: random_id(), command }).await? {
            Reply::Logged { seq } => Ok(Revealed { seq, account: account.name, items }),
            other => {
                Err(ApiError::new(ErrorCode::Ledger, format!("the holder did not say where it logged: {other:?}")))
            }
        }
    }
}

impl Holder {
    /// Writes down that codes are about to be shown, and no more.
    pub(super) async fn log_reveal(
        &self,
        key: &OrderKey,
        asked_by: &str,
        items: &[String],
        reason: Option<String>,
    ) -> Result<Reply, ApiError> {
        let (order, _) = self.find(key).await?;
        let standing = self.reader().codes_standing(order.id).await?;
        if standing.count == 0 {
            return Err(none_here(&order, standing.due));
        }
        let detail = json!({ "asked_by": asked_by, "items": items, "count": standing.count });
        let draft = LogDraft::new(LogKind::Revealed, order.state, detail).with_private(json!({ "reason": reason }));
        Ok(Reply::Logged { seq: self.ledger.append_order_entry(order.id, draft).await? })
    }
}

async fn opened(identity: &AccountIdentity, rows: &[StoredCodes]) -> Result<Vec<RevealedItem>, ApiError> {
    let mut keys: HashMap<&str, Option<CodesKey>> = HashMap::new();
    let mut items = Vec::with_capacity(rows.len());
    for row in rows {
        if !keys.contains_key(row.key_id.as_str()) {
            let key = match keys::read(&SecretStore::kept(&row.kept), &row.key_id).await {
                Ok(key) => Some(key),
                Err(KeyError::Lost) => None,
                Err(KeyError::Store(error)) => return Err(error.into()),
            };
            keys.insert(&row.key_id, key);
        }
        let place = Place { identity, remote: &row.remote, item: row.sealed.item };
        let codes = match keys.get(row.key_id.as_str()).and_then(Option::as_ref) {
            Some(key) => open(key, &place, &row.sealed).map_err(|unopened| unopened.to_string()),
            None => Err(KeyError::Lost.to_string()),
        };
        let (codes, problem) = match codes {
            Ok(codes) => (codes, None),
            Err(why) => (Vec::new(), Some(why)),
        };
        items.push(RevealedItem {
            generation: row.generation,
            platform_order_id: row.remote.clone(),
            item: row.sealed.item + 1,
            codes,
            problem,
        });
    }
    Ok(items)
}

fn none_here(order: &OrderRow, due: bool) -> ApiError {
    let no = &order.order_no;
    let message = if due {
        fetch_again(no, "the codes are at the platform and not here yet")
    } else {
        format!("order {no} has no delivered codes")
    };
    ApiError::new(ErrorCode::NotAllowed, message)
}

fn fetch_again(no: &OrderNo, why: &str) -> String {
    format!("{why}; fetch the codes of {no} once more with `track {no}`, and ask again")
}
