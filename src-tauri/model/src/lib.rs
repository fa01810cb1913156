//! The decision and the contracts under a model checker: every interleaving of a small world around the production
//! code, and the same world with one thing broken, in which a property must break.
//!
//! `world` is a moment, `view` what of it counts, `action` what may happen next, `step` what comes of it, `platform` what a platform truly does, `properties` what must
//! always hold, `broken` what is taken away to see that the check can fail. Not here: the ledger's file, HTTP, or
//! threads; other tests have those.

#![allow(missing_docs, reason = "a world's parts are named for what they are; nobody but its tests uses them")]

pub mod action;
pub mod broken;
mod platform;
pub mod properties;
pub mod scene;
pub mod step;
mod view;
pub mod world;
