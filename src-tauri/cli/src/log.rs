//! `log`: the reconciliation log as text, JSON Lines or CSV, and, followed, as it grows.

use std::io;
use std::time::Duration;

use docket_core::api::Core;
use docket_core::api::ErrorCode;
use docket_core::api::views::{LogQuery, LogView};
use docket_core::domain::OrderNo;

use crate::args::{LogArgs, LogFormat};
use crate::desk::{Desk, Need, key};
use crate::exit::{Done, Failure, Status};
use crate::output::Output;
use crate::words;

/// Entries read at once.
const PAGE: u32 = 1_000;
/// Looked again after this long even when nobody said that something changed.
const LOOK_AGAIN: Duration = Duration::from_secs(1);
/// Columns of the CSV.
const COLUMNS: [&str; 9] = ["seq", "at", "order_no", "account", "generation", "reference", "kind", "detail", "hash"];

/// Prints the log.
pub async fn run(desk: &Desk, args: LogArgs) -> Done {
    let format = format_of(desk.out.is_json(), args.format)?;
    let shown = desk.with(Need::Read, async |core| show(desk, core, &args, format).await).await;
    match shown {
        // Following ends only by a signal, and that is how it is meant to end.
        Err(Failure::Stopped(_)) if args.follow => {
            desk.out.flush()?;
            Ok(Status::Done)
        }
        other => other.map(|()| Status::Done),
    }
}

fn format_of(json: bool, format: Option<LogFormat>) -> Result<LogFormat, Failure> {
    match (json, format) {
        (true, None | Some(LogFormat::Json)) => Ok(LogFormat::Json),
        (true, Some(LogFormat::Text | LogFormat::Csv)) => {
            Err(Failure::Usage("--json and another --format exclude each other. Leave one of them out.".to_owned()))
        }
        (false, format) => Ok(format.unwrap_or(LogFormat::Text)),
    }
}

async fn show(desk: &Desk, core: &Core, args: &LogArgs, format: LogFormat) -> Result<(), Failure> {
    let unknown = unknown(core, args.order.as_deref(), args.account.as_deref()).await?;
    let mut query = LogQuery {
        order_no: args.order.as_deref().map(OrderNo::from),
        account: args.account.clone(),
        since_ms: args.since.map(|since| since.wall_ms()),
        limit: PAGE,
        ..LogQuery::default()
    };
    if format == LogFormat::Csv {
        desk.out.bytes(&csv_line(COLUMNS)?)?;
    }
    let mut changes = core.changes();
    let mut printed = 0;
    loop {
        let entries = core.log(query.clone()).await?;
        for entry in &entries {
            print(&desk.out, entry, format)?;
        }
        printed += entries.len();
        if desk.out.is_closed() {
            return Ok(());
        }
        if let Some(last) = entries.last() {
            query.after = Some(last.seq);
            continue;
        }
        desk.out.flush()?;
        if printed == 0
            && let Some(error) = unknown
        {
            return Err(error);
        }
        if !args.follow {
            return Ok(());
        }
        // A watch that has ended, as after a holder went away, leaves the clock.
        let _ = tokio::time::timeout(LOOK_AGAIN, changes.changed()).await;
    }
}

/// An order that was deleted and an account that was removed still have their log, so an unknown name is an error only
/// when the log has nothing of it.
async fn unknown(core: &Core, order_no: Option<&str>, account: Option<&str>) -> Result<Option<Failure>, Failure> {
    if let Some(order_no) = order_no {
        return match core.order(key(order_no, account)).await {
            Ok(_) => Ok(None),
            Err(error) if error.code == ErrorCode::NotFound => Ok(Some(error.into())),
            Err(error) => Err(error.into()),
        };
    }
    match account {
        Some(name) => Ok(crate::account::find(core, name).await.err()),
        None => Ok(None),
    }
}

fn print(out: &Output, entry: &LogView, format: LogFormat) -> io::Result<()> {
    match format {
        LogFormat::Text => out.line(&words::log_line(entry)),
        LogFormat::Json => out.object(entry),
        LogFormat::Csv => out.bytes(&csv_line(record(entry))?),
    }
}

fn record(entry: &LogView) -> [String; COLUMNS.len()] {
    [
        entry.seq.to_string(),
        entry.at.clone(),
        entry.order_no.as_ref().map(ToString::to_string).unwrap_or_default(),
        entry.account.clone().unwrap_or_default(),
        entry.generation.to_string(),
        entry.reference.clone().unwrap_or_default(),
        entry.kind.code().to_owned(),
        entry.detail.to_string(),
        entry.hash.clone(),
    ]
}

/// One record, with its line end. Records go out one by one, so that a follower sees each at once.
fn csv_line<T: AsRef<[u8]>, const N: usize>(record: [T; N]) -> io::Result<Vec<u8>> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(record)?;
    writer.into_inner().map_err(|error| io::Error::other(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::tests::entry;

    #[test]
    fn a_json_line_has_the_fixed_fields_in_their_order() {
        let line = serde_json::to_string(&entry()).unwrap();
        let fixed = ["seq", "at", "order_no", "generation", "reference", "kind", "detail", "hash"];
        let places: Vec<_> = fixed.iter().map(|name| line.find(&format!("\"{name}\":")).expect(name)).collect();
        assert!(places.is_sorted(), "{line}");
        assert!(line.contains(r#""kind":"send_finished""#), "{line}");
    }

    #[test]
    fn a_csv_line_comes_back_as_it_went() {
        let line = csv_line(record(&entry())).unwrap();
        let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(line.as_slice());
        let row = reader.records().next().unwrap().unwrap();
        assert_eq!(row.len(), COLUMNS.len());
        let detail: serde_json::Value = serde_json::from_str(row.get(7).unwrap()).unwrap();
        assert_eq!(detail, entry().detail);
    }

    #[test]
    fn json_is_asked_for_in_either_way() {
        assert_eq!(format_of(true, None).unwrap(), LogFormat::Json);
        assert_eq!(format_of(false, None).unwrap(), LogFormat::Text);
        assert_eq!(format_of(false, Some(LogFormat::Csv)).unwrap(), LogFormat::Csv);
        assert_eq!(format_of(true, Some(LogFormat::Csv)).unwrap_err().status(), Status::Usage);
    }
}
