//! Account settings: what a merchant may change of a contract's times, and what only a person can promise.

use serde::{Deserialize, Serialize};

use super::contract::{DedupContract, Enforced, Fence};

/// What to do when absence is proven and no fence is alive.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "snake_case")]
pub enum OnAbsent {
    /// Ask a person.
    #[default]
    Ask,
    /// Make a new generation; at most two, then ask.
    Resend,
}

/// What differs from the platform's defaults. Absent means default.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(default, deny_unknown_fields)]
#[expect(missing_docs, reason = "each field overrides the contract's field of the same name")]
pub struct Settings {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timeout_ms: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub connect_timeout_ms: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub send_before_ms: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub settle_ms: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lookup_interval_ms: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lookup_interval_max_ms: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proof_lookups: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_in_flight: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub requests_per_minute: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub patience_s: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key_lifetime_s: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reference_life_s: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fence_margin_s: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub on_absent: Option<OnAbsent>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exclusive: Option<bool>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub distinct_from: Vec<String>,
}

/// A setting that is not one, or has a value it cannot have.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SettingError {
    /// No such key.
    #[error("{key}: there is no such setting; known are {known}")]
    Unknown {
        /// The key as given.
        key: String,
        /// All keys.
        known: String,
    },
    /// The value does not fit.
    #[error("{key}: {value:?} is not {expected}")]
    Value {
        /// The key.
        key: String,
        /// The value as given.
        value: String,
        /// What it may be.
        expected: &'static str,
    },
}

/// Every key that `--set` takes.
pub const SETTING_KEYS: [&str; 16] = [
    "timeout_ms",
    "connect_timeout_ms",
    "send_before_ms",
    "settle_ms",
    "lookup_interval_ms",
    "lookup_interval_max_ms",
    "proof_lookups",
    "max_in_flight",
    "requests_per_minute",
    "on_absent",
    "exclusive",
    "distinct_from",
    "key_lifetime_s",
    "reference_life_s",
    "fence_margin_s",
    "patience_s",
];

/// No time setting may exceed a week; it keeps every sum far from overflow.
const LONGEST_MS: i64 = 7 * 24 * 3_600_000;

impl Settings {
    /// Sets one `KEY=VALUE`.
    pub fn set(&mut self, key: &str, value: &str) -> Result<(), SettingError> {
        let ms = |least: i64| whole(key, value, least, LONGEST_MS);
        match key {
            "timeout_ms" => self.timeout_ms = Some(ms(1)?),
            "connect_timeout_ms" => self.connect_timeout_ms = Some(ms(1)?),
            "send_before_ms" => self.send_before_ms = Some(ms(1)?),
            "settle_ms" => self.settle_ms = Some(ms(0)?),
            "lookup_interval_ms" => self.lookup_interval_ms = Some(ms(1)?),
            "lookup_interval_max_ms" => self.lookup_interval_max_ms = Some(ms(1)?),
            "proof_lookups" => self.proof_lookups = Some(small(key, value, 1, 100)?),
            "max_in_flight" => self.max_in_flight = Some(small(key, value, 1, 64)?),
            "requests_per_minute" => self.requests_per_minute = Some(small(key, value, 1, 1_000_000)?),
            "patience_s" => self.patience_s = Some(whole(key, value, 0, 366 * 24 * 3600)?),
            "key_lifetime_s" => self.key_lifetime_s = Some(whole(key, value, 0, 366 * 24 * 3600)?),
            "reference_life_s" => self.reference_life_s = Some(whole(key, value, 0, 366 * 24 * 3600)?),
            "fence_margin_s" => self.fence_margin_s = Some(whole(key, value, 0, 366 * 24 * 3600)?),
            "on_absent" => {
                self.on_absent = Some(match value {
                    "ask" => OnAbsent::Ask,
                    "resend" => OnAbsent::Resend,
                    _ => return Err(wrong(key, value, "ask or resend")),
                });
            }
            "exclusive" => {
                self.exclusive = Some(match value {
                    "true" => true,
                    "false" => false,
                    _ => return Err(wrong(key, value, "true or false")),
                });
            }
            "distinct_from" => {
                if value.is_empty() {
                    return Err(wrong(key, value, "the name of another account"));
                }
                if !self.distinct_from.iter().any(|n| n == value) {
                    self.distinct_from.push(value.to_owned());
                }
            }
            _ => return Err(SettingError::Unknown { key: key.to_owned(), known: SETTING_KEYS.join(", ") }),
        }
        Ok(())
    }
}

fn wrong(key: &str, value: &str, expected: &'static str) -> SettingError {
    SettingError::Value { key: key.to_owned(), value: value.to_owned(), expected }
}

fn whole(key: &str, value: &str, least: i64, most: i64) -> Result<i64, SettingError> {
    value
        .parse::<i64>()
        .ok()
        .filter(|n| (least..=most).contains(n))
        .ok_or_else(|| wrong(key, value, if least == 0 { "a whole number from 0" } else { "a whole number from 1" }))
}

fn small(key: &str, value: &str, least: u32, most: u32) -> Result<u32, SettingError> {
    value
        .parse::<u32>()
        .ok()
        .filter(|n| (least..=most).contains(n))
        .ok_or_else(|| wrong(key, value, "a whole number from 1 in a sensible range"))
}

/// The contract as it holds for one account: defaults, overridden by its settings, with the person's promises.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, specta::Type)]
pub struct Rules {
    /// The contract with the account's times.
    pub contract: DedupContract,
    /// What to do when absence is proven and no fence is alive.
    pub on_absent: OnAbsent,
    /// A person has said that nobody but Docket orders on this account.
    pub exclusive: bool,
}

impl Rules {
    /// A single lookup is never a proof, whatever the setting: the same result must have been seen again.
    pub const FEWEST_PROOFS: u32 = 2;

    /// How many lookups with the same result are a proof.
    pub fn proofs_needed(&self) -> u32 {
        self.contract.timings.proof_lookups.max(Rules::FEWEST_PROOFS)
    }

    /// Settings laid over a contract.
    pub fn new(mut contract: DedupContract, settings: &Settings) -> Rules {
        let t = &mut contract.timings;
        macro_rules! lay {
            ($($field:ident),*) => { $( if let Some(v) = settings.$field { t.$field = v; } )* };
        }
        lay!(
            timeout_ms,
            connect_timeout_ms,
            send_before_ms,
            settle_ms,
            lookup_interval_ms,
            lookup_interval_max_ms,
            proof_lookups,
            max_in_flight,
            requests_per_minute,
            patience_s
        );
        t.lookup_interval_max_ms = t.lookup_interval_max_ms.max(t.lookup_interval_ms);
        match &mut contract.fence {
            Fence::Key { lifetime_s, margin_s, .. } => {
                *lifetime_s = settings.key_lifetime_s.unwrap_or(*lifetime_s);
                *margin_s = settings.fence_margin_s.unwrap_or(*margin_s);
            }
            Fence::Reference { enforced: Enforced::Active { life_s, margin_s } } => {
                *life_s = settings.reference_life_s.unwrap_or(*life_s);
                *margin_s = settings.fence_margin_s.unwrap_or(*margin_s);
            }
            Fence::Reference { enforced: Enforced::Forever } | Fence::None => {}
        }
        Rules {
            contract,
            on_absent: settings.on_absent.unwrap_or_default(),
            exclusive: settings.exclusive.unwrap_or(false),
        }
    }

    /// How far apart the lookups of a proof are: the first pause, or a third of quiet if that is longer.
    pub fn proof_spacing_ms(&self) -> i64 {
        let t = &self.contract.timings;
        t.lookup_interval_ms.max(t.settle_ms / 3)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_can_be_set_and_no_other() {
        for key in SETTING_KEYS {
            let value = match key {
                "on_absent" => "resend",
                "exclusive" => "true",
                "distinct_from" => "other",
                _ => "7",
            };
            let mut settings = Settings::default();
            settings.set(key, value).unwrap();
            assert_ne!(settings, Settings::default(), "{key} must change something");
        }
        assert!(matches!(Settings::default().set("settle", "1"), Err(SettingError::Unknown { .. })));
        assert!(matches!(Settings::default().set("settle_ms", "-1"), Err(SettingError::Value { .. })));
        assert!(matches!(Settings::default().set("exclusive", "yes"), Err(SettingError::Value { .. })));
    }
}
