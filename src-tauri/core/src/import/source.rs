//! A file as lines of UTF-8 text, through buffers of fixed size.

use std::io::{self, Read};

use encoding_rs::{Decoder, Encoding};

use super::RECORD_MAX;

const BUFFER: usize = 64 * 1024;

/// Decodes as it reads. Bytes that do not belong to the encoding become U+FFFD, which the rows are then searched for.
pub(super) struct Source<R> {
    input: R,
    decoder: Decoder,
    raw: Vec<u8>,
    raw_start: usize,
    raw_end: usize,
    input_ended: bool,
    text: Vec<u8>,
    start: usize,
    end: usize,
    ended: bool,
    /// What ends a line: a line feed, in old files a carriage return.
    line_end: Option<u8>,
    number: u64,
}

/// One line as the file has it.
pub(super) struct Line {
    /// Its number, from 1.
    pub number: u64,
    /// Its text with what ends it; empty where it does not fit.
    pub text: Vec<u8>,
    /// Whether it has at most `RECORD_MAX` bytes.
    pub fits: bool,
}

impl Line {
    pub(super) fn is_blank(&self) -> bool {
        self.fits && self.text.iter().all(|b| matches!(b, b' ' | b'\r' | b'\n'))
    }
}

impl<R: Read> Source<R> {
    pub(super) fn new(input: R, encoding: &'static Encoding) -> Source<R> {
        Source {
            input,
            decoder: encoding.new_decoder_with_bom_removal(),
            raw: vec![0; BUFFER],
            raw_start: 0,
            raw_end: 0,
            input_ended: false,
            text: vec![0; BUFFER],
            start: 0,
            end: 0,
            ended: false,
            line_end: None,
            number: 1,
        }
    }

    /// What is buffered and not consumed yet; empty only at the end of the file.
    pub(super) fn buffer(&mut self) -> io::Result<&[u8]> {
        while self.start == self.end && !self.ended {
            self.refill()?;
        }
        Ok(&self.text[self.start..self.end])
    }

    /// Marks bytes of the buffer as read. No line may end in them.
    pub(super) fn consume(&mut self, bytes: usize) {
        self.start = (self.start + bytes).min(self.end);
    }

    /// Skips blank lines and leading blanks, and gives the first byte after them.
    pub(super) fn first(&mut self) -> io::Result<Option<u8>> {
        let line_end = self.line_end()?;
        loop {
            match self.buffer()?.first().copied() {
                Some(byte @ (b'\n' | b'\r' | b' ')) => {
                    self.number += u64::from(byte == line_end);
                    self.consume(1);
                }
                other => return Ok(other),
            }
        }
    }

    /// The next line; `None` at the end of the file. What does not fit is read past, so that the lines after it can be
    /// read.
    pub(super) fn next_line(&mut self) -> io::Result<Option<Line>> {
        let line_end = self.line_end()?;
        let mut line = Line { number: self.number, text: Vec::new(), fits: true };
        loop {
            let buffer = self.buffer()?;
            if buffer.is_empty() {
                return Ok((!line.text.is_empty() || !line.fits).then_some(line));
            }
            let end = buffer.iter().position(|b| *b == line_end);
            let part = &buffer[..end.map_or(buffer.len(), |end| end + 1)];
            let length = part.len();
            line.fits &= line.text.len() + length <= RECORD_MAX;
            if line.fits {
                line.text.extend_from_slice(part);
            } else {
                line.text = Vec::new();
            }
            self.consume(length);
            if end.is_some() {
                self.number += 1;
                return Ok(Some(line));
            }
        }
    }

    /// A carriage return ends lines only where the first line has no line feed after it.
    fn line_end(&mut self) -> io::Result<u8> {
        if let Some(known) = self.line_end {
            return Ok(known);
        }
        let mut after = self.buffer()?.iter().skip_while(|b| !matches!(b, b'\r' | b'\n')).copied();
        let old = after.next() == Some(b'\r') && after.find(|b| *b != b'\r').is_some_and(|b| b != b'\n');
        Ok(*self.line_end.insert(if old { b'\r' } else { b'\n' }))
    }

    fn refill(&mut self) -> io::Result<()> {
        if self.raw_start == self.raw_end && !self.input_ended {
            self.raw_start = 0;
            self.raw_end = self.input.read(&mut self.raw)?;
            self.input_ended = self.raw_end == 0;
        }
        let raw = &self.raw[self.raw_start..self.raw_end];
        let (result, read, written, _) = self.decoder.decode_to_utf8(raw, &mut self.text, self.input_ended);
        self.raw_start += read;
        self.start = 0;
        self.end = written;
        self.ended = self.input_ended && result == encoding_rs::CoderResult::InputEmpty;
        Ok(())
    }

    #[cfg(test)]
    pub(super) fn held_bytes(&self) -> usize {
        self.raw.capacity() + self.text.capacity()
    }
}
