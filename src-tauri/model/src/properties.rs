//! What must hold in every world, whatever has happened: for the checker, which finds the shortest story against it.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{LazyLock, Mutex, PoisonError};

use docket_core::domain::invariant::Judge;
use docket_core::domain::{BoundBy, Invariant, State};
use stateright::{Model, Property};

use crate::action::{Action, How};
use crate::platform::Verdict;
use crate::scene::Scene;
use crate::world::{Troubles, World, made_of};

/// The scene is not empty: an order is bound after its outcome was unknown.
pub const RECOVERS: &str = "an order is recovered";

/// Worlds from which rest is known to be reached, by digest of scene and world. One for all checkers: a digest names its
/// scene, too.
static GOOD: LazyLock<Mutex<HashSet<u64>>> = LazyLock::new(Mutex::default);

impl Model for Scene {
    type State = World;
    type Action = Action;

    fn init_states(&self) -> Vec<World> {
        vec![World::new(self.shape, self.orders, self.troubles)]
    }

    fn actions(&self, world: &World, actions: &mut Vec<Action>) {
        actions.extend(self.possible(world));
    }

    fn next_state(&self, world: &World, action: Action) -> Option<World> {
        self.after(world, action)
    }

    fn properties(&self) -> Vec<Property<Scene>> {
        let holds =
            Invariant::judged_by(Judge::Model).map(|invariant| Property::always(invariant.name(), seen(invariant)));
        let recovers =
            Property::sometimes(RECOVERS, |_: &Scene, w: &World| w.orders.iter().any(|o| recovered(o.last())));
        holds.chain([recovers]).collect()
    }
}

/// How a world shows that an invariant holds in it.
fn seen(invariant: Invariant) -> fn(&Scene, &World) -> bool {
    match invariant {
        Invariant::One => |scene, w| {
            let once = scene.troubles.elsewhere == 0
                || w.made.iter().filter(|m| m.owner.is_some() && !m.replaced).count() <= 1;
            once && (0..w.orders.len()).all(|order| one_at_most(w, order))
        },
        Invariant::TrueEnd => |_, w| (0..w.orders.len()).all(|order| ends_truly(w, order)),
        Invariant::Ours => |_, w| bound_rightly(w),
        Invariant::ProofCounts => |_, w| w.wrong != Some(Invariant::ProofCounts),
        Invariant::CancelStops => |_, w| w.wrong != Some(Invariant::CancelStops),
        Invariant::CancelCounts => |_, w| cancels_count(w),
        Invariant::Settles => settles,
        // A world has no ledger's file.
        Invariant::Told => |_, _| true,
    }
}

/// One for each generation, whatever became of it; and one for the order, beside those that somebody has replaced.
fn one_at_most(w: &World, order: usize) -> bool {
    let standing = w.made_for(order).filter(|(_, made)| !made.replaced).count();
    let mut generations = HashSet::new();
    standing <= 1 && w.made_for(order).all(|(_, made)| generations.insert(made.bears))
}

fn ends_truly(w: &World, order: usize) -> bool {
    let d = w.orders[order].last();
    let withdrawn = d.state == State::Draft && !d.attempts.is_empty();
    let settled = matches!(d.state, State::Refused | State::Cancelled) || withdrawn;
    // A copy of what was bound finds it again: that is another property's to watch.
    let known =
        |generation| w.orders[order].dispatches.iter().any(|d| d.generation == generation && d.remote_id.is_some());
    let open = w.flying.iter().any(|f| f.order == order && !known(f.generation));
    let bound =
        |at| w.orders[order].dispatches.iter().filter_map(|d| d.remote_id.as_ref()).any(|id| made_of(id) == Some(at));
    let exists = w.made_for(order).any(|(at, made)| !made.ended || !bound(at));
    !(settled && (exists || open))
}

fn bound_rightly(w: &World) -> bool {
    let mut seen = HashSet::new();
    w.orders.iter().enumerate().all(|(order, o)| {
        o.dispatches.iter().filter_map(|d| d.remote_id.as_ref()).all(|id| {
            let owner = made_of(id).and_then(|at| w.made[at].owner).map(|(owner, _)| owner);
            seen.insert(id.clone()) && owner == Some(order)
        })
    })
}

fn cancels_count(w: &World) -> bool {
    w.orders.iter().all(|o| {
        let (d, p) = (o.last(), &o.last().progress);
        let kept = p.cancel_asked || p.cancel_refused.is_some() || p.released.is_some();
        !(o.cancel_wanted && d.state == State::Dispatched) || kept || d.bound_by == Some(BoundBy::Person)
    })
}

fn recovered(d: &docket_core::domain::Dispatch) -> bool {
    d.state == State::Dispatched && matches!(d.bound_by, Some(by) if by != BoundBy::Response)
}

/// Settled, or with a person, and nothing is owed.
pub(crate) fn at_rest(w: &World) -> bool {
    let waits_behind_a_person = |o: &crate::world::Order| {
        o.last().progress.waits_for.is_some() && w.orders.iter().any(|x| x.last().state == State::NeedsReview)
    };
    w.orders.iter().all(|o| match o.last().state {
        State::Queued => waits_behind_a_person(o),
        State::Sending | State::InDoubt => false,
        State::Dispatched => !o.last().progress.cancel_asked,
        State::NeedsReview | State::Closed => o.last().progress.released.is_none(),
        State::Draft | State::Refused | State::Cancelled => true,
    })
}

/// Whether rest is reached when nothing more goes wrong.
fn settles(scene: &Scene, start: &World) -> bool {
    if scene.broken.is_some_and(|broken| broken.property() != Invariant::Settles) {
        // What is broken need not come to rest, where that is not what it is there to show.
        return true;
    }
    let digest = |w: &World| {
        let mut hasher = DefaultHasher::new();
        (scene.shape as u8, scene.orders, scene.rules.exclusive).hash(&mut hasher);
        w.hash(&mut hasher);
        hasher.finish()
    };
    let mut w = World { left: Troubles::default(), ..start.clone() };
    let mut path = Vec::new();
    for _ in 0..200 {
        let key = digest(&w);
        if at_rest(&w) || good().contains(&key) {
            good().extend(path);
            return true;
        }
        path.push(key);
        let Some(next) = quietly(scene, &w) else { return false };
        w = next;
    }
    false
}

fn good() -> std::sync::MutexGuard<'static, HashSet<u64>> {
    GOOD.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What happens next when all goes well.
fn quietly(scene: &Scene, w: &World) -> Option<World> {
    if w.paused {
        return scene.after(w, Action::Mend);
    }
    if w.aside.is_some() {
        return scene.after(w, Action::Write);
    }
    for (order, o) in w.orders.iter().enumerate() {
        if o.todo.is_some() {
            return scene.after(w, Action::Do(order, How::Well));
        }
    }
    if let Some(flight) = w.flying.iter().position(|f| f.left.is_none()) {
        return scene.after(w, Action::Land { flight, verdict: Verdict::Carry, heard: true });
    }
    if let Some(order) = w.orders.iter().position(|o| o.running.is_some()) {
        return scene.after(w, Action::GiveUp { order, late: false });
    }
    let due = (0..w.orders.len()).find(|order| scene.is_due(w, *order));
    scene.after(w, due.map_or(Action::Tick, Action::Due))
}
