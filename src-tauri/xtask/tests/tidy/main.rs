//! What no compiler and no lint holds: the rules of the house, each against every file of ours.
//!
//! Each test also shows its rule a planted breach, so that a rule that finds nothing is known to look.

mod files;
mod rules;

use files::Source;
use rules::Rule;

/// Holds a rule against the planted breaches, the innocent look-alikes, and every file.
fn hold(rule: Rule, breaches: &[(&str, &str)], innocent: &[(&str, &str)]) {
    for (path, text) in breaches {
        assert!(!rule(&Source::sample(path, text)).is_empty(), "the rule does not see {text:?} in {path}");
    }
    for (path, text) in innocent {
        assert_eq!(rule(&Source::sample(path, text)), Vec::<String>::new(), "the rule is too strict");
    }
    let found: Vec<String> = files::all().iter().flat_map(rule).collect();
    assert!(found.is_empty(), "\n{}\n", found.join("\n"));
}

const CORE: &str = "src-tauri/core/src/decide.rs";

#[test]
fn files_are_short() {
    let (right, long) = ("a\n".repeat(500), "a\n".repeat(501));
    hold(rules::short, &[(CORE, &long), ("ui/src/app.css", &long)], &[(CORE, &right), ("Cargo.toml", &long)]);
}

#[test]
fn functions_are_short() {
    let silenced = [(CORE, "#[allow(clippy::too_many_lines)]"), (CORE, "#![expect(\n    clippy::too_many_lines,\n)]")];
    hold(rules::functions_stay_short, &silenced, &[("Cargo.toml", "too_many_lines = \"warn\"")]);
}

#[test]
fn the_pure_part_is_pure() {
    let breaches = [
        (CORE, "use sqlx::Row;"),
        ("src-tauri/core/src/plan/lookups.rs", "tokio::spawn(async {});"),
        ("src-tauri/core/src/domain/time.rs", "let now = chrono::Utc::now();"),
        ("src-tauri/core/src/domain/id.rs", "Uuid::new_v4()"),
        ("src-tauri/core/src/adapters/pathao/mod.rs", "let t: std::time::Instant;"),
        ("src-tauri/core/src/adapters/pathao/mod.rs", "std::fs::read(path)"),
    ];
    let innocent = [
        (CORE, "// a timer of tokio has no place here"),
        (CORE, "let brand = random_looking;"),
        ("src-tauri/core/src/driver.rs", "use tokio::time::Instant;"),
    ];
    hold(rules::pure, &breaches, &innocent);
}

#[test]
fn sql_stays_in_the_ledger() {
    let breaches = [
        ("src-tauri/core/src/driver.rs", "sqlx::query(\"select 1\")"),
        ("src-tauri/cli/src/main.rs", "use sqlx::Row;"),
    ];
    let innocent = [("src-tauri/core/src/ledger/writer.rs", "use sqlx::Row;"), (CORE, "// see sqlx::query")];
    hold(rules::sql_in_the_ledger, &breaches, &innocent);
}

#[test]
fn http_stays_in_the_transport() {
    let breaches = [("src-tauri/core/src/driver.rs", "reqwest::Client::builder()")];
    let innocent = [
        ("src-tauri/core/src/transport/body.rs", "use reqwest::Body;"),
        ("src-tauri/practice/src/lib.rs", "fn a() {}\n#[cfg(test)]\nmod tests { use reqwest::Client; }"),
        ("src-tauri/practice/tests/http.rs", "use reqwest::Client;"),
    ];
    hold(rules::http_in_the_transport, &breaches, &innocent);
}

#[test]
fn only_the_simulator_has_a_wire() {
    let breaches = [
        ("src-tauri/cli/src/main.rs", "Core::open_over(options, clock, wire).await"),
        ("src-tauri/core/src/api/trying.rs", "Transport::over(clock, wire)"),
    ];
    hold(
        rules::sockets_are_real,
        &breaches,
        &[("src-tauri/sim/src/scene.rs", "Core::open_over(options, clock, wire)")],
    );
}

#[test]
fn tauri_stays_in_the_window() {
    let breaches = [
        ("src-tauri/core/src/api.rs", "use tauri::State;"),
        ("src-tauri/cli/src/main.rs", "tauri_specta::Builder::new()"),
        ("src-tauri/core/Cargo.toml", "tauri = \"2\""),
    ];
    let innocent = [("src-tauri/src/main.rs", "tauri::Builder::default()"), ("src-tauri/Cargo.toml", "tauri = \"2\"")];
    hold(rules::tauri_in_the_window, &breaches, &innocent);
}

#[test]
fn everything_is_finished() {
    let breaches = [
        (CORE, "todo!()"),
        (CORE, "unimplemented!(\"later\")"),
        (CORE, "// FIXME"),
        ("tests/tests/crash.rs", "#[ignore = \"slow\"]"),
        ("ui/src/app.test.ts", "it.skip('a', () => {})"),
        ("ui/src/app.test.ts", "describe.only('a', () => {})"),
    ];
    hold(rules::finished, &breaches, &[(CORE, "rows.iter().skip(1)"), ("ui/src/a.svelte", "chosen.only(key)")]);
}

#[test]
fn tests_wait_and_do_not_sleep() {
    let breaches = [
        ("tests/tests/crash.rs", "std::thread::sleep(second);"),
        (CORE, "fn a() {}\n#[cfg(test)]\nmod tests {\n tokio::time::sleep(second).await;\n}"),
        ("tests/desktop.rs", "std::thread::sleep(second);"),
        ("src-tauri/core/src/decide/tests.rs", "std::thread::sleep(second);"),
        ("ui/src/app.test.ts", "await new Promise((go) => setTimeout(go, 500))"),
    ];
    let innocent = [
        ("src-tauri/core/src/clock.rs", "tokio::time::sleep(pause).await;\n#[cfg(test)]\nmod tests {}"),
        ("tests/tests/crash.rs", "laptop.sleeps();"),
        ("tests/src/wait.rs", "std::thread::sleep(between_two_looks);"),
        ("ui/src/toast.ts", "setTimeout(hide, 4000)"),
    ];
    hold(rules::tests_do_not_sleep, &breaches, &innocent);
}

#[test]
fn names_say_what_a_thing_is() {
    let breaches = [
        (CORE, "pub struct OrderManager {"),
        (CORE, "pub(crate) mod helpers;"),
        (CORE, "    trait RowProcessor {}"),
        ("ui/src/a.ts", "export class DateUtil {"),
        ("ui/src/lib/utils.ts", ""),
    ];
    let innocent = [(CORE, "pub struct Utilisation;"), (CORE, "let manager = 1;"), (CORE, "// mod helpers")];
    hold(rules::names_say_something, &breaches, &innocent);
}

#[test]
fn a_concept_has_one_name() {
    let breaches = [
        (CORE, "pub struct SendJob;"),
        (CORE, "pub trait PlatformConnector {"),
        (CORE, "struct ExternalId(String);"),
        ("src-tauri/practice/src/lib.rs", "mod pathao_mock;"),
        ("ui/src/a.ts", "export interface Shipment {"),
    ];
    let innocent = [(CORE, "struct ServiceArea;"), (CORE, "struct RetryAfter;"), (CORE, "let job = 1;")];
    hold(rules::one_word_for_each_concept, &breaches, &innocent);
}

#[test]
fn every_module_has_a_head() {
    let breaches = [(CORE, "use std::fmt;\n"), (CORE, "")];
    hold(rules::heads, &breaches, &[(CORE, "//! Decides.\n"), (CORE, "#![allow(missing_docs)]\n\n//! Decides.\n")]);
}

/// The page says which version it is; one that is built anew must not go by an old number.
#[test]
fn the_page_has_the_version_of_the_program() {
    let text = std::fs::read_to_string(files::root().join("ui/package.json")).expect("the page's package");
    let package: serde_json::Value = serde_json::from_str(&text).expect("it is JSON");
    assert_eq!(package["version"], env!("CARGO_PKG_VERSION"));
}
