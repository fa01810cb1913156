//! What the page and the program may do, each with the reason why. A right without a reason here fails a test, and so does a
//! reason without a right.
//!
//! Each rule is also shown a breach, so that one that finds nothing is known to look.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use serde_json::{Value, json};

/// What the page may ask of Tauri itself, beside Docket's own commands.
const PERMISSIONS: &[(&str, &str)] = &[
    (
        "core:event:allow-listen",
        "the page hears that the ledger changed, that a file waits, that closing was asked for",
    ),
    ("core:event:allow-unlisten", "and stops hearing it, when what heard it is gone"),
];

/// Plugins, all of them used by the shell alone: the page has a permission for none.
const PLUGINS: &[(&str, &str)] = &[
    ("autostart", "a start at login, off until somebody asks for it"),
    ("dialog", "a person chooses a file to import, or a place to export to"),
    ("notification", "the system shows what needs a person"),
    ("single-instance", "a second start hands its file to the first"),
    ("window-state", "the window is where and as large as it was left"),
];

/// What would give the page, or whoever gets into it, more than Docket needs. `tauri-plugin-fs` is compiled, because the
/// dialog takes its type of path from it; it is registered nowhere, so none of its commands can be called.
const NEVER_LINKED: [&str; 9] =
    ["shell", "http", "upload", "websocket", "process", "opener", "os", "sql", "persisted-scope"];

/// Where the page may take anything from; and what else, for one purpose.
const SOURCES: [&str; 2] = ["'self'", "'none'"];
const ONLY_FOR: [(&str, &str); 3] =
    [("img-src", "data:"), ("connect-src", "ipc:"), ("connect-src", "http://ipc.localhost")];

/// What a policy has to say, because it does not follow from `default-src`, or must not.
const DIRECTIVES: [&str; 8] = [
    "default-src",
    "script-src",
    "style-src",
    "connect-src",
    "object-src",
    "base-uri",
    "form-action",
    "frame-ancestors",
];

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn text(path: &str) -> String {
    let path = folder().join(path);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn parsed(path: &str) -> Value {
    serde_json::from_str(&text(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn names(table: &[(&str, &str)]) -> BTreeSet<String> {
    table.iter().map(|(name, _)| (*name).to_owned()).collect()
}

/// What one capability gives that it should not.
fn capability(given: &Value) -> Vec<String> {
    let mut breaches = Vec::new();
    if given["windows"] != json!(["main"]) || given.get("webviews").is_some() {
        breaches.push("it is for another window than `main`".to_owned());
    }
    if given.get("remote").is_some() || given["local"] == false {
        breaches.push("it is for pages of elsewhere".to_owned());
    }
    let reasons = names(PERMISSIONS);
    for permission in given["permissions"].as_array().into_iter().flatten() {
        match permission.as_str() {
            Some(name) if reasons.contains(name) => {}
            Some(name) => breaches.push(format!("{name} has no reason beside it")),
            None => breaches.push(format!("{permission} has a scope of its own, and no reason beside it")),
        }
    }
    breaches
}

#[test]
fn every_permission_has_a_reason_and_every_reason_a_permission() {
    let files = std::fs::read_dir(folder().join("capabilities")).expect("the folder is there").flatten();
    let mut given = BTreeMap::new();
    for file in files {
        let name = file.file_name().to_string_lossy().into_owned();
        let one = parsed(&format!("capabilities/{name}"));
        assert_eq!(capability(&one), Vec::<String>::new(), "{name}");
        given.insert(one["identifier"].as_str().unwrap_or_default().to_owned(), one);
    }
    let used: BTreeSet<String> = given
        .values()
        .flat_map(|one| one["permissions"].as_array().cloned().unwrap_or_default())
        .filter_map(|permission| permission.as_str().map(str::to_owned))
        .collect();
    assert_eq!(used, names(PERMISSIONS), "a reason without a permission");
    // What the build resolved, which is what is compiled in: no more capabilities, and no more in them.
    let built = parsed("gen/schemas/capabilities.json");
    let built = built.as_object().expect("capabilities by name");
    assert_eq!(built.keys().collect::<Vec<_>>(), given.keys().collect::<Vec<_>>());
    for (name, one) in built {
        assert_eq!(capability(one), Vec::<String>::new(), "{name} as built");
    }
}

#[test]
fn a_permission_without_a_reason_is_seen() {
    let with = |permissions: Value| json!({ "windows": ["main"], "permissions": permissions });
    assert_eq!(capability(&with(json!(["core:event:allow-listen"]))), Vec::<String>::new());
    for breach in [
        with(json!(["core:default"])),
        with(json!([{ "identifier": "core:event:allow-listen", "allow": [] }])),
        json!({ "windows": ["*"], "permissions": [] }),
        json!({ "windows": ["main"], "permissions": [], "remote": { "urls": ["https://example.org"] } }),
    ] {
        assert_ne!(capability(&breach), Vec::<String>::new(), "{breach}");
    }
}

/// What is wrong with a content security policy.
fn policy(csp: &Value) -> Vec<String> {
    let Some(directives) = csp.as_object() else { return vec!["it is not written directive by directive".to_owned()] };
    let mut breaches = Vec::new();
    for needed in DIRECTIVES.iter().filter(|needed| !directives.contains_key(**needed)) {
        breaches.push(format!("{needed} is missing"));
    }
    for (directive, sources) in directives {
        let sources = sources.as_str().unwrap_or("?");
        let allowed = |source: &&str| SOURCES.contains(source) || ONLY_FOR.contains(&(directive.as_str(), *source));
        for source in sources.split_whitespace().filter(|source| !allowed(source)) {
            breaches.push(format!("{directive} allows {source}"));
        }
    }
    breaches
}

#[test]
fn the_policy_allows_nothing_from_elsewhere_and_nothing_unsafe() {
    let config = parsed("tauri.conf.json");
    let security = &config["app"]["security"];
    assert_eq!(policy(&security["csp"]), Vec::<String>::new());
    assert_eq!(security["freezePrototype"], true);
    assert_eq!(security["pattern"]["use"], "isolation");
    assert_ne!(config["app"]["withGlobalTauri"], true, "the page has its calls from the bindings");
    // Whatever else can be set there opens something: a policy for development, a protocol for files, headers.
    let set: Vec<&String> = security.as_object().expect("settings").keys().collect();
    assert_eq!(set, ["csp", "freezePrototype", "pattern"]);
    let other: Vec<String> = std::fs::read_dir(folder())
        .expect("the folder is there")
        .flatten()
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .filter(|name| name.starts_with("tauri.") && name != "tauri.conf.json")
        .collect();
    for name in other {
        assert!(parsed(&name).get("app").is_none(), "{name} changes what the window is");
    }
}

#[test]
fn a_policy_that_allows_more_is_seen() {
    let csp = parsed("tauri.conf.json")["app"]["security"]["csp"].clone();
    for (directive, sources) in [
        ("script-src", "'self' 'unsafe-inline'"),
        ("script-src", "'self' data:"),
        ("default-src", "ipc:"),
        ("script-src", "'self' 'unsafe-eval'"),
        ("img-src", "'self' https:"),
        ("connect-src", "ipc: http://ipc.localhost https://example.org"),
        ("default-src", "*"),
    ] {
        let mut wider = csp.clone();
        wider[directive] = json!(sources);
        assert_ne!(policy(&wider), Vec::<String>::new(), "{directive} {sources}");
    }
    let mut without = csp;
    without.as_object_mut().expect("directives").remove("object-src");
    assert_ne!(policy(&without), Vec::<String>::new());
}

/// The plugins among a manifest's dependencies.
fn plugins(manifest: &str) -> BTreeSet<String> {
    let names = manifest.lines().filter_map(|line| line.trim().strip_prefix("tauri-plugin-"));
    names.map(|rest| rest.split(['.', ' ', '=']).next().unwrap_or_default().to_owned()).collect()
}

#[test]
fn every_plugin_has_a_reason_and_none_reaches_further() {
    let linked = plugins(&text("Cargo.toml"));
    assert_eq!(linked, names(PLUGINS), "a plugin without a reason, or a reason without a plugin");
    assert_eq!(plugins("tauri-plugin-shell = \"2\"\nserde = \"1\""), BTreeSet::from(["shell".to_owned()]));
    // What is registered is what is linked: each in one line of `run`.
    let run = text("src/lib.rs");
    let registered = run.matches(".plugin(tauri_plugin_").count();
    assert_eq!(registered, PLUGINS.len());
    assert_eq!(run.matches(".plugin(").count(), registered, "something else is registered as a plugin");
    let lock = text("../Cargo.lock");
    for name in NEVER_LINKED {
        assert!(!lock.contains(&format!("\"tauri-plugin-{name}\"")), "tauri-plugin-{name} came with something");
    }
    // The manifests that the build saw: the permissions of every plugin that could be asked for anything.
    let manifests = parsed("gen/schemas/acl-manifests.json");
    let known = manifests.as_object().expect("manifests by plugin").keys();
    let foreign: Vec<_> = known.filter(|name| !name.starts_with("core") && !linked.contains(*name)).collect();
    assert!(foreign.is_empty(), "permissions of plugins that are not linked by us: {foreign:?}");
}

/// The names in a list of the isolation script.
fn listed<'a>(script: &'a str, list: &str) -> BTreeSet<&'a str> {
    let from = script.split_once(list).map_or("", |(_, from)| from);
    let list = from.split_once("])").map_or("", |(list, _)| list);
    list.split('\'').skip(1).step_by(2).collect()
}

#[test]
fn the_isolation_frame_lets_through_what_the_program_has_and_no_more() {
    // Written anew: those in ui may be older than the program.
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("index.ts");
    let written = crate::bindings::builder().export(specta_typescript::Typescript::default(), &file);
    written.expect("the bindings can be written");
    let bindings = std::fs::read_to_string(file).expect("they were written");
    let called = bindings.split("__TAURI_INVOKE").filter(|rest| rest.starts_with(['(', '<']));
    let commands: BTreeSet<&str> = called.filter_map(|rest| rest.split('"').nth(1)).collect();
    assert!(commands.len() > 20, "the bindings are read: {commands:?}");
    let script = text("isolation/index.js");
    assert_eq!(listed(&script, "COMMANDS = new Set(["), commands);
    let events = listed(&script, "EVENTS = new Set([");
    assert_eq!(events, BTreeSet::from(["plugin:event|listen", "plugin:event|unlisten"]));
}

#[test]
fn the_page_names_no_place_elsewhere() {
    for file in ["../ui/index.html", "isolation/index.html", "isolation/index.js"] {
        let text = text(file);
        assert!(!text.contains("http:") && !text.contains("https:") && !text.contains("\"//"), "{file}");
    }
}
