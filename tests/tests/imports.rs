//! Importing files as people make them: the right rows come in, the wrong ones are named, and nothing is lost.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use std::os::unix::fs::PermissionsExt as _;

use docket_practice::PracticePlatform;
use docket_tests::chance::{chance, say, seed};
use docket_tests::program::Ran;
use docket_tests::shop::Shop;
use docket_tests::tamper::number;
use docket_tests::waiting::{LONG, Stopwatch, until};
use rand::Rng as _;
use rustix::process::Signal;

const HEADER: &str = "order_no,receiver_name,receiver_phone,delivery_latitude,delivery_longitude,pickup_latitude,pickup_longitude,parcel_type";

fn row(order_no: &str, name: &str) -> String {
    format!("{order_no},{name},01811111111,23.7465,90.3762,23.7937,90.4066,2")
}

fn shop() -> Shop {
    let shop = Shop::open();
    shop.add("main", PracticePlatform::Pathao, &[]);
    shop
}

fn file(shop: &Shop, name: &str, bytes: &[u8]) -> PathBuf {
    let path = shop.folder.path().join(name);
    std::fs::write(&path, bytes).expect("the file is written");
    path
}

fn import(shop: &Shop, path: &Path, more: &[&str]) -> Ran {
    let path = path.display().to_string();
    let mut args = vec!["order", "import", path.as_str(), "--account", "main"];
    args.extend(more);
    shop.ctl.run(&args)
}

#[track_caller]
fn assert_sums(ran: &Ran, imported: u32, updated: u32, skipped: u32, wrong: u32) {
    let line = format!("imported {imported}, updated {updated}, skipped {skipped}, wrong {wrong}");
    assert_eq!(ran.last_line(), line, "{ran:?}");
    assert_eq!(ran.status(), Some(i32::from(wrong > 0)), "{ran:?}");
}

/// `FILE:LINE: COLUMN: reason` stands on stderr.
#[track_caller]
fn assert_names(ran: &Ran, path: &Path, line: u32, column: &str) {
    let start = format!("{}:{line}: {column}: ", path.display());
    let said = ran.stderr();
    assert!(said.lines().any(|l| l.starts_with(&start) && l.len() > start.len()), "{start}\n{ran:?}");
}

#[test]
fn every_usual_encoding() {
    let text = format!("{HEADER}\r\n{}\r\n{}\r\n", row("SO-1", "Zoë Müller"), row("SO-2", "Renée Das"));
    let utf16 = |bytes: fn(u16) -> [u8; 2]| -> Vec<u8> { text.encode_utf16().flat_map(bytes).collect() };
    let windows = text.chars().map(|c| u8::try_from(u32::from(c)).expect("Latin letters")).collect::<Vec<u8>>();
    let files: [(&str, Vec<u8>); 5] = [
        ("utf8", text.clone().into_bytes()),
        ("utf8-bom", [b"\xef\xbb\xbf", text.as_bytes()].concat()),
        ("windows-1252", windows),
        ("utf16le", [b"\xff\xfe".to_vec(), utf16(u16::to_le_bytes)].concat()),
        ("utf16be", [b"\xfe\xff".to_vec(), utf16(u16::to_be_bytes)].concat()),
    ];
    let shop = shop();
    for (round, (name, bytes)) in files.iter().enumerate() {
        let path = file(&shop, &format!("{name}.csv"), bytes);
        // However it was encoded, the content is the same: the first one is imported, the others are skipped.
        let (imported, skipped) = if round == 0 { (2, 0) } else { (0, 2) };
        assert_sums(&import(&shop, &path, &[]), imported, 0, skipped, 0);
    }
    assert_eq!(shop.ctl.order("SO-1")["recipient"], "Zoë Müller");
    assert_eq!(shop.ctl.order("SO-2")["recipient"], "Renée Das");
}

#[test]
fn line_ends_and_order_of_columns_do_not_matter() {
    let shop = shop();
    let unix = format!("{HEADER}\n{}\n\n{}", row("SO-1", "A"), row("SO-2", "\"B, the\nsecond\""));
    assert_sums(&import(&shop, &file(&shop, "unix.csv", unix.as_bytes()), &[]), 2, 0, 0, 0);
    // As spreadsheets write it: a line break inside a cell stays as it is.
    let windows = unix.replace('\n', "\r\n").replace("the\r\nsecond", "the\nsecond");
    assert_sums(&import(&shop, &file(&shop, "windows.csv", windows.as_bytes()), &[]), 0, 0, 2, 0);
    let mut names: Vec<&str> = HEADER.split(',').collect();
    let values = row("SO-1", "A");
    let mut values: Vec<&str> = values.split(',').collect();
    names.reverse();
    values.reverse();
    let turned = format!("{};remark\n{};none\n", names.join(";"), values.join(";"));
    assert_sums(&import(&shop, &file(&shop, "turned.csv", turned.as_bytes()), &[]), 0, 0, 1, 0);
}

#[test]
fn a_missing_column_is_named_and_nothing_comes_in() {
    let shop = shop();
    let text = format!("{HEADER}\n{}\n", row("SO-1", "A")).replace("receiver_phone", "mobile");
    let both = text.replace("receiver_name", "customer");
    let ran = import(&shop, &file(&shop, "both.csv", both.as_bytes()), &[]);
    assert_sums(&ran, 0, 0, 0, 1);
    let path = file(&shop, "missing.csv", text.as_bytes());
    let ran = import(&shop, &path, &[]);
    assert_sums(&ran, 0, 0, 0, 1);
    assert_names(&ran, &path, 1, "receiver_phone");
    assert!(shop.ctl.orders().is_empty());
    assert_sums(&import(&shop, &path, &["--map", "receiver_phone=mobile"]), 1, 0, 0, 0);
}

#[test]
fn one_number_with_other_content_is_wrong() {
    let shop = shop();
    let text = [HEADER.into(), row("SO-1", "A"), row("SO-2", "B"), row("SO-1", "A"), row("SO-2", "Somebody else")];
    let path = file(&shop, "twice.csv", text.join("\n").as_bytes());
    let ran = import(&shop, &path, &[]);
    assert_sums(&ran, 2, 0, 1, 1);
    assert_names(&ran, &path, 5, "receiver_name");
    assert_eq!(shop.ctl.order("SO-2")["recipient"], "B", "the first one stays");
}

#[test]
fn each_wrong_row_is_named_by_line_column_and_reason() {
    let shop = shop();
    let text = [
        HEADER.to_owned(),
        row("SO-1", "A"),
        row("SO-2", "B").replace("01811111111", "O1811111111"),
        row("SO-3", "C").replace("23.7465", "91.0"),
        row("", "D"),
        row("SO-5", "\"E\nwith a line break\""),
        row("SO-6", "F").replace(",2", ",9"),
        format!("{},more,and,more", row("SO-7", "G")),
    ];
    let path = file(&shop, "wrong.csv", text.join("\n").as_bytes());
    let ran = import(&shop, &path, &[]);
    assert_sums(&ran, 2, 0, 0, 5);
    for (line, column) in [(3, "receiver_phone"), (4, "delivery_latitude"), (5, "order_no"), (9, "-")] {
        assert_names(&ran, &path, line, column);
    }
    assert_names(&ran, &path, 8, "parcel_type");
    assert_eq!(shop.ctl.orders().len(), 2);
    let ran = shop.ctl.run(&["--json", "order", "import", &path.display().to_string(), "--account", "main"]).code(1);
    let sums = ran.objects().pop().expect("a last object");
    assert_eq!(sums, serde_json::json!({"imported": 0, "updated": 0, "skipped": 2, "wrong": 5}));
}

#[test]
fn a_dry_run_changes_nothing() {
    let shop = shop();
    let path = file(&shop, "some.csv", [HEADER.into(), row("SO-1", "A"), row("SO-2", "")].join("\n").as_bytes());
    let entries = || number(&shop.ctl.ledger, "SELECT count(*) FROM log");
    let before = entries();
    assert_sums(&import(&shop, &path, &["--dry-run"]), 1, 0, 0, 1);
    assert!(shop.ctl.orders().is_empty());
    assert_eq!(entries(), before, "nothing was written");
    assert_sums(&import(&shop, &path, &[]), 1, 0, 0, 1);
}

#[test]
fn an_update_changes_drafts_and_refused_orders_only() {
    let shop = shop();
    let path = file(&shop, "old.csv", [HEADER.into(), row("SO-1", "A"), row("SO-2", "B")].join("\n").as_bytes());
    assert_sums(&import(&shop, &path, &[]), 2, 0, 0, 0);
    shop.ctl.run(&["dispatch", "SO-2", "--wait", "60"]).code(0);
    let text = [HEADER.into(), row("SO-1", "A."), row("SO-2", "B."), row("SO-3", "C")].join("\n");
    let path = file(&shop, "new.csv", text.as_bytes());
    let ran = import(&shop, &path, &[]);
    assert_sums(&ran, 1, 0, 0, 2);
    let ran = import(&shop, &path, &["--update"]);
    assert_sums(&ran, 0, 1, 1, 1);
    assert_names(&ran, &path, 3, "receiver_name");
    assert_eq!(shop.ctl.order("SO-1")["recipient"], "A.");
    assert_eq!(shop.ctl.order("SO-2")["recipient"], "B", "what was dispatched stays as it was sent");
}

#[test]
fn the_samples_come_in_as_their_page_says() {
    let samples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../samples");
    for (platform, name, imported, wrong) in [
        (PracticePlatform::Pathao, "pathao-dhaka.csv", 190, 9),
        (PracticePlatform::Postmates, "postmates-san-francisco.csv", 190, 9),
        (PracticePlatform::Foxreload, "foxreload-topups.csv", 190, 9),
        (PracticePlatform::PrintOne, "print-one-amsterdam.csv", 189, 10),
        (PracticePlatform::UberDirect, "uber-direct-new-york.csv", 189, 10),
        (PracticePlatform::Doordash, "doordash-seattle.csv", 189, 10),
    ] {
        let shop = Shop::open();
        shop.add("main", platform, &[]);
        assert_sums(&import(&shop, &samples.join(name), &[]), imported, 0, 1, wrong);
    }
}

#[test]
fn a_quotation_mark_that_is_not_closed_takes_no_row_with_it() {
    let shop = shop();
    let text = [
        HEADER.to_owned(),
        row("SO-1", "\"A"),
        row("SO-2", "B"),
        row("SO-3", "\"C\nsecond line, \"\"quoted\"\"\nthird, line\""),
        row("SO-4", "D\""),
        row("SO-5", "\"E"),
        row("SO-6", "F\""),
        row("SO-7", "5\" pipe"),
        row("SO-8", "\"H"),
    ];
    let path = file(&shop, "quotes.csv", text.join("\r\n").as_bytes());
    for more in [&["--dry-run"][..], &[]] {
        let ran = import(&shop, &path, more);
        assert_sums(&ran, 5, 0, 0, 3);
        [2, 8, 11].iter().for_each(|line| assert_names(&ran, &path, *line, "receiver_name"));
    }
    assert_eq!(shop.ctl.order("SO-3")["recipient"], "C second line, \"quoted\" third, line");
}

#[test]
fn a_dry_run_says_what_the_import_will() {
    let shop = shop();
    let name = |n: u32| if n == 1_700 { "Somebody else" } else { "A" };
    let no = |n: u32| if n < 1_500 { format!("SO-{n}") } else { format!("SO-{}", n - 1_500) };
    let rows = (0..3_000).map(|n| row(&no(n), name(n)));
    let text: Vec<String> = std::iter::once(HEADER.to_owned()).chain(rows).collect();
    let path = file(&shop, "twice.csv", text.join("\n").as_bytes());
    let (looked, done) = (import(&shop, &path, &["--dry-run"]), import(&shop, &path, &[]));
    assert_sums(&looked, 1_500, 0, 1_499, 1);
    assert_eq!(looked.last_line(), done.last_line());
    let told = |ran: &Ran| ran.stderr().lines().filter(|l| l.contains(".csv:")).map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(told(&looked), told(&done), "in the same words");
    assert_eq!(told(&done).len(), 1);
}

/// What an import left beside the ledger.
fn left_beside(shop: &Shop) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(shop.folder.path()).expect("the shop's folder");
    let paths = entries.map(|entry| entry.expect("an entry").path());
    paths.filter(|path| path.display().to_string().contains(".wrong-")).collect()
}

#[test]
fn wrong_rows_beyond_the_report_are_told_and_never_left_behind() {
    let shop = shop();
    let rows = (0..40_000).map(|n| row(&format!("SO-{n}"), ""));
    let text: Vec<String> = std::iter::once(HEADER.to_owned()).chain(rows).collect();
    let path = file(&shop, "wrong.csv", text.join("\n").as_bytes());
    let mut running = shop.ctl.start(&["order", "import", &path.display().to_string(), "--account", "main"]);
    let kept = until("more wrong rows than a report holds", LONG, || {
        assert!(!running.has_ended(Duration::ZERO), "it was killed too late");
        left_beside(&shop).pop()
    });
    let mode = kept.metadata().expect("it is being written").permissions().mode();
    assert_eq!(mode & 0o777, 0o600, "it holds personal data");
    assert!(running.kill().was_killed());
    assert_eq!(left_beside(&shop).len(), 1);
    shop.ctl.run(&["reconcile"]).code(0);
    assert!(left_beside(&shop).is_empty(), "the next start removes it");
    let ran = import(&shop, &path, &[]);
    assert_sums(&ran, 0, 0, 0, 40_000);
    assert_names(&ran, &path, 40_001, "receiver_name");
    assert!(left_beside(&shop).is_empty(), "it is gone once it was told");
}

#[test]
fn an_import_that_is_asked_to_stop_says_what_came_in() {
    for signal in [Signal::INT, Signal::TERM] {
        let shop = shop();
        let (path, right, wrong) = large(&shop, "stopped.csv", 30_000_000);
        let mut running = shop.ctl.start(&["order", "import", &path.display().to_string(), "--account", "main"]);
        let count = || number(&shop.ctl.ledger, "SELECT count(*) FROM orders");
        until("rows come in", LONG, || (count() > 0).then_some(()));
        running.signal(signal);
        let ran = running.end(Duration::from_secs(2));
        let came = u32::try_from(count()).expect("a count");
        assert!(0 < came && came < right, "{came} of {right} rows");
        assert_eq!(ran.status(), Some(1), "{ran:?}");
        assert!(ran.last_line().starts_with(&format!("imported {came}, updated 0, skipped 0, wrong ")), "{ran:?}");
        assert!(ran.stderr().contains("stopped before it was finished"), "{ran:?}");
        assert_names(&ran, &path, 2, "receiver_name");
        let ran = import(&shop, &path, &[]);
        assert_sums(&ran, right - came, 0, came, wrong.len() as u32 + 1);
        shop.ctl.verifies();
    }
}

/// Rows of about 2.5 kB, a wrong one in every thousand, and a quotation mark in the first that is never closed: the
/// file, how many are right, and the lines that are wrong but the first.
fn large(shop: &Shop, name: &str, bytes: usize) -> (PathBuf, u32, Vec<u32>) {
    let path = shop.folder.path().join(name);
    let mut out = std::io::BufWriter::new(std::fs::File::create(&path).expect("a file"));
    let remark = "as agreed on the telephone with the customer ".repeat(54);
    let (mut written, mut right, mut wrong, mut line) = (0, 0, Vec::new(), 2);
    writeln!(out, "{HEADER},remark\n{}", row("SO-2", "\"A customer")).expect("two lines");
    while written < bytes {
        line += 1;
        let mut text = row(&format!("SO-{line}"), "A customer");
        if line % 1_000 == 0 {
            text = text.replace("01811111111", "no phone");
            wrong.push(line);
        } else {
            right += 1;
        }
        write!(text, ",{remark}").expect("writing to a text");
        writeln!(out, "{text}").expect("a line");
        written += text.len() + 1;
    }
    out.flush().expect("the file is whole");
    (path, right, wrong)
}

/// Imports and watches the most memory that the process ever had, in kB.
fn import_watched(shop: &Shop, path: &Path) -> (Ran, u64) {
    let path = path.display().to_string();
    let mut running = shop.ctl.start(&["order", "import", &path, "--account", "main"]);
    let status = format!("/proc/{}/status", running.pid());
    let mut peak = 0;
    while !running.has_ended(Duration::from_millis(10)) {
        let text = std::fs::read_to_string(&status).unwrap_or_default();
        let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let now = line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok()).unwrap_or(0);
        peak = peak.max(now);
    }
    (running.end(Duration::ZERO), peak)
}

#[test]
fn a_hundred_megabytes_in_bounded_memory() {
    let (small, large_shop, watch) = (shop(), shop(), Stopwatch::start());
    let (path, right, wrong) = large(&small, "small.csv", 1_000_000);
    let (ran, least) = import_watched(&small, &path);
    assert_sums(&ran, right, 0, 0, wrong.len() as u32 + 1);
    let (path, right, wrong) = large(&large_shop, "large.csv", 100_000_000);
    let (ran, most) = import_watched(&large_shop, &path);
    assert_sums(&ran, right, 0, 0, wrong.len() as u32 + 1);
    assert_names(&ran, &path, 2, "receiver_name");
    wrong.iter().for_each(|line| assert_names(&ran, &path, *line, "receiver_phone"));
    assert_eq!(number(&large_shop.ctl.ledger, "SELECT count(*) FROM orders"), i64::from(right));
    say(&format!("{right} rows of 100 MB: peak {most} kB, of 1 MB: {least} kB, {:?}", watch.elapsed()));
    assert!(least > 0 && most < least + 64 * 1024, "peak {most} kB for 100 MB, {least} kB for 1 MB");
}

#[test]
fn an_import_killed_in_the_middle_is_taken_up_again() {
    let shop = shop();
    let (path, right, wrong) = large(&shop, "cut.csv", 30_000_000);
    let (mut chance, mut seen) = (chance(seed(), "import"), 0);
    let mut cut = 0;
    for _ in 0..4 {
        let path = path.display().to_string();
        let mut running = shop.ctl.start(&["order", "import", &path, "--account", "main"]);
        let enough = seen + chance.random_range(1..2_500);
        let count = || number(&shop.ctl.ledger, "SELECT count(*) FROM orders");
        until("rows come in", LONG, || (running.has_ended(Duration::ZERO) || count() >= enough).then_some(()));
        cut += usize::from(running.kill().was_killed());
        let now = count();
        assert!(now >= enough.min(i64::from(right)), "what was committed stays: {now}, {enough}");
        seen = now;
    }
    assert!(cut > 0 && seen > 0, "it was killed in the middle");
    let ran = import(&shop, &path, &[]);
    let came = right - u32::try_from(seen).expect("a count");
    assert_sums(&ran, came, 0, right - came, wrong.len() as u32 + 1);
    assert_eq!(number(&shop.ctl.ledger, "SELECT count(DISTINCT order_no) FROM orders"), i64::from(right));
    assert_eq!(number(&shop.ctl.ledger, "SELECT count(*) FROM log WHERE kind = 'imported'"), i64::from(right));
    say(&format!("killed {cut} times, {seen} of {right} rows were in before the last import"));
    shop.ctl.verifies();
}
