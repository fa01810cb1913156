//! PostgreSQL: `INSERT ... ON CONFLICT DO NOTHING` with `synchronous_commit=on`, measured by `pgbench`, and one statement for
//! all by `psql`.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::process::{Started, command, free_port, output, until};

/// What to say where it is missing.
const MISSING: &str = "PostgreSQL is not installed (apt-get install postgresql)";
/// The server refuses to run as root; the distribution's package makes this user.
const USER: [&str; 3] = ["--reuid=postgres", "--regid=postgres", "--clear-groups"];

/// A server, until this is dropped.
pub struct Postgres {
    programs: PathBuf,
    port: String,
    script: PathBuf,
    _server: Started,
}

impl Postgres {
    /// Makes a cluster in a new folder and starts a server on it, with the settings that it has by itself.
    pub fn start(folder: &Path) -> Result<Postgres, String> {
        let programs = programs().ok_or(MISSING)?;
        let root = rustix::process::getuid().is_root();
        let user: &[&str] = if root { &USER } else { &[] };
        if root {
            let mut give = Command::new("chown");
            give.arg("postgres").arg(folder);
            output("chown", give)?;
        }
        let data = folder.join("data");
        let tool = |name: &str| command(&programs.join(name).display().to_string(), user);
        let mut init = tool("initdb");
        init.args(["--auth=trust", "--username=bench", "--no-sync", "-D"]).arg(&data);
        output("initdb", init)?;
        let port = free_port()?.to_string();
        let mut server = tool("postgres");
        server.arg("-D").arg(&data).args(["-p", &port, "-c", "listen_addresses=127.0.0.1"]);
        server.args(["-c", "unix_socket_directories=", "-c", "synchronous_commit=on", "-c", "fsync=on"]);
        let server = Started::start("postgres", server, Stdio::null())?;
        let script = folder.join("reserve.sql");
        let insert = "INSERT INTO reserved (reference, request) VALUES ('SO-' || nextval('number'), :request) \
                      ON CONFLICT DO NOTHING;\n";
        std::fs::write(&script, insert).map_err(|e| e.to_string())?;
        let postgres = Postgres { programs, port, script, _server: server };
        until("PostgreSQL to answer", Duration::from_secs(30), || postgres.ask(&["SELECT 1"]).is_ok())?;
        postgres.ask(&["CREATE TABLE reserved (reference text PRIMARY KEY, request text NOT NULL)"])?;
        postgres.ask(&["CREATE SEQUENCE number"])?;
        Ok(postgres)
    }

    fn tool(&self, name: &str) -> Command {
        let mut tool = command(&self.programs.join(name).display().to_string(), &[]);
        tool.args(["-h", "127.0.0.1", "-p", &self.port, "-U", "bench"]);
        tool
    }

    fn ask(&self, statements: &[&str]) -> Result<String, String> {
        let mut ask = self.tool("psql");
        ask.args(["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-d", "postgres"]);
        for statement in statements {
            ask.args(["-c", statement]);
        }
        output("psql", ask)
    }

    /// Takes so many numbers, each in a transaction of its own, with a request of so many bytes; how many a second.
    pub fn insert(&self, rows: usize, bytes: usize, clients: usize) -> Result<f64, String> {
        self.ask(&["TRUNCATE reserved"])?;
        let mut load = self.tool("pgbench");
        load.args(["-n", "-M", "prepared", "-c", &clients.to_string(), "-j", &clients.min(2).to_string()]);
        load.args(["-t", &rows.div_ceil(clients).to_string(), "-D", &format!("request={}", "x".repeat(bytes)), "-f"]);
        load.arg(&self.script).arg("postgres");
        let said = output("pgbench", load)?;
        number_after(&said, "tps = ").ok_or_else(|| format!("pgbench said no rate: {said}"))
    }

    /// Takes so many numbers in one statement; how many a second.
    pub fn insert_at_once(&self, rows: usize, bytes: usize) -> Result<f64, String> {
        let request = "x".repeat(bytes);
        let insert = format!(
            "INSERT INTO reserved SELECT 'SO-' || i, '{request}' FROM generate_series(1, {rows}) i ON CONFLICT DO NOTHING"
        );
        let said = self.ask(&["TRUNCATE reserved", "\\timing on", &insert])?;
        let ms = number_after(&said, "Time: ").ok_or_else(|| format!("psql said no time: {said}"))?;
        #[expect(clippy::cast_precision_loss, reason = "a few million rows at most")]
        let rows = rows as f64;
        Ok(rows / (ms / 1e3))
    }
}

/// Where its programs are: the newest of the distribution's versions, else the path.
fn programs() -> Option<PathBuf> {
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut found: Vec<(u32, PathBuf)> = versions
        .filter_map(|v| Some((v.file_name().to_str()?.parse().ok()?, v.path().join("bin"))))
        .filter(|(_, programs)| programs.join("postgres").is_file())
        .collect();
    found.sort();
    let on_path = || std::env::split_paths(&std::env::var_os("PATH")?).find(|folder| folder.join("pgbench").is_file());
    found.pop().map(|(_, programs)| programs).or_else(on_path)
}

fn number_after(said: &str, what: &str) -> Option<f64> {
    said.rsplit_once(what)?.1.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_figure_is_read_after_its_name() {
        let said = "latency average = 0.2 ms\ntps = 5012.25 (without initial connection time)";
        assert_eq!(number_after(said, "tps = "), Some(5_012.25));
    }
}
