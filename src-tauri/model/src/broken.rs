//! What is taken away, one thing at a time: a rule of the design, or the whole of its care, as the articles' naive
//! clients have it. In each, a named property must break.

use std::sync::Arc;

use docket_core::domain::dispatch::Absence;
use docket_core::domain::{
    AttemptEnd, AttemptOutcome, CreateReply, Decision, Dispatch, Effect, Enforced, Event, Fence, Fingerprint,
    Invariant, Lookup, Observed, RemoteOrder, Seen, State,
};

use crate::scene::{Scene, Shape};
use crate::step::Parts;
use crate::world::{STEP, Troubles};

/// Longer ago than any quiet.
const OLDEN_MS: i64 = 1_000 * STEP;

/// One thing that is broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Broken {
    /// No quiet: absence is believed while a request may still land.
    NoQuiet,
    /// The fence's inequality without timeout and quiet: a replay begun in time arrives too late.
    FenceToTheLastSecond,
    /// A key is used after its life.
    KeyForEver,
    /// A lookup that hides ended orders is believed.
    EndedBelieved,
    /// Absence counts without a known order beside it.
    NoControl,
    /// A new API key counts as the old one.
    AnyCredential,
    /// After a restart of the machine the platform's time at arming counts as its time now.
    StoppedClock,
    /// A duplicate answer, or a success without an id, is forgotten.
    PresenceForgotten,
    /// A cancel does not wait for the quiet of any attempt.
    CancelAtOnce,
    /// A cancel waits for the quiet of unknown attempts only.
    CancelAfterAnswers,
    /// A cancel that was asked for in doubt is forgotten.
    CancelForgotten,
    /// A cancel that was asked for in doubt is remembered, and the request is replayed all the same.
    CancelReplayed,
    /// A release does not wait for quiet.
    ReleaseAtOnce,
    /// A closed case is dispatched again like a refused order.
    ClosedAgain,
    /// Look-alikes are sent side by side.
    LookalikesTogether,
    /// What a lookup shows is taken over without being compared.
    NotCompared,
    /// A single look-alike is taken over although others order on the account, too.
    NotExclusive,
    /// A refusal of a replay settles the order, though its elder is unknown.
    RefusalSettles,
    /// A replay that was answered 401 or 429 leads back to the queue, and from there it is withdrawn.
    BusySettles,
    /// An armed request is sent whenever the machine gets to it.
    SentWhenever,
    /// A group commit drops a row: the ticket is handed out, and the row is not on disk.
    ArmedInMemory,
    /// Reserving and arming are one step: after a crash nobody can tell one from the other.
    ReservedIsArmed,
    /// A replay goes out beside a request that is still running.
    ReplayBesideRunning,
    /// One lookup proves absence.
    OneLookProves,
    /// A lookup without an answer, or without a route, counts as an empty one.
    UnclearIsAbsent,
    /// Rows that bear other references are passed over, where the platform was asked for ours.
    FilterBelieved,
    /// Where a proof can't be had, it is waited for.
    WaitsForProof,
    /// The reference is drawn by chance: after a restore it is another one.
    RandomKeyAfterRestore,
    /// An order that is dispatched again gets the key that it had.
    SpentKeyAgain,
    /// A release after proof of presence forgets the proof.
    ReleasedAfterProof,
    /// A decision is written although the dispatch has changed since it was read.
    StaleWritten,
    /// One merchant under two account names: whether another account holds the number is not asked.
    TwoNames,
    /// Naive: a request without an answer is sent again.
    BlindRetry,
    /// Naive: one look right after the timeout; not found is sent again.
    OneLookThenRetry,
    /// Naive: the five newest orders are read; not among them is sent again.
    FiveNewest,
    /// Naive: a request without an answer has failed.
    TimeoutIsFailure,
    /// Naive: a conflict gets a new reference.
    ConflictGetsNewReference,
}

impl Broken {
    /// All of them.
    pub const ALL: [Broken; 37] = [
        Broken::NoQuiet,
        Broken::FenceToTheLastSecond,
        Broken::KeyForEver,
        Broken::EndedBelieved,
        Broken::NoControl,
        Broken::AnyCredential,
        Broken::StoppedClock,
        Broken::PresenceForgotten,
        Broken::CancelAtOnce,
        Broken::CancelAfterAnswers,
        Broken::CancelForgotten,
        Broken::CancelReplayed,
        Broken::ReleaseAtOnce,
        Broken::ClosedAgain,
        Broken::LookalikesTogether,
        Broken::NotCompared,
        Broken::NotExclusive,
        Broken::RefusalSettles,
        Broken::BusySettles,
        Broken::SentWhenever,
        Broken::ArmedInMemory,
        Broken::ReservedIsArmed,
        Broken::ReplayBesideRunning,
        Broken::OneLookProves,
        Broken::UnclearIsAbsent,
        Broken::FilterBelieved,
        Broken::WaitsForProof,
        Broken::RandomKeyAfterRestore,
        Broken::SpentKeyAgain,
        Broken::ReleasedAfterProof,
        Broken::StaleWritten,
        Broken::TwoNames,
        Broken::BlindRetry,
        Broken::OneLookThenRetry,
        Broken::FiveNewest,
        Broken::TimeoutIsFailure,
        Broken::ConflictGetsNewReference,
    ];

    /// What it breaks.
    pub fn property(self) -> Invariant {
        match self {
            Broken::PresenceForgotten | Broken::ReleasedAfterProof => Invariant::ProofCounts,
            Broken::CancelForgotten => Invariant::CancelCounts,
            Broken::CancelReplayed => Invariant::CancelStops,
            Broken::LookalikesTogether | Broken::NotCompared | Broken::NotExclusive | Broken::SpentKeyAgain => {
                Invariant::Ours
            }
            Broken::RefusalSettles | Broken::BusySettles | Broken::TimeoutIsFailure => Invariant::TrueEnd,
            Broken::WaitsForProof => Invariant::Settles,
            _ => Invariant::One,
        }
    }

    /// A scene in which it does.
    pub fn scene(self) -> Scene {
        let none = Troubles::default();
        let faults = |faults| Troubles { faults, ..none };
        let (shape, troubles) = match self {
            Broken::NoQuiet | Broken::BlindRetry | Broken::OneLookThenRetry | Broken::FiveNewest => {
                (Shape::Lookalikes, faults(1))
            }
            Broken::FenceToTheLastSecond => (Shape::KeyAlone, Troubles { faults: 2, stalls: 1, ..none }),
            Broken::KeyForEver => (Shape::KeyAlone, Troubles { faults: 2, sleeps: 1, ..none }),
            Broken::EndedBelieved | Broken::WaitsForProof => {
                (Shape::ActiveAndHiding, Troubles { faults: 1, sleeps: 1, ..none })
            }
            Broken::NoControl | Broken::UnclearIsAbsent => (Shape::Lookalikes, faults(3)),
            Broken::OneLookProves => (Shape::Lookalikes, Troubles { faults: 1, misses: 1, ..none }),
            Broken::FilterBelieved => (Shape::ActiveAndShowing, Troubles { faults: 1, sleeps: 1, ignored: 2, ..none }),
            Broken::AnyCredential => (Shape::KeyAlone, Troubles { faults: 1, new_keys: 1, ..none }),
            Broken::StoppedClock => {
                (Shape::KeyAlone, Troubles { faults: 1, crashes: 1, reboots: 1, wall_back: 1, ..none })
            }
            Broken::PresenceForgotten | Broken::ReplayBesideRunning => (Shape::KeyAlone, faults(1)),
            Broken::RefusalSettles => (Shape::KeyAlone, faults(2)),
            Broken::BusySettles => (Shape::KeyAlone, Troubles { faults: 2, cancels: 1, ..none }),
            Broken::CancelAtOnce => (Shape::ActiveAndShowing, Troubles { faults: 1, cancels: 1, doubled: 1, ..none }),
            Broken::CancelAfterAnswers => (Shape::ActiveAndShowing, Troubles { cancels: 1, doubled: 1, ..none }),
            Broken::CancelForgotten => (Shape::Forever, Troubles { faults: 1, cancels: 1, ..none }),
            Broken::CancelReplayed => (Shape::KeyAlone, Troubles { faults: 1, cancels: 1, ..none }),
            Broken::ReleaseAtOnce => {
                (Shape::KeyAndReference, Troubles { faults: 1, strangers: 1, releases: 1, ..none })
            }
            Broken::ClosedAgain => (Shape::Lookalikes, Troubles { faults: 1, strangers: 1, again: 1, ..none }),
            Broken::LookalikesTogether => (Shape::Lookalikes, faults(2)),
            Broken::NotCompared => (Shape::KeyAndReference, Troubles { faults: 1, strangers: 1, ..none }),
            Broken::NotExclusive => (Shape::Lookalikes, Troubles { faults: 1, strangers: 1, ..none }),
            Broken::SentWhenever => (Shape::KeyAlone, Troubles { faults: 1, sleeps: 1, ..none }),
            Broken::ArmedInMemory => (Shape::Lookalikes, none),
            Broken::ReservedIsArmed => (Shape::Lookalikes, Troubles { crashes: 1, ..none }),
            Broken::RandomKeyAfterRestore => (Shape::Forever, Troubles { restores: 1, ..none }),
            Broken::SpentKeyAgain => (Shape::KeyAndReference, Troubles { cancels: 1, again: 1, ..none }),
            Broken::ReleasedAfterProof => (Shape::KeyAlone, Troubles { faults: 2, releases: 1, ..none }),
            Broken::StaleWritten => (Shape::Lookalikes, Troubles { writers: 1, ..none }),
            Broken::TwoNames => (Shape::Forever, Troubles { elsewhere: 1, ..none }),
            Broken::TimeoutIsFailure => (Shape::KeyAndReference, faults(1)),
            Broken::ConflictGetsNewReference => (Shape::Forever, faults(1)),
        };
        let orders = if self == Broken::LookalikesTogether { 2 } else { 1 };
        Scene::of(shape, orders, troubles).with(self)
    }

    pub(crate) fn prepare(self, scene: &mut Scene) {
        let t = &mut scene.rules.contract.timings;
        match self {
            Broken::NoQuiet | Broken::ReplayBesideRunning => t.settle_ms = 0,
            Broken::FenceToTheLastSecond => {
                let back = (t.timeout_ms + t.settle_ms) / 1_000;
                if let Fence::Key { margin_s, .. } = &mut scene.rules.contract.fence {
                    *margin_s -= back;
                }
            }
            Broken::KeyForEver => {
                if let Fence::Key { lifetime_s, .. } = &mut scene.rules.contract.fence {
                    *lifetime_s = i64::from(u32::MAX);
                }
            }
            Broken::EndedBelieved => {
                scene.rules.contract.lookup = Lookup::ByReference { sees_ended: true };
                // The fence is left out, so that absence decides.
                scene.rules.contract.fence = Fence::Reference { enforced: Enforced::Active { life_s: 0, margin_s: 0 } };
            }
            Broken::NotExclusive => scene.rules.exclusive = true,
            _ => {}
        }
    }

    /// What the decision is shown in place of the facts.
    pub(crate) fn see(self, parts: &mut Parts) {
        match self {
            Broken::AnyCredential => {
                for attempt in &mut parts.dispatch.attempts {
                    attempt.credential = parts.credential.clone();
                }
            }
            Broken::StoppedClock => {
                let then = parts.dispatch.attempts.first().and_then(|a| a.server_ms);
                parts.server_ms = parts.server_ms.or(then);
            }
            Broken::BlindRetry | Broken::OneLookThenRetry => {
                for end in parts.dispatch.attempts.iter_mut().filter_map(|a| a.end.as_mut()) {
                    end.outcome = AttemptOutcome::NotSent;
                }
            }
            Broken::CancelForgotten | Broken::CancelReplayed if parts.dispatch.state != State::Dispatched => {
                parts.dispatch.progress.cancel_asked = false;
            }
            Broken::BusySettles if parts.dispatch.state == State::Queued => {
                for end in parts.dispatch.attempts.iter_mut().filter_map(|a| a.end.as_mut()) {
                    end.outcome = AttemptOutcome::NotSent;
                }
            }
            Broken::CancelAfterAnswers => {
                let answered = |end: &&mut AttemptEnd| !end.outcome.is_unknown();
                for end in parts.dispatch.attempts.iter_mut().filter_map(|a| a.end.as_mut()).filter(answered) {
                    end.outcome = AttemptOutcome::NotSent;
                }
            }
            Broken::ReleasedAfterProof if parts.dispatch.state == State::NeedsReview => {
                parts.dispatch.progress.presence = None;
            }
            Broken::ReleaseAtOnce if parts.dispatch.state == State::NeedsReview => {
                for end in parts.dispatch.attempts.iter_mut().filter_map(|a| a.end.as_mut()) {
                    end.quiet_from = parts.now.plus(-OLDEN_MS);
                }
            }
            Broken::OneLookProves if parts.dispatch.progress.absences.is_empty() => {
                let began = parts.now.plus(-OLDEN_MS);
                let earlier = Absence { began, control: "known".into(), rows: 0 };
                parts.dispatch.progress.absences.push(earlier);
            }
            _ => {}
        }
    }

    /// What a lookup shows in place of what there is.
    pub(crate) fn show(self, d: &Dispatch, now_ms: i64, seen: &mut Seen) {
        match self {
            Broken::NoControl => seen.controls.iter_mut().for_each(|c| c.shown = true),
            Broken::FilterBelieved => {
                rows(seen).retain(|row| row.reference.as_deref() == Some(d.reference.as_str()));
            }
            // Others order, too: what is older than a step is not among the newest.
            Broken::FiveNewest => rows(seen).retain(|row| row.created_ms.is_some_and(|at| now_ms - at <= STEP)),
            Broken::NotCompared => {
                for row in rows(seen) {
                    (row.reference, row.fingerprint) = (Some(d.reference.0.clone()), Some(Fingerprint::from("print")));
                }
            }
            _ => {}
        }
    }

    /// What is decided in place of the decision.
    pub(crate) fn twist(self, event: &Event, decision: &mut Decision) {
        let observed = match event {
            Event::AttemptEnded { observed, .. } => Some(observed),
            _ => None,
        };
        let reply = match observed {
            Some(Observed::Answered { reply, .. }) => Some(reply),
            _ => None,
        };
        let unknown = observed.is_some() && decision.change.state == State::InDoubt;
        let progress = &mut decision.change.progress;
        match self {
            Broken::PresenceForgotten => progress.presence = None,
            Broken::RefusalSettles if matches!(reply, Some(CreateReply::Rejected { .. })) => {
                (decision.change.state, progress.next_at) = (State::Refused, None);
            }
            Broken::BusySettles
                if unknown && matches!(reply, Some(CreateReply::Busy { .. } | CreateReply::Unauthorised { .. })) =>
            {
                (decision.change.state, progress.next_at) = (State::Queued, None);
            }
            Broken::WaitsForProof
                if matches!(event, Event::LookedUp(_)) && decision.change.state == State::NeedsReview =>
            {
                (decision.change.state, progress.next_at) = (State::InDoubt, None);
            }
            Broken::BlindRetry if unknown => {
                (decision.change.state, progress.next_at) = (State::Queued, None);
            }
            Broken::OneLookThenRetry if unknown => decision.effect = Effect::LookUp,
            Broken::OneLookThenRetry
                if matches!(event, Event::LookedUp(_)) && decision.change.state == State::InDoubt =>
            {
                (decision.change.state, progress.next_at) = (State::Queued, None);
            }
            Broken::TimeoutIsFailure if unknown => {
                (decision.change.state, progress.next_at) = (State::Refused, None);
            }
            Broken::ConflictGetsNewReference if matches!(reply, Some(CreateReply::Exists { .. })) => {
                decision.change.state = State::Cancelled;
                decision.effect = Effect::NewGeneration;
            }
            _ => {}
        }
    }
}

fn rows(seen: &mut Seen) -> &mut Vec<RemoteOrder> {
    Arc::make_mut(&mut seen.rows)
}
