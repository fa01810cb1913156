//! Every lie as the answer to a lookup, to a question for a status, and to a cancel: nothing follows from any.

use docket_core::api::Command;
use docket_practice::{PracticePlatform, TruthOrder};
use docket_tests::liar::{Ask, Lie, Say};
use docket_tests::lies;
use docket_tests::shift::{Shift, key};
use docket_tests::truth::{compare, existing};
use serde_json::Value;

use crate::{HURRIED, about_anything, lied_to, nothing_but_scans, was_not_led_on};

/// Orders whose answers are lost, a third of them not carried out, are looked for through nothing but lies at first.
fn every_lie_about_a_lookup(platform: PracticePlatform) {
    const ORDERS: usize = 15;
    let mut more = vec![("max_in_flight", "2")];
    more.extend(nothing_but_scans(platform));
    let scanned = !nothing_but_scans(platform).is_empty();
    let (shop, liar) = lied_to(platform, ORDERS, &more);
    let ask = if platform == PracticePlatform::Doordash { Ask::Get } else { Ask::Lookup };
    let mut lies = about_anything(&liar.endpoint.base_url);
    lies.extend(lies::doubled());
    if platform != PracticePlatform::Doordash {
        lies.extend(lies::emptied());
    }
    lies.iter().for_each(|lie| liar.lie(ask, lie, true));
    let silence = Lie { name: "nothing".into(), say: Say::Hang(Vec::new()) };
    for i in 0..ORDERS {
        liar.lie(Ask::Create, &silence, scanned || i % 3 != 0);
    }
    let ran = shop.ctl.run(&["dispatch", "--all", "--wait", "110"]);
    assert_eq!((ran.status(), liar.left()), (Some(0), 0), "{platform}: {ran:?} {:?}", liar.told());
    was_not_led_on(&liar);
    let tally = compare(&shop.ctl.orders(), &existing(&shop.truth_file(), platform));
    assert_eq!((tally.states.len(), tally.unbound, tally.existing), (1, 0, ORDERS), "{platform}: {tally:?}");
    assert_eq!(tally.later_generations, 0, "{platform}: no lie proves absence: {tally:?}");
    shop.ctl.verifies();
}

#[test]
fn a_lookup_at_postmates() {
    every_lie_about_a_lookup(PracticePlatform::Postmates);
}

#[test]
fn a_lookup_at_uber_direct() {
    every_lie_about_a_lookup(PracticePlatform::UberDirect);
}

#[test]
fn a_lookup_at_pathao() {
    every_lie_about_a_lookup(PracticePlatform::Pathao);
}

#[test]
fn a_lookup_at_foxreload() {
    every_lie_about_a_lookup(PracticePlatform::Foxreload);
}

#[test]
fn a_lookup_at_print_one() {
    every_lie_about_a_lookup(PracticePlatform::PrintOne);
}

#[test]
fn a_lookup_at_doordash() {
    every_lie_about_a_lookup(PracticePlatform::Doordash);
}

/// What is bound stays bound, with the status that was last seen. As many orders as lies, so that one program is told all
/// of them.
#[test]
fn a_lie_about_a_status_changes_nothing() {
    for platform in PracticePlatform::ALL {
        let n = about_anything("").len();
        let (shop, liar) = lied_to(platform, n, &[]);
        shop.ctl.run(&["dispatch", "--all", "--wait", "60"]).code(0);
        let seen = || {
            let parts = ["order_no", "state", "platform_status", "platform_order_id", "reason"];
            let of = |order: &Value| parts.map(|part| order[part].clone());
            shop.ctl.orders().iter().map(of).collect::<Vec<_>>()
        };
        let before = seen();
        about_anything(&liar.endpoint.base_url).iter().for_each(|lie| liar.lie(Ask::Get, lie, true));
        // An outage ends a round of questions: the next one goes on with it.
        let rounds = (0..n).take_while(|_| {
            shop.ctl.run(&["track"]);
            liar.left() > 0
        });
        let rounds = rounds.count();
        assert_eq!(liar.left(), 0, "{platform}: after {rounds} rounds it was told {:?}", liar.told());
        assert_eq!(seen(), before, "{platform}");
        shop.ctl.run(&["track"]).code(0);
        assert_eq!(seen(), before, "{platform}: nor does the truth, which has not changed");
        was_not_led_on(&liar);
        assert_eq!((shop.ours().len(), shop.creates(platform) as usize), (n, n), "{platform}");
        shop.ctl.verifies();
    }
}

/// Each order's cancel is answered with a lie, carried out or not: in the end each is cancelled, and said to be. FoxReload
/// has no cancel.
#[tokio::test(flavor = "multi_thread")]
async fn a_lie_about_a_cancel_is_cleared_up() {
    for platform in PracticePlatform::ALL.into_iter().filter(|platform| *platform != PracticePlatform::Foxreload) {
        let n = about_anything("").len();
        let (shift, liar) = Shift::behind_liar(platform, n, &HURRIED).await;
        shift.switch(|switches| (switches.rate_limit_per_minute, switches.stage_ms) = (0, 0));
        let counts = async |shift: &Shift| shift.core.counts(None).await.expect("counts");
        shift.dispatch_all().await;
        shift.until("all are bound", async |shift| counts(shift).await.dispatched as usize == n).await;
        if platform == PracticePlatform::PrintOne {
            // Before that it cannot be cancelled yet.
            for there in shift.ours() {
                let printed = shift.desk.practice.advance(platform, &there.platform_order_id, "order_pdf_created");
                printed.expect("it is printed");
            }
        }
        for (i, lie) in about_anything(&liar.endpoint.base_url).iter().enumerate() {
            liar.lie(Ask::Cancel, lie, i % 2 == 0);
        }
        for i in 1..=n {
            let order = key(&format!("SO-{i}"));
            shift.ask(Command::Cancel { order }).await.expect("a cancel is asked for");
        }
        let ended = async |shift: &Shift| {
            shift.pass(5_000).await;
            counts(shift).await.cancelled as usize == n
        };
        shift.until("all are cancelled", ended).await;
        assert_eq!(liar.left(), 0, "{platform}: {:?}", liar.told());
        was_not_led_on(&liar);
        assert_eq!((shift.ours().len(), shift.creates() as usize), (n, n), "{platform}");
        let gone = |order: &TruthOrder| order.status.to_lowercase().contains("cancel");
        assert!(shift.ours().iter().all(gone), "{platform}: {:?}", shift.ours());
        shift.verifies().await;
        shift.core.stop().await;
    }
}
