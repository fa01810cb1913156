//! The package that a merchant installs: it goes in, it starts, it comes out again.
//!
//! `DOCKET_DEB` names the package; `cargo xtask test --only install` makes one of the programs that all tests use, and runs
//! this. Needs root, or sudo without a password. What the window does is in the desktop tests.

use std::path::{Path, PathBuf};
use std::process::Command;

use docket_practice::PracticePlatform::Pathao;
use docket_tests::window::{BRISK, Home};

const PROGRAM: &str = "/usr/bin/docket";

/// What must be there once it is installed.
const FILES: [&str; 7] = [
    PROGRAM,
    "/usr/bin/docketctl",
    "/usr/share/applications/docket.desktop",
    "/usr/share/metainfo/app.docket.Docket.metainfo.xml",
    "/usr/share/icons/hicolor/32x32/apps/docket.png",
    "/usr/share/icons/hicolor/128x128/apps/docket.png",
    "/usr/share/icons/hicolor/scalable/apps/docket.svg",
];

/// What a program printed.
///
/// # Panics
/// When it cannot be run or says that it failed.
fn printed(command: &mut Command) -> String {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{command:?}: {}\n{out}\n{err}", output.status);
    out.into_owned()
}

/// A command as root.
fn as_root(program: &str) -> Command {
    let root = printed(Command::new("id").arg("-u")).trim() == "0";
    let mut command = Command::new(if root { program } else { "sudo" });
    if !root {
        command.args(["-n", program]);
    }
    command.env("DEBIAN_FRONTEND", "noninteractive");
    command
}

/// An installed package; removed when dropped, whatever the test came to.
struct Installed {
    name: String,
}

impl Installed {
    fn from(package: &Path) -> Installed {
        let name = printed(Command::new("dpkg-deb").arg("--field").arg(package).arg("Package"));
        let installed = Installed { name: name.trim().to_owned() };
        let mut install = as_root("apt-get");
        install.args(["install", "--yes", "--no-install-recommends", "--reinstall", "--allow-downgrades"]);
        printed(install.arg(package));
        installed
    }

    fn remove(&self) -> Command {
        let mut remove = as_root("apt-get");
        remove.args(["purge", "--yes", &self.name]);
        remove
    }
}

impl Drop for Installed {
    fn drop(&mut self) {
        if Path::new(PROGRAM).exists() {
            // The test has failed already.
            let _ = self.remove().output();
        }
    }
}

fn package() -> PathBuf {
    let told = std::env::var_os("DOCKET_DEB").expect("DOCKET_DEB names the package; `cargo xtask test` makes it");
    std::path::absolute(told).expect("an absolute path")
}

/// The entry of a desktop file's group.
fn entry<'a>(file: &'a str, key: &str) -> &'a str {
    let found = file.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix('='));
    found.unwrap_or_else(|| panic!("no {key} in\n{file}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn the_package_is_installed_starts_and_is_removed() {
    let installed = Installed::from(&package());
    for file in FILES {
        assert!(Path::new(file).is_file(), "{file} is installed");
    }
    let desktop = std::fs::read_to_string(FILES[2]).expect("it is there");
    assert_eq!(entry(&desktop, "Exec").split_whitespace().next(), Some("docket"), "{desktop}");
    assert!(entry(&desktop, "Exec").ends_with(" %f"), "a file that opens with it is handed over: {desktop}");
    for kind in ["text/csv", "application/x-ndjson"] {
        assert!(entry(&desktop, "MimeType").split(';').any(|known| known == kind), "{kind}: {desktop}");
    }
    assert_eq!(entry(&desktop, "Icon"), "docket");
    let version = printed(Command::new("/usr/bin/docketctl").arg("--version"));
    assert!(version.starts_with("docketctl "), "{version}");

    let home = Home::of(Path::new(PROGRAM), BRISK);
    let window = home.start().await;
    window.page.dispatch("DHK-10401").await;
    window.page.reaches("DHK-10401", "dispatched").await;
    assert_eq!(home.truth(Pathao).len(), 1, "one order at the practice platform");
    window.quit().await;

    printed(&mut installed.remove());
    for file in FILES {
        assert!(!Path::new(file).exists(), "{file} is removed");
    }
}
