//! The recorded answers of each platform: whatever lies beside its adapter and is no request.

use std::path::Path;

use docket_core::domain::Platform;

/// What Docket sends, not what it reads.
const REQUESTS: [&str; 2] = ["create.json", "quote_request.json"];
/// Counts twice: where the other answers are many, so that enough of the changed ones are still read as an order.
const TWICE: [(Platform, &str); 2] = [(Platform::PrintOne, "created.json"), (Platform::Doordash, "created.json")];

/// The recorded answers of a platform, by name; `core` is the core's folder. They are read once in the life of the process, and
/// stay.
///
/// # Panics
/// When the folder cannot be read, or holds no answer.
pub fn of(core: &Path, platform: Platform) -> Vec<&'static [u8]> {
    let folder = core.join("src/adapters").join(platform.code().replace('-', "_"));
    let files = std::fs::read_dir(folder.join("fixtures")).unwrap_or_else(|error| panic!("{platform}: {error}"));
    let mut names: Vec<String> =
        files.map(|file| file.expect("a file").file_name().into_string().expect("a plain name")).collect();
    names.retain(|name| !REQUESTS.contains(&name.as_str()));
    names.extend(TWICE.iter().filter(|(whose, _)| *whose == platform).map(|(_, name)| (*name).to_owned()));
    names.sort();
    let read = |name: &String| -> &'static [u8] {
        std::fs::read(folder.join("fixtures").join(name)).expect("it is readable").leak()
    };
    let answers: Vec<_> = names.iter().map(read).collect();
    assert!(!answers.is_empty(), "{platform}: no answer was recorded");
    answers
}
