//! A disk that fails under the real program: single calls on a ledger's files fail, fall short, or are the last before the
//! power goes and drops what was not synced.
//!
//! It is a small library in C (`disk.c`), loaded before the C library, that stands where SQLite's own file layer calls it. A
//! VFS of ours would be closer, but is unsafe Rust, which the workspace forbids, and would have to be built into the program
//! under test; a file system in user space needs a device and rights that build machines do not give. strace, which
//! `disk` used first, can fail calls, but can neither shorten a write nor forget one.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use tempfile::TempDir;

use crate::program::Docketctl;

/// What strikes, and when. Nothing, unless it is said.
#[derive(Clone, Debug, Default)]
pub struct Fault {
    variables: Vec<(&'static str, String)>,
}

impl Fault {
    /// Nothing strikes: the calls are counted.
    pub fn none() -> Fault {
        Fault::default()
    }

    /// Calls of some kinds (`open` for writing, `write`, `sync`, `cut`, `unlink`, `read`) meet a fault. `EIO`, `ENOSPC` and
    /// `EROFS` fail them; `full` lets the first write take half of its bytes, and fails the others for want of space; `short`
    /// lets writes take half of theirs; `lie` says of a sync that it was done.
    pub fn of(kind: &str, calls: &str) -> Fault {
        Fault::none().and("DISK_KIND", kind).and("DISK_CALLS", calls).and("DISK_AT", "1")
    }

    /// Only on some of the files (`main`, `wal`, `journal`, `beside`, `folder`).
    pub fn on(self, files: &str) -> Fault {
        self.and("DISK_FILES", files)
    }

    /// The first of these calls that is struck, counted from 1.
    pub fn at(self, n: u32) -> Fault {
        self.and("DISK_AT", &n.to_string())
    }

    /// Strikes so many calls, not all from the first one on.
    pub fn times(self, n: u32) -> Fault {
        self.and("DISK_TIMES", &n.to_string())
    }

    /// Strikes as long as a file is there.
    pub fn while_there(self, file: &Path) -> Fault {
        self.and("DISK_WHILE", &file.display().to_string())
    }

    /// The power goes at the `n`-th call that can change what lasts (a sync, a cut, a file that is made or removed, the
    /// program's end), before it is carried out: whatever was not synced is gone. Any moment in between leaves the disk as
    /// the next of these calls finds it.
    pub fn power(self, n: u32) -> Fault {
        self.and("DISK_POWER", &n.to_string())
    }

    /// Of what was not synced some sectors have reached the disk, by a seed above 0.
    pub fn torn(self, seed: u32) -> Fault {
        self.and("DISK_TORN", &seed.to_string())
    }

    fn and(mut self, name: &'static str, value: &str) -> Fault {
        self.variables.push((name, value.to_owned()));
        self
    }
}

/// One call on the ledger's files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// `open` for writing, `write`, `sync`, `cut` or `unlink`; a `read` only where it was struck.
    pub kind: String,
    /// `main`, `wal`, `journal`, `beside` (lock and shared memory) or `folder`.
    pub file: String,
    /// Whether it met a fault.
    pub struck: bool,
}

/// `docketctl` on a failing disk.
pub struct FailingDisk {
    /// The program, to be run once or more; what is counted begins anew in each run.
    pub ctl: Docketctl,
    report: PathBuf,
    _folder: TempDir,
}

impl FailingDisk {
    /// Puts the layer under the program.
    pub fn under(ctl: &Docketctl, fault: &Fault) -> FailingDisk {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let report = folder.path().join("calls");
        let home = ctl.ledger.parent().expect("a folder").canonicalize().expect("it is there");
        let ledger = home.join(ctl.ledger.file_name().expect("a name"));
        let mut under = ctl.with("LD_PRELOAD", &layer().display().to_string());
        under = under.with("DISK_LEDGER", &ledger.display().to_string());
        under = under.with("DISK_REPORT", &report.display().to_string());
        for (name, value) in &fault.variables {
            under = under.with(name, value);
        }
        FailingDisk { ctl: under, report, _folder: folder }
    }

    /// The calls so far, in their order.
    pub fn calls(&self) -> Vec<Call> {
        let text = std::fs::read_to_string(&self.report).unwrap_or_default();
        let read = |line: &str| match line.split_whitespace().collect::<Vec<_>>()[..] {
            [kind, file, fault] => Call { kind: kind.to_owned(), file: file.to_owned(), struck: fault != "-" },
            _ => panic!("{}: no call: {line:?}", self.report.display()),
        };
        text.lines().map(read).collect()
    }

    /// Whether a call has met a fault.
    pub fn has_struck(&self) -> bool {
        self.calls().iter().any(|call| call.struck)
    }
}

/// The library, built once in a run of tests: SQLite is built with the same compiler.
fn layer() -> &'static Path {
    static BUILT: OnceLock<(TempDir, PathBuf)> = OnceLock::new();
    let (_, layer) = BUILT.get_or_init(|| {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let (source, layer) = (folder.path().join("disk.c"), folder.path().join("disk.so"));
        std::fs::write(&source, include_str!("disk.c")).expect("the source is written");
        let compiler = std::env::var("CC").unwrap_or_else(|_| "cc".to_owned());
        let flags = ["-shared", "-fPIC", "-O1", "-Wall", "-Wextra", "-Werror", "-Wno-nonnull-compare", "-pthread"];
        let built = Command::new(compiler).args(flags).arg("-o").args([&layer, &source]).arg("-ldl").status();
        assert!(built.expect("a C compiler").success(), "the layer is built");
        (folder, layer)
    });
    layer
}
