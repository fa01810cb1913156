//! Waiting for something that the core does, in turn with all else that it does.
//!
//! A runtime looks at whoever blocks on it as soon as it is woken; and SQLite's threads wake at any moment. So whoever waits
//! here is woken by a task, which comes when it is that task's turn. Not here: waiting until nothing moves (`quiet`).

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Wake, Waker};

use tokio::runtime::Runtime;
use tokio::sync::Notify;

#[derive(Default)]
struct Relay {
    /// Told from any thread.
    told: Notify,
    /// Whether the future is to be looked at.
    due: AtomicBool,
    waiting: Mutex<Option<Waker>>,
}

impl Wake for Relay {
    fn wake(self: Arc<Self>) {
        self.told.notify_one();
    }
}

impl Relay {
    async fn carry(&self) {
        loop {
            self.told.notified().await;
            self.due.store(true, Ordering::SeqCst);
            let waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner).take();
            if let Some(waiting) = waiting {
                waiting.wake();
            }
        }
    }
}

/// Runs a future to its end on a runtime of one thread.
pub fn block_on<F: Future>(runtime: &Runtime, future: F) -> F::Output {
    let relay = Arc::new(Relay { due: AtomicBool::new(true), ..Relay::default() });
    let carried = relay.clone();
    let carrier = runtime.spawn(async move { carried.carry().await });
    let waker = Waker::from(relay.clone());
    let mut future = pin!(future);
    let done = runtime.block_on(poll_fn(|context| {
        *relay.waiting.lock().unwrap_or_else(PoisonError::into_inner) = Some(context.waker().clone());
        if relay.due.swap(false, Ordering::SeqCst) {
            future.as_mut().poll(&mut Context::from_waker(&waker))
        } else {
            Poll::Pending
        }
    }));
    carrier.abort();
    done
}
