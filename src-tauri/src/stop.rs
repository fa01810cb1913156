//! The way out: the core ends its ledger writes first, whichever way the app is closed.

use std::sync::atomic::Ordering;

use docket_core::api::ApiError;
use serde::{Deserialize, Serialize};
use tauri::{AppHandle, Manager, State};
use tauri_specta::Event;

use crate::shell::Shell;
use crate::tray;

/// The window was to be closed while work is open. The page asks the person and calls `quit` or `keep_working`.
#[derive(Clone, Debug, Serialize, Deserialize, specta::Type, Event)]
pub struct CloseAsked {
    /// Orders that are queued, sending or in doubt.
    pub open: u32,
    /// Whether the window can go on in the system's tray; where it cannot, it is minimised.
    pub tray: bool,
}

/// Ends the app. Requests under way become in doubt and are reconciled at the next start.
#[tauri::command]
#[specta::specta]
pub async fn quit(app: AppHandle) -> Result<(), ApiError> {
    end(&app).await;
    Ok(())
}

/// The person wants the work to go on: the window is put away.
#[tauri::command]
#[specta::specta]
pub fn keep_working(app: AppHandle, shell: State<'_, Shell>) {
    shell.close_asked.store(false, Ordering::Relaxed);
    put_away(&app);
}

/// Into the tray, where there is one, else down to the bar.
pub fn put_away(app: &AppHandle) {
    let Some(window) = app.get_webview_window("main") else { return };
    let away = if app.state::<Shell>().tray.is_up() { window.hide() } else { window.minimize() };
    if let Err(error) = away {
        tracing::warn!(%error, "the window could not be put away");
    }
}

/// Ends the app from a place that cannot wait for it.
pub fn end_soon(app: &AppHandle) {
    let app = app.clone();
    tauri::async_runtime::spawn(async move { end(&app).await });
}

/// Asks the page when work is open, ends the app when none is. A second time ends it: nothing is lost by that.
pub fn close_asked(app: &AppHandle) {
    let app = app.clone();
    tauri::async_runtime::spawn(async move {
        let shell = app.state::<Shell>();
        let open = match shell.core() {
            Ok(core) => core.counts(None).await.map_or(0, |counts| counts.queued + counts.sending + counts.in_doubt),
            Err(_) => 0,
        };
        let again = shell.close_asked.swap(true, Ordering::Relaxed);
        if open == 0 || again {
            return end(&app).await;
        }
        // A tray may have come up since the start.
        let tray = tray::put_up(&app).await;
        if (CloseAsked { open, tray }).emit(&app).is_err() {
            end(&app).await;
        }
    });
}

/// Ends the app on SIGTERM and SIGINT, which would skip every exit handler.
pub fn on_signals(app: &AppHandle) {
    let app = app.clone();
    tauri::async_runtime::spawn(async move {
        match told_to_stop().await {
            Ok(()) => end(&app).await,
            Err(error) => tracing::warn!(%error, "signals cannot be heard"),
        }
    });
}

#[cfg(unix)]
async fn told_to_stop() -> std::io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        _ = terminate.recv() => Ok(()),
        heard = tokio::signal::ctrl_c() => heard,
    }
}

#[cfg(not(unix))]
async fn told_to_stop() -> std::io::Result<()> {
    tokio::signal::ctrl_c().await
}

/// The core first, then the practice platforms, then the process.
async fn end(app: &AppHandle) {
    let shell = app.state::<Shell>();
    if let Ok(core) = shell.core() {
        core.stop().await;
    }
    if let Some(practice) = shell.practice().lock().await.take() {
        practice.stop().await;
    }
    app.exit(0);
}
