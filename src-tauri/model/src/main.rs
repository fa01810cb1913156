//! Walks every scene, and prints how many worlds there were, and by which story each broken one was found. An argument walks
//! only what has that word in its line.

use std::process::ExitCode;
use std::time::Instant;

use docket_model::broken::Broken;
use docket_model::properties::RECOVERS;
use docket_model::scene::{Scene, Shape};
use docket_model::world::Troubles;
use stateright::{Checker as _, HasDiscoveries, Model as _};

/// One order with three attempts at most, two crashes, a restart of the machine among them, and one release; and two
/// orders that look alike.
fn scenes() -> Vec<(&'static str, Scene)> {
    let none = Troubles::default();
    let alone = Troubles { faults: 2, crashes: 2, reboots: 1, releases: 1, ..none };
    let cancelled = Troubles { faults: 2, crashes: 1, cancels: 1, doubled: 1, again: 1, ..none };
    let aged = Troubles { faults: 2, sleeps: 1, stalls: 1, wall_back: 1, new_keys: 1, misses: 1, ignored: 1, ..none };
    let strangers = Troubles { faults: 2, crashes: 1, strangers: 1, releases: 1, ..none };
    let two = Troubles { faults: 2, crashes: 1, ..none };
    let written = Troubles { faults: 2, crashes: 1, stalls: 1, writers: 1, ..none };
    let elsewhere = Troubles { faults: 2, cancels: 1, again: 1, elsewhere: 1, ..none };
    let every = |what, orders, troubles| Shape::ALL.map(|shape| (what, Scene::of(shape, orders, troubles)));
    let alone = every("crashes and a release", 1, alone).into_iter().chain(every("a cancel", 1, cancelled));
    let more = every("age and keys", 1, aged).into_iter().chain(every("strangers", 1, strangers));
    // Only what a platform remembers for ever needs no other guard when yesterday's ledger is put back; and nobody else
    // tells of an order that is refused the second time.
    let restored = Troubles { crashes: 1, restores: 1, ..none };
    let restored = ("a restore", Scene::of(Shape::Forever, 1, restored));
    let pairs = every("two look-alikes", 2, two).into_iter().chain(every("a second writer", 1, written));
    alone.chain(more).chain([restored]).chain(pairs).chain(every("another name", 1, elsewhere)).collect()
}

#[expect(clippy::print_stdout, reason = "the table is what it is for")]
#[expect(clippy::disallowed_methods, reason = "how long a walk took stands in the table; no decision reads it")]
fn main() -> ExitCode {
    let only = std::env::args().nth(1).unwrap_or_default();
    let begun = Instant::now();
    let (mut worlds, mut wrong) = (0, 0);
    for (what, scene) in scenes() {
        let named = format!("{:?}, {what} ({})", scene.shape, scene.troubles);
        if !named.contains(&only) {
            continue;
        }
        let since = Instant::now();
        let checker = scene.checker().threads(2).spawn_bfs().join();
        worlds += checker.unique_state_count();
        let (count, deep, took) = (checker.unique_state_count(), checker.max_depth(), since.elapsed().as_secs_f64());
        println!("{named}: {count} worlds, {deep} steps deep, {took:.1} s");
        for (property, story) in checker.discoveries().into_iter().filter(|(property, _)| *property != RECOVERS) {
            wrong += 1;
            println!("  BROKEN: {property}: {:?}", story.into_actions());
        }
    }
    println!("{worlds} worlds in all, {:.0} s", begun.elapsed().as_secs_f64());
    for broken in Broken::ALL.into_iter().filter(|broken| format!("{broken:?}").contains(&only)) {
        let (property, scene) = (broken.property().name(), broken.scene());
        let wanted = HasDiscoveries::AllOf([property].into());
        let checker = scene.checker().finish_when(wanted).spawn_bfs().join();
        match checker.discovery(property) {
            Some(story) => println!("{broken:?} breaks '{property}': {:?}", story.into_actions()),
            None => {
                wrong += 1;
                let count = checker.unique_state_count();
                println!("{broken:?} SHOULD BREAK '{property}', and does not in {count} worlds");
            }
        }
    }
    if wrong == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
