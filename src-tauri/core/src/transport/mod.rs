//! The only HTTP, and the only place where a request is authorised.
//!
//! A create goes out on a fresh connection, once, and only before its deadline; what came of it is one of three
//! things: a complete answer, proof that nothing left, or neither. Not here: what an answer means (`adapters`), when to
//! send (`driver`), or the ticket that allows a create (`ledger`).

mod body;
mod clients;
mod target;
#[cfg(test)]
mod tests;
mod token;
#[cfg(test)]
mod token_tests;
mod wire;

use std::sync::Arc;
use std::time::Duration;

use crate::clock::Clock;
use crate::domain::Stamp;
use crate::domain::http::{HttpRequest, HttpResponse};
use crate::ledger::{Armed, Repeat};

use body::{Gate, GatedBody};
use clients::{Clients, Use};
pub use target::Target;
use token::{Authorisation, NoToken, Tokens};
use wire::Line;
pub use wire::{Departed, Pending, Wire};

/// A create's answer may be this long; a longer one is `Lost`.
const CREATE_ANSWER_MAX: usize = 1024 * 1024;
/// An answer to anything else may be this long: lists come in pages, the longest of 1,600 rows. Several accounts may be
/// read at once, and each answer is held in memory.
const READ_ANSWER_MAX: usize = 4 * 1024 * 1024;
/// A token server's answer may be this long.
const TOKEN_ANSWER_MAX: usize = 64 * 1024;

/// One create request that may leave now.
#[derive(Debug)]
struct CreateCall {
    target: Target,
    request: HttpRequest,
    send_before_boot_ms: i64,
    timeout_ms: i64,
    connect_timeout_ms: i64,
}

/// Any request that is not a create: a lookup, a get, a cancel.
#[derive(Debug)]
pub struct ReadCall {
    /// Whom, and as whom.
    pub target: Target,
    /// What.
    pub request: HttpRequest,
    /// How long it may take in all.
    pub timeout_ms: i64,
    /// How long connecting may take.
    pub connect_timeout_ms: i64,
}

/// What happened on the wire.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Exchange {
    /// A complete answer came.
    Answered(HttpResponse),
    /// No byte of the request left.
    NotSent {
        /// Such as `connection refused`.
        why: String,
    },
    /// The token server refused the credential, so no byte of the request left.
    NoToken {
        /// The token server's code.
        code: String,
    },
    /// The token server is asked too often (429), so no byte of the request left.
    Limited {
        /// When to come back, in milliseconds from the answer, where it says so.
        retry_after_ms: Option<i64>,
    },
    /// The request may have left and no complete answer came.
    Lost {
        /// Such as `timeout`.
        why: String,
    },
}

/// One exchange with its times.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SendReport {
    /// What happened.
    pub observed: Exchange,
    /// Before anything was tried.
    pub began: Stamp,
    /// When it was over for us.
    pub ended: Stamp,
    /// The answer's `Date`, in milliseconds since the epoch; a second is its resolution.
    pub date_ms: Option<i64>,
    /// The answer is a 401 to an access token that may have run out: with a fresh one it may be another.
    pub token_expired: bool,
}

impl SendReport {
    /// The report of a request that Docket gave up by itself.
    pub(crate) fn given_up(observed: Exchange, began: Stamp, ended: Stamp) -> SendReport {
        SendReport { observed, began, ended, date_ms: None, token_expired: false }
    }
}

/// A read's report has the same parts.
pub type ReadReport = SendReport;

/// Sends requests. Cheap to clone; its clients are shared.
#[derive(Clone)]
pub struct Transport {
    clock: Arc<dyn Clock>,
    clients: Arc<Clients>,
    tokens: Arc<Tokens>,
}

impl std::fmt::Debug for Transport {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Transport").finish_non_exhaustive()
    }
}

impl Transport {
    /// Installs the TLS provider, once for the process, and opens no connection.
    pub fn new(clock: Arc<dyn Clock>) -> Transport {
        Transport { clock, clients: Arc::new(Clients::new()), tokens: Arc::default() }
    }

    /// A transport for a simulation: whatever would leave through a socket is handed to `wire`. All else is the same, so
    /// nothing leaves here either without a ticket, after its deadline or twice.
    pub fn over(clock: Arc<dyn Clock>, wire: Arc<dyn Wire>) -> Transport {
        Transport { clock, clients: Arc::new(Clients::over(wire)), tokens: Arc::default() }
    }

    /// Sends one create request, at most once, and never past its deadline. The ledger's ticket is used up: without a
    /// commit there is none, and nothing can leave.
    pub async fn send(&self, armed: Armed, target: Target, timeout_ms: i64, connect_timeout_ms: i64) -> SendReport {
        let (request, send_before_boot_ms) = armed.into_request();
        self.carry(CreateCall { target, request, send_before_boot_ms, timeout_ms, connect_timeout_ms }).await
    }

    /// Sends a probe's deliberate repeat of a create request, at most once, and never past its deadline. Its ticket is used
    /// up in the same way: what is repeated is in the log.
    pub async fn send_repeat(
        &self,
        repeat: Repeat,
        target: Target,
        timeout_ms: i64,
        connect_timeout_ms: i64,
    ) -> SendReport {
        let (request, send_before_boot_ms) = repeat.into_request();
        self.carry(CreateCall { target, request, send_before_boot_ms, timeout_ms, connect_timeout_ms }).await
    }

    async fn carry(&self, call: CreateCall) -> SendReport {
        let began = self.clock.now();
        let gate = Gate::new(self.clock.clone(), call.send_before_boot_ms);
        let line = self.clients.get(Use::Once, &call.target, call.timeout_ms, call.connect_timeout_ms, &self.clock);
        match self.authorised(line, &call.target, call.timeout_ms).await {
            Ok((line, authorisation)) => {
                let observed = create(&call, &line, &authorisation, &gate).await;
                self.report(observed, began, &call.target, Some(&authorisation))
            }
            Err(observed) => self.report(observed, began, &call.target, None),
        }
    }

    /// Sends one request that creates nothing. A GET may use a kept connection; anything else has its own. Where an access
    /// token has run out, it is sent once more with a fresh one.
    pub async fn read(&self, call: ReadCall) -> ReadReport {
        let report = self.read_once(&call).await;
        if report.token_expired { self.read_once(&call).await } else { report }
    }

    async fn read_once(&self, call: &ReadCall) -> ReadReport {
        let began = self.clock.now();
        let kind = if call.request.method == "GET" { Use::Read } else { Use::Once };
        let line = self.clients.get(kind, &call.target, call.timeout_ms, call.connect_timeout_ms, &self.clock);
        let (line, authorisation) = match self.authorised(line, &call.target, call.timeout_ms).await {
            Ok(authorised) => authorised,
            Err(observed) => return self.report(observed, began, &call.target, None),
        };
        let observed = match call.target.prepare(&line.client, &call.request, &authorisation) {
            Err(why) => Exchange::NotSent { why },
            Ok(prepared) => {
                let prepared = prepared.timeout(millis(call.timeout_ms)).body(call.request.body.clone());
                match line.finish(prepared, READ_ANSWER_MAX).await {
                    Ok(answer) => Exchange::Answered(answer),
                    Err(failure) if failure.connecting => Exchange::NotSent { why: failure.why },
                    Err(failure) => Exchange::Lost { why: failure.why },
                }
            }
        };
        self.report(observed, began, &call.target, Some(&authorisation))
    }

    /// The line with the request's authorisation. Without one nothing leaves.
    async fn authorised(
        &self,
        line: Result<Line, String>,
        target: &Target,
        timeout_ms: i64,
    ) -> Result<(Line, Authorisation), Exchange> {
        let line = line.map_err(|why| Exchange::NotSent { why })?;
        match self.tokens.authorise(target, &line, self.clock.as_ref(), timeout_ms).await {
            Ok(authorisation) => Ok((line, authorisation)),
            Err(NoToken::Refused { code }) => Err(Exchange::NoToken { code }),
            Err(NoToken::Limited { retry_after_ms }) => Err(Exchange::Limited { retry_after_ms }),
            Err(NoToken::Failed { why }) => Err(Exchange::NotSent { why }),
        }
    }

    fn report(
        &self,
        observed: Exchange,
        began: Stamp,
        target: &Target,
        authorisation: Option<&Authorisation>,
    ) -> SendReport {
        let (status, date_ms) = match &observed {
            Exchange::Answered(answer) => (answer.status, answer.header("date").and_then(date_ms)),
            Exchange::NotSent { .. } | Exchange::NoToken { .. } | Exchange::Limited { .. } | Exchange::Lost { .. } => {
                (0, None)
            }
        };
        match &observed {
            Exchange::Answered(answer) => tracing::debug!(status = answer.status, "answered"),
            Exchange::NotSent { why } => tracing::debug!(why, "not sent"),
            Exchange::NoToken { code } => tracing::debug!(code, "no access token"),
            Exchange::Limited { retry_after_ms } => tracing::debug!(retry_after_ms, "the token server is limited"),
            Exchange::Lost { why } => tracing::debug!(why, "lost"),
        }
        let enveloped = || match &observed {
            Exchange::Answered(answer) => answer.json().is_some_and(|body| body.is_object()),
            Exchange::NotSent { .. } | Exchange::NoToken { .. } | Exchange::Limited { .. } | Exchange::Lost { .. } => {
                false
            }
        };
        let token_expired = status == 401
            && enveloped()
            && authorisation.is_some_and(|sent| self.tokens.refused(target, sent, date_ms, self.clock.as_ref()));
        SendReport { observed, began, ended: self.clock.now(), date_ms, token_expired }
    }
}

async fn create(call: &CreateCall, line: &Line, authorisation: &Authorisation, gate: &Arc<Gate>) -> Exchange {
    let prepared = match call.target.prepare(&line.client, &call.request, authorisation) {
        Ok(prepared) => prepared,
        Err(why) => return Exchange::NotSent { why },
    };
    if call.request.body.is_empty() {
        // The deadline is checked where the body begins; a create without one could slip past it.
        return Exchange::NotSent { why: "the create request has no body".into() };
    }
    let body = GatedBody::new(gate.clone(), call.request.body.clone());
    let prepared = prepared.timeout(millis(call.timeout_ms)).body(reqwest::Body::wrap(body));
    match line.finish(prepared, CREATE_ANSWER_MAX).await {
        Ok(answer) => Exchange::Answered(answer),
        Err(failure) => match gate.close() {
            body::Passed::Never => Exchange::NotSent { why: failure.why },
            body::Passed::TooLate => Exchange::NotSent { why: "deadline passed".into() },
            body::Passed::Yes => Exchange::Lost { why: failure.why },
        },
    }
}

/// What went wrong with an exchange. The words never hold a URL, a header or a body.
struct Failure {
    connecting: bool,
    why: String,
}

impl Failure {
    fn too_long(max: usize) -> Failure {
        Failure { connecting: false, why: format!("an answer longer than {max} bytes") }
    }
}

impl From<reqwest::Error> for Failure {
    fn from(error: reqwest::Error) -> Failure {
        Failure { connecting: error.is_connect(), why: words(&error) }
    }
}

fn words(error: &reqwest::Error) -> String {
    if error.is_dns() {
        return "the host name was not found".into();
    }
    let cause = io_cause(error);
    match (error.is_connect(), error.is_timeout()) {
        (true, true) => "connect timeout".into(),
        (false, true) => "timeout".into(),
        (true, false) => match cause.map(std::io::Error::kind) {
            Some(std::io::ErrorKind::ConnectionRefused) => "connection refused".into(),
            Some(std::io::ErrorKind::NetworkUnreachable | std::io::ErrorKind::HostUnreachable) => {
                "network unreachable".into()
            }
            _ => format!("cannot connect: {}", root(error)),
        },
        (false, false) => match cause.map(std::io::Error::kind) {
            Some(std::io::ErrorKind::ConnectionReset) => "connection reset".into(),
            _ => format!("connection broke off: {}", root(error)),
        },
    }
}

fn chain<'a>(error: &'a reqwest::Error) -> impl Iterator<Item = &'a (dyn std::error::Error + 'static)> {
    std::iter::successors(std::error::Error::source(error), |e| e.source())
}

fn io_cause(error: &reqwest::Error) -> Option<&std::io::Error> {
    chain(error).filter_map(|e| e.downcast_ref::<std::io::Error>()).last()
}

/// The innermost cause: the outer layers repeat the URL.
fn root(error: &reqwest::Error) -> String {
    chain(error).last().map_or_else(|| "no cause given".to_owned(), ToString::to_string)
}

fn millis(ms: i64) -> Duration {
    Duration::from_millis(ms.max(1).unsigned_abs())
}

/// A `Date` header in milliseconds since the epoch.
fn date_ms(text: &str) -> Option<i64> {
    let time = httpdate::parse_http_date(text).ok()?;
    let since = time.duration_since(std::time::UNIX_EPOCH).ok()?;
    i64::try_from(since.as_millis()).ok()
}
