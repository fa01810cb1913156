//! `cargo xtask soak`: the long ladder. The release program is killed thousands of times, storms blow with two seeds, the model
//! is walked to its end, then the simulator plays, one process for each processor, until the time is over.
//!
//! What each rung does is where it is: `tests/tests/kills.rs`, `tests/tests/storm.rs`, `docket-model`, `docket-sim`.

use std::path::Path;
use std::process::Command;

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
    /// How often the release program is killed
    #[arg(long, default_value_t = 2_000)]
    kills: u32,
    /// These rungs only, by name: kills, storms, model, lives
    #[arg(long, value_delimiter = ',')]
    only: Vec<String>,
}

/// A rung's name, what it is, and what it does.
type Rung = (&'static str, String, fn(&Workspace, &Options) -> Done);

/// Builds for release, runs the rungs and prints a table of them; an error when one failed.
pub fn soak(workspace: &Workspace, options: &Options) -> Done {
    let rungs: [Rung; 4] = [
        ("kills", format!("{} kills of the release program at random instants", options.kills), kills),
        ("storms", format!("storms with seeds {} and {}", options.seed, options.seed.wrapping_add(1)), storms),
        ("model", "every scene of the model to its end".to_owned(), model),
        ("lives", format!("order lives in the simulator for {} minutes", options.minutes), lives),
    ];
    if let Some(name) = options.only.iter().find(|name| !rungs.iter().any(|(rung, ..)| rung == name)) {
        return Err(format!("there is no rung {name}; the rungs are {}", rungs.map(|(rung, ..)| rung).join(", ")));
    }
    if wanted(options, "kills") || wanted(options, "lives") {
        let packages = ["--package", "docketctl", "--package", "docket-sim"];
        shell::run(workspace.with("cargo", &["build", "--release"]).args(packages))?;
    }
    let (mut lines, mut failed) = (Vec::new(), false);
    for (_, what, rung) in rungs.iter().filter(|(rung, ..)| wanted(options, rung)) {
        let watch = Watch::start();
        let well = rung(workspace, options).inspect_err(|reason| println!("{what}: {reason}")).is_ok();
        failed |= !well;
        let verdict = if well { "ok" } else { "FAILED" };
        lines.push(format!("{what:<60} {:>8.1} s  {verdict}", watch.elapsed().as_secs_f64()));
    }
    println!("\n{}\nSeed {}", lines.join("\n"), options.seed);
    if failed { Err(String::new()) } else { Ok(()) }
}

fn wanted(options: &Options, rung: &str) -> bool {
    options.only.is_empty() || options.only.iter().any(|name| name == rung)
}

/// Some of the whole-program tests, on one build of the program.
fn whole_program(workspace: &Workspace, target: &str, seed: u64, program: &Path) -> Command {
    let mut test = workspace.with("cargo", &["test", "--workspace", "--test", target]);
    test.args(FEATURES).args(["--", "--nocapture", "--test-threads=2"]);
    test.env("DOCKET_SEED", seed.to_string()).env("DOCKETCTL_BIN", program);
    test
}

/// On the debug program: a storm kills at named points, too, which a release does not have.
fn storms(workspace: &Workspace, options: &Options) -> Done {
    shell::run(workspace.with("cargo", &["build", "--workspace", "--bin", "docketctl"]).args(FEATURES))?;
    let program = workspace.debug_program("docketctl");
    for seed in [options.seed, options.seed.wrapping_add(1)] {
        shell::run(&mut whole_program(workspace, "storm", seed, &program))?;
    }
    Ok(())
}

fn model(workspace: &Workspace, _: &Options) -> Done {
    shell::run(&mut workspace.with("cargo", &["run", "--profile", "model", "--package", "docket-model"]))
}

fn kills(workspace: &Workspace, options: &Options) -> Done {
    let mut test = whole_program(workspace, "kills", options.seed, &workspace.release_program("docketctl"));
    shell::run(test.env("DOCKET_KILLS", options.kills.to_string()))
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
