//! `order export`: orders with their platform ids, fees and tracking links, as CSV or JSON Lines.

use std::fs::File;
use std::io::{self, BufWriter, Write as _};
use std::path::{Path, PathBuf};

use docket_core::api::views::OrderView;
use serde_json::json;

use crate::args::ListArgs;
use crate::desk::{Desk, Need};
use crate::exit::{Done, Failure, Status};
use crate::pages;

/// Columns of the CSV: the order object's, with the fee in two.
const COLUMNS: [&str; 22] = [
    "order_no",
    "account",
    "platform",
    "test",
    "state",
    "reference",
    "platform_order_id",
    "platform_status",
    "bound_by",
    "generation",
    "attempts",
    "lookups",
    "waits_for",
    "reason",
    "recipient",
    "fee_amount",
    "fee_currency",
    "tracking_url",
    "created_at",
    "settled_at",
    "what",
    "since",
];

/// Writes the orders to a file, whole or not at all.
pub async fn run(desk: &Desk, file: &Path, list: &ListArgs) -> Done {
    let part = part_of(file);
    let wrong = |error: &io::Error| Failure::Wrong(format!("{}: {error}. Choose another file.", file.display()));
    let mut writer = Writer::to(file, &part)?;
    let states: Vec<_> = list.state.into_iter().collect();
    let written = desk
        .with(Need::Read, async |core| {
            let mut written = 0_usize;
            pages::each(core, &states, list.account.as_deref(), |page| {
                page.iter().try_for_each(|order| writer.order(order)).map_err(|error| wrong(&error))?;
                written += page.len();
                Ok(true)
            })
            .await?;
            Ok(written)
        })
        .await
        .and_then(|written| {
            let done = writer.finish().and_then(|()| std::fs::rename(&part, file));
            done.map(|()| written).map_err(|error| wrong(&error))
        });
    if written.is_err() {
        // Half a file would look like a whole one; that it cannot be removed either is not worth a second line.
        let _ = std::fs::remove_file(&part);
    }
    let written = written?;
    if desk.out.is_json() {
        desk.out.object(&json!({ "exported": written, "file": file }))?;
    } else {
        desk.out.line(&format!("exported {written} to {}", file.display()))?;
    }
    desk.out.flush()?;
    Ok(Status::Done)
}

/// Where the file grows until it is whole.
fn part_of(file: &Path) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(".part");
    PathBuf::from(name)
}

enum Writer<W: io::Write> {
    Csv(Box<csv::Writer<W>>),
    JsonLines(BufWriter<W>),
}

impl Writer<File> {
    fn to(file: &Path, part: &Path) -> Result<Writer<File>, Failure> {
        let ending = file.extension().and_then(|ending| ending.to_str()).unwrap_or_default().to_ascii_lowercase();
        if !["csv", "jsonl", "ndjson"].contains(&ending.as_str()) {
            let message = format!("{}: end the name in .csv or .jsonl; that says what to write.", file.display());
            return Err(Failure::Usage(message));
        }
        let wrong = |error: io::Error| Failure::Wrong(format!("{}: {error}. Choose another file.", file.display()));
        let target = File::create(part).map_err(wrong)?;
        Writer::new(target, ending == "csv").map_err(wrong)
    }
}

impl<W: io::Write> Writer<W> {
    fn new(target: W, csv: bool) -> io::Result<Writer<W>> {
        if !csv {
            return Ok(Writer::JsonLines(BufWriter::new(target)));
        }
        let mut writer = csv::Writer::from_writer(target);
        writer.write_record(COLUMNS)?;
        Ok(Writer::Csv(Box::new(writer)))
    }

    fn order(&mut self, order: &OrderView) -> io::Result<()> {
        match self {
            Writer::Csv(writer) => Ok(writer.write_record(record(order))?),
            Writer::JsonLines(writer) => {
                serde_json::to_writer(&mut *writer, order)?;
                writer.write_all(b"\n")
            }
        }
    }

    fn finish(self) -> io::Result<()> {
        match self {
            Writer::Csv(mut writer) => writer.flush(),
            Writer::JsonLines(mut writer) => writer.flush(),
        }
    }
}

fn record(order: &OrderView) -> [String; COLUMNS.len()] {
    let optional = |text: &Option<String>| text.clone().unwrap_or_default();
    [
        order.order_no.to_string(),
        order.account.clone(),
        order.platform.code().to_owned(),
        order.test.to_string(),
        order.state.code().to_owned(),
        optional(&order.reference),
        optional(&order.platform_order_id),
        optional(&order.platform_status),
        order.bound_by.map_or_else(String::new, |by| by.code().to_owned()),
        order.generation.to_string(),
        order.attempts.to_string(),
        order.lookups.to_string(),
        order.waits_for.as_ref().map_or_else(String::new, ToString::to_string),
        optional(&order.reason),
        order.recipient.clone(),
        order.fee.as_ref().map_or_else(String::new, |fee| fee.amount.to_string()),
        order.fee.as_ref().map_or_else(String::new, |fee| fee.currency.clone()),
        optional(&order.tracking_url),
        order.created_at.clone(),
        optional(&order.settled_at),
        order.what.clone(),
        order.since.clone(),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::tests::order;
    use docket_core::domain::State;

    fn written(csv: bool) -> String {
        let mut bytes = Vec::new();
        let mut writer = Writer::new(&mut bytes, csv).unwrap();
        writer.order(&order(State::Dispatched)).unwrap();
        writer.finish().unwrap();
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn csv_comes_back_as_it_went() {
        let text = written(true);
        let mut reader = csv::Reader::from_reader(text.as_bytes());
        let row = reader.records().next().unwrap().unwrap();
        let column = |name: &str| row.get(COLUMNS.iter().position(|column| *column == name).unwrap()).unwrap();
        assert_eq!(column("recipient"), "R. Das, \"Rani\"");
        assert_eq!((column("fee_amount"), column("fee_currency")), ("12005", "BDT"));
        assert_eq!((column("state"), column("test")), ("dispatched", "true"));
    }

    #[test]
    fn a_json_line_is_the_order_object() {
        let text = written(false);
        assert_eq!(text.lines().count(), 1);
        assert_eq!(serde_json::from_str::<OrderView>(&text).unwrap(), order(State::Dispatched));
        assert!(text.starts_with(r#"{"order_no":"SO-1","account":"main","platform":"pathao","test":true,"state":"#));
    }

    #[test]
    fn another_ending_is_wrong_usage() {
        let refused = Writer::to(Path::new("orders.xlsx"), Path::new("orders.xlsx.part")).err().unwrap();
        assert_eq!(refused.status(), Status::Usage);
    }
}
