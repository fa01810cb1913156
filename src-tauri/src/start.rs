//! The start: the practice platforms, then the ledger with its recovery, then, once, the practice accounts.

use docket_core::api::{ApiError, Core, CoreOptions, ErrorCode};
use docket_core::domain::Seq;
use docket_practice::{Endpoint, PracticeOptions};
use tauri::{AppHandle, Manager};

use crate::shell::{OpeningStep, Shell, Startup};
use crate::{changes, first_start, notices, tray};

/// Opens everything and says how far it has come. Nothing is served to the page before it is done.
pub async fn open(app: AppHandle) {
    let shell = app.state::<Shell>();
    let reached = match open_ledger(&app, &shell).await {
        Ok(ready) => ready,
        Err(error) => {
            tracing::error!(%error, "the ledger could not be opened");
            Startup::Failed { ledger: shell.paths.ledger().display().to_string(), error }
        }
    };
    shell.reached(reached);
}

async fn open_ledger(app: &AppHandle, shell: &Shell) -> Result<Startup, ApiError> {
    let paths = &shell.paths;
    std::fs::create_dir_all(paths.practice()).map_err(|error| ApiError {
        code: ErrorCode::Ledger,
        message: format!("{}: {error}. Docket keeps its ledger there; give it the right to.", paths.data().display()),
    })?;
    let practice_error = serve_practice(shell).await;
    shell.reached(Startup::Opening { step: OpeningStep::Ledger });
    let options = CoreOptions {
        ledger: paths.ledger(),
        secrets_file: None,
        station: paths.station(),
        program: "the Docket window",
        follow: true,
    };
    let core = Core::open(options).await?;
    // What happens from here on is told, also while the samples are set up.
    let opened_at = Seq(*core.changes().borrow());
    let counts = core.counts(None).await?;
    let first = if practice_error.is_none() && !paths.set_up_mark().exists() {
        shell.reached(Startup::Opening { step: OpeningStep::Samples });
        let endpoints = set_switches(shell).await;
        first_start::set_up(&core, paths, &endpoints).await?
    } else {
        false
    };
    tauri::async_runtime::spawn(changes::tell(app.clone(), core.changes()));
    tauri::async_runtime::spawn(notices::follow(app.clone(), core.clone(), opened_at));
    tray::show(app, counts.in_doubt, counts.needs_review);
    shell.set_core(core);
    Ok(Startup::Ready {
        ledger: paths.ledger().display().to_string(),
        first,
        secrets_file: paths.secrets().display().to_string(),
        open_at_start: counts.queued + counts.sending + counts.in_doubt,
        practice_error,
    })
}

/// Brings the practice platforms into their first positions; how each is reached.
async fn set_switches(shell: &Shell) -> Vec<Endpoint> {
    let practice = shell.practice().lock().await;
    let Some(served) = practice.as_ref() else { return Vec::new() };
    let endpoints = served.endpoints();
    for Endpoint { platform, .. } in &endpoints {
        if let Err(error) = served.set_switches(*platform, first_start::switches(*platform)) {
            tracing::warn!(%platform, %error, "its switches could not be set");
        }
    }
    endpoints
}

/// Serves the practice platforms. Why they are not served is told, and is no reason to keep the ledger closed.
async fn serve_practice(shell: &Shell) -> Option<String> {
    // A start that is tried again finds them served.
    if shell.practice().lock().await.is_some() {
        return None;
    }
    let options = PracticeOptions { truth: shell.paths.truth(), port: None, platforms: Vec::new(), plan: None };
    match docket_practice::serve(options).await {
        Ok(served) => {
            *shell.practice().lock().await = Some(served);
            None
        }
        Err(error) => {
            tracing::warn!(%error, "no practice platforms");
            Some(error.to_string())
        }
    }
}
