//! What the page feels like while something is done: frames it dropped, tasks that held it up, questions it asked; and what
//! the app's processes hold in memory.
//!
//! WebKitGTK tells of no long tasks (`PerformanceObserver` knows no `longtask` there), so the page's own thread is asked: a
//! message that it posts to itself every four milliseconds is late by as long as something held the thread. A frame is
//! dropped when `requestAnimationFrame` comes later than the display's next turn, sixty of them a second.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::{Page, Window, standing};

/// Put into the page once; `window.meter` is what has been seen since it was last taken.
const METER: &str = r#"
    if (window.meter) return;
    const fresh = () => ({ frames: 0, dropped: 0, longest_frame: 0, held: [], asked: {}, rows: 0 });
    window.meter = fresh();
    window.takeMeter = () => { const seen = window.meter; window.meter = fresh(); return seen; };
    let beat = performance.now();
    const channel = new MessageChannel();
    channel.port1.onmessage = () => {
      const now = performance.now();
      if (now - beat > 50) window.meter.held.push(Math.round(now - beat));
      beat = now;
      setTimeout(() => channel.port2.postMessage(0), 4);
    };
    channel.port2.postMessage(0);
    let drawn = performance.now();
    const frame = () => {
      const now = performance.now();
      const turns = Math.round((now - drawn) / (1000 / 60));
      window.meter.frames += 1;
      window.meter.dropped += Math.max(0, turns - 1);
      window.meter.longest_frame = Math.max(window.meter.longest_frame, Math.round(now - drawn));
      window.meter.rows = Math.max(window.meter.rows, document.querySelectorAll('[data-testid="order-row"]').length);
      drawn = now;
      requestAnimationFrame(frame);
    };
    requestAnimationFrame(frame);
    const ask = window.fetch;
    window.fetch = (to, ...more) => {
      const name = String(to instanceof Request ? to.url : to).split('/').pop();
      window.meter.asked[name] = (window.meter.asked[name] ?? 0) + 1;
      return ask(to, ...more);
    };
"#;

/// What was seen of the page between two looks.
#[derive(Debug, Default, Deserialize)]
pub struct Seen {
    /// Frames that were drawn.
    pub frames: u32,
    /// Turns of a display of sixty a second that came and went without a frame.
    pub dropped: u32,
    /// The longest time between two frames, in milliseconds.
    pub longest_frame: u32,
    /// For how long the page's thread was held, each time that was more than 50 ms, in milliseconds.
    pub held: Vec<u32>,
    /// How often the page asked the core, by command.
    pub asked: BTreeMap<String, u32>,
    /// The most rows of orders that were in the page at once.
    pub rows: u32,
}

impl Seen {
    /// How often a command was asked.
    pub fn asked(&self, command: &str) -> u32 {
        self.asked.get(command).copied().unwrap_or(0)
    }
}

impl Page {
    /// Starts to look, on the page as it is loaded now.
    pub async fn meter(&self) {
        self.script(METER, vec![]).await;
    }

    /// What was seen since the last time this was asked.
    ///
    /// # Panics
    /// When nobody looks.
    pub async fn take_meter(&self) -> Seen {
        let seen = self.script("return window.takeMeter()", vec![]).await;
        serde_json::from_value(seen).expect("the meter runs")
    }
}

/// What processes hold in memory, in MiB.
#[derive(Clone, Copy, Debug, Default)]
pub struct Memory {
    /// The app's own process.
    pub app: u64,
    /// The page's processes, with what they share counted in each.
    pub page: u64,
}

impl Window {
    /// How long the web view's processes have computed since they began, in milliseconds: what others do on the machine
    /// does not count.
    pub fn page_cpu_ms(&self) -> u64 {
        self.page_processes().into_iter().map(cpu_ms).sum()
    }

    fn page_processes(&self) -> Vec<u32> {
        let app = self.app().as_raw_nonzero().get().unsigned_abs();
        let all = std::fs::read_dir("/proc").expect("/proc").flatten();
        let pids = all.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
        pids.filter(|pid| *pid != app && descends(*pid, app)).collect()
    }

    /// What the app and the web view's processes have in memory now (`VmRSS`).
    pub fn memory(&self) -> Memory {
        let app = self.app().as_raw_nonzero().get().unsigned_abs();
        Memory { app: resident_mib(app), page: self.page_processes().into_iter().map(resident_mib).sum() }
    }
}

fn descends(pid: u32, above: u32) -> bool {
    let mut at = pid;
    while let Some((_, parent)) = standing(at) {
        if parent == above {
            return true;
        }
        at = parent;
    }
    false
}

/// User and system time of all its threads.
fn cpu_ms(pid: u32) -> u64 {
    let text = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let fields = text.rsplit_once(')').map(|(_, rest)| rest.split_whitespace()).into_iter().flatten();
    // The twelfth and thirteenth after the name, in hundredths of a second, whatever the machine (man 5 proc).
    fields.skip(11).take(2).filter_map(|ticks| ticks.parse::<u64>().ok()).sum::<u64>() * 10
}

fn resident_mib(pid: u32) -> u64 {
    let text = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let told = text.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib: u64 = told.and_then(|told| told.split_whitespace().next()?.parse().ok()).unwrap_or(0);
    kib / 1024
}
