//! A gate before a practice platform: it lets requests through one by one, holds creates back before they arrive, tells
//! who knocked under which key, and takes several keys for the platform's one.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use docket_practice::Endpoint;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// What the platform is given in place of a key that the gate does not take.
const WRONG_KEY: &str = "sandbox_key_that_is_not_taken_here";

/// One request that came to the gate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Knock {
    /// Method and path.
    pub line: String,
    /// The key it came under.
    pub key: String,
}

impl Knock {
    /// Whether it would make something.
    pub fn creates(&self) -> bool {
        self.line.starts_with("POST ") && !self.line.contains("cancel")
    }
}

#[derive(Default)]
struct Inside {
    knocks: Vec<Knock>,
    keys: BTreeSet<String>,
    to_hold: usize,
    held: Vec<oneshot::Sender<()>>,
}

/// A gate at work. Dropping it closes it.
pub struct Gate {
    /// Its own address, and the platform's key.
    pub endpoint: Endpoint,
    there: String,
    inside: Arc<Mutex<Inside>>,
    task: JoinHandle<()>,
}

impl Gate {
    /// Stands before a platform whose key comes in the header `x-api-key`.
    pub async fn before(platform: &Endpoint) -> Gate {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("an address");
        let port = listener.local_addr().expect("its port").port();
        let key = platform.secrets["api_key"].as_str().expect("a key").to_owned();
        let inside = Arc::new(Mutex::new(Inside { keys: BTreeSet::from([key.clone()]), ..Inside::default() }));
        let there = platform.base_url.trim_start_matches("http://").to_owned();
        let task = tokio::spawn(stand(listener, there.clone(), key, inside.clone()));
        let endpoint = Endpoint { base_url: format!("http://127.0.0.1:{port}"), ..platform.clone() };
        Gate { endpoint, there, inside, task }
    }

    /// Nobody listens any more: connections are refused.
    pub async fn shut(&mut self) {
        self.task.abort();
        let _ = (&mut self.task).await;
    }

    /// Somebody listens at the same address again.
    pub async fn reopen(&mut self) {
        let address = self.endpoint.base_url.trim_start_matches("http://");
        let listener = TcpListener::bind(address).await.expect("the same address");
        self.task = tokio::spawn(stand(listener, self.there.clone(), self.key(), self.inside.clone()));
    }

    fn inside(&self) -> std::sync::MutexGuard<'_, Inside> {
        self.inside.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes this key, too.
    pub fn take(&self, key: &str) {
        self.inside().keys.insert(key.to_owned());
    }

    /// Takes this key no longer, not even of a request that is held now.
    pub fn refuse(&self, key: &str) {
        self.inside().keys.remove(key);
    }

    /// The platform's own key.
    pub fn key(&self) -> String {
        self.endpoint.secrets["api_key"].as_str().expect("a key").to_owned()
    }

    /// Holds the next `n` creates back, before they arrive.
    pub fn hold(&self, n: usize) {
        self.inside().to_hold = n;
    }

    /// How many are held back now.
    pub fn held(&self) -> usize {
        self.inside().held.len()
    }

    /// Lets the one through that has been held longest.
    pub fn let_go(&self) {
        let first = self.inside().held.remove(0);
        first.send(()).expect("its client is still there");
    }

    /// Every request so far.
    pub fn knocks(&self) -> Vec<Knock> {
        self.inside().knocks.clone()
    }

    /// Create requests so far.
    pub fn creates(&self) -> usize {
        self.inside().knocks.iter().filter(|knock| knock.creates()).count()
    }
}

impl Drop for Gate {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn stand(listener: TcpListener, there: String, key: String, inside: Arc<Mutex<Inside>>) {
    while let Ok((client, _)) = listener.accept().await {
        tokio::spawn(pass(client, there.clone(), key.clone(), inside.clone()));
    }
}

/// Takes one request, and gives back what the platform answers.
async fn pass(mut client: TcpStream, there: String, real: String, inside: Arc<Mutex<Inside>>) -> Option<()> {
    let (head, body) = request(&mut client).await?;
    let key = head.lines().find_map(|line| line.strip_prefix("x-api-key: ")).unwrap_or_default().to_owned();
    let knock = Knock { line: head.lines().next()?.to_owned(), key: key.clone() };
    let wait = {
        let mut inside = inside.lock().unwrap_or_else(PoisonError::into_inner);
        inside.knocks.push(knock.clone());
        let hold = knock.creates() && inside.to_hold > 0;
        hold.then(|| {
            inside.to_hold -= 1;
            let (free, wait) = oneshot::channel();
            inside.held.push(free);
            wait
        })
    };
    if let Some(wait) = wait {
        wait.await.ok()?;
    }
    let taken = inside.lock().unwrap_or_else(PoisonError::into_inner).keys.contains(&key);
    let head = head.replace(&key, if taken { &real } else { WRONG_KEY });
    let mut server = TcpStream::connect(&there).await.ok()?;
    let closing = head.replacen("\r\n", "\r\nconnection: close\r\n", 1);
    server.write_all(closing.as_bytes()).await.ok()?;
    server.write_all(&body).await.ok()?;
    let mut answer = Vec::new();
    server.read_to_end(&mut answer).await.ok()?;
    client.write_all(&answer).await.ok()?;
    client.shutdown().await.ok()
}

/// Reads one request: its head up to the empty line, and its body.
async fn request(client: &mut TcpStream) -> Option<(String, Vec<u8>)> {
    let mut bytes = Vec::new();
    let mut chunk = [0_u8; 4_096];
    loop {
        let n = client.read(&mut chunk).await.ok().filter(|n| *n > 0)?;
        bytes.extend_from_slice(&chunk[..n]);
        let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") else { continue };
        let head = String::from_utf8_lossy(&bytes[..end + 4]).into_owned();
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
        let length: usize = length.map_or(0, |text| text.trim().parse().expect("a length"));
        if bytes.len() >= end + 4 + length {
            return Some((head, bytes.split_off(end + 4)));
        }
    }
}
