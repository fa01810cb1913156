//! What is found, and that it changes with the platform's switches.

use docket_practice::{DuplicateAnswer, OffsetSpelling, PracticePlatform, RepeatAnswer, ReplayBody, Slash, Switches};
use serde_json::Value;

use super::{alive, finding, probe, shop, verdict};

use PracticePlatform::{Doordash, Foxreload, Pathao, Postmates, PrintOne, UberDirect};

/// One switch moved: what is found of one check, with which verdict, and words of it.
type Case = (PracticePlatform, fn(&mut Switches), &'static str, &'static str, &'static str);

/// Probes with each switch moved. The exit status is 1 just where something differs, with a warning that says what to do.
fn hold(cases: &[Case]) {
    for (platform, change, check, wanted, words) in cases {
        let shop = shop(*platform, change);
        let differs = *wanted == "differs";
        let (ran, report) = probe(&shop, *platform, i32::from(differs));
        let found = finding(&report, check);
        assert_eq!(found["verdict"], *wanted, "{platform} {check}: {found}");
        let measured = found["measured"].as_str().unwrap_or_default();
        assert!(measured.contains(words), "{platform} {check}: {measured:?} says nothing of {words:?}");
        let warned = ran.stderr().contains(&format!("warning: {check}: "));
        assert_eq!(warned, differs, "{platform} {check}: {ran:?}");
        assert_eq!(found["remedy"].is_string(), differs, "{platform} {check}: {found}");
        shop.ctl.verifies();
    }
}

fn unchanged(_: &mut Switches) {}

#[test]
fn with_the_first_switches_nothing_contradicts_a_descriptor() {
    for platform in PracticePlatform::ALL {
        let shop = shop(platform, unchanged);
        let (_, report) = probe(&shop, platform, 0);
        let measured = |check: &str| verdict(&report, check) == "measured" || verdict(&report, check) == "safer";
        for check in ["create", "lookup_lag", "clock"] {
            assert!(measured(check), "{platform} {check}: {report}");
        }
        assert_eq!(verdict(&report, "fence_life"), "not_measured", "{platform}: no run is as long as a key's life");
        let repeats = ["replay", "conflict", "cancel_frees"].iter().filter(|check| measured(check)).count();
        assert_eq!(repeats, if platform == Foxreload { 0 } else { 3 }, "{platform}: {report}");
        let lists = ["list_order", "list_limit", "paging"].iter().filter(|check| measured(check)).count();
        assert_eq!(lists, if platform == Doordash { 0 } else { 3 }, "{platform}: {report}");
        // Nothing is left but what the platform cannot cancel.
        let left = report["orders"].as_array().into_iter().flatten().filter(|order| order["left"].is_string()).count();
        assert_eq!(
            (left, alive(&shop).len()),
            if platform == Foxreload { (2, 2) } else { (0, 0) },
            "{platform}: {report}"
        );
        let repeated = shop.creates(platform) as usize - shop.ctl.orders().len();
        assert_eq!(repeated, repeats, "{platform}: every request that could make something is an order's or a repeat");
        assert_eq!(entries(&shop, "repeat").len(), repeats, "{platform}: each repeat is in the log");
        shop.ctl.verifies();
    }
}

/// The details of a probe's log entries of one sort.
pub fn entries(shop: &docket_tests::shop::Shop, what: &str) -> Vec<Value> {
    let log = shop.ctl.run(&["--json", "log", "--account", "main"]).code(0).objects();
    let probed = log.into_iter().filter(|entry| entry["kind"] == "probed");
    probed.map(|entry| entry["detail"].clone()).filter(|detail| detail["what"] == what).collect()
}

#[test]
fn the_form_of_a_replay_is_told() {
    hold(&[
        (Pathao, unchanged, "replay", "measured", "201, names the first order"),
        (Pathao, |s| s.replay_body = ReplayBody::Empty, "replay", "differs", "201 http 201"),
        (PrintOne, unchanged, "replay", "measured", "without a body"),
        (PrintOne, |s| s.replay_body = ReplayBody::Full, "replay", "measured", "201, names the first order"),
        (
            Postmates,
            |s| s.duplicate_answer = DuplicateAnswer::ConflictWithoutPointer,
            "replay",
            "measured",
            "409 duplicate_delivery, names no order",
        ),
        (
            Postmates,
            |s| s.duplicate_answer = DuplicateAnswer::SeeOther,
            "replay",
            "measured",
            "303 duplicate_delivery, names the first",
        ),
        (UberDirect, unchanged, "replay", "measured", "409 duplicate_delivery, names the first order"),
        (UberDirect, |s| s.repeat_answer = RepeatAnswer::Existing, "replay", "measured", "200, names the first order"),
        (Doordash, unchanged, "replay", "measured", "409 duplicate_delivery_id"),
        (Doordash, |s| s.repeat_answer = RepeatAnswer::Existing, "replay", "measured", "200, names the first order"),
    ]);
}

#[test]
fn the_form_of_a_conflict_is_told() {
    hold(&[
        (Pathao, unchanged, "conflict", "measured", "409 IDEMPOTENCY_CONFLICT"),
        (PrintOne, |s| s.conflict_status = 422, "conflict", "measured", "422"),
        (PrintOne, |s| s.conflict_status = 400, "conflict", "measured", "400"),
        (
            UberDirect,
            |s| s.repeat_answer = RepeatAnswer::Existing,
            "conflict",
            "measured",
            "200, names the first order",
        ),
        (
            UberDirect,
            |s| (s.repeat_answer, s.key_other_body_refused) = (RepeatAnswer::Existing, true),
            "conflict",
            "measured",
            "409 duplicate_delivery",
        ),
        (Doordash, |s| s.repeat_answer = RepeatAnswer::Existing, "conflict", "measured", "409 duplicate_delivery_id"),
    ]);
}

#[test]
fn a_platform_that_forgets_its_key_is_found_out_and_nothing_is_left() {
    for (platform, change) in [
        (Pathao, (|s| s.key_lifetime_ms = 1) as fn(&mut Switches)),
        (PrintOne, |s| s.key_lifetime_ms = 1),
        (Postmates, |s| s.race_window_ms = 600_000),
    ] {
        let shop = shop(platform, change);
        let (ran, report) = probe(&shop, platform, 1);
        let found = finding(&report, "replay");
        assert_eq!(found["verdict"], "differs", "{found}");
        assert!(found["measured"].as_str().unwrap().starts_with("THE REPEAT MADE A SECOND ORDER"), "{found}");
        assert!(ran.stderr().contains("THE REPEAT MADE A SECOND ORDER"), "it is said: {ran:?}");
        assert!(shop.ours().len() > 2, "the platform really made it: {:?}", shop.ours());
        let second = report["orders"].as_array().into_iter().flatten().filter(|order| order["second"] == true).count();
        assert_eq!(second, shop.ours().len() - 2, "each is told of: {report}");
        assert_eq!(alive(&shop), Vec::<String>::new(), "and none is left");
        shop.ctl.verifies();
    }
}

#[test]
fn how_long_a_new_order_is_not_shown_is_held_against_the_quiet_time() {
    for (platform, change) in [
        (Pathao, (|s| s.list_lag_ms = 1_200) as fn(&mut Switches)),
        (UberDirect, |s| s.list_lag_ms = 1_200),
        (Foxreload, |s| s.list_lag_ms = 1_200),
        (Doordash, |s| s.creation_ms = 1_200),
    ] {
        let shop = shop(platform, change);
        let (ran, report) = probe(&shop, platform, 1);
        let found = finding(&report, "lookup_lag");
        let ms = found["seen"]["shown_after_ms"].as_i64().unwrap_or_default();
        assert!((1_000..20_000).contains(&ms), "{platform}: {found}");
        assert!(ran.stderr().contains("account set main --set settle_ms="), "{platform}: the remedy: {ran:?}");
        // The remedy is one: with it nothing differs any more.
        let remedy = found["remedy"].as_str().unwrap_or_default();
        let setting = remedy.split_whitespace().last().unwrap_or_default().trim_end_matches('`');
        shop.ctl.run(&["account", "set", "main", "--set", setting]).code(0);
        let (_, again) = probe(&shop, platform, 0);
        assert_eq!(verdict(&again, "lookup_lag"), "measured", "{platform}: {again}");
    }
}

#[test]
fn what_the_list_does_is_told() {
    hold(&[
        (UberDirect, |s| s.oldest_first = true, "list_order", "measured", "oldest first"),
        (UberDirect, |s| s.offset_spelling = OffsetSpelling::Capital, "paging", "measured", "heeded: Offset)"),
        (UberDirect, |s| s.offset_spelling = OffsetSpelling::Small, "paging", "measured", "heeded: offset)"),
        (UberDirect, |s| s.list_max = 1, "list_limit", "measured", "1 rows, of more"),
        (Foxreload, unchanged, "paging", "measured", "heeded: page)"),
        (Foxreload, |s| s.paging_works = false, "paging", "measured", "no parameter is heeded"),
        (Foxreload, |s| s.list_max = 1, "list_limit", "differs", "not all there are"),
        (Pathao, |s| s.list_max = 1, "list_limit", "differs", "not all there are"),
        (PrintOne, |s| s.list_max = 1, "list_limit", "measured", "1 rows, of more"),
        (Postmates, |s| s.list_max = 1, "list_limit", "measured", "1 rows, of more"),
        (Postmates, |s| s.filter_ignored = true, "filter", "measured", "returns nothing"),
    ]);
}

/// A reference of ours has 36 characters. Where that is too long, no order is made, and the first finding says that.
#[test]
fn a_reference_that_is_too_long_is_told() {
    for platform in [UberDirect, Doordash] {
        for most in [36, 35] {
            let shop = shop(platform, |switches| switches.reference_max = most);
            shop.ctl.run(&["account", "set", "main", "--set", "patience_s=3"]).code(0);
            let (ran, report) = probe(&shop, platform, i32::from(most < 36));
            let found = finding(&report, "create");
            if most == 36 {
                assert_eq!(found["verdict"], "measured", "{platform}: {found}");
                continue;
            }
            assert_ne!(found["verdict"], "measured", "{platform}: {found}");
            assert!(found["remedy"].is_string() && ran.stderr().contains("warning: create: "), "{platform}: {ran:?}");
            assert_eq!(shop.ours().len(), 0, "{platform}: nothing was made");
            shop.ctl.verifies();
        }
    }
}

#[test]
fn filters_that_are_ignored_are_found_out() {
    // Only an order that is there shows that a filter let it through: the second run finds those of the first.
    for platform in [Pathao, Postmates, PrintOne] {
        let shop = shop(platform, |switches| switches.filter_ignored = true);
        shop.ctl.run(&super::line(platform));
        let (_, report) = probe(&shop, platform, 1);
        let found = finding(&report, "filter");
        assert_eq!(found["verdict"], "differs", "{platform}: {found}");
        assert!(found["seen"]["rows"].as_u64().is_some_and(|rows| rows > 0), "{platform}: {found}");
    }
    hold(&[
        (PrintOne, unchanged, "unknown_filter", "measured", "ignored: 1 rows"),
        (PrintOne, |s| s.unknown_filter_refused = true, "unknown_filter", "measured", "refused"),
    ]);
}

#[test]
fn what_becomes_of_a_cancelled_order_is_told() {
    hold(&[
        (Postmates, unchanged, "ended_shown", "measured", "hidden"),
        (Postmates, |s| s.lookup_hides_ended = false, "ended_shown", "safer", "shown"),
        (Postmates, unchanged, "cancel_frees", "measured", "MADE A SECOND ORDER"),
        (Postmates, |s| s.canceled_frees_reference = false, "cancel_frees", "safer", "409 duplicate_delivery"),
        (UberDirect, unchanged, "cancel_frees", "safer", "409"),
        (UberDirect, |s| s.ended_frees_key = true, "cancel_frees", "measured", "MADE A SECOND ORDER"),
        (Doordash, unchanged, "cancel_frees", "measured", "409"),
        (Doordash, |s| s.canceled_frees_reference = true, "cancel_frees", "differs", "MADE A SECOND ORDER"),
    ]);
}

#[test]
fn a_wrong_clock_and_a_wrong_mode_are_told() {
    hold(&[
        (Pathao, |s| s.clock_offset_ms = 600_000, "clock", "differs", " s ahead of"),
        (Postmates, |s| s.clock_offset_ms = -600_000, "clock", "differs", " s behind"),
        (Postmates, |s| s.clock_offset_ms = 10_000, "clock", "measured", " s ahead of"),
    ]);
    for platform in [PrintOne, UberDirect] {
        let shop = shop(platform, |switches| switches.wrong_environment = true);
        let (ran, report) = probe(&shop, platform, 1);
        assert_eq!(verdict(&report, "test_mark"), "differs", "{report}");
        assert!(ran.stderr().contains("THE PLATFORM CALLS IT A LIVE ORDER"), "{ran:?}");
        assert_eq!(shop.creates(platform), 1, "{platform}: nothing more is ordered under a live credential");
        assert!(ran.stderr().contains("warning: left at"), "what is there is listed: {ran:?}");
        shop.ctl.verifies();
    }
}

#[test]
fn a_path_that_is_redirected_is_told_and_not_followed() {
    let lists = shop(Foxreload, |switches| switches.slash = Slash::Without);
    let ran = lists.ctl.run(&super::line(Foxreload)).code(1);
    assert!(ran.stderr().contains("nothing was made"), "{ran:?}");
    assert_eq!(lists.creates(Foxreload), 0);
    let creates = shop(Foxreload, |switches| switches.slash = Slash::With);
    let (ran, report) = probe(&creates, Foxreload, 1);
    let found = finding(&report, "create");
    assert_eq!(found["verdict"], "differs", "{found}");
    assert!(ran.stderr().contains("308"), "{ran:?}");
    assert_eq!(creates.ours().len(), 0);
    creates.ctl.verifies();
}
