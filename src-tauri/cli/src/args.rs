//! The command line: what may be asked, and in which words. The help texts are the doc comments.
//!
//! Not here: what the commands do.

use std::path::PathBuf;

use clap::{ArgGroup, Args, Parser, Subcommand, ValueEnum};
use docket_core::domain::{Platform, Settings, State};
use docket_practice::PracticePlatform;

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
    /// Show the reconciliation log
    Log(LogArgs),
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

/// What to do with accounts.
#[derive(Debug, Subcommand)]
pub enum AccountVerb {
    /// Add an account; its secrets are read as one JSON object from standard input
    Add(AddArgs),
    /// List the accounts
    List,
    /// Change settings
    Set {
        /// The account
        name: String,
        /// A setting; may be given more than once
        #[arg(long, value_name = "KEY=VALUE", value_parser = setting, required = true)]
        set: Vec<(String, String)>,
    },
    /// Read new secrets as one JSON object from standard input
    Credentials {
        /// The account
        name: String,
    },
    /// Make one harmless authenticated read and say what came back
    Test {
        /// The account
        name: String,
    },
    /// Say that a live account may be used
    Confirm {
        /// The account
        name: String,
    },
    /// Remove an account; refused while work is open
    Remove {
        /// The account
        name: String,
    },
}

/// An account to add.
#[derive(Debug, Args)]
pub struct AddArgs {
    /// Its name
    pub name: String,
    /// Its platform: postmates, uber-direct, foxreload, print-one, pathao or doordash
    #[arg(long, value_parser = platform)]
    pub platform: Platform,
    /// Replaces scheme, host and port
    #[arg(long, value_name = "URL")]
    pub base_url: Option<String>,
    /// A test account; without it, a live one
    #[arg(long)]
    pub test: bool,
    /// The merchant's id at the platform, where it is known
    #[arg(long, value_name = "ID")]
    pub merchant: Option<String>,
    /// A setting; may be given more than once
    #[arg(long, value_name = "KEY=VALUE", value_parser = setting)]
    pub set: Vec<(String, String)>,
}

/// What to do with orders.
#[derive(Debug, Subcommand)]
pub enum OrderVerb {
    /// Print a CSV header and one valid example row
    Template {
        /// The platform
        #[arg(long, value_parser = platform)]
        platform: Platform,
    },
    /// Import CSV or JSON Lines
    Import(ImportArgs),
    /// List orders
    List(ListArgs),
    /// Show one order
    Show(OneOrder),
    /// Change fields of a draft, refused or cancelled order
    Edit {
        /// Which
        #[command(flatten)]
        order: OneOrder,
        /// A field; may be given more than once
        #[arg(long, value_name = "FIELD=VALUE", value_parser = pair, required = true)]
        set: Vec<(String, String)>,
    },
    /// Delete a draft or refused order
    Delete(OneOrder),
    /// Write orders with platform ids, fees and tracking links to a .csv or .jsonl file
    Export {
        /// The file; its ending says which
        file: PathBuf,
        /// Which orders
        #[command(flatten)]
        list: ListArgs,
    },
}

/// What to import.
#[derive(Debug, Args)]
pub struct ImportArgs {
    /// CSV or JSON Lines
    pub file: PathBuf,
    /// The account it is for
    #[arg(long, value_name = "NAME")]
    pub account: String,
    /// Only look
    #[arg(long)]
    pub dry_run: bool,
    /// Change drafts and refused orders whose content differs
    #[arg(long)]
    pub update: bool,
    /// Which column holds a field, where the names differ; may be given more than once
    #[arg(long, value_name = "FIELD=COLUMN", value_parser = pair)]
    pub map: Vec<(String, String)>,
}

/// Which orders to list.
#[derive(Debug, Default, Args)]
pub struct ListArgs {
    /// Only in this state
    #[arg(long, value_name = "STATE", value_parser = state)]
    pub state: Option<State>,
    /// Only of this account
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
    /// A fault plan, as JSON
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

fn platform(text: &str) -> Result<Platform, String> {
    Platform::from_code(text).ok_or_else(|| {
        let known: Vec<_> = Platform::ALL.iter().map(|p| p.code()).collect();
        format!("there is no such platform; known are {}", known.join(", "))
    })
}

fn state(text: &str) -> Result<State, String> {
    State::from_code(text).ok_or_else(|| {
        let known: Vec<_> = State::ALL.iter().map(|s| s.code()).collect();
        format!("there is no such state; known are {}", known.join(", "))
    })
}

fn pair(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((key, value)) if !key.trim().is_empty() => Ok((key.trim().to_owned(), value.to_owned())),
        Some(_) | None => Err("write it as KEY=VALUE".to_owned()),
    }
}

/// A setting that cannot be one is wrong usage, before anything is touched.
fn setting(text: &str) -> Result<(String, String), String> {
    let (key, value) = pair(text)?;
    Settings::default().set(&key, &value).map_err(|error| error.to_string())?;
    Ok((key, value))
}

fn seconds(text: &str) -> Result<f64, String> {
    let seconds = text.parse::<f64>().ok().filter(|s| s.is_finite() && (0.0..=31_536_000.0).contains(s));
    seconds.ok_or_else(|| "give a number of seconds, such as 30".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory as _;

    fn parsed(line: &str) -> Result<Cli, clap::Error> {
        Cli::try_parse_from(std::iter::once("docketctl").chain(line.split_whitespace()))
    }

    #[test]
    fn the_definition_holds_together() {
        Cli::command().debug_assert();
    }

    #[test]
    fn every_command_of_the_manual_is_understood() {
        let lines = [
            "account add main --platform pathao --base-url http://127.0.0.1:1 --test --set settle_ms=10 --set exclusive=true",
            "account add main --platform print-one",
            "account add main --platform pathao --secrets-file s.json",
            "account list",
            "account set main --set on_absent=resend",
            "account credentials main",
            "account test main",
            "account remove main",
            "order template --platform foxreload",
            "order import o.csv --account main --dry-run --update",
            "order list --state in_doubt --account main",
            "order show SO-1 --account main",
            "order edit SO-1 --set receiver_name=Anik",
            "order delete SO-1",
            "order export out.csv",
            "dispatch SO-1 SO-2 --account main --wait 2.5 --again --despite other --despite third",
            "--ledger l.db --json dispatch --all",
            "dispatch --all --json --ledger l.db",
            "withdraw SO-1 SO-2",
            "reconcile --wait 10",
            "review list",
            "review adopt SO-1 PB-88 --reason seen",
            "review release SO-1",
            "review close SO-1 --reason gone --account main",
            "cancel SO-1",
            "track",
            "track SO-1 SO-2",
            "log --order SO-1 --account main --since 2026-03-02 --follow --format csv",
            "verify",
            "practice --platform pathao --port 0 --faults f.json --truth t.jsonl",
            "practice --platform postmates --platform uber-direct --platform foxreload",
            "practice --platform print-one --platform pathao --platform doordash",
            "practice truth",
            "practice truth --truth t.jsonl --platform foxreload",
        ];
        for line in lines {
            if let Err(error) = parsed(line) {
                panic!("{line}: {error}");
            }
        }
    }

    #[test]
    fn wrong_usage_is_refused_before_anything_is_done() {
        let lines = [
            "",
            "dispatch",
            "dispatch SO-1 --all",
            "dispatch --all --wait soon",
            "dispatch --all --wait -1",
            "withdraw",
            "account add main",
            "account add main --platform grab",
            "account set main",
            "account set main --set settle=1",
            "account set main --set settle_ms=soon",
            "order edit SO-1",
            "order edit SO-1 --set name",
            "order list --state lost",
            "order import o.csv",
            "practice --platform grab",
            "log --since yesterday-ish",
        ];
        for line in lines {
            let error = parsed(line).expect_err(line);
            assert_eq!(error.exit_code(), 2, "{line}");
        }
    }
}
