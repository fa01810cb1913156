//! Docket's window, as a program.

#![cfg_attr(all(not(debug_assertions), windows), windows_subsystem = "windows")]

fn main() {
    docket::run();
}
