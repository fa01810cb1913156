//! The address's door: while it is shut, whoever connects meets silence, as on a network that loses every packet.
//!
//! A listener whose queue is full drops what asks for a connection, and its client goes on asking until its own time to
//! connect is up: no refusal, no reset, and no byte of a request leaves. So the queue is made as short as it can be and
//! filled by ourselves. This is how Linux does it; elsewhere a full queue may refuse.

use std::time::Duration;

use socket2::SockRef;
use tokio::net::{TcpListener, TcpStream};

/// How many connections may wait to be accepted while the door is open.
const OPEN: i32 = 1024;
/// A connection over loopback that has not come about by then does not come about.
const AT_ONCE: Duration = Duration::from_millis(50);
/// A queue of no length holds one connection; one that holds more than this cannot be filled.
const MOST: usize = 16;

/// A door that is shut. Dropping this opens it.
pub(crate) struct Shut<'a> {
    listener: &'a TcpListener,
    /// They wait in the queue, so that nobody else can.
    _waiting: Vec<TcpStream>,
}

/// Shuts the door: returns when nobody is connected any more.
///
/// # Errors
/// When the listener's queue cannot be shortened or filled.
pub(crate) async fn shut(listener: &TcpListener) -> std::io::Result<Shut<'_>> {
    let address = listener.local_addr()?;
    SockRef::from(listener).listen(0)?;
    let mut waiting = Vec::new();
    while let Ok(connected) = tokio::time::timeout(AT_ONCE, TcpStream::connect(address)).await {
        waiting.push(connected?);
        if waiting.len() > MOST {
            return Err(std::io::Error::other("the queue of connections has no end"));
        }
    }
    Ok(Shut { listener, _waiting: waiting })
}

impl Drop for Shut<'_> {
    fn drop(&mut self) {
        if let Err(error) = SockRef::from(self.listener).listen(OPEN) {
            tracing::error!(%error, "the practice platforms cannot be reached any more");
        }
    }
}
