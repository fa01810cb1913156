//! The platforms of a world, and beside them the same ones with the pinned switch in another position each: they are asked
//! the same, and the same is done to them. Where their answer is another than the one that Docket gets, the point that the
//! pin is about was met; where it never is, the world says nothing of it.
//!
//! Not here: which positions there are (`tests/open_points.rs`).

use std::collections::BTreeSet;

use docket_practice::{
    Delivery, OneShot, Outcome, PracticePlatform, Request, StrangerOrder, Switches, TruthOrder, World,
};
use serde_json::{Map, Value};

use crate::pin::Pin;

/// The same platforms with the switch elsewhere.
struct Other {
    pin: Pin,
    world: World,
    /// Whether it has answered otherwise.
    told: bool,
}

/// The platforms.
pub struct Platforms {
    world: World,
    pin: Option<Pin>,
    others: Vec<Other>,
}

impl Platforms {
    /// Platforms of a seed. Of a pinned switch, these other positions are beside them.
    pub fn seeded(seed: u64, pinned: Option<&(Pin, Vec<Value>)>) -> Platforms {
        let other = |(pin, position): (&Pin, &Value)| Other {
            pin: Pin { position: position.clone(), ..pin.clone() },
            world: World::seeded(seed),
            told: false,
        };
        let beside = pinned.into_iter().flat_map(|(pin, others)| others.iter().map(move |other| (pin, other)));
        Platforms {
            world: World::seeded(seed),
            pin: pinned.map(|(pin, _)| pin.clone()),
            others: beside.map(other).collect(),
        }
    }

    /// The positions from which the pinned one was told by an answer.
    pub fn told_from(&self) -> BTreeSet<String> {
        self.others.iter().filter(|other| other.told).map(|other| other.pin.position.to_string()).collect()
    }

    /// One request, and whatever strikes it. `heard`: its answer is on its way to Docket.
    pub fn request(&mut self, request: &Request, fault: Option<&OneShot>, wall: i64, heard: bool) -> Outcome {
        let outcome = asked(&mut self.world, request, fault, wall);
        for other in &mut self.others {
            let theirs = asked(&mut other.world, request, fault, wall);
            other.told |= heard && theirs.delivery != outcome.delivery;
        }
        outcome
    }

    /// Changes a platform's switches; the pinned one stays.
    pub fn switch(&mut self, platform: PracticePlatform, wall: i64, change: impl FnOnce(&mut Switches)) {
        let mut switches = self.world.switches(platform).expect("it is there");
        change(&mut switches);
        let set = |world: &mut World, pin: Option<&Pin>| {
            let held = pin.map_or_else(|| switches.clone(), |pin| pin.held(&switches));
            world.set_switches(platform, held, wall).expect("switches that fit");
        };
        set(&mut self.world, self.pin.as_ref());
        self.others.iter_mut().for_each(|other| set(&mut other.world, Some(&other.pin)));
    }

    /// Somebody else orders.
    pub fn place_stranger(&mut self, order: &StrangerOrder, wall: i64) {
        let worlds = self.others.iter_mut().map(|other| &mut other.world).chain([&mut self.world]);
        // Where there is nothing to copy, nothing is ordered.
        worlds.for_each(|world| drop(world.place_stranger(order, wall)));
    }

    /// The platform moves an order on, if it can be moved so.
    pub fn advance(&mut self, platform: PracticePlatform, id: &str, status: &str, wall: i64) {
        let worlds = self.others.iter_mut().map(|other| &mut other.world).chain([&mut self.world]);
        worlds.for_each(|world| drop(world.advance(platform, id, status, wall)));
    }

    /// What really exists.
    pub fn truth(&mut self, wall: i64) -> Vec<TruthOrder> {
        self.world.truth(wall)
    }

    /// What was ordered under an id.
    pub fn content(&self, platform: PracticePlatform, id: &str) -> Option<&Map<String, Value>> {
        self.world.content(platform, id)
    }

    /// How long carrying out this request takes.
    pub fn latency(&self, request: &Request) -> u32 {
        self.world.latency(request)
    }

    /// The merchant's id.
    pub fn merchant_id(&self, platform: PracticePlatform) -> Option<&str> {
        self.world.merchant_id(platform)
    }

    /// What an account needs.
    pub fn secrets(&self, platform: PracticePlatform, base_url: &str) -> Option<Map<String, Value>> {
        self.world.secrets(platform, base_url)
    }
}

/// What is held back is never let go: whoever waits for it waits in vain.
fn asked(world: &mut World, request: &Request, fault: Option<&OneShot>, wall: i64) -> Outcome {
    if let Some(shot) = fault {
        world.queue_fault(shot.clone()).expect("a fault that can strike");
    }
    let outcome = world.request(request, wall);
    world.clear_faults();
    if let Delivery::Held { ticket, .. } = &outcome.delivery {
        world.forget(*ticket);
    }
    outcome
}
