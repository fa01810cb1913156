//! Other processes: started so that they never outlive this one, listened to, ended.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Duration;

use docket_tests::waiting::Stopwatch;

use crate::stop;

/// Between two looks at whether somebody asked for the end.
const STEP: Duration = Duration::from_millis(50);
/// Whatever says nothing for so long hangs.
const LONGEST: Duration = Duration::from_secs(1_800);

/// A process that is killed when this is dropped, and by the kernel when this program is.
pub struct Started {
    name: String,
    child: Child,
    stdin: Option<ChildStdin>,
    lines: Receiver<String>,
}

/// A command under `setpriv`, which asks the kernel to kill it when this process ends, however it ends.
pub fn command(program: &str, more: &[&str]) -> Command {
    let mut command = Command::new("setpriv");
    command.args(["--pdeathsig", "KILL"]).args(more).arg(program);
    command
}

impl Started {
    /// Starts it. Its standard error goes to ours where it is a part of the bench, and nowhere else.
    pub fn start(name: &str, mut command: Command, errors: Stdio) -> Result<Started, String> {
        let spawned = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(errors).spawn();
        let mut child = spawned.map_err(|e| format!("{name} could not be started: {e}"))?;
        let stdin = child.stdin.take();
        let stdout = child.stdout.take().ok_or("a pipe")?;
        let (tell, lines) = channel();
        std::thread::spawn(move || {
            for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                if tell.send(line).is_err() {
                    return;
                }
            }
        });
        Ok(Started { name: name.to_owned(), child, stdin, lines })
    }

    /// Says a line to it.
    pub fn say(&mut self, line: &str) -> Result<(), String> {
        let stdin = self.stdin.as_mut().ok_or("it listens no more")?;
        writeln!(stdin, "{line}").map_err(|e| format!("{}: {e}", self.name))
    }

    /// The next line that it says; `None` when it says nothing more.
    pub fn hear(&mut self) -> Result<Option<String>, String> {
        let watch = Stopwatch::start();
        loop {
            stop::check()?;
            match self.lines.recv_timeout(STEP) {
                Ok(line) => return Ok(Some(line)),
                Err(RecvTimeoutError::Disconnected) => return Ok(None),
                Err(RecvTimeoutError::Timeout) if watch.elapsed() > LONGEST => {
                    return Err(format!("{} says nothing any more", self.name));
                }
                Err(RecvTimeoutError::Timeout) => {}
            }
        }
    }

    /// All that it says until its end, and whether that went well.
    pub fn finish(mut self) -> Result<(bool, Vec<String>), String> {
        drop(self.stdin.take());
        let mut said = Vec::new();
        while let Some(line) = self.hear()? {
            said.push(line);
        }
        let status = self.child.wait().map_err(|e| format!("{}: {e}", self.name))?;
        Ok((status.success(), said))
    }
}

impl Drop for Started {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Runs a tool to its end; all that it said on standard output. What it said beside is part of the error.
pub fn output(name: &str, mut command: Command) -> Result<String, String> {
    let told = command.get_args().map(|a| a.to_string_lossy().into_owned()).collect::<Vec<_>>().join(" ");
    command.stdin(Stdio::null());
    let said = tempfile::tempfile().map_err(|e| e.to_string())?;
    let errors = said.try_clone().map_err(|e| e.to_string())?;
    let (well, lines) = Started::start(name, command, Stdio::from(errors))?.finish()?;
    if well {
        return Ok(lines.join("\n"));
    }
    let mut beside = String::new();
    let mut file = said;
    let _ = std::io::Seek::rewind(&mut file).and_then(|()| std::io::Read::read_to_string(&mut file, &mut beside));
    Err(format!("{name} failed ({told}): {} {}", lines.join(" "), beside.trim()))
}

/// Waits until something is ready, and says what was waited for when it never is.
pub fn until(what: &str, limit: Duration, mut ready: impl FnMut() -> bool) -> Result<(), String> {
    let watch = Stopwatch::start();
    while !ready() {
        stop::check()?;
        if watch.elapsed() > limit {
            return Err(format!("waited in vain for {what}"));
        }
        std::thread::park_timeout(STEP);
    }
    Ok(())
}

/// A port that nobody listens at.
pub fn free_port() -> Result<u16, String> {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").map_err(|e| e.to_string())?;
    Ok(listener.local_addr().map_err(|e| e.to_string())?.port())
}

/// Whether a program is on the path.
pub fn have(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| folder.join(program).is_file())
}
