//! A ledger with nothing to find.

use docket_practice::{FaultKind, FaultPlan, PracticePlatform};
use docket_tests::orders;
use docket_tests::shop::Shop;
use docket_tests::truth::existing;

use super::{incidents, sweep};

/// Orders at each of the six.
const EACH: usize = 170;

/// A thousand orders, and one of ten creates struck. Then nothing is there that is not bound or in hand, and nothing is
/// told.
#[test]
fn a_thousand_orders_and_ordinary_faults_are_no_finding() {
    let shop = Shop::open();
    for platform in PracticePlatform::ALL {
        let name = platform.name();
        shop.add(name, platform, &[("exclusive", "true")]);
        shop.without_limit(platform);
        let file = orders::write(shop.folder.path(), platform, EACH);
        shop.ctl.run(&["order", "import", &file.display().to_string(), "--account", name]).code(0);
    }
    let kinds = [
        FaultKind::LoseResponse,
        FaultKind::LoseRequest,
        FaultKind::HalfBody,
        FaultKind::Error500After,
        FaultKind::BadGatewayBefore,
        FaultKind::GarbledAfter,
    ];
    let plan = FaultPlan {
        seed: 7,
        rate: 0.1,
        kinds: kinds.into(),
        platforms: None,
        applies_to: docket_practice::AppliesTo::Create,
        late_ms: [100, 200],
        slow_ms: [10, 20],
        switches: std::collections::BTreeMap::new(),
    };
    shop.served().set_plan(Some(plan)).expect("a plan that makes sense");
    let despite: Vec<&str> = PracticePlatform::ALL.iter().flat_map(|other| ["--despite", other.name()]).collect();
    shop.ctl.run(&[&["dispatch", "--all", "--wait", "60"], &despite[..]].concat());
    shop.served().set_plan(None).expect("no plan");
    let rest = shop.ctl.run(&["reconcile", "--wait", "100"]);
    assert!(matches!(rest.status(), Some(0 | 4)), "{rest:?}");
    let ledger = shop.ctl.orders();
    let settled = ledger.iter().filter(|order| order["state"] == "dispatched").count();
    assert!(settled > 5 * EACH, "most are dispatched: {settled}");
    let before = incidents(&shop);
    let (findings, summary) = sweep(&shop, 0);
    assert!(findings.is_empty(), "{findings:?}");
    assert_eq!(incidents(&shop), before);
    for account in summary["accounts"].as_array().expect("accounts") {
        let platform = PracticePlatform::ALL.into_iter().find(|p| p.name() == account["account"]).expect("its own");
        let there = existing(&shop.truth_file(), platform).len();
        let not_asked = account["unseen"].to_string();
        if platform != PracticePlatform::Doordash {
            assert_eq!(account["seen"], there, "{platform}: every order was seen, {account}");
            assert_eq!(account["by_others"], 0, "{platform}: {account}");
        }
        assert!(!not_asked.contains("could not be asked"), "{account}");
        let open = ledger.iter().filter(|o| o["account"] == platform.name() && o["state"] == "needs_review");
        assert!(account["in_hand"].as_u64().unwrap_or(0) <= open.count() as u64, "{platform}: {account}");
    }
}
