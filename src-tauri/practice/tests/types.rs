//! What the window shows can be written as TypeScript, with the names that are used in JSON.

use docket_practice::{Endpoint, PracticeState, TruthOrder};
use specta::Types;
use specta_typescript::Typescript;

#[test]
fn the_types_of_the_window_export() {
    let types = Types::default().register::<TruthOrder>().register::<Endpoint>().register::<PracticeState>();
    let text = Typescript::default().export(&types, specta_serde::Format).unwrap();
    for expected in ["created_at_ms: number", "\"error_500_before\"", "\"pathao\" | ", "held: ", "\"uber-direct\" | "] {
        assert!(text.contains(expected), "{expected} is missing in:\n{text}");
    }
    assert!(!text.contains("bigint"));
}
