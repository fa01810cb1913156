//! `cargo xtask bundle`: the packages a merchant installs.
//!
//! What goes into them is in `src-tauri/tauri.bundle.conf.json` and `src-tauri/packaging`. This file builds,
//! adds docketctl, and looks inside what came out.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use serde_json::json;

use crate::shell::{self, Done, FEATURES, Workspace};
use crate::{npm, packages};

/// The packages that were made.
pub struct Made {
    /// For Debian and Ubuntu.
    pub deb: PathBuf,
    /// For Fedora, openSUSE and the like.
    pub rpm: PathBuf,
}

/// What must be inside a package; for the desktop entry and the icons Tauri chooses the file's name.
const INSIDE: [&str; 7] = [
    "usr/bin/docket",
    "usr/bin/docketctl",
    "usr/share/applications/docket.desktop",
    "usr/share/metainfo/app.docket.Docket.metainfo.xml",
    "usr/share/icons/hicolor/128x128/apps/docket.png",
    "usr/share/icons/hicolor/scalable/apps/docket.svg",
    "usr/share/doc/docket/third-party-notices.md",
];

/// Which programs go into the packages.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Programs {
    /// Those that merchants get.
    Release,
    /// Those that all tests use: what a package holds and does when it is installed is the same, and nothing is built anew.
    Debug,
}

impl Programs {
    fn folder(self) -> &'static str {
        match self {
            Programs::Release => "release",
            Programs::Debug => "debug",
        }
    }
}

/// Builds the programs and packs them.
pub fn bundle(workspace: &Workspace, programs: Programs) -> Done<Made> {
    packages::install(&[&packages::COMPILER[..], &packages::WINDOW].concat())?;
    npm::check_node(workspace)?;
    npm::install(workspace, npm::PAGE)?;
    npm::build(workspace)?;
    let mut build = workspace.with("cargo", &["build"]);
    match programs {
        Programs::Release => build.args(["--release", "--package", "docket", "--package", "docketctl"]),
        // The whole selection: with another one the features differ, and crates would be compiled again.
        Programs::Debug => build.args(["--workspace", "--all-targets"]),
    };
    shell::run(build.args(FEATURES))?;
    let folder = workspace.target.join(programs.folder()).join("bundle");
    for kind in ["deb", "rpm"] {
        let old = folder.join(kind);
        if old.exists() {
            std::fs::remove_dir_all(&old).map_err(|e| format!("{}: {e}", old.display()))?;
        }
    }
    npm::install(workspace, npm::BUNDLER)?;
    let tauri = workspace.root.join(npm::BUNDLER).join("node_modules/.bin/tauri");
    let mut pack = workspace.with(shell::text(&tauri)?, &["bundle", "--ci", "--bundles", "deb,rpm"]);
    pack.args(["--config", "src-tauri/tauri.bundle.conf.json", "--config", &with_built(workspace, programs)?]);
    if programs == Programs::Debug {
        pack.arg("--debug");
    }
    shell::run(&mut pack)?;
    let made = Made { deb: only(&folder.join("deb"), "deb")?, rpm: only(&folder.join("rpm"), "rpm")? };
    let listed = shell::output(&mut workspace.with("dpkg-deb", &["--contents", shell::text(&made.deb)?]))?;
    check_contents(&listed)?;
    println!("Made {}\nMade {}", made.deb.display(), made.rpm.display());
    Ok(made)
}

/// What is made by building: docketctl, and the notices of the packages in the page, which Vite collects.
fn with_built(workspace: &Workspace, programs: Programs) -> Done<String> {
    let program = workspace.target.join(programs.folder()).join("docketctl");
    let notices = workspace.root.join(npm::PAGE).join("dist/third-party-notices.md");
    let files = json!({ "files": {
        "/usr/bin/docketctl": shell::text(&program)?,
        "/usr/share/doc/docket/third-party-notices.md": shell::text(&notices)?,
    } });
    Ok(json!({ "bundle": { "linux": { "deb": files, "rpm": files } } }).to_string())
}

fn only(folder: &Path, ending: &str) -> Done<PathBuf> {
    let entries = std::fs::read_dir(folder).map_err(|e| format!("{}: {e}", folder.display()))?;
    let is_package = |path: &PathBuf| path.extension().is_some_and(|found| found == ending);
    let mut found = entries.flatten().map(|entry| entry.path()).filter(is_package);
    match (found.next(), found.next()) {
        (Some(one), None) => Ok(one),
        _ => Err(format!("{}: there should be exactly one .{ending} here", folder.display())),
    }
}

/// Looks for everything that must be inside, in the listing that `dpkg-deb --contents` gives.
fn check_contents(listing: &str) -> Done {
    let paths = listing.lines().filter_map(|line| line.split_whitespace().last());
    let inside: BTreeSet<&str> = paths.map(|path| path.trim_start_matches("./")).collect();
    let missing: Vec<_> = INSIDE.into_iter().filter(|path| !inside.contains(path)).collect();
    if missing.is_empty() {
        Ok(())
    } else {
        Err(format!("the package lacks {}; it holds\n{listing}", missing.join(", ")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listing() -> String {
        INSIDE.map(|path| format!("-rwxr-xr-x 0/0   19 2026-03-02 10:00 ./{path}\n")).concat()
    }

    #[test]
    fn a_whole_package_passes() {
        assert_eq!(check_contents(&listing()), Ok(()));
    }

    #[test]
    fn a_package_without_docketctl_is_refused() {
        let without = listing().replace("usr/bin/docketctl", "usr/bin/other");
        assert!(check_contents(&without).unwrap_err().contains("lacks usr/bin/docketctl"));
    }

    #[test]
    fn every_file_the_configuration_names_is_there() {
        let folder = crate::shell::package_folder().join("..");
        let read = std::fs::read_to_string(folder.join("tauri.bundle.conf.json")).unwrap();
        let bundle = &serde_json::from_str::<serde_json::Value>(&read).unwrap()["bundle"];
        let mut named: Vec<&str> = bundle["icon"].as_array().unwrap().iter().filter_map(|v| v.as_str()).collect();
        for kind in ["deb", "rpm"] {
            let part = &bundle["linux"][kind];
            named.extend(part["files"].as_object().unwrap().values().filter_map(|v| v.as_str()));
            named.extend(part["desktopTemplate"].as_str());
        }
        named.extend(bundle["licenseFile"].as_str());
        assert!(named.len() > 12, "the configuration names few files: {named:?}");
        for path in named {
            assert!(folder.join(path).is_file(), "{path} is named in tauri.bundle.conf.json and is not there");
        }
    }
}
