//! Later looks at a generation that was given up, or closed, while an attempt was unknown. A find is an incident.

use serde_json::json;

use crate::domain::dispatch::Presence;
use crate::domain::remote::LookupOutcome;
use crate::domain::{Decision, Effect, LogDraft, LogKind, Lookup, Progress, RemoteOrder, Stamp};

use super::Facts;
use super::judge::{Finding, judge};

/// From the giving up: 5 min, 1 h, 24 h and 72 h.
const ECHOES_MS: [i64; 4] = [300_000, 3_600_000, 86_400_000, 259_200_000];

/// When the next later look is due, if one is owed.
pub(super) fn echo_at(f: &Facts<'_>, progress: &Progress) -> Option<Stamp> {
    let done = progress.echoes_done as usize;
    let at = ECHOES_MS.get(done)?;
    let before = done.checked_sub(1).map_or(0, |last| ECHOES_MS[last]);
    let owed = f.dispatch.any_unknown() && f.rules.contract.lookup != Lookup::None;
    owed.then(|| f.now.plus(at - before))
}

/// Sleep and restarts count: what matters is how long the straggler had, not how long we were awake.
pub(super) fn due(f: &Facts<'_>) -> Decision {
    let mut progress = f.progress();
    let Some(at) = &progress.next_at else { return f.wait(progress) };
    let left = if at.same_boot(f.now) { at.boot_ms - f.now.boot_ms } else { at.wall_ms - f.now.wall_ms };
    if !f.dispatch.any_unknown() || f.rules.contract.lookup == Lookup::None {
        progress.next_at = None;
        return f.wait(progress);
    }
    if left <= 0 {
        return f.step(f.state(), progress, Vec::new(), Effect::LookUp);
    }
    if !at.same_boot(f.now) {
        progress.next_at = f.after(left.min(ECHOES_MS[ECHOES_MS.len() - 1]));
    }
    f.wait(progress)
}

/// What such a look showed.
pub(super) fn looked_up(f: &Facts<'_>, outcome: &LookupOutcome) -> Decision {
    let mut progress = f.progress();
    progress.lookups += 1;
    progress.echoes_done += 1;
    progress.next_at = echo_at(f, &progress);
    let finding = judge(f, outcome);
    let found: &[RemoteOrder] = match &finding {
        Finding::Ours(remote, _) => std::slice::from_ref(remote),
        // On an account where others order too, a later look-alike says nothing.
        Finding::Candidate(remote) if f.rules.exclusive => std::slice::from_ref(remote),
        Finding::Puzzling { rows, .. } if f.rules.contract.lookup.is_exact() => rows,
        Finding::Candidate(_) | Finding::Puzzling { .. } | Finding::NotThere { .. } | Finding::Unclear(_) => &[],
    };
    let mut log = Vec::new();
    if let Some(first) = found.first() {
        progress.next_at = None;
        // What a person has seen, and released it all the same, is no news.
        let pointed = progress.presence.as_ref().is_some_and(|p| p.pointer.as_ref() == Some(&first.id));
        progress.reappeared = !pointed && !first.was_cancelled();
        if progress.reappeared {
            let why = "an order that was given up has appeared at the platform";
            let different = !matches!(finding, Finding::Ours(..));
            let pointer = Some(first.id.clone());
            progress.presence = Some(Presence { pointer, why: why.into(), different, shown: true });
            progress.reason = Some(why.into());
            let known: Vec<_> = progress.candidates.iter().map(|c| c.id.clone()).collect();
            progress.candidates.extend(found.iter().filter(|row| !known.contains(&row.id)).cloned());
        }
        let all: Vec<_> = found.iter().map(|r| &r.id).collect();
        let detail = json!({
            "why": "an order that was given up has appeared at the platform",
            "platform_order_id": first.id,
            "platform_order_ids": all,
            "generation": f.dispatch.generation,
        });
        log.push(LogDraft::new(LogKind::Incident, f.state(), detail));
    }
    f.step(f.state(), progress, log, Effect::Wait)
}
