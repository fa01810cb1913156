//! The twins of the platforms, one module each. `platform.rs` registers them.

mod delivery_times;
pub(crate) mod doordash;
pub(crate) mod foxreload;
pub(crate) mod pathao;
pub(crate) mod postmates;
pub(crate) mod print_one;
pub(crate) mod uber_direct;
