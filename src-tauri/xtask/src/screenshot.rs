//! `cargo xtask screenshot`: README's pictures, taken by a desktop test from the real window.

use crate::shell::{self, Done, FEATURES, Workspace};
use crate::{npm, packages, test};

/// Builds the app and lets the desktop test `screenshot` write its pictures into docs/images.
pub fn screenshot(workspace: &Workspace) -> Done {
    let folder = workspace.root.join("docs/images");
    std::fs::create_dir_all(&folder).map_err(|e| format!("{}: {e}", folder.display()))?;
    packages::install(&[&packages::COMPILER[..], &packages::WINDOW, &packages::DESKTOP_TESTS].concat())?;
    npm::check_node(workspace)?;
    npm::install(workspace, npm::PAGE)?;
    npm::build(workspace)?;
    shell::run(workspace.with("cargo", &["build", "--workspace", "--all-targets"]).args(FEATURES))?;
    let mut take = test::under_display(workspace);
    take.args(["cargo", "test", "--workspace"]).args(FEATURES);
    take.args(["--test", "desktop", "--", "--exact", "screenshot", "--nocapture"]);
    test::tell_programs(workspace, &mut take);
    shell::run(take.env("DOCKET_SCREENSHOTS", &folder))?;
    println!("The pictures are in {}", folder.display());
    Ok(())
}
