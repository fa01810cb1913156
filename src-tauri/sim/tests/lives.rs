//! Order lives by the thousand: nothing twice, nothing lost, nothing untrue, nobody stuck; and a seed replays its runs.
//!
//! The worlds of one seed are shared by several tests, so that each processor has one.

use docket_sim::{Tally, Worlds};
use docket_tests::chance::{say, seed};

/// About eighteen lives each. As many as a test run has time for; `cargo xtask soak` plays on.
const WORLDS: u64 = 160;
const PARTS: u64 = 4;

fn part(part: u64) {
    let seed = seed();
    let (worlds, mut tally) = (Worlds::new(seed, None), Tally::default());
    for number in (part..WORLDS).step_by(PARTS as usize) {
        let world = worlds.play(number);
        tally.add(&world);
        let wrong = world.findings.wrong();
        assert!(wrong.is_empty(), "{}\n{}\n{}", world.told, wrong.join("\n"), worlds.again(number));
    }
    say(&tally.to_string());
    assert!(tally.lives() > 500, "a quarter of the lives: {tally}");
}

#[test]
fn the_first_quarter_of_the_lives() {
    part(0);
}

#[test]
fn the_second_quarter_of_the_lives() {
    part(1);
}

#[test]
fn the_third_quarter_of_the_lives() {
    part(2);
}

#[test]
fn the_last_quarter_of_the_lives() {
    part(3);
}

/// What exists, where every order stands, and every entry of the log with its time. Threads that work at one moment may
/// still come in another order now and then (see ARCHITECTURE.md); more often than that, a seed is worth nothing.
#[test]
fn a_seed_replays_its_worlds() {
    let worlds = Worlds::new(seed(), None);
    let differs = |number: &u64| {
        let (once, again) = (worlds.play(*number), worlds.play(*number));
        once.told != again.told || once.findings.digest != again.findings.digest
    };
    let differing: Vec<u64> = (0..24).filter(differs).collect();
    assert!(differing.len() <= 1, "played twice, these worlds went two ways: {differing:?}");
}
