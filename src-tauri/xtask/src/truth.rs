//! Comparing the ledger's orders with what the platforms really created.
//!
//! Both come as `docketctl --json` prints them. Where a platform keeps our reference, two orders with one reference
//! are a double. Where it keeps none, every order there beyond those bound must have a case in review that may own it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde_json::Value;

/// The count of one platform.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Line {
    /// Orders in the ledger.
    pub orders: usize,
    /// Said to be dispatched.
    pub dispatched: usize,
    /// Refused by the platform.
    pub refused: usize,
    /// Waiting for a person.
    pub review: usize,
    /// Behind a look-alike that waits for a person: queued, nothing sent.
    pub waiting: usize,
    /// Not settled, or never marked.
    pub open: usize,
    /// Orders at the platform.
    pub created: usize,
    /// Platform orders beyond the first of one reference, and those that nobody can own.
    pub doubles: usize,
    /// Said to be dispatched, and not at the platform; or two of them bound to one platform order.
    pub untrue: usize,
}

/// The count of every platform.
#[derive(Debug, PartialEq, Eq)]
pub struct Report(BTreeMap<String, Line>);

impl Report {
    /// Whether each order exists at most once, and each that says dispatched exactly once.
    pub fn is_sound(&self) -> bool {
        self.0.values().all(|line| line.doubles == 0 && line.untrue == 0 && line.open == 0)
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let head = [
            "platform",
            "orders",
            "dispatched",
            "refused",
            "review",
            "waiting",
            "open",
            "at platform",
            "doubles",
            "untrue",
        ];
        writeln!(f, "{:<12}{}", head[0], head[1..].iter().map(|h| format!("{h:>12}")).collect::<String>())?;
        for (platform, line) in &self.0 {
            let numbers =
                [line.orders, line.dispatched, line.refused, line.review, line.waiting, line.open, line.created];
            let numbers = numbers.into_iter().chain([line.doubles, line.untrue]);
            writeln!(f, "{platform:<12}{}", numbers.map(|n| format!("{n:>12}")).collect::<String>())?;
        }
        f.write_str("doubles and untrue must be 0: at most one platform order for each order, one for each dispatched")
    }
}

fn text<'a>(value: &'a Value, field: &str) -> &'a str {
    value[field].as_str().unwrap_or_default()
}

/// Counts every platform that the ledger has orders for.
pub fn count(orders: &[Value], created: &[Value]) -> Report {
    let platforms: BTreeSet<&str> = orders.iter().map(|order| text(order, "platform")).collect();
    let lines = platforms.into_iter().map(|platform| {
        let ours: Vec<_> = orders.iter().filter(|order| text(order, "platform") == platform).collect();
        let theirs: Vec<_> = created.iter().filter(|order| text(order, "platform") == platform).collect();
        (platform.to_owned(), line(&ours, &theirs))
    });
    Report(lines.collect())
}

fn line(ours: &[&Value], theirs: &[&Value]) -> Line {
    let in_state = |states: &[&str]| ours.iter().filter(|order| states.contains(&text(order, "state"))).count();
    let ids: BTreeSet<&str> = theirs.iter().map(|order| text(order, "platform_order_id")).collect();
    let references: Vec<&str> = theirs.iter().map(|order| text(order, "reference")).filter(|r| !r.is_empty()).collect();
    let distinct: BTreeSet<&str> = references.iter().copied().collect();
    let mut bound = BTreeSet::new();
    let mut untrue = 0;
    for order in ours.iter().filter(|order| text(order, "state") == "dispatched") {
        let id = text(order, "platform_order_id");
        if !ids.contains(id) || !bound.insert(id) {
            untrue += 1;
        }
    }
    let waiting = ours.iter().filter(|order| text(order, "state") == "queued" && !order["waits_for"].is_null()).count();
    let review = in_state(&["needs_review", "closed"]);
    let repeated = references.len() - distinct.len();
    let nobodys = ids.len().saturating_sub(bound.len() + repeated).saturating_sub(review + in_state(&["cancelled"]));
    Line {
        orders: ours.len(),
        dispatched: in_state(&["dispatched"]),
        refused: in_state(&["refused"]),
        review,
        waiting,
        open: in_state(&["draft", "queued", "sending", "in_doubt"]) - waiting,
        created: theirs.len(),
        doubles: repeated + nobodys,
        untrue,
    }
}

/// How many orders are in each state.
pub fn states(orders: &[Value]) -> String {
    let mut counts = BTreeMap::<&str, usize>::new();
    for order in orders {
        *counts.entry(text(order, "state")).or_default() += 1;
    }
    counts.iter().map(|(state, number)| format!("{number} {state}")).collect::<Vec<_>>().join(", ")
}

/// A few orders worth a look: the first of each way in which certainty was won, and why it is worth it.
pub fn interesting(orders: &[Value]) -> Vec<(&Value, &'static str)> {
    let bound = |by: &'static str| move |order: &&Value| text(order, "bound_by") == by;
    let review = |order: &&Value| text(order, "state") == "needs_review";
    let kinds: [(&'static str, Option<&Value>); 5] = [
        ("whose answer was lost and that was found by a lookup", orders.iter().find(bound("lookup"))),
        ("that was sent again with the same bytes, which the platform recognised", orders.iter().find(bound("replay"))),
        ("that the platform said it had already", orders.iter().find(bound("conflict"))),
        ("that only a scan of the list could find", orders.iter().find(bound("scan"))),
        ("that waits for a person", orders.iter().find(review)),
    ];
    kinds.into_iter().filter_map(|(why, order)| Some((order?, why))).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn ours(number: &str, state: &str, id: Option<&str>) -> Value {
        json!({ "order_no": number, "platform": "pathao", "state": state, "platform_order_id": id, "bound_by": "lookup" })
    }

    fn theirs(id: &str, reference: Option<&str>) -> Value {
        json!({ "platform": "pathao", "platform_order_id": id, "reference": reference })
    }

    #[test]
    fn one_for_one_is_sound() {
        let report = count(&[ours("a", "dispatched", Some("1"))], &[theirs("1", Some("r1"))]);
        assert!(report.is_sound(), "{report}");
    }

    #[test]
    fn two_platform_orders_of_one_reference_are_a_double() {
        let report = count(&[ours("a", "dispatched", Some("1"))], &[theirs("1", Some("r1")), theirs("2", Some("r1"))]);
        assert!(!report.is_sound(), "{report}");
        assert_eq!(report.0["pathao"].doubles, 1);
    }

    #[test]
    fn a_platform_order_without_a_reference_needs_someone_who_may_own_it() {
        let created = [theirs("1", None), theirs("2", None)];
        let dispatched = ours("a", "dispatched", Some("1"));
        assert!(!count(std::slice::from_ref(&dispatched), &created).is_sound());
        assert!(count(&[dispatched, ours("b", "needs_review", None)], &created).is_sound());
    }

    #[test]
    fn dispatched_without_a_platform_order_is_untrue() {
        assert!(!count(&[ours("a", "dispatched", Some("1"))], &[]).is_sound());
        let both = [ours("a", "dispatched", Some("1")), ours("b", "dispatched", Some("1"))];
        assert!(!count(&both, &[theirs("1", Some("r1"))]).is_sound());
    }

    #[test]
    fn an_open_order_is_no_proper_end() {
        assert!(!count(&[ours("a", "in_doubt", None)], &[]).is_sound());
    }

    #[test]
    fn a_look_alike_behind_a_review_is_a_proper_end() {
        let mut behind = ours("b", "queued", None);
        assert!(!count(std::slice::from_ref(&behind), &[]).is_sound());
        behind["waits_for"] = json!("a");
        assert!(count(&[ours("a", "needs_review", None), behind], &[]).is_sound());
    }

    #[test]
    fn a_review_is_worth_a_look() {
        let orders = [ours("b", "needs_review", None)];
        assert_eq!(interesting(&orders).len(), 2);
        assert_eq!(states(&orders), "1 needs_review");
    }
}
