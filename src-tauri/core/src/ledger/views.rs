//! Pages of orders for the faces: listing, searching, counting.
//!
//! A page is found by an index first; only its own rows are read whole. Not here: sentences about an order (`api`).

use sqlx::{QueryBuilder, Sqlite};

use super::LedgerReader;
use super::error::{Doing, LedgerError, Result};
use super::rows::{from_json, platform, state};
use super::tx::list;
use crate::api::views::{Counts, OrderPage, OrderQuery, OrderSort, OrderView};
use crate::clock::rfc3339;
use crate::domain::{AccountId, BoundBy, OrderId, OrderNo, Progress, RemoteOrder, State};

/// A search shows at most so many: whoever sees more types another letter.
const FOUND: u32 = 1_000;

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

/// The clauses of states and times.
fn narrow(sql: &mut QueryBuilder<Sqlite>, query: &OrderQuery, hide: &str) {
    if !query.states.is_empty() {
        sql.push(format!(" AND {hide}o.state IN ("));
        let mut states = sql.separated(", ");
        for state in &query.states {
            states.push_bind(state.code());
        }
        sql.push(")");
    }
    if let Some(since_ms) = query.since_ms {
        sql.push(" AND o.created_ms >= ").push_bind(since_ms);
    }
    if let Some(until_ms) = query.until_ms {
        sql.push(" AND o.created_ms < ").push_bind(until_ms);
    }
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
        sqlx::query_scalar!(
            r#"SELECT id AS "id!" FROM (
               SELECT * FROM (SELECT o.id FROM orders o WHERE o.deleted_ms IS NULL AND o.order_no >= $1
                              AND o.order_no < $2 LIMIT $4)
               UNION SELECT * FROM (SELECT t.rowid FROM orders_text t WHERE $5 AND t.orders_text MATCH $3
                                    ORDER BY t.rowid DESC LIMIT $4)
               UNION SELECT * FROM (SELECT d.order_id FROM dispatch d WHERE d.reference >= $1 AND d.reference < $2
                                    LIMIT $4)
               UNION SELECT * FROM (SELECT d.order_id FROM dispatch d WHERE d.remote_id >= $1 AND d.remote_id < $2
                                    LIMIT $4)
             ) LIMIT $4"#,
            text,
            after_prefix(text),
            if by_text { phrase(text) } else { phrase("\u{10ffff}\u{10ffff}\u{10ffff}") },
            FOUND,
            by_text
        )
        .fetch_all(&self.reading)
        .await
        .doing("searching orders")
    }

    /// A page of orders. A limit of 0 means a hundred. A search finds at most a thousand.
    pub async fn order_page(&self, query: &OrderQuery) -> Result<OrderPage> {
        let account = self.account_row(query.account.as_deref()).await?;
        let limit = if query.limit == 0 { 100 } else { query.limit };
        let search = query.search.as_deref().filter(|s| !s.trim().is_empty());
        let dated = query.since_ms.is_some() || query.until_ms.is_some();
        let total = match dated && search.is_none() {
            true => self.dated_total(account, query).await?,
            false => self.total(account, &query.states).await?,
        };
        // A plus hides a column from the planner, so that the index on the sort order is taken.
        let hide = match query.sort {
            OrderSort::Created => "",
            _ if search.is_none() && !dated && walks(query, limit, self.total(None, &[]).await?, total) => "+",
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
        narrow(&mut sql, query, hide);
        sql.push(sorting(query));
        let (ids, total): (Vec<i64>, u32) = if search.is_some() {
            let all: Vec<i64> = sql.build_query_scalar().fetch_all(&self.reading).await.doing("listing orders")?;
            let total = all.len() as u32;
            (all.into_iter().skip(query.offset as usize).take(limit as usize).collect(), total)
        } else {
            sql.push(" LIMIT ").push_bind(limit).push(" OFFSET ").push_bind(query.offset);
            let ids = sql.build_query_scalar().fetch_all(&self.reading).await.doing("listing orders")?;
            (ids, total)
        };
        let rows = self.views_of(&ids).await?;
        Ok(OrderPage { rows, total })
    }

    /// The tally knows no times, so these are counted.
    async fn dated_total(&self, account: Option<AccountId>, query: &OrderQuery) -> Result<u32> {
        let mut sql = QueryBuilder::<Sqlite>::new("SELECT count(*) FROM orders o WHERE o.deleted_ms IS NULL");
        if let Some(account) = account {
            sql.push(" AND o.account_id = ").push_bind(account.0);
        }
        narrow(&mut sql, query, "");
        sql.build_query_scalar().fetch_one(&self.reading).await.doing("counting orders")
    }

    async fn total(&self, account: Option<AccountId>, states: &[State]) -> Result<u32> {
        let codes: Vec<&str> = states.iter().map(|s| s.code()).collect();
        sqlx::query_scalar!(
            r#"SELECT coalesce(sum(n), 0) AS "n!: u32" FROM tally WHERE ($1 IS NULL OR account_id = $1)
               AND ($2 = '[]' OR state IN (SELECT value FROM json_each($2)))"#,
            account.map(|a| a.0),
            list(&codes)?
        )
        .fetch_one(&self.reading)
        .await
        .doing("counting orders")
    }

    async fn views_of(&self, ids: &[i64]) -> Result<Vec<OrderView>> {
        let rows = sqlx::query!(
            r#"SELECT o.order_no AS "order_no!", a.name AS "account!", a.platform AS "platform!", a.test AS "test!: bool",
                      o.state AS "state!", o.version AS "version!", o.recipient AS "recipient!", o.what AS "what!",
                      o.created_ms AS "created_ms!", o.since_ms AS "since_ms!", o.settled_ms AS "settled_ms?",
                      d.reference AS "reference?", d.remote_id AS "remote_id?", d.bound_by AS "bound_by?",
                      d.remote AS "remote?", d.ended AS "ended?: bool", d.progress AS "progress?",
                      coalesce(d.generation, 0) AS "generation!: u32",
                      (SELECT count(*) FROM dispatch g JOIN attempt t ON t.dispatch_id = g.id
                       WHERE g.order_id = o.id AND coalesce(t.outcome, '') <> 'not_sent') AS "attempts!: u32",
                      (SELECT coalesce(sum(g.progress->>'$.lookups'), 0) FROM dispatch g
                       WHERE g.order_id = o.id) AS "lookups!: u32"
               FROM json_each($1) j JOIN orders o ON o.id = j.value
               JOIN account a ON a.id = o.account_id LEFT JOIN dispatch d ON d.id = o.dispatch_id
               ORDER BY j.key"#,
            list(ids)?
        )
        .map(|row| {
            let progress: Option<Progress> = row.progress.map(|p| from_json("progress", &p)).transpose()?;
            let progress = progress.unwrap_or_default();
            let remote: Option<RemoteOrder> = row.remote.map(|r| from_json("a platform order", &r)).transpose()?;
            let (status, fee, tracking_url) = remote.map(|r| (r.status, r.fee, r.tracking_url)).unwrap_or_default();
            let state = state(&row.state)?;
            Ok(OrderView {
                order_no: OrderNo(row.order_no),
                account: row.account,
                platform: platform(&row.platform)?,
                test: row.test,
                state,
                reference: row.reference,
                platform_order_id: row.remote_id,
                platform_status: status,
                bound_by: row.bound_by.as_deref().and_then(BoundBy::from_code),
                generation: row.generation,
                attempts: row.attempts,
                lookups: row.lookups,
                waits_for: progress.waits_for,
                reason: progress.reason,
                recipient: row.recipient,
                fee,
                tracking_url,
                created_at: rfc3339(row.created_ms),
                settled_at: row.settled_ms.map(rfc3339),
                what: row.what,
                platform_ended: row.ended.unwrap_or(false),
                cancel_asked: progress.cancel_asked && state != State::Cancelled,
                since: rfc3339(row.since_ms),
                next_at: progress.next_at.map(|s| rfc3339(s.wall_ms)),
                version: row.version,
            })
        })
        .fetch_all(&self.reading)
        .await
        .doing("reading orders for a list")?;
        rows.into_iter().collect()
    }

    /// One order as the faces see it.
    pub async fn order_view(&self, order: OrderId) -> Result<OrderView> {
        let found = self.views_of(&[order.0]).await?;
        found.into_iter().next().ok_or_else(|| LedgerError::NotFound { what: format!("order in row {order}") })
    }

    /// How many orders stand where; of one account, or of all.
    pub async fn counts(&self, account: Option<AccountId>) -> Result<Counts> {
        let rows = sqlx::query!(
            r#"SELECT state AS "state!", sum(n) AS "n!: u32" FROM tally WHERE ($1 IS NULL OR account_id = $1)
               GROUP BY state"#,
            account.map(|a| a.0)
        )
        .fetch_all(&self.reading)
        .await
        .doing("counting orders")?;
        let mut counts = Counts::default();
        for row in rows {
            let place = match state(&row.state)? {
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
            *place = row.n;
            counts.all += row.n;
        }
        Ok(counts)
    }
}
