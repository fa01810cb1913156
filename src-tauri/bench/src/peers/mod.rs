//! Other programs that keep a promise like a reservation's: a number is taken once, and what is taken is on disk.
//!
//! They come from the distribution, run on loopback in a temporary folder, and are measured by the load generators that
//! their own authors ship: what a client of ours would cost is not in their figures.

pub mod postgres;
pub mod redis;
pub mod wrk;
