//! What can go wrong with the ledger, each with what to do about it.
//!
//! A refusal by a constraint has a variant of its own: the caller treats it as an event, not as a failure.

use super::elsewhere::OtherHolder;
use crate::domain::{OrderNo, Reference, RemoteId, State};

/// Why the ledger did not do it. Whatever it is, nothing of that job was written, and nothing may be sent for it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LedgerError {
    /// Another process works on this ledger.
    #[error("{path} is in use by {by}; leave the work to it, or close it first")]
    Held {
        /// The ledger.
        path: String,
        /// Program and process id, as the holder wrote them down.
        by: String,
    },
    /// A later version of Docket wrote the file.
    #[error("{path} was written by a newer Docket (schema {found}, this one knows {known}); update Docket")]
    Newer {
        /// The ledger.
        path: String,
        /// Its schema.
        found: i64,
        /// The newest schema known here.
        known: i64,
    },
    /// The file is on a disk of another machine.
    #[error(
        "{path} is on a network file system ({kind}), where two machines cannot see each other's locks; move the ledger to \
         a disk of this machine. Nothing was sent"
    )]
    Network {
        /// The ledger.
        path: String,
        /// Such as `nfs4`.
        kind: String,
    },
    /// Something may stand at the platform that this ledger does not know: nothing is armed for the account.
    #[error("{0}")]
    Shut(super::past::Past),
    /// The file or its disk cannot be written.
    #[error("{context}: the ledger is read-only; make the file and its folder writable. Nothing was sent")]
    ReadOnly {
        /// What was being done.
        context: String,
    },
    /// No space left.
    #[error("{context}: the disk is full; free some space and try again. Nothing was sent")]
    Full {
        /// What was being done.
        context: String,
    },
    /// The file is damaged.
    #[error(
        "the ledger is damaged ({what}); run `docketctl verify`, and restore a backup before anything more is sent"
    )]
    Corrupt {
        /// What was found.
        what: String,
    },
    /// A pragma is not what safety needs.
    #[error("SQLite did not take {pragma}={wanted} (it says {found}); move the ledger to a local disk")]
    Pragma {
        /// Which.
        pragma: &'static str,
        /// What it must be.
        wanted: String,
        /// What it is.
        found: String,
    },
    /// The operating system failed a read, a write or a sync. Whether the last commit is on disk is unknown, so it
    /// counts as not written.
    #[error("{context}: the disk failed ({why}); nothing was sent. Check the disk, then try again")]
    Io {
        /// What was being done.
        context: String,
        /// What the system said.
        why: String,
    },
    /// Another program keeps the file locked.
    #[error(
        "{context}: another program keeps the ledger locked (a backup, a virus scanner?); try again. Nothing was sent"
    )]
    Busy {
        /// What was being done.
        context: String,
    },
    /// SQLite refused a statement. A defect of Docket.
    #[error("{context}: {why}")]
    Sql {
        /// What was being done.
        context: String,
        /// SQLite's words.
        why: String,
    },
    /// A stored value does not read.
    #[error("{what} does not read: {why}; run `docketctl verify`")]
    Unreadable {
        /// Which value of which row.
        what: String,
        /// Why not.
        why: String,
    },
    /// The writer has ended.
    #[error("the ledger was closed; open it again")]
    Closed,
    /// The ledger was asked for something that its caller must not ask. A defect of Docket.
    #[error("{0}")]
    Misuse(String),
    /// No such row.
    #[error("there is no {what}")]
    NotFound {
        /// What was looked for.
        what: String,
    },
    /// The row changed since it was read. Read again, and decide again.
    #[error("{what} has changed since it was read; look again")]
    Stale {
        /// Which row.
        what: String,
    },
    /// The order's state does not allow it.
    #[error("order {order_no} is {state}: it cannot be {wanted} now")]
    NotAllowed {
        /// The order.
        order_no: OrderNo,
        /// Its state.
        state: State,
        /// What was wanted, as a participle.
        wanted: &'static str,
    },
    /// A dispatch holds this order already.
    #[error("order {order_no} is held by a dispatch already; settle that one first")]
    OrderHeld {
        /// The order.
        order_no: OrderNo,
    },
    /// The command that asks has dispatched this order already; it is carried out anew after a kill.
    #[error("order {order_no} was dispatched by this command already")]
    CommandRepeated {
        /// The order.
        order_no: OrderNo,
    },
    /// Other accounts hold orders of this number, and nobody said that they are different ones.
    #[error("order {order_no}: {}", super::elsewhere::sentence(.holders))]
    HeldElsewhere {
        /// The number.
        order_no: OrderNo,
        /// Every one of them that is in the way.
        holders: Vec<OtherHolder>,
    },
    /// Another dispatch is bound to this platform order.
    #[error("platform order {remote_id} is bound to order {order_no} of account {account} already; a person must look")]
    RemoteIdTaken {
        /// The platform order.
        remote_id: RemoteId,
        /// Who has it.
        order_no: OrderNo,
        /// Its account.
        account: String,
    },
    /// A look-alike is under way.
    #[error("a look-alike, order {order_no}, must be settled first")]
    LookalikeHeld {
        /// The look-alike.
        order_no: OrderNo,
    },
    /// A dispatch with this reference exists.
    #[error("reference {reference} is in the ledger already; look again")]
    ReferenceTaken {
        /// Which.
        reference: Reference,
    },
    /// Several accounts have an order of that number.
    #[error("order {order_no} is in several accounts ({accounts}); say which with --account NAME")]
    Ambiguous {
        /// Which.
        order_no: OrderNo,
        /// Their names.
        accounts: String,
    },
    /// The account has an order of that number.
    #[error("order {order_no} is in this account already")]
    OrderNoTaken {
        /// Which.
        order_no: OrderNo,
    },
    /// An account has that name.
    #[error("there is an account {name} already; choose another name")]
    NameTaken {
        /// The name.
        name: String,
    },
    /// An account has that identity.
    #[error("account {name} is this merchant at this platform already ({identity}); use it, or set its credentials")]
    IdentityTaken {
        /// The identity.
        identity: String,
        /// Who has it.
        name: String,
    },
    /// The credential is in use for the other mode.
    #[error("this credential is known as a {known} one; give the {wanted} credential, or add the account as {known}")]
    OtherMode {
        /// `test` or `live`.
        known: &'static str,
        /// The other.
        wanted: &'static str,
    },
    /// The account has work that is not settled.
    #[error("account {name} has {count} unsettled orders; settle or withdraw them first")]
    OpenWork {
        /// The account.
        name: String,
        /// How many.
        count: i64,
    },
}

/// What every ledger call comes to.
pub type Result<T> = std::result::Result<T, LedgerError>;

impl LedgerError {
    /// The error as a log says it. That nothing was sent is true of the job that failed; what a log tells of may be the
    /// answer to something that was.
    pub fn in_a_log(&self) -> String {
        match self {
            LedgerError::ReadOnly { context } => format!("{context}: the ledger is read-only; make it writable"),
            LedgerError::Full { context } => format!("{context}: the disk is full; free some space"),
            LedgerError::Io { context, why } => format!("{context}: the disk failed ({why})"),
            LedgerError::Busy { context } => format!("{context}: another program keeps the ledger locked"),
            other => other.to_string(),
        }
    }

    /// An error of SQLite's, said with what was being done.
    pub(super) fn sqlx(context: &str, error: sqlx::Error) -> LedgerError {
        let context = context.to_owned();
        let why = error.to_string();
        match &error {
            sqlx::Error::Database(db) => {
                let code: i64 = db.code().and_then(|c| c.parse().ok()).unwrap_or(1);
                match code & 0xff {
                    13 => LedgerError::Full { context },
                    8 => LedgerError::ReadOnly { context },
                    10 => LedgerError::Io { context, why },
                    11 | 26 => LedgerError::Corrupt { what: why },
                    5 | 6 => LedgerError::Busy { context },
                    14 => LedgerError::Io { context, why },
                    _ => LedgerError::Sql { context, why },
                }
            }
            sqlx::Error::Io(e) if e.kind() == std::io::ErrorKind::StorageFull => LedgerError::Full { context },
            sqlx::Error::Io(_) | sqlx::Error::WorkerCrashed => LedgerError::Io { context, why },
            sqlx::Error::RowNotFound => LedgerError::NotFound { what: context },
            _ => LedgerError::Sql { context, why },
        }
    }

    /// An error of the file system.
    pub(super) fn file(context: String, error: &std::io::Error) -> LedgerError {
        match error.kind() {
            std::io::ErrorKind::StorageFull => LedgerError::Full { context },
            std::io::ErrorKind::ReadOnlyFilesystem | std::io::ErrorKind::PermissionDenied => {
                LedgerError::ReadOnly { context }
            }
            _ => LedgerError::Io { context, why: error.to_string() },
        }
    }

    /// Whether the connection, and not just the job, is in question.
    pub(super) fn ends_group(&self) -> bool {
        matches!(
            self,
            LedgerError::Full { .. }
                | LedgerError::ReadOnly { .. }
                | LedgerError::Io { .. }
                | LedgerError::Corrupt { .. }
                | LedgerError::Busy { .. }
        )
    }

    /// Whether the handle must be thrown away.
    pub(super) fn poisons(&self) -> bool {
        matches!(self, LedgerError::Io { .. } | LedgerError::Corrupt { .. })
    }
}

/// Adds what was being done to an error of SQLite's.
pub(super) trait Doing<T> {
    /// The result, with its error said in the ledger's words.
    fn doing(self, context: &str) -> Result<T>;
}

impl<T> Doing<T> for std::result::Result<T, sqlx::Error> {
    fn doing(self, context: &str) -> Result<T> {
        self.map_err(|e| LedgerError::sqlx(context, e))
    }
}

/// The columns named by a violated UNIQUE constraint, such as `dispatch.order_id`.
pub(super) fn violated(error: &sqlx::Error) -> Option<String> {
    let sqlx::Error::Database(db) = error else { return None };
    db.message().strip_prefix("UNIQUE constraint failed: ").map(str::to_owned)
}
