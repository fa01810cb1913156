//! The same work in a ledger of few and of many settled orders. The quotient is the figure: how much more it costs.

use crate::bench::Bench;
use crate::figures::{Line, quantile};
use crate::parts::{Grown, Part, Settled};

use super::figure;

const ROW: &str = "growth";

/// A figure of a grown ledger, in words, its unit, and where it stands.
type Pick = (&'static str, &'static str, fn(&Grown) -> f64);

const PICKS: [Pick; 8] = [
    ("start to first rows", "ms", |g| g.first_rows_ms),
    ("a page in the middle", "ms", |g| g.page_ms),
    ("the last page", "ms", |g| g.last_page_ms),
    ("a search for one number", "ms", |g| g.search_ms),
    ("a search that nearly all match", "ms", |g| g.wide_search_ms),
    ("a click until it is on disk", "ms", |g| g.click_ms),
    ("verify", "s", |g| g.verify_s),
    ("memory after the first rows", "MiB", |g| g.memory_mib),
];

/// Measures.
pub fn measure(bench: &Bench) -> Result<Vec<Line>, String> {
    let sizes: &[usize] = if bench.quick { &[1_000, 10_000] } else { &[1_000, 100_000, 1_000_000] };
    let mut ledgers = Vec::new();
    for orders in sizes {
        let folder = bench.fresh("growth-")?;
        let made: Settled = bench.run(&Part::Settle { folder: folder.path().to_owned(), orders: *orders })?;
        eprintln!("   {orders} orders settled in {:.0} s", made.seconds);
        ledgers.push((*orders, folder, Vec::<Grown>::new()));
    }
    for _ in 0..bench.rounds {
        for (orders, folder, rounds) in &mut ledgers {
            // Each round begins with the file as it was settled: a round adds orders of its own.
            let copy = bench.fresh("grown-")?;
            copy_all(folder.path(), copy.path())?;
            rounds.push(bench.run(&Part::Grow { folder: copy.path().to_owned(), orders: *orders })?);
        }
    }
    let mut lines = Vec::new();
    let Some(((few, _, small), larger)) = ledgers.split_first() else {
        return Ok(lines);
    };
    let all = |rounds: &[Grown], pick: fn(&Grown) -> f64| -> Vec<f64> { rounds.iter().map(pick).collect() };
    for (many, _, large) in larger {
        for (what, unit, pick) in PICKS {
            let (large, small) = (all(large, pick), all(small, pick));
            lines.push(Line::beside(
                ROW,
                &format!("{what}, {many} orders"),
                unit,
                &large,
                &format!("{few} orders"),
                &small,
            ));
        }
    }
    for (orders, _, rounds) in &ledgers {
        let bytes = quantile(&all(rounds, |g| figure(usize::try_from(g.file_bytes).unwrap_or(usize::MAX))), 0.5);
        let each = bytes.unwrap_or(0.0) / figure(*orders);
        lines.push(Line::alone(ROW, &format!("file an order, {orders} orders"), "bytes", &[each]));
    }
    Ok(lines)
}

fn copy_all(from: &std::path::Path, to: &std::path::Path) -> Result<(), String> {
    let copied = || -> std::io::Result<()> {
        for entry in std::fs::read_dir(from)? {
            let entry = entry?;
            let target = to.join(entry.file_name());
            if entry.file_type()?.is_dir() {
                std::fs::create_dir_all(&target)?;
                for inner in std::fs::read_dir(entry.path())? {
                    let inner = inner?;
                    std::fs::copy(inner.path(), target.join(inner.file_name()))?;
                }
            } else if entry.path().extension().is_none_or(|e| e != "csv") {
                std::fs::copy(entry.path(), &target)?;
            }
        }
        Ok(())
    };
    copied().map_err(|e| e.to_string())
}
