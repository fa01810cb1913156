//! Cases: a dispatch with its rules and clocks, taken through real decisions. Every step is checked against the log's
//! own table of what may follow what.

use crate::decide::{Facts, arm, decide};
use crate::domain::remote::LookupOutcome;
use crate::domain::time::test_stamp;
use crate::domain::{
    AccountId, AccountIdentity, Attempt, AttemptEnd, AttemptOutcome, Control, CreateReply, CredentialDigest, Decision,
    DedupContract, Dispatch, DispatchId, Effect, Enforced, Event, Fence, Fingerprint, LogKind, Lookup, NotAllowed,
    Observed, OnAbsent, OrderId, OrderNo, PersonDecision, Platform, Progress, Reference, RemoteId, RemoteOrder, Rules,
    Seen, Settings, Stamp, State, StoredOutcomes, Timings,
};

/// What the platform had before.
pub const OLD: &str = "old";
pub const TIMEOUT: i64 = 30_000;
pub const QUIET: i64 = 90_000;
pub const HOUR: i64 = 3_600_000;

pub fn timings() -> Timings {
    Timings {
        timeout_ms: TIMEOUT,
        connect_timeout_ms: 10_000,
        send_before_ms: 10_000,
        settle_ms: QUIET,
        lookup_interval_ms: 2_000,
        lookup_interval_max_ms: 300_000,
        proof_lookups: 2,
        max_in_flight: 4,
        requests_per_minute: 60,
        patience_s: 1_800,
    }
}

pub const KEY: Fence = Fence::Key { lifetime_s: 3_600, margin_s: 600, stored: StoredOutcomes::FailuresToo };
pub const ACTIVE: Fence = Fence::Reference { enforced: Enforced::Active { life_s: 600, margin_s: 60 } };
pub const FOREVER: Fence = Fence::Reference { enforced: Enforced::Forever };
pub const BY_REF: Lookup = Lookup::ByReference { sees_ended: true };
pub const HIDES: Lookup = Lookup::ByReference { sees_ended: false };

/// Every contract shape, with the name it has in the matrix.
pub const SHAPES: [(&str, Fence, Lookup); 9] = [
    ("none+look-alike", Fence::None, Lookup::ScanForLookalike),
    ("none+none", Fence::None, Lookup::None),
    ("key+ref", KEY, BY_REF),
    ("key+ref-hides", KEY, HIDES),
    ("key+scan", KEY, Lookup::ScanForReference),
    ("key+none", KEY, Lookup::None),
    ("active+ref", ACTIVE, BY_REF),
    ("active+ref-hides", ACTIVE, HIDES),
    ("forever+ref", FOREVER, BY_REF),
];

/// One order in one place, with everything a decision reads.
#[derive(Clone, Debug)]
pub struct Case {
    pub d: Dispatch,
    pub rules: Rules,
    pub now: Stamp,
    pub server_ms: Option<i64>,
    pub credential: CredentialDigest,
    pub can_cancel: bool,
    pub frees: bool,
    /// Whether what it looks at shows an order that has ended.
    pub shows_ended: bool,
}

impl Case {
    /// Queued, nothing sent.
    pub fn new(fence: Fence, lookup: Lookup) -> Case {
        let identity = AccountIdentity::new(Platform::Postmates, true, "m");
        let order_no = OrderNo::from("SO-1");
        let contract = DedupContract { fence, lookup, shown_s: None, timings: timings() };
        let d = Dispatch {
            id: DispatchId(1),
            order_id: OrderId(1),
            account_id: AccountId(1),
            platform: Platform::Postmates,
            generation: 1,
            reference: Reference::mint(&identity, &order_no, 1),
            order_no,
            key: None,
            fingerprint: Fingerprint::from("print"),
            state: State::Queued,
            version: 1,
            came_from: State::Draft,
            attempts: Vec::new(),
            progress: Progress::default(),
            remote_id: None,
            bound_by: None,
            remote: None,
        };
        Case {
            d,
            rules: Rules::new(contract, &Settings::default()),
            now: test_stamp(0, "boot-1"),
            server_ms: Some(1_700_000_000_000),
            credential: CredentialDigest::of("c1"),
            can_cancel: true,
            frees: false,
            shows_ended: lookup != HIDES,
        }
    }

    /// One attempt armed, on its way.
    pub fn sending(fence: Fence, lookup: Lookup) -> Case {
        let mut case = Case::new(fence, lookup);
        case.arm().unwrap();
        case
    }

    /// One attempt ended unknown after its timeout.
    pub fn in_doubt(fence: Fence, lookup: Lookup) -> Case {
        let mut case = Case::sending(fence, lookup);
        case.wait(TIMEOUT);
        case.take(lost(1));
        assert_eq!(case.d.state, State::InDoubt);
        case
    }

    /// The same, when quiet is over.
    pub fn quiet(fence: Fence, lookup: Lookup) -> Case {
        let mut case = Case::in_doubt(fence, lookup);
        case.wait(QUIET);
        case
    }

    /// The same with a fence that counts as dead.
    pub fn unfenced(fence: Fence, lookup: Lookup) -> Case {
        let mut case = Case::quiet(fence, lookup);
        case.d.progress.fence_dead = Some("for this test".into());
        case
    }

    /// In review, after quiet.
    pub fn review(fence: Fence, lookup: Lookup) -> Case {
        let mut case = Case::quiet(fence, lookup);
        case.d.state = State::NeedsReview;
        case.d.progress.in_doubt_since = None;
        case.d.progress.next_at = None;
        case.d.progress.reason = Some("a person is asked".into());
        case
    }

    pub fn facts(&self) -> Facts<'_> {
        Facts {
            dispatch: &self.d,
            rules: &self.rules,
            now: &self.now,
            server_ms: self.server_ms,
            credential: &self.credential,
            can_cancel: self.can_cancel,
            cancel_frees_reference: self.frees,
            test: true,
        }
    }

    pub fn wait(&mut self, ms: i64) -> &mut Case {
        self.now = self.now.plus(ms);
        self.server_ms = self.server_ms.map(|s| s + ms);
        self
    }

    /// Waits until something is due.
    pub fn wait_due(&mut self) -> &mut Case {
        let due = self.d.progress.next_at.clone().expect("something is due");
        self.wait((due.awake_ms - self.now.awake_ms).max(0))
    }

    /// The machine restarts; nothing is recovered yet.
    pub fn reboot(&mut self, boot: &str) -> &mut Case {
        self.now.boot_id = boot.into();
        self.now.boot_ms = 5_000;
        self.now.awake_ms = 5_000;
        self
    }

    pub fn decide(&self, event: &Event) -> Result<Decision, NotAllowed> {
        decide(&self.facts(), event)
    }

    /// Decides, checks the decision's form, and commits it.
    pub fn take(&mut self, event: Event) -> Decision {
        let decision = self.decide(&event).unwrap_or_else(|e| panic!("{} in {}: {e}", event.word(), self.d.state));
        check(self, matches!(event, Event::Due { .. }), &decision);
        self.apply(&decision);
        decision
    }

    pub fn due(&mut self) -> Decision {
        self.take(Event::Due { held_by: None })
    }

    pub fn apply(&mut self, decision: &Decision) {
        let c = &decision.change;
        self.d.version += 1;
        self.d.state = c.state;
        self.d.progress = c.progress.clone();
        if let Some(stamp) = &c.quiet_anew {
            let ends = self.d.attempts.iter_mut().filter(|a| a.may_have_left()).filter_map(|a| a.end.as_mut());
            ends.filter(|e| e.quiet_from.boot_id != stamp.boot_id).for_each(|e| e.quiet_from = stamp.clone());
        }
        if let Some((n, end)) = &c.end {
            let attempt = self.d.attempts.iter_mut().find(|a| a.n == *n).unwrap();
            attempt.end = Some(end.clone());
        }
        if let Some((id, by)) = &c.bind {
            self.d.remote_id = Some(id.clone());
            self.d.bound_by = Some(*by);
        }
        if let Some(remote) = &c.remote {
            self.d.remote = Some(remote.clone());
        }
    }

    pub fn arm(&mut self) -> Result<u32, NotAllowed> {
        let before = [RemoteId::from(OLD)];
        let armed = arm(&self.facts(), Some(&before))?;
        assert_eq!(armed.log.kind, LogKind::SendStarted);
        assert!(self.d.state.may_become(armed.log.kind, State::Sending));
        self.d.state = State::Sending;
        self.d.progress = armed.progress;
        self.d.attempts.push(Attempt {
            n: armed.n,
            armed: self.now.clone(),
            server_ms: self.server_ms,
            credential: self.credential.clone(),
            before_set: Some(before.to_vec()),
            end: None,
        });
        Ok(armed.n)
    }

    /// Gives the first attempt another outcome than the one it ended with.
    pub fn outcome(&mut self, n: u32, outcome: AttemptOutcome) {
        let end = AttemptEnd { at: self.now.clone(), quiet_from: self.now.clone(), outcome, failure: None };
        self.d.attempts.iter_mut().find(|a| a.n == n).unwrap().end = Some(end);
    }

    /// A platform order that bears our reference and looks like ours.
    pub fn ours(&self) -> RemoteOrder {
        let mut row = lookalike("r1");
        row.reference = Some(self.d.reference.0.clone());
        row
    }

    /// A lookup begun now that reached the end, with a control newer than our attempt.
    /// A list shows what was there before, too.
    pub fn saw(&self, mut rows: Vec<RemoteOrder>) -> LookupOutcome {
        if self.rules.contract.lookup.is_scan() && rows.iter().all(|row| row.id.as_str() != OLD) {
            rows.push(RemoteOrder { ended: Some(self.shows_ended), ..RemoteOrder::bare(OLD) });
        }
        let armed = self.d.attempts.last().map_or(self.now.clone(), |a| a.armed.plus(1));
        let controls = vec![Control { remote: RemoteId::from("known"), armed, shown: true }];
        let shows_ended = self.shows_ended;
        let seen = Seen { rows: rows.into(), to_end: true, controls, shows_ended, claimed: Vec::new() };
        LookupOutcome { began: self.now.clone(), result: Ok(seen) }
    }

    pub fn saw_unclear(&self) -> LookupOutcome {
        LookupOutcome { began: self.now.clone(), result: Err("http 502".into()) }
    }

    pub fn look(&mut self, rows: Vec<RemoteOrder>) -> Decision {
        let outcome = self.saw(rows);
        self.take(Event::LookedUp(outcome))
    }

    pub fn look_unclear(&mut self) -> Decision {
        let outcome = self.saw_unclear();
        self.take(Event::LookedUp(outcome))
    }

    /// Looks and finds nothing, spaced as a proof needs it, until something else than waiting comes of it.
    pub fn prove_absence(&mut self) -> Decision {
        for _ in 0..10 {
            let decision = self.look(Vec::new());
            if decision.effect != Effect::Wait || decision.change.state != State::InDoubt {
                return decision;
            }
            self.wait(self.rules.proof_spacing_ms());
        }
        panic!("absence was never proven: {:?}", self.d.progress);
    }

    pub fn resend(&mut self) {
        self.rules.on_absent = OnAbsent::Resend;
    }
}

pub fn lookalike(id: &str) -> RemoteOrder {
    let mut row = RemoteOrder::bare(id);
    row.fingerprint = Some(Fingerprint::from("print"));
    row
}

pub fn ended(n: u32, observed: Observed) -> Event {
    Event::AttemptEnded { n, observed }
}

pub fn lost(n: u32) -> Event {
    ended(n, Observed::Lost { why: "timeout".into() })
}

pub fn answered(n: u32, status: u16, reply: CreateReply) -> Event {
    ended(n, Observed::Answered { status, reply })
}

pub fn rejected(n: u32) -> Event {
    answered(n, 422, CreateReply::Rejected { code: "bad_address".into(), message: "no such street".into() })
}

pub fn failed(n: u32, failure: &str) -> Event {
    answered(n, 500, CreateReply::Unclear { why: "http 500".into(), failure: Some(failure.into()) })
}

pub fn exists(n: u32) -> Event {
    answered(n, 409, CreateReply::Exists { pointer: None, why: "duplicate".into() })
}

pub fn created(n: u32, remote: RemoteOrder) -> Event {
    answered(n, 200, CreateReply::Created(remote))
}

pub fn decided(decision: PersonDecision, reason: Option<&str>, lookup: Option<LookupOutcome>) -> Event {
    Event::Decided { decision, reason: reason.map(str::to_owned), lookup }
}

pub fn kinds(decision: &Decision) -> Vec<LogKind> {
    decision.log.iter().map(|l| l.kind).collect()
}

/// What every decision has to satisfy, whatever it decides.
pub fn check(case: &Case, due: bool, decision: &Decision) {
    let mut state = case.d.state;
    for draft in &decision.log {
        assert!(state.may_become(draft.kind, draft.state), "{:?}: {state} to {}", draft.kind, draft.state);
        assert!(draft.detail.is_object());
        state = draft.state;
    }
    if decision.effect == Effect::NewGeneration {
        assert_eq!(decision.change.state, State::Cancelled);
        assert!(state.may_become(LogKind::Reserved, State::Queued), "the order's next entry is `reserved`");
        assert!(!decision.change.progress.cancel_asked, "a remembered cancel forbids a new generation");
        assert_eq!(crate::decide::quiet_left_ms(&case.d, &case.rules, &case.now), 0, "quiet first");
    } else {
        assert_eq!(state, decision.change.state, "the log comes to the change's state");
    }
    let p = &decision.change.progress;
    let goes_on = decision.effect != Effect::Wait || p.next_at.is_some() || p.waits_for.is_some();
    // Without a time, a queued order is due at once, and a request on its way will end or fall silent.
    let at_once = matches!(decision.change.state, State::Queued | State::Sending);
    if decision.change.state.is_open() && !goes_on {
        assert!(at_once && !due, "open, and nothing makes it go on: {decision:?}");
    }
    if decision.change.state == State::Dispatched && case.d.state != State::Dispatched {
        assert!(decision.change.bind.is_some());
    }
}
