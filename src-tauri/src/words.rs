//! The few words that the system shows for Docket: in notices and in the tray. The page has the languages, so it gives them;
//! until it does, they are English.

use std::sync::{Mutex, PoisonError};

use docket_core::domain::wrong;
use serde::{Deserialize, Serialize};
use tauri::{AppHandle, Manager, State};

use crate::shell::Shell;
use crate::tray;

/// Sentences with names in braces, for values.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
pub struct ShellWords {
    /// One order waits for a decision: `{order}`.
    pub review_one: String,
    /// Several do: `{count}`.
    pub review_many: String,
    /// Orders of a batch were refused: `{refused}`, `{of}`.
    pub refused: String,
    /// Nothing is sent for an account: `{account}`.
    pub paused: String,
    /// Where things stand: `{doubt}`, `{review}`.
    pub standing: String,
    /// Shows the window.
    pub open: String,
    /// Ends Docket.
    pub quit: String,
}

impl Default for ShellWords {
    fn default() -> ShellWords {
        ShellWords {
            review_one: "Order {order} waits for your decision".into(),
            review_many: "Orders that wait for your decision: {count}".into(),
            refused: "{refused} of {of} orders were refused".into(),
            paused: "Account {account} is paused; nothing is sent for it".into(),
            standing: "In doubt: {doubt}. To review: {review}".into(),
            open: "Open Docket".into(),
            quit: "Quit".into(),
        }
    }
}

/// The words in use.
#[derive(Default)]
pub struct Words(Mutex<ShellWords>);

impl Words {
    /// As they are now.
    pub fn now(&self) -> ShellWords {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// A sentence with values in the place of their names. A name that has no value leaves nothing.
pub fn filled(sentence: &str, values: &[(&str, &str)]) -> String {
    let value = |name: &str| values.iter().find(|(known, _)| *known == name).map_or("", |(_, value)| value);
    wrong::filled(sentence, |name| value(name).to_owned())
}

/// The page's words, in the language that the person has chosen.
#[tauri::command]
#[specta::specta]
pub fn speak(app: AppHandle, shell: State<'_, Shell>, words: ShellWords) {
    *shell.words.0.lock().unwrap_or_else(PoisonError::into_inner) = words;
    tray::reword(&app);
}

/// What waits, in the words in use.
pub fn standing(app: &AppHandle, doubt: u32, review: u32) -> String {
    let words = app.state::<Shell>().words.now();
    filled(&words.standing, &[("doubt", &doubt.to_string()), ("review", &review.to_string())])
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Until the page has spoken, they are those of its English catalogue.
    #[test]
    fn the_first_words_are_the_catalogues() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../ui/messages/en.json");
        let catalogue: serde_json::Value =
            serde_json::from_str(&std::fs::read_to_string(path).expect("the catalogue")).expect("it is JSON");
        let ShellWords { review_one, review_many, refused, paused, standing, open, quit } = ShellWords::default();
        for (key, word) in [
            ("notice_review_one", review_one),
            ("notice_review_many", review_many),
            ("notice_refused", refused),
            ("notice_paused", paused),
            ("tray_standing", standing),
            ("tray_open", open),
            ("closing_quit", quit),
        ] {
            assert_eq!(catalogue[key], word, "{key}");
        }
    }

    #[test]
    fn values_take_the_place_of_their_names_and_are_not_read_themselves() {
        let said = filled("{a} of {b}; {c}", &[("a", "{b}"), ("b", "2")]);
        assert_eq!(said, "{b} of 2; ");
        assert_eq!(filled("no names", &[]), "no names");
    }
}
