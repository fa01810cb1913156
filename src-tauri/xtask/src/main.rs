//! The project's own tasks, as `cargo xtask TASK`.
//!
//! This file reads the arguments and hands over. Each task has a module of its own; what they share is in
//! [`shell`] (starting programs) and [`packages`] (what a machine needs). Nothing of Docket itself is here.
#![expect(clippy::print_stdout, reason = "a task speaks to the person who started it")]

mod bench;
mod bundle;
mod demo;
mod fuzz;
mod measure;
mod mutants;
mod npm;
mod packages;
mod run;
mod samples;
mod schema;
mod screenshot;
mod shell;
mod soak;
mod tally;
mod test;
mod truth;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::shell::Workspace;

#[derive(Parser)]
#[command(name = "cargo xtask", about = "Docket's own tasks")]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Install what is missing, build, and open the app on the practice accounts
    Run {
        /// Do the main job in the terminal, also where there is a display
        #[arg(long)]
        terminal: bool,
        #[command(flatten)]
        demo: demo::Options,
    },
    /// Install what is missing and run every check and test
    Test(test::Options),
    /// Measure Docket beside other programs, in the same minutes on the same machine
    Bench(bench::Options),
    /// Make the .deb and the .rpm
    Bundle,
    /// Refresh .sqlx, what sqlx knows of the ledger's queries
    Sqlx {
        /// Change nothing; fail when it is not fresh
        #[arg(long)]
        check: bool,
    },
    /// Make the pictures in docs/images from the real window
    Screenshot,
    /// Make sheets of every screen in every language, for the eye
    Looks,
    /// Measure the window with many orders and a batch at work: frames dropped, the page's thread, memory
    MeasureWindow(measure::Options),
    /// Play order lives in the simulator until the time is over
    Soak(soak::Options),
    /// Fuzz the answer readers, each target for a bounded time
    Fuzz(fuzz::Options),
    /// Plant bugs in a copy of the tree, one at a time, and say which rung of the proof catches each
    Mutants(mutants::Options),
    /// Write the sample files anew
    Samples {
        /// Change nothing; fail when they are not what this program writes
        #[arg(long)]
        check: bool,
    },
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let done = Workspace::find().and_then(|workspace| match arguments.task {
        Task::Run { terminal, demo } => run::run(&workspace, terminal, &demo),
        Task::Test(options) => test::test(&workspace, &options),
        Task::Bench(options) => bench::bench(&workspace, &options),
        Task::Bundle => bundle::bundle(&workspace, bundle::Programs::Release).map(|_| ()),
        Task::Sqlx { check } => schema::sqlx(&workspace, check),
        Task::Screenshot => screenshot::screenshot(&workspace),
        Task::Looks => screenshot::looks(&workspace),
        Task::MeasureWindow(options) => measure::measure(&workspace, &options),
        Task::Soak(options) => soak::soak(&workspace, &options),
        Task::Fuzz(options) => fuzz::fuzz(&workspace, &options),
        Task::Mutants(options) => mutants::mutants(&workspace, &options),
        Task::Samples { check } => samples::samples(&workspace.root.join("samples"), check),
    });
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(reason) if reason.is_empty() => ExitCode::FAILURE,
        Err(reason) => {
            eprintln!("xtask: {reason}");
            ExitCode::FAILURE
        }
    }
}
