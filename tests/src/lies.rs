//! Lies that a server, or something between, may answer with. None of them settles anything.

use std::io::Write as _;
use std::sync::Arc;
use std::time::Duration;

use docket_practice::PracticePlatform;

use crate::liar::{Lie, Say};

const MEGABYTE: usize = 1_000_000;
/// The client's own limit is the clock: a drip alone would take for ever.
const SLOWLY: Duration = Duration::from_secs(1);
const QUICKLY: Duration = Duration::from_millis(20);

fn lie(name: impl Into<String>, say: Say) -> Lie {
    Lie { name: name.into(), say }
}

fn answer(head: &str, body: impl AsRef<[u8]>) -> Vec<u8> {
    let head = format!("HTTP/1.1 {head}\r\nContent-Length: {}\r\n\r\n", body.as_ref().len());
    [head.as_bytes(), body.as_ref()].concat()
}

fn json(body: impl AsRef<[u8]>) -> Vec<u8> {
    answer("200 OK\r\nContent-Type: application/json", body)
}

/// A gzip file of many members, each a megabyte of zeros: a thousand times longer than it looks.
fn bomb() -> Vec<u8> {
    let mut member = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    member.write_all(&vec![0; MEGABYTE]).expect("writing to memory");
    member.finish().expect("a gzip file").repeat(900)
}

fn gzipped(text: &str) -> Vec<u8> {
    let mut file = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    file.write_all(text.as_bytes()).expect("writing to memory");
    file.finish().expect("a gzip file")
}

/// Answers that send the client elsewhere, at `base_url` and under another name of the same host.
pub fn redirects(base_url: &str) -> Vec<Lie> {
    let other = base_url.replace("127.0.0.1", "localhost");
    let to = |status: u16, place: String| {
        let said = answer(&format!("{status} Elsewhere\r\nLocation: {place}"), "");
        lie(format!("{status} to {place}"), Say::Bytes(said))
    };
    let statuses = [301, 302, 303, 307, 308];
    let here = statuses.into_iter().map(|status| to(status, "/elsewhere".to_owned()));
    here.chain(statuses.into_iter().map(|status| to(status, format!("{other}/elsewhere")))).collect()
}

/// Answers that would fill the memory or never end.
pub fn floods() -> Vec<Lie> {
    let some = vec![b'x'; 65_536];
    let chunk = [b"10000\r\n".as_slice(), &some, b"\r\n"].concat();
    let header = [b"X-More: ".as_slice(), &[b'x'; 200], b"\r\n"].concat();
    let long = [b"HTTP/1.1 200 OK\r\nX-Long: ".as_slice(), &vec![b'x'; 10 * MEGABYTE], b"\r\n\r\n{}"].concat();
    let bombed = answer("200 OK\r\nContent-Type: application/json\r\nContent-Encoding: gzip", bomb());
    let wide = format!("[{}[]]", "[],".repeat(MEGABYTE));
    vec![
        lie(
            "50 MB that are announced",
            Say::Endless(b"HTTP/1.1 200 OK\r\nContent-Length: 50000000\r\n\r\n".into(), some.clone()),
        ),
        lie("a body without end", Say::Endless(b"HTTP/1.1 200 OK\r\n\r\n".into(), some)),
        lie(
            "chunks without end",
            Say::Endless(b"HTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\n\r\n".into(), chunk),
        ),
        lie("headers without end", Say::Endless(b"HTTP/1.1 200 OK\r\n".into(), header)),
        lie("a header of 10 MB", Say::Bytes(long)),
        lie("100 Continue without end", Say::Endless(Vec::new(), b"HTTP/1.1 100 Continue\r\n\r\n".into())),
        lie("a gzip bomb", Say::Bytes(bombed)),
        lie("three million bytes of JSON", Say::Bytes(json(wide))),
        lie("JSON 100,000 deep", Say::Bytes(json([vec![b'['; 100_000], vec![b']'; 100_000]].concat()))),
        lie("text of 900 kB", Say::Bytes(json(format!("{{\"id\":\"{}\"}}", "x".repeat(900_000))))),
    ]
}

/// Answers that come too slowly, or only in part.
pub fn scraps() -> Vec<Lie> {
    let whole = b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n{".to_vec();
    vec![
        lie("a byte a second", Say::Drip(whole.clone(), SLOWLY)),
        lie("a byte now and then", Say::Drip(whole, QUICKLY)),
        lie("a head a byte at a time", Say::Drip(b"HTTP/1.1 200 OK\r\nX-Slow:".to_vec(), QUICKLY)),
        lie("nothing at all", Say::Hang(Vec::new())),
        lie("half a status line", Say::Bytes(b"HTTP/1.1 20".to_vec())),
        lie("half a status line, and silence", Say::Hang(b"HTTP/1.1 20".to_vec())),
        lie("a head, and silence", Say::Hang(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n".to_vec())),
        lie("less than announced", Say::Bytes(b"HTTP/1.1 200 OK\r\nContent-Length: 90\r\n\r\n{\"a\":1}".to_vec())),
        lie("more than announced", Say::Bytes(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n{\"a\":1}".to_vec())),
        lie("an answer before it has listened", Say::Early(answer("413 Too Large", ""))),
    ]
}

/// Whole answers that are not the platform's, or that nobody can read.
pub fn strangers() -> Vec<Lie> {
    let page = "<!DOCTYPE html><html><title>Sign in to the guest network</title></html>";
    let html = |head: &str| answer(&format!("{head}\r\nContent-Type: text/html"), page);
    let zipped = answer(
        "200 OK\r\nContent-Type: application/json\r\nContent-Encoding: gzip",
        gzipped("{\"data\":[],\"orders\":[],\"success\":true,\"next_href\":null}"),
    );
    vec![
        lie("a captive portal", Say::Bytes(html("200 OK"))),
        lie("a captive portal that says 511", Say::Bytes(html("511 Network Authentication Required"))),
        lie("a firewall's page", Say::Bytes(html("403 Forbidden"))),
        lie("a proxy's 404", Say::Bytes(html("404 Not Found"))),
        lie("no UTF-8", Say::Bytes(json(b"{\"id\":\"del_\xff\xfe\",\"status\":\"pending\"}"))),
        lie("an empty list that was packed", Say::Bytes(zipped)),
        lie("nothing, well announced", Say::Bytes(answer("200 OK", ""))),
        lie("no content", Say::Bytes(b"HTTP/1.1 204 No Content\r\n\r\n".to_vec())),
        lie("another protocol", Say::Bytes(b"SSH-2.0-OpenSSH_9.6\r\n".to_vec())),
    ]
}

/// The platform's own answer to a create with another id in it, or with two.
pub fn other_ids(platform: PracticePlatform) -> Vec<Lie> {
    let name = match platform {
        PracticePlatform::Pathao => "order_id",
        PracticePlatform::Doordash => "external_delivery_id",
        _ => "id",
    };
    let long = format!("\"{}\"", "d".repeat(900_000));
    let ids = [
        ("a number", "12345".to_owned()),
        ("a list", "[\"del_1\"]".to_owned()),
        ("nothing", "null".to_owned()),
        ("empty", "\"\"".to_owned()),
        ("without end", long),
        ("control characters", "\"del\\u0000_\\u202e1\"".to_owned()),
    ];
    let other = move |id: String| -> Say {
        Say::Remade(Arc::new(move |head, body| {
            let (from, to) = place(body, name);
            remade(head, &format!("{}{id}{}", &body[..from], &body[to..]))
        }))
    };
    let mut lies: Vec<Lie> =
        ids.into_iter().map(|(what, id)| lie(format!("an id that is {what}"), other(id))).collect();
    let twice = move |head: &str, body: &str| {
        let (_, to) = place(body, name);
        remade(head, &format!("{},\"{name}\":\"another_1\"{}", &body[..to], &body[to..]))
    };
    lies.push(lie("two ids", Say::Remade(Arc::new(twice))));
    lies
}

/// A list's own answer with an empty list behind the real one: whoever reads the last member sees nothing there.
pub fn emptied() -> Vec<Lie> {
    let twice = |head: &str, body: &str| match body.strip_prefix('{') {
        Some(rest) => remade(
            head,
            &format!("{{{},\"data\":[],\"orders\":[]}}", rest.trim_end().strip_suffix('}').unwrap_or(rest)),
        ),
        None => remade(head, &body.replacen('{', "{\"id\":\"another_1\",", 1)),
    };
    vec![lie("a list that stands twice", Say::Remade(Arc::new(twice)))]
}

/// An answer that says nothing, with the platform's own behind it on the same connection.
pub fn doubled() -> Vec<Lie> {
    let both = |head: &str, body: &str| [json("{}"), format!("{head}\r\n\r\n{body}").into_bytes()].concat();
    vec![lie("two answers in one", Say::Remade(Arc::new(both)))]
}

/// Where the value of a member stands.
fn place(body: &str, name: &str) -> (usize, usize) {
    let member = format!("\"{name}\":\"");
    let from = body.find(&member).unwrap_or_else(|| panic!("no {name} in {body}")) + member.len() - 1;
    let length = body[from + 1..].find('"').expect("the end of a text") + 2;
    (from, from + length)
}

/// The platform's own head with another body.
fn remade(head: &str, body: &str) -> Vec<u8> {
    let lines = head.lines().filter(|line| !line.to_ascii_lowercase().starts_with("content-length"));
    let head = lines.collect::<Vec<_>>().join("\r\n");
    format!("{head}\r\ncontent-length: {}\r\n\r\n{body}", body.len()).into_bytes()
}
