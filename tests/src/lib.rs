//! Whole-program tests of Docket: what they share.
//!
//! Real ledger files, real HTTP on loopback to the practice platforms, the real programs. Not here: unit tests, which
//! live beside the code.

pub mod bus;
pub mod chance;
pub mod desk;
pub mod disk;
pub mod gate;
pub mod laptop;
pub mod liar;
pub mod lies;
pub mod orders;
pub mod others;
pub mod plain;
pub mod points;
pub mod program;
pub mod shift;
pub mod shop;
pub mod source;
pub mod strace;
pub mod tamper;
pub mod truth;
pub mod waiting;
pub mod window;
