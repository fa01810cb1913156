//! Reserving: a dispatch is written down with its reference and its exact request. Nothing was sent.

use std::collections::{HashMap, HashSet};

use sqlx::Arguments;

use super::Ledger;
use super::elsewhere::{OtherHolder, holders, in_the_way};
use super::error::{Doing, LedgerError, Result, violated};
use super::rows::{at, progress_text, state, to_json};
use super::tx::{About, CHUNK, Tx, args, list, values};
use super::writer::Write;
use crate::domain::http::HttpRequest;
use crate::domain::{
    AccountId, DispatchId, Fingerprint, IdempotencyKey, LogDraft, OrderId, OrderNo, Progress, Reference, State,
};

/// A dispatch to write down.
#[derive(Clone, Debug)]
pub struct Reservation {
    /// The order.
    pub order_id: OrderId,
    /// The order's version as it was read. Not looked at for a new generation inside a commit.
    pub order_version: i64,
    /// The account; must be the order's.
    pub account_id: AccountId,
    /// The generation: the last one of this order number plus one, else `Stale`.
    pub generation: u32,
    /// Minted from account identity, order number and generation.
    pub reference: Reference,
    /// Where the platform takes one.
    pub key: Option<IdempotencyKey>,
    /// What makes it look like another.
    pub fingerprint: Fingerprint,
    /// Whether look-alikes go one after the other, because the platform has no fence.
    pub serialised: bool,
    /// The exact request, re-sent as stored.
    pub request: HttpRequest,
    /// The order's state now; a withdrawal leads back to it.
    pub came_from: State,
    /// Usually the default.
    pub progress: Progress,
    /// What the log says; the last one's state is `Queued`.
    pub log: Vec<LogDraft>,
    /// Other accounts that hold the number, and are no reason not to: each by its name, or by its identity. Not looked
    /// at for a new generation inside a commit, whose order is held already.
    pub despite: Vec<String>,
    /// The command that asks for it; `None` where no person did. One command makes one dispatch of an order.
    pub command: Option<String>,
}

/// Proof that one dispatch is on disk. There is none for a row that was not written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ticket {
    /// Its row.
    pub dispatch_id: DispatchId,
    /// Its version.
    pub version: i64,
}

/// What is known of the order of a reservation.
struct Facts {
    version: i64,
    state: State,
    generation: u32,
    account_id: i64,
    order_no: String,
    dispatch_id: Option<i64>,
    ended: bool,
}

/// A reservation that passed its checks, with its row number.
struct Checked<'r> {
    place: usize,
    id: i64,
    r: &'r Reservation,
    facts: Facts,
}

pub(super) struct Reserve(pub(super) Vec<Reservation>);

impl Write for Reserve {
    type Out = Vec<Result<Ticket>>;

    async fn run(&self, tx: &mut Tx) -> Result<Self::Out> {
        let mut out: Vec<Result<Ticket>> = Vec::with_capacity(self.0.len());
        let mut seen = HashSet::new();
        if self.0.iter().any(|r| r.account_id != self.0[0].account_id) {
            return Err(LedgerError::Misuse("orders that are reserved together must be of one account".into()));
        }
        for chunk in self.0.chunks(CHUNK) {
            let mut facts = facts(tx, chunk).await?;
            let mut known = Known::of(tx, &facts, chunk).await?;
            let mut checked = Vec::with_capacity(chunk.len());
            for r in chunk {
                let place = out.len();
                let fresh = seen.insert(r.order_id.0);
                match check(r, facts.remove(&r.order_id.0), fresh, &mut known) {
                    Ok(facts) => {
                        let id = tx.book.next_dispatch;
                        tx.book.next_dispatch += 1;
                        checked.push(Checked { place, id, r, facts });
                        out.push(Err(stale(r)));
                    }
                    Err(e) => out.push(Err(e)),
                }
            }
            insert(tx, checked, &mut out).await?;
        }
        Ok(out)
    }
}

fn stale(r: &Reservation) -> LedgerError {
    LedgerError::Stale { what: format!("order {}", r.order_id) }
}

async fn facts(tx: &mut Tx, chunk: &[Reservation]) -> Result<HashMap<i64, Facts>> {
    let ids: Vec<i64> = chunk.iter().map(|r| r.order_id.0).collect();
    let ids = list(&ids)?;
    let rows = sqlx::query!(
        r#"SELECT o.id AS "id!", o.version AS "version!", o.state AS "state!", o.generation AS "generation!: u32",
                  o.account_id AS "account_id!", o.order_no AS "order_no!", o.dispatch_id AS "dispatch_id?",
                  coalesce(d.ended, 0) AS "ended!: bool"
           FROM json_each($1) j CROSS JOIN orders o ON o.id = j.value LEFT JOIN dispatch d ON d.id = o.dispatch_id
           JOIN account a ON a.id = o.account_id
           WHERE o.deleted_ms IS NULL AND a.removed_ms IS NULL"#,
        ids
    )
    .fetch_all(&mut tx.conn)
    .await
    .doing("reading orders to reserve")?;
    rows.into_iter()
        .map(|row| {
            let facts = Facts {
                version: row.version,
                state: state(&row.state)?,
                generation: row.generation,
                account_id: row.account_id,
                order_no: row.order_no,
                dispatch_id: row.dispatch_id,
                ended: row.ended,
            };
            Ok((row.id, facts))
        })
        .collect()
}

/// What is known of the orders of one account beside their own rows.
struct Known {
    /// Who else holds their numbers.
    elsewhere: HashMap<String, Vec<OtherHolder>>,
    /// Those that the command has dispatched already.
    commanded: HashSet<i64>,
}

impl Known {
    async fn of(tx: &mut Tx, facts: &HashMap<i64, Facts>, chunk: &[Reservation]) -> Result<Known> {
        let elsewhere = match facts.values().next() {
            None => HashMap::new(),
            Some(one) => {
                let numbers: Vec<&str> = facts.values().map(|f| f.order_no.as_str()).collect();
                holders(tx, AccountId(one.account_id), &numbers).await?
            }
        };
        Ok(Known { elsewhere, commanded: commanded(tx, facts, chunk).await? })
    }
}

/// The orders of which the command that asks now has made a dispatch. Only one that was dispatched before is asked about.
async fn commanded(tx: &mut Tx, facts: &HashMap<i64, Facts>, chunk: &[Reservation]) -> Result<HashSet<i64>> {
    let before = |r: &&Reservation| facts.get(&r.order_id.0).is_some_and(|f| f.generation > 0);
    let asked: Vec<(i64, &str)> =
        chunk.iter().filter(before).filter_map(|r| Some((r.order_id.0, r.command.as_deref()?))).collect();
    if asked.is_empty() {
        return Ok(HashSet::new());
    }
    let asked = list(&asked)?;
    let found = sqlx::query_scalar!(
        r#"SELECT d.order_id FROM json_each($1) j
           CROSS JOIN dispatch d ON d.order_id = j.value->>0 AND d.command = j.value->>1"#,
        asked
    )
    .fetch_all(&mut tx.conn)
    .await
    .doing("looking for what a command has done")?;
    Ok(found.into_iter().collect())
}

/// What a reservation by a person's command must meet.
fn check(r: &Reservation, facts: Option<Facts>, fresh: bool, known: &mut Known) -> Result<Facts> {
    let facts = facts.filter(|_| fresh).ok_or_else(|| match fresh {
        true => LedgerError::NotFound { what: format!("order in row {}", r.order_id) },
        false => stale(r),
    })?;
    if facts.account_id != r.account_id.0 {
        return Err(LedgerError::Misuse(format!("order {} belongs to another account", facts.order_no)));
    }
    if known.commanded.contains(&r.order_id.0) {
        return Err(LedgerError::CommandRepeated { order_no: OrderNo(facts.order_no) });
    }
    match facts.state {
        State::Draft | State::Refused | State::Cancelled => {}
        State::Dispatched if facts.ended => {}
        State::Queued | State::Sending | State::InDoubt | State::NeedsReview | State::Dispatched | State::Closed => {
            return Err(LedgerError::OrderHeld { order_no: OrderNo(facts.order_no) });
        }
    }
    if facts.version != r.order_version || facts.generation + 1 != r.generation || facts.state != r.came_from {
        return Err(stale(r));
    }
    let others = in_the_way(known.elsewhere.remove(&facts.order_no).unwrap_or_default(), &r.despite);
    if !others.is_empty() {
        return Err(LedgerError::HeldElsewhere { order_no: OrderNo(facts.order_no), holders: others });
    }
    Ok(facts)
}

/// A new generation inside the commit that gives the old one up. The order's row is read here; its version was
/// checked by way of its dispatch's.
pub(super) async fn next_generation(tx: &mut Tx, r: &Reservation) -> Result<Ticket> {
    let mut facts = facts(tx, std::slice::from_ref(r))
        .await?
        .remove(&r.order_id.0)
        .ok_or_else(|| LedgerError::NotFound { what: format!("order in row {}", r.order_id) })?;
    // The commit has given it up itself.
    facts.dispatch_id = None;
    if facts.account_id != r.account_id.0 || facts.generation + 1 != r.generation {
        return Err(stale(r));
    }
    let id = tx.book.next_dispatch;
    tx.book.next_dispatch += 1;
    let mut out = vec![Err(stale(r))];
    insert(tx, vec![Checked { place: 0, id, r, facts }], &mut out).await?;
    out.remove(0)
}

/// Writes a chunk in as few statements as it takes; when a constraint refuses it, row by row.
async fn insert(tx: &mut Tx, checked: Vec<Checked<'_>>, out: &mut [Result<Ticket>]) -> Result<()> {
    if checked.is_empty() {
        return Ok(());
    }
    if checked.len() > 1 {
        tx.run("beginning a chunk", "SAVEPOINT chunk", args(|_| Ok(()))).await?;
    }
    match insert_rows(tx, &checked).await {
        Ok(written) => {
            if checked.len() > 1 {
                tx.run("ending a chunk", "RELEASE chunk", args(|_| Ok(()))).await?;
            }
            for c in checked {
                if written.contains(&c.id) {
                    append(tx, &c)?;
                    out[c.place] = Ok(Ticket { dispatch_id: DispatchId(c.id), version: 1 });
                }
            }
            Ok(())
        }
        Err(e) if e.ends_group() => Err(e),
        Err(_) if checked.len() > 1 => {
            tx.run("undoing a chunk", "ROLLBACK TO chunk; RELEASE chunk", args(|_| Ok(()))).await?;
            for c in checked {
                let place = c.place;
                tx.run("beginning a row", "SAVEPOINT one", args(|_| Ok(()))).await?;
                let end = Box::pin(insert(tx, vec![c], out)).await;
                match end {
                    Ok(()) => tx.run("ending a row", "RELEASE one", args(|_| Ok(()))).await?,
                    Err(e) if e.ends_group() => return Err(e),
                    Err(e) => {
                        tx.run("undoing a row", "ROLLBACK TO one; RELEASE one", args(|_| Ok(()))).await?;
                        out[place] = Err(e);
                    }
                }
            }
            Ok(())
        }
        Err(e) => Err(e),
    }
}

async fn insert_rows(tx: &mut Tx, checked: &[Checked<'_>]) -> Result<HashSet<i64>> {
    let given_up: Vec<i64> =
        checked.iter().filter(|c| c.facts.state.holds_order()).filter_map(|c| c.facts.dispatch_id).collect();
    if !given_up.is_empty() {
        supersede(tx, &given_up).await?;
    }
    let n = checked.len();
    let sql = values(
        "INSERT INTO dispatch (id, order_id, account_id, order_no, generation, reference, idempotency_key, \
         fingerprint, serialised, came_from, request, progress, reserved_ms, changed_ms, command, state, version)",
        "(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,'queued',1)",
        n,
    ) + " RETURNING id";
    let mut texts = Vec::with_capacity(n);
    for c in checked {
        texts.push((to_json("a request", &c.r.request)?, progress_text(&c.r.progress)?));
    }
    let now = tx.now_ms;
    let arguments = args(|a| {
        a.reserve(n * 15, 0);
        for (c, (request, progress)) in checked.iter().zip(texts) {
            a.add(c.id)?;
            a.add(c.r.order_id.0)?;
            a.add(c.r.account_id.0)?;
            a.add(c.facts.order_no.clone())?;
            a.add(i64::from(c.r.generation))?;
            a.add(c.r.reference.0.clone())?;
            a.add(c.r.key.as_ref().map(|k| k.0.clone()))?;
            a.add(c.r.fingerprint.0.clone())?;
            a.add(c.r.serialised)?;
            a.add(c.r.came_from.code())?;
            a.add(request)?;
            a.add(progress)?;
            a.add(now)?;
            a.add(now)?;
            a.add(c.r.command.clone())?;
        }
        Ok(())
    });
    let rows = tx.bulk_rows(sql, n, arguments).await?.map_err(|e| refused(e, checked))?;
    let written = rows.iter().map(|row| at(row, 0)).collect::<Result<HashSet<i64>>>()?;
    let moved: Vec<(i64, i64, u32)> = checked.iter().map(|c| (c.r.order_id.0, c.id, c.r.generation)).collect();
    let moved = list(&moved)?;
    sqlx::query!(
        "UPDATE orders SET state = 'queued', version = version + 1, dispatch_id = j.value->>1,
                generation = j.value->>2, changed_ms = $2, since_ms = $2, settled_ms = NULL
         FROM json_each($1) AS j WHERE orders.id = j.value->>0",
        moved,
        now
    )
    .execute(&mut tx.conn)
    .await
    .doing("marking orders as queued")?;
    Ok(written)
}

/// Marks dispatches whose place a later generation takes.
pub(super) async fn supersede(tx: &mut Tx, ids: &[i64]) -> Result<()> {
    let ids = list(ids)?;
    sqlx::query!(
        "UPDATE dispatch SET superseded = 1, version = version + 1,
                echo = EXISTS (SELECT 1 FROM attempt t WHERE t.dispatch_id = dispatch.id
                               AND (t.outcome IS NULL OR t.outcome IN ('unknown', 'exists')))
         WHERE id IN (SELECT value FROM json_each($1))",
        ids
    )
    .execute(&mut tx.conn)
    .await
    .doing("giving a generation up")?;
    Ok(())
}

fn refused(error: sqlx::Error, checked: &[Checked<'_>]) -> LedgerError {
    let order_no = || OrderNo(checked[0].facts.order_no.clone());
    match violated(&error).as_deref() {
        Some("dispatch.order_id") => LedgerError::OrderHeld { order_no: order_no() },
        Some("dispatch.reference") => LedgerError::ReferenceTaken { reference: checked[0].r.reference.clone() },
        Some("dispatch.order_id, dispatch.generation") => stale(checked[0].r),
        _ => LedgerError::sqlx("reserving", error),
    }
}

fn append(tx: &mut Tx, c: &Checked<'_>) -> Result<()> {
    for draft in &c.r.log {
        let about = About {
            account_id: Some(c.r.account_id),
            order_id: Some(c.r.order_id),
            order_no: Some(OrderNo(c.facts.order_no.clone())),
            dispatch_id: Some(DispatchId(c.id)),
            generation: c.r.generation,
            reference: Some(c.r.reference.clone()),
        };
        tx.append(about, Some(draft.state), draft)?;
    }
    tx.count(c.facts.account_id, c.facts.state, -1);
    tx.count(c.facts.account_id, State::Queued, 1);
    Ok(())
}

/// One reservation, for a job that does more.
pub(super) async fn one(tx: &mut Tx, r: &Reservation) -> Result<Ticket> {
    let mut facts = facts(tx, std::slice::from_ref(r)).await?;
    let mut known = Known::of(tx, &facts, std::slice::from_ref(r)).await?;
    let facts = check(r, facts.remove(&r.order_id.0), true, &mut known)?;
    let id = tx.book.next_dispatch;
    tx.book.next_dispatch += 1;
    let mut out = vec![Err(stale(r))];
    insert(tx, vec![Checked { place: 0, id, r, facts }], &mut out).await?;
    out.remove(0)
}

impl Ledger {
    /// Writes dispatches of one account down, all in one transaction. A row that is refused has its own error and no
    /// ticket.
    pub async fn reserve(&self, reservations: Vec<Reservation>) -> Result<Vec<Result<Ticket>>> {
        self.write(Reserve(reservations)).await
    }
}
