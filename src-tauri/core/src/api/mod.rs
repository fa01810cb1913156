//! What the faces (the window, `docketctl`) may ask for, in serialisable types.

pub mod command;
pub mod views;
