//! Pages of orders for the faces: listing, searching, counting.
//!
//! A page is found by an index first; only its own rows are read whole. Not here: sentences about an order (`api`).

use serde_json::Value;
use sqlx::sqlite::SqliteRow;
use sqlx::{QueryBuilder, Sqlite};

use super::LedgerReader;
use super::error::{Doing, LedgerError, Result};
use super::rows::{from_json, get, platform, state};
use super::tx::list;
use crate::api::views::{Counts, OrderPage, OrderQuery, OrderSort, OrderView};
use crate::clock::rfc3339;
use crate::domain::{AccountId, BoundBy, OrderId, OrderNo, Progress, RemoteOrder, State};

/// A search shows at most so many: whoever sees more types another letter.
const FOUND: u32 = 1_000;

const VIEW: &str = "
SELECT o.id, o.order_no, a.name, a.platform, a.test, o.state, o.version, o.recipient, o.what, o.created_ms, o.since_ms,
       o.settled_ms, d.reference, d.remote_id, d.bound_by, d.remote, d.ended, d.progress,
       coalesce(d.generation, 0) AS generation,
       (SELECT count(*) FROM dispatch g JOIN attempt t ON t.dispatch_id = g.id
        WHERE g.order_id = o.id AND coalesce(t.outcome, '') <> 'not_sent') AS attempts,
       (SELECT coalesce(sum(g.progress->>'$.lookups'), 0) FROM dispatch g WHERE g.order_id = o.id) AS lookups
FROM json_each($1) j JOIN orders o ON o.id = j.value
JOIN account a ON a.id = o.account_id LEFT JOIN dispatch d ON d.id = o.dispatch_id
ORDER BY j.key";

fn view(row: &SqliteRow) -> Result<OrderView> {
    let progress: Option<String> = get(row, "progress")?;
    let progress: Progress = progress.map(|p| from_json("progress", &p)).transpose()?.unwrap_or_default();
    let remote: Option<String> = get(row, "remote")?;
    let remote: Option<RemoteOrder> = remote.map(|r| from_json("a platform order", &r)).transpose()?;
    let settled: Option<i64> = get(row, "settled_ms")?;
    let state = state(get(row, "state")?)?;
    let (status, fee, tracking_url) = match remote {
        Some(r) => (r.status, r.fee, r.tracking_url),
        None => (None, None, None),
    };
    Ok(OrderView {
        order_no: OrderNo(get(row, "order_no")?),
        account: get(row, "name")?,
        platform: platform(get(row, "platform")?)?,
        test: get(row, "test")?,
        state,
        reference: get(row, "reference")?,
        platform_order_id: get(row, "remote_id")?,
        platform_status: status,
        bound_by: get::<Option<String>>(row, "bound_by")?.as_deref().and_then(BoundBy::from_code),
        generation: get(row, "generation")?,
        attempts: get(row, "attempts")?,
        lookups: get(row, "lookups")?,
        waits_for: progress.waits_for,
        reason: progress.reason,
        recipient: get(row, "recipient")?,
        fee,
        tracking_url,
        created_at: rfc3339(get(row, "created_ms")?),
        settled_at: settled.map(rfc3339),
        what: get(row, "what")?,
        platform_ended: get::<Option<bool>>(row, "ended")?.unwrap_or(false),
        cancel_asked: progress.cancel_asked && state != State::Cancelled,
        since: rfc3339(get(row, "since_ms")?),
        next_at: progress.next_at.map(|s| rfc3339(s.wall_ms)),
        version: get(row, "version")?,
    })
}

/// The clause that a page is sorted by; ties by row, the same way round.
fn sorting(query: &OrderQuery) -> String {
    let way = if query.descending { "DESC" } else { "ASC" };
    let columns = match query.sort {
        // Rows are numbered as they come in; an index on a filter has them in that order already.
        OrderSort::Created if filtered(query) => return format!(" ORDER BY o.id {way}"),
        OrderSort::Created => ["o.created_ms", "o.id"],
        OrderSort::OrderNo => ["o.order_no", "o.account_id"],
        OrderSort::State => ["o.state", "o.id"],
        OrderSort::Changed => ["o.changed_ms", "o.id"],
    };
    format!(" ORDER BY {} {way}, {} {way}", columns[0], columns[1])
}

fn filtered(query: &OrderQuery) -> bool {
    query.account.is_some() || !query.states.is_empty()
}

/// Whether it is cheaper to walk the order asked for and drop what does not match, than to sort all that matches.
fn walks(query: &OrderQuery, limit: u32, all: u32, total: u32) -> bool {
    let wanted = u64::from(query.offset) + u64::from(limit);
    filtered(query) && u64::from(all) * wanted / u64::from(total.max(1)) < u64::from(total)
}

/// Text as a phrase of the trigram index.
fn phrase(text: &str) -> String {
    format!("\"{}\"", text.replace('"', "\"\""))
}

/// The first text after every text that begins with `prefix`.
fn after_prefix(prefix: &str) -> String {
    format!("{prefix}\u{10ffff}")
}

impl LedgerReader {
    async fn account_row(&self, name: Option<&str>) -> Result<Option<AccountId>> {
        match name {
            Some(name) => Ok(Some(self.account(name).await?.id)),
            None => Ok(None),
        }
    }

    /// Orders whose number or recipient holds the text, or whose reference or platform id begins with it.
    async fn found(&self, text: &str) -> Result<Vec<i64>> {
        let text = text.trim();
        // Fewer than three letters make no trigram: then only the beginning of a number counts.
        let by_text = text.chars().count() >= 3;
        sqlx::query_scalar(
            "SELECT id FROM (
               SELECT * FROM (SELECT o.id FROM orders o WHERE o.deleted_ms IS NULL AND o.order_no >= $1
                              AND o.order_no < $2 LIMIT $4)
               UNION SELECT * FROM (SELECT t.rowid FROM orders_text t WHERE $5 AND t.orders_text MATCH $3
                                    ORDER BY t.rowid DESC LIMIT $4)
               UNION SELECT * FROM (SELECT d.order_id FROM dispatch d WHERE d.reference >= $1 AND d.reference < $2
                                    LIMIT $4)
               UNION SELECT * FROM (SELECT d.order_id FROM dispatch d WHERE d.remote_id >= $1 AND d.remote_id < $2
                                    LIMIT $4)
             ) LIMIT $4",
        )
        .bind(text)
        .bind(after_prefix(text))
        .bind(if by_text { phrase(text) } else { phrase("\u{10ffff}\u{10ffff}\u{10ffff}") })
        .bind(FOUND)
        .bind(by_text)
        .fetch_all(&self.pool)
        .await
        .doing("searching orders")
    }

    /// A page of orders. A limit of 0 means a hundred. A search finds at most a thousand.
    pub async fn order_page(&self, query: &OrderQuery) -> Result<OrderPage> {
        let account = self.account_row(query.account.as_deref()).await?;
        let limit = if query.limit == 0 { 100 } else { query.limit };
        let search = query.search.as_deref().filter(|s| !s.trim().is_empty());
        let total = self.total(account, &query.states).await?;
        // A plus hides a column from the planner, so that the index on the sort order is taken.
        let hide = match query.sort {
            OrderSort::Created => "",
            _ if search.is_none() && walks(query, limit, self.total(None, &[]).await?, total) => "+",
            _ => "",
        };
        let mut sql = QueryBuilder::<Sqlite>::new("SELECT o.id FROM orders o WHERE o.deleted_ms IS NULL");
        if let Some(text) = search {
            let found = self.found(text).await?;
            sql.push(" AND o.id IN (SELECT value FROM json_each(").push_bind(list(&found)?).push("))");
        }
        if let Some(account) = account {
            sql.push(format!(" AND {hide}o.account_id = ")).push_bind(account.0);
        }
        if !query.states.is_empty() {
            sql.push(format!(" AND {hide}o.state IN ("));
            let mut states = sql.separated(", ");
            for state in &query.states {
                states.push_bind(state.code());
            }
            sql.push(")");
        }
        sql.push(sorting(query));
        let (ids, total): (Vec<i64>, u32) = if search.is_some() {
            let all: Vec<i64> = sql.build_query_scalar().fetch_all(&self.pool).await.doing("listing orders")?;
            let total = all.len() as u32;
            (all.into_iter().skip(query.offset as usize).take(limit as usize).collect(), total)
        } else {
            sql.push(" LIMIT ").push_bind(limit).push(" OFFSET ").push_bind(query.offset);
            let ids = sql.build_query_scalar().fetch_all(&self.pool).await.doing("listing orders")?;
            (ids, total)
        };
        let rows = self.views_of(&ids).await?;
        Ok(OrderPage { rows, total })
    }

    async fn total(&self, account: Option<AccountId>, states: &[State]) -> Result<u32> {
        let codes: Vec<&str> = states.iter().map(|s| s.code()).collect();
        sqlx::query_scalar(
            "SELECT coalesce(sum(n), 0) FROM tally WHERE ($1 IS NULL OR account_id = $1)
             AND ($2 = '[]' OR state IN (SELECT value FROM json_each($2)))",
        )
        .bind(account.map(|a| a.0))
        .bind(list(&codes)?)
        .fetch_one(&self.pool)
        .await
        .doing("counting orders")
    }

    async fn views_of(&self, ids: &[i64]) -> Result<Vec<OrderView>> {
        let rows = sqlx::query(VIEW).bind(list(ids)?).fetch_all(&self.pool).await.doing("reading orders for a list")?;
        rows.iter().map(view).collect()
    }

    /// One order as the faces see it.
    pub async fn order_view(&self, order: OrderId) -> Result<OrderView> {
        let found = self.views_of(&[order.0]).await?;
        found.into_iter().next().ok_or_else(|| LedgerError::NotFound { what: format!("order in row {order}") })
    }

    /// How many orders stand where; of one account, or of all.
    pub async fn counts(&self, account: Option<AccountId>) -> Result<Counts> {
        let rows: Vec<(String, u32)> =
            sqlx::query_as("SELECT state, sum(n) FROM tally WHERE ($1 IS NULL OR account_id = $1) GROUP BY state")
                .bind(account.map(|a| a.0))
                .fetch_all(&self.pool)
                .await
                .doing("counting orders")?;
        let mut counts = Counts::default();
        for (code, n) in rows {
            let place = match state(&code)? {
                State::Draft => &mut counts.draft,
                State::Queued => &mut counts.queued,
                State::Sending => &mut counts.sending,
                State::InDoubt => &mut counts.in_doubt,
                State::NeedsReview => &mut counts.needs_review,
                State::Dispatched => &mut counts.dispatched,
                State::Refused => &mut counts.refused,
                State::Cancelled => &mut counts.cancelled,
                State::Closed => &mut counts.closed,
            };
            *place = n;
            counts.all += n;
        }
        Ok(counts)
    }

    /// The fields of an order, as imported or last edited.
    pub async fn order_fields(&self, order: OrderId) -> Result<Value> {
        let text: Option<String> = sqlx::query_scalar("SELECT payload FROM orders WHERE id = $1")
            .bind(order.0)
            .fetch_optional(&self.pool)
            .await
            .doing("reading an order's fields")?;
        let text = text.ok_or_else(|| LedgerError::NotFound { what: format!("order in row {order}") })?;
        from_json("an order's fields", &text)
    }
}
