//! Many orders from a file, each reserved with its exact request and its log entry, synced; beside them what others do to
//! take a number once.

use crate::bench::Bench;
use crate::figures::Line;
use crate::parts::{Naive, Part, Reserved};
use crate::peers::postgres::Postgres;
use crate::peers::redis::{Redis, Sync};

use super::figure;

const ROW: &str = "reserve";
const RATE: &str = "rows/s";

/// Measures one peer once: rows each second, given how many rows and how long a request is.
type Once = Box<dyn Fn(usize, usize) -> Result<f64, String>>;

/// A peer, and its figure of each round or why there is none.
struct Beside {
    name: String,
    once: Once,
    rates: Result<Vec<f64>, String>,
}

impl Beside {
    fn new(name: impl Into<String>, once: impl Fn(usize, usize) -> Result<f64, String> + 'static) -> Beside {
        Beside { name: name.into(), once: Box::new(once), rates: Ok(Vec::new()) }
    }

    fn measure(&mut self, rows: usize, bytes: usize) {
        let Ok(rates) = &mut self.rates else { return };
        match (self.once)(rows, bytes) {
            Ok(rate) => rates.push(rate),
            Err(why) => self.rates = Err(why),
        }
    }
}

fn postgres(bench: &Bench) -> Result<Vec<Beside>, String> {
    let folder = bench.fresh("postgres-")?;
    let postgres = std::rc::Rc::new((Postgres::start(folder.path())?, folder));
    let (one, many, bulk) = (postgres.clone(), postgres.clone(), postgres);
    Ok(vec![
        Beside::new("PostgreSQL, one client", move |rows, bytes| one.0.insert(rows / 10, bytes, 1)),
        Beside::new("PostgreSQL, 32 clients", move |rows, bytes| many.0.insert(rows, bytes, 32)),
        Beside::new("PostgreSQL, one statement", move |rows, bytes| bulk.0.insert_at_once(rows, bytes)),
    ])
}

fn redis(bench: &Bench) -> Result<Vec<Beside>, String> {
    let folder = bench.fresh("redis-")?;
    let redis = std::rc::Rc::new((Redis::start(folder.path())?, folder));
    let mut all = Vec::new();
    for sync in [Sync::Always, Sync::EverySecond] {
        for (how, clients, pipelined) in
            [("one client", 1, 1), ("32 clients", 32, 1), ("32 clients, 100 pipelined", 32, 100)]
        {
            let redis = redis.clone();
            all.push(Beside::new(format!("Redis {}, {how}", sync.code()), move |rows, bytes| {
                // One client that waits for each answer is slow; its rate is the same over fewer.
                redis.0.set_nx(sync, if clients == 1 { rows / 10 } else { rows }, bytes, clients, pipelined)
            }));
        }
    }
    Ok(all)
}

/// Measures.
pub fn measure(bench: &Bench) -> Result<Vec<Line>, String> {
    let orders = bench.size(100_000, 10_000);
    let (mut peers, mut lines) = (Vec::new(), Vec::new());
    for (name, started) in [("PostgreSQL", postgres(bench)), ("Redis", redis(bench))] {
        match started {
            Ok(mut some) => peers.append(&mut some),
            Err(why) => lines.push(Line::missing(ROW, &format!("beside {name}"), why)),
        }
    }
    let (mut imports, mut reserves, mut memory, mut naive, mut bytes) = (vec![], vec![], vec![], vec![], 0);
    for round in 0..bench.rounds {
        let folder = bench.fresh("reserve-")?;
        let done: Reserved = bench.run(&Part::Reserve { folder: folder.path().to_owned(), orders })?;
        drop(folder);
        imports.push(figure(orders) / done.import_s);
        reserves.push(figure(orders) / done.reserve_s);
        memory.push(done.peak_mib - done.before_mib);
        bytes = done.request_bytes;
        let folder = bench.fresh("naive-")?;
        let rows = orders / 10;
        let one: Naive = bench.run(&Part::Naive { folder: folder.path().to_owned(), rows, bytes })?;
        naive.push(figure(rows) / one.seconds);
        for peer in &mut peers {
            peer.measure(orders, bytes);
        }
        eprintln!("   round {} of {}", round + 1, bench.rounds);
    }
    let what = format!("{orders} orders reserved");
    let note = format!("requests of {bytes} bytes");
    lines.insert(0, Line::alone(ROW, "memory for both, over an empty ledger's", "MiB", &memory));
    lines.insert(0, Line::alone(ROW, &format!("{orders} orders imported from CSV"), RATE, &imports));
    lines.insert(0, Line::beside(ROW, &what, RATE, &reserves, "a transaction a row, SQLite", &naive).note(note));
    for peer in peers {
        lines.push(match peer.rates {
            Ok(rates) => Line::beside(ROW, &what, RATE, &reserves, &peer.name, &rates),
            Err(why) => Line::missing(ROW, &what, format!("{}: {why}", peer.name)),
        });
    }
    Ok(lines)
}
