//! A ledger that does not know all of its own past: restored from a backup, copied to a second machine, or lying where
//! others may replace it. Nothing is sent before the platforms were asked, nothing is sent twice, and nobody is shut out
//! without need.

#[path = "past/copied.rs"]
mod copied;
#[path = "past/false_alarms.rs"]
mod false_alarms;
#[path = "past/restored.rs"]
mod restored;
#[path = "past/yesterday.rs"]
mod yesterday;
