//! Absence is proven only when every condition holds; each is removed in turn. Scans, before-sets and later looks.

use crate::domain::remote::LookupOutcome;
use crate::domain::{
    AttemptOutcome, Control, Effect, Event, Fence, LogKind, Lookup, PersonDecision, RemoteId, RemoteOrder, Seen, State,
};

use super::build::*;
use crate::decide::fence::may_be_gone;

/// Looks twice, well spaced, at what `change` makes of a lookup that would prove absence. Whether it was proven.
fn proves(lookup: Lookup, change: impl Fn(&mut LookupOutcome, &Case)) -> bool {
    let mut case = Case::unfenced(ACTIVE, lookup);
    case.resend();
    for _ in 0..2 {
        let mut outcome = case.saw(Vec::new());
        change(&mut outcome, &case);
        let decision = case.take(Event::LookedUp(outcome));
        if kinds(&decision).contains(&LogKind::ProvenAbsent) {
            return true;
        }
        if case.d.state != State::InDoubt {
            return false;
        }
        case.wait(case.rules.proof_spacing_ms());
    }
    false
}

fn seen(outcome: &mut LookupOutcome) -> &mut Seen {
    outcome.result.as_mut().unwrap()
}

fn stranger() -> RemoteOrder {
    let mut row = RemoteOrder::bare("x");
    row.reference = Some("another".into());
    row
}

#[test]
fn every_condition_of_a_proof_is_needed() {
    for lookup in [BY_REF, Lookup::ScanForReference] {
        assert!(proves(lookup, |_, _| {}), "with every condition it is one: {lookup:?}");
        assert!(!proves(lookup, |o, c| o.began = c.d.attempts[0].armed.plus(TIMEOUT + QUIET - 1)), "begun too early");
        assert!(!proves(lookup, |o, _| seen(o).to_end = false), "not every page was read");
        assert!(!proves(lookup, |o, _| o.result = Err("401".into())), "not authorised");
        assert!(!proves(lookup, |o, _| seen(o).controls.clear()), "no control");
        assert!(!proves(lookup, |o, _| seen(o).controls[0].shown = false), "the control was not shown");
        assert!(!proves(lookup, |o, c| seen(o).controls[0].armed = c.d.attempts[0].armed.clone()), "no newer control");
        assert!(!proves(lookup, |o, c| o.began = c.d.attempts[0].armed.plus(TIMEOUT + QUIET)), "not spaced");
    }
    assert!(!proves(BY_REF, |o, _| o.show(stranger(), Vec::new())), "the filter is ignored");
    assert!(proves(Lookup::ScanForReference, |o, _| o.show(stranger(), Vec::new())), "a list shows others");
    assert!(proves(BY_REF, |o, _| seen(o).shows_ended = false), "its documents say that it does not");
}

/// A platform that cuts its list says nothing of it: what was there before is not shown, and the page looks like the last.
/// Or it shows ended ones for a while only, and then what was there before is shown because it goes on.
#[test]
fn a_list_that_shows_nothing_older_than_ours_that_has_ended_proves_nothing() {
    let with = |lookup: Lookup, before: &[&str], shown: &[RemoteOrder], control: i64| {
        let mut case = Case::unfenced(KEY, lookup);
        case.resend();
        case.d.attempts[0].before_set = Some(before.iter().map(|id| (*id).into()).collect());
        for _ in 0..2 {
            let mut outcome = case.saw(Vec::new());
            let armed = case.d.attempts[0].armed.plus(control);
            let seen = seen(&mut outcome);
            seen.rows = shown.to_vec().into();
            seen.controls.push(Control { remote: RemoteId::from("k"), armed, shown: true });
            if kinds(&case.take(Event::LookedUp(outcome))).contains(&LogKind::ProvenAbsent) {
                return true;
            }
            case.wait(case.rules.proof_spacing_ms());
        }
        assert_eq!(case.d.state, State::NeedsReview, "a person is asked");
        false
    };
    let other = |id: &str| RemoteOrder { fingerprint: Some("another".into()), ..RemoteOrder::bare(id) };
    let ended = |id: &str| RemoteOrder { ended: Some(true), ..other(id) };
    for lookup in [Lookup::ScanForReference, Lookup::ScanForLookalike] {
        assert!(with(lookup, &["b", "a"], &[other("c"), ended("b")], 1), "{lookup:?}: one of those");
        assert!(with(lookup, &["b", "a"], &[ended("k")], -1), "{lookup:?}: one that the ledger knows to be older");
        assert!(!with(lookup, &["b", "a"], &[ended("k")], 1), "{lookup:?}: it is newer");
        assert!(!with(lookup, &["b", "a"], &[ended("d"), ended("c")], 1), "{lookup:?}: none of those");
        assert!(!with(lookup, &["b", "a"], &[ended("c"), other("b")], 1), "{lookup:?}: it goes on");
    }
    assert!(with(Lookup::ScanForLookalike, &[], &[ended("c")], 1), "the list was read, and empty");
    assert!(!with(Lookup::ScanForReference, &[], &[ended("c")], 1), "nobody read it: the ledger knew none");
}

#[test]
fn under_another_credential_nothing_is_absent() {
    for lookup in [BY_REF, Lookup::ScanForReference, Lookup::ScanForLookalike] {
        let mut case = Case::unfenced(ACTIVE, lookup);
        case.resend();
        case.credential = crate::domain::CredentialDigest::of("c2");
        case.d.progress.cancel_asked = lookup == BY_REF;
        case.d.progress.last_rejected = (lookup == Lookup::ScanForReference).then(|| "no".into());
        for _ in 0..6 {
            let decision = case.look(Vec::new());
            assert!(!kinds(&decision).contains(&LogKind::ProvenAbsent), "{lookup:?}");
            case.wait(case.rules.proof_spacing_ms());
            if case.d.state != State::InDoubt {
                break;
            }
        }
        assert_eq!(case.d.state, State::NeedsReview, "{lookup:?}: a person is asked");
    }
}

#[test]
fn a_lookup_that_hides_ended_orders_proves_nothing_once_ours_could_have_ended() {
    for (elapsed, proven) in [(540_000 - 60_000, true), (540_000, false)] {
        let mut case = Case::unfenced(ACTIVE, HIDES);
        case.wait(elapsed - TIMEOUT - QUIET);
        case.look(Vec::new());
        case.wait(case.rules.proof_spacing_ms());
        if case.d.state == State::InDoubt {
            case.look(Vec::new());
        }
        assert_eq!(case.d.progress.reason.as_ref().unwrap().starts_with("proven absent"), proven);
    }
    // What shows another that has ended would show ours; and no list says that it shows any.
    for (fence, lookup) in [(ACTIVE, HIDES), (KEY, HIDES), (KEY, Lookup::ScanForReference), (KEY, BY_REF)] {
        for shows_ended in [true, false] {
            let mut case = Case::unfenced(fence, lookup);
            case.shows_ended = shows_ended;
            case.wait(HOUR);
            case.prove_absence();
            let proven = case.d.progress.reason.unwrap().starts_with("proven absent");
            assert_eq!(proven, shows_ended || lookup == BY_REF, "{fence:?} {lookup:?} {shows_ended}");
        }
    }
}

#[test]
fn one_lookup_is_never_a_proof_whatever_the_setting() {
    let mut case = Case::unfenced(KEY, BY_REF);
    case.rules.contract.timings.proof_lookups = 1;
    case.look(Vec::new());
    assert_eq!(case.d.state, State::InDoubt);
}

#[test]
fn a_match_found_by_reading_on_is_a_match_though_the_filter_is_ignored() {
    let mut case = Case::unfenced(KEY, BY_REF);
    let ours = case.ours();
    case.look(vec![stranger(), ours]);
    assert_eq!(case.d.state, State::Dispatched);
}

#[test]
fn a_candidate_between_two_absences_starts_the_proof_anew() {
    let mut case = Case::quiet(Fence::None, Lookup::ScanForLookalike);
    case.resend();
    for rows in [vec![], vec![lookalike("r3")], vec![]] {
        case.look(rows);
        case.wait(case.rules.proof_spacing_ms());
    }
    assert_eq!(case.d.state, State::InDoubt, "absent, there, absent is not the same result twice");
    assert_eq!(case.d.progress.absences.len(), 1);
    assert!(case.d.progress.sightings.is_none(), "nor was the candidate seen twice running");
}

#[test]
fn a_list_that_flickers_ends_in_front_of_a_person() {
    let mut case = Case::quiet(Fence::None, Lookup::ScanForLookalike);
    for round in 0..1_000 {
        case.look(if round % 2 == 0 { vec![] } else { vec![lookalike("r3")] });
        if case.d.state != State::InDoubt {
            break;
        }
        case.wait(case.rules.proof_spacing_ms());
    }
    assert_eq!(case.d.state, State::NeedsReview);
}

#[test]
fn rows_of_the_before_set_and_rows_with_an_owner_are_no_candidates() {
    let mut case = Case::quiet(Fence::None, Lookup::ScanForLookalike);
    let old = RemoteOrder { ended: Some(true), ..lookalike("old") };
    let mut outcome = case.saw(vec![old, lookalike("taken")]);
    seen(&mut outcome).claimed.push(RemoteId::from("taken"));
    case.take(Event::LookedUp(outcome));
    assert_eq!(case.d.progress.absences.len(), 1, "nothing new is there");
}

#[test]
fn a_scan_is_whole_when_it_reaches_the_before_set_or_the_end() {
    let at =
        |id: &str, created_ms: i64| RemoteOrder { created_ms: Some(created_ms), ended: Some(true), ..lookalike(id) };
    let cases = [
        (vec![at("old", 5), at("older", 4)], false, true),
        (vec![at("old", 5)], false, false),
        (vec![at("old", 5), at("as old", 5)], false, false),
        (vec![at("old", 5)], true, true),
    ];
    for (mut rows, to_end, counts) in cases {
        // What is not in the before-set must not be taken for ours.
        rows.iter_mut().skip(1).for_each(|row| row.fingerprint = Some(crate::domain::Fingerprint::from("another")));
        let mut case = Case::quiet(Fence::None, Lookup::ScanForLookalike);
        let mut outcome = case.saw(rows);
        seen(&mut outcome).to_end = to_end;
        case.take(Event::LookedUp(outcome));
        assert_eq!(case.d.progress.absences.len() == 1, counts, "{to_end} {counts}");
        assert_eq!(case.d.state == State::NeedsReview, !counts);
    }
    let mut cut = Case::quiet(Fence::None, Lookup::ScanForLookalike);
    cut.rules.exclusive = true;
    let mut outcome = cut.saw(vec![lookalike("r3")]);
    seen(&mut outcome).to_end = false;
    cut.take(Event::LookedUp(outcome));
    assert_eq!(cut.d.state, State::NeedsReview, "a candidate on a scan that was cut short is for a person");
}

/// Where a platform forgets, nothing is absent that is older than it remembers: told by the clocks that are left.
#[test]
fn what_may_be_gone_because_of_its_age_is_not_absent() {
    const SHOWN_S: i64 = 3_600;
    let aged = |age_ms: i64, change: fn(&mut Case)| {
        let mut case = Case::unfenced(ACTIVE, BY_REF);
        case.rules.contract.shown_s = Some(SHOWN_S);
        case.rules.contract.timings.patience_s = 2 * SHOWN_S;
        case.wait(age_ms - (case.now.wall_ms - case.d.attempts[0].armed.wall_ms));
        change(&mut case);
        case
    };
    let (young, old) = (SHOWN_S * 1_000 - 1, SHOWN_S * 1_000);
    for (age_ms, counts) in [(young, 1), (old, 0)] {
        let mut case = aged(age_ms, |_| ());
        case.look(Vec::new());
        assert_eq!(case.d.progress.absences.len(), counts, "at {age_ms} ms");
    }
    let gone = |age_ms, change| may_be_gone(&aged(age_ms, change).facts());
    let told: [fn(&mut Case); 3] = [
        |_| (),
        |case| {
            case.reboot("boot-2");
        },
        told_nothing,
    ];
    for change in told {
        assert!(!gone(young, change) && gone(old, change));
    }
    let unheard: [fn(&mut Case); 3] = [
        |case| case.reboot("boot-2").server_ms = None,
        |case| {
            told_nothing(case);
            case.server_ms = None;
        },
        |case| {
            told_nothing(case);
            case.now.wall_ms = case.d.attempts[0].armed.wall_ms - 1;
        },
    ];
    for change in unheard {
        assert!(gone(young, change), "nobody knows how old it is");
    }
}

fn told_nothing(case: &mut Case) {
    case.reboot("boot-2").d.attempts[0].server_ms = None;
}

/// The before-set is the list's first page. An old order that looks the same stands deeper, and is not ours.
#[test]
fn a_look_alike_that_is_older_than_the_before_set_is_for_a_person() {
    let at = |id: &str, created_ms: i64| RemoteOrder { created_ms: Some(created_ms), ..lookalike(id) };
    for (created_ms, adopted) in [(4, false), (5, true), (6, true)] {
        let mut case = Case::quiet(Fence::None, Lookup::ScanForLookalike);
        case.rules.exclusive = true;
        for _ in 0..case.rules.contract.timings.proof_lookups {
            if case.d.state != State::InDoubt {
                break;
            }
            case.look(vec![at("r3", created_ms), at("old", 5)]);
            case.wait(case.rules.proof_spacing_ms());
        }
        assert_eq!(case.d.state, if adopted { State::Dispatched } else { State::NeedsReview }, "made at {created_ms}");
    }
}

#[test]
fn without_a_before_set_nothing_is_armed_or_adopted_by_scan() {
    let fresh = Case::new(Fence::None, Lookup::ScanForLookalike);
    assert!(crate::decide::arm(&fresh.facts(), None).is_err());
    assert!(crate::decide::arm(&Case::new(KEY, BY_REF).facts(), None).is_ok());
    let mut case = Case::quiet(Fence::None, Lookup::ScanForLookalike);
    case.rules.exclusive = true;
    case.d.attempts[0].before_set = None;
    case.look(vec![lookalike("r3")]);
    assert_eq!(case.d.state, State::NeedsReview, "an old order could be taken for ours");
}

#[test]
fn a_new_row_that_shows_too_little_forbids_absence() {
    let mut case = Case::quiet(Fence::None, Lookup::ScanForLookalike);
    case.look(vec![RemoteOrder::bare("r5")]);
    assert_eq!(case.d.state, State::NeedsReview);
}

/// A generation given up with an unknown attempt.
fn given_up() -> Case {
    let mut case = Case::unfenced(KEY, BY_REF);
    case.resend();
    assert_eq!(case.prove_absence().effect, Effect::NewGeneration);
    case
}

#[test]
fn a_generation_given_up_is_looked_up_after_five_minutes_an_hour_a_day_and_three() {
    let mut case = given_up();
    let start = case.now.boot_ms;
    for at in [300_000, HOUR, 24 * HOUR, 72 * HOUR] {
        assert_eq!(case.due().effect, Effect::Wait, "not before its time");
        case.wait_due();
        assert_eq!(case.now.boot_ms - start, at);
        assert_eq!(case.due().effect, Effect::LookUp);
        assert!(case.look(Vec::new()).log.is_empty());
    }
    assert!(case.d.progress.next_at.is_none(), "four looks, and no more");
    assert_eq!(case.d.state, State::Cancelled);
}

#[test]
fn later_looks_keep_their_times_over_a_restart() {
    let mut case = given_up();
    case.wait(60_000).reboot("boot-2");
    assert_eq!(case.due().effect, Effect::Wait, "a restart does not use up a later look");
    case.wait_due();
    assert_eq!(case.due().effect, Effect::LookUp);
}

#[test]
fn a_late_find_is_an_incident() {
    let case = given_up();
    let mut second = case.ours();
    second.id = RemoteId::from("r2");
    for rows in [vec![case.ours()], vec![case.ours(), second]] {
        let mut case = case.clone();
        let decision = case.look(rows);
        assert_eq!(kinds(&decision), [LogKind::Incident]);
        assert_eq!(case.d.state, State::Cancelled);
    }
    let mut scan = Case::quiet(Fence::None, Lookup::ScanForLookalike);
    scan.rules.exclusive = true;
    scan.resend();
    assert_eq!(scan.prove_absence().effect, Effect::NewGeneration);
    assert!(scan.d.progress.next_at.is_some());
    assert_eq!(kinds(&scan.look(vec![lookalike("r3")])), [LogKind::Incident]);
}

#[test]
fn a_first_rejection_owes_no_later_look() {
    let mut case = Case::sending(KEY, BY_REF);
    case.take(rejected(1));
    assert_eq!((case.d.state, case.d.progress.next_at.clone()), (State::Refused, None));
    assert_eq!(case.d.attempts[0].end.as_ref().unwrap().outcome, AttemptOutcome::Rejected);
}

#[test]
fn what_was_given_up_and_appears_stops_what_took_its_place() {
    let mut case = given_up();
    case.wait_due();
    let mut cancelled = case.ours();
    (cancelled.status, cancelled.ended) = (Some("CANCELLED".into()), Some(true));
    let mut over = case.clone();
    over.look(vec![cancelled]);
    assert!(!over.d.progress.reappeared, "a cancelled one is nobody's second order");
    let ours = case.ours();
    assert_eq!(kinds(&case.look(vec![ours.clone()])), [LogKind::Incident]);
    let p = &case.d.progress;
    assert!(p.reappeared && p.presence.as_ref().is_some_and(|shown| shown.pointer.as_ref() == Some(&ours.id)));
    assert_eq!(p.candidates.iter().map(|c| &c.id).collect::<Vec<_>>(), [&ours.id], "a person sees it side by side");

    // Queued and not armed, its successor is taken back for a person; on its way, it is what it is.
    let mut next = Case::new(KEY, BY_REF);
    next.d.generation = 2;
    assert_eq!(kinds(&next.take(Event::ElderFound)), [LogKind::Withdrawn]);
    assert_eq!(next.d.state, State::NeedsReview);
    assert!(Case::sending(KEY, BY_REF).decide(&Event::ElderFound).is_err());

    // Whoever has seen it and releases it all the same is not stopped again.
    case.d.state = State::NeedsReview;
    let lookup = case.saw(vec![ours.clone()]);
    case.take(Event::Decided { decision: PersonDecision::Close, reason: None, lookup: Some(lookup) });
    assert!(case.d.progress.reappeared, "nobody has sent it again");
}
