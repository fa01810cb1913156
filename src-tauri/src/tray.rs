//! The icon in the system's tray: how many orders are in doubt, and the way back to the window.
//!
//! Many Linux desktops have no tray. There the icon is not put up, and what would hide in it is minimised: a window that
//! nobody can bring back would be worse than none.

use std::path::Path;
use std::sync::{Mutex, PoisonError};

use tauri::menu::{Menu, MenuItem, PredefinedMenuItem};
use tauri::tray::{TrayIcon, TrayIconBuilder};
use tauri::{AppHandle, Manager, Wry};

use crate::shell::Shell;
use crate::{raise, stop, words};

/// The icon and the parts of its menu whose words change. Clones are handles of the same.
#[derive(Clone)]
struct Shown {
    icon: TrayIcon,
    standing: MenuItem<Wry>,
    open: MenuItem<Wry>,
    quit: MenuItem<Wry>,
}

/// The tray, where there is one; and what it says, where there is none yet.
#[derive(Default)]
pub struct Tray {
    shown: Mutex<Option<Shown>>,
    counts: Mutex<(u32, u32)>,
}

impl Tray {
    /// Whether the icon is there.
    pub fn is_up(&self) -> bool {
        self.shown.lock().unwrap_or_else(PoisonError::into_inner).is_some()
    }

    fn counts(&self) -> (u32, u32) {
        *self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Puts the icon up where the system has a tray and it is not up yet; whether it is up then.
pub async fn put_up(app: &AppHandle) -> bool {
    let up = app.state::<Shell>().tray.is_up();
    if up || !has_library() || !has_host().await {
        return up;
    }
    let (told, built) = tokio::sync::oneshot::channel();
    let on_main = app.clone();
    // GTK is for the main thread.
    let asked = app.run_on_main_thread(move || {
        let outcome = build(&on_main);
        if let Err(error) = &outcome {
            tracing::warn!(%error, "the system's tray did not take the icon");
        }
        // Nobody waits any more when the app ends.
        let _ = told.send(outcome.is_ok());
    });
    asked.is_ok() && built.await.unwrap_or(false)
}

fn build(app: &AppHandle) -> tauri::Result<()> {
    let shell = app.state::<Shell>();
    // Two may have asked at once whether there is one.
    if shell.tray.is_up() {
        return Ok(());
    }
    let said = shell.words.now();
    let (doubt, review) = shell.tray.counts();
    let standing = MenuItem::new(app, words::standing(app, doubt, review), false, None::<&str>)?;
    let open = MenuItem::with_id(app, "open", &said.open, true, None::<&str>)?;
    let quit = MenuItem::with_id(app, "quit", &said.quit, true, None::<&str>)?;
    let menu = Menu::with_items(app, &[&standing, &PredefinedMenuItem::separator(app)?, &open, &quit])?;
    let mut builder =
        TrayIconBuilder::with_id("docket").menu(&menu).on_menu_event(|app, event| match event.id().as_ref() {
            "open" => raise(app),
            "quit" => stop::end_soon(app),
            _ => {}
        });
    if let Some(icon) = app.default_window_icon() {
        builder = builder.icon(icon.clone());
    }
    let icon = builder.build(app)?;
    label(&icon, doubt, &words::standing(app, doubt, review));
    *shell.tray.shown.lock().unwrap_or_else(PoisonError::into_inner) = Some(Shown { icon, standing, open, quit });
    Ok(())
}

/// The count in doubt beside the icon, where there is any; in words where the system shows them.
fn label(icon: &TrayIcon, doubt: u32, standing: &str) {
    let count = (doubt > 0).then(|| doubt.to_string());
    for outcome in [icon.set_title(count), icon.set_tooltip(Some(standing))] {
        if let Err(error) = outcome {
            tracing::warn!(%error, "the tray's icon could not be changed");
        }
    }
}

/// Says how many orders are in doubt, and how many wait for a person.
pub fn show(app: &AppHandle, doubt: u32, review: u32) {
    let tray = &app.state::<Shell>().tray;
    let before = std::mem::replace(&mut *tray.counts.lock().unwrap_or_else(PoisonError::into_inner), (doubt, review));
    if before != (doubt, review) {
        reword(app);
    }
}

/// Says the same in the words that are in use now.
pub fn reword(app: &AppHandle) {
    let shell = app.state::<Shell>();
    // Changing them waits for the main thread, which may be waiting for this lock: it is let go first.
    let shown = shell.tray.shown.lock().unwrap_or_else(PoisonError::into_inner).clone();
    let Some(Shown { icon, standing, open, quit }) = shown else { return };
    let said = shell.words.now();
    let (doubt, review) = shell.tray.counts();
    let text = words::standing(app, doubt, review);
    label(&icon, doubt, &text);
    for outcome in [standing.set_text(text), open.set_text(said.open), quit.set_text(said.quit)] {
        if let Err(error) = outcome {
            tracing::warn!(%error, "the tray's menu could not be changed");
        }
    }
}

/// The library that draws the icon is loaded when it is first needed, and a missing one would end the program.
#[cfg(target_os = "linux")]
fn has_library() -> bool {
    const NAMES: [&str; 2] = ["libayatana-appindicator3.so.1", "libappindicator3.so.1"];
    let own = format!("/usr/lib/{}-linux-gnu", std::env::consts::ARCH);
    let folders = [own.as_str(), "/usr/lib64", "/usr/lib", "/lib64", "/lib", "/usr/local/lib"];
    folders.iter().any(|folder| NAMES.iter().any(|name| Path::new(folder).join(name).exists()))
}

#[cfg(not(target_os = "linux"))]
fn has_library() -> bool {
    true
}

/// Whether some program shows the icons that others register.
#[cfg(target_os = "linux")]
async fn has_host() -> bool {
    const WATCHER: &str = "org.kde.StatusNotifierWatcher";
    let asked = async {
        let bus = zbus::Connection::session().await?;
        let watcher = zbus::proxy::Builder::<zbus::Proxy<'_>>::new(&bus);
        let watcher = watcher.destination(WATCHER)?.path("/StatusNotifierWatcher")?.interface(WATCHER)?;
        let watcher = watcher.cache_properties(zbus::proxy::CacheProperties::No).build().await?;
        watcher.get_property::<bool>("IsStatusNotifierHostRegistered").await
    };
    asked.await.unwrap_or(false)
}

#[cfg(not(target_os = "linux"))]
async fn has_host() -> bool {
    true
}
