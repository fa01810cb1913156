//! `cargo xtask run`: from a fresh machine to the app on the practice accounts.

use crate::shell::{self, Done, FEATURES, Workspace};
use crate::{demo, npm, packages};

/// Installs what is missing, builds, and opens the window; without a display, does the main job in the terminal.
pub fn run(workspace: &Workspace, terminal: bool, options: &demo::Options) -> Done {
    if terminal || !has_display() {
        if !terminal {
            println!("There is no display here, so the main job runs in the terminal instead of the window.");
        }
        return in_terminal(workspace, options);
    }
    npm::check_node(workspace)?;
    packages::install(&[&packages::COMPILER[..], &packages::WINDOW].concat())?;
    npm::install(workspace, npm::PAGE)?;
    npm::build(workspace)?;
    println!("Building the window; the first time this takes some minutes.");
    let mut build = workspace.with("cargo", &["build", "--package", "docket", "--package", "docketctl"]);
    shell::run(build.args(FEATURES))?;
    println!("Opening Docket. It comes with practice accounts and sample orders: press Dispatch.");
    println!("The terminal program is {}", workspace.debug_program("docketctl").display());
    shell::run(&mut workspace.command(shell::text(&workspace.debug_program("docket"))?))
}

/// The same job without a window: no web view is installed or compiled for it.
fn in_terminal(workspace: &Workspace, options: &demo::Options) -> Done {
    packages::install(&packages::COMPILER)?;
    println!("Building docketctl; the first time this takes some minutes.");
    shell::run(&mut workspace.with("cargo", &["build", "--package", "docketctl"]))?;
    demo::demo(&workspace.debug_program("docketctl"), &workspace.root.join("samples"), options)
}

fn has_display() -> bool {
    let set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    set("DISPLAY") || set("WAYLAND_DISPLAY")
}
