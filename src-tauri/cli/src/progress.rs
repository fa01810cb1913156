//! Progress on stderr, on a terminal only, for what takes long. Not here: results.

use std::io::IsTerminal as _;
use std::time::Duration;

use docket_core::api::Core;
use docket_core::api::views::Counts;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// How often the numbers are read again.
const LOOK_EVERY: Duration = Duration::from_millis(250);

/// Awaits `work` and shows meanwhile how many orders stand where, in the words of `tell`.
pub async fn beside<T>(core: &Core, tell: impl Fn(&Counts) -> String, work: impl Future<Output = T>) -> T {
    telling(async || core.counts(None).await.ok().map(|counts| tell(&counts)), work).await
}

/// Awaits `work` and shows meanwhile what `look` says of it.
pub async fn telling<T>(look: impl AsyncFn() -> Option<String>, work: impl Future<Output = T>) -> T {
    if !std::io::stderr().is_terminal() {
        return work.await;
    }
    let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
    if let Ok(style) = ProgressStyle::with_template("{spinner} {elapsed} {msg}") {
        bar.set_style(style);
    }
    let mut work = std::pin::pin!(work);
    let mut ticks = tokio::time::interval(LOOK_EVERY);
    loop {
        tokio::select! {
            outcome = &mut work => {
                bar.finish_and_clear();
                return outcome;
            }
            _ = ticks.tick() => {
                // What cannot be read now is read at the next look.
                if let Some(message) = look().await {
                    bar.set_message(message);
                }
                bar.tick();
            }
        }
    }
}

/// The numbers that matter while orders are worked on.
pub fn work(counts: &Counts) -> String {
    format!(
        "{} dispatched, {} queued, {} sending, {} in doubt, {} for review, {} refused",
        counts.dispatched, counts.queued, counts.sending, counts.in_doubt, counts.needs_review, counts.refused
    )
}

/// The number that matters while orders come in.
pub fn orders(counts: &Counts) -> String {
    format!("{} orders in the ledger", counts.all)
}
