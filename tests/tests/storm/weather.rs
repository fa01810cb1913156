//! What the platforms do to a storm: faults on four of ten requests, and every switch that the documents leave open,
//! drawn anew after every kill. The same seed draws the same weather.
//!
//! Two lists: under the fair one each platform's contract still allows a proof; under the rough one it does not.

use docket_practice::PracticePlatform;
use rand::Rng as _;
use rand::rngs::StdRng;
use serde_json::{Map, Value, json};

/// The share of requests that a fault strikes.
const RATE: f64 = 0.4;
/// Late commits and lags end within the quiet time, 300 ms: the account's settings say so to the client.
const LATE_MS: [u32; 2] = [10, 150];
/// Slow answers may come after the client has given up, which it does after 400 ms.
const SLOW_MS: [u32; 2] = [10, 600];
/// Every fault that may strike anywhere. `hold` holds an answer back until the client has given up.
const KINDS: [&str; 19] = [
    "lose_response",
    "lose_request",
    "half_body",
    "headers_only",
    "late_commit",
    "error_500_before",
    "error_500_after",
    "bad_gateway_before",
    "bad_gateway_after",
    "gateway_timeout_after",
    "unavailable_before",
    "request_timeout_after",
    "slow",
    "html_page",
    "redirect",
    "empty_success",
    "garbled_after",
    "list_lag",
    "hold",
];
/// A limited account rests for a second or two, and a storm has a minute: each other fault comes so much more often.
const OFTENER: usize = 3;

/// One stretch of weather: a fault plan and switches, as the control face takes them.
pub struct Weather {
    /// The plan.
    pub plan: Value,
    /// The switches.
    pub switches: Value,
}

/// A switch and the positions that are drawn from.
type Knob = (&'static str, Vec<Value>);

fn knob(name: &'static str, positions: impl IntoIterator<Item = impl Into<Value>>) -> Knob {
    (name, positions.into_iter().map(Into::into).collect())
}

/// Orders that end within the storm, and are shown all the same: what a proof of absence needs to see.
fn soon_over() -> Knob {
    knob("stage_ms", [300])
}

/// Switches under which the contract still allows a proof.
fn fair(platform: PracticePlatform) -> Vec<Knob> {
    let mut knobs = vec![
        // Limits of days are not for a minute; one of a second is met now and then.
        knob("rate_limit_per_minute", [0, 0, 0, 60]),
        knob("rate_window_ms", [1_000]),
        // Whoever does not say for how long is left alone for half a minute, which a storm has not.
        knob("retry_after_shown", [true]),
        knob("create_latency_ms", [0, 0, 20]),
        knob("filter_ignored", [false]),
    ];
    match platform {
        PracticePlatform::Pathao => knobs.extend([
            knob("list_lag_ms", [0, 60]),
            knob("stored_failures", [false, true]),
            knob("replay_body", ["full", "empty", "status_only"]),
            soon_over(),
        ]),
        // A lag longer than quiet is fair here: what is sent again is answered, and then shown.
        PracticePlatform::Postmates => knobs.extend([
            knob("list_lag_ms", [0, 60, 900]),
            knob("duplicate_answer", ["conflict_with_pointer", "conflict_without_pointer", "see_other"]),
            knob("used_quote_first", [false, true]),
        ]),
        PracticePlatform::Foxreload => knobs.extend([
            knob("list_lag_ms", [0, 60]),
            knob("slash", ["either"]),
            knob("list_shape", ["array", "orders"]),
            knob("list_max", [100, 200]),
            knob("auto_pay", [true, false]),
            knob("price_drifts", [false, true]),
            knob("note_echoed", [false, true]),
            knob("errors_as_text", [false, true]),
        ]),
        PracticePlatform::PrintOne => knobs.extend([
            knob("list_lag_ms", [0, 60]),
            knob("stored_failures", [true, false]),
            knob("stored_refusals", [true, false]),
            knob("replay_body", ["empty", "full", "status_only"]),
            knob("conflict_status", [400, 409, 422]),
            knob("key_compares_json", [false, true]),
            knob("keys_per_company", [false, true]),
            knob("error_shape", ["messages", "message", "errors"]),
            knob("in_progress_ms", [0, 100]),
            knob("list_max", [200, 5]),
            soon_over(),
        ]),
        PracticePlatform::UberDirect => knobs.extend([
            knob("list_lag_ms", [0, 60]),
            knob("stored_failures", [false, true]),
            knob("repeat_answer", ["conflict", "existing"]),
            knob("duplicate_answer", ["conflict_with_pointer", "conflict_without_pointer"]),
            knob("used_quote_first", [false, true]),
            knob("pair_rule", ["while_active", "forever", "off"]),
            knob("key_overrules_pair", [false, true]),
            knob("key_other_body_refused", [false, true]),
            knob("in_progress_ms", [0, 100]),
            knob("offset_spelling", ["both", "capital", "small"]),
            knob("oldest_first", [false, false, true]),
            knob("list_max", [100, 30]),
            knob("timeout_as_400", [false, true]),
            knob("token_life_s", [2_592_000, 3]),
            knob("tokens_revoked", [false, true]),
            soon_over(),
        ]),
        PracticePlatform::Doordash => knobs.extend([
            knob("creation_ms", [0, 60, 900]),
            knob("repeat_answer", ["conflict", "existing"]),
            knob("quote_occupies_id", [true, false]),
            knob("limit_without_body", [false, true]),
        ]),
    }
    knobs
}

/// Switches under which it does not: what is not found may be there all the same.
fn rough(platform: PracticePlatform) -> Vec<Knob> {
    match platform {
        // Keys that die within the storm, at the moment that the account's settings say.
        PracticePlatform::Pathao | PracticePlatform::PrintOne => {
            vec![
                knob("key_lifetime_ms", [4_000]),
                knob("filter_ignored", [false, true]),
                knob("lookup_hides_ended", [false, true]),
            ]
        }
        PracticePlatform::UberDirect => {
            vec![
                knob("key_lifetime_ms", [4_000]),
                knob("pair_rule", ["off"]),
                knob("oldest_first", [false, true]),
                knob("lookup_hides_ended", [false, true]),
            ]
        }
        // Deliveries that end within the storm, are hidden then, and set their reference free.
        PracticePlatform::Postmates => {
            vec![knob("stage_ms", [1_000]), knob("lookup_hides_ended", [true, true, false])]
        }
        // Creates that are answered with a redirect, which nobody follows. (Lists that are let no create begin.)
        PracticePlatform::Foxreload => {
            vec![
                knob("slash", ["either", "with"]),
                knob("slash_redirect_status", [301, 307, 308]),
                knob("lookup_hides_ended", [false, true]),
            ]
        }
        // Its reference guards for ever, whatever else happens.
        PracticePlatform::Doordash => vec![knob("creation_ms", [1_500])],
    }
}

/// Draws weather. A middle box that doubles requests is no weather where nothing fences (it is what no client can
/// prevent), nor where repeats race; strangers who order the same are rough where only looks tell orders apart.
pub fn draw(platform: PracticePlatform, is_rough: bool, chance: &mut StdRng) -> Weather {
    let mut knobs = fair(platform);
    if is_rough {
        knobs.extend(rough(platform));
    }
    let mut switches = Map::new();
    switches.insert("platform".into(), platform.name().into());
    for (name, positions) in knobs {
        let drawn = positions[chance.random_range(0..positions.len())].clone();
        switches.insert(name.into(), drawn);
    }
    let fenced = platform != PracticePlatform::Foxreload;
    let races = fenced && platform != PracticePlatform::Doordash && chance.random_bool(0.5);
    switches.insert("race_window_ms".into(), if races { 60 } else { 0 }.into());
    let mut kinds: Vec<&str> = KINDS.repeat(OFTENER);
    kinds.push("rate_limited");
    if fenced && !races {
        kinds.extend(["doubled"; OFTENER]);
    }
    if fenced || is_rough {
        kinds.extend(["stranger_twin"; OFTENER]);
    }
    let seed = chance.random_range(0..1_u64 << 53);
    let plan = json!({
        "seed": seed, "rate": RATE, "kinds": kinds, "platforms": [platform.name()], "applies_to": "all",
        "late_ms": LATE_MS, "slow_ms": SLOW_MS,
    });
    Weather { plan, switches: Value::Object(switches) }
}
