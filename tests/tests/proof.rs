//! `PROOF.md` held against the code: each fault has a line, and each line names a test that exists.
//!
//! Not here: whether a test shows what its line says; that takes a reader.

use std::collections::{BTreeMap, BTreeSet};

use docket_core::domain::invariant::{Invariant, Judge};
use docket_tests::source::{root, tests_in};

/// Faults are numbered from 1.
const FAULTS: usize = 89;

fn page() -> String {
    std::fs::read_to_string(root().join("PROOF.md")).expect("PROOF.md")
}

/// The faults' lines: number, and file and test.
fn lines(page: &str) -> Vec<(usize, String, String)> {
    let cells = page.lines().filter_map(|line| {
        let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
        let number = cells.first()?.strip_prefix('F')?.parse().ok()?;
        let named = cells.get(2)?.trim_matches('`').split_once(' ');
        let (file, test) = named.unwrap_or_else(|| panic!("F{number:02}: {:?} names no test", cells[2]));
        Some((number, file.to_owned(), test.to_owned()))
    });
    cells.collect()
}

/// The faults that a paragraph names.
fn named_in(page: &str, beginning: &str) -> BTreeSet<usize> {
    let paragraph = page.split("\n\n").find(|text| text.starts_with(beginning)).unwrap_or_default();
    let words = paragraph.split(|c: char| !c.is_alphanumeric());
    words.filter_map(|word| word.strip_prefix('F')?.parse().ok()).collect()
}

#[test]
fn every_fault_has_its_line_and_every_line_its_test() {
    let page = page();
    let mut read: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut found = named_in(&page, "Not shown yet");
    found.extend(named_in(&page, "Not built"));
    for (number, file, test) in lines(&page) {
        let tests = read.entry(file.clone()).or_insert_with(|| tests_in(&format!("{file}.rs")));
        assert!(tests.contains(&test), "F{number:02}: {file}.rs has no test {test}; mend the line, or write the test");
        assert!(found.insert(number), "F{number:02} stands twice");
    }
    assert_eq!(found, (1..=FAULTS).collect(), "each fault has one line, or is said to be open");
}

#[test]
fn every_invariant_has_its_line_with_those_who_look_at_it() {
    let page = page();
    for invariant in Invariant::ALL {
        let judges = invariant.judges().iter().map(|judge| match judge {
            Judge::Model => "model",
            Judge::Simulator => "simulator",
            Judge::Verify => "verify",
        });
        let line = format!("| {} | {} |", invariant.name(), judges.collect::<Vec<_>>().join(", "));
        assert!(page.lines().any(|found| found == line), "PROOF.md lacks the line {line}");
    }
}

/// What a line of the table of I1 to I20 names: a broken rule of the model, a planted bug, or a test.
fn stands(name: &str, broken: &str) -> bool {
    match name.split_once(' ') {
        Some((file, test)) => tests_in(&format!("{file}.rs")).contains(test),
        None if name.contains('-') => root().join(format!("src-tauri/xtask/mutants/{name}.bug")).is_file(),
        None => broken.contains(&format!("        Broken::{name},\n")),
    }
}

#[test]
fn every_reason_of_recovery_names_what_takes_it_away() {
    let broken = std::fs::read_to_string(root().join("src-tauri/model/src/broken.rs")).expect("the model's list");
    let page = page();
    for number in 1..=20 {
        let beginning = format!("| I{number} |");
        let line = page.lines().find(|line| line.starts_with(&beginning)).unwrap_or_else(|| panic!("no I{number}"));
        let names: Vec<&str> = line.split('`').skip(1).step_by(2).collect();
        assert!(!names.is_empty(), "I{number} names nothing");
        let gone: Vec<_> = names.iter().filter(|name| !stands(name, &broken)).collect();
        assert!(gone.is_empty(), "I{number} names what is not there: {gone:?}");
    }
}
