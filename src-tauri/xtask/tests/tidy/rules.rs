//! The rules. Each looks at one file and says what is wrong, as `path:line: what`.

use crate::files::Source;

/// A rule: what is wrong with one file.
pub type Rule = fn(&Source) -> Vec<String>;

fn told(source: &Source, line: usize, what: &str) -> String {
    format!("{}:{line}: {what}", source.path)
}

/// The identifiers of a line, each with what follows it.
fn identifiers(line: &str) -> impl Iterator<Item = (&str, &str)> {
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    let mut rest = line;
    std::iter::from_fn(move || {
        let start = rest.find(is_part)?;
        let from = &rest[start..];
        let end = from.find(|c| !is_part(c)).unwrap_or(from.len());
        rest = &from[end..];
        Some((&from[..end], rest))
    })
}

fn is_rust(source: &Source) -> bool {
    source.ending() == "rs"
}

fn is_page_test(source: &Source) -> bool {
    source.path.contains(".test.") || source.path.contains(".spec.")
}

/// A file has one job, so it is not long.
pub fn short(source: &Source) -> Vec<String> {
    let lines = source.text.lines().count();
    let ours = ["rs", "ts", "svelte", "css", "sql"].contains(&source.ending());
    if ours && lines > 500 { vec![told(source, lines, "more than 500 lines: split it by job")] } else { Vec::new() }
}

/// Clippy holds functions under 70 lines; nobody may silence it.
pub fn functions_stay_short(source: &Source) -> Vec<String> {
    let found = source.code().filter(|(_, line)| is_rust(source) && line.contains("too_many_lines"));
    found.map(|(number, _)| told(source, number, "split the function instead of silencing clippy")).collect()
}

/// The pure part of core.
const PURE: [&str; 6] = ["domain", "adapters", "decide", "plan", "probe", "sweep"];
/// What the pure part can't know: doing, time and chance.
const IMPURE: [&str; 12] =
    ["sqlx", "reqwest", "tokio", "tauri", "SystemTime", "Instant", "rand", "new_v4", "now_v7", "thread", "env", "fs"];

/// No database, network, runtime, clock or randomness reaches the pure part.
pub fn pure(source: &Source) -> Vec<String> {
    let Some(inside) = source.path.strip_prefix("src-tauri/core/src/") else { return Vec::new() };
    if !is_rust(source) || !PURE.iter().any(|prefix| inside.starts_with(prefix)) {
        return Vec::new();
    }
    let mut breaches = Vec::new();
    for (number, line) in source.code() {
        let clock = ["Utc::now", "Local::now"].iter().any(|word| line.contains(word));
        let named = identifiers(line).find(|(name, rest)| {
            let module = ["thread", "env", "fs"].contains(name);
            IMPURE.contains(name) && (!module || rest.starts_with("::"))
        });
        if let Some((name, _)) = named {
            breaches.push(told(source, number, &format!("`{name}` in the pure part of core")));
        } else if clock {
            breaches.push(told(source, number, "a clock in the pure part of core"));
        }
    }
    breaches
}

/// Uses of a crate, outside of tests if told, in files that are not at home.
fn uses(source: &Source, named: fn(&str) -> bool, homes: &[&str], also_tests: bool, what: &str) -> Vec<String> {
    if !is_rust(source) || homes.iter().any(|home| source.path.starts_with(home)) {
        return Vec::new();
    }
    let end = if also_tests { usize::MAX } else { source.tests_start() };
    let lines = source.code().take_while(|(number, _)| *number < end);
    let found = lines.filter(|(_, line)| identifiers(line).any(|(name, rest)| named(name) && rest.starts_with("::")));
    found.map(|(number, _)| told(source, number, what)).collect()
}

/// The only SQL is the ledger's. Whole-program tests tamper with a ledger, xtask makes an empty one, and the bench has a
/// naive one to measure beside ours.
pub fn sql_in_the_ledger(source: &Source) -> Vec<String> {
    let homes = [
        "src-tauri/core/src/ledger",
        "src-tauri/core/tests/ledger",
        "src-tauri/xtask/",
        "tests/",
        "src-tauri/bench/src/parts/naive.rs",
    ];
    uses(source, |name| name == "sqlx", &homes, true, "sqlx outside core/src/ledger")
}

/// The only HTTP is the transport's; tests may ask a practice platform.
pub fn http_in_the_transport(source: &Source) -> Vec<String> {
    let homes = ["src-tauri/core/src/transport", "tests/"];
    uses(source, |name| name == "reqwest", &homes, false, "reqwest outside core/src/transport")
}

/// Only the simulator puts something in the place of sockets.
pub fn sockets_are_real(source: &Source) -> Vec<String> {
    let homes = ["src-tauri/core/src/transport/", "src-tauri/core/src/api/core.rs", "src-tauri/sim/"];
    if !is_rust(source) || homes.iter().any(|home| source.path.starts_with(home)) {
        return Vec::new();
    }
    let found = source.code().filter(|(_, line)| line.contains("open_over(") || line.contains("Transport::over("));
    found.map(|(number, _)| told(source, number, "a wire in place of sockets outside the simulator")).collect()
}

/// Only the window knows of Tauri, in code and in manifests.
pub fn tauri_in_the_window(source: &Source) -> Vec<String> {
    if source.path.ends_with("Cargo.toml") && !["src-tauri/Cargo.toml", "Cargo.toml"].contains(&source.path.as_str()) {
        let found = source.text.lines().enumerate().filter(|(_, line)| line.starts_with("tauri"));
        return found.map(|(index, _)| told(source, index + 1, "Tauri outside the window's package")).collect();
    }
    let homes = ["src-tauri/src/", "src-tauri/build.rs"];
    let tauri = |name: &str| name == "tauri" || name.starts_with("tauri_");
    uses(source, tauri, &homes, true, "Tauri outside the window")
}

/// Nothing is left for later, and no test is left out.
pub fn finished(source: &Source) -> Vec<String> {
    let mut words = vec!["todo!", "unimplemented!", "FIXME", "#[ignore"];
    if is_page_test(source) {
        words.extend([".skip(", ".only(", ".todo(", ".skipIf("]);
    }
    let mut breaches = Vec::new();
    for (index, line) in source.text.lines().enumerate() {
        if let Some(word) = words.iter().find(|word| line.contains(**word)) {
            breaches.push(told(source, index + 1, &format!("`{word}`")));
        }
    }
    breaches
}

/// A test waits for what it waits for, and never for time to pass.
pub fn tests_do_not_sleep(source: &Source) -> Vec<String> {
    let (from, word) = if is_rust(source) { (source.tests_start(), "sleep") } else { (1, "setTimeout") };
    if !is_rust(source) && !is_page_test(source) {
        return Vec::new();
    }
    let lines = source.code().skip_while(|(number, _)| *number < from);
    // A clock of a test's own has a `fn sleep` that does not sleep; only a call is meant.
    let found = lines.filter(|(_, line)| {
        !line.trim_start().trim_start_matches("pub ").starts_with("fn ")
            && identifiers(line).any(|(name, rest)| name == word && rest.starts_with('('))
    });
    found.map(|(number, _)| told(source, number, "a test that sleeps: wait for an event or a condition")).collect()
}

/// The name that a line declares, if it declares a type or a module.
fn declared(line: &str) -> Option<&str> {
    let keywords = ["struct", "enum", "trait", "mod", "type", "class", "interface", "union"];
    let mut words = identifiers(line);
    while let Some((word, _)) = words.next() {
        if keywords.contains(&word) {
            return words.next().map(|(name, _)| name);
        }
        if !["pub", "crate", "super", "in", "export", "default", "abstract", "declare", "const"].contains(&word) {
            return None;
        }
    }
    None
}

/// The words of a name, whether written LikeThis or like_this, in lower case.
fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    for c in name.chars() {
        if c == '_' || c == '-' || c == '.' || c.is_uppercase() {
            words.push(String::new());
        }
        if c.is_alphanumeric() {
            words.last_mut().expect("it starts with one").extend(c.to_lowercase());
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

/// Names that say nothing.
const EMPTY: [&str; 9] =
    ["manager", "managers", "helper", "helpers", "util", "utils", "processor", "processors", "misc"];

/// A name says what the thing is.
pub fn names_say_something(source: &Source) -> Vec<String> {
    if !["rs", "ts", "svelte"].contains(&source.ending()) {
        return Vec::new();
    }
    let file = source.path.rsplit('/').next().unwrap_or_default();
    let mut breaches = Vec::new();
    if words(file).iter().any(|word| EMPTY.contains(&word.as_str())) {
        breaches.push(told(source, 1, "a file name that says nothing"));
    }
    for (number, line) in source.code() {
        let Some(name) = declared(line) else { continue };
        if words(name).iter().any(|word| EMPTY.contains(&word.as_str())) {
            breaches.push(told(source, number, &format!("`{name}` says nothing: name what it is")));
        }
    }
    breaches
}

/// A concept's other names, as the last word of a name, and our word for it.
const SYNONYMS: [(&str, &str); 15] = [
    ("job", "Order or Dispatch"),
    ("sale", "Order"),
    ("shipment", "Dispatch"),
    ("submission", "Dispatch"),
    ("retry", "Attempt"),
    ("connector", "Adapter"),
    ("provider", "Platform or Adapter"),
    ("strategy", "DedupContract"),
    ("journal", "Ledger or reconciliation log"),
    ("handler", "Driver"),
    ("service", "Driver or Platform"),
    ("mock", "Practice"),
    ("mocks", "Practice"),
    ("fake", "Practice"),
    ("sandbox", "Practice"),
];

/// One word for each concept, as the design lists them.
pub fn one_word_for_each_concept(source: &Source) -> Vec<String> {
    if !["rs", "ts", "svelte"].contains(&source.ending()) {
        return Vec::new();
    }
    let mut breaches = Vec::new();
    for (number, line) in source.code() {
        let Some(name) = declared(line) else { continue };
        let words = words(name);
        let last = words.last().map_or("", String::as_str);
        let ends = ["external_id", "request_id"].contains(&words.join("_").as_str());
        if let Some((_, ours)) = SYNONYMS.iter().find(|(other, _)| *other == last) {
            breaches.push(told(source, number, &format!("`{name}`: our word is {ours}")));
        } else if ends {
            breaches.push(told(source, number, &format!("`{name}`: our words are Reference and IdempotencyKey")));
        }
    }
    breaches
}

/// Every Rust file says first what it is for.
pub fn heads(source: &Source) -> Vec<String> {
    let first = source.text.lines().find(|line| !line.trim().is_empty() && !line.starts_with("#!["));
    if !is_rust(source) || first.is_some_and(|line| line.starts_with("//!")) {
        return Vec::new();
    }
    vec![told(source, 1, "no head (`//!`) that says what it is for and what is not here")]
}
