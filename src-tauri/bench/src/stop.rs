//! Ctrl-C and SIGTERM: whatever waits gives up, and what was started is ended on the way out.

use std::sync::atomic::{AtomicBool, Ordering};

static ASKED: AtomicBool = AtomicBool::new(false);

/// Listens for the signals from now on, in a thread of its own.
pub fn on_signals() {
    std::thread::spawn(|| {
        let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_all().build() else { return };
        runtime.block_on(async {
            use tokio::signal::unix::{SignalKind, signal};
            let Ok(mut terminate) = signal(SignalKind::terminate()) else { return };
            tokio::select! {
                _ = tokio::signal::ctrl_c() => {}
                _ = terminate.recv() => {}
            }
            ASKED.store(true, Ordering::SeqCst);
        });
    });
}

/// Whether somebody asked for the end.
pub fn asked() -> bool {
    ASKED.load(Ordering::SeqCst)
}

/// An error where somebody did.
pub fn check() -> Result<(), String> {
    if asked() { Err("stopped".into()) } else { Ok(()) }
}
