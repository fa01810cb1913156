//! What may be asked about accounts.

use clap::{Args, Subcommand};
use docket_core::domain::Platform;

use super::values::{pair, platform, setting};

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
        /// A setting; more may follow it
        #[arg(long, value_name = "KEY=VALUE", value_parser = setting, required = true)]
        set: Vec<(String, String)>,
        /// Those that follow
        #[arg(hide = true, value_name = "KEY=VALUE", value_parser = setting)]
        more: Vec<(String, String)>,
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
    /// Measure what the platform's pages leave open, with a few orders on a test account
    Probe(ProbeArgs),
    /// List the platform's products, which an order's item_id is chosen from
    Products {
        /// The account
        name: String,
        /// Part of a name or an id
        #[arg(long, value_name = "TEXT", default_value = "")]
        search: String,
    },
    /// List the platform's templates, which an order's template_id is chosen from, and what each one asks for
    Templates {
        /// The account
        name: String,
        /// Part of a name or an id
        #[arg(long, value_name = "TEXT", default_value = "")]
        search: String,
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

/// An account to probe.
#[derive(Debug, Args)]
pub struct ProbeArgs {
    /// The account
    pub name: String,
    /// Show what the last probe found, and ask nothing
    #[arg(long, conflicts_with_all = ["orders_are_real", "set"])]
    pub last: bool,
    /// On an account that is not a test account: the phrase "I accept real orders", whole
    #[arg(long, value_name = "PHRASE")]
    pub orders_are_real: Option<String>,
    /// A field of the example order that is to differ; may be given more than once
    #[arg(long, value_name = "FIELD=VALUE", value_parser = pair)]
    pub set: Vec<(String, String)>,
}
