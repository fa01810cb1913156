//! Compiles the window's configuration, capabilities and icons in.

fn main() {
    tauri_build::build();
}
