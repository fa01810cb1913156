//! The create request's body, and the gate in front of it.
//!
//! HTTP/1.1 puts nothing on the wire before the body was asked for its first bytes, so this is the last instant at which
//! a request can be held back, and the first after which it may have left.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};

use crate::clock::Clock;
use crate::crash::{self, Point};

const UNTRIED: u8 = 0;
const PASSED: u8 = 1;
const TOO_LATE: u8 = 2;
const CLOSED: u8 = 3;

/// Lets one body through, once, until its deadline or until it is closed.
pub(super) struct Gate {
    state: AtomicU8,
    clock: Arc<dyn Clock>,
    send_before_boot_ms: i64,
}

/// Whether the body got through.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Passed {
    /// It was asked for its bytes in time: the request may have left.
    Yes,
    /// It was asked too late and gave nothing.
    TooLate,
    /// It was never asked, and cannot be any more.
    Never,
}

/// The gate's refusal, which makes the HTTP library abort the request.
#[derive(Debug, thiserror::Error)]
#[error("the request was held back")]
pub(super) struct HeldBack;

impl Gate {
    pub(super) fn new(clock: Arc<dyn Clock>, send_before_boot_ms: i64) -> Arc<Gate> {
        Arc::new(Gate { state: AtomicU8::new(UNTRIED), clock, send_before_boot_ms })
    }

    fn pass(&self) -> Result<(), HeldBack> {
        let late = self.clock.now().boot_ms > self.send_before_boot_ms;
        let next = if late { TOO_LATE } else { PASSED };
        match self.state.compare_exchange(UNTRIED, next, Ordering::SeqCst, Ordering::SeqCst) {
            Ok(_) if !late => Ok(()),
            _ => Err(HeldBack),
        }
    }

    /// Closes the gate and says whether the body was through already. The connection's task may still run on another
    /// thread after a timeout; this settles which of the two came first.
    pub(super) fn close(&self) -> Passed {
        match self.state.compare_exchange(UNTRIED, CLOSED, Ordering::SeqCst, Ordering::SeqCst) {
            Ok(_) | Err(CLOSED) => Passed::Never,
            Err(TOO_LATE) => Passed::TooLate,
            Err(_) => Passed::Yes,
        }
    }
}

/// A body of known length behind a gate.
pub(super) struct GatedBody {
    gate: Arc<Gate>,
    bytes: Option<Bytes>,
    length: u64,
}

impl GatedBody {
    pub(super) fn new(gate: Arc<Gate>, bytes: Vec<u8>) -> GatedBody {
        let length = bytes.len() as u64;
        GatedBody { gate, bytes: Some(bytes.into()), length }
    }
}

impl Body for GatedBody {
    type Data = Bytes;
    type Error = HeldBack;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        let Some(bytes) = self.bytes.take() else { return Poll::Ready(None) };
        crash::point(Point::Sending);
        Poll::Ready(Some(self.gate.pass().map(|()| Frame::data(bytes))))
    }

    fn is_end_stream(&self) -> bool {
        self.bytes.is_none()
    }

    /// Exact, so that a `Content-Length` is sent and never chunks.
    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(if self.bytes.is_some() { self.length } else { 0 })
    }
}
