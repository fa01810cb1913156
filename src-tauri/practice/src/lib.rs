//! Docket's practice platforms: the platforms' twins as real HTTP servers on loopback.
//!
//! They are independent evidence: nothing here knows Docket's own code. They keep a ground truth of every order that
//! really exists, check credentials, follow each platform's contract and can be told to fail in every way that
//! matters. Not here: any judgement about what a client should do.
//!
//! Layers: [`World`] is the pure state machine (requests and the time in, replies and entries out); `truth` keeps the
//! entries in a file; `server` carries replies over real sockets; [`serve`] ties them together. What one platform does
//! differently from the others is its `Twin`: a module under `twins`, registered in `platform`.

mod book;
mod chance;
mod control;
mod door;
mod error;
mod faults;
mod order;
mod platform;
mod serve;
mod server;
mod site;
mod state;
mod switches;
mod truth;
mod twin;
mod twins;
mod wire;
mod world;

pub use error::PracticeError;
pub use faults::{AppliesTo, FaultKind, FaultPlan, OneShot};
pub use order::TruthOrder;
pub use platform::PracticePlatform;
pub use serve::{Endpoint, PracticeOptions, Served, serve};
pub use state::{FaultCount, HeldAnswer, PlatformState, PracticeState, StrangerOrder};
pub use switches::{
    DuplicateAnswer, ErrorShape, ListShape, OffsetSpelling, PairRule, ReadRoutes, RepeatAnswer, ReplayBody, Slash,
    Switches,
};
pub use truth::read_truth;
pub use wire::{Reply, Request};
pub use world::{Delivery, Outcome, World};
