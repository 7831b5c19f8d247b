//! From a candidate to a proof.

pub mod gate;
