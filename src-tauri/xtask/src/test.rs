//! `cargo xtask test`: every check and every test, in one order, with one count at the end.
//!
//! What a step does is below; how runners are counted is in [`crate::tally`].

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::SystemTime;

use crate::shell::{self, Done, FEATURES, Watch, Workspace, have};
use crate::tally::{self, Tally};
use crate::{bundle, npm, packages, schema};

/// What can be asked of the test task.
#[derive(clap::Args)]
pub struct Options {
    /// The seed of every random test: a number, or `random`
    #[arg(long, env = "DOCKET_SEED", default_value = "20260302")]
    seed: String,
    /// Leave out steps, by name
    #[arg(long, value_delimiter = ',')]
    skip: Vec<String>,
    /// Run these steps only, by name
    #[arg(long, value_delimiter = ',')]
    only: Vec<String>,
}

/// The tests of docket-tests that need more than a terminal, so they have steps of their own.
const APART: [&str; 2] = ["desktop", "install"];

/// A step's name, and what it does.
type Step = (&'static str, fn(&Run) -> Done<Tally>);

/// Nothing is run after this step when it fails.
const BUILD: &str = "build";

const STEPS: [Step; 18] = [
    ("packages", |run| run.plain(packages::install(&run.needed()).and_then(|()| npm::check_node(run.workspace)))),
    ("lock-file", |run| run.check("lock-file", &run.cargo(&["fetch", "--locked"]))),
    ("format", |run| run.check("format", &run.cargo(&["fmt", "--all", "--check"]))),
    ("ui-packages", |run| run.plain(npm::install_page(run.workspace))),
    ("ui-types", |run| run.check("ui-types", &npm::npm(run.workspace, &["run", "check"]))),
    ("ui-lint", |run| run.check("ui-lint", &npm::npm(run.workspace, &["run", "lint"]))),
    ("ui-tests", |run| run.tests("ui-tests", &npm::npm(run.workspace, &["test"]))),
    ("ui-build", |run| run.plain(npm::build(run.workspace))),
    ("clippy", |run| run.clippy()),
    (BUILD, |run| run.check(BUILD, &run.cargo_all(&["build", "--workspace", "--all-targets"]))),
    ("tests", |run| run.unit_tests()),
    ("doc-tests", |run| run.tests("doc-tests", &run.cargo_all(&["test", "--workspace", "--doc"]))),
    ("bindings", |run| run.bindings()),
    ("sqlx", |run| run.plain(schema::check_built(run.workspace))),
    ("whole-program", |run| run.whole_program_tests()),
    ("desktop", |run| run.desktop_tests()),
    ("install", |run| run.install_test()),
    ("licences", |run| run.licences()),
];

/// One run of everything.
struct Run<'a> {
    workspace: &'a Workspace,
    seed: u64,
    /// The generated bindings as they were at the start, before a test wrote them anew.
    bindings: BTreeMap<PathBuf, Vec<u8>>,
}

/// Runs all steps and prints the count; an error when anything failed.
pub fn test(workspace: &Workspace, options: &Options) -> Done {
    for name in options.skip.iter().chain(&options.only) {
        if !STEPS.iter().any(|(step, _)| step == name) {
            let known: Vec<_> = STEPS.iter().map(|(step, _)| *step).collect();
            return Err(format!("there is no step {name}; the steps are {}", known.join(", ")));
        }
    }
    let seed = seed(&options.seed)?;
    println!("Seed {seed}; to repeat this run: cargo xtask test --seed {seed}");
    let run = Run { workspace, seed, bindings: contents(&bindings_folder(workspace)) };
    let (mut total, mut lines, mut stopped) = (Tally::default(), Vec::new(), false);
    for (name, step) in STEPS {
        let left_out = options.skip.iter().any(|s| s == name);
        if left_out || (!options.only.is_empty() && !options.only.iter().any(|s| s == name)) {
            continue;
        }
        if stopped {
            lines.push(format!("{name:<16} not run"));
            continue;
        }
        println!("\n== {name}");
        let watch = Watch::start();
        let tally = step(&run).unwrap_or_else(|reason| {
            println!("{name}: {reason}");
            Tally { passed: 0, failed: 1 }
        });
        let line = format!("{name:<16} {:>7.1} s  {}", watch.elapsed().as_secs_f64(), verdict(tally));
        println!("== {line}");
        lines.push(line);
        total = total.plus(tally);
        stopped = name == BUILD && tally.failed > 0;
    }
    println!("\n{}\nSeed {seed}\n{} passed, {} failed", lines.join("\n"), total.passed, total.failed);
    if total.failed > 0 { Err(String::new()) } else { Ok(()) }
}

fn verdict(tally: Tally) -> String {
    match tally {
        Tally { passed: 0, failed: 0 } => "ok".to_owned(),
        Tally { passed, failed } => format!("{passed} passed, {failed} failed"),
    }
}

impl Run<'_> {
    fn needed(&self) -> Vec<&'static str> {
        [&packages::COMPILER[..], &packages::WINDOW, &packages::DESKTOP_TESTS].concat()
    }

    fn cargo(&self, arguments: &[&str]) -> Command {
        self.workspace.with("cargo", arguments)
    }

    /// Cargo over the one selection of features.
    fn cargo_all(&self, arguments: &[&str]) -> Command {
        let mut command = self.cargo(arguments);
        command.args(FEATURES);
        command
    }

    /// A step that has printed what it did, and counts no tests.
    fn plain(&self, done: Done) -> Done<Tally> {
        done.map(|()| Tally::default())
    }

    /// A check: it counts when it fails.
    fn check(&self, name: &str, command: &Command) -> Done<Tally> {
        let (well, _) = self.workspace.logged(name, command)?;
        if well { Ok(Tally::default()) } else { Err(format!("`{}` failed", shell::shown(command))) }
    }

    /// A run of tests: it is counted from its own summary lines, and must have some.
    fn tests(&self, name: &str, command: &Command) -> Done<Tally> {
        let mut command = shell::copied(command, Command::new(command.get_program()));
        command.env("DOCKET_SEED", self.seed.to_string()).env("NO_COLOR", "1");
        tell_programs(self.workspace, &mut command);
        let (well, said) = self.workspace.logged(name, &command)?;
        let tally = tally::count(&said).ok_or("no test said how it ended: see above")?;
        // A run that failed without a failed test (it could not be started, it was killed) is a failure all the same.
        Ok(if well || tally.failed > 0 { tally } else { Tally { failed: 1, ..tally } })
    }

    fn clippy(&self) -> Done<Tally> {
        let mut command = self.cargo_all(&["clippy", "--workspace", "--all-targets"]);
        command.args(["--", "--deny", "warnings"]);
        self.check("clippy", &command)
    }

    /// Runs the named test targets, and with `units` every unit test, without changing the selection of packages: with
    /// other packages the features differ, and crates would be compiled again.
    fn targets(&self, name: &str, units: bool, targets: &[String], filter: &str) -> Done<Tally> {
        if have("cargo-nextest") {
            let mut command = self.cargo_all(&["nextest", "run", "--workspace", "--no-fail-fast"]);
            return self.tests(name, command.args(["--filterset", filter]));
        }
        let mut command = self.cargo_all(&["test", "--workspace", "--no-fail-fast"]);
        if units {
            command.args(["--lib", "--bins"]);
        }
        for target in targets {
            command.args(["--test", target]);
        }
        self.tests(name, &command)
    }

    fn unit_tests(&self) -> Done<Tally> {
        let packages = self.workspace.packages();
        let others = packages.iter().filter(|package| *package != "docket-tests");
        let targets: Vec<_> = others.flat_map(|package| self.workspace.test_targets(package)).collect();
        self.targets("tests", true, &targets, "not package(docket-tests) or kind(lib)")
    }

    fn whole_program_tests(&self) -> Done<Tally> {
        let mut targets = self.workspace.test_targets("docket-tests");
        targets.retain(|target| !APART.contains(&target.as_str()));
        if targets.is_empty() {
            return Err("docket-tests has no test besides those of the desktop".to_owned());
        }
        let filter = "package(docket-tests) and kind(test) and not (binary(=desktop) or binary(=install))";
        self.targets("whole-program", false, &targets, filter)
    }

    /// Serially: two windows on one session bus hand over to each other.
    fn desktop_tests(&self) -> Done<Tally> {
        let mut command = under_display(self.workspace);
        command.args(["cargo", "test", "--workspace", "--test", "desktop"]).args(FEATURES);
        self.tests("desktop", command.args(["--", "--test-threads=1"]))
    }

    fn install_test(&self) -> Done<Tally> {
        let made = bundle::bundle(self.workspace, bundle::Programs::Debug)?;
        let mut command = under_display(self.workspace);
        command.args(["cargo", "test", "--workspace", "--test", "install"]).args(FEATURES);
        command.args(["--", "--test-threads=1"]).env("DOCKET_DEB", made.deb).env("DOCKET_RPM", made.rpm);
        self.tests("install", &command)
    }

    /// A test of the window's package has written the bindings; had they been fresh, nothing would have changed.
    fn bindings(&self) -> Done<Tally> {
        let now = contents(&bindings_folder(self.workspace));
        if now.is_empty() {
            return Err("ui/src/bindings is empty: the test that writes it did not run".to_owned());
        }
        let paths = now.keys().chain(self.bindings.keys());
        let changed: Vec<_> = paths.filter(|path| now.get(*path) != self.bindings.get(*path)).collect();
        match changed.first() {
            None => Ok(Tally::default()),
            Some(path) => Err(format!("{} was not fresh; it is now, so commit it", path.display())),
        }
    }

    fn licences(&self) -> Done<Tally> {
        if !have("cargo-deny") {
            println!("Missing: cargo-deny, to be installed now; this takes some minutes.");
            shell::run(&mut self.cargo(&["install", "cargo-deny", "--locked", "--version", "^0.20"]))?;
        }
        self.check("licences", &self.cargo(&["deny", "--offline", "check", "licenses", "bans", "sources"]))
    }
}

/// The start of a command that runs under a display and a session bus of its own.
pub fn under_display(workspace: &Workspace) -> Command {
    let mut command = workspace.with("xvfb-run", &["-a", "-s", "-screen 0 1920x1080x24", "dbus-run-session", "--"]);
    // The virtual display has no graphics memory to share.
    command.env("WEBKIT_DISABLE_DMABUF_RENDERER", "1");
    command
}

/// Tells whole-program tests where the programs are.
pub fn tell_programs(workspace: &Workspace, command: &mut Command) {
    command.env("DOCKETCTL_BIN", workspace.debug_program("docketctl"));
    command.env("DOCKET_BIN", workspace.debug_program("docket"));
}

#[expect(clippy::disallowed_methods, reason = "a random seed is asked for, and printed, so that it can be repeated")]
fn seed(asked: &str) -> Done<u64> {
    if asked == "random" {
        let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        return Ok(u64::from(since.subsec_nanos()) ^ since.as_secs());
    }
    asked.parse().map_err(|_| format!("--seed {asked}: a seed is a number, or `random`"))
}

fn bindings_folder(workspace: &Workspace) -> PathBuf {
    workspace.root.join("ui/src/bindings")
}

/// The files directly inside a folder; none when there is no such folder.
pub fn contents(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    entries.filter_map(|entry| Some((entry.path(), std::fs::read(entry.path()).ok()?))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_is_taken_as_given_or_refused() {
        assert_eq!(seed("42").ok(), Some(42));
        assert!(seed("random").is_ok());
        assert!(seed("forty-two").is_err());
    }
}
