//! One click: from the command to the arming that is on disk, beside a synced write of as many bytes.

use std::process::Stdio;

use docket_practice::PracticePlatform;

use crate::bench::{Bench, found};
use crate::figures::{Line, quantile};
use crate::parts::{Clicks, Part};
use crate::process::{Started, have};
use crate::syncs;

use super::{Platforms, figure};

const ROW: &str = "click";

/// Measures.
pub fn measure(bench: &Bench) -> Result<Vec<Line>, String> {
    let clicks = bench.size(1_000, 200);
    let mut rounds: Vec<Clicks> = Vec::new();
    for _ in 0..bench.rounds {
        let (platforms, folder) = (Platforms::start(bench)?, bench.fresh("click-")?);
        let endpoint = platforms.endpoint(PracticePlatform::Pathao)?;
        rounds.push(bench.run(&Part::Click { folder: folder.path().to_owned(), endpoint, clicks })?);
    }
    let of = |part: f64, pick: fn(&Clicks) -> &Vec<f64>| -> Vec<f64> {
        rounds.iter().filter_map(|round| quantile(pick(round), part)).collect()
    };
    let bytes = rounds.first().map_or(0, |round| round.bytes);
    let write = format!("a synced SQLite write of {bytes} bytes");
    let bare = format!("an append of {bytes} bytes with fdatasync");
    let (what, tail) = ("command to armed and synced, median", "command to armed and synced, 99th percentile");
    let answer = "command to its answer, median";
    let mut lines = vec![
        Line::beside(ROW, what, "us", &of(0.5, |c| &c.click_us), &write, &of(0.5, |c| &c.write_us)),
        Line::beside(ROW, tail, "us", &of(0.99, |c| &c.click_us), &write, &of(0.99, |c| &c.write_us)),
        Line::beside(ROW, what, "us", &of(0.5, |c| &c.click_us), &bare, &of(0.5, |c| &c.bare_us)),
        Line::beside(ROW, answer, "us", &of(0.5, |c| &c.answer_us), &write, &of(0.5, |c| &c.write_us)),
    ];
    lines.push(match syncs_of_a_click(bench) {
        Ok(counts) => Line::alone(ROW, "syncs from the command to armed", "syncs", &counts)
            .note(format!("{} clicks, counted in system calls", counts.len())),
        Err(why) => Line::missing(ROW, "syncs from the command to armed", why),
    });
    Ok(lines)
}

fn syncs_of_a_click(bench: &Bench) -> Result<Vec<f64>, String> {
    let (platforms, folder) = (Platforms::start(bench)?, bench.fresh("click-")?);
    let endpoint = platforms.endpoint(PracticePlatform::Pathao)?;
    let part = Part::Click { folder: folder.path().to_owned(), endpoint, clicks: 100 };
    let counts = traced(bench, folder.path(), &part, ("begins", "is armed"))?;
    Ok(counts.into_iter().map(figure).collect())
}

/// Runs a part under strace; the syncs between each pair of its marks.
pub fn traced(
    bench: &Bench,
    folder: &std::path::Path,
    part: &Part,
    (from, to): (&str, &str),
) -> Result<Vec<usize>, String> {
    if !have("strace") {
        return Err("strace is not installed (apt-get install strace)".into());
    }
    let trace = folder.join("trace");
    let path = trace.display().to_string();
    let wrapper: Vec<&str> = syncs::STRACE.into_iter().chain([path.as_str()]).collect();
    let mut command = bench.part_command_under(&wrapper, part)?;
    command.env(syncs::MARKED, "1");
    let done: serde_json::Value = found(&part.name(), Started::start("strace", command, Stdio::null())?)?;
    drop(done);
    syncs::between(&trace, from, to)
}
