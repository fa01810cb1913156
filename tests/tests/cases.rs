//! The fault scenarios one by one, end to end, with the real `docketctl` and platforms that misbehave on demand.

#[path = "cases/doubt.rs"]
mod doubt;
#[path = "cases/faces.rs"]
mod faces;
#[path = "cases/lines.rs"]
mod lines;
#[path = "cases/network.rs"]
mod network;
#[path = "cases/person.rs"]
mod person;
#[path = "cases/slips.rs"]
mod slips;
