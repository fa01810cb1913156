//! Counting syncs from outside: marks that a part makes, and the trace in which they stand.

use std::io::Write as _;
use std::path::Path;

/// What a mark begins with.
const MARK: &str = "mark: ";
/// The environment variable under which a part makes marks.
pub const MARKED: &str = "DOCKET_BENCH_MARKS";

/// Makes a mark, where somebody traces: one write to standard error.
pub fn mark(what: &str) {
    if std::env::var_os(MARKED).is_some() {
        // One call that writes, where `eprintln!` would make several.
        let _ = std::io::stderr().write_all(format!("{MARK}{what}\n").as_bytes());
    }
}

/// How strace is asked for them. Only the calls that are named stop the traced program.
pub const STRACE: [&str; 7] = ["strace", "-f", "--seccomp-bpf", "-s", "64", "-etrace=fsync,fdatasync,write", "-o"];

/// The syncs that began between each pair of marks, in a trace.
pub fn between(trace: &Path, from: &str, to: &str) -> Result<Vec<usize>, String> {
    let text = std::fs::read_to_string(trace).map_err(|e| format!("{}: {e}", trace.display()))?;
    let (mut counts, mut open) = (Vec::new(), None);
    for line in text.lines() {
        let marks = |what: &str| line.contains("write(2") && line.contains(&format!("{MARK}{what}"));
        if marks(from) {
            open = Some(0);
        } else if marks(to) {
            counts.extend(open.take());
        } else if line.contains("fsync(") || line.contains("fdatasync(") {
            open = open.map(|n| n + 1);
        }
    }
    Ok(counts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_syncs_between_the_marks_are_counted() {
        let folder = tempfile::tempdir().unwrap();
        let trace = folder.path().join("trace");
        let text = "1 fsync(3) = 0\n1 write(2, \"mark: begins\\n\", 13) = 13\n2 fdatasync(4 <unfinished ...>\n\
                    2 <... fdatasync resumed>) = 0\n1 write(2, \"mark: is armed\\n\", 15) = 15\n3 fsync(5) = 0\n";
        std::fs::write(&trace, text).unwrap();
        assert_eq!(between(&trace, "begins", "is armed"), Ok(vec![1]));
    }
}
