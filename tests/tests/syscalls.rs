//! What the kernel saw of a dispatch: between the write of each arming and the first byte of its request lies a sync.

use docket_practice::PracticePlatform;
use docket_tests::chance::say;
use docket_tests::program::Running;
use docket_tests::shop::Shop;
use docket_tests::strace::{ARGS, armed_before_sent, read};
use docket_tests::waiting::LONG;

const ORDERS: usize = 6;

/// Dispatches some orders under strace; the trace, the ledger's path and the references.
fn traced(platform: PracticePlatform) -> (String, String, Vec<String>) {
    let shop = Shop::with_orders(platform, ORDERS, &[("timeout_ms", "10000"), ("send_before_ms", "20000")]);
    let file = shop.folder.path().join("trace");
    let out = file.display().to_string();
    let mut wrapper = vec!["strace", "-o", out.as_str()];
    wrapper.extend(ARGS);
    let command = shop.ctl.command_under(&wrapper, &["dispatch", "--all", "--wait", "60"]);
    Running::start(command, "").end(LONG).code(0);
    let trace = std::fs::read_to_string(&file).expect("strace wrote a trace");
    let references =
        shop.ctl.orders().iter().map(|o| o["reference"].as_str().expect("a reference").to_owned()).collect();
    let ledger = std::fs::canonicalize(&shop.ctl.ledger).expect("a ledger").display().to_string();
    (trace, ledger, references)
}

#[test]
fn each_arming_is_on_disk_before_its_request_leaves() {
    for platform in [PracticePlatform::Pathao, PracticePlatform::Postmates] {
        let (trace, ledger, references) = traced(platform);
        let calls = read(&trace);
        assert_eq!(references.len(), ORDERS);
        for reference in &references {
            let proof = armed_before_sent(&calls, &ledger, reference).unwrap_or_else(|why| panic!("{platform}: {why}"));
            say(&format!("{platform} {reference}: {proof:?}"));
        }
        a_doctored_trace_proves_nothing(&trace, &ledger, &references[0]);
    }
}

/// The same trace without its syncs, or with the request moved before them, has to fail.
fn a_doctored_trace_proves_nothing(trace: &str, ledger: &str, reference: &str) {
    let lines: Vec<&str> = trace.lines().collect();
    let sync = |line: &str| line.contains("sync(") || line.contains("sync resumed");
    let without: Vec<&str> = lines.iter().copied().filter(|line| !sync(line)).collect();
    let why = armed_before_sent(&read(&without.join("\n")), ledger, reference).expect_err("no sync, no proof");
    assert!(why.contains("no sync between"), "{why}");
    let proof = armed_before_sent(&read(trace), ledger, reference).expect("the true trace");
    let mut early = lines.clone();
    let request = early.remove(proof.sent);
    early.insert(proof.written + 1, request);
    let why = armed_before_sent(&read(&early.join("\n")), ledger, reference).expect_err("sent before the sync");
    assert!(why.contains("no sync between"), "{why}");
    let failed: Vec<String> = lines
        .iter()
        .map(|line| if sync(line) { line.replace(" = 0", " = -1 EIO") } else { (*line).to_owned() })
        .collect();
    assert!(armed_before_sent(&read(&failed.join("\n")), ledger, reference).is_err(), "a sync that failed is none");
}
