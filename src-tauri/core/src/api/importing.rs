//! Importing a file: read in batches where blocking is allowed, checked by the adapter, written batch by batch.
//!
//! Not here: reading bytes (`import`), or which numbers the ledger has already (`ledger`).

use std::collections::BTreeMap;
use std::path::Path;

use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use crate::adapters::Adapter;
use crate::domain::OrderNo;
use crate::import::{Reader, Record};
use crate::ledger::{AccountRow, DryImport, ImportRow, RowOutcome};

use super::accounts::adapter_of;
use super::holder::Holder;
use super::wrong_rows::WrongRows;
use super::{ApiError, ErrorCode, ImportReport, PreviewRow, Reply, WrongRow};

/// Rows that are checked and written together.
const BATCH: usize = 1_000;
/// Batches that may be read ahead of the writer.
const AHEAD: usize = 4;
/// The same where a thread may not work beside the ledger: all of a simulation's file.
const WHOLE: usize = 1_024;
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

/// A file that is being read, on a thread that may block, a few batches ahead.
struct Batches {
    receive: mpsc::Receiver<Read>,
    /// `None` when it has ended.
    thread: Option<JoinHandle<()>>,
}

struct Import<'a> {
    account: &'a AccountRow,
    adapter: &'static dyn Adapter,
    /// Only looks, and changes nothing.
    dry: Option<DryImport>,
    update: bool,
    report: ImportReport,
    wrong: WrongRows,
    /// The line of the last row that could not be read.
    last_wrong: Option<u64>,
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
        let adapter = adapter_of(&account)?;
        let dry = match dry_run {
            true => Some(self.reader().dry_import(account.id, update).await?),
            false => None,
        };
        let wrong = WrongRows::new(self.reader().path());
        let report = ImportReport::default();
        let mut import = Import { account: &account, adapter, dry, update, report, wrong, last_wrong: None };
        let batches = self.batches(path, adapter, mapping).await?;
        match self.import_batches(&mut import, batches).await {
            Ok(()) => import.done(),
            Err(error) => Err(so_far(&import.report, dry_run, error)),
        }
    }

    async fn batches(
        &self,
        path: &str,
        adapter: &'static dyn Adapter,
        mapping: &BTreeMap<String, String>,
    ) -> Result<Batches, ApiError> {
        if !self.reader().takes_turns() {
            return Ok(read(path.into(), adapter, mapping.clone(), AHEAD));
        }
        let whole = async {
            let mut batches = read(path.into(), adapter, mapping.clone(), WHOLE);
            batches.ended().await.map(|()| batches)
        };
        self.reader().beside(whole).await
    }

    /// Until the file's end, or until this process is to stop: then the rows that are being written are the last.
    async fn import_batches(&self, import: &mut Import<'_>, mut batches: Batches) -> Result<(), ApiError> {
        loop {
            let read = tokio::select! {
                biased;
                () = self.driver.stop.cancelled() => {
                    import.report.stopped = true;
                    return Ok(());
                }
                read = batches.next() => read?,
            };
            match read {
                None => return Ok(()),
                Some(Read::Head(head)) => {
                    import.report.encoding = head.encoding;
                    import.report.delimiter = head.delimiter;
                    import.report.columns = head.columns;
                }
                Some(Read::Batch(records)) => self.import_batch(import, records).await?,
                Some(Read::Failed(why)) => return Err(ApiError::new(ErrorCode::Invalid, why)),
            }
        }
    }

    async fn import_batch(&self, import: &mut Import<'_>, records: Vec<Record>) -> Result<(), ApiError> {
        let mut rows = Vec::with_capacity(records.len());
        for record in records {
            match record {
                Record::Wrong { line, column, reason, order_no } => {
                    // A header is one row, whatever number of columns it lacks.
                    import.report.wrong += u32::from(import.last_wrong.replace(line) != Some(line));
                    import.wrong_row(line as u32, column, reason, order_no)?;
                }
                Record::Row { line, order_no, values } => match import.adapter.check(&values) {
                    Ok(payload) => rows.push(ImportRow {
                        line: Some(line as u32),
                        order_no,
                        summary: import.adapter.summary(&payload),
                        fingerprint: import.adapter.fingerprint(&payload),
                        payload,
                    }),
                    Err(errors) => {
                        import.report.wrong += 1;
                        import.preview(line as u32, &order_no, &values, "wrong");
                        for error in errors {
                            import.wrong_row(line as u32, error.field, error.reason, Some(order_no.clone()))?;
                        }
                    }
                },
            }
        }
        let outcomes = match &mut import.dry {
            Some(dry) => dry.batch(&rows).await?,
            None => self.ledger.import_batch(import.account.id, rows.clone(), import.update).await?,
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
                    import.wrong_row(row.line.unwrap_or_default(), field, reason, Some(row.order_no.clone()))?;
                    "wrong"
                }
            };
            import.preview(row.line.unwrap_or_default(), &row.order_no, &row.payload.0, verdict);
        }
        Ok(())
    }
}

impl Import<'_> {
    fn wrong_row(
        &mut self,
        line: u32,
        column: String,
        reason: String,
        order_no: Option<OrderNo>,
    ) -> Result<(), ApiError> {
        let kept = self.wrong.push(WrongRow { line, column, reason, order_no });
        kept.map_err(|error| unkept(self.wrong.place(), &error))
    }

    fn done(mut self) -> Result<Reply, ApiError> {
        let place = self.wrong.place().to_owned();
        let (first, more) = self.wrong.hand_over().map_err(|error| unkept(&place, &error))?;
        self.report.wrong_rows = first;
        self.report.wrong_file = more.map(|file| file.display().to_string());
        Ok(Reply::Imported(self.report))
    }

    fn preview(&mut self, line: u32, order_no: &OrderNo, fields: &BTreeMap<String, String>, verdict: &str) {
        if self.dry.is_some() && self.report.preview.len() < PREVIEW_ROWS {
            let (order_no, fields, verdict) = (order_no.clone(), fields.clone(), verdict.to_owned());
            self.report.preview.push(PreviewRow { line, order_no, fields, verdict });
        }
    }
}

fn unkept(place: &Path, error: &std::io::Error) -> ApiError {
    let why = format!("{}: {error}; the wrong rows could not be kept there. Make room on that disk", place.display());
    ApiError::new(ErrorCode::Ledger, why)
}

/// What ended an import early, and what had come of it until then.
fn so_far(report: &ImportReport, dry_run: bool, error: ApiError) -> ApiError {
    if dry_run || report.imported + report.updated + report.skipped + report.wrong == 0 {
        return error;
    }
    let message = format!(
        "{}. Until then {} rows were imported, {} updated, {} skipped and {} wrong; import the file again: rows that are here already are skipped",
        error.message.trim_end_matches('.'),
        report.imported,
        report.updated,
        report.skipped,
        report.wrong
    );
    ApiError::new(error.code, message)
}

impl Batches {
    /// What comes next; `None` at the file's end. An error where the thread did not get there.
    async fn next(&mut self) -> Result<Option<Read>, ApiError> {
        if let Some(read) = self.receive.recv().await {
            return Ok(Some(read));
        }
        self.ended().await.map(|()| None)
    }

    /// Waits for the thread. An error where it did not get to the file's end.
    async fn ended(&mut self) -> Result<(), ApiError> {
        let Some(thread) = self.thread.take() else { return Ok(()) };
        thread.await.map_err(|_| {
            let why = "Docket has a fault and could not read the file to its end; import the file again";
            ApiError::new(ErrorCode::Invalid, why)
        })
    }
}

fn read(path: String, adapter: &'static dyn Adapter, mapping: BTreeMap<String, String>, ahead: usize) -> Batches {
    let (send, receive) = mpsc::channel(ahead);
    let thread = tokio::task::spawn_blocking(move || {
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
    Batches { receive, thread: Some(thread) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_fault_while_reading_is_no_end_of_the_file() {
        let (send, receive) = mpsc::channel(AHEAD);
        let thread = tokio::task::spawn_blocking(move || {
            send.blocking_send(Read::Batch(Vec::new())).unwrap_or_default();
            panic!("on purpose");
        });
        let mut batches = Batches { receive, thread: Some(thread) };
        assert!(matches!(batches.next().await, Ok(Some(Read::Batch(_)))));
        let Err(fault) = batches.next().await else { panic!("taken for the end of the file") };

        let report = ImportReport { imported: 3_000, wrong: 2, ..ImportReport::default() };
        let told = so_far(&report, false, fault);
        assert_eq!(told.code, ErrorCode::Invalid);
        assert!(told.message.contains("3000 rows were imported"), "{told}");
        assert!(told.message.contains("import the file again"), "{told}");
    }

    #[tokio::test]
    async fn a_file_that_was_read_to_its_end_is_told_as_such() {
        let (send, receive) = mpsc::channel(AHEAD);
        let thread = tokio::task::spawn_blocking(move || drop(send));
        assert!(matches!(Batches { receive, thread: Some(thread) }.next().await, Ok(None)));
    }
}
