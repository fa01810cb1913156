//! Docket's practice platforms: Pathao, Postmates and FoxReload as real HTTP servers on loopback.
//!
//! They are independent evidence: nothing here knows Docket's own code. They keep a ground truth of every order that
//! really exists, check credentials, follow each platform's contract and can be told to fail in every way that
//! matters. Not here: any judgement about what a client should do.
//!
//! Layers: [`World`] is the pure state machine (requests and the time in, replies and entries out); `truth` keeps the
//! entries in a file; `server` carries replies over real sockets; [`serve`] ties them together.

mod book;
mod faults;
mod foxreload;
mod order;
mod pathao;
mod platform;
mod postmates;
mod postmates_times;
mod switches;
mod wire;

pub use faults::{AppliesTo, FaultKind, FaultPlan, OneShot};
pub use order::TruthOrder;
pub use platform::PracticePlatform;
pub use switches::{DuplicateAnswer, ListShape, ReplayBody, Slash, Switches};
pub use wire::{Reply, Request};
