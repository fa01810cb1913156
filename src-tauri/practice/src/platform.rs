//! Which practice platforms there are, and which of them a path belongs to.

use serde::{Deserialize, Serialize};

/// A practice platform. In JSON: `pathao`, `postmates`, `foxreload`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "lowercase")]
pub enum PracticePlatform {
    /// Pathao Parcel: an idempotency key that lives 24 hours.
    Pathao,
    /// Postmates: a reference enforced while the delivery is active.
    Postmates,
    /// FoxReload: no protection against duplicates, only a list.
    Foxreload,
}

impl PracticePlatform {
    /// Every practice platform, in the order in which they are shown.
    pub const ALL: [Self; 3] = [Self::Pathao, Self::Postmates, Self::Foxreload];

    /// The name used in JSON and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Pathao => "pathao",
            Self::Postmates => "postmates",
            Self::Foxreload => "foxreload",
        }
    }

    /// The platform whose routes `path` lies under. The three do not overlap, so one address serves all.
    pub fn of_path(path: &str) -> Option<Self> {
        if path.starts_with("/v1/business/") {
            Some(Self::Pathao)
        } else if path.starts_with("/v1/deliver") {
            Some(Self::Postmates)
        } else if path.starts_with("/api/") {
            Some(Self::Foxreload)
        } else {
            None
        }
    }
}

impl std::fmt::Display for PracticePlatform {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

impl std::str::FromStr for PracticePlatform {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        Self::ALL
            .into_iter()
            .find(|platform| platform.name() == name)
            .ok_or_else(|| format!("no practice platform is called `{name}`; use pathao, postmates or foxreload"))
    }
}
