//! What this process has used: memory and processor time.

use rustix::time::{ClockId, clock_gettime};

/// A line of `/proc/self/status` in MiB.
fn status_mib(name: &str) -> f64 {
    let text = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix(name));
    let kib = line.and_then(|rest| rest.trim_start_matches(':').split_whitespace().next()?.parse::<f64>().ok());
    kib.unwrap_or(0.0) / 1_024.0
}

/// The most memory that this process has had, in MiB.
pub fn peak_mib() -> f64 {
    status_mib("VmHWM")
}

/// The memory that it has now, in MiB.
pub fn memory_mib() -> f64 {
    status_mib("VmRSS")
}

/// The processor time that it has used, in seconds.
pub fn cpu_s() -> f64 {
    let used = clock_gettime(ClockId::ProcessCPUTime);
    #[expect(clippy::cast_precision_loss, reason = "seconds of a run")]
    let seconds = used.tv_sec as f64 + used.tv_nsec as f64 / 1e9;
    seconds
}
