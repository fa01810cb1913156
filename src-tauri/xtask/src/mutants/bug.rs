//! A planted bug as it stands in its file: four lines that say what it is, and then each exact text and what takes its place.
//!
//! ```text
//! wrong: what is wrong, in one sentence
//! costs: what it would cost a merchant
//! rung: the rung that is expected to catch it
//! test: the test that does; of the simulator, its arguments
//!
//! file: path/of/the/file.rs
//! == find
//! the exact text, which stands in the file just once
//! == plant
//! what is put there
//! == end
//! ```

use std::path::{Path, PathBuf};

use super::rung::{Rung, rung};
use crate::shell::Done;

/// Where the bugs are.
const FOLDER: &str = "src-tauri/xtask/mutants";

/// One bug.
#[derive(Debug)]
pub(super) struct Bug {
    /// Its file's name.
    pub name: String,
    pub wrong: String,
    pub costs: String,
    pub rung: &'static Rung,
    pub test: String,
    edits: Vec<Edit>,
}

#[derive(Debug)]
struct Edit {
    file: String,
    find: String,
    plant: String,
}

/// All of them, by name.
pub(super) fn all(root: &Path) -> Done<Vec<Bug>> {
    let folder = root.join(FOLDER);
    let entries = std::fs::read_dir(&folder).map_err(|e| format!("{}: {e}", folder.display()))?;
    let mut files: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    files.sort();
    files.iter().map(|file| read(file)).collect()
}

fn read(file: &Path) -> Done<Bug> {
    let text = std::fs::read_to_string(file).map_err(|e| format!("{}: {e}", file.display()))?;
    let name = file.file_stem().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    parse(&name, &text).map_err(|why| format!("{}: {why}", file.display()))
}

fn parse(name: &str, text: &str) -> Done<Bug> {
    let (head, edits) = text.split_once("\n\n").ok_or("an empty line has to stand before the first file")?;
    let said = |what: &str| {
        let found = head.lines().find_map(|line| line.strip_prefix(what)?.strip_prefix(": "));
        found.map(str::to_owned).ok_or(format!("it does not say `{what}: `"))
    };
    let of = said("rung")?;
    let bug = Bug {
        name: name.to_owned(),
        wrong: said("wrong")?,
        costs: said("costs")?,
        rung: rung(&of).ok_or(format!("there is no rung {of}"))?,
        test: said("test")?,
        edits: edits.split_inclusive("\n== end\n").map(edit).collect::<Done<_>>()?,
    };
    Ok(bug)
}

fn edit(text: &str) -> Done<Edit> {
    let parts = || {
        let (head, rest) = text.split_once("\n== find\n")?;
        let (find, rest) = rest.split_once("\n== plant\n")?;
        // What is planted may be nothing at all.
        let plant = rest.strip_suffix("== end\n")?;
        let file = head.trim().strip_prefix("file: ")?;
        Some(Edit { file: file.into(), find: find.into(), plant: plant.strip_suffix('\n').unwrap_or(plant).into() })
    };
    parts().ok_or(format!("not a file with == find, == plant and == end:\n{text}"))
}

impl Bug {
    /// Plants it below `tree`, and returns the files as they were.
    pub fn plant(&self, tree: &Path) -> Done<Vec<(PathBuf, String)>> {
        let mut before: Vec<(PathBuf, String)> = Vec::new();
        for edit in &self.edits {
            let place = tree.join(&edit.file);
            let told = |e: std::io::Error| format!("{}: {e}", place.display());
            let text = std::fs::read_to_string(&place).map_err(told)?;
            std::fs::write(&place, edit.applied(&text)?).map_err(told)?;
            if !before.iter().any(|(file, _)| *file == place) {
                before.push((place, text));
            }
        }
        Ok(before)
    }
}

impl Edit {
    fn applied(&self, text: &str) -> Done<String> {
        match text.matches(&self.find).count() {
            1 => Ok(text.replacen(&self.find, &self.plant, 1)),
            n => Err(format!(
                "{}: this text has to stand in it just once, and stands {n} times:\n{}",
                self.file, self.find
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::shell::package_folder;

    fn root() -> PathBuf {
        package_folder().ancestors().nth(2).expect("xtask is in its workspace").to_path_buf()
    }

    #[test]
    fn every_bug_can_still_be_planted() {
        let bugs = all(&root()).unwrap_or_else(|why| panic!("{why}"));
        assert!(bugs.len() >= 30, "{} bugs", bugs.len());
        for bug in &bugs {
            assert!(!bug.edits.is_empty(), "{} changes nothing", bug.name);
            for edit in &bug.edits {
                let text =
                    std::fs::read_to_string(root().join(&edit.file)).unwrap_or_else(|e| panic!("{}: {e}", edit.file));
                let planted = edit.applied(&text).unwrap_or_else(|why| panic!("{}: {why}", bug.name));
                assert_ne!(planted, text, "{} changes nothing", bug.name);
            }
        }
        let told: BTreeSet<&str> = bugs.iter().map(|bug| bug.wrong.as_str()).collect();
        assert_eq!(told.len(), bugs.len(), "two bugs are one");
    }

    /// `PROOF.md` names each bug with the rung and the test that catch it.
    #[test]
    fn the_page_has_every_bug() {
        let page = std::fs::read_to_string(root().join("PROOF.md")).expect("PROOF.md");
        let section =
            page.split("\n## ").find(|section| section.starts_with("The check can fail")).expect("its section");
        let there: BTreeSet<&str> = section.lines().filter(|line| line.starts_with("| ")).skip(1).collect();
        let bugs = all(&root()).unwrap_or_else(|why| panic!("{why}"));
        let lines: Vec<String> = bugs.iter().map(line).collect();
        assert_eq!(there, lines.iter().map(String::as_str).collect(), "the table should be:\n{}", lines.join("\n"));
    }

    fn line(bug: &Bug) -> String {
        format!("| {} | {} | {} | `{}` |", bug.name, bug.wrong, bug.rung.name, bug.test)
    }

    #[test]
    fn a_bug_is_read_and_planted_just_where_it_says() {
        let text = "wrong: a\ncosts: b\nrung: decision\ntest: c\n\nfile: x.rs\n== find\none\n  two\n== plant\nthree\n== end\n\
                    file: y.rs\n== find\ngone\n== plant\n== end\n";
        let bug = parse("n", text).unwrap_or_else(|why| panic!("{why}"));
        assert_eq!((bug.edits.len(), bug.edits[1].file.as_str()), (2, "y.rs"));
        assert_eq!(bug.edits[0].applied("0\none\n  two\n3").as_deref(), Ok("0\nthree\n3"));
        assert!(bug.edits[0].applied("one\n  two\none\n  two\n").is_err(), "where, of two places, nobody can say");
        assert_eq!(bug.edits[1].applied("it is gone now").as_deref(), Ok("it is  now"));
        assert!(parse("n", &text.replace("rung: decision", "rung: hope")).is_err());
        assert!(parse("n", &text.replace("== plant\nthree\n", "")).is_err());
    }
}
