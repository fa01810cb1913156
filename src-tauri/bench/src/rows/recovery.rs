//! Orders that were in doubt when the program was killed; half of them exist at the platform. What it takes until each is
//! bound, sent again where that is safe, or with a person: at a platform that is asked for each, and at one with a list.

use docket_practice::PracticePlatform;

use crate::bench::Bench;
use crate::figures::Line;
use crate::parts::{Part, Recovered};

use super::{Platforms, figure};

const ROW: &str = "recovery";
const PLACES: [(PracticePlatform, &str); 2] =
    [(PracticePlatform::Pathao, "asked for each"), (PracticePlatform::UberDirect, "a list")];

/// Measures. Counts need no rounds; times are of one run, and are told beside the requests that they took.
pub fn measure(bench: &Bench) -> Result<Vec<Line>, String> {
    let many: &[usize] = if bench.quick { &[100, 1_000] } else { &[100, 1_000, 10_000, 100_000] };
    let mut lines = Vec::new();
    for (platform, how) in PLACES {
        for orders in many {
            let what = format!("{orders} in doubt, {how}");
            match one(bench, platform, *orders) {
                Ok((requests, done)) => {
                    let each = figure(requests) / figure(*orders);
                    let ends = format!(
                        "{requests} requests; {} bound, {} with a person, {} still open; {:.0} MiB",
                        done.dispatched, done.needs_review, done.open, done.peak_mib
                    );
                    lines.push(Line::alone(ROW, &format!("{what}: requests an order"), "requests", &[each]).note(ends));
                    lines.push(Line::alone(ROW, &format!("{what}: until settled"), "s", &[done.seconds]));
                }
                Err(why) => lines.push(Line::missing(ROW, &what, why)),
            }
        }
    }
    Ok(lines)
}

fn one(bench: &Bench, platform: PracticePlatform, orders: usize) -> Result<(usize, Recovered), String> {
    let (mut platforms, folder) = (Platforms::start(bench)?, bench.fresh("recovery-")?);
    let endpoint = platforms.endpoint(platform)?;
    let folder_path = folder.path().to_owned();
    let part = Part::Interrupted { folder: folder_path.clone(), endpoint, orders };
    // It ends by its own hand, and says a last line before.
    let (_, said) = bench.start(&part)?.finish()?;
    if said.is_empty() {
        return Err("the orders could not be put in doubt".into());
    }
    let longest_s = if bench.quick { 120.0 } else { 1_200.0 };
    let before = platforms.counted(platform)?;
    let done: Recovered = bench.run(&Part::Recover { folder: folder_path, longest_s })?;
    let after = platforms.counted(platform)?;
    Ok(((after.requests - before.requests) as usize, done))
}
