//! CSV records from a source, in a buffer of fixed size, with the line each begins on.

use std::io::{self, Read};

use csv_core::ReadRecordResult;

use super::RECORD_MAX;
use super::source::Source;

/// More columns than any form has.
const FIELDS_MAX: usize = 1_000;

pub(super) struct Csv<R> {
    source: Source<R>,
    core: csv_core::Reader,
    delimiter: u8,
    text: Vec<u8>,
    ends: Vec<usize>,
}

pub(super) enum Next {
    Row { line: u64, fields: Vec<String> },
    TooLong { line: u64 },
    End,
}

impl<R: Read> Csv<R> {
    /// Finds the delimiter in the first line.
    pub(super) fn new(mut source: Source<R>) -> io::Result<Csv<R>> {
        source.first()?;
        let delimiter = match declared(source.buffer()?) {
            Some((delimiter, length)) => {
                source.consume(length);
                delimiter
            }
            None => sniff(source.buffer()?),
        };
        let core = csv_core::ReaderBuilder::new().delimiter(delimiter).build();
        Ok(Csv { source, core, delimiter, text: vec![0; RECORD_MAX], ends: vec![0; FIELDS_MAX] })
    }

    pub(super) fn delimiter(&self) -> u8 {
        self.delimiter
    }

    pub(super) fn next(&mut self) -> io::Result<Next> {
        self.skip_breaks()?;
        let line = self.source.line();
        let (mut written, mut ended, mut overflowed) = (0, 0, false);
        loop {
            let input = self.source.buffer()?;
            let (result, read, wrote, ends) =
                self.core.read_record(input, &mut self.text[written..], &mut self.ends[ended..]);
            self.source.consume(read);
            written += wrote;
            ended += ends;
            match result {
                ReadRecordResult::InputEmpty => {}
                // What does not fit is read past, so that the rows after it can be read.
                ReadRecordResult::OutputFull => (written, overflowed) = (0, true),
                ReadRecordResult::OutputEndsFull => (ended, overflowed) = (0, true),
                ReadRecordResult::Record if overflowed => return Ok(Next::TooLong { line }),
                ReadRecordResult::Record => return Ok(Next::Row { line, fields: self.fields(ended) }),
                ReadRecordResult::End => return Ok(Next::End),
            }
        }
    }

    /// Ends are counted from the record's begin.
    fn fields(&self, count: usize) -> Vec<String> {
        let mut begin = 0;
        let field = |end: &usize| {
            let text = self.text.get(begin..*end).unwrap_or_default();
            begin = *end;
            String::from_utf8_lossy(text).into_owned()
        };
        self.ends[..count].iter().map(field).collect()
    }

    fn skip_breaks(&mut self) -> io::Result<()> {
        while matches!(self.source.buffer()?.first(), Some(b'\n' | b'\r')) {
            self.source.consume(1);
        }
        Ok(())
    }

    #[cfg(test)]
    pub(super) fn held_bytes(&self) -> usize {
        self.source.held_bytes() + self.text.capacity() + self.ends.capacity() * size_of::<usize>()
    }
}

/// Spreadsheets write `sep=;` as a first line of its own.
fn declared(text: &[u8]) -> Option<(u8, usize)> {
    let rest = text.strip_prefix(b"sep=").or_else(|| text.strip_prefix(b"SEP="))?;
    let (&delimiter, after) = rest.split_first()?;
    matches!(after.first(), Some(b'\r' | b'\n')).then_some((delimiter, 5))
}

/// The delimiter that stands most often in the first line, outside quotation marks.
fn sniff(text: &[u8]) -> u8 {
    let mut counts = [(b',', 0), (b';', 0), (b'\t', 0), (b'|', 0)];
    let mut quoted = false;
    for byte in text {
        match byte {
            b'"' => quoted = !quoted,
            b'\n' | b'\r' if !quoted => break,
            _ if quoted => {}
            _ => counts.iter_mut().filter(|(d, _)| d == byte).for_each(|(_, n)| *n += 1),
        }
    }
    // The comma stands first and wins a tie.
    counts.into_iter().rev().max_by_key(|(_, n)| *n).map_or(b',', |(d, _)| d)
}
