//! Files that are not what was written: a page that has rotted, a log of pages that was cut, a disk that lied about its
//! syncs. What is lost is noticed, nothing is sent from it, and what is at the platform is found again.

use std::path::{Path, PathBuf};

use docket_practice::PracticePlatform;
use docket_tests::disk::{FailingDisk, Fault};
use docket_tests::program::Docketctl;
use docket_tests::shop::Shop;
use docket_tests::tamper::number;

use crate::scene::copy_folder;

const PLATFORM: PracticePlatform = PracticePlatform::PrintOne;
const DISPATCH: [&str; 4] = ["dispatch", "SO-2", "--wait", "60"];

/// A shop whose first order is dispatched; its second one is a draft.
fn shop() -> Shop {
    let shop = Shop::with_orders(PLATFORM, 2, &[]);
    shop.ctl.run(&["dispatch", "SO-1", "--wait", "60"]).code(0);
    shop
}

/// A copy of the shop's folder, and the program on it.
fn copied(shop: &Shop, name: &str) -> Docketctl {
    let there = tempfile::tempdir_in(shop.folder.path()).expect("a folder").keep().join(name);
    let home = shop.ctl.ledger.parent().expect("a folder");
    std::fs::create_dir_all(&there).expect("a folder");
    for file in ["ledger.db", "ledger.db-wal", "secrets.json"] {
        if home.join(file).exists() {
            std::fs::copy(home.join(file), there.join(file)).expect("the file is copied");
        }
    }
    copy_folder(&home.join("data"), &there.join("data"));
    Docketctl::new(&there)
}

fn wal(ctl: &Docketctl) -> PathBuf {
    PathBuf::from(format!("{}-wal", ctl.ledger.display()))
}

fn change(file: &Path, change: impl FnOnce(&mut Vec<u8>)) {
    let mut bytes = std::fs::read(file).expect("the file is readable");
    change(&mut bytes);
    std::fs::write(file, bytes).expect("the file is writable");
}

/// Dispatch is shut since the ledger has gone back; asking the platforms opens it, and finds what is there.
fn is_noticed_and_found(ctl: &Docketctl, shop: &Shop) {
    let creates = shop.creates(PLATFORM);
    let said = ctl.run(&DISPATCH).code(1).stderr();
    assert!(said.contains("dispatch is shut") && said.contains("docketctl restore check"), "{said}");
    assert_eq!(shop.creates(PLATFORM), creates, "nothing is sent meanwhile");
    ctl.run(&["restore", "check"]).code(0);
    is_found(ctl, shop, "");
    assert_eq!(shop.creates(PLATFORM), creates);
}

/// The second order is in a state that its ledger knows, if one is named; it is found at the platform, where it stands once.
fn is_found(ctl: &Docketctl, shop: &Shop, state: &str) {
    if !state.is_empty() {
        assert_eq!(ctl.order("SO-2")["state"], state, "the last whole commit counts");
    }
    ctl.run(&["reconcile", "--wait", "60"]).code(0);
    let order = ctl.order("SO-2");
    assert_eq!((&order["state"], &order["bound_by"]), (&"dispatched".into(), &"lookup".into()), "{order}");
    assert_eq!((shop.creates(PLATFORM), shop.ours().len()), (2, 2));
    ctl.verifies();
}

#[test]
fn a_rotten_page_is_told_and_what_to_do() {
    let shop = shop();
    // All of it in one file, and every page of that in use.
    assert_eq!(number(&shop.ctl.ledger, "PRAGMA wal_checkpoint(TRUNCATE)"), 0);
    assert_eq!(number(&shop.ctl.ledger, "PRAGMA freelist_count"), 0);
    let size = std::fs::metadata(&shop.ctl.ledger).expect("a file").len() as usize;
    let (pages, mut told) = (size / 4096, 0);
    for page in (0..pages).step_by(pages / 12) {
        let ctl = copied(&shop, "rotten");
        change(&ctl.ledger, |bytes| bytes[page * 4096..][..4096].iter_mut().for_each(|byte| *byte ^= 0x5a));
        let found = ctl.run(&["verify"]);
        assert_eq!(found.status(), Some(1), "page {page} of {pages}: {found:?}");
        let said = found.stderr();
        let remedy = ["go back to a backup", "restore a backup"].iter().any(|remedy| said.contains(remedy));
        assert!(said.contains("damaged") && remedy, "page {page}: {said}");
        // A start does not read every page. One that it reads stops it; one that comes up later stops what was under way.
        let before = shop.creates(PLATFORM);
        let ran = ctl.run(&DISPATCH);
        if ran.status() == Some(1) {
            let said = ran.stderr();
            assert!(said.contains("the ledger is damaged") && said.contains("docketctl verify"), "page {page}: {said}");
            told += usize::from(shop.creates(PLATFORM) == before);
        }
        assert!(shop.ours().len() <= 2, "page {page}: never two\n{ran:?}");
    }
    assert!(told >= 2, "{told} pages stop it before anything is sent");
}

/// The program is killed with its answer in hand: the arming is written and synced. Then its log of pages is cut in the
/// middle of each frame. A disk that keeps what it synced does not do that.
#[test]
fn a_log_of_pages_cut_in_each_frame_is_noticed() {
    let shop = shop();
    assert!(shop.ctl.with("DOCKET_CRASH_AT", "answered:1").run(&DISPATCH).was_killed());
    assert_eq!(shop.ours().len(), 2, "it is at the platform");
    let frames = (std::fs::metadata(wal(&shop.ctl)).expect("a log of pages").len() as usize - 32) / (24 + 4096);
    assert!(frames >= 10, "{frames}");
    let (mut lost, mut kept) = (0, 0);
    for frame in (0..frames).step_by(4) {
        let ctl = copied(&shop, "cut");
        change(&wal(&ctl), |bytes| bytes.truncate(32 + frame * (24 + 4096) + 2_000));
        ctl.verifies();
        let order = ctl.order("SO-2");
        if order["attempts"] == 0 {
            is_noticed_and_found(&ctl, &shop);
            lost += 1;
        } else {
            // Cut behind its arming: the usual doubt.
            is_found(&ctl, &shop, "sending");
            kept += 1;
        }
    }
    assert!(lost > 0 && kept > 0, "{lost} cuts before the arming's end, {kept} behind it");
}

/// What is torn is what no commit had ended yet: it was never answered, and is left out.
#[test]
fn half_a_frame_behind_the_last_commit_is_left_out() {
    let shop = shop();
    assert!(shop.ctl.with("DOCKET_CRASH_AT", "answered:1").run(&DISPATCH).was_killed());
    for torn in [1, 23, 24, 2_000, 4_119] {
        let ctl = copied(&shop, "torn");
        change(&wal(&ctl), |bytes| {
            let last = bytes[bytes.len() - (24 + 4096)..][..torn].to_vec();
            bytes.extend(last);
        });
        ctl.verifies();
        is_found(&ctl, &shop, "sending");
    }
}

/// Declared residue: no client can prevent what follows from a disk that lies. It is noticed, or at least found.
#[test]
fn a_disk_that_lies_about_syncs_is_noticed() {
    let shop = shop();
    let kept = copied(&shop, "kept");
    for n in 1.. {
        let ctl = copied(&shop, "lied");
        let disk = FailingDisk::under(&ctl, &Fault::of("lie", "sync").power(n));
        let before = shop.ours().len();
        let ran = disk.ctl.run(&DISPATCH);
        assert!(ran.was_killed(), "the power went, at the latest at its end: {ran:?}");
        if shop.ours().len() > before {
            ctl.verifies();
            assert_eq!(ctl.order("SO-2")["state"], "draft", "the ledger has lost it");
            is_noticed_and_found(&ctl, &shop);
            break;
        }
    }
    // Without the station nothing tells that the ledger has gone back; the sweep finds what it lost.
    let ctl = kept.with("DOCKET_DATA", &shop.folder.path().join("other").display().to_string());
    let swept = ctl.run(&["sweep"]);
    assert!(swept.status() != Some(0) && swept.stdout().contains("SO-2"), "{swept:?}");
}
