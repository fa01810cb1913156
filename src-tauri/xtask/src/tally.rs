//! Counting passed and failed tests from what the runners say of themselves.
//!
//! Three runners are understood: cargo test, cargo nextest and Vitest.

/// How many tests passed and failed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Tests that passed.
    pub passed: u64,
    /// Tests that failed, and checks that did.
    pub failed: u64,
}

impl Tally {
    /// Both together.
    pub fn plus(self, other: Self) -> Self {
        Self { passed: self.passed + other.passed, failed: self.failed + other.failed }
    }
}

/// The sum of all summary lines in a run's output; `None` when there is none, which is a failure of its own.
pub fn count(output: &str) -> Option<Tally> {
    let plain = without_colour(output);
    let summaries = || plain.lines().map(str::trim);
    // nextest shows the output of a failed test's own process, which has a summary of its own: count that test once.
    let nextest = summaries().filter_map(nextest).reduce(Tally::plus);
    nextest.or_else(|| summaries().filter_map(summary).reduce(Tally::plus))
}

fn nextest(line: &str) -> Option<Tally> {
    let (_, rest) = line.strip_prefix("Summary [")?.split_once("run:")?;
    Some(counted(rest, &[',', '(', ')']))
}

fn summary(line: &str) -> Option<Tally> {
    if let Some(rest) = line.strip_prefix("test result:") {
        return Some(counted(rest, &[';', '.']));
    }
    // Vitest says "Tests  1 failed | 2 passed (3)"; its line "Test Files ..." counts files, not tests.
    let rest = line.strip_prefix("Tests ")?;
    rest.contains(['|', '(']).then(|| counted(rest, &['|', '(', ')']))
}

/// Adds up "3 passed", "1 failed", "1 timed out" and "1 exec failed" between the separators.
fn counted(text: &str, separators: &[char]) -> Tally {
    let mut tally = Tally::default();
    for part in text.split(separators) {
        let Some((number, what)) = part.trim().split_once(' ') else { continue };
        let Ok(number) = number.parse::<u64>() else { continue };
        match what.trim() {
            "passed" => tally.passed += number,
            "failed" | "timed out" | "exec failed" => tally.failed += number,
            _ => {}
        }
    }
    tally
}

/// The text without terminal colour sequences.
fn without_colour(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        if c == '\u{1b}' {
            rest.by_ref().find(char::is_ascii_alphabetic);
        } else {
            plain.push(c);
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tally(passed: u64, failed: u64) -> Option<Tally> {
        Some(Tally { passed, failed })
    }

    #[test]
    fn cargo_test_runs_are_added_up() {
        let said = "test result: ok. 3 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.00s\n\
                    noise\n\
                    test result: FAILED. 1 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out\n";
        assert_eq!(count(said), tally(4, 2));
    }

    #[test]
    fn nextest_counts_what_timed_out_as_failed() {
        let said =
            "     Summary [   0.012s] 5 tests run: 2 passed (1 slow), 1 failed, 1 timed out, 1 exec failed, 9 skipped";
        assert_eq!(count(said), tally(2, 3));
    }

    #[test]
    fn vitest_counts_tests_and_not_files() {
        let said = " Test Files  1 failed | 1 passed (2)\n\u{1b}[2m      Tests \u{1b}[22m \u{1b}[31m1 failed\u{1b}[39m | \u{1b}[32m4 passed\u{1b}[39m (5)\n";
        assert_eq!(count(said), tally(4, 1));
    }

    #[test]
    fn a_run_without_a_summary_counts_as_none() {
        assert_eq!(count("error: could not compile\nTests were not run"), None);
    }
}
