//! The decision, tried as a table, bullet by bullet, as a whole matrix, and by exhaustive exploration of a small model.

mod absence;
pub(crate) mod build;
mod cancel;
mod explore;
mod fences;
mod late;
mod matrix;
mod person;
mod table;
mod world;
