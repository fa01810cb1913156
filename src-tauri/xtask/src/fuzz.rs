//! `cargo xtask fuzz`: each target of `fuzz/` for a bounded time, begun with the recorded answers.
//!
//! The fuzzer is libFuzzer, by cargo-fuzz. Its flags are a nightly compiler's; `RUSTC_BOOTSTRAP` lets this workspace's own
//! compiler take them, so that no other toolchain is needed and what is fuzzed is what is shipped. Not part of
//! `cargo xtask test`, which holds a million changed answers for each platform to the same rules.

use std::process::Command;

use clap::Args;

use crate::packages;
use crate::shell::{self, Done, Watch, Workspace};

/// The targets, by the names of their binaries.
const TARGETS: [&str; 1] = ["answers"];
/// Writes what the fuzzer begins with; no target.
const SEEDS: &str = "seeds";
/// What is installed for it.
const INSTALL: &str = "cargo install cargo-fuzz --locked --version ^0.13";
/// An answer longer than that is cut by the transport's own rules; 2 GB is a leak.
const LIMITS: [&str; 2] = ["-max_len=65536", "-rss_limit_mb=2048"];

#[derive(Args)]
pub struct Options {
    /// How long each target runs, in seconds
    #[arg(long, default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..))]
    seconds: u64,
}

/// Runs each target. An error is a finding, whose input libFuzzer has named, or says what is missing.
pub fn fuzz(workspace: &Workspace, options: &Options) -> Done {
    if let Some(missing) = missing(shell::have) {
        return Err(missing);
    }
    packages::install(&packages::COMPILER)?;
    shell::run(&mut within(workspace, &["run", "--bin", SEEDS]))?;
    for target in TARGETS {
        let watch = Watch::start();
        let time = format!("-max_total_time={}", options.seconds);
        let mut command = within(workspace, &["fuzz", "run", target, "--", &time]);
        shell::run(command.args(LIMITS).env("RUSTC_BOOTSTRAP", "1"))?;
        println!("{target}: nothing found; {} s with its build", watch.elapsed().as_secs());
    }
    Ok(())
}

/// Cargo in the fuzzer's own workspace.
fn within(workspace: &Workspace, arguments: &[&str]) -> Command {
    let mut command = workspace.with("cargo", arguments);
    command.current_dir(workspace.root.join("fuzz"));
    command
}

/// What this machine lacks, with the remedy.
fn missing(have: impl Fn(&str) -> bool) -> Option<String> {
    (!have("cargo-fuzz")).then(|| format!("cargo-fuzz is not installed; `{INSTALL}` builds it"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_binary_of_the_fuzzers_workspace_is_run() {
        let manifest = shell::package_folder().join("../../fuzz/Cargo.toml");
        let manifest = std::fs::read_to_string(manifest).expect("the manifest is readable");
        let bins = manifest.split("[[bin]]").skip(1);
        let named = bins.filter_map(|bin| bin.split("name = \"").nth(1)?.split('"').next());
        let named: Vec<&str> = named.filter(|name| *name != SEEDS).collect();
        assert_eq!(named, TARGETS);
    }

    #[test]
    fn what_is_missing_is_said_with_its_remedy() {
        assert_eq!(missing(|_| true), None);
        assert!(missing(|_| false).is_some_and(|said| said.contains(INSTALL)));
    }
}
