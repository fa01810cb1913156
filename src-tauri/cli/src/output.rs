//! What goes out: results to stdout, everything else to stderr. A closed pipe is no error and never a panic.

use std::cell::{Cell, RefCell};
use std::io::{self, BufWriter, IsTerminal as _, Stdout, Write};

use serde::Serialize;

/// Results on stdout: text for people, or one JSON object a line.
pub struct Output {
    json: bool,
    writer: RefCell<BufWriter<Stdout>>,
    closed: Cell<bool>,
}

impl Output {
    /// On this process's stdout.
    pub fn new(json: bool) -> Output {
        Output { json, writer: RefCell::new(BufWriter::new(io::stdout())), closed: Cell::new(false) }
    }

    /// Whether JSON was asked for.
    pub fn is_json(&self) -> bool {
        self.json
    }

    /// Whether nobody reads any more.
    pub fn is_closed(&self) -> bool {
        self.closed.get()
    }

    /// Whether text for people may have colours.
    pub fn has_colour(&self) -> bool {
        !self.json && io::stdout().is_terminal() && colour_wanted()
    }

    /// The width of the terminal's text is the table's business only on a terminal.
    pub fn is_terminal(&self) -> bool {
        io::stdout().is_terminal()
    }

    /// A line of text.
    pub fn line(&self, text: &str) -> io::Result<()> {
        self.write(|writer| writeln!(writer, "{text}"))
    }

    /// An object on a line of its own.
    pub fn object<T: Serialize + ?Sized>(&self, value: &T) -> io::Result<()> {
        self.write(|writer| {
            serde_json::to_writer(&mut *writer, value)?;
            writer.write_all(b"\n")
        })
    }

    /// Bytes as they are.
    pub fn bytes(&self, bytes: &[u8]) -> io::Result<()> {
        self.write(|writer| writer.write_all(bytes))
    }

    /// Everything written so far is out when this returns.
    pub fn flush(&self) -> io::Result<()> {
        self.write(|writer| writer.flush())
    }

    fn write(&self, act: impl FnOnce(&mut BufWriter<Stdout>) -> io::Result<()>) -> io::Result<()> {
        if self.closed.get() {
            return Ok(());
        }
        match act(&mut self.writer.borrow_mut()) {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {
                self.closed.set(true);
                Ok(())
            }
            Err(error) => Err(io::Error::new(
                error.kind(),
                format!(
                    "the output cannot be written: {error}. Check the disk it goes to; the ledger is not affected."
                ),
            )),
            Ok(()) => Ok(()),
        }
    }
}

/// A line to stderr.
pub fn say(line: &str) {
    // With stderr closed there is nobody to tell.
    let _ = writeln!(io::stderr().lock(), "{line}");
}

/// Whether stderr may have colours.
pub fn colour_on_stderr() -> bool {
    io::stderr().is_terminal() && colour_wanted()
}

/// <https://no-color.org>: set and not empty means none.
fn colour_wanted() -> bool {
    std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}
