//! Runs: refused, killed in the middle, told again, beside a holder of the ledger.

use docket_core::crash::Point;
use docket_practice::{FaultKind, OneShot, PracticePlatform};
use docket_tests::points::IN_A_PROBE;
use docket_tests::shop::Shop;
use docket_tests::waiting::{LONG, until};
use rustix::process::Signal;
use serde_json::{Value, json};

use super::findings::entries;
use super::{alive, finding, line, probe, shop, verdict};

use Point::{Answered, Armed, Probed, ProbedAnswered};
use PracticePlatform::{Doordash, Foxreload, Pathao, Postmates, UberDirect};

#[test]
fn a_live_account_is_refused_unless_the_phrase_is_typed_whole() {
    let shop = Shop::open();
    let endpoint = shop.served().endpoint(Postmates).expect("it is served").clone();
    let add = ["account", "add", "main", "--platform", "postmates", "--base-url", &endpoint.base_url];
    shop.ctl.tell(&add, &json!(endpoint.secrets).to_string()).code(0);
    for accept in [None, Some("yes"), Some("i accept real orders"), Some("I accept real")] {
        let mut line = vec!["account", "probe", "main"];
        line.extend(accept.iter().flat_map(|phrase| ["--orders-are-real", phrase]));
        let ran = shop.ctl.run(&line).code(1);
        assert!(ran.stderr().contains("--orders-are-real \"I accept real orders\""), "it says how: {ran:?}");
        assert!(ran.stderr().contains("2 REAL orders"), "it says what it would cost: {ran:?}");
    }
    assert_eq!((shop.creates(Postmates), shop.ctl.orders().len()), (0, 0), "nothing was made, nothing written");
    // Typed whole, it runs; that the practice platform calls its orders tests is then what differs.
    shop.ctl.run(&["account", "probe", "main", "--orders-are-real", "I accept real orders"]).code(1);
    assert_eq!(shop.creates(Postmates), 1);
    shop.ctl.verifies();
}

#[test]
fn the_last_probe_is_told_again_without_asking_anybody() {
    let mut shop = shop(Doordash, |_| {});
    let never = shop.ctl.run(&["account", "probe", "main", "--last"]).code(1);
    assert!(never.stderr().contains("never probed"), "{never:?}");
    let (_, first) = probe(&shop, Doordash, 0);
    shop.shut();
    let again = shop.ctl.run(&["--json", "account", "probe", "main", "--last"]).code(0).objects().remove(0);
    assert_eq!(again, first, "it is read from the log");
    let text = shop.ctl.run(&["account", "probe", "main", "--last"]).code(0).stdout();
    assert!(text.contains("CHECK") && text.contains(first["at"].as_str().unwrap_or("no date")), "{text}");
    shop.ctl.run(&["account", "probe", "main", "--last", "--set", "a=b"]).code(2);
}

#[test]
fn a_probe_that_is_killed_leaves_nothing_that_the_next_does_not_take_away() {
    // Before the first create leaves, after its answer, before a repeat leaves, and once one has made a second order.
    let runs: [(_, &[(Point, u32)]); 2] = [
        (Postmates, &[(Armed, 1), (Answered, 1), (Probed, 1), (Probed, 3), (ProbedAnswered, 3)]),
        (UberDirect, &[(Probed, 2), (Armed, 2)]),
    ];
    let is_struck = |wanted| runs.iter().any(|(_, points)| points.iter().any(|(point, _)| *point == wanted));
    assert!(IN_A_PROBE.into_iter().all(is_struck), "`crash` leaves {IN_A_PROBE:?} to these runs");
    for (platform, points) in runs {
        for (point, n) in points {
            let (shop, point) = (shop(platform, |_| {}), format!("{}:{n}", point.name()));
            assert!(shop.ctl.with("DOCKET_CRASH_AT", &point).run(&line(platform)).was_killed(), "{platform} {point}");
            shop.ctl.verifies();
            let (_, report) = probe(&shop, platform, 0);
            assert_eq!(verdict(&report, "create"), "measured", "{platform} {point}: {report}");
            assert_eq!(alive(&shop), Vec::<String>::new(), "{platform} {point}: {report}");
            shop.ctl.verifies();
        }
    }
}

#[test]
fn without_a_fence_a_killed_probe_is_for_a_person_like_any_order() {
    for point in ["armed:1", "answered:1"] {
        let shop = shop(Foxreload, |_| {});
        assert!(shop.ctl.with("DOCKET_CRASH_AT", point).run(&line(Foxreload)).was_killed(), "{point}");
        let (ran, report) = probe(&shop, Foxreload, 1);
        assert_eq!(verdict(&report, "create"), "not_measured", "{point}: {report}");
        assert!(ran.stderr().contains("review list"), "{point}: it says what to do: {ran:?}");
        let open = shop.ctl.run(&["--json", "review", "list"]).code(0).objects();
        let waiting = open.first().and_then(|case| case["order"]["order_no"].as_str()).expect("a case").to_owned();
        shop.ctl.run(&["review", "close", &waiting]);
        let (_, again) = probe(&shop, Foxreload, 0);
        assert_eq!(verdict(&again, "create"), "measured", "{point}: {again}");
        assert_eq!(shop.ours().len(), if point == "armed:1" { 2 } else { 3 }, "{point}");
        shop.ctl.verifies();
    }
}

#[test]
fn every_repeat_is_in_the_log_before_it_leaves() {
    let shop = shop(Pathao, |_| {});
    assert!(shop.ctl.with("DOCKET_CRASH_AT", "probed:1").run(&line(Pathao)).was_killed());
    assert_eq!(shop.creates(Pathao), 1, "the repeat did not leave");
    let told = entries(&shop, "repeat");
    assert_eq!(told.len(), 1, "and yet it is told of: {told:?}");
    assert_eq!((&told[0]["check"], &told[0]["same_bytes"]), (&Value::from("replay"), &Value::from(true)));
    assert!(entries(&shop, "answered").is_empty());
}

#[test]
fn a_repeat_without_an_answer_is_waited_for_before_anything_is_cancelled() {
    let shop = Shop::open();
    shop.add("main", Postmates, &[("timeout_ms", "60000")]);
    // The first create is answered late, so that what strikes next strikes the first repeat.
    shop.strike(FaultKind::Hold, 1);
    let probing = shop.ctl.start(&line(Postmates));
    until("the first order's answer is held back", LONG, || (shop.held() == 1).then_some(()));
    shop.strike(FaultKind::LoseResponse, 1);
    shop.served().release().expect("answers can be let go");
    let report = probing.end(LONG).code(0).objects().remove(0);
    assert_eq!(verdict(&report, "replay"), "not_measured", "{report}");
    assert!(finding(&report, "replay")["measured"].as_str().is_some_and(|said| said.contains("not answered")));
    assert_eq!(verdict(&report, "conflict"), "measured", "the probe goes on: {report}");
    assert_eq!(alive(&shop), Vec::<String>::new());
}

#[test]
fn beside_a_holder_the_probe_goes_through_its_inbox() {
    let shop = shop(Pathao, |_| {});
    shop.add("other", Postmates, &[("timeout_ms", "60000")]);
    let file = docket_tests::orders::write(shop.folder.path(), Postmates, 1);
    shop.ctl.run(&["order", "import", &file.display().to_string(), "--account", "other"]).code(0);
    shop.strike_with(OneShot { platform: Some(Postmates), ..OneShot::next(FaultKind::Hold) });
    let mut holder = shop.ctl.start(&["dispatch", "SO-1", "--wait", "100"]);
    until("the answer is held back", LONG, || (shop.held() == 1).then_some(()));
    let (_, report) = probe(&shop, Pathao, 0);
    assert_eq!(verdict(&report, "replay"), "measured", "{report}");
    assert_eq!(shop.ctl.order("SO-1")["state"], "sending", "the holder is still at it, and made the probe");
    holder.signal(Signal::TERM);
    holder.end(LONG);
    shop.ctl.verifies();
}
