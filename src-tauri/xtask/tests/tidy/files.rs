//! Which files the rules are held against.

use std::path::{Path, PathBuf};
use std::process::Command;

/// One source file: its path from the top folder, with slashes, and its text.
pub struct Source {
    /// As `git ls-files` prints it.
    pub path: String,
    /// All of it.
    pub text: String,
}

impl Source {
    /// A sample for a rule to fail on.
    pub fn sample(path: &str, text: &str) -> Self {
        Self { path: path.to_owned(), text: text.to_owned() }
    }

    /// The ending of the name, without its dot.
    pub fn ending(&self) -> &str {
        self.path.rsplit_once('.').map_or("", |(_, ending)| ending)
    }

    /// The lines, counted from 1, without line comments.
    pub fn code(&self) -> impl Iterator<Item = (usize, &str)> {
        self.text.lines().enumerate().map(|(index, line)| (index + 1, without_comment(line)))
    }

    /// The number of the line from where on a Rust file is tests only; one past the end if it has none.
    pub fn tests_start(&self) -> usize {
        // tests/src is the whole-program tests' library, where a bounded wait for a condition may pause between two looks.
        let whole_program = self.path.starts_with("tests/") && !self.path.starts_with("tests/src/");
        let all = whole_program || self.path.contains("/tests/") || self.path.ends_with("tests.rs");
        if all {
            return 1;
        }
        let found = self.text.lines().position(|line| line.trim_start().starts_with("#[cfg(test)]"));
        found.unwrap_or_else(|| self.text.lines().count()) + 1
    }
}

fn without_comment(line: &str) -> &str {
    let starts = line.match_indices("//").map(|(at, _)| at);
    // "http://..." in a text is no comment.
    let start = starts.into_iter().find(|at| !line[..*at].ends_with(':'));
    start.map_or(line, |at| &line[..at])
}

/// The endings of files that hold code or data of ours.
const ENDINGS: [&str; 7] = ["rs", "ts", "svelte", "css", "sql", "js", "toml"];

/// Written by a program, and so not ours to tidy; and the rules themselves, which name what they forbid.
const LEFT_OUT: [&str; 2] = ["ui/src/bindings/", "src-tauri/xtask/tests/tidy/"];

/// The top folder, as cargo says it now and not when this was compiled.
pub fn root() -> PathBuf {
    let package = std::env::var_os("CARGO_MANIFEST_DIR").expect("cargo tells its tests where their package is");
    PathBuf::from(package).join("../..")
}

/// Every file of ours: tracked or about to be, or, without git, found by walking.
pub fn all() -> Vec<Source> {
    let root = root();
    let mut paths = listed(&root).unwrap_or_else(|| walked(&root));
    paths.retain(|path| !LEFT_OUT.iter().any(|prefix| path.starts_with(prefix)));
    let sources = paths.into_iter().map(|path| Source::sample(&path, ""));
    let known = sources.filter(|source| ENDINGS.contains(&source.ending()));
    let read = known.filter_map(|source| {
        // A file that git still lists may have been deleted.
        let text = std::fs::read_to_string(root.join(&source.path)).ok()?;
        Some(Source { text, ..source })
    });
    read.collect()
}

fn listed(root: &Path) -> Option<Vec<String>> {
    let mut git = Command::new("git");
    git.args(["ls-files", "--cached", "--others", "--exclude-standard"]).current_dir(root);
    let output = git.output().ok().filter(|output| output.status.success())?;
    let text = String::from_utf8(output.stdout).ok()?;
    Some(text.lines().map(str::to_owned).collect())
}

fn walked(root: &Path) -> Vec<String> {
    let mut found = Vec::new();
    let mut folders = vec![PathBuf::new()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(root.join(&folder)).into_iter().flatten().flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            let path = folder.join(&name);
            match entry.file_type() {
                Ok(kind) if kind.is_dir() => {
                    if !["target", "node_modules", "dist", "gen", ".git"].contains(&name.as_str()) {
                        folders.push(path);
                    }
                }
                Ok(_) => found.push(path.to_string_lossy().into_owned()),
                Err(_) => {}
            }
        }
    }
    found
}

#[test]
fn comments_are_left_out_and_addresses_are_not() {
    assert_eq!(without_comment("let a = 1; // sqlx"), "let a = 1; ");
    assert_eq!(without_comment("let a = \"http://host\"; // b"), "let a = \"http://host\"; ");
}

#[test]
fn git_and_a_walk_find_the_same_core() {
    let root = root();
    assert!(walked(&root).contains(&"src-tauri/core/src/lib.rs".to_owned()));
    assert!(all().iter().any(|source| source.path == "src-tauri/core/src/lib.rs"));
}
