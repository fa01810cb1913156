//! The repository's own text: where it is, and which tests stand in a file.

use std::collections::BTreeSet;
use std::path::PathBuf;

/// The repository's root.
pub fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The tests in a file, by its path from the root: each function below a test's attribute.
///
/// # Panics
/// When the file cannot be read.
pub fn tests_in(file: &str) -> BTreeSet<String> {
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
