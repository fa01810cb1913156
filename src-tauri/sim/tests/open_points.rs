//! What the platforms' documents leave open, one point after the other: each switch that a row of the contract table
//! (`tests/conformance.csv`) turns, but for those in `APART`, stands in its positions through whole worlds, whatever else
//! happens in them. Beside each world the platform stands in the other positions and is asked the same: a point is met where
//! an answer to Docket would have been another one there. What is not met is in `NEVER` and `SELDOM`.
//!
//! Not here: what a row's own tests show (named in the table), or worlds in which everything is drawn (`lives`).

use std::collections::BTreeSet;

use docket_practice::{PracticePlatform, Switches};
use docket_sim::{Pin, Tally, Worlds};
use docket_tests::chance::{say, seed};
use docket_tests::source::root;
use serde_json::{Value, json};

use PracticePlatform::{Doordash, Foxreload, Pathao, Postmates, PrintOne, UberDirect};

/// Worlds for each position: until an answer has told it from another one, but no more than these.
const WORLDS: u64 = 12;

/// What stands in its second position for a time only, and what is no open point.
const APART: [(&str, &str); 5] = [
    ("account_inactive", "nothing goes on until it is mended: it comes and goes in every world"),
    ("credentials_revoked", "the same"),
    ("key_lifetime_ms", "drawn with the settings that have to say so"),
    ("refused_create_commits", "turned with a refusal only"),
    ("wrong_environment", "the account is paused at once: shown by tests/credentials"),
];

/// What no world meets, and why: nothing that Docket sends here could tell.
const NEVER: [(PracticePlatform, &[&str], &str); 11] = [
    (Doordash, &["expired_quote_frees_id", "quote_occupies_id"], "no price is asked for"),
    (Postmates, &["used_quote_first"], "the same"),
    (UberDirect, &["used_quote_first"], "the same"),
    (Foxreload, &["price_drifts"], "no order says what it costs"),
    (Foxreload, &["filter_ignored"], "no filter is sent"),
    (UberDirect, &["filter_ignored"], "the same"),
    (Foxreload, &["page_default"], "the limit is always named"),
    (UberDirect, &["page_default", "offset_spelling"], "the same, and both spellings are sent"),
    (UberDirect, &["key_other_body_refused"], "a key always has the same bytes"),
    (PrintOne, &["page_default"], "the limit is always named"),
    (
        PrintOne,
        &["finish_required", "key_compares_json", "long_key_cut"],
        "one is sent; the same bytes; keys are short",
    ),
];

/// What some worlds meet and some seeds do not: several rare things have to coincide. A row's own tests show each of these.
const SELDOM: [(PracticePlatform, &[&str]); 6] = [
    (
        Doordash,
        &[
            "auto_cancel_ms",
            "canceled_frees_reference",
            "delivered_frees_reference",
            "repeat_answer",
            "retry_after_shown",
        ],
    ),
    (Foxreload, &["paging_works", "slash_redirect_status"]),
    (Pathao, &["race_window_ms", "renewed_key_forgets", "replay_body", "retention_ms", "stored_failures"]),
    (Postmates, &["canceled_frees_reference", "delivered_frees_reference", "duplicate_answer", "race_window_ms"]),
    (
        PrintOne,
        &[
            "conflict_status",
            "in_progress_ms",
            "keys_per_company",
            "race_window_ms",
            "retry_after_shown",
            "stored_failures",
            "stored_limits",
            "stored_refusals",
        ],
    ),
    (
        UberDirect,
        &[
            "duplicate_answer",
            "ended_frees_key",
            "in_progress_ms",
            "key_overrules_pair",
            "pair_rule",
            "race_window_ms",
            "repeat_answer",
            "stored_failures",
            "tokens_revoked",
        ],
    ),
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
        // And `without`, told of in PROOF.md: nothing leaves then, so no order would settle (`a_redirect_is_followed_nowhere`).
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

/// What is proven absent is ordered anew.
const AGAIN: &str = "\"leads_to\":\"a new generation\"";

fn at(platform: PracticePlatform) {
    let (seed, mut tally, mut first) = (seed(), Tally::default(), 0);
    let mut worlds = Worlds::new(seed, Some(platform));
    let mut wrong = Vec::new();
    // What has to happen in these worlds, or they show nothing.
    let mut seen = [("bound", 0), ("\"replay\":true", 0), (AGAIN, 0)];
    let mut unmet = Vec::new();
    for switch in switches_of(platform) {
        let all = positions(&switch, platform);
        let never = NEVER.iter().any(|(at, switches, _)| *at == platform && switches.contains(&switch.as_str()));
        let seldom = SELDOM.iter().any(|(at, switches)| *at == platform && switches.contains(&switch.as_str()));
        for position in &all {
            let pin = Pin { switch: switch.clone(), position: position.clone() };
            let others = all.iter().filter(|other| *other != position).cloned().collect();
            worlds = worlds.pinned(Some(pin.clone())).beside(others);
            let (mut told, mut played) = (BTreeSet::new(), 0);
            while played == 0 || (told.is_empty() && played < WORLDS && !never && !seldom) {
                // How many it takes moves no other pin's worlds.
                let number = first + played * 1_000;
                let world = worlds.play(number);
                told.extend(world.told_from.iter().cloned());
                tally.add(&world);
                for (what, times) in &mut seen {
                    *times += world.log.iter().filter(|line| line.contains(*what)).count();
                }
                if !world.findings.wrong().is_empty() {
                    wrong.push(format!("{:?}\n{}", world.findings.wrong(), worlds.again(number)));
                }
                played += 1;
            }
            first += 1;
            if told.is_empty() != never && !seldom {
                unmet.push(format!("{pin} in {played} worlds"));
            }
        }
    }
    say(&tally.to_string());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    // What is fenced is sent again under its key or reference; what is not, once it is proven absent.
    let anew = if platform == PracticePlatform::Foxreload { AGAIN } else { "\"replay\":true" };
    let happened = |what| seen.iter().any(|(seen, times)| *seen == what && *times > 0);
    assert!(happened("bound") && happened(anew), "{platform}: {seen:?}");
    assert!(
        unmet.is_empty(),
        "{platform}: an answer told these from no other position, or should not have: {unmet:#?}"
    );
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
