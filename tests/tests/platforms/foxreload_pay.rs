//! FoxReload's `pay`, which Docket never calls: paying is a person's, and it is no request that may be made twice.
//!
//! A silent witness stands before the practice platform and takes every request down, while an order is made, doubted,
//! looked up, released, cancelled and read to its codes, over restarts. That no adapter can build the path is core's test
//! (`adapters/reach.rs`).

use docket_practice::{Endpoint, FaultKind, PracticePlatform};
use docket_tests::liar::Liar;
use docket_tests::shop::Shop;
use docket_tests::waiting::{LONG, until};

const FOX: PracticePlatform = PracticePlatform::Foxreload;

/// A shop whose account `main` asks a witness that changes nothing. Orders stay unpaid unless somebody pays.
fn witnessed(n: usize) -> (Shop, Liar) {
    let (shop, witness) = Shop::behind_liar(FOX, n, &[("exclusive", "true"), ("patience_s", "2")]);
    shop.switch(FOX, |switches| switches.auto_pay = false);
    (shop, witness)
}

/// Requests that change something, other than the one that makes an order.
fn beyond_creates(witness: &Liar) -> Vec<String> {
    let may = |line: &String| line.starts_with("GET /api/") || line == "POST /api/orders";
    witness.lines().into_iter().filter(|line| !may(line)).collect()
}

/// Pays as a person would, past Docket.
fn pay(endpoint: &Endpoint, id: &str) -> u16 {
    let key = endpoint.secrets["api_key"].as_str().expect("a key").to_owned();
    // An earlier provider is as good: the client only needs one.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let url = format!("{}/api/orders/{id}/pay", endpoint.base_url);
    runtime.block_on(async {
        let client = reqwest::Client::builder().build().expect("a client");
        client.post(url).header("x-api-key", key).send().await.expect("the platform answers").status().as_u16()
    })
}

#[test]
fn nothing_pays_but_a_person() {
    let (shop, witness) = witnessed(4);
    let ctl = &shop.ctl;
    // Made, and read.
    ctl.run(&["dispatch", "SO-1", "--wait", "60"]).code(0);
    ctl.run(&["track", "SO-1"]).code(0);
    // Made, the answer lost; each command is a program of its own, so this is a restart, too.
    shop.strike(FaultKind::LoseResponse, 1);
    ctl.run(&["dispatch", "SO-2", "--wait", "0"]);
    ctl.run(&["reconcile", "--wait", "60"]).code(0);
    assert_eq!(ctl.order("SO-2")["bound_by"], "scan", "{}", ctl.order("SO-2"));
    // Never made, for a person, released and made.
    shop.strike(FaultKind::LoseRequest, 1);
    ctl.run(&["dispatch", "SO-3", "--wait", "60"]).code(4);
    ctl.run(&["review", "release", "SO-3", "--reason", "it is not there"]).code(0);
    ctl.run(&["reconcile", "--wait", "60"]).code(0);
    assert_eq!((&ctl.order("SO-3")["state"], shop.ours().len()), (&"dispatched".into(), 3));
    // A cancel, which the platform does not have; what it sells; a sweep.
    ctl.run(&["cancel", "SO-1"]);
    ctl.run(&["sweep"]);
    ctl.run(&["account", "test", "main"]);
    // Codes, of an order that somebody has paid and the platform completed.
    let id = shop.ours()[0].platform_order_id.clone();
    shop.served().advance(FOX, &id, "completed").expect("a status of its course");
    until("its codes are here", LONG, || {
        ctl.run(&["track", "SO-1"]);
        (ctl.order("SO-1")["platform_status"] == "completed").then_some(())
    });
    assert_eq!(beyond_creates(&witness), Vec::<String>::new());
    let creates = witness.lines().iter().filter(|line| *line == "POST /api/orders").count();
    assert_eq!((creates, shop.creates(FOX)), (4, 4), "each create that the platform saw was seen here");
    let unpaid = shop.ours().iter().filter(|order| order.status == "active").count();
    assert_eq!(unpaid, 2, "nobody paid: {:?}", shop.ours());
    ctl.verifies();
    // A person who pays is seen, here and there: what found nothing above can find something.
    let second = shop.ours()[1].platform_order_id.clone();
    assert_eq!(pay(&witness.endpoint, &second), 200);
    assert_eq!(beyond_creates(&witness), [format!("POST /api/orders/{second}/pay")]);
    assert_eq!(shop.ours().iter().filter(|order| order.status == "active").count(), 1);
}
