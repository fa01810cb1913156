//! Docket's window: opens the ledger, shows the page, and passes on what the page asks.
//!
//! It decides nothing about orders: every rule is in `docket-core`. Here are the commands as the page sees them, the
//! first start with its practice accounts, and the way out.

mod attention;
mod bindings;
mod changes;
mod codes;
mod commands;
mod files;
mod first_start;
mod handed;
mod notices;
mod paths;
mod practice;
mod preferences;
#[cfg(test)]
mod privileges;
mod shell;
mod start;
mod stop;
mod tray;
mod words;

use std::path::Path;

use tauri::Manager;
use tauri_plugin_window_state::StateFlags;
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
        .plugin(tauri_plugin_single_instance::init(|app, arguments, folder| {
            raise(app);
            handed::hand_over(app, &arguments, Path::new(&folder));
        }))
        .plugin(tauri_plugin_autostart::Builder::new().arg(handed::HIDDEN).build())
        .plugin(tauri_plugin_dialog::init())
        .plugin(tauri_plugin_notification::init())
        .plugin(tauri_plugin_window_state::Builder::new().with_state_flags(remembered()).build())
        .manage(shell::Shell::new(paths::Paths::of_this_user()))
        .invoke_handler(bindings.invoke_handler())
        .setup(move |app| {
            bindings.mount_events(app);
            stop::on_signals(app.handle());
            let app = app.handle().clone();
            begin(&app);
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

/// What of the window is as it was left. Not whether it was to be seen: a window that was put away would not come back.
fn remembered() -> StateFlags {
    StateFlags::SIZE | StateFlags::POSITION | StateFlags::MAXIMIZED
}

/// What this start was given, and the tray.
fn begin(app: &tauri::AppHandle) {
    let arguments: Vec<String> = std::env::args_os().map(|argument| argument.to_string_lossy().into_owned()).collect();
    handed::hand_over(app, &arguments, &std::env::current_dir().unwrap_or_default());
    let hidden = arguments.iter().any(|argument| argument == handed::HIDDEN);
    let app = app.clone();
    tauri::async_runtime::spawn(async move {
        tray::put_up(&app).await;
        if hidden {
            stop::put_away(&app);
        }
    });
}

/// Brings the window to the front.
fn raise(app: &tauri::AppHandle) {
    if let Some(window) = app.get_webview_window("main") {
        // A window manager may refuse; there is nothing more to do then.
        let _ = window.show();
        let _ = window.unminimize();
        let _ = window.set_focus();
    }
}
