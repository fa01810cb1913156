//! `cargo xtask bench`: builds the bench for release and starts it, with the arguments that it was given.
//!
//! What is measured, and beside what, is in `src-tauri/bench`: a program of its own, so that this one stays quick to build.

use std::path::PathBuf;

use crate::shell::{self, Done, Workspace};

/// The profile it is built with: a release in all but the names.
const PROFILE: &str = "measure";

/// What can be asked of the bench.
#[derive(clap::Args)]
pub struct Options {
    /// Fewer orders and fewer rounds
    #[arg(long)]
    quick: bool,
    /// Write the figures there, too
    #[arg(long)]
    json: Option<PathBuf>,
    /// These rows only, by name: reserve, click, dispatch, recovery, growth
    #[arg(long, value_delimiter = ',')]
    only: Vec<String>,
    /// A folder on the disk to measure
    #[arg(long)]
    folder: Option<PathBuf>,
}

/// Builds and measures.
pub fn bench(workspace: &Workspace, options: &Options) -> Done {
    shell::run(&mut workspace.with("cargo", &["build", "--profile", PROFILE, "--package", "docket-bench"]))?;
    let program = workspace.target.join(PROFILE).join("docket-bench");
    let mut measure = workspace.command(shell::text(&program)?);
    measure.args(arguments(options)?);
    shell::run(&mut measure)
}

fn arguments(options: &Options) -> Done<Vec<String>> {
    let mut arguments = Vec::new();
    if options.quick {
        arguments.push("--quick".to_owned());
    }
    if !options.only.is_empty() {
        arguments.extend(["--only".to_owned(), options.only.join(",")]);
    }
    // The bench runs in the top folder; a path that was typed elsewhere is meant from there.
    for (name, path) in [("--json", &options.json), ("--folder", &options.folder)] {
        if let Some(path) = path {
            let path = std::path::absolute(path).map_err(|e| format!("{}: {e}", path.display()))?;
            arguments.extend([name.to_owned(), shell::text(&path)?.to_owned()]);
        }
    }
    Ok(arguments)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_asked_is_handed_on_with_whole_paths() {
        let options = Options {
            quick: true,
            json: Some("figures.json".into()),
            only: vec!["click".into(), "growth".into()],
            folder: None,
        };
        let handed = arguments(&options).unwrap();
        assert_eq!(handed[..3], ["--quick", "--only", "click,growth"]);
        assert!(
            handed[3] == "--json" && handed[4].starts_with('/') && handed[4].ends_with("/figures.json"),
            "{handed:?}"
        );
    }
}
