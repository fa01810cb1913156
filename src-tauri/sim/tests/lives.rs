//! Order lives by the ten thousand: nothing twice, nothing lost, nothing untrue, nobody stuck; and a seed replays its runs.
//!
//! The worlds of one seed are shared by several tests, so that each processor has one at a time. Worlds in which something
//! was found once are played in every run, whatever its seed.

use docket_sim::{Tally, Worlds};
use docket_tests::chance::{say, seed};

/// As many as a test run plays; `cargo xtask soak` plays on.
const LIVES: u64 = 20_000;
const PARTS: u64 = 8;

/// Plays every eighth world of the seed until this part's share of the lives is over.
fn part(part: u64) {
    let seed = seed();
    let (worlds, mut tally) = (Worlds::new(seed, None), Tally::default());
    let mut number = part;
    while tally.lives() < LIVES / PARTS {
        tally.add(&is_sound(&worlds, number));
        number += PARTS;
    }
    say(&tally.to_string());
    let (brought_back, shut) = tally.older_ledgers();
    assert!(brought_back > shut, "{brought_back} older ledgers came back, and {shut} of them stayed shut");
}

fn is_sound(worlds: &Worlds, number: u64) -> docket_sim::World {
    let world = worlds.play(number);
    let wrong = world.findings.wrong();
    assert!(wrong.is_empty(), "{}\n{}\n{}", world.told, wrong.join("\n"), worlds.again(number));
    world
}

#[test]
fn the_first_eighth_of_the_lives() {
    part(0);
}

#[test]
fn the_second_eighth_of_the_lives() {
    part(1);
}

#[test]
fn the_third_eighth_of_the_lives() {
    part(2);
}

#[test]
fn the_fourth_eighth_of_the_lives() {
    part(3);
}

#[test]
fn the_fifth_eighth_of_the_lives() {
    part(4);
}

#[test]
fn the_sixth_eighth_of_the_lives() {
    part(5);
}

#[test]
fn the_seventh_eighth_of_the_lives() {
    part(6);
}

#[test]
fn the_last_eighth_of_the_lives() {
    part(7);
}

/// What exists, where every order stands, and every entry of the log with its time.
#[test]
fn a_seed_replays_its_worlds() {
    let worlds = Worlds::new(seed(), None);
    for number in 0..48 {
        let (first, second) = (worlds.play(number), worlds.play(number));
        let parted = first.log.iter().zip(&second.log).find(|(one, other)| one != other);
        assert_eq!(parted, None, "world {number} went two ways\n{}\n{}", first.told, second.told);
        assert_eq!(first.findings.digest, second.findings.digest, "world {number} went two ways");
    }
}

/// Seeds and worlds in which something was found, and what it was; none of them may need more events than this again.
const FOUND: [(u64, u64, &str); 3] = [
    (5, 84, "six hours offline: each of the queued orders was tried, and written down, every minute"),
    (
        31,
        31,
        "a second generation was withdrawn: the order was a draft, and its first generation, looked at later, cancelled",
    ),
    (20_260_302, 181, "seven hours without a list: each of the queued orders looked for it every few seconds"),
];
const MOST_EVENTS: u64 = 3_000;

#[test]
fn worlds_in_which_something_was_found_are_sound() {
    for (seed, number, what) in FOUND {
        let world = is_sound(&Worlds::new(seed, None), number);
        assert!(world.events < MOST_EVENTS, "{what}: {} things happened", world.events);
    }
}
