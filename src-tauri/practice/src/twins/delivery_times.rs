//! The rules for the four optional times of a delivery at Postmates and Uber Direct (the classic pages, and their
//! successor's error codes).

use serde_json::{Map, Value};

const MINUTE: i64 = 60_000;
const DAY: i64 = 24 * 60 * MINUTE;

/// The error code and message that the times of `body` earn at `now`, if any.
pub(crate) fn check(body: &Map<String, Value>, now: i64) -> Option<(&'static str, &'static str)> {
    let mut times = [None; 4];
    let names = ["pickup_ready_dt", "pickup_deadline_dt", "dropoff_ready_dt", "dropoff_deadline_dt"];
    for (slot, name) in times.iter_mut().zip(names) {
        let Some(text) = body.get(name).and_then(Value::as_str).filter(|text| !text.is_empty()) else { continue };
        match chrono::DateTime::parse_from_rfc3339(text) {
            Ok(time) => *slot = Some(time.timestamp_millis()),
            Err(_) => return Some(("invalid_params", "Times must be ISO 8601.")),
        }
    }
    let [pickup_ready, pickup_deadline, dropoff_ready, dropoff_deadline] = times;
    let both = |a: Option<i64>, b: Option<i64>, wrong: fn(i64, i64) -> bool| a.zip(b).is_some_and(|(a, b)| wrong(a, b));
    let rules = [
        (pickup_ready.is_some_and(|ready| ready > now + 30 * DAY), "pickup_ready_too_late"),
        (pickup_deadline.is_some_and(|end| end < now + 20 * MINUTE), "pickup_deadline_too_early"),
        (both(pickup_ready, pickup_deadline, |ready, end| end < ready + 10 * MINUTE), "pickup_window_too_small"),
        (both(dropoff_ready, pickup_deadline, |ready, end| ready > end), "dropoff_ready_after_pickup_deadline"),
        (both(dropoff_ready, dropoff_deadline, |ready, end| end < ready + 20 * MINUTE), "dropoff_deadline_too_early"),
        (both(pickup_deadline, dropoff_deadline, |a, b| b < a), "dropoff_deadline_before_pickup_deadline"),
    ];
    let (_, code) = rules.into_iter().find(|(broken, _)| *broken)?;
    Some((code, "The delivery times do not fit together."))
}
