//! The real window on a display, driven from outside through WebKitWebDriver, on a data folder of its own.
//!
//! What is on the page and how it is touched is in `page`; what really exists at the practice platforms, and how
//! something is made to go wrong there, is in `platforms`. Not here: what a merchant expects to see; the tests say that.

mod drag;
mod meter;
mod page;
mod picture;
mod platforms;
mod screen;

use std::fs::File;
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

pub use drag::Drag;
pub use meter::{Memory, Seen};
pub use page::{Page, test_id};
pub use picture::Picture;

/// Settings of the practice accounts that fit a test: quiet is over in seconds, and a slow machine is no lost answer.
pub const BRISK: &str =
    "settle_ms=1500,timeout_ms=4000,lookup_interval_ms=200,lookup_interval_max_ms=1000,patience_s=60";

/// The same, and quiet lasts long enough for a look at what is in doubt.
pub const UNHURRIED: &str =
    "settle_ms=6000,timeout_ms=4000,lookup_interval_ms=500,lookup_interval_max_ms=1000,patience_s=60";

/// Nothing that a test waits for takes longer on a slow machine.
const LONGEST: Duration = Duration::from_secs(60);
/// Between two looks.
const PAUSE: Duration = Duration::from_millis(40);
/// A session begins within this time, or the window did not come.
const SESSION: Duration = Duration::from_secs(60);

/// Looks until there is something, for a bounded time; `None` when it never came.
pub async fn within<T>(longest: Duration, mut look: impl AsyncFnMut() -> Option<T>) -> Option<T> {
    let looking = async {
        loop {
            if let Some(found) = look().await {
                return found;
            }
            tokio::time::sleep(PAUSE).await;
        }
    };
    tokio::time::timeout(longest, looking).await.ok()
}

/// Looks until there is something.
///
/// # Panics
/// When it does not come; `what` says what was waited for.
pub async fn until<T>(what: &str, look: impl AsyncFnMut() -> Option<T>) -> T {
    match within(LONGEST, look).await {
        Some(found) => found,
        None => panic!("not within {LONGEST:?}: {what}"),
    }
}

/// A data folder that outlives the app's process.
pub struct Home {
    folder: TempDir,
    settings: String,
    program: PathBuf,
}

impl Home {
    /// An empty data folder for the app that `DOCKET_BIN` names, with settings for the practice accounts.
    ///
    /// # Panics
    /// When `DOCKET_BIN` is not set.
    pub fn new(settings: &str) -> Home {
        let told = std::env::var_os("DOCKET_BIN").expect("DOCKET_BIN names the app; `cargo xtask test` sets it");
        Home::of(Path::new(&told), settings)
    }

    /// An empty data folder for an app.
    pub fn of(program: &Path, settings: &str) -> Home {
        // An earlier provider is as good: the clients only need one.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let folder = tempfile::tempdir().expect("a temporary folder");
        Home { folder, settings: settings.to_owned(), program: program.to_owned() }
    }

    /// The folder, for files of a test's own.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The app's data folder.
    pub fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// Starts the app and waits until its page is ready.
    pub async fn start(&self) -> Window {
        let window = self.begin().await;
        window.page.seen("nav-orders").await;
        window
    }

    /// Starts the app with arguments, as a file manager does, and waits until its page is ready.
    pub async fn start_with(&self, arguments: &[&str]) -> Window {
        let window = self.begin_with(arguments).await;
        window.page.seen("nav-orders").await;
        window
    }

    /// Starts the app once more while it runs, as a second click on its icon does; whether it ended well.
    pub async fn start_second(&self) -> bool {
        self.start_second_with(&[]).await
    }

    /// The same with arguments.
    pub async fn start_second_with(&self, arguments: &[&str]) -> bool {
        let mut command = Command::new(&self.program);
        command.args(arguments);
        command.env("DOCKET_DATA", self.data()).env("WEBKIT_DISABLE_DMABUF_RENDERER", "1");
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let mut second = command.spawn().expect("the program starts");
        let ended = until("the second one ends", async || second.try_wait().expect("its state")).await;
        ended.success()
    }

    /// Starts the app, whatever its page shows.
    pub async fn begin(&self) -> Window {
        self.begin_with(&[]).await
    }

    async fn begin_with(&self, arguments: &[&str]) -> Window {
        let port = free_port();
        let mut driver = self.driver(port);
        until("WebKitWebDriver answers", async || {
            assert!(driver.try_wait().expect("its state").is_none(), "WebKitWebDriver ended at once");
            TcpStream::connect((Ipv4Addr::LOCALHOST, port)).ok()
        })
        .await;
        // From here on the window's end is the driver's end.
        let mut window = Window { page: Page::none(), driver, app: None, log: self.log() };
        let opened = tokio::time::timeout(SESSION, Page::open(port, &self.program, arguments)).await;
        window.page = opened.unwrap_or_else(|_| panic!("no session within {SESSION:?}")).expect("a session");
        let parent = window.driver.id();
        let app = until("the app runs", async || child_of(parent, &self.program)).await;
        window.app = Some(app);
        window
    }

    fn driver(&self, port: u16) -> Child {
        let log = File::options().create(true).append(true).open(self.log()).expect("a log file");
        let mut command = Command::new("WebKitWebDriver");
        command.arg(format!("--port={port}")).arg("--host=127.0.0.1");
        command.env("TAURI_WEBVIEW_AUTOMATION", "true").env("WEBKIT_DISABLE_DMABUF_RENDERER", "1");
        command.env("DOCKET_DATA", self.data()).env("DOCKET_PRACTICE_SET", &self.settings);
        for (name, folder) in [("XDG_DATA_HOME", "share"), ("XDG_CACHE_HOME", "cache"), ("XDG_CONFIG_HOME", "config")] {
            command.env(name, self.folder.path().join(folder));
        }
        command.env("HOME", self.folder.path());
        command.env("LANG", "C.UTF-8").env("LANGUAGE", "en").env("TZ", "UTC");
        command.stdin(Stdio::null()).stdout(log.try_clone().expect("the same file")).stderr(log);
        command.spawn().expect("WebKitWebDriver is installed (Debian: webkit2gtk-driver)")
    }

    fn log(&self) -> PathBuf {
        self.folder.path().join("driver.log")
    }
}

/// A running app with its page. Dropped, it is killed with everything it started.
pub struct Window {
    /// What the merchant sees.
    pub page: Page,
    driver: Child,
    app: Option<Pid>,
    log: PathBuf,
}

impl Window {
    /// Ends the app as a power cut would: SIGKILL, now.
    pub async fn kill(mut self) {
        self.end(Signal::KILL).await;
    }

    /// Tells the app to end, and waits until it has.
    pub async fn quit(mut self) {
        self.end(Signal::TERM).await;
    }

    fn app(&self) -> Pid {
        self.app.expect("it runs")
    }

    /// Waits until the app has ended by itself.
    pub async fn ends(mut self) {
        let app = self.app();
        until("the app has ended", async || (!runs(app)).then_some(())).await;
        self.app = None;
    }

    async fn end(&mut self, signal: Signal) {
        let app = self.app.expect("it runs");
        kill_process(app, signal).expect("the app runs");
        until("the app has ended", async || (!runs(app)).then_some(())).await;
        self.app = None;
    }
}

impl Drop for Window {
    fn drop(&mut self) {
        self.page.leave();
        if let Some(app) = self.app.take() {
            // It may have ended by itself.
            let _ = kill_process(app, Signal::KILL);
        }
        let _ = self.driver.kill();
        let _ = self.driver.wait();
        if std::thread::panicking() {
            eprintln!("{}", std::fs::read_to_string(&self.log).unwrap_or_default());
        }
    }
}

fn free_port() -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
    listener.local_addr().expect("its address").port()
}

/// What `/proc/PID/stat` says: state and parent.
fn standing(pid: u32) -> Option<(char, u32)> {
    let text = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name stands in brackets and may hold anything.
    let mut fields = text.rsplit_once(')')?.1.split_whitespace();
    Some((fields.next()?.chars().next()?, fields.next()?.parse().ok()?))
}

fn runs(pid: Pid) -> bool {
    standing(pid.as_raw_nonzero().get().unsigned_abs()).is_some_and(|(state, _)| !matches!(state, 'Z' | 'X'))
}

fn child_of(parent: u32, program: &Path) -> Option<Pid> {
    let wanted = program.canonicalize().ok()?;
    let all = std::fs::read_dir("/proc").ok()?.flatten();
    let mut pids = all.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    let found = pids.find(|pid| {
        let ours = standing(*pid).is_some_and(|(_, above)| above == parent);
        ours && std::fs::read_link(format!("/proc/{pid}/exe")).is_ok_and(|exe| exe == wanted)
    });
    Pid::from_raw(i32::try_from(found?).ok()?)
}
