//! One account at work: its adapter, rules and credential, its limits, and what it learnt of the platform's clock.
//!
//! Not here: the loop (`driver::run`), or what a dispatch needs (`decide`).

use std::num::NonZeroU32;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use governor::middleware::NoOpMiddleware;
use governor::state::{InMemoryState, NotKeyed};
use governor::{Quota, RateLimiter};
use tokio_util::sync::CancellationToken;

use crate::adapters::Adapter;
use crate::clock::Clock;
use crate::decide::Facts;
use crate::domain::{
    AccountId, AccountIdentity, CredentialDigest, Dispatch, Lookup, RemoteId, RemoteOrder, Rules, ServerTime, Stamp,
};
use crate::plan::{Breaker, Limits};
use crate::transport::{Exchange, ReadCall, SendReport, Target, Transport};

use super::codes::KeyInHand;

/// What is said of a request that was given up because Docket stops.
pub(super) const STOPPED: &str = "Docket was stopped";

/// The newest orders a platform had, read not long ago. Shared by all armings of the account.
#[derive(Clone, Debug)]
pub(super) struct BeforeSet {
    pub ids: Vec<RemoteId>,
    pub read: Stamp,
}

/// How a pause begins that a new start does not end: under a key of the other mode, every start would make one more order
/// there. New credentials or a good test end it.
pub(crate) const OTHER_MODE: &str = "the platform calls ";

/// How old a before-set may be.
pub(super) const BEFORE_SET_MAX_MS: i64 = 60_000;

/// How often a question looks whether it is its turn.
const TURN_MS: u64 = 50;

/// What changes while the account works.
#[derive(Debug, Default)]
pub(crate) struct Heard {
    pub server: Option<ServerTime>,
    pub breaker: Breaker,
    /// Whether the platform answers lookups at all.
    pub looks: Breaker,
    /// Whether it says what became of a cancel.
    pub cancels: Breaker,
    /// Whether anything reaches the platform at all. A machine that is offline tries one order with growing pauses, and not
    /// each of them: every try is two entries in the log.
    pub reach: Breaker,
    /// Whether its creates are too many, and nobody says for how long.
    pub limits: Limits,
    /// Nothing is asked of the account before that awake time.
    pub deferred_until_ms: i64,
    /// Why nothing is asked of it at all.
    pub paused: Option<String>,
    /// Something may stand at the platform that the ledger does not know: nothing is created until it was asked.
    pub shut: bool,
    /// Where only a list of look-alikes can tell: the last time it held nothing, or it has not been read yet.
    pub nothing_before: bool,
}

/// The time that an account's rate is measured by: the program's clock, as everything else is. It goes on while the
/// machine sleeps, as the platform's minute does.
#[derive(Clone)]
struct RateClock(Arc<dyn Clock>);

impl governor::clock::Clock for RateClock {
    type Instant = Duration;

    fn now(&self) -> Duration {
        Duration::from_millis(u64::try_from(self.0.now().boot_ms).unwrap_or(0))
    }
}

/// One account at work.
pub struct Lane {
    pub(crate) account_id: AccountId,
    pub(crate) name: String,
    pub(crate) identity: AccountIdentity,
    pub(crate) test: bool,
    pub(crate) adapter: &'static dyn Adapter,
    pub(crate) rules: Rules,
    pub(crate) credential: CredentialDigest,
    pub(crate) target: Target,
    /// Where its secrets are: `keystore` or a file's path. Its key of delivered codes lies beside them.
    pub(crate) secrets: String,
    heard: Mutex<Heard>,
    /// Lone clicks that are on their way to it, beside what its loop works on.
    pub(super) clicks: AtomicUsize,
    pub(super) before: tokio::sync::Mutex<Option<BeforeSet>>,
    pub(super) codes_key: tokio::sync::Mutex<KeyInHand>,
    limiter: RateLimiter<NotKeyed, InMemoryState, RateClock, NoOpMiddleware<Duration>>,
    /// Creates, lookups and the like that wait for the account's rate.
    in_line: AtomicUsize,
    /// Whether the last of them had to wait: then the rate is what the account's orders lack.
    short: AtomicBool,
    /// Held by the one question that is under way.
    pub(super) asking: tokio::sync::Mutex<()>,
}

/// One place in the line before the account's rate.
struct Place<'a>(&'a AtomicUsize);

impl<'a> Place<'a> {
    fn take(line: &'a AtomicUsize) -> Place<'a> {
        line.fetch_add(1, Ordering::SeqCst);
        Place(line)
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Lane {
    #[expect(clippy::too_many_arguments, reason = "one place makes it, from one account row")]
    pub(crate) fn new(
        account_id: AccountId,
        name: String,
        identity: AccountIdentity,
        test: bool,
        adapter: &'static dyn Adapter,
        rules: Rules,
        credential: CredentialDigest,
        target: Target,
        secrets: String,
        clock: Arc<dyn Clock>,
    ) -> Lane {
        let t = &rules.contract.timings;
        let per_minute = NonZeroU32::new(t.requests_per_minute).unwrap_or(NonZeroU32::MIN);
        // A burst no larger than the requests in flight keeps any minute near the platform's limit.
        let burst = NonZeroU32::new(t.max_in_flight).unwrap_or(NonZeroU32::MIN).min(per_minute);
        let limiter =
            RateLimiter::direct_with_clock(Quota::per_minute(per_minute).allow_burst(burst), RateClock(clock));
        let nothing_before = rules.contract.lookup == Lookup::ScanForLookalike;
        Lane {
            account_id,
            name,
            identity,
            test,
            adapter,
            rules,
            credential,
            target,
            secrets,
            heard: Mutex::new(Heard { nothing_before, ..Heard::default() }),
            clicks: AtomicUsize::new(0),
            before: tokio::sync::Mutex::default(),
            codes_key: tokio::sync::Mutex::default(),
            limiter,
            in_line: AtomicUsize::new(0),
            short: AtomicBool::new(false),
            asking: tokio::sync::Mutex::default(),
        }
    }

    pub(crate) fn heard(&self) -> MutexGuard<'_, Heard> {
        self.heard.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What the lane in whose place this one is put has learnt of the platform.
    pub(super) fn learn_from(&self, before: &Lane) {
        let (server, breakers, limited) = {
            let heard = before.heard();
            let breakers = (heard.breaker, heard.looks, heard.cancels, heard.reach);
            (heard.server.clone(), breakers, (heard.limits, heard.deferred_until_ms))
        };
        let mut heard = self.heard();
        (heard.breaker, heard.looks, heard.cancels, heard.reach) = breakers;
        (heard.limits, heard.deferred_until_ms) = limited;
        heard.server = server;
    }

    pub(super) fn defer_until(&self, awake_ms: i64) {
        let mut heard = self.heard();
        heard.deferred_until_ms = heard.deferred_until_ms.max(awake_ms);
    }

    pub(crate) fn facts<'a>(&'a self, dispatch: &'a Dispatch, now: &'a Stamp) -> Facts<'a> {
        let server_ms = self.heard().server.as_ref().and_then(|s| s.estimate(now));
        Facts {
            dispatch,
            rules: &self.rules,
            now,
            server_ms,
            credential: &self.credential,
            can_cancel: self.adapter.cancel_request(&RemoteId::from("x")).is_some(),
            cancel_frees_reference: self.adapter.cancel_frees_reference(),
            test: self.test,
        }
    }

    /// What contradicts the account's mode in an order that its platform shows: under the other mode's key nothing can be
    /// found, and nothing is proven.
    pub(crate) fn contradicts(&self, order: &RemoteOrder) -> Option<String> {
        contradiction(self.test, order)
    }

    pub(crate) fn server_ms(&self, now: &Stamp) -> Option<i64> {
        self.heard().server.as_ref().and_then(|s| s.estimate(now))
    }

    /// The platform's clock. Only for an answer that was read as the platform's own: a captive portal has a clock, too.
    pub(crate) fn hear(&self, report: &SendReport) {
        if let Some(date_ms) = report.date_ms {
            self.heard().server = Some(ServerTime { date_ms, at: report.ended.clone() });
        }
    }

    /// Waits until the account's rate allows one more request. `false`: Docket is stopping, and nothing more may leave.
    pub(crate) async fn turn(&self, clock: &Arc<dyn Clock>, stop: &CancellationToken) -> bool {
        let _place = Place::take(&self.in_line);
        let mut waited = false;
        while let Err(not_until) = self.limiter.check() {
            waited = true;
            self.short.store(true, Ordering::SeqCst);
            let wait = not_until.wait_time_from(governor::clock::Clock::now(self.limiter.clock()));
            tokio::select! {
                biased;
                () = stop.cancelled() => return false,
                () = clock.sleep(wait.as_millis() as u64 + 1) => {}
            }
        }
        self.short.store(waited, Ordering::SeqCst);
        !stop.is_cancelled()
    }

    /// Waits until the account's rate allows one more request and nothing that creates or recovers wants it: what waits in
    /// line, or, where the rate is short, whatever the account has in hand (`at_work`). `false`: not within that time, or
    /// Docket is stopping.
    pub(super) async fn turn_behind(
        &self,
        clock: &Arc<dyn Clock>,
        stop: &CancellationToken,
        within_ms: i64,
        at_work: impl Fn() -> bool,
    ) -> bool {
        let until = clock.now().awake_ms + within_ms;
        loop {
            if stop.is_cancelled() {
                return false;
            }
            let wanted = self.in_line.load(Ordering::SeqCst) > 0 || self.short.load(Ordering::SeqCst) && at_work();
            if !wanted && self.has_turn() {
                return true;
            }
            if clock.now().awake_ms >= until {
                return false;
            }
            tokio::select! {
                () = clock.sleep(TURN_MS) => {}
                () = stop.cancelled() => {}
            }
        }
    }

    /// Whether the account's rate allows one more request now; it is counted then.
    pub(crate) fn has_turn(&self) -> bool {
        self.limiter.check().is_ok()
    }

    /// One request that creates nothing, within the account's rate.
    pub(crate) async fn read(
        &self,
        transport: &Transport,
        clock: &Arc<dyn Clock>,
        stop: &CancellationToken,
        request: &crate::domain::http::HttpRequest,
    ) -> SendReport {
        let held_back = if self.turn(clock, stop).await {
            self.heard().paused.as_ref().map(|why| format!("the account is paused: {why}"))
        } else {
            Some(STOPPED.to_owned())
        };
        if let Some(why) = held_back {
            let now = clock.now();
            return SendReport::given_up(Exchange::NotSent { why }, now.clone(), now);
        }
        self.carry(transport, clock, stop, request).await
    }

    /// The same for whoever has had a turn.
    pub(super) async fn carry(
        &self,
        transport: &Transport,
        clock: &Arc<dyn Clock>,
        stop: &CancellationToken,
        request: &crate::domain::http::HttpRequest,
    ) -> SendReport {
        let t = &self.rules.contract.timings;
        let began = clock.now();
        let call = ReadCall {
            target: self.target.clone(),
            request: request.clone(),
            timeout_ms: t.timeout_ms,
            connect_timeout_ms: t.connect_timeout_ms,
        };
        let report = tokio::select! {
            // An answer that is here is taken, whatever else is.
            biased;
            report = transport.read(call) => report,
            () = stop.cancelled() => {
                return SendReport::given_up(Exchange::Lost { why: STOPPED.into() }, began, clock.now());
            }
        };
        // What a read has reached, a create reaches.
        if matches!(report.observed, Exchange::Answered(_) | Exchange::Lost { .. }) {
            self.heard().reach.asked(true, &self.rules, clock.now().awake_ms);
        }
        report
    }
}

/// What contradicts a mode in an order that a platform shows.
pub(crate) fn contradiction(test: bool, order: &RemoteOrder) -> Option<String> {
    let mode = |test: bool| if test { "a test order" } else { "a live order" };
    order.test.filter(|shown| *shown != test).map(|shown| {
        let is = if test { "a test account" } else { "a live account" };
        format!("{OTHER_MODE}{} {}, and this is {is}; give the right credentials", order.id, mode(shown))
    })
}
