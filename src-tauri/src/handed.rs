//! Files that the system hands over: a double click in a file manager, at the first start or at a second one.
//!
//! The page takes the file when it is ready for it, so one that comes before the page does waits. Not here: what is in it.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use serde::{Deserialize, Serialize};
use tauri::{AppHandle, Manager, State, Url};
use tauri_specta::Event;

use crate::shell::Shell;

/// The argument that a start at login has: the window does not come to the front.
pub const HIDDEN: &str = "--hidden";

/// A file waits for the page to take it.
#[derive(Clone, Debug, Serialize, Deserialize, specta::Type, Event)]
pub struct FileHanded {}

/// The last file that was handed over and not taken yet.
#[derive(Default)]
pub struct Handed(Mutex<Option<String>>);

impl Handed {
    fn put(&self, file: String) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(file);
    }

    fn take(&self) -> Option<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// The file among a program's arguments, its own name included; a path that is not whole counts from `folder`.
pub fn file_among(arguments: &[String], folder: &Path) -> Option<PathBuf> {
    let given = arguments.iter().skip(1).find(|argument| !argument.is_empty() && !argument.starts_with('-'))?;
    // A file manager may give an address in place of a path.
    let path = match Url::parse(given) {
        Ok(address) if address.scheme() == "file" => address.to_file_path().ok()?,
        Ok(_) | Err(_) => PathBuf::from(given),
    };
    Some(folder.join(path))
}

/// Takes over what this start, or a second one, was given.
pub fn hand_over(app: &AppHandle, arguments: &[String], folder: &Path) {
    let Some(file) = file_among(arguments, folder) else { return };
    app.state::<Shell>().handed.put(file.display().to_string());
    if let Err(error) = (FileHanded {}).emit(app) {
        tracing::warn!(%error, "the page was not told of a file; it looks for one when it is loaded");
    }
}

/// The file that waits, once.
#[tauri::command]
#[specta::specta]
pub fn take_handed_file(shell: State<'_, Shell>) -> Option<String> {
    shell.handed.take()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(arguments: &[&str]) -> Option<String> {
        let arguments: Vec<String> = arguments.iter().map(|argument| (*argument).to_owned()).collect();
        file_among(&arguments, Path::new("/home/anik")).map(|path| path.display().to_string())
    }

    #[test]
    fn a_file_is_found_among_the_arguments() {
        assert_eq!(found(&["docket"]), None);
        assert_eq!(found(&["docket", HIDDEN]), None);
        assert_eq!(found(&["docket", ""]), None);
        assert_eq!(found(&["docket", HIDDEN, "orders.csv"]).as_deref(), Some("/home/anik/orders.csv"));
        assert_eq!(found(&["docket", "/tmp/a b.csv"]).as_deref(), Some("/tmp/a b.csv"));
        assert_eq!(found(&["docket", "file:///tmp/a%20b.jsonl"]).as_deref(), Some("/tmp/a b.jsonl"));
    }

    #[test]
    fn a_file_is_taken_once_and_a_later_one_takes_the_place_of_an_earlier() {
        let handed = Handed::default();
        handed.put("one.csv".into());
        handed.put("two.csv".into());
        assert_eq!(handed.take().as_deref(), Some("two.csv"));
        assert_eq!(handed.take(), None);
    }
}
