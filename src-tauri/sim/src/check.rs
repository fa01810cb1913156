//! What the ledger says against what the platform really has, order by order.
//!
//! An order's own are told by their content alone, so nothing that Docket says of itself is believed. Not here: how often
//! it happened (`tally`).

use std::collections::{BTreeMap, BTreeSet};

use docket_core::api::views::{LogView, OrderView};
use docket_core::domain::invariant::Judge;
use docket_core::domain::{Broken, Invariant, LogKind, State};
use docket_practice::PracticePlatform;
use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};

use crate::machine::EPOCH_MS;
use crate::scene::{Ending, Scene};

/// A platform order that exists and that no stranger placed.
#[derive(Clone, Debug)]
pub struct Existing {
    /// The platform's id.
    pub id: String,
    /// The order it was placed for.
    pub owner: String,
    /// Whether it has been completed, cancelled or the like.
    pub ended: bool,
}

/// What a world came to.
#[derive(Clone, Debug, Default)]
pub struct Findings {
    /// Orders by what became of them.
    pub states: BTreeMap<&'static str, u64>,
    /// Orders in review when the weather had cleared, by reason.
    pub reviews: BTreeMap<String, u64>,
    /// What does not hold, seen from the platform, in the ledger's rows, or because nothing moves any more.
    pub broken: Vec<Broken>,
    /// Tasks that ended by a panic.
    pub panicked: u64,
    /// Whether an older ledger came back.
    pub brought_back: bool,
    /// Whether its account is shut still.
    pub shut: bool,
    /// Everything that two runs of one seed have in common.
    pub digest: String,
}

impl Findings {
    /// Everything that must not be.
    pub fn wrong(&self) -> Vec<String> {
        let broken = self.broken.iter().map(|broken| format!("not {}: {}", broken.invariant.name(), broken.what));
        broken.chain((self.panicked > 0).then(|| format!("{} tasks panicked", self.panicked))).collect()
    }

    fn add(&mut self, invariant: Invariant, what: String) {
        assert!(
            invariant.judges().contains(&Judge::Simulator),
            "the list says that nobody looks at {invariant:?} here"
        );
        self.broken.push(Broken::new(invariant, what));
    }
}

/// The order number that `orders::write` gave to this content.
fn owner(content: &Map<String, Value>) -> Option<String> {
    let content = Value::Object(content.clone());
    let places = ["/receiver_name", "/dropoff_name", "/recipient/name", "/dropoff_contact_family_name"];
    let name = places.into_iter().find_map(|place| content.pointer(place)?.as_str());
    let number = match name {
        Some(name) => name.rsplit(' ').next(),
        None => content.pointer("/items/0/note/player_id").and_then(Value::as_str),
    };
    number.map(|number| format!("SO-{number}"))
}

/// The order number that a create's body names, if it is one.
pub fn owner_in(body: &str) -> Option<String> {
    owner(serde_json::from_str::<Value>(body).ok()?.as_object()?)
}

/// What exists of ours, oldest first.
pub fn existing(scene: &mut Scene) -> Vec<Existing> {
    let (platform, at) = (scene.script.platform, EPOCH_MS + scene.machine.at());
    let there = scene.world.truth(at).into_iter().filter(|order| order.platform == platform && !order.by_stranger);
    let found = there.filter_map(|order| {
        let content = scene.world.content(platform, &order.platform_order_id)?;
        let owner = owner(content).unwrap_or_else(|| panic!("this content names nobody: {content:?}"));
        Some(Existing { id: order.platform_order_id, owner, ended: order.ended_at_ms.is_some() })
    });
    found.collect()
}

/// Compares when everything is over. The program runs still.
pub fn check(scene: &mut Scene, ending: Ending) -> Findings {
    let mut findings = Findings { brought_back: scene.brought_back, ..Findings::default() };
    let (there, orders) = (existing(scene), scene.orders());
    let log = scene.log();
    let bound = bindings(&log);
    findings.shut = scene.is_shut();
    for number in 1..=scene.script.orders {
        let no = format!("SO-{number}");
        let own: Vec<&Existing> = there.iter().filter(|there| there.owner == no).collect();
        match orders.iter().find(|order| order.order_no.as_str() == no) {
            Some(order) if findings.shut && waits_for_its_past(order.state) => {
                *findings.states.entry("shut").or_default() += 1;
                if own.len() > 1 {
                    let what = format!("{no} was sent from a ledger that does not know its past: {own:?}");
                    findings.add(Invariant::One, what);
                }
            }
            Some(order) => one(order, &own, bound.get(no.as_str()), &mut findings),
            None => findings.add(Invariant::Told, format!("{no} has no row")),
        }
    }
    let twice: Vec<_> = orders.iter().filter_map(|order| order.platform_order_id.clone()).collect();
    if twice.iter().collect::<BTreeSet<_>>().len() != twice.len() {
        findings.add(Invariant::Ours, format!("a platform order is bound twice: {twice:?}"));
    }
    if ending == Ending::Stuck {
        let open = orders.iter().filter(|order| order.state.is_open() && order.state != State::NeedsReview);
        let open: Vec<_> = open.map(|o| format!("{} {} {:?}", o.order_no, o.state, o.reason)).collect();
        findings.add(Invariant::Settles, format!("after {} events: {open:?}", scene.events));
    }
    let verified = scene.ask(async |core| core.verify().await.expect("verify runs"));
    findings.broken.extend(verified.into_iter().flat_map(|found| found.broken));
    findings.digest = digest(scene, &orders, &log);
    findings
}

/// What may have been sent in a time that the ledger does not know. While its account is shut nothing is said of it: a person
/// is told that it is not known.
fn waits_for_its_past(state: State) -> bool {
    matches!(state, State::Draft | State::Queued | State::InDoubt | State::Refused | State::Cancelled)
}

/// Every platform order that an order was ever bound to.
pub fn bindings(log: &[LogView]) -> BTreeMap<String, BTreeSet<String>> {
    let mut bound: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for entry in log.iter().filter(|entry| entry.kind == LogKind::Bound) {
        let remote = ["platform_order_id", "remote_id"].into_iter().find_map(|name| entry.detail[name].as_str());
        if let (Some(no), Some(remote)) = (&entry.order_no, remote) {
            bound.entry(no.as_str().to_owned()).or_default().insert(remote.to_owned());
        }
    }
    bound
}

/// One order against what exists of it.
fn one(order: &OrderView, own: &[&Existing], bound: Option<&BTreeSet<String>>, findings: &mut Findings) {
    let no = order.order_no.as_str();
    let says = || format!("{no} is {} ({:?}), bound to {:?}; there are {own:?}", order.state, order.reason, bound);
    *findings.states.entry(order.state.code()).or_default() += 1;
    let unbound = own.iter().filter(|there| bound.is_none_or(|bound| !bound.contains(&there.id))).count();
    let alive = own.iter().filter(|there| !there.ended).count();
    // More than one may exist only where a person dispatched again what had ended, which nobody does where a ledger comes
    // back: each was bound, and at most one goes on; or the last of them is with a person still.
    let with_a_person = unbound == 1 && matches!(order.state, State::NeedsReview | State::Closed);
    if own.len() > 1 && (alive > 1 || (unbound > 0 || findings.brought_back) && !with_a_person) {
        findings.add(Invariant::One, says());
    }
    match order.state {
        State::Dispatched => {
            let id = order.platform_order_id.as_deref().unwrap_or_default();
            if !own.iter().any(|there| there.id == id) {
                findings.add(Invariant::Ours, format!("bound to what is not its own: {}", says()));
            }
        }
        // What exists is unknown to the ledger, and lost; or it goes on, though the ledger says that it does not.
        State::Draft | State::Queued | State::Refused | State::Cancelled if unbound > 0 || alive > 0 => {
            findings.add(Invariant::TrueEnd, says());
        }
        State::NeedsReview => {
            let reason = without_numbers(order.reason.as_deref().unwrap_or("no reason"));
            *findings.reviews.entry(reason).or_default() += 1;
        }
        _ => {}
    }
}

/// A reason without what differs from order to order, so that equal ones count together.
fn without_numbers(reason: &str) -> String {
    let mut plain = String::new();
    for word in reason.split(' ') {
        let word = if word.chars().any(|c| c.is_ascii_digit()) { "#" } else { word };
        plain.push_str(if plain.is_empty() { "" } else { " " });
        plain.push_str(word);
    }
    plain
}

/// What two runs of one seed have in common: what exists, where the orders stand, and every entry of the log with its
/// time. Hashes are left out: they hold salts, which are random.
fn digest(scene: &mut Scene, orders: &[OrderView], log: &[LogView]) -> String {
    let mut hash = Sha256::new();
    let (platform, at): (PracticePlatform, i64) = (scene.script.platform, EPOCH_MS + scene.machine.at());
    for there in scene.world.truth(at).into_iter().filter(|order| order.platform == platform) {
        hash.update(format!("{there:?}\n"));
    }
    for order in orders {
        hash.update(format!("{} {} {:?} {}\n", order.order_no, order.state, order.reason, order.attempts));
    }
    for entry in log {
        hash.update(format!("{} {} {:?} {}\n", entry.seq.0, entry.at, entry.kind, entry.detail));
    }
    hash.update(format!("{} {} {}", scene.machine.at(), scene.events, scene.line.requests()));
    hash.finalize().iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}
