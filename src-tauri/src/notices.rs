//! Notices of the system for what needs a person. Nothing is shown to somebody who is looking at the window, nor where the
//! person has switched them off.
//!
//! Not here: what needs a person (`attention`).

use std::time::Duration;

use docket_core::api::views::LogQuery;
use docket_core::api::{ApiError, Core};
use docket_core::domain::Seq;
use tauri::{AppHandle, Manager};
use tauri_plugin_notification::NotificationExt;

use crate::attention::{Attention, KINDS, Notice};
use crate::preferences::{self, Kept};
use crate::shell::Shell;
use crate::tray;
use crate::words::{ShellWords, filled};

/// What comes within this time is told together.
const GATHER: Duration = Duration::from_secs(1);
/// Entries read at once.
const PAGE: u32 = 1_000;

/// Follows the log from an entry on, until the core is gone.
pub async fn follow(app: AppHandle, core: Core, from: Seq) {
    let mut changes = core.changes();
    let mut attention = Attention::after(from);
    loop {
        changes.mark_unchanged();
        if let Err(error) = read_on(&app, &core, &mut attention).await {
            tracing::warn!(%error, "the log could not be read for notices");
        }
        if changes.changed().await.is_err() {
            return;
        }
        tokio::time::sleep(GATHER).await;
    }
}

async fn read_on(app: &AppHandle, core: &Core, attention: &mut Attention) -> Result<(), ApiError> {
    loop {
        let query =
            LogQuery { after: Some(attention.seen()), kinds: KINDS.to_vec(), limit: PAGE, ..LogQuery::default() };
        // Before the entries: what ends between the two is open here, and a batch is never over before its last entry.
        let counts = core.counts(None).await?;
        let entries = core.log(query).await?;
        tray::show(app, counts.in_doubt, counts.needs_review);
        let last = entries.len() < PAGE as usize;
        let open = if last { counts.queued + counts.sending + counts.in_doubt } else { u32::MAX };
        attention.read(&entries, open).iter().for_each(|notice| show(app, notice));
        if last {
            return Ok(());
        }
    }
}

fn show(app: &AppHandle, notice: &Notice) {
    let shell = app.state::<Shell>();
    let looking = app.get_webview_window("main").is_some_and(|window| window.is_focused().unwrap_or(false));
    if !wanted(looking, &preferences::read(&shell.paths)) {
        return;
    }
    let shown = app.notification().builder().title("Docket").body(sentence(notice, &shell.words.now())).show();
    if let Err(error) = shown {
        tracing::warn!(%error, "a notice could not be shown");
    }
}

/// Whoever looks at the window sees it there.
fn wanted(looking: bool, kept: &Kept) -> bool {
    kept.notifications && !looking
}

fn sentence(notice: &Notice, words: &ShellWords) -> String {
    match notice {
        Notice::Review { orders } => match orders.as_slice() {
            [order] => filled(&words.review_one, &[("order", order)]),
            orders => filled(&words.review_many, &[("count", &orders.len().to_string())]),
        },
        Notice::Refused { refused, of } => {
            filled(&words.refused, &[("refused", &refused.to_string()), ("of", &of.to_string())])
        }
        Notice::Paused { account } => filled(&words.paused, &[("account", account)]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_shown_to_who_looks_or_has_switched_it_off() {
        let (on, off) = (Kept { notifications: true }, Kept { notifications: false });
        let shown =
            [(false, &on), (true, &on), (false, &off), (true, &off)].map(|(looking, kept)| wanted(looking, kept));
        assert_eq!(shown, [true, false, false, false]);
    }

    #[test]
    fn a_notice_names_what_it_is_about() {
        let words = ShellWords::default();
        let review = |orders: &[&str]| Notice::Review { orders: orders.iter().map(|no| (*no).to_owned()).collect() };
        assert_eq!(sentence(&review(&["SO-1"]), &words), "Order SO-1 waits for your decision");
        assert_eq!(sentence(&review(&["SO-1", "SO-2"]), &words), "Orders that wait for your decision: 2");
        assert_eq!(sentence(&Notice::Refused { refused: 4, of: 200 }, &words), "4 of 200 orders were refused");
        let paused = sentence(&Notice::Paused { account: "main".into() }, &words);
        assert_eq!(paused, "Account main is paused; nothing is sent for it");
    }
}
