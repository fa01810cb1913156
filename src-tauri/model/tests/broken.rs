//! The check can fail: with one thing broken, a named property breaks; with nothing broken, none does. More worlds, and
//! the stories, are walked by the program of this crate, which is compiled for that.

use docket_core::domain::Fence;
use docket_model::broken::Broken;
use docket_model::properties::RECOVERS;
use docket_model::scene::{Scene, Shape};
use docket_model::world::Troubles;
use stateright::{Checker as _, HasDiscoveries, Model as _};

/// No scene is walked further here.
const MOST: usize = 80_000;

fn is_found(broken: Broken) {
    let (property, scene) = (broken.property().name(), broken.scene());
    let sound = Scene::of(scene.shape, scene.orders, scene.troubles);
    let wanted = HasDiscoveries::AllOf([property].into());
    let checker = scene.checker().finish_when(wanted).target_state_count(MOST).spawn_bfs().join();
    let story = checker.discovery(property);
    assert!(story.is_some(), "{broken:?} should break '{property}': {} worlds", checker.unique_state_count());
    holds(&sound, &format!("{broken:?} is to blame, and not its scene"));
}

fn holds(scene: &Scene, what: &str) {
    let checker = scene.clone().checker().target_state_count(MOST).spawn_bfs().join();
    let others = checker.discoveries().into_iter().filter(|(name, _)| *name != RECOVERS);
    let told: Vec<_> = others.map(|(name, story)| (name, story.into_actions())).collect();
    assert!(told.is_empty(), "{what}: {told:?}");
}

fn are_found(where_the_scene: fn(Fence) -> bool) {
    let mut all = Broken::ALL.into_iter().filter(|broken| where_the_scene(broken.scene().shape.fence())).peekable();
    assert!(all.peek().is_some());
    all.for_each(is_found);
}

#[test]
fn each_rule_that_is_left_out_breaks_its_property_where_a_key_guards() {
    are_found(|fence| matches!(fence, Fence::Key { .. }));
}

#[test]
fn each_rule_that_is_left_out_breaks_its_property_where_the_reference_guards() {
    are_found(|fence| matches!(fence, Fence::Reference { .. }));
}

#[test]
fn each_rule_that_is_left_out_breaks_its_property_where_nothing_guards() {
    are_found(|fence| fence == Fence::None);
}

#[test]
fn no_contract_breaks_and_every_one_recovers() {
    for shape in Shape::ALL {
        let troubles = Troubles { faults: 1, crashes: 1, ..Troubles::default() };
        let scene = Scene::of(shape, 1, troubles);
        holds(&scene, &format!("{shape:?}"));
        let recovers = scene.checker().spawn_bfs().join().discovery(RECOVERS).is_some();
        assert_eq!(recovers, shape != Shape::Nothing, "{shape:?}: without fence and lookup nobody can");
    }
}
