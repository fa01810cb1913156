//! What a platform leaves open is a switch, and a row's test looks at it in two positions at least: held here by running the
//! tests.
//!
//! Each binary of tests runs the tests that the table (`tests/conformance.csv`) names in its file, one by one, each in a
//! process of its own, and reads back in which positions the switches stood while requests were answered. So a row
//! whose test never turns its switch fails, whatever its text says.

use std::{
    collections::{BTreeMap, BTreeSet},
    io::Write as _,
    path::Path,
    process::Command,
};

use docket_practice::{PracticePlatform, Request, World};
use serde_json::{Map, Value};

/// Where a test that is run from here writes the positions down.
const FILE: &str = "DOCKET_SWITCHES_MET";

/// Switches by name.
type Positions = Map<String, Value>;

/// A request is about to be answered.
pub fn met(world: &mut World, request: &Request) {
    let Some(file) = std::env::var_os(FILE) else { return };
    let platform = PracticePlatform::of_path(&request.path).expect("a path of a platform's");
    let line = serde_json::to_string(&(platform, world.switches(platform).unwrap())).unwrap();
    let mut file = std::fs::OpenOptions::new().create(true).append(true).open(file).unwrap();
    writeln!(file, "{line}").unwrap();
}

/// The tests of this binary's file that rows name, with the rows' switches.
fn named_here() -> BTreeMap<String, BTreeSet<String>> {
    let file = module_path!().split("::").next().unwrap();
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/{file}.rs"));
    assert!(source.is_file(), "rows are named by the file of their tests, and {} is none", source.display());
    let table = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/conformance.csv");
    let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for row in csv::Reader::from_path(table).unwrap().records() {
        let row = row.unwrap();
        if let Some((_, test)) = row[2].split_once(' ').filter(|(named, _)| *named == file) {
            found.entry(test.to_owned()).or_default().extend(row[4].split_whitespace().map(str::to_owned));
        }
    }
    found.retain(|_, switches| !switches.is_empty());
    found
}

/// In which positions the platform's switches stood while this test's requests were answered.
fn positions_in(test: &str) -> BTreeMap<PracticePlatform, Vec<Positions>> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("met.jsonl");
    let own = std::env::current_exe().unwrap();
    let ran = Command::new(own).args(["--exact", test, "--test-threads", "1"]).env(FILE, &file).output().unwrap();
    let said = String::from_utf8_lossy(&ran.stdout).into_owned();
    assert!(ran.status.success() && said.contains("1 passed"), "{test}: {said}");
    let mut found: BTreeMap<PracticePlatform, Vec<Positions>> = BTreeMap::new();
    for line in std::fs::read_to_string(&file).unwrap_or_default().lines() {
        let (platform, positions) = serde_json::from_str(line).unwrap();
        found.entry(platform).or_default().push(positions);
    }
    found
}

#[test]
fn each_switch_of_a_row_is_looked_at_each_way() {
    let mut one_way = Vec::new();
    for (test, switches) in named_here() {
        let met = positions_in(&test);
        for switch in switches {
            let distinct =
                |all: &Vec<Positions>| all.iter().map(|one| one[&switch].to_string()).collect::<BTreeSet<_>>();
            let most = met.values().map(distinct).max_by_key(BTreeSet::len).unwrap_or_default();
            if most.len() < 2 {
                one_way.push(format!("{test}: requests were answered with {switch} at {most:?} only"));
            }
        }
    }
    assert!(one_way.is_empty(), "{one_way:#?}");
}
