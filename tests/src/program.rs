//! The real `docketctl` as a process: where it is, how it is run, stopped, killed, and what it said.

use std::fmt;
use std::io::Write as _;
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::OnceLock;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use crate::waiting::LONG;

/// The program: `DOCKETCTL_BIN`, else the one beside the test's own binary, else built once.
pub fn docketctl() -> &'static Path {
    static FOUND: OnceLock<PathBuf> = OnceLock::new();
    FOUND.get_or_init(|| {
        if let Some(told) = std::env::var_os("DOCKETCTL_BIN") {
            return PathBuf::from(told);
        }
        let test = std::env::current_exe().expect("a test has a path");
        let beside = test.ancestors().nth(2).expect("target/debug").join("docketctl");
        if !beside.exists() {
            let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
            let built = Command::new(cargo).args(["build", "-p", "docketctl"]).status().expect("cargo runs");
            assert!(built.success() && beside.exists(), "cargo build -p docketctl gave no {}", beside.display());
        }
        beside
    })
}

/// `docketctl` on one ledger.
#[derive(Clone, Debug)]
pub struct Docketctl {
    /// The ledger's file.
    pub ledger: PathBuf,
    env: Vec<(String, String)>,
}

impl Docketctl {
    /// On `ledger.db` in a folder, with secrets in a file beside it.
    pub fn new(folder: &Path) -> Docketctl {
        let secrets = folder.join("secrets.json").display().to_string();
        let data = folder.join("data").display().to_string();
        let env = vec![("DOCKET_SECRETS_FILE".into(), secrets), ("DOCKET_DATA".into(), data)];
        Docketctl { ledger: folder.join("ledger.db"), env }
    }

    /// The folder in which it keeps its witnesses of ledgers.
    pub fn station(&self) -> PathBuf {
        let data = self.env.iter().rfind(|(name, _)| name == "DOCKET_DATA").expect("it is set");
        Path::new(&data.1).join("station")
    }

    /// The same on another file.
    pub fn on(&self, ledger: PathBuf) -> Docketctl {
        Docketctl { ledger, ..self.clone() }
    }

    /// The same with one more environment variable.
    pub fn with(&self, name: &str, value: &str) -> Docketctl {
        let mut other = self.clone();
        other.env.push((name.into(), value.into()));
        other
    }

    /// The command line, not yet started.
    pub fn command(&self, args: &[&str]) -> Command {
        self.command_under(&[], args)
    }

    /// The command line under another program, such as strace.
    pub fn command_under(&self, wrapper: &[&str], args: &[&str]) -> Command {
        let program = docketctl().display().to_string();
        let ledger = self.ledger.display().to_string();
        let mut words: Vec<&str> = wrapper.to_vec();
        words.extend([program.as_str(), "--ledger", ledger.as_str()]);
        words.extend(args);
        let mut command = Command::new(words[0]);
        command.args(&words[1..]).envs(self.env.iter().map(|(k, v)| (k, v))).env_remove("DOCKET_LEDGER");
        command
    }

    /// Starts it and goes on.
    pub fn start(&self, args: &[&str]) -> Running {
        Running::start(self.command(args), "")
    }

    /// Runs it to its end.
    pub fn run(&self, args: &[&str]) -> Ran {
        self.start(args).end(LONG)
    }

    /// Runs it to its end with something on standard input.
    pub fn tell(&self, args: &[&str], input: &str) -> Ran {
        Running::start(self.command(args), input).end(LONG)
    }

    /// Every order object of `order list --json`.
    pub fn orders(&self) -> Vec<Value> {
        self.run(&["--json", "order", "list"]).code(0).objects()
    }

    /// One order's object.
    pub fn order(&self, order_no: &str) -> Value {
        self.run(&["--json", "order", "show", order_no]).code(0).objects().remove(0)
    }

    /// The log of one order.
    pub fn log(&self, order_no: &str) -> Vec<Value> {
        self.run(&["--json", "log", "--order", order_no]).code(0).objects()
    }

    /// `verify` finds nothing.
    pub fn verifies(&self) {
        self.run(&["verify"]).code(0);
    }
}

/// A process under way. It is killed when this is dropped.
#[derive(Debug)]
pub struct Running {
    line: String,
    pid: Pid,
    done: Receiver<std::io::Result<Output>>,
    over: bool,
    ended: Option<Ran>,
}

impl Running {
    /// Starts a command with something on standard input.
    pub fn start(mut command: Command, input: &str) -> Running {
        let line = format!("{command:?}");
        let stdin = if input.is_empty() { Stdio::null() } else { Stdio::piped() };
        let spawned = command.stdin(stdin).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
        let mut child = spawned.unwrap_or_else(|error| panic!("{line}: {error}"));
        let pid = Pid::from_child(&child);
        if let Some(mut pipe) = child.stdin.take() {
            // Whoever does not read its input says why on stderr.
            let _ = pipe.write_all(input.as_bytes());
        }
        let (tell, done) = channel();
        std::thread::spawn(move || tell.send(child.wait_with_output()));
        Running { line, pid, done, over: false, ended: None }
    }

    /// Its process id.
    pub fn pid(&self) -> i32 {
        self.pid.as_raw_nonzero().get()
    }

    /// Waits at most so long; whether it has ended.
    pub fn has_ended(&mut self, within: Duration) -> bool {
        if !self.over {
            match self.done.recv_timeout(within) {
                Ok(output) => {
                    self.over = true;
                    let output = output.unwrap_or_else(|error| panic!("{}: {error}", self.line));
                    self.ended = Some(Ran { line: self.line.clone(), output });
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => panic!("{}: nobody waits for it any more", self.line),
            }
        }
        self.over
    }

    /// Sends a signal, unless it has ended.
    pub fn signal(&mut self, signal: Signal) {
        if !self.has_ended(Duration::ZERO) {
            // It may end in this very moment.
            let _ = kill_process(self.pid, signal);
        }
    }

    /// SIGKILL, and waits for the end.
    pub fn kill(mut self) -> Ran {
        self.signal(Signal::KILL);
        self.end(LONG)
    }

    /// Waits for the end; panics when that takes longer than `limit`.
    pub fn end(mut self, limit: Duration) -> Ran {
        if !self.has_ended(limit) {
            self.signal(Signal::KILL);
            let ended = self.has_ended(LONG);
            panic!("{} did not end within {limit:?}; killed: {ended}\n{:?}", self.line, self.ended.take());
        }
        self.ended.take().expect("it has ended")
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.signal(Signal::KILL);
    }
}

/// A process that has ended.
pub struct Ran {
    line: String,
    output: Output,
}

impl Ran {
    /// Its exit status; none when a signal ended it.
    pub fn status(&self) -> Option<i32> {
        self.output.status.code()
    }

    /// Whether SIGKILL ended it.
    pub fn was_killed(&self) -> bool {
        self.output.status.signal() == Some(Signal::KILL.as_raw())
    }

    /// Checks the exit status.
    #[track_caller]
    pub fn code(self, wanted: i32) -> Ran {
        assert_eq!(self.status(), Some(wanted), "{self:?}");
        self
    }

    /// What it printed.
    pub fn stdout(&self) -> String {
        String::from_utf8_lossy(&self.output.stdout).into_owned()
    }

    /// What it said beside.
    pub fn stderr(&self) -> String {
        String::from_utf8_lossy(&self.output.stderr).into_owned()
    }

    /// The last line it printed.
    pub fn last_line(&self) -> String {
        self.stdout().lines().last().unwrap_or_default().to_owned()
    }

    /// What it printed, as one JSON object a line.
    #[track_caller]
    pub fn objects(&self) -> Vec<Value> {
        let read = |line: &str| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}\n{self:?}"));
        self.stdout().lines().map(read).collect()
    }
}

impl fmt::Debug for Ran {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let cut = |text: String| text.chars().take(4_000).collect::<String>();
        writeln!(f, "{}\n{}", self.line, self.output.status)?;
        writeln!(f, "stdout:\n{}\nstderr:\n{}", cut(self.stdout()), cut(self.stderr()))
    }
}
