//! Sentences about orders for people at a terminal. JSON never passes through here.

use docket_core::api::OrderLine;
use docket_core::api::views::{CodesView, LogView, OrderView};
use docket_core::domain::{Money, State};
use serde_json::Value;

/// The same text without line breaks or control characters: one line stays one line, whatever a platform said.
pub fn one_line(text: &str) -> String {
    let words = text.split(|c: char| c.is_control()).map(str::trim).filter(|part| !part.is_empty());
    words.collect::<Vec<_>>().join(" ")
}

/// Where an order stands, such as `dispatched PB-88 (response)`.
pub fn standing(order: &OrderView) -> String {
    let because = |text: String| match order.reason.as_deref().filter(|reason| !reason.is_empty()) {
        Some(reason) => format!("{text}: {reason}"),
        None => text,
    };
    let text = match order.state {
        State::Draft => because("draft".to_owned()),
        State::Queued => match &order.waits_for {
            Some(first) => format!("queued: waits for {first}, which looks the same"),
            None => because("queued, nothing was sent".to_owned()),
        },
        State::Sending => format!("sending since {}", order.since),
        State::InDoubt => because(format!("in doubt since {}", order.since)),
        State::NeedsReview => because("needs review".to_owned()),
        State::Dispatched => {
            let id = order.platform_order_id.as_deref().unwrap_or("-");
            let how = order.bound_by.map_or_else(String::new, |by| format!(" ({})", by.code()));
            format!("dispatched {id}{how}")
        }
        State::Refused => because("refused".to_owned()),
        State::Cancelled => because("cancelled".to_owned()),
        State::Closed => because("closed".to_owned()),
    };
    one_line(&text)
}

/// How the core begins what it says of an order that it did nothing with.
const LEFT_ALONE: &str = "left alone: ";

/// What came of an order that something was asked for: the line that the core gave, and where it stands after.
pub fn outcome(line: &OrderLine, order: Option<&OrderView>) -> String {
    let text = match (line.done, order) {
        (true, Some(order)) => standing(order),
        (true, None) => line.message.clone(),
        (false, Some(order)) if order.state != line.state => {
            format!("{LEFT_ALONE}{}; now {}", reasons(line), standing(order))
        }
        (false, _) => format!("{LEFT_ALONE}{}", reasons(line)),
    };
    one_line(&format!("{} {text}", line.order_no))
}

/// Why nothing was done, with every field that is wrong.
pub fn reasons(line: &OrderLine) -> String {
    let message = line.message.strip_prefix(LEFT_ALONE).unwrap_or(&line.message);
    let untold = line.fields.iter().filter(|wrong| !message.contains(&wrong.reason));
    let fields = untold.map(|wrong| format!("{}: {}", wrong.field, wrong.reason));
    let parts: Vec<_> = std::iter::once(message.to_owned()).chain(fields).filter(|part| !part.is_empty()).collect();
    parts.join("; ")
}

/// Whether an order was asked for, could have been marked, and was not: an error, with what to do.
/// One that is open, bound, or with a person already is left alone on purpose.
pub fn is_error(line: &OrderLine) -> bool {
    if line.turned_away {
        return !line.done;
    }
    match line.state {
        State::Draft | State::Refused | State::Cancelled | State::Closed => !line.done,
        State::Queued | State::Sending | State::InDoubt | State::NeedsReview | State::Dispatched => false,
    }
}

/// How an order stands with delivered codes. None of them, nor a part of one, is shown without being asked for.
pub fn codes(order: &OrderView, codes: CodesView) -> String {
    let no = &order.order_no;
    let count = if codes.count == 1 { "1 code".to_owned() } else { format!("{} codes", codes.count) };
    let here = format!("{count}, masked; `docketctl order reveal {no}` shows them");
    let there = format!("codes are at the platform and not here yet; `docketctl track {no}` fetches them");
    match (codes.count, codes.due) {
        (0, _) => there,
        (_, false) => here,
        (_, true) => format!("{here}; more {there}"),
    }
}

/// An amount with its currency, such as `BDT 120.00`.
pub fn money(money: &Money) -> String {
    money.to_string()
}

/// A log entry on one line.
pub fn log_line(entry: &LogView) -> String {
    let order = entry.order_no.as_ref().map_or_else(|| "-".to_owned(), ToString::to_string);
    let generation = if entry.generation == 0 { String::new() } else { format!("/{}", entry.generation) };
    let line = format!(
        "{:>6}  {}  {order}{generation}  {}  {}",
        entry.seq.0,
        entry.at,
        entry.kind.code(),
        facts(&entry.detail)
    );
    // Not `one_line`: the spaces that line the columns up stay.
    line.trim_end().replace(|c: char| c.is_control(), " ")
}

/// The facts of an entry, as `name=value`.
pub fn facts(detail: &Value) -> String {
    let plain = |value: &Value| match value {
        Value::String(text) if !text.is_empty() && !text.contains([' ', '=', '"']) => text.clone(),
        other => other.to_string(),
    };
    match detail {
        Value::Object(members) => {
            let told = members.iter().filter(|(_, value)| !value.is_null());
            told.map(|(name, value)| format!("{name}={}", plain(value))).collect::<Vec<_>>().join(" ")
        }
        Value::Null => String::new(),
        other => plain(other),
    }
}

#[cfg(test)]
pub mod tests {
    use super::*;
    use docket_core::domain::{BoundBy, FieldError, LogKind, OrderNo, Platform, Seq};
    use serde_json::json;

    /// An order to test with.
    pub fn order(state: State) -> OrderView {
        OrderView {
            order_no: OrderNo::from("SO-1"),
            account: "main".into(),
            platform: Platform::Pathao,
            test: true,
            state,
            reference: Some("ref".into()),
            platform_order_id: None,
            platform_status: None,
            bound_by: None,
            generation: 1,
            attempts: 1,
            lookups: 0,
            waits_for: None,
            reason: None,
            recipient: "R. Das, \"Rani\"".into(),
            fee: Some(Money { amount: 12_005, currency: "BDT".into() }),
            tracking_url: None,
            created_at: "2026-03-02T10:00:00.000Z".into(),
            settled_at: None,
            what: "Parcel".into(),
            platform_ended: false,
            cancel_asked: false,
            since: "2026-03-02T10:00:01.000Z".into(),
            next_at: None,
            version: 3,
        }
    }

    fn line(done: bool, state: State) -> OrderLine {
        let message = "left alone: in doubt since 10:00".to_owned();
        OrderLine {
            order_no: OrderNo::from("SO-1"),
            account: "main".into(),
            done,
            state,
            message,
            fields: Vec::new(),
            held_by: Vec::new(),
            turned_away: false,
        }
    }

    #[test]
    fn a_bound_order_shows_its_platform_order() {
        let bound = OrderView {
            platform_order_id: Some("PB-88".into()),
            bound_by: Some(BoundBy::Response),
            ..order(State::Dispatched)
        };
        assert_eq!(outcome(&line(true, State::Queued), Some(&bound)), "SO-1 dispatched PB-88 (response)");
        let open = line(false, State::InDoubt);
        assert_eq!(outcome(&open, Some(&order(State::InDoubt))), "SO-1 left alone: in doubt since 10:00");
        assert_eq!(
            outcome(&open, Some(&bound)),
            "SO-1 left alone: in doubt since 10:00; now dispatched PB-88 (response)"
        );
    }

    #[test]
    fn reasons_stay_on_one_line() {
        let refused = OrderView { reason: Some("no such\n\u{1b}[31marea".into()), ..order(State::Refused) };
        assert_eq!(standing(&refused), "refused: no such [31marea");
        let mut wrong = line(false, State::Draft);
        wrong.message.clear();
        wrong.fields = vec![FieldError { field: "receiver_phone".into(), reason: "too short".into() }];
        assert_eq!(outcome(&wrong, None), "SO-1 left alone: receiver_phone: too short");
        wrong.message = "receiver_phone: too short".into();
        assert_eq!(reasons(&wrong), "receiver_phone: too short", "nothing is said twice");
    }

    #[test]
    fn only_what_could_have_been_marked_is_an_error() {
        assert!(is_error(&line(false, State::Draft)));
        assert!(is_error(&line(false, State::Cancelled)));
        assert!(!is_error(&line(false, State::InDoubt)));
        assert!(!is_error(&line(false, State::Dispatched)));
        assert!(!is_error(&line(true, State::Draft)));
    }

    #[test]
    fn codes_are_counted_and_never_shown() {
        let said = |count, due| codes(&order(State::Dispatched), CodesView { count, due });
        assert_eq!(said(2, false), "2 codes, masked; `docketctl order reveal SO-1` shows them");
        assert!(said(1, true).starts_with("1 code, masked;") && said(1, true).contains("docketctl track SO-1"));
        assert_eq!(said(0, true), "codes are at the platform and not here yet; `docketctl track SO-1` fetches them");
    }

    #[test]
    fn amounts_are_shown_in_major_units() {
        assert_eq!(money(&Money { amount: 12_005, currency: "BDT".into() }), "BDT 120.05");
        assert_eq!(money(&Money { amount: -5, currency: "USD".into() }), "USD -0.05");
    }

    /// An entry to test with.
    pub fn entry() -> LogView {
        LogView {
            seq: Seq(17),
            at: "2026-03-02T10:00:00.123Z".into(),
            order_no: Some(OrderNo::from("SO-1")),
            account: Some("main".into()),
            generation: 1,
            reference: Some("ref".into()),
            kind: LogKind::SendFinished,
            detail: json!({"outcome": "unknown", "why": "no answer", "after_ms": 30_000, "x": null}),
            evidence: None,
            hash: "ab".into(),
        }
    }

    #[test]
    fn an_entry_is_one_line() {
        assert_eq!(
            log_line(&entry()),
            "    17  2026-03-02T10:00:00.123Z  SO-1/1  send_finished  outcome=unknown why=\"no answer\" after_ms=30000"
        );
    }
}
