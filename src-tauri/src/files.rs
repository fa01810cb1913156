//! Files the page asks for: choosing one, and writing the log or wrong rows into one.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

use docket_core::api::WrongRow;
use docket_core::api::views::{LogQuery, LogView};
use docket_core::api::{ApiError, Core, ErrorCode};
use serde::{Deserialize, Serialize};
use tauri::{AppHandle, State};
use tauri_plugin_dialog::DialogExt;
use tokio::sync::oneshot;

use crate::shell::Shell;

/// Log entries read at once.
const PAGE: u32 = 2_000;

/// What a file is chosen for.
#[derive(Clone, Debug, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "snake_case", tag = "purpose")]
pub enum FileChoice {
    /// Orders to import.
    Import,
    /// A new file.
    Save {
        /// The name it is offered.
        name: String,
    },
}

/// How the log is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "snake_case")]
pub enum ExportFormat {
    /// One line an entry, with a header.
    Csv,
    /// One JSON object a line, as `docketctl log --format json` prints.
    JsonLines,
}

/// Lets the person choose a file; `None` when they change their mind.
#[tauri::command]
#[specta::specta]
pub async fn choose_file(app: AppHandle, choice: FileChoice) -> Result<Option<String>, ApiError> {
    let (told, chosen) = oneshot::channel();
    let dialog = app.dialog().file();
    let answer = move |path: Option<tauri_plugin_dialog::FilePath>| drop(told.send(path));
    match choice {
        FileChoice::Import => {
            dialog.add_filter("CSV, JSON Lines", &["csv", "tsv", "txt", "jsonl", "ndjson"]).pick_file(answer)
        }
        FileChoice::Save { name } => dialog.set_file_name(name).save_file(answer),
    }
    Ok(chosen.await.ok().flatten().map(|path| path.to_string()))
}

/// Writes the log, oldest first, whole or of one order; how many entries.
#[tauri::command]
#[specta::specta]
pub async fn export_log(
    shell: State<'_, Shell>,
    path: String,
    format: ExportFormat,
    query: LogQuery,
) -> Result<u32, ApiError> {
    let file = create(&path)?;
    let mut writer = LogWriter::new(file, format).map_err(|error| write_error(&path, &error))?;
    let written = write_log(shell.core()?, query, &mut writer, &path).await?;
    writer.finish().map_err(|error| write_error(&path, &error))?;
    Ok(written)
}

/// Copies the ledger, whole and consistent, to a file that is not there yet.
#[tauri::command]
#[specta::specta]
pub async fn back_up(shell: State<'_, Shell>, path: String) -> Result<(), ApiError> {
    let to = whole(&path)?;
    shell.core()?.back_up(to).await
}

/// Writes wrong rows with their reasons.
#[tauri::command]
#[specta::specta]
pub async fn save_wrong_rows(path: String, rows: Vec<WrongRow>) -> Result<(), ApiError> {
    write_wrong_rows(create(&path)?, &rows).map_err(|error| write_error(&path, &error))
}

async fn write_log(core: &Core, query: LogQuery, writer: &mut LogWriter, path: &str) -> Result<u32, ApiError> {
    let mut query = LogQuery { newest_first: false, limit: PAGE, ..query };
    let mut written = 0;
    loop {
        let entries = core.log(query.clone()).await?;
        let Some(last) = entries.last() else { return Ok(written) };
        query.after = Some(last.seq);
        for entry in &entries {
            writer.write(entry).map_err(|error| write_error(path, &error))?;
            written += 1;
        }
    }
}

fn whole(path: &str) -> Result<&Path, ApiError> {
    let given = Path::new(path);
    if !given.is_absolute() {
        let message = format!("{path:?} is not a whole path; begin it with the disk's root.");
        return Err(ApiError { code: ErrorCode::Invalid, message });
    }
    Ok(given)
}

fn create(path: &str) -> Result<File, ApiError> {
    File::create(whole(path)?).map_err(|error| write_error(path, &error))
}

fn write_error(path: &str, error: &std::io::Error) -> ApiError {
    let message = format!("{path}: {error}. Choose another place, or check the disk.");
    ApiError { code: ErrorCode::Invalid, message }
}

/// Writes entries in one of the formats.
enum LogWriter {
    Csv(Box<csv::Writer<File>>),
    JsonLines(BufWriter<File>),
}

impl LogWriter {
    fn new(file: File, format: ExportFormat) -> std::io::Result<LogWriter> {
        match format {
            ExportFormat::JsonLines => Ok(LogWriter::JsonLines(BufWriter::new(file))),
            ExportFormat::Csv => {
                let mut writer = csv::Writer::from_writer(file);
                let header = ["seq", "at", "order_no", "account", "generation", "reference", "kind", "detail", "hash"];
                writer.write_record(header)?;
                Ok(LogWriter::Csv(Box::new(writer)))
            }
        }
    }

    fn write(&mut self, entry: &LogView) -> std::io::Result<()> {
        match self {
            LogWriter::JsonLines(file) => {
                serde_json::to_writer(&mut *file, entry)?;
                file.write_all(b"\n")
            }
            LogWriter::Csv(writer) => {
                let order_no = entry.order_no.as_ref().map(ToString::to_string).unwrap_or_default();
                let kind = entry.kind.code();
                let (seq, generation) = (entry.seq.to_string(), entry.generation.to_string());
                let account = entry.account.as_deref().unwrap_or_default();
                let reference = entry.reference.as_deref().unwrap_or_default();
                let detail = entry.detail.to_string();
                let record = [&seq, &entry.at, &order_no, account, &generation, reference, kind, &detail, &entry.hash];
                Ok(writer.write_record(record)?)
            }
        }
    }

    fn finish(self) -> std::io::Result<()> {
        match self {
            LogWriter::Csv(mut writer) => writer.flush(),
            LogWriter::JsonLines(mut file) => file.flush(),
        }
    }
}

fn write_wrong_rows(file: File, rows: &[WrongRow]) -> std::io::Result<()> {
    let mut writer = csv::Writer::from_writer(file);
    writer.write_record(["line", "order_no", "column", "reason"])?;
    for row in rows {
        let order_no = row.order_no.as_ref().map(ToString::to_string).unwrap_or_default();
        writer.write_record([&row.line.to_string(), &order_no, &row.column, &row.reason])?;
    }
    writer.flush()
}

#[cfg(test)]
mod tests {
    use super::*;
    use docket_core::domain::{LogKind, OrderNo, Seq};

    fn entry() -> LogView {
        LogView {
            seq: Seq(7),
            at: "2026-03-02T10:00:00Z".into(),
            order_no: Some(OrderNo::from("SO-1")),
            account: Some("main".into()),
            generation: 1,
            reference: None,
            kind: LogKind::Bound,
            detail: serde_json::json!({"why": "found, \"by\" lookup"}),
            evidence: None,
            hash: "ab".into(),
        }
    }

    fn written(format: ExportFormat) -> String {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log");
        let mut writer = LogWriter::new(File::create(&path).unwrap(), format).unwrap();
        writer.write(&entry()).unwrap();
        writer.finish().unwrap();
        std::fs::read_to_string(path).unwrap()
    }

    #[test]
    fn a_csv_field_with_quotes_is_read_back_whole() {
        let text = written(ExportFormat::Csv);
        let mut reader = csv::Reader::from_reader(text.as_bytes());
        let row = reader.records().next().unwrap().unwrap();
        assert_eq!(row.get(2), Some("SO-1"));
        let detail: serde_json::Value = serde_json::from_str(row.get(7).unwrap()).unwrap();
        assert_eq!(detail, entry().detail);
    }

    #[test]
    fn a_json_line_is_the_entry() {
        let text = written(ExportFormat::JsonLines);
        assert_eq!(text.lines().count(), 1);
        assert_eq!(serde_json::from_str::<LogView>(&text).unwrap(), entry());
    }

    #[test]
    fn wrong_rows_keep_line_column_and_reason() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("wrong.csv");
        let row = WrongRow { line: 4, column: "receiver_phone".into(), reason: "too short".into(), order_no: None };
        write_wrong_rows(File::create(&path).unwrap(), &[row]).unwrap();
        let text = std::fs::read_to_string(path).unwrap();
        assert_eq!(text, "line,order_no,column,reason\n4,,receiver_phone,too short\n");
    }

    #[test]
    fn a_path_that_is_not_whole_is_refused() {
        assert_eq!(create("log.csv").unwrap_err().code, ErrorCode::Invalid);
    }
}
