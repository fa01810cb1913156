//! Quiet, and the one inequality of every fence that ends, at its exact boundary.

use crate::decide::{FenceLife, fence_life, quiet_left_ms};
use crate::domain::{AttemptOutcome, CredentialDigest, Effect, Event, Fence, State, StoredOutcomes};

use super::build::*;

fn alive(case: &Case) -> bool {
    matches!(fence_life(&case.facts()), FenceLife::Alive { .. })
}

/// Armed at 0, ended at once, so that `now` is what has elapsed.
fn at(fence: Fence, elapsed: i64) -> Case {
    let mut case = Case::sending(fence, BY_REF);
    case.take(lost(1));
    case.wait(elapsed);
    case
}

const EDGES: [(Fence, i64); 2] = [(KEY, 3_000_000 - TIMEOUT - QUIET), (ACTIVE, 540_000 - TIMEOUT - QUIET)];

#[test]
fn elapsed_plus_timeout_plus_quiet_is_below_life_less_margin() {
    for (fence, edge) in EDGES {
        assert!(alive(&at(fence, edge - 1)), "one millisecond before");
        assert!(!alive(&at(fence, edge)), "at the boundary it is dead");
    }
    assert!(alive(&at(FOREVER, 1_000 * HOUR)));
    assert!(!alive(&at(Fence::None, 0)));
}

#[test]
fn elapsed_is_the_largest_of_all_clocks() {
    for (fence, edge) in EDGES {
        let mut wall = at(fence, 0);
        wall.now.wall_ms += edge;
        assert!(!alive(&wall), "the wall clock alone kills it");
        let mut boot = at(fence, 0);
        boot.now.boot_ms += edge;
        assert!(!alive(&boot), "sleep counts");
        let mut server = at(fence, 0);
        server.server_ms = server.server_ms.map(|s| s + edge);
        assert!(!alive(&server), "the platform's own time counts");
        let mut back = at(fence, edge);
        back.now.wall_ms -= 24 * HOUR;
        assert!(!alive(&back), "a wall clock put back does not bring it to life");
        let mut silent = at(fence, edge - 1);
        silent.server_ms = None;
        assert!(alive(&silent), "within one start of the machine the boot clock is enough");
    }
}

#[test]
fn after_a_reboot_both_server_times_are_needed() {
    let mut case = at(KEY, 60_000);
    case.reboot("boot-2");
    assert!(alive(&case), "a fresh Date and the estimate of the arming");
    let mut edge = case.clone();
    edge.server_ms = edge.server_ms.map(|s| s + EDGES[0].1);
    assert!(!alive(&edge));
    let mut no_date = case.clone();
    no_date.server_ms = None;
    assert!(!alive(&no_date));
    let mut no_estimate = case.clone();
    no_estimate.d.attempts[0].server_ms = None;
    assert!(!alive(&no_estimate));
    let mut back = case.clone();
    back.now.wall_ms -= HOUR;
    assert!(!alive(&back), "the wall clock went back over the reboot");
}

#[test]
fn another_credential_ends_every_fence() {
    for (_, fence, lookup) in SHAPES {
        let mut case = Case::quiet(fence, lookup);
        case.credential = CredentialDigest::of("c2");
        assert!(!alive(&case));
        assert!(case.arm().is_err());
    }
}

#[test]
fn life_counts_from_the_first_attempt_and_not_from_the_last() {
    let mut case = Case::quiet(KEY, BY_REF);
    case.wait(EDGES[0].1 - TIMEOUT - QUIET - 1);
    case.look(Vec::new());
    case.arm().unwrap();
    case.take(lost(2));
    case.wait(QUIET);
    assert!(!alive(&case), "the second attempt did not renew the key");
    assert_eq!(case.look(Vec::new()).effect, Effect::Wait);
}

#[test]
fn nothing_is_replayed_before_the_quiet_of_every_attempt_is_over() {
    let mut case = Case::in_doubt(FOREVER, BY_REF);
    case.wait(QUIET - 1);
    assert_eq!(case.look(Vec::new()).effect, Effect::Wait);
    assert!(case.arm().is_err(), "arming asks once more");
    case.wait(1);
    assert_eq!(case.look(Vec::new()).effect, Effect::Arm);
    case.arm().unwrap();
    case.take(lost(2));
    assert!(case.arm().is_err(), "the second attempt has a quiet of its own");
    case.wait(QUIET);
    assert_eq!(case.arm().unwrap(), 3);
}

#[test]
fn a_lookup_begun_before_quiet_proves_nothing_though_it_ends_after() {
    let mut case = Case::in_doubt(FOREVER, BY_REF);
    case.wait(QUIET - 1);
    let outcome = case.saw(Vec::new());
    case.wait(10_000);
    assert_eq!(case.take(Event::LookedUp(outcome)).effect, Effect::Wait);
}

#[test]
fn quiet_runs_on_awake_time() {
    let mut case = Case::in_doubt(KEY, BY_REF);
    case.now.wall_ms += HOUR / 10;
    case.now.boot_ms += HOUR / 10;
    assert_eq!(quiet_left_ms(&case.d, &case.rules, &case.now), QUIET, "asleep, the kernel sends nothing either");
    case.now.awake_ms += QUIET;
    assert_eq!(quiet_left_ms(&case.d, &case.rules, &case.now), 0);
}

#[test]
fn the_end_of_quiet_makes_a_lookup_due() {
    let mut case = Case::in_doubt(KEY, BY_REF);
    let over = case.now.awake_ms + QUIET;
    for _ in 0..50 {
        case.wait_due();
        if case.now.awake_ms >= over {
            break;
        }
        assert_eq!(case.due().effect, Effect::LookUp);
        case.look(Vec::new());
    }
    assert_eq!(case.now.awake_ms, over, "neither earlier nor later");
}

#[test]
fn found_sending_at_a_start_quiet_counts_from_that_start_and_not_from_later_ones() {
    let mut case = Case::sending(FOREVER, BY_REF);
    case.wait(24 * HOUR).reboot("boot-2");
    case.take(Event::Recovered);
    assert_eq!(case.d.state, State::InDoubt);
    assert_eq!(case.d.attempts[0].end.as_ref().unwrap().outcome, AttemptOutcome::Unknown);
    assert_eq!(quiet_left_ms(&case.d, &case.rules, &case.now), QUIET);
    case.wait(QUIET / 2);
    case.take(Event::Recovered);
    assert_eq!(quiet_left_ms(&case.d, &case.rules, &case.now), QUIET / 2, "the first start is stored");
    case.reboot("boot-3");
    assert_eq!(quiet_left_ms(&case.d, &case.rules, &case.now), QUIET, "another machine start counts anew");
    case.take(Event::Recovered);
    case.wait(QUIET);
    assert_eq!(quiet_left_ms(&case.d, &case.rules, &case.now), 0, "and ends");
}

#[test]
fn a_replay_that_was_rejected_ends_the_replays_and_proven_absent_is_refused() {
    let mut case = Case::quiet(KEY, BY_REF);
    case.look(Vec::new());
    case.arm().unwrap();
    case.take(rejected(2));
    assert_eq!(case.d.state, State::InDoubt, "it settles its own attempt only");
    assert!(!alive(&case));
    case.prove_absence();
    assert_eq!(case.d.state, State::Refused);
}

#[test]
fn the_same_failure_twice_ends_the_replays_where_failures_may_be_stored() {
    for (second, lives) in [("500 a", false), ("500 b", true)] {
        let mut case = Case::sending(KEY, BY_REF);
        case.take(failed(1, "500 a"));
        case.wait(QUIET);
        case.look(Vec::new());
        case.arm().unwrap();
        case.take(failed(2, second));
        assert_eq!(alive(&case), lives, "{second}");
    }
}

#[test]
fn a_key_kept_for_successes_only_guards_nothing_after_a_failure() {
    let fence = Fence::Key { lifetime_s: 3_600, margin_s: 600, stored: StoredOutcomes::Successes };
    let mut failure = Case::sending(fence, BY_REF);
    failure.take(failed(1, "500 a"));
    assert!(!alive(&failure));
    let mut silence = Case::sending(fence, BY_REF);
    silence.take(lost(1));
    assert!(alive(&silence));
}

#[test]
fn any_other_definite_answer_to_a_replay_leads_back_into_doubt() {
    let replies = [
        ended(2, crate::domain::Observed::NotSent { why: "refused".into() }),
        answered(2, 429, crate::domain::CreateReply::Busy { retry_after_ms: None }),
        answered(2, 401, crate::domain::CreateReply::Unauthorised { code: "bad_key".into() }),
    ];
    for event in replies {
        let mut case = Case::quiet(KEY, BY_REF);
        case.look(Vec::new());
        case.arm().unwrap();
        case.take(event);
        assert_eq!(case.d.state, State::InDoubt);
        assert!(alive(&case), "nothing was executed, so nothing is used up");
    }
}
