//! A file as UTF-8 text in a buffer of fixed size, with a count of lines.

use std::io::{self, Read};

use encoding_rs::{Decoder, Encoding};

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
    line: u64,
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
            line: 1,
        }
    }

    /// What is buffered and not consumed yet; empty only at the end of the file.
    pub(super) fn buffer(&mut self) -> io::Result<&[u8]> {
        while self.start == self.end && !self.ended {
            self.refill()?;
        }
        Ok(&self.text[self.start..self.end])
    }

    /// Marks bytes of the buffer as read.
    pub(super) fn consume(&mut self, bytes: usize) {
        let until = (self.start + bytes).min(self.end);
        self.line += self.text[self.start..until].iter().filter(|b| **b == b'\n').count() as u64;
        self.start = until;
    }

    /// The line of the next byte, from 1.
    pub(super) fn line(&self) -> u64 {
        self.line
    }

    /// Skips blank lines, and gives the first byte after them.
    pub(super) fn first(&mut self) -> io::Result<Option<u8>> {
        loop {
            match self.buffer()?.first().copied() {
                Some(b'\n' | b'\r' | b' ') => self.consume(1),
                other => return Ok(other),
            }
        }
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
