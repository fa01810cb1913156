//! Two programs on one ledger: one holds it, the other asks through its inbox, and takes over when the holder goes.

use std::time::Duration;

use docket_core::api::OrderKey;
use docket_core::api::{Command, Core, CoreOptions, DispatchRequest, Reply, Request};
use docket_core::domain::OrderNo;
use docket_practice::{FaultKind, PracticePlatform};
use docket_tests::program::Running;
use docket_tests::shop::Shop;
use docket_tests::tamper::{broken_copy, change, number};
use docket_tests::waiting::{LONG, Stopwatch, until};
use rustix::process::Signal;

/// Answers may be held back for as long as a test takes.
const PATIENT: [(&str, &str); 1] = [("timeout_ms", "60000")];

/// A shop whose first order is on its way, its answer held back, and the program that holds the ledger meanwhile.
fn with_a_held_answer(n: usize) -> (Shop, Running) {
    let shop = Shop::with_orders(PracticePlatform::Pathao, n, &PATIENT);
    shop.strike(FaultKind::Hold, 1);
    let holder = shop.ctl.start(&["dispatch", "SO-1", "--wait", "100"]);
    until("the answer is held back", LONG, || (shop.held() == 1).then_some(()));
    (shop, holder)
}

fn options(shop: &Shop) -> CoreOptions {
    CoreOptions {
        ledger: shop.ctl.ledger.clone(),
        secrets_file: Some(shop.folder.path().join("secrets.json")),
        station: shop.ctl.station(),
        program: "docket-tests",
        follow: false,
    }
}

fn release(shop: &Shop) {
    assert_eq!(shop.served().release().expect("answers can be let go"), 1);
}

#[test]
fn the_second_program_asks_the_first() {
    let (shop, holder) = with_a_held_answer(2);
    let guest = shop.ctl.start(&["dispatch", "SO-2", "--wait", "60"]);
    until("the holder has sent it", LONG, || (shop.ctl.order("SO-2")["state"] == "dispatched").then_some(()));
    let second = shop.ctl.order("SO-2");
    assert_eq!((&second["state"], &second["bound_by"]), (&"dispatched".into(), &"response".into()));
    assert_eq!(shop.ctl.order("SO-1")["state"], "sending", "the holder is still at it");
    release(&shop);
    holder.end(LONG).code(0);
    guest.end(LONG).code(0);
    assert_eq!(shop.ctl.order("SO-1")["bound_by"], "response");
    assert_eq!(shop.ours().len(), 2);
    shop.ctl.verifies();
}

#[test]
fn the_second_program_takes_over_when_the_holder_is_killed() {
    let (shop, mut holder) = with_a_held_answer(2);
    // A stopped process keeps the lock, and answers nobody.
    holder.signal(Signal::STOP);
    let mut guest = shop.ctl.start(&["dispatch", "SO-2", "--wait", "60"]);
    assert!(!guest.has_ended(Duration::from_millis(700)), "it waits for the holder");
    assert_eq!(shop.ctl.order("SO-2")["state"], "draft", "nobody has carried the command out");
    assert!(holder.kill().was_killed());
    guest.end(LONG).code(0);
    assert_eq!(shop.ctl.order("SO-2")["state"], "dispatched");
    shop.ctl.run(&["reconcile", "--wait", "60"]).code(0);
    let first = shop.ctl.order("SO-1");
    assert_eq!((&first["state"], &first["bound_by"]), (&"dispatched".into(), &"lookup".into()), "{first}");
    assert_eq!(shop.ours().len(), 2);
    shop.ctl.verifies();
}

#[test]
fn a_guest_waits_for_its_own_orders_and_not_for_the_holders() {
    let (shop, holder) = with_a_held_answer(2);
    let guest = shop.ctl.run(&["dispatch", "SO-2"]).code(0);
    assert!(guest.stdout().contains("SO-2 dispatched"), "{guest:?}");
    assert_eq!(shop.ctl.order("SO-1")["state"], "sending", "the holder is still at it");
    release(&shop);
    holder.end(LONG).code(0);
}

#[test]
fn a_waiting_guest_takes_over_by_itself() {
    let shop = Shop::with_orders(PracticePlatform::Pathao, 2, &PATIENT);
    shop.strike(FaultKind::Hold, 2);
    let holder = shop.ctl.start(&["dispatch", "SO-1", "--wait", "100"]);
    until("the answer is held back", LONG, || (shop.held() == 1).then_some(()));
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let guest = Core::attach(options(&shop)).await.expect("a guest attaches");
        let order = OrderKey { order_no: OrderNo::from("SO-2"), account: None };
        let dispatch = DispatchRequest { orders: vec![order], ..DispatchRequest::default() };
        let request = Request { id: "queued".into(), command: Command::Dispatch(dispatch) };
        guest.execute(request).await.expect("the holder carries it out");
        assert_eq!(guest.standing(&[]).await.expect("a standing").open, 2, "both are on their way, at the holder");
        let end = tokio::task::spawn_blocking(move || assert!(holder.kill().was_killed()));
        let (standing, killed) = tokio::join!(guest.wait(Some(60.0)), end);
        killed.expect("the holder is gone");
        let standing = standing.expect("waiting works");
        assert!(guest.is_holder(), "nobody else had asked for that");
        assert_eq!((standing.open, standing.needs_review), (0, 0));
        guest.stop().await;
    });
    assert!(["SO-1", "SO-2"].iter().all(|no| shop.ctl.order(no)["state"] == "dispatched"), "it has done the work");
    assert_eq!(shop.ours().len(), 2);
    shop.ctl.verifies();
}

#[test]
fn what_one_program_heard_of_the_platforms_clock_the_next_one_knows() {
    let shop = Shop::with_orders(PracticePlatform::Pathao, 2, &[]);
    shop.ctl.run(&["dispatch", "SO-1", "--wait", "60"]).code(0);
    shop.ctl.run(&["dispatch", "SO-2", "--wait", "60"]).code(0);
    let unknown = number(&shop.ctl.ledger, "SELECT count(*) FROM attempt WHERE server_ms IS NULL");
    assert_eq!(unknown, 1, "only the first arming of all could not know it");
}

#[test]
fn a_holder_lets_old_answers_go() {
    let shop = Shop::with_orders(PracticePlatform::Pathao, 1, &[]);
    let old = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1500)
               INSERT INTO command_seen (request_id, at_ms, answer) SELECT 'old' || i, i, 'done' FROM n";
    let copy = broken_copy(&shop.ctl.ledger, "old", &[old]);
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let core = Core::open(CoreOptions { ledger: copy.clone(), ..options(&shop) }).await.expect("the core opens");
        let left = || number(&copy, "SELECT count(*) FROM command_seen WHERE request_id LIKE 'old%'");
        tokio::task::block_in_place(|| until("old answers go", LONG, || (left() <= 1_000).then_some(())));
        core.stop().await;
    });
}

/// Whoever asked may have gone, too: what was asked for is done all the same.
#[test]
fn a_request_that_a_killed_holder_had_taken_is_carried_out() {
    let shop = Shop::with_orders(PracticePlatform::Pathao, 1, &[]);
    let order = OrderKey { order_no: OrderNo::from("SO-1"), account: None };
    let dispatch = DispatchRequest { orders: vec![order], ..DispatchRequest::default() };
    let request = Request { id: "taken".into(), command: Command::Dispatch(dispatch) };
    let body = serde_json::to_string(&request).expect("a request is JSON");
    let taken = format!("INSERT INTO inbox (request_id, body, put_ms, taken) VALUES ('taken', '{body}', 1, 1)");
    change(&shop.ctl.ledger, &taken);
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let core = Core::open(options(&shop)).await.expect("the core opens");
        let answers = || number(&shop.ctl.ledger, "SELECT count(*) FROM inbox WHERE answer IS NOT NULL");
        let done = || (answers() == 1 && shop.ours().len() == 1).then_some(());
        tokio::task::block_in_place(|| until("it is taken again", LONG, done));
        core.stop().await;
    });
}

/// Killed between what a command did and the note of its answer, as its next holder finds it.
fn killed_before_the_answer(shop: &Shop, request: &Request) {
    let body = serde_json::to_string(request).expect("a request is JSON");
    change(&shop.ctl.ledger, &format!("DELETE FROM command_seen WHERE request_id = '{}'", request.id));
    let taken =
        format!("INSERT INTO inbox (request_id, body, put_ms, taken) VALUES ('{}', '{body}', 1, 1)", request.id);
    change(&shop.ctl.ledger, &taken);
}

/// "Once more" means once, however often the command is carried out.
#[test]
fn a_command_that_is_taken_up_anew_dispatches_nothing_twice() {
    let shop = Shop::with_orders(PracticePlatform::Pathao, 2, &[]);
    let orders: Vec<_> =
        ["SO-1", "SO-2"].map(|no| OrderKey { order_no: OrderNo::from(no), account: None }).into_iter().collect();
    let dispatch = DispatchRequest { orders: orders.clone(), again: true, ..DispatchRequest::default() };
    let request = Request { id: "once-more".into(), command: Command::Dispatch(dispatch) };
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let settled = |no: &str, state: &str| (shop.ctl.order(no)["state"] == state).then_some(());
    runtime.block_on(async {
        let core = Core::open(options(&shop)).await.expect("the core opens");
        core.execute(request.clone()).await.expect("both are marked");
        tokio::task::block_in_place(|| until("both are there", LONG, || settled("SO-2", "dispatched")));
        for order in orders {
            let id = format!("cancel-{}", order.order_no);
            core.execute(Request { id, command: Command::Cancel { order } }).await.expect("it is cancelled");
        }
        let both = || settled("SO-1", "cancelled").and(settled("SO-2", "cancelled"));
        tokio::task::block_in_place(|| until("both are cancelled", LONG, both));
        core.stop().await;
    });
    killed_before_the_answer(&shop, &request);
    runtime.block_on(async {
        let core = Core::open(options(&shop)).await.expect("the core opens");
        let said = "SELECT count(*) FROM inbox WHERE answer LIKE '%dispatched it already%dispatched it already%'";
        let answered = || (number(&shop.ctl.ledger, said) == 1).then_some(());
        tokio::task::block_in_place(|| until("both were told to be done", LONG, answered));
        core.stop().await;
    });
    assert_eq!((shop.ours().len(), shop.creates(PracticePlatform::Pathao)), (2, 2));
    shop.ctl.verifies();
}

#[test]
fn one_order_from_two_programs_at_once() {
    for _ in 0..5 {
        let shop = Shop::with_orders(PracticePlatform::Foxreload, 1, &[]);
        let both = [(); 2].map(|()| shop.ctl.start(&["dispatch", "SO-1", "--wait", "60"]));
        for one in both {
            one.end(LONG).code(0);
        }
        assert_eq!((shop.ours().len(), shop.creates(PracticePlatform::Foxreload)), (1, 1));
        let order = shop.ctl.order("SO-1");
        assert_eq!((&order["state"], &order["attempts"]), (&"dispatched".into(), &1.into()));
    }
}

#[test]
fn the_same_command_twice_is_one_command() {
    let shop = Shop::with_orders(PracticePlatform::Foxreload, 1, &[]);
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let options = options(&shop);
        let holder = Core::open(options.clone()).await.expect("the core opens");
        let guest = Core::attach(options).await.expect("a guest attaches");
        assert!(holder.is_holder() && !guest.is_holder());
        let order = OrderKey { order_no: OrderNo::from("SO-1"), account: None };
        let dispatch = DispatchRequest { orders: vec![order], ..DispatchRequest::default() };
        let request = Request { id: "one-click".into(), command: Command::Dispatch(dispatch) };
        let replies = tokio::join!(
            holder.execute(request.clone()),
            guest.execute(request.clone()),
            holder.execute(request.clone()),
            guest.execute(request.clone()),
        );
        let replies =
            [replies.0, replies.1, replies.2, replies.3].map(|reply| reply.expect("the command is carried out"));
        assert!(replies.iter().all(|reply| *reply == replies[0]), "each is told the same: {replies:?}");
        assert!(matches!(&replies[0], Reply::Orders { lines } if lines[0].done), "{replies:?}");
        holder.wait(Some(60.0)).await.expect("waiting works");
        // Also much later.
        assert_eq!(guest.execute(request).await.expect("again"), replies[0]);
        holder.stop().await;
    });
    assert_eq!((shop.ours().len(), shop.creates(PracticePlatform::Foxreload)), (1, 1));
    let reserved = shop.ctl.log("SO-1").iter().filter(|entry| entry["kind"] == "reserved").count();
    assert_eq!(reserved, 1);
    shop.ctl.verifies();
}

#[test]
fn a_signal_abandons_an_open_request_as_in_doubt() {
    for signal in [Signal::TERM, Signal::INT] {
        let (shop, mut holder) = with_a_held_answer(1);
        let watch = Stopwatch::start();
        holder.signal(signal);
        let ran = holder.end(LONG).code(3);
        assert!(watch.elapsed() < Duration::from_secs(2), "it took {:?}", watch.elapsed());
        assert!(ran.stderr().contains("1 order"), "it says what is left: {ran:?}");
        assert_eq!(shop.ctl.order("SO-1")["state"], "in_doubt");
        shop.ctl.run(&["reconcile", "--wait", "60"]).code(0);
        let order = shop.ctl.order("SO-1");
        assert_eq!((&order["state"], &order["bound_by"]), (&"dispatched".into(), &"lookup".into()), "{order}");
        assert_eq!((shop.ours().len(), shop.creates(PracticePlatform::Pathao)), (1, 1));
        shop.ctl.verifies();
    }
}

#[test]
fn reading_needs_no_lock() {
    let (shop, mut holder) = with_a_held_answer(2);
    holder.signal(Signal::STOP);
    assert_eq!(shop.ctl.orders().len(), 2);
    shop.ctl.run(&["log"]).code(0);
    shop.ctl.run(&["review", "list"]).code(0);
    shop.ctl.verifies();
    holder.signal(Signal::CONT);
    release(&shop);
    holder.end(LONG).code(0);
}
