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
    pub idempotency_key: Option<String>,
    pub quote_id: Option<String>,
    pub by_stranger: bool,
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
    /// Where the order stands at `now`. It walks its course by age, one status each `stage_ms`.
    pub fn standing(&self, platform: PracticePlatform, switches: &Switches, now: i64) -> Standing {
        if platform == PracticePlatform::Foxreload && self.status == "active" && !switches.auto_pay {
            return self.unpaid(i64::from(switches.payment_life_ms), now);
        }
        let course = course(platform, &self.content);
        let (status, since) = match course.iter().position(|status| *status == self.status) {
            Some(start) if switches.stage_ms > 0 => {
                let stage = i64::from(switches.stage_ms);
                let left = course.len() - 1 - start;
                let steps = usize::try_from((now - self.status_at).max(0) / stage).unwrap_or(left).min(left);
                let walked = i64::try_from(steps).unwrap_or(0) * stage;
                (course[start + steps].to_owned(), self.status_at + walked)
            }
            Some(_) | None => (self.status.clone(), self.status_at),
        };
        Standing { ended: is_ended(platform, &status), status, since, reason: self.reason.clone() }
    }

    fn unpaid(&self, life: i64, now: i64) -> Standing {
        let expires = self.created_at + life;
        if now < expires {
            return Standing { status: "active".into(), since: self.status_at, ended: false, reason: None };
        }
        let reason = Some("payment_expiration".into());
        Standing { status: "cancelled".into(), since: expires, ended: true, reason }
    }

    /// The order as the ground truth tells it at `now`.
    pub fn truth(&self, platform: PracticePlatform, switches: &Switches, now: i64) -> TruthOrder {
        let standing = self.standing(platform, switches, now);
        TruthOrder {
            platform,
            platform_order_id: self.id.clone(),
            reference: self.reference.clone(),
            idempotency_key: self.idempotency_key.clone(),
            fingerprint: digest(&[&Value::Object(self.content.clone()).to_string()]),
            summary: summary(platform, &self.content),
            by_stranger: self.by_stranger,
            ended_at_ms: standing.ended.then_some(standing.since),
            status: standing.status,
            created_at_ms: self.created_at,
        }
    }
}

/// The statuses an order goes through by itself.
fn course(platform: PracticePlatform, content: &Map<String, Value>) -> &'static [&'static str] {
    match platform {
        // The sandbox's magic numbers choose another course.
        PracticePlatform::Pathao => match content.get("receiver_phone").and_then(Value::as_str) {
            Some("01700000002") => &["PENDING", "ASSIGNED"],
            Some("01700000003") => &["PENDING", "ASSIGNED", "ACCEPTED", "CANCELLED"],
            Some("01700000004") => &["PENDING", "ASSIGNED", "ACCEPTED", "STARTED", "PICKED", "FAILED"],
            Some(_) | None => &["PENDING", "ASSIGNED", "ACCEPTED", "STARTED", "PICKED", "COMPLETED"],
        },
        PracticePlatform::Postmates => &["pending", "pickup", "pickup_complete", "dropoff", "delivered"],
        PracticePlatform::Foxreload => &["active", "paid", "processing", "completed"],
    }
}

/// Whether a status is final at its platform.
pub(crate) fn is_ended(platform: PracticePlatform, status: &str) -> bool {
    match platform {
        PracticePlatform::Pathao => matches!(status, "COMPLETED" | "CANCELLED"),
        PracticePlatform::Postmates => matches!(status, "delivered" | "canceled" | "returned"),
        PracticePlatform::Foxreload => matches!(status, "completed" | "cancelled" | "failed"),
    }
}

fn summary(platform: PracticePlatform, content: &Map<String, Value>) -> String {
    let text = |name: &str| content.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    match platform {
        PracticePlatform::Pathao => format!("{}, {}", text("receiver_name"), text("receiver_phone")),
        PracticePlatform::Postmates => {
            format!("{} to {}, {}", text("manifest"), text("dropoff_name"), text("dropoff_address"))
        }
        PracticePlatform::Foxreload => {
            let items = content.get("items").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
            let item = |item: &Value| format!("{} x {}", item["quantity"], item["itemId"].as_str().unwrap_or_default());
            items.iter().map(item).collect::<Vec<_>>().join(", ")
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
