//! Tables for people: comfy-table with our one look. Not here: what stands in them.

use comfy_table::{Cell, Color, ContentArrangement, Table, presets};
use docket_core::domain::State;

use crate::output::Output;

/// A terminal that says it is narrower than this is not believed; its own wrapping reads better than ours.
const NARROWEST: u16 = 60;

/// An empty table with its header. As wide as the terminal; without one, as wide as its content.
pub fn table(out: &Output, header: &[&str]) -> Table {
    let mut table = Table::new();
    if !out.is_terminal() {
        table.force_no_tty();
    }
    table.load_style(presets::NOTHING).set_header(header.iter().copied());
    for column in table.column_iter_mut() {
        column.set_padding((0, 2));
    }
    if out.is_terminal() && table.width().is_some_and(|width| width >= NARROWEST) {
        table.set_content_arrangement(ContentArrangement::Dynamic);
    }
    table
}

/// A state, in its colour where there are colours.
pub fn state(out: &Output, state: State) -> Cell {
    let cell = Cell::new(state.code());
    if !out.has_colour() {
        return cell;
    }
    match state {
        State::Draft | State::Cancelled | State::Closed => cell,
        State::Queued | State::Sending => cell.fg(Color::Cyan),
        State::InDoubt | State::NeedsReview => cell.fg(Color::Yellow),
        State::Dispatched => cell.fg(Color::Green),
        State::Refused => cell.fg(Color::Red),
    }
}

/// Prints a table without the blanks at the ends of its lines.
pub fn print(out: &Output, table: &Table) -> std::io::Result<()> {
    table.lines().try_for_each(|line| out.line(line.trim_end()))
}
