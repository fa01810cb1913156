//! The command line: what may be asked, and in which words. The help texts are the doc comments.
//!
//! Not here: what the commands do.

mod account;
mod order;
#[cfg(test)]
mod tests;
mod values;

use std::path::PathBuf;

use clap::{ArgGroup, Args, Parser, Subcommand, ValueEnum};
use docket_practice::PracticePlatform;

pub use account::{AccountVerb, AddArgs, ProbeArgs};
use docket_core::api::MaxFee;
pub use order::{ImportArgs, ListArgs, OrderVerb};
use values::{fee, seconds};

use crate::time::Since;

/// Creates orders at delivery and order platforms, each exactly once.
#[derive(Debug, Parser)]
#[command(name = "docketctl", version, propagate_version = true, after_help = AFTER_HELP)]
pub struct Cli {
    /// The ledger [default: DOCKET_LEDGER, else ledger.db in the user's data folder]
    #[arg(long, global = true, value_name = "FILE")]
    pub ledger: Option<PathBuf>,
    /// Print one JSON object a line
    #[arg(long, global = true)]
    pub json: bool,
    /// Keep new secrets in this file instead of the key store [default: DOCKET_SECRETS_FILE]
    #[arg(long, global = true, value_name = "FILE")]
    pub secrets_file: Option<PathBuf>,
    /// What to do
    #[command(subcommand)]
    pub verb: Verb,
}

const AFTER_HELP: &str = "Exit status: 0 done, and every order concerned is settled; 1 an error; 2 wrong usage; \
3 stopped with orders still open; 4 nothing is open but what waits for a person.";

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Verb {
    /// Accounts at the platforms
    #[command(subcommand)]
    Account(AccountVerb),
    /// Orders: import, list, change, export
    #[command(subcommand)]
    Order(OrderVerb),
    /// Mark orders for dispatch, and work on all open ones
    Dispatch(DispatchArgs),
    /// Take queued orders back, of which nothing was sent
    Withdraw(OrderArgs),
    /// Work on whatever is open from an earlier run
    Reconcile {
        /// Go on until nothing is open but what waits for a person, or the time is up
        #[arg(long, value_name = "SECONDS", value_parser = seconds)]
        wait: Option<f64>,
    },
    /// Cases that wait for a person
    #[command(subcommand)]
    Review(ReviewVerb),
    /// Cancel an order on its platform
    Cancel(OneOrder),
    /// Fetch the platform's status, of every bound order that has not ended when none is named
    Track {
        /// The merchant's numbers
        #[arg(value_name = "ORDER_NO")]
        order_nos: Vec<String>,
        /// The account, when two have that number
        #[arg(long, value_name = "NAME")]
        account: Option<String>,
    },
    /// Ask what orders would cost as they stand, before they are dispatched
    Quote(OrderArgs),
    /// Compare what the platforms have with the ledger, both ways: doubles, orders nobody owns, orders that are gone
    Sweep(SweepArgs),
    /// Show the reconciliation log
    Log(LogArgs),
    /// After the ledger was restored from a backup, or copied here: ask the platforms what it does not know
    #[command(subcommand)]
    Restore(RestoreVerb),
    /// Check the ledger
    Verify,
    /// Serve the practice platforms on loopback, in the foreground
    Practice(PracticeArgs),
}

/// One order.
#[derive(Debug, Args)]
pub struct OneOrder {
    /// The merchant's number
    #[arg(value_name = "ORDER_NO")]
    pub order_no: String,
    /// The account, when two have that number
    #[arg(long, value_name = "NAME")]
    pub account: Option<String>,
}

/// Some orders.
#[derive(Debug, Args)]
pub struct OrderArgs {
    /// The merchant's numbers
    #[arg(value_name = "ORDER_NO", required = true)]
    pub order_nos: Vec<String>,
    /// The account, when two have that number
    #[arg(long, value_name = "NAME")]
    pub account: Option<String>,
}

/// What to mark for dispatch.
#[derive(Debug, Args)]
#[command(group = ArgGroup::new("which").required(true).args(["order_nos", "all"]))]
pub struct DispatchArgs {
    /// The merchant's numbers
    #[arg(value_name = "ORDER_NO")]
    pub order_nos: Vec<String>,
    /// Every draft
    #[arg(long)]
    pub all: bool,
    /// The account: limits --all, and finds an order that two have
    #[arg(long, value_name = "NAME")]
    pub account: Option<String>,
    /// Go on until nothing is open but what waits for a person, or the time is up
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    pub wait: Option<f64>,
    /// Also those that were cancelled or that their platform ended, as a new generation
    #[arg(long)]
    pub again: bool,
    /// Go on although this account holds the same number; may be given more than once
    #[arg(long, value_name = "ACCOUNT")]
    pub despite: Vec<String>,
    /// Ask each order's price first, and leave those alone that cost more, such as 120.00 or "120.00 BDT"
    #[arg(long, value_name = "AMOUNT", value_parser = fee, conflicts_with = "all")]
    pub max_fee: Option<MaxFee>,
}

/// A person's decisions.
#[derive(Debug, Subcommand)]
pub enum ReviewVerb {
    /// List the cases
    List,
    /// This platform order is ours
    Adopt {
        /// The merchant's number
        order_no: String,
        /// The platform's own id of the order
        platform_order_id: String,
        /// How it was decided
        #[command(flatten)]
        because: Because,
    },
    /// None exists: send
    Release {
        /// The merchant's number
        order_no: String,
        /// How it was decided
        #[command(flatten)]
        because: Because,
    },
    /// Leave it
    Close {
        /// The merchant's number
        order_no: String,
        /// How it was decided
        #[command(flatten)]
        because: Because,
    },
}

/// What can be done about a ledger that does not know all of its own past.
#[derive(Debug, Subcommand)]
pub enum RestoreVerb {
    /// Say which accounts are shut, and why
    Show,
    /// Ask the platforms for every order that could be sent; what is there is bound, and accounts without doubt open again
    Check {
        /// Only this account
        #[arg(long, value_name = "NAME")]
        account: Option<String>,
    },
    /// Say that an account may be used as it is: for platforms that cannot be asked
    Open {
        /// The account's name
        #[arg(value_name = "ACCOUNT")]
        account: String,
        /// Why nothing will be sent twice, for the log
        #[arg(long, value_name = "TEXT")]
        reason: String,
    },
}

/// What goes with every decision.
#[derive(Debug, Args)]
pub struct Because {
    /// Why, for the log
    #[arg(long, value_name = "TEXT")]
    pub reason: Option<String>,
    /// The account, when two have that number
    #[arg(long, value_name = "NAME")]
    pub account: Option<String>,
}

/// Which part of the log, and how.
#[derive(Debug, Args)]
pub struct LogArgs {
    /// Only of this order
    #[arg(long, value_name = "ORDER_NO")]
    pub order: Option<String>,
    /// Only of this account
    #[arg(long, value_name = "NAME")]
    pub account: Option<String>,
    /// From then on: 2026-03-02, 2026-03-02T10:00:00Z, or 15m, 2h, 3d ago
    #[arg(long, value_name = "TIME")]
    pub since: Option<Since>,
    /// Go on with what is written from now on
    #[arg(long)]
    pub follow: bool,
    /// How to print it
    #[arg(long, value_enum)]
    pub format: Option<LogFormat>,
}

/// Which accounts are compared, and from when on.
#[derive(Debug, Args)]
pub struct SweepArgs {
    /// Only this account
    #[arg(long, value_name = "NAME")]
    pub account: Option<String>,
    /// From then on: 2026-03-02, 2026-03-02T10:00:00Z, or 15m, 2h, 3d ago [default: 7d ago]
    #[arg(long, value_name = "TIME")]
    pub since: Option<Since>,
}

/// How the log is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// A line for each entry, for people
    Text,
    /// One JSON object a line
    Json,
    /// With a header
    Csv,
}

/// Which practice platforms, and how.
#[derive(Debug, Args)]
#[command(subcommand_negates_reqs = true)]
pub struct PracticeArgs {
    /// Instead of serving
    #[command(subcommand)]
    pub verb: Option<PracticeVerb>,
    /// Only this platform: postmates, uber-direct, foxreload, print-one, pathao or doordash; may be given more than once
    #[arg(long, value_name = "P")]
    pub platform: Vec<PracticePlatform>,
    /// The port on 127.0.0.1; 0 picks a free one [default: the one used before]
    #[arg(long, value_name = "N")]
    pub port: Option<u16>,
    /// A fault plan, as JSON; it may set switches, too
    #[arg(long, value_name = "FILE")]
    pub faults: Option<PathBuf>,
    /// What the platforms hold [default: practice/truth.jsonl in the user's data folder]
    #[arg(long, value_name = "FILE")]
    pub truth: Option<PathBuf>,
}

/// What else there is to do with practice platforms.
#[derive(Debug, Subcommand)]
pub enum PracticeVerb {
    /// Print every order really created, with the reference it came with
    Truth {
        /// What the platforms hold
        #[arg(long, value_name = "FILE")]
        truth: Option<PathBuf>,
        /// Only this platform: postmates, uber-direct, foxreload, print-one, pathao or doordash; may be given more than
        /// once
        #[arg(long, value_name = "P")]
        platform: Vec<PracticePlatform>,
    },
}
