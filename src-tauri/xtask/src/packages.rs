//! What a machine needs from its package manager, and installing what is missing.
//!
//! Node packages are in [`crate::npm`], crates are cargo's own business.

use std::io::IsTerminal;
use std::process::{Command, Stdio};

use crate::shell::{self, Done, have};

/// For anything that is compiled: SQLite and ring hold C.
pub const COMPILER: [&str; 3] = ["gcc", "libc6-dev", "pkgconf"];
/// For building the window.
pub const WINDOW: [&str; 2] = ["libwebkit2gtk-4.1-dev", "librsvg2-dev"];
/// For the desktop tests, for tracing system calls, for a key store, and for the tray's icon, whose library is loaded when
/// there is a tray.
pub const DESKTOP_TESTS: [&str; 7] =
    ["xvfb", "xauth", "webkit2gtk-driver", "dbus", "strace", "gnome-keyring", "libayatana-appindicator3-1"];

/// Installs what is missing of `packages`, saying what. Asks nothing.
pub fn install(packages: &[&str]) -> Done {
    if !have("dpkg-query") {
        println!("This is not a Debian or Ubuntu system. You need what they call: {}", packages.join(" "));
        return Ok(());
    }
    let missing: Vec<&str> = packages.iter().copied().filter(|package| !installed(package)).collect();
    if missing.is_empty() {
        println!("System packages: nothing is missing.");
        return Ok(());
    }
    println!("Missing system packages, to be installed now: {}", missing.join(" "));
    shell::run(apt()?.args(["update", "-qq"]))?;
    let mut command = apt()?;
    command.args(["install", "-y", "-qq", "--no-install-recommends"]).args(&missing);
    shell::run(&mut command)
}

/// Whether dpkg says that a package is installed.
fn installed(package: &str) -> bool {
    let mut ask = Command::new("dpkg-query");
    ask.args(["-W", "-f", "${db:Status-Status}", package]).stderr(Stdio::null());
    ask.output().is_ok_and(|answer| answer.stdout == b"installed")
}

/// `apt-get`, as root, that never asks.
fn apt() -> Done<Command> {
    let quiet = "DEBIAN_FRONTEND=noninteractive";
    let root = shell::output(Command::new("id").arg("-u"))?.trim() == "0";
    if root {
        let mut command = Command::new("env");
        command.args([quiet, "apt-get"]);
        return Ok(command);
    }
    if !have("sudo") {
        return Err("the packages above need root: install them yourself, or run this as root".to_owned());
    }
    let mut command = Command::new("sudo");
    if !std::io::stdin().is_terminal() {
        command.arg("-n");
    }
    command.args(["env", quiet, "apt-get"]);
    Ok(command)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_package_nobody_has_is_missing() {
        assert!(!installed("a-package-nobody-has"));
    }
}
