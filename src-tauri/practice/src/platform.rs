//! Which practice platforms there are: the registry of their twins.

use serde::{Deserialize, Serialize};

use crate::{twin::Twin, twins};

/// A practice platform. In JSON and on the command line: `pathao`, `postmates`, `foxreload`, `print-one`,
/// `uber-direct`, `doordash`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "kebab-case")]
pub enum PracticePlatform {
    /// Pathao Parcel: an idempotency key that lives 24 hours.
    Pathao,
    /// Postmates: a reference enforced while the delivery is active.
    Postmates,
    /// FoxReload: no protection against duplicates, only a list.
    Foxreload,
    /// Print.one: an idempotency key that lives 24 hours and replays failures too.
    PrintOne,
    /// Uber Direct: an idempotency key that lives 60 minutes, and a pair of references that has to be unique.
    UberDirect,
    /// DoorDash Drive: the reference is the id.
    Doordash,
}

/// The registry: each platform, its name and its twin, in the order in which they are shown.
const TWINS: [(PracticePlatform, &str, &dyn Twin); 6] = [
    (PracticePlatform::Pathao, "pathao", &twins::pathao::Pathao),
    (PracticePlatform::Postmates, "postmates", &twins::postmates::Postmates),
    (PracticePlatform::Foxreload, "foxreload", &twins::foxreload::Foxreload),
    (PracticePlatform::PrintOne, "print-one", &twins::print_one::PrintOne),
    (PracticePlatform::UberDirect, "uber-direct", &twins::uber_direct::UberDirect),
    (PracticePlatform::Doordash, "doordash", &twins::doordash::Doordash),
];

impl PracticePlatform {
    /// Every practice platform, in the order in which they are shown.
    pub const ALL: [Self; TWINS.len()] = {
        let mut all = [Self::Pathao; TWINS.len()];
        let mut at = 0;
        while at < TWINS.len() {
            all[at] = TWINS[at].0;
            at += 1;
        }
        all
    };

    /// The name used in JSON and on the command line.
    pub fn name(self) -> &'static str {
        TWINS[self as usize].1
    }

    /// What this platform does differently from the others.
    pub(crate) fn twin(self) -> &'static dyn Twin {
        TWINS[self as usize].2
    }

    /// The platform whose routes `path` lies under. They do not overlap, so one address serves all.
    pub fn of_path(path: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|platform| platform.twin().has_path(path))
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
        let known = || Self::ALL.map(Self::name).join(", ");
        Self::ALL
            .into_iter()
            .find(|platform| platform.name() == name)
            .ok_or_else(|| format!("no practice platform is called `{name}`; there are {}", known()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_registry_is_in_the_order_of_the_platforms() {
        for (at, (platform, name, _)) in TWINS.iter().enumerate() {
            assert_eq!(*platform as usize, at, "{platform:?}");
            assert_eq!(serde_json::to_value(platform).unwrap(), *name);
            assert_eq!(name.parse(), Ok(*platform));
        }
    }
}
