//! Importing files as people make them: the right rows come in, the wrong ones are named, and nothing is lost.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use docket_practice::PracticePlatform;
use docket_tests::chance::{chance, say, seed};
use docket_tests::program::Ran;
use docket_tests::shop::Shop;
use docket_tests::tamper::number;
use docket_tests::waiting::{LONG, Stopwatch, until};
use rand::Rng as _;

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
    let path = file(&shop, "missing.csv", text.as_bytes());
    let ran = import(&shop, &path, &[]);
    assert_eq!(ran.status(), Some(1), "{ran:?}");
    assert!(ran.stderr().contains("receiver_phone"), "{ran:?}");
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
    ] {
        let shop = Shop::open();
        shop.add("main", platform, &[]);
        assert_sums(&import(&shop, &samples.join(name), &[]), imported, 0, 1, wrong);
    }
}

/// Rows of about 2.5 kB, a wrong one in every thousand: the file, how many are right, and the lines that are wrong.
fn large(shop: &Shop, name: &str, bytes: usize) -> (PathBuf, u32, Vec<u32>) {
    let path = shop.folder.path().join(name);
    let mut out = std::io::BufWriter::new(std::fs::File::create(&path).expect("a file"));
    let remark = "as agreed on the telephone with the customer ".repeat(54);
    let (mut written, mut right, mut wrong, mut line) = (0, 0, Vec::new(), 1);
    writeln!(out, "{HEADER},remark").expect("a line");
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
    assert_sums(&ran, right, 0, 0, wrong.len() as u32);
    let (path, right, wrong) = large(&large_shop, "large.csv", 100_000_000);
    let (ran, most) = import_watched(&large_shop, &path);
    assert_sums(&ran, right, 0, 0, wrong.len() as u32);
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
    assert_sums(&ran, came, 0, right - came, wrong.len() as u32);
    assert_eq!(number(&shop.ctl.ledger, "SELECT count(DISTINCT order_no) FROM orders"), i64::from(right));
    assert_eq!(number(&shop.ctl.ledger, "SELECT count(*) FROM log WHERE kind = 'imported'"), i64::from(right));
    say(&format!("killed {cut} times, {seen} of {right} rows were in before the last import"));
    shop.ctl.verifies();
}
