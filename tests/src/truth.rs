//! The ledger's word against the platform's ground truth, order by order.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use docket_practice::PracticePlatform;
use serde_json::Value;

use crate::orders;

/// An order that exists at a platform, and whose it is by its content alone.
#[derive(Clone, Debug)]
pub struct Existing {
    /// The platform's own id.
    pub id: String,
    /// The reference it came with.
    pub reference: Option<String>,
    /// The order number that `orders::write` gave to this content.
    pub order_no: String,
    /// Where it is.
    pub platform: PracticePlatform,
    /// What was ordered.
    pub content: Value,
}

/// What exists, read from a truth file by content. Content tells orders apart even where the platform's own answers
/// do not: FoxReload never shows the note, the file has it.
pub fn existing(truth_file: &Path, platform: PracticePlatform) -> Vec<Existing> {
    let text = std::fs::read_to_string(truth_file).expect("the truth file is readable");
    let mut found = Vec::new();
    for line in text.lines() {
        let entry: Value = serde_json::from_str(line).expect("a line of the truth file");
        collect(&entry, platform, &mut found);
    }
    found
}

fn collect(value: &Value, platform: PracticePlatform, found: &mut Vec<Existing>) {
    match value {
        Value::Array(values) => values.iter().for_each(|value| collect(value, platform, found)),
        Value::Object(members) => {
            let here = members.get("platform").and_then(Value::as_str) == Some(platform.name());
            match members.get("order").filter(|order| here && order.get("content").is_some()) {
                Some(order) if order["by_stranger"] == true => {}
                Some(order) => found.push(Existing {
                    id: order["id"].as_str().expect("an id").to_owned(),
                    reference: order["reference"].as_str().map(str::to_owned),
                    order_no: owner(&order["content"]),
                    platform,
                    content: order["content"].clone(),
                }),
                None => members.values().for_each(|value| collect(value, platform, found)),
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// The order number of this content, as `orders::write` made it.
fn owner(content: &Value) -> String {
    let places = ["/receiver_name", "/dropoff_name", "/recipient/name", "/dropoff_contact_family_name"];
    let name = places.into_iter().find_map(|place| content.pointer(place)?.as_str());
    let number = match name {
        Some(name) => name.rsplit(' ').next(),
        None => content["items"][0]["note"]["player_id"].as_str(),
    };
    format!("SO-{}", number.unwrap_or_else(|| panic!("this content names nobody: {content}")))
}

impl Existing {
    /// What this platform order carries in place of what that order says; nothing when it is that order.
    pub fn differs_from(&self, order_no: &str) -> Option<String> {
        let number = order_no.strip_prefix("SO-").and_then(|number| number.parse().ok());
        let number = number.unwrap_or_else(|| panic!("{order_no} is none of `orders::write`"));
        orders::carried(self.platform, number).into_iter().find_map(|(place, wanted)| {
            let there = match self.content.pointer(place) {
                Some(Value::String(text)) => text.clone(),
                Some(other) => other.to_string(),
                None => "nothing".to_owned(),
            };
            (there != wanted).then(|| format!("{place} is {there} and should be {wanted}"))
        })
    }
}

/// No known order is newer than what is asked about, as it is with the last orders of a run; or there is one, and nobody
/// has said that Docket may go on by itself.
pub const NO_CONTROL: &str = "not found, and that proves nothing: no known order that is newer than our request";
/// The platform has no such order, and a person decides: that is what the account says, or two generations were enough.
pub const ABSENT: &str = "proven absent: the platform has no such order";

/// What a comparison came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Orders by state.
    pub states: BTreeMap<String, usize>,
    /// How those that are dispatched were bound.
    pub bound_by: BTreeMap<String, usize>,
    /// Orders that wait for a person, by reason.
    pub reviews: BTreeMap<String, usize>,
    /// Dispatches beyond the first.
    pub later_generations: usize,
    /// Armings.
    pub attempts: u64,
    /// Platform orders that exist.
    pub existing: usize,
    /// Of these, those that no order is bound to.
    pub unbound: usize,
}

/// Compares, and panics at the first order that exists twice, or that says it exists and does not.
pub fn compare(orders: &[Value], existing: &[Existing]) -> Tally {
    let mut tally = Tally { existing: existing.len(), ..Tally::default() };
    let mut by_owner: BTreeMap<&str, Vec<&Existing>> = BTreeMap::new();
    existing.iter().for_each(|there| by_owner.entry(&there.order_no).or_default().push(there));
    let doubled: Vec<_> = by_owner.values().filter(|all| all.len() > 1).collect();
    assert!(doubled.is_empty(), "orders that exist twice at the platform: {doubled:?}");
    let mut bound = BTreeSet::new();
    for order in orders {
        let text = |name: &str| order[name].as_str().unwrap_or_default();
        let (order_no, state) = (text("order_no"), text("state"));
        let there = by_owner.get(order_no).and_then(|all| all.first());
        *tally.states.entry(state.to_owned()).or_default() += 1;
        tally.attempts += order["attempts"].as_u64().unwrap_or(0);
        tally.later_generations += usize::from(order["generation"].as_u64().unwrap_or(0) > 1);
        match state {
            "dispatched" => {
                let there = there.unwrap_or_else(|| panic!("{order_no} says dispatched and does not exist: {order}"));
                assert_eq!(there.id, text("platform_order_id"), "{order_no} is bound to its own platform order");
                assert_eq!(there.differs_from(order_no), None, "{order_no} is bound to {}", there.content);
                if there.reference.is_some() {
                    assert_eq!(there.reference.as_deref(), order["reference"].as_str(), "{order_no}'s reference");
                }
                assert!(bound.insert(there.id.clone()), "{} is bound twice", there.id);
                *tally.bound_by.entry(text("bound_by").to_owned()).or_default() += 1;
            }
            "refused" => assert!(there.is_none(), "{order_no} says refused and exists: {there:?}"),
            "needs_review" => *tally.reviews.entry(without_numbers(text("reason"))).or_default() += 1,
            _ => {}
        }
    }
    tally.unbound = existing.iter().filter(|there| !bound.contains(&there.id)).count();
    tally
}

/// A reason without what differs from order to order, so that equal ones count together.
fn without_numbers(reason: &str) -> String {
    assert!(!reason.is_empty(), "an order in review says why");
    let mut plain = String::new();
    for c in reason.chars() {
        let c = if c.is_ascii_digit() { '#' } else { c };
        if c != '#' || !plain.ends_with('#') {
            plain.push(c);
        }
    }
    plain
}
