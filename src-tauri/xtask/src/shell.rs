//! Starting programs: where the workspace is, a clean environment for children, logs of what they said.
//!
//! What to start, and why, is the business of the tasks.

use std::fs::File;
use std::io::{IsTerminal, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// A task's result; the error is a sentence for a person, empty when everything has been said already.
pub type Done<T = ()> = Result<T, String>;

/// The features of every build, test and lint, so that nothing is compiled twice.
pub const FEATURES: [&str; 2] = ["--features", "docket/custom-protocol"];

/// Where the sources are and where cargo puts what it builds.
pub struct Workspace {
    /// The folder of the top `Cargo.toml`.
    pub root: PathBuf,
    /// Cargo's target folder, wherever it was told to be.
    pub target: PathBuf,
    /// `cargo metadata` of the members.
    metadata: serde_json::Value,
}

impl Workspace {
    /// Finds the workspace this program was built from.
    pub fn find() -> Done<Self> {
        let here = package_folder();
        let root = here.ancestors().nth(2).ok_or("xtask is not inside its workspace")?.to_path_buf();
        let mut ask = clean("cargo");
        ask.args(["metadata", "--format-version", "1", "--no-deps"]).current_dir(&root);
        let metadata: serde_json::Value =
            serde_json::from_str(&output(&mut ask)?).map_err(|e| format!("cargo metadata: {e}"))?;
        let target = metadata["target_directory"].as_str().ok_or("cargo metadata names no target folder")?.into();
        Ok(Self { root, target, metadata })
    }

    /// The names of the test targets of one package.
    pub fn test_targets(&self, package: &str) -> Vec<String> {
        let named = |value: &serde_json::Value| value["name"].as_str().unwrap_or_default().to_owned();
        let packages = self.metadata["packages"].as_array().into_iter().flatten();
        packages
            .filter(|p| p["name"] == package)
            .flat_map(|p| p["targets"].as_array().into_iter().flatten())
            .filter(|t| t["kind"][0] == "test")
            .map(named)
            .collect()
    }

    /// The names of the members.
    pub fn packages(&self) -> Vec<String> {
        let packages = self.metadata["packages"].as_array().into_iter().flatten();
        packages.filter_map(|p| p["name"].as_str().map(str::to_owned)).collect()
    }

    /// A command in the top folder, with a clean environment.
    pub fn command(&self, program: &str) -> Command {
        let mut command = clean(program);
        command.current_dir(&self.root);
        command
    }

    /// A command in the top folder with these arguments.
    pub fn with(&self, program: &str, arguments: &[&str]) -> Command {
        let mut command = self.command(program);
        command.args(arguments);
        command
    }

    /// A program of this workspace as a debug build leaves it.
    pub fn debug_program(&self, name: &str) -> PathBuf {
        self.target.join("debug").join(name)
    }

    /// A program of this workspace as a release build leaves it.
    pub fn release_program(&self, name: &str) -> PathBuf {
        self.target.join("release").join(name)
    }

    /// Runs a command, shows what it says as it says it, and returns whether it went well and all it said.
    ///
    /// What it says goes into a file, not a pipe: a forgotten grandchild that holds a pipe open would stop us for ever.
    pub fn logged(&self, name: &str, command: &Command) -> Done<(bool, String)> {
        let folder = self.target.join("xtask");
        std::fs::create_dir_all(&folder).map_err(|e| format!("{}: {e}", folder.display()))?;
        let path = folder.join(format!("{name}.log"));
        let told = |e: std::io::Error| format!("{}: {e}", path.display());
        let log = File::create(&path).map_err(told)?;
        let mut command = bounded(command);
        command.stdin(Stdio::null()).stdout(log.try_clone().map_err(told)?).stderr(log);
        println!("$ {}", shown(&command));
        let mut child = command.spawn().map_err(|e| format!("{}: {e}", shown(&command)))?;
        let mut reader = File::open(&path).map_err(told)?;
        let mut said = Vec::new();
        loop {
            let ended = child.try_wait().map_err(told)?;
            let seen = said.len();
            reader.read_to_end(&mut said).map_err(told)?;
            std::io::stdout().write_all(&said[seen..]).and_then(|()| std::io::stdout().flush()).map_err(told)?;
            if let Some(status) = ended {
                return Ok((status.success(), String::from_utf8_lossy(&said).into_owned()));
            }
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}

/// This package's folder, as cargo says it now: what was compiled in may be the folder of another clone that shares the
/// target folder.
pub fn package_folder() -> PathBuf {
    std::env::var_os("CARGO_MANIFEST_DIR").map_or_else(|| env!("CARGO_MANIFEST_DIR").into(), PathBuf::from)
}

/// A command without what `cargo run` set for this program: build scripts watch those variables, and would run again.
pub fn clean(program: impl AsRef<std::ffi::OsStr>) -> Command {
    let mut command = Command::new(program);
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        let ours = ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_BIN_", "CARGO_CRATE_"].iter().any(|p| text.starts_with(p));
        if ours || text == "CARGO" {
            command.env_remove(&name);
        }
    }
    command
}

/// Where nobody watches, a step that hangs is ended after half an hour. At a terminal Ctrl-C does that.
fn bounded(command: &Command) -> Command {
    if std::io::stdout().is_terminal() || !have("timeout") {
        return copied(command, Command::new(command.get_program()));
    }
    let mut outer = Command::new("timeout");
    outer.args(["--kill-after=30", "1800"]).arg(command.get_program());
    copied(command, outer)
}

/// Adds one command's arguments, environment and folder to another.
pub fn copied(from: &Command, mut to: Command) -> Command {
    to.args(from.get_args());
    for (name, value) in from.get_envs() {
        match value {
            Some(value) => to.env(name, value),
            None => to.env_remove(name),
        };
    }
    if let Some(folder) = from.get_current_dir() {
        to.current_dir(folder);
    }
    to
}

/// Runs a command with our own output; an error names it.
pub fn run(command: &mut Command) -> Done {
    println!("$ {}", shown(command));
    let status = command.status().map_err(|e| format!("{}: {e}", shown(command)))?;
    if status.success() { Ok(()) } else { Err(format!("`{}` failed: {status}", shown(command))) }
}

/// Runs a command and returns its standard output.
pub fn output(command: &mut Command) -> Done<String> {
    let output = command.stderr(Stdio::inherit()).output().map_err(|e| format!("{}: {e}", shown(command)))?;
    if !output.status.success() {
        return Err(format!("`{}` failed: {}", shown(command), output.status));
    }
    String::from_utf8(output.stdout).map_err(|e| format!("`{}`: {e}", shown(command)))
}

/// A command as one would type it.
pub fn shown(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words.map(|word| quoted(&word.to_string_lossy())).collect::<Vec<_>>().join(" ")
}

fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "-_./=:,+@".contains(c);
    if !word.is_empty() && word.chars().all(plain) { word.to_owned() } else { format!("'{word}'") }
}

/// Whether a program is on the path.
pub fn have(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| folder.join(program).is_file())
}

/// A path as text, for an argument list.
pub fn text(path: &Path) -> Done<&str> {
    path.to_str().ok_or_else(|| format!("{}: this path is not UTF-8, which the tools need", path.display()))
}

/// How long something took.
pub struct Watch(Instant);

impl Watch {
    /// Starts to measure.
    #[expect(clippy::disallowed_methods, reason = "a task's duration is shown to a person; nothing is decided by it")]
    pub fn start() -> Self {
        Self(Instant::now())
    }

    /// The time since the start.
    pub fn elapsed(&self) -> Duration {
        self.0.elapsed()
    }

    /// Polls until `ready` gives a value; an error after `limit`, saying what was waited for.
    pub fn wait_for<T>(what: &str, limit: Duration, mut ready: impl FnMut() -> Done<Option<T>>) -> Done<T> {
        let watch = Self::start();
        loop {
            if let Some(value) = ready()? {
                return Ok(value);
            }
            if watch.elapsed() > limit {
                return Err(format!("waited {} s in vain for {what}", limit.as_secs()));
            }
            std::thread::sleep(Duration::from_millis(100));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_shown_as_one_would_type_it() {
        let mut command = Command::new("xvfb-run");
        command.args(["-a", "-s", "-screen 0 1280x800x24"]);
        assert_eq!(shown(&command), "xvfb-run -a -s '-screen 0 1280x800x24'");
    }

    #[test]
    fn a_program_that_is_not_there_is_not_found() {
        assert!(have("sh"));
        assert!(!have("a-program-nobody-has"));
    }

    #[test]
    fn waiting_ends() {
        let waited = Watch::wait_for("nothing", Duration::ZERO, || Ok(None::<()>));
        assert_eq!(waited.unwrap_err(), "waited 0 s in vain for nothing");
    }
}
