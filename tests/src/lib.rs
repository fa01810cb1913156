//! Whole-program tests of Docket: what they share.
//!
//! Real ledger files, real HTTP on loopback to the practice platforms, the real programs. Not here: unit tests, which
//! live beside the code.

pub mod desk;
pub mod orders;
