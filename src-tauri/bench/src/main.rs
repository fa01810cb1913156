//! What Docket's speed is, beside what others reach in the same minutes on the same machine.
//!
//! `cargo xtask bench` builds this for release and starts it. Each row is a ratio: two things are measured in turn, in
//! several rounds, so that whatever else the machine does strikes both. `rows` says what is set beside what, `peers`
//! starts the other programs, and `parts` is the work itself, each piece in a process of its own, so that its memory and
//! its processor time are its own and it can be killed. Not here: any bound that fails a build. Times differ from machine
//! to machine; what must never change is counted in the tests (`tests/tests/counts.rs`).
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a bench speaks to the person who started it")]

mod bench;
mod figures;
mod machine;
mod parts;
mod peers;
mod process;
mod rows;
mod shop;
mod stop;
mod syncs;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(about = "What Docket's speed is, beside what others reach on the same machine")]
struct Arguments {
    /// Fewer orders and fewer rounds
    #[arg(long)]
    quick: bool,
    /// Write the figures there, too
    #[arg(long)]
    json: Option<PathBuf>,
    /// These rows only, by name
    #[arg(long, value_delimiter = ',')]
    only: Vec<String>,
    /// A folder on the disk to measure; the work is done in a new folder inside it
    #[arg(long, default_value = "/var/tmp")]
    folder: PathBuf,
    #[command(subcommand)]
    part: Option<Hidden>,
}

#[derive(Subcommand)]
enum Hidden {
    /// One piece of the work, as JSON. The bench starts these itself
    #[command(hide = true)]
    Part { work: String },
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let done = match &arguments.part {
        Some(Hidden::Part { work }) => parts::carry_out(work),
        None => measure(&arguments),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("bench: {why}");
            ExitCode::FAILURE
        }
    }
}

fn measure(arguments: &Arguments) -> Result<(), String> {
    let rows = rows::chosen(&arguments.only)?;
    stop::on_signals();
    let bench = bench::Bench::begin(&arguments.folder, arguments.quick)?;
    let machine = machine::Machine::look(&bench.folder)?;
    println!("{machine}");
    let mut lines = Vec::new();
    for row in rows {
        eprintln!("-- {}: {}", row.name, row.what);
        match (row.measure)(&bench) {
            Ok(mut measured) => lines.append(&mut measured),
            Err(why) => lines.push(figures::Line::missing(row.name, row.what, why)),
        }
        if stop::asked() {
            break;
        }
    }
    println!("{}", figures::table(&lines));
    if let Some(file) = &arguments.json {
        let all = serde_json::json!({ "machine": machine, "quick": arguments.quick, "lines": lines });
        let text = serde_json::to_string_pretty(&all).map_err(|e| e.to_string())?;
        std::fs::write(file, text + "\n").map_err(|e| format!("{}: {e}", file.display()))?;
    }
    stop::check()
}
