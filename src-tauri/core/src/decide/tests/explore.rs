//! Every path of the small world, up to a bound: no duplicate, and every path can still settle. Then each rule is taken
//! away, and a duplicate must be found: a check that cannot fail proves nothing.

use std::collections::HashSet;

use crate::domain::{Enforced, Fence, Lookup, StoredOutcomes};

use super::build::{BY_REF, FOREVER, HIDES};
use super::world::{LIFE, STEP, World};

/// No path is followed beyond this.
const HORIZON: i64 = 18 * STEP;
/// More worlds than this are not looked at.
const MOST: usize = 400_000;

const KEY: Fence = Fence::Key { lifetime_s: LIFE / 1_000, margin_s: STEP / 1_000, stored: StoredOutcomes::FailuresToo };
const ACTIVE: Fence = Fence::Reference { enforced: Enforced::Active { life_s: LIFE / 1_000, margin_s: STEP / 1_000 } };

/// The first world with two platform orders, or how many worlds were seen without one.
fn search(start: World, horizon: i64) -> Result<usize, Box<World>> {
    let mut seen = HashSet::new();
    let mut open = vec![start];
    while let Some(world) = open.pop() {
        if !seen.insert(world.key()) {
            continue;
        }
        assert!(seen.len() < MOST, "too many worlds");
        if world.truth.made.len() > 1 {
            return Err(Box::new(world));
        }
        if world.t < horizon {
            open.extend(world.successors());
        }
    }
    Ok(seen.len())
}

/// Every world can come to rest without further faults.
fn all_settle(start: World) {
    let mut seen = HashSet::new();
    let mut open = vec![start];
    let mut good = HashSet::new();
    while let Some(world) = open.pop() {
        if !seen.insert(world.key()) {
            continue;
        }
        settles(&world, &mut good);
        if world.t < HORIZON / 2 {
            open.extend(world.successors());
        }
    }
}

fn settles(world: &World, good: &mut HashSet<String>) {
    let mut path = Vec::new();
    let mut world = world.clone();
    world.faults = 0;
    for _ in 0..200 {
        let key = world.key();
        if world.at_rest() || good.contains(&key) {
            good.extend(path);
            return;
        }
        path.push(key);
        world = world.due().into_iter().next().filter(|next| next.key() != world.key()).unwrap_or_else(|| world.tick());
    }
    panic!("it never comes to rest: {world:#?}");
}

const CONTRACTS: [(Fence, Lookup); 9] = [
    (Fence::None, Lookup::ScanForLookalike),
    (Fence::None, Lookup::None),
    (KEY, BY_REF),
    (KEY, HIDES),
    (KEY, Lookup::ScanForReference),
    (KEY, Lookup::None),
    (ACTIVE, BY_REF),
    (ACTIVE, HIDES),
    (FOREVER, BY_REF),
];

fn world(fence: Fence, lookup: Lookup) -> World {
    let mut world = World::new(fence, lookup, 2);
    world.truth.shows_ended = lookup != HIDES;
    world
}

#[test]
fn no_path_makes_two_platform_orders() {
    for (fence, lookup) in CONTRACTS {
        for (faults, horizon) in [(1, 18 * STEP), (2, 9 * STEP)] {
            let mut start = world(fence, lookup);
            start.faults = faults;
            let seen = search(start, horizon).unwrap_or_else(|w| panic!("two platform orders: {w:#?}"));
            assert!(seen > 100, "{fence:?} {lookup:?}: {seen} worlds are too few to mean anything");
        }
    }
}

#[test]
fn nor_with_a_cancel_and_a_release() {
    for (fence, lookup) in CONTRACTS {
        let mut start = world(fence, lookup);
        start.faults = 1;
        start.cancels = 1;
        start.releases = 1;
        search(start, 12 * STEP).unwrap_or_else(|w| panic!("two platform orders: {w:#?}"));
    }
}

#[test]
fn every_path_can_still_settle() {
    for (fence, lookup) in CONTRACTS {
        let mut start = world(fence, lookup);
        start.faults = 1;
        start.cancels = 1;
        all_settle(start);
    }
}

fn doubles(change: impl Fn(&mut World), fence: Fence, lookup: Lookup) -> bool {
    let mut start = world(fence, lookup);
    change(&mut start);
    search(start, HORIZON).is_err()
}

#[test]
fn without_quiet_there_are_two() {
    let hasty = |w: &mut World| w.case.rules.contract.timings.settle_ms = 0;
    assert!(doubles(hasty, Fence::None, Lookup::ScanForLookalike), "absence inferred while a request still flies");
}

#[test]
fn without_timeout_and_quiet_in_the_inequality_there_are_two() {
    for (mut fence, lookup) in [(KEY, Lookup::None), (ACTIVE, Lookup::None)] {
        // A margin that takes back just what the inequality adds.
        let t = World::new(fence, lookup, 0).case.rules.contract.timings;
        let back = STEP - t.timeout_ms - t.settle_ms;
        match &mut fence {
            Fence::Key { margin_s, .. } | Fence::Reference { enforced: Enforced::Active { margin_s, .. } } => {
                *margin_s = back / 1_000 - STEP / 1_000;
            }
            Fence::None | Fence::Reference { enforced: Enforced::Forever } => {}
        }
        let late = |w: &mut World| w.faults = 2;
        assert!(doubles(late, fence, lookup), "{fence:?}");
    }
}

#[test]
fn a_list_that_hides_ended_orders_and_is_believed_makes_two() {
    let believed = |w: &mut World| w.truth.shows_ended = false;
    assert!(doubles(believed, ACTIVE, BY_REF));
    assert!(doubles(believed, KEY, BY_REF));
}

#[test]
fn a_fence_that_is_believed_and_is_none_makes_two() {
    let bare = |w: &mut World| w.truth.fence = Fence::None;
    assert!(doubles(bare, FOREVER, Lookup::None), "blind retry");
}

#[test]
fn a_cancel_that_does_not_wait_for_the_straggler_makes_two() {
    let hasty = |w: &mut World| {
        w.case.frees = false;
        (w.faults, w.cancels, w.doubled) = (1, 1, true);
    };
    assert!(doubles(hasty, ACTIVE, BY_REF));
    let patient = |w: &mut World| (w.faults, w.cancels, w.doubled) = (1, 1, true);
    assert!(!doubles(patient, ACTIVE, BY_REF));
}
