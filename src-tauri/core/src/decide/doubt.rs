//! Look first, then lean on the fence, then prove absence, then ask.

use serde_json::{Value, json};

use crate::domain::dispatch::{Absence, Presence, Sightings};
use crate::domain::remote::LookupOutcome;
use crate::domain::{
    BoundBy, Decision, Effect, LogDraft, LogKind, Lookup, NotAllowed, Observed, OnAbsent, OrderNo, Progress, RemoteId,
    RemoteOrder, Stamp, State,
};

use super::echo::echo_at;
use super::fence::{fence_life, quiet_left_ms};
use super::judge::{Finding, began_after_quiet, judge, quote_under_ours};
use super::{Facts, ask, bind, end_now};

/// Unclear lookups after quiet before a replay is made all the same: the fence makes it harmless, not the lookup.
const UNCLEAR_BEFORE_REPLAY: u32 = 3;
/// Lookups that are tried after each start before patience can end.
const LOOKUPS_BEFORE_ASKING: u32 = 3;
/// Why a person is asked when lookups contradict one another.
const FLICKERS: &str = "the platform's list shows now one thing, now another";
/// Why a person is asked when the platform's "taken" turns out to mean a price.
const QUOTED: &str = "the platform said that this order's reference is taken, and what has taken it is a quote, which is \
                      no order: somebody asked for a price under this reference, and no order is shown";
/// New generations that `on_absent=resend` makes by itself.
const AUTO_GENERATIONS: u32 = 2;
/// How long a request may be silent beyond its deadline and timeout before it counts as lost.
pub const SLACK_MS: i64 = 2_000;

pub(super) fn due_queued(f: &Facts<'_>, held_by: Option<&OrderNo>) -> Decision {
    let mut progress = f.progress();
    if progress.cancel_asked {
        return withdrawn(f).unwrap_or_else(|_| f.wait(progress));
    }
    if let Some(holder) = held_by {
        progress.waits_for = Some(holder.clone());
        progress.next_at = None;
        return f.wait(progress);
    }
    if progress.next_at.as_ref().is_some_and(|due| !f.now.reached(due)) {
        return f.wait(progress);
    }
    progress.waits_for = None;
    progress.next_at = None;
    f.step(State::Queued, progress, Vec::new(), Effect::Arm)
}

/// Back to the state it came from: nothing was sent, or what was sent is known not to have been executed.
pub(super) fn withdrawn(f: &Facts<'_>) -> Result<Decision, NotAllowed> {
    if f.dispatch.any_unknown() {
        return Err(f.not_allowed("withdraw", "an earlier request may still take effect"));
    }
    let mut progress = f.progress();
    progress.next_at = None;
    progress.waits_for = None;
    let back = back_to(f);
    let entry = LogDraft::new(LogKind::Withdrawn, back, json!({ "armed_before": !f.dispatch.attempts.is_empty() }));
    Ok(f.step(back, progress, vec![entry], Effect::Wait))
}

/// Nothing is sent for an order of which an earlier dispatch is at the platform: a person decides. Where nothing was armed
/// for this one, it is that earlier dispatch's case.
pub(super) fn elder_found(f: &Facts<'_>) -> Result<Decision, NotAllowed> {
    let mut decision = withdrawn(f)?;
    let why = "an earlier dispatch of this order has appeared at the platform";
    decision.change.state = State::NeedsReview;
    decision.change.progress.reason = Some(why.into());
    for entry in &mut decision.log {
        entry.state = State::NeedsReview;
        entry.detail["why"] = json!(why);
    }
    Ok(decision)
}

/// Where a withdrawal leads. A re-dispatch that was never armed leaves the ended order as it was; a spent generation
/// does not: nothing is bound to it.
pub(super) fn back_to(f: &Facts<'_>) -> State {
    match f.dispatch.came_from {
        State::Dispatched if !f.dispatch.attempts.is_empty() => State::Cancelled,
        other => other,
    }
}

/// An attempt that is silent past its deadline and timeout is lost, whatever became of the task that carried it.
pub(super) fn due_sending(f: &Facts<'_>) -> Decision {
    let t = &f.rules.contract.timings;
    let Some(on_its_way) = f.dispatch.attempts.iter().find(|a| a.end.is_none()) else {
        return f.wait(f.progress());
    };
    let last = on_its_way.armed.plus(t.send_before_ms + t.timeout_ms + SLACK_MS);
    if !f.now.reached(&last) {
        let mut progress = f.progress();
        progress.next_at = Some(last);
        return f.wait(progress);
    }
    let lost = Observed::Lost { why: "silent past its deadline and timeout".into() };
    super::attempt::ended(f, on_its_way.n, &lost).unwrap_or_else(|_| f.wait(f.progress()))
}

pub(super) fn due_in_doubt(f: &Facts<'_>) -> Decision {
    let progress = f.progress();
    if progress.next_at.as_ref().is_some_and(|due| !f.now.reached(due)) {
        return f.wait(progress);
    }
    match f.rules.contract.lookup {
        Lookup::ByReference { .. } | Lookup::ScanForReference | Lookup::ScanForLookalike => {
            f.step(State::InDoubt, progress, Vec::new(), Effect::LookUp)
        }
        Lookup::None => without_lookup(f, progress),
    }
}

/// Nothing can be looked up: the fence alone decides.
fn without_lookup(f: &Facts<'_>, mut progress: Progress) -> Decision {
    let quiet = quiet_left_ms(f.dispatch, f.rules, f.now);
    if quiet > 0 {
        progress.next_at = f.after(quiet);
        return f.wait(progress);
    }
    if may_replay(f, &progress) {
        if patience_spent(f, &progress) {
            return ask(f, "no answer within the time set for doubt", Vec::new(), Value::Null, Vec::new(), progress);
        }
        return f.step(State::InDoubt, progress, Vec::new(), Effect::Arm);
    }
    ask(f, "the platform has no lookup, and sending again is not safe", Vec::new(), Value::Null, Vec::new(), progress)
}

/// Whether the same bytes may be sent again now, as far as the fence and what is known go. Quiet is asked apart.
pub(super) fn may_replay(f: &Facts<'_>, progress: &Progress) -> bool {
    !progress.cancel_asked && progress.presence.is_none() && fence_life(f).is_alive()
}

/// A lookup begins. One that is cut off leaves this entry behind, and no result.
pub(super) fn looking_up(f: &Facts<'_>) -> Decision {
    let detail = json!({ "lookup": f.dispatch.progress.lookups + 1 });
    let entry = LogDraft::new(LogKind::LookupStarted, f.state(), detail);
    f.step(f.state(), f.progress(), vec![entry], Effect::Wait)
}

/// A lookup ended while the dispatch was in doubt: the table of the design, row by row.
pub(super) fn looked_up(f: &Facts<'_>, outcome: &LookupOutcome) -> Decision {
    let mut progress = f.progress();
    progress.lookups += 1;
    progress.lookups_since_start += 1;
    let finding = judge(f, outcome);
    let log = vec![told(f, &finding, State::InDoubt)];
    match finding {
        Finding::Ours(remote, by) => bind_counted(f, &remote, by, log, &progress),
        Finding::Puzzling { why, rows } => {
            presence_shown(f, why, &rows, &mut progress);
            ask(f, why, rows, Value::Null, log, progress)
        }
        Finding::Candidate(row) => candidate(f, outcome, row, progress, log),
        Finding::NotThere { proof, rows } => not_there(f, outcome, proof, rows, progress, log),
        Finding::Unclear(why) => unclear(f, outcome, &why, progress, log),
    }
}

/// An exact lookup that shows rows under our reference proves presence, whatever is puzzling about them.
pub(super) fn presence_shown(f: &Facts<'_>, why: &str, rows: &[RemoteOrder], progress: &mut Progress) {
    if let Some(row) = rows.first().filter(|_| f.rules.contract.lookup.is_exact()) {
        let shown = Presence { pointer: Some(row.id.clone()), why: why.to_owned(), different: false, shown: true };
        progress.presence.get_or_insert(shown);
    }
}

/// Binds with the lookup counters raised.
pub(super) fn bind_counted(
    f: &Facts<'_>,
    remote: &RemoteOrder,
    by: BoundBy,
    log: Vec<LogDraft>,
    counted: &Progress,
) -> Decision {
    let mut decision = bind(f, remote, by, log, None);
    decision.change.progress.lookups = counted.lookups;
    decision.change.progress.lookups_since_start = counted.lookups_since_start;
    decision
}

pub(super) fn told(f: &Facts<'_>, finding: &Finding, state: State) -> LogDraft {
    let detail = match finding {
        Finding::Ours(remote, _) => json!({ "found": "ours", "platform_order_id": remote.id }),
        Finding::Candidate(remote) => json!({ "found": "look-alike", "platform_order_id": remote.id }),
        Finding::Puzzling { why, rows } => {
            let ids: Vec<_> = rows.iter().map(|r| &r.id).collect();
            json!({ "found": "puzzling", "why": why, "platform_order_ids": ids })
        }
        Finding::NotThere { proof: Ok(control), rows } => {
            json!({ "found": "nothing", "rows": rows, "control": control })
        }
        Finding::NotThere { proof: Err(why), rows } => {
            json!({ "found": "nothing", "rows": rows, "proves_nothing": why })
        }
        Finding::Unclear(why) => json!({ "found": "unclear", "why": super::attempt::brief(why) }),
    };
    let mut entry = LogDraft::new(LogKind::LookupFinished, state, detail);
    entry.detail["lookup"] = json!(f.dispatch.progress.lookups + 1);
    entry
}

/// The next look: the pause doubles, and the end of quiet makes one due. A look that would come less than its own pause
/// before that end is saved: the end decides, and shows what it would have shown.
fn look_later(f: &Facts<'_>, mut progress: Progress, log: Vec<LogDraft>) -> Decision {
    let t = &f.rules.contract.timings;
    let pause = progress.pause_ms.max(t.lookup_interval_ms).saturating_mul(2).min(t.lookup_interval_max_ms);
    progress.pause_ms = pause;
    let quiet = quiet_left_ms(f.dispatch, f.rules, f.now);
    progress.next_at = f.after(if quiet > 0 && quiet < pause.saturating_mul(2) { quiet } else { pause });
    f.step(State::InDoubt, progress, log, Effect::Wait)
}

/// Patience bounds the whole time in doubt, but some lookups are tried after each start.
fn patience_spent(f: &Facts<'_>, progress: &Progress) -> bool {
    let looked = progress.lookups_since_start >= LOOKUPS_BEFORE_ASKING || f.rules.contract.lookup == Lookup::None;
    looked && patience_over(f, progress.in_doubt_since.as_ref())
}

/// Whether the time set for doubt has passed since then.
pub(super) fn patience_over(f: &Facts<'_>, since: Option<&Stamp>) -> bool {
    let Some(since) = since else { return false };
    let waited = if f.now.same_boot(since) { f.now.boot_ms - since.boot_ms } else { f.now.wall_ms - since.wall_ms };
    waited >= f.rules.contract.timings.patience_s * 1_000
}

fn not_there(
    f: &Facts<'_>,
    outcome: &LookupOutcome,
    proof: Result<RemoteId, &'static str>,
    rows: u32,
    mut progress: Progress,
    log: Vec<LogDraft>,
) -> Decision {
    let contradicts = progress.sightings.take().is_some();
    if let Some(presence) = &progress.presence {
        // Waiting would not make an order of it. A release waits for quiet by itself, and a find settles the case.
        if let Some(quote) = quote_under_ours(f, outcome) {
            return ask(f, QUOTED, Vec::new(), json!({ "quote": quote.id }), log, progress);
        }
        if patience_spent(f, &progress) {
            let why = format!("the platform said that it has this order ({}), and no lookup shows it", presence.why);
            return ask(f, &why, Vec::new(), Value::Null, log, progress);
        }
        return look_later(f, progress, log);
    }
    let leans = may_replay(f, &progress);
    // Patience does not end before a living fence has been leaned on once: the machine may have slept, or been off.
    let spent = patience_spent(f, &progress) && !(leans && f.dispatch.attempts.len() < 2);
    if !began_after_quiet(f, outcome) {
        if spent {
            return ask(f, "no answer within the time set for doubt", Vec::new(), Value::Null, log, progress);
        }
        return look_later(f, progress, log);
    }
    if leans {
        if spent {
            return ask(f, "no answer within the time set for doubt", Vec::new(), Value::Null, log, progress);
        }
        return f.step(State::InDoubt, progress, log, Effect::Arm);
    }
    if contradicts && patience_spent(f, &progress) {
        return ask(f, FLICKERS, Vec::new(), Value::Null, log, progress);
    }
    match proof {
        Ok(control) => count_absence(f, outcome, control, rows, progress, log),
        Err(why) => {
            let why = format!("not found, and that proves nothing: {why}");
            ask(f, &why, Vec::new(), json!({ "rows": rows }), log, progress)
        }
    }
}

fn spaced(f: &Facts<'_>, last: Option<&Stamp>, began: &Stamp) -> bool {
    last.is_none_or(|last| began.awake_since(last).is_none_or(|ms| ms >= f.rules.proof_spacing_ms()))
}

fn count_absence(
    f: &Facts<'_>,
    outcome: &LookupOutcome,
    control: RemoteId,
    rows: u32,
    mut progress: Progress,
    mut log: Vec<LogDraft>,
) -> Decision {
    if spaced(f, progress.absences.last().map(|a| &a.began), &outcome.began) {
        progress.absences.push(Absence { began: outcome.began.clone(), control, rows });
    }
    if (progress.absences.len() as u32) < f.rules.proofs_needed() {
        progress.next_at = f.after(f.rules.proof_spacing_ms());
        return f.step(State::InDoubt, progress, log, Effect::Wait);
    }
    let proof = json!({ "proof": progress.absences, "lookups": progress.absences.len() });
    let proven = |state, ends: &str| {
        let mut detail = proof.clone();
        detail["leads_to"] = json!(ends);
        LogDraft::new(LogKind::ProvenAbsent, state, detail)
    };
    if let Some(reason) = progress.last_rejected.clone() {
        log.push(proven(State::InDoubt, "refused"));
        log.push(
            LogDraft::new(LogKind::Refused, State::Refused, json!({ "why": "refused, and proven absent" }))
                .with_private(json!({ "message": reason })),
        );
        progress.reason = Some(reason);
        return settle(f, State::Refused, progress, log);
    }
    if progress.cancel_asked {
        log.push(proven(State::Cancelled, "cancelled"));
        progress.reason = Some("cancelled while in doubt; the platform has no such order".into());
        return settle(f, State::Cancelled, progress, log);
    }
    match f.rules.on_absent {
        OnAbsent::Resend if progress.auto_generations < AUTO_GENERATIONS => {
            log.push(proven(State::InDoubt, "a new generation"));
            new_generation(f, progress, log)
        }
        OnAbsent::Resend | OnAbsent::Ask => {
            log.push(proven(State::InDoubt, "a person"));
            ask(f, "proven absent: the platform has no such order", Vec::new(), proof, log, progress)
        }
    }
}

fn settle(f: &Facts<'_>, state: State, mut progress: Progress, log: Vec<LogDraft>) -> Decision {
    progress.in_doubt_since = None;
    progress.next_at = echo_at(f, &progress);
    f.step(state, progress, log, Effect::Wait)
}

/// This dispatch is given up for a new generation of its order, reserved in the same transaction.
pub(super) fn new_generation(f: &Facts<'_>, mut progress: Progress, log: Vec<LogDraft>) -> Decision {
    progress.in_doubt_since = None;
    progress.released = None;
    // What a person has released comes back to a person, if it is withdrawn before it is sent.
    let why = match (f.state(), f.dispatch.any_unknown()) {
        (State::InDoubt, _) => "given up for a new generation",
        (_, true) => {
            "released, and taken back before it was sent again: whether its first request was carried out is not known"
        }
        (_, false) => "released, and taken back before it was sent again",
    };
    progress.reason = Some(why.into());
    progress.reappeared = false;
    progress.echoes_done = 0;
    progress.next_at = echo_at(f, &progress);
    f.step(State::Cancelled, progress, log, Effect::NewGeneration)
}

fn candidate(
    f: &Facts<'_>,
    outcome: &LookupOutcome,
    row: RemoteOrder,
    mut progress: Progress,
    log: Vec<LogDraft>,
) -> Decision {
    if !began_after_quiet(f, outcome) {
        return look_later(f, progress, log);
    }
    let other = progress.sightings.as_ref().is_some_and(|s| s.remote != row.id);
    if (other || !progress.absences.is_empty()) && patience_spent(f, &progress) {
        return ask(f, FLICKERS, vec![row], Value::Null, log, progress);
    }
    // Absence is proven by lookups with the same result, and this is another one.
    progress.absences = Vec::new();
    let sightings = match progress.sightings.take() {
        Some(s) if s.remote == row.id && !spaced(f, Some(&s.last), &outcome.began) => s,
        Some(s) if s.remote == row.id => Sightings { times: s.times + 1, last: outcome.began.clone(), ..s },
        Some(_) | None => Sightings { remote: row.id.clone(), last: outcome.began.clone(), times: 1 },
    };
    let enough = sightings.times >= f.rules.proofs_needed();
    progress.sightings = Some(sightings);
    if !enough {
        progress.next_at = f.after(f.rules.proof_spacing_ms());
        return f.step(State::InDoubt, progress, log, Effect::Wait);
    }
    if progress.cancel_asked {
        let why =
            "a cancel was asked for, and one new order at the platform looks like this one: adopt it to cancel it";
        return ask(f, why, vec![row], Value::Null, log, progress);
    }
    if f.rules.exclusive {
        return bind_counted(f, &row, BoundBy::Scan, log, &progress);
    }
    let why = "one new order at the platform looks like this one, and somebody else may have placed it";
    ask(f, why, vec![row], Value::Null, log, progress)
}

fn unclear(f: &Facts<'_>, outcome: &LookupOutcome, why: &str, mut progress: Progress, log: Vec<LogDraft>) -> Decision {
    let after_quiet = began_after_quiet(f, outcome);
    if after_quiet {
        progress.unclear_after_quiet += 1;
    }
    if patience_spent(f, &progress) {
        let why = format!("no lookup gave a clear answer within the time set for doubt (last: {why})");
        return ask(f, &why, Vec::new(), Value::Null, log, progress);
    }
    if after_quiet && progress.unclear_after_quiet >= UNCLEAR_BEFORE_REPLAY && may_replay(f, &progress) {
        return f.step(State::InDoubt, progress, log, Effect::Arm);
    }
    look_later(f, progress, log)
}

/// Found `sending` at a start: whatever the last process did, its request may have left.
pub(super) fn recovered_sending(f: &Facts<'_>) -> Decision {
    let Some(n) = f.dispatch.attempts.iter().find(|a| a.end.is_none()).map(|a| a.n) else {
        return f.wait(f.progress());
    };
    let mut progress = f.progress();
    super::attempt::doubtful(f, &mut progress);
    progress.lookups_since_start = 0;
    progress.next_at = f.after(0);
    let why = "Docket stopped while the request was on its way";
    let detail = json!({ "attempt": n, "was": State::Sending, "outcome": "unknown", "why": why });
    let entry = LogDraft::new(LogKind::Recovered, State::InDoubt, detail);
    let mut decision = f.step(State::InDoubt, progress, vec![entry], Effect::Wait);
    decision.change.end = Some((n, end_now(f, crate::domain::AttemptOutcome::Unknown, None)));
    decision.change.quiet_anew = Some(f.now.clone());
    decision
}

/// Found in doubt or in review at a start: three lookups are owed again, and quiet counts anew after a restart of the
/// machine.
pub(super) fn recovered_waiting(f: &Facts<'_>) -> Decision {
    let mut progress = f.progress();
    progress.lookups_since_start = 0;
    progress.pause_ms = f.rules.contract.timings.lookup_interval_ms;
    let state = f.state();
    let due = state == State::InDoubt || progress.released.is_some() || f.rules.contract.lookup.is_exact();
    progress.next_at = if due { f.after(0) } else { None };
    let log = if state == State::InDoubt {
        vec![LogDraft::new(LogKind::Recovered, state, json!({ "was": state }))]
    } else {
        Vec::new()
    };
    let mut decision = f.step(state, progress, log, Effect::Wait);
    decision.change.quiet_anew = Some(f.now.clone());
    decision
}
