//! SIGINT and SIGTERM: heard once, told to whoever waits, and bounded in time.

use std::io;
use std::time::Duration;

use tokio::sync::watch;

use crate::exit::Status;

/// Longer than this after a signal the program does not live.
const DEADLINE: Duration = Duration::from_millis(1_850);

/// Knows whether a signal has asked the program to end.
#[derive(Clone, Debug)]
pub struct Stop(watch::Receiver<bool>);

impl Stop {
    /// Begins to listen, on the current runtime.
    pub fn listen() -> io::Result<Stop> {
        let mut signals = Signals::new()?;
        let (told, hears) = watch::channel(false);
        tokio::spawn(async move {
            signals.next().await;
            let _ = told.send(true);
            tokio::time::sleep(DEADLINE).await;
            // Whatever was on its way is in the ledger as in doubt, and the next start finds it there.
            std::process::exit(Status::Open as i32);
        });
        Ok(Stop(hears))
    }

    /// Returns when a signal has come.
    pub async fn asked(&self) {
        if self.0.clone().wait_for(|asked| *asked).await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

#[cfg(unix)]
struct Signals(tokio::signal::unix::Signal, tokio::signal::unix::Signal);

#[cfg(unix)]
impl Signals {
    fn new() -> io::Result<Signals> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Signals(signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?))
    }

    async fn next(&mut self) {
        tokio::select! { _ = self.0.recv() => {}, _ = self.1.recv() => {} }
    }
}

#[cfg(not(unix))]
struct Signals;

#[cfg(not(unix))]
impl Signals {
    #[expect(clippy::unnecessary_wraps, reason = "the same face as on other systems")]
    fn new() -> io::Result<Signals> {
        Ok(Signals)
    }

    async fn next(&mut self) {
        let _ = tokio::signal::ctrl_c().await;
    }
}
