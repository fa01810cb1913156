//! A liar between Docket and a practice platform: it passes requests on, and answers those it is told to in its own way,
//! over raw sockets. Whether the platform carried the request out is apart from what is answered.
//!
//! Not here: the lies themselves (`lies`).

use std::collections::{BTreeMap, VecDeque};
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use docket_practice::Endpoint;
use serde_json::Value;

/// What a request is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Ask {
    /// Makes an order.
    Create,
    /// Reads a list.
    Lookup,
    /// Reads one order by its id. DoorDash is looked up like that, too.
    Get,
    /// Cancels one.
    Cancel,
    /// Asks for an access token.
    Token,
}

impl Ask {
    fn of(line: &str) -> Ask {
        let path = line.split(' ').nth(1).unwrap_or_default();
        match line.starts_with("GET ") {
            true if path.contains('?') => Ask::Lookup,
            true => Ask::Get,
            false if path.contains("oauth") => Ask::Token,
            false if path.ends_with("/cancel") => Ask::Cancel,
            false => Ask::Create,
        }
    }
}

/// Makes another answer of the platform's own: status line and headers, and body.
pub type Remake = Arc<dyn Fn(&str, &str) -> Vec<u8> + Send + Sync>;

/// How a request is answered.
#[derive(Clone)]
pub enum Say {
    /// With these bytes, and the end of the connection.
    Bytes(Vec<u8>),
    /// With these bytes, and then nothing until the client goes.
    Hang(Vec<u8>),
    /// With the first, and then the second without end.
    Endless(Vec<u8>, Vec<u8>),
    /// With the first, and then single bytes without end, each after a pause.
    Drip(Vec<u8>, Duration),
    /// With these bytes, before the request's body was read.
    Early(Vec<u8>),
    /// With the platform's own answer, changed.
    Remade(Remake),
}

/// A lie with its name.
#[derive(Clone)]
pub struct Lie {
    /// For a person who reads what went wrong.
    pub name: String,
    /// What is answered.
    pub say: Say,
}

/// Puts other credentials into a request before it is passed on: head and body, as they came.
pub type Translate = Arc<dyn Fn(String, Vec<u8>) -> (String, Vec<u8>) + Send + Sync>;

#[derive(Default)]
struct Inside {
    to_tell: BTreeMap<Ask, VecDeque<(Lie, bool)>>,
    told: Vec<(Ask, String)>,
    lines: Vec<String>,
    heads: Vec<String>,
    translate: Option<Translate>,
}

/// A liar at work. Dropping it ends it.
pub struct Liar {
    /// Its own address, and the platform's secrets.
    pub endpoint: Endpoint,
    inside: Arc<Mutex<Inside>>,
    over: Arc<AtomicBool>,
}

impl Liar {
    /// Stands before a platform.
    pub fn before(platform: &Endpoint) -> Liar {
        let listener = TcpListener::bind("127.0.0.1:0").expect("an address");
        let base_url = format!("http://127.0.0.1:{}", listener.local_addr().expect("its port").port());
        // A token server is named among the secrets.
        let secrets = platform.secrets.to_string().replace(&platform.base_url, &base_url);
        let secrets: Value = serde_json::from_str(&secrets).expect("secrets are JSON");
        let (inside, over) = (Arc::<Mutex<Inside>>::default(), Arc::new(AtomicBool::new(false)));
        let there = platform.base_url.trim_start_matches("http://").to_owned();
        let (shared, ends) = (inside.clone(), over.clone());
        std::thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                if ends.load(Ordering::SeqCst) {
                    return;
                }
                let (there, shared) = (there.clone(), shared.clone());
                std::thread::spawn(move || converse(client, &there, &shared));
            }
        });
        Liar { endpoint: Endpoint { base_url, secrets, ..platform.clone() }, inside, over }
    }

    fn inside(&self) -> MutexGuard<'_, Inside> {
        lock(&self.inside)
    }

    /// The next request of that kind that nothing is said about yet is answered so; `carried_out` first, or not at all.
    pub fn lie(&self, ask: Ask, lie: &Lie, carried_out: bool) {
        self.inside().to_tell.entry(ask).or_default().push_back((lie.clone(), carried_out));
    }

    /// How many lies are left to tell.
    pub fn left(&self) -> usize {
        self.inside().to_tell.values().map(VecDeque::len).sum()
    }

    /// The lies told so far.
    pub fn told(&self) -> Vec<(Ask, String)> {
        self.inside().told.clone()
    }

    /// The truth from here on.
    pub fn repent(&self) {
        self.inside().to_tell.clear();
    }

    /// Method and path of every request so far.
    pub fn lines(&self) -> Vec<String> {
        self.inside().lines.clone()
    }

    /// The heads of every request so far.
    pub fn heads(&self) -> Vec<String> {
        self.inside().heads.clone()
    }

    /// From here on requests are passed on with other credentials.
    pub fn translate(&self, translate: Translate) {
        self.inside().translate = Some(translate);
    }
}

impl Drop for Liar {
    fn drop(&mut self) {
        self.over.store(true, Ordering::SeqCst);
        drop(TcpStream::connect(self.endpoint.base_url.trim_start_matches("http://")));
    }
}

fn lock(inside: &Mutex<Inside>) -> MutexGuard<'_, Inside> {
    inside.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Takes one request and answers it; the connection ends then.
fn converse(mut client: TcpStream, there: &str, inside: &Mutex<Inside>) -> Option<()> {
    let head = head(&mut client)?;
    let line = head.lines().next()?.to_owned();
    let (lie, translate) = {
        let mut inside = lock(inside);
        inside.heads.push(head.clone());
        inside.lines.push(line.rsplit_once(' ')?.0.to_owned());
        let ask = Ask::of(&line);
        let lie = inside.to_tell.get_mut(&ask).and_then(VecDeque::pop_front);
        if let Some((lie, _)) = &lie {
            inside.told.push((ask, lie.name.clone()));
        }
        (lie, inside.translate.clone())
    };
    if let Some((Lie { say: Say::Early(bytes), .. }, _)) = &lie {
        return client.write_all(bytes).ok();
    }
    let body = body(&mut client, &head)?;
    let passed_on = || {
        let (head, body) = match &translate {
            Some(translate) => translate(head.clone(), body.clone()),
            None => (head.clone(), body.clone()),
        };
        ask_the_platform(there, &head, &body)
    };
    match lie {
        None => client.write_all(&passed_on()?).ok(),
        Some((Lie { say: Say::Remade(remake), .. }, _)) => {
            let answer = String::from_utf8(passed_on()?).ok()?;
            let (head, body) = answer.split_once("\r\n\r\n")?;
            client.write_all(&remake(head, body)).ok()
        }
        Some((lie, carried_out)) => {
            if carried_out {
                passed_on()?;
            }
            tell(&mut client, &lie.say)
        }
    }
}

fn tell(client: &mut TcpStream, say: &Say) -> Option<()> {
    match say {
        Say::Bytes(bytes) | Say::Early(bytes) => client.write_all(bytes).ok(),
        Say::Hang(bytes) => {
            client.write_all(bytes).ok()?;
            client.read(&mut [0]).ok().map(drop)
        }
        Say::Endless(first, again) => {
            client.write_all(first).ok()?;
            // Until the client goes, or the process ends.
            while client.write_all(again).is_ok() {}
            None
        }
        Say::Drip(first, each) => {
            client.write_all(first).ok()?;
            client.set_read_timeout(Some(*each)).ok()?;
            // Whatever can be read is the client's end.
            while client.read(&mut [0]).is_err_and(|error| error.kind() == std::io::ErrorKind::WouldBlock) {
                client.write_all(b" ").ok()?;
            }
            None
        }
        Say::Remade(_) => None,
    }
}

fn head(client: &mut TcpStream) -> Option<String> {
    let (mut bytes, mut one) = (Vec::new(), [0]);
    while !bytes.ends_with(b"\r\n\r\n") {
        client.read_exact(&mut one).ok()?;
        bytes.push(one[0]);
    }
    String::from_utf8(bytes).ok()
}

fn body(client: &mut TcpStream, head: &str) -> Option<Vec<u8>> {
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
    let mut body = vec![0; length.map_or(0, |text| text.trim().parse().expect("a length"))];
    client.read_exact(&mut body).ok().map(|()| body)
}

fn ask_the_platform(there: &str, head: &str, body: &[u8]) -> Option<Vec<u8>> {
    let mut platform = TcpStream::connect(there).ok()?;
    let closing = head.replacen("\r\n", "\r\nconnection: close\r\n", 1);
    platform.write_all(closing.as_bytes()).ok()?;
    platform.write_all(body).ok()?;
    let mut answer = Vec::new();
    platform.read_to_end(&mut answer).ok().map(|_| answer)
}
