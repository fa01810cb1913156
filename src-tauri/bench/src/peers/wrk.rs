//! wrk, a bare load generator: what the platform's door and this machine's sockets can do at most.

use std::fmt::Write as _;
use std::path::Path;

use serde_json::Value;

use crate::process::{command, have, output};

/// What to say where it is missing.
const MISSING: &str = "wrk is not installed (apt-get install wrk)";

/// A stored request in the form in which each of its copies bears a number of its own.
pub struct Load {
    script: String,
}

impl Load {
    /// From a request as the ledger has it, its reference, and the header that authorises it.
    pub fn of(request: &Value, reference: &str, authorised: (&str, &str)) -> Result<Load, String> {
        let text = |name: &str| request[name].as_str().ok_or_else(|| format!("a request has a {name}"));
        let (method, path) = (text("method")?, text("path")?);
        let body = text("body")?;
        let pairs = request["headers"].as_array().ok_or("a request has headers")?;
        let mut script = String::from("local n = 0\nwrk.headers = { [\"Connection\"] = \"close\" }\n");
        let (name, value) = authorised;
        let _ = writeln!(script, "wrk.headers[{name:?}] = {value:?}");
        let mut key = None;
        for pair in pairs {
            let (Some(name), Some(value)) = (pair[0].as_str(), pair[1].as_str()) else { continue };
            if name.to_ascii_lowercase().contains("idempotency") {
                key = Some(name);
            } else {
                let _ = writeln!(script, "wrk.headers[{name:?}] = {value:?}");
            }
        }
        let (before, after) = body.split_once(reference).ok_or("the reference is in the body")?;
        // Every copy has a reference and a key that nobody had before, of the same form and length.
        script.push_str("local form = \"00000000-0000-5000-8000-%012d\"\n");
        let _ = writeln!(script, "function request()\n  n = n + 1\n  local reference = string.format(form, n)");
        if let Some(key) = key {
            let _ = writeln!(script, "  wrk.headers[{key:?}] = reference");
        }
        let _ = writeln!(script, "  local body = {} .. reference .. {}", lua(before), lua(after));
        let _ = writeln!(script, "  return wrk.format({method:?}, {path:?}, nil, body)\nend");
        Ok(Load { script })
    }

    /// Sends it for so many seconds, one connection a request; how many a second were answered well.
    pub fn run(&self, folder: &Path, base_url: &str, at_once: usize, seconds: u32) -> Result<f64, String> {
        if !have("wrk") {
            return Err(MISSING.into());
        }
        let script = folder.join("load.lua");
        std::fs::write(&script, &self.script).map_err(|e| e.to_string())?;
        let mut load = command("wrk", &[]);
        load.args(["-t", "1", "-c", &at_once.to_string(), "-d", &format!("{seconds}s"), "-s"]).arg(&script);
        load.arg(base_url);
        let said = output("wrk", load)?;
        if said.contains("Non-2xx") || said.contains("Socket errors") {
            return Err(format!("not every request of wrk was answered well: {said}"));
        }
        let rate = said.split("Requests/sec:").nth(1).and_then(|rest| rest.split_whitespace().next()?.parse().ok());
        rate.ok_or_else(|| format!("wrk said no rate: {said}"))
    }
}

/// A text as Lua writes it.
fn lua(text: &str) -> String {
    let mut quoted = String::from("\"");
    for byte in text.bytes() {
        match byte {
            b'"' | b'\\' | 0..=31 | 127.. => {
                let _ = write!(quoted, "\\{byte:03}");
            }
            _ => quoted.push(char::from(byte)),
        }
    }
    quoted + "\""
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn each_copy_of_a_request_has_a_reference_of_its_own() {
        let request = json!({ "method": "POST", "path": "/orders", "headers": [["Idempotency-Key", "k"]],
                              "body": r#"{"ref":"r-1"}"# });
        let load = Load::of(&request, "r-1", ("x-api-key", "s")).unwrap();
        assert!(load.script.contains(r#"local body = "{\034ref\034:\034" .. reference .. "\034}""#), "{}", load.script);
        assert!(load.script.contains(r#"wrk.headers["Idempotency-Key"] = reference"#), "{}", load.script);
        assert!(Load::of(&request, "r-2", ("x-api-key", "s")).is_err());
    }
}
