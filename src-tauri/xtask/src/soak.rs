//! `cargo xtask soak`: the long ladder. The release program is killed thousands of times, then the simulator plays, one
//! process for each processor, until the time is over.
//!
//! What is killed and what is held against what exists is in `tests/tests/kills.rs`; what a world is, in `docket-sim`.

use crate::shell::{self, Done, FEATURES, Watch, Workspace};

/// What can be asked of the soak task.
#[derive(clap::Args)]
pub struct Options {
    /// How long the simulator plays
    #[arg(long, default_value_t = 10.0)]
    minutes: f64,
    /// The seed
    #[arg(long, default_value_t = 20_260_302)]
    seed: u64,
    /// At this platform only, in the simulator
    #[arg(long)]
    platform: Option<String>,
    /// How often the release program is killed; 0 leaves it out
    #[arg(long, default_value_t = 2_000)]
    kills: u32,
}

/// A rung's name, and what it does.
type Rung = (String, fn(&Workspace, &Options) -> Done);

/// Builds for release, runs all rungs and prints a table of them; an error when one failed.
pub fn soak(workspace: &Workspace, options: &Options) -> Done {
    let mut build =
        workspace.with("cargo", &["build", "--release", "--package", "docketctl", "--package", "docket-sim"]);
    shell::run(&mut build)?;
    let rungs: [Rung; 2] = [
        (format!("{} kills of the release program at random instants", options.kills), kills),
        (format!("order lives in the simulator for {} minutes", options.minutes), lives),
    ];
    let (mut lines, mut failed) = (Vec::new(), false);
    for (name, rung) in rungs {
        let watch = Watch::start();
        let well = rung(workspace, options).inspect_err(|reason| println!("{name}: {reason}")).is_ok();
        failed |= !well;
        lines.push(format!(
            "{name:<60} {:>8.1} s  {}",
            watch.elapsed().as_secs_f64(),
            if well { "ok" } else { "FAILED" }
        ));
    }
    println!("\n{}\nSeed {}", lines.join("\n"), options.seed);
    if failed { Err(String::new()) } else { Ok(()) }
}

fn kills(workspace: &Workspace, options: &Options) -> Done {
    if options.kills == 0 {
        return Ok(());
    }
    let mut test = workspace.with("cargo", &["test", "--workspace", "--test", "kills"]);
    test.args(FEATURES).args(["--", "--nocapture", "--test-threads=2"]);
    test.env("DOCKET_KILLS", options.kills.to_string()).env("DOCKET_SEED", options.seed.to_string());
    shell::run(test.env("DOCKETCTL_BIN", workspace.release_program("docketctl")))
}

fn lives(workspace: &Workspace, options: &Options) -> Done {
    let jobs = std::thread::available_parallelism().map_or(1, usize::from);
    let program = workspace.release_program("docket-sim").display().to_string();
    let mut play = workspace.command(&program);
    play.args(["--minutes", &options.minutes.to_string(), "--seed", &options.seed.to_string()]);
    play.args(["--jobs", &jobs.to_string(), "--go-on"]);
    if let Some(platform) = &options.platform {
        play.args(["--platform", platform]);
    }
    shell::run(&mut play)
}
