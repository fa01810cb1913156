//! The copy of the tree in which bugs are planted: what git tracks, as it stands in the working tree.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use crate::shell::{self, Done, Workspace};

/// Where a copy keeps the list of what it holds.
const HELD: &str = ".copied";

/// Brings the copy up to date. A file that has not changed is not written again, so that it is not compiled again.
pub(super) fn refresh(workspace: &Workspace, tree: &Path) -> Done {
    let listed = shell::output(&mut workspace.with("git", &["ls-files", "-z"]))?;
    let files: BTreeSet<&str> = listed.split('\0').filter(|name| workspace.root.join(name).is_file()).collect();
    let failed = |path: &PathBuf, e: std::io::Error| format!("{}: {e}", path.display());
    let held = std::fs::read_to_string(tree.join(HELD)).unwrap_or_default();
    for gone in held.lines().filter(|name| !files.contains(name)) {
        let place = tree.join(gone);
        if place.is_file() {
            std::fs::remove_file(&place).map_err(|e| failed(&place, e))?;
        }
    }
    for name in &files {
        let (from, to) = (workspace.root.join(name), tree.join(name));
        let text = std::fs::read(&from).map_err(|e| failed(&from, e))?;
        if std::fs::read(&to).is_ok_and(|there| there == text) {
            continue;
        }
        if let Some(folder) = to.parent() {
            std::fs::create_dir_all(folder).map_err(|e| failed(&to, e))?;
        }
        std::fs::write(&to, text).map_err(|e| failed(&to, e))?;
    }
    let list = files.into_iter().collect::<Vec<_>>().join("\n");
    std::fs::write(tree.join(HELD), list).map_err(|e| failed(&tree.to_path_buf(), e))
}
