//! Whole dispatches against a platform that answers at once, beside a bare load generator with the same bodies, the same
//! number at once, one connection a request.

use docket_practice::PracticePlatform;

use crate::bench::Bench;
use crate::figures::Line;
use crate::parts::{Dispatched, Part};
use crate::peers::wrk::Load;

use super::click::traced;
use super::{Platforms, figure};

const ROW: &str = "dispatch";
const PLATFORM: PracticePlatform = PracticePlatform::Pathao;
/// How many at once. An account's setting ends at 64.
const AT_ONCE: [usize; 3] = [1, 8, 64];
/// How long the load generator works in a round.
const SECONDS: u32 = 3;

fn once(bench: &Bench, orders: usize, in_flight: usize) -> Result<Dispatched, String> {
    let (platforms, folder) = (Platforms::start(bench)?, bench.fresh("dispatch-")?);
    let endpoint = platforms.endpoint(PLATFORM)?;
    bench.run(&Part::Dispatch { folder: folder.path().to_owned(), endpoint, orders, in_flight })
}

fn bare(bench: &Bench, done: &Dispatched, at_once: usize) -> Result<f64, String> {
    let (platforms, folder) = (Platforms::start(bench)?, bench.fresh("wrk-")?);
    let endpoint = platforms.endpoint(PLATFORM)?;
    let secret = endpoint.secrets["api_key"].as_str().unwrap_or_default();
    let load = Load::of(&done.request, &done.reference, ("x-api-key", secret))?;
    load.run(folder.path(), &endpoint.base_url, at_once, SECONDS)
}

/// Measures.
pub fn measure(bench: &Bench) -> Result<Vec<Line>, String> {
    let mut lines = Vec::new();
    for at_once in AT_ONCE {
        let orders = if at_once == 1 { bench.size(3_000, 1_000) } else { bench.size(20_000, 4_000) };
        let (mut rates, mut cpu, mut beside) = (Vec::new(), Vec::new(), Ok(Vec::new()));
        for _ in 0..bench.rounds {
            let done = once(bench, orders, at_once)?;
            rates.push(figure(orders) / done.seconds);
            cpu.push(done.cpu_s / figure(orders) * 1e6);
            if let Ok(all) = &mut beside {
                match bare(bench, &done, at_once) {
                    Ok(rate) => all.push(rate),
                    Err(why) => beside = Err(why),
                }
            }
        }
        let what = format!("{orders} orders, {at_once} at once");
        lines.push(match beside {
            Ok(all) => Line::beside(ROW, &what, "orders/s", &rates, "wrk, a connection a request", &all),
            Err(why) => Line::alone(ROW, &what, "orders/s", &rates).note(why),
        });
        lines.push(Line::alone(ROW, &format!("processor time an order, {at_once} at once"), "us", &cpu));
        lines.push(syncs_an_order(bench, at_once));
    }
    lines.push(Line::missing(ROW, "256 at once", "not measured: an account's setting ends at 64"));
    Ok(lines)
}

fn syncs_an_order(bench: &Bench, in_flight: usize) -> Line {
    let orders = 500;
    let what = format!("syncs an order, {in_flight} at once");
    let counted = || -> Result<Vec<usize>, String> {
        let (platforms, folder) = (Platforms::start(bench)?, bench.fresh("dispatch-")?);
        let endpoint = platforms.endpoint(PLATFORM)?;
        let part = Part::Dispatch { folder: folder.path().to_owned(), endpoint, orders, in_flight };
        traced(bench, folder.path(), &part, ("begins", "is done"))
    };
    match counted() {
        Ok(counts) => {
            let each: Vec<f64> = counts.into_iter().map(|n| figure(n) / figure(orders)).collect();
            Line::alone(ROW, &what, "syncs", &each).note(format!("{orders} orders, counted in system calls"))
        }
        Err(why) => Line::missing(ROW, &what, why),
    }
}
