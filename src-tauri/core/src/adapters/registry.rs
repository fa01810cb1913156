//! The adapters that Docket has, a line each.

use super::Adapter;
use super::doordash::DoorDash;
use super::foxreload::FoxReload;
use super::pathao::Pathao;
use super::postmates::Postmates;
use super::print_one::PrintOne;
use super::uber_direct::UberDirect;
use crate::domain::Platform;

static ALL: [&dyn Adapter; 6] = [&Pathao, &Postmates, &FoxReload, &PrintOne, &UberDirect, &DoorDash];

/// The adapter of a platform, where there is one.
pub fn adapter(platform: Platform) -> Option<&'static dyn Adapter> {
    all().find(|a| a.platform() == platform)
}

/// Every adapter.
pub fn all() -> impl Iterator<Item = &'static dyn Adapter> {
    ALL.into_iter()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::adapters::testing::order;

    #[test]
    fn every_adapter_takes_its_own_template_row() {
        for a in all() {
            let found = adapter(a.platform()).map(Adapter::platform);
            assert_eq!(found, Some(a.platform()), "a platform stands in the registry once");
            let payload = a.check(&order(a.form(), &[])).unwrap();
            let again = a.check(&payload.0).unwrap();
            assert_eq!(payload, again, "{}: a checked order is checked to itself", a.platform());
            assert!(!a.summary(&payload).what.is_empty());
        }
    }
}
