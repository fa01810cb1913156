//! The practice platforms behind a window: what really exists there, and how something is made to go wrong.

use docket_practice::{FaultKind, OneShot, PracticePlatform, PracticeState, TruthOrder};
use serde_json::{Value, json};

use super::{Home, until};

impl Home {
    /// Everything that exists at a platform, whether it is being served or not.
    pub fn truth(&self, platform: PracticePlatform) -> Vec<TruthOrder> {
        let all = docket_practice::read_truth(&self.truth_file()).expect("the truth is readable");
        all.into_iter().filter(|order| order.platform == platform).collect()
    }

    /// What exists there and was placed by us.
    pub fn ours(&self, platform: PracticePlatform) -> Vec<TruthOrder> {
        let all = self.truth(platform).into_iter();
        all.filter(|order| !order.by_stranger).collect()
    }

    /// Lets the next create meet a fault; `ms` is its length, for faults that have one.
    pub async fn fault(&self, platform: PracticePlatform, kind: FaultKind, ms: Option<u32>) {
        let shot = OneShot { platform: Some(platform), ms, ..OneShot::next(kind) };
        let request = client().post(self.address("faults")).json(&shot);
        let answer = request.send().await.expect("the platforms are served");
        assert!(answer.status().is_success(), "{:?}", answer.text().await);
    }

    /// Sets a switch of a platform, by its name.
    pub async fn switch(&self, platform: PracticePlatform, name: &str, value: impl Into<Value>) {
        let change = json!({ "platform": platform, name: value.into() });
        let answer =
            client().put(self.address("switches")).json(&change).send().await.expect("the platforms are served");
        assert!(answer.status().is_success(), "{:?}", answer.text().await);
    }

    /// Switches, counters and held answers.
    pub async fn platforms(&self) -> PracticeState {
        let answer = client().get(self.address("state")).send().await.expect("the platforms are served");
        answer.json().await.expect("a state")
    }

    /// Waits until a platform has carried a create out and holds its answer back.
    pub async fn holds_an_answer(&self, platform: PracticePlatform) {
        until("the platform holds its answer", async || {
            let held = self.platforms().await.held;
            held.iter().any(|answer| answer.platform == platform).then_some(())
        })
        .await;
    }

    /// Lets held answers go.
    pub async fn release(&self) {
        let answer = client().post(self.address("release")).send().await.expect("the platforms are served");
        assert!(answer.status().is_success(), "{:?}", answer.text().await);
    }

    fn truth_file(&self) -> std::path::PathBuf {
        self.data().join("practice/truth.jsonl")
    }

    /// The control face, where the truth file says that it is served.
    fn address(&self, call: &str) -> String {
        let text = std::fs::read_to_string(self.truth_file()).expect("the truth file is readable");
        let entries = text.lines().rev().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        let mut addresses = entries.filter(|entry| entry["entry"] == "address");
        let port = addresses.find_map(|entry| entry["port"].as_u64()).expect("they are served somewhere");
        format!("http://127.0.0.1:{port}/_practice/{call}")
    }
}

fn client() -> reqwest::Client {
    reqwest::Client::builder().no_proxy().build().expect("a client")
}
