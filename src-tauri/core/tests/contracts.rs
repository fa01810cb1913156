//! What the adapters say of themselves is what the documentation and the window's catalogues say.

use std::collections::{BTreeMap, BTreeSet};

use docket_core::adapters::{promise, registry};
use docket_core::api::saying::{Deed, Known, Next};
use docket_core::domain::wrong::WRONGS;
use serde_json::{Map, Value};

#[test]
fn the_page_of_contracts_is_current() {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/contracts.md");
    let written = std::fs::read_to_string(file).expect("the page is there");
    let stale = "docs/contracts.md is stale: write it anew with the command that stands in it";
    assert!(written == promise::page(), "{stale}");
}

fn catalogue(language: &str) -> Map<String, Value> {
    let file = format!("{}/../../ui/messages/{language}.json", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(&file).unwrap_or_else(|error| panic!("{file}: {error}"));
    serde_json::from_str(&text).expect("a catalogue is one JSON object")
}

/// The names in braces.
fn names(text: &str) -> BTreeSet<&str> {
    text.split('{').skip(1).filter_map(|rest| rest.split_once('}')).map(|(name, _)| name).collect()
}

/// The message of a form's label, as `ui/src/lib/labels.ts` makes it.
fn label_key(label: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { ' ' };
    let words: String = label.chars().map(plain).collect();
    format!("label_{}", words.split_whitespace().collect::<Vec<_>>().join("_"))
}

#[test]
fn the_window_calls_every_field_of_every_form_by_a_name_in_each_language() {
    let labels: BTreeSet<&str> = registry::all().flat_map(|adapter| adapter.form()).map(|field| field.label).collect();
    for language in ["en", "bn", "hi", "zh"] {
        let catalogue = catalogue(language);
        for label in &labels {
            let key = label_key(label);
            let message = catalogue.get(&key).and_then(Value::as_str);
            let message = message.unwrap_or_else(|| panic!("{language}.json has no {key}: {label}"));
            match language {
                "en" => assert_eq!(message, *label, "{key}: the adapter says it in other words"),
                _ => assert!(message != *label, "{key} is not translated"),
            }
        }
        let known: BTreeSet<String> = labels.iter().map(|label| label_key(label)).collect();
        let dead: Vec<_> = catalogue.keys().filter(|key| key.starts_with("label_") && !known.contains(*key)).collect();
        assert!(dead.is_empty(), "{language}.json has labels that no form has: {dead:?}");
    }
}

#[test]
fn the_window_has_every_sentence_of_every_adapter_in_each_language() {
    let sentences = promise::sentences();
    for language in ["en", "bn", "hi", "zh"] {
        let catalogue = catalogue(language);
        for (id, english) in &sentences {
            let key = format!("promise_{id}");
            let message = catalogue.get(&key).and_then(Value::as_str);
            let message = message.unwrap_or_else(|| panic!("{language}.json has no {key}: {english}"));
            assert_eq!(names(message), names(english), "{key} in {language}.json names other times");
            match language {
                "en" => assert_eq!(message, *english, "{key}: the adapter says it in other words"),
                _ => assert!(message != *english, "{key} is not translated"),
            }
        }
        let kept = catalogue.keys().filter_map(|key| key.strip_prefix("promise_"));
        let dead: Vec<_> = kept.filter(|id| !sentences.contains_key(id)).collect();
        assert!(dead.is_empty(), "{language}.json has sentences that no adapter says: {dead:?}");
    }
}

#[test]
fn the_window_has_every_platforms_words_in_each_language() {
    let words: BTreeMap<String, &str> =
        registry::all().flat_map(|adapter| adapter.words().all()).map(|word| (word.id, word.english)).collect();
    for language in ["en", "bn", "hi", "zh"] {
        let catalogue = catalogue(language);
        for (key, english) in &words {
            let message = catalogue.get(key).and_then(Value::as_str);
            let message = message.unwrap_or_else(|| panic!("{language}.json has no {key}: {english}"));
            match language {
                "en" => assert_eq!(message, *english, "{key}: the adapter says it in other words"),
                _ => assert!(message != *english, "{key} is not translated"),
            }
        }
        let owners: BTreeSet<&str> = registry::all().map(|adapter| adapter.words().of).collect();
        let ours = |key: &str| {
            let rest = key.strip_prefix("remedy_").or_else(|| key.strip_prefix("status_"));
            rest.is_some_and(|rest| owners.iter().any(|of| rest.starts_with(&format!("{of}_"))))
        };
        let dead: Vec<_> = catalogue.keys().filter(|key| ours(key) && !words.contains_key(*key)).collect();
        assert!(dead.is_empty(), "{language}.json has words that no adapter says: {dead:?}");
    }
}

/// Every sentence of what is known, what comes next, what can be done and what is wrong with a value, by its key in a catalogue.
fn told() -> Vec<(String, &'static str)> {
    let known = Known::SENTENCES.iter().map(|(code, english)| (format!("known_{code}"), *english));
    let next = Next::SENTENCES.iter().map(|(code, english)| (format!("next_{code}"), *english));
    let deeds = Deed::SENTENCES.iter().map(|(code, english)| (format!("deed_{code}"), *english));
    let wrongs = WRONGS.iter().map(|wrong| (format!("flaw_{}", wrong.id), wrong.english));
    known.chain(next).chain(deeds).chain(wrongs).collect()
}

#[test]
fn the_window_says_what_is_known_and_what_comes_next_in_each_language() {
    let sentences = told();
    for language in ["en", "bn", "hi", "zh"] {
        let catalogue = catalogue(language);
        for (key, english) in &sentences {
            let message = catalogue.get(key).and_then(Value::as_str);
            let message = message.unwrap_or_else(|| panic!("{language}.json has no {key}: {english}"));
            assert_eq!(names(message), names(english), "{key} in {language}.json names other values");
            let words = english.replace("{text}", "");
            match language {
                "en" => assert_eq!(message, *english, "{key}: the core says it in other words"),
                _ => assert!(words.is_empty() || message != *english, "{key} is not translated"),
            }
        }
        let ours = |key: &&String| ["known_", "next_", "deed_", "flaw_"].iter().any(|kind| key.starts_with(kind));
        let kept = catalogue.keys().filter(ours);
        let dead: Vec<_> = kept.filter(|key| !sentences.iter().any(|(told, _)| told == *key)).collect();
        assert!(dead.is_empty(), "{language}.json has sentences that the core never says: {dead:?}");
    }
}
