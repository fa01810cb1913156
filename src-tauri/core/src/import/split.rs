//! One record of CSV text, taken apart as RFC 4180 says: <https://www.rfc-editor.org/rfc/rfc4180#section-2>.
//!
//! It is fed line by line, so that whoever feeds it can stop at any line end and go back. A quotation mark within a
//! value that does not begin with one is an ordinary character. Not here: which lines make a record worth believing
//! (`csv`).

/// A record under way.
pub(super) struct Split {
    delimiter: u8,
    at: At,
    text: Vec<u8>,
    ends: Vec<usize>,
    torn: Option<usize>,
    /// Delimiters within the quoted cell under way, and whether it spans lines.
    inner: usize,
    spans: bool,
    most_inner: usize,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum At {
    /// Where a cell begins.
    Begin,
    /// In a cell that does not begin with a quotation mark.
    Plain,
    /// Within quotation marks.
    Quoted,
    /// Just after a quotation mark within a quoted cell: its end, or the first of two.
    Mark,
    /// In blanks after a quoted cell.
    After,
}

impl Split {
    pub(super) fn new(delimiter: u8) -> Split {
        Split {
            delimiter,
            at: At::Begin,
            text: Vec::new(),
            ends: Vec::new(),
            torn: None,
            inner: 0,
            spans: false,
            most_inner: 0,
        }
    }

    /// Takes one line with what ends it. Whether the record ends with it.
    pub(super) fn feed(&mut self, line: &[u8]) -> bool {
        let length = line.iter().rposition(|b| !matches!(b, b'\r' | b'\n')).map_or(0, |last| last + 1);
        let (body, line_end) = line.split_at(length);
        for (place, byte) in body.iter().enumerate() {
            self.take(*byte, body.get(place + 1).copied());
        }
        if self.at == At::Quoted {
            self.text.extend_from_slice(line_end);
            self.spans = true;
            self.most_inner = self.most_inner.max(self.inner);
            return false;
        }
        self.end_cell();
        true
    }

    fn take(&mut self, byte: u8, next: Option<u8>) {
        let delimits = byte == self.delimiter;
        match self.at {
            At::Begin if byte == b'"' => self.at = At::Quoted,
            At::Quoted if byte == b'"' => self.at = At::Mark,
            At::Quoted => {
                self.inner += usize::from(delimits && next != Some(b' '));
                self.text.push(byte);
            }
            At::Mark if byte == b'"' => {
                self.text.push(byte);
                self.at = At::Quoted;
            }
            At::Begin | At::Plain | At::Mark | At::After if delimits => self.end_cell(),
            At::Mark | At::After if matches!(byte, b' ' | b'\t') => self.at = At::After,
            At::Begin | At::Plain | At::Mark | At::After => {
                if matches!(self.at, At::Mark | At::After) {
                    self.torn.get_or_insert(self.ends.len());
                }
                self.text.push(byte);
                self.at = At::Plain;
            }
        }
    }

    fn end_cell(&mut self) {
        if self.spans {
            self.most_inner = self.most_inner.max(self.inner);
        }
        (self.inner, self.spans, self.at) = (0, false, At::Begin);
        self.ends.push(self.text.len());
    }

    /// The column, from 0, of a quoted cell that goes on after its closing quotation mark.
    pub(super) fn torn(&self) -> Option<usize> {
        self.torn
    }

    /// The column of the cell under way, from 0.
    pub(super) fn place(&self) -> usize {
        self.ends.len()
    }

    /// How often, at most, the delimiter stands in a cell that spans lines: as between cells, without the blank that
    /// follows it in prose.
    pub(super) fn most_inner(&self) -> usize {
        self.most_inner
    }

    /// The cells so far, without their quotation marks.
    pub(super) fn cells(&self) -> Vec<String> {
        let mut begin = 0;
        let cell = |end: &usize| {
            let text = self.text.get(begin..*end).unwrap_or_default();
            begin = *end;
            String::from_utf8_lossy(text).into_owned()
        };
        self.ends.iter().map(cell).collect()
    }
}
