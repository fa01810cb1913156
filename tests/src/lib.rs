//! Whole-program tests of Docket.
