//! A ledger that is made, and orders that are imported, on a failing disk.

use docket_practice::{Endpoint, PracticePlatform};
use docket_tests::disk::{FailingDisk, Fault};
use docket_tests::orders;
use docket_tests::program::Docketctl;
use docket_tests::shop::{Shop, add_account};

use crate::scene::{copy_folder, has_remedy, until_unstruck};

const PLATFORM: PracticePlatform = PracticePlatform::PrintOne;
const ORDERS: usize = 5;

/// A first account in a folder that holds nothing yet: the file is made, brought to its schema, and written to.
fn is_made(endpoint: &Endpoint, fault: &Fault) -> bool {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let ctl = Docketctl::new(folder.path());
    let disk = FailingDisk::under(&ctl, fault);
    let ran = add_account(&disk.ctl, "main", endpoint, &[]);
    let about = format!("{:?}\n{ran:?}", disk.calls().last());
    assert!(ran.was_killed() || ran.status() == Some(0) || has_remedy(&ran), "it says what to do\n{about}");
    let again = add_account(&ctl, "main", endpoint, &[]);
    if again.status() != Some(0) {
        assert!(again.stderr().contains("There is an account \"main\" already"), "{again:?}\nafter {about}");
    }
    assert!(ran.status() != Some(0) || again.status() == Some(1), "what was told is kept\n{about}");
    ctl.verifies();
    assert_eq!(ctl.run(&["--json", "account", "list"]).code(0).objects().len(), 1, "{about}");
    ran.was_killed() || disk.has_struck()
}

#[test]
fn the_power_goes_while_a_ledger_is_made() {
    let shop = Shop::open();
    let endpoint = shop.served().endpoint(PLATFORM).expect("it is served");
    assert!(until_unstruck("making, power", || |n| is_made(endpoint, &Fault::none().power(n))) >= 20);
}

/// Of about 280 calls the opens, syncs, cuts and removals: each transaction and each step of making the file fails once.
/// Their writes are SQLite's in each transaction alike, and fail one by one in `calls`.
#[test]
fn a_call_fails_while_a_ledger_is_made() {
    let shop = Shop::open();
    let endpoint = shop.served().endpoint(PLATFORM).expect("it is served");
    let fault = |n| Fault::of("EIO", "open sync cut unlink").at(n).times(1);
    assert!(until_unstruck("making, EIO", || |n| is_made(endpoint, &fault(n))) >= 20);
}

/// Orders are imported into a copy of a ledger.
fn is_imported(shop: &Shop, fault: &Fault) -> bool {
    let folder = tempfile::tempdir().expect("a temporary folder");
    copy_folder(shop.folder.path(), folder.path());
    let ctl = Docketctl::new(folder.path());
    let file = orders::write(folder.path(), PLATFORM, ORDERS).display().to_string();
    let import = ["--json", "order", "import", file.as_str(), "--account", "main"];
    let disk = FailingDisk::under(&ctl, fault);
    let ran = disk.ctl.run(&import);
    let about = format!("{:?}\n{ran:?}", disk.calls().last());
    assert!(ran.was_killed() || ran.status() == Some(0) || has_remedy(&ran), "it says what to do\n{about}");
    ctl.verifies();
    let there = ctl.orders().len();
    if ran.status() == Some(0) || !ran.stdout().is_empty() {
        assert_eq!(there, ORDERS, "what was told is kept\n{about}");
    }
    let again = ctl.run(&import).code(0).objects().remove(0);
    assert_eq!(again["imported"], ORDERS - there, "{again}\n{about}");
    assert_eq!(ctl.orders().len(), ORDERS, "{about}");
    ctl.verifies();
    ran.was_killed() || disk.has_struck()
}

fn with_an_account() -> Shop {
    let shop = Shop::open();
    shop.add("main", PLATFORM, &[]);
    shop
}

#[test]
fn the_power_goes_in_an_import() {
    let shop = with_an_account();
    assert!(until_unstruck("import, power", || |n| is_imported(&shop, &Fault::none().power(n))) >= 5);
}

#[test]
fn a_call_fails_in_an_import() {
    let shop = with_an_account();
    let fault = |n| Fault::of("EIO", "open sync cut unlink").at(n).times(1);
    assert!(until_unstruck("import, EIO", || |n| is_imported(&shop, &fault(n))) >= 15);
}
