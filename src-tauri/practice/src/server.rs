//! The only sockets: carries requests from loopback to the world and its outcomes back, lost answers included.
//!
//! A request that has come in whole is carried out even if its client has left by then. "Dropped" closes the
//! connection without one byte of an answer.

use std::{
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll},
    time::Duration,
};

use bytes::Bytes;
use http_body_util::{BodyExt as _, Limited};
use hyper::{body::Incoming, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{Notify, watch},
    task::JoinSet,
};

use crate::{
    chance, control, door,
    error::PracticeError,
    truth::TruthFile,
    wire::{Reply, Request},
    world::{Delivery, Outcome, World},
};

const BODY_MAX: usize = 1 << 20;

/// The world and its file, shared by all connections.
#[derive(Debug)]
pub(crate) struct Shared {
    inner: Mutex<Inner>,
    released: Notify,
    /// For how long nobody is to be connected, in milliseconds.
    gone: watch::Sender<u32>,
}

#[derive(Debug)]
struct Inner {
    world: World,
    /// None once this has been stopped or the file could not be written: nothing more happens here then.
    file: Option<TruthFile>,
}

impl Shared {
    pub fn new(world: World, file: TruthFile) -> Self {
        Self {
            inner: Mutex::new(Inner { world, file: Some(file) }),
            released: Notify::new(),
            gone: watch::Sender::new(0),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets something happen in the world and writes it down before anybody hears of it.
    pub fn with<T>(&self, act: impl FnOnce(&mut World, i64) -> T) -> Result<T, PracticeError> {
        let mut inner = self.lock();
        let Inner { world, file } = &mut *inner;
        let Some(open) = file else { return Err(PracticeError::Refused("it has been stopped".into())) };
        let done = act(world, chance::wall_ms());
        let fresh = world.take_fresh();
        if let Err(error) = open.append(&fresh) {
            *file = None;
            tracing::error!(%error, "the ground truth could not be written; the practice platforms stand still");
            return Err(error);
        }
        Ok(done)
    }

    /// Lets every held answer go.
    pub fn release(&self) -> Result<usize, PracticeError> {
        let count = self.with(|world, _| world.release());
        self.released.notify_waiters();
        count
    }

    /// Nothing more happens, and the truth file is free, though connections may take a moment to go.
    pub fn close(&self) {
        self.lock().file = None;
    }

    fn carry_out(&self, request: &Request) -> Outcome {
        self.with(|world, wall| world.request(request, wall))
            .unwrap_or(Outcome { delivery: Delivery::Dropped, server_time: 0 })
    }

    fn control(&self, request: &Request) -> Result<Reply, Dropped> {
        let reply = self.with(|world, wall| control::answer(world, request, wall)).map_err(|_| Dropped);
        self.released.notify_waiters();
        reply
    }

    /// Waits until an answer is no longer held. When the wait is given up, the client has left.
    async fn released(self: &Arc<Self>, ticket: u64) {
        let left = Left { shared: Arc::clone(self), ticket };
        loop {
            let released = self.released.notified();
            if !left.shared.lock().world.is_held(ticket) {
                return;
            }
            released.await;
        }
    }
}

/// Forgets a held answer when its connection is gone.
struct Left {
    shared: Arc<Shared>,
    ticket: u64,
}

impl Drop for Left {
    fn drop(&mut self) {
        self.shared.lock().world.forget(self.ticket);
    }
}

/// The connection is to be closed without another byte.
#[derive(Debug, thiserror::Error)]
#[error("the connection is closed on purpose")]
struct Dropped;

/// A body that arrives whole, or breaks off.
struct Body {
    next: Option<Bytes>,
    /// After `next`, or without any of it.
    breaks_off: bool,
    paused: bool,
}

impl http_body::Body for Body {
    type Data = Bytes;
    type Error = Dropped;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<http_body::Frame<Bytes>, Dropped>>> {
        if let Some(bytes) = self.next.take() {
            return Poll::Ready(Some(Ok(http_body::Frame::data(bytes))));
        }
        if !self.breaks_off {
            return Poll::Ready(None);
        }
        // One pause, so that what was given so far really leaves.
        if !self.paused {
            self.paused = true;
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        Poll::Ready(Some(Err(Dropped)))
    }

    fn size_hint(&self) -> http_body::SizeHint {
        match &self.next {
            Some(bytes) if !self.breaks_off => http_body::SizeHint::with_exact(bytes.len() as u64),
            None | Some(_) => http_body::SizeHint::default(),
        }
    }
}

/// Serves until `stop` changes.
pub(crate) async fn run(listener: TcpListener, shared: Arc<Shared>, mut stop: watch::Receiver<bool>) {
    let (mut connections, mut gone) = (JoinSet::new(), shared.gone.subscribe());
    loop {
        tokio::select! {
            _ = stop.changed() => return,
            Ok(()) = gone.changed() => {
                // Requests that are being carried out go on: they are tasks of their own.
                connections.abort_all();
                let length = Duration::from_millis(u64::from(*gone.borrow_and_update()));
                let away = async {
                    match door::shut(&listener).await {
                        Ok(_shut) => tokio::time::sleep(length).await,
                        Err(error) => tracing::error!(%error, "the address could not be made unreachable"),
                    }
                };
                tokio::select! {
                    _ = stop.changed() => return,
                    () = away => {}
                }
            }
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    connections.spawn(converse(stream, Arc::clone(&shared)));
                }
                Err(error) => {
                    tracing::warn!(%error, "a connection could not be accepted");
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
            },
            Some(_) = connections.join_next() => {}
        }
    }
}

async fn converse(stream: TcpStream, shared: Arc<Shared>) {
    let _ = stream.set_nodelay(true);
    let service = service_fn(move |request| respond(request, Arc::clone(&shared)));
    let mut http = hyper::server::conn::http1::Builder::new();
    // An error here is a client that left or a connection closed on purpose: both are everyday life.
    let _ = http.timer(TokioTimer::new()).serve_connection(TokioIo::new(stream), service).await;
}

async fn respond(request: hyper::Request<Incoming>, shared: Arc<Shared>) -> Result<hyper::Response<Body>, Dropped> {
    let Ok(request) = receive(request).await? else {
        return Ok(whole(&Reply::html(413, "413 Content Too Large"), chance::wall_ms()));
    };
    if request.path.starts_with(control::PREFIX) {
        return shared.control(&request).map(|reply| whole(&reply, chance::wall_ms()));
    }
    let latency = shared.lock().world.latency(&request);
    let outcome = if latency == 0 {
        shared.carry_out(&request)
    } else {
        let before = Duration::from_millis(u64::from(latency / 2));
        let shared = Arc::clone(&shared);
        // A task of its own goes on when the client leaves.
        let work = tokio::spawn(async move {
            tokio::time::sleep(before).await;
            shared.carry_out(&request)
        });
        let outcome = work.await.map_err(|_| Dropped)?;
        tokio::time::sleep(Duration::from_millis(u64::from(latency - latency / 2))).await;
        outcome
    };
    match outcome.delivery {
        Delivery::Answer { reply, after_ms } => {
            if after_ms > 0 {
                tokio::time::sleep(Duration::from_millis(u64::from(after_ms))).await;
            }
            Ok(whole(&reply, outcome.server_time + i64::from(after_ms)))
        }
        Delivery::Dropped => Err(Dropped),
        Delivery::Unreachable { ms } => {
            shared.gone.send_replace(ms);
            Err(Dropped)
        }
        Delivery::HeadOnly(reply) => Ok(broken(&reply, 0, outcome.server_time)),
        Delivery::Truncated(reply) => Ok(broken(&reply, reply.body.len() / 2, outcome.server_time)),
        Delivery::Held { reply, ticket } => {
            shared.released(ticket).await;
            Ok(whole(&reply, outcome.server_time))
        }
    }
}

/// The request with its whole body; the inner error is a body too large.
async fn receive(request: hyper::Request<Incoming>) -> Result<Result<Request, ()>, Dropped> {
    let (head, body) = request.into_parts();
    let text = |value: &http::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    let received = match Limited::new(body, BODY_MAX).collect().await {
        Ok(received) => received.to_bytes(),
        Err(error) if error.is::<http_body_util::LengthLimitError>() => return Ok(Err(())),
        Err(_) => return Err(Dropped),
    };
    Ok(Ok(Request {
        method: head.method.as_str().to_owned(),
        path: head.uri.path().to_owned(),
        query: head.uri.query().unwrap_or_default().to_owned(),
        headers: head.headers.iter().map(|(name, value)| (name.as_str().to_owned(), text(value))).collect(),
        body: received,
    }))
}

fn whole(reply: &Reply, time: i64) -> hyper::Response<Body> {
    head(reply, time, Body { next: Some(reply.body.clone()), breaks_off: false, paused: false })
}

/// An answer that breaks off after so many bytes of its body.
fn broken(reply: &Reply, after: usize, time: i64) -> hyper::Response<Body> {
    let next = (after > 0).then(|| reply.body.slice(..after));
    let mut response = head(reply, time, Body { next, breaks_off: true, paused: false });
    response.headers_mut().insert(http::header::CONTENT_LENGTH, reply.body.len().into());
    response
}

fn head(reply: &Reply, time: i64, body: Body) -> hyper::Response<Body> {
    let mut response = hyper::Response::new(body);
    *response.status_mut() =
        http::StatusCode::from_u16(reply.status).unwrap_or(http::StatusCode::INTERNAL_SERVER_ERROR);
    let time = std::time::UNIX_EPOCH + Duration::from_millis(u64::try_from(time).unwrap_or(0));
    let date = ("date".to_owned(), httpdate::fmt_http_date(time));
    for (name, value) in reply.headers.iter().chain([&date]) {
        let named: Result<http::HeaderName, _> = name.parse();
        if let (Ok(name), Ok(value)) = (named, value.parse()) {
            response.headers_mut().insert(name, value);
        }
    }
    response
}
