//! Files as merchants have them.

use encoding_rs::UTF_8;

use super::*;
use crate::adapters::registry::adapter;
use crate::domain::Platform;

pub(super) fn form() -> &'static [Field] {
    adapter(Platform::Foxreload).unwrap().form()
}

fn open(bytes: &[u8], mapping: &[(&str, &str)]) -> Reader<File> {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), bytes).unwrap();
    let mapping = mapping.iter().map(|(f, c)| ((*f).to_owned(), (*c).to_owned())).collect();
    Reader::open(file.path(), form(), &mapping).unwrap()
}

pub(super) fn read(bytes: &[u8]) -> Vec<Record> {
    open(bytes, &[]).next_batch(1_000).unwrap()
}

pub(super) fn row(line: u64, order_no: &str, values: &[(&str, &str)]) -> Record {
    let values = values.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect();
    Record::Row { line, order_no: OrderNo::from(order_no), values }
}

pub(super) fn wrong(record: &Record) -> (u64, &str, &str) {
    match record {
        Record::Wrong { line, column, reason, .. } => (*line, column, reason),
        Record::Row { .. } => panic!("{record:?} should be wrong"),
    }
}

const VALUES: [(&str, &str); 3] = [("item_id", "product_1"), ("quantity", "2"), ("recipient", "Zoë")];
const TEXT: &str = "order_no,item_id,quantity,recipient\r\nSO-1,product_1,2,Zoë\r\n";

#[test]
fn every_usual_encoding_is_read() {
    let utf16 = |little: bool, mark: bool| {
        let text = format!("{}{TEXT}", if mark { "\u{feff}" } else { "" });
        text.encode_utf16().flat_map(|u| if little { u.to_le_bytes() } else { u.to_be_bytes() }).collect::<Vec<_>>()
    };
    let latin: Vec<u8> = TEXT.chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect();
    for (name, bytes) in [
        ("UTF-8", TEXT.as_bytes().to_vec()),
        ("UTF-8", [b"\xef\xbb\xbf", TEXT.as_bytes()].concat()),
        ("UTF-16LE", utf16(true, true)),
        ("UTF-16BE", utf16(false, true)),
        ("UTF-16LE", utf16(true, false)),
        ("UTF-16BE", utf16(false, false)),
        ("windows-1252", latin),
    ] {
        let mut reader = open(&bytes, &[]);
        assert_eq!(reader.encoding(), name);
        assert_eq!(reader.next_batch(9).unwrap(), [row(2, "SO-1", &VALUES)], "{name}");
        assert!(reader.next_batch(9).unwrap().is_empty());
    }
}

#[test]
fn damaged_bytes_make_a_wrong_row_and_not_another_encoding() {
    let bytes =
        [b"\xef\xbb\xbforder_no,item_id,quantity,recipient\nA,product_1,2,Zo\xff\nB,product_1,2,ok\n".as_slice()];
    let records = read(&bytes.concat());
    let (line, column, reason) = wrong(&records[0]);
    assert_eq!((line, column), (2, "recipient"));
    assert!(reason.contains("UTF-8"), "{reason}");
    assert!(matches!(&records[1], Record::Row { line: 3, .. }));

    let mut unmarked = b"order_no,item_id,quantity,recipient\n".to_vec();
    for n in 0..2 {
        unmarked.extend_from_slice(format!("N{n},product_1,2,é\n").as_bytes());
    }
    unmarked.extend_from_slice(b"X,product_1,2,Zo\xff\n");
    let records = read(&unmarked);
    assert_eq!(wrong(&records[2]).0, 4);
    assert!(matches!(&records[0], Record::Row { values, .. } if values["recipient"] == "é"));
}

#[test]
fn delimiters_and_quotes_are_found() {
    for (delimiter, text) in [
        (";", "order_no;item_id;quantity\nSO-1;product_1;2\n"),
        ("\t", "order_no\titem_id\tquantity\nSO-1\tproduct_1\t2\n"),
        (";", "sep=;\r\norder_no;item_id;quantity\r\nSO-1;product_1;2"),
        (",", "\"order_no\",\"item_id\",\"quantity\"\n\"SO-1\",\"product_1\",\"2\"\n"),
    ] {
        let mut reader = open(text.as_bytes(), &[]);
        assert_eq!(reader.delimiter(), delimiter);
        let records = reader.next_batch(9).unwrap();
        assert!(matches!(&records[..], [Record::Row { values, .. }] if values["quantity"] == "2"), "{records:?}");
    }
}

#[test]
fn quoted_breaks_and_blank_lines_keep_the_line_numbers_right() {
    let text = "order_no,item_id,quantity,recipient\r\n\r\nA,product_1,1,\"R.\r\n\"\"Das\"\"\r\nDhaka\"\r\n\r\n,,,\r\nB,product_1,1,\r\n,product_1,1,x\r\n";
    let records = read(text.as_bytes());
    assert_eq!(records.len(), 3, "{records:?}");
    assert!(
        matches!(&records[0], Record::Row { line: 3, values, .. } if values["recipient"] == "R.\r\n\"Das\"\r\nDhaka"),
        "{records:?}"
    );
    assert_eq!(records[1], row(8, "B", &[("item_id", "product_1"), ("quantity", "1")]));
    assert_eq!((wrong(&records[2]).0, wrong(&records[2]).1), (9, "order_no"));
}

#[test]
fn columns_may_be_missing_reordered_unknown_or_named_otherwise() {
    let records = read(b"quantity,Order No,Item-ID\n2,A,product_1\n3,B\n4,C,product_1,surplus\n");
    assert_eq!(records[0], row(2, "A", &[("item_id", "product_1"), ("quantity", "2")]));
    assert_eq!(records[1], row(3, "B", &[("quantity", "3")]), "a short row is for the adapter to judge");
    assert_eq!(wrong(&records[2]).0, 4);

    let records = read(b"order_no,recipient\nA,x\nB,y\n");
    let errors: Vec<_> = records.iter().map(|r| (wrong(r).0, wrong(r).1)).collect();
    assert_eq!(errors, [(1, "item_id"), (1, "quantity")], "each missing column once, and no rows");
    let reader = open(b"order_no;recipient\nA;x\n", &[]);
    assert_eq!(reader.columns(), ["order_no", "recipient"], "what the file has can still be matched by hand");
    assert_eq!(reader.delimiter(), ";");

    let mut reader = open(
        b"Bestellung,Artikel,quantity,colour\nA,product_1,1,red\n",
        &[("order_no", "bestellung"), ("item_id", "Artikel")],
    );
    assert_eq!(reader.unknown_columns(), ["colour"]);
    assert_eq!(reader.columns(), ["Bestellung", "Artikel", "quantity", "colour"]);
    assert_eq!(reader.next_batch(9).unwrap(), [row(2, "A", &[("item_id", "product_1"), ("quantity", "1")])]);

    let records = open(b"order_no,item_id,quantity\n", &[("item_id", "sku")]).next_batch(9).unwrap();
    assert_eq!(wrong(&records[0]).1, "item_id");
    let records = read(b"order_no,item_id,item id,quantity\n");
    assert!(wrong(&records[0]).2.contains("twice"));
}

#[test]
fn order_numbers_are_checked() {
    for bad in ["", "   ", "a\u{7}b", &"x".repeat(65)] {
        let records = read(format!("order_no,item_id,quantity\n\"{bad}\",product_1,1\n").as_bytes());
        assert_eq!(wrong(&records[0]).1, "order_no", "{bad:?}");
    }
    let records = read(format!("order_no,item_id,quantity\n  {} ,product_1,1\n", "x".repeat(64)).as_bytes());
    assert!(matches!(&records[0], Record::Row { order_no, .. } if order_no.0.len() == 64));
    assert_eq!(wrong(&read(b"")[0]).1, "-");
    assert_eq!(wrong(&read(b" \r\n")[0]).1, "-");
}

#[test]
fn json_lines_are_read() {
    let text = concat!(
        "{\"order_no\": \"A\", \"item_id\": \"product_1\", \"quantity\": 2, \"total_price\": 18.5, \"note\": null}\r\n",
        "\n",
        "{\"order_no\": 17, \"colour\": 1, \"item_id\": \"product_1\"}\n",
        "{\"order_no\": \"C\", \"item_id\": [1]}\n",
        "{\"order_no\": \n",
        "{\"item_id\": \"product_1\"}"
    );
    let mut reader = open(text.as_bytes(), &[]);
    let records = reader.next_batch(99).unwrap();
    let values = [("item_id", "product_1"), ("quantity", "2"), ("total_price", "18.5")];
    assert_eq!(records[0], row(1, "A", &values));
    assert_eq!(records[1], row(3, "17", &[("item_id", "product_1")]));
    let errors: Vec<_> = records[2..].iter().map(|r| (wrong(r).0, wrong(r).1)).collect();
    assert_eq!(errors, [(4, "item_id"), (5, "-"), (6, "order_no")]);
    assert_eq!(reader.unknown_columns(), ["colour"]);
    assert_eq!(reader.delimiter(), "");
    assert!(wrong(&read(b"[{}]")[0]).2.contains("one object a line"));
}

#[test]
fn an_overlong_row_is_reported_and_the_next_one_read() {
    let long = "x".repeat(RECORD_MAX + 1);
    let field = "x".repeat(VALUE_MAX + 1);
    let csv =
        format!("order_no,item_id,quantity,recipient\nA,product_1,1,{long}\nB,product_1,1,{field}\nC,product_1,1,\n");
    let records = read(csv.as_bytes());
    assert_eq!((wrong(&records[0]).0, wrong(&records[0]).1), (2, "-"));
    assert_eq!((wrong(&records[1]).0, wrong(&records[1]).1), (3, "recipient"));
    assert!(matches!(&records[2], Record::Row { line: 4, .. }));
    let lines = format!("{{\"order_no\":\"A\",\"note\":\"{long}\"}}\n{{\"order_no\":\"B\"}}\n");
    let records = read(lines.as_bytes());
    assert_eq!(wrong(&records[0]).0, 1);
    assert_eq!(records[1], row(2, "B", &[]));
}

/// Rows without end, made as they are read.
struct Endless {
    left: u64,
    text: Vec<u8>,
    open_quote: bool,
}

impl Read for Endless {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if self.text.is_empty() && self.left > 0 {
            self.left -= 1;
            let quote = if self.open_quote { "\"" } else { "" };
            self.open_quote = false;
            self.text = format!("SO-{},product_1,2,{quote}R. Das\n", self.left).into_bytes();
        }
        let n = out.len().min(self.text.len());
        out[..n].copy_from_slice(&self.text[..n]);
        self.text.drain(..n);
        Ok(n)
    }
}

#[test]
fn memory_is_bounded_whatever_the_size() {
    const ROWS: u64 = 200_000;
    const BOUND: usize = 512 * 1024;
    let header = b"order_no,item_id,quantity,recipient\n".to_vec();
    let endless = Endless { left: ROWS, text: header.clone(), open_quote: false };
    let mut reader = Reader::new(endless, "f", UTF_8, form(), &BTreeMap::new()).unwrap();
    let mut rows = 0;
    loop {
        let batch = reader.next_batch(1_000).unwrap();
        assert!(batch.len() <= 1_000 && reader.held_bytes() < BOUND, "{} bytes", reader.held_bytes());
        if batch.is_empty() {
            break;
        }
        rows += batch.iter().filter(|r| matches!(r, Record::Row { .. })).count() as u64;
    }
    assert_eq!(rows, ROWS);

    // The first row's quotation mark is never closed: that row is told, and all others come in.
    let unclosed = Endless { left: ROWS, text: header, open_quote: true };
    let mut reader = Reader::new(unclosed, "f", UTF_8, form(), &BTreeMap::new()).unwrap();
    let first = reader.next_batch(1).unwrap();
    assert_eq!((wrong(&first[0]).0, wrong(&first[0]).1), (2, "recipient"));
    let mut rows = 1;
    loop {
        let batch = reader.next_batch(1_000).unwrap();
        assert!(reader.held_bytes() < BOUND, "{} bytes", reader.held_bytes());
        if batch.is_empty() {
            break;
        }
        assert!(batch.iter().all(|r| matches!(r, Record::Row { .. })));
        rows += batch.len() as u64;
    }
    assert_eq!(rows, ROWS);
}

#[test]
fn a_file_without_rows_is_told_or_is_no_fault() {
    assert!(read(b"order_no,item_id,quantity\r\n").is_empty(), "a header alone");
    assert!(read(b"order_no,item_id,quantity").is_empty());
    assert!(wrong(&read(b"\xef\xbb\xbf")[0]).2.contains("empty"));
    let folder = tempfile::tempdir().unwrap();
    let opened = Reader::open(folder.path(), form(), &BTreeMap::new());
    let told = opened.err().unwrap().to_string();
    assert!(told.contains("no regular file"), "{told}");
    let opened = Reader::open(&folder.path().join("absent"), form(), &BTreeMap::new());
    assert!(matches!(opened, Err(ImportError::Io { .. })));
}

#[test]
fn text_that_is_cut_within_a_character_is_told() {
    let whole = format!("\u{feff}{TEXT}SO-2,product_1,1,x");
    let mut bytes: Vec<u8> = whole.encode_utf16().flat_map(u16::to_le_bytes).collect();
    bytes.pop();
    let records = read(&bytes);
    assert_eq!(records[0], row(2, "SO-1", &VALUES));
    assert_eq!((records.len(), wrong(&records[1]).0, wrong(&records[1]).1), (2, 3, "recipient"));
}

#[test]
fn a_character_that_nobody_can_see_is_told() {
    for bad in ['\0', '\u{1b}', '\u{7f}'] {
        let text = format!("order_no,item_id,quantity,recipient\nA,product_1,1,x{bad}y\nB,product_1,1,x\ty\n");
        let records = read(text.as_bytes());
        assert_eq!((wrong(&records[0]).0, wrong(&records[0]).1), (2, "recipient"));
        assert!(matches!(&records[1], Record::Row { line: 3, .. }));
    }
}

#[test]
fn the_carriage_returns_of_old_files_end_lines_and_stray_ones_do_not() {
    let old = "order_no,item_id,quantity,recipient\rA,product_1,1,\"x\ry\"\rB,product_1,1,\r";
    let records = read(old.as_bytes());
    let value = [("item_id", "product_1"), ("quantity", "1")];
    assert_eq!(records[1], row(4, "B", &value), "{records:?}");
    let stray = "order_no,item_id,quantity,recipient\r\r\nA,product_1,1,x\ry\r\r\nB,product_1,1,\r\n";
    let records = read(stray.as_bytes());
    assert_eq!(records[1], row(3, "B", &value), "{records:?}");
    assert!(matches!(&records[0], Record::Row { line: 2, values, .. } if values["recipient"] == "x\ry"));
}

#[test]
fn a_json_value_is_taken_as_written_and_once() {
    let text = concat!(
        "{\"order_no\": 10000000000000000000000000001, \"item_id\": \"a\\u00e9\", \"total_price\": 0.10, \"quantity\": true}\n",
        "{\"order_no\": \"B\", \"quantity\": 1, \"quantity\": 2}\n",
        "{\"order_no\": \"C\", \"Order No\": \"D\"}\n",
        "{\"order_no\": \"E\", \"item_id\": {\"a\": 1}}\n",
        "{\"order_no\": \"F\", \"colour\": [1], \"colour\": 2} x\n",
        "{\"order_no\": \"G\", \"item_id\": \"\\ud800\"}\n",
        "\"order_no\"\n",
        "{\"order_no\": \"H\", \"colour\": [1], \"item_id\": \"\\u0000\"}",
    );
    let records = read(text.as_bytes());
    let values = [("item_id", "aé"), ("total_price", "0.10"), ("quantity", "true")];
    assert_eq!(records[0], row(1, "10000000000000000000000000001", &values));
    let errors: Vec<_> = records[1..].iter().map(|r| (wrong(r).0, wrong(r).1)).collect();
    let wanted = [(2, "quantity"), (3, "order_no"), (4, "item_id"), (5, "-"), (6, "-"), (7, "-"), (8, "item_id")];
    assert_eq!(errors, wanted);
}
