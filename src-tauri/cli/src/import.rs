//! `order import`: a file in, the right rows kept, the wrong ones told.

use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::time::Duration;

use docket_core::api::Core;
use docket_core::api::{Command, ImportReport, Reply, WrongRow};
use serde::Serialize;

use crate::args::ImportArgs;
use crate::desk::{Desk, Need, absolute, execute};
use crate::exit::{Done, Failure, Status};
use crate::output::say;
use crate::{progress, words};

/// After a signal: how long the rows that are being written may take. The program has 2 s in all.
const END_WITHIN: Duration = Duration::from_millis(1_200);

/// The last line, as an object.
#[derive(Serialize)]
struct Sums {
    imported: u32,
    updated: u32,
    skipped: u32,
    wrong: u32,
}

/// Imports a file.
pub async fn run(desk: &Desk, args: ImportArgs) -> Done {
    let file = args.file.display().to_string();
    let command = Command::Import {
        path: absolute(&args.file).display().to_string(),
        account: args.account,
        dry_run: args.dry_run,
        update: args.update,
        mapping: args.map.into_iter().collect(),
    };
    let core = desk.until_stopped(desk.open(Need::Change)).await?;
    let outcome = carry_out(desk, &core, command).await;
    desk.close(&core).await;
    let mut report = outcome?;
    // What the ledger finds wrong comes after what the reader does, batch by batch.
    report.wrong_rows.sort_by_key(|row| row.line);
    report.wrong_rows.iter().for_each(|row| say(&wrong_line(&file, row)));
    if let Some(kept) = &report.wrong_file {
        tell_kept(&file, Path::new(kept))?;
    }
    if args.dry_run {
        say("Only looked: nothing was imported.");
    }
    let ImportReport { imported, updated, skipped, wrong, stopped, .. } = report;
    let sums = Sums { imported, updated, skipped, wrong };
    if desk.out.is_json() {
        desk.out.object(&sums)?
    } else {
        desk.out.line(&last_line(&sums))?
    }
    desk.out.flush()?;
    if stopped {
        return Err(Failure::Stopped(desk.left().await));
    }
    Ok(if wrong > 0 { Status::Error } else { Status::Done })
}

/// Has the file imported. After a signal, what is being written is finished, and the report is of what came in.
async fn carry_out(desk: &Desk, core: &Core, command: Command) -> Result<ImportReport, Failure> {
    let mut work = std::pin::pin!(progress::beside(core, progress::orders, execute(core, command)));
    let reply = tokio::select! {
        reply = &mut work => reply?,
        () = desk.stop.asked() => {
            if !core.is_holder() {
                let why = "Stopped waiting; the Docket that holds the ledger goes on with the import. Import the file again to see what came in.";
                return Err(Failure::Wrong(why.to_owned()));
            }
            core.wind_up();
            match tokio::time::timeout(END_WITHIN, &mut work).await {
                Ok(reply) => reply?,
                Err(_) => return Err(Failure::Stopped(core.standing(&[]).await.unwrap_or_default())),
            }
        }
    };
    let Reply::Imported(report) = reply else {
        return Err(Failure::Wrong("The core gave no import report. Look at `docketctl order list`.".to_owned()));
    };
    Ok(report)
}

/// `FILE:LINE: COLUMN: reason`, with the file as the person gave it.
fn wrong_line(file: &str, row: &WrongRow) -> String {
    format!("{file}:{}: {}: {}", row.line, row.column, words::one_line(&row.reason))
}

/// More wrong rows than a report holds stand in a file beside the ledger. They are told too, and the file is removed.
fn tell_kept(file: &str, kept: &Path) -> Result<(), Failure> {
    let wrong = |error: std::io::Error| {
        Failure::Wrong(format!("{}: {error}. More wrong rows of {file} stand there; look into it.", kept.display()))
    };
    for line in BufReader::new(File::open(kept).map_err(wrong)?).lines() {
        let row = serde_json::from_str(&line.map_err(wrong)?).map_err(|error| wrong(error.into()))?;
        say(&wrong_line(file, &row));
    }
    std::fs::remove_file(kept).map_err(wrong)
}

fn last_line(sums: &Sums) -> String {
    let Sums { imported, updated, skipped, wrong } = sums;
    format!("imported {imported}, updated {updated}, skipped {skipped}, wrong {wrong}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrong_row_is_named_by_file_line_and_column() {
        let row = WrongRow { line: 7, column: "receiver_phone".into(), reason: "too\nshort".into(), order_no: None };
        assert_eq!(wrong_line("in/orders.csv", &row), "in/orders.csv:7: receiver_phone: too short");
    }

    #[test]
    fn the_last_line_is_the_one_that_scripts_read() {
        let sums = Sums { imported: 3, updated: 1, skipped: 0, wrong: 2 };
        assert_eq!(last_line(&sums), "imported 3, updated 1, skipped 0, wrong 2");
        let object = serde_json::to_string(&sums).unwrap();
        assert_eq!(object, r#"{"imported":3,"updated":1,"skipped":0,"wrong":2}"#);
    }

    #[test]
    fn rows_that_were_kept_in_a_file_are_told_and_the_file_goes() {
        let folder = tempfile::tempdir().unwrap();
        let kept = folder.path().join("wrong.jsonl");
        let row = WrongRow { line: 9, column: "-".into(), reason: "torn".into(), order_no: None };
        std::fs::write(&kept, format!("{}\n", serde_json::to_string(&row).unwrap())).unwrap();
        tell_kept("o.csv", &kept).unwrap();
        assert!(!kept.exists());
        std::fs::write(&kept, "no row\n").unwrap();
        assert!(tell_kept("o.csv", &kept).is_err(), "what cannot be told is not thrown away");
        assert!(kept.exists());
    }
}
