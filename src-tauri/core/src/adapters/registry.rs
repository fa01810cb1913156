//! The adapters that Docket has, a line each.

use super::Adapter;
use super::pathao::Pathao;
use crate::domain::Platform;

static ALL: [&dyn Adapter; 1] = [&Pathao];

/// The adapter of a platform, where there is one.
pub fn adapter(platform: Platform) -> Option<&'static dyn Adapter> {
    all().find(|a| a.platform() == platform)
}

/// Every adapter.
pub fn all() -> impl Iterator<Item = &'static dyn Adapter> {
    ALL.into_iter()
}
