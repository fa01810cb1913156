//! A person's decision. The lookup is repeated first; when its answer has changed, the new answer counts.

use serde_json::{Value, json};

use crate::domain::dispatch::Released;
use crate::domain::remote::{LookupOutcome, without_codes};
use crate::domain::{
    BoundBy, Decision, Effect, LogDraft, LogKind, Lookup, NotAllowed, PersonDecision, Progress, RemoteId, RemoteOrder,
    State,
};

use super::doubt::{bind_counted, may_replay, new_generation, presence_shown, told};
use super::echo;
use super::fence::quiet_left_ms;
use super::judge::{Finding, judge};
use super::{Facts, bind};

/// A new generation was decided on, and the order's content can no longer be sent, by today's rules: a person has to look.
pub fn unsendable(f: &Facts<'_>, why: &str) -> Decision {
    let mut progress = f.progress();
    let reason = format!("it would have to be sent anew, and its content can no longer be sent as it stands ({why})");
    if f.state() == State::InDoubt {
        return super::ask(f, &reason, Vec::new(), Value::Null, Vec::new(), progress);
    }
    progress.released = None;
    progress.next_at = None;
    let entry = LogDraft::new(LogKind::Incident, f.state(), json!({ "why": reason }));
    progress.reason = Some(reason);
    f.step(f.state(), progress, vec![entry], Effect::Wait)
}

/// A case in review keeps its exact lookups, and a release that waits for quiet is carried out when quiet is over.
pub(super) fn due_in_review(f: &Facts<'_>) -> Decision {
    let progress = f.progress();
    if progress.next_at.as_ref().is_none_or(|due| !f.now.reached(due)) {
        return f.wait(progress);
    }
    if f.rules.contract.lookup == Lookup::None {
        let Some(released) = progress.released.clone() else { return f.wait(progress) };
        let nothing = Finding::NotThere { proof: Err("the platform has no lookup"), rows: 0 };
        return release_after_lookup(f, &nothing, &released, progress, Vec::new());
    }
    if progress.released.is_some() || f.rules.contract.lookup.is_exact() {
        return f.step(f.state(), progress, Vec::new(), Effect::LookUp);
    }
    f.wait(progress)
}

/// A closed case is left alone, but for a release that waits for quiet, and later looks where one is owed.
pub(super) fn due_closed(f: &Facts<'_>) -> Decision {
    if f.dispatch.progress.released.is_some() { due_in_review(f) } else { echo::due(f) }
}

pub(super) fn looked_up_closed(f: &Facts<'_>, outcome: &LookupOutcome) -> Decision {
    if f.dispatch.progress.released.is_some() { looked_up(f, outcome) } else { echo::looked_up(f, outcome) }
}

/// The machine may have restarted: the quiet that a release waits for counts anew.
pub(super) fn recovered_closed(f: &Facts<'_>) -> Decision {
    let mut progress = f.progress();
    if progress.released.is_some() {
        progress.next_at = f.after(0);
    }
    let mut decision = f.wait(progress);
    decision.change.quiet_anew = f.dispatch.any_unknown().then(|| f.now.clone());
    decision
}

/// A lookup ended while a person was being asked: an exact find settles the case.
pub(super) fn looked_up(f: &Facts<'_>, outcome: &LookupOutcome) -> Decision {
    let mut progress = f.progress();
    progress.lookups += 1;
    progress.lookups_since_start += 1;
    let finding = judge(f, outcome);
    let log = vec![told(f, &finding, f.state())];
    if let Finding::Ours(remote, by) = &finding {
        return bind_counted(f, remote, *by, log, &progress);
    }
    if let Some(released) = progress.released.clone() {
        return release_after_lookup(f, &finding, &released, progress, log);
    }
    refresh(f, &finding, &mut progress);
    f.step(f.state(), progress, log, Effect::Wait)
}

fn refresh(f: &Facts<'_>, finding: &Finding, progress: &mut Progress) {
    match finding {
        Finding::Candidate(row) => progress.candidates = without_codes(std::slice::from_ref(row)),
        Finding::Puzzling { why, rows } => {
            presence_shown(f, why, rows, progress);
            progress.candidates = without_codes(rows);
        }
        Finding::Ours(..) | Finding::NotThere { .. } | Finding::Unclear(_) => {}
    }
    progress.next_at = if f.rules.contract.lookup.is_exact() {
        f.after(f.rules.contract.timings.lookup_interval_max_ms)
    } else {
        None
    };
}

fn release_after_lookup(
    f: &Facts<'_>,
    finding: &Finding,
    released: &Released,
    mut progress: Progress,
    log: Vec<LogDraft>,
) -> Decision {
    let quiet = quiet_left_ms(f.dispatch, f.rules, f.now);
    if quiet > 0 {
        progress.next_at = f.after(quiet);
        return f.step(f.state(), progress, log, Effect::Wait);
    }
    if let Finding::Unclear(_) = finding
        && !may_replay(f, &progress)
    {
        progress.next_at = f.after(f.rules.contract.timings.lookup_interval_ms);
        return f.step(f.state(), progress, log, Effect::Wait);
    }
    let grown = new_candidates(finding, &progress);
    if !grown.is_empty() {
        // The answer has changed since the person decided: the case is open again.
        progress.released = None;
        refresh(f, finding, &mut progress);
        progress.reason = Some("the platform shows something new since the release: please decide again".into());
        return f.step(f.state(), progress, log, Effect::Wait);
    }
    send_again(f, progress, log, released.reason.as_deref())
}

/// Candidates that the person had not been shown.
fn new_candidates(finding: &Finding, progress: &Progress) -> Vec<RemoteOrder> {
    let rows: &[RemoteOrder] = match finding {
        Finding::Candidate(row) => std::slice::from_ref(row),
        Finding::Puzzling { rows, .. } => rows,
        Finding::Ours(..) | Finding::NotThere { .. } | Finding::Unclear(_) => &[],
    };
    let known = |row: &RemoteOrder| progress.candidates.iter().any(|c| c.id == row.id);
    if rows.iter().all(known) { Vec::new() } else { rows.to_vec() }
}

/// The stored bytes inside a live fence, else a new generation.
fn send_again(f: &Facts<'_>, mut progress: Progress, log: Vec<LogDraft>, reason: Option<&str>) -> Decision {
    progress.cancel_asked = false;
    if may_replay(f, &progress) {
        progress.released = Some(Released { reason: reason.map(str::to_owned) });
        // If the arming does not come about, the release is looked at again.
        progress.next_at = f.after(0);
        return f.step(f.state(), progress, log, Effect::Arm);
    }
    new_generation(f, progress, log)
}

pub(super) fn decided(
    f: &Facts<'_>,
    decision: &PersonDecision,
    reason: Option<&str>,
    lookup: Option<&LookupOutcome>,
) -> Result<Decision, NotAllowed> {
    let mut progress = f.progress();
    let mut log = Vec::new();
    let finding = lookup.map(|outcome| judge(f, outcome));
    if let Some(finding) = &finding {
        progress.lookups += 1;
        progress.lookups_since_start += 1;
        log.push(told(f, finding, f.state()));
    }
    match decision {
        PersonDecision::Close => close(f, reason, progress, log),
        PersonDecision::Adopt { remote } => adopt(f, remote, reason, lookup, finding, progress, log),
        PersonDecision::Release => release(f, reason, finding, progress, log),
    }
}

fn note(f: &Facts<'_>, what: &str, state: State, reason: Option<&str>, more: Value) -> LogDraft {
    let mut detail = json!({ "decision": what, "was": f.dispatch.progress.reason });
    if !more.is_null() {
        detail["note"] = more;
    }
    LogDraft::new(LogKind::ReviewDecided, state, detail).with_private(json!({ "reason": reason }))
}

fn close(
    f: &Facts<'_>,
    reason: Option<&str>,
    mut progress: Progress,
    mut log: Vec<LogDraft>,
) -> Result<Decision, NotAllowed> {
    if f.state() == State::Closed && progress.released.is_none() {
        return Err(f.not_allowed("close", "it is closed already"));
    }
    progress.released = None;
    progress.echoes_done = 0;
    progress.next_at = echo::echo_at(f, &progress);
    log.push(note(f, "close", State::Closed, reason, Value::Null));
    Ok(f.step(State::Closed, progress, log, Effect::Wait))
}

fn adopt(
    f: &Facts<'_>,
    wanted: &RemoteId,
    reason: Option<&str>,
    lookup: Option<&LookupOutcome>,
    finding: Option<Finding>,
    progress: Progress,
    mut log: Vec<LogDraft>,
) -> Result<Decision, NotAllowed> {
    if let Some(Finding::Ours(remote, by)) = &finding {
        let (by, changed) = if remote.id == *wanted {
            (BoundBy::Person, Value::Null)
        } else {
            (*by, json!("the lookup now shows another order under our reference; that one was taken"))
        };
        log.push(note(f, "adopt", f.state(), reason, changed));
        return Ok(bind_counted(f, remote, by, log, &progress));
    }
    let seen = lookup.and_then(|l| l.result.as_ref().ok());
    let Some(seen) = seen else {
        return Err(f.not_allowed("adopt", "the platform could not be asked just now; try again when it answers"));
    };
    if seen.claimed.contains(wanted) {
        return Err(f.not_allowed("adopt", format!("{wanted} belongs to another order of this ledger")));
    }
    let Some(remote) = seen.rows.iter().find(|r| r.id == *wanted) else {
        return Err(f.not_allowed("adopt", format!("the platform does not show an order {wanted}; check the id")));
    };
    if remote.quote {
        return Err(f.not_allowed("adopt", format!("{wanted} is a quote and no order")));
    }
    if remote.reference.as_deref().is_some_and(|r| r != f.dispatch.reference.as_str()) {
        return Err(f.not_allowed("adopt", format!("{wanted} bears another reference: it is somebody else's order")));
    }
    log.push(note(f, "adopt", f.state(), reason, Value::Null));
    let mut decision = bind(f, remote, BoundBy::Person, log, None);
    decision.change.progress.lookups = progress.lookups;
    Ok(decision)
}

fn release(
    f: &Facts<'_>,
    reason: Option<&str>,
    finding: Option<Finding>,
    mut progress: Progress,
    mut log: Vec<LogDraft>,
) -> Result<Decision, NotAllowed> {
    if progress.cancel_asked {
        // Whoever wants it sent does not want it cancelled any more.
        progress.cancel_asked = false;
        let mut dispatch = f.dispatch.clone();
        dispatch.progress.cancel_asked = false;
        return release(&Facts { dispatch: &dispatch, ..*f }, reason, finding, progress, log);
    }
    if let Some(Finding::Ours(remote, by)) = &finding {
        let changed = json!("the lookup now finds the order at the platform; it was taken over and nothing was sent");
        log.push(note(f, "release", f.state(), reason, changed));
        return Ok(bind_counted(f, remote, *by, log, &progress));
    }
    if finding.is_none() && f.rules.contract.lookup != Lookup::None {
        return Err(f.not_allowed("release", "the platform has to be asked once more before anything is sent again"));
    }
    if let Some(finding) = &finding {
        let grown = !new_candidates(finding, &progress).is_empty();
        refresh(f, finding, &mut progress);
        if grown {
            progress.reason = Some("the platform shows something new: please decide again".into());
            progress.released = None;
            return Ok(f.step(f.state(), progress, log, Effect::Wait));
        }
        if matches!(finding, Finding::Unclear(_)) && !may_replay(f, &progress) {
            return Err(f.not_allowed("release", "the platform could not be asked just now; try again when it answers"));
        }
    }
    let risky = progress.presence.is_some() || !progress.candidates.is_empty();
    if risky && reason.is_none_or(str::is_empty) {
        return Err(f.not_allowed(
            "release",
            "the platform has shown that something like this order may exist; say with --reason why it is to be sent again",
        ));
    }
    let quiet = quiet_left_ms(f.dispatch, f.rules, f.now);
    if quiet > 0 {
        progress.released = Some(Released { reason: reason.map(str::to_owned) });
        progress.next_at = f.after(quiet);
        log.push(note(f, "release", f.state(), reason, json!({ "waits_ms": quiet })));
        let mut decision = f.step(f.state(), progress, log, Effect::Wait);
        decision.change.quiet_anew = Some(f.now.clone());
        return Ok(decision);
    }
    log.push(note(f, "release", f.state(), reason, Value::Null));
    Ok(send_again(f, progress, log, reason))
}
