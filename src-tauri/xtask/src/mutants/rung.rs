//! The rungs of the proof that bugs are shown to: what each builds, what it runs, and what it says of a failure.

use std::path::Path;
use std::process::Command;

use super::End;

/// A rung that takes longer than this hangs. The longest takes four minutes on two processors.
pub(super) const LIMIT_S: u64 = 1_200;

/// One rung.
#[derive(Debug)]
pub(super) struct Rung {
    /// As the list of bugs and `PROOF.md` name it.
    pub name: &'static str,
    /// The package that holds its tests.
    pub package: &'static str,
    /// The test target, or `lib`, or a program that is the rung itself.
    pub target: Target,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Target {
    /// The library's own tests.
    Units,
    /// A test target that needs no program.
    Tests(&'static str),
    /// A test target that runs `docketctl`.
    Whole(&'static str),
    /// The simulator: a bug's test is its arguments.
    Lives,
}

const CORE: &str = "docket-core";
const MODEL: &str = "docket-model";
const WHOLE: &str = "docket-tests";

/// All of them, from the cheapest up.
pub(super) const RUNGS: [Rung; 20] = [
    Rung { name: "decision", package: CORE, target: Target::Units },
    Rung { name: "adapters", package: CORE, target: Target::Units },
    Rung { name: "transport", package: CORE, target: Target::Units },
    Rung { name: "writer", package: CORE, target: Target::Units },
    Rung { name: "ledger", package: CORE, target: Target::Tests("ledger") },
    Rung { name: "readers", package: CORE, target: Target::Tests("answers") },
    Rung { name: "model", package: MODEL, target: Target::Tests("broken") },
    Rung { name: "clocks", package: MODEL, target: Target::Tests("clocks") },
    Rung { name: "lives", package: "docket-sim", target: Target::Lives },
    Rung { name: "lanes", package: WHOLE, target: Target::Tests("lanes") },
    Rung { name: "cases", package: WHOLE, target: Target::Whole("cases") },
    Rung { name: "platforms", package: WHOLE, target: Target::Whole("platforms") },
    Rung { name: "two programs", package: WHOLE, target: Target::Whole("two_programs") },
    Rung { name: "past", package: WHOLE, target: Target::Whole("past") },
    Rung { name: "sweep", package: WHOLE, target: Target::Whole("sweep") },
    Rung { name: "verify", package: WHOLE, target: Target::Whole("verify") },
    Rung { name: "codes", package: WHOLE, target: Target::Whole("codes") },
    Rung { name: "crash", package: WHOLE, target: Target::Whole("crash") },
    Rung { name: "system calls", package: WHOLE, target: Target::Whole("syscalls") },
    Rung { name: "disk", package: WHOLE, target: Target::Whole("disk") },
];

/// The rung of that name.
pub(super) fn rung(name: &str) -> Option<&'static Rung> {
    RUNGS.iter().find(|rung| rung.name == name)
}

impl Rung {
    /// The arguments that choose its tests.
    fn chosen(&self) -> Vec<&'static str> {
        match self.target {
            Target::Units => vec!["--package", self.package, "--lib"],
            Target::Tests(name) | Target::Whole(name) => vec!["--package", self.package, "--test", name],
            Target::Lives => vec!["--package", self.package, "--bin", self.package],
        }
    }

    /// What cargo has to build for it.
    pub fn builds(&self) -> Vec<Vec<&'static str>> {
        let tests = || [vec!["test", "--no-run"], self.chosen()].concat();
        match self.target {
            Target::Units | Target::Tests(_) => vec![tests()],
            Target::Whole(_) => vec![vec!["build", "--package", "docketctl"], tests()],
            Target::Lives => vec![[vec!["build"], self.chosen()].concat()],
        }
    }

    /// How it is run for these tests.
    pub fn runs(&self, tests: &[&str], target: &Path) -> Vec<Command> {
        if self.target == Target::Lives {
            let program = target.join("debug").join(self.package);
            return tests
                .iter()
                .map(|arguments| {
                    let mut run = Command::new(&program);
                    run.args(arguments.split_whitespace());
                    run
                })
                .collect();
        }
        let mut run = Command::new("cargo");
        run.arg("test").args(self.chosen()).arg("--").args(tests);
        vec![run]
    }

    /// What a run came to.
    pub fn end(&self, status: Option<i32>, said: &str) -> End {
        match status {
            Some(0) if self.ran(said) => End::Survived,
            Some(0) => End::Nothing("no test has that name".into()),
            Some(124 | 137) => End::Caught(format!("nothing but time: it hung for {LIMIT_S} s")),
            _ => match self.failed(said) {
                Some(test) => End::Caught(test),
                None => End::Nothing("it failed, and no test did; see its log".into()),
            },
        }
    }

    fn ran(&self, said: &str) -> bool {
        match self.target {
            Target::Lives => said.contains(" worlds"),
            Target::Units | Target::Tests(_) | Target::Whole(_) => {
                said.lines().any(|line| line.starts_with("test ") && line.ends_with(" ... ok"))
            }
        }
    }

    /// The first failed test; of the simulator, what was wrong in which world.
    fn failed(&self, said: &str) -> Option<String> {
        match self.target {
            Target::Lives => {
                let found = said.lines().find(|line| line.starts_with("world "))?;
                Some(found.split_whitespace().take(3).collect::<Vec<_>>().join(" ").trim_end_matches(':').to_owned())
            }
            Target::Units | Target::Tests(_) | Target::Whole(_) => {
                // With output in between, a verdict stands on a line of its own; the list at the end is always whole.
                let names = said.split("\nfailures:\n").skip(1).last()?.lines().map(str::trim);
                names.skip_while(|name| name.is_empty()).take_while(|name| !name.is_empty()).next().map(str::to_owned)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rung_says_which_test_failed() {
        let said = "test a::b ... ok\ntest a::c ... FAILED\n\nfailures:\n\n---- a::c stdout ----\nwhy\n\n\nfailures:\n    a::c\n    a::d\n\n\
                    test result: FAILED. 1 passed; 2 failed\n";
        let decision = rung("decision").expect("a rung");
        assert_eq!(decision.end(Some(101), said), End::Caught("a::c".into()));
        assert_eq!(decision.end(Some(0), "test a::b ... ok\n"), End::Survived);
        assert!(matches!(decision.end(Some(0), "running 0 tests"), End::Nothing(_)), "a misspelt test shows nothing");
        assert!(matches!(decision.end(Some(101), "error: could not compile"), End::Nothing(_)));
        let lives = rung("lives").expect("a rung");
        let caught = End::Caught("world 7: twice".into());
        assert_eq!(lives.end(Some(1), "world 7: twice: SO-1 is ..\n8 worlds"), caught);
    }
}
