//! Docket's core: one order, one platform order, or a person is asked.
//!
//! Pure parts decide (`domain`, `decide`, `plan`, `adapters`); a thin shell acts (`ledger`, `transport`, `driver`).
//! What is not here: any window or terminal. The faces ask through `api` and hold no rule of their own.

pub mod adapters;
pub mod api;
pub mod clock;
pub mod codes;
pub mod crash;
pub mod decide;
pub mod domain;
pub mod driver;
pub mod freeze;
pub mod ids;
pub mod import;
pub mod ledger;
pub mod plan;
pub mod probe;
#[cfg(test)]
mod recorded;
mod reserve;
pub mod secrets;
pub mod sweep;
pub mod transport;
