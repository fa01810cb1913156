//! Arming: attempt n may leave now. Only this commit makes an [`Armed`], and only an `Armed` can be sent.

use sqlx::Arguments;

use super::Ledger;
use super::error::{Doing, LedgerError, Result, violated};
use super::reserve::{self, Reservation};
use super::rows::{at, from_json, progress_text, state, to_json};
use super::tx::{About, Tx, args};
use super::writer::Write;
use crate::domain::http::HttpRequest;
use crate::domain::{
    AccountId, CredentialDigest, DispatchId, LogDraft, LogKind, OrderId, OrderNo, Progress, Reference, RemoteId, Stamp,
    State,
};

/// One attempt that is on disk and may leave. It cannot be copied or made elsewhere; sending uses it up.
#[derive(Debug)]
#[must_use = "an arming that is not sent leaves its order in doubt"]
pub struct Armed {
    dispatch_id: DispatchId,
    account_id: AccountId,
    n: u32,
    version: i64,
    reference: Reference,
    request: HttpRequest,
    send_before_boot_ms: i64,
}

impl Armed {
    /// The dispatch.
    pub fn dispatch_id(&self) -> DispatchId {
        self.dispatch_id
    }

    /// The account.
    pub fn account_id(&self) -> AccountId {
        self.account_id
    }

    /// Which attempt of the dispatch.
    pub fn n(&self) -> u32 {
        self.n
    }

    /// The dispatch's version after arming.
    pub fn version(&self) -> i64 {
        self.version
    }

    /// The reference that the request carries.
    pub fn reference(&self) -> &Reference {
        &self.reference
    }

    /// The request as stored.
    pub fn request(&self) -> &HttpRequest {
        &self.request
    }

    /// After this moment of the boot clock, in milliseconds, no byte may be sent any more.
    pub fn send_before_boot_ms(&self) -> i64 {
        self.send_before_boot_ms
    }

    /// The request exactly as stored, and its deadline. Uses the ticket up.
    pub(crate) fn into_request(self) -> (HttpRequest, i64) {
        (self.request, self.send_before_boot_ms)
    }
}

/// What arming writes down.
#[derive(Clone, Debug)]
pub struct Arming {
    /// The dispatch. Set by [`Ledger::reserve_and_arm`] itself.
    pub dispatch_id: DispatchId,
    /// Its version as it was read. Set by [`Ledger::reserve_and_arm`] itself.
    pub version: i64,
    /// The attempt's number: attempts so far plus one.
    pub attempt_n: u32,
    /// When.
    pub stamp: Stamp,
    /// The platform's time, estimated.
    pub server_ms: Option<i64>,
    /// The credential it goes out under.
    pub credential: CredentialDigest,
    /// The newest orders the platform had, where only a scan can tell.
    pub before_set: Option<Vec<RemoteId>>,
    /// Deadline of its first byte on the boot clock.
    pub send_before_boot_ms: i64,
    /// The dispatch's progress after it.
    pub progress: Progress,
    /// What the log says: one `SendStarted`, perhaps with others before it.
    pub log: Vec<LogDraft>,
}

struct Arm(Arming);

/// An arming of which it is known that no request will leave for it: it stands for one that may have left in a time
/// that this ledger does not know.
struct ArmLost(Arming);

struct ReserveAndArm(Reservation, Arming);

impl Write for Arm {
    type Out = Armed;

    async fn run(&self, tx: &mut Tx) -> Result<Armed> {
        arm(tx, &self.0, self.0.dispatch_id, self.0.version, Gate::Heeded).await
    }
}

impl Write for ArmLost {
    type Out = u32;

    async fn run(&self, tx: &mut Tx) -> Result<u32> {
        let armed = arm(tx, &self.0, self.0.dispatch_id, self.0.version, Gate::NothingLeaves).await?;
        Ok(armed.n)
    }
}

impl Write for ReserveAndArm {
    type Out = Armed;

    async fn run(&self, tx: &mut Tx) -> Result<Armed> {
        let ticket = reserve::one(tx, &self.0).await?;
        arm(tx, &self.1, ticket.dispatch_id, ticket.version, Gate::Heeded).await
    }
}

/// Whether an arming asks if its account is shut.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Gate {
    Heeded,
    /// The `Armed` is thrown away where it is made.
    NothingLeaves,
}

/// Where the other computer may go on, what was not there five minutes ago may be there by now.
const ARM: &str = "
UPDATE dispatch SET state = 'sending', version = version + 1, progress = $3, changed_ms = $4
WHERE id = $1 AND version = $2 AND superseded = 0 AND state IN ('queued', 'in_doubt', 'needs_review', 'closed')
      AND ($10 OR NOT EXISTS (SELECT 1 FROM account_past p WHERE p.account_id = dispatch.account_id
           AND (p.shut = 1 OR NOT EXISTS (SELECT 1 FROM order_looked_for l WHERE l.order_id = dispatch.order_id
                AND (p.what <> 'moved' OR l.at_ms BETWEEN $4 - 300000 AND $4)))))
RETURNING order_id, account_id, order_no, generation, reference, request, version,
          (SELECT o.state FROM orders o WHERE o.id = order_id),
          (SELECT count(*) FROM attempt t WHERE t.dispatch_id = $1);
UPDATE orders SET state = 'sending', version = version + 1, changed_ms = $4, since_ms = $4, settled_ms = NULL
WHERE id = (SELECT order_id FROM dispatch WHERE id = $1) AND dispatch_id = $1;
INSERT INTO attempt (dispatch_id, n, armed, server_ms, credential, before_set) VALUES ($1, $5, $6, $7, $8, $9);";

async fn arm(tx: &mut Tx, arming: &Arming, id: DispatchId, version: i64, gate: Gate) -> Result<Armed> {
    let started = arming.log.iter().filter(|l| l.kind == LogKind::SendStarted).count();
    if started != 1 || arming.log.last().is_none_or(|l| l.state != State::Sending) {
        return Err(LedgerError::Misuse("an arming has just one send_started, and ends in sending".into()));
    }
    let progress = progress_text(&arming.progress)?;
    let armed = to_json("a stamp", &arming.stamp)?;
    let before = arming.before_set.as_ref().map(|set| to_json("a before-set", set)).transpose()?;
    let now = tx.now_ms;
    let arguments = args(|a| {
        a.add(id.0)?;
        a.add(version)?;
        a.add(progress)?;
        a.add(now)?;
        a.add(arming.attempt_n)?;
        a.add(armed)?;
        a.add(arming.server_ms)?;
        a.add(arming.credential.0.clone())?;
        a.add(before)?;
        a.add(gate == Gate::NothingLeaves)
    });
    let stale = || LedgerError::Stale { what: format!("dispatch {id}") };
    let rows = match tx.rows(ARM, arguments).await? {
        Ok(rows) => rows,
        Err(e) => {
            let what = violated(&e);
            return Err(match what.as_deref() {
                Some("dispatch.account_id, dispatch.fingerprint") => lookalike(tx, id).await?,
                Some("attempt.dispatch_id, attempt.n") => stale(),
                _ if e.as_database_error().is_some_and(|d| d.is_foreign_key_violation()) => {
                    LedgerError::NotFound { what: format!("dispatch in row {id}") }
                }
                _ => LedgerError::sqlx("arming", e),
            });
        }
    };
    let Some(row) = rows.first() else { return Err(not_armed(tx, id, gate).await?) };
    let attempts: u32 = at(row, 8)?;
    if arming.attempt_n != attempts + 1 {
        return Err(stale());
    }
    let account_id = AccountId(at(row, 1)?);
    let about = About {
        account_id: Some(account_id),
        order_id: Some(OrderId(at(row, 0)?)),
        order_no: Some(OrderNo(at(row, 2)?)),
        dispatch_id: Some(id),
        generation: at(row, 3)?,
        reference: Some(Reference(at(row, 4)?)),
    };
    let reference = Reference(at(row, 4)?);
    let was = state(at(row, 7)?)?;
    let request = from_json("a stored request", at(row, 5)?)?;
    let version = at(row, 6)?;
    for draft in &arming.log {
        tx.append(about.clone(), Some(draft.state), draft)?;
    }
    tx.count(account_id.0, was, -1);
    tx.count(account_id.0, State::Sending, 1);
    Ok(Armed {
        dispatch_id: id,
        account_id,
        n: arming.attempt_n,
        version,
        reference,
        request,
        send_before_boot_ms: arming.send_before_boot_ms,
    })
}

/// Why nothing was armed: the account is shut, or the dispatch has changed.
async fn not_armed(tx: &mut Tx, id: DispatchId, gate: Gate) -> Result<LedgerError> {
    let shut = match gate {
        Gate::Heeded => super::past::in_the_way(tx, id).await?,
        Gate::NothingLeaves => None,
    };
    Ok(shut.map_or_else(|| LedgerError::Stale { what: format!("dispatch {id}") }, LedgerError::Shut))
}

/// The error that names who holds the fingerprint of a dispatch.
pub(super) async fn lookalike(tx: &mut Tx, id: DispatchId) -> Result<LedgerError> {
    let holder = sqlx::query_scalar!(
        "SELECT h.order_no FROM dispatch d JOIN dispatch h
         ON h.account_id = d.account_id AND h.fingerprint = d.fingerprint AND h.id <> d.id
         WHERE d.id = $1 AND h.state IN ('sending', 'in_doubt', 'needs_review') AND h.serialised = 1
               AND h.superseded = 0",
        id.0
    )
    .fetch_optional(&mut tx.conn)
    .await
    .doing("finding a look-alike")?;
    Ok(match holder {
        Some(order_no) => LedgerError::LookalikeHeld { order_no: OrderNo(order_no) },
        None => LedgerError::Stale { what: format!("dispatch {id}") },
    })
}

impl Ledger {
    /// Writes down that an attempt may leave now. The `Armed` is made after the sync.
    pub async fn arm(&self, arming: Arming) -> Result<Armed> {
        self.write(Arm(arming)).await
    }

    /// Writes down that an attempt may have left in a time that this ledger does not know; its number. No ticket comes of
    /// it, so nothing can be sent for it.
    pub async fn arm_lost(&self, arming: Arming) -> Result<u32> {
        self.write(ArmLost(arming)).await
    }

    /// Reserves and arms in one transaction with one sync: a lone click. The arming's dispatch and version are filled
    /// in here.
    pub async fn reserve_and_arm(&self, reservation: Reservation, arming: Arming) -> Result<Armed> {
        self.write(ReserveAndArm(reservation, arming)).await
    }
}
