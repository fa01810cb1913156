//! `cargo xtask measure-window`: what the page does with many orders and a batch at work, measured by a desktop test in
//! the real window.

use crate::shell::{self, Done, FEATURES, Workspace};
use crate::{npm, packages, test};

/// What can be measured.
#[derive(clap::Args)]
pub struct Options {
    /// How many orders the ledger holds
    #[arg(long, default_value_t = 300_000)]
    orders: u32,
    /// How many of another account are dispatched at once
    #[arg(long, default_value_t = 5_000)]
    batch: u32,
    /// Measure the program as it is shipped, and not a debug build
    #[arg(long)]
    release: bool,
}

/// Builds the app and walks through the desktop test that prints the table.
pub fn measure(workspace: &Workspace, options: &Options) -> Done {
    packages::install(&[&packages::COMPILER[..], &packages::WINDOW, &packages::DESKTOP_TESTS].concat())?;
    npm::check_node(workspace)?;
    npm::install(workspace, npm::PAGE)?;
    npm::build(workspace)?;
    let mut build = workspace.with("cargo", &["build", "-p", "docket"]);
    if options.release {
        build.arg("--release");
    }
    shell::run(build.args(FEATURES))?;
    let mut walk = test::under_display(workspace);
    walk.args(["cargo", "test", "-p", "docket-tests", "--test", "desktop", "--", "--exact", "--nocapture"]);
    walk.arg("many::many_orders_and_a_batch_are_at_hand");
    test::tell_programs(workspace, &mut walk);
    if options.release {
        walk.env("DOCKET_BIN", workspace.release_program("docket"));
    }
    walk.env("DOCKET_MANY", options.orders.to_string()).env("DOCKET_BATCH", options.batch.to_string());
    shell::run(&mut walk)
}
