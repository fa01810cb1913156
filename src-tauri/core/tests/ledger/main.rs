//! The ledger on real files: what it promises, and what it refuses.

mod accounts;
mod chain;
mod counts;
mod dispatching;
mod files;
mod importing;
mod past;
mod probing;
mod support;
