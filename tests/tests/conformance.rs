//! The table of what the platforms' pages promise or leave open (`tests/conformance.csv`), held against the tests: each
//! row names a test of the practice twin and one of Docket, and both exist. Ids are stable: a row keeps its own.
//!
//! `twin` is a file under the practice platforms' tests and a test in it. `docket` is a file and a test: `adapters/...`
//! and `decide/...` lie in the core, `tests/...` here.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use docket_core::domain::Platform;
use docket_practice::PracticePlatform;

/// What a row's id begins with.
const PREFIXES: [(&str, Platform); 6] = [
    ("PM", Platform::Postmates),
    ("UD", Platform::UberDirect),
    ("FR", Platform::Foxreload),
    ("PO", Platform::PrintOne),
    ("PA", Platform::Pathao),
    ("DD", Platform::Doordash),
];

struct Row {
    id: String,
    twin: String,
    docket: String,
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn rows() -> Vec<Row> {
    let mut reader = csv::Reader::from_path(root().join("tests/conformance.csv")).expect("the table is readable");
    let row = |record: csv::StringRecord| Row {
        id: record[0].to_owned(),
        twin: record[2].to_owned(),
        docket: record[3].to_owned(),
    };
    reader.records().map(|record| row(record.expect("a row of four cells"))).collect()
}

fn platform(id: &str) -> Platform {
    let prefix = id.split('-').next().unwrap_or_default();
    let found = PREFIXES.iter().find(|(known, _)| *known == prefix);
    found.unwrap_or_else(|| panic!("{id}: no platform's rows begin like this")).1
}

/// The tests in a file: each function below a test's attribute.
fn tests_in(file: &str) -> BTreeSet<String> {
    let text = std::fs::read_to_string(root().join(file)).unwrap_or_else(|error| panic!("{file}: {error}"));
    let (mut found, mut marked) = (BTreeSet::new(), false);
    for line in text.lines().map(str::trim) {
        if line.starts_with("#[test]") || line.starts_with("#[tokio::test") {
            marked = true;
        } else if let Some((_, rest)) = line.split_once("fn ").filter(|_| marked) {
            found.insert(rest.split('(').next().unwrap_or_default().to_owned());
            marked = false;
        }
    }
    found
}

/// A file and a test in it, as a row names them.
fn named<'a>(row: &Row, cell: &'a str, folder: impl Fn(&str) -> String) -> (String, &'a str) {
    let (file, test) = cell.split_once(' ').unwrap_or_else(|| panic!("{}: {cell:?} names no test", row.id));
    (folder(file), test)
}

fn twin_file(file: &str) -> String {
    format!("src-tauri/practice/tests/{file}.rs")
}

fn docket_file(file: &str) -> String {
    match file.split('/').next() {
        Some("tests") => format!("tests/{file}.rs"),
        _ => format!("src-tauri/core/src/{file}.rs"),
    }
}

#[test]
fn every_row_has_its_tests() {
    let mut read: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for row in rows() {
        for (file, test) in [named(&row, &row.twin, twin_file), named(&row, &row.docket, docket_file)] {
            let tests = read.entry(file.clone()).or_insert_with(|| tests_in(&file));
            assert!(tests.contains(test), "{}: {file} has no test {test}; mend the row, or write the test", row.id);
        }
    }
}

#[test]
fn every_platform_has_its_rows() {
    let rows = rows();
    let ids: BTreeSet<&str> = rows.iter().map(|row| row.id.as_str()).collect();
    assert_eq!(ids.len(), rows.len(), "no id stands twice");
    for known in Platform::ALL {
        let numbers: Vec<usize> = rows
            .iter()
            .filter(|row| platform(&row.id) == known)
            .map(|row| row.id.split('-').nth(1).and_then(|n| n.parse().ok()).expect("a number"))
            .collect();
        let wanted: Vec<usize> = (1..=numbers.len()).collect();
        assert!(!numbers.is_empty(), "{known:?} has no rows: restate its contract in tests/conformance.csv");
        assert_eq!(numbers, wanted, "{known:?}: rows are numbered from 1, in order");
    }
    for practice in PracticePlatform::ALL {
        assert!(Platform::from_code(practice.name()).is_some(), "{practice} is a platform of Docket's");
    }
}

/// The other way round: a twin's test that is called after a row stands in that row.
#[test]
fn a_test_that_is_called_after_a_row_stands_in_it() {
    let rows = rows();
    let mut seen = 0;
    for file in ["print_one", "uber_direct", "uber_direct_operations", "doordash"] {
        for test in tests_in(&twin_file(file)) {
            let mut words = test.split('_');
            let prefix = words.next().unwrap_or_default().to_uppercase();
            let numbers: Vec<usize> = words.map_while(|word| word.parse().ok()).collect();
            assert!(!numbers.is_empty(), "{file}: {test} is called after no row");
            for number in &numbers {
                let id = format!("{prefix}-{number}");
                let row = rows.iter().find(|row| row.id == id);
                let row =
                    row.unwrap_or_else(|| panic!("{file}: {test} is called after {id}, and there is no such row"));
                let alone = numbers.len() == 1;
                assert!(!alone || row.twin == format!("{file} {test}"), "{id} names {}, not {test}", row.twin);
                seen += 1;
            }
        }
    }
    assert!(seen > 50, "the twins' tests are found: {seen}");
}
