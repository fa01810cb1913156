//! Docket's window: opens the ledger, shows the page, and passes on what the page asks.
//!
//! It decides nothing about orders: every rule is in `docket-core`. Here are the commands as the page sees them, the
//! first start with its practice accounts, and the way out.

mod bindings;
mod changes;
mod codes;
mod commands;
mod files;
mod first_start;
mod paths;
mod practice;
mod shell;
mod start;
mod stop;

use tauri::Manager;
use tracing_subscriber::EnvFilter;

/// Opens the window and returns when it is closed.
///
/// # Panics
/// When the system has no web view or no display; there is no window then to say it in.
pub fn run() {
    let filter = EnvFilter::try_from_env("DOCKET_TRACE").unwrap_or_else(|_| EnvFilter::new("warn"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
    // An earlier provider is as good: the transport only needs one.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let bindings = bindings::builder();
    tauri::Builder::default()
        // First, so that a second start ends before it touches anything.
        .plugin(tauri_plugin_single_instance::init(|app, _, _| raise(app)))
        .plugin(tauri_plugin_dialog::init())
        .manage(shell::Shell::new(paths::Paths::of_this_user()))
        .invoke_handler(bindings.invoke_handler())
        .setup(move |app| {
            bindings.mount_events(app);
            stop::on_signals(app.handle());
            let app = app.handle().clone();
            // A thread of its own drives the start; see `commands::driven`.
            tauri::async_runtime::spawn_blocking(move || tauri::async_runtime::block_on(start::open(app)));
            Ok(())
        })
        .on_window_event(|window, event| {
            if let tauri::WindowEvent::CloseRequested { api, .. } = event {
                api.prevent_close();
                stop::close_asked(window.app_handle());
            }
        })
        .run(tauri::generate_context!())
        .expect("the window cannot be opened: is there a display, and is WebKitGTK installed?");
}

/// Brings the window to the front.
fn raise(app: &tauri::AppHandle) {
    if let Some(window) = app.get_webview_window("main") {
        // A window manager may refuse; there is nothing more to do then.
        let _ = window.unminimize();
        let _ = window.set_focus();
    }
}
