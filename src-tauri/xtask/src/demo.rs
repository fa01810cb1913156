//! The main job in a terminal, with the real `docketctl`: import, dispatch, lose answers, be killed, start again.
//!
//! Everything happens in a temporary folder. What is counted at the end, and how, is in [`crate::truth`].

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use serde_json::{Value, json};

use crate::shell::{self, Done, Watch};
use crate::truth;

/// What can be asked of the demonstration.
#[derive(clap::Args)]
pub struct Options {
    /// The platforms to practise on
    #[arg(long = "platform", value_delimiter = ',', default_values_t = SAMPLES.map(|(name, _)| name.to_owned()))]
    platforms: Vec<String>,
    /// The seed of the fault plan
    #[arg(long, default_value_t = 7)]
    fault_seed: u64,
}

/// The sample file of each platform.
const SAMPLES: [(&str, &str); 6] = [
    ("pathao", "pathao-dhaka.csv"),
    ("postmates", "postmates-san-francisco.csv"),
    ("foxreload", "foxreload-topups.csv"),
    ("print-one", "print-one-amsterdam.csv"),
    ("uber-direct", "uber-direct-new-york.csv"),
    ("doordash", "doordash-seattle.csv"),
];

/// The waits of a real account are minutes long; on a loopback platform seconds tell the same story.
const QUICK: [&str; 6] = [
    "timeout_ms=1500",
    "settle_ms=2500",
    "lookup_interval_ms=200",
    "lookup_interval_max_ms=1000",
    "max_in_flight=8",
    "requests_per_minute=6000",
];

/// The stage: the program, a folder, and the platforms at work in the background.
struct Stage<'a> {
    program: &'a Path,
    folder: PathBuf,
}

/// A child that does not outlive us.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended already, and then there is nothing to end.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Plays the whole story and counts; an error when any order exists twice, or is said to exist and does not.
pub fn demo(program: &Path, samples: &Path, options: &Options) -> Done {
    let scratch = tempfile::tempdir().map_err(|e| format!("a temporary folder: {e}"))?;
    let stage = Stage { program, folder: scratch.path().to_path_buf() };
    say(
        "Practice platforms start. A third of all requests goes wrong: lost answers, lost requests, errors after creating",
    );
    let (_platforms, served) = stage.start_practice(options)?;
    lift_limits(text(served.first().ok_or("nothing is served")?, "base_url"))?;
    for platform in &options.platforms {
        let one = served.iter().find(|line| line["platform"] == platform.as_str());
        let one = one.ok_or_else(|| format!("docketctl practice does not serve {platform}"))?;
        stage.add_account(platform, one)?;
        let (_, sample) = SAMPLES.iter().find(|(name, _)| name == platform).ok_or("there is no sample file for it")?;
        say(&format!("{sample} is imported; its wrong rows are reported and left out"));
        stage.import(&samples.join(sample), platform)?;
    }
    stage.dispatch_and_kill()?;
    say("Docket starts again and works on what it finds");
    stage.show_status(stage.ctl(&["reconcile", "--wait", "240"]))?;
    let orders = stage.objects(&["order", "list"])?;
    for (order, why) in truth::interesting(&orders) {
        let (number, account) = (text(order, "order_no"), text(order, "account"));
        say(&format!("The reconciliation log of {number}, an order {why}"));
        stage.show(stage.ctl(&["log", "--order", number, "--account", account]))?;
    }
    say("The ledger checks itself");
    stage.show(stage.ctl(&["verify"]))?;
    say("The ledger against the platforms");
    let created = stage.created()?;
    let report = truth::count(&orders, &created);
    println!("{report}");
    if report.is_sound() { Ok(()) } else { Err("the ledger and the platforms disagree: see the table".to_owned()) }
}

/// Some platforms let only so many requests through in ten minutes, as the real ones do: a longer story than this one.
fn lift_limits(base_url: &str) -> Done {
    let told = |e: std::io::Error| format!("{base_url}: {e}");
    let host = base_url.trim_start_matches("http://");
    let body = json!({ "rate_limit_per_minute": 0 }).to_string();
    let mut stream = TcpStream::connect(host).map_err(told)?;
    write!(
        stream,
        "PUT /_practice/switches HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
    .map_err(told)?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).map_err(told)?;
    if answer.starts_with("HTTP/1.1 200") { Ok(()) } else { Err(format!("the limits could not be lifted: {answer}")) }
}

fn say(what: &str) {
    println!("\n-- {what}.");
}

fn text<'a>(value: &'a Value, field: &str) -> &'a str {
    value[field].as_str().unwrap_or_default()
}

impl Stage<'_> {
    fn file(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// `docketctl` on the demonstration's own ledger.
    fn ctl(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(self.program);
        command.arg("--ledger").arg(self.file("ledger.db")).args(arguments);
        command
    }

    /// Shows a command, without the long paths that mean nothing to a reader.
    fn tell(&self, command: &Command) {
        let ledger = format!(" --ledger {}", self.file("ledger.db").display());
        let folder = format!("{}/", self.folder.display());
        let line = shell::shown(command).replace(&*self.program.to_string_lossy(), "docketctl");
        println!("$ {}", line.replace(&ledger, "").replace(&folder, ""));
    }

    /// Shows a command, runs it, and lets it speak.
    fn show(&self, mut command: Command) -> Done {
        self.tell(&command);
        let status = command.status().map_err(|e| format!("docketctl: {e}"))?;
        if status.success() { Ok(()) } else { Err(format!("`{}` failed: {status}", shell::shown(&command))) }
    }

    /// What `docketctl --json` prints, one object a line.
    fn objects(&self, arguments: &[&str]) -> Done<Vec<Value>> {
        let mut command = self.ctl(&["--json"]);
        parse_lines(&shell::output(command.args(arguments))?)
    }

    /// Starts the practice platforms and reads their addresses.
    fn start_practice(&self, options: &Options) -> Done<(Running, Vec<Value>)> {
        let kinds = ["lose_response", "lose_request", "late_commit", "error_500_after"];
        let plan = json!({ "seed": options.fault_seed, "rate": 0.33, "kinds": kinds });
        let faults = self.file("faults.json");
        std::fs::write(&faults, plan.to_string()).map_err(|e| format!("{}: {e}", faults.display()))?;
        let mut command = self.ctl(&["--json", "practice", "--port", "0"]);
        command.arg("--faults").arg(&faults).arg("--truth").arg(self.file("platforms.truth"));
        let mut child =
            Running(command.stdout(Stdio::piped()).spawn().map_err(|e| format!("docketctl practice: {e}"))?);
        let said = child.0.stdout.take().ok_or("docketctl practice has no output")?;
        let (sender, lines) = mpsc::channel();
        std::thread::spawn(move || BufReader::new(said).lines().map_while(Result::ok).try_for_each(|l| sender.send(l)));
        let mut served = Vec::new();
        let wanted =
            |served: &[Value]| options.platforms.iter().all(|p| served.iter().any(|s| s["platform"] == p.as_str()));
        while !wanted(&served) {
            let line = lines.recv_timeout(Duration::from_secs(30));
            let line = line.map_err(|_| "docketctl practice did not name every platform within 30 s")?;
            served.push(serde_json::from_str(&line).map_err(|e| format!("docketctl practice said {line}: {e}"))?);
        }
        Ok((child, served))
    }

    fn add_account(&self, platform: &str, served: &Value) -> Done {
        let mut command = self.ctl(&["account", "add", platform, "--platform", platform, "--test"]);
        command.args(["--base-url", text(served, "base_url")]);
        command.arg("--secrets-file").arg(self.file("secrets.json"));
        for setting in QUICK {
            command.args(["--set", setting]);
        }
        if platform == "foxreload" {
            // Nobody else orders here, so one new look-alike must be ours.
            command.args(["--set", "exclusive=true"]);
        }
        self.tell(&command);
        let mut child = command.stdin(Stdio::piped()).spawn().map_err(|e| format!("docketctl account add: {e}"))?;
        let mut input = child.stdin.take().ok_or("docketctl account add takes no input")?;
        writeln!(input, "{}", served["secrets"]).map_err(|e| format!("docketctl account add: {e}"))?;
        drop(input);
        let status = child.wait().map_err(|e| format!("docketctl account add: {e}"))?;
        if status.success() { Ok(()) } else { Err(format!("docketctl account add {platform} failed: {status}")) }
    }

    /// Wrong rows make exit status 1, and the samples have some on purpose.
    fn import(&self, sample: &Path, account: &str) -> Done {
        let mut command = self.ctl(&["order", "import", shell::text(sample)?, "--account", account]);
        self.tell(&command);
        let status = command.status().map_err(|e| format!("docketctl order import: {e}"))?;
        match status.code() {
            Some(0 | 1) => Ok(()),
            _ => Err(format!("docketctl order import failed: {status}")),
        }
    }

    /// Dispatches everything, and kills the program once a third of the orders exists.
    fn dispatch_and_kill(&self) -> Done {
        let all = self.objects(&["order", "list"])?.len();
        say(&format!("{all} orders are dispatched; the program is killed (SIGKILL) in the middle"));
        let mut command = self.ctl(&["dispatch", "--all", "--wait", "240"]);
        self.tell(&command);
        command.stdout(Stdio::null());
        let mut child = Running(command.spawn().map_err(|e| format!("docketctl dispatch: {e}"))?);
        let created = Watch::wait_for("a third of the orders to exist", Duration::from_secs(120), || {
            let ended = child.0.try_wait().map_err(|e| format!("docketctl dispatch: {e}"))?;
            let created = self.created()?.len();
            if let Some(status) = ended {
                return Err(format!("docketctl dispatch ended by itself, too early to be killed: {status}"));
            }
            Ok((created * 3 >= all).then_some(created))
        })?;
        drop(child);
        println!("Killed: {created} orders exist at the platforms by now. The ledger says:");
        println!("{}", truth::states(&self.objects(&["order", "list"])?));
        Ok(())
    }

    /// Every order the platforms really created.
    fn created(&self) -> Done<Vec<Value>> {
        let truth = self.file("platforms.truth");
        self.objects(&["practice", "truth", "--truth", shell::text(&truth)?])
    }

    /// Status 4 (a person is needed) is a proper end here; 3 (still open) is not.
    fn show_status(&self, mut command: Command) -> Done {
        self.tell(&command);
        let status = command.stdout(Stdio::null()).status().map_err(|e| format!("docketctl: {e}"))?;
        match status.code() {
            Some(0 | 4) => Ok(()),
            Some(3) => Err("orders are still open after four minutes".to_owned()),
            _ => Err(format!("`{}` failed: {status}", shell::shown(&command))),
        }
    }
}

fn parse_lines(said: &str) -> Done<Vec<Value>> {
    let lines = said.lines().filter(|line| !line.trim().is_empty());
    lines.map(|line| serde_json::from_str(line).map_err(|e| format!("docketctl said {line}: {e}"))).collect()
}
