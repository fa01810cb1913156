//! Recorded answers, changed by chance a million times for each platform, and what no reading of them may ever say.
//!
//! The changes are drawn from a seed: the same answers come up in every run of one seed.

mod corpus;
mod mutate;
mod reader;

use std::path::Path;

use docket_core::domain::Platform;

use mutate::{Dice, mutated, recorded};
use reader::Reader;

/// Changed answers for each platform. Every one is read as the answer to a create.
const ANSWERS: usize = 1_000_000;
/// When `DOCKET_SEED` is not set, so that a plain run is the same everywhere.
const FIXED: u64 = 20_260_302;

fn read_a_million(platform: Platform) {
    let seed = std::env::var("DOCKET_SEED").map_or(FIXED, |text| text.trim().parse().expect("DOCKET_SEED is a number"));
    let answers = corpus::of(Path::new(env!("CARGO_MANIFEST_DIR")), platform);
    let (mut reader, recorded, mut dice) = (Reader::of(platform), recorded(&answers), Dice::of(seed));
    answers.iter().for_each(|body| {
        let answer = docket_core::domain::http::HttpResponse { status: 200, headers: Vec::new(), body: body.to_vec() };
        reader.read_every_way(&answer);
    });
    for turn in 0..ANSWERS {
        reader.read(&mutated(&recorded, &mut dice), turn);
    }
    let counts = reader.counts;
    let often =
        [counts.created, counts.exists, counts.refused, counts.unauthorised, counts.rows, counts.ends, counts.shown];
    assert!(often.iter().all(|n| *n > ANSWERS / 2_000), "readings that say something are rare: {counts:?}");
    let quotes = !matches!(platform, Platform::PrintOne | Platform::Foxreload);
    assert!(counts.quoted > ANSWERS / 2_000 || !quotes, "{counts:?}");
    assert!(counts.choices > ANSWERS / 10_000 || quotes, "{counts:?}");
    assert!(counts.cancelled > ANSWERS / 10_000 || platform == Platform::Foxreload, "{counts:?}");
    assert!(counts.different > ANSWERS / 10_000, "{counts:?}");
}

#[test]
fn postmates_reads_no_order_into_a_changed_answer() {
    read_a_million(Platform::Postmates);
}

#[test]
fn uber_direct_reads_no_order_into_a_changed_answer() {
    read_a_million(Platform::UberDirect);
}

#[test]
fn pathao_reads_no_order_into_a_changed_answer() {
    read_a_million(Platform::Pathao);
}

#[test]
fn foxreload_reads_no_order_into_a_changed_answer() {
    read_a_million(Platform::Foxreload);
}

#[test]
fn print_one_reads_no_order_into_a_changed_answer() {
    read_a_million(Platform::PrintOne);
}

#[test]
fn doordash_reads_no_order_into_a_changed_answer() {
    read_a_million(Platform::Doordash);
}
