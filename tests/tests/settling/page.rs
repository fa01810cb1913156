//! The table, and the page around it.

use std::fmt::Write as _;

use super::scene::Settled;

const HEAD: &str = "| platform | what went wrong | in doubt | minutes, median | minutes, longest | requests for each | with a person |\n\
                    |---|---|---|---|---|---|---|\n";

fn minutes(ms: i64) -> String {
    #[expect(clippy::cast_precision_loss, reason = "hours at most")]
    let minutes = ms as f64 / 60_000.0;
    format!("{minutes:.1}")
}

/// One row for each run.
pub fn table(all: &[Settled]) -> String {
    let mut text = String::from(HEAD);
    for run in all {
        let n = run.took_ms.len();
        let place = if run.exclusive { format!("{}, exclusive", run.platform) } else { run.platform.to_string() };
        let (median, longest) = match run.took_ms.as_slice() {
            [] => ("-".to_owned(), "-".to_owned()),
            all => (minutes(all[n / 2]), minutes(all[n - 1])),
        };
        let each = run.requests_for_each();
        let asked: usize = run.reviews.values().sum();
        let why = run.reviews.iter().map(|(reason, n)| format!("{n}: {reason}")).collect::<Vec<_>>().join("; ");
        let asked = if asked == 0 { "0".to_owned() } else { why };
        let row = format!("| {place} | {} | {n} | {median} | {longest} | {each:.1} | {asked} |", run.scene.name());
        writeln!(text, "{row}").expect("writing to a text");
    }
    text
}

/// The whole page.
pub fn page(table: &str) -> String {
    format!("{INTRODUCTION}\n{table}\n{NOTES}")
}

const INTRODUCTION: &str = "# How long doubt lasts, and what it costs

Measured by `DOCKET_SETTLING_PAGE=docs/settling.md cargo nextest run -p docket-tests -E 'binary(settling)'`, which writes
this page: the real ledger, real HTTP to the practice platforms with the switches they have by themselves, the settings
that each platform's account has by itself, and clocks that the test moves. Steps of the clocks are two to fifteen
seconds, so that a tenth of a minute more or less means nothing.

Minutes count from an order's first request to its end, or to a person. Requests are all but the first create of each
order: lookups, pages, replays and access tokens, for each order that was in doubt.
";

const NOTES: &str = "- **Answer lost, request lost**: every second one of thirty orders, five seconds apart. A lost answer is found by the
  first lookup. A lost request takes five lookups until quiet is over, and one replay.
- **Platform down**: sixty orders are being dispatched, and every request is answered 502 or 503 for ten minutes. While a
  platform gives no answers one lookup asks for all.
- **Killed**: every task of the program stops where it stands. Half of the orders in doubt exist.
- **Asleep**: half of ten orders in doubt exist. The wall clock, the boot clock and the platform go on; the awake clock
  stands.
- **Postmates** is asked about by reference and hides what has ended; after seven minutes its reference guards nothing
  that could have ended. **Uber Direct**'s key is dead after an hour. There a person is asked.
- **FoxReload** has no key and no reference. Nothing is sent again there; what was found may be somebody else's unless
  the account is exclusive, and the practice list shows a hundred orders and no more.
";
