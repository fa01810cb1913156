//! The same questions from the terminal.

use docket_practice::PracticePlatform;
use docket_tests::shop::Shop;

#[test]
fn prices_are_told_in_lines_and_objects() {
    let shop = Shop::with_orders(PracticePlatform::Postmates, 2, &[]);
    let told = shop.ctl.run(&["quote", "SO-1", "SO-2"]).code(0).stdout();
    assert_eq!(told.lines().count(), 2, "{told}");
    assert!(told.starts_with("SO-1 USD ") && told.contains("takes 45 min"), "{told}");
    let objects = shop.ctl.run(&["--json", "quote", "SO-1", "SO-2"]).code(0).objects();
    assert_eq!(
        (objects.len(), &objects[1]["order_no"], &objects[1]["fee"]["currency"]),
        (2, &"SO-2".into(), &"USD".into())
    );
    assert!(objects[0]["expires_at"].is_string() && objects[0]["quote_id"].is_string(), "{objects:?}");
    let failed = shop.ctl.run(&["quote", "SO-1", "SO-9"]).code(1);
    assert_eq!(failed.stdout().lines().count(), 1, "what could be had is told: {failed:?}");
    assert!(failed.stderr().contains("SO-9 has no price"), "{failed:?}");
    assert!(shop.ours().is_empty());
    shop.ctl.verifies();
}

#[test]
fn a_highest_fee_is_kept_to() {
    let shop = Shop::with_orders(PracticePlatform::Doordash, 1, &[]);
    let dear = shop.ctl.run(&["dispatch", "SO-1", "--max-fee", "1.50", "--wait", "60"]).code(1);
    assert!(dear.stderr().contains("more than the USD 1.50 that was agreed"), "{dear:?}");
    assert!(shop.ours().is_empty());
    shop.ctl.run(&["dispatch", "SO-1", "--max-fee", "99.00 USD", "--wait", "60"]).code(0);
    assert_eq!(shop.ours().len(), 1);
    let shop = Shop::with_orders(PracticePlatform::Foxreload, 1, &[]);
    let none = shop.ctl.run(&["dispatch", "SO-1", "--max-fee", "99", "--wait", "60"]).code(1);
    assert!(none.stderr().contains("FoxReload tells no price"), "{none:?}");
    assert!(shop.ours().is_empty());
}

#[test]
fn products_and_templates_are_listed() {
    let shop = Shop::with_orders(PracticePlatform::Foxreload, 1, &[]);
    let found = shop.ctl.run(&["account", "products", "main", "--search", "steam"]).code(0).stdout();
    assert!(found.contains("product_01steam10") && !found.contains("product_01ff1080"), "{found}");
    let wrong = shop.ctl.run(&["account", "templates", "main"]).code(1);
    assert!(wrong.stderr().contains("has no list that template_id is chosen from"), "{wrong:?}");
    shop.add("cards", PracticePlatform::PrintOne, &[]);
    let objects = shop.ctl.run(&["--json", "account", "templates", "cards"]).code(0).objects();
    assert_eq!((objects.len(), &objects[0]["id"]), (4, &"tmpl_welcome".into()));
    assert_eq!(objects[0]["variables"], serde_json::json!(["firstName", "code"]));
}
