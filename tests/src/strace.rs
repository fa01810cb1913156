//! Reading what strace wrote: system calls in the order in which they began and ended, as evidence from outside.

use std::collections::HashMap;

/// What strace is asked for: every call that writes, syncs or sends, on which file or connection, with its bytes.
pub const ARGS: [&str; 6] = [
    "-f",
    "-ttt",
    "-yy",
    "-s",
    "9000",
    "-etrace=fsync,fdatasync,pwrite64,pwritev,write,writev,sendto,sendmsg,connect,execve",
];

/// One system call. `began` and `ended` are line numbers: strace writes lines in the order of what happens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// Its name.
    pub name: String,
    /// What its first argument is: a path, or a connection such as `TCP:[127.0.0.1:4000->127.0.0.1:5000]`.
    pub on: String,
    /// Its arguments as strace prints them.
    pub args: String,
    /// The line on which it began.
    pub began: usize,
    /// The line on which it ended.
    pub ended: usize,
    /// Whether it succeeded.
    pub done: bool,
}

/// Reads a trace. Lines about signals and exits are passed over.
pub fn read(trace: &str) -> Vec<Call> {
    let mut calls = Vec::new();
    let mut open: HashMap<&str, usize> = HashMap::new();
    for (number, line) in trace.lines().enumerate() {
        let mut words = line.splitn(3, ' ').filter(|word| !word.is_empty());
        let (Some(pid), Some(_time)) = (words.next(), words.next()) else { continue };
        let Some(rest) = line.split_once('.').and_then(|(_, rest)| rest.split_once(' ')).map(|(_, rest)| rest) else {
            continue;
        };
        if let Some(resumed) = rest.strip_prefix("<... ") {
            if let Some(at) = open.remove(pid) {
                let call: &mut Call = &mut calls[at];
                call.ended = number;
                call.done = succeeded(resumed);
                call.args.push_str(resumed);
            }
            continue;
        }
        let Some((name, args)) = rest.split_once('(') else { continue };
        if !name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_') {
            continue;
        }
        let unfinished = args.ends_with("<unfinished ...>");
        if unfinished {
            open.insert(pid, calls.len());
        }
        calls.push(Call {
            name: name.to_owned(),
            on: first_argument(args).to_owned(),
            args: args.to_owned(),
            began: number,
            ended: if unfinished { usize::MAX } else { number },
            done: !unfinished && succeeded(args),
        });
    }
    calls
}

/// What strace says that the descriptor is: `11</path/of/a/file>`. A connection has an arrow in it.
fn first_argument(args: &str) -> &str {
    let Some((_, rest)) = args.split_once('<') else { return "" };
    let end = [">,", ">)", "> <unfinished"].iter().filter_map(|end| rest.find(end)).min();
    end.map_or("", |end| &rest[..end])
}

fn succeeded(end: &str) -> bool {
    end.rsplit_once(" = ").is_some_and(|(_, result)| !result.starts_with('-') && !result.starts_with('?'))
}

/// Where the arming of one attempt was written, synced and sent, by line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Proof {
    /// The write of the arming's log entry ended.
    pub written: usize,
    /// The sync after it ended.
    pub synced: usize,
    /// The first byte of the request left after that.
    pub sent: usize,
}

/// Proves that the first attempt under `reference` was on disk before its first byte left, or says what is missing.
/// The arming shows itself by its log entry: in the row, the reference is followed by the kind. The request shows
/// itself by the reference in its body; its first byte is the first of its connection.
pub fn armed_before_sent(calls: &[Call], ledger: &str, reference: &str) -> Result<Proof, String> {
    let entry = format!("{reference}send_started");
    let is_write = |c: &&Call| c.name.starts_with("pwrite") && c.on.starts_with(ledger);
    let sends =
        |c: &&Call| ["write", "writev", "sendto", "sendmsg"].contains(&c.name.as_str()) && c.on.starts_with("TCP");
    let request = calls.iter().filter(sends).find(|c| c.args.contains(reference) && c.args.contains("POST "));
    let request = request.or_else(|| calls.iter().filter(sends).find(|c| c.args.contains(reference)));
    let request = request.ok_or_else(|| format!("{reference}: its request was never sent"))?;
    let first = calls.iter().filter(sends).find(|c| c.on == request.on);
    let sent = first.map_or(request.began, |c| c.began);
    let is_arming = |c: &&Call| is_write(c) && c.args.contains(&entry) && c.done && c.ended < sent;
    let is_sync = |c: &&Call| matches!(c.name.as_str(), "fsync" | "fdatasync") && c.on.starts_with(ledger);
    // A later commit may write the same page again, so one write with its sync is enough; but the sync that comes next must
    // be the one that succeeds: after one that failed, what was written may be gone.
    let next_sync = |write: &Call| calls.iter().filter(is_sync).find(|c| c.began > write.ended);
    let writes: Vec<&Call> = calls.iter().filter(is_arming).collect();
    let synced = writes.iter().find_map(|write| {
        let sync = next_sync(write).filter(|sync| sync.done && sync.ended < sent)?;
        Some((write.ended, sync.ended))
    });
    let written = writes.last().ok_or_else(|| format!("{reference}: its arming was never written"))?.ended;
    match synced {
        Some((written, synced)) => Ok(Proof { written, synced, sent }),
        None => Err(format!("{reference}: written on line {written}, sent on line {sent}, and no sync between")),
    }
}
