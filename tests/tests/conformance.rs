//! The table of what the platforms' pages promise or leave open (`tests/conformance.csv`), held against the tests: each
//! row names a test of the practice twin and one of Docket, and both exist. Ids are stable: a row keeps its own.
//!
//! `twin` is a file under the practice platforms' tests and a test in it. `docket` is a file and a test: `adapters/...`
//! and `decide/...` lie in the core, `tests/...` here. `switches` are those of the twin that the row's twin test
//! turns: what a platform leaves open is a switch, and is looked at each way. That it is, is held where the twins' tests
//! are (`src-tauri/practice/tests/common/rows.rs`), by running them.
//!
//! `tests/questions.csv` is what has to be known of any platform, and which rows say it: a platform without a row for a
//! question is an error, unless it is said why there is none.

use std::collections::{BTreeMap, BTreeSet};

use docket_core::adapters::registry;
use docket_core::domain::Platform;
use docket_practice::{PracticePlatform, Switches};
use docket_tests::source::{root, tests_in};

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
    switches: Vec<String>,
}

fn rows() -> Vec<Row> {
    let mut reader = csv::Reader::from_path(root().join("tests/conformance.csv")).expect("the table is readable");
    let row = |record: csv::StringRecord| Row {
        id: record[0].to_owned(),
        twin: record[2].to_owned(),
        docket: record[3].to_owned(),
        switches: record[4].split_whitespace().map(str::to_owned).collect(),
    };
    reader.records().map(|record| row(record.expect("a row of five cells"))).collect()
}

fn platform(id: &str) -> Platform {
    let prefix = id.split('-').next().unwrap_or_default();
    let found = PREFIXES.iter().find(|(known, _)| *known == prefix);
    found.unwrap_or_else(|| panic!("{id}: no platform's rows begin like this")).1
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

/// Who adds a platform in one place is told of the others.
#[test]
fn the_lists_of_platforms_agree() {
    let known: BTreeSet<&str> = Platform::ALL.into_iter().map(Platform::code).collect();
    let adapters: Vec<&str> = registry::all().map(|adapter| adapter.platform().code()).collect();
    assert_eq!(adapters.len(), known.len(), "an adapter for each platform: {adapters:?}");
    assert_eq!(adapters.into_iter().collect::<BTreeSet<_>>(), known);
    assert_eq!(PracticePlatform::ALL.into_iter().map(PracticePlatform::name).collect::<BTreeSet<_>>(), known);
    assert_eq!(PREFIXES.into_iter().map(|(_, platform)| platform.code()).collect::<BTreeSet<_>>(), known);
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

/// Files in which each test is called after its row.
const CALLED_AFTER_ROWS: [&str; 8] = [
    "print_one",
    "print_one_company",
    "uber_direct",
    "uber_direct_operations",
    "doordash",
    "postmates",
    "pathao",
    "foxreload",
];

/// Shows that the twin serves and remembers; its rows are shown by tests of their own.
const BESIDE_ROWS: &str = "over_http_and_a_restart";

/// The other way round: a twin's test that is called after a row stands in that row.
#[test]
fn a_test_that_is_called_after_a_row_stands_in_it() {
    let rows = rows();
    let mut seen = 0;
    for file in CALLED_AFTER_ROWS {
        for test in tests_in(&twin_file(file)).into_iter().filter(|test| test != BESIDE_ROWS) {
            let mut words = test.split('_');
            let prefix = words.next().unwrap_or_default().to_uppercase();
            let numbers: Vec<usize> = words.map_while(|word| word.parse().ok()).collect();
            assert!(!numbers.is_empty(), "{file}: {test} is called after no row");
            for number in &numbers {
                let id = format!("{prefix}-{number}");
                let row = rows.iter().find(|row| row.id == id);
                let row =
                    row.unwrap_or_else(|| panic!("{file}: {test} is called after {id}, and there is no such row"));
                assert_eq!(row.twin, format!("{file} {test}"), "{id} names another test");
                seen += 1;
            }
        }
    }
    assert!(seen > 50, "the twins' tests are found: {seen}");
}

/// How the simulation goes, not what a platform leaves open: no row has to turn these.
const PACE: [&str; 10] = [
    "clock_offset_ms",
    "create_latency_ms",
    "down_until_ms",
    "key_lifetime_ms",
    "payment_life_ms",
    "quote_life_ms",
    "rate_limit_per_minute",
    "rate_window_ms",
    "stage_ms",
    "surcharge_percent",
];

/// Every switch, and the platforms that its comment names; none where it says that it is for all.
fn switches() -> BTreeMap<String, Vec<Platform>> {
    let text = std::fs::read_to_string(root().join("src-tauri/practice/src/switches.rs")).expect("the switches");
    let body = text.split("pub struct Switches {").nth(1).and_then(|rest| rest.split("\n}\n").next());
    let (mut found, mut comment) = (BTreeMap::new(), String::new());
    for line in body.expect("a struct").lines().map(str::trim) {
        if let Some(said) = line.strip_prefix("/// ") {
            comment.push_str(said);
        } else if let Some((name, _)) = line.strip_prefix("pub ").and_then(|field| field.split_once(':')) {
            let whose = comment.split(':').next().unwrap_or_default();
            let named = |title: &str| Platform::ALL.into_iter().find(|platform| platform.title() == title);
            let told = |title| named(title).unwrap_or_else(|| panic!("{name}: its comment names no platform: {title}"));
            let for_all = whose.starts_with("All");
            let platforms = if for_all { Vec::new() } else { whose.split(", ").map(told).collect() };
            found.insert(name.to_owned(), platforms);
            comment.clear();
        }
    }
    let told = serde_json::to_value(Switches::of(PracticePlatform::Pathao)).expect("switches are JSON");
    let told: BTreeSet<&String> = told.as_object().expect("an object").keys().collect();
    assert_eq!(found.keys().collect::<BTreeSet<_>>(), told, "every switch is found in the source");
    found
}

#[test]
fn every_open_point_is_a_switch_that_a_row_turns() {
    let (rows, switches) = (rows(), switches());
    assert!(PACE.iter().all(|name| switches.contains_key(*name)), "each of {PACE:?} is a switch");
    for (switch, platforms) in switches.iter().filter(|(switch, _)| !PACE.contains(&switch.as_str())) {
        let turning = rows.iter().filter(|row| row.switches.contains(switch));
        let turned: BTreeSet<Platform> = turning.map(|row| platform(&row.id)).collect();
        assert!(!turned.is_empty(), "{switch}: no row turns it; restate in tests/conformance.csv what it leaves open");
        for whose in platforms {
            assert!(turned.contains(whose), "{switch}: its comment names {whose:?}, and no row of {whose:?} turns it");
        }
    }
    for row in &rows {
        for switch in &row.switches {
            assert!(switches.contains_key(switch), "{}: there is no switch {switch}", row.id);
        }
    }
}

/// Each file of twins' tests runs its rows' tests and looks at the positions that their switches really had.
#[test]
fn each_file_of_rows_looks_at_their_switches() {
    let files: BTreeSet<String> = rows().iter().map(|row| named(row, &row.twin, twin_file).0).collect();
    for file in files {
        let text = std::fs::read_to_string(root().join(&file)).unwrap_or_else(|error| panic!("{file}: {error}"));
        assert!(text.lines().any(|line| line == "mod common;"), "{file}: its rows' switches are not looked at");
    }
    let looks = tests_in("src-tauri/practice/tests/common/rows.rs");
    assert!(looks.contains("each_switch_of_a_row_is_looked_at_each_way"), "{looks:?}");
}

/// What has to be known of any platform: a row, or why there is none.
#[test]
fn every_question_is_answered_for_every_platform() {
    let rows = rows();
    let mut reader = csv::Reader::from_path(root().join("tests/questions.csv")).expect("the questions are readable");
    let columns = reader.headers().expect("a header").clone();
    let known: BTreeSet<&str> = Platform::ALL.into_iter().map(Platform::code).collect();
    assert_eq!(columns.iter().skip(1).collect::<BTreeSet<_>>(), known, "a column for each platform");
    let mut questions = 0;
    for record in reader.records() {
        let record = record.expect("a cell for each platform");
        questions += 1;
        for (code, cell) in columns.iter().zip(record.iter()).skip(1) {
            let whose = Platform::from_code(code).expect("a platform");
            match cell.strip_prefix("none: ") {
                Some(why) => assert!(!why.is_empty(), "{code}: {}: say why there is no row", &record[0]),
                None => assert!(!cell.is_empty(), "{code}: {}: name the rows that answer it", &record[0]),
            }
            for id in cell.split(' ').filter(|_| !cell.starts_with("none: ")) {
                assert!(rows.iter().any(|row| row.id == id), "{code}: {}: there is no row {id}", &record[0]);
                assert_eq!(platform(id), whose, "{code}: {}: {id} is another platform's row", &record[0]);
            }
        }
    }
    assert!(questions > 15, "the questions are found: {questions}");
}

/// Tests that are written once for each platform: file, and the test's name with the platform's in it.
const ONE_EACH: [(&str, &str); 11] = [
    ("tests/tests/storm.rs", "{}"),
    ("tests/tests/storm.rs", "{}_in_rough_weather"),
    ("tests/tests/crash.rs", "at_{}"),
    ("tests/tests/kills.rs", "at_{}"),
    ("tests/tests/ten_at_once.rs", "{}"),
    ("tests/tests/hostile/creates.rs", "at_{}"),
    ("tests/tests/hostile/reads.rs", "a_lookup_at_{}"),
    ("tests/tests/credentials/revoked.rs", "at_{}"),
    ("tests/tests/credentials/replaced.rs", "a_new_key_at_{}"),
    ("tests/tests/cases/network.rs", "an_answer_without_its_body_at_{}"),
    ("src-tauri/core/tests/answers/main.rs", "{}_reads_no_order_into_a_changed_answer"),
];

#[test]
fn what_is_tested_at_each_platform_is_tested_at_every_one() {
    for (file, name) in ONE_EACH {
        let tests = tests_in(file);
        for platform in Platform::ALL {
            let wanted = name.replace("{}", &platform.code().replace('-', "_"));
            assert!(tests.contains(&wanted), "{file} has no test {wanted}");
        }
    }
}
