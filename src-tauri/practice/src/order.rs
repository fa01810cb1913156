//! One order as a platform keeps it, and the status it has at a given time.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};

use crate::{PracticePlatform, switches::Switches};

/// An order that exists at a platform.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Order {
    pub id: String,
    pub reference: Option<String>,
    /// Where a platform takes two references: the other one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub second_reference: Option<String>,
    pub idempotency_key: Option<String>,
    pub quote_id: Option<String>,
    pub by_stranger: bool,
    /// It belongs to the live data set, not to the test one.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub live: bool,
    pub created_at: i64,
    /// Lists leave it out before this time.
    pub listed_from: i64,
    /// What was ordered, without reference or key.
    pub content: Map<String, Value>,
    /// The last status that was set, not reached by waiting.
    pub status: String,
    pub status_at: i64,
    pub reason: Option<String>,
}

/// The status of an order at some time.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Standing {
    pub status: String,
    pub since: i64,
    pub ended: bool,
    pub reason: Option<String>,
}

/// An order as the ground truth tells it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct TruthOrder {
    /// Where it exists.
    pub platform: PracticePlatform,
    /// The platform's own id.
    pub platform_order_id: String,
    /// The reference it came with, if the platform takes one.
    pub reference: Option<String>,
    /// The idempotency key it came with.
    pub idempotency_key: Option<String>,
    /// A digest of what was ordered, without reference or key: equal for look-alikes.
    pub fingerprint: String,
    /// What was ordered, in a few words.
    pub summary: String,
    /// Somebody else than the merchant's own client ordered it.
    pub by_stranger: bool,
    /// The platform's word for where it stands.
    pub status: String,
    /// Wall time at the platform, in milliseconds since 1970.
    #[specta(type = specta_typescript::Number<i64>)]
    pub created_at_ms: i64,
    /// When it was completed, cancelled or otherwise ended.
    #[specta(type = Option<specta_typescript::Number<i64>>)]
    pub ended_at_ms: Option<i64>,
}

impl Order {
    /// An order that has just been placed. Whoever makes it adds what it has beyond this.
    pub fn new(id: String, content: Map<String, Value>, status: &str, now: i64) -> Self {
        Self {
            id,
            reference: None,
            second_reference: None,
            idempotency_key: None,
            quote_id: None,
            by_stranger: true,
            live: false,
            created_at: now,
            listed_from: now,
            content,
            status: status.to_owned(),
            status_at: now,
            reason: None,
        }
    }

    /// A text among what was ordered; empty when it is not there.
    pub fn text(&self, name: &str) -> &str {
        self.content.get(name).and_then(Value::as_str).unwrap_or_default()
    }

    /// The status at `now` and since when, walking a course by age: one status each `stage_ms`, none when it is 0.
    pub fn walk(&self, course: &[&str], stage_ms: u32, now: i64) -> (String, i64) {
        match course.iter().position(|status| *status == self.status) {
            Some(start) if stage_ms > 0 => {
                let stage = i64::from(stage_ms);
                let left = course.len() - 1 - start;
                let steps = usize::try_from((now - self.status_at).max(0) / stage).unwrap_or(left).min(left);
                let walked = i64::try_from(steps).unwrap_or(0) * stage;
                (course[start + steps].to_owned(), self.status_at + walked)
            }
            Some(_) | None => (self.status.clone(), self.status_at),
        }
    }

    /// Where the order stands, having a status since some time.
    pub fn stands(&self, (status, since): (String, i64), ended: &[&str]) -> Standing {
        Standing { ended: ended.contains(&status.as_str()), status, since, reason: self.reason.clone() }
    }

    /// The order as the ground truth tells it at `now`.
    pub fn truth(&self, platform: PracticePlatform, switches: &Switches, now: i64) -> TruthOrder {
        let twin = platform.twin();
        let standing = twin.standing(self, switches, now);
        TruthOrder {
            platform,
            platform_order_id: self.id.clone(),
            reference: self.reference.clone(),
            idempotency_key: self.idempotency_key.clone(),
            fingerprint: digest(&[&Value::Object(self.content.clone()).to_string()]),
            summary: twin.summary(&self.content),
            by_stranger: self.by_stranger,
            ended_at_ms: standing.ended.then_some(standing.since),
            status: standing.status,
            created_at_ms: self.created_at,
        }
    }
}

/// A short digest of some texts, in hexadecimal. Texts are kept apart, so ("a", "b") differs from ("ab", "").
pub(crate) fn digest(texts: &[&str]) -> String {
    hash(texts).iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}

/// The whole digest behind [`digest`].
pub(crate) fn hash(texts: &[&str]) -> [u8; 32] {
    let mut hasher = Sha256::new();
    for text in texts {
        hasher.update((text.len() as u64).to_be_bytes());
        hasher.update(text.as_bytes());
    }
    hasher.finalize().into()
}
