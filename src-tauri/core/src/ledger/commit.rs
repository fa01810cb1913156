//! Committing a decision: the change of a dispatch, of its order, and the log's entries, in one transaction.

use sqlx::Arguments;

use super::Ledger;
use super::arm::lookalike;
use super::codes::CodesChange;
use super::error::{Doing, LedgerError, Result, violated};
use super::reserve::{self, Reservation};
use super::rows::{at, progress_text, state, to_json};
use super::tx::{About, Args, Tx, args};
use super::writer::Write;
use crate::domain::{
    AccountId, AttemptOutcome, Change, DispatchId, LogDraft, LogKind, OrderId, OrderNo, Reference, RemoteId, State,
};

/// A change that is on disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Committed {
    /// The dispatch's version after it.
    pub version: i64,
    /// The log's last entry of this change.
    pub last_seq: i64,
    /// The new generation, where one was asked for.
    pub new_dispatch: Option<DispatchId>,
}

struct Commit {
    id: DispatchId,
    version: i64,
    change: Change,
    log: Vec<LogDraft>,
    next: Option<Reservation>,
    codes: Option<CodesChange>,
}

/// Later looks at a generation that was given up: 5 min, 1 h, 24 h, 72 h.
const ECHOES: u32 = 4;

macro_rules! commit_sql {
    ($first:literal) => {
        concat!(
            $first,
            "
UPDATE dispatch SET state = $3, version = version + 1, progress = $4, changed_ms = $5,
       remote_id = coalesce($6, remote_id), bound_by = coalesce($7, bound_by), remote = coalesce($8, remote),
       ended = coalesce($9, ended),
       echo = ($10 < $11 AND (superseded = 1 OR $3 IN ('closed', 'refused', 'cancelled', 'draft'))
               AND EXISTS (SELECT 1 FROM attempt t WHERE t.dispatch_id = $1
                           AND (t.outcome IS NULL OR t.outcome IN ('unknown', 'exists'))))
WHERE id = $1 AND version = $2
RETURNING order_id, account_id, order_no, generation, reference, version,
          (SELECT o.state FROM orders o WHERE o.id = order_id),
          (SELECT o.dispatch_id = $1 FROM orders o WHERE o.id = order_id),
          (SELECT count(*) FROM attempt t WHERE t.dispatch_id = $1);
UPDATE orders SET state = $3, version = version + 1, changed_ms = $5,
       since_ms = CASE WHEN state = $3 THEN since_ms ELSE $5 END,
       settled_ms = CASE WHEN $12 = 0 THEN NULL WHEN state = $3 THEN coalesce(settled_ms, $5) ELSE $5 END
WHERE id = (SELECT order_id FROM dispatch WHERE id = $1) AND dispatch_id = $1;"
        )
    };
}

const COMMIT: &str = commit_sql!("");
const COMMIT_END: &str =
    commit_sql!("UPDATE attempt SET outcome = $13, ended = $14 WHERE dispatch_id = $1 AND n = $15;");

/// The dispatch and its order as the change found them.
struct Found {
    about: About,
    version: i64,
    was: State,
    current: bool,
    attempts: u32,
}

fn outcome_code(outcome: AttemptOutcome) -> &'static str {
    match outcome {
        AttemptOutcome::NotSent => "not_sent",
        AttemptOutcome::Created => "created",
        AttemptOutcome::Exists => "exists",
        AttemptOutcome::Rejected => "rejected",
        AttemptOutcome::Unauthorised => "unauthorised",
        AttemptOutcome::Busy => "busy",
        AttemptOutcome::Unknown => "unknown",
    }
}

/// Whether an order in this state shows when it was settled.
fn shows_settled(state: State) -> bool {
    !state.is_open() && state != State::Draft
}

impl Write for Commit {
    type Out = Committed;

    async fn run(&self, tx: &mut Tx) -> Result<Committed> {
        self.quiet_anew(tx).await?;
        let found = self.change(tx).await?;
        if let Some(codes) = &self.codes {
            codes.write(tx, self.id).await?;
        }
        let withdrawn = self.log.iter().any(|l| l.kind == LogKind::Withdrawn);
        if found.current && self.next.is_none() && self.change.state != found.was {
            let told = self.log.last().map(|l| l.state);
            if told != Some(self.change.state) {
                let why = format!("a change to {} must be told by its last log entry", self.change.state);
                return Err(LedgerError::Misuse(why));
            }
        }
        for draft in &self.log {
            // A generation that was given up no longer moves its order.
            let state = if found.current { draft.state } else { found.was };
            tx.append(found.about.clone(), Some(state), draft)?;
        }
        let account = found.about.account_id.map_or(0, |id| id.0);
        if found.current {
            tx.count(account, found.was, -1);
            tx.count(account, self.change.state, 1);
        }
        if withdrawn && found.current && found.attempts == 0 {
            self.forget(tx, &found).await?;
        }
        let mut new_dispatch = None;
        if let Some(next) = &self.next {
            if !found.current {
                return Err(LedgerError::Stale { what: format!("dispatch {}", self.id) });
            }
            reserve::supersede(tx, &[self.id.0]).await?;
            new_dispatch = Some(reserve::next_generation(tx, next).await?.dispatch_id);
        }
        // Giving a generation up raised its version once more.
        let version = found.version + i64::from(new_dispatch.is_some());
        Ok(Committed { version, last_seq: tx.book.head_seq, new_dispatch })
    }
}

impl Commit {
    fn arguments(&self, now: i64) -> Result<Args> {
        let change = &self.change;
        let progress = progress_text(&change.progress)?;
        let remote = change.remote.as_ref().map(|r| to_json("a platform order", r)).transpose()?;
        let end = match &change.end {
            Some((n, end)) => Some((*n, outcome_code(end.outcome), to_json("the end of an attempt", end)?)),
            None => None,
        };
        Ok(args(|a| {
            a.add(self.id.0)?;
            a.add(self.version)?;
            a.add(change.state.code())?;
            a.add(progress)?;
            a.add(now)?;
            a.add(change.bind.as_ref().map(|b| b.0.0.clone()))?;
            a.add(change.bind.as_ref().map(|b| b.1.code()))?;
            a.add(remote)?;
            a.add(change.remote.as_ref().and_then(|r| r.ended))?;
            a.add(change.progress.echoes_done)?;
            a.add(ECHOES)?;
            a.add(shows_settled(change.state))?;
            if let Some((n, outcome, end)) = end {
                a.add(outcome)?;
                a.add(end)?;
                a.add(n)?;
            }
            Ok(())
        }))
    }

    async fn change(&self, tx: &mut Tx) -> Result<Found> {
        let sql = if self.change.end.is_some() { COMMIT_END } else { COMMIT };
        let rows = match tx.rows(sql, self.arguments(tx.now_ms)?).await? {
            Ok(rows) => rows,
            Err(e) => return Err(self.refused(tx, e).await?),
        };
        let row = rows.first().ok_or_else(|| LedgerError::Stale { what: format!("dispatch {}", self.id) })?;
        Ok(Found {
            about: About {
                order_id: Some(OrderId(at(row, 0)?)),
                account_id: Some(AccountId(at(row, 1)?)),
                order_no: Some(OrderNo(at(row, 2)?)),
                dispatch_id: Some(self.id),
                generation: at(row, 3)?,
                reference: Some(Reference(at(row, 4)?)),
            },
            version: at(row, 5)?,
            was: state(at(row, 6)?)?,
            current: at::<Option<bool>>(row, 7)?.unwrap_or(false),
            attempts: at(row, 8)?,
        })
    }

    /// The machine restarted: the quiet of attempts that may have left counts from now, where it was counted in another
    /// boot.
    async fn quiet_anew(&self, tx: &mut Tx) -> Result<()> {
        let Some(stamp) = &self.change.quiet_anew else { return Ok(()) };
        let text = to_json("a stamp", stamp)?;
        sqlx::query!(
            "UPDATE attempt SET ended = json_set(ended, '$.quiet_from', json($2))
             WHERE dispatch_id = $1 AND outcome <> 'not_sent'
                   AND ended->>'$.quiet_from.boot_id' <> $3",
            self.id.0,
            text,
            stamp.boot_id.0
        )
        .execute(&mut tx.conn)
        .await
        .doing("moving quiet times")?;
        Ok(())
    }

    /// A withdrawal before any arming leaves no trace but the log: the same generation is reserved again later. The one
    /// before is the order's again, in the state that the withdrawal leads to.
    async fn forget(&self, tx: &mut Tx, found: &Found) -> Result<()> {
        let order = found.about.order_id.map_or(0, |id| id.0);
        tx.run(
            "withdrawing",
            "UPDATE orders SET generation = generation - 1,
                    dispatch_id = (SELECT max(d.id) FROM dispatch d WHERE d.order_id = $2 AND d.id <> $1)
             WHERE id = $2;
             DELETE FROM dispatch WHERE id = $1;
             UPDATE dispatch SET superseded = 0, version = version + 1, state = $3,
                    echo = iif($3 IN ('needs_review', 'closed'), 0, echo)
             WHERE id = (SELECT dispatch_id FROM orders WHERE id = $2) AND (superseded = 1 OR state <> $3)",
            args(|a| {
                a.add(self.id.0)?;
                a.add(order)?;
                a.add(self.change.state.code())
            }),
        )
        .await
    }

    async fn refused(&self, tx: &mut Tx, error: sqlx::Error) -> Result<LedgerError> {
        match violated(&error).as_deref() {
            Some("dispatch.account_id, dispatch.remote_id") => {
                let remote_id = self.change.bind.as_ref().map_or(RemoteId::from(""), |b| b.0.clone());
                let row = sqlx::query!(
                    "SELECT h.order_no, a.name FROM dispatch d
                     JOIN dispatch h ON h.account_id = d.account_id AND h.remote_id = $2
                     JOIN account a ON a.id = h.account_id WHERE d.id = $1",
                    self.id.0,
                    remote_id.0
                )
                .fetch_optional(&mut tx.conn)
                .await
                .doing("finding who is bound")?;
                let (order_no, account) = match row {
                    Some(row) => (OrderNo(row.order_no), row.name),
                    None => (OrderNo::from("?"), String::from("?")),
                };
                Ok(LedgerError::RemoteIdTaken { remote_id, order_no, account })
            }
            Some("dispatch.account_id, dispatch.fingerprint") => lookalike(tx, self.id).await,
            Some("dispatch.order_id") => Ok(LedgerError::Stale { what: format!("dispatch {}", self.id) }),
            _ => Ok(LedgerError::sqlx("committing a decision", error)),
        }
    }
}

impl Ledger {
    /// Writes a decision down: the change, what the log says, and the new generation that it asks for, if any.
    ///
    /// `Stale`: the dispatch is not at `version` any more; decide again from fresh facts. `RemoteIdTaken`: the platform
    /// order is another's; nothing was written, and a person must look.
    pub async fn commit(
        &self,
        id: DispatchId,
        version: i64,
        change: &Change,
        log: Vec<LogDraft>,
        new_generation: Option<Reservation>,
    ) -> Result<Committed> {
        self.commit_with_codes(id, version, change, log, new_generation, None).await
    }

    /// The same, with what the answer showed of delivered codes, in the same transaction.
    pub async fn commit_with_codes(
        &self,
        id: DispatchId,
        version: i64,
        change: &Change,
        log: Vec<LogDraft>,
        new_generation: Option<Reservation>,
        codes: Option<CodesChange>,
    ) -> Result<Committed> {
        self.write(Commit { id, version, change: change.clone(), log, next: new_generation, codes }).await
    }
}
