//! What may be asked about orders before they are dispatched.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use docket_core::domain::{Platform, State};

use super::OneOrder;
use super::values::{pair, platform, state};

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
        /// A field; more may follow it
        #[arg(long, value_name = "FIELD=VALUE", value_parser = pair, required = true)]
        set: Vec<(String, String)>,
        /// Those that follow
        #[arg(hide = true, value_name = "FIELD=VALUE", value_parser = pair)]
        more: Vec<(String, String)>,
    },
    /// Show the codes that the platform delivered; each time is written into the log first
    Reveal {
        /// Which
        #[command(flatten)]
        order: OneOrder,
        /// Why, for the log
        #[arg(long, value_name = "TEXT")]
        reason: Option<String>,
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
