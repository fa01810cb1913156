//! CSV records from a source, in bounded memory, with the line each begins on.
//!
//! A quotation mark that is opened and never closed, or closed by one rows later, would take the rows between with it.
//! So a record that spans lines must be worth believing: closed before the file ends and before a bound, as wide as
//! the header, and no cell with as many delimiters in it as a row has. One that is not is reported, and reading goes on
//! at the line after its first: every line is part of a row or reported, none is swallowed.

use std::collections::VecDeque;
use std::io::{self, Read};

use super::RECORD_MAX;
use super::source::{Line, Source};
use super::split::Split;

/// A record may span this many lines.
pub(super) const LINES_MAX: usize = 200;

pub(super) struct Csv<R> {
    source: Source<R>,
    delimiter: u8,
    /// Lines that were looked at for a record and did not belong to it.
    ahead: VecDeque<Line>,
    shape: Option<Shape>,
}

/// What the rows of a file look like, once its header is known.
#[derive(Clone, Copy)]
pub(super) struct Shape {
    /// Columns of the header.
    pub width: usize,
    /// The last column that no row can do without, from 0.
    pub last_required: usize,
}

pub(super) enum Next {
    Row {
        line: u64,
        fields: Vec<String>,
    },
    TooLong {
        line: u64,
    },
    /// A quoted cell goes on after its closing quotation mark, all on one line.
    Torn {
        line: u64,
        place: usize,
    },
    /// A quotation mark is opened and not closed where it should be.
    Open {
        line: u64,
        place: usize,
    },
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
        Ok(Csv { source, delimiter, ahead: VecDeque::new(), shape: None })
    }

    pub(super) fn delimiter(&self) -> u8 {
        self.delimiter
    }

    /// What the rows are measured against from now on.
    pub(super) fn expect(&mut self, shape: Shape) {
        self.shape = Some(shape);
    }

    pub(super) fn next(&mut self) -> io::Result<Next> {
        let first = loop {
            let next = match self.ahead.pop_front() {
                None => self.source.next_line()?,
                ahead => ahead,
            };
            match next {
                None => return Ok(Next::End),
                Some(line) if line.is_blank() => {}
                Some(line) => break line,
            }
        };
        let line = first.number;
        if !first.fits {
            return Ok(Next::TooLong { line });
        }
        let mut split = Split::new(self.delimiter);
        let mut ended = split.feed(&first.text);
        if let Some(place) = split.torn() {
            return Ok(Next::Torn { line, place });
        }
        // Whatever is wrong with a record of many lines, it began with this cell.
        let place = split.place();
        let (mut lines, mut bytes) = (1, first.text.len());
        while !ended {
            let Some(next) = self.look(lines - 1)? else { return Ok(Next::Open { line, place }) };
            (lines, bytes) = (lines + 1, bytes + next.text.len());
            if !next.fits || bytes > RECORD_MAX || lines > LINES_MAX {
                return Ok(Next::Open { line, place });
            }
            ended = split.feed(&next.text);
            if split.torn().is_some() || self.swallows(&split) {
                return Ok(Next::Open { line, place });
            }
        }
        let fields = split.cells();
        if lines > 1 && !self.is_as_wide(&fields) {
            return Ok(Next::Open { line, place });
        }
        self.ahead.drain(..lines - 1);
        Ok(Next::Row { line, fields })
    }

    /// A line after the record's first, without taking it.
    fn look(&mut self, place: usize) -> io::Result<Option<&Line>> {
        if self.ahead.len() <= place
            && let Some(line) = self.source.next_line()?
        {
            self.ahead.push_back(line);
        }
        Ok(self.ahead.get(place))
    }

    /// A row within a cell brings along the delimiters between the columns that it cannot do without. A header's cell
    /// has none.
    fn swallows(&self, split: &Split) -> bool {
        split.most_inner() >= self.shape.map_or(1, |shape| shape.last_required.max(1))
    }

    fn is_as_wide(&self, fields: &[String]) -> bool {
        let Some(Shape { width, .. }) = self.shape else { return true };
        fields.len() >= width && fields[width..].iter().all(|field| field.trim().is_empty())
    }

    #[cfg(test)]
    pub(super) fn held_bytes(&self) -> usize {
        self.source.held_bytes() + self.ahead.iter().map(|line| line.text.capacity()).sum::<usize>()
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
