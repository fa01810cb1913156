//! Redis: `SET NX` with an append-only file, measured by `redis-benchmark`.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use crate::process::{Started, command, free_port, have, output, until};

/// What to say where it is missing.
const MISSING: &str = "Redis is not installed (apt-get install redis-server)";

/// When Redis syncs what it appended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sync {
    /// Before it answers.
    Always,
    /// Once a second: what was answered in the last one may be lost.
    EverySecond,
}

impl Sync {
    /// As its configuration says it.
    pub fn code(self) -> &'static str {
        match self {
            Sync::Always => "always",
            Sync::EverySecond => "everysec",
        }
    }
}

/// A server, until this is dropped.
pub struct Redis {
    port: String,
    _server: Started,
}

impl Redis {
    /// Starts one in a new folder.
    pub fn start(folder: &Path) -> Result<Redis, String> {
        if !have("redis-server") || !have("redis-benchmark") || !have("redis-cli") {
            return Err(MISSING.into());
        }
        let port = free_port()?.to_string();
        let mut server = command("redis-server", &[]);
        server.args(["--bind", "127.0.0.1", "--port", &port, "--dir"]).arg(folder);
        // No snapshots and no rewriting of the file beside the measurement: that is to its advantage.
        server.args(["--save", "", "--appendonly", "yes", "--appendfsync", "always"]);
        server.args(["--auto-aof-rewrite-percentage", "0", "--daemonize", "no"]);
        let server = Started::start("redis-server", server, Stdio::null())?;
        let redis = Redis { port, _server: server };
        until("Redis to answer", Duration::from_secs(20), || redis.ask(&["PING"]).is_ok_and(|said| said == "PONG"))?;
        Ok(redis)
    }

    fn ask(&self, words: &[&str]) -> Result<String, String> {
        let mut ask = command("redis-cli", &[]);
        ask.args(["-h", "127.0.0.1", "-p", &self.port]).args(words);
        output("redis-cli", ask)
    }

    /// Takes so many numbers, each with a value of so many bytes; how many a second. `pipelined` is how many are asked
    /// for before the first answer is awaited.
    pub fn set_nx(
        &self,
        sync: Sync,
        numbers: usize,
        bytes: usize,
        clients: usize,
        pipelined: usize,
    ) -> Result<f64, String> {
        self.ask(&["CONFIG", "SET", "appendfsync", sync.code()])?;
        self.ask(&["FLUSHALL"])?;
        let mut load = command("redis-benchmark", &[]);
        load.args(["-h", "127.0.0.1", "-p", &self.port, "-q", "-r", "1000000000"]);
        load.args(["-n", &numbers.to_string(), "-c", &clients.to_string(), "-P", &pipelined.to_string()]);
        load.args(["SET", "SO-__rand_int__", &"x".repeat(bytes), "NX"]);
        let said = output("redis-benchmark", load)?;
        rate(&said).ok_or_else(|| format!("redis-benchmark said no rate: {said}"))
    }
}

/// The last `... : 21052.63 requests per second` of what it said; it writes over its own line while it runs.
fn rate(said: &str) -> Option<f64> {
    let (before, _) = said.rsplit_once(" requests per second")?;
    before.rsplit([' ', '\r', '\n']).next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_rate_counts() {
        let said = "SET x: rps=12.0 (overall: 9.0)\rSET x: 21052.63 requests per second, p50=0.039 msec";
        assert_eq!(rate(said), Some(21_052.63));
    }
}
