//! `cargo xtask screenshot`: README's pictures, taken by a desktop test from the real window. `cargo xtask looks`: sheets of
//! every screen, written by the tests that measure it.

use std::path::Path;

use crate::shell::{self, Done, FEATURES, Workspace};
use crate::{npm, packages, test};

/// Builds the app and lets the desktop test `screenshot` write its pictures into docs/images.
pub fn screenshot(workspace: &Workspace) -> Done {
    take(workspace, &workspace.root.join("docs/images"), "DOCKET_SCREENSHOTS", &["--exact", "screenshot"])
}

/// Builds the app and lets the tests of every screen write a sheet for each screen and language, into target/looks.
pub fn looks(workspace: &Workspace) -> Done {
    take(
        workspace,
        &workspace.target.join("looks"),
        "DOCKET_LOOKS",
        &["access::every_screen_holds", "--test-threads=1"],
    )
}

fn take(workspace: &Workspace, folder: &Path, variable: &str, tests: &[&str]) -> Done {
    std::fs::create_dir_all(folder).map_err(|e| format!("{}: {e}", folder.display()))?;
    packages::install(&[&packages::COMPILER[..], &packages::WINDOW, &packages::DESKTOP_TESTS].concat())?;
    npm::check_node(workspace)?;
    npm::install(workspace, npm::PAGE)?;
    npm::build(workspace)?;
    shell::run(workspace.with("cargo", &["build", "--workspace", "--all-targets"]).args(FEATURES))?;
    let mut take = test::under_display(workspace);
    take.args(["cargo", "test", "--workspace"]).args(FEATURES);
    take.args(["--test", "desktop", "--", "--nocapture"]).args(tests);
    test::tell_programs(workspace, &mut take);
    shell::run(take.env(variable, folder))?;
    println!("The pictures are in {}", folder.display());
    Ok(())
}
