//! Reading orders from a CSV or JSON Lines file: streamed, with bounded memory, row by row and forgiving.
//!
//! It blocks: run it where blocking is allowed, and pass the batches on. Not here: whether a value is right for a
//! platform (its adapter), or whether an order number was seen before (`ledger`).

mod columns;
mod csv;
mod encoding;
mod jsonl;
#[cfg(test)]
mod quote_tests;
mod source;
mod split;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use encoding_rs::Encoding;

use crate::adapters::values::{clean, limited};
use crate::domain::order::Field;
use crate::domain::wrong::{
    EMPTY_FILE, JSON_ARRAY, MISSING_NUMBER, NO_HEADER, NOT_ENCODED, QUOTE_IN_HEADER, QUOTE_OPEN, QUOTE_WITHIN,
    ROW_TOO_LONG, UNREADABLE, UNREADABLE_NUMBER,
};
use crate::domain::{FieldError, OrderNo};

use columns::Columns;
use source::Source;

/// The column with the merchant's own number.
pub const ORDER_NO: &str = "order_no";
/// An order number is at most this long.
const ORDER_NO_MAX: usize = 64;
/// A value is at most this long; adapters have tighter limits.
const VALUE_MAX: usize = 4_000;
/// A record may take this many bytes; a longer one is read past and reported.
const RECORD_MAX: usize = 256 * 1024;
/// At most so many unknown columns are remembered.
const UNKNOWN_MAX: usize = 50;

/// One row of the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Record {
    /// It could be read. Whether its values are right is for the adapter to say.
    Row {
        /// Where it begins, from 1.
        line: u64,
        /// The merchant's number, trimmed.
        order_no: OrderNo,
        /// Values by form field; empty ones are left out.
        values: BTreeMap<String, String>,
    },
    /// It could not be read, or a column is missing.
    Wrong {
        /// Where it begins, from 1.
        line: u64,
        /// The column, or `-` for the whole row.
        column: String,
        /// What is wrong and what would be right.
        reason: String,
        /// The merchant's number, when it could be read.
        order_no: Option<OrderNo>,
    },
}

/// Why a file cannot be read any further.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The operating system would not let us.
    #[error("{path}: {source}; check the path and its permissions")]
    Io {
        /// The file as given.
        path: String,
        /// The system's words.
        source: io::Error,
    },
    /// It would be read twice, which a pipe cannot be.
    #[error("{path}: this is no regular file; save the orders to a file, and give its path")]
    NotAFile {
        /// The file as given.
        path: String,
    },
}

/// Reads one file. Call `next_batch` until it comes back empty.
pub struct Reader<R> {
    path: String,
    rows: Rows<R>,
    encoding: &'static Encoding,
    pending: Vec<Record>,
    unknown: Vec<String>,
}

enum Rows<R> {
    Csv {
        file: Box<csv::Csv<R>>,
        columns: Columns,
    },
    Jsonl {
        file: Source<R>,
        columns: Columns,
    },
    /// There are no rows to be had; what the header said is kept, so that its columns can be matched by hand.
    Nothing {
        delimiter: String,
        columns: Vec<String>,
    },
}

impl Reader<File> {
    /// Opens a file, finds out its encoding (which reads it once) and its kind. `mapping` names the file's column for a
    /// form field whose column has another name.
    pub fn open(
        path: &Path,
        form: &'static [Field],
        mapping: &BTreeMap<String, String>,
    ) -> Result<Reader<File>, ImportError> {
        let shown = path.display().to_string();
        let wrong = |source| ImportError::Io { path: shown.clone(), source };
        if !std::fs::metadata(path).map_err(wrong)?.is_file() {
            return Err(ImportError::NotAFile { path: shown });
        }
        let encoding = encoding::detect(File::open(path).map_err(wrong)?).map_err(wrong)?;
        Reader::new(File::open(path).map_err(wrong)?, &shown, encoding, form, mapping)
    }
}

impl<R: Read> Reader<R> {
    /// Reads from anything, in a known encoding. `path` is for messages.
    pub fn new(
        input: R,
        path: &str,
        encoding: &'static Encoding,
        form: &'static [Field],
        mapping: &BTreeMap<String, String>,
    ) -> Result<Reader<R>, ImportError> {
        let wrong = |source| ImportError::Io { path: path.to_owned(), source };
        let mut source = Source::new(input, encoding);
        let mut pending = Vec::new();
        let mut unknown = Vec::new();
        let columns = Columns::new(form, mapping);
        let nothing = || Rows::Nothing { delimiter: String::new(), columns: Vec::new() };
        let rows = match source.first().map_err(wrong)? {
            None => {
                pending.push(whole_row(1, EMPTY_FILE.english));
                nothing()
            }
            Some(b'[') => {
                pending.push(whole_row(1, JSON_ARRAY.english));
                nothing()
            }
            Some(b'{') => Rows::Jsonl { file: source, columns },
            Some(_) => {
                let mut file = csv::Csv::new(source).map_err(wrong)?;
                let (names, laid) = header(&mut file, columns).map_err(wrong)?;
                match laid {
                    Ok(columns) => {
                        file.expect(columns.shape());
                        unknown = columns.unknown().to_vec();
                        Rows::Csv { file: Box::new(file), columns }
                    }
                    Err(errors) => {
                        pending = errors;
                        Rows::Nothing { delimiter: char::from(file.delimiter()).to_string(), columns: names }
                    }
                }
            }
        };
        pending.reverse();
        Ok(Reader { path: path.to_owned(), rows, encoding, pending, unknown })
    }

    /// The encoding, such as `UTF-8`.
    pub fn encoding(&self) -> &'static str {
        self.encoding.name()
    }

    /// The delimiter; empty for JSON Lines.
    pub fn delimiter(&self) -> String {
        match &self.rows {
            Rows::Csv { file, .. } => char::from(file.delimiter()).to_string(),
            Rows::Jsonl { .. } => String::new(),
            Rows::Nothing { delimiter, .. } => delimiter.clone(),
        }
    }

    /// The file's own columns, as its header has them; for JSON Lines those of the form.
    pub fn columns(&self) -> Vec<String> {
        match &self.rows {
            Rows::Csv { columns, .. } | Rows::Jsonl { columns, .. } => columns.names(),
            Rows::Nothing { columns, .. } => columns.clone(),
        }
    }

    /// Columns that no field of the form takes, each once. For JSON Lines it grows as rows are read.
    pub fn unknown_columns(&self) -> &[String] {
        &self.unknown
    }

    /// Up to `most` rows more. None means the end.
    pub fn next_batch(&mut self, most: usize) -> Result<Vec<Record>, ImportError> {
        let mut batch = Vec::new();
        while batch.len() < most {
            match self.next() {
                Ok(Some(record)) => batch.push(record),
                Ok(None) => break,
                Err(source) => return Err(ImportError::Io { path: self.path.clone(), source }),
            }
        }
        Ok(batch)
    }

    fn next(&mut self) -> io::Result<Option<Record>> {
        if let Some(record) = self.pending.pop() {
            return Ok(Some(record));
        }
        match &mut self.rows {
            Rows::Nothing { .. } => Ok(None),
            Rows::Csv { file, columns } => loop {
                match file.next()? {
                    csv::Next::End => return Ok(None),
                    csv::Next::TooLong { line } => return Ok(Some(too_long(line))),
                    csv::Next::Torn { line, place } => return Ok(Some(torn(line, columns.name(place)))),
                    csv::Next::Open { line, place } => return Ok(Some(left_open(line, columns.name(place)))),
                    csv::Next::Row { fields, .. } if fields.iter().all(|f| f.trim().is_empty()) => {}
                    csv::Next::Row { line, fields } => {
                        return Ok(Some(match columns.take(&fields) {
                            Ok(values) => record(line, values, self.encoding),
                            Err(reason) => whole_row(line, &reason),
                        }));
                    }
                }
            },
            Rows::Jsonl { file, columns } => {
                let Some(line) = jsonl::next(file)? else { return Ok(None) };
                if !line.fits {
                    return Ok(Some(too_long(line.number)));
                }
                let text = String::from_utf8_lossy(&line.text);
                Ok(Some(match jsonl::values(&text, columns, &mut self.unknown) {
                    Ok(values) => record(line.number, values, self.encoding),
                    Err((column, reason)) => Record::Wrong { line: line.number, column, reason, order_no: None },
                }))
            }
        }
    }

    /// Bytes that the reader's buffers take, whatever the file's size.
    #[cfg(test)]
    fn held_bytes(&self) -> usize {
        match &self.rows {
            Rows::Csv { file, .. } => file.held_bytes(),
            Rows::Jsonl { file, .. } => file.held_bytes(),
            Rows::Nothing { .. } => 0,
        }
    }
}

/// What a header comes to: the form laid over it, or which columns are missing.
type Laid = Result<Columns, Vec<Record>>;

/// Reads the header: its own names, and what they come to.
fn header<R: Read>(file: &mut csv::Csv<R>, columns: Columns) -> io::Result<(Vec<String>, Laid)> {
    let mut names = Vec::new();
    let laid = match file.next()? {
        csv::Next::Row { line, fields } => {
            names = fields.iter().map(|f| clean(f)).collect();
            columns.lay(&fields).map_err(|errors| {
                let wrong = |(column, reason)| Record::Wrong { line, column, reason, order_no: None };
                errors.into_iter().map(wrong).collect()
            })
        }
        csv::Next::TooLong { line } => Err(vec![too_long(line)]),
        csv::Next::Torn { line, .. } | csv::Next::Open { line, .. } => {
            Err(vec![whole_row(line, QUOTE_IN_HEADER.english)])
        }
        csv::Next::End => Err(vec![whole_row(1, NO_HEADER.english)]),
    };
    Ok((names, laid))
}

/// A row from raw values by field, `order_no` among them.
fn record(line: u64, mut values: BTreeMap<String, String>, encoding: &'static Encoding) -> Record {
    let number = values.remove(ORDER_NO).map(|n| clean(&n)).unwrap_or_default();
    let order_no = match check_order_no(&number) {
        Ok(order_no) => order_no,
        Err(reason) => return Record::Wrong { line, column: ORDER_NO.into(), reason, order_no: None },
    };
    values.retain(|_, value| !value.trim().is_empty());
    for (column, value) in &values {
        let readable = if value.contains(char::REPLACEMENT_CHARACTER) {
            Err(NOT_ENCODED.with(&[("encoding", &encoding.name())]))
        } else {
            check_value(column, value).map_err(|wrong| wrong.reason)
        };
        if let Err(reason) = readable {
            return Record::Wrong { line, column: column.clone(), reason, order_no: Some(order_no) };
        }
    }
    Record::Row { line, order_no, values }
}

/// Whether a value is text that can be kept: no control characters, and not endless. What it means is the adapter's to
/// say.
pub fn check_value(field: &str, value: &str) -> Result<(), FieldError> {
    let kept = if value.chars().any(|c| c.is_control() && !c.is_whitespace()) {
        Err(UNREADABLE.plain())
    } else {
        limited(value, VALUE_MAX).map(|_| ())
    };
    kept.map_err(|reason| FieldError { field: field.to_owned(), reason })
}

/// An order number as the ledger takes it: 1 to 64 characters, none of them a control character.
pub fn check_order_no(number: &str) -> Result<OrderNo, String> {
    if number.is_empty() {
        return Err(MISSING_NUMBER.plain());
    }
    if number.chars().any(|c| c.is_control() || c == char::REPLACEMENT_CHARACTER) {
        return Err(UNREADABLE_NUMBER.plain());
    }
    limited(number, ORDER_NO_MAX).map(OrderNo)
}

fn whole_row(line: u64, reason: &str) -> Record {
    Record::Wrong { line, column: "-".into(), reason: reason.to_owned(), order_no: None }
}

fn too_long(line: u64) -> Record {
    whole_row(line, &ROW_TOO_LONG.with(&[("most", &RECORD_MAX)]))
}

fn torn(line: u64, column: String) -> Record {
    Record::Wrong { line, column, reason: QUOTE_WITHIN.plain(), order_no: None }
}

fn left_open(line: u64, column: String) -> Record {
    let reason = QUOTE_OPEN.with(&[("most", &csv::LINES_MAX)]);
    Record::Wrong { line, column, reason, order_no: None }
}
