//! The real window on a virtual display, driven as a merchant drives it.
//!
//! Each test has a data folder, an app process and practice platforms of its own; what is claimed of a platform is read
//! from the file that holds what really exists there. One test at a time: two windows on one session bus hand over to
//! each other. `cargo xtask test --only desktop` runs them.

#[path = "desktop/access.rs"]
mod access;
#[path = "desktop/accounts.rs"]
mod accounts;
#[path = "desktop/keyboard.rs"]
mod keyboard;
#[path = "desktop/manners.rs"]
mod manners;
#[path = "desktop/many.rs"]
mod many;
#[path = "desktop/once.rs"]
mod once;
#[path = "desktop/panel.rs"]
mod panel;
#[path = "desktop/pictures.rs"]
mod pictures;
#[path = "desktop/practice.rs"]
mod practice;
#[path = "desktop/recovery.rs"]
mod recovery;
#[path = "desktop/review.rs"]
mod review;
#[path = "desktop/screens.rs"]
mod screens;
#[path = "desktop/tasks.rs"]
mod tasks;
#[path = "desktop/writing.rs"]
mod writing;

/// `cargo xtask screenshot` asks for this test by its name.
#[tokio::test(flavor = "multi_thread")]
async fn screenshot() {
    pictures::take().await;
}
