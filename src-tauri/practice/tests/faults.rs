//! Faults in the pure state machine: what each kind does to the order, late commits, and plans that replay.

mod common;

use common::{MINUTE, SECOND, T0, call, delivery, parcel, request, set, top_up, world};
use docket_practice::{AppliesTo, Delivery, FaultKind, FaultPlan, OneShot, PracticePlatform};
use serde_json::json;

const CREATE: &str = "/v1/business/order/create";

/// What a client sees, in a word.
fn seen(delivery: &Delivery) -> String {
    match delivery {
        Delivery::Answer { reply, after_ms: 0 } => reply.status.to_string(),
        Delivery::Answer { reply, .. } => format!("{} late", reply.status),
        Delivery::Dropped => "nothing".into(),
        Delivery::Unreachable { ms } => format!("nothing, and nobody for {ms} ms"),
        Delivery::HeadOnly(reply) => format!("head of {}", reply.status),
        Delivery::Truncated(reply) => format!("half of {}", reply.status),
        Delivery::Held { reply, .. } => format!("held {}", reply.status),
    }
}

#[test]
fn each_kind_does_what_it_says() {
    use FaultKind::*;
    // (kind, what the client sees, orders that exist, orders the list shows)
    let rows = [
        (LoseResponse, "nothing", 1, 1),
        (LoseRequest, "nothing", 0, 0),
        (HalfBody, "half of 200", 1, 1),
        (HeadersOnly, "head of 200", 1, 1),
        (LateCommit, "nothing", 0, 0),
        (Error500Before, "500", 0, 0),
        (Error500After, "500", 1, 1),
        (BadGatewayBefore, "502", 0, 0),
        (BadGatewayAfter, "502", 1, 1),
        (GatewayTimeoutAfter, "504", 1, 1),
        (UnavailableBefore, "503", 0, 0),
        (RequestTimeoutAfter, "408", 1, 1),
        (Slow, "200 late", 1, 1),
        (RateLimited, "429", 0, 0),
        (HtmlPage, "200", 0, 0),
        (Redirect, "307", 0, 0),
        (EmptySuccess, "200", 1, 1),
        (GarbledAfter, "200", 1, 1),
        (ListLag, "nothing", 1, 0),
        (Hold, "held 200", 1, 1),
        (Doubled, "409", 1, 1),
        (StrangerTwin, "nothing", 2, 2),
        (Unreachable, "nothing, and nobody for 5000 ms", 0, 0),
    ];
    for (kind, client, orders, listed) in rows {
        let mut world = world();
        world.queue_fault(OneShot::next(kind)).unwrap();
        let posted = request(&world, "POST", "/v1/deliveries", &delivery("SO-1"));
        assert_eq!(seen(&world.request(&posted, T0).delivery), client, "{kind:?}");
        assert_eq!(world.truth(T0).len(), orders, "{kind:?}");
        let (_, list) = call(&mut world, "GET", "/v1/deliveries", "", T0);
        assert_eq!(list["total_count"], listed, "{kind:?}");
        // The fault is used up, and in the end the order exists and is seen.
        let (again, _) = call(&mut world, "POST", "/v1/deliveries", &delivery("SO-1"), T0 + MINUTE);
        assert_eq!(again, if orders == 0 && kind != LateCommit { 200 } else { 409 }, "{kind:?}");
        let (_, list) = call(&mut world, "GET", "/v1/deliveries?reference=SO-1", "", T0 + MINUTE);
        assert_eq!(list["total_count"], 1, "{kind:?}");
    }
}

#[test]
fn each_kind_makes_as_many_orders_everywhere() {
    use FaultKind::*;
    let made = [
        LoseResponse,
        HalfBody,
        HeadersOnly,
        Error500After,
        BadGatewayAfter,
        GatewayTimeoutAfter,
        RequestTimeoutAfter,
        Slow,
        EmptySuccess,
        GarbledAfter,
        ListLag,
        Hold,
    ];
    let not_made = [
        LoseRequest,
        LateCommit,
        Error500Before,
        BadGatewayBefore,
        UnavailableBefore,
        RateLimited,
        HtmlPage,
        Redirect,
        Unreachable,
    ];
    for platform in PracticePlatform::ALL {
        let doubled = if platform == PracticePlatform::Foxreload { 2 } else { 1 };
        let rows = made.map(|kind| (kind, 1)).into_iter().chain(not_made.map(|kind| (kind, 0)));
        for (kind, orders) in rows.chain([(Doubled, doubled), (StrangerTwin, 2)]) {
            let mut world = world();
            world.queue_fault(OneShot::next(kind)).unwrap();
            let posted = common::create_anywhere(&mut world, platform, "SO-1", "77", T0);
            world.request(&posted, T0);
            assert_eq!(world.truth(T0).len(), orders, "{platform} {kind:?}");
            assert!(world.state(T0).queue.is_empty(), "{platform} {kind:?}: a create is known as one");
            let late = world.truth(T0 + MINUTE).len();
            assert_eq!(late, if kind == LateCommit { 1 } else { orders }, "{platform} {kind:?}");
        }
    }
}

#[test]
fn a_plan_strikes_the_same_orders_in_another_file_everywhere() {
    let plan = FaultPlan::parse(r#"{"seed": 5, "rate": 0.5, "applies_to": "all"}"#).unwrap();
    for platform in PracticePlatform::ALL {
        let met = |seed: u64| {
            let mut world = common::world_of(seed);
            set(&mut world, platform, json!({"rate_limit_per_minute": 0}), T0);
            let meets = (0..40).map(|number| {
                world.set_plan(None, T0).unwrap();
                let reference = format!("{seed}-{number}");
                let posted = common::create_anywhere(&mut world, platform, &reference, &number.to_string(), T0);
                world.set_plan(Some(plan.clone()), T0).unwrap();
                let mut read = posted.clone();
                read.method = "GET".into();
                let create = seen(&world.request(&posted, T0).delivery);
                (create, seen(&world.request(&read, T0).delivery))
            });
            meets.collect::<Vec<_>>()
        };
        let first = met(1);
        assert_eq!(met(2), first, "{platform}");
        assert!(first.iter().any(|(create, _)| create == "nothing"), "{platform}");
    }
}

#[test]
fn only_foxreload_doubles_what_arrives_twice() {
    for (target, body, orders) in [
        ("/v1/deliveries", delivery("SO-1"), 1),
        ("/api/orders", top_up("product_01a", 1), 2),
        (CREATE, parcel("SO-1", "01712345678"), 1),
    ] {
        let mut world = world();
        world.queue_fault(OneShot::next(FaultKind::Doubled)).unwrap();
        let mut posted = request(&world, "POST", target, &body);
        posted.headers.push(("x-idempotency-key".into(), "k".into()));
        world.request(&posted, T0);
        assert_eq!(world.truth(T0).len(), orders, "{target}");
    }
}

#[test]
fn a_late_commit_meets_the_fence_of_its_own_time() {
    let late = OneShot { ms: Some(90_000), ..OneShot::next(FaultKind::LateCommit) };
    // FoxReload: the straggler is an order of its own, at its own time.
    let mut world = world();
    world.queue_fault(late.clone()).unwrap();
    let posted = request(&world, "POST", "/api/orders", &top_up("product_01a", 1));
    assert_eq!(world.request(&posted, T0).delivery, Delivery::Dropped);
    assert_eq!(world.truth(T0 + 89 * SECOND).len(), 0);
    assert_eq!(world.state(T0).platforms[2].waiting, 1);
    assert_eq!(world.truth(T0 + 120 * SECOND)[0].created_at_ms, T0 + 90 * SECOND);
    // Postmates: stopped while the replay's delivery is active; not stopped once that was canceled.
    for (cancelled, orders) in [(false, 1), (true, 2)] {
        let mut world = common::world();
        world.queue_fault(late.clone()).unwrap();
        let posted = request(&world, "POST", "/v1/deliveries", &delivery("SO-1"));
        world.request(&posted, T0);
        let (_, replayed) = call(&mut world, "POST", "/v1/deliveries", &delivery("SO-1"), T0 + SECOND);
        if cancelled {
            let cancel = format!("/v1/deliveries/{}/cancel", replayed["id"].as_str().unwrap());
            assert_eq!(call(&mut world, "POST", &cancel, "", T0 + 2 * SECOND).0, 200);
        }
        assert_eq!(world.truth(T0 + 120 * SECOND).len(), orders);
    }
}

#[test]
fn the_platform_clock_can_be_moved_forward() {
    let mut world = world();
    world.queue_fault(OneShot { ms: Some(90_000), ..OneShot::next(FaultKind::LateCommit) }).unwrap();
    let mut posted = request(&world, "POST", CREATE, &parcel("SO-1", "01712345678"));
    posted.headers.push(("x-idempotency-key".into(), "k".into()));
    world.request(&posted, T0);
    set(&mut world, PracticePlatform::Pathao, json!({"clock_offset_ms": 90_000}), T0);
    assert_eq!(world.truth(T0).len(), 1);
    let outcome = world.request(&posted, T0);
    assert_eq!(outcome.server_time, T0 + 90_000);
    set(&mut world, PracticePlatform::Pathao, json!({"clock_offset_ms": 25 * 60 * MINUTE}), T0);
    world.request(&posted, T0);
    assert_eq!(world.truth(T0).len(), 2);
}

#[test]
fn a_queued_fault_waits_for_what_it_fits() {
    let mut world = world();
    let shot = OneShot {
        platform: Some(PracticePlatform::Postmates),
        applies_to: AppliesTo::Lookup,
        times: 2,
        ms: Some(7_500),
        ..OneShot::next(FaultKind::RateLimited)
    };
    world.queue_fault(shot).unwrap();
    assert_eq!(call(&mut world, "GET", "/v1/business/orders", "", T0).0, 200);
    assert_eq!(call(&mut world, "POST", "/v1/deliveries", &delivery("SO-1"), T0).0, 200);
    let get = request(&world, "GET", "/v1/deliveries", "");
    let limited = common::answered(&mut world, &get, T0);
    assert!(limited.headers.contains(&("retry-after".into(), "8".into())));
    assert_eq!(common::answered(&mut world, &get, T0).status, 429);
    assert_eq!(common::answered(&mut world, &get, T0).status, 200);
    assert!(world.state(T0).queue.is_empty());
    assert_eq!(world.state(T0).platforms[1].faults[0].count, 2);
    assert!(world.queue_fault(OneShot { times: 0, ..OneShot::next(FaultKind::Slow) }).is_err());
}

#[test]
fn a_change_of_switches_does_not_rewrite_the_past() {
    let mut world = world();
    let posted = request(&world, "POST", CREATE, &parcel("SO-1", "01712345678"));
    common::answered(&mut world, &posted, T0);
    let stage = i64::from(common::defaults(PracticePlatform::Pathao).stage_ms);
    set(&mut world, PracticePlatform::Pathao, json!({"stage_ms": 0}), T0 + 2 * stage);
    assert_eq!(world.truth(T0 + 99 * stage)[0].status, "ACCEPTED");
}

/// What 200 creates meet, sent in an order that `step` decides, under a plan.
fn story(world_seed: u64, plan_seed: u64, step: usize) -> Vec<String> {
    let mut world = common::world_of(world_seed);
    let plan = FaultPlan::parse(&json!({"seed": plan_seed, "rate": 0.33, "late_ms": [1, 500]}).to_string()).unwrap();
    world.set_plan(Some(plan), T0).unwrap();
    let mut met = vec![Vec::new(); 200];
    for number in (0..400).map(|k| k * step % 200) {
        // The reference differs from world to world, what is ordered does not.
        let body = parcel(&format!("{world_seed}-{number}"), &format!("017{number:08}"));
        let posted = request(&world, "POST", CREATE, &body);
        met[number].push(seen(&world.request(&posted, T0).delivery));
    }
    met.into_iter().flatten().collect()
}

#[test]
fn a_plan_replays_and_another_seed_is_another_story() {
    let first = story(1, 7, 1);
    assert_eq!(story(1, 7, 1), first);
    assert_eq!(story(2, 7, 1), first, "another file, the same orders");
    assert_eq!(story(1, 7, 3), first, "the same orders in another sequence");
    assert_ne!(story(1, 8, 1), first);
    let struck = first.iter().filter(|seen| *seen != "201").count();
    assert!((90..=170).contains(&struck), "a third of 400 requests should be struck, {struck} were");
}

#[test]
fn a_plan_keeps_to_its_platforms_and_requests() {
    let mut world = world();
    let text = r#"{"seed": 1, "rate": 1.0, "kinds": ["lose_request"], "platforms": ["pathao"]}"#;
    world.set_plan(Some(FaultPlan::parse(text).unwrap()), T0).unwrap();
    let posted = request(&world, "POST", CREATE, &parcel("SO-1", "01712345678"));
    assert_eq!(world.request(&posted, T0).delivery, Delivery::Dropped);
    assert_eq!(call(&mut world, "GET", "/v1/business/orders", "", T0).0, 200);
    assert_eq!(call(&mut world, "POST", "/v1/deliveries", &delivery("SO-1"), T0).0, 200);
    world.set_plan(None, T0).unwrap();
    assert_eq!(call(&mut world, "POST", CREATE, &parcel("SO-1", "01712345678"), T0).0, 201);
}

/// The switches stay when the plan goes; a plan that is refused turns none.
#[test]
fn a_plan_brings_its_switches() {
    let mut world = world();
    let text = r#"{"seed": 1, "rate": 0.0,
        "switches": {"pathao": {"stored_failures": true}, "postmates": {"list_lag_ms": 7, "stage_ms": 0}}}"#;
    world.set_plan(Some(FaultPlan::parse(text).unwrap()), T0).unwrap();
    let before = world.switches(PracticePlatform::Foxreload).unwrap();
    world.set_plan(None, T0).unwrap();
    assert!(world.switches(PracticePlatform::Pathao).unwrap().stored_failures);
    let postmates = world.switches(PracticePlatform::Postmates).unwrap();
    assert_eq!((postmates.list_lag_ms, postmates.stage_ms), (7, 0));
    assert_eq!(world.switches(PracticePlatform::Foxreload).unwrap(), before);
    let refused = r#"{"seed": 1, "rate": 7.0, "switches": {"pathao": {"stored_failures": false}}}"#;
    let refused: FaultPlan = serde_json::from_str(refused).unwrap();
    world.set_plan(Some(refused), T0).unwrap_err();
    assert!(world.switches(PracticePlatform::Pathao).unwrap().stored_failures);
}

#[test]
fn a_plan_that_makes_no_sense_is_refused_in_words() {
    for (text, word) in [
        (r#"{"seed": 1, "rate": 2}"#, "rate"),
        (r#"{"seed": 1, "rate": 0.1, "kinds": []}"#, "kinds"),
        (r#"{"seed": 1, "rate": 0.1, "kinds": ["lose_it"]}"#, "lose_it"),
        (r#"{"seed": 1, "rate": 0.1, "late_ms": [9, 1]}"#, "late_ms"),
        (r#"{"seed": 1, "rate": 0.1, "speed": 1}"#, "speed"),
        (r#"{"rate": 0.1}"#, "seed"),
        (r#"{"seed": 1, "rate": 0.1, "switches": {"pathao": {"speed": 1}}}"#, "speed"),
        (r#"{"seed": 1, "rate": 0.1, "switches": {"nowhere": {}}}"#, "nowhere"),
    ] {
        let error = FaultPlan::parse(text).unwrap_err();
        assert!(error.contains(word), "{error}");
    }
}

#[test]
fn a_platform_that_is_down_answers_nobody_and_comes_back_by_itself() {
    let mut world = world();
    let until = T0 + MINUTE;
    set(&mut world, PracticePlatform::Pathao, json!({"down_until_ms": until}), T0);
    let posted = request(&world, "POST", CREATE, &parcel("SO-1", "01700000001"));
    let read = request(&world, "GET", "/v1/business/order/list?business_order_id=SO-1", "");
    for asked in [&posted, &read] {
        assert_eq!(seen(&world.request(asked, until - 1).delivery), "503");
    }
    assert!(world.truth(until).is_empty(), "nothing was carried out");
    let other = request(&world, "POST", "/v1/deliveries", &delivery("SO-1"));
    assert_eq!(seen(&world.request(&other, T0).delivery), "200", "the other platforms are up");
    assert_ne!(seen(&world.request(&posted, until).delivery), "503", "its time is over");
    assert_eq!(world.truth(until).len(), 2);
}
