//! Quotation marks that are not closed, and rows that span lines because they are meant to.

use proptest::prelude::*;

use super::split::Split;
use super::tests::{form, read, row, wrong};
use super::*;
use crate::adapters::registry::adapter;
use crate::domain::Platform;

const HEADER: &str = "order_no,item_id,quantity,recipient,total_price";

/// The line of each row that came in, and of each that was told as wrong.
fn lines(text: &str) -> (Vec<u64>, Vec<u64>) {
    let (mut right, mut told) = (Vec::new(), Vec::new());
    for record in read(text.as_bytes()) {
        match record {
            Record::Row { line, .. } => right.push(line),
            Record::Wrong { line, .. } => told.push(line),
        }
    }
    (right, told)
}

fn file(rows: &[&str]) -> String {
    format!("{HEADER}\n{}\n", rows.join("\n"))
}

#[test]
fn a_quotation_mark_that_is_not_closed_takes_no_row_with_it() {
    let (a, b, c) = ("A,p,1,Das,5", "B,p,1,Das,5", "C,p,1,Das,5");
    let open = "X,p,1,\"Das,5";
    for (what, rows, right, told) in [
        ("in the first row", vec![open, a, b, c], vec![3, 4, 5], vec![2]),
        ("in the last row", vec![a, b, open], vec![2, 3], vec![4]),
        ("in the only row", vec![open], vec![], vec![2]),
        ("in the first column", vec!["\"X,p,1,Das,5", a, b], vec![3, 4], vec![2]),
        ("in the last column", vec![a, "X,p,1,Das,\"5", b], vec![2, 4], vec![3]),
        ("alone on its line", vec![a, "\"", b], vec![2, 4], vec![3]),
        ("far from the one that closes it", vec![open, a, b, c, "Y,p,1,Sen\",5", c], vec![3, 4, 5, 6, 7], vec![2]),
        ("one row before it", vec![a, open, "Y,p,1,Sen\",5", c], vec![2, 4, 5], vec![3]),
        ("closed in an earlier column", vec![open, "Y,p\",1,Sen,5", c], vec![3, 4], vec![2]),
        ("closed in a later column", vec!["X,\"p,1,Das,5", "Y,p,1,Sen\",5", c], vec![3, 4], vec![2]),
        ("before a quoted value", vec![open, "Y,p,1,\"Sen, N.\",5", c], vec![3, 4], vec![2]),
        ("before a short row", vec![open, "Y,p,1\"", c], vec![3, 4], vec![2]),
        ("twice, each for itself", vec![open, a, b, open, c], vec![3, 4, 6], vec![2, 5]),
        ("in every row", vec![open, open, open], vec![], vec![2, 3, 4]),
        ("after two that belong together", vec!["X,p,1,\"\"\"Das,5", a, b], vec![3, 4], vec![2]),
        ("in the middle of a value", vec!["X,p,1,5\" pipe,5", a, "Y,p,1,6\" pipe,5"], vec![2, 3, 4], vec![]),
        ("within a quoted value", vec!["X,p,1,\"the \"big\" one\",5", a], vec![3], vec![2]),
        ("and blanks after it", vec!["X,p,1,\"Das\" ,5", a], vec![2, 3], vec![]),
    ] {
        assert_eq!(lines(&file(&rows)), (right.clone(), told.clone()), "{what}");
        let windows = file(&rows).replace('\n', "\r\n");
        assert_eq!(lines(&windows), (right.clone(), told.clone()), "{what}, with CRLF");
        assert_eq!(lines(windows.trim_end()), (right, told), "{what}, and no break at the end");
    }
}

#[test]
fn it_is_told_with_its_line_its_column_and_what_to_do() {
    let records = read(file(&["A,p,1,x,5", "X,p,1,\"Das,5", "B,p,1,y,5"]).as_bytes());
    let (line, column, reason) = wrong(&records[1]);
    assert_eq!((line, column), (3, "recipient"));
    assert!(reason.contains("opened here") && reason.contains("close it"), "{reason}");
    let values = [("item_id", "p"), ("quantity", "1"), ("recipient", "y"), ("total_price", "5")];
    assert_eq!(records[2], row(4, "B", &values));

    let header = "order_no,item_id,quantity,\"recipient\nA,p,1,x\nB,p,1,y\"\nC,p,1,z\n";
    let records = read(header.as_bytes());
    assert_eq!((records.len(), wrong(&records[0]).0), (1, 1), "a header takes no row with it either: {records:?}");
    let header = "order_no,item_id,quantity,\"recipient\n(name)\"\nC,p,1,z\n";
    assert!(matches!(&read(header.as_bytes())[..], [Record::Row { line: 3, .. }]));
}

#[test]
fn values_that_span_lines_come_in() {
    let pathao = adapter(Platform::Pathao).unwrap().form();
    let names: Vec<&str> = std::iter::once(ORDER_NO).chain(pathao.iter().map(|f| f.name)).collect();
    let text = "House 5, Road 3,\r\nBlock C,Banani\r\n\"\"Rose\"\" Villa,\r\nDhaka 1213";
    for place in 1..names.len() {
        let row = |no: &str| {
            let mut row: Vec<String> = pathao.iter().map(|f| format!("\"{}\"", f.example)).collect();
            row.insert(0, no.into());
            row[place] = format!("\"{text}\"");
            row.join(",")
        };
        let file = format!("{}\r\n{}\r\n{}\r\n", names.join(","), row("A"), row("B"));
        let mut reader = Reader::new(file.as_bytes(), "f", encoding_rs::UTF_8, pathao, &BTreeMap::new()).unwrap();
        let records = reader.next_batch(9).unwrap();
        let [Record::Row { line: 2, values, .. }, Record::Row { line: 6, .. }] = &records[..] else {
            panic!("{}: {records:?}", names[place]);
        };
        assert_eq!(values[names[place]], text.replace("\"\"", "\""));
    }
}

#[test]
fn a_value_may_span_many_lines_but_not_without_end() {
    let spans = |lines: usize| format!("{HEADER}\nA,p,1,\"{}x\",5\nB,p,1,y,5\n", "x\n".repeat(lines - 1));
    assert_eq!(lines(&spans(csv::LINES_MAX)), (vec![2, 2 + csv::LINES_MAX as u64], vec![]));
    let (right, told) = lines(&spans(csv::LINES_MAX + 1));
    assert_eq!(right.last(), Some(&(3 + csv::LINES_MAX as u64)));
    assert_eq!(told.first(), Some(&2));
    assert_eq!(right.len() + told.len(), csv::LINES_MAX + 2, "every line is a row or is told");
}

#[test]
fn memory_and_time_are_bounded_whatever_stands_in_the_file() {
    let long = format!("{}\n", "x".repeat(RECORD_MAX - 100));
    for unit in ["A,\"\n", "A,\"\"\"\n", "A,\",\"\"\"\n", "\"\"\"\"\n", long.as_str()] {
        let text = format!("{HEADER}\nX,p,1,\"Das,5\n{}", unit.repeat(4_000_000 / unit.len()));
        let mut reader = Reader::new(text.as_bytes(), "f", encoding_rs::UTF_8, form(), &BTreeMap::new()).unwrap();
        while !reader.next_batch(1_000).unwrap().is_empty() {
            assert!(reader.held_bytes() < 1024 * 1024, "{} bytes", reader.held_bytes());
        }
    }
}

proptest! {
    /// What the csv crate writes is taken apart as it was.
    #[test]
    fn records_are_split_as_they_were_written(cells in proptest::collection::vec("[ab ,;\"\n\r]{0,6}", 2..6)) {
        let mut writer = ::csv::Writer::from_writer(Vec::new());
        writer.write_record(&cells).unwrap();
        let text = writer.into_inner().unwrap();
        let mut split = Split::new(b',');
        let mut lines = text.split_inclusive(|b| *b == b'\n').peekable();
        while let Some(line) = lines.next() {
            prop_assert_eq!(split.feed(line), lines.peek().is_none());
        }
        prop_assert_eq!(split.torn(), None);
        prop_assert_eq!(split.cells(), cells);
    }

    /// Wherever quotation marks are lost or strewn, each line is told of, once, and a row without any comes in.
    #[test]
    fn no_line_is_swallowed(marks in proptest::collection::vec((0_usize..8, 0_usize..12), 0..5)) {
        let mut rows: Vec<String> = (0..8).map(|n| format!("N{n},p,1,Das,5")).collect();
        for (row, place) in &marks {
            let place = (*place).min(rows[*row].len());
            rows[*row].insert(place, '"');
        }
        let text = format!("{HEADER}\n{}\n", rows.join("\n"));
        let (right, told) = lines(&text);
        let mut all = [right.clone(), told].concat();
        all.sort_unstable();
        prop_assert_eq!(&all, &(2..10).collect::<Vec<u64>>(), "{}", text);
        for (n, row) in rows.iter().enumerate().filter(|(_, row)| !row.contains('"')) {
            prop_assert!(right.contains(&(n as u64 + 2)), "{row} in\n{text}");
        }
    }
}
