//! The commands and events of the page, and the TypeScript that is generated from them.

use tauri_specta::{Builder, collect_commands, collect_events};

use crate::{changes, codes, commands, files, handed, practice, preferences, stop, words};

/// Every command and event. A command that is not in this list cannot be called.
pub fn builder() -> Builder<tauri::Wry> {
    Builder::new()
        .commands(collect_commands![
            commands::startup,
            commands::platforms,
            commands::accounts,
            commands::counts,
            commands::orders,
            commands::order,
            commands::log,
            commands::cases,
            commands::verify,
            commands::check_order,
            commands::day,
            commands::run,
            commands::add_account,
            commands::change_credentials,
            commands::last_seq,
            commands::try_again,
            codes::reveal_codes,
            files::choose_file,
            files::export_log,
            files::back_up,
            files::save_wrong_rows,
            practice::practice_state,
            practice::practice_truth,
            practice::practice_set_switches,
            practice::practice_first_switches,
            practice::practice_queue_fault,
            practice::practice_clear_faults,
            practice::practice_stranger,
            practice::practice_release,
            handed::take_handed_file,
            preferences::preferences,
            preferences::set_notifications,
            preferences::set_start_at_login,
            words::speak,
            stop::keep_working,
            stop::quit,
        ])
        .events(collect_events![changes::LedgerChanged, handed::FileHanded, stop::CloseAsked])
        // Amounts, counts and times stay far below 2^53.
        .dangerously_cast_bigints_to_number()
        .disable_serde_phases()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Writes `ui/src/bindings/index.ts`. It is committed; a check compares it after the tests.
    #[test]
    fn bindings() {
        let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../ui/src/bindings/index.ts");
        let header = "/* eslint-disable */\n// Generated from Rust by `cargo test -p docket bindings`.\n";
        let language = specta_typescript::Typescript::default().header(header);
        builder().export(language, file).expect("the bindings can be written");
        let written = std::fs::read_to_string(file).expect("the bindings were written");
        assert!(written.contains("ledgerChanged"), "the event is in the bindings");
    }
}
