//! Node packages, and the page's build.

use std::process::Command;
use std::time::SystemTime;

use crate::shell::{self, Done, Workspace, have};

/// The oldest Node that Vite runs on.
const OLDEST: (u32, u32) = (20, 19);

/// The page's folder.
pub const PAGE: &str = "ui";
/// The bundler's folder: it has a package list of its own, for few need it.
pub const BUNDLER: &str = "src-tauri/packaging";

/// `npm` in the page's folder.
pub fn npm(workspace: &Workspace, arguments: &[&str]) -> Command {
    within(workspace, PAGE, arguments)
}

/// What the lock file says, without changing it. Not `npm ci`: that refuses a lock file which lacks optional packages of
/// other systems, and one written where those can't be seen does lack them.
const INSTALL: [&str; 4] = ["install", "--no-save", "--no-audit", "--no-fund"];

/// Installs the page's packages, whatever is there already.
pub fn install_page(workspace: &Workspace) -> Done {
    shell::run(&mut npm(workspace, &INSTALL))
}

fn within(workspace: &Workspace, folder: &str, arguments: &[&str]) -> Command {
    let mut command = workspace.with("npm", arguments);
    command.current_dir(workspace.root.join(folder));
    command
}

/// Says what is wrong when Node is missing or too old.
pub fn check_node(workspace: &Workspace) -> Done {
    let remedy = format!("install Node {}.{} or newer, with npm, from nodejs.org or your system", OLDEST.0, OLDEST.1);
    if !have("node") || !have("npm") {
        return Err(format!("Node is missing: {remedy}"));
    }
    let version = shell::output(&mut workspace.with("node", &["--version"]))?;
    match parse(&version) {
        Some(found) if found >= OLDEST => Ok(()),
        Some(_) | None => Err(format!("Node {} is too old: {remedy}", version.trim())),
    }
}

fn parse(version: &str) -> Option<(u32, u32)> {
    let mut numbers = version.trim().trim_start_matches('v').split('.');
    Some((numbers.next()?.parse().ok()?, numbers.next()?.parse().ok()?))
}

/// Installs a folder's packages when they are missing or older than its lock file.
pub fn install(workspace: &Workspace, folder: &str) -> Done {
    let top = workspace.root.join(folder);
    let changed = |file: &str| -> Option<SystemTime> { top.join(file).metadata().ok()?.modified().ok() };
    if changed("node_modules/.package-lock.json") >= changed("package-lock.json") {
        println!("Node packages of {folder}: nothing is missing.");
        return Ok(());
    }
    println!("Node packages of {folder}: to be installed now.");
    shell::run(&mut within(workspace, folder, &INSTALL))
}

/// Builds the page into ui/dist, from where the window takes it.
pub fn build(workspace: &Workspace) -> Done {
    shell::run(&mut npm(workspace, &["run", "build"]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_compared_as_numbers() {
        assert_eq!(parse("v20.20.2\n"), Some((20, 20)));
        assert!(parse("v20.9.0").is_some_and(|found| found < OLDEST));
        assert_eq!(parse("not a version"), None);
    }
}
