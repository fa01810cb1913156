//! What a person has chosen for the program itself, on this machine: notices, and a start at login.
//!
//! Not in the ledger: that may lie on another machine tomorrow. Language and theme are the page's own.

use docket_core::api::{ApiError, ErrorCode};
use serde::{Deserialize, Serialize};
use tauri::{AppHandle, State};
use tauri_plugin_autostart::ManagerExt;

use crate::paths::Paths;
use crate::shell::Shell;

/// What stands in the file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Kept {
    /// Whether the system shows a notice for what needs a person.
    pub notifications: bool,
}

impl Default for Kept {
    fn default() -> Kept {
        Kept { notifications: true }
    }
}

/// What is chosen now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, specta::Type)]
pub struct Preferences {
    /// Whether the system shows a notice for what needs a person.
    pub notifications: bool,
    /// Whether Docket starts when the person logs in, in the background.
    pub start_at_login: bool,
}

/// What was chosen; the defaults where nothing was, or where the file does not read.
pub fn read(paths: &Paths) -> Kept {
    let text = std::fs::read_to_string(paths.preferences()).unwrap_or_default();
    serde_json::from_str(&text).unwrap_or_default()
}

fn write(paths: &Paths, kept: &Kept) -> Result<(), ApiError> {
    let file = paths.preferences();
    let failed = |why: String| ApiError {
        code: ErrorCode::Invalid,
        message: format!("{}: {why}. Check the folder and the disk.", file.display()),
    };
    let text = serde_json::to_string_pretty(kept).map_err(|error| failed(error.to_string()))?;
    std::fs::write(&file, text).map_err(|error| failed(error.to_string()))
}

/// What is chosen.
#[tauri::command]
#[specta::specta]
pub fn preferences(app: AppHandle, shell: State<'_, Shell>) -> Preferences {
    let start_at_login = app.autolaunch().is_enabled().unwrap_or(false);
    Preferences { notifications: read(&shell.paths).notifications, start_at_login }
}

/// Notices, or none.
#[tauri::command]
#[specta::specta]
pub fn set_notifications(shell: State<'_, Shell>, on: bool) -> Result<(), ApiError> {
    write(&shell.paths, &Kept { notifications: on })
}

/// Starts Docket at login from now on, in the background, or does not. Off until somebody asks for it.
#[tauri::command]
#[specta::specta]
pub fn set_start_at_login(app: AppHandle, on: bool) -> Result<(), ApiError> {
    let asked = if on { app.autolaunch().enable() } else { app.autolaunch().disable() };
    asked.map_err(|error| ApiError {
        code: ErrorCode::NotAllowed,
        message: format!("the start at login could not be changed: {error}"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notices_are_on_until_they_are_switched_off() {
        let folder = tempfile::tempdir().unwrap();
        let paths = Paths::within(folder.path());
        assert!(read(&paths).notifications);
        write(&paths, &Kept { notifications: false }).unwrap();
        assert!(!read(&paths).notifications);
        std::fs::write(paths.preferences(), "not JSON").unwrap();
        assert!(read(&paths).notifications, "a file that does not read says nothing");
    }
}
