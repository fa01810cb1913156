//! What the platforms' documents leave open, one point after the other: each switch that a row of the contract table
//! (`tests/conformance.csv`) turns, but for those in `APART`, stands in its positions through whole worlds, whatever else
//! happens in them.
//!
//! Not here: what a row's own tests show (named in the table), or worlds in which everything is drawn (`lives`).

use std::collections::BTreeSet;

use docket_practice::{PracticePlatform, Switches};
use docket_sim::{Pin, Tally, Worlds};
use docket_tests::chance::{say, seed};
use docket_tests::source::root;
use serde_json::{Value, json};

/// Worlds for each position.
const WORLDS: u64 = 1;

/// What stands in its second position for a time only, and what is no open point.
const APART: [(&str, &str); 5] = [
    ("account_inactive", "nothing goes on until it is mended: it comes and goes in every world"),
    ("credentials_revoked", "the same"),
    ("key_lifetime_ms", "drawn with the settings that have to say so"),
    ("refused_create_commits", "turned with a refusal only"),
    ("wrong_environment", "the account is paused at once: shown by tests/credentials"),
];

/// The positions of what is not just on or off. Times are short beside the quiet time, as the account's settings promise.
fn positions(switch: &str, platform: PracticePlatform) -> Vec<Value> {
    let refusal = if platform == PracticePlatform::Doordash { "distance_too_long" } else { "address_undeliverable" };
    let all = match switch {
        "anonymized_after_ms" => json!([0, 600_000]),
        "auto_cancel_ms" => json!([0, 1_800_000]),
        "cancel_refused_status" | "conflict_status" => json!([400, 409, 422]),
        "create_refused_as" => json!(["", refusal]),
        "creation_ms" | "in_progress_ms" | "list_lag_ms" | "race_window_ms" => json!([0, 4_000]),
        "duplicate_answer" if platform == PracticePlatform::Postmates => {
            json!(["conflict_with_pointer", "conflict_without_pointer", "see_other"])
        }
        "duplicate_answer" => json!(["conflict_with_pointer", "conflict_without_pointer"]),
        "error_shape" => json!(["messages", "message", "errors"]),
        "list_max" => json!([100, 10]),
        "list_shape" => json!(["array", "orders"]),
        "offset_spelling" => json!(["both", "capital", "small"]),
        "page_default" => json!([100, 3]),
        "pair_rule" => json!(["while_active", "forever", "off"]),
        "read_routes" => json!(["served", "not_found", "page"]),
        "reference_max" => json!([0, 10]),
        "repeat_answer" => json!(["conflict", "existing"]),
        "replay_body" => json!(["full", "empty", "status_only"]),
        // Pathao says that it is a day.
        "retention_ms" if platform == PracticePlatform::Pathao => json!([0, 86_400_000]),
        "retention_ms" => json!([0, 600_000]),
        // And `without`: while no list is served nothing leaves (`a_redirect_is_followed_nowhere`).
        "slash" => json!(["either", "with"]),
        "slash_redirect_status" => json!([301, 307, 308]),
        "token_life_s" => json!([2_592_000, 180]),
        _ => json!([false, true]),
    };
    all.as_array().expect("positions").clone()
}

/// What the rows of a platform turn.
fn switches_of(platform: PracticePlatform) -> BTreeSet<String> {
    let whose = match platform {
        PracticePlatform::Postmates => "PM-",
        PracticePlatform::UberDirect => "UD-",
        PracticePlatform::Foxreload => "FR-",
        PracticePlatform::PrintOne => "PO-",
        PracticePlatform::Pathao => "PA-",
        PracticePlatform::Doordash => "DD-",
    };
    let mut table = csv::Reader::from_path(root().join("tests/conformance.csv")).expect("the table is readable");
    let rows = table.records().map(|row| row.expect("a row")).filter(|row| row[0].starts_with(whose));
    let named = rows.flat_map(|row| row[4].split_whitespace().map(str::to_owned).collect::<Vec<_>>());
    named.filter(|switch| APART.iter().all(|(apart, _)| apart != switch)).collect()
}

fn at(platform: PracticePlatform) {
    let (seed, mut tally, mut number) = (seed(), Tally::default(), 0);
    let mut worlds = Worlds::new(seed, Some(platform));
    let mut wrong = Vec::new();
    // What has to happen in these worlds, or they show nothing.
    let mut seen = [("bound", 0), ("\"replay\":true", 0), ("proven_absent", 0)];
    for switch in switches_of(platform) {
        for position in positions(&switch, platform) {
            let pin = Pin { switch: switch.clone(), position };
            worlds = worlds.pinned(Some(pin));
            for _ in 0..WORLDS {
                let world = worlds.play(number);
                tally.add(&world);
                for (what, times) in &mut seen {
                    *times += world.log.iter().filter(|line| line.contains(*what)).count();
                }
                if !world.findings.wrong().is_empty() {
                    wrong.push(format!("{:?}\n{}", world.findings.wrong(), worlds.again(number)));
                }
                number += 1;
            }
        }
    }
    say(&tally.to_string());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    // What is fenced is sent again under its key or reference; what is not, once it is proven absent.
    let anew = if platform == PracticePlatform::Foxreload { "proven_absent" } else { "\"replay\":true" };
    let happened = |what| seen.iter().any(|(seen, times)| *seen == what && *times > 0);
    assert!(happened("bound") && happened(anew), "{platform}: {seen:?}");
    say(&format!("{platform}: {seen:?}"));
}

#[test]
fn at_postmates() {
    at(PracticePlatform::Postmates);
}

#[test]
fn at_uber_direct() {
    at(PracticePlatform::UberDirect);
}

#[test]
fn at_foxreload() {
    at(PracticePlatform::Foxreload);
}

#[test]
fn at_print_one() {
    at(PracticePlatform::PrintOne);
}

#[test]
fn at_pathao() {
    at(PracticePlatform::Pathao);
}

#[test]
fn at_doordash() {
    at(PracticePlatform::Doordash);
}

/// A switch has a position beside its first, and each is one that the platform takes.
#[test]
fn every_position_is_one() {
    for platform in PracticePlatform::ALL {
        for switch in switches_of(platform) {
            let all = positions(&switch, platform);
            let first = Switches::of(platform);
            let held: Vec<Switches> =
                all.into_iter().map(|position| Pin { switch: switch.clone(), position }.held(&first)).collect();
            assert!(held.len() > 1 && held.windows(2).all(|two| two[0] != two[1]), "{platform}: {switch}");
        }
    }
}
