//! The practice platforms as the page steers them.

use docket_core::api::{ApiError, ErrorCode};
use docket_practice::{
    OneShot, PracticeError, PracticePlatform, PracticeState, Served, StrangerOrder, Switches, TruthOrder,
};
use tauri::State;

use crate::first_start;
use crate::shell::{Shell, Startup};

type Answer<T> = Result<T, ApiError>;

fn refused(error: &PracticeError) -> ApiError {
    ApiError { code: ErrorCode::NotAllowed, message: error.to_string() }
}

/// Does something with the practice platforms, or says why there are none.
async fn with<T>(shell: &Shell, act: impl FnOnce(&Served) -> Result<T, PracticeError>) -> Answer<T> {
    match shell.practice().lock().await.as_ref() {
        Some(served) => act(served).map_err(|error| refused(&error)),
        None => Err(ApiError {
            code: ErrorCode::NotFound,
            message: match shell.startup() {
                Startup::Ready { practice_error: Some(why), .. } => why,
                Startup::Ready { .. } | Startup::Opening { .. } | Startup::Failed { .. } => {
                    "The practice platforms are not served now.".to_owned()
                }
            },
        }),
    }
}

/// Switches, queued faults, counters and held answers.
#[tauri::command]
#[specta::specta]
pub async fn practice_state(shell: State<'_, Shell>) -> Answer<PracticeState> {
    with(&shell, Served::state).await
}

/// Every order that exists at the practice platforms.
#[tauri::command]
#[specta::specta]
pub async fn practice_truth(shell: State<'_, Shell>) -> Answer<Vec<TruthOrder>> {
    with(&shell, Served::truth).await
}

/// Sets a platform's switches.
#[tauri::command]
#[specta::specta]
pub async fn practice_set_switches(
    shell: State<'_, Shell>,
    platform: PracticePlatform,
    switches: Switches,
) -> Answer<()> {
    with(&shell, |served| served.set_switches(platform, switches)).await
}

/// The switches that a platform starts with in this app.
#[tauri::command]
#[specta::specta]
pub fn practice_first_switches(platform: PracticePlatform) -> Switches {
    first_start::switches(platform)
}

/// Queues a fault for the next requests it fits.
#[tauri::command]
#[specta::specta]
pub async fn practice_queue_fault(shell: State<'_, Shell>, fault: OneShot) -> Answer<()> {
    with(&shell, |served| served.queue_fault(fault)).await
}

/// Empties the queue of faults.
#[tauri::command]
#[specta::specta]
pub async fn practice_clear_faults(shell: State<'_, Shell>) -> Answer<()> {
    with(&shell, Served::clear_faults).await
}

/// A stranger orders the same as the newest order; the id of the stranger's order.
#[tauri::command]
#[specta::specta]
pub async fn practice_stranger(shell: State<'_, Shell>, platform: PracticePlatform) -> Answer<String> {
    with(&shell, |served| served.place_stranger(&StrangerOrder::copy_of_newest(platform))).await
}

/// Lets held answers go; how many there were.
#[tauri::command]
#[specta::specta]
pub async fn practice_release(shell: State<'_, Shell>) -> Answer<u32> {
    with(&shell, |served| Ok(u32::try_from(served.release()?).unwrap_or(u32::MAX))).await
}
