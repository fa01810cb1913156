//! `cargo xtask mutants`: plants one bug after the other in a copy of the tree, and has the rung that ought to catch it run.
//!
//! The tree itself is only read. A rung that is not green without any bug shows nothing, so that is asked first. Not here:
//! the bugs (files in `src-tauri/xtask/mutants`, read by [`bug`]), and what a rung builds and runs ([`rung`]).

mod bug;
mod copy;
mod rung;

use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::shell::{self, Done, Watch, Workspace, have};
use bug::Bug;
use rung::{LIMIT_S, Rung};

/// What can be asked of the mutants task.
#[derive(clap::Args)]
pub struct Options {
    /// These bugs only, by name
    #[arg(long, value_delimiter = ',')]
    only: Vec<String>,
    /// Plant nothing; say which bugs there are
    #[arg(long)]
    list: bool,
}

/// What became of a planted bug.
#[derive(Debug, PartialEq, Eq)]
enum End {
    /// This test failed; or the rung hung, which is said.
    Caught(String),
    /// The rung is green with the bug in it.
    Survived,
    /// Nothing was shown: a mutant that does not compile, or a rung that ended without a failed test.
    Nothing(String),
}

/// A copy of the tree, and where its builds and logs are.
struct Bench {
    tree: PathBuf,
    target: PathBuf,
    logs: PathBuf,
}

/// Plants the chosen bugs, one at a time, and prints who caught each; an error when one survived.
pub fn mutants(workspace: &Workspace, options: &Options) -> Done {
    let all = bug::all(&workspace.root)?;
    if let Some(name) = options.only.iter().find(|name| !all.iter().any(|bug| bug.name == **name)) {
        return Err(format!("there is no bug {name}; see --list"));
    }
    let chosen = all.iter().filter(|bug| options.only.is_empty() || options.only.contains(&bug.name));
    let mut chosen: Vec<&Bug> = chosen.collect();
    if options.list {
        chosen.iter().for_each(|bug| println!("{}: {} ({} {})", bug.name, bug.wrong, bug.rung.name, bug.test));
        return Ok(());
    }
    // What is built alike comes together.
    chosen.sort_by_key(|bug| (bug.rung.package, bug.rung.target, bug.name.clone()));
    let folder = workspace.target.join("mutants");
    let bench = Bench { tree: folder.join("tree"), target: folder.join("target"), logs: folder.join("logs") };
    std::fs::create_dir_all(&bench.logs).map_err(|e| format!("{}: {e}", bench.logs.display()))?;
    copy::refresh(workspace, &bench.tree)?;
    bench.green(&chosen)?;
    let mut lines = Vec::new();
    let mut bad = 0;
    for bug in &chosen {
        let watch = Watch::start();
        let end = bench.planted(bug)?;
        let told = match &end {
            End::Caught(test) => format!("caught by {}: {test}", bug.rung.name),
            End::Survived => format!("SURVIVED {}: {}", bug.rung.name, bug.test),
            End::Nothing(why) => format!("SHOWS NOTHING: {why}"),
        };
        bad += usize::from(!matches!(end, End::Caught(_)));
        let seconds = watch.elapsed().as_secs();
        println!("{:<32} {told} ({seconds} s)", bug.name);
        lines.push(format!("| {} | {} | {told} | {seconds} |", bug.name, bug.costs));
    }
    println!("\n| bug | what it would cost | what caught it | seconds |\n|---|---|---|---|\n{}", lines.join("\n"));
    println!("\n{} of {} planted bugs were caught", chosen.len() - bad, chosen.len());
    if bad == 0 {
        Ok(())
    } else {
        Err(format!("{bad} planted bugs were not caught; the logs are in {}", bench.logs.display()))
    }
}

impl Bench {
    /// Each rung that will be used, without any bug: it must be green.
    fn green(&self, chosen: &[&Bug]) -> Done {
        let mut rungs: BTreeMap<&str, (&Rung, Vec<&str>)> = BTreeMap::new();
        for bug in chosen {
            let tests = &mut rungs.entry(bug.rung.name).or_insert((bug.rung, Vec::new())).1;
            if !tests.contains(&bug.test.as_str()) {
                tests.push(&bug.test);
            }
        }
        for (name, (rung, tests)) in rungs {
            let (watch, log) = (Watch::start(), format!("green-{}", name.replace(' ', "-")));
            self.built(rung, &log)?.map_err(|why| format!("{name}, without any bug: {why}"))?;
            for run in rung.runs(&tests, &self.target) {
                match self.run(rung, run, &log)? {
                    End::Survived => {}
                    other => {
                        return Err(format!("{name} is not green without any bug, so it shows nothing: {other:?}"));
                    }
                }
            }
            println!("{name:<32} green without any bug ({} s)", watch.elapsed().as_secs());
        }
        Ok(())
    }

    /// Plants a bug, has its rung run, and takes it back.
    fn planted(&self, bug: &Bug) -> Done<End> {
        let before = bug.plant(&self.tree)?;
        let end = self.built(bug.rung, &bug.name).and_then(|built| match built {
            Err(why) => Ok(End::Nothing(why)),
            Ok(()) => {
                let ends = bug.rung.runs(&[&bug.test], &self.target).into_iter();
                let mut ends = ends.map(|run| self.run(bug.rung, run, &bug.name));
                ends.find(|end| !matches!(end, Ok(End::Survived))).unwrap_or(Ok(End::Survived))
            }
        });
        for (file, text) in before {
            std::fs::write(&file, text).map_err(|e| format!("{}: {e}", file.display()))?;
        }
        end
    }

    /// Builds what a rung needs. The inner error says that it does not compile.
    fn built(&self, rung: &Rung, log: &str) -> Done<Result<(), String>> {
        for arguments in rung.builds() {
            let mut build = Command::new("cargo");
            build.args(arguments);
            let (status, _) = self.logged(build, &format!("{log}.build"))?;
            if status != Some(0) {
                return Ok(Err(format!("it did not compile; see {log}.build.log")));
            }
        }
        Ok(Ok(()))
    }

    /// Runs a rung once, to its first failure.
    fn run(&self, rung: &Rung, run: Command, log: &str) -> Done<End> {
        let bounded = if have("timeout") {
            let mut outer = Command::new("timeout");
            outer.args(["--kill-after=30", &LIMIT_S.to_string()]).arg(run.get_program());
            shell::copied(&run, outer)
        } else {
            run
        };
        let (status, said) = self.logged(bounded, log)?;
        Ok(rung.end(status, &said))
    }

    /// Runs a command in the copy, with what it says in a file of its own; its exit status, and what it said.
    fn logged(&self, command: Command, name: &str) -> Done<(Option<i32>, String)> {
        let path = self.logs.join(format!("{name}.log"));
        let told = |e: std::io::Error| format!("{}: {e}", path.display());
        let log = File::create(&path).map_err(told)?;
        let mut command = in_the_copy(&self.tree, &self.target, command);
        command.stdin(Stdio::null()).stdout(log.try_clone().map_err(told)?).stderr(log);
        let status = command.status().map_err(|e| format!("{}: {e}", shell::shown(&command)))?;
        let said = std::fs::read(&path).map_err(told)?;
        Ok((status.code(), String::from_utf8_lossy(&said).into_owned()))
    }
}

/// The command as it runs in the copy. Nothing is debugged there, so no line tables are made: they are half of the linking.
fn in_the_copy(tree: &Path, target: &Path, command: Command) -> Command {
    let mut inside = shell::copied(&command, shell::clean(command.get_program()));
    inside.current_dir(tree).env("CARGO_TARGET_DIR", target).env("CARGO_PROFILE_DEV_DEBUG", "false");
    inside.env("CARGO_INCREMENTAL", "1").env("NO_COLOR", "1").env("CARGO_TERM_COLOR", "never");
    inside.env("DOCKETCTL_BIN", target.join("debug/docketctl"));
    inside
}
