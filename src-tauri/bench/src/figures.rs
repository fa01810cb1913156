//! Figures of several rounds, and the one table of them.

use std::fmt::Write as _;

use serde::Serialize;

/// The middle and the ends of what was measured in several rounds.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Spread {
    /// The middle one.
    pub median: f64,
    /// The smallest.
    pub least: f64,
    /// The largest.
    pub most: f64,
}

impl Spread {
    /// Of some values; `None` of none.
    pub fn of(values: &[f64]) -> Option<Spread> {
        Some(Spread { median: quantile(values, 0.5)?, least: quantile(values, 0.0)?, most: quantile(values, 1.0)? })
    }
}

/// The value below which a part of the values lies: `0.5` for the median, `0.99` for all but one in a hundred.
pub fn quantile(values: &[f64], part: f64) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a place in a list")]
    #[expect(clippy::cast_precision_loss, reason = "a list that fits into memory")]
    let place = (part * (sorted.len().max(1) - 1) as f64).round() as usize;
    sorted.get(place).copied()
}

/// One line of the table: Docket's figure, what it is set beside, and the quotient of each round.
#[derive(Clone, Debug, Serialize)]
pub struct Line {
    /// The row it belongs to.
    pub row: &'static str,
    /// What Docket did.
    pub what: String,
    /// What was counted or timed.
    pub unit: &'static str,
    /// Docket's figure.
    pub docket: Option<Spread>,
    /// What did the same beside it.
    pub beside: String,
    /// Its figure.
    pub other: Option<Spread>,
    /// Docket's figure by the other's, round by round.
    pub ratio: Option<Spread>,
    /// What else is to be said.
    pub note: String,
}

impl Line {
    /// Two things that were measured in turn, round by round.
    pub fn beside(
        row: &'static str,
        what: &str,
        unit: &'static str,
        docket: &[f64],
        beside: &str,
        other: &[f64],
    ) -> Line {
        let ratios: Vec<f64> = docket.iter().zip(other).map(|(ours, theirs)| ours / theirs).collect();
        Line {
            row,
            what: what.to_owned(),
            unit,
            docket: Spread::of(docket),
            beside: beside.to_owned(),
            other: Spread::of(other),
            ratio: Spread::of(&ratios),
            note: String::new(),
        }
    }

    /// A figure that stands for itself, such as a count.
    pub fn alone(row: &'static str, what: &str, unit: &'static str, docket: &[f64]) -> Line {
        Line { other: None, ratio: None, ..Line::beside(row, what, unit, docket, "", &[]) }
    }

    /// What could not be measured, and why.
    pub fn missing(row: &'static str, what: &str, why: impl Into<String>) -> Line {
        Line { note: why.into(), ..Line::alone(row, what, "", &[]) }
    }

    /// The same with something said beside.
    pub fn note(self, note: impl Into<String>) -> Line {
        Line { note: note.into(), ..self }
    }
}

/// A figure with about three digits that mean something.
fn shown(value: f64) -> String {
    match value.abs() {
        size if size >= 100.0 => format!("{value:.0}"),
        size if size >= 10.0 => format!("{value:.1}"),
        size if size >= 0.1 => format!("{value:.2}"),
        _ => format!("{value:.4}"),
    }
}

fn middle(spread: Option<Spread>) -> String {
    spread.map(|s| shown(s.median)).unwrap_or_default()
}

/// All lines, as a person reads them.
pub fn table(lines: &[Line]) -> String {
    let head = ["row", "Docket", "figure", "beside", "figure", "unit", "ratio (least to most)"].map(str::to_owned);
    let mut rows = vec![head];
    for line in lines {
        let ratio = line
            .ratio
            .map(|r| format!("{} ({} to {})", shown(r.median), shown(r.least), shown(r.most)))
            .unwrap_or_default();
        let beside = line.beside.clone();
        let row = line.row.to_owned();
        rows.push([
            row,
            line.what.clone(),
            middle(line.docket),
            beside,
            middle(line.other),
            line.unit.to_owned(),
            ratio,
        ]);
    }
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..rows[0].len()).map(width).collect();
    let mut text = String::new();
    for (place, row) in rows.iter().enumerate() {
        let cells: Vec<String> = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}")).collect();
        let note = place.checked_sub(1).map_or("", |at| lines[at].note.as_str());
        let _ = writeln!(text, "{}  {note}", cells.join("  "));
    }
    text.lines().map(str::trim_end).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ratio_is_taken_round_by_round() {
        let line = Line::beside("a", "b", "s", &[2.0, 30.0, 4.0], "c", &[1.0, 10.0, 8.0]);
        assert_eq!(line.ratio, Some(Spread { median: 2.0, least: 0.5, most: 3.0 }));
        assert_eq!(line.docket.map(|d| d.median), Some(4.0));
    }

    #[test]
    fn a_quantile_is_one_of_the_values() {
        let values: Vec<f64> = (1..=100).map(f64::from).collect();
        assert_eq!(
            (quantile(&values, 0.99), quantile(&values, 1.0), quantile(&[], 0.5)),
            (Some(99.0), Some(100.0), None)
        );
    }

    #[test]
    fn what_is_missing_is_said_in_its_line() {
        let text = table(&[Line::missing("reserve", "beside Redis", "Redis is not installed")]);
        assert!(text.ends_with("Redis is not installed"), "{text}");
    }
}
