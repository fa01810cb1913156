//! Importing a file: read in batches where blocking is allowed, checked by the adapter, written batch by batch.
//!
//! Not here: reading bytes (`import`), or which numbers the ledger has already (`ledger`).

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use tokio::sync::mpsc;

use crate::adapters::{Adapter, registry};
use crate::domain::OrderNo;
use crate::import::{Reader, Record};
use crate::ledger::{AccountRow, ImportRow, RowOutcome};

use super::command::{ApiError, ErrorCode, ImportReport, PreviewRow, Reply, WrongRow};
use super::holder::Holder;

/// Rows that are checked and written together.
const BATCH: usize = 1_000;
/// Batches that may be read ahead of the writer.
const AHEAD: usize = 4;
/// Wrong rows that a report holds itself; more go into a file beside the ledger.
const WRONG_ROWS_MAX: usize = 10_000;
/// Rows that a dry run shows.
const PREVIEW_ROWS: usize = 50;

/// What the reader tells of the file before its rows.
struct Head {
    encoding: String,
    delimiter: String,
    columns: Vec<String>,
}

enum Read {
    Head(Head),
    Batch(Vec<Record>),
    Failed(String),
}

struct Import<'a> {
    account: &'a AccountRow,
    adapter: &'static dyn Adapter,
    dry_run: bool,
    update: bool,
    report: ImportReport,
    spill: PathBuf,
}

impl Holder {
    pub(super) async fn import(
        &self,
        path: &str,
        account: &str,
        dry_run: bool,
        update: bool,
        mapping: &BTreeMap<String, String>,
    ) -> Result<Reply, ApiError> {
        let account = self.reader().account(account).await?;
        let adapter = registry::adapter(account.platform)
            .ok_or_else(|| ApiError::new(ErrorCode::NotAllowed, "this platform has no adapter"))?;
        let spill = self.reader().path().with_extension(format!("wrong-{}.jsonl", crate::ids::random_id()));
        let report = ImportReport::default();
        let mut import = Import { account: &account, adapter, dry_run, update, report, spill };
        let mut batches = read(path.into(), adapter, mapping.clone());
        while let Some(read) = batches.recv().await {
            match read {
                Read::Head(head) => {
                    import.report.encoding = head.encoding;
                    import.report.delimiter = head.delimiter;
                    import.report.columns = head.columns;
                }
                Read::Batch(records) => self.import_batch(&mut import, records).await?,
                Read::Failed(why) => return Err(ApiError::new(ErrorCode::NotFound, why)),
            }
        }
        Ok(Reply::Imported(import.report))
    }

    async fn import_batch(&self, import: &mut Import<'_>, records: Vec<Record>) -> Result<(), ApiError> {
        let mut rows = Vec::with_capacity(records.len());
        for record in records {
            match record {
                Record::Wrong { line, column, reason, order_no } => {
                    import.report.wrong += 1;
                    import.wrong(line as u32, column, reason, order_no)?;
                }
                Record::Row { line, order_no, values } => match import.adapter.check(&values) {
                    Ok(payload) => rows.push(ImportRow {
                        line: line as u32,
                        order_no,
                        summary: import.adapter.summary(&payload),
                        fingerprint: import.adapter.fingerprint(&payload),
                        payload,
                    }),
                    Err(errors) => {
                        import.report.wrong += 1;
                        import.preview(line as u32, &order_no, &values, "wrong");
                        for error in errors {
                            import.wrong(line as u32, error.field, error.reason, Some(order_no.clone()))?;
                        }
                    }
                },
            }
        }
        let outcomes = if import.dry_run {
            self.reader().import_dry_run(import.account.id, &rows, import.update).await?
        } else {
            self.ledger.import_batch(import.account.id, rows.clone(), import.update).await?
        };
        for (row, outcome) in rows.into_iter().zip(outcomes) {
            let verdict = match outcome {
                RowOutcome::Imported => {
                    import.report.imported += 1;
                    "new"
                }
                RowOutcome::Updated => {
                    import.report.updated += 1;
                    "updated"
                }
                RowOutcome::Skipped => {
                    import.report.skipped += 1;
                    "skipped"
                }
                RowOutcome::Differs { field, state } => {
                    import.report.wrong += 1;
                    let state = state.code().replace('_', " ");
                    let reason = format!(
                        "order {} is here already ({state}) with another {field}; give the row a number of its own, or use --update while it is a draft or refused",
                        row.order_no
                    );
                    import.wrong(row.line, field, reason, Some(row.order_no.clone()))?;
                    "wrong"
                }
            };
            import.preview(row.line, &row.order_no, &row.payload.0, verdict);
        }
        Ok(())
    }
}

impl Import<'_> {
    /// Keeps a wrong row: in the report, or in a file beside the ledger once there are too many. None is lost.
    fn wrong(&mut self, line: u32, column: String, reason: String, order_no: Option<OrderNo>) -> Result<(), ApiError> {
        let row = WrongRow { line, column, reason, order_no };
        if self.report.wrong_rows.len() < WRONG_ROWS_MAX {
            self.report.wrong_rows.push(row);
            return Ok(());
        }
        let failed = |why: String| {
            ApiError::new(
                ErrorCode::Ledger,
                format!("{}: {why}; the wrong rows could not be kept", self.spill.display()),
            )
        };
        let text = serde_json::to_string(&row).map_err(|e| failed(e.to_string()))?;
        let mut file = std::fs::OpenOptions::new()
            .create(true)
            .append(true)
            .open(&self.spill)
            .map_err(|e| failed(e.to_string()))?;
        writeln!(file, "{text}").map_err(|e| failed(e.to_string()))?;
        self.report.wrong_file = Some(self.spill.display().to_string());
        Ok(())
    }

    fn preview(&mut self, line: u32, order_no: &OrderNo, fields: &BTreeMap<String, String>, verdict: &str) {
        if self.dry_run && self.report.preview.len() < PREVIEW_ROWS {
            let (order_no, fields, verdict) = (order_no.clone(), fields.clone(), verdict.to_owned());
            self.report.preview.push(PreviewRow { line, order_no, fields, verdict });
        }
    }
}

/// Reads the file on a thread that may block, a few batches ahead.
fn read(path: String, adapter: &'static dyn Adapter, mapping: BTreeMap<String, String>) -> mpsc::Receiver<Read> {
    let (send, receive) = mpsc::channel(AHEAD);
    tokio::task::spawn_blocking(move || {
        let mut reader = match Reader::open(Path::new(&path), adapter.form(), &mapping) {
            Ok(reader) => reader,
            Err(error) => {
                let _ = send.blocking_send(Read::Failed(error.to_string()));
                return;
            }
        };
        let head =
            Head { encoding: reader.encoding().to_owned(), delimiter: reader.delimiter(), columns: reader.columns() };
        if send.blocking_send(Read::Head(head)).is_err() {
            return;
        }
        loop {
            let read = match reader.next_batch(BATCH) {
                Ok(batch) if batch.is_empty() => return,
                Ok(batch) => Read::Batch(batch),
                Err(error) => Read::Failed(error.to_string()),
            };
            let last = matches!(read, Read::Failed(_));
            if send.blocking_send(read).is_err() || last {
                return;
            }
        }
    });
    receive
}
