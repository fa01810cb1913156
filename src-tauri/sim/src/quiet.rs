//! When nothing moves any more: the runtime's thread rests, and so does every thread that SQLite works on.
//!
//! A core at work hands its statements to threads of SQLite's and waits for them. Only when all have come to rest may the
//! simulator let the next thing happen; else two runs of a seed would not be the same. The kernel knows which threads
//! rest, so it is asked. Not here: what happens next (`scene`).

use std::future::poll_fn;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Poll, Waker};
use std::thread::Thread;
use std::time::Duration;

use tokio::runtime::{Builder, Runtime};

/// Between two looks at the threads.
const LOOK: Duration = Duration::from_micros(40);

/// What the threads of a program are called: those that its runtime has for what blocks, and those that sqlx has for SQLite.
/// The kernel keeps fifteen letters of a name.
const RUNTIME_THREAD: &str = "docket-blocking";
const SQLITE_THREAD: &str = "sqlx-sqlite-wor";

/// How a wait for rest ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rest {
    /// Nothing moves.
    Quiet,
    /// The program's time had come before.
    Killed,
}

#[derive(Default)]
struct Shared {
    parked: AtomicBool,
    /// How often the runtime's thread has parked.
    parkings: AtomicU64,
    /// Who asks now, by number; 0: nobody.
    wanted: AtomicU64,
    /// Who was told last that nothing moves.
    told: AtomicU64,
    asked: AtomicU64,
    waker: Mutex<Option<Waker>>,
    /// How many readings of the clock are left to the program; negative: it lives on.
    left: AtomicI64,
    killed: AtomicBool,
    ended: AtomicBool,
}

/// Tells when nothing moves. Belongs to the thread that made it. Cheap to clone.
#[derive(Clone)]
pub struct Quiet {
    shared: Arc<Shared>,
    watch: Thread,
}

impl Quiet {
    /// Begins to watch this thread and all others of the process.
    pub fn new() -> Quiet {
        let shared = Arc::new(Shared { left: AtomicI64::new(-1), ..Shared::default() });
        let (watched, here) = (shared.clone(), thread_id());
        let watch = std::thread::spawn(move || watch(&watched, &here));
        Quiet { shared, watch: watch.thread().clone() }
    }

    /// A runtime of one thread, which this one is told of.
    pub fn runtime(&self) -> Runtime {
        let (parks, unparks) = (self.shared.clone(), self.shared.clone());
        let built = Builder::new_current_thread()
            // No sockets here: a runtime without them rests sooner.
            .enable_time()
            .thread_name(RUNTIME_THREAD)
            // What another thread has woken waits until everything here has been seen to: when it came does not matter then.
            .global_queue_interval(u32::MAX)
            // Whoever waits for rest is asked after each step: of a program whose time has come nothing else moves, however
            // quickly SQLite may have answered.
            .event_interval(1)
            .on_thread_park(move || {
                parks.parkings.fetch_add(1, Ordering::SeqCst);
                parks.parked.store(true, Ordering::SeqCst);
            })
            .on_thread_unpark(move || unparks.parked.store(false, Ordering::SeqCst))
            .build();
        built.expect("a runtime")
    }

    /// The program is to be killed when it reads the clock so many times more; `None`: it lives on.
    pub fn kill_after(&self, readings: Option<u32>) {
        self.shared.killed.store(false, Ordering::SeqCst);
        self.shared.left.store(readings.map_or(-1, i64::from), Ordering::SeqCst);
    }

    /// The program reads the clock.
    pub fn reading(&self) {
        let left = &self.shared.left;
        if left.load(Ordering::SeqCst) >= 0 && left.fetch_sub(1, Ordering::SeqCst) == 0 {
            self.shared.killed.store(true, Ordering::SeqCst);
            self.shared.wake();
        }
    }

    /// Whether the program's time has come. Nothing leaves it any more then.
    pub fn is_killed(&self) -> bool {
        self.shared.killed.load(Ordering::SeqCst)
    }

    /// Waits until nothing moves, or until the program is killed.
    pub async fn rest(&self) -> Rest {
        let number = self.shared.asked.fetch_add(1, Ordering::SeqCst) + 1;
        let rest = poll_fn(|context| {
            if self.is_killed() {
                return Poll::Ready(Rest::Killed);
            }
            if self.shared.told.load(Ordering::SeqCst) == number {
                return Poll::Ready(Rest::Quiet);
            }
            *self.shared.waker.lock().unwrap_or_else(PoisonError::into_inner) = Some(context.waker().clone());
            self.shared.wanted.store(number, Ordering::SeqCst);
            self.watch.unpark();
            Poll::Pending
        });
        let rest = rest.await;
        self.shared.wanted.store(0, Ordering::SeqCst);
        rest
    }

    /// Waits until what a killed program left behind has gone.
    pub fn until_gone(&self) {
        while any_of_program() {
            std::thread::park_timeout(LOOK);
        }
    }
}

impl Default for Quiet {
    fn default() -> Self {
        Quiet::new()
    }
}

impl Shared {
    fn wake(&self) {
        let waker = self.waker.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}

/// Ends the watch.
pub struct Watched(pub Quiet);

impl Drop for Watched {
    fn drop(&mut self) {
        self.0.shared.ended.store(true, Ordering::SeqCst);
        self.0.watch.unpark();
    }
}

fn watch(shared: &Shared, runtime: &str) {
    let me = thread_id();
    while !shared.ended.load(Ordering::SeqCst) {
        let number = shared.wanted.load(Ordering::SeqCst);
        if number == 0 || number == shared.told.load(Ordering::SeqCst) {
            std::thread::park();
        } else if all_rest(shared, runtime, &me) {
            shared.told.store(number, Ordering::SeqCst);
            shared.wake();
        } else {
            std::thread::park_timeout(LOOK);
        }
    }
}

/// Whether every thread rests. The runtime's gives the others work, and they wait for one another now and then, for a
/// lock of SQLite's, say: so looking at one after the other might find each at rest and miss who wakes whom. Whoever was seen
/// at rest twice and has not run between rested all the while; and the first look at the last of them came before the second
/// look at the first. At that moment all of them rested, and nobody was left to wake one.
fn all_rest(shared: &Shared, runtime: &str, me: &str) -> bool {
    let parkings = shared.parkings.load(Ordering::SeqCst);
    shared.parked.load(Ordering::SeqCst)
        && resting(me).is_some_and(|first| {
            first.iter().any(|(thread, _)| thread == runtime) && resting(me).as_ref() == Some(&first)
        })
        && shared.parked.load(Ordering::SeqCst)
        && shared.parkings.load(Ordering::SeqCst) == parkings
}

/// All threads but `me`, and how often each has gone to rest; `None`: one of them does not rest.
fn resting(me: &str) -> Option<Vec<(String, u64)>> {
    let others = tasks().filter(|thread| thread != me);
    others.filter_map(|thread| rests(&thread).map(|rest| rest.map(|times| (thread, times)))).collect()
}

fn tasks() -> impl Iterator<Item = String> {
    let found = std::fs::read_dir("/proc/self/task").expect("the simulator runs on Linux: it asks /proc who rests");
    found.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned())
}

/// Whether a thread of a program's is still there: of its runtime's, or of SQLite's. Those of a test's frame come and go.
fn any_of_program() -> bool {
    let name = |thread: String| std::fs::read_to_string(format!("/proc/self/task/{thread}/comm")).ok();
    tasks().filter_map(name).any(|name| name.starts_with(RUNTIME_THREAD) || name.starts_with(SQLITE_THREAD))
}

fn thread_id() -> String {
    let link = std::fs::read_link("/proc/thread-self").expect("the simulator runs on Linux: it asks /proc who rests");
    link.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

/// How often a thread that sleeps until it is woken has gone to sleep; `Some(None)`: it does not sleep; `None`: it has ended.
fn rests(thread: &str) -> Option<Option<u64>> {
    let status = std::fs::read_to_string(format!("/proc/self/task/{thread}/status")).ok()?;
    let field = |name: &str| status.lines().find_map(|line| line.strip_prefix(name)).map(str::trim);
    let sleeps = field("State:").is_some_and(|state| state.starts_with('S'));
    Some(field("voluntary_ctxt_switches:").and_then(|times| times.parse().ok()).filter(|_| sleeps))
}
