//! A disk that is full, a file or folder that cannot be written, a file that another program keeps locked: the real program
//! says what to do, sends nothing that is not written down, and keeps an answer until it can be.

use docket_practice::{FaultKind, PracticePlatform};
use docket_tests::disk::{FailingDisk, Fault};
use docket_tests::program::Ran;
use docket_tests::shop::Shop;
use docket_tests::tamper::locked;
use docket_tests::waiting::{LONG, until};

const PLATFORM: PracticePlatform = PracticePlatform::PrintOne;
const DISPATCH: [&str; 4] = ["dispatch", "SO-1", "--wait", "60"];
const CHANGES: &str = "open write sync cut unlink";

fn shop() -> Shop {
    Shop::with_orders(PLATFORM, 1, &[("timeout_ms", "60000")])
}

/// It ends with an error, whose line says what is wrong and what to do.
#[track_caller]
fn refused(ran: Ran, what: &str, remedy: &str) {
    let said = ran.code(1).stderr();
    let line = said.lines().find(|line| line.starts_with("docketctl: ")).unwrap_or_default();
    assert!(line.contains(what) && line.contains(remedy), "{said}");
}

/// Nothing was sent; and on a disk that is well again the order goes out once.
#[track_caller]
fn goes_out_later(shop: &Shop) {
    assert_eq!((shop.creates(PLATFORM), &shop.ctl.order("SO-1")["attempts"]), (0, &0.into()));
    shop.ctl.verifies();
    shop.ctl.run(&DISPATCH).code(0);
    assert_eq!((&shop.ctl.order("SO-1")["state"], shop.ours().len()), (&"dispatched".into(), 1));
    shop.ctl.verifies();
}

/// The disk cannot take the answer, and can again while the program runs.
fn an_answer_waits(fault: Fault) {
    let shop = shop();
    let struck = shop.folder.path().join("struck");
    let disk = FailingDisk::under(&shop.ctl, &fault.while_there(&struck));
    shop.strike(FaultKind::Hold, 1);
    let running = disk.ctl.start(&DISPATCH);
    until("the create is at the platform", LONG, || (shop.held() == 1).then_some(()));
    std::fs::write(&struck, "").expect("a file");
    shop.served().release().expect("answers can be let go");
    until("the answer was not taken", LONG, || disk.has_struck().then_some(()));
    let order = shop.ctl.order("SO-1");
    assert_eq!((&order["state"], &order["attempts"]), (&"sending".into(), &1.into()), "its arming stays");
    std::fs::remove_file(&struck).expect("it was there");
    let ran = running.end(LONG).code(0);
    assert!(ran.stderr().contains("it is kept and written again"), "{ran:?}");
    let order = shop.ctl.order("SO-1");
    assert_eq!((&order["state"], &order["bound_by"]), (&"dispatched".into(), &"response".into()), "{order}");
    assert_eq!((shop.creates(PLATFORM), shop.ours().len()), (1, 1));
    shop.ctl.verifies();
}

#[test]
fn a_full_disk_sends_nothing() {
    let shop = shop();
    let disk = FailingDisk::under(&shop.ctl, &Fault::of("ENOSPC", "write cut"));
    refused(disk.ctl.run(&DISPATCH), "the disk is full", "free some space and try again");
    assert_eq!(disk.ctl.order("SO-1")["state"], "draft", "reading goes on");
    goes_out_later(&shop);
}

#[test]
fn an_answer_that_finds_no_space_is_written_when_there_is_room_again() {
    an_answer_waits(Fault::of("ENOSPC", "write"));
}

#[test]
fn an_answer_is_kept_while_the_file_is_read_only() {
    an_answer_waits(Fault::of("EROFS", CHANGES));
}

#[test]
fn a_read_only_folder_sends_nothing() {
    let shop = shop();
    let disk = FailingDisk::under(&shop.ctl, &Fault::of("EROFS", CHANGES));
    refused(disk.ctl.run(&DISPATCH), "read-only", "make the file and its folder writable");
    goes_out_later(&shop);
}

#[test]
fn a_read_only_file_sends_nothing_and_can_be_read() {
    let shop = shop();
    let disk = FailingDisk::under(&shop.ctl, &Fault::of("EROFS", CHANGES).on("main"));
    refused(disk.ctl.run(&DISPATCH), "read-only", "make the file and its folder writable");
    assert_eq!(disk.ctl.order("SO-1")["state"], "draft", "reading goes on");
    goes_out_later(&shop);
}

#[test]
fn a_locked_file_sends_nothing() {
    let shop = shop();
    locked(&shop.ctl.ledger, || {
        refused(shop.ctl.run(&DISPATCH), "another program keeps the ledger locked", "try again");
        assert_eq!(shop.ctl.order("SO-1")["state"], "draft", "reading goes on");
    });
    goes_out_later(&shop);
}
