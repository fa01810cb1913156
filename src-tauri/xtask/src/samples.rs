//! `cargo xtask samples`: sample orders that look like life, some wrong in ways people are wrong.
//!
//! The same seed gives the same files, to the byte. No name, number or address belongs to a person.

mod doordash;
mod foxreload;
mod pathao;
mod postmates;
mod print_one;
mod uber_direct;

use std::fmt::Write as _;
use std::path::Path;

use crate::shell::Done;

/// Data rows in each file.
const ROWS: usize = 200;

/// What an import should make of a row that is not like the others.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fate {
    /// Reported with its line, column and reason, and left out.
    Wrong,
    /// The same order again with the same content: left out without harm.
    Skipped,
    /// Odd, and understood all the same.
    Forgiven,
}

/// One file in the making.
struct Sheet {
    file: &'static str,
    header: &'static [&'static str],
    rows: Vec<Vec<String>>,
    /// Row, column, fate and reason of everything planted.
    planted: Vec<(usize, &'static str, Fate, &'static str)>,
    /// What else the page says of the file.
    remark: String,
}

impl Sheet {
    fn new(file: &'static str, header: &'static [&'static str], row: impl FnMut(usize) -> Vec<String>) -> Self {
        Self { file, header, rows: (0..ROWS).map(row).collect(), planted: Vec::new(), remark: String::new() }
    }

    fn cell(&mut self, row: usize, column: &str) -> &mut String {
        let index = self.header.iter().position(|name| *name == column);
        &mut self.rows[row][index.unwrap_or_else(|| panic!("no column {column}"))]
    }

    /// Overwrites one cell.
    fn plant(&mut self, row: usize, column: &'static str, value: &str, fate: Fate, why: &'static str) {
        *self.cell(row, column) = value.to_owned();
        self.planted.push((row, column, fate, why));
    }

    /// Makes a row a copy of an earlier one, with one cell changed if told.
    fn repeat(&mut self, row: usize, of: usize, change: Option<(&str, &str)>, why: &'static str) {
        self.rows[row] = self.rows[of].clone();
        let fate = if change.is_some() { Fate::Wrong } else { Fate::Skipped };
        if let Some((column, value)) = change {
            *self.cell(row, column) = value.to_owned();
        }
        self.planted.push((row, "order_no", fate, why));
    }

    fn csv(&self) -> Done<Vec<u8>> {
        let mut writer = csv::Writer::from_writer(Vec::new());
        writer.write_record(self.header).map_err(|e| e.to_string())?;
        for row in &self.rows {
            writer.write_record(row).map_err(|e| e.to_string())?;
        }
        writer.into_inner().map_err(|e| e.to_string())
    }

    fn table(&self) -> String {
        let number = |fate| self.planted.iter().filter(|planted| planted.2 == fate).count();
        let (wrong, skipped) = (number(Fate::Wrong), number(Fate::Skipped));
        let mut planted = self.planted.clone();
        planted.sort_by_key(|(row, ..)| *row);
        let mut text = format!("\n## {}\n\n", self.file);
        let imported = ROWS - wrong - skipped;
        let _ = writeln!(
            text,
            "Into an empty account: `imported {imported}, updated 0, skipped {skipped}, wrong {wrong}`\n"
        );
        text.push_str(&self.remark);
        text.push_str("| line | order_no | column | what happens | why |\n|---|---|---|---|---|\n");
        for (row, column, fate, why) in planted {
            let happens = match fate {
                Fate::Wrong => "wrong",
                Fate::Skipped => "skipped",
                Fate::Forgiven => "imported",
            };
            let order = &self.rows[row][0];
            let _ = writeln!(text, "| {} | {} | `{column}` | {happens} | {why} |", row + 2, order.trim());
        }
        text
    }
}

/// A small generator of its own (splitmix64), so that no library's update changes the files.
struct Dice(u64);

impl Dice {
    /// A number below `limit`.
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((z ^ (z >> 31)) % limit as u64).unwrap_or_default()
    }

    /// One of several.
    fn pick<'a, T: ?Sized>(&mut self, from: &[&'a T]) -> &'a T {
        from[self.below(from.len())]
    }
}

const INTRODUCTION: &str = "\
# Sample orders

Two hundred orders for each platform, to try an import with. Most are right. Some are wrong on purpose, in ways people
are wrong; this page lists them. No name, number or address belongs to a person.

Made by `cargo xtask samples`; change that, not the files. A line number counts the header as line 1.
";

/// Every file, in the order in which the page tells of them.
fn sheets() -> [Sheet; 6] {
    [
        pathao::sheet(),
        postmates::sheet(),
        foxreload::sheet(),
        print_one::sheet(),
        uber_direct::sheet(),
        doordash::sheet(),
    ]
}

/// Writes the sample files and the page that explains them, or checks that they are as written.
pub fn samples(folder: &Path, check: bool) -> Done {
    let mut page = INTRODUCTION.to_owned();
    for sheet in sheets() {
        keep(&folder.join(sheet.file), &sheet.csv()?, check)?;
        page.push_str(&sheet.table());
    }
    keep(&folder.join("README.md"), page.as_bytes(), check)
}

fn keep(path: &Path, content: &[u8], check: bool) -> Done {
    let told = |e: std::io::Error| format!("{}: {e}", path.display());
    if !check {
        std::fs::create_dir_all(path.parent().unwrap_or(path)).map_err(told)?;
        return std::fs::write(path, content).map_err(told);
    }
    if std::fs::read(path).map_err(told)? == content {
        return Ok(());
    }
    Err(format!("{} is not what `cargo xtask samples` writes: run it, and commit what it wrote", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_committed_samples_are_what_is_written() {
        let folder = crate::shell::package_folder().join("../../samples");
        assert_eq!(samples(&folder, true), Ok(()));
    }

    #[test]
    fn a_changed_sample_is_noticed() {
        let scratch = tempfile::tempdir().unwrap();
        samples(scratch.path(), false).unwrap();
        assert_eq!(samples(scratch.path(), true), Ok(()));
        let file = scratch.path().join(pathao::sheet().file);
        std::fs::write(&file, b"order_no\n").unwrap();
        assert!(samples(scratch.path(), true).is_err());
    }

    #[test]
    fn order_numbers_repeat_only_where_planted() {
        for sheet in sheets() {
            let numbers: std::collections::BTreeSet<_> = sheet.rows.iter().map(|row| row[0].trim()).collect();
            let repeated = sheet.planted.iter().filter(|planted| planted.1 == "order_no").count();
            assert_eq!(numbers.len() + repeated, ROWS, "{}", sheet.file);
            let wrong = sheet.planted.iter().filter(|planted| planted.2 == Fate::Wrong).count();
            assert!((8..=12).contains(&wrong), "{} has {wrong} wrong rows", sheet.file);
        }
    }
}
