//! `docketctl practice` as a process of its own, whose weather changes.

use std::path::{Path, PathBuf};
use std::process::Command;

use docket_practice::{Endpoint, PracticePlatform};
use docket_tests::program::{Running, docketctl};
use docket_tests::waiting::{LONG, until};
use rustix::process::Signal;
use serde_json::Value;
use tokio::runtime::Runtime;

use super::weather::Weather;

/// The practice platforms at work.
pub struct Practice {
    process: Option<Running>,
    endpoints: Vec<Endpoint>,
    /// Where they keep what they hold.
    pub truth: PathBuf,
    runtime: Runtime,
    client: reqwest::Client,
}

impl Practice {
    /// Starts them, without faults.
    pub fn start(folder: &Path) -> Practice {
        let (truth, said) = (folder.join("truth.jsonl"), folder.join("practice.out"));
        let mut command = Command::new("sh");
        let line = "exec \"$0\" --json practice --port 0 --truth \"$1\" > \"$2\"";
        command.args(["-c", line]).arg(docketctl()).args([&truth, &said]);
        let process = Some(Running::start(command, ""));
        let endpoints = until("the practice platforms tell their addresses", LONG, || {
            let text = std::fs::read_to_string(&said).ok()?;
            let read = |line: &str| serde_json::from_str::<Endpoint>(line).ok();
            let endpoints: Vec<Endpoint> = text.lines().filter_map(read).collect();
            (endpoints.len() == PracticePlatform::ALL.len()).then_some(endpoints)
        });
        // Another test in this process may have done it.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = reqwest::Client::builder().no_proxy().build().expect("a client");
        Practice { process, endpoints, truth, runtime: Runtime::new().expect("a runtime"), client }
    }

    /// The weather changes.
    pub fn have(&self, weather: &Weather) {
        self.put("switches", &weather.switches);
        self.put("plan", &weather.plan);
    }

    fn put(&self, call: &str, body: &Value) {
        let address = format!("{}/_practice/{call}", self.endpoints[0].base_url);
        let asked = self.client.put(address).body(body.to_string());
        let answer = self.runtime.block_on(asked.send()).expect("the control face answers");
        let status = answer.status();
        let said = self.runtime.block_on(answer.text()).unwrap_or_default();
        assert!(status.is_success(), "{call} are set: {body} {said}");
    }

    /// How to reach one.
    pub fn endpoint(&self, platform: PracticePlatform) -> &Endpoint {
        self.endpoints.iter().find(|e| e.platform == platform).expect("all are served")
    }

    /// Stops them, so that what they hold is complete in their file.
    pub fn stop(&mut self) {
        if let Some(mut process) = self.process.take() {
            process.signal(Signal::TERM);
            process.end(LONG).code(0);
        }
    }
}
